/* A list in a box over the screen: choices of schedulers, CPUs, views, the tree of what-ifs, the help. */
#include <stdio.h>
#include <string.h>

#include "stage/stage.h"

enum { FRAME = 1, INSIDE = 2, GAP = 2 };

struct widths {
    int key, text, hint;
};

static struct widths measure(const struct stage_list *list)
{
    struct widths widths = {0};
    for (size_t i = 0; i < list->count; i++) {
        const struct stage_list_row *row = &list->rows[i];
        int key = row->key ? text_columns(row->key) : 0, text = (int)row->indent + text_columns(row->text);
        int hint = row->hint ? text_columns(row->hint) : 0;
        widths.key = key > widths.key ? key : widths.key;
        widths.text = text > widths.text ? text : widths.text;
        widths.hint = hint > widths.hint ? hint : widths.hint;
    }
    return widths;
}

static void draw_frame(const struct pane *box, const struct stage_list *list)
{
    pane_blank(box, ROLE_text);
    stage_heading(box, list->title, true);
    int foot = box->rows - 1;
    pane_glyphs(box, 0, foot, box->columns, EMPHASIS_none, ROLE_rule, GLYPH_rule);
    pane_glyphs_down(box, 0, 1, box->rows - 2, EMPHASIS_none, ROLE_rule, GLYPH_column);
    pane_glyphs_down(box, box->columns - 1, 1, box->rows - 2, EMPHASIS_none, ROLE_rule, GLYPH_column);
    if (list->hint)
        pane_text_fit(box, 2, foot, box->columns - 4, EMPHASIS_none, ROLE_faint, list->hint);
}

static void draw_row(const struct pane *pane, const struct stage_list *list, size_t index, int line,
                     const struct widths *widths)
{
    const struct stage_list_row *row = &list->rows[index];
    struct pane at = pane_part(pane, 0, line, pane->columns, 1);
    at.tag = (struct tag){.kind = TAG_row, .number = (uint32_t)index};
    if (row->heading) {
        pane_text_fit(&at, 0, 0, at.columns, EMPHASIS_bold, ROLE_heading, row->text);
        return;
    }
    bool selected = list->selected == (int)index;
    if (selected) {
        pane_blank(&at, ROLE_cursor);
        pane_glyph(&at, 0, 0, EMPHASIS_bold, ROLE_cursor, GLYPH_here);
    }
    if (row->marked)
        pane_glyph(&at, 1, 0, EMPHASIS_bold, selected ? ROLE_cursor : ROLE_running, GLYPH_seen);
    int column = 3;
    if (row->key)
        pane_text_fit(&at, column, 0, widths->key, EMPHASIS_bold, selected ? ROLE_cursor : ROLE_key, row->key);
    column += widths->key ? widths->key + GAP : 0;
    int room = at.columns - column;
    int text = room < widths->text ? room : widths->text;
    int indent = (int)row->indent < text ? (int)row->indent : 0;
    pane_text_fit(&at, column + indent, 0, text - indent, selected ? EMPHASIS_bold : EMPHASIS_none,
                  selected ? ROLE_cursor : ROLE_text, row->text);
    column += text + GAP;
    if (row->hint)
        pane_text_fit(&at, column, 0, at.columns - column, EMPHASIS_none, selected ? ROLE_cursor : ROLE_faint,
                      row->hint);
}

void stage_list_draw(const struct stage_list *list, const struct pane *whole)
{
    struct widths widths = measure(list);
    int columns = 3 + (widths.key ? widths.key + GAP : 0) + widths.text + (widths.hint ? GAP + widths.hint : 0);
    int least = text_columns(list->title) + 4, foot = list->hint ? text_columns(list->hint) : 0;
    columns = columns < least ? least : columns;
    columns = columns < foot ? foot : columns;
    columns += 2 * (FRAME + INSIDE);
    columns = columns > whole->columns - 2 ? whole->columns - 2 : columns;
    int rows = (int)list->count + 2 * FRAME;
    rows = rows > whole->rows - 2 ? whole->rows - 2 : rows;
    rows = rows < 3 ? 3 : rows;
    canvas_over(whole->canvas, true);
    struct pane box = pane_part(whole, (whole->columns - columns) / 2, (whole->rows - rows) / 2, columns, rows);
    draw_frame(&box, list);
    struct pane inside =
        pane_part(&box, FRAME + INSIDE - 1, FRAME, columns - 2 * (FRAME + INSIDE) + 2, rows - 2 * FRAME);
    size_t visible = (size_t)inside.rows, top = list->top;
    if (list->selected >= 0) {
        size_t selected = (size_t)list->selected;
        top = selected < visible ? 0 : selected - visible / 2;
    }
    if (list->count <= visible)
        top = 0;
    else if (top > list->count - visible)
        top = list->count - visible;
    for (size_t i = 0; i < visible && top + i < list->count; i++)
        draw_row(&inside, list, top + i, (int)i, &widths);
    if (top > 0)
        pane_glyph(&box, columns - 1, 1, EMPHASIS_bold, ROLE_key, GLYPH_arrow_up);
    if (top + visible < list->count)
        pane_glyph(&box, columns - 1, rows - 2, EMPHASIS_bold, ROLE_key, GLYPH_arrow_down);
    canvas_over(whole->canvas, false);
}
