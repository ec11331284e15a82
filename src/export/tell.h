/* The teller: turns events, each with the world after it, into what a reader is told: steps with all that belongs to
 * them, output, notices, the end. JSON and text are two ways of writing down what it tells. */
#ifndef LOCKSTEP_EXPORT_TELL_H
#define LOCKSTEP_EXPORT_TELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "world/event.h"
#include "world/world.h"

enum tell_kind {
    TELL_STEP,   /* a step is over, and so is all that belongs to it: the next choice is about to be made */
    TELL_OUTPUT, /* the guest printed */
    TELL_NOTICE, /* something that limits how far this run can be believed */
    TELL_FACT,   /* a sentence on something that is no step (time jumps, a child is adopted) */
    TELL_FAULT,  /* a fault was found; JSON tells them at the end */
    TELL_END,    /* the run is over */
    TELL_PACKET  /* something became of a packet of the wire */
};

enum tell_value { TELL_VALUE_none, TELL_VALUE_number, TELL_VALUE_text };

struct tell_state {
    uint32_t task, process, number;
    char name[24];
    uint8_t state; /* enum task_state */
    uint8_t told;  /* the state told with the step before; STATE_COUNT: none */
};

struct tell_watch {
    char name[72];
    char text[128];
    int64_t number;
    bool is_number;
};

struct tell_packet {
    uint32_t number;
    uint32_t copy;   /* of a duplicate: the second one's number */
    uint8_t act;     /* enum packet_act */
    uint8_t protocol, flags, type, code;
    struct world_address from, to;
    uint32_t sequence, acknowledgement, length, window;
    bool by_client;              /* it goes from the connection's client to its server */
    const char *client, *server; /* states of a TCP connection's ends when the step was over; NULL: it is no TCP */
};

/* All pointers are borrowed for the call. Texts are fit to be shown, `bytes` are not. */
struct tell {
    enum tell_kind kind;
    uint32_t step; /* the step itself, or the one that this belongs to */
    bool later;    /* time has gone on since that step was over: it is seen with the next one */
    /* TELL_STEP */
    char task[24]; /* and TELL_OUTPUT, TELL_NOTICE; "" if none */
    unsigned operation, outcome;
    unsigned injected; /* enum injection: what lockstep injected into it */
    bool helper; /* an inner step of a helper program */
    char object[96]; /* "mutex A", "P1.T2"; "" if none */
    enum tell_value value_kind;
    int64_t value;
    char value_text[24];
    int32_t error;                   /* errno number, 0 none */
    char source[300];                /* "file.c:37"; "" if not known */
    int64_t time;                    /* virtual ns */
    char say[1024];                  /* and TELL_FACT, TELL_FAULT */
    const struct tell_state *states; /* every task so far, in the order of names */
    size_t state_count;
    const char *const *enabled; /* names, in the same order */
    size_t enabled_count;
    const struct tell_watch *watches; /* watched variables that have changed in this step */
    size_t watch_count;
    /* TELL_OUTPUT */
    int stream; /* 1 or 2 */
    const char *bytes;
    size_t length;
    /* TELL_NOTICE: "diverged", "unobserved", "lost", "outside", "preempted"; text in `say` */
    const char *notice;
    char process[12];
    /* TELL_PACKET */
    struct tell_packet packet;
    /* TELL_FAULT: its index; TELL_END: the rest */
    size_t fault;
    const struct world *world;
    const char *schedule;
};

/* Writes one thing down. STATUS_OK, or what ends the telling (it is returned from the call that told). */
typedef enum status tell_function(void *context, const struct tell *, struct message *);

struct teller;

enum tell_language { TELL_ENGLISH, TELL_CHINESE };
struct teller *teller_new(enum tell_language, tell_function *, void *context); /* owns; NULL: out of memory */
void teller_free(struct teller *);
/* Whether the inner steps of helper programs (sh, ls) are told as well; at first they are not: only what makes, waits for
 * and ends processes. Steps keep their numbers. */
void teller_show_helpers(struct teller *, bool show);

/* Begins in the midst of a run: `world` is that after the last event that is not going to be given. What tasks had asked
 * for before is not known; give the event in which the next mover asked first. False: out of memory. */
bool teller_begin_at(struct teller *, const struct world *world);

/* The next event, with the world after it. A step is told when the next choice comes (GRANTED, TIME, END) or at
 * teller_flush. STATUS_OK, STATUS_MEMORY, or what the function returned. */
enum status teller_event(struct teller *, const struct world *after, const struct event *, struct message *);

/* Tells all that comes before the last line: to be given EVENT_END first, when something is to be said in between. */
enum status teller_before_end(struct teller *, const struct world *after, const struct event *, struct message *);

/* Tells what is complete now, before waiting for a person and at the end of a recording that was cut short. */
enum status teller_flush(struct teller *, struct message *);

/* "new", "ready", ...; "unknown" for a number out of range. */
const char *tell_state_name(unsigned state);
/* "finished", ...; "none" */
const char *tell_verdict_name(unsigned verdict);

#endif
