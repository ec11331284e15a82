/* The end of guests where no process namespace ends them: find every descendant, stop, kill, collect. Used by the
 * guests' init, by lockstep and by its supervisor, each of which is a subreaper, so that no orphan gets past it. */
#ifndef LOCKSTEP_CONDUCTOR_CONTAIN_SWEEP_H
#define LOCKSTEP_CONDUCTOR_CONTAIN_SWEEP_H

#include <stdbool.h>
#include <stddef.h>

enum contain_sweep_whom {
    CONTAIN_SWEEP_ALL,   /* every descendant of the calling process */
    CONTAIN_SWEEP_MARKED /* only those with more seccomp filters than the calling process, which means guests */
};

/* Kills and collects until none is left, or `milliseconds` have passed (negative: no bound). `proc` is a descriptor of
 * /proc opened beforehand, so that a full descriptor table cannot make a sweep see nothing and report success.
 * Gives the number of processes left: for CONTAIN_SWEEP_ALL 0 only if waitpid() has said ECHILD, that is, proof; for
 * CONTAIN_SWEEP_MARKED 0 if a look at /proc found no more. Uses no heap; not for two threads at once. */
int contain_sweep(int proc, enum contain_sweep_whom whom, int milliseconds);

/* The tasks (threads) that the calling process's real user has now, everywhere; 0 if /proc cannot tell. */
long contain_sweep_count_tasks(int proc);

/* Describes one process that could not be killed as "process 12 (name), waiting in FUNCTION" into `text`; among the
 * descendants of the caller if `whom_descendants`, else any in `proc`. False if none is in an uninterruptible sleep. */
bool contain_sweep_find_unkillable(int proc, bool descendants_only, char *text, size_t size);

#endif
