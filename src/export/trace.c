/* Chrome's trace events. A slice is written when the state that it stands for ends, so slices of a task never overlap. The
 * time of a slice is the number of the step, in microseconds; the virtual time stands with each step. */
#include "export/trace.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct track {
    uint32_t task, process, number;
    uint8_t state;
    uint32_t since;
    char name[24];
};

struct export_trace {
    FILE *out;
    struct teller *teller;
    struct track *tracks;
    size_t count;
    uint32_t step;
    bool begun, failed;
};

/* One event; takes over the object. */
static void put(struct export_trace *trace, json_t *event)
{
    char *text = event ? json_dumps(event, JSON_COMPACT) : NULL;
    json_decref(event);
    trace->failed = trace->failed || !text;
    if (text)
        fprintf(trace->out, "%s%s", trace->begun ? ",\n" : "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n", text);
    trace->begun = true;
    free(text);
}

static void put_slice(struct export_trace *trace, const struct track *track, uint32_t until)
{
    bool lives = track->state != STATE_terminated && track->state != STATE_zombie;
    if (lives && until > track->since)
        put(trace, json_pack("{s:s, s:s, s:s, s:i, s:i, s:I, s:I}", "ph", "X", "cat", "state", "name",
                             tell_state_name(track->state), "pid", (int)track->process, "tid", (int)track->task, "ts",
                             (json_int_t)track->since, "dur", (json_int_t)(until - track->since)));
}

/* Viewers sort tracks by these. */
static void put_names(struct export_trace *trace, const struct track *track)
{
    char process[16];
    snprintf(process, sizeof process, "P%u", track->process);
    if (track->number == 0)
        put(trace, json_pack("{s:s, s:s, s:i, s:{s:s}}", "ph", "M", "name", "process_name", "pid", (int)track->process,
                             "args", "name", process));
    put(trace, json_pack("{s:s, s:s, s:i, s:i, s:{s:s}}", "ph", "M", "name", "thread_name", "pid", (int)track->process,
                         "tid", (int)track->task, "args", "name", track->name));
}

static struct track *track_of(struct export_trace *trace, const struct tell_state *state)
{
    for (size_t i = 0; i < trace->count; i++)
        if (trace->tracks[i].task == state->task)
            return &trace->tracks[i];
    struct track *grown = realloc(trace->tracks, (trace->count + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    trace->tracks = grown;
    struct track *track = &grown[trace->count++];
    *track = (struct track){.task = state->task,
                            .process = state->process,
                            .number = state->number,
                            .state = state->state,
                            .since = trace->step};
    memcpy(track->name, state->name, sizeof track->name);
    put_names(trace, track);
    return track;
}

static enum status take_states(struct export_trace *trace, const struct tell *tell, struct message *message)
{
    for (size_t i = 0; i < tell->state_count; i++) {
        struct track *track = track_of(trace, &tell->states[i]);
        if (!track)
            return message_set(message, STATUS_MEMORY, "out of memory");
        if (track->state == tell->states[i].state)
            continue;
        put_slice(trace, track, tell->step);
        track->state = tell->states[i].state;
        track->since = tell->step;
    }
    return STATUS_OK;
}

static void put_step(struct export_trace *trace, const struct tell *tell)
{
    uint32_t task = 0, process = 0;
    char name[160];
    for (size_t i = 0; i < tell->state_count; i++)
        if (strcmp(tell->states[i].name, tell->task) == 0) {
            task = tell->states[i].task;
            process = tell->states[i].process;
        }
    snprintf(name, sizeof name, "%s%s%s", operation_row(tell->operation)->name, tell->object[0] ? " " : "",
             tell->object);
    put(trace, json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:I, s:{s:I, s:s, s:s, s:s, s:f}}", "ph", "i", "s", "t", "cat",
                         "step", "name", name, "pid", (int)process, "tid", (int)task, "ts", (json_int_t)tell->step,
                         "args", "step", (json_int_t)tell->step, "outcome", outcome_name(tell->outcome), "source",
                         tell->source, "say", tell->say, "time", (double)tell->time / 1e9));
}

/* What belongs to no task: packets and faults, on a track of the whole. */
static void put_global(struct export_trace *trace, const struct tell *tell, const char *category)
{
    put(trace, json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:I}", "ph", "i", "s", "g", "cat", category, "name", tell->say,
                         "pid", 0, "tid", 0, "ts", (json_int_t)tell->step));
}

static enum status trace_tell(void *context, const struct tell *tell, struct message *message)
{
    struct export_trace *trace = context;
    enum status status = STATUS_OK;
    if (tell->kind == TELL_STEP) {
        status = take_states(trace, tell, message);
        trace->step = tell->step;
        if (!status && !tell->helper)
            put_step(trace, tell);
    } else if (tell->kind == TELL_PACKET || tell->kind == TELL_FAULT) {
        trace->step = tell->step > trace->step ? tell->step : trace->step;
        put_global(trace, tell, tell->kind == TELL_FAULT ? "fault" : "packet");
    }
    if (!status && trace->failed)
        status = message_set(message, STATUS_MEMORY, "out of memory");
    if (!status && ferror(trace->out))
        status = message_set(message, STATUS_IO, "writing the trace failed: %s", strerror(errno ? errno : EIO));
    return status;
}

struct export_trace *export_trace_new(FILE *out, enum tell_language language)
{
    struct export_trace *trace = calloc(1, sizeof *trace);
    if (!trace)
        return NULL;
    trace->out = out;
    trace->teller = teller_new(language, trace_tell, trace);
    if (trace->teller)
        return trace;
    free(trace);
    return NULL;
}

void export_trace_free(struct export_trace *trace)
{
    if (!trace)
        return;
    teller_free(trace->teller);
    free(trace->tracks);
    free(trace);
}

enum status export_trace_event(struct export_trace *trace, const struct world *after, const struct event *event,
                               struct message *message)
{
    return teller_event(trace->teller, after, event, message);
}

enum status export_trace_finish(struct export_trace *trace, struct message *message)
{
    enum status status = teller_flush(trace->teller, message);
    if (status)
        return status;
    for (size_t i = 0; i < trace->count; i++)
        put_slice(trace, &trace->tracks[i], trace->step + 1);
    fputs(trace->begun ? "\n]}\n" : "{\"traceEvents\":[]}\n", trace->out);
    if (fflush(trace->out) != 0 || ferror(trace->out))
        return message_set(message, STATUS_IO, "writing the trace failed: %s", strerror(errno ? errno : EIO));
    return STATUS_OK;
}
