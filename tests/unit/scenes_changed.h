/* For tests of tests: a copy of a shipped scene with one text of it changed, so that a promise no longer holds. And what
 * tests of several acts do with all of their scenes. */
#ifndef TESTS_SCENES_CHANGED_H
#define TESTS_SCENES_CHANGED_H

#include "scenes_run.h"

/* In a file of the scene's folder, `from` (which is there exactly once) becomes `to`. */
struct scenes_change {
    const char *file, *from, *to;
};

/* Plays a variant (NULL: the scene has none) of a copy of scenes/<folder>, changed, in its default schedule; at most 2000
 * steps. The copy, and what is built of it, is removed again. Free with scenes_run_free. */
void scenes_play_changed(const char *folder, const char *variant, struct scenes_change change, struct scenes_run *run);

/* Plays the variant under a policy and on so many virtual CPUs twice; fails the test unless the bytes are the same and
 * the run ended by itself, repeatably. */
void scenes_play_twice(const char *id, const char *variant, const char *policy, const char *cpus);

/* Plays the variant under the random policy with seeds 1 to `seeds`; fails the test unless each run finishes without a
 * fault. */
void scenes_play_seeds(const char *id, const char *variant, unsigned seeds);

/* Builds scenes/<source> with a plain compiler, without a warning, and runs it without lockstep with the argument (NULL:
 * none); it must end with 0. What it printed is owned by the caller. Also checks that the source is what a textbook would
 * print: 20 to 120 lines of at most 80 columns, without a word of ours. */
char *scenes_run_natively(const char *source, const char *argument);

#endif
