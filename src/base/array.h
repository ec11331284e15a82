/* Arrays that grow. */
#ifndef LOCKSTEP_BASE_ARRAY_H
#define LOCKSTEP_BASE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

/* Makes room for `count` entries of `size` bytes in the array that `array` points to (a pointer to a pointer; NULL at
 * first), doubling its capacity; new entries are zero. False: out of memory, and all stays as it was. */
bool array_grow(void *array, size_t *capacity, size_t count, size_t size);

#endif
