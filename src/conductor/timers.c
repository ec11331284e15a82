/* Virtual timers: alarm, interval timers, POSIX timers, timerfd. The shim keeps them and raises what is due when it is
 * probed; here is known when that is, as virtual time is ours. */
#include "conductor/internal.h"

#include <signal.h>
#include <stdlib.h>

void timers_set(struct conductor *c, uint32_t process, const struct record *record)
{
    struct guest_timer *timer = NULL;
    for (uint32_t i = 0; i < c->timer_count && !timer; i++)
        if (c->timers[i].process == process && c->timers[i].number == record->argument[0])
            timer = &c->timers[i];
    if (!timer) {
        struct guest_timer *larger = realloc(c->timers, (c->timer_count + 1) * sizeof *larger);
        if (!larger)
            return;
        c->timers = larger;
        timer = &c->timers[c->timer_count++];
    }
    *timer = (struct guest_timer){.process = process,
                                  .number = record->argument[0],
                                  .signal = (int)record->argument[1],
                                  .interval = record->argument[2],
                                  .due = record->flags & RECORD_DEADLINE ? record->deadline : INT64_MAX};
}

int64_t timers_next(const struct conductor *c)
{
    int64_t next = INT64_MAX;
    for (uint32_t i = 0; i < c->timer_count; i++)
        if (c->processes[c->timers[i].process]->alive && c->timers[i].due < next)
            next = c->timers[i].due;
    return next;
}

/* A task of the process that can be probed: held, the first in the order of names. */
static uint32_t held_task(const struct conductor *c, uint32_t process)
{
    for (uint32_t id = 1; id <= c->task_count; id++)
        if (c->tasks[id].process == process && c->tasks[id].phase == PHASE_held)
            return id;
    return 0;
}

static void fire(struct conductor *c, struct guest_timer *timer)
{
    uint32_t process = timer->process;
    uint32_t task = held_task(c, process);
    int signal = timer->signal;
    timer->due =
        timer->interval > 0 ? timer->due + timer->interval * ((c->now - timer->due) / timer->interval + 1) : INT64_MAX;
    c->readiness = true;
    if (!task || grant_probe(c, task, NULL) != STATUS_OK || signal <= 0)
        return;
    if (c->processes[process]->alive)
        conductor_tell(c, &(struct event){.kind = EVENT_SIGNAL, .other = process, .value = signal});
    c->signal_sent = signal;
    c->signal_sender = 0;
    c->signal_target = process;
    settle_signals(c);
}

void timers_fire(struct conductor *c)
{
    for (uint32_t i = 0; i < c->timer_count; i++)
        if (c->timers[i].due <= c->now && c->processes[c->timers[i].process]->alive)
            fire(c, &c->timers[i]);
}
