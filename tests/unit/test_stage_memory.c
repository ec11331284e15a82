/* Variables: what changed and from what, what is in hand, arrays as boxes, one variable of two processes side by side. */
#include "stage_moment.h"

enum { P1 = 1 };

static uint32_t variable(struct moment *m, const char *name, uint32_t process, const char *value)
{
    uint32_t id = moment_object(m, OBJECT_variable, name, process);
    if (value)
        moment_watch(m, id, value);
    return id;
}

static void changed_with_the_old_value_behind(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    uint32_t g = variable(m, "g_num", 1, "0");
    variable(m, "prepared", 1, "true");
    uint32_t t1 = moment_task(m, 1, 1);
    moment_asks(m, t1, OPERATION_memory_store, g, 0);
    moment_draw(m, &stage_view_memory, 39, 3, false);
    EXPECT_ROWS(m, " g_num     0", " prepared  true");
    moment_gets(m, t1, 1, 4, 0);
    moment_watch(m, g, "1");
    moment_draw(m, &stage_view_memory, 39, 3, false);
    EXPECT_ROWS(m, " g_num     1 ◂ 0", " prepared  true");
    moment_role(m, 11, 0, ROLE_changed);
    moment_role(m, 15, 0, ROLE_faint);
    moment_role(m, 11, 1, ROLE_text);
    moment_draw(m, &stage_view_memory, 39, 3, true);
    EXPECT_ROWS(m, " g_num     1 < 0", " prepared  true");
    moment_free(m);
}

static void in_hand(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    uint32_t g = variable(m, "g_num", 1, "1");
    uint32_t t1 = moment_task(m, 1, 1), t2 = moment_task(m, 1, 2), t3 = moment_task(m, 1, 3);
    struct stage_hand hands[] = {
        {.task = t1, .object = g, .value = "0", .step = 2},
        {.task = t2, .object = g, .value = "1", .step = m->frame.step.number},
        {.task = t3, .object = g, .value = "-2147483648", .step = 3},
    };
    m->frame.hands = hands;
    m->frame.hand_count = 1;
    moment_draw(m, &stage_view_memory, 39, 1, false);
    EXPECT_ROWS(m, " g_num  1           T1 has 0");
    m->frame.hand_count = 2;
    moment_draw(m, &stage_view_memory, 39, 1, false);
    EXPECT_ROWS(m, " g_num  1           T1 has 0  T2 has 1");
    moment_role(m, 20, 0, ROLE_strong);
    moment_role(m, 30, 0, ROLE_changed);
    m->frame.hand_count = 3;
    moment_draw(m, &stage_view_memory, 39, 1, false);
    EXPECT_ROWS(m, " g_num  1   T1:0  T2:1  T3:-2147483648");
    moment_draw(m, &stage_view_memory, 98, 1, false);
    EXPECT_ROWS(m, " g_num  1           T1 has 0  T2 has 1  T3 has -2147483648");
    m->frame.hand_count = 1;
    moment_chinese = true;
    moment_draw(m, &stage_view_memory, 39, 1, false);
    EXPECT_ROWS(m, " g_num  1           T1 手中 0");
    moment_free(m);
}

static void unknown_until_it_was_read(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    uint32_t g = variable(m, "head", 1, NULL);
    moment_asks(m, P1, OPERATION_memory_load, g, 0);
    moment_draw(m, &stage_view_memory, 39, 1, false);
    EXPECT_ROWS(m, " head  ?");
    moment_gets(m, P1, 7, 4, 0);
    moment_draw(m, &stage_view_memory, 39, 1, false);
    EXPECT_ROWS(m, " head  7");
    moment_role(m, 7, 0, ROLE_text);
    moment_asks(m, P1, OPERATION_memory_store, g, 0);
    moment_gets(m, P1, 8, 4, 0);
    moment_draw(m, &stage_view_memory, 39, 1, false);
    EXPECT_ROWS(m, " head  8 ◂ 7");
    moment_free(m);
}

static void one_name_in_two_processes(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    variable(m, "g_num", 1, "100");
    uint32_t child = moment_process(m, 1);
    uint32_t copy = variable(m, "P2:g_num", 2, "100");
    variable(m, "P2:own", 2, "7");
    moment_asks(m, child, OPERATION_memory_store, copy, 0);
    moment_gets(m, child, 101, 4, 0);
    moment_watch(m, copy, "101");
    assert_int_equal(moment_rows(m, &stage_view_memory, 39), 3);
    moment_draw(m, &stage_view_memory, 39, 4, false);
    EXPECT_ROWS(m, "        P1            P2", " g_num  100           101 ◂ 100", " own                  7");
    struct stage_hand hands[] = {{.task = 1, .object = 1, .value = "100", .step = 1},
                                 {.task = child, .object = copy, .value = "101", .step = 2}};
    m->frame.hands = hands;
    m->frame.hand_count = 2;
    moment_draw(m, &stage_view_memory, 49, 3, false);
    EXPECT_ROWS(m, "        P1            P2", " g_num  100           101 ◂ 100     P1:100  P2:▹",
                " own                  7");
    m->frame.hand_count = 0;
    variable(m, "counter", 0, "5");
    moment_chinese = true;
    moment_draw(m, &stage_view_memory, 49, 12, false);
    EXPECT_ROWS(m, "          共享        P1          P2", " g_num                100         101 ◂ 100",
                " own                              7", " counter  5");
    moment_free(m);
}

static void many_processes_are_groups(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    variable(m, "items", 1, "{1, 2}");
    for (uint32_t i = 2; i <= 4; i++) {
        moment_process(m, 1);
        variable(m, "items", i, "{1, 3}");
    }
    assert_int_equal(moment_rows(m, &stage_view_memory, 39), 8);
    moment_draw(m, &stage_view_memory, 39, 8, false);
    EXPECT_ROWS(m, "P1", " items  ╎ 1 ╎ 2 ╎", "P2", " items  ╎ 1 ╎ 3 ╎", "P3", " items  ╎ 1 ╎ 3 ╎", "P4",
                " items  ╎ 1 ╎ 3 ╎");
    m->frame.views[STAGE_VIEW_memory].scroll = 5;
    moment_draw(m, &stage_view_memory, 39, 4, false);
    EXPECT_ROWS(m, "P3                                    ▴", " items  ╎ 1 ╎ 3 ╎", "P4", " items  ╎ 1 ╎ 3 ╎");
    moment_free(m);
}

static void arrays_are_boxes(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    uint32_t items = variable(m, "items", 1, "{1, 0, 0}");
    variable(m, "matrix", 1, "{{1, 2, 3}, {4, 5, -60}}");
    variable(m, "long", 1, "{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19}");
    variable(m, "words", 1, "{\"a, b\", \"}\"}");
    moment_asks(m, P1, OPERATION_memory_store, items, 0);
    moment_gets(m, P1, 2, 4, 0);
    moment_watch(m, items, "{1, 2, 0}");
    moment_draw(m, &stage_view_memory, 39, 8, false);
    EXPECT_ROWS(m, " items   ╎ 1 ╎ 2 ╎ 0 ╎", " matrix  ╎   1 ╎   2 ╎   3 ╎", "         ╎   4 ╎   5 ╎ -60 ╎",
                " long    ╎ 0╎ 1╎ 2╎ 3╎ 4╎ 5╎ 6╎ 7╎ 8╎", "         ╎ 9╎10╎11╎12╎13╎14╎15╎16╎17╎", "         ╎18╎19╎",
                " words   ╎ \"a, b\" ╎    \"}\" ╎");
    moment_role(m, 11, 0, ROLE_text);
    moment_role(m, 15, 0, ROLE_changed);
    moment_draw(m, &stage_view_memory, 98, 12, true);
    EXPECT_ROWS(m, " items   | 1 | 2 | 0 |", " matrix  |   1 |   2 |   3 |", "         |   4 |   5 | -60 |",
                " long    | 0| 1| 2| 3| 4| 5| 6| 7| 8| 9|10|11|12|13|14|15|16|17|18|19|",
                " words   | \"a, b\" |    \"}\" |");
    moment_free(m);
}

static void structures_and_odd_texts_stay_text(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    variable(m, "q", 1, "{count = 3, lock = {...}, items = {1, 2, 3, -4}}");
    variable(m, "odd", 1, "{1, 2");
    variable(m, "none", 1, "{}");
    variable(m, "a_rather_long_name_for_a_variable", 1, "\"hello, world\"");
    moment_draw(m, &stage_view_memory, 39, 8, false);
    EXPECT_ROWS(m, " q             {count = 3, lock =", "               {...}, items = {1, 2,",
                "               3, -4}}", " odd           {1, 2", " none          {}",
                " a_rather_lo▹  \"hello, world\"");
    moment_free(m);
}

/* Where only elements are known, as loads and stores tell them, they stand together, each at its index. */
static void elements_are_gathered(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    uint32_t last = variable(m, "items[2]", 1, NULL);
    uint32_t first = variable(m, "items[0]", 1, NULL);
    const uint32_t others[] = {variable(m, "items[1000]", 1, NULL), variable(m, "grid[1][0]", 1, NULL)};
    for (unsigned i = 0; i < 2; i++) {
        moment_asks(m, P1, OPERATION_memory_load, others[i], 0);
        moment_gets(m, P1, 7 + i, 4, 0);
    }
    moment_asks(m, P1, OPERATION_memory_store, last, 0);
    moment_gets(m, P1, 30, 4, 0);
    moment_asks(m, P1, OPERATION_memory_store, first, 0);
    moment_draw(m, &stage_view_memory, 39, 5, false);
    EXPECT_ROWS(m, " items        ╎  ? ╎  ? ╎ 30 ╎", " items[1000]  7", " grid[1]      ╎ 8 ╎");
    moment_gets(m, P1, 10, 4, 0);
    struct stage_hand hand = {.task = 1, .object = last, .value = "30", .step = 1};
    m->frame.hands = &hand;
    m->frame.hand_count = 1;
    assert_int_equal(moment_rows(m, &stage_view_memory, 39), 3);
    moment_draw(m, &stage_view_memory, 39, 5, false);
    EXPECT_ROWS(m, " items        ╎ 10 ╎  ? ╎ 30 ╎  main:▹", " items[1000]  7", " grid[1]      ╎ 8 ╎");
    moment_role(m, 17, 0, ROLE_changed);
    moment_role(m, 27, 0, ROLE_text);
    moment_free(m);
}

static void none(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    moment_draw(m, &stage_view_memory, 39, 2, false);
    assert_int_equal(moment_rows(m, &stage_view_memory, 39), 0);
    EXPECT_ROWS(m, " no variable yet");
    moment_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changed_with_the_old_value_behind),
        cmocka_unit_test(in_hand),
        cmocka_unit_test(unknown_until_it_was_read),
        cmocka_unit_test(one_name_in_two_processes),
        cmocka_unit_test(many_processes_are_groups),
        cmocka_unit_test(arrays_are_boxes),
        cmocka_unit_test(structures_and_odd_texts_stay_text),
        cmocka_unit_test(elements_are_gathered),
        cmocka_unit_test(none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
