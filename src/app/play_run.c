/* Starts, steps and repeats runs for the screen. Everything that becomes known goes through listen(): into the chronicle,
 * and while a run is repeated, past the run that it must meet again. */
#include "app/play_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/environment.h"
#include "app/record_plan.h"
#include "base/text.h"
#include "source/source.h"

static void listen(void *context, const struct event *event, const struct world *world)
{
    struct play_run *run = context;
    if (run->failed)
        return;
    if (run->branch && !branch_taken(run->branch))
        run->failed = branch_compare(run->branch, event, run->message);
    if (!run->failed)
        run->failed = chronicle_event(run->chronicle, history_count(run->history), event, world);
    if (run->record)
        record_events(run->record, run->history, RECORDING_WHEN_FULL);
}

static void meet_source(void *context, struct source *source, const char *path)
{
    struct play_run *run = context;
    if (run->record)
        record_source(run->record, source, path);
    char *text = NULL;
    size_t size = 0;
    bool newer;
    if (listing_has(run->setting->listing, path) || !source_text(source, path, &text, &size, &newer))
        return;
    listing_add(run->setting->listing, path, text, size);
    free(text);
}

static bool is_paused(void *context)
{
    struct play_run *run = context;
    return run->setting->paused && run->setting->paused(run->setting->context);
}

/* ---- life ---- */

static struct play_run *run_new(struct play_setting *setting)
{
    struct play_run *run = calloc(1, sizeof *run);
    if (!run)
        return NULL;
    run->setting = setting;
    run->parent = -1;
    run->input[0] = run->input[1] = -1;
    run->policy = setting->plan->policy;
    run->cpus = setting->plan->cpus;
    run->chronicle = chronicle_new(setting->plan->scene, setting->plan->variant);
    if (run->chronicle)
        return run;
    free(run);
    return NULL;
}

void play_run_stop(struct play_run *run)
{
    conductor_free(run->conductor);
    run->conductor = NULL;
    branch_free(run->branch);
    run->branch = NULL;
    record_finish(run->record, run->history);
    run->record = NULL;
    for (int i = 0; i < 2; i++) {
        if (run->input[i] >= 0)
            close(run->input[i]);
        run->input[i] = -1;
    }
}

void play_run_free(struct play_run *run)
{
    if (!run)
        return;
    play_run_stop(run);
    for (size_t i = 0; i < run->change_count; i++)
        free(run->changes[i].bytes);
    free(run->changes);
    chronicle_free(run->chronicle);
    if (run->owns_history)
        history_free(run->history);
    free(run);
}

static enum status settle(struct play_run *run, struct message *message)
{
    const struct world *world = history_world(run->history);
    if (!run->failed && world && chronicle_settle(run->chronicle, world) == STATUS_OK)
        return STATUS_OK;
    return run->failed ? run->failed : message_set(message, STATUS_MEMORY, _("out of memory"));
}

static enum status start(struct play_run *run, struct message *message)
{
    const struct session_plan *plan = run->setting->plan;
    struct conductor_options options = {
        .program = plan->program,
        .arguments = plan->arguments,
        .hosts = plan->hosts,
        .host_count = plan->host_count,
        .preload = run->setting->paths->preload,
        .fresh_working_folder = plan->fresh_working_folder,
        .stdout_pipe = plan->stdout_pipe,
        .policy = plan->policy,
        .schedule = run->branch ? branch_schedule(run->branch, plan->schedule) : plan->schedule,
        .cpus = plan->cpus,
        .watches = plan->watches,
        .watch_count = plan->watch_count,
        .injections = plan->injections,
        .injection_count = plan->injection_count,
        .input = run->input[0],
        .live = plan->live,
        .wire = plan->wire,
        .wire_profile = plan->wire_profile,
        .paused = is_paused,
        .max_steps = plan->max_steps,
        .max_time = plan->max_time,
        .listener = listen,
        .on_source = meet_source,
        .context = run,
    };
    char **environment = environment_before();
    if (!environment)
        return message_set(message, STATUS_MEMORY, _("out of memory"));
    options.environment = environment;
    run->message = message;
    run->setting->starts++;
    enum status status = conductor_start(&options, run->history, &run->conductor, message);
    free(environment);
    return status ? status : settle(run, message);
}

/* "d.lks", "d-2.lks" ... */
static void record_name(const char *path, unsigned number, char *out, size_t size)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    size_t length = dot ? (size_t)(dot - path) : strlen(path);
    if (number <= 1)
        snprintf(out, size, "%s", path);
    else
        snprintf(out, size, "%.*s-%u%s", (int)length, path, number, path + length);
}

static enum status start_record(struct play_run *run, unsigned number, struct message *message)
{
    char path[4096];
    if (!run->setting->record)
        return STATUS_OK;
    record_name(run->setting->record, number, path, sizeof path);
    return record_plan_start(run->setting->plan, path, &run->record, message);
}

void play_run_save(struct play_run *run)
{
    if (run->record)
        record_events(run->record, run->history, RECORDING_NOW);
}

enum status play_run_start(struct play_setting *setting, unsigned number, struct branch *branch, struct play_run **out,
                           struct message *message)
{
    *out = NULL;
    struct play_run *run = run_new(setting);
    if (!run) {
        branch_free(branch);
        return message_set(message, STATUS_MEMORY, _("out of memory"));
    }
    run->branch = branch;
    run->history = history_new();
    run->owns_history = true;
    enum status status = paths_need_preload(setting->paths, message);
    if (!status && !run->history)
        status = message_set(message, STATUS_MEMORY, _("out of memory"));
    if (!status && pipe2(run->input, O_CLOEXEC | O_NONBLOCK) != 0)
        status = message_set(message, STATUS_IO, _("cannot make a pipe for the program's input: %s"), strerror(errno));
    if (!status)
        status = start_record(run, number, message);
    if (!status)
        status = start(run, message);
    if (status) {
        play_run_free(run);
        return status;
    }
    *out = run;
    return STATUS_OK;
}

/* The events again, as they came, with a world of their own. */
static enum status read_history(struct play_run *run)
{
    struct world *world = world_new();
    enum status status = world ? STATUS_OK : STATUS_MEMORY;
    for (uint32_t number = 1; number <= history_count(run->history) && !status; number++) {
        struct event event;
        if (!history_event(run->history, number, &event))
            break;
        if (event_is_choice(&event) || event.kind == EVENT_TIME || event.kind == EVENT_END)
            status = chronicle_settle(run->chronicle, world);
        if (!status && world_step(world, &event) == STATUS_MEMORY)
            status = STATUS_MEMORY;
        if (!status)
            status = chronicle_event(run->chronicle, number, &event, world);
    }
    if (!status)
        status = chronicle_settle(run->chronicle, world);
    world_free(world);
    return status;
}

enum status play_run_recorded(struct play_setting *setting, struct history *history, struct play_run **out,
                              struct message *message)
{
    *out = NULL;
    struct play_run *run = run_new(setting);
    if (!run)
        return message_set(message, STATUS_MEMORY, _("out of memory"));
    run->history = history;
    run->recorded = run->over = true;
    if (read_history(run)) {
        play_run_free(run);
        return message_set(message, STATUS_MEMORY, _("out of memory while reading the recording"));
    }
    *out = run;
    return STATUS_OK;
}

/* ---- stepping ---- */

/* A task was let go on, or a packet, since event `known`. */
static bool granted_since(const struct play_run *run, uint32_t known)
{
    struct event event;
    for (uint32_t number = known + 1; history_event(run->history, number, &event); number++) {
        if (event_is_choice(&event))
            return true;
    }
    return false;
}

static enum status step_once(struct play_run *run, uint32_t task, struct message *message)
{
    if (run->branch && !branch_taken(run->branch) && task == 0) {
        enum status status = branch_choose(run->branch, run->history, &task, message);
        if (status)
            return status;
    }
    const char *why;
    enum status status = conductor_step(run->conductor, task, message);
    if (!run->unrepeatable && !conductor_repeatable(run->conductor, &why)) {
        run->unrepeatable = true;
        run->unrepeatable_from = chronicle_steps(run->chronicle);
    }
    if (status == STATUS_INVALID && task && run->branch && !run->failed)
        return branch_refused(run->branch, run->history, run->conductor, message);
    return status;
}

enum status play_run_step(struct play_run *run, uint32_t task, bool *stepped, struct message *message)
{
    uint32_t before = chronicle_steps(run->chronicle);
    *stepped = false;
    if (run->over)
        return STATUS_ENDED;
    run->message = message;
    enum status status;
    /* Going into a handler of signals is a choice, but a step only when it has returned: then on to the next. */
    for (bool again = true; again;) {
        uint32_t known = history_count(run->history);
        status = step_once(run, task, message);
        *stepped = chronicle_steps(run->chronicle) > before;
        again = status == STATUS_OK && !run->failed && !*stepped && granted_since(run, known);
        if (task && !world_task_enabled(history_world(run->history), task))
            task = 0;
    }
    if (status == STATUS_OK || status == STATUS_ENDED || status == STATUS_LIMIT) {
        enum status settled = settle(run, message);
        if (settled)
            return settled;
    }
    if (status == STATUS_ENDED || status == STATUS_LIMIT) {
        run->over = true;
        play_run_stop(run);
        return STATUS_ENDED;
    }
    return status;
}

bool play_run_look(struct play_run *run)
{
    struct message message = {{0}};
    if (!run->conductor || run->over || run->failed)
        return false;
    run->message = &message;
    bool news = conductor_look(run->conductor) && settle(run, &message) == STATUS_OK;
    run->message = NULL;
    return news;
}

/* ---- what the person changes ---- */

static bool remember(struct play_run *run, struct play_change change)
{
    struct play_change *grown = realloc(run->changes, (run->change_count + 1) * sizeof *grown);
    if (!grown)
        return false;
    run->changes = grown;
    change.step = chronicle_steps(run->chronicle);
    run->changes[run->change_count++] = change;
    return true;
}

enum status play_run_set_policy(struct play_run *run, const struct policy_options *policy, struct message *message)
{
    enum status status = run->conductor ? conductor_set_policy(run->conductor, policy, message) : STATUS_OK;
    if (status)
        return status;
    run->policy = *policy;
    return remember(run, (struct play_change){.kind = PLAY_CHANGE_policy, .policy = *policy})
               ? STATUS_OK
               : message_set(message, STATUS_MEMORY, _("out of memory"));
}

void play_run_set_cpus(struct play_run *run, uint32_t cpus)
{
    run->cpus = cpus;
    if (run->conductor)
        conductor_set_cpus(run->conductor, cpus);
    remember(run, (struct play_change){.kind = PLAY_CHANGE_cpus, .cpus = cpus});
}

enum status play_run_type(struct play_run *run, const char *bytes, size_t length, struct message *message)
{
    char *copy = malloc(length + 1);
    if (!copy)
        return message_set(message, STATUS_MEMORY, _("out of memory"));
    memcpy(copy, bytes, length);
    if (run->input[1] < 0 || write(run->input[1], bytes, length) != (ssize_t)length) {
        free(copy);
        return message_set(message, STATUS_IO, _("the program's input is closed, or full of what it has not read yet"));
    }
    if (!remember(run, (struct play_change){.kind = PLAY_CHANGE_input, .bytes = copy, .length = length}))
        free(copy);
    return STATUS_OK;
}

void play_run_end_input(struct play_run *run)
{
    if (run->input[1] < 0)
        return;
    close(run->input[1]);
    run->input[1] = -1;
    remember(run, (struct play_change){.kind = PLAY_CHANGE_end_of_input});
}

enum status play_run_repeat(struct play_run *run, const struct play_run *from, uint32_t step, struct message *message)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < from->change_count && !status; i++) {
        const struct play_change *change = &from->changes[i];
        if (change->step != step)
            continue;
        switch (change->kind) {
        case PLAY_CHANGE_policy:
            status = play_run_set_policy(run, &change->policy, message);
            break;
        case PLAY_CHANGE_cpus:
            play_run_set_cpus(run, change->cpus);
            break;
        case PLAY_CHANGE_input:
            status = play_run_type(run, change->bytes, change->length, message);
            break;
        case PLAY_CHANGE_end_of_input:
            play_run_end_input(run);
            break;
        }
    }
    return status;
}
