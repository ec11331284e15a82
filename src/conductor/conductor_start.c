/* A run from its beginning to its end: the guest's programs are found, given what the shim needs, and started; and all
 * that a run had is given back. What happens between is conductor.c's. */
#include "conductor/internal.h"
#include "conductor/live.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- programs ---- */

/* A program's environment: the one given, with ours put in. Owned by the caller: free the array and its first entries. */
static char **environment_make(const struct conductor *c, uint32_t slot, char *entries[3])
{
    char *const *given = c->options.environment ? c->options.environment : environ;
    size_t count = 0;
    while (given[count])
        count++;
    char **environment = calloc(count + 4, sizeof *environment);
    if (!environment)
        return NULL;
    const char *foreign = getenv("LD_PRELOAD");
    int ok =
        asprintf(&entries[0], "LD_PRELOAD=%s%s%s", c->preload, foreign && *foreign ? ":" : "", foreign ? foreign : "");
    ok |= asprintf(&entries[1], GATE_ENVIRONMENT_RUN "=%s", c->folder);
    ok |= asprintf(&entries[2], GATE_ENVIRONMENT_SLOT "=%u", slot);
    if (ok < 0) {
        free(environment);
        return NULL;
    }
    size_t at = 0;
    for (int i = 0; i < 3; i++)
        environment[at++] = entries[i];
    for (size_t i = 0; i < count; i++)
        if (strncmp(given[i], "LD_PRELOAD=", 11) != 0 && strncmp(given[i], "LOCKSTEP_", 9) != 0)
            environment[at++] = given[i];
    return environment;
}

static enum status program_find(const char *name, char *out, size_t size, struct message *message)
{
    if (strchr(name, '/')) {
        if (!realpath(name, out))
            return message_set(message, STATUS_NOT_FOUND, "cannot run %s: %s; is the path right?", name,
                               strerror(errno));
        return STATUS_OK;
    }
    const char *path = getenv("PATH");
    for (const char *at = path ? path : "/usr/bin:/bin"; *at;) {
        const char *end = strchrnul(at, ':');
        snprintf(out, size, "%.*s/%s", (int)(end - at), at, name);
        if (access(out, X_OK) == 0)
            return STATUS_OK;
        at = *end ? end + 1 : end;
    }
    return message_set(message, STATUS_NOT_FOUND,
                       "cannot run %s: no such program in PATH; is it spelled right? A program in this folder is ./%s",
                       name, name);
}

/* One core for lockstep and the guest: the hand-over between them is twice as quick. */
static void pin(void)
{
    cpu_set_t one;
    int cpu = sched_getcpu();
    if (cpu < 0)
        return;
    CPU_ZERO(&one);
    CPU_SET((unsigned)cpu, &one);
    (void)sched_setaffinity(0, sizeof one, &one); /* refused: only slower */
}

/* One of the programs, ready to be started. */
struct prepared {
    char path[PATH_MAX];
    char *entries[3], **environment;
};

/* All of them; on the heap, since it is large. */
struct launch {
    struct prepared programs[1 + CONTAIN_OTHERS];
    size_t count;
    struct contain_program others[CONTAIN_OTHERS];
};

static void launch_free(struct launch *launch)
{
    for (size_t i = 0; launch && i < launch->count; i++) {
        for (int k = 0; k < 3; k++)
            free(launch->programs[i].entries[k]);
        free(launch->programs[i].environment);
    }
    free(launch);
}

static const struct conductor_host *host_at(const struct conductor *c, size_t number)
{
    return number < c->options.host_count ? &c->options.hosts[number] : NULL;
}

static enum status launch_prepare(const struct conductor *c, struct launch *launch, size_t number,
                                  struct message *message)
{
    struct prepared *prepared = &launch->programs[launch->count++];
    const struct conductor_host *host = host_at(c, number);
    const char *name = host ? host->program : c->options.program;
    enum status status = program_find(name, prepared->path, sizeof prepared->path, message);
    if (status == STATUS_OK)
        status = program_check(prepared->path, message);
    if (status != STATUS_OK)
        return status;
    prepared->environment = environment_make(c, (uint32_t)number, prepared->entries);
    if (!prepared->environment)
        return message_set(message, STATUS_MEMORY, "out of memory while starting %s", name);
    if (number > 0)
        launch->others[number - 1] = (struct contain_program){.path = prepared->path,
                                                              .argv = host->arguments,
                                                              .envp = prepared->environment,
                                                              .host = (int)host->number - 1};
    return STATUS_OK;
}

static enum status launch_all(struct conductor *c, struct launch *launch, struct message *message)
{
    size_t count = c->options.host_count ? c->options.host_count : 1;
    for (size_t i = 0; i < count; i++) {
        enum status status = launch_prepare(c, launch, i, message);
        if (status != STATUS_OK)
            return status;
        c->slot_task[i] = CONDUCTOR_RESERVED;
    }
    c->slot_next = (uint32_t)count;
    const char *program = launch->programs[0].path;
    bool wire =
        c->options.host_count ? c->options.wire != CONDUCTOR_WIRE_off && !c->options.live : carry_wanted(c, program);
    struct network_plan plan = {
        .veth = c->options.wire_veth, .two_hosts = c->options.host_count > 0, .profile = c->options.wire_profile};
    struct contain_options options = {.program_path = program,
                                      .argv = c->options.arguments,
                                      .envp = launch->programs[0].environment,
                                      .host = c->options.host_count ? (int)c->options.hosts[0].number - 1 : 0,
                                      .others = launch->others,
                                      .other_count = count - 1,
                                      .working_directory = c->options.working_directory,
                                      .runtime_directory = c->folder,
                                      .stdout_pipe = c->options.stdout_pipe,
                                      .fresh_working_folder = c->options.fresh_working_folder,
                                      .network = true,
                                      .wire = wire ? &plan : NULL};
    if (!c->options.live)
        pin();
    enum status status = contain_start(&options, &c->contain, message);
    return status == STATUS_OK ? carry_start(c, wire, message) : status;
}

static enum status launch(struct conductor *c, struct message *message)
{
    struct launch *launch = calloc(1, sizeof *launch);
    if (!launch)
        return message_set(message, STATUS_MEMORY, "out of memory while starting %s", c->options.program);
    enum status status = launch_all(c, launch, message);
    launch_free(launch);
    return status;
}

static void gate_prepare(struct conductor *c)
{
    c->gate->mode = c->options.live ? GATE_LIVE : GATE_HELD;
    c->gate->epoch = CONDUCTOR_EPOCH;
    c->gate->seed = (int64_t)c->options.policy.seed;
    c->gate->preempt_signal = SIGRTMAX - 3;
    c->gate->compute_budget = 100000;
    c->gate->next_port = c->options.live ? 0 : CONDUCTOR_PORT;
}

/* Accesses to watched variables are steps even while the process has one task: their addresses, for the shim. */
static void gate_watch(struct conductor *c, uint32_t process)
{
    struct source *source = c->options.watch_count ? name_source(c, process) : NULL;
    for (size_t i = 0; source && i < c->options.watch_count && c->gate->watch_count < GATE_WATCHES; i++) {
        struct source_variable variable;
        if (!source_variable(source, NULL, 0, c->options.watches[i], &variable))
            continue;
        c->gate->watch[c->gate->watch_count].address = variable.address;
        c->gate->watch[c->gate->watch_count].size = variable.size;
        c->gate->watch_count++;
    }
}

/* The first task of process `id`, which was just started as `pid`, is held; or the program ended before it reached the
 * shim. */
static enum status first_gate(struct conductor *c, uint32_t id, pid_t pid, const char *program, struct message *message)
{
    for (int waited = 0;; waited++) {
        uint32_t task = id <= c->process_count ? c->processes[id]->main_task : 0;
        if (task && c->tasks[task].phase == PHASE_held) {
            gate_watch(c, id);
            return STATUS_OK;
        }
        enum status status = records_read(c, 5, message);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
        struct contain_report report = {0};
        int told = id > c->process_count ? contain_next_report(c->contain, &report) : 0;
        if (told == 1 && report.pid != pid)
            settle_report(c, &report);
        else if (told != 0)
            return message_set(
                message, STATUS_INVALID,
                "%s ended (status %d) before lockstep could hold it: is it a dynamically linked glibc program?",
                program, report.status);
        if (waited > 4000)
            return message_set(message, STATUS_INVALID,
                               "%s does not reach lockstep's shim: is it statically linked, or not for glibc? "
                               "Build it as an ordinary dynamic program",
                               program);
    }
}

static enum status first_held(struct conductor *c, struct message *message)
{
    struct contain_stream out = contain_get_stream(c->contain, 1), error = contain_get_stream(c->contain, 2);
    c->gate->terminal_out = out.special ? out.special : out.inode;
    c->gate->terminal_error = error.special ? error.special : error.inode;
    return first_gate(c, 1, contain_get_first(c->contain), c->options.program, message);
}

/* ---- hosts ---- */

static enum status host_start(struct conductor *c, size_t number, struct message *message)
{
    const struct conductor_host *host = host_at(c, number);
    c->starting_host = NETWORK_ADDRESS + host->number - 1;
    struct contain_program program = {.path = host->program};
    pid_t pid;
    enum status status = contain_start_other(c->contain, &program, number - 1, &pid, message);
    c->hosts_started++;
    return status == STATUS_OK ? first_gate(c, c->process_count + 1, pid, host->program, message) : status;
}

/* Programs are started in their order: one that waits for something keeps those behind it waiting, too. */
static enum status hosts_start(struct conductor *c, unsigned done, struct message *message)
{
    enum status status = STATUS_OK;
    while (status == STATUS_OK && c->hosts_started < c->options.host_count) {
        unsigned after = c->options.hosts[c->hosts_started].after;
        if (after != OPERATION_none && after != done)
            break;
        status = host_start(c, c->hosts_started, message);
    }
    return status;
}

enum status hosts_after_step(struct conductor *c, struct message *message)
{
    unsigned done = c->operation_done;
    c->operation_done = OPERATION_none;
    return done != OPERATION_none ? hosts_start(c, done, message) : STATUS_OK;
}

/* ---- start and end ---- */

enum status conductor_start(const struct conductor_options *options, struct history *history, struct conductor **out,
                            struct message *message)
{
    *out = NULL;
    if (options->live && options->host_count > 0)
        return message_set(message, STATUS_USAGE,
                           "programs on two hosts are held at every step, not let run live: leave out --live");
    struct conductor *c = calloc(1, sizeof *c);
    if (!c)
        return message_set(message, STATUS_MEMORY, "out of memory while starting %s", options->program);
    c->options = *options;
    if (c->options.cpus == 0)
        c->options.cpus = 1;
    if (c->options.host_count > 0) {
        c->options.program = options->hosts[0].program;
        c->options.arguments = options->hosts[0].arguments;
        c->starting_host = NETWORK_ADDRESS + options->hosts[0].number - 1;
    }
    c->history = history;
    c->channel = c->watcher = -1;
    c->buffer = malloc(CONDUCTOR_BUFFER);
    c->policy = policy_new(&options->policy);
    c->sources = source_cache_new();
    enum status status = STATUS_OK;
    if (c->options.live && c->options.injection_count > 0)
        status = message_set(message, STATUS_USAGE, "--inject: nothing can be injected live, as nothing is held");
    else if (!c->buffer || !c->policy || !c->sources)
        status = message_set(message, STATUS_MEMORY, "out of memory while starting %s", options->program);
    if (status == STATUS_OK)
        status = inject_start(c, message);
    if (status == STATUS_OK && options->schedule)
        status = schedule_parse(options->schedule, &c->schedule, message);
    if (status == STATUS_OK)
        status = run_folder_make(c, message);
    if (status == STATUS_OK) {
        gate_prepare(c);
        status = c->options.live ? live_prepare(c, message) : STATUS_OK;
    }
    if (status == STATUS_OK)
        status = launch(c, message);
    if (status == STATUS_OK)
        status = records_watch(c, message);
    if (status == STATUS_OK)
        status = c->options.live ? live_first(c, message) : first_held(c, message);
    if (status == STATUS_OK && c->options.host_count) {
        c->hosts_started = 1;
        status = hosts_start(c, OPERATION_none, message);
    }
    if (status != STATUS_OK) {
        conductor_free(c);
        return status;
    }
    policy_after_step(c->policy, conductor_world(c), 0, false);
    *out = c;
    return STATUS_OK;
}

void conductor_free(struct conductor *c)
{
    if (!c)
        return;
    contain_kill(c->contain, NULL);
    carry_end(c);
    contain_free(c->contain);
    for (uint32_t id = 1; id <= c->process_count; id++) {
        name_forget_process(c, id);
        free(c->processes[id]);
    }
    source_cache_free(c->sources);
    if (c->watcher >= 0)
        close(c->watcher);
    live_free(c);
    run_folder_remove(c);
    schedule_clear(&c->schedule);
    inject_end(c);
    policy_free(c->policy);
    for (uint32_t i = 0; i < c->string_capacity; i++)
        free(c->strings[i].text);
    free(c->strings);
    free(c->processes);
    free(c->tasks);
    free(c->objects);
    free(c->object_slots);
    free(c->places);
    free(c->watches);
    free(c->timers);
    free(c->buffer);
    for (int stream = 0; stream < 2; stream++)
        free(c->output[stream].bytes);
    free(c);
}
