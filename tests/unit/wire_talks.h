/* For tests: a program whose packets lockstep carries, from its start to its end, and what can be asked of it then. */
#ifndef TESTS_UNIT_WIRE_TALKS_H
#define TESTS_UNIT_WIRE_TALKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conductor/conductor.h"
#include "history/history.h"
#include "world/world.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

/* What a run was. */
struct talk {
    struct conductor *conductor;
    struct history *history;
    char output[4096];
    size_t length;
    int status;
    enum verdict verdict;
    uint64_t hash; /* of the events, raw bytes and times of the machine left out */
    unsigned acted;
};

/* The next choice; 0: the policy's. */
typedef uint32_t chooser(struct talk *talk, const struct world *world);

/* Runs the guest `program` in mode `mode` to its end, which must come within so many steps as any of these programs takes.
 * Skips the test where the wire of its kind (talk_veth) cannot be had. End it with talk_end. */
void talk_run(struct talk *talk, const char *program, const char *mode, struct conductor_options options,
              chooser *choose);
void talk_end(struct talk *talk);
/* Listener of a conductor that a test starts itself; the context is the talk. */
void talk_listen(void *context, const struct event *event, const struct world *world);
/* It ended by itself, with status 0, and printed this. */
void talk_finished(const struct talk *talk, const char *output);
const struct world *talk_world(const struct talk *talk);

/* The nth packet with these flags (0: any) and at least so many bytes; NULL: there is none. */
const struct world_packet *talk_packet(const struct world *world, unsigned flags, uint32_t length, unsigned nth);
unsigned talk_count(const struct world *world, unsigned flags, uint32_t length);
/* The first packet that is held with these flags and at least one byte if `data`, with none if not. */
const struct world_packet *talk_held(const struct world *world, unsigned flags, bool data);
/* Of a chooser: `act` on this packet, the first time that there is one. */
uint32_t talk_once(struct talk *talk, const struct world_packet *one, uint32_t act);

/* The kind of wire of the tests that follow, as their setup. */
int talk_with_tun(void **state);
int talk_with_veth(void **state);

#define TALK_BOTH(test)                                                                                                \
    {#test " (TUN where it can be had)", test, talk_with_tun, NULL, NULL},                                             \
    {                                                                                                                  \
#test " (veth)", test, talk_with_veth, NULL, NULL                                                              \
    }

#endif
