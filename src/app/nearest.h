/* "Did you mean": the nearest of a few names. */
#ifndef LOCKSTEP_APP_NEAREST_H
#define LOCKSTEP_APP_NEAREST_H

#include <stddef.h>

/* The name with the smallest edit distance (insert, delete, replace, swap of neighbours) to `text`, if that is small
 * enough for a slip of the fingers (1 for three letters or fewer, 2 for up to seven, then 3); else "". Never NULL. */
const char *nearest_name(const char *text, const char *const *names, size_t count);

#endif
