/* The policies: round robin, first come, batch, shortest job, priority, random, PCT. Each orders the candidates by what
 * it remembers of them; none keeps anything that a repeated run would not rebuild in the same way. */
#include "conductor/policy.h"

#include <stdlib.h>
#include <string.h>

struct memory {
    uint64_t arrival; /* in the ready queue; 0: not in it */
    int64_t weight;   /* pct: random priority */
    uint32_t naps;    /* batch: sleeps in a row while nobody else ran */
};

struct policy {
    struct policy_options options;
    struct memory *tasks; /* by task id */
    size_t capacity;
    uint64_t arrivals;
    uint64_t random;
    uint32_t current; /* who has the CPU */
    uint32_t slice;   /* steps that it has had of its slice */
    uint64_t steps;
    uint64_t changes[3]; /* pct: steps after which the chosen task falls to the bottom */
    int64_t bottom;
};

#define NAPS_MAX 8u
#define PCT_LENGTH 200u /* steps among which the change points lie (Burckhardt et al., ASPLOS 2010: k) */

const char *policy_name(unsigned kind)
{
    static const char *const names[] = {
#define POLICY(id, name, en, zh) name,
#include "conductor/policies.def"
#undef POLICY
    };
    return kind < POLICY_COUNT ? names[kind] : "";
}

const char *policy_text(unsigned kind, int chinese)
{
    static const char *const texts[][2] = {
#define POLICY(id, name, en, zh) {en, zh},
#include "conductor/policies.def"
#undef POLICY
    };
    return kind < POLICY_COUNT ? texts[kind][chinese != 0] : "";
}

enum policy_kind policy_by_name(const char *name)
{
    unsigned kind = 0;
    while (kind < POLICY_COUNT && strcmp(policy_name(kind), name) != 0)
        kind++;
    return (enum policy_kind)kind;
}

/* xorshift64* (Vigna 2016): small, repeatable, good enough to choose with. */
static uint64_t random_next(struct policy *policy)
{
    uint64_t x = policy->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    policy->random = x;
    return x * UINT64_C(2685821657736338717);
}

static uint64_t random_below(struct policy *policy, uint64_t bound)
{
    return (random_next(policy) >> 11) % bound;
}

struct policy *policy_new(const struct policy_options *options)
{
    struct policy *policy = calloc(1, sizeof *policy);
    if (!policy)
        return NULL;
    policy->options = *options;
    if (policy->options.quantum == 0)
        policy->options.quantum = 1;
    policy->random = (options->seed + 1) * UINT64_C(0x9E3779B97F4A7C15);
    for (int i = 0; i < 4; i++)
        random_next(policy);
    for (size_t i = 0; i < sizeof policy->changes / sizeof *policy->changes; i++)
        policy->changes[i] = 1 + random_below(policy, PCT_LENGTH);
    return policy;
}

void policy_free(struct policy *policy)
{
    if (!policy)
        return;
    free(policy->tasks);
    free(policy);
}

static bool remember(struct policy *policy, uint32_t task)
{
    if (task < policy->capacity)
        return true;
    size_t capacity = policy->capacity ? policy->capacity : 64;
    while (capacity <= task)
        capacity *= 2;
    struct memory *tasks = realloc(policy->tasks, capacity * sizeof *tasks);
    if (!tasks)
        return false;
    memset(tasks + policy->capacity, 0, (capacity - policy->capacity) * sizeof *tasks);
    policy->tasks = tasks;
    policy->capacity = capacity;
    return true;
}

static void arrive(struct policy *policy, uint32_t task)
{
    if (remember(policy, task))
        policy->tasks[task].arrival = ++policy->arrivals;
}

/* Tasks that have become enabled join the ready queue in the order of names; newcomers after all others, the one that
 * made them included. */
static void join_queue(struct policy *policy, const struct world *world, uint32_t except, bool newcomers)
{
    uint32_t enabled[256];
    size_t count = world_enabled(world, enabled, 256);
    for (size_t i = 0; i < count && i < 256; i++) {
        const struct world_task *task = world_task(world, enabled[i]);
        if (enabled[i] != except && (task->state == STATE_new) == newcomers && remember(policy, enabled[i]) &&
            policy->tasks[enabled[i]].arrival == 0)
            arrive(policy, enabled[i]);
    }
}

/* The one that has had its step: where is it in the queue, and has it still the CPU? */
static void requeue(struct policy *policy, const struct world *world, uint32_t task, bool slice_over)
{
    policy->steps++;
    if (policy->current != task) {
        policy->current = task;
        policy->slice = 0;
    }
    policy->slice++;
    if (!world_task_enabled(world, task)) {
        policy->tasks[task].arrival = 0;
        policy->current = policy->options.kind == POLICY_batch ? task : 0;
    } else if (slice_over || (policy->options.kind == POLICY_rr && policy->slice >= policy->options.quantum)) {
        arrive(policy, task);
        policy->current = 0;
        if (slice_over && policy->options.kind == POLICY_pct)
            policy->tasks[task].weight = --policy->bottom; /* a yield, or a computation that does not end */
    } else if (policy->tasks[task].arrival == 0) {
        arrive(policy, task);
    }
    for (size_t i = 0; i < sizeof policy->changes / sizeof *policy->changes; i++)
        if (policy->options.kind == POLICY_pct && policy->steps == policy->changes[i])
            policy->tasks[task].weight = --policy->bottom;
}

void policy_after_step(struct policy *policy, const struct world *world, uint32_t task, bool slice_over)
{
    join_queue(policy, world, task, false);
    if (task != 0 && remember(policy, task))
        requeue(policy, world, task, slice_over);
    join_queue(policy, world, task, true);
}

static size_t index_of(const uint32_t *candidates, size_t count, uint32_t task)
{
    size_t i = 0;
    while (i < count && candidates[i] != task)
        i++;
    return i;
}

/* The candidate that has waited longest in the ready queue. */
static size_t first_come(struct policy *policy, const uint32_t *candidates, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (policy->tasks[candidates[i]].arrival < policy->tasks[candidates[best]].arrival)
            best = i;
    return best;
}

static int64_t length_of(const struct policy *policy, const struct world *world, uint32_t task)
{
    const struct world_task *known = world_task(world, task);
    for (size_t i = 0; known && i < policy->options.length_count; i++)
        if (strcmp(policy->options.lengths[i].task, known->name) == 0)
            return policy->options.lengths[i].steps;
    return INT64_MAX;
}

/* The candidate with the largest worth; among equals who came first. */
static size_t most(struct policy *policy, const struct world *world, const uint32_t *candidates, size_t count)
{
    size_t best = 0;
    int64_t best_worth = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        struct memory *memory = &policy->tasks[candidates[i]];
        const struct world_task *task = world_task(world, candidates[i]);
        int64_t worth = 0;
        if (policy->options.kind == POLICY_sjf)
            worth = -length_of(policy, world, candidates[i]);
        else if (policy->options.kind == POLICY_priority)
            worth = task ? world_task_priority(world, task->id) : 0;
        else if (memory->weight == 0)
            worth = memory->weight = 1 + (int64_t)random_below(policy, 1u << 30);
        else
            worth = memory->weight;
        if (worth > best_worth || (worth == best_worth && memory->arrival < policy->tasks[candidates[best]].arrival)) {
            best = i;
            best_worth = worth;
        }
    }
    return best;
}

int policy_choose(struct policy *policy, const struct world *world, const uint32_t *candidates, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!remember(policy, candidates[i]))
            return 0;
        if (policy->tasks[candidates[i]].arrival == 0)
            arrive(policy, candidates[i]);
    }
    size_t running = index_of(candidates, count, policy->current);
    switch (policy->options.kind) {
    case POLICY_random:
        return (int)random_below(policy, count);
    case POLICY_pct: {
        /* To be woken early, while others could run, costs the sleeper its priority: else it would poll for ever. */
        size_t chosen = most(policy, world, candidates, count);
        if (!world_task_enabled(world, candidates[chosen]))
            policy->tasks[candidates[chosen]].weight = --policy->bottom;
        return (int)chosen;
    }
    case POLICY_priority:
        return (int)most(policy, world, candidates, count);
    case POLICY_sjf:
        return (int)(running < count ? running : most(policy, world, candidates, count));
    case POLICY_batch: {
        /* Idle while the job sleeps; but a job that polls for what another job must do would sleep for ever. */
        const struct world_task *job = world_task(world, policy->current);
        if (running >= count && job && job->state == STATE_blocked && job->operation == OPERATION_time_sleep &&
            policy->tasks[policy->current].naps++ < NAPS_MAX)
            return -1;
        if (running >= count && job)
            policy->tasks[policy->current].naps = 0;
        break;
    }
    case POLICY_you:
    case POLICY_rr:
    case POLICY_fifo:
    case POLICY_COUNT:
        break;
    }
    return (int)(running < count ? running : first_come(policy, candidates, count));
}

bool policy_wakes_sleepers(const struct policy *policy)
{
    return policy->options.kind == POLICY_random || policy->options.kind == POLICY_pct ||
           policy->options.kind == POLICY_you;
}
