/* Bytes: pipes, files, sockets. How full a pipe is comes from the kernel with each
 * outcome; who may go on is probed by the conductor (EVENT_READY), except for file locks, whose owner is known here. */
#include "world/world_state.h"

static void level(struct world *world, const struct event *event)
{
    struct object *pipe = object_at(world, event->object);
    if (event->outcome != OUTCOME_done || event->value < 0)
        return;
    pipe->view.count = (int32_t)event->argument[0];
    if (event->argument[1] > 0)
        pipe->view.capacity = (int32_t)event->argument[1];
}

void world_reduce_pipe_create(struct world *world, const struct event *event)
{
    struct object *pipe = object_at(world, event->object);
    if (event->kind == EVENT_GOT && event->outcome == OUTCOME_done && event->argument[0] > 0)
        pipe->view.capacity = (int32_t)event->argument[0];
}

void world_reduce_pipe_read(struct world *world, const struct event *event)
{
    if (event->kind != EVENT_GOT)
        return;
    level(world, event);
    if (event->value >= 0 && event->outcome == OUTCOME_done)
        world_acquire(world, event->task, event->object);
}

void world_reduce_pipe_write(struct world *world, const struct event *event)
{
    if (event->kind != EVENT_GOT)
        return;
    level(world, event);
    if (event->value > 0)
        world_release(world, event->task, event->object);
}

void world_reduce_pipe_close(struct world *world, const struct event *event)
{
    if (event->kind == EVENT_GOT && event->value == 0)
        world_release(world, event->task, event->object); /* an end of file tells the reader, too */
}

#define WITHOUT_CONSEQUENCE(id)                                                                                        \
    void world_reduce_##id(struct world *world, const struct event *event)                                             \
    {                                                                                                                  \
        (void)world, (void)event;                                                                                      \
    }

WITHOUT_CONSEQUENCE(file_open)
WITHOUT_CONSEQUENCE(file_read)
WITHOUT_CONSEQUENCE(file_write)
WITHOUT_CONSEQUENCE(file_close)
WITHOUT_CONSEQUENCE(file_dup)
WITHOUT_CONSEQUENCE(socket_create)
WITHOUT_CONSEQUENCE(socket_listen)

void world_reduce_file_lock(struct world *world, const struct event *event)
{
    struct object *file = object_at(world, event->object);
    if (event->kind != EVENT_GOT || event->value != 0 || !file->view.id)
        return;
    /* Locks of files can be shared, and belong to what was opened, which several tasks may have: the last to get it is
     * shown as the owner, and that is no contradiction. */
    if (file->view.owner && file->view.owner != event->task)
        world_unhold(world, event->object, file->view.owner);
    if (!object_at(world, event->object)->view.owner)
        world_hold(world, event->object, event->task);
    world_acquire(world, event->task, event->object);
}

void world_reduce_file_unlock(struct world *world, const struct event *event)
{
    struct object *file = object_at(world, event->object);
    if (event->kind != EVENT_GOT || event->value != 0 || !file->view.id)
        return;
    world_release(world, event->task, event->object);
    world_unhold(world, event->object, file->view.owner);
}

static void carried(struct world *world, const struct event *event, bool sends)
{
    if (event->kind != EVENT_GOT || event->outcome != OUTCOME_done || event->value < 0)
        return;
    /* A connection is two objects, one an end; the peer is named where it is known. */
    if (sends) {
        world_release(world, event->task, event->object);
        if (event->second) {
            struct clock clock = object_at(world, event->object)->clock;
            world_clock_join(world, &object_at(world, event->second)->clock, clock);
        }
    } else {
        world_acquire(world, event->task, event->object);
    }
}

void world_reduce_socket_bind(struct world *world, const struct event *event)
{
    struct object *socket = object_at(world, event->object);
    if (!socket->view.id)
        return;
    if (event->kind == EVENT_ASKED)
        socket->view.value_text = event->text; /* to what, for the sentences */
    if (event->kind == EVENT_GOT && event->outcome == OUTCOME_done)
        socket->runner = event->task;
}

void world_reduce_socket_connect(struct world *world, const struct event *event)
{
    struct object *socket = object_at(world, event->object);
    if (event->kind == EVENT_ASKED && socket->view.id)
        socket->view.value_text = event->text; /* to whom, for the sentences */
    carried(world, event, true);
}

void world_reduce_socket_accept(struct world *world, const struct event *event)
{
    carried(world, event, false);
}

void world_reduce_socket_send(struct world *world, const struct event *event)
{
    carried(world, event, true);
}

void world_reduce_socket_recv(struct world *world, const struct event *event)
{
    carried(world, event, false);
}

void world_reduce_socket_shutdown(struct world *world, const struct event *event)
{
    carried(world, event, true);
}

void world_reduce_socket_close(struct world *world, const struct event *event)
{
    carried(world, event, true);
}
