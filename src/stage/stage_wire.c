/* Conversations, found among the packets and the kernel's sockets. An answer by ICMP belongs to the conversation of the
 * packet that it quotes. Works nothing out that the kernel or the packets do not say. */
#include "stage/stage_wire.h"

#include <stdio.h>

#include "network/decode.h"

enum { ICMP = 1, TCP = 6 };

static bool same_address(struct world_address a, struct world_address b)
{
    return a.host == b.host && a.port == b.port;
}

bool stage_wire_same(const struct wire_flow *a, const struct wire_flow *b)
{
    if (a->protocol != b->protocol)
        return false;
    return (same_address(a->end[0], b->end[0]) && same_address(a->end[1], b->end[1])) ||
           (same_address(a->end[0], b->end[1]) && same_address(a->end[1], b->end[0]));
}

/* Sender first. */
static struct wire_flow flow_as_sent(const struct world_packet *packet)
{
    struct wire_flow flow = {.protocol = packet->protocol, .end = {packet->from, packet->to}};
    struct decode decode, quoted;
    if (packet->protocol != ICMP)
        return flow;
    decode_packet(packet->bytes, packet->kept, NULL, &decode);
    if (!decode.icmp.quote)
        return flow;
    decode_packet(packet->bytes + decode.icmp.quote, packet->kept - decode.icmp.quote, NULL, &quoted);
    if (!quoted.source_port && !quoted.destination_port)
        return flow;
    flow.protocol = quoted.protocol;
    flow.end[0] = (struct world_address){quoted.destination, quoted.destination_port};
    flow.end[1] = (struct world_address){quoted.source, quoted.source_port};
    return flow;
}

uint32_t stage_wire_first(const struct world *world)
{
    uint32_t count = world_packet_count(world);
    return count > WORLD_PACKETS ? count - WORLD_PACKETS + 1 : 1;
}

struct wire_flow stage_wire_flow(const struct world *world, const struct world_packet *packet, unsigned *sender)
{
    struct wire_flow flow = flow_as_sent(packet);
    *sender = WIRE_LEFT;
    for (uint32_t number = stage_wire_first(world); number < packet->number; number++) {
        const struct world_packet *earlier = world_packet(world, number);
        struct wire_flow first = earlier ? flow_as_sent(earlier) : (struct wire_flow){.protocol = 0};
        if (!earlier || !stage_wire_same(&flow, &first))
            continue;
        *sender = same_address(first.end[0], flow.end[0]) ? WIRE_LEFT : WIRE_RIGHT;
        return first;
    }
    return flow;
}

bool stage_wire_moved(const struct stage_frame *frame, uint32_t number)
{
    const struct world_packet *before = world_packet(frame->before, number),
                              *after = world_packet(frame->after, number);
    if (frame->before == frame->after || !after)
        return false;
    return !before || before->fate != after->fate || before->absorbed != after->absorbed;
}

/* Chosen, else with a new fate, else sent first in this step, else the newest. */
static uint32_t packet_of_interest(const struct stage_frame *frame)
{
    uint32_t count = world_packet_count(frame->after), sent = 0;
    if (frame->packet.number && world_packet(frame->after, frame->packet.number))
        return frame->packet.number;
    for (uint32_t number = stage_wire_first(frame->after); number <= count; number++) {
        if (!stage_wire_moved(frame, number))
            continue;
        if (world_packet(frame->before, number))
            return number;
        sent = sent ? sent : number;
    }
    return sent ? sent : count;
}

/* Both sockets of the flow, the left one first, as world_packet_ends names client and server. */
static void find_sockets(const struct world *world, const struct world_packet *packet, struct stage_wire *out)
{
    uint32_t client = 0, server = 0;
    struct world_packet like = *packet;
    like.protocol = out->flow.protocol;
    like.from = out->flow.end[WIRE_LEFT];
    like.to = out->flow.end[WIRE_RIGHT];
    world_packet_ends(world, &like, &client, &server);
    const struct world_socket *socket = world_socket(world, client);
    const struct world_socket *other = world_socket(world, server);
    bool swapped = (socket && socket->local.port != like.from.port) || (other && other->local.port != like.to.port);
    out->socket[WIRE_LEFT] = swapped ? server : client;
    out->socket[WIRE_RIGHT] = swapped ? client : server;
}

/* Where no packet is seen: the newest connection that the kernel knows, else who listens. Of a connection that was made
 * within one call nobody saw who began: then world_packet_ends tells by the ports. */
static bool find_without_packets(const struct world *world, struct stage_wire *out)
{
    uint32_t listener = 0;
    for (uint32_t id = world_socket_count(world); id > 0; id--) {
        const struct world_socket *socket = world_socket(world, id);
        if (socket->protocol != TCP || !socket->local.port)
            continue;
        if (socket->state == SOCKET_listen)
            listener = id;
        if (!socket->peer.port)
            continue;
        struct world_packet like = {.protocol = TCP, .from = socket->local, .to = socket->peer};
        uint32_t client, server;
        world_packet_ends(world, &like, &client, &server);
        out->flow = (struct wire_flow){.protocol = TCP, .end = {socket->local, socket->peer}};
        if (client != id && server == id)
            out->flow = (struct wire_flow){.protocol = TCP, .end = {socket->peer, socket->local}};
        find_sockets(world, &like, out);
        return true;
    }
    if (!listener)
        return false;
    out->flow = (struct wire_flow){.protocol = TCP, .end = {{0, 0}, world_socket(world, listener)->local}};
    out->socket[WIRE_RIGHT] = listener;
    return true;
}

bool stage_wire_find(const struct stage_frame *frame, struct stage_wire *out)
{
    unsigned sender;
    *out = (struct stage_wire){.packet = packet_of_interest(frame)};
    const struct world_packet *packet = world_packet(frame->after, out->packet);
    if (!packet)
        return find_without_packets(frame->after, out);
    out->flow = stage_wire_flow(frame->after, packet, &sender);
    find_sockets(frame->after, packet, out);
    for (uint32_t number = stage_wire_first(frame->after); number <= world_packet_count(frame->after); number++) {
        const struct world_packet *other = world_packet(frame->after, number);
        struct wire_flow flow = flow_as_sent(other);
        out->several = out->several || !stage_wire_same(&flow, &out->flow);
    }
    return true;
}

uint32_t stage_wire_listener(const struct world *world, struct world_address address)
{
    for (uint32_t id = world_socket_count(world); id > 0 && address.port; id--) {
        const struct world_socket *socket = world_socket(world, id);
        if (socket->state == SOCKET_listen && socket->local.port == address.port &&
            (!socket->host || socket->host == address.host) &&
            (socket->local.host == address.host || socket->local.host == 0))
            return id;
    }
    return 0;
}

static uint32_t process_of(const struct world *world, uint32_t id)
{
    const struct world_socket *socket = world_socket(world, id);
    const struct world_object *object = socket ? world_object(world, socket->object) : NULL;
    return object ? object->process : 0;
}

/* Of a socket that several processes have: the first of them that has asked for something of it, or waits at it. */
static uint32_t process_at(const struct world *world, uint32_t id)
{
    const struct world_socket *socket = world_socket(world, id);
    for (uint32_t i = 1; socket && socket->object && i <= world_task_count(world); i++) {
        const struct world_task *task = world_task(world, i);
        if (task && (task->waits_for == socket->object || (task->held && task->object == socket->object)))
            return task->process;
    }
    return 0;
}

/* Its socket's owner; else who sends from there; else who listens there. */
const char *stage_wire_who(const struct stage_frame *frame, const struct stage_wire *wire, unsigned end,
                           char out[STAGE_NAME_SIZE])
{
    uint32_t process = process_of(frame->after, wire->socket[end]);
    for (uint32_t number = world_packet_count(frame->after); number >= stage_wire_first(frame->after) && !process;
         number--) {
        const struct world_packet *packet = world_packet(frame->after, number);
        const struct world_task *task = world_task(frame->after, packet->task);
        if (task && packet->protocol == wire->flow.protocol && same_address(packet->from, wire->flow.end[end]))
            process = task->process;
    }
    uint32_t listener = stage_wire_listener(frame->after, wire->flow.end[end]);
    if (!process)
        process = process_of(frame->after, listener);
    if (!process)
        process = process_at(frame->after, wire->socket[end]);
    if (!process)
        process = process_at(frame->after, listener);
    const struct world_process *known = world_process(frame->after, process);
    snprintf(out, STAGE_NAME_SIZE, "%s", known ? known->name : "");
    return out;
}
