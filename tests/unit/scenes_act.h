/* What tests of what must hold do with all scenes of a list: each program alone, each variant twice, and in many orders; and
 * with promises of which each has a change of its scene that breaks it. Tests for cmocka, whose state is the list:
 * cmocka_unit_test_prestate(scenes_every_run_is_the_same_twice, &act). */
#ifndef TESTS_SCENES_ACT_H
#define TESTS_SCENES_ACT_H

#include "scenes_changed.h"
#include "scenes_promise.h"

struct scenes_listed {
    const char *id, *variant; /* variant NULL: the scene has none */
    const char *source;       /* in the act's folder; NULL: another variant's, or alone it never ends */
    const char *argument;     /* of the program run alone; NULL: none */
    const char *prints; /* run alone it prints this, among others; NULL: it may go wrong, so it is only compiled */
    unsigned seeds;     /* under the random policy it ends well with seeds 1 to this */
    bool live;          /* in real time: no two runs are the same */
};

struct scenes_promised {
    const char *id, *variant;
    scenes_promise *promised;
    struct scenes_change change; /* breaks it */
    bool always;                 /* it holds in whatever order packets and tasks come */
};

struct scenes_act {
    const char *folder; /* below scenes/ */
    const struct scenes_listed *scenes;
    size_t scene_count;
    const struct scenes_promised *promises;
    size_t promise_count;
};

/* Of the scenes. Each program is compiled without a warning, ends with 0 without lockstep, and prints what it should. */
void scenes_every_program_runs_without_lockstep(void **act);
/* In turn and at random, on one and on two CPUs. */
void scenes_every_run_is_the_same_twice(void **act);
/* With its seeds each finishes without a fault. */
void scenes_what_is_right_is_right_in_every_order(void **act);

/* Of the promises. */
void scenes_what_is_promised_holds(void **act);
void scenes_what_is_promised_can_fail(void **act);
/* In turn, and at random on two CPUs. */
void scenes_what_has_a_promise_is_the_same_twice(void **act);
/* With ten seeds each run ends well, and what holds always holds. */
void scenes_promises_hold_in_other_orders(void **act);

#endif
