/* Policies compared: the numbers are those of real runs, the ones that textbooks compute and the scenes tell. */
#include "app/comparison.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct paths paths;

struct wanted {
    const char *title;
    int64_t ticks;
    unsigned rows;
    int64_t turnaround[3], response[3];
};

static void must_be(const char *path, size_t variant, const struct wanted *wanted, size_t count, size_t jobs)
{
    struct scene *scene = NULL;
    struct scene_errors *errors = calloc(1, sizeof *errors);
    struct arena *arena = arena_new();
    assert_non_null(errors);
    assert_non_null(arena);
    assert_int_equal(scene_read(path, &scene, errors), STATUS_OK);
    struct comparison *comparison = comparison_new(scene, &paths);
    const struct stage_comparison *frame = comparison_frame(comparison, false, variant, arena);
    assert_non_null(frame);
    assert_int_equal(frame->count, count);
    for (size_t i = 0; i < count; i++) {
        const struct stage_compared *run = &frame->runs[i];
        assert_string_equal(run->title, wanted[i].title);
        assert_int_equal(run->shown, i == variant);
        assert_int_equal(run->end - run->begin, wanted[i].ticks);
        assert_int_equal(run->rows, wanted[i].rows);
        assert_int_equal(run->job_count, jobs);
        for (size_t k = 0; k < jobs; k++) {
            assert_int_equal(run->jobs[k].turnaround, wanted[i].turnaround[k]);
            assert_int_equal(run->jobs[k].response, wanted[i].response[k]);
        }
    }
    comparison_free(comparison);
    scene_free(scene);
    arena_free(arena);
    free(errors);
}

static void jobs_of_12_6_and_3_steps_take_what_the_textbook_computes(void **state)
{
    (void)state;
    static const struct wanted wanted[] = {
        {"First come, first served", 21, 1, {12, 18, 21}, {0, 12, 18}},
        {"Shortest job first", 21, 1, {21, 9, 3}, {9, 3, 0}},
        {"Round robin", 21, 1, {21, 15, 9}, {0, 3, 6}},
    };
    must_be(LOCKSTEP_SOURCE_DIR "/scenes/1-processes/scheduling-policies", 1, wanted, 3, 3);
}

static void each_step_of_history_made_the_pile_sooner_and_the_letter_much_sooner(void **state)
{
    (void)state;
    struct scene *scene = NULL;
    struct scene_errors *errors = calloc(1, sizeof *errors);
    struct arena *arena = arena_new();
    assert_int_equal(scene_read(LOCKSTEP_SOURCE_DIR "/scenes/1-processes/os-history", &scene, errors), STATUS_OK);
    struct comparison *comparison = comparison_new(scene, &paths);
    const struct stage_comparison *frame = comparison_frame(comparison, true, 0, arena);
    assert_non_null(frame);
    static const int64_t all[] = {133, 73, 61, 54};
    assert_int_equal(frame->count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(frame->runs[i].end, all[i]);
        /* The letter, P4, is done sooner each time. */
        if (i > 0)
            assert_true(frame->runs[i].jobs[2].turnaround < frame->runs[i - 1].jobs[2].turnaround);
    }
    comparison_free(comparison);
    scene_free(scene);
    arena_free(arena);
    free(errors);
}

static void two_cpus_have_two_rows(void **state)
{
    (void)state;
    struct scene *scene = NULL;
    struct scene_errors *errors = calloc(1, sizeof *errors);
    struct arena *arena = arena_new();
    assert_int_equal(scene_read(LOCKSTEP_SOURCE_DIR "/scenes/1-processes/concurrency-vs-parallelism", &scene, errors),
                     STATUS_OK);
    struct comparison *comparison = comparison_new(scene, &paths);
    const struct stage_comparison *frame = comparison_frame(comparison, false, 0, arena);
    assert_non_null(frame);
    assert_int_equal(frame->runs[0].rows, 1);
    assert_int_equal(frame->runs[1].rows, 2);
    assert_true(frame->runs[1].end < frame->runs[0].end);
    comparison_free(comparison);
    scene_free(scene);
    arena_free(arena);
    free(errors);
}

static void a_scene_that_compares_nothing_has_none(void **state)
{
    (void)state;
    struct scene *scene = NULL;
    struct scene_errors *errors = calloc(1, sizeof *errors);
    assert_int_equal(scene_read(LOCKSTEP_SOURCE_DIR "/scenes/2-threads/deadlock", &scene, errors), STATUS_OK);
    assert_null(comparison_new(scene, &paths));
    scene_free(scene);
    free(errors);
}

static int find_paths(void **state)
{
    (void)state;
    paths_find(&paths);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_of_12_6_and_3_steps_take_what_the_textbook_computes),
        cmocka_unit_test(each_step_of_history_made_the_pile_sooner_and_the_letter_much_sooner),
        cmocka_unit_test(two_cpus_have_two_rows),
        cmocka_unit_test(a_scene_that_compares_nothing_has_none),
    };
    return cmocka_run_group_tests(tests, find_paths, NULL);
}
