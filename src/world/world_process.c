/* Processes: the tree, stops, ends, zombies and their reaping, orphans. */
#include "world/world_state.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

void world_process_born(struct world *world, const struct event *event)
{
    if (event->other != world->list[LIST_PROCESS].count || event->value < 0) {
        world_diverge(world, "process %u is born out of order", event->other);
        return;
    }
    if (!world_list_add(world, LIST_PROCESS))
        return;
    struct process *process = process_at(world, event->other);
    struct process *parent = process_at(world, (uint32_t)event->value);
    process->view = (struct world_process){
        .id = event->other,
        .parent = (uint32_t)event->value,
        .state = STATE_running,
        .pid = (int32_t)event->argument[0],
        .helper = (event->flags & RECORD_HELPER) != 0,
    };
    snprintf(process->view.name, sizeof process->view.name, "P%u", event->other);
    process->view.host = (uint32_t)event->argument[1];
    process->view.root = process->view.host ? event->other : 1;
    if (parent->view.id) {
        process->view.host = parent->view.host;
        process->view.root = parent->view.root;
        /* fork copies memory and dispositions; an exec will say otherwise */
        process->forked = 1;
        process->handled = parent->handled;
        process->ignored = parent->ignored;
        process->restarting = parent->restarting;
    }
    world->births++;
    process->previous = world->last_process;
    *(world->last_process ? &process_at(world, world->last_process)->next : &world->first_process) = event->other;
    world->last_process = event->other;
}

/* Does a wait for `pid` by `parent` concern `child`? (Process groups are not known: any child will do for them.) */
static bool wait_concerns(const struct process *child, uint32_t parent, int64_t pid)
{
    return child->view.parent == parent && !child->reaped && (pid <= 0 || child->view.pid == pid);
}

/* Who waits for a child of `parent` may go on if there is news of one, or none left to wait for. */
static void wake_waiting(struct world *world, uint32_t parent)
{
    for (uint32_t t = process_at(world, parent)->first; t; t = task_at(world, t)->next) {
        const struct task *task = task_at(world, t);
        if (!task->waiting || (task->view.operation != OPERATION_process_wait))
            continue;
        bool news = false, any = false;
        for (uint32_t id = 1; id < world->list[LIST_PROCESS].count && !news; id++) {
            const struct process *child = process_at(world, id);
            if (!wait_concerns(child, parent, task->view.argument[0]))
                continue;
            any = true;
            news = child->view.state == STATE_zombie ||
                   ((task->view.argument[1] & WUNTRACED) && (child->stop_news & 1)) ||
                   ((task->view.argument[1] & WCONTINUED) && (child->stop_news & 2));
        }
        if (news || !any)
            world_wake(world, t);
    }
}

static void zombies_left(struct world *world, const struct process *parent)
{
    if (!WIFEXITED(parent->view.status) || parent->view.helper || parent->view.unobserved)
        return;
    for (uint32_t id = 1; id < world->list[LIST_PROCESS].count; id++) {
        const struct process *child = process_at(world, id);
        if (child->view.parent != parent->view.id || child->view.state != STATE_zombie || child->view.helper)
            continue;
        struct world_fault *fault = world_fault_add(world, FAULT_zombie_left);
        if (!fault)
            return;
        fault->process = id;
        fault->tasks[fault->task_count++] = child->view.main_task;
        fault->value = parent->view.id;
    }
}

static void ended_badly(struct world *world, const struct process *process)
{
    int status = process->view.status;
    enum fault_kind kind;
    int64_t value;
    if (WIFSIGNALED(status)) {
        int number = WTERMSIG(status);
        bool error = number == SIGSEGV || number == SIGBUS || number == SIGFPE || number == SIGILL ||
                     number == SIGABRT || number == SIGTRAP || number == SIGSYS;
        /* To be terminated by another of the guest's processes is no crash, and a helper's broken pipe is its own
         * affair; what the person started must not die of a signal unasked. */
        if ((process->killed_by & signal_bit(number)) || (!error && process->view.root != process->view.id))
            return;
        kind = number == SIGABRT && process->asserted ? FAULT_assertion : FAULT_crash;
        value = number;
    } else {
        if (process->view.root != process->view.id || !WIFEXITED(status) || WEXITSTATUS(status) == 0)
            return;
        kind = FAULT_exit_status;
        value = WEXITSTATUS(status);
    }
    struct world_fault *fault = world_fault_add(world, kind);
    if (!fault)
        return;
    fault->process = process->view.id;
    fault->value = value;
    /* Of a crash, the one who was let go last is the one who did it. */
    uint32_t task = world->granted;
    if (task_at(world, task)->view.process != process->view.id)
        task = process->view.main_task;
    fault->tasks[fault->task_count++] = task;
    fault->places[0] = task_at(world, task)->view.place;
}

void world_process_end(struct world *world, const struct event *event)
{
    struct process *process = process_at(world, event->other);
    if (!process->view.id || process->view.state == STATE_zombie || process->view.state == STATE_terminated) {
        world_diverge(world, "process %u ended, but it is not alive", event->other);
        return;
    }
    process->exiting = 1;
    process->stopped = 0;
    process->view.status = (int32_t)event->value;
    ended_badly(world, process);
    while (process->first)
        world_task_end(world, process->first, true);
    process->reaped = event->argument[0] == 1;
    process->view.state = process->reaped ? STATE_terminated : STATE_zombie;
    world_settle(world, task_at(world, process->view.main_task));
    process->view.pending = 0;
    *(process->previous ? &process_at(world, process->previous)->next : &world->first_process) = process->next;
    *(process->next ? &process_at(world, process->next)->previous : &world->last_process) = process->previous;
    zombies_left(world, process);
    uint32_t parent = process->view.parent;
    if (process_at(world, parent)->first) {
        wake_waiting(world, parent);
        world_signal_pend(world, parent, 0, SIGCHLD);
    }
}

void world_process_reap(struct world *world, const struct event *event)
{
    struct process *process = process_at(world, event->other);
    if (process->view.state != STATE_zombie) {
        if (!process->reaped)
            world_diverge(world, "process %u was reaped, but it is no zombie", event->other);
        return;
    }
    process->reaped = 1;
    process->view.state = STATE_terminated;
    world_settle(world, task_at(world, process->view.main_task));
    wake_waiting(world, process->view.parent); /* who waits for it has nobody to wait for */
}

void world_process_adopt(struct world *world, const struct event *event)
{
    struct process *process = process_at(world, event->other);
    if (!process->view.id || event->value < 0) {
        world_diverge(world, "process %u was adopted, but was never born", event->other);
        return;
    }
    uint32_t before = process->view.parent;
    process->view.parent = (uint32_t)event->value;
    process->view.orphan = 1;
    wake_waiting(world, before);
}

void world_process_stop(struct world *world, const struct event *event)
{
    struct process *process = process_at(world, event->other);
    if (!process->view.id || process->view.state == STATE_zombie || process->view.state == STATE_terminated)
        return;
    process->stopped = event->value != 0;
    process->stop_news = process->stopped ? 1 : 2;
    process->view.state = process->stopped ? STATE_stopped : STATE_running;
    for (uint32_t t = process->first; t; t = task_at(world, t)->next) {
        struct task *task = task_at(world, t);
        if (process->stopped && task->view.cpu >= 0) {
            world->running[task->view.cpu] = 0;
            task->view.cpu = -1;
        }
        world_settle(world, task);
    }
    wake_waiting(world, process->view.parent);
    world_signal_pend(world, process->view.parent, 0, SIGCHLD);
}

void world_reduce_process_start(struct world *world, const struct event *event)
{
    (void)world, (void)event;
}

void world_reduce_process_fork(struct world *world, const struct event *event)
{
    (void)world, (void)event; /* EVENT_PROCESS and EVENT_TASK have done it */
}

/* The parent of a vfork goes on when the child has exec'ed or ended. */
void world_reduce_process_vfork(struct world *world, const struct event *event)
{
    (void)world, (void)event;
}

static void wake_vfork(struct world *world, uint32_t child)
{
    uint32_t parent = process_at(world, child)->view.parent;
    for (uint32_t t = process_at(world, parent)->first; t; t = task_at(world, t)->next)
        if (task_at(world, t)->waiting && task_at(world, t)->view.operation == OPERATION_process_vfork)
            world_wake(world, t);
}

void world_reduce_process_spawn(struct world *world, const struct event *event)
{
    if (event->kind != EVENT_GOT || event->value <= 0)
        return;
    process_at(world, (uint32_t)event->value)->forked = 0; /* a program begun afresh */
}

/* A new program: no handlers, fresh memory, one task. */
void world_reduce_process_exec(struct world *world, const struct event *event)
{
    if (event->kind != EVENT_GOT || event->outcome != OUTCOME_done)
        return;
    uint32_t id = task_at(world, event->task)->view.process;
    struct process *process = process_at(world, id);
    process->image++;
    process->forked = 0;
    process->view.helper = (event->flags & RECORD_HELPER) != 0;
    task_at(world, event->task)->view.helper = process->view.helper;
    process->handled = process->restarting = 0;
    process->asserted = 0;
    for (uint32_t i = 1; i < world->list[LIST_OBJECT].count; i++) {
        struct object *object = object_at(world, i);
        if (object->view.process == id && object->view.kind != OBJECT_pipe && object->view.kind != OBJECT_file &&
            object->view.kind != OBJECT_socket)
            object->view.destroyed = 1;
    }
    wake_vfork(world, id);
}

void world_reduce_process_exit(struct world *world, const struct event *event)
{
    (void)world, (void)event; /* EVENT_PROCESS_ENDED does it */
}

void world_reduce_process_wait(struct world *world, const struct event *event)
{
    if (event->kind == EVENT_BLOCKED) {
        wake_waiting(world, task_at(world, event->task)->view.process);
        return;
    }
    if (event->kind != EVENT_GOT || event->value <= 0)
        return;
    struct process *child = process_at(world, (uint32_t)event->value);
    if (!child->view.id) {
        world_diverge(world, "%s waited for process %lld, which was never born", task_at(world, event->task)->view.name,
                      (long long)event->value);
        return;
    }
    int status = (int)event->argument[1];
    if (WIFSTOPPED(status) || WIFCONTINUED(status)) {
        child->stop_news = 0;
        return;
    }
    world_clock_join(world, &task_at(world, event->task)->clock, child->clock);
}
