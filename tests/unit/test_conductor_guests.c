/* Programs written for the purpose, uninstrumented, whose outcome does not depend on the schedule: under every policy they
 * print and return what they print and return natively, the model never differs from the outcome, nothing is lost, and
 * the same run twice gives the same events. The guests are tests/guests/<family>_<name>.c. */
#include "guest_run.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Not for this test: guests of others' tests, named by their prefix. */
static bool excluded(const char *name)
{
    return name[0] == '.' || strncmp(name, "source_", 7) == 0 || strncmp(name, "bug_", 4) == 0 || strchr(name, '.') != NULL;
}

static bool same(const struct guest_result *a, const struct guest_result *b)
{
    return a->length == b->length && memcmp(a->output, b->output, a->length) == 0 && a->status == b->status;
}

static unsigned check_run(const char *name, const char *program, const struct guest_result *native,
                          struct conductor_options options)
{
    struct guest_result held, again;
    guest_run_held(program, options, &held);
    unsigned bad = 0;
    const char *policy = policy_name(options.policy.kind);
    if (!same(native, &held)) {
        fprintf(stderr, "%s under %s (seed %llu, %u CPUs): natively status %#x and\n%s---- held: status %#x and\n%s----\n", name,
                policy, (unsigned long long)options.policy.seed, options.cpus, (unsigned)native->status, native->output,
                (unsigned)held.status, held.output);
        bad++;
    }
    if (held.diverged || held.lost || held.end != STATUS_ENDED) {
        fprintf(stderr, "%s under %s: %u diverged, %u lost, ended %s, verdict %d\n", name, policy, held.diverged, held.lost,
                status_text(held.end), held.verdict);
        bad++;
    }
    guest_run_held(program, options, &again);
    if (held.hash != again.hash) {
        fprintf(stderr, "%s under %s (seed %llu, %u CPUs): two runs differ\n", name, policy,
                (unsigned long long)options.policy.seed, options.cpus);
        bad++;
    }
    guest_result_free(&held);
    guest_result_free(&again);
    return bad;
}

static unsigned check_guest(const char *name)
{
    static const enum policy_kind policies[] = {POLICY_rr,       POLICY_fifo,   POLICY_batch, POLICY_sjf,
                                                POLICY_priority, POLICY_random, POLICY_pct};
    char program[4096];
    snprintf(program, sizeof program, "%s/tests/guests/%s", guest_build(), name);
    struct guest_result native;
    guest_run_native(program, NULL, &native);
    unsigned bad = 0;
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++)
        bad += check_run(name, program, &native,
                         (struct conductor_options){.policy = {.kind = policies[i], .quantum = 1, .seed = 7}, .cpus = 1});
    bad += check_run(name, program, &native,
                     (struct conductor_options){.policy = {.kind = POLICY_rr, .quantum = 1, .seed = 7}, .cpus = 2});
    guest_result_free(&native);
    return bad;
}

static void a_guest_behaves_as_it_does_natively_under_every_policy(void **state)
{
    (void)state;
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/tests/guests", guest_build());
    struct dirent **names;
    int count = scandir(folder, &names, NULL, alphasort);
    assert_true(count > 0);
    const char *only = getenv("GUEST"); /* one guest by name, by hand */
    unsigned bad = 0, checked = 0;
    for (int i = 0; i < count; i++) {
        if (!excluded(names[i]->d_name) && (!only || strcmp(only, names[i]->d_name) == 0)) {
            checked++;
            bad += check_guest(names[i]->d_name);
        }
        free(names[i]);
    }
    free(names);
    print_message("%u guests\n", checked);
    assert_true(checked > 0);
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_guest_behaves_as_it_does_natively_under_every_policy)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
