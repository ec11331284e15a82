/* From a live record to events. The world's rules are those of held mode: a task asks, is granted, and the step is over
 * (got, or blocked). Here all of that is told at once, when the task has told it. */
#include "conductor/live_internal.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PIPE_CAPACITY 65536 /* pipe(7) */

struct live_task *live_task_at(struct conductor *c, uint32_t id)
{
    struct live *live = c->live;
    if (id >= live->capacity) {
        uint32_t capacity = live->capacity ? live->capacity * 2 : 64;
        while (capacity <= id)
            capacity *= 2;
        struct live_task *larger = realloc(live->tasks, capacity * sizeof *larger);
        if (!larger)
            return NULL;
        memset(larger + live->capacity, 0, (capacity - live->capacity) * sizeof *larger);
        live->tasks = larger;
        live->capacity = capacity;
    }
    return &live->tasks[id];
}

/* ---- who is meant ---- */

/* The task of a process with this pthread_t. The same may have belonged to several, one after the other: `oldest` gives
 * the one that was not joined yet (for a join), else the latest. */
static uint32_t task_of_thread(struct conductor *c, uint32_t process, uint64_t thread, bool oldest)
{
    uint32_t found = 0;
    for (uint32_t id = c->task_count; id > 0; id--) {
        if (c->tasks[id].process != process || c->live->tasks[id].thread != thread)
            continue;
        if (!oldest)
            return id;
        if (!c->tasks[id].joined && !c->tasks[id].detached)
            found = id;
        else
            break; /* those before it were collected earlier */
    }
    return found;
}

static size_t size_of(unsigned kind)
{
    switch (kind) {
    case OBJECT_mutex:
        return sizeof(pthread_mutex_t);
    case OBJECT_cond:
        return sizeof(pthread_cond_t);
    case OBJECT_semaphore:
        return sizeof(sem_t);
    case OBJECT_barrier:
        return sizeof(pthread_barrier_t);
    case OBJECT_rwlock:
        return sizeof(pthread_rwlock_t);
    case OBJECT_spin:
    case OBJECT_once:
        return sizeof(int);
    default:
        return 0;
    }
}

static uint32_t object_of_task(struct conductor *c, uint32_t id, uint32_t target)
{
    if (!target)
        return 0;
    /* names.c knows tasks by their gate slots; live tasks have none, so one slot stands for whom it is asked about */
    struct record_key key = {.a = LIVE_BELL_SLOT, .kind = OBJECT_thread, .space = KEY_TASK, .descriptor = -1};
    c->slot_task[LIVE_BELL_SLOT] = target;
    uint32_t object = name_object(c, id, &key, NULL);
    c->slot_task[LIVE_BELL_SLOT] = 0;
    return object;
}

static uint32_t object_of(struct conductor *c, uint32_t id, unsigned kind, unsigned space, uint64_t a, uint64_t b,
                          uint64_t address)
{
    if (kind == OBJECT_none || space == KEY_NONE)
        return 0;
    struct record_key key = {.a = a,
                             .b = b,
                             .address = space == KEY_PRIVATE ? a : address,
                             .kind = (uint8_t)kind,
                             .space = (uint8_t)space,
                             .size = (uint16_t)size_of(kind),
                             .descriptor = -1};
    return name_object(c, id, &key, NULL);
}

/* ---- the three words ---- */
static void say_granted(struct conductor *c, uint32_t id)
{
    const struct world *world = conductor_world(c);
    const struct world_task *task = world_task(world, id);
    int64_t cpu = task && task->cpu >= 0 ? task->cpu : -1;
    for (uint32_t i = 0; cpu < 0 && i < 64; i++)
        if (world_running(world, i) == 0)
            cpu = i;
    conductor_tell(c, &(struct event){.kind = EVENT_GRANTED,
                                      .task = id,
                                      .time = c->now,
                                      .argument = {cpu < 0 ? 0 : cpu, 1, 0},
                                      .value = GRANT_PERFORM});
}

static uint64_t whole_frame(const struct live_task *task, uint32_t low)
{
    if (low == 0 || task->stack == 0)
        return 0;
    uint64_t base = task->stack >> 3, frame = (base & ~UINT64_C(0xFFFFFFFF)) | low;
    if (frame > base + 0x80000000u)
        frame -= UINT64_C(1) << 32;
    else if (frame + 0x80000000u < base)
        frame += UINT64_C(1) << 32;
    return frame << 3;
}

/* A forked child runs its parent's image: its places are the parent's, who is there longer. */
static uint32_t place_of(struct conductor *c, uint32_t id)
{
    uint32_t process = c->tasks[id].process, origin = c->live->tasks[c->processes[process]->main_task].origin;
    if (origin && c->processes[origin]->source)
        process = origin;
    return c->tasks[id].pc ? name_place(c, process, c->tasks[id].pc) : 0;
}

static void ask_arguments(struct conductor *c, const struct live_record *record, struct event *event)
{
    switch (record->operation) {
    case OPERATION_mutex_init: /* the kind as glibc keeps it */
        event->argument[0] = (record->argument & 3) == 3 ? 0 : record->argument & 3;
        event->argument[1] = (record->argument & 0x10) != 0;
        break;
    case OPERATION_thread_join:
    case OPERATION_thread_timedjoin:
    case OPERATION_mutex_timedlock:
    case OPERATION_rwlock_timedrdlock:
    case OPERATION_rwlock_timedwrlock:
    case OPERATION_cond_timedwait:
    case OPERATION_semaphore_timedwait:
    case OPERATION_time_sleep:
        if (record->kind != LIVE_BLOCKED && record->operation != OPERATION_time_sleep)
            break;
        if (record->argument > 0) {
            event->flags |= RECORD_DEADLINE;
            event->argument[3] = c->now + record->argument;
        }
        break;
    default:
        event->argument[0] = record->argument;
        break;
    }
}

static void say_asked(struct conductor *c, uint32_t ring, uint32_t id, const struct live_record *record)
{
    struct live *live = c->live;
    struct live_task *own = live_task_at(c, id);
    struct guest_task *task = &c->tasks[id];
    const struct live_record *more = live->has_more[ring] ? &live->more[ring] : NULL;
    struct event event = {.kind = EVENT_ASKED, .operation = record->operation, .task = id};
    unsigned space = record->space & 15, second_space = record->space >> 4;
    task->operation = record->operation;
    task->pc = record->pc;
    task->frame = whole_frame(own, record->frame);
    event.place = place_of(c, id);
    if (space == KEY_TASK) {
        bool join = record->operation == OPERATION_thread_join || record->operation == OPERATION_thread_tryjoin ||
                    record->operation == OPERATION_thread_timedjoin || record->operation == OPERATION_thread_detach;
        event.other = task_of_thread(c, task->process, record->object, join);
        event.object = object_of_task(c, id, event.other);
    } else {
        event.object = object_of(c, id, record->object_kind, space, record->object, more ? more->object : 0,
                                 more ? (uint64_t)more->value : 0);
    }
    /* A coroutine's is another one, a condition's is its mutex; nothing else has one. */
    unsigned second_kind = record->object_kind == OBJECT_coroutine ? OBJECT_coroutine : OBJECT_mutex;
    if (second_space == KEY_PRIVATE || second_space == KEY_SHARED)
        event.second = object_of(c, id, second_kind, second_space, record->second, more ? more->second : 0,
                                 more ? (uint64_t)more->argument : 0);
    ask_arguments(c, record, &event);
    own = live_task_at(c, id);
    own->operation = record->operation;
    own->object_kind = record->object_kind;
    own->space = (uint8_t)space;
    own->object = event.object;
    own->second = event.second;
    own->other = event.other;
    own->deadline = event.flags & RECORD_DEADLINE ? event.argument[3] : 0;
    own->rounds = 0;
    conductor_tell(c, &event);
}

/* What the model must hear before it hears that this has succeeded. */
static void prove(struct conductor *c, uint32_t id, const struct live_record *record)
{
    const struct live_task *own = live_task_at(c, id);
    bool join = record->operation == OPERATION_thread_join || record->operation == OPERATION_thread_tryjoin ||
                record->operation == OPERATION_thread_timedjoin;
    if (join && record->error == 0 && own->other) {
        if (c->tasks[own->other].phase != PHASE_ended)
            live_task_over(c, own->other);
        c->tasks[own->other].joined = true;
    }
    if (record->operation == OPERATION_thread_detach && record->error == 0 && own->other)
        c->tasks[own->other].detached = true;
}

static uint32_t thread_born(struct conductor *c, uint32_t process, uint64_t thread, uint32_t creator, int32_t tid)
{
    c->granted = creator;
    uint32_t id = guest_task_add(c, process, GATE_SLOTS, tid, false);
    c->granted = 0;
    struct live_task *own = id ? live_task_at(c, id) : NULL;
    if (own)
        *own = (struct live_task){.thread = thread, .ring = LIVE_NO_RING};
    return id;
}

static uint32_t process_born(struct conductor *c, int32_t pid, uint32_t parent, uint32_t creator)
{
    uint32_t process = guest_process_add(c, pid, parent, false);
    if (!process)
        return 0;
    c->granted = creator;
    uint32_t id = guest_task_add(c, process, GATE_SLOTS, pid, true);
    c->granted = 0;
    struct live_task *own = id ? live_task_at(c, id) : NULL;
    if (own)
        *own = (struct live_task){.ring = LIVE_NO_RING};
    if (own && parent && creator) {
        uint32_t before = c->live->tasks[c->processes[parent]->main_task].origin;
        own->origin = before ? before : parent;
        name_fork(c, parent, process);
    }
    return process;
}

static int64_t semaphore_count(struct conductor *c, const struct live_task *own, const struct live_record *record)
{
    const struct world_object *semaphore = world_object(conductor_world(c), own->object);
    int64_t count = semaphore ? semaphore->count : 0;
    if (record->value != 0)
        return count;
    if (record->operation == OPERATION_semaphore_post)
        return count + 1;
    return count > 0 ? count - 1 : 0;
}

/* How full a pipe is, by what was told of it: nobody looks at the real one, it would have changed meanwhile. */
static int64_t pipe_level(struct conductor *c, const struct live_task *own, const struct live_record *record)
{
    const struct world_object *pipe = world_object(conductor_world(c), own->object);
    int64_t level = pipe ? pipe->count : 0, bytes = record->value > 0 ? record->value : 0;
    level += record->operation == OPERATION_pipe_write ? bytes : -bytes;
    return level < 0 ? 0 : level > PIPE_CAPACITY ? PIPE_CAPACITY : level;
}

/* Somebody is through: all of this round are on their way, whoever of them got the serial number (pthread_barrier_wait),
 * at which the model ends the round. */
static void barrier_open(struct conductor *c, uint32_t object, uint32_t except)
{
    for (uint32_t id = 1; id <= c->task_count; id++)
        if (id != except && live_task_at(c, id)->phase == LIVE_SHOWN && live_task_at(c, id)->object == object &&
            live_task_at(c, id)->operation == OPERATION_barrier_wait && c->tasks[id].phase != PHASE_ended) {
            const struct world_task *task = world_task(conductor_world(c), id);
            if (task && !task->woken)
                conductor_tell(c, &(struct event){.kind = EVENT_READY, .task = id});
        }
}

static void say_got(struct conductor *c, uint32_t id, const struct live_record *record)
{
    prove(c, id, record);
    struct live_task *own = live_task_at(c, id);
    struct event event = {.kind = EVENT_GOT,
                          .operation = record->operation,
                          .task = id,
                          .object = own->object,
                          .second = own->second,
                          .other = own->other,
                          .error = record->error,
                          .value = record->value};
    event.outcome = record->error == 0 || record->error == EOWNERDEAD ? OUTCOME_done
                    : record->error == ETIMEDOUT                      ? OUTCOME_timed_out
                    : record->error == EINTR                          ? OUTCOME_interrupted
                                                                      : OUTCOME_failed;
    uint32_t process = c->tasks[id].process, child = 0;
    switch (record->operation) {
    case OPERATION_thread_create:
        if (record->error)
            break;
        child = task_of_thread(c, process, record->object, true);
        if (!child || c->live->tasks[child].thread != record->object)
            child = thread_born(c, process, record->object, id, 0);
        event.other = child;
        event.object = object_of_task(c, id, child);
        if (record->argument && child) {
            c->tasks[child].detached = true;
            event.flags |= RECORD_DETACHED;
        }
        break;
    case OPERATION_process_fork:
    case OPERATION_process_vfork:
    case OPERATION_process_spawn:
        event.value = 0;
        if (record->error || record->value <= 0)
            break;
        child = guest_process_by_pid(c, (int32_t)record->value);
        if (!child)
            child =
                process_born(c, (int32_t)record->value, process, record->operation == OPERATION_process_fork ? id : 0);
        event.value = child;
        event.other = child ? c->processes[child]->main_task : 0;
        break;
    case OPERATION_process_wait:
        child = record->value > 0 ? guest_process_by_pid(c, (int32_t)record->value) : 0;
        event.value = child;
        event.argument[1] = record->argument;
        if (child && (record->argument & 0xFF) != 0x7F && record->argument != 0xFFFF) {
            if (c->processes[child]->alive)
                live_process_over(c, child, (int)record->argument, false);
            c->processes[child]->zombie = false;
        } else {
            child = 0;
        }
        break;
    case OPERATION_semaphore_post:
    case OPERATION_semaphore_wait:
    case OPERATION_semaphore_trywait:
    case OPERATION_semaphore_timedwait:
        event.argument[0] = semaphore_count(c, own, record);
        break;
    case OPERATION_barrier_wait:
        barrier_open(c, own->object, id);
        event.argument[0] = 0;
        break;
    case OPERATION_pipe_read:
    case OPERATION_pipe_write:
        event.argument[0] = pipe_level(c, own, record);
        event.argument[1] = PIPE_CAPACITY;
        break;
    default:
        event.argument[0] = record->argument;
        break;
    }
    live_task_at(c, id)->phase = LIVE_RUNS;
    conductor_tell(c, &event);
    if (record->operation == OPERATION_process_wait && child) {
        conductor_tell(c, &(struct event){.kind = EVENT_REAPED, .other = child, .task = id});
        name_forget_process(c, child);
    }
}

/* ---- waiting ---- */

/* Would the model let it go on at once? Then it is on its way, and not blocked. */
static bool available(struct conductor *c, const struct live_task *own)
{
    const struct world_object *object = world_object(conductor_world(c), own->object);
    switch (own->operation) {
    case OPERATION_mutex_lock:
    case OPERATION_mutex_timedlock:
    case OPERATION_spin_lock:
    case OPERATION_rwlock_rdlock:
    case OPERATION_rwlock_timedrdlock:
        return object && object->owner == 0;
    case OPERATION_rwlock_wrlock:
    case OPERATION_rwlock_timedwrlock:
        return object && object->owner == 0 && object->count == 0;
    case OPERATION_semaphore_wait:
    case OPERATION_semaphore_timedwait:
        return object && object->count > 0;
    case OPERATION_barrier_wait:
        return object && object->count + 1 >= object->capacity;
    case OPERATION_thread_join:
    case OPERATION_thread_timedjoin:
        return own->other == 0 || c->tasks[own->other].phase == PHASE_ended;
    default:
        return false;
    }
}

static void say_blocked(struct conductor *c, uint32_t id, uint32_t object)
{
    struct live_task *own = live_task_at(c, id);
    struct event event = {.kind = EVENT_BLOCKED,
                          .outcome = OUTCOME_blocked,
                          .operation = own->operation,
                          .task = id,
                          .object = object,
                          .second = own->second,
                          .other = own->other,
                          .place = place_of(c, id)};
    if (own->deadline && object != own->second) {
        event.other = own->other ? own->other : 1;
        event.flags |= RECORD_DEADLINE;
        event.argument[3] = own->deadline;
    }
    own->phase = LIVE_SHOWN;
    own->rounds = 0;
    conductor_tell(c, &event);
}

/* Shown as waiting, let go by the model, and silent since: somebody else was quicker, or it was another's turn. */
static void look_again(struct conductor *c, uint32_t id)
{
    struct live_task *own = live_task_at(c, id);
    const struct world_task *task = world_task(conductor_world(c), id);
    if (!task || !task->woken || ++own->rounds < 3)
        return;
    bool condition = own->operation == OPERATION_cond_wait || own->operation == OPERATION_cond_timedwait;
    const struct world_object *mutex = world_object(conductor_world(c), own->second);
    if (!condition && (available(c, own) || own->operation == OPERATION_barrier_wait))
        return;
    uint32_t object = condition && mutex && mutex->owner ? own->second : own->object;
    say_granted(c, id);
    say_blocked(c, id, object);
}

void live_settle_waits(struct conductor *c, bool late)
{
    for (uint32_t id = 1; id <= c->task_count; id++) {
        struct live_task *own = live_task_at(c, id);
        if (!own || own->phase == LIVE_RUNS || c->tasks[id].phase == PHASE_ended)
            continue;
        if (own->phase == LIVE_WAITS && !available(c, own))
            say_blocked(c, id, own->object);
        else if (own->phase == LIVE_SHOWN && late)
            look_again(c, id);
        else if (own->phase == LIVE_IN_CALL && late && ++own->rounds >= 2 &&
                 (operation_row(own->operation)->flags & OPERATION_BLOCKS) &&
                 kernel_task_state(c, c->processes[c->tasks[id].process]->pid, c->tasks[id].tid) == KERNEL_sleeping)
            say_blocked(c, id, own->object);
    }
}

/* ---- ends ---- */
void live_task_over(struct conductor *c, uint32_t id)
{
    struct guest_task *task = &c->tasks[id];
    if (task->phase == PHASE_ended)
        return;
    task->phase = PHASE_ended;
    live_task_at(c, id)->phase = LIVE_RUNS;
    conductor_tell(c, &(struct event){.kind = EVENT_TASK_ENDED, .task = id});
}

void live_process_over(struct conductor *c, uint32_t process, int status, bool gone)
{
    struct guest_process *own = c->processes[process];
    own->alive = false;
    own->zombie = !gone;
    for (uint32_t id = 1; id <= c->task_count; id++)
        if (c->tasks[id].process == process)
            live_task_over(c, id);
    conductor_output(c);
    conductor_tell(c,
                   &(struct event){.kind = EVENT_PROCESS_ENDED, .other = process, .value = status, .argument = {gone}});
    for (uint32_t id = 1; id <= c->process_count; id++) {
        struct guest_process *child = c->processes[id];
        if (child->parent != process || (!child->alive && !child->zombie))
            continue;
        int32_t parent = 0;
        enum kernel_state state = kernel_process_state(c, child->pid, &parent, NULL);
        if (child->zombie && state == KERNEL_gone) {
            child->zombie = false;
            conductor_tell(c, &(struct event){.kind = EVENT_REAPED, .other = id});
            continue;
        }
        child->parent = guest_process_by_pid(c, parent);
        conductor_tell(c, &(struct event){.kind = EVENT_ADOPTED, .other = id, .value = child->parent});
    }
}

/* ---- beginnings ---- */
static void begin(struct conductor *c, uint32_t ring, uint32_t id, const struct live_record *record, uint64_t stack)
{
    struct live_task *own = live_task_at(c, id);
    own->thread = record->object;
    own->stack = stack;
    own->ring = ring;
    c->live->owner[ring] = id;
    c->tasks[id].tid = (int32_t)record->value;
    struct live_record plain = {.operation = record->operation, .kind = LIVE_DONE};
    say_asked(c, ring, id, &plain);
    say_granted(c, id);
    say_got(c, id, &plain);
}

static void exec_done(struct conductor *c, uint32_t process)
{
    uint32_t main_task = c->processes[process]->main_task;
    for (uint32_t id = 1; id <= c->task_count; id++)
        if (c->tasks[id].process == process && id != main_task)
            live_task_over(c, id);
    name_exec(c, process);
    live_task_at(c, main_task)->origin = 0;
    if (live_task_at(c, main_task)->operation == OPERATION_process_exec)
        conductor_tell(c, &(struct event){.kind = EVENT_GOT, .operation = OPERATION_process_exec, .task = main_task});
    live_task_at(c, main_task)->phase = LIVE_RUNS;
}

static void image(struct conductor *c, uint32_t ring, const struct live_record *record)
{
    uint32_t process = guest_process_by_pid(c, (int32_t)record->value);
    if (process && record->kind == LIVE_IMAGE &&
        live_task_at(c, c->processes[process]->main_task)->ring != LIVE_NO_RING)
        exec_done(c, process);
    if (!process) {
        uint32_t parent = guest_process_by_pid(c, (int32_t)record->argument), creator = 0;
        if (parent && record->kind == LIVE_CHILD)
            creator = task_of_thread(c, parent, record->object, false);
        process = process_born(c, (int32_t)record->value, parent, creator);
    }
    if (!process)
        return;
    c->live->first = true;
    if (record->kind == LIVE_IMAGE) {
        (void)name_source(c, process); /* its memory map, while it is there */
        struct live_ring *head = &c->live->rings->ring[ring];
        atomic_store(&head->greeted, 1);
        syscall(SYS_futex, &head->greeted, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    }
    begin(c, ring, c->processes[process]->main_task, record, record->pc);
}

static void thread(struct conductor *c, uint32_t ring, const struct live_record *record)
{
    uint32_t process = guest_process_by_pid(c, (int32_t)record->pc);
    if (!process)
        return;
    uint32_t id = task_of_thread(c, process, record->object, false);
    if (!id || live_task_at(c, id)->ring != LIVE_NO_RING)
        id = thread_born(c, process, record->object, task_of_thread(c, process, record->second, false),
                         (int32_t)record->value);
    if (id)
        begin(c, ring, id, record, (uint64_t)record->argument);
}

/* ---- one record ---- */

static void question_push(struct live_task *own)
{
    if (own->depth == sizeof own->outer / sizeof *own->outer) { /* left by longjmp, some time ago */
        memmove(own->outer, own->outer + 1, sizeof own->outer - sizeof *own->outer);
        own->depth--;
    }
    own->outer[own->depth++] = (struct live_question){.operation = own->operation,
                                                      .space = own->space,
                                                      .object_kind = own->object_kind,
                                                      .object = own->object,
                                                      .second = own->second,
                                                      .other = own->other,
                                                      .deadline = own->deadline};
}

static void question_pop(struct live_task *own)
{
    if (own->depth == 0)
        return;
    const struct live_question *outer = &own->outer[--own->depth];
    own->operation = outer->operation;
    own->space = outer->space;
    own->object_kind = outer->object_kind;
    own->object = outer->object;
    own->second = outer->second;
    own->other = outer->other;
    own->deadline = outer->deadline;
    own->phase = LIVE_IN_CALL;
    own->rounds = 0;
}

/* A new word from somebody who waits or is in a call: a handler or an initialiser runs, or the wait was cancelled, or the
 * call is one that does not tell of its end. */
static void woken_otherwise(struct conductor *c, uint32_t id, const struct live_record *record)
{
    struct live_task *own = live_task_at(c, id);
    bool condition = own->operation == OPERATION_cond_wait || own->operation == OPERATION_cond_timedwait;
    if (own->phase == LIVE_SHOWN)
        say_granted(c, id);
    if (own->operation == OPERATION_time_sleep || own->operation == OPERATION_process_exec) {
        bool failed = own->operation == OPERATION_process_exec;
        conductor_tell(c, &(struct event){.kind = EVENT_GOT,
                                          .outcome = failed ? OUTCOME_failed : OUTCOME_done,
                                          .operation = own->operation,
                                          .task = id,
                                          .value = failed ? -1 : 0});
    } else if (condition && record->operation == OPERATION_mutex_unlock) {
        /* cancelled: its cleanup handler has the mutex again and gives it back */
        conductor_tell(c, &(struct event){.kind = EVENT_GOT,
                                          .outcome = OUTCOME_interrupted,
                                          .operation = own->operation,
                                          .task = id,
                                          .object = own->object,
                                          .second = own->second,
                                          .error = ECANCELED,
                                          .value = ECANCELED,
                                          .flags = RECORD_CANCELLED});
    } else {
        question_push(own);
    }
    live_task_at(c, id)->phase = LIVE_RUNS;
}

static bool same_family(unsigned begun, unsigned told)
{
    if (told == OPERATION_file_read)
        return begun == OPERATION_file_read || begun == OPERATION_pipe_read || begun == OPERATION_socket_recv;
    if (told == OPERATION_file_write)
        return begun == OPERATION_file_write || begun == OPERATION_pipe_write || begun == OPERATION_socket_send;
    return begun == told;
}

void live_handle(struct conductor *c, uint32_t ring, const struct live_record *record)
{
    if (record->kind == LIVE_IMAGE || record->kind == LIVE_CHILD) {
        image(c, ring, record);
        return;
    }
    if (record->kind == LIVE_THREAD) {
        thread(c, ring, record);
        return;
    }
    uint32_t id = c->live->owner[ring];
    if (id == 0 || id > c->task_count || c->tasks[id].phase == PHASE_ended)
        return;
    c->speaker = id;
    struct live_task *own = live_task_at(c, id);
    if (record->kind != LIVE_GOT && own->phase != LIVE_RUNS)
        woken_otherwise(c, id, record);
    switch (record->kind) {
    case LIVE_DONE:
        say_asked(c, ring, id, record);
        say_granted(c, id);
        say_got(c, id, record);
        question_pop(live_task_at(c, id));
        break;
    case LIVE_BEGIN:
        say_asked(c, ring, id, record);
        say_granted(c, id);
        live_task_at(c, id)->phase = LIVE_IN_CALL;
        break;
    case LIVE_BLOCKED:
        say_asked(c, ring, id, record);
        say_granted(c, id);
        own = live_task_at(c, id);
        own->phase = LIVE_WAITS;
        if (!available(c, own))
            say_blocked(c, id, own->object);
        break;
    case LIVE_GOT: {
        /* Calls on descriptors say only that they are over. */
        struct live_record whole = *record;
        bool same = same_family(own->operation, record->operation);
        while (!same && own->depth > 0) {
            question_pop(own);
            same = same_family(own->operation, record->operation);
        }
        if (same)
            whole.operation = own->operation;
        if (own->phase == LIVE_SHOWN)
            say_granted(c, id);
        say_got(c, id, &whole);
        question_pop(live_task_at(c, id));
        break;
    }
    case LIVE_EXIT:
        say_asked(c, ring, id, record);
        say_granted(c, id);
        own = live_task_at(c, id);
        own->leaving = true;
        if (record->operation == OPERATION_process_exit)
            c->processes[c->tasks[id].process]->exit_argument = (int32_t)record->argument;
        else
            c->live->owner[ring] = 0;
        break;
    default:
        break;
    }
}
