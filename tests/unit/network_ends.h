/* For tests of the wire: the kernel's own sockets at both of its ends. What cannot be had ends the test. Every test runs
 * with a TUN and with a veth pair (BOTH). */
#ifndef TESTS_NETWORK_ENDS_H
#define TESTS_NETWORK_ENDS_H

#include "network_place.h"

#include <netinet/in.h>

#define LOOPBACK 0x7F000001u
#define HOST_1 0x0A000001u
#define HOST_2 0x0A000002u

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

/* A wire of the kind that this test is about, in a fresh network namespace; where there can be none the test is left out. */
struct wire *ends_place(enum network_profile profile);

struct sockaddr_in ends_address(uint32_t host, uint16_t port);
/* Bound sockets, non-blocking. */
int ends_make(int type, uint32_t host, uint16_t port);
int ends_server(uint32_t host, uint16_t port, int backlog);
/* A connection under way. */
int ends_client(uint32_t own, uint16_t own_port, uint32_t host, uint16_t port);
/* A connection of 10.0.0.1:40000 with 10.0.0.2:8080, through the wire. */
void ends_connect_both(struct wire *wire, int listener, int *here, int *there);

/* The one packet that is held; with ends_expect it must be this one: its number. */
const struct wire_packet *ends_only(struct wire *wire);
uint32_t ends_expect(struct wire *wire, uint8_t flags, uint32_t sequence, uint32_t acknowledgement, unsigned length);
void ends_release(struct wire *wire, uint32_t number);
void ends_release_all(struct wire *wire);

/* The state of the socket with these two ports (peer 0: a listener or unconnected one); 0: there is none. */
struct states_socket ends_look(struct wire *wire, uint16_t local, uint16_t peer);
#define STATES(a, b)                                                                                                   \
    do {                                                                                                               \
        assert_int_equal(ends_look(wire, 40000, 8080).state, a);                                                       \
        assert_int_equal(ends_look(wire, 8080, 40000).state, b);                                                       \
    } while (0)

int ends_with_tun(void **state);
int ends_with_veth(void **state);
/* Two rows of a table of tests. */
#define BOTH(test)                                                                                                     \
    {#test " (TUN)", test, ends_with_tun, NULL, NULL},                                                                 \
    {                                                                                                                  \
#test " (veth)", test, ends_with_veth, NULL, NULL                                                              \
    }

#endif
