/* One run of a guest from its start to its end: conductor, report, recording, and what interrupts it. */
#ifndef LOCKSTEP_APP_SESSION_H
#define LOCKSTEP_APP_SESSION_H

#include <stdbool.h>
#include <stdio.h>

#include "app/options.h"
#include "app/paths.h"
#include "conductor/conductor.h"
#include "history/recording.h"
#include "scene/scene.h"
#include "world/world.h"

/* What to run and how. All borrowed for the run. */
struct session_plan {
    const char *program;
    const char *const *arguments; /* NULL-terminated, argv[0] included */
    const struct conductor_host *hosts; /* two programs instead; `program` and `arguments` are the first one's. NULL: none */
    size_t host_count;
    struct policy_options policy;
    uint32_t cpus;
    const char *schedule; /* NULL: none */
    const char *const *watches;
    size_t watch_count;
    const struct conductor_injection_rule *injections;
    size_t injection_count;
    uint64_t max_steps;
    int64_t max_time;
    bool live, helpers;
    enum conductor_wire wire;
    uint8_t wire_profile; /* enum network_profile */
    bool fresh_working_folder, stdout_pipe;
    bool no_input;             /* end of file at once, instead of our standard input */
    const struct scene *scene; /* NULL: none */
    size_t variant;
    FILE *out; /* NULL: nothing is told */
    enum app_output output;
    const char *record; /* NULL: no recording */
    /* A branch: the events that must come again (NULL: whatever comes), then, before step branch_step, the choice of the
     * task of this name. 0: none. */
    struct history *expected;
    uint32_t branch_step;
    const char *branch_task;
};

enum { SESSION_BEATS_MAX = 256 };

struct session_result {
    enum verdict verdict; /* VERDICT_none: it did not come to an end */
    enum status status;   /* STATUS_OK, or why it was given up; the message has been handed out */
    int signal;           /* that interrupted it; 0 none */
    bool output_failed;
    size_t unfired[SESSION_BEATS_MAX]; /* beats of the scene that never fired */
    size_t unfired_count;
};

/* Runs it. Nothing of the guest is left when it returns. Messages on the recording are said, what ended the run is in
 * `message`. */
void session_run(const struct session_plan *, const struct paths *, struct session_result *, struct message *);

/* The plan of a command line, without program and scene. */
void session_plan_options(const struct options *, struct session_plan *);

/* Says what there is to say and gives the exit status. `expect`: the verdict that is wanted, NULL: no fault. */
int session_exit(const struct session_result *, const struct message *, const char *expect);

#endif
