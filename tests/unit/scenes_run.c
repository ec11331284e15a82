/* Plays scenes for tests. Waits for nothing but the ends of what it starts; a command that does not end in its time is
 * killed by the id that fork gave. */
#include "scenes_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

const struct scenes_variant scenes_variants[] = {
    {"process-states", NULL, "1-processes/process-states/process-states.c", "process-states/process-states", true},
    {"fork-tree", NULL, "1-processes/fork-tree/fork-tree.c", "fork-tree/fork-tree", true},
    {"isolation", NULL, "1-processes/isolation/isolation.c", "isolation/isolation", true},
    {"zombie", "waited", "1-processes/zombie/zombie.c", "zombie/zombie", true},
    {"zombie", "unwaited", "1-processes/zombie/unwaited.c", "zombie/zombie-unwaited", true},
    {"orphan", NULL, "1-processes/orphan/orphan.c", "orphan/orphan", true},
    {"race", NULL, "2-threads/race/race.c", "race/race", true},
    {"mutex", NULL, "2-threads/mutex/mutex.c", "mutex/mutex", true},
    {"deadlock", "faulty", "2-threads/deadlock/deadlock.c", "deadlock/deadlock", false},
    {"deadlock", "cured", "2-threads/deadlock/ordered.c", "deadlock/deadlock-cured", true},
    {"semaphore", NULL, "3-synchronisation/semaphore/semaphore.c", "semaphore/semaphore", true},
    {"turn-taking", NULL, "3-synchronisation/turn-taking/turn-taking.c", "turn-taking/turn-taking", true},
    {"bounded-queue", "bounded", "4-communication/bounded-queue/bounded-queue.c", "bounded-queue/bounded-queue", true},
    {"bounded-queue", "unbounded", "4-communication/bounded-queue/unbounded.c", "bounded-queue/bounded-queue-unbounded",
     true},
    {"pipe", "full", "4-communication/pipe/pipe.c", "pipe/pipe", true},
    {"pipe", "forgotten", "4-communication/pipe/forgotten.c", "pipe/pipe-forgotten", false},
    {"pipe", "no-reader", "4-communication/pipe/no-reader.c", "pipe/pipe-no-reader", true},
};
const size_t scenes_variant_count = sizeof scenes_variants / sizeof *scenes_variants;

const char *scenes_build_folder(void)
{
    const char *build = getenv("LOCKSTEP_BUILD");
    return build ? build : "build";
}

const char *scenes_source_folder(void)
{
    const char *source = getenv("LOCKSTEP_SOURCE");
    return source ? source : ".";
}

/* ---- a command ---- */

static void start_child(const char *const *arguments, const char *folder, int out)
{
    int null = open("/dev/null", O_RDONLY);
    if (dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || (folder && chdir(folder) != 0))
        _exit(126);
    execvp(arguments[0], (char *const *)(uintptr_t)arguments);
    _exit(127);
}

static long milliseconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}

/* Reads to the end of file, or until the time is up: false. */
static bool read_all(int from, unsigned seconds, struct scenes_output *output)
{
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
        long left = (long)seconds * 1000 - milliseconds_since(&start);
        struct pollfd wait = {.fd = from, .events = POLLIN};
        if (left <= 0 || poll(&wait, 1, (int)left) == 0)
            return false;
        char bytes[65536];
        ssize_t got = read(from, bytes, sizeof bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return true;
        output->out = realloc(output->out, output->length + (size_t)got + 1);
        assert_non_null(output->out);
        memcpy(output->out + output->length, bytes, (size_t)got);
        output->length += (size_t)got;
        output->out[output->length] = 0;
    }
}

void scenes_command(const char *const *arguments, const char *folder, unsigned seconds, struct scenes_output *output)
{
    int ends[2];
    *output = (struct scenes_output){.out = calloc(1, 1)};
    assert_non_null(output->out);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        start_child(arguments, folder, ends[1]);
    close(ends[1]);
    bool ended = read_all(ends[0], seconds, output);
    if (!ended)
        kill(child, SIGKILL);
    close(ends[0]);
    int status;
    while (waitpid(child, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    output->status = !ended ? 124 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void scenes_output_free(struct scenes_output *output)
{
    free(output->out);
    *output = (struct scenes_output){0};
}

const char *scenes_lockstep(void)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/lockstep", scenes_build_folder());
    return path;
}

/* ---- a run ---- */

static const char *text_of(const json_t *line, const char *key)
{
    return json_string_value(json_object_get(line, key));
}

static void take_line(struct scenes_run *run, const char *text, size_t length)
{
    json_error_t error;
    json_t *line = json_loadb(text, length, 0, &error);
    if (!line)
        fail_msg("no JSON (%s): %.*s", error.text, (int)length, text);
    json_array_append_new(run->lines, line);
    const char *event = text_of(line, "event");
    if (json_object_get(line, "packet") && event && strcmp(event, "sent") != 0 && strcmp(event, "absorbed") != 0)
        run->packet_count++;
    if (!json_object_get(line, "operation"))
        return;
    run->steps = realloc(run->steps, (run->step_count + 1) * sizeof *run->steps);
    assert_non_null(run->steps);
    run->steps[run->step_count++] = (struct scenes_step){
        .step = (long)json_integer_value(json_object_get(line, "step")),
        .task = text_of(line, "task"),
        .operation = text_of(line, "operation"),
        .object = text_of(line, "object"),
        .outcome = text_of(line, "outcome"),
        .error = text_of(line, "error"),
        .source = text_of(line, "source"),
        .value = json_object_get(line, "value"),
        .states = json_object_get(line, "states"),
        .enabled = json_object_get(line, "enabled"),
        .time = json_number_value(json_object_get(line, "time")),
    };
}

void scenes_play(const char *id, const char *variant, const char *const *options, struct scenes_run *run)
{
    const char *arguments[32] = {scenes_lockstep(), "play", id, "--json"};
    size_t count = 4;
    if (variant) {
        arguments[count++] = "--variant";
        arguments[count++] = variant;
    }
    for (; options && *options && count < 31; options++)
        arguments[count++] = *options;
    *run = (struct scenes_run){.lines = json_array()};
    scenes_command(arguments, NULL, 60, &run->output);
    assert_int_not_equal(run->output.status, 124);
    for (const char *at = run->output.out, *end; (end = strchr(at, '\n')); at = end + 1)
        take_line(run, at, (size_t)(end - at));
    size_t lines = json_array_size(run->lines);
    if (lines == 0)
        fail_msg("play %s: no output, exit status %d", id, run->output.status);
    run->end = json_array_get(run->lines, lines - 1);
    assert_true(json_is_true(json_object_get(run->end, "end")));
    assert_int_equal(json_integer_value(json_object_get(run->end, "steps")), run->step_count + run->packet_count);
}

void scenes_run_free(struct scenes_run *run)
{
    json_decref(run->lines);
    free(run->steps);
    scenes_output_free(&run->output);
    *run = (struct scenes_run){0};
}

bool scenes_is(const char *text, const char *wanted)
{
    return text && wanted ? strcmp(text, wanted) == 0 : text == wanted;
}

static bool fits(const char *text, const char *wanted)
{
    return !wanted || scenes_is(text, wanted);
}

size_t scenes_find(const struct scenes_run *run, size_t from, struct scenes_wanted wanted)
{
    unsigned left = wanted.occurrence ? wanted.occurrence : 1;
    for (size_t i = from; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        if (fits(step->task, wanted.task) && fits(step->operation, wanted.operation) &&
            fits(step->object, wanted.object) && fits(step->outcome, wanted.outcome) && --left == 0)
            return i;
    }
    return run->step_count;
}

long scenes_number(const struct scenes_step *step)
{
    if (!json_is_integer(step->value))
        fail_msg("step %ld (%s %s): the value is no integer", step->step, step->task, step->operation);
    return (long)json_integer_value(step->value);
}

const char *scenes_state(const struct scenes_step *step, const char *task)
{
    const char *state = json_string_value(json_object_get(step->states, task));
    return state ? state : "";
}

char *scenes_printed(const struct scenes_run *run)
{
    size_t length = 0;
    char *all = calloc(1, 1);
    for (size_t i = 0; i < json_array_size(run->lines); i++) {
        const json_t *line = json_array_get(run->lines, i);
        const char *text = text_of(line, "text");
        if (!json_object_get(line, "stream") || !text)
            continue;
        all = realloc(all, length + strlen(text) + 1);
        assert_non_null(all);
        strcpy(all + length, text);
        length += strlen(text);
    }
    return all;
}

unsigned scenes_count(const char *text, const char *part)
{
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        count++;
    return count;
}

const char *scenes_verdict(const struct scenes_run *run)
{
    return text_of(run->end, "verdict");
}

size_t scenes_fault_count(const struct scenes_run *run)
{
    return json_array_size(json_object_get(run->end, "faults"));
}

const json_t *scenes_fault(const struct scenes_run *run, size_t index)
{
    return json_array_get(json_object_get(run->end, "faults"), index);
}

bool scenes_fault_names(const json_t *fault, const char *key, const char *name)
{
    const json_t *names = json_object_get(fault, key);
    for (size_t i = 0; i < json_array_size(names); i++) {
        if (scenes_is(json_string_value(json_array_get(names, i)), name))
            return true;
    }
    return false;
}

bool scenes_line_holds(const char *folder, const char *place, const char *text)
{
    const char *colon = place ? strrchr(place, ':') : NULL;
    char path[4096], line[512];
    if (!colon)
        return false;
    snprintf(path, sizeof path, "%s/scenes/%s/%.*s", scenes_source_folder(), folder, (int)(colon - place), place);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    long wanted = strtol(colon + 1, NULL, 10);
    bool found = false;
    for (long number = 1; fgets(line, sizeof line, file); number++)
        found |= number == wanted && strstr(line, text) != NULL;
    fclose(file);
    return found;
}
