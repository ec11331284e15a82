/* The whole screen put together: the bar, the views where the layout has them, the lower part, and what lies over all. */
#include "stage/stage.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "stage/view.h"

enum { BAR_ROWS = 1 };

void stage_heading(const struct pane *pane, const char *title, bool focus)
{
    enum role role = focus ? ROLE_focus : ROLE_heading;
    struct pane line = pane_part(pane, 0, 0, pane->columns, 1);
    pane_glyph(&line, 0, 0, EMPHASIS_none, ROLE_rule, GLYPH_rule_left);
    int used = 2 + pane_text_fit(&line, 2, 0, line.columns - 3, focus ? EMPHASIS_bold : EMPHASIS_none, role, title) + 1;
    pane_glyphs(&line, used, 0, line.columns - used, EMPHASIS_none, ROLE_rule, GLYPH_rule);
}

/* ---- the bar ---- */

/* "step 14 · 2 CPUs · round robin · plays x2", without the last parts where there is no room. */
static void bar_right(const struct stage_frame *frame, char *out, size_t size)
{
    static const char *const ends[VERDICT_COUNT] = {[VERDICT_none] = "",
                                                    [VERDICT_finished] = N_("finished"),
                                                    [VERDICT_failed] = N_("failed"),
                                                    [VERDICT_deadlock] = N_("deadlock"),
                                                    [VERDICT_bound] = N_("bound reached")};
    size_t length = (size_t)snprintf(out, size, _("step %u"), frame->step.number);
    if (frame->ended && frame->verdict < VERDICT_COUNT && frame->verdict != VERDICT_none && length < size)
        length += (size_t)snprintf(out + length, size - length, " | %s", gettext(ends[frame->verdict]));
    if (frame->cpus > 0 && length < size) {
        length += (size_t)snprintf(out + length, size - length, " | ");
        if (length < size)
            length +=
                (size_t)snprintf(out + length, size - length, ngettext("%u CPU", "%u CPUs", frame->cpus), frame->cpus);
    }
    if (frame->policy && length < size)
        length += (size_t)snprintf(out + length, size - length, " | %s", frame->policy);
    if (frame->playing && frame->playing[0] && length < size)
        snprintf(out + length, size - length, " | %s", frame->playing);
}

/* What the whole is called, as fully as there is room for. */
static void bar_left(const struct stage_frame *frame, int room, char *out, size_t size)
{
    const char *act = frame->act && frame->act[0] ? frame->act : NULL, *title = frame->title ? frame->title : "";
    const char *variant = frame->variant && frame->variant[0] ? frame->variant : NULL;
    const struct {
        bool lockstep, act, variant;
    } forms[] = {{true, true, true}, {false, true, true}, {false, false, true}, {false, false, false}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        snprintf(out, size, "%s%s%s%s%s%s", forms[i].lockstep ? "lockstep  " : "", forms[i].act && act ? act : "",
                 forms[i].act && act ? " › " : "", title, forms[i].variant && variant ? _(": ") : "",
                 forms[i].variant && variant ? variant : "");
        if (text_columns(out) <= room)
            return;
    }
}

void stage_bar_draw(const struct stage_frame *frame, const struct pane *pane)
{
    char right[256], left[512];
    struct pane bar = pane_part(pane, 0, 0, pane->columns, 1);
    pane_blank(&bar, ROLE_bar);
    bar_right(frame, right, sizeof right);
    int wide = text_columns(right);
    int room = bar.columns - wide - 4;
    bar_left(frame, room, left, sizeof left);
    int used = 1 + pane_text_fit(&bar, 1, 0, room, EMPHASIS_bold, ROLE_bar, left) + 2;
    if (frame->notice_count > 0 && room - used > 6)
        pane_text_fit(&bar, used, 0, room - used + 1, EMPHASIS_none, ROLE_notice, frame->notices[0]);
    pane_text_fit(&bar, bar.columns - wide - 1, 0, wide, EMPHASIS_none, ROLE_bar, right);
}

/* ---- all ---- */

void stage_small_draw(const struct pane *pane)
{
    char text[160];
    snprintf(text, sizeof text,
             _("This terminal has %d x %d; lockstep needs %d x %d. Make it larger, or the font smaller."),
             pane->columns, pane->rows, STAGE_COLUMNS_LEAST, STAGE_ROWS_LEAST);
    pane_text_wrap(pane, 0, 0, pane->columns, pane->rows, EMPHASIS_none, ROLE_text, text);
}

bool stage_is_small(const struct canvas *canvas)
{
    return canvas_columns(canvas) < STAGE_COLUMNS_LEAST || canvas_rows(canvas) < STAGE_ROWS_LEAST;
}

static void draw_view(const struct stage_frame *frame, const struct pane *body, const struct stage_area *area)
{
    const struct stage_view *view = stage_view((enum stage_view_id)area->view);
    struct pane pane = pane_part(body, area->column, area->row, area->columns, area->rows);
    pane.tag = (struct tag){.kind = TAG_view, .number = (uint32_t)area->view};
    if (!view->bare)
        stage_heading(&pane, gettext(view->title), frame->focus == area->view);
    struct pane inside = pane_part(&pane, 0, !view->bare, pane.columns, pane.rows - !view->bare);
    inside.tag = pane.tag;
    view->draw(frame, &inside);
}

void stage_draw(const struct stage_frame *frame, struct canvas *canvas)
{
    struct stage_area areas[STAGE_VIEW_COUNT];
    canvas_clear(canvas);
    struct pane whole = pane_whole(canvas);
    if (stage_is_small(canvas)) {
        stage_small_draw(&whole);
        return;
    }
    if (frame->blank)
        return;
    stage_bar_draw(frame, &whole);
    int foot = stage_foot_rows(frame, whole.columns, whole.rows);
    struct pane body = pane_part(&whole, 0, BAR_ROWS, whole.columns, whole.rows - BAR_ROWS - foot);
    int usual = whole.rows - BAR_ROWS - stage_foot_usual(whole.rows);
    size_t count = stage_layout(frame, body.columns, body.rows, usual, areas, STAGE_VIEW_COUNT);
    for (size_t i = 0; i < count; i++)
        draw_view(frame, &body, &areas[i]);
    struct pane lower = pane_part(&whole, 0, whole.rows - foot, whole.columns, foot);
    stage_foot_draw(frame, &lower);
    if (frame->list)
        stage_list_draw(frame->list, &whole);
}
