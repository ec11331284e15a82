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

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

static bool veth;

/* What a run was. */
struct talk {
    struct conductor *conductor;
    struct history *history;
    char output[4096];
    size_t length;
    int status;
    enum verdict verdict;
    uint64_t hash; /* of the events, raw bytes and times of the machine left out */
    unsigned acted;
};

/* The next choice; 0: the policy's. */
typedef uint32_t chooser(struct talk *talk, const struct world *world);

static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(1099511628211);
    return hash;
}

static void listen_to(void *context, const struct event *event, const struct world *world)
{
    (void)world;
    struct talk *talk = context;
    struct event plain = *event;
    plain.payload = NULL;
    if (plain.kind == EVENT_SOCKET)
        plain.argument[3] &= 0xFFFFFF; /* when a timer is due differs */
    talk->hash = mix(talk->hash, &plain, sizeof plain);
    if (event->kind != EVENT_PACKET && event->length)
        talk->hash = mix(talk->hash, event->payload, event->length);
    if (event->kind == EVENT_OUTPUT && talk->length + event->length < sizeof talk->output) {
        memcpy(talk->output + talk->length, event->payload, event->length);
        talk->length += event->length;
    }
    if (event->kind == EVENT_PROCESS_ENDED && event->other == 1)
        talk->status = (int)event->value;
    if (event->kind == EVENT_END)
        talk->verdict = (enum verdict)event->value;
}

/* Runs wire_talk MODE. Left out where the wire of this test's kind cannot be had. */
static void talk_run(struct talk *talk, const char *mode, struct conductor_options options, chooser *choose)
{
    char program[4096];
    snprintf(program, sizeof program, "%s/tests/guests/wire_talk", guest_build());
    const char *arguments[] = {program, mode, NULL};
    *talk = (struct talk){.history = history_new(), .status = -1};
    options.program = program;
    options.arguments = arguments;
    options.preload = guest_shim();
    options.input = -1;
    options.cpus = 1;
    options.wire_veth = veth;
    options.policy = options.policy.kind ? options.policy : (struct policy_options){.kind = POLICY_rr, .quantum = 1};
    options.listener = listen_to;
    options.context = talk;
    struct message message = {{0}};
    if (conductor_start(&options, talk->history, &talk->conductor, &message) != STATUS_OK)
        fail_msg("%s", message.text);
    const char *why;
    bool wanted = options.wire != CONDUCTOR_WIRE_off;
    if (wanted && !conductor_wire(talk->conductor, &why)) {
        print_message("left out: %s\n", why);
        skip();
    }
    enum status status = STATUS_OK;
    for (int i = 0; i < 5000 && status == STATUS_OK; i++)
        status = conductor_step(talk->conductor, choose ? choose(talk, history_world(talk->history)) : 0, &message);
    if (status != STATUS_ENDED)
        fail_msg("%s: %s", status_text(status), message.text);
    assert_int_equal(world_divergence_count(history_world(talk->history)), 0);
}

static void talk_end(struct talk *talk)
{
    conductor_free(talk->conductor);
    history_free(talk->history);
}

static const struct world *world_of(const struct talk *talk)
{
    return history_world(talk->history);
}

/* The nth packet with these flags (0: any) and at least so many bytes; NULL: there is none. */
static const struct world_packet *packet(const struct world *world, unsigned flags, uint32_t length, unsigned nth)
{
    for (uint32_t number = 1; number <= world_packet_count(world); number++) {
        const struct world_packet *one = world_packet(world, number);
        if ((!flags || one->flags == flags) && one->length >= length && nth-- == 1)
            return one;
    }
    return NULL;
}

static unsigned count(const struct world *world, unsigned flags, uint32_t length)
{
    unsigned found = 0;
    while (packet(world, flags, length, found + 1))
        found++;
    return found;
}

static void finished(const struct talk *talk, const char *output)
{
    assert_int_equal(talk->verdict, VERDICT_finished);
    assert_int_equal(talk->status, 0);
    assert_string_equal(talk->output, output);
}

/* ---- choosers: each does one thing, once ---- */

/* The first packet that is held with these flags and at least one byte if `data`. */
static const struct world_packet *held(const struct world *world, unsigned flags, bool data)
{
    uint32_t numbers[64];
    size_t found = world_packets_held(world, numbers, 64);
    for (size_t i = 0; i < found && i < 64; i++) {
        const struct world_packet *one = world_packet(world, numbers[i]);
        if (one->flags == flags && (one->length > 0) == data)
            return one;
    }
    return NULL;
}

static uint32_t once(struct talk *talk, const struct world_packet *one, uint32_t act)
{
    if (!one || talk->acted)
        return 0;
    talk->acted++;
    return act + one->number;
}

static uint32_t drop_syn(struct talk *talk, const struct world *world)
{
    return once(talk, held(world, SYN, false), CONDUCTOR_DROP);
}

static uint32_t drop_data(struct talk *talk, const struct world *world)
{
    return once(talk, held(world, PSH | ACK, true), CONDUCTOR_DROP);
}

static uint32_t drop_last_ack(struct talk *talk, const struct world *world)
{
    const struct world_packet *one = held(world, ACK, false);
    return once(talk, one && count(world, FIN | ACK, 0) == 2 ? one : NULL, CONDUCTOR_DROP);
}

static uint32_t drop_fin(struct talk *talk, const struct world *world)
{
    return once(talk, held(world, FIN | ACK, false), CONDUCTOR_DROP);
}

static uint32_t duplicate_data(struct talk *talk, const struct world *world)
{
    return once(talk, held(world, PSH | ACK, true), CONDUCTOR_DUPLICATE);
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
    talk_run(&talk, "talk", (struct conductor_options){0}, NULL);
    finished(&talk, "server: hello\nclient: world\n");
    const struct world *world = world_of(&talk);
    assert_int_equal(packet(world, 0, 0, 1)->flags, SYN);
    assert_int_equal(packet(world, 0, 0, 2)->flags, SYN | ACK);
    assert_int_equal(packet(world, 0, 0, 3)->flags, ACK);
    assert_int_equal(count(world, FIN | ACK, 0), 2);
    assert_int_equal(count(world, 0, 1), 2); /* one segment each way */
    for (uint32_t number = 1; number <= world_packet_count(world); number++)
        assert_int_equal(world_packet(world, number)->fate, FATE_delivered);
    assert_int_equal(packet(world, 0, 0, 1)->from.port, 40000); /* not of the system's choosing */
    talk_end(&talk);
}

/* The states of both ends after each delivery, as the kernel gave them. */
static void both_ends_pass_through_the_states(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "talk", (struct conductor_options){0}, NULL);
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
    talk_run(&talk, "talk", (struct conductor_options){0}, drop_syn);
    finished(&talk, "server: hello\nclient: world\n");
    const struct world *world = world_of(&talk);
    assert_int_equal(packet(world, SYN, 0, 1)->fate, FATE_dropped);
    assert_int_equal(packet(world, SYN, 0, 2)->fate, FATE_delivered);
    assert_int_equal(packet(world, SYN, 0, 2)->sequence, 0);
    assert_int_equal(packet(world, SYN, 0, 2)->task, 0); /* no step sent it: the kernel did, by itself */
    talk_end(&talk);
}

static void lost_data_is_sent_again_and_delivered_once(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "talk", (struct conductor_options){.wire_profile = NETWORK_loss}, drop_data);
    finished(&talk, "server: hello\nclient: world\n");
    const struct world *world = world_of(&talk);
    const struct world_packet *lost = packet(world, PSH | ACK, 1, 1);
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
    talk_run(&talk, "talk", (struct conductor_options){.wire_profile = NETWORK_loss}, drop_fin);
    finished(&talk, "server: hello\nclient: world\n");
    assert_int_equal(packet(world_of(&talk), FIN | ACK, 0, 1)->fate, FATE_dropped);
    talk_end(&talk);
}

/* Nobody waits for that acknowledgement any more: the run ends, and the socket that wants it is shown waiting for it. */
static void a_lost_last_ack_leaves_the_server_in_last_ack(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "talk", (struct conductor_options){.wire_profile = NETWORK_loss}, drop_last_ack);
    finished(&talk, "server: hello\nclient: world\n");
    const struct world *world = world_of(&talk);
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
    talk_run(&talk, "talk", (struct conductor_options){0}, duplicate_data);
    finished(&talk, "server: hello\nclient: world\n");
    const struct world *world = world_of(&talk);
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
    talk_run(&talk, "two", (struct conductor_options){0}, last_first);
    finished(&talk, "server: AAABBB\n");
    const struct world *world = world_of(&talk);
    assert_int_equal(packet(world, PSH | ACK, 3, 1)->sequence, 1);
    assert_int_equal(packet(world, PSH | ACK, 3, 2)->sequence, 4);
    assert_true(packet(world, PSH | ACK, 3, 2)->end_step < packet(world, PSH | ACK, 3, 1)->end_step);
    talk_end(&talk);
}

static void a_schedule_repeats_what_became_of_packets(void **state)
{
    (void)state;
    struct talk first, second;
    talk_run(&first, "two", (struct conductor_options){0}, last_first);
    char *schedule = history_schedule(first.history, history_count(first.history));
    talk_run(&second, "two", (struct conductor_options){.schedule = schedule}, NULL);
    assert_string_equal(first.output, second.output);
    assert_true(first.hash == second.hash);
    free(schedule);
    talk_end(&first);
    talk_end(&second);
    talk_run(&first, "talk", (struct conductor_options){0}, duplicate_data);
    schedule = history_schedule(first.history, history_count(first.history));
    talk_run(&second, "talk", (struct conductor_options){.schedule = schedule}, NULL);
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
        talk_run(&one, "two", (struct conductor_options){.policy = policy}, NULL);
        talk_run(&same, "two", (struct conductor_options){.policy = policy}, NULL);
        finished(&one, "server: AAABBB\n");
        assert_true(one.hash == same.hash);
        talk_end(&one);
        talk_end(&same);
    }
}

/* The kernel's second SYN comes while the first is held: it is told of, and the first goes on. */
static uint32_t look_before_the_first_delivery(struct talk *talk, const struct world *world)
{
    const struct world_packet *syn = held(world, SYN, false);
    uint32_t tasks[8];
    if (!syn || talk->acted || conductor_candidates(talk->conductor, tasks, 8) > 0)
        return 0;
    talk->acted++;
    for (int i = 0; i < 100 && world_packet(world_of(talk), syn->number)->absorbed == 0; i++) {
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
    talk_run(&talk, "talk", (struct conductor_options){0}, look_before_the_first_delivery);
    finished(&talk, "server: hello\nclient: world\n");
    assert_int_equal(packet(world_of(&talk), SYN, 0, 1)->absorbed, 1);
    assert_int_equal(count(world_of(&talk), SYN, 0), 1);
    talk_end(&talk);
}

static void nobody_listens(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "refused", (struct conductor_options){0}, NULL);
    finished(&talk, "ECONNREFUSED\n");
    assert_int_equal(packet(world_of(&talk), 0, 0, 2)->flags, RST | ACK);
    talk_end(&talk);
}

static void datagrams_cross_too(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "udp", (struct conductor_options){0}, NULL);
    finished(&talk, "4\n0\nECONNREFUSED\n");
    const struct world *world = world_of(&talk);
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
        talk_run(&talk, ways[i], (struct conductor_options){0}, NULL);
        finished(&talk, "client: a\nclient: b\n");
        talk_end(&talk);
    }
}

static void a_full_backlog_makes_a_client_wait_for_the_kernels_second_try(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "crowd", (struct conductor_options){0}, NULL);
    finished(&talk, "all three\n");
    assert_in_range(count(world_of(&talk), SYN, 0), 4, 8); /* one more on a machine that stands still meanwhile */
    talk_end(&talk);
}

/* The window goes to zero before the sender waits, and an update of the window lets it go on. */
static void a_slow_receiver_closes_the_window_and_then_the_sender_waits(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "slow", (struct conductor_options){0}, NULL);
    finished(&talk, "24576\n");
    const struct world *world = world_of(&talk);
    uint32_t closed = 0, waited = 0;
    for (uint32_t number = 1; number <= world_packet_count(world) && !closed; number++)
        if (world_packet(world, number)->window == 0)
            closed = world_packet(world, number)->sent_step;
    struct event event;
    for (uint32_t number = 1; history_event(talk.history, number, &event) && !waited; number++)
        if (event.kind == EVENT_BLOCKED && event.operation == OPERATION_socket_send)
            waited = history_step_at(talk.history, number);
    assert_true(closed > 0 && waited > closed);
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
        talk_run(&talk, "slow", (struct conductor_options){.wire_profile = NETWORK_loss}, NULL);
        finished(&talk, "24576\n");
        const struct world *world = world_of(&talk);
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

static void a_flood_is_carried(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "flood", (struct conductor_options){0}, NULL);
    finished(&talk, "");
    assert_true(world_packet_count(world_of(&talk)) >= 300);
    talk_end(&talk);
}

static void what_cannot_be_is_said_by_the_system(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "taken", (struct conductor_options){0}, NULL);
    finished(&talk, "EADDRINUSE\n");
    talk_end(&talk);
    talk_run(&talk, "six", (struct conductor_options){.wire = CONDUCTOR_WIRE_on}, NULL);
    finished(&talk, "EADDRNOTAVAIL\n"); /* 127.0.0.1 is there, ::1 is not */
    talk_end(&talk);
    talk_run(&talk, "alone", (struct conductor_options){0}, NULL);
    assert_int_equal(talk.verdict, VERDICT_deadlock);
    talk_end(&talk);
}

static void without_a_wire_the_calls_are_stepped(void **state)
{
    (void)state;
    struct talk talk;
    talk_run(&talk, "talk", (struct conductor_options){.wire = CONDUCTOR_WIRE_off}, NULL);
    finished(&talk, "server: hello\nclient: world\n");
    assert_int_equal(world_packet_count(world_of(&talk)), 0);
    talk_end(&talk);
}

/* Where namespaces are refused: in a network of the test's own, so that nothing else is met. */
static void in_the_degraded_mode_the_states_are_told_and_why_there_are_no_packets(void **state)
{
    (void)state;
    const char *refused;
    struct wire *wire = network_place(NETWORK_veth, NETWORK_lecture, &refused);
    if (!wire) {
        print_message("left out: %s\n", refused);
        skip();
    }
    wire_free(wire); /* the namespace stays: loopback is up, and routed by a device that has gone */
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
                                        .listener = listen_to,
                                        .context = &talk};
    struct message message = {{0}};
    assert_int_equal(conductor_start(&options, talk.history, &talk.conductor, &message), STATUS_OK);
    const char *why = "";
    assert_false(conductor_wire(talk.conductor, &why));
    assert_non_null(strstr(why, "LOCKSTEP_NO_NAMESPACES"));
    assert_int_equal(conductor_run(talk.conductor, &message), STATUS_ENDED);
    unsetenv("LOCKSTEP_NO_NAMESPACES");
    unsetenv("LOCKSTEP_ALLOW_ROOT_UNCONTAINED");
    finished(&talk, "server: hello\nclient: world\n");
    const struct world *world = world_of(&talk);
    assert_int_equal(world_packet_count(world), 0);
    unsigned path = 0;
    for (uint32_t id = 1; id <= world_socket_count(world); id++)
        path |= world_socket(world, id)->path;
    assert_true(path & 1u << SOCKET_listen);
    assert_true(path & 1u << SOCKET_established);
    assert_true(path & 1u << SOCKET_close_wait);
    talk_end(&talk);
}

static int with_tun(void **state)
{
    (void)state;
    veth = false;
    return 0;
}

static int with_veth(void **state)
{
    (void)state;
    veth = true;
    return 0;
}

#define BOTH(test)                                                                                                     \
    {#test " (TUN where it can be had)", test, with_tun, NULL, NULL},                                                  \
    {                                                                                                                  \
#test " (veth)", test, with_veth, NULL, NULL                                                                   \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(programs_on_127_0_0_1_are_stepped_packet_by_packet),
        BOTH(both_ends_pass_through_the_states),
        BOTH(a_lost_syn_is_sent_again),
        BOTH(lost_data_is_sent_again_and_delivered_once),
        BOTH(a_lost_fin_is_sent_again),
        BOTH(a_lost_last_ack_leaves_the_server_in_last_ack),
        BOTH(a_duplicate_changes_nothing),
        BOTH(what_overtakes_is_put_in_order),
        BOTH(a_schedule_repeats_what_became_of_packets),
        BOTH(random_schedules_end_alike),
        BOTH(copies_of_what_is_held_are_told_of),
        BOTH(nobody_listens),
        BOTH(datagrams_cross_too),
        BOTH(one_thread_serves_two_by_readiness),
        BOTH(a_full_backlog_makes_a_client_wait_for_the_kernels_second_try),
        BOTH(a_slow_receiver_closes_the_window_and_then_the_sender_waits),
        BOTH(a_closed_window_is_probed),
        BOTH(a_flood_is_carried),
        BOTH(what_cannot_be_is_said_by_the_system),
        cmocka_unit_test(without_a_wire_the_calls_are_stepped),
        cmocka_unit_test(
            in_the_degraded_mode_the_states_are_told_and_why_there_are_no_packets), /* last: it changes the namespace */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
