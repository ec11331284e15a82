/* The locks: who has each, who waits in which order, who is about to ask, what this step has changed. */
#include "stage_run.h"

static void owners_and_queues_are_named(void **state)
{
    (void)state;
    struct stage_run *run = run_new("task T1\ntask T2\ntask T3\nobject mutex A\nobject mutex B\nT1 does mutex.lock A\n"
                                    "T2 does mutex.lock B\nT1 asks mutex.lock B\nT3 tries mutex.lock A\n"
                                    "T2 tries mutex.lock A");
    run_draw(run, &stage_view_locks, 39, 4, false, 1);
    EXPECT_ROWS(run, "◉ A   ▸ T1       waiting: T3 T2", "◉ B   ▸ T2       next: T1");
    /* This step has made A's queue longer and left B alone. */
    assert_int_equal(canvas_cell(run->canvas, 2, 0)->role, ROLE_changed);
    assert_int_equal(canvas_cell(run->canvas, 2, 1)->role, ROLE_object);
    assert_int_equal(canvas_cell(run->canvas, 0, 0)->role, ROLE_held);
    run_draw(run, &stage_view_locks, 39, 4, true, 1);
    EXPECT_ROWS(run, "* A   > T1       waiting: T3 T2", "* B   > T2       next: T1");
    stage_chinese = true;
    run_draw(run, &stage_view_locks, 39, 4, false, 1);
    EXPECT_ROWS(run, "◉ A   ▸ T1       等待：T3 T2", "◉ B   ▸ T2       将要：T1");
    run_free(run);
}

static void a_released_lock_is_free_and_those_it_let_go_come_next(void **state)
{
    (void)state;
    struct stage_run *run = run_new("task T1\ntask T2\ntask T3\nobject mutex A\nT1 does mutex.lock A\n"
                                    "T3 tries mutex.lock A\nT2 tries mutex.lock A\nT1 does mutex.unlock A");
    run_draw(run, &stage_view_locks, 39, 3, false, 1);
    EXPECT_ROWS(run, "◌ A   free       next: T2 T3");
    assert_int_equal(canvas_cell(run->canvas, 0, 0)->role, ROLE_free);
    run_free(run);
}

static const char kinds[] =
    "task T1\ntask T2\ntask T3\ntask T4\nobject barrier start\nobject semaphore rooms\nobject rwlock table\n"
    "object cond changed\nobject mutex lock\nobject spin quick\nobject once setup\nobject variable x\n"
    "main does semaphore.post rooms 0 2\nT1 asks rwlock.rdlock table\nT1 retries 0\nT2 does rwlock.rdlock table\n"
    "T3 tries rwlock.wrlock table\nmain asks barrier.init start 3\nmain retries 0\nmain tries barrier.wait start\n"
    "T1 does mutex.lock lock\nT1 tries cond.wait changed lock\nT2 does spin.lock quick\nT4 does once.run setup";

static void each_kind_says_what_it_has(void **state)
{
    (void)state;
    struct stage_run *run = run_new(kinds);
    run_draw(run, &stage_view_locks, 39, 8, false, 1);
    EXPECT_ROWS(run, "◌ lock     free", "◉ table    ▸ T1 T2 read  waiting: T3", "◉ quick    ▸ T2", "◌ rooms    count 2",
                "  changed  cond          waiting: T1", "  start    1 of 3 here   waiting: main", "◌ setup    done");
    run_draw(run, &stage_view_locks, 49, 12, false, 1);
    EXPECT_ROWS(run, "◌ lock     free", "◉ table    ▸ T1 T2 read  waiting: T3", "◉ quick    ▸ T2", "◌ rooms    count 2",
                "  changed  cond          waiting: T1", "  start    1 of 3 here   waiting: main", "◌ setup    done");
    run_draw(run, &stage_view_locks, 98, 12, false, 1);
    EXPECT_ROWS(run, "◌ mutex lock       free", "◉ rwlock table     ▸ T1 T2 read    waiting: T3",
                "◉ spin quick       ▸ T2", "◌ semaphore rooms  count 2",
                "  cond changed                     waiting: T1", "  barrier start    1 of 3 here     waiting: main",
                "◌ once setup       done");
    stage_chinese = true;
    run_draw(run, &stage_view_locks, 39, 8, false, 1);
    EXPECT_ROWS(run, "◌ lock     空闲", "◉ table    ▸ T1 T2 在读  等待：T3", "◉ quick    ▸ T2", "◌ rooms    计数 2",
                "  changed  条件变量      等待：T1", "  start    已到 1/3      等待：main", "◌ setup    已完成");
    run_draw(run, &stage_view_locks, 98, 8, false, 1);
    EXPECT_ROWS(run, "◌ 互斥锁 lock         空闲", "◉ 读写锁 table        ▸ T1 T2 在读    等待：T3",
                "◉ 自旋锁 quick        ▸ T2", "◌ 信号量 rooms        计数 2",
                "  条件变量 changed                    等待：T1", "  屏障 start          已到 1/3        等待：main",
                "◌ 一次性初始化 setup  已完成");
    run_free(run);
}

static void an_owner_that_has_ended_is_told(void **state)
{
    (void)state;
    struct stage_run *run =
        run_new("task T1\ntask T2\nobject mutex A\nT1 does mutex.lock A\nT1 ended\nT2 tries mutex.lock A");
    run_draw(run, &stage_view_locks, 39, 2, false, 1);
    EXPECT_ROWS(run, "◉ A   ▸ T1 has ended  waiting: T2");
    stage_chinese = true;
    run_draw(run, &stage_view_locks, 39, 2, false, 1);
    EXPECT_ROWS(run, "◉ A   ▸ T1 已结束  等待：T2");
    run_free(run);
}

static void what_does_not_fit_is_counted(void **state)
{
    (void)state;
    struct stage_run *run = run_new("");
    run_draw(run, &stage_view_locks, 39, 3, false, 1);
    EXPECT_ROWS(run, "  none yet");
    assert_int_equal(stage_view_locks.rows(&run->frame, 39), 0);
    char line[64];
    for (int i = 1; i <= 30; i++) {
        snprintf(line, sizeof line, "object mutex buckets[%d].lock\ntask T%d", i, i);
        run_words(run, line);
    }
    run_draw(run, &stage_view_locks, 39, 4, false, 1);
    EXPECT_ROWS(run, "◌ buckets[1].lock   free", "◌ buckets[2].lock   free", "◌ buckets[3].lock   free", "▾  +27 more");
    run->frame.views[STAGE_VIEW_locks].scroll = 3;
    run_draw(run, &stage_view_locks, 39, 4, false, 1);
    EXPECT_ROWS(run, "◌ buckets[4].lock   free", "◌ buckets[5].lock   free", "◌ buckets[6].lock   free", "▴▾ +27 more");
    run->frame.views[STAGE_VIEW_locks].scroll = 0;
    run_words(run, "T1 does mutex.lock buckets[9].lock");
    for (int i = 2; i <= 30; i++) {
        snprintf(line, sizeof line, "T%d tries mutex.lock buckets[9].lock", i);
        run_words(run, line);
    }
    run_draw(run, &stage_view_locks, 39, 4, false, 1);
    EXPECT_ROWS(run, "◌ buckets[8].lock   free", "◉ buckets[9].lock   ▸ T1  waiting: +29", "◌ buckets[10].lock  free",
                "▴▾ +27 more");
    assert_int_equal(stage_view_locks.rows(&run->frame, 39), 12);
    run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owners_and_queues_are_named),
        cmocka_unit_test(a_released_lock_is_free_and_those_it_let_go_come_next),
        cmocka_unit_test(each_kind_says_what_it_has),
        cmocka_unit_test(an_owner_that_has_ended_is_told),
        cmocka_unit_test(what_does_not_fit_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
