/* What the two halves of live mode share: live.c reads rings and looks at the kernel, live_events.c makes events. */
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

struct live_task *live_task_at(struct conductor *c, uint32_t id);
/* One record of a ring, in order. */
void live_handle(struct conductor *c, uint32_t ring, const struct live_record *record);
/* After a look at all rings: who said that it waits and is shown so only now; `late`: a good while has passed. */
void live_settle_waits(struct conductor *c, bool late);
/* A process is over: its tasks are, its children have another parent. */
void live_process_over(struct conductor *c, uint32_t process, int status, bool gone);
void live_task_over(struct conductor *c, uint32_t task);

#endif
