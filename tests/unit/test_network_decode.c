/* Packets opened field by field: what stands in them, what is wrong with them, and that no bytes at all lead astray. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "packets.h"

static const uint8_t syn_options[] = {2, 4, 0x05, 0xB4, 4, 2, 8, 10, 0, 0, 0, 100, 0, 0, 0, 0, 1, 3, 3, 7};

static const struct decode_field *field_of(const struct decode *decode, unsigned id)
{
    for (size_t i = 0; i < decode->field_count; i++)
        if (decode->fields[i].id == id)
            return &decode->fields[i];
    fail_msg("no field %s", decode_row(id)->id);
    return NULL;
}

static bool has_field(const struct decode *decode, unsigned id)
{
    for (size_t i = 0; i < decode->field_count; i++)
        if (decode->fields[i].id == id)
            return true;
    return false;
}

/* Every byte belongs to a field, and no field leaves the packet. */
static void covers_all(const struct decode *decode, size_t length)
{
    static uint8_t covered[65536];
    memset(covered, 0, sizeof covered);
    for (size_t i = 0; i < decode->field_count; i++) {
        const struct decode_field *field = &decode->fields[i];
        assert_true(field->length > 0);
        assert_true((size_t)field->offset + field->length <= length);
        memset(covered + field->offset, 1, field->length);
        assert_true(strlen(field->value) < DECODE_VALUE_SIZE);
        for (const char *at = field->value; *at; at++)
            assert_in_range(*at, 0x20, 0x7E);
        if (i > 0)
            assert_true(field->offset >= decode->fields[i - 1].offset);
    }
    for (size_t i = 0; i < length; i++)
        if (!covered[i])
            fail_msg("byte %zu of %zu belongs to no field", i, length);
    assert_true((size_t)decode->payload + decode->payload_length <= length);
}

static void value_is(const struct decode *decode, unsigned id, const char *value, size_t offset, size_t length)
{
    const struct decode_field *field = field_of(decode, id);
    assert_string_equal(field->value, value);
    assert_int_equal(field->offset, offset);
    assert_int_equal(field->length, length);
}

static void a_syn_with_all_its_options(void **state)
{
    (void)state;
    struct packet packet;
    struct decode decode;
    packet_tcp(&packet, DECODE_SYN, 1000, 0, syn_options, sizeof syn_options, "");
    assert_true(decode_packet(packet.bytes, packet.length, NULL, &decode));
    covers_all(&decode, packet.length);
    assert_int_equal(decode.transport, DECODE_tcp);
    assert_int_equal(decode.source, 0x0A000001);
    assert_int_equal(decode.destination_port, 8080);
    assert_int_equal(decode.tcp.flags, DECODE_SYN);
    assert_int_equal(decode.tcp.mss, 1460);
    assert_int_equal(decode.tcp.scale, 7);
    assert_true(decode.tcp.sack_permitted && decode.tcp.has_timestamps);
    assert_int_equal(decode.tcp.timestamp, 100);
    assert_int_equal(decode.payload_length, 0);
    value_is(&decode, DECODE_FIELD_ip_version, "4", 0, 1);
    value_is(&decode, DECODE_FIELD_ip_header, "20 (5 x 4)", 0, 1);
    value_is(&decode, DECODE_FIELD_ip_total, "60", 2, 2);
    value_is(&decode, DECODE_FIELD_ip_df, "1", 6, 1);
    value_is(&decode, DECODE_FIELD_ip_protocol, "6 TCP", 9, 1);
    value_is(&decode, DECODE_FIELD_ip_source, "10.0.0.1", 12, 4);
    value_is(&decode, DECODE_FIELD_tcp_seq, "1000", 24, 4);
    value_is(&decode, DECODE_FIELD_tcp_header, "40 (10 x 4)", 32, 1);
    value_is(&decode, DECODE_FIELD_tcp_flags, "SYN", 32, 2);
    value_is(&decode, DECODE_FIELD_tcp_syn, "1", 33, 1);
    value_is(&decode, DECODE_FIELD_tcp_mss, "1460", 40, 4);
    value_is(&decode, DECODE_FIELD_tcp_timestamps, "100, 0", 46, 10);
    value_is(&decode, DECODE_FIELD_tcp_scale, "7 (x128)", 57, 3);
    assert_int_equal(field_of(&decode, DECODE_FIELD_ip_checksum)->note, DECODE_NOTE_right);
    assert_int_equal(field_of(&decode, DECODE_FIELD_tcp_checksum)->note, DECODE_NOTE_right);
}

static void sequence_numbers_may_be_counted_from_the_syn(void **state)
{
    (void)state;
    struct packet packet;
    struct decode decode;
    struct decode_origin origin = {.seq = 0xFFFFFFF0, .ack = 500, .known = true};
    packet_tcp(&packet, DECODE_PSH | DECODE_ACK, 0x10, 506, NULL, 0, "hello\n");
    assert_true(decode_packet(packet.bytes, packet.length, &origin, &decode));
    covers_all(&decode, packet.length);
    value_is(&decode, DECODE_FIELD_tcp_seq, "32", 24, 4); /* over the end of the numbers */
    value_is(&decode, DECODE_FIELD_tcp_ack, "6", 28, 4);
    assert_int_equal(field_of(&decode, DECODE_FIELD_tcp_ack)->note, DECODE_NOTE_relative);
    assert_int_equal(field_of(&decode, DECODE_FIELD_tcp_ack)->number, 506);
    value_is(&decode, DECODE_FIELD_data, "hello\\n", 40, 6);
    /* The number of a first SYN acknowledges nothing: it is not counted from anywhere. */
    packet_tcp(&packet, DECODE_SYN, 0xFFFFFFF0, 0, NULL, 0, "");
    assert_true(decode_packet(packet.bytes, packet.length, &origin, &decode));
    value_is(&decode, DECODE_FIELD_tcp_seq, "0", 24, 4);
    value_is(&decode, DECODE_FIELD_tcp_ack, "0", 28, 4);
    assert_int_equal(field_of(&decode, DECODE_FIELD_tcp_ack)->note, DECODE_NOTE_none);
}

static void sack_blocks_are_listed(void **state)
{
    (void)state;
    uint8_t options[20] = {1, 1, 5, 18, 0, 0, 0, 20, 0, 0, 0, 30, 0, 0, 0, 40, 0, 0, 0, 50};
    struct packet packet;
    struct decode decode;
    packet_tcp(&packet, DECODE_ACK, 1, 10, options, sizeof options, "");
    assert_true(decode_packet(packet.bytes, packet.length, NULL, &decode));
    covers_all(&decode, packet.length);
    assert_int_equal(decode.tcp.sack_count, 2);
    assert_int_equal(decode.tcp.sack[1].left, 40);
    value_is(&decode, DECODE_FIELD_tcp_padding, "", 40, 2);
    value_is(&decode, DECODE_FIELD_tcp_sack, "20-30 40-50", 42, 18);
}

static void a_datagram_and_the_answer_that_nobody_is_there(void **state)
{
    (void)state;
    struct packet datagram, answer;
    struct decode decode;
    packet_udp(&datagram, "ping");
    assert_true(decode_packet(datagram.bytes, datagram.length, NULL, &decode));
    covers_all(&decode, datagram.length);
    assert_int_equal(decode.transport, DECODE_udp);
    value_is(&decode, DECODE_FIELD_udp_length, "12", 24, 2);
    value_is(&decode, DECODE_FIELD_data, "ping", 28, 4);
    assert_int_equal(field_of(&decode, DECODE_FIELD_udp_checksum)->note, DECODE_NOTE_right);
    packet_unreachable(&answer, &datagram);
    assert_true(decode_packet(answer.bytes, answer.length, NULL, &decode));
    covers_all(&decode, answer.length);
    assert_int_equal(decode.transport, DECODE_icmp);
    value_is(&decode, DECODE_FIELD_icmp_type, "3 destination unreachable", 20, 1);
    value_is(&decode, DECODE_FIELD_icmp_code, "3 port unreachable", 21, 1);
    assert_int_equal(field_of(&decode, DECODE_FIELD_icmp_checksum)->note, DECODE_NOTE_right);
    assert_int_equal(decode.icmp.quote, 28);
    struct decode inner;
    decode_packet(answer.bytes + decode.icmp.quote, answer.length - decode.icmp.quote, NULL, &inner);
    assert_int_equal(inner.fault, DECODE_FAULT_cut); /* only its beginning is quoted */
    assert_int_equal(inner.destination_port, 9999);
}

static void an_empty_datagram_is_one(void **state)
{
    (void)state;
    struct packet packet;
    struct decode decode;
    packet_udp(&packet, "");
    assert_true(decode_packet(packet.bytes, packet.length, NULL, &decode));
    assert_int_equal(decode.payload_length, 0);
    assert_false(has_field(&decode, DECODE_FIELD_data));
}

static void a_flipped_bit_is_seen_in_the_checksum(void **state)
{
    (void)state;
    struct packet packet;
    struct decode decode;
    packet_tcp(&packet, DECODE_PSH | DECODE_ACK, 1, 1, NULL, 0, "hello");
    packet.bytes[44] ^= 1;
    assert_true(decode_packet(packet.bytes, packet.length, NULL, &decode));
    assert_int_equal(field_of(&decode, DECODE_FIELD_tcp_checksum)->note, DECODE_NOTE_wrong);
    assert_int_equal(field_of(&decode, DECODE_FIELD_ip_checksum)->note, DECODE_NOTE_right);
    packet.bytes[8]--;
    decode_packet(packet.bytes, packet.length, NULL, &decode);
    assert_int_equal(field_of(&decode, DECODE_FIELD_ip_checksum)->note, DECODE_NOTE_wrong);
}

static void a_later_fragment_has_no_ports(void **state)
{
    (void)state;
    struct packet packet;
    struct decode decode;
    packet_udp(&packet, "the rest of a long datagram");
    packet_two(&packet, 6, 0x2000 | 185);
    decode_packet(packet.bytes, packet.length, NULL, &decode);
    assert_true(decode.fragment);
    assert_int_equal(decode.transport, DECODE_data);
    assert_int_equal(decode.destination_port, 0);
    value_is(&decode, DECODE_FIELD_ip_offset, "185", 6, 2);
    assert_true(has_field(&decode, DECODE_FIELD_piece));
    covers_all(&decode, packet.length);
}

/* ---- what is wrong ---- */

static void fault_is(const struct packet *packet, size_t length, enum decode_fault wanted)
{
    struct decode decode;
    assert_int_equal(decode_packet(packet->bytes, length, NULL, &decode), wanted == DECODE_FAULT_none);
    if (decode.fault != wanted)
        fail_msg("\"%s\" instead of \"%s\"", decode_fault_text(decode.fault, DECODE_ENGLISH),
                 decode_fault_text(wanted, DECODE_ENGLISH));
    covers_all(&decode, length);
}

static void every_truncation_is_said(void **state)
{
    (void)state;
    struct packet packet;
    packet_tcp(&packet, DECODE_SYN, 1, 0, syn_options, sizeof syn_options, "data");
    for (size_t length = 0; length <= packet.length; length++)
        fault_is(&packet, length,
                 length == 0              ? DECODE_FAULT_empty
                 : length < 20            ? DECODE_FAULT_ip_cut
                 : length < packet.length ? DECODE_FAULT_cut
                                          : DECODE_FAULT_none);
}

static void what_contradicts_itself_is_said(void **state)
{
    (void)state;
    struct packet packet;
    packet_tcp(&packet, DECODE_ACK, 1, 1, NULL, 0, "data");
    packet.bytes[0] = 0x65;
    fault_is(&packet, packet.length, DECODE_FAULT_not_ipv4);
    packet.bytes[0] = 0x44;
    fault_is(&packet, packet.length, DECODE_FAULT_ip_header);
    packet.bytes[0] = 0x45;
    packet_two(&packet, 2, 19);
    fault_is(&packet, packet.length, DECODE_FAULT_ip_total);
    packet_two(&packet, 2, 30);
    fault_is(&packet, packet.length, DECODE_FAULT_transport_cut);
    packet_two(&packet, 2, 44);
    packet.bytes[32] = 4 << 4;
    fault_is(&packet, packet.length, DECODE_FAULT_tcp_header);
    packet.bytes[32] = 15 << 4;
    fault_is(&packet, packet.length, DECODE_FAULT_transport_cut);
    packet_udp(&packet, "ping");
    packet_two(&packet, 24, 7);
    fault_is(&packet, packet.length, DECODE_FAULT_udp_length);
    packet_two(&packet, 24, 13);
    fault_is(&packet, packet.length, DECODE_FAULT_udp_length);
    packet_udp(&packet, "");
    packet_two(&packet, 2, 27);
    fault_is(&packet, 27, DECODE_FAULT_transport_cut);
}

static void bytes_behind_the_packet_are_not_its_own(void **state)
{
    (void)state;
    struct packet packet;
    struct decode decode;
    packet_udp(&packet, "ping");
    packet_add(&packet, "\0\0\0\0", 4);
    assert_true(decode_packet(packet.bytes, packet.length, NULL, &decode));
    assert_int_equal(decode.payload_length, 4);
    assert_int_equal(field_of(&decode, DECODE_FIELD_beyond)->length, 4);
    covers_all(&decode, packet.length);
}

static void options_whose_length_cannot_be_end_the_list(void **state)
{
    (void)state;
    static const uint8_t bad[][4] = {{2, 0, 0, 0}, {2, 1, 0, 0}, {2, 5, 0, 0}, {3, 4, 0, 0},  {4, 3, 0, 0},
                                     {8, 4, 0, 0}, {5, 4, 0, 0}, {1, 1, 1, 2}, {9, 200, 0, 0}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct packet packet;
        packet_tcp(&packet, DECODE_SYN, 1, 0, bad[i], 4, "x");
        fault_is(&packet, packet.length, DECODE_FAULT_tcp_option);
    }
}

/* An own generator: the same bytes everywhere. */
static uint32_t random_next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

/* Each buffer ends where its memory ends, so that a sanitizer sees what reads beyond it. */
static void any_bytes(uint64_t *random, const struct packet *of, size_t length, unsigned spoilt)
{
    uint8_t *bytes = malloc(length ? length : 1);
    struct decode decode;
    assert_non_null(bytes);
    for (size_t i = 0; i < length; i++)
        bytes[i] = of && i < of->length ? of->bytes[i] : (uint8_t)random_next(random);
    for (unsigned i = 0; i < spoilt && length; i++)
        bytes[random_next(random) % length] = (uint8_t)random_next(random);
    bool fine = decode_packet(bytes, length, NULL, &decode);
    assert_int_equal(fine, decode.fault == DECODE_FAULT_none);
    covers_all(&decode, length);
    free(bytes);
}

static void random_bytes_lead_nobody_astray(void **state)
{
    (void)state;
    uint64_t random = 1;
    struct packet seeds[4];
    packet_tcp(&seeds[0], DECODE_SYN, 1, 0, syn_options, sizeof syn_options, "some data");
    packet_tcp(&seeds[1], DECODE_ACK, 1, 5, NULL, 0, "");
    packet_udp(&seeds[2], "datagram");
    packet_unreachable(&seeds[3], &seeds[2]);
    for (unsigned i = 0; i < 20000; i++) {
        any_bytes(&random, NULL, random_next(&random) % 128, 0);
        const struct packet *seed = &seeds[i % 4];
        any_bytes(&random, seed, random_next(&random) % (seed->length + 8), 1 + random_next(&random) % 4);
    }
}

static void the_largest_option_lists_have_room(void **state)
{
    (void)state;
    struct packet packet;
    struct decode decode;
    uint8_t options[40];
    for (size_t i = 0; i < sizeof options; i += 2) {
        options[i] = 77;
        options[i + 1] = 2;
    }
    packet_tcp(&packet, DECODE_SYN, 1, 0, options, sizeof options, "x");
    assert_true(decode_packet(packet.bytes, packet.length, NULL, &decode));
    assert_true(decode.field_count < DECODE_FIELDS_MAX);
    covers_all(&decode, packet.length);
}

static void every_field_is_explained_in_both_languages(void **state)
{
    (void)state;
    for (unsigned id = 0; id < DECODE_FIELD_COUNT; id++) {
        const struct decode_row *row = decode_row(id);
        for (unsigned language = 0; language < DECODE_LANGUAGES; language++) {
            assert_true(row->name[language][0] != 0);
            assert_true(row->explain[language][0] != 0);
        }
    }
    char text[DECODE_FLAGS_SIZE];
    assert_string_equal(decode_flags(DECODE_SYN | DECODE_ACK, text), "SYN,ACK");
    assert_string_equal(decode_flags(0xFF, text), "SYN,FIN,RST,PSH,ACK,URG,ECE,CWR");
    assert_string_equal(decode_flags(0, text), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_syn_with_all_its_options),
        cmocka_unit_test(sequence_numbers_may_be_counted_from_the_syn),
        cmocka_unit_test(sack_blocks_are_listed),
        cmocka_unit_test(a_datagram_and_the_answer_that_nobody_is_there),
        cmocka_unit_test(an_empty_datagram_is_one),
        cmocka_unit_test(a_flipped_bit_is_seen_in_the_checksum),
        cmocka_unit_test(a_later_fragment_has_no_ports),
        cmocka_unit_test(every_truncation_is_said),
        cmocka_unit_test(what_contradicts_itself_is_said),
        cmocka_unit_test(bytes_behind_the_packet_are_not_its_own),
        cmocka_unit_test(options_whose_length_cannot_be_end_the_list),
        cmocka_unit_test(random_bytes_lead_nobody_astray),
        cmocka_unit_test(the_largest_option_lists_have_room),
        cmocka_unit_test(every_field_is_explained_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
