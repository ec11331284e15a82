/* The stage: who is ready, runs, is blocked on what; the card that moves; many tasks; both languages. */
#include "stage_run.h"

static const char deadlock[] = "task T1\ntask T2\nobject mutex A\nobject mutex B\nT1 does mutex.lock A\n"
                               "T2 does mutex.lock B\nmain asks thread.join T1\nT2 asks mutex.lock A\n"
                               "T1 asks mutex.lock B\n";

static const char many_kinds[] =
    "cpu 0\ntask T1\ncpu 1\ntask T2\nnew T3\nobject semaphore rooms\nobject rwlock table\nobject cond changed\n"
    "object mutex lock\nprocess P2\ntask P2.main\nprocess P3\ntask P3.main\nT1 does rwlock.rdlock table\n"
    "T2 does rwlock.rdlock table\nmain tries rwlock.wrlock table\nP3 ended\nT2 tries time.sleep 150\n"
    "T1 does mutex.lock lock\nT1 tries cond.wait changed lock\nT3 retries 0\nP2 stopped\n"
    "T3 asks semaphore.wait rooms\nnew T4";

static void rows_of(const struct stage_run *run, char rows[][1024])
{
    for (unsigned row = 0; row < canvas_rows(run->canvas); row++)
        canvas_row_text(run->canvas, row, rows[row], sizeof rows[row]);
}

static void each_state_has_its_place_and_each_choice_its_key(void **state)
{
    (void)state;
    struct stage_run *run = run_new(deadlock);
    run_draw(run, &stage_view_stage, 80, 5, false, 1);
    EXPECT_ROWS(run, "╶ ready ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ running ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ blocked ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
                "1 ◦ main r join(T1)        CPU 0", "2 ◦ T1   r lock(B)         3 ▸ T2   R lock(A)");
    assert_int_equal(canvas_cell(run->canvas, 0, 1)->role, ROLE_key);
    assert_int_equal(canvas_cell(run->canvas, 2, 1)->role, ROLE_ready);
    assert_int_equal(canvas_cell(run->canvas, 29, 2)->role, ROLE_running);
    assert_int_equal(canvas_cell(run->canvas, 29, 2)->tag.kind, TAG_task);
    assert_int_equal(canvas_cell(run->canvas, 29, 2)->tag.number, 3);
    run_draw(run, &stage_view_stage, 80, 5, true, 1);
    EXPECT_ROWS(run, "- ready ------------------ - running ---------------- - blocked ----------------",
                "1 . main r join(T1)        CPU 0", "2 . T1   r lock(B)         3 > T2   R lock(A)");
    run_free(run);
}

static void the_one_who_moved_is_marked_and_the_selected_one_reversed(void **state)
{
    (void)state;
    struct stage_run *run = run_new(deadlock);
    run_words(run, "T1 retries");
    run_draw(run, &stage_view_stage, 80, 5, false, 1);
    assert_int_equal(canvas_cell(run->canvas, 58, 2)->role, ROLE_changed);
    assert_int_equal(canvas_cell(run->canvas, 58, 2)->emphasis, EMPHASIS_bold);
    assert_int_equal(canvas_cell(run->canvas, 56, 2)->role, ROLE_blocked);
    assert_int_equal(canvas_cell(run->canvas, 4, 1)->role, ROLE_strong);
    run->choices[1].selected = true;
    run->choices[1].key = 0;
    struct pane pane = pane_whole(run->canvas);
    canvas_clear(run->canvas);
    stage_view_stage.draw(&run->frame, &pane);
    assert_int_equal(canvas_cell(run->canvas, 4, 2)->emphasis & EMPHASIS_reverse, EMPHASIS_reverse);
    assert_int_equal(canvas_cell(run->canvas, 0, 2)->code, glyph_code(GLYPH_here, false));
    assert_int_equal(canvas_cell(run->canvas, 4, 1)->emphasis & EMPHASIS_reverse, 0);
    run_free(run);
}

static void a_card_slides_from_where_it_was_to_where_it_is(void **state)
{
    (void)state;
    struct stage_run *run = run_new(deadlock);
    static char before[5][1024], after[5][1024], found[5][1024];
    run->no_choices = true; /* their keys are those of now */
    run_draw(run, &stage_view_stage, 80, 5, false, 1);
    rows_of(run, before);
    run_words(run, "T1 retries");
    run_draw(run, &stage_view_stage, 80, 5, false, 1);
    rows_of(run, after);
    run_draw(run, &stage_view_stage, 80, 5, false, 0);
    rows_of(run, found);
    for (int row = 0; row < 5; row++)
        assert_string_equal(found[row], before[row]);
    run_draw(run, &stage_view_stage, 80, 5, false, 0.5);
    EXPECT_ROWS(run, "╶ ready ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ running ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ blocked ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
                "  ◦ main r join(T1)        CPU 0                      mutex B  held by T2",
                "                ◦ T2   r lo  ✗ T1   B lock(B)");
    run_draw(run, &stage_view_stage, 80, 5, false, 0.999);
    rows_of(run, found);
    for (int row = 0; row < 5; row++)
        assert_string_equal(found[row], after[row]);
    EXPECT_ROWS(run, "╶ ready ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ running ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ blocked ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
                "  ◦ main r join(T1)        CPU 0                      mutex B  held by T2",
                "  ◦ T2   r lock(A)           idle                       ✗ T1   B lock(B)");
    run_free(run);
}

static void what_does_not_move_stands_still_while_a_card_slides(void **state)
{
    (void)state;
    struct stage_run *run = run_new(deadlock);
    run_words(run, "T1 retries\nT2 retries");
    static char after[6][1024], found[6][1024];
    run_draw(run, &stage_view_stage, 80, 6, false, 1);
    rows_of(run, after);
    for (int i = 1; i < 8; i++) {
        run_draw(run, &stage_view_stage, 80, 6, false, i / 8.0);
        rows_of(run, found);
        assert_string_equal(found[0], after[0]);
        assert_memory_equal(found[1], after[1], 20); /* main */
        assert_string_equal(found[5], after[5]);
    }
    run_free(run);
}

static void a_newcomer_comes_out_of_who_made_it(void **state)
{
    (void)state;
    struct stage_run *run = run_new("new T1");
    run_draw(run, &stage_view_stage, 80, 4, false, 0.01);
    EXPECT_ROWS(run, "╶ ready ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ running ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ blocked ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
                "                           CPU 0", "                           1 ▫ T1   n start");
    run_draw(run, &stage_view_stage, 80, 4, false, 1);
    EXPECT_ROWS(run, "╶ ready ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ running ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ blocked ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
                "1 ▫ T1   n start           CPU 0", "                             ▸ main R");
    run_free(run);
}

static void an_ended_task_sinks_to_the_last_line(void **state)
{
    (void)state;
    struct stage_run *run = run_new("task T1\nmain does thread.yield\nprocess P2\ntask P2.main\nT1 ended");
    run->frame.several_processes = true;
    run_draw(run, &stage_view_stage, 80, 4, false, 1);
    EXPECT_ROWS(run, "╶ ready ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ running ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ blocked ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
                "  ◦ P1    r                CPU 0", "                             ▸ P2    R", "ended  ╺ P1.T1");
    run_words(run, "P2 ended");
    run_draw(run, &stage_view_stage, 80, 4, false, 1);
    EXPECT_ROWS(run, "╶ ready ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ running ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ blocked ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
                "  ◦ P1    r                CPU 0", "                             idle", "ended  ◌ P2 z  ╺ P1.T1");
    run_words(run, "P2 reaped");
    run_draw(run, &stage_view_stage, 80, 4, true, 1);
    EXPECT_ROWS(run, "- ready ------------------ - running ---------------- - blocked ----------------",
                "  . P1    r                CPU 0", "                             idle", "ended  - P1.T1  - P2");
    run_free(run);
}

static void a_deadlock_fills_the_right_column(void **state)
{
    (void)state;
    struct stage_run *run = run_new(deadlock);
    run_words(run, "T1 retries\nT2 retries\nmain retries");
    run_draw(run, &stage_view_stage, 80, 7, false, 1);
    EXPECT_ROWS(run, "╶ ready ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ running ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ blocked ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
                "                           CPU 0                        ✗ main B join(T1)",
                "                             idle                     mutex A  held by T1",
                "                                                        ✗ T2   B lock(A)",
                "                                                      mutex B  held by T2",
                "                                                        ✗ T1   B lock(B)");
    run_draw(run, &stage_view_stage, 80, 4, false, 1);
    EXPECT_ROWS(run, "╶ ready ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ running ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ blocked ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
                "                           CPU 0                        ✗ main B join(T1)",
                "                             idle                     mutex A  held by T1",
                "                                                        ▾ +2 more");
    run->frame.views[STAGE_VIEW_stage].scroll = 9;
    run_draw(run, &stage_view_stage, 80, 5, false, 1);
    EXPECT_ROWS(run, "╶ ready ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ running ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ blocked ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
                "                           CPU 0                        ✗ T2   B lock(A)",
                "                             idle                     mutex B  held by T2",
                "                                                        ✗ T1   B lock(B)",
                "                                                      ▴   +1 more");
    run->frame.views[STAGE_VIEW_stage].scroll = 0;
    stage_chinese = true;
    run_draw(run, &stage_view_stage, 80, 7, false, 1);
    EXPECT_ROWS(run, "╶ 就绪 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ 运行 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ 阻塞 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
                "                           CPU 0                        ✗ main B join(T1)",
                "                             空闲                     互斥锁 A  由 T1 持有",
                "                                                        ✗ T2   B lock(A)",
                "                                                      互斥锁 B  由 T2 持有",
                "                                                        ✗ T1   B lock(B)");
    run_free(run);
}

static void groups_say_what_is_missing(void **state)
{
    (void)state;
    struct stage_run *run = run_new(many_kinds);
    run->frame.several_processes = true;
    run->frame.cpus = 2;
    run_draw(run, &stage_view_stage, 80, 9, false, 1);
    EXPECT_ROWS(run, "╶ ready ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ running ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ blocked ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
                "2 ▫ P1.T4 n start          CPU 0                        ✗ P1.T2 B sleep",
                "                             idle                     table  read by P1.T1 P1.T2",
                "                           CPU 1                        ✗ P1    B wrlock(table)",
                "                           1 ▸ P1.T3 R wait(rooms)    cond changed",
                "                                                        ✗ P1.T1 B wait(changed)",
                "                                                      stopped",
                "                                                        ▪ P2    s", "ended  ◌ P3 z");
    run_draw(run, &stage_view_stage, 98, 12, false, 1);
    EXPECT_ROWS(
        run, "╶ ready ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ running ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ blocked ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
        "2 ▫ P1.T4 n start                CPU 0                              ✗ P1.T2 B sleep  until 0.150 s",
        "                                   idle                           table  read by P1.T1 P1.T2",
        "                                 CPU 1                              ✗ P1    B wrlock(table)",
        "                                 1 ▸ P1.T3 R wait(rooms)          cond changed",
        "                                                                    ✗ P1.T1 B wait(changed)",
        "                                                                  stopped",
        "                                                                    ▪ P2    s", "", "", "", "ended  ◌ P3 z");
    run_draw(run, &stage_view_stage, 200, 10, false, 1);
    EXPECT_ROWS(run,
                "╶ ready ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ running "
                "╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ blocked "
                "╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
                "2 ▫ P1.T4 n start                                                             CPU 0                   "
                "                       ✗ P1.T2 B sleep              until 0.150 s",
                "                                                                                idle                  "
                "                     rwlock table  read by P1.T1 P1.T2",
                "                                                                              CPU 1                   "
                "                       ✗ P1    B wrlock(table)",
                "                                                                              1 ▸ P1.T3 R wait(rooms) "
                "                     cond changed",
                "                                                                                                      "
                "                       ✗ P1.T1 B wait(changed)",
                "                                                                                                      "
                "                     stopped",
                "                                                                                                      "
                "                       ▪ P2    s",
                "", "ended  ◌ P3 z");
    run->frame.cpus = 8;
    run_draw(run, &stage_view_stage, 80, 10, false, 1);
    EXPECT_ROWS(run, "╶ ready ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ running ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ blocked ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
                "2 ▫ P1.T4 n start          CPU 0   idle                 ✗ P1.T2 B sleep",
                "                           CPU 1 1 ▸ P1.T3 R wait(ro▹ table  read by P1.T1 P1.T2",
                "                           CPU 2   idle                 ✗ P1    B wrlock(table)",
                "                           CPU 3   idle               cond changed",
                "                           CPU 4   idle                 ✗ P1.T1 B wait(changed)",
                "                           CPU 5   idle               stopped",
                "                           CPU 6   idle                 ▪ P2    s",
                "                           CPU 7   idle", "ended  ◌ P3 z");
    stage_chinese = true;
    run_draw(run, &stage_view_stage, 80, 10, false, 1);
    EXPECT_ROWS(run, "╶ 就绪 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ 运行 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ 阻塞 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
                "2 ▫ P1.T4 n 启动           CPU 0   空闲                 ✗ P1.T2 B sleep",
                "                           CPU 1 1 ▸ P1.T3 R wait(ro▹ table  P1.T1 P1.T2 在读",
                "                           CPU 2   空闲                 ✗ P1    B wrlock(table)",
                "                           CPU 3   空闲               条件变量 changed",
                "                           CPU 4   空闲                 ✗ P1.T1 B wait(changed)",
                "                           CPU 5   空闲               已暂停",
                "                           CPU 6   空闲                 ▪ P2    s",
                "                           CPU 7   空闲", "已结束  ◌ P3 z");
    run_free(run);
}

static struct stage_run *two_hundred(void)
{
    struct stage_run *run = run_new("object mutex A");
    char line[64];
    for (int i = 1; i <= 200; i++) {
        snprintf(line, sizeof line, "task T%d\n", i);
        run_words(run, line);
        snprintf(line, sizeof line, i == 1 ? "T%d does mutex.lock A" : i < 100 ? "" : "T%d tries mutex.lock A", i);
        run_words(run, line);
    }
    return run;
}

static void two_hundred_tasks_are_counted(void **state)
{
    (void)state;
    struct stage_run *run = two_hundred();
    run_draw(run, &stage_view_stage, 80, 6, false, 1);
    EXPECT_ROWS(run, "╶ ready ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ running ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ blocked ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
                "  ◦ main r                 CPU 0                      mutex A  held by T1",
                "  ◦ T1   r                   idle                       ✗ T198 B lock(A)",
                "  ◦ T2   r                                              ✗ T199 B lock(A)",
                "  ◦ T3   r                                              ✗ T200 B lock(A)",
                "  ▾ +96 more                                          ▴   +98 more");
    run->frame.views[STAGE_VIEW_stage].scroll = 20;
    run_draw(run, &stage_view_stage, 80, 6, false, 1);
    EXPECT_ROWS(run, "╶ ready ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ running ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ blocked ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
                "  ◦ T20  r                 CPU 0                      mutex A  held by T1",
                "  ◦ T21  r                   idle                       ✗ T198 B lock(A)",
                "  ◦ T22  r                                              ✗ T199 B lock(A)",
                "  ◦ T23  r                                              ✗ T200 B lock(A)",
                "▴ ▾ +96 more                                          ▴   +98 more");
    run->frame.views[STAGE_VIEW_stage].scroll = 0;
    run_draw(run, &stage_view_stage, 200, 6, false, 1);
    EXPECT_ROWS(run,
                "╶ ready ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ running "
                "╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ blocked "
                "╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
                "  ◦ main r                               ◦ T5   r                             CPU 0                   "
                "                     mutex A  held by T1                      ✗ T197 B lock(A)",
                "  ◦ T1   r                               ◦ T6   r                               idle                  "
                "                       ✗ T193 B lock(A)                       ✗ T198 B lock(A)",
                "  ◦ T2   r                               ◦ T7   r                                                     "
                "                       ✗ T194 B lock(A)                       ✗ T199 B lock(A)",
                "  ◦ T3   r                               ◦ T8   r                                                     "
                "                       ✗ T195 B lock(A)                       ✗ T200 B lock(A)",
                "  ◦ T4   r                               ▾ +91 more                                                   "
                "                       ✗ T196 B lock(A)                     ▴   +93 more");
    for (int i = 1; i <= 100; i++) {
        char line[64];
        snprintf(line, sizeof line, "T%d ended\n", i);
        run_words(run, line);
    }
    run_draw(run, &stage_view_stage, 80, 6, false, 1);
    EXPECT_ROWS(run, "╶ ready ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ running ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ╶ blocked ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
                "  ◦ main r                 CPU 0                      mutex A  owner T1 ended",
                "                             idle                       ✗ T199 B lock(A)",
                "                                                        ✗ T200 B lock(A)",
                "                                                      ▴   +98 more",
                "ended  ╺ T1  ╺ T2  ╺ T3  ╺ T4  ╺ T5  ╺ T6  ╺ T7  ╺ T8  ╺ T9  ╺ T10  ╺ T11  +89");
    run_free(run);
}

static void every_size_can_be_drawn(void **state)
{
    (void)state;
    struct stage_run *run = two_hundred();
    for (unsigned columns = 1; columns < 220; columns += 13) {
        for (unsigned rows = 1; rows < 30; rows += 4) {
            canvas_free(run->canvas);
            run->canvas = canvas_new(columns, rows, false);
            run->frame.before = run->before;
            run->frame.after = run->world;
            struct pane pane = pane_whole(run->canvas);
            for (int motion = 0; motion <= 2; motion++) {
                run->frame.motion = motion / 2.0;
                stage_view_stage.draw(&run->frame, &pane);
                canvas_clear(run->canvas);
            }
        }
    }
    run_free(run);
}

static void it_grows_with_what_exists_and_not_with_what_moves(void **state)
{
    (void)state;
    struct stage_run *run = run_new(deadlock);
    run_draw(run, &stage_view_stage, 80, 9, false, 1);
    int rows = stage_view_stage.rows(&run->frame, 80);
    assert_int_equal(rows, 7);
    static const char *const steps[] = {"T1 retries", "T2 retries", "main retries"};
    for (size_t i = 0; i < 3; i++) {
        run_words(run, steps[i]);
        run_draw(run, &stage_view_stage, 80, 9, false, 1);
        assert_int_equal(stage_view_stage.rows(&run->frame, 80), rows);
    }
    run_free(run);
    run = two_hundred();
    run_draw(run, &stage_view_stage, 80, 9, false, 1);
    assert_true(stage_view_stage.rows(&run->frame, 80) <= 10);
    run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_has_its_place_and_each_choice_its_key),
        cmocka_unit_test(the_one_who_moved_is_marked_and_the_selected_one_reversed),
        cmocka_unit_test(a_card_slides_from_where_it_was_to_where_it_is),
        cmocka_unit_test(what_does_not_move_stands_still_while_a_card_slides),
        cmocka_unit_test(a_newcomer_comes_out_of_who_made_it),
        cmocka_unit_test(an_ended_task_sinks_to_the_last_line),
        cmocka_unit_test(a_deadlock_fills_the_right_column),
        cmocka_unit_test(groups_say_what_is_missing),
        cmocka_unit_test(two_hundred_tasks_are_counted),
        cmocka_unit_test(every_size_can_be_drawn),
        cmocka_unit_test(it_grows_with_what_exists_and_not_with_what_moves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
