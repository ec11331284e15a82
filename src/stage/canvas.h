/* The canvas: a grid of cells that views draw on, whatever shows it afterwards (a terminal, a test, an export). Text is
 * measured by base/escape.h, the same everywhere. No I/O, no locale, no colours: a cell says what it means.
 *
 * Coordinates are columns and rows from 0. Text given to a canvas is UTF-8 without control characters (what comes from
 * others went through base/escape.h before); bytes that are none of that are drawn as '?'. */
#ifndef LOCKSTEP_STAGE_CANVAS_H
#define LOCKSTEP_STAGE_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum role {
#define ROLE(id) ROLE_##id,
#include "stage/roles.def"
#undef ROLE
    ROLE_COUNT
};

enum glyph {
#define GLYPH(id, unicode, ascii) GLYPH_##id,
#include "stage/glyphs.def"
#undef GLYPH
    GLYPH_COUNT
};

enum emphasis { EMPHASIS_none = 0, EMPHASIS_bold = 1, EMPHASIS_reverse = 2, EMPHASIS_underline = 4 };

enum { CANVAS_MARKS = 2, CANVAS_SIDE_MAX = 1000 };

/* What a cell belongs to, so that the mouse finds it: a kind and a number. */
enum tag_kind { TAG_none, TAG_task, TAG_step, TAG_view, TAG_request, TAG_choice, TAG_row };
struct tag {
    uint8_t kind;    /* enum tag_kind */
    uint32_t number; /* task id, step, view, enum request, number of a choice, row of a list */
};

struct cell {
    uint32_t code;                 /* Unicode; 0: the right half of the wide character before it */
    uint32_t marks[CANVAS_MARKS];  /* combining marks on it, 0 none */
    uint8_t width;                 /* 1 or 2; 0 with code 0 */
    uint8_t role;                  /* enum role */
    uint8_t emphasis;              /* sum of enum emphasis */
    uint8_t drawn;                 /* something was put there since canvas_clear (a space counts) */
    struct tag tag;
};

struct canvas;

/* 1 to CANVAS_SIDE_MAX columns and rows; cleared. Owns; NULL: out of memory or no such size. */
struct canvas *canvas_new(unsigned columns, unsigned rows, bool ascii);
void canvas_free(struct canvas *);
/* Another size or glyph set; cleared. False: out of memory, and nothing changed. */
bool canvas_resize(struct canvas *, unsigned columns, unsigned rows, bool ascii);
unsigned canvas_columns(const struct canvas *);
unsigned canvas_rows(const struct canvas *);
bool canvas_ascii(const struct canvas *);
void canvas_clear(struct canvas *);
/* Borrowed until the next change of size; the cells of a row lie side by side. Out of range: a blank cell. */
const struct cell *canvas_cell(const struct canvas *, unsigned column, unsigned row);
/* A row as text, trailing blanks left out; `out` has 16 bytes a cell to be safe. Returns its length (cut to size - 1). */
size_t canvas_row_text(const struct canvas *, unsigned row, char *out, size_t size);

/* What went wrong in drawing since canvas_clear, for tests: text that was cut without saying so, and cells that were
 * drawn twice with different characters (outside canvas_over). */
struct canvas_faults {
    unsigned cuts, overlaps;
    char first_cut[96];     /* the text that was cut first */
    char first_overlap[96]; /* where, and the two characters */
};
const struct canvas_faults *canvas_faults(const struct canvas *);
/* Between true and false, drawing over what is there is meant: moving cards, overlays. */
void canvas_over(struct canvas *, bool over);

/* ---- panes: a rectangle of a canvas; nothing that is drawn leaves it ---- */
struct pane {
    struct canvas *canvas;
    int column, row;   /* of its top left corner on the canvas */
    int columns, rows; /* 0 or less: nothing is drawn */
    struct tag tag;    /* given to every cell drawn through this pane; change it as needed */
};
struct pane pane_whole(struct canvas *);
/* A part of it, clipped to it. */
struct pane pane_part(const struct pane *, int column, int row, int columns, int rows);
/* Blanks it (as drawn over: it becomes the ground for an overlay). */
void pane_blank(const struct pane *, enum role);

/* Draws at (column, row) of the pane; what lies outside is left out, and counts as a cut if any visible character does.
 * A wide character that would stick out at the right is replaced by a space. Returns the columns of the whole text. */
int pane_text(const struct pane *, int column, int row, unsigned emphasis, enum role, const char *text);
int pane_format(const struct pane *, int column, int row, unsigned emphasis, enum role, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* As pane_text, but at most `columns` wide: longer text is shortened and ends in GLYPH_more, which says so. Returns the
 * columns drawn. */
int pane_text_fit(const struct pane *, int column, int row, int columns, unsigned emphasis, enum role, const char *text);
/* Wrapped between words, and between Chinese characters (never before a closing mark such as 。，） or after an opening
 * one), from (column, row) on, `columns` wide, at most `rows` lines; the last ends in GLYPH_more if not all fits.
 * Returns the lines needed for all of it (whether or not they were there). */
int pane_text_wrap(const struct pane *, int column, int row, int columns, int rows, unsigned emphasis, enum role,
                   const char *text);
void pane_glyph(const struct pane *, int column, int row, unsigned emphasis, enum role, enum glyph);
/* `count` of them to the right, or downwards. */
void pane_glyphs(const struct pane *, int column, int row, int count, unsigned emphasis, enum role, enum glyph);
void pane_glyphs_down(const struct pane *, int column, int row, int count, unsigned emphasis, enum role, enum glyph);
/* Adds emphasis or changes the role of what is already drawn in the rectangle. */
void pane_emphasise(const struct pane *, int column, int row, int columns, int rows, unsigned emphasis);

/* Columns of a text. */
int text_columns(const char *text);
/* Lines that pane_text_wrap needs for it. */
int text_lines(const char *text, int columns);
/* The character of a glyph. */
uint32_t glyph_code(enum glyph, bool ascii);

#endif
