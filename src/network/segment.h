/* What the wire itself must know of a packet: who sends it to whom, and which part of which stream it carries. (All of its
 * fields, explained, are decode.h's.) Trusts nothing: every length is checked against what is there. */
#ifndef LOCKSTEP_NETWORK_SEGMENT_H
#define LOCKSTEP_NETWORK_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEGMENT_ICMP = 1, SEGMENT_TCP = 6, SEGMENT_UDP = 17 };
enum segment_flag {
    SEGMENT_FIN = 1,
    SEGMENT_SYN = 2,
    SEGMENT_RST = 4,
    SEGMENT_PSH = 8,
    SEGMENT_ACK = 16,
    SEGMENT_URG = 32,
    SEGMENT_ECE = 64,
    SEGMENT_CWR = 128
};

/* An IPv4 packet. Numbers are in the machine's byte order; offsets count from the IP header's first byte. */
struct segment {
    uint32_t source, destination;
    uint8_t protocol;
    uint8_t time_to_live;
    uint16_t identification;
    uint16_t ip_length;                     /* of the whole packet, as its header says */
    uint16_t header_length;                 /* of the IP header */
    bool fragment;                          /* a later fragment: no header of the next protocol in it */
    uint16_t source_port, destination_port; /* TCP, UDP */
    uint32_t sequence, acknowledgement;     /* TCP: raw */
    uint8_t flags;                          /* TCP: enum segment_flag */
    uint16_t window;                        /* TCP: as in the header */
    uint16_t segment_max;                   /* TCP option of a SYN; 0: none */
    int8_t window_scale;                    /* TCP option of a SYN; -1: none */
    uint8_t type, code;                     /* ICMP */
    uint16_t payload_at, payload_length;    /* what the application sent (ICMP: what follows its 8 bytes) */
};

/* True if the bytes are a whole IPv4 packet whose headers are well-formed. */
bool segment_read(const void *bytes, size_t size, struct segment *out);

/* How much of its stream a TCP segment takes: bytes, and one each for SYN and FIN (RFC 9293 section 3.4). */
static inline uint32_t segment_span(const struct segment *segment)
{
    uint32_t marks = (segment->flags & SEGMENT_SYN ? 1u : 0u) + (segment->flags & SEGMENT_FIN ? 1u : 0u);
    return segment->payload_length + marks;
}

#endif
