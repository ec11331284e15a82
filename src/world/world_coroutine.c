/* Coroutines. A context variable stands for a flow of control: the one that was saved in it. A thread's own flow gets its
 * name when it is left for the first time. Which task is granted is none of a coroutine's business: for the rest of the
 * model a switch changes nothing but the thread's signal mask, which a context brings along. */
#include "world/world_coroutine.h"

#include "world/world_state.h"

struct world_coroutine world_coroutine(const struct world *world, uint32_t id)
{
    const struct world_object *view = world_object(world, id);
    if (!view || view->kind != OBJECT_coroutine)
        return (struct world_coroutine){.state = COROUTINE_none};
    const struct object *object = object_at(world, id);
    return (struct world_coroutine){.state = object->flow,
                                    .task = object->flow_task,
                                    .from = object->flow_from,
                                    .step = object->flow_step,
                                    .switches = view->generation};
}

uint32_t world_coroutine_of(const struct world *world, uint32_t task)
{
    for (uint32_t id = 1; id < world->list[LIST_OBJECT].count; id++) {
        const struct object *object = object_at(world, id);
        if (object->view.kind == OBJECT_coroutine && object->flow == COROUTINE_running && object->flow_task == task)
            return id;
    }
    return 0;
}

static void leave(struct world *world, uint32_t id, uint32_t task, enum coroutine_state state)
{
    struct object *left = object_at(world, id);
    if (!left->view.id)
        return;
    left->flow = (uint8_t)state;
    left->flow_task = task;
}

static void enter(struct world *world, const struct event *event, uint32_t id, uint32_t from)
{
    struct object *object = object_at(world, id);
    if (!object->view.id)
        return;
    object->flow = COROUTINE_running;
    object->flow_task = event->task;
    object->flow_from = from;
    object->flow_step = world->steps;
    object->view.generation++;
}

/* The signals that the context entered blocks are blocked now. */
static void mask_set(struct world *world, const struct event *event)
{
    struct task *task = task_at(world, event->task);
    if (task->mask == (uint64_t)event->argument[0])
        return;
    task->mask = (uint64_t)event->argument[0];
    world_signal_refresh(world, task->view.process);
}

void world_reduce_coroutine_create(struct world *world, const struct event *event)
{
    if (event->kind != EVENT_GOT || event->outcome != OUTCOME_done)
        return;
    struct object *object = object_at(world, event->object);
    if (!object->view.id)
        return;
    leave(world, event->object, event->task, COROUTINE_new);
    object->flow_from = object->flow_step = object->view.generation = 0;
    object->view.destroyed = 0;
}

void world_reduce_coroutine_switch(struct world *world, const struct event *event)
{
    if (event->kind != EVENT_GOT || event->outcome != OUTCOME_done)
        return;
    uint32_t was = world_coroutine_of(world, event->task);
    uint32_t saved = task_at(world, event->task)->view.second;
    uint32_t left = saved ? saved : was;
    if (was && was != left)
        leave(world, was, event->task, COROUTINE_ended); /* its flow can be found in another variable from now */
    leave(world, left, event->task, COROUTINE_suspended);
    enter(world, event, event->object, left != event->object ? left : 0);
    mask_set(world, event);
}

void world_reduce_coroutine_end(struct world *world, const struct event *event)
{
    if (event->kind != EVENT_GOT || event->outcome != OUTCOME_done)
        return;
    uint32_t was = world_coroutine_of(world, event->task);
    uint32_t successor = task_at(world, event->task)->view.second;
    if (was && was != event->object)
        leave(world, was, event->task, COROUTINE_ended);
    leave(world, event->object, event->task, COROUTINE_ended);
    if (!successor)
        return;
    enter(world, event, successor, event->object);
    mask_set(world, event);
}
