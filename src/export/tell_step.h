/* What is told of one finished step; shared by the files of this room. */
#ifndef LOCKSTEP_EXPORT_TELL_STEP_H
#define LOCKSTEP_EXPORT_TELL_STEP_H

#include "export/tell.h"

/* What a task last asked for. */
struct tell_asked {
    uint32_t operation, object, place, other;
    int64_t argument[2];
    uint32_t outer_operation, outer_object, outer_place; /* the handler or initialiser in whose midst it asked */
};

/* Fills `out` from the event that ended the step of `task` and the world after it; states, enabled and watches are left
 * empty. */
void tell_step_make(const struct world *after, const struct event *, uint32_t task, const struct tell_asked *,
                    int chinese, struct tell *out);

/* The name of a task into an array of 24; "" if it is not among the states. */
void tell_name_task(const struct tell_state *states, size_t count, uint32_t task, char out[24]);

/* What an EVENT_PACKET tells; and the states of its connection's ends, as they are in `world`. */
void tell_packet_make(const struct world *world, const struct event *event, struct tell_packet *out);
void tell_packet_states(const struct world *world, struct tell_packet *packet);

#endif
