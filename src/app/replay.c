/* `lockstep replay`: the events of a recording go to the same report as those of a run; nothing is run and nothing that
 * the recording names is opened. With --branch the recorded program is started again, because that was asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/interrupt.h"
#include "app/language.h"
#include "app/report.h"
#include "app/say.h"
#include "app/scenes.h"
#include "app/theatre.h"
#include "base/escape.h"
#include "base/text.h"
#include "export/tell.h"
#include "history/recording.h"
#include "network/build.h"

/* ---- replaying ---- */

/* The world is made anew from the events, one by one, as it was when they came. */
static enum status tell_events(struct history *history, struct report *report, struct world *world,
                               struct message *message)
{
    enum status status = STATUS_OK;
    for (uint32_t number = 1; number <= history_count(history) && !status && !interrupt_signal(); number++) {
        struct event event;
        if (!history_event(history, number, &event))
            break;
        /* INVALID: an event that contradicts the world; the world says so itself, and the report with it. */
        if (world_step(world, &event) == STATUS_MEMORY)
            return message_set(message, STATUS_MEMORY, _("out of memory"));
        status = report_event(report, &event, world, message);
    }
    return status ? status : report_flush(report, message);
}

static int replay_events(struct recording *recording, const struct options *options)
{
    struct session_result result = {0};
    struct message message = {{0}};
    size_t variant = 0;
    struct scene *scene = scenes_of_recording(recording_about(recording), &variant);
    struct world *world = world_new();
    struct report *report =
        report_new(&(struct report_options){.out = stdout,
                                            .output = options->output ? options->output : OUTPUT_plain,
                                            .chinese = language_is_chinese(),
                                            .helpers = options->helpers,
                                            .scene = scene,
                                            .variant = variant});
    interrupt_catch();
    if (world && report)
        result.status = tell_events(recording_history(recording), report, world, &message);
    else
        result.status = message_set(&message, STATUS_MEMORY, _("out of memory"));
    result.output_failed = result.status == STATUS_IO;
    result.signal = interrupt_signal();
    interrupt_release();
    result.verdict = world ? world_verdict(world) : VERDICT_none;
    size_t faults = world ? world_fault_count(world) : 0;
    report_free(report);
    world_free(world);
    scene_free(scene);
    /* One that was cut short has no verdict: it is judged by the faults up to there. */
    if (result.verdict == VERDICT_none && !options->expect)
        result.verdict = faults ? VERDICT_failed : VERDICT_finished;
    return session_exit(&result, &message, options->expect);
}

/* On the screen: one can go back and forth in what was. */
static int show_events(struct recording *recording, const struct options *options)
{
    struct session_plan plan;
    struct paths paths;
    size_t variant = 0;
    struct scene *scene = scenes_of_recording(recording_about(recording), &variant);
    char program[512];
    const char *path = recording_about(recording)->program;
    escape_text(ESCAPE_LABEL, path, strlen(path), program, sizeof program);
    session_plan_options(options, &plan);
    plan.program = program;
    plan.scene = scene;
    plan.variant = variant;
    paths_find(&paths);
    int result = theatre_recording(recording, &plan, options, &paths);
    scene_free(scene);
    return result;
}

/* ---- branching ---- */

static uint64_t number_option(const struct recording_about *about, const char *key, uint64_t least, uint64_t most,
                              uint64_t standard)
{
    const char *text = recording_option(about, key);
    char *end = NULL;
    unsigned long long number = text ? strtoull(text, &end, 10) : 0;
    return text && *text && !*end && number >= least && number <= most ? number : standard;
}

static bool option_is(const struct recording_about *about, const char *key, const char *value)
{
    const char *text = recording_option(about, key);
    return text && strcmp(text, value) == 0;
}

/* The watches of the recorded run: its events hold their values. */
static const char **watches_of(const struct recording_about *about, size_t *count)
{
    const char **watches = calloc(about->option_count + 1, sizeof *watches);
    *count = 0;
    for (size_t i = 0; watches && i < about->option_count; i++) {
        if (strncmp(about->options[i].bytes, "watch=", 6) == 0)
            watches[(*count)++] = about->options[i].bytes + 6;
    }
    return watches;
}

/* The programs that ran on hosts of their own (record_plan.c). Free what it returns; NULL: out of memory. */
static const char **hosts_of(const struct recording_about *about, struct conductor_host hosts[CONDUCTOR_HOSTS],
                             size_t *count)
{
    const char **arguments = calloc(about->option_count + 2 * CONDUCTOR_HOSTS, sizeof *arguments);
    size_t used = 0;
    *count = 0;
    for (size_t i = 0; arguments && i < about->option_count; i++) {
        const char *text = about->options[i].bytes;
        unsigned number;
        char after[64];
        int at = 0;
        if (strncmp(text, "argument=", 9) == 0 && *count > 0)
            arguments[used++] = text + 9;
        else if (sscanf(text, "host=%1u %63s %n", &number, after, &at) == 2 && at > 0 && text[at] &&
                 *count < CONDUCTOR_HOSTS && number >= 1 && number <= CONDUCTOR_HOSTS) {
            used += *count > 0; /* the NULL that ends the one before */
            hosts[(*count)++] = (struct conductor_host){.program = text + at,
                                                        .arguments = &arguments[used],
                                                        .number = number,
                                                        .after = operation_by_name(after)};
            arguments[used++] = text + at;
        }
    }
    return arguments;
}

static void plan_branch(const struct recording_about *about, const struct options *options, struct session_plan *plan)
{
    session_plan_options(options, plan);
    const char *policy = recording_option(about, "policy");
    enum policy_kind kind = policy ? policy_by_name(policy) : POLICY_COUNT;
    plan->policy.kind = kind == POLICY_COUNT ? POLICY_rr : kind;
    plan->policy.quantum = (uint32_t)number_option(about, "quantum", 1, 1000000, 1);
    plan->policy.seed = number_option(about, "seed", 0, INT64_MAX, 1);
    plan->cpus = (uint32_t)number_option(about, "cpus", 1, 64, 1);
    plan->stdout_pipe = option_is(about, "stdout", "pipe");
    plan->fresh_working_folder = option_is(about, "folder", "fresh");
    plan->wire_profile = (uint8_t)number_option(about, "profile", NETWORK_lecture, NETWORK_timestamps, NETWORK_lecture);
    plan->no_input = true;
    plan->program = about->program;
}

static int branch_again(struct recording *recording, const struct options *options)
{
    const struct recording_about *about = recording_about(recording);
    struct session_plan plan;
    struct session_result result = {0};
    struct message message = {{0}};
    struct paths paths;
    size_t variant = 0;
    if (option_is(about, "mode", "live")) {
        say(_("--branch: the recording was made live, so there are no choices in it to branch from"));
        return EXIT_USAGE;
    }
    plan_branch(about, options, &plan);
    struct conductor_host hosts[CONDUCTOR_HOSTS];
    const char **watches = watches_of(about, &plan.watch_count), **told = hosts_of(about, hosts, &plan.host_count);
    const char **arguments = calloc(about->argument_count + 2, sizeof *arguments);
    struct scene *scene = scenes_of_recording(about, &variant);
    if (watches && arguments && told) {
        arguments[0] = about->program;
        for (size_t i = 0; i < about->argument_count; i++)
            arguments[i + 1] = about->arguments[i].bytes;
        plan.watches = watches;
        plan.arguments = arguments;
        plan.hosts = plan.host_count ? hosts : NULL;
        plan.scene = scene;
        plan.variant = variant;
        plan.expected = recording_history(recording);
        paths_find(&paths);
        session_run(&plan, &paths, &result, &message);
    } else {
        result.status = message_set(&message, STATUS_MEMORY, _("out of memory"));
    }
    free(watches);
    free(told);
    free(arguments);
    scene_free(scene);
    return session_exit(&result, &message, options->expect);
}

int replay_command(const struct options *options)
{
    if (options->operand_count != 1) {
        say(options->operand_count
                ? _("replay: one recording at a time")
                : _("replay: no recording is named; `lockstep run --record FILE -- PROGRAM` makes one"));
        return EXIT_USAGE;
    }
    if (options->record && !options->branch_step) {
        say(_("replay: --record goes with --branch only; a recording is copied with cp"));
        return EXIT_USAGE;
    }
    struct recording *recording = NULL;
    struct message message = {{0}};
    enum status status = recording_open(options->operands[0], &recording, &message);
    if (status)
        return say_failure(status, &message);
    if (recording_note(recording))
        say("%s", recording_note(recording));
    int result = options->branch_step        ? branch_again(recording, options)
                 : screen_is_wanted(options) ? show_events(recording, options)
                                             : replay_events(recording, options);
    recording_free(recording);
    return result;
}
