/* What the conductor's files share. For nobody else. */
#ifndef LOCKSTEP_CONDUCTOR_INTERNAL_H
#define LOCKSTEP_CONDUCTOR_INTERNAL_H

#include <limits.h>

#include "conductor/conductor.h"
#include "conductor/contain.h"
#include "history/schedule.h"
#include "protocol/gate.h"
#include "protocol/record.h"
#include "source/source.h"

#define CONDUCTOR_TICK INT64_C(1000000)         /* virtual ns that a step takes */
#define CONDUCTOR_EPOCH INT64_C(1767225600)     /* 2026-01-01 00:00:00 UTC: the virtual clock's start */

#define CONDUCTOR_PORT 40000u /* the first port that is given where the system would choose one */
#define CONDUCTOR_BUFFER (1u << 16)
#define CONDUCTOR_RESERVED UINT32_MAX /* a slot that was given with a grant; nobody has come for it yet */
#define CONDUCTOR_PROCESSES 256u      /* alive at once; more are refused (fork bombs) */

enum guest_phase {
    PHASE_held,    /* at its gate */
    PHASE_granted, /* let go; its next word is awaited */
    PHASE_outside, /* sleeps in the kernel, unseen by the shim */
    PHASE_ended
};

struct guest_task {
    uint32_t slot; /* GATE_SLOTS once given back */
    uint32_t process;
    int32_t tid;
    uint8_t phase;
    bool detached, joined;
    bool ran; /* in this tick */
    uint32_t sequence;
    uint32_t children; /* tasks created, for names */
    /* of the last ASKED */
    uint16_t operation;
    uint8_t blocked_space; /* enum key_space of what it is blocked on, KEY_NONE: not blocked */
    uint8_t blocked_kind;
    uint64_t blocked_a; /* the key's a */
    uint64_t pc, frame;
    char name[24];
};

struct guest_process {
    int32_t pid;
    uint32_t parent;
    uint32_t main_task;
    uint32_t tasks_born;
    bool alive, zombie, stopped, observed, helper, exec_unobserved;
    uint8_t forked;         /* it runs on in its parent's program, from fork (1) or vfork (2) on; else 0 */
    uint64_t program;       /* the file that it ran when it asked for exec */
    bool blind;             /* its memory or map cannot be read */
    uint32_t image;         /* number of the program image, for places */
    int32_t exit_argument;  /* of process.exit; -1: none asked */
    struct source *source;
    int memory;             /* /proc/PID/mem, -1: not open */
    unsigned missing;       /* live: looks at which it was gone and nobody had told of its end */
};

/* What a variable holds, by debug information. */
enum guest_shape { SHAPE_unknown, SHAPE_known, SHAPE_address, SHAPE_float };

struct guest_object {
    uint32_t id;
    struct record_key key;
    uint32_t process; /* 0: shared */
    bool gone;        /* its memory was replaced by exec */
    uint8_t unsigned_size; /* an unsigned integer of so many bytes, fewer than 8; else 0 */
    uint8_t shape;         /* enum guest_shape */
    char name[64];
};

struct guest_string {
    char *text;
    uint32_t hash, id;
    uint32_t kinds; /* of objects that are called so, a bit each */
    uint32_t owner; /* process of the first of them, 0 for one that processes share */
};

_Static_assert(OBJECT_COUNT <= 32, "a bit for each kind");

struct guest_place {
    uint32_t process; /* the image: changes with exec */
    uint64_t pc;
    uint32_t id;
};

struct guest_timer {
    uint32_t process;
    int64_t number; /* in its process (shim/timer.h) */
    int signal;     /* 0: none (a timerfd) */
    int64_t interval, due; /* virtual ns; INT64_MAX: not set */
};

struct guest_watch {
    uint32_t process;
    size_t index; /* of options.watches */
    char last[256];
};

/* Of a task: how often it was met in a row; what was injected into the operation that it is in the midst of. */
struct inject_memory {
    uint8_t row[INJECTION_COUNT];
    bool pending;
};

struct inject {
    uint64_t random;
    uint32_t choices; /* told so far */
    uint32_t looked;  /* the choice before which the rules were asked */
    enum injection kind; /* what is to be at this choice */
    uint32_t task;
    bool off;   /* somebody has chosen: no rule does */
    uint32_t packet; /* the last one that the rules were asked about */
    struct {
        uint32_t number, until; /* held back till that choice */
    } late[64];
    bool *used; /* by rule: its one time is over */
    struct inject_memory *tasks; /* by id */
    uint32_t capacity;
};

struct live;
struct carry;

struct conductor {
    struct conductor_options options;
    struct live *live; /* NULL: held mode */
    struct carry *carry; /* the wire and the kernel's sockets; NULL before the guest is started */
    struct history *history;
    struct contain *contain;
    struct policy *policy;
    struct schedule schedule;
    struct inject inject;
    uint8_t injecting; /* enum injection: into the step that is about to be granted */
    bool schedule_given;
    char folder[256]; /* the run's: gate and events */
    char preload[PATH_MAX]; /* the shim as the guest is told of it: without spaces and colons */
    struct gate *gate;
    int channel;      /* read end of the event pipe */
    int watcher;      /* epoll of the channel and the guest's streams */
    struct source_cache *sources;

    struct guest_task *tasks; /* by world id; [0] unused */
    uint32_t task_count, task_capacity;
    struct guest_process **processes; /* by id; each stays where it is */
    uint32_t process_count, process_capacity;
    uint32_t slot_task[GATE_SLOTS]; /* whose slot; 0: free */
    uint32_t slot_next;

    struct guest_object *objects; /* open hash of keys */
    uint32_t object_count, object_capacity; /* capacity: a power of two */
    uint32_t *object_slots;
    uint32_t kind_counts[OBJECT_COUNT]; /* for "#2" */
    struct guest_place *places;
    uint32_t place_count, place_capacity; /* hash */
    uint32_t place_ids;
    uint32_t string_ids;
    struct guest_string *strings;
    uint32_t string_capacity;

    struct guest_timer *timers;
    uint32_t timer_count;
    struct guest_watch *watches;
    uint32_t watch_count;
    uint32_t images;

    unsigned char *buffer; /* bytes of the pipe not yet understood */
    size_t buffer_start, buffered;

    size_t hosts_started; /* of options.hosts */
    uint32_t starting_host; /* address of the host whose program is being started; 0: there are no hosts */
    unsigned operation_done; /* by the step that is being carried out, while a host's program may wait for it */
    uint32_t granted; /* the task that was let go; 0: none */
    uint32_t interrupting; /* a task that was told to let handlers run */
    uint32_t grant_cpu;
    size_t grant_enabled, grant_index; /* of the choice that is being carried out */
    int probe_answer;                  /* -1: none yet */
    uint32_t ran_this_tick;
    uint32_t ran[64]; /* who */
    int64_t now;
    bool ended, unrepeatable;
    const char *why_unrepeatable;
    bool input_ended, input_eof_typed;
    char input[4096]; /* read from our input, not yet typed to the guest */
    size_t input_length;
    struct {
        char *bytes;
        size_t length, capacity;
    } output[2];
    uint64_t printed; /* bytes that the guest has printed */
    char escape_reason[96]; /* why the next exec or spawn gets out of sight */
    uint32_t escape_slot;
    uint64_t records;
    unsigned char deferred[4096]; /* records of a process that was continued before that was told */
    size_t deferred_length;
    int signal_sent; /* by the step that is being carried out; its effect is waited for at the end of the step */
    uint32_t signal_sender, signal_target; /* processes; target 0: not one alone */
    bool sigio;      /* a process has a handler of SIGIO, which the kernel sends when a descriptor is ready */
    bool readiness;  /* something may have changed what descriptors are ready */
    bool printing;   /* something may have been printed */
    uint32_t speaker; /* who is taken to have printed */
};

/* ---- run_folder.c ---- */
enum status run_folder_make(struct conductor *c, struct message *message);
void run_folder_remove(struct conductor *c);

/* ---- guests.c ---- */
uint32_t guest_task_add(struct conductor *c, uint32_t process, uint32_t slot, int32_t tid, bool main_task);
uint32_t guest_process_add(struct conductor *c, int32_t pid, uint32_t parent, bool helper);
uint32_t guest_process_by_pid(const struct conductor *c, int32_t pid); /* living or zombie; 0 none */
uint32_t guest_slot_take(struct conductor *c);                        /* GATE_SLOTS: none free */
void guest_slot_free(struct conductor *c, uint32_t slot);

/* ---- names.c ---- */
uint32_t name_string(struct conductor *c, const char *text);
uint32_t name_place(struct conductor *c, uint32_t process, uint64_t pc);
uint32_t name_object(struct conductor *c, uint32_t task, const struct record_key *key, const char *text);
/* Whether the value is an address in the process's memory; asked where no type is known. */
bool name_is_address(struct conductor *c, uint32_t process, int64_t value);
void name_watch(struct conductor *c, uint32_t process);
/* The socket is called so from now on. */
void name_socket(struct conductor *c, uint32_t object, const char *name);
void name_exec(struct conductor *c, uint32_t process);
void name_forget_process(struct conductor *c, uint32_t process);
void name_fork(struct conductor *c, uint32_t parent, uint32_t child);
struct source *name_source(struct conductor *c, uint32_t process);

/* ---- records.c ---- */
enum status records_watch(struct conductor *c, struct message *message);
enum status records_read(struct conductor *c, int timeout_ms, struct message *message);
void record_handle(struct conductor *c, const struct record *record);
/* Handles the records that were kept back. */
void records_deferred(struct conductor *c);
/* Reads what a task has to say but has not written to the pipe yet. */
void records_peek(struct conductor *c, uint32_t task);

/* ---- settle.c: the kernel's own view ---- */
/* waiting: for a disk or the like (D), which ends by itself. */
enum kernel_state { KERNEL_gone, KERNEL_zombie, KERNEL_stopped, KERNEL_running, KERNEL_waiting, KERNEL_sleeping };
enum kernel_state kernel_task_state(struct conductor *c, int32_t pid, int32_t tid);
enum kernel_state kernel_process_state(struct conductor *c, int32_t pid, int32_t *parent, int32_t *status);
void settle_task_end(struct conductor *c, uint32_t task);
void settle_process_end(struct conductor *c, uint32_t process);
void settle_signals(struct conductor *c);
/* Tells of SIGIO that the kernel itself has sent, because a descriptor became ready (O_ASYNC); once a process handles it. */
void settle_sigio(struct conductor *c);
void stopped_tell(struct conductor *c, uint32_t process, bool stopped); /* once, when it changes */
void settle_reports(struct conductor *c);
void settle_report(struct conductor *c, const struct contain_report *report); /* one that has been read already */
/* Finds processes that have died without a word. Returns how many. */
unsigned settle_deaths(struct conductor *c);

/* ---- conductor_start.c ---- */
/* Starts the programs of hosts that waited for what the step has done. */
enum status hosts_after_step(struct conductor *c, struct message *message);

/* ---- conductor.c ---- */
void conductor_tell(struct conductor *c, const struct event *event);
const struct world *conductor_world(struct conductor *c);
/* Reads what was printed, without telling it yet; then tells it, as printed by the last speaker. */
/* A process has got a program of its own, or has ended: who made it by vfork may go on. */
void vfork_release(struct conductor *c, uint32_t process);

/* ---- output.c ---- */
bool input_type(struct conductor *c, bool patient);
bool input_awaited(const struct conductor *c); /* someone waits for the terminal and more may come */

/* ---- carry.c ---- */
bool carry_wanted(struct conductor *c, const char *program);
enum status carry_start(struct conductor *c, bool wanted, struct message *message); /* once the guest is contained */
void carry_end(struct conductor *c);
void carry_created(struct conductor *c, int64_t family, int64_t type);
/* Before the end of a socket's step is told: sockets are called by the addresses that they have now. */
void carry_names(struct conductor *c);
void carry_after_step(struct conductor *c, uint32_t task, unsigned operation);
bool carry_look(struct conductor *c, uint32_t task);
/* Tells only of copies of what is held. True if there were any. */
bool carry_absorb(struct conductor *c);
size_t carry_held(const struct conductor *c, uint32_t *numbers, size_t max);
/* For random policies, with packets held: which of them goes now (its place in the order), SIZE_MAX: a task. */
size_t carry_pick(struct conductor *c, size_t tasks);
enum status carry_act(struct conductor *c, enum packet_act act, uint32_t number, size_t choices, size_t index,
                      struct message *message);
/* Real ms until the kernel's next timer that can change anything (retransmission; probes of a closed window too, if
 * `probes`); -1: none runs. */
int64_t carry_timer(struct conductor *c, bool probes);
bool carry_probing(const struct conductor *c); /* that timer is one of a closed window: virtual time alone counts */
/* Lets real time pass, at most so long and not long at once. Has the timer fired? Then how long it ran in all, as the
 * kernel meant it (ms: 200, 400, 800, 1000, 1600, 2000 ...); else -1. */
int64_t carry_wait(struct conductor *c, int64_t milliseconds);

/* ---- carry_ipv6.c ---- */
/* Of a socket's step that has failed: enum socket_ipv6. */
int64_t carry_ipv6(const struct conductor *c, const struct record *record);

/* ---- program.c ---- */
enum status program_check(const char *path, struct message *message);

/* ---- timers.c ---- */
void timers_set(struct conductor *c, uint32_t process, const struct record *record); /* from time.timer's GOT */
int64_t timers_next(const struct conductor *c);                                     /* INT64_MAX: none */
void timers_fire(struct conductor *c);                                              /* raises what is due */


void output_drain(struct conductor *c);
void conductor_output(struct conductor *c);
void conductor_mark(struct conductor *c, const char *why);

/* ---- inject.c ---- */
enum status inject_start(struct conductor *c, struct message *message);
void inject_end(struct conductor *c);
bool inject_possible(struct conductor *c, uint32_t task, enum injection kind);
/* What conductor_step was told to choose; an injection is then due. */
void inject_wanted(struct conductor *c, uint32_t wanted);
/* Whether a waiting task is to be met now, by choice, schedule or rule (no rule if the run is `hopeless`: over without). */
bool inject_due(struct conductor *c, bool hopeless);
/* Who it is that is due; sets c->injecting. STATUS_INVALID: it cannot be. */
enum status inject_take(struct conductor *c, uint32_t *task, struct message *message);
/* The task that was chosen: does its step go short? */
enum injection inject_step(struct conductor *c, uint32_t task);
/* By rule: what becomes of one of the packets that wait, when it is first seen. PACKET_dropped, PACKET_duplicated, with its
 * place among them; 0: nothing. */
enum packet_act inject_packet(struct conductor *c, const uint32_t *numbers, size_t held, size_t *which);
/* The packet is held back while anybody else can go. */
bool inject_late(const struct conductor *c, uint32_t number);
/* The step of `task`, which had asked for `operation`, is over. */
void inject_granted(struct conductor *c, uint32_t task, unsigned operation, enum injection kind);

/* ---- grant.c ---- */
/* Writes the grant and wakes the task. */
void grant_write(struct conductor *c, uint32_t task, uint32_t action, int64_t result, uint32_t slot,
                 enum injection injection);
/* Lets the task go with what the world rules, and returns when it is held again, ended, or found outside. */
enum status grant_step(struct conductor *c, uint32_t task, size_t enabled, size_t index, struct message *message);
/* Asks one held task whether it could go on now; c->probe_answer. */
enum status grant_probe(struct conductor *c, uint32_t task, struct message *message);
/* Asks every task that waits for a descriptor whether it could go on now, in the order of names. */
enum status grant_probe_all(struct conductor *c, struct message *message);
/* Waits until nobody runs guest code. */
enum status grant_await(struct conductor *c, struct message *message);
/* The task, granted its exec, runs a program that the shim told it cannot enter: tells that. False: it told nothing. */
bool escape_tell(struct conductor *c, uint32_t task);
/* Tasks that were found outside: have they come back, or gone? */
void outside_look(struct conductor *c);
size_t name_tasks(struct conductor *c, uint32_t process, struct source_task *tasks, size_t max);

#endif
