/* Live mode in the guest: nothing is held; a wrapper calls the real function at once and tells what came of it.
 *
 *     LIVE(live_mutex_lock(OPERATION_mutex_lock, mutex, LIVE_HERE));        a call with a rule of its own
 *     LIVE(LIVE_AFTER(int, OPERATION_x, OBJECT_y, object, REAL(x)(object))) tell afterwards
 *
 * LIVE(call) is the first line of a wrapper: in live mode it returns the call's value, otherwise it costs one branch. For
 * a call on a descriptor or another thing that is not in memory: live_begin(), the real call, live_end(). */
#ifndef LOCKSTEP_SHIM_LIVE_H
#define LOCKSTEP_SHIM_LIVE_H

#include "protocol/live.h"
#include "shim/shim.h"

struct live_thread {
    struct live_record *records; /* NULL: not live, or not observed */
    uint64_t next;               /* index of the next record */
    uint64_t tail;               /* what lockstep had read when we last looked */
    struct live_ring *ring;
    bool ended;
};
extern __thread struct live_thread live_self __attribute__((tls_model("initial-exec")));

/* Where a call comes from: the return address, and the frame of the caller. */
struct live_place {
    uint64_t pc, frame;
};
#define LIVE_HERE                                                                                                      \
    ((struct live_place){(uint64_t)(uintptr_t)__builtin_return_address(0), *(uint64_t *)__builtin_frame_address(0)})

static inline bool live_on(void)
{
    return __builtin_expect(live_self.records != NULL, 0) && *shim_alive;
}

#define LIVE_AT(pc_, frame_) ((struct live_place){(uint64_t)(uintptr_t)(pc_), *(uint64_t *)(frame_)})

#define LIVE(...)                                                                                                      \
    if (live_on())                                                                                                     \
    return __VA_ARGS__

/* Told after the call, which returns 0 or an error number. */
#define LIVE_AFTER(operation, kind, object, call) live_after(operation, kind, object, call, 0, LIVE_HERE)
#define LIVE_AFTER_WITH(operation, kind, object, call, argument)                                                       \
    live_after(operation, kind, object, call, argument, LIVE_HERE)
int live_after(enum operation operation, enum object_kind kind, const volatile void *object, int error,
               int64_t argument, struct live_place place);

/* An operation that may last: told when it begins and when it is over. `key` may be NULL. errno is kept by both.
 * live_end: `error` 0 or an errno number; `key` replaces the object if it is known only now, else NULL. */
void live_begin(enum operation operation, const struct record_key *key, int64_t argument, struct live_place place);
void live_end(enum operation operation, const struct record_key *key, int64_t value, int error, int64_t argument,
              struct live_place place);
/* A call on a descriptor (-1: on several): what the descriptor is decides which read or write it is. The value of
 * LIVE_IO is that of the call, a long; errno is the call's. */
#define LIVE_IO(operation, descriptor, call)                                                                           \
    (live_io_begin(operation, descriptor, LIVE_HERE), live_io_end(operation, call))
void live_io_begin(enum operation operation, int descriptor, struct live_place place);
long live_io_end(enum operation operation, long result);

int live_mutex_lock(enum operation operation, pthread_mutex_t *mutex, struct live_place place);
int live_mutex_timedlock(pthread_mutex_t *mutex, clockid_t clock, const struct timespec *deadline,
                         struct live_place place);
int live_mutex_unlock(pthread_mutex_t *mutex, struct live_place place);
int live_spin_lock(pthread_spinlock_t *lock, struct live_place place);
int live_spin_unlock(pthread_spinlock_t *lock, struct live_place place);
/* clock < 0: without a limit of time */
int live_rwlock_lock(pthread_rwlock_t *lock, bool writer, clockid_t clock, const struct timespec *deadline,
                     struct live_place place);
int live_rwlock_unlock(pthread_rwlock_t *lock, struct live_place place);
int live_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, struct live_place place);
/* clock < 0: the condition's own */
int live_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *deadline,
                        struct live_place place);
int live_cond_wake(enum operation operation, pthread_cond_t *cond, struct live_place place);
int live_semaphore_wait(sem_t *semaphore, struct live_place place);
int live_semaphore_trywait(sem_t *semaphore, struct live_place place);
int live_semaphore_timedwait(sem_t *semaphore, clockid_t clock, const struct timespec *deadline,
                             struct live_place place);
int live_semaphore_post(sem_t *semaphore, struct live_place place);
/* result 0, or -1 and errno */
int live_semaphore_after(enum operation operation, sem_t *semaphore, int result, int64_t argument,
                         struct live_place place);
int live_mtx_init(mtx_t *mutex, int type, struct live_place place);
int live_once(int *control, void (*routine)(void), struct live_place place);
int live_barrier_wait(pthread_barrier_t *barrier, struct live_place place);

/* Threads. `c11`: the routine is a thrd_start_t and attributes are NULL. Returns what the real function does. */
int live_thread_create(pthread_t *thread, const pthread_attr_t *attributes, void *routine, void *argument, bool c11,
                       struct live_place place);
/* deadline NULL: none */
int live_thread_join(enum operation operation, pthread_t thread, void **value, clockid_t clock,
                     const struct timespec *deadline, struct live_place place);
int live_thrd_join(thrd_t thread, int *value, struct live_place place);
int live_thread_tell(enum operation operation, pthread_t thread, int error, struct live_place place);
/* threads.c: so that the thread's end is noticed. */
void shim_thread_key_set(void);
/* The last word of a thread: its ring is somebody else's from now on. */
void live_thread_exit(void);

/* Processes. */
pid_t live_fork(enum operation operation, pid_t (*real)(void), struct live_place place);
pid_t live_wait(pid_t pid, int *status, int options, struct rusage *usage, struct live_place place);
int live_waitid(idtype_t type, id_t id, siginfo_t *info, int options, struct live_place place);
void live_process_exit(int status, struct live_place place);

/* Called at the start of an image when the gate says that the run is live: maps the rings, says hello, waits until
 * lockstep has looked at the memory map. */
void live_start(void);

#endif
