/* Bugs that need a sleep to show natively fail under some random schedule with a seed below 100, in plain binaries, and
 * the failing seed fails each time. */
#include "guest_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cmocka.h>

static struct guest_result run(const char *program, uint64_t seed)
{
    struct guest_result result;
    guest_run_held(program, (struct conductor_options){.policy = {.kind = POLICY_random, .quantum = 1, .seed = seed}}, &result);
    return result;
}

static void found_below_100(const char *name)
{
    char program[4096];
    snprintf(program, sizeof program, "%s/tests/guests/%s", guest_build(), name);
    unsigned failing = 0, good = 0;
    for (uint64_t seed = 1; seed < 100 && (failing == 0 || good == 0); seed++) {
        struct guest_result result = run(program, seed);
        assert_int_equal(result.end, STATUS_ENDED);
        if (result.verdict == VERDICT_failed) {
            assert_true(WIFSIGNALED(result.status)); /* the crash itself, not a mere suspicion */
            struct guest_result again = run(program, seed);
            assert_true(again.hash == result.hash);
            guest_result_free(&again);
            failing++;
        } else {
            good++;
        }
        guest_result_free(&result);
    }
    assert_true(failing > 0);
    assert_true(good > 0); /* not simply broken under every schedule */
}

static void use_before_init_is_found(void **state)
{
    (void)state;
    found_below_100("bug_use_before_init");
}

static void use_right_after_the_create_is_found(void **state)
{
    (void)state;
    found_below_100("bug_use_after_create");
}

static void check_then_use_is_found_though_a_sleep_hides_it(void **state)
{
    (void)state;
    found_below_100("bug_check_then_use");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(use_before_init_is_found),
                                       cmocka_unit_test(use_right_after_the_create_is_found),
                                       cmocka_unit_test(check_then_use_is_found_though_a_sleep_hides_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
