/* Packets and the kernel's sockets in the world: a pure function of their events. */
#include "world/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { FIN = 1, SYN = 2, ACK = 16 };

#define CLIENT event_address(0x0A000001, 40000)
#define SERVER event_address(0x0A000002, 8080)

static unsigned char bytes[400];

static struct event sent(uint32_t number, int64_t from, int64_t to, uint8_t flags, uint32_t size)
{
    return (struct event){.kind = EVENT_PACKET,
                          .value = PACKET_sent,
                          .other = number,
                          .argument = {from, to, 5 | INT64_C(7) << 32, event_packet(flags, 6, 3, 64240)},
                          .payload = bytes,
                          .length = size};
}

static struct event moved(enum packet_act act, uint32_t number)
{
    return (struct event){.kind = EVENT_PACKET, .value = act, .other = number, .argument = {0, 3, 0}};
}

static struct event is_now(uint32_t id, enum socket_state state, int64_t own, int64_t peer)
{
    return (struct event){.kind = EVENT_SOCKET,
                          .other = id,
                          .value = state,
                          .argument = {own, peer, 4 | INT64_C(9) << 32, event_socket(6, 1, 2, 1500)}};
}

static void go(struct world *world, struct event event)
{
    assert_int_equal(world_step(world, &event), STATUS_OK);
}

static void refuse(struct world *world, struct event event)
{
    unsigned before = world_divergence_count(world);
    assert_int_equal(world_step(world, &event), STATUS_INVALID);
    assert_int_equal(world_divergence_count(world), before + 1);
}

static void a_packet_is_held_until_something_becomes_of_it(void **state)
{
    (void)state;
    struct world *world = world_new();
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)i;
    go(world, sent(1, CLIENT, SERVER, SYN, 44));
    go(world, sent(2, SERVER, CLIENT, SYN | ACK, 400));
    uint32_t held[4];
    assert_int_equal(world_packets_held(world, held, 4), 2);
    assert_int_equal(world_step_number(world), 0); /* to be sent is no step */
    const struct world_packet *packet = world_packet(world, 2);
    assert_int_equal(packet->sequence, 5);
    assert_int_equal(packet->acknowledgement, 7);
    assert_int_equal(packet->length, 3);
    assert_int_equal(packet->window, 64240);
    assert_int_equal(packet->flags, SYN | ACK);
    assert_int_equal(packet->from.port, 8080);
    assert_int_equal(packet->size, 400);
    assert_int_equal(packet->kept, WORLD_PACKET_BYTES);
    assert_memory_equal(packet->bytes, bytes, WORLD_PACKET_BYTES);
    go(world, moved(PACKET_absorbed, 1));
    assert_int_equal(world_packet(world, 1)->absorbed, 1);
    assert_int_equal(world_step_number(world), 0);
    go(world, moved(PACKET_delivered, 2)); /* it overtakes */
    assert_int_equal(world_step_number(world), 1);
    assert_int_equal(world_packet(world, 2)->fate, FATE_delivered);
    assert_int_equal(world_packet(world, 2)->end_step, 1);
    struct event twice = moved(PACKET_duplicated, 1);
    twice.second = 3;
    go(world, twice);
    assert_int_equal(world_packet(world, 3)->copy_of, 1);
    assert_int_equal(world_packet(world, 3)->absorbed, 0);
    assert_int_equal(world_packets_held(world, held, 4), 2);
    go(world, moved(PACKET_dropped, 1));
    go(world, moved(PACKET_delivered, 3));
    assert_int_equal(world_packet(world, 1)->fate, FATE_dropped);
    assert_int_equal(world_packets_held(world, held, 4), 0);
    assert_int_equal(world_step_number(world), 4);
    assert_int_equal(world_divergence_count(world), 0);
    world_free(world);
}

static void what_cannot_be_is_a_divergence(void **state)
{
    (void)state;
    struct world *world = world_new();
    refuse(world, sent(2, CLIENT, SERVER, SYN, 44)); /* the first is missing */
    refuse(world, moved(PACKET_delivered, 1));
    go(world, sent(1, CLIENT, SERVER, SYN, 44));
    go(world, moved(PACKET_delivered, 1));
    refuse(world, moved(PACKET_delivered, 1));
    refuse(world, moved((enum packet_act)99, 1));
    refuse(world, is_now(2, SOCKET_listen, SERVER, 0));
    refuse(world, is_now(1, (enum socket_state)99, SERVER, 0));
    struct event without = sent(2, CLIENT, SERVER, SYN, 44);
    without.payload = NULL;
    go(world, without);
    assert_null(world_packet(world, 3));
    assert_null(world_packet(world, 0));
    world_free(world);
}

/* Of many packets the last are kept; older ones can still be delivered. */
static void old_packets_are_forgotten_not_confused(void **state)
{
    (void)state;
    struct world *world = world_new();
    for (uint32_t number = 1; number <= WORLD_PACKETS + 10; number++)
        go(world, sent(number, CLIENT, SERVER, ACK, 44));
    assert_int_equal(world_packet_count(world), WORLD_PACKETS + 10);
    assert_null(world_packet(world, 10));
    assert_int_equal(world_packet(world, 11)->number, 11);
    assert_int_equal(world_packet(world, WORLD_PACKETS + 10)->number, WORLD_PACKETS + 10);
    go(world, moved(PACKET_delivered, 3));
    assert_int_equal(world_packet(world, WORLD_PACKETS + 3)->fate, FATE_held); /* who has its place now */
    struct world *copy = world_copy(world);
    assert_int_equal(world_hash(copy), world_hash(world));
    assert_int_equal(world_packets_held(copy, NULL, 0), WORLD_PACKETS);
    world_free(copy);
    world_free(world);
}

static void the_ends_of_a_packet_are_those_that_began_and_answered(void **state)
{
    (void)state;
    struct world *world = world_new();
    uint32_t client, server;
    char text[40];
    go(world, is_now(1, SOCKET_listen, event_address(0, 8080), 0)); /* of any address */
    go(world, is_now(2, SOCKET_syn_sent, CLIENT, SERVER));
    go(world, sent(1, CLIENT, SERVER, SYN, 44));
    world_packet_ends(world, world_packet(world, 1), &client, &server);
    assert_int_equal(client, 2);
    assert_int_equal(server, 1); /* no socket of its own yet */
    go(world, is_now(3, SOCKET_syn_recv, SERVER, CLIENT));
    go(world, sent(2, SERVER, CLIENT, SYN | ACK, 44));
    world_packet_ends(world, world_packet(world, 2), &client, &server);
    assert_int_equal(client, 2);
    assert_int_equal(server, 3);
    go(world, is_now(2, SOCKET_established, CLIENT, SERVER));
    go(world, is_now(3, SOCKET_established, SERVER, CLIENT));
    go(world, is_now(3, SOCKET_gone, 0, 0));
    world_packet_ends(world, world_packet(world, 2), &client, &server);
    assert_int_equal(client, 2); /* still the one that began */
    assert_int_equal(server, 3);
    assert_int_equal(world_socket(world, 3)->state, SOCKET_gone);
    assert_int_equal(world_socket(world, 3)->left, SOCKET_established);
    assert_string_equal(socket_state_name(world_socket(world, 3)->state), "CLOSED");
    assert_int_equal(world_socket(world, 2)->path, 1u << SOCKET_syn_sent | 1u << SOCKET_established);
    assert_int_equal(world_socket(world, 2)->receive_queue, 4);
    assert_int_equal(world_socket(world, 2)->send_queue, 9);
    assert_int_equal(world_socket(world, 2)->due, 1500);
    assert_string_equal(packet_flags_text(SYN | ACK, text), "SYN+ACK");
    assert_string_equal(packet_flags_text(0, text), "-");
    assert_string_equal(world_address_text(world_socket(world, 2)->local, text), "10.0.0.1:40000");
    world_free(world);
}

/* A ring: the last of a step stands for it, a socket that is gone has a last one without numbers, and a recording that was
 * made when the kernel was asked for less is read. */
static void what_the_kernel_said_of_windows_is_kept_step_by_step(void **state)
{
    (void)state;
    struct world *world = world_new();
    struct event_window window = {.congestion = 10, .segment = 1460, .unsent = 7};
    struct event event = is_now(1, SOCKET_established, CLIENT, SERVER);
    event.payload = &window;
    event.length = sizeof window;
    go(world, event);
    window.congestion = 11;
    go(world, event); /* no step between them */
    assert_int_equal(world_sample_count(world), 1);
    assert_int_equal(world_sample(world, 1)->window.congestion, 11);
    assert_int_equal(world_sample(world, 1)->window.unsent, 7);
    assert_int_equal(world_sample(world, 1)->send_queue, 9);
    struct world *copy = world_copy(world);
    go(world, sent(1, CLIENT, SERVER, ACK, 44));
    go(world, moved(PACKET_delivered, 1));
    event.length = offsetof(struct event_window, unsent);
    window.congestion = 1;
    go(world, event);
    assert_int_equal(world_sample_count(world), 2);
    assert_int_equal(world_sample(world, 2)->step, 1);
    assert_int_equal(world_sample(world, 2)->window.congestion, 1);
    assert_int_equal(world_sample(world, 2)->window.unsent, 0);
    assert_int_equal(world_sample_count(copy), 1); /* a snapshot knows what was known */
    go(world, is_now(2, SOCKET_listen, SERVER, 0));
    assert_int_equal(world_sample_count(world), 2); /* not of a listener */
    go(world, is_now(1, SOCKET_gone, 0, 0));
    assert_int_equal(world_sample_count(world), 2);
    assert_int_equal(world_sample(world, 2)->state, SOCKET_gone);
    assert_int_equal(world_sample(world, 2)->has_window, 0);
    assert_int_equal(world_sample(world, 2)->window.congestion, 0);
    for (uint32_t number = 2; number <= WORLD_SAMPLES + 10; number++) {
        go(world, sent(number, CLIENT, SERVER, ACK, 44));
        go(world, moved(PACKET_delivered, number));
        go(world, is_now(1, SOCKET_established, CLIENT, SERVER));
    }
    assert_int_equal(world_sample_count(world), WORLD_SAMPLES + 11);
    assert_null(world_sample(world, 11));
    assert_null(world_sample(world, WORLD_SAMPLES + 12));
    assert_int_equal(world_sample(world, 12)->step, 11);
    assert_int_equal(world_assign(copy, world), STATUS_OK);
    assert_int_equal(world_sample(copy, WORLD_SAMPLES + 11)->step, WORLD_SAMPLES + 10);
    assert_int_equal(world_divergence_count(world), 0);
    world_free(copy);
    world_free(world);
}

static void sentences_say_what_a_packet_is_and_what_becomes_of_it(void **state)
{
    (void)state;
    struct world *world = world_new();
    char text[200];
    struct event event = sent(1, CLIENT, SERVER, SYN, 44);
    go(world, event);
    world_say(world, &event, 0, text, sizeof text);
    assert_string_equal(text, "10.0.0.1:40000 sends 10.0.0.2:8080 SYN with 3 bytes: packet 1 is on the wire.");
    world_say(world, &event, 1, text, sizeof text);
    assert_string_equal(text, "10.0.0.1:40000 向 10.0.0.2:8080 发出 SYN，带 3 字节：1 号包在线路上。");
    static const struct {
        enum packet_act act;
        const char *english;
    } acts[] = {{PACKET_absorbed,
                 "Packet 1 (SYN with 3 bytes) is still held, so the kernel has sent it again; the wire "
                 "swallows that copy."},
                {PACKET_delivered, "Packet 1 (SYN with 3 bytes) arrives at 10.0.0.2:8080."},
                {PACKET_dropped, "Packet 1 (SYN with 3 bytes) is lost: 10.0.0.2:8080 will never see it."}};
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        event = moved(acts[i].act, 1);
        world_say(world, &event, 0, text, sizeof text);
        assert_string_equal(text, acts[i].english);
    }
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_is_held_until_something_becomes_of_it),
        cmocka_unit_test(what_cannot_be_is_a_divergence),
        cmocka_unit_test(old_packets_are_forgotten_not_confused),
        cmocka_unit_test(the_ends_of_a_packet_are_those_that_began_and_answered),
        cmocka_unit_test(what_the_kernel_said_of_windows_is_kept_step_by_step),
        cmocka_unit_test(sentences_say_what_a_packet_is_and_what_becomes_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
