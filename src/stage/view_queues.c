/* Pipes as tanks: how full, who is about to write on the left, who is about to read on the right; a task that waits there
 * carries the sign of its state. What is in a pipe and who waits is the world's; which ends are still open it does not
 * know, so nothing is said of that. Two rows a pipe, whatever happens in it. */
#include "stage/view.h"

#include <stdio.h>

#include "base/text.h"
#include "stage/stage_edges.h"

enum { ROWS_EACH = 2, MARGIN = 1, NAMES_MAX = 16, SIDE_LEAST = 7, SIDE_MOST = 24 };

struct names {
    uint32_t tasks[NAMES_MAX];
    size_t count; /* of all, more than fit */
};

static bool is_queue(const struct world_object *object)
{
    return object && object->kind == OBJECT_pipe;
}

static int queue_count(const struct world *world)
{
    int count = 0;
    for (uint32_t id = 1; id <= world_object_count(world); id++)
        count += is_queue(world_object(world, id));
    return count;
}

/* ---- who stands at an end ---- */

static void names_add(struct names *names, uint32_t task)
{
    if (names->count < NAMES_MAX)
        names->tasks[names->count] = task;
    names->count++;
}

/* Those who wait, in their order, then those who are about to. */
static void names_find(const struct world *world, uint32_t object, unsigned operation, struct names *names)
{
    uint32_t waiters[NAMES_MAX];
    size_t waiting = world_waiters(world, object, waiters, NAMES_MAX);
    for (size_t i = 0; i < waiting && i < NAMES_MAX; i++)
        if (world_task(world, waiters[i])->operation == operation)
            names_add(names, waiters[i]);
    for (uint32_t id = 1; id <= world_task_count(world); id++) {
        const struct world_task *task = world_task(world, id);
        if (task && task->held && task->object == object && task->operation == operation &&
            task->state != STATE_blocked && task->state != STATE_zombie && task->state != STATE_terminated)
            names_add(names, id);
    }
}

static int name_columns(const struct stage_frame *frame, uint32_t task)
{
    char name[STAGE_NAME_SIZE];
    return text_columns(stage_task_name(frame, task, name)) + 2;
}

/* How many of them fit into so many columns, with room for "+n" if not all do; `*columns`: what they take. */
static size_t names_fit(const struct stage_frame *frame, const struct names *names, int room, int *columns)
{
    enum { REST = 4 }; /* " +12" */
    size_t fit = 0;
    *columns = 0;
    while (fit < names->count && fit < NAMES_MAX) {
        int wide = name_columns(frame, names->tasks[fit]) + (fit > 0);
        bool last = fit + 1 == names->count;
        if (*columns + wide + (last ? 0 : REST) > room && fit > 0)
            break;
        *columns += wide;
        fit++;
    }
    if (fit < names->count)
        *columns += REST;
    return fit;
}

static void names_draw(const struct stage_frame *frame, const struct pane *pane, const struct names *names, bool right)
{
    int columns;
    size_t fit = names_fit(frame, names, pane->columns, &columns);
    int column = right || columns >= pane->columns ? 0 : pane->columns - columns;
    for (size_t i = 0; i < fit; i++) {
        char name[STAGE_NAME_SIZE];
        const struct world_task *task = world_task(frame->after, names->tasks[i]);
        struct pane part = *pane;
        part.tag = (struct tag){.kind = TAG_task, .number = task->id};
        enum role role = stage_state_role(task->state);
        pane_glyph(&part, column, 0, EMPHASIS_none, role, stage_state_glyph(task->state));
        stage_task_name(frame, task->id, name);
        column += 3 + pane_text_fit(&part, column + 2, 0, pane->columns - column - 2, EMPHASIS_none,
                                    task->state == STATE_blocked ? role : ROLE_strong, name);
    }
    if (fit < names->count) {
        char rest[24];
        snprintf(rest, sizeof rest, "+%zu", names->count - fit);
        pane_text_fit(pane, column, 0, pane->columns - column, EMPHASIS_none, ROLE_faint, rest);
    }
}

/* ---- how full ---- */

/* Cells of the tank: something is never nothing, and only full is full. */
static int cells_of(double bytes, double capacity, int width)
{
    if (bytes <= 0 || capacity <= 0 || width <= 0)
        return 0;
    if (bytes >= capacity)
        return width;
    int cells = (int)(bytes / capacity * width + 0.5);
    return cells < 1 ? 1 : cells == width && width > 1 ? width - 1 : cells;
}

static void tank_draw(const struct pane *pane, double was, double is, double now, double capacity)
{
    int level = cells_of(now, capacity, pane->columns);
    int from = cells_of(was, capacity, pane->columns), to = cells_of(is, capacity, pane->columns);
    int low = from < to ? from : to, high = from < to ? to : from;
    for (int i = 0; i < pane->columns; i++) {
        bool moved = i >= low && i < high;
        bool filled = i < level;
        pane_glyph(pane, i, 0, EMPHASIS_none,
                   moved    ? ROLE_changed
                   : filled ? ROLE_fill
                            : ROLE_faint,
                   filled ? GLYPH_fill : GLYPH_empty);
    }
}

/* "0 > 6 of 65536 bytes", right-aligned, so that the unit holds still. Returns its columns. */
static int level_draw(const struct stage_frame *frame, const struct pane *pane, const struct world_object *pipe,
                      int was)
{
    char unit[64], now[32], old[32] = "";
    if (pipe->capacity > 0)
        snprintf(unit, sizeof unit, _("of %d bytes"), pipe->capacity);
    else
        snprintf(unit, sizeof unit, "%s", _("bytes"));
    bool changed = was != pipe->count;
    snprintf(now, sizeof now, "%d", pipe->count);
    if (changed)
        snprintf(old, sizeof old, "%d", was);
    int column = pane->columns - text_columns(unit) - 1 - MARGIN;
    pane_text_fit(pane, column + 1, 0, pane->columns - column - 1, EMPHASIS_none, ROLE_faint, unit);
    column -= text_columns(now);
    pane_text(pane, column, 0, changed ? EMPHASIS_bold : EMPHASIS_none, changed ? ROLE_changed : ROLE_text, now);
    if (changed) {
        pane_glyph(pane, column - 2, 0, EMPHASIS_none, ROLE_changed, GLYPH_arrow_right);
        column -= 3 + text_columns(old);
        pane_text(pane, column, 0, EMPHASIS_none, ROLE_faint, old);
    }
    (void)frame;
    return pane->columns - column;
}

static void queue_draw(const struct stage_frame *frame, const struct pane *pane, const struct world_object *pipe)
{
    char name[STAGE_NAME_SIZE];
    const struct world_object *before = world_object(frame->before, pipe->id);
    int was = before ? before->count : 0;
    struct pane line = pane_part(pane, 0, 0, pane->columns, 1);
    int taken = level_draw(frame, &line, pipe, was);
    bool acted = frame->step.object == pipe->id;
    pane_text_fit(&line, MARGIN, 0, pane->columns - MARGIN - taken - 1, acted ? EMPHASIS_bold : EMPHASIS_none,
                  pipe->destroyed ? ROLE_faint : ROLE_object, stage_object_name(frame, frame->after, pipe->id, name));

    struct names writers = {.count = 0}, readers = {.count = 0};
    names_find(frame->after, pipe->id, OPERATION_pipe_write, &writers);
    names_find(frame->after, pipe->id, OPERATION_pipe_read, &readers);
    int side = pane->columns / 4;
    side = side < SIDE_LEAST ? SIDE_LEAST : side > SIDE_MOST ? SIDE_MOST : side;
    int tank = pane->columns - 2 * MARGIN - 2 * side - 4;
    struct pane part = pane_part(pane, MARGIN, 1, side, 1);
    names_draw(frame, &part, &writers, false);
    part = pane_part(pane, MARGIN + side, 1, 2, 1);
    pane_glyph(&part, 1, 0, EMPHASIS_none, writers.count ? ROLE_text : ROLE_faint, GLYPH_arrow_right);
    part = pane_part(pane, MARGIN + side + 2, 1, tank, 1);
    tank_draw(&part, was, pipe->count, was + (pipe->count - was) * frame->motion, pipe->capacity);
    part = pane_part(pane, MARGIN + side + 2 + tank, 1, 2, 1);
    pane_glyph(&part, 0, 0, EMPHASIS_none, readers.count ? ROLE_text : ROLE_faint, GLYPH_arrow_right);
    part = pane_part(pane, MARGIN + side + 4 + tank, 1, side, 1);
    names_draw(frame, &part, &readers, true);
}

static int queues_rows(const struct stage_frame *frame, int columns)
{
    (void)columns;
    return ROWS_EACH * queue_count(frame->after);
}

/* The line of the pipe that the step was about. */
static int wanted_line(const struct stage_frame *frame)
{
    int line = 0;
    for (uint32_t id = 1; id <= world_object_count(frame->after); id++) {
        if (!is_queue(world_object(frame->after, id)))
            continue;
        if (id == frame->step.object)
            return line + 1;
        line += ROWS_EACH;
    }
    return 0;
}

static void queues_draw(const struct stage_frame *frame, const struct pane *pane)
{
    int lines = queues_rows(frame, pane->columns);
    if (lines == 0) {
        pane_text_fit(pane, MARGIN, 0, pane->columns - MARGIN, EMPHASIS_none, ROLE_faint, _("no pipe yet"));
        return;
    }
    int rows = pane->rows / ROWS_EACH * ROWS_EACH; /* half a pipe is none */
    int first = stage_scroll(frame, STAGE_VIEW_queues, lines, rows, wanted_line(frame));
    first -= first % ROWS_EACH;
    int line = 0;
    for (uint32_t id = 1; id <= world_object_count(frame->after); id++) {
        const struct world_object *object = world_object(frame->after, id);
        if (!is_queue(object))
            continue;
        if (line >= first && line + ROWS_EACH <= first + rows) {
            struct pane part = pane_part(pane, 0, line - first, pane->columns, ROWS_EACH);
            queue_draw(frame, &part, object);
        }
        line += ROWS_EACH;
    }
    stage_edges_draw(pane, first > 0, first + rows < lines);
}

const struct stage_view stage_view_queues = {
    .id = "queues",
    .title = N_("queues and pipes"),
    .place = STAGE_PLACE_half,
    .least = ROWS_EACH,
    .elastic = false,
    .rows = queues_rows,
    .draw = queues_draw,
};
