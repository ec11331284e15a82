/* For guests: calls printed with what they returned. errno is 77 before each, so that a call that succeeds and yet changes
 * it is seen. */
#ifndef TESTS_GUESTS_TELL_H
#define TESTS_GUESTS_TELL_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static inline const char *tell_name(int error)
{
    static char number[16];
    const char *name = error ? strerrorname_np(error) : "0";
    if (name)
        return name;
    snprintf(number, sizeof number, "%d", error);
    return number;
}

/* A call that returns an error number. */
#define TELL(call)                                                                                                     \
    do {                                                                                                               \
        errno = 77;                                                                                                    \
        int told = (call);                                                                                             \
        int after = errno;                                                                                             \
        printf("%s: %s%s\n", #call, tell_name(told), after == 77 ? "" : ", errno changed");                            \
    } while (0)

/* A call that returns -1 and sets errno. */
#define TELL_ERRNO(call)                                                                                               \
    do {                                                                                                               \
        errno = 77;                                                                                                    \
        long told = (long)(call);                                                                                      \
        int after = errno;                                                                                             \
        printf("%s: %ld%s%s\n", #call, told, after == 77 ? "" : " ", after == 77 ? "" : tell_name(after));             \
    } while (0)

/* Points in time on a clock: a moment from now, and one that no test lives to see. */
static inline struct timespec tell_after(clockid_t clock, long milliseconds)
{
    struct timespec when;
    clock_gettime(clock, &when);
    when.tv_sec += milliseconds / 1000;
    when.tv_nsec += milliseconds % 1000 * 1000000;
    if (when.tv_nsec >= 1000000000) {
        when.tv_nsec -= 1000000000;
        when.tv_sec++;
    }
    return when;
}
#define SOON(clock) (&(struct timespec[]){tell_after(clock, 20)}[0])
#define LATE(clock) (&(struct timespec[]){tell_after(clock, 100000000)}[0])
#define PAST (&(struct timespec){.tv_sec = 1})
#define MALFORMED (&(struct timespec){.tv_sec = 1, .tv_nsec = 1000000000})
#define NEGATIVE (&(struct timespec){.tv_sec = 1, .tv_nsec = -1})
#define BEFORE_THE_EPOCH (&(struct timespec){.tv_sec = -5})

#endif
