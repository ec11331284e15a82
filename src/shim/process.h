/* Processes as the shim's files share them: fork, programs that are started, waiting for a child. */
#ifndef LOCKSTEP_SHIM_PROCESS_H
#define LOCKSTEP_SHIM_PROCESS_H

#include "shim/shim.h"

#include <spawn.h>

/* The record before an image ends or is replaced; written at once. */
void process_bye(void);
/* For shim_wait_arrival(): is the child `*(pid_t *)pid` still there (and not a zombie)? */
bool process_alive(const void *pid);
/* After a fork or spawn the child may be first: the parent is held once more before it goes on (as in threads.c). */
void process_resume(void *pc, void *frame);
/* Forks as one step; like fork(2). OPERATION_process_vfork: the parent is held until the child has exec'ed or ended. */
pid_t process_fork(enum operation operation, pid_t (*real)(void), void *pc, void *frame);
/* Virtual time at which this process began. */
int64_t process_started(void);

/* ---- programs (exec.c) ---- */

/* Is the image's executable a system tool, and not what the run was started with? */
bool shim_is_helper(uint32_t slot);
/* Why the program at `path` could not be observed ("static binary" ...); NULL: it can, or there is none. `folder` as in
 * openat(2); `search`: look a bare name up in PATH. */
const char *exec_unobserved(int folder, const char *path, bool search);
/* Bytes for exec_environment(): the guest's environment with ours added, for an image whose main task has `slot`. */
size_t exec_environment_size(char *const environment[]);
char **exec_environment(void *room, char *const environment[], uint32_t slot);

/* ---- spawn.c ---- */
struct spawn_request {
    const char *program;
    bool search;
    const posix_spawn_file_actions_t *actions;
    const posix_spawnattr_t *attributes; /* may be NULL */
    char *const *arguments, *const *environment;
};
/* The step process.spawn; 0 and *pid, or an errno number. */
int spawn_step(const struct spawn_request *request, pid_t *pid, void *pc, void *frame);

/* ---- wait.c ---- */

/* The step process.wait, like wait4(2). */
pid_t wait_step(pid_t pid, int *status, int options, struct rusage *usage, void *pc, void *frame);
/* Until this child has ended, whatever handlers run: its wait status; -1 and errno if there is none. */
int wait_for_end(pid_t pid, void *pc, void *frame);

#endif
