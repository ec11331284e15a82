/* The recording, a file named .lks: what was run, its source texts, and the log of events.
 *
 * Format, version 1; numbers are little-endian. "LKS1", version (4 bytes); then frames of 16 bytes and a body:
 *     type (1), flags (1), events (2), length of the body (4), steps (4), CRC-32C of these 12 bytes and the body (4)
 * `H` the header, first: pairs of texts, each preceded by its length (codec_put_number): lockstep, program, argument...,
 *     option... ("policy=rr"); operations, objects: the names of their tables in the order of their numbers, with a space
 *     between, so that a recording outlives a change of the tables. Event kinds and outcomes only ever grow at the end.
 * `S` a source text: path, contents
 * `E` events (codec.h); flag 1: a block starts here, else the block of the frame before goes on
 * `F` the footer, last: events, steps, verdict, as numbers. A recording without one was cut short.
 * Frames of other types are skipped, if their check is right. Worlds are not stored: they follow from the events, and one
 * read from a file would have to be trusted. */
#ifndef LOCKSTEP_HISTORY_RECORDING_H
#define LOCKSTEP_HISTORY_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "history/history.h"

#define RECORDING_VERSION 1u
#define RECORDING_HEADER_MAX (1u << 20) /* bytes of the header's body */
#define RECORDING_SOURCE_MAX (4u << 20) /* of a source text with its path */
#define RECORDING_SOURCES_MAX 1024u     /* source texts */
#define RECORDING_SOURCES_BYTES (64u << 20)
#define RECORDING_EVENTS_MAX (1u << 20) /* bytes of an events frame's body */

struct recording_text {
    const char *name;  /* path of a source; NULL for arguments and options */
    const char *bytes; /* terminated; not escaped: any bytes but zero where the text is an argument, option or path */
    size_t length;
};

/* What a recording says of itself. Nothing of it is ever opened or run. Escape it before showing it. */
struct recording_about {
    const char *lockstep; /* version of lockstep that wrote it */
    const char *program;
    const struct recording_text *arguments; /* without the program */
    size_t argument_count;
    const struct recording_text *options; /* "key=value": policy, cpus, seed, quantum, schedule, ... */
    size_t option_count;
    const struct recording_text *sources;
    size_t source_count;
};

/* The value of option `key`, NULL if it is not there. Borrowed. */
const char *recording_option(const struct recording_about *, const char *key);
/* The source text of this path, NULL if it is not there. */
const struct recording_text *recording_source(const struct recording_about *, const char *path);

/* ---- writing ---- */
struct recording_writer;

/* Starts a recording at `path`. The header and the sources are written to a new file beside it, which then takes the
 * path: so a file that is there is replaced only by one that holds at least a header. A file that is there and is no
 * recording is left alone unless `replace_any`. Events follow with recording_write. STATUS_OK and `*writer`, owned;
 * STATUS_REFUSED, STATUS_IO, STATUS_LIMIT (header or sources too large), STATUS_MEMORY, with message. */
enum recording_replace { RECORDING_REPLACE_RECORDING, RECORDING_REPLACE_ANY };
enum status recording_create(const char *path, enum recording_replace, const struct recording_about *,
                             struct recording_writer **writer, struct message *);

/* Writes the events that the history has gained. RECORDING_WHEN_FULL: only whole blocks, cheap enough to call after every
 * event; RECORDING_NOW: all of them (before waiting for a person; at the end). STATUS_OK; STATUS_IO once, when writing
 * fails: the message says why and from which event on nothing is recorded, the file is cut back to what is whole and can
 * be replayed, and the calls that follow do nothing and give STATUS_ENDED. The run need not care. */
enum recording_when { RECORDING_WHEN_FULL, RECORDING_NOW };
enum status recording_write(struct recording_writer *, struct history *, enum recording_when, struct message *);

/* Writes what is left and the footer, syncs, closes, frees. Results as of recording_write. */
enum status recording_finish(struct recording_writer *, struct history *, struct message *);
/* Closes and frees without a footer: the recording stays one that was cut short. */
void recording_abandon(struct recording_writer *);

/* ---- reading ---- */
struct recording;

/* Reads a recording. STATUS_OK and `*recording`, owned, also when it was cut short or is damaged after its header: see
 * recording_note. Otherwise a message that names the file, the byte and what to do: STATUS_NOT_FOUND, STATUS_IO,
 * STATUS_REFUSED (no ordinary file), STATUS_INVALID (no recording, other version, damaged header), STATUS_LIMIT,
 * STATUS_MEMORY. */
enum status recording_open(const char *path, struct recording **recording, struct message *);
/* The same from memory (copied); `name` is for messages. */
enum status recording_parse(const char *name, const void *bytes, size_t size, struct recording **recording,
                            struct message *);
void recording_free(struct recording *);

const struct recording_about *recording_about(const struct recording *);
struct history *recording_history(struct recording *); /* borrowed */
/* NULL if the recording is whole; else a sentence to show: cut at event n, or damaged at byte x and read up to event n. */
const char *recording_note(const struct recording *);

#endif
