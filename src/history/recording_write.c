/* Writing a recording: frames appended as the history grows. A failure ends the recording, never the run. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "history/codec.h"
#include "history/crc.h"
#include "history/recording.h"
#include "history/recording_frame.h"
#include "operations/operations.h"

struct recording_writer {
    int descriptor; /* -1: failed */
    char *path;
    off_t written;       /* whole frames end here */
    size_t block;        /* of the log, being written */
    size_t block_length; /* bytes of it that are written */
    uint32_t block_events, block_steps;
    uint32_t events;
};

struct buffer {
    unsigned char *bytes;
    size_t length, capacity;
    bool failed;
};

static void buffer_add(struct buffer *buffer, const void *bytes, size_t length)
{
    if (buffer->capacity - buffer->length < length) {
        size_t capacity = buffer->capacity ? buffer->capacity : 4096;
        while (capacity - buffer->length < length)
            capacity *= 2;
        unsigned char *grown = realloc(buffer->bytes, capacity);
        if (!grown) {
            buffer->failed = true;
            return;
        }
        buffer->bytes = grown;
        buffer->capacity = capacity;
    }
    if (length > 0)
        memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

static void buffer_add_text(struct buffer *buffer, const char *text, size_t length)
{
    unsigned char number[10];
    buffer_add(buffer, number, codec_put_number(number, length));
    buffer_add(buffer, text, length);
}

static void buffer_add_pair(struct buffer *buffer, const char *key, const char *text)
{
    buffer_add_text(buffer, key, strlen(key));
    buffer_add_text(buffer, text ? text : "", text ? strlen(text) : 0);
}

static void frame_make(unsigned char out[RECORDING_FRAME], struct recording_frame frame, const void *body)
{
    out[0] = frame.type;
    out[1] = frame.flags;
    out[2] = (unsigned char)frame.events;
    out[3] = (unsigned char)(frame.events >> 8);
    recording_put32(out + 4, frame.length);
    recording_put32(out + 8, frame.steps);
    recording_put32(out + 12, crc32c(crc32c(0, out, RECORDING_CHECKED), body, frame.length));
}

static void buffer_add_frame(struct buffer *buffer, uint8_t type, const struct buffer *body)
{
    unsigned char head[RECORDING_FRAME];
    if (body->failed) {
        buffer->failed = true;
        return;
    }
    frame_make(head, (struct recording_frame){.type = type, .length = (uint32_t)body->length}, body->bytes);
    buffer_add(buffer, head, sizeof head);
    buffer_add(buffer, body->bytes, body->length);
}

/* All bytes, or an errno number. */
static int write_whole(int descriptor, const void *bytes, size_t length)
{
    const char *p = bytes;
    while (length > 0) {
        ssize_t n = write(descriptor, p, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : ENOSPC;
        p += n;
        length -= (size_t)n;
    }
    return 0;
}

/* The name for a message: escaped, not too long. */
static const char *shown(const char *path, char out[256])
{
    escape_text(ESCAPE_LABEL, path, strlen(path), out, 256);
    return out;
}

/* ---- starting ---- */

static const char *operation_word(unsigned number)
{
    return operation_row(number)->name;
}

static const char *object_kind_word(unsigned number)
{
    return object_word(number, 0);
}

/* The names of a table in the order of their numbers, one after another with a space between. */
static void buffer_add_names(struct buffer *body, const char *key, unsigned count, const char *(*name)(unsigned))
{
    struct buffer names = {0};
    for (unsigned number = 0; number < count; number++) {
        buffer_add(&names, name(number), strlen(name(number)));
        buffer_add(&names, number + 1 < count ? " " : "", 1);
    }
    if (names.failed)
        body->failed = true;
    else
        buffer_add_pair(body, key, (const char *)names.bytes);
    free(names.bytes);
}

static enum status make_start(const struct recording_about *about, struct buffer *out, struct message *message)
{
    unsigned char start[RECORDING_START] = RECORDING_MAGIC;
    recording_put32(start + 4, RECORDING_VERSION);
    buffer_add(out, start, sizeof start);
    struct buffer body = {0};
    buffer_add_pair(&body, "lockstep", about->lockstep);
    buffer_add_pair(&body, "program", about->program);
    for (size_t i = 0; i < about->argument_count; i++)
        buffer_add_pair(&body, "argument", about->arguments[i].bytes);
    for (size_t i = 0; i < about->option_count; i++)
        buffer_add_pair(&body, "option", about->options[i].bytes);
    buffer_add_names(&body, "operations", OPERATION_COUNT, operation_word);
    buffer_add_names(&body, "objects", OBJECT_COUNT, object_kind_word);
    if (body.length > RECORDING_HEADER_MAX) {
        free(body.bytes);
        return message_set(message, STATUS_LIMIT, "recording: the program's arguments take more than %u bytes",
                           RECORDING_HEADER_MAX);
    }
    buffer_add_frame(out, 'H', &body);
    size_t total = 0, count = 0;
    for (size_t i = 0; i < about->source_count && count < RECORDING_SOURCES_MAX; i++) {
        const struct recording_text *source = &about->sources[i];
        size_t size = strlen(source->name) + source->length + 20;
        /* A source that is too large to be one is left out; the recording is as good without. */
        if (size > RECORDING_SOURCE_MAX || total + size > RECORDING_SOURCES_BYTES)
            continue;
        body.length = 0;
        buffer_add_text(&body, source->name, strlen(source->name));
        buffer_add_text(&body, source->bytes, source->length);
        buffer_add_frame(out, 'S', &body);
        total += size;
        count++;
    }
    free(body.bytes);
    return out->failed ? message_set(message, STATUS_MEMORY, "recording: out of memory") : STATUS_OK;
}

/* Whether what is at the path may be replaced. */
static enum status may_replace(const char *path, enum recording_replace replace, struct message *message)
{
    char name[256];
    struct stat file;
    if (stat(path, &file) < 0) {
        if (errno == ENOENT)
            return STATUS_OK;
        return message_set(message, STATUS_IO, "recording %s: %s; name another file with --record", shown(path, name),
                           strerror(errno));
    }
    if (!S_ISREG(file.st_mode))
        return message_set(message, STATUS_REFUSED,
                           "recording %s: that is not an ordinary file; name another file with --record",
                           shown(path, name));
    if (file.st_size == 0 || replace == RECORDING_REPLACE_ANY)
        return STATUS_OK;
    char magic[4] = {0};
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    ssize_t n = descriptor < 0 ? -1 : read(descriptor, magic, sizeof magic);
    if (descriptor >= 0)
        close(descriptor);
    if (n == sizeof magic && memcmp(magic, RECORDING_MAGIC, sizeof magic) == 0)
        return STATUS_OK;
    return message_set(message, STATUS_REFUSED,
                       "recording %s: there is a file of that name which is not a recording; it was left alone. Name "
                       "another file, or remove that one",
                       shown(path, name));
}

/* Writes the start to a new file beside the path and gives it the path's name. Returns the descriptor, or -1 and errno. */
static int put_in_place(const char *path, const struct buffer *start)
{
    char *target = realpath(path, NULL); /* a link stays a link */
    const char *final = target ? target : path;
    char *fresh = NULL;
    int descriptor = -1, error = ENOMEM;
    for (unsigned i = 0; i < 100; i++) {
        free(fresh);
        if (asprintf(&fresh, "%s.%d-%u.part", final, (int)getpid(), i) < 0) {
            fresh = NULL;
            break;
        }
        descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);
        error = descriptor < 0 ? errno : 0;
        if (error != EEXIST)
            break;
    }
    if (descriptor >= 0) {
        error = write_whole(descriptor, start->bytes, start->length);
        if (!error && rename(fresh, final) < 0)
            error = errno;
        if (error) {
            unlink(fresh);
            close(descriptor);
            descriptor = -1;
        }
    }
    free(fresh);
    free(target);
    errno = error;
    return descriptor;
}

enum status recording_create(const char *path, enum recording_replace replace, const struct recording_about *about,
                             struct recording_writer **writer, struct message *message)
{
    *writer = NULL;
    char name[256];
    struct buffer start = {0};
    enum status status = may_replace(path, replace, message);
    if (!status)
        status = make_start(about, &start, message);
    struct recording_writer *made = status ? NULL : calloc(1, sizeof *made);
    if (made)
        made->path = strdup(path);
    if (!status && (!made || !made->path))
        status = message_set(message, STATUS_MEMORY, "recording %s: out of memory", shown(path, name));
    if (!status) {
        made->descriptor = put_in_place(path, &start);
        made->written = (off_t)start.length;
        if (made->descriptor < 0)
            status = message_set(message, STATUS_IO,
                                 "recording %s: cannot be written: %s; name a file in a folder with room that you may "
                                 "write to",
                                 shown(path, name), strerror(errno));
    }
    free(start.bytes);
    if (status) {
        if (made)
            free(made->path);
        free(made);
        return status;
    }
    *writer = made;
    return STATUS_OK;
}

/* ---- going on ---- */

/* Writes one frame; on failure the recording is over and cut back to the frame before. */
static enum status append_frame(struct recording_writer *writer, struct recording_frame frame,
                                const unsigned char *body, struct message *message)
{
    unsigned char head[RECORDING_FRAME];
    frame_make(head, frame, body);
    int error = write_whole(writer->descriptor, head, sizeof head);
    if (!error)
        error = write_whole(writer->descriptor, body, frame.length);
    if (!error) {
        writer->written += (off_t)(sizeof head + frame.length);
        return STATUS_OK;
    }
    /* If this fails, too, the reader finds the broken frame by its check. */
    if (ftruncate(writer->descriptor, writer->written) < 0) {
    }
    close(writer->descriptor);
    writer->descriptor = -1;
    char name[256];
    return message_set(message, STATUS_IO,
                       "recording %s: %s; recording stopped after event %u, the run goes on. What was recorded can be "
                       "replayed",
                       shown(writer->path, name), strerror(error), writer->events);
}

enum status recording_write(struct recording_writer *writer, struct history *history, enum recording_when when,
                            struct message *message)
{
    if (writer->descriptor < 0)
        return STATUS_ENDED;
    struct event_log *log = history_log(history);
    while (writer->block < event_log_block_count(log)) {
        struct event_log_block block = event_log_block(log, writer->block);
        if (!block.full && when == RECORDING_WHEN_FULL)
            break;
        size_t more = block.length - writer->block_length;
        if (more > 0) {
            struct recording_frame frame = {.type = 'E',
                                            .flags = writer->block_length == 0 ? RECORDING_BLOCK_STARTS : 0,
                                            .events = (uint16_t)(block.events - writer->block_events),
                                            .length = (uint32_t)more,
                                            .steps = block.steps - writer->block_steps};
            enum status status = append_frame(writer, frame, block.bytes + writer->block_length, message);
            if (status)
                return status;
            writer->events += frame.events;
            writer->block_length = block.length;
            writer->block_events = block.events;
            writer->block_steps = block.steps;
        }
        if (!block.full)
            break;
        writer->block++;
        writer->block_length = 0;
        writer->block_events = 0;
        writer->block_steps = 0;
    }
    return STATUS_OK;
}

static void writer_free(struct recording_writer *writer)
{
    if (!writer)
        return;
    if (writer->descriptor >= 0)
        close(writer->descriptor);
    free(writer->path);
    free(writer);
}

enum status recording_finish(struct recording_writer *writer, struct history *history, struct message *message)
{
    enum status status = recording_write(writer, history, RECORDING_NOW, message);
    if (!status) {
        const struct world *world = history_world(history);
        unsigned char body[30];
        size_t n = codec_put_number(body, history_count(history));
        n += codec_put_number(body + n, history_steps(history));
        n += codec_put_number(body + n, world ? world_verdict(world) : 0);
        status = append_frame(writer, (struct recording_frame){.type = 'F', .length = (uint32_t)n}, body, message);
    }
    if (!status) {
        /* Network and quota file systems tell of a failed write only here. */
        int error = fsync(writer->descriptor) < 0 && errno != EINVAL && errno != EROFS ? errno : 0;
        if (close(writer->descriptor) < 0 && !error && errno != EINTR)
            error = errno;
        writer->descriptor = -1;
        char name[256];
        if (error)
            status = message_set(message, STATUS_IO, "recording %s: %s; the recording may be incomplete",
                                 shown(writer->path, name), strerror(error));
    }
    writer_free(writer);
    return status;
}

void recording_abandon(struct recording_writer *writer)
{
    writer_free(writer);
}
