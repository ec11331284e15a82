/* From a live record to events. The world's rules are those of held mode: a task asks, is granted, and the step is over
 * (got, or blocked). Here all of that is told at once, when the task has told it. */
#include "conductor/live_internal.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

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
    live_say_granted(c, id);
    live_say_blocked(c, id, object);
}

void live_settle_waits(struct conductor *c, bool late)
{
    for (uint32_t id = 1; id <= c->task_count; id++) {
        struct live_task *own = live_task_at(c, id);
        if (!own || own->phase == LIVE_RUNS || c->tasks[id].phase == PHASE_ended)
            continue;
        if (own->phase == LIVE_WAITS && !available(c, own))
            live_say_blocked(c, id, own->object);
        else if (own->phase == LIVE_SHOWN && late)
            look_again(c, id);
        else if (own->phase == LIVE_IN_CALL && late && ++own->rounds >= 2 &&
                 (operation_row(own->operation)->flags & OPERATION_BLOCKS) &&
                 kernel_task_state(c, c->processes[c->tasks[id].process]->pid, c->tasks[id].tid) == KERNEL_sleeping)
            live_say_blocked(c, id, own->object);
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
    live_say_asked(c, ring, id, &plain);
    live_say_granted(c, id);
    live_say_got(c, id, &plain);
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
            creator = live_task_of_thread(c, parent, record->object, false);
        process = live_process_born(c, (int32_t)record->value, parent, creator);
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
    uint32_t id = live_task_of_thread(c, process, record->object, false);
    if (!id || live_task_at(c, id)->ring != LIVE_NO_RING)
        id = live_thread_born(c, process, record->object, live_task_of_thread(c, process, record->second, false),
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
        live_say_granted(c, id);
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

/* Calls on descriptors say only that they are over: which one is known from its beginning. */
static void call_over(struct conductor *c, uint32_t id, const struct live_record *record)
{
    struct live_task *own = live_task_at(c, id);
    struct live_record whole = *record;
    bool same = same_family(own->operation, record->operation);
    while (!same && own->depth > 0) {
        question_pop(own);
        same = same_family(own->operation, record->operation);
    }
    if (same)
        whole.operation = own->operation;
    if (own->phase == LIVE_SHOWN)
        live_say_granted(c, id);
    live_say_got(c, id, &whole);
    question_pop(live_task_at(c, id));
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
        live_say_asked(c, ring, id, record);
        live_say_granted(c, id);
        live_say_got(c, id, record);
        question_pop(live_task_at(c, id));
        break;
    case LIVE_BEGIN:
        live_say_asked(c, ring, id, record);
        live_say_granted(c, id);
        live_task_at(c, id)->phase = LIVE_IN_CALL;
        break;
    case LIVE_BLOCKED:
        live_say_asked(c, ring, id, record);
        live_say_granted(c, id);
        own = live_task_at(c, id);
        own->phase = LIVE_WAITS;
        if (!available(c, own))
            live_say_blocked(c, id, own->object);
        break;
    case LIVE_GOT:
        call_over(c, id, record);
        break;
    case LIVE_EXIT:
        live_say_asked(c, ring, id, record);
        live_say_granted(c, id);
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
