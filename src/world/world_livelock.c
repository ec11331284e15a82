/* Livelock: tasks that run, give up and try again, and get nowhere.
 *
 * Said when the same state (world_hash: no times, no steps) has come back LIVELOCK_ROUNDS times, and in each round every
 * task that could go on gave up an attempt (a lock not had in time, or not at once), and none did anything but take and
 * release locks, sleep, and use memory. A task that is only never chosen gives up nothing, so that an unfair schedule is
 * no livelock. What a program counts in its own locals is not seen here: one that means to give up for good after more
 * rounds than these is called a livelock all the same.
 *
 * The state is looked at only where one task, the one that gave up first, gives up again. Rounds need not begin there: a
 * look that finds no round is followed by twice as long a search from a later state (Brent, 1980). */
#include "world/world_state.h"

enum { LIVELOCK_ROUNDS = 10 };

/* Neither gets anybody on nor is seen outside the process. */
static bool gets_nowhere(unsigned operation)
{
    switch (operation_row(operation)->family) {
    case FAMILY_mutex:
    case FAMILY_spin:
    case FAMILY_rwlock:
    case FAMILY_semaphore:
    case FAMILY_time:
    case FAMILY_memory:
        return true;
    default:
        return operation == OPERATION_thread_yield || operation == OPERATION_thread_compute;
    }
}

static bool gives_up(const struct event *event)
{
    if (event->outcome != OUTCOME_timed_out && event->outcome != OUTCOME_failed)
        return false;
    switch (operation_row(event->operation)->family) {
    case FAMILY_mutex:
    case FAMILY_spin:
    case FAMILY_rwlock:
    case FAMILY_semaphore:
        return (operation_row(event->operation)->flags & OPERATION_ACQUIRES) != 0;
    default:
        return false;
    }
}

/* Blocked until another task of the guest acts. Who waits for a key, for bytes or for a signal may be helped from
 * outside. */
static bool waits_for_others(const struct world *world, const struct task *task)
{
    if (!world_hopeless(world, task->view.id))
        return false;
    switch (object_at(world, task->view.waits_for)->view.kind) {
    case OBJECT_mutex:
    case OBJECT_spin:
    case OBJECT_rwlock:
    case OBJECT_cond:
    case OBJECT_semaphore:
    case OBJECT_barrier:
    case OBJECT_once:
        return true;
    default:
        return task->view.waits_for_task != 0 || task->view.operation == OPERATION_process_wait;
    }
}

/* Every task that could go on has given up in this round, and there are two or more: one that goes round alone waits for
 * something outside. */
static bool all_gave_up(const struct world *world)
{
    unsigned count = 0;
    if (world->timers)
        return false;
    for (uint32_t p = world->first_process; p; p = process_at(world, p)->next) {
        if (process_at(world, p)->view.unobserved || process_at(world, p)->stopped)
            return false;
        for (uint32_t t = process_at(world, p)->first; t; t = task_at(world, t)->next) {
            const struct task *task = task_at(world, t);
            if (waits_for_others(world, task))
                continue;
            if (!task->gave_up || task->outside)
                return false;
            count++;
        }
    }
    return count >= 2;
}

static void forget_round(struct world *world)
{
    for (uint32_t t = 1; t < world->list[LIST_TASK].count; t++)
        task_at(world, t)->gave_up = 0;
}

static void begin(struct world *world, uint32_t task, uint64_t hash)
{
    struct livelock *look = &world->livelock;
    look->hash = hash;
    look->task = task;
    look->rounds = look->looks = 0;
    forget_round(world);
}

static void tell(struct world *world)
{
    struct world_fault *fault = world_fault_add(world, FAULT_livelock);
    if (!fault)
        return;
    fault->value = LIVELOCK_ROUNDS;
    for (uint32_t t = 1; t < world->list[LIST_TASK].count; t++) {
        const struct task *task = task_at(world, t);
        if (!task->gave_up || fault->task_count == 16)
            continue;
        fault->tasks[fault->task_count++] = t;
        unsigned k = 0;
        while (k < fault->object_count && fault->objects[k] != task->gave_up)
            k++;
        if (k == fault->object_count && k < 16)
            fault->objects[fault->object_count++] = task->gave_up;
    }
    fault->process = task_at(world, world->livelock.task)->view.process;
    world->livelock.told = 1;
}

void world_livelock_look(struct world *world, const struct event *event)
{
    struct livelock *look = &world->livelock;
    if (look->told)
        return;
    if (!gets_nowhere(event->operation)) {
        look->task = 0;
        return;
    }
    if (!gives_up(event))
        return;
    bool first = look->task == 0;
    if (!first)
        task_at(world, event->task)->gave_up = event->object;
    if (!first && event->task != look->task)
        return;
    uint64_t hash = world_hash(world);
    if (first) {
        look->limit = 4;
        begin(world, event->task, hash);
    } else if (hash == look->hash) {
        bool all = all_gave_up(world);
        if (all && ++look->rounds == LIVELOCK_ROUNDS) {
            tell(world);
            return;
        }
        if (all)
            forget_round(world);
        look->looks = 0;
    } else if (++look->looks == look->limit) {
        look->limit *= look->limit < 65536 ? 2 : 1;
        begin(world, event->task, hash);
    }
}

bool world_livelock_told(const struct world *world)
{
    return world->livelock.told;
}
