/* The series of windows of one connection: samples of both its sockets and packets of both directions, put in order of
 * steps. Between two samples nothing has changed, as the kernel is asked after each step; a promised window holds until
 * the next packet. So every value is one that was said, and none lies between two. */
#include "stage/stage_window.h"

#include <stdlib.h>
#include <string.h>

enum { TCP = 6, RST = 4, LOSS = 4, STEPS_MAX = WORLD_SAMPLES + WORLD_PACKETS };

static bool same_end(struct world_address a, struct world_address b)
{
    return a.host == b.host && a.port == b.port;
}

/* The oldest that is known. */
static uint32_t first_sample(const struct world *world)
{
    uint32_t count = world_sample_count(world);
    return count > WORLD_SAMPLES ? count - WORLD_SAMPLES + 1 : 1;
}

/* Whose socket it is; WIRE_ENDS: of another connection. */
static unsigned end_of_sample(const struct stage_wire *wire, const struct world_sample *sample)
{
    for (unsigned end = 0; end < WIRE_ENDS; end++)
        if (wire->socket[end] && wire->socket[end] == sample->socket)
            return end;
    return WIRE_ENDS;
}

/* Who says in it how much it can take. A reset says nothing, and a copy nothing new. */
static unsigned end_of_packet(const struct stage_wire *wire, const struct world_packet *packet)
{
    if (packet->protocol != TCP || packet->copy_of || (packet->flags & RST))
        return WIRE_ENDS;
    for (unsigned end = 0; end < WIRE_ENDS; end++)
        if (same_end(packet->from, wire->flow.end[end]) && same_end(packet->to, wire->flow.end[!end]))
            return end;
    return WIRE_ENDS;
}

static int compare_steps(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, two = *(const uint32_t *)b;
    return one < two ? -1 : one > two;
}

/* Steps in which something was said, ascending, each once. */
static size_t find_steps(const struct world *world, const struct stage_wire *wire, uint32_t steps[STEPS_MAX])
{
    size_t count = 0, kept = 0;
    for (uint32_t number = first_sample(world); number <= world_sample_count(world); number++)
        if (end_of_sample(wire, world_sample(world, number)) < WIRE_ENDS)
            steps[count++] = world_sample(world, number)->step;
    for (uint32_t number = stage_wire_first(world); number <= world_packet_count(world); number++)
        if (end_of_packet(wire, world_packet(world, number)) < WIRE_ENDS)
            steps[count++] = world_packet(world, number)->sent_step;
    qsort(steps, count, sizeof *steps, compare_steps);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || steps[kept - 1] != steps[i])
            steps[kept++] = steps[i];
    return kept;
}

static void take_sample(struct window_side *side, const struct world_sample *sample)
{
    bool was_loss = side->known && side->kernel.congestion_state == LOSS;
    side->told = true;
    side->state = sample->state;
    side->unread = sample->receive_queue;
    side->known = sample->has_window && sample->window.segment > 0;
    side->kernel = sample->window;
    side->flying = sample->send_queue > sample->window.unsent ? sample->send_queue - sample->window.unsent : 0;
    side->advertised = side->advertised && sample->state != SOCKET_gone;
    side->timed_out = side->known && !was_loss && sample->window.congestion_state == LOSS;
}

struct sweep {
    const struct world *world;
    const struct stage_wire *wire;
    uint32_t sample, packet;  /* the next ones */
    uint32_t sent[WIRE_ENDS]; /* how far each stream has come; without packets: samples with bytes under way */
    bool packets;             /* there were any of this connection */
    bool tells[WIRE_ENDS];    /* it has told its peer's window: before Linux 5.4 the kernel does not */
    struct window_moment now;
};

/* All that was said up to and in this step. */
static void sweep_to(struct sweep *sweep, uint32_t step)
{
    struct window_moment *now = &sweep->now;
    now->step = step;
    now->side[WIRE_LEFT].timed_out = now->side[WIRE_RIGHT].timed_out = false;
    for (; sweep->sample <= world_sample_count(sweep->world); sweep->sample++) {
        const struct world_sample *sample = world_sample(sweep->world, sweep->sample);
        unsigned end = end_of_sample(sweep->wire, sample);
        if (sample->step > step)
            break;
        if (end == WIRE_ENDS)
            continue;
        take_sample(&now->side[end], sample);
        sweep->tells[end] = sweep->tells[end] || sample->window.send > 0;
        now->side[end].tells = sweep->tells[end] && sample->state != SOCKET_syn_sent;
        sweep->sent[end] += !sweep->packets && now->side[end].flying > 0;
    }
    for (; sweep->packet <= world_packet_count(sweep->world); sweep->packet++) {
        const struct world_packet *packet = world_packet(sweep->world, sweep->packet);
        unsigned end = end_of_packet(sweep->wire, packet);
        if (packet->sent_step > step)
            break;
        if (end == WIRE_ENDS)
            continue;
        now->side[end].advertised = true;
        now->side[end].window = packet->window;
        if (packet->sequence + packet->length > sweep->sent[end])
            sweep->sent[end] = packet->sequence + packet->length;
    }
    /* Without a wire: what the sender has been told. */
    for (unsigned end = 0; end < WIRE_ENDS && !sweep->packets; end++) {
        const struct window_side *peer = &now->side[!end];
        now->side[end].advertised = peer->known && peer->tells;
        now->side[end].window = now->side[end].advertised ? peer->kernel.send : 0;
    }
}

void stage_window_find(const struct stage_frame *frame, const struct stage_wire *wire, struct window_series *out)
{
    const struct world *world = frame->after;
    struct sweep sweep = {
        .world = world, .wire = wire, .sample = first_sample(world), .packet = stage_wire_first(world)};
    uint32_t steps[STEPS_MAX];
    size_t count = find_steps(world, wire, steps);
    for (uint32_t number = sweep.packet; number <= world_packet_count(world) && !sweep.packets; number++)
        sweep.packets = end_of_packet(wire, world_packet(world, number)) < WIRE_ENDS;
    out->count = 0;
    for (size_t i = 0; i < count; i++) {
        sweep_to(&sweep, steps[i]);
        if (count - i <= WINDOW_MOMENTS)
            out->moments[out->count++] = sweep.now;
    }
    out->sender = sweep.sent[WIRE_RIGHT] > sweep.sent[WIRE_LEFT] ? WIRE_RIGHT : WIRE_LEFT;
}
