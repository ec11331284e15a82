/* Condition variables. A wait is three acts: release the mutex and queue on the condition (BLOCKED on the condition);
 * be woken, or run out of time; take the mutex again (GOT, or BLOCKED on the mutex first). POSIX lets a wait end without
 * a signal, so an interrupted one may simply go on. */
#include "world/world_state.h"

#include <errno.h>

static void wait_blocked(struct world *world, const struct event *event)
{
    struct task *task = task_at(world, event->task);
    uint32_t cond = task->view.object, mutex = task->view.second;
    if (event->object == cond && task->phase == PHASE_none) {
        task->phase = PHASE_waiting;
        world_mutex_unlock(world, mutex, event->task);
        return;
    }
    if (event->object == cond) { /* interrupted or woken for nothing, it waits on */
        task->phase = PHASE_waiting;
        return;
    }
    if (event->object != mutex) {
        world_diverge(world, "%s waits on %s and is blocked on something else", task->view.name,
                      object_at(world, cond)->view.name);
        return;
    }
    if (task->phase == PHASE_waiting) /* woken by nobody that the model knows */
        task->phase = PHASE_woken;
    /* The limit was for the condition; the mutex is taken however long it lasts. */
    task->view.deadline = INT64_MAX;
    if (!object_at(world, mutex)->view.owner && !object_at(world, mutex)->view.ghost)
        world_diverge(world, "%s is blocked on %s, which was thought free", task->view.name,
                      object_at(world, mutex)->view.name);
}

static void cond_waited(struct world *world, const struct event *event)
{
    struct task *task = task_at(world, event->task);
    if (event->kind == EVENT_BLOCKED) {
        wait_blocked(world, event);
        return;
    }
    if (event->kind != EVENT_GOT || task->phase == PHASE_none)
        return; /* never waited: an error, the mutex stays as it is */
    uint32_t mutex = task->view.second;
    world_hold(world, mutex, event->task);
    world_acquire(world, event->task, mutex);
}

void world_reduce_cond_wait(struct world *world, const struct event *event)
{
    cond_waited(world, event);
}

void world_reduce_cond_timedwait(struct world *world, const struct event *event)
{
    cond_waited(world, event);
}

/* The waiter leaves the condition: from now on it only needs the mutex. */
static void wake_waiter(struct world *world, uint32_t waker, uint32_t waiter)
{
    world_wake_queued(world, waiter);
    world_edge(world, waker, waiter);
}

/* The first that waits and has not run out of time or been interrupted. */
static uint32_t first_waiter(const struct world *world, uint32_t cond)
{
    for (uint32_t t = object_at(world, cond)->head; t; t = task_at(world, t)->queue_next) {
        const struct task *task = task_at(world, t);
        if (world_question_queued(world, task) || (task->phase == PHASE_waiting && !task->view.expired))
            return t;
    }
    return object_at(world, cond)->head;
}

void world_reduce_cond_signal(struct world *world, const struct event *event)
{
    if (event->kind != EVENT_GOT || event->value != 0)
        return;
    uint32_t waiter = event->other ? event->other : first_waiter(world, event->object);
    struct object *cond = object_at(world, event->object);
    if (waiter && task_at(world, waiter)->queue != event->object) {
        world_diverge(world, "%s was woken from %s, where it does not wait", task_at(world, waiter)->view.name,
                      cond->view.name);
        return;
    }
    cond->woken_last = waiter;
    if (waiter)
        wake_waiter(world, event->task, waiter);
    else
        cond->missed = world->steps;
}

void world_reduce_cond_broadcast(struct world *world, const struct event *event)
{
    if (event->kind != EVENT_GOT || event->value != 0)
        return;
    struct object *cond = object_at(world, event->object);
    cond->woken_last = 0;
    if (!cond->head)
        cond->missed = world->steps;
    while (cond->head) {
        cond->woken_last++; /* how many */
        wake_waiter(world, event->task, cond->head);
    }
}

void world_reduce_cond_init(struct world *world, const struct event *event)
{
    struct object *cond = object_at(world, event->object);
    if (event->kind == EVENT_GOT && event->value == 0) {
        cond->missed = 0;
        cond->view.destroyed = 0;
    }
}

void world_reduce_cond_destroy(struct world *world, const struct event *event)
{
    if (event->kind == EVENT_GOT && event->value == 0)
        object_at(world, event->object)->view.destroyed = 1;
}
