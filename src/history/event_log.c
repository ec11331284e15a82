/* The log of events: blocks of encoded events and one decoded block as a cache. It knows nothing of worlds or files. */
#include "history/event_log.h"

#include <stdlib.h>
#include <string.h>

#include "history/codec.h"
#include "operations/operations.h"

struct log_block {
    unsigned char *bytes;
    size_t length, capacity; /* capacity 0: borrowed */
    uint32_t first_event;    /* events before it */
    uint32_t first_step;     /* steps completed before it */
    uint32_t events, steps;
};

/* The decoded events of one block, as far as they were decoded. */
struct log_cache {
    size_t block; /* SIZE_MAX: none */
    uint32_t decoded;
    size_t position;
    struct codec codec;
    struct event events[EVENT_LOG_BLOCK];
    uint32_t payload[EVENT_LOG_BLOCK]; /* offset in the block, whose bytes may move while it grows */
    uint16_t steps[EVENT_LOG_BLOCK];   /* completed in the block up to and with this event */
};

struct event_log {
    struct log_block *blocks;
    size_t block_count, block_capacity;
    uint32_t count, steps;
    struct codec tail; /* of the last block: the writer's while appending, the reader's while loading */
    struct log_cache cache;
    struct codec_map *map; /* of loaded bytes; NULL: our own numbers */
    struct codec foreign;  /* their reader, if there is a map */
    void *buffer;
};

struct event_log *event_log_new(void)
{
    struct event_log *log = calloc(1, sizeof *log);
    if (log)
        log->cache.block = SIZE_MAX;
    return log;
}

void event_log_free(struct event_log *log)
{
    if (!log)
        return;
    for (size_t i = 0; i < log->block_count; i++) {
        if (log->blocks[i].capacity > 0)
            free(log->blocks[i].bytes);
    }
    free(log->blocks);
    free(log->buffer);
    free(log->map);
    free(log);
}

void event_log_keep(struct event_log *log, void *buffer)
{
    free(log->buffer);
    log->buffer = buffer;
}

enum status event_log_translate(struct event_log *log, const struct codec_map *map)
{
    bool same = map->operation_count <= OPERATION_COUNT && map->object_count <= OBJECT_COUNT;
    for (uint16_t i = 0; same && i < map->operation_count; i++)
        same = map->operations[i] == i;
    for (uint16_t i = 0; same && i < map->object_count; i++)
        same = map->objects[i] == i;
    free(log->map);
    log->map = NULL;
    if (same)
        return STATUS_OK;
    log->map = malloc(sizeof *log->map);
    if (!log->map)
        return STATUS_MEMORY;
    *log->map = *map;
    codec_reset(&log->foreign);
    return STATUS_OK;
}

uint32_t event_log_count(const struct event_log *log)
{
    return log->count;
}

uint32_t event_log_steps(const struct event_log *log)
{
    return log->steps;
}

static bool log_block_full(const struct log_block *block)
{
    return block->events >= EVENT_LOG_BLOCK || block->length >= EVENT_LOG_BLOCK_BYTES;
}

/* Starts a new, empty block at the end. */
static struct log_block *log_block_new(struct event_log *log)
{
    if (log->block_count == log->block_capacity) {
        size_t capacity = log->block_capacity ? 2 * log->block_capacity : 16;
        struct log_block *blocks = realloc(log->blocks, capacity * sizeof *blocks);
        if (!blocks)
            return NULL;
        log->blocks = blocks;
        log->block_capacity = capacity;
    }
    struct log_block *block = &log->blocks[log->block_count++];
    *block = (struct log_block){.first_event = log->count, .first_step = log->steps};
    codec_reset(&log->tail);
    return block;
}

/* Room for `more` bytes at the end of a block of ours. */
static bool log_block_reserve(struct log_block *block, size_t more)
{
    if (block->capacity - block->length >= more)
        return true;
    size_t capacity = block->capacity ? block->capacity : 1024;
    while (capacity - block->length < more)
        capacity *= 2;
    unsigned char *bytes = realloc(block->bytes, capacity);
    if (!bytes)
        return false;
    block->bytes = bytes;
    block->capacity = capacity;
    return true;
}

enum status event_log_ready(const struct event_log *log, const struct event *event)
{
    if (!codec_event_valid(event))
        return STATUS_INVALID;
    return log->count >= EVENT_LOG_MAX ? STATUS_LIMIT : STATUS_OK;
}

enum status event_log_append(struct event_log *log, const struct event *event, bool step)
{
    enum status ready = event_log_ready(log, event);
    if (ready)
        return ready;
    struct log_block *block = log->block_count ? &log->blocks[log->block_count - 1] : NULL;
    if (!block || log_block_full(block)) {
        if (block && block->capacity > block->length) { /* it grows no more */
            unsigned char *bytes = realloc(block->bytes, block->length);
            if (bytes) {
                block->bytes = bytes;
                block->capacity = block->length;
            }
        }
        block = log_block_new(log);
    }
    if (!block || !log_block_reserve(block, CODEC_EVENT_MAX + event->length))
        return STATUS_MEMORY;
    block->length += codec_encode(&log->tail, event, step, block->bytes + block->length);
    block->events++;
    block->steps += step;
    log->count++;
    log->steps += step;
    return STATUS_OK;
}

/* Loads bytes whose numbers are not ours. */
static enum status log_load_foreign(struct event_log *log, const unsigned char *bytes, size_t length, bool fresh,
                                    uint32_t *good)
{
    if (fresh)
        codec_reset(&log->foreign);
    for (size_t at = 0; at < length; ++*good) {
        struct event event;
        bool step;
        size_t taken = codec_decode(&log->foreign, log->map, bytes + at, length - at, &event, &step);
        enum status status = taken ? event_log_append(log, &event, step) : STATUS_INVALID;
        if (status)
            return status;
        at += taken;
    }
    return STATUS_OK;
}

enum status event_log_load(struct event_log *log, const unsigned char *bytes, size_t length, bool fresh, uint32_t *good)
{
    *good = 0;
    if (log->map)
        return log_load_foreign(log, bytes, length, fresh, good);
    struct log_block *block = log->block_count ? &log->blocks[log->block_count - 1] : NULL;
    if (!block || fresh) {
        block = log_block_new(log);
        if (!block)
            return STATUS_MEMORY;
        block->bytes = (unsigned char *)(uintptr_t)bytes;
    }
    size_t at = 0;
    while (at < length) {
        if (log->count >= EVENT_LOG_MAX)
            return STATUS_LIMIT;
        struct event event;
        bool step;
        size_t taken = block->events < EVENT_LOG_BLOCK
                           ? codec_decode(&log->tail, NULL, bytes + at, length - at, &event, &step)
                           : 0;
        if (taken == 0)
            return STATUS_INVALID;
        at += taken;
        block->length += taken;
        block->events++;
        block->steps += step;
        log->count++;
        log->steps += step;
        ++*good;
    }
    return STATUS_OK;
}

size_t event_log_block_count(const struct event_log *log)
{
    return log->block_count;
}

struct event_log_block event_log_block(const struct event_log *log, size_t index)
{
    const struct log_block *block = &log->blocks[index];
    return (struct event_log_block){.bytes = block->bytes,
                                    .length = block->length,
                                    .events = block->events,
                                    .steps = block->steps,
                                    .full = index + 1 < log->block_count || log_block_full(block)};
}

/* The block that holds event `number` (1..count): the last one with fewer events before it. */
static size_t log_block_of(const struct event_log *log, uint32_t number)
{
    size_t low = 0, high = log->block_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (log->blocks[middle].first_event < number)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Decodes block `index` up to its event `upto` (from 1 within the block) into the cache. */
static void log_cache_fill(struct event_log *log, size_t index, uint32_t upto)
{
    struct log_cache *cache = &log->cache;
    const struct log_block *block = &log->blocks[index];
    if (cache->block != index) {
        cache->block = index;
        cache->decoded = 0;
        cache->position = 0;
        codec_reset(&cache->codec);
    }
    while (cache->decoded < upto) {
        uint32_t n = cache->decoded;
        struct event *event = &cache->events[n];
        bool step = false;
        size_t taken = codec_decode(&cache->codec, NULL, block->bytes + cache->position,
                                    block->length - cache->position, event, &step);
        if (taken == 0)
            abort(); /* every byte was encoded or checked by this log: only a bug of ours gets here */
        cache->position += taken;
        cache->payload[n] = (uint32_t)(cache->position - event->length);
        cache->steps[n] = (uint16_t)((n ? cache->steps[n - 1] : 0) + step);
        event->payload = NULL;
        cache->decoded++;
    }
}

bool event_log_get(struct event_log *log, uint32_t number, struct event *out)
{
    if (number == 0 || number > log->count)
        return false;
    size_t index = log_block_of(log, number);
    uint32_t n = number - log->blocks[index].first_event;
    log_cache_fill(log, index, n);
    *out = log->cache.events[n - 1];
    out->payload = out->length ? log->blocks[index].bytes + log->cache.payload[n - 1] : NULL;
    return true;
}

uint32_t event_log_steps_at(struct event_log *log, uint32_t number)
{
    if (number == 0)
        return 0;
    if (number >= log->count)
        return log->steps;
    size_t index = log_block_of(log, number);
    uint32_t n = number - log->blocks[index].first_event;
    log_cache_fill(log, index, n);
    return log->blocks[index].first_step + log->cache.steps[n - 1];
}

uint32_t event_log_of_step(struct event_log *log, uint32_t step)
{
    if (step == 0 || step > log->steps)
        return 0;
    size_t low = 0, high = log->block_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (log->blocks[middle].first_step < step)
            low = middle;
        else
            high = middle;
    }
    const struct log_block *block = &log->blocks[low];
    log_cache_fill(log, low, block->events);
    uint32_t wanted = step - block->first_step, first = 0, last = block->events;
    while (first < last) {
        uint32_t middle = first + (last - first) / 2;
        if (log->cache.steps[middle] < wanted)
            first = middle + 1;
        else
            last = middle;
    }
    return block->first_event + first + 1;
}
