/* A packet opened: IPv4 and in it TCP, UDP or ICMP, field by field, from raw bytes. Pure: no I/O, no allocation, no locale.
 * Trusts nothing: every length and offset is checked against the bytes that are there; what contradicts itself is opened
 * as far as it goes, the rest is one field `unknown`, and `fault` says what is wrong. */
#ifndef LOCKSTEP_NETWORK_DECODE_H
#define LOCKSTEP_NETWORK_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum decode_layer { DECODE_ip, DECODE_tcp, DECODE_udp, DECODE_icmp, DECODE_data, DECODE_LAYERS };

enum decode_field_id {
#define FIELD(id, layer, wireshark, rfc, name, name_zh, explain, explain_zh) DECODE_FIELD_##id,
#include "network/decode.def"
#undef FIELD
    DECODE_FIELD_COUNT
};

enum decode_fault {
#define FAULT(id, text, text_zh) DECODE_FAULT_##id,
#include "network/decode_faults.def"
#undef FAULT
    DECODE_FAULT_COUNT
};

enum decode_language { DECODE_ENGLISH, DECODE_CHINESE, DECODE_LANGUAGES };

/* What is to be said of a field besides its value. */
enum decode_note { DECODE_NOTE_none, DECODE_NOTE_right, DECODE_NOTE_wrong, DECODE_NOTE_relative, DECODE_NOTES };

/* What is known of a field of this id, whatever packet it is in. */
struct decode_row {
    const char *id;                                                 /* "tcp_seq" */
    const char *name[DECODE_LANGUAGES], *explain[DECODE_LANGUAGES]; /* a line each */
    const char *rfc;                                                /* "RFC 9293, 3.4"; "" */
    const char *wireshark; /* the name of its filter; "": it has none that means the same */
    uint8_t layer;         /* enum decode_layer */
};

enum { DECODE_VALUE_SIZE = 72, DECODE_FIELDS_MAX = 80, DECODE_SACKS_MAX = 4 };

/* A field of a packet. */
struct decode_field {
    uint8_t id;                    /* enum decode_field_id */
    uint8_t note;                  /* enum decode_note */
    uint8_t bit, bits;             /* which bits of the first bytes, from the highest, 0 bits: all */
    uint16_t offset, length;       /* bytes of the packet that it lies in */
    uint64_t number;               /* as it stands there (lengths of headers: in bytes); 0 for what is no number */
    char value[DECODE_VALUE_SIZE]; /* for people, in every language: "0.0.0.0", "SYN,ACK"; visible ASCII; may be "" */
};

enum decode_tcp_flag {
    DECODE_FIN = 1,
    DECODE_SYN = 2,
    DECODE_RST = 4,
    DECODE_PSH = 8,
    DECODE_ACK = 16,
    DECODE_URG = 32,
    DECODE_ECE = 64,
    DECODE_CWR = 128
};

struct decode_tcp {
    uint32_t seq, ack;
    uint16_t window, urgent;
    uint8_t flags; /* enum decode_tcp_flag */
    bool has_mss, has_scale, sack_permitted, has_timestamps;
    uint8_t scale;
    uint16_t mss;
    uint32_t timestamp, timestamp_echo;
    struct {
        uint32_t left, right;
    } sack[DECODE_SACKS_MAX];
    unsigned sack_count;
};

struct decode_icmp {
    uint8_t type, code;
    uint32_t rest;
    uint16_t quote; /* where the quoted packet begins; 0 none */
};

struct decode {
    enum decode_fault fault;      /* the first that was met */
    enum decode_layer transport;  /* DECODE_data: neither TCP, UDP nor ICMP, or not opened */
    uint32_t source, destination; /* addresses, of this machine's byte order; 0 if unknown */
    uint16_t source_port, destination_port;
    uint8_t protocol, ttl;
    bool fragment;                    /* not the first of a packet's fragments */
    uint16_t payload, payload_length; /* where the program's data is */
    struct decode_tcp tcp;
    struct decode_icmp icmp;
    struct decode_field fields[DECODE_FIELDS_MAX]; /* in the order of the bytes; together they cover all of them */
    size_t field_count;
};

/* From where sequence numbers are counted in values (number stays as it is in the packet). */
struct decode_origin {
    uint32_t seq, ack; /* the sequence numbers of both ends' SYNs */
    bool known;
};

/* Opens `length` bytes (those over 65535 are not looked at). `origin` may be NULL. True: nothing is wrong with them. */
bool decode_packet(const void *bytes, size_t length, const struct decode_origin *origin, struct decode *out);

const struct decode_row *decode_row(unsigned id); /* never NULL */
/* "IP", "TCP" ... */
const char *decode_layer_name(unsigned layer);
/* A sentence; "" for none. */
const char *decode_fault_text(unsigned fault, enum decode_language);
/* "correct", "wrong", "relative"; "". */
const char *decode_note_text(unsigned note, enum decode_language);
/* "SYN,ACK" of enum decode_tcp_flag; "none" without any. */
enum { DECODE_FLAGS_SIZE = 40 };
const char *decode_flags(unsigned flags, char out[DECODE_FLAGS_SIZE]);
/* The Internet checksum (RFC 1071) over bytes, going on from `sum`; 0 from a whole that contains its own checksum. */
uint16_t decode_checksum(const void *bytes, size_t length, uint32_t sum);

#endif
