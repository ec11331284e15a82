/* One run. The conductor tells every event; here it goes to the report and the recording, and here the run is given up
 * when the reader has gone, a signal has come, or a branch does not meet what it should. */
#include "app/session.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/branch.h"
#include "app/environment.h"
#include "app/interrupt.h"
#include "app/language.h"
#include "app/record.h"
#include "app/record_plan.h"
#include "app/report.h"
#include "app/say.h"
#include "base/text.h"
#include "export/tell.h"

struct session {
    const struct session_plan *plan;
    struct history *history;
    struct conductor *conductor;
    struct report *report;
    struct record *record;
    struct branch *branch;
    struct message *message;
    enum status failed; /* of what the listener does */
    bool output_failed;
};

/* Told with the end, before its line: what makes this run one that cannot be had again. */
static enum status tell_unrepeatable(struct session *session)
{
    const char *why = NULL;
    char text[512];
    if (session->plan->live)
        why = _("it ran live, in real time");
    else if (!session->conductor || conductor_repeatable(session->conductor, &why))
        return STATUS_OK;
    snprintf(text, sizeof text, _("this run cannot be repeated: %s"), why ? gettext(why) : "?");
    return report_notice(session->report, "unrepeatable", text, session->message);
}

static void listen(void *context, const struct event *event, const struct world *world)
{
    struct session *session = context;
    if (session->record)
        record_events(session->record, session->history, RECORDING_WHEN_FULL);
    if (session->failed)
        return;
    if (session->branch)
        session->failed = branch_compare(session->branch, event, session->message);
    enum status status = STATUS_OK;
    if (event->kind == EVENT_END)
        status = tell_unrepeatable(session);
    if (!status)
        status = report_event(session->report, event, world, session->message);
    if (status) {
        session->output_failed = status == STATUS_IO;
        session->failed = status;
    }
}

static void meet_source(void *context, struct source *source, const char *path)
{
    struct session *session = context;
    if (session->record)
        record_source(session->record, source, path);
}

/* Whether packets can be seen in this run, where the guest talks; at its beginning. */
static enum status tell_wire(struct session *session)
{
    char text[640];
    const char *why;
    if (conductor_wire(session->conductor, &why)) {
        if (session->plan->scene)
            return STATUS_OK;
        snprintf(text, sizeof text, "%s",
                 _("lockstep carries the guest's network: 127.0.0.0/8 and the hosts 10.0.0.1 and 10.0.0.2; "
                   "there is no IPv6, and the outside network is cut off (--wire off: a plain loopback instead)"));
    } else if (why[0]) {
        snprintf(text, sizeof text,
                 _("packets are not visible on this machine: %s; see `lockstep doctor` (10.0.0.1 and 10.0.0.2 are "
                   "127.0.0.1 and "
                   "127.0.0.2 here)"),
                 why);
    } else {
        return STATUS_OK;
    }
    return report_notice(session->report, "wire", text, session->message);
}

/* ---- the run ---- */

static bool interrupted(void)
{
    return interrupt_signal() != 0;
}

static enum status start(struct session *session, const struct paths *paths)
{
    const struct session_plan *plan = session->plan;
    enum status status = paths_need_preload(paths, session->message);
    if (status)
        return status;
    session->history = history_new();
    session->report = report_new(&(struct report_options){.out = plan->out,
                                                          .output = plan->output,
                                                          .chinese = language_is_chinese(),
                                                          .helpers = plan->helpers,
                                                          .scene = plan->scene,
                                                          .variant = plan->variant});
    if (!session->history || !session->report)
        return message_set(session->message, STATUS_MEMORY, _("out of memory"));
    if (plan->branch_step) {
        status = branch_new(plan->expected, plan->branch_step, plan->branch_task, &session->branch, session->message);
        if (status)
            return status;
    }
    if (plan->record) {
        status = record_plan_start(plan, plan->record, &session->record, session->message);
        if (status)
            return status;
    }
    struct conductor_options options = {
        .program = plan->program,
        .arguments = plan->arguments,
        .hosts = plan->hosts,
        .host_count = plan->host_count,
        .preload = paths->preload,
        .fresh_working_folder = plan->fresh_working_folder,
        .stdout_pipe = plan->stdout_pipe,
        .policy = plan->policy,
        .schedule = session->branch ? branch_schedule(session->branch, plan->schedule) : plan->schedule,
        .cpus = plan->cpus,
        .watches = plan->watches,
        .watch_count = plan->watch_count,
        .injections = plan->injections,
        .injection_count = plan->injection_count,
        .input = plan->no_input ? -1 : interrupt_input(),
        .live = plan->live,
        .wire = plan->wire,
        .wire_profile = plan->wire_profile,
        .interrupted = interrupted,
        .max_steps = plan->max_steps,
        .max_time = plan->max_time,
        .listener = listen,
        .on_source = meet_source,
        .context = session,
    };
    char **environment = environment_before();
    if (!environment)
        return message_set(session->message, STATUS_MEMORY, _("out of memory"));
    options.environment = environment;
    status = conductor_start(&options, session->history, &session->conductor, session->message);
    free(environment);
    return status ? status : tell_wire(session);
}

static enum status go(struct session *session)
{
    enum status status = STATUS_OK;
    while (!status && !session->failed && !interrupt_signal()) {
        uint32_t task = 0;
        if (session->branch)
            status = branch_choose(session->branch, session->history, &task, session->message);
        if (status)
            return status;
        status = conductor_step(session->conductor, task, session->message);
        if (status == STATUS_INVALID && task)
            return branch_refused(session->branch, session->history, session->conductor, session->message);
    }
    if (!session->failed && session->branch && !branch_taken(session->branch) && status == STATUS_ENDED)
        return branch_missed(session->branch, session->history, session->message);
    return session->failed ? session->failed : status;
}

/* A guest that never came to its first gate is no run: a recording of it is not left. */
static void finish_record(struct session *session)
{
    if (session->record && history_count(session->history) == 0) {
        record_abandon(session->record);
        unlink(session->plan->record);
        return;
    }
    record_finish(session->record, session->history);
}

void session_run(const struct session_plan *plan, const struct paths *paths, struct session_result *result,
                 struct message *message)
{
    struct session session = {.plan = plan, .message = message};
    memset(result, 0, sizeof *result);
    interrupt_catch();
    enum status status = start(&session, paths);
    if (!status)
        status = go(&session);
    if (session.report && !session.failed && status != STATUS_ENDED && status != STATUS_LIMIT) {
        struct message ignored = {{0}};
        (void)report_flush(session.report, &ignored); /* what is known up to here; `status` says why it stops */
    }
    result->signal = interrupt_signal();
    const struct world *world = session.history ? history_world(session.history) : NULL;
    result->verdict = world ? world_verdict(world) : VERDICT_none;
    result->status = (status == STATUS_ENDED || status == STATUS_LIMIT) && result->verdict ? STATUS_OK : status;
    result->output_failed = session.output_failed;
    if (session.report)
        result->unfired_count = report_unfired(session.report, result->unfired, SESSION_BEATS_MAX);
    conductor_free(session.conductor);
    finish_record(&session);
    branch_free(session.branch);
    report_free(session.report);
    history_free(session.history);
    interrupt_release();
}

static enum conductor_wire session_wire(const char *word)
{
    if (word && strcmp(word, "auto") != 0)
        return strcmp(word, "on") == 0 ? CONDUCTOR_WIRE_must : CONDUCTOR_WIRE_off;
    return CONDUCTOR_WIRE_auto;
}

void session_plan_options(const struct options *options, struct session_plan *plan)
{
    memset(plan, 0, sizeof *plan);
    enum app_output output = options->output ? options->output : OUTPUT_plain;
    *plan = (struct session_plan){
        .policy = {.kind = options->policy ? policy_by_name(options->policy) : POLICY_rr,
                   .quantum = options->quantum ? options->quantum : 1,
                   .seed = options->seed_given ? options->seed : 1},
        .cpus = options->cpus ? options->cpus : 1,
        .schedule = options->schedule,
        .watches = options->watches,
        .watch_count = options->watch_count,
        .injections = options->injections,
        .injection_count = options->injection_count,
        .max_steps = options->max_steps,
        .max_time = options->max_time,
        .live = options->live,
        .wire = session_wire(options->wire),
        .helpers = options->helpers,
        .out = stdout,
        .output = output,
        .record = options->record,
        .branch_step = options->branch_step,
        .branch_task = options->branch_task,
    };
}

int session_exit(const struct session_result *result, const struct message *message, const char *expect)
{
    /* What the report could not write it has explained itself. */
    if (result->output_failed && !say_reader_gone() && !result->signal)
        return say_failure(result->status, message);
    int closed = say_close_output();
    if (result->signal) {
        say(_("ended by signal SIG%s; the guest has been ended, too"), sigabbrev_np(result->signal));
        return EXIT_SIGNAL + result->signal;
    }
    if (closed)
        return closed;
    if (result->status)
        return say_failure(result->status, message);
    const char *verdict = tell_verdict_name(result->verdict);
    if (expect && strcmp(expect, verdict) == 0)
        return EXIT_FINE;
    if (expect)
        say(_("expected the verdict %s, but the run ended with %s"), expect, verdict);
    switch (result->verdict) {
    case VERDICT_finished:
        return expect ? EXIT_FAULT : EXIT_FINE;
    case VERDICT_bound:
        return EXIT_BOUND;
    default:
        return EXIT_FAULT;
    }
}
