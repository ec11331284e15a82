/* Unmodified programs on 127.0.0.1 whose packets lockstep carries: each is a choice like a task; what is delivered, dropped,
 * duplicated and overtaken shows in what the programs and the kernel make of it. With a TUN and with a veth pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guest_run.h"
#include "history/history.h"
#include "network/build.h"
#include "network_place.h"
#include "wire_talks.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- choosers: each does one thing, once ---- */

static uint32_t drop_syn(struct talk *talk, const struct world *world)
{
    return talk_once(talk, talk_held(world, SYN, false), CONDUCTOR_DROP);
}

static uint32_t drop_data(struct talk *talk, const struct world *world)
{
    return talk_once(talk, talk_held(world, PSH | ACK, true), CONDUCTOR_DROP);
}

static uint32_t drop_last_ack(struct talk *talk, const struct world *world)
{
    const struct world_packet *one = talk_held(world, ACK, false);
    return talk_once(talk, one && talk_count(world, FIN | ACK, 0) == 2 ? one : NULL, CONDUCTOR_DROP);
}

static uint32_t drop_fin(struct talk *talk, const struct world *world)
{
    return talk_once(talk, talk_held(world, FIN | ACK, false), CONDUCTOR_DROP);
}

static uint32_t duplicate_data(struct talk *talk, const struct world *world)
{
    return talk_once(talk, talk_held(world, PSH | ACK, true), CONDUCTOR_DUPLICATE);
}

/* Lets tasks run while they can, so that packets pile up; then the last goes first. */
static uint32_t last_first(struct talk *talk, const struct world *world)
{
    uint32_t tasks[8], numbers[64];
    if (conductor_candidates(talk->conductor, tasks, 8) > 0)
        return tasks[0];
    size_t found = conductor_packets(talk->conductor, numbers, 64);
    (void)world;
    return found ? CONDUCTOR_DELIVER + numbers[found - 1] : 0;
}

/* ---- tests ---- */

static void programs_on_127_0_0_1_are_stepped_packet_by_packet(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "talk", (struct conductor_options){0}, NULL);
    talk_finished(&talk, "server: hello\nclient: world\n");
    const struct world *world = talk_world(&talk);
    assert_int_equal(talk_packet(world, 0, 0, 1)->flags, SYN);
    assert_int_equal(talk_packet(world, 0, 0, 2)->flags, SYN | ACK);
    assert_int_equal(talk_packet(world, 0, 0, 3)->flags, ACK);
    assert_int_equal(talk_count(world, FIN | ACK, 0), 2);
    assert_int_equal(talk_count(world, 0, 1), 2); /* one segment each way */
    for (uint32_t number = 1; number <= world_packet_count(world); number++)
        assert_int_equal(world_packet(world, number)->fate, FATE_delivered);
    assert_int_equal(talk_packet(world, 0, 0, 1)->from.port, 40000); /* not of the system's choosing */
    talk_end(&talk);
}

/* The states of both ends after each delivery, as the kernel gave them. */
static void both_ends_pass_through_the_states(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "talk", (struct conductor_options){0}, NULL);
    uint32_t client = 0, server = 0;
    unsigned client_path = 0, server_path = 0;
    for (uint32_t step = 1; step <= history_steps(talk.history); step++) {
        const struct world *world = history_world_step(talk.history, step);
        if (world_packet_count(world) == 0)
            continue;
        world_packet_ends(world, world_packet(world, 1), &client, &server);
        client_path |= client ? 1u << world_socket(world, client)->state : 0;
        server_path |= server ? 1u << world_socket(world, server)->state : 0;
        const struct world_socket *one = client ? world_socket(world, client) : NULL;
        if (one && one->state == SOCKET_time_wait && one->due) {
            assert_int_equal(one->timer, 3);
            assert_in_range(one->due, 50000, 60000); /* the countdown */
        }
    }
    assert_int_equal(client_path, 1u << SOCKET_syn_sent | 1u << SOCKET_established | 1u << SOCKET_fin_wait_1 |
                                      1u << SOCKET_fin_wait_2 | 1u << SOCKET_time_wait);
    assert_int_equal(server_path, 1u << SOCKET_listen | 1u << SOCKET_syn_recv | 1u << SOCKET_established |
                                      1u << SOCKET_close_wait | 1u << SOCKET_last_ack | 1u << SOCKET_gone);
    talk_end(&talk);
}

static void a_lost_syn_is_sent_again(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "talk", (struct conductor_options){0}, drop_syn);
    talk_finished(&talk, "server: hello\nclient: world\n");
    const struct world *world = talk_world(&talk);
    assert_int_equal(talk_packet(world, SYN, 0, 1)->fate, FATE_dropped);
    assert_int_equal(talk_packet(world, SYN, 0, 2)->fate, FATE_delivered);
    assert_int_equal(talk_packet(world, SYN, 0, 2)->sequence, 0);
    assert_int_equal(talk_packet(world, SYN, 0, 2)->task, 0); /* no step sent it: the kernel did, by itself */
    talk_end(&talk);
}

static void lost_data_is_sent_again_and_delivered_once(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "talk", (struct conductor_options){.wire_profile = NETWORK_loss}, drop_data);
    talk_finished(&talk, "server: hello\nclient: world\n");
    const struct world *world = talk_world(&talk);
    const struct world_packet *lost = talk_packet(world, PSH | ACK, 1, 1);
    assert_int_equal(lost->fate, FATE_dropped);
    bool again = false;
    for (uint32_t number = lost->number + 1; number <= world_packet_count(world); number++) {
        const struct world_packet *one = world_packet(world, number);
        again |= one->length == lost->length && one->sequence == lost->sequence && one->from.port == lost->from.port;
    }
    assert_true(again);
    talk_end(&talk);
}

static void a_lost_fin_is_sent_again(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "talk", (struct conductor_options){.wire_profile = NETWORK_loss}, drop_fin);
    talk_finished(&talk, "server: hello\nclient: world\n");
    assert_int_equal(talk_packet(talk_world(&talk), FIN | ACK, 0, 1)->fate, FATE_dropped);
    talk_end(&talk);
}

/* Nobody waits for that acknowledgement any more: the run ends, and the socket that wants it is shown waiting for it. */
static void a_lost_last_ack_leaves_the_server_in_last_ack(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "talk", (struct conductor_options){.wire_profile = NETWORK_loss}, drop_last_ack);
    talk_finished(&talk, "server: hello\nclient: world\n");
    const struct world *world = talk_world(&talk);
    uint32_t client, server;
    world_packet_ends(world, world_packet(world, 1), &client, &server);
    assert_int_equal(world_socket(world, client)->state, SOCKET_time_wait);
    assert_int_equal(world_socket(world, server)->state, SOCKET_last_ack);
    assert_int_equal(world_socket(world, server)->timer, 1);
    talk_end(&talk);
}

static void a_duplicate_changes_nothing(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "talk", (struct conductor_options){0}, duplicate_data);
    talk_finished(&talk, "server: hello\nclient: world\n");
    const struct world *world = talk_world(&talk);
    bool copied = false;
    for (uint32_t number = 1; number <= world_packet_count(world); number++)
        copied |= world_packet(world, number)->copy_of != 0;
    assert_true(copied);
    talk_end(&talk);
}

static void what_overtakes_is_put_in_order(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "two", (struct conductor_options){0}, last_first);
    talk_finished(&talk, "server: AAABBB\n");
    const struct world *world = talk_world(&talk);
    assert_int_equal(talk_packet(world, PSH | ACK, 3, 1)->sequence, 1);
    assert_int_equal(talk_packet(world, PSH | ACK, 3, 2)->sequence, 4);
    assert_true(talk_packet(world, PSH | ACK, 3, 2)->end_step < talk_packet(world, PSH | ACK, 3, 1)->end_step);
    talk_end(&talk);
}

static void a_schedule_repeats_what_became_of_packets(void **state)
{
    (void)state;
    struct talk first, second;
    talk_run(&first, "wire_talk", "two", (struct conductor_options){0}, last_first);
    char *schedule = history_schedule(first.history, history_count(first.history));
    talk_run(&second, "wire_talk", "two", (struct conductor_options){.schedule = schedule}, NULL);
    assert_string_equal(first.output, second.output);
    assert_true(first.hash == second.hash);
    free(schedule);
    talk_end(&first);
    talk_end(&second);
    talk_run(&first, "wire_talk", "talk", (struct conductor_options){0}, duplicate_data);
    schedule = history_schedule(first.history, history_count(first.history));
    talk_run(&second, "wire_talk", "talk", (struct conductor_options){.schedule = schedule}, NULL);
    assert_true(first.hash == second.hash);
    free(schedule);
    talk_end(&first);
    talk_end(&second);
}

static void random_schedules_end_alike(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct talk one, same;
        struct policy_options policy = {.kind = POLICY_random, .quantum = 1, .seed = seed};
        talk_run(&one, "wire_talk", "two", (struct conductor_options){.policy = policy}, NULL);
        talk_run(&same, "wire_talk", "two", (struct conductor_options){.policy = policy}, NULL);
        talk_finished(&one, "server: AAABBB\n");
        assert_true(one.hash == same.hash);
        talk_end(&one);
        talk_end(&same);
    }
}

/* The kernel's second SYN comes while the first is held: it is told of, and the first goes on. */
static uint32_t look_before_the_first_delivery(struct talk *talk, const struct world *world)
{
    const struct world_packet *syn = talk_held(world, SYN, false);
    uint32_t tasks[8];
    if (!syn || talk->acted || conductor_candidates(talk->conductor, tasks, 8) > 0)
        return 0;
    talk->acted++;
    for (int i = 0; i < 100 && world_packet(talk_world(talk), syn->number)->absorbed == 0; i++) {
        struct pollfd watched = {.fd = conductor_wire_descriptor(talk->conductor), .events = POLLIN};
        assert_int_equal(poll(&watched, 1, 60000), 1);
        conductor_look(talk->conductor);
    }
    return 0;
}

static void copies_of_what_is_held_are_told_of(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "talk", (struct conductor_options){0}, look_before_the_first_delivery);
    talk_finished(&talk, "server: hello\nclient: world\n");
    assert_in_range(talk_packet(talk_world(&talk), SYN, 0, 1)->absorbed, 1,
                    3); /* more where the machine stands still */
    assert_int_equal(talk_count(talk_world(&talk), SYN, 0), 1);
    talk_end(&talk);
}

/* A person thinks longer than the kernel waits, and nobody has looked at the wire meanwhile. */
static uint32_t wait_for_a_copy(struct talk *talk, const struct world *world)
{
    uint32_t tasks[8];
    if (!talk_held(world, SYN, false) || talk->acted || conductor_candidates(talk->conductor, tasks, 8) > 0)
        return 0;
    talk->acted++;
    struct pollfd watched = {.fd = conductor_wire_descriptor(talk->conductor), .events = POLLIN};
    assert_int_equal(poll(&watched, 1, 60000), 1);
    return 0;
}

static uint32_t wait_for_a_copy_and_drop(struct talk *talk, const struct world *world)
{
    unsigned acted = talk->acted;
    wait_for_a_copy(talk, world);
    return talk->acted > acted ? CONDUCTOR_DROP + talk_held(world, SYN, false)->number : 0;
}

static void a_copy_that_nobody_has_looked_at_is_no_second_packet(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "talk", (struct conductor_options){0}, wait_for_a_copy);
    talk_finished(&talk, "server: hello\nclient: world\n");
    const struct world *world = talk_world(&talk);
    assert_in_range(talk_packet(world, SYN, 0, 1)->absorbed, 1, 8);
    assert_int_equal(talk_count(world, SYN, 0), 1);
    talk_end(&talk);
    /* The copy was sent while the first was held: only what the kernel sends after the loss is a second one. */
    talk_run(&talk, "wire_talk", "talk", (struct conductor_options){0}, wait_for_a_copy_and_drop);
    talk_finished(&talk, "server: hello\nclient: world\n");
    world = talk_world(&talk);
    assert_in_range(talk_packet(world, SYN, 0, 1)->absorbed, 1, 8);
    assert_int_equal(talk_count(world, SYN, 0), 2);
    assert_int_equal(talk_packet(world, SYN, 0, 2)->task, 0);
    talk_end(&talk);
}

static void nobody_listens(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "refused", (struct conductor_options){0}, NULL);
    talk_finished(&talk, "ECONNREFUSED\n");
    assert_int_equal(talk_packet(talk_world(&talk), 0, 0, 2)->flags, RST | ACK);
    talk_end(&talk);
}

static void datagrams_cross_too(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "udp", (struct conductor_options){0}, NULL);
    talk_finished(&talk, "4\n0\nECONNREFUSED\n");
    const struct world *world = talk_world(&talk);
    assert_int_equal(world_packet(world, 1)->protocol, 17);
    assert_int_equal(world_packet(world, 2)->length, 0);
    assert_int_equal(world_packet(world, 4)->protocol, 1);
    assert_int_equal(world_packet(world, 4)->type, 3);
    talk_end(&talk);
}

static void one_thread_serves_two_by_readiness(void **state)
{
    (void)state;
    static const char *const ways[] = {"poll", "select", "epoll"};
    for (size_t i = 0; i < 3; i++) {
        struct talk talk;
        talk_run(&talk, "wire_talk", ways[i], (struct conductor_options){0}, NULL);
        talk_finished(&talk, "client: a\nclient: b\n");
        talk_end(&talk);
    }
}

static void a_full_backlog_makes_a_client_wait_for_the_kernels_second_try(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "crowd", (struct conductor_options){0}, NULL);
    talk_finished(&talk, "all three\n");
    assert_in_range(talk_count(talk_world(&talk), SYN, 0), 4,
                    8); /* one more on a machine that stands still meanwhile */
    talk_end(&talk);
}

/* The window goes to zero before the sender waits, and an update of the window lets it go on. */
static void a_slow_receiver_closes_the_window_and_then_the_sender_waits(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "slow", (struct conductor_options){0}, NULL);
    talk_finished(&talk, "24576\n");
    const struct world *world = talk_world(&talk);
    uint32_t closed = 0, waited = 0;
    for (uint32_t number = 1; number <= world_packet_count(world) && !closed; number++)
        if (world_packet(world, number)->window == 0)
            closed = world_packet(world, number)->sent_step;
    struct event event;
    for (uint32_t number = 1; history_event(talk.history, number, &event) && !waited; number++)
        if (event.kind == EVENT_BLOCKED && event.operation == OPERATION_socket_send)
            waited = history_step_at(talk.history, number);
    assert_true(closed > 0 && waited > closed);
    unsigned held_back = 0;
    for (uint32_t number = 1; number <= world_sample_count(world); number++) {
        const struct world_sample *sample = world_sample(world, number);
        assert_true(sample->window.unsent <= sample->send_queue);
        held_back += sample->has_window && sample->window.send == 0 && sample->window.unsent > 0;
    }
    assert_true(held_back > 0);
    talk_end(&talk);
}

/* While the receiver sleeps, the sender's kernel asks now and then whether the window has opened: real time passes for
 * that, and virtual time with it, the same in each run; and the sleep ends. */
static void a_closed_window_is_probed(void **state)
{
    (void)state;
    uint32_t packets = 0;
    int64_t end = 0;
    for (int round = 0; round < 2; round++) {
        struct talk talk;
        talk_run(&talk, "wire_talk", "slow", (struct conductor_options){.wire_profile = NETWORK_loss}, NULL);
        talk_finished(&talk, "24576\n");
        const struct world *world = talk_world(&talk);
        unsigned probes = 0, closed = 0;
        for (uint32_t number = 1; number <= world_packet_count(world); number++) {
            const struct world_packet *one = world_packet(world, number);
            closed += one->window == 0;
            probes +=
                closed > 0 && one->from.port == 40000 && one->length == 0 && one->task == 0 && one->time > 100000000;
        }
        assert_in_range(probes, 3, 12); /* 0.2, 0.4, 0.8 s, then each second */
        /* The kernel's congestion window depends on the time that it stood idle; packets and times do not. */
        assert_true(round == 0 || (world_packet_count(world) == packets && world_time(world) == end));
        packets = world_packet_count(world);
        end = world_time(world);
        talk_end(&talk);
    }
}

static void a_fin_that_finds_no_room_is_no_deadlock(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "brim", (struct conductor_options){.wire_profile = NETWORK_loss}, NULL);
    talk_finished(&talk, "5840\n");
    talk_end(&talk);
}

static void a_flood_is_carried(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "flood", (struct conductor_options){0}, NULL);
    talk_finished(&talk, "");
    assert_true(world_packet_count(talk_world(&talk)) >= 300);
    talk_end(&talk);
}

static void what_cannot_be_is_said_by_the_system(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "taken", (struct conductor_options){0}, NULL);
    talk_finished(&talk, "EADDRINUSE\n");
    talk_end(&talk);
    talk_run(&talk, "wire_talk", "six", (struct conductor_options){.wire = CONDUCTOR_WIRE_on}, NULL);
    talk_finished(&talk, "EADDRNOTAVAIL\n"); /* 127.0.0.1 is there, ::1 is not */
    talk_end(&talk);
    talk_run(&talk, "wire_talk", "alone", (struct conductor_options){0}, NULL);
    assert_int_equal(talk.verdict, VERDICT_deadlock);
    talk_end(&talk);
}

static void without_a_wire_the_calls_are_stepped(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "wire_talk", "talk", (struct conductor_options){.wire = CONDUCTOR_WIRE_off}, NULL);
    talk_finished(&talk, "server: hello\nclient: world\n");
    assert_int_equal(world_packet_count(talk_world(&talk)), 0);
    talk_end(&talk);
}

/* Where namespaces are refused: in a network of the test's own, so that nothing else is met. */
static void in_the_degraded_mode_the_states_are_told_and_why_there_are_no_packets(void **state)
{
    (void)state;
    const char *refused;
    if (!network_place_loopback(&refused)) {
        print_message("left out: %s\n", refused);
        skip();
    }
    setenv("LOCKSTEP_NO_NAMESPACES", "1", 1);
    setenv("LOCKSTEP_ALLOW_ROOT_UNCONTAINED", "1", 1);
    char program[4096];
    snprintf(program, sizeof program, "%s/tests/guests/wire_talk", guest_build());
    const char *arguments[] = {program, "talk", NULL};
    struct talk talk = {.history = history_new(), .status = -1};
    struct conductor_options options = {.program = program,
                                        .arguments = arguments,
                                        .preload = guest_shim(),
                                        .input = -1,
                                        .cpus = 1,
                                        .policy = {.kind = POLICY_rr, .quantum = 1},
                                        .listener = talk_listen,
                                        .context = &talk};
    struct message message = {{0}};
    assert_int_equal(conductor_start(&options, talk.history, &talk.conductor, &message), STATUS_OK);
    const char *why = "";
    assert_false(conductor_wire(talk.conductor, &why));
    assert_non_null(strstr(why, "LOCKSTEP_NO_NAMESPACES"));
    assert_int_equal(conductor_run(talk.conductor, &message), STATUS_ENDED);
    unsetenv("LOCKSTEP_NO_NAMESPACES");
    unsetenv("LOCKSTEP_ALLOW_ROOT_UNCONTAINED");
    talk_finished(&talk, "server: hello\nclient: world\n");
    const struct world *world = talk_world(&talk);
    assert_int_equal(world_packet_count(world), 0);
    unsigned path = 0;
    for (uint32_t id = 1; id <= world_socket_count(world); id++)
        path |= world_socket(world, id)->path;
    assert_true(path & 1u << SOCKET_listen);
    assert_true(path & 1u << SOCKET_established);
    assert_true(path & 1u << SOCKET_close_wait);
    talk_end(&talk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_BOTH(programs_on_127_0_0_1_are_stepped_packet_by_packet),
        TALK_BOTH(both_ends_pass_through_the_states),
        TALK_BOTH(a_lost_syn_is_sent_again),
        TALK_BOTH(lost_data_is_sent_again_and_delivered_once),
        TALK_BOTH(a_lost_fin_is_sent_again),
        TALK_BOTH(a_lost_last_ack_leaves_the_server_in_last_ack),
        TALK_BOTH(a_duplicate_changes_nothing),
        TALK_BOTH(what_overtakes_is_put_in_order),
        TALK_BOTH(a_schedule_repeats_what_became_of_packets),
        TALK_BOTH(random_schedules_end_alike),
        TALK_BOTH(copies_of_what_is_held_are_told_of),
        TALK_BOTH(a_copy_that_nobody_has_looked_at_is_no_second_packet),
        TALK_BOTH(nobody_listens),
        TALK_BOTH(datagrams_cross_too),
        TALK_BOTH(one_thread_serves_two_by_readiness),
        TALK_BOTH(a_full_backlog_makes_a_client_wait_for_the_kernels_second_try),
        TALK_BOTH(a_slow_receiver_closes_the_window_and_then_the_sender_waits),
        TALK_BOTH(a_closed_window_is_probed),
        TALK_BOTH(a_fin_that_finds_no_room_is_no_deadlock),
        TALK_BOTH(a_flood_is_carried),
        TALK_BOTH(what_cannot_be_is_said_by_the_system),
        cmocka_unit_test(without_a_wire_the_calls_are_stepped),
        cmocka_unit_test(
            in_the_degraded_mode_the_states_are_told_and_why_there_are_no_packets), /* last: it changes the namespace */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
