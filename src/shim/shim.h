/* The shim's own header: what its files share. Nothing here is for anybody else.
 *
 * Rules of the house (RELIABILITY.md section 3): no malloc, no stdio, no lock held over a wait, errno kept, no
 * cancellation point of libc, raw system calls for everything that is ours. A wrapper is:
 *
 *     struct step step;
 *     if (!step_begin(&step, OPERATION_x, ...)) return REAL(x)(...);     not observed: just the call
 *     fill step.record.object and arguments
 *     for (grant = step_ask(&step);; grant = step_block(&step, &key)) { try; if it would not block, break; }
 *     step_got(&step, outcome, value, error);                            and return what the real call returned
 */
#ifndef LOCKSTEP_SHIM_SHIM_H
#define LOCKSTEP_SHIM_SHIM_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <threads.h>
#include <time.h>

#include "operations/operations.h"
#include "protocol/gate.h"
#include "protocol/record.h"
#include "shim/calls.h"
#include "shim/system.h"

#define SHIM_EXPORT __attribute__((visibility("default")))
#define SHIM_LIKELY(x) __builtin_expect(!!(x), 1)

/* ---- the process ---- */
struct shim_process {
    struct gate *gate;    /* NULL: this process is not observed */
    int channel;          /* descriptor of the event pipe, -1: to be opened */
    int32_t pid;
    bool live;            /* nothing is held */
    bool helper;          /* a system tool, not the guest's own program */
    uint64_t handled;     /* signals that have a guest handler: blocked while a task is in the shim */
    uint32_t tasks_ever;  /* more than one: its memory can be noticed by others */
    char run[256];        /* the run's folder */
    char preload[512];    /* LD_PRELOAD for children */
};
extern struct shim_process shim_process;

/* One page that the kernel wipes in a forked child: 0 means that this process was made behind our back. */
extern volatile uint32_t *shim_alive;

/* ---- the thread ---- */
struct shim_thread {
    struct gate_slot *slot; /* NULL: not observed */
    uint32_t index;
    uint32_t turn;          /* last turn consumed */
    int32_t tid;
    uint32_t busy;          /* in the shim: calls pass through */
    bool ended;             /* its thread.exit is over; only the process's end is still told */
    bool pregranted;        /* handlers that run now are the granted step itself */
    bool handler_ran, handler_restarts;
    uint8_t exit_round;
};
extern __thread struct shim_thread shim_self __attribute__((tls_model("initial-exec")));

/* ---- a step ---- */
struct step {
    struct record record;         /* the ASKED record */
    bool (*ready)(struct step *); /* for GRANT_PROBE: could the blocked operation go on? NULL: always */
    const void *context;          /* for `ready` */
    const uint64_t *wait_mask;    /* sigsuspend, ppoll: the mask while waiting */
    uint64_t old_mask;
    bool masked;
    bool interrupted; /* a handler has run while this operation was blocked */
    bool restarts;    /* it was installed with SA_RESTART */
    bool shortens;    /* injected: transfers only a part */
    int saved_errno;
    int64_t grant_result;
    uint32_t grant_slot;
};

/* Is this thread's call a step? If so fills `step` (operation, place of the caller) and closes the door to handlers.
 * `pc`: return address of the wrapper; `frame`: frame pointer of the wrapper's own frame. */
bool step_begin_at(struct step *step, enum operation operation, void *pc, void *frame);
#define step_begin(step, operation)                                                                                    \
    step_begin_at(step, operation, __builtin_return_address(0), __builtin_frame_address(0))

/* Announces the operation and waits at the gate. Returns the grant's action: PERFORM, EXPIRED, WOKEN, BLOCK or RESULT. */
enum grant_action step_ask(struct step *step);
/* Reports that the operation would have to wait for `key` and waits at the gate again. */
enum grant_action step_block(struct step *step, const struct record_key *key);
/* The operation is over. Opens the door to handlers (they run now, as steps of their own) and restores errno to what it
 * was at step_begin; a wrapper that must set errno does so afterwards. */
void step_got(struct step *step, enum outcome outcome, int64_t value, int error);
/* step_got() with the outcome that an error number means: 0 done, ETIMEDOUT timed out, EINTR interrupted, else failed. */
void step_result(struct step *step, int64_t value, int error);
/* A blocked, interruptible operation must end with EINTR now (signal(7)). */
static inline bool step_must_end(const struct step *step)
{
    return step->interrupted && !step->restarts;
}
/* The step is granted and goes on while guest code runs that takes steps of its own (an initialiser, a handler); then it
 * is over, with this result. */
void step_open(struct step *step);
void step_close(struct step *step, int64_t value, int error);
/* Gives up a step that was begun but not asked for: the call passes through. */
void step_drop(struct step *step);
/* Copies text (a path, a name) into the ASKED record's payload buffer of the next step_ask. */
void step_text(const char *text);
/* Fills argument[3] and deadline from a virtual time. */
void step_deadline(struct step *step, int64_t virtual_ns);

/* A fact without a step. */
void shim_note(enum operation operation, int64_t value, const char *text);
/* Writes what the task has not yet told. */
void shim_flush(void);
void shim_append(const struct record *record, const void *payload, size_t length);
void shim_record_init(struct record *record, enum record_kind kind, enum operation operation);

/* ---- newcomers ---- */
/* In a new thread or process: takes the slot, says hello where it is a process, waits for the first grant. */
void shim_task_start(uint32_t slot, enum operation start);
void shim_hello(int32_t parent, bool image);
/* In the creator: waits until the newcomer is at its first gate (or `alive` says that it never will be). */
void shim_wait_arrival(uint32_t slot, bool (*alive)(const void *), const void *context);
void shim_thread_register(pthread_t thread, uint32_t slot);
void shim_thread_forget(pthread_t thread);
/* Slot of a thread of this process; GATE_SLOTS if unknown. */
uint32_t shim_thread_slot(pthread_t thread);
void shim_threads_after_fork(void);
void shim_thread_key_create(void);

/* ---- keys ---- */
struct record_key key_of_address(enum object_kind kind, const volatile void *address, size_t size);
struct record_key key_of_slot(uint32_t slot);
struct record_key key_of_process(int64_t pid);

/* Replaces a private address by the object's place in the shared mapping that holds it, if one does. */
void shim_shared_key(struct record_key *key);
/* Learns the shared mapping that holds this address, if it is in one (after mmap, shmat, sem_open). */
void shim_shared_discover(const volatile void *address);

/* Takes a mutex without waiting; EBUSY: would have to wait. Keeps the answers that trylock loses (EDEADLK). */
int shim_mutex_try(pthread_mutex_t *mutex);

/* ---- cancellation (pthread_cancel(3)) ---- */
/* Marks that a thread was asked to end. */
void shim_cancel_mark(uint32_t slot);
/* This thread was asked to end and may be ended now. */
bool shim_cancel_requested(void);
bool shim_cancel_is_asynchronous(void);
/* At a cancellation point, after the grant: tells it and does not return if the thread is to end. */
void step_cancellation(struct step *step);

/* ---- processes ---- */
void shim_process_start(void); /* what a process image registers once: its end */

/* ---- virtual time ---- */
#define SHIM_MONOTONIC_BASE INT64_C(1000000000000) /* the monotonic clock starts at 1,000 s */
int64_t time_now(void); /* virtual nanoseconds */
/* The virtual time of an absolute deadline on a clock; a malformed one gives INT64_MIN. */
int64_t time_of_deadline(clockid_t clock, const struct timespec *deadline);

/* ---- start ---- */
void shim_bind(void);
bool shim_channel_open(void);
/* Raises the soft limit of descriptors by `room`, as far as it goes, for a descriptor of ours; then puts it back. */
void shim_limit_raise(struct rlimit *before, rlim_t room);
void shim_limit_restore(const struct rlimit *before);

#endif
