/* What the person does arrives as what was meant: keys, typing, clicks, sizes, stops and the end. In a real
 * pseudo-terminal; libvterm is the judge. */
#include "screen.h"
#include "terminal_child.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct screen *start(struct terminal_child *child, struct screen_options options)
{
    options.child = terminal_child_run;
    options.context = child;
    struct screen *screen = screen_start(&options);
    assert_true(screen_until_text(screen, "x"));
    return screen;
}

static void quit(struct screen *screen)
{
    screen_type(screen, "q");
    int status = screen_until_ended(screen);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_false(screen_is_alternate(screen));
    assert_true(screen_cursor(screen, NULL, NULL));
    assert_false(screen_wants_mouse(screen));
    screen_end(screen);
}

static void expect(struct screen *screen, const char *keys, const char *shown)
{
    screen_type(screen, keys);
    if (!screen_until_text(screen, shown))
        fail_msg("%s did not come", shown);
}

static void keys_become_requests(void **state)
{
    (void)state;
    struct terminal_child child = {.options = {.theme = -1}};
    struct screen *screen = start(&child, (struct screen_options){.columns = 100, .rows = 40});
    assert_true(screen_is_alternate(screen));
    expect(screen, " ", "request forward 0");
    expect(screen, "\033[D", "request back 0");
    expect(screen, "\033OA", "request up 0");
    expect(screen, "\033[B", "request down 0");
    expect(screen, "\033[5~\033[6~ ", "request forward 0");
    expect(screen, "\r", "request enter 0");
    expect(screen, "7", "request choose 7");
    expect(screen, "\033OH", "request first 0");
    expect(screen, "\033[4~", "request last 0");
    expect(screen, "\033[15~", "request play 0");
    expect(screen, "\033OP", "request help 0");
    expect(screen, "\014", "request redraw 0");
    expect(screen, "x", "unknown x");
    expect(screen, "\033x", "unknown alt-x");
    expect(screen, "\033[1;5C", "unknown ctrl-right");
    expect(screen, "\033[Z", "unknown shift-tab");
    expect(screen, "中", "unknown 中");
    expect(screen, "\033", "request close 0"); /* alone: nothing follows */
    quit(screen);
}

static void full_width_keys_are_their_twins(void **state)
{
    (void)state;
    struct terminal_child child = {.options = {.theme = -1}};
    struct screen *screen = start(&child, (struct screen_options){.columns = 100, .rows = 40});
    expect(screen, "？", "request help 0");
    expect(screen, "。", "request blank 0");
    expect(screen, "、", "request search 0");
    expect(screen, "\u3000", "request forward 0");
    expect(screen, "３", "request choose 3");
    expect(screen, "：", "request command 0");
    expect(screen, "？中。\u3000a", "text ？");
    assert_true(screen_until_text(screen, "text a"));
    assert_true(screen_find(screen, "text 。", NULL, NULL));
    expect(screen, "\177\027\033[A\t\r", "edit enter");
    assert_true(screen_find(screen, "edit erase word", NULL, NULL));
    assert_true(screen_find(screen, "edit complete", NULL, NULL));
    quit(screen);
}

static void raw_bytes_pass_unchanged(void **state)
{
    (void)state;
    struct terminal_child child = {.options = {.theme = -1, .mouse = true}};
    struct screen *screen = start(&child, (struct screen_options){0});
    assert_true(screen_wants_mouse(screen));
    expect(screen, "i", "request input 0");
    expect(screen, "a\033[A\003\r\t", "text a<1B>[A<03><0D><09>");
    assert_false(screen_wants_mouse(screen));
    screen_send(screen, "\0z", 2);
    assert_true(screen_until_text(screen, "text <00>z"));
    expect(screen, "\035", "edit cancel");
    expect(screen, " ", "request forward 0");
    quit(screen);
}

static void clicks_and_the_wheel_have_places(void **state)
{
    (void)state;
    struct terminal_child child = {.options = {.theme = -1, .mouse = true}};
    struct screen *screen = start(&child, (struct screen_options){0});
    expect(screen, "\033[<0;10;5M\033[<0;10;5m", "mouse 1 at 9,4");
    expect(screen, "\033[<64;1;1M", "mouse 4 at 0,0");
    expect(screen, "\033[<65;80;24M", "mouse 5 at 79,23");
    expect(screen, "\033[M !!", "mouse 1 at 0,0");
    quit(screen);
}

static void late_answers_are_no_keys(void **state)
{
    (void)state;
    struct terminal_child child = {.options = {.theme = -1}};
    struct screen *screen = start(&child, (struct screen_options){.answers = SCREEN_SILENT});
    expect(screen, "\033[1;2R\033]11;rgb:ffff/ffff/ffff\033\\\033[?1;2c ", "request forward 0");
    assert_string_equal(screen_row(screen, 1), "request forward 0");
    quit(screen);
}

static void sizes_are_followed(void **state)
{
    (void)state;
    struct terminal_child child = {.options = {.theme = -1}};
    const char *const environment[] = {"COLUMNS=33", "LINES=7", NULL};
    struct screen *screen = start(&child, (struct screen_options){.environment = environment});
    assert_true(screen_until_text(screen, "80x24"));
    screen_resize(screen, 120, 40);
    assert_true(screen_until_text(screen, "resize 120x40"));
    screen_resize(screen, 20, 3);
    assert_true(screen_until_text(screen, "resize 20x3"));
    screen_resize(screen, 1, 1);
    screen_resize(screen, 200, 60);
    assert_true(screen_until_text(screen, "resize 200x60"));
    assert_string_equal(screen_row(screen, 0), "dark unicode chinese 200x60");
    quit(screen);
}

static void hang_up_is_the_end(void **state)
{
    (void)state;
    struct terminal_child child = {.options = {.theme = -1}};
    struct screen *screen = start(&child, (struct screen_options){0});
    screen_hang_up(screen);
    int status = screen_until_ended(screen);
    assert_true(WIFEXITED(status));
    assert_in_range(WEXITSTATUS(status), 50, 50 + SIGHUP);
    screen_end(screen);
}

static void signals_give_the_screen_back(void **state)
{
    (void)state;
    static const int numbers[] = {SIGTERM, SIGHUP, SIGINT};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct terminal_child child = {.options = {.theme = -1, .mouse = true}, .after = "given back"};
        struct screen *screen = start(&child, (struct screen_options){0});
        screen_signal(screen, numbers[i]);
        int status = screen_until_ended(screen);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 50 + numbers[i]);
        assert_false(screen_is_alternate(screen));
        assert_false(screen_wants_mouse(screen));
        assert_true(screen_cursor(screen, NULL, NULL));
        assert_true(screen_find(screen, "given back", NULL, NULL));
        assert_true(screen_modes(screen).c_lflag & ICANON);
        assert_true(screen_modes(screen).c_lflag & ECHO);
        assert_true(screen_modes(screen).c_iflag & ICRNL);
        screen_end(screen);
    }
}

static bool is_given_back(struct screen *screen, const void *context)
{
    (void)context;
    return !screen_is_alternate(screen) && screen_cursor(screen, NULL, NULL) && !screen_wants_mouse(screen);
}

static bool is_taken(struct screen *screen, const void *context)
{
    (void)context;
    return screen_is_alternate(screen) && !screen_cursor(screen, NULL, NULL) && screen_wants_mouse(screen);
}

static void a_stop_gives_the_screen_back_for_a_while(void **state)
{
    (void)state;
    struct terminal_child child = {.options = {.theme = -1, .mouse = true}};
    struct screen *screen = start(&child, (struct screen_options){0});
    for (int way = 0; way < 2; way++) {
        expect(screen, " ", "request forward 0");
        if (way == 0)
            screen_type(screen, "\032");
        else
            screen_signal(screen, SIGTSTP);
        assert_int_equal(screen_until_stopped(screen), SIGTSTP);
        assert_true(screen_until(screen, is_given_back, NULL));
        assert_true(screen_modes(screen).c_lflag & ICANON);
        screen_resize(screen, way ? 80 : 90, 24);
        screen_continue(screen);
        assert_true(screen_until(screen, is_taken, NULL));
        assert_true(screen_until_text(screen, "resumed"));
        assert_true(screen_until_text(screen, way ? "80x24" : "90x24"));
        assert_false(screen_modes(screen).c_lflag & ICANON);
        expect(screen, "\033[D", "request back 0");
    }
    quit(screen);
}

static void a_foreign_stop_is_survived(void **state)
{
    (void)state;
    struct terminal_child child = {.options = {.theme = -1, .mouse = true}};
    struct screen *screen = start(&child, (struct screen_options){0});
    screen_signal(screen, SIGSTOP);
    assert_int_equal(screen_until_stopped(screen), SIGSTOP);
    screen_continue(screen);
    assert_true(screen_until_text(screen, "resumed"));
    assert_true(screen_until(screen, is_taken, NULL));
    expect(screen, " ", "request forward 0");
    quit(screen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_become_requests),
        cmocka_unit_test(full_width_keys_are_their_twins),
        cmocka_unit_test(raw_bytes_pass_unchanged),
        cmocka_unit_test(clicks_and_the_wheel_have_places),
        cmocka_unit_test(late_answers_are_no_keys),
        cmocka_unit_test(sizes_are_followed),
        cmocka_unit_test(hang_up_is_the_end),
        cmocka_unit_test(signals_give_the_screen_back),
        cmocka_unit_test(a_stop_gives_the_screen_back_for_a_while),
        cmocka_unit_test(a_foreign_stop_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
