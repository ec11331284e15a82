/* What promises about runs are made of. Looks at runs only; a step that is not there has no value, no state, no time. */
#include "scenes_promise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void scenes_holds(const char *id, const char *variant, scenes_promise *promised)
{
    struct scenes_run run;
    scenes_play(id, variant, (const char *const[]){"--helpers", NULL}, &run);
    const char *broken = promised(&run);
    if (broken)
        fail_msg("%s %s: this does not hold: %s", id, variant ? variant : "", broken);
    scenes_run_free(&run);
}

void scenes_holds_always(const char *id, const char *variant, unsigned seeds, scenes_promise *promised)
{
    for (unsigned seed = 1; seed <= seeds; seed++) {
        struct scenes_run run;
        char text[16];
        snprintf(text, sizeof text, "%u", seed);
        scenes_play(id, variant, (const char *const[]){"--helpers", "--policy", "random", "--seed", text, NULL}, &run);
        const char *broken = promised(&run);
        if (broken)
            fail_msg("%s %s, seed %u: this does not hold: %s", id, variant ? variant : "", seed, broken);
        scenes_run_free(&run);
    }
}

void scenes_breaks(const char *folder, const char *variant, struct scenes_change change, scenes_promise *promised)
{
    struct scenes_run run;
    scenes_play_changed(folder, variant, change, &run);
    if (!promised(&run))
        fail_msg("%s: with \"%s\" the promise still holds", folder, change.to);
    scenes_run_free(&run);
}

bool scenes_finished(const struct scenes_run *run)
{
    return run->output.status == 0 && scenes_is(scenes_verdict(run), "finished") && scenes_fault_count(run) == 0;
}

bool scenes_failed(const struct scenes_run *run, const char *verdict)
{
    return run->output.status == 1 && scenes_is(scenes_verdict(run), verdict);
}

const json_t *scenes_fault_of(const struct scenes_run *run, const char *kind)
{
    for (size_t i = 0; i < scenes_fault_count(run); i++) {
        if (scenes_is(json_string_value(json_object_get(scenes_fault(run, i), "kind")), kind))
            return scenes_fault(run, i);
    }
    return NULL;
}

bool scenes_is_step(const struct scenes_step *step, const char *operation, const char *outcome)
{
    return scenes_is(step->operation, operation) && (!outcome || scenes_is(step->outcome, outcome));
}

unsigned scenes_count_steps(const struct scenes_run *run, struct scenes_wanted wanted)
{
    unsigned count = 0;
    for (size_t at = scenes_find(run, 0, wanted); at < run->step_count; at = scenes_find(run, at + 1, wanted))
        count++;
    return count;
}

/* The value of a step as text; "" where it has none or the step is not there. */
const char *scenes_text_at(const struct scenes_run *run, size_t at)
{
    const char *text = at < run->step_count ? json_string_value(run->steps[at].value) : NULL;
    return text ? text : "";
}

long scenes_number_at(const struct scenes_run *run, size_t at)
{
    return at < run->step_count && json_is_integer(run->steps[at].value) ? scenes_number(&run->steps[at]) : -1;
}

const char *scenes_state_at(const struct scenes_run *run, size_t at, const char *task)
{
    return at < run->step_count ? scenes_state(&run->steps[at], task) : "";
}

/* Virtual milliseconds at the end of a step; 0 when it is not there. */
long scenes_time_at(const struct scenes_run *run, size_t at)
{
    return at < run->step_count ? (long)(run->steps[at].time * 1000 + 0.5) : 0;
}

long scenes_exit_of(const struct scenes_run *run, const char *process)
{
    const json_t *exit = json_object_get(json_object_get(run->end, "exit"), process);
    return json_is_integer(exit) ? (long)json_integer_value(exit) : -1;
}

bool scenes_ended_by(const struct scenes_run *run, const char *process, const char *signal)
{
    return scenes_is(json_string_value(json_object_get(json_object_get(run->end, "exit"), process)), signal);
}

size_t scenes_process_count(const struct scenes_run *run)
{
    return json_object_size(json_object_get(run->end, "exit"));
}

/* How often a task (NULL: any) printed this. */
unsigned scenes_said(const struct scenes_run *run, const char *task, const char *text)
{
    unsigned count = 0;
    for (size_t i = 0; i < json_array_size(run->lines); i++) {
        const json_t *line = json_array_get(run->lines, i);
        const char *part = json_string_value(json_object_get(line, "text"));
        if (part && (!task || scenes_is(json_string_value(json_object_get(line, "task")), task)))
            count += scenes_count(part, text);
    }
    return count;
}

bool scenes_is_running(const struct scenes_run *run, size_t at, const char *task)
{
    return scenes_is(scenes_state_at(run, at, task), "running");
}

long scenes_line_of(const struct scenes_step *step)
{
    const char *colon = step->source ? strrchr(step->source, ':') : NULL;
    return colon ? strtol(colon + 1, NULL, 10) : 0;
}

const char *scenes_all_printed(const struct scenes_run *run)
{
    static char *text;
    free(text);
    text = scenes_printed(run);
    return text;
}

bool scenes_prints(const struct scenes_run *run, const char *text)
{
    return strstr(scenes_all_printed(run), text) != NULL;
}

long scenes_last_load(const struct scenes_run *run, const char *task, const char *object)
{
    long value = -1;
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        if (scenes_is_step(step, "memory.load", "done") && scenes_is(step->task, task) &&
            scenes_is(step->object, object))
            value = scenes_number_at(run, i);
    }
    return value;
}

unsigned scenes_broken_updates(const struct scenes_run *run, const char *object)
{
    unsigned broken = 0;
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *load = &run->steps[i];
        if (!scenes_is_step(load, "memory.load", "done") || !scenes_is(load->object, object))
            continue;
        bool used = false;
        for (size_t k = i + 1; k < run->step_count; k++) {
            const struct scenes_step *step = &run->steps[k];
            if (!scenes_is(step->object, object))
                continue;
            if (!scenes_is(step->task, load->task))
                used = true;
            else {
                broken += used && scenes_is_step(step, "memory.store", NULL);
                break;
            }
        }
    }
    return broken;
}

const char *scenes_mutex_holder(const struct scenes_run *run, size_t at, const char *mutex)
{
    const char *holder = NULL;
    for (size_t i = 0; i <= at && i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        if (!scenes_is(step->object, mutex) || !scenes_is(step->outcome, "done"))
            continue;
        if (scenes_is_step(step, "mutex.lock", NULL) || scenes_is_step(step, "mutex.timedlock", NULL))
            holder = step->task;
        else if (scenes_is_step(step, "mutex.unlock", NULL))
            holder = NULL;
    }
    return holder;
}

/* Both of the two below. */
static long blocked_in(const struct scenes_run *run, const char *task, const char *operation, unsigned *times)
{
    long sum = 0, since = -1;
    *times = 0;
    for (size_t i = 0; i < run->step_count; i++) {
        bool blocked = scenes_is(scenes_state_at(run, i, task), "blocked");
        if (since < 0 && blocked && scenes_is(run->steps[i].task, task) &&
            (!operation || scenes_is(run->steps[i].operation, operation))) {
            since = scenes_time_at(run, i);
            ++*times;
        } else if (since >= 0 && !blocked) {
            sum += scenes_time_at(run, i) - since;
            since = -1;
        }
    }
    return sum;
}

unsigned scenes_blocked_times(const struct scenes_run *run, const char *task, const char *operation)
{
    unsigned times;
    blocked_in(run, task, operation, &times);
    return times;
}

long scenes_blocked_time(const struct scenes_run *run, const char *task, const char *operation)
{
    unsigned times;
    return blocked_in(run, task, operation, &times);
}

unsigned scenes_packets_sent(const struct scenes_run *run, const char *flag)
{
    size_t index, i;
    unsigned count = 0;
    json_t *line, *name;
    json_array_foreach(run->lines, index, line)
    {
        bool has = flag == NULL;
        json_array_foreach(json_object_get(line, "flags"), i, name) has =
            has || scenes_is(json_string_value(name), flag);
        count += has && json_object_get(line, "packet") &&
                 scenes_is(json_string_value(json_object_get(line, "event")), "sent");
    }
    return count;
}

long scenes_bytes_of(const struct scenes_run *run, const char *task, const char *operation)
{
    long sum = 0;
    for (size_t i = 0; i < run->step_count; i++)
        if ((!task || scenes_is(run->steps[i].task, task)) && scenes_is(run->steps[i].operation, operation) &&
            scenes_is(run->steps[i].outcome, "done"))
            sum += scenes_number_at(run, i);
    return sum;
}
