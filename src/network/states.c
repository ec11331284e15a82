/* Dumps of inet_diag, and what must be set right in them: the kernel's queues count sequence numbers, so a SYN or FIN that
 * is not acknowledged is a byte too much, and so is one that waits to be read. */
#include "network/states.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STATES_BUFFER = 32768 };

/* linux/tcp_states.h is not for programs; netinet/tcp.h clashes with linux/tcp.h. */
enum {
    ESTABLISHED = 1,
    SYN_SENT,
    SYN_RECV,
    FIN_WAIT1,
    FIN_WAIT2,
    TIME_WAIT,
    CLOSED,
    CLOSE_WAIT,
    LAST_ACK,
    LISTEN,
    CLOSING
};

int states_open(void)
{
    return socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
}

void states_clear(struct states *states)
{
    free(states->items);
    *states = (struct states){0};
}

static uint32_t states_host(uint8_t family, const __be32 address[4])
{
    if (family == AF_INET)
        return ntohl(address[0]);
    bool mapped = address[0] == 0 && address[1] == 0 && address[2] == htonl(0xFFFF);
    return mapped ? ntohl(address[3]) : 0;
}

static void states_window(struct states_socket *socket, const struct rtattr *attribute)
{
    struct tcp_info information = {0};
    size_t size = RTA_PAYLOAD(attribute);
    memcpy(&information, RTA_DATA(attribute), size < sizeof information ? size : sizeof information);
    socket->has_window = true;
    socket->timeout = information.tcpi_rto / 1000;
    socket->congestion = information.tcpi_snd_cwnd;
    socket->threshold = information.tcpi_snd_ssthresh >= 0x7FFFFFFF ? UINT32_MAX : information.tcpi_snd_ssthresh;
    socket->send_window = information.tcpi_snd_wnd;
    /* tcpi_rcv_wnd, which follows, is younger (Linux 6.2) than many a header. */
    size_t at = offsetof(struct tcp_info, tcpi_snd_wnd) + sizeof information.tcpi_snd_wnd;
    if (size >= at + sizeof socket->receive_window)
        memcpy(&socket->receive_window, (const char *)RTA_DATA(attribute) + at, sizeof socket->receive_window);
    socket->in_flight = information.tcpi_unacked;
    socket->lost = information.tcpi_lost;
    socket->segment = information.tcpi_snd_mss;
    socket->congestion_state = information.tcpi_ca_state;
    socket->unsent = information.tcpi_notsent_bytes;
}

/* See the top of this file. */
static void states_correct(struct states_socket *socket)
{
    bool sent = socket->state == SYN_SENT || socket->state == SYN_RECV || socket->state == FIN_WAIT1 ||
                socket->state == CLOSING || socket->state == LAST_ACK;
    bool received = socket->state == CLOSE_WAIT || socket->state == LAST_ACK || socket->state == CLOSING;
    if (sent && socket->send_queue > 0)
        socket->send_queue--;
    if (sent && socket->unsent > 0)
        socket->unsent--; /* the FIN is the last of what waits */
    if (received && socket->receive_queue > 0)
        socket->receive_queue--;
}

static enum status states_add(struct states *states, uint8_t protocol, const struct nlmsghdr *header,
                              struct message *message)
{
    if (header->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
        return STATUS_OK;
    if (states->count == states->capacity) {
        size_t capacity = states->capacity ? states->capacity * 2 : 32;
        struct states_socket *larger = realloc(states->items, capacity * sizeof *larger);
        if (!larger)
            return message_set(message, STATUS_MEMORY, "no memory for the states of sockets");
        states->items = larger;
        states->capacity = capacity;
    }
    const struct inet_diag_msg *row = NLMSG_DATA(header);
    struct states_socket *socket = &states->items[states->count++];
    *socket = (struct states_socket){.protocol = protocol,
                                     .state = row->idiag_state,
                                     .timer = row->idiag_timer,
                                     .retransmits = row->idiag_retrans,
                                     .due = row->idiag_expires,
                                     .local_host = states_host(row->idiag_family, row->id.idiag_src),
                                     .peer_host = states_host(row->idiag_family, row->id.idiag_dst),
                                     .local_port = ntohs(row->id.idiag_sport),
                                     .peer_port = ntohs(row->id.idiag_dport),
                                     .inode = row->idiag_inode,
                                     .receive_queue = row->idiag_rqueue,
                                     .send_queue = row->idiag_wqueue};
    long left = (long)header->nlmsg_len - (long)NLMSG_LENGTH(sizeof *row);
    for (const struct rtattr *at = (const struct rtattr *)(row + 1); RTA_OK(at, left); at = RTA_NEXT(at, left))
        if (at->rta_type == INET_DIAG_INFO && protocol == IPPROTO_TCP && socket->state != LISTEN)
            states_window(socket, at);
    if (protocol == IPPROTO_TCP)
        states_correct(socket);
    return STATUS_OK;
}

static enum status states_refused(int error, struct message *message)
{
    return message_set(message, STATUS_ENVIRONMENT,
                       "the kernel does not tell the states of sockets (sock_diag: %s); is the module tcp_diag there?",
                       strerror(error));
}

static enum status states_dump(int diag, uint8_t family, uint8_t protocol, struct states *states,
                               struct message *message)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } ask = {.header = {.nlmsg_len = sizeof ask,
                        .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                        .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                        .nlmsg_seq = 1},
             .request = {.sdiag_family = family,
                         .sdiag_protocol = protocol,
                         .idiag_ext = 1 << (INET_DIAG_INFO - 1),
                         .idiag_states = ~0U}};
    if (send(diag, &ask, sizeof ask, 0) != (ssize_t)sizeof ask)
        return states_refused(errno, message);
    _Alignas(8) char buffer[STATES_BUFFER];
    for (;;) {
        ssize_t got = recv(diag, buffer, sizeof buffer, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return states_refused(got < 0 ? errno : EPROTO, message);
        unsigned left = (unsigned)got;
        for (const struct nlmsghdr *at = (const struct nlmsghdr *)buffer; NLMSG_OK(at, left);
             at = NLMSG_NEXT(at, left)) {
            if (at->nlmsg_type == NLMSG_DONE)
                return STATUS_OK;
            if (at->nlmsg_type == NLMSG_ERROR)
                return states_refused(-((const struct nlmsgerr *)NLMSG_DATA(at))->error, message);
            enum status status = states_add(states, protocol, at, message);
            if (status != STATUS_OK)
                return status;
        }
    }
}

/* By protocol, then addresses, then age: the kernel's own order is that of a hash with a secret. */
static int states_compare(const void *a, const void *b)
{
    const struct states_socket *one = a, *two = b;
#define BY(field)                                                                                                      \
    if (one->field != two->field)                                                                                      \
        return one->field < two->field ? -1 : 1;
    BY(protocol)
    BY(local_port)
    BY(local_host)
    BY(peer_port)
    BY(peer_host)
    BY(host)
    BY(inode)
    BY(state)
#undef BY
    return 0;
}

/* A connection whose owner has not closed it yet lies in TIME_WAIT without its descriptor, and beside it the kernel shows
 * what the descriptor leads to, closed, with the same ends. To a person that is one socket. */
static void states_join(struct states *states)
{
    size_t kept = 0;
    for (size_t i = 0; i < states->count; i++) {
        const struct states_socket *row = &states->items[i];
        struct states_socket *waiting = NULL;
        for (size_t k = 0; k < states->count && !waiting && row->state == CLOSED && row->peer_port; k++) {
            struct states_socket *other = &states->items[k];
            bool same = other->protocol == row->protocol && other->host == row->host &&
                        other->local_port == row->local_port && other->local_host == row->local_host &&
                        other->peer_port == row->peer_port && other->peer_host == row->peer_host;
            if (same && other->inode == 0 && other->timer == 3)
                waiting = other;
        }
        if (waiting && row->protocol == IPPROTO_TCP)
            waiting->inode = row->inode;
        else
            states->items[kept++] = *row;
    }
    states->count = kept;
}

/* Adds what one namespace has. */
static enum status states_append(int diag, uint8_t host, unsigned what, struct states *states, struct message *message)
{
    size_t before = states->count;
    enum status status = STATUS_OK;
    for (int v6 = 0; v6 <= ((what & STATES_IPV6) != 0); v6++) {
        uint8_t family = v6 ? AF_INET6 : AF_INET;
        if (status == STATUS_OK && (what & STATES_TCP))
            status = states_dump(diag, family, IPPROTO_TCP, states, message);
        if (status == STATUS_OK && (what & STATES_UDP))
            status = states_dump(diag, family, IPPROTO_UDP, states, message);
    }
    for (size_t i = before; i < states->count; i++)
        states->items[i].host = host;
    return status;
}

enum status states_read_hosts(const int *diags, size_t count, unsigned what, struct states *states,
                              struct message *message)
{
    states->count = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = states_append(diags[i], (uint8_t)i, what, states, message);
    if (states->count > 1)
        qsort(states->items, states->count, sizeof *states->items, states_compare);
    states_join(states);
    return status;
}

enum status states_read(int diag, unsigned what, struct states *states, struct message *message)
{
    return states_read_hosts(&diag, 1, what, states, message);
}
