/* What must hold of every run, and what must be in one. Looks at the steps only, never at the narration. */
#include "scenes_must.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The order in which a task may go from one state to another. */
static bool is_arrow(const char *from, const char *to)
{
    static const char *const arrows[][2] = {
        {"", "new"},
        {"", "ready"},
        {"", "terminated"},
        {"new", "ready"},
        {"ready", "running"},
        {"running", "ready"},
        {"running", "blocked"},
        {"running", "zombie"},
        {"blocked", "ready"},
        {"ready", "zombie"},
        {"zombie", "terminated"},
        {"running", "terminated"},
        {"ready", "terminated"},
        {"blocked", "terminated"},
        {"blocked", "zombie"},
    };
    for (size_t i = 0; i < sizeof arrows / sizeof *arrows; i++) {
        if (scenes_is(from, arrows[i][0]) && scenes_is(to, arrows[i][1]))
            return true;
    }
    return scenes_is(from, to);
}

/* Virtual time went on by more than this step's tick: nobody could run, or the policy chose a sleeper (random may). Then
 * the sleeper was woken and let go between the two lines. */
static bool time_jumped(const struct scenes_run *run, size_t index)
{
    return index > 0 && run->steps[index].time - run->steps[index - 1].time > 0.0015;
}

static void check_states(const struct scenes_run *run, unsigned cpus)
{
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        const char *task;
        json_t *value;
        unsigned running = 0;
        json_object_foreach((json_t *)(uintptr_t)step->states, task, value)
        {
            const char *now = json_string_value(value);
            const char *before = i ? scenes_state(&run->steps[i - 1], task) : "new";
            running += scenes_is(now, "running");
            /* A step is one line: who ran it was chosen, ran, and may have been stopped again. */
            if (scenes_is(task, step->task)) {
                bool chosen = scenes_is(before, "ready") || scenes_is(before, "running") || scenes_is(before, "new") ||
                              time_jumped(run, i);
                if (!chosen)
                    fail_msg("step %ld: %s ran, but was %s before", step->step, task, before);
            } else if (!is_arrow(before, now)) {
                fail_msg("step %ld: %s went from %s to %s", step->step, task, before, now);
            }
        }
        if (running > cpus)
            fail_msg("step %ld: %u tasks run on %u CPUs", step->step, running, cpus);
        size_t index;
        json_array_foreach((json_t *)(uintptr_t)step->enabled, index, value)
        {
            const char *state = scenes_state(step, json_string_value(value));
            if (!scenes_is(state, "ready") && !scenes_is(state, "running") && !scenes_is(state, "new"))
                fail_msg("step %ld: %s is enabled and %s", step->step, json_string_value(value), state);
        }
    }
}

/* A condition wait lets go and takes again. */
enum { MUTEXES = 8 };
struct holders {
    const char *mutex[MUTEXES], *task[MUTEXES];
    const char *lent[MUTEXES]; /* who will take it again after a condition wait */
    size_t count;
};

static size_t holder_of(struct holders *holders, const char *mutex)
{
    for (size_t i = 0; i < holders->count; i++) {
        if (scenes_is(holders->mutex[i], mutex))
            return i;
    }
    assert_true(holders->count < MUTEXES);
    holders->mutex[holders->count] = mutex;
    return holders->count++;
}

static void wait_lets_go(struct holders *holders, const struct scenes_step *step)
{
    bool ends = !scenes_is(step->outcome, "blocked");
    for (size_t i = 0; i < holders->count; i++) {
        if (!ends && scenes_is(holders->task[i], step->task))
            holders->task[i] = NULL;
        else if (ends && holders->task[i])
            fail_msg("step %ld: %s is back from its wait while %s holds %s", step->step, step->task, holders->task[i],
                     holders->mutex[i]);
        else if (ends)
            holders->task[i] = step->task;
    }
}

void scenes_must_exclude(const struct scenes_run *run, void (*inside)(const struct scenes_step *, const char *))
{
    struct holders holders = {.count = 0};
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        if (strncmp(step->operation, "cond.", 5) == 0 && strstr(step->operation, "wait")) {
            wait_lets_go(&holders, step);
        } else if (scenes_is(step->operation, "mutex.lock")) {
            size_t at = holder_of(&holders, step->object);
            if (scenes_is(step->outcome, "done")) {
                assert_null(holders.task[at]);
                holders.task[at] = step->task;
            } else {
                assert_string_equal(step->outcome, "blocked");
                assert_non_null(holders.task[at]); /* it was refused for a reason */
            }
        } else if (scenes_is(step->operation, "mutex.unlock")) {
            size_t at = holder_of(&holders, step->object);
            assert_string_equal(holders.task[at], step->task);
            holders.task[at] = NULL;
        } else if (inside && holders.count) {
            inside(step, holders.task[0]);
        }
    }
}

void scenes_must_end(const struct scenes_run *run, const char *verdict, int status)
{
    assert_string_equal(scenes_verdict(run), verdict);
    assert_int_equal(run->output.status, status);
    check_states(run, 1);
}

void scenes_must_print(const struct scenes_run *run, const char *wanted)
{
    char *printed = scenes_printed(run);
    assert_string_equal(printed, wanted);
    free(printed);
}

size_t scenes_must_find(const struct scenes_run *run, size_t from, struct scenes_wanted wanted)
{
    size_t at = scenes_find(run, from, wanted);
    if (at == run->step_count)
        fail_msg("no step: %s %s %s %s", wanted.task ? wanted.task : "*", wanted.operation ? wanted.operation : "*",
                 wanted.object ? wanted.object : "*", wanted.outcome ? wanted.outcome : "*");
    return at;
}
