/* The sequence diagram: packets held, arrived, lost, doubled and overtaken, with the states of both ends above. */
#include "stage_moment_wire.h"

#include "packets.h"

static void nothing_has_been_sent(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    moment_keep(m, 1);
    assert_int_equal(moment_rows(m, &stage_view_wire, 80), 0);
    moment_draw(m, &stage_view_wire, 80, 1, false);
    EXPECT_ROWS(m, " no packet yet");
    moment_free(m);
}

static void a_held_packet_ends_in_mid_air(void **state)
{
    (void)state;
    struct moment *m = wire_moment();
    moment_draw(m, &stage_view_wire, 80, 4, false);
    EXPECT_ROWS(m, " P1  10.0.0.1:40000                                           10.0.0.2:8080  P2",
                " SYN_SENT                                              accept queue 0/5  LISTEN",
                " #1  ╎╌ SYN seq=0 win=64240 ╌╌╌╌╌▪ here, held by you                          ╎",
                "     ╎                                                                        ╎");
    moment_role(m, 8, 2, ROLE_changed);
    wire_absorbed(m, 1);
    wire_absorbed(m, 1);
    moment_draw(m, &stage_view_wire, 80, 4, true);
    EXPECT_ROWS(m, " P1  10.0.0.1:40000                                           10.0.0.2:8080  P2",
                " SYN_SENT                                              accept queue 0/5  LISTEN",
                " #1  |- SYN seq=0 win=64240 -----= here, held by you (copies absorbed: 2)     |",
                "     |                                                                        |");
    moment_draw(m, &stage_view_wire, 39, 5, false);
    EXPECT_ROWS(m, " P1  10.0.0.1:40000  10.0.0.2:8080  P2", " SYN_SENT                  0/5  LISTEN",
                " #1  ╎╌ SYN seq=0 win=64240 ╌▪       ╎", "     ╎   held, copies absorbed: 2    ╎",
                "     ╎                               ╎");
    moment_chinese = true;
    moment_draw(m, &stage_view_wire, 80, 4, false);
    EXPECT_ROWS(m, " P1  10.0.0.1:40000                                           10.0.0.2:8080  P2",
                " SYN_SENT                                                全连接队列 0/5  LISTEN",
                " #1  ╎╌ SYN seq=0 win=64240 ╌╌╌╌╌▪ 停在这里，由你扣住（吸收副本：2）          ╎",
                "     ╎                                                                        ╎");
    moment_draw(m, &stage_view_wire, 39, 5, false);
    EXPECT_ROWS(m, " P1  10.0.0.1:40000  10.0.0.2:8080  P2", " SYN_SENT                  0/5  LISTEN",
                " #1  ╎╌ SYN seq=0 win=64240 ╌▪       ╎", "     ╎       扣住，吸收副本：2       ╎",
                "     ╎                               ╎");
    moment_free(m);
}

static void three_ways(void **state)
{
    (void)state;
    struct moment *m = wire_moment();
    wire_syn_arrives(m);
    moment_draw(m, &stage_view_wire, 80, 5, false);
    EXPECT_ROWS(m, " P1  10.0.0.1:40000                                           10.0.0.2:8080  P2",
                " SYN_SENT                                      half-open 1, queue 0/5  SYN_RECV",
                " #1  ╎╌ SYN seq=0 win=64240 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▸╎",
                " #2  ╎                    here, held by you ▪╌ SYN,ACK seq=0 ack=1 win=64240 ╌╎",
                "     ╎                                                                        ╎");
    moment_role(m, 72, 1, ROLE_changed); /* the state of the server's end */
    wire_syn_ack_arrives(m);
    moment_draw(m, &stage_view_wire, 80, 6, false);
    EXPECT_ROWS(m, " P1  10.0.0.1:40000                                           10.0.0.2:8080  P2",
                " ESTABLISHED                                   half-open 1, queue 0/5  SYN_RECV",
                " #1  ╎╌ SYN seq=0 win=64240 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▸╎",
                " #2  ╎◂╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN,ACK seq=0 ack=1 win=64240 ╌╎",
                " #3  ╎╌ ACK seq=1 ack=1 win=64240 ╌▪ here, held by you                        ╎",
                "     ╎                                                                        ╎");
    moment_draw(m, &stage_view_wire, 39, 6, false);
    EXPECT_ROWS(m, " P1  10.0.0.1:40000  10.0.0.2:8080  P2", " ESTABLISHED             0/5  SYN_RECV",
                " #1  ╎╌ SYN seq=0 win=64240 ╌╌╌╌╌╌╌╌▸╎", " #2  ╎◂╌╌╌╌╌╌╌╌ SYN,ACK seq=0 ack=1 ╌╎",
                " #3  ╎╌ ACK seq=1 ack=1 win=64240 ╌▪ ╎", "     ╎       here, held by you       ╎");
    wire_ack_arrives(m);
    moment_draw(m, &stage_view_wire, 80, 6, true);
    EXPECT_ROWS(m, " P1  10.0.0.1:40000                                           10.0.0.2:8080  P2",
                " ESTABLISHED                                      accept queue 1/5  ESTABLISHED",
                " #1  |- SYN seq=0 win=64240 ------------------------------------------------->|",
                " #2  |<--------------------------------------- SYN,ACK seq=0 ack=1 win=64240 -|",
                " #3  |- ACK seq=1 ack=1 win=64240 ------------------------------------------->|",
                "     |                                                                        |");
    moment_role(m, 8, 3, ROLE_text);
    moment_role(m, 8, 4, ROLE_changed);
    moment_chinese = true;
    moment_draw(m, &stage_view_wire, 39, 5, false);
    EXPECT_ROWS(m, " P1  10.0.0.1:40000  10.0.0.2:8080  P2", " ESTABLISHED          1/5  ESTABLISHED",
                " #1  ╎╌ SYN seq=0 win=64240 ╌╌╌╌╌╌╌╌▸╎", " #2  ╎◂╌╌╌╌╌╌╌╌ SYN,ACK seq=0 ack=1 ╌╎",
                " #3  ╎╌ ACK seq=1 ack=1 win=64240 ╌╌▸╎");
    moment_free(m);
}

static void a_packet_crosses(void **state)
{
    (void)state;
    struct moment *m = wire_moment();
    wire_syn_arrives(m);
    m->frame.motion = 0;
    moment_draw(m, &stage_view_wire, 80, 4, true);
    EXPECT_ROWS(m, " P1  10.0.0.1:40000                                           10.0.0.2:8080  P2",
                " SYN_SENT                                      half-open 1, queue 0/5  SYN_RECV",
                " #1  |- SYN seq=0 win=64240 ----->                                            |",
                " #2  |                                         SYN,ACK seq=0 ack=1 win=64240  |");
    m->frame.motion = 0.5;
    moment_draw(m, &stage_view_wire, 80, 4, true);
    EXPECT_ROWS(m, " P1  10.0.0.1:40000                                           10.0.0.2:8080  P2",
                " SYN_SENT                                      half-open 1, queue 0/5  SYN_RECV",
                " #1  |- SYN seq=0 win=64240 --------------------------->                      |",
                " #2  |                                         SYN,ACK seq=0 ack=1 win=64240 -|");
    moment_free(m);
}

/* After the handshake: two segments, the second arrives first, the first is doubled, its copy lost. */
static void overtaken_doubled_and_lost(void **state)
{
    (void)state;
    struct moment *m = wire_moment();
    wire_syn_arrives(m);
    wire_syn_ack_arrives(m);
    wire_ack_arrives(m);
    moment_keep(m, CLIENT_TASK);
    wire_to_server(m, WIRE_PSH | WIRE_ACK, 1, 1, 1460);
    wire_to_server(m, WIRE_PSH | WIRE_ACK, 1461, 1, 540);
    wire_act(m, 5, PACKET_delivered);
    wire_act(m, 4, PACKET_duplicated);
    wire_act(m, 6, PACKET_dropped);
    moment_draw(m, &stage_view_wire, 80, 8, false);
    EXPECT_ROWS(m, " P1  10.0.0.1:40000                                           10.0.0.2:8080  P2",
                " ESTABLISHED                                      accept queue 1/5  ESTABLISHED",
                " #1  ╎╌ SYN seq=0 win=64240 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▸╎",
                " #2  ╎◂╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN,ACK seq=0 ack=1 win=64240 ╌╎",
                " #3  ╎╌ ACK seq=1 ack=1 win=64240 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▸╎",
                " #4  ╎╌ PSH,ACK seq=1 ack=1 len=1460 win=64240 ╌▪ here, held by you           ╎",
                " #5  ╎╌ PSH,ACK seq=1461 ack=1 len=540 win=64240 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▸╎",
                " #6  ╎╌ PSH,ACK seq=1 ack=1 len=1460 win=64240, copy ╌✗ lost                  ╎");
    wire_act(m, 4, PACKET_delivered);
    moment_draw(m, &stage_view_wire, 39, 8, false);
    EXPECT_ROWS(m, " P1  10.0.0.1:40000  10.0.0.2:8080  P2", " ESTABLISHED          1/5  ESTABLISHED",
                " #1  ╎╌ SYN seq=0 win=64240 ╌╌╌╌╌╌╌╌▸╎", " #2  ╎◂╌╌╌╌╌╌╌╌ SYN,ACK seq=0 ack=1 ╌╎",
                " #3  ╎╌ ACK seq=1 ack=1 win=64240 ╌╌▸╎", " #4  ╎╌ PSH,ACK, overtaken ╌╌╌╌╌╌╌╌╌▸╎",
                " #5  ╎╌ PSH,ACK seq=1461 len=540 ╌╌╌▸╎", " #6  ╎╌ PSH,ACK, copy ╌✗ lost        ╎");
    moment_chinese = true;
    moment_draw(m, &stage_view_wire, 80, 5, false); /* what moved last is in sight */
    EXPECT_ROWS(m, " P1  10.0.0.1:40000                                           10.0.0.2:8080  P2",
                " ESTABLISHED                                        全连接队列 1/5  ESTABLISHED",
                " #4  ╎╌ PSH,ACK seq=1 ack=1 len=1460 win=64240, 被超过 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▸╎▴",
                " #5  ╎╌ PSH,ACK seq=1461 ack=1 len=540 win=64240 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▸╎",
                " #6  ╎╌ PSH,ACK seq=1 ack=1 len=1460 win=64240, 副本 ╌✗ 丢失                  ╎");
    moment_free(m);
}

static void bytes_that_wait_are_told(void **state)
{
    (void)state;
    struct moment *m = wire_moment();
    wire_syn_arrives(m);
    wire_syn_ack_arrives(m);
    wire_ack_arrives(m);
    moment_keep(m, CLIENT_TASK);
    wire_to_server(m, WIRE_PSH | WIRE_ACK, 1, 1, 5);
    wire_socket(m, CLIENT, SOCKET_established, wire_client, wire_server, 0, 5);
    wire_act(m, 4, PACKET_delivered);
    wire_socket(m, ACCEPTED, SOCKET_established, wire_server, wire_client, 5, 0);
    moment_draw(m, &stage_view_wire, 80, 3, false);
    EXPECT_ROWS(m, " P1  10.0.0.1:40000                                           10.0.0.2:8080  P2",
                " ESTABLISHED  unacked: 5                           1/5  to read: 5  ESTABLISHED",
                " #4  ╎╌ PSH,ACK seq=1 ack=1 len=5 win=64240 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▸╎▴");
    moment_chinese = true;
    moment_draw(m, &stage_view_wire, 39, 3, false);
    EXPECT_ROWS(m, " P1  10.0.0.1:40000  10.0.0.2:8080  P2", " ESTABLISHED          1/5  ESTABLISHED",
                " #4  ╎╌ PSH,ACK seq=1 ack=1 len=5 ╌╌▸╎▴");
    moment_free(m);
}

/* A datagram to a port where nobody is, and the kernel's answer, which quotes it. */
static void a_datagram_to_nobody(void **state)
{
    (void)state;
    static struct packet datagram, answer;
    struct moment *m = moment_new();
    packet_udp(&datagram, "ping");
    packet_unreachable(&answer, &datagram);
    moment_keep(m, 1);
    wire_sent(m, (struct wire_sent){.from = {0x0A000001, 40000},
                                    .to = {0x0A000002, 9999},
                                    .task = CLIENT_TASK,
                                    .protocol = 17,
                                    .length = 4,
                                    .bytes = datagram.bytes,
                                    .size = (uint32_t)datagram.length});
    wire_act(m, 1, PACKET_delivered);
    wire_sent(m, (struct wire_sent){.from = {0x0A000002, 0},
                                    .to = {0x0A000001, 0},
                                    .protocol = 1,
                                    .seq = 3 | 3 << 8,
                                    .bytes = answer.bytes,
                                    .size = (uint32_t)answer.length});
    moment_draw(m, &stage_view_wire, 80, 4, false);
    EXPECT_ROWS(m, " P1  10.0.0.1:40000                                               10.0.0.2:9999",
                " UDP                                                                        UDP",
                " #1  ╎╌ UDP len=4 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▸╎",
                " #2  ╎                          here, held by you ▪╌╌╌ ICMP port unreachable ╌╎");
    moment_chinese = true;
    moment_draw(m, &stage_view_wire, 39, 5, true);
    EXPECT_ROWS(m, " P1  10.0.0.1:40000      10.0.0.2:9999", " UDP                               UDP",
                " #1  |- UDP len=4 ------------------>|", " #2  |           =- ICMP 端口不可达 -|",
                "     |      停在这里，由你扣住       |");
    moment_free(m);
}

/* Of a second client the packets are there, with its port, but faint once the first one is what the step is about. */
static void other_conversations_are_faint(void **state)
{
    (void)state;
    struct moment *m = wire_moment();
    moment_keep(m, CLIENT_TASK);
    wire_sent(
        m, (struct wire_sent){.from = {0x0A000001, 40001}, .to = wire_server, .task = CLIENT_TASK, .flags = WIRE_SYN});
    wire_act(m, 2, PACKET_delivered);
    wire_act(m, 1, PACKET_delivered);
    moment_draw(m, &stage_view_wire, 80, 4, false);
    EXPECT_ROWS(m, " P1  10.0.0.1:40000                                           10.0.0.2:8080  P2",
                " SYN_SENT                                              accept queue 0/5  LISTEN",
                " #1  ╎╌ :40000 SYN seq=0 win=64240 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▸╎",
                " #2  ╎╌ :40001 SYN seq=0 win=64240 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▸╎");
    moment_role(m, 8, 2, ROLE_changed);
    moment_role(m, 8, 3, ROLE_faint);
    moment_free(m);
}

/* One that the person has chosen is marked, and the diagram is about its conversation. */
static void a_chosen_packet_is_marked(void **state)
{
    (void)state;
    struct moment *m = wire_moment();
    wire_syn_arrives(m);
    m->frame.packet.number = 1;
    moment_draw(m, &stage_view_wire, 39, 5, false);
    moment_role(m, 1, 2, ROLE_cursor);
    moment_role(m, 1, 3, ROLE_faint);
    moment_free(m);
}

/* The kernel's sockets alone: the machine shows no packets. */
static void states_without_packets(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    moment_keep(m, 1);
    wire_socket(m, LISTENER, SOCKET_listen, wire_server, (struct world_address){0, 0}, 0, 5);
    moment_draw(m, &stage_view_wire, 80, 3, false);
    EXPECT_ROWS(m, "                                                                  10.0.0.2:8080",
                " CLOSED                                                accept queue 0/5  LISTEN",
                "     ╎                                                                        ╎");
    wire_socket(m, CLIENT, SOCKET_syn_sent, wire_client, wire_server, 0, 0);
    wire_states(m, SOCKET_fin_wait_2, SOCKET_close_wait);
    moment_draw(m, &stage_view_wire, 80, 3, false);
    EXPECT_ROWS(m, " 10.0.0.1:40000                                                   10.0.0.2:8080",
                " FIN_WAIT_2                                        accept queue 0/5  CLOSE_WAIT",
                "     ╎                                                                        ╎");
    moment_free(m);
}

/* Where connect() makes a connection in one go, SYN_SENT is never seen. */
static void who_called_is_told_by_the_port_where_nobody_saw_it(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    moment_keep(m, 1);
    wire_socket(m, LISTENER, SOCKET_listen, wire_server, (struct world_address){0, 0}, 1, 5);
    wire_states(m, SOCKET_established, SOCKET_established);
    moment_draw(m, &stage_view_wire, 80, 3, false);
    EXPECT_ROWS(m, " 10.0.0.1:40000                                                   10.0.0.2:8080",
                " ESTABLISHED                                      accept queue 1/5  ESTABLISHED",
                "     ╎                                                                        ╎");
    wire_socket(m, CLIENT, SOCKET_gone, wire_client, wire_server, 0, 0);
    moment_draw(m, &stage_view_wire, 80, 3, false);
    EXPECT_ROWS(m, " 10.0.0.1:40000                                                   10.0.0.2:8080",
                " CLOSED (gone)                                    accept queue 1/5  ESTABLISHED",
                "     ╎                                                                        ╎");
    moment_free(m);
}

/* However long and however small: nothing is cut without saying so, and nothing is drawn twice. */
static void any_run_fits_any_pane(void **state)
{
    (void)state;
    struct moment *m = wire_moment();
    uint32_t random = 7, held[64];
    for (unsigned i = 0; i < 1200; i++) {
        random = random * 1664525 + 1013904223;
        moment_keep(m, CLIENT_TASK);
        wire_to_server(m, random >> 24, random, random >> 3, (random >> 8) % 1461);
        wire_to_client(m, random >> 22 & 255, random >> 1, random >> 5, (random >> 12) % 1461);
        size_t count = world_packets_held(m->world, held, 64);
        uint32_t number = held[random % (count < 64 ? count : 64)];
        wire_act(m, number, PACKET_delivered + random % 3);
        moment_chinese = i % 2;
        m->frame.motion = (i % 5) / 4.0;
        m->frame.views[STAGE_VIEW_wire].scroll = (int)(random >> 20) % 30 - 25;
        if (i % 8 == 0)
            moment_draw(m, &stage_view_wire, 39 + i % 90, 5 + i % 20, i % 7 == 0);
    }
    moment_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_has_been_sent),
        cmocka_unit_test(a_held_packet_ends_in_mid_air),
        cmocka_unit_test(three_ways),
        cmocka_unit_test(a_packet_crosses),
        cmocka_unit_test(overtaken_doubled_and_lost),
        cmocka_unit_test(bytes_that_wait_are_told),
        cmocka_unit_test(a_datagram_to_nobody),
        cmocka_unit_test(other_conversations_are_faint),
        cmocka_unit_test(a_chosen_packet_is_marked),
        cmocka_unit_test(states_without_packets),
        cmocka_unit_test(who_called_is_told_by_the_port_where_nobody_saw_it),
        cmocka_unit_test(any_run_fits_any_pane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
