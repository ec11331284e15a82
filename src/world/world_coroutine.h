/* What the world knows of coroutines: contexts that a program switches between by itself, within a thread. */
#ifndef LOCKSTEP_WORLD_WORLD_COROUTINE_H
#define LOCKSTEP_WORLD_WORLD_COROUTINE_H

#include "world/world.h"

enum coroutine_state {
    COROUTINE_none,      /* no coroutine, or nothing is known of it yet */
    COROUTINE_new,       /* made, has not run yet */
    COROUTINE_running,   /* the one that its thread runs now (whether or not the thread has a CPU) */
    COROUTINE_suspended, /* left at a switch; goes on there when it is switched to */
    COROUTINE_ended      /* its function has returned, or it goes on under another name */
};

struct world_coroutine {
    uint8_t state;     /* enum coroutine_state */
    uint32_t task;     /* that runs it, or ran it last, or made it */
    uint32_t from;     /* object: the coroutine that was left for it at the last switch to it, 0 unknown */
    uint32_t step;     /* of that switch, 0: none yet */
    uint32_t switches; /* to it */
};

/* Of an object; COROUTINE_none where it is no coroutine. */
struct world_coroutine world_coroutine(const struct world *, uint32_t object);
/* The coroutine that a task runs; 0: it has never switched, or what it runs has no name yet. */
uint32_t world_coroutine_of(const struct world *, uint32_t task);

#endif
