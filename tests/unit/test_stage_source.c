/* Where everyone is in the source: marks at lines, a text that holds still, windows for those who are far away. */
#include "stage_moment.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const char *const deadlock[] = {
    "/* Two locks, two threads, two orders. */",
    "#include <pthread.h>",
    "",
    "pthread_mutex_t A, B;",
    "",
    "static void *first(void *unused)",
    "{",
    "    pthread_mutex_lock(&A);",
    "    printf(\"first: got A\\n\");",
    "    pthread_mutex_lock(&B); /* one that is held by the other */",
    "    return NULL;",
    "}",
    "",
    "static void *second(void *unused)",
    "{",
    "    pthread_mutex_lock(&B);",
    "    pthread_mutex_lock(&A);",
    "    return NULL;",
    "}",
    "",
    "int main(void)",
    "{",
    "    pthread_t one, two;",
    "    pthread_create(&one, NULL, first, NULL);",
    "    pthread_create(&two, NULL, second, NULL);",
    "    pthread_join(one, NULL);",
    "    // 汉字 in a comment",
    "    pthread_join(two, NULL);",
    "}",
};
static const struct stage_file files[] = {
    {.name = "deadlock.c", .lines = deadlock, .line_count = LENGTH(deadlock)},
};

/* main joins at 26, T1 blocks at 10; T2 has just blocked at 17. */
static struct moment *three_places(void)
{
    struct moment *m = moment_new();
    m->frame.files = files;
    m->frame.file_count = 1;
    uint32_t t1 = moment_task(m, 1, 1), t2 = moment_task(m, 1, 2);
    uint32_t a = moment_object(m, OBJECT_mutex, "A", 1), b = moment_object(m, OBJECT_mutex, "B", 1);
    moment_asks(m, 1, OPERATION_mutex_lock, a, moment_place(m, "deadlock.c", 26));
    moment_gets(m, 1, 0, 0, 0);
    moment_asks(m, 1, OPERATION_mutex_lock, b, moment_place(m, "deadlock.c", 26));
    moment_gets(m, 1, 0, 0, 0);
    moment_asks(m, 1, OPERATION_thread_yield, 0, moment_place(m, "deadlock.c", 26));
    moment_asks(m, t1, OPERATION_mutex_lock, b, moment_place(m, "deadlock.c", 10));
    moment_blocks(m, t1);
    moment_asks(m, t2, OPERATION_mutex_lock, a, moment_place(m, "deadlock.c", 17));
    moment_blocks(m, t2);
    return m;
}

static void around_the_line_of_who_moved(void **state)
{
    (void)state;
    struct moment *m = three_places();
    moment_draw(m, &stage_view_source, 39, 8, false);
    EXPECT_ROWS(m, "       13", "       14 static void *second(void *un▹", "       15 {",
                "       16   pthread_mutex_lock(&B);", "  T2 ✗ 17   pthread_mutex_lock(&A);",
                "       18   return NULL;", "       19 }", " deadlock.c  main ◦ 26  T1 ✗ 10");
    moment_draw(m, &stage_view_source, 39, 8, true);
    EXPECT_ROWS(m, "       13", "       14 static void *second(void *un>", "       15 {",
                "       16   pthread_mutex_lock(&B);", "  T2 x 17   pthread_mutex_lock(&A);",
                "       18   return NULL;", "       19 }", " deadlock.c  main . 26  T1 x 10");
    moment_draw(m, &stage_view_source, 49, 12, false);
    EXPECT_ROWS(m, "       11   return NULL;", "       12 }", "       13",
                "       14 static void *second(void *unused)", "       15 {", "       16   pthread_mutex_lock(&B);",
                "  T2 ✗ 17   pthread_mutex_lock(&A);", "       18   return NULL;", "       19 }", "       20",
                "       21 int main(void)", " deadlock.c  main ◦ 26  T1 ✗ 10");
    moment_draw(m, &stage_view_source, 98, 12, false);
    EXPECT_ROWS(m, "           11     return NULL;", "           12 }", "           13",
                "           14 static void *second(void *unused)", "           15 {",
                "           16     pthread_mutex_lock(&B);", "      T2 ✗ 17     pthread_mutex_lock(&A);",
                "           18     return NULL;", "           19 }", "           20", "           21 int main(void)",
                " deadlock.c  main ◦ 26  T1 ✗ 10");
    m->frame.views[STAGE_VIEW_source].scroll = 4;
    moment_draw(m, &stage_view_source, 39, 5, false);
    EXPECT_ROWS(m, "       19 }", "       20", "       21 int main(void)", "       22 {",
                " deadlock.c  main ◦ 26  T1 ✗ 10  +1");
    m->frame.views[STAGE_VIEW_source].scroll = -100;
    moment_draw(m, &stage_view_source, 39, 5, false);
    EXPECT_ROWS(m, "        1 /* Two locks, two threads, t▹", "        2 #include <pthread.h>", "        3",
                "        4 pthread_mutex_t A, B;", " deadlock.c  main ◦ 26  T1 ✗ 10  +1");
    moment_role(m, 10, 0, ROLE_code_comment);
    moment_role(m, 10, 1, ROLE_code_keyword);
    moment_role(m, 10, 3, ROLE_code_type);
    moment_free(m);
}

static void windows_for_those_far_away(void **state)
{
    (void)state;
    struct moment *m = three_places();
    moment_draw(m, &stage_view_source, 80, 17, false);
    EXPECT_ROWS(m, "            9     printf(\"first: got A\\n\");",
                "      T1 ✗ 10     pthread_mutex_lock(&B); /* one that is held by the other */",
                "           11     return NULL;", "           12 }", "           13",
                "           14 static void *second(void *unused)", "           15 {",
                "           16     pthread_mutex_lock(&B);", "      T2 ✗ 17     pthread_mutex_lock(&A);",
                "           18     return NULL;", "           19 }", "           20", "           ╌╌",
                "           25     pthread_create(&two, NULL, second, NULL);",
                "    main ◦ 26     pthread_join(one, NULL);", "           27     // 汉字 in a comment", " deadlock.c");
    moment_draw(m, &stage_view_source, 80, 40, false);
    EXPECT_ROWS(m, "            1 /* Two locks, two threads, two orders. */", "            2 #include <pthread.h>",
                "            3", "            4 pthread_mutex_t A, B;", "            5",
                "            6 static void *first(void *unused)", "            7 {",
                "            8     pthread_mutex_lock(&A);", "            9     printf(\"first: got A\\n\");",
                "      T1 ✗ 10     pthread_mutex_lock(&B); /* one that is held by the other */",
                "           11     return NULL;", "           12 }", "           13",
                "           14 static void *second(void *unused)", "           15 {",
                "           16     pthread_mutex_lock(&B);", "      T2 ✗ 17     pthread_mutex_lock(&A);",
                "           18     return NULL;", "           19 }", "           20", "           21 int main(void)",
                "           22 {", "           23     pthread_t one, two;",
                "           24     pthread_create(&one, NULL, first, NULL);",
                "           25     pthread_create(&two, NULL, second, NULL);",
                "    main ◦ 26     pthread_join(one, NULL);", "           27     // 汉字 in a comment",
                "           28     pthread_join(two, NULL);", "           29 }", " deadlock.c");
    moment_free(m);
}

static void who_is_selected_is_looked_at(void **state)
{
    (void)state;
    struct moment *m = three_places();
    struct stage_choice choice = {.task = 1, .key = '1', .selected = true};
    m->frame.choices = &choice;
    m->frame.choice_count = 1;
    moment_draw(m, &stage_view_source, 39, 6, false);
    EXPECT_ROWS(m, "       25   pthread_create(&two, NULL,▹", "main ◦ 26   pthread_join(one, NULL);",
                "       27   // 汉字 in a comment", "       28   pthread_join(two, NULL);", "       29 }",
                " deadlock.c  T1 ✗ 10  T2 ✗ 17");
    moment_free(m);
}

static void the_text_holds_still(void **state)
{
    (void)state;
    unsigned jumps = 0;
    uint32_t top = 0;
    for (unsigned line = 8; line <= 20; line++) {
        struct moment *m = three_places();
        m->frame.step.place = moment_place(m, "deadlock.c", line);
        moment_draw(m, &stage_view_source, 39, 9, false);
        char row[256];
        canvas_row_text(m->canvas, 0, row, sizeof row);
        uint32_t now = (uint32_t)atoi(row + 7);
        jumps += top && now != top;
        top = now;
        moment_free(m);
    }
    assert_int_equal(jumps, 3);
}

static void many_at_one_line(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    m->frame.files = files;
    m->frame.file_count = 1;
    uint32_t place = moment_place(m, "deadlock.c", 10), other = moment_place(m, "deadlock.c", 11);
    for (unsigned i = 1; i <= 12; i++)
        moment_asks(m, moment_task(m, 1, i), OPERATION_thread_yield, 0, i < 10 ? place : other);
    moment_gets(m, 5, 0, 0, 0);
    moment_draw(m, &stage_view_source, 39, 8, false);
    EXPECT_ROWS(m, "          7 {", "          8   pthread_mutex_lock(&A);",
                "          9   printf(\"first: got A\\n\");", "  T4+8 ▸ 10   pthread_mutex_lock(&B); ▹",
                " T10+2 ◦ 11   return NULL;", "         12 }", "         13", " deadlock.c");
    moment_draw(m, &stage_view_source, 98, 8, false);
    EXPECT_ROWS(m, "            7 {", "            8     pthread_mutex_lock(&A);",
                "            9     printf(\"first: got A\\n\");",
                " T4 T1+7 ▸ 10     pthread_mutex_lock(&B); /* one that is held by the other */",
                "   T10+2 ◦ 11     return NULL;", "           12 }", "           13", " deadlock.c");
    moment_free(m);
}

static void without_a_text_the_line_is_named(void **state)
{
    (void)state;
    struct moment *m = three_places();
    m->frame.file_count = 0;
    moment_draw(m, &stage_view_source, 39, 8, false);
    EXPECT_ROWS(m, " no source text for deadlock.c", " T2   ✗ deadlock.c:17", " main ◦ deadlock.c:26",
                " T1   ✗ deadlock.c:10");
    moment_chinese = true;
    moment_draw(m, &stage_view_source, 39, 3, false);
    EXPECT_ROWS(m, " 没有 deadlock.c 的源代码", " T2   ✗ deadlock.c:17", " +2");
    moment_free(m);
    m = moment_new();
    moment_draw(m, &stage_view_source, 39, 3, false);
    EXPECT_ROWS(m, " no place in the source yet");
    moment_free(m);
}

/* A place beyond the end: the file was changed since. */
static void a_text_that_is_too_short(void **state)
{
    (void)state;
    struct moment *m = three_places();
    m->frame.step.place = moment_place(m, "deadlock.c", 1000);
    moment_draw(m, &stage_view_source, 39, 5, false);
    EXPECT_ROWS(m, " no source text for deadlock.c", " T2   ✗ deadlock.c:1000", " main ◦ deadlock.c:26",
                " T1   ✗ deadlock.c:10");
    moment_free(m);
}

/* Before the first place is known and after all have ended the text is there all the same, from main on. */
static void when_nobody_is_anywhere_the_text_stays(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    m->frame.files = files;
    m->frame.file_count = 1;
    moment_draw(m, &stage_view_source, 39, 5, false);
    EXPECT_ROWS(m, "       21 int main(void)", "       22 {", "       23   pthread_t one, two;",
                "       24   pthread_create(&one, NULL,▹", " deadlock.c");
    /* Shorter than the pane: what stands above main is seen, too. */
    moment_draw(m, &stage_view_source, 39, 12, false);
    char last[256];
    canvas_row_text(m->canvas, 10, last, sizeof last);
    assert_string_equal(last, "       29 }");
    moment_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(around_the_line_of_who_moved),
        cmocka_unit_test(windows_for_those_far_away),
        cmocka_unit_test(who_is_selected_is_looked_at),
        cmocka_unit_test(the_text_holds_still),
        cmocka_unit_test(many_at_one_line),
        cmocka_unit_test(without_a_text_the_line_is_named),
        cmocka_unit_test(a_text_that_is_too_short),
        cmocka_unit_test(when_nobody_is_anywhere_the_text_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
