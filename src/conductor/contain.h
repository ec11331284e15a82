/* The containment of a guest: started, watched and ended as a whole tree.
 *
 * The calling process (F) starts I, process 1 of new user, process, mount, IPC and network namespaces (DESIGN.md "Who
 * watches whom"); I forks the guest with a terminal of its own. When I goes, the kernel ends all that it contained,
 * whatever they did to their sessions, signals and descriptors. Where the system refuses namespaces, I is an ordinary
 * subreaper that sweeps, a filter keeps kill(-1) from the rest of the system, and contain_level() says so.
 *
 * For accidents, not for attackers. One thread uses a containment, the one that started it, and that thread must live
 * as long (I's parent-death signal is tied to it). F must not waitpid(-1): I's process is its child, and collected
 * here. F must not have SIGCHLD ignored. */
#ifndef LOCKSTEP_CONDUCTOR_CONTAIN_H
#define LOCKSTEP_CONDUCTOR_CONTAIN_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "network/build.h"

struct contain;

/* Another program beside the first, on a host of its own. */
struct contain_program {
    const char *path; /* absolute */
    const char *const *argv;
    char *const *envp;
    int host; /* from 0: which of the two hosts of the wire; if there are not two, all are on one */
};
enum { CONTAIN_OTHERS = NETWORK_HOSTS - 1 };

struct contain_options {
    const char *program_path;             /* absolute; what is executed */
    const char *const *argv;              /* NULL-terminated, argv[0] included */
    char *const *envp;                    /* the guest's whole environment, NULL-terminated */
    int host;                             /* as of contain_program */
    const struct contain_program *others; /* what contain_start_other() may start; read only by contain_start() */
    size_t other_count;                   /* at most CONTAIN_OTHERS */
    const char *working_directory;        /* absolute; NULL: that of the caller */
    /* Absolute; a folder of the caller's (event pipe, gate page) that the guest sees at the same path. Needed for
     * fresh_working_folder, else may be NULL. */
    const char *runtime_directory;
    bool stdout_pipe;                /* standard output is a pipe, not the terminal */
    bool fresh_working_folder;       /* an empty folder instead of working_directory, gone afterwards */
    bool network;                    /* a network of its own, with only a loopback interface ... */
    const struct network_plan *wire; /* ... or, if this is not NULL, with a wire; contain_take_wire() */
    int columns, rows;               /* of the terminals; 0: 80 by 24 */
};

/* Starts the guest: returns when its exec has succeeded (STATUS_OK, *out set; contain_free() it), or with a message of
 * what could not be done, to what, why, and nothing left behind: STATUS_NOT_FOUND the program is not there,
 * STATUS_INVALID it cannot be executed, STATUS_REFUSED real root without namespaces, STATUS_ENVIRONMENT or STATUS_LIMIT
 * the system lacks something.
 * In namespaces the guest's first process is always number 2.
 * Environment of the caller: LOCKSTEP_NO_NAMESPACES=1 takes the fallback at once; LOCKSTEP_ALLOW_ROOT_UNCONTAINED=1
 * lets root use the fallback, in which a guest of root has no bound on forks and may reach all of root's processes. */
enum status contain_start(const struct contain_options *options, struct contain **out, struct message *message);

/* Starts others[index] of contain_start()'s options, of which `program` is a copy (its path is for messages): returns when
 * its exec has succeeded, with its *pid as the guests see it, or as contain_start(). It shares the first one's terminals,
 * folder and process group. */
enum status contain_start_other(struct contain *contain, const struct contain_program *program, size_t index,
                                pid_t *pid, struct message *message);

/* Ends every process of the guest, in two independent ways, and returns when the kernel has confirmed that none is left
 * (STATUS_OK), at most about 4 s. STATUS_LIMIT: some process cannot be killed by anybody, because it is in an
 * uninterruptible sleep in the kernel; the message says which. May be called again. The streams and the reports can
 * still be read until contain_free(); reading a stream to its end of file (EIO on a terminal) then gives the last of
 * what the guest printed. `contain` may be NULL. */
enum status contain_kill(struct contain *contain, struct message *message);

/* contain_kill() if that was not done, then closes all descriptors, removes the fresh folder, frees. May be NULL. */
void contain_free(struct contain *contain);

enum contain_level {
    CONTAIN_FULL,   /* no process can survive, and none can reach another outside */
    CONTAIN_PARTIAL /* something was refused */
};
enum contain_level contain_level(const struct contain *contain);
/* "full", or "partial: " and what is missing and why. Borrowed; as long as `contain`. */
const char *contain_level_text(const struct contain *contain);
/* Whether process ids count from 2 in each run (a process namespace). */
bool contain_has_own_processes(const struct contain *contain);
/* Whether the guest has a network of its own. */
bool contain_has_own_network(const struct contain *contain);

/* The wire: true, and *made with its descriptors, which then belong to the caller; once. False: there is none, and
 * made->stage and made->error say why (0: none was asked for, or network namespaces are refused, contain_level_text()). */
bool contain_take_wire(struct contain *contain, struct network_made *made);

/* Descriptors for the caller to poll; non-blocking, close-on-exec, borrowed until contain_free().
 * Standard input and output are one terminal's master (contain_output() is another one, a pipe, if asked so). Output is
 * raw, there is no echo. Writing byte 4 at the start of a line is an end of file for the guest, byte 3 is SIGINT.
 * What the guest wrote to a terminal reaches the master through a kernel worker, so perhaps a moment after the guest's
 * write() returned: who needs all of it counts the bytes that the shim tells. An end of file comes only after
 * contain_kill() or when I has died. */
int contain_input(const struct contain *contain);
int contain_output(const struct contain *contain);
int contain_error(const struct contain *contain);

/* How the guest's fstat() sees its descriptor 0, 1 or 2: st_dev, st_ino, and st_rdev for a terminal (0 for a pipe). */
struct contain_stream {
    dev_t device;
    ino_t inode;
    dev_t special;
};
struct contain_stream contain_get_stream(const struct contain *contain, int descriptor);

/* The guest's first process, in the numbers that the guest itself sees. */
pid_t contain_get_first(const struct contain *contain);
/* The folder that the guest was started in, as the guest sees it; NULL: that of the caller. Borrowed. */
const char *contain_get_directory(const struct contain *contain);

/* A descriptor of a /proc that has the guest's own numbers, for openat(descriptor, "2/stat", ...). -1 where the system
 * refused it (contain_open_proc() works all the same). Borrowed. */
int contain_get_proc(const struct contain *contain);
/* Opens /proc/<pid>/<name> of a guest's process for reading: a descriptor to close, or -1 with errno. */
int contain_open_proc(struct contain *contain, pid_t pid, const char *name);

/* A pidfd of a guest's process, to poll for its end; close it. STATUS_ENDED: there is no such process (message NULL is
 * allowed as everywhere). */
enum status contain_request_pidfd(struct contain *contain, pid_t pid, int *pidfd, struct message *message);
/* Sends a signal to a process (task 0) or to one task. STATUS_ENDED: there is no such process or task. */
enum status contain_signal(struct contain *contain, pid_t pid, pid_t task, int signal, struct message *message);

/* A process that I has collected: one that it has started, or an orphan. By the time of the report it is gone. */
struct contain_report {
    pid_t pid;  /* in the guest's numbers */
    int status; /* as from waitpid() */
    bool first; /* the first process of all */
};
/* A descriptor that is readable when there is a report (or none will come any more). */
int contain_reports(const struct contain *contain);
/* 1 and the report; 0 none now; -1 none ever: I is gone. None is ever lost: I collects nobody before the report of the
 * one before has been taken by the pipe. */
int contain_next_report(struct contain *contain, struct contain_report *report);

/* What this machine allows, found by doing it (for `lockstep doctor`); takes a few milliseconds. Each error is 0 or the
 * errno with which it was refused. */
struct contain_probe {
    int user, process, mount, ipc, network; /* user namespace; each of the others inside one */
    bool own_proc, own_terminals, own_shared_memory, loopback, fixed_addresses;
    struct network_made wire; /* of a wire made for trial; its descriptors are closed. error: why there is none */
    bool kill_proven;         /* closing the leash ended a test containment within half a second */
    enum contain_level level;
    char text[512]; /* as contain_level_text() would say for a guest started now, or why none can be */
};
void contain_probe(struct contain_probe *probe);

#endif
