/* Terminals that are too small, too old, unknown or none; key files that are wrong; guests that would like to speak to
 * the terminal, that have very many tasks, that never end. */
#include "scenes_run.h"
#include "sitting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct screen *play_with(const char *scene, const char *const *environment)
{
    const char *const arguments[] = {"play", scene, NULL};
    return sitting_start(
        &(struct sitting_options){.arguments = arguments, .environment = environment, .columns = 80, .rows = 24});
}

static struct screen *run_guest(const char *path, unsigned columns, unsigned rows)
{
    const char *const arguments[] = {"run", "--", sitting_built(path), NULL};
    struct screen *screen =
        sitting_start(&(struct sitting_options){.arguments = arguments, .columns = columns, .rows = rows});
    assert_true(screen_until_text(screen, " step 0 "));
    return screen;
}

static bool holds_step(struct screen *screen, const void *number)
{
    return sitting_step(screen) == *(const long *)number;
}

static bool holds_step_beyond(struct screen *screen, const void *number)
{
    return sitting_step(screen) > *(const long *)number;
}

/* ---- terminals ---- */

static void a_terminal_that_is_too_small_is_told_so_and_recovers(void **state)
{
    (void)state;
    struct screen *screen = sitting_play("deadlock", 80, 24);
    sitting_keys(screen, "     ");
    char *picture = sitting_picture(screen);
    screen_resize(screen, 60, 20);
    assert_true(screen_until_text(screen, "This terminal has 60 x 20; lockstep needs 80 x 24."));
    screen_resize(screen, 79, 24);
    assert_true(screen_until_text(screen, "79 x 24"));
    screen_resize(screen, 80, 23);
    assert_true(screen_until_text(screen, "80 x 23"));
    screen_resize(screen, 30, 5);
    assert_true(screen_until_text(screen, "This terminal has 30 x 5"));
    screen_type(screen, " "); /* goes on unseen */
    screen_resize(screen, 1, 1);
    screen_resize(screen, 80, 24);
    assert_true(screen_until(screen, holds_step, &(long){6}));
    sitting_keys(screen, "\033OD");
    sitting_must_equal(screen, picture, "large enough again");
    free(picture);
    sitting_end(screen);
    const char *const arguments[] = {"play", "deadlock", NULL};
    screen = sitting_start(&(struct sitting_options){.arguments = arguments, .columns = 40, .rows = 10});
    assert_true(screen_until_text(screen, "This terminal has 40 x 10"));
    screen_resize(screen, 100, 30);
    assert_true(screen_until_text(screen, " step 0 "));
    assert_int_equal(sitting_leave(screen), 0);
    sitting_end(screen);
}

static void old_and_nested_terminals_show_it_and_are_given_back(void **state)
{
    (void)state;
    static const char *const terms[] = {"TERM=vt100",           "TERM=vt220",           "TERM=linux",
                                        "TERM=screen",          "TERM=screen-256color", "TERM=tmux-256color",
                                        "TERM=xterm",           "TERM=xterm-direct",    "TERM=ansi",
                                        "TERM=no-such-terminal" /* taken for the usual kind */};
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        const char *const environment[] = {terms[i], NULL};
        struct screen *screen = play_with("deadlock", environment);
        if (!screen_until_text(screen, " step 0 "))
            fail_msg("%s: no screen", terms[i]);
        screen_type(screen, "  ");
        if (!screen_until(screen, holds_step, &(long){2}))
            fail_msg("%s: no steps", terms[i]);
        screen_type(screen, "T");
        assert_true(screen_until_text(screen, strstr(terms[i], "vt") ? "has no colours" : "theme: "));
        assert_true(screen_find(screen, "main", NULL, NULL));
        assert_int_equal(sitting_leave(screen), 0);
        sitting_end(screen);
    }
}

static void a_terminal_that_cannot_be_drawn_on_is_told_what_to_do(void **state)
{
    (void)state;
    static const char *const terms[] = {"TERM=dumb", "TERM", "TERM="};
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        const char *const environment[] = {terms[i], NULL};
        struct screen *screen = play_with("deadlock", environment);
        int status = screen_until_ended(screen);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 3);
        assert_true(screen_find(screen, "--plain", NULL, NULL));
        sitting_must_be_restored(screen);
        sitting_end(screen);
        sitting_must_leave_nobody();
    }
}

static void without_utf8_the_signs_are_ascii_and_chinese_is_not_offered(void **state)
{
    (void)state;
    const char *const environment[] = {"LC_ALL=C", NULL};
    struct screen *screen = play_with("deadlock", environment);
    assert_true(screen_until_text(screen, " step 0 "));
    sitting_keys(screen, "     ");
    screen_type(screen, "L");
    assert_true(screen_until_text(screen, "this terminal cannot show Chinese"));
    for (const char *at = screen_text(screen); *at; at++)
        assert_true((unsigned char)*at < 0x80);
    assert_int_equal(sitting_leave(screen), 0);
    sitting_end(screen);
}

static void without_a_terminal_the_run_is_told_in_lines(void **state)
{
    (void)state;
    struct scenes_output output;
    const char *const arguments[] = {sitting_built("lockstep"), "play", "deadlock", NULL};
    scenes_command(arguments, NULL, 60, &output);
    assert_int_equal(output.status, 1); /* a deadlock */
    assert_non_null(strstr(output.out, "mutex.lock"));
    assert_null(strchr(output.out, '\033'));
    scenes_output_free(&output);
}

/* ---- key files ---- */

static void own_keys_are_read_and_a_wrong_line_is_told_with_its_number(void **state)
{
    (void)state;
    sitting_write("config/lockstep/keys", "# mine\nbind Q forward\nunbind space\n");
    struct screen *screen = sitting_play("deadlock", 80, 24);
    screen_type(screen, " Q");
    assert_true(screen_until(screen, holds_step, &(long){1}));
    assert_int_equal(sitting_leave(screen), 0);
    sitting_end(screen);
    sitting_write("config/lockstep/keys", "# mine\n\nbind Q fly\n");
    screen = play_with("deadlock", NULL);
    int status = screen_until_ended(screen);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 2);
    assert_true(screen_find(screen, "keys:3:", NULL, NULL));
    assert_true(screen_find(screen, "fly", NULL, NULL));
    sitting_must_be_restored(screen);
    sitting_end(screen);
    char path[256];
    snprintf(path, sizeof path, "%s/config/lockstep/keys", sitting_folder());
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0); /* there, and not to be read, for root neither */
    screen = play_with("deadlock", NULL);
    status = screen_until_ended(screen);
    assert_true(WIFEXITED(status));
    assert_in_range(WEXITSTATUS(status), 2, 3);
    assert_true(screen_find(screen, "lockstep/keys", NULL, NULL));
    sitting_must_be_restored(screen);
    sitting_end(screen);
    assert_int_equal(rmdir(path), 0);
    sitting_must_leave_nobody();
}

/* ---- guests ---- */

static void nothing_that_a_guest_prints_reaches_the_terminal_as_it_is(void **state)
{
    (void)state;
    static const char *const guests[] = {"tests/hostile/prints_escapes", "tests/hostile/writes_tty"};
    static const char *const never[] = {"\033]0;", "\033]52", "\033[c", "\033[6n", "\033P",
                                        "\016",    "\033c",   "\033(0", "\302\233"};
    for (size_t i = 0; i < 2; i++) {
        struct screen *screen = run_guest(guests[i], 100, 30);
        size_t begin, length; /* before, we asked the terminal questions of our own */
        screen_output(screen, &begin);
        screen_type(screen, "G");
        assert_true(screen_until_text(screen, "| finished |"));
        sitting_keys(screen, "T");
        const char *output = screen_output(screen, &length) + begin;
        length -= begin;
        for (size_t k = 0; k < sizeof never / sizeof *never; k++) {
            if (memmem(output, length, never[k], strlen(never[k])))
                fail_msg("%s: \\%03o... got through", guests[i], (unsigned)never[k][0]);
        }
        assert_true(screen_is_alternate(screen));
        assert_int_equal(sitting_leave(screen), 0);
        sitting_end(screen);
    }
    sitting_must_leave_nobody();
}

static void a_guest_with_hundreds_of_tasks_stays_steppable(void **state)
{
    (void)state;
    struct screen *screen = run_guest("tests/guests/thread_many", 80, 24);
    screen_type(screen, ":400\r"); /* most threads are there */
    assert_true(screen_until(screen, holds_step, &(long){400}));
    sitting_settle(screen);
    char *picture = sitting_picture(screen);
    for (int i = 0; i < 5; i++)
        sitting_keys(screen, "\033OA\033OA\033OB"); /* among very many */
    sitting_keys(screen, "zz\t\t\tjjjkk\033OD ");
    screen_resize(screen, 200, 60);
    sitting_settle(screen);
    screen_resize(screen, 100, 30);
    sitting_settle(screen);
    screen_type(screen, "G");
    assert_true(screen_until_text(screen, "| finished |"));
    sitting_keys(screen, "g");
    assert_int_equal(sitting_step(screen), 0);
    sitting_keys(screen, ":400\r");
    assert_int_equal(sitting_step(screen), 400);
    screen_resize(screen, 80, 24);
    screen_type(screen, "\t\t\t\t\t\t\t\t\t");
    sitting_settle(screen);
    assert_int_equal(sitting_starts(screen), 1);
    free(picture);
    sitting_end(screen);
    sitting_must_leave_nobody();
}

static void keys_are_answered_while_a_run_goes_on_and_on(void **state)
{
    (void)state;
    const char *wanted = getenv("LOCKSTEP_STEPS");
    const long steps = wanted ? strtol(wanted, NULL, 10) : 3000;
    struct screen *screen = run_guest("tests/hostile/locks_for_ever", 100, 30);
    screen_type(screen, "G"); /* which never comes */
    assert_true(screen_until_text(screen, "running on: step "));
    screen_type(screen, "L");
    assert_true(screen_until_text(screen, "步"));
    screen_type(screen, "L");
    assert_true(screen_until_text(screen, "running on: step "));
    screen_resize(screen, 80, 24);
    assert_true(screen_until(screen, holds_step_beyond, &steps));
    screen_type(screen, "?"); /* any request stops it */
    assert_true(screen_until_text(screen, "one step forward"));
    screen_type(screen, "?");
    assert_true(screen_until_no_text(screen, "one step forward"));
    sitting_settle(screen);
    assert_false(screen_find(screen, "running on", NULL, NULL));
    long stopped = sitting_step(screen);
    assert_true(stopped > steps);
    /* From here: back, forward, far back, far forward, a search through all of it. */
    sitting_keys(screen, "\033OD\033OD ");
    assert_int_equal(sitting_step(screen), stopped - 1);
    sitting_keys(screen, "g");
    assert_int_equal(sitting_step(screen), 0);
    sitting_keys(screen, "    ");
    assert_int_equal(sitting_step(screen), 4);
    screen_type(screen, "/no such thing\r");
    assert_true(screen_until_text(screen, "no later step has"));
    char middle[32];
    snprintf(middle, sizeof middle, ":%ld\r", stopped / 2);
    screen_type(screen, middle);
    assert_true(screen_until(screen, holds_step, &(long){stopped / 2}));
    screen_type(screen, "G");
    assert_true(screen_until_text(screen, "running on: step "));
    screen_type(screen, "q");
    int status = screen_until_ended(screen);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    sitting_must_be_restored(screen);
    sitting_end(screen);
    sitting_must_leave_nobody();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sitting_test(a_terminal_that_is_too_small_is_told_so_and_recovers),
        sitting_test(old_and_nested_terminals_show_it_and_are_given_back),
        sitting_test(a_terminal_that_cannot_be_drawn_on_is_told_what_to_do),
        sitting_test(without_utf8_the_signs_are_ascii_and_chinese_is_not_offered),
        sitting_test(without_a_terminal_the_run_is_told_in_lines),
        sitting_test(own_keys_are_read_and_a_wrong_line_is_told_with_its_number),
        sitting_test(nothing_that_a_guest_prints_reaches_the_terminal_as_it_is),
        sitting_test(a_guest_with_hundreds_of_tasks_stays_steppable),
        sitting_test(keys_are_answered_while_a_run_goes_on_and_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
