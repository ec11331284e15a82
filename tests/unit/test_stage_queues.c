/* Pipes as tanks: how full, who stands at which end, what this step changed. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_and_a_reader_that_waits),
        cmocka_unit_test(a_write_moves_the_level),
        cmocka_unit_test(something_is_not_nothing_and_only_full_is_full),
        cmocka_unit_test(many_at_one_end_are_counted),
        cmocka_unit_test(more_pipes_than_rows),
        cmocka_unit_test(none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
