/* Who waits for whom: lines of tasks and objects with arrows between them, and a ring drawn as one where nobody will ever
 * go on. Whether there is a ring is the world's finding (a fault); this file looks whether it still stands, and what
 * leads to it. The shapes are stage_graph's. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "stage/stage_graph.h"

enum { VISITED_MAX = 512, HOLDERS_MAX = 32, RINGS_MAX = 4, ROWS_LEAST = 3, ROWS_MOST = 7 };

/* A walk over the whole graph. */
struct walk {
    struct graph graph;
    uint32_t visited[VISITED_MAX]; /* tasks that have been drawn */
    size_t visited_count;
    uint32_t objects[VISITED_MAX]; /* objects whose holders have been drawn */
    size_t object_count;
    struct graph_ring rings[RINGS_MAX];
    size_t ring_count;
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
static bool ring_of(const struct world *world, const struct world_fault *fault, struct graph_ring *ring)
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

static bool visited(const struct walk *walk, uint32_t task)
{
    return in_list(walk->visited, walk->visited_count, task);
}

static bool is_waited_for(const struct world *world, uint32_t id)
{
    for (uint32_t task = 1; task <= world_task_count(world); task++) {
        if (task != id && waits_on(world, task, id))
            return true;
    }
    return false;
}

/* ---- a chain that ends in somebody who can go on, or in something that nobody holds ---- */

/* Those in the queue of an object for whom nobody waits: they begin a line together. */
static size_t beginners(const struct walk *walk, uint32_t object, uint32_t *tasks, size_t max)
{
    uint32_t waiters[VISITED_MAX];
    const struct world *world = walk->graph.world;
    size_t count = world_waiters(world, object, waiters, VISITED_MAX), found = 0;
    for (size_t i = 0; i < count && i < VISITED_MAX && found < max; i++) {
        if (!visited(walk, waiters[i]) && !is_waited_for(world, waiters[i]))
            tasks[found++] = waiters[i];
    }
    return found;
}

/* Adds what `task` waits for behind `from`, which stands for it and those who wait with it; returns the task with which
 * the chain goes on, 0 if it ends. */
static uint32_t chain_step(struct walk *walk, struct graph_line *line, struct graph_element *from, uint32_t task,
                           size_t together)
{
    uint32_t holders[HOLDERS_MAX];
    const struct graph *graph = &walk->graph;
    struct stage_waiting waiting = stage_waiting_of(graph->world, task);
    if (waiting.kind == STAGE_WAIT_child || waiting.kind == STAGE_WAIT_other) {
        char operation[STAGE_NAME_SIZE];
        from->edge = _("waits for");
        graph_add(line, ROLE_text,
                  waiting.kind == STAGE_WAIT_child ? _("any child")
                                                   : stage_operation_name(graph->frame, graph->world, task, operation));
        return 0;
    }
    if (waiting.kind == STAGE_WAIT_end) {
        from->edge = graph_word_end(graph->world, task);
        return waiting.task;
    }
    from->edge = graph_word_wants(graph->world, waiting.object, together);
    struct graph_element *object = graph_add_object(graph, line, waiting.object);
    size_t count = stage_holders(graph->world, waiting.object, holders, HOLDERS_MAX);
    if (count == 0 || in_list(walk->objects, walk->object_count, waiting.object))
        return 0; /* nobody has it, or it was said on an earlier line who does */
    visit(walk->objects, &walk->object_count, waiting.object);
    object->edge = graph_word_held(graph->world, waiting.object);
    if (count == 1)
        return holders[0];
    graph_add_tasks(graph, line, holders, count < HOLDERS_MAX ? count : HOLDERS_MAX, count);
    return 0;
}

static bool in_a_ring(const struct walk *walk, uint32_t task)
{
    for (size_t i = 0; i < walk->ring_count; i++) {
        if (in_list(walk->rings[i].tasks, walk->rings[i].count, task))
            return true;
    }
    return false;
}

static int chain_draw(struct walk *walk, uint32_t start, int row)
{
    struct graph_line line = {.count = 0};
    uint32_t together[VISITED_MAX];
    size_t count = 0;
    const struct graph *graph = &walk->graph;
    struct stage_waiting waiting = stage_waiting_of(graph->world, start);
    if (waiting.kind == STAGE_WAIT_object && !is_waited_for(graph->world, start))
        count = beginners(walk, waiting.object, together, VISITED_MAX);
    if (!in_list(together, count, start)) {
        together[0] = start;
        count = 1;
    }
    struct graph_element *from = graph_add_tasks(graph, &line, together, count, count);
    for (size_t i = 0; i < count; i++)
        visit(walk->visited, &walk->visited_count, together[i]);
    uint32_t task = chain_step(walk, &line, from, start, count);
    while (task) {
        bool known = visited(walk, task);
        from = graph_add_task(graph, &line, task);
        if (stage_task_ended(graph->world, task))
            line.remark = _("has ended");
        else if (in_a_ring(walk, task))
            line.remark = _("in the ring");
        if (known || line.full || stage_waiting_of(graph->world, task).kind == STAGE_WAIT_none)
            break;
        visit(walk->visited, &walk->visited_count, task);
        task = chain_step(walk, &line, from, task, 1);
    }
    return graph_line_draw(graph, &line, row, ROLE_rule, graph->pane->rows);
}

/* ---- all ---- */

static bool begins(const struct walk *walk, uint32_t task, int pass)
{
    const struct world *world = walk->graph.world;
    if (stage_waiting_of(world, task).kind == STAGE_WAIT_none || visited(walk, task))
        return false;
    return pass == 1 || !is_waited_for(world, task);
}

static int rings_draw(struct walk *walk)
{
    int row = 0;
    const struct world *world = walk->graph.world;
    for (size_t i = 0; i < world_fault_count(world) && walk->ring_count < RINGS_MAX; i++) {
        if (ring_of(world, world_fault(world, i), &walk->rings[walk->ring_count]))
            walk->ring_count++;
    }
    for (size_t i = 0; i < walk->ring_count; i++) {
        const struct graph_ring *ring = &walk->rings[i];
        for (unsigned k = 0; k < ring->count; k++) {
            uint32_t object = stage_waiting_of(world, ring->tasks[k]).object;
            visit(walk->visited, &walk->visited_count, ring->tasks[k]);
            if (object)
                visit(walk->objects, &walk->object_count, object);
        }
        row += graph_ring_draw(&walk->graph, ring, row);
    }
    return row;
}

/* Draws or measures everything; returns the rows of it all. */
static int all_draw(struct walk *walk)
{
    walk->visited_count = walk->object_count = walk->ring_count = 0;
    int row = rings_draw(walk);
    /* First those for whom nobody waits; then what is left are rings that time may open. */
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t task = 1; task <= world_task_count(walk->graph.world); task++) {
            if (begins(walk, task, pass))
                row += chain_draw(walk, task, row);
        }
    }
    return row;
}

static void graph_draw(const struct stage_frame *frame, const struct pane *pane)
{
    struct walk walk;
    struct graph *graph = &walk.graph;
    *graph = (struct graph){.frame = frame, .world = frame->after, .pane = pane, .rows = pane->rows, .measuring = true};
    int lines = all_draw(&walk);
    if (lines == 0) {
        pane_text_fit(pane, 0, 0, pane->columns, EMPHASIS_none, ROLE_faint, _("nobody waits for anybody"));
        return;
    }
    graph->measuring = false;
    if (lines > pane->rows) {
        char text[64];
        graph->rows = pane->rows - 1;
        graph->top = stage_scroll(frame, STAGE_VIEW_graph, lines, graph->rows, 0);
        snprintf(text, sizeof text, _("+%d more"), lines - graph->rows);
        if (graph->top > 0)
            pane_glyph(pane, 0, graph->rows, EMPHASIS_none, ROLE_faint, GLYPH_arrow_up);
        if (graph->top + graph->rows < lines)
            pane_glyph(pane, graph->top > 0, graph->rows, EMPHASIS_none, ROLE_faint, GLYPH_arrow_down);
        pane_text_fit(pane, 3, graph->rows, pane->columns - 3, EMPHASIS_none, ROLE_faint, text);
    }
    all_draw(&walk);
}

static int graph_rows(const struct stage_frame *frame, int columns)
{
    (void)columns;
    uint32_t tasks = world_task_count(frame->after);
    if (tasks < 2)
        return world_fault_count(frame->after) ? GRAPH_RING_ROWS : 0;
    tasks += 2; /* a ring is three rows, and those who wait outside of it have one each */
    return tasks > ROWS_MOST ? ROWS_MOST : tasks < ROWS_LEAST ? ROWS_LEAST : (int)tasks;
}

const struct stage_view stage_view_graph = {
    .id = "graph",
    .title = N_("who waits for whom"),
    .place = STAGE_PLACE_half,
    .elastic = true,
    .least = ROWS_LEAST,
    .tight = 2,
    .usual = 5,
    .rows = graph_rows,
    .draw = graph_draw,
};
