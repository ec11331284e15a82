/* Live mode: the rings and how a record gets into one; threads, processes. What each lock does stands in live_locks.c.
 * Async-signal-safe, no malloc, no lock, errno kept: a handler may report in the midst of a report. */
#include "shim/descriptors.h"
#include "shim/live_write.h"

#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14; refused by older ones, which is only slower */
#endif

__thread struct live_thread live_self;
struct live_rings *live_rings;

/* ---- the channel ---- */

/* Says on the event pipe that there is something to read, if lockstep sleeps. */
static void bell(void)
{
    if (!atomic_load(&live_rings->asleep) || !atomic_exchange(&live_rings->asleep, 0))
        return;
    struct record note = {.magic = RECORD_MAGIC,
                          .length = (uint16_t)sizeof note,
                          .kind = RECORD_NOTE,
                          .slot = LIVE_BELL_SLOT,
                          .pid = shim_process.pid};
    for (int tried = 0; tried < 3; tried++) {
        if (shim_process.channel < 0 && !shim_channel_open())
            return;
        long written = SYSTEM(SYS_write, shim_process.channel, &note, sizeof note);
        if (written == (long)sizeof note || written == -EINTR)
            return;
        shim_process.channel = -1; /* closed behind our back: by the path again */
    }
}

void live_bell(void)
{
    bell();
}

/* Waits until record `index` may be overwritten. */
void live_make_room(uint64_t index)
{
    struct live_ring *ring = live_self.ring;
    static const struct timespec moment = {.tv_nsec = 1000000};
    for (;;) {
        uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
        live_self.tail = tail;
        if (index - tail < LIVE_RING)
            return;
        atomic_store(&ring->full, 1);
        bell();
        SYSTEM(SYS_futex, &ring->tail, FUTEX_WAIT, (uint32_t)tail, &moment, 0, 0);
        atomic_store(&ring->full, 0);
    }
}

/* A free ring, the lowest: its pages have been touched before. NULL: none. */
static struct live_ring *ring_take(void)
{
    for (uint32_t word = 0; word < LIVE_RINGS / 64; word++) {
        uint64_t taken = atomic_load_explicit(&live_rings->taken[word], memory_order_relaxed);
        while (~taken) {
            uint32_t bit = (uint32_t)__builtin_ctzll(~taken);
            if (!atomic_compare_exchange_weak(&live_rings->taken[word], &taken, taken | UINT64_C(1) << bit))
                continue;
            uint32_t index = word * 64 + bit;
            uint32_t high = atomic_load(&live_rings->high);
            while (high <= index && !atomic_compare_exchange_weak(&live_rings->high, &high, index + 1))
                ;
            struct live_ring *ring = &live_rings->ring[index];
            atomic_store(&ring->pid, shim_process.pid);
            return ring;
        }
    }
    atomic_fetch_add(&live_rings->unobserved, 1);
    return NULL;
}

static void ring_give(struct live_ring *ring)
{
    uint32_t index = (uint32_t)(ring - live_rings->ring);
    atomic_store(&ring->pid, 0);
    atomic_fetch_and(&live_rings->taken[index / 64], ~(UINT64_C(1) << index % 64));
}

/* Maps a ring's pages at once, the first time that this process uses it: a page fault for every 64 records would cost more
 * than the records. Not in a forked child, which mostly says a few words. */
static void ring_populate(struct live_ring *ring)
{
    static _Atomic uint64_t mapped[LIVE_RINGS / 64];
    uint32_t index = (uint32_t)(ring - live_rings->ring);
    uint64_t bit = UINT64_C(1) << index % 64;
    if (atomic_fetch_or(&mapped[index / 64], bit) & bit)
        return;
    SYSTEM(SYS_madvise, live_rings->record[index], sizeof live_rings->record[index], MADV_POPULATE_WRITE);
}

static void ring_adopt(struct live_ring *ring)
{
    live_self = (struct live_thread){.records = live_rings->record[ring - live_rings->ring],
                                     .next = ring->next,
                                     .tail = atomic_load(&ring->tail),
                                     .ring = ring};
}

/* ---- records that are not on a hot path ---- */
static void key_tell(enum live_kind kind, enum operation operation, const struct record_key *key, int64_t value,
                     int error, int64_t argument, struct live_place place)
{
    struct live_event event = {
        .kind = kind, .operation = operation, .value = value, .error = error, .argument = argument, .place = place};
    if (key) {
        event.object = *key;
    }
    live_tell(&event);
}

void live_begin(enum operation operation, const struct record_key *key, int64_t argument, struct live_place place)
{
    key_tell(LIVE_BEGIN, operation, key, 0, 0, argument, place);
}

void live_end(enum operation operation, const struct record_key *key, int64_t value, int error, int64_t argument,
              struct live_place place)
{
    key_tell(LIVE_GOT, operation, key, value, error, argument, place);
}

/* ---- descriptors ---- */
void live_io_begin(enum operation operation, int descriptor, struct live_place place)
{
    struct live_event event = {.kind = LIVE_BEGIN, .operation = operation, .place = place};
    if (descriptor >= 0)
        event.object = key_of_descriptor(descriptor);
    bool pipe = event.object.kind == OBJECT_pipe, socket = event.object.kind == OBJECT_socket;
    if (operation == OPERATION_file_read)
        event.operation = pipe ? OPERATION_pipe_read : socket ? OPERATION_socket_recv : OPERATION_file_read;
    else if (operation == OPERATION_file_write)
        event.operation = pipe ? OPERATION_pipe_write : socket ? OPERATION_socket_send : OPERATION_file_write;
    live_tell(&event);
}

/* Lockstep knows which operation had begun. */
long live_io_end(enum operation operation, long result)
{
    struct live_event event = {
        .kind = LIVE_GOT, .operation = operation, .value = result, .error = result < 0 ? errno : 0};
    live_tell(&event);
    return result;
}

static struct record_key thread_key(pthread_t thread)
{
    return (struct record_key){.a = (uint64_t)thread, .kind = OBJECT_thread, .space = KEY_TASK};
}

/* ---- threads ---- */
static void thread_begin(struct live_ring *ring)
{
    uint64_t creator = ring->birth[2];
    ring_adopt(ring);
    shim_self.slot = &shim_process.gate->slot[0]; /* so that exec knows that we are of the run */
    shim_self.index = 0;
    shim_self.tid = (int32_t)SYSTEM(SYS_gettid, 0);
    struct live_event event = {.kind = LIVE_THREAD,
                               .operation = OPERATION_thread_start,
                               .object = thread_key(pthread_self()),
                               .second = thread_key((pthread_t)creator),
                               .value = shim_self.tid,
                               .argument = (int64_t)(uintptr_t)__builtin_frame_address(0),
                               .place = {.pc = (uint64_t)shim_process.pid}};
    live_tell(&event);
    shim_thread_key_set();
}

static void *posix_begin(void *given)
{
    struct live_ring *ring = given;
    void *(*routine)(void *) = (void *(*)(void *))(uintptr_t)ring->birth[0];
    void *argument = (void *)(uintptr_t)ring->birth[1];
    thread_begin(ring);
    return routine(argument);
}

static int c11_begin(void *given)
{
    struct live_ring *ring = given;
    thrd_start_t routine = (thrd_start_t)(uintptr_t)ring->birth[0];
    void *argument = (void *)(uintptr_t)ring->birth[1];
    thread_begin(ring);
    return routine(argument);
}

int live_thread_create(pthread_t *thread, const pthread_attr_t *attributes, void *routine, void *argument, bool c11,
                       struct live_place place)
{
    struct live_ring *ring = ring_take();
    if (!ring) /* runs unobserved; lockstep is told by the count */
        return c11 ? REAL(thrd_create)((thrd_t *)thread, (thrd_start_t)(uintptr_t)routine, argument)
                   : REAL(pthread_create)(thread, attributes, (void *(*)(void *))(uintptr_t)routine, argument);
    int detached = PTHREAD_CREATE_JOINABLE;
    if (attributes)
        pthread_attr_getdetachstate(attributes, &detached);
    ring_populate(ring);
    ring->birth[0] = (uint64_t)(uintptr_t)routine;
    ring->birth[1] = (uint64_t)(uintptr_t)argument;
    ring->birth[2] = (uint64_t)pthread_self();
    shim_process.tasks_ever = 2;
    struct live_event event = {.kind = LIVE_BEGIN,
                               .operation = OPERATION_thread_create,
                               .argument = (int64_t)(uintptr_t)routine,
                               .place = place};
    live_tell(&event);
    int error = c11 ? REAL(thrd_create)((thrd_t *)thread, c11_begin, ring)
                    : REAL(pthread_create)(thread, attributes, posix_begin, ring);
    if (error == 0)
        event.object = thread_key(*thread);
    else
        ring_give(ring);
    event.kind = LIVE_GOT;
    event.value = error;
    event.error = c11 && error ? EAGAIN : error;
    event.argument = detached == PTHREAD_CREATE_DETACHED;
    live_tell(&event);
    return error;
}

/* How long there is until a deadline; for the picture only. */
int64_t live_remaining(clockid_t clock, const struct timespec *deadline)
{
    struct timespec now;
    clock_gettime(clock, &now);
    if (deadline->tv_sec - now.tv_sec > 1000000000)
        return INT64_MAX / 4;
    int64_t left = (int64_t)(deadline->tv_sec - now.tv_sec) * 1000000000 + (deadline->tv_nsec - now.tv_nsec);
    return left > 0 ? left : 1;
}

int live_thread_join(enum operation operation, pthread_t thread, void **value, clockid_t clock,
                     const struct timespec *deadline, struct live_place place)
{
    struct live_event event = {.kind = LIVE_DONE, .operation = operation, .object = thread_key(thread), .place = place};
    int error = REAL(pthread_tryjoin_np)(thread, value);
    if (error == EBUSY && operation != OPERATION_thread_tryjoin) {
        event.kind = LIVE_BLOCKED;
        event.argument = deadline ? live_remaining(clock, deadline) : 0;
        live_tell(&event);
        error =
            deadline ? REAL(pthread_clockjoin_np)(thread, value, clock, deadline) : REAL(pthread_join)(thread, value);
        event.kind = LIVE_GOT;
    }
    event.value = event.error = error;
    live_tell(&event);
    return error;
}

int live_thrd_join(thrd_t thread, int *value, struct live_place place)
{
    void *pointer = NULL;
    int error = live_thread_join(OPERATION_thread_join, (pthread_t)thread, &pointer, CLOCK_REALTIME, NULL, place);
    if (value)
        *value = (int)(uintptr_t)pointer;
    return error ? thrd_error : thrd_success;
}

int live_thread_tell(enum operation operation, pthread_t thread, int error, struct live_place place)
{
    struct record_key key = thread_key(thread);
    key_tell(LIVE_DONE, operation, &key, error, error, 0, place);
    return error;
}

void live_thread_exit(void)
{
    struct live_ring *ring = live_self.ring;
    struct live_event event = {
        .kind = LIVE_EXIT, .operation = OPERATION_thread_exit, .object = thread_key(pthread_self())};
    live_tell(&event);
    ring->next = live_self.next;
    live_self.records = NULL;
    live_self.ended = true;
    ring_give(ring);
}

/* ---- processes ---- */
static void child_begin(void)
{
    if (!live_self.ring && !live_self.ended)
        return;
    *shim_alive = 1;
    int32_t parent = shim_process.pid;
    shim_process.pid = (int32_t)SYSTEM(SYS_getpid, 0);
    shim_process.tasks_ever = 1;
    shim_self.tid = shim_process.pid;
    struct live_ring *ring = ring_take();
    if (!ring) {
        live_self = (struct live_thread){0};
        return;
    }
    ring_adopt(ring);
    struct live_event event = {.kind = LIVE_CHILD,
                               .operation = OPERATION_process_start,
                               .object = thread_key(pthread_self()),
                               .value = shim_process.pid,
                               .argument = parent,
                               .place = {.pc = (uint64_t)(uintptr_t)__builtin_frame_address(0)}};
    live_tell(&event);
}

pid_t live_fork(enum operation operation, pid_t (*real)(void), struct live_place place)
{
    struct live_event event = {.kind = LIVE_BEGIN, .operation = operation, .place = place};
    live_tell(&event);
    pid_t pid = real();
    if (pid == 0) {
        if (shim_process.pid != (int32_t)SYSTEM(SYS_getpid, 0))
            child_begin(); /* _Fork runs no handlers */
        return 0;
    }
    event.kind = LIVE_GOT;
    event.error = pid < 0 ? errno : 0;
    event.value = pid;
    if (pid > 0)
        event.object = key_of_process(pid);
    live_tell(&event);
    return pid;
}

static void wait_tell(enum live_kind kind, pid_t pid, long found, int error, int status, struct live_place place)
{
    struct record_key key = key_of_process(pid);
    key_tell(kind, OPERATION_process_wait, pid > 0 ? &key : NULL, found, error, status, place);
}

pid_t live_wait(pid_t pid, int *status, int options, struct rusage *usage, struct live_place place)
{
    int told = 0;
    wait_tell(LIVE_BEGIN, pid, 0, 0, pid, place);
    pid_t found = REAL(wait4)(pid, &told, options, usage);
    wait_tell(LIVE_GOT, found, found, found < 0 ? errno : 0, told, place);
    if (status && found > 0)
        *status = told;
    return found;
}

int live_waitid(idtype_t type, id_t id, siginfo_t *info, int options, struct live_place place)
{
    siginfo_t own = {0};
    wait_tell(LIVE_BEGIN, type == P_PID ? (pid_t)id : -1, 0, 0, type == P_PID ? (int)id : -1, place);
    int result = REAL(waitid)(type, id, &own, options);
    bool collected = result == 0 && own.si_pid > 0 && !(options & WNOWAIT);
    int status = own.si_code == CLD_EXITED                                ? (own.si_status & 0xFF) << 8
                 : own.si_code == CLD_KILLED || own.si_code == CLD_DUMPED ? own.si_status & 0x7F
                 : own.si_code == CLD_CONTINUED                           ? 0xFFFF
                                                                          : (own.si_status & 0xFF) << 8 | 0x7F;
    wait_tell(LIVE_GOT, collected ? own.si_pid : -1, collected ? own.si_pid : 0, result < 0 ? errno : 0, status, place);
    if (info && result == 0)
        *info = own;
    return result;
}

void live_process_exit(int status, struct live_place place)
{
    struct live_event event = {.kind = LIVE_EXIT,
                               .operation = OPERATION_process_exit,
                               .object = key_of_process(shim_process.pid),
                               .argument = status & 0xFF,
                               .place = place};
    live_tell(&event);
}

/* ---- the start of an image ---- */
static bool rings_map(void)
{
    char path[sizeof shim_process.run + sizeof LIVE_FILE + 1];
    size_t length = strlen(shim_process.run);
    memcpy(path, shim_process.run, length);
    path[length] = '/';
    memcpy(path + length + 1, LIVE_FILE, sizeof LIVE_FILE);
    long file = SYSTEM(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
    if (file < 0)
        return false;
    long at = SYSTEM(SYS_mmap, 0, sizeof(struct live_rings), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    SYSTEM(SYS_close, file);
    if (at < 0 && at > -4096)
        return false;
    live_rings = (struct live_rings *)at;
    return live_rings->magic == LIVE_MAGIC;
}

/* Lockstep reads the memory map of an image while it is certainly there: a short program would be gone before. */
static void greeting_await(struct live_ring *ring)
{
    static const struct timespec moment = {.tv_nsec = 10000000};
    for (int waited = 0; waited < 500 && !atomic_load(&ring->greeted); waited++) {
        bell();
        SYSTEM(SYS_futex, &ring->greeted, FUTEX_WAIT, 0, &moment, 0, 0);
    }
    atomic_store(&ring->greeted, 0);
}

void live_start(void)
{
    if (!rings_map())
        return;
    struct live_ring *ring = ring_take();
    if (!ring)
        return;
    ring_populate(ring);
    ring_adopt(ring);
    pthread_atfork(NULL, NULL, child_begin);
    atomic_store(&ring->greeted, 0);
    struct live_event event = {.kind = LIVE_IMAGE,
                               .operation = OPERATION_process_start,
                               .object = thread_key(pthread_self()),
                               .value = shim_process.pid,
                               .argument = SYSTEM(SYS_getppid, 0),
                               .place = {.pc = (uint64_t)(uintptr_t)__builtin_frame_address(0)}};
    live_tell(&event);
    greeting_await(ring);
}
