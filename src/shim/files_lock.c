/* Locks of files: fcntl's, lockf and flock. The waiting forms are done by those that do not wait, so the kernel's own
 * search for circles among record locks (EDEADLK, fcntl(2)) is not asked: the circle is shown as the deadlock it is. */
#include "shim/descriptors.h"
#include "shim/files.h"

#include <unistd.h>

/* ---- record locks ---- */
struct lock_wait {
    int descriptor, query;
    struct flock lock;
};

static bool lock_is_free(struct step *step)
{
    const struct lock_wait *wait = step->context;
    struct flock probe = wait->lock;
    return SYSTEM(SYS_fcntl, wait->descriptor, wait->query, &probe) < 0 || probe.l_type == F_UNLCK;
}

int file_lock_fcntl(struct step *step, int descriptor, int command, struct flock *lock)
{
    bool owned_by_file = command == F_OFD_SETLK || command == F_OFD_SETLKW;
    bool waits = command == F_SETLKW || command == F_OFD_SETLKW;
    int attempt = owned_by_file ? F_OFD_SETLK : F_SETLK;
    static const struct descriptor_operations locking = {OPERATION_file_lock, OPERATION_file_lock, OPERATION_file_lock};
    step_descriptor(step, descriptor, &locking);
    step->record.flags &= ~(uint32_t)RECORD_NONBLOCKING;
    if (lock && lock->l_type == F_UNLCK)
        step->record.operation = OPERATION_file_unlock;
    else if (!waits)
        step->record.flags |= RECORD_NONBLOCKING;
    struct lock_wait wait = {.descriptor = descriptor, .query = owned_by_file ? F_OFD_GETLK : F_GETLK};
    if (lock)
        wait.lock = *lock;
    step->context = &wait;
    step->ready = lock_is_free;
    step_ask(step);
    long result;
    for (;;) {
        step_cancellation(step);
        result = SYSTEM(SYS_fcntl, descriptor, attempt, lock);
        if ((result != -EAGAIN && result != -EACCES) || !waits)
            break;
        if (step_must_end(step)) {
            result = -EINTR;
            break;
        }
        step_block(step, &step->record.object);
    }
    return (int)step_end_with(step, 0, result < 0 ? (int)-result : 0);
}

/* lockf(3): record locks from the file's present place. */
static int lockf_any(int descriptor, int command, off_t length, int (*real)(int, int, off_t), void *pc, void *frame)
{
    struct step step;
    struct flock lock = {.l_type = command == F_ULOCK ? F_UNLCK : F_WRLCK, .l_whence = SEEK_CUR, .l_len = length};
    if ((command != F_LOCK && command != F_TLOCK && command != F_ULOCK) || descriptor_is_ours(descriptor) ||
        !step_begin_at(&step, OPERATION_file_lock, pc, frame))
        return real(descriptor, command, length);
    return file_lock_fcntl(&step, descriptor, command == F_LOCK ? F_SETLKW : F_SETLK, &lock);
}

#define LOCKF(name)                                                                                                    \
    SHIM_EXPORT int name(int descriptor, int command, off_t length)                                                    \
    {                                                                                                                  \
        return lockf_any(descriptor, command, length, REAL(name), __builtin_return_address(0),                         \
                         __builtin_frame_address(0));                                                                  \
    }

LOCKF(lockf)
LOCKF(lockf64)

/* ---- whole files ---- */
struct flock_wait {
    int descriptor, kind;
};

/* Only trying tells; what the try took is given back, as taking it is the step of the task that will be chosen. */
static bool flock_is_free(struct step *step)
{
    const struct flock_wait *wait = step->context;
    if (SYSTEM(SYS_flock, wait->descriptor, wait->kind | LOCK_NB) == -EWOULDBLOCK)
        return false;
    SYSTEM(SYS_flock, wait->descriptor, LOCK_UN);
    return true;
}

SHIM_EXPORT int flock(int descriptor, int operation)
{
    struct step step;
    if (descriptor_is_ours(descriptor) || !step_begin(&step, OPERATION_file_lock))
        return REAL(flock)(descriptor, operation);
    static const struct descriptor_operations locking = {OPERATION_file_lock, OPERATION_file_lock, OPERATION_file_lock};
    step_descriptor(&step, descriptor, &locking);
    step.record.flags &= ~(uint32_t)RECORD_NONBLOCKING;
    int kind = operation & ~LOCK_NB;
    if (kind == LOCK_UN)
        step.record.operation = OPERATION_file_unlock;
    else if (operation & LOCK_NB)
        step.record.flags |= RECORD_NONBLOCKING;
    struct flock_wait wait = {descriptor, kind};
    step.context = &wait;
    step.ready = flock_is_free;
    step_ask(&step);
    long result;
    for (;;) {
        step_cancellation(&step);
        result = SYSTEM(SYS_flock, descriptor, kind | LOCK_NB);
        if (result != -EWOULDBLOCK || (operation & LOCK_NB))
            break;
        if (step_must_end(&step)) {
            result = -EINTR;
            break;
        }
        step_block(&step, &step.record.object);
    }
    return (int)step_end_with(&step, 0, result < 0 ? (int)-result : 0);
}
