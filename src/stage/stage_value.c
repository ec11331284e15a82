/* A value as its text: a plain one with the old one behind, an array as a row of boxes, an array of arrays as a table, a
 * structure as running text, an array of structures as a table with the fields' names above. Takes the text apart by braces, commas and quotes; what it does not understand stays text. */
#include "stage/stage_value.h"

#include <stdio.h>
#include <string.h>

enum {
    ELEMENTS = STAGE_VALUE_ELEMENTS,
    ROWS_OF_TABLE = 16,
    TEXT_LINES = 4, /* of a value that is no array */
    ELEMENT_SIZE = 512
};

/* An element of "{1, 2, 3}". */
struct element {
    const char *text;
    size_t length;
};

/* The end of the value that begins at `text`: before a comma or a closing brace of its own level. */
static const char *element_end(const char *text)
{
    int depth = 0;
    for (; *text; text++) {
        if (*text == '"' || *text == '\'') {
            char quote = *text;
            for (text++; *text && *text != quote; text++)
                if (*text == '\\' && text[1])
                    text++;
            if (!*text)
                break;
        } else if (*text == '{') {
            depth++;
        } else if (*text == '}' && depth-- == 0) {
            break;
        } else if (*text == ',' && depth == 0) {
            break;
        }
    }
    return text;
}

/* Takes "{a, b}" to pieces. 0: it is no array (also a structure, "{x = 1}"), or one with too many. */
static size_t elements_of(const char *text, size_t length, struct element *elements, size_t max)
{
    size_t count = 0;
    const char *end = text + length;
    if (length < 3 || text[0] != '{' || end[-1] != '}')
        return 0;
    for (const char *at = text + 1; at < end; at++) {
        while (*at == ' ')
            at++;
        const char *stop = element_end(at);
        if (stop >= end || stop == at || count == max)
            return 0;
        if (*at != '{' && *at != '"' && *at != '\'' && memmem(at, (size_t)(stop - at), " = ", 3))
            return 0;
        elements[count++] = (struct element){.text = at, .length = (size_t)(stop - at)};
        at = stop;
        if (*at == '}')
            return at + 1 == end ? count : 0;
    }
    return 0;
}

int stage_value_count(const char *text)
{
    struct element elements[ELEMENTS];
    return (int)elements_of(text, strlen(text), elements, ELEMENTS);
}

const char *stage_value_element(const char *text, int index, char *out, size_t size)
{
    struct element elements[ELEMENTS];
    int count = (int)elements_of(text, strlen(text), elements, ELEMENTS);
    bool there = index >= 0 && index < count;
    snprintf(out, size, "%.*s", there ? (int)elements[index].length : 0, there ? elements[index].text : "");
    return out;
}

static int element_columns(const struct element *element)
{
    char text[ELEMENT_SIZE];
    snprintf(text, sizeof text, "%.*s", (int)element->length, element->text);
    return text_columns(text);
}

static bool element_same(const struct element *a, const struct element *b)
{
    return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

/* ---- an array of structures: a table with the names of the fields above it ---- */

enum { FIELDS = 8, FIELD_GAP = 2 };

struct record {
    struct element names[FIELDS], values[FIELDS];
    int count;
};

/* Takes "{need = 4, held = {1, 2}}" to pieces. False: it is no structure, or one with too many fields. */
static bool record_of(const struct element *text, struct record *record)
{
    const char *end = text->text + text->length;
    record->count = 0;
    if (text->length < 3 || text->text[0] != '{' || end[-1] != '}')
        return false;
    for (const char *at = text->text + 1; at < end; at++) {
        while (*at == ' ')
            at++;
        const char *stop = element_end(at), *sign = memmem(at, (size_t)(stop - at), " = ", 3);
        if (stop >= end || !sign || memchr(at, '{', (size_t)(sign - at)) || record->count == FIELDS)
            return false;
        record->names[record->count] = (struct element){.text = at, .length = (size_t)(sign - at)};
        record->values[record->count++] = (struct element){.text = sign + 3, .length = (size_t)(stop - sign) - 3};
        at = stop;
        if (*at == '}')
            return at + 1 == end;
    }
    return false;
}

/* Takes the pieces of "{{...}, {...}}" that are structures; 0: it is something else. */
static size_t records_of(const char *value, struct element *rows, size_t max)
{
    struct record record;
    size_t length = strlen(value), count = 0;
    if (length < 5 || value[0] != '{' || value[1] != '{')
        return 0;
    for (const char *at = value + 1; *at && count < max; at++) {
        while (*at == ' ')
            at++;
        const char *stop = element_end(at);
        rows[count] = (struct element){.text = at, .length = (size_t)(stop - at)};
        if (!*stop || !record_of(&rows[count++], &record))
            return 0;
        if (*stop == '}')
            return stop + 1 == value + length ? count : 0;
        at = stop;
    }
    return 0;
}

/* The width of each column; returns that of all. 0: the rows do not have the same fields. */
static int record_widths(const struct element *rows, size_t count, int widths[FIELDS])
{
    struct record first, record;
    record_of(&rows[0], &first);
    int all = -FIELD_GAP;
    for (int k = 0; k < first.count; k++)
        widths[k] = element_columns(&first.names[k]);
    for (size_t i = 0; i < count; i++) {
        if (!record_of(&rows[i], &record) || record.count != first.count)
            return 0;
        for (int k = 0; k < first.count; k++) {
            int wide = element_columns(&record.values[k]);
            widths[k] = wide > widths[k] ? wide : widths[k];
        }
    }
    for (int k = 0; k < first.count; k++)
        all += widths[k] + FIELD_GAP;
    return all;
}

static int cell_draw(const struct pane *pane, int column, int row, int width, enum role role, const struct element *what)
{
    char text[ELEMENT_SIZE];
    snprintf(text, sizeof text, "%.*s", (int)what->length, what->text);
    int pad = width - text_columns(text);
    pane_text_fit(pane, column + pad, row, pane->columns - column - pad,
                  role == ROLE_changed ? EMPHASIS_bold : EMPHASIS_none, role, text);
    return column + width + FIELD_GAP;
}

static int records_draw(const struct pane *pane, const char *value, const char *before)
{
    struct element rows[ELEMENTS], old_rows[ELEMENTS];
    struct record record, old;
    int widths[FIELDS], column = 0;
    size_t count = records_of(value, rows, ELEMENTS), old_count = before ? records_of(before, old_rows, ELEMENTS) : 0;
    int all = record_widths(rows, count, widths);
    record_of(&rows[0], &record);
    for (int k = 0; k < record.count; k++)
        column = cell_draw(pane, column, 0, widths[k], ROLE_faint, &record.names[k]);
    for (size_t i = 0; i < count; i++) {
        bool known = i < old_count && record_of(&old_rows[i], &old);
        record_of(&rows[i], &record);
        column = 0;
        for (int k = 0; k < record.count; k++) {
            bool changed = known && k < old.count && !element_same(&record.values[k], &old.values[k]);
            column = cell_draw(pane, column, (int)i + 1, widths[k], changed ? ROLE_changed : ROLE_text,
                               &record.values[k]);
        }
    }
    return all;
}

/* ---- how a value lies ---- */

static int boxes_columns(int count, int cell, bool compact)
{
    return count * (cell + (compact ? 1 : 3)) + 1;
}

/* Boxes of `count` elements a row, in `rows` rows; false: they do not fit into so many columns. */
static bool fit_boxes(struct stage_value *layout, int count, int columns, bool may_wrap)
{
    layout->shape = STAGE_VALUE_boxes;
    layout->compact = boxes_columns(count, layout->cell, false) > columns;
    layout->per_line = count;
    if (boxes_columns(count, layout->cell, layout->compact) <= columns)
        return true;
    layout->per_line = (columns - 1) / (layout->cell + 1);
    return may_wrap && layout->per_line >= 4;
}

struct stage_value stage_value_lay(const char *value, int columns)
{
    struct stage_value layout = {.shape = STAGE_VALUE_scalar, .lines = 1};
    struct element rows[ELEMENTS], cells[ELEMENTS];
    size_t count = elements_of(value, strlen(value), rows, ELEMENTS);
    size_t inner = count && count <= ROWS_OF_TABLE ? elements_of(rows[0].text, rows[0].length, cells, ELEMENTS) : 0;
    if (inner) {
        bool table = true;
        for (size_t i = 0; i < count && table; i++) {
            table = elements_of(rows[i].text, rows[i].length, cells, ELEMENTS) == inner;
            for (size_t k = 0; k < inner && table; k++)
                layout.cell = element_columns(&cells[k]) > layout.cell ? element_columns(&cells[k]) : layout.cell;
        }
        layout.lines = (int)count;
        if (table && fit_boxes(&layout, (int)inner, columns, false))
            return layout;
    } else if (count) {
        for (size_t i = 0; i < count; i++)
            layout.cell = element_columns(&rows[i]) > layout.cell ? element_columns(&rows[i]) : layout.cell;
        if (fit_boxes(&layout, (int)count, columns, true)) {
            layout.lines = ((int)count + layout.per_line - 1) / layout.per_line;
            return layout;
        }
    }
    int widths[FIELDS];
    size_t records = records_of(value, rows, ROWS_OF_TABLE);
    int all = records ? record_widths(rows, records, widths) : 0;
    if (all > 0 && all <= columns) {
        layout.shape = STAGE_VALUE_records;
        layout.lines = (int)records + 1;
        return layout;
    }
    layout.shape = value[0] == '{' ? STAGE_VALUE_text : STAGE_VALUE_scalar;
    int lines = text_lines(value, columns);
    layout.lines = lines < 1 ? 1 : lines > TEXT_LINES ? TEXT_LINES : lines;
    return layout;
}

/* Elements, and what they were before: `old_count` of them, none if nothing is known of before. */
struct boxes {
    const struct element *elements, *old;
    int count, old_count;
};

static void boxes_line(const struct pane *pane, int row, const struct stage_value *layout, struct boxes boxes)
{
    int column = 0;
    for (int i = 0; i < boxes.count; i++) {
        char text[ELEMENT_SIZE];
        const struct element *element = &boxes.elements[i];
        bool changed = boxes.old && (i >= boxes.old_count || !element_same(element, &boxes.old[i]));
        snprintf(text, sizeof text, "%.*s", (int)element->length, element->text);
        pane_glyph(pane, column, row, EMPHASIS_none, ROLE_rule, GLYPH_column);
        column += layout->compact ? 1 : 2;
        int pad = layout->cell - text_columns(text);
        pane_text_fit(pane, column + pad, row, pane->columns - column - pad, changed ? EMPHASIS_bold : EMPHASIS_none,
                      changed ? ROLE_changed : ROLE_text, text);
        column += layout->cell + (layout->compact ? 0 : 1);
    }
    pane_glyph(pane, column, row, EMPHASIS_none, ROLE_rule, GLYPH_column);
}

static void boxes_draw(const struct pane *pane, const struct stage_value *layout, const char *value, const char *before)
{
    struct element rows[ELEMENTS], old_rows[ELEMENTS], cells[ELEMENTS], old_cells[ELEMENTS];
    int count = (int)elements_of(value, strlen(value), rows, ELEMENTS);
    int old_count = before ? (int)elements_of(before, strlen(before), old_rows, ELEMENTS) : 0;
    bool table = elements_of(rows[0].text, rows[0].length, cells, ELEMENTS) > 0;
    for (int i = 0, row = 0; i < count && !table; i += layout->per_line, row++) {
        struct boxes boxes = {.elements = rows + i, .old = old_count ? old_rows + i : NULL};
        boxes.count = count - i < layout->per_line ? count - i : layout->per_line;
        boxes.old_count = old_count > i ? old_count - i : 0;
        boxes_line(pane, row, layout, boxes);
    }
    for (int i = 0; i < count && table; i++) {
        struct boxes boxes = {.elements = cells};
        boxes.count = (int)elements_of(rows[i].text, rows[i].length, cells, ELEMENTS);
        if (i < old_count)
            boxes.old_count = (int)elements_of(old_rows[i].text, old_rows[i].length, old_cells, ELEMENTS);
        boxes.old = boxes.old_count ? old_cells : NULL;
        boxes_line(pane, i, layout, boxes);
    }
}

int stage_value_draw(const struct pane *pane, const struct stage_value *layout, const char *now, const char *old,
                     bool changed, enum role usual)
{
    enum role role = changed ? ROLE_changed : usual;
    unsigned emphasis = changed ? EMPHASIS_bold : EMPHASIS_none;
    if (layout->shape == STAGE_VALUE_boxes) {
        boxes_draw(pane, layout, now, changed ? old : NULL);
        return boxes_columns(layout->per_line, layout->cell, layout->compact);
    }
    if (layout->shape == STAGE_VALUE_records)
        return records_draw(pane, now, changed ? old : NULL);
    if (layout->shape == STAGE_VALUE_text || layout->lines > 1) {
        pane_text_wrap(pane, 0, 0, pane->columns, pane->rows, emphasis, role, now);
        int columns = text_columns(now);
        return columns < pane->columns ? columns : pane->columns;
    }
    int column = pane_text_fit(pane, 0, 0, pane->columns, emphasis, role, now);
    if (changed && old && column + 3 < pane->columns) {
        pane_glyph(pane, column + 1, 0, EMPHASIS_none, ROLE_changed, GLYPH_arrow_left);
        column += 3 + pane_text_fit(pane, column + 3, 0, pane->columns - column - 3, EMPHASIS_none, ROLE_faint, old);
    }
    return column;
}
