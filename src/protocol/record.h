/* The event record: what a guest's shim tells lockstep over the event pipe. Compiled by both sides.
 *
 * Records are written whole: one write(2) carries one or more complete records, never more than RECORD_WRITE_MAX bytes
 * (<= PIPE_BUF, so the kernel does not interleave them; pipe(7)). Every task counts its records from 1 in `sequence` (the
 * count lives in its slot, so an exec goes on counting); a gap is a loss and is reported as such. A reader trusts nothing: record_check() before any other use. */
#ifndef LOCKSTEP_PROTOCOL_RECORD_H
#define LOCKSTEP_PROTOCOL_RECORD_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_MAGIC 0x314B534Cu /* "LSK1": the version is part of it */
#define RECORD_MAX 512u          /* bytes of the longest record, payload included */
#define RECORD_WRITE_MAX 4096u

enum record_kind {
    RECORD_HELLO = 1, /* a process image is there: after fork (argument[0] = parent's pid) or exec/first start (argument[1] = 1) */
    RECORD_ASKED,     /* the task is held at its gate and wants to do `operation` */
    RECORD_GOT,       /* the operation is over; value, error, outcome */
    RECORD_BLOCKED,   /* the operation was tried and would have to wait for `object`; the task is held again */
    RECORD_PROBED,    /* answer to GRANT_PROBE: value 1 if the blocked operation could go on now, else 0 */
    RECORD_NOTE,      /* a fact without a step (a thread's name, an unobserved thread, an escape); `operation` says whose */
    RECORD_BYE,       /* the image is about to be replaced or to end; value = records sent */
    RECORD_KIND_COUNT
};

/* Where an object lives. Together with a and b it is the object's identity. */
enum key_space {
    KEY_NONE,
    KEY_PRIVATE, /* a = address, in the process that speaks */
    KEY_SHARED,  /* a = offset in, b = device and inode of, the mapped object: the same wherever it is mapped */
    KEY_INODE,   /* a = inode, b = device: what fstat(2) says of a descriptor */
    KEY_TASK,    /* a = gate slot of a task */
    KEY_PROCESS, /* a = process id, as the guest sees it */
    KEY_NUMBER   /* a = a plain number (timer id ...), in the process that speaks */
};

struct record_key {
    uint64_t a, b;
    uint64_t address; /* where the speaker sees it, to find its name; 0 where it is not in memory */
    uint8_t kind;  /* enum object_kind */
    uint8_t space; /* enum key_space */
    uint16_t size; /* bytes of the object in memory where it has such; else 0 */
    int32_t descriptor; /* the descriptor through which a KEY_INODE object was used, else -1 */
};

enum record_flags {
    RECORD_NONBLOCKING = 1, /* the call would not wait (O_NONBLOCK, WNOHANG, zero time-out) */
    RECORD_DEADLINE = 2,    /* `deadline` holds */
    RECORD_HELPER = 4,      /* from a process whose program is a system tool, not the guest's own */
    RECORD_CANCELLED = 8,   /* GOT: the task acts on a cancellation request instead */
    RECORD_WRITE_SIDE = 16, /* of a pipe: the writing end */
    RECORD_PREGRANTED = 32, /* ASKED signal.deliver inside a GRANT_INTERRUPT: the step is granted already */
    RECORD_RETRY = 64,      /* ASKED again after a handler has run: the question of before */
    RECORD_DETACHED = 128,  /* thread.create: detached from birth */
    RECORD_SHORTENED = 2048, /* GOT: only a part was transferred, because that was injected */
    RECORD_PIECE = 1024,    /* memory step: a piece of a larger copy, whose value is not told (a store is told before it is done) */
    /* Set by the conductor, which knows types, in events of memory steps; no shim says them. */
    RECORD_OPAQUE = 256,    /* the value is an address: 0 for NULL, else 1 (which one is never told) */
    RECORD_FLOAT = 512      /* the value is the bits of a float or double (by argument[0], the size) */
};

/* What a socket's step is to reach (argument[1] of socket.bind, connect, send). */
enum record_address {
    RECORD_ADDRESS_plain,     /* none, or not of IPv6 */
    RECORD_ADDRESS_loopback6, /* ::1 */
    RECORD_ADDRESS_other6
};

struct record {
    uint32_t magic;
    uint16_t length; /* of the whole record in bytes: sizeof(struct record) + payload, a multiple of 8 */
    uint8_t kind;    /* enum record_kind */
    uint8_t outcome; /* enum outcome, of GOT */
    uint16_t operation;
    uint16_t slot; /* of the task that speaks, in the gate file */
    uint32_t flags;
    uint32_t sequence; /* per slot, from 1 */
    int32_t pid, tid;  /* as the guest sees them */
    int32_t error;     /* errno-style number, 0 = none */
    uint64_t pc;       /* return address of the call in the guest's code */
    uint64_t frame;    /* frame pointer (of the caller's frame) at the call */
    struct record_key object, second;
    int64_t value; /* the operation's result, as the interface shows it */
    int64_t argument[4];
    int64_t deadline; /* virtual nanoseconds since boot of the virtual clock */
    /* the payload follows: record_payload() */
};

_Static_assert(sizeof(struct record) % 8 == 0, "records are 8-byte aligned in a batch");
_Static_assert(RECORD_MAX <= PIPE_BUF && RECORD_WRITE_MAX <= PIPE_BUF, "written whole");
_Static_assert(sizeof(struct record) <= RECORD_MAX, "fits");

static inline const unsigned char *record_payload(const struct record *record)
{
    return (const unsigned char *)(record + 1);
}

/* Length of the whole and well-formed record at the start of `bytes`; 0 when more bytes are needed; -1 when it is none
 * (wrong magic, length, kind, slot or operation). */
int record_check(const void *bytes, size_t size);

#endif
