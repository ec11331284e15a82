/* Signals: dispositions, masks, pending sets, and whose turn it is to run a handler.
 *
 * A signal that is neither handled nor blocked is the kernel's business and is not kept here: what its default action
 * does arrives as a fact (EVENT_PROCESS_ENDED, EVENT_STOPPED). */
#include "world/world_state.h"

#include <signal.h>

void world_interrupt_settle(struct world *world, struct task *task)
{
    bool cancel =
        task->cancelled && task->waiting && (operation_row(task->view.operation)->flags & OPERATION_CANCELS) != 0;
    task->view.interrupted = task->signalled || cancel || (task->waiting && task->resumed);
    world_settle(world, task);
}

/* POSIX lets any thread that does not block it take a signal for the process; Linux prefers the main thread. */
static uint32_t chosen_for(const struct world *world, const struct process *process, int number)
{
    for (uint32_t t = process->first; t; t = task_at(world, t)->next)
        if (!(task_at(world, t)->mask & signal_bit(number)))
            return t;
    return 0;
}

void world_signal_refresh(struct world *world, uint32_t id)
{
    struct process *process = process_at(world, id);
    uint64_t for_process = process->view.pending;
    for (uint32_t t = process->first; t; t = task_at(world, t)->next) {
        struct task *task = task_at(world, t);
        task->signalled = (task->pending & process->handled & ~task->mask) != 0;
        if (task->waiting && task->view.operation == OPERATION_signal_wait &&
            ((task->pending | for_process) & (uint64_t)task->view.argument[0]))
            world_wake(world, t);
    }
    for (int number = 1; number <= 64 && for_process; number++) {
        if (!(for_process & process->handled & signal_bit(number)))
            continue;
        uint32_t chosen = chosen_for(world, process, number);
        if (chosen)
            task_at(world, chosen)->signalled = 1;
    }
    for (uint32_t t = process->first; t; t = task_at(world, t)->next)
        world_interrupt_settle(world, task_at(world, t));
}

void world_signal_pend(struct world *world, uint32_t id, uint32_t target, int number)
{
    struct process *process = process_at(world, id);
    uint64_t bit = signal_bit(number);
    if (!process->view.id || !process->first || !bit)
        return;
    bool kept = (process->handled & bit) != 0;
    if (!kept) /* neither handled nor, for somebody, blocked: nothing to remember */
        for (uint32_t t = process->first; t && !kept; t = task_at(world, t)->next) {
            const struct task *task = task_at(world, t);
            if (target && t != target)
                continue;
            kept = (task->mask & bit) != 0 || (task->waiting && task->view.operation == OPERATION_signal_wait &&
                                               ((uint64_t)task->view.argument[0] & bit));
        }
    if (!kept)
        return;
    if (target)
        task_at(world, target)->pending |= bit;
    else
        process->view.pending |= bit;
    world_signal_refresh(world, id);
}

void world_reduce_signal_action(struct world *world, const struct event *event)
{
    if (event->kind != EVENT_GOT || event->value != 0)
        return;
    const struct task *task = task_at(world, event->task);
    struct process *process = process_at(world, task->view.process);
    uint64_t bit = signal_bit(task->view.argument[0]);
    process->handled &= ~bit;
    process->ignored &= ~bit;
    process->restarting &= ~bit;
    if (task->view.argument[1] == 1) {
        process->ignored |= bit;
        process->view.pending &= ~bit;
        for (uint32_t t = process->first; t; t = task_at(world, t)->next)
            task_at(world, t)->pending &= ~bit;
    } else if (task->view.argument[1] == 2) {
        process->handled |= bit;
    }
    if (task->view.argument[2] & SA_RESTART)
        process->restarting |= bit;
    world_signal_refresh(world, process->view.id);
}

void world_reduce_signal_mask(struct world *world, const struct event *event)
{
    if (event->kind != EVENT_GOT || event->value != 0)
        return;
    struct task *task = task_at(world, event->task);
    task->mask = (uint64_t)event->argument[0];
    world_signal_refresh(world, task->view.process);
}

void world_reduce_signal_send(struct world *world, const struct event *event)
{
    if (event->kind != EVENT_GOT || event->value != 0)
        return;
    const struct task *task = task_at(world, event->task);
    int number = (int)task->view.argument[0];
    uint32_t target = task->other;
    uint32_t id = target ? task_at(world, target)->view.process : (uint32_t)task->view.argument[1];
    struct process *process = process_at(world, id);
    if (!process->view.id || !signal_bit(number))
        return;
    if (id != task->view.process)
        process->killed_by |= signal_bit(number);
    struct clock *clock = target ? &task_at(world, target)->signal_clock : &process->signal_clock;
    world_clock_join(world, clock, task->clock);
    world_clock_tick(world, &task_at(world, event->task)->clock, event->task);
    world_signal_pend(world, id, target, number);
}

static void accepted(struct world *world, uint32_t id, int64_t number)
{
    struct task *task = task_at(world, id);
    struct process *process = process_at(world, task->view.process);
    uint64_t bit = signal_bit(number);
    if (task->pending & bit) {
        task->pending &= ~bit;
        world_clock_join(world, &task->clock, task->signal_clock);
    } else {
        process->view.pending &= ~bit;
        world_clock_join(world, &task->clock, process->signal_clock);
    }
    world_signal_refresh(world, process->view.id);
}

/* While a handler runs its signal is blocked (SA_NODEFER apart, which changes nothing that is shown). */
void world_reduce_signal_deliver(struct world *world, const struct event *event)
{
    struct task *task = task_at(world, event->task);
    if (event->kind == EVENT_ASKED) {
        accepted(world, event->task, event->argument[0]);
        task->handler_mask[task->handlers < 8 ? task->handlers : 7] = task->mask;
        task->handlers++;
        task->delivered = event->argument[0];
        task->handled = 1;
        task->mask |= signal_bit(event->argument[0]);
    } else if (event->kind == EVENT_GOT && task->handlers) {
        task->handlers--;
        task->mask = task->handler_mask[task->handlers < 8 ? task->handlers : 7];
    }
    world_signal_refresh(world, task->view.process);
}

void world_reduce_signal_wait(struct world *world, const struct event *event)
{
    if (event->kind == EVENT_GOT && event->value > 0)
        accepted(world, event->task, event->value);
    else if (event->kind == EVENT_BLOCKED)
        world_signal_refresh(world, task_at(world, event->task)->view.process);
}

/* Some waits have a mask of their own, which holds from their being blocked until they are over: sigsuspend
 * (argument[0], if argument[1] is 1), ppoll, pselect, epoll_pwait (argument[1], if argument[2] is 1). */
static void wait_with_mask(struct world *world, const struct event *event, bool has, int64_t mask)
{
    struct task *task = task_at(world, event->task);
    if (event->kind == EVENT_BLOCKED && has && !task->suspended) {
        task->suspended = 1;
        task->suspended_mask = task->mask;
        task->mask = (uint64_t)mask;
        world_signal_refresh(world, task->view.process);
    } else if (event->kind == EVENT_GOT && task->suspended) {
        task->suspended = 0;
        task->mask = task->suspended_mask;
        world_signal_refresh(world, task->view.process);
    }
}

void world_reduce_signal_suspend(struct world *world, const struct event *event)
{
    const int64_t *argument = task_at(world, event->task)->view.argument;
    wait_with_mask(world, event, argument[1] == 1, argument[0]);
}

void world_reduce_io_poll(struct world *world, const struct event *event)
{
    const int64_t *argument = task_at(world, event->task)->view.argument;
    wait_with_mask(world, event, argument[2] == 1, argument[1]);
}
