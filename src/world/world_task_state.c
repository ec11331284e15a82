/* Where a task is: the state that is shown of it, its CPU, its place in an object's queue, and being woken there. What
 * makes it go from one to another is the business of events (world.c) and of reducers. */
#include "world/world_state.h"

bool world_live(const struct world *world, const struct task *task)
{
    (void)world;
    return task->view.id != 0 && !task->ended;
}

void world_settle(struct world *world, struct task *task)
{
    struct world_task *view = &task->view;
    if (!view->id)
        return;
    if (task->ended) {
        /* A process that nobody has waited for yet is seen at its main task. */
        const struct process *process = process_at(world, view->process);
        bool zombie = process->view.state == STATE_zombie && process->view.main_task == view->id;
        view->state = zombie ? STATE_zombie : STATE_terminated;
    } else if (process_at(world, view->process)->stopped)
        view->state = STATE_stopped;
    else if (task->outside)
        view->state = STATE_blocked;
    else if (view->cpu >= 0)
        view->state = STATE_running;
    else if (!task->started && !task->admitted)
        view->state = STATE_new;
    else if (task->waiting && !view->woken && !view->expired && !view->interrupted)
        view->state = STATE_blocked;
    else
        view->state = STATE_ready;
}

void world_cpu_leave(struct world *world, struct task *task)
{
    if (task->view.cpu >= 0 && world->running[task->view.cpu] == task->view.id)
        world->running[task->view.cpu] = 0;
    task->view.cpu = -1;
}

void world_cpu_enter(struct world *world, struct task *task, int64_t cpu)
{
    if (cpu < 0 || cpu >= WORLD_CPUS) {
        world_diverge(world, "%s was given CPU %lld, which does not exist", task->view.name, (long long)cpu);
        cpu = 0;
    }
    uint32_t before = world->running[cpu];
    if (before == task->view.id && task->view.cpu == (int32_t)cpu)
        return;
    world_cpu_leave(world, task);
    if (before) {
        struct task *other = task_at(world, before);
        other->view.cpu = -1;
        world_settle(world, other);
    }
    world->running[cpu] = task->view.id;
    task->view.cpu = (int32_t)cpu;
}

void world_queue_leave(struct world *world, struct task *task)
{
    if (!task->queue)
        return;
    struct object *object = object_at(world, task->queue);
    if (task->queue_previous)
        task_at(world, task->queue_previous)->queue_next = task->queue_next;
    else
        object->head = task->queue_next;
    if (task->queue_next)
        task_at(world, task->queue_next)->queue_previous = task->queue_previous;
    else
        object->tail = task->queue_previous;
    task->queue = task->queue_next = task->queue_previous = 0;
}

void world_queue_enter(struct world *world, struct task *task, uint32_t id)
{
    if (task->queue == id)
        return; /* it keeps its place */
    world_queue_leave(world, task);
    struct object *object = object_at(world, id);
    if (!object->view.id)
        return;
    task->view.blocked_at = ++world->arrivals;
    task->queue_depth = task->depth;
    task->queue = id;
    task->queue_previous = object->tail;
    task->queue_next = 0;
    if (object->tail)
        task_at(world, object->tail)->queue_next = task->view.id;
    else
        object->head = task->view.id;
    object->tail = task->view.id;
}

void world_wake(struct world *world, uint32_t id)
{
    struct task *task = task_at(world, id);
    if (!world_live(world, task) || !task->waiting)
        return;
    task->view.woken = 1;
    world_settle(world, task);
}

void world_wake_all(struct world *world, uint32_t id)
{
    uint32_t next;
    for (uint32_t waiter = object_at(world, id)->head; waiter; waiter = next) {
        next = task_at(world, waiter)->queue_next;
        world_wake(world, waiter);
    }
}

void world_wake_queued(struct world *world, uint32_t id)
{
    struct task *task = task_at(world, id);
    struct question *below = world_question_queued(world, task);
    if (below) {
        below->woken = 1;
        below->phase = PHASE_woken;
    } else {
        world_wake(world, id);
        task->phase = PHASE_woken;
    }
    world_queue_leave(world, task);
}
