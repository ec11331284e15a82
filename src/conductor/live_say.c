/* The words in which a live step is told to the world: asked, granted, and got or blocked. Says what it is told to; whether
 * and when is the business of live_events.c. */
#include "conductor/live_internal.h"

#include <errno.h>

#define PIPE_CAPACITY 65536 /* pipe(7) */

void live_say_granted(struct conductor *c, uint32_t id)
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

void live_say_asked(struct conductor *c, uint32_t ring, uint32_t id, const struct live_record *record)
{
    struct live *live = c->live;
    struct live_task *own = live_task_at(c, id);
    struct guest_task *task = &c->tasks[id];
    const struct live_record *more = live->has_more[ring] ? &live->more[ring] : NULL;
    struct event event = {.kind = EVENT_ASKED, .operation = record->operation, .task = id};
    unsigned space = record->space & 15, second_space = record->space >> 4;
    task->operation = record->operation;
    task->pc = record->pc;
    task->frame = live_frame(own, record->frame);
    event.place = live_place(c, id);
    if (space == KEY_TASK) {
        bool join = record->operation == OPERATION_thread_join || record->operation == OPERATION_thread_tryjoin ||
                    record->operation == OPERATION_thread_timedjoin || record->operation == OPERATION_thread_detach;
        event.other = live_task_of_thread(c, task->process, record->object, join);
        event.object = live_object_of_task(c, id, event.other);
    } else {
        event.object = live_object(c, id, record->object_kind, space, record->object, more ? more->object : 0,
                                   more ? (uint64_t)more->value : 0);
    }
    /* A coroutine's is another one, a condition's is its mutex; nothing else has one. */
    unsigned second_kind = record->object_kind == OBJECT_coroutine ? OBJECT_coroutine : OBJECT_mutex;
    if (second_space == KEY_PRIVATE || second_space == KEY_SHARED)
        event.second = live_object(c, id, second_kind, second_space, record->second, more ? more->second : 0,
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

/* Fills in the newcomer of a create; who has spoken before its creator is there already. */
static void got_thread(struct conductor *c, uint32_t id, const struct live_record *record, struct event *event)
{
    uint32_t process = c->tasks[id].process;
    uint32_t child = live_task_of_thread(c, process, record->object, true);
    if (!child || c->live->tasks[child].thread != record->object)
        child = live_thread_born(c, process, record->object, id, 0);
    event->other = child;
    event->object = live_object_of_task(c, id, child);
    if (record->argument && child) {
        c->tasks[child].detached = true;
        event->flags |= RECORD_DETACHED;
    }
}

/* The same of a fork, vfork or spawn. */
static void got_process(struct conductor *c, uint32_t id, const struct live_record *record, struct event *event)
{
    event->value = 0;
    if (record->error || record->value <= 0)
        return;
    uint32_t child = guest_process_by_pid(c, (int32_t)record->value);
    if (!child)
        child = live_process_born(c, (int32_t)record->value, c->tasks[id].process,
                                  record->operation == OPERATION_process_fork ? id : 0);
    event->value = child;
    event->other = child ? c->processes[child]->main_task : 0;
}

/* Fills in the child that was waited for. Gives it if it has been collected, else 0. */
static uint32_t got_wait(struct conductor *c, const struct live_record *record, struct event *event)
{
    uint32_t child = record->value > 0 ? guest_process_by_pid(c, (int32_t)record->value) : 0;
    event->value = child;
    event->argument[1] = record->argument;
    if (!child || (record->argument & 0xFF) == 0x7F || record->argument == 0xFFFF)
        return 0;
    if (c->processes[child]->alive)
        live_process_over(c, child, (int)record->argument, false);
    c->processes[child]->zombie = false;
    return child;
}

void live_say_got(struct conductor *c, uint32_t id, const struct live_record *record)
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
    uint32_t collected = 0;
    switch (record->operation) {
    case OPERATION_thread_create:
        if (record->error == 0)
            got_thread(c, id, record, &event);
        break;
    case OPERATION_process_fork:
    case OPERATION_process_vfork:
    case OPERATION_process_spawn:
        got_process(c, id, record, &event);
        break;
    case OPERATION_process_wait:
        collected = got_wait(c, record, &event);
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
    if (collected) {
        conductor_tell(c, &(struct event){.kind = EVENT_REAPED, .other = collected, .task = id});
        name_forget_process(c, collected);
    }
}

void live_say_blocked(struct conductor *c, uint32_t id, uint32_t object)
{
    struct live_task *own = live_task_at(c, id);
    struct event event = {.kind = EVENT_BLOCKED,
                          .outcome = OUTCOME_blocked,
                          .operation = own->operation,
                          .task = id,
                          .object = object,
                          .second = own->second,
                          .other = own->other,
                          .place = live_place(c, id)};
    if (own->deadline && object != own->second) {
        event.other = own->other ? own->other : 1;
        event.flags |= RECORD_DEADLINE;
        event.argument[3] = own->deadline;
    }
    own->phase = LIVE_SHOWN;
    own->rounds = 0;
    conductor_tell(c, &event);
}
