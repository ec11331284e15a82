/* Words and lists of names for the views of this room, beyond what view.h gives. */
#ifndef LOCKSTEP_STAGE_NAMES_H
#define LOCKSTEP_STAGE_NAMES_H

#include "stage/view.h"

/* The word for a kind of object in the language of the screen: "mutex". Constant. */
const char *stage_kind_word(unsigned kind);
/* "mutex A": the word and the name as the screen shortens it. Returns out. */
const char *stage_object_label(const struct stage_frame *, const struct world *, uint32_t object,
                               char out[STAGE_NAME_SIZE]);
/* Draws "T1 T2 +3", at most `columns` wide: `count` tasks, of which the array holds the first `kept`; those that do not
 * fit are counted. Returns the columns drawn. */
int stage_tasks_draw(const struct stage_frame *, const struct pane *, int column, int row, int columns, enum role,
                     const uint32_t *tasks, size_t kept, size_t count);

/* Whom a blocked task waits for, now, in a world. */
enum stage_wait {
    STAGE_WAIT_none,   /* it does not wait, or only for time to pass */
    STAGE_WAIT_object, /* for an object, whose holders are known or not */
    STAGE_WAIT_end,    /* for the end of a task */
    STAGE_WAIT_child,  /* for any child */
    STAGE_WAIT_other   /* for something that is neither: a signal, one of several descriptors, the outside */
};
struct stage_waiting {
    enum stage_wait kind;
    uint32_t object; /* STAGE_WAIT_object */
    uint32_t task;   /* STAGE_WAIT_end */
};
struct stage_waiting stage_waiting_of(const struct world *, uint32_t task);
/* Tasks that keep others out of a lock: its owner, or the readers inside. At most `max`; returns how many there are. */
size_t stage_holders(const struct world *, uint32_t object, uint32_t *tasks, size_t max);
bool stage_task_ended(const struct world *, uint32_t task);
/* Nobody is left, and somebody was. */
bool stage_all_ended(const struct world *);

#endif
