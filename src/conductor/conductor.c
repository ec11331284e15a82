/* The conductor's loop: who may be chosen, whose turn it is, what the time is, when the run is over. Touches the guest
 * only through grants (grant.c) and learns of it only through records (records.c) and the kernel (settle.c). */
#include "conductor/internal.h"
#include "conductor/live.h"

#include <errno.h>
#include <fcntl.h>
#include <libintl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void conductor_tell(struct conductor *c, const struct event *event)
{
    history_append(c->history, event);
    if (c->options.listener)
        c->options.listener(c->options.context, event, history_world(c->history));
}

const struct world *conductor_world(struct conductor *c)
{
    return history_world(c->history);
}

void conductor_mark(struct conductor *c, const char *why)
{
    if (!c->unrepeatable)
        c->why_unrepeatable = why;
    c->unrepeatable = true;
}

bool conductor_repeatable(const struct conductor *c, const char **why)
{
    if (why)
        *why = c->why_unrepeatable;
    return !c->unrepeatable;
}

const char *conductor_containment(const struct conductor *c)
{
    return contain_level_text(c->contain);
}

int conductor_open_proc(struct conductor *c, int pid, const char *name)
{
    return contain_open_proc(c->contain, pid, name);
}

/* ---- start ---- */

/* The guest's environment: the one given, with ours put in. Owned by the caller: free the array and its first entries. */
static char **environment_make(const struct conductor *c, char *entries[3])
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
    ok |= asprintf(&entries[2], GATE_ENVIRONMENT_SLOT "=0");
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

static enum status launch(struct conductor *c, struct message *message)
{
    char program[4096];
    enum status status = program_find(c->options.program, program, sizeof program, message);
    if (status != STATUS_OK)
        return status;
    status = program_check(program, message);
    if (status != STATUS_OK)
        return status;
    bool wire = carry_wanted(c, program);
    struct network_plan plan = {.veth = c->options.wire_veth, .profile = c->options.wire_profile};
    char *entries[3] = {0};
    char **environment = environment_make(c, entries);
    if (!environment)
        return message_set(message, STATUS_MEMORY, "out of memory while starting %s", program);
    struct contain_options options = {.program_path = program,
                                      .argv = c->options.arguments,
                                      .envp = environment,
                                      .working_directory = c->options.working_directory,
                                      .runtime_directory = c->folder,
                                      .stdout_pipe = c->options.stdout_pipe,
                                      .fresh_working_folder = c->options.fresh_working_folder,
                                      .network = true,
                                      .wire = wire ? &plan : NULL};
    c->slot_task[0] = CONDUCTOR_RESERVED;
    c->slot_next = 1;
    if (!c->options.live)
        pin();
    status = contain_start(&options, &c->contain, message);
    for (int i = 0; i < 3; i++)
        free(entries[i]);
    free(environment);
    return status == STATUS_OK ? carry_start(c, wire, message) : status;
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
static void gate_watch(struct conductor *c)
{
    struct source *source = c->options.watch_count ? name_source(c, 1) : NULL;
    for (size_t i = 0; source && i < c->options.watch_count && c->gate->watch_count < GATE_WATCHES; i++) {
        struct source_variable variable;
        if (!source_variable(source, NULL, 0, c->options.watches[i], &variable))
            continue;
        c->gate->watch[c->gate->watch_count].address = variable.address;
        c->gate->watch[c->gate->watch_count].size = variable.size;
        c->gate->watch_count++;
    }
}

/* The first task is held, or the program ended before it reached the shim. */
static enum status first_gate(struct conductor *c, struct message *message)
{
    struct contain_stream out = contain_get_stream(c->contain, 1), error = contain_get_stream(c->contain, 2);
    c->gate->terminal_out = out.special ? out.special : out.inode;
    c->gate->terminal_error = error.special ? error.special : error.inode;
    for (int waited = 0; c->task_count == 0 || c->tasks[1].phase != PHASE_held; waited++) {
        enum status status = records_read(c, 5, message);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
        struct contain_report report;
        if (c->task_count == 0 && contain_next_report(c->contain, &report) != 0)
            return message_set(
                message, STATUS_INVALID,
                "%s ended (status %d) before lockstep could hold it: is it a dynamically linked glibc program?",
                c->options.program, report.status);
        if (waited > 4000)
            return message_set(message, STATUS_INVALID,
                               "%s does not reach lockstep's shim: is it statically linked, or not for glibc? "
                               "Build it as an ordinary dynamic program",
                               c->options.program);
    }
    gate_watch(c);
    return STATUS_OK;
}

enum status conductor_start(const struct conductor_options *options, struct history *history, struct conductor **out,
                            struct message *message)
{
    *out = NULL;
    struct conductor *c = calloc(1, sizeof *c);
    if (!c)
        return message_set(message, STATUS_MEMORY, "out of memory while starting %s", options->program);
    c->options = *options;
    if (c->options.cpus == 0)
        c->options.cpus = 1;
    c->history = history;
    c->channel = c->watcher = -1;
    c->buffer = malloc(CONDUCTOR_BUFFER);
    c->policy = policy_new(&options->policy);
    c->sources = source_cache_new();
    enum status status = STATUS_OK;
    if (!c->buffer || !c->policy || !c->sources)
        status = message_set(message, STATUS_MEMORY, "out of memory while starting %s", options->program);
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
        status = c->options.live ? live_first(c, message) : first_gate(c, message);
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

/* ---- who may be chosen ---- */
static int by_name(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

static size_t eligible(struct conductor *c, uint32_t *tasks, size_t max)
{
    const struct world *world = conductor_world(c);
    size_t count = world_enabled(world, tasks, max);
    count = count < max ? count : max;
    if (!policy_wakes_sleepers(c->policy))
        return count;
    size_t awake = count;
    int64_t timer = timers_next(c); /* time does not pass a timer that is due */
    for (uint32_t id = 1; id <= c->task_count && count < max; id++) {
        const struct world_task *task = world_task(world, id);
        if (task && task->state == STATE_blocked && task->operation == OPERATION_time_sleep &&
            task->deadline != INT64_MAX && task->deadline <= timer && !world_task_enabled(world, id))
            tasks[count++] = id;
    }
    if (count > awake) { /* keep the order of names */
        uint64_t keys[1024];
        for (size_t i = 0; i < count && i < 1024; i++) {
            const struct world_task *task = world_task(world, tasks[i]);
            keys[i] = (uint64_t)task->process << 48 | (uint64_t)task->number << 24 | tasks[i];
        }
        qsort(keys, count < 1024 ? count : 1024, sizeof *keys, by_name);
        for (size_t i = 0; i < count && i < 1024; i++)
            tasks[i] = (uint32_t)(keys[i] & 0xFFFFFF);
    }
    return count;
}

size_t conductor_candidates(struct conductor *c, uint32_t *tasks, size_t max)
{
    size_t count = eligible(c, tasks, max), kept = 0;
    if (c->ran_this_tick >= c->options.cpus)
        return count;
    for (size_t i = 0; i < count; i++)
        kept += !c->tasks[tasks[i]].ran;
    if (kept == 0)
        return count;
    size_t at = 0;
    for (size_t i = 0; i < count; i++)
        if (!c->tasks[tasks[i]].ran)
            tasks[at++] = tasks[i];
    return at;
}

static void tick(struct conductor *c)
{
    for (uint32_t i = 0; i < c->ran_this_tick; i++)
        c->tasks[c->ran[i]].ran = false;
    c->ran_this_tick = 0;
}

static void time_set(struct conductor *c, int64_t now)
{
    c->now = now;
    atomic_store_explicit(&c->gate->now, now, memory_order_release);
}

/* Time goes on at once: nobody can run until then, or `sleeper` was chosen to be woken. */
static void time_jump(struct conductor *c, int64_t to, uint32_t sleeper)
{
    if (to > c->now)
        time_set(c, to);
    tick(c);
    conductor_tell(c, &(struct event){.kind = EVENT_TIME, .time = c->now, .task = sleeper});
    timers_fire(c);
    policy_after_step(c->policy, conductor_world(c), 0, false);
}

static enum status finish(struct conductor *c, enum verdict verdict)
{
    if (!c->ended) {
        conductor_output(c);
        if (verdict == VERDICT_finished && world_fault_count(conductor_world(c)) > 0)
            verdict = VERDICT_failed;
        conductor_tell(c, &(struct event){.kind = EVENT_END, .value = verdict, .time = c->now});
    }
    c->ended = true;
    return verdict == VERDICT_bound ? STATUS_LIMIT : STATUS_ENDED;
}

static bool someone_lives(const struct conductor *c, bool *outside)
{
    bool lives = false;
    *outside = false;
    for (uint32_t id = 1; id <= c->process_count; id++) {
        lives |= c->processes[id]->alive;
        *outside |= c->processes[id]->alive && !c->processes[id]->observed;
    }
    for (uint32_t id = 1; id <= c->task_count; id++)
        *outside |= c->tasks[id].phase == PHASE_outside && !c->processes[c->tasks[id].process]->stopped;
    return lives;
}

/* Asks those who wait for a descriptor whether they could go on. */
static enum status probe(struct conductor *c, struct message *message)
{
    enum status status = grant_probe_all(c, message);
    if (status == STATUS_OK)
        policy_after_step(c->policy, conductor_world(c), 0, false);
    return status;
}

#define MILLISECOND INT64_C(1000000)

/* A timer of the kernel's runs, and nobody can do anything before it is due: real time passes until then, and virtual time
 * goes on by as much as the kernel meant, so that it is the same in each run. */
static void wait_for_kernel(struct conductor *c, int64_t timer, int64_t deadline)
{
    if (deadline != INT64_MAX && deadline - c->now - timer * MILLISECOND < 100 * MILLISECOND)
        conductor_mark(c, "it waited for the kernel to send again"); /* the machine's speed decides which is first */
    int64_t whole = carry_wait(c, timer);
    if (whole < 0)
        return;
    int64_t to = c->now + whole * MILLISECOND;
    time_jump(c, to < deadline ? to : deadline, 0);
    carry_look(c, 0);
    c->readiness = true;
}

static int64_t next_deadline(struct conductor *c)
{
    int64_t deadline = world_next_deadline(conductor_world(c)), timer = timers_next(c);
    return timer < deadline ? timer : deadline;
}

enum { JUMPS_AT_ONCE = 1000 /* of virtual time, without a look whether the caller has something else to do */ };

/* Brings the run to a point where someone can be chosen: probes, input, time, outside work. STATUS_OK and the
 * candidates; or the end. */
static enum status reach_choice(struct conductor *c, uint32_t *tasks, size_t max, size_t *count,
                                struct message *message)
{
    bool waits = false; /* for what comes from outside; jumps of virtual time take no time */
    for (unsigned round = 0;; round++) {
        if (c->options.interrupted && c->options.interrupted())
            return STATUS_LIMIT; /* conductor_step makes it STATUS_OK: nobody was chosen */
        if ((waits || round > JUMPS_AT_ONCE) && c->options.paused && c->options.paused(c->options.context))
            return STATUS_LIMIT;
        enum status status = c->readiness ? probe(c, message) : STATUS_OK;
        if (status != STATUS_OK)
            return status;
        if (input_type(c, false))
            continue;
        *count = conductor_candidates(c, tasks, max);
        if (*count > 0 || carry_held(c, NULL, 0) > 0)
            return STATUS_OK;
        bool outside;
        if (!someone_lives(c, &outside))
            return finish(c, VERDICT_finished);
        int64_t deadline = next_deadline(c);
        /* The kernel's own timers run in real time: what they bring comes before any later virtual time. */
        int64_t timer = carry_timer(c, deadline != INT64_MAX);
        if (timer >= 0 && (deadline == INT64_MAX || timer * MILLISECOND < deadline - c->now)) {
            wait_for_kernel(c, timer, deadline);
            continue;
        }
        if (deadline != INT64_MAX) {
            time_jump(c, deadline, 0);
            continue;
        }
        if (outside) {
            if (carry_look(c, 0))
                continue;
            records_read(c, 5, message);
            settle_deaths(c);
            outside_look(c);
            c->readiness = true; /* who is outside may have changed what others wait for */
            waits = true;
            continue;
        }
        if (input_type(c, true))
            continue;
        waits = input_awaited(c);
        if (waits)
            continue;
        if (settle_deaths(c) > 0)
            continue;
        return finish(c, VERDICT_deadlock);
    }
}

/* Choices beside the tasks: deliver, drop or duplicate each packet that waits, in the order of their numbers. */
struct packet_choices {
    size_t held;
    uint32_t numbers[1024];
};

static const struct {
    uint32_t base;
    enum packet_act act;
} packet_acts[] = {
    {CONDUCTOR_DELIVER, PACKET_delivered}, {CONDUCTOR_DROP, PACKET_dropped}, {CONDUCTOR_DUPLICATE, PACKET_duplicated}};
enum { PACKET_ACTS = sizeof packet_acts / sizeof *packet_acts };

/* What the kernel sends anew, as no copy is held, comes with the next step, and virtual time with it: for that the timer
 * is looked at before it fires, so that the step is the same however long a person thinks. */
bool conductor_look(struct conductor *c)
{
    uint32_t task;
    if (c->ended || c->live || c->granted)
        return false;
    if (carry_held(c, NULL, 0) == 0 && conductor_candidates(c, &task, 1) == 0)
        carry_timer(c, next_deadline(c) != INT64_MAX);
    return carry_absorb(c);
}

size_t conductor_packets(struct conductor *c, uint32_t *packets, size_t max)
{
    return carry_held(c, packets, max);
}

/* The index of what a person has chosen, among the tasks and behind them; SIZE_MAX: it is no choice. */
static size_t index_of(const uint32_t *tasks, size_t count, const struct packet_choices *packets, uint32_t wanted)
{
    if (wanted < CONDUCTOR_DELIVER) {
        for (size_t i = 0; i < count; i++)
            if (tasks[i] == wanted)
                return i;
        return SIZE_MAX;
    }
    for (size_t act = 0; act < PACKET_ACTS; act++)
        for (size_t i = 0; i < packets->held; i++)
            if (wanted == packet_acts[act].base + packets->numbers[i])
                return count + act * packets->held + i;
    return SIZE_MAX;
}

/* The policy's choice. SIZE_MAX: nobody yet. */
static size_t index_by_policy(struct conductor *c, const uint32_t *tasks, size_t count, size_t held)
{
    enum policy_kind kind = c->options.policy.kind;
    if (held > 0 && (count == 0 || (kind != POLICY_random && kind != POLICY_pct)))
        return count; /* what was sent first arrives first, and before anybody does anything else */
    size_t packet = held > 0 ? carry_pick(c, count) : SIZE_MAX;
    if (packet != SIZE_MAX)
        return count + packet;
    int chosen = policy_choose(c->policy, conductor_world(c), tasks, count);
    return chosen < 0 ? SIZE_MAX : (size_t)chosen;
}

/* The choice: the person's, the schedule's, the policy's. */
static enum status choose(struct conductor *c, const uint32_t *tasks, size_t count,
                          const struct packet_choices *packets, uint32_t wanted, size_t *index, struct message *message)
{
    size_t choices = count + PACKET_ACTS * packets->held;
    if (wanted) {
        *index = index_of(tasks, count, packets, wanted);
        if (*index == SIZE_MAX && wanted >= CONDUCTOR_DELIVER)
            return message_set(message, STATUS_INVALID, "that packet does not wait on the wire");
        if (*index == SIZE_MAX)
            return message_set(message, STATUS_INVALID, "%s cannot run now",
                               wanted <= c->task_count ? c->tasks[wanted].name : gettext("that task"));
        uint32_t scheduled;
        if (choices > 1 && schedule_next(&c->schedule, (uint32_t)choices, &scheduled, NULL) == STATUS_OK &&
            scheduled != *index)
            conductor_drop_schedule(c);
        return STATUS_OK;
    }
    if (choices > 1) {
        uint32_t scheduled;
        enum status status = schedule_next(&c->schedule, (uint32_t)choices, &scheduled, message);
        if (status == STATUS_OK) {
            *index = scheduled;
            return STATUS_OK;
        }
        if (status != STATUS_ENDED)
            return status;
    }
    *index = index_by_policy(c, tasks, count, packets->held);
    return *index == SIZE_MAX ? STATUS_NOT_FOUND : STATUS_OK;
}

/* The CPU for a task: the one it is on, else the first that nobody has used in this tick. */
static uint32_t cpu_for(struct conductor *c, uint32_t id)
{
    const struct world *world = conductor_world(c);
    const struct world_task *task = world_task(world, id);
    if (task && task->cpu >= 0 && (uint32_t)task->cpu < c->options.cpus)
        return (uint32_t)task->cpu;
    for (uint32_t cpu = 0; cpu < c->options.cpus; cpu++)
        if (world_running(world, cpu) == 0)
            return cpu;
    for (uint32_t cpu = 0; cpu < c->options.cpus; cpu++)
        if (!c->tasks[world_running(world, cpu)].ran)
            return cpu;
    return 0;
}

/* A packet moves: a step, but no task's. */
static enum status step_packet(struct conductor *c, const struct packet_choices *packets, size_t which, size_t choices,
                               size_t index, struct message *message)
{
    enum status status = carry_act(c, packet_acts[which / packets->held].act, packets->numbers[which % packets->held],
                                   choices, index, message);
    return status == STATUS_OK && c->readiness ? probe(c, message) : status;
}

enum status conductor_step(struct conductor *c, uint32_t wanted, struct message *message)
{
    if (c->ended)
        return STATUS_ENDED;
    if (c->live)
        return live_step(c, message);
    uint32_t tasks[1024];
    struct packet_choices packets;
    size_t count = 0, index = 0;
    for (;;) {
        if (c->options.max_steps && world_step_number(conductor_world(c)) >= c->options.max_steps)
            return finish(c, VERDICT_bound);
        if (c->options.max_time && c->now >= c->options.max_time)
            return finish(c, VERDICT_bound);
        if (world_livelock_told(conductor_world(c)))
            return finish(c, VERDICT_failed);
        enum status status = reach_choice(c, tasks, 1024, &count, message);
        if (status == STATUS_LIMIT && !c->ended)
            return STATUS_OK;
        if (status != STATUS_OK)
            return status;
        packets.held = carry_held(c, packets.numbers, 1024);
        packets.held = packets.held < 1024 ? packets.held : 1024;
        status = choose(c, tasks, count, &packets, wanted, &index, message);
        if (status == STATUS_OK)
            break;
        if (status != STATUS_NOT_FOUND)
            return status;
        time_jump(c, world_next_deadline(conductor_world(c)), 0);
    }
    size_t choices = count + PACKET_ACTS * packets.held;
    if (index >= count)
        return step_packet(c, &packets, index - count, choices, index, message);
    uint32_t chosen = tasks[index];
    if (c->ran_this_tick >= c->options.cpus || c->tasks[chosen].ran || c->ran_this_tick == 0) {
        tick(c);
        time_set(c, c->now + CONDUCTOR_TICK);
    }
    const struct world_task *sleeper = world_task(conductor_world(c), chosen);
    if (!world_task_enabled(conductor_world(c), chosen) && sleeper && sleeper->deadline > c->now)
        time_jump(c, sleeper->deadline, chosen);
    c->grant_cpu = cpu_for(c, chosen);
    c->tasks[chosen].ran = true;
    c->ran[c->ran_this_tick++] = chosen;
    unsigned operation = c->tasks[chosen].operation;
    enum status status = grant_step(c, chosen, choices, index, message);
    timers_fire(c);
    if (c->printing)
        conductor_output(c);
    policy_after_step(c->policy, conductor_world(c), chosen,
                      operation == OPERATION_thread_yield || operation == OPERATION_thread_compute);
    carry_after_step(c, chosen, operation);
    /* What has become ready by this step is told with it, so that the picture is whole before the next choice. */
    if (status == STATUS_OK && c->readiness && !c->granted)
        status = probe(c, message);
    return status;
}

enum status conductor_set_policy(struct conductor *c, const struct policy_options *options, struct message *message)
{
    struct policy *policy = policy_new(options);
    if (!policy)
        return message_set(message, STATUS_MEMORY, "out of memory");
    policy_free(c->policy);
    c->policy = policy;
    c->options.policy = *options;
    policy_after_step(policy, conductor_world(c), 0, false);
    return STATUS_OK;
}

void conductor_set_cpus(struct conductor *c, uint32_t cpus)
{
    c->options.cpus = cpus < 1 ? 1 : cpus > 64 ? 64 : cpus;
    tick(c);
    /* Who has a CPU that is not there any more loses it. */
    for (uint32_t cpu = c->options.cpus; cpu < 64; cpu++) {
        uint32_t task = world_running(conductor_world(c), cpu);
        if (task)
            conductor_tell(c, &(struct event){.kind = EVENT_PREEMPTED, .task = task, .value = 1});
    }
}

void conductor_drop_schedule(struct conductor *c)
{
    schedule_clear(&c->schedule);
}

enum status conductor_run(struct conductor *c, struct message *message)
{
    enum status status;
    while ((status = conductor_step(c, 0, message)) == STATUS_OK)
        ;
    return status;
}
