/* Runs every tests/world/<name>.test: event scripts in plain text. tests/world/README says the language. Each `test` of
 * a file begins with a new world. */
#include "world_script.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const verdicts[] = {"none", "finished", "failed", "deadlock", "bound"};

static void line(struct script *s)
{
    if (script_eat(s, "test"))
        script_begin_test(s);
    else if (!s->world)
        script_wrong(s, "a file begins with `test`");
    else if (script_eat(s, "process")) {
        struct event event = {.kind = EVENT_PROCESS, .other = script_process(s)};
        event.argument[0] = event.other + 1;
        if (script_eat(s, "of"))
            event.value = script_process(s);
        script_tell(s, event);
    } else if (script_eat(s, "task"))
        script_declare_task(s);
    else if (script_eat(s, "object"))
        script_declare_object(s);
    else if (script_eat(s, "grant"))
        script_grant(s, script_task(s));
    else if (script_eat(s, "time")) {
        s->now = script_number(s);
        script_tell(s, (struct event){.kind = EVENT_TIME, .time = s->now * 1000000});
    } else if (script_eat(s, "end"))
        script_tell(s, (struct event){.kind = EVENT_END, .value = script_one_of(s, verdicts, VERDICT_COUNT)});
    else if (script_eat(s, "expect"))
        script_expect(s);
    else if (script_task_named(s, s->word[0]))
        script_act_task(s, script_task(s));
    else
        script_act_process(s, script_process(s));
    if (script_more(s))
        script_wrong(s, "'%s' is one word too many", s->word[s->next]);
}

static void run_file(void **state)
{
    const char *path = *state;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    const char *base = strrchr(path, '/');
    struct script *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->file = base ? base + 1 : path;
    char buffer[1024];
    long back = 0; /* where the lines after `repeat N` begin */
    unsigned back_line = 0, rounds = 0;
    while (fgets(buffer, sizeof buffer, file)) {
        s->line++;
        script_split(s, buffer);
        if (s->words == 2 && strcmp(s->word[0], "repeat") == 0) {
            rounds = (unsigned)strtoul(s->word[1], NULL, 10);
            back = ftell(file);
            back_line = s->line;
        } else if (s->words == 1 && strcmp(s->word[0], "repeated") == 0) {
            if (rounds-- > 1) {
                fseek(file, back, SEEK_SET);
                s->line = back_line;
            }
        } else if (s->words) {
            line(s);
        }
    }
    script_finish_test(s);
    fclose(file);
    assert_true(s->tests > 0 && s->expectations >= s->tests);
    free(s);
}

int main(void)
{
    const char *source = getenv("LOCKSTEP_SOURCE");
    char folder[512];
    snprintf(folder, sizeof folder, "%s/tests/world", source ? source : ".");
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0) {
        fprintf(stderr, "%s cannot be read; LOCKSTEP_SOURCE must name the source folder\n", folder);
        return 1;
    }
    static struct CMUnitTest tests[64];
    size_t found = 0;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        size_t length = strlen(name);
        if (length > 5 && strcmp(name + length - 5, ".test") == 0 && found < 64) {
            char *path = NULL;
            if (asprintf(&path, "%s/%s", folder, name) < 0)
                return 1;
            tests[found++] = (struct CMUnitTest){.name = strdup(name), .test_func = run_file, .initial_state = path};
        }
        free(entries[i]);
    }
    free(entries);
    if (!found) {
        fprintf(stderr, "%s has no .test file\n", folder);
        return 1;
    }
    int failed = _cmocka_run_group_tests("world scripts", tests, found, NULL, NULL);
    for (size_t i = 0; i < found; i++) {
        free((char *)(uintptr_t)tests[i].name);
        free(tests[i].initial_state);
    }
    return failed;
}
