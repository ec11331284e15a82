/* One event as few bytes and back. An event is written as its differences from a prediction that both sides make from
 * the events before it in the same block; a block starts with codec_reset(), so blocks can be read in any order. */
#ifndef LOCKSTEP_HISTORY_CODEC_H
#define LOCKSTEP_HISTORY_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "world/event.h"

#define CODEC_EVENT_MAX 192u     /* bytes of the longest encoding, payload excepted */
#define CODEC_PAYLOAD_MAX 65536u /* longest payload of an event */
#define CODEC_TEXT_MAX 4096u     /* longest text of an EVENT_STRING */
#define CODEC_TASKS 64u

struct codec {
    int64_t time, tick;
    uint32_t task;
    struct codec_asked {
        uint32_t object, second, place;
        uint16_t operation;
    } asked[CODEC_TASKS]; /* what a task last spoke about; shared by tasks whose ids are equal modulo CODEC_TASKS */
    struct event last[EVENT_KIND_COUNT];
};

/* The numbers of operations and kinds of objects change when their tables grow; a recording has the names that they had
 * when it was made. [number there] is the number here, CODEC_UNKNOWN if there is none of that name. */
#define CODEC_UNKNOWN UINT16_MAX
#define CODEC_MAP_MAX 1024u
struct codec_map {
    uint16_t operation_count, object_count;
    uint16_t operations[CODEC_MAP_MAX], objects[CODEC_MAP_MAX];
};

void codec_reset(struct codec *);

/* Whether the event may be stored: kind, outcome and operation exist, the payload is not too long, and the text of an
 * EVENT_STRING is one that escape_text(ESCAPE_LABEL) leaves as it is. What it says about the run is the world's to judge. */
bool codec_event_valid(const struct event *);

/* Writes a valid event to `out`, which has room for CODEC_EVENT_MAX + event->length bytes. `step`: this event completed
 * a step. Returns the number of bytes. */
size_t codec_encode(struct codec *, const struct event *, bool step, unsigned char *out);

/* Reads one event; its payload points into `bytes` (NULL if it has none). `map`: NULL if the numbers are ours. Returns
 * the number of bytes taken, 0 if they are no valid event (or one of an unknown operation). Trusts nothing. */
size_t codec_decode(struct codec *, const struct codec_map *map, const unsigned char *bytes, size_t size,
                    struct event *out, bool *step);

/* Unsigned numbers in groups of seven bits, lowest first. codec_put_number writes at most 10 bytes and returns how
 * many; codec_get_number returns how many it took, 0 if the bytes end too early or the number is too long. */
size_t codec_put_number(unsigned char *out, uint64_t number);
size_t codec_get_number(const unsigned char *bytes, size_t size, uint64_t *number);

#endif
