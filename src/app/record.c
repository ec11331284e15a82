/* A recording's header holds the source texts, but they are met only while the guest runs. So when new ones have come the
 * file is begun again, at the next time that something is to be written: it takes the old one's place whole. */
#include "app/record.h"

#include <stdlib.h>
#include <string.h>

#include "app/say.h"
#include "base/text.h"
#include "source/source.h"

struct record {
    char *path;
    struct recording_writer *writer; /* NULL: given up */
    struct recording_about about;
    struct recording_text *arguments, *options, *sources;
    size_t source_capacity;
    char *program;
    bool stale; /* sources have come that the file does not hold */
};

static bool copy_texts(const char *const *texts, size_t count, struct recording_text **out)
{
    *out = calloc(count + 1, sizeof **out);
    for (size_t i = 0; *out && i < count; i++) {
        (*out)[i].bytes = strdup(texts[i]);
        if (!(*out)[i].bytes)
            return false;
        (*out)[i].length = strlen(texts[i]);
    }
    return *out != NULL;
}

static void free_texts(struct recording_text *texts, size_t count)
{
    for (size_t i = 0; texts && i < count; i++) {
        free((char *)(uintptr_t)texts[i].name);
        free((char *)(uintptr_t)texts[i].bytes);
    }
    free(texts);
}

static void record_free(struct record *record)
{
    free_texts(record->arguments, record->about.argument_count);
    free_texts(record->options, record->about.option_count);
    free_texts(record->sources, record->about.source_count);
    free(record->program);
    free(record->path);
    free(record);
}

static enum status create(struct record *record, struct message *message)
{
    record->about.arguments = record->arguments;
    record->about.options = record->options;
    record->about.sources = record->sources;
    record->stale = false;
    return recording_create(record->path, RECORDING_REPLACE_RECORDING, &record->about, &record->writer, message);
}

enum status record_start(const char *path, const char *program, const char *const *arguments,
                         const char *const *options, size_t option_count, struct record **out, struct message *message)
{
    *out = NULL;
    struct record *record = calloc(1, sizeof *record);
    if (!record)
        return message_set(message, STATUS_MEMORY, _("out of memory"));
    size_t count = 0;
    while (arguments[count])
        count++;
    const char *const *rest = count ? arguments + 1 : arguments; /* without argv[0] */
    count = count ? count - 1 : 0;
    record->path = strdup(path);
    record->program = strdup(program);
    record->about = (struct recording_about){.lockstep = LOCKSTEP_VERSION,
                                             .program = record->program,
                                             .argument_count = count,
                                             .option_count = option_count};
    enum status status = STATUS_OK;
    if (!record->path || !record->program || !copy_texts(rest, count, &record->arguments) ||
        !copy_texts(options, option_count, &record->options))
        status = message_set(message, STATUS_MEMORY, _("out of memory"));
    if (!status)
        status = create(record, message);
    if (status) {
        record_free(record);
        return status;
    }
    *out = record;
    return STATUS_OK;
}

/* Takes a source's text in, if it is not there yet. */
static void take_source(struct record *record, struct source *source, const char *path)
{
    for (size_t i = 0; i < record->about.source_count; i++) {
        if (strcmp(record->sources[i].name, path) == 0)
            return;
    }
    size_t count = record->about.source_count;
    if (count >= RECORDING_SOURCES_MAX)
        return;
    if (count == record->source_capacity) {
        size_t capacity = count ? 2 * count : 8;
        struct recording_text *grown = realloc(record->sources, capacity * sizeof *grown);
        if (!grown)
            return; /* a recording is as good without */
        record->sources = grown;
        record->source_capacity = capacity;
    }
    char *text = NULL, *name = strdup(path);
    size_t size = 0;
    bool newer;
    bool there = source_text(source, path, &text, &size, &newer);
    if (!name || (there && !text)) {
        free(name);
        return;
    }
    /* One that cannot be read is remembered with no text, so that it is not tried at every step. */
    if (!there)
        text = calloc(1, 1);
    record->sources[count] = (struct recording_text){.name = name, .bytes = text, .length = there ? size : 0};
    record->about.source_count++;
    record->stale |= there;
}

void record_source(struct record *record, struct source *source, const char *path)
{
    if (!record->writer)
        return;
    take_source(record, source, path);
}

/* Begins the file again where sources have come. */
static void renew(struct record *record)
{
    if (!record->stale || !record->writer)
        return;
    struct message message = {{0}};
    recording_abandon(record->writer);
    record->writer = NULL;
    if (create(record, &message))
        say("%s", message.text);
}

void record_events(struct record *record, struct history *history, enum recording_when when)
{
    /* Nothing goes out before a block is full, and by then most sources have been met. */
    if (when == RECORDING_NOW)
        renew(record);
    if (!record->writer)
        return;
    struct message message = {{0}};
    if (recording_write(record->writer, history, when, &message) == STATUS_IO)
        say("%s", message.text);
}

void record_finish(struct record *record, struct history *history)
{
    if (!record)
        return;
    renew(record);
    struct message message = {{0}};
    if (record->writer) {
        enum status status = recording_finish(record->writer, history, &message);
        if (status && status != STATUS_ENDED)
            say("%s", message.text);
    }
    record_free(record);
}

void record_abandon(struct record *record)
{
    if (!record)
        return;
    recording_abandon(record->writer);
    record_free(record);
}
