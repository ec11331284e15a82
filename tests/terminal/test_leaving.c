/* However lockstep ends, and at whatever moment: the terminal is as it was, and nobody is left. The moments are random,
 * from LOCKSTEP_SEED (else always the same ones); LOCKSTEP_ROUNDS is how many for each way. */
#include "sitting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static unsigned seed;

static unsigned number_of(const char *name, unsigned otherwise)
{
    const char *value = getenv(name);
    return value && *value ? (unsigned)strtoul(value, NULL, 10) : otherwise;
}

static unsigned rounds(void)
{
    return number_of("LOCKSTEP_ROUNDS", 6);
}

static unsigned any(unsigned count)
{
    return (unsigned)rand_r(&seed) % count;
}

static bool holds_alternate(struct screen *screen, const void *context)
{
    (void)context;
    return screen_is_alternate(screen);
}

/* At some moment: sometimes before anything is on the screen, at rest, in movement, while it runs on, while it plays, with
 * a list open, while text is typed. */
static struct screen *some_moment(void)
{
    static const char *const scenes[] = {"deadlock", "fork-tree", "signal", "pipe", "race", "orphan"};
    static const char *const keys[] = {"",    " ",  "     ", "      G", "a",    "   ?",
                                       "  w", ":3", "i",     "    zv",  "  g2", "LT  U"};
    const char *scene = scenes[any(sizeof scenes / sizeof *scenes)];
    const char *const arguments[] = {"play", scene, NULL}, *const menu[] = {NULL};
    bool at_menu = any(6) == 0;
    struct screen *screen =
        sitting_start(&(struct sitting_options){.arguments = at_menu ? menu : arguments, .animated = any(2) == 0});
    if (any(8) == 0)
        return screen;
    assert_true(screen_until_text(screen, at_menu ? "Enter play" : "step 0"));
    screen_type(screen, keys[any(sizeof keys / sizeof *keys)]);
    return screen;
}

static void must_end(struct screen *screen, int wanted, const char *how)
{
    int status = screen_until_ended(screen);
    size_t length;
    screen_output(screen, &length);
    bool early = length == 0 && wanted > 128 && WIFSIGNALED(status) && WTERMSIG(status) == wanted - 128;
    if (!early && (!WIFEXITED(status) || (wanted >= 0 && WEXITSTATUS(status) != wanted)))
        fail_msg("%s: wait status %#x, wanted the exit status %d", how, (unsigned)status, wanted);
    sitting_must_be_restored(screen);
    sitting_end(screen);
    sitting_must_leave_nobody();
}

/* ---- killed ---- */

static void the_front_killed_in_any_way_leaves_the_terminal_as_it_was_and_nobody(void **state)
{
    (void)state;
    static const int signals[] = {SIGKILL, SIGSEGV, SIGABRT, SIGBUS};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        for (unsigned round = 0; round < rounds(); round++) {
            struct screen *screen = some_moment();
            if (!screen_is_alternate(screen)) /* there may be no front yet */
                assert_true(screen_until(screen, holds_alternate, NULL));
            kill(sitting_front(screen), signals[i]);
            must_end(screen, 128 + signals[i], strsignal(signals[i]));
        }
    }
}

static void asked_to_end_it_ends_and_leaves_the_terminal_as_it_was_and_nobody(void **state)
{
    (void)state;
    static const int signals[] = {SIGTERM, SIGHUP, SIGINT};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        for (unsigned round = 0; round < rounds(); round++) {
            struct screen *screen = some_moment();
            screen_signal(screen, signals[i]);
            must_end(screen, 128 + signals[i], strsignal(signals[i]));
        }
    }
}

static void a_terminal_that_is_closed_leaves_nobody(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 2 * rounds(); round++) {
        struct screen *screen = some_moment();
        screen_hang_up(screen);
        assert_int_not_equal(screen_until_ended(screen), -1);
        sitting_end(screen);
        sitting_must_leave_nobody();
    }
}

/* The supervisor itself: nobody is there to see to the terminal but the front, whom the shell of these tests kills. */
static void the_supervisor_killed_leaves_nobody(void **state)
{
    (void)state;
    for (unsigned round = 0; round < rounds(); round++) {
        struct screen *screen = some_moment();
        screen_signal(screen, SIGKILL);
        assert_int_not_equal(screen_until_ended(screen), -1);
        sitting_end(screen);
        sitting_must_leave_nobody();
    }
}

/* ---- keys ---- */

static void ctrl_c_leaves_from_anywhere(void **state)
{
    (void)state;
    for (unsigned round = 0; round < rounds(); round++) {
        struct screen *screen = some_moment();
        assert_true(screen_until(screen, holds_alternate, NULL));
        screen_type(screen, "\003\003\003\003\003\003"); /* it closes what is open first */
        must_end(screen, -1, "Ctrl-C");
    }
}

static void ctrl_z_and_fg_come_back_to_the_same_screen(void **state)
{
    (void)state;
    struct screen *screen = sitting_play("deadlock", 100, 30);
    for (unsigned round = 0; round < rounds(); round++) {
        for (unsigned i = any(4); i > 0; i--)
            sitting_keys(screen, " ");
        sitting_settle(screen);
        char *picture = sitting_picture(screen);
        screen_type(screen, "\032");
        assert_int_not_equal(screen_until_stopped(screen), 0);
        sitting_must_be_restored(screen);
        if (any(2))
            screen_resize(screen, 80, 24);
        screen_continue(screen);
        assert_true(screen_until(screen, holds_alternate, NULL));
        screen_resize(screen, 100, 30);
        sitting_settle(screen);
        sitting_must_equal(screen, picture, "after fg");
        free(picture);
    }
    screen_type(screen, "\032");
    assert_int_not_equal(screen_until_stopped(screen), 0);
    screen_signal(screen, SIGTERM);
    screen_continue(screen);
    must_end(screen, 128 + SIGTERM, "SIGTERM while stopped");
}

static void q_leaves_with_the_verdict_as_exit_status(void **state)
{
    (void)state;
    struct screen *screen = sitting_play("deadlock", 80, 24);
    screen_type(screen, "q");
    must_end(screen, 0, "q before the end");
    screen = sitting_play("deadlock", 80, 24);
    screen_type(screen, "G");
    assert_true(screen_until_text(screen, "| deadlock |"));
    screen_type(screen, "q");
    must_end(screen, 1, "q at the end of a deadlock");
    screen = sitting_play("mutex", 80, 24);
    screen_type(screen, "G");
    assert_true(screen_until_text(screen, "| finished |"));
    screen_type(screen, "q");
    must_end(screen, 0, "q at the end of a good run");
}

int main(void)
{
    /* In the sanitizer build a signal must end the program as in any other. */
    setenv("ASAN_OPTIONS", "handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0", 1);
    const struct CMUnitTest tests[] = {
        sitting_test(the_front_killed_in_any_way_leaves_the_terminal_as_it_was_and_nobody),
        sitting_test(asked_to_end_it_ends_and_leaves_the_terminal_as_it_was_and_nobody),
        sitting_test(a_terminal_that_is_closed_leaves_nobody),
        sitting_test(the_supervisor_killed_leaves_nobody),
        sitting_test(ctrl_c_leaves_from_anywhere),
        sitting_test(ctrl_z_and_fg_come_back_to_the_same_screen),
        sitting_test(q_leaves_with_the_verdict_as_exit_status),
    };
    seed = number_of("LOCKSTEP_SEED", 1);
    /* In the sanitizer build signals are to end it as they do otherwise. */
    setenv("ASAN_OPTIONS", "handle_segv=0:handle_sigbus=0:handle_abort=0", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
