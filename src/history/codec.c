/* The codec of events. A byte of kind and step mark, a bitmap of the fields that differ from their prediction, then
 * those fields as zigzag differences. Predictions: operation, object and place are those that the same task last spoke
 * about; time goes on by the tick that it last went on by; everything else is as in the last event of the same kind.
 * Decoding allocates nothing and reads nothing beyond what it was given. */
#include "history/codec.h"

#include <string.h>

#include "base/escape.h"
#include "operations/operations.h"

/* Bits of the bitmap, the commonest in the first seven so that most events need one byte of it. */
enum codec_field {
    FIELD_TASK,
    FIELD_TIME,
    FIELD_OPERATION,
    FIELD_PLACE,
    FIELD_OBJECT,
    FIELD_VALUE,
    FIELD_ARGUMENT2,
    FIELD_ARGUMENT1,
    FIELD_ARGUMENT0,
    FIELD_OUTCOME,
    FIELD_OTHER,
    FIELD_TEXT,
    FIELD_ERROR,
    FIELD_FLAGS,
    FIELD_SECOND,
    FIELD_ARGUMENT3,
    FIELD_PAYLOAD,
    FIELD_COUNT
};

#define CODEC_KIND_BITS 0x1F
#define CODEC_STEP 0x20

_Static_assert(EVENT_KIND_COUNT <= CODEC_KIND_BITS + 1, "the kind fits its bits");
_Static_assert(1 + 3 + 10 * FIELD_COUNT <= CODEC_EVENT_MAX, "the longest encoding fits");

void codec_reset(struct codec *codec)
{
    memset(codec, 0, sizeof *codec);
}

size_t codec_put_number(unsigned char *out, uint64_t number)
{
    size_t n = 0;
    while (number >= 0x80) {
        out[n++] = (unsigned char)(number | 0x80);
        number >>= 7;
    }
    out[n++] = (unsigned char)number;
    return n;
}

size_t codec_get_number(const unsigned char *bytes, size_t size, uint64_t *number)
{
    uint64_t value = 0;
    for (size_t n = 0; n < size && n < 10; n++) {
        uint64_t group = bytes[n] & 0x7F;
        if (n == 9 && group > 1)
            return 0;
        value |= group << (7 * n);
        if (!(bytes[n] & 0x80)) {
            *number = value;
            return n + 1;
        }
    }
    return 0;
}

static uint64_t codec_zigzag(uint64_t difference)
{
    return (difference << 1) ^ (0u - (difference >> 63));
}

static uint64_t codec_unzigzag(uint64_t number)
{
    return (number >> 1) ^ (0u - (number & 1));
}

/* Kinds whose operation, object and place are predicted from what their task last spoke about. */
static bool codec_of_task(unsigned kind)
{
    return kind == EVENT_ASKED || kind == EVENT_GOT || kind == EVENT_BLOCKED;
}

/* Whether the text could be shown as it is: escaping it changes nothing. */
static bool codec_text_clean(const char *text, size_t length)
{
    char escaped[ESCAPE_BOUND(CODEC_TEXT_MAX)];
    return length == 0 || (escape_text(ESCAPE_LABEL, text, length, escaped, sizeof escaped) == length &&
                           memcmp(text, escaped, length) == 0);
}

bool codec_event_valid(const struct event *event)
{
    if (event->kind == EVENT_NONE || event->kind >= EVENT_KIND_COUNT || event->outcome >= OUTCOME_COUNT ||
        event->operation >= OPERATION_COUNT || event->length > CODEC_PAYLOAD_MAX)
        return false;
    if (event->kind == EVENT_STRING)
        return event->length <= CODEC_TEXT_MAX && codec_text_clean(event->payload, event->length);
    return true;
}

/* The event as predicted, payload excepted. */
static void codec_predict(const struct codec *codec, unsigned kind, uint32_t task, struct event *out)
{
    *out = codec->last[kind];
    out->kind = (uint8_t)kind;
    out->task = task;
    out->time = codec->time;
    out->length = 0;
    out->payload = NULL;
    if (codec_of_task(kind)) {
        const struct codec_asked *asked = &codec->asked[task % CODEC_TASKS];
        out->operation = asked->operation;
        out->object = asked->object;
        out->second = asked->second;
        out->place = asked->place;
    }
}

static void codec_learn(struct codec *codec, const struct event *event)
{
    if (event->time != codec->time) {
        codec->tick = (int64_t)((uint64_t)event->time - (uint64_t)codec->time);
        codec->time = event->time;
    }
    codec->task = event->task;
    codec->last[event->kind] = *event;
    if (codec_of_task(event->kind)) {
        codec->asked[event->task % CODEC_TASKS] = (struct codec_asked){
            .object = event->object, .second = event->second, .place = event->place, .operation = event->operation};
    }
}

size_t codec_encode(struct codec *codec, const struct event *event, bool step, unsigned char *out)
{
    struct event as_predicted;
    codec_predict(codec, event->kind, event->task, &as_predicted);
    unsigned char fields[10 * FIELD_COUNT];
    size_t size = 0;
    uint32_t bits = 0;
    if (event->task != codec->task) {
        bits |= 1u << FIELD_TASK;
        size += codec_put_number(fields + size, event->task);
    }
    if (event->time != codec->time) {
        bits |= 1u << FIELD_TIME;
        uint64_t went = (uint64_t)event->time - (uint64_t)codec->time;
        size += codec_put_number(fields + size, codec_zigzag(went - (uint64_t)codec->tick));
    }
#define FIELD(bit, member)                                                                                             \
    if (event->member != as_predicted.member) {                                                                        \
        bits |= 1u << (bit);                                                                                           \
        uint64_t difference = (uint64_t)event->member - (uint64_t)as_predicted.member;                                 \
        size += codec_put_number(fields + size, codec_zigzag(difference));                                             \
    }
    FIELD(FIELD_OPERATION, operation)
    FIELD(FIELD_PLACE, place)
    FIELD(FIELD_OBJECT, object)
    FIELD(FIELD_VALUE, value)
    FIELD(FIELD_ARGUMENT2, argument[2])
    FIELD(FIELD_ARGUMENT1, argument[1])
    FIELD(FIELD_ARGUMENT0, argument[0])
    FIELD(FIELD_OUTCOME, outcome)
    FIELD(FIELD_OTHER, other)
    FIELD(FIELD_TEXT, text)
    FIELD(FIELD_ERROR, error)
    FIELD(FIELD_FLAGS, flags)
    FIELD(FIELD_SECOND, second)
    FIELD(FIELD_ARGUMENT3, argument[3])
#undef FIELD
    if (event->length > 0) {
        bits |= 1u << FIELD_PAYLOAD;
        size += codec_put_number(fields + size, event->length);
    }
    size_t n = 0;
    out[n++] = (unsigned char)(event->kind | (step ? CODEC_STEP : 0));
    n += codec_put_number(out + n, bits);
    memcpy(out + n, fields, size);
    n += size;
    if (event->length > 0) {
        memcpy(out + n, event->payload, event->length);
        n += event->length;
    }
    codec_learn(codec, event);
    return n;
}

/* Takes the fields named by `bits` from *at; false if the bytes end or are malformed. */
static bool codec_decode_fields(const struct codec *codec, uint32_t bits, const unsigned char **at,
                                const unsigned char *end, struct event *out)
{
    for (; bits; bits &= bits - 1) {
        uint64_t number = 0;
        if (*at < end && !(**at & 0x80)) {
            number = *(*at)++;
        } else {
            size_t taken = codec_get_number(*at, (size_t)(end - *at), &number);
            if (taken == 0)
                return false;
            *at += taken;
        }
        uint64_t difference = codec_unzigzag(number);
        switch (__builtin_ctz(bits)) {
        case FIELD_TIME:
            out->time = (int64_t)((uint64_t)codec->time + (uint64_t)codec->tick + difference);
            break;
        case FIELD_PAYLOAD:
            if (number > CODEC_PAYLOAD_MAX)
                return false;
            out->length = (uint32_t)number;
            break;
#define FIELD(bit, member, type)                                                                                       \
    case bit:                                                                                                          \
        out->member = (type)((uint64_t)out->member + difference);                                                      \
        break;
            FIELD(FIELD_OPERATION, operation, uint16_t)
            FIELD(FIELD_PLACE, place, uint32_t)
            FIELD(FIELD_OBJECT, object, uint32_t)
            FIELD(FIELD_VALUE, value, int64_t)
            FIELD(FIELD_ARGUMENT2, argument[2], int64_t)
            FIELD(FIELD_ARGUMENT1, argument[1], int64_t)
            FIELD(FIELD_ARGUMENT0, argument[0], int64_t)
            FIELD(FIELD_OUTCOME, outcome, uint8_t)
            FIELD(FIELD_OTHER, other, uint32_t)
            FIELD(FIELD_TEXT, text, uint32_t)
            FIELD(FIELD_ERROR, error, int32_t)
            FIELD(FIELD_FLAGS, flags, uint32_t)
            FIELD(FIELD_SECOND, second, uint32_t)
            FIELD(FIELD_ARGUMENT3, argument[3], int64_t)
#undef FIELD
        default:
            return false;
        }
    }
    return true;
}

/* From the numbers of the recording to ours; false if there is none. */
static bool codec_translate(const struct codec_map *map, struct event *event)
{
    if (event->operation >= map->operation_count || map->operations[event->operation] == CODEC_UNKNOWN)
        return false;
    event->operation = map->operations[event->operation];
    if (event->kind != EVENT_OBJECT)
        return true;
    /* A number that the recording's own table does not have is as wrong in ours: the world says so. */
    if (event->value < 0 || event->value >= map->object_count) {
        event->value = event->value >= 0 && event->value < OBJECT_COUNT ? OBJECT_COUNT : event->value;
        return true;
    }
    if (map->objects[event->value] == CODEC_UNKNOWN)
        return false;
    event->value = map->objects[event->value];
    return true;
}

size_t codec_decode(struct codec *codec, const struct codec_map *map, const unsigned char *bytes, size_t size,
                    struct event *out, bool *step)
{
    if (size < 2 || (bytes[0] & ~(CODEC_KIND_BITS | CODEC_STEP)))
        return 0;
    unsigned kind = bytes[0] & CODEC_KIND_BITS;
    if (kind == EVENT_NONE || kind >= EVENT_KIND_COUNT)
        return 0;
    const unsigned char *at = bytes + 1, *end = bytes + size;
    uint64_t bits = 0;
    size_t taken = codec_get_number(at, (size_t)(end - at), &bits);
    if (taken == 0 || bits >> FIELD_COUNT)
        return 0;
    at += taken;
    uint64_t task = codec->task;
    if (bits & (1u << FIELD_TASK)) {
        taken = codec_get_number(at, (size_t)(end - at), &task);
        if (taken == 0 || task > UINT32_MAX)
            return 0;
        at += taken;
        bits &= ~(uint64_t)(1u << FIELD_TASK);
    }
    codec_predict(codec, kind, (uint32_t)task, out);
    if (!codec_decode_fields(codec, (uint32_t)bits, &at, end, out) || out->length > (size_t)(end - at))
        return 0;
    if (out->length > 0)
        out->payload = at;
    /* Both sides learn from the numbers that were written. */
    codec_learn(codec, out);
    if ((map && !codec_translate(map, out)) || !codec_event_valid(out))
        return 0;
    *step = bytes[0] & CODEC_STEP;
    return (size_t)(at - bytes) + out->length;
}
