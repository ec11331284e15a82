/* Coroutines in their threads: which one runs, which were left, the last switch. */
#include "stage_moment.h"

enum { P1 = 1 };

static void switches(struct moment *m, uint32_t task, unsigned operation, uint32_t to, uint32_t from)
{
    moment_tell(m,
                (struct event){
                    .kind = EVENT_ASKED, .task = task, .operation = (uint16_t)operation, .object = to, .second = from});
    moment_gets(m, task, 0, 0, 0);
}

static struct moment *two_coroutines(uint32_t *caller, uint32_t *ping, uint32_t *pong)
{
    struct moment *m = moment_new();
    *ping = moment_object(m, OBJECT_coroutine, "ping", P1);
    *pong = moment_object(m, OBJECT_coroutine, "pong", P1);
    *caller = moment_object(m, OBJECT_coroutine, "caller", P1);
    return m;
}

static void nothing_before_the_first_coroutine(void **state)
{
    (void)state;
    uint32_t caller, ping, pong;
    struct moment *m = two_coroutines(&caller, &ping, &pong);
    assert_int_equal(moment_rows(m, &stage_view_coroutines, 39), 0);
    moment_draw(m, &stage_view_coroutines, 39, 3, false);
    EXPECT_ROWS(m, " no coroutine yet");
    moment_chinese = true;
    moment_draw(m, &stage_view_coroutines, 39, 3, false);
    EXPECT_ROWS(m, " 还没有协程");
    moment_free(m);
}

static void one_thread_runs_one_of_them_at_a_time(void **state)
{
    (void)state;
    uint32_t caller, ping, pong;
    struct moment *m = two_coroutines(&caller, &ping, &pong);
    moment_asks(m, P1, OPERATION_coroutine_create, ping, 0);
    moment_gets(m, P1, 0, 0, 0);
    moment_asks(m, P1, OPERATION_coroutine_create, pong, 0);
    moment_gets(m, P1, 0, 0, 0);
    assert_int_equal(moment_rows(m, &stage_view_coroutines, 39), 3);
    moment_draw(m, &stage_view_coroutines, 39, 3, false);
    EXPECT_ROWS(m, " ▸ main R                   0 switches", "   [▫ ping n] [▫ pong n]");
    switches(m, P1, OPERATION_coroutine_switch, ping, caller);
    moment_draw(m, &stage_view_coroutines, 39, 3, false);
    EXPECT_ROWS(m, " ▸ main R                     1 switch", "   [▸ ping R] [▫ pong n] [▪ caller s]",
                "   caller ▸ ping");
    moment_free(m);
}

static void a_switch_moves_the_one_that_runs(void **state)
{
    (void)state;
    uint32_t caller, ping, pong;
    struct moment *m = two_coroutines(&caller, &ping, &pong);
    switches(m, P1, OPERATION_coroutine_switch, ping, caller);
    switches(m, P1, OPERATION_coroutine_switch, pong, ping);
    moment_draw(m, &stage_view_coroutines, 50, 3, false);
    EXPECT_ROWS(m, " ▸ main R                              2 switches", "   [▪ ping s] [▸ pong R] [▪ caller s]",
                "   ping ▸ pong");
    moment_role(m, 3, 1, ROLE_changed);
    moment_role(m, 14, 1, ROLE_changed);
    moment_role(m, 25, 1, ROLE_stopped);
    moment_draw(m, &stage_view_coroutines, 50, 3, true);
    EXPECT_ROWS(m, " > main R                              2 switches", "   [= ping s] [> pong R] [= caller s]",
                "   ping > pong");
    switches(m, P1, OPERATION_coroutine_end, pong, caller);
    moment_chinese = true;
    moment_draw(m, &stage_view_coroutines, 50, 3, false);
    EXPECT_ROWS(m, " ▸ main R                               切换 3 次", "   [▪ ping s] [╺ pong -] [▸ caller R]",
                "   pong ▸ caller");
    moment_free(m);
}

static void each_thread_has_its_own(void **state)
{
    (void)state;
    uint32_t caller, ping, pong;
    struct moment *m = two_coroutines(&caller, &ping, &pong);
    uint32_t t1 = moment_task(m, P1, 1);
    switches(m, P1, OPERATION_coroutine_switch, ping, caller);
    switches(m, t1, OPERATION_coroutine_switch, pong, 0);
    assert_int_equal(moment_rows(m, &stage_view_coroutines, 39), 6);
    moment_draw(m, &stage_view_coroutines, 39, 6, false);
    EXPECT_ROWS(m, " ◦ main r                     1 switch", "   [◦ ping r] [▪ caller s]", "   caller ▸ ping",
                " ▸ T1 R                       1 switch", "   [▸ pong R]", "   ▸ pong");
    moment_draw(m, &stage_view_coroutines, 16, 6, false);
    EXPECT_ROWS(m, " ◦ main r", "   [◦ ping r]", "   [▪ caller s]", "   cal▹ ▸ ping", " ▸ T1 R", "   [▸ pong R]  ▾");
    moment_draw(m, &stage_view_coroutines, 39, 3, false); /* in a small pane: the one whose step it was */
    EXPECT_ROWS(m, " ▸ T1 R                       1 switch▴", "   [▸ pong R]", "   ▸ pong");
    moment_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_before_the_first_coroutine),
        cmocka_unit_test(one_thread_runs_one_of_them_at_a_time),
        cmocka_unit_test(a_switch_moves_the_one_that_runs),
        cmocka_unit_test(each_thread_has_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
