/* Who and what a live record means: tasks by their pthread_t, objects by their addresses, places by program counters; and
 * those who are met for the first time. */
#include "conductor/live_internal.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

struct live_task *live_task_at(struct conductor *c, uint32_t id)
{
    struct live *live = c->live;
    if (id >= live->capacity) {
        uint32_t capacity = live->capacity ? live->capacity * 2 : 64;
        while (capacity <= id)
            capacity *= 2;
        struct live_task *larger = realloc(live->tasks, capacity * sizeof *larger);
        if (!larger)
            return NULL;
        memset(larger + live->capacity, 0, (capacity - live->capacity) * sizeof *larger);
        live->tasks = larger;
        live->capacity = capacity;
    }
    return &live->tasks[id];
}

uint32_t live_task_of_thread(struct conductor *c, uint32_t process, uint64_t thread, bool oldest)
{
    uint32_t found = 0;
    for (uint32_t id = c->task_count; id > 0; id--) {
        if (c->tasks[id].process != process || c->live->tasks[id].thread != thread)
            continue;
        if (!oldest)
            return id;
        if (!c->tasks[id].joined && !c->tasks[id].detached)
            found = id;
        else
            break; /* those before it were collected earlier */
    }
    return found;
}

static size_t size_of(unsigned kind)
{
    switch (kind) {
    case OBJECT_mutex:
        return sizeof(pthread_mutex_t);
    case OBJECT_cond:
        return sizeof(pthread_cond_t);
    case OBJECT_semaphore:
        return sizeof(sem_t);
    case OBJECT_barrier:
        return sizeof(pthread_barrier_t);
    case OBJECT_rwlock:
        return sizeof(pthread_rwlock_t);
    case OBJECT_spin:
    case OBJECT_once:
        return sizeof(int);
    default:
        return 0;
    }
}

uint32_t live_object_of_task(struct conductor *c, uint32_t id, uint32_t target)
{
    if (!target)
        return 0;
    /* names.c knows tasks by their gate slots; live tasks have none, so one slot stands for whom it is asked about */
    struct record_key key = {.a = LIVE_BELL_SLOT, .kind = OBJECT_thread, .space = KEY_TASK, .descriptor = -1};
    c->slot_task[LIVE_BELL_SLOT] = target;
    uint32_t object = name_object(c, id, &key, NULL);
    c->slot_task[LIVE_BELL_SLOT] = 0;
    return object;
}

uint32_t live_object(struct conductor *c, uint32_t id, unsigned kind, unsigned space, uint64_t a, uint64_t b,
                     uint64_t address)
{
    if (kind == OBJECT_none || space == KEY_NONE)
        return 0;
    struct record_key key = {.a = a,
                             .b = b,
                             .address = space == KEY_PRIVATE ? a : address,
                             .kind = (uint8_t)kind,
                             .space = (uint8_t)space,
                             .size = (uint16_t)size_of(kind),
                             .descriptor = -1};
    return name_object(c, id, &key, NULL);
}

uint64_t live_frame(const struct live_task *task, uint32_t low)
{
    if (low == 0 || task->stack == 0)
        return 0;
    uint64_t base = task->stack >> 3, frame = (base & ~UINT64_C(0xFFFFFFFF)) | low;
    if (frame > base + 0x80000000u)
        frame -= UINT64_C(1) << 32;
    else if (frame + 0x80000000u < base)
        frame += UINT64_C(1) << 32;
    return frame << 3;
}

/* A forked child runs its parent's image: its places are the parent's, who is there longer. */
uint32_t live_place(struct conductor *c, uint32_t id)
{
    uint32_t process = c->tasks[id].process, origin = c->live->tasks[c->processes[process]->main_task].origin;
    if (origin && c->processes[origin]->source)
        process = origin;
    return c->tasks[id].pc ? name_place(c, process, c->tasks[id].pc) : 0;
}

uint32_t live_thread_born(struct conductor *c, uint32_t process, uint64_t thread, uint32_t creator, int32_t tid)
{
    c->granted = creator;
    uint32_t id = guest_task_add(c, process, GATE_SLOTS, tid, false);
    c->granted = 0;
    struct live_task *own = id ? live_task_at(c, id) : NULL;
    if (own)
        *own = (struct live_task){.thread = thread, .ring = LIVE_NO_RING};
    return id;
}

uint32_t live_process_born(struct conductor *c, int32_t pid, uint32_t parent, uint32_t creator)
{
    uint32_t process = guest_process_add(c, pid, parent, false);
    if (!process)
        return 0;
    c->granted = creator;
    uint32_t id = guest_task_add(c, process, GATE_SLOTS, pid, true);
    c->granted = 0;
    struct live_task *own = id ? live_task_at(c, id) : NULL;
    if (own)
        *own = (struct live_task){.ring = LIVE_NO_RING};
    if (own && parent && creator) {
        uint32_t before = c->live->tasks[c->processes[parent]->main_task].origin;
        own->origin = before ? before : parent;
        name_fork(c, parent, process);
    }
    return process;
}
