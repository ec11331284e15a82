#include "world/world_state.h"
#include <stdio.h>
int world_say(const struct world *after, const struct event *event, int chinese, char *out, size_t n)
{
    const struct world_task *task = world_task(after, event->task);
    const struct operation_row *row = operation_row(event->operation);
    if (!task || (event->kind != EVENT_GOT && event->kind != EVENT_BLOCKED))
        return snprintf(out, n, "%s", "");
    return snprintf(out, n, "%s: %s", task->name, chinese ? row->zh : row->en);
}
int world_fault_say(const struct world *world, const struct world_fault *fault, int chinese, char *out, size_t n)
{
    (void)world, (void)chinese;
    return snprintf(out, n, "%s", fault_name(fault->kind));
}
