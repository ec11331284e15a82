/* Who waits for whom, drawn: rings closed, chains in lines, several waiters together. */
#include "stage_run.h"

static const char two_locks[] = "task T1\ntask T2\nobject mutex A\nobject mutex B\nT1 does mutex.lock A\n"
                                "T2 does mutex.lock B\nT1 tries mutex.lock B\n";

static void a_line_leads_from_who_wants_to_who_holds(void **state)
{
    (void)state;
    struct stage_run *run = run_new(two_locks);
    run_draw(run, &stage_view_graph, 39, 3, false, 1);
    EXPECT_ROWS(run, "T1 ╌╌wants╌╌▸ B ╌╌held by╌╌▸ T2");
    run_draw(run, &stage_view_graph, 39, 3, true, 1);
    EXPECT_ROWS(run, "T1 --wants--> B --held by--> T2");
    run_free(run);
}

static void nothing_is_said_to_wait_where_nobody_does(void **state)
{
    (void)state;
    struct stage_run *run = run_new("task T1\ntask T2\nT1 tries time.sleep 100");
    run_draw(run, &stage_view_graph, 39, 3, false, 1);
    EXPECT_ROWS(run, "nobody waits for anybody");
    run_free(run);
}

static void a_ring_of_two_is_drawn_closed(void **state)
{
    (void)state;
    struct stage_run *run = run_new(two_locks);
    run_words(run, "T2 tries mutex.lock A\nmain tries thread.join T1");
    run_draw(run, &stage_view_graph, 39, 8, false, 1);
    EXPECT_ROWS(run, "T1 ╌╌wants╌╌▸ B ╌╌held by╌╌▸ T2", "▴                             ╎",
                "╵╌╌held by╌╌ A ◂╌╌wants╌╌╌╌╌╌╌╵", "main ╌╌joins╌╌▸ T1  in the ring");
    assert_int_equal(canvas_cell(run->canvas, 0, 1)->role, ROLE_fault);
    assert_int_equal(canvas_cell(run->canvas, 30, 2)->role, ROLE_fault);
    assert_int_equal(canvas_cell(run->canvas, 0, 0)->emphasis, EMPHASIS_bold);
    run_draw(run, &stage_view_graph, 39, 4, true, 1);
    EXPECT_ROWS(run, "T1 --wants--> B --held by--> T2", "^                             |",
                "+--held by-- A <--wants-------+", "main --joins--> T1  in the ring");
    stage_chinese = true;
    run_draw(run, &stage_view_graph, 39, 4, false, 1);
    EXPECT_ROWS(run, "T1 ╌╌请求╌╌▸ B ╌╌持有者╌╌▸ T2", "▴                           ╎", "╵╌╌持有者╌╌ A ◂╌╌请求╌╌╌╌╌╌╌╵",
                "main ╌╌等它结束╌╌▸ T1  在环中");
    run_free(run);
}

static void a_task_that_waits_for_itself_is_a_ring_of_one(void **state)
{
    (void)state;
    struct stage_run *run = run_new("object mutex A\nmain does mutex.lock A\nmain tries mutex.lock A");
    run_draw(run, &stage_view_graph, 39, 3, false, 1);
    EXPECT_ROWS(run, "main ╌╌wants╌╌▸ A", "▴               ╎", "╵╌╌held by╌╌╌╌╌╌╵");
    run_free(run);
}

static void a_ring_of_three_fits_half_a_screen(void **state)
{
    (void)state;
    struct stage_run *run = run_new(two_locks);
    run_words(run, "task T3\nobject mutex C\nT3 does mutex.lock C\nT2 tries mutex.lock C\nT3 tries mutex.lock A");
    run_draw(run, &stage_view_graph, 39, 4, false, 1);
    EXPECT_ROWS(run, "T1 ╌wants╌▸ B ╌held by╌▸ T2 ╌wants╌▸ C", "▴                                    ╎",
                "╵╌held by╌ A ◂╌wants╌ T3 ◂╌held by╌╌╌╵");
    run_draw(run, &stage_view_graph, 49, 4, false, 1);
    EXPECT_ROWS(run, "T1 ╌╌wants╌╌▸ B ╌╌held by╌╌▸ T2 ╌╌wants╌╌▸ C", "▴                                          ╎",
                "╵╌╌held by╌╌ A ◂╌╌wants╌╌ T3 ◂╌╌held by╌╌╌╌╵");
    run_free(run);
}

static void a_ring_through_a_join_is_a_ring(void **state)
{
    (void)state;
    struct stage_run *run = run_new("task T1\nobject mutex A\nmain does mutex.lock A\nT1 tries mutex.lock A\n"
                                    "main tries thread.join T1");
    run_draw(run, &stage_view_graph, 39, 4, false, 1);
    EXPECT_ROWS(run, "main ╌╌joins╌╌╌╌╌╌╌╌╌╌▸ T1", "▴                        ╎", "╵╌╌held by╌╌ A ◂╌╌wants╌╌╵");
    run_free(run);
}

static void five_philosophers_sit_on_a_ladder_or_in_a_loop(void **state)
{
    (void)state;
    struct stage_run *run =
        run_new("task T1\ntask T2\ntask T3\ntask T4\ntask T5\n"
                "object mutex forks[0]\nobject mutex forks[1]\nobject mutex forks[2]\nobject mutex forks[3]\n"
                "object mutex forks[4]\nT1 does mutex.lock forks[0]\nT2 does mutex.lock forks[1]\n"
                "T3 does mutex.lock forks[2]\nT4 does mutex.lock forks[3]\nT5 does mutex.lock forks[4]\n"
                "T1 tries mutex.lock forks[1]\nT2 tries mutex.lock forks[2]\nT3 tries mutex.lock forks[3]\n"
                "T4 tries mutex.lock forks[4]");
    run_draw(run, &stage_view_graph, 39, 8, false, 1);
    EXPECT_ROWS(run, "T1 ╌wants╌▸ forks[1] ╌held by╌▸ T2", "  ╌wants╌▸ forks[2] ╌held by╌▸ T3",
                "  ╌wants╌▸ forks[3] ╌held by╌▸ T4", "  ╌wants╌▸ forks[4] ╌held by╌▸ T5");
    run_words(run, "T5 tries mutex.lock forks[0]\nmain tries thread.join T1");
    run_draw(run, &stage_view_graph, 39, 8, false, 1);
    EXPECT_ROWS(run, "▸ T1 ╌wants╌▸ forks[1] ╌held by╌▸ T2", "╎ T2 ╌wants╌▸ forks[2] ╌held by╌▸ T3",
                "╎ T3 ╌wants╌▸ forks[3] ╌held by╌▸ T4", "╎ T4 ╌wants╌▸ forks[4] ╌held by╌▸ T5",
                "╎ T5 ╌wants╌▸ forks[0] ╌held by╌▸ T1", "╵╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╵",
                "main ╌╌joins╌╌▸ T1  in the ring");
    run_draw(run, &stage_view_graph, 39, 5, false, 1);
    EXPECT_ROWS(run, "T1 ▸ forks[1] ▸ T2 ▸ forks[2] ▸ T3", "  ▸ forks[3] ▸ T4 ▸ forks[4] ▸ T5",
                "  ▸ forks[0]  and so back to T1", "main ╌╌joins╌╌▸ T1  in the ring");
    run_draw(run, &stage_view_graph, 49, 12, false, 1);
    EXPECT_ROWS(run, "▸ T1 ╌╌wants╌╌▸ forks[1] ╌╌held by╌╌▸ T2", "╎ T2 ╌╌wants╌╌▸ forks[2] ╌╌held by╌╌▸ T3",
                "╎ T3 ╌╌wants╌╌▸ forks[3] ╌╌held by╌╌▸ T4", "╎ T4 ╌╌wants╌╌▸ forks[4] ╌╌held by╌╌▸ T5",
                "╎ T5 ╌╌wants╌╌▸ forks[0] ╌╌held by╌╌▸ T1", "╵╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╵",
                "main ╌╌joins╌╌▸ T1  in the ring");
    run_draw(run, &stage_view_graph, 98, 12, false, 1);
    EXPECT_ROWS(run, "T1 ╌╌wants╌╌▸ forks[1] ╌╌held by╌╌▸ T2 ╌╌wants╌╌▸ forks[2] ╌╌held by╌╌▸ T3 ╌╌wants╌╌▸ forks[3]",
                "▴                                                                                         ╎",
                "╵╌╌held by╌╌ forks[0] ◂╌╌wants╌╌ T5 ◂╌╌held by╌╌ forks[4] ◂╌╌wants╌╌ T4 ◂╌╌held by╌╌╌╌╌╌╌╌╵",
                "main ╌╌joins╌╌▸ T1  in the ring");
    stage_chinese = true;
    run_draw(run, &stage_view_graph, 39, 8, false, 1);
    EXPECT_ROWS(run, "▸ T1 ╌╌请求╌╌▸ forks[1] ╌╌持有者╌╌▸ T2", "╎ T2 ╌╌请求╌╌▸ forks[2] ╌╌持有者╌╌▸ T3",
                "╎ T3 ╌╌请求╌╌▸ forks[3] ╌╌持有者╌╌▸ T4", "╎ T4 ╌╌请求╌╌▸ forks[4] ╌╌持有者╌╌▸ T5",
                "╎ T5 ╌╌请求╌╌▸ forks[0] ╌╌持有者╌╌▸ T1", "╵╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╵",
                "main ╌╌等它结束╌╌▸ T1  在环中");
    run_free(run);
}

static void waiters_share_what_they_wait_for(void **state)
{
    (void)state;
    struct stage_run *run = run_new(
        "task T1\ntask T2\ntask T3\ntask T4\ntask T5\ntask T6\ntask T7\n"
        "object mutex A\nobject semaphore rooms\nobject cond changed\nobject rwlock table\nT1 does mutex.lock A\n"
        "T2 tries mutex.lock A\nT3 tries mutex.lock A\nT4 tries semaphore.wait rooms\nT5 does rwlock.rdlock table\n"
        "T6 does rwlock.rdlock table\nT7 tries rwlock.wrlock table");
    run_draw(run, &stage_view_graph, 39, 8, false, 1);
    EXPECT_ROWS(run, "T2 T3 ╌╌want╌╌▸ A ╌╌held by╌╌▸ T1", "T4 ╌╌waits for╌╌▸ semaphore rooms",
                "T7 ╌╌wants╌╌▸ table ╌╌read by╌╌▸ T5 T6");
    run_words(run, "main tries thread.join T3\nT5 tries semaphore.wait rooms\nT1 ended");
    run_draw(run, &stage_view_graph, 39, 8, false, 1);
    EXPECT_ROWS(run, "main ╌joins╌▸ T3 ╌wants╌▸ A", "  ╌held by╌▸ T1  has ended", "T2 ╌╌wants╌╌▸ A",
                "T4 ╌╌waits for╌╌▸ semaphore rooms", "T7 ╌╌wants╌╌▸ table ╌╌read by╌╌▸ T5 T6",
                "T5 ╌╌waits for╌╌▸ semaphore rooms");
    run_draw(run, &stage_view_graph, 39, 4, false, 1);
    EXPECT_ROWS(run, "main ╌joins╌▸ T3 ╌wants╌▸ A", "  ╌held by╌▸ T1  has ended", "T2 ╌╌wants╌╌▸ A", "▾  +3 more");
    run->frame.views[STAGE_VIEW_graph].scroll = 2;
    run_draw(run, &stage_view_graph, 39, 4, false, 1);
    EXPECT_ROWS(run, "T2 ╌╌wants╌╌▸ A", "T4 ╌╌waits for╌╌▸ semaphore rooms", "T7 ╌╌wants╌╌▸ table ╌╌read by╌╌▸ T5 T6",
                "▴▾ +3 more");
    run_free(run);
}

static void parents_wait_for_children(void **state)
{
    (void)state;
    struct stage_run *run = run_new("process P2\ntask P2.main\nprocess P3 of P2\ntask P3.main\n"
                                    "P2.main tries process.wait - 103\nmain tries process.wait - -1");
    run->frame.several_processes = true;
    run_draw(run, &stage_view_graph, 39, 3, false, 1);
    EXPECT_ROWS(run, "P1 ╌╌waits for╌╌▸ any child", "P2 ╌╌waits for╌╌▸ P3");
    stage_chinese = true;
    run_draw(run, &stage_view_graph, 39, 3, false, 1);
    EXPECT_ROWS(run, "P1 ╌╌等待╌╌▸ 任一子进程", "P2 ╌╌等待╌╌▸ P3");
    run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_leads_from_who_wants_to_who_holds),
        cmocka_unit_test(nothing_is_said_to_wait_where_nobody_does),
        cmocka_unit_test(a_ring_of_two_is_drawn_closed),
        cmocka_unit_test(a_task_that_waits_for_itself_is_a_ring_of_one),
        cmocka_unit_test(a_ring_of_three_fits_half_a_screen),
        cmocka_unit_test(a_ring_through_a_join_is_a_ring),
        cmocka_unit_test(five_philosophers_sit_on_a_ladder_or_in_a_loop),
        cmocka_unit_test(waiters_share_what_they_wait_for),
        cmocka_unit_test(parents_wait_for_children),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
