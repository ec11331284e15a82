/* What the guest printed, line by line, with the task that printed it; the newest at the bottom. Lines that do not fit
 * are wrapped. Looks at no more lines than it shows, so that a guest that prints much costs nothing. */
#include "stage/view.h"

#include <stdio.h>

#include "base/text.h"
#include "stage/stage_edges.h"

enum { MARGIN = 1, NAME_LEAST = 4, NAME_MOST = 12, LOOKED_AT = 400, ROWS_WANTED = 5 };

/* Columns of the names, from the last lines only. */
static int name_columns(const struct stage_frame *frame)
{
    int widest = NAME_LEAST;
    uint32_t last = 0;
    size_t from = frame->console_count > LOOKED_AT ? frame->console_count - LOOKED_AT : 0;
    for (size_t i = from; i < frame->console_count; i++) {
        char name[STAGE_NAME_SIZE];
        if (frame->console[i].task == last || !frame->console[i].task)
            continue;
        last = frame->console[i].task;
        int columns = text_columns(stage_task_name(frame, last, name));
        widest = columns > widest ? columns : widest;
    }
    return widest > NAME_MOST ? NAME_MOST : widest;
}

static int lines_of(const struct stage_line *line, int columns)
{
    int lines = text_lines(line->text, columns);
    return lines < 1 ? 1 : lines;
}

static void line_draw(const struct stage_frame *frame, const struct pane *pane, const struct stage_line *line, int row,
                      int lines, int names)
{
    char name[STAGE_NAME_SIZE];
    bool now = frame->step.number && line->step == frame->step.number;
    bool error = line->stream == 2;
    enum role role = error ? ROLE_stderr : now ? ROLE_changed : ROLE_stdout;
    int text = MARGIN + names + 2;
    struct pane part = *pane;
    part.tag = (struct tag){.kind = TAG_step, .number = line->step};
    if (line->task)
        pane_text_fit(&part, MARGIN, row, names, now ? EMPHASIS_bold : EMPHASIS_none, now ? ROLE_strong : ROLE_faint,
                      stage_task_name(frame, line->task, name));
    if (error)
        pane_text(&part, text - 1, row, EMPHASIS_none, ROLE_stderr, "!");
    pane_text_wrap(&part, text, row, pane->columns - text - 1, lines, now ? EMPHASIS_bold : EMPHASIS_none, role,
                   line->text);
    if (line->open && lines == 1) {
        int end = text + text_columns(line->text);
        if (end < pane->columns - 1)
            pane_text(&part, end, row, EMPHASIS_none, ROLE_cursor, "_");
    }
}

static int console_rows(const struct stage_frame *frame, int columns)
{
    (void)frame, (void)columns;
    return ROWS_WANTED;
}

static void console_draw(const struct stage_frame *frame, const struct pane *pane)
{
    if (frame->console_count == 0) {
        pane_text_fit(pane, MARGIN, 0, pane->columns - MARGIN, EMPHASIS_none, ROLE_faint, _("nothing yet"));
        return;
    }
    int names = name_columns(frame);
    int columns = pane->columns - MARGIN - names - 3;
    /* From the end back to the first line that is still seen, `away` rows further up if the person scrolled. */
    int scroll = frame->views[STAGE_VIEW_console].scroll;
    int away = scroll < 0 ? -scroll : 0;
    size_t first = frame->console_count;
    int rows = 0;
    while (first > 0 && rows < pane->rows + away)
        rows += lines_of(&frame->console[--first], columns);
    if (rows < pane->rows + away)
        away = rows > pane->rows ? rows - pane->rows : 0;
    /* Few lines stand at the top, and the newest comes below them. */
    int row = rows > pane->rows ? pane->rows + away - rows : 0;
    struct pane shown = pane_part(pane, 0, 0, pane->columns, pane->rows);
    for (size_t i = first; i < frame->console_count && row < pane->rows; i++) {
        int lines = lines_of(&frame->console[i], columns);
        /* Of a line that begins above, its beginning is what stands in the rows that it has here. */
        int top = row < 0 ? 0 : row, end = row + lines < pane->rows ? row + lines : pane->rows;
        if (end > top)
            line_draw(frame, &shown, &frame->console[i], top, end - top, names);
        row += lines;
    }
    bool above = first > 0 || rows > pane->rows + away;
    stage_edges_draw(pane, above, away > 0);
}

const struct stage_view stage_view_console = {
    .id = "console",
    .title = N_("said by the program"),
    .place = STAGE_PLACE_half,
    .least = 2,
    .elastic = true,
    .rows = console_rows,
    .draw = console_draw,
};
