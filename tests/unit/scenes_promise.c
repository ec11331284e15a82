/* What promises about runs are made of. Looks at runs only; a step that is not there has no value, no state, no time. */
#include "scenes_promise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
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

/* Changed so, the scene breaks the promise. */
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
