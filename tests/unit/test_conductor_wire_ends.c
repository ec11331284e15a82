/* How connections begin and end, and what a lost, doubled or late packet does to them: what became of the packets, and
 * which states the kernel's sockets were in meanwhile, as it told. NETWORK.md has what was measured. Real programs over the
 * wire, with a TUN and with a veth pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "network/build.h"
#include "wire_talks.h"

#include <stdio.h>
#include <string.h>

enum { TCP = 6, UDP = 17, CLIENT = 40000, SERVER = 8080, WIRE_ROOM = 16 };

/* ---- looking back ---- */

/* The newest socket with these ports when `step` was over, also one that has gone. {0}: there is none. */
static struct world_socket socket_at(struct talk *talk, uint32_t step, uint16_t local, uint16_t peer)
{
    const struct world *world = history_world_step(talk->history, step);
    assert_non_null(world);
    for (uint32_t id = world_socket_count(world); id > 0; id--) {
        const struct world_socket *socket = world_socket(world, id);
        if (socket && socket->local.port == local && socket->peer.port == peer)
            return *socket;
    }
    return (struct world_socket){.id = 0};
}

static unsigned state_at(struct talk *talk, uint32_t step, uint16_t local, uint16_t peer)
{
    return socket_at(talk, step, local, peer).state;
}

#define STATES(step, client, server)                                                                                   \
    do {                                                                                                               \
        assert_string_equal(socket_state_name(state_at(&talk, step, CLIENT, SERVER)), socket_state_name(client));      \
        assert_string_equal(socket_state_name(state_at(&talk, step, SERVER, CLIENT)), socket_state_name(server));      \
    } while (0)

/* A copy: the world's is borrowed, and here other worlds are looked at in between. */
static struct world_packet nth(const struct talk *talk, unsigned flags, uint32_t length, unsigned number)
{
    const struct world_packet *found = talk_packet(talk_world(talk), flags, length, number);
    if (!found)
        fail_msg("there is no packet %u with flags %u and %u bytes", number, flags, length);
    return *found;
}

static uint32_t last_step(const struct talk *talk)
{
    return history_steps(talk->history);
}

static unsigned path(const struct talk *talk, uint16_t local, uint16_t peer)
{
    return socket_at((struct talk *)talk, last_step(talk), local, peer).path;
}

static bool all_delivered(const struct world *world)
{
    for (uint32_t number = 1; number <= world_packet_count(world); number++)
        if (world_packet(world, number)->fate != FATE_delivered)
            return false;
    return true;
}

/* ---- choosing ---- */

/* Any task that can run, before any packet; 0: none can. */
static uint32_t task_first(struct talk *talk)
{
    uint32_t tasks[8];
    return conductor_candidates(talk->conductor, tasks, 8) > 0 ? tasks[0] : 0;
}

static uint32_t until_both_have_called(struct talk *talk, const struct world *world)
{
    return talk_count(world, SYN, 0) < 2 ? task_first(talk) : 0;
}

static uint32_t until_both_have_closed(struct talk *talk, const struct world *world)
{
    const struct world_packet *third = talk_packet(world, ACK, 0, 1);
    bool connected = third && third->fate == FATE_delivered;
    return connected && talk_count(world, FIN | ACK, 0) < 2 ? task_first(talk) : 0;
}

static uint32_t drop(struct talk *talk, const struct world_packet *one)
{
    return talk_once(talk, one, CONDUCTOR_DROP);
}

static uint32_t drop_syn(struct talk *talk, const struct world *world)
{
    return drop(talk, talk_held(world, SYN, false));
}

static uint32_t drop_third(struct talk *talk, const struct world *world)
{
    return drop(talk, talk_held(world, ACK, false));
}

static uint32_t drop_data(struct talk *talk, const struct world *world)
{
    return drop(talk, talk_held(world, PSH | ACK, true));
}

/* The acknowledgement of data, not that of the handshake. */
static uint32_t drop_ack_of_data(struct talk *talk, const struct world *world)
{
    return drop(talk, talk_count(world, PSH | ACK, 1) > 0 ? talk_held(world, ACK, false) : NULL);
}

static uint32_t drop_fin(struct talk *talk, const struct world *world)
{
    return drop(talk, talk_held(world, FIN | ACK, false));
}

static uint32_t duplicate_data(struct talk *talk, const struct world *world)
{
    return talk_once(talk, talk_held(world, PSH | ACK, true), CONDUCTOR_DUPLICATE);
}

/* The second of two segments goes first. */
static uint32_t second_first(struct talk *talk, const struct world *world)
{
    uint32_t numbers[WIRE_ROOM];
    const struct world_packet *second = talk_packet(world, PSH | ACK, 3, 2);
    if (second && second->fate == FATE_held)
        return CONDUCTOR_DELIVER + second->number;
    bool first = talk_held(world, PSH | ACK, true) && !second;
    return first && conductor_packets(talk->conductor, numbers, WIRE_ROOM) > 0 ? task_first(talk) : 0;
}

/* ---- beginnings ---- */

static void both_may_open(void **state)
{
    (void)state;
    enum { PARENT = 7001, CHILD = 7002 };
    struct talk talk;
    talk_run(&talk, "wire_ends", "both_open", (struct conductor_options){0}, until_both_have_called);
    assert_int_equal(talk.verdict, VERDICT_finished);
    assert_non_null(strstr(talk.output, "parent: from the child\n"));
    assert_non_null(strstr(talk.output, "child: from the parent\n"));
    struct world_packet first = nth(&talk, SYN, 0, 1), second = nth(&talk, SYN, 0, 2);
    assert_int_equal(first.from.port, PARENT);
    assert_int_equal(second.from.port, CHILD);
    assert_int_equal(state_at(&talk, second.sent_step, PARENT, CHILD), SOCKET_syn_sent);
    assert_int_equal(state_at(&talk, second.sent_step, CHILD, PARENT), SOCKET_syn_sent);
    assert_int_equal(state_at(&talk, first.end_step, PARENT, CHILD), SOCKET_syn_sent);
    assert_int_equal(state_at(&talk, first.end_step, CHILD, PARENT), SOCKET_syn_recv);
    assert_int_equal(talk_count(talk_world(&talk), SYN | ACK, 0), 2); /* each answers the other's SYN */
    unsigned whole = 1u << SOCKET_syn_sent | 1u << SOCKET_syn_recv | 1u << SOCKET_established;
    assert_int_equal(path(&talk, PARENT, CHILD) & (whole | 1u << SOCKET_listen), whole);
    assert_int_equal(path(&talk, CHILD, PARENT) & (whole | 1u << SOCKET_listen), whole);
    struct world_packet answer = nth(&talk, SYN | ACK, 0, 2);
    assert_int_equal(state_at(&talk, answer.end_step, PARENT, CHILD), SOCKET_established);
    assert_int_equal(state_at(&talk, answer.end_step, CHILD, PARENT), SOCKET_established);
    talk_end(&talk);
}

static void a_lost_syn_leaves_the_client_in_syn_sent_until_the_second_arrives(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "talk", (struct conductor_options){0}, drop_syn);
    talk_finished(&talk, "server: hello\nclient: world\n");
    struct world_packet lost = nth(&talk, SYN, 0, 1), again = nth(&talk, SYN, 0, 2);
    assert_int_equal(lost.fate, FATE_dropped);
    assert_int_equal(again.fate, FATE_delivered);
    STATES(lost.end_step, SOCKET_syn_sent, SOCKET_gone);
    assert_int_equal(socket_at(&talk, lost.end_step, SERVER, 0).state, SOCKET_listen);
    assert_int_equal(socket_at(&talk, lost.end_step, CLIENT, SERVER).timer, 1);
    assert_true(again.time >= lost.time + INT64_C(1000000000)); /* RFC 6298, 2.1 */
    STATES(again.end_step, SOCKET_syn_sent, SOCKET_syn_recv);
    talk_end(&talk);
}

/* The client is connected, the server is not; the data that follow carry the acknowledgement, too. */
static void a_lost_third_packet_leaves_the_server_half_open_until_data_come(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "talk", (struct conductor_options){0}, drop_third);
    talk_finished(&talk, "server: hello\nclient: world\n");
    struct world_packet lost = nth(&talk, ACK, 0, 1), data = nth(&talk, PSH | ACK, 5, 1);
    assert_int_equal(lost.fate, FATE_dropped);
    STATES(lost.end_step, SOCKET_established, SOCKET_syn_recv);
    assert_int_equal(socket_at(&talk, lost.end_step, SERVER, 0).receive_queue, 0);
    STATES(data.end_step, SOCKET_established, SOCKET_established);
    assert_int_equal(socket_at(&talk, data.end_step, SERVER, 0).receive_queue, 1); /* to be accepted */
    talk_end(&talk);
}

static void a_full_accept_queue_leaves_the_third_client_in_syn_sent(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "crowd", (struct conductor_options){0}, NULL);
    talk_finished(&talk, "all three\n");
    struct world_packet third = nth(&talk, SYN, 0, 3);
    uint16_t port = third.from.port;
    assert_int_equal(third.fate, FATE_delivered);
    struct world_socket listener = socket_at(&talk, third.end_step, SERVER, 0);
    assert_int_equal(listener.receive_queue, 2); /* listen(1) lets two wait */
    assert_int_equal(listener.send_queue, 1);
    assert_int_equal(state_at(&talk, third.end_step, port, SERVER), SOCKET_syn_sent);
    assert_int_equal(socket_at(&talk, third.end_step, SERVER, port).id,
                     0); /* the server's kernel keeps nothing of it */
    assert_int_equal(path(&talk, port, SERVER) & 1u << SOCKET_established, 1u << SOCKET_established);
    talk_end(&talk);
}

/* ---- between ---- */

static void lost_data_stay_unacknowledged_until_they_are_sent_again(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_ends", "late_answer", (struct conductor_options){.wire_profile = NETWORK_loss}, drop_data);
    talk_finished(&talk, "server: hello\nclient: world\n");
    struct world_packet lost = nth(&talk, PSH | ACK, 5, 1), again = nth(&talk, PSH | ACK, 5, 2);
    assert_int_equal(lost.fate, FATE_dropped);
    assert_int_equal(again.fate, FATE_delivered);
    assert_int_equal(again.sequence, lost.sequence);
    assert_int_equal(again.task, 0);
    assert_int_equal(socket_at(&talk, lost.end_step, CLIENT, SERVER).send_queue, 5);
    assert_int_equal(socket_at(&talk, lost.end_step, CLIENT, SERVER).timer, 1);
    assert_int_equal(socket_at(&talk, lost.end_step, SERVER, CLIENT).receive_queue, 0);
    assert_int_equal(socket_at(&talk, again.end_step, SERVER, CLIENT).receive_queue, 5);
    /* RFC 5681, 3.1: after a time-out one segment may be in flight. */
    assert_int_equal(socket_at(&talk, again.sent_step, CLIENT, SERVER).window.congestion, 10);
    assert_int_equal(socket_at(&talk, again.end_step, CLIENT, SERVER).window.congestion, 1);
    STATES(again.end_step, SOCKET_established, SOCKET_established);
    talk_end(&talk);
}

/* The data have arrived, but the sender cannot know: it sends them again, and the receiver only repeats its answer. */
static void a_lost_acknowledgement_has_data_sent_again_that_are_delivered_once(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_ends", "late_answer", (struct conductor_options){.wire_profile = NETWORK_loss},
             drop_ack_of_data);
    talk_finished(&talk, "server: hello\nclient: world\n");
    struct world_packet data = nth(&talk, PSH | ACK, 5, 1), lost = nth(&talk, ACK, 0, 2);
    struct world_packet again = nth(&talk, PSH | ACK, 5, 2), answer = nth(&talk, ACK, 0, 3);
    assert_int_equal(data.fate, FATE_delivered);
    assert_int_equal(lost.fate, FATE_dropped);
    assert_int_equal(lost.acknowledgement, data.sequence + 5);
    assert_int_equal(again.sequence, data.sequence);
    assert_int_equal(again.from.port, CLIENT);
    assert_int_equal(again.task, 0);
    assert_int_equal(answer.from.port, SERVER);
    assert_int_equal(answer.acknowledgement, lost.acknowledgement);
    assert_int_equal(socket_at(&talk, lost.end_step, SERVER, CLIENT).receive_queue, 5);
    assert_int_equal(socket_at(&talk, lost.end_step, CLIENT, SERVER).send_queue, 5);
    assert_int_equal(socket_at(&talk, again.end_step, CLIENT, SERVER).send_queue, 5);
    assert_int_equal(socket_at(&talk, again.end_step, SERVER, CLIENT).receive_queue, 0); /* read before; nothing new */
    assert_int_equal(socket_at(&talk, answer.end_step, CLIENT, SERVER).send_queue, 0);
    talk_end(&talk);
}

static void a_duplicate_adds_nothing_to_what_waits_to_be_read(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "talk", (struct conductor_options){0}, duplicate_data);
    talk_finished(&talk, "server: hello\nclient: world\n");
    struct world_packet data = nth(&talk, PSH | ACK, 5, 1), copy = nth(&talk, PSH | ACK, 5, 2);
    assert_int_equal(copy.copy_of, data.number);
    assert_true(copy.end_step > data.end_step);
    assert_int_equal(copy.fate, FATE_delivered);
    assert_int_equal(socket_at(&talk, data.end_step, SERVER, CLIENT).receive_queue, 5);
    assert_int_equal(socket_at(&talk, copy.end_step, SERVER, CLIENT).receive_queue, 5);
    STATES(copy.end_step, SOCKET_established, SOCKET_established);
    struct world_packet one = nth(&talk, ACK, 0, 2), other = nth(&talk, ACK, 0, 3);
    assert_int_equal(one.acknowledgement, other.acknowledgement); /* both copies are acknowledged, alike */
    talk_end(&talk);
}

static void what_overtakes_cannot_be_read_before_the_gap_is_closed(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "two", (struct conductor_options){0}, second_first);
    talk_finished(&talk, "server: AAABBB\n");
    struct world_packet late = nth(&talk, PSH | ACK, 3, 1), early = nth(&talk, PSH | ACK, 3, 2);
    assert_true(early.end_step < late.end_step);
    assert_int_equal(socket_at(&talk, early.end_step, SERVER, CLIENT).receive_queue, 0);
    assert_int_equal(socket_at(&talk, late.end_step, SERVER, CLIENT).receive_queue, 6);
    STATES(early.end_step, SOCKET_established, SOCKET_established);
    bool repeated = false; /* the receiver says at once what it misses */
    for (unsigned i = 1; i <= talk_count(talk_world(&talk), ACK, 0); i++) {
        struct world_packet ack = nth(&talk, ACK, 0, i);
        repeated |= ack.from.port == SERVER && ack.acknowledgement == late.sequence;
    }
    assert_true(repeated);
    talk_end(&talk);
}

/* The receiver's window is shut, and the sender's timer is the one of probes. */
static void a_closed_window_holds_the_sender_in_established_with_a_timer_of_probes(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "slow", (struct conductor_options){.wire_profile = NETWORK_loss}, NULL);
    talk_finished(&talk, "24576\n");
    bool shut = false, open = false;
    for (uint32_t step = 1; step <= last_step(&talk); step++) {
        struct world_socket sender = socket_at(&talk, step, CLIENT, SERVER);
        struct world_socket receiver = socket_at(&talk, step, SERVER, CLIENT);
        open |= shut && sender.timer != 4 && sender.window.send > 0 && receiver.receive_queue == 0;
        if (sender.timer != 4 || receiver.receive_queue == 0)
            continue;
        shut |= sender.window.send == 0;
        assert_int_equal(sender.state, SOCKET_established);
        assert_int_equal(receiver.state, SOCKET_established);
        assert_true(sender.window.send < sender.window.segment); /* nor is a small rest of it used: RFC 9293, 3.8.6.2 */
        assert_true(sender.send_queue > 0);
    }
    assert_true(shut && open);
    talk_end(&talk);
}

/* ---- ends ---- */

static void after_a_half_close_the_other_half_still_carries_data(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "talk", (struct conductor_options){0}, NULL);
    talk_finished(&talk, "server: hello\nclient: world\n");
    struct world_packet fin = nth(&talk, FIN | ACK, 0, 1), answer = nth(&talk, PSH | ACK, 5, 2);
    assert_int_equal(fin.from.port, CLIENT);
    assert_int_equal(answer.from.port, SERVER);
    assert_true(answer.sent_step > fin.end_step);
    STATES(fin.sent_step, SOCKET_fin_wait_1, SOCKET_established);
    STATES(fin.end_step, SOCKET_fin_wait_1, SOCKET_close_wait);
    STATES(answer.sent_step, SOCKET_fin_wait_2, SOCKET_close_wait);
    STATES(answer.end_step, SOCKET_fin_wait_2, SOCKET_close_wait);
    assert_int_equal(socket_at(&talk, answer.end_step, CLIENT, SERVER).receive_queue, 5);
    talk_end(&talk);
}

static void both_may_close(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_ends", "both_close", (struct conductor_options){0}, until_both_have_closed);
    talk_finished(&talk, "");
    struct world_packet first = nth(&talk, FIN | ACK, 0, 1), second = nth(&talk, FIN | ACK, 0, 2);
    assert_int_not_equal(first.from.port, second.from.port);
    assert_true(second.sent_step < first.end_step); /* they cross */
    STATES(second.sent_step, SOCKET_fin_wait_1, SOCKET_fin_wait_1);
    STATES(second.end_step, SOCKET_closing, SOCKET_closing);
    STATES(last_step(&talk), SOCKET_time_wait, SOCKET_time_wait);
    unsigned no = 1u << SOCKET_fin_wait_2 | 1u << SOCKET_close_wait | 1u << SOCKET_last_ack;
    assert_int_equal((path(&talk, CLIENT, SERVER) | path(&talk, SERVER, CLIENT)) & no, 0);
    assert_true(all_delivered(talk_world(&talk)));
    talk_end(&talk);
}

static void a_lost_fin_leaves_the_client_in_fin_wait_1_until_the_second_arrives(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "talk", (struct conductor_options){.wire_profile = NETWORK_loss}, drop_fin);
    talk_finished(&talk, "server: hello\nclient: world\n");
    struct world_packet lost = nth(&talk, FIN | ACK, 0, 1), again = nth(&talk, FIN | ACK, 0, 2);
    assert_int_equal(lost.fate, FATE_dropped);
    assert_int_equal(again.sequence, lost.sequence);
    assert_int_equal(again.task, 0);
    STATES(lost.end_step, SOCKET_fin_wait_1, SOCKET_established);
    STATES(again.end_step, SOCKET_fin_wait_1, SOCKET_close_wait);
    talk_end(&talk);
}

static void a_reset_answers_a_syn_that_nobody_listens_for(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "refused", (struct conductor_options){0}, NULL);
    talk_finished(&talk, "ECONNREFUSED\n");
    struct world_packet syn = nth(&talk, SYN, 0, 1), reset = nth(&talk, RST | ACK, 0, 1);
    uint16_t port = syn.to.port;
    assert_int_equal(reset.number, syn.number + 1);
    assert_int_equal(reset.task, 0); /* no program of the other end had a part in it */
    assert_int_equal(reset.acknowledgement, 1);
    assert_int_equal(state_at(&talk, syn.end_step, CLIENT, port), SOCKET_syn_sent);
    assert_int_equal(socket_at(&talk, syn.end_step, port, CLIENT).id, 0);
    struct world_socket after = socket_at(&talk, reset.end_step, CLIENT, port);
    assert_true(after.state == SOCKET_gone || after.state == SOCKET_closed);
    assert_int_equal(after.path & ~(1u << SOCKET_closed), 1u << SOCKET_syn_sent);
    talk_end(&talk);
}

static void a_reset_ends_a_connection_whose_end_closed_with_bytes_unread(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_ends", "unread", (struct conductor_options){0}, NULL);
    talk_finished(&talk, "client: ECONNRESET\nclient: EPIPE\n");
    struct world_packet reset = nth(&talk, RST | ACK, 0, 1);
    assert_int_equal(reset.from.port, SERVER);
    assert_int_equal(talk_count(talk_world(&talk), FIN | ACK, 0), 0); /* nobody says goodbye */
    assert_int_equal(socket_at(&talk, reset.sent_step - 1, SERVER, CLIENT).receive_queue, 6);
    STATES(reset.sent_step, SOCKET_established, SOCKET_gone);
    STATES(reset.end_step, SOCKET_gone, SOCKET_gone);
    unsigned closing = 1u << SOCKET_fin_wait_1 | 1u << SOCKET_close_wait | 1u << SOCKET_time_wait;
    assert_int_equal((path(&talk, CLIENT, SERVER) | path(&talk, SERVER, CLIENT)) & closing, 0);
    talk_end(&talk);
}

static void a_datagram_to_a_closed_port_comes_back_as_an_error_and_the_socket_stays(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_ends", "nobody", (struct conductor_options){0}, NULL);
    talk_finished(&talk, "lonely: ECONNREFUSED\nfound: again\n");
    struct world_packet asked = *world_packet(talk_world(&talk), 1), answer = *world_packet(talk_world(&talk), 2);
    struct world_packet again = *world_packet(talk_world(&talk), 3);
    assert_int_equal(asked.protocol, UDP);
    assert_int_equal(answer.protocol, 1);
    assert_int_equal(answer.type, 3);
    assert_int_equal(answer.code, 3);
    assert_int_equal(answer.task, 0);
    assert_int_equal(again.from.port, asked.from.port);
    assert_int_equal(again.fate, FATE_delivered);
    struct world_socket before = socket_at(&talk, asked.sent_step, CLIENT, asked.to.port);
    struct world_socket after = socket_at(&talk, answer.end_step, CLIENT, asked.to.port);
    assert_int_equal(before.protocol, UDP);
    assert_int_equal(before.state, SOCKET_established); /* connect(2) of a datagram socket sends nothing */
    assert_int_equal(after.id, before.id);
    assert_int_equal(after.state, SOCKET_established);
    assert_int_equal(socket_at(&talk, again.end_step, asked.to.port, 0).receive_queue > 0, 1);
    talk_end(&talk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_BOTH(both_may_open),
        TALK_BOTH(a_lost_syn_leaves_the_client_in_syn_sent_until_the_second_arrives),
        TALK_BOTH(a_lost_third_packet_leaves_the_server_half_open_until_data_come),
        TALK_BOTH(a_full_accept_queue_leaves_the_third_client_in_syn_sent),
        TALK_BOTH(lost_data_stay_unacknowledged_until_they_are_sent_again),
        TALK_BOTH(a_lost_acknowledgement_has_data_sent_again_that_are_delivered_once),
        TALK_BOTH(a_duplicate_adds_nothing_to_what_waits_to_be_read),
        TALK_BOTH(what_overtakes_cannot_be_read_before_the_gap_is_closed),
        TALK_BOTH(a_closed_window_holds_the_sender_in_established_with_a_timer_of_probes),
        TALK_BOTH(after_a_half_close_the_other_half_still_carries_data),
        TALK_BOTH(both_may_close),
        TALK_BOTH(a_lost_fin_leaves_the_client_in_fin_wait_1_until_the_second_arrives),
        TALK_BOTH(a_reset_answers_a_syn_that_nobody_listens_for),
        TALK_BOTH(a_reset_ends_a_connection_whose_end_closed_with_bytes_unread),
        TALK_BOTH(a_datagram_to_a_closed_port_comes_back_as_an_error_and_the_socket_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
