/* TCP connections as the wire has seen them begin: what makes sequence numbers relative, and windows what they mean. */
#ifndef LOCKSTEP_NETWORK_FLOW_H
#define LOCKSTEP_NETWORK_FLOW_H

#include "network/segment.h"

struct flows;

struct flows *flows_new(void); /* owns; NULL: out of memory */
void flows_free(struct flows *);

/* The next segment, in the order in which they were sent. Its numbers relative to the beginning of its connection (a SYN
 * has 0, the first byte 1), and its window in bytes. Without memory for one more connection they are relative to itself. */
void flows_measure(struct flows *, const struct segment *, uint32_t *sequence, uint32_t *acknowledgement,
                   uint32_t *window);

/* Whether a segment asks only how wide the peer's window is (RFC 9293 section 3.8.6.1): no data, and a number that lies
 * before what was sent already, to one who has once had no room. */
bool flows_probe(struct flows *, const struct segment *);

#endif
