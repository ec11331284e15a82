/* Condition variables, semaphores, barriers; POSIX and C11.
 *
 * Condition variables and barriers have no form that does not wait, and take their lock again inside the library: they
 * are emulated over the gate, with the rules of POSIX (XSH pthread_cond_wait, pthread_barrier_wait); who waits is kept
 * by the model. The guest's mutex is really released and really taken again. Semaphores are real. */
#include "shim/live.h"
#include "shim/shim.h"

/* ---- condition variables ---- */
static int mutex_retake(struct step *step, pthread_mutex_t *mutex)
{
    struct record_key key = key_of_address(OBJECT_mutex, mutex, sizeof *mutex);
    for (;;) {
        int error = shim_mutex_try(mutex);
        if (error != EBUSY)
            return error;
        step_block(step, &key);
    }
}

static int condition_wait(struct step *step, pthread_cond_t *cond, pthread_mutex_t *mutex)
{
    step->record.object = key_of_address(OBJECT_cond, cond, sizeof *cond);
    step->record.second = key_of_address(OBJECT_mutex, mutex, sizeof *mutex);
    enum grant_action grant = step_ask(step);
    step_cancellation(step);
    int error = REAL(pthread_mutex_unlock)(mutex);
    if (error)
        return error; /* EPERM of an errorcheck mutex that is not ours: nothing has happened */
    do {
        grant = step_block(step, &step->record.object);
        /* a handler that ran is no reason to wake: POSIX lets the wait go on as if it had not been interrupted */
    } while (grant != GRANT_WOKEN && grant != GRANT_EXPIRED && !shim_cancel_requested());
    bool cancelled = grant != GRANT_WOKEN && shim_cancel_requested();
    error = mutex_retake(step, mutex);
    if (cancelled)
        step_cancellation(step); /* with the mutex held, as cleanup handlers expect */
    return error ? error : grant == GRANT_EXPIRED ? ETIMEDOUT : 0;
}

static int condition_timed(struct step *step, pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
                           const struct timespec *deadline)
{
    step_deadline(step, time_of_deadline(clock, deadline));
    int error = condition_wait(step, cond, mutex);
    step_result(step, error, error);
    return error;
}

/* The clock of a condition variable is in its flags since pthread_cond_init (glibc, nptl/pthreadP.h: bit 1 of
 * __wrefs is the clock, 1 = monotonic). */
static clockid_t condition_clock(const pthread_cond_t *cond)
{
    return cond->__data.__wrefs & 2 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

SHIM_EXPORT int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
    LIVE(live_cond_wait(cond, mutex, LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_cond_wait))
        return REAL(pthread_cond_wait)(cond, mutex);
    int error = condition_wait(&step, cond, mutex);
    step_result(&step, error, error);
    return error;
}

static bool malformed(const struct timespec *deadline)
{
    return deadline->tv_nsec < 0 || deadline->tv_nsec >= 1000000000;
}

SHIM_EXPORT int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *deadline)
{
    LIVE(live_cond_timedwait(cond, mutex, -1, deadline, LIVE_HERE));
    struct step step;
    if (malformed(deadline) || !step_begin(&step, OPERATION_cond_timedwait))
        return REAL(pthread_cond_timedwait)(cond, mutex, deadline);
    return condition_timed(&step, cond, mutex, condition_clock(cond), deadline);
}

SHIM_EXPORT int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
                                       const struct timespec *deadline)
{
    LIVE(live_cond_timedwait(cond, mutex, clock, deadline, LIVE_HERE));
    struct step step;
    if (malformed(deadline) || (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) ||
        !step_begin(&step, OPERATION_cond_timedwait))
        return REAL(pthread_cond_clockwait)(cond, mutex, clock, deadline);
    return condition_timed(&step, cond, mutex, clock, deadline);
}

/* Signal and broadcast touch nothing of the real variable: nobody really waits in it. The model wakes. */
static int condition_wake(struct step *step, void *cond)
{
    step->record.object = key_of_address(OBJECT_cond, cond, sizeof(pthread_cond_t));
    step_ask(step);
    step_result(step, 0, 0);
    return 0;
}

SHIM_EXPORT int pthread_cond_signal(pthread_cond_t *cond)
{
    LIVE(live_cond_wake(OPERATION_cond_signal, cond, LIVE_HERE));
    struct step step;
    return step_begin(&step, OPERATION_cond_signal) ? condition_wake(&step, cond) : REAL(pthread_cond_signal)(cond);
}

SHIM_EXPORT int pthread_cond_broadcast(pthread_cond_t *cond)
{
    LIVE(live_cond_wake(OPERATION_cond_broadcast, cond, LIVE_HERE));
    struct step step;
    return step_begin(&step, OPERATION_cond_broadcast) ? condition_wake(&step, cond)
                                                       : REAL(pthread_cond_broadcast)(cond);
}

SHIM_EXPORT int pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attributes)
{
    LIVE(LIVE_AFTER(OPERATION_cond_init, OBJECT_cond, cond, REAL(pthread_cond_init)(cond, attributes)));
    struct step step;
    if (!step_begin(&step, OPERATION_cond_init))
        return REAL(pthread_cond_init)(cond, attributes);
    step.record.object = key_of_address(OBJECT_cond, cond, sizeof *cond);
    step_ask(&step);
    int error = REAL(pthread_cond_init)(cond, attributes);
    step_result(&step, error, error);
    return error;
}

SHIM_EXPORT int pthread_cond_destroy(pthread_cond_t *cond)
{
    LIVE(LIVE_AFTER(OPERATION_cond_destroy, OBJECT_cond, cond, REAL(pthread_cond_destroy)(cond)));
    struct step step;
    if (!step_begin(&step, OPERATION_cond_destroy))
        return REAL(pthread_cond_destroy)(cond);
    step.record.object = key_of_address(OBJECT_cond, cond, sizeof *cond);
    step_ask(&step);
    int error = REAL(pthread_cond_destroy)(cond);
    step_result(&step, error, error);
    return error;
}

/* ---- C11 ---- */
static int c11(int error)
{
    return error == 0 ? thrd_success : error == ETIMEDOUT ? thrd_timedout : thrd_error;
}

SHIM_EXPORT int cnd_init(cnd_t *cond)
{
    LIVE(c11(LIVE_AFTER(OPERATION_cond_init, OBJECT_cond, cond,
                        REAL(pthread_cond_init)((pthread_cond_t *)(void *)cond, NULL))));
    struct step step;
    if (!step_begin(&step, OPERATION_cond_init))
        return REAL(cnd_init)(cond);
    step.record.object = key_of_address(OBJECT_cond, cond, sizeof *cond);
    step_ask(&step);
    int result = REAL(cnd_init)(cond);
    step_result(&step, result, result == thrd_success ? 0 : ENOMEM);
    return result;
}

SHIM_EXPORT void cnd_destroy(cnd_t *cond)
{
    if (live_on()) {
        REAL(cnd_destroy)(cond);
        live_after(OPERATION_cond_destroy, OBJECT_cond, cond, 0, 0, LIVE_HERE);
        return;
    }
    struct step step;
    if (!step_begin(&step, OPERATION_cond_destroy)) {
        REAL(cnd_destroy)(cond);
        return;
    }
    step.record.object = key_of_address(OBJECT_cond, cond, sizeof *cond);
    step_ask(&step);
    REAL(cnd_destroy)(cond);
    step_result(&step, 0, 0);
}

SHIM_EXPORT int cnd_wait(cnd_t *cond, mtx_t *mutex)
{
    LIVE(c11(live_cond_wait((pthread_cond_t *)(void *)cond, (pthread_mutex_t *)(void *)mutex, LIVE_HERE)));
    struct step step;
    if (!step_begin(&step, OPERATION_cond_wait))
        return REAL(cnd_wait)(cond, mutex);
    int error = condition_wait(&step, (pthread_cond_t *)(void *)cond, (pthread_mutex_t *)(void *)mutex);
    step_result(&step, error, error);
    return c11(error);
}

SHIM_EXPORT int cnd_timedwait(cnd_t *cond, mtx_t *mutex, const struct timespec *deadline)
{
    LIVE(c11(live_cond_timedwait((pthread_cond_t *)(void *)cond, (pthread_mutex_t *)(void *)mutex, CLOCK_REALTIME,
                                 deadline, LIVE_HERE)));
    struct step step;
    if (malformed(deadline) || !step_begin(&step, OPERATION_cond_timedwait))
        return REAL(cnd_timedwait)(cond, mutex, deadline);
    return c11(condition_timed(&step, (pthread_cond_t *)(void *)cond, (pthread_mutex_t *)(void *)mutex, CLOCK_REALTIME,
                               deadline));
}

SHIM_EXPORT int cnd_signal(cnd_t *cond)
{
    LIVE(c11(live_cond_wake(OPERATION_cond_signal, (pthread_cond_t *)(void *)cond, LIVE_HERE)));
    struct step step;
    return step_begin(&step, OPERATION_cond_signal) ? condition_wake(&step, cond) : REAL(cnd_signal)(cond);
}

SHIM_EXPORT int cnd_broadcast(cnd_t *cond)
{
    LIVE(c11(live_cond_wake(OPERATION_cond_broadcast, (pthread_cond_t *)(void *)cond, LIVE_HERE)));
    struct step step;
    return step_begin(&step, OPERATION_cond_broadcast) ? condition_wake(&step, cond) : REAL(cnd_broadcast)(cond);
}

/* ---- semaphores: 0 or -1 and errno ---- */
static int semaphore_end(struct step *step, sem_t *semaphore, int result)
{
    int error = result < 0 ? errno : 0;
    int count = 0;
    if (error != EINVAL && REAL(sem_getvalue)(semaphore, &count) == 0)
        step->record.argument[0] = count;
    step_result(step, result, error);
    if (error)
        errno = error;
    return result;
}

/* What a call that cannot wait does between asking and telling. */
#define SEMAPHORE(name, operation, live)                                                                               \
    SHIM_EXPORT int name(sem_t *semaphore)                                                                             \
    {                                                                                                                  \
        LIVE(live(semaphore, LIVE_HERE));                                                                              \
        struct step step;                                                                                              \
        if (!step_begin(&step, operation))                                                                             \
            return REAL(name)(semaphore);                                                                              \
        step.record.object = key_of_address(OBJECT_semaphore, semaphore, sizeof *semaphore);                           \
        step_ask(&step);                                                                                               \
        return semaphore_end(&step, semaphore, REAL(name)(semaphore));                                                 \
    }

SEMAPHORE(sem_trywait, OPERATION_semaphore_trywait, live_semaphore_trywait)
SEMAPHORE(sem_post, OPERATION_semaphore_post, live_semaphore_post)

static int semaphore_take(struct step *step, sem_t *semaphore)
{
    step->record.object = key_of_address(OBJECT_semaphore, semaphore, sizeof *semaphore);
    enum grant_action grant = step_ask(step);
    for (;;) {
        step_cancellation(step);
        if (REAL(sem_trywait)(semaphore) == 0)
            return 0;
        if (errno != EAGAIN)
            return -1;
        if (step_must_end(step)) {
            errno = EINTR;
            return -1;
        }
        if (grant == GRANT_EXPIRED) {
            errno = ETIMEDOUT;
            return -1;
        }
        grant = step_block(step, &step->record.object);
    }
}

SHIM_EXPORT int sem_wait(sem_t *semaphore)
{
    LIVE(live_semaphore_wait(semaphore, LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_semaphore_wait))
        return REAL(sem_wait)(semaphore);
    return semaphore_end(&step, semaphore, semaphore_take(&step, semaphore));
}

static int semaphore_timed(struct step *step, sem_t *semaphore, clockid_t clock, const struct timespec *deadline)
{
    step_deadline(step, time_of_deadline(clock, deadline));
    return semaphore_end(step, semaphore, semaphore_take(step, semaphore));
}

SHIM_EXPORT int sem_timedwait(sem_t *semaphore, const struct timespec *deadline)
{
    LIVE(live_semaphore_timedwait(semaphore, CLOCK_REALTIME, deadline, LIVE_HERE));
    struct step step;
    if (malformed(deadline) || !step_begin(&step, OPERATION_semaphore_timedwait))
        return REAL(sem_timedwait)(semaphore, deadline);
    return semaphore_timed(&step, semaphore, CLOCK_REALTIME, deadline);
}

SHIM_EXPORT int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *deadline)
{
    LIVE(live_semaphore_timedwait(semaphore, clock, deadline, LIVE_HERE));
    struct step step;
    if (malformed(deadline) || (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) ||
        !step_begin(&step, OPERATION_semaphore_timedwait))
        return REAL(sem_clockwait)(semaphore, clock, deadline);
    return semaphore_timed(&step, semaphore, clock, deadline);
}

SHIM_EXPORT int sem_getvalue(sem_t *semaphore, int *value)
{
    struct step step;
    if (!step_begin(&step, OPERATION_semaphore_getvalue))
        return REAL(sem_getvalue)(semaphore, value);
    step.record.object = key_of_address(OBJECT_semaphore, semaphore, sizeof *semaphore);
    step_ask(&step);
    int result = REAL(sem_getvalue)(semaphore, value);
    if (result == 0)
        step.record.argument[0] = *value;
    step_got(&step, result == 0 ? OUTCOME_done : OUTCOME_failed, result == 0 ? *value : 0, result == 0 ? 0 : EINVAL);
    if (result != 0)
        errno = EINVAL;
    return result;
}

SHIM_EXPORT int sem_init(sem_t *semaphore, int shared, unsigned int value)
{
    LIVE(live_semaphore_after(OPERATION_semaphore_init, semaphore, REAL(sem_init)(semaphore, shared, value), value,
                              LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_semaphore_init))
        return REAL(sem_init)(semaphore, shared, value);
    step.record.object = key_of_address(OBJECT_semaphore, semaphore, sizeof *semaphore);
    step.record.argument[0] = value;
    step.record.argument[1] = shared;
    step_ask(&step);
    int result = REAL(sem_init)(semaphore, shared, value);
    int error = result < 0 ? errno : 0;
    step_result(&step, result, error);
    if (error)
        errno = error;
    return result;
}

SHIM_EXPORT int sem_destroy(sem_t *semaphore)
{
    LIVE(live_semaphore_after(OPERATION_semaphore_destroy, semaphore, REAL(sem_destroy)(semaphore), 0, LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_semaphore_destroy))
        return REAL(sem_destroy)(semaphore);
    step.record.object = key_of_address(OBJECT_semaphore, semaphore, sizeof *semaphore);
    step_ask(&step);
    int result = REAL(sem_destroy)(semaphore);
    step_result(&step, result, result < 0 ? errno : 0);
    return result;
}

SHIM_EXPORT sem_t *sem_open(const char *name, int flags, ...)
{
    mode_t mode = 0;
    unsigned int value = 0;
    if (flags & O_CREAT) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        value = va_arg(arguments, unsigned int);
        va_end(arguments);
    }
    struct step step;
    if (!step_begin(&step, OPERATION_semaphore_open))
        return REAL(sem_open)(name, flags, mode, value);
    step_text(name);
    step_ask(&step);
    sem_t *semaphore = REAL(sem_open)(name, flags, mode, value);
    int error = semaphore == SEM_FAILED ? errno : 0;
    int count = 0;
    if (!error) {
        shim_shared_discover(semaphore);
        step.record.object = key_of_address(OBJECT_semaphore, semaphore, sizeof *semaphore);
        REAL(sem_getvalue)(semaphore, &count);
        step.record.argument[0] = count;
    }
    step_result(&step, 0, error);
    if (error)
        errno = error;
    return semaphore;
}

SHIM_EXPORT int sem_close(sem_t *semaphore)
{
    struct step step;
    if (!step_begin(&step, OPERATION_semaphore_close))
        return REAL(sem_close)(semaphore);
    step.record.object = key_of_address(OBJECT_semaphore, semaphore, sizeof *semaphore);
    step_ask(&step);
    int result = REAL(sem_close)(semaphore);
    int error = result < 0 ? errno : 0;
    step_result(&step, result, error);
    if (error)
        errno = error;
    return result;
}

SHIM_EXPORT int sem_unlink(const char *name)
{
    struct step step;
    if (!step_begin(&step, OPERATION_semaphore_unlink))
        return REAL(sem_unlink)(name);
    step_text(name);
    step_ask(&step);
    int result = REAL(sem_unlink)(name);
    int error = result < 0 ? errno : 0;
    step_result(&step, result, error);
    if (error)
        errno = error;
    return result;
}

/* ---- barriers: emulated; the model counts arrivals ---- */
SHIM_EXPORT int pthread_barrier_init(pthread_barrier_t *barrier, const pthread_barrierattr_t *attributes,
                                     unsigned int count)
{
    LIVE(LIVE_AFTER_WITH(OPERATION_barrier_init, OBJECT_barrier, barrier,
                         REAL(pthread_barrier_init)(barrier, attributes, count), count));
    struct step step;
    if (!step_begin(&step, OPERATION_barrier_init))
        return REAL(pthread_barrier_init)(barrier, attributes, count);
    step.record.object = key_of_address(OBJECT_barrier, barrier, sizeof *barrier);
    step.record.argument[0] = count;
    step_ask(&step);
    int error = REAL(pthread_barrier_init)(barrier, attributes, count);
    step_result(&step, error, error);
    return error;
}

SHIM_EXPORT int pthread_barrier_destroy(pthread_barrier_t *barrier)
{
    LIVE(LIVE_AFTER(OPERATION_barrier_destroy, OBJECT_barrier, barrier, REAL(pthread_barrier_destroy)(barrier)));
    struct step step;
    if (!step_begin(&step, OPERATION_barrier_destroy))
        return REAL(pthread_barrier_destroy)(barrier);
    step.record.object = key_of_address(OBJECT_barrier, barrier, sizeof *barrier);
    step_ask(&step);
    int error = REAL(pthread_barrier_destroy)(barrier);
    step_result(&step, error, error);
    return error;
}

SHIM_EXPORT int pthread_barrier_wait(pthread_barrier_t *barrier)
{
    LIVE(live_barrier_wait(barrier, LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_barrier_wait))
        return REAL(pthread_barrier_wait)(barrier);
    step.record.object = key_of_address(OBJECT_barrier, barrier, sizeof *barrier);
    enum grant_action grant = step_ask(&step);
    while (grant != GRANT_RESULT)
        grant = step_block(&step, &step.record.object);
    int result = (int)step.grant_result;
    step_got(&step, OUTCOME_done, result, 0);
    return result;
}
