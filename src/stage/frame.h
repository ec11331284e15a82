/* All that a view may look at: one moment of one run, gathered by app/, borrowed for the drawing. Views are pure functions
 * of it. What is drawn at a step must not depend on what is known of later steps, nor on how one came there: so the
 * screen on the way back equals the one on the way out. */
#ifndef LOCKSTEP_STAGE_FRAME_H
#define LOCKSTEP_STAGE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stage/canvas.h"
#include "world/world.h"

enum stage_view_id {
#define VIEW(id, place, title) STAGE_VIEW_##id,
#include "stage/views.def"
#undef VIEW
    STAGE_VIEW_COUNT
};

/* The step between `before` and `after`. */
struct stage_step {
    uint32_t number; /* 0: nothing has happened yet */
    uint32_t task;
    uint32_t object; /* it acted on, 0 none */
    uint16_t operation;
    uint8_t outcome;
    uint32_t place;
    const char *say; /* the sentence, in the language of the screen; "" */
    const char *const *facts; /* further sentences of this step: faults first, then time jumps, adoptions ... */
    size_t fact_count;
};

/* Who may be chosen now; `key`: '1' to '9', 0 where digits are used up. In the order of names. */
struct stage_choice {
    uint32_t task;   /* 0: a packet */
    uint32_t packet; /* that waits on the wire and may be delivered; 0: a task */
    char key;
    bool selected; /* by the arrows */
};

/* A task's state from the end of step `step` on. */
struct stage_change {
    uint32_t step;
    uint8_t state; /* enum task_state */
};
struct stage_lane {
    uint32_t task;
    const struct stage_change *changes; /* ascending steps; begins with its birth */
    size_t count;
};
struct stage_timeline {
    const uint32_t *movers; /* movers[step - 1]: whose step it was */
    uint32_t steps;         /* up to the shown one, or all that is known while the future is shown */
    const struct stage_lane *lanes; /* in the order of names */
    size_t lane_count;
    const uint32_t *beats; /* steps at which a beat fired, ascending */
    size_t beat_count;
    unsigned scale; /* steps a column, 1 or more; 0: so that all fits */
    uint32_t cursor; /* the shown step */
};

/* What the guest printed, a line each, up to the shown step. */
struct stage_line {
    uint32_t step, task; /* task 0: not known */
    uint8_t stream;      /* 1 or 2 */
    bool open;           /* no newline yet */
    const char *text;    /* escaped */
};

/* Source text by base name, as in places. */
struct stage_file {
    const char *name;
    const char *const *lines; /* lines[0] is line 1; escaped, tabs expanded */
    size_t line_count;
};

/* A value that a task has loaded and not yet stored: it is in its hand (a register). */
struct stage_hand {
    uint32_t task, object;
    const char *value;
    uint32_t step;
};

/* A queue that the program keeps in variables of its own, named as they are watched; NULL: not given. */
struct stage_queue {
    const char *name;                  /* in the language of the screen */
    const char *count, *less;          /* how many are in it; with `less`: count - less */
    const char *capacity;              /* a number or a variable; NULL: it has no bound */
    const char *items, *head;          /* the array, and where its oldest is; without head: at 0 */
    const char *put_waits, *get_waits; /* names of the objects where those wait who find it full, empty */
};

/* The packet that the person has chosen: marked on the wire, its bytes opened. */
struct stage_packet {
    uint32_t number;      /* 0: none; then it is the one that moved last */
    const uint8_t *bytes; /* from its IP header on; NULL: those that the world keeps */
    size_t length, size;  /* bytes that are there; of the whole packet */
    uint32_t seq, ack; /* relative to the beginning of its connection (TCP) */
    bool relative;     /* these are known */
};

/* A scene's variants, each of them run once, on one time axis. */
struct stage_burst {
    int64_t tick;
    unsigned row; /* of CPUs in use at once, from 0 */
    char label;   /* '2': P2, or T2 where there is one process */
    bool job;     /* false: the program's first task */
};
struct stage_job {
    const char *name;             /* "P2" */
    int64_t turnaround, response; /* ticks: from its arrival to its end, to its first step */
};
struct stage_compared {
    const char *title;                /* in the language of the screen */
    bool shown;                       /* the variant that is on the stage */
    const struct stage_burst *bursts; /* ascending ticks */
    size_t burst_count;
    unsigned rows;
    int64_t begin, end; /* ticks: the clock counts from begin; end is when all was done */
    const struct stage_job *jobs;
    size_t job_count;
};
struct stage_comparison {
    const struct stage_compared *runs;
    size_t count;
};

struct stage_question {
    const char *text; /* NULL: none */
    const char *const *choices;
    size_t choice_count;
    unsigned answer;   /* 1 .. choice_count */
    unsigned chosen;   /* by the person; 0 none */
    bool revealed;
    const char *because;
};

/* A key and what it does here: for the last line. */
struct stage_hint {
    const char *key, *text;
    unsigned request; /* for the mouse */
    bool always;      /* shown even where not all have room */
};

/* A list laid over the stage: schedulers, CPUs, views, what-ifs, help. */
struct stage_list_row {
    const char *key;   /* in front; NULL none */
    const char *text;
    const char *hint;  /* behind, fainter; NULL none */
    unsigned indent;   /* columns */
    bool heading, marked; /* marked: the one in force */
};
struct stage_list {
    const char *title, *hint; /* hint: the keys, at the foot */
    const struct stage_list_row *rows;
    size_t count;
    int selected; /* -1: none can be; then `top` is what scrolls */
    size_t top;
};

/* Text that is being typed, on the last line. */
struct stage_prompt {
    const char *before; /* ":" "/" */
    const char *text;
    size_t cursor; /* bytes */
};

struct stage_view_state {
    bool shown;
    int scroll; /* lines away from where the view would stand by itself */
};

struct stage_frame {
    const struct world *before, *after; /* the same world at step 0 */
    double motion;                      /* 0: as before ... 1: as after */
    bool ended;                         /* the shown step is the run's last */
    uint8_t verdict;                    /* enum verdict, when ended */
    struct stage_step step;
    const struct stage_choice *choices;
    size_t choice_count;
    struct stage_timeline timeline;
    const struct stage_line *console;
    size_t console_count;
    const struct stage_file *files;
    size_t file_count;
    const struct stage_hand *hands;
    size_t hand_count;
    const struct stage_queue *queues; /* the program's own; pipes are in the world */
    size_t queue_count;
    const struct stage_comparison *comparison; /* NULL: nothing is compared */
    struct stage_packet packet;
    /* the first line */
    const char *act;      /* "Threads and locks"; "" */
    const char *title;    /* "Deadlock", or the program */
    const char *variant;  /* "" */
    const char *policy;   /* "round robin" */
    unsigned cpus;        /* virtual; 0: none, the run is live */
    const char *playing;  /* "x2" while it plays by itself; "" */
    const char *const *notices; /* what limits the belief in this run */
    size_t notice_count;
    /* the lower part */
    const char *narration; /* of a beat; NULL: the step's sentence stands alone */
    struct stage_question question;
    const char *message; /* an answer of the program to the person; NULL */
    bool message_is_error;
    const struct stage_prompt *prompt; /* NULL */
    const struct stage_hint *hints;
    size_t hint_count;
    /* the arrangement */
    const enum stage_view_id *order; /* of the views that are shown, as the scene wishes */
    size_t order_count;
    struct stage_view_state views[STAGE_VIEW_COUNT];
    int focus;    /* enum stage_view_id, -1 none */
    int enlarged; /* the only one shown; -1 none */
    bool several_processes; /* names need "P1." */
    const struct stage_list *list; /* over all; NULL */
    bool blank;
};

#endif
