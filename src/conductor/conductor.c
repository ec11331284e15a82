/* The conductor's loop: who may be chosen, whose turn it is, what the time is, when the run is over. Touches the guest
 * only through grants (grant.c) and learns of it only through records (records.c) and the kernel (settle.c). */
#include "conductor/internal.h"
#include "conductor/live.h"

#include <libintl.h>
#include <stdlib.h>
#include <string.h>

void conductor_tell(struct conductor *c, const struct event *event)
{
    history_append(c->history, event);
    c->inject.choices += event_is_choice(event) ? 1 : 0;
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
    if (deadline != INT64_MAX && !carry_probing(c) && deadline - c->now - timer * MILLISECOND < 100 * MILLISECOND)
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
    bool waits = false; /* in real time; jumps of virtual time take none */
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
        if (inject_due(c, deadline == INT64_MAX && timer < 0 && !outside && !input_awaited(c)))
            return STATUS_OK;
        if (timer >= 0 && (deadline == INT64_MAX || timer * MILLISECOND < deadline - c->now)) {
            wait_for_kernel(c, timer, deadline);
            waits = true;
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
static size_t index_by_policy(struct conductor *c, const uint32_t *tasks, size_t count,
                              const struct packet_choices *packets)
{
    enum policy_kind kind = c->options.policy.kind;
    size_t held = packets->held, which = 0, first = 0;
    enum packet_act injected = held > 0 ? inject_packet(c, packets->numbers, held, &which) : 0;
    for (size_t act = 1; act < PACKET_ACTS; act++)
        if (injected == packet_acts[act].act)
            return count + act * held + which;
    while (first < held && inject_late(c, packets->numbers[first]))
        first++;
    if (held > 0 && (count == 0 || (first < held && kind != POLICY_random && kind != POLICY_pct)))
        return count + first % held; /* what was sent first arrives first, and before anybody does anything else */
    size_t packet = first < held ? carry_pick(c, count) : SIZE_MAX;
    if (packet != SIZE_MAX && !inject_late(c, packets->numbers[packet]))
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
    *index = index_by_policy(c, tasks, count, packets);
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
    uint32_t tasks[1024], met = 0;
    struct packet_choices packets;
    size_t count = 0, index = 0;
    inject_wanted(c, wanted);
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
        if (inject_due(c, false)) {
            status = inject_take(c, &met, message);
            if (status != STATUS_OK)
                return status;
            break;
        }
        status = choose(c, tasks, count, &packets, wanted, &index, message);
        if (status == STATUS_OK)
            break;
        if (status != STATUS_NOT_FOUND)
            return status;
        time_jump(c, world_next_deadline(conductor_world(c)), 0);
    }
    size_t choices = met ? 1 : count + PACKET_ACTS * packets.held;
    if (!met && index >= count)
        return step_packet(c, &packets, index - count, choices, index, message);
    uint32_t chosen = met ? met : tasks[index];
    if (c->ran_this_tick >= c->options.cpus || c->tasks[chosen].ran || c->ran_this_tick == 0) {
        tick(c);
        time_set(c, c->now + CONDUCTOR_TICK);
    }
    const struct world_task *sleeper = world_task(conductor_world(c), chosen);
    if (!met && !world_task_enabled(conductor_world(c), chosen) && sleeper && sleeper->deadline > c->now)
        time_jump(c, sleeper->deadline, chosen);
    c->grant_cpu = cpu_for(c, chosen);
    c->tasks[chosen].ran = true;
    c->ran[c->ran_this_tick++] = chosen;
    unsigned operation = c->tasks[chosen].operation;
    if (!met)
        c->injecting = (uint8_t)inject_step(c, chosen);
    enum injection injected = (enum injection)c->injecting;
    enum status status = grant_step(c, chosen, choices, index, message);
    inject_granted(c, chosen, operation, injected);
    timers_fire(c);
    if (c->printing)
        conductor_output(c);
    policy_after_step(c->policy, conductor_world(c), chosen,
                      operation == OPERATION_thread_yield || operation == OPERATION_thread_compute);
    carry_after_step(c, chosen, operation);
    if (status == STATUS_OK && !c->granted)
        status = hosts_after_step(c, message);
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
