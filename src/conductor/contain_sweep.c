/* Sweeping. The order matters: first no descendant may fork any more (NPROC 0, then SIGSTOP), then all are killed,
 * then collected, again and again until the kernel says that there is no child (ECHILD). Every orphan becomes our
 * child because we are a subreaper, so ECHILD means that none is left; a scan of /proc that finds nothing does not.
 * Must not use the heap: it runs in processes cloned from a threaded one, and when memory has run out. */
#include "conductor/contain_sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SWEEP_PROCESSES = 32768, SWEEP_STOP_ROUNDS = 3, SWEEP_CHILD_ROUNDS = 32 };

struct sweep_entry {
    pid_t pid, parent;
    char state;
    bool ours;
    unsigned long long started; /* with the pid: the identity of a process */
};

struct sweep_directory_entry { /* struct linux_dirent64 of getdents64(2), which no header declares */
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

static struct sweep_entry sweep_table[SWEEP_PROCESSES];

/* Reads a small file below /proc whole; the text is terminated. -1 if it cannot. */
static long sweep_read(int proc, pid_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "%d/%s", (int)pid, name);
    int descriptor = openat(proc, path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return -1;
    long length = read(descriptor, text, size - 1);
    close(descriptor);
    if (length >= 0)
        text[length] = 0;
    return length;
}

/* The fields of /proc/PID/stat (proc(5)) after the name, which may hold spaces and parentheses itself. */
static bool sweep_read_stat(int proc, pid_t pid, struct sweep_entry *entry, long *tasks)
{
    char text[1024];
    if (sweep_read(proc, pid, "stat", text, sizeof text) <= 0)
        return false;
    const char *rest = strrchr(text, ')');
    if (!rest || rest[1] != ' ' || !rest[2])
        return false;
    entry->pid = pid;
    entry->state = rest[2];
    entry->ours = false;
    char *at = text + (rest - text) + 3;
    unsigned long long fields[23] = {0};
    for (int field = 4; field <= 22; field++)
        fields[field] = strtoull(at, &at, 10);
    entry->parent = (pid_t)fields[4];
    entry->started = fields[22];
    if (tasks)
        *tasks = (long)fields[20];
    return true;
}

/* Calls `each` for every numeric name in `proc`, in ascending order (as the kernel lists them). False on error. */
static bool sweep_each(int proc, void (*each)(int proc, pid_t pid, void *context), void *context)
{
    _Alignas(struct sweep_directory_entry) char buffer[8192];
    if (lseek(proc, 0, SEEK_SET) < 0)
        return false;
    for (;;) {
        long length = syscall(SYS_getdents64, proc, buffer, sizeof buffer);
        if (length < 0)
            return false;
        if (length == 0)
            return true;
        for (long at = 0; at < length;) {
            const struct sweep_directory_entry *entry = (const void *)(buffer + at);
            if (entry->name[0] >= '1' && entry->name[0] <= '9')
                each(proc, (pid_t)strtol(entry->name, NULL, 10), context);
            at += entry->length;
        }
    }
}

static void sweep_add(int proc, pid_t pid, void *context)
{
    int *count = context;
    if (*count < SWEEP_PROCESSES && sweep_read_stat(proc, pid, &sweep_table[*count], NULL))
        (*count)++;
}

static struct sweep_entry *sweep_find(int count, pid_t pid)
{
    int low = 0, high = count - 1;
    while (low <= high) {
        int middle = (low + high) / 2;
        if (sweep_table[middle].pid == pid)
            return &sweep_table[middle];
        if (sweep_table[middle].pid < pid)
            low = middle + 1;
        else
            high = middle - 1;
    }
    return NULL;
}

static int sweep_filters(int proc, pid_t pid)
{
    char text[4096];
    if (sweep_read(proc, pid, "status", text, sizeof text) <= 0)
        return 0;
    const char *line = strstr(text, "\nSeccomp_filters:");
    return line ? (int)strtol(line + 17, NULL, 10) : 0;
}

/* Fills the table and marks the processes concerned. Gives their number, -1 if /proc cannot be read. */
static int sweep_scan(int proc, enum contain_sweep_whom whom, int *count)
{
    *count = 0;
    if (!sweep_each(proc, sweep_add, count))
        return -1;
    pid_t self = (pid_t)syscall(SYS_getpid);
    int filters = whom == CONTAIN_SWEEP_MARKED ? sweep_filters(proc, self) : 0;
    int ours = 0;
    bool changed = true;
    while (changed) {
        changed = false;
        for (int i = 0; i < *count; i++) {
            struct sweep_entry *entry = &sweep_table[i];
            if (entry->ours)
                continue;
            const struct sweep_entry *parent = entry->parent == self ? NULL : sweep_find(*count, entry->parent);
            if (entry->parent != self && !(parent && parent->ours))
                continue;
            if (whom == CONTAIN_SWEEP_MARKED && entry->parent == self && sweep_filters(proc, entry->pid) <= filters)
                continue;
            entry->ours = changed = true;
            ours++;
        }
    }
    return ours;
}

/* A pid that was read a moment ago may be another process by now, if it was not our own child: the pidfd holds the
 * process, and the second look says whether it is the one that was meant. */
static void sweep_signal(int proc, const struct sweep_entry *entry, int signal)
{
    int pidfd = (int)syscall(SYS_pidfd_open, entry->pid, 0);
    struct sweep_entry now;
    if (pidfd < 0) {
        /* No descriptor left, or no such call: killing is worth more than the small chance of a reused number. */
        if (errno != ESRCH && sweep_read_stat(proc, entry->pid, &now, NULL) && now.started == entry->started)
            kill(entry->pid, signal);
        return;
    }
    if (sweep_read_stat(proc, entry->pid, &now, NULL) && now.started == entry->started) {
        struct rlimit none = {0, 0};
        if (signal == SIGSTOP)
            prlimit(entry->pid, RLIMIT_NPROC, &none, NULL);
        syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
    }
    close(pidfd);
}

static void sweep_signal_all(int proc, int count, int signal)
{
    for (int i = 0; i < count; i++)
        if (sweep_table[i].ours)
            sweep_signal(proc, &sweep_table[i], signal);
}

/* Collects who has ended. True if there is no child at all. */
static bool sweep_collect(int count, enum contain_sweep_whom whom)
{
    if (whom == CONTAIN_SWEEP_MARKED) {
        /* The caller's other children are its own business: their status must not be taken away. */
        for (int i = 0; i < count; i++)
            if (sweep_table[i].ours)
                waitpid(sweep_table[i].pid, NULL, WNOHANG | __WALL);
        return false;
    }
    for (;;) {
        pid_t pid = waitpid(-1, NULL, WNOHANG | __WALL);
        if (pid == 0)
            return false;
        if (pid < 0)
            return errno == ECHILD;
    }
}

/* A process that forks and exits in an endless walk is gone from a list of the whole /proc before its turn comes; but it
 * becomes our child each time, and the kernel lists those in one small file (where it is configured to). A child's
 * number cannot be given to another before we collect it, so no second look is needed. */
static void sweep_kill_children(int proc, enum contain_sweep_whom whom)
{
    char name[48], text[1024];
    pid_t self = (pid_t)syscall(SYS_getpid);
    snprintf(name, sizeof name, "task/%d/children", (int)self);
    int filters = whom == CONTAIN_SWEEP_MARKED ? sweep_filters(proc, self) : 0;
    for (int round = 0; round < SWEEP_CHILD_ROUNDS; round++) {
        if (sweep_read(proc, self, name, text, sizeof text) <= 0)
            return;
        char *at = text, *next;
        for (long pid = strtol(at, &next, 10); *next == ' '; pid = strtol(at, &next, 10)) {
            at = next + 1;
            if (whom == CONTAIN_SWEEP_ALL)
                kill((pid_t)pid, SIGKILL);
            else if (sweep_filters(proc, (pid_t)pid) > filters && kill((pid_t)pid, SIGKILL) == 0)
                waitpid((pid_t)pid, NULL, WNOHANG | __WALL);
        }
        if (sweep_collect(0, whom))
            return;
    }
}

static long long sweep_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int contain_sweep(int proc, enum contain_sweep_whom whom, int milliseconds)
{
    long long end = sweep_now() + milliseconds;
    int count = 0, ours = 0;
    if (sweep_collect(0, whom))
        return 0;
    for (int round = 0, before = -1; round < SWEEP_STOP_ROUNDS; round++) {
        ours = sweep_scan(proc, whom, &count);
        sweep_signal_all(proc, count, SIGSTOP);
        if (ours == before)
            break;
        before = ours;
    }
    for (;;) {
        sweep_signal_all(proc, count, SIGKILL);
        sweep_kill_children(proc, whom);
        if (sweep_collect(count, whom))
            return 0;
        if (milliseconds >= 0 && sweep_now() >= end)
            return ours > 0 ? ours : 1;
        poll(NULL, 0, 1); /* the kernel needs a moment to end them; the loop ends by ECHILD, not by this */
        ours = sweep_scan(proc, whom, &count);
        if (ours == 0 && whom == CONTAIN_SWEEP_MARKED)
            return 0;
    }
}

struct sweep_tally {
    uid_t user;
    long tasks;
};

static void sweep_tally_add(int proc, pid_t pid, void *context)
{
    struct sweep_tally *tally = context;
    char name[24];
    struct stat status;
    snprintf(name, sizeof name, "%d", (int)pid);
    if (fstatat(proc, name, &status, 0) < 0 || status.st_uid != tally->user)
        return;
    struct sweep_entry entry;
    long tasks = 1;
    if (sweep_read_stat(proc, pid, &entry, &tasks))
        tally->tasks += tasks;
}

long contain_sweep_count_tasks(int proc)
{
    struct sweep_tally tally = {.user = getuid()};
    if (!sweep_each(proc, sweep_tally_add, &tally))
        return 0;
    return tally.tasks;
}

bool contain_sweep_find_unkillable(int proc, bool descendants_only, char *text, size_t size)
{
    int count = 0;
    if (sweep_scan(proc, CONTAIN_SWEEP_ALL, &count) < 0)
        return false;
    for (int i = 0; i < count; i++) {
        const struct sweep_entry *entry = &sweep_table[i];
        if (entry->state != 'D' || (descendants_only && !entry->ours))
            continue;
        char name[64] = "?", where[128] = "";
        if (sweep_read(proc, entry->pid, "comm", name, sizeof name) > 0)
            name[strcspn(name, "\n")] = 0;
        if (sweep_read(proc, entry->pid, "wchan", where, sizeof where) <= 0 || where[0] == '0')
            snprintf(where, sizeof where, "the kernel");
        snprintf(text, size, "process %d (%s), waiting in %s", (int)entry->pid, name, where);
        return true;
    }
    return false;
}
