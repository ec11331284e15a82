/* A bump arena: a list of blocks, each twice as large as the one before, up to a limit; a request that is larger gets a
 * block of its own size. Nothing is given back before the end. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_FIRST = 4096, BLOCK_LARGEST = 1 << 20 };

struct block {
    struct block *next; /* the one before */
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *blocks; /* the youngest first */
    size_t held;
};

struct arena *arena_new(void)
{
    return calloc(1, sizeof(struct arena));
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    while (arena->blocks) {
        struct block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
    free(arena);
}

void arena_clear(struct arena *arena)
{
    struct block *kept = arena->blocks;
    if (!kept)
        return;
    while (kept->next) {
        struct block *next = kept->next->next;
        arena->held -= sizeof *kept + kept->next->size;
        free(kept->next);
        kept->next = next;
    }
    kept->used = 0;
}

static struct block *block_add(struct arena *arena, size_t least)
{
    size_t size = arena->blocks ? arena->blocks->size * 2 : BLOCK_FIRST;
    if (size > BLOCK_LARGEST)
        size = BLOCK_LARGEST;
    if (size < least)
        size = least;
    /* No object is larger than this, and a sanitizer stops the program that asks for one. */
    if (size > PTRDIFF_MAX - sizeof(struct block))
        return NULL;
    struct block *block = malloc(sizeof *block + size);
    if (!block)
        return NULL;
    *block = (struct block){.next = arena->blocks, .size = size};
    arena->blocks = block;
    arena->held += sizeof *block + size;
    return block;
}

void *arena_obtain(struct arena *arena, size_t size)
{
    size_t step = alignof(max_align_t);
    if (size > SIZE_MAX - step)
        return NULL;
    size_t rounded = size ? (size + step - 1) / step * step : step;
    struct block *block = arena->blocks;
    if (!block || block->size - block->used < rounded)
        block = block_add(arena, rounded);
    if (!block)
        return NULL;
    void *memory = block->bytes + block->used;
    block->used += rounded;
    return memset(memory, 0, rounded);
}

void *arena_obtain_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return arena_obtain(arena, bytes);
}

char *arena_copy_text(struct arena *arena, const char *text, size_t count)
{
    char *copy = count < SIZE_MAX ? arena_obtain(arena, count + 1) : NULL;
    if (copy && count)
        memcpy(copy, text, count);
    return copy;
}

size_t arena_size(const struct arena *arena)
{
    return arena->held;
}
