/* The kinds of files that a run can be exported to: each function writes a whole run from its events. */
#ifndef LOCKSTEP_APP_EXPORT_WRITE_H
#define LOCKSTEP_APP_EXPORT_WRITE_H

#include <stdbool.h>
#include <stdio.h>

#include "history/history.h"
#include "scene/scene.h"

/* What is exported. All borrowed. */
struct export_run {
    struct history *history;
    const struct scene *scene; /* NULL: no narration */
    size_t variant;
    const char *title; /* fit to be shown */
    bool chinese, helpers;
};

/* STATUS_OK; STATUS_IO, STATUS_MEMORY, or STATUS_NOT_FOUND where the run has nothing of the kind; with a message. */
typedef enum status export_write_function(const struct export_run *, FILE *, struct message *);

export_write_function export_write_text, export_write_ndjson, export_write_pcapng, export_write_trace,
    export_write_mermaid;

#endif
