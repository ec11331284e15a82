/* The wire, with the kernel's own TCP and UDP at both ends: what is sent is held, what is released arrives, and the states
 * are those that the kernel reports. Nothing waits for a length of time: a test waits for packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "network_ends.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void a_handshake_is_three_packets_and_both_ends_states_follow(void **state)
{
    (void)state;
    struct wire *wire = ends_place(NETWORK_lecture);
    int listener = ends_server(HOST_2, 8080, 5), here = ends_client(HOST_1, 40000, HOST_2, 8080);
    STATES(SYN_SENT, 0);
    assert_int_equal(ends_look(wire, 8080, 0).state, LISTEN);
    assert_int_equal(ends_look(wire, 40000, 8080).send_queue, 0); /* a SYN is no byte */
    uint32_t syn = ends_expect(wire, SEGMENT_SYN, 0, 0, 0);
    const struct wire_packet *packet = wire_find(wire, syn);
    assert_int_equal(packet->header.source, HOST_1);
    assert_int_equal(packet->header.destination, HOST_2);
    assert_int_equal(packet->header.segment_max, 1460);
    assert_int_equal(packet->header.payload_at, 44); /* the only option is the MSS */
    ends_release(wire, syn);
    uint32_t both = ends_expect(wire, SEGMENT_SYN | SEGMENT_ACK, 0, 1, 0);
    STATES(SYN_SENT, SYN_RECV);
    ends_release(wire, both);
    uint32_t ack = ends_expect(wire, SEGMENT_ACK, 1, 1, 0);
    STATES(ESTABLISHED, SYN_RECV);
    assert_int_equal(ends_look(wire, 8080, 0).receive_queue, 0);
    ends_release(wire, ack);
    assert_int_equal(wire_held_count(wire), 0);
    STATES(ESTABLISHED, ESTABLISHED);
    assert_int_equal(ends_look(wire, 8080, 0).receive_queue, 1); /* it waits to be accepted */
    assert_int_equal(ends_look(wire, 8080, 0).send_queue, 5);
    assert_int_equal(ends_look(wire, 40000, 8080).segment, 1460);
    close(here);
    close(listener);
    wire_free(wire);
}

static void anybodys_loopback_goes_over_the_wire(void **state)
{
    (void)state;
    struct wire *wire = ends_place(NETWORK_lecture);
    int listener = ends_server(INADDR_ANY, 8080, 5), here = ends_client(LOOPBACK, 40000, LOOPBACK, 8080);
    const struct wire_packet *packet = ends_only(wire);
    assert_int_equal(packet->header.source, LOOPBACK);
    assert_int_equal(packet->header.destination, LOOPBACK);
    ends_release_all(wire);
    STATES(ESTABLISHED, ESTABLISHED);
    close(here);
    close(listener);
    wire_free(wire);
}

static void data_waits_until_it_is_released_and_is_acknowledged_at_once(void **state)
{
    (void)state;
    struct wire *wire = ends_place(NETWORK_lecture);
    int listener = ends_server(HOST_2, 8080, 5), here, there;
    ends_connect_both(wire, listener, &here, &there);
    char text[16] = "";
    assert_int_equal(send(here, "hello", 5, 0), 5);
    uint32_t data = ends_expect(wire, SEGMENT_PSH | SEGMENT_ACK, 1, 1, 5);
    assert_memory_equal(wire_find(wire, data)->bytes + wire_find(wire, data)->header.payload_at, "hello", 5);
    assert_int_equal(ends_look(wire, 40000, 8080).send_queue, 5);
    assert_int_equal(recv(there, text, sizeof text, 0), -1);
    ends_release(wire, data);
    assert_int_equal(ends_look(wire, 8080, 40000).receive_queue, 5);
    assert_int_equal(ends_look(wire, 40000, 8080).send_queue, 5);
    uint32_t ack = ends_expect(wire, SEGMENT_ACK, 1, 6, 0);
    ends_release(wire, ack);
    assert_int_equal(ends_look(wire, 40000, 8080).send_queue, 0);
    assert_int_equal(recv(there, text, sizeof text, 0), 5);
    assert_memory_equal(text, "hello", 5);
    close(here);
    close(there);
    close(listener);
    wire_free(wire);
}

static void a_close_passes_through_all_states(void **state)
{
    (void)state;
    struct wire *wire = ends_place(NETWORK_lecture);
    int listener = ends_server(HOST_2, 8080, 5), here, there;
    ends_connect_both(wire, listener, &here, &there);
    char text[4];
    close(here);
    STATES(FIN_WAIT1, ESTABLISHED);
    assert_int_equal(ends_look(wire, 40000, 8080).send_queue, 0); /* a FIN is no byte */
    ends_release(wire, ends_expect(wire, SEGMENT_FIN | SEGMENT_ACK, 1, 1, 0));
    STATES(FIN_WAIT1, CLOSE_WAIT);
    assert_int_equal(ends_look(wire, 8080, 40000).receive_queue, 0);
    ends_release(wire, ends_expect(wire, SEGMENT_ACK, 1, 2, 0));
    STATES(FIN_WAIT2, CLOSE_WAIT);
    assert_int_equal(recv(there, text, sizeof text, 0), 0);
    close(there);
    STATES(FIN_WAIT2, LAST_ACK);
    ends_release(wire, ends_expect(wire, SEGMENT_FIN | SEGMENT_ACK, 1, 2, 0));
    STATES(TIME_WAIT, LAST_ACK);
    assert_int_equal(ends_look(wire, 40000, 8080).timer, 3);
    ends_release(wire, ends_expect(wire, SEGMENT_ACK, 2, 2, 0));
    STATES(TIME_WAIT, 0);
    close(listener);
    wire_free(wire);
}

static void both_closing_at_once_are_closing(void **state)
{
    (void)state;
    struct wire *wire = ends_place(NETWORK_lecture);
    int listener = ends_server(HOST_2, 8080, 5), here, there;
    ends_connect_both(wire, listener, &here, &there);
    close(here);
    close(there);
    wire_read(wire);
    assert_int_equal(wire_held_count(wire), 2);
    uint32_t first = wire_held(wire, 0)->number, second = wire_held(wire, 1)->number;
    STATES(FIN_WAIT1, FIN_WAIT1);
    ends_release(wire, first);
    ends_release(wire, second);
    STATES(CLOSING, CLOSING);
    ends_release_all(wire);
    STATES(TIME_WAIT, TIME_WAIT);
    close(listener);
    wire_free(wire);
}

/* The SYN+ACK of an end whose SYN is still held is no copy of that SYN. */
static void both_may_open_at_once(void **state)
{
    (void)state;
    struct wire *wire = ends_place(NETWORK_lecture);
    int here = ends_client(HOST_1, 40000, HOST_2, 8080), there = ends_client(HOST_2, 8080, HOST_1, 40000);
    wire_read(wire);
    assert_int_equal(wire_held_count(wire), 2);
    uint32_t first = wire_held(wire, 0)->number, second = wire_held(wire, 1)->number;
    STATES(SYN_SENT, SYN_SENT);
    ends_release(wire, first);
    STATES(SYN_SENT, SYN_RECV);
    assert_int_equal(wire_held_count(wire), 2);
    assert_int_equal(wire_held(wire, 1)->header.flags, SEGMENT_SYN | SEGMENT_ACK);
    ends_release(wire, second);
    STATES(SYN_RECV, SYN_RECV);
    assert_int_equal(wire_held_count(wire), 2);
    assert_int_equal(wire_held(wire, 1)->header.flags, SEGMENT_SYN | SEGMENT_ACK);
    ends_release_all(wire);
    STATES(ESTABLISHED, ESTABLISHED);
    close(here);
    close(there);
    wire_free(wire);
}

static void nobody_listens_and_a_reset_comes_back(void **state)
{
    (void)state;
    struct wire *wire = ends_place(NETWORK_lecture);
    int here = ends_client(HOST_1, 40000, HOST_2, 8080), error = 0;
    socklen_t size = sizeof error;
    ends_release(wire, ends_expect(wire, SEGMENT_SYN, 0, 0, 0));
    ends_release(wire, ends_expect(wire, SEGMENT_RST | SEGMENT_ACK, 0, 1, 0));
    assert_int_equal(getsockopt(here, SOL_SOCKET, SO_ERROR, &error, &size), 0);
    assert_int_equal(error, ECONNREFUSED);
    close(here);
    wire_free(wire);
}

static void an_end_with_unread_bytes_resets(void **state)
{
    (void)state;
    struct wire *wire = ends_place(NETWORK_lecture);
    int listener = ends_server(HOST_2, 8080, 5), here, there;
    ends_connect_both(wire, listener, &here, &there);
    char text[8];
    assert_int_equal(send(here, "unread", 6, 0), 6);
    ends_release_all(wire);
    close(there);
    ends_release(wire, ends_expect(wire, SEGMENT_RST | SEGMENT_ACK, 1, 7, 0));
    assert_int_equal(recv(here, text, sizeof text, 0), -1);
    assert_int_equal(errno, ECONNRESET);
    close(here);
    close(listener);
    wire_free(wire);
}

static void a_datagram_to_a_closed_port_is_answered_by_icmp(void **state)
{
    (void)state;
    struct wire *wire = ends_place(NETWORK_lecture);
    int here = ends_make(SOCK_DGRAM, HOST_1, 40000);
    struct sockaddr_in peer = ends_address(HOST_2, 9999);
    char text[8];
    assert_int_equal(connect(here, (struct sockaddr *)&peer, sizeof peer), 0);
    assert_int_equal(send(here, "ping", 4, 0), 4);
    const struct wire_packet *packet = ends_only(wire);
    assert_int_equal(packet->header.protocol, SEGMENT_UDP);
    assert_int_equal(packet->header.destination_port, 9999);
    assert_int_equal(packet->header.payload_length, 4);
    ends_release(wire, packet->number);
    packet = ends_only(wire);
    assert_int_equal(packet->header.protocol, SEGMENT_ICMP);
    assert_int_equal(packet->header.type, 3);
    assert_int_equal(packet->header.code, 3);
    ends_release(wire, packet->number);
    assert_int_equal(recv(here, text, sizeof text, 0), -1);
    assert_int_equal(errno, ECONNREFUSED);
    close(here);
    wire_free(wire);
}

static void a_full_accept_queue_drops_the_syn(void **state)
{
    (void)state;
    struct wire *wire = ends_place(NETWORK_lecture);
    int listener = ends_server(HOST_2, 8080, 1), here[3];
    for (int i = 0; i < 2; i++) { /* listen(1) holds two */
        here[i] = ends_client(HOST_1, (uint16_t)(40000 + i), HOST_2, 8080);
        ends_release_all(wire);
    }
    assert_int_equal(ends_look(wire, 8080, 0).receive_queue, 2);
    assert_int_equal(ends_look(wire, 8080, 0).send_queue, 1);
    here[2] = ends_client(HOST_1, 40002, HOST_2, 8080);
    ends_release(wire, ends_expect(wire, SEGMENT_SYN, 0, 0, 0));
    assert_int_equal(wire_held_count(wire), 0);
    assert_int_equal(ends_look(wire, 40002, 8080).state, SYN_SENT);
    for (int i = 0; i < 3; i++)
        close(here[i]);
    close(listener);
    wire_free(wire);
}

static void what_is_not_held_passes_at_once(void **state)
{
    (void)state;
    struct wire *wire = ends_place(NETWORK_lecture);
    int listener = ends_server(HOST_2, 8080, 5), here = ends_client(HOST_1, 40000, HOST_2, 8080);
    for (int i = 0; i < 100 && ends_look(wire, 8080, 40000).state != ESTABLISHED; i++)
        wire_pass(wire, 100);
    STATES(ESTABLISHED, ESTABLISHED);
    assert_int_equal(wire_held_count(wire), 0);
    assert_int_equal(wire_counts(wire).released, 3);
    assert_int_equal(wire_pass(wire, 0), 0);
    close(here);
    close(listener);
    wire_free(wire);
}

/* As long as a lecturer talks: each kind of segment is held for 200 s, and the connection completes. Takes 15 minutes, so
 * only where LOCKSTEP_SLOW is set. */
static void every_segment_survives_a_long_hold(void **state)
{
    (void)state;
    const char *slow = getenv("LOCKSTEP_SLOW");
    if (!slow || !*slow) {
        print_message("left out: takes long (LOCKSTEP_SLOW=1)\n");
        skip();
    }
    struct wire *wire = ends_place(NETWORK_lecture);
    int listener = ends_server(HOST_2, 8080, 5), here = ends_client(HOST_1, 40000, HOST_2, 8080), there = -1;
    char text[8];
    /* SYN, SYN+ACK, ACK; data, ACK; FIN, ACK; FIN, ACK: of these the ones with something to lose. */
    for (unsigned segment = 0; segment < 9; segment++) {
        if (segment == 3) {
            there = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
            assert_int_equal(send(here, "hello", 5, 0), 5);
        }
        if (segment == 5)
            close(here);
        if (segment == 7) {
            assert_int_equal(recv(there, text, sizeof text, 0), 5);
            close(there);
        }
        uint32_t number = ends_only(wire)->number;
        bool loses = segment == 0 || segment == 1 || segment == 3 || segment == 5 || segment == 7;
        struct timespec end, now;
        clock_gettime(CLOCK_MONOTONIC, &end);
        for (end.tv_sec += loses ? 200 : 0; clock_gettime(CLOCK_MONOTONIC, &now) == 0 && now.tv_sec < end.tv_sec;) {
            struct pollfd watched = {.fd = wire_descriptor(wire), .events = POLLIN};
            poll(&watched, 1, 1000);
            assert_int_equal(ends_only(wire)->number, number);
        }
        ends_release(wire, number);
    }
    STATES(TIME_WAIT, 0);
    close(listener);
    wire_free(wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(a_handshake_is_three_packets_and_both_ends_states_follow),
        BOTH(anybodys_loopback_goes_over_the_wire),
        BOTH(data_waits_until_it_is_released_and_is_acknowledged_at_once),
        BOTH(a_close_passes_through_all_states),
        BOTH(both_closing_at_once_are_closing),
        BOTH(both_may_open_at_once),
        BOTH(nobody_listens_and_a_reset_comes_back),
        BOTH(an_end_with_unread_bytes_resets),
        BOTH(a_datagram_to_a_closed_port_is_answered_by_icmp),
        BOTH(a_full_accept_queue_drops_the_syn),
        BOTH(what_is_not_held_passes_at_once),
        BOTH(every_segment_survives_a_long_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
