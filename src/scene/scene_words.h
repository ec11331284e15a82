/* The words that a scene may use where only certain words mean something (INTERFACE.md). Private to the room. */
#ifndef LOCKSTEP_SCENE_WORDS_H
#define LOCKSTEP_SCENE_WORDS_H

#include <stdbool.h>

/* NULL-ended lists. */
extern const char *const scene_words_policies[];
extern const char *const scene_words_modes[];  /* index: enum scene_mode */
extern const char *const scene_words_stdout[]; /* index: enum scene_stdout */
extern const char *const scene_words_outcomes[];
extern const char *const scene_words_verdicts[];
extern const char *const scene_words_faults[];
extern const char *const scene_words_views[];
extern const char *const scene_words_packets[];
extern const char *const scene_words_profiles[];

/* Whether an operation of this name exists (`mutex.lock`). */
bool scene_words_operation(const char *name);

#endif
