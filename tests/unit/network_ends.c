/* See network_ends.h. */
#include "network_ends.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>

static enum network_kind kind;

struct wire *ends_place(enum network_profile profile)
{
    const char *why = NULL;
    struct wire *wire = network_place(kind, profile, &why);
    if (!wire) {
        print_message("left out: %s\n", why);
        skip();
    }
    return wire;
}

struct sockaddr_in ends_address(uint32_t host, uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(host), .sin_port = htons(port)};
}

int ends_make(int type, uint32_t host, uint16_t port)
{
    int made = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in own = ends_address(host, port);
    assert_true(made >= 0);
    assert_int_equal(bind(made, (struct sockaddr *)&own, sizeof own), 0);
    return made;
}

int ends_server(uint32_t host, uint16_t port, int backlog)
{
    int made = ends_make(SOCK_STREAM, host, port);
    assert_int_equal(listen(made, backlog), 0);
    return made;
}

int ends_client(uint32_t own, uint16_t own_port, uint32_t host, uint16_t port)
{
    int made = ends_make(SOCK_STREAM, own, own_port);
    struct sockaddr_in peer = ends_address(host, port);
    assert_int_equal(connect(made, (struct sockaddr *)&peer, sizeof peer), -1);
    assert_int_equal(errno, EINPROGRESS);
    return made;
}

const struct wire_packet *ends_only(struct wire *wire)
{
    wire_read(wire);
    assert_int_equal(wire_held_count(wire), 1);
    return wire_held(wire, 0);
}

uint32_t ends_expect(struct wire *wire, uint8_t flags, uint32_t sequence, uint32_t acknowledgement, unsigned length)
{
    const struct wire_packet *packet = ends_only(wire);
    assert_int_equal(packet->header.flags, flags);
    assert_int_equal(packet->sequence, sequence);
    assert_int_equal(packet->acknowledgement, acknowledgement);
    assert_int_equal(packet->header.payload_length, length);
    return packet->number;
}

void ends_release(struct wire *wire, uint32_t number)
{
    assert_int_equal(wire_release(wire, number, NULL), STATUS_OK);
}

void ends_release_all(struct wire *wire)
{
    for (int i = 0; i < 1000 && (wire_read(wire), wire_held_count(wire) > 0); i++)
        ends_release(wire, wire_held(wire, 0)->number);
    assert_int_equal(wire_held_count(wire), 0);
}

struct states_socket ends_look(struct wire *wire, uint16_t local, uint16_t peer)
{
    struct states states = {0};
    struct states_socket found = {0};
    assert_int_equal(states_read(wire_diag(wire), STATES_TCP | STATES_UDP, &states, NULL), STATUS_OK);
    for (size_t i = 0; i < states.count; i++)
        if (states.items[i].local_port == local && states.items[i].peer_port == peer)
            found = states.items[i];
    states_clear(&states);
    return found;
}

void ends_connect_both(struct wire *wire, int listener, int *here, int *there)
{
    *here = ends_client(HOST_1, 40000, HOST_2, 8080);
    ends_release_all(wire);
    *there = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_true(*there >= 0);
    STATES(ESTABLISHED, ESTABLISHED);
}

int ends_with_tun(void **state)
{
    (void)state;
    kind = NETWORK_tun;
    return 0;
}

int ends_with_veth(void **state)
{
    (void)state;
    kind = NETWORK_veth;
    return 0;
}
