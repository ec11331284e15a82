/* What can go wrong is offered where it can, and only there; taken, it is a step like any other, and in the past a branch
 * that repeats it. */
#include "sitting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void must_show(struct screen *screen, const char *text, bool shown)
{
    if ((strstr(screen_text(screen), text) != NULL) != shown)
        fail_msg("\"%s\" is %s:\n%s", text, shown ? "missing" : "there", screen_text(screen));
}

static void a_waiter_is_woken_by_key(void **state)
{
    (void)state;
    struct screen *screen = sitting_play("while-not-if", 120, 40);
    screen_type(screen, "f"); /* nobody waits yet */
    assert_true(screen_until_text(screen, "nothing can go wrong here"));
    must_show(screen, "what shall go wrong?", false);
    sitting_keys(screen, "         f");
    assert_int_equal(sitting_step(screen), 9);
    must_show(screen, "what shall go wrong?", true);
    must_show(screen, "a wait for a condition ends though nobody has signalled", true);
    must_show(screen, "a call that waits is interrupted", false); /* a lock's or a join's wait is not */
    must_show(screen, "a packet is lost", false);
    sitting_keys(screen, "\033");
    must_show(screen, "what shall go wrong?", false);
    sitting_keys(screen, "f1");
    assert_int_equal(sitting_step(screen), 10);
    must_show(screen, "injected by lockstep", true);
    sitting_keys(screen, "G");
    must_show(screen, "| failed |", true);
    assert_int_equal(sitting_starts(screen), 1);
    assert_int_equal(sitting_leave(screen), 1);
    sitting_end(screen);
    sitting_must_leave_nobody();
}

static void in_the_past_it_asks_once_and_branches(void **state)
{
    (void)state;
    struct screen *screen = sitting_play("while-not-if", 120, 40);
    sitting_keys(screen, "              :9\r");
    assert_int_equal(sitting_step(screen), 9);
    screen_type(screen, "f1");
    assert_true(screen_until_text(screen, "once more, and the program runs anew to here with wake P1.T1 next"));
    assert_int_equal(sitting_step(screen), 9);
    sitting_keys(screen, "f1");
    assert_int_equal(sitting_step(screen), 10);
    must_show(screen, "injected by lockstep", true);
    assert_int_equal(sitting_starts(screen), 2);
    /* A branch from a branch: what was injected comes again on the way. */
    sitting_keys(screen, " ");
    assert_int_equal(sitting_step(screen), 11);
    sitting_keys(screen, ":10\r22");
    assert_int_equal(sitting_step(screen), 11);
    assert_int_equal(sitting_starts(screen), 3);
    sitting_keys(screen, "\033OD");
    must_show(screen, "injected by lockstep", true);
    sitting_end(screen);
    sitting_must_leave_nobody();
}

static void a_rule_holds_on_the_screen_too_and_is_not_needed_again_in_a_branch(void **state)
{
    (void)state;
    static const char *const arguments[] = {
        "play", "while-not-if", "--variant", "cured", "--inject", "spurious-wakeup@5", "--lang", "en", NULL};
    struct screen *screen =
        sitting_start(&(struct sitting_options){.arguments = arguments, .columns = 120, .rows = 40});
    assert_true(screen_until_text(screen, "step 0"));
    sitting_keys(screen, "          ");
    assert_int_equal(sitting_step(screen), 10);
    must_show(screen, "injected by lockstep", true);
    /* Another task at step 12: the wake-up comes again on the way, and only there. */
    sitting_keys(screen, "      :11\r22");
    assert_int_equal(sitting_starts(screen), 2);
    assert_int_equal(sitting_step(screen), 12);
    sitting_keys(screen, "G");
    must_show(screen, "| finished |", true);
    sitting_keys(screen, ":10\r");
    must_show(screen, "injected by lockstep", true);
    screen_type(screen, "/injected by\r");
    assert_true(screen_until_text(screen, "no later step has"));
    sitting_end(screen);
    sitting_must_leave_nobody();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sitting_test(a_waiter_is_woken_by_key),
        sitting_test(a_rule_holds_on_the_screen_too_and_is_not_needed_again_in_a_branch),
        sitting_test(in_the_past_it_asks_once_and_branches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
