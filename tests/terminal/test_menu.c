/* The menu: acts and scenes, searched in both languages; what is played is returned to, now and the next time; a scene of
 * one's own that is broken is shown with its reason, and the others work. */
#include "sitting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define WHAT_A_SCENE_NEEDS                                                                                             \
    "teaches: {en: That it can be done., zh: 自己也能写。}\nminutes: 2\nprogram: {sources: [own.c]}\n"           \
    "expect: finished\nviews: [stage, console]\nbeats: []\n"
static const char broken[] = "id: zz-broken\ntitle: {en: A broken one, zh: 坏的}\nwhatever: 3\n" WHAT_A_SCENE_NEEDS;
static const char own[] = "id: own-scene\ntitle: {en: A scene of my own, zh: 我自己的场景}\n" WHAT_A_SCENE_NEEDS;
static const char own_c[] = "#include <stdio.h>\nint main(void)\n{\n    puts(\"mine\");\n    return 0;\n}\n";

static struct screen *menu_with(const char *const *environment)
{
    const char *const none[] = {NULL};
    struct screen *screen = sitting_start(
        &(struct sitting_options){.arguments = none, .environment = environment, .columns = 100, .rows = 60});
    assert_true(screen_until_text(screen, "lockstep "));
    assert_true(screen_until_text(screen, "❯"));
    return screen;
}

static bool holds_selected(struct screen *screen, const void *id)
{
    unsigned row, column;
    return screen_find(screen, "❯", &column, &row) && strstr(screen_row(screen, row), id) &&
           screen_cell(screen, 10, row).background != screen_cell(screen, 10, row + 1).background;
}

static void must_select(struct screen *screen, const char *keys, const char *id)
{
    screen_type(screen, keys);
    if (!screen_until(screen, holds_selected, id))
        fail_msg("%s is not selected", id);
}

/* What comes before it in the menu is not for this test to know. */
static void down_to(struct screen *screen, const char *id)
{
    unsigned from, to, column;
    assert_true(screen_until_text(screen, id) && screen_until_text(screen, "Enter play"));
    assert_true(screen_find(screen, "❯", &column, &from) && screen_find(screen, id, &column, &to));
    for (unsigned row = from + 1; row <= to; row++) {
        if (strncmp(screen_row(screen, row), "      ", 6) == 0) /* no act */
            screen_type(screen, "\033OB");
    }
    must_select(screen, "", id);
}

static void arrows_select_and_enter_plays_and_q_returns_to_the_same_row(void **state)
{
    (void)state;
    struct screen *screen = menu_with(NULL);
    down_to(screen, "program-vs-process");
    assert_true(screen_until_text(screen, "A process is that program being run"));
    must_select(screen, "\033OB\033OB", "process-states");
    must_select(screen, "\033OA", "address-space");
    must_select(screen, "\033[6~", "zombie"); /* ten rows on, and back */
    must_select(screen, "\033[5~", "address-space");
    screen_type(screen, "\033OF");
    assert_true(screen_until_no_text(screen, "program-vs-process"));
    screen_type(screen, "\033OH");
    down_to(screen, "program-vs-process");
    must_select(screen, "\033OB\033OB", "process-states");
    screen_type(screen, "\r");
    assert_true(screen_until_text(screen, " step 0 "));
    sitting_keys(screen, "   ");
    assert_int_equal(sitting_step(screen), 3);
    must_select(screen, "q", "process-states");
    assert_true(screen_is_alternate(screen));
    screen_type(screen, "q");
    int status = screen_until_ended(screen);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    sitting_must_be_restored(screen);
    sitting_end(screen);
    sitting_must_leave_nobody();
    /* Another day. */
    screen = menu_with(NULL);
    must_select(screen, "", "process-states");
    assert_true(screen_until_text(screen, "✓")); /* seen */
    assert_int_equal(sitting_leave(screen), 0);
    sitting_end(screen);
}

static void scenes_are_searched_by_typing_in_either_language(void **state)
{
    (void)state;
    struct screen *screen = menu_with(NULL);
    must_select(screen, "self-dead", "self-deadlock");
    assert_true(screen_until_text(screen, "search: self-dead"));
    assert_true(screen_until_no_text(screen, "program-vs-process"));
    screen_type(screen, "xyz");
    assert_true(screen_until_text(screen, "no scene has that in it"));
    screen_type(screen, "\r"); /* nothing to play */
    must_select(screen, "\177\177\177", "self-deadlock");
    screen_type(screen, "\003"); /* Ctrl-C: the search is over */
    int status = screen_until_ended(screen);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    sitting_end(screen);
    screen = menu_with(NULL);
    must_select(screen, "僵尸", "zombie"); /* while the screen is English */
    screen_type(screen, "\r");
    assert_true(screen_until_text(screen, " step 0 "));
    must_select(screen, "q", "zombie");
    assert_true(screen_until_text(screen, "search: 僵尸"));
    sitting_end(screen);
    sitting_must_leave_nobody();
}

static void the_menu_speaks_both_languages_and_has_themes_signs_and_help(void **state)
{
    (void)state;
    struct screen *screen = menu_with(NULL);
    assert_true(screen_until_text(screen, "Threads and locks"));
    screen_type(screen, "L");
    assert_true(screen_until_text(screen, "线程与锁"));
    assert_true(screen_until_no_text(screen, "Threads and locks"));
    screen_type(screen, "L");
    assert_true(screen_until_text(screen, "Threads and locks"));
    screen_type(screen, "T");
    assert_true(screen_until_text(screen, "theme: light"));
    screen_type(screen, "?");
    assert_true(screen_until_text(screen, "keys of the menu"));
    screen_type(screen, "?");
    assert_true(screen_until_no_text(screen, "keys of the menu"));
    screen_type(screen, "U");
    assert_true(screen_until_no_text(screen, "❯"));
    screen_type(screen, "U");
    assert_true(screen_until_text(screen, "❯"));
    screen_type(screen, ".");
    assert_true(screen_until_no_text(screen, "lockstep"));
    screen_type(screen, ".");
    assert_true(screen_until_text(screen, "Threads and locks"));
    for (unsigned columns = 200; columns >= 80; columns -= 40) {
        screen_resize(screen, columns, 24);
        assert_true(screen_until_text(screen, "Enter play"));
    }
    screen_resize(screen, 79, 24);
    assert_true(screen_until_text(screen, "This terminal has 79 x 24"));
    screen_resize(screen, 100, 60);
    assert_true(screen_until_text(screen, "Threads and locks"));
    assert_int_equal(sitting_leave(screen), 0);
    sitting_end(screen);
}

static void a_broken_scene_is_shown_with_its_reason_and_the_others_work(void **state)
{
    (void)state;
    sitting_write("data/lockstep/scenes/zz-broken/scene.yaml", broken);
    sitting_write("data/lockstep/scenes/own-scene/scene.yaml", own);
    sitting_write("data/lockstep/scenes/own-scene/own.c", own_c);
    struct screen *screen = menu_with(NULL);
    must_select(screen, "zz-b", "zz-broken");
    assert_true(screen_until_text(screen, "scene.yaml:3:")); /* its wrong line */
    screen_type(screen, "\r");
    assert_true(screen_until_text(screen, "whatever"));
    assert_true(screen_is_alternate(screen));
    must_select(screen, "\025own-sc", "own-scene");
    screen_type(screen, "\r");
    assert_true(screen_until_text(screen, " step 0 "));
    screen_type(screen, "G");
    assert_true(screen_until_text(screen, "| finished |"));
    assert_true(screen_until_text(screen, "mine"));
    must_select(screen, "q", "own-scene");
    must_select(screen, "\025mutex", "mutex");
    sitting_end(screen);
    sitting_must_leave_nobody();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sitting_test(arrows_select_and_enter_plays_and_q_returns_to_the_same_row),
        sitting_test(scenes_are_searched_by_typing_in_either_language),
        sitting_test(the_menu_speaks_both_languages_and_has_themes_signs_and_help),
        sitting_test(a_broken_scene_is_shown_with_its_reason_and_the_others_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
