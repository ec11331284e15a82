/* Policies compared: the charts on one axis, the numbers, what gives way in little room. */
#include "stage_moment.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* First come, first served; and the shortest first: P2 needs 4 ticks, P3 needs 2. */
static const struct stage_burst in_turn[] = {{10, 0, '2', true}, {11, 0, '2', true}, {12, 0, '2', true},
                                             {13, 0, '2', true}, {14, 0, '3', true}, {15, 0, '3', true}};
static const struct stage_burst shortest[] = {{9, 0, '1', false}, {10, 0, '3', true}, {11, 0, '3', true},
                                              {13, 0, '2', true}, {14, 0, '2', true}, {15, 0, '2', true},
                                              {16, 0, '2', true}};
static const struct stage_burst parallel[] = {{10, 0, '2', true}, {10, 1, '3', true}, {11, 0, '2', true},
                                              {11, 1, '3', true}, {12, 0, '2', true}, {13, 0, '2', true}};
static const struct stage_job turn_jobs[] = {{"P2", 4, 0}, {"P3", 6, 4}};
static const struct stage_job short_jobs[] = {{"P2", 7, 3}, {"P3", 2, 0}};
static const struct stage_job parallel_jobs[] = {{"P2", 4, 0}, {"P3", 2, 0}};

static struct stage_compared runs[3];
static struct stage_comparison comparison = {.runs = runs};

static struct moment *compared(size_t count, size_t shown)
{
    struct moment *m = moment_new();
    runs[0] = (struct stage_compared){"In turn", false, in_turn, LENGTH(in_turn), 1, 10, 16, turn_jobs, 2};
    runs[1] = (struct stage_compared){"Shortest first", false, shortest, LENGTH(shortest), 1, 10, 17, short_jobs, 2};
    runs[2] = (struct stage_compared){"Two CPUs", false, parallel, LENGTH(parallel), 2, 10, 14, parallel_jobs, 2};
    runs[shown].shown = true;
    comparison.count = count;
    m->frame.comparison = &comparison;
    return m;
}

static void each_run_has_its_chart_and_its_numbers(void **state)
{
    (void)state;
    struct moment *m = compared(3, 1);
    assert_int_equal(moment_rows(m, &stage_view_compare, 80), 11);
    moment_draw(m, &stage_view_compare, 80, 11, false);
    EXPECT_ROWS(m, " 0         10        20        30        40        50        60        70",
                " In turn                       all done 6 ms; mean turnaround 5.0, response 2.0", " 222233",
                "   P2 after 4 ms (waited 0)  P3 after 6 ms (waited 4)",
                " Shortest first                all done 7 ms; mean turnaround 4.5, response 1.5", " 33╌2222",
                "   P2 after 7 ms (waited 3)  P3 after 2 ms (waited 0)",
                " Two CPUs                      all done 4 ms; mean turnaround 3.0, response 0.0", " 2222", " 33╌╌",
                "   P2 after 4 ms (waited 0)  P3 after 2 ms (waited 0)");
    moment_role(m, 1, 1, ROLE_strong);
    moment_role(m, 1, 4, ROLE_cursor);
    moment_role(m, 1, 5, ROLE_running);
    moment_free(m);
}

static void with_little_room_the_jobs_go_first_then_runs(void **state)
{
    (void)state;
    struct moment *m = compared(2, 0);
    moment_draw(m, &stage_view_compare, 80, 5, false);
    EXPECT_ROWS(m, " 0         10        20        30        40        50        60        70",
                " In turn                       all done 6 ms; mean turnaround 5.0, response 2.0", " 222233",
                " Shortest first                all done 7 ms; mean turnaround 4.5, response 1.5", " 33╌2222");
    moment_free(m);
    /* The shown one stays, and that one is missing is said. */
    m = compared(3, 0);
    moment_draw(m, &stage_view_compare, 80, 4, true);
    EXPECT_ROWS(m, " 0         10        20        30        40        50        60              +2",
                " In turn                       all done 6 ms; mean turnaround 5.0, response 2.0", " 222233");
    moment_free(m);
    m = compared(2, 1);
    moment_draw(m, &stage_view_compare, 80, 3, true);
    EXPECT_ROWS(m, " 0         10        20        30        40        50        60        70",
                " Shortest first                all done 7 ms; mean turnaround 4.5, response 1.5", " 33-2222");
    moment_free(m);
}

static void a_long_run_has_several_ticks_in_a_cell(void **state)
{
    (void)state;
    static struct stage_burst many[120];
    for (size_t i = 0; i < LENGTH(many); i++)
        many[i] = (struct stage_burst){.tick = (int64_t)i, .label = i < 60 ? '2' : '3', .job = true};
    struct moment *m = compared(1, 0);
    runs[0] = (struct stage_compared){"Long", true, many, LENGTH(many), 1, 0, 120, turn_jobs, 2};
    moment_draw(m, &stage_view_compare, 72, 3, true);
    EXPECT_ROWS(m, " 0         20        40        60        80        100       120",
                " Long                all done 120 ms; mean turnaround 5.0, response 2.0",
                " 222222222222222222222222222222333333333333333333333333333333");
    moment_free(m);
}

static void without_a_comparison_it_says_so(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    assert_int_equal(moment_rows(m, &stage_view_compare, 80), 0);
    moment_draw(m, &stage_view_compare, 40, 1, false);
    EXPECT_ROWS(m, " nothing to compare here");
    moment_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_run_has_its_chart_and_its_numbers),
        cmocka_unit_test(with_little_room_the_jobs_go_first_then_runs),
        cmocka_unit_test(a_long_run_has_several_ticks_in_a_cell),
        cmocka_unit_test(without_a_comparison_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
