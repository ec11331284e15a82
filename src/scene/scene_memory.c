/* Memory of one scene. A scene is read once and freed as a whole, so pieces are cut from blocks that are only ever freed
 * together. It must not know what is kept in it. */
#include "scene/scene_memory.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 16 * 1024 };

struct block {
    struct block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char bytes[];
};

struct scene_memory {
    struct block *blocks;
};

struct scene_memory *scene_memory_new(void)
{
    return calloc(1, sizeof(struct scene_memory));
}

void scene_memory_free(struct scene_memory *memory)
{
    if (!memory)
        return;
    for (struct block *block = memory->blocks; block;) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
    free(memory);
}

void *scene_memory_get(struct scene_memory *memory, size_t size)
{
    const size_t grain = alignof(max_align_t);
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + grain - 1) / grain * grain;
    if (size == 0)
        size = grain;
    struct block *block = memory->blocks;
    if (!block || block->size - block->used < size) {
        size_t capacity = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        block = calloc(1, sizeof *block + capacity);
        if (!block)
            return NULL;
        block->size = capacity;
        block->next = memory->blocks;
        memory->blocks = block;
    }
    void *piece = block->bytes + block->used;
    block->used += size;
    return piece;
}

char *scene_memory_copy(struct scene_memory *memory, const char *text, size_t length)
{
    char *copy = scene_memory_get(memory, length + 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}
