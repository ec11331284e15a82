/* Granting: lets one task go and waits until it is held again, has ended, or is found to sleep where the shim does not
 * see. Nothing here decides who. */
#include "conductor/internal.h"

#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOOK_AFTER_MS 2              /* of silence, then the kernel is asked what the task does */
#define OUTSIDE_LOOKS 40             /* asleep in the kernel at so many looks in a row: outside the shim */
#define COMPUTE_NS INT64_C(80000000) /* of CPU time without a word: preempted */

void grant_write(struct conductor *c, uint32_t id, uint32_t action, int64_t result, uint32_t slot_given,
                 enum injection injection)
{
    struct guest_task *task = &c->tasks[id];
    struct gate_slot *slot = &c->gate->slot[task->slot];
    slot->grant = (struct gate_grant){.action = action, .slot = slot_given, .result = result, .argument = injection};
    task->phase = PHASE_granted;
    atomic_fetch_add(&slot->turn, 1);
    if (atomic_load(&slot->asleep))
        syscall(SYS_futex, &slot->turn, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static int64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Which file a process runs: device and inode, 0 if that cannot be seen. */
static uint64_t program_of(struct conductor *c, const struct guest_process *process)
{
    struct stat about;
    int file = contain_open_proc(c->contain, process->pid, "exe");
    uint64_t program =
        file >= 0 && fstat(file, &about) == 0 ? (uint64_t)about.st_ino ^ (uint64_t)about.st_dev << 40 : 0;
    if (file >= 0)
        close(file);
    return program;
}

/* An exec into a program that the shim cannot enter: over when the kernel shows the new program. */
static bool escaped(struct conductor *c, uint32_t id)
{
    uint64_t now = program_of(c, c->processes[c->tasks[id].process]);
    return now != 0 && now != c->processes[c->tasks[id].process]->program && escape_tell(c, id);
}

bool escape_tell(struct conductor *c, uint32_t id)
{
    struct guest_task *task = &c->tasks[id];
    struct guest_process *process = c->processes[task->process];
    if (task->operation != OPERATION_process_exec || !c->escape_reason[0] || task->slot != c->escape_slot)
        return false;
    process->observed = false;
    conductor_tell(c, &(struct event){.kind = EVENT_GOT, .operation = OPERATION_process_exec, .task = id});
    conductor_tell(
        c, &(struct event){.kind = EVENT_UNOBSERVED, .other = task->process, .text = name_string(c, c->escape_reason)});
    conductor_mark(c, "a process ran unobserved");
    vfork_release(c, task->process);
    c->escape_reason[0] = 0;
    task->phase = PHASE_outside;
    c->granted = 0;
    return true;
}

/* What is known of a granted task that is silent. */
struct silence {
    unsigned asleep;  /* looks in a row that found it asleep in the kernel */
    uint64_t printed; /* bytes of output when it was last looked at */
    int64_t computed; /* ns of CPU that it had when it was let go, or preempted; -1: not known yet */
};

/* The CPU time that a task has used, in ns (proc(5): schedstat); time that it only waited for a CPU does not count, so a
 * slow machine changes nothing. -1: not to be had. */
static int64_t cpu_time(struct conductor *c, const struct guest_process *process, const struct guest_task *task)
{
    char path[64], text[96];
    snprintf(path, sizeof path, "task/%d/schedstat", task->tid);
    int file = contain_open_proc(c->contain, process->pid, path);
    ssize_t length = file >= 0 ? read(file, text, sizeof text - 1) : -1;
    if (file >= 0)
        close(file);
    if (length <= 0)
        return -1;
    text[length] = 0;
    return strtoll(text, NULL, 10);
}

static void preempt_if_long(struct conductor *c, uint32_t id, struct silence *silence)
{
    struct guest_task *task = &c->tasks[id];
    struct guest_process *process = c->processes[task->process];
    int64_t used = cpu_time(c, process, task);
    if (silence->computed < 0 || used < silence->computed) {
        silence->computed = used;
        return;
    }
    if (used - silence->computed < COMPUTE_NS)
        return;
    silence->computed = used;
    records_peek(c, id);
    conductor_mark(c, "a task was preempted by the clock");
    contain_signal(c->contain, process->pid, task->tid, c->gate->preempt_signal, NULL);
}

/* The granted task has been silent for a while: is it dead, asleep, stopped, or busy? */
static void look(struct conductor *c, struct silence *silence)
{
    uint32_t id = c->granted;
    struct guest_task *task = &c->tasks[id];
    struct guest_process *process = c->processes[task->process];
    enum kernel_state whole = kernel_process_state(c, process->pid, NULL, NULL);
    if (whole == KERNEL_gone || whole == KERNEL_zombie) {
        settle_process_end(c, task->process);
        return;
    }
    if (escaped(c, id))
        return;
    enum kernel_state state = kernel_task_state(c, process->pid, task->tid);
    if (state == KERNEL_gone || state == KERNEL_zombie) {
        settle_task_end(c, id);
        return;
    }
    if (state == KERNEL_stopped) {
        records_peek(c, id);
        stopped_tell(c, task->process, true);
        task->phase = PHASE_outside;
        c->granted = 0;
        return;
    }
    if (state == KERNEL_running || state == KERNEL_waiting) {
        silence->asleep = 0;
        if (state == KERNEL_running)
            preempt_if_long(c, id, silence);
        return;
    }
    /* At its gate, waiting for a newcomer of its own, or for us to take its output: it will speak. */
    const struct gate_slot *slot = &c->gate->slot[task->slot];
    if (atomic_load(&slot->held) || atomic_load(&slot->asleep) || silence->printed != c->printed) {
        silence->printed = c->printed;
        silence->asleep = 0;
        return;
    }
    if (++silence->asleep >= OUTSIDE_LOOKS) {
        records_peek(c, id);
        char path[64], where[64] = "";
        snprintf(path, sizeof path, "task/%d/wchan", task->tid);
        int file = contain_open_proc(c->contain, process->pid, path);
        ssize_t length = file >= 0 ? read(file, where, sizeof where - 1) : 0;
        if (file >= 0)
            close(file);
        where[length > 0 ? length : 0] = 0;
        conductor_mark(c, "a task slept in the kernel where the shim does not see");
        conductor_tell(c,
                       &(struct event){.kind = EVENT_OUTSIDE, .task = id, .value = 1, .text = name_string(c, where)});
        task->phase = PHASE_outside;
        c->granted = 0;
    }
}

enum status grant_await(struct conductor *c, struct message *message)
{
    struct silence silence = {.computed = -1};
    int64_t looked = 0;
    while (c->granted) {
        enum status status = records_read(c, looked ? 1 : LOOK_AFTER_MS, message);
        if (status == STATUS_OK) {
            looked = 0;
            silence = (struct silence){.computed = -1};
            continue;
        }
        if (status != STATUS_NOT_FOUND)
            return status;
        if (c->options.interrupted && c->options.interrupted())
            return STATUS_OK;
        int64_t now = milliseconds();
        if (looked && now - looked < LOOK_AFTER_MS)
            continue;
        looked = now;
        if (c->granted)
            look(c, &silence);
    }
    return STATUS_OK;
}

enum status grant_probe(struct conductor *c, uint32_t id, struct message *message)
{
    c->probe_answer = -1;
    grant_write(c, id, GRANT_PROBE, 0, GATE_SLOTS, INJECTION_none);
    for (int waited = 0; c->probe_answer < 0 && c->tasks[id].phase == PHASE_granted; waited++) {
        enum status status = records_read(c, LOOK_AFTER_MS, message);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
        if (waited > 10)
            settle_deaths(c), waited = 0;
    }
    return STATUS_OK;
}

enum status grant_probe_all(struct conductor *c, struct message *message)
{
    c->readiness = false;
    for (uint32_t process = 1; process <= c->process_count; process++) {
        if (!c->processes[process]->alive)
            continue;
        for (uint32_t id = 1; id <= c->task_count; id++) {
            struct guest_task *task = &c->tasks[id];
            if (task->process != process || task->phase != PHASE_held ||
                (task->blocked_space != KEY_INODE && task->blocked_kind != OBJECT_poll) ||
                task->blocked_space == KEY_NONE)
                continue;
            const struct world_task *known = world_task(conductor_world(c), id);
            if (!known || known->state != STATE_blocked)
                continue;
            enum status status = grant_probe(c, id, message);
            if (status != STATUS_OK)
                return status;
            if (c->probe_answer == 1)
                conductor_tell(c, &(struct event){.kind = EVENT_READY, .task = id});
        }
    }
    return STATUS_OK;
}

/* What is injected changes how the task is let go, not what it has asked for. */
static struct world_ruling rule_with(struct world_ruling rule, enum injection injection)
{
    if (injection == INJECTION_spurious_wakeup)
        return (struct world_ruling){.action = GRANT_WOKEN};
    if (injection == INJECTION_eintr)
        return (struct world_ruling){.action = GRANT_EINTR};
    return rule;
}

static bool makes_newcomer(unsigned operation)
{
    return operation == OPERATION_thread_create || operation == OPERATION_process_fork ||
           operation == OPERATION_process_vfork || operation == OPERATION_process_spawn;
}

static uint32_t processes_alive(const struct conductor *c)
{
    uint32_t count = 0;
    for (uint32_t id = 1; id <= c->process_count; id++)
        count += c->processes[id]->alive || c->processes[id]->zombie;
    return count;
}

enum status grant_step(struct conductor *c, uint32_t id, size_t enabled, size_t index, struct message *message)
{
    struct guest_task *task = &c->tasks[id];
    enum injection injection = (enum injection)c->injecting;
    struct world_ruling rule = rule_with(world_rule(conductor_world(c), id), injection);
    c->injecting = INJECTION_none;
    if (injection == INJECTION_short_io && rule.action != GRANT_PERFORM)
        injection = INJECTION_none;
    const struct world_task *known = world_task(conductor_world(c), id);
    unsigned operation = task->operation;
    uint32_t slot = GATE_SLOTS;
    if (rule.action == GRANT_PERFORM && makes_newcomer(operation) && known && known->state != STATE_blocked) {
        bool process = operation != OPERATION_thread_create;
        slot = process && processes_alive(c) >= CONDUCTOR_PROCESSES ? GATE_SLOTS : guest_slot_take(c);
        if (slot < GATE_SLOTS)
            c->slot_task[slot] = CONDUCTOR_RESERVED;
        else
            rule = (struct world_ruling){.action = GRANT_RESULT,
                                         .result = 11 /* EAGAIN, as when the system's limit is hit */};
    }
    c->grant_enabled = enabled;
    c->grant_index = index;
    if (rule.action != GRANT_INTERRUPT)
        conductor_tell(c, &(struct event){.kind = EVENT_GRANTED,
                                          .task = id,
                                          .time = c->now,
                                          .argument = {c->grant_cpu, (int64_t)enabled, (int64_t)index, injection},
                                          .value = rule.action});
    task = &c->tasks[id];
    c->granted = id;
    c->speaker = id;
    uint32_t process = task->process;
    if (operation == OPERATION_process_exec)
        c->processes[process]->program = program_of(c, c->processes[process]);
    task->blocked_space = KEY_NONE;
    grant_write(c, id, rule.action, rule.result, slot, injection);
    if (rule.action == GRANT_PERFORM && operation == OPERATION_thread_exit)
        settle_task_end(c, id);
    else if (rule.action == GRANT_PERFORM && operation == OPERATION_process_exit)
        settle_process_end(c, process);
    enum status status = grant_await(c, message);
    if (c->signal_sent)
        settle_signals(c);
    if (c->sigio && c->readiness)
        settle_sigio(c);
    /* Going on after a create is no step: what the task asks for next belongs to the same choice. */
    if (status == STATUS_OK && operation == OPERATION_thread_resume && c->tasks[id].phase == PHASE_held &&
        c->tasks[id].operation != OPERATION_thread_resume && world_task_enabled(conductor_world(c), id))
        return grant_step(c, id, 1, 0, message);
    return status;
}

void outside_look(struct conductor *c)
{
    for (uint32_t id = 1; id <= c->task_count; id++) {
        struct guest_task *task = &c->tasks[id];
        if (task->phase != PHASE_outside || !c->processes[task->process]->observed)
            continue;
        enum kernel_state state = kernel_task_state(c, c->processes[task->process]->pid, task->tid);
        if (state == KERNEL_gone)
            settle_task_end(c, id);
    }
}
