/* Virtual time: deadlines that pass, timers, sleeps. */
#include "world/world_state.h"

void world_time_advance(struct world *world, int64_t now)
{
    if (now < world->time) {
        if (now) /* an event without a time says nothing about it */
            world_diverge(world, "time went back from %lld to %lld ns", (long long)world->time, (long long)now);
        return;
    }
    world->time = now;
    if (now < world->nearest)
        return;
    world->nearest = INT64_MAX;
    for (uint32_t p = world->first_process; p; p = process_at(world, p)->next)
        for (uint32_t t = process_at(world, p)->first; t; t = task_at(world, t)->next) {
            struct task *task = task_at(world, t);
            if (!task->waiting || task->view.expired || task->view.deadline == INT64_MAX)
                continue;
            if (task->view.deadline <= now) {
                task->view.expired = 1;
                world_settle(world, task);
            } else if (task->view.deadline < world->nearest) {
                world->nearest = task->view.deadline;
            }
        }
    if (!world->timers)
        return;
    for (uint32_t id = 1; id < world->list[LIST_OBJECT].count; id++) {
        struct object *timer = object_at(world, id);
        if (timer->deadline <= now) {
            timer->deadline = INT64_MAX;
            world->timers--;
        } else if (timer->deadline < world->nearest) {
            world->nearest = timer->deadline;
        }
    }
}

void world_reduce_time_sleep(struct world *world, const struct event *event)
{
    (void)world, (void)event;
}

void world_reduce_time_read(struct world *world, const struct event *event)
{
    (void)world, (void)event;
}

void world_reduce_time_timer(struct world *world, const struct event *event)
{
    (void)world, (void)event; /* EVENT_DEADLINE says when it fires */
}
