/* What the kernel and the packets have said of a TCP connection's windows, moment by moment. For view_window. */
#ifndef LOCKSTEP_STAGE_STAGE_WINDOW_H
#define LOCKSTEP_STAGE_STAGE_WINDOW_H

#include "stage/stage_wire.h"

/* Of one end, at the end of a step: as it sends, and as it receives. */
struct window_side {
    bool told;      /* its kernel has said something of it: its state */
    bool known;     /* and how it sends: the numbers up to `unread` */
    uint8_t state;  /* enum socket_state */
    bool timed_out; /* it came to the state "loss" in this step: a timer has fired */
    struct event_window kernel;
    bool tells;      /* kernel.send is its peer's window as it knows it */
    uint32_t flying; /* bytes sent, not yet acknowledged */
    uint32_t unread; /* bytes that it has received and its program has not taken */
    bool advertised; /* a packet of its own has told its window; else, without a wire, its peer's kernel */
    uint32_t window; /* bytes */
};

struct window_moment {
    uint32_t step;
    struct window_side side[WIRE_ENDS];
};

enum { WINDOW_MOMENTS = 512 };
struct window_series {
    struct window_moment moments[WINDOW_MOMENTS]; /* a step each in which anything was said; the last that there are */
    size_t count;
    unsigned sender; /* the end that has sent more of its stream */
};

/* Up to the shown step, of the conversation that the screen is about. */
void stage_window_find(const struct stage_frame *, const struct stage_wire *, struct window_series *out);

#endif
