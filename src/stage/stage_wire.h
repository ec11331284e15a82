/* Which conversation on the wire the screen is about, and who its two ends are. For the views of the network. */
#ifndef LOCKSTEP_STAGE_STAGE_WIRE_H
#define LOCKSTEP_STAGE_STAGE_WIRE_H

#include "stage/view.h"

enum { WIRE_LEFT, WIRE_RIGHT, WIRE_ENDS };

/* Two addresses that exchange packets. The left one spoke first: of TCP that is the client. */
struct wire_flow {
    uint8_t protocol; /* 6 TCP, 17 UDP, others; of ICMP that of the packet that it reports on, if it quotes one */
    struct world_address end[WIRE_ENDS];
};

/* The flow of a packet; `*sender`: which of its ends sent it. */
struct wire_flow stage_wire_flow(const struct world *, const struct world_packet *, unsigned *sender);
bool stage_wire_same(const struct wire_flow *, const struct wire_flow *);

struct stage_wire {
    uint32_t packet;            /* chosen, else moved by this step, else the newest; 0: there is none */
    struct wire_flow flow;      /* protocol 0: nothing is known of any */
    uint32_t socket[WIRE_ENDS]; /* of the kernel; 0: none any more, or none yet */
    bool several;               /* there were packets of other flows, too */
};
/* What the screen is about, in the world after the step. False: there is neither packet nor socket. */
bool stage_wire_find(const struct stage_frame *, struct stage_wire *out);
/* Something became of the packet in this step, or it was sent. */
bool stage_wire_moved(const struct stage_frame *, uint32_t packet);
/* The name of who has that end: "P2"; "" where it is not known. */
const char *stage_wire_who(const struct stage_frame *, const struct stage_wire *, unsigned end,
                           char out[STAGE_NAME_SIZE]);
/* The socket that listens at this address; 0: none. */
uint32_t stage_wire_listener(const struct world *, struct world_address);
/* The oldest packet that is known. */
uint32_t stage_wire_first(const struct world *);

#endif
