/* From records to events: what the guest's shims told becomes what is true. The only reader of the event pipe. Trusts
 * no record: slots, tasks and processes are checked against what is known. */
#include "base/escape.h"
#include "conductor/internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define RESERVED CONDUCTOR_RESERVED

void vfork_release(struct conductor *c, uint32_t process)
{
    for (uint32_t id = 1; id <= c->task_count; id++)
        if (c->tasks[id].phase == PHASE_held && c->tasks[id].operation == OPERATION_process_vfork &&
            c->tasks[id].blocked_space == KEY_PROCESS && (int32_t)c->tasks[id].blocked_a == c->processes[process]->pid)
            conductor_tell(c, &(struct event){.kind = EVENT_READY, .task = id});
}

/* ---- newcomers ---- */
static uint32_t hello(struct conductor *c, const struct record *record)
{
    uint32_t known = guest_process_by_pid(c, record->pid);
    uint32_t speaker = c->slot_task[record->slot];
    if (record->argument[1] && known && speaker && speaker != RESERVED && c->tasks[speaker].process == known) {
        /* exec: the caller goes on as the main task of the new image, the others are gone */
        for (uint32_t id = 1; id <= c->task_count; id++)
            if (c->tasks[id].process == known && id != speaker && c->tasks[id].phase != PHASE_ended) {
                c->tasks[id].phase = PHASE_ended;
                guest_slot_free(c, c->tasks[id].slot);
                c->tasks[id].slot = GATE_SLOTS;
                conductor_tell(c, &(struct event){.kind = EVENT_TASK_ENDED, .task = id});
            }
        name_exec(c, known);
        c->processes[known]->forked = 0;
        c->processes[known]->helper = (record->flags & RECORD_HELPER) != 0;
        c->tasks[speaker].tid = record->tid;
        c->tasks[speaker].frame = 0;
        if (c->tasks[speaker].operation == OPERATION_process_exec)
            conductor_tell(c, &(struct event){.kind = EVENT_GOT,
                                              .operation = OPERATION_process_exec,
                                              .task = speaker,
                                              .flags = record->flags & RECORD_HELPER});
        vfork_release(c, known);
        return known;
    }
    if (known)
        return known;
    uint32_t parent = guest_process_by_pid(c, (int32_t)record->argument[0]);
    uint32_t id = guest_process_add(c, record->pid, parent, (record->flags & RECORD_HELPER) != 0);
    if (id == 0)
        return 0;
    guest_task_add(c, id, record->slot, record->tid, true);
    if (parent && !record->argument[1]) {
        bool vfork = c->granted && c->tasks[c->granted].operation == OPERATION_process_vfork;
        c->processes[id]->forked = vfork ? 2 : 1;
        name_fork(c, parent, id);
    }
    name_watch(c, id);
    return id;
}

/* The task that speaks; a new one at its first word. 0: nobody we know. */
static uint32_t speaker_of(struct conductor *c, const struct record *record)
{
    if (record->kind == RECORD_HELLO)
        hello(c, record);
    uint32_t id = c->slot_task[record->slot];
    if (id == RESERVED && record->operation == OPERATION_thread_start) {
        uint32_t process = guest_process_by_pid(c, record->pid);
        if (process)
            id = guest_task_add(c, process, record->slot, record->tid, false);
    }
    return id == RESERVED || id > c->task_count ? 0 : id;
}

/* ---- one record ---- */
static void sequence_check(struct conductor *c, uint32_t id, const struct record *record)
{
    struct guest_task *task = &c->tasks[id];
    if (record->sequence != task->sequence + 1)
        conductor_tell(c, &(struct event){.kind = EVENT_LOST,
                                          .other = task->process,
                                          .value = (int64_t)record->sequence - task->sequence - 1});
    task->sequence = record->sequence;
}

/* The shim tells the bytes of a memory step, sign-extended: it does not know the type. */
static void value_typed(struct conductor *c, uint32_t id, struct event *event)
{
    if (event->flags & RECORD_PIECE)
        return;
    const struct guest_object *object = &c->objects[event->object];
    bool atomic = event->operation == OPERATION_memory_atomic; /* argument[2]: the value afterwards */
    if (object->unsigned_size) {
        uint64_t mask = (UINT64_C(1) << (8 * object->unsigned_size)) - 1;
        event->value = (int64_t)((uint64_t)event->value & mask);
        if (atomic)
            event->argument[2] = (int64_t)((uint64_t)event->argument[2] & mask);
    }
    if (object->shape == SHAPE_float && event->argument[0] == object->key.size)
        event->flags |= RECORD_FLOAT;
    bool address = object->shape == SHAPE_address && event->argument[0] == sizeof(void *);
    if (object->shape == SHAPE_unknown && event->argument[0] == sizeof(void *) && event->kind == EVENT_GOT)
        address = name_is_address(c, c->tasks[id].process, event->value) ||
                  (atomic && name_is_address(c, c->tasks[id].process, event->argument[2]));
    if (!address)
        return;
    event->flags |= RECORD_OPAQUE;
    event->value = event->value != 0;
    if (atomic)
        event->argument[2] = event->argument[2] != 0;
}

static struct event event_of(struct conductor *c, uint32_t id, const struct record *record, enum event_kind kind)
{
    const char *text = record->length > sizeof *record ? (const char *)record_payload(record) : NULL;
    if (text && !memchr(text, 0, record->length - sizeof *record))
        text = NULL;
    struct event event = {.kind = (uint8_t)kind,
                          .outcome = record->outcome,
                          .operation = record->operation,
                          .task = id,
                          .object = name_object(c, id, &record->object, text),
                          .second = name_object(c, id, &record->second, NULL),
                          .error = record->error,
                          .flags = record->flags,
                          .value = record->value,
                          .place = kind == EVENT_GOT ? 0 : name_place(c, c->tasks[id].process, record->pc)};
    memcpy(event.argument, record->argument, sizeof event.argument);
    if (operation_row(record->operation)->family == FAMILY_memory && event.object)
        value_typed(c, id, &event);
    if (text && kind == EVENT_ASKED) {
        char safe[512];
        escape_text(ESCAPE_LABEL, text, strlen(text), safe, sizeof safe);
        event.text = name_string(c, safe);
    }
    if (record->flags & RECORD_DEADLINE) {
        event.argument[3] = record->deadline;
        event.other = 1;
    }
    if (record->object.space == KEY_TASK && record->object.a < GATE_SLOTS)
        event.other = c->slot_task[record->object.a] == RESERVED ? 0 : c->slot_task[record->object.a];
    return event;
}

static void asked(struct conductor *c, uint32_t id, const struct record *record)
{
    struct guest_task *task = &c->tasks[id];
    task->pc = record->pc; /* first: names of locals are found in the frame that asks, not in that of the step before */
    task->frame = record->frame;
    struct event event = event_of(c, id, record, EVENT_ASKED);
    if (task->phase == PHASE_outside)
        conductor_tell(c, &(struct event){.kind = EVENT_OUTSIDE, .task = id, .value = 0});
    task->operation = record->operation;
    task->blocked_space = KEY_NONE;
    if (record->operation == OPERATION_signal_send && record->object.space == KEY_PROCESS)
        event.argument[1] = guest_process_by_pid(c, (int32_t)record->object.a);
    if (record->operation == OPERATION_process_exit)
        conductor_output(c); /* what the exit handlers of a thread that had ended already printed */
    if (record->operation == OPERATION_process_exit)
        c->processes[task->process]->exit_argument = (int32_t)record->argument[0];
    conductor_tell(c, &event);
    if (record->flags & RECORD_PREGRANTED) {
        conductor_tell(c,
                       &(struct event){.kind = EVENT_GRANTED,
                                       .task = id,
                                       .time = c->now,
                                       .argument = {c->grant_cpu, (int64_t)c->grant_enabled, (int64_t)c->grant_index},
                                       .value = GRANT_INTERRUPT});
        return;
    }
    task->phase = PHASE_held;
    if (c->granted == id)
        c->granted = 0;
}

/* A create that failed gives its slot back. */
static void slot_unused(struct conductor *c, uint32_t id)
{
    uint32_t slot = c->gate->slot[c->tasks[id].slot].grant.slot;
    if (slot < GATE_SLOTS && c->slot_task[slot] == RESERVED)
        guest_slot_free(c, slot);
}

/* A wait gave a child that nobody announced: it was made by a system call of the guest's own. */
static void unseen_child(struct conductor *c, uint32_t id, const struct record *record)
{
    uint32_t child = guest_process_add(c, (int32_t)record->value, c->tasks[id].process, false);
    if (child == 0)
        return;
    c->processes[child]->observed = false;
    conductor_mark(c, "a process ran unobserved");
    conductor_tell(c, &(struct event){.kind = EVENT_UNOBSERVED,
                                      .other = child,
                                      .text = name_string(c, "it was made by a system call of its parent's own")});
    c->processes[child]->alive = false;
    c->processes[child]->zombie = true;
    conductor_tell(c, &(struct event){.kind = EVENT_PROCESS_ENDED, .other = child, .value = record->argument[1]});
}

static void got_details(struct conductor *c, uint32_t id, const struct record *record, struct event *event)
{
    switch (record->operation) {
    case OPERATION_process_start:
        event->argument[0] = c->processes[c->tasks[id].process]->forked;
        break;
    case OPERATION_thread_create:
        if (record->outcome != OUTCOME_done)
            slot_unused(c, id);
        else if (event->other && (record->flags & RECORD_DETACHED))
            c->tasks[event->other].detached = true;
        break;
    case OPERATION_process_fork:
    case OPERATION_process_vfork:
    case OPERATION_process_spawn: {
        uint32_t child = record->outcome == OUTCOME_done ? guest_process_by_pid(c, (int32_t)record->object.a) : 0;
        event->value = child;
        event->other = child ? c->processes[child]->main_task : 0;
        if (record->outcome != OUTCOME_done)
            slot_unused(c, id);
        break;
    }
    case OPERATION_thread_join:
    case OPERATION_thread_tryjoin:
    case OPERATION_thread_timedjoin:
    case OPERATION_thread_detach:
        if (record->outcome == OUTCOME_done && event->other) {
            struct guest_task *target = &c->tasks[event->other];
            target->joined = true;
            if (target->phase == PHASE_ended) {
                guest_slot_free(c, target->slot);
                target->slot = GATE_SLOTS;
            }
        }
        break;
    case OPERATION_socket_create:
        if (record->outcome == OUTCOME_done)
            carry_created(c, record->argument[0], record->argument[1]);
        /* fall through */
    case OPERATION_socket_bind:
    case OPERATION_socket_connect:
    case OPERATION_socket_send:
        if (record->outcome == OUTCOME_failed)
            event->argument[1] = carry_ipv6(c, record);
        break;
    case OPERATION_time_timer:
        if (record->outcome == OUTCOME_done)
            timers_set(c, c->tasks[id].process, record);
        break;
    case OPERATION_process_wait:
        if (record->value > 0 && guest_process_by_pid(c, (int32_t)record->value) == 0)
            unseen_child(c, id, record);
        event->value = record->value > 0 ? guest_process_by_pid(c, (int32_t)record->value) : 0;
        break;
    default:
        break;
    }
}

/* A wait gave this child: it is gone now, unless it was only looked at (WNOWAIT) or stopped. */
static void collected(struct conductor *c, uint32_t id, uint32_t child)
{
    if (!c->processes[child]->zombie || kernel_process_state(c, c->processes[child]->pid, NULL, NULL) != KERNEL_gone)
        return;
    c->processes[child]->zombie = false;
    name_forget_process(c, child);
    conductor_tell(c, &(struct event){.kind = EVENT_REAPED, .task = id, .other = child});
}

static void got(struct conductor *c, uint32_t id, const struct record *record)
{
    unsigned flags = operation_row(record->operation)->flags;
    if ((flags & OPERATION_PRINTS) || c->printing)
        output_drain(c);
    struct event event = event_of(c, id, record, EVENT_GOT);
    got_details(c, id, record, &event);
    if (operation_row(record->operation)->family == FAMILY_socket)
        carry_names(c);
    conductor_tell(c, &event);
    if (record->outcome == OUTCOME_done && c->hosts_started < c->options.host_count)
        c->operation_done = record->operation;
    if (record->operation == OPERATION_process_wait && event.value > 0)
        collected(c, id, (uint32_t)event.value);
    if (flags & OPERATION_READINESS)
        c->readiness = true;
    c->sigio |=
        record->operation == OPERATION_signal_action && record->argument[0] == SIGIO && record->argument[1] == 2;
    if ((flags & OPERATION_PRINTS) || c->printing)
        conductor_output(c);
    name_watch(c, c->tasks[id].process);
    if (record->operation == OPERATION_signal_send && record->outcome == OUTCOME_done && c->granted == id) {
        c->signal_sent = (int)record->argument[0];
        c->signal_sender = c->tasks[id].process;
        c->signal_target = record->object.space == KEY_PROCESS ? guest_process_by_pid(c, (int32_t)record->object.a) : 0;
    }
}

static void blocked(struct conductor *c, uint32_t id, const struct record *record)
{
    struct event event = event_of(c, id, record, EVENT_BLOCKED);
    struct guest_task *task = &c->tasks[id];
    task->blocked_space = record->object.space;
    task->blocked_kind = record->object.kind;
    task->blocked_a = record->object.a;
    task->phase = PHASE_held;
    if (c->granted == id)
        c->granted = 0;
    event.outcome = OUTCOME_blocked;
    if (operation_row(record->operation)->family == FAMILY_socket)
        carry_names(c);
    conductor_tell(c, &event);
    if (operation_row(record->operation)->flags & OPERATION_READINESS)
        c->readiness = true; /* a write may have given a part before it had to wait */
    if (c->printing)
        conductor_output(c);
    name_watch(c, task->process);
}

/* A spawned child that the shim cannot enter: it never says hello, and its slot is free again. */
static void spawned_unobserved(struct conductor *c, uint32_t parent, const struct record *record, const char *why)
{
    uint32_t slot = (uint64_t)record->argument[0] < GATE_SLOTS ? (uint32_t)record->argument[0] : GATE_SLOTS;
    if (guest_process_by_pid(c, (int32_t)record->argument[1]))
        return;
    if (slot < GATE_SLOTS && c->slot_task[slot] == RESERVED)
        guest_slot_free(c, slot);
    uint32_t child = guest_process_add(c, (int32_t)record->argument[1], parent, false);
    if (child == 0)
        return;
    c->processes[child]->observed = false;
    conductor_tell(c, &(struct event){.kind = EVENT_UNOBSERVED, .other = child, .text = name_string(c, why)});
    conductor_mark(c, "a process ran unobserved");
}

/* Facts without a step: so far only that an exec or a spawned child gets out of the shim's sight. */
static void note(struct conductor *c, uint32_t id, const struct record *record)
{
    if (record->operation != OPERATION_process_exec && record->operation != OPERATION_process_spawn)
        return;
    size_t length = record->length - sizeof *record;
    char safe[sizeof c->escape_reason];
    escape_text(ESCAPE_LABEL, (const char *)record_payload(record),
                strnlen((const char *)record_payload(record), length), safe, sizeof safe);
    if (record->operation == OPERATION_process_spawn) {
        spawned_unobserved(c, c->tasks[id].process, record, safe);
        return;
    }
    memcpy(c->escape_reason, safe, sizeof safe);
    c->escape_slot = record->slot;
}

/* A stopped process was continued by the task that has the CPU, and speaks before that one has told what it did: its
 * words are kept until then, so that their order does not depend on who writes first. */
static bool record_defer(struct conductor *c, uint32_t id, const struct record *record)
{
    if (c->tasks[id].phase != PHASE_outside || !c->processes[c->tasks[id].process]->stopped)
        return false;
    if (c->deferred_length + record->length > sizeof c->deferred)
        return false;
    memcpy(c->deferred + c->deferred_length, record, record->length);
    c->deferred_length += record->length;
    return true;
}

void records_deferred(struct conductor *c)
{
    unsigned char kept[sizeof c->deferred];
    size_t length = c->deferred_length;
    memcpy(kept, c->deferred, length);
    c->deferred_length = 0;
    for (size_t at = 0; at < length;) {
        struct record whole[RECORD_MAX / sizeof(struct record) + 1];
        int size = record_check(kept + at, length - at);
        if (size <= 0)
            return;
        memcpy(whole, kept + at, (size_t)size);
        record_handle(c, whole);
        at += (size_t)size;
    }
}

void record_handle(struct conductor *c, const struct record *record)
{
    uint32_t id = speaker_of(c, record);
    if (id == 0 || id > c->task_count || c->tasks[id].phase == PHASE_ended)
        return;
    if (record->sequence <= c->tasks[id].sequence)
        return; /* read from the slot already */
    if (record_defer(c, id, record))
        return;
    sequence_check(c, id, record);
    c->records++;
    c->speaker = id;
    switch (record->kind) {
    case RECORD_ASKED:
        asked(c, id, record);
        break;
    case RECORD_GOT:
        got(c, id, record);
        break;
    case RECORD_BLOCKED:
        blocked(c, id, record);
        break;
    case RECORD_PROBED:
        c->probe_answer = record->value != 0;
        c->tasks[id].phase = PHASE_held;
        break;
    case RECORD_NOTE:
        note(c, id, record);
        break;
    default:
        break;
    }
}

/* ---- the pipe ---- */
/* Handles what is in the buffer. A record is taken out before it is handled: handling may look for more. */
static enum status take(struct conductor *c, struct message *message)
{
    while (c->buffered > 0) {
        struct record whole[RECORD_MAX / sizeof(struct record) + 1];
        const unsigned char *at = c->buffer + c->buffer_start;
        int length = record_check(at, c->buffered);
        if (length == 0)
            break;
        if (length < 0) {
            c->buffered = 0;
            return message_set(message, STATUS_INVALID,
                               "the guest wrote to lockstep's own event pipe: its records cannot be read any more; "
                               "does it write to descriptors that it did not open?");
        }
        memcpy(whole, at, (size_t)length);
        c->buffer_start += (size_t)length;
        c->buffered -= (size_t)length;
        record_handle(c, whole);
    }
    return STATUS_OK;
}

enum status records_watch(struct conductor *c, struct message *message)
{
    const int watched[] = {c->channel, contain_output(c->contain), contain_error(c->contain)};
    c->watcher = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < 3 && c->watcher >= 0; i++) {
        struct epoll_event wanted = {.events = EPOLLIN, .data.fd = watched[i]};
        if (epoll_ctl(c->watcher, EPOLL_CTL_ADD, watched[i], &wanted) != 0)
            return message_set(message, STATUS_ENVIRONMENT, "cannot watch the guest's streams: %s", strerror(errno));
    }
    return c->watcher >= 0
               ? STATUS_OK
               : message_set(message, STATUS_ENVIRONMENT, "cannot watch the guest's streams: %s", strerror(errno));
}

enum status records_read(struct conductor *c, int timeout_ms, struct message *message)
{
    struct epoll_event ready[3];
    int count = epoll_wait(c->watcher, ready, 3, timeout_ms);
    if (count <= 0)
        return count < 0 && errno != EINTR ? STATUS_IO : STATUS_NOT_FOUND;
    bool told = false;
    for (int i = 0; i < count; i++)
        if (ready[i].data.fd == c->channel)
            told = true;
        else if (ready[i].events & EPOLLIN)
            c->printing = true;
    if (!told) {
        output_drain(c); /* whoever prints more than fits waits for us */
        return STATUS_NOT_FOUND;
    }
    memmove(c->buffer, c->buffer + c->buffer_start, c->buffered);
    c->buffer_start = 0;
    ssize_t got_bytes = read(c->channel, c->buffer + c->buffered, CONDUCTOR_BUFFER - c->buffered);
    if (got_bytes <= 0)
        return STATUS_NOT_FOUND;
    c->buffered += (size_t)got_bytes;
    return take(c, message);
}

void records_peek(struct conductor *c, uint32_t id)
{
    struct guest_task *task = &c->tasks[id];
    if (task->slot >= GATE_SLOTS)
        return;
    struct gate_slot *slot = &c->gate->slot[task->slot];
    unsigned char copy[GATE_PENDING_MAX];
    uint32_t length = atomic_load_explicit(&slot->pending_length, memory_order_acquire);
    if (length == 0 || length > GATE_PENDING_MAX)
        return;
    memcpy(copy, slot->pending, length);
    for (uint32_t at = 0; at < length;) {
        struct record whole[RECORD_MAX / sizeof(struct record) + 1];
        int size = record_check(copy + at, length - at);
        if (size <= 0)
            return;
        memcpy(whole, copy + at, (size_t)size);
        if (whole->kind != RECORD_ASKED && whole->kind != RECORD_BLOCKED) /* those are followed by a write */
            record_handle(c, whole);
        else
            return;
        at += (uint32_t)size;
    }
}
