/* What the guest printed: by whom, the newest at the bottom, long lines wrapped, unfinished ones marked. */
#include "stage_moment.h"

static struct moment *two_threads(void)
{
    struct moment *m = moment_new();
    moment_task(m, 1, 1);
    moment_task(m, 1, 2);
    m->frame.step.number = 9;
    return m;
}

static void names_and_the_newest_line(void **state)
{
    (void)state;
    static const struct stage_line lines[] = {
        {.step = 3, .task = 1, .stream = 1, .text = "hello"},
        {.step = 7, .task = 2, .stream = 2, .text = "cannot open it"},
        {.step = 9, .task = 3, .stream = 1, .text = ""},
        {.step = 9, .task = 3, .stream = 1, .text = "got B, 好", .open = true},
        {.step = 9, .task = 0, .stream = 1, .text = "from nobody that is known"},
    };
    struct moment *m = two_threads();
    m->frame.console = lines;
    m->frame.console_count = 5;
    moment_draw(m, &stage_view_console, 39, 6, false);
    EXPECT_ROWS(m, " main  hello", " T1   !cannot open it", " T2", " T2    got B, 好_",
                "       from nobody that is known");
    moment_role(m, 7, 0, ROLE_stdout);
    moment_role(m, 7, 1, ROLE_stderr);
    moment_role(m, 7, 3, ROLE_changed);
    assert_int_equal(moment_rows(m, &stage_view_console, 39), 5);
    moment_draw(m, &stage_view_console, 39, 2, false);
    EXPECT_ROWS(m, " T2    got B, 好_                     ▴", "       from nobody that is known");
    m->frame.views[STAGE_VIEW_console].scroll = -1;
    moment_draw(m, &stage_view_console, 39, 2, true);
    EXPECT_ROWS(m, " T2                                   ^", " T2    got B, 好_                     v");
    m->frame.views[STAGE_VIEW_console].scroll = -100;
    moment_draw(m, &stage_view_console, 39, 2, false);
    EXPECT_ROWS(m, " main  hello", " T1   !cannot open it                 ▾");
    moment_free(m);
}

static void long_lines_are_wrapped(void **state)
{
    (void)state;
    static const struct stage_line lines[] = {
        {.step = 3, .task = 1, .stream = 1, .text = "one"},
        {.step = 4, .task = 2, .stream = 1, .text = "a line that is longer than the pane is wide, and goes on"},
        {.step = 5, .task = 3, .stream = 1, .text = "哲学家三号拿起了左边的叉子，正在等待右边的叉子，而它在别人手里"},
    };
    struct moment *m = two_threads();
    m->frame.console = lines;
    m->frame.console_count = 3;
    moment_draw(m, &stage_view_console, 39, 8, false);
    EXPECT_ROWS(m, " main  one", " T1    a line that is longer than the", "       pane is wide, and goes on",
                " T2    哲学家三号拿起了左边的叉子，正", "       在等待右边的叉子，而它在别人手", "       里");
    moment_draw(m, &stage_view_console, 39, 4, false);
    EXPECT_ROWS(m, " T1    a line that is longer than the▹▴", " T2    哲学家三号拿起了左边的叉子，正",
                "       在等待右边的叉子，而它在别人手", "       里");
    moment_draw(m, &stage_view_console, 39, 1, false);
    EXPECT_ROWS(m, " T2    哲学家三号拿起了左边的叉子，正▹▴");
    moment_draw(m, &stage_view_console, 98, 12, false);
    EXPECT_ROWS(m, " main  one", " T1    a line that is longer than the pane is wide, and goes on",
                " T2    哲学家三号拿起了左边的叉子，正在等待右边的叉子，而它在别人手里");
    moment_free(m);
}

static void nothing(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    moment_draw(m, &stage_view_console, 39, 2, false);
    EXPECT_ROWS(m, " nothing yet");
    moment_chinese = true;
    moment_draw(m, &stage_view_console, 39, 2, false);
    EXPECT_ROWS(m, " 还没有");
    moment_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_the_newest_line),
        cmocka_unit_test(long_lines_are_wrapped),
        cmocka_unit_test(nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
