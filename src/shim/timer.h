/* Virtual timers as the shim's files share them.
 *
 * Setting one is the step time.timer, whose GOT says: argument[0] = the timer's number in this process (-1 real, -2
 * virtual, -3 profiling interval timer; 0 and up POSIX timers; 1000 + descriptor: a timerfd), argument[1] = the signal
 * (0: none), argument[2] = interval in ns, and with RECORD_DEADLINE the virtual time when it is due; without: cleared.
 * When a timer is due, the next task of its process that passes or is probed at its gate raises it (timer_fire()). */
#ifndef LOCKSTEP_SHIM_TIMER_H
#define LOCKSTEP_SHIM_TIMER_H

#include "shim/shim.h"

#define TIMER_NEVER INT64_MAX

/* Virtual time of the next timer that is due in this process; TIMER_NEVER: none. */
extern _Atomic int64_t timer_next;

/* Raises what is due: real signals to the process or thread, real readiness of timerfds. Any thread, in the shim. */
void timer_fire(void);
/* Timers are not inherited (fork(2)); a timerfd is, but it is its maker that lets it fire. */
void timer_after_fork(void);

struct timer {
    bool used;
    int32_t number;
    clockid_t clock;
    int64_t due, interval; /* TIMER_NEVER: not set; 0: once */
    int notify;            /* SIGEV_... */
    int signal;
    int32_t tid; /* SIGEV_THREAD_ID */
    union sigval value;
    void (*function)(union sigval);
    uint32_t generation; /* of its setting, for the task of SIGEV_THREAD */
    int overrun;
    int descriptor, inner; /* timerfd: the guest's descriptor, and our own of the same */
    bool foreign;          /* timerfd: made by the process that we were forked from */
};

/* Sets it (due TIMER_NEVER: clears it) as a step; the virtual time is found when granted. `value` is relative or, with
 * `absolute`, by the timer's clock; what held before goes to `old`. */
void timer_set_step(struct timer *timer, const struct itimerspec *value, bool absolute, struct itimerspec *old,
                    void *pc, void *frame);
/* What is left until it is due, and its interval. */
struct itimerspec timer_left(const struct timer *timer);
/* The nearest of all is to be found again. */
void timer_refresh(void);

/* Timers of the other files of the family, one by one; NULL after the last. */
struct timer *timer_posix_at(uint32_t index);
struct timer *timer_descriptor_at(uint32_t index);
/* Is this descriptor, which the kernel knows as an eventfd, a timerfd for the guest? */
bool timer_descriptor_is(int descriptor);
void timer_descriptor_fire(struct timer *timer, uint64_t count);

#endif
