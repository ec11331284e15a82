/* The queue of packets between the two ends. Reads whatever the guests' kernel sends, holds it, and gives it back when it
 * is told to; swallows the copies that the kernel sends because the wire is slow. Decides nothing: when a packet goes on,
 * and whether, is its caller's choice. */
#include "network/wire.h"
#include "network/flow.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WIRE_PATIENCE = 2000 /* ms for a mark to come through the kernel's queues, which takes microseconds */ };

struct wire_entry {
    struct wire_packet packet;
    int to; /* the end at which it is to arrive */
    unsigned char *bytes;
    uint32_t untold; /* copies absorbed and not told of yet */
};

/* A packet that came while only copies were looked for. */
struct wire_later {
    int end; /* where it was sent */
    unsigned char *bytes;
    size_t size;
};

struct wire {
    struct network_made made;
    int watcher; /* epoll(7) of both ends' devices; -1: there is one end */
    struct wire_entry *held;
    size_t count, capacity;
    struct wire_later *later;
    size_t later_count, later_capacity;
    bool absorbing; /* only copies are taken now */
    struct flows *flows;
    enum { PROBES_all, PROBES_none, PROBES_one } probes; /* of closed windows, that are let onto the wire */
    uint32_t numbers, marks;
    struct wire_counts counts;
    unsigned char buffer[ETH_HLEN + WIRE_PACKET_MAX];
};

/* Something that is readable when one of the devices is. */
static bool wire_watch(struct wire *wire)
{
    wire->watcher = -1;
    if (wire->made.count < 2)
        return true;
    wire->watcher = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < wire->made.count; i++) {
        struct epoll_event wanted = {.events = EPOLLIN, .data.fd = wire->made.ends[i].device};
        if (wire->watcher < 0 || epoll_ctl(wire->watcher, EPOLL_CTL_ADD, wire->made.ends[i].device, &wanted) != 0)
            return false;
    }
    return true;
}

enum status wire_new(const struct network_made *made, struct wire **out, struct message *message)
{
    *out = NULL;
    struct wire *wire = calloc(1, sizeof *wire);
    if (!wire) {
        struct network_made own = *made;
        network_made_close(&own);
        return message_set(message, STATUS_MEMORY, "no memory for the wire");
    }
    wire->made = *made;
    bool watched = wire_watch(wire);
    if (!watched || !(wire->flows = flows_new())) {
        int error = errno;
        wire_free(wire);
        if (watched)
            return message_set(message, STATUS_MEMORY, "no memory for the wire");
        return message_set(message, STATUS_LIMIT, "cannot watch the wire's two ends: %s", strerror(error));
    }
    *out = wire;
    return STATUS_OK;
}

void wire_free(struct wire *wire)
{
    if (!wire)
        return;
    for (size_t i = 0; i < wire->count; i++)
        free(wire->held[i].bytes);
    free(wire->held);
    for (size_t i = 0; i < wire->later_count; i++)
        free(wire->later[i].bytes);
    free(wire->later);
    flows_free(wire->flows);
    if (wire->watcher >= 0)
        close(wire->watcher);
    network_made_close(&wire->made);
    free(wire);
}

int wire_descriptor(const struct wire *wire)
{
    return wire->watcher >= 0 ? wire->watcher : wire->made.ends[0].device;
}

int wire_ends(const struct wire *wire)
{
    return wire->made.count;
}

int wire_end_diag(const struct wire *wire, int end)
{
    return end >= 0 && end < wire->made.count ? wire->made.ends[end].diag : -1;
}

int wire_diag(const struct wire *wire)
{
    return wire_end_diag(wire, 0);
}

/* Where what leaves at one end arrives: at the other, if there is one. */
static int wire_across(const struct wire *wire, int end)
{
    return wire->made.count > 1 ? 1 - end : end;
}

/* ---- the queue ---- */

static struct wire_entry *wire_entry(const struct wire *wire, uint32_t number)
{
    for (size_t i = 0; i < wire->count; i++)
        if (wire->held[i].packet.number == number)
            return &wire->held[i];
    return NULL;
}

/* NULL: no memory. */
static struct wire_entry *wire_hold(struct wire *wire, const unsigned char *bytes, const struct segment *header, int to)
{
    if (wire->count == wire->capacity) {
        size_t capacity = wire->capacity ? wire->capacity * 2 : 64;
        struct wire_entry *larger = realloc(wire->held, capacity * sizeof *larger);
        if (!larger)
            return NULL;
        wire->held = larger;
        wire->capacity = capacity;
    }
    unsigned char *copy = malloc(header->ip_length);
    if (!copy)
        return NULL;
    memcpy(copy, bytes, header->ip_length);
    struct wire_entry *entry = &wire->held[wire->count++];
    *entry = (struct wire_entry){.packet = {.number = ++wire->numbers,
                                            .header = *header,
                                            .window = header->window,
                                            .bytes = copy,
                                            .size = header->ip_length},
                                 .to = to,
                                 .bytes = copy};
    flows_measure(wire->flows, header, &entry->packet.sequence, &entry->packet.acknowledgement, &entry->packet.window);
    return entry;
}

static void wire_forget(struct wire *wire, struct wire_entry *entry)
{
    free(entry->bytes);
    size_t index = (size_t)(entry - wire->held);
    memmove(entry, entry + 1, (wire->count - index - 1) * sizeof *entry);
    wire->count--;
}

/* The held packet for whose sake the kernel has sent this one again: it carries the same part of the stream, or it is the
 * acknowledgement that the sender misses (one that has been dropped is neither, so then the copy is news). */
static struct wire_entry *wire_original(const struct wire *wire, const struct segment *segment)
{
    uint32_t length = segment_span(segment);
    if (segment->protocol != SEGMENT_TCP || segment->fragment || length == 0)
        return NULL;
    uint32_t end = segment->sequence + length;
    for (size_t i = 0; i < wire->count; i++) {
        const struct segment *held = &wire->held[i].packet.header;
        if (held->protocol != SEGMENT_TCP || held->fragment)
            continue;
        bool same = held->source == segment->source && held->destination == segment->destination &&
                    held->source_port == segment->source_port && held->destination_port == segment->destination_port;
        uint32_t held_end = held->sequence + segment_span(held);
        /* Where both ends open at once, a SYN+ACK follows the SYN of the same end: no copy of it. */
        if (same && segment_span(held) > 0 && (int32_t)(segment->sequence - held->sequence) >= 0 &&
            (int32_t)(held_end - end) >= 0 && !((segment->flags ^ held->flags) & SEGMENT_ACK))
            return &wire->held[i];
        bool opposite = held->source == segment->destination && held->destination == segment->source &&
                        held->source_port == segment->destination_port &&
                        held->destination_port == segment->source_port;
        bool both = (held->flags & SEGMENT_SYN) && (segment->flags & SEGMENT_SYN) && (segment->flags & SEGMENT_ACK);
        if (opposite && !both && (held->flags & SEGMENT_ACK) && (int32_t)(held->acknowledgement - end) >= 0)
            return &wire->held[i];
    }
    return NULL;
}

/* Kept as it came, for the next wire_read. */
static bool wire_put_off(struct wire *wire, int end, const unsigned char *bytes, size_t size)
{
    if (wire->later_count == wire->later_capacity) {
        size_t capacity = wire->later_capacity ? wire->later_capacity * 2 : 16;
        struct wire_later *larger = realloc(wire->later, capacity * sizeof *larger);
        if (!larger)
            return false;
        wire->later = larger;
        wire->later_capacity = capacity;
    }
    unsigned char *copy = malloc(size ? size : 1);
    if (!copy)
        return false;
    memcpy(copy, bytes, size);
    wire->later[wire->later_count++] = (struct wire_later){.end = end, .bytes = copy, .size = size};
    return true;
}

/* One packet that the kernel has sent from this end. True if it is new. */
static bool wire_take(struct wire *wire, int end, const unsigned char *bytes, size_t size)
{
    struct segment header;
    wire->counts.read++;
    if (!segment_read(bytes, size, &header)) {
        wire->counts.malformed++;
        return false;
    }
    if (wire->probes != PROBES_all && flows_probe(wire->flows, &header)) {
        if (wire->probes == PROBES_none) {
            wire->counts.absorbed++;
            return false;
        }
        wire->probes = PROBES_none;
    }
    struct wire_entry *original = wire_original(wire, &header);
    if (original) {
        original->packet.absorbed++;
        original->untold++;
        wire->counts.absorbed++;
        return false;
    }
    if (wire->absorbing) {
        wire->counts.read--; /* it is read again */
        if (wire->count + wire->later_count >= WIRE_HELD_MAX || !wire_put_off(wire, end, bytes, header.ip_length))
            wire->counts.read++, wire->counts.overrun++;
        return false;
    }
    if (wire->count >= WIRE_HELD_MAX || !wire_hold(wire, bytes, &header, wire_across(wire, end))) {
        wire->counts.overrun++;
        return false;
    }
    return true;
}

/* ---- the device ---- */

static void wire_frame(unsigned char *frame, const char *to, const char *from, unsigned type)
{
    memcpy(frame, to, ETH_ALEN);
    memcpy(frame + ETH_ALEN, from, ETH_ALEN);
    frame[12] = (unsigned char)(type >> 8);
    frame[13] = (unsigned char)type;
}

static bool wire_send_frame(int packets, int index, const unsigned char *frame, size_t size)
{
    struct sockaddr_ll where = {.sll_family = AF_PACKET, .sll_ifindex = index, .sll_halen = ETH_ALEN};
    memcpy(where.sll_addr, frame, ETH_ALEN);
    ssize_t sent;
    do
        sent = sendto(packets, frame, size, 0, (struct sockaddr *)&where, sizeof where);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)size;
}

/* Reads one frame of a packet socket, waiting at most `milliseconds`. Its size; -1: none. */
static ssize_t wire_receive_frame(struct wire *wire, int packets, int milliseconds)
{
    for (;;) {
        ssize_t got = recv(packets, wire->buffer, sizeof wire->buffer, MSG_DONTWAIT);
        if (got >= 0)
            return got;
        if (errno == EINTR)
            continue;
        struct pollfd look = {.fd = packets, .events = POLLIN};
        if (errno != EAGAIN || milliseconds <= 0 || poll(&look, 1, milliseconds) <= 0)
            return -1;
    }
}

static bool wire_is_mark(const struct wire *wire, ssize_t size, uint32_t mark)
{
    uint32_t number;
    if (size < ETH_HLEN + (ssize_t)sizeof number || wire->buffer[12] != NETWORK_MARK >> 8 ||
        wire->buffer[13] != (NETWORK_MARK & 0xFF))
        return false;
    memcpy(&number, wire->buffer + ETH_HLEN, sizeof number);
    return number == mark;
}

/* A veth's frames pass through the kernel's queues. A frame of ours behind the last one comes out when that one is
 * through; so nothing here depends on how long that takes. */
static uint32_t wire_mark(struct wire *wire, int packets, int index, const char *to, const char *from)
{
    unsigned char frame[ETH_ZLEN] = {0};
    uint32_t mark = ++wire->marks;
    wire_frame(frame, to, from, NETWORK_MARK);
    memcpy(frame + ETH_HLEN, &mark, sizeof mark);
    return wire_send_frame(packets, index, frame, sizeof frame) ? mark : 0;
}

static unsigned wire_read_veth(struct wire *wire, int number)
{
    const struct network_end *end = &wire->made.ends[number];
    unsigned fresh = 0;
    uint32_t mark = wire_mark(wire, end->barrier, end->host_index, NETWORK_WIRE_ADDRESS, NETWORK_HOST_ADDRESS);
    for (;;) {
        ssize_t got = wire_receive_frame(wire, end->device, mark ? WIRE_PATIENCE : 0);
        if (got < 0 || (mark && wire_is_mark(wire, got, mark)))
            return fresh;
        if (got > ETH_HLEN && wire->buffer[12] == ETH_P_IP >> 8 && wire->buffer[13] == (ETH_P_IP & 0xFF))
            fresh += wire_take(wire, number, wire->buffer + ETH_HLEN, (size_t)got - ETH_HLEN);
    }
}

static unsigned wire_read_tun(struct wire *wire, int number)
{
    unsigned fresh = 0;
    for (;;) {
        ssize_t got = read(wire->made.ends[number].device, wire->buffer, sizeof wire->buffer);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fresh;
        fresh += wire_take(wire, number, wire->buffer, (size_t)got);
    }
}

static unsigned wire_read_device(struct wire *wire)
{
    unsigned fresh = 0;
    for (int i = 0; i < wire->made.count; i++)
        fresh += wire->made.kind == NETWORK_veth ? wire_read_veth(wire, i) : wire_read_tun(wire, i);
    return fresh;
}

/* A packet (TUN) or frame (veth) that is there, into the buffer. */
static ssize_t wire_next(struct wire *wire, int device)
{
    ssize_t got;
    do
        got = wire->made.kind == NETWORK_veth ? recv(device, wire->buffer, sizeof wire->buffer, MSG_DONTWAIT)
                                              : read(device, wire->buffer, sizeof wire->buffer);
    while (got < 0 && errno == EINTR);
    return got;
}

/* What is there at one end now goes on. */
static unsigned wire_pass_end(struct wire *wire, int number)
{
    const struct network_end *from = &wire->made.ends[number], *to = &wire->made.ends[wire_across(wire, number)];
    bool veth = wire->made.kind == NETWORK_veth;
    unsigned passed = 0;
    for (ssize_t got; (got = wire_next(wire, from->device)) > 0; passed++) {
        wire->counts.read++;
        if (veth)
            wire_frame(wire->buffer, NETWORK_HOST_ADDRESS, NETWORK_WIRE_ADDRESS, ETH_P_IP);
        bool taken = veth ? wire_send_frame(to->device, to->wire_index, wire->buffer, (size_t)got)
                          : write(to->device, wire->buffer, (size_t)got) == got;
        *(taken ? &wire->counts.released : &wire->counts.refused) += 1;
    }
    return passed;
}

unsigned wire_read(struct wire *wire)
{
    unsigned fresh = 0;
    for (size_t i = 0; i < wire->later_count; i++) {
        fresh += wire_take(wire, wire->later[i].end, wire->later[i].bytes, wire->later[i].size);
        free(wire->later[i].bytes);
    }
    wire->later_count = 0;
    return fresh + wire_read_device(wire);
}

void wire_absorb(struct wire *wire)
{
    wire->absorbing = true;
    wire_read_device(wire);
    wire->absorbing = false;
}

bool wire_waiting(const struct wire *wire)
{
    return wire->later_count > 0;
}

unsigned wire_pass(struct wire *wire, int milliseconds)
{
    struct pollfd look = {.fd = wire_descriptor(wire), .events = POLLIN};
    for (bool waited = false;; waited = true) {
        unsigned passed = 0, now;
        do {
            now = 0;
            for (int i = 0; i < wire->made.count; i++)
                now += wire_pass_end(wire, i);
            passed += now;
        } while (now > 0 && wire->made.count > 1);
        if (passed > 0 || waited || poll(&look, 1, milliseconds) <= 0)
            return passed;
    }
}

void wire_want_probe(struct wire *wire, bool wanted)
{
    wire->probes = wanted ? PROBES_one : PROBES_none;
}

uint32_t wire_next_absorbed(struct wire *wire)
{
    for (size_t i = 0; i < wire->count; i++)
        if (wire->held[i].untold > 0) {
            wire->held[i].untold--;
            return wire->held[i].packet.number;
        }
    return 0;
}

/* ---- what is held ---- */

size_t wire_held_count(const struct wire *wire)
{
    return wire->count;
}

const struct wire_packet *wire_held(const struct wire *wire, size_t index)
{
    return index < wire->count ? &wire->held[index].packet : NULL;
}

const struct wire_packet *wire_find(const struct wire *wire, uint32_t number)
{
    const struct wire_entry *entry = wire_entry(wire, number);
    return entry ? &entry->packet : NULL;
}

static bool wire_deliver(struct wire *wire, int number, const unsigned char *bytes, size_t size)
{
    const struct network_end *end = &wire->made.ends[number];
    if (wire->made.kind == NETWORK_tun) {
        ssize_t written;
        do
            written = write(end->device, bytes, size);
        while (written < 0 && errno == EINTR);
        return written == (ssize_t)size;
    }
    unsigned char frame[ETH_HLEN + WIRE_PACKET_MAX];
    wire_frame(frame, NETWORK_HOST_ADDRESS, NETWORK_WIRE_ADDRESS, ETH_P_IP);
    memcpy(frame + ETH_HLEN, bytes, size);
    if (!wire_send_frame(end->device, end->wire_index, frame, ETH_HLEN + size))
        return false;
    uint32_t mark = wire_mark(wire, end->device, end->wire_index, NETWORK_HOST_ADDRESS, NETWORK_WIRE_ADDRESS);
    for (ssize_t got = 0; mark && got >= 0 && !wire_is_mark(wire, got, mark);)
        got = wire_receive_frame(wire, end->barrier, WIRE_PATIENCE);
    return true;
}

enum status wire_release(struct wire *wire, uint32_t number, struct message *message)
{
    wire_absorb(wire); /* copies that were sent while it was held are no news when it has gone */
    struct wire_entry *entry = wire_entry(wire, number);
    if (!entry)
        return message_set(message, STATUS_NOT_FOUND, "packet %u does not wait on the wire", number);
    struct wire_entry going = *entry;
    going.bytes = NULL;
    unsigned char *bytes = entry->bytes;
    entry->bytes = NULL;
    wire_forget(wire, entry);
    bool taken = wire_deliver(wire, going.to, bytes, going.packet.size);
    int error = errno;
    free(bytes);
    if (!taken) {
        wire->counts.refused++;
        return message_set(message, STATUS_IO, "the kernel did not take packet %u from the wire: %s", number,
                           strerror(error));
    }
    wire->counts.released++;
    wire_read(wire);
    return STATUS_OK;
}

enum status wire_drop(struct wire *wire, uint32_t number)
{
    wire_absorb(wire);
    struct wire_entry *entry = wire_entry(wire, number);
    if (!entry)
        return STATUS_NOT_FOUND;
    wire_forget(wire, entry);
    wire->counts.dropped++;
    return STATUS_OK;
}

enum status wire_duplicate(struct wire *wire, uint32_t number, uint32_t *copy)
{
    *copy = 0;
    const struct wire_entry *entry = wire_entry(wire, number);
    if (!entry)
        return STATUS_NOT_FOUND;
    if (wire->count >= WIRE_HELD_MAX)
        return STATUS_LIMIT;
    struct segment header = entry->packet.header;
    struct wire_entry *made = wire_hold(wire, entry->bytes, &header, entry->to);
    if (!made)
        return STATUS_MEMORY;
    made->packet.copy_of = number;
    wire->counts.duplicated++;
    *copy = made->packet.number;
    return STATUS_OK;
}

enum status wire_inject(struct wire *wire, const void *bytes, size_t size, uint32_t *number)
{
    struct segment header;
    *number = 0;
    if (!segment_read(bytes, size, &header))
        return STATUS_INVALID;
    if (wire->count >= WIRE_HELD_MAX)
        return STATUS_LIMIT;
    /* With two hosts: as if the one had sent it whose address it has. */
    int from = header.source == NETWORK_ADDRESS + 1 ? 1 : 0;
    const struct wire_entry *made = wire_hold(wire, bytes, &header, wire_across(wire, from));
    *number = made ? made->packet.number : 0;
    return made ? STATUS_OK : STATUS_MEMORY;
}

/* ---- counts ---- */

/* How many packets the kernel has thrown away because the device's queue was full. */
static uint64_t wire_tun_dropped(const struct network_end *end)
{
    struct {
        struct nlmsghdr header;
        struct ifinfomsg about;
        struct rtattr attribute;
        char name[8];
    } ask = {.header = {.nlmsg_len = sizeof ask, .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST},
             .attribute = {.rta_len = RTA_LENGTH(6), .rta_type = IFLA_IFNAME},
             .name = "wire0"};
    _Alignas(8) char answer[8192];
    if (end->barrier < 0 || send(end->barrier, &ask, sizeof ask, 0) < 0)
        return 0;
    struct pollfd look = {.fd = end->barrier, .events = POLLIN};
    ssize_t got = poll(&look, 1, WIRE_PATIENCE) > 0 ? recv(end->barrier, answer, sizeof answer, 0) : -1;
    const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
    if (got < (ssize_t)NLMSG_LENGTH(sizeof ask.about) || header->nlmsg_type != RTM_NEWLINK)
        return 0;
    const struct rtattr *at = (const struct rtattr *)(answer + NLMSG_LENGTH(sizeof ask.about));
    for (long left = got - (long)NLMSG_LENGTH(sizeof ask.about); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
        struct rtnl_link_stats64 statistics = {0};
        if (at->rta_type != IFLA_STATS64)
            continue;
        memcpy(&statistics, RTA_DATA(at), RTA_PAYLOAD(at) < sizeof statistics ? RTA_PAYLOAD(at) : sizeof statistics);
        return statistics.tx_dropped;
    }
    return 0;
}

struct wire_counts wire_counts(struct wire *wire)
{
    if (wire->made.kind == NETWORK_tun)
        wire->counts.device_dropped = 0;
    for (int i = 0; i < wire->made.count; i++) {
        struct tpacket_stats statistics = {0};
        socklen_t size = sizeof statistics;
        if (wire->made.kind == NETWORK_tun)
            wire->counts.device_dropped += wire_tun_dropped(&wire->made.ends[i]);
        else if (getsockopt(wire->made.ends[i].device, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) == 0)
            wire->counts.device_dropped += statistics.tp_drops; /* the kernel counts anew after each look */
    }
    return wire->counts;
}
