/* The way of an event through a world: what is common to all operations happens here (who is held,
 * granted, waiting, on which CPU); what an operation means is its reducer's business, found by the table that
 * operations.def expands to. No I/O, no clock, no globals that change. */
#include "world/world_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- divergence ---- */

void world_diverge(struct world *world, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(world->divergence, sizeof world->divergence, format, arguments);
    va_end(arguments);
    world->divergences++;
    world->invalid = 1;
}

const char *world_divergence(const struct world *world)
{
    return world->divergence;
}

unsigned world_divergence_count(const struct world *world)
{
    return world->divergences;
}

/* ---- operations ---- */

typedef void reducer(struct world *, const struct event *);

static reducer *const reducers[OPERATION_COUNT] = {
#define OPERATION(id, name, family, object, flags, en, zh) [OPERATION_##id] = world_reduce_##id,
#include "operations/operations.def"
#undef OPERATION
};

static void reduce(struct world *world, const struct event *event)
{
    if (event->operation > OPERATION_none && event->operation < OPERATION_COUNT)
        reducers[event->operation](world, event);
}

/* The deadline that a question has, if any (the forms with a limit say so in different arguments). */
static int64_t asked_deadline(const struct event *event)
{
    if (event->flags & RECORD_DEADLINE)
        return event->argument[3];
    switch (event->operation) {
    case OPERATION_cond_timedwait:
    case OPERATION_mutex_timedlock:
    case OPERATION_rwlock_timedrdlock:
    case OPERATION_rwlock_timedwrlock:
    case OPERATION_semaphore_timedwait:
    case OPERATION_io_poll:
    case OPERATION_time_sleep:
        return event->other ? event->argument[3] : INT64_MAX;
    case OPERATION_thread_timedjoin:
        return event->second ? event->argument[3] : INT64_MAX;
    default:
        return INT64_MAX;
    }
}

static struct task *event_task(struct world *world, const struct event *event)
{
    struct task *task = task_at(world, event->task);
    if (!task->view.id) {
        world_diverge(world, "an event names task %u, which was never born", event->task);
        return NULL;
    }
    if (task->ended) {
        world_diverge(world, "an event names %s, which has ended", task->view.name);
        return NULL;
    }
    if (event->object >= world->list[LIST_OBJECT].count || event->second >= world->list[LIST_OBJECT].count) {
        world_diverge(world, "%s names an object that was never announced", task->view.name);
        return NULL;
    }
    return task;
}

/* The same question once more: the task had been let go so that its handlers could run. Condition waits and barriers
 * wait on as if nothing had happened; anything else is tried again, and may end with EINTR. */
static void step_asked_again(struct world *world, struct task *task)
{
    bool emulated = (operation_row(task->view.operation)->flags & OPERATION_EMULATED) != 0;
    task->view.held = 1;
    task->resumed = 0;
    if (!task->handled) {
        /* No handler ran: which thread takes a signal for the process is the kernel's choice, and it chose another. */
        struct process *process = process_at(world, task->view.process);
        process->view.pending &= ~(process->handled & ~task->mask);
        task->pending &= ~(process->handled & ~task->mask);
        world_signal_refresh(world, task->view.process);
    }
    task->handled = 0;
    if (task->waiting && !emulated) {
        task->view.woken = 1;
    } else if (task->waiting && !task->view.woken && !task->view.expired) {
        world_cpu_leave(world, task);
        world_queue_enter(world, task, task->view.waits_for);
    }
    if (task->view.deadline < world->nearest && !task->view.expired)
        world->nearest = task->view.deadline;
    world_interrupt_settle(world, task);
}

static void step_asked(struct world *world, const struct event *event)
{
    struct task *task = event_task(world, event);
    if (!task)
        return;
    if ((event->flags & RECORD_RETRY) && event->operation == task->view.operation && !task->granted) {
        step_asked_again(world, task);
        return;
    }
    /* Going on after a create is no step: the next question takes its place. */
    if (task->view.operation == OPERATION_thread_resume)
        task->granted = 0;
    else if (task->view.operation && (task->view.held || task->granted || task->waiting)) {
        /* A handler interrupts a question; an initialiser or a handler asks in the midst of its own step. */
        bool nests = event->operation == OPERATION_signal_deliver || task->granted == GRANTED_step;
        if (!nests) {
            world_diverge(world, "%s asks for %s while its %s is not over", task->view.name,
                          operation_row(event->operation)->name, operation_row(task->view.operation)->name);
        } else if (task->depth < 8) {
            world_question_save(world, task);
            task = task_at(world, event->task);
        }
    }
    world_question_clear(task);
    struct world_task *view = &task->view;
    view->operation = event->operation < OPERATION_COUNT ? event->operation : OPERATION_none;
    view->object = event->object;
    view->second = event->second;
    view->place = event->place;
    view->held = 1;
    view->deadline = asked_deadline(event);
    memcpy(view->argument, event->argument, sizeof view->argument);
    task->other = event->other;
    task->outside = 0;
    reduce(world, event);
    task = task_at(world, event->task);
    world_interrupt_settle(world, task);
}

static void step_granted(struct world *world, const struct event *event)
{
    struct task *task = event_task(world, event);
    if (!task)
        return;
    if (!task->view.held)
        world_diverge(world, "%s was granted a step but does not wait for one", task->view.name);
    world_time_advance(world, event->time);
    /* Whoever was made in the step before is admitted now. */
    while (world->admitted + 1 < world->list[LIST_TASK].count) {
        struct task *newcomer = task_at(world, ++world->admitted);
        newcomer->admitted = 1;
        world_settle(world, newcomer);
    }
    world_cpu_enter(world, task, event->argument[0]);
    world->granted = event->task;
    task->view.held = 0;
    /* To run a handler is not the step that was asked for. */
    task->granted = event->value == GRANT_INTERRUPT && task->view.operation != OPERATION_signal_deliver
                        ? GRANTED_for_handler
                        : GRANTED_step;
    /* A transfer says itself, when it is over, whether it was cut short. */
    bool injects = event->argument[3] > INJECTION_none && event->argument[3] < INJECTION_COUNT &&
                   event->argument[3] != INJECTION_short_io;
    task->injected = injects ? (uint8_t)event->argument[3] : INJECTION_none;
    task->started = 1;
    task->view.steps++;
    if (task->view.operation == OPERATION_process_exit)
        process_at(world, task->view.process)->exiting = 1;
    if (task->phase == PHASE_waiting &&
        (task->view.operation == OPERATION_cond_wait || task->view.operation == OPERATION_cond_timedwait))
        task->phase = task->view.woken         ? PHASE_woken
                      : task->view.interrupted ? PHASE_interrupted
                      : task->view.expired     ? PHASE_expired
                                               : PHASE_woken; /* a spurious wake-up */
    struct object *object = object_at(world, task->view.object);
    if (task->view.operation == OPERATION_once_run && !object->ran && !object->view.owner)
        object->view.owner = event->task;
    world_settle(world, task);
}

void world_count_step(struct world *world, uint32_t task)
{
    world->steps++;
    world->step_task = task;
}

/* A transfer that was interrupted when it had begun says how far it came. */
static bool cut_off(const struct task *task, const struct event *event)
{
    unsigned family = operation_row(event->operation)->family;
    return (family == FAMILY_pipe || family == FAMILY_socket) && event->value > 0 &&
           event->value < task->view.argument[2];
}

static void step_got(struct world *world, const struct event *event)
{
    struct task *task = event_task(world, event);
    if (!task)
        return;
    if (task->view.operation != event->operation || !task->granted) {
        const struct question *outer = question_at(world, task->questions);
        if (task->questions && outer->operation == event->operation && outer->granted) {
            world_question_clear(task);
            world_question_restore(world, task);
        } else {
            world_diverge(world, "%s ended a %s that it was not granted", task->view.name,
                          operation_row(event->operation)->name);
            task->view.operation = event->operation < OPERATION_COUNT ? event->operation : OPERATION_none;
            task->view.object = event->object;
            task->view.second = event->second;
        }
    }
    if (event->place)
        task->view.place = event->place;
    if (event->flags & RECORD_SHORTENED)
        task->injected = INJECTION_short_io;
    else if (task->injected == INJECTION_eintr && event->outcome != OUTCOME_interrupted && !cut_off(task, event))
        task->injected = INJECTION_none; /* it was just over: a sleep's time had come */
    world_count_step(world, event->task);
    if (task->queue_depth == task->depth)
        world_queue_leave(world, task);
    reduce(world, event);
    task = task_at(world, event->task);
    world_question_clear(task);
    /* Back from a handler to what it interrupted; an initialiser's or handler's own step stays below, in progress. */
    if (event->operation == OPERATION_signal_deliver && task->questions) {
        world_question_restore(world, task);
        task->resumed =
            task->waiting && !task->granted && !(operation_row(task->view.operation)->flags & OPERATION_EMULATED);
    }
    world_interrupt_settle(world, task);
    world_livelock_look(world, event);
}

static void step_blocked(struct world *world, const struct event *event)
{
    struct task *task = event_task(world, event);
    if (!task)
        return;
    if (task->view.operation != event->operation || !task->granted)
        world_diverge(world, "%s blocked in a %s that it was not granted", task->view.name,
                      operation_row(event->operation)->name);
    world_count_step(world, event->task);
    world_cpu_leave(world, task);
    struct world_task *view = &task->view;
    task->turned_away = task->waiting && view->woken && task->queue == event->object;
    task->granted = 0;
    task->waiting = 1;
    if (view->interrupted)
        task->cancelled = 0; /* it was told and did not end: it does not accept cancellation now */
    task->resumed = 0;
    view->held = 1;
    view->woken = view->expired = 0;
    view->waits_for = event->object;
    view->waits_for_task = 0;
    if (event->other && event->operation != OPERATION_thread_join && event->operation != OPERATION_thread_timedjoin)
        view->deadline = event->argument[3];
    world_queue_enter(world, task, event->object);
    reduce(world, event);
    task = task_at(world, event->task);
    view = &task->view;
    if (view->deadline != INT64_MAX) {
        view->expired = view->deadline <= world->time;
        if (!view->expired && view->deadline < world->nearest)
            world->nearest = view->deadline;
    }
    world_interrupt_settle(world, task);
    world_deadlock_look(world, event->task);
    world_deadlock_stuck(world, false);
}

static void step_ended(struct world *world, const struct event *event)
{
    struct task *task = event_task(world, event);
    if (!task)
        return;
    /* An exit has no GOT: it is complete now. */
    bool exit = task->granted &&
                (task->view.operation == OPERATION_thread_exit || task->view.operation == OPERATION_process_exit);
    if (exit)
        world_count_step(world, event->task);
    /* Without an exit of its own it ends because its process does. */
    world_task_end(world, event->task, !exit || task->view.operation != OPERATION_thread_exit);
    if (exit && !process_at(world, task_at(world, event->task)->view.process)->exiting)
        world_deadlock_stuck(world, false);
}

static void step_process_ended(struct world *world, const struct event *event)
{
    const struct process *process = process_at(world, event->other);
    for (uint32_t id = process->first; id; id = task_at(world, id)->next)
        if (task_at(world, id)->granted && task_at(world, id)->view.operation == OPERATION_process_exit) {
            world_count_step(world, id);
            break;
        }
    world_process_end(world, event);
}

static void step_outside(struct world *world, const struct event *event)
{
    struct task *task = event_task(world, event);
    if (!task)
        return;
    task->outside = event->value != 0;
    if (task->outside)
        world_cpu_leave(world, task);
    world_settle(world, task);
}

static void step_preempted(struct world *world, const struct event *event)
{
    struct task *task = event_task(world, event);
    if (!task)
        return;
    world_cpu_leave(world, task);
    world_settle(world, task);
}

static void step_ready(struct world *world, const struct event *event)
{
    world_wake(world, event->task);
}

static void step_time(struct world *world, const struct event *event)
{
    world_time_advance(world, event->time);
}

static void step_signal(struct world *world, const struct event *event)
{
    world_signal_pend(world, event->other, 0, (int)event->value);
}

static void step_unobserved(struct world *world, const struct event *event)
{
    process_at(world, event->other)->view.unobserved = event->other != 0;
}

static void step_diverged(struct world *world, const struct event *event)
{
    world_diverge(world, "%s", world_text(world, event->text));
    world->invalid = 0; /* the event itself is in order */
}

static void step_lost(struct world *world, const struct event *event)
{
    (void)world; /* told in words only */
    (void)event;
}

static reducer *const steps[EVENT_KIND_COUNT] = {
    [EVENT_ASKED] = step_asked,
    [EVENT_GRANTED] = step_granted,
    [EVENT_GOT] = step_got,
    [EVENT_BLOCKED] = step_blocked,
    [EVENT_STRING] = world_fact_string,
    [EVENT_PLACE] = world_fact_place,
    [EVENT_PROCESS] = world_process_born,
    [EVENT_TASK] = world_task_born,
    [EVENT_OBJECT] = world_fact_object,
    [EVENT_READY] = step_ready,
    [EVENT_TASK_ENDED] = step_ended,
    [EVENT_PROCESS_ENDED] = step_process_ended,
    [EVENT_REAPED] = world_process_reap,
    [EVENT_ADOPTED] = world_process_adopt,
    [EVENT_STOPPED] = world_process_stop,
    [EVENT_OUTPUT] = world_fact_output,
    [EVENT_TIME] = step_time,
    [EVENT_WATCH] = world_fact_watch,
    [EVENT_PREEMPTED] = step_preempted,
    [EVENT_UNOBSERVED] = step_unobserved,
    [EVENT_OUTSIDE] = step_outside,
    [EVENT_DIVERGED] = step_diverged,
    [EVENT_LOST] = step_lost,
    [EVENT_DEADLINE] = world_fact_deadline,
    [EVENT_SIGNAL] = step_signal,
    [EVENT_END] = world_fact_end,
    [EVENT_PACKET] = world_packet_event,
    [EVENT_SOCKET] = world_socket_event,
};

enum status world_step(struct world *world, const struct event *event)
{
    world->invalid = 0;
    if (event->kind < EVENT_KIND_COUNT && steps[event->kind])
        steps[event->kind](world, event);
    else
        world_diverge(world, "an event of unknown kind %u", event->kind);
    memset(task_at(world, 0), 0, sizeof(struct task)); /* whatever was written for "none" */
    memset(object_at(world, 0), 0, sizeof(struct object));
    memset(process_at(world, 0), 0, sizeof(struct process));
    if (world->out_of_memory)
        return STATUS_MEMORY;
    return world->invalid ? STATUS_INVALID : STATUS_OK;
}
