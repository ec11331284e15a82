/* The world: everything that is known after event n. A pure function of the events: no I/O, no clock, no globals. */
#ifndef LOCKSTEP_WORLD_WORLD_H
#define LOCKSTEP_WORLD_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "operations/operations.h"
#include "world/event.h"

enum task_state { STATE_new, STATE_ready, STATE_running, STATE_blocked, STATE_stopped, STATE_zombie, STATE_terminated, STATE_COUNT };

struct world;

struct world *world_new(void);               /* owns; NULL: out of memory */
struct world *world_copy(const struct world *); /* deep, one block of work per array; owns */
void world_free(struct world *);
/* Takes over the contents of `from` (same as free + copy, without new allocations where they fit). */
enum status world_assign(struct world *to, const struct world *from);

/* Applies one event. STATUS_OK, or STATUS_INVALID when the event contradicts the world (unknown ids, impossible order):
 * then the world counts a divergence, explains it (world_divergence) and stays usable. STATUS_MEMORY. */
enum status world_step(struct world *, const struct event *);
const char *world_divergence(const struct world *); /* the last one, "" if none */
unsigned world_divergence_count(const struct world *);

/* ---- tasks ---- */
struct world_task {
    uint32_t id, process, number; /* number 0 = main */
    uint8_t state;                /* enum task_state */
    uint8_t held;                 /* at its gate with a question */
    uint8_t helper;
    uint8_t woken;       /* emulated wait: has been woken / what it waits for has been released: ready to go on */
    uint8_t interrupted; /* a handler is to run (pending, unblocked signal with a handler) */
    uint8_t expired;     /* its deadline has passed */
    uint16_t operation;  /* asked for or blocked in */
    int32_t cpu;         /* -1: none */
    uint32_t object, second; /* of the asked operation */
    uint32_t waits_for;      /* object it is blocked on */
    uint32_t waits_for_task; /* join: the task */
    uint32_t place;
    int64_t deadline; /* INT64_MAX: none */
    int64_t argument[4];
    int32_t priority;
    uint32_t creator;
    uint32_t steps;      /* granted so far */
    uint32_t blocked_at; /* order of arrival in its queue: larger = later */
    char name[24];       /* "P1.T2" */
};
uint32_t world_task_count(const struct world *); /* ids 1..count */
const struct world_task *world_task(const struct world *, uint32_t id); /* NULL: no such; borrowed until the next step */

/* The one definition of enabled: the task is held, and granting it would not be pointless: it has asked and not been
 * blocked, or what it was blocked on has been released, its deadline has passed, or a handler waits to run; and its
 * process is not stopped. */
bool world_task_enabled(const struct world *, uint32_t id);
/* Enabled tasks in the order of names (process number, main first, then T1, T2 ...). Returns the number; fills at most `max`. */
size_t world_enabled(const struct world *, uint32_t *tasks, size_t max);
/* The priority that counts: its own, or that of a task that waits, at whatever remove, for a mutex of it that inherits. */
int32_t world_task_priority(const struct world *, uint32_t id);
/* The task that the asked operation is about: the one to be joined, cancelled or signalled, the main task of the child
 * waited for by its number, or of the process that a signal goes to. 0: none, or any child. */
uint32_t world_task_target(const struct world *, uint32_t id);
/* What lockstep injected into the step that the task was granted last (enum injection). */
unsigned world_task_injected(const struct world *, uint32_t id);
/* Earliest deadline over blocked tasks (and armed timers); INT64_MAX if none. */
int64_t world_next_deadline(const struct world *);

/* How the conductor must grant an enabled task: perform, or the result of an emulated operation (condition variables,
 * barriers, once; rules of POSIX). */
struct world_ruling {
    uint32_t action; /* enum grant_action of protocol/gate.h */
    int64_t result;
};
struct world_ruling world_rule(const struct world *, uint32_t task);

/* ---- processes ---- */
struct world_process {
    uint32_t id, parent; /* parent 0: init */
    uint32_t root;       /* the one that a person started, from which it descends; perhaps itself */
    uint32_t host;       /* address of the host that it is on (IPv4, in the machine's byte order); 0: one network for all */
    uint8_t state;       /* running as long as a task lives: STATE_running; STATE_stopped, STATE_zombie, STATE_terminated */
    uint8_t unobserved, helper, orphan;
    int32_t pid;
    int32_t status; /* wait status once ended */
    uint32_t main_task;
    uint64_t pending; /* signals pending for the process, bit n-1 */
    char name[12]; /* "P2" */
};
uint32_t world_process_count(const struct world *);
const struct world_process *world_process(const struct world *, uint32_t id);

/* ---- objects ---- */
struct world_object {
    uint32_t id, process; /* process 0: shared */
    uint8_t kind;         /* enum object_kind */
    uint8_t watched;
    uint8_t destroyed;
    uint8_t type;         /* mutex: 0 normal 1 recursive 2 errorcheck; rwlock: kind */
    uint8_t robust;
    uint8_t ghost;        /* locked, but in a forked child where its owner does not exist: fork copies one thread */
    uint8_t inherits;     /* mutex: PTHREAD_PRIO_INHERIT, its owner runs with the priority of who waits for it */
    uint32_t owner;       /* task: mutex, spin, rwlock writer, file lock */
    int32_t count;        /* mutex depth, semaphore count, rwlock readers, barrier arrivals, pipe bytes */
    int32_t capacity;     /* barrier size, pipe capacity */
    uint32_t generation;  /* barrier rounds */
    int64_t value;        /* last known value of a variable */
    uint32_t value_text;  /* the value as text; of a socket: the address that it was last to be bound to or connected with */
    char name[64];        /* "A", "forks[2]", "#2": without the kind word */
};
uint32_t world_object_count(const struct world *);
const struct world_object *world_object(const struct world *, uint32_t id);
/* "mutex A", "variable g_num", "P1.T2", "P2", "terminal", "P2:mutex A" -> "mutex P2:A": kind word and name. Returns out. */
const char *world_object_label(const struct world *, uint32_t id, char *out, size_t n);
/* Tasks blocked on the object in order of arrival. */
size_t world_waiters(const struct world *, uint32_t object, uint32_t *tasks, size_t max);
/* Readers inside an rwlock. */
size_t world_readers(const struct world *, uint32_t object, uint32_t *tasks, size_t max);

/* ---- the wire ---- */
struct world_address {
    uint32_t host; /* IPv4, in the machine's byte order */
    uint16_t port; /* 0: none */
};
enum packet_fate { FATE_held, FATE_delivered, FATE_dropped };
enum { WORLD_PACKET_BYTES = 160, WORLD_PACKETS = 1024 };
struct world_packet {
    uint32_t number; /* in the order in which they were sent, from 1 */
    uint8_t protocol; /* 1 ICMP, 6 TCP, 17 UDP */
    uint8_t fate;     /* enum packet_fate */
    uint8_t flags;    /* TCP's, as in its header */
    uint8_t type, code; /* ICMP's */
    uint32_t copy_of; /* the packet that it is a duplicate of; 0: none */
    struct world_address from, to;
    uint32_t sequence, acknowledgement; /* relative to those of the connection's beginning */
    uint32_t length;                    /* bytes of payload */
    uint32_t window;
    uint32_t absorbed; /* copies of it that the kernel sent while it was held */
    uint32_t task;     /* whose step sent it; 0: the kernel by itself */
    uint32_t sent_step, end_step; /* steps completed when it was sent, and with its fate; end_step 0: still held */
    int64_t time;       /* virtual ns, when it was sent */
    uint32_t size;      /* bytes of the whole packet */
    uint32_t kept;      /* bytes of it in `bytes`, from the IP header on: min(size, WORLD_PACKET_BYTES) */
    uint8_t bytes[WORLD_PACKET_BYTES];
};
uint32_t world_packet_count(const struct world *); /* ever sent */
/* The last WORLD_PACKETS are known; NULL for older ones and numbers that there are not. Borrowed until the next step. */
const struct world_packet *world_packet(const struct world *, uint32_t number);
/* Packets that wait on the wire, in the order in which they were sent. Returns the number; fills at most `max`. */
size_t world_packets_held(const struct world *, uint32_t *numbers, size_t max);

/* A socket as the kernel shows it. Connections that nobody has accepted yet and that their owner has closed are there,
 * too. One that has gone stays known, with state SOCKET_gone. */
struct world_socket {
    uint32_t id;
    uint32_t object;  /* the guest's socket; 0: none */
    uint8_t protocol; /* 6 TCP, 17 UDP */
    uint8_t state;    /* enum socket_state */
    uint8_t timer;    /* as of event_socket */
    uint8_t retransmits;
    uint8_t initiator; /* TCP connection: it sent the first SYN */
    uint8_t left;      /* state before it went */
    uint32_t due;      /* ms */
    uint32_t host;     /* the address of the host that it is on; 0: one network for all */
    struct world_address local, peer;
    uint32_t receive_queue, send_queue; /* bytes; a listener: connections to be accepted, and most of them */
    uint32_t path;                      /* the states that it has been in: a bit for each */
    struct event_window window;
};
uint32_t world_socket_count(const struct world *); /* ids 1..count */
const struct world_socket *world_socket(const struct world *, uint32_t id); /* NULL: no such; borrowed */
/* What the kernel said of a TCP connection at the end of a step. Where it said nothing nothing had changed since its last
 * sample: it is asked after every step. */
enum { WORLD_SAMPLES = 1024 };
struct world_sample {
    uint32_t socket, step;
    uint8_t state;      /* enum socket_state */
    uint8_t has_window; /* else `window` is zero: gone, in TIME_WAIT, half open */
    uint32_t receive_queue, send_queue; /* bytes */
    struct event_window window;
};
uint32_t world_sample_count(const struct world *); /* ever */
/* In the order in which they were said, from 1. The last WORLD_SAMPLES are known; NULL for others. Borrowed. */
const struct world_sample *world_sample(const struct world *, uint32_t number);
/* The socket that has this guest's object; NULL: none. */
const struct world_socket *world_socket_of_object(const struct world *, uint32_t object);
/* Both ends of the connection that a packet belongs to, the first who sent the first SYN (where nobody saw that: to the
 * lower port). An end that has no socket of its own yet is its listener. 0: that end is gone. True: the first sends it. */
bool world_packet_ends(const struct world *, const struct world_packet *, uint32_t *client, uint32_t *server);
/* "SYN_SENT", "FIN_WAIT_1", "LISTEN"; "CLOSED" for SOCKET_gone. */
const char *socket_state_name(unsigned state);
/* "10.0.0.1:40000" into out[22], which is enough. Returns out. */
const char *world_address_text(struct world_address, char *out);
/* "SYN+ACK", "RST", "-" if none, into out[40]. Returns out. */
const char *packet_flags_text(unsigned flags, char *out);

/* ---- texts and places ---- */
const char *world_text(const struct world *, uint32_t id); /* "" if unknown */
struct world_place { uint32_t text, function; uint32_t line; };
struct world_place world_place(const struct world *, uint32_t id);

/* ---- faults ---- */
enum fault_kind {
    FAULT_deadlock, FAULT_self_deadlock, FAULT_data_race, FAULT_assertion, FAULT_crash, FAULT_exit_status,
    FAULT_unlock_not_owner, FAULT_lost_wakeup, FAULT_lock_leaked, FAULT_zombie_left, FAULT_livelock, FAULT_leftover_process,
    FAULT_COUNT
};
const char *fault_name(unsigned kind); /* "self-deadlock" */
struct world_fault {
    uint8_t kind;
    uint8_t task_count, object_count;
    uint32_t step;
    uint32_t tasks[16], objects[16];
    uint32_t places[2]; /* data race: both places */
    uint32_t process;
    int64_t value; /* exit status, signal */
};
size_t world_fault_count(const struct world *);
const struct world_fault *world_fault(const struct world *, size_t index);

/* ---- the whole ---- */
uint32_t world_step_number(const struct world *); /* steps completed (GOT or BLOCKED of a step) */
int64_t world_time(const struct world *);         /* virtual ns */
uint32_t world_running(const struct world *, uint32_t cpu); /* task on this CPU, 0 none */
enum verdict world_verdict(const struct world *);
/* Nobody can ever run again though some task waits (no deadline, nothing outside pending). */
bool world_stuck(const struct world *);
/* A livelock was found: the same state came again and again, and would for ever. */
bool world_livelock_told(const struct world *);
/* A 64-bit hash of the state that matters for the future (livelock, equality of worlds in tests). */
uint64_t world_hash(const struct world *);

/* One sentence on what just happened and why, from the world after the event (GOT, BLOCKED, TASK_ENDED, PROCESS_ENDED,
 * TIME ...); "" for events without a sentence. chinese: 0 or 1. Returns the length (snprintf's rule). */
int world_say(const struct world *after, const struct event *, int chinese, char *out, size_t n);
/* A memory step's value (event->value, or an atomic's argument[2]) where it is no integer: "NULL", "pointer", "0.5" into
 * out[n], which is enough with 24. False for all others. */
bool world_value_text(const struct event *, int64_t value, char *out, size_t n);
/* The same for a fault. */
int world_fault_say(const struct world *, const struct world_fault *, int chinese, char *out, size_t n);

#endif
