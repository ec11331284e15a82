/* The gate file: shared memory between lockstep and all processes of a guest. A header, then one slot per task.
 *
 * A task is held when it waits in FUTEX_WAIT on its slot's `turn` for a value other than the one it has seen. The
 * conductor writes the grant, increments `turn` (release) and wakes the futex. Only the conductor writes `turn` and
 * `grant`, only the slot's task writes the rest. The file is sparse: an unused slot costs nothing. */
#ifndef LOCKSTEP_PROTOCOL_GATE_H
#define LOCKSTEP_PROTOCOL_GATE_H

#include <stdatomic.h>
#include <stdint.h>

#include "protocol/record.h"

#define GATE_VERSION 3u
#define GATE_SLOTS 4096u
#define GATE_PENDING_MAX 2048u
#define GATE_WATCHES 64u

#define GATE_ENVIRONMENT_RUN "LOCKSTEP_RUN"   /* the folder with `events` and `gate` */
#define GATE_ENVIRONMENT_SLOT "LOCKSTEP_SLOT" /* the slot of the image's main task */
#define GATE_FILE "gate"
#define GATE_PIPE "events"

enum gate_mode { GATE_HELD, GATE_LIVE };

/* What a held task is told. */
enum grant_action {
    GRANT_NONE,
    GRANT_PERFORM,  /* do the operation (again, if it was blocked) */
    GRANT_EXPIRED,  /* its deadline has passed: a last try, then time out */
    GRANT_WOKEN,    /* emulated wait: woken; go on */
    GRANT_BLOCK,    /* emulated: report BLOCKED without trying */
    GRANT_RESULT,   /* emulated or refused: the operation's result is `result` (0 or an errno number), do nothing */
    GRANT_INTERRUPT, /* a handler shall run; the blocked operation may end with EINTR */
    GRANT_PROBE,    /* answer PROBED, then wait on */
    GRANT_EINTR     /* injected: the blocked operation ends with EINTR, as if a handler had run */
};

struct gate_grant {
    uint32_t action; /* enum grant_action */
    uint32_t slot;   /* for create, fork, spawn: the newcomer's slot */
    int64_t result;
    int64_t argument; /* enum injection; INJECTION_short_io: transfer only a part */
};

struct gate_slot {
    _Alignas(64) _Atomic uint32_t turn;
    _Atomic uint32_t arrived; /* set to 1 by a newcomer at its first gate; its creator waits for it (futex) */
    struct gate_grant grant;
    /* written by the task before it waits */
    _Alignas(64) uint64_t guest_mask; /* signals that the guest's own mask blocks */
    uint64_t pc, frame, stack;
    int32_t pid, tid;
    uint64_t birth[2];     /* for a newcomer: the routine to run and its argument, written by its creator */
    uint32_t sequence;     /* of the last record of this slot */
    _Atomic uint32_t held;   /* 1 while the task waits at its gate */
    _Atomic uint32_t asleep; /* 1 while it waits in the kernel: only then must it be woken (both sides seq_cst) */
    _Atomic uint32_t cancel; /* the task was asked to end (pthread_cancel) */
    _Atomic uint32_t preempted; /* the preemption signal came while the task was in the C library: yield at the next gate */
    /* Records not yet written to the pipe. `pending_length` is stored (release) after the bytes, so that the conductor
     * can read what a task had to say before it died or while it computes. */
    _Atomic uint32_t pending_length;
    _Alignas(8) unsigned char pending[GATE_PENDING_MAX];
};

struct gate {
    uint32_t magic; /* RECORD_MAGIC */
    uint32_t version;
    uint32_t mode; /* enum gate_mode */
    uint32_t slots;
    uint32_t operations; /* operation_table_number() */
    _Atomic int64_t now; /* virtual nanoseconds since the virtual clock's start */
    int64_t epoch;       /* seconds since 1970 at now = 0 */
    int64_t seed;
    uint64_t terminal_out, terminal_error; /* st_rdev (or inode) of the guest's stdout and stderr, to know printing */
    int32_t preempt_signal;                /* kept out of the guest's masks and waits */
    uint32_t compute_budget;               /* basic blocks after which instrumented code yields */
    uint32_t watch_count; /* watched variables: their accesses are steps even in a process of one task */
    struct {
        uint64_t address, size;
    } watch[GATE_WATCHES];
    uint32_t hosts_at_loopback; /* there is no wire: 10.0.0.1 and 10.0.0.2 are 127.0.0.1 and 127.0.0.2 */
    _Atomic uint32_t next_port; /* for sockets whose port the system would choose; 0: it may */
    _Alignas(4096) struct gate_slot slot[GATE_SLOTS];
};

#define GATE_SIZE sizeof(struct gate)

#endif
