/* The wire: the stretch of network that lockstep itself carries. Everything that the guests' kernel sends is read at once,
 * queued in our own memory, and goes on to the other end only when it is released.
 *
 * The wire is built inside a private network namespace by the guests' init (network/build.h); here are its descriptors'
 * other side. One thread uses a wire. Nothing here waits for a person, and nothing sleeps for luck. */
#ifndef LOCKSTEP_NETWORK_WIRE_H
#define LOCKSTEP_NETWORK_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "network/build.h"
#include "network/segment.h"

struct wire;

enum { WIRE_PACKET_MAX = 65535, WIRE_HELD_MAX = 16384 };

/* A packet on the wire. `bytes` is the packet from its IP header on; `header` what it says. */
struct wire_packet {
    uint32_t number;  /* in the order in which they were read, from 1 */
    uint32_t copy_of; /* duplicated by us from this one; 0: none */
    uint32_t absorbed;
    uint32_t sequence, acknowledgement; /* relative to the connection's beginning (TCP) */
    uint32_t window;                    /* as it is meant: scaled */
    struct segment header;
    const unsigned char *bytes;
    size_t size;
};

/* Takes over the wire's descriptors (also when it fails). STATUS_OK; STATUS_MEMORY; STATUS_LIMIT: no descriptor is left. */
enum status wire_new(const struct network_made *made, struct wire **out, struct message *message);
void wire_free(struct wire *); /* NULL is allowed */

/* Something to poll(2) for: readable when a packet has come. */
int wire_descriptor(const struct wire *);
/* One end in one namespace, for both of those who talk; or two, one on each of two hosts (network/build.h). */
int wire_ends(const struct wire *);
/* An end's socket for states_read() (network/states.h), ends count from 0; -1: none. */
int wire_end_diag(const struct wire *, int end);
/* That of the first end. */
int wire_diag(const struct wire *);

/* Reads all that there is. Packets that the guests' kernel has handed over before the call are in the queue after it, in
 * their order. Returns how many new ones are queued; copies of held segments are absorbed and counted, malformed packets
 * and such that are not IPv4 are thrown away and counted. */
unsigned wire_read(struct wire *);

/* Takes only copies of what is held, which are absorbed and counted; whatever else has come waits for wire_read, in its
 * order. wire_waiting: there is such. (wire_release and wire_drop do so first: what the kernel sent while a packet was
 * held is a copy, and no news when that packet has gone.) */
void wire_absorb(struct wire *);
bool wire_waiting(const struct wire *);

/* Without holding: what is there goes straight on to its receiver, nothing is kept, absorbed or looked at. Waits at most
 * so long for the first packet. Returns how many went on. Not while packets are held: those would be overtaken. */
unsigned wire_pass(struct wire *, int milliseconds);

/* The kernel asks again and again by itself how wide a closed window is, in real time. Such questions are no news, and are
 * absorbed, except for the next one after a call with `wanted`. Without any call all are let through. */
void wire_want_probe(struct wire *, bool wanted);

/* Packets absorbed since the last call of this function, by the number of the held packet; 0 when there is no more. */
uint32_t wire_next_absorbed(struct wire *);

/* Held packets, in the order in which they were read. */
size_t wire_held_count(const struct wire *);
const struct wire_packet *wire_held(const struct wire *,
                                    size_t index); /* NULL: no such; borrowed until the next call */
const struct wire_packet *wire_find(const struct wire *, uint32_t number); /* NULL: not held */

/* Gives a held packet to its receiver, and returns when the kernel has taken it in: what it answers at once has been read
 * into the queue. STATUS_NOT_FOUND: not held. STATUS_IO with a message: the kernel did not take it (it is then lost). */
enum status wire_release(struct wire *, uint32_t number, struct message *message);
enum status wire_drop(struct wire *, uint32_t number);
/* A second copy, held, behind all others; *copy is its number. */
enum status wire_duplicate(struct wire *, uint32_t number, uint32_t *copy);
/* Puts bytes of anybody's on the wire, to be held like all others (tests; malformed packets are refused: STATUS_INVALID). */
enum status wire_inject(struct wire *, const void *bytes, size_t size, uint32_t *number);

/* For `doctor` and the end of a run: what went wrong, all 0 as a rule. */
struct wire_counts {
    uint64_t read, released, dropped, duplicated, absorbed;
    uint64_t malformed;      /* thrown away */
    uint64_t overrun;        /* thrown away, as WIRE_HELD_MAX were held */
    uint64_t refused;        /* the kernel did not take it */
    uint64_t device_dropped; /* by the kernel at the device, before we could read */
};
struct wire_counts wire_counts(struct wire *);

#endif
