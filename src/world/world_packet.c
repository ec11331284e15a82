/* Packets on the wire: which wait, what became of the others. The last WORLD_PACKETS are kept, with the first bytes of
 * each; all of their bytes are in the events. */
#include "world/world_words.h"

#include <stdio.h>
#include <string.h>

static struct world_packet *packet_slot(const struct world *world, uint32_t number)
{
    bool known = number > 0 && number <= world->packets && world->packets - number < WORLD_PACKETS;
    return known ? list_at(world, LIST_PACKET, (number - 1) % WORLD_PACKETS + 1) : NULL;
}

/* A slot for the next packet; NULL: none, or the number is not the next. */
static struct world_packet *packet_new(struct world *world, uint32_t number)
{
    if (number != world->packets + 1) {
        world_diverge(world, "packet %u is out of order", number);
        return NULL;
    }
    if (world->list[LIST_PACKET].count <= WORLD_PACKETS && !world_list_add(world, LIST_PACKET))
        return NULL;
    world->packets++;
    struct world_packet *packet = packet_slot(world, number);
    *packet = (struct world_packet){.number = number, .sent_step = world->steps, .time = world->time};
    return packet;
}

static void packet_sent(struct world *world, const struct event *event)
{
    struct world_packet *packet = packet_new(world, event->other);
    if (!packet)
        return;
    uint64_t about = (uint64_t)event->argument[3], numbers = (uint64_t)event->argument[2];
    packet->task = event->task;
    packet->flags = (uint8_t)about;
    packet->protocol = (uint8_t)(about >> 8);
    packet->length = (uint16_t)(about >> 16);
    packet->window = (uint32_t)(about >> 32);
    packet->from =
        (struct world_address){event_address_host(event->argument[0]), event_address_port(event->argument[0])};
    packet->to = (struct world_address){event_address_host(event->argument[1]), event_address_port(event->argument[1])};
    if (packet->protocol == 6) {
        packet->sequence = (uint32_t)numbers;
        packet->acknowledgement = (uint32_t)(numbers >> 32);
    } else if (packet->protocol == 1) {
        packet->type = (uint8_t)numbers;
        packet->code = (uint8_t)(numbers >> 8);
    }
    packet->size = event->length;
    packet->kept = event->length < WORLD_PACKET_BYTES ? event->length : WORLD_PACKET_BYTES;
    if (packet->kept > 0 && event->payload)
        memcpy(packet->bytes, event->payload, packet->kept);
}

static void packet_end(struct world *world, uint32_t number, enum packet_fate fate)
{
    world->packets_ended++;
    struct world_packet *packet = packet_slot(world, number);
    if (!packet)
        return; /* so old that nothing is known of it any more */
    if (packet->fate != FATE_held)
        world_diverge(world, "packet %u does not wait on the wire any more", number);
    packet->fate = (uint8_t)fate;
    packet->end_step = world->steps;
}

static void packet_duplicated(struct world *world, uint32_t number, uint32_t copy)
{
    struct world_packet *made = packet_new(world, copy), *original = packet_slot(world, number);
    if (!made || !original)
        return;
    uint32_t sent = made->sent_step;
    int64_t time = made->time;
    *made = *original;
    made->number = copy;
    made->copy_of = number;
    made->fate = FATE_held;
    made->absorbed = made->end_step = 0;
    made->sent_step = sent;
    made->time = time;
}

void world_packet_event(struct world *world, const struct event *event)
{
    uint32_t number = event->other;
    if (event_is_choice(event))
        world_count_step(world, 0);
    if (event->value != PACKET_sent && (number == 0 || number > world->packets)) {
        world_diverge(world, "packet %u was never sent", number);
        return;
    }
    switch (event->value) {
    case PACKET_sent:
        packet_sent(world, event);
        break;
    case PACKET_delivered:
        packet_end(world, number, FATE_delivered);
        break;
    case PACKET_dropped:
        packet_end(world, number, FATE_dropped);
        break;
    case PACKET_duplicated:
        packet_duplicated(world, number, event->second);
        break;
    case PACKET_absorbed:
        if (packet_slot(world, number))
            packet_slot(world, number)->absorbed++;
        break;
    default:
        world_diverge(world, "something unknown became of packet %u", number);
        break;
    }
}

/* ---- questions ---- */

uint32_t world_packet_count(const struct world *world)
{
    return world->packets;
}

const struct world_packet *world_packet(const struct world *world, uint32_t number)
{
    return packet_slot(world, number);
}

size_t world_packets_held(const struct world *world, uint32_t *numbers, size_t max)
{
    size_t count = 0;
    uint32_t first = world->packets > WORLD_PACKETS ? world->packets - WORLD_PACKETS + 1 : 1;
    for (uint32_t number = first; number <= world->packets; number++)
        if (packet_slot(world, number)->fate == FATE_held) {
            if (count < max)
                numbers[count] = number;
            count++;
        }
    return count;
}

/* ---- words ---- */

const char *world_address_text(struct world_address address, char *out)
{
    int length = snprintf(out, 22, "%u.%u.%u.%u", address.host >> 24, address.host >> 16 & 255, address.host >> 8 & 255,
                          address.host & 255);
    if (address.port)
        snprintf(out + length, 22 - (size_t)length, ":%u", address.port);
    return out;
}

const char *packet_flags_text(unsigned flags, char *out)
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
    size_t length = 0;
    for (unsigned bit = 0; bit < 8; bit++)
        if (flags >> bit & 1)
            length += (size_t)snprintf(out + length, 40 - length, "%s%s", length ? "+" : "", names[bit]);
    if (!length)
        snprintf(out, 40, "-");
    return out;
}

/* "SYN", "PSH+ACK with 5 bytes", "ACK, window 0", "UDP with 5 bytes", "ICMP port unreachable" */
static void packet_words(struct world_writer *writer, const struct world_packet *packet, int zh)
{
    char flags[40];
    if (packet->protocol == 6)
        world_words_put(writer, "%s", packet_flags_text(packet->flags, flags));
    else if (packet->protocol == 1 && packet->type == 3 && packet->code == 3)
        world_words_put(writer, "%s", zh ? "ICMP 端口不可达" : "ICMP port unreachable");
    else
        world_words_put(writer, "%s", packet->protocol == 17 ? "UDP" : packet->protocol == 1 ? "ICMP" : "IP");
    if (packet->length > 0 && packet->protocol != 1) {
        if (zh)
            world_words_put(writer, "，带 %u 字节", packet->length);
        else
            world_words_put(writer, " with %u byte%s", packet->length, packet->length == 1 ? "" : "s");
    }
    if (packet->protocol == 6 && packet->window == 0 && !(packet->flags & 4))
        world_words_put(writer, zh ? "，窗口 0" : ", window 0"); /* its sender has no room left */
}

void world_words_packet(struct world_writer *writer, const struct world *world, const struct event *event, int zh)
{
    const struct world_packet *packet = packet_slot(world, event->other);
    if (!packet)
        return;
    char from[22], to[22];
    world_address_text(packet->from, from);
    world_address_text(packet->to, to);
    if (event->value == PACKET_sent) {
        world_words_put(writer, zh ? "%s 向 %s 发出 " : "%s sends %s ", from, to);
        packet_words(writer, packet, zh);
        world_words_put(writer, zh ? "：%u 号包在线路上。" : ": packet %u is on the wire.", packet->number);
        return;
    }
    world_words_put(writer, zh ? "%u 号包（" : "Packet %u (", packet->number);
    packet_words(writer, packet, zh);
    switch (event->value) {
    case PACKET_delivered:
        world_words_put(writer, zh ? "）到达 %s。" : ") arrives at %s.", to);
        break;
    case PACKET_dropped:
        world_words_put(writer, zh ? "）丢失，%s 永远收不到它。" : ") is lost: %s will never see it.", to);
        break;
    case PACKET_duplicated:
        world_words_put(writer, zh ? "）被复制，副本是 %u 号包。" : ") is on the wire twice; the copy is packet %u.",
                        event->second);
        break;
    default:
        world_words_put(writer, "%s",
                        zh ? "）还停在线路上，内核又发了一次；多出来的这份被线路吸收。"
                           : ") is still held, so the kernel has sent it again; the wire swallows that copy.");
        break;
    }
}
