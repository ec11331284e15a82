/* Copies scenes, changes them, and plays them and others again and again. Works in folders of its own under /tmp, which
 * it removes; the shipped scenes are only read. */
#include "scenes_changed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_SECONDS = 60, TEXT_MAX = 262144 };

static void make_place(char place[64])
{
    strcpy(place, "/tmp/lockstep-test-XXXXXX");
    assert_non_null(mkdtemp(place));
}

static void remove_place(const char *place)
{
    struct scenes_output output;
    scenes_command((const char *const[]){"rm", "-rf", place, NULL}, NULL, PATIENCE_SECONDS, &output);
    scenes_output_free(&output);
}

static void run_well(const char *const *arguments, const char *folder, struct scenes_output *output)
{
    scenes_command(arguments, folder, PATIENCE_SECONDS, output);
    if (output->status != 0)
        fail_msg("%s %s: exit status %d: %s", arguments[0], arguments[1] ? arguments[1] : "", output->status,
                 output->out);
}

static void change_file(const char *path, const char *from, const char *to)
{
    char *text = calloc(1, TEXT_MAX);
    assert_non_null(text);
    FILE *file = fopen(path, "r+");
    if (!file)
        fail_msg("%s cannot be opened", path);
    size_t length = fread(text, 1, TEXT_MAX - 1, file);
    assert_true(length < TEXT_MAX - 1);
    if (scenes_count(text, from) != 1)
        fail_msg("%s: \"%s\" is not there exactly once", path, from);
    char *at = strstr(text, from);
    rewind(file);
    assert_true(fprintf(file, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) > 0);
    assert_int_equal(ftruncate(fileno(file), ftell(file)), 0);
    assert_int_equal(fclose(file), 0);
    free(text);
}

void scenes_play_changed(const char *folder, const char *variant, struct scenes_change change, struct scenes_run *run)
{
    char place[64], from[4096], copy[4096], file[8192];
    const char *id = strrchr(folder, '/') + 1;
    make_place(place);
    snprintf(from, sizeof from, "%s/scenes/%s", scenes_source_folder(), folder);
    snprintf(copy, sizeof copy, "%s/%s", place, id);
    struct scenes_output output;
    run_well((const char *const[]){"cp", "-rL", from, copy, NULL}, NULL, &output);
    scenes_output_free(&output);
    snprintf(file, sizeof file, "%s/%s", copy, change.file);
    change_file(file, change.from, change.to);
    const char *before = getenv("XDG_CACHE_HOME");
    char *kept = before ? strdup(before) : NULL;
    setenv("XDG_CACHE_HOME", place, 1);
    scenes_play(copy, variant, (const char *const[]){"--helpers", "--max-steps", "2000", NULL}, run);
    if (kept)
        setenv("XDG_CACHE_HOME", kept, 1);
    else
        unsetenv("XDG_CACHE_HOME");
    free(kept);
    remove_place(place);
}

void scenes_play_twice(const char *id, const char *variant, const char *policy, const char *cpus)
{
    const char *arguments[] = {scenes_lockstep(),
                               "play",
                               id,
                               "--json",
                               "--seed",
                               "7",
                               "--max-steps",
                               "5000",
                               "--policy",
                               policy,
                               "--cpus",
                               cpus,
                               variant ? "--variant" : NULL,
                               variant,
                               NULL};
    struct scenes_output one, two;
    scenes_command(arguments, NULL, PATIENCE_SECONDS, &one);
    scenes_command(arguments, NULL, PATIENCE_SECONDS, &two);
    bool same = one.status == two.status && one.length == two.length && memcmp(one.out, two.out, one.length) == 0;
    if (!same || one.status > 1 || strstr(one.out, "\"unrepeatable\"") || strstr(one.out, "diverged"))
        fail_msg("%s %s, policy %s, %s CPUs: exit status %d, %s", id, variant ? variant : "", policy, cpus, one.status,
                 same ? "unrepeatable, or diverged" : "two runs differ");
    scenes_output_free(&one);
    scenes_output_free(&two);
}

void scenes_play_seeds(const char *id, const char *variant, unsigned seeds)
{
    for (unsigned seed = 1; seed <= seeds; seed++) {
        char text[16];
        snprintf(text, sizeof text, "%u", seed);
        const char *arguments[] = {scenes_lockstep(),
                                   "play",
                                   id,
                                   "--json=changes",
                                   "--policy",
                                   "random",
                                   "--seed",
                                   text,
                                   "--max-steps",
                                   "5000",
                                   variant ? "--variant" : NULL,
                                   variant,
                                   NULL};
        struct scenes_output output;
        scenes_command(arguments, NULL, PATIENCE_SECONDS, &output);
        if (output.status != 0 || !strstr(output.out, "\"verdict\":\"finished\"") ||
            !strstr(output.out, "\"faults\":[]"))
            fail_msg("%s %s, policy random, seed %u: exit status %d", id, variant ? variant : "", seed, output.status);
        scenes_output_free(&output);
    }
}

static void check_source(const char *path)
{
    char line[512];
    unsigned lines = 0;
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s cannot be read", path);
    for (; fgets(line, sizeof line, file); lines++) {
        if (strlen(line) > 81 || strstr(line, "lockstep") || strstr(line, "tsan"))
            fail_msg("%s:%u: %s", path, lines + 1, line);
    }
    fclose(file);
    assert_in_range(lines, 20, 120);
}

char *scenes_run_natively(const char *source, const char *argument)
{
    char place[64], path[4096], program[128];
    make_place(place);
    snprintf(path, sizeof path, "%s/scenes/%s", scenes_source_folder(), source);
    snprintf(program, sizeof program, "%s/program", place);
    check_source(path);
    struct scenes_output output;
    run_well((const char *const[]){"cc", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", program, path, NULL}, NULL,
             &output);
    scenes_output_free(&output);
    run_well((const char *const[]){program, argument, NULL}, place, &output);
    remove_place(place);
    return output.out;
}
