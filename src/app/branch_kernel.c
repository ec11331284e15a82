/* Tells apart, event by event. Of sockets it keeps what must repeat, and compares with that; their timers, retransmissions
 * and congestion windows it does not look at. */
#include "app/branch_kernel.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

struct branch_socket {
    int64_t state, object;
    int64_t argument[3]; /* both addresses, the queues */
};

static bool socket_alone(struct branch_kernel *kernel, const struct event *event)
{
    if (event->other == 0 || !array_grow(&kernel->sockets, &kernel->capacity, event->other, sizeof *kernel->sockets))
        return false;
    struct branch_socket *socket = &kernel->sockets[event->other - 1], before = *socket;
    *socket = (struct branch_socket){.state = event->value, .object = event->object};
    memcpy(socket->argument, event->argument, sizeof socket->argument);
    if (event->value == SOCKET_gone)
        return before.state == SOCKET_time_wait;
    return memcmp(&before, socket, sizeof before) == 0;
}

bool branch_kernel_alone(struct branch_kernel *kernel, const struct event *event)
{
    if (event->kind == EVENT_PACKET)
        return event->value == PACKET_absorbed;
    return event->kind == EVENT_SOCKET && socket_alone(kernel, event);
}

void branch_kernel_clear(struct branch_kernel *kernel)
{
    free(kernel->sockets);
    *kernel = (struct branch_kernel){0};
}
