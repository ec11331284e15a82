/* The question that a task has asked, when another comes in its midst: a handler's, an initialiser's. The outer ones are kept
 * in a list and become the task's own again, innermost first. */
#include "world/world_state.h"

#include <string.h>

void world_question_save(struct world *world, struct task *task)
{
    uint32_t id = world_list_take(world, LIST_QUESTION);
    if (!id)
        return;
    struct question *question = question_at(world, id);
    *question = (struct question){
        .operation = task->view.operation,
        .held = task->view.held || task->granted == GRANTED_for_handler,
        .granted = task->granted == GRANTED_step,
        .woken = task->view.woken,
        .waiting = task->waiting,
        .phase = task->phase,
        .object = task->view.object,
        .second = task->view.second,
        .place = task->view.place,
        .other = task->other,
        .waits_for = task->view.waits_for,
        .waits_for_task = task->view.waits_for_task,
        .blocked_at = task->view.blocked_at,
        .next = task->questions,
        .deadline = task->view.deadline,
    };
    memcpy(question->argument, task->view.argument, sizeof question->argument);
    /* Who waits on a condition or at a barrier is still to be woken while its handler runs; other waits are tried anew. */
    if (task->queue_depth == task->depth && !(operation_row(task->view.operation)->flags & OPERATION_EMULATED))
        world_queue_leave(world, task);
    task->questions = id;
    task->depth++;
}

/* The question below becomes the task's own again. A blocked one is ready to be tried again: it was interrupted. */
void world_question_restore(struct world *world, struct task *task)
{
    uint32_t id = task->questions;
    struct question question = *question_at(world, id);
    world_list_give(world, LIST_QUESTION, id);
    task->questions = question.next;
    task->depth--;
    struct world_task *view = &task->view;
    view->operation = question.operation;
    view->object = question.object;
    view->second = question.second;
    view->place = question.place;
    view->waits_for = question.waits_for;
    view->waits_for_task = question.waits_for_task;
    view->blocked_at = question.blocked_at;
    view->deadline = question.deadline;
    memcpy(view->argument, question.argument, sizeof view->argument);
    task->other = question.other;
    task->phase = question.phase;
    task->waiting = question.waiting;
    task->granted = question.granted;
    view->held = question.held;
    view->woken = question.woken;
    view->expired = task->waiting && view->deadline <= world->time;
}

void world_question_clear(struct task *task)
{
    task->waiting = task->granted = task->phase = task->resumed = task->turned_away = 0;
    task->view.held = task->view.woken = task->view.expired = 0;
    task->view.waits_for = task->view.waits_for_task = 0;
    task->view.deadline = INT64_MAX;
}

struct question *world_question_queued(const struct world *world, const struct task *task)
{
    if (!task->queue || task->queue_depth == task->depth)
        return NULL;
    uint32_t id = task->questions;
    for (unsigned depth = task->depth; id && depth > task->queue_depth + 1u; depth--)
        id = question_at(world, id)->next;
    return id ? question_at(world, id) : NULL;
}
