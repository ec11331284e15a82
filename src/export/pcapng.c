/* Writes pcapng by hand: a section header, one interface, a block per packet. A block is made whole in memory, so that its
 * length is known before it is written; nothing is ever sought back. Knows nothing of what is in a packet. */
#include "export/pcapng.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_SECTION = 0x0A0D0D0A,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    BYTE_ORDER_MAGIC = 0x1A2B3C4D,
    LINKTYPE_RAW = 101, /* begins with an IP header */
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_APPLICATION = 4,
    OPTION_INTERFACE_NAME = 2,
    OPTION_INTERFACE_RESOLUTION = 9,
    NANOSECONDS = 9,
    CAPTURED_MAX = 65535,
    OPTION_MAX = 65532 /* so that with its padding the length still fits into 16 bits */
};

struct buffer {
    uint8_t *bytes;
    size_t length, capacity;
    bool failed;
};

struct kept {
    uint32_t number;
    int64_t time;
    uint8_t *bytes;
    size_t captured, length;
    char **comments;
    size_t comment_count;
    bool settled;
};

struct export_pcapng {
    FILE *out;
    char *title, *interface, *application;
    bool begun;
    struct kept *packets; /* those that are not written yet, in the order of sending */
    size_t count, capacity;
    struct kept early; /* what was said before there was a packet */
};

/* ---- blocks ---- */

static void add(struct buffer *buffer, const void *bytes, size_t length)
{
    if (buffer->failed || length == 0)
        return;
    if (buffer->length + length > buffer->capacity) {
        size_t capacity = 2 * (buffer->length + length);
        uint8_t *grown = realloc(buffer->bytes, capacity);
        buffer->failed = grown == NULL;
        if (!grown)
            return;
        buffer->bytes = grown;
        buffer->capacity = capacity;
    }
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

static void add16(struct buffer *buffer, unsigned value)
{
    uint16_t number = (uint16_t)value;
    add(buffer, &number, sizeof number);
}

static void add32(struct buffer *buffer, uint32_t value)
{
    add(buffer, &value, sizeof value);
}

static void pad(struct buffer *buffer)
{
    static const uint8_t zeros[4];
    add(buffer, zeros, (4 - buffer->length % 4) % 4);
}

static void add_option(struct buffer *buffer, unsigned code, const void *bytes, size_t length)
{
    add16(buffer, code);
    add16(buffer, (unsigned)length);
    add(buffer, bytes, length);
    pad(buffer);
}

/* What is too long ends at a whole character. */
static void add_text(struct buffer *buffer, unsigned code, const char *text)
{
    size_t length = strlen(text);
    if (length > OPTION_MAX) {
        length = OPTION_MAX;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
            length--;
    }
    add_option(buffer, code, text, length);
}

static void block_begin(struct buffer *buffer, uint32_t type)
{
    buffer->length = 0;
    add32(buffer, type);
    add32(buffer, 0); /* the length, known at the end */
}

static enum status block_write(struct export_pcapng *pcapng, struct buffer *buffer, struct message *message)
{
    add_option(buffer, OPTION_END, NULL, 0);
    uint32_t length = (uint32_t)buffer->length + 4;
    add32(buffer, length);
    if (buffer->failed)
        return message_set(message, STATUS_MEMORY, "out of memory");
    memcpy(buffer->bytes + 4, &length, sizeof length);
    if (fwrite(buffer->bytes, 1, buffer->length, pcapng->out) != buffer->length)
        return message_set(message, STATUS_IO, "writing the packets failed: %s", strerror(errno ? errno : EIO));
    return STATUS_OK;
}

static enum status write_beginning(struct export_pcapng *pcapng, struct message *message)
{
    static const uint8_t resolution = NANOSECONDS;
    struct buffer buffer = {0};
    pcapng->begun = true;
    block_begin(&buffer, BLOCK_SECTION);
    add32(&buffer, BYTE_ORDER_MAGIC);
    add16(&buffer, 1); /* version 1.0 */
    add16(&buffer, 0);
    add32(&buffer, UINT32_MAX); /* length of the section: not told */
    add32(&buffer, UINT32_MAX);
    if (pcapng->title)
        add_text(&buffer, OPTION_COMMENT, pcapng->title);
    add_text(&buffer, OPTION_APPLICATION, pcapng->application);
    enum status status = block_write(pcapng, &buffer, message);
    block_begin(&buffer, BLOCK_INTERFACE);
    add16(&buffer, LINKTYPE_RAW);
    add16(&buffer, 0);
    add32(&buffer, 0); /* no limit to what is captured */
    add_text(&buffer, OPTION_INTERFACE_NAME, pcapng->interface);
    /* Without a packet there is nothing else that they could be said of. */
    for (size_t i = 0; i < pcapng->early.comment_count; i++)
        add_text(&buffer, OPTION_COMMENT, pcapng->early.comments[i]);
    add_option(&buffer, OPTION_INTERFACE_RESOLUTION, &resolution, sizeof resolution);
    if (!status)
        status = block_write(pcapng, &buffer, message);
    free(buffer.bytes);
    return status;
}

static enum status write_packet(struct export_pcapng *pcapng, const struct kept *packet, struct message *message)
{
    struct buffer buffer = {0};
    uint64_t time = packet->time > 0 ? (uint64_t)packet->time : 0;
    block_begin(&buffer, BLOCK_PACKET);
    add32(&buffer, 0); /* the only interface */
    add32(&buffer, (uint32_t)(time >> 32));
    add32(&buffer, (uint32_t)time);
    add32(&buffer, (uint32_t)packet->captured);
    add32(&buffer, (uint32_t)(packet->length < UINT32_MAX ? packet->length : UINT32_MAX));
    add(&buffer, packet->bytes, packet->captured);
    pad(&buffer);
    for (size_t i = 0; i < packet->comment_count; i++)
        add_text(&buffer, OPTION_COMMENT, packet->comments[i]);
    enum status status = block_write(pcapng, &buffer, message);
    free(buffer.bytes);
    return status;
}

/* ---- what is kept ---- */

static void kept_clear(struct kept *kept)
{
    for (size_t i = 0; i < kept->comment_count; i++)
        free(kept->comments[i]);
    free(kept->comments);
    free(kept->bytes);
    memset(kept, 0, sizeof *kept);
}

struct export_pcapng *export_pcapng_new(FILE *out, const struct export_pcapng_options *options)
{
    struct export_pcapng *pcapng = calloc(1, sizeof *pcapng);
    if (!pcapng)
        return NULL;
    pcapng->out = out;
    pcapng->title = options->title ? strdup(options->title) : NULL;
    pcapng->interface = strdup(options->interface ? options->interface : "wire");
    pcapng->application = strdup(options->application ? options->application : "lockstep");
    if (pcapng->interface && pcapng->application && (pcapng->title || !options->title))
        return pcapng;
    export_pcapng_free(pcapng);
    return NULL;
}

void export_pcapng_free(struct export_pcapng *pcapng)
{
    if (!pcapng)
        return;
    for (size_t i = 0; i < pcapng->count; i++)
        kept_clear(&pcapng->packets[i]);
    kept_clear(&pcapng->early);
    free(pcapng->packets);
    free(pcapng->title);
    free(pcapng->interface);
    free(pcapng->application);
    free(pcapng);
}

/* Those at the front of which nothing more will be said; `all`: the others, too. */
static enum status write_settled(struct export_pcapng *pcapng, bool all, struct message *message)
{
    enum status status = pcapng->begun || (!all && pcapng->count == 0) ? STATUS_OK : write_beginning(pcapng, message);
    size_t written = 0;
    /* The newest stays until another comes: what follows may be said of it. */
    while (!status && written < pcapng->count &&
           (all || (pcapng->packets[written].settled && written + 1 < pcapng->count))) {
        status = write_packet(pcapng, &pcapng->packets[written], message);
        kept_clear(&pcapng->packets[written++]);
    }
    if (written) {
        pcapng->count -= written;
        memmove(pcapng->packets, pcapng->packets + written, pcapng->count * sizeof *pcapng->packets);
    }
    return status;
}

static enum status no_memory(struct message *message)
{
    return message_set(message, STATUS_MEMORY, "out of memory while packets were kept");
}

enum status export_pcapng_sent(struct export_pcapng *pcapng, uint32_t number, int64_t time, const void *bytes,
                               size_t length, struct message *message)
{
    if (pcapng->count == pcapng->capacity) {
        size_t capacity = pcapng->capacity ? 2 * pcapng->capacity : 64;
        struct kept *grown = realloc(pcapng->packets, capacity * sizeof *grown);
        if (!grown)
            return no_memory(message);
        pcapng->packets = grown;
        pcapng->capacity = capacity;
    }
    size_t captured = length < CAPTURED_MAX ? length : CAPTURED_MAX;
    uint8_t *copy = malloc(captured ? captured : 1);
    if (!copy)
        return no_memory(message);
    if (captured)
        memcpy(copy, bytes, captured);
    struct kept *kept = &pcapng->packets[pcapng->count++];
    *kept = pcapng->early; /* with what was said before it */
    memset(&pcapng->early, 0, sizeof pcapng->early);
    kept->number = number;
    kept->time = time;
    kept->bytes = copy;
    kept->captured = captured;
    kept->length = length;
    return STATUS_OK;
}

static struct kept *find(struct export_pcapng *pcapng, uint32_t number)
{
    for (size_t i = pcapng->count; number && i > 0; i--)
        if (pcapng->packets[i - 1].number == number)
            return &pcapng->packets[i - 1];
    return NULL;
}

enum status export_pcapng_duplicated(struct export_pcapng *pcapng, uint32_t number, uint32_t copy, int64_t time,
                                     struct message *message)
{
    const struct kept *original = find(pcapng, number);
    if (!original)
        return STATUS_OK;
    size_t length = original->length, captured = original->captured;
    uint8_t *bytes = malloc(captured ? captured : 1); /* the list that `original` stands in may move */
    if (!bytes)
        return no_memory(message);
    memcpy(bytes, original->bytes, captured);
    enum status status = export_pcapng_sent(pcapng, copy, time, bytes, captured, message);
    if (!status)
        pcapng->packets[pcapng->count - 1].length = length;
    free(bytes);
    return status;
}

enum status export_pcapng_say(struct export_pcapng *pcapng, uint32_t number, const char *text, struct message *message)
{
    struct kept *kept = find(pcapng, number);
    if (!kept)
        kept = pcapng->count ? &pcapng->packets[pcapng->count - 1] : &pcapng->early;
    char **grown = realloc(kept->comments, (kept->comment_count + 1) * sizeof *grown);
    if (!grown)
        return no_memory(message);
    kept->comments = grown;
    grown[kept->comment_count] = strdup(text);
    if (!grown[kept->comment_count])
        return no_memory(message);
    kept->comment_count++;
    return STATUS_OK;
}

enum status export_pcapng_settled(struct export_pcapng *pcapng, uint32_t number, struct message *message)
{
    struct kept *kept = find(pcapng, number);
    if (kept)
        kept->settled = true;
    return write_settled(pcapng, false, message);
}

enum status export_pcapng_finish(struct export_pcapng *pcapng, struct message *message)
{
    enum status status = write_settled(pcapng, true, message);
    if (!status && fflush(pcapng->out) != 0)
        return message_set(message, STATUS_IO, "writing the packets failed: %s", strerror(errno));
    return status;
}
