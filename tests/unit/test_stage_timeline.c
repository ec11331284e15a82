/* Lanes: who moved, in what state everyone was, the shown step, beats, the window that holds still, scales. */
#include "stage_moment.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* main, T1, T2 as in a deadlock: the movers of 14 steps, and the states as the world would tell them. */
static const uint32_t movers[] = {1, 1, 1, 1, 2, 3, 2, 3, 1, 2, 3, 1, 1, 1};
static const struct stage_change of_main[] = {
    {0, STATE_ready}, {1, STATE_running}, {5, STATE_ready}, {9, STATE_blocked}};
static const struct stage_change of_t1[] = {{3, STATE_new},     {4, STATE_ready}, {5, STATE_running}, {6, STATE_ready},
                                            {7, STATE_running}, {8, STATE_ready}, {10, STATE_blocked}};
static const struct stage_change of_t2[] = {{4, STATE_ready},      {6, STATE_running}, {7, STATE_ready},
                                            {8, STATE_running},    {9, STATE_ready},   {11, STATE_zombie},
                                            {13, STATE_terminated}};
static const struct stage_lane lanes[] = {{.task = 1, .changes = of_main, .count = LENGTH(of_main)},
                                          {.task = 2, .changes = of_t1, .count = LENGTH(of_t1)},
                                          {.task = 3, .changes = of_t2, .count = LENGTH(of_t2)}};
static const uint32_t beats[] = {5, 10, 13};

static struct moment *at_step(uint32_t step, uint32_t steps)
{
    struct moment *m = moment_new();
    moment_task(m, 1, 1);
    moment_task(m, 1, 2);
    m->frame.timeline = (struct stage_timeline){.movers = movers,
                                                .steps = steps,
                                                .lanes = lanes,
                                                .lane_count = LENGTH(lanes),
                                                .beats = beats,
                                                .beat_count = LENGTH(beats),
                                                .scale = 1,
                                                .cursor = step};
    m->frame.step = (struct stage_step){.number = step, .task = step ? movers[step - 1] : 0};
    return m;
}

static void a_cell_for_each_step(void **state)
{
    (void)state;
    struct moment *m = at_step(14, 14);
    assert_int_equal(moment_rows(m, &stage_view_timeline, 39), 5);
    moment_draw(m, &stage_view_timeline, 39, 5, false);
    EXPECT_ROWS(m, "      1        10  ▾     20        30", " main ▬▬▬▬◦◦◦◦▬✗✗▬▬▬", " T1     ▫◦▬◦▬◦◦▬✗✗✗✗",
                " T2      ◦◦▬◦▬◦◦▬◌╺╺", "          ▿    ▿  ▿");
    moment_role(m, 6, 1, ROLE_running);
    moment_role(m, 12, 1, ROLE_ready);
    moment_role(m, 19, 2, ROLE_blocked);
    moment_role(m, 19, 0, ROLE_cursor);
    assert_int_equal(canvas_cell(m->canvas, 10, 2)->tag.kind, TAG_step);
    assert_int_equal(canvas_cell(m->canvas, 10, 2)->tag.number, 5);
    moment_draw(m, &stage_view_timeline, 39, 5, true);
    EXPECT_ROWS(m, "      1        10  v     20        30", " main RRRR....RxxRRR", " T1     +.R.R..Rxxxx",
                " T2      ..R.R..Rz--", "          ^    ^  ^");
    moment_free(m);
}

static void what_comes_later_is_faint(void **state)
{
    (void)state;
    struct moment *m = at_step(7, 14);
    moment_draw(m, &stage_view_timeline, 49, 12, false);
    EXPECT_ROWS(m, "      1     ▾  10        20        30        40", " main ▬▬▬▬◦◦◦◦▬✗✗▬▬▬", " T1     ▫◦▬◦▬◦◦▬✗✗✗✗",
                " T2      ◦◦▬◦▬◦◦▬◌╺╺", "          ▿    ▿  ▿");
    moment_role(m, 12, 2, ROLE_running);
    moment_role(m, 13, 3, ROLE_faint);
    moment_free(m);
    m = at_step(7, 7);
    moment_draw(m, &stage_view_timeline, 49, 5, false);
    EXPECT_ROWS(m, "      1     ▾  10        20        30        40", " main ▬▬▬▬◦◦◦", " T1     ▫◦▬◦▬", " T2      ◦◦▬◦",
                "          ▿");
    moment_free(m);
    m = at_step(0, 0);
    moment_draw(m, &stage_view_timeline, 49, 5, false);
    EXPECT_ROWS(m, "      1        10        20        30        40", " main", " T1", " T2");
    moment_free(m);
}

static void several_steps_a_column(void **state)
{
    (void)state;
    struct moment *m = at_step(12, 14);
    m->frame.timeline.scale = 3;
    moment_draw(m, &stage_view_timeline, 39, 5, false);
    EXPECT_ROWS(m, " 1:3     ▾     30        60        90", " main ▬▬▬▬▬", " T1   ▫▬▬▬✗", " T2    ▬▬▬╺", "       ▿ ▿▿");
    moment_free(m);
    m = at_step(14, 14);
    m->frame.timeline.scale = 0;
    moment_draw(m, &stage_view_timeline, 15, 5, false);
    EXPECT_ROWS(m, " 1:2        ▾", " main ▬▬◦◦▬▬▬", " T1    ◦▬▬▬✗✗", " T2    ◦▬▬◦▬╺", "        ▿ ▿ ▿");
    moment_free(m);
}

/* The left edge moves by half the width and only when it must; the shown step is always in sight. */
static void the_window_holds_still(void **state)
{
    (void)state;
    enum { STEPS = 400, CELLS = 20 };
    static uint32_t many[STEPS];
    for (uint32_t i = 0; i < STEPS; i++)
        many[i] = 1 + i % 3;
    unsigned jumps = 0;
    uint32_t edge = 1;
    for (uint32_t step = 1; step <= STEPS; step++) {
        struct moment *m = at_step(14, 14);
        m->frame.timeline.movers = many;
        m->frame.timeline.steps = m->frame.timeline.cursor = step;
        moment_draw(m, &stage_view_timeline, CELLS + 7, 5, false);
        bool seen = false;
        for (unsigned column = 0; column < CELLS + 7; column++)
            seen = seen || canvas_cell(m->canvas, column, 0)->code == glyph_code(GLYPH_now, false);
        assert_true(seen);
        uint32_t now = canvas_cell(m->canvas, 6, 1)->tag.number;
        if (now != edge) {
            assert_int_equal(now, edge + CELLS / 2);
            jumps++;
        }
        edge = now;
        moment_free(m);
    }
    assert_int_equal(jumps, (STEPS - CELLS) / (CELLS / 2));
}

static void lanes_that_do_not_fit_are_counted(void **state)
{
    (void)state;
    enum { LANES = 200 };
    static struct stage_lane many[LANES];
    static const struct stage_change ready[] = {{0, STATE_ready}};
    uint32_t one[1] = {150};
    struct moment *m = moment_new();
    for (unsigned i = 0; i < LANES; i++) {
        many[i] = (struct stage_lane){.task = i + 1, .changes = ready, .count = 1};
        if (i)
            moment_task(m, 1, i);
    }
    m->frame.timeline =
        (struct stage_timeline){.movers = one, .steps = 1, .lanes = many, .lane_count = LANES, .scale = 1, .cursor = 1};
    m->frame.step = (struct stage_step){.number = 1, .task = 150};
    moment_draw(m, &stage_view_timeline, 39, 8, false);
    EXPECT_ROWS(m, "      ▾        10        20        30", " T144 ◦", " T145 ◦", " T146 ◦", " T147 ◦", " T148 ◦",
                " T149 ▬", " +194");
    m->frame.views[STAGE_VIEW_timeline].scroll = 1000;
    moment_draw(m, &stage_view_timeline, 39, 3, false);
    EXPECT_ROWS(m, " +198 ▾        10        20        30", " T198 ◦", " T199 ◦");
    moment_free(m);
}

/* Draws at once what a long run left behind; the test would never end if a frame cost a look at all lanes and steps. */
static void a_million_steps(void **state)
{
    (void)state;
    enum { STEPS = 1000000, LANES = 200, CHANGES = 10000 };
    uint32_t *many = malloc(STEPS * sizeof *many);
    struct stage_change *changes = malloc(CHANGES * sizeof *changes);
    static struct stage_lane long_lanes[LANES];
    assert_non_null(many);
    assert_non_null(changes);
    for (uint32_t i = 0; i < STEPS; i++)
        many[i] = 1 + i % LANES;
    for (uint32_t i = 0; i < CHANGES; i++)
        changes[i] = (struct stage_change){.step = i * 100, .state = i % 2 ? STATE_ready : STATE_blocked};
    struct moment *m = moment_new();
    for (unsigned i = 0; i < LANES; i++) {
        long_lanes[i] = (struct stage_lane){.task = i + 1, .changes = changes, .count = CHANGES};
        if (i)
            moment_task(m, 1, i);
    }
    m->frame.timeline = (struct stage_timeline){
        .movers = many, .steps = STEPS, .lanes = long_lanes, .lane_count = LANES, .cursor = STEPS};
    m->frame.step = (struct stage_step){.number = STEPS, .task = LANES};
    for (int i = 0; i < 20; i++) {
        m->frame.timeline.scale = (unsigned)i % 2;
        moment_draw(m, &stage_view_timeline, 200, 60, false);
    }
    m->frame.timeline.scale = 1;
    moment_draw(m, &stage_view_timeline, 39, 5, false);
    EXPECT_ROWS(m, "       999970    999980    999990    ▾", " T197 ◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦▬◦◦",
                " T198 ◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦▬◦", " T199 ◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦◦▬", " +197");
    moment_free(m);
    free(changes);
    free(many);
}

static void nothing(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    moment_draw(m, &stage_view_timeline, 39, 4, false);
    assert_int_equal(moment_rows(m, &stage_view_timeline, 39), 0);
    EXPECT_ROWS(m, " nothing yet");
    moment_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cell_for_each_step),
        cmocka_unit_test(what_comes_later_is_faint),
        cmocka_unit_test(several_steps_a_column),
        cmocka_unit_test(the_window_holds_still),
        cmocka_unit_test(lanes_that_do_not_fit_are_counted),
        cmocka_unit_test(a_million_steps),
        cmocka_unit_test(nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
