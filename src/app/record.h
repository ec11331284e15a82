/* The recording of a run while it goes on (--record): what was run, its sources as they are met, its events. */
#ifndef LOCKSTEP_APP_RECORD_H
#define LOCKSTEP_APP_RECORD_H

#include "history/recording.h"

struct source;
struct record;

/* Starts it: a file that cannot be written is told before anything runs. `options`: "key=value" texts. All copied. */
enum status record_start(const char *path, const char *program, const char *const *arguments,
                         const char *const *options, size_t option_count, struct record **, struct message *);
/* A place in this file was met; its text and those of the program's other files are taken in. */
void record_source(struct record *, struct source *, const char *path);
/* The history has grown. What fails is said once; the run goes on. `now`: write all of it. */
void record_events(struct record *, struct history *, enum recording_when);
/* Closes it in good order; frees. NULL is fine. */
void record_finish(struct record *, struct history *);
/* Closes it as one that was cut short; frees. NULL is fine. */
void record_abandon(struct record *);

#endif
