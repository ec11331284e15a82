/* The guests' init, I: what it is given, what it answers. I is cloned from lockstep (F), so it sees the options in its
 * own copy of F's memory; what crosses afterwards are the fixed records below, over one socket (requests, answers,
 * descriptors) and one pipe (reports). Only contain.c and init*.c include this. */
#ifndef LOCKSTEP_CONDUCTOR_INIT_H
#define LOCKSTEP_CONDUCTOR_INIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "network/build.h"

/* What I or the guest was doing when it failed; the text completes "could not ...". */
#define INIT_STAGES(X)                                                                                                 \
    X(NONE, "start")                                                                                                   \
    X(PTY, "open a pseudo-terminal for it")                                                                            \
    X(PIPE, "make a pipe for its standard output")                                                                     \
    X(SIGNALS, "watch for the end of its processes")                                                                   \
    X(FORK, "make its first process")                                                                                  \
    X(NETWORK, "enter its host's network")                                                                             \
    X(STREAMS, "connect its standard input and output")                                                                \
    X(DIRECTORY, "enter its working directory")                                                                        \
    X(PRIVILEGES, "give up privileges")                                                                                \
    X(FILTER, "install the filter that keeps its signals away from other programs (seccomp)")                          \
    X(EXEC, "execute it")

enum init_stage {
#define X(name, text) INIT_STAGE_##name,
    INIT_STAGES(X)
#undef X
};

/* What could not be had, though the guest runs: bits of init_ready.missing. */
#define INIT_LACKS(X)                                                                                                  \
    X(MOUNTS, "mounts of its own")                                                                                     \
    X(PROC, "a /proc of its own")                                                                                      \
    X(PTS, "a /dev/pts of its own")                                                                                    \
    X(SHM, "a /dev/shm of its own")                                                                                    \
    X(LOOPBACK, "a loopback interface")                                                                                \
    X(FOLDER, "a fresh folder in a fixed place")                                                                       \
    X(SESSION, "a controlling terminal")                                                                               \
    X(LAYOUT, "fixed addresses (the system refuses personality(ADDR_NO_RANDOMIZE))")

enum init_lack_number {
#define X(name, text) INIT_LACK_NUMBER_##name,
    INIT_LACKS(X)
#undef X
        INIT_LACK_COUNT
};
enum init_lack {
#define X(name, text) INIT_LACK_##name = 1 << INIT_LACK_NUMBER_##name,
    INIT_LACKS(X)
#undef X
};

/* A program that I can be asked to start. */
struct init_program {
    const char *path;
    char *const *argv, *const *envp;
    int host; /* of two hosts, from 0: in whose network namespace */
};

enum { INIT_PROGRAMS = NETWORK_HOSTS };

struct init_options {
    struct init_program programs[INIT_PROGRAMS];
    int program_count;
    const char *working_directory; /* entered by the guest */
    const char *spare_directory;   /* entered instead if fresh_mount fails */
    const char *runtime_directory;
    bool fresh_mount; /* mount an empty file system over working_directory */
    bool own_processes, own_mounts, own_network, stdout_pipe;
    bool root; /* the guest is the real root, only without capabilities */
    bool set_pid_max;
    const struct network_plan *wire; /* NULL: none */
    int columns, rows;
    long tasks; /* RLIMIT_NPROC; 0 none */
    int control, leash, reports;
};

enum { INIT_WIRE_DESCRIPTORS = 3 /* of each end */, INIT_DESCRIPTORS = 4 + INIT_WIRE_DESCRIPTORS * NETWORK_HOSTS };
/* Which descriptors come with init_ready, in this order, as bits. */
enum init_gives {
    INIT_GIVES_TERMINAL = 1,
    INIT_GIVES_ERROR = 2,
    INIT_GIVES_PIPE = 4,
    INIT_GIVES_PROC = 8,
    INIT_GIVES_WIRE = 16 /* and the next ones: of each end of the wire its device, barrier and diag */
};

struct init_stream {
    uint64_t device, inode, special; /* st_dev, st_ino, st_rdev */
};

struct init_ready {
    int32_t stage, error; /* error != 0: the start failed there, and I has gone */
    uint32_t missing;     /* enum init_lack */
    uint32_t gives;       /* enum init_gives */
    uint32_t fresh;       /* the fresh folder is mounted */
    struct init_stream streams[3];
    struct network_made wire; /* its descriptors are those that are given */
};

/* What the guest's process says on the exec pipe if it cannot become the guest; nothing at all if it can. */
struct init_failure {
    int32_t stage, error;
};

enum init_request_kind { INIT_REQUEST_PIDFD = 1, INIT_REQUEST_SIGNAL, INIT_REQUEST_START };
struct init_request {
    uint32_t serial;
    int32_t kind, pid, task, signal;
    int32_t program; /* START: which one */
};
struct init_answer {
    uint32_t serial;
    int32_t error; /* 0, or an errno; else, where asked, a pidfd or the reading end of the exec pipe comes with it */
    int32_t pid;   /* START: as I sees it */
};

struct init_report {
    int32_t pid, status, first;
};

/* I's whole life, in the process that the clone made. Uses no heap, no stdio, no lock. Never returns. */
void init_run(const struct init_options *options) __attribute__((noreturn));

/* Mounts and the network of the new namespaces. Gives the bits of what could not be had; *fresh says whether the fresh
 * folder is there. */
uint32_t init_mount_all(const struct init_options *options, bool *fresh);
uint32_t init_mount_loopback(void);

/* What a guest's process becomes. */
struct init_guest {
    const struct init_program *program;
    const int *streams; /* its 0, 1 and 2 */
    int exec_status;    /* the writing end of the exec pipe */
    int entry;          /* the network namespace that it enters; -1: it is in it */
    pid_t group;        /* the process group that it joins; 0: one of its own, in the foreground */
    bool fresh;         /* the fresh folder is there */
};

/* The guest's process from fork to exec. Never returns. */
void init_guest_run(const struct init_options *options, const struct init_guest *guest) __attribute__((noreturn));

#endif
