/* Packets as a pcapng file, which Wireshark opens: whole IP packets (no Ethernet), virtual time in nanoseconds, and what was
 * said of them as packet comments. Format: draft-ietf-opsawg-pcapng, written in this machine's byte order, as it allows. */
#ifndef LOCKSTEP_EXPORT_PCAPNG_H
#define LOCKSTEP_EXPORT_PCAPNG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

struct export_pcapng;

struct export_pcapng_options {
    const char *title;       /* a comment on the file; NULL none */
    const char *interface;   /* what the wire is called; NULL: "wire" */
    const char *application; /* who writes it; NULL: "lockstep" */
};

/* Writes to `out`, which stays the caller's. Owns; NULL: out of memory. */
struct export_pcapng *export_pcapng_new(FILE *out, const struct export_pcapng_options *);
void export_pcapng_free(struct export_pcapng *);

/* Packet `number` (from 1, ascending) was sent at `time` (virtual ns). Bytes over 65535 are left out, and the file says how
 * long it was. It is kept until it is settled, and written in the order of sending. */
enum status export_pcapng_sent(struct export_pcapng *, uint32_t number, int64_t time, const void *bytes, size_t length,
                               struct message *);
/* Packet `copy`, the newest, is another of packet `number`, which is not settled yet; else nothing is written of it. */
enum status export_pcapng_duplicated(struct export_pcapng *, uint32_t number, uint32_t copy, int64_t time,
                                     struct message *);
/* Something is said of packet `number`; 0: of the newest, or, before there is one, of the first that comes. UTF-8, fit to
 * be shown, copied. Of a packet that is written already nothing can be said any more: then it is said of the newest. */
enum status export_pcapng_say(struct export_pcapng *, uint32_t number, const char *text, struct message *);
/* Nothing more will be said of it: it arrived, or was dropped. */
enum status export_pcapng_settled(struct export_pcapng *, uint32_t number, struct message *);
/* Writes what is left, and flushes. What was said without any packet is then a comment on the file's interface. */
enum status export_pcapng_finish(struct export_pcapng *, struct message *);

#endif
