/* For tests of export: a run made by hand, event by event, and what is written down of it, as JSON and as text. */
#ifndef TESTS_EXPORT_TOLD_H
#define TESTS_EXPORT_TOLD_H

#include <jansson.h>
#include <stdio.h>

#include "export/json.h"
#include "export/text.h"
#include "history/history.h"
#include "history_events.h"

struct told {
    struct history *history;
    FILE *json_file, *text_file;
    char *json, *text; /* what was written, as far as it was flushed */
    size_t json_size, text_size;
    struct export_json *as_json;
    struct export_text *as_text;
    struct made_run run;
};

/* To be ended with told_end. */
void told_start(struct told *told, enum export_json_states states, enum tell_language language);
void told_give(struct told *told, struct event event);
void told_flush(struct told *told);
void told_end(struct told *told);

/* Line `n` (from 0) of what was written as JSON. Owned by the caller; the text NULL, the other a failed test, where there is
 * none. */
char *told_line_text(const struct told *told, int n);
json_t *told_line(const struct told *told, int n);
const char *told_string_of(const json_t *object, const char *key); /* "(no string)" where it is none */

/* Gives all that comes before the first choice; a grant, a tick later; bytes on a stream. */
void told_beginning(struct told *told);
void told_granted(struct told *told, uint32_t task, int64_t enabled, int64_t index);
void told_output(struct told *told, uint32_t task, int stream, const char *bytes, size_t length);
/* An event of a task, now; not given yet. */
struct event told_event(struct told *told, unsigned kind, uint32_t task, unsigned operation, uint32_t object,
                        uint32_t place);
/* T1 takes B; main wants B, too, and blocks. */
void told_lock_and_block(struct told *told);

/* Fails the test unless the line of step `number` begins so: its own members, then the picture of the world as it was before
 * the next choice. */
void told_assert_step_line(struct told *told, uint32_t number, const char *members);

#endif
