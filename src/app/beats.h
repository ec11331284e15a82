/* What a run tells, as a scene's beats know it. */
#ifndef LOCKSTEP_APP_BEATS_H
#define LOCKSTEP_APP_BEATS_H

#include "export/tell.h"
#include "scene/scene_match.h"

/* Room for what a fact says. */
struct beats_text {
    char number[40], from[22], to[22];
};

/* The fact that a step, a fault or a packet is; its texts are borrowed from `tell` and `text`. False: what is told is
 * none. */
bool beats_fact(const struct tell *tell, struct beats_text *text, struct scene_fact *out);

#endif
