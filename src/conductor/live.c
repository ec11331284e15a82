/* Live mode: reads all rings in the order of their stamps, looks at the kernel for those who ended without a word,
 * passes input on, and says when the run is over. What a record means is the business of live_events.c. */
#include "conductor/live_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOK_NS INT64_C(10000000)    /* between two looks at the kernel */
#define STUCK_LOOKS 50               /* a record still missing after so many looks was lost */
#define QUIET_NS INT64_C(1000000000) /* stuck for so long without a word: a deadlock */
#define READY_RINGS 4                /* whose pages are there before the guest starts */
#define PUBLISH 128u                 /* records read before the writer is told */

static int64_t monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The processors' counters run together where the kernel itself takes its time from them. */
static uint32_t ticks_kind(void)
{
    char text[32] = "";
    int file = open("/sys/devices/system/clocksource/clocksource0/current_clocksource", O_RDONLY | O_CLOEXEC);
    ssize_t got = file >= 0 ? read(file, text, sizeof text - 1) : 0;
    if (file >= 0)
        close(file);
    text[got > 0 ? got : 0] = 0;
    return strcmp(text, "tsc\n") == 0 || strcmp(text, "arch_sys_counter\n") == 0 ? LIVE_TICKS_COUNTER
                                                                                 : LIVE_TICKS_NANOSECONDS;
}

enum status live_prepare(struct conductor *c, struct message *message)
{
    char path[sizeof c->folder + 16];
    snprintf(path, sizeof path, "%s/" LIVE_FILE, c->folder);
    struct live *live = calloc(1, sizeof *live);
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    void *memory = MAP_FAILED;
    if (live && file >= 0 && ftruncate(file, (off_t)sizeof(struct live_rings)) == 0)
        memory = mmap(NULL, sizeof(struct live_rings), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    int error = errno;
    if (file >= 0)
        close(file);
    if (memory == MAP_FAILED) {
        free(live);
        return message_set(message, STATUS_ENVIRONMENT,
                           "cannot make the rings of live mode in %s: %s; set TMPDIR to a folder with room", c->folder,
                           strerror(error));
    }
    live->rings = memory;
    (void)madvise(live->rings->record, READY_RINGS * sizeof live->rings->record[0], MADV_POPULATE_WRITE);
    live->rings->ticks = ticks_kind();
    live->rings->magic = LIVE_MAGIC;
    live->start_ticks = live_clock(live->rings->ticks);
    live->start_ns = live->moved_ns = monotonic();
    live->ns_per_tick = 1;
    c->live = live;
    conductor_mark(c, "it ran live, in real time");
    return STATUS_OK;
}

void live_free(struct conductor *c)
{
    if (!c->live)
        return;
    munmap(c->live->rings, sizeof(struct live_rings));
    free(c->live->tasks);
    free(c->live);
    c->live = NULL;
    char path[sizeof c->folder + 16];
    snprintf(path, sizeof path, "%s/" LIVE_FILE, c->folder);
    unlink(path);
}

unsigned long live_records(const struct conductor *c)
{
    return c->live ? c->live->records : 0;
}

unsigned long live_lost(const struct conductor *c)
{
    return c->live ? c->live->lost : 0;
}

/* ---- reading ---- */
static struct live_record *next_of(struct live *live, uint32_t ring)
{
    struct live_record *record = &live->rings->record[ring][live->tail[ring] & (LIVE_RING - 1)];
    uint32_t wanted = (uint32_t)(live->tail[ring] + 1);
    return atomic_load_explicit(&record->sequence, memory_order_acquire) == wanted ? record : NULL;
}

static void publish(struct live *live, uint32_t ring)
{
    struct live_ring *head = &live->rings->ring[ring];
    atomic_store(&head->tail, live->tail[ring]);
    if (atomic_load(&head->full))
        syscall(SYS_futex, &head->tail, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* A record that is missing while later ones are there belongs to a handler that never came back, or to a thread that
 * was killed within it. */
static void look_for_gap(struct conductor *c, uint32_t ring)
{
    struct live *live = c->live;
    live->tail[ring]++;
    bool later = next_of(live, ring) != NULL;
    live->tail[ring]--;
    if (!later) {
        live->stuck[ring] = 0;
        return;
    }
    if (++live->stuck[ring] < STUCK_LOOKS)
        return;
    live->stuck[ring] = 0;
    live->tail[ring]++;
    live->lost++;
    uint32_t owner = live->owner[ring];
    conductor_tell(c, &(struct event){.kind = EVENT_LOST, .other = owner ? c->tasks[owner].process : 0, .value = 1});
}

struct source_ring {
    uint64_t time;
    uint32_t ring;
};

static void sift(struct source_ring *heap, size_t count, size_t at)
{
    for (;;) {
        size_t least = at, left = 2 * at + 1;
        for (size_t child = left; child < left + 2 && child < count; child++)
            if (heap[child].time < heap[least].time)
                least = child;
        if (least == at)
            return;
        struct source_ring swap = heap[at];
        heap[at] = heap[least];
        heap[least] = swap;
        at = least;
    }
}

static void take(struct conductor *c, uint32_t ring, const struct live_record *shared)
{
    struct live *live = c->live;
    struct live_record record;
    memcpy(&record, (const void *)shared, sizeof record); /* the guest could still write to it */
    live->tail[ring]++;
    live->records++;
    if (record.kind == LIVE_MORE) {
        live->more[ring] = record;
        live->has_more[ring] = true;
        return;
    }
    int64_t now = (int64_t)((double)(int64_t)(record.time - live->start_ticks) * live->ns_per_tick);
    if (now > c->now)
        c->now = now;
    if (record.kind > LIVE_NONE && record.kind < LIVE_KIND_COUNT && record.operation < OPERATION_COUNT &&
        record.object_kind < OBJECT_COUNT)
        live_handle(c, ring, &record);
    live->has_more[ring] = false;
}

/* All records stamped before now, of all rings, in the order of their stamps. Returns how many. */
static unsigned long drain(struct conductor *c)
{
    struct live *live = c->live;
    static struct source_ring heap[LIVE_RINGS];
    uint64_t horizon = live_clock(live->rings->ticks);
    int64_t passed = monotonic() - live->start_ns;
    if (live->rings->ticks == LIVE_TICKS_COUNTER && horizon > live->start_ticks)
        live->ns_per_tick = (double)passed / (double)(horizon - live->start_ticks);
    uint32_t high = atomic_load(&live->rings->high);
    size_t count = 0;
    for (uint32_t ring = 0; ring < high && ring < LIVE_RINGS; ring++) {
        const struct live_record *record = next_of(live, ring);
        if (record)
            heap[count++] = (struct source_ring){.time = record->time, .ring = ring};
        else
            look_for_gap(c, ring);
    }
    for (size_t i = count / 2; i-- > 0;)
        sift(heap, count, i);
    unsigned long before = live->records;
    while (count > 0 && heap[0].time <= horizon) {
        uint32_t ring = heap[0].ring;
        uint64_t limit = count > 1 ? heap[1].time : horizon;
        if (count > 2 && heap[2].time < limit)
            limit = heap[2].time;
        const struct live_record *record;
        /* as long as nobody else comes first */
        while ((record = next_of(live, ring)) && record->time <= limit && record->time <= horizon) {
            take(c, ring, record);
            if (live->tail[ring] % PUBLISH == 0)
                publish(live, ring);
        }
        if (record)
            heap[0].time = record->time;
        else
            heap[0] = heap[--count];
        if (!record || record->time > horizon)
            publish(live, ring);
        sift(heap, count, 0);
    }
    for (size_t i = 0; i < count; i++)
        publish(live, heap[i].ring);
    return live->records - before;
}

/* ---- the kernel's own view ---- */
static void rings_free(struct live *live, int32_t pid)
{
    uint32_t high = atomic_load(&live->rings->high);
    for (uint32_t ring = 0; ring < high && ring < LIVE_RINGS; ring++) {
        struct live_ring *head = &live->rings->ring[ring];
        if (atomic_load(&head->pid) != pid)
            continue;
        head->next = live->tail[ring];
        live->owner[ring] = 0;
        atomic_store(&head->pid, 0);
        atomic_fetch_and(&live->rings->taken[ring / 64], ~(UINT64_C(1) << ring % 64));
    }
}

static void over(struct conductor *c, uint32_t id, int status, bool gone)
{
    drain(c); /* all that it wrote is there */
    if (!c->processes[id]->alive)
        return; /* a wait told of its end */
    live_process_over(c, id, status, gone);
    rings_free(c->live, c->processes[id]->pid);
}

static void look_at_processes(struct conductor *c)
{
    struct contain_report report;
    while (contain_next_report(c->contain, &report) == 1) {
        drain(c);
        uint32_t id = guest_process_by_pid(c, report.pid);
        if (id && c->processes[id]->alive)
            over(c, id, report.status, false);
        if (!id)
            continue;
        c->processes[id]->zombie = false;
        conductor_tell(c, &(struct event){.kind = EVENT_REAPED, .other = id});
        name_forget_process(c, id);
    }
    for (uint32_t id = 1; id <= c->process_count; id++) {
        struct guest_process *process = c->processes[id];
        if (!process->alive || process->parent == 0)
            continue; /* init collects it, and reports */
        int32_t status = 0;
        enum kernel_state state = kernel_process_state(c, process->pid, NULL, &status);
        if (state == KERNEL_zombie)
            over(c, id, status, false);
        else if (state == KERNEL_gone && ++process->missing > 20)
            over(c, id, process->exit_argument > 0 ? process->exit_argument << 8 : 0, true);
    }
    for (uint32_t id = 1; id <= c->task_count; id++) {
        struct live_task *task = live_task_at(c, id);
        struct guest_process *process = c->processes[c->tasks[id].process];
        if (c->tasks[id].phase == PHASE_ended || !process->alive || !task || !task->leaving)
            continue;
        enum kernel_state state = kernel_task_state(c, process->pid, c->tasks[id].tid);
        if (state == KERNEL_gone || (state == KERNEL_zombie && c->tasks[id].tid != process->pid))
            live_task_over(c, id);
    }
}

/* What is typed to us is typed to the guest at once. */
static void input_pass(struct conductor *c)
{
    if (c->input_eof_typed)
        return;
    if (c->options.input >= 0 && !c->input_ended) {
        struct pollfd source = {.fd = c->options.input, .events = POLLIN};
        if (c->input_length == 0 && poll(&source, 1, 0) > 0) {
            ssize_t got = read(c->options.input, c->input, sizeof c->input);
            c->input_ended = got <= 0;
            c->input_length = got > 0 ? (size_t)got : 0;
        }
        if (c->input_length > 0) {
            ssize_t typed = write(contain_input(c->contain), c->input, c->input_length);
            if (typed > 0) {
                memmove(c->input, c->input + typed, c->input_length - (size_t)typed);
                c->input_length -= (size_t)typed;
            }
        }
        if (!c->input_ended)
            return;
    }
    static const char end_of_file = 4;
    c->input_eof_typed = c->input_length == 0 && write(contain_input(c->contain), &end_of_file, 1) == 1;
}

/* ---- the loop ---- */
static void sleep_for_news(struct conductor *c, int timeout_ms)
{
    struct epoll_event ready[3];
    atomic_store(&c->live->rings->asleep, 1);
    int count = epoll_wait(c->watcher, ready, 3, timeout_ms);
    atomic_store(&c->live->rings->asleep, 0);
    for (int i = 0; i < count; i++) {
        if (ready[i].data.fd != c->channel) {
            c->printing = true;
            continue;
        }
        while (read(c->channel, c->buffer, CONDUCTOR_BUFFER) > 0)
            ; /* only the bell */
    }
}

static bool someone_lives(const struct conductor *c)
{
    for (uint32_t id = 1; id <= c->process_count; id++)
        if (c->processes[id]->alive)
            return true;
    return c->process_count == 0;
}

/* What was printed last may reach us a moment after its writer has gone: until the terminal says that all have gone. */
static void last_output(struct conductor *c)
{
    (void)contain_kill(c->contain, NULL);
    for (int waited = 0; waited < 20; waited++) {
        struct pollfd streams[] = {{.fd = contain_output(c->contain), .events = POLLIN},
                                   {.fd = contain_error(c->contain), .events = POLLIN}};
        (void)poll(streams, 2, 10);
        output_drain(c);
        if (((streams[0].revents & streams[1].revents) & POLLHUP) &&
            !((streams[0].revents | streams[1].revents) & POLLIN))
            return;
    }
}

static enum status finish(struct conductor *c, enum verdict verdict)
{
    if (verdict == VERDICT_finished)
        last_output(c);
    conductor_output(c);
    if (verdict == VERDICT_finished && world_fault_count(conductor_world(c)) > 0)
        verdict = VERDICT_failed;
    conductor_tell(c, &(struct event){.kind = EVENT_END, .value = verdict, .time = c->now});
    c->ended = true;
    return verdict == VERDICT_bound ? STATUS_LIMIT : STATUS_ENDED;
}

/* One look at everything; how many records it brought. */
static unsigned long look(struct conductor *c, int timeout_ms)
{
    struct live *live = c->live;
    unsigned long count = drain(c);
    if (count == 0) {
        sleep_for_news(c, timeout_ms);
        count = drain(c);
    }
    int64_t now = monotonic();
    bool late = now - live->looked_ns >= LOOK_NS;
    live_settle_waits(c, late);
    if (late || count == 0) {
        live->looked_ns = now;
        look_at_processes(c);
        uint64_t unobserved = atomic_load(&live->rings->unobserved);
        if (unobserved != live->unobserved)
            conductor_tell(c, &(struct event){.kind = EVENT_LOST, .value = (int64_t)(unobserved - live->unobserved)});
        live->unobserved = unobserved;
    }
    if (count > 0 || c->printing)
        live->moved_ns = now;
    if (c->printing)
        conductor_output(c);
    input_pass(c);
    return count;
}

enum status live_first(struct conductor *c, struct message *message)
{
    for (int waited = 0; !c->live->first; waited++) {
        drain(c);
        if (c->live->first)
            break;
        sleep_for_news(c, 5);
        output_drain(c);
        struct contain_report report;
        drain(c);
        if (!c->live->first && contain_next_report(c->contain, &report) != 0)
            return message_set(
                message, STATUS_INVALID,
                "%s ended (status %d) before it could be observed: is it a dynamically linked glibc program?",
                c->options.program, report.status);
        if (waited > 2000)
            return message_set(message, STATUS_INVALID,
                               "%s does not reach lockstep's shim: is it statically linked, or not for glibc? "
                               "Build it as an ordinary dynamic program",
                               c->options.program);
    }
    return STATUS_OK;
}

enum status live_step(struct conductor *c, struct message *message)
{
    (void)message;
    if (c->ended)
        return STATUS_ENDED;
    unsigned long count = look(c, 10);
    int64_t passed = monotonic() - c->live->start_ns;
    if (!someone_lives(c)) {
        drain(c);
        return finish(c, VERDICT_finished);
    }
    if (c->options.max_steps && world_step_number(conductor_world(c)) >= c->options.max_steps)
        return finish(c, VERDICT_bound);
    if (c->options.max_time && passed >= c->options.max_time)
        return finish(c, VERDICT_bound);
    if (count == 0 && monotonic() - c->live->moved_ns > QUIET_NS && world_stuck(conductor_world(c)))
        return finish(c, VERDICT_deadlock);
    return STATUS_OK;
}
