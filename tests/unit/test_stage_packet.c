/* A packet opened on the screen: its fields, the one under the cursor explained, all bytes where there is room. */
#include "stage_moment_wire.h"

#include "packets.h"

static struct packet packet;

static struct moment *moment_with(unsigned flags, const char *data)
{
    struct moment *m = moment_new();
    packet_tcp(&packet, flags, 1001, 10000, NULL, 0, data);
    moment_keep(m, 1);
    m->frame.packet = (struct stage_packet){.number = 4,
                                            .bytes = packet.bytes,
                                            .length = packet.length,
                                            .size = packet.length,
                                            .seq = 1,
                                            .ack = 1,
                                            .relative = true};
    return m;
}

static void nothing_has_been_sent(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    moment_keep(m, 1);
    assert_int_equal(moment_rows(m, &stage_view_packet, 39), 0);
    moment_draw(m, &stage_view_packet, 39, 1, false);
    EXPECT_ROWS(m, " no packet yet");
    moment_chinese = true;
    moment_draw(m, &stage_view_packet, 39, 1, false);
    EXPECT_ROWS(m, " 还没有数据包");
    moment_free(m);
}

static void its_flags_come_first(void **state)
{
    (void)state;
    struct moment *m = moment_with(DECODE_PSH | DECODE_ACK, "hello\n");
    moment_draw(m, &stage_view_packet, 39, 9, false);
    EXPECT_ROWS(m, " packet 4, 46 bytes", "   sequence number        1 relative  ▴",
                "   acknowledgment number  1 relative", "   header length          20 (5 x 4)",
                " ❯ flags                  PSH,ACK", "   CWR                    0",
                "   ECE                    0           ▾", " bytes 32-33, bits 4-15, RFC 9293, 3.1",
                " What this segment is for: a bit each.");
    moment_role(m, 1, 4, ROLE_cursor);
    moment_chinese = true;
    moment_draw(m, &stage_view_packet, 39, 9, false);
    EXPECT_ROWS(m, " 第 4 个包，46 字节", "   序号        1 相对值               ▴", "   确认号      1 相对值",
                "   首部长度    20 (5 x 4)", " ❯ 标志位      PSH,ACK", "   CWR         0",
                "   ECE         0                      ▾", " 字节 32-33，第 4-15 位，RFC 9293, 3.1",
                " 说明本报文段的用途，每个标志一位。");
    moment_free(m);
}

static void scrolling_moves_the_cursor(void **state)
{
    (void)state;
    struct moment *m = moment_with(DECODE_PSH | DECODE_ACK, "hello\n");
    m->frame.views[STAGE_VIEW_packet].scroll = -1000;
    moment_draw(m, &stage_view_packet, 39, 9, false);
    EXPECT_ROWS(m, " packet 4, 46 bytes", " IP, 20 bytes", " ❯ version                4",
                "   header length          20 (5 x 4)", "   service class          0",
                "   congestion mark        0           ▾", " byte 0, bits 0-3, RFC 791, 3.1",
                " Which Internet Protocol this is: 4,", " with addresses of 32 bits.");
    m->frame.views[STAGE_VIEW_packet].scroll = 1000;
    moment_draw(m, &stage_view_packet, 39, 9, true);
    EXPECT_ROWS(m, " packet 4, 46 bytes", "   SYN                    0           ^", "   FIN                    0",
                "   window                 64240", "   checksum               0x762d", "   urgent pointer         0",
                " > data                   hello\\n", " 68 65 6c 6c 6f 0a  bytes 40-45",
                " What the program sent, as it sent it.");
    moment_free(m);
}

static void all_bytes_stand_beside_where_there_is_room(void **state)
{
    (void)state;
    struct moment *m = moment_with(DECODE_PSH | DECODE_ACK, "hello\n");
    moment_draw(m, &stage_view_packet, 80, 9, false);
    EXPECT_ROWS(m, " packet 4, 46 bytes",
                "   sequence number        1 relative             ▴ 0000 45 00 00 2e 12 34 40 00",
                "   acknowledgment number  1 relative               0008 40 06 14 94 0a 00 00 01",
                "   header length          20 (5 x 4)               0010 0a 00 00 02 9c 40 1f 90",
                " ❯ flags                  PSH,ACK                  0018 00 00 03 e9 00 00 27 10",
                "   CWR                    0                        0020 50 18 fa f0 76 2d 00 00",
                "   ECE                    0                      ▾ 0028 68 65 6c 6c 6f 0a",
                " 50 18  bytes 32-33, bits 4-15, RFC 9293, 3.1", " What this segment is for: a bit each.");
    unsigned marked = 0;
    for (unsigned column = 50; column < 80; column++)
        marked += canvas_cell(m->canvas, column, 5)->emphasis == EMPHASIS_reverse;
    assert_int_equal(marked, 4); /* "50" and "18" */
    moment_chinese = true;
    moment_draw(m, &stage_view_packet, 120, 8, false);
    EXPECT_ROWS(m, " 第 4 个包，46 字节",
                "   确认号      1 相对值                                          ▴ 0000 45 00 00 2e 12 34 40 00 40 06 "
                "14 94 0a 00 00 01",
                "   首部长度    20 (5 x 4)                                          0010 0a 00 00 02 9c 40 1f 90 00 00 "
                "03 e9 00 00 27 10",
                " ❯ 标志位      PSH,ACK                                             0020 50 18 fa f0 76 2d 00 00 68 65 "
                "6c 6c 6f 0a",
                "   CWR         0", "   ECE         0                                                 ▾",
                " 50 18  字节 32-33，第 4-15 位，RFC 9293, 3.1", " 说明本报文段的用途，每个标志一位。");
    moment_free(m);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    struct moment *m = moment_with(DECODE_ACK, "hello");
    packet.bytes[41] ^= 4;
    m->frame.views[STAGE_VIEW_packet].scroll = 10;
    moment_draw(m, &stage_view_packet, 60, 9, false);
    EXPECT_ROWS(m, " packet 4, 45 bytes", "   FIN                    0                                ▴",
                "   window                 64240", " ❯ checksum               0x7640 wrong",
                "   urgent pointer         0", "   data                   hallo",
                " 76 40  bytes 36-37, RFC 9293, 3.1, wrong", " Over header and data, and over both addresses of the IP",
                " header.");
    m->frame.packet.length = m->frame.packet.size = 15;
    moment_draw(m, &stage_view_packet, 39, 9, false);
    EXPECT_ROWS(m, " packet 4, 15 bytes", " It ends within the IP header.",
                " ❯ not opened  E\\x00\\x00-\\x124@\\x00@\\▹", "", "", "", " 45 00 00 2d 12 34 40 ...  bytes 0-14",
                " Bytes that could not be understood,", " or a protocol that is not opened▹");
    moment_free(m);
}

/* Nothing is chosen: what the world keeps of the packet that moved. */
static void the_worlds_packet_is_opened(void **state)
{
    (void)state;
    struct moment *m = wire_moment();
    char data[201];
    memset(data, 'x', 200);
    data[200] = 0;
    packet_tcp(&packet, DECODE_ACK, 1001, 10000, NULL, 0, data);
    wire_sent(m, (struct wire_sent){.from = wire_client,
                                    .to = wire_server,
                                    .flags = WIRE_ACK,
                                    .seq = 1,
                                    .ack = 1,
                                    .length = 200,
                                    .bytes = packet.bytes,
                                    .size = (uint32_t)packet.length});
    wire_act(m, 2, PACKET_delivered);
    assert_int_equal(moment_rows(m, &stage_view_packet, 39), 14);
    moment_draw(m, &stage_view_packet, 39, 4, false);
    EXPECT_ROWS(m, " packet 2, 160 of its 240 bytes", "   header length          20 (5 x 4)  ▴",
                " ❯ flags                  ACK", "   CWR                    0           ▾");
    moment_free(m);
}

/* Whatever the bytes and the size, all is drawn within the pane and nothing is cut without saying so. */
static void any_packet_fits_any_pane(void **state)
{
    (void)state;
    struct moment *m = moment_with(DECODE_SYN, "data");
    uint32_t random = 1;
    for (unsigned i = 0; i < 3000; i++) {
        random = random * 1664525 + 1013904223;
        if (i % 3)
            packet.bytes[(random >> 8) % packet.length] = (uint8_t)(random >> 24);
        else
            packet_tcp(&packet, random >> 16 & 0xFF, random, 5, NULL, 0, "some data");
        m->frame.packet.length = i % 5 ? packet.length : random % packet.length;
        m->frame.views[STAGE_VIEW_packet].scroll = (int)(random >> 20) % 60 - 30;
        moment_chinese = i % 2;
        moment_draw(m, &stage_view_packet, 39 + i % 90, 5 + i % 20, i % 7 == 0);
    }
    moment_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_has_been_sent),      cmocka_unit_test(its_flags_come_first),
        cmocka_unit_test(scrolling_moves_the_cursor), cmocka_unit_test(all_bytes_stand_beside_where_there_is_room),
        cmocka_unit_test(what_is_wrong_is_said),      cmocka_unit_test(the_worlds_packet_is_opened),
        cmocka_unit_test(any_packet_fits_any_pane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
