/* A run as lines of text for people (--plain): a step is one line, however long; sentences are cut at 80 columns. */
#ifndef LOCKSTEP_EXPORT_TEXT_H
#define LOCKSTEP_EXPORT_TEXT_H

#include <stdio.h>

#include "base/status.h"
#include "export/tell.h"

struct export_text;

/* Writes to `out`, which stays the caller's. Owns; NULL: out of memory. */
struct export_text *export_text_new(FILE *out, enum tell_language);
void export_text_free(struct export_text *);
/* The inner steps of helper programs, too. */
void export_text_show_helpers(struct export_text *, bool show);

/* As export_json_event: a step's lines are written when the next choice comes; the verdict with EVENT_END. */
enum status export_text_event(struct export_text *, const struct world *after, const struct event *, struct message *);
/* As export_json_before_end. */
enum status export_text_before_end(struct export_text *, const struct world *after, const struct event *,
                                   struct message *);
enum status export_text_flush(struct export_text *, struct message *);
/* A sentence of its own (fit to be shown), after what is complete; a scene's narration, for one. `before` stands in front
 * of it ("** "; "" for nothing), what does not fit into 80 columns and what follows a newline below its beginning. */
enum status export_text_say(struct export_text *, const char *before, const char *say, struct message *);

#endif
