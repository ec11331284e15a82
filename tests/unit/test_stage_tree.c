/* The process tree: who is whose child, states in one column, how each ended, newcomers, orphans. */
#include <signal.h>

#include "stage_moment.h"

enum { P1 = 1 };

static void ended(struct moment *m, uint32_t process, int status, bool reaped)
{
    moment_keep(m, P1);
    moment_tell(m,
                (struct event){.kind = EVENT_PROCESS_ENDED, .other = process, .value = status, .argument = {reaped}});
}

static void children_and_their_children(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    moment_process(m, 1);
    moment_process(m, 1);
    moment_process(m, 2);
    uint32_t grandchild = moment_process(m, 4);
    moment_process(m, 3);
    moment_task(m, 3, 1);
    moment_asks(m, P1, OPERATION_process_wait, 0, 0);
    moment_blocks(m, P1);
    assert_int_equal(moment_rows(m, &stage_view_tree, 39), 6);
    moment_draw(m, &stage_view_tree, 39, 8, false);
    EXPECT_ROWS(m, " ✗ B P1         pid 2    wait(a child)", " ◦ r ↳ P2       pid 3", " ◦ r ╎ ↳ P4     pid 5",
                " ◦ r ╎   ↳ P5   pid 6", " ◦ r ↳ P3       pid 4    2 threads", " ◦ r   ↳ P6     pid 7");
    moment_draw(m, &stage_view_tree, 39, 8, true);
    EXPECT_ROWS(m, " x B P1         pid 2    wait(a child)", " . r \\ P2       pid 3", " . r | \\ P4     pid 5",
                " . r |   \\ P5   pid 6", " . r \\ P3       pid 4    2 threads", " . r   \\ P6     pid 7");
    moment_chinese = true;
    moment_draw(m, &stage_view_tree, 49, 12, false);
    EXPECT_ROWS(m, " ✗ B P1         pid 2    wait(子进程)", " ◦ r ↳ P2       pid 3", " ◦ r ╎ ↳ P4     pid 5",
                " ◦ r ╎   ↳ P5   pid 6", " ◦ r ↳ P3       pid 4    2 个线程", " ◦ r   ↳ P6     pid 7");
    /* The mover's line is in sight. */
    moment_asks(m, grandchild, OPERATION_process_wait, 0, 0);
    moment_blocks(m, grandchild);
    moment_draw(m, &stage_view_tree, 39, 3, false);
    EXPECT_ROWS(m, " ◦ r ╎ ↳ P4     pid 5                 ▴", " ◦ r ╎   ↳ P5   pid 6    wait(子进程)",
                " ◦ r ↳ P3       pid 4    2 个线程     ▾");
    moment_free(m);
}

static void born_in_this_step(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    moment_keep(m, P1);
    moment_tell(m, (struct event){.kind = EVENT_PROCESS, .other = 2, .value = 1, .argument = {3}});
    moment_tell(m, (struct event){.kind = EVENT_TASK, .task = 2, .other = 2, .argument = {1}});
    moment_draw(m, &stage_view_tree, 39, 2, false);
    EXPECT_ROWS(m, " ▸ R P1     pid 2", " ◦ r ↳ P2   pid 3    new");
    moment_role(m, 7, 1, ROLE_new);
    moment_role(m, 5, 0, ROLE_strong);
    moment_free(m);
}

/* Who was started on a host of its own is told with the host; its children are there, too. */
static void each_on_its_host(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    moment_tell(m, (struct event){.kind = EVENT_PROCESS, .other = 2, .argument = {3, 0x0A000001}});
    moment_tell(m, (struct event){.kind = EVENT_TASK, .task = 2, .other = 2});
    moment_process(m, 2);
    moment_draw(m, &stage_view_tree, 39, 3, false);
    EXPECT_ROWS(m, " ◦ r P1     pid 2", " ◦ r P2     pid 3    10.0.0.1", " ▸ R ↳ P3   pid 4");
    assert_int_equal(world_process(m->world, 3)->host, 0x0A000001);
    assert_int_equal(world_process(m->world, 3)->root, 2);
    moment_free(m);
}

static void how_they_ended(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    for (int i = 0; i < 4; i++)
        moment_process(m, 1);
    ended(m, 2, 7 << 8, false);
    ended(m, 3, 0, true);
    ended(m, 4, SIGKILL, false);
    moment_draw(m, &stage_view_tree, 39, 8, false);
    EXPECT_ROWS(m, " ◦ r P1     pid 2", " ◌ z ↳ P2   pid 3    zombie  exit 7", " ╺ - ↳ P3   pid 4    exit 0",
                " ◌ z ↳ P4   pid 5    zombie  SIGKILL", " ▸ R ↳ P5   pid 6");
    moment_role(m, 7, 2, ROLE_faint);
    moment_role(m, 1, 1, ROLE_zombie);
    moment_chinese = true;
    moment_draw(m, &stage_view_tree, 39, 8, false);
    EXPECT_ROWS(m, " ◦ r P1     pid 2", " ◌ z ↳ P2   pid 3    僵尸  退出码 7", " ╺ - ↳ P3   pid 4    退出码 0",
                " ◌ z ↳ P4   pid 5    僵尸  SIGKILL", " ▸ R ↳ P5   pid 6");
    moment_free(m);
}

static void orphans_and_stopped_ones(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    moment_process(m, 1);
    moment_process(m, 2);
    ended(m, 2, 0, true);
    moment_keep(m, P1);
    moment_tell(m, (struct event){.kind = EVENT_ADOPTED, .other = 3, .value = 0});
    moment_tell(m, (struct event){.kind = EVENT_STOPPED, .other = 3, .value = 1});
    moment_draw(m, &stage_view_tree, 39, 4, false);
    EXPECT_ROWS(m, " ◦ r P1     pid 2", " ╺ - ↳ P2   pid 3    exit 0", " ▪ s P3     pid 4    adopted by init");
    moment_draw(m, &stage_view_tree, 98, 12, false);
    EXPECT_ROWS(m, " ◦ r P1     pid 2", " ╺ - ↳ P2   pid 3    exit 0", " ▪ s P3     pid 4    adopted by init");
    moment_free(m);
}

static void deep_chains_stay_in_the_pane(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    for (uint32_t i = 1; i < 16; i++)
        moment_process(m, i);
    m->frame.views[STAGE_VIEW_tree].scroll = -20;
    moment_draw(m, &stage_view_tree, 39, 8, false);
    EXPECT_ROWS(m, " ◦ r P1                         pid 2", " ◦ r ↳ P2                       pid 3",
                " ◦ r   ↳ P3                     pid 4", " ◦ r     ↳ P4                   pid 5",
                " ◦ r       ↳ P5                 pid 6", " ◦ r         ↳ P6               pid 7",
                " ◦ r           ↳ P7             pid 8", " ◦ r             ↳ P8           pid 9 ▾");
    moment_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_and_their_children),
        cmocka_unit_test(born_in_this_step),
        cmocka_unit_test(each_on_its_host),
        cmocka_unit_test(how_they_ended),
        cmocka_unit_test(orphans_and_stopped_ones),
        cmocka_unit_test(deep_chains_stay_in_the_pane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
