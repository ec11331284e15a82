/* A lane per task, a cell per step (or per `scale` steps): who moved, and in what state everyone was. Above the lanes the
 * steps' numbers and the shown step, below them the beats. The window moves by half its width, so that it holds still
 * between. Must stay quick with a million steps: only what is seen is looked at. */
#include "stage/view.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { MARGIN = 1, NAME_LEAST = 4, NAME_MOST = 14, LABEL_EVERY = 10, EDGE_ROWS = 2, SLOTS = 4096 };

struct lanes {
    size_t first, count; /* of those that are seen */
    size_t known;        /* that have been born by the shown step */
};

struct window {
    unsigned scale;   /* steps a column */
    uint32_t first;   /* column at the left edge */
    uint32_t columns; /* cells */
    uint32_t used;    /* columns of all steps, from 0 */
    uint32_t cursor;  /* column of the shown step; UINT32_MAX before the first */
};

/* Task -> row, for those that are seen. */
struct slots {
    uint32_t task[SLOTS];
    uint16_t row[SLOTS];
};

/* ---- where ---- */

static struct window window_make(const struct stage_timeline *timeline, int cells)
{
    struct window window = {.columns = (uint32_t)(cells > 0 ? cells : 0), .scale = timeline->scale};
    if (window.columns == 0)
        return window;
    if (window.scale == 0)
        window.scale = timeline->steps ? (timeline->steps - 1) / window.columns + 1 : 1;
    window.used = timeline->steps ? (timeline->steps - 1) / window.scale + 1 : 0;
    window.cursor = timeline->cursor ? (timeline->cursor - 1) / window.scale : UINT32_MAX;
    uint32_t half = window.columns / 2 ? window.columns / 2 : 1;
    if (timeline->cursor && window.cursor >= window.columns)
        window.first = ((window.cursor - window.columns) / half + 1) * half;
    return window;
}

/* The first and last step of a column; the last may lie beyond the end. */
static uint32_t step_first(const struct window *window, uint32_t column)
{
    return column * window->scale + 1;
}

static uint32_t step_last(const struct window *window, uint32_t column, uint32_t steps)
{
    uint64_t last = ((uint64_t)column + 1) * window->scale;
    return last > steps ? steps : (uint32_t)last;
}

/* How many of the lane's changes are at `step` or before. */
static size_t changes_until(const struct stage_lane *lane, uint32_t step)
{
    size_t low = 0, high = lane->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (lane->changes[middle].step <= step)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The lanes that are seen: the page with the mover's, so that they hold still while tasks of one page take turns; moved
 * by the person. */
static struct lanes lanes_choose(const struct stage_frame *frame, int rows)
{
    const struct stage_timeline *timeline = &frame->timeline;
    struct lanes lanes = {.known = timeline->lane_count};
    if (rows < 1 || timeline->lane_count == 0)
        return lanes;
    lanes.count = (size_t)rows < lanes.known ? (size_t)rows : lanes.known;
    size_t wanted = 0, last = lanes.known - lanes.count;
    for (size_t i = 0; i < timeline->lane_count; i++)
        if (timeline->lanes[i].task == frame->step.task)
            wanted = i;
    size_t page = wanted / lanes.count * lanes.count;
    int scroll = frame->views[STAGE_VIEW_timeline].scroll;
    lanes.first = page < last ? page : last;
    if (scroll < 0)
        lanes.first -= lanes.first < (size_t)-scroll ? lanes.first : (size_t)-scroll;
    else
        lanes.first = last - lanes.first < (size_t)scroll ? last : lanes.first + (size_t)scroll;
    return lanes;
}

static int names_columns(const struct stage_frame *frame)
{
    int widest = NAME_LEAST;
    for (size_t i = 0; i < frame->timeline.lane_count && i < CANVAS_SIDE_MAX; i++) {
        char name[STAGE_NAME_SIZE];
        int columns = text_columns(stage_task_name(frame, frame->timeline.lanes[i].task, name));
        widest = columns > widest ? columns : widest;
    }
    return widest > NAME_MOST ? NAME_MOST : widest;
}

/* ---- which lane a mover has ---- */

static void slots_make(struct slots *slots, const struct stage_lane *lanes, size_t count)
{
    memset(slots->task, 0, sizeof slots->task);
    for (size_t i = 0; i < count && i < CANVAS_SIDE_MAX; i++) {
        uint32_t at = lanes[i].task * 2654435761u % SLOTS;
        while (slots->task[at])
            at = (at + 1) % SLOTS;
        slots->task[at] = lanes[i].task;
        slots->row[at] = (uint16_t)i;
    }
}

/* -1: the task has no lane in sight. */
static int slots_row(const struct slots *slots, uint32_t task)
{
    for (uint32_t at = task * 2654435761u % SLOTS; slots->task[at]; at = (at + 1) % SLOTS)
        if (slots->task[at] == task)
            return slots->row[at];
    return -1;
}

/* ---- drawing ---- */

static enum glyph cell_glyph(unsigned state)
{
    return state == STATE_running ? GLYPH_running_lane : stage_state_glyph(state);
}

/* A column of cells, a row each. `moved`: rows whose task had a step in it. */
static void column_draw(const struct pane *pane, int column, const struct stage_lane *lanes, size_t count,
                        const bool *moved, uint32_t last, bool later)
{
    for (size_t i = 0; i < count; i++) {
        size_t changes = changes_until(&lanes[i], last);
        if (changes == 0 && !moved[i])
            continue;
        unsigned state = moved[i] ? STATE_running : lanes[i].changes[changes - 1].state;
        enum role role = later ? ROLE_faint : stage_state_role(state);
        pane_glyph(pane, column, (int)i, moved[i] && !later ? EMPHASIS_bold : EMPHASIS_none, role, cell_glyph(state));
    }
}

static void cells_draw(const struct stage_frame *frame, const struct pane *pane, const struct window *window,
                       const struct lanes *shown)
{
    const struct stage_timeline *timeline = &frame->timeline;
    const struct stage_lane *lanes = timeline->lanes + shown->first;
    static const bool nobody[CANVAS_SIDE_MAX];
    bool moved[CANVAS_SIDE_MAX];
    struct slots slots;
    slots_make(&slots, lanes, shown->count);
    for (uint32_t c = 0; c < window->columns && window->first + c < window->used; c++) {
        uint32_t column = window->first + c;
        uint32_t first = step_first(window, column), last = step_last(window, column, timeline->steps);
        memcpy(moved, nobody, sizeof moved);
        uint32_t before = 0;
        for (uint32_t step = first; step <= last; step++) {
            uint32_t mover = timeline->movers[step - 1];
            int row = mover == before ? -1 : slots_row(&slots, mover);
            before = mover;
            if (row >= 0)
                moved[row] = true;
        }
        struct pane part = *pane;
        part.tag = (struct tag){.kind = TAG_step, .number = last};
        bool later = window->cursor == UINT32_MAX || column > window->cursor;
        column_draw(&part, (int)c, lanes, shown->count, moved, last, later);
    }
}

/* Numbers every ten columns, left out where they would touch the mark of the shown step. */
static void ruler_draw(const struct pane *pane, const struct window *window)
{
    int now = INT_MIN / 2;
    if (window->cursor != UINT32_MAX && window->cursor >= window->first)
        now = (int)(window->cursor - window->first);
    for (int c = 0; c < pane->columns; c++) {
        uint32_t column = window->first + (uint32_t)c;
        if ((column + 1) % LABEL_EVERY != 0 && (column != 0 || window->scale > 1))
            continue;
        char label[32];
        snprintf(label, sizeof label, "%llu", ((unsigned long long)column + 1) * window->scale);
        int wide = text_columns(label);
        bool clear = now < c - 1 || now > c + wide;
        if (clear && c + wide <= pane->columns)
            pane_text(pane, c, 0, EMPHASIS_none, ROLE_faint, label);
    }
    if (now >= 0 && now < pane->columns)
        pane_glyph(pane, now, 0, EMPHASIS_bold, ROLE_cursor, GLYPH_now);
}

static void beats_draw(const struct stage_timeline *timeline, const struct pane *pane, const struct window *window)
{
    for (size_t i = 0; i < timeline->beat_count; i++) {
        uint32_t beat = timeline->beats[i];
        if (beat == 0 || (beat - 1) / window->scale < window->first)
            continue;
        uint32_t column = (beat - 1) / window->scale - window->first;
        if (column >= window->columns || beat > timeline->steps)
            break;
        struct pane part = *pane;
        part.tag = (struct tag){.kind = TAG_step, .number = beat};
        pane_glyph(&part, (int)column, 0, EMPHASIS_none, beat > timeline->cursor ? ROLE_faint : ROLE_strong,
                   GLYPH_beat);
    }
}

static void names_draw(const struct stage_frame *frame, const struct pane *pane, const struct lanes *shown)
{
    for (size_t i = 0; i < shown->count; i++) {
        char name[STAGE_NAME_SIZE];
        uint32_t id = frame->timeline.lanes[shown->first + i].task;
        const struct world_task *task = world_task(frame->after, id);
        bool mover = id == frame->step.task;
        bool over = task && (task->state == STATE_terminated || task->helper);
        struct pane part = *pane;
        part.tag = (struct tag){.kind = TAG_task, .number = id};
        pane_text_fit(&part, MARGIN, (int)i, pane->columns - MARGIN, mover ? EMPHASIS_bold : EMPHASIS_none,
                      over ? ROLE_faint : ROLE_strong, stage_task_name(frame, id, name));
    }
}

static int timeline_rows(const struct stage_frame *frame, int columns)
{
    (void)columns;
    return frame->timeline.lane_count ? (int)frame->timeline.lane_count + EDGE_ROWS : 0;
}

static void timeline_draw(const struct stage_frame *frame, const struct pane *pane)
{
    const struct stage_timeline *timeline = &frame->timeline;
    if (timeline->lane_count == 0) {
        pane_text_fit(pane, MARGIN, 0, pane->columns - MARGIN, EMPHASIS_none, ROLE_faint, _("nothing yet"));
        return;
    }
    /* Lanes are worth more than a row for the beats: with three rows only, and where all lanes fit without it. */
    int lanes = (int)timeline->lane_count;
    bool below = lanes + EDGE_ROWS <= pane->rows || (pane->rows > 3 && lanes + 1 > pane->rows);
    struct lanes shown = lanes_choose(frame, pane->rows - (below ? EDGE_ROWS : 1));
    int names = names_columns(frame);
    int left = MARGIN + names + 1;
    struct window window = window_make(timeline, pane->columns - left - 1);
    if (window.columns == 0)
        return;
    struct pane part = pane_part(pane, 0, 1, left - 1, (int)shown.count);
    names_draw(frame, &part, &shown);
    part = pane_part(pane, left, 1, (int)window.columns, (int)shown.count);
    cells_draw(frame, &part, &window, &shown);
    part = pane_part(pane, left, 0, (int)window.columns, 1);
    ruler_draw(&part, &window);
    int last = 1 + (int)shown.count;
    if (below) {
        part = pane_part(pane, left, last, (int)window.columns, 1);
        beats_draw(timeline, &part, &window);
    }
    char text[32];
    if (window.scale > 1) {
        snprintf(text, sizeof text, "1:%u", window.scale);
        pane_text_fit(pane, MARGIN, 0, names, EMPHASIS_none, ROLE_faint, text);
    }
    if (shown.count < shown.known) {
        snprintf(text, sizeof text, "+%zu", shown.known - shown.count);
        bool above = !below && window.scale <= 1;
        if (below || above)
            pane_text_fit(pane, MARGIN, above ? 0 : last, names, EMPHASIS_none, ROLE_notice, text);
    }
}

const struct stage_view stage_view_timeline = {
    .id = "timeline",
    .title = N_("timeline"),
    .place = STAGE_PLACE_wide,
    .least = 4,
    .elastic = false,
    .rows = timeline_rows,
    .draw = timeline_draw,
};
