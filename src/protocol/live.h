/* Live mode's channel: nothing is held, so each task writes what it did into a ring of its own in shared memory, and a
 * byte or two on the event pipe (a record that nobody owns) only rings the bell. One task writes a ring, lockstep reads
 * it; a full ring makes the task wait until lockstep has read, so nothing is ever dropped.
 *
 * A record is complete when its `sequence` says so: the writer reserves index i, fills record i % LIVE_RING, and stores
 * sequence = i + 1 last (release). So a gap cannot hide, a SIGKILL costs at most the record that was being written, and
 * a signal handler may write in the midst of another record.
 *
 * Order. What lets others go on (unlock, post, signal ...) is stamped and written before the real call; what had to wait
 * for others (lock, wait, join ...) is stamped after it. So whoever was let go by somebody has a later stamp, and its
 * record is written after the other's: the records of all rings whose stamp is not later than the moment at which
 * lockstep began to look, in the order of their stamps, are an order in which it can have happened. */
#ifndef LOCKSTEP_PROTOCOL_LIVE_H
#define LOCKSTEP_PROTOCOL_LIVE_H

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#define LIVE_MAGIC 0x324C534Cu /* "LSL2" */
#define LIVE_FILE "rings"      /* in the run's folder */
#define LIVE_RINGS 2048u       /* threads at once */
#define LIVE_RING 4096u        /* records of a ring: a power of two below 2^31 */
#define LIVE_BELL 2048u        /* a sleeping reader is woken after so many records of a task */
#define LIVE_BELL_SLOT 4095u   /* the gate slot in whose name the bell is rung: never anybody's in live mode */

enum live_kind {
    LIVE_NONE,
    LIVE_IMAGE, /* a program begins: object = pthread_self, value = pid, argument = parent's pid, pc = a place in its stack */
    LIVE_CHILD,   /* a forked child begins: the same */
    LIVE_THREAD,  /* a thread begins: object = pthread_self, second = its creator's pthread_self, value = tid, pc = pid,
                    argument = a place in its stack */
    LIVE_DONE,    /* a whole operation: asked and over */
    LIVE_BEGIN,   /* an operation has begun that may take long; LIVE_GOT follows */
    LIVE_BLOCKED, /* an operation would have to wait (its try form said so) and waits now; LIVE_GOT follows */
    LIVE_GOT,     /* the operation that began or blocked is over */
    LIVE_EXIT,    /* the task is about to end: operation thread.exit or process.exit, argument = status */
    LIVE_MORE, /* before a record: object = `b` of its object's key, second = `b` of its second's, argument: its second
                    argument */
    LIVE_KIND_COUNT
};

/* 64 bytes. What a field means beyond this is as in struct record. */
struct live_record {
    uint64_t time;             /* live_clock() */
    _Atomic uint32_t sequence; /* index + 1 once the record is complete */
    uint16_t operation;
    uint8_t kind; /* enum live_kind */
    uint8_t object_kind;
    uint64_t object, second; /* `a` of the keys; of a task: its pthread_t */
    uint64_t pc;
    int64_t value, argument;
    uint32_t frame; /* the frame pointer / 8, its lower 32 bits; the task's stack tells the rest */
    int16_t error;
    uint8_t space; /* enum key_space of the object; of the second in the upper four bits */
    uint8_t flags; /* the lower eight bits of enum record_flags */
};
_Static_assert(sizeof(struct live_record) == 64, "one cache line");

struct live_ring {
    _Alignas(64) _Atomic uint64_t tail; /* written by lockstep: what is before it has been read */
    _Atomic uint32_t greeted;           /* by lockstep: it has looked at a new image's memory map (futex) */
    _Alignas(64) uint64_t next;         /* where the next owner goes on */
    _Atomic int32_t pid;                /* the owner's process, as the guest sees it; 0: free */
    _Atomic uint32_t full;              /* the owner waits for room (futex on the lower half of tail) */
    uint64_t birth[3];                  /* for a new thread: routine, argument, creator */
};

struct live_rings {
    uint32_t magic;
    uint32_t ticks;              /* enum live_ticks */
    _Atomic uint32_t high;       /* rings below it have been used */
    _Atomic uint32_t asleep;     /* lockstep sleeps: the bell will be heard */
    _Atomic uint64_t unobserved; /* threads that found no ring */
    _Alignas(64) _Atomic uint64_t taken[LIVE_RINGS / 64];
    struct live_ring ring[LIVE_RINGS];
    _Alignas(4096) struct live_record record[LIVE_RINGS][LIVE_RING];
};

enum live_ticks { LIVE_TICKS_COUNTER, LIVE_TICKS_NANOSECONDS };

#define LIVE_NOT_CHEAP 0

/* The moment, in ticks since some start, the same for all processors; not later than what the caller does next.
 * LIVE_NOT_CHEAP: there is no cheaper way than live_clock(). */
static inline uint64_t live_clock_before(uint32_t ticks)
{
#if defined(__x86_64__)
    if (__builtin_expect(ticks == LIVE_TICKS_COUNTER, 1)) {
        uint32_t low, high;
        __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
        return (uint64_t)high << 32 | low;
    }
#endif
    (void)ticks;
    return LIVE_NOT_CHEAP;
}

/* The same, later than all that the caller has done so far. */
static inline uint64_t live_clock(uint32_t ticks)
{
    if (__builtin_expect(ticks == LIVE_TICKS_COUNTER, 1)) {
#if defined(__x86_64__)
        /* rdtsc must not run ahead of the atomic operation that took the lock (Intel SDM, RDTSC). */
        __asm__ volatile("lfence" : : : "memory");
        return live_clock_before(ticks);
#elif defined(__aarch64__)
        uint64_t count;
        __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(count) : : "memory");
        return count;
#endif
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now); /* vDSO; async-signal-safe */
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif
