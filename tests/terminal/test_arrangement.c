/* What a person finds on the screen: a view stays in its column while things come and go, a program of one's own gets the
 * views that it can fill, the help is always named and nothing of it is cut, the source is there from the first step to
 * after the last, and nothing of the end says that something is still to come. */
#include "sitting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

enum { BORN = 7 }; /* by this step all tasks of the scenes here exist */

static bool shows(struct screen *screen, const char *text)
{
    unsigned column, row;
    return screen_find(screen, text, &column, &row);
}

/* Steps to the end of the scene (at most 80); looks at each screen on which nothing is asked. */
static void look_at_each(const char *scene, void (*look)(struct screen *, const char *scene, unsigned *kept),
                         unsigned *kept)
{
    struct screen *screen = sitting_play(scene, 80, 24);
    long before = -1;
    sitting_settle(screen);
    for (int i = 0; i < 80; i++) {
        if (!shows(screen, "what do you think?"))
            look(screen, scene, kept);
        sitting_keys(screen, " ");
        long now = sitting_step(screen);
        if (now == before && !shows(screen, "answer"))
            break;
        before = now;
    }
    sitting_end(screen);
}

static void must_stand_where_it_stood(struct screen *screen, const char *scene, unsigned *stood)
{
    unsigned column, row;
    if (sitting_step(screen) < BORN || !screen_find(screen, " said by the program ", &column, &row))
        return;
    if (*stood == 0)
        *stood = column + 1;
    if (*stood != column + 1)
        fail_msg("%s, step %ld: what the program said is at column %u, and was at %u", scene, sitting_step(screen),
                 column, *stood - 1);
}

static void a_view_stays_in_its_column(void **state)
{
    static const char *const scenes[] = {"turn-taking", "deadlock", "race", "semaphore", "bounded-queue"};
    (void)state;
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        unsigned stood = 0;
        look_at_each(scenes[i], must_stand_where_it_stood, &stood);
        assert_true(stood > 0);
    }
}

static void a_fault_under_a_narration_is_told_to_its_end(void **state)
{
    (void)state;
    struct screen *screen = sitting_play("race", 80, 24);
    screen_type(screen, ":10\r");
    assert_true(screen_until_text(screen, "T1's update is lost."));
    assert_true(screen_until_text(screen, "use g_num, at least one writes,"));
    assert_true(screen_until_text(screen, "and nothing orders them."));
    sitting_leave(screen);
}

static void the_help_is_named_on_the_narrowest_screen(void **state)
{
    (void)state;
    struct screen *screen = sitting_play("deadlock", 80, 24);
    screen_type(screen, ":7\r"); /* with digits to choose by, and two variants: not all has room */
    assert_true(screen_until_text(screen, "1-9 choose who runs"));
    assert_true(screen_until_text(screen, "? help"));
    sitting_end(screen);
}

static void the_end_does_not_speak_of_what_is_to_come(void **state)
{
    (void)state;
    struct screen *screen = sitting_play("turn-taking", 100, 30);
    screen_type(screen, "G");
    assert_true(screen_until_text(screen, "finished"));
    sitting_settle(screen);
    assert_false(shows(screen, "none yet"));
    assert_false(shows(screen, "no place in the source yet"));
    assert_true(shows(screen, "int main(void)"));
    sitting_end(screen);
}

static void must_have(const char *guest, const char *const *headings, const char *const *others)
{
    const char *const arguments[] = {"run", "--", sitting_built(guest), NULL};
    struct screen *screen = sitting_start(&(struct sitting_options){.arguments = arguments});
    assert_true(screen_until_text(screen, "step 0"));
    sitting_settle(screen);
    for (; *headings; headings++) {
        if (!shows(screen, *headings))
            fail_msg("%s has no view \"%s\"", guest, *headings);
    }
    for (; *others; others++) {
        if (shows(screen, *others))
            fail_msg("%s has a view \"%s\", and nothing to show in it", guest, *others);
    }
    sitting_end(screen);
}

static void a_program_gets_the_views_that_it_can_fill(void **state)
{
    (void)state;
    must_have("tests/guests/mutex_contended",
              (const char *const[]){" locks ", " who waits for whom ", " source ", NULL},
              (const char *const[]){" processes ", " queues and pipes ", " memory ", NULL});
    must_have("tests/guests/process_family", (const char *const[]){" processes ", " source ", NULL},
              (const char *const[]){" locks ", NULL});
    must_have("tests/guests/pipes_all", (const char *const[]){" queues and pipes ", NULL},
              (const char *const[]){" locks ", NULL});
}

/* The menu of a wide screen is used and not just stretched. */
static void the_wide_menu_says_what_each_scene_teaches(void **state)
{
    (void)state;
    const char *const arguments[] = {NULL};
    struct screen *screen =
        sitting_start(&(struct sitting_options){.arguments = arguments, .columns = 200, .rows = 60});
    unsigned column, row;
    assert_true(screen_until_text(screen, "Enter play"));
    assert_true(screen_find(screen, " zombie ", &column, &row));
    assert_non_null(strstr(screen_row(screen, row), "Zombies"));
    if (!strstr(screen_row(screen, row), "keeps its pid"))
        fail_msg("the row of a scene does not say what it teaches: \"%s\"", screen_row(screen, row));
    sitting_end(screen);
}

static bool holds_another_row(struct screen *screen, const void *before)
{
    return strcmp(screen_row(screen, 3), before) != 0;
}

static void nothing_of_the_help_is_cut_on_the_narrowest_screen(void **state)
{
    (void)state;
    static const char *const languages[] = {"en", "zh"};
    for (size_t i = 0; i < 2; i++) {
        const char *const arguments[] = {"play", "fork", "--lang", languages[i], NULL};
        struct screen *screen =
            sitting_start(&(struct sitting_options){.arguments = arguments, .columns = 80, .rows = 24});
        assert_true(screen_until_text(screen, i ? "第 0 步" : "step 0"));
        screen_type(screen, "?");
        assert_true(screen_until_text(screen, i ? "╶ 按键 " : "╶ keys "));
        int pages = 0;
        while (shows(screen, i ? "╶ 按键 " : "╶ keys ")) {
            char first[512];
            for (unsigned row = 2; row < 22; row++) {
                if (strstr(screen_row(screen, row), "▹ ╎"))
                    fail_msg("the help is cut: %s", screen_row(screen, row));
            }
            snprintf(first, sizeof first, "%s", screen_row(screen, 3));
            screen_type(screen, "\033[6~");
            assert_true(screen_until(screen, holds_another_row, first));
            pages++;
        }
        assert_true(pages > 2);
        sitting_end(screen);
    }
}

static void the_source_is_there_before_the_first_step(void **state)
{
    (void)state;
    struct screen *screen = sitting_play("race", 80, 24);
    sitting_settle(screen);
    assert_true(shows(screen, "int main(void)"));
    sitting_end(screen);
}

/* PgDn of a clicker comes out of the notes, and the next one goes on. */
static void a_clicker_comes_out_of_the_notes(void **state)
{
    (void)state;
    struct screen *screen = sitting_play("race", 80, 24);
    screen_type(screen, "o");
    assert_true(screen_until_text(screen, "Esc closes"));
    screen_type(screen, "\033[6~");
    assert_true(screen_until_no_text(screen, "Esc closes"));
    screen_type(screen, "\033[6~");
    assert_true(screen_until_text(screen, "step 1 "));
    sitting_end(screen);
}

/* On to the end, and the program waits for a line: it is said, and a line lets it go on. */
static void who_runs_on_is_told_that_the_program_waits_for_input(void **state)
{
    (void)state;
    const char *const arguments[] = {"run", "--", "/bin/cat", NULL};
    struct screen *screen = sitting_start(&(struct sitting_options){.arguments = arguments});
    assert_true(screen_until_text(screen, "step 0"));
    screen_type(screen, "G");
    assert_true(screen_until_text(screen, "waits for something outside"));
    screen_type(screen, "ihello\r");
    assert_true(screen_until_text(screen, " hello"));
    sitting_end(screen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sitting_test(a_view_stays_in_its_column),
        sitting_test(a_fault_under_a_narration_is_told_to_its_end),
        sitting_test(the_help_is_named_on_the_narrowest_screen),
        sitting_test(the_end_does_not_speak_of_what_is_to_come),
        sitting_test(a_program_gets_the_views_that_it_can_fill),
        sitting_test(nothing_of_the_help_is_cut_on_the_narrowest_screen),
        sitting_test(the_source_is_there_before_the_first_step),
        sitting_test(a_clicker_comes_out_of_the_notes),
        sitting_test(who_runs_on_is_told_that_the_program_waits_for_input),
        sitting_test(the_wide_menu_says_what_each_scene_teaches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
