/* What a person has seen and where they were in the menu: a small file in $XDG_STATE_HOME/lockstep. Losing it is no harm,
 * so nothing here fails aloud. */
#ifndef LOCKSTEP_APP_PROGRESS_H
#define LOCKSTEP_APP_PROGRESS_H

#include <stdbool.h>

struct progress;

/* What the file has, or nothing. Owns; NULL: out of memory. */
struct progress *progress_load(void);
void progress_free(struct progress *);

bool progress_seen(const struct progress *, const char *id);
/* The scene that was played last, "" none. */
const char *progress_last(const struct progress *);
/* The scene was played; written at once. */
void progress_mark(struct progress *, const char *id);

#endif
