/* The text of a value, as the guest's memory was read ("{1, 2, 3}"), laid out and drawn. */
#ifndef LOCKSTEP_STAGE_STAGE_VALUE_H
#define LOCKSTEP_STAGE_STAGE_VALUE_H

#include "stage/canvas.h"

enum { STAGE_VALUE_ELEMENTS = 64 }; /* an array with more stays text */

enum stage_value_shape { STAGE_VALUE_scalar, STAGE_VALUE_text, STAGE_VALUE_boxes, STAGE_VALUE_records };

struct stage_value {
    enum stage_value_shape shape;
    int lines;
    int cell;     /* columns of an element */
    bool compact; /* no blanks beside it */
    int per_line; /* elements a line */
};

/* How a value lies in so many columns. */
struct stage_value stage_value_lay(const char *text, int columns);
/* Draws it at the pane's top left, in the columns for which it was laid out. `changed`: by this step; `old` is what it was
 * then, NULL if that is not known: of an array the elements that differ are marked, behind a plain value the old one is
 * put. `usual`: the role of what has not changed. Returns the columns that are taken of the first line. */
int stage_value_draw(const struct pane *, const struct stage_value *, const char *text, const char *old, bool changed,
                     enum role usual);

/* How many elements the text of an array has, 0 where it is none; and the text of one of them. */
int stage_value_count(const char *text);
const char *stage_value_element(const char *text, int index, char *out, size_t size);

#endif
