/* What CURRICULUM promises of the scenes race, mutex and deadlock of act 2, asserted of their real runs: from the events,
 * never from the narration. */
#include "scenes_must.h"
#include "scenes_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void race_loses_updates_and_is_found(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("race", NULL, NULL, &run);
    scenes_must_end(&run, "failed", 1);
    struct scenes_wanted load = {.operation = "memory.load", .object = "variable g_num", .outcome = "done"};
    size_t one = scenes_must_find(&run, 0, load);
    size_t two = scenes_must_find(&run, one + 1, load);
    size_t store =
        scenes_must_find(&run, 0, (struct scenes_wanted){.operation = "memory.store", .object = "variable g_num"});
    assert_true(two < store);
    assert_string_not_equal(run.steps[one].task, run.steps[two].task);
    assert_int_equal(scenes_number(&run.steps[one]), scenes_number(&run.steps[two]));
    size_t last =
        scenes_must_find(&run, 0, (struct scenes_wanted){"P1.main", "memory.load", "variable g_num", "done", 0});
    assert_true(scenes_number(&run.steps[last]) < 6);
    bool found = false;
    for (size_t i = 0; i < scenes_fault_count(&run); i++) {
        const json_t *fault = scenes_fault(&run, i);
        const json_t *places = json_object_get(fault, "source");
        assert_string_equal(json_string_value(json_object_get(fault, "kind")), "data-race");
        assert_true(scenes_fault_names(fault, "objects", "variable g_num"));
        assert_true(scenes_fault_names(fault, "tasks", "P1.T1") && scenes_fault_names(fault, "tasks", "P1.T2"));
        assert_int_equal(json_array_size(places), 2);
        for (size_t k = 0; k < 2; k++)
            assert_true(
                scenes_line_holds("2-threads/race", json_string_value(json_array_get(places, k)), "g_num += 1"));
        found = true;
    }
    assert_true(found);
    scenes_run_free(&run);
}

static void only_the_holder_touches_g_num(const struct scenes_step *step, const char *holder)
{
    if (scenes_is(step->object, "variable g_num") && !scenes_is(step->task, "P1.main") &&
        !scenes_is(step->task, holder))
        fail_msg("step %ld: %s uses g_num without the lock", step->step, step->task);
}

static void mutex_is_exact_under_many_schedules(void **state)
{
    (void)state;
    static const char *const options[][5] = {
        {NULL},
        {"--policy", "fifo", NULL},
        {"--policy", "random", "--seed", "1", NULL},
        {"--policy", "random", "--seed", "2", NULL},
        {"--policy", "random", "--seed", "3", NULL},
        {"--policy", "pct", "--seed", "7", NULL},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct scenes_run run;
        scenes_play("mutex", NULL, options[i], &run);
        scenes_must_end(&run, "finished", 0);
        scenes_must_exclude(&run, only_the_holder_touches_g_num);
        assert_int_equal(scenes_fault_count(&run), 0);
        size_t last =
            scenes_must_find(&run, 0, (struct scenes_wanted){"P1.main", "memory.load", "variable g_num", "done", 0});
        assert_int_equal(scenes_number(&run.steps[last]), 6);
        scenes_must_print(&run, "g_num is 6, and should be 6\n");
        /* The array is watched as a whole; its first place is still called by its own name. */
        scenes_must_find(&run, 0, (struct scenes_wanted){"P1.T1", "memory.store", "variable prepared[0]", "done", 3});
        scenes_must_find(&run, 0, (struct scenes_wanted){"P1.T2", "memory.store", "variable prepared[1]", "done", 3});
        scenes_run_free(&run);
    }
}

static void mutex_serialises_nothing_but_the_critical_section(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("mutex", NULL, NULL, &run);
    scenes_must_find(&run, 0, (struct scenes_wanted){"P1.T2", "mutex.lock", "mutex A", "blocked", 0});
    size_t has = scenes_must_find(&run, 0, (struct scenes_wanted){"P1.T2", "mutex.lock", "mutex A", "done", 0});
    size_t gone = scenes_must_find(&run, has, (struct scenes_wanted){"P1.T2", "mutex.unlock", "mutex A", "done", 0});
    bool overlaps = false;
    for (size_t i = has; i < gone; i++)
        overlaps |= scenes_is(run.steps[i].task, "P1.T1") && strncmp(run.steps[i].operation, "memory.", 7) == 0;
    assert_true(overlaps);
    scenes_run_free(&run);
}

static void deadlock_is_told_when_the_ring_closes(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("deadlock", "faulty", NULL, &run);
    scenes_must_end(&run, "deadlock", 1);
    scenes_must_exclude(&run, NULL);
    size_t one = scenes_must_find(&run, 0, (struct scenes_wanted){"P1.T1", "mutex.lock", "mutex B", "blocked", 0});
    size_t two = scenes_must_find(&run, 0, (struct scenes_wanted){"P1.T2", "mutex.lock", "mutex A", "blocked", 0});
    assert_true(scenes_line_holds("2-threads/deadlock", run.steps[one].source, "pthread_mutex_lock(&B)"));
    assert_true(scenes_line_holds("2-threads/deadlock", run.steps[two].source, "pthread_mutex_lock(&A)"));
    assert_int_equal(scenes_fault_count(&run), 1);
    const json_t *fault = scenes_fault(&run, 0);
    assert_string_equal(json_string_value(json_object_get(fault, "kind")), "deadlock");
    assert_int_equal(json_array_size(json_object_get(fault, "tasks")), 2);
    assert_true(scenes_fault_names(fault, "tasks", "P1.T1") && scenes_fault_names(fault, "tasks", "P1.T2"));
    assert_int_equal(json_array_size(json_object_get(fault, "objects")), 2);
    assert_true(scenes_fault_names(fault, "objects", "mutex A") && scenes_fault_names(fault, "objects", "mutex B"));
    long closes = run.steps[one > two ? one : two].step;
    assert_int_equal(json_integer_value(json_object_get(fault, "step")), closes);
    assert_int_equal(run.steps[run.step_count - 1].step, closes);
    scenes_run_free(&run);
}

static void one_order_for_all_never_deadlocks(void **state)
{
    (void)state;
    static const char *const options[][5] = {
        {NULL},
        {"--policy", "rr", NULL},
        {"--policy", "random", "--seed", "1", NULL},
        {"--policy", "random", "--seed", "2", NULL},
        {"--policy", "random", "--seed", "3", NULL},
        {"--policy", "pct", "--seed", "7", NULL},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct scenes_run run;
        scenes_play("deadlock", "cured", options[i], &run);
        scenes_must_end(&run, "finished", 0);
        scenes_must_exclude(&run, NULL);
        assert_int_equal(scenes_fault_count(&run), 0);
        scenes_run_free(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(race_loses_updates_and_is_found),
        cmocka_unit_test(mutex_is_exact_under_many_schedules),
        cmocka_unit_test(mutex_serialises_nothing_but_the_critical_section),
        cmocka_unit_test(deadlock_is_told_when_the_ring_closes),
        cmocka_unit_test(one_order_for_all_never_deadlocks),
    };
    return cmocka_run_group_tests_name("scenes: must hold, act 2, races", tests, NULL, NULL);
}
