/* Descriptors themselves: open, close, dup, fcntl. Our own channel is never seen or hit: to the guest its number is a
 * descriptor that is not open. */
#include "shim/files.h"
#include "shim/checked.h"
#include "shim/descriptors.h"

#include <sys/stat.h>
#include <unistd.h>

/* ---- open ---- */

/* Opening a FIFO waits for the other side (fifo(7)). We open our own fresh description without waiting, wait at the gate
 * until the other side has come, and then make it one that waits. */
struct opening {
    int folder;
    const char *path;
    int flags;
    mode_t mode;
    long descriptor; /* of a FIFO: what is open by now, -1 */
};

static long opening_try(const struct opening *opening, int flags)
{
    return SYSTEM(SYS_openat, opening->folder, opening->path, flags, opening->mode);
}

/* Has a writer come? A FIFO that was opened for reading without waiting tells it by POLLHUP once one has come and gone,
 * by EAGAIN while one is there (fs/pipe.c). */
static bool writer_has_come(int descriptor)
{
    char byte;
    return descriptor_filled(descriptor) > 0 || descriptor_poll(descriptor, POLLIN) != 0 ||
           SYSTEM(SYS_read, descriptor, &byte, 1) == -EAGAIN;
}

static bool fifo_open(struct step *step)
{
    struct opening *opening = (struct opening *)step->context;
    if (opening->descriptor < 0)
        opening->descriptor = opening_try(opening, opening->flags | O_NONBLOCK);
    if ((opening->flags & O_ACCMODE) == O_RDONLY && opening->descriptor >= 0)
        return writer_has_come((int)opening->descriptor);
    return opening->descriptor != -ENXIO;
}

static long open_fifo(struct step *step, struct opening *opening)
{
    step->context = opening;
    step->ready = fifo_open;
    while (!fifo_open(step)) {
        if (step_must_end(step)) {
            if (opening->descriptor >= 0)
                SYSTEM(SYS_close, opening->descriptor);
            return -EINTR;
        }
        step_block(step, &step->record.object);
        if (shim_cancel_requested() && opening->descriptor >= 0)
            SYSTEM(SYS_close, opening->descriptor);
        step_cancellation(step);
    }
    if (opening->descriptor >= 0)
        SYSTEM(SYS_fcntl, opening->descriptor, F_SETFL, opening->flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC));
    return opening->descriptor;
}

static int open_step(struct step *step, int folder, const char *path, int flags, mode_t mode)
{
    struct opening opening = {folder, path, flags, mode, -1};
    struct record_key before = key_of_path(folder, path);
    step->record.object = before;
    step->record.object.descriptor = -1;
    if (path)
        step_text(path);
    step_ask(step);
    step_cancellation(step);
    before = key_of_path(folder, path);
    bool waits = before.kind == OBJECT_pipe && !(flags & (O_NONBLOCK | O_PATH)) && (flags & O_ACCMODE) != O_RDWR;
    long descriptor = waits ? open_fifo(step, &opening) : opening_try(&opening, flags);
    if (descriptor >= 0) {
        step->record.argument[0] = descriptor;
        if (step->record.object.kind != OBJECT_none)
            step->record.object = key_of_descriptor((int)descriptor);
    }
    return (int)step_end_with(step, descriptor, descriptor < 0 ? (int)-descriptor : 0);
}

static bool open_needs_mode(int flags)
{
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

#define OPEN(name)                                                                                                     \
    SHIM_EXPORT int name(const char *path, int flags, ...)                                                             \
    {                                                                                                                  \
        mode_t mode = 0;                                                                                               \
        if (open_needs_mode(flags)) {                                                                                  \
            va_list arguments;                                                                                         \
            va_start(arguments, flags);                                                                                \
            mode = va_arg(arguments, mode_t);                                                                          \
            va_end(arguments);                                                                                         \
        }                                                                                                              \
        struct step step;                                                                                              \
        if (!step_begin(&step, OPERATION_file_open))                                                                   \
            return REAL(name)(path, flags, mode);                                                                      \
        return open_step(&step, AT_FDCWD, path, flags, mode);                                                          \
    }

OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                                                   \
    SHIM_EXPORT int name(int folder, const char *path, int flags, ...)                                                 \
    {                                                                                                                  \
        mode_t mode = 0;                                                                                               \
        if (open_needs_mode(flags)) {                                                                                  \
            va_list arguments;                                                                                         \
            va_start(arguments, flags);                                                                                \
            mode = va_arg(arguments, mode_t);                                                                          \
            va_end(arguments);                                                                                         \
        }                                                                                                              \
        struct step step;                                                                                              \
        if (!step_begin(&step, OPERATION_file_open))                                                                   \
            return REAL(name)(folder, path, flags, mode);                                                              \
        return open_step(&step, folder, path, flags, mode);                                                            \
    }

OPENAT(openat)
OPENAT(openat64)

#define CREAT(name)                                                                                                    \
    SHIM_EXPORT int name(const char *path, mode_t mode)                                                                \
    {                                                                                                                  \
        struct step step;                                                                                              \
        if (!step_begin(&step, OPERATION_file_open))                                                                   \
            return REAL(name)(path, mode);                                                                             \
        return open_step(&step, AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);                                   \
    }

CREAT(creat)
CREAT(creat64)

/* With _FORTIFY_SOURCE and flags that the compiler cannot see: no mode is given (glibc, io/open_2.c). */
#define OPEN_2(name)                                                                                                   \
    SHIM_EXPORT int name(const char *path, int flags)                                                                  \
    {                                                                                                                  \
        struct step step;                                                                                              \
        if (open_needs_mode(flags) || !step_begin(&step, OPERATION_file_open))                                         \
            return REAL(name)(path, flags);                                                                            \
        return open_step(&step, AT_FDCWD, path, flags, 0);                                                             \
    }

OPEN_2(__open_2)
OPEN_2(__open64_2)

#define OPENAT_2(name)                                                                                                 \
    SHIM_EXPORT int name(int folder, const char *path, int flags)                                                      \
    {                                                                                                                  \
        struct step step;                                                                                              \
        if (open_needs_mode(flags) || !step_begin(&step, OPERATION_file_open))                                         \
            return REAL(name)(folder, path, flags);                                                                    \
        return open_step(&step, folder, path, flags, 0);                                                               \
    }

OPENAT_2(__openat_2)
OPENAT_2(__openat64_2)

/* ---- close ---- */
SHIM_EXPORT int close(int descriptor)
{
    if (descriptor_is_ours(descriptor)) {
        errno = EBADF;
        return -1;
    }
    struct step step;
    /* What is not open cannot be closed: nobody could notice, and loops over all numbers are common. */
    if (descriptor_flags(descriptor) < 0 || !step_begin(&step, OPERATION_file_close))
        return REAL(close)(descriptor);
    step_descriptor(&step, descriptor, &descriptor_closes);
    step.record.flags &= ~(uint32_t)RECORD_NONBLOCKING;
    step.record.argument[0] = descriptor;
    step_ask(&step);
    step_cancellation(&step);
    long result = descriptor_is_ours(descriptor) ? -EBADF : SYSTEM(SYS_close, descriptor);
    return (int)step_end_with(&step, 0, result < 0 ? (int)-result : 0);
}

/* A range without ours in it. 0 or a negative errno number. */
static long close_range_around(unsigned first, unsigned last, int flags)
{
    unsigned ours = (unsigned)shim_process.channel;
    if (shim_process.channel < 0 || ours < first || ours > last)
        return SYSTEM(SYS_close_range, first, last, flags);
    long result = 0;
    if (ours > first)
        result = SYSTEM(SYS_close_range, first, ours - 1, flags);
    if (result == 0 && ours < last)
        result = SYSTEM(SYS_close_range, ours + 1, last, flags);
    return result;
}

SHIM_EXPORT int close_range(unsigned first, unsigned last, int flags)
{
    struct step step;
    if (((unsigned)flags & CLOSE_RANGE_CLOEXEC) || !step_begin(&step, OPERATION_file_close)) {
        long result = first > last ? -EINVAL : close_range_around(first, last, flags);
        if (result < 0)
            errno = (int)-result;
        return result < 0 ? -1 : 0;
    }
    step.record.argument[0] = first;
    step_ask(&step);
    long result = first > last ? -EINVAL : close_range_around(first, last, flags);
    return (int)step_end_with(&step, 0, result < 0 ? (int)-result : 0);
}

SHIM_EXPORT void closefrom(int first)
{
    unsigned from = first < 0 ? 0u : (unsigned)first;
    struct step step;
    bool stepped = step_begin(&step, OPERATION_file_close);
    if (stepped) {
        step.record.argument[0] = from;
        step_ask(&step);
    }
    if (close_range_around(from, ~0u, 0) < 0) {
        /* a kernel before 5.9: one by one */
        long limit = sysconf(_SC_OPEN_MAX);
        for (long descriptor = from; descriptor < limit; descriptor++)
            if (descriptor != shim_process.channel)
                SYSTEM(SYS_close, descriptor);
    }
    if (stepped)
        step_result(&step, 0, 0);
}

/* ---- dup ---- */
SHIM_EXPORT int dup(int descriptor)
{
    struct step step;
    if (descriptor_is_ours(descriptor)) {
        errno = EBADF;
        return -1;
    }
    if (!step_begin(&step, OPERATION_file_dup))
        return REAL(dup)(descriptor);
    step.record.object = key_of_descriptor(descriptor);
    step_ask(&step);
    long made = SYSTEM(SYS_dup, descriptor);
    step.record.argument[0] = made;
    return (int)step_end_with(&step, made, made < 0 ? (int)-made : 0);
}

/* dup2 closes silently what had the number: that is the second object. */
static int dup_onto(struct step *step, int descriptor, int wanted, int flags)
{
    step->record.object = key_of_descriptor(descriptor);
    if (wanted != descriptor)
        step->record.second = key_of_descriptor(wanted);
    step_ask(step);
    long made;
    if (wanted == descriptor && flags < 0)
        made = SYSTEM(SYS_fcntl, descriptor, F_GETFL) < 0 ? -EBADF : wanted;
    else
        made = SYSTEM(SYS_dup3, descriptor, wanted, flags < 0 ? 0 : flags);
    step->record.argument[0] = made;
    return (int)step_end_with(step, made, made < 0 ? (int)-made : 0);
}

SHIM_EXPORT int dup2(int descriptor, int wanted)
{
    struct step step;
    if (descriptor_is_ours(descriptor)) {
        errno = EBADF;
        return -1;
    }
    descriptor_make_way(wanted);
    if (!step_begin(&step, OPERATION_file_dup))
        return REAL(dup2)(descriptor, wanted);
    return dup_onto(&step, descriptor, wanted, -1);
}

SHIM_EXPORT int dup3(int descriptor, int wanted, int flags)
{
    struct step step;
    if (descriptor_is_ours(descriptor)) {
        errno = EBADF;
        return -1;
    }
    descriptor_make_way(wanted);
    if (!step_begin(&step, OPERATION_file_dup))
        return REAL(dup3)(descriptor, wanted, flags);
    return dup_onto(&step, descriptor, wanted, flags & ~INT_MIN);
}

/* ---- fcntl ---- */
static int fcntl_dup(struct step *step, int descriptor, int command, long argument)
{
    step->record.object = key_of_descriptor(descriptor);
    step_ask(step);
    long made = SYSTEM(SYS_fcntl, descriptor, command, argument);
    step->record.argument[0] = made;
    return (int)step_end_with(step, made, made < 0 ? (int)-made : 0);
}

static int fcntl_any(int descriptor, int command, long argument, int (*real)(int, int, ...), void *pc, void *frame)
{
    struct step step;
    if (descriptor_is_ours(descriptor)) {
        errno = EBADF;
        return -1;
    }
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        if (step_begin_at(&step, OPERATION_file_dup, pc, frame))
            return fcntl_dup(&step, descriptor, command, argument);
        break;
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        if (step_begin_at(&step, OPERATION_file_lock, pc, frame))
            return file_lock_fcntl(&step, descriptor, command, (struct flock *)argument);
        break;
    default:
        break;
    }
    return real(descriptor, command, argument);
}

/* The third argument is a number or a pointer or not there; glibc itself takes it as a pointer (io/fcntl64.c). */
#define FCNTL(name)                                                                                                    \
    SHIM_EXPORT int name(int descriptor, int command, ...)                                                             \
    {                                                                                                                  \
        va_list arguments;                                                                                             \
        va_start(arguments, command);                                                                                  \
        long argument = (long)va_arg(arguments, void *);                                                               \
        va_end(arguments);                                                                                             \
        return fcntl_any(descriptor, command, argument, REAL(name), __builtin_return_address(0),                       \
                         __builtin_frame_address(0));                                                                  \
    }

FCNTL(fcntl)
FCNTL(fcntl64)
