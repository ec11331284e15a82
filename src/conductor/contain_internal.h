/* What contain.c and contain_requests.c share. For nobody else. */
#ifndef LOCKSTEP_CONDUCTOR_CONTAIN_INTERNAL_H
#define LOCKSTEP_CONDUCTOR_CONTAIN_INTERNAL_H

#include "conductor/contain.h"
#include "conductor/contain_launch.h"

enum { CONTAIN_PATH = 4096 };

struct contain {
    struct contain_launch launch;
    bool own_processes, own_network, killed;
    pid_t first;
    int host_proc;
    uint32_t serial;
    struct contain_stream streams[3];
    enum contain_level level;
    char level_text[512];
    char directory[CONTAIN_PATH]; /* empty: that of the caller */
    char spare[CONTAIN_PATH];     /* a folder that we made and shall remove; empty: none */
};

/* Asks I for something and waits for its answer; *descriptor (may be NULL) gets what comes with it. 0, or an errno: the
 * answer's, ETIMEDOUT, or that of a dead I (EPIPE). */
int contain_ask(struct contain *contain, struct init_request request, struct init_answer *answer, int *descriptor);

/* Has I start one of the programs that it was given, and waits until its exec has succeeded or failed. 0 and *pid; or the
 * errno, and what failed (enum init_stage). */
int contain_exec(struct contain *contain, int program, pid_t *pid, enum init_stage *stage);

#endif
