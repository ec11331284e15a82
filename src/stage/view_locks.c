/* A row per lock and per what else tasks meet at: who has it, what is left of it, who waits in which order, and who is
 * about to ask. What this step has changed is marked. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "stage/stage_names.h"

enum {
    SIGN_AT = 0,
    NAME_AT = 2,
    LINES_MAX = 512,
    TASKS_MAX = 64,
    NAME_MOST = 18,
    STATE_MOST = 18,
    GAP = 2,
    ROWS_MOST = 12
};

static const uint8_t kinds[] = {OBJECT_mutex, OBJECT_rwlock,  OBJECT_spin, OBJECT_semaphore,
                                OBJECT_cond,  OBJECT_barrier, OBJECT_once, OBJECT_file};

/* ---- which ones ---- */

static bool shown(const struct world *world, const struct world_object *object)
{
    if (!object || object->destroyed)
        return false;
    const struct world_process *process = world_process(world, object->process);
    if (process && (process->state == STATE_zombie || process->state == STATE_terminated))
        return false; /* it went with its process */
    if (object->kind != OBJECT_file)
        return true;
    /* Files are locks only while somebody locks them. */
    uint32_t waiter;
    if (object->owner)
        return true;
    return world_waiters(world, object->id, &waiter, 1) > 0 &&
           world_task(world, waiter)->operation == OPERATION_file_lock;
}

struct list {
    uint32_t object[LINES_MAX];
    int count;
    unsigned beyond;
    bool several_kinds;
};

static void gather(const struct world *world, struct list *list)
{
    unsigned seen = 0;
    list->count = 0;
    list->beyond = 0;
    for (size_t k = 0; k < sizeof kinds; k++) {
        bool any = false;
        for (uint32_t id = 1; id <= world_object_count(world); id++) {
            const struct world_object *object = world_object(world, id);
            if (!object || object->kind != kinds[k] || !shown(world, object))
                continue;
            any = true;
            if (list->count < LINES_MAX)
                list->object[list->count++] = id;
            else
                list->beyond++;
        }
        seen += any;
    }
    list->several_kinds = seen > 1;
}

/* ---- what is known of one ---- */

/* Those who have been let out of their wait, or are about to ask, for this object. */
static size_t about_to_ask(const struct world *world, uint32_t object, uint32_t *tasks, size_t max)
{
    size_t count = 0;
    for (uint32_t id = 1; id <= world_task_count(world); id++) {
        const struct world_task *task = world_task(world, id);
        if (!task || !task->held || (task->state != STATE_ready && task->state != STATE_running))
            continue;
        unsigned flags = operation_row(task->operation)->flags;
        /* A wait that is over has the mutex to take. */
        bool wakes = (task->operation == OPERATION_cond_wait || task->operation == OPERATION_cond_timedwait) &&
                     (task->woken || task->expired || task->interrupted);
        uint32_t wanted = wakes ? task->second : task->object;
        if (wanted != object || !(flags & (OPERATION_ACQUIRES | OPERATION_BLOCKS)))
            continue;
        if (count < max)
            tasks[count] = id;
        count++;
    }
    return count;
}

static bool same_list(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count)
{
    size_t kept = a_count < TASKS_MAX ? a_count : TASKS_MAX;
    return a_count == b_count && memcmp(a, b, kept * sizeof *a) == 0;
}

static bool has_changed(const struct stage_frame *frame, uint32_t id)
{
    uint32_t a[TASKS_MAX], b[TASKS_MAX];
    const struct world_object *now = world_object(frame->after, id), *was = world_object(frame->before, id);
    if (frame->before == frame->after)
        return false;
    if (!was || was->owner != now->owner || was->count != now->count || was->capacity != now->capacity ||
        was->destroyed != now->destroyed || was->generation != now->generation)
        return true;
    size_t before = world_waiters(frame->before, id, a, TASKS_MAX),
           after = world_waiters(frame->after, id, b, TASKS_MAX);
    if (!same_list(a, before, b, after))
        return true;
    before = world_readers(frame->before, id, a, TASKS_MAX);
    after = world_readers(frame->after, id, b, TASKS_MAX);
    return !same_list(a, before, b, after);
}

/* The sign in front: can the next one that comes have it? */
static bool is_free(const struct world_object *object)
{
    if (object->kind == OBJECT_semaphore)
        return object->count > 0;
    return !object->owner && (object->kind != OBJECT_rwlock || object->count == 0);
}

/* "free", "count 2", "1 of 3 here": what is to be said besides names. "" where the names say all. */
static void state_text(const struct world *world, const struct world_object *object, char *out, size_t size)
{
    out[0] = '\0';
    bool over = object->owner && stage_task_ended(world, object->owner);
    switch (object->kind) {
    case OBJECT_semaphore:
        snprintf(out, size, _("count %d"), object->count);
        break;
    case OBJECT_barrier:
        if (object->capacity > 0)
            snprintf(out, size, _("%d of %d here"), object->count, object->capacity);
        break;
    case OBJECT_cond:
        break;
    case OBJECT_once:
        snprintf(out, size, "%s", object->owner ? _("runs it") : object->count ? _("done") : _("not run yet"));
        break;
    case OBJECT_rwlock:
        snprintf(out, size, "%s",
                 over            ? _("has ended")
                 : object->owner ? _("writes")
                 : object->count ? _("read it")
                                 : _("free"));
        break;
    default:
        if (over)
            snprintf(out, size, "%s", _("has ended"));
        else if (!object->owner)
            snprintf(out, size, "%s", _("free"));
        else if (object->count > 1)
            snprintf(out, size, _("%d times"), object->count);
    }
}

/* ---- drawing ---- */

struct widths {
    int name, state;
};

static int holders_columns(const struct stage_frame *frame, uint32_t id)
{
    uint32_t tasks[3];
    char name[STAGE_NAME_SIZE];
    size_t count = stage_holders(frame->after, id, tasks, 3);
    int columns = 0;
    for (size_t i = 0; i < count && i < 3; i++)
        columns += text_columns(stage_task_name(frame, tasks[i], name)) + 1;
    return columns + (count > 3 ? 4 : 0) + (count ? 1 : 0);
}

static const char *label_of(const struct stage_frame *frame, const struct list *list, uint32_t id,
                            char out[STAGE_NAME_SIZE])
{
    return list->several_kinds ? stage_object_label(frame, frame->after, id, out)
                               : stage_object_name(frame, frame->after, id, out);
}

static struct widths measure(const struct stage_frame *frame, const struct list *list, int columns)
{
    struct widths widths = {.name = 4, .state = 4};
    for (int i = 0; i < list->count; i++) {
        char label[STAGE_NAME_SIZE], state[96];
        const struct world_object *object = world_object(frame->after, list->object[i]);
        int name = text_columns(label_of(frame, list, object->id, label));
        state_text(frame->after, object, state, sizeof state);
        int wide = holders_columns(frame, object->id) + text_columns(state) + (state[0] ? 1 : 0);
        widths.name = name > widths.name ? name : widths.name;
        widths.state = wide > widths.state ? wide : widths.state;
    }
    int most = columns > 60 ? columns / 3 : 0;
    int name_most = most > NAME_MOST ? most : NAME_MOST, state_most = most > STATE_MOST ? most : STATE_MOST;
    widths.name = widths.name > name_most ? name_most : widths.name;
    widths.state = widths.state > state_most ? state_most : widths.state;
    return widths;
}

/* A word and the names behind it; returns the columns. */
static int named_list(const struct stage_frame *frame, const struct pane *pane, int column, const char *word,
                      enum role word_role, enum role role, const uint32_t *tasks, size_t count)
{
    int used = text_columns(word);
    if (count == 0 || column + used + 3 > pane->columns)
        return 0;
    pane_text(pane, column, 0, EMPHASIS_none, word_role, word);
    used += 1 + stage_tasks_draw(frame, pane, column + used + 1, 0, pane->columns - column - used - 1, role, tasks,
                                 count < TASKS_MAX ? count : TASKS_MAX, count);
    return used;
}

static void row_draw(const struct stage_frame *frame, const struct pane *pane, const struct list *list, uint32_t id,
                     struct widths widths)
{
    uint32_t tasks[TASKS_MAX];
    char label[STAGE_NAME_SIZE], state[96];
    const struct world_object *object = world_object(frame->after, id);
    bool changed = has_changed(frame, id), open = is_free(object);
    unsigned bold = changed ? EMPHASIS_bold : EMPHASIS_none;
    enum role role = open ? ROLE_free : ROLE_held;
    if (object->kind != OBJECT_cond && object->kind != OBJECT_barrier)
        pane_glyph(pane, SIGN_AT, 0, bold, role, open ? GLYPH_free : GLYPH_owner);
    pane_text_fit(pane, NAME_AT, 0, widths.name, bold, changed ? ROLE_changed : ROLE_object,
                  label_of(frame, list, id, label));
    int start = NAME_AT + widths.name + GAP, at = start;
    size_t count = stage_holders(frame->after, id, tasks, TASKS_MAX);
    if (count) {
        pane_glyph(pane, at, 0, bold, ROLE_held, GLYPH_arrow_right);
        at += 2;
        at += stage_tasks_draw(frame, pane, at, 0, start + widths.state - at, changed ? ROLE_changed : ROLE_held, tasks,
                               count < TASKS_MAX ? count : TASKS_MAX, count) +
              1;
    }
    state_text(frame->after, object, state, sizeof state);
    pane_text_fit(pane, at, 0, start + widths.state - at, bold, changed ? ROLE_changed : role, state);
    at = start + widths.state + GAP;
    count = world_waiters(frame->after, id, tasks, TASKS_MAX);
    int used = named_list(frame, pane, at, _("waiting:"), ROLE_text, ROLE_blocked, tasks, count);
    at += used ? used + GAP : 0;
    count = about_to_ask(frame->after, id, tasks, TASKS_MAX);
    named_list(frame, pane, at, _("next:"), ROLE_faint, ROLE_faint, tasks, count);
}

static void locks_draw(const struct stage_frame *frame, const struct pane *pane)
{
    struct list list;
    gather(frame->after, &list);
    if (list.count == 0) {
        pane_text_fit(pane, NAME_AT, 0, pane->columns - NAME_AT, EMPHASIS_none, ROLE_faint, _("none yet"));
        return;
    }
    int wanted = 0, rows = pane->rows;
    for (int i = 0; i < list.count; i++) {
        if (list.object[i] == frame->step.object)
            wanted = i;
    }
    if (list.count > rows || list.beyond)
        rows--;
    int top = stage_scroll(frame, STAGE_VIEW_locks, list.count, rows, wanted);
    struct widths widths = measure(frame, &list, pane->columns);
    for (int i = 0; i < rows && top + i < list.count; i++) {
        struct pane line = pane_part(pane, 0, i, pane->columns, 1);
        line.tag = (struct tag){.kind = TAG_row, .number = (uint32_t)(top + i)};
        row_draw(frame, &line, &list, list.object[top + i], widths);
    }
    if (rows == pane->rows)
        return;
    char text[64];
    snprintf(text, sizeof text, _("+%u more"), (unsigned)(list.count - rows) + list.beyond);
    if (top > 0)
        pane_glyph(pane, SIGN_AT, rows, EMPHASIS_none, ROLE_faint, GLYPH_arrow_up);
    if (top + rows < list.count || list.beyond)
        pane_glyph(pane, SIGN_AT + (top > 0), rows, EMPHASIS_none, ROLE_faint, GLYPH_arrow_down);
    pane_text_fit(pane, NAME_AT + 1, rows, pane->columns - NAME_AT - 1, EMPHASIS_none, ROLE_faint, text);
}

static int locks_rows(const struct stage_frame *frame, int columns)
{
    struct list list;
    (void)columns;
    gather(frame->after, &list);
    return list.count > ROWS_MOST ? ROWS_MOST : list.count;
}

const struct stage_view stage_view_locks = {
    .id = "locks",
    .title = N_("locks"),
    .place = STAGE_PLACE_half,
    .least = 2,
    .rows = locks_rows,
    .draw = locks_draw,
};
