/* What the parts of live mode share: live.c reads rings and looks at the kernel, live_events.c makes events of records, with
 * the words of live_say.c and the names of live_names.c. */
#ifndef LOCKSTEP_CONDUCTOR_LIVE_INTERNAL_H
#define LOCKSTEP_CONDUCTOR_LIVE_INTERNAL_H

#include "conductor/internal.h"
#include "conductor/live.h"
#include "protocol/live.h"

#define LIVE_NO_RING UINT32_MAX

enum live_phase {
    LIVE_RUNS,
    LIVE_IN_CALL, /* in a call that may last; shown as blocked once it has lasted */
    LIVE_WAITS,   /* said that it must wait, but the model sees no reason (any more): on its way */
    LIVE_SHOWN    /* waits, and the model knows */
};

/* An operation in the midst of which its task began another: an initialiser, a call that a handler interrupted. */
struct live_question {
    uint16_t operation;
    uint8_t space, object_kind;
    uint32_t object, second, other;
    int64_t deadline;
};

struct live_task {
    uint64_t thread; /* its pthread_t; several may have had the same, one after the other */
    uint64_t stack;  /* an address in its stack */
    uint32_t ring;   /* LIVE_NO_RING: has not spoken yet */
    uint8_t phase;   /* enum live_phase */
    uint8_t rounds;  /* looks since the phase began */
    bool leaving;    /* said that it is about to end */
    uint32_t origin; /* of a main task: the process whose image its own was forked from; 0: none, or has exec'ed */
    uint16_t operation;
    uint8_t space, object_kind;
    uint32_t object, second, other;
    int64_t deadline; /* ns since the start; 0: none */
    uint8_t depth;
    struct live_question outer[4];
};

struct live {
    struct live_rings *rings;
    uint64_t tail[LIVE_RINGS];
    uint32_t owner[LIVE_RINGS]; /* task that speaks in the ring; 0: nobody yet */
    uint8_t stuck[LIVE_RINGS];  /* looks at which a record was missing before complete ones */
    struct live_record more[LIVE_RINGS];
    bool has_more[LIVE_RINGS];
    struct live_task *tasks; /* by world id */
    uint32_t capacity;
    uint64_t start_ticks;
    int64_t start_ns, moved_ns, looked_ns;
    double ns_per_tick;
    unsigned long records, lost;
    uint64_t unobserved;
    bool first; /* an image has said hello */
};

/* ---- who is meant (live_names.c) ---- */

/* Borrowed until the next call with a larger id; NULL: no memory. */
struct live_task *live_task_at(struct conductor *c, uint32_t id);
/* The task of a process with this pthread_t, 0: none. The same may have belonged to several, one after the other: `oldest`
 * gives the one that was not joined yet (for a join), else the latest. */
uint32_t live_task_of_thread(struct conductor *c, uint32_t process, uint64_t thread, bool oldest);
/* World ids, 0: none; announced to the world where they are new. `a`, `b` and `address` as in struct record_key. */
uint32_t live_object_of_task(struct conductor *c, uint32_t id, uint32_t target);
uint32_t live_object(struct conductor *c, uint32_t id, unsigned kind, unsigned space, uint64_t a, uint64_t b,
                     uint64_t address);
/* The frame's address, of which a record carries the low half (in units of 8 bytes); 0: unknown. */
uint64_t live_frame(const struct live_task *task, uint32_t low);
/* The place id of a task's program counter; 0: unknown. */
uint32_t live_place(struct conductor *c, uint32_t id);
/* World ids of a newcomer, told to the world; 0: no memory. creator 0: unknown; of a process: it is no copy of its parent. */
uint32_t live_thread_born(struct conductor *c, uint32_t process, uint64_t thread, uint32_t creator, int32_t tid);
uint32_t live_process_born(struct conductor *c, int32_t pid, uint32_t parent, uint32_t creator);

/* ---- a step's three words (live_say.c) ---- */
void live_say_asked(struct conductor *c, uint32_t ring, uint32_t id, const struct live_record *record);
void live_say_granted(struct conductor *c, uint32_t id); /* on its own CPU, else on the first that is free */
void live_say_got(struct conductor *c, uint32_t id, const struct live_record *record); /* and that it runs */
/* What it asked for last must wait, on its own object or the second one (a condition's mutex). */
void live_say_blocked(struct conductor *c, uint32_t id, uint32_t object);

/* ---- what is told of (live_events.c) ---- */

/* One record of a ring, in order. */
void live_handle(struct conductor *c, uint32_t ring, const struct live_record *record);
/* After a look at all rings: who said that it waits and is shown so only now; `late`: a good while has passed. */
void live_settle_waits(struct conductor *c, bool late);
/* A process is over: its tasks are, its children have another parent. */
void live_process_over(struct conductor *c, uint32_t process, int status, bool gone);
void live_task_over(struct conductor *c, uint32_t task);

#endif
