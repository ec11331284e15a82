/* Which beats a run fires. Pure: facts go in in the order of the run, indices of beats come out. */
#ifndef LOCKSTEP_SCENE_MATCH_H
#define LOCKSTEP_SCENE_MATCH_H

#include "scene/scene.h"

/* One thing that happened, in the names of INTERFACE.md. NULL: has none. A fault found by a step is a fact of its own
 * (`fault` set, `task` perhaps), fed after the step's. Borrowed for the call. */
struct scene_fact {
    const char *task;
    const char *operation;
    const char *object;
    const char *outcome;
    const char *value; /* as text: 1, P2 */
    const char *error;
    const char *fault;
    const char *packet; /* its flags or protocol; then a packet is what the fact is about */
    const char *event;
    /* Of a packet only. */
    const char *protocol;  /* "TCP" */
    const char *from, *to; /* addresses with their ports */
    bool client;           /* it was sent by the connection's client */
    uint32_t seq, ack, length, window;
};

/* The flags that a text like "SYN+ACK" names, in any order, as in a TCP header (FIN is bit 0); 0: it names none. */
unsigned scene_packet_flags(const char *text);

/* Whether the fact is of the kind that the beat waits for, `occurrence` left aside. */
bool scene_beat_matches(const struct scene_beat *beat, const struct scene_fact *fact);

struct scene_matcher;

/* For one run of one variant; borrows the scene. NULL when memory is out. Free with scene_matcher_free (NULL allowed). */
struct scene_matcher *scene_matcher_new(const struct scene *scene, size_t variant);
void scene_matcher_free(struct scene_matcher *matcher);

/* Back to the beginning of the run. */
void scene_matcher_reset(struct scene_matcher *matcher);

/* Takes the next fact. Writes the indices (into scene->beats, ascending) of the beats that fire now, at most `capacity`,
 * and returns how many fire. Each beat fires once, in whatever order the run brings them. */
size_t scene_matcher_feed(struct scene_matcher *matcher, const struct scene_fact *fact, size_t *fired, size_t capacity);

/* Writes the indices of the variant's beats that have not fired; returns how many. */
size_t scene_matcher_unfired(const struct scene_matcher *matcher, size_t *unfired, size_t capacity);

#endif
