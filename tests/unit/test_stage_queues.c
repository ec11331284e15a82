/* Pipes and the program's own queues as tanks: how full, who stands at which end, what this step changed. */
#include "stage_moment.h"

enum { P1 = 1, PIPE_BYTES = 16384 };

static struct moment *pipe_between(uint32_t *reader, uint32_t *pipe)
{
    struct moment *m = moment_new();
    *pipe = moment_object(m, OBJECT_pipe, "1", 0);
    moment_asks(m, P1, OPERATION_pipe_create, *pipe, 0);
    moment_gets(m, P1, 0, PIPE_BYTES, 0);
    *reader = moment_process(m, 1);
    moment_asks(m, P1, OPERATION_pipe_write, *pipe, 0);
    moment_asks(m, *reader, OPERATION_pipe_read, *pipe, 0);
    return m;
}

static void empty_and_a_reader_that_waits(void **state)
{
    (void)state;
    uint32_t reader, pipe;
    struct moment *m = pipe_between(&reader, &pipe);
    moment_blocks(m, reader);
    assert_int_equal(moment_rows(m, &stage_view_queues, 39), 2);
    moment_draw(m, &stage_view_queues, 39, 4, false);
    EXPECT_ROWS(m, " pipe 1               0 of 16384 bytes", "      ◦ P1 ▸░░░░░░░░░░░░░░░▸ ✗ P2");
    moment_free(m);
}

static void a_write_moves_the_level(void **state)
{
    (void)state;
    uint32_t reader, pipe;
    struct moment *m = pipe_between(&reader, &pipe);
    moment_gets(m, P1, 4096, 4096, PIPE_BYTES);
    moment_draw(m, &stage_view_queues, 39, 2, false);
    EXPECT_ROWS(m, " pipe 1        0 ▸ 4096 of 16384 bytes", "           ▸▐▐▐▐░░░░░░░░░░░▸ ◦ P2");
    moment_role(m, 14, 1, ROLE_changed);
    moment_role(m, 30, 1, ROLE_text);
    m->frame.motion = 0.5;
    moment_draw(m, &stage_view_queues, 39, 2, false);
    EXPECT_ROWS(m, " pipe 1        0 ▸ 4096 of 16384 bytes", "           ▸▐▐░░░░░░░░░░░░░▸ ◦ P2");
    m->frame.motion = 0;
    moment_draw(m, &stage_view_queues, 39, 2, true);
    EXPECT_ROWS(m, " pipe 1        0 > 4096 of 16384 bytes", "           >...............> . P2");
    m->frame.motion = 1;
    moment_chinese = true;
    moment_draw(m, &stage_view_queues, 39, 2, false);
    EXPECT_ROWS(m, " 管道 1          0 ▸ 4096 / 16384 字节", "           ▸▐▐▐▐░░░░░░░░░░░▸ ◦ P2");
    moment_free(m);
}

static void something_is_not_nothing_and_only_full_is_full(void **state)
{
    (void)state;
    uint32_t reader, pipe;
    struct moment *m = pipe_between(&reader, &pipe);
    moment_gets(m, P1, 1, 1, PIPE_BYTES);
    moment_draw(m, &stage_view_queues, 49, 2, false);
    EXPECT_ROWS(m, " pipe 1                     0 ▸ 1 of 16384 bytes", "              ▸▐░░░░░░░░░░░░░░░░░░▸ ◦ P2");
    moment_asks(m, P1, OPERATION_pipe_write, pipe, 0);
    moment_gets(m, P1, 1, PIPE_BYTES - 1, PIPE_BYTES);
    moment_draw(m, &stage_view_queues, 49, 2, false);
    EXPECT_ROWS(m, " pipe 1                 1 ▸ 16383 of 16384 bytes", "              ▸▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐░▸ ◦ P2");
    moment_asks(m, P1, OPERATION_pipe_write, pipe, 0);
    moment_gets(m, P1, 1, PIPE_BYTES, PIPE_BYTES);
    moment_asks(m, P1, OPERATION_pipe_write, pipe, 0);
    moment_blocks(m, P1);
    moment_draw(m, &stage_view_queues, 98, 2, false);
    EXPECT_ROWS(m, " pipe 1                                                                      16384 of 16384 bytes",
                "                     ✗ P1 ▸▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▐▸ ◦ P2");
    moment_free(m);
}

static void many_at_one_end_are_counted(void **state)
{
    (void)state;
    uint32_t reader, pipe;
    struct moment *m = pipe_between(&reader, &pipe);
    moment_blocks(m, reader);
    for (unsigned i = 0; i < 12; i++) {
        uint32_t main = moment_process(m, 1);
        moment_asks(m, main, OPERATION_pipe_read, pipe, 0);
        if (i < 6)
            moment_blocks(m, main);
    }
    moment_draw(m, &stage_view_queues, 39, 2, false);
    EXPECT_ROWS(m, " pipe 1               0 of 16384 bytes", "      ◦ P1 ▸░░░░░░░░░░░░░░░▸ ✗ P2 +12");
    moment_draw(m, &stage_view_queues, 98, 2, false);
    EXPECT_ROWS(m, " pipe 1                                                                          0 of 16384 bytes",
                "                     ◦ P1 ▸░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░▸ ✗ P2 ✗ P3 ✗ P4 ✗ P5 +9");
    moment_free(m);
}

static void more_pipes_than_rows(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    uint32_t pipe = 0;
    for (unsigned i = 0; i < 5; i++) {
        char name[8];
        snprintf(name, sizeof name, "%u", i + 1);
        pipe = moment_object(m, OBJECT_pipe, name, 0);
        moment_asks(m, P1, OPERATION_pipe_create, pipe, 0);
        moment_gets(m, P1, 0, PIPE_BYTES, 0);
    }
    assert_int_equal(moment_rows(m, &stage_view_queues, 39), 10);
    moment_draw(m, &stage_view_queues, 39, 5, false);
    EXPECT_ROWS(m, " pipe 4               0 of 16384 bytes▴", "           ▸░░░░░░░░░░░░░░░▸",
                " pipe 5               0 of 16384 bytes", "           ▸░░░░░░░░░░░░░░░▸");
    moment_free(m);
}

static void none(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    moment_draw(m, &stage_view_queues, 39, 2, false);
    assert_int_equal(moment_rows(m, &stage_view_queues, 39), 0);
    EXPECT_ROWS(m, " no pipe yet");
    moment_free(m);
}

/* ---- queues of the program's own ---- */

static const struct stage_queue orders = {.name = "orders",
                                          .count = "count",
                                          .capacity = "3",
                                          .items = "items",
                                          .head = "head",
                                          .put_waits = "not_full",
                                          .get_waits = "not_empty"};

struct own {
    uint32_t count, items, head, not_full;
};

static void watch_number(struct moment *m, uint32_t object, int value)
{
    char text[16];
    snprintf(text, sizeof text, "%d", value);
    moment_tell(
        m, (struct event){
               .kind = EVENT_WATCH, .object = object, .text = moment_text(m, text), .value = value, .argument = {1}});
}

static struct moment *own_queue(struct own *own)
{
    struct moment *m = moment_new();
    own->count = moment_object(m, OBJECT_variable, "count", P1);
    own->items = moment_object(m, OBJECT_variable, "items", P1);
    own->head = moment_object(m, OBJECT_variable, "head", P1);
    own->not_full = moment_object(m, OBJECT_cond, "not_full", P1);
    m->frame.queues = &orders;
    m->frame.queue_count = 1;
    return m;
}

/* A step that stores `value` to a watched number. */
static void store(struct moment *m, uint32_t object, int value)
{
    moment_asks(m, P1, OPERATION_memory_store, object, 0);
    moment_gets(m, P1, value, 0, 0);
    watch_number(m, object, value);
}

static void own_queue_is_unknown_until_it_is_known(void **state)
{
    (void)state;
    struct own own;
    struct moment *m = own_queue(&own);
    assert_int_equal(moment_rows(m, &stage_view_queues, 39), 2);
    moment_draw(m, &stage_view_queues, 39, 2, false);
    EXPECT_ROWS(m, " orders                  not known yet", "           ▸               ▸");
    moment_chinese = true;
    moment_draw(m, &stage_view_queues, 39, 2, false);
    EXPECT_ROWS(m, " orders                       尚不知道", "           ▸               ▸");
    moment_free(m);
}

static void own_queue_fills_and_hands_out_the_oldest(void **state)
{
    (void)state;
    struct own own;
    struct moment *m = own_queue(&own);
    watch_number(m, own.head, 0);
    watch_number(m, own.count, 2);
    moment_watch(m, own.items, "{11, 12, 0}");
    moment_keep(m, P1);
    m->frame.step.number = 0;
    moment_draw(m, &stage_view_queues, 60, 2, false);
    EXPECT_ROWS(m, " orders                                              2 of 3",
                "                    ▸ ╎ ░░ ╎ 12 ╎ 11 ╎ ▸");
    moment_asks(m, P1, OPERATION_memory_store, own.count, 0);
    moment_gets(m, P1, 3, 0, 0);
    moment_watch(m, own.items, "{11, 12, 13}");
    watch_number(m, own.count, 3);
    moment_draw(m, &stage_view_queues, 60, 2, false);
    EXPECT_ROWS(m, " orders                                          2 ▸ 3 of 3",
                "                    ▸ ╎ 13 ╎ 12 ╎ 11 ╎ ▸");
    moment_role(m, 24, 1, ROLE_changed);
    moment_role(m, 29, 1, ROLE_fill);
    m->frame.motion = 0;
    moment_draw(m, &stage_view_queues, 60, 2, true);
    EXPECT_ROWS(m, " orders                                          2 > 3 of 3",
                "                    > | .. | 12 | 11 | >");
    m->frame.motion = 1;
    store(m, own.head, 1);
    store(m, own.count, 2);
    moment_draw(m, &stage_view_queues, 60, 2, false);
    EXPECT_ROWS(m, " orders                                          3 ▸ 2 of 3",
                "                    ▸ ╎ ░░ ╎ 13 ╎ 12 ╎ ▸");
    moment_free(m);
}

static void own_queue_shows_who_waits_for_room(void **state)
{
    (void)state;
    struct own own;
    struct moment *m = own_queue(&own);
    watch_number(m, own.count, 3);
    uint32_t waiter = moment_task(m, P1, 1);
    moment_asks(m, waiter, OPERATION_cond_wait, own.not_full, 0);
    moment_blocks(m, waiter);
    moment_draw(m, &stage_view_queues, 39, 2, false);
    /* The items are not known here: they are there all the same. */
    EXPECT_ROWS(m, " orders                         3 of 3", "      ✗ T1 ▸ ╎ ▐ ╎ ▐ ╎ ▐ ╎ ▸");
    moment_free(m);
}

static void own_queue_by_two_counters_and_without_a_bound(void **state)
{
    (void)state;
    static const struct stage_queue letters = {
        .name = "letters", .count = "added", .less = "taken", .items = "items", .head = "taken"};
    struct moment *m = moment_new();
    uint32_t added = moment_object(m, OBJECT_variable, "added", P1),
             taken = moment_object(m, OBJECT_variable, "taken", P1),
             items = moment_object(m, OBJECT_variable, "items", P1);
    m->frame.queues = &letters;
    m->frame.queue_count = 1;
    watch_number(m, added, 6);
    watch_number(m, taken, 3);
    moment_watch(m, items, "{'E', 'F', 'C', 'D'}");
    moment_keep(m, P1);
    m->frame.step.number = 0;
    moment_draw(m, &stage_view_queues, 39, 2, false);
    EXPECT_ROWS(m, " letters             3 without a bound", "           ▸  ╎ F ╎ E ╎ D ╎▸");
    watch_number(m, added, 43);
    moment_draw(m, &stage_view_queues, 39, 2, false);
    EXPECT_ROWS(m, " letters        3 ▸ 40 without a bound", "           ▸+36   ╎C╎F╎E╎D╎▸");
    moment_free(m);
}

static void own_queue_too_long_for_boxes_is_a_level(void **state)
{
    (void)state;
    static const struct stage_queue jobs = {.name = "jobs", .count = "count", .capacity = "100"};
    struct own own;
    struct moment *m = own_queue(&own);
    m->frame.queues = &jobs;
    watch_number(m, own.count, 50);
    moment_keep(m, P1);
    m->frame.step.number = 0;
    moment_draw(m, &stage_view_queues, 39, 2, false);
    EXPECT_ROWS(m, " jobs                        50 of 100", "         ▸▐▐▐▐▐▐▐▐▐▐░░░░░░░░░▸");
    moment_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_queue_is_unknown_until_it_is_known),
        cmocka_unit_test(own_queue_fills_and_hands_out_the_oldest),
        cmocka_unit_test(own_queue_shows_who_waits_for_room),
        cmocka_unit_test(own_queue_by_two_counters_and_without_a_bound),
        cmocka_unit_test(own_queue_too_long_for_boxes_is_a_level),
        cmocka_unit_test(empty_and_a_reader_that_waits),
        cmocka_unit_test(a_write_moves_the_level),
        cmocka_unit_test(something_is_not_nothing_and_only_full_is_full),
        cmocka_unit_test(many_at_one_end_are_counted),
        cmocka_unit_test(more_pipes_than_rows),
        cmocka_unit_test(none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
