/* Coroutines: each thread that has some, and below it a box for each: the one that it runs, those that were left and wait
 * to be gone on with, those that have not begun or have returned; then the last switch, from which to which. The system
 * knows of nothing but the thread: its state stands before its name, and that of the one that it runs is the same. A box
 * stays where it is. */
#include "stage/view.h"

#include <stdio.h>

#include "base/text.h"
#include "stage/stage_edges.h"
#include "stage/stage_names.h"
#include "world/world_coroutine.h"

enum { MARGIN = 1, INDENT = 3, GAP = 1, ROOM_FOR_NAME = 14, BOX_EXTRA = 6 /* "[", sign, " ", " ", letter, "]" */ };

/* Walks over the lines of the view; draws those that lie in the pane, if there is one. */
struct walk {
    const struct stage_frame *frame;
    const struct pane *pane; /* NULL: only counts */
    int columns, first, line;
    int wanted; /* the line of the thread whose step it was */
};

static const struct look {
    enum glyph glyph;
    enum role role;
    char letter;
} looks[] = {
    [COROUTINE_none] = {GLYPH_new, ROLE_faint, '?'},
    [COROUTINE_new] = {GLYPH_new, ROLE_new, 'n'},
    [COROUTINE_running] = {GLYPH_running, ROLE_running, 'R'}, /* while its thread runs */
    [COROUTINE_suspended] = {GLYPH_stopped, ROLE_stopped, 's'},
    [COROUTINE_ended] = {GLYPH_ended, ROLE_ended, '-'},
};

static bool of_task(const struct world *world, uint32_t object, uint32_t task, struct world_coroutine *coroutine)
{
    *coroutine = world_coroutine(world, object);
    return coroutine->state != COROUTINE_none && coroutine->task == task && !world_object(world, object)->destroyed;
}

static bool line_part(const struct walk *walk, struct pane *part)
{
    if (!walk->pane || walk->line < walk->first || walk->line >= walk->first + walk->pane->rows)
        return false;
    *part = pane_part(walk->pane, 0, walk->line - walk->first, walk->columns, 1);
    return true;
}

static void thread_line(struct walk *walk, const struct world_task *task, uint32_t switches)
{
    struct pane line;
    if (line_part(walk, &line)) {
        char name[STAGE_NAME_SIZE], text[64];
        line.tag = (struct tag){.kind = TAG_task, .number = task->id};
        enum role role = stage_state_role(task->state);
        pane_glyph(&line, MARGIN, 0, EMPHASIS_none, role, stage_state_glyph(task->state));
        snprintf(text, sizeof text, ngettext("%u switch", "%u switches", switches), switches);
        int right = walk->columns - text_columns(text);
        if (right < ROOM_FOR_NAME) { /* a narrow pane does without the count */
            right = walk->columns;
            text[0] = '\0';
        }
        int used = MARGIN + 2 +
                   pane_text_fit(&line, MARGIN + 2, 0, right - MARGIN - 5, EMPHASIS_bold, ROLE_strong,
                                 stage_task_name(walk->frame, task->id, name));
        char letter[2] = {stage_state_letter(task->state), '\0'};
        pane_text(&line, used + 1, 0, EMPHASIS_none, role, letter);
        if (right > used + 3)
            pane_text(&line, right, 0, EMPHASIS_none, ROLE_faint, text);
    }
    walk->line++;
}

/* The one that a thread runs is in the state of the thread. */
static struct look look_of(const struct world *world, const struct world_coroutine *coroutine)
{
    const struct world_task *task = world_task(world, coroutine->task);
    if (coroutine->state != COROUTINE_running || !task)
        return looks[coroutine->state];
    return (struct look){stage_state_glyph(task->state), stage_state_role(task->state),
                         stage_state_letter(task->state)};
}

static void box_draw(const struct walk *walk, const struct pane *line, int column, int wide, uint32_t object,
                     const struct world_coroutine *coroutine)
{
    struct look look = look_of(walk->frame->after, coroutine);
    char name[STAGE_NAME_SIZE], letter[2] = {look.letter, '\0'};
    enum role role = look.role;
    bool switched = world_coroutine(walk->frame->before, object).state != coroutine->state;
    unsigned emphasis = coroutine->state == COROUTINE_running ? EMPHASIS_bold : EMPHASIS_none;
    enum role frame_role = switched ? ROLE_changed : role;
    pane_text(line, column, 0, emphasis, frame_role, "[");
    pane_glyph(line, column + 1, 0, emphasis, role, look.glyph);
    pane_text_fit(line, column + 3, 0, wide - BOX_EXTRA, emphasis, role,
                  stage_object_name(walk->frame, walk->frame->after, object, name));
    pane_text(line, column + wide - 2, 0, emphasis, role, letter);
    pane_text(line, column + wide - 1, 0, emphasis, frame_role, "]");
}

static void boxes(struct walk *walk, uint32_t task)
{
    const struct world *world = walk->frame->after;
    int column = INDENT;
    for (uint32_t id = 1; id <= world_object_count(world); id++) {
        struct world_coroutine coroutine;
        char name[STAGE_NAME_SIZE];
        if (!of_task(world, id, task, &coroutine))
            continue;
        int wide = text_columns(stage_object_name(walk->frame, world, id, name)) + BOX_EXTRA;
        if (wide > walk->columns - INDENT)
            wide = walk->columns - INDENT;
        if (column > INDENT && column + wide > walk->columns) {
            walk->line++;
            column = INDENT;
        }
        struct pane line;
        if (line_part(walk, &line)) {
            line.tag = (struct tag){.kind = TAG_task, .number = task};
            box_draw(walk, &line, column, wide, id, &coroutine);
        }
        column += wide + GAP;
    }
    walk->line++;
}

static void last_switch(struct walk *walk, uint32_t from, uint32_t to, uint32_t step)
{
    struct pane line;
    if (line_part(walk, &line) && to) {
        char name[STAGE_NAME_SIZE];
        bool now = step == walk->frame->step.number;
        enum role role = now ? ROLE_changed : ROLE_faint;
        int column = INDENT, room = (walk->columns - INDENT - 3) / 2;
        if (from)
            column += pane_text_fit(&line, column, 0, room, EMPHASIS_none, now ? ROLE_object : ROLE_faint,
                                    stage_object_name(walk->frame, walk->frame->after, from, name)) +
                      1;
        pane_glyph(&line, column, 0, EMPHASIS_none, role, GLYPH_arrow_right);
        pane_text_fit(&line, column + 2, 0, room, now ? EMPHASIS_bold : EMPHASIS_none, now ? ROLE_object : ROLE_faint,
                      stage_object_name(walk->frame, walk->frame->after, to, name));
    }
    walk->line++;
}

static void thread_walk(struct walk *walk, const struct world_task *task)
{
    const struct world *world = walk->frame->after;
    uint32_t count = 0, switches = 0, step = 0, from = 0, to = 0;
    for (uint32_t id = 1; id <= world_object_count(world); id++) {
        struct world_coroutine coroutine;
        if (!of_task(world, id, task->id, &coroutine))
            continue;
        count++;
        switches += coroutine.switches;
        if (coroutine.step > step) {
            step = coroutine.step;
            from = coroutine.from;
            to = id;
        }
    }
    if (!count)
        return;
    if (task->id == walk->frame->step.task)
        walk->wanted = walk->line + 1; /* its middle */
    thread_line(walk, task, switches);
    boxes(walk, task->id);
    last_switch(walk, from, to, step);
}

static void walk_all(struct walk *walk)
{
    const struct world *world = walk->frame->after;
    walk->line = 0;
    for (uint32_t id = 1; id <= world_task_count(world); id++) {
        const struct world_task *task = world_task(world, id);
        if (task)
            thread_walk(walk, task);
    }
}

static int coroutines_rows(const struct stage_frame *frame, int columns)
{
    struct walk walk = {.frame = frame, .columns = columns - STAGE_EDGE_COLUMNS};
    walk_all(&walk);
    return walk.line;
}

static void coroutines_draw(const struct stage_frame *frame, const struct pane *pane)
{
    struct walk walk = {.frame = frame, .columns = pane->columns - STAGE_EDGE_COLUMNS};
    walk_all(&walk);
    if (walk.line == 0) {
        pane_text_fit(pane, MARGIN, 0, pane->columns - MARGIN, EMPHASIS_none, ROLE_faint, _("no coroutine yet"));
        return;
    }
    int lines = walk.line;
    walk.first = stage_scroll(frame, STAGE_VIEW_coroutines, lines, pane->rows, walk.wanted);
    walk.pane = pane;
    walk_all(&walk);
    stage_edges_draw(pane, walk.first > 0, walk.first + pane->rows < lines);
}

const struct stage_view stage_view_coroutines = {
    .id = "coroutines",
    .title = N_("coroutines"),
    .place = STAGE_PLACE_half,
    .least = 3,
    .elastic = false,
    .usual = 5,
    .rows = coroutines_rows,
    .draw = coroutines_draw,
};
