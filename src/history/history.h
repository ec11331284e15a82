/* The history: every event so far and "the world after event n", quickly, for any n. Events are numbered from 1; the
 * world after event 0 is the empty one. */
#ifndef LOCKSTEP_HISTORY_HISTORY_H
#define LOCKSTEP_HISTORY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "history/event_log.h"
#include "world/event.h"
#include "world/world.h"

struct history;

struct history *history_new(void); /* owns; NULL: out of memory */
/* The history of a loaded log, which it takes over (also when it returns NULL: out of memory). Appending goes on after
 * its last event. */
struct history *history_new_from(struct event_log *);
void history_free(struct history *);

/* Copies the event to the end and applies it to the newest world. The text of an EVENT_STRING is escaped on the way if
 * it was not (ESCAPE_LABEL), and cut to CODEC_TEXT_MAX. STATUS_OK. STATUS_INVALID when the event contradicts
 * the world (world_divergence says how; it was appended all the same) - or, `history_count` unchanged, when it is none
 * that can be stored (codec_event_valid). STATUS_LIMIT at EVENT_LOG_MAX events; STATUS_MEMORY. */
enum status history_append(struct history *, const struct event *);

uint32_t history_count(const struct history *); /* events */
uint32_t history_steps(const struct history *); /* completed steps */

/* Event `number` (1..count); its payload is borrowed until the next call with this history. False: no such event. */
bool history_event(struct history *, uint32_t number, struct event *out);

/* A step ends with the event that made world_step_number grow. The event that completed `step` (from 1); 0: none. */
uint32_t history_step_event(struct history *, uint32_t step);
/* Steps completed after event `number`. */
uint32_t history_step_at(struct history *, uint32_t number);
/* The last event that still belongs to `step`: the one before the next choice (GRANTED, TIME, END), or the last. Step
 * 0: the events before the first choice. */
uint32_t history_step_last(struct history *, uint32_t step);

/* The newest world. Borrowed until the next history_append. NULL: out of memory (after loading). */
const struct world *history_world(struct history *);
/* The world after event `number` (0..count). The worlds of the two last different numbers stay valid together, until
 * history_append or a third number; so (before, after) can be looked at. NULL: no such event, or out of memory. */
const struct world *history_world_at(struct history *, uint32_t number);
/* The world when `step` was over, before the next choice (history_step_last). The same borrow. */
const struct world *history_world_step(struct history *, uint32_t step);

/* The choices up to event `number` as the text of a schedule; free(3) it. NULL: out of memory. A branch at event n runs
 * the guest again along the schedule up to n - 1, then chooses otherwise. */
char *history_schedule(struct history *, uint32_t number);

/* Bytes that the snapshots may take together (default 96 MiB); they are thinned out when they take more. For tests. */
void history_snapshot_budget(struct history *, size_t bytes);

/* The log, for the recording; borrowed. */
struct event_log *history_log(struct history *);

#endif
