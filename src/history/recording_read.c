/* Reading a recording. Everything in the file may be wrong: each length is checked against the bytes that are there
 * before anything is done with it, each frame against its check, each event by decoding it; nothing is allocated in
 * proportion to a number that the file states. Paths in it are never opened. */
#include <errno.h>
#include <fcntl.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/escape.h"
#include "history/codec.h"
#include "history/crc.h"
#include "history/recording.h"
#include "history/recording_frame.h"
#include "operations/operations.h"

#define HUGE_PAGE ((size_t)2 << 20)

struct text_list {
    struct recording_text *texts;
    size_t count, capacity;
};

struct recording {
    struct arena *arena; /* texts of the header and the sources */
    struct text_list arguments, options, sources;
    size_t source_bytes;
    struct recording_about about;
    struct event_log *log; /* until the history has it */
    struct history *history;
    bool footer;
    char note[768];
};

/* What the reading functions need: where they are and whom to tell. */
struct reading {
    const char *name; /* escaped */
    unsigned char *bytes;
    size_t size, at;
    unsigned char *block_end; /* where the last block's bytes end: its next frame's body is moved there */
    struct recording *recording;
    struct message *message;
};

static enum status damaged(const struct reading *reading, size_t at, const char *what)
{
    return message_set(reading->message, STATUS_INVALID,
                       "recording %s: damaged at byte %zu: %s; make it again, or take another copy", reading->name, at,
                       gettext(what));
}

static enum status no_memory(const struct reading *reading)
{
    return message_set(reading->message, STATUS_MEMORY, "recording %s: out of memory", reading->name);
}

/* ---- header and sources ---- */

static bool list_add(struct text_list *list, struct recording_text text)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 16;
        struct recording_text *texts = realloc(list->texts, capacity * sizeof *texts);
        if (!texts)
            return false;
        list->texts = texts;
        list->capacity = capacity;
    }
    list->texts[list->count++] = text;
    return true;
}

/* A text preceded by its length; false if the body ends too early. */
static bool take_text(const unsigned char **at, const unsigned char *end, const char **text, size_t *length)
{
    uint64_t number = 0;
    size_t taken = codec_get_number(*at, (size_t)(end - *at), &number);
    if (taken == 0 || number > (size_t)(end - *at) - taken)
        return false;
    *text = (const char *)*at + taken;
    *length = (size_t)number;
    *at += taken + *length;
    return true;
}

static bool is_key(const char *key, size_t length, const char *wanted)
{
    return length == strlen(wanted) && memcmp(key, wanted, length) == 0;
}

static uint16_t operation_named(const char *name)
{
    enum operation operation = operation_by_name(name);
    return operation == OPERATION_none && strcmp(name, operation_row(OPERATION_none)->name) != 0 ? CODEC_UNKNOWN
                                                                                                 : (uint16_t)operation;
}

static uint16_t object_named(const char *name)
{
    for (unsigned kind = 0; kind < OBJECT_COUNT; kind++) {
        if (strcmp(object_word(kind, 0), name) == 0)
            return (uint16_t)kind;
    }
    return CODEC_UNKNOWN;
}

/* Our numbers of the names in a list with a space between; returns how many there are, at most CODEC_MAP_MAX. */
static uint16_t read_names(const char *list, uint16_t (*number)(const char *), uint16_t out[CODEC_MAP_MAX])
{
    uint16_t count = 0;
    while (count < CODEC_MAP_MAX) {
        char name[64];
        size_t length = strcspn(list, " ");
        snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name), list);
        out[count++] = number(name);
        if (!list[length])
            break;
        list += length + 1;
    }
    return count;
}

static enum status read_header(struct reading *reading, const unsigned char *body, size_t length)
{
    struct recording *recording = reading->recording;
    const unsigned char *at = body, *end = body + length;
    size_t frame = reading->at;
    struct codec_map map = {0};
    while (at < end) {
        const char *key, *text;
        size_t key_length, text_length;
        if (!take_text(&at, end, &key, &key_length) || !take_text(&at, end, &text, &text_length) ||
            memchr(text, 0, text_length))
            return damaged(reading, frame, "its header is malformed");
        char *copy = arena_copy_text(recording->arena, text, text_length);
        if (!copy)
            return no_memory(reading);
        struct recording_text made = {.bytes = copy, .length = text_length};
        bool kept = true;
        if (is_key(key, key_length, "lockstep"))
            recording->about.lockstep = copy;
        else if (is_key(key, key_length, "program"))
            recording->about.program = copy;
        else if (is_key(key, key_length, "argument"))
            kept = list_add(&recording->arguments, made);
        else if (is_key(key, key_length, "option"))
            kept = list_add(&recording->options, made);
        else if (is_key(key, key_length, "operations"))
            map.operation_count = read_names(copy, operation_named, map.operations);
        else if (is_key(key, key_length, "objects"))
            map.object_count = read_names(copy, object_named, map.objects);
        if (!kept)
            return no_memory(reading);
    }
    if (map.operation_count == 0 || map.object_count == 0)
        return damaged(reading, frame, "its header lacks the names of operations and objects");
    return event_log_translate(recording->log, &map) ? no_memory(reading) : STATUS_OK;
}

static enum status read_source(struct reading *reading, const unsigned char *body, size_t length)
{
    struct recording *recording = reading->recording;
    const unsigned char *at = body, *end = body + length;
    const char *path, *text;
    size_t path_length, text_length;
    if (!take_text(&at, end, &path, &path_length) || !take_text(&at, end, &text, &text_length) || at != end ||
        memchr(path, 0, path_length))
        return damaged(reading, reading->at, "a source text in it is malformed");
    recording->source_bytes += length;
    if (recording->sources.count >= RECORDING_SOURCES_MAX || recording->source_bytes > RECORDING_SOURCES_BYTES)
        return damaged(reading, reading->at, "it holds more source texts than a recording may");
    char *path_copy = arena_copy_text(recording->arena, path, path_length);
    char *copy = arena_copy_text(recording->arena, text, text_length);
    struct recording_text made = {.name = path_copy, .bytes = copy, .length = text_length};
    return path_copy && copy && list_add(&recording->sources, made) ? STATUS_OK : no_memory(reading);
}

/* ---- frames ---- */

/* The next frame and its body, checked. STATUS_ENDED at the end of the file or where it was cut. */
static enum status take_frame(struct reading *reading, struct recording_frame *frame, unsigned char **body)
{
    size_t left = reading->size - reading->at;
    unsigned char *p = reading->bytes + reading->at;
    if (left < RECORDING_FRAME)
        return STATUS_ENDED;
    *frame = (struct recording_frame){.type = p[0],
                                      .flags = p[1],
                                      .events = (uint16_t)(p[2] | p[3] << 8),
                                      .length = recording_get32(p + 4),
                                      .steps = recording_get32(p + 8),
                                      .check = recording_get32(p + 12)};
    uint32_t most = frame->type == 'H'   ? RECORDING_HEADER_MAX
                    : frame->type == 'S' ? RECORDING_SOURCE_MAX
                                         : RECORDING_EVENTS_MAX;
    if (frame->length > most)
        return damaged(reading, reading->at, "a part of it claims to be longer than any may be");
    if (frame->length > left - RECORDING_FRAME)
        return STATUS_ENDED;
    *body = p + RECORDING_FRAME;
    uint32_t check = crc32c(crc32c(0, p, RECORDING_CHECKED), *body, frame->length);
    if (check != frame->check)
        return damaged(reading, reading->at, "a checksum is wrong");
    return STATUS_OK;
}

static enum status read_events(struct reading *reading, const struct recording_frame *frame, unsigned char *body)
{
    struct event_log *log = reading->recording->log;
    bool fresh = frame->flags & RECORDING_BLOCK_STARTS || !reading->block_end;
    unsigned char *bytes = body;
    if (!fresh) {
        bytes = reading->block_end;
        memmove(bytes, body, frame->length);
    }
    uint32_t steps = event_log_steps(log), good = 0;
    enum status status = event_log_load(log, bytes, frame->length, fresh, &good);
    reading->block_end = bytes + frame->length;
    if (status == STATUS_MEMORY)
        return no_memory(reading);
    if (status == STATUS_LIMIT)
        return damaged(reading, reading->at, "it holds more events than a recording may");
    if (status == STATUS_INVALID)
        return damaged(reading, reading->at, "an event in it is malformed or not known to this lockstep");
    if (good != frame->events || event_log_steps(log) - steps != frame->steps)
        return damaged(reading, reading->at, "its numbers of events and steps do not agree");
    return STATUS_OK;
}

static enum status read_footer(struct reading *reading, const unsigned char *body, size_t length)
{
    struct event_log *log = reading->recording->log;
    uint64_t events = 0, steps = 0;
    size_t taken = codec_get_number(body, length, &events);
    size_t more = taken ? codec_get_number(body + taken, length - taken, &steps) : 0;
    if (more == 0 || events != event_log_count(log) || steps != event_log_steps(log))
        return damaged(reading, reading->at, "its end does not agree with the events before it");
    reading->recording->footer = true;
    if (reading->at + RECORDING_FRAME + length != reading->size)
        return damaged(reading, reading->at + RECORDING_FRAME + length, "there are bytes after its end");
    return STATUS_OK;
}

/* All frames after the header, up to the end, a cut or damage; the last two leave a note. */
static enum status read_frames(struct reading *reading)
{
    struct recording *recording = reading->recording;
    struct message said = {{0}}, *given = reading->message;
    reading->message = &said;
    enum status status = STATUS_OK;
    while (!status && !recording->footer) {
        struct recording_frame frame;
        unsigned char *body;
        status = take_frame(reading, &frame, &body);
        if (status)
            break;
        if (frame.type == 'S')
            status = read_source(reading, body, frame.length);
        else if (frame.type == 'E')
            status = read_events(reading, &frame, body);
        else if (frame.type == 'F')
            status = read_footer(reading, body, frame.length);
        else if (frame.type == 'H')
            status = damaged(reading, reading->at, "a second header");
        if (!status)
            reading->at += RECORDING_FRAME + frame.length;
    }
    reading->message = given;
    uint32_t count = event_log_count(recording->log);
    if (status == STATUS_ENDED)
        snprintf(recording->note, sizeof recording->note,
                 gettext("recording %s: it was cut short at byte %zu; it is shown up to event %u (step %u)"),
                 reading->name, reading->size, count, event_log_steps(recording->log));
    else if (status == STATUS_INVALID)
        snprintf(recording->note, sizeof recording->note, gettext("%.500s; it is shown up to event %u (step %u)"),
                 said.text, count, event_log_steps(recording->log));
    else if (status)
        return message_set(given, status, "%s", said.text);
    return STATUS_OK;
}

static enum status read_start(struct reading *reading)
{
    if (reading->size < 4 || memcmp(reading->bytes, RECORDING_MAGIC, 4) != 0)
        return message_set(reading->message, STATUS_INVALID,
                           "recording %s: this is not a recording: it does not start with \"%s\" (byte 0); make "
                           "one with `lockstep run --record FILE -- PROGRAM`",
                           reading->name, RECORDING_MAGIC);
    uint32_t version = reading->size < RECORDING_START ? 0 : recording_get32(reading->bytes + 4);
    if (reading->size >= RECORDING_START && version != RECORDING_VERSION)
        return message_set(reading->message, STATUS_INVALID,
                           "recording %s: its format version is %u (byte 4), this lockstep reads version %u; use the "
                           "lockstep that made it, or record again",
                           reading->name, version, RECORDING_VERSION);
    struct recording_frame frame = {0};
    unsigned char *body = NULL;
    reading->at = RECORDING_START;
    enum status status = reading->size < RECORDING_START ? STATUS_ENDED : take_frame(reading, &frame, &body);
    if (status == STATUS_ENDED)
        return damaged(reading, reading->size, "it ends within its header");
    if (status)
        return status;
    if (frame.type != 'H')
        return damaged(reading, reading->at, "its header is missing");
    status = read_header(reading, body, frame.length);
    reading->at += RECORDING_FRAME + frame.length;
    return status;
}

/* ---- the whole ---- */

/* Takes over `bytes` (malloc). */
static enum status read_all(const char *name, unsigned char *bytes, size_t size, struct recording **out,
                            struct message *message)
{
    struct recording *recording = calloc(1, sizeof *recording);
    struct reading reading = {.name = name, .bytes = bytes, .size = size, .recording = recording, .message = message};
    if (recording) {
        recording->arena = arena_new();
        recording->log = event_log_new();
    }
    if (!recording || !recording->arena || !recording->log) {
        free(bytes);
        recording_free(recording);
        return no_memory(&reading);
    }
    event_log_keep(recording->log, bytes);
    recording->about.lockstep = "";
    recording->about.program = "";
    enum status status = read_start(&reading);
    if (!status)
        status = read_frames(&reading);
    if (!status) {
        recording->about.arguments = recording->arguments.texts;
        recording->about.argument_count = recording->arguments.count;
        recording->about.options = recording->options.texts;
        recording->about.option_count = recording->options.count;
        recording->about.sources = recording->sources.texts;
        recording->about.source_count = recording->sources.count;
        recording->history = history_new_from(recording->log);
        recording->log = NULL;
        if (!recording->history)
            status = no_memory(&reading);
    }
    if (status) {
        recording_free(recording);
        return status;
    }
    *out = recording;
    return STATUS_OK;
}

/* Memory for a file; in huge pages when it is large, since touching small ones would cost more than reading the file. */
static unsigned char *room_for(size_t size)
{
    if (size < 2 * HUGE_PAGE)
        return malloc(size ? size : 1);
    size_t rounded = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    unsigned char *bytes = rounded < size ? NULL : aligned_alloc(HUGE_PAGE, rounded);
    if (bytes)
        madvise(bytes, rounded, MADV_HUGEPAGE);
    return bytes;
}

enum status recording_parse(const char *name, const void *bytes, size_t size, struct recording **recording,
                            struct message *message)
{
    *recording = NULL;
    unsigned char *copy = room_for(size);
    if (!copy)
        return message_set(message, STATUS_MEMORY, "recording: out of memory");
    if (size > 0)
        memcpy(copy, bytes, size);
    char shown[256];
    escape_text(ESCAPE_LABEL, name, strlen(name), shown, sizeof shown);
    return read_all(shown, copy, size, recording, message);
}

/* Reads the open file; what was appended since its size was asked for does not count. */
static enum status read_file(int descriptor, const char *shown, unsigned char **bytes, size_t *size,
                             struct message *message)
{
    struct stat file;
    if (fstat(descriptor, &file) < 0)
        return message_set(message, STATUS_IO, "recording %s: %s", shown, strerror(errno));
    if (!S_ISREG(file.st_mode))
        return message_set(message, STATUS_REFUSED, "recording %s: that is not an ordinary file", shown);
    size_t length = (size_t)file.st_size;
    *bytes = room_for(length);
    if (!*bytes)
        return message_set(message, STATUS_MEMORY, "recording %s: out of memory for its %zu bytes", shown, length);
    *size = 0;
    while (*size < length) {
        ssize_t n = read(descriptor, *bytes + *size, length - *size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return message_set(message, STATUS_IO, "recording %s: reading failed at byte %zu: %s", shown, *size,
                               strerror(errno));
        if (n == 0)
            break;
        *size += (size_t)n;
    }
    return STATUS_OK;
}

enum status recording_open(const char *path, struct recording **recording, struct message *message)
{
    *recording = NULL;
    char shown[256];
    escape_text(ESCAPE_LABEL, path, strlen(path), shown, sizeof shown);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (descriptor < 0) {
        enum status status = errno == ENOENT || errno == ENOTDIR ? STATUS_NOT_FOUND : STATUS_IO;
        return message_set(message, status, "recording %s: cannot be opened: %s", shown, strerror(errno));
    }
    unsigned char *bytes = NULL;
    size_t size = 0;
    enum status status = read_file(descriptor, shown, &bytes, &size, message);
    close(descriptor);
    if (status) {
        free(bytes);
        return status;
    }
    return read_all(shown, bytes, size, recording, message);
}

void recording_free(struct recording *recording)
{
    if (!recording)
        return;
    history_free(recording->history);
    event_log_free(recording->log);
    free(recording->arguments.texts);
    free(recording->options.texts);
    free(recording->sources.texts);
    arena_free(recording->arena);
    free(recording);
}

const struct recording_about *recording_about(const struct recording *recording)
{
    return &recording->about;
}

struct history *recording_history(struct recording *recording)
{
    return recording->history;
}

const char *recording_note(const struct recording *recording)
{
    return recording->note[0] ? recording->note : NULL;
}

const char *recording_option(const struct recording_about *about, const char *key)
{
    size_t length = strlen(key);
    for (size_t i = 0; i < about->option_count; i++) {
        const char *text = about->options[i].bytes;
        if (strncmp(text, key, length) == 0 && text[length] == '=')
            return text + length + 1;
    }
    return NULL;
}

const struct recording_text *recording_source(const struct recording_about *about, const char *path)
{
    for (size_t i = 0; i < about->source_count; i++) {
        if (strcmp(about->sources[i].name, path) == 0)
            return &about->sources[i];
    }
    return NULL;
}
