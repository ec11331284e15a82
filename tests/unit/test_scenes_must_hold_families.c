/* What CURRICULUM promises of scenes of act 1 about parents and children (process-states, fork-tree, isolation, zombie, orphan),
 * asserted of their real runs: from the events, never from the narration. */
#include "scenes_must.h"
#include "scenes_promise.h"
#include "scenes_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool arrow_taken(const struct scenes_run *run, const char *from, const char *to)
{
    for (size_t i = 1; i < run->step_count; i++) {
        const char *task;
        json_t *value;
        json_object_foreach((json_t *)(uintptr_t)run->steps[i].states, task, value)
        {
            if (scenes_is(scenes_state(&run->steps[i - 1], task), from) && scenes_is(json_string_value(value), to))
                return true;
        }
    }
    return false;
}

static void process_states_takes_each_of_the_six_arrows(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("process-states", NULL, NULL, &run);
    scenes_must_end(&run, "finished", 0);
    assert_true(arrow_taken(&run, "new", "ready"));
    assert_true(arrow_taken(&run, "ready", "running"));
    assert_true(arrow_taken(&run, "running", "ready"));
    assert_true(arrow_taken(&run, "blocked", "ready"));
    assert_true(arrow_taken(&run, "running", "blocked") || arrow_taken(&run, "ready", "blocked"));
    assert_true(arrow_taken(&run, "running", "zombie") || arrow_taken(&run, "ready", "zombie"));
    assert_false(arrow_taken(&run, "blocked", "running"));
    /* The waiter is blocked on the pipe, uses no CPU until the byte is there, and is ready before it runs. */
    size_t blocked = scenes_must_find(&run, 0, (struct scenes_wanted){"P3.main", "pipe.read", "pipe 1", "blocked", 0});
    size_t written =
        scenes_must_find(&run, blocked, (struct scenes_wanted){"P1.main", "pipe.write", "pipe 1", "done", 0});
    size_t again = scenes_must_find(&run, blocked + 1, (struct scenes_wanted){.task = "P3.main"});
    assert_true(again > written);
    assert_string_equal(scenes_state(&run.steps[written - 1], "P3.main"), "blocked");
    assert_string_equal(scenes_state(&run.steps[written], "P3.main"), "ready");
    assert_int_equal(scenes_exit_of(&run, "P1") + scenes_exit_of(&run, "P2") + scenes_exit_of(&run, "P3"), 0);
    char *printed = scenes_printed(&run);
    assert_int_equal(scenes_count(printed, "the sum is 15"), 1);
    assert_int_equal(scenes_count(printed, "the letter is x"), 1);
    free(printed);
    scenes_run_free(&run);
}

static void fork_tree_has_four_processes_in_the_right_tree(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("fork-tree", NULL, NULL, &run);
    scenes_must_end(&run, "finished", 0);
    unsigned made = 0;
    char by_first[64] = "", by_others[64] = "";
    for (size_t i = 0; i < run.step_count; i++) {
        if (!scenes_is(run.steps[i].operation, "process.fork"))
            continue;
        const char *child = json_string_value(run.steps[i].value); /* what fork gives the parent */
        assert_non_null(child);
        made++;
        bool first = scenes_is(run.steps[i].task, "P1.main");
        strcat(first ? by_first : by_others, child);
        if (!first)
            assert_string_equal(run.steps[i].task, "P2.main");
    }
    assert_int_equal(made, 3);
    assert_string_equal(by_first, "P2P3");
    assert_string_equal(by_others, "P4");
    for (const char *const *task = (const char *const[]){"P2.main", "P3.main", "P4.main", NULL}; *task; task++) {
        size_t born = scenes_must_find(&run, 0, (struct scenes_wanted){.task = *task, .operation = "process.start"});
        assert_int_equal(scenes_number(&run.steps[born]), 0); /* what fork gives the child */
    }
    assert_true(json_is_null(run.steps[0].value)); /* the first of all is nobody's fork */
    for (const char *const *process = (const char *const[]){"P1", "P2", "P3", "P4", NULL}; *process; process++)
        assert_int_equal(scenes_exit_of(&run, *process), 0);
    assert_int_equal(json_object_size(json_object_get(run.end, "exit")), 4);
    char *printed = scenes_printed(&run);
    assert_int_equal(scenes_count(printed, "I have two children\n"), 1);
    assert_int_equal(scenes_count(printed, "I have a parent and a child\n"), 1);
    assert_int_equal(scenes_count(printed, "I have a parent and no child\n"), 2);
    free(printed);
    scenes_run_free(&run);
}

static void isolation_leaves_the_parents_variable_alone(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("isolation", NULL, NULL, &run);
    scenes_must_end(&run, "finished", 0);
    size_t stored =
        scenes_must_find(&run, 0, (struct scenes_wanted){"P2.main", "memory.store", "variable P2:g_num", "done", 0});
    assert_int_equal(scenes_number(&run.steps[stored]), 101);
    size_t loaded =
        scenes_must_find(&run, stored, (struct scenes_wanted){"P1.main", "memory.load", "variable g_num", "done", 0});
    assert_int_equal(scenes_number(&run.steps[loaded]), 100);
    char *printed = scenes_printed(&run);
    unsigned long child = 0, parent = 1;
    const char *at = strstr(printed, "child:  g_num is 101 at ");
    assert_true(at && sscanf(at, "child:  g_num is 101 at %lx", &child) == 1);
    at = strstr(printed, "parent: g_num is 100 at ");
    assert_true(at && sscanf(at, "parent: g_num is 100 at %lx", &parent) == 1);
    assert_int_equal(child, parent);
    free(printed);
    scenes_run_free(&run);
}

static void zombie_is_one_until_it_is_waited_for(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("zombie", "waited", NULL, &run);
    scenes_must_end(&run, "finished", 0);
    size_t ended = scenes_must_find(&run, 0, (struct scenes_wanted){.task = "P2.main", .operation = "process.exit"});
    size_t waited = scenes_must_find(&run, ended, (struct scenes_wanted){"P1.main", "process.wait", NULL, "done", 0});
    assert_true(waited > ended + 1);
    for (size_t i = ended; i < waited; i++)
        assert_string_equal(scenes_state(&run.steps[i], "P2.main"), "zombie");
    assert_string_equal(scenes_state(&run.steps[waited], "P2.main"), "terminated");
    assert_int_equal(scenes_exit_of(&run, "P2"), 7);
    scenes_must_print(&run, "child: I end with status 7\nparent: the child's status was 7\n");
    scenes_run_free(&run);
}

static void zombie_that_nobody_waits_for_goes_with_its_parent(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("zombie", "unwaited", NULL, &run);
    scenes_must_end(&run, "failed", 1);
    size_t ended = scenes_must_find(&run, 0, (struct scenes_wanted){.task = "P3.main", .operation = "process.exit"});
    size_t parent =
        scenes_must_find(&run, ended, (struct scenes_wanted){.task = "P2.main", .operation = "process.exit"});
    assert_true(parent > ended);
    for (size_t i = ended; i < parent; i++)
        assert_string_equal(scenes_state(&run.steps[i], "P3.main"), "zombie");
    size_t waited = scenes_must_find(&run, parent, (struct scenes_wanted){"P1.main", "process.wait", NULL, "done", 0});
    assert_string_equal(scenes_state(&run.steps[waited], "P3.main"), "terminated"); /* reaped by init */
    assert_int_equal(scenes_fault_count(&run), 1);
    assert_string_equal(json_string_value(json_object_get(scenes_fault(&run, 0), "kind")), "zombie-left");
    assert_int_equal(scenes_exit_of(&run, "P3"), 7);
    scenes_run_free(&run);
}

static void orphan_lives_on_with_another_parent(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("orphan", NULL, NULL, &run);
    scenes_must_end(&run, "finished", 0);
    size_t ended = scenes_must_find(&run, 0, (struct scenes_wanted){.task = "P2.main", .operation = "process.exit"});
    assert_string_equal(scenes_state(&run.steps[ended], "P3.main"), "blocked");
    size_t woken = scenes_must_find(&run, ended, (struct scenes_wanted){"P3.main", "time.sleep", NULL, "done", 0});
    scenes_must_find(&run, woken, (struct scenes_wanted){.task = "P3.main", .operation = "process.exit"});
    assert_int_equal(scenes_fault_count(&run), 0);
    assert_int_equal(scenes_exit_of(&run, "P3"), 0);
    /* The program asks the kernel: its parent's number has changed. */
    scenes_must_print(&run,
                      "child: my parent is the one who made me\nparent: I end first\nchild: I have been adopted\n");
    scenes_run_free(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(process_states_takes_each_of_the_six_arrows),
        cmocka_unit_test(fork_tree_has_four_processes_in_the_right_tree),
        cmocka_unit_test(isolation_leaves_the_parents_variable_alone),
        cmocka_unit_test(zombie_is_one_until_it_is_waited_for),
        cmocka_unit_test(zombie_that_nobody_waits_for_goes_with_its_parent),
        cmocka_unit_test(orphan_lives_on_with_another_parent),
    };
    return cmocka_run_group_tests_name("scenes: must hold, act 1, families", tests, NULL, NULL);
}
