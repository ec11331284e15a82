/* The history: the world after any event is the one that was there, however one gets to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "history/history.h"
#include "history_events.h"

static struct history *made_history(uint64_t seed, uint32_t count, uint64_t *hashes)
{
    struct made_run run;
    made_start(&run, seed);
    struct history *history = history_new();
    assert_non_null(history);
    if (hashes)
        hashes[0] = world_hash(history_world(history));
    for (uint32_t n = 1; n <= count; n++) {
        struct event event;
        made_next(&run, &event);
        assert_int_equal(history_append(history, &event), STATUS_OK);
        if (hashes)
            hashes[n] = world_hash(history_world(history));
    }
    return history;
}

static void assert_worlds(struct history *history, const uint64_t *hashes, uint32_t count)
{
    struct made_run run;
    made_start(&run, 5);
    for (int i = 0; i < 400; i++) {
        uint32_t n = made_random(&run, count + 1);
        const struct world *world = history_world_at(history, n);
        assert_non_null(world);
        assert_true(world_hash(world) == hashes[n]);
    }
    for (uint32_t n = count; n + 600 > count; n--)
        assert_true(world_hash(history_world_at(history, n)) == hashes[n]);
    for (uint32_t n = 0; n < 600; n++)
        assert_true(world_hash(history_world_at(history, n)) == hashes[n]);
    assert_null(history_world_at(history, count + 1));
}

static void the_made_run_is_one_that_the_world_believes(void **state)
{
    (void)state;
    struct history *history = made_history(1, 3000, NULL);
    assert_int_equal(world_divergence_count(history_world(history)), 0);
    assert_true(history_steps(history) > 900);
    assert_int_equal(history_steps(history), world_step_number(history_world(history)));
    history_free(history);
}

static void the_world_after_any_event_is_the_one_that_was(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    static uint64_t hashes[COUNT + 1];
    struct history *history = made_history(2, COUNT, hashes);
    assert_worlds(history, hashes, COUNT);
    history_free(history);
}

static void few_snapshots_give_the_same_worlds(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    static uint64_t hashes[COUNT + 1];
    struct history *history = made_history(3, 1000, NULL);
    history_free(history);
    struct made_run run;
    made_start(&run, 3);
    history = history_new();
    history_snapshot_budget(history, 200000);
    hashes[0] = world_hash(history_world(history));
    for (uint32_t n = 1; n <= COUNT; n++) {
        struct event event;
        made_next(&run, &event);
        assert_int_equal(history_append(history, &event), STATUS_OK);
        hashes[n] = world_hash(history_world(history));
    }
    struct made_run random;
    made_start(&random, 6);
    for (int i = 0; i < 100; i++) {
        uint32_t n = made_random(&random, COUNT + 1);
        assert_true(world_hash(history_world_at(history, n)) == hashes[n]);
    }
    history_free(history);
}

static void before_and_after_can_be_looked_at_together(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    static uint64_t hashes[COUNT + 1];
    struct history *history = made_history(4, COUNT, hashes);
    for (uint32_t n = 2990; n > 100; n -= 37) {
        const struct world *after = history_world_at(history, n);
        const struct world *before = history_world_at(history, n - 1);
        assert_ptr_not_equal(before, after);
        assert_true(world_hash(before) == hashes[n - 1]);
        assert_true(world_hash(after) == hashes[n]);
        before = history_world_at(history, n - 2);
        after = history_world_at(history, n - 1);
        assert_true(world_hash(before) == hashes[n - 2]);
        assert_true(world_hash(after) == hashes[n - 1]);
    }
    history_free(history);
}

static void steps_are_found_by_number(void **state)
{
    (void)state;
    struct history *history = made_history(5, 4000, NULL);
    for (uint32_t step = 1; step <= history_steps(history); step += 13) {
        uint32_t number = history_step_event(history, step);
        struct event event;
        assert_true(history_event(history, number, &event));
        assert_int_equal(event.kind, EVENT_GOT);
        assert_int_equal(history_step_at(history, number), step);
        assert_int_equal(history_step_at(history, number - 1), step - 1);
        uint32_t last = history_step_last(history, step);
        assert_true(last >= number);
        assert_true(last == history_count(history) ||
                    (history_event(history, last + 1, &event) && event.kind == EVENT_GRANTED));
        assert_int_equal(world_step_number(history_world_step(history, step)), step);
    }
    assert_int_equal(world_step_number(history_world_step(history, 0)), 0);
    history_free(history);
}

static void the_schedule_is_the_choices_made(void **state)
{
    (void)state;
    struct history *history = history_new();
    static const int64_t choices[][2] = {{1, 0}, {2, 0}, {3, 0}, {2, 1}, {1, 0}, {2, 1}, {3, 2}};
    struct made_run run;
    made_start(&run, 1);
    struct event event;
    while (made_beginning(&run, &event))
        history_append(history, &event);
    uint32_t before = history_count(history);
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        event = (struct event){
            .kind = EVENT_GRANTED, .task = 1, .value = GRANT_PERFORM, .argument = {0, choices[i][0], choices[i][1]}};
        history_append(history, &event); /* not a run that makes sense, which the log does not mind */
    }
    char *text = history_schedule(history, history_count(history));
    assert_string_equal(text, "0x2.1x2.2");
    free(text);
    text = history_schedule(history, before + 3);
    assert_string_equal(text, "0x2");
    free(text);
    text = history_schedule(history, 0);
    assert_string_equal(text, "");
    free(text);
    history_free(history);
}

static void a_text_is_escaped_before_it_is_kept(void **state)
{
    (void)state;
    struct history *history = history_new();
    struct event event = {.kind = EVENT_STRING, .text = 1, .payload = "a\033[2Jb", .length = 6};
    assert_int_equal(history_append(history, &event), STATUS_OK);
    assert_string_equal(world_text(history_world(history), 1), "a\xE2\x90\x9B[2Jb");
    assert_true(history_event(history, 1, &event));
    assert_memory_equal(event.payload, "a\xE2\x90\x9B[2Jb", event.length);
    history_free(history);
}

static void what_cannot_be_kept_changes_nothing(void **state)
{
    (void)state;
    struct history *history = made_history(1, 100, NULL);
    uint64_t hash = world_hash(history_world(history));
    struct event event = {.kind = EVENT_KIND_COUNT};
    assert_int_equal(history_append(history, &event), STATUS_INVALID);
    assert_int_equal(history_count(history), 100);
    assert_true(world_hash(history_world(history)) == hash);
    history_free(history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_made_run_is_one_that_the_world_believes),
        cmocka_unit_test(the_world_after_any_event_is_the_one_that_was),
        cmocka_unit_test(few_snapshots_give_the_same_worlds),
        cmocka_unit_test(before_and_after_can_be_looked_at_together),
        cmocka_unit_test(steps_are_found_by_number),
        cmocka_unit_test(the_schedule_is_the_choices_made),
        cmocka_unit_test(a_text_is_escaped_before_it_is_kept),
        cmocka_unit_test(what_cannot_be_kept_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
