/* The sanitiser of text of others: a strict UTF-8 decoder that can stop at any byte, then one decision a code point, by
 * a table of ranges of our own (the locale's would give another picture on another machine). It does not lay out: line
 * breaks, tabs and overprinting are the business of who draws. */
#include "base/escape.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum kind { NARROW, WIDE, COMBINING, RIGHT_TO_LEFT, BANNED };

struct range {
    uint32_t first, last;
    enum kind kind;
};

static const struct range ranges[] = {
#define RANGE(from, to, what) {.first = (from), .last = (to), .kind = (what)},
#include "base/escape.def"
#undef RANGE
};

enum { MARKS_MAX = 2 };

struct output {
    char *bytes;
    size_t length;
};

static enum kind kind_of(uint32_t code_point)
{
    size_t low = 0, high = sizeof ranges / sizeof ranges[0];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (code_point > ranges[middle].last)
            low = middle + 1;
        else if (code_point < ranges[middle].first)
            high = middle;
        else
            return ranges[middle].kind;
    }
    return NARROW;
}

/* Bytes of the character that `first` begins; 0 if none begins so. */
static unsigned sequence_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return 2;
    if (first >= 0xE0 && first <= 0xEF)
        return 3;
    if (first >= 0xF0 && first <= 0xF4)
        return 4;
    return 0;
}

/* Whether `byte` may stand at `position` (1 to 3) of the character that `first` begins. The second byte decides about
 * overlong forms, surrogates and what lies beyond U+10FFFF (Unicode, table 3-7). */
static bool continues(unsigned char first, unsigned position, unsigned char byte)
{
    if (position == 1) {
        if (first == 0xE0)
            return byte >= 0xA0 && byte <= 0xBF;
        if (first == 0xED)
            return byte >= 0x80 && byte <= 0x9F;
        if (first == 0xF0)
            return byte >= 0x90 && byte <= 0xBF;
        if (first == 0xF4)
            return byte >= 0x80 && byte <= 0x8F;
    }
    return (byte & 0xC0) == 0x80;
}

static uint32_t decode(const unsigned char *bytes, unsigned length)
{
    static const unsigned char lead_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t code_point = bytes[0] & lead_bits[length];
    for (unsigned i = 1; i < length; i++)
        code_point = code_point << 6 | (bytes[i] & 0x3F);
    return code_point;
}

static void put(struct output *output, const void *bytes, size_t count)
{
    memcpy(output->bytes + output->length, bytes, count);
    output->length += count;
}

static void put_character(struct output *output, char character)
{
    output->bytes[output->length++] = character;
}

static void put_hex(struct output *output, uint32_t value, unsigned digits)
{
    while (digits < 8 && value >> (4 * digits))
        digits++;
    while (digits--)
        put_character(output, "0123456789ABCDEF"[value >> (4 * digits) & 0xF]);
}

/* Whatever follows does not belong to the run of combining marks: say how many were left out. */
static void end_marks(struct escape *escape, struct output *output)
{
    if (escape->marks_extra) {
        char digits[20];
        size_t count = 0;
        for (uint64_t rest = escape->marks_extra; rest; rest /= 10)
            digits[count++] = (char)('0' + rest % 10);
        put(output, "<+", 2);
        while (count--)
            put_character(output, digits[count]);
        put_character(output, '>');
        escape->marks_extra = 0;
    }
    escape->marks = 0;
    escape->has_base = 1;
}

static void bad_byte(struct escape *escape, struct output *output, unsigned char byte)
{
    end_marks(escape, output);
    put(output, "\\x", 2);
    put_hex(output, byte, 2);
}

static void combining_mark(struct escape *escape, struct output *output, const unsigned char *bytes, unsigned length)
{
    if (escape->marks == MARKS_MAX) {
        escape->marks_extra++;
        return;
    }
    if (!escape->has_base)
        put(output, "\xE2\x97\x8C", 3);
    escape->has_base = 1;
    escape->marks++;
    put(output, bytes, length);
}

static void character(struct escape *escape, struct output *output, const unsigned char *bytes, unsigned length)
{
    uint32_t code_point = decode(bytes, length);
    enum kind kind = kind_of(code_point);
    if (kind == COMBINING) {
        combining_mark(escape, output, bytes, length);
        return;
    }
    end_marks(escape, output);
    if (escape->kind == ESCAPE_LINES && (code_point == '\n' || code_point == '\t')) {
        put_character(output, (char)code_point);
        escape->has_base = 0;
    } else if (code_point < 0x20 || code_point == 0x7F) {
        unsigned char picture = (unsigned char)(0x80 + (code_point == 0x7F ? 0x21 : code_point));
        put(output, "\xE2\x90", 2);
        put(output, &picture, 1);
    } else if (kind == BANNED || (kind == RIGHT_TO_LEFT && escape->kind == ESCAPE_LABEL)) {
        put(output, "<U+", 3);
        put_hex(output, code_point, 4);
        put_character(output, '>');
    } else {
        put(output, bytes, length);
    }
}

static void take(struct escape *escape, struct output *output, unsigned char byte)
{
    if (escape->pending_count && !continues(escape->pending[0], escape->pending_count, byte)) {
        for (unsigned i = 0; i < escape->pending_count; i++)
            bad_byte(escape, output, escape->pending[i]);
        escape->pending_count = 0;
    }
    if (!escape->pending_count && !sequence_length(byte)) {
        bad_byte(escape, output, byte);
        return;
    }
    escape->pending[escape->pending_count++] = byte;
    unsigned length = sequence_length(escape->pending[0]);
    if (escape->pending_count == length) {
        escape->pending_count = 0;
        character(escape, output, escape->pending, length);
    }
}

void escape_start(struct escape *escape, enum escape_kind kind)
{
    *escape = (struct escape){.kind = kind};
}

size_t escape_feed(struct escape *escape, const char *bytes, size_t count, char *out, size_t capacity, size_t *written)
{
    struct output output = {.bytes = out};
    size_t taken = 0;
    while (taken < count && capacity - output.length >= ESCAPE_ROOM) {
        unsigned char byte = (unsigned char)bytes[taken++];
        /* Most text is this. */
        if (byte >= 0x20 && byte < 0x7F && !escape->pending_count && !escape->marks) {
            put_character(&output, (char)byte);
            escape->has_base = 1;
        } else {
            take(escape, &output, byte);
        }
    }
    *written = output.length;
    return taken;
}

size_t escape_finish(struct escape *escape, char *out)
{
    struct output output = {.bytes = out};
    for (unsigned i = 0; i < escape->pending_count; i++)
        bad_byte(escape, &output, escape->pending[i]);
    end_marks(escape, &output);
    escape_start(escape, escape->kind);
    return output.length;
}

/* Appends a piece, or says that it does not fit. `fits` remembers the last length that leaves room for "...". */
static bool append(char *out, size_t capacity, size_t *length, size_t *fits, const char *piece, size_t count)
{
    if (count > capacity - 1 - *length)
        return false;
    memcpy(out + *length, piece, count);
    *length += count;
    if (capacity - 1 - *length >= 3)
        *fits = *length;
    return true;
}

size_t escape_text(enum escape_kind kind, const char *bytes, size_t count, char *out, size_t capacity)
{
    assert(capacity >= 1);
    struct escape escape;
    escape_start(&escape, kind);
    size_t length = 0, fits = 0;
    bool all = true;
    char piece[ESCAPE_ROOM];
    for (size_t i = 0; i < count && all; i++) {
        size_t written;
        escape_feed(&escape, bytes + i, 1, piece, sizeof piece, &written);
        all = append(out, capacity, &length, &fits, piece, written);
    }
    if (all)
        all = append(out, capacity, &length, &fits, piece, escape_finish(&escape, piece));
    if (!all) {
        size_t dots = capacity - 1 - fits < 3 ? capacity - 1 - fits : 3;
        memcpy(out + fits, "...", dots);
        length = fits + dots;
    }
    out[length] = 0;
    return length;
}

int escape_width(uint32_t code_point)
{
    if (code_point > 0x10FFFF)
        return -1;
    switch (kind_of(code_point)) {
    case BANNED:
        return -1;
    case COMBINING:
        return 0;
    case WIDE:
        return 2;
    case NARROW:
    case RIGHT_TO_LEFT:
        break;
    }
    return 1;
}

size_t escape_columns(const char *text, size_t count)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t columns = 0;
    for (size_t i = 0; i < count;) {
        unsigned length = sequence_length(bytes[i]), have = 1;
        while (have < length && i + have < count && continues(bytes[i], have, bytes[i + have]))
            have++;
        if (have == length) {
            int width = escape_width(decode(bytes + i, length));
            columns += width > 0 ? (size_t)width : 0;
        }
        i += have;
    }
    return columns;
}
