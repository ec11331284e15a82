/* Where everything stands on the stage: one function of a world and a size, used for the moment before a step and for the
 * moment after it, so that a card can slide from one to the other. Of view_stage only. */
#ifndef LOCKSTEP_STAGE_PLAN_H
#define LOCKSTEP_STAGE_PLAN_H

#include "stage/view.h"

enum { PLAN_LINES_MAX = 512, PLAN_ENDED_MAX = 64 };
enum plan_column { PLAN_ready, PLAN_running, PLAN_blocked, PLAN_COLUMNS };
enum plan_kind { PLAN_CARD, PLAN_OBJECT, PLAN_STOPPED, PLAN_CPU, PLAN_IDLE };

struct plan_line {
    uint8_t kind;  /* enum plan_kind */
    uint32_t id;   /* task, object or CPU */
    int32_t label; /* a card or idle line with the CPU's name in front: the CPU, else -1 */
    int slot;      /* where it would stand if all had room */
};

struct plan_part {
    struct plan_line lines[PLAN_LINES_MAX];
    int count;
    unsigned beyond;     /* tasks that found no line */
    int column, columns; /* of the pane */
    int across;          /* cards side by side */
    int slots;           /* that all lines need */
    int seen;            /* slots that are shown */
    int top;             /* the first of them */
    int heading;         /* line of the heading that stays above them though it is further up; -1 none */
};

struct plan_size {
    int columns, rows;
    int name;       /* columns of the widest name */
    bool ended_row; /* the last row belongs to the ended ones */
    unsigned cpus;
};

struct plan {
    const struct world *world;
    struct plan_size size;
    int body; /* rows under the headings */
    struct plan_part part[PLAN_COLUMNS];
    uint32_t ended[PLAN_ENDED_MAX]; /* zombies first */
    unsigned ended_kept, ended_count;
};

/* Of a card: its left end and its width. Not there: columns is 0. */
struct plan_spot {
    int column, row, columns;
};

struct plan_size plan_size_of(const struct stage_frame *, int columns, int rows);
void plan_make(const struct stage_frame *, const struct world *, struct plan_size, struct plan *);
/* The row and column of a line of a part, false if it is not shown. */
bool plan_line_spot(const struct plan *, const struct plan_part *, const struct plan_line *, struct plan_spot *);
struct plan_spot plan_task_spot(const struct stage_frame *, const struct plan *, uint32_t task);
/* Of the line that counts those that have no room. */
struct plan_spot plan_more_spot(const struct plan *, const struct plan_part *);
/* Where the ended task at `index` of plan->ended is named; columns 0 if it has no room. One past the last that has: where
 * "+3" stands. */
struct plan_spot plan_ended_spot(const struct stage_frame *, const struct plan *, unsigned index);
/* The ended ones that are named; the others are counted. */
unsigned plan_ended_shown(const struct stage_frame *, const struct plan *);

#endif
