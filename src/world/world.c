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

/* ---- states, queues, CPUs ---- */

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

static void leave_cpu(struct world *world, struct task *task)
{
    if (task->view.cpu >= 0 && world->running[task->view.cpu] == task->view.id)
        world->running[task->view.cpu] = 0;
    task->view.cpu = -1;
}

static void enter_cpu(struct world *world, struct task *task, int64_t cpu)
{
    if (cpu < 0 || cpu >= WORLD_CPUS) {
        world_diverge(world, "%s was given CPU %lld, which does not exist", task->view.name, (long long)cpu);
        cpu = 0;
    }
    uint32_t before = world->running[cpu];
    if (before == task->view.id && task->view.cpu == (int32_t)cpu)
        return;
    leave_cpu(world, task);
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

struct question *world_question_queued(const struct world *world, const struct task *task)
{
    if (!task->queue || task->queue_depth == task->depth)
        return NULL;
    uint32_t id = task->questions;
    for (unsigned depth = task->depth; id && depth > task->queue_depth + 1u; depth--)
        id = question_at(world, id)->next;
    return id ? question_at(world, id) : NULL;
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

/* ---- questions ---- */

static void question_save(struct world *world, struct task *task)
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
static void question_restore(struct world *world, struct task *task)
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

static void question_clear(struct task *task)
{
    task->waiting = task->granted = task->phase = task->resumed = task->turned_away = 0;
    task->view.held = task->view.woken = task->view.expired = 0;
    task->view.waits_for = task->view.waits_for_task = 0;
    task->view.deadline = INT64_MAX;
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
        leave_cpu(world, task);
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
            question_save(world, task);
            task = task_at(world, event->task);
        }
    }
    question_clear(task);
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
    enter_cpu(world, task, event->argument[0]);
    world->granted = event->task;
    task->view.held = 0;
    /* To run a handler is not the step that was asked for. */
    task->granted = event->value == GRANT_INTERRUPT && task->view.operation != OPERATION_signal_deliver
                        ? GRANTED_for_handler
                        : GRANTED_step;
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

static void step_got(struct world *world, const struct event *event)
{
    struct task *task = event_task(world, event);
    if (!task)
        return;
    if (task->view.operation != event->operation || !task->granted) {
        const struct question *outer = question_at(world, task->questions);
        if (task->questions && outer->operation == event->operation && outer->granted) {
            question_clear(task);
            question_restore(world, task);
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
    world_count_step(world, event->task);
    if (task->queue_depth == task->depth)
        world_queue_leave(world, task);
    reduce(world, event);
    task = task_at(world, event->task);
    question_clear(task);
    /* Back from a handler to what it interrupted; an initialiser's or handler's own step stays below, in progress. */
    if (event->operation == OPERATION_signal_deliver && task->questions) {
        question_restore(world, task);
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
    leave_cpu(world, task);
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
        leave_cpu(world, task);
    world_settle(world, task);
}

static void step_preempted(struct world *world, const struct event *event)
{
    struct task *task = event_task(world, event);
    if (!task)
        return;
    leave_cpu(world, task);
    world_settle(world, task);
}

enum status world_step(struct world *world, const struct event *event)
{
    world->invalid = 0;
    switch (event->kind) {
    case EVENT_ASKED:
        step_asked(world, event);
        break;
    case EVENT_GRANTED:
        step_granted(world, event);
        break;
    case EVENT_GOT:
        step_got(world, event);
        break;
    case EVENT_BLOCKED:
        step_blocked(world, event);
        break;
    case EVENT_STRING:
        world_fact_string(world, event);
        break;
    case EVENT_PLACE:
        world_fact_place(world, event);
        break;
    case EVENT_PROCESS:
        world_process_born(world, event);
        break;
    case EVENT_TASK:
        world_task_born(world, event);
        break;
    case EVENT_OBJECT:
        world_fact_object(world, event);
        break;
    case EVENT_READY:
        world_wake(world, event->task);
        break;
    case EVENT_TASK_ENDED:
        step_ended(world, event);
        break;
    case EVENT_PROCESS_ENDED:
        step_process_ended(world, event);
        break;
    case EVENT_REAPED:
        world_process_reap(world, event);
        break;
    case EVENT_ADOPTED:
        world_process_adopt(world, event);
        break;
    case EVENT_STOPPED:
        world_process_stop(world, event);
        break;
    case EVENT_OUTPUT:
        world_fact_output(world, event);
        break;
    case EVENT_TIME:
        world_time_advance(world, event->time);
        break;
    case EVENT_WATCH:
        world_fact_watch(world, event);
        break;
    case EVENT_PREEMPTED:
        step_preempted(world, event);
        break;
    case EVENT_OUTSIDE:
        step_outside(world, event);
        break;
    case EVENT_DEADLINE:
        world_fact_deadline(world, event);
        break;
    case EVENT_SIGNAL:
        world_signal_pend(world, event->other, 0, (int)event->value);
        break;
    case EVENT_UNOBSERVED:
        process_at(world, event->other)->view.unobserved = event->other != 0;
        break;
    case EVENT_DIVERGED:
        world_diverge(world, "%s", world_text(world, event->text));
        world->invalid = 0; /* the event itself is in order */
        break;
    case EVENT_LOST:
        break;
    case EVENT_PACKET:
        world_packet_event(world, event);
        break;
    case EVENT_SOCKET:
        world_socket_event(world, event);
        break;
    case EVENT_END:
        world_fact_end(world, event);
        break;
    default:
        world_diverge(world, "an event of unknown kind %u", event->kind);
        break;
    }
    memset(task_at(world, 0), 0, sizeof(struct task)); /* whatever was written for "none" */
    memset(object_at(world, 0), 0, sizeof(struct object));
    memset(process_at(world, 0), 0, sizeof(struct process));
    if (world->out_of_memory)
        return STATUS_MEMORY;
    return world->invalid ? STATUS_INVALID : STATUS_OK;
}
