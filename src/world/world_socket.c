/* The kernel's sockets, as the kernel told of them; nothing is worked out here but who began a connection. */
#include "world/world_state.h"

#include <stddef.h>
#include <string.h>

/* The last of a step stands for it. */
static void sample_keep(struct world *world, const struct world_socket *socket, bool window)
{
    const struct world_sample *newest = world_sample(world, world->samples);
    bool again = newest && newest->socket == socket->id && newest->step == world->steps;
    if (!again && world->list[LIST_SAMPLE].count <= WORLD_SAMPLES && !world_list_add(world, LIST_SAMPLE))
        return;
    world->samples += !again;
    struct world_sample *sample = list_at(world, LIST_SAMPLE, (world->samples - 1) % WORLD_SAMPLES + 1);
    *sample = (struct world_sample){.socket = socket->id,
                                    .step = world->steps,
                                    .state = socket->state,
                                    .has_window = window,
                                    .receive_queue = socket->receive_queue,
                                    .send_queue = socket->send_queue};
    if (window)
        sample->window = socket->window;
}

void world_socket_event(struct world *world, const struct event *event)
{
    struct list *sockets = &world->list[LIST_SOCKET];
    if (!event->other || event->other > sockets->count || event->value < 0 || event->value >= SOCKET_STATE_COUNT) {
        world_diverge(world, "socket %u of the kernel is out of order, or in an unknown state", event->other);
        return;
    }
    if (event->other == sockets->count && !world_list_add(world, LIST_SOCKET))
        return;
    struct world_socket *socket = list_at(world, LIST_SOCKET, event->other);
    socket->id = event->other;
    if (event->value == SOCKET_gone && socket->state != SOCKET_gone)
        socket->left = socket->state;
    socket->state = (uint8_t)event->value;
    if (event->value == SOCKET_gone) {
        socket->timer = socket->retransmits = 0;
        socket->receive_queue = socket->send_queue = socket->due = 0;
        if (socket->protocol == 6 && socket->peer.port)
            sample_keep(world, socket, false);
        return;
    }
    uint64_t about = (uint64_t)event->argument[3], queues = (uint64_t)event->argument[2];
    socket->object = event->object;
    socket->host = event->second;
    socket->protocol = (uint8_t)about;
    socket->timer = (uint8_t)(about >> 8);
    socket->retransmits = (uint8_t)(about >> 16);
    socket->due = (uint32_t)(about >> 32);
    socket->local =
        (struct world_address){event_address_host(event->argument[0]), event_address_port(event->argument[0])};
    socket->peer =
        (struct world_address){event_address_host(event->argument[1]), event_address_port(event->argument[1])};
    socket->receive_queue = (uint32_t)queues;
    socket->send_queue = (uint32_t)(queues >> 32);
    socket->path |= 1u << event->value;
    if (socket->state == SOCKET_syn_sent)
        socket->initiator = 1;
    size_t told = event->length < sizeof socket->window ? event->length : sizeof socket->window;
    bool window = told >= offsetof(struct event_window, unsent) && event->payload;
    if (window) {
        socket->window = (struct event_window){0};
        memcpy(&socket->window, event->payload, told);
    }
    if (socket->protocol == 6 && socket->state != SOCKET_listen && socket->peer.port)
        sample_keep(world, socket, window);
}

uint32_t world_socket_count(const struct world *world)
{
    return world->list[LIST_SOCKET].count - 1;
}

const struct world_socket *world_socket(const struct world *world, uint32_t id)
{
    const struct world_socket *socket = list_at(world, LIST_SOCKET, id);
    return socket->id ? socket : NULL;
}

const struct world_socket *world_socket_of_object(const struct world *world, uint32_t object)
{
    for (uint32_t id = world_socket_count(world); object && id > 0; id--)
        if (world_socket(world, id)->object == object)
            return world_socket(world, id);
    return NULL;
}

uint32_t world_sample_count(const struct world *world)
{
    return world->samples;
}

const struct world_sample *world_sample(const struct world *world, uint32_t number)
{
    bool known = number > 0 && number <= world->samples && world->samples - number < WORLD_SAMPLES;
    return known ? list_at(world, LIST_SAMPLE, (number - 1) % WORLD_SAMPLES + 1) : NULL;
}

/* The newest socket of a connection's end, also one that has gone; else, for a connection that is only asked for, who
 * listens there. */
static uint32_t end_of(const struct world *world, uint8_t protocol, struct world_address own, struct world_address peer,
                       bool asked)
{
    uint32_t gone = 0, listener = 0;
    for (uint32_t id = world_socket_count(world); id > 0; id--) {
        const struct world_socket *socket = world_socket(world, id);
        if (socket->protocol != protocol || socket->local.port != own.port ||
            (socket->host && socket->host != own.host))
            continue;
        bool here = socket->local.host == own.host;
        if (here && socket->peer.host == peer.host && socket->peer.port == peer.port) {
            if (socket->state != SOCKET_gone)
                return id;
            if (!gone)
                gone = id;
        } else if ((here || socket->local.host == 0) && socket->state == SOCKET_listen && (here || !listener)) {
            listener = id;
        }
    }
    return gone && !(asked && listener) ? gone : listener;
}

bool world_packet_ends(const struct world *world, const struct world_packet *packet, uint32_t *client, uint32_t *server)
{
    bool syn = (packet->flags & 2) != 0, asks = syn && !(packet->flags & 16);
    uint32_t from = end_of(world, packet->protocol, packet->from, packet->to, false);
    uint32_t to = end_of(world, packet->protocol, packet->to, packet->from, asks);
    const struct world_socket *one = world_socket(world, from), *other = world_socket(world, to);
    bool began = asks || (one && one->initiator && one->state != SOCKET_listen);
    bool begun = (syn && !asks) || (other && other->initiator && other->state != SOCKET_listen);
    bool from_is_client = began != begun ? began : packet->from.port >= packet->to.port;
    *client = from_is_client ? from : to;
    *server = from_is_client ? to : from;
    return from_is_client;
}

const char *socket_state_name(unsigned state)
{
    static const char *const names[SOCKET_STATE_COUNT] = {
        [SOCKET_gone] = "CLOSED",         [SOCKET_established] = "ESTABLISHED", [SOCKET_syn_sent] = "SYN_SENT",
        [SOCKET_syn_recv] = "SYN_RECV",   [SOCKET_fin_wait_1] = "FIN_WAIT_1",   [SOCKET_fin_wait_2] = "FIN_WAIT_2",
        [SOCKET_time_wait] = "TIME_WAIT", [SOCKET_closed] = "CLOSED",           [SOCKET_close_wait] = "CLOSE_WAIT",
        [SOCKET_last_ack] = "LAST_ACK",   [SOCKET_listen] = "LISTEN",           [SOCKET_closing] = "CLOSING"};
    return state < SOCKET_STATE_COUNT ? names[state] : "CLOSED";
}
