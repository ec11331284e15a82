/* The kernel's own view of the sockets in a network namespace, by sock_diag(7). Needs no privilege. */
#ifndef LOCKSTEP_NETWORK_STATES_H
#define LOCKSTEP_NETWORK_STATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum states_what { STATES_TCP = 1, STATES_UDP = 2, STATES_IPV6 = 4 /* of those, also sockets of IPv6 */ };

/* IPv4 addresses in the machine's byte order (those of IPv6 that stand for one of IPv4 are such; others are 0). */
struct states_socket {
    uint8_t protocol; /* 6 TCP, 17 UDP */
    uint8_t state;    /* the kernel's number (linux/tcp_states.h) */
    uint8_t timer, retransmits;
    uint8_t host; /* of which namespace, from 0, of those that were asked */
    uint32_t due; /* ms */
    uint32_t
        timeout; /* how long such a timer runs from its start, ms, before any bound of the system's; 0: not known */
    uint32_t local_host, peer_host;
    uint16_t local_port, peer_port;
    uint64_t inode;                     /* 0: no descriptor leads to it */
    uint32_t receive_queue, send_queue; /* bytes alone, without SYN and FIN; a listener's: waiting, most */
    bool has_window;
    uint32_t congestion, threshold, send_window, receive_window, in_flight, lost, segment, congestion_state;
    uint32_t unsent; /* bytes of the send queue that wait to be sent at all, without a FIN */
};

struct states {
    struct states_socket *items; /* in an order that does not depend on the kernel's hash; owned */
    size_t count, capacity;
};

/* A socket of sock_diag in the caller's own namespace; -1 with errno. Close it. */
int states_open(void);

/* Replaces what `states` holds ({0} at first). STATUS_OK; STATUS_ENVIRONMENT: the kernel does not tell (message: why);
 * STATUS_MEMORY. */
enum status states_read(int diag, unsigned what, struct states *states, struct message *message);
/* The same of several namespaces together. */
enum status states_read_hosts(const int *diags, size_t count, unsigned what, struct states *states,
                              struct message *message);
void states_clear(struct states *);

#endif
