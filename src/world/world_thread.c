/* Threads: birth and end of tasks, joining, detaching, cancelling, one-time initialisers. */
#include "world/world_state.h"

#include <stdio.h>
#include <string.h>

void world_task_born(struct world *world, const struct event *event)
{
    struct process *process = process_at(world, event->other);
    if (event->task != world->list[LIST_TASK].count || !process->view.id) {
        world_diverge(world, "task %u is born out of order or in an unknown process", event->task);
        return;
    }
    if (!world_list_add(world, LIST_TASK))
        return;
    struct task *task = task_at(world, event->task);
    struct world_task *view = &task->view;
    *view = (struct world_task){
        .id = event->task,
        .process = event->other,
        .number = (uint32_t)event->value,
        .state = STATE_new,
        .helper = process->view.helper,
        .cpu = -1,
        .creator = (uint32_t)event->argument[0],
        .deadline = INT64_MAX,
    };
    if (view->number)
        snprintf(view->name, sizeof view->name, "%s.T%u", process->view.name, view->number);
    else
        snprintf(view->name, sizeof view->name, "%s.main", process->view.name);
    if (!view->number || !process->view.main_task)
        process->view.main_task = event->task;
    /* Into the live tasks in order of numbers: almost always the last. */
    uint32_t before = process->last;
    while (before && task_at(world, before)->view.number > view->number)
        before = task_at(world, before)->previous;
    task->previous = before;
    task->next = before ? task_at(world, before)->next : process->first;
    *(before ? &task_at(world, before)->next : &process->first) = event->task;
    *(task->next ? &task_at(world, task->next)->previous : &process->last) = event->task;
    process->alive++;
    world->alive++;
    /* A thread or a forked child begins after what its creator has done. The creator's mask is inherited. */
    const struct task *creator = task_at(world, view->creator);
    task->mask = creator->mask;
    if (creator->view.id)
        world_edge(world, view->creator, event->task);
    world_clock_tick(world, &task_at(world, event->task)->clock, event->task);
}

void world_task_end(struct world *world, uint32_t id, bool process_too)
{
    struct task *task = task_at(world, id);
    if (!world_live(world, task))
        return;
    struct process *process = process_at(world, task->view.process);
    task->ended = 1;
    task->waiting = task->granted = task->outside = 0;
    task->view.held = 0;
    world_queue_leave(world, task);
    if (task->view.cpu >= 0) {
        if (world->running[task->view.cpu] == id)
            world->running[task->view.cpu] = 0;
        task->view.cpu = -1;
    }
    *(task->previous ? &task_at(world, task->previous)->next : &process->first) = task->next;
    *(task->next ? &task_at(world, task->next)->previous : &process->last) = task->previous;
    process->alive--;
    world->alive--;
    while (task->questions) {
        uint32_t question = task->questions;
        task->questions = question_at(world, question)->next;
        /* An initialiser that did not finish has not run. */
        struct object *object = object_at(world, question_at(world, question)->object);
        if (question_at(world, question)->operation == OPERATION_once_run && object->view.owner == id) {
            object->view.owner = 0;
            world_wake_all(world, object->view.id);
        }
        world_list_give(world, LIST_QUESTION, question);
    }
    task->depth = 0;
    struct object *object = object_at(world, task->view.object);
    if (task->view.operation == OPERATION_once_run && object->view.owner == id) {
        object->view.owner = 0;
        world_wake_all(world, object->view.id);
    }
    task->view.waits_for = task->view.waits_for_task = 0;
    world_settle(world, task);
    world_task_locks_end(world, id, process_too || process->exiting);
    /* Who joins it may go on; its signals are somebody else's to handle now. */
    for (uint32_t t = process->first; t; t = task_at(world, t)->next)
        if (task_at(world, t)->view.waits_for_task == id)
            world_wake(world, t);
    if (process->view.pending)
        world_signal_refresh(world, process->view.id);
    world_clock_join(world, &process->clock, task->clock);
    if (task->detached)
        world_clock_clear(world, &task->clock);
}

void world_reduce_thread_start(struct world *world, const struct event *event)
{
    (void)world, (void)event;
}

void world_reduce_thread_create(struct world *world, const struct event *event)
{
    (void)world, (void)event; /* EVENT_TASK has done it */
}

/* What is collected is gone: its clock is needed no more. */
static void joined(struct world *world, const struct event *event)
{
    struct task *task = task_at(world, event->task);
    uint32_t target = task->other ? task->other : event->other;
    struct task *other = task_at(world, target);
    if (event->kind == EVENT_BLOCKED) {
        task->view.waits_for_task = target;
        if (!world_live(world, other))
            world_diverge(world, "%s waits for %s, which has ended", task->view.name, other->view.name);
        return;
    }
    if (event->kind != EVENT_GOT || event->value != 0 || (event->flags & RECORD_CANCELLED) || !other->view.id)
        return;
    if (!other->ended)
        world_diverge(world, "%s joined %s, which has not ended", task->view.name, other->view.name);
    other->joined = 1;
    world_edge(world, target, event->task);
    if (other->ended)
        world_clock_clear(world, &other->clock);
}

void world_reduce_thread_join(struct world *world, const struct event *event)
{
    joined(world, event);
}

void world_reduce_thread_tryjoin(struct world *world, const struct event *event)
{
    joined(world, event);
}

void world_reduce_thread_timedjoin(struct world *world, const struct event *event)
{
    joined(world, event);
}

void world_reduce_thread_exit(struct world *world, const struct event *event)
{
    (void)world, (void)event; /* EVENT_TASK_ENDED does it */
}

void world_reduce_thread_detach(struct world *world, const struct event *event)
{
    if (event->kind != EVENT_GOT || event->value != 0)
        return;
    struct task *target = task_at(world, task_at(world, event->task)->other);
    target->detached = 1;
    if (target->ended)
        world_clock_clear(world, &target->clock);
}

void world_reduce_thread_cancel(struct world *world, const struct event *event)
{
    if (event->kind != EVENT_GOT || event->value != 0)
        return;
    struct task *target = task_at(world, task_at(world, event->task)->other);
    if (!world_live(world, target))
        return;
    target->cancelled = 1;
    /* A request ends the wait of a task that is blocked at a cancellation point. */
    world_interrupt_settle(world, target);
}

void world_reduce_thread_yield(struct world *world, const struct event *event)
{
    (void)world, (void)event;
}

void world_reduce_thread_resume(struct world *world, const struct event *event)
{
    (void)world, (void)event;
}

void world_reduce_thread_compute(struct world *world, const struct event *event)
{
    (void)world, (void)event;
}

void world_reduce_thread_priority(struct world *world, const struct event *event)
{
    if (event->kind != EVENT_GOT || event->value != 0)
        return;
    const struct task *task = task_at(world, event->task);
    uint32_t target = task->other ? task->other : event->task;
    task_at(world, target)->view.priority = (int32_t)task->view.argument[0];
}

/* The one who runs the initialiser owns it from its grant (seen at its first question or GOT) to its GOT. */
void world_reduce_once_run(struct world *world, const struct event *event)
{
    struct object *once = object_at(world, event->object);
    if (event->kind != EVENT_GOT || !once->view.id)
        return;
    if (once->view.owner == event->task || !once->ran) {
        once->view.owner = 0;
        if (event->flags & RECORD_CANCELLED) {
            world_wake_all(world, event->object);
            return;
        }
        once->ran = 1;
        once->runner = event->task;
        once->view.count = 1;
        world_release(world, event->task, event->object);
        world_wake_all(world, event->object);
        return;
    }
    world_acquire(world, event->task, event->object);
}
