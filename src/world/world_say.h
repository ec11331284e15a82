/* What choosing a sentence (world_say.c, world_say_fact.c) and filling it in (world_say_fill.c) share. */
#ifndef LOCKSTEP_WORLD_SAY_H
#define LOCKSTEP_WORLD_SAY_H

#include "world/world_words.h"

#define WORLD_PAIR(en, zh) ((struct world_pair){{en, zh}})

/* What a sentence is about: an event and the world after it. */
struct world_saying {
    const struct world *world;
    const struct event *event;
    const struct task *task; /* the event's; blank entry 0 where it is nobody's */
    uint32_t object, second; /* 0: none */
    int chinese;             /* 0 or 1 */
};

/* The sentence on an event that is no step's end, with places to fill; what has no such places is written at once, and both
 * of the pair are "". */
struct world_pair world_say_fact(const struct world_saying *of, struct world_writer *writer);

/* Writes the sentence with its places, {T} and so on (world_say.def says which there are), filled in. */
void world_say_fill(struct world_writer *writer, const struct world_saying *of, const char *text);

/* A second sentence on a socket's step that failed: who has the address, why there is none of IPv6. */
void world_say_socket(struct world_writer *writer, const struct world_saying *of);

#endif
