/* What CURRICULUM promises of the scenes of act 6 about what is in packets and what becomes of lost ones: layers and
 * retransmission; asserted and seen to fail as in test_scenes_must_hold_sockets.c. */
#include "scenes_act.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "network/decode.h"

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

/* ---- all of them ---- */

static const struct scenes_promised promises[] = {
    {"retransmission", NULL, what_is_lost_is_sent_again, {"scene.yaml", ", schedule: 0x3.1x2.0.1.3}", "}"}, false},
};

/* Only to be run alone: whichever variant it is of. */
static const struct scenes_listed programs[] = {
    {"layers", NULL, "layers/layers.c", NULL, "", 0, false},
    {"retransmission", NULL, "retransmission/retransmission.c", NULL, "", 0, false},
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
        cmocka_unit_test_prestate(scenes_what_is_promised_holds, &act),
        cmocka_unit_test_prestate(scenes_what_is_promised_can_fail, &act),
        cmocka_unit_test_prestate(scenes_every_program_runs_without_lockstep, &act),
        cmocka_unit_test_prestate(scenes_what_has_a_promise_is_the_same_twice, &act),
        cmocka_unit_test_prestate(scenes_promises_hold_in_other_orders, &act),
    };
    return cmocka_run_group_tests_name("scenes: must hold, packets", tests, NULL, NULL);
}
