/* What a run tells, as a scene's beats know it. */
#ifndef LOCKSTEP_APP_BEATS_H
#define LOCKSTEP_APP_BEATS_H

#include "export/tell.h"
#include "scene/scene_match.h"

/* The fact that a step or a fault is; its texts are borrowed from `tell` and `number`. False: what is told is neither. */
bool beats_fact(const struct tell *tell, char number[40], struct scene_fact *out);

#endif
