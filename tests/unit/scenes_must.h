/* For tests of what must hold of a scene's run: each of these fails the test where it does not. */
#ifndef TESTS_SCENES_MUST_H
#define TESTS_SCENES_MUST_H

#include "scenes_run.h"

/* The run ends with this verdict and exit status, and on its way tasks went from state to state as tasks may, never two
 * running on the one virtual CPU, and those that were enabled were ready, running or new. */
void scenes_must_end(const struct scenes_run *run, const char *verdict, int status);

/* Who holds a mutex is the only one. For scenes in which the mutex of a condition wait is the only one that its task holds.
 * `inside` (NULL: none) is called for each step that is nothing of a mutex's, with the first mutex's holder (NULL: nobody). */
void scenes_must_exclude(const struct scenes_run *run, void (*inside)(const struct scenes_step *, const char *holder));

/* All that was printed is this. */
void scenes_must_print(const struct scenes_run *run, const char *wanted);

/* As scenes_find; and the step is there. */
size_t scenes_must_find(const struct scenes_run *run, size_t from, struct scenes_wanted wanted);

#endif
