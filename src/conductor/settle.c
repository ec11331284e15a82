/* The kernel's own view: a step that ends something is over when the kernel has let go, and who died without a word is
 * found here. Only looks; what it finds it tells as events. */
#include "conductor/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 4000 /* looks, of at most 0.5 ms: about 2 s, then the kernel is taken at its word */

/* Between two looks: let the others run, then sleep a little. */
static void moment(int round)
{
    if (round < 20) {
        sched_yield();
        return;
    }
    struct timespec pause = {.tv_nsec = round < 100 ? 50000 : 500000};
    nanosleep(&pause, NULL);
}

static ssize_t proc_read(struct conductor *c, const char *path, char *buffer, size_t size)
{
    int proc = contain_get_proc(c->contain);
    int file = proc >= 0 ? openat(proc, path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0 && proc < 0) {
        char *end;
        long pid = strtol(path, &end, 10);
        file = contain_open_proc(c->contain, (pid_t)pid, *end == '/' ? end + 1 : "stat");
    }
    if (file < 0)
        return -1;
    ssize_t got = read(file, buffer, size - 1);
    close(file);
    buffer[got > 0 ? got : 0] = 0;
    return got;
}

/* The fields of a stat line after the command's closing bracket (proc(5)): state is the first. */
static enum kernel_state state_of(const char *stat, int32_t *parent, int32_t *status)
{
    const char *at = strrchr(stat, ')');
    if (!at || at[1] != ' ')
        return KERNEL_gone;
    char state = at[2];
    if (parent)
        *parent = (int32_t)strtol(at + 3, NULL, 10);
    const char *last = strrchr(stat, ' '); /* exit_code, field 52, is the last */
    if (status && last)
        *status = (int32_t)strtol(last, NULL, 10);
    switch (state) {
    case 'Z':
    case 'X':
    case 'x':
        return KERNEL_zombie;
    case 'T':
    case 't':
        return KERNEL_stopped;
    case 'R':
        return KERNEL_running;
    case 'D':
        return KERNEL_waiting;
    default:
        return KERNEL_sleeping;
    }
}

enum kernel_state kernel_task_state(struct conductor *c, int32_t pid, int32_t tid)
{
    char path[64], stat[1024];
    snprintf(path, sizeof path, "%d/task/%d/stat", pid, tid);
    return proc_read(c, path, stat, sizeof stat) > 0 ? state_of(stat, NULL, NULL) : KERNEL_gone;
}

enum kernel_state kernel_process_state(struct conductor *c, int32_t pid, int32_t *parent, int32_t *status)
{
    char path[64], stat[1024];
    snprintf(path, sizeof path, "%d/stat", pid);
    enum kernel_state state = proc_read(c, path, stat, sizeof stat) > 0 ? state_of(stat, parent, status) : KERNEL_gone;
    if (state != KERNEL_zombie)
        return state;
    /* A leader that called pthread_exit is a zombie while its threads live on: the process has not ended. */
    snprintf(path, sizeof path, "%d/status", pid);
    char text[4096];
    if (proc_read(c, path, text, sizeof text) <= 0)
        return KERNEL_gone;
    const char *threads = strstr(text, "\nThreads:");
    return threads && strtol(threads + 9, NULL, 10) > 1 ? KERNEL_sleeping : KERNEL_zombie;
}

static void task_over(struct conductor *c, uint32_t id)
{
    struct guest_task *task = &c->tasks[id];
    if (task->phase == PHASE_ended)
        return;
    task->phase = PHASE_ended;
    task->blocked_space = KEY_NONE;
    if (c->granted == id)
        c->granted = 0;
    if (c->interrupting == id)
        c->interrupting = 0;
    conductor_tell(c, &(struct event){.kind = EVENT_TASK_ENDED, .task = id});
    if (task->detached || task->joined) {
        guest_slot_free(c, task->slot);
        task->slot = GATE_SLOTS;
    }
}

void settle_task_end(struct conductor *c, uint32_t id)
{
    struct guest_task *task = &c->tasks[id];
    struct guest_process *process = c->processes[task->process];
    for (int round = 0; round < PATIENCE && task->phase != PHASE_ended; round++) {
        /* The last thread of all asks for process.exit instead of going. */
        records_read(c, 0, NULL);
        task = &c->tasks[id];
        process = c->processes[task->process];
        if (task->phase == PHASE_held || task->phase == PHASE_ended)
            return;
        enum kernel_state state = kernel_task_state(c, process->pid, task->tid);
        if (state == KERNEL_gone || state == KERNEL_zombie) {
            records_read(c, 0, NULL);
            task = &c->tasks[id];
            if (task->phase == PHASE_held)
                return;
            enum kernel_state whole = kernel_process_state(c, process->pid, NULL, NULL);
            if (whole == KERNEL_zombie || whole == KERNEL_gone) {
                settle_process_end(c, task->process);
                return;
            }
            /* Gone without having asked for its end: its process is dying, thread by thread. */
            if (task->operation != OPERATION_thread_exit && round < PATIENCE / 2) {
                moment(round);
                continue;
            }
            records_peek(c, id);
            task_over(c, id);
            return;
        }
        moment(round);
    }
}

static void settle_after_end(struct conductor *c, uint32_t ended);

/* A process that ended by itself, and never asked for its end: what it did last went past the shim. */
static void ended_unseen(struct conductor *c, uint32_t id, int status)
{
    struct guest_process *process = c->processes[id];
    if (!process->observed || process->exit_argument >= 0 || !WIFEXITED(status))
        return;
    process->observed = false;
    conductor_mark(c, "a process ran unobserved");
    conductor_tell(
        c, &(struct event){.kind = EVENT_UNOBSERVED,
                           .other = id,
                           .text = name_string(c, "it ended, or ran another program, by a system call of its own")});
}

void settle_report(struct conductor *c, const struct contain_report *report)
{
    uint32_t id = guest_process_by_pid(c, report->pid);
    if (id == 0)
        return;
    struct guest_process *process = c->processes[id];
    bool news = process->alive;
    if (news) {
        for (uint32_t task = 1; task <= c->task_count; task++)
            if (c->tasks[task].process == id && c->tasks[task].phase != PHASE_ended)
                records_peek(c, task);
        if (c->granted && c->tasks[c->granted].process == id)
            escape_tell(c, c->granted);
        process->alive = false;
        c->readiness = true;
        process->zombie = true;
        for (uint32_t task = 1; task <= c->task_count; task++)
            if (c->tasks[task].process == id)
                task_over(c, task);
        conductor_output(c);
        ended_unseen(c, id, report->status);
        conductor_tell(c, &(struct event){.kind = EVENT_PROCESS_ENDED, .other = id, .value = report->status});
    }
    process->zombie = false;
    conductor_tell(c, &(struct event){.kind = EVENT_REAPED, .other = id});
    name_forget_process(c, id);
    if (news)
        settle_after_end(c, id);
}

void settle_reports(struct conductor *c)
{
    struct contain_report report;
    while (contain_next_report(c->contain, &report) == 1)
        settle_report(c, &report);
}

/* The children of an ended process have a new parent: init, or a subreaper between. Zombies among them are collected
 * there at once; we wait until they are. */
static void settle_children(struct conductor *c, uint32_t ended)
{
    for (uint32_t id = 1; id <= c->process_count; id++) {
        struct guest_process *child = c->processes[id];
        if (child->parent != ended || (!child->alive && !child->zombie))
            continue;
        if (child->zombie) {
            for (int round = 0; round < PATIENCE && c->processes[id]->zombie; round++) {
                settle_reports(c);
                if (c->processes[id]->zombie)
                    moment(round);
            }
            continue;
        }
        int32_t parent = 0;
        kernel_process_state(c, child->pid, &parent, NULL);
        child->parent = guest_process_by_pid(c, parent);
        conductor_tell(c, &(struct event){.kind = EVENT_ADOPTED, .other = id, .value = child->parent});
    }
}

/* What the end of a process brings: its slots are free, who waited for it by vfork goes on, its children are adopted. */
static void settle_after_end(struct conductor *c, uint32_t id)
{
    for (uint32_t task = 1; task <= c->task_count; task++)
        if (c->tasks[task].process == id && c->tasks[task].slot < GATE_SLOTS) {
            guest_slot_free(c, c->tasks[task].slot);
            c->tasks[task].slot = GATE_SLOTS;
        }
    vfork_release(c, id);
    settle_children(c, id);
}

void settle_process_end(struct conductor *c, uint32_t id)
{
    struct guest_process *process = c->processes[id];
    for (int round = 0; round < PATIENCE && process->alive; round++) {
        records_read(c, 0, NULL);
        process = c->processes[id];
        if (c->granted && c->tasks[c->granted].process == id && c->tasks[c->granted].phase == PHASE_held)
            return; /* it asked for something instead of ending */
        int32_t status = 0;
        enum kernel_state state = kernel_process_state(c, process->pid, NULL, &status);
        if (state != KERNEL_gone && state != KERNEL_zombie) {
            moment(round);
            continue;
        }
        records_read(c, 0, NULL);
        process = c->processes[id];
        if (state == KERNEL_gone) {
            /* Collected by init, whose report says how it ended, or by the kernel (SIGCHLD ignored). */
            settle_reports(c);
            process = c->processes[id];
            if (!process->alive)
                break;
            if (process->parent == 0 && round < PATIENCE - 1) {
                moment(round);
                continue;
            }
            status = process->exit_argument >= 0 ? process->exit_argument << 8 : 0;
        } else if (process->parent == 0) {
            moment(round); /* init will collect it: its report is the better witness */
            settle_reports(c);
            process = c->processes[id];
            if (process->alive)
                continue;
            break;
        }
        for (uint32_t task = 1; task <= c->task_count; task++)
            if (c->tasks[task].process == id && c->tasks[task].phase != PHASE_ended)
                records_peek(c, task);
        if (c->granted && c->tasks[c->granted].process == id)
            escape_tell(c, c->granted); /* it ended before it was seen to run the new program */
        process->alive = false;
        process->zombie = state == KERNEL_zombie;
        c->readiness = true;
        for (uint32_t task = 1; task <= c->task_count; task++)
            if (c->tasks[task].process == id)
                task_over(c, task);
        conductor_output(c);
        ended_unseen(c, id, status);
        conductor_tell(
            c, &(struct event){
                   .kind = EVENT_PROCESS_ENDED, .other = id, .value = status, .argument = {state == KERNEL_gone}});
        if (state == KERNEL_gone)
            name_forget_process(c, id);
    }
    if (!c->processes[id]->alive)
        settle_after_end(c, id);
}

unsigned settle_deaths(struct conductor *c)
{
    unsigned found = 0;
    settle_reports(c);
    for (uint32_t id = 1; id <= c->process_count; id++) {
        if (!c->processes[id]->alive)
            continue;
        enum kernel_state state = kernel_process_state(c, c->processes[id]->pid, NULL, NULL);
        if (state == KERNEL_zombie || state == KERNEL_gone) {
            settle_process_end(c, id);
            found++;
        }
    }
    return found;
}

static uint64_t mask_in(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at ? strtoull(at + strlen(name), NULL, 16) : 0;
}

static bool ignored_by_default(int signal)
{
    return signal == 0 || signal == SIGCHLD || signal == SIGURG || signal == SIGWINCH || signal == SIGCONT;
}

void stopped_tell(struct conductor *c, uint32_t id, bool stopped)
{
    if (c->processes[id]->stopped == stopped)
        return;
    c->processes[id]->stopped = stopped;
    conductor_tell(c, &(struct event){.kind = EVENT_STOPPED, .other = id, .value = stopped});
}

/* Tasks that were stopped outside their gates run again: they come back to one, or end. */
static void settle_continued(struct conductor *c, uint32_t id)
{
    stopped_tell(c, id, false);
    records_deferred(c);
    for (uint32_t task = 1; task <= c->task_count; task++)
        for (int round = 0; round < PATIENCE && c->tasks[task].process == id && c->tasks[task].phase == PHASE_outside;
             round++)
            if (records_read(c, 0, NULL) != STATUS_OK)
                moment(round);
}

/* What became of a process that got the signal: true when that is known. It is dead, stopped or continued; or the signal
 * waits (pending and blocked) or does nothing (ignored), or is caught: the handler is a step of its own. */
static bool signal_settled(struct conductor *c, uint32_t id, int signal)
{
    struct guest_process *process = c->processes[id];
    uint64_t bit = UINT64_C(1) << (signal - 1);
    enum kernel_state state = kernel_process_state(c, process->pid, NULL, NULL);
    if (state == KERNEL_gone || state == KERNEL_zombie) {
        settle_process_end(c, id);
        return true;
    }
    if (signal == SIGCONT) {
        if (process->stopped && state != KERNEL_stopped)
            settle_continued(c, id);
        return state != KERNEL_stopped;
    }
    if (state == KERNEL_stopped && signal != SIGKILL) {
        stopped_tell(c, id, true);
        return true;
    }
    char path[64], text[4096];
    snprintf(path, sizeof path, "%d/status", process->pid);
    if (proc_read(c, path, text, sizeof text) <= 0)
        return false;
    uint64_t pending = mask_in(text, "\nShdPnd:") | mask_in(text, "\nSigPnd:");
    uint64_t harmless =
        mask_in(text, "\nSigIgn:") | mask_in(text, "\nSigCgt:") | (pending & mask_in(text, "\nSigBlk:"));
    return signal != SIGKILL && signal != SIGSTOP && ((harmless & bit) || ignored_by_default(signal));
}

void settle_sigio(struct conductor *c)
{
    for (uint32_t id = 1; id <= c->process_count; id++) {
        const struct world_process *known = world_process(conductor_world(c), id);
        char path[64], text[4096];
        snprintf(path, sizeof path, "%d/status", c->processes[id]->pid);
        if (!c->processes[id]->alive || !known || (known->pending & UINT64_C(1) << (SIGIO - 1)) ||
            proc_read(c, path, text, sizeof text) <= 0)
            continue;
        if (mask_in(text, "\nShdPnd:") & UINT64_C(1) << (SIGIO - 1))
            conductor_tell(c, &(struct event){.kind = EVENT_SIGNAL, .other = id, .value = SIGIO});
    }
}

void settle_signals(struct conductor *c)
{
    int signal = c->signal_sent;
    c->signal_sent = 0;
    if (signal <= 0 || signal > 64)
        return;
    for (uint32_t id = 1; id <= c->process_count; id++) {
        if (!c->processes[id]->alive || id == c->signal_sender || (c->signal_target && id != c->signal_target))
            continue;
        /* Sent to several at once: who of them got it is not known, so whoever is not touched soon was not meant. */
        int patience = c->signal_target ? PATIENCE : 40;
        for (int round = 0; round < patience && !signal_settled(c, id, signal); round++)
            moment(round);
    }
}
