/* The arrays of a world: growing, giving back, copying. */
#include "world/world_state.h"

#include <stdlib.h>
#include <string.h>

/* ---- lists ---- */

static const uint32_t list_sizes[LIST_COUNT] = {
    [LIST_TASK] = sizeof(struct task),
    [LIST_PROCESS] = sizeof(struct process),
    [LIST_OBJECT] = sizeof(struct object),
    [LIST_QUESTION] = sizeof(struct question),
    [LIST_READER] = sizeof(struct reader),
    [LIST_TEXT] = sizeof(struct text),
    [LIST_BYTE] = 1,
    [LIST_PLACE] = sizeof(struct world_place),
    [LIST_FAULT] = sizeof(struct world_fault),
    [LIST_NODE] = WORLD_NODE_SIZE,
    [LIST_WORD] = WORLD_WORD_SIZE,
    [LIST_ACCESS] = WORLD_ACCESS_SIZE,
    [LIST_PACKET] = sizeof(struct world_packet),
    [LIST_SOCKET] = sizeof(struct world_socket),
    [LIST_SAMPLE] = sizeof(struct world_sample),
};

bool world_list_reserve(struct world *world, enum world_list_kind kind, uint32_t more)
{
    struct list *list = &world->list[kind];
    if (list->capacity - list->count >= more)
        return true;
    uint64_t capacity = list->capacity < 16 ? 16 : (uint64_t)list->capacity * 2;
    while (capacity < (uint64_t)list->count + more)
        capacity *= 2;
    void *items = capacity <= UINT32_MAX ? realloc(list->items, (size_t)capacity * list->size) : NULL;
    if (!items) {
        world->out_of_memory = 1;
        return false;
    }
    list->items = items;
    list->capacity = (uint32_t)capacity;
    return true;
}

uint32_t world_list_add(struct world *world, enum world_list_kind kind)
{
    struct list *list = &world->list[kind];
    if (!world_list_reserve(world, kind, 1))
        return 0;
    memset((char *)list->items + (size_t)list->count * list->size, 0, list->size);
    return list->count++;
}

uint32_t world_list_take(struct world *world, enum world_list_kind kind)
{
    struct list *list = &world->list[kind];
    uint32_t id = list->free;
    if (!id)
        return world_list_add(world, kind);
    char *entry = (char *)list->items + (size_t)id * list->size;
    memcpy(&list->free, entry, sizeof list->free);
    memset(entry, 0, list->size);
    return id;
}

void world_list_give(struct world *world, enum world_list_kind kind, uint32_t id)
{
    struct list *list = &world->list[kind];
    if (!id || id >= list->count)
        return;
    memcpy((char *)list->items + (size_t)id * list->size, &list->free, sizeof list->free);
    list->free = id;
}

void *world_list_table(uint32_t slots, uint32_t size)
{
    return calloc(slots, size);
}

void world_list_replace(struct list *list, const struct list *grown)
{
    free(list->items);
    *list = *grown;
}

/* ---- making, copying ---- */

struct world *world_new(void)
{
    struct world *world = calloc(1, sizeof *world);
    if (!world)
        return NULL;
    for (unsigned kind = 0; kind < LIST_COUNT; kind++) {
        world->list[kind].size = list_sizes[kind];
        world_list_add(world, kind); /* the blank entry */
    }
    world->nearest = INT64_MAX;
    if (world->out_of_memory) {
        world_free(world);
        return NULL;
    }
    return world;
}

void world_free(struct world *world)
{
    if (!world)
        return;
    for (unsigned kind = 0; kind < LIST_COUNT; kind++)
        free(world->list[kind].items);
    free(world);
}

enum status world_assign(struct world *to, const struct world *from)
{
    if (to == from)
        return STATUS_OK;
    for (unsigned kind = 0; kind < LIST_COUNT; kind++) {
        const struct list *source = &from->list[kind];
        struct list *list = &to->list[kind];
        if (list->capacity >= source->count)
            continue;
        /* A quarter more than needed: a copy is mostly made in order to be stepped on. */
        uint32_t capacity = source->count + source->count / 4;
        void *items = realloc(list->items, (size_t)capacity * source->size);
        if (!items)
            return STATUS_MEMORY;
        list->items = items;
        list->capacity = capacity;
    }
    struct list kept[LIST_COUNT];
    memcpy(kept, to->list, sizeof kept);
    *to = *from;
    for (unsigned kind = 0; kind < LIST_COUNT; kind++) {
        struct list *list = &to->list[kind];
        const void *items = list->items;
        list->items = kept[kind].items;
        list->capacity = kept[kind].capacity;
        memcpy(list->items, items, (size_t)list->count * list->size);
    }
    return STATUS_OK;
}

struct world *world_copy(const struct world *from)
{
    struct world *world = calloc(1, sizeof *world);
    if (world && world_assign(world, from) != STATUS_OK) {
        world_free(world);
        return NULL;
    }
    return world;
}
