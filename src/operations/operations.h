/* The table of operations, expanded. No code but look-ups into constant tables; compiled into the shim as well. */
#ifndef LOCKSTEP_OPERATIONS_OPERATIONS_H
#define LOCKSTEP_OPERATIONS_OPERATIONS_H

#include <stddef.h>
#include <stdint.h>

enum operation {
    OPERATION_none,
#define OPERATION(id, name, family, object, flags, en, zh) OPERATION_##id,
#include "operations/operations.def"
#undef OPERATION
    OPERATION_COUNT
};

enum object_kind {
#define OBJECT(id, en, zh) OBJECT_##id,
#include "operations/objects.def"
#undef OBJECT
    OBJECT_COUNT
};

enum operation_family {
    FAMILY_none,
    FAMILY_thread,
    FAMILY_once,
    FAMILY_mutex,
    FAMILY_spin,
    FAMILY_rwlock,
    FAMILY_cond,
    FAMILY_semaphore,
    FAMILY_barrier,
    FAMILY_process,
    FAMILY_signal,
    FAMILY_pipe,
    FAMILY_file,
    FAMILY_socket,
    FAMILY_io,
    FAMILY_time,
    FAMILY_coroutine,
    FAMILY_memory,
    FAMILY_COUNT
};

enum operation_flags {
    OPERATION_BLOCKS = 1,
    OPERATION_CANCELS = 2,
    OPERATION_ACQUIRES = 4,
    OPERATION_RELEASES = 8,
    OPERATION_READINESS = 16,
    OPERATION_PRINTS = 32,
    OPERATION_EMULATED = 64,
    OPERATION_INTERRUPTS = 128
};

/* What lockstep makes go wrong, on demand. */
enum injection {
    INJECTION_none,
#define INJECTION(id, name, en, zh) INJECTION_##id,
#include "operations/injections.def"
#undef INJECTION
    INJECTION_COUNT
};

/* How a step ended. */
enum outcome { OUTCOME_done, OUTCOME_blocked, OUTCOME_failed, OUTCOME_timed_out, OUTCOME_interrupted, OUTCOME_preempted, OUTCOME_COUNT };

struct operation_row {
    const char *name; /* "mutex.lock" */
    const char *en;   /* what it does, one line */
    const char *zh;
    uint16_t flags; /* enum operation_flags */
    uint8_t family;
    uint8_t object; /* enum object_kind */
};

/* The row of an operation; for a number out of range the row of OPERATION_none, whose name is "none". */
const struct operation_row *operation_row(unsigned operation);

/* A number that differs when the tables differ: a shim of another build must not be believed. */
uint32_t operation_table_number(void);

/* The operation of this name ("mutex.lock"), OPERATION_none if there is none. */
enum operation operation_by_name(const char *name);

/* "spurious-wakeup", ...; "none" for INJECTION_none and numbers out of range. What it is, in one line. */
const char *injection_name(unsigned injection);
const char *injection_text(unsigned injection, int chinese);
/* The injection of this name, which ends after `length` bytes; INJECTION_none if there is none. */
enum injection injection_by_name(const char *name, size_t length);

/* "done", "blocked", "failed", "timed-out", "interrupted", "preempted". */
const char *outcome_name(unsigned outcome);

/* The word for an object's kind: "mutex" / "互斥锁". */
const char *object_word(unsigned kind, int chinese);

#endif
