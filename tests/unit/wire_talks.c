/* Runs programs over the wire for tests (wire_talks.h). */
#include "wire_talks.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "guest_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool veth;

static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(1099511628211);
    return hash;
}

void talk_listen(void *context, const struct event *event, const struct world *world)
{
    (void)world;
    struct talk *talk = context;
    struct event plain = *event;
    plain.payload = NULL;
    if (plain.kind == EVENT_SOCKET)
        plain.argument[3] &= 0xFFFFFF; /* when a timer is due differs */
    talk->hash = mix(talk->hash, &plain, sizeof plain);
    if (event->kind != EVENT_PACKET && event->length)
        talk->hash = mix(talk->hash, event->payload, event->length);
    if (event->kind == EVENT_OUTPUT && talk->length + event->length < sizeof talk->output) {
        memcpy(talk->output + talk->length, event->payload, event->length);
        talk->length += event->length;
    }
    if (event->kind == EVENT_PROCESS_ENDED && event->other == 1)
        talk->status = (int)event->value;
    if (event->kind == EVENT_END)
        talk->verdict = (enum verdict)event->value;
}

void talk_run(struct talk *talk, const char *guest, const char *mode, struct conductor_options options, chooser *choose)
{
    char program[4096];
    snprintf(program, sizeof program, "%s/tests/guests/%s", guest_build(), guest);
    const char *arguments[] = {program, mode, NULL};
    *talk = (struct talk){.history = history_new(), .status = -1};
    options.program = program;
    options.arguments = arguments;
    options.preload = guest_shim();
    options.input = -1;
    options.cpus = 1;
    options.wire_veth = veth;
    options.policy = options.policy.kind ? options.policy : (struct policy_options){.kind = POLICY_rr, .quantum = 1};
    options.listener = talk_listen;
    options.context = talk;
    struct message message = {{0}};
    if (conductor_start(&options, talk->history, &talk->conductor, &message) != STATUS_OK)
        fail_msg("%s", message.text);
    const char *why;
    bool wanted = options.wire != CONDUCTOR_WIRE_off;
    if (wanted && !conductor_wire(talk->conductor, &why)) {
        print_message("left out: %s\n", why);
        skip();
    }
    enum status status = STATUS_OK;
    for (int i = 0; i < 5000 && status == STATUS_OK; i++)
        status = conductor_step(talk->conductor, choose ? choose(talk, history_world(talk->history)) : 0, &message);
    if (status != STATUS_ENDED)
        fail_msg("%s: %s", status_text(status), message.text);
    assert_int_equal(world_divergence_count(history_world(talk->history)), 0);
}

void talk_end(struct talk *talk)
{
    conductor_free(talk->conductor);
    history_free(talk->history);
}

const struct world *talk_world(const struct talk *talk)
{
    return history_world(talk->history);
}

const struct world_packet *talk_packet(const struct world *world, unsigned flags, uint32_t length, unsigned nth)
{
    for (uint32_t number = 1; number <= world_packet_count(world); number++) {
        const struct world_packet *one = world_packet(world, number);
        if ((!flags || one->flags == flags) && one->length >= length && nth-- == 1)
            return one;
    }
    return NULL;
}

unsigned talk_count(const struct world *world, unsigned flags, uint32_t length)
{
    unsigned found = 0;
    while (talk_packet(world, flags, length, found + 1))
        found++;
    return found;
}

void talk_finished(const struct talk *talk, const char *output)
{
    assert_int_equal(talk->verdict, VERDICT_finished);
    assert_int_equal(talk->status, 0);
    assert_string_equal(talk->output, output);
}

const struct world_packet *talk_held(const struct world *world, unsigned flags, bool data)
{
    uint32_t numbers[64];
    size_t found = world_packets_held(world, numbers, 64);
    for (size_t i = 0; i < found && i < 64; i++) {
        const struct world_packet *one = world_packet(world, numbers[i]);
        if (one->flags == flags && (one->length > 0) == data)
            return one;
    }
    return NULL;
}

uint32_t talk_once(struct talk *talk, const struct world_packet *one, uint32_t act)
{
    if (!one || talk->acted)
        return 0;
    talk->acted++;
    return act + one->number;
}

int talk_with_tun(void **state)
{
    (void)state;
    veth = false;
    return 0;
}

int talk_with_veth(void **state)
{
    (void)state;
    veth = true;
    return 0;
}
