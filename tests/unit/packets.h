/* Packets made for tests: right ones with right checksums, to be spoilt afterwards. */
#ifndef LOCKSTEP_TESTS_PACKETS_H
#define LOCKSTEP_TESTS_PACKETS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "network/decode.h"

struct packet {
    uint8_t bytes[2048];
    size_t length;
};

static inline void packet_two(struct packet *packet, size_t at, unsigned value)
{
    packet->bytes[at] = (uint8_t)(value >> 8);
    packet->bytes[at + 1] = (uint8_t)value;
}

static inline void packet_four(struct packet *packet, size_t at, uint32_t value)
{
    packet_two(packet, at, value >> 16);
    packet_two(packet, at + 2, value & 0xFFFF);
}

static inline void packet_add(struct packet *packet, const void *bytes, size_t length)
{
    if (length)
        memcpy(packet->bytes + packet->length, bytes, length);
    packet->length += length;
}

/* The lengths and checksums of what is there now: header of 20 bytes, whatever follows. */
static inline void packet_close(struct packet *packet)
{
    static const uint8_t sum_at[256] = {[1] = 2, [6] = 16, [17] = 6};
    uint8_t protocol = packet->bytes[9];
    size_t rest = packet->length - 20, sum = 20 + sum_at[protocol];
    packet_two(packet, 2, (unsigned)packet->length);
    packet_two(packet, 10, 0);
    packet_two(packet, 10, decode_checksum(packet->bytes, 20, 0));
    if (protocol == 17)
        packet_two(packet, 24, (unsigned)rest);
    uint32_t begin = 0;
    if (protocol != 1) {
        begin = protocol + (uint32_t)rest;
        for (size_t i = 12; i < 20; i += 2)
            begin += (uint32_t)packet->bytes[i] << 8 | packet->bytes[i + 1];
    }
    packet_two(packet, sum, 0);
    packet_two(packet, sum, decode_checksum(packet->bytes + 20, rest, begin));
}

/* 10.0.0.1 -> 10.0.0.2, not to be fragmented. */
static inline void packet_ip(struct packet *packet, unsigned protocol)
{
    memset(packet, 0, sizeof *packet);
    packet->bytes[0] = 0x45;
    packet_two(packet, 4, 0x1234);
    packet_two(packet, 6, 0x4000);
    packet->bytes[8] = 64;
    packet->bytes[9] = (uint8_t)protocol;
    packet_four(packet, 12, 0x0A000001);
    packet_four(packet, 16, 0x0A000002);
    packet->length = 20;
}

/* From port 40000 to 8080; options: a multiple of 4 bytes. */
static inline void packet_tcp(struct packet *packet, unsigned flags, uint32_t seq, uint32_t ack, const void *options,
                              size_t option_length, const char *data)
{
    packet_ip(packet, 6);
    packet_two(packet, 20, 40000);
    packet_two(packet, 22, 8080);
    packet_four(packet, 24, seq);
    packet_four(packet, 28, ack);
    packet->bytes[32] = (uint8_t)((20 + option_length) / 4 << 4);
    packet->bytes[33] = (uint8_t)flags;
    packet_two(packet, 34, 64240);
    packet->length = 40;
    packet_add(packet, options, option_length);
    packet_add(packet, data, strlen(data));
    packet_close(packet);
}

static inline void packet_udp(struct packet *packet, const char *data)
{
    packet_ip(packet, 17);
    packet_two(packet, 20, 40000);
    packet_two(packet, 22, 9999);
    packet->length = 28;
    packet_add(packet, data, strlen(data));
    packet_close(packet);
}

/* "Port unreachable", about the beginning of another packet. */
static inline void packet_unreachable(struct packet *packet, const struct packet *about)
{
    packet_ip(packet, 1);
    packet->bytes[20] = 3;
    packet->bytes[21] = 3;
    packet->length = 28;
    packet_add(packet, about->bytes, about->length < 28 ? about->length : 28);
    packet_close(packet);
}

#endif
