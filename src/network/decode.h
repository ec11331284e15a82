/* Packets as bytes: where their headers are and what these say. Trusts nothing: every length is checked against what is
 * there. Decoding allocates nothing and keeps no pointer. */
#ifndef LOCKSTEP_NETWORK_DECODE_H
#define LOCKSTEP_NETWORK_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DECODE_ICMP = 1, DECODE_TCP = 6, DECODE_UDP = 17 };
enum decode_flag { DECODE_FIN = 1, DECODE_SYN = 2, DECODE_RST = 4, DECODE_PSH = 8, DECODE_ACK = 16, DECODE_URG = 32, DECODE_ECE = 64, DECODE_CWR = 128 };

/* An IPv4 packet. Numbers are in the machine's byte order; offsets count from the IP header's first byte. */
struct decode_packet {
    uint32_t source, destination;
    uint8_t protocol;
    uint8_t time_to_live;
    uint16_t identification;
    uint16_t ip_length;     /* of the whole packet, as its header says */
    uint16_t header_length; /* of the IP header */
    bool fragment;          /* a later fragment: no header of the next protocol in it */
    uint16_t source_port, destination_port;    /* TCP, UDP */
    uint32_t sequence, acknowledgement;        /* TCP: raw */
    uint8_t flags;                             /* TCP: enum decode_flag */
    uint16_t window;                           /* TCP: as in the header */
    uint16_t segment_max;                      /* TCP option of a SYN; 0: none */
    int8_t window_scale;                       /* TCP option of a SYN; -1: none */
    uint8_t type, code;                        /* ICMP */
    uint16_t payload_at, payload_length;       /* what the application sent (ICMP: what follows its 8 bytes) */
};

/* True if the bytes are a whole IPv4 packet whose headers are well-formed. */
bool decode_packet(const void *bytes, size_t size, struct decode_packet *out);

#endif
