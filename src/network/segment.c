/* Reading the headers of one packet, for the wire. Never reads beyond `size`; whatever does not add up is no segment. */
#include "network/segment.h"

#include <string.h>

static uint16_t segment_short(const unsigned char *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t segment_long(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The options of a SYN that the wire needs (RFC 9293 section 3.2, RFC 7323). False: malformed. */
static bool segment_options(const unsigned char *at, size_t size, struct segment *out)
{
    while (size > 0 && *at != 0) {
        if (*at == 1) {
            at++;
            size--;
            continue;
        }
        if (size < 2 || at[1] < 2 || at[1] > size)
            return false;
        if (at[0] == 2 && at[1] == 4)
            out->segment_max = segment_short(at + 2);
        else if (at[0] == 3 && at[1] == 3)
            out->window_scale = (int8_t)(at[2] > 14 ? 14 : at[2]);
        size -= at[1];
        at += at[1];
    }
    return true;
}

static bool segment_tcp(const unsigned char *at, size_t size, struct segment *out)
{
    size_t header = size >= 20 ? (size_t)(at[12] >> 4) * 4 : 0;
    if (header < 20 || header > size)
        return false;
    out->source_port = segment_short(at);
    out->destination_port = segment_short(at + 2);
    out->sequence = segment_long(at + 4);
    out->acknowledgement = segment_long(at + 8);
    out->flags = at[13];
    out->window = segment_short(at + 14);
    out->payload_at = (uint16_t)(out->header_length + header);
    out->payload_length = (uint16_t)(size - header);
    return segment_options(at + 20, header - 20, out);
}

bool segment_read(const void *bytes, size_t size, struct segment *out)
{
    const unsigned char *at = bytes;
    *out = (struct segment){.window_scale = -1};
    if (size < 20 || size > 65535 || at[0] >> 4 != 4)
        return false;
    out->header_length = (uint16_t)((at[0] & 15) * 4);
    out->ip_length = segment_short(at + 2);
    if (out->header_length < 20 || out->ip_length < out->header_length || out->ip_length > size)
        return false;
    out->identification = segment_short(at + 4);
    out->fragment = (segment_short(at + 6) & 0x1FFF) != 0;
    out->time_to_live = at[8];
    out->protocol = at[9];
    out->source = segment_long(at + 12);
    out->destination = segment_long(at + 16);
    const unsigned char *next = at + out->header_length;
    size_t left = (size_t)out->ip_length - out->header_length;
    out->payload_at = out->header_length;
    out->payload_length = (uint16_t)left;
    if (out->fragment)
        return true;
    switch (out->protocol) {
    case SEGMENT_TCP:
        return segment_tcp(next, left, out);
    case SEGMENT_UDP:
        if (left < 8)
            return false;
        out->source_port = segment_short(next);
        out->destination_port = segment_short(next + 2);
        out->payload_at = (uint16_t)(out->header_length + 8);
        out->payload_length = (uint16_t)(left - 8);
        return true;
    case SEGMENT_ICMP:
        if (left < 8)
            return false;
        out->type = next[0];
        out->code = next[1];
        out->payload_at = (uint16_t)(out->header_length + 8);
        out->payload_length = (uint16_t)(left - 8);
        return true;
    default:
        return true;
    }
}
