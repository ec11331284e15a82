/* What CURRICULUM promises of the scenes of act 6 that are about sockets: calls in their order, messages and streams, what is
 * learnt of a peer that is gone. From the events and the packets' lines, never from the narration; and each promise seen to
 * fail of a changed copy of the scene. */
#include "network_place.h"
#include "scenes_act.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- tcp-call ---- */

static const char *a_call_has_its_order(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t bind = SCENES_FIND("P1.main", "socket.bind"), listen = SCENES_FIND_AFTER(bind, "P1.main", "socket.listen");
    size_t waits = SCENES_FIND_AFTER(listen, "P1.main", "socket.accept", .outcome = "blocked");
    size_t connect = SCENES_FIND_AFTER(waits, "P2.main", "socket.connect", .outcome = "done");
    size_t accept = SCENES_FIND_AFTER(waits, "P1.main", "socket.accept", .outcome = "done");
    size_t send = SCENES_FIND_AFTER(connect, "P2.main", "socket.send");
    size_t recv = SCENES_FIND_AFTER(send, "P1.main", "socket.recv", .outcome = "done");
    SCENES_HOLDS(recv < run->step_count && accept < recv);
    /* No data ever goes over the socket that listens. */
    const char *listening = run->steps[listen].object;
    for (size_t i = 0; i < run->step_count; i++)
        if (scenes_is(run->steps[i].operation, "socket.send") || scenes_is(run->steps[i].operation, "socket.recv"))
            SCENES_HOLDS(!scenes_is(run->steps[i].object, listening));
    /* The client has not bound, and has got a port of those that the kernel gives away. */
    SCENES_HOLDS(!SCENES_IS_THERE("P2.main", "socket.bind"));
    SCENES_HOLDS(scenes_is(run->steps[connect].object, "socket 10.0.0.1:40000"));
    SCENES_HOLDS(scenes_is(listening, "socket 0.0.0.0:8002"));
    return NULL;
}

/* ---- udp-message ---- */

static const char *letters_arrive_whole_or_not_at_all(const struct scenes_run *run)
{
    static const long lengths[] = {3, 7, 0};
    SCENES_HOLDS(scenes_finished(run));
    for (unsigned i = 0; i < 3; i++) {
        size_t sent = SCENES_FIND("P2.main", "socket.send", .outcome = "done", .occurrence = i + 1);
        size_t got = SCENES_FIND("P1.main", "socket.recv", .outcome = "done", .occurrence = i + 1);
        SCENES_HOLDS(sent < got && got < run->step_count);
        SCENES_HOLDS(scenes_number_at(run, sent) == lengths[i] && scenes_number_at(run, got) == lengths[i]);
    }
    SCENES_HOLDS(!SCENES_IS_THERE("P1.main", "socket.recv", .outcome = "done", .occurrence = 4));
    /* Nobody is there, and send succeeds; the socket that is connected learns of it at its next call. */
    size_t nobody = SCENES_FIND("P2.main", "socket.send", .outcome = "done", .occurrence = 4);
    size_t connected = SCENES_FIND_AFTER(nobody, "P2.main", "socket.send", .outcome = "done");
    size_t learns = SCENES_FIND_AFTER(connected, "P2.main", "socket.recv", .outcome = "failed");
    SCENES_HOLDS(learns < run->step_count && scenes_number_at(run, nobody) == 8 &&
                 scenes_number_at(run, connected) == 8);
    SCENES_HOLDS(scenes_is(run->steps[learns].error, "ECONNREFUSED"));
    /* Five letters are five packets, and two answers of the kernel. */
    SCENES_HOLDS(scenes_packets_sent(run, NULL) == 7);
    return NULL;
}

/* A letter that is lost on the wire is never seen, and its sender hears nothing of it. */
static void a_lost_letter_is_never_seen(void **state)
{
    (void)state;
    struct scenes_run lost, *run = &lost;
    scenes_play("udp-message", NULL, (const char *const[]){"--branch", "10:drop 1", NULL}, run);
    size_t sent = SCENES_FIND("P2.main", "socket.send", .outcome = "done");
    assert_int_equal(scenes_number_at(run, sent), 3);
    size_t first = SCENES_FIND("P1.main", "socket.recv", .outcome = "done");
    assert_int_equal(scenes_number_at(run, first), 7);
    assert_int_equal(scenes_bytes_of(run, "P1.main", "socket.recv"), 7);
    assert_int_equal(scenes_packets_sent(run, NULL), 7); /* nobody sends it again */
    assert_false(scenes_said(run, "P1.main", "server has a letter of 3 bytes"));
    scenes_run_free(run);
}

/* ---- sticky-packets, framing ---- */

static const char *sends_and_receives_differ_in_number(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(scenes_bytes_of(run, "P2.main", "socket.send") == 30 &&
                 scenes_bytes_of(run, "P1.main", "socket.recv") == 30);
    size_t first = SCENES_FIND("P1.main", "socket.recv", .outcome = "done");
    size_t third = SCENES_FIND("P2.main", "socket.send", .outcome = "done", .occurrence = 3);
    size_t fourth = SCENES_FIND("P2.main", "socket.send", .outcome = "done", .occurrence = 4);
    SCENES_HOLDS(third < first && first < fourth);    /* three sends ... */
    SCENES_HOLDS(scenes_number_at(run, first) == 14); /* ... are one receive */
    SCENES_HOLDS(scenes_prints(run, "1: \"one two three \"\n2: \"a longer m\"\n3: \"essage\"\n"));
    return NULL;
}

static const char *messages_come_out_whole(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(scenes_prints(run, "first: \"one\"\nempty: \"\"\nthird: \"three three three\"\n"));
    SCENES_HOLDS(scenes_bytes_of(run, "P2.main", "socket.send") == scenes_bytes_of(run, "P1.main", "socket.recv"));
    return NULL;
}

/* More receives than messages, no receive longer than 3. */
static const char *messages_come_out_of_pieces(const struct scenes_run *run)
{
    for (size_t i = 0; i < run->step_count; i++)
        if (scenes_is(run->steps[i].operation, "socket.recv"))
            SCENES_HOLDS(scenes_number_at(run, i) <= 3);
    SCENES_HOLDS(scenes_count_steps(run, (struct scenes_wanted){.operation = "socket.recv", .outcome = "done"}) > 15);
    return messages_come_out_whole(run);
}

/* ---- short-vs-long-connection ---- */

static const char *a_connection_for_each_request(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(scenes_packets_sent(run, NULL) == 33 && scenes_packets_sent(run, "SYN") == 6 &&
                 scenes_packets_sent(run, "FIN") == 6);
    return NULL;
}

static const char *one_connection_for_all_requests(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(scenes_packets_sent(run, NULL) == 19 && scenes_packets_sent(run, "SYN") == 2 &&
                 scenes_packets_sent(run, "FIN") == 2);
    return NULL;
}

/* ---- time-wait-bind, peer-gone ---- */

static const char *the_address_is_in_use_for_a_while(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t closed = SCENES_FIND("P1.main", "socket.close");
    size_t gone = SCENES_FIND_AFTER(closed, "P1.main", "process.wait", .outcome = "done");
    size_t refused = SCENES_FIND_AFTER(gone, "P1.main", "socket.bind", .outcome = "failed");
    size_t taken = SCENES_FIND_AFTER(refused, "P1.main", "socket.bind", .outcome = "done");
    SCENES_HOLDS(taken < run->step_count && scenes_is(run->steps[refused].error, "EADDRINUSE"));
    size_t index;
    bool waits = false;
    json_t *line;
    json_array_foreach(run->lines, index, line)
    {
        const json_t *sockets = json_object_get(line, "sockets");
        waits = waits || scenes_is(json_string_value(json_object_get(sockets, "server")), "TIME_WAIT");
    }
    SCENES_HOLDS(waits);
    return NULL;
}

static const char *a_peer_that_is_gone_is_noticed_in_three_ways(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t closed = SCENES_FIND("P1.main", "socket.recv", .outcome = "done");
    size_t first = SCENES_FIND_AFTER(closed, "P1.main", "socket.send");
    size_t second = SCENES_FIND_AFTER(first, "P1.main", "socket.send");
    size_t killed = SCENES_FIND_AFTER(second, "P1.main", "socket.recv");
    size_t reset = SCENES_FIND_AFTER(killed, "P1.main", "socket.recv");
    SCENES_HOLDS(reset < run->step_count);
    SCENES_HOLDS(scenes_number_at(run, closed) == 0 && scenes_number_at(run, first) == 5);
    SCENES_HOLDS(scenes_is(run->steps[second].error, "EPIPE"));
    SCENES_HOLDS(scenes_number_at(run, killed) == 0 && scenes_ended_by(run, "P3", "SIGKILL"));
    SCENES_HOLDS(scenes_is(run->steps[reset].error, "ECONNRESET"));
    SCENES_HOLDS(scenes_packets_sent(run, "RST") >= 2);
    return NULL;
}

/* ---- udp-chat, file-download ---- */

/* Each has spoken before it has heard all of the other, and everything was heard. */
static const char *both_directions_interleave(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    for (const char *const *who = (const char *const[]){"P1", "P2", NULL}; *who; who++) {
        char ear[8], mouth[8];
        snprintf(ear, sizeof ear, "%s.T1", *who);
        snprintf(mouth, sizeof mouth, "%s.T2", *who);
        size_t spoken = SCENES_FIND(mouth, "socket.send"), heard = SCENES_FIND(ear, "socket.recv", .outcome = "done");
        size_t last = SCENES_FIND(mouth, "socket.send", .occurrence = 3);
        size_t all = SCENES_FIND(ear, "socket.recv", .outcome = "done", .occurrence = 3);
        SCENES_HOLDS(spoken < all && heard < run->step_count && last < run->step_count && all < run->step_count);
        SCENES_HOLDS(heard < last || spoken < heard);
    }
    size_t first = SCENES_FIND("P1.T2", "socket.send"), answer = SCENES_FIND("P2.T2", "socket.send");
    SCENES_HOLDS(first < SCENES_FIND("P2.T2", "socket.send", .occurrence = 3));
    SCENES_HOLDS(answer < SCENES_FIND("P1.T2", "socket.send", .occurrence = 3));
    return NULL;
}

static const char *the_copy_is_the_file(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(scenes_prints(run, "poem.txt: 18 bytes\n"));
    SCENES_HOLDS(scenes_prints(run, "prose.txt: there is no such file\n"));
    SCENES_HOLDS(scenes_prints(run, "the copy is right\n"));
    return NULL;
}

/* ---- all of them ---- */

static const struct scenes_promised promises[] = {
    {"tcp-call", NULL, a_call_has_its_order, {"caller.c", "send(phone, \"hello?\", 6, 0);", ""}, false},
    {"udp-message",
     NULL,
     letters_arrive_whole_or_not_at_all,
     {"udp-message.c", "post(first, \"\", PORT);", "post(first, \"x\", PORT);"},
     false},
    {"sticky-packets",
     "plain",
     sends_and_receives_differ_in_number,
     {"sticky-packets.c", "char large[64];", "char large[4];"},
     false},
    {"sticky-packets", "nodelay", sends_and_receives_differ_in_number, {"nodelay.c", "usleep(300 * 1000);", ""}, false},
    {"framing", "whole", messages_come_out_whole, {"framing.c", "have < count;", "have < 1;"}, true},
    {"framing",
     "pieces",
     messages_come_out_of_pieces,
     {"framing.c", "? count - have : piece", "? count - have : 64"},
     true},
    {"short-vs-long-connection",
     "short",
     a_connection_for_each_request,
     {"short.c", "REQUESTS = 3", "REQUESTS = 2"},
     false},
    {"short-vs-long-connection",
     "long",
     one_connection_for_all_requests,
     {"long.c", "REQUESTS = 3", "REQUESTS = 2"},
     false},
    {"time-wait-bind",
     NULL,
     the_address_is_in_use_for_a_while,
     {"time-wait-bind.c", "socket_at(PORT, 0);", "socket_at(PORT, 1);"},
     false},
    {"peer-gone",
     NULL,
     a_peer_that_is_gone_is_noticed_in_three_ways,
     {"peer-gone.c", "recv(end, text, 1, 0); /*", "recv(end, text, 8, 0); /*"},
     false},
    {"udp-chat",
     NULL,
     both_directions_interleave,
     {"udp-chat.c", "pthread_create(&mouth, NULL, speak, NULL);",
      "pthread_join(ear, NULL); pthread_create(&mouth, NULL, speak, NULL);"},
     false},
    {"file-download", NULL, the_copy_is_the_file, {"file-download.c", "have < length;", "have < length - 8;"}, false},
};

/* Only to be run alone: whichever variant it is of. */
static const struct scenes_listed programs[] = {
    {"tcp-call", NULL, "tcp-call/called.c", NULL, NULL, 0, false}, /* alone it would wait for ever */
    {"tcp-call", NULL, "tcp-call/caller.c", NULL, NULL, 0, false},
    {"udp-message", NULL, "udp-message/udp-message.c", NULL, "", 0, false},
    {"sticky-packets", NULL, "sticky-packets/sticky-packets.c", NULL, "", 0, false},
    {"sticky-packets", NULL, "sticky-packets/nodelay.c", NULL, "", 0, false},
    {"framing", NULL, "framing/framing.c", NULL, "", 0, false},
    {"short-vs-long-connection", NULL, "short-vs-long-connection/short.c", NULL, "", 0, false},
    {"short-vs-long-connection", NULL, "short-vs-long-connection/long.c", NULL, "", 0, false},
    {"time-wait-bind", NULL, "time-wait-bind/time-wait-bind.c", NULL, "", 0, false},
    {"peer-gone", NULL, "peer-gone/peer-gone.c", NULL, "", 0, false},
    {"udp-chat", NULL, "udp-chat/udp-chat.c", NULL, "", 0, false},
    {"file-download", NULL, "file-download/file-download.c", NULL, "", 0, false},
};

/* The two programs of a scene with hosts, as anybody would run them: on one machine, the second as soon as the first
 * listens. */
static void a_call_is_made_without_lockstep(void **state)
{
    (void)state;
    char called[4096], caller[4096];
    const char *why;
    if (!network_place_loopback(&why)) {
        print_message("left out: %s\n", why);
        skip();
    }
    snprintf(called, sizeof called, "%s/scenes/tcp-call/tcp-call-called", scenes_build_folder());
    snprintf(caller, sizeof caller, "%s/scenes/tcp-call/tcp-call-caller", scenes_build_folder());
    struct scenes_output output;
    scenes_command((const char *const[]){"sh", "-c",
                                         "\"$0\" & until \"$1\" 127.0.0.1 2>/dev/null; do kill -0 $! || exit 9; done; "
                                         "wait $!",
                                         called, caller, NULL},
                   NULL, 60, &output);
    if (output.status != 0)
        fail_msg("exit status %d: %s", output.status, output.out);
    static const char *const lines[] = {"called hears: hello?\n", "caller hears: yes!\n",
                                        "called hears: the other has hung up\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_int_equal(scenes_count(output.out, lines[i]), 1);
    scenes_output_free(&output);
}

static struct scenes_act act = {.folder = "6-network",
                                .scenes = programs,
                                .scene_count = sizeof programs / sizeof *programs,
                                .promises = promises,
                                .promise_count = sizeof promises / sizeof *promises};

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_letter_is_never_seen),
        cmocka_unit_test_prestate(scenes_what_is_promised_holds, &act),
        cmocka_unit_test_prestate(scenes_what_is_promised_can_fail, &act),
        cmocka_unit_test_prestate(scenes_every_program_runs_without_lockstep, &act),
        cmocka_unit_test_prestate(scenes_what_has_a_promise_is_the_same_twice, &act),
        cmocka_unit_test_prestate(scenes_promises_hold_in_other_orders, &act),
        cmocka_unit_test(a_call_is_made_without_lockstep), /* last: it changes the network namespace */
    };
    return cmocka_run_group_tests_name("scenes: must hold, sockets", tests, NULL, NULL);
}
