/* What CURRICULUM promises of the scenes of act 6 that are about sockets: calls in their order, messages and streams, who is
 * served, what is learnt of a peer that is gone. From the events and the packets' lines, never from the narration; and each
 * promise seen to fail of a changed copy of the scene. */
#include "scenes_changed.h"
#include "scenes_promise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "history/recording.h"
#include "network/decode.h"
#include "world/world.h"

/* ---- what the promises are made of ---- */

static bool prints(const struct scenes_run *run, const char *text)
{
    char *printed = scenes_printed(run);
    bool there = strstr(printed, text) != NULL;
    free(printed);
    return there;
}

/* Packets that were sent, those with these words in their "flags" only (NULL: all), and not the copies of the kernel. */
static unsigned packets_sent(const struct scenes_run *run, const char *flag)
{
    size_t index, i;
    unsigned count = 0;
    json_t *line, *name;
    json_array_foreach(run->lines, index, line)
    {
        bool has = flag == NULL;
        json_array_foreach(json_object_get(line, "flags"), i, name) has =
            has || scenes_is(json_string_value(name), flag);
        count += has && json_object_get(line, "packet") &&
                 scenes_is(json_string_value(json_object_get(line, "event")), "sent");
    }
    return count;
}

/* Bytes that a task (NULL: all) moved by an operation, all of its steps together. */
static long bytes_of(const struct scenes_run *run, const char *task, const char *operation)
{
    long sum = 0;
    for (size_t i = 0; i < run->step_count; i++)
        if ((!task || scenes_is(run->steps[i].task, task)) && scenes_is(run->steps[i].operation, operation) &&
            scenes_is(run->steps[i].outcome, "done"))
            sum += scenes_number_at(run, i);
    return sum;
}

/* ---- layers ---- */

/* Reads the packets of a pcapng file; at most `max`. */
static size_t read_packets(const char *path, uint8_t packets[][256], size_t *lengths, size_t max)
{
    FILE *file = fopen(path, "r");
    size_t count = 0;
    uint32_t head[2];
    static uint8_t body[65536];
    assert_non_null(file);
    while (fread(head, sizeof head, 1, file) == 1 && head[1] >= 12 && head[1] - 8 <= sizeof body &&
           fread(body, head[1] - 8, 1, file) == 1) {
        uint32_t length;
        memcpy(&length, body + 12, sizeof length);
        if (head[0] != 6 || count == max)
            continue;
        assert_true(length <= 256);
        memcpy(packets[count], body + 20, length);
        lengths[count++] = length;
    }
    fclose(file);
    return count;
}

static const struct decode_field *field_of(const struct decode *decode, unsigned id)
{
    for (size_t i = 0; i < decode->field_count; i++)
        if (decode->fields[i].id == id)
            return &decode->fields[i];
    return NULL;
}

/* Every field as its bits stand in the packet: read here once more, in the simplest way. */
static void fields_agree_with_bytes(const struct decode *decode, const uint8_t *bytes)
{
    for (size_t i = 0; i < decode->field_count; i++) {
        const struct decode_field *field = &decode->fields[i];
        bool is_option = field->id >= DECODE_FIELD_tcp_mss && field->id <= DECODE_FIELD_tcp_option;
        if (field->length > 4 || is_option || decode_row(field->id)->layer == DECODE_data)
            continue;
        uint64_t number = 0;
        unsigned bits = field->length * 8u;
        for (unsigned k = 0; k < field->length; k++)
            number = number << 8 | bytes[field->offset + k];
        if (field->bits)
            number = number >> (bits - field->bit - field->bits) & ((1u << field->bits) - 1);
        if (field->id == DECODE_FIELD_ip_header || field->id == DECODE_FIELD_tcp_header)
            number *= 4;
        if (number != field->number)
            fail_msg("%s is %llu, but the bytes say %llu", decode_row(field->id)->id, (unsigned long long)field->number,
                     (unsigned long long)number);
    }
}

static void the_fields_are_those_of_the_real_bytes(void **state)
{
    (void)state;
    enum { MOST = 32 };
    static uint8_t packets[MOST][256];
    size_t lengths[MOST];
    char path[] = "/tmp/lockstep-test-XXXXXX.pcapng";
    int descriptor = mkstemps(path, 7);
    assert_true(descriptor >= 0);
    close(descriptor);
    struct scenes_output output;
    scenes_command((const char *const[]){scenes_lockstep(), "export", "layers", "-o", path, NULL}, NULL, 60, &output);
    assert_int_equal(output.status, 0);
    scenes_output_free(&output);
    size_t count = read_packets(path, packets, lengths, MOST);
    unlink(path);
    assert_true(count >= 8);
    unsigned messages = 0;
    for (size_t i = 0; i < count; i++) {
        struct decode decode;
        assert_true(decode_packet(packets[i], lengths[i], NULL, &decode));
        fields_agree_with_bytes(&decode, packets[i]);
        assert_int_equal(decode.transport, DECODE_tcp);
        assert_int_equal(field_of(&decode, DECODE_FIELD_ip_total)->number, lengths[i]);
        assert_int_equal(field_of(&decode, DECODE_FIELD_ip_checksum)->note, DECODE_NOTE_right);
        assert_int_equal(field_of(&decode, DECODE_FIELD_tcp_checksum)->note, DECODE_NOTE_right);
        if (decode.payload_length == 5 && memcmp(packets[i] + decode.payload, "hello", 5) == 0)
            messages++;
    }
    assert_int_equal(messages, 1);
}

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
    SCENES_HOLDS(scenes_is(run->steps[connect].object, "socket 127.0.0.1:40000"));
    SCENES_HOLDS(scenes_is(listening, "socket 127.0.0.1:8002"));
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
    SCENES_HOLDS(packets_sent(run, NULL) == 7);
    return NULL;
}

/* ---- sticky-packets, framing ---- */

static const char *sends_and_receives_differ_in_number(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(bytes_of(run, "P2.main", "socket.send") == 30 && bytes_of(run, "P1.main", "socket.recv") == 30);
    size_t first = SCENES_FIND("P1.main", "socket.recv", .outcome = "done");
    size_t third = SCENES_FIND("P2.main", "socket.send", .outcome = "done", .occurrence = 3);
    size_t fourth = SCENES_FIND("P2.main", "socket.send", .outcome = "done", .occurrence = 4);
    SCENES_HOLDS(third < first && first < fourth);    /* three sends ... */
    SCENES_HOLDS(scenes_number_at(run, first) == 14); /* ... are one receive */
    SCENES_HOLDS(prints(run, "1: \"one two three \"\n2: \"a longer m\"\n3: \"essage\"\n"));
    return NULL;
}

static const char *messages_come_out_whole(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(prints(run, "first: \"one\"\nempty: \"\"\nthird: \"three three three\"\n"));
    SCENES_HOLDS(bytes_of(run, "P2.main", "socket.send") == bytes_of(run, "P1.main", "socket.recv"));
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
    SCENES_HOLDS(packets_sent(run, NULL) == 33 && packets_sent(run, "SYN") == 6 && packets_sent(run, "FIN") == 6);
    return NULL;
}

static const char *one_connection_for_all_requests(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(packets_sent(run, NULL) == 19 && packets_sent(run, "SYN") == 2 && packets_sent(run, "FIN") == 2);
    return NULL;
}

/* ---- servers ---- */

static const char *the_second_is_connected_and_not_served(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t connected = SCENES_FIND("P3.main", "socket.connect", .outcome = "done");
    size_t waits = SCENES_FIND("P3.main", "socket.recv", .outcome = "blocked");
    size_t ends = SCENES_FIND("P2.main", "socket.close", .occurrence = 2);
    size_t second = SCENES_FIND("P1.main", "socket.accept", .outcome = "done", .occurrence = 2);
    size_t served = SCENES_FIND("P3.main", "socket.recv", .outcome = "done");
    SCENES_HOLDS(connected < waits && waits < ends && ends < second && second < served && served < run->step_count);
    for (size_t i = connected; i < ends; i++) /* the server has touched no socket but the first client's */
        SCENES_HOLDS(!scenes_is(run->steps[i].object, "socket 127.0.0.1:8007<127.0.0.1:40001"));
    return NULL;
}

static const char *one_thread_serves_all(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    unsigned served = 0;
    bool seen[3] = {false};
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        bool server = scenes_is(step->task, "P1.main");
        if (server && scenes_is(step->outcome, "blocked"))
            SCENES_HOLDS(scenes_is(step->operation, "io.poll") || scenes_is(step->operation, "process.wait"));
        if (!server || !scenes_is(step->operation, "socket.recv") || scenes_number_at(run, i) <= 0)
            continue;
        served++;
        for (unsigned k = 0; k < 3; k++)
            seen[k] = seen[k] || (step->object && step->object[strlen(step->object) - 1] == (char)('0' + k));
    }
    SCENES_HOLDS(served == 6 && seen[0] && seen[1] && seen[2]);
    SCENES_HOLDS(SCENES_IS_THERE("P1.main", "io.poll", .outcome = "blocked"));
    /* All three at once: the last is accepted before the first goes. */
    size_t last = SCENES_FIND("P1.main", "socket.accept", .occurrence = 3);
    SCENES_HOLDS(last < SCENES_FIND("P1.main", "socket.close"));
    SCENES_HOLDS(scenes_process_count(run) == 4);
    return NULL;
}

/* ---- echo-server-concurrent ---- */

/* Of each of the first `clients` connections the server has read before it has seen the end of any. */
static bool served_at_once(const struct scenes_run *run, unsigned clients)
{
    size_t first_end = run->step_count;
    unsigned served = 0;
    for (size_t i = 0; i < run->step_count && first_end == run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        char end[16];
        snprintf(end, sizeof end, "<127.0.0.1:%u", 40000 + served);
        bool reads = scenes_is(step->operation, "socket.recv") && scenes_is(step->outcome, "done") && step->object &&
                     strchr(step->object, '<');
        if (reads && scenes_number_at(run, i) == 0)
            first_end = i;
        else if (reads && served < clients && strstr(step->object, end))
            served++;
    }
    return served == clients;
}

static bool all_echoed(const struct scenes_run *run, unsigned clients)
{
    long sent = 0, echoed = 0;
    for (unsigned i = 2; i < 2 + clients; i++) {
        char client[24];
        snprintf(client, sizeof client, "P%u.main", i);
        sent += bytes_of(run, client, "socket.send");
        echoed += bytes_of(run, client, "socket.recv");
    }
    return scenes_finished(run) && sent == 6 * (long)clients && echoed == sent;
}

static const char *a_process_for_each(const struct scenes_run *run)
{
    SCENES_HOLDS(all_echoed(run, 3) && served_at_once(run, 3));
    SCENES_HOLDS(scenes_process_count(run) == 7 && !SCENES_IS_THERE(NULL, "thread.create"));
    return NULL;
}

static const char *a_thread_for_each(const struct scenes_run *run)
{
    SCENES_HOLDS(all_echoed(run, 3) && served_at_once(run, 3));
    SCENES_HOLDS(scenes_process_count(run) == 4 &&
                 scenes_count_steps(run, (struct scenes_wanted){.operation = "thread.create"}) == 3);
    return NULL;
}

static const char *a_loop_for_all(const struct scenes_run *run)
{
    SCENES_HOLDS(all_echoed(run, 3) && served_at_once(run, 3));
    SCENES_HOLDS(scenes_process_count(run) == 4 && !SCENES_IS_THERE(NULL, "thread.create"));
    SCENES_HOLDS(!SCENES_IS_THERE("P1.main", "socket.recv", .outcome = "blocked"));
    return NULL;
}

static const char *a_coroutine_for_each(const struct scenes_run *run)
{
    const char *broken = a_loop_for_all(run);
    SCENES_HOLDS(scenes_count_steps(run, (struct scenes_wanted){.operation = "coroutine.create"}) == 3);
    return broken;
}

static const char *four_threads_of_two_processes(const struct scenes_run *run)
{
    SCENES_HOLDS(all_echoed(run, 4) && served_at_once(run, 4));
    for (const char *const *task = (const char *const[]){"P1.main", "P1.T1", "P6.main", "P6.T1", NULL}; *task; task++)
        SCENES_HOLDS(scenes_count_steps(run, (struct scenes_wanted){
                                                 .task = *task, .operation = "socket.accept", .outcome = "done"}) == 1);
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
    SCENES_HOLDS(packets_sent(run, "RST") >= 2);
    return NULL;
}

/* ---- udp-chat, file-download, retransmission ---- */

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
    SCENES_HOLDS(prints(run, "poem.txt: 18 bytes\n"));
    SCENES_HOLDS(prints(run, "prose.txt: there is no such file\n"));
    SCENES_HOLDS(prints(run, "the copy is right\n"));
    return NULL;
}

/* The lost packet's number, 0 none. */
static json_int_t dropped(const struct scenes_run *run, const json_t **out)
{
    size_t index;
    json_t *line;
    json_array_foreach(run->lines, index,
                       line) if (scenes_is(json_string_value(json_object_get(line, "event")), "dropped"))
    {
        *out = line;
        return json_integer_value(json_object_get(line, "packet"));
    }
    return 0;
}

static const char *what_is_lost_is_sent_again(const struct scenes_run *run)
{
    const json_t *lost = NULL;
    json_int_t number = dropped(run, &lost);
    SCENES_HOLDS(scenes_finished(run) && number > 0);
    unsigned again = 0;
    size_t index;
    json_t *line;
    json_array_foreach(run->lines, index, line)
    {
        again += json_integer_value(json_object_get(line, "packet")) > number &&
                 scenes_is(json_string_value(json_object_get(line, "event")), "delivered") &&
                 json_equal(json_object_get(line, "seq"), json_object_get(lost, "seq")) &&
                 json_equal(json_object_get(line, "length"), json_object_get(lost, "length")) &&
                 json_equal(json_object_get(line, "from"), json_object_get(lost, "from"));
    }
    SCENES_HOLDS(json_integer_value(json_object_get(lost, "length")) == 7 && again == 1);
    SCENES_HOLDS(bytes_of(run, "P1.main", "socket.recv") == 7); /* delivered once */
    SCENES_HOLDS(prints(run, "received: message\n"));
    return NULL;
}

/* ---- syn-queue-and-accept-queue ---- */

static const char *a_full_queue_answers_nothing(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t sleeps = SCENES_FIND("P1.main", "time.sleep", .outcome = "done");
    size_t accepts = SCENES_FIND("P1.main", "socket.accept", .outcome = "done");
    size_t second = SCENES_FIND("P3.main", "socket.connect", .outcome = "done");
    size_t third = SCENES_FIND("P4.main", "socket.connect", .outcome = "done");
    SCENES_HOLDS(SCENES_FIND("P2.main", "socket.connect", .outcome = "done") < sleeps && second < sleeps);
    SCENES_HOLDS(accepts < third && third < run->step_count);
    /* Its SYN came twice, and the first was not answered: the server went on listening. */
    unsigned delivered = 0;
    size_t index;
    json_t *line;
    json_array_foreach(run->lines, index, line)
    {
        const json_t *sockets = json_object_get(line, "sockets");
        if (!scenes_is(json_string_value(json_object_get(line, "from")), "127.0.0.1:40002") ||
            !scenes_is(json_string_value(json_object_get(line, "event")), "delivered") ||
            json_integer_value(json_object_get(line, "seq")) != 0)
            continue;
        delivered++;
        SCENES_HOLDS(
            scenes_is(json_string_value(json_object_get(sockets, "server")), delivered == 1 ? "LISTEN" : "SYN_RECV"));
    }
    SCENES_HOLDS(delivered == 2);
    return NULL;
}

/* As the kernel has told: one that is half-open, two in the accept queue at most, where listen had asked for one. */
static void the_queues_are_as_long_as_the_kernel_says(void **state)
{
    (void)state;
    char path[] = "/tmp/lockstep-test-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    struct scenes_output output;
    scenes_command(
        (const char *const[]){scenes_lockstep(), "play", "syn-queue-and-accept-queue", "--record", path, NULL}, NULL,
        60, &output);
    assert_int_equal(output.status, 0);
    scenes_output_free(&output);
    struct recording *recording = NULL;
    assert_int_equal(recording_open(path, &recording, NULL), STATUS_OK);
    unlink(path);
    struct world *world = world_new();
    struct event event;
    uint32_t most = 0, bound = 0;
    unsigned half_open = 0;
    for (uint32_t number = 1; history_event(recording_history(recording), number, &event); number++) {
        unsigned half = 0;
        world_step(world, &event);
        for (uint32_t id = 1; id <= world_socket_count(world); id++) {
            const struct world_socket *socket = world_socket(world, id);
            half += socket->state == SOCKET_syn_recv;
            if (socket->state == SOCKET_listen && socket->receive_queue >= most) {
                most = socket->receive_queue;
                bound = socket->send_queue;
            }
        }
        half_open = half > half_open ? half : half_open;
    }
    assert_int_equal(most, 2);
    assert_int_equal(bound, 1);
    assert_int_equal(half_open, 1);
    world_free(world);
    recording_free(recording);
}

/* ---- all of them ---- */

static const struct {
    const char *id, *variant;
    scenes_promise *promised;
    struct scenes_change change; /* that breaks it */
} promises[] = {
    {"tcp-call", NULL, a_call_has_its_order, {"tcp-call.c", "send(phone, \"hello?\", 6, 0);", ""}},
    {"udp-message",
     NULL,
     letters_arrive_whole_or_not_at_all,
     {"udp-message.c", "post(first, \"\", PORT);", "post(first, \"x\", PORT);"}},
    {"sticky-packets",
     "plain",
     sends_and_receives_differ_in_number,
     {"sticky-packets.c", "char large[64];", "char large[4];"}},
    {"sticky-packets", "nodelay", sends_and_receives_differ_in_number, {"nodelay.c", "usleep(300 * 1000);", ""}},
    {"framing", "whole", messages_come_out_whole, {"framing.c", "have < count;", "have < 1;"}},
    {"framing", "pieces", messages_come_out_of_pieces, {"framing.c", "? count - have : piece", "? count - have : 64"}},
    {"short-vs-long-connection", "short", a_connection_for_each_request, {"short.c", "REQUESTS = 3", "REQUESTS = 2"}},
    {"short-vs-long-connection", "long", one_connection_for_all_requests, {"long.c", "REQUESTS = 3", "REQUESTS = 2"}},
    {"echo-server-serial",
     NULL,
     the_second_is_connected_and_not_served,
     {"echo-server-serial.c", "        serve(accept(listening, NULL, NULL));",
      "        if (fork() == 0) { serve(accept(listening, NULL, NULL)); return 0; }"}},
    {"event-loop",
     NULL,
     one_thread_serves_all,
     {"event-loop.c", "poll(watched, (nfds_t)count, -1);", "poll(watched, 1, -1);"}},
    {"time-wait-bind",
     NULL,
     the_address_is_in_use_for_a_while,
     {"time-wait-bind.c", "socket_at(PORT, 0);", "socket_at(PORT, 1);"}},
    {"peer-gone",
     NULL,
     a_peer_that_is_gone_is_noticed_in_three_ways,
     {"peer-gone.c", "recv(end, text, 1, 0); /*", "recv(end, text, 8, 0); /*"}},
    {"udp-chat",
     NULL,
     both_directions_interleave,
     {"udp-chat.c", "pthread_create(&mouth, NULL, speak, NULL);",
      "pthread_join(ear, NULL); pthread_create(&mouth, NULL, speak, NULL);"}},
    {"file-download", NULL, the_copy_is_the_file, {"file-download.c", "have < length;", "have < length - 8;"}},
    {"echo-server-concurrent",
     "processes",
     a_process_for_each,
     {"processes.c", "if (fork() == 0) {\n            close(listening);\n            serve(end);",
      "if (1) {\n            serve(end); continue;"}},
    {"echo-server-concurrent",
     "threads",
     a_thread_for_each,
     {"threads.c", "pthread_create(&threads[i], NULL, server, (void *)(long)end);",
      "pthread_create(&threads[i], NULL, server, (void *)(long)end); pthread_join(threads[i], NULL);"}},
    {"echo-server-concurrent",
     "event-loop",
     a_loop_for_all,
     {"events.c", "poll(watched, (nfds_t)count, -1);", "poll(watched, 1, -1);"}},
    {"echo-server-concurrent",
     "coroutines",
     a_coroutine_for_each,
     {"coroutines.c", "swapcontext(&contexts[self], &loop);\n    return", "return"}},
    {"echo-server-concurrent",
     "combined",
     four_threads_of_two_processes,
     {"combined.c", "i < (long)clients;", "i < 2 * (long)clients;"}},
    {"syn-queue-and-accept-queue",
     NULL,
     a_full_queue_answers_nothing,
     {"queues.c", "listen(listening, 1);", "listen(listening, 2);"}},
    {"retransmission", NULL, what_is_lost_is_sent_again, {"scene.yaml", ", schedule: 0x3.1x2.0.1.3}", "}"}},
};
enum { PROMISES = sizeof promises / sizeof *promises };

static void what_is_promised_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROMISES; i++)
        scenes_holds(promises[i].id, promises[i].variant, promises[i].promised);
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
    assert_int_equal(bytes_of(run, "P1.main", "socket.recv"), 7);
    assert_int_equal(packets_sent(run, NULL), 7); /* nobody sends it again */
    assert_false(scenes_said(run, "P1.main", "server has a letter of 3 bytes"));
    scenes_run_free(run);
}

static void what_is_promised_can_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROMISES; i++) {
        char folder[96];
        snprintf(folder, sizeof folder, "6-network/%s", promises[i].id);
        scenes_breaks(folder, promises[i].variant, promises[i].change, promises[i].promised);
    }
}

static void every_program_runs_without_lockstep(void **state)
{
    (void)state;
    static const char *const sources[] = {"layers/layers.c",
                                          "tcp-call/tcp-call.c",
                                          "udp-message/udp-message.c",
                                          "sticky-packets/sticky-packets.c",
                                          "sticky-packets/nodelay.c",
                                          "framing/framing.c",
                                          "short-vs-long-connection/short.c",
                                          "short-vs-long-connection/long.c",
                                          "echo-server-serial/echo-server-serial.c",
                                          "event-loop/event-loop.c",
                                          "time-wait-bind/time-wait-bind.c",
                                          "peer-gone/peer-gone.c",
                                          "udp-chat/udp-chat.c",
                                          "syn-queue-and-accept-queue/queues.c",
                                          "echo-server-concurrent/processes.c",
                                          "echo-server-concurrent/threads.c",
                                          "echo-server-concurrent/events.c",
                                          "echo-server-concurrent/coroutines.c",
                                          "echo-server-concurrent/combined.c",
                                          "file-download/file-download.c",
                                          "retransmission/retransmission.c"};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        char source[128];
        snprintf(source, sizeof source, "6-network/%s", sources[i]);
        free(scenes_run_natively(source, NULL));
    }
}

static void every_run_is_the_same_twice(void **state)
{
    (void)state;
    static const char *const ways[][2] = {{"rr", "1"}, {"random", "2"}};
    for (size_t i = 0; i < PROMISES; i++)
        for (size_t k = 0; k < sizeof ways / sizeof *ways; k++)
            scenes_play_twice(promises[i].id, promises[i].variant, ways[k][0], ways[k][1]);
}

/* In whatever order packets and tasks come: all runs end well, and messages stay whole. */
static void promises_hold_in_other_orders(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROMISES; i++)
        for (unsigned seed = 1; seed <= 10; seed++) {
            struct scenes_run run;
            char text[16];
            snprintf(text, sizeof text, "%u", seed);
            scenes_play(promises[i].id, promises[i].variant,
                        (const char *const[]){"--policy", "random", "--seed", text, NULL}, &run);
            if (!scenes_finished(&run))
                fail_msg("%s, seed %u: it did not end well", promises[i].id, seed);
            const char *broken = strcmp(promises[i].id, "framing") == 0 ? promises[i].promised(&run) : NULL;
            if (broken)
                fail_msg("%s, seed %u: this does not hold: %s", promises[i].id, seed, broken);
            scenes_run_free(&run);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fields_are_those_of_the_real_bytes),
        cmocka_unit_test(what_is_promised_holds),
        cmocka_unit_test(a_lost_letter_is_never_seen),
        cmocka_unit_test(the_queues_are_as_long_as_the_kernel_says),
        cmocka_unit_test(what_is_promised_can_fail),
        cmocka_unit_test(every_program_runs_without_lockstep),
        cmocka_unit_test(every_run_is_the_same_twice),
        cmocka_unit_test(promises_hold_in_other_orders),
    };
    return cmocka_run_group_tests_name("scenes: must hold, sockets", tests, NULL, NULL);
}
