/* The states of TCP: where each end is, through which states it came, and what moved it. */
#include "stage_moment_wire.h"

static void nothing_is_connected(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    moment_keep(m, 1);
    assert_int_equal(moment_rows(m, &stage_view_tcp, 39), 0);
    moment_draw(m, &stage_view_tcp, 39, 1, false);
    EXPECT_ROWS(m, " no connection yet");
    moment_free(m);
}

static void datagrams_have_no_states(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    moment_keep(m, 1);
    wire_sent(m, (struct wire_sent){.from = wire_client, .to = wire_server, .protocol = 17});
    assert_int_equal(moment_rows(m, &stage_view_tcp, 60), 0);
    moment_draw(m, &stage_view_tcp, 60, 1, false);
    EXPECT_ROWS(m, " UDP knows no connections, so it has no states");
    moment_free(m);
}

static void the_way_to_established(void **state)
{
    (void)state;
    struct moment *m = wire_moment();
    assert_int_equal(moment_rows(m, &stage_view_tcp, 39), 12);
    moment_draw(m, &stage_view_tcp, 39, 12, false);
    EXPECT_ROWS(m, " C client P1   S server P2", "              cs CLOSED", " S LISTEN                 C  SYN_SENT",
                "   SYN_RECV", "                 ESTABLISHED", "   FIN_WAIT_1                CLOSE_WAIT",
                "   FIN_WAIT_2    CLOSING     LAST_ACK", "                 TIME_WAIT    CLOSED",
                " C SYN_SENT: connect(): SYN goes out");
    moment_role(m, 29, 2, ROLE_changed);
    moment_role(m, 4, 2, ROLE_running);
    moment_role(m, 4, 3, ROLE_faint);
    wire_syn_arrives(m);
    moment_draw(m, &stage_view_tcp, 39, 12, true);
    EXPECT_ROWS(m, " C client P1   S server P2", "              cs CLOSED", " s LISTEN                 C  SYN_SENT",
                " S SYN_RECV", "                 ESTABLISHED", "   FIN_WAIT_1                CLOSE_WAIT",
                "   FIN_WAIT_2    CLOSING     LAST_ACK", "                 TIME_WAIT    CLOSED",
                " S SYN_RECV: SYN came, SYN+ACK goes", " out");
    wire_syn_ack_arrives(m);
    wire_ack_arrives(m);
    moment_draw(m, &stage_view_tcp, 39, 12, false);
    EXPECT_ROWS(m, " C client P1   S server P2", "              cs CLOSED", " s LISTEN                 c  SYN_SENT",
                " s SYN_RECV", "              CS ESTABLISHED", "   FIN_WAIT_1                CLOSE_WAIT",
                "   FIN_WAIT_2    CLOSING     LAST_ACK", "                 TIME_WAIT    CLOSED",
                " S ESTABLISHED: the ACK of its SYN", " came");
    moment_chinese = true;
    moment_draw(m, &stage_view_tcp, 39, 8, false);
    EXPECT_ROWS(m, " C 客户端 P1   S 服务器 P2", "              cs CLOSED", " s LISTEN                 c  SYN_SENT",
                " s SYN_RECV", "              CS ESTABLISHED", "   FIN_WAIT_1                CLOSE_WAIT",
                "   FIN_WAIT_2    CLOSING     LAST_ACK", "                 TIME_WAIT    CLOSED");
    moment_free(m);
}

/* The client closes first, the server later; at last only the client's end is left, waiting. */
static void the_way_out(void **state)
{
    (void)state;
    struct moment *m = wire_moment();
    wire_syn_arrives(m);
    wire_syn_ack_arrives(m);
    wire_ack_arrives(m);
    moment_keep(m, CLIENT_TASK);
    wire_to_server(m, WIRE_FIN | WIRE_ACK, 1, 1, 0);
    wire_states(m, SOCKET_fin_wait_1, SOCKET_established);
    wire_act(m, 4, PACKET_delivered);
    wire_to_client(m, WIRE_ACK, 1, 2, 0);
    wire_states(m, SOCKET_fin_wait_1, SOCKET_close_wait);
    moment_draw(m, &stage_view_tcp, 39, 12, false);
    EXPECT_ROWS(m, " C client P1   S server P2", "              cs CLOSED", " s LISTEN                 c  SYN_SENT",
                " s SYN_RECV", "              cs ESTABLISHED", "C  FIN_WAIT_1              S CLOSE_WAIT",
                "   FIN_WAIT_2    CLOSING     LAST_ACK", "                 TIME_WAIT    CLOSED",
                " S CLOSE_WAIT: FIN came, ACK goes out");
    wire_act(m, 5, PACKET_delivered);
    wire_states(m, SOCKET_fin_wait_2, SOCKET_close_wait);
    moment_keep(m, SERVER_TASK);
    wire_to_client(m, WIRE_FIN | WIRE_ACK, 1, 2, 0);
    wire_states(m, SOCKET_fin_wait_2, SOCKET_last_ack);
    wire_act(m, 6, PACKET_delivered);
    wire_to_server(m, WIRE_ACK, 2, 2, 0);
    wire_states(m, SOCKET_time_wait, SOCKET_last_ack);
    moment_draw(m, &stage_view_tcp, 39, 12, false);
    EXPECT_ROWS(m, " C client P1   S server P2", "              cs CLOSED", " s LISTEN                 c  SYN_SENT",
                " s SYN_RECV", "              cs ESTABLISHED", "c  FIN_WAIT_1              s CLOSE_WAIT",
                "c  FIN_WAIT_2    CLOSING   S LAST_ACK", "              C  TIME_WAIT    CLOSED",
                " C TIME_WAIT: FIN came, ACK goes out");
    wire_act(m, 7, PACKET_delivered);
    wire_states(m, SOCKET_time_wait, SOCKET_gone);
    moment_draw(m, &stage_view_tcp, 39, 12, false);
    EXPECT_ROWS(m, " C client P1   S server P2", "              cs CLOSED", " s LISTEN                 c  SYN_SENT",
                " s SYN_RECV", "              cs ESTABLISHED", "c  FIN_WAIT_1              s CLOSE_WAIT",
                "c  FIN_WAIT_2    CLOSING   s LAST_ACK", "              C  TIME_WAIT  S CLOSED",
                " S CLOSED: the ACK of its FIN came");
    moment_draw(m, &stage_view_tcp, 120, 20, false);
    EXPECT_ROWS(
        m, " C client P1   S server P2", "                                        cs CLOSED",
        "    ▾ listen(): it waits for callers                                              ▾ connect(): SYN goes out",
        "  s LISTEN                                                                     c  SYN_SENT",
        "    ▾ SYN came, SYN+ACK goes out", "  s SYN_RECV",
        "                                           ▾ the ACK of its SYN came",
        "                                        cs ESTABLISHED",
        "    ▾ close(): FIN goes out                                                       ▾ FIN came, ACK goes out",
        " c  FIN_WAIT_1                                                                  s CLOSE_WAIT",
        "    ▾ the ACK of its FIN came              ▾                                      ▾ close(): FIN goes out",
        " c  FIN_WAIT_2                             CLOSING                              s LAST_ACK",
        "                                           ▾ FIN came, ACK goes out               ▾ the ACK of its FIN came",
        "                                        C  TIME_WAIT                            S CLOSED",
        " S CLOSED: the ACK of its FIN came");
    moment_free(m);
}

static void a_reset_ends_it_at_once(void **state)
{
    (void)state;
    struct moment *m = wire_moment();
    wire_syn_arrives(m);
    wire_syn_ack_arrives(m);
    wire_ack_arrives(m);
    moment_keep(m, SERVER_TASK);
    wire_to_client(m, WIRE_RST | WIRE_ACK, 1, 1, 0);
    wire_act(m, 4, PACKET_delivered);
    wire_states(m, SOCKET_gone, SOCKET_gone);
    moment_draw(m, &stage_view_tcp, 39, 12, false);
    EXPECT_ROWS(m, " C client P1   S server P2", "              cs CLOSED", " s LISTEN                 c  SYN_SENT",
                " s SYN_RECV", "              cs ESTABLISHED", "   FIN_WAIT_1                CLOSE_WAIT",
                "   FIN_WAIT_2    CLOSING     LAST_ACK", "                 TIME_WAIT CS CLOSED",
                " C CLOSED: RST came: it is gone at", " once", " S CLOSED: RST came: it is gone at", " once");
    moment_chinese = true;
    moment_draw(m, &stage_view_tcp, 39, 12, false);
    EXPECT_ROWS(m, " C 客户端 P1   S 服务器 P2", "              cs CLOSED", " s LISTEN                 c  SYN_SENT",
                " s SYN_RECV", "              cs ESTABLISHED", "   FIN_WAIT_1                CLOSE_WAIT",
                "   FIN_WAIT_2    CLOSING     LAST_ACK", "                 TIME_WAIT CS CLOSED",
                " C CLOSED: 收到 RST：立即消失", " S CLOSED: 收到 RST：立即消失");
    moment_free(m);
}

/* Every state fits, at every size, in both languages; with a reset there is no arrow to explain. */
static void any_states_fit(void **state)
{
    (void)state;
    struct moment *m = wire_moment();
    wire_syn_arrives(m);
    for (unsigned i = 0; i < 600; i++) {
        moment_keep(m, CLIENT_TASK);
        wire_states(m, i % SOCKET_STATE_COUNT, i / SOCKET_STATE_COUNT % SOCKET_STATE_COUNT);
        moment_chinese = i % 2;
        moment_draw(m, &stage_view_tcp, 39 + i % 100, 8 + i % 24, i % 3 == 0);
    }
    moment_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_connected),    cmocka_unit_test(datagrams_have_no_states),
        cmocka_unit_test(the_way_to_established),  cmocka_unit_test(the_way_out),
        cmocka_unit_test(a_reset_ends_it_at_once), cmocka_unit_test(any_states_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
