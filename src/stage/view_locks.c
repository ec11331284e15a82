/* A row per lock and per what else tasks meet at: who has it, what is left of it, who waits in which order, and who is
 * about to ask. What this step has changed is marked. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "stage/stage_names.h"

enum { SIGN_AT = 0, NAME_AT = 2, LINES_MAX = 512, TASKS_MAX = 64, KINDS_FROM = 50, GAP = 2, ROWS_MOST = 12 };

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
    return !object->owner && !object->ghost && (object->kind != OBJECT_rwlock || object->count == 0);
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
                 : object->ghost ? _("nobody here")
                 : object->owner ? _("writes")
                 : object->count ? _("read")
                                 : _("free"));
        break;
    default:
        if (over)
            snprintf(out, size, "%s", _("has ended"));
        else if (object->ghost)
            snprintf(out, size, "%s", _("nobody here"));
        else if (!object->owner)
            snprintf(out, size, "%s", _("free"));
        else if (object->count > 1)
            snprintf(out, size, _("%d times"), object->count);
    }
}

/* ---- drawing ---- */

/* Where there is little room, what a lock can tell says which kind it is. */
static bool kinds_are_named(const struct list *list, int columns)
{
    return list->several_kinds && columns >= KINDS_FROM;
}

static const char *label_of(const struct stage_frame *frame, bool with_kind, uint32_t id, char out[STAGE_NAME_SIZE])
{
    return with_kind ? stage_object_label(frame, frame->after, id, out)
                     : stage_object_name(frame, frame->after, id, out);
}

struct widths {
    bool kinds;
    int name, state; /* columns that rows keep, so that what follows stands in line */
};

static struct widths measure(const struct stage_frame *frame, const struct list *list, int columns)
{
    struct widths widths = {.kinds = kinds_are_named(list, columns),
                            .name = 2,
                            .state = columns >= KINDS_FROM ? 14
                                     : list->several_kinds ? 12
                                                           : 9};
    for (int i = 0; i < list->count; i++) {
        char label[STAGE_NAME_SIZE];
        int name = text_columns(label_of(frame, widths.kinds, list->object[i], label));
        widths.name = name > widths.name ? name : widths.name;
    }
    int most = columns * 5 / 12;
    widths.name = widths.name > most ? most : widths.name;
    return widths;
}

/* A word and the names behind it; returns the columns. What has no room at all is hinted at. */
static int named_list(const struct stage_frame *frame, const struct pane *pane, int column, const char *word,
                      enum role word_role, enum role role, const uint32_t *tasks, size_t count)
{
    int used = text_columns(word);
    if (count == 0 || column >= pane->columns)
        return 0;
    if (column + used + 2 > pane->columns) {
        pane_glyph(pane, column, 0, EMPHASIS_none, word_role, GLYPH_more);
        return 1;
    }
    pane_text(pane, column, 0, EMPHASIS_none, word_role, word);
    used += stage_tasks_draw(frame, pane, column + used, 0, pane->columns - column - used, role, tasks,
                             count < TASKS_MAX ? count : TASKS_MAX, count);
    return used;
}

/* Who has it and how much of it; at most `room` columns. Returns the columns. */
static int state_draw(const struct stage_frame *frame, const struct pane *pane, int column, int room,
                      const struct world_object *object, bool changed, bool named)
{
    uint32_t tasks[TASKS_MAX];
    char state[96];
    unsigned bold = changed ? EMPHASIS_bold : EMPHASIS_none;
    size_t count = stage_holders(frame->after, object->id, tasks, TASKS_MAX);
    int at = 0;
    state_text(frame->after, object, state, sizeof state);
    if (object->kind == OBJECT_cond && !named)
        snprintf(state, sizeof state, "%s", stage_kind_word(object->kind));
    if (count) {
        int behind = state[0] ? text_columns(state) + 1 : 0;
        pane_glyph(pane, column, 0, bold, ROLE_held, GLYPH_arrow_right);
        at = 2 + stage_tasks_draw(frame, pane, column + 2, 0, room - 2 - behind, changed ? ROLE_changed : ROLE_held,
                                  tasks, count < TASKS_MAX ? count : TASKS_MAX, count);
        at += state[0] ? 1 : 0;
    }
    if (state[0])
        at += pane_text_fit(pane, column + at, 0, room - at, bold,
                            changed                       ? ROLE_changed
                            : object->kind == OBJECT_cond ? ROLE_faint
                            : is_free(object)             ? ROLE_free
                                                          : ROLE_held,
                            state);
    return at;
}

static void row_draw(const struct stage_frame *frame, const struct pane *pane, uint32_t id, struct widths widths)
{
    uint32_t waiting[TASKS_MAX], next[TASKS_MAX];
    char label[STAGE_NAME_SIZE];
    const struct world_object *object = world_object(frame->after, id);
    bool changed = has_changed(frame, id), open = is_free(object);
    unsigned bold = changed ? EMPHASIS_bold : EMPHASIS_none;
    size_t waiting_count = world_waiters(frame->after, id, waiting, TASKS_MAX);
    size_t next_count = about_to_ask(frame->after, id, next, TASKS_MAX);
    if (object->kind != OBJECT_cond && object->kind != OBJECT_barrier)
        pane_glyph(pane, SIGN_AT, 0, bold, open ? ROLE_free : ROLE_held, open ? GLYPH_free : GLYPH_owner);
    pane_text_fit(pane, NAME_AT, 0, widths.name, bold, changed ? ROLE_changed : ROLE_object,
                  label_of(frame, widths.kinds, id, label));
    int at = NAME_AT + widths.name + GAP;
    /* Those who wait are what one looks for: they get their room first. */
    int kept = waiting_count ? GAP + text_columns(_("waiting: ")) + 4 : next_count ? GAP + 1 : 0;
    int used = state_draw(frame, pane, at, pane->columns - at - kept, object, changed, widths.kinds);
    at += (used > widths.state ? used : widths.state) + GAP;
    if (waiting_count && at + text_columns(_("waiting: ")) + 4 > pane->columns)
        at = pane->columns - text_columns(_("waiting: ")) - 4;
    used = named_list(frame, pane, at, _("waiting: "), ROLE_text, ROLE_blocked, waiting, waiting_count);
    at += used ? used + GAP : 0;
    named_list(frame, pane, at, _("next: "), ROLE_faint, ROLE_faint, next, next_count);
}

static void locks_draw(const struct stage_frame *frame, const struct pane *pane)
{
    struct list list;
    gather(frame->after, &list);
    if (list.count == 0) {
        pane_text_fit(pane, NAME_AT, 0, pane->columns - NAME_AT, EMPHASIS_none, ROLE_faint,
                      stage_all_ended(frame->after) ? _("gone with the program") : _("none yet"));
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
        row_draw(frame, &line, list.object[top + i], widths);
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
    .usual = 4,
    .rows = locks_rows,
    .draw = locks_draw,
};
