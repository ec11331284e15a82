/* For tests: a guest run natively on a terminal of its own, and the same guest under the conductor. */
#ifndef TESTS_GUEST_RUN_H
#define TESTS_GUEST_RUN_H

#include "conductor/conductor.h"

#include <stddef.h>
#include <stdint.h>

struct guest_result {
    char *output; /* what came out of the terminal; owned: guest_result_free */
    size_t length;
    int status;        /* wait status of the first process; natively WIFSTOPPED when a signal has stopped it */
    uint64_t hash;     /* of all events, in order */
    unsigned diverged; /* events in which the model and the outcome differed */
    unsigned lost;
    unsigned steps;
    enum verdict verdict;
    enum status end;
};

/* Runs on a pseudo-terminal (raw output, no echo, end of file typed at once) with one argument (NULL: none) and collects
 * what it and the processes that it leaves behind print. It is a job of the foreground, as from a shell: a session leader
 * that is not the guest holds the terminal, and the guest's process group is not orphaned. What stops is ended then. */
void guest_run_native(const char *program, const char *argument, struct guest_result *result);
/* Runs under the conductor with these options (program, arguments, preload, listener are filled in here). */
void guest_run_held(const char *program, struct conductor_options options, struct guest_result *result);
void guest_result_free(struct guest_result *result);

/* The folder of the built tree, and the shim in it. */
const char *guest_build(void);
const char *guest_shim(void);

#endif
