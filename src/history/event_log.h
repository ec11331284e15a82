/* The log of events: append-only, in memory, a few bytes an event. Events are numbered from 1; "after event 0" is the
 * beginning. Events are kept in blocks that are decoded one at a time, so reading neighbours is quick. */
#ifndef LOCKSTEP_HISTORY_EVENT_LOG_H
#define LOCKSTEP_HISTORY_EVENT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "history/codec.h"
#include "world/event.h"

#define EVENT_LOG_BLOCK 1024u              /* events of a full block */
#define EVENT_LOG_BLOCK_BYTES (256u << 10) /* a block is full, too, when it has this many bytes */
#define EVENT_LOG_MAX (1u << 24)           /* events of a log */

struct event_log;

struct event_log *event_log_new(void); /* owns; NULL: out of memory */
void event_log_free(struct event_log *);

/* Copies the event (and its payload) to the end. `step`: it completed a step. STATUS_OK; STATUS_INVALID if it is no
 * event that can be stored (codec_event_valid); STATUS_LIMIT at EVENT_LOG_MAX; STATUS_MEMORY. Nothing is appended then. */
enum status event_log_append(struct event_log *, const struct event *, bool step);

/* Whether event_log_append would take the event, memory aside: STATUS_OK, STATUS_INVALID, STATUS_LIMIT. */
enum status event_log_ready(const struct event_log *, const struct event *);

uint32_t event_log_count(const struct event_log *);
uint32_t event_log_steps(const struct event_log *);

/* Event `number` (1..count); its payload is borrowed until the next call with this log. False: no such event. */
bool event_log_get(struct event_log *, uint32_t number, struct event *out);
/* The event that completed step `step` (1..steps), 0 if there is none. */
uint32_t event_log_of_step(struct event_log *, uint32_t step);
/* Steps completed after event `number`. */
uint32_t event_log_steps_at(struct event_log *, uint32_t number);

/* The encoded blocks, for the recording. Block `index` (from 0): its bytes so far and how many events and steps they
 * hold; borrowed until the next append. */
size_t event_log_block_count(const struct event_log *);
struct event_log_block {
    const unsigned char *bytes;
    size_t length;
    uint32_t events, steps;
    bool full; /* nothing will be added */
};
struct event_log_block event_log_block(const struct event_log *, size_t index);

/* Loading: adds encoded bytes at the end, in place of event_log_append (a log is either appended to or loaded). The
 * log borrows them for its life. `fresh`: a new block starts; else they must lie directly after the bytes added last.
 * Every event is decoded once, so that nothing can fail later. On STATUS_INVALID `*good` events of them were valid and
 * are kept, the rest is not; otherwise STATUS_OK, STATUS_LIMIT, STATUS_MEMORY. */
enum status event_log_load(struct event_log *, const unsigned char *bytes, size_t length, bool fresh, uint32_t *good);

/* What the numbers in the bytes to be loaded mean; before the first of them. Copied. If they are not ours, loading
 * writes the events anew, so that a log never holds other numbers than ours. STATUS_OK, STATUS_MEMORY. */
enum status event_log_translate(struct event_log *, const struct codec_map *);

/* Gives the log a buffer that it frees (free(3)) with itself: the bytes of event_log_load. */
void event_log_keep(struct event_log *, void *buffer);

#endif
