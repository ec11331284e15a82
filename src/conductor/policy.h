/* Who is chosen. A policy sees only the world and what it remembers itself; it never touches the guest. */
#ifndef LOCKSTEP_CONDUCTOR_POLICY_H
#define LOCKSTEP_CONDUCTOR_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "world/world.h"

enum policy_kind {
#define POLICY(id, name, en, zh) POLICY_##id,
#include "conductor/policies.def"
#undef POLICY
    POLICY_COUNT
};

const char *policy_name(unsigned kind);
const char *policy_text(unsigned kind, int chinese);
/* The policy of this name; POLICY_COUNT if there is none. */
enum policy_kind policy_by_name(const char *name);

struct policy_length {
    const char *task; /* "P1.T1" */
    int64_t steps;
};

struct policy_options {
    enum policy_kind kind;
    uint32_t quantum; /* steps in a time slice, at least 1 */
    uint64_t seed;
    const struct policy_length *lengths; /* for sjf; borrowed */
    size_t length_count;
};

struct policy;
struct policy *policy_new(const struct policy_options *options); /* NULL: out of memory */
void policy_free(struct policy *);

/* A step of `task` is over (0: only the enabled tasks have changed). `slice_over`: it gave up the rest of its slice. */
void policy_after_step(struct policy *, const struct world *, uint32_t task, bool slice_over);

/* Chooses one of `count` (at least 1) candidates, given in the order of names. Returns its index, or -1: the CPU stays
 * idle until the earliest deadline (batch). */
int policy_choose(struct policy *, const struct world *, const uint32_t *candidates, size_t count);

/* Whether sleeping tasks are candidates too: sleeps are lower bounds, so waking one is a choice. */
bool policy_wakes_sleepers(const struct policy *);

#endif
