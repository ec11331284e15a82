/* Who is there: the guest's processes and tasks as they are told of, and which gate slot belongs to whom. */
#include "conductor/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more element (index `count` + 1, as ids start at 1); new memory is zero. NULL: none. */
static void *grow(void *array, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count + 1 < *capacity)
        return array;
    uint32_t wanted = *capacity ? *capacity * 2 : 32;
    char *larger = realloc(array, wanted * size);
    if (!larger)
        return NULL;
    memset(larger + *capacity * size, 0, (wanted - *capacity) * size);
    *capacity = wanted;
    return larger;
}

uint32_t guest_process_add(struct conductor *c, int32_t pid, uint32_t parent, bool helper)
{
    struct guest_process **processes = grow(c->processes, c->process_count, &c->process_capacity, sizeof *processes);
    struct guest_process *process = malloc(sizeof *process);
    if (processes)
        c->processes = processes;
    if (!processes || !process) {
        free(process);
        return 0;
    }
    uint32_t id = ++c->process_count;
    processes[id] = process;
    uint32_t host = parent ? 0 : c->starting_host;
    if (!parent)
        c->starting_host = 0;
    *process = (struct guest_process){.pid = pid,
                                      .parent = parent,
                                      .alive = true,
                                      .observed = true,
                                      .helper = helper,
                                      .exit_argument = -1,
                                      .memory = -1,
                                      .image = ++c->images};
    conductor_tell(c, &(struct event){.kind = EVENT_PROCESS,
                                      .other = id,
                                      .value = parent,
                                      .flags = helper ? RECORD_HELPER : 0,
                                      .argument = {pid, host}});
    return id;
}

uint32_t guest_process_by_pid(const struct conductor *c, int32_t pid)
{
    for (uint32_t id = c->process_count; id > 0; id--)
        if (c->processes[id]->pid == pid && (c->processes[id]->alive || c->processes[id]->zombie))
            return id;
    return 0;
}

uint32_t guest_task_add(struct conductor *c, uint32_t process, uint32_t slot, int32_t tid, bool main_task)
{
    struct guest_task *tasks = grow(c->tasks, c->task_count, &c->task_capacity, sizeof *tasks);
    if (!tasks)
        return 0;
    c->tasks = tasks;
    uint32_t id = ++c->task_count;
    struct guest_process *owner = c->processes[process];
    uint32_t number = main_task ? 0 : ++owner->tasks_born;
    struct guest_task *task = &tasks[id];
    *task = (struct guest_task){.slot = slot, .process = process, .tid = tid, .phase = PHASE_granted};
    if (main_task)
        snprintf(task->name, sizeof task->name, "P%u.main", process);
    else
        snprintf(task->name, sizeof task->name, "P%u.T%u", process, number);
    if (main_task)
        owner->main_task = id;
    if (slot < GATE_SLOTS)
        c->slot_task[slot] = id;
    conductor_tell(c, &(struct event){
                          .kind = EVENT_TASK, .task = id, .other = process, .value = number, .argument = {c->granted}});
    return id;
}

uint32_t guest_slot_take(struct conductor *c)
{
    for (uint32_t tried = 0; tried < GATE_SLOTS; tried++) {
        uint32_t slot = c->slot_next++ % GATE_SLOTS;
        if (c->slot_task[slot] != 0)
            continue;
        struct gate_slot *gate = &c->gate->slot[slot];
        atomic_store(&gate->arrived, 0);
        atomic_store(&gate->cancel, 0);
        atomic_store(&gate->preempted, 0);
        atomic_store(&gate->held, 0);
        atomic_store(&gate->pending_length, 0);
        gate->sequence = 0;
        return slot;
    }
    return GATE_SLOTS;
}

void guest_slot_free(struct conductor *c, uint32_t slot)
{
    if (slot < GATE_SLOTS)
        c->slot_task[slot] = 0;
}
