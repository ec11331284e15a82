/* Waiting for several descriptors: poll, select, epoll and their forms with a mask. The kernel is asked with no time to
 * wait; the waiting is done at the gate, by virtual time. None of them is restarted after a handler (signal(7)). */
#include "shim/checked.h"
#include "shim/descriptors.h"
#include "shim/live.h"
#include "shim/signal.h"

#include <stddef.h>
#include <string.h>

#define HERE __builtin_return_address(0), __builtin_frame_address(0)

static const struct timespec at_once = {0, 0};

/* One look. Results as the kernel's: number of ready ones, or a negative errno number. */
struct look {
    long (*now)(struct look *look);
    bool (*probe)(struct look *look); /* the same, without touching what the guest gave */
    struct pollfd *list;
    nfds_t count;
    int descriptors; /* select */
    fd_set *in, *out, *except;
    int epoll;
    struct epoll_event *events;
    int most;
    uint64_t mask;
    bool masked;
};

static bool look_ready(struct step *step)
{
    struct look *look = (struct look *)step->context;
    return look->probe(look);
}

/* Waits until something is ready. `timeout` in nanoseconds, negative: for ever. */
static int look_step(struct step *step, struct look *look, int64_t timeout, int64_t descriptors)
{
    /* Several tasks that wait for several things each wait for something of their own. */
    struct record_key own = {.a = shim_self.index, .kind = OBJECT_poll, .space = KEY_NUMBER, .descriptor = -1};
    step->record.argument[0] = descriptors;
    if (timeout == 0)
        step->record.flags |= RECORD_NONBLOCKING;
    else if (timeout > 0)
        step_deadline(step, timeout > INT64_MAX / 2 ? INT64_MAX / 2 : time_now() + timeout);
    step->context = look;
    step->ready = look_ready;
    if (look->masked) {
        look->mask &= ~signal_reserved();
        step->wait_mask = &look->mask;
        step->record.argument[1] = (int64_t)look->mask; /* the model must know who may be interrupted */
        step->record.argument[2] = 1;
        shim_self.slot->guest_mask = look->mask;
    }
    enum grant_action grant = step_ask(step);
    long result;
    for (;;) {
        step_cancellation(step);
        result = look->now(look);
        if (result != 0 || timeout == 0)
            break;
        if (step->interrupted) {
            result = -EINTR;
            break;
        }
        if (grant == GRANT_EXPIRED)
            break;
        grant = step_block(step, &own);
    }
    if (look->masked)
        shim_self.slot->guest_mask = step->old_mask;
    step->wait_mask = NULL;
    if (result == 0 && timeout > 0) {
        step_got(step, OUTCOME_timed_out, 0, 0);
        return 0;
    }
    return (int)step_end_with(step, result, result < 0 ? (int)-result : 0);
}

static int64_t of_milliseconds(int timeout)
{
    return timeout < 0 ? -1 : (int64_t)timeout * 1000000;
}

/* INT64_MIN: malformed */
static int64_t of_timespec(const struct timespec *timeout)
{
    if (!timeout)
        return -1;
    if (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec >= 1000000000)
        return INT64_MIN;
    if (timeout->tv_sec > INT64_MAX / 2000000000)
        return INT64_MAX / 2;
    return timeout->tv_sec * INT64_C(1000000000) + timeout->tv_nsec;
}

static void look_mask(struct look *look, const sigset_t *mask)
{
    look->masked = mask != NULL;
    if (mask)
        look->mask = signal_bits(mask);
}

/* ---- poll ---- */
/* Our own descriptor is not open, to the guest. */
static long poll_now(struct look *look)
{
    long ready = SYSTEM(SYS_ppoll, look->list, look->count, &at_once, NULL, 8);
    for (nfds_t i = 0; ready >= 0 && i < look->count; i++)
        if (descriptor_is_ours(look->list[i].fd)) {
            ready += look->list[i].revents == 0;
            look->list[i].revents = POLLNVAL;
        }
    return ready;
}

/* The list is the guest's memory and nobody reads `revents` before the call returns: the look may write there. */
static bool poll_probe(struct look *look)
{
    return SYSTEM(SYS_ppoll, look->list, look->count, &at_once, NULL, 8) != 0;
}

static int poll_step(struct step *step, struct pollfd *list, nfds_t count, int64_t timeout, const sigset_t *mask)
{
    struct look look = {.now = poll_now, .probe = poll_probe, .list = list, .count = count};
    look_mask(&look, mask);
    return look_step(step, &look, timeout, (int64_t)count);
}

SHIM_EXPORT int poll(struct pollfd *list, nfds_t count, int timeout)
{
    LIVE((int)LIVE_IO(OPERATION_io_poll, -1, REAL(poll)(list, count, timeout)));
    struct step step;
    if (!step_begin(&step, OPERATION_io_poll))
        return REAL(poll)(list, count, timeout);
    return poll_step(&step, list, count, of_milliseconds(timeout), NULL);
}

SHIM_EXPORT int __poll_chk(struct pollfd *list, nfds_t count, int timeout, size_t room)
{
    struct step step;
    if (room / sizeof *list < count || !step_begin(&step, OPERATION_io_poll))
        return REAL(__poll_chk)(list, count, timeout, room);
    return poll_step(&step, list, count, of_milliseconds(timeout), NULL);
}

SHIM_EXPORT int ppoll(struct pollfd *list, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
    LIVE((int)LIVE_IO(OPERATION_io_poll, -1, REAL(ppoll)(list, count, timeout, mask)));
    struct step step;
    int64_t time = of_timespec(timeout);
    if (time == INT64_MIN || !step_begin(&step, OPERATION_io_poll))
        return REAL(ppoll)(list, count, timeout, mask);
    return poll_step(&step, list, count, time, mask);
}

SHIM_EXPORT int __ppoll_chk(struct pollfd *list, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
                            size_t room)
{
    struct step step;
    int64_t time = of_timespec(timeout);
    if (room / sizeof *list < count || time == INT64_MIN || !step_begin(&step, OPERATION_io_poll))
        return REAL(__ppoll_chk)(list, count, timeout, mask, room);
    return poll_step(&step, list, count, time, mask);
}

/* ---- select: works on copies, as a look that finds nothing must leave the sets as they are; sets may be larger than
 * fd_set (select(2), the kernel's limit is that of descriptors) ---- */
enum { SET_BYTES = 8192 }; /* 65,536 descriptors */

struct sets {
    unsigned char bits[3][SET_BYTES];
};

static long select_copy(struct look *look, struct sets *copy, size_t size)
{
    fd_set *given[3] = {look->in, look->out, look->except};
    for (int i = 0; i < 3; i++)
        if (given[i])
            memcpy(copy->bits[i], given[i], size);
    struct timespec none = {0, 0};
    return SYSTEM(SYS_pselect6, look->descriptors, look->in ? copy->bits[0] : NULL, look->out ? copy->bits[1] : NULL,
                  look->except ? copy->bits[2] : NULL, &none, NULL);
}

static size_t set_size(int descriptors)
{
    size_t words = ((size_t)(descriptors < 0 ? 0 : descriptors) + 63) / 64;
    return words * 8 < SET_BYTES ? words * 8 : SET_BYTES;
}

static bool select_probe(struct look *look)
{
    struct sets copy;
    return select_copy(look, &copy, set_size(look->descriptors)) != 0;
}

static long select_now(struct look *look)
{
    struct sets copy;
    size_t size = set_size(look->descriptors);
    long ready = select_copy(look, &copy, size);
    if (ready <= 0)
        return ready;
    fd_set *given[3] = {look->in, look->out, look->except};
    for (int i = 0; i < 3; i++)
        if (given[i])
            memcpy(given[i], copy.bits[i], size);
    return ready;
}

static int select_step(struct step *step, struct look *look, int64_t timeout)
{
    look->now = select_now;
    look->probe = select_probe;
    int ready = look_step(step, look, timeout, look->descriptors);
    fd_set *given[3] = {look->in, look->out, look->except};
    for (int i = 0; ready == 0 && i < 3; i++)
        if (given[i])
            memset(given[i], 0, set_size(look->descriptors));
    return ready;
}

/* Linux leaves in `timeout` what was not slept (select(2)). */
static void select_left(struct timeval *timeout, int64_t until)
{
    int64_t left = until - time_now();
    if (left < 0)
        left = 0;
    timeout->tv_sec = left / 1000000000;
    timeout->tv_usec = left % 1000000000 / 1000;
}

SHIM_EXPORT int select(int count, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout)
{
    LIVE((int)LIVE_IO(OPERATION_io_poll, -1, REAL(select)(count, in, out, except, timeout)));
    struct step step;
    bool malformed =
        timeout && (timeout->tv_sec < 0 || timeout->tv_usec < 0 || timeout->tv_sec > INT64_MAX / 2000000000);
    if (malformed || count < 0 || count > SET_BYTES * 8 || !step_begin(&step, OPERATION_io_poll))
        return REAL(select)(count, in, out, except, timeout);
    struct look look = {.descriptors = count, .in = in, .out = out, .except = except};
    int64_t time = timeout ? timeout->tv_sec * INT64_C(1000000000) + timeout->tv_usec * 1000 : -1;
    int64_t until = timeout ? time_now() + time : 0;
    int ready = select_step(&step, &look, time);
    if (timeout)
        select_left(timeout, until);
    return ready;
}

SHIM_EXPORT int pselect(int count, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout,
                        const sigset_t *mask)
{
    LIVE((int)LIVE_IO(OPERATION_io_poll, -1, REAL(pselect)(count, in, out, except, timeout, mask)));
    struct step step;
    int64_t time = of_timespec(timeout);
    if (time == INT64_MIN || count < 0 || count > SET_BYTES * 8 || !step_begin(&step, OPERATION_io_poll))
        return REAL(pselect)(count, in, out, except, timeout, mask);
    struct look look = {.descriptors = count, .in = in, .out = out, .except = except};
    look_mask(&look, mask);
    return select_step(&step, &look, time);
}

/* ---- epoll: asking it consumes edges and one-shots, so a probe asks poll(2) about the epoll descriptor itself ---- */
static bool epoll_probe(struct look *look)
{
    return descriptor_poll(look->epoll, POLLIN) != 0;
}

static long epoll_now(struct look *look)
{
    return SYSTEM(SYS_epoll_pwait, look->epoll, look->events, look->most, 0, NULL, 8);
}

static int epoll_step(struct step *step, struct look *look, int64_t timeout, const sigset_t *mask)
{
    look->now = epoll_now;
    look->probe = epoll_probe;
    look_mask(look, mask);
    return look_step(step, look, timeout, 1);
}

SHIM_EXPORT int epoll_wait(int descriptor, struct epoll_event *events, int most, int timeout)
{
    LIVE((int)LIVE_IO(OPERATION_io_poll, -1, REAL(epoll_wait)(descriptor, events, most, timeout)));
    struct step step;
    if (!step_begin(&step, OPERATION_io_poll))
        return REAL(epoll_wait)(descriptor, events, most, timeout);
    struct look look = {.epoll = descriptor, .events = events, .most = most};
    return epoll_step(&step, &look, of_milliseconds(timeout), NULL);
}

SHIM_EXPORT int epoll_pwait(int descriptor, struct epoll_event *events, int most, int timeout, const sigset_t *mask)
{
    struct step step;
    if (!step_begin(&step, OPERATION_io_poll))
        return REAL(epoll_pwait)(descriptor, events, most, timeout, mask);
    struct look look = {.epoll = descriptor, .events = events, .most = most};
    return epoll_step(&step, &look, of_milliseconds(timeout), mask);
}

SHIM_EXPORT int epoll_pwait2(int descriptor, struct epoll_event *events, int most, const struct timespec *timeout,
                             const sigset_t *mask)
{
    struct step step;
    int64_t time = of_timespec(timeout);
    if (time == INT64_MIN || !step_begin(&step, OPERATION_io_poll))
        return REAL(epoll_pwait2)(descriptor, events, most, timeout, mask);
    struct look look = {.epoll = descriptor, .events = events, .most = most};
    return epoll_step(&step, &look, time, mask);
}
