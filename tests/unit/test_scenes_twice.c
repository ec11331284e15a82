/* The same command twice gives the same bytes: every scene and variant under every policy, on one CPU and on two. */
#include "scenes_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const policies[] = {"rr", "fifo", "batch", "sjf", "priority", "random", "pct"};

/* The first line in which they differ, for the message. */
static void tell_difference(const char *what, const char *one, const char *two)
{
    size_t same = 0, start = 0;
    while (one[same] && one[same] == two[same]) {
        if (one[same++] == '\n')
            start = same;
    }
    print_error("%s: two runs differ\n  %.*s\n  %.*s\n", what, (int)strcspn(one + start, "\n"), one + start,
                (int)strcspn(two + start, "\n"), two + start);
}

static unsigned differs(const struct scenes_variant *scene, const char *policy, const char *cpus)
{
    const char *arguments[] = {scenes_lockstep(),
                               "play",
                               scene->id,
                               "--json",
                               "--seed",
                               "7",
                               "--max-steps",
                               "2000",
                               NULL,
                               NULL,
                               NULL,
                               NULL,
                               NULL,
                               NULL,
                               NULL};
    size_t count = 8;
    if (policy) {
        arguments[count++] = "--policy";
        arguments[count++] = policy;
    }
    if (cpus) {
        arguments[count++] = "--cpus";
        arguments[count++] = cpus;
    }
    if (scene->variant) {
        arguments[count++] = "--variant";
        arguments[count++] = scene->variant;
    }
    char what[160];
    snprintf(what, sizeof what, "%s %s --policy %s --cpus %s", scene->id, scene->variant ? scene->variant : "",
             policy ? policy : "(the scene's)", cpus ? cpus : "(the scene's)");
    struct scenes_output one, two;
    scenes_command(arguments, NULL, 60, &one);
    scenes_command(arguments, NULL, 60, &two);
    unsigned bad = 0;
    if (one.status > 1 && one.status != 4) {
        print_error("%s: exit status %d\n", what, one.status);
        bad++;
    }
    if (one.status != two.status || one.length != two.length || memcmp(one.out, two.out, one.length) != 0) {
        tell_difference(what, one.out, two.out);
        bad++;
    }
    if (strstr(one.out, "\"unrepeatable\"") || strstr(one.out, "diverged")) {
        print_error("%s: marked unrepeatable, or diverged\n", what);
        bad++;
    }
    scenes_output_free(&one);
    scenes_output_free(&two);
    return bad;
}

static void every_scene_is_the_same_twice_as_it_is(void **state)
{
    (void)state;
    unsigned bad = 0;
    for (size_t i = 0; i < scenes_variant_count; i++)
        bad += differs(&scenes_variants[i], NULL, NULL);
    assert_int_equal(bad, 0);
}

static void every_scene_is_the_same_twice_under_every_policy(void **state)
{
    const char *cpus = *state;
    unsigned bad = 0;
    for (size_t i = 0; i < scenes_variant_count; i++) {
        for (size_t k = 0; k < sizeof policies / sizeof *policies; k++)
            bad += differs(&scenes_variants[i], policies[k], cpus);
    }
    assert_int_equal(bad, 0);
}

int main(void)
{
    static char one[] = "1", two[] = "2";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scene_is_the_same_twice_as_it_is),
        cmocka_unit_test_prestate(every_scene_is_the_same_twice_under_every_policy, one),
        cmocka_unit_test_prestate(every_scene_is_the_same_twice_under_every_policy, two),
    };
    return cmocka_run_group_tests_name("scenes: twice", tests, NULL, NULL);
}
