/* What CURRICULUM promises of the scene coroutine of act 5: switches that the system does not see; asserted and seen to fail
 * as in test_scenes_must_hold_waiting.c. */
#include "scenes_act.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static long end_of(const struct scenes_run *run)
{
    return run->step_count ? scenes_time_at(run, run->step_count - 1) : 0;
}

/* ---- coroutine ---- */

/* One thread, which nobody ever had to choose, and which runs on at each switch. */
static const char *one_thread_for_the_system(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(scenes_is(json_string_value(json_object_get(run->end, "schedule")), ""));
    unsigned switches = 0;
    for (size_t i = 0; i < run->step_count; i++) {
        SCENES_HOLDS(scenes_is(run->steps[i].task, "P1.main"));
        SCENES_HOLDS(!scenes_is(run->steps[i].operation, "thread.create"));
        bool is_switch = scenes_is(run->steps[i].operation, "coroutine.switch") ||
                         scenes_is(run->steps[i].operation, "coroutine.end");
        SCENES_HOLDS(!is_switch || scenes_is_running(run, i, "P1.main"));
        switches += is_switch;
    }
    SCENES_HOLDS(switches >= 8);
    return NULL;
}

static const char *the_thread_blocks_for_both(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_blocked_times(run, "P1.main", "io.poll") == 2);
    SCENES_HOLDS(scenes_blocked_times(run, "P1.main", NULL) == 2);
    return one_thread_for_the_system(run);
}

/* A coroutine's own stack is nobody else's business, wherever it lies; what lies beyond it is, as in any thread. */
static void its_stack_does_not_step_and_globals_do(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play_changed("5-waiting/coroutine", "computing",
                        (struct scenes_change){"computing.c", "int main(int count, char **arguments)\n{\n",
                                               "#include <pthread.h>\n"
                                               "static void *nothing(void *unused)\n{\n    return unused;\n}\n"
                                               "int main(int count, char **arguments)\n{\n    pthread_t thread;\n"
                                               "    pthread_create(&thread, NULL, nothing, NULL);\n"
                                               "    pthread_join(thread, NULL);\n"},
                        &run);
    unsigned sums = 0, flags = 0;
    for (size_t i = 0; i < run.step_count; i++) {
        if (strncmp(run.steps[i].operation, "memory.", 7) != 0)
            continue;
        if (scenes_count(run.steps[i].object, "stacks") || scenes_count(run.steps[i].object, "#"))
            fail_msg("%s %s", run.steps[i].operation, run.steps[i].object);
        sums += scenes_count(run.steps[i].object, "variable sum[") > 0;
        flags += scenes_is(run.steps[i].object, "variable taking_turns");
    }
    assert_int_equal(sums, 14);
    assert_int_equal(flags, 8);
    assert_true(scenes_finished(&run));
    scenes_run_free(&run);
}

static long time_of(const char *variant)
{
    struct scenes_run run;
    scenes_play("coroutine", variant, NULL, &run);
    assert_true(scenes_finished(&run));
    long time = end_of(&run);
    scenes_run_free(&run);
    return time;
}

static long one_by_one; /* the time of the serial variant */
static const char *is_quicker(const struct scenes_run *run)
{
    SCENES_HOLDS(end_of(run) < one_by_one);
    return NULL;
}
static const char *is_not_quicker(const struct scenes_run *run)
{
    SCENES_HOLDS(end_of(run) >= one_by_one);
    return NULL;
}

static void the_switch_is_the_programs_own(void **state)
{
    (void)state;
    scenes_holds("coroutine", "io", the_thread_blocks_for_both);
    scenes_holds("coroutine", "computing", one_thread_for_the_system);
    const char *folder = "5-waiting/coroutine";
    scenes_breaks(folder, "io", (struct scenes_change){"io.c", "        if (taking_turns)\n", "        if (0)\n"},
                  the_thread_blocks_for_both);
    scenes_breaks(folder, "computing",
                  (struct scenes_change){"computing.c", "        sum[me] += i;",
                                         "        sum[me] += i, sleep(0);"
                                         "\n        if (fork() == 0) _exit(0);"},
                  one_thread_for_the_system);
    /* good where they wait, a loss where they compute; the figures are those of the narration */
    one_by_one = time_of("io-serial");
    assert_int_equal(one_by_one, 132);
    assert_int_equal(time_of("io"), 79);
    scenes_holds("coroutine", "io", is_quicker);
    scenes_breaks(folder, "io", (struct scenes_change){"io.c", "\"serial\") != 0", "\"serial\") == 0"}, is_quicker);
    one_by_one = time_of("computing-serial");
    assert_int_equal(one_by_one, 17);
    assert_int_equal(time_of("computing"), 28);
    scenes_holds("coroutine", "computing", is_not_quicker);
    scenes_breaks(folder, "computing", (struct scenes_change){"computing.c", "ROUNDS = 3", "ROUNDS = 1"},
                  is_not_quicker);
}

/* Where nothing is held the switches are told just so: from which to which, and who goes on when one has returned. */
static void in_real_time_the_same_switches_are_told(void **state)
{
    (void)state;
    struct scenes_run held, live;
    scenes_play("coroutine", "computing", NULL, &held);
    scenes_play("coroutine", "computing", (const char *const[]){"--live", NULL}, &live);
    unsigned told = 0;
    size_t at = 0;
    for (size_t i = 0; i < json_array_size(live.lines); i++) {
        const json_t *line = json_array_get(live.lines, i);
        const char *operation = json_string_value(json_object_get(line, "operation"));
        if (!operation || strncmp(operation, "coroutine.", 10) != 0)
            continue;
        const json_t *wanted = NULL;
        for (; at < json_array_size(held.lines) && !wanted; at++) {
            const json_t *other = json_array_get(held.lines, at);
            const char *its = json_string_value(json_object_get(other, "operation"));
            wanted = its && strncmp(its, "coroutine.", 10) == 0 ? other : NULL;
        }
        assert_non_null(wanted);
        assert_string_equal(json_string_value(json_object_get(line, "say")),
                            json_string_value(json_object_get(wanted, "say")));
        told++;
    }
    assert_int_equal(told, 11);
    scenes_run_free(&held);
    scenes_run_free(&live);
}

/* ---- all of them ---- */

static const struct scenes_listed scenes[] = {
    {"coroutine", "io", "coroutine/io.c", "turns", "has its answers\n", 0, false},
    {"coroutine", "io-serial", "coroutine/io.c", "serial", "A has its answers\nB has its answers\n", 0, false},
    {"coroutine", "computing", "coroutine/computing.c", "turns", "6 and 6\n", 0, false},
    {"coroutine", "computing-serial", "coroutine/computing.c", "serial", "6 and 6\n", 0, false},
};
static struct scenes_act act = {.folder = "5-waiting", .scenes = scenes, .scene_count = sizeof scenes / sizeof *scenes};

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_switch_is_the_programs_own),
        cmocka_unit_test(its_stack_does_not_step_and_globals_do),
        cmocka_unit_test(in_real_time_the_same_switches_are_told),
        cmocka_unit_test_prestate(scenes_every_program_runs_without_lockstep, &act),
        cmocka_unit_test_prestate(scenes_every_run_is_the_same_twice, &act),
    };
    return cmocka_run_group_tests_name("scenes: must hold, coroutines", tests, NULL, NULL);
}
