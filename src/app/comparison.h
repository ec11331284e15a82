/* Several variants of a scene, each really run once from its beginning to its end, so that their policies can be compared:
 * who had the CPU when, and when each job was done. */
#ifndef LOCKSTEP_APP_COMPARISON_H
#define LOCKSTEP_APP_COMPARISON_H

#include "app/paths.h"
#include "base/arena.h"
#include "scene/scene.h"
#include "stage/frame.h"

struct comparison;

/* Runs what the scene wants compared, with the scene's own options. NULL: it wants nothing compared, or it could not be
 * had (the scene can be played all the same). The scene is borrowed. */
struct comparison *comparison_new(const struct scene *, const struct paths *);
void comparison_free(struct comparison *);

/* For the stage, in the language; `variant` is the one that is shown. Lives in `arena`, borrows of the comparison. NULL:
 * there is none, or no memory. */
const struct stage_comparison *comparison_frame(const struct comparison *, bool chinese, size_t variant,
                                                struct arena *arena);

#endif
