/* Questions to a world: look-ups, who is enabled, how a grant must be made, names. Reads only. */
#include "world/world_state.h"

#include <stdio.h>
#include <string.h>

/* ---- tasks ---- */

uint32_t world_task_count(const struct world *world)
{
    return world->list[LIST_TASK].count - 1;
}

const struct world_task *world_task(const struct world *world, uint32_t id)
{
    const struct task *task = task_at(world, id);
    return task->view.id ? &task->view : NULL;
}

static bool enabled(const struct world *world, const struct task *task)
{
    const struct world_task *view = &task->view;
    if (!view->held || task->ended || task->outside)
        return false;
    if (process_at(world, view->process)->stopped)
        return false;
    return !task->waiting || view->woken || view->expired || view->interrupted;
}

bool world_task_enabled(const struct world *world, uint32_t id)
{
    return enabled(world, task_at(world, id));
}

size_t world_enabled(const struct world *world, uint32_t *tasks, size_t max)
{
    size_t count = 0;
    for (uint32_t p = world->first_process; p; p = process_at(world, p)->next)
        for (uint32_t t = process_at(world, p)->first; t; t = task_at(world, t)->next)
            if (enabled(world, task_at(world, t))) {
                if (count < max)
                    tasks[count] = t;
                count++;
            }
    return count;
}

/* The child of this number; the kernel may have given it to an earlier one, too. */
static uint32_t child_numbered(const struct world *world, const struct world_task *parent)
{
    uint32_t found = 0;
    for (uint32_t p = 1; p < world->list[LIST_PROCESS].count && parent->argument[0] > 0; p++) {
        const struct world_process *child = &process_at(world, p)->view;
        if (child->pid == parent->argument[0] && child->parent == parent->process)
            found = child->main_task;
    }
    return found;
}

uint32_t world_task_target(const struct world *world, uint32_t id)
{
    const struct task *task = task_at(world, id);
    unsigned operation = task->view.operation;
    if (operation == OPERATION_process_wait)
        return child_numbered(world, &task->view);
    if (operation == OPERATION_signal_send && !task->other)
        return task->view.argument[1] > 0 ? process_at(world, (uint32_t)task->view.argument[1])->view.main_task : 0;
    /* Elsewhere that word means a deadline. */
    return operation_row(operation)->family == FAMILY_thread || operation == OPERATION_signal_send ? task->other : 0;
}

unsigned world_task_injected(const struct world *world, uint32_t id)
{
    return task_at(world, id)->injected;
}

int64_t world_next_deadline(const struct world *world)
{
    if (world->nearest == INT64_MAX)
        return INT64_MAX;
    int64_t nearest = INT64_MAX;
    for (uint32_t p = world->first_process; p; p = process_at(world, p)->next)
        for (uint32_t t = process_at(world, p)->first; t; t = task_at(world, t)->next) {
            const struct task *task = task_at(world, t);
            if (task->waiting && !task->view.expired && task->view.deadline < nearest)
                nearest = task->view.deadline;
        }
    if (world->timers)
        for (uint32_t id = 1; id < world->list[LIST_OBJECT].count; id++)
            if (object_at(world, id)->deadline < nearest)
                nearest = object_at(world, id)->deadline;
    return nearest;
}

bool world_rwlock_writer_waits(const struct world *world, uint32_t id)
{
    for (uint32_t t = object_at(world, id)->head; t; t = task_at(world, t)->queue_next) {
        unsigned operation = task_at(world, t)->view.operation;
        if (operation == OPERATION_rwlock_wrlock || operation == OPERATION_rwlock_timedwrlock)
            return true;
    }
    return false;
}

/* A read-write lock that prefers writers (PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP) keeps readers out while a writer
 * waits; the real lock does not know of ours, who wait at their gates. */
static bool kept_out(const struct world *world, const struct world_task *view)
{
    const struct object *lock = object_at(world, view->object);
    if (lock->view.kind != OBJECT_rwlock || lock->view.type != 2 ||
        (view->operation != OPERATION_rwlock_rdlock && view->operation != OPERATION_rwlock_tryrdlock &&
         view->operation != OPERATION_rwlock_timedrdlock))
        return false;
    return world_rwlock_writer_waits(world, view->object);
}

struct world_ruling world_rule(const struct world *world, uint32_t id)
{
    const struct task *task = task_at(world, id);
    const struct world_task *view = &task->view;
    const struct object *object = object_at(world, view->object);
    struct world_ruling ruling = {.action = GRANT_PERFORM};
    if (view->operation == OPERATION_barrier_wait) {
        if (task->waiting && view->woken)
            return (struct world_ruling){.action = GRANT_RESULT, .result = 0};
        if (view->interrupted)
            return (struct world_ruling){.action = GRANT_INTERRUPT};
        if (object->view.capacity <= 0)
            return (struct world_ruling){.action = GRANT_RESULT, .result = 22 /* EINVAL: never made */};
        if (!task->waiting && object->view.count + 1 >= object->view.capacity)
            return (struct world_ruling){.action = GRANT_RESULT, .result = -1 /* PTHREAD_BARRIER_SERIAL_THREAD */};
        return (struct world_ruling){.action = GRANT_BLOCK};
    }
    if (kept_out(world, view)) {
        if (view->operation == OPERATION_rwlock_tryrdlock)
            return (struct world_ruling){.action = GRANT_RESULT, .result = 16 /* EBUSY */};
        if (task->waiting && view->expired)
            return (struct world_ruling){.action = GRANT_RESULT, .result = 110 /* ETIMEDOUT */};
        return (struct world_ruling){.action = view->interrupted ? GRANT_INTERRUPT : GRANT_BLOCK};
    }
    if (view->operation == OPERATION_once_run && object->view.owner && object->view.owner != id)
        return (struct world_ruling){.action = view->interrupted ? GRANT_INTERRUPT : GRANT_BLOCK};
    if (task->phase > PHASE_waiting) {
        /* Taking the mutex again: the reason of the wake-up stays what it was. */
        ruling.action = task->phase == PHASE_expired       ? GRANT_EXPIRED
                        : task->phase == PHASE_interrupted ? GRANT_INTERRUPT
                                                           : GRANT_WOKEN;
        return ruling;
    }
    if (task->waiting && view->woken)
        ruling.action = task->phase == PHASE_waiting ? GRANT_WOKEN : GRANT_PERFORM;
    else if (view->interrupted) /* a request to end is acted on by the operation itself */
        ruling.action = task->signalled || task->resumed ? GRANT_INTERRUPT : GRANT_PERFORM;
    else if (task->waiting && view->expired)
        ruling.action = GRANT_EXPIRED;
    return ruling;
}

/* ---- processes ---- */

uint32_t world_process_count(const struct world *world)
{
    return world->list[LIST_PROCESS].count - 1;
}

const struct world_process *world_process(const struct world *world, uint32_t id)
{
    const struct process *process = process_at(world, id);
    return process->view.id ? &process->view : NULL;
}

/* ---- objects ---- */

uint32_t world_object_count(const struct world *world)
{
    return world->list[LIST_OBJECT].count - 1;
}

const struct world_object *world_object(const struct world *world, uint32_t id)
{
    const struct object *object = object_at(world, id);
    return object->view.id ? &object->view : NULL;
}

const char *world_object_label(const struct world *world, uint32_t id, char *out, size_t n)
{
    const struct world_object *object = world_object(world, id);
    if (!object) {
        snprintf(out, n, "%s", "");
        return out;
    }
    switch (object->kind) {
    case OBJECT_none:
    case OBJECT_thread:
    case OBJECT_process:
        snprintf(out, n, "%s", object->name);
        break;
    case OBJECT_terminal:
        snprintf(out, n, "terminal");
        break;
    default:
        snprintf(out, n, "%s %s%s%s", object_word(object->kind, 0),
                 object_at(world, id)->prefixed ? process_at(world, object->process)->view.name : "",
                 object_at(world, id)->prefixed ? ":" : "", object->name);
        break;
    }
    return out;
}

size_t world_waiters(const struct world *world, uint32_t id, uint32_t *tasks, size_t max)
{
    size_t count = 0;
    for (uint32_t t = object_at(world, id)->head; t; t = task_at(world, t)->queue_next) {
        if (task_at(world, t)->view.state != STATE_blocked)
            continue;
        if (count < max)
            tasks[count] = t;
        count++;
    }
    return count;
}

size_t world_readers(const struct world *world, uint32_t id, uint32_t *tasks, size_t max)
{
    size_t count = 0;
    for (uint32_t r = object_at(world, id)->readers; r; r = reader_at(world, r)->next) {
        if (count < max)
            tasks[count] = reader_at(world, r)->task;
        count++;
    }
    return count;
}

/* ---- texts and places ---- */

const char *world_text(const struct world *world, uint32_t id)
{
    if (!id || id >= world->list[LIST_TEXT].count)
        return "";
    const struct text *text = list_at(world, LIST_TEXT, id);
    return (const char *)world->list[LIST_BYTE].items + text->at;
}

struct world_place world_place(const struct world *world, uint32_t id)
{
    return *(const struct world_place *)list_at(world, LIST_PLACE, id);
}

/* ---- the whole ---- */

uint32_t world_step_number(const struct world *world)
{
    return world->steps;
}

int64_t world_time(const struct world *world)
{
    return world->time;
}

uint32_t world_running(const struct world *world, uint32_t cpu)
{
    return cpu < WORLD_CPUS ? world->running[cpu] : 0;
}

enum verdict world_verdict(const struct world *world)
{
    return (enum verdict)world->verdict;
}

bool world_stuck(const struct world *world)
{
    if (!world->alive || world->timers)
        return false;
    bool waits = false;
    for (uint32_t p = world->first_process; p; p = process_at(world, p)->next) {
        const struct process *process = process_at(world, p);
        if (process->view.unobserved)
            return false;
        for (uint32_t t = process->first; t; t = task_at(world, t)->next) {
            const struct task *task = task_at(world, t);
            if (!task->view.held || task->outside || enabled(world, task))
                return false;
            if (task->waiting && task->view.deadline != INT64_MAX)
                return false;
            /* The person at the keyboard may type. */
            if (task->waiting && object_at(world, task->view.waits_for)->view.kind == OBJECT_terminal)
                return false;
            waits = true;
        }
    }
    return waits;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash ^= value + 0x9E3779B97F4A7C15ull + (hash << 6) + (hash >> 2);
    hash *= 0xFF51AFD7ED558CCDull;
    return hash ^ (hash >> 32);
}

uint64_t world_hash(const struct world *world)
{
    uint64_t hash = mix(1, (uint64_t)world->packets << 32 | world->packets_ended); /* what the wire does is progress */
    for (uint32_t id = 1; id < world->list[LIST_PROCESS].count; id++) {
        const struct process *process = process_at(world, id);
        hash = mix(hash, (uint64_t)process->view.state << 32 | process->view.parent);
        hash = mix(hash, process->view.pending ^ process->handled << 1 ^ process->ignored << 2);
        hash = mix(hash, (uint64_t)(uint32_t)process->view.status << 8 | process->reaped);
    }
    for (uint32_t id = 1; id < world->list[LIST_TASK].count; id++) {
        const struct task *task = task_at(world, id);
        const struct world_task *view = &task->view;
        hash = mix(hash, (uint64_t)view->state << 56 | (uint64_t)view->held << 55 | (uint64_t)view->woken << 54 |
                             (uint64_t)view->interrupted << 53 | (uint64_t)view->expired << 52 |
                             (uint64_t)task->phase << 48 | (uint64_t)view->operation << 32 | view->place);
        hash = mix(hash, (uint64_t)view->object << 32 | view->waits_for);
        hash = mix(hash, task->pending ^ task->mask << 1);
    }
    for (uint32_t id = 1; id < world->list[LIST_OBJECT].count; id++) {
        const struct world_object *object = &object_at(world, id)->view;
        hash = mix(hash, (uint64_t)object->owner << 32 | (uint32_t)object->count);
        hash = mix(hash, (uint64_t)object->value);
        if (object_at(world, id)->flow)
            hash = mix(hash, (uint64_t)object_at(world, id)->flow << 32 | object_at(world, id)->flow_task);
        for (uint32_t t = object_at(world, id)->head; t; t = task_at(world, t)->queue_next)
            hash = mix(hash, t);
    }
    return hash;
}
