/* More above, more below (see the header). */
#include "stage/stage_edges.h"

void stage_edges_draw(const struct pane *pane, bool above, bool below)
{
    int column = pane->columns - STAGE_EDGE_COLUMNS;
    if (above && (pane->rows > 1 || !below))
        pane_glyph(pane, column, 0, EMPHASIS_none, ROLE_faint, GLYPH_arrow_up);
    if (below)
        pane_glyph(pane, column, pane->rows - 1, EMPHASIS_none, ROLE_faint, GLYPH_arrow_down);
}
