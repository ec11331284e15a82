/* One run of a guest as the person at the screen has it: its history, what is known besides, and while it can go on, its
 * conductor. A run that another took the place of keeps its history and can be brought to life again. */
#ifndef LOCKSTEP_APP_PLAY_RUN_H
#define LOCKSTEP_APP_PLAY_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "app/branch.h"
#include "app/chronicle.h"
#include "app/listing.h"
#include "app/paths.h"
#include "app/record.h"
#include "app/session.h"
#include "conductor/conductor.h"
#include "history/history.h"

/* What the person changed, after how many steps: to be done again when the run is repeated. */
enum play_change_kind { PLAY_CHANGE_policy, PLAY_CHANGE_cpus, PLAY_CHANGE_input, PLAY_CHANGE_end_of_input };
struct play_change {
    enum play_change_kind kind;
    uint32_t step;
    struct policy_options policy;
    uint32_t cpus;
    char *bytes; /* owned */
    size_t length;
};

struct play_run {
    int parent;               /* index of the run that it branched from; -1: none */
    uint32_t branch_step;     /* the first step that is its own */
    char branch_task[24];     /* who was chosen there */
    struct history *history;
    struct chronicle *chronicle;
    struct conductor *conductor; /* NULL: a recording, ended, or given up for another run */
    bool over;                /* the end has been told */
    bool unrepeatable;        /* from step `unrepeatable_from` on */
    uint32_t unrepeatable_from;
    bool recorded;            /* of a file: no guest can be started */
    bool owns_history;
    struct play_change *changes;
    size_t change_count;
    struct policy_options policy; /* in force at its newest step */
    uint32_t cpus;
    uint32_t shown;           /* the step that was looked at last */
    /* while it is made to meet another run again */
    struct branch *branch;
    uint32_t repeated;  /* 1 + the last step whose changes were done again; 0 none */
    enum status failed; /* of the listener */
    struct message *message;
    int input[2];       /* what is typed to the guest goes through this pipe */
    struct record *record; /* NULL: it is not recorded */
    struct play_setting *setting;
};

/* What all runs of one sitting share. */
struct play_setting {
    const struct session_plan *plan;
    const struct paths *paths;
    struct listing *listing;
    bool (*paused)(void *context); /* a key has come, or enough was waited */
    void *context;
    unsigned starts; /* of guests so far */
    const char *record; /* file; NULL: nothing is recorded. The nth what-if goes to a file with -n before its ending */
};

/* A new run, the `number`th (from 1): the guest is started and held at its first step. `branch` (taken over; NULL: none) gives the schedule and the
 * events that must come again. */
enum status play_run_start(struct play_setting *, unsigned number, struct branch *, struct play_run **, struct message *);
/* A run from a recording's history (borrowed). */
enum status play_run_recorded(struct play_setting *, struct history *, struct play_run **, struct message *);
void play_run_free(struct play_run *);
/* Ends its guest; what is known stays. */
void play_run_stop(struct play_run *);

/* Writes what the recording does not have yet: before waiting for a person. */
void play_run_save(struct play_run *);

/* One step further: of `task`, or 0: of whom schedule and policy choose. STATUS_OK, and `*stepped` tells whether there was
 * one (else something outside is waited for); STATUS_ENDED: the run is over; others with a message. */
enum status play_run_step(struct play_run *, uint32_t task, bool *stepped, struct message *);

/* While a person thinks: what the kernel does with held packets meanwhile. True: there was something, and the newest step
 * has more to tell. */
bool play_run_look(struct play_run *);

/* Changes, remembered for repetition. */
enum status play_run_set_policy(struct play_run *, const struct policy_options *, struct message *);
void play_run_set_cpus(struct play_run *, uint32_t cpus);
enum status play_run_type(struct play_run *, const char *bytes, size_t length, struct message *);
void play_run_end_input(struct play_run *);
/* Does again what `from` has changed after exactly `step` steps. */
enum status play_run_repeat(struct play_run *, const struct play_run *from, uint32_t step, struct message *);

#endif
