/* Memory that is given piece by piece and freed at once. */
#ifndef LOCKSTEP_BASE_ARENA_H
#define LOCKSTEP_BASE_ARENA_H

#include <stddef.h>

struct arena;

/* An empty arena, owned by the caller; NULL when memory is short. */
struct arena *arena_new(void);

/* Frees it and all that was obtained from it. NULL is fine. */
void arena_free(struct arena *arena);

/* Forgets all that was obtained, keeps one block for what comes next. */
void arena_clear(struct arena *arena);

/* `size` bytes, zeroed, aligned for any type, valid until arena_free or arena_clear. NULL when memory is short; never
 * NULL for size 0. */
void *arena_obtain(struct arena *arena, size_t size);

/* `count` times `size` bytes in the same way; NULL also when the product does not fit a size_t. */
void *arena_obtain_array(struct arena *arena, size_t count, size_t size);

/* A terminated copy of `count` bytes of text. NULL when memory is short. */
char *arena_copy_text(struct arena *arena, const char *text, size_t count);

/* Bytes held from the system, for those who keep an eye on them. */
size_t arena_size(const struct arena *arena);

#endif
