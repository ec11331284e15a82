/* Names as a screen shortens them, the table of views, and scrolling. */
#include "stage_run.h"

#include "stage/stage_names.h"

static const struct stage_frame *frame_of(struct stage_run *run)
{
    run->frame.before = run->before;
    run->frame.after = run->world;
    return &run->frame;
}

static void expect_task(struct stage_run *run, const char *task, const char *expected)
{
    char name[STAGE_NAME_SIZE];
    assert_string_equal(stage_task_name(frame_of(run), run_task(run, task), name), expected);
}

static void expect_object(struct stage_run *run, uint32_t object, const char *name, const char *label)
{
    char out[STAGE_NAME_SIZE];
    assert_string_equal(stage_object_name(frame_of(run), run->world, object, out), name);
    assert_string_equal(stage_object_label(frame_of(run), run->world, object, out), label);
}

static void expect_operation(struct stage_run *run, const char *task, const char *expected)
{
    char name[STAGE_NAME_SIZE];
    assert_string_equal(stage_operation_name(frame_of(run), run->world, run_task(run, task), name), expected);
}

static void a_task_is_named_by_its_process_only_where_there_are_several(void **state)
{
    (void)state;
    struct stage_run *run = run_new("task T1\nprocess P2\ntask P2.main\ntask P2.T1");
    expect_task(run, "main", "main");
    expect_task(run, "T1", "T1");
    run->frame.several_processes = true;
    expect_task(run, "main", "P1");
    expect_task(run, "T1", "P1.T1");
    expect_task(run, "P2.main", "P2");
    expect_task(run, "P2.T1", "P2.T1");
    expect_task(run, "T9", "");
    run_free(run);
}

static void an_object_has_its_kind_only_where_its_name_says_nothing(void **state)
{
    (void)state;
    struct stage_run *run = run_new("object mutex A\nobject mutex #2\nobject pipe 1\nobject file /tmp/a/notes.txt\n"
                                    "object terminal tty\nobject variable counter");
    expect_object(run, 1, "A", "mutex A");
    expect_object(run, 2, "mutex #2", "mutex #2");
    expect_object(run, 3, "pipe 1", "pipe 1");
    expect_object(run, 4, "notes.txt", "file notes.txt");
    expect_object(run, 5, "terminal", "terminal");
    expect_object(run, 6, "counter", "variable counter");
    expect_object(run, 99, "", "");
    stage_chinese = true;
    expect_object(run, 1, "A", "互斥锁 A");
    expect_object(run, 3, "管道 1", "管道 1");
    run_free(run);
}

static void two_objects_of_one_name_are_told_apart_by_their_process(void **state)
{
    (void)state;
    struct stage_run *run = run_new("object mutex A\nprocess P2\ntask P2.main");
    uint32_t text = run_text(run, "A");
    run_tell(run, (struct event){.kind = EVENT_OBJECT, .object = 2, .value = OBJECT_mutex, .other = 2, .text = text});
    expect_object(run, 1, "A", "mutex A");
    expect_object(run, 2, "P2:A", "mutex P2:A");
    run_free(run);
}

static void an_operation_names_what_it_is_about(void **state)
{
    (void)state;
    struct stage_run *run = run_new("task T1\ntask T2\ntask T3\ntask T4\nobject mutex A\nobject cond c\nobject pipe 1\n"
                                    "process P2\ntask P2.main\ntask T5\nmain asks thread.join T1\n"
                                    "T1 asks mutex.lock A\nT2 asks time.sleep 100\nT3 asks pipe.read 1\n"
                                    "T4 asks process.wait - 102\nP2.main asks cond.wait c A\nnew T6");
    expect_operation(run, "main", "join(T1)");
    expect_operation(run, "T1", "lock(A)");
    expect_operation(run, "T2", "sleep");
    expect_operation(run, "T3", "read(pipe 1)");
    expect_operation(run, "P2.main", "wait(c)");
    expect_operation(run, "T5", ""); /* it computes */
    expect_operation(run, "T6", "start");
    run->frame.several_processes = true;
    expect_operation(run, "main", "join(P1.T1)");
    expect_operation(run, "T4", "wait(P2)");
    run_words(run, "T4 retries 0\nT4 asks process.wait - -1");
    expect_operation(run, "T4", "wait(a child)");
    stage_chinese = true;
    expect_operation(run, "T4", "wait(子进程)");
    run_free(run);
}

static void who_joins_waits_for_a_task_though_a_thread_is_an_object_too(void **state)
{
    (void)state;
    struct stage_run *run = run_new("task T1\nobject thread P1.T1\nobject mutex A\nmain tries thread.join P1.T1");
    assert_int_equal(world_task(run->world, 1)->waits_for, 1);
    struct stage_waiting waiting = stage_waiting_of(run->world, 1);
    assert_int_equal(waiting.kind, STAGE_WAIT_end);
    assert_int_equal(waiting.task, run_task(run, "T1"));
    expect_operation(run, "main", "join(T1)");
    assert_int_equal(stage_waiting_of(run->world, run_task(run, "T1")).kind, STAGE_WAIT_none);
    run_words(run, "T1 does mutex.lock A\nT1 tries mutex.lock A");
    waiting = stage_waiting_of(run->world, run_task(run, "T1"));
    assert_int_equal(waiting.kind, STAGE_WAIT_object);
    assert_int_equal(waiting.object, run_object(run, "A"));
    run_free(run);
}

static void the_target_of_an_operation_is_a_task_and_never_a_deadline(void **state)
{
    (void)state;
    struct stage_run *run = run_new("task T1\ntask T2\nprocess P2\ntask P2.main\nmain asks thread.join T1\n"
                                    "T1 asks time.sleep 100\nT2 asks process.wait - 102");
    assert_int_equal(world_task_target(run->world, 1), run_task(run, "T1"));
    assert_int_equal(world_task_target(run->world, run_task(run, "T1")), 0);
    assert_int_equal(world_task_target(run->world, run_task(run, "T2")), run_task(run, "P2.main"));
    assert_int_equal(world_task_target(run->world, 99), 0);
    run_words(run, "P2.main asks process.wait - -1");
    assert_int_equal(world_task_target(run->world, run_task(run, "P2.main")), 0);
    run_free(run);
    run = run_new("process P2\ntask P2.main");
    run_tell(run,
             (struct event){.kind = EVENT_ASKED, .task = 1, .operation = OPERATION_signal_send, .argument = {15, 2}});
    assert_int_equal(world_task_target(run->world, 1), run_task(run, "P2.main"));
    run_free(run);
}

static void many_tasks_are_counted(void **state)
{
    (void)state;
    struct stage_run *run = run_new("task T1\ntask T2\ntask T3");
    const uint32_t tasks[] = {1, 2, 3, 4};
    static const struct {
        int columns;
        size_t kept;
        const char *expected;
    } cases[] = {
        {13, 4, "main T1 T2 T3"}, {12, 4, "main T1 +2"}, {7, 4, "main +3"}, {6, 4, "+4"}, {40, 2, "main T1 +2"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        canvas_free(run->canvas);
        run->canvas = canvas_new(40, 1, false);
        struct pane pane = pane_whole(run->canvas);
        int used = stage_tasks_draw(frame_of(run), &pane, 0, 0, cases[i].columns, ROLE_text, tasks, cases[i].kept, 4);
        run_expect(run, &cases[i].expected, 1);
        assert_int_equal(used, text_columns(cases[i].expected));
    }
    run_free(run);
}

static void every_state_has_a_sign_a_letter_and_a_role_of_its_own(void **state)
{
    (void)state;
    for (unsigned a = 0; a < STATE_COUNT; a++) {
        for (unsigned b = 0; b < a; b++) {
            assert_true(stage_state_letter(a) != stage_state_letter(b));
            assert_true(stage_state_role(a) != stage_state_role(b));
            assert_true(glyph_code(stage_state_glyph(a), false) != glyph_code(stage_state_glyph(b), false));
            assert_true(glyph_code(stage_state_glyph(a), true) != glyph_code(stage_state_glyph(b), true));
        }
    }
    assert_int_equal(stage_state_letter(STATE_running), 'R');
    assert_int_equal(stage_state_letter(STATE_blocked), 'B');
    assert_int_equal(stage_state_letter(99), '-');
}

static void every_view_is_found_by_its_name(void **state)
{
    (void)state;
    for (unsigned id = 0; id < STAGE_VIEW_COUNT; id++) {
        const struct stage_view *view = stage_view((enum stage_view_id)id);
        assert_int_equal(stage_view_by_name(view->id), id);
        assert_true(view->title && view->rows && view->draw && view->least > 0);
    }
    assert_int_equal(stage_view_by_name("wire?"), STAGE_VIEW_COUNT);
    static const struct {
        const char *name;
        enum stage_place place;
    } rows[] = {
#define VIEW(id, where, what) {#id, STAGE_PLACE_##where},
#include "stage/views.def"
#undef VIEW
    };
    for (size_t i = 0; i < STAGE_VIEW_COUNT; i++) {
        const struct stage_view *view = stage_view(stage_view_by_name(rows[i].name));
        assert_string_equal(view->id, rows[i].name);
        assert_int_equal(view->place, rows[i].place);
    }
}

static void scrolling_shows_what_is_wanted_and_stays_inside(void **state)
{
    (void)state;
    struct stage_frame frame = {.cpus = 1};
    enum stage_view_id id = STAGE_VIEW_locks;
    assert_int_equal(stage_scroll(&frame, id, 5, 10, 4), 0);
    assert_int_equal(stage_scroll(&frame, id, 20, 10, 9), 0);
    for (int wanted = 0; wanted < 20; wanted++) {
        int top = stage_scroll(&frame, id, 20, 10, wanted);
        assert_true(top >= 0 && top <= 10 && wanted >= top && wanted < top + 10);
    }
    frame.views[id].scroll = 3;
    assert_int_equal(stage_scroll(&frame, id, 20, 10, 0), 3);
    frame.views[id].scroll = 300;
    assert_int_equal(stage_scroll(&frame, id, 20, 10, 0), 10);
    frame.views[id].scroll = -300;
    assert_int_equal(stage_scroll(&frame, id, 20, 10, 19), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_is_named_by_its_process_only_where_there_are_several),
        cmocka_unit_test(an_object_has_its_kind_only_where_its_name_says_nothing),
        cmocka_unit_test(two_objects_of_one_name_are_told_apart_by_their_process),
        cmocka_unit_test(an_operation_names_what_it_is_about),
        cmocka_unit_test(who_joins_waits_for_a_task_though_a_thread_is_an_object_too),
        cmocka_unit_test(the_target_of_an_operation_is_a_task_and_never_a_deadline),
        cmocka_unit_test(many_tasks_are_counted),
        cmocka_unit_test(every_state_has_a_sign_a_letter_and_a_role_of_its_own),
        cmocka_unit_test(every_view_is_found_by_its_name),
        cmocka_unit_test(scrolling_shows_what_is_wanted_and_stays_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
