/* The wire when something goes wrong on it: copies, losses, closed windows, packets out of order, bytes that are no packet,
 * floods. With the kernel's own TCP and UDP at both ends; what is waited for is packets, not time. */
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

/* Waits for the kernel's own timers: a second for a SYN. */
static void await(struct wire *wire, uint64_t absorbed, size_t held)
{
    struct pollfd watched = {.fd = wire_descriptor(wire), .events = POLLIN};
    for (int i = 0; i < 100 && wire_counts(wire).absorbed < absorbed && wire_held_count(wire) < held; i++) {
        assert_int_equal(poll(&watched, 1, 60000), 1);
        wire_read(wire);
    }
}

static void copies_of_a_held_segment_are_absorbed_and_counted(void **state)
{
    (void)state;
    struct wire *wire = ends_place(NETWORK_lecture);
    int listener = ends_server(HOST_2, 8080, 5), here = ends_client(HOST_1, 40000, HOST_2, 8080);
    uint32_t syn = ends_expect(wire, SEGMENT_SYN, 0, 0, 0);
    await(wire, 1, 2);
    assert_int_equal(wire_held_count(wire), 1);
    assert_int_equal(wire_find(wire, syn)->absorbed, 1);
    assert_int_equal(wire_next_absorbed(wire), syn);
    assert_int_equal(wire_next_absorbed(wire), 0);
    ends_release(wire, syn);
    uint32_t both = ends_expect(wire, SEGMENT_SYN | SEGMENT_ACK, 0, 1, 0);
    /* Now either end sends again: the SYN too, whose acknowledgement is what we hold. */
    await(wire, 3, 2);
    assert_int_equal(wire_held_count(wire), 1);
    assert_true(wire_find(wire, both)->absorbed >= 1);
    ends_release_all(wire);
    STATES(ESTABLISHED, ESTABLISHED);
    close(here);
    close(listener);
    wire_free(wire);
}

static void what_was_dropped_is_sent_again_and_shown(void **state)
{
    (void)state;
    struct wire *wire = ends_place(NETWORK_loss);
    int listener = ends_server(HOST_2, 8080, 5), here, there;
    ends_connect_both(wire, listener, &here, &there);
    assert_int_equal(send(here, "hello", 5, 0), 5);
    assert_int_equal(wire_drop(wire, ends_expect(wire, SEGMENT_PSH | SEGMENT_ACK, 1, 1, 5)), STATUS_OK);
    assert_int_equal(ends_look(wire, 40000, 8080).timer, 1);
    await(wire, UINT64_MAX, 1);
    uint32_t again = ends_expect(wire, SEGMENT_PSH | SEGMENT_ACK, 1, 1, 5);
    struct states_socket socket = ends_look(wire, 40000, 8080);
    assert_int_equal(socket.congestion, 1);
    assert_int_equal(socket.congestion_state, 4);
    assert_int_equal(socket.retransmits, 1);
    ends_release(wire, again);
    ends_release_all(wire);
    assert_int_equal(ends_look(wire, 40000, 8080).send_queue, 0);
    close(here);
    close(there);
    close(listener);
    wire_free(wire);
}

/* Behind a closed window bytes wait that were never sent; a FIN behind them is no byte, either. */
static void what_a_closed_window_holds_back_is_counted(void **state)
{
    (void)state;
    struct wire *wire = ends_place(NETWORK_lecture);
    int listener = ends_make(SOCK_STREAM, HOST_2, 8080), here, there, small = 2304;
    static char bytes[8000];
    assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    assert_int_equal(listen(listener, 5), 0);
    ends_connect_both(wire, listener, &here, &there);
    assert_int_equal(send(here, bytes, sizeof bytes, 0), sizeof bytes);
    struct states_socket socket = ends_look(wire, 40000, 8080);
    assert_int_equal(socket.send_queue, sizeof bytes);
    unsigned in_flight = 0;
    wire_read(wire);
    for (size_t i = 0; i < wire_held_count(wire); i++)
        in_flight += wire_held(wire, i)->header.payload_length;
    assert_true(in_flight > 0 && in_flight < sizeof bytes);
    assert_int_equal(socket.send_queue - socket.unsent, in_flight);
    ends_release_all(wire);
    socket = ends_look(wire, 40000, 8080);
    assert_int_equal(socket.send_window, 0);
    assert_int_equal(socket.in_flight, 0);
    assert_true(socket.unsent > 0 && socket.unsent == socket.send_queue);
    assert_int_equal(socket.send_queue + ends_look(wire, 8080, 40000).receive_queue, sizeof bytes);
    close(here);
    assert_int_equal(ends_look(wire, 40000, 8080).state, FIN_WAIT1);
    assert_int_equal(ends_look(wire, 40000, 8080).unsent, socket.unsent);
    assert_int_equal(ends_look(wire, 40000, 8080).send_queue, socket.send_queue);
    close(there);
    close(listener);
    wire_free(wire);
}

/* The kernel asks again and again, in real time, how wide a closed window is; one question is let through for each wish. */
static void a_closed_window_is_asked_about_only_when_that_is_wanted(void **state)
{
    (void)state;
    struct wire *wire = ends_place(NETWORK_loss);
    int listener = ends_make(SOCK_STREAM, HOST_2, 8080), here, there, small = 2304;
    static char bytes[8000];
    assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    assert_int_equal(listen(listener, 5), 0);
    ends_connect_both(wire, listener, &here, &there);
    wire_want_probe(wire, false);
    assert_int_equal(send(here, bytes, sizeof bytes, 0), sizeof bytes);
    ends_release_all(wire);
    assert_int_equal(ends_look(wire, 40000, 8080).timer, 4);
    uint64_t absorbed = wire_counts(wire).absorbed;
    await(wire, absorbed + 2, 1);
    assert_int_equal(wire_held_count(wire), 0);
    wire_want_probe(wire, true);
    await(wire, UINT64_MAX, 1);
    const struct wire_packet *probe = ends_only(wire);
    uint32_t sent = ends_look(wire, 8080, 40000).receive_queue;
    assert_int_equal(probe->header.flags, SEGMENT_ACK);
    assert_int_equal(probe->header.payload_length, 0);
    assert_int_equal(probe->sequence, sent); /* one less than what comes next */
    absorbed = wire_counts(wire).absorbed;
    await(wire, absorbed + 1, 2);
    assert_int_equal(wire_held_count(wire), 1);
    ends_release(wire, probe->number);
    assert_int_equal(ends_only(wire)->window, 0); /* an answer is no question */
    ends_release_all(wire);
    /* What the window's opening brings is data. */
    static char all[8000];
    while (recv(there, all, sizeof all, 0) > 0)
        ends_release_all(wire);
    assert_int_equal(ends_look(wire, 40000, 8080).send_queue, 0);
    close(here);
    close(there);
    close(listener);
    wire_free(wire);
}

static void a_duplicate_is_delivered_once(void **state)
{
    (void)state;
    struct wire *wire = ends_place(NETWORK_lecture);
    int listener = ends_server(HOST_2, 8080, 5), here, there;
    ends_connect_both(wire, listener, &here, &there);
    char text[32];
    uint32_t copy;
    assert_int_equal(send(here, "hello", 5, 0), 5);
    uint32_t data = ends_expect(wire, SEGMENT_PSH | SEGMENT_ACK, 1, 1, 5);
    assert_int_equal(wire_duplicate(wire, data, &copy), STATUS_OK);
    assert_int_equal(wire_find(wire, copy)->copy_of, data);
    ends_release_all(wire);
    assert_int_equal(recv(there, text, sizeof text, 0), 5);
    assert_int_equal(recv(there, text, sizeof text, 0), -1);
    close(here);
    close(there);
    close(listener);
    wire_free(wire);
}

static void a_segment_that_overtakes_is_put_in_order(void **state)
{
    (void)state;
    struct wire *wire = ends_place(NETWORK_lecture);
    int listener = ends_server(HOST_2, 8080, 5), here, there, one = 1;
    ends_connect_both(wire, listener, &here, &there);
    char text[32];
    assert_int_equal(setsockopt(here, IPPROTO_TCP, 1 /* TCP_NODELAY */, &one, sizeof one), 0);
    assert_int_equal(send(here, "AAA", 3, 0), 3);
    assert_int_equal(send(here, "BBB", 3, 0), 3);
    wire_read(wire);
    assert_int_equal(wire_held_count(wire), 2);
    uint32_t first = wire_held(wire, 0)->number, second = wire_held(wire, 1)->number;
    ends_release(wire, second);
    assert_int_equal(ends_look(wire, 8080, 40000).receive_queue, 0);
    ends_release(wire, first);
    assert_int_equal(recv(there, text, sizeof text, 0), 6);
    assert_memory_equal(text, "AAABBB", 6);
    close(here);
    close(there);
    close(listener);
    wire_free(wire);
}

/* Whatever the bytes, nothing beyond them is read (seen with the address sanitizer). */
static void random_bytes_are_read_within_their_bounds(void **state)
{
    (void)state;
    static const unsigned char good[48] = {0x45, 0, 0,    48,   0,    0,    0,    0,    64, 6, 0, 0,    10, 0, 0, 1,
                                           10,   0, 0,    2,    0x9C, 0x40, 0x1F, 0x90, 0,  0, 0, 0,    0,  0, 0, 0,
                                           0x70, 2, 0xFA, 0xF0, 0,    0,    0,    0,    2,  4, 5, 0xB4, 1,  3, 3, 7};
    uint64_t random = 7;
    struct segment segment;
    assert_true(segment_read(good, sizeof good, &segment));
    assert_int_equal(segment.segment_max, 1460);
    assert_int_equal(segment.window_scale, 7);
    unsigned accepted = 0;
    for (int i = 0; i < 200000; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        size_t size = (size_t)(random >> 33) % (sizeof good + 1);
        unsigned char *bytes = malloc(size ? size : 1); /* of just that size */
        memcpy(bytes, good, size);
        for (int changes = 0; size && changes < 3; changes++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            bytes[(size_t)(random >> 40) % size] = (unsigned char)(random >> 20);
        }
        if (segment_read(bytes, size, &segment)) {
            accepted++;
            assert_true((size_t)segment.payload_at + segment.payload_length <= size);
        }
        free(bytes);
    }
    assert_true(accepted > 0);
}

static void what_is_malformed_is_refused_and_harms_nothing(void **state)
{
    (void)state;
    struct wire *wire = ends_place(NETWORK_lecture);
    unsigned char bytes[64] = {0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6};
    uint32_t number;
    for (size_t size = 0; size < 40; size++)
        assert_int_equal(wire_inject(wire, bytes, size, &number), STATUS_INVALID);
    bytes[32] = 0x50; /* a TCP header of 20 bytes, all zero: well-formed, and nonsense to the kernel */
    assert_int_equal(wire_inject(wire, bytes, 40, &number), STATUS_OK);
    wire_release(wire, number, NULL);
    assert_int_equal(wire_release(wire, number, NULL), STATUS_NOT_FOUND);
    bytes[32] = 0xF0; /* longer than the packet */
    assert_int_equal(wire_inject(wire, bytes, 40, &number), STATUS_INVALID);
    int listener = ends_server(HOST_2, 8080, 5), here, there;
    ends_connect_both(wire, listener, &here, &there);
    close(here);
    close(there);
    close(listener);
    wire_free(wire);
}

/* Nothing of what is sent is lost by us: the kernel's own drops at a full device are told apart. */
static void a_flood_is_read_whole_or_counted(void **state)
{
    (void)state;
    struct wire *wire = ends_place(NETWORK_lecture);
    int here = ends_make(SOCK_DGRAM, HOST_1, 40000);
    struct sockaddr_in peer = ends_address(HOST_2, 9999);
    uint64_t sent = 0;
    char text[1000] = {0};
    for (int i = 0; i < 4000; i++) {
        sent += sendto(here, text, sizeof text, 0, (struct sockaddr *)&peer, sizeof peer) == sizeof text;
        if (i % 64 == 0)
            wire_read(wire);
    }
    wire_read(wire);
    struct wire_counts counts = wire_counts(wire);
    assert_int_equal(counts.read + counts.device_dropped, sent);
    assert_int_equal(wire_held_count(wire), counts.read);
    assert_int_equal(counts.malformed + counts.overrun, 0);
    close(here);
    wire_free(wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(copies_of_a_held_segment_are_absorbed_and_counted),
        BOTH(what_a_closed_window_holds_back_is_counted),
        BOTH(a_closed_window_is_asked_about_only_when_that_is_wanted),
        BOTH(what_was_dropped_is_sent_again_and_shown),
        BOTH(a_duplicate_is_delivered_once),
        BOTH(a_segment_that_overtakes_is_put_in_order),
        cmocka_unit_test(random_bytes_are_read_within_their_bounds),
        BOTH(what_is_malformed_is_refused_and_harms_nothing),
        BOTH(a_flood_is_read_whole_or_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
