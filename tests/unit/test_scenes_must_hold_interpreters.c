/* What CURRICULUM promises of the two scenes of act 3 that are small interpreters, garbage and gil, asserted of their real
 * runs: from the events, never from the narration. */
#include "scenes_promise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOLDS SCENES_HOLDS
#define FIND SCENES_FIND
#define FIND_AFTER SCENES_FIND_AFTER

static bool is_there(const struct scenes_run *run, size_t at)
{
    return at < run->step_count;
}

/* ---- garbage ---- */

static const char *the_ring_falls_to_the_sweep(const struct scenes_run *run)
{
    HOLDS(scenes_finished(run));
    /* Counting: C falls at once, the ring of A and B does not when both names are gone. */
    size_t c_falls = FIND("P1.main", "memory.store", "variable used[2]", .occurrence = 2);
    HOLDS(scenes_number_at(run, c_falls) == 0);
    size_t names_gone = FIND("P1.main", "memory.store", "variable count[1]", .occurrence = 3);
    HOLDS(c_falls < names_gone && scenes_number_at(run, names_gone) == 1);
    HOLDS(scenes_number_at(run, FIND("P1.main", "memory.store", "variable count[0]", .occurrence = 3)) == 1);
    size_t a_falls = FIND("P1.main", "memory.store", "variable used[0]", .occurrence = 2);
    size_t b_falls = FIND("P1.main", "memory.store", "variable used[1]", .occurrence = 2);
    /* The sweep: only D is marked, and stays. */
    size_t marks = FIND("P1.main", "memory.store", "variable marked[3]");
    HOLDS(is_there(run, b_falls) && names_gone < marks && marks < a_falls && a_falls < b_falls);
    HOLDS(scenes_number_at(run, a_falls) == 0 && scenes_number_at(run, b_falls) == 0);
    HOLDS(!is_there(run, FIND("P1.main", "memory.store", "variable used[3]", .occurrence = 2)));
    /* The next sweep takes the young C, and does not look at the old D. */
    size_t old = FIND("P1.main", "memory.store", "variable old[3]");
    size_t c_falls_again = FIND("P1.main", "memory.store", "variable used[2]", .occurrence = 4);
    HOLDS(old < c_falls_again && scenes_number_at(run, c_falls_again) == 0);
    HOLDS(!is_there(run, FIND_AFTER(old, "P1.main", "memory.load", "variable used[3]")));
    char *text = scenes_printed(run);
    bool as_wanted = strcmp(text, "counting frees C\nthe program has D left\nsweeping frees A\nsweeping frees B\n"
                                  "sweeping frees C\n") == 0;
    free(text);
    HOLDS(as_wanted);
    return NULL;
}

static void a_ring_survives_counting_and_falls_to_the_sweep(void **state)
{
    (void)state;
    scenes_holds("garbage", NULL, the_ring_falls_to_the_sweep);
    scenes_breaks("3-synchronisation/garbage", NULL, (struct scenes_change){"garbage.c", "refer(B, A);", ""},
                  the_ring_falls_to_the_sweep);
}

/* ---- gil ---- */

/* What must hold wherever there is the lock: one holder at most, and the interpreter's own count comes out right. */
static const char *one_holder(const struct scenes_run *run)
{
    const char *holder = NULL;
    unsigned instructions = 0;
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        if (!scenes_is(step->object, "mutex gil") || !scenes_is(step->outcome, "done"))
            continue;
        if (scenes_is(step->operation, "mutex.lock")) {
            HOLDS(!holder);
            holder = step->task;
        } else {
            HOLDS(scenes_is(holder, step->task));
            holder = NULL;
        }
    }
    instructions =
        scenes_count_steps(run, (struct scenes_wanted){.operation = "memory.store", .object = "variable refs"});
    HOLDS(!holder && instructions >= 4);
    HOLDS(scenes_number_at(run, FIND("P1.main", "memory.load", "variable refs")) == 1 + (long)instructions);
    return NULL;
}

/* Virtual milliseconds from the first to the last piece of computing. */
static long computing_time(const struct scenes_run *run)
{
    size_t first = FIND(NULL, "memory.store", "variable done");
    size_t last = FIND(NULL, "memory.store", "variable done", .occurrence = 20);
    return is_there(run, last) ? scenes_time_at(run, last) - scenes_time_at(run, first) : 0;
}

static long computing_time_alone; /* on one CPU */
static const char *takes_turns(const struct scenes_run *run)
{
    HOLDS(scenes_finished(run) && !one_holder(run));
    computing_time_alone = computing_time(run);
    HOLDS(computing_time_alone > 0 && scenes_time_at(run, run->step_count - 1) == 77); /* as the beat says */
    return NULL;
}

static const char *gains_nothing(const struct scenes_run *run)
{
    HOLDS(scenes_finished(run));
    HOLDS(10 * computing_time(run) >= 8 * computing_time_alone);
    for (size_t i = 0; i < run->step_count; i++) {
        const char *one = scenes_state_at(run, i, "P1.T1"), *two = scenes_state_at(run, i, "P1.T2");
        HOLDS(!scenes_is(run->steps[i].object, "variable done") || !scenes_is(one, "running") ||
              !scenes_is(two, "running"));
    }
    return NULL;
}

/* As the beat says. */
static const char *ends_at_64(const struct scenes_run *run)
{
    HOLDS(scenes_time_at(run, run->step_count - 1) == 64);
    return NULL;
}

static const char *waits_at_the_same_time(const struct scenes_run *run)
{
    HOLDS(scenes_finished(run) && !one_holder(run));
    size_t one = FIND("P1.T1", "time.sleep", .outcome = "blocked");
    size_t two = FIND("P1.T2", "time.sleep", .outcome = "blocked");
    HOLDS(one < two && two < FIND("P1.T1", "time.sleep", .outcome = "done"));
    HOLDS(scenes_time_at(run, run->step_count - 1) == 242); /* as the beat says: less than 4 times 100 */
    return NULL;
}

static const char *counts_wrong(const struct scenes_run *run)
{
    HOLDS(scenes_failed(run, "failed") && scenes_fault_of(run, "data-race"));
    HOLDS(scenes_number_at(run, FIND("P1.main", "memory.load", "variable refs")) < 5);
    HOLDS(scenes_exit_of(run, "P1") == 1);
    return NULL;
}

static const char *loses_an_update_all_the_same(const struct scenes_run *run)
{
    HOLDS(scenes_failed(run, "failed") && !scenes_fault_of(run, "data-race") && !one_holder(run));
    HOLDS(scenes_number_at(run, FIND("P1.main", "memory.load", "variable g_num")) == 1);
    HOLDS(scenes_count_steps(run, (struct scenes_wanted){.operation = "memory.store", .object = "variable g_num"}) ==
          2);
    return NULL;
}

static void one_big_lock_protects_the_interpreter_only(void **state)
{
    (void)state;
    scenes_holds("gil", "one-cpu", takes_turns);
    scenes_holds("gil", "two-cpus", gains_nothing);
    scenes_holds("gil", "two-cpus", one_holder);
    scenes_holds("gil", "two-cpus", ends_at_64);
    scenes_holds("gil", "waiting", waits_at_the_same_time);
    scenes_holds("gil", "no-lock", counts_wrong);
    scenes_holds("gil", "update", loses_an_update_all_the_same);
    scenes_holds_always("gil", "two-cpus", 50, one_holder);
    scenes_holds_always("gil", "update", 50, one_holder);
    struct scenes_change own_lock = {"interpreter.c", "pthread_mutex_t gil",
                                     "static _Thread_local pthread_mutex_t gil"};
    scenes_breaks("3-synchronisation/gil", "two-cpus", own_lock, gains_nothing);
    scenes_breaks("3-synchronisation/gil", "one-cpu", own_lock, takes_turns);
    scenes_breaks("3-synchronisation/gil", "update",
                  (struct scenes_change){"scene.yaml", "arguments: [las]", "arguments: [ls]"},
                  loses_an_update_all_the_same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ring_survives_counting_and_falls_to_the_sweep),
        cmocka_unit_test(one_big_lock_protects_the_interpreter_only),
    };
    return cmocka_run_group_tests_name("scenes: must hold, act 3, interpreters", tests, NULL, NULL);
}
