/* Read-write locks: several readers or one writer. A reader may have entered several times. */
#include "world/world_state.h"

static struct reader *find_reader(struct world *world, uint32_t object, uint32_t task, uint32_t *before)
{
    uint32_t previous = 0;
    for (uint32_t r = object_at(world, object)->readers; r; r = reader_at(world, r)->next) {
        if (reader_at(world, r)->task == task) {
            *before = previous;
            return reader_at(world, r);
        }
        previous = r;
    }
    *before = previous; /* the last */
    return NULL;
}

static void blocked(struct world *world, const struct event *event, bool writer)
{
    struct object *lock = object_at(world, event->object);
    if (lock->view.owner || lock->view.ghost || (writer && lock->readers))
        return;
    if (lock->inherited)
        lock->view.ghost = 1;
    else if (writer || !world_rwlock_writer_waits(world, event->object))
        /* (a kind that prefers writers turns a reader away while a writer waits) */
        world_diverge(world, "%s is blocked on %s, which was thought free", task_at(world, event->task)->view.name,
                      lock->view.name);
}

static void read_got(struct world *world, const struct event *event)
{
    if (event->kind == EVENT_BLOCKED) {
        blocked(world, event, false);
        return;
    }
    struct object *lock = object_at(world, event->object);
    if (event->kind != EVENT_GOT || !lock->view.id || !world_lock_taken(event))
        return;
    if (lock->view.owner)
        world_diverge(world, "%s reads in %s, where %s was thought to write", task_at(world, event->task)->view.name,
                      lock->view.name, task_at(world, lock->view.owner)->view.name);
    lock->view.count++;
    lock->inherited = lock->view.ghost = 0;
    task_at(world, event->task)->holds++;
    uint32_t before;
    struct reader *reader = find_reader(world, event->object, event->task, &before);
    if (reader) {
        reader->count++;
    } else {
        uint32_t id = world_list_take(world, LIST_READER);
        *reader_at(world, id) = (struct reader){.task = event->task, .count = 1};
        if (before)
            reader_at(world, before)->next = id;
        else
            lock->readers = id;
    }
    world_acquire(world, event->task, event->object);
}

static void write_got(struct world *world, const struct event *event)
{
    if (event->kind == EVENT_BLOCKED) {
        blocked(world, event, true);
        return;
    }
    struct object *lock = object_at(world, event->object);
    if (event->kind != EVENT_GOT || !lock->view.id || !world_lock_taken(event))
        return;
    if (lock->readers)
        world_diverge(world, "%s writes in %s, where readers were thought to be",
                      task_at(world, event->task)->view.name, lock->view.name);
    world_hold(world, event->object, event->task);
    lock->view.count = 0; /* readers */
    world_acquire(world, event->task, event->object);
    struct clock readers = object_at(world, event->object)->reader_clock;
    world_clock_join(world, &task_at(world, event->task)->clock, readers);
}

void world_reduce_rwlock_unlock(struct world *world, const struct event *event)
{
    struct object *lock = object_at(world, event->object);
    if (event->kind != EVENT_GOT || event->value != 0 || !lock->view.id)
        return;
    struct task *task = task_at(world, event->task);
    uint32_t before;
    struct reader *reader = find_reader(world, event->object, event->task, &before);
    if (lock->view.owner == event->task) {
        world_release(world, event->task, event->object);
        world_unhold(world, event->object, event->task);
        return;
    }
    if (!reader) {
        if (lock->inherited || lock->view.ghost) {
            lock->inherited = lock->view.ghost = 0;
            world_wake_all(world, event->object);
            return;
        }
        struct world_fault *fault = world_fault_add(world, FAULT_unlock_not_owner);
        if (fault) {
            fault->tasks[fault->task_count++] = event->task;
            fault->objects[fault->object_count++] = event->object;
            fault->process = task->view.process;
            fault->places[0] = task->view.place;
        }
        return;
    }
    world_clock_join(world, &lock->reader_clock, task->clock);
    world_clock_tick(world, &task->clock, event->task);
    lock->view.count--;
    if (task->holds)
        task->holds--;
    if (--reader->count == 0) {
        uint32_t id = before ? reader_at(world, before)->next : lock->readers;
        uint32_t next = reader->next;
        *(before ? &reader_at(world, before)->next : &lock->readers) = next;
        world_list_give(world, LIST_READER, id);
    }
    if (!lock->readers)
        world_wake_all(world, event->object);
}

void world_reduce_rwlock_init(struct world *world, const struct event *event)
{
    struct object *lock = object_at(world, event->object);
    if (event->kind == EVENT_GOT && event->value == 0) {
        lock->view.destroyed = 0;
        lock->inherited = lock->view.ghost = 0;
        lock->view.type = (uint8_t)task_at(world, event->task)->view.argument[0];
    }
}

void world_reduce_rwlock_destroy(struct world *world, const struct event *event)
{
    if (event->kind == EVENT_GOT && event->value == 0)
        object_at(world, event->object)->view.destroyed = 1;
}

void world_reduce_rwlock_rdlock(struct world *world, const struct event *event)
{
    read_got(world, event);
}

void world_reduce_rwlock_tryrdlock(struct world *world, const struct event *event)
{
    read_got(world, event);
}

void world_reduce_rwlock_timedrdlock(struct world *world, const struct event *event)
{
    read_got(world, event);
}

void world_reduce_rwlock_wrlock(struct world *world, const struct event *event)
{
    write_got(world, event);
}

void world_reduce_rwlock_trywrlock(struct world *world, const struct event *event)
{
    write_got(world, event);
}

void world_reduce_rwlock_timedwrlock(struct world *world, const struct event *event)
{
    write_got(world, event);
}
