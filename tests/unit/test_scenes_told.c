/* In which order a run is told: a step's own lines, its faults, the beats that they fired; then what comes next. And
 * that a run that cannot be had again says so in every form. */
#include "scenes_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { PATIENCE_SECONDS = 60 };

/* Each of the texts (NULL-ended) is in what the command tells, behind the one before it. */
static void assert_told(const char *const *arguments, const char *const *texts)
{
    struct scenes_output output;
    scenes_command(arguments, NULL, PATIENCE_SECONDS, &output);
    const char *at = output.out;
    for (; *texts; texts++) {
        const char *found = strstr(at, *texts);
        if (!found)
            fail_msg("\"%s\" is not told, or too early, in:\n%s", *texts, output.out);
        at = found + strlen(*texts);
    }
    scenes_output_free(&output);
}

static void assert_order(const char *id, const char *variant, const char *form, const char *const *texts)
{
    const char *arguments[] = {scenes_lockstep(), "play", id, form, "--lang", "en", NULL, NULL, NULL};
    if (variant) {
        arguments[6] = "--variant";
        arguments[7] = variant;
    }
    assert_told(arguments, texts);
}

static void a_beat_is_told_before_time_goes_on(void **state)
{
    (void)state;
    assert_order("zombie", NULL, "--plain",
                 (const char *const[]){"P2.main  process.exit P2", "it is a zombie until P1 waits",
                                       "** The child has ended", "answer 2:", "Nobody can run; time goes on",
                                       "P1.main  time.sleep -> done", "P1.main has slept", "** The parent wakes up",
                                       "process.wait P2 -> done", NULL});
    assert_order("zombie", NULL, "--json",
                 (const char *const[]){"\"operation\":\"process.exit\"", "\"beat\":", "\"operation\":\"time.sleep\"",
                                       "\"beat\":", "\"operation\":\"process.wait\"", NULL});
}

static void a_beat_is_told_after_the_fault_that_fired_it(void **state)
{
    (void)state;
    assert_order("pipe", "forgotten", "--plain",
                 (const char *const[]){"pipe.read pipe 1 -> blocked", "so P2.main blocks.", "fault (deadlock)",
                                       "** The reader waits for bytes", "P1 has not ended", "verdict: deadlock", NULL});
    assert_order("pipe", "forgotten", "--json",
                 (const char *const[]){"\"object\":\"pipe 1\",\"outcome\":\"blocked\"",
                                       "\"beat\":", "The reader waits for bytes", "\"end\":true", NULL});
    assert_order("race", NULL, "--plain",
                 (const char *const[]){"fault (data-race)", "** A data race", "verdict: ", NULL});
}

static void what_is_printed_in_a_step_comes_before_its_beat(void **state)
{
    (void)state;
    assert_order("zombie", NULL, "--plain",
                 (const char *const[]){"file.write terminal", "P2.main | child: I end with status 7",
                                       "P2.main  process.exit", "** The child has ended", NULL});
}

static void a_run_that_cannot_be_repeated_says_so(void **state)
{
    (void)state;
    char becomes[4096];
    snprintf(becomes, sizeof becomes, "%s/tests/hostile/execs_unseen", scenes_build_folder());
    const char *lockstep = scenes_lockstep();
    const char *const json[] = {"\"notice\":\"unobserved\"", "\"notice\":\"unrepeatable\"", "\"end\":true", NULL};
    const char *const plain[] = {"[unobserved]", "this run cannot be repeated", "verdict: ", NULL};
    assert_told((const char *const[]){lockstep, "run", "--lang", "en", "--json", "--", becomes, "itself", NULL}, json);
    assert_told((const char *const[]){lockstep, "run", "--lang", "en", "--plain", "--", becomes, "itself", NULL},
                plain);
    assert_told((const char *const[]){lockstep, "run", "--lang", "en", "--json", "--", becomes, "child", NULL}, json);
    assert_told((const char *const[]){lockstep, "run", "--lang", "en", "--live", "--json", "--", "/bin/true", NULL},
                json + 1);
    assert_told((const char *const[]){lockstep, "run", "--lang", "en", "--live", "--plain", "--", "/bin/true", NULL},
                plain + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_beat_is_told_before_time_goes_on),
        cmocka_unit_test(a_beat_is_told_after_the_fault_that_fired_it),
        cmocka_unit_test(what_is_printed_in_a_step_comes_before_its_beat),
        cmocka_unit_test(a_run_that_cannot_be_repeated_says_so),
    };
    return cmocka_run_group_tests_name("scenes: told", tests, NULL, NULL);
}
