/* What is drawn is what is seen: characters, roles in each theme, in each kind of terminal; and what the terminal was
 * found to be. libvterm is the judge. */
#include "screen.h"
#include "terminal_child.h"

#include "terminal/terminal_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static struct screen *start(struct terminal_child *child, struct screen_options options, const char *shown)
{
    options.child = terminal_child_run;
    options.context = child;
    struct screen *screen = screen_start(&options);
    if (!screen_until_text(screen, shown))
        fail_msg("%s did not come", shown);
    return screen;
}

static void quit(struct screen *screen)
{
    screen_type(screen, "q");
    assert_int_equal(WEXITSTATUS(screen_until_ended(screen)), 0);
    screen_end(screen);
}

/* ---- characters ---- */

static void draw_characters(struct canvas *canvas)
{
    struct pane pane = pane_whole(canvas);
    canvas_over(canvas, true);
    pane_text(&pane, 0, 1, EMPHASIS_none, ROLE_text, "中文 and a\u0301 ▸ ╎ \u201Cquoted\u201D…");
    pane_text(&pane, (int)canvas_columns(canvas) - 4, 2, EMPHASIS_none, ROLE_text, "进程");
    pane_text(&pane, (int)canvas_columns(canvas) - 4, (int)canvas_rows(canvas) - 1, EMPHASIS_none, ROLE_text, "last");
}

static void wide_characters_keep_their_columns(void **state)
{
    (void)state;
    struct terminal_child child = {.options = {.theme = THEME_dark}, .draw = draw_characters};
    struct screen *screen = start(&child, (struct screen_options){0}, "last");
    assert_string_equal(screen_row(screen, 1), "中文 and a\u0301 ▸ ╎ \u201Cquoted\u201D…");
    assert_int_equal(screen_cell(screen, 0, 1).width, 2);
    assert_int_equal(screen_cell(screen, 76, 2).code, 0x8FDB);
    assert_int_equal(screen_cell(screen, 78, 2).code, 0x7A0B);
    assert_string_equal(screen_row(screen, 23) + 76, "last");
    quit(screen);
}

static unsigned round_of_draw;

static void draw_sliding(struct canvas *canvas)
{
    struct pane pane = pane_whole(canvas);
    canvas_over(canvas, true);
    round_of_draw++;
    for (int row = 1; row < 10; row++)
        pane_text(&pane, (int)(round_of_draw + (unsigned)row) % 5, row, EMPHASIS_none, ROLE_text,
                  round_of_draw % 2 ? "一二三四五 x 六七" : "ab一cd二ef三gh四");
    pane_format(&pane, 0, 12, EMPHASIS_none, ROLE_text, "round %u.", round_of_draw);
}

/* What moved by half a character must leave nothing behind. */
static void halves_of_wide_characters_are_not_left(void **state)
{
    (void)state;
    struct terminal_child child = {.options = {.theme = THEME_dark}, .draw = draw_sliding};
    round_of_draw = 0;
    struct screen *screen = start(&child, (struct screen_options){0}, "round 1.");
    for (unsigned round = 1; round < 12; round++) {
        char text[32], expected[128];
        snprintf(text, sizeof text, "round %u.", round);
        assert_true(screen_until_text(screen, text));
        for (int row = 1; row < 10; row++) {
            snprintf(expected, sizeof expected, "%*s%s", (int)(round + (unsigned)row) % 5, "",
                     round % 2 ? "一二三四五 x 六七" : "ab一cd二ef三gh四");
            assert_string_equal(screen_row(screen, (unsigned)row), expected);
        }
        screen_type(screen, "x");
    }
    assert_true(screen_until_text(screen, "round 12."));
    quit(screen);
}

/* ---- roles ---- */

static void draw_roles(struct canvas *canvas)
{
    struct pane pane = pane_whole(canvas);
    canvas_over(canvas, true);
    for (int role = 0; role < ROLE_COUNT; role++)
        pane_text(&pane, 2 * (role % 20), 2 + role / 20, EMPHASIS_none, (enum role)role, "r");
    pane_text(&pane, 0, 8, EMPHASIS_reverse, ROLE_text, "r");
    pane_text(&pane, 2, 8, EMPHASIS_bold | EMPHASIS_underline, ROLE_text, "r");
    pane_text(&pane, 0, (int)canvas_rows(canvas) - 1, EMPHASIS_none, ROLE_text, "drawn"); /* it arrives last */
}

static void check_roles(struct screen *screen, enum theme theme, enum theme_colours colours, bool own_ground)
{
    short ground = theme_look(theme, colours, ROLE_text).background;
    for (unsigned role = 0; role < ROLE_COUNT; role++) {
        struct look look = theme_look(theme, colours, (enum role)role);
        struct screen_cell cell = screen_cell(screen, 2 * (role % 20), 2 + role / 20);
        int background = own_ground && look.background == ground ? -1 : look.background;
        assert_int_equal(cell.code, 'r');
        assert_int_equal(cell.bold, (look.attributes & EMPHASIS_bold) != 0);
        assert_int_equal(cell.reverse, (look.attributes & EMPHASIS_reverse) != 0);
        assert_int_equal(cell.underline, (look.attributes & EMPHASIS_underline) != 0);
        assert_false(cell.blink);
        assert_int_equal(cell.foreground, look.foreground);
        assert_int_equal(cell.background, background);
    }
    assert_int_equal(screen_cell(screen, 70, 20).background, own_ground ? -1 : ground);
    assert_true(screen_cell(screen, 0, 8).reverse);
    assert_true(screen_cell(screen, 2, 8).bold && screen_cell(screen, 2, 8).underline);
}

static void roles_look_as_the_theme_says(void **state)
{
    (void)state;
    struct terminal_child child = {.options = {.theme = THEME_dark}, .draw = draw_roles};
    struct screen *screen = start(&child, (struct screen_options){0}, "drawn");
    for (int theme = 0; theme < THEME_COUNT; theme++) {
        char name[32];
        snprintf(name, sizeof name, "%s unicode", theme_name((enum theme)theme));
        assert_true(screen_until_text(screen, name));
        assert_true(screen_until_text(screen, "drawn"));
        check_roles(screen, (enum theme)theme, theme == THEME_mono ? COLOURS_none : COLOURS_256, false);
        screen_type(screen, "T");
    }
    assert_true(screen_until_text(screen, "dark unicode"));
    assert_true(screen_until_text(screen, "drawn"));
    check_roles(screen, THEME_dark, COLOURS_256, false);
    quit(screen);
}

static void a_ground_that_fits_is_left_to_the_terminal(void **state)
{
    (void)state;
    static const struct {
        const char *background, *shown;
        enum theme theme;
        bool own;
    } rows[] = {{"rgb:ffff/ffff/ffff", "light unicode", THEME_light, true},
                {"rgb:0000/0000/0000", "dark unicode", THEME_dark, true},
                {"rgb:fd/f6/e3", "light unicode", THEME_light, true},
                {"rgb:3030/3030/3030", "dark unicode", THEME_dark, false},
                {"rgb:c/c/c", "light unicode", THEME_light, false},
                {"nonsense", "dark unicode", THEME_dark, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct terminal_child child = {.options = {.theme = -1}, .draw = draw_roles};
        struct screen *screen = start(&child, (struct screen_options){.background = rows[i].background}, "drawn");
        assert_true(screen_find(screen, rows[i].shown, NULL, NULL));
        check_roles(screen, rows[i].theme, COLOURS_256, rows[i].own);
        quit(screen);
    }
}

/* ---- terminals ---- */

static void each_terminal_is_used_as_it_can_be(void **state)
{
    (void)state;
    static const struct {
        const char *term, *shown;
        enum theme theme;
        enum theme_colours colours;
    } rows[] = {{"TERM=xterm-256color", "dark unicode chinese", THEME_dark, COLOURS_256},
                {"TERM=tmux-256color", "dark unicode chinese", THEME_dark, COLOURS_256},
                {"TERM=screen-256color", "dark unicode chinese", THEME_dark, COLOURS_256},
                {"TERM=screen", "dark unicode chinese", THEME_dark, COLOURS_8},
                {"TERM=linux", "dark ascii english", THEME_dark, COLOURS_8},
                {"TERM=vt100", "mono ascii chinese", THEME_mono, COLOURS_none},
                {"TERM=vt220", "mono ascii chinese", THEME_mono, COLOURS_none},
                {"TERM=no-such-terminal", "dark unicode chinese", THEME_dark, COLOURS_256}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const environment[] = {rows[i].term, NULL};
        struct terminal_child child = {.options = {.theme = -1}, .draw = draw_roles};
        struct screen *screen = start(&child, (struct screen_options){.environment = environment}, "drawn");
        if (!screen_find(screen, rows[i].shown, NULL, NULL))
            fail_msg("%s: %s", rows[i].term, screen_row(screen, 0));
        if (rows[i].colours != COLOURS_8) /* there, terminfo leaves attributes out that go ill with colours */
            check_roles(screen, rows[i].theme, rows[i].colours, false);
        else
            assert_int_equal(screen_cell(screen, 2 * ROLE_changed % 40, 2 + ROLE_changed / 20).background, 3);
        quit(screen);
    }
}

static void what_cannot_be_drawn_on_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *term, *said;
    } rows[] = {{"TERM=dumb", "cannot move its cursor"}, {"TERM", "TERM is not set"}, {"TERM=", "TERM is not set"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const environment[] = {rows[i].term, NULL};
        struct terminal_child child = {.options = {.theme = -1}};
        struct screen_options options = {
            .child = terminal_child_run, .context = &child, .environment = environment, .columns = 200};
        struct screen *screen = screen_start(&options);
        assert_int_equal(WEXITSTATUS(screen_until_ended(screen)), 2);
        assert_true(screen_find(screen, rows[i].said, NULL, NULL));
        assert_true(screen_find(screen, "--plain", NULL, NULL));
        size_t length;
        assert_null(strchr(screen_output(screen, &length), '\033'));
        screen_end(screen);
    }
}

static int without_terminal(void *context)
{
    if (!freopen("/dev/null", "r", stdin))
        return 9;
    return terminal_child_run(context);
}

static void what_is_no_terminal_is_refused(void **state)
{
    (void)state;
    struct terminal_child child = {.options = {.theme = -1}};
    struct screen *screen = screen_start(&(struct screen_options){.child = without_terminal, .context = &child});
    assert_int_equal(WEXITSTATUS(screen_until_ended(screen)), 2);
    assert_true(screen_find(screen, "There is no terminal to draw on", NULL, NULL));
    screen_end(screen);
}

static void wrong_key_files_are_refused_before_the_screen_is_taken(void **state)
{
    (void)state;
    char path[] = "/tmp/lockstep-keys-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    FILE *out = fdopen(file, "w");
    fprintf(out, "# mine\nbind x quit\nbind y no-such\n");
    fclose(out);
    struct terminal_child child = {.options = {.theme = -1, .own_keys = path}};
    struct screen_options options = {.child = terminal_child_run, .context = &child, .columns = 200};
    struct screen *screen = screen_start(&options);
    assert_int_equal(WEXITSTATUS(screen_until_ended(screen)), 2);
    assert_true(screen_find(screen, ":3: there is no such request", NULL, NULL));
    screen_end(screen);
    remove(path);
    screen = start(&child, (struct screen_options){0}, "80x24"); /* a file that is not there is none */
    quit(screen);
}

/* ---- locale and probe ---- */

static void the_probe_finds_wide_terminals(void **state)
{
    (void)state;
    struct terminal_child child = {.options = {.theme = THEME_dark}, .draw = draw_characters};
    struct screen *screen = start(&child, (struct screen_options){.answers = SCREEN_WIDE}, "last");
    assert_true(screen_find(screen, "dark ascii chinese", NULL, NULL));
    /* Ambiguous characters would tear the row. */
    assert_string_equal(screen_row(screen, 1), "中文 and a\u0301 ▸ ╎ \"quoted\".");
    quit(screen);
    child.draw = NULL;
    screen = start(&child, (struct screen_options){.answers = SCREEN_SILENT}, "dark unicode chinese");
    quit(screen);
    child.options.ascii = true;
    screen = start(&child, (struct screen_options){0}, "dark ascii chinese");
    size_t length;
    assert_null(strstr(screen_output(screen, &length), "\033[6n"));
    quit(screen);
}

static void what_was_typed_early_is_not_lost(void **state)
{
    (void)state;
    static const enum screen_answers answers[] = {SCREEN_NARROW, SCREEN_SILENT};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct terminal_child child = {.options = {.theme = -1}};
        struct screen *screen =
            start(&child, (struct screen_options){.answers = answers[i], .typed = " \0337\033[D中"}, "unknown 中");
        assert_string_equal(screen_row(screen, 1), "request forward 0");
        assert_true(screen_find(screen, "request back 0", NULL, NULL));
        quit(screen);
    }
}

static void the_environment_is_asked(void **state)
{
    (void)state;
    static const struct {
        const char *variable, *shown;
    } rows[] = {{"NO_COLOR=1", "mono unicode chinese"},
                {"NO_COLOR=", "dark unicode chinese"},
                {"COLORFGBG=0;15", "light unicode chinese"},
                {"COLORFGBG=15;default;0", "dark unicode chinese"},
                {"LANG=C", "dark ascii english"},
                {"LANG=xx_YY.UTF-8", "dark unicode chinese"},
                {"LANG=xx_YY.GBK", "dark ascii english"},
                {"LC_ALL=POSIX", "dark ascii english"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const environment[] = {rows[i].variable, NULL};
        struct terminal_child child = {.options = {.theme = -1}};
        struct screen *screen = start(&child, (struct screen_options){.environment = environment}, rows[i].shown);
        quit(screen);
    }
}

static void a_terminal_without_utf8_gets_ascii(void **state)
{
    (void)state;
    const char *const environment[] = {"LANG=C", NULL};
    struct terminal_child child = {.options = {.theme = THEME_dark}, .draw = draw_characters};
    struct screen *screen = start(&child, (struct screen_options){.environment = environment}, "last");
    assert_string_equal(screen_row(screen, 1), "???? and a > | \"quoted\".");
    assert_string_equal(screen_row(screen, 2) + 76, "????");
    quit(screen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide_characters_keep_their_columns),
        cmocka_unit_test(halves_of_wide_characters_are_not_left),
        cmocka_unit_test(roles_look_as_the_theme_says),
        cmocka_unit_test(a_ground_that_fits_is_left_to_the_terminal),
        cmocka_unit_test(each_terminal_is_used_as_it_can_be),
        cmocka_unit_test(what_cannot_be_drawn_on_is_refused),
        cmocka_unit_test(what_is_no_terminal_is_refused),
        cmocka_unit_test(wrong_key_files_are_refused_before_the_screen_is_taken),
        cmocka_unit_test(the_probe_finds_wide_terminals),
        cmocka_unit_test(what_was_typed_early_is_not_lost),
        cmocka_unit_test(the_environment_is_asked),
        cmocka_unit_test(a_terminal_without_utf8_gets_ascii),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
