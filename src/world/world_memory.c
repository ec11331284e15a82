/* Memory steps and data races by happens-before.
 *
 * For each 8-byte word the accesses that are not yet ordered before a later one of their kind are kept: (bytes, task,
 * clock, place, plain or atomic, read or write). Two accesses race if they overlap, at least one writes, at least one is
 * plain, and neither happens before the other. Atomics are all treated as sequentially consistent: an edge from every
 * atomic write to every later atomic read of the same word, whatever the memory order asked for, and fences add none.
 * So a program that relies on an order weaker than the one it named may be called free of races here. */
#include "world/world_state.h"

#include <string.h>

enum access_bits { ACCESS_WRITE = 1, ACCESS_ATOMIC = 2 };

struct access {
    uint32_t next; /* also the chain of given-back entries: must be first */
    uint32_t task, clock, place;
    uint8_t bytes; /* bit n: byte n of the word */
    uint8_t kind;  /* enum access_bits */
    uint16_t unused;
    uint32_t object;
};
_Static_assert(sizeof(struct access) == WORLD_ACCESS_SIZE, "the list's entries are accesses");

/* An entry of the hash table: the word at `address` of `space`. */
struct word {
    uint64_t address;   /* in words, plus 1, so that 0 is an empty entry */
    uint32_t space;     /* object, or process with its image where the object is not known */
    uint32_t first;     /* access */
    struct clock clock; /* released by atomic writes */
    uint64_t unused;
};
_Static_assert(sizeof(struct word) == WORLD_WORD_SIZE, "the list's entries are words");

static struct access *access_at(const struct world *world, uint32_t id)
{
    return list_at(world, LIST_ACCESS, id);
}

static uint32_t word_hash(uint64_t address, uint32_t space)
{
    uint64_t hash = (address + ((uint64_t)space << 40 | space)) * 0x9E3779B97F4A7C15ull;
    return (uint32_t)(hash >> 32);
}

static uint32_t word_slot(const struct list *words, uint64_t address, uint32_t space)
{
    uint32_t mask = words->count - 1;
    uint32_t i = word_hash(address, space) & mask;
    const struct word *table = words->items;
    while (table[i].address && (table[i].address != address || table[i].space != space))
        i = (i + 1) & mask;
    return i;
}

/* The table's count is its number of slots (a power of two); `free` counts the used ones. */
static struct word *word_get(struct world *world, uint64_t address, uint32_t space)
{
    struct list *words = &world->list[LIST_WORD];
    if (words->free * 3 >= words->count * 2 || words->count < 16) {
        uint32_t count = words->count < 16 ? 16 : words->count * 2;
        struct list grown = {.size = words->size, .count = count, .capacity = count, .free = words->free};
        grown.items = world_list_table(count, words->size);
        if (!grown.items) {
            world->out_of_memory = 1;
            return NULL;
        }
        const struct word *old = words->items;
        for (uint32_t i = 0; i < words->count; i++)
            if (old[i].address)
                ((struct word *)grown.items)[word_slot(&grown, old[i].address, old[i].space)] = old[i];
        world_list_replace(words, &grown);
    }
    struct word *word = (struct word *)words->items + word_slot(words, address, space);
    if (!word->address) {
        word->address = address;
        word->space = space;
        words->free++;
    }
    return word;
}

static void report(struct world *world, const struct event *event, const struct access *before)
{
    uint32_t place = task_at(world, event->task)->view.place;
    for (uint32_t i = 1; i < world->list[LIST_FAULT].count; i++) {
        const struct world_fault *fault = list_at(world, LIST_FAULT, i);
        if (fault->kind != FAULT_data_race)
            continue;
        bool same = (fault->places[0] == before->place && fault->places[1] == place) ||
                    (fault->places[0] == place && fault->places[1] == before->place);
        if (same && (place || before->place || fault->objects[0] == event->object))
            return;
    }
    struct access copy = *before;
    struct world_fault *fault = world_fault_add(world, FAULT_data_race);
    if (!fault)
        return;
    fault->tasks[fault->task_count++] = copy.task;
    fault->tasks[fault->task_count++] = event->task;
    if (event->object)
        fault->objects[fault->object_count++] = event->object;
    fault->places[0] = copy.place;
    fault->places[1] = place;
    fault->process = task_at(world, event->task)->view.process;
    fault->value = copy.kind & ACCESS_WRITE; /* 1: the earlier of the two wrote */
}

/* Is an earlier access that happens before the new one needless from now on, because whatever would race with it would
 * race with the new one as well? */
static bool replaced(const struct access *before, uint8_t bytes, uint8_t kind)
{
    if (before->bytes & ~bytes)
        return false;
    if ((kind & ACCESS_ATOMIC) && !(before->kind & ACCESS_ATOMIC))
        return false;
    return (kind & ACCESS_WRITE) || !(before->kind & ACCESS_WRITE);
}

static void access_word(struct world *world, const struct event *event, uint64_t address, uint32_t space, uint8_t bytes,
                        uint8_t kind)
{
    struct word *word = word_get(world, address + 1, space);
    if (!word)
        return;
    struct clock clock = task_at(world, event->task)->clock;
    uint32_t *link = &word->first; /* the table does not move below; the accesses do, when one is added at the end */
    for (uint32_t id = *link; id; id = *link) {
        struct access *before = access_at(world, id);
        bool ordered = before->task == event->task || before->clock <= world_clock_get(world, clock, before->task);
        if (!ordered && (before->bytes & bytes) && ((before->kind | kind) & ACCESS_WRITE) &&
            !((before->kind & kind) & ACCESS_ATOMIC))
            report(world, event, before);
        if (ordered && replaced(before, bytes, kind)) {
            *link = before->next;
            world_list_give(world, LIST_ACCESS, id);
        } else {
            link = &before->next;
        }
    }
    uint32_t first = word->first;
    uint32_t id = world_list_take(world, LIST_ACCESS);
    if (!id)
        return;
    *access_at(world, id) = (struct access){
        .next = first,
        .task = event->task,
        .clock = world_clock_get(world, clock, event->task),
        .place = task_at(world, event->task)->view.place,
        .bytes = bytes,
        .kind = kind,
        .object = event->object,
    };
    word->first = id;
}

/* Splits an access into words. Of a shared object all processes see the same bytes at different addresses, which agree
 * within a page: its words are numbered within the page. */
static void access_memory(struct world *world, const struct event *event, uint8_t kind)
{
    uint64_t address = (uint64_t)event->argument[1];
    uint64_t size = event->argument[0] > 0 ? (uint64_t)event->argument[0] : 1;
    if (size > 4096)
        size = 4096;
    const struct object *object = object_at(world, event->object);
    uint32_t space = event->object;
    if (!object->view.id) {
        uint32_t process = task_at(world, event->task)->view.process;
        space = 0x80000000u | process_at(world, process)->image << 20 | (process & 0xFFFFFu);
    } else if (!object->view.process) {
        address &= 4095;
    }
    while (size) {
        uint64_t offset = address & 7, part = 8 - offset < size ? 8 - offset : size;
        access_word(world, event, address >> 3, space, (uint8_t)(((1u << part) - 1) << offset), kind);
        address += part;
        size -= part;
    }
}

static void know_value(struct world *world, const struct event *event, int64_t value)
{
    struct object *object = object_at(world, event->object);
    if (object->view.id && !(event->flags & RECORD_PIECE))
        object->view.value = value;
}

void world_reduce_memory_load(struct world *world, const struct event *event)
{
    if (event->kind != EVENT_GOT)
        return;
    access_memory(world, event, 0);
    know_value(world, event, event->value);
}

void world_reduce_memory_store(struct world *world, const struct event *event)
{
    if (event->kind != EVENT_GOT)
        return;
    access_memory(world, event, ACCESS_WRITE);
    know_value(world, event, event->value);
}

void world_reduce_memory_atomic(struct world *world, const struct event *event)
{
    enum { LOAD, STORE, COMPARE_FAILED = 10 };
    if (event->kind != EVENT_GOT)
        return;
    bool reads = event->argument[3] != STORE;
    bool writes = event->argument[3] != LOAD && event->argument[3] != COMPARE_FAILED;
    /* The edges first: what an atomic reads was released before, its own access is ordered after that. */
    const struct object *object = object_at(world, event->object);
    uint32_t process = task_at(world, event->task)->view.process;
    uint32_t space = object->view.id ? event->object
                                     : (0x80000000u | process_at(world, process)->image << 20 | (process & 0xFFFFFu));
    uint64_t address = (uint64_t)event->argument[1];
    if (object->view.id && !object->view.process)
        address &= 4095;
    struct word *word = word_get(world, (address >> 3) + 1, space);
    if (!word)
        return;
    if (reads)
        world_clock_join(world, &task_at(world, event->task)->clock, word->clock);
    access_memory(world, event, (uint8_t)(ACCESS_ATOMIC | (writes ? ACCESS_WRITE : 0)));
    if (writes) {
        word = word_get(world, (address >> 3) + 1, space);
        world_clock_join(world, &word->clock, task_at(world, event->task)->clock);
        world_clock_tick(world, &task_at(world, event->task)->clock, event->task);
    }
    know_value(world, event, writes ? event->argument[2] : event->value);
}

void world_reduce_memory_fence(struct world *world, const struct event *event)
{
    (void)world, (void)event;
}
