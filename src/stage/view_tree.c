/* The process tree: who is whose child, in which state, with how many threads, how it ended. States stand in one column
 * on the left, whatever the depth; what has ended stays where it was, faintly. */
#include "stage/view.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/text.h"
#include "stage/stage_edges.h"

enum { MARGIN = 1, NAME_COLUMN = 5, INDENT = 2, DEPTH_MAX = 12, NAME_LEAST = 4, PID_COLUMNS = 7 };

/* A process as a line; arrays of them are indexed by process id. */
struct branch {
    uint32_t first, last, next; /* children, and the sibling after it */
    uint32_t threads;           /* that live */
    uint8_t running, ready, blocked;
    uint8_t depth;
    bool more[DEPTH_MAX]; /* a sibling follows, at each depth */
};

struct tree {
    struct branch *branches;
    uint32_t count;
    uint32_t *order; /* line -> process */
    uint32_t lines;
    int deepest;
    int name_columns;
};

/* ---- gathering ---- */

static void count_threads(const struct world *world, struct tree *tree)
{
    for (uint32_t id = 1; id <= world_task_count(world); id++) {
        const struct world_task *task = world_task(world, id);
        if (!task || task->process > tree->count || task->state == STATE_terminated || task->state == STATE_zombie)
            continue;
        struct branch *branch = &tree->branches[task->process];
        branch->threads++;
        branch->running |= task->state == STATE_running;
        branch->ready |= task->state == STATE_ready || task->state == STATE_new;
        branch->blocked |= task->state == STATE_blocked;
    }
}

static void link_children(const struct world *world, struct tree *tree)
{
    for (uint32_t id = 1; id <= tree->count; id++) {
        const struct world_process *process = world_process(world, id);
        uint32_t parent = process && process->parent <= tree->count && process->parent != id ? process->parent : 0;
        struct branch *above = &tree->branches[parent];
        if (above->last)
            tree->branches[above->last].next = id;
        else
            above->first = id;
        above->last = id;
    }
}

/* Parents before children, children in the order of birth. A process that has a parent is reached from it; each is
 * reached once at most, as each is in one list. */
static void put_in_order(const struct world *world, struct tree *tree)
{
    uint32_t id = tree->branches[0].first;
    struct branch *branches = tree->branches;
    int depth = 0;
    while (id && tree->lines < tree->count) {
        struct branch *branch = &branches[id];
        branch->depth = (uint8_t)(depth < DEPTH_MAX ? depth : DEPTH_MAX - 1);
        if (branch->depth > tree->deepest)
            tree->deepest = branch->depth;
        uint32_t parent = world_process(world, id)->parent;
        if (parent && parent <= tree->count)
            memcpy(branch->more, branches[parent].more, sizeof branch->more);
        branch->more[branch->depth] = branch->next != 0;
        tree->order[tree->lines++] = id;
        if (branch->first) {
            id = branch->first;
            depth++;
            continue;
        }
        while (id && !branches[id].next) {
            id = world_process(world, id)->parent;
            id = id <= tree->count ? id : 0;
            depth--;
        }
        id = id ? branches[id].next : 0;
    }
}

static bool tree_make(const struct world *world, struct tree *tree)
{
    uint32_t count = world_process_count(world);
    *tree = (struct tree){.count = count, .name_columns = snprintf(NULL, 0, "P%u", count)};
    if (tree->name_columns < NAME_LEAST)
        tree->name_columns = NAME_LEAST;
    tree->branches = calloc((size_t)count + 1, sizeof *tree->branches);
    tree->order = calloc((size_t)count + 1, sizeof *tree->order);
    if (!tree->branches || !tree->order)
        return false;
    count_threads(world, tree);
    link_children(world, tree);
    put_in_order(world, tree);
    return true;
}

static void tree_free(struct tree *tree)
{
    free(tree->branches);
    free(tree->order);
}

/* ---- one line ---- */

/* The state of a process is that of its most active thread. */
static unsigned state_of(const struct world_process *process, const struct branch *branch)
{
    if (process->state != STATE_running)
        return process->state;
    return branch->running   ? STATE_running
           : branch->ready   ? STATE_ready
           : branch->blocked ? STATE_blocked
                             : STATE_running;
}

static void how_it_ended(const struct world_process *process, char *out, size_t size)
{
    int status = process->status;
    if (WIFEXITED(status)) {
        snprintf(out, size, _("exit %d"), WEXITSTATUS(status));
    } else if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));
        if (name)
            snprintf(out, size, "SIG%s", name);
        else
            snprintf(out, size, _("signal %d"), WTERMSIG(status));
    } else {
        snprintf(out, size, "%s", _("ended"));
    }
}

/* Draws `text` at `*column` if all of it fits, with a gap before it; the line's notes come in order of weight. */
static void note(const struct pane *line, int *column, enum role role, const char *text)
{
    int columns = text_columns(text);
    if (columns == 0)
        return;
    if (*column + columns > line->columns) {
        *column += pane_text_fit(line, *column, 0, line->columns - *column, EMPHASIS_none, role, text) + 2;
        return;
    }
    *column += pane_text(line, *column, 0, EMPHASIS_none, role, text) + 2;
}

static int notes_draw(const struct pane *line, int column, const struct world_process *process,
                      const struct world_process *before, const struct branch *branch)
{
    char text[64];
    bool over = process->state == STATE_zombie || process->state == STATE_terminated;
    bool just = before && before->state != process->state;
    if (process->host && process->root == process->id) /* its children are on the same one */
        note(line, &column, ROLE_object, world_address_text((struct world_address){.host = process->host}, text));
    if (process->state == STATE_zombie)
        note(line, &column, ROLE_zombie, _("zombie"));
    if (over) {
        how_it_ended(process, text, sizeof text);
        note(line, &column, just ? ROLE_changed : process->state == STATE_zombie ? ROLE_text : ROLE_faint, text);
    }
    if (process->state == STATE_stopped && !process->orphan)
        note(line, &column, ROLE_stopped, _("stopped"));
    if (process->orphan && process->state != STATE_terminated) {
        bool adopted_now = before && !before->orphan;
        snprintf(text, sizeof text, process->parent ? _("adopted by P%u") : _("adopted by init"), process->parent);
        note(line, &column, adopted_now ? ROLE_changed : ROLE_text, text);
    }
    if (!over && branch->threads > 1) {
        snprintf(text, sizeof text, ngettext("%u thread", "%u threads", branch->threads), branch->threads);
        note(line, &column, ROLE_text, text);
    }
    if (process->unobserved)
        note(line, &column, ROLE_notice, _("unobserved"));
    if (process->helper)
        note(line, &column, ROLE_faint, _("helper"));
    return column;
}

/* What the only thread of a process is about, for the room that is left. */
static void doing(const struct stage_frame *frame, const struct world_process *process, const struct branch *branch,
                  char out[STAGE_NAME_SIZE])
{
    out[0] = 0;
    if (branch->threads == 1 && process->state == STATE_running && !process->helper)
        stage_operation_name(frame, frame->after, process->main_task, out);
}

static void line_draw(const struct stage_frame *frame, const struct pane *line, const struct tree *tree, uint32_t id)
{
    const struct world_process *process = world_process(frame->after, id);
    const struct world_process *before = world_process(frame->before, id);
    const struct branch *branch = &tree->branches[id];
    unsigned state = state_of(process, branch);
    enum role role = stage_state_role(state);
    bool faint = process->state == STATE_terminated || process->helper;
    const struct world_task *mover = world_task(frame->after, frame->step.task);
    bool moved = mover && mover->process == id;
    char letter[2] = {stage_state_letter(state), 0};
    pane_glyph(line, MARGIN, 0, EMPHASIS_none, role, stage_state_glyph(state));
    pane_text(line, MARGIN + 2, 0, EMPHASIS_none, role, letter);
    int column = NAME_COLUMN;
    for (int i = 1; i <= branch->depth; i++, column += INDENT) {
        if (i == branch->depth)
            pane_glyph(line, column, 0, EMPHASIS_none, ROLE_rule, GLYPH_branch);
        else if (branch->more[i])
            pane_glyph(line, column, 0, EMPHASIS_none, ROLE_rule, GLYPH_line_down);
    }
    pane_text(line, column, 0, moved ? EMPHASIS_bold : EMPHASIS_none,
              !before ? ROLE_new
              : faint ? ROLE_faint
                      : ROLE_strong,
              process->name);
    column = NAME_COLUMN + tree->deepest * INDENT + tree->name_columns + 1;
    char text[32];
    snprintf(text, sizeof text, "pid %d", process->pid);
    int wide = pane_text_fit(line, column, 0, line->columns - column, EMPHASIS_none, ROLE_faint, text);
    column += (wide < PID_COLUMNS ? PID_COLUMNS : wide) + 2;
    if (!before)
        note(line, &column, ROLE_new, _("new"));
    column = notes_draw(line, column, process, before, branch);
    char what[STAGE_NAME_SIZE];
    doing(frame, process, branch, what);
    note(line, &column, ROLE_faint, what);
}

/* ---- the view ---- */

static int tree_rows(const struct stage_frame *frame, int columns)
{
    (void)columns;
    return (int)world_process_count(frame->after);
}

static void tree_draw(const struct stage_frame *frame, const struct pane *pane)
{
    struct tree tree;
    if (!tree_make(frame->after, &tree)) {
        tree_free(&tree);
        pane_text_fit(pane, MARGIN, 0, pane->columns - MARGIN, EMPHASIS_none, ROLE_notice, _("out of memory"));
        return;
    }
    const struct world_task *mover = world_task(frame->after, frame->step.task);
    int wanted = 0;
    for (uint32_t i = 0; i < tree.lines; i++)
        if (mover && tree.order[i] == mover->process)
            wanted = (int)i;
    int first = stage_scroll(frame, STAGE_VIEW_tree, (int)tree.lines, pane->rows, wanted);
    for (int row = 0; row < pane->rows && first + row < (int)tree.lines; row++) {
        uint32_t id = tree.order[first + row];
        struct pane line = pane_part(pane, 0, row, pane->columns - STAGE_EDGE_COLUMNS, 1);
        line.tag = (struct tag){.kind = TAG_task, .number = world_process(frame->after, id)->main_task};
        line_draw(frame, &line, &tree, id);
    }
    if (tree.lines == 0)
        pane_text_fit(pane, MARGIN, 0, pane->columns - MARGIN, EMPHASIS_none, ROLE_faint, _("no process yet"));
    stage_edges_draw(pane, first > 0, first + pane->rows < (int)tree.lines);
    tree_free(&tree);
}

const struct stage_view stage_view_tree = {
    .id = "tree",
    .title = N_("processes"),
    .place = STAGE_PLACE_half,
    .least = 2,
    .elastic = false,
    .usual = 4,
    .rows = tree_rows,
    .draw = tree_draw,
};
