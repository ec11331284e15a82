/* A lecture in a terminal: scene after scene and back, nothing started again by that, the answers summed up at the end; a
 * scene that cannot be shown does not end it; without questions none is asked; the menu has lectures first. */
#include "sitting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char lesson[] = "title: {en: My lesson, zh: 我的课}\n"
                             "minutes: 10\n"
                             "scenes:\n"
                             "  - deadlock\n"
                             "  - scene: deadlock\n"
                             "    variant: cured\n"
                             "    teaches: {en: The same with one order., zh: 同样的程序，统一了顺序。}\n"
                             "    notes: {en: A note of mine., zh: 我的备注。}\n"
                             "    ask:\n"
                             "      - after: 1\n"
                             "        question: {en: \"Who is first?\", zh: 谁先来？}\n"
                             "        choices: [{en: T1, zh: T1 线程}, {en: T2, zh: T2 线程}]\n"
                             "        answer: 1\n"
                             "        because: {en: It was created first., zh: 它先创建。}\n";

static struct screen *play(const char *path, const char *option)
{
    char *file = NULL;
    assert_true(asprintf(&file, "%s/%s", sitting_folder(), path) > 0);
    const char *const arguments[] = {"play", file, option, NULL};
    struct screen *screen = sitting_start(&(struct sitting_options){.arguments = arguments, .columns = 80, .rows = 24});
    assert_true(screen_until_text(screen, "step 0"));
    free(file);
    return screen;
}

static void must_show(struct screen *screen, const char *text)
{
    sitting_settle(screen);
    if (!strstr(screen_text(screen), text))
        fail_msg("\"%s\" is not on the screen:\n%s", text, screen_text(screen));
}

static void scenes_follow_each_other_and_their_answers_are_summed_up(void **state)
{
    (void)state;
    sitting_write("lesson/lecture.yaml", lesson);
    struct screen *screen = play("lesson", NULL);
    must_show(screen, "1/2 Deadlock");
    sitting_keys(screen, "nnn");
    must_show(screen, "Who can still go on then?");
    sitting_keys(screen, "4");
    sitting_keys(screen, "G");
    must_show(screen, "You answered 1 of 1 questions right.");
    char *end = sitting_picture(screen);
    sitting_keys(screen, " ");
    must_show(screen, "2/2 Deadlock");
    must_show(screen, "The same with one order.");
    assert_int_equal(sitting_step(screen), 0);
    /* Back is where the scene before was left, and forward again is the same scene still. */
    sitting_keys(screen, "\033OD");
    sitting_must_equal(screen, end, "back to the end of the first");
    assert_int_equal(sitting_starts(screen), 1);
    sitting_keys(screen, " ");
    must_show(screen, "2/2 Deadlock");
    assert_int_equal(sitting_starts(screen), 1);
    sitting_keys(screen, "o");
    must_show(screen, "A note of mine.");
    sitting_keys(screen, "o");
    sitting_keys(screen, "n");
    must_show(screen, "Who is first?");
    sitting_keys(screen, "2"); /* wrong */
    sitting_keys(screen, "n");
    must_show(screen, "Can T1 be blocked on B by T2 now?");
    sitting_keys(screen, " "); /* passed */
    sitting_keys(screen, "G");
    sitting_keys(screen, "\r");
    must_show(screen, "Questions: 3. Right at first: 1. Wrong: 1. Passed: 1.");
    must_show(screen, "Who is first?");
    must_show(screen, "Can T1 be blocked on B by T2 now?");
    free(end);
    sitting_keys(screen, "q"); /* closes the list */
    assert_int_equal(sitting_leave(screen), 0);
    screen_end(screen);
    sitting_must_leave_nobody();
}

static void without_questions_none_is_asked(void **state)
{
    (void)state;
    sitting_write("lesson/lecture.yaml", lesson);
    struct screen *screen = play("lesson", "--no-questions");
    sitting_keys(screen, "nnn");
    must_show(screen, "It does not let go of A.");
    assert_null(strstr(screen_text(screen), "Who can still go on then?"));
    sitting_keys(screen, "G");
    sitting_keys(screen, " ");
    must_show(screen, "2/2 Deadlock");
    sitting_keys(screen, "n");
    assert_null(strstr(screen_text(screen), "Who is first?"));
    sitting_leave(screen);
    screen_end(screen);
}

static void a_scene_that_cannot_be_built_does_not_end_the_lecture(void **state)
{
    (void)state;
    sitting_write("other/broken/broken.c", "int main(void) { retrun 0; }\n");
    sitting_write("other/broken/scene.yaml", "id: broken\ntitle: {en: Broken, zh: 坏}\nteaches: {en: No., zh: 不。}\n"
                                             "minutes: 1\nprogram: {sources: [broken.c]}\nviews: [stage]\nbeats: []\n");
    sitting_write("other/lecture.yaml", "title: {en: Other, zh: 别的}\nminutes: 10\nscenes: [deadlock, broken]\n");
    struct screen *screen = play("other", NULL);
    sitting_keys(screen, "G");
    screen_type(screen, " ");
    assert_true(screen_until_text(screen, "retrun"));
    assert_true(screen_until_text(screen, "1/2 Deadlock"));
    sitting_keys(screen, "g");
    must_show(screen, "step 0");
    sitting_leave(screen);
    screen_end(screen);
}

static void the_menu_has_lectures_first(void **state)
{
    (void)state;
    const char *const arguments[] = {NULL};
    struct screen *screen = sitting_start(&(struct sitting_options){.arguments = arguments, .columns = 80, .rows = 24});
    assert_true(screen_until_text(screen, "leave")); /* the last line: the frame is whole */
    assert_non_null(strstr(screen_row(screen, 2), "Lectures"));
    assert_non_null(strstr(screen_row(screen, 3), "processes-and-threads"));
    screen_type(screen, "\r");
    assert_true(screen_until_text(screen, "1/10 Program and process"));
    screen_type(screen, "q");
    assert_true(screen_until_text(screen, "Lectures"));
    screen_type(screen, "q");
    assert_int_equal(screen_until_ended(screen), 0);
    screen_end(screen);
    sitting_must_leave_nobody();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scenes_follow_each_other_and_their_answers_are_summed_up),
        cmocka_unit_test(without_questions_none_is_asked),
        cmocka_unit_test(a_scene_that_cannot_be_built_does_not_end_the_lecture),
        cmocka_unit_test(the_menu_has_lectures_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
