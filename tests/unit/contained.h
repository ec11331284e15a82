/* For tests of containment: a contained program, and what it says. */
#ifndef TESTS_CONTAINED_H
#define TESTS_CONTAINED_H

#include <stdbool.h>
#include <sys/types.h>

#include "conductor/contain.h"

enum { CONTAINED_PATIENCE_MILLISECONDS = 20000 };

struct contained_result {
    char output[8192], error[2048]; /* cut there */
    int status;                     /* of the first process */
    int orphans;                    /* reports of others */
    pid_t first;
};

extern char *const contained_environment[]; /* plain; NULL-ended */

long long contained_now(void); /* milliseconds, monotonic */

/* Adds what can be read now to a text; what does not fit is dropped. */
void contained_take(int descriptor, char *text, size_t size);

/* Starts the argument vector, whose first is a path, with contained_environment unless the options have another; fails the
 * test if it cannot be started. Owned by the caller. */
struct contain *contained_start(const char *const *argv, struct contain_options options);

/* Reads until the first process was reported and `orphans` others, then ends all that is left. */
void contained_follow(struct contain *contain, int orphans, struct contained_result *result);

/* All of that with a script for the shell. */
struct contained_result contained_run(const char *script, struct contain_options options, int orphans);

/* Some tests want namespaces; a machine without them shows it in a skipped test, not in a passed one. */
bool contained_namespaces_work(void);

#endif
