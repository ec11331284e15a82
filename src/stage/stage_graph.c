/* Shapes of the wait-for graph. Who waits for whom is view_graph's to find; here only room and signs are reckoned. */
#include "stage/stage_graph.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { NAMES_MOST = 4 /* in one place of a line; the others are counted */, INDENT = 2 };

/* ---- lines ---- */

struct graph_element *graph_add(struct graph_line *line, enum role role, const char *text)
{
    if (line->count == GRAPH_ELEMENTS_MAX) {
        line->full = true;
        return &line->element[GRAPH_ELEMENTS_MAX - 1];
    }
    struct graph_element *element = &line->element[line->count++];
    *element = (struct graph_element){.role = role};
    snprintf(element->text, sizeof element->text, "%s", text);
    return element;
}

struct graph_element *graph_add_task(const struct graph *graph, struct graph_line *line, uint32_t task)
{
    char name[STAGE_NAME_SIZE];
    struct graph_element *element = graph_add(line, ROLE_strong, stage_task_name(graph->frame, task, name));
    element->emphasis = EMPHASIS_bold;
    return element;
}

struct graph_element *graph_add_object(const struct graph *graph, struct graph_line *line, uint32_t object)
{
    char name[STAGE_NAME_SIZE];
    bool owned = stage_holders(graph->world, object, NULL, 0) > 0;
    /* Where nobody holds it the kind says what one waits for. */
    if (owned)
        stage_object_name(graph->frame, graph->world, object, name);
    else
        stage_object_label(graph->frame, graph->world, object, name);
    return graph_add(line, ROLE_object, name);
}

struct graph_element *graph_add_tasks(const struct graph *graph, struct graph_line *line, const uint32_t *tasks,
                                      size_t kept, size_t count)
{
    char text[STAGE_NAME_SIZE] = "", name[STAGE_NAME_SIZE];
    size_t named = kept < NAMES_MOST ? kept : NAMES_MOST;
    size_t length = 0;
    for (size_t i = 0; i < named; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%.16s", i ? " " : "",
                                   stage_task_name(graph->frame, tasks[i], name));
    if (count > named)
        snprintf(text + length, sizeof text - length, " +%zu", count - named);
    struct graph_element *element = graph_add(line, ROLE_strong, text);
    element->emphasis = EMPHASIS_bold;
    return element;
}

const char *graph_word_wants(const struct world *world, uint32_t object, size_t tasks)
{
    if (stage_holders(world, object, NULL, 0) == 0)
        return tasks > 1 ? _("wait for") : _("waits for");
    return tasks > 1 ? _("want") : _("wants");
}

const char *graph_word_held(const struct world *world, uint32_t object)
{
    return world_object(world, object)->owner ? _("held by") : _("read by");
}

const char *graph_word_end(const struct world *world, uint32_t task)
{
    return world_task(world, task)->operation == OPERATION_process_wait ? _("waits for") : _("joins");
}

/* ---- drawing ---- */

static int put(const struct graph *graph, int column, int row, unsigned emphasis, enum role role, const char *text)
{
    if (graph->measuring || row < graph->top || row >= graph->top + graph->rows)
        return text_columns(text);
    return pane_text(graph->pane, column, row - graph->top, emphasis, role, text);
}

static void put_sign(const struct graph *graph, int column, int row, int count, enum role role, enum glyph glyph)
{
    if (!graph->measuring && row >= graph->top && row < graph->top + graph->rows)
        pane_glyphs(graph->pane, column, row - graph->top, count, EMPHASIS_none, role, glyph);
}

static int edge_columns(const char *word, int dashes)
{
    return text_columns(word) + 2 * dashes + 3;
}

/* " --word--> ", with `more` further dashes; returns its columns. */
static int arrow_right(const struct graph *graph, int column, int row, const char *word, int dashes, int more,
                       enum role role)
{
    int at = column + 1;
    put_sign(graph, at, row, dashes, role, GLYPH_line);
    at += dashes;
    at += put(graph, at, row, EMPHASIS_none, role, word);
    put_sign(graph, at, row, dashes + more, role, GLYPH_line);
    at += dashes + more;
    put_sign(graph, at, row, 1, role, GLYPH_arrow_right);
    return at + 2 - column;
}

/* How much the arrows of a line say. */
struct arrows {
    int dashes;
    bool words;
};

static const char *word_of(const struct graph_line *line, int index, struct arrows arrows)
{
    return arrows.words ? line->element[index].edge : "";
}

/* A line over as many rows as it needs, broken before arrows. Returns the rows. */
static int flow(const struct graph *graph, const struct graph_line *line, int row, enum role edges,
                struct arrows arrows)
{
    int columns = graph->pane->columns, at = 0, first = row;
    for (int i = 0; i < line->count; i++) {
        const struct graph_element *element = &line->element[i];
        int wide = text_columns(element->text);
        if (i > 0) {
            const char *word = word_of(line, i - 1, arrows);
            if (at + edge_columns(word, arrows.dashes) + wide > columns) {
                row++;
                at = INDENT - 1;
            }
            at += arrow_right(graph, at, row, word, arrows.dashes, 0, edges);
        }
        if (at + wide > columns && !graph->measuring && row >= graph->top && row < graph->top + graph->rows)
            at += pane_text_fit(graph->pane, at, row - graph->top, columns - at, element->emphasis, element->role,
                                element->text);
        else
            at += put(graph, at, row, element->emphasis, element->role, element->text);
    }
    if (line->remark) {
        if (at + 2 + text_columns(line->remark) > columns) {
            row++;
            at = INDENT - 2;
        }
        put(graph, at + 2, row, EMPHASIS_none, edges == ROLE_rule ? ROLE_faint : edges, line->remark);
    }
    return row - first + 1;
}

/* Long arrows if all stands on one row then; arrows without words where only they fit in `rows`. */
static struct arrows arrows_for(const struct graph *graph, const struct graph_line *line, int rows)
{
    static const struct arrows choices[] = {{.dashes = 2, .words = true}, {.dashes = 1, .words = true}, {.dashes = 0}};
    struct graph measure = {.frame = graph->frame, .world = graph->world, .pane = graph->pane, .measuring = true};
    if (flow(&measure, line, 0, ROLE_rule, choices[0]) == 1)
        return choices[0];
    return flow(&measure, line, 0, ROLE_rule, choices[1]) <= rows ? choices[1] : choices[2];
}

int graph_line_draw(const struct graph *graph, const struct graph_line *line, int row, enum role edges, int rows)
{
    return flow(graph, line, row, edges, arrows_for(graph, line, rows));
}

/* ---- the ring as a loop: some elements above, the others below, read with the hands of a clock ---- */

struct loop {
    int above; /* elements in the upper row */
    int dashes;
    int right;   /* column of the right side */
    int stretch; /* further dashes of the last arrow above */
    int columns;
};

static struct loop loop_with(const struct graph_line *line, int above, int dashes)
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

static bool loop_fits(const struct graph_line *line, int columns, struct loop *best)
{
    for (int dashes = 2; dashes >= 1; dashes--) {
        *best = (struct loop){.columns = columns + 1};
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

static void loop_draw(const struct graph *graph, const struct graph_line *line, const struct loop *loop, int row)
{
    int at = 0, dashes = loop->dashes;
    for (int i = 0; i < loop->above; i++) {
        const struct graph_element *element = &line->element[i];
        at += put(graph, at, row, element->emphasis, element->role, element->text);
        if (i + 1 < loop->above)
            at += arrow_right(graph, at, row, element->edge, dashes, i + 2 == loop->above ? loop->stretch : 0,
                              ROLE_fault);
    }
    put_sign(graph, 0, row + 1, 1, ROLE_fault, GLYPH_arrow_up);
    put_sign(graph, loop->right, row + 1, 1, ROLE_fault, GLYPH_line_down);
    row += 2;
    put_sign(graph, 0, row, 1, ROLE_fault, GLYPH_corner);
    put_sign(graph, loop->right, row, 1, ROLE_fault, GLYPH_corner);
    put_sign(graph, 1, row, dashes, ROLE_fault, GLYPH_line);
    at = 1 + dashes;
    at += put(graph, at, row, EMPHASIS_none, ROLE_fault, line->element[line->count - 1].edge);
    for (int i = line->count - 1; i >= loop->above; i--) {
        const struct graph_element *element = &line->element[i];
        put_sign(graph, at, row, dashes, ROLE_fault, GLYPH_line);
        at += dashes + 1;
        at += put(graph, at, row, element->emphasis, element->role, element->text) + 1;
        put_sign(graph, at, row, 1, ROLE_fault, GLYPH_arrow_left);
        put_sign(graph, at + 1, row, dashes, ROLE_fault, GLYPH_line);
        at += 1 + dashes;
        at += put(graph, at, row, EMPHASIS_none, ROLE_fault, line->element[i - 1].edge);
    }
    put_sign(graph, at, row, loop->right - at, ROLE_fault, GLYPH_line);
}

/* ---- the ring as a ladder: a row for each task, and the way back on the left ---- */

struct ladder {
    int task, object; /* widest names */
    int wants, held;  /* columns of the arrows */
    int columns;
};

static struct ladder ladder_of(const struct graph *graph, const struct graph_ring *ring, int dashes)
{
    struct ladder ladder = {.task = 0};
    char name[STAGE_NAME_SIZE];
    for (unsigned i = 0; i < ring->count; i++) {
        uint32_t object = stage_waiting_of(graph->world, ring->tasks[i]).object;
        int wide = text_columns(stage_task_name(graph->frame, ring->tasks[i], name));
        ladder.task = wide > ladder.task ? wide : ladder.task;
        const char *wants =
            object ? graph_word_wants(graph->world, object, 1) : graph_word_end(graph->world, ring->tasks[i]);
        wide = edge_columns(wants, dashes);
        ladder.wants = wide > ladder.wants ? wide : ladder.wants;
        if (!object)
            continue;
        wide = text_columns(stage_object_name(graph->frame, graph->world, object, name));
        ladder.object = wide > ladder.object ? wide : ladder.object;
        wide = edge_columns(graph_word_held(graph->world, object), dashes);
        ladder.held = wide > ladder.held ? wide : ladder.held;
    }
    ladder.columns = 2 + ladder.task + ladder.wants + ladder.object + ladder.held + ladder.task;
    return ladder;
}

/* An arrow that fills exactly `columns`. */
static void arrow_filling(const struct graph *graph, int column, int row, const char *word, int columns, int dashes)
{
    arrow_right(graph, column, row, word, dashes, columns - edge_columns(word, dashes), ROLE_fault);
}

static void ladder_draw(const struct graph *graph, const struct graph_ring *ring, const struct ladder *ladder,
                        int dashes, int row)
{
    char name[STAGE_NAME_SIZE];
    int target = ladder->columns - ladder->task;
    for (unsigned i = 0; i < ring->count; i++, row++) {
        uint32_t object = stage_waiting_of(graph->world, ring->tasks[i]).object;
        put_sign(graph, 0, row, 1, ROLE_fault, i ? GLYPH_line_down : GLYPH_arrow_right);
        int at =
            2 + put(graph, 2, row, EMPHASIS_bold, ROLE_strong, stage_task_name(graph->frame, ring->tasks[i], name));
        if (object) {
            int to = 2 + ladder->task + ladder->wants;
            arrow_filling(graph, at, row, graph_word_wants(graph->world, object, 1), to - at, dashes);
            at = to + put(graph, to, row, EMPHASIS_none, ROLE_object,
                          stage_object_name(graph->frame, graph->world, object, name));
            arrow_filling(graph, at, row, graph_word_held(graph->world, object), target - at, dashes);
        } else {
            arrow_filling(graph, at, row, graph_word_end(graph->world, ring->tasks[i]), target - at, dashes);
        }
        put(graph, target, row, EMPHASIS_bold, ROLE_strong,
            stage_task_name(graph->frame, ring->tasks[(i + 1) % ring->count], name));
    }
    put_sign(graph, 0, row, 1, ROLE_fault, GLYPH_corner);
    put_sign(graph, 1, row, target - 1, ROLE_fault, GLYPH_line);
    put_sign(graph, target, row, 1, ROLE_fault, GLYPH_corner);
}

/* ---- a ring ---- */

static void ring_line(const struct graph *graph, const struct graph_ring *ring, struct graph_line *line)
{
    line->count = 0;
    line->full = false;
    line->remark = NULL;
    for (unsigned i = 0; i < ring->count; i++) {
        uint32_t task = ring->tasks[i];
        struct stage_waiting waiting = stage_waiting_of(graph->world, task);
        struct graph_element *element = graph_add_task(graph, line, task);
        if (waiting.kind == STAGE_WAIT_object) {
            element->edge = graph_word_wants(graph->world, waiting.object, 1);
            graph_add_object(graph, line, waiting.object)->edge = graph_word_held(graph->world, waiting.object);
        } else {
            element->edge = graph_word_end(graph->world, task);
        }
    }
}

int graph_ring_draw(const struct graph *graph, const struct graph_ring *ring, int row)
{
    struct graph_line line;
    struct loop loop;
    int columns = graph->pane->columns;
    ring_line(graph, ring, &line);
    if (line.count > 1 && loop_fits(&line, columns, &loop)) {
        loop_draw(graph, &line, &loop, row);
        return GRAPH_RING_ROWS;
    }
    for (int dashes = 2; dashes >= 1 && (int)ring->count < graph->pane->rows; dashes--) {
        struct ladder ladder = ladder_of(graph, ring, dashes);
        if (ladder.columns <= columns) {
            ladder_draw(graph, ring, &ladder, dashes, row);
            return (int)ring->count + 1;
        }
    }
    char name[STAGE_NAME_SIZE];
    snprintf(line.remark_text, sizeof line.remark_text, _("and so back to %s"),
             stage_task_name(graph->frame, ring->tasks[0], name));
    line.remark = line.remark_text;
    return graph_line_draw(graph, &line, row, ROLE_fault, graph->pane->rows - 1);
}
