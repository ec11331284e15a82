/* Barriers. The model rules on them (world_rule): all but the last of a round are blocked, the last one gets
 * PTHREAD_BARRIER_SERIAL_THREAD and lets the others go. */
#include "world/world_state.h"

void world_reduce_barrier_init(struct world *world, const struct event *event)
{
    if (event->kind != EVENT_GOT || event->value != 0)
        return;
    struct object *barrier = object_at(world, event->object);
    barrier->view.capacity = (int32_t)task_at(world, event->task)->view.argument[0];
    barrier->view.count = 0;
    barrier->view.generation = 0;
    barrier->view.destroyed = 0;
}

void world_reduce_barrier_destroy(struct world *world, const struct event *event)
{
    if (event->kind == EVENT_GOT && event->value == 0)
        object_at(world, event->object)->view.destroyed = 1;
}

void world_reduce_barrier_wait(struct world *world, const struct event *event)
{
    struct object *barrier = object_at(world, event->object);
    if (event->kind == EVENT_BLOCKED) {
        if (task_at(world, event->task)->phase == PHASE_none) {
            task_at(world, event->task)->phase = PHASE_waiting;
            barrier->view.count++;
            world_release(world, event->task, event->object);
        }
        return;
    }
    if (event->kind != EVENT_GOT || event->value != -1)
        return;
    /* The last has come: everything done before by anyone is known to all now. */
    world_release(world, event->task, event->object);
    world_acquire(world, event->task, event->object);
    barrier = object_at(world, event->object);
    barrier->view.count = 0;
    barrier->view.generation++;
    while (barrier->head) {
        uint32_t waiter = barrier->head;
        world_acquire(world, waiter, event->object);
        world_wake_queued(world, waiter);
    }
    world_clock_clear(world, &barrier->clock);
}
