/* Connections by their two ends. Only grows: a run has as many as it has, and the newest are looked at first. */
#include "network/flow.h"

#include <stdlib.h>

struct flow_end {
    uint32_t host;
    uint16_t port;
    bool known;       /* its first sequence number has been seen */
    int8_t scale;     /* -1: it did not offer to scale its windows */
    uint32_t initial; /* sequence number of its SYN */
    uint32_t next;    /* behind all that it has sent */
    bool stopped;     /* the other end has once had no room */
};

struct flow {
    struct flow_end ends[2];
};

struct flows {
    struct flow *items;
    size_t count, capacity;
};

struct flows *flows_new(void)
{
    return calloc(1, sizeof(struct flows));
}

void flows_free(struct flows *flows)
{
    if (flows)
        free(flows->items);
    free(flows);
}

static struct flow *flow_find(struct flows *flows, const struct segment *segment, int *from)
{
    for (size_t i = flows->count; i-- > 0;)
        for (*from = 0; *from < 2; ++*from) {
            const struct flow_end *own = &flows->items[i].ends[*from], *other = &flows->items[i].ends[1 - *from];
            if (own->host == segment->source && own->port == segment->source_port &&
                other->host == segment->destination && other->port == segment->destination_port)
                return &flows->items[i];
        }
    return NULL;
}

static struct flow *flow_add(struct flows *flows, const struct segment *segment)
{
    if (flows->count == flows->capacity) {
        size_t capacity = flows->capacity ? flows->capacity * 2 : 16;
        struct flow *larger = realloc(flows->items, capacity * sizeof *larger);
        if (!larger)
            return NULL;
        flows->items = larger;
        flows->capacity = capacity;
    }
    struct flow *flow = &flows->items[flows->count++];
    *flow = (struct flow){.ends = {{.host = segment->source, .port = segment->source_port, .scale = -1},
                                   {.host = segment->destination, .port = segment->destination_port, .scale = -1}}};
    return flow;
}

void flows_measure(struct flows *flows, const struct segment *segment, uint32_t *sequence, uint32_t *acknowledgement,
                   uint32_t *window)
{
    *sequence = *acknowledgement = 0;
    *window = segment->window;
    if (segment->protocol != SEGMENT_TCP || segment->fragment)
        return;
    int from = 0;
    struct flow *flow = flow_find(flows, segment, &from);
    if (!flow) {
        flow = flow_add(flows, segment);
        from = 0;
    }
    if (!flow)
        return;
    struct flow_end *own = &flow->ends[from], *peer = &flow->ends[1 - from];
    bool syn = segment->flags & SEGMENT_SYN;
    if (syn && (!own->known || own->initial != segment->sequence)) {
        bool again = own->known && !(segment->flags & SEGMENT_ACK); /* the same two ends, a new connection */
        own->initial = segment->sequence;
        own->scale = segment->window_scale;
        if (again)
            peer->known = false;
        own->known = true;
    }
    if (!own->known && !(segment->flags & SEGMENT_RST)) { /* its beginning was not seen */
        own->initial = segment->sequence - 1;
        own->next = segment->sequence;
        own->known = true;
    }
    uint32_t end = segment->sequence + segment_span(segment);
    if (syn || (int32_t)(end - own->next) > 0)
        own->next = end;
    if (segment->window == 0 && !(segment->flags & SEGMENT_RST))
        peer->stopped = true;
    /* A reset of what nobody asked for has no number of a stream of its own (RFC 9293 section 3.5.2). */
    *sequence = own->known ? segment->sequence - own->initial : 0;
    if ((segment->flags & SEGMENT_ACK) && peer->known)
        *acknowledgement = segment->acknowledgement - peer->initial;
    if (!syn && own->scale >= 0 && peer->scale >= 0)
        *window = (uint32_t)segment->window << own->scale;
}

bool flows_probe(struct flows *flows, const struct segment *segment)
{
    int from = 0;
    if (segment->protocol != SEGMENT_TCP || segment->fragment || segment->flags != SEGMENT_ACK ||
        segment->payload_length > 0)
        return false;
    const struct flow *flow = flow_find(flows, segment, &from);
    return flow && flow->ends[from].stopped && (int32_t)(segment->sequence - flow->ends[from].next) < 0;
}
