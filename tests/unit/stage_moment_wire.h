/* Moments of a conversation on the wire, for the tests of the views of the network: a client at 10.0.0.1:40000, which is P1,
 * and a server at 10.0.0.2:8080, which is P2. */
#ifndef LOCKSTEP_TESTS_STAGE_MOMENT_WIRE_H
#define LOCKSTEP_TESTS_STAGE_MOMENT_WIRE_H

#include "stage_moment.h"

enum { WIRE_FIN = 1, WIRE_SYN = 2, WIRE_RST = 4, WIRE_PSH = 8, WIRE_ACK = 16 };
enum { LISTENER = 1, CLIENT = 2, ACCEPTED = 3 }; /* the kernel's sockets, in the order in which they appear */
enum { CLIENT_TASK = 1, SERVER_TASK = 2 };

static const struct world_address wire_client = {0x0A000001, 40000}, wire_server = {0x0A000002, 8080};

static inline int64_t wire_packed(struct world_address address)
{
    return event_address(address.host, address.port);
}

static inline void wire_socket(struct moment *m, uint32_t id, unsigned state, struct world_address local,
                               struct world_address peer, unsigned receive, unsigned send)
{
    moment_tell(m, (struct event){.kind = EVENT_SOCKET,
                                  .other = id,
                                  .object = id == LISTENER && world_object_count(m->world) > 0,
                                  .value = state,
                                  .argument = {wire_packed(local), wire_packed(peer),
                                               (int64_t)((uint64_t)receive | (uint64_t)send << 32), 6}});
}

/* The states of both ends of the connection. */
static inline void wire_states(struct moment *m, unsigned client, unsigned server)
{
    wire_socket(m, CLIENT, client, wire_client, wire_server, 0, 0);
    wire_socket(m, ACCEPTED, server, wire_server, wire_client, 0, 0);
}

struct wire_sent {
    struct world_address from, to;
    uint32_t task, seq, ack, length, window;
    unsigned flags, protocol;
    const void *bytes;
    uint32_t size;
    bool closed; /* window 0 is meant */
};

static inline void wire_sent(struct moment *m, struct wire_sent sent)
{
    uint64_t about = sent.flags | (uint64_t)(sent.protocol ? sent.protocol : 6) << 8 | (uint64_t)sent.length << 16 |
                     (uint64_t)(sent.window || sent.closed ? sent.window : 64240) << 32;
    moment_tell(m, (struct event){.kind = EVENT_PACKET,
                                  .value = PACKET_sent,
                                  .other = world_packet_count(m->world) + 1,
                                  .task = sent.task,
                                  .argument = {wire_packed(sent.from), wire_packed(sent.to),
                                               (int64_t)(sent.seq | (uint64_t)sent.ack << 32), (int64_t)about},
                                  .payload = sent.bytes,
                                  .length = sent.size});
}

static inline void wire_to_server(struct moment *m, unsigned flags, uint32_t seq, uint32_t ack, uint32_t length)
{
    wire_sent(m, (struct wire_sent){.from = wire_client,
                                    .to = wire_server,
                                    .task = CLIENT_TASK,
                                    .flags = flags,
                                    .seq = seq,
                                    .ack = ack,
                                    .length = length});
}

static inline void wire_to_client(struct moment *m, unsigned flags, uint32_t seq, uint32_t ack, uint32_t length)
{
    wire_sent(m, (struct wire_sent){
                     .from = wire_server, .to = wire_client, .flags = flags, .seq = seq, .ack = ack, .length = length});
}

/* A step of the person: something becomes of packet `number`. What follows belongs to it. */
static inline void wire_act(struct moment *m, uint32_t number, unsigned act)
{
    moment_keep(m, 0);
    moment_tell(m, (struct event){.kind = EVENT_PACKET,
                                  .value = act,
                                  .other = number,
                                  .second = act == PACKET_duplicated ? world_packet_count(m->world) + 1 : 0});
}

static inline void wire_absorbed(struct moment *m, uint32_t number)
{
    moment_tell(m, (struct event){.kind = EVENT_PACKET, .value = PACKET_absorbed, .other = number});
}

/* P2 listens, P1 has called it: the SYN is held. */
static inline struct moment *wire_moment(void)
{
    struct moment *m = moment_new();
    moment_process(m, 1);
    uint32_t listening = moment_object(m, OBJECT_socket, "10.0.0.2:8080", 2);
    moment_tell(m, (struct event){.kind = EVENT_SOCKET,
                                  .other = LISTENER,
                                  .object = listening,
                                  .value = SOCKET_listen,
                                  .argument = {wire_packed(wire_server), 0, (int64_t)(5ull << 32), 6}});
    moment_keep(m, CLIENT_TASK);
    wire_to_server(m, WIRE_SYN, 0, 0, 0);
    wire_socket(m, CLIENT, SOCKET_syn_sent, wire_client, wire_server, 0, 0);
    return m;
}

/* The next of the three ways, each a step. */
static inline void wire_syn_arrives(struct moment *m)
{
    wire_act(m, 1, PACKET_delivered);
    wire_to_client(m, WIRE_SYN | WIRE_ACK, 0, 1, 0);
    wire_socket(m, ACCEPTED, SOCKET_syn_recv, wire_server, wire_client, 0, 0);
}

static inline void wire_syn_ack_arrives(struct moment *m)
{
    wire_act(m, 2, PACKET_delivered);
    wire_to_server(m, WIRE_ACK, 1, 1, 0);
    wire_states(m, SOCKET_established, SOCKET_syn_recv);
}

static inline void wire_ack_arrives(struct moment *m)
{
    wire_act(m, 3, PACKET_delivered);
    wire_states(m, SOCKET_established, SOCKET_established);
    wire_socket(m, LISTENER, SOCKET_listen, wire_server, (struct world_address){0, 0}, 1, 5);
}

#endif
