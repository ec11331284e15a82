/* Mutexes, spin locks, read-write locks; POSIX and C11. The real lock is really taken, by its form that does not wait. */
#include "shim/live.h"
#include "shim/shim.h"

#include <stdatomic.h>

static const struct timespec long_ago = {0, 0};

#define MUTEX_ROBUST 16 /* glibc, nptl/pthreadP.h */

/* ---- mutexes ---- */

/* A try that keeps what trylock loses: an errorcheck mutex owned by the caller answers EDEADLK. EBUSY = would wait. */
int shim_mutex_try(pthread_mutex_t *mutex)
{
    if (mutex->__data.__kind & MUTEX_ROBUST) {
        /* glibc's trylock of a mutex that is not recoverable keeps it locked (nptl/pthread_mutex_trylock.c); the timed
         * form does not. */
        int robust = REAL(pthread_mutex_timedlock)(mutex, &long_ago);
        return robust == ETIMEDOUT ? EBUSY : robust;
    }
    int error = REAL(pthread_mutex_trylock)(mutex);
    /* The type is in the two lowest bits (glibc, nptl/pthreadP.h); the kernel need not be asked for the other types. */
    if (error != EBUSY || (mutex->__data.__kind & 3) != PTHREAD_MUTEX_ERRORCHECK_NP)
        return error;
    error = REAL(pthread_mutex_timedlock)(mutex, &long_ago);
    return error == ETIMEDOUT ? EBUSY : error;
}

/* The object, and its type for the model: a static initialiser is seen by nobody. */
static void mutex_object(struct step *step, const pthread_mutex_t *mutex)
{
    step->record.object = key_of_address(OBJECT_mutex, mutex, sizeof *mutex);
    step->record.argument[0] = mutex->__data.__kind & 3;
}

/* Taking the lock, for as long as it takes. */
static int mutex_take(struct step *step, pthread_mutex_t *mutex)
{
    mutex_object(step, mutex);
    enum grant_action grant = step_ask(step);
    for (;;) {
        step_cancellation(step);
        int error = shim_mutex_try(mutex);
        if (error != EBUSY)
            return error;
        if (grant == GRANT_EXPIRED)
            return ETIMEDOUT;
        grant = step_block(step, &step->record.object);
    }
}

/* An owner that died is a success with a message (pthread_mutex_lock(3)): the lock is held. */
static void mutex_result(struct step *step, int error)
{
    if (error == EOWNERDEAD)
        step_got(step, OUTCOME_done, error, error);
    else
        step_result(step, error, error);
}

SHIM_EXPORT int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    LIVE(live_mutex_lock(OPERATION_mutex_lock, mutex, LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_mutex_lock))
        return REAL(pthread_mutex_lock)(mutex);
    int error = mutex_take(&step, mutex);
    mutex_result(&step, error);
    return error;
}

SHIM_EXPORT int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
    LIVE(live_mutex_lock(OPERATION_mutex_trylock, mutex, LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_mutex_trylock))
        return REAL(pthread_mutex_trylock)(mutex);
    mutex_object(&step, mutex);
    step_ask(&step);
    int error = REAL(pthread_mutex_trylock)(mutex);
    mutex_result(&step, error);
    return error;
}

static int mutex_timed(struct step *step, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *deadline)
{
    bool malformed = deadline->tv_nsec < 0 || deadline->tv_nsec >= 1000000000;
    step_deadline(step, malformed ? INT64_MIN : time_of_deadline(clock, deadline));
    int error = mutex_take(step, mutex);
    if (error == ETIMEDOUT && malformed)
        error = EINVAL; /* only where it would have had to wait (pthread_mutex_timedlock(3p)) */
    mutex_result(step, error);
    return error;
}

SHIM_EXPORT int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *deadline)
{
    LIVE(live_mutex_timedlock(mutex, CLOCK_REALTIME, deadline, LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_mutex_timedlock))
        return REAL(pthread_mutex_timedlock)(mutex, deadline);
    return mutex_timed(&step, mutex, CLOCK_REALTIME, deadline);
}

SHIM_EXPORT int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock, const struct timespec *deadline)
{
    LIVE(live_mutex_timedlock(mutex, clock, deadline, LIVE_HERE));
    struct step step;
    if ((clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) || !step_begin(&step, OPERATION_mutex_timedlock))
        return REAL(pthread_mutex_clocklock)(mutex, clock, deadline);
    return mutex_timed(&step, mutex, clock, deadline);
}

/* Calls that never wait: ask, do, tell. */
#define PLAIN(name, operation, kind, type, live)                                                                       \
    SHIM_EXPORT int name(type *object)                                                                                 \
    {                                                                                                                  \
        LIVE(live);                                                                                                    \
        struct step step;                                                                                              \
        if (!step_begin(&step, operation))                                                                             \
            return REAL(name)(object);                                                                                 \
        step.record.object = key_of_address(kind, object, sizeof *object);                                             \
        step_ask(&step);                                                                                               \
        int error = REAL(name)(object);                                                                                \
        step_result(&step, error, error);                                                                              \
        return error;                                                                                                  \
    }

PLAIN(pthread_mutex_unlock, OPERATION_mutex_unlock, OBJECT_mutex, pthread_mutex_t, live_mutex_unlock(object, LIVE_HERE))
PLAIN(pthread_mutex_destroy, OPERATION_mutex_destroy, OBJECT_mutex, pthread_mutex_t,
      LIVE_AFTER(OPERATION_mutex_destroy, OBJECT_mutex, object, REAL(pthread_mutex_destroy)(object)))
PLAIN(pthread_mutex_consistent, OPERATION_mutex_consistent, OBJECT_mutex, pthread_mutex_t,
      LIVE_AFTER(OPERATION_mutex_consistent, OBJECT_mutex, object, REAL(pthread_mutex_consistent)(object)))
PLAIN(pthread_rwlock_unlock, OPERATION_rwlock_unlock, OBJECT_rwlock, pthread_rwlock_t,
      live_rwlock_unlock(object, LIVE_HERE))
PLAIN(pthread_rwlock_destroy, OPERATION_rwlock_destroy, OBJECT_rwlock, pthread_rwlock_t,
      LIVE_AFTER(OPERATION_rwlock_destroy, OBJECT_rwlock, object, REAL(pthread_rwlock_destroy)(object)))

SHIM_EXPORT int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
    LIVE(LIVE_AFTER_WITH(OPERATION_mutex_init, OBJECT_mutex, mutex, REAL(pthread_mutex_init)(mutex, attributes),
                         mutex->__data.__kind));
    struct step step;
    if (!step_begin(&step, OPERATION_mutex_init))
        return REAL(pthread_mutex_init)(mutex, attributes);
    step.record.object = key_of_address(OBJECT_mutex, mutex, sizeof *mutex);
    if (attributes) {
        int type = 0, robust = 0, shared = 0, protocol = 0;
        pthread_mutexattr_gettype(attributes, &type);
        pthread_mutexattr_getrobust(attributes, &robust);
        pthread_mutexattr_getpshared(attributes, &shared);
        pthread_mutexattr_getprotocol(attributes, &protocol);
        step.record.argument[0] = type == PTHREAD_MUTEX_RECURSIVE ? 1 : type == PTHREAD_MUTEX_ERRORCHECK ? 2 : 0;
        step.record.argument[1] = robust == PTHREAD_MUTEX_ROBUST;
        step.record.argument[2] = shared == PTHREAD_PROCESS_SHARED;
        step.record.argument[3] = protocol;
    }
    step_ask(&step);
    int error = REAL(pthread_mutex_init)(mutex, attributes);
    step_result(&step, error, error);
    return error;
}

/* ---- C11 mutexes are POSIX ones with other answers (glibc, nptl/mtx_*.c) ---- */
static int c11(int error)
{
    return error == 0           ? thrd_success
           : error == EBUSY     ? thrd_busy
           : error == ETIMEDOUT ? thrd_timedout
           : error == ENOMEM    ? thrd_nomem
                                : thrd_error;
}

SHIM_EXPORT int mtx_init(mtx_t *mutex, int type)
{
    LIVE(live_mtx_init(mutex, type, LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_mutex_init))
        return REAL(mtx_init)(mutex, type);
    step.record.object = key_of_address(OBJECT_mutex, mutex, sizeof *mutex);
    step.record.argument[0] = (type & mtx_recursive) != 0;
    step_ask(&step);
    int result = REAL(mtx_init)(mutex, type);
    step_result(&step, result, result == thrd_success ? 0 : EINVAL);
    return result;
}

SHIM_EXPORT void mtx_destroy(mtx_t *mutex)
{
    if (live_on()) {
        REAL(mtx_destroy)(mutex);
        live_after(OPERATION_mutex_destroy, OBJECT_mutex, mutex, 0, 0, LIVE_HERE);
        return;
    }
    struct step step;
    if (!step_begin(&step, OPERATION_mutex_destroy)) {
        REAL(mtx_destroy)(mutex);
        return;
    }
    step.record.object = key_of_address(OBJECT_mutex, mutex, sizeof *mutex);
    step_ask(&step);
    REAL(mtx_destroy)(mutex);
    step_result(&step, 0, 0);
}

SHIM_EXPORT int mtx_lock(mtx_t *mutex)
{
    LIVE(c11(live_mutex_lock(OPERATION_mutex_lock, (pthread_mutex_t *)(void *)mutex, LIVE_HERE)));
    struct step step;
    if (!step_begin(&step, OPERATION_mutex_lock))
        return REAL(mtx_lock)(mutex);
    int error = mutex_take(&step, (pthread_mutex_t *)(void *)mutex);
    mutex_result(&step, error);
    return c11(error);
}

SHIM_EXPORT int mtx_trylock(mtx_t *mutex)
{
    LIVE(c11(live_mutex_lock(OPERATION_mutex_trylock, (pthread_mutex_t *)(void *)mutex, LIVE_HERE)));
    struct step step;
    if (!step_begin(&step, OPERATION_mutex_trylock))
        return REAL(mtx_trylock)(mutex);
    mutex_object(&step, (pthread_mutex_t *)(void *)mutex);
    step_ask(&step);
    int result = REAL(mtx_trylock)(mutex);
    int error = result == thrd_success ? 0 : result == thrd_busy ? EBUSY : EINVAL;
    step_result(&step, error, error);
    return result;
}

SHIM_EXPORT int mtx_timedlock(mtx_t *mutex, const struct timespec *deadline)
{
    LIVE(c11(live_mutex_timedlock((pthread_mutex_t *)(void *)mutex, CLOCK_REALTIME, deadline, LIVE_HERE)));
    struct step step;
    if (!step_begin(&step, OPERATION_mutex_timedlock))
        return REAL(mtx_timedlock)(mutex, deadline);
    return c11(mutex_timed(&step, (pthread_mutex_t *)(void *)mutex, CLOCK_REALTIME, deadline));
}

SHIM_EXPORT int mtx_unlock(mtx_t *mutex)
{
    LIVE(c11(live_mutex_unlock((pthread_mutex_t *)(void *)mutex, LIVE_HERE)));
    struct step step;
    if (!step_begin(&step, OPERATION_mutex_unlock))
        return REAL(mtx_unlock)(mutex);
    step.record.object = key_of_address(OBJECT_mutex, mutex, sizeof *mutex);
    step_ask(&step);
    int error = REAL(pthread_mutex_unlock)((pthread_mutex_t *)(void *)mutex);
    step_result(&step, error, error);
    return c11(error);
}

/* ---- spin locks ---- */
#define SPIN(name, operation, live)                                                                                    \
    SHIM_EXPORT int name(pthread_spinlock_t *lock)                                                                     \
    {                                                                                                                  \
        LIVE(live);                                                                                                    \
        struct step step;                                                                                              \
        if (!step_begin(&step, operation))                                                                             \
            return REAL(name)(lock);                                                                                   \
        step.record.object = key_of_address(OBJECT_spin, lock, sizeof *lock);                                          \
        step_ask(&step);                                                                                               \
        int error = REAL(name)(lock);                                                                                  \
        step_result(&step, error, error);                                                                              \
        return error;                                                                                                  \
    }

SPIN(pthread_spin_trylock, OPERATION_spin_trylock,
     LIVE_AFTER(OPERATION_spin_trylock, OBJECT_spin, lock, REAL(pthread_spin_trylock)(lock)))
SPIN(pthread_spin_unlock, OPERATION_spin_unlock, live_spin_unlock(lock, LIVE_HERE))
SPIN(pthread_spin_destroy, OPERATION_spin_destroy,
     LIVE_AFTER(OPERATION_spin_destroy, OBJECT_spin, lock, REAL(pthread_spin_destroy)(lock)))

SHIM_EXPORT int pthread_spin_init(pthread_spinlock_t *lock, int shared)
{
    LIVE(LIVE_AFTER(OPERATION_spin_init, OBJECT_spin, lock, REAL(pthread_spin_init)(lock, shared)));
    struct step step;
    if (!step_begin(&step, OPERATION_spin_init))
        return REAL(pthread_spin_init)(lock, shared);
    step.record.object = key_of_address(OBJECT_spin, lock, sizeof *lock);
    step.record.argument[0] = shared;
    step_ask(&step);
    int error = REAL(pthread_spin_init)(lock, shared);
    step_result(&step, error, error);
    return error;
}

SHIM_EXPORT int pthread_spin_lock(pthread_spinlock_t *lock)
{
    LIVE(live_spin_lock(lock, LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_spin_lock))
        return REAL(pthread_spin_lock)(lock);
    step.record.object = key_of_address(OBJECT_spin, lock, sizeof *lock);
    step_ask(&step);
    int error;
    while ((error = REAL(pthread_spin_trylock)(lock)) == EBUSY) {
        step_block(&step, &step.record.object);
        step_cancellation(&step);
    }
    step_result(&step, error, error);
    return error;
}

/* ---- read-write locks ---- */
SHIM_EXPORT int pthread_rwlock_init(pthread_rwlock_t *lock, const pthread_rwlockattr_t *attributes)
{
    LIVE(LIVE_AFTER(OPERATION_rwlock_init, OBJECT_rwlock, lock, REAL(pthread_rwlock_init)(lock, attributes)));
    struct step step;
    if (!step_begin(&step, OPERATION_rwlock_init))
        return REAL(pthread_rwlock_init)(lock, attributes);
    step.record.object = key_of_address(OBJECT_rwlock, lock, sizeof *lock);
    if (attributes) {
        int kind = 0, shared = 0;
        pthread_rwlockattr_getkind_np(attributes, &kind);
        pthread_rwlockattr_getpshared(attributes, &shared);
        step.record.argument[0] = kind;
        step.record.argument[2] = shared == PTHREAD_PROCESS_SHARED;
    }
    step_ask(&step);
    int error = REAL(pthread_rwlock_init)(lock, attributes);
    step_result(&step, error, error);
    return error;
}

/* Entering, as a reader or as the writer. The timed form with a deadline long gone keeps the answers that the try form
 * loses (EDEADLK for one's own write lock). GRANT_BLOCK: the model keeps a reader out because the lock prefers writers. */
static int rwlock_take(struct step *step, pthread_rwlock_t *lock, bool writer)
{
    step->record.object = key_of_address(OBJECT_rwlock, lock, sizeof *lock);
    enum grant_action grant = step_ask(step);
    for (;;) {
        if (grant == GRANT_RESULT)
            return (int)step->grant_result;
        if (grant != GRANT_BLOCK) {
            int error = writer ? REAL(pthread_rwlock_trywrlock)(lock) : REAL(pthread_rwlock_tryrdlock)(lock);
            if (error == EBUSY) {
                error = writer ? REAL(pthread_rwlock_timedwrlock)(lock, &long_ago)
                               : REAL(pthread_rwlock_timedrdlock)(lock, &long_ago);
                if (error == ETIMEDOUT)
                    error = EBUSY;
            }
            if (error != EBUSY && error != EAGAIN)
                return error;
            if (grant == GRANT_EXPIRED)
                return ETIMEDOUT;
        }
        grant = step_block(step, &step->record.object);
    }
}

#define RWLOCK(name, operation, writer)                                                                                \
    SHIM_EXPORT int name(pthread_rwlock_t *lock)                                                                       \
    {                                                                                                                  \
        LIVE(live_rwlock_lock(lock, writer, -1, NULL, LIVE_HERE));                                                     \
        struct step step;                                                                                              \
        if (!step_begin(&step, operation))                                                                             \
            return REAL(name)(lock);                                                                                   \
        int error = rwlock_take(&step, lock, writer);                                                                  \
        step_result(&step, error, error);                                                                              \
        return error;                                                                                                  \
    }

RWLOCK(pthread_rwlock_rdlock, OPERATION_rwlock_rdlock, false)
RWLOCK(pthread_rwlock_wrlock, OPERATION_rwlock_wrlock, true)

SHIM_EXPORT int pthread_rwlock_tryrdlock(pthread_rwlock_t *lock)
{
    LIVE(LIVE_AFTER(OPERATION_rwlock_tryrdlock, OBJECT_rwlock, lock, REAL(pthread_rwlock_tryrdlock)(lock)));
    struct step step;
    if (!step_begin(&step, OPERATION_rwlock_tryrdlock))
        return REAL(pthread_rwlock_tryrdlock)(lock);
    step.record.object = key_of_address(OBJECT_rwlock, lock, sizeof *lock);
    /* GRANT_RESULT: kept out for a waiting writer, which the real lock does not know of. */
    int error = step_ask(&step) == GRANT_RESULT ? (int)step.grant_result : REAL(pthread_rwlock_tryrdlock)(lock);
    step_result(&step, error, error);
    return error;
}
PLAIN(pthread_rwlock_trywrlock, OPERATION_rwlock_trywrlock, OBJECT_rwlock, pthread_rwlock_t,
      LIVE_AFTER(OPERATION_rwlock_trywrlock, OBJECT_rwlock, object, REAL(pthread_rwlock_trywrlock)(object)))

/* Unlike a mutex's, a malformed deadline is refused even where the lock is free (glibc, nptl/pthread_rwlock_common.c). */
static bool malformed(const struct timespec *deadline)
{
    return deadline->tv_nsec < 0 || deadline->tv_nsec >= 1000000000;
}

static int rwlock_timed(struct step *step, pthread_rwlock_t *lock, bool writer, clockid_t clock,
                        const struct timespec *deadline)
{
    step_deadline(step, time_of_deadline(clock, deadline));
    int error = rwlock_take(step, lock, writer);
    step_result(step, error, error);
    return error;
}

#define RWLOCK_TIMED(name, operation, writer)                                                                          \
    SHIM_EXPORT int name(pthread_rwlock_t *lock, const struct timespec *deadline)                                      \
    {                                                                                                                  \
        LIVE(live_rwlock_lock(lock, writer, CLOCK_REALTIME, deadline, LIVE_HERE));                                     \
        struct step step;                                                                                              \
        if (malformed(deadline) || !step_begin(&step, operation))                                                      \
            return REAL(name)(lock, deadline);                                                                         \
        return rwlock_timed(&step, lock, writer, CLOCK_REALTIME, deadline);                                            \
    }

RWLOCK_TIMED(pthread_rwlock_timedrdlock, OPERATION_rwlock_timedrdlock, false)
RWLOCK_TIMED(pthread_rwlock_timedwrlock, OPERATION_rwlock_timedwrlock, true)

#define RWLOCK_CLOCK(name, operation, writer)                                                                          \
    SHIM_EXPORT int name(pthread_rwlock_t *lock, clockid_t clock, const struct timespec *deadline)                     \
    {                                                                                                                  \
        LIVE(live_rwlock_lock(lock, writer, clock, deadline, LIVE_HERE));                                              \
        struct step step;                                                                                              \
        if (malformed(deadline) || (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) ||                            \
            !step_begin(&step, operation))                                                                             \
            return REAL(name)(lock, clock, deadline);                                                                  \
        return rwlock_timed(&step, lock, writer, clock, deadline);                                                     \
    }

RWLOCK_CLOCK(pthread_rwlock_clockrdlock, OPERATION_rwlock_timedrdlock, false)
RWLOCK_CLOCK(pthread_rwlock_clockwrlock, OPERATION_rwlock_timedwrlock, true)
