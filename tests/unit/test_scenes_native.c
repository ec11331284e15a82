/* The scenes' programs are ordinary C: built by a plain compiler, without a warning, and run without lockstep they do
 * what they do; and what `lockstep cc` made of them runs alone, too. */
#include "scenes_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char place[64];

static int make_place(void **state)
{
    (void)state;
    strcpy(place, "/tmp/lockstep-test-XXXXXX");
    return mkdtemp(place) ? 0 : -1;
}

static int remove_place(void **state)
{
    (void)state;
    struct scenes_output output;
    scenes_command((const char *const[]){"rm", "-rf", place, NULL}, NULL, 30, &output);
    scenes_output_free(&output);
    return 0;
}

/* What a program prints in every schedule, one line each; "?" before a line: only its beginning is known. `more`: what
 * else it prints depends on who is quicker. */
struct promise {
    const char *source;
    const char *lines[16];
    bool more;
};

static const struct promise promises[] = {
    {.source = "process-states.c",
     .lines = {"computer: done, the sum is 15", "waiter: the letter is x", "main: both have ended"}},
    {.source = "fork-tree.c",
     .lines = {"I have two children", "I have a parent and a child", "I have a parent and no child",
               "I have a parent and no child"}},
    {.source = "isolation.c", .lines = {"?child:  g_num is 101 at 0x", "?parent: g_num is 100 at 0x"}},
    {.source = "zombie.c", .lines = {"child: I end with status 7", "parent: the child's status was 7"}},
    {.source = "unwaited.c", .lines = {"careless parent: I end without waiting", "grandparent: my child has ended"}},
    {.source = "orphan.c", .lines = {"parent: I end first", "child: I have been adopted"}, .more = true},
    {.source = "race.c", .lines = {"?g_num is "}},
    {.source = "mutex.c", .lines = {"g_num is 6, and should be 6"}},
    {.source = "ordered.c",
     .lines = {"first: got A", "first: got both", "second: got A", "second: got both", "main: both are done"}},
    {.source = "semaphore.c",
     .lines = {"guest 1 is in", "guest 2 is in", "guest 3 is in", "guest 4 is in", "guest 5 is in", "guest 6 is in",
               "guest 1 leaves", "guest 2 leaves", "guest 3 leaves", "guest 4 leaves", "guest 5 leaves",
               "guest 6 leaves"}},
    {.source = "turn-taking.c",
     .lines = {"caller: Knock, knock.", "door:   Who is there?", "caller: Lock.", "door:   Lock who?",
               "caller: Lock me in, please.", "door:   Come in, then."}},
    {.source = "bounded-queue.c",
     .lines = {"put 1: in the queue", "put 2: in the queue", "put 3: in the queue", "put 6: in the queue",
               "put 7: in the queue", "get: 1", "get: 2", "get: 3", "get: 6", "get: 7"},
     .more = true},
    {.source = "unbounded.c",
     .lines = {"put 1", "put 2", "put 3", "put 4", "put 5", "get: 1", "get: 2", "get: 3", "get: 4", "get: 5"}},
    {.source = "pipe.c", .lines = {"reader: end of file after 6 blocks", "writer: the reader has ended"}},
    {.source = "no-reader.c", .lines = {"writer: nobody reads (EPIPE), and SIGPIPE told me so"}},
};

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static unsigned lines_that_fit(const char *output, const char *wanted)
{
    unsigned count = 0;
    for (const char *at = output, *end; (end = strchr(at, '\n')); at = end + 1) {
        size_t length = (size_t)(end - at);
        if (wanted[0] == '?')
            count += length >= strlen(wanted + 1) && strncmp(at, wanted + 1, strlen(wanted + 1)) == 0;
        else
            count += length == strlen(wanted) && strncmp(at, wanted, length) == 0;
    }
    return count;
}

static void check_output(const char *source, const char *output)
{
    const struct promise *promise = NULL;
    for (size_t i = 0; i < sizeof promises / sizeof *promises; i++) {
        if (strcmp(promises[i].source, base_of(source)) == 0)
            promise = &promises[i];
    }
    assert_non_null(promise);
    size_t count = 0;
    for (; count < 16 && promise->lines[count]; count++) {
        unsigned wanted = 0;
        for (size_t i = 0; i < 16 && promise->lines[i]; i++)
            wanted += strcmp(promise->lines[i], promise->lines[count]) == 0;
        if (lines_that_fit(output, promise->lines[count]) != wanted)
            fail_msg("%s: \"%s\" is missing, or there too often, in:\n%s", source, promise->lines[count], output);
    }
    assert_true(promise->more || scenes_count(output, "\n") == count);
}

static void every_program_builds_and_runs_without_lockstep(void **state)
{
    (void)state;
    for (size_t i = 0; i < scenes_variant_count; i++) {
        const struct scenes_variant *scene = &scenes_variants[i];
        char source[4096], program[4096];
        snprintf(source, sizeof source, "%s/scenes/%s", scenes_source_folder(), scene->source);
        snprintf(program, sizeof program, "%s/program", place);
        struct scenes_output output;
        scenes_command(
            (const char *const[]){"cc", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", program, source, NULL}, NULL,
            60, &output);
        assert_int_equal(output.status, 0);
        scenes_output_free(&output);
        if (!scene->ends)
            continue;
        scenes_command((const char *const[]){program, NULL}, place, 30, &output);
        assert_int_equal(output.status, 0);
        check_output(scene->source, output.out);
        scenes_output_free(&output);
    }
}

static void what_lockstep_cc_made_runs_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < scenes_variant_count; i++) {
        const struct scenes_variant *scene = &scenes_variants[i];
        char program[4096];
        snprintf(program, sizeof program, "%s/scenes/%s", scenes_build_folder(), scene->program);
        if (access(program, X_OK) != 0)
            fail_msg("%s was not built with lockstep", program);
        if (!scene->ends)
            continue;
        struct scenes_output output;
        scenes_command((const char *const[]){program, NULL}, place, 30, &output);
        assert_int_equal(output.status, 0);
        check_output(scene->source, output.out);
        scenes_output_free(&output);
    }
}

static void every_source_is_what_a_textbook_would_print(void **state)
{
    (void)state;
    for (size_t i = 0; i < scenes_variant_count; i++) {
        char path[4096], line[512];
        snprintf(path, sizeof path, "%s/scenes/%s", scenes_source_folder(), scenes_variants[i].source);
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        unsigned lines = 0;
        for (; fgets(line, sizeof line, file); lines++) {
            if (strlen(line) > 81 || strstr(line, "lockstep") || strstr(line, "tsan"))
                fail_msg("%s:%u: %s", path, lines + 1, line);
        }
        fclose(file);
        assert_in_range(lines, 20, 120);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_program_builds_and_runs_without_lockstep),
        cmocka_unit_test(what_lockstep_cc_made_runs_alone),
        cmocka_unit_test(every_source_is_what_a_textbook_would_print),
    };
    return cmocka_run_group_tests_name("scenes: native", tests, make_place, remove_place);
}
