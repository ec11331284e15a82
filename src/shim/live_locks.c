/* Live mode: locks, condition variables, semaphores, barriers. The try form is tried first; where it would have to wait,
 * that is told before the real call waits, so that live mode shows who waits for whom. Which side of the real call a
 * record is written on follows protocol/live.h ("Order"). */
#include "shim/live_write.h"

/* The process has learned of memory that it shares (shared.c): then the key of an object takes longer to find. */
static inline __attribute__((always_inline)) void tell_at(bool releases, enum live_kind kind, enum operation operation,
                                                          enum object_kind object_kind, const volatile void *object,
                                                          size_t size, int value, int error, int64_t argument,
                                                          struct live_place place)
{
    struct record_key key = {.a = (uint64_t)(uintptr_t)object, .space = KEY_PRIVATE};
    shim_shared_key(&key);
    if (__builtin_expect(key.space == KEY_PRIVATE, 1)) {
        live_write(releases, kind, operation, object_kind, object, NULL, value, error, argument, place);
        return;
    }
    struct live_event event = {.kind = kind,
                               .operation = operation,
                               .object = key_of_address(object_kind, object, size),
                               .value = value,
                               .error = error,
                               .argument = argument,
                               .place = place};
    live_tell(&event);
}

static void tell(enum live_kind kind, enum operation operation, enum object_kind object_kind,
                 const volatile void *object, size_t size, int value, int error, int64_t argument,
                 struct live_place place)
{
    tell_at(false, kind, operation, object_kind, object, size, value, error, argument, place);
}

/* What lets others go on, before it does. */
static void tell_release(enum operation operation, enum object_kind object_kind, const volatile void *object,
                         size_t size, struct live_place place)
{
    tell_at(true, LIVE_DONE, operation, object_kind, object, size, 0, 0, 0, place);
}

int live_after(enum operation operation, enum object_kind kind, const volatile void *object, int error,
               int64_t argument, struct live_place place)
{
    tell(LIVE_DONE, operation, kind, object, 0, error, error, argument, place);
    return error;
}

/* ---- mutexes ---- */
int live_mutex_lock(enum operation operation, pthread_mutex_t *mutex, struct live_place place)
{
    enum live_kind kind = LIVE_DONE;
    int error = REAL(pthread_mutex_trylock)(mutex);
    if (__builtin_expect(error == EBUSY, 0) && operation != OPERATION_mutex_trylock) {
        tell(LIVE_BLOCKED, operation, OBJECT_mutex, mutex, sizeof *mutex, 0, 0, 0, place);
        error = REAL(pthread_mutex_lock)(mutex);
        kind = LIVE_GOT;
    }
    tell(kind, operation, OBJECT_mutex, mutex, sizeof *mutex, error, error, 0, place);
    return error;
}

int live_mutex_timedlock(pthread_mutex_t *mutex, clockid_t clock, const struct timespec *deadline,
                         struct live_place place)
{
    enum live_kind kind = LIVE_DONE;
    int error = REAL(pthread_mutex_trylock)(mutex);
    if (error == EBUSY) {
        tell(LIVE_BLOCKED, OPERATION_mutex_timedlock, OBJECT_mutex, mutex, sizeof *mutex, 0, 0,
             live_remaining(clock, deadline), place);
        error = REAL(pthread_mutex_clocklock)(mutex, clock, deadline);
        kind = LIVE_GOT;
    }
    tell(kind, OPERATION_mutex_timedlock, OBJECT_mutex, mutex, sizeof *mutex, error, error, 0, place);
    return error;
}

/* Told before it happens, unless it may be refused: the type is in the two lowest bits of the kind, 0x10 is robust
 * (glibc, nptl/pthreadP.h). */
int live_mutex_unlock(pthread_mutex_t *mutex, struct live_place place)
{
    if (__builtin_expect((mutex->__data.__kind & 0x13) == 0 || mutex->__data.__owner == shim_self.tid, 1)) {
        tell_release(OPERATION_mutex_unlock, OBJECT_mutex, mutex, sizeof *mutex, place);
        return REAL(pthread_mutex_unlock)(mutex);
    }
    int error = REAL(pthread_mutex_unlock)(mutex);
    tell(LIVE_DONE, OPERATION_mutex_unlock, OBJECT_mutex, mutex, sizeof *mutex, error, error, 0, place);
    return error;
}

int live_mtx_init(mtx_t *mutex, int type, struct live_place place)
{
    int result = REAL(mtx_init)(mutex, type);
    live_after(OPERATION_mutex_init, OBJECT_mutex, mutex, result == thrd_success ? 0 : EINVAL,
               type & mtx_recursive ? PTHREAD_MUTEX_RECURSIVE : 0, place);
    return result;
}

/* ---- spin locks ---- */
int live_spin_lock(pthread_spinlock_t *lock, struct live_place place)
{
    enum live_kind kind = LIVE_DONE;
    int error = REAL(pthread_spin_trylock)(lock);
    if (error == EBUSY) {
        tell(LIVE_BLOCKED, OPERATION_spin_lock, OBJECT_spin, lock, sizeof *lock, 0, 0, 0, place);
        error = REAL(pthread_spin_lock)(lock);
        kind = LIVE_GOT;
    }
    tell(kind, OPERATION_spin_lock, OBJECT_spin, lock, sizeof *lock, error, error, 0, place);
    return error;
}

int live_spin_unlock(pthread_spinlock_t *lock, struct live_place place)
{
    tell_release(OPERATION_spin_unlock, OBJECT_spin, lock, sizeof *lock, place);
    return REAL(pthread_spin_unlock)(lock);
}

/* ---- read-write locks ---- */
static int rwlock_wait(pthread_rwlock_t *lock, bool writer, clockid_t clock, const struct timespec *deadline)
{
    if (clock < 0)
        return writer ? REAL(pthread_rwlock_wrlock)(lock) : REAL(pthread_rwlock_rdlock)(lock);
    return writer ? REAL(pthread_rwlock_clockwrlock)(lock, clock, deadline)
                  : REAL(pthread_rwlock_clockrdlock)(lock, clock, deadline);
}

int live_rwlock_lock(pthread_rwlock_t *lock, bool writer, clockid_t clock, const struct timespec *deadline,
                     struct live_place place)
{
    enum operation operation = clock < 0 ? writer ? OPERATION_rwlock_wrlock : OPERATION_rwlock_rdlock
                               : writer  ? OPERATION_rwlock_timedwrlock
                                         : OPERATION_rwlock_timedrdlock;
    enum live_kind kind = LIVE_DONE;
    int error = writer ? REAL(pthread_rwlock_trywrlock)(lock) : REAL(pthread_rwlock_tryrdlock)(lock);
    if (error == EBUSY || error == EAGAIN) {
        tell(LIVE_BLOCKED, operation, OBJECT_rwlock, lock, sizeof *lock, 0, 0,
             clock < 0 ? 0 : live_remaining(clock, deadline), place);
        error = rwlock_wait(lock, writer, clock, deadline);
        kind = LIVE_GOT;
    }
    tell(kind, operation, OBJECT_rwlock, lock, sizeof *lock, error, error, 0, place);
    return error;
}

int live_rwlock_unlock(pthread_rwlock_t *lock, struct live_place place)
{
    tell_release(OPERATION_rwlock_unlock, OBJECT_rwlock, lock, sizeof *lock, place);
    return REAL(pthread_rwlock_unlock)(lock);
}

/* ---- condition variables: the real ones ---- */
static void cond_tell(enum live_kind kind, enum operation operation, pthread_cond_t *cond, pthread_mutex_t *mutex,
                      int error, int64_t argument, struct live_place place)
{
    struct live_event event = {.kind = kind,
                               .operation = operation,
                               .object = key_of_address(OBJECT_cond, cond, sizeof *cond),
                               .second = key_of_address(OBJECT_mutex, mutex, sizeof *mutex),
                               .value = error,
                               .error = error,
                               .argument = argument,
                               .place = place};
    live_tell(&event);
}

int live_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, struct live_place place)
{
    cond_tell(LIVE_BLOCKED, OPERATION_cond_wait, cond, mutex, 0, 0, place);
    int error = REAL(pthread_cond_wait)(cond, mutex);
    cond_tell(LIVE_GOT, OPERATION_cond_wait, cond, mutex, error, 0, place);
    return error;
}

int live_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *deadline,
                        struct live_place place)
{
    /* bit 1 of __wrefs is the condition's clock, 1 = monotonic (glibc, nptl/pthreadP.h) */
    clockid_t shown = clock >= 0 ? clock : cond->__data.__wrefs & 2 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
    cond_tell(LIVE_BLOCKED, OPERATION_cond_timedwait, cond, mutex, 0, live_remaining(shown, deadline), place);
    int error = clock >= 0 ? REAL(pthread_cond_clockwait)(cond, mutex, clock, deadline)
                           : REAL(pthread_cond_timedwait)(cond, mutex, deadline);
    cond_tell(LIVE_GOT, OPERATION_cond_timedwait, cond, mutex, error, 0, place);
    return error;
}

int live_cond_wake(enum operation operation, pthread_cond_t *cond, struct live_place place)
{
    tell_release(operation, OBJECT_cond, cond, sizeof *cond, place);
    return operation == OPERATION_cond_signal ? REAL(pthread_cond_signal)(cond) : REAL(pthread_cond_broadcast)(cond);
}

/* ---- semaphores: 0, or -1 and errno ---- */
static int semaphore_end(enum live_kind kind, enum operation operation, sem_t *semaphore, int result, int saved,
                         struct live_place place)
{
    int error = result < 0 ? errno : 0;
    tell(kind, operation, OBJECT_semaphore, semaphore, sizeof *semaphore, result, error, 0, place);
    errno = error ? error : saved;
    return result;
}

int live_semaphore_trywait(sem_t *semaphore, struct live_place place)
{
    int saved = errno;
    return semaphore_end(LIVE_DONE, OPERATION_semaphore_trywait, semaphore, REAL(sem_trywait)(semaphore), saved, place);
}

static int semaphore_take(enum operation operation, sem_t *semaphore, clockid_t clock, const struct timespec *deadline,
                          struct live_place place)
{
    int saved = errno;
    enum live_kind kind = LIVE_DONE;
    int result = REAL(sem_trywait)(semaphore);
    if (result < 0 && errno == EAGAIN) {
        tell(LIVE_BLOCKED, operation, OBJECT_semaphore, semaphore, sizeof *semaphore, 0, 0,
             clock < 0 ? 0 : live_remaining(clock, deadline), place);
        result = clock < 0 ? REAL(sem_wait)(semaphore) : REAL(sem_clockwait)(semaphore, clock, deadline);
        kind = LIVE_GOT;
    }
    return semaphore_end(kind, operation, semaphore, result, saved, place);
}

int live_semaphore_wait(sem_t *semaphore, struct live_place place)
{
    return semaphore_take(OPERATION_semaphore_wait, semaphore, -1, NULL, place);
}

int live_semaphore_timedwait(sem_t *semaphore, clockid_t clock, const struct timespec *deadline,
                             struct live_place place)
{
    return semaphore_take(OPERATION_semaphore_timedwait, semaphore, clock, deadline, place);
}

int live_semaphore_post(sem_t *semaphore, struct live_place place)
{
    int count = 0;
    REAL(sem_getvalue)(semaphore, &count);
    if (__builtin_expect(count < SEM_VALUE_MAX, 1)) {
        tell_release(OPERATION_semaphore_post, OBJECT_semaphore, semaphore, sizeof *semaphore, place);
        return REAL(sem_post)(semaphore);
    }
    int saved = errno; /* refused: EOVERFLOW */
    return semaphore_end(LIVE_DONE, OPERATION_semaphore_post, semaphore, REAL(sem_post)(semaphore), saved, place);
}

int live_semaphore_after(enum operation operation, sem_t *semaphore, int result, int64_t argument,
                         struct live_place place)
{
    int error = result < 0 ? errno : 0;
    tell(LIVE_DONE, operation, OBJECT_semaphore, semaphore, sizeof *semaphore, result, error, argument, place);
    return result;
}

/* ---- one-time initialisers: what the initialiser does is told within ---- */
int live_once(int *control, void (*routine)(void), struct live_place place)
{
    /* 2 in the lowest bits: done (glibc, nptl/pthread_once.c) */
    if ((*(volatile int *)control & 3) == 2)
        return REAL(pthread_once)(control, routine);
    tell(LIVE_BEGIN, OPERATION_once_run, OBJECT_once, control, sizeof *control, 0, 0, 0, place);
    int error = REAL(pthread_once)(control, routine);
    tell(LIVE_GOT, OPERATION_once_run, OBJECT_once, control, sizeof *control, 0, 0, 0, place);
    return error;
}

/* ---- barriers ---- */
int live_barrier_wait(pthread_barrier_t *barrier, struct live_place place)
{
    tell(LIVE_BLOCKED, OPERATION_barrier_wait, OBJECT_barrier, barrier, sizeof *barrier, 0, 0, 0, place);
    int result = REAL(pthread_barrier_wait)(barrier);
    tell(LIVE_GOT, OPERATION_barrier_wait, OBJECT_barrier, barrier, sizeof *barrier, result, 0, 0, place);
    return result;
}
