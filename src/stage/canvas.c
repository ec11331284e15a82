/* The grid of cells, the signs and the pen that puts single characters. Text is laid out in canvas_text.c. Nothing is
 * ever drawn outside; what was lost or drawn twice is counted, because a test looks at it. */
#include "stage/canvas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "stage/canvas_pen.h"

struct canvas {
    unsigned columns, rows;
    bool ascii, over;
    struct cell *cells;
    struct canvas_faults faults;
};

static const struct cell blank = {.code = ' ', .width = 1};

static const struct {
    uint32_t code, plain;
} glyphs[GLYPH_COUNT] = {
#define GLYPH(id, unicode, ascii) [GLYPH_##id] = {unicode, ascii},
#include "stage/glyphs.def"
#undef GLYPH
};

uint32_t glyph_code(enum glyph glyph, bool ascii)
{
    if ((unsigned)glyph >= GLYPH_COUNT)
        return '?';
    return ascii ? glyphs[glyph].plain : glyphs[glyph].code;
}

/* What punctuation in texts becomes where signs must be ASCII: its width may be 1 or 2, which only the terminal knows. */
static uint32_t plain_of(uint32_t code)
{
    switch (code) {
    case 0x2018:
    case 0x2019:
        return '\'';
    case 0x201C:
    case 0x201D:
        return '"';
    case 0x2013:
    case 0x2014:
    case 0x2500:
        return '-';
    case 0x2026:
    case 0x00B7:
        return '.';
    case 0x2192:
    case 0x203A:
        return '>';
    case 0x2190:
    case 0x2039:
        return '<';
    case 0x00D7:
        return 'x';
    case 0x2022:
        return '*';
    default:
        return code;
    }
}

/* ---- the grid ---- */

static bool size_is_fine(unsigned columns, unsigned rows)
{
    return columns > 0 && rows > 0 && columns <= CANVAS_SIDE_MAX && rows <= CANVAS_SIDE_MAX;
}

struct canvas *canvas_new(unsigned columns, unsigned rows, bool ascii)
{
    struct canvas *canvas = calloc(1, sizeof *canvas);
    if (canvas && canvas_resize(canvas, columns, rows, ascii))
        return canvas;
    free(canvas);
    return NULL;
}

void canvas_free(struct canvas *canvas)
{
    if (!canvas)
        return;
    free(canvas->cells);
    free(canvas);
}

bool canvas_resize(struct canvas *canvas, unsigned columns, unsigned rows, bool ascii)
{
    if (!size_is_fine(columns, rows))
        return false;
    struct cell *cells = realloc(canvas->cells, (size_t)columns * rows * sizeof *cells);
    if (!cells)
        return false;
    canvas->cells = cells;
    canvas->columns = columns;
    canvas->rows = rows;
    canvas->ascii = ascii;
    canvas_clear(canvas);
    return true;
}

unsigned canvas_columns(const struct canvas *canvas)
{
    return canvas->columns;
}

unsigned canvas_rows(const struct canvas *canvas)
{
    return canvas->rows;
}

bool canvas_ascii(const struct canvas *canvas)
{
    return canvas->ascii;
}

void canvas_clear(struct canvas *canvas)
{
    for (size_t i = 0; i < (size_t)canvas->columns * canvas->rows; i++)
        canvas->cells[i] = blank;
    memset(&canvas->faults, 0, sizeof canvas->faults);
    canvas->over = false;
}

const struct cell *canvas_cell(const struct canvas *canvas, unsigned column, unsigned row)
{
    if (column >= canvas->columns || row >= canvas->rows)
        return &blank;
    return &canvas->cells[(size_t)row * canvas->columns + column];
}

const struct canvas_faults *canvas_faults(const struct canvas *canvas)
{
    return &canvas->faults;
}

void canvas_over(struct canvas *canvas, bool over)
{
    canvas->over = over;
}

static size_t encode(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

size_t canvas_row_text(const struct canvas *canvas, unsigned row, char *out, size_t size)
{
    size_t length = 0, trimmed = 0;
    for (unsigned column = 0; column < canvas->columns && row < canvas->rows; column++) {
        const struct cell *cell = canvas_cell(canvas, column, row);
        const uint32_t codes[1 + CANVAS_MARKS] = {cell->code, cell->marks[0], cell->marks[1]};
        for (size_t i = 0; i < 1 + CANVAS_MARKS && codes[i]; i++) {
            char bytes[4];
            size_t count = encode(codes[i], bytes);
            if (length + count >= size)
                break;
            memcpy(out + length, bytes, count);
            length += count;
        }
        if (cell->code && cell->code != ' ')
            trimmed = length;
    }
    if (size > 0)
        out[trimmed] = '\0';
    return trimmed;
}

/* ---- the pen ---- */

void canvas_note_cut(struct canvas *canvas, const char *text)
{
    if (canvas->faults.cuts++ == 0)
        snprintf(canvas->faults.first_cut, sizeof canvas->faults.first_cut, "%.90s", text);
}

static void note_overlap(struct canvas *canvas, int column, int row, uint32_t before, uint32_t now)
{
    if (canvas->faults.overlaps++ == 0)
        snprintf(canvas->faults.first_overlap, sizeof canvas->faults.first_overlap, "column %d, row %d: U+%04X, U+%04X",
                 column, row, before, now);
}

/* Half of a wide character cannot stay when the other half is drawn over. */
static void tear(struct canvas *canvas, int column, int row)
{
    struct cell *cells = &canvas->cells[(size_t)row * canvas->columns];
    if (cells[column].code == 0 && column > 0) {
        cells[column - 1].code = ' ';
        cells[column - 1].width = 1;
    }
    if (cells[column].width == 2 && (unsigned)column + 1 < canvas->columns) {
        cells[column + 1].code = ' ';
        cells[column + 1].width = 1;
    }
}

/* The cell there, for a new character to be written into. */
static struct cell *prepare(struct canvas *canvas, int column, int row, uint32_t code)
{
    struct cell *cell = &canvas->cells[(size_t)row * canvas->columns + (unsigned)column];
    if (!canvas->over && cell->drawn && cell->code != ' ' && cell->code != code)
        note_overlap(canvas, column, row, cell->code, code);
    if (cell->width != 1)
        tear(canvas, column, row);
    return cell;
}

bool pen_put(const struct pane *pane, int column, int row, unsigned emphasis, enum role role, uint32_t code, int width)
{
    struct canvas *canvas = pane->canvas;
    if (canvas->ascii)
        code = plain_of(code);
    if (row < 0 || row >= pane->rows || column < 0 || column + width > pane->columns)
        return false;
    int x = pane->column + column, y = pane->row + row;
    if (x < 0 || y < 0 || (unsigned)(x + width) > canvas->columns || (unsigned)y >= canvas->rows)
        return false;
    struct cell *left = prepare(canvas, x, y, code);
    *left = (struct cell){
        .code = code, .width = 1, .role = (uint8_t)role, .emphasis = (uint8_t)emphasis, .drawn = 1, .tag = pane->tag};
    if (width == 2) {
        struct cell *right = prepare(canvas, x + 1, y, 0);
        *right = *left;
        right->code = 0;
        right->width = 0;
        left->width = 2; /* only now: tear() would have taken it for an old one */
    }
    return true;
}

void pen_mark(const struct pane *pane, int column, int row, uint32_t mark)
{
    struct canvas *canvas = pane->canvas;
    int x = pane->column + column, y = pane->row + row;
    if (column < 0 || column >= pane->columns || row < 0 || row >= pane->rows || x < 0 || y < 0 ||
        (unsigned)x >= canvas->columns || (unsigned)y >= canvas->rows)
        return;
    struct cell *cell = &canvas->cells[(size_t)y * canvas->columns + (unsigned)x];
    for (size_t i = 0; i < CANVAS_MARKS; i++) {
        if (cell->marks[i] == 0) {
            cell->marks[i] = mark;
            return;
        }
    }
}

/* ---- panes ---- */

struct pane pane_whole(struct canvas *canvas)
{
    return (struct pane){.canvas = canvas, .columns = (int)canvas->columns, .rows = (int)canvas->rows};
}

struct pane pane_part(const struct pane *pane, int column, int row, int columns, int rows)
{
    int left = column < 0 ? 0 : column, top = row < 0 ? 0 : row;
    int right = column + columns, bottom = row + rows;
    if (right > pane->columns)
        right = pane->columns;
    if (bottom > pane->rows)
        bottom = pane->rows;
    return (struct pane){.canvas = pane->canvas,
                         .column = pane->column + left,
                         .row = pane->row + top,
                         .columns = right > left ? right - left : 0,
                         .rows = bottom > top ? bottom - top : 0,
                         .tag = pane->tag};
}

void pane_blank(const struct pane *pane, enum role role)
{
    bool over = pane->canvas->over;
    pane->canvas->over = true;
    for (int row = 0; row < pane->rows; row++) {
        for (int column = 0; column < pane->columns; column++)
            pen_put(pane, column, row, EMPHASIS_none, role, ' ', 1);
    }
    pane->canvas->over = over;
}

void pane_glyph(const struct pane *pane, int column, int row, unsigned emphasis, enum role role, enum glyph glyph)
{
    pen_put(pane, column, row, emphasis, role, glyph_code(glyph, pane->canvas->ascii), 1);
}

void pane_glyphs(const struct pane *pane, int column, int row, int count, unsigned emphasis, enum role role,
                 enum glyph glyph)
{
    for (int i = 0; i < count; i++)
        pane_glyph(pane, column + i, row, emphasis, role, glyph);
}

void pane_glyphs_down(const struct pane *pane, int column, int row, int count, unsigned emphasis, enum role role,
                      enum glyph glyph)
{
    for (int i = 0; i < count; i++)
        pane_glyph(pane, column, row + i, emphasis, role, glyph);
}

void pane_emphasise(const struct pane *pane, int column, int row, int columns, int rows, unsigned emphasis)
{
    struct pane part = pane_part(pane, column, row, columns, rows);
    struct canvas *canvas = pane->canvas;
    for (int y = part.row; y < part.row + part.rows; y++) {
        for (int x = part.column; x < part.column + part.columns; x++) {
            if (x >= 0 && y >= 0 && (unsigned)x < canvas->columns && (unsigned)y < canvas->rows)
                canvas->cells[(size_t)y * canvas->columns + (unsigned)x].emphasis |= (uint8_t)emphasis;
        }
    }
}
