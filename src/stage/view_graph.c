/* Who waits for whom: lines of tasks and objects with arrows between them, and a ring drawn as one where nobody will ever
 * go on. Whether there is a ring is the world's finding (a fault); this file looks whether it still stands, and draws. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "stage/stage_names.h"

enum {
    ELEMENTS_MAX = 32,
    VISITED_MAX = 512,
    HOLDERS_MAX = 32,
    NAMES_MOST = 4, /* in one place of a line; the others are counted */
    INDENT = 2,
    RING_ROWS = 3,
    ROWS_LEAST = 3,
    ROWS_MOST = 7
};

/* A task, some tasks or an object, and the word on the arrow that leads from it to the next. */
struct element {
    char text[STAGE_NAME_SIZE];
    enum role role;
    unsigned emphasis;
    const char *edge;
};
struct line {
    struct element element[ELEMENTS_MAX];
    int count;
    bool full;
    const char *remark; /* behind the last; NULL none */
    char remark_text[STAGE_NAME_SIZE + 64];
};

struct ring {
    uint32_t tasks[16];
    unsigned count;
};

struct view {
    const struct stage_frame *frame;
    const struct world *world;
    const struct pane *pane;
    int top, rows; /* what of it is seen */
    bool measuring;
    uint32_t visited[VISITED_MAX]; /* tasks that have been drawn */
    size_t visited_count;
    uint32_t objects[VISITED_MAX]; /* objects whose holders have been drawn */
    size_t object_count;
};

/* ---- who waits for whom ---- */

static bool waits_on(const struct world *world, uint32_t task, uint32_t other)
{
    uint32_t holders[HOLDERS_MAX];
    struct stage_waiting waiting = stage_waiting_of(world, task);
    if (waiting.kind == STAGE_WAIT_end)
        return waiting.task == other;
    if (waiting.kind != STAGE_WAIT_object)
        return false;
    size_t count = stage_holders(world, waiting.object, holders, HOLDERS_MAX);
    for (size_t i = 0; i < count && i < HOLDERS_MAX; i++) {
        if (holders[i] == other)
            return true;
    }
    return false;
}

/* The ring that a fault tells of, if it stands in this world. */
static bool ring_of(const struct world *world, const struct world_fault *fault, struct ring *ring)
{
    if (fault->kind != FAULT_deadlock && fault->kind != FAULT_self_deadlock)
        return false;
    for (unsigned i = 0; i < fault->task_count; i++) {
        if (!waits_on(world, fault->tasks[i], fault->tasks[(i + 1) % fault->task_count]))
            return false;
        ring->tasks[i] = fault->tasks[i];
    }
    ring->count = fault->task_count;
    return ring->count > 0;
}

static bool in_list(const uint32_t *list, size_t count, uint32_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == id)
            return true;
    }
    return false;
}

static void visit(uint32_t *list, size_t *count, uint32_t id)
{
    if (*count < VISITED_MAX && !in_list(list, *count, id))
        list[(*count)++] = id;
}

static bool visited(const struct view *view, uint32_t task)
{
    return in_list(view->visited, view->visited_count, task);
}

static bool is_waited_for(const struct world *world, uint32_t id)
{
    for (uint32_t task = 1; task <= world_task_count(world); task++) {
        if (task != id && waits_on(world, task, id))
            return true;
    }
    return false;
}

/* ---- lines ---- */

static struct element *add(struct line *line, enum role role, const char *text)
{
    if (line->count == ELEMENTS_MAX) {
        line->full = true;
        return &line->element[ELEMENTS_MAX - 1];
    }
    struct element *element = &line->element[line->count++];
    *element = (struct element){.role = role};
    snprintf(element->text, sizeof element->text, "%s", text);
    return element;
}

static struct element *add_task(const struct view *view, struct line *line, uint32_t task)
{
    char name[STAGE_NAME_SIZE];
    struct element *element = add(line, ROLE_strong, stage_task_name(view->frame, task, name));
    element->emphasis = EMPHASIS_bold;
    return element;
}

static struct element *add_object(const struct view *view, struct line *line, uint32_t object)
{
    char name[STAGE_NAME_SIZE];
    bool owned = stage_holders(view->world, object, NULL, 0) > 0;
    /* Where nobody holds it the kind says what one waits for. */
    if (owned)
        stage_object_name(view->frame, view->world, object, name);
    else
        stage_object_label(view->frame, view->world, object, name);
    return add(line, ROLE_object, name);
}

static struct element *add_tasks(const struct view *view, struct line *line, const uint32_t *tasks, size_t count)
{
    char text[STAGE_NAME_SIZE] = "", name[STAGE_NAME_SIZE];
    size_t length = 0;
    for (size_t i = 0; i < count && i < NAMES_MOST; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%.16s", i ? " " : "",
                                   stage_task_name(view->frame, tasks[i], name));
    if (count > NAMES_MOST)
        snprintf(text + length, sizeof text - length, " +%zu", count - NAMES_MOST);
    struct element *element = add(line, ROLE_strong, text);
    element->emphasis = EMPHASIS_bold;
    return element;
}

static const char *word_wants(const struct world *world, uint32_t object, size_t tasks)
{
    if (stage_holders(world, object, NULL, 0) == 0)
        return tasks > 1 ? _("wait for") : _("waits for");
    return tasks > 1 ? _("want") : _("wants");
}

static const char *word_held(const struct world *world, uint32_t object)
{
    return world_object(world, object)->owner ? _("held by") : _("read by");
}

static const char *word_end(const struct world *world, uint32_t task)
{
    return world_task(world, task)->operation == OPERATION_process_wait ? _("waits for") : _("joins");
}

/* ---- drawing ---- */

static int put(const struct view *view, int column, int row, unsigned emphasis, enum role role, const char *text)
{
    if (view->measuring || row < view->top || row >= view->top + view->rows)
        return text_columns(text);
    return pane_text(view->pane, column, row - view->top, emphasis, role, text);
}

static void put_sign(const struct view *view, int column, int row, int count, enum role role, enum glyph glyph)
{
    if (!view->measuring && row >= view->top && row < view->top + view->rows)
        pane_glyphs(view->pane, column, row - view->top, count, EMPHASIS_none, role, glyph);
}

static int edge_columns(const char *word, int dashes)
{
    return text_columns(word) + 2 * dashes + 3;
}

/* " --word--> ", with `more` further dashes; returns its columns. */
static int arrow_right(const struct view *view, int column, int row, const char *word, int dashes, int more,
                       enum role role)
{
    int at = column + 1;
    put_sign(view, at, row, dashes, role, GLYPH_line);
    at += dashes;
    at += put(view, at, row, EMPHASIS_none, role, word);
    put_sign(view, at, row, dashes + more, role, GLYPH_line);
    at += dashes + more;
    put_sign(view, at, row, 1, role, GLYPH_arrow_right);
    return at + 2 - column;
}

/* How much the arrows of a line say. */
struct arrows {
    int dashes;
    bool words;
};

static const char *word_of(const struct line *line, int index, struct arrows arrows)
{
    return arrows.words ? line->element[index].edge : "";
}

/* A line over as many rows as it needs, broken before arrows. Returns the rows. */
static int flow(const struct view *view, const struct line *line, int row, enum role edges, struct arrows arrows)
{
    int columns = view->pane->columns, at = 0, first = row;
    for (int i = 0; i < line->count; i++) {
        const struct element *element = &line->element[i];
        int wide = text_columns(element->text);
        if (i > 0) {
            const char *word = word_of(line, i - 1, arrows);
            if (at + edge_columns(word, arrows.dashes) + wide > columns) {
                row++;
                at = INDENT - 1;
            }
            at += arrow_right(view, at, row, word, arrows.dashes, 0, edges);
        }
        if (at + wide > columns && !view->measuring && row >= view->top && row < view->top + view->rows)
            at += pane_text_fit(view->pane, at, row - view->top, columns - at, element->emphasis, element->role,
                                element->text);
        else
            at += put(view, at, row, element->emphasis, element->role, element->text);
    }
    if (line->remark) {
        if (at + 2 + text_columns(line->remark) > columns) {
            row++;
            at = INDENT - 2;
        }
        put(view, at + 2, row, EMPHASIS_none, edges == ROLE_rule ? ROLE_faint : edges, line->remark);
    }
    return row - first + 1;
}

/* Long arrows if all stands on one row then; arrows without words where only they fit in `rows`. */
static struct arrows arrows_for(const struct view *view, const struct line *line, int rows)
{
    static const struct arrows choices[] = {{.dashes = 2, .words = true}, {.dashes = 1, .words = true}, {.dashes = 0}};
    struct view measure = {.frame = view->frame, .world = view->world, .pane = view->pane, .measuring = true};
    if (flow(&measure, line, 0, ROLE_rule, choices[0]) == 1)
        return choices[0];
    return flow(&measure, line, 0, ROLE_rule, choices[1]) <= rows ? choices[1] : choices[2];
}

/* ---- the ring as a loop: some elements above, the others below, read with the hands of a clock ---- */

struct loop {
    int above; /* elements in the upper row */
    int dashes;
    int right;   /* column of the right side */
    int stretch; /* further dashes of the last arrow above */
    int columns;
};

static struct loop loop_with(const struct line *line, int above, int dashes)
{
    struct loop loop = {.above = above, .dashes = dashes};
    int upper = 0, lower = 1, last = text_columns(line->element[above - 1].text);
    for (int i = 0; i < above; i++)
        upper +=
            text_columns(line->element[i].text) + (i + 1 < above ? edge_columns(line->element[i].edge, dashes) : 0);
    /* "+--word-- A <--word-- B <--word--+": the arrow head of the last one is under the first element. */
    for (int i = above; i < line->count; i++)
        lower += text_columns(line->element[i].text) + edge_columns(line->element[i - 1].edge, dashes) - 1;
    lower += text_columns(line->element[line->count - 1].edge) + 2 * dashes +
             (above < line->count ? line->count - above : 0);
    loop.right = upper - last + last / 2;
    if (lower > loop.right) {
        loop.stretch = lower - loop.right;
        loop.right = lower;
    }
    loop.columns = upper + loop.stretch > loop.right + 1 ? upper + loop.stretch : loop.right + 1;
    return loop;
}

static bool loop_fits(const struct line *line, int columns, struct loop *best)
{
    for (int dashes = 2; dashes >= 1; dashes--) {
        best->columns = columns + 1;
        for (int above = 2; above <= line->count; above++) {
            struct loop loop = loop_with(line, above, dashes);
            if (loop.columns < best->columns)
                *best = loop;
        }
        if (best->columns <= columns)
            return true;
    }
    return false;
}

static void loop_draw(const struct view *view, const struct line *line, const struct loop *loop, int row)
{
    int at = 0, dashes = loop->dashes;
    for (int i = 0; i < loop->above; i++) {
        const struct element *element = &line->element[i];
        at += put(view, at, row, element->emphasis, element->role, element->text);
        if (i + 1 < loop->above)
            at +=
                arrow_right(view, at, row, element->edge, dashes, i + 2 == loop->above ? loop->stretch : 0, ROLE_fault);
    }
    put_sign(view, 0, row + 1, 1, ROLE_fault, GLYPH_arrow_up);
    put_sign(view, loop->right, row + 1, 1, ROLE_fault, GLYPH_line_down);
    row += 2;
    put_sign(view, 0, row, 1, ROLE_fault, GLYPH_corner);
    put_sign(view, loop->right, row, 1, ROLE_fault, GLYPH_corner);
    put_sign(view, 1, row, dashes, ROLE_fault, GLYPH_line);
    at = 1 + dashes;
    at += put(view, at, row, EMPHASIS_none, ROLE_fault, line->element[line->count - 1].edge);
    for (int i = line->count - 1; i >= loop->above; i--) {
        const struct element *element = &line->element[i];
        put_sign(view, at, row, dashes, ROLE_fault, GLYPH_line);
        at += dashes + 1;
        at += put(view, at, row, element->emphasis, element->role, element->text) + 1;
        put_sign(view, at, row, 1, ROLE_fault, GLYPH_arrow_left);
        put_sign(view, at + 1, row, dashes, ROLE_fault, GLYPH_line);
        at += 1 + dashes;
        at += put(view, at, row, EMPHASIS_none, ROLE_fault, line->element[i - 1].edge);
    }
    put_sign(view, at, row, loop->right - at, ROLE_fault, GLYPH_line);
}

/* ---- the ring as a ladder: a row for each task, and the way back on the left ---- */

struct ladder {
    int task, object; /* widest names */
    int wants, held;  /* columns of the arrows */
    int columns;
};

static struct ladder ladder_of(const struct view *view, const struct ring *ring, int dashes)
{
    struct ladder ladder = {.task = 0};
    char name[STAGE_NAME_SIZE];
    for (unsigned i = 0; i < ring->count; i++) {
        uint32_t object = stage_waiting_of(view->world, ring->tasks[i]).object;
        int wide = text_columns(stage_task_name(view->frame, ring->tasks[i], name));
        ladder.task = wide > ladder.task ? wide : ladder.task;
        const char *wants = object ? word_wants(view->world, object, 1) : word_end(view->world, ring->tasks[i]);
        wide = edge_columns(wants, dashes);
        ladder.wants = wide > ladder.wants ? wide : ladder.wants;
        if (!object)
            continue;
        wide = text_columns(stage_object_name(view->frame, view->world, object, name));
        ladder.object = wide > ladder.object ? wide : ladder.object;
        wide = edge_columns(word_held(view->world, object), dashes);
        ladder.held = wide > ladder.held ? wide : ladder.held;
    }
    ladder.columns = 2 + ladder.task + ladder.wants + ladder.object + ladder.held + ladder.task;
    return ladder;
}

/* An arrow that fills exactly `columns`. */
static void arrow_filling(const struct view *view, int column, int row, const char *word, int columns, int dashes)
{
    arrow_right(view, column, row, word, dashes, columns - edge_columns(word, dashes), ROLE_fault);
}

static void ladder_draw(const struct view *view, const struct ring *ring, const struct ladder *ladder, int dashes,
                        int row)
{
    char name[STAGE_NAME_SIZE];
    int target = ladder->columns - ladder->task;
    for (unsigned i = 0; i < ring->count; i++, row++) {
        uint32_t object = stage_waiting_of(view->world, ring->tasks[i]).object;
        put_sign(view, 0, row, 1, ROLE_fault, i ? GLYPH_line_down : GLYPH_arrow_right);
        int at = 2 + put(view, 2, row, EMPHASIS_bold, ROLE_strong, stage_task_name(view->frame, ring->tasks[i], name));
        if (object) {
            int to = 2 + ladder->task + ladder->wants;
            arrow_filling(view, at, row, word_wants(view->world, object, 1), to - at, dashes);
            at = to + put(view, to, row, EMPHASIS_none, ROLE_object,
                          stage_object_name(view->frame, view->world, object, name));
            arrow_filling(view, at, row, word_held(view->world, object), target - at, dashes);
        } else {
            arrow_filling(view, at, row, word_end(view->world, ring->tasks[i]), target - at, dashes);
        }
        put(view, target, row, EMPHASIS_bold, ROLE_strong,
            stage_task_name(view->frame, ring->tasks[(i + 1) % ring->count], name));
    }
    put_sign(view, 0, row, 1, ROLE_fault, GLYPH_corner);
    put_sign(view, 1, row, target - 1, ROLE_fault, GLYPH_line);
    put_sign(view, target, row, 1, ROLE_fault, GLYPH_corner);
}

/* ---- a ring ---- */

static void ring_line(const struct view *view, const struct ring *ring, struct line *line)
{
    line->count = 0;
    line->full = false;
    line->remark = NULL;
    for (unsigned i = 0; i < ring->count; i++) {
        uint32_t task = ring->tasks[i];
        struct stage_waiting waiting = stage_waiting_of(view->world, task);
        struct element *element = add_task(view, line, task);
        if (waiting.kind == STAGE_WAIT_object) {
            element->edge = word_wants(view->world, waiting.object, 1);
            add_object(view, line, waiting.object)->edge = word_held(view->world, waiting.object);
        } else {
            element->edge = word_end(view->world, task);
        }
    }
}

static int ring_draw(const struct view *view, const struct ring *ring, int row)
{
    struct line line;
    struct loop loop;
    int columns = view->pane->columns;
    ring_line(view, ring, &line);
    if (line.count > 1 && loop_fits(&line, columns, &loop)) {
        loop_draw(view, &line, &loop, row);
        return RING_ROWS;
    }
    for (int dashes = 2; dashes >= 1 && (int)ring->count < view->pane->rows; dashes--) {
        struct ladder ladder = ladder_of(view, ring, dashes);
        if (ladder.columns <= columns) {
            ladder_draw(view, ring, &ladder, dashes, row);
            return (int)ring->count + 1;
        }
    }
    char name[STAGE_NAME_SIZE];
    snprintf(line.remark_text, sizeof line.remark_text, _("and so back to %s"),
             stage_task_name(view->frame, ring->tasks[0], name));
    line.remark = line.remark_text;
    return flow(view, &line, row, ROLE_fault, arrows_for(view, &line, view->pane->rows - 1));
}

/* ---- a chain that ends in somebody who can go on, or in something that nobody holds ---- */

/* Those in the queue of an object for whom nobody waits: they begin a line together. */
static size_t beginners(const struct view *view, uint32_t object, uint32_t *tasks, size_t max)
{
    uint32_t waiters[VISITED_MAX];
    size_t count = world_waiters(view->world, object, waiters, VISITED_MAX), found = 0;
    for (size_t i = 0; i < count && i < VISITED_MAX && found < max; i++) {
        if (!visited(view, waiters[i]) && !is_waited_for(view->world, waiters[i]))
            tasks[found++] = waiters[i];
    }
    return found;
}

/* Adds the one that is waited for; returns the task with which the chain goes on, 0 if it ends. */
static uint32_t chain_step(struct view *view, struct line *line, struct element *from, uint32_t task, size_t together)
{
    uint32_t holders[HOLDERS_MAX];
    struct stage_waiting waiting = stage_waiting_of(view->world, task);
    if (waiting.kind == STAGE_WAIT_child || waiting.kind == STAGE_WAIT_other) {
        char operation[STAGE_NAME_SIZE];
        from->edge = _("waits for");
        add(line, ROLE_text,
            waiting.kind == STAGE_WAIT_child ? _("any child")
                                             : stage_operation_name(view->frame, view->world, task, operation));
        return 0;
    }
    if (waiting.kind == STAGE_WAIT_end) {
        from->edge = word_end(view->world, task);
        return waiting.task;
    }
    from->edge = word_wants(view->world, waiting.object, together);
    struct element *object = add_object(view, line, waiting.object);
    size_t count = stage_holders(view->world, waiting.object, holders, HOLDERS_MAX);
    if (count == 0 || in_list(view->objects, view->object_count, waiting.object))
        return 0;
    visit(view->objects, &view->object_count, waiting.object);
    object->edge = word_held(view->world, waiting.object);
    if (count == 1)
        return holders[0];
    add_tasks(view, line, holders, count);
    return 0;
}

static int chain_draw(struct view *view, uint32_t start, const struct ring *rings, size_t ring_count, int row)
{
    struct line line = {.count = 0};
    uint32_t together[VISITED_MAX] = {start};
    size_t count = 1;
    struct stage_waiting waiting = stage_waiting_of(view->world, start);
    if (waiting.kind == STAGE_WAIT_object && !is_waited_for(view->world, start))
        count = beginners(view, waiting.object, together, VISITED_MAX);
    struct element *from = add_tasks(view, &line, together, count);
    for (size_t i = 0; i < count; i++)
        visit(view->visited, &view->visited_count, together[i]);
    uint32_t task = chain_step(view, &line, from, start, count);
    while (task) {
        bool known = visited(view, task), in_ring = false;
        for (size_t i = 0; i < ring_count; i++)
            in_ring = in_ring || in_list(rings[i].tasks, rings[i].count, task);
        from = add_task(view, &line, task);
        if (stage_task_ended(view->world, task))
            line.remark = _("has ended");
        else if (in_ring)
            line.remark = _("in the ring");
        if (known || line.full || stage_waiting_of(view->world, task).kind == STAGE_WAIT_none)
            break;
        visit(view->visited, &view->visited_count, task);
        task = chain_step(view, &line, from, task, 1);
    }
    return flow(view, &line, row, ROLE_rule, arrows_for(view, &line, view->pane->rows));
}

static bool begins(const struct view *view, uint32_t task, int pass)
{
    if (stage_waiting_of(view->world, task).kind == STAGE_WAIT_none || visited(view, task))
        return false;
    return pass == 1 || !is_waited_for(view->world, task);
}

/* Draws or measures everything; returns the rows of it all. */
static int all_draw(struct view *view)
{
    struct ring rings[4];
    size_t ring_count = 0;
    int row = 0;
    view->visited_count = view->object_count = 0;
    for (size_t i = 0; i < world_fault_count(view->world) && ring_count < 4; i++) {
        if (ring_of(view->world, world_fault(view->world, i), &rings[ring_count]))
            ring_count++;
    }
    for (size_t i = 0; i < ring_count; i++) {
        for (unsigned k = 0; k < rings[i].count; k++) {
            uint32_t object = stage_waiting_of(view->world, rings[i].tasks[k]).object;
            visit(view->visited, &view->visited_count, rings[i].tasks[k]);
            if (object)
                visit(view->objects, &view->object_count, object);
        }
        row += ring_draw(view, &rings[i], row);
    }
    /* First those for whom nobody waits; then what is left are rings that time may open. */
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t task = 1; task <= world_task_count(view->world); task++) {
            if (begins(view, task, pass))
                row += chain_draw(view, task, rings, ring_count, row);
        }
    }
    return row;
}

static void graph_draw(const struct stage_frame *frame, const struct pane *pane)
{
    struct view view = {.frame = frame, .world = frame->after, .pane = pane, .measuring = true, .rows = pane->rows};
    int lines = all_draw(&view);
    if (lines == 0) {
        pane_text_fit(pane, 0, 0, pane->columns, EMPHASIS_none, ROLE_faint, _("nobody waits for anybody"));
        return;
    }
    view.measuring = false;
    if (lines > pane->rows) {
        char text[64];
        view.rows = pane->rows - 1;
        view.top = stage_scroll(frame, STAGE_VIEW_graph, lines, view.rows, 0);
        snprintf(text, sizeof text, _("+%d more"), lines - view.rows);
        if (view.top > 0)
            pane_glyph(pane, 0, view.rows, EMPHASIS_none, ROLE_faint, GLYPH_arrow_up);
        if (view.top + view.rows < lines)
            pane_glyph(pane, view.top > 0, view.rows, EMPHASIS_none, ROLE_faint, GLYPH_arrow_down);
        pane_text_fit(pane, 3, view.rows, pane->columns - 3, EMPHASIS_none, ROLE_faint, text);
    }
    all_draw(&view);
}

static int graph_rows(const struct stage_frame *frame, int columns)
{
    (void)columns;
    uint32_t tasks = world_task_count(frame->after);
    if (tasks < 2)
        return world_fault_count(frame->after) ? RING_ROWS : 0;
    return tasks > ROWS_MOST ? ROWS_MOST : tasks < ROWS_LEAST ? ROWS_LEAST : (int)tasks;
}

const struct stage_view stage_view_graph = {
    .id = "graph",
    .title = N_("who waits for whom"),
    .place = STAGE_PLACE_half,
    .least = ROWS_LEAST,
    .rows = graph_rows,
    .draw = graph_draw,
};
