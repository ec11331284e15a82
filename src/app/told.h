/* What is said of one step, made again from the history, in either language. */
#ifndef LOCKSTEP_APP_TOLD_H
#define LOCKSTEP_APP_TOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "app/chronicle.h"
#include "history/history.h"

enum { TOLD_FACTS_MAX = 12 };

/* Plain data; texts are escaped. */
struct told {
    uint32_t step, task, object, place; /* task 0: it is a packet's step */
    uint32_t packet;
    uint16_t operation;
    uint8_t outcome;
    char say[1024];
    char facts[TOLD_FACTS_MAX][640]; /* faults first, then what else followed from the step */
    size_t fact_count;
};

/* Step `step` (1 ..). `ended`: also what the end of the run brought (faults that are found only when nobody can go on).
 * False: there is no such step, or memory is short; `out` is empty then. */
bool told_make(struct history *, const struct chronicle *, uint32_t step, bool ended, bool chinese, struct told *out);

#endif
