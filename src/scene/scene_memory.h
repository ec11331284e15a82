/* Memory of one scene: taken in pieces, given back at once. */
#ifndef LOCKSTEP_SCENE_MEMORY_H
#define LOCKSTEP_SCENE_MEMORY_H

#include <stddef.h>

struct scene_memory;

/* NULL when memory is out. */
struct scene_memory *scene_memory_new(void);

/* NULL is allowed. */
void scene_memory_free(struct scene_memory *memory);

/* Zeroed, aligned for any type; lives as long as `memory`. NULL when memory is out. */
void *scene_memory_get(struct scene_memory *memory, size_t size);

/* A terminated copy of `length` bytes. NULL when memory is out. */
char *scene_memory_copy(struct scene_memory *memory, const char *text, size_t length);

#endif
