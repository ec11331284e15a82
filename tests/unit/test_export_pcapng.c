/* The pcapng file: its bytes, and that Wireshark's own dissector reads in it what lockstep says of the same packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "export/pcapng.h"
#include "packets.h"

enum { PACKETS_MAX = 16 };

static const uint8_t syn_options[] = {2, 4, 0x05, 0xB4, 4, 2, 8, 10, 0, 0, 0, 100, 0, 0, 0, 0, 1, 3, 3, 7};
static const uint8_t sack_options[] = {1, 1, 5, 10, 0, 0, 0x27, 0x2E, 0, 0, 0x27, 0x33};

/* Both ends of a connection that begins at 1000 and 9999, a datagram and the answer to it. */
static size_t make_packets(struct packet packets[PACKETS_MAX])
{
    size_t count = 0;
    packet_tcp(&packets[count++], DECODE_SYN, 1000, 0, syn_options, sizeof syn_options, "");
    struct packet *answer = &packets[count++];
    packet_tcp(answer, DECODE_SYN | DECODE_ACK, 9999, 1001, syn_options, sizeof syn_options, "");
    packet_four(answer, 12, 0x0A000002);
    packet_four(answer, 16, 0x0A000001);
    packet_two(answer, 20, 8080);
    packet_two(answer, 22, 40000);
    packet_close(answer);
    packet_tcp(&packets[count++], DECODE_ACK, 1001, 10000, NULL, 0, "");
    packet_tcp(&packets[count++], DECODE_PSH | DECODE_ACK, 1001, 10000, NULL, 0, "hello");
    packet_tcp(&packets[count++], DECODE_ACK | DECODE_ECE | DECODE_CWR, 1006, 10000, sack_options, sizeof sack_options,
               "");
    packet_tcp(&packets[count++], DECODE_SYN | DECODE_FIN | DECODE_RST | DECODE_URG, 5, 0, NULL, 0, "odd");
    packet_udp(&packets[count++], "ping");
    packet_unreachable(&packets[count], &packets[count - 1]);
    count++;
    packet_ip(&packets[count], 1);
    memcpy(packets[count].bytes + 20, "\10\0\0\0\1\2\0\7", 8);
    packets[count].length = 28;
    packet_close(&packets[count++]);
    packet_tcp(&packets[count], DECODE_ACK, 1006, 10000, NULL, 0, "spoilt");
    packets[count].bytes[1] = 0xB8 | 3;
    packets[count++].bytes[43] ^= 8;
    return count;
}

static size_t read_whole(FILE *file, uint8_t *out, size_t size)
{
    rewind(file);
    return fread(out, 1, size, file);
}

static uint32_t number_at(const uint8_t *bytes, size_t at)
{
    uint32_t number;
    memcpy(&number, bytes + at, sizeof number);
    return number;
}

static FILE *file_new(void)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    return file;
}

static void an_empty_file_has_its_two_headers(void **state)
{
    (void)state;
    uint8_t bytes[512];
    FILE *file = file_new();
    struct export_pcapng *pcapng = export_pcapng_new(file, &(struct export_pcapng_options){.title = "three-way"});
    assert_int_equal(export_pcapng_say(pcapng, 0, "nobody spoke", NULL), STATUS_OK);
    assert_int_equal(export_pcapng_finish(pcapng, NULL), STATUS_OK);
    size_t length = read_whole(file, bytes, sizeof bytes);
    assert_int_equal(number_at(bytes, 0), 0x0A0D0D0A);
    assert_int_equal(number_at(bytes, 8), 0x1A2B3C4D);
    uint32_t section = number_at(bytes, 4);
    assert_int_equal(number_at(bytes, section - 4), section);
    assert_int_equal(number_at(bytes, section), 1);
    assert_int_equal(number_at(bytes, section + 8), 101);
    assert_int_equal(section + number_at(bytes, section + 4), length);
    assert_non_null(memmem(bytes, length, "nobody spoke", 12));
    export_pcapng_free(pcapng);
    fclose(file);
}

static void packets_keep_the_order_of_sending(void **state)
{
    (void)state;
    uint8_t bytes[1024];
    FILE *file = file_new();
    struct export_pcapng *pcapng = export_pcapng_new(file, &(struct export_pcapng_options){.title = NULL});
    for (uint32_t number = 1; number <= 3; number++)
        assert_int_equal(export_pcapng_sent(pcapng, number, 7, &number, 1, NULL), STATUS_OK);
    /* The second arrives first; the third is written although nobody says what became of it. */
    assert_int_equal(export_pcapng_settled(pcapng, 2, NULL), STATUS_OK);
    assert_int_equal(export_pcapng_say(pcapng, 2, "overtook", NULL), STATUS_OK);
    assert_int_equal(export_pcapng_settled(pcapng, 1, NULL), STATUS_OK);
    assert_int_equal(export_pcapng_finish(pcapng, NULL), STATUS_OK);
    size_t length = read_whole(file, bytes, sizeof bytes), at = 0;
    unsigned found = 0;
    while (at < length) {
        if (number_at(bytes, at) == 6) {
            assert_int_equal(bytes[at + 28], ++found);
            assert_int_equal(number_at(bytes, at + 16), 7);
        }
        at += number_at(bytes, at + 4);
    }
    assert_int_equal(at, length);
    assert_int_equal(found, 3);
    assert_non_null(memmem(bytes, length, "overtook", 8));
    export_pcapng_free(pcapng);
    fclose(file);
}

static void a_long_comment_ends_at_a_whole_character(void **state)
{
    (void)state;
    enum { LONG = 70000 };
    char *text = malloc(LONG + 1);
    assert_non_null(text);
    for (size_t i = 0; i < LONG; i++)
        text[i] = "包"[i % 3];
    text[LONG] = 0;
    FILE *file = file_new();
    struct export_pcapng *pcapng = export_pcapng_new(file, &(struct export_pcapng_options){.title = text});
    assert_int_equal(export_pcapng_finish(pcapng, NULL), STATUS_OK);
    uint8_t *bytes = malloc(2 * LONG);
    assert_non_null(bytes);
    read_whole(file, bytes, 2 * LONG);
    uint16_t length;
    memcpy(&length, bytes + 26, sizeof length);
    assert_int_equal(length % 3, 0);
    assert_true(length > 65000);
    export_pcapng_free(pcapng);
    fclose(file);
    free(bytes);
    free(text);
}

static void a_full_disk_is_said(void **state)
{
    (void)state;
    FILE *file = fopen("/dev/full", "w");
    if (!file)
        skip();
    struct message message = {{0}};
    struct export_pcapng *pcapng = export_pcapng_new(file, &(struct export_pcapng_options){.title = NULL});
    assert_int_equal(export_pcapng_finish(pcapng, &message), STATUS_IO);
    assert_non_null(strstr(message.text, "No space left"));
    export_pcapng_free(pcapng);
    fclose(file);
}

/* ---- Wireshark's opinion ---- */

static bool have_tshark(void)
{
    return system("command -v tshark >/dev/null 2>&1") == 0;
}

/* Asks tshark for the named fields of every packet, separated by tabs. */
static FILE *ask_tshark(const char *path, const char *relative, const char *names)
{
    char command[4096];
    /* Nothing of the person's own settings; a bad checksum is to be said; what is quoted in a packet comes second. */
    snprintf(command, sizeof command,
             "HOME=/nonexistent tshark -n -r %s -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE "
             "-o ip.check_checksum:TRUE -o tcp.relative_sequence_numbers:%s -T fields -E occurrence=f %s 2>/dev/null",
             path, relative, names);
    FILE *answer = popen(command, "r");
    assert_non_null(answer);
    return answer;
}

static void compare(const struct decode_field *field, const char *told, size_t packet)
{
    const struct decode_row *row = decode_row(field->id);
    if (field->id == DECODE_FIELD_ip_source || field->id == DECODE_FIELD_ip_destination) {
        assert_string_equal(told, field->value);
        return;
    }
    char *end = NULL;
    unsigned long long number = strtoull(told, &end, 0);
    if (end == told || *end || number != field->number)
        fail_msg("packet %zu: %s: tshark says \"%s\", lockstep %llu", packet + 1, row->wireshark, told,
                 (unsigned long long)field->number);
}

/* Every field of every packet that has a name in Wireshark, by that name. Returns how many were compared. */
static unsigned compare_all(const char *path, const struct packet *packets, size_t count)
{
    char names[3000] = "";
    size_t used = 0;
    for (unsigned id = 0; id < DECODE_FIELD_COUNT; id++)
        if (decode_row(id)->wireshark[0])
            used += (size_t)snprintf(names + used, sizeof names - used, "-e %s ", decode_row(id)->wireshark);
    FILE *answer = ask_tshark(path, "FALSE", names);
    char line[4096];
    unsigned compared = 0;
    for (size_t packet = 0; packet < count; packet++) {
        struct decode decode;
        decode_packet(packets[packet].bytes, packets[packet].length, NULL, &decode);
        assert_non_null(fgets(line, sizeof line, answer));
        line[strcspn(line, "\n")] = 0;
        char *rest = line;
        for (unsigned id = 0; id < DECODE_FIELD_COUNT; id++) {
            if (!decode_row(id)->wireshark[0])
                continue;
            const char *told = strsep(&rest, "\t");
            for (size_t i = 0; i < decode.field_count; i++)
                if (decode.fields[i].id == id) {
                    compare(&decode.fields[i], told, packet);
                    compared++;
                }
        }
    }
    assert_null(fgets(line, sizeof line, answer));
    assert_int_equal(pclose(answer), 0);
    return compared;
}

/* Relative numbers, checksums' verdicts, times, comments. */
static void compare_the_rest(const char *path, const struct packet *packets, size_t count)
{
    FILE *answer = ask_tshark(path, "TRUE",
                              "-e tcp.seq -e tcp.ack -e ip.checksum.status -e tcp.checksum.status -e tcp.len "
                              "-e frame.time_epoch -e frame.comment");
    char line[4096];
    for (size_t packet = 0; packet < count; packet++) {
        struct decode decode;
        bool back = packets[packet].bytes[15] == 2;
        struct decode_origin origin = {.seq = back ? 9999 : 1000, .ack = back ? 1000 : 9999, .known = true};
        decode_packet(packets[packet].bytes, packets[packet].length, &origin, &decode);
        assert_non_null(fgets(line, sizeof line, answer));
        line[strcspn(line, "\n")] = 0;
        char *rest = line, text[64];
        const char *seq = strsep(&rest, "\t"), *ack = strsep(&rest, "\t"), *ip = strsep(&rest, "\t");
        const char *tcp = strsep(&rest, "\t"), *length = strsep(&rest, "\t"), *time = strsep(&rest, "\t");
        for (size_t i = 0; i < decode.field_count; i++) {
            const struct decode_field *field = &decode.fields[i];
            if (field->id == DECODE_FIELD_tcp_seq && packet < 5)
                assert_string_equal(seq, field->value);
            if (field->id == DECODE_FIELD_tcp_ack && packet < 5)
                assert_string_equal(ack, field->value);
            if (field->id == DECODE_FIELD_ip_checksum)
                assert_string_equal(ip, field->note == DECODE_NOTE_right ? "1" : "0");
            if (field->id == DECODE_FIELD_tcp_checksum)
                assert_string_equal(tcp, field->note == DECODE_NOTE_right ? "1" : "0");
        }
        if (decode.transport == DECODE_tcp && packet < 5)
            assert_int_equal(atoi(length), decode.payload_length);
        snprintf(text, sizeof text, "0.%09zu", (packet + 1) * 1000001);
        assert_string_equal(time, text);
        assert_string_equal(rest, packet == 0 ? "第一次握手 · the first" : packet == 2 ? "dropped" : "");
    }
    assert_int_equal(pclose(answer), 0);
}

static void wireshark_agrees_with_every_field(void **state)
{
    (void)state;
    if (!have_tshark())
        skip();
    struct packet packets[PACKETS_MAX];
    size_t count = make_packets(packets);
    char path[] = "/tmp/lockstep-test-pcapng-XXXXXX";
    int descriptor = mkstemp(path);
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    assert_non_null(file);
    struct export_pcapng *pcapng = export_pcapng_new(file, &(struct export_pcapng_options){.title = "all of them"});
    export_pcapng_say(pcapng, 0, "第一次握手 · the first", NULL);
    for (size_t i = 0; i < count; i++)
        export_pcapng_sent(pcapng, (uint32_t)i + 1, ((int64_t)i + 1) * 1000001, packets[i].bytes, packets[i].length,
                           NULL);
    export_pcapng_say(pcapng, 3, "dropped", NULL);
    assert_int_equal(export_pcapng_finish(pcapng, NULL), STATUS_OK);
    export_pcapng_free(pcapng);
    fclose(file);
    unsigned compared = compare_all(path, packets, count);
    compare_the_rest(path, packets, count);
    unlink(path);
    assert_true(compared > 250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_has_its_two_headers),        cmocka_unit_test(packets_keep_the_order_of_sending),
        cmocka_unit_test(a_long_comment_ends_at_a_whole_character), cmocka_unit_test(a_full_disk_is_said),
        cmocka_unit_test(wireshark_agrees_with_every_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
