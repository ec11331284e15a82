/* A run as JSON, one object a line, exactly as the interface has it. */
#ifndef LOCKSTEP_EXPORT_JSON_H
#define LOCKSTEP_EXPORT_JSON_H

#include <stdio.h>

#include "base/status.h"
#include "export/tell.h"

enum export_json_states { EXPORT_JSON_ALL, EXPORT_JSON_CHANGES }; /* of `states` */

struct export_json_options {
    enum export_json_states states;
    enum tell_language language;
    bool helpers; /* the inner steps of helper programs, too */
};

struct export_json;

/* Writes to `out`, which stays the caller's. Owns; NULL: out of memory. */
struct export_json *export_json_new(FILE *out, struct export_json_options);
void export_json_free(struct export_json *);

/* The next event with the world after it. A step's line is written when the next choice comes, or at export_json_flush;
 * the last line with EVENT_END. STATUS_OK; STATUS_IO (message) when writing failed: nothing more is written then;
 * STATUS_MEMORY. */
enum status export_json_event(struct export_json *, const struct world *after, const struct event *, struct message *);
/* All but the last line, when something is to be written before that one; EVENT_END is then to be given as well. */
enum status export_json_before_end(struct export_json *, const struct world *after, const struct event *,
                                   struct message *);
/* Writes what is complete and flushes the file: before waiting for a person, and at the end. */
enum status export_json_flush(struct export_json *, struct message *);
/* A line of its own: {"v":1,"step":n,"notice":kind,"text":text}, after what is complete. Both texts fit to be shown. */
enum status export_json_notice(struct export_json *, const char *kind, const char *text, struct message *);

#endif
