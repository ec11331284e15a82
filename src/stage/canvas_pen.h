/* The pen: single characters on a canvas; shared by canvas.c and canvas_text.c. */
#ifndef LOCKSTEP_STAGE_CANVAS_PEN_H
#define LOCKSTEP_STAGE_CANVAS_PEN_H

#include "stage/canvas.h"

/* One character of `width` 1 or 2 at (column, row) of the pane. False: it does not lie within it, nothing is drawn. */
bool pen_put(const struct pane *, int column, int row, unsigned emphasis, enum role, uint32_t code, int width);
/* A combining mark on the character there. */
void pen_mark(const struct pane *, int column, int row, uint32_t mark);
/* Some of this text was lost without a sign. */
void canvas_note_cut(struct canvas *, const char *text);

/* The next character of UTF-8 at *text, which moves on; U+FFFD for a byte that is none; 0 at the end. */
uint32_t text_next(const char **text);

#endif
