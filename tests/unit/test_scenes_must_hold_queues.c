/* What CURRICULUM promises of the scenes semaphore and turn-taking of act 3, bounded-queue and pipe of act 4, asserted of their
 * real runs: from the events, never from the narration. */
#include "scenes_changed.h"
#include "scenes_must.h"
#include "scenes_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- act 3 ---- */

static void semaphore_lets_three_in_and_never_falls_below_zero(void **state)
{
    (void)state;
    static const char *const options[][5] = {{NULL}, {"--policy", "random", "--seed", "7", NULL}};
    for (size_t k = 0; k < 2; k++) {
        struct scenes_run run;
        scenes_play("semaphore", NULL, options[k], &run);
        scenes_must_end(&run, "finished", 0);
        int inside = 0, most = 0, entered = 0, refused = 0;
        for (size_t i = 0; i < run.step_count; i++) {
            const struct scenes_step *step = &run.steps[i];
            bool wait = scenes_is(step->operation, "semaphore.wait"),
                 post = scenes_is(step->operation, "semaphore.post");
            if (!wait && !post)
                continue;
            if (wait && scenes_is(step->outcome, "blocked")) {
                assert_int_equal(inside, 3);
                refused++;
                continue;
            }
            inside += wait ? 1 : -1;
            entered += wait;
            most = inside > most ? inside : most;
            assert_int_equal(scenes_number(step), 3 - inside); /* the kernel's own count */
            assert_true(scenes_number(step) >= 0);
        }
        assert_int_equal(most, 3);
        assert_int_equal(entered, 6);
        assert_int_equal(inside, 0);
        assert_true(k > 0 || refused >= 3);
        scenes_run_free(&run);
    }
}

static void turn_taking_alternates_strictly(void **state)
{
    (void)state;
    static const char *const options[][5] = {
        {NULL}, {"--policy", "fifo", NULL}, {"--policy", "random", "--seed", "7", NULL}};
    for (size_t i = 0; i < 3; i++) {
        struct scenes_run run;
        scenes_play("turn-taking", NULL, options[i], &run);
        scenes_must_end(&run, "finished", 0);
        scenes_must_exclude(&run, NULL);
        scenes_must_print(&run, "caller: Knock, knock.\ndoor:   Who is there?\ncaller: Lock.\ndoor:   Lock who?\n"
                                "caller: Lock me in, please.\ndoor:   Come in, then.\n");
        scenes_run_free(&run);
    }
}

static void a_condition_wait_lets_go_of_the_lock_and_takes_it_again(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("turn-taking", NULL, NULL, &run);
    size_t waits =
        scenes_must_find(&run, 0, (struct scenes_wanted){"P1.T1", "cond.wait", "cond changed", "blocked", 0});
    size_t taken = scenes_must_find(&run, waits, (struct scenes_wanted){"P1.T2", "mutex.lock", NULL, "done", 0});
    size_t back =
        scenes_must_find(&run, taken, (struct scenes_wanted){"P1.T1", "cond.wait", "cond changed", "done", 0});
    size_t unlocked = scenes_must_find(&run, taken, (struct scenes_wanted){"P1.T2", "mutex.unlock", NULL, "done", 0});
    assert_true(unlocked < back);
    assert_int_equal(
        scenes_find(&run, waits, (struct scenes_wanted){.task = "P1.T1", .operation = "mutex.unlock"}) > back, true);
    scenes_run_free(&run);
}

/* ---- act 4 ---- */

/* The values of a task's loads or stores whose object begins so, as text "1 2 3 ". */
static char *values_of(const struct scenes_run *run, const char *task, const char *operation, const char *object)
{
    char *all = calloc(run->step_count + 1, 24), *at = all;
    assert_non_null(all);
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        if (scenes_is(step->task, task) && scenes_is(step->operation, operation) && step->object &&
            strncmp(step->object, object, strlen(object)) == 0)
            at += sprintf(at, "%ld ", scenes_number(step));
    }
    return all;
}

static void check_values(const struct scenes_run *run, const char *task, const char *operation, const char *object,
                         const char *wanted)
{
    char *values = values_of(run, task, operation, object);
    assert_string_equal(values, wanted);
    free(values);
}

static void bounded_queue_gives_the_promised_results(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("bounded-queue", "bounded", NULL, &run);
    scenes_must_end(&run, "finished", 0);
    scenes_must_exclude(&run, NULL);
    check_values(&run, "P1.T1", "memory.store", "variable items[", "1 2 3 6 7 ");
    check_values(&run, "P1.T2", "memory.load", "variable items[", "1 2 3 6 7 ");
    long added = 0, taken = 0, most = 0;
    for (size_t i = 0; i < run.step_count; i++) {
        if (!scenes_is(run.steps[i].operation, "memory.store"))
            continue;
        if (scenes_is(run.steps[i].object, "variable added"))
            assert_int_equal(scenes_number(&run.steps[i]), ++added);
        else if (scenes_is(run.steps[i].object, "variable taken"))
            assert_int_equal(scenes_number(&run.steps[i]), ++taken);
        assert_in_range(added - taken, 0, 3);
        most = added - taken > most ? added - taken : most;
    }
    assert_true(added == 5 && taken == 5 && most == 3);
    /* The producer: gives up after a while, then waits and is let in; so the consumer, later. */
    size_t full =
        scenes_must_find(&run, 0, (struct scenes_wanted){"P1.T1", "cond.timedwait", "cond not_full", "timed-out", 0});
    assert_string_equal(run.steps[full].error, "ETIMEDOUT");
    size_t waits =
        scenes_must_find(&run, full, (struct scenes_wanted){"P1.T1", "cond.wait", "cond not_full", "blocked", 0});
    size_t goes =
        scenes_must_find(&run, waits, (struct scenes_wanted){"P1.T1", "cond.wait", "cond not_full", "done", 0});
    size_t empty = scenes_must_find(
        &run, goes, (struct scenes_wanted){"P1.T2", "cond.timedwait", "cond not_empty", "timed-out", 0});
    waits = scenes_must_find(&run, empty, (struct scenes_wanted){"P1.T2", "cond.wait", "cond not_empty", "blocked", 0});
    scenes_must_find(&run, waits, (struct scenes_wanted){"P1.T2", "cond.wait", "cond not_empty", "done", 0});
    static const char *const results[] = {"put 1: in the queue\n",
                                          "put 2: in the queue\n",
                                          "put 3: in the queue\n",
                                          "put 4: full, gave up at once\n",
                                          "put 6: in the queue\n",
                                          "put 5: full, gave up after a while\n",
                                          "put 7: in the queue\n",
                                          "get: 1\n",
                                          "get: 2\n",
                                          "get: 3\n",
                                          "get: 6\n",
                                          "get: 7\n",
                                          "get: empty, gave up at once\n",
                                          "get: empty, gave up after a while\n"};
    char *printed = scenes_printed(&run);
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        assert_int_equal(scenes_count(printed, results[i]), 1);
    assert_int_equal(scenes_count(printed, "\n"), sizeof results / sizeof *results);
    free(printed);
    scenes_run_free(&run);
}

static void unbounded_queue_is_never_full(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("bounded-queue", "unbounded", NULL, &run);
    scenes_must_end(&run, "finished", 0);
    scenes_must_exclude(&run, NULL);
    assert_int_equal(scenes_find(&run, 0, (struct scenes_wanted){.task = "P1.main", .operation = "cond.wait"}),
                     run.step_count);
    check_values(&run, "P1.main", "memory.store", "variable count", "1 2 3 4 5 ");
    check_values(&run, "P1.T1", "memory.store", "variable count", "4 3 2 1 0 ");
    char *printed = scenes_printed(&run);
    const char *at = printed;
    for (int i = 1; i <= 5; i++) {
        char line[32];
        snprintf(line, sizeof line, "get: %d\n", i);
        at = strstr(at, line); /* in the order of arrival */
        assert_non_null(at);
    }
    free(printed);
    scenes_run_free(&run);
}

/* The fields of a node are called after the node, and an address is never shown as a number. */
static void unbounded_queue_names_its_nodes_and_hides_addresses(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("bounded-queue", "unbounded", NULL, &run);
    struct scenes_wanted wanted = {.task = "P1.main", .operation = "memory.store", .object = "variable put:node->item"};
    size_t item = scenes_must_find(&run, 0, wanted);
    assert_int_equal(scenes_number(&run.steps[item]), 1);
    wanted.object = "variable put:node->next";
    size_t next = scenes_must_find(&run, item, wanted);
    assert_string_equal(json_string_value(run.steps[next].value), "NULL");
    wanted.object = "variable first";
    assert_string_equal(json_string_value(run.steps[scenes_must_find(&run, next, wanted)].value), "pointer");
    wanted.object = "variable put:node->item#2";
    item = scenes_must_find(&run, next, wanted);
    assert_int_equal(scenes_number(&run.steps[item]), 2);
    wanted.object = "variable put:node->next#2";
    assert_string_equal(json_string_value(run.steps[scenes_must_find(&run, item, wanted)].value), "NULL");
    for (size_t i = 0; i < run.step_count; i++) {
        if (scenes_is(run.steps[i].operation, "memory.load") || scenes_is(run.steps[i].operation, "memory.store"))
            assert_true(!json_is_integer(run.steps[i].value) || scenes_number(&run.steps[i]) < 4096);
    }
    scenes_run_free(&run);
}

/* Bytes in the pipe after step `last`, by what was written and read. */
static long fill(const struct scenes_run *run, size_t last)
{
    long bytes = 0;
    for (size_t i = 0; i <= last; i++) {
        const struct scenes_step *step = &run->steps[i];
        if (!scenes_is(step->object, "pipe 1") || !scenes_is(step->outcome, "done"))
            continue;
        if (scenes_is(step->operation, "pipe.write"))
            bytes += scenes_number(step);
        else if (scenes_is(step->operation, "pipe.read"))
            bytes -= scenes_number(step);
    }
    return bytes;
}

static void pipe_blocks_a_writer_at_its_capacity_and_ends(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("pipe", "full", NULL, &run);
    scenes_must_end(&run, "finished", 0);
    size_t full = scenes_must_find(&run, 0, (struct scenes_wanted){"P1.main", "pipe.write", "pipe 1", "blocked", 0});
    assert_int_equal(fill(&run, full), 4 * 4096);
    for (size_t i = 0; i < run.step_count; i++)
        assert_in_range(fill(&run, i), 0, 4 * 4096);
    size_t closed = scenes_must_find(&run, full, (struct scenes_wanted){"P1.main", "pipe.close", "pipe 1", "done", 0});
    size_t end = closed;
    do
        end = scenes_must_find(&run, end + 1, (struct scenes_wanted){"P2.main", "pipe.read", "pipe 1", "done", 0});
    while (scenes_number(&run.steps[end]) != 0);
    assert_int_equal(fill(&run, end), 0);
    scenes_must_print(&run, "reader: end of file after 6 blocks\nwriter: the reader has ended\n");
    scenes_run_free(&run);
}

static void pipe_with_a_forgotten_write_end_never_ends(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("pipe", "forgotten", NULL, &run);
    scenes_must_end(&run, "deadlock", 1);
    for (size_t i = 0; i < run.step_count; i++) {
        if (scenes_is(run.steps[i].operation, "pipe.read") && scenes_is(run.steps[i].outcome, "done"))
            assert_int_not_equal(scenes_number(&run.steps[i]), 0);
    }
    const json_t *fault = scenes_fault(&run, 0);
    assert_string_equal(json_string_value(json_object_get(fault, "kind")), "deadlock");
    assert_true(scenes_fault_names(fault, "tasks", "P1.main") && scenes_fault_names(fault, "tasks", "P2.main"));
    assert_string_equal(scenes_state(&run.steps[run.step_count - 1], "P1.main"), "blocked");
    assert_string_equal(scenes_state(&run.steps[run.step_count - 1], "P2.main"), "blocked");
    scenes_run_free(&run);
}

static void pipe_without_a_reader_gives_sigpipe_and_epipe(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("pipe", "no-reader", NULL, &run);
    scenes_must_end(&run, "finished", 0);
    size_t failed = scenes_must_find(&run, 0, (struct scenes_wanted){"P1.main", "pipe.write", "pipe 1", "failed", 0});
    assert_string_equal(run.steps[failed].error, "EPIPE");
    scenes_must_find(&run, failed, (struct scenes_wanted){.task = "P1.main", .operation = "signal.deliver"});
    scenes_must_print(&run, "writer: nobody reads (EPIPE), and SIGPIPE told me so\n");
    scenes_run_free(&run);
}

static void pipes_and_bounded_queues_end_in_any_order(void **state)
{
    (void)state;
    scenes_play_seeds("bounded-queue", "bounded", 200);
    scenes_play_seeds("bounded-queue", "unbounded", 200);
    scenes_play_seeds("pipe", "full", 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(semaphore_lets_three_in_and_never_falls_below_zero),
        cmocka_unit_test(turn_taking_alternates_strictly),
        cmocka_unit_test(a_condition_wait_lets_go_of_the_lock_and_takes_it_again),
        cmocka_unit_test(bounded_queue_gives_the_promised_results),
        cmocka_unit_test(unbounded_queue_is_never_full),
        cmocka_unit_test(unbounded_queue_names_its_nodes_and_hides_addresses),
        cmocka_unit_test(pipe_blocks_a_writer_at_its_capacity_and_ends),
        cmocka_unit_test(pipe_with_a_forgotten_write_end_never_ends),
        cmocka_unit_test(pipe_without_a_reader_gives_sigpipe_and_epipe),
        cmocka_unit_test(pipes_and_bounded_queues_end_in_any_order),
    };
    return cmocka_run_group_tests_name("scenes: must hold, acts 3 and 4, queues", tests, NULL, NULL);
}
