/* The windows of TCP over time: bars of what the kernel and the packets said, in words and in pictures, and nothing that
 * neither of them said. */
#include "stage_moment_wire.h"

/* What the kernel says of how an end sends. */
static void tell_window(struct moment *m, uint32_t id, unsigned receive, unsigned send, struct event_window window)
{
    bool client = id == CLIENT;
    window.segment = window.segment ? window.segment : 1460;
    moment_tell(m, (struct event){.kind = EVENT_SOCKET,
                                  .other = id,
                                  .value = SOCKET_established,
                                  .argument = {wire_packed(client ? wire_client : wire_server),
                                               wire_packed(client ? wire_server : wire_client),
                                               (int64_t)((uint64_t)receive | (uint64_t)send << 32), 6},
                                  .payload = &window,
                                  .length = sizeof window});
}

#define NOT_SET UINT32_MAX

/* Who only answers. */
static const struct event_window receiver = {.congestion = 10, .threshold = NOT_SET, .send = 64240};

static void server_says(struct moment *m, unsigned flags, uint32_t ack, uint32_t window)
{
    wire_sent(m, (struct wire_sent){.from = wire_server,
                                    .to = wire_client,
                                    .flags = flags,
                                    .seq = !(flags & WIRE_SYN),
                                    .ack = ack,
                                    .window = window,
                                    .closed = true});
}

/* The handshake; then both may send 10 segments, the client takes 64240 bytes, the server `window`. */
static struct moment *connected(uint32_t window)
{
    struct event_window client = {.congestion = 10, .threshold = NOT_SET, .send = window};
    struct moment *m = wire_moment();
    wire_act(m, 1, PACKET_delivered);
    server_says(m, WIRE_SYN | WIRE_ACK, 1, window);
    wire_socket(m, ACCEPTED, SOCKET_syn_recv, wire_server, wire_client, 0, 0);
    wire_act(m, 2, PACKET_delivered);
    wire_to_server(m, WIRE_ACK, 1, 1, 0);
    tell_window(m, CLIENT, 0, 0, client);
    wire_act(m, 3, PACKET_delivered);
    tell_window(m, ACCEPTED, 0, 0, receiver);
    return m;
}

static void client_sends(struct moment *m, uint32_t seq, uint32_t length)
{
    wire_to_server(m, WIRE_PSH | WIRE_ACK, seq, 1, length);
}

/* A step of the client: it calls send(). What follows belongs to it. */
static void send_step(struct moment *m)
{
    moment_asks(m, CLIENT_TASK, OPERATION_socket_send, 0, 0);
    moment_gets(m, CLIENT_TASK, 0, 0, 0);
}

static void nothing_to_show(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    moment_keep(m, 1);
    assert_int_equal(moment_rows(m, &stage_view_window, 39), 0);
    moment_draw(m, &stage_view_window, 39, 6, false);
    EXPECT_ROWS(m, " no connection yet");
    moment_keep(m, CLIENT_TASK);
    wire_sent(m, (struct wire_sent){
                     .from = wire_client, .to = wire_server, .task = CLIENT_TASK, .protocol = 17, .length = 4});
    assert_int_equal(moment_rows(m, &stage_view_window, 39), 0);
    moment_draw(m, &stage_view_window, 39, 6, false);
    EXPECT_ROWS(m, " UDP has no window: nobody holds the", " sender back");
    moment_chinese = true;
    moment_draw(m, &stage_view_window, 39, 6, false);
    EXPECT_ROWS(m, " UDP 没有窗口：没有谁会让发送方慢下来");
    moment_free(m);
}

/* Neither kernel has said more than a state, and nobody has promised the caller anything. */
static void a_call_that_nobody_has_answered(void **state)
{
    (void)state;
    struct moment *m = wire_moment();
    moment_draw(m, &stage_view_window, 39, 6, false);
    EXPECT_ROWS(m, " P1 SYN_SENT", "    10", "     0", " P2 not known yet", "     0", " step  2");
    moment_free(m);
}

/* The scene retransmission: sent, lost, sent again after a time-out. */
static struct moment *lost_and_sent_again(void)
{
    struct moment *m = connected(64240);
    send_step(m);
    client_sends(m, 1, 7);
    tell_window(m, CLIENT, 0, 7,
                (struct event_window){.congestion = 10, .threshold = NOT_SET, .send = 64240, .in_flight = 1});
    wire_act(m, 4, PACKET_dropped);
    send_step(m); /* something else happens meanwhile */
    client_sends(m, 1, 7);
    tell_window(m, CLIENT, 0, 7,
                (struct event_window){
                    .congestion = 1, .threshold = 5, .send = 64240, .in_flight = 1, .lost = 1, .congestion_state = 4});
    return m;
}

static void answered(struct moment *m)
{
    wire_act(m, 5, PACKET_delivered);
    server_says(m, WIRE_ACK, 8, 64233);
    tell_window(m, ACCEPTED, 7, 0, receiver);
    wire_act(m, 6, PACKET_delivered);
    tell_window(m, CLIENT, 0, 0,
                (struct event_window){.congestion = 2, .threshold = 5, .send = 64233, .congestion_state = 4});
}

static void after_a_timeout_the_congestion_window_is_one(void **state)
{
    (void)state;
    struct moment *m = lost_and_sent_again();
    moment_draw(m, &stage_view_window, 39, 6, false);
    EXPECT_ROWS(m, " P1 sends ⡇cwnd 1x1460 B ⣿in flight 7 B", "    10       ⡇⡇⡇⡇⡇⡇⡇⡇⡇✗ time-out",
                "     0       ⡇⡇⡇⡇⡇⡇⣇⣇⣇⣀⣀⣀╌ ssthresh 5", " P2 takes ⡇window 64240 B", " 64240    ⡇⡇⡇⡇⡇⡇⡇⡇⡇⣇⣇⣇⣇⣇⣇",
                " step  2              8");
    moment_draw(m, &stage_view_window, 39, 6, true);
    EXPECT_ROWS(m, " P1 sends |cwnd 1x1460 B #in flight 7 B", "    10       |||||||||x time-out",
                "     0       ||||||+++###- ssthresh 5", " P2 takes |window 64240 B", " 64240    |||||||||++++++",
                " step  2              8");
    answered(m);
    moment_draw(m, &stage_view_window, 49, 9, false);
    EXPECT_ROWS(m, " P1 sends ⡇cwnd 2x1460 B ⣿in flight 0 B", "    10       ⡇⡇⡇⡇⡇⡇⡇⡇⡇✗ time-out",
                "             ⡇⡇⡇⡇⡇⡇⡇⡇⡇", "             ⡇⡇⡇⡇⡇⡇⡇⡇⡇╌╌╌╌╌╌╌╌╌╌ ssthresh 5",
                "     0       ⡇⡇⡇⡇⡇⡇⣧⣧⣧⣤⣤⣤⣤⣤⣤⡇⡇⡇", " P2 takes ⡇window 64233 B to read: 7",
                " 64240    ⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇", "     0    ⡇⡇⡇⡇⡇⡇⡇⡇⡇⣇⣇⣇⣇⣇⣇⣇⣇⣇⡇⡇⡇", " step  2              8     10");
    moment_draw(m, &stage_view_window, 49, 9, true);
    EXPECT_ROWS(m, " P1 sends |cwnd 2x1460 B #in flight 0 B", "    10       |||||||||x time-out",
                "             |||||||||", "             |||||||||---------- ssthresh 5",
                "     0       ||||||+++######|||", " P2 takes |window 64233 B to read: 7",
                " 64240    |||||||||||||||||||||", "     0    |||||||||+++++++++|||", " step  2              8     10");
    moment_chinese = true;
    moment_draw(m, &stage_view_window, 39, 6, false);
    EXPECT_ROWS(m, " P1 ⡇cwnd 2x1460 ⣿在途 0 B ╌ssthresh 5", "    10       ⡇⡇⡇⡇⡇⡇⡇⡇⡇✗ 超时",
                "     0       ⡇⡇⡇⡇⡇⡇⣇⣇⣇⣀⣀⣀⣀⣀⣀⡄⡄⡄", " P2 接收 ⡇窗口 64233 B 待读：7", " 64240    ⡇⡇⡇⡇⡇⡇⡇⡇⡇⣇⣇⣇⣇⣇⣇⣇⣇⣇⡇⡇⡇",
                " 步    2              8     10");
    moment_draw(m, &stage_view_window, 66, 14, false);
    EXPECT_ROWS(m, " P1 发送  ⡇cwnd 2x1460 B  ⣿在途 0 B  慢启动", "    10       ⡇⡇⡇⡇⡇⡇⡇⡇⡇✗ 超时",
                "             ⡇⡇⡇⡇⡇⡇⡇⡇⡇", "             ⡇⡇⡇⡇⡇⡇⡇⡇⡇", "             ⡇⡇⡇⡇⡇⡇⡇⡇⡇╌╌╌╌╌╌╌╌╌╌ ssthresh 5",
                "             ⡇⡇⡇⡇⡇⡇⡇⡇⡇", "             ⡇⡇⡇⡇⡇⡇⡇⡇⡇      ⡄⡄⡄", "     0       ⡇⡇⡇⡇⡇⡇⣷⣷⣷⣶⣶⣶⣶⣶⣶⡇⡇⡇",
                " P2 接收  ⡇窗口 64233 B  待读：7", " 64240    ⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇",
                "          ⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇", "          ⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇", "     0    ⡇⡇⡇⡇⡇⡇⡇⡇⡇⣇⣇⣇⣇⣇⣇⣇⣇⣇⡇⡇⡇",
                " 步    2              8     10");
    moment_free(m);
}

/* The receiver's buffer holds two segments: the window closes, and opens when its program reads. */
static struct moment *closing(void)
{
    struct moment *m = connected(1460);
    struct event_window sender = {.congestion = 10, .threshold = NOT_SET, .send = 1460, .segment = 730};
    for (unsigned i = 0; i < 2; i++) {
        send_step(m);
        client_sends(m, 1 + i * 730, 730);
        sender.in_flight = 1;
        sender.unsent = i ? 700 : 0;
        tell_window(m, CLIENT, 0, 730 + sender.unsent, sender);
        wire_act(m, world_packet_count(m->world), PACKET_delivered);
        server_says(m, WIRE_ACK, 731 + i * 730, i ? 0 : 730);
        tell_window(m, ACCEPTED, (i + 1) * 730, 0, receiver);
        wire_act(m, world_packet_count(m->world), PACKET_delivered);
        sender.in_flight = 0;
        sender.send = i ? 0 : 730;
        tell_window(m, CLIENT, 0, sender.unsent, sender);
    }
    return m;
}

static void the_window_closes_and_opens(void **state)
{
    (void)state;
    struct moment *m = closing();
    moment_draw(m, &stage_view_window, 39, 6, false);
    EXPECT_ROWS(m, " P1 ⡇cwnd 10x730 queued 700 B", "    10       ⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇",
                "     0       ⡇⡇⡇⡇⡇⡇⣇⣇⣇⣇⣇⣇⡇⡇⡇⣇⣇⣇⣇⣇⣇⡇⡇⡇", " P2 takes ⡇window 0 B to read: 1460",
                "  1460    ⡇⡇⡇⡇⡇⡇⡇⡇⡇⣧⣧⣧⣤⣤⣤⡄⡄⡄⣤⣤⣤⣤⣤⣤0", " step  2              7           11");
    moment_draw(m, &stage_view_window, 49, 9, true);
    EXPECT_ROWS(m, " P1 |cwnd 10x730 queued 700 B #in flight 0 B", "    10       ||||||||||||||||||||||||",
                "             ||||||||||||||||||||||||", "             ||||||||||||||||||||||||",
                "     0       ||||||++++++|||++++++|||", " P2 takes |window 0 B to read: 1460",
                "  1460    ||||||||||||", "     0    |||||||||######|||######0",
                " step  2              7           11");
    /* Its program reads: it promises again, and the sender does not know of that yet. */
    send_step(m);
    server_says(m, WIRE_ACK, 1461, 1460);
    tell_window(m, ACCEPTED, 0, 0, receiver);
    moment_draw(m, &stage_view_window, 66, 7, false);
    EXPECT_ROWS(m, " P1 sends  ⡇cwnd 10x730 B  queued 700 B  ⣿in flight 0 B",
                "    10       ⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇", "     0       ⡇⡇⡇⡇⡇⡇⣇⣇⣇⣇⣇⣇⡇⡇⡇⣇⣇⣇⣇⣇⣇⡇⡇⡇⡇⡇⡇",
                " P2 takes  ⡇window 1460 B  P1 still thinks 0 B", "  1460    ⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇               ⡇⡇⡇",
                "     0    ⡇⡇⡇⡇⡇⡇⡇⡇⡇⣿⣿⣿⣿⣿⣿⡇⡇⡇⣿⣿⣿⣿⣿⣿0  ⡇⡇⡇", " step  2              7              12");
    moment_chinese = true;
    moment_draw(m, &stage_view_window, 66, 7, true);
    EXPECT_ROWS(m, " P1 发送  |cwnd 10x730 B  待发 700 B  #在途 0 B  慢启动",
                "    10       |||||||||||||||||||||||||||", "     0       ||||||++++++|||++++++||||||",
                " P2 接收  |窗口 1460 B  P1 还以为是 0 B", "  1460    ||||||||||||               |||",
                "     0    |||||||||######|||######0  |||", " 步    2              7              12");
    moment_free(m);
}

/* Each acknowledgement lets the window grow by one segment: per round trip it doubles, up to the threshold. */
static void slow_start_doubles(void **state)
{
    (void)state;
    struct moment *m = connected(64240);
    struct event_window sender = {.congestion = 1, .threshold = 8, .send = 64240};
    uint32_t seq = 1;
    for (unsigned round = 0; round < 5; round++) {
        uint32_t count = sender.congestion, first = world_packet_count(m->world) + 1;
        send_step(m);
        for (unsigned i = 0; i < count; i++, seq += 1460)
            client_sends(m, seq, 1460);
        sender.in_flight = count;
        tell_window(m, CLIENT, 0, count * 1460, sender);
        for (unsigned i = 0; i < count; i++) {
            wire_act(m, first + i, PACKET_delivered);
            server_says(m, WIRE_ACK, seq - (count - 1 - i) * 1460, 64240);
        }
        for (unsigned i = 0; i < count; i++) {
            wire_act(m, first + count + i, PACKET_delivered);
            sender.congestion += sender.congestion < sender.threshold || (i + 1 == count && round > 3);
            sender.in_flight--;
            tell_window(m, CLIENT, 0, sender.in_flight * 1460, sender);
        }
    }
    moment_draw(m, &stage_view_window, 66, 14, false);
    EXPECT_ROWS(m, " P1 sends  ⡇cwnd 9x1460 B  ⣿in flight 0 B  ╌ssthresh 8",
                "    10   ⡇⡇                                                  ⡄",
                "         ⡇⡇╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌⡆⣶⣶⣶⣶⣶⣶⣶⣶⣶⡆⡆⡆⡆⡆⡆⡆⡆⣶⣶⣶⣶⣶⣶⣶⣶⣶⡆⡆⡆⡆⡆⡆⡆⡇",
                "         ⡇⡇              ⡀⡇⡇⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣇⡇⡇⡇⡇⡇⡇⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣇⡇⡇⡇⡇⡇⡇",
                "         ⡇⡇             ⡄⡇⡇⡇⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣧⡇⡇⡇⡇⡇⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣧⡇⡇⡇⡇⡇",
                "         ⡇⡇      ⡀⡇⣿⣿⣿⣿⣿⣇⡇⡇⡇⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣇⡇⡇⡇⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣇⡇⡇⡇",
                "         ⡇⡇  ⡄⣤⣤⣤⡇⡇⣿⣿⣿⣿⣿⣿⣧⡇⡇⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣧⡇⡇⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣧⡇⡇",
                "     0   ⡇⡇⣶⣶⡇⣿⣿⣿⣷⡇⣿⣿⣿⣿⣿⣿⣿⣷⡇⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣷⡇⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣷⡇", " P2 takes  ⡇window 64240 B",
                " 64240  ⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇",
                "        ⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇",
                "        ⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇⡇",
                "     0  ⡇⡇⡇⣇⣇⡇⣇⣇⣇⣇⡇⣧⣧⣧⣧⣧⣧⣇⣇⡇⣷⣷⣷⣷⣷⣷⣷⣷⣷⣷⣷⣧⣧⣧⣇⣇⡇⣷⣷⣷⣷⣷⣷⣷⣷⣷⣷⣷⣧⣧⣧⣇⣇⡇",
                " step  2    7    12   17   22   27   32   37   42   47   52  56");
    moment_draw(m, &stage_view_window, 130, 12, true);
    EXPECT_ROWS(m,
                " P1 sends  |cwnd 9x1460 B  #in flight 0 B  -ssthresh 8             P2 sends  |cwnd 10x1460 B  #in "
                "flight 0 B  slow start",
                "    10   ||                                                  :        10    "
                "||||||||||||||||||||||||||||||||||||||||||||||||||||",
                "         ||---------------:|#########+|||||||#########+|||||||              "
                "||||||||||||||||||||||||||||||||||||||||||||||||||||",
                "         ||             :|||###########+|||||###########+|||||              "
                "||||||||||||||||||||||||||||||||||||||||||||||||||||",
                "         ||      :|#####+|||#############+|||#############+|||              "
                "||||||||||||||||||||||||||||||||||||||||||||||||||||",
                "     0   ||##|###+|#######+|###############+|###############+|         0    "
                "||||||||||||||||||||||||||||||||||||||||||||||||||||",
                " P2 takes  |window 64240 B                                         P1 takes  |window 64240 B",
                " 64240  ||||||||||||||||||||||||||||||||||||||||||||||||||||||     64240 "
                "|||||||||||||||||||||||||||||||||||||||||||||||||||||||",
                "        ||||||||||||||||||||||||||||||||||||||||||||||||||||||           "
                "|||||||||||||||||||||||||||||||||||||||||||||||||||||||",
                "        ||||||||||||||||||||||||||||||||||||||||||||||||||||||           "
                "|||||||||||||||||||||||||||||||||||||||||||||||||||||||",
                "     0  |||++|++++|++++++++|++++++++++++++++|++++++++++++++++|         0 "
                "|||||||||||||||||||||||||||||||||||||||||||||||||||||||",
                " step  2    7    12   17   22   27   32   37   42   47   52  56    step  2    7    12   17   22   27  "
                " 32   37   42   47   52  56");
    /* More than the width holds: the picture was moved on by half, and can be moved back. */
    moment_draw(m, &stage_view_window, 39, 6, false);
    EXPECT_ROWS(m, " P1 ⡇cwnd 9x1460 ⣿in flight 0 B", "    10 ⡆⡆⡆⡆⡆⡆⣶⣶⣶⣶⣶⣶⣶⣶⣶⣦⣆⡆⡆⡆⡆⡆⡇",
                "     0 ⣿⣿⣷⣧⣇⡇⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣷⣧⣇⡇", " P2 takes ⡇window 64240 B", " 64240 ⣇⣇⣇⣇⣇⡇⣇⣇⣇⣇⣇⣇⣇⣇⣇⣇⣇⣇⣇⣇⣇⣇⡇",
                " step ◂   37   42   47   52  56");
    m->frame.views[STAGE_VIEW_window].scroll = -100;
    moment_draw(m, &stage_view_window, 39, 6, false);
    EXPECT_ROWS(m, " P1 ⡇cwnd 9x1460 ⣿in flight 0 B", "    10   ⡇⡇╌╌╌╌╌╌╌╌╌╌╌╌╌╌⡀⡄⡆⣶⣶⣶⣶⣶⣶⣶⣶⣶⣦⣆",
                "     0   ⡇⡇⣀⣀⡄⣤⣤⣤⣆⡇⣿⣿⣿⣿⣿⣷⣧⣇⡇⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿", " P2 takes ⡇window 64240 B",
                " 64240  ⡇⡇⡇⣇⣇⡇⣇⣇⣇⣇⡇⣇⣇⣇⣇⣇⣇⣇⣇⡇⣇⣇⣇⣇⣇⣇⣇⣇⣇⣇⣇", " step  2    7    12   17   22   27   32");
    moment_free(m);
}

/* The machine shows no packets: what the kernel says of itself is there, and the window is what its peer knows of. */
static void without_packets_the_kernel_alone_speaks(void **state)
{
    (void)state;
    struct moment *m = moment_new();
    moment_keep(m, 1);
    wire_socket(m, LISTENER, SOCKET_listen, wire_server, (struct world_address){0, 0}, 0, 5);
    moment_draw(m, &stage_view_window, 39, 6, false);
    EXPECT_ROWS(m, " no connection yet");
    /* connect() has made it in one go: SYN_SENT was never seen. */
    tell_window(m, CLIENT, 0, 0, (struct event_window){.congestion = 10, .threshold = NOT_SET, .send = 4096});
    tell_window(m, ACCEPTED, 0, 0, (struct event_window){.congestion = 10, .threshold = NOT_SET, .send = 8192});
    send_step(m);
    tell_window(
        m, CLIENT, 0, 4096,
        (struct event_window){.congestion = 10, .threshold = NOT_SET, .send = 2048, .in_flight = 2, .unsent = 1176});
    moment_draw(m, &stage_view_window, 39, 6, false);
    EXPECT_ROWS(m, " client ⡇cwnd 10x1460 ⣿in flight 2920 B", "    10 ⡇⡇⡇⡇⡇⡇", "     0 ⡇⡇⡇⣧⣧⣧",
                " server takes ⡇window 2048 B", "  4096 ⡇⡇⡇⣶⣶⣶", " step  1  2");
    wire_socket(m, CLIENT, SOCKET_gone, wire_client, wire_server, 0, 0);
    moment_draw(m, &stage_view_window, 39, 6, false);
    EXPECT_ROWS(m, " client CLOSED (gone)", "    10 ⡇⡇⡇", "     0 ⡇⡇⡇", " server ESTABLISHED", "  4096 ⡇⡇⡇",
                " step  1  2");
    moment_free(m);
}

/* What was drawn at a step is drawn again when one comes back to it. */
static void going_back_gives_the_same_picture(void **state)
{
    (void)state;
    char was[16][512], now[512];
    struct moment *m = lost_and_sent_again();
    struct world *kept = world_copy(m->world), *kept_before = world_copy(m->before);
    struct stage_step step = m->frame.step;
    moment_draw(m, &stage_view_window, 49, 9, false);
    for (unsigned row = 0; row < 9; row++)
        canvas_row_text(m->canvas, row, was[row], sizeof was[row]);
    answered(m);
    moment_draw(m, &stage_view_window, 49, 9, false);
    canvas_row_text(m->canvas, 0, now, sizeof now);
    assert_string_not_equal(now, was[0]);
    assert_int_equal(world_assign(m->world, kept), STATUS_OK);
    assert_int_equal(world_assign(m->before, kept_before), STATUS_OK);
    m->frame.step = step;
    moment_draw(m, &stage_view_window, 49, 9, false);
    for (unsigned row = 0; row < 9; row++) {
        canvas_row_text(m->canvas, row, now, sizeof now);
        assert_string_equal(now, was[row]);
    }
    world_free(kept);
    world_free(kept_before);
    moment_free(m);
}

/* Whatever the numbers and however small the pane: nothing is cut without saying so, and nothing is drawn twice. */
static void any_numbers_fit_any_pane(void **state)
{
    (void)state;
    struct moment *m = connected(64240);
    uint32_t random = 7;
    for (unsigned i = 0; i < 1500; i++) {
        random = random * 1664525 + 1013904223;
        struct event_window window = {.congestion = random >> (random >> 27),
                                      .threshold = i % 3 ? random >> 20 : NOT_SET,
                                      .send = random >> (i % 32),
                                      .in_flight = random >> (random >> 28),
                                      .lost = i % 5 == 0,
                                      .segment = 1 + (random >> 18),
                                      .congestion_state = random >> 29,
                                      .unsent = random >> (i % 29)};
        wire_sent(m, (struct wire_sent){.from = i % 2 ? wire_server : wire_client,
                                        .to = i % 2 ? wire_client : wire_server,
                                        .flags = random >> 24,
                                        .seq = random,
                                        .length = random >> 16,
                                        .window = random >> (i % 31),
                                        .closed = true});
        wire_act(m, world_packet_count(m->world), PACKET_delivered);
        tell_window(m, i % 7 ? CLIENT : ACCEPTED, random >> 3, random >> (i % 30), window);
        moment_chinese = i % 2;
        m->frame.views[STAGE_VIEW_window].scroll = (int)(random >> 20) % 60 - 50;
        if (i % 5 == 0)
            moment_draw(m, &stage_view_window, 1 + i % 211, 1 + i % 61, i % 11 == 0);
    }
    moment_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_to_show),
        cmocka_unit_test(a_call_that_nobody_has_answered),
        cmocka_unit_test(after_a_timeout_the_congestion_window_is_one),
        cmocka_unit_test(the_window_closes_and_opens),
        cmocka_unit_test(slow_start_doubles),
        cmocka_unit_test(without_packets_the_kernel_alone_speaks),
        cmocka_unit_test(going_back_gives_the_same_picture),
        cmocka_unit_test(any_numbers_fit_any_pane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
