/* A run as a trace in Chrome's JSON format, which ui.perfetto.dev and speedscope open: a track per task, its states as
 * slices, its steps as instants. A step is a microsecond there, so that each is seen, however virtual time jumps. */
#ifndef LOCKSTEP_EXPORT_TRACE_H
#define LOCKSTEP_EXPORT_TRACE_H

#include <stdio.h>

#include "base/status.h"
#include "export/tell.h"

struct export_trace;

/* Writes to `out`, which stays the caller's. Owns; NULL: out of memory. */
struct export_trace *export_trace_new(FILE *out, enum tell_language);
void export_trace_free(struct export_trace *);
/* The next event with the world after it. STATUS_OK; STATUS_MEMORY; STATUS_IO (message). */
enum status export_trace_event(struct export_trace *, const struct world *after, const struct event *,
                               struct message *);
/* Closes what is open. */
enum status export_trace_finish(struct export_trace *, struct message *);

#endif
