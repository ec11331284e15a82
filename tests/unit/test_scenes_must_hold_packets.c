/* What CURRICULUM promises of the scenes of act 6 about what is in packets, what becomes of lost ones, and what
 * is told of windows: layers, retransmission, flow-control; asserted and seen to fail as in test_scenes_must_hold_sockets.c. */
#include "scenes_act.h"

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

/* ---- retransmission ---- */

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
    SCENES_HOLDS(scenes_bytes_of(run, "P1.main", "socket.recv") == 7); /* delivered once */
    SCENES_HOLDS(scenes_prints(run, "received: message\n"));
    return NULL;
}

/* ---- flow-control ---- */

static long number_of(const json_t *line, const char *key)
{
    return (long)json_integer_value(json_object_get(line, key));
}

static bool is_packet(const json_t *line, const char *event, const char *from)
{
    return json_object_get(line, "packet") && scenes_is(json_string_value(json_object_get(line, "event")), event) &&
           scenes_is(json_string_value(json_object_get(line, "from")), from);
}

static bool is_call(const json_t *line, const char *task, const char *operation, const char *outcome)
{
    return scenes_is(json_string_value(json_object_get(line, "task")), task) &&
           scenes_is(json_string_value(json_object_get(line, "operation")), operation) &&
           scenes_is(json_string_value(json_object_get(line, "outcome")), outcome);
}

#define CLIENT "127.0.0.1:40000"
#define SERVER "127.0.0.1:8022"

/* The window closes; send succeeds all the same, and nothing leaves; then it blocks; then the kernel asks how wide the window
 * is, and is told 0; the server reads, the window is told anew, and the send that was blocked goes on. */
static const char *a_closed_window_stops_the_sender_at_last(const struct scenes_run *run)
{
    enum { OPEN, CLOSED, BLOCKED, ASKED, ANSWERED, READ, UPDATED, GOES_ON } now = OPEN;
    long end = 0, held_back = 0;
    size_t index;
    json_t *line;
    SCENES_HOLDS(scenes_finished(run));
    json_array_foreach(run->lines, index, line)
    {
        bool sent = is_packet(line, "sent", CLIENT);
        bool window_0 = is_packet(line, "delivered", SERVER) && number_of(line, "window") == 0;
        SCENES_HOLDS(now < CLOSED || now >= UPDATED || !sent || number_of(line, "length") == 0);
        SCENES_HOLDS(now != OPEN || !is_call(line, "P2.main", "socket.send", "blocked"));
        if (sent && number_of(line, "seq") + number_of(line, "length") > end)
            end = number_of(line, "seq") + number_of(line, "length");
        held_back += now == CLOSED && is_call(line, "P2.main", "socket.send", "done");
        if (now == OPEN && window_0)
            now = CLOSED;
        else if (now == CLOSED && is_call(line, "P2.main", "socket.send", "blocked"))
            now = BLOCKED;
        else if (now == BLOCKED && sent && number_of(line, "seq") < end)
            now = ASKED;
        else if (now == ASKED && window_0)
            now = ANSWERED;
        else if (now == ANSWERED && is_call(line, "P1.main", "socket.recv", "done"))
            now = READ;
        else if (now == READ && is_packet(line, "sent", SERVER) && number_of(line, "window") > 0)
            now = UPDATED;
        else if (now == UPDATED && is_call(line, "P2.main", "socket.send", "done"))
            now = GOES_ON;
    }
    SCENES_HOLDS(now == GOES_ON && held_back > 0);
    return NULL;
}

/* Whatever the order: no byte is sent for which there was no room, and none is lost. */
static const char *nobody_sends_what_has_no_room(const struct scenes_run *run)
{
    long room = 0;
    size_t index;
    json_t *line;
    SCENES_HOLDS(scenes_finished(run));
    json_array_foreach(run->lines, index, line)
    {
        if (is_packet(line, "delivered", SERVER) && number_of(line, "ack") + number_of(line, "window") > room)
            room = number_of(line, "ack") + number_of(line, "window");
        if (is_packet(line, "sent", CLIENT) && number_of(line, "length") > 0)
            SCENES_HOLDS(number_of(line, "seq") + number_of(line, "length") <= room);
    }
    SCENES_HOLDS(scenes_bytes_of(run, "P2.main", "socket.send") == 8000);
    SCENES_HOLDS(scenes_prints(run, "8000 bytes are written down\n"));
    return NULL;
}

/* The scene, played and recorded. */
static struct recording *recorded(const char *id)
{
    char path[] = "/tmp/lockstep-test-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    struct scenes_output output;
    scenes_command((const char *const[]){scenes_lockstep(), "play", id, "--record", path, NULL}, NULL, 60, &output);
    assert_int_equal(output.status, 0);
    scenes_output_free(&output);
    struct recording *recording = NULL;
    assert_int_equal(recording_open(path, &recording, NULL), STATUS_OK);
    unlink(path);
    return recording;
}

/* As the kernel has told: three pages in the receive buffer, and others in the send buffer of which nothing is on its way. */
static void both_buffers_are_full_as_the_kernel_says(void **state)
{
    (void)state;
    struct recording *recording = recorded("flow-control");
    struct world *world = world_new();
    struct event event;
    uint32_t unread = 0, unsent = 0;
    for (uint32_t number = 1; history_event(recording_history(recording), number, &event); number++) {
        world_step(world, &event);
        for (uint32_t id = 1; id <= world_socket_count(world); id++) {
            const struct world_socket *socket = world_socket(world, id);
            if (socket->state != SOCKET_established)
                continue;
            unread = socket->receive_queue > unread ? socket->receive_queue : unread;
            if (socket->window.send == 0 && socket->window.in_flight == 0 && socket->send_queue > unsent)
                unsent = socket->send_queue;
        }
    }
    assert_int_equal(unread, 3000);
    assert_int_equal(unsent, 4000);
    world_free(world);
    recording_free(recording);
}

/* In turn there is nothing that a seed could decide, least of all when the kernel asks. */
static void no_seed_changes_when_the_kernel_asks(void **state)
{
    (void)state;
    struct scenes_run first, other;
    scenes_play("flow-control", NULL, NULL, &first);
    for (unsigned seed = 2; seed <= 12; seed++) {
        char text[16];
        snprintf(text, sizeof text, "%u", seed);
        scenes_play("flow-control", NULL, (const char *const[]){"--seed", text, NULL}, &other);
        assert_string_equal(other.output.out, first.output.out);
        scenes_run_free(&other);
    }
    scenes_run_free(&first);
}

/* ---- all of them ---- */

static const struct scenes_promised promises[] = {
    {"retransmission", NULL, what_is_lost_is_sent_again, {"scene.yaml", ", schedule: 0x3.1x2.0.1.3}", "}"}, false},
    {"flow-control",
     NULL,
     a_closed_window_stops_the_sender_at_last,
     {"flow-control.c", "room = 3 * PAGE", "room = 30 * PAGE"},
     false},
    {"flow-control",
     NULL,
     nobody_sends_what_has_no_room,
     {"flow-control.c", "while (written < PAGES * PAGE", "while (written < PAGE"},
     true},
};

/* Only to be run alone: whichever variant it is of. */
static const struct scenes_listed programs[] = {
    {"layers", NULL, "layers/layers.c", NULL, "", 0, false},
    {"retransmission", NULL, "retransmission/retransmission.c", NULL, "", 0, false},
    {"flow-control", NULL, "flow-control/flow-control.c", NULL, "8000 bytes are written down\n", 0, false},
};
static struct scenes_act act = {.folder = "6-network",
                                .scenes = programs,
                                .scene_count = sizeof programs / sizeof *programs,
                                .promises = promises,
                                .promise_count = sizeof promises / sizeof *promises};

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fields_are_those_of_the_real_bytes),
        cmocka_unit_test(both_buffers_are_full_as_the_kernel_says),
        cmocka_unit_test(no_seed_changes_when_the_kernel_asks),
        cmocka_unit_test_prestate(scenes_what_is_promised_holds, &act),
        cmocka_unit_test_prestate(scenes_what_is_promised_can_fail, &act),
        cmocka_unit_test_prestate(scenes_every_program_runs_without_lockstep, &act),
        cmocka_unit_test_prestate(scenes_what_has_a_promise_is_the_same_twice, &act),
        cmocka_unit_test_prestate(scenes_promises_hold_in_other_orders, &act),
    };
    return cmocka_run_group_tests_name("scenes: must hold, packets", tests, NULL, NULL);
}
