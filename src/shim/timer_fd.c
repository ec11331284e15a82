/* Virtual timers: timerfd. The descriptor is really an eventfd, which reads, polls and waits in the same way (eight
 * bytes, a count since the last read) and which we can make ready when the virtual time has come. */
#include "shim/clock.h"
#include "shim/timer.h"

#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define HERE __builtin_return_address(0), __builtin_frame_address(0)
#define DESCRIPTORS_MAX 64u
#define KCMP_FILE 0

static struct timer timers[DESCRIPTORS_MAX];

struct timer *timer_descriptor_at(uint32_t index)
{
    return index < DESCRIPTORS_MAX ? &timers[index] : NULL;
}

static int fail(int error)
{
    errno = error;
    return -1;
}

static bool same_file(int one, int other)
{
    long pid = SYSTEM(SYS_getpid, 0);
    long order = SYSTEM(SYS_kcmp, pid, pid, KCMP_FILE, one, other);
    return order == 0;
}

/* Is the guest's descriptor still what it was? Where the kernel cannot compare, its kind must do. */
static bool is_event(int descriptor)
{
    char path[40] = "/proc/self/fd/", name[40] = "", digits[12];
    size_t length = strlen(path), count = 0;
    unsigned rest = (unsigned)descriptor;
    do
        digits[count++] = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    while (count > 0)
        path[length++] = digits[--count];
    path[length] = 0;
    return SYSTEM(SYS_readlinkat, AT_FDCWD, path, name, sizeof name - 1) > 0 &&
           strcmp(name, "anon_inode:[eventfd]") == 0;
}

static void forget_closed(void)
{
    for (uint32_t i = 0; i < DESCRIPTORS_MAX; i++) {
        struct timer *timer = &timers[i];
        if (!timer->used || is_event(timer->descriptor))
            continue;
        if (is_event(timer->inner))
            SYSTEM(SYS_close, timer->inner);
        timer->used = false;
    }
}

static struct timer *find(int descriptor)
{
    for (uint32_t i = 0; i < DESCRIPTORS_MAX; i++)
        if (timers[i].used && timers[i].descriptor == descriptor && is_event(descriptor))
            return &timers[i];
    for (uint32_t i = 0; i < DESCRIPTORS_MAX; i++)
        if (timers[i].used && descriptor >= 0 && same_file(timers[i].inner, descriptor))
            return &timers[i]; /* through a duplicate */
    return NULL;
}

bool timer_descriptor_is(int descriptor)
{
    return find(descriptor) != NULL;
}

void timer_descriptor_fire(struct timer *timer, uint64_t count)
{
    if (is_event(timer->inner))
        SYSTEM(SYS_write, timer->inner, &count, sizeof count);
}

SHIM_EXPORT int timerfd_create(int clock, int flags)
{
    if (!clock_is_virtual())
        return REAL(timerfd_create)(clock, flags);
    if ((flags & ~(TFD_NONBLOCK | TFD_CLOEXEC)) ||
        (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME &&
         clock != CLOCK_REALTIME_ALARM && clock != CLOCK_BOOTTIME_ALARM))
        return fail(EINVAL);
    forget_closed();
    uint32_t place = 0;
    while (place < DESCRIPTORS_MAX && timers[place].used)
        place++;
    if (place == DESCRIPTORS_MAX)
        return fail(EMFILE);
    int event = (flags & TFD_NONBLOCK ? EFD_NONBLOCK : 0) | (flags & TFD_CLOEXEC ? EFD_CLOEXEC : 0);
    long descriptor = SYSTEM(SYS_eventfd2, 0, event);
    if (descriptor < 0)
        return fail((int)-descriptor);
    struct rlimit limit = {.rlim_cur = 1024};
    SYSTEM(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit);
    long inner = SYSTEM(SYS_fcntl, descriptor, F_DUPFD_CLOEXEC, limit.rlim_cur > 256 ? limit.rlim_cur - 128 : 3);
    if (inner < 0) {
        SYSTEM(SYS_close, descriptor);
        return fail((int)-inner);
    }
    timers[place] = (struct timer){.used = true,
                                   .number = 1000 + (int)descriptor,
                                   .clock = clock,
                                   .due = TIMER_NEVER,
                                   .notify = SIGEV_NONE,
                                   .descriptor = (int)descriptor,
                                   .inner = (int)inner};
    return (int)descriptor;
}

SHIM_EXPORT int timerfd_settime(int descriptor, int flags, const struct itimerspec *value, struct itimerspec *old)
{
    struct timer *timer = clock_is_virtual() ? find(descriptor) : NULL;
    if (!timer)
        return REAL(timerfd_settime)(descriptor, flags, value, old);
    if (clock_malformed(&value->it_value) || clock_malformed(&value->it_interval) ||
        (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)))
        return fail(EINVAL);
    timer_set_step(timer, value, flags & TFD_TIMER_ABSTIME, old, HERE);
    /* What had fired under the old setting is forgotten (timerfd_create(2)). */
    struct pollfd look = {.fd = timer->inner, .events = POLLIN};
    struct timespec at_once = {0, 0};
    uint64_t count;
    if (SYSTEM(SYS_ppoll, &look, 1, &at_once, NULL, 0) == 1 && (look.revents & POLLIN))
        SYSTEM(SYS_read, timer->inner, &count, sizeof count);
    return 0;
}

SHIM_EXPORT int timerfd_gettime(int descriptor, struct itimerspec *value)
{
    const struct timer *timer = clock_is_virtual() ? find(descriptor) : NULL;
    if (!timer)
        return REAL(timerfd_gettime)(descriptor, value);
    *value = timer_left(timer);
    return 0;
}
