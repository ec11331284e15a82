/* What CURRICULUM promises of the scenes of act 2 in which somebody waits for ever, and of their cures; asserted and seen to
 * fail as in test_scenes_must_hold_threads.c. (deadlock: test_scenes_must_hold_races.c.) */
#include "scenes_act.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static size_t names_in(const json_t *fault, const char *key)
{
    return json_array_size(json_object_get(fault, key));
}

/* ---- self-deadlock ---- */

static const char *a_ring_of_one(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_failed(run, "deadlock"));
    const json_t *fault = scenes_fault_of(run, "self-deadlock");
    SCENES_HOLDS(fault && names_in(fault, "tasks") == 1 && scenes_fault_names(fault, "tasks", "P1.T1"));
    SCENES_HOLDS(names_in(fault, "objects") == 1 && scenes_fault_names(fault, "objects", "mutex account"));
    size_t again = SCENES_FIND("P1.T1", "mutex.lock", "mutex account", "blocked");
    SCENES_HOLDS(again < run->step_count &&
                 json_integer_value(json_object_get(fault, "step")) == run->steps[again].step);
    return NULL;
}

static const char *refused_with_edeadlk(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t again = SCENES_FIND("P1.T1", "mutex.lock", "mutex account", "failed");
    SCENES_HOLDS(again < run->step_count && scenes_is(run->steps[again].error, "EDEADLK"));
    return NULL;
}

static void a_normal_lock_taken_twice_is_a_ring_of_one(void **state)
{
    (void)state;
    scenes_holds("self-deadlock", "normal", a_ring_of_one);
    scenes_holds("self-deadlock", "checked", refused_with_edeadlk);
    scenes_holds_always("self-deadlock", "checked", 200, refused_with_edeadlk);
    scenes_breaks("2-threads/self-deadlock", "checked",
                  (struct scenes_change){"checked.c", "PTHREAD_MUTEX_ERRORCHECK", "PTHREAD_MUTEX_NORMAL"},
                  refused_with_edeadlk);
}

/* ---- deadlock-timeout ---- */

static const char *busy_for_ever(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_failed(run, "failed"));
    SCENES_HOLDS(!scenes_fault_of(run, "deadlock"));
    const json_t *fault = scenes_fault_of(run, "livelock");
    SCENES_HOLDS(fault && names_in(fault, "tasks") == 2);
    SCENES_HOLDS(scenes_fault_names(fault, "tasks", "P1.T1") && scenes_fault_names(fault, "tasks", "P1.T2"));
    unsigned given_up = 0;
    for (size_t i = 0; i < run->step_count; i++)
        given_up += scenes_is_step(&run->steps[i], "mutex.timedlock", "timed-out");
    SCENES_HOLDS(given_up >= 20 && !SCENES_IS_THERE(NULL, "mutex.timedlock", NULL, "done"));
    return NULL;
}

static const char *both_get_both(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(SCENES_IS_THERE("P1.T1", "mutex.timedlock", NULL, "done") &&
                 SCENES_IS_THERE("P1.T2", "mutex.timedlock", NULL, "done"));
    return NULL;
}

static const char *after_a_collision(const struct scenes_run *run)
{
    SCENES_HOLDS(SCENES_IS_THERE("P1.T1", "mutex.timedlock", NULL, "timed-out"));
    return both_get_both(run);
}

static void equal_patience_can_collide_for_ever(void **state)
{
    (void)state;
    scenes_holds("deadlock-timeout", "faulty", busy_for_ever);
    scenes_holds("deadlock-timeout", "cured", after_a_collision);
    scenes_holds_always("deadlock-timeout", "cured", 200, both_get_both);
    scenes_breaks("2-threads/deadlock-timeout", "cured",
                  (struct scenes_change){"unequal.c", "lock_within(&A, 50)", "lock_within(&A, 20)"}, both_get_both);
}

/* ---- deadlock-ordering ---- */

static const char *a_ring_of_two(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_failed(run, "deadlock"));
    const json_t *fault = scenes_fault_of(run, "deadlock");
    SCENES_HOLDS(fault && names_in(fault, "tasks") == 2 && names_in(fault, "objects") == 2);
    SCENES_HOLDS(scenes_fault_names(fault, "objects", "mutex accounts[0].lock"));
    SCENES_HOLDS(scenes_fault_names(fault, "objects", "mutex accounts[1].lock"));
    return NULL;
}

static const char *locks_are_taken_in_order(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        if (scenes_is_step(step, "mutex.lock", NULL) && scenes_is(step->object, "mutex accounts[0].lock"))
            SCENES_HOLDS(!scenes_is(scenes_mutex_holder(run, i, "mutex accounts[1].lock"), step->task));
    }
    SCENES_HOLDS(strstr(scenes_all_printed(run), "120 and 80\n") != NULL);
    return NULL;
}

static void one_order_closes_no_ring(void **state)
{
    (void)state;
    scenes_holds("deadlock-ordering", "faulty", a_ring_of_two);
    scenes_holds("deadlock-ordering", "cured", locks_are_taken_in_order);
    scenes_holds_always("deadlock-ordering", "cured", 200, locks_are_taken_in_order);
    scenes_breaks("2-threads/deadlock-ordering", "cured",
                  (struct scenes_change){"ordered.c", "from->number < to->number", "from->number != to->number"},
                  locks_are_taken_in_order);
}

/* ---- banker ---- */

enum { CUSTOMERS = 3 };
struct tables {
    long available, request[CUSTOMERS], allocation[CUSTOMERS], need[CUSTOMERS];
};

static void enter(struct tables *tables, const struct scenes_step *step)
{
    char column[16];
    int row;
    if (!scenes_is_step(step, "memory.store", "done") || !step->object)
        return;
    if (scenes_is(step->object, "variable available"))
        tables->available = scenes_number(step);
    else if (sscanf(step->object, "variable customers[%d].%15s", &row, column) == 2 && row >= 0 && row < CUSTOMERS) {
        long *table = scenes_is(column, "request")      ? tables->request
                      : scenes_is(column, "allocation") ? tables->allocation
                                                        : tables->need;
        table[row] = scenes_number(step);
    }
}

/* The test's own look: is there an order of all six in which each one's need can be met? */
static bool is_safe(const struct tables *tables)
{
    static const int orders[6][CUSTOMERS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t i = 0; i < 6; i++) {
        long money = tables->available;
        int served = 0;
        while (served < CUSTOMERS && tables->need[orders[i][served]] <= money)
            money += tables->allocation[orders[i][served++]];
        if (served == CUSTOMERS)
            return true;
    }
    return false;
}

/* What was seen at the moments at which nobody is in the bank. */
struct banking {
    unsigned unsafe, put_off; /* states; requests within what was there that had to wait */
    struct tables last;
};

static struct banking bank_of(const struct scenes_run *run)
{
    struct banking seen = {.last = {.available = 10, .need = {8, 5, 7}}};
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        enter(&seen.last, step);
        bool waits = scenes_is_step(step, "cond.wait", "blocked");
        if (waits || scenes_is_step(step, "mutex.unlock", NULL))
            seen.unsafe += !is_safe(&seen.last);
        int number = 0;
        if (waits && sscanf(step->task, "P1.T%d", &number) == 1 && number <= CUSTOMERS)
            seen.put_off += seen.last.request[number - 1] <= seen.last.available;
    }
    return seen;
}

static const char *every_state_is_safe_and_all_finish(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    struct banking seen = bank_of(run);
    SCENES_HOLDS(seen.unsafe == 0);
    SCENES_HOLDS(seen.last.available == 10);
    for (int i = 0; i < CUSTOMERS; i++)
        SCENES_HOLDS(seen.last.need[i] == 0 && seen.last.allocation[i] == 0);
    return NULL;
}

static const char *a_request_within_reach_is_put_off(const struct scenes_run *run)
{
    SCENES_HOLDS(bank_of(run).put_off > 0);
    return every_state_is_safe_and_all_finish(run);
}

static const char *greed_ends_in_a_deadlock(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_failed(run, "deadlock") && scenes_fault_of(run, "deadlock"));
    struct banking seen = bank_of(run);
    SCENES_HOLDS(seen.unsafe > 0);
    return NULL;
}

static void the_banker_grants_only_what_is_safe(void **state)
{
    (void)state;
    scenes_holds("banker", "banker", a_request_within_reach_is_put_off);
    scenes_holds_always("banker", "banker", 200, every_state_is_safe_and_all_finish);
    scenes_holds("banker", "greedy", greed_ends_in_a_deadlock);
    scenes_breaks("2-threads/banker", "banker",
                  (struct scenes_change){"banker.c", "if (!is_safe(money - amount, trial))",
                                         "if (!is_safe(money - amount, trial) && amount > money)"},
                  a_request_within_reach_is_put_off);
}

/* ---- philosophers ---- */

static const char *a_ring_of_five(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_failed(run, "deadlock"));
    const json_t *fault = scenes_fault_of(run, "deadlock");
    SCENES_HOLDS(fault && names_in(fault, "tasks") == 5 && names_in(fault, "objects") == 5);
    SCENES_HOLDS(scenes_count(scenes_all_printed(run), "eats") == 0);
    return NULL;
}

static const char *everybody_eats(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run) && scenes_count(scenes_all_printed(run), "eats\n") == 5);
    return NULL;
}

static void five_forks_can_close_a_ring(void **state)
{
    (void)state;
    scenes_holds("philosophers", "faulty", a_ring_of_five);
    scenes_holds("philosophers", "cured", everybody_eats);
    scenes_holds_always("philosophers", "cured", 200, everybody_eats);
    scenes_breaks("2-threads/philosophers", "cured",
                  (struct scenes_change){"ordered.c", "if (second < first)", "if (second < 0)"}, everybody_eats);
}

/* ---- killed-holding-lock ---- */

static const char *the_survivor_waits_for_ever(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_failed(run, "deadlock"));
    size_t killed = SCENES_FIND("P1.main", "signal.send");
    SCENES_HOLDS(scenes_is(scenes_mutex_holder(run, killed, "mutex shared->lock"), "P2.main"));
    size_t asks = SCENES_FIND_AFTER(killed, "P1.main", "mutex.lock", "mutex shared->lock", "blocked");
    SCENES_HOLDS(asks == run->step_count - 1);
    SCENES_HOLDS(scenes_is(scenes_state(&run->steps[asks], "P1.main"), "blocked"));
    SCENES_HOLDS(scenes_is(scenes_state(&run->steps[asks], "P2.main"), "terminated"));
    SCENES_HOLDS(scenes_fault_names(scenes_fault_of(run, "deadlock"), "tasks", "P1.main"));
    return NULL;
}

static const char *the_next_owner_is_told(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t killed = SCENES_FIND("P1.main", "signal.send");
    SCENES_HOLDS(scenes_is(scenes_mutex_holder(run, killed, "mutex shared->lock"), "P2.main"));
    size_t taken = SCENES_FIND_AFTER(killed, "P1.main", "mutex.lock", "mutex shared->lock", "done");
    SCENES_HOLDS(taken < run->step_count && scenes_is(run->steps[taken].error, "EOWNERDEAD"));
    size_t whole = SCENES_FIND_AFTER(taken, "P1.main", "mutex.consistent");
    SCENES_HOLDS(SCENES_FIND_AFTER(whole, "P1.main", "mutex.unlock", NULL, "done") < run->step_count);
    return NULL;
}

static void a_killed_owner_unlocks_nothing(void **state)
{
    (void)state;
    scenes_holds("killed-holding-lock", "faulty", the_survivor_waits_for_ever);
    scenes_holds("killed-holding-lock", "cured", the_next_owner_is_told);
    scenes_holds_always("killed-holding-lock", "cured", 200, the_next_owner_is_told);
    scenes_breaks("2-threads/killed-holding-lock", "cured",
                  (struct scenes_change){"robust.c", "PTHREAD_MUTEX_ROBUST", "PTHREAD_MUTEX_STALLED"},
                  the_next_owner_is_told);
}

/* ---- all of them ---- */

static const struct scenes_listed scenes[] = {
    {"self-deadlock", "normal", NULL, NULL, NULL, 0, false},
    {"self-deadlock", "checked", "self-deadlock/checked.c", NULL, "deposit: I have this lock already\n", 0, false},
    {"deadlock-timeout", "faulty", NULL, NULL, NULL, 0, false},
    {"deadlock-timeout", "cured", "deadlock-timeout/unequal.c", NULL, "main: both are done\n", 0, false},
    {"deadlock-ordering", "faulty", NULL, NULL, NULL, 0, false},
    {"deadlock-ordering", "cured", "deadlock-ordering/ordered.c", NULL, "120 and 80\n", 0, false},
    {"banker", "banker", "banker/banker.c", NULL, "all served, 10 in the bank\n", 0, false},
    {"banker", "greedy", NULL, NULL, NULL, 0, false},
    {"philosophers", "faulty", NULL, NULL, NULL, 0, false},
    {"philosophers", "cured", "philosophers/ordered.c", NULL, "everybody has eaten\n", 0, false},
    {"killed-holding-lock", "faulty", NULL, NULL, NULL, 0, false},
    {"killed-holding-lock", "cured", "killed-holding-lock/robust.c", NULL, "parent: its owner died, number was 1\n", 0,
     false},
};
static struct scenes_act act = {.folder = "2-threads", .scenes = scenes, .scene_count = sizeof scenes / sizeof *scenes};

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_normal_lock_taken_twice_is_a_ring_of_one),
        cmocka_unit_test(equal_patience_can_collide_for_ever),
        cmocka_unit_test(one_order_closes_no_ring),
        cmocka_unit_test(the_banker_grants_only_what_is_safe),
        cmocka_unit_test(five_forks_can_close_a_ring),
        cmocka_unit_test(a_killed_owner_unlocks_nothing),
        cmocka_unit_test_prestate(scenes_every_program_runs_without_lockstep, &act),
        cmocka_unit_test_prestate(scenes_every_run_is_the_same_twice, &act),
    };
    return cmocka_run_group_tests_name("scenes: must hold, act 2, deadlocks", tests, NULL, NULL);
}
