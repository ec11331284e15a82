/* What becomes of the events of a run, whether it is live, replayed or checked: lines on an output, and a scene's
 * narration between them. Starts nothing and opens nothing. */
#ifndef LOCKSTEP_APP_REPORT_H
#define LOCKSTEP_APP_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "app/options.h"
#include "scene/scene.h"
#include "world/event.h"
#include "world/world.h"

struct report_options {
    FILE *out;              /* borrowed; NULL: tell nothing, only match beats */
    enum app_output output; /* plain, json or json_changes */
    bool chinese;
    bool helpers;              /* tell the steps of helper programs, too */
    const struct scene *scene; /* borrowed; NULL: no narration */
    size_t variant;
};

struct report;

struct report *report_new(const struct report_options *); /* owns; NULL: out of memory */
void report_free(struct report *);

/* The next event with the world after it. What fails is returned; then nothing more is written. */
enum status report_event(struct report *, const struct event *, const struct world *, struct message *);
/* Writes what is complete, before waiting and at the end. */
enum status report_flush(struct report *, struct message *);
/* A line of its own that limits how far this run can be believed; `kind` is for machines, `text` for people. */
enum status report_notice(struct report *, const char *kind, const char *text, struct message *);

/* The variant's beats that have not fired: indices, at most `capacity`; returns how many. */
size_t report_unfired(const struct report *, size_t *beats, size_t capacity);

#endif
