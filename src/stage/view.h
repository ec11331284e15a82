/* A view: what it is called, how much room it wants, how it is drawn. See views.def for the table. */
#ifndef LOCKSTEP_STAGE_VIEW_H
#define LOCKSTEP_STAGE_VIEW_H

#include "stage/canvas.h"
#include "stage/frame.h"

enum stage_place { STAGE_PLACE_top, STAGE_PLACE_half, STAGE_PLACE_wide };

struct stage_view {
    const char *id;
    const char *title; /* English, to be translated */
    enum stage_place place;
    int least; /* rows below the heading under which it is not worth showing */
    int tight; /* the same while a question takes its room; 0: no less than that */
    int usual; /* rows that it takes in most scenes, by which its column is chosen; 0: what it wants */
    bool elastic; /* takes whatever room is left over */
    bool bare;    /* has headings of its own: none is drawn over it */
    /* Rows that it wants below its heading in a pane of so many columns. Must grow and shrink rarely from step to step
     * (with what exists, not with what moves), as everything else on the screen moves with it. 0: nothing to show yet. */
    int (*rows)(const struct stage_frame *, int columns);
    /* Draws below the heading, into the pane; says "none yet" faintly where there is nothing. */
    void (*draw)(const struct stage_frame *, const struct pane *);
};

#define VIEW(id, place, title) extern const struct stage_view stage_view_##id;
#include "stage/views.def"
#undef VIEW

/* The view; never NULL for an id of the table. */
const struct stage_view *stage_view(enum stage_view_id id);
/* By its name in scene files; STAGE_VIEW_COUNT if there is none (yet). */
enum stage_view_id stage_view_by_name(const char *name);

/* ---- names as a screen shortens them ---- */
enum { STAGE_NAME_SIZE = 96 };
/* "T1", "main"; with several processes "P2" for the main task of a process, "P2.T1" for others. Returns out. */
const char *stage_task_name(const struct stage_frame *, uint32_t task, char out[STAGE_NAME_SIZE]);
/* "A" for `mutex A`; "mutex #2" where the name alone says nothing; "P2:A" where two processes have one each. */
const char *stage_object_name(const struct stage_frame *, const struct world *, uint32_t object, char out[STAGE_NAME_SIZE]);
/* What a task is about to do, does, or is blocked in: "lock(A)", "join(T1)", "read(pipe 1)", "sleep". "" if nothing. */
const char *stage_operation_name(const struct stage_frame *, const struct world *, uint32_t task,
                                 char out[STAGE_NAME_SIZE]);
/* The state's sign, letter and role. */
enum glyph stage_state_glyph(unsigned state);
char stage_state_letter(unsigned state); /* n r R B s z - */
enum role stage_state_role(unsigned state);

/* The view's own lines may be scrolled: the first line to show of `lines` in a pane of `rows` when line `wanted` is to be
 * seen, moved by the person's scrolling of that view. */
int stage_scroll(const struct stage_frame *, enum stage_view_id, int lines, int rows, int wanted);

#endif
