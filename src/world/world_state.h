/* The inside of a world, shared by the files of this room and by nobody else.
 *
 * Everything is an array of plain structs that name one another by index; index 0 is a blank entry, so that "none"
 * needs no special case. Copying a world is one memcpy per array. Nothing here allocates per step once the arrays have
 * grown to the size of the run. */
#ifndef LOCKSTEP_WORLD_STATE_H
#define LOCKSTEP_WORLD_STATE_H

#include "protocol/gate.h"
#include "world/world.h"

/* Bytes of the entries whose structs belong to one file. */
#define WORLD_NODE_SIZE 68u
#define WORLD_WORD_SIZE 32u
#define WORLD_ACCESS_SIZE 24u

enum world_list_kind {
    LIST_TASK,
    LIST_PROCESS,
    LIST_OBJECT,
    LIST_QUESTION, /* outer questions of tasks: what a handler or an initialiser interrupted */
    LIST_READER,   /* readers inside read-write locks */
    LIST_TEXT,
    LIST_BYTE, /* the bytes of the texts */
    LIST_PLACE,
    LIST_FAULT,
    LIST_NODE,   /* nodes of the vector clocks */
    LIST_WORD,   /* 8-byte words of memory that were accessed: a hash table */
    LIST_ACCESS, /* the last accesses to them */
    LIST_PACKET, /* the last packets of the wire, a ring: packet n is entry (n - 1) % WORLD_PACKETS + 1 */
    LIST_SOCKET, /* the kernel's sockets */
    LIST_SAMPLE, /* what it said of those of TCP, a ring as that of packets */
    LIST_COUNT
};

struct list {
    void *items;
    uint32_t count, capacity; /* entries */
    uint32_t size;            /* bytes of one */
    uint32_t free;            /* first of a chain of given-back entries, for lists that have one */
};

/* Where a task stands inside a condition wait. */
enum wait_phase { PHASE_none, PHASE_waiting, PHASE_woken, PHASE_expired, PHASE_interrupted };

/* What a task has been granted: its step, or only to run a handler first. */
enum granted { GRANTED_nothing, GRANTED_step, GRANTED_for_handler };

/* A vector clock: the root of a persistent tree (world_memory.c), 0 = all zero. `depth` levels above the leaf. */
struct clock {
    uint32_t root;
    uint32_t depth;
};

/* One operation that a task has asked for and that is not over. */
struct question {
    uint16_t operation;
    uint8_t held;    /* waits at its gate with it */
    uint8_t granted; /* its step has begun */
    uint8_t waiting; /* was blocked: needs a reason to be tried again */
    uint8_t phase;   /* enum wait_phase */
    uint8_t interrupted;
    uint8_t woken; /* an emulated wait was ended while the handler ran */
    uint32_t object, second, place, other;
    uint32_t waits_for, waits_for_task;
    uint32_t blocked_at;
    uint32_t next; /* the question below */
    int64_t deadline;
    int64_t argument[4];
};

struct task {
    struct world_task view;
    uint8_t started;  /* its start step has been granted */
    uint8_t admitted; /* a step has begun since it was made */
    uint8_t ended;
    uint8_t granted; /* its step has begun and is not over */
    uint8_t injected; /* enum injection: into the step that was granted last */
    uint8_t waiting; /* was blocked in the asked operation */
    uint8_t phase;   /* enum wait_phase */
    uint8_t outside; /* sleeps where the shim does not see */
    uint8_t detached, joined;
    uint8_t depth;       /* questions below */
    uint8_t resumed;     /* a handler has run while the operation was blocked: it may end with EINTR */
    uint8_t cancelled;   /* a cancellation request is pending */
    uint8_t signalled;   /* a pending signal with a handler is this task's to deliver */
    uint8_t turned_away; /* blocked again after having been woken (the same wait) */
    uint32_t questions;  /* the top one */
    uint32_t other;      /* of the asked operation */
    uint8_t queue_depth; /* of the question that stands in the queue */
    uint8_t handled;     /* a handler has run since the task was let go for one */
    uint32_t queue, queue_next, queue_previous; /* the object in whose queue it stands */
    uint32_t next, previous;                    /* live tasks of its process, in order of names */
    uint32_t holds;                             /* locks it owns or has entered as a reader */
    uint8_t handlers;                           /* handlers that are running, one inside the other */
    uint8_t suspended;                          /* sigsuspend's mask is in force */
    uint32_t gave_up;                           /* the lock it gave up waiting for in this round (livelock), 0 none */
    uint64_t mask, pending, suspended_mask;
    uint64_t handler_mask[8];
    int64_t delivered; /* the signal whose handler ran last */
    struct clock clock, signal_clock;
};

struct process {
    struct world_process view;
    uint32_t first, last; /* live tasks */
    uint32_t alive;       /* how many */
    uint32_t births;
    uint32_t next, previous; /* processes that have not ended */
    uint8_t exiting;         /* an exit step was granted, or it has ended */
    uint8_t forked;          /* its memory is a copy of its parent's (and it has not exec'ed) */
    uint8_t asserted;        /* printed an assertion's message */
    uint8_t stopped;
    uint8_t reaped;
    uint8_t stop_news;                     /* stopped or continued since the parent last waited: bit 0, bit 1 */
    uint32_t image;                        /* counts execs */
    uint64_t handled, ignored, restarting; /* dispositions, bit n-1 = signal n */
    uint64_t killed_by;                    /* signals that observed tasks of other processes sent it */
    struct clock clock, signal_clock;
};

struct object {
    struct world_object view;
    uint32_t head, tail; /* queue in order of arrival */
    uint32_t readers;    /* list of LIST_READER */
    uint8_t inherited;   /* memory copied by fork, no operation seen on it yet in this process */
    uint8_t owner_dead;  /* robust: the owner ended while holding it */
    uint8_t prefixed;    /* another process has one of this name: called P2:name */
    uint32_t runner;     /* once: who ran the initialiser; socket: who gave it its address */
    uint8_t ran;         /* once: the initialiser has run */
    uint32_t leaker;     /* task that ended while holding it */
    uint32_t woken_last; /* cond: whom the last signal woke, or how many the last broadcast did */
    uint32_t missed;     /* cond: step of the last signal that found nobody, 0 none */
    uint8_t flow;        /* coroutine: enum coroutine_state (world_coroutine.h) */
    uint32_t flow_task;  /* coroutine: who runs it, or ran it last */
    uint32_t flow_from;  /* coroutine: the one that was left for it, 0 unknown */
    uint32_t flow_step;  /* coroutine: step of the last switch to it */
    int64_t deadline;    /* timer; INT64_MAX: not armed */
    struct clock clock, reader_clock;
};

struct reader {
    uint32_t task, count, next;
};

struct text {
    uint32_t at, length;
};

#define WORLD_CPUS 64

/* The search for a state that comes back (world_livelock.c). */
struct livelock {
    uint64_t hash;       /* the state looked for */
    uint32_t task;       /* looked for when this one gives up; 0: not looking */
    uint32_t rounds;     /* times it came back */
    uint32_t looks;      /* without finding it */
    uint32_t limit;      /* then another state is looked for */
    uint8_t told;
};

struct world {
    struct livelock livelock;
    struct list list[LIST_COUNT];
    uint32_t running[WORLD_CPUS];
    uint32_t first_process, last_process; /* not ended, in order of birth */
    uint32_t alive;                       /* live tasks */
    uint32_t births;                      /* processes ever */
    uint32_t arrivals;                    /* order of arrival in queues */
    uint32_t steps;
    uint32_t admitted;  /* tasks up to this id have been admitted to the ready queue */
    uint32_t granted;   /* task of the last grant */
    uint32_t step_task; /* task of the last completed step */
    uint32_t divergences;
    uint32_t timers; /* armed */
    uint32_t packets, packets_ended; /* ever sent; delivered or dropped of these */
    uint32_t samples;                /* ever kept */
    int64_t time;
    int64_t nearest; /* no deadline is earlier */
    uint8_t verdict;
    uint8_t out_of_memory;
    uint8_t inheriting; /* a mutex that inherits priorities has been made */
    uint8_t invalid; /* the event at hand contradicts the world */
    char divergence[256];
};

/* ---- entries; an unknown id gives the blank entry 0 ---- */
static inline void *list_at(const struct world *world, enum world_list_kind kind, uint32_t id)
{
    const struct list *list = &world->list[kind];
    return (char *)list->items + (size_t)(id < list->count ? id : 0) * list->size;
}
static inline struct task *task_at(const struct world *world, uint32_t id)
{
    return list_at(world, LIST_TASK, id);
}
static inline struct process *process_at(const struct world *world, uint32_t id)
{
    return list_at(world, LIST_PROCESS, id);
}
static inline struct object *object_at(const struct world *world, uint32_t id)
{
    return list_at(world, LIST_OBJECT, id);
}
static inline struct question *question_at(const struct world *world, uint32_t id)
{
    return list_at(world, LIST_QUESTION, id);
}
static inline struct reader *reader_at(const struct world *world, uint32_t id)
{
    return list_at(world, LIST_READER, id);
}
static inline uint64_t signal_bit(int64_t number)
{
    return number >= 1 && number <= 64 ? 1ull << (number - 1) : 0;
}

/* A new blank entry at the end, or a given-back one; 0 when out of memory (the world remembers). Pointers into the list
 * are void afterwards. */
uint32_t world_list_add(struct world *, enum world_list_kind);
/* Gives an entry back; its first 4 bytes become the chain. Only for lists whose entries are taken by world_list_take. */
void world_list_give(struct world *, enum world_list_kind, uint32_t id);
uint32_t world_list_take(struct world *, enum world_list_kind);

/* Room for `more` entries behind the last. */
bool world_list_reserve(struct world *, enum world_list_kind, uint32_t more);
/* For a list that is a hash table: blank slots, and taking them into use (the old ones are freed). */
void *world_list_table(uint32_t slots, uint32_t size);
void world_list_replace(struct list *, const struct list *grown);

/* Counts a divergence and keeps its sentence; the event at hand then ends with STATUS_INVALID (world.c). */
void world_diverge(struct world *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- a task's state, CPU and queue (world_task_state.c) ---- */
bool world_live(const struct world *, const struct task *); /* known and not ended */
void world_settle(struct world *, struct task *);           /* works out the state that is shown */
void world_wake(struct world *, uint32_t task);             /* what it waits for may be had now */
void world_wake_queued(struct world *, uint32_t task);      /* an emulated wait is over; it leaves the queue */
void world_wake_all(struct world *, uint32_t object);       /* everybody in the queue */
void world_queue_leave(struct world *, struct task *);
void world_queue_enter(struct world *, struct task *, uint32_t object); /* at the end; who stands in it keeps its place */
void world_cpu_leave(struct world *, struct task *);
void world_cpu_enter(struct world *, struct task *, int64_t cpu); /* whoever is there leaves; a CPU that is none diverges */

/* ---- questions in the midst of others (world_question.c) ---- */
void world_question_save(struct world *, struct task *);    /* a copy of the task's own goes on its list */
void world_question_restore(struct world *, struct task *); /* the innermost of its list, which is not empty */
void world_question_clear(struct task *);                   /* it asks nothing and waits for nothing */
/* The question of a task that stands in a queue may lie under a handler's; NULL: it is the task's own. */
struct question *world_question_queued(const struct world *, const struct task *);

/* ---- facts (world_fact.c) ---- */
void world_fact_string(struct world *, const struct event *);
void world_fact_place(struct world *, const struct event *);
void world_fact_object(struct world *, const struct event *);
void world_fact_output(struct world *, const struct event *);
void world_fact_watch(struct world *, const struct event *);
void world_fact_deadline(struct world *, const struct event *);
void world_fact_end(struct world *, const struct event *);

/* ---- the wire (world_packet.c, world_socket.c) ---- */
void world_packet_event(struct world *, const struct event *);
void world_socket_event(struct world *, const struct event *);
void world_count_step(struct world *, uint32_t task); /* one more step is complete; task 0: nobody's */

/* ---- families ---- */
void world_hold(struct world *, uint32_t object, uint32_t task);   /* a lock is owned from now (depth + 1) */
void world_unhold(struct world *, uint32_t object, uint32_t task); /* one level less; at none: waiters are ready */
void world_mutex_unlock(struct world *, uint32_t object, uint32_t task);
bool world_lock_taken(const struct event *); /* GOT of a lock operation: does the task have the lock now? */
void world_task_locks_end(struct world *, uint32_t task, bool process_too); /* what becomes of a dead task's locks */
void world_rwlock_task_end(struct world *, uint32_t task, struct object *);

void world_process_born(struct world *, const struct event *);
void world_task_born(struct world *, const struct event *);
void world_task_end(struct world *, uint32_t task, bool process_too);
void world_process_end(struct world *, const struct event *);
void world_process_reap(struct world *, const struct event *);
void world_process_adopt(struct world *, const struct event *);
void world_process_stop(struct world *, const struct event *);

/* Does a writer wait in the queue of this read-write lock? */
bool world_rwlock_writer_waits(const struct world *, uint32_t object);
void world_signal_pend(struct world *, uint32_t process, uint32_t task, int signal);
void world_interrupt_settle(struct world *, struct task *);  /* is it interrupted, and so what is its state */
void world_signal_refresh(struct world *, uint32_t process); /* who is to run a handler, who may go on */

void world_time_advance(struct world *, int64_t now);

/* ---- vector clocks (world_clock.c) ---- */
uint32_t world_clock_get(const struct world *, struct clock, uint32_t task);
void world_clock_copy(struct world *, struct clock *to, struct clock from);
void world_clock_join(struct world *, struct clock *to, struct clock from);
void world_clock_tick(struct world *, struct clock *, uint32_t task);
void world_clock_clear(struct world *, struct clock *);
/* Edges, by ids because the arrays may move. Object clocks gather what was released into them. */
void world_release(struct world *, uint32_t task, uint32_t object); /* object's clock := join; the task moves on */
void world_acquire(struct world *, uint32_t task, uint32_t object);
void world_edge(struct world *, uint32_t from, uint32_t to); /* between tasks, at once */

/* ---- wait-for graph, faults (world_deadlock.c) ---- */
void world_deadlock_look(struct world *, uint32_t task); /* after a BLOCKED */
void world_deadlock_stuck(struct world *, bool at_end);  /* tasks left waiting for ever */
void world_deadlock_stopped(struct world *);             /* at the end: all that is left is stopped */
bool world_hopeless(const struct world *, uint32_t task); /* blocked, and only another task's act can change that */
void world_livelock_look(struct world *, const struct event *); /* after a GOT */
void world_fault_end(struct world *);                    /* what can only be said at the end */
struct world_fault *world_fault_add(struct world *, enum fault_kind);

/* ---- words (world_words.c) ---- */
const char *world_task_short(const struct world *, uint32_t task, char *out, size_t n);

#define OPERATION(id, name, family, object, flags, en, zh) void world_reduce_##id(struct world *, const struct event *);
#include "operations/operations.def"
#undef OPERATION

#endif
