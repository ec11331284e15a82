/* One finished step as a reader is told it: which object an operation is said to act on, and which value it has. The
 * rules are those of the interface ("JSON"); event.h says where each number is found. */
#include "export/tell_step.h"

#include <stdio.h>
#include <string.h>

#include "operations/operations.h"
#include "protocol/record.h"

void tell_name_task(const struct tell_state *states, size_t count, uint32_t task, char out[24])
{
    out[0] = 0;
    for (size_t i = 0; i < count; i++) {
        if (states[i].task == task)
            memcpy(out, states[i].name, 24);
    }
}

/* The task or process that an operation acts on, or its object. A newcomer is the object of thread.create (fork gives
 * its child as its value). */
static void tell_object(const struct world *world, const struct event *event, const struct tell_asked *asked,
                        struct tell *out)
{
    uint32_t other = asked->other;
    if (out->operation == OPERATION_thread_create)
        other = event->other;
    bool of_task =
        out->operation == OPERATION_signal_send ||
        (operation_row(out->operation)->family == FAMILY_thread && out->operation != OPERATION_thread_start &&
         out->operation != OPERATION_thread_exit && out->operation != OPERATION_thread_compute);
    if (of_task) {
        const struct world_task *task = other ? world_task(world, other) : NULL;
        const struct world_process *process = NULL;
        if (out->operation == OPERATION_signal_send && asked->argument[1] > 0 && asked->argument[1] <= UINT32_MAX)
            process = world_process(world, (uint32_t)asked->argument[1]);
        if (task || process)
            snprintf(out->object, sizeof out->object, "%s", task ? task->name : process->name);
        return;
    }
    uint32_t object = asked->object ? asked->object : event->object;
    if (object && world_object(world, object))
        world_object_label(world, object, out->object, sizeof out->object);
}

static void tell_number(struct tell *out, int64_t value)
{
    out->value_kind = TELL_VALUE_number;
    out->value = value;
}

static void tell_process(const struct world *world, int64_t id, struct tell *out)
{
    const struct world_process *process = id > 0 && id <= UINT32_MAX ? world_process(world, (uint32_t)id) : NULL;
    if (!process)
        return;
    out->value_kind = TELL_VALUE_text;
    snprintf(out->value_text, sizeof out->value_text, "%s", process->name);
}

static void tell_value(const struct world *world, const struct event *event, const struct tell_asked *asked,
                       struct tell *out)
{
    if (event->kind != EVENT_GOT || out->outcome != OUTCOME_done)
        return;
    switch (out->operation) {
    case OPERATION_process_fork:
    case OPERATION_process_vfork:
    case OPERATION_process_spawn:
    case OPERATION_process_wait:
        tell_process(world, event->value, out);
        break;
    case OPERATION_process_start:
        if (event->argument[0])
            tell_number(out, event->value);
        break;
    case OPERATION_semaphore_init:
        tell_number(out, asked->argument[0]);
        break;
    case OPERATION_semaphore_open:
    case OPERATION_semaphore_wait:
    case OPERATION_semaphore_trywait:
    case OPERATION_semaphore_timedwait:
    case OPERATION_semaphore_post:
        tell_number(out, event->argument[0]);
        break;
    case OPERATION_memory_load:
    case OPERATION_memory_store:
    case OPERATION_memory_atomic:
        if (event->flags & RECORD_PIECE)
            break;
        if (world_value_text(event, event->value, out->value_text, sizeof out->value_text))
            out->value_kind = TELL_VALUE_text;
        else
            tell_number(out, event->value);
        break;
    case OPERATION_semaphore_getvalue:
    case OPERATION_pipe_read:
    case OPERATION_pipe_write:
    case OPERATION_file_open:
    case OPERATION_file_read:
    case OPERATION_file_write:
    case OPERATION_file_dup:
    case OPERATION_socket_create:
    case OPERATION_socket_accept:
    case OPERATION_socket_send:
    case OPERATION_socket_recv:
    case OPERATION_io_poll:
    case OPERATION_signal_wait:
        tell_number(out, event->value);
        break;
    default:
        break;
    }
}

static void tell_source(const struct world *world, uint32_t id, struct tell *out)
{
    if (!id)
        return;
    struct world_place place = world_place(world, id);
    const char *file = world_text(world, place.text);
    if (file[0] && place.line > 0)
        snprintf(out->source, sizeof out->source, "%.280s:%u", file, place.line);
    else
        snprintf(out->source, sizeof out->source, "%.280s", file);
}

void tell_packet_states(const struct world *world, struct tell_packet *packet)
{
    struct world_packet known = {
        .protocol = packet->protocol, .flags = packet->flags, .from = packet->from, .to = packet->to};
    uint32_t client, server;
    packet->by_client = world_packet_ends(world, &known, &client, &server);
    if (packet->protocol != 6)
        return;
    const struct world_socket *one = world_socket(world, client), *other = world_socket(world, server);
    packet->client = socket_state_name(one ? one->state : SOCKET_gone);
    packet->server = socket_state_name(other ? other->state : SOCKET_gone);
}

void tell_packet_make(const struct world *world, const struct event *event, struct tell_packet *out)
{
    *out = (struct tell_packet){.number = event->other, .act = (uint8_t)event->value};
    const struct world_packet *packet = world_packet(world, event->other);
    if (event->value == PACKET_duplicated)
        out->copy = event->second;
    if (!packet)
        return;
    out->protocol = packet->protocol;
    out->flags = packet->flags;
    out->type = packet->type;
    out->code = packet->code;
    out->from = packet->from;
    out->to = packet->to;
    out->sequence = packet->sequence;
    out->acknowledgement = packet->acknowledgement;
    out->length = packet->length;
    out->window = packet->window;
    tell_packet_states(world, out);
}

void tell_step_make(const struct world *after, const struct event *event, uint32_t task, const struct tell_asked *asked,
                    int chinese, struct tell *out)
{
    /* A handler's and an initialiser's own steps ask in between: what was asked last is then not what ends here. */
    struct tell_asked outer = {.object = asked->outer_object, .place = asked->outer_place};
    if (event->operation && asked->operation && asked->operation != event->operation) {
        if (asked->outer_operation != event->operation)
            outer = (struct tell_asked){0};
        asked = &outer;
    }
    *out = (struct tell){.kind = event->kind == EVENT_PACKET ? TELL_PACKET : TELL_STEP,
                         .step = world_step_number(after),
                         .operation = event->operation ? event->operation : asked->operation,
                         .outcome = event->kind == EVENT_BLOCKED ? OUTCOME_blocked : event->outcome,
                         .error = event->error,
                         .time = world_time(after)};
    if (event->kind == EVENT_PACKET) {
        tell_packet_make(after, event, &out->packet);
        world_say(after, event, chinese, out->say, sizeof out->say);
        return;
    }
    const struct world_task *who = task ? world_task(after, task) : NULL;
    if (who)
        snprintf(out->task, sizeof out->task, "%s", who->name);
    out->injected = world_task_injected(after, task);
    tell_object(after, event, asked, out);
    tell_value(after, event, asked, out);
    tell_source(after, asked->place ? asked->place : event->place, out);
    world_say(after, event, chinese, out->say, sizeof out->say);
}
