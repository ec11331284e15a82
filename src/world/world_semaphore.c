/* Semaphores: the count is what the kernel's object says after each operation; a post makes every waiter ready. */
#include "world/world_state.h"

static void counted(struct world *world, const struct event *event)
{
    object_at(world, event->object)->view.count = (int32_t)event->argument[0];
}

void world_reduce_semaphore_init(struct world *world, const struct event *event)
{
    if (event->kind != EVENT_GOT || event->value != 0)
        return;
    struct object *semaphore = object_at(world, event->object);
    semaphore->view.count = (int32_t)task_at(world, event->task)->view.argument[0];
    semaphore->view.destroyed = 0;
    world_clock_clear(world, &semaphore->clock);
}

void world_reduce_semaphore_destroy(struct world *world, const struct event *event)
{
    if (event->kind == EVENT_GOT && event->value == 0)
        object_at(world, event->object)->view.destroyed = 1;
}

void world_reduce_semaphore_open(struct world *world, const struct event *event)
{
    if (event->kind == EVENT_GOT && event->outcome == OUTCOME_done)
        counted(world, event);
}

void world_reduce_semaphore_close(struct world *world, const struct event *event)
{
    (void)world, (void)event;
}

void world_reduce_semaphore_unlink(struct world *world, const struct event *event)
{
    (void)world, (void)event;
}

static void taken(struct world *world, const struct event *event)
{
    if (event->kind == EVENT_BLOCKED) {
        const struct object *semaphore = object_at(world, event->object);
        if (semaphore->view.count > 0)
            world_diverge(world, "%s is blocked on %s, whose count was thought to be %d",
                          task_at(world, event->task)->view.name, semaphore->view.name, semaphore->view.count);
        return;
    }
    if (event->kind != EVENT_GOT || event->outcome != OUTCOME_done || event->value != 0 ||
        (event->flags & RECORD_CANCELLED))
        return;
    counted(world, event);
    world_acquire(world, event->task, event->object);
}

void world_reduce_semaphore_wait(struct world *world, const struct event *event)
{
    taken(world, event);
}

void world_reduce_semaphore_trywait(struct world *world, const struct event *event)
{
    taken(world, event);
}

void world_reduce_semaphore_timedwait(struct world *world, const struct event *event)
{
    taken(world, event);
}

void world_reduce_semaphore_post(struct world *world, const struct event *event)
{
    if (event->kind != EVENT_GOT || event->value != 0)
        return;
    counted(world, event);
    world_release(world, event->task, event->object);
    world_wake_all(world, event->object);
}

void world_reduce_semaphore_getvalue(struct world *world, const struct event *event)
{
    if (event->kind == EVENT_GOT && event->value == 0)
        world_acquire(world, event->task, event->object);
}
