/* What is known of a run besides its events and worlds, so that any step can be shown at once: whose each step was, the
 * lanes of the timeline, the lines that were printed, and the beats that fired. Grows with the run. */
#ifndef LOCKSTEP_APP_CHRONICLE_H
#define LOCKSTEP_APP_CHRONICLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "scene/scene.h"
#include "stage/frame.h"
#include "world/world.h"

struct chronicle;

/* `scene` (NULL: none) is borrowed. Owns; NULL: out of memory. */
struct chronicle *chronicle_new(const struct scene *scene, size_t variant);
void chronicle_free(struct chronicle *);

/* Event `number` of the history, with the world after it. STATUS_OK or STATUS_MEMORY. */
enum status chronicle_event(struct chronicle *, uint32_t number, const struct event *, const struct world *after);
/* The step is over, the next choice has not been made: to be called between the two, at least, with the world then. */
enum status chronicle_settle(struct chronicle *, const struct world *);

uint32_t chronicle_steps(const struct chronicle *);
/* Of step `step` (1 .. steps): whose it was (of a packet of the wire: the choice, CONDUCTOR_DELIVER and so on, with its
 * number); the event in which the task asked for it (0: not known). */
uint32_t chronicle_mover(const struct chronicle *, uint32_t step);
uint32_t chronicle_asked(const struct chronicle *, uint32_t step);
/* All of them: [step - 1]. Borrowed until the next event. */
const uint32_t *chronicle_movers(const struct chronicle *);

/* Lanes in the order of names; borrowed until the next event. */
size_t chronicle_lanes(const struct chronicle *, const struct stage_lane **lanes);

/* Indices (into scene->beats) of the beats that step fired, ascending; returns their number, fills at most `max`. Faults
 * that only the end of the run brings have fired theirs at the end, which is step `chronicle_steps() + 1` here. */
size_t chronicle_beats(const struct chronicle *, uint32_t step, size_t *beats, size_t max);
/* Steps (and the end) at which a beat fired, ascending, each once. */
size_t chronicle_beat_steps(const struct chronicle *, const uint32_t **steps);

/* The last lines printed up to and in `step`, at most `max` of them, oldest first; texts live in `arena`. */
struct arena;
size_t chronicle_lines(const struct chronicle *, uint32_t step, struct stage_line *lines, size_t max, struct arena *);

#endif
