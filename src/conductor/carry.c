/* The wire as a part of the run: what the guests send is told as packets, what waits is a choice like a task, and what the
 * kernel says of both ends is told after every step that could have changed it. Which packet goes when is decided
 * elsewhere (conductor.c); here it is carried out. */
#include "conductor/internal.h"
#include "conductor/program.h"
#include "network/states.h"
#include "network/wire.h"

#include <errno.h>
#include <libintl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CARRY_CHUNK = 50 };

struct carried {
    uint32_t id; /* the world's */
    struct states_socket last;
    bool seen;
};

struct carry {
    struct wire *wire;        /* NULL: none */
    int diags[NETWORK_HOSTS]; /* of each namespace; ours if there is no wire */
    size_t diag_count;        /* 0: the kernel's sockets cannot be seen */
    unsigned what;            /* enum states_what: kinds of sockets that the guest has made */
    bool fresh;               /* `states` is how it is now */
    bool dead;                /* the kernel does not tell */
    struct states states;
    struct carried *sockets;
    size_t count, capacity;
    uint32_t told;   /* packets up to this number */
    bool dropped;    /* a packet was lost on the wire */
    int64_t timer;   /* that is waited for: how long it runs in all (ms); 0: none */
    bool probing;    /* it is that of a closed window */
    unsigned probes; /* of a closed window that have been told of, one after the other */
    uint64_t random;
    char why[256]; /* no wire: the reason, "" if none was wanted */
};

/* ---- start and end ---- */

bool carry_wanted(struct conductor *c, const char *program)
{
    if (c->options.live || c->options.wire == CONDUCTOR_WIRE_off)
        return false;
    return c->options.wire != CONDUCTOR_WIRE_auto || program_talks(program);
}

static void carry_explain(struct carry *carry, const struct network_made *made, const char *level)
{
    static const char *const stages[] = {
#define X(name, text) text,
        NETWORK_STAGES(X)
#undef X
    };
    if (made->error && made->stage >= 0 && (size_t)made->stage < sizeof stages / sizeof *stages)
        snprintf(carry->why, sizeof carry->why, gettext("could not %s: %s"), gettext(stages[made->stage]),
                 strerror(made->error));
    else
        snprintf(carry->why, sizeof carry->why, "%s", level);
}

enum status carry_start(struct conductor *c, bool wanted, struct message *message)
{
    c->carry = calloc(1, sizeof *c->carry);
    if (!c->carry)
        return message_set(message, STATUS_MEMORY, "out of memory while making the wire");
    struct carry *carry = c->carry;
    carry->random = c->options.policy.seed * 2 + 1;
    struct network_made made;
    bool there = contain_take_wire(c->contain, &made);
    if (there) {
        enum status status = wire_new(&made, &carry->wire, message);
        if (status != STATUS_OK)
            return status;
        carry->diag_count = (size_t)wire_ends(carry->wire);
        for (size_t i = 0; i < carry->diag_count; i++)
            carry->diags[i] = wire_end_diag(carry->wire, (int)i);
        wire_want_probe(carry->wire, false);
    } else if (wanted) {
        carry_explain(carry, &made, contain_level_text(c->contain));
        if (c->options.wire == CONDUCTOR_WIRE_must)
            return message_set(
                message, STATUS_ENVIRONMENT,
                "there can be no wire on this machine: %s; see `lockstep doctor`, or leave out --wire on", carry->why);
        c->gate->hosts_at_loopback = 1;
        /* Their states can be told all the same where they share our network. */
        carry->diags[0] = contain_has_own_network(c->contain) ? -1 : states_open();
        carry->diag_count = carry->diags[0] >= 0;
    }
    if (!there && c->options.host_count > 0)
        c->gate->hosts_at_loopback = 1;
    return STATUS_OK;
}

void carry_end(struct conductor *c)
{
    struct carry *carry = c->carry;
    if (!carry)
        return;
    if (!carry->wire && carry->diag_count)
        close(carry->diags[0]);
    wire_free(carry->wire);
    states_clear(&carry->states);
    free(carry->sockets);
    free(carry);
    c->carry = NULL;
}

bool conductor_wire(const struct conductor *c, const char **why)
{
    if (why)
        *why = c->carry ? c->carry->why : "";
    return c->carry && c->carry->wire;
}

int conductor_wire_descriptor(const struct conductor *c)
{
    return c->carry && c->carry->wire ? wire_descriptor(c->carry->wire) : -1;
}

/* ---- the kernel's sockets ---- */

/* The guest has made a socket of this family and type (socket(2)). */
void carry_created(struct conductor *c, int64_t family, int64_t type)
{
    if (!c->carry || (family != AF_INET && family != AF_INET6))
        return;
    c->carry->what |= (type & 0xF) == SOCK_DGRAM ? STATES_UDP : STATES_TCP;
    if (family == AF_INET6)
        c->carry->what |= STATES_IPV6;
}

static bool carry_read_states(struct conductor *c)
{
    struct carry *carry = c->carry;
    if (carry->fresh)
        return true;
    if (!carry->what || carry->diag_count == 0 || carry->dead)
        return false;
    carry->dead = states_read_hosts(carry->diags, carry->diag_count, carry->what, &carry->states, NULL) != STATUS_OK;
    carry->fresh = !carry->dead;
    return carry->fresh;
}

static uint32_t carry_object(const struct conductor *c, uint64_t inode)
{
    for (uint32_t id = c->object_count; inode && id > 0; id--)
        if (c->objects[id].key.kind == OBJECT_socket && c->objects[id].key.a == inode && !c->objects[id].gone)
            return id;
    return 0;
}

static struct world_address carry_address(uint32_t host, uint16_t port)
{
    return (struct world_address){.host = host, .port = port};
}

/* A socket is called by its own address; one that was accepted shares that with its listener, and by its peer's, too. */
static void carry_name(struct conductor *c, uint32_t object, const struct states_socket *row)
{
    char own[22], peer[22], name[48];
    world_address_text(carry_address(row->local_host, row->local_port), own);
    world_address_text(carry_address(row->peer_host, row->peer_port), peer);
    bool shared = false;
    const struct states *states = &c->carry->states;
    for (size_t i = 0; i < states->count; i++)
        shared |= states->items[i].state == SOCKET_listen && states->items[i].local_port == row->local_port &&
                  states->items[i].host == row->host;
    if (row->state != SOCKET_listen && shared && row->peer_port)
        snprintf(name, sizeof name, "%s<%s", own, peer);
    else
        snprintf(name, sizeof name, "%s", own);
    name_socket(c, object, name);
}

void carry_names(struct conductor *c)
{
    if (!c->carry)
        return;
    c->carry->fresh = false;
    if (!carry_read_states(c))
        return;
    for (size_t i = 0; i < c->carry->states.count; i++) {
        const struct states_socket *row = &c->carry->states.items[i];
        uint32_t object = row->local_port ? carry_object(c, row->inode) : 0;
        if (object)
            carry_name(c, object, row);
    }
}

static bool carry_same_ends(const struct states_socket *a, const struct states_socket *b)
{
    return a->host == b->host && a->local_host == b->local_host && a->local_port == b->local_port &&
           a->peer_host == b->peer_host && a->peer_port == b->peer_port;
}

/* The socket that this row is about. One that a descriptor leads to is known by its inode; others, and one that has lost
 * or not yet got its descriptor, by their ends. */
static struct carried *carry_known(struct carry *carry, const struct states_socket *row)
{
    struct carried *found = NULL;
    for (size_t i = 0; i < carry->count && !found; i++)
        if (!carry->sockets[i].seen && row->inode && carry->sockets[i].last.inode == row->inode)
            found = &carry->sockets[i];
    for (size_t i = 0; i < carry->count && !found; i++) {
        const struct states_socket *last = &carry->sockets[i].last;
        bool may = !carry->sockets[i].seen && last->protocol == row->protocol && (!row->inode || !last->inode);
        if (may && last->state != SOCKET_listen && row->state != SOCKET_listen && carry_same_ends(last, row))
            found = &carry->sockets[i];
    }
    return found;
}

static struct carried *carry_add(struct conductor *c)
{
    struct carry *carry = c->carry;
    if (carry->count == carry->capacity) {
        size_t capacity = carry->capacity ? carry->capacity * 2 : 16;
        struct carried *larger = realloc(carry->sockets, capacity * sizeof *larger);
        if (!larger)
            return NULL;
        carry->sockets = larger;
        carry->capacity = capacity;
    }
    struct carried *socket = &carry->sockets[carry->count++];
    *socket = (struct carried){.id = world_socket_count(conductor_world(c)) + 1};
    return socket;
}

/* Whether anything differs that a person would see; that a timer runs down is no news. */
static bool carry_differs(const struct states_socket *a, const struct states_socket *b)
{
    return a->state != b->state || a->timer != b->timer || a->retransmits != b->retransmits || a->inode != b->inode ||
           !carry_same_ends(a, b) || a->receive_queue != b->receive_queue || a->send_queue != b->send_queue ||
           a->congestion != b->congestion || a->threshold != b->threshold || a->send_window != b->send_window ||
           a->receive_window != b->receive_window || a->in_flight != b->in_flight || a->lost != b->lost ||
           a->unsent != b->unsent || a->congestion_state != b->congestion_state;
}

/* The address of the host that the socket is on; 0: there are no two. */
static uint32_t carry_host(const struct conductor *c, const struct states_socket *row)
{
    return c->carry->diag_count > 1 ? NETWORK_ADDRESS + row->host : 0;
}

static void carry_tell_socket(struct conductor *c, const struct carried *socket)
{
    const struct states_socket *row = &socket->last;
    struct event_window window = {.congestion = row->congestion,
                                  .threshold = row->threshold,
                                  .send = row->send_window,
                                  .receive = row->receive_window,
                                  .in_flight = row->in_flight,
                                  .lost = row->lost,
                                  .segment = row->segment,
                                  .congestion_state = row->congestion_state,
                                  .unsent = row->unsent};
    const struct world_socket *before = world_socket(conductor_world(c), socket->id);
    uint32_t object = carry_object(c, row->inode);
    if (!object && before)
        object = before->object; /* the guest has closed it; it was that one */
    conductor_tell(c, &(struct event){.kind = EVENT_SOCKET,
                                      .other = socket->id,
                                      .second = carry_host(c, row),
                                      .object = object,
                                      .value = row->state,
                                      .argument = {event_address(row->local_host, row->local_port),
                                                   event_address(row->peer_host, row->peer_port),
                                                   (int64_t)(row->receive_queue | (uint64_t)row->send_queue << 32),
                                                   event_socket(row->protocol, row->timer, row->retransmits, row->due)},
                                      .payload = row->has_window ? &window : NULL,
                                      .length = row->has_window ? sizeof window : 0});
}

static void carry_tell_states(struct conductor *c)
{
    struct carry *carry = c->carry;
    if (!carry_read_states(c))
        return;
    for (size_t i = 0; i < carry->count; i++)
        carry->sockets[i].seen = false;
    for (size_t i = 0; i < carry->states.count; i++) {
        const struct states_socket *row = &carry->states.items[i];
        /* In a network that others share, only what is the guest's. */
        if (!carry->wire && !carry_object(c, row->inode))
            continue;
        struct carried *socket = carry_known(carry, row);
        bool differs = !socket || carry_differs(&socket->last, row);
        if (!socket && !(socket = carry_add(c)))
            return;
        socket->last = *row;
        socket->seen = true;
        if (differs)
            carry_tell_socket(c, socket);
    }
    size_t kept = 0;
    for (size_t i = 0; i < carry->count; i++) {
        if (carry->sockets[i].seen)
            carry->sockets[kept++] = carry->sockets[i];
        else
            conductor_tell(c, &(struct event){.kind = EVENT_SOCKET,
                                              .other = carry->sockets[i].id,
                                              .value = SOCKET_gone,
                                              .argument = {[3] = carry->sockets[i].last.protocol}});
    }
    carry->count = kept;
}

/* ---- packets ---- */

static void carry_tell_packet(struct conductor *c, const struct wire_packet *packet, uint32_t task)
{
    const struct segment *header = &packet->header;
    if (header->protocol == SEGMENT_TCP && segment_span(header) > 0)
        c->carry->probes = 0;
    int64_t numbers = header->protocol == SEGMENT_ICMP
                          ? header->type | header->code << 8
                          : (int64_t)(packet->sequence | (uint64_t)packet->acknowledgement << 32);
    conductor_tell(
        c, &(struct event){
               .kind = EVENT_PACKET,
               .value = PACKET_sent,
               .other = packet->number,
               .task = task,
               .argument = {event_address(header->source, header->source_port),
                            event_address(header->destination, header->destination_port), numbers,
                            event_packet(header->flags, header->protocol, header->payload_length, packet->window)},
               .payload = packet->bytes,
               .length = (uint32_t)packet->size});
}

static bool carry_tell_absorbed(struct conductor *c)
{
    bool news = false;
    for (uint32_t number; (number = wire_next_absorbed(c->carry->wire)) != 0; news = true)
        conductor_tell(c, &(struct event){.kind = EVENT_PACKET, .value = PACKET_absorbed, .other = number});
    return news;
}

bool carry_absorb(struct conductor *c)
{
    struct carry *carry = c->carry;
    if (!carry || !carry->wire)
        return false;
    wire_absorb(carry->wire);
    if (!carry_tell_absorbed(c))
        return false;
    carry->fresh = false;
    carry_tell_states(c);
    return true;
}

/* Tells what has come onto the wire since the last look, sent by `task` (0: by the kernel itself), and how all sockets
 * are. True if there was something. */
bool carry_look(struct conductor *c, uint32_t task)
{
    struct carry *carry = c->carry;
    if (!carry)
        return false;
    bool news = false;
    if (carry->wire) {
        wire_read(carry->wire);
        for (size_t i = 0; i < wire_held_count(carry->wire); i++) {
            const struct wire_packet *packet = wire_held(carry->wire, i);
            if (packet->number <= carry->told)
                continue;
            carry->told = packet->number;
            /* Also of processes that are not observed. */
            carry->what |= packet->header.protocol == SEGMENT_TCP ? STATES_TCP : STATES_UDP;
            if (!packet->copy_of)
                carry_tell_packet(c, packet, task);
            news = true;
        }
        news |= carry_tell_absorbed(c);
    }
    if (news && !task)
        carry->fresh = false; /* the kernel acted by itself */
    carry_tell_states(c);
    return news;
}

/* Somebody runs whose calls are not seen: packets may come at any time. */
static bool carry_strangers(const struct conductor *c)
{
    for (uint32_t id = 1; c->carry->wire && id <= c->process_count; id++)
        if (c->processes[id]->alive && !c->processes[id]->observed)
            return true;
    return false;
}

/* The end of a step of `task`: what it may have sent, and what has become of sockets. */
void carry_after_step(struct conductor *c, uint32_t task, unsigned operation)
{
    if (c->carry)
        c->carry->timer = 0;
    if (!c->carry || (!c->carry->what && !carry_strangers(c)))
        return;
    switch (operation_row(operation)->family) {
    case FAMILY_memory:
    case FAMILY_mutex:
    case FAMILY_cond:
    case FAMILY_semaphore:
    case FAMILY_barrier:
    case FAMILY_rwlock:
    case FAMILY_spin:
    case FAMILY_thread:
    case FAMILY_time:
        break;
    default:
        if (operation_row(operation)->family != FAMILY_socket)
            c->carry->fresh = false; /* after a socket's own step the names were looked up by how they are now */
    }
    carry_look(c, task);
}

size_t carry_held(const struct conductor *c, uint32_t *numbers, size_t max)
{
    if (!c->carry || !c->carry->wire)
        return 0;
    size_t count = wire_held_count(c->carry->wire);
    for (size_t i = 0; i < count && i < max; i++)
        numbers[i] = wire_held(c->carry->wire, i)->number;
    return count;
}

/* The first of one direction goes before the next of it, but which direction is first is open. */
size_t carry_pick(struct conductor *c, size_t tasks)
{
    struct carry *carry = c->carry;
    size_t first[64], directions = 0, held = wire_held_count(carry->wire);
    for (size_t i = 0; i < held && directions < 64; i++) {
        const struct segment *own = &wire_held(carry->wire, i)->header;
        bool behind = false;
        for (size_t k = 0; k < directions && !behind; k++) {
            const struct segment *other = &wire_held(carry->wire, first[k])->header;
            behind = own->source == other->source && own->destination == other->destination &&
                     own->source_port == other->source_port && own->destination_port == other->destination_port;
        }
        if (!behind)
            first[directions++] = i;
    }
    carry->random = carry->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    size_t chosen = (size_t)(carry->random >> 33) % (tasks + directions);
    return chosen < tasks ? SIZE_MAX : first[chosen - tasks];
}

enum status carry_act(struct conductor *c, enum packet_act act, uint32_t number, size_t choices, size_t index,
                      struct message *message)
{
    struct carry *carry = c->carry;
    struct event event = {
        .kind = EVENT_PACKET, .value = act, .other = number, .argument = {0, (int64_t)choices, (int64_t)index}};
    enum status status = STATUS_OK;
    carry_absorb(c); /* belongs to the time before */
    if (act == PACKET_delivered)
        status = wire_release(carry->wire, number, message);
    else if (act == PACKET_dropped)
        status = wire_drop(carry->wire, number);
    else
        status = wire_duplicate(carry->wire, number, &event.second);
    if (status == STATUS_IO) { /* the kernel threw it away, as a full network would */
        event.value = act = PACKET_dropped;
        status = STATUS_OK;
    }
    if (status != STATUS_OK)
        return message_set(message, STATUS_INVALID, "packet %u does not wait on the wire", number);
    carry->dropped |= act == PACKET_dropped;
    carry->timer = 0;
    carry->fresh = false;
    conductor_tell(c, &event);
    carry_look(c, 0);
    c->readiness = true;
    return STATUS_OK;
}

/* ---- the kernel's timers ---- */

/* The kernel adds the round trip that it has measured, some ms of this machine's, to what it means: 200, 400, 800 ... for
 * data, 1000, 2000 ... for a SYN. */
static int64_t carry_meant(const struct conductor *c, int64_t timeout)
{
    if (c->options.wire_profile == NETWORK_loss && timeout > 1000)
        timeout = 1000;
    int64_t best = 200;
    for (int shift = 0; shift < 12; shift++)
        for (int base = 200; base <= 1000; base += 800) {
            int64_t meant = (int64_t)base << shift;
            if (llabs(meant - timeout) < llabs(best - timeout))
                best = meant;
        }
    return best;
}

/* A kernel that is not held asks how wide the window is after 200 ms, then after twice as long. How often it has asked in
 * real time, and for how long packets were held, which it takes for the way's length, must not show. */
static int64_t carry_meant_probe(const struct conductor *c, int64_t timeout)
{
    bool loss = c->options.wire_profile == NETWORK_loss;
    int64_t first = loss ? 200 : carry_meant(c, timeout), most = loss ? 1000 : 120000;
    int64_t meant = first << (c->carry->probes < 12 ? c->carry->probes : 12);
    return meant < most ? meant : most;
}

bool carry_probing(const struct conductor *c)
{
    return c->carry && c->carry->probing;
}

/* Of the timers of this kind, the next: the ms until it is due, -1: none runs; and how long it runs in all. */
static int64_t carry_next(struct conductor *c, bool probes, bool lost, int64_t *timeout)
{
    int64_t nearest = -1;
    for (size_t i = 0; i < c->carry->states.count; i++) {
        const struct states_socket *row = &c->carry->states.items[i];
        if (row->timer != (probes ? 4 : 1) || (!c->carry->wire && !carry_object(c, row->inode)))
            continue;
        /* A window that opens is told of at once: a probe changes something only where that word was lost, or where the
         * window is open and yet too small for what is to be sent. */
        if (probes && !lost && row->send_window == 0)
            continue;
        if (nearest < 0 || row->due < nearest) {
            nearest = row->due;
            *timeout = row->timeout ? row->timeout : row->due;
        }
    }
    return nearest;
}

int64_t conductor_kernel_due(const struct conductor *c)
{
    int64_t nearest = -1;
    for (size_t i = 0; c->carry && i < c->carry->states.count; i++) {
        const struct states_socket *row = &c->carry->states.items[i];
        if ((row->timer == 1 || row->timer == 4) && (nearest < 0 || row->due < nearest))
            nearest = row->due;
    }
    return nearest;
}

int64_t carry_timer(struct conductor *c, bool probes)
{
    struct carry *carry = c->carry;
    if (!carry || !carry->what)
        return -1;
    carry->fresh = false;
    if (!carry_read_states(c))
        return -1;
    int64_t timeout = 0, nearest = carry_next(c, false, false, &timeout);
    bool probing = nearest < 0;
    if (probing)
        nearest = carry_next(c, true, probes || carry->dropped, &timeout);
    if (nearest >= 0 && (carry->timer == 0 || carry->probing != probing))
        carry->timer = probing ? carry_meant_probe(c, timeout) : carry_meant(c, timeout);
    if (nearest >= 0)
        carry->probing = probing;
    /* When a question comes is virtual time alone: how often the kernel has asked already is no news. */
    if (nearest >= 0 && probing && carry->wire)
        return carry->timer;
    /* It has fired while somebody thought: that is still to be told. */
    return carry->wire && wire_waiting(carry->wire) && carry->timer ? carry->timer : nearest;
}

int64_t carry_wait(struct conductor *c, int64_t milliseconds)
{
    struct carry *carry = c->carry;
    struct pollfd watched = {.fd = carry->wire ? wire_descriptor(carry->wire) : -1, .events = POLLIN};
    bool waiting = carry->wire && wire_waiting(carry->wire);
    int ready = waiting ? 1 : poll(&watched, 1, milliseconds < CARRY_CHUNK ? (int)milliseconds + 1 : CARRY_CHUNK);
    if (!carry->wire) {
        c->readiness = true; /* what it brought has come by now */
        ready = milliseconds < CARRY_CHUNK;
    }
    if (ready <= 0)
        return -1;
    if (carry->wire && carry->probing) {
        wire_want_probe(carry->wire, true);
        bool news = wire_read(carry->wire) > 0;
        wire_want_probe(carry->wire, false);
        if (!news)
            return -1;
        carry->probes++;
    }
    int64_t whole = carry->timer;
    carry->timer = 0;
    return whole;
}
