/* The gate: a task announces what it wants, waits for its grant, tells how it went. Knows no operation and no rule of
 * scheduling. Async-signal-safe throughout; a handler of the guest may run inside gate_hold() and take steps itself. */
#include "shim/shim.h"

#include "shim/memory.h"
#include "shim/signal.h"
#include "shim/timer.h"

#include <limits.h>
#include <linux/futex.h>
#include <string.h>

__thread struct shim_thread shim_self;

static __thread char next_text[RECORD_MAX - sizeof(struct record)];
static __thread uint32_t next_text_length;

/* Signals that a fault raises at the spot; holding them back would hang or kill the task. */
#define SYNCHRONOUS                                                                                                    \
    (UINT64_C(1) << (SIGSEGV - 1) | UINT64_C(1) << (SIGBUS - 1) | UINT64_C(1) << (SIGFPE - 1) |                        \
     UINT64_C(1) << (SIGILL - 1) | UINT64_C(1) << (SIGTRAP - 1) | UINT64_C(1) << (SIGABRT - 1) |                       \
     UINT64_C(1) << (33 - 1))

/* A store's record whose value is not known yet, in the slot's pending bytes. */
static __thread struct {
    const volatile void *address;
    uint64_t size;
    uint32_t offset;
} unpatched __attribute__((tls_model("initial-exec")));

void shim_patch_later(const volatile void *address, uint64_t size)
{
    unpatched.address = address;
    unpatched.size = size;
    unpatched.offset = shim_self.slot->pending_length - (uint32_t)sizeof(struct record);
}

static void patch(struct gate_slot *slot)
{
    if (!unpatched.address)
        return;
    struct record *record = (struct record *)(void *)(slot->pending + unpatched.offset);
    if (unpatched.offset + sizeof *record <= slot->pending_length)
        record->value = shim_memory_value(unpatched.address, unpatched.size);
    unpatched.address = NULL;
}

static long futex_wait(_Atomic uint32_t *word, uint32_t seen, const struct timespec *timeout)
{
    return SYSTEM(SYS_futex, word, FUTEX_WAIT, seen, timeout, 0, 0);
}

static void futex_wake(_Atomic uint32_t *word)
{
    SYSTEM(SYS_futex, word, FUTEX_WAKE, INT_MAX, 0, 0, 0);
}

static uint64_t doors(void)
{
    uint64_t cancel = shim_cancel_is_asynchronous() ? UINT64_C(1) << (32 - 1) : 0; /* glibc's SIGCANCEL */
    return (shim_process.handled & ~SYNCHRONOUS) | cancel;
}

void shim_record_init(struct record *record, enum record_kind kind, enum operation operation)
{
    *record = (struct record){.magic = RECORD_MAGIC,
                              .length = (uint16_t)sizeof *record,
                              .kind = (uint8_t)kind,
                              .operation = (uint16_t)operation,
                              .slot = (uint16_t)shim_self.index,
                              .flags = shim_process.helper ? RECORD_HELPER : 0,
                              .pid = shim_process.pid,
                              .tid = shim_self.tid};
    record->object.descriptor = record->second.descriptor = -1;
}

void shim_flush(void)
{
    struct gate_slot *slot = shim_self.slot;
    uint32_t length = slot ? slot->pending_length : 0;
    if (length == 0)
        return;
    patch(slot);
    for (;;) {
        if (shim_process.channel < 0 && !shim_channel_open())
            break; /* nobody listens any more: the leash will end us */
        long written = SYSTEM(SYS_write, shim_process.channel, slot->pending, length);
        if (written == (long)length)
            break;
        if (written == -EINTR || written == -EAGAIN)
            continue;
        shim_process.channel = -1; /* closed behind our back: by the path again */
    }
    atomic_store_explicit(&slot->pending_length, 0, memory_order_release);
}

void shim_append(const struct record *record, const void *payload, size_t length)
{
    struct gate_slot *slot = shim_self.slot;
    if (!slot)
        return;
    patch(slot);
    size_t whole = sizeof *record + ((length + 7) & ~(size_t)7);
    if (whole > RECORD_MAX) {
        length = RECORD_MAX - sizeof *record;
        whole = RECORD_MAX;
    }
    if (slot->pending_length + whole > GATE_PENDING_MAX)
        shim_flush();
    unsigned char *at = slot->pending + slot->pending_length;
    memcpy(at, record, sizeof *record);
    struct record *copy = (struct record *)(void *)at;
    copy->length = (uint16_t)whole;
    copy->sequence = ++slot->sequence;
    memset(at + sizeof *record, 0, whole - sizeof *record);
    if (length > 0)
        memcpy(at + sizeof *record, payload, length);
    atomic_store_explicit(&slot->pending_length, slot->pending_length + (uint32_t)whole, memory_order_release);
}

void shim_note(enum operation operation, int64_t value, const char *text)
{
    struct record note;
    shim_record_init(&note, RECORD_NOTE, operation);
    note.value = value;
    shim_append(&note, text, text ? strlen(text) + 1 : 0);
}

bool step_begin_at(struct step *step, enum operation operation, void *pc, void *frame)
{
    struct shim_thread *self = &shim_self;
    if (!self->slot || self->busy || self->ended || shim_process.live || !*shim_alive)
        return false;
    self->busy++;
    step->saved_errno = errno;
    step->ready = NULL;
    step->context = NULL;
    step->wait_mask = NULL;
    step->interrupted = step->restarts = step->shortens = false;
    step->masked = doors() != 0;
    if (step->masked) {
        uint64_t set = doors();
        system_mask(SIG_BLOCK, &set, &step->old_mask);
        self->slot->guest_mask = step->old_mask;
    }
    shim_record_init(&step->record, RECORD_ASKED, operation);
    step->record.pc = (uint64_t)(uintptr_t)pc;
    step->record.frame = *(uint64_t *)frame;
    self->slot->pc = step->record.pc;
    self->slot->frame = step->record.frame;
    self->slot->stack = (uint64_t)(uintptr_t)frame;
    next_text_length = 0;
    return true;
}

void step_text(const char *text)
{
    size_t length = strlen(text) + 1;
    if (length > sizeof next_text)
        length = sizeof next_text;
    memcpy(next_text, text, length);
    next_text[length - 1] = 0;
    next_text_length = (uint32_t)length;
}

void step_deadline(struct step *step, int64_t virtual_ns)
{
    step->record.flags |= RECORD_DEADLINE;
    step->record.deadline = virtual_ns;
}

/* The granted task lets its handlers run: each is a step (shim/signal.c tells it). Then it asks its question again. */
static void let_handlers_run(struct step *step)
{
    struct shim_thread *self = &shim_self;
    char text[sizeof next_text];
    uint32_t text_length = next_text_length;
    memcpy(text, next_text, text_length); /* a handler's steps have texts of their own */
    signal_mask_take(step);
    uint64_t set = doors();
    uint64_t open = step->wait_mask ? *step->wait_mask : step->old_mask;
    self->pregranted = true;
    self->handler_ran = false;
    self->handler_restarts = true;
    system_mask(SIG_SETMASK, &open, NULL);
    system_mask(SIG_BLOCK, &set, NULL);
    if (step->wait_mask)
        system_mask(SIG_SETMASK, &step->old_mask, NULL), system_mask(SIG_BLOCK, &set, NULL);
    self->pregranted = false;
    memcpy(next_text, text, text_length);
    next_text_length = text_length;
    if (self->handler_ran) {
        step->interrupted = true;
        step->restarts = self->handler_restarts;
    }
}

static enum grant_action gate_hold(struct step *step)
{
    struct shim_thread *self = &shim_self;
    struct gate_slot *slot = self->slot;
    for (;;) {
        atomic_store_explicit(&slot->held, 1, memory_order_release);
        shim_flush();
        uint32_t turn;
        while ((turn = atomic_load(&slot->turn)) == self->turn) {
            atomic_store(&slot->asleep, 1);
            futex_wait(&slot->turn, turn, NULL);
        }
        atomic_store_explicit(&slot->asleep, 0, memory_order_relaxed);
        self->turn = turn;
        atomic_store_explicit(&slot->held, 0, memory_order_relaxed);
        struct gate_grant grant = slot->grant;
        if (grant.action == GRANT_PROBE) {
            if (time_now() >= atomic_load_explicit(&timer_next, memory_order_acquire))
                timer_fire();
            struct record answer;
            shim_record_init(&answer, RECORD_PROBED, step->record.operation);
            answer.value = step->ready ? step->ready(step) : 1;
            shim_append(&answer, NULL, 0);
            continue;
        }
        if (grant.action == GRANT_INTERRUPT) {
            let_handlers_run(step);
            struct record again = step->record;
            again.flags |= RECORD_RETRY;
            shim_append(&again, next_text, next_text_length);
            continue;
        }
        if (grant.action == GRANT_EINTR) {
            step->interrupted = true;
            step->restarts = false;
            grant.action = GRANT_PERFORM;
        }
        step->shortens = step->shortens || grant.argument == INJECTION_short_io;
        step->grant_result = grant.result;
        step->grant_slot = grant.slot;
        return (enum grant_action)grant.action;
    }
}

enum grant_action step_ask(struct step *step)
{
    shim_append(&step->record, next_text, next_text_length);
    return gate_hold(step);
}

enum grant_action step_block(struct step *step, const struct record_key *key)
{
    struct record blocked = step->record;
    blocked.kind = RECORD_BLOCKED;
    blocked.outcome = OUTCOME_blocked;
    if (key)
        blocked.object = *key;
    shim_append(&blocked, NULL, 0);
    return gate_hold(step);
}

static void step_end(struct step *step)
{
    shim_self.busy--;
    if (step->masked)
        system_mask(SIG_SETMASK, &step->old_mask, NULL);
    else if (signal_deferred)
        signal_deferred_open();
    errno = step->saved_errno;
}

void step_got(struct step *step, enum outcome outcome, int64_t value, int error)
{
    step->record.kind = RECORD_GOT;
    step->record.outcome = (uint8_t)outcome;
    step->record.value = value;
    step->record.error = error;
    shim_append(&step->record, NULL, 0);
    step_end(step);
}

void step_result(struct step *step, int64_t value, int error)
{
    enum outcome outcome = error == 0           ? OUTCOME_done
                           : error == ETIMEDOUT ? OUTCOME_timed_out
                           : error == EINTR     ? OUTCOME_interrupted
                                                : OUTCOME_failed;
    step_got(step, outcome, value, error);
}

void step_open(struct step *step)
{
    step_end(step);
}

void step_close(struct step *step, int64_t value, int error)
{
    if (!shim_self.slot || shim_self.ended)
        return;
    shim_self.busy++;
    step->masked = false;
    step->saved_errno = errno;
    step_result(step, value, error);
}

void step_drop(struct step *step)
{
    step_end(step);
}

void shim_task_start(uint32_t index, enum operation start)
{
    struct shim_thread *self = &shim_self;
    struct gate_slot *slot = &shim_process.gate->slot[index];
    self->slot = slot;
    self->index = index;
    self->tid = (int32_t)SYSTEM(SYS_gettid, 0);
    self->turn = atomic_load_explicit(&slot->turn, memory_order_acquire);
    self->busy = 0;
    self->ended = false;
    slot->pid = shim_process.pid;
    slot->tid = self->tid;
    if (shim_process.live)
        return;
    struct step step;
    void *frame = __builtin_frame_address(0);
    step_begin_at(&step, start, __builtin_return_address(0), frame);
    step.record.pc = 0;
    step.record.argument[0] = (int64_t)slot->birth[0];
    shim_append(&step.record, NULL, 0);
    shim_flush();
    atomic_store_explicit(&slot->arrived, 1, memory_order_release);
    futex_wake(&slot->arrived);
    gate_hold(&step);
    step_got(&step, OUTCOME_done, 0, 0);
}

void shim_wait_arrival(uint32_t index, bool (*alive)(const void *), const void *context)
{
    struct gate_slot *slot = &shim_process.gate->slot[index];
    static const struct timespec moment = {.tv_nsec = 20000000};
    atomic_store(&shim_self.slot->asleep, 1); /* on purpose: lockstep need not look for us */
    while (atomic_load_explicit(&slot->arrived, memory_order_acquire) == 0) {
        futex_wait(&slot->arrived, 0, &moment);
        if (alive && !alive(context))
            break;
    }
    atomic_store(&shim_self.slot->asleep, 0);
}
