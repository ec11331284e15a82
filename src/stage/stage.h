/* The whole screen, drawn. Pure: same frame and size, same cells. */
#ifndef LOCKSTEP_STAGE_STAGE_H
#define LOCKSTEP_STAGE_STAGE_H

#include "stage/canvas.h"
#include "stage/frame.h"

enum { STAGE_COLUMNS_LEAST = 80, STAGE_ROWS_LEAST = 24 };

/* Draws bar, views, lower part, and what lies over them. On a canvas smaller than STAGE_COLUMNS_LEAST x STAGE_ROWS_LEAST
 * it says so, with the size that is needed and the size that is there. */
void stage_draw(const struct stage_frame *, struct canvas *);

/* One scene or act in the menu. */
struct stage_menu_row {
    bool act;           /* a heading */
    const char *title, *id, *teaches;
    unsigned minutes;
    bool seen, broken; /* broken: it cannot be played; `teaches` says why */
};
struct stage_menu {
    const struct stage_menu_row *rows; /* those that match the search */
    size_t count;
    int selected;        /* -1: nothing matches */
    const char *search;  /* what was typed; "" */
    const char *message; /* NULL */
    const struct stage_hint *hints;
    size_t hint_count;
    const struct stage_list *list; /* over all (help); NULL */
};
void stage_draw_menu(const struct stage_menu *, struct canvas *);

/* ---- for the files of this room ---- */
struct stage_area {
    int view; /* enum stage_view_id */
    int column, row, columns, rows; /* heading included */
};
/* Where the shown views lie in a body of so many columns and rows, which has `usual` rows while nothing is asked; at most
 * `max` areas. Returns how many. */
size_t stage_layout(const struct stage_frame *, int columns, int rows, int usual, struct stage_area *areas, size_t max);
/* Rows of the lower part: sentence, narration, question, hints; and while nothing is asked and little is said. */
int stage_foot_rows(const struct stage_frame *, int columns, int rows);
int stage_foot_usual(int rows);
void stage_foot_draw(const struct stage_frame *, const struct pane *);
void stage_bar_draw(const struct stage_frame *, const struct pane *);
/* Smaller than the least size; and the words for that. */
bool stage_is_small(const struct canvas *);
void stage_small_draw(const struct pane *whole);
void stage_list_draw(const struct stage_list *, const struct pane *whole);
/* Heading of a pane: rule, title, rule. */
void stage_heading(const struct pane *, const char *title, bool focus);

#endif
