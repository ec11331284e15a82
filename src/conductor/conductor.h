/* The conductor: starts the guest under the shim, holds its tasks, lets one go at a time, and tells what became true as
 * events, which it appends to the history. Knows nothing of screens.
 *
 * Between two steps every observed task is held at its gate or has ended; then conductor_candidates() says who may be
 * chosen. All calls from one thread. */
#ifndef LOCKSTEP_CONDUCTOR_CONDUCTOR_H
#define LOCKSTEP_CONDUCTOR_CONDUCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "conductor/policy.h"
#include "history/history.h"
#include "operations/operations.h"
#include "world/event.h"
#include "world/world.h"

struct conductor;
struct source;

/* Called after each event, when the world knows it. `event` is borrowed for the call. */
typedef void conductor_listener(void *context, const struct event *event, const struct world *world);

/* Whether the guest's network is carried by lockstep, so that packets wait: auto is on for programs that import connect or
 * accept. The outside network is never there (where network namespaces are refused, it is, and there is no wire). must:
 * conductor_start fails with STATUS_ENVIRONMENT where there can be none; else conductor_wire() says so. */
enum conductor_wire { CONDUCTOR_WIRE_auto, CONDUCTOR_WIRE_on, CONDUCTOR_WIRE_off, CONDUCTOR_WIRE_must };

/* What may become of a packet that waits on the wire, as a choice for conductor_step. */
enum { CONDUCTOR_DELIVER = 0x20000000, CONDUCTOR_DROP = 0x40000000, CONDUCTOR_DUPLICATE = 0x60000000 };

/* A program on a host of its own: a network namespace whose one address is 10.0.0.1 or 10.0.0.2. */
struct conductor_host {
    const char *program;
    const char *const *arguments;
    unsigned number; /* 1 or 2: of its address */
    unsigned after;  /* enum operation: it is started when a step with this operation is done; OPERATION_none: at the start */
};
enum { CONDUCTOR_HOSTS = 2 };

/* What is injected into a task's step, as a choice for conductor_step. */
#define CONDUCTOR_INJECT UINT32_C(0x80000000)
static inline uint32_t conductor_injection(enum injection kind, uint32_t task)
{
    return CONDUCTOR_INJECT | (uint32_t)kind << 24 | task;
}

/* Whether it can be injected now, into a task that waits: by what the world knows, so of any moment of a run. */
bool conductor_injectable(const struct world *, uint32_t task, enum injection kind);

/* When something is injected, where it can be: each time with a probability, or once, the first time from a step on. A
 * task is not met more than three times in a row without getting through in between, so that what would end still ends. */
struct conductor_injection_rule {
    enum injection kind;
    double rate;   /* 0 to 1 */
    uint64_t step; /* not 0: once, from this step on; the rate does not count */
};

struct conductor_options {
    /* Two programs that run together, P1 first, each on a host of its own, instead of `program` and `arguments`; borrowed
     * for the run. Where there can be no wire both are on one loopback interface. Not live (STATUS_USAGE). 0: none. */
    const struct conductor_host *hosts;
    size_t host_count;
    const char *program;           /* path or name (looked up in PATH) */
    const char *const *arguments;  /* NULL-terminated, argv[0] included */
    const char *preload;           /* absolute path of the shim */
    char *const *environment;      /* to give the guest, ours put in; read at the start; NULL: the caller's */
    const char *working_directory; /* NULL: the caller's */
    bool fresh_working_folder;
    bool stdout_pipe;
    struct policy_options policy;
    const char *schedule;          /* followed first; NULL: none */
    uint32_t cpus;                 /* 1..64 */
    const char *const *watches;    /* names of variables; borrowed */
    size_t watch_count;
    int input;                     /* descriptor whose bytes are typed to the guest; -1: end of file at once */
    bool live;
    const struct conductor_injection_rule *injections; /* borrowed */
    size_t injection_count;
    enum conductor_wire wire;
    uint8_t wire_profile; /* enum network_profile of network/build.h */
    bool wire_veth;       /* not a TUN even where there is one (tests) */
    /* Asked often; true: conductor_step returns at once, STATUS_OK, perhaps in the midst of a step. NULL: never. */
    bool (*interrupted)(void);
    /* Asked while nobody can be chosen yet (outside work, input to come); true: conductor_step returns STATUS_OK without
     * having made a step, and may be called again. NULL: never. */
    bool (*paused)(void *context);
    uint64_t max_steps;            /* 0: none */
    int64_t max_time;              /* virtual ns; 0: none */
    conductor_listener *listener;
    /* A place in this file was met: for a recording that embeds the texts. `source` and `path` are borrowed. */
    void (*on_source)(void *context, struct source *source, const char *path);
    void *context;
};

/* Starts the guest and returns when its first task is held. The history must be new; it is borrowed and filled. */
enum status conductor_start(const struct conductor_options *options, struct history *history, struct conductor **out,
                            struct message *message);

/* Ends the guest with its whole tree and frees. May be NULL. */
void conductor_free(struct conductor *conductor);

/* Who may be chosen now, in the order of names: enabled tasks, and sleepers where the policy lets them be woken. */
size_t conductor_candidates(struct conductor *conductor, uint32_t *tasks, size_t max);

/* Packets that wait on the wire, by number, in the order in which they were sent. Each may be delivered, dropped or
 * duplicated: three choices more at each step. */
size_t conductor_packets(struct conductor *conductor, uint32_t *packets, size_t max);
/* While a person thinks the kernel sends again what is held: tells of the copies, which belong to the last step and are no
 * part of what repeats. Costs little; true if there were any. Anything else that comes is told with the next step.
 * Something to poll(2) for, -1 if there is no wire. */
bool conductor_look(struct conductor *conductor);
int conductor_wire_descriptor(const struct conductor *conductor);
/* While nobody can go on: the ms until the kernel is due to send by itself (again, or to ask for a window), as it said at
 * the last look; -1: it has nothing to send. */
int64_t conductor_kernel_due(const struct conductor *conductor);
/* Whether there is a wire; if not, *why ("": none was wanted), borrowed. */
bool conductor_wire(const struct conductor *conductor, const char **why);

/* Takes one step: of `task` (or CONDUCTOR_DELIVER, DROP, DUPLICATE + a packet's number, or conductor_injection(); a choice that is not the schedule's ends the schedule), or if 0 of whom the schedule, then the policy chooses (packets in their
 * order, before tasks; random policies: in any order of directions). Returns when the step is over and all
 * is held again. STATUS_OK; STATUS_ENDED: the run is over (EVENT_END has been told); STATUS_INVALID: the task or the
 * schedule's choice is not enabled; STATUS_LIMIT: a bound was hit (EVENT_END told, verdict bound). Virtual time jumps,
 * input is typed and outside work is waited for as needed before the step. */
enum status conductor_step(struct conductor *conductor, uint32_t task, struct message *message);

/* From here on another policy chooses (lengths borrowed), or with other virtual CPUs (1 to 64), from the next tick on. The
 * given schedule still comes first. STATUS_MEMORY: all stays as it was. */
enum status conductor_set_policy(struct conductor *conductor, const struct policy_options *policy, struct message *message);
void conductor_set_cpus(struct conductor *conductor, uint32_t cpus);
/* What is left of the given schedule is not followed any more. */
void conductor_drop_schedule(struct conductor *conductor);

/* Steps until the end. STATUS_ENDED or STATUS_LIMIT as conductor_step. */
enum status conductor_run(struct conductor *conductor, struct message *message);

/* Whether the run can be repeated; false after outside input, preemption by the clock, unobserved processes. */
bool conductor_repeatable(const struct conductor *conductor, const char **why);

/* "full", or "partial: ..." (contain.h). */
const char *conductor_containment(const struct conductor *conductor);

/* For tests that compare with the kernel: opens /proc/<pid>/<name> in the guest's own numbers; -1 on failure. */
int conductor_open_proc(struct conductor *conductor, int pid, const char *name);

#endif
