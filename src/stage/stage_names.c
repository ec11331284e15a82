/* Names as a screen shortens them: tasks, objects, operations, and the signs of states. Everything comes from the world;
 * what a name leaves out (the process, the kind) is left out only where it says nothing. */
#include "stage/stage_names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

const char *stage_kind_word(unsigned kind)
{
    /* The words of both languages stand in operations/objects.def. Translators: the code of your language, "zh". */
    return object_word(kind, strcmp(_("en"), "zh") == 0);
}

/* ---- tasks ---- */

const char *stage_task_name(const struct stage_frame *frame, uint32_t id, char out[STAGE_NAME_SIZE])
{
    const struct world_task *task = world_task(frame->after, id);
    out[0] = '\0';
    if (!task)
        return out;
    const char *dot = strchr(task->name, '.');
    if (!dot)
        snprintf(out, STAGE_NAME_SIZE, "%s", task->name);
    else if (!frame->several_processes)
        snprintf(out, STAGE_NAME_SIZE, "%s", dot + 1);
    else if (task->number == 0)
        snprintf(out, STAGE_NAME_SIZE, "%.*s", (int)(dot - task->name), task->name);
    else
        snprintf(out, STAGE_NAME_SIZE, "%s", task->name);
    return out;
}

bool stage_task_ended(const struct world *world, uint32_t id)
{
    const struct world_task *task = world_task(world, id);
    return !task || task->state == STATE_zombie || task->state == STATE_terminated;
}

int stage_tasks_draw(const struct stage_frame *frame, const struct pane *pane, int column, int row, int columns,
                     enum role role, const uint32_t *tasks, size_t kept, size_t count)
{
    char name[STAGE_NAME_SIZE], left[24];
    int used = 0;
    for (size_t i = 0; i < count; i++) {
        int gap = i ? 1 : 0;
        name[0] = '\0';
        int wide = i < kept ? text_columns(stage_task_name(frame, tasks[i], name)) : columns;
        snprintf(left, sizeof left, "+%zu", count - i - 1);
        int after = i + 1 < count ? 1 + text_columns(left) : 0; /* room to say how many are missing then */
        if (used + gap + wide + after > columns) {
            snprintf(left, sizeof left, "+%zu", count - i);
            return used + gap +
                   pane_text_fit(pane, column + used + gap, row, columns - used - gap, EMPHASIS_none, ROLE_faint, left);
        }
        pane_text(pane, column + used + gap, row, EMPHASIS_none, role, name);
        used += gap + wide;
    }
    return used;
}

/* ---- objects ---- */

/* The label of the world without its kind word. */
static const char *bare(const struct world *world, const struct world_object *object, char *out, size_t size)
{
    world_object_label(world, object->id, out, size);
    const char *word = object_word(object->kind, 0);
    size_t length = strlen(word);
    if (object->kind == OBJECT_none || object->kind == OBJECT_thread || object->kind == OBJECT_process ||
        strncmp(out, word, length) != 0 || out[length] != ' ')
        return out;
    return out + length + 1;
}

/* "#2", "1", "P2:1": a number that says nothing without the kind. */
static bool says_nothing(const char *name)
{
    const char *colon = name[0] == 'P' ? strchr(name, ':') : NULL;
    const char *own = colon ? colon + 1 : name;
    return own[0] == '#' || isdigit((unsigned char)own[0]) || own[0] == '\0';
}

static const char *name_object(const struct stage_frame *frame, const struct world *world, uint32_t id, bool with_kind,
                               char out[STAGE_NAME_SIZE])
{
    char label[160];
    const struct world_object *object = world_object(world, id);
    out[0] = '\0';
    if (!object)
        return out;
    const char *name = bare(world, object, label, sizeof label);
    if (object->kind == OBJECT_terminal) {
        snprintf(out, STAGE_NAME_SIZE, "%s", stage_kind_word(object->kind));
        return out;
    }
    if (object->kind == OBJECT_thread && !frame->several_processes && strchr(name, '.'))
        name = strchr(name, '.') + 1;
    if (object->kind == OBJECT_none || object->kind == OBJECT_thread || object->kind == OBJECT_process)
        with_kind = false;
    else if (says_nothing(name))
        with_kind = true;
    const char *folder = object->kind == OBJECT_file ? strrchr(name, '/') : NULL;
    if (folder && folder[1])
        name = folder + 1;
    snprintf(out, STAGE_NAME_SIZE, "%s%s%.70s", with_kind ? stage_kind_word(object->kind) : "", with_kind ? " " : "",
             name);
    return out;
}

const char *stage_object_name(const struct stage_frame *frame, const struct world *world, uint32_t object,
                              char out[STAGE_NAME_SIZE])
{
    return name_object(frame, world, object, false, out);
}

const char *stage_object_label(const struct stage_frame *frame, const struct world *world, uint32_t object,
                               char out[STAGE_NAME_SIZE])
{
    return name_object(frame, world, object, true, out);
}

size_t stage_holders(const struct world *world, uint32_t id, uint32_t *tasks, size_t max)
{
    const struct world_object *object = world_object(world, id);
    if (!object)
        return 0;
    switch (object->kind) {
    case OBJECT_mutex:
    case OBJECT_spin:
    case OBJECT_rwlock:
    case OBJECT_once:
    case OBJECT_file:
        break;
    default:
        return 0;
    }
    if (!object->owner)
        return world_readers(world, id, tasks, max);
    if (max > 0)
        tasks[0] = object->owner;
    return 1;
}

bool stage_all_ended(const struct world *world)
{
    uint32_t count = world_task_count(world);
    for (uint32_t id = 1; id <= count; id++) {
        if (!stage_task_ended(world, id))
            return false;
    }
    return count > 0;
}

/* ---- operations ---- */

const char *stage_operation_name(const struct stage_frame *frame, const struct world *world, uint32_t id,
                                 char out[STAGE_NAME_SIZE])
{
    char of[STAGE_NAME_SIZE] = "";
    const struct world_task *task = world_task(world, id);
    out[0] = '\0';
    if (!task || task->operation == OPERATION_none || stage_task_ended(world, id))
        return out;
    /* What it asked for last is over; it computes. */
    if (!task->held && (task->state == STATE_running || task->state == STATE_ready || task->state == STATE_stopped))
        return out;
    const char *name = operation_row(task->operation)->name;
    const char *verb = strchr(name, '.');
    /* No calls of the program, so that they have no name in C. */
    if (task->operation == OPERATION_thread_start || task->operation == OPERATION_process_start)
        verb = NULL, name = _("start");
    else if (task->operation == OPERATION_thread_resume)
        verb = NULL, name = _("resume");
    uint32_t target = world_task_target(world, id);
    switch (task->operation) {
    case OPERATION_thread_start:
    case OPERATION_process_start:
    case OPERATION_thread_create:
    case OPERATION_process_fork:
    case OPERATION_process_exit:
    case OPERATION_thread_exit:
        break; /* of itself, or of somebody who is not there yet */
    default:
        if (target)
            stage_task_name(frame, target, of);
        else if (task->operation == OPERATION_process_wait)
            snprintf(of, sizeof of, "%s", _("a child"));
        else
            stage_object_name(frame, world, task->object, of);
    }
    snprintf(out, STAGE_NAME_SIZE, of[0] ? "%s(%.76s)" : "%s", verb ? verb + 1 : name, of);
    return out;
}

/* ---- waiting ---- */

struct stage_waiting stage_waiting_of(const struct world *world, uint32_t id)
{
    const struct world_task *task = world_task(world, id);
    if (!task || task->state != STATE_blocked)
        return (struct stage_waiting){.kind = STAGE_WAIT_none};
    if (task->waits_for_task)
        return (struct stage_waiting){.kind = STAGE_WAIT_end, .task = task->waits_for_task};
    /* Threads and processes may be objects as well; they are named as tasks. */
    const struct world_object *object = world_object(world, task->waits_for);
    if (object && object->kind != OBJECT_thread && object->kind != OBJECT_process)
        return (struct stage_waiting){.kind = STAGE_WAIT_object, .object = task->waits_for};
    switch (task->operation) {
    case OPERATION_time_sleep:
        return (struct stage_waiting){.kind = STAGE_WAIT_none};
    case OPERATION_process_wait: {
        uint32_t child = world_task_target(world, id);
        return (struct stage_waiting){.kind = child ? STAGE_WAIT_end : STAGE_WAIT_child, .task = child};
    }
    case OPERATION_process_vfork:
        return (struct stage_waiting){.kind = STAGE_WAIT_child};
    default:
        return (struct stage_waiting){.kind = STAGE_WAIT_other};
    }
}

/* ---- states ---- */

static const struct {
    enum glyph glyph;
    enum role role;
    char letter;
} states[STATE_COUNT] = {
    [STATE_new] = {GLYPH_new, ROLE_new, 'n'},
    [STATE_ready] = {GLYPH_ready, ROLE_ready, 'r'},
    [STATE_running] = {GLYPH_running, ROLE_running, 'R'},
    [STATE_blocked] = {GLYPH_blocked, ROLE_blocked, 'B'},
    [STATE_stopped] = {GLYPH_stopped, ROLE_stopped, 's'},
    [STATE_zombie] = {GLYPH_zombie, ROLE_zombie, 'z'},
    [STATE_terminated] = {GLYPH_ended, ROLE_ended, '-'},
};

static unsigned known(unsigned state)
{
    return state < STATE_COUNT ? state : STATE_terminated;
}

enum glyph stage_state_glyph(unsigned state)
{
    return states[known(state)].glyph;
}

char stage_state_letter(unsigned state)
{
    return states[known(state)].letter;
}

enum role stage_state_role(unsigned state)
{
    return states[known(state)].role;
}
