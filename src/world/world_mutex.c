/* Mutexes and spin locks: owner, depth, queue, robust ones, and what becomes of the locks of the dead.
 *
 * The real lock decides; a lock that the model thought taken and that was had all the same is a divergence, and the
 * outcome is believed. A release makes all waiters ready: nothing is handed over. */
#include "world/world_state.h"

#include <errno.h>
#include <pthread.h>

enum { TYPE_normal, TYPE_recursive, TYPE_errorcheck, TYPE_adaptive };

bool world_lock_taken(const struct event *event)
{
    return (event->value == 0 || event->value == EOWNERDEAD) && !(event->flags & RECORD_CANCELLED);
}

void world_hold(struct world *world, uint32_t id, uint32_t owner)
{
    struct object *lock = object_at(world, id);
    struct task *task = task_at(world, owner);
    if (!lock->view.id)
        return;
    if (lock->view.owner == owner) {
        lock->view.count++;
        return;
    }
    if (lock->view.owner && !lock->owner_dead) {
        struct task *before = task_at(world, lock->view.owner);
        world_diverge(world, "%s got %s, which %s was thought to hold", task->view.name, lock->view.name,
                      before->view.name);
        if (before->holds)
            before->holds--;
    }
    lock->view.owner = owner;
    lock->view.count = 1;
    lock->view.ghost = lock->owner_dead = lock->inherited = 0;
    lock->leaker = 0;
    task->holds++;
}

void world_unhold(struct world *world, uint32_t id, uint32_t owner)
{
    struct object *lock = object_at(world, id);
    if (lock->view.owner == owner && lock->view.count > 1) {
        lock->view.count--;
        return;
    }
    struct task *task = task_at(world, lock->view.owner);
    if (task->holds)
        task->holds--;
    lock->view.owner = 0;
    lock->view.count = 0;
    lock->view.ghost = lock->inherited = lock->owner_dead = 0;
    lock->leaker = 0;
    world_wake_all(world, id);
}

static void lock_got(struct world *world, const struct event *event)
{
    struct object *lock = object_at(world, event->object);
    /* A static initialiser is no event: the type comes with the lock's use. */
    if (lock->view.kind == OBJECT_mutex && event->argument[0] > 0 && event->argument[0] <= TYPE_adaptive)
        lock->view.type = (uint8_t)event->argument[0];
    /* Not recoverable: glibc's trylock may leave it taken by nobody (nptl/pthread_mutex_trylock.c). */
    if (event->kind == EVENT_GOT && event->value == ENOTRECOVERABLE)
        lock->view.ghost = 1;
    if (event->kind == EVENT_BLOCKED) {
        if (!lock->view.owner && !lock->view.ghost) {
            if (lock->inherited)
                lock->view.ghost = 1; /* locked by a thread that fork did not copy */
            else
                world_diverge(world, "%s is blocked on %s, which was thought free",
                              task_at(world, event->task)->view.name, lock->view.name);
        }
        return;
    }
    if (event->kind != EVENT_GOT || !lock->view.id || !world_lock_taken(event))
        return;
    if (lock->view.kind == OBJECT_mutex && lock->view.owner == event->task && lock->view.type != TYPE_recursive)
        world_diverge(world, "%s took %s again though it holds it", task_at(world, event->task)->view.name,
                      lock->view.name);
    world_hold(world, event->object, event->task);
    world_acquire(world, event->task, event->object);
}

static void unlock_not_owner(struct world *world, const struct event *event)
{
    const struct object *lock = object_at(world, event->object);
    uint32_t owner = lock->view.owner;
    struct world_fault *fault = world_fault_add(world, FAULT_unlock_not_owner);
    if (!fault)
        return;
    fault->tasks[fault->task_count++] = event->task;
    if (owner)
        fault->tasks[fault->task_count++] = owner;
    fault->objects[fault->object_count++] = event->object;
    fault->process = task_at(world, event->task)->view.process;
    fault->places[0] = task_at(world, event->task)->view.place;
}

static void unlock_got(struct world *world, const struct event *event)
{
    const struct object *lock = object_at(world, event->object);
    if (event->kind != EVENT_GOT || !lock->view.id)
        return;
    /* A forked child may well unlock what its parent's copy of the thread had locked before the fork. */
    if (event->value == EPERM ||
        (event->value == 0 && lock->view.owner != event->task && !lock->inherited && !lock->view.ghost))
        unlock_not_owner(world, event);
    if (event->value != 0)
        return;
    world_release(world, event->task, event->object);
    world_unhold(world, event->object, event->task);
}

/* Blank again; whoever waits for a destroyed lock waits on. */
static void lock_made(struct world *world, const struct event *event, bool alive)
{
    struct object *lock = object_at(world, event->object);
    if (event->kind != EVENT_GOT || event->value != 0 || !lock->view.id)
        return;
    if (lock->view.owner) {
        struct task *owner = task_at(world, lock->view.owner);
        if (owner->holds)
            owner->holds--;
    }
    lock->view.owner = 0;
    lock->view.count = 0;
    lock->view.destroyed = !alive;
    lock->inherited = lock->view.ghost = lock->owner_dead = 0;
    lock->leaker = 0;
}

void world_reduce_mutex_init(struct world *world, const struct event *event)
{
    lock_made(world, event, true);
    struct object *lock = object_at(world, event->object);
    if (event->kind != EVENT_GOT || event->value != 0)
        return;
    const struct task *task = task_at(world, event->task);
    lock->view.type = (uint8_t)task->view.argument[0];
    lock->view.robust = task->view.argument[1] != 0;
    lock->view.inherits = task->view.argument[3] == PTHREAD_PRIO_INHERIT;
    world->inheriting |= lock->view.inherits;
}

void world_reduce_mutex_destroy(struct world *world, const struct event *event)
{
    lock_made(world, event, false);
}

void world_reduce_mutex_lock(struct world *world, const struct event *event)
{
    lock_got(world, event);
}

void world_reduce_mutex_trylock(struct world *world, const struct event *event)
{
    lock_got(world, event);
}

void world_reduce_mutex_timedlock(struct world *world, const struct event *event)
{
    lock_got(world, event);
}

void world_mutex_unlock(struct world *world, uint32_t object, uint32_t task)
{
    world_release(world, task, object);
    world_unhold(world, object, task);
}

void world_reduce_mutex_unlock(struct world *world, const struct event *event)
{
    unlock_got(world, event);
}

void world_reduce_mutex_consistent(struct world *world, const struct event *event)
{
    (void)world, (void)event;
}

void world_reduce_spin_init(struct world *world, const struct event *event)
{
    lock_made(world, event, true);
}

void world_reduce_spin_destroy(struct world *world, const struct event *event)
{
    lock_made(world, event, false);
}

void world_reduce_spin_lock(struct world *world, const struct event *event)
{
    lock_got(world, event);
}

void world_reduce_spin_trylock(struct world *world, const struct event *event)
{
    lock_got(world, event);
}

void world_reduce_spin_unlock(struct world *world, const struct event *event)
{
    unlock_got(world, event);
}

/* ---- priority inheritance, pthread_mutexattr_setprotocol(3) ---- */

/* Who makes the blocked task wait by a mutex that inherits; 0: nobody. */
static uint32_t heir(const struct world *world, uint32_t id)
{
    const struct world_task *task = &task_at(world, id)->view;
    const struct world_object *lock = &object_at(world, task->waits_for)->view;
    return task->state == STATE_blocked && lock->kind == OBJECT_mutex && lock->inherits ? lock->owner : 0;
}

int32_t world_task_priority(const struct world *world, uint32_t id)
{
    int32_t priority = task_at(world, id)->view.priority;
    uint32_t count = world->list[LIST_TASK].count;
    for (uint32_t waiter = 1; world->inheriting && waiter < count; waiter++) {
        int32_t worth = task_at(world, waiter)->view.priority;
        if (worth <= priority || waiter == id)
            continue;
        uint32_t at = heir(world, waiter);
        for (uint32_t links = 0; at && at != id && links < count; links++) /* a ring has no end */
            at = heir(world, at);
        if (at && at == id)
            priority = worth;
    }
    return priority;
}

/* ---- the locks of the dead ---- */

static void lock_orphaned(struct world *world, struct object *lock, uint32_t task, bool process_too)
{
    if (lock->view.kind == OBJECT_file) {
        if (process_too) /* the kernel lets go of a process's file locks */
            world_unhold(world, lock->view.id, task);
        return;
    }
    if (lock->view.kind == OBJECT_once)
        return;
    if (lock->view.robust) {
        lock->owner_dead = 1;
        world_wake_all(world, lock->view.id); /* the next one gets EOWNERDEAD */
        return;
    }
    /* A private lock dies with its process; otherwise nobody will ever release it. */
    if (!process_too || lock->view.process == 0)
        lock->leaker = task;
}

void world_task_locks_end(struct world *world, uint32_t id, bool process_too)
{
    if (!task_at(world, id)->holds)
        return;
    for (uint32_t i = 1; i < world->list[LIST_OBJECT].count; i++) {
        struct object *object = object_at(world, i);
        if (object->view.owner == id)
            lock_orphaned(world, object, id, process_too);
        else if (object->readers)
            for (uint32_t r = object->readers; r; r = reader_at(world, r)->next)
                if (reader_at(world, r)->task == id && (!process_too || object->view.process == 0))
                    object->leaker = id;
    }
}
