/* The signs at the right edge of a view that more stands above or below what is seen. */
#ifndef LOCKSTEP_STAGE_STAGE_EDGES_H
#define LOCKSTEP_STAGE_STAGE_EDGES_H

#include "stage/canvas.h"

enum { STAGE_EDGE_COLUMNS = 1 }; /* that a view leaves free for them, at the right */

/* In the first and the last row; in a pane of one row, below goes before above. */
void stage_edges_draw(const struct pane *, bool above, bool below);

#endif
