/* Words for sentences: a writer that cuts on characters, names of tasks, objects, errors and signals in both languages. */
#ifndef LOCKSTEP_WORLD_WORDS_H
#define LOCKSTEP_WORLD_WORDS_H

#include "world/world_state.h"

struct world_pair {
    const char *text[2]; /* English, Chinese; NULL: none */
};

struct world_writer {
    char *out;
    size_t size;
    size_t length; /* as long as it would be */
};

/* Between Chinese and Latin letters or figures stands a blank, beside Chinese punctuation none. */
enum world_letter { LETTER_none, LETTER_latin, LETTER_chinese };

void world_words_bytes(struct world_writer *, const char *text, size_t length);
void world_words_put(struct world_writer *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* As world_words_bytes, with a blank before it where `last`, which is kept up to date, asks for one. */
void world_words_joined(struct world_writer *, const char *text, size_t length, enum world_letter *last);
int world_words_finish(struct world_writer *); /* terminates; returns the length (snprintf's rule) */

void world_words_task(struct world_writer *, const struct world *, uint32_t task, int chinese);
void world_words_object(struct world_writer *, const struct world *, uint32_t object, int chinese);
void world_words_process(struct world_writer *, const struct world *, uint32_t process, int chinese);
void world_words_holder(struct world_writer *, const struct world *, uint32_t object,
                        int chinese); /* who has the lock */
void world_words_waiters(struct world_writer *, const struct world *, uint32_t object, int chinese);
void world_words_time(struct world_writer *, int64_t time, int chinese);
void world_words_signal(struct world_writer *, int64_t number, int chinese);
void world_words_packet(struct world_writer *, const struct world *, const struct event *, int chinese); /* EVENT_PACKET */
struct world_pair world_words_error(int error); /* "EBUSY (it is in use)" */

#endif
