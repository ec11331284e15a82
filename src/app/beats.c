/* From what is told to what beats wait for. */
#include "app/beats.h"

#include <stdio.h>
#include <string.h>

bool beats_fact(const struct tell *tell, char number[40], struct scene_fact *out)
{
    memset(out, 0, sizeof *out);
    if (tell->kind == TELL_FAULT) {
        *out = (struct scene_fact){.task = tell->task[0] ? tell->task : NULL, .fault = tell->notice};
        return true;
    }
    if (tell->kind == TELL_PACKET) {
        static const char *const acts[PACKET_ACT_COUNT] = {NULL,      "sent",       "delivered",
                                                           "dropped", "duplicated", "absorbed"};
        const struct tell_packet *packet = &tell->packet;
        *out = (struct scene_fact){.packet = packet->protocol == 6    ? packet_flags_text(packet->flags, number)
                                             : packet->protocol == 17 ? "UDP"
                                             : packet->protocol == 1  ? "ICMP"
                                                                      : "IP",
                                   .event = acts[packet->act < PACKET_ACT_COUNT ? packet->act : 0]};
        return true;
    }
    if (tell->kind != TELL_STEP)
        return false;
    snprintf(number, 40, "%lld", (long long)tell->value);
    *out = (struct scene_fact){
        .task = tell->task,
        .operation = operation_row(tell->operation)->name,
        .object = tell->object[0] ? tell->object : NULL,
        .outcome = outcome_name(tell->outcome),
        .value = tell->value_kind == TELL_VALUE_number ? number
                 : tell->value_kind == TELL_VALUE_text ? tell->value_text
                                                       : NULL,
        .error = tell->error ? strerrorname_np(tell->error) : NULL,
    };
    return true;
}
