/* The wait-for graph and the faults that are found in it; and what can only be called a fault at the end.
 *
 * An edge leads from a blocked task to each task that must act before it can go on: the owner of a lock, the readers
 * inside, the thread that is joined, the child that is waited for. A ring of such edges will never open, whatever the
 * others do; it is found when the last edge closes it. */
#include "world/world_state.h"

#include <string.h>

const char *fault_name(unsigned kind)
{
    static const char *const names[FAULT_COUNT] = {
        [FAULT_deadlock] = "deadlock",
        [FAULT_self_deadlock] = "self-deadlock",
        [FAULT_data_race] = "data-race",
        [FAULT_assertion] = "assertion",
        [FAULT_crash] = "crash",
        [FAULT_exit_status] = "exit-status",
        [FAULT_unlock_not_owner] = "unlock-not-owner",
        [FAULT_lost_wakeup] = "lost-wakeup",
        [FAULT_lock_leaked] = "lock-leaked",
        [FAULT_zombie_left] = "zombie-left",
        [FAULT_livelock] = "livelock",
        [FAULT_leftover_process] = "leftover-process",
    };
    return kind < FAULT_COUNT ? names[kind] : "unknown";
}

struct world_fault *world_fault_add(struct world *world, enum fault_kind kind)
{
    uint32_t id = world_list_add(world, LIST_FAULT);
    if (!id)
        return NULL;
    struct world_fault *fault = list_at(world, LIST_FAULT, id);
    fault->kind = (uint8_t)kind;
    fault->step = world->steps;
    return fault;
}

size_t world_fault_count(const struct world *world)
{
    return world->list[LIST_FAULT].count - 1;
}

const struct world_fault *world_fault(const struct world *world, size_t index)
{
    return index < world_fault_count(world) ? list_at(world, LIST_FAULT, (uint32_t)index + 1) : NULL;
}

static void fault_task(struct world_fault *fault, uint32_t task)
{
    for (unsigned i = 0; i < fault->task_count; i++)
        if (fault->tasks[i] == task)
            return;
    if (fault->task_count < 16)
        fault->tasks[fault->task_count++] = task;
}

static void fault_object(struct world_fault *fault, uint32_t object)
{
    if (!object)
        return;
    for (unsigned i = 0; i < fault->object_count; i++)
        if (fault->objects[i] == object)
            return;
    if (fault->object_count < 16)
        fault->objects[fault->object_count++] = object;
}

bool world_hopeless(const struct world *world, uint32_t id)
{
    const struct task *task = task_at(world, id);
    return world_live(world, task) && task->waiting && !task->granted && !task->view.woken && !task->view.expired &&
           !task->view.interrupted && task->view.deadline == INT64_MAX;
}

/* The tasks that `id` waits for; at most `max`. */
static size_t edges(const struct world *world, uint32_t id, uint32_t *to, size_t max)
{
    const struct task *task = task_at(world, id);
    const struct object *object = object_at(world, task->view.waits_for);
    size_t count = 0;
    if (task->view.waits_for_task) {
        to[count++] = task->view.waits_for_task;
        return count;
    }
    if (task->view.operation == OPERATION_process_wait && task->view.argument[0] > 0) {
        for (uint32_t p = world->first_process; p; p = process_at(world, p)->next) {
            const struct process *child = process_at(world, p);
            if (child->view.pid == task->view.argument[0] && child->view.parent == task->view.process &&
                child->alive == 1)
                to[count++] = child->first;
        }
        return count;
    }
    switch (object->view.kind) {
    case OBJECT_mutex:
    case OBJECT_spin:
    case OBJECT_rwlock:
    case OBJECT_once:
    case OBJECT_file:
        break;
    default:
        return 0;
    }
    if (object->view.kind == OBJECT_file && task->view.operation != OPERATION_file_lock)
        return 0;
    if (object->view.owner)
        to[count++] = object->view.owner;
    bool writes =
        task->view.operation == OPERATION_rwlock_wrlock || task->view.operation == OPERATION_rwlock_timedwrlock;
    if (writes)
        for (uint32_t r = object->readers; r && count < max; r = reader_at(world, r)->next)
            to[count++] = reader_at(world, r)->task;
    return count;
}

enum { RING_MAX = 64, EDGES_MAX = 32 };

/* Depth-first from `path[0]` back to it. Long chains end in somebody who can run, almost always at once. */
static size_t find_ring(const struct world *world, uint32_t *path)
{
    struct {
        uint32_t to[EDGES_MAX];
        size_t count, next;
    } level[RING_MAX];
    size_t depth = 0;
    unsigned budget = 4096;
    level[0].count = edges(world, path[0], level[0].to, EDGES_MAX);
    level[0].next = 0;
    for (;;) {
        if (level[depth].next == level[depth].count || !budget--) {
            if (!depth || !budget)
                return 0;
            depth--;
            continue;
        }
        uint32_t to = level[depth].to[level[depth].next++];
        if (to == path[0])
            return depth + 1;
        bool seen = !world_hopeless(world, to) || depth + 1 == RING_MAX;
        for (size_t i = 1; i <= depth && !seen; i++)
            seen = path[i] == to;
        if (seen)
            continue;
        path[++depth] = to;
        level[depth].count = edges(world, to, level[depth].to, EDGES_MAX);
        level[depth].next = 0;
    }
}

static bool told(const struct world *world, const uint32_t *tasks, size_t count)
{
    for (uint32_t i = 1; i < world->list[LIST_FAULT].count; i++) {
        const struct world_fault *fault = list_at(world, LIST_FAULT, i);
        if (fault->kind != FAULT_deadlock && fault->kind != FAULT_self_deadlock)
            continue;
        size_t met = 0;
        for (size_t k = 0; k < count; k++)
            for (unsigned j = 0; j < fault->task_count; j++)
                met += fault->tasks[j] == tasks[k];
        if (met == count || met == fault->task_count)
            return true;
    }
    return false;
}

/* A task that waits for a lock whose owner has ended: the lock was leaked, and somebody pays for it now. */
static void look_for_leak(struct world *world, uint32_t id)
{
    const struct object *object = object_at(world, task_at(world, id)->view.waits_for);
    if (!object->leaker)
        return;
    for (uint32_t i = 1; i < world->list[LIST_FAULT].count; i++) {
        const struct world_fault *fault = list_at(world, LIST_FAULT, i);
        if (fault->kind == FAULT_lock_leaked && fault->objects[0] == object->view.id)
            return;
    }
    struct world_fault *fault = world_fault_add(world, FAULT_lock_leaked);
    if (!fault)
        return;
    fault_task(fault, object->leaker);
    fault_task(fault, id);
    fault_object(fault, object->view.id);
    fault->process = task_at(world, object->leaker)->view.process;
}

void world_deadlock_look(struct world *world, uint32_t id)
{
    if (!world_hopeless(world, id))
        return;
    look_for_leak(world, id);
    uint32_t path[RING_MAX] = {id};
    size_t length = find_ring(world, path);
    if (!length || told(world, path, length))
        return;
    struct world_fault *fault = world_fault_add(world, length == 1 ? FAULT_self_deadlock : FAULT_deadlock);
    if (!fault)
        return;
    /* In the order in which they wait for one another, beginning with the one born first. */
    size_t first = 0;
    for (size_t i = 1; i < length; i++)
        if (path[i] < path[first])
            first = i;
    for (size_t i = 0; i < length; i++) {
        uint32_t task = path[(first + i) % length];
        fault_task(fault, task);
        fault_object(fault, task_at(world, task)->view.waits_for);
    }
    fault->process = task_at(world, id)->view.process;
}

/* ---- left waiting for ever ---- */

/* Does the task wait, at the end of its chain, for one that a ring or an earlier fault has told of? */
static bool behind_told(const struct world *world, uint32_t id)
{
    for (unsigned hops = 0; hops < 64; hops++) {
        if (told(world, &id, 1))
            return true;
        uint32_t to[EDGES_MAX];
        if (!edges(world, id, to, EDGES_MAX) || !world_hopeless(world, to[0]))
            return false;
        id = to[0];
    }
    return true;
}

/* Only what the model knows all about: not descriptors, whose readiness is being probed just now, nor children. */
static bool known_wait(const struct world *world, const struct task *task)
{
    switch (object_at(world, task->view.waits_for)->view.kind) {
    case OBJECT_mutex:
    case OBJECT_spin:
    case OBJECT_rwlock:
    case OBJECT_cond:
    case OBJECT_semaphore:
    case OBJECT_barrier:
    case OBJECT_once:
        return true;
    default:
        return task->view.waits_for_task != 0;
    }
}

static void lost_wakeup(struct world *world, uint32_t id)
{
    const struct task *task = task_at(world, id);
    const struct object *cond = object_at(world, task->view.waits_for);
    if (cond->view.kind != OBJECT_cond || !cond->missed || !task->waiting)
        return;
    uint32_t object = cond->view.id, process = task->view.process;
    for (uint32_t i = 1; i < world->list[LIST_FAULT].count; i++) {
        const struct world_fault *fault = list_at(world, LIST_FAULT, i);
        if (fault->kind == FAULT_lost_wakeup && fault->objects[0] == object)
            return;
    }
    int64_t missed = cond->missed;
    struct world_fault *fault = world_fault_add(world, FAULT_lost_wakeup);
    if (!fault)
        return;
    fault_task(fault, id);
    fault_object(fault, object);
    fault->process = process;
    fault->value = missed; /* the step of the signal */
}

void world_deadlock_stuck(struct world *world, bool at_end)
{
    if (!world_stuck(world))
        return;
    uint32_t left[16];
    size_t count = 0;
    for (uint32_t p = world->first_process; p; p = process_at(world, p)->next)
        for (uint32_t t = process_at(world, p)->first; t; t = task_at(world, t)->next) {
            const struct task *task = task_at(world, t);
            if (!at_end && (!known_wait(world, task) || process_at(world, p)->stopped))
                return;
            if (count < 16 && task->waiting && !process_at(world, p)->stopped && !behind_told(world, t))
                left[count++] = t;
        }
    if (!count)
        return;
    struct world_fault *fault = world_fault_add(world, FAULT_deadlock);
    if (!fault)
        return;
    for (size_t i = 0; i < count; i++) {
        fault_task(fault, left[i]);
        fault_object(fault, task_at(world, left[i])->view.waits_for);
    }
    fault->process = task_at(world, left[0])->view.process;
    for (size_t i = 0; i < count; i++)
        lost_wakeup(world, left[i]);
}

/* ---- the end ---- */

/* The run has come to a standstill and all that could go on is stopped: nobody will send SIGCONT. */
void world_deadlock_stopped(struct world *world)
{
    uint32_t tasks[16];
    size_t count = 0;
    for (uint32_t i = 1; i < world->list[LIST_FAULT].count; i++) {
        const struct world_fault *fault = list_at(world, LIST_FAULT, i);
        if (fault->kind == FAULT_deadlock || fault->kind == FAULT_self_deadlock)
            return;
    }
    for (uint32_t p = world->first_process; p; p = process_at(world, p)->next)
        for (uint32_t t = process_at(world, p)->stopped ? process_at(world, p)->first : 0; t;
             t = task_at(world, t)->next)
            if (count < 16)
                tasks[count++] = t;
    struct world_fault *fault = count ? world_fault_add(world, FAULT_deadlock) : NULL;
    if (!fault)
        return;
    for (size_t i = 0; i < count; i++)
        fault_task(fault, tasks[i]);
    fault->process = task_at(world, tasks[0])->view.process;
}

static void locks_leaked(struct world *world)
{
    for (uint32_t i = 1; i < world->list[LIST_OBJECT].count; i++) {
        const struct object *object = object_at(world, i);
        if (!object->leaker || object->view.destroyed)
            continue;
        bool known = false;
        for (uint32_t k = 1; k < world->list[LIST_FAULT].count && !known; k++) {
            const struct world_fault *fault = list_at(world, LIST_FAULT, k);
            known = fault->kind == FAULT_lock_leaked && fault->objects[0] == i;
        }
        uint32_t leaker = object->leaker;
        struct world_fault *fault = known ? NULL : world_fault_add(world, FAULT_lock_leaked);
        if (!fault)
            continue;
        fault_task(fault, leaker);
        fault_object(fault, i);
        fault->process = task_at(world, leaker)->view.process;
    }
}

static void processes_left(struct world *world)
{
    for (uint32_t p = world->first_process; p; p = process_at(world, p)->next) {
        const struct process *root = process_at(world, process_at(world, p)->view.root);
        if (root->view.id == p || (root->view.state != STATE_zombie && root->view.state != STATE_terminated))
            continue;
        struct world_fault *fault = world_fault_add(world, FAULT_leftover_process);
        if (!fault)
            return;
        fault->process = p;
        if (process_at(world, p)->view.main_task)
            fault_task(fault, process_at(world, p)->view.main_task);
    }
}

void world_fault_end(struct world *world)
{
    if (world->verdict == VERDICT_bound)
        return; /* stopped half-way: nothing was left, it only was not waited for */
    world_deadlock_stuck(world, true);
    if (world->verdict == VERDICT_deadlock)
        world_deadlock_stopped(world);
    locks_leaked(world);
    processes_left(world);
}
