/* What is said besides of a socket's step that failed, where the world knows more than the error number. */
#include "world/world_say.h"

#include <errno.h>

/* Who has the address that was asked for: a socket that listens, before another, before a connection that is over. */
static const struct world_socket *holder_of(const struct world *world, uint8_t protocol, int64_t address)
{
    const struct world_socket *found = NULL;
    uint32_t host = event_address_host(address);
    uint16_t port = event_address_port(address);
    for (uint32_t id = 1; port && id <= world_socket_count(world); id++) {
        const struct world_socket *socket = world_socket(world, id);
        if (!socket || socket->state == SOCKET_gone || socket->protocol != protocol || socket->local.port != port)
            continue;
        if (host && socket->local.host && socket->local.host != host)
            continue;
        if (!found || found->state == SOCKET_time_wait || socket->state == SOCKET_listen)
            found = socket;
    }
    return found;
}

static void say_holder(struct world_writer *writer, const struct world_saying *of)
{
    const struct world_task *task = &of->task->view;
    const struct world_socket *holder = holder_of(of->world, (uint8_t)task->argument[0], task->argument[2]);
    if (!holder || (!holder->object && holder->state != SOCKET_time_wait))
        return;
    if (holder->state == SOCKET_time_wait) { /* its descriptor is closed */
        world_words_put(writer, "%s",
                        of->chinese ? "该端口上一个已关闭的连接还处于 TIME_WAIT。"
                                    : " A connection of that port is closed, but still in TIME_WAIT.");
        return;
    }
    uint32_t who = object_at(of->world, holder->object)->runner;
    world_words_put(writer, "%s", of->chinese ? "" : " ");
    if (who)
        world_words_task(writer, of->world, who, of->chinese);
    if (who)
        world_words_put(writer, "%s", of->chinese ? " 已把" : " has bound ");
    else
        world_words_put(writer, "%s", of->chinese ? "占用它的是" : "It is that of ");
    world_words_object(writer, of->world, holder->object, of->chinese);
    if (who)
        world_words_put(writer, "%s", of->chinese ? " 绑定到这个地址" : " to it");
    world_words_put(writer, "%s", of->chinese ? "。" : ".");
}

static void say_six(struct world_writer *writer, const struct world_saying *of)
{
    static const struct world_pair pairs[] = {
        [SOCKET_ipv6_wire] = {{" The wire carries no IPv6: use 127.0.0.1, or run it with --wire off.",
                               "线路上没有 IPv6：请改用 127.0.0.1，或者加上 --wire off 再运行。"}},
        [SOCKET_ipv6_neither] = {{" The wire carries no IPv6, and without the wire this machine has none either: use "
                                  "127.0.0.1.",
                                  "线路上没有 IPv6，这台机器不用线路也没有：请改用 127.0.0.1。"}},
        [SOCKET_ipv6_machine] = {{" This machine has no IPv6: use 127.0.0.1.",
                                  "这台机器没有 IPv6：请改用 127.0.0.1。"}},
        [SOCKET_ipv6_outside] = {{" The wire carries no IPv6, and the outside network is cut off.",
                                  "线路上没有 IPv6，外部网络也不通。"}},
    };
    int64_t why = of->event->argument[1];
    if (why > 0 && why < (int64_t)(sizeof pairs / sizeof *pairs))
        world_words_put(writer, "%s", pairs[why].text[of->chinese]);
}

void world_say_socket(struct world_writer *writer, const struct world_saying *of)
{
    switch (of->event->operation) {
    case OPERATION_socket_bind:
        if (of->event->error == EADDRINUSE)
            say_holder(writer, of);
        say_six(writer, of);
        break;
    case OPERATION_socket_create:
    case OPERATION_socket_connect:
    case OPERATION_socket_send:
        say_six(writer, of);
        break;
    default:
        break;
    }
}
