/* Text on a canvas: measured, shortened, wrapped. Columns come from base/escape.h. Wrapping breaks at spaces and between
 * wide characters, and keeps Chinese punctuation where it belongs (a subset of UAX 14: no closing mark begins a line, no
 * opening one ends it). */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "stage/canvas_pen.h"

enum { REPLACEMENT = 0xFFFD };

uint32_t text_next(const char **text)
{
    const unsigned char *byte = (const unsigned char *)*text;
    if (byte[0] == 0)
        return 0;
    unsigned more = byte[0] < 0x80 ? 0 : byte[0] >= 0xF0 ? 3 : byte[0] >= 0xE0 ? 2 : byte[0] >= 0xC0 ? 1 : 4;
    if (more == 4) {
        *text += 1;
        return REPLACEMENT;
    }
    uint32_t code = more == 0 ? byte[0] : byte[0] & (0x3FU >> more);
    for (unsigned i = 1; i <= more; i++) {
        if ((byte[i] & 0xC0) != 0x80) {
            *text += 1;
            return REPLACEMENT;
        }
        code = code << 6 | (byte[i] & 0x3FU);
    }
    *text += more + 1;
    return code;
}

/* Columns of a character as it is drawn: what cannot be shown becomes '?'. */
static int columns_of(uint32_t *code)
{
    if (*code >= 0x20 && *code < 0x7F) /* most characters; the table of widths need not be searched for them */
        return 1;
    int width = *code < 0x20 || *code == 0x7F || *code == REPLACEMENT ? -1 : escape_width(*code);
    if (width >= 0)
        return width;
    *code = '?';
    return 1;
}

int text_columns(const char *text)
{
    int columns = 0;
    for (uint32_t code; (code = text_next(&text)) != 0;)
        columns += columns_of(&code);
    return columns;
}

/* Draws the characters of [text, end) and returns their columns. `*lost` becomes true when a visible one did not fit. */
static int draw(const struct pane *pane, int column, int row, unsigned emphasis, enum role role, const char *text,
                const char *end, bool *lost)
{
    int start = column;
    while (text < end) {
        uint32_t code = text_next(&text);
        if (code == 0)
            break;
        int width = columns_of(&code);
        if (width == 0) {
            pen_mark(pane, column - 1, row, code);
            continue;
        }
        if (!pen_put(pane, column, row, emphasis, role, code, width)) {
            if (width == 2 && pane->columns - column == 1)
                pen_put(pane, column, row, emphasis, role, ' ', 1);
            *lost = *lost || code != ' ';
        }
        column += width;
    }
    return column - start;
}

int pane_text(const struct pane *pane, int column, int row, unsigned emphasis, enum role role, const char *text)
{
    bool lost = false;
    int columns = draw(pane, column, row, emphasis, role, text, text + strlen(text), &lost);
    if (lost)
        canvas_note_cut(pane->canvas, text);
    return columns;
}

int pane_format(const struct pane *pane, int column, int row, unsigned emphasis, enum role role, const char *format,
                ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return pane_text(pane, column, row, emphasis, role, text);
}

/* The end of the longest beginning of `text` that is at most `columns` wide. */
static const char *beginning(const char *text, int columns)
{
    const char *end = text;
    for (int used = 0; *text;) {
        uint32_t code = text_next(&text);
        used += columns_of(&code);
        if (used > columns)
            break;
        end = text;
    }
    return end;
}

int pane_text_fit(const struct pane *pane, int column, int row, int columns, unsigned emphasis, enum role role,
                  const char *text)
{
    if (columns > pane->columns - column)
        columns = pane->columns - column;
    if (columns <= 0)
        return 0;
    bool lost = false;
    int whole = text_columns(text);
    if (whole <= columns)
        return draw(pane, column, row, emphasis, role, text, text + strlen(text), &lost);
    int drawn = draw(pane, column, row, emphasis, role, text, beginning(text, columns - 1), &lost);
    pane_glyph(pane, column + drawn, row, emphasis, role, GLYPH_more);
    return drawn + 1;
}

/* ---- wrapping ---- */

/* Marks that must not begin a line. */
static bool closes(uint32_t code)
{
    static const uint32_t marks[] = {0x3001, 0x3002, 0xFF0C, 0xFF0E, 0xFF1A, 0xFF1B, 0xFF01, 0xFF1F, 0xFF09, 0x300D,
                                     0x300F, 0x3011, 0x300B, 0x3009, 0x2019, 0x201D, ')',    ',',    '.',    ';',
                                     ':',    '!',    '?',    ']',    '}',    0x2026, 0x2014, '%'};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (code == marks[i])
            return true;
    }
    return false;
}

/* Marks that must not end a line. */
static bool opens(uint32_t code)
{
    static const uint32_t marks[] = {0xFF08, 0x300C, 0x300E, 0x3010, 0x300A, 0x3008, 0x2018, 0x201C, '(', '[', '{'};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (code == marks[i])
            return true;
    }
    return false;
}

/* The end of the next line of `text`, at most `columns` wide; *rest is where the one after begins. */
static const char *line_end(const char *text, int columns, const char **rest)
{
    const char *at = text, *best = NULL, *best_rest = NULL;
    int used = 0;
    uint32_t before = 0;
    while (*at && *at != '\n') {
        const char *start = at;
        uint32_t code = text_next(&at);
        int width = columns_of(&code);
        bool wide_edge = (width == 2 || (before && escape_width(before) == 2)) && before && before != ' ';
        if (code == ' ' && before != ' ') {
            best = start;
            best_rest = at;
        } else if (wide_edge && code != ' ' && !closes(code) && !opens(before)) {
            best = start;
            best_rest = start;
        }
        if (used + width > columns && !(code == ' ')) {
            if (best && best > text) {
                while (*best_rest == ' ')
                    best_rest++;
                *rest = best_rest;
                return best;
            }
            /* A word that is wider than a line is broken where the line ends. */
            const char *hard = start > text ? start : at;
            *rest = hard;
            return hard;
        }
        used += width;
        before = code;
    }
    *rest = *at == '\n' ? at + 1 : at;
    return at;
}

static int wrap(const struct pane *pane, int column, int row, int columns, int rows, unsigned emphasis, enum role role,
                const char *text)
{
    int lines = 0;
    if (columns <= 0)
        return 0;
    while (*text) {
        const char *rest;
        const char *end = line_end(text, columns, &rest);
        if (pane && lines < rows) {
            bool lost = false;
            if (lines == rows - 1 && *rest) {
                const char *cut = beginning(text, columns - 1);
                if (cut > end)
                    cut = end;
                int drawn = draw(pane, column, row + lines, emphasis, role, text, cut, &lost);
                pane_glyph(pane, column + drawn, row + lines, emphasis, role, GLYPH_more);
            } else {
                draw(pane, column, row + lines, emphasis, role, text, end, &lost);
            }
            if (lost)
                canvas_note_cut(pane->canvas, text);
        }
        lines++;
        text = rest;
    }
    return lines;
}

int pane_text_wrap(const struct pane *pane, int column, int row, int columns, int rows, unsigned emphasis,
                   enum role role, const char *text)
{
    if (columns > pane->columns - column)
        columns = pane->columns - column;
    return wrap(pane, column, row, columns, rows, emphasis, role, text);
}

int text_lines(const char *text, int columns)
{
    return wrap(NULL, 0, 0, columns, 0, EMPHASIS_none, ROLE_text, text);
}
