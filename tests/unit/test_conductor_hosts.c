/* Two programs on two hosts: processes that nobody forked, each with a network of its own, and one wire between them. With
 * TUNs and with veth pairs; and without any, on one loopback interface. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guest_run.h"
#include "history/history.h"
#include "network/build.h"
#include "network_place.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

static bool veth;

struct pair {
    struct conductor *conductor;
    struct history *history;
    char output[2][1024]; /* of P1, P2 */
    int status[2];
    uint32_t born[2]; /* steps that had been made when they were */
    enum verdict verdict;
    uint64_t hash; /* of the events, raw bytes and times of the machine left out */
    unsigned acted;
};

typedef uint32_t chooser(struct pair *pair, const struct world *world);

static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(1099511628211);
    return hash;
}

static void listen_to(void *context, const struct event *event, const struct world *world)
{
    struct pair *pair = context;
    struct event plain = *event;
    plain.payload = NULL;
    if (plain.kind == EVENT_SOCKET)
        plain.argument[3] &= 0xFFFFFF; /* when a timer is due differs */
    pair->hash = mix(pair->hash, &plain, sizeof plain);
    const struct world_task *task = world_task(world, event->task);
    if (event->kind == EVENT_OUTPUT && task && task->process <= 2)
        strncat(pair->output[task->process - 1], event->payload, event->length);
    if (event->kind == EVENT_PROCESS && event->other <= 2)
        pair->born[event->other - 1] = world_step_number(world);
    if (event->kind == EVENT_PROCESS_ENDED && event->other <= 2)
        pair->status[event->other - 1] = (int)event->value;
    if (event->kind == EVENT_END)
        pair->verdict = (enum verdict)event->value;
}

enum { WORDS = 3 };

/* Runs host_talk WORDS... on both hosts. Left out where the wire of this test's kind cannot be had, if `wire`. */
static void pair_run(struct pair *pair, const char *const words[2][WORDS], unsigned after,
                     struct conductor_options options, chooser *choose, bool wire)
{
    char program[4096];
    snprintf(program, sizeof program, "%s/tests/guests/host_talk", guest_build());
    const char *arguments[2][WORDS + 2];
    struct conductor_host hosts[2];
    for (int i = 0; i < 2; i++) {
        arguments[i][0] = program;
        for (int k = 0; k < WORDS; k++)
            arguments[i][1 + k] = words[i][k];
        arguments[i][WORDS + 1] = NULL;
        /* The server is on 10.0.0.2 and comes first. */
        hosts[i] = (struct conductor_host){
            .program = program, .arguments = arguments[i], .number = i == 0 ? 2 : 1, .after = i == 0 ? 0 : after};
    }
    *pair = (struct pair){.history = history_new(), .status = {-1, -1}};
    options.hosts = hosts;
    options.host_count = 2;
    options.preload = guest_shim();
    options.input = -1;
    options.cpus = 1;
    options.wire_veth = veth;
    options.policy = options.policy.kind ? options.policy : (struct policy_options){.kind = POLICY_rr, .quantum = 1};
    options.listener = listen_to;
    options.context = pair;
    struct message message = {{0}};
    if (conductor_start(&options, pair->history, &pair->conductor, &message) != STATUS_OK)
        fail_msg("%s", message.text);
    const char *why;
    if (wire && !conductor_wire(pair->conductor, &why)) {
        print_message("left out: %s\n", why);
        skip();
    }
    enum status status = STATUS_OK;
    for (int i = 0; i < 5000 && status == STATUS_OK; i++)
        status = conductor_step(pair->conductor, choose ? choose(pair, history_world(pair->history)) : 0, &message);
    if (status != STATUS_ENDED)
        fail_msg("%s: %s", status_text(status), message.text);
    assert_int_equal(world_divergence_count(history_world(pair->history)), 0);
}

static void pair_end(struct pair *pair)
{
    conductor_free(pair->conductor);
    history_free(pair->history);
}

static const struct world *world_of(const struct pair *pair)
{
    return history_world(pair->history);
}

static const char *const talk[2][WORDS] = {{"server", "0.0.0.0", "8080"}, {"client", "10.0.0.2", "8080"}};

static void finished(const struct pair *pair, const char *first, const char *second)
{
    assert_int_equal(pair->verdict, VERDICT_finished);
    assert_int_equal(pair->status[0], 0);
    assert_int_equal(pair->status[1], 0);
    assert_string_equal(pair->output[0], first);
    assert_string_equal(pair->output[1], second);
}

/* The nth packet with these flags (0: any); NULL: there is none. */
static const struct world_packet *packet(const struct world *world, unsigned flags, unsigned nth)
{
    for (uint32_t number = 1; number <= world_packet_count(world); number++) {
        const struct world_packet *one = world_packet(world, number);
        if ((!flags || one->flags == flags) && nth-- == 1)
            return one;
    }
    return NULL;
}

static void assert_from(const struct world_packet *one, unsigned from)
{
    assert_non_null(one);
    assert_int_equal(one->from.host, NETWORK_ADDRESS + from - 1);
    assert_int_equal(one->to.host, NETWORK_ADDRESS + (3 - from) - 1);
}

/* ---- tests ---- */

static void packets_go_from_host_to_host(void **state)
{
    (void)state;
    struct pair pair;
    pair_run(&pair, talk, OPERATION_socket_listen, (struct conductor_options){0}, NULL, true);
    finished(&pair, "server: hello\n", "client: world\n");
    const struct world *world = world_of(&pair);
    assert_from(packet(world, SYN, 1), 1);
    assert_from(packet(world, SYN | ACK, 1), 2);
    assert_from(packet(world, ACK, 1), 1);
    assert_true(packet(world, SYN, 1)->number < packet(world, SYN | ACK, 1)->number);
    assert_from(packet(world, PSH | ACK, 1), 1);
    assert_from(packet(world, PSH | ACK, 2), 2);
    assert_from(packet(world, FIN | ACK, 1), 1);
    assert_from(packet(world, FIN | ACK, 2), 2);
    pair_end(&pair);
}

static void nobody_forked_them_and_each_has_its_host(void **state)
{
    (void)state;
    struct pair pair;
    pair_run(&pair, talk, OPERATION_socket_listen, (struct conductor_options){0}, NULL, true);
    const struct world *world = world_of(&pair);
    assert_int_equal(world_process_count(world), 2);
    for (uint32_t id = 1; id <= 2; id++) {
        const struct world_process *process = world_process(world, id);
        assert_int_equal(process->parent, 0);
        assert_int_equal(process->root, id);
        assert_int_equal(process->host, NETWORK_ADDRESS + (id == 1 ? 1 : 0));
        assert_int_equal(process->pid, id + 1);
        assert_int_equal(process->state, STATE_terminated);
    }
    pair_end(&pair);
}

/* The path of every socket of a host, together. */
static unsigned path_on(const struct world *world, unsigned host)
{
    unsigned path = 0;
    for (uint32_t id = 1; id <= world_socket_count(world); id++)
        if (world_socket(world, id)->host == NETWORK_ADDRESS + host - 1)
            path |= world_socket(world, id)->path;
    return path;
}

static void the_kernel_tells_of_the_sockets_of_both(void **state)
{
    (void)state;
    struct pair pair;
    pair_run(&pair, talk, OPERATION_socket_listen, (struct conductor_options){0}, NULL, true);
    const struct world *world = world_of(&pair);
    /* One that is not bound yet is not told of, or as closed. */
    unsigned client = path_on(world, 1) & ~(1u << SOCKET_closed), server = path_on(world, 2) & ~(1u << SOCKET_closed);
    assert_int_equal(client, 1u << SOCKET_syn_sent | 1u << SOCKET_established | 1u << SOCKET_fin_wait_1 |
                                 1u << SOCKET_fin_wait_2 | 1u << SOCKET_time_wait);
    assert_int_equal(server, 1u << SOCKET_listen | 1u << SOCKET_syn_recv | 1u << SOCKET_established |
                                 1u << SOCKET_close_wait | 1u << SOCKET_last_ack);
    pair_end(&pair);
}

static void a_program_is_started_when_the_other_listens(void **state)
{
    (void)state;
    struct pair pair;
    pair_run(&pair, talk, OPERATION_socket_listen, (struct conductor_options){0}, NULL, true);
    assert_int_equal(pair.born[0], 0);
    assert_true(pair.born[1] >= 3); /* socket, bind, listen */
    finished(&pair, "server: hello\n", "client: world\n");
    pair_end(&pair);
}

/* Who does not wait comes too early. */
static void a_client_before_its_server_is_refused(void **state)
{
    (void)state;
    struct pair pair;
    pair_run(&pair, talk, OPERATION_none, (struct conductor_options){.max_steps = 200}, NULL, true);
    assert_int_equal(pair.born[0], 0);
    assert_int_equal(pair.born[1], 0);
    assert_string_equal(pair.output[1], "connect: ECONNREFUSED\n");
    assert_int_equal(WEXITSTATUS(pair.status[1]), 8);
    assert_from(packet(world_of(&pair), SYN, 1), 1);
    assert_from(packet(world_of(&pair), RST | ACK, 1), 2);
    /* The exit of either program counts, and so does a server that nobody will ever call. */
    bool refused = false, waits = false;
    for (size_t i = 0; i < world_fault_count(world_of(&pair)); i++) {
        const struct world_fault *fault = world_fault(world_of(&pair), i);
        refused |= fault->kind == FAULT_exit_status && fault->process == 2 && fault->value == 8;
        waits |= fault->kind == FAULT_deadlock && fault->process == 1;
        assert_int_not_equal(fault->kind, FAULT_leftover_process);
    }
    assert_true(refused);
    assert_true(waits);
    assert_int_equal(pair.verdict, VERDICT_deadlock);
    pair_end(&pair);
}

static void both_listen_at_the_same_port(void **state)
{
    (void)state;
    static const char *const words[2][WORDS] = {{"wait", "10.0.0.1", "7000"}, {"call", "10.0.0.2", "7000"}};
    struct pair pair;
    pair_run(&pair, words, OPERATION_socket_listen, (struct conductor_options){0}, NULL, true);
    finished(&pair, "waited: hello\n", "client: here\n");
    const struct world *world = world_of(&pair);
    assert_true(path_on(world, 1) & 1u << SOCKET_listen);
    assert_true(path_on(world, 2) & 1u << SOCKET_listen);
    assert_int_equal(packet(world, SYN, 1)->to.port, 7000);
    /* The end of a packet is a socket of the host that it comes from, also while both only listen there. */
    uint32_t caller, listener;
    world_packet_ends(world, packet(world, SYN, 1), &caller, &listener);
    assert_int_equal(world_socket(world, caller)->host, NETWORK_ADDRESS);
    assert_int_equal(world_socket(world, listener)->host, NETWORK_ADDRESS + 1);
    pair_end(&pair);
}

static void datagrams_cross_in_both_directions(void **state)
{
    (void)state;
    static const char *const words[2][WORDS] = {{"answers", "10.0.0.1", "5000"}, {"asks", "10.0.0.2", "5000"}};
    struct pair pair;
    pair_run(&pair, words, OPERATION_socket_bind, (struct conductor_options){0}, NULL, true);
    finished(&pair, "from 10.0.0.1: ping\n", "from 10.0.0.2: pong\n");
    assert_from(packet(world_of(&pair), 0, 1), 1);
    assert_from(packet(world_of(&pair), 0, 2), 2);
    pair_end(&pair);
}

/* 127.0.0.1 is each host's own. */
static void a_loopback_is_the_hosts_own(void **state)
{
    (void)state;
    static const char *const words[2][WORDS] = {{"server", "127.0.0.1", "8080"}, {"client", "127.0.0.1", "8080"}};
    struct pair pair;
    pair_run(&pair, words, OPERATION_socket_listen, (struct conductor_options){.max_steps = 200}, NULL, true);
    assert_string_equal(pair.output[1], "connect: ECONNREFUSED\n");
    assert_int_equal(world_packet_count(world_of(&pair)), 0);
    pair_end(&pair);
}

static void there_is_no_way_to_anybody_else(void **state)
{
    (void)state;
    static const char *const words[2][WORDS] = {{"client", "10.0.0.3", "80"}, {"client", "192.0.2.1", "80"}};
    struct pair pair;
    pair_run(&pair, words, OPERATION_none, (struct conductor_options){0}, NULL, true);
    assert_string_equal(pair.output[0], "connect: ENETUNREACH\n");
    assert_string_equal(pair.output[1], "connect: ENETUNREACH\n");
    assert_int_equal(pair.verdict, VERDICT_failed);
    assert_int_equal(world_packet_count(world_of(&pair)), 0);
    pair_end(&pair);
}

static uint32_t drop_first_syn(struct pair *pair, const struct world *world)
{
    const struct world_packet *one = packet(world, SYN, 1);
    return one && pair->acted++ == 0 ? CONDUCTOR_DROP + one->number : 0;
}

static void a_lost_packet_is_sent_again(void **state)
{
    (void)state;
    struct pair pair;
    pair_run(&pair, talk, OPERATION_socket_listen, (struct conductor_options){.wire_profile = NETWORK_loss},
             drop_first_syn, true);
    finished(&pair, "server: hello\n", "client: world\n");
    assert_int_equal(packet(world_of(&pair), SYN, 1)->fate, FATE_dropped);
    assert_from(packet(world_of(&pair), SYN, 2), 1);
    assert_int_equal(packet(world_of(&pair), SYN, 2)->fate, FATE_delivered);
    pair_end(&pair);
}

static uint32_t double_each(struct pair *pair, const struct world *world)
{
    uint32_t numbers[64];
    size_t held = world_packets_held(world, numbers, 64);
    if (held == 0 || world_packet(world, numbers[held - 1])->copy_of || pair->acted >= numbers[held - 1])
        return 0;
    pair->acted = numbers[held - 1];
    return CONDUCTOR_DUPLICATE + numbers[held - 1];
}

static void what_is_doubled_arrives_at_the_same_host(void **state)
{
    (void)state;
    struct pair pair;
    pair_run(&pair, talk, OPERATION_socket_listen, (struct conductor_options){0}, double_each, true);
    finished(&pair, "server: hello\n", "client: world\n");
    unsigned copies = 0;
    for (uint32_t number = 1; number <= world_packet_count(world_of(&pair)); number++)
        copies += world_packet(world_of(&pair), number)->copy_of != 0;
    assert_true(copies >= 8);
    pair_end(&pair);
}

static uint32_t last_first(struct pair *pair, const struct world *world)
{
    uint32_t tasks[8], numbers[64];
    (void)world;
    if (conductor_candidates(pair->conductor, tasks, 8) > 0)
        return tasks[0];
    size_t found = conductor_packets(pair->conductor, numbers, 64);
    return found ? CONDUCTOR_DELIVER + numbers[found - 1] : 0;
}

static void what_overtakes_is_put_in_order(void **state)
{
    (void)state;
    struct pair pair;
    pair_run(&pair, talk, OPERATION_socket_listen, (struct conductor_options){0}, last_first, true);
    finished(&pair, "server: hello\n", "client: world\n");
    pair_end(&pair);
}

/* The same events under the same seed, and again along the schedule of the first. */
static void a_run_can_be_repeated(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct conductor_options options = {
            .policy = {.kind = seed == 1 ? POLICY_rr : POLICY_random, .quantum = 1, .seed = seed}};
        struct pair first, second, along;
        pair_run(&first, talk, OPERATION_socket_listen, options, NULL, true);
        finished(&first, "server: hello\n", "client: world\n");
        pair_run(&second, talk, OPERATION_socket_listen, options, NULL, true);
        assert_true(first.hash == second.hash);
        char *schedule = history_schedule(first.history, history_count(first.history));
        assert_non_null(schedule);
        options = (struct conductor_options){.schedule = schedule};
        pair_run(&along, talk, OPERATION_socket_listen, options, NULL, true);
        assert_true(first.hash == along.hash);
        free(schedule);
        pair_end(&first);
        pair_end(&second);
        pair_end(&along);
    }
}

static void what_cannot_be_started_is_said(void **state)
{
    (void)state;
    char program[4096];
    snprintf(program, sizeof program, "%s/tests/guests/host_talk", guest_build());
    const char *arguments[] = {program, "server", "0.0.0.0", "80", NULL};
    struct conductor_host hosts[2] = {{.program = program, .arguments = arguments, .number = 1},
                                      {.program = "/nowhere/at-all", .arguments = arguments, .number = 2}};
    struct history *history = history_new();
    struct conductor *conductor;
    struct message message = {{0}};
    struct conductor_options options = {.hosts = hosts,
                                        .host_count = 2,
                                        .preload = guest_shim(),
                                        .input = -1,
                                        .wire_veth = veth,
                                        .policy = {.kind = POLICY_rr, .quantum = 1}};
    assert_int_equal(conductor_start(&options, history, &conductor, &message), STATUS_NOT_FOUND);
    assert_non_null(strstr(message.text, "/nowhere/at-all"));
    history_free(history);
}

/* Processes of the machine that have this word in their command line. */
static unsigned living(const char *word)
{
    unsigned found = 0;
    DIR *all = opendir("/proc");
    assert_non_null(all);
    for (const struct dirent *entry; (entry = readdir(all));) {
        char path[300], words[4096] = "";
        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        FILE *file = fopen(path, "r");
        size_t length = file ? fread(words, 1, sizeof words - 1, file) : 0;
        if (file)
            fclose(file);
        for (const char *at = words; at < words + length; at += strlen(at) + 1)
            found += strcmp(at, word) == 0;
    }
    closedir(all);
    return found;
}

/* Both programs in the midst of what they do: the client's SYN is on the wire. */
static void of_a_run_that_is_given_up_nothing_is_left(void **state)
{
    (void)state;
    char program[4096], word[64];
    snprintf(program, sizeof program, "%s/tests/guests/host_talk", guest_build());
    snprintf(word, sizeof word, "only-%d", (int)getpid());
    const char *server[] = {program, "server", "0.0.0.0", "8080", word, NULL},
               *client[] = {program, "client", "10.0.0.2", "8080", word, NULL};
    struct conductor_host hosts[2] = {
        {.program = program, .arguments = server, .number = 2},
        {.program = program, .arguments = client, .number = 1, .after = OPERATION_socket_listen}};
    struct conductor_options options = {.hosts = hosts,
                                        .host_count = 2,
                                        .preload = guest_shim(),
                                        .input = -1,
                                        .wire_veth = veth,
                                        .policy = {.kind = POLICY_rr, .quantum = 1}};
    struct pair pair = {.history = history_new()};
    struct message message = {{0}};
    if (conductor_start(&options, pair.history, &pair.conductor, &message) != STATUS_OK)
        fail_msg("%s", message.text);
    if (!conductor_wire(pair.conductor, NULL))
        skip();
    for (int i = 0; i < 100 && world_packet_count(world_of(&pair)) == 0; i++)
        assert_int_equal(conductor_step(pair.conductor, 0, &message), STATUS_OK);
    unsigned before = living(word);
    pair_end(&pair);
    assert_int_equal(before, 2);
    assert_int_equal(living(word), 0);
}

/* ---- without a wire ---- */

static void without_a_wire_both_are_on_one_loopback(void **state)
{
    (void)state;
    struct pair pair;
    pair_run(&pair, talk, OPERATION_socket_listen, (struct conductor_options){.wire = CONDUCTOR_WIRE_off}, NULL, false);
    finished(&pair, "server: hello\n", "client: world\n");
    assert_int_equal(world_packet_count(world_of(&pair)), 0);
    pair_end(&pair);
}

static void without_namespaces_both_are_on_one_loopback(void **state)
{
    (void)state;
    const char *refused;
    if (!network_place_loopback(&refused)) {
        print_message("left out: %s\n", refused);
        skip();
    }
    setenv("LOCKSTEP_NO_NAMESPACES", "1", 1);
    setenv("LOCKSTEP_ALLOW_ROOT_UNCONTAINED", "1", 1);
    static const char *const words[2][WORDS] = {{"server", "10.0.0.2", "8080"}, {"client", "10.0.0.2", "8080"}};
    struct pair pair;
    pair_run(&pair, words, OPERATION_socket_listen, (struct conductor_options){0}, NULL, false);
    finished(&pair, "server: hello\n", "client: world\n");
    const char *why;
    assert_false(conductor_wire(pair.conductor, &why));
    assert_true(why[0] != 0);
    pair_end(&pair);
    unsetenv("LOCKSTEP_NO_NAMESPACES");
    unsetenv("LOCKSTEP_ALLOW_ROOT_UNCONTAINED");
}

static bool say(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    bool done = file && fputs(text, file) >= 0;
    return file && fclose(file) == 0 && done;
}

/* A user who may have one network namespace, but not two (user_namespaces(7), /proc/sys/user). */
static void with_one_network_namespace_both_are_in_it(void **state)
{
    (void)state;
    char users[64], groups[64];
    snprintf(users, sizeof users, "%u %u 1", (unsigned)geteuid(), (unsigned)geteuid());
    snprintf(groups, sizeof groups, "%u %u 1", (unsigned)getegid(), (unsigned)getegid());
    if (unshare(CLONE_NEWUSER) != 0 || !say("/proc/self/setgroups", "deny") || !say("/proc/self/uid_map", users) ||
        !say("/proc/self/gid_map", groups) || !say("/proc/sys/user/max_net_namespaces", "1")) {
        print_message("left out: no user namespaces here\n");
        skip();
    }
    struct pair pair;
    pair_run(&pair, talk, OPERATION_socket_listen, (struct conductor_options){0}, NULL, false);
    finished(&pair, "server: hello\n", "client: world\n");
    const char *why;
    assert_false(conductor_wire(pair.conductor, &why));
    if (!strstr(why, strerror(ENOSPC)))
        fail_msg("%s", why);
    assert_int_equal(world_packet_count(world_of(&pair)), 0);
    pair_end(&pair);
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
        BOTH(packets_go_from_host_to_host),
        BOTH(nobody_forked_them_and_each_has_its_host),
        BOTH(the_kernel_tells_of_the_sockets_of_both),
        BOTH(a_program_is_started_when_the_other_listens),
        BOTH(a_client_before_its_server_is_refused),
        BOTH(both_listen_at_the_same_port),
        BOTH(datagrams_cross_in_both_directions),
        BOTH(a_loopback_is_the_hosts_own),
        BOTH(there_is_no_way_to_anybody_else),
        BOTH(a_lost_packet_is_sent_again),
        BOTH(what_is_doubled_arrives_at_the_same_host),
        BOTH(what_overtakes_is_put_in_order),
        BOTH(a_run_can_be_repeated),
        BOTH(what_cannot_be_started_is_said),
        BOTH(of_a_run_that_is_given_up_nothing_is_left),
        cmocka_unit_test(without_a_wire_both_are_on_one_loopback),
        cmocka_unit_test(without_namespaces_both_are_on_one_loopback),
        cmocka_unit_test(with_one_network_namespace_both_are_in_it), /* last: it changes the user namespace */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
