/* From what is told to what beats wait for. */
#include "app/beats.h"

#include <stdio.h>
#include <string.h>

static const char *protocol_name(unsigned protocol)
{
    return protocol == 6 ? "TCP" : protocol == 17 ? "UDP" : protocol == 1 ? "ICMP" : "IP";
}

static void packet_fact(const struct tell_packet *packet, struct beats_text *text, struct scene_fact *out)
{
    static const char *const acts[PACKET_ACT_COUNT] = {NULL, "sent", "delivered", "dropped", "duplicated", "absorbed"};
    *out = (struct scene_fact){
        .event = acts[packet->act < PACKET_ACT_COUNT ? packet->act : 0],
        .protocol = protocol_name(packet->protocol),
        .from = world_address_text(packet->from, text->from),
        .to = world_address_text(packet->to, text->to),
        .client = packet->by_client,
        .seq = packet->sequence,
        .ack = packet->acknowledgement,
        .length = packet->length,
        .window = packet->window,
    };
    out->packet = packet->protocol == 6 ? packet_flags_text(packet->flags, text->number) : out->protocol;
}

bool beats_fact(const struct tell *tell, struct beats_text *text, struct scene_fact *out)
{
    memset(out, 0, sizeof *out);
    if (tell->kind == TELL_FAULT) {
        *out = (struct scene_fact){.task = tell->task[0] ? tell->task : NULL, .fault = tell->notice};
        return true;
    }
    if (tell->kind == TELL_PACKET) {
        packet_fact(&tell->packet, text, out);
        return true;
    }
    if (tell->kind != TELL_STEP)
        return false;
    snprintf(text->number, sizeof text->number, "%lld", (long long)tell->value);
    *out = (struct scene_fact){
        .task = tell->task,
        .operation = operation_row(tell->operation)->name,
        .object = tell->object[0] ? tell->object : NULL,
        .outcome = outcome_name(tell->outcome),
        .value = tell->value_kind == TELL_VALUE_number ? text->number
                 : tell->value_kind == TELL_VALUE_text ? tell->value_text
                                                       : NULL,
        .error = tell->error ? strerrorname_np(tell->error) : NULL,
    };
    return true;
}
