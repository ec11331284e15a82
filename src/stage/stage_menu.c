/* The menu: acts and scenes, what each teaches, how long it takes, which were seen. */
#include <stdio.h>

#include "base/text.h"
#include "stage/stage.h"

/* TITLES: columns of the titles where what a scene teaches stands beside them, from TEACHES columns on. */
enum { MARGIN = 2, FOOT = 5, HEAD = 2, MINUTES_MOST = 99, TEACHES = 150, TITLES = 36 };

static void draw_row(const struct stage_menu *menu, const struct pane *pane, size_t index, int line)
{
    const struct stage_menu_row *row = &menu->rows[index];
    struct pane at = pane_part(pane, 0, line, pane->columns, 1);
    char minutes[32] = "", widest[32];
    if (row->act) {
        pane_text_fit(&at, MARGIN, 0, at.columns - 2 * MARGIN, EMPHASIS_bold, ROLE_heading, row->title);
        return;
    }
    at.tag = (struct tag){.kind = TAG_row, .number = (uint32_t)index};
    bool selected = menu->selected == (int)index;
    enum role faint = selected ? ROLE_cursor : ROLE_faint, text = selected ? ROLE_cursor : ROLE_text;
    if (selected) {
        pane_blank(&at, ROLE_cursor);
        pane_glyph(&at, MARGIN, 0, EMPHASIS_bold, ROLE_cursor, GLYPH_here);
    }
    if (row->broken)
        pane_glyph(&at, MARGIN + 2, 0, EMPHASIS_none, ROLE_fault, GLYPH_wrong);
    else if (row->seen)
        pane_glyph(&at, MARGIN + 2, 0, EMPHASIS_none, faint, GLYPH_seen);
    if (row->minutes)
        snprintf(minutes, sizeof minutes, ngettext("%u minute", "%u minutes", row->minutes), row->minutes);
    snprintf(widest, sizeof widest, ngettext("%u minute", "%u minutes", MINUTES_MOST), (unsigned)MINUTES_MOST);
    int right = text_columns(widest), ids = at.columns >= 70 ? 27 : 0;
    int room = at.columns - MARGIN - 4 - right - ids - 3;
    unsigned emphasis = selected ? EMPHASIS_bold : EMPHASIS_none;
    int title = at.columns >= TEACHES && room > TITLES ? TITLES : room;
    pane_text_fit(&at, MARGIN + 4, 0, title, emphasis, row->broken ? ROLE_fault : text, row->title);
    if (title < room && row->teaches)
        pane_text_fit(&at, MARGIN + 4 + title + 2, 0, room - title - 2, EMPHASIS_none, faint, row->teaches);
    if (ids)
        pane_text_fit(&at, at.columns - right - ids - 2, 0, ids - 1, EMPHASIS_none, faint, row->id);
    pane_text_fit(&at, at.columns - text_columns(minutes) - 1, 0, right, EMPHASIS_none, faint, minutes);
}

static void draw_rows(const struct stage_menu *menu, const struct pane *pane)
{
    size_t visible = (size_t)pane->rows, top = 0;
    if (menu->selected >= 0 && menu->count > visible) {
        size_t selected = (size_t)menu->selected;
        top = selected < visible / 2 ? 0 : selected - visible / 2;
        top = top > menu->count - visible ? menu->count - visible : top;
    }
    for (size_t i = 0; i < visible && top + i < menu->count; i++)
        draw_row(menu, pane, top + i, (int)i);
    if (top > 0)
        pane_glyph(pane, 0, 0, EMPHASIS_bold, ROLE_key, GLYPH_arrow_up);
    if (top + visible < menu->count)
        pane_glyph(pane, 0, pane->rows - 1, EMPHASIS_bold, ROLE_key, GLYPH_arrow_down);
    if (menu->count == 0)
        pane_text_fit(pane, MARGIN, 0, pane->columns - MARGIN, EMPHASIS_none, ROLE_faint, _("no scene has that in it"));
}

static void draw_foot(const struct stage_menu *menu, const struct pane *pane)
{
    pane_glyphs(pane, 0, 0, pane->columns, EMPHASIS_none, ROLE_rule, GLYPH_rule);
    if (menu->selected >= 0 && (size_t)menu->selected < menu->count) {
        const struct stage_menu_row *row = &menu->rows[menu->selected];
        pane_text_wrap(pane, MARGIN, 1, pane->columns - 2 * MARGIN, FOOT - 2, EMPHASIS_none,
                       row->broken ? ROLE_fault : ROLE_say, row->teaches ? row->teaches : "");
    }
    int column = MARGIN, line = pane->rows - 1;
    if (menu->message) {
        pane_text_fit(pane, MARGIN, line, pane->columns - 2 * MARGIN, EMPHASIS_bold, ROLE_notice, menu->message);
        return;
    }
    for (size_t i = 0; i < menu->hint_count; i++) {
        const struct stage_hint *hint = &menu->hints[i];
        if (column + text_columns(hint->key) + text_columns(hint->text) + 1 > pane->columns - MARGIN)
            break;
        struct pane tagged = *pane;
        tagged.tag = (struct tag){.kind = TAG_request, .number = hint->request};
        column += pane_text(&tagged, column, line, EMPHASIS_bold, ROLE_key, hint->key) + 1;
        column += pane_text(&tagged, column, line, EMPHASIS_none, ROLE_faint, hint->text) + 2;
    }
}

void stage_draw_menu(const struct stage_menu *menu, struct canvas *canvas)
{
    canvas_clear(canvas);
    struct pane whole = pane_whole(canvas);
    if (stage_is_small(canvas)) {
        stage_small_draw(&whole);
        return;
    }
    struct pane bar = pane_part(&whole, 0, 0, whole.columns, 1);
    pane_blank(&bar, ROLE_bar);
    int used = 1 + pane_text(&bar, 1, 0, EMPHASIS_bold, ROLE_bar, "lockstep") + 2;
    if (menu->search[0]) {
        char search[200];
        snprintf(search, sizeof search, _("search: %s"), menu->search);
        pane_text_fit(&bar, used, 0, bar.columns - used - 1, EMPHASIS_none, ROLE_bar, search);
    } else {
        pane_text_fit(&bar, used, 0, bar.columns - used - 1, EMPHASIS_none, ROLE_bar,
                      _("concurrency of real programs, step by step"));
    }
    struct pane rows = pane_part(&whole, 0, HEAD, whole.columns, whole.rows - HEAD - FOOT);
    draw_rows(menu, &rows);
    struct pane foot = pane_part(&whole, 0, whole.rows - FOOT, whole.columns, FOOT);
    draw_foot(menu, &foot);
    if (menu->list)
        stage_list_draw(menu->list, &whole);
}
