/* Opens packets. What stands in the packet is the work of somebody else, perhaps of a broken or hostile program: no length
 * of it is believed before it was compared with the bytes that are there. Values are written for people; what a field is
 * for stands in decode.def. */
#include "network/decode.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { IP_LEAST = 20, TCP_LEAST = 20, UDP_HEADER = 8, ICMP_HEADER = 8, LENGTH_MAX = 65535 };

struct reader {
    const uint8_t *bytes;
    size_t length; /* of the packet itself */
    struct decode *out;
    struct decode_origin origin;
};

/* ---- fields ---- */

static uint16_t two(const struct reader *reader, size_t at)
{
    return (uint16_t)(reader->bytes[at] << 8 | reader->bytes[at + 1]);
}

static uint32_t four(const struct reader *reader, size_t at)
{
    return (uint32_t)two(reader, at) << 16 | two(reader, at + 2);
}

static void fault(struct reader *reader, enum decode_fault what)
{
    if (!reader->out->fault)
        reader->out->fault = what;
}

/* The table is larger than what a packet can need: 40 bytes of options at 2 bytes each are the most. */
static struct decode_field *put(struct reader *reader, enum decode_field_id id, size_t offset, size_t length)
{
    static struct decode_field overflow; /* never reached; harmless if it were */
    struct decode *out = reader->out;
    struct decode_field *field = out->field_count < DECODE_FIELDS_MAX ? &out->fields[out->field_count++] : &overflow;
    *field = (struct decode_field){.id = (uint8_t)id, .offset = (uint16_t)offset, .length = (uint16_t)length};
    return field;
}

static struct decode_field *put_text(struct reader *reader, enum decode_field_id id, size_t offset, size_t length,
                                     uint64_t number, const char *format, ...) __attribute__((format(printf, 6, 7)));

static struct decode_field *put_text(struct reader *reader, enum decode_field_id id, size_t offset, size_t length,
                                     uint64_t number, const char *format, ...)
{
    struct decode_field *field = put(reader, id, offset, length);
    field->number = number;
    va_list list;
    va_start(list, format);
    vsnprintf(field->value, sizeof field->value, format, list);
    va_end(list);
    return field;
}

static struct decode_field *put_number(struct reader *reader, enum decode_field_id id, size_t offset, size_t length,
                                       uint64_t number)
{
    return put_text(reader, id, offset, length, number, "%llu", (unsigned long long)number);
}

/* `bits` bits of the bytes from `offset` on, the highest first. */
static void put_bits(struct reader *reader, enum decode_field_id id, size_t offset, unsigned bit, unsigned bits,
                     uint64_t number)
{
    struct decode_field *field = put_number(reader, id, offset, (bit + bits + 7) / 8, number);
    field->bit = (uint8_t)bit;
    field->bits = (uint8_t)bits;
}

static void put_address(struct reader *reader, enum decode_field_id id, size_t offset)
{
    const uint8_t *byte = reader->bytes + offset;
    put_text(reader, id, offset, 4, four(reader, offset), "%u.%u.%u.%u", byte[0], byte[1], byte[2], byte[3]);
}

static void put_data(struct reader *reader, enum decode_field_id id, size_t offset, size_t end)
{
    if (offset >= end)
        return;
    size_t length = end - offset;
    struct decode_field *field = put(reader, id, offset, length);
    /* As it would be written in C; cut at a whole character, and it is the view that says that there is more. */
    size_t used = 0;
    for (size_t i = offset; i < end; i++) {
        char text[8];
        uint8_t byte = reader->bytes[i];
        int count = byte == '\n'                  ? snprintf(text, sizeof text, "\\n")
                    : byte == '\r'                ? snprintf(text, sizeof text, "\\r")
                    : byte == '\\'                ? snprintf(text, sizeof text, "\\\\")
                    : byte >= 0x20 && byte < 0x7F ? snprintf(text, sizeof text, "%c", byte)
                                                  : snprintf(text, sizeof text, "\\x%02x", byte);
        if (used + (size_t)count + 4 > sizeof field->value) {
            memcpy(field->value + used, "...", 4);
            return;
        }
        memcpy(field->value + used, text, (size_t)count + 1);
        used += (size_t)count;
    }
}

static void put_checksum(struct reader *reader, enum decode_field_id id, size_t offset, bool checked, bool right)
{
    uint16_t sum = two(reader, offset);
    struct decode_field *field = put_text(reader, id, offset, 2, sum, "0x%04x", sum);
    field->note = !checked ? DECODE_NOTE_none : right ? DECODE_NOTE_right : DECODE_NOTE_wrong;
}

uint16_t decode_checksum(const void *bytes, size_t length, uint32_t sum)
{
    const uint8_t *byte = bytes;
    for (size_t i = 0; i < length; i++) {
        sum += (uint32_t)byte[i] << (i % 2 ? 0 : 8);
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)~sum;
}

/* The addresses, the protocol and the length take part in the checksums of TCP and UDP. */
static bool transport_right(const struct reader *reader, size_t at)
{
    uint32_t length = (uint32_t)(reader->length - at);
    uint32_t sum = reader->out->protocol + length;
    for (size_t i = 12; i < 20; i += 2)
        sum += two(reader, i);
    return decode_checksum(reader->bytes + at, length, sum) == 0;
}

/* ---- TCP ---- */

const char *decode_flags(unsigned flags, char out[DECODE_FLAGS_SIZE])
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
    /* SYN and FIN before ACK, as one says it. */
    static const unsigned char order[] = {1, 0, 2, 3, 4, 5, 6, 7};
    size_t used = 0;
    out[0] = 0;
    for (size_t i = 0; i < sizeof order; i++)
        if (flags & 1u << order[i])
            used += (size_t)snprintf(out + used, DECODE_FLAGS_SIZE - used, "%s%s", used ? "," : "", names[order[i]]);
    if (!used)
        snprintf(out, DECODE_FLAGS_SIZE, "none");
    return out;
}

static void put_flags(struct reader *reader, size_t at)
{
    static const uint8_t ids[] = {DECODE_FIELD_tcp_cwr,      DECODE_FIELD_tcp_ece, DECODE_FIELD_tcp_urg,
                                  DECODE_FIELD_tcp_ack_flag, DECODE_FIELD_tcp_psh, DECODE_FIELD_tcp_rst,
                                  DECODE_FIELD_tcp_syn,      DECODE_FIELD_tcp_fin};
    char text[DECODE_FLAGS_SIZE];
    uint8_t flags = reader->out->tcp.flags;
    unsigned all = two(reader, at + 12) & 0xFFFu;
    struct decode_field *field =
        put_text(reader, DECODE_FIELD_tcp_flags, at + 12, 2, all, "%s", decode_flags(flags, text));
    field->bit = 4;
    field->bits = 12;
    for (unsigned i = 0; i < sizeof ids; i++)
        put_bits(reader, ids[i], at + 13, i, 1, (uint64_t)flags >> (7 - i) & 1u);
}

static void put_sack(struct reader *reader, size_t at, size_t size)
{
    struct decode_tcp *tcp = &reader->out->tcp;
    char text[DECODE_VALUE_SIZE] = "";
    size_t used = 0;
    uint32_t origin = reader->origin.known ? reader->origin.ack : 0;
    for (size_t i = at + 2; i + 8 <= at + size && tcp->sack_count < DECODE_SACKS_MAX; i += 8) {
        uint32_t left = four(reader, i), right = four(reader, i + 4);
        tcp->sack[tcp->sack_count].left = left;
        tcp->sack[tcp->sack_count++].right = right;
        int count =
            snprintf(text + used, sizeof text - used, "%s%u-%u", used ? " " : "", left - origin, right - origin);
        used += count > 0 && used + (size_t)count < sizeof text ? (size_t)count : 0;
        text[used] = 0;
    }
    struct decode_field *field = put_text(reader, DECODE_FIELD_tcp_sack, at, size, four(reader, at + 2), "%s", text);
    field->note = reader->origin.known ? DECODE_NOTE_relative : DECODE_NOTE_none;
}

/* One option of `size` bytes at `at`; its kind says what it must be long. False: it is not. */
static bool put_option(struct reader *reader, size_t at, size_t size)
{
    enum { MSS = 2, SCALE = 3, SACK_PERMITTED = 4, SACK = 5, TIMESTAMPS = 8 };
    struct decode_tcp *tcp = &reader->out->tcp;
    switch (reader->bytes[at]) {
    case MSS:
        if (size != 4)
            return false;
        tcp->has_mss = true;
        tcp->mss = two(reader, at + 2);
        put_number(reader, DECODE_FIELD_tcp_mss, at, size, tcp->mss);
        return true;
    case SCALE:
        if (size != 3)
            return false;
        tcp->has_scale = true;
        tcp->scale = reader->bytes[at + 2];
        put_text(reader, DECODE_FIELD_tcp_scale, at, size, tcp->scale, "%u (x%lu)", tcp->scale,
                 1ul << (tcp->scale > 14 ? 14 : tcp->scale)); /* more than 14 counts as 14: RFC 7323, 2.3 */
        return true;
    case SACK_PERMITTED:
        if (size != 2)
            return false;
        tcp->sack_permitted = true;
        put(reader, DECODE_FIELD_tcp_sack_permitted, at, size);
        return true;
    case SACK:
        if (size < 10 || (size - 2) % 8 != 0)
            return false;
        put_sack(reader, at, size);
        return true;
    case TIMESTAMPS:
        if (size != 10)
            return false;
        tcp->has_timestamps = true;
        tcp->timestamp = four(reader, at + 2);
        tcp->timestamp_echo = four(reader, at + 6);
        put_text(reader, DECODE_FIELD_tcp_timestamps, at, size, tcp->timestamp, "%u, %u", tcp->timestamp,
                 tcp->timestamp_echo);
        return true;
    default:
        put_text(reader, DECODE_FIELD_tcp_option, at, size, reader->bytes[at], "%u", reader->bytes[at]);
        return true;
    }
}

static void put_options(struct reader *reader, size_t at, size_t end)
{
    enum { END_OF_LIST = 0, NO_OPERATION = 1 };
    while (at < end) {
        uint8_t kind = reader->bytes[at];
        if (kind == END_OF_LIST) { /* what follows is filling */
            put(reader, DECODE_FIELD_tcp_padding, at, end - at);
            return;
        }
        size_t size = 1;
        if (kind == NO_OPERATION) {
            while (at + size < end && reader->bytes[at + size] == NO_OPERATION)
                size++;
            put(reader, DECODE_FIELD_tcp_padding, at, size);
            at += size;
            continue;
        }
        size = at + 1 < end ? reader->bytes[at + 1] : 0;
        if (size < 2 || at + size > end || !put_option(reader, at, size)) {
            fault(reader, DECODE_FAULT_tcp_option);
            put_data(reader, DECODE_FIELD_unknown, at, end);
            return;
        }
        at += size;
    }
}

static void put_ports(struct reader *reader, enum decode_field_id source, enum decode_field_id destination, size_t at)
{
    reader->out->source_port = two(reader, at);
    reader->out->destination_port = two(reader, at + 2);
    put_number(reader, source, at, 2, two(reader, at));
    put_number(reader, destination, at + 2, 2, two(reader, at + 2));
}

static void put_count(struct reader *reader, enum decode_field_id id, size_t at, uint32_t origin, bool relative)
{
    uint32_t number = four(reader, at);
    struct decode_field *field = put_text(reader, id, at, 4, number, "%u", number - (relative ? origin : 0));
    field->note = relative ? DECODE_NOTE_relative : DECODE_NOTE_none;
}

static void open_tcp(struct reader *reader, size_t at, bool whole)
{
    struct decode *out = reader->out;
    struct decode_tcp *tcp = &out->tcp;
    size_t header = reader->length - at >= TCP_LEAST ? (size_t)(reader->bytes[at + 12] >> 4) * 4 : 0;
    if (header < TCP_LEAST || at + header > reader->length) {
        bool there = reader->length - at >= TCP_LEAST && header < TCP_LEAST;
        fault(reader, there ? DECODE_FAULT_tcp_header : DECODE_FAULT_transport_cut);
        put_data(reader, DECODE_FIELD_unknown, at, reader->length);
        return;
    }
    out->transport = DECODE_tcp;
    tcp->seq = four(reader, at + 4);
    tcp->ack = four(reader, at + 8);
    tcp->flags = reader->bytes[at + 13];
    tcp->window = two(reader, at + 14);
    tcp->urgent = two(reader, at + 18);
    put_ports(reader, DECODE_FIELD_tcp_source, DECODE_FIELD_tcp_destination, at);
    put_count(reader, DECODE_FIELD_tcp_seq, at + 4, reader->origin.seq, reader->origin.known);
    put_count(reader, DECODE_FIELD_tcp_ack, at + 8, reader->origin.ack,
              reader->origin.known && (tcp->flags & DECODE_ACK));
    struct decode_field *field =
        put_text(reader, DECODE_FIELD_tcp_header, at + 12, 1, header, "%zu (%zu x 4)", header, header / 4);
    field->bits = 4;
    put_flags(reader, at);
    put_number(reader, DECODE_FIELD_tcp_window, at + 14, 2, tcp->window);
    put_checksum(reader, DECODE_FIELD_tcp_checksum, at + 16, whole, whole && transport_right(reader, at));
    put_number(reader, DECODE_FIELD_tcp_urgent, at + 18, 2, tcp->urgent);
    put_options(reader, at + TCP_LEAST, at + header);
    out->payload = (uint16_t)(at + header);
    out->payload_length = (uint16_t)(reader->length - at - header);
    put_data(reader, DECODE_FIELD_data, at + header, reader->length);
}

/* ---- UDP and ICMP ---- */

static void open_udp(struct reader *reader, size_t at, bool whole)
{
    struct decode *out = reader->out;
    size_t there = reader->length - at;
    if (there < UDP_HEADER) {
        fault(reader, DECODE_FAULT_transport_cut);
        put_data(reader, DECODE_FIELD_unknown, at, reader->length);
        return;
    }
    size_t length = two(reader, at + 4);
    bool fits = length >= UDP_HEADER && length <= there;
    if (!fits && whole)
        fault(reader, DECODE_FAULT_udp_length);
    out->transport = DECODE_udp;
    put_ports(reader, DECODE_FIELD_udp_source, DECODE_FIELD_udp_destination, at);
    put_number(reader, DECODE_FIELD_udp_length, at + 4, 2, length);
    bool summed = whole && length == there && two(reader, at + 6) != 0;
    put_checksum(reader, DECODE_FIELD_udp_checksum, at + 6, summed, summed && transport_right(reader, at));
    size_t end = fits ? at + length : reader->length;
    out->payload = (uint16_t)(at + UDP_HEADER);
    out->payload_length = (uint16_t)(end - at - UDP_HEADER);
    put_data(reader, DECODE_FIELD_data, at + UDP_HEADER, end);
    put_data(reader, DECODE_FIELD_unknown, end, reader->length);
}

/* A name for what is met on a wire between two programs; numbers for the rest. */
static const char *icmp_type_name(unsigned type)
{
    return type == 0    ? " echo reply"
           : type == 3  ? " destination unreachable"
           : type == 8  ? " echo request"
           : type == 11 ? " time exceeded"
                        : "";
}

static void open_icmp(struct reader *reader, size_t at, bool whole)
{
    struct decode *out = reader->out;
    const uint8_t *byte = reader->bytes + at;
    if (reader->length - at < ICMP_HEADER) {
        fault(reader, DECODE_FAULT_transport_cut);
        put_data(reader, DECODE_FIELD_unknown, at, reader->length);
        return;
    }
    out->transport = DECODE_icmp;
    out->icmp = (struct decode_icmp){.type = byte[0], .code = byte[1], .rest = four(reader, at + 4)};
    bool echo = byte[0] == 0 || byte[0] == 8, quotes = byte[0] == 3 || byte[0] == 11 || byte[0] == 12;
    put_text(reader, DECODE_FIELD_icmp_type, at, 1, byte[0], "%u%s", byte[0], icmp_type_name(byte[0]));
    put_text(reader, DECODE_FIELD_icmp_code, at + 1, 1, byte[1], "%u%s", byte[1],
             byte[0] == 3 && byte[1] == 3 ? " port unreachable" : "");
    put_checksum(reader, DECODE_FIELD_icmp_checksum, at + 2, whole,
                 whole && decode_checksum(byte, reader->length - at, 0) == 0);
    if (echo) {
        put_number(reader, DECODE_FIELD_icmp_id, at + 4, 2, two(reader, at + 4));
        put_number(reader, DECODE_FIELD_icmp_seq, at + 6, 2, two(reader, at + 6));
    } else {
        put_number(reader, DECODE_FIELD_icmp_rest, at + 4, 4, four(reader, at + 4));
    }
    if (quotes && reader->length > at + ICMP_HEADER) {
        out->icmp.quote = (uint16_t)(at + ICMP_HEADER);
        put_data(reader, DECODE_FIELD_icmp_quote, at + ICMP_HEADER, reader->length);
        return;
    }
    out->payload = (uint16_t)(at + ICMP_HEADER);
    out->payload_length = (uint16_t)(reader->length - at - ICMP_HEADER);
    put_data(reader, DECODE_FIELD_data, at + ICMP_HEADER, reader->length);
}

/* ---- IP ---- */

static void put_ip(struct reader *reader, size_t header)
{
    static const char *const protocols[256] = {[1] = " ICMP", [6] = " TCP", [17] = " UDP"};
    struct decode *out = reader->out;
    const uint8_t *byte = reader->bytes;
    put_bits(reader, DECODE_FIELD_ip_version, 0, 0, 4, byte[0] >> 4);
    struct decode_field *field =
        put_text(reader, DECODE_FIELD_ip_header, 0, 1, header, "%zu (%zu x 4)", header, header / 4);
    field->bit = 4;
    field->bits = 4;
    put_bits(reader, DECODE_FIELD_ip_dscp, 1, 0, 6, byte[1] >> 2);
    put_bits(reader, DECODE_FIELD_ip_ecn, 1, 6, 2, byte[1] & 3);
    put_number(reader, DECODE_FIELD_ip_total, 2, 2, two(reader, 2));
    put_text(reader, DECODE_FIELD_ip_id, 4, 2, two(reader, 4), "0x%04x", two(reader, 4));
    put_bits(reader, DECODE_FIELD_ip_df, 6, 1, 1, byte[6] >> 6 & 1);
    put_bits(reader, DECODE_FIELD_ip_mf, 6, 2, 1, byte[6] >> 5 & 1);
    put_bits(reader, DECODE_FIELD_ip_offset, 6, 3, 13, two(reader, 6) & 0x1FFFu);
    put_number(reader, DECODE_FIELD_ip_ttl, 8, 1, byte[8]);
    const char *name = protocols[byte[9]];
    put_text(reader, DECODE_FIELD_ip_protocol, 9, 1, byte[9], "%u%s", byte[9], name ? name : "");
    put_checksum(reader, DECODE_FIELD_ip_checksum, 10, true, decode_checksum(byte, header, 0) == 0);
    put_address(reader, DECODE_FIELD_ip_source, 12);
    put_address(reader, DECODE_FIELD_ip_destination, 16);
    if (header > IP_LEAST)
        put(reader, DECODE_FIELD_ip_options, IP_LEAST, header - IP_LEAST);
    out->protocol = byte[9];
    out->ttl = byte[8];
    out->source = four(reader, 12);
    out->destination = four(reader, 16);
}

/* The length of the header if all of it is there, else 0 and the fault is noted. */
static size_t ip_header(struct reader *reader)
{
    if (reader->length == 0)
        fault(reader, DECODE_FAULT_empty);
    else if (reader->bytes[0] >> 4 != 4)
        fault(reader, DECODE_FAULT_not_ipv4);
    else if ((reader->bytes[0] & 15) * 4 < IP_LEAST)
        fault(reader, DECODE_FAULT_ip_header);
    else if (reader->length < (size_t)(reader->bytes[0] & 15) * 4)
        fault(reader, DECODE_FAULT_ip_cut);
    return reader->out->fault ? 0 : (size_t)(reader->bytes[0] & 15) * 4;
}

bool decode_packet(const void *bytes, size_t length, const struct decode_origin *origin, struct decode *out)
{
    memset(out, 0, sizeof *out);
    out->transport = DECODE_data;
    size_t there = length > LENGTH_MAX ? LENGTH_MAX : length;
    struct reader reader = {.bytes = bytes, .length = there, .out = out};
    if (origin)
        reader.origin = *origin;
    size_t header = ip_header(&reader);
    if (!header) {
        put_data(&reader, DECODE_FIELD_unknown, 0, there);
        return false;
    }
    put_ip(&reader, header);
    size_t total = two(&reader, 2);
    if (total < header) {
        fault(&reader, DECODE_FAULT_ip_total);
        put_data(&reader, DECODE_FIELD_unknown, header, there);
        return false;
    }
    if (total > there)
        fault(&reader, DECODE_FAULT_cut);
    else
        reader.length = total;
    bool more = reader.bytes[6] & 0x20, first = (two(&reader, 6) & 0x1FFF) == 0;
    bool whole = !out->fault && !more && first;
    out->fragment = !first;
    if (!first)
        put_data(&reader, DECODE_FIELD_piece, header, reader.length);
    else if (out->protocol == 6)
        open_tcp(&reader, header, whole);
    else if (out->protocol == 17)
        open_udp(&reader, header, whole);
    else if (out->protocol == 1)
        open_icmp(&reader, header, whole);
    else
        put_data(&reader, DECODE_FIELD_unknown, header, reader.length);
    put_data(&reader, DECODE_FIELD_beyond, reader.length, there);
    return !out->fault;
}
