/* Sockets as plain blocking operations. Every transfer is asked for with MSG_DONTWAIT and waits at the gate; O_NONBLOCK
 * is never changed, but around a connect of a socket that no call of another task can be using at that moment. */
#include "shim/addresses.h"
#include "shim/checked.h"
#include "shim/descriptors.h"
#include "shim/live.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* ---- ports ---- */
/* A port that the system would choose differs from run to run: we choose, upwards. `address` is what to bind to, and gets
 * the port. True if the socket was bound. */
static bool port_bind(int descriptor, struct sockaddr_storage *address, socklen_t length)
{
    enum { TRIES = 1000, LAST = 0xFFFF };
    for (int i = 0; i < TRIES; i++) {
        uint32_t port = atomic_fetch_add(&shim_process.gate->next_port, 1);
        if (port == 0 || port > LAST)
            return false;
        uint16_t swapped = __builtin_bswap16((uint16_t)port);
        if (address->ss_family == AF_INET)
            ((struct sockaddr_in *)address)->sin_port = swapped;
        else
            ((struct sockaddr_in6 *)address)->sin6_port = swapped;
        long result = SYSTEM(SYS_bind, descriptor, address, length);
        if (result != -EADDRINUSE)
            return result == 0;
    }
    return false;
}

static bool port_is_ours(const struct sockaddr_storage *address)
{
    bool ip = address->ss_family == AF_INET || address->ss_family == AF_INET6;
    /* The port stands at the same place in both. */
    return ip && ((const struct sockaddr_in *)address)->sin_port == 0 && shim_process.gate &&
           atomic_load(&shim_process.gate->next_port) != 0;
}

/* Before a call that would make the system choose: connect, listen, a datagram from a socket without an address. */
static void port_choose(int descriptor)
{
    struct sockaddr_storage own = {0};
    socklen_t length = sizeof own;
    if (!descriptor_is_ours(descriptor) && SYSTEM(SYS_getsockname, descriptor, &own, &length) == 0 &&
        port_is_ours(&own))
        port_bind(descriptor, &own, length);
}

/* ---- transfers ---- */
void socket_deadline(struct step *step, int descriptor, int option)
{
    struct timeval limit = {0, 0};
    socklen_t size = sizeof limit;
    if (SYSTEM(SYS_getsockopt, descriptor, SOL_SOCKET, option, &limit, &size) != 0 ||
        (limit.tv_sec == 0 && limit.tv_usec == 0))
        return;
    step_deadline(step, time_now() + limit.tv_sec * INT64_C(1000000000) + limit.tv_usec * 1000);
}

static bool socket_waits(const struct step *step, int flags)
{
    return !(step->record.flags & RECORD_NONBLOCKING) && !(flags & MSG_DONTWAIT);
}

/* Waits at the gate; 0, or what the call shall fail with. A socket's own time-out gives EAGAIN (socket(7)); with one, a
 * call that a handler interrupts is not restarted (signal(7)). */
static int socket_block(struct step *step, int descriptor, short events, enum grant_action *grant)
{
    if (step_must_end(step) || (step->interrupted && (step->record.flags & RECORD_DEADLINE)))
        return EINTR;
    if (*grant == GRANT_EXPIRED)
        return EAGAIN;
    struct descriptor_wait wait = {descriptor, events};
    step->context = &wait;
    step->ready = descriptor_wait_ready;
    *grant = step_block(step, &step->record.object);
    step->ready = NULL;
    step_cancellation(step);
    return 0;
}

static bool stream(int descriptor)
{
    int type = 0;
    socklen_t size = sizeof type;
    return SYSTEM(SYS_getsockopt, descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

long socket_receive(struct step *step, int descriptor, struct msghdr *message, int flags, enum grant_action grant)
{
    bool waits = socket_waits(step, flags);
    bool all = (flags & MSG_WAITALL) && !(flags & MSG_PEEK) && waits;
    struct msghdr given = *message;
    struct iovec left[16];
    long done = 0;
    for (;;) {
        struct msghdr now = given;
        if (done > 0) { /* the rest of a stream that was asked for in full */
            size_t skip = (size_t)done;
            now.msg_iov = left;
            now.msg_iovlen = 0;
            for (size_t i = 0; i < given.msg_iovlen && now.msg_iovlen < 16; i++) {
                if (skip >= given.msg_iov[i].iov_len) {
                    skip -= given.msg_iov[i].iov_len;
                    continue;
                }
                left[now.msg_iovlen].iov_base = (char *)given.msg_iov[i].iov_base + skip;
                left[now.msg_iovlen++].iov_len = given.msg_iov[i].iov_len - skip;
                skip = 0;
            }
            if (now.msg_iovlen == 0)
                return done;
        }
        struct iovec fewer[STEP_PARTS];
        int made = step->shortens && !all && !(flags & (MSG_PEEK | MSG_ERRQUEUE | MSG_OOB)) && stream(descriptor)
                       ? step_shortened(step, descriptor, now.msg_iov, (int)now.msg_iovlen, fewer)
                       : 0;
        if (made > 0) {
            now.msg_iov = fewer;
            now.msg_iovlen = (size_t)made;
        }
        long got = SYSTEM(SYS_recvmsg, descriptor, &now, (flags | MSG_DONTWAIT) & ~(all ? MSG_WAITALL : 0));
        if (got >= 0) {
            message->msg_namelen = now.msg_namelen;
            message->msg_controllen = now.msg_controllen;
            message->msg_flags = now.msg_flags;
            done += got;
            if (!all || got == 0)
                return done;
            size_t wanted = 0;
            for (size_t i = 0; i < given.msg_iovlen; i++)
                wanted += given.msg_iov[i].iov_len;
            int type = 0;
            socklen_t size = sizeof type;
            SYSTEM(SYS_getsockopt, descriptor, SOL_SOCKET, SO_TYPE, &type, &size);
            if ((size_t)done >= wanted || type != SOCK_STREAM)
                return done;
            continue;
        }
        if (got != -EAGAIN || !waits)
            return done > 0 ? done : got;
        int error = socket_block(step, descriptor, (flags & MSG_ERRQUEUE) ? POLLERR : POLLIN, &grant);
        if (error)
            return done > 0 ? done : -error;
    }
}

long socket_send(struct step *step, int descriptor, const struct msghdr *message, int flags, enum grant_action grant)
{
    bool waits = socket_waits(step, flags);
    size_t size = 0, done = 0;
    for (size_t i = 0; i < message->msg_iovlen && i < IOV_MAX; i++)
        size += message->msg_iov[i].iov_len;
    struct iovec left[64], fewer[STEP_PARTS];
    struct msghdr shorter = *message;
    int made = step->shortens && stream(descriptor)
                   ? step_shortened_write(step, message->msg_iov, (int)message->msg_iovlen, 1, fewer)
                   : 0;
    if (made > 0) {
        shorter.msg_iov = fewer;
        shorter.msg_iovlen = (size_t)made;
        message = &shorter;
        size = 0;
        for (int i = 0; i < made; i++)
            size += fewer[i].iov_len;
    }
    for (;;) {
        struct msghdr now = *message;
        if (done > 0) {
            size_t skip = done;
            now.msg_iov = left;
            now.msg_iovlen = 0;
            now.msg_control = NULL; /* went with the first bytes */
            now.msg_controllen = 0;
            for (size_t i = 0; i < message->msg_iovlen && now.msg_iovlen < 64; i++) {
                if (skip >= message->msg_iov[i].iov_len) {
                    skip -= message->msg_iov[i].iov_len;
                    continue;
                }
                left[now.msg_iovlen].iov_base = (char *)message->msg_iov[i].iov_base + skip;
                left[now.msg_iovlen++].iov_len = message->msg_iov[i].iov_len - skip;
                skip = 0;
            }
        }
        long sent = SYSTEM(SYS_sendmsg, descriptor, &now, flags | MSG_DONTWAIT);
        if (sent >= 0) {
            done += (size_t)sent;
            if (done >= size || !waits || !stream(descriptor))
                return (long)done;
            continue;
        }
        if (sent != -EAGAIN || !waits)
            return done > 0 ? (long)done : sent;
        int error = socket_block(step, descriptor, POLLOUT, &grant);
        if (error)
            return done > 0 ? (long)done : -error;
    }
}

static const struct descriptor_operations receives = {OPERATION_socket_recv, OPERATION_socket_recv,
                                                      OPERATION_socket_recv};
static const struct descriptor_operations sends = {OPERATION_socket_send, OPERATION_socket_send, OPERATION_socket_send};

static size_t message_size(const struct msghdr *message)
{
    size_t size = 0;
    for (size_t i = 0; i < message->msg_iovlen && i < IOV_MAX; i++)
        size += message->msg_iov[i].iov_len;
    return size;
}

static ssize_t receive_step(struct step *step, int descriptor, struct msghdr *message, int flags)
{
    int described = descriptor_is_ours(descriptor) ? -1 : step_descriptor(step, descriptor, &receives);
    if (flags & MSG_DONTWAIT)
        step->record.flags |= RECORD_NONBLOCKING;
    step->record.argument[2] = (int64_t)message_size(message);
    socket_deadline(step, descriptor, SO_RCVTIMEO);
    enum grant_action grant = step_ask(step);
    step_cancellation(step);
    long got = described < 0 ? -EBADF : socket_receive(step, descriptor, message, flags, grant);
    return step_end_with(step, got, got < 0 ? (int)-got : 0);
}

static ssize_t send_step(struct step *step, int descriptor, const struct msghdr *given, int flags)
{
    struct msghdr own = *given, *message = &own;
    struct sockaddr_in host;
    own.msg_name = (void *)(uintptr_t)address_at_loopback(given->msg_name, given->msg_namelen, &host);
    int described = descriptor_is_ours(descriptor) ? -1 : step_descriptor(step, descriptor, &sends);
    if (flags & MSG_DONTWAIT)
        step->record.flags |= RECORD_NONBLOCKING;
    step->record.argument[1] = address_kind(message->msg_name, message->msg_namelen);
    step->record.argument[2] = (int64_t)message_size(message);
    socket_deadline(step, descriptor, SO_SNDTIMEO);
    enum grant_action grant = step_ask(step);
    step_cancellation(step);
    if (described >= 0 && message->msg_name)
        port_choose(descriptor);
    long sent = described < 0 ? -EBADF : socket_send(step, descriptor, message, flags, grant);
    return step_end_with(step, sent, sent < 0 ? (int)-sent : 0);
}

static ssize_t receive_from(struct step *step, int descriptor, void *buffer, size_t size, int flags,
                            struct sockaddr *address, socklen_t *length)
{
    struct iovec part = {buffer, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    message.msg_name = address;
    message.msg_namelen = address && length ? *length : 0;
    ssize_t got = receive_step(step, descriptor, &message, flags);
    if (got >= 0 && address && length)
        *length = message.msg_namelen;
    return got;
}

SHIM_EXPORT ssize_t recv(int descriptor, void *buffer, size_t size, int flags)
{
    LIVE(LIVE_IO(OPERATION_socket_recv, descriptor, REAL(recv)(descriptor, buffer, size, flags)));
    struct step step;
    if (!step_begin(&step, OPERATION_socket_recv))
        return REAL(recv)(descriptor, buffer, size, flags);
    return receive_from(&step, descriptor, buffer, size, flags, NULL, NULL);
}

SHIM_EXPORT ssize_t __recv_chk(int descriptor, void *buffer, size_t size, size_t room, int flags)
{
    struct step step;
    if (size > room || !step_begin(&step, OPERATION_socket_recv))
        return REAL(__recv_chk)(descriptor, buffer, size, room, flags);
    return receive_from(&step, descriptor, buffer, size, flags, NULL, NULL);
}

SHIM_EXPORT ssize_t recvfrom(int descriptor, void *buffer, size_t size, int flags, __SOCKADDR_ARG address,
                             socklen_t *length)
{
    LIVE(LIVE_IO(OPERATION_socket_recv, descriptor,
                 REAL(recvfrom)(descriptor, buffer, size, flags, address.__sockaddr__, length)));
    struct step step;
    if (!step_begin(&step, OPERATION_socket_recv))
        return REAL(recvfrom)(descriptor, buffer, size, flags, address.__sockaddr__, length);
    return receive_from(&step, descriptor, buffer, size, flags, address.__sockaddr__, length);
}

SHIM_EXPORT ssize_t __recvfrom_chk(int descriptor, void *buffer, size_t size, size_t room, int flags,
                                   __SOCKADDR_ARG address, socklen_t *length)
{
    struct step step;
    if (size > room || !step_begin(&step, OPERATION_socket_recv))
        return REAL(__recvfrom_chk)(descriptor, buffer, size, room, flags, address.__sockaddr__, length);
    return receive_from(&step, descriptor, buffer, size, flags, address.__sockaddr__, length);
}

SHIM_EXPORT ssize_t recvmsg(int descriptor, struct msghdr *message, int flags)
{
    LIVE(LIVE_IO(OPERATION_socket_recv, descriptor, REAL(recvmsg)(descriptor, message, flags)));
    struct step step;
    if (!message || !step_begin(&step, OPERATION_socket_recv))
        return REAL(recvmsg)(descriptor, message, flags);
    return receive_step(&step, descriptor, message, flags);
}

static ssize_t send_to(struct step *step, int descriptor, const void *buffer, size_t size, int flags,
                       const struct sockaddr *address, socklen_t length)
{
    struct iovec part = {(void *)buffer, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    message.msg_name = (void *)address;
    message.msg_namelen = address ? length : 0;
    return send_step(step, descriptor, &message, flags);
}

SHIM_EXPORT ssize_t send(int descriptor, const void *buffer, size_t size, int flags)
{
    LIVE(LIVE_IO(OPERATION_socket_send, descriptor, REAL(send)(descriptor, buffer, size, flags)));
    struct step step;
    if (!step_begin(&step, OPERATION_socket_send))
        return REAL(send)(descriptor, buffer, size, flags);
    return send_to(&step, descriptor, buffer, size, flags, NULL, 0);
}

SHIM_EXPORT ssize_t sendto(int descriptor, const void *buffer, size_t size, int flags, __CONST_SOCKADDR_ARG address,
                           socklen_t length)
{
    LIVE(LIVE_IO(OPERATION_socket_send, descriptor,
                 REAL(sendto)(descriptor, buffer, size, flags, address.__sockaddr__, length)));
    struct step step;
    if (!step_begin(&step, OPERATION_socket_send))
        return REAL(sendto)(descriptor, buffer, size, flags, address.__sockaddr__, length);
    return send_to(&step, descriptor, buffer, size, flags, address.__sockaddr__, length);
}

SHIM_EXPORT ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags)
{
    LIVE(LIVE_IO(OPERATION_socket_send, descriptor, REAL(sendmsg)(descriptor, message, flags)));
    struct step step;
    if (!message || !step_begin(&step, OPERATION_socket_send))
        return REAL(sendmsg)(descriptor, message, flags);
    return send_step(&step, descriptor, message, flags);
}

/* ---- connections ---- */
SHIM_EXPORT int socket(int domain, int type, int protocol)
{
    struct step step;
    if (!step_begin(&step, OPERATION_socket_create))
        return REAL(socket)(domain, type, protocol);
    step.record.argument[0] = domain;
    step.record.argument[1] = type;
    step_ask(&step);
    long made = SYSTEM(SYS_socket, domain, type, protocol);
    if (made >= 0)
        step.record.object = key_of_descriptor((int)made);
    return (int)step_end_with(&step, made, made < 0 ? (int)-made : 0);
}

SHIM_EXPORT int socketpair(int domain, int type, int protocol, int ends[2])
{
    struct step step;
    if (!step_begin(&step, OPERATION_socket_create))
        return REAL(socketpair)(domain, type, protocol, ends);
    step.record.argument[0] = domain;
    step.record.argument[1] = type;
    step_ask(&step);
    long result = SYSTEM(SYS_socketpair, domain, type, protocol, ends);
    if (result == 0) {
        step.record.object = key_of_descriptor(ends[0]);
        step.record.second = key_of_descriptor(ends[1]);
    }
    return (int)step_end_with(&step, 0, result < 0 ? (int)-result : 0);
}

/* Calls on a socket that never wait. */
static int socket_plain(struct step *step, int descriptor, long number, long first, long second)
{
    step->record.object = key_of_descriptor(descriptor);
    step_ask(step);
    long result = descriptor_is_ours(descriptor) ? -EBADF : SYSTEM(number, descriptor, first, second);
    return (int)step_end_with(step, 0, result < 0 ? (int)-result : 0);
}

SHIM_EXPORT int bind(int descriptor, __CONST_SOCKADDR_ARG address, socklen_t length)
{
    struct step step;
    if (!step_begin(&step, OPERATION_socket_bind))
        return REAL(bind)(descriptor, address.__sockaddr__, length);
    struct sockaddr_storage copy = {0};
    struct sockaddr_in host;
    const struct sockaddr *own = address_at_loopback(address.__sockaddr__, length, &host);
    if (own && length >= sizeof host && length <= sizeof copy)
        memcpy(&copy, own, own == address.__sockaddr__ ? length : sizeof host);
    socklen_t size = sizeof(int);
    int protocol = 0;
    SYSTEM(SYS_getsockopt, descriptor, SOL_SOCKET, SO_PROTOCOL, &protocol, &size);
    step.record.argument[0] = protocol;
    step.record.argument[1] = address_kind(own, length);
    step.record.argument[2] = address_number(own, length);
    address_text(own, length);
    if (!port_is_ours(&copy))
        return socket_plain(&step, descriptor, SYS_bind, (long)own, (long)length);
    step.record.object = key_of_descriptor(descriptor);
    step_ask(&step);
    long result = 0;
    if (descriptor_is_ours(descriptor))
        result = -EBADF;
    else if (!port_bind(descriptor, &copy, length)) /* what is wrong the system shall say */
        result = SYSTEM(SYS_bind, descriptor, own, length);
    return (int)step_end_with(&step, 0, result < 0 ? (int)-result : 0);
}

SHIM_EXPORT int listen(int descriptor, int backlog)
{
    struct step step;
    if (!step_begin(&step, OPERATION_socket_listen))
        return REAL(listen)(descriptor, backlog);
    port_choose(descriptor);
    return socket_plain(&step, descriptor, SYS_listen, backlog, 0);
}

SHIM_EXPORT int shutdown(int descriptor, int how)
{
    struct step step;
    if (!step_begin(&step, OPERATION_socket_shutdown))
        return REAL(shutdown)(descriptor, how);
    step.record.argument[0] = how;
    return socket_plain(&step, descriptor, SYS_shutdown, how, 0);
}

/* One connect that does not wait: the flag is set for the length of the system call, in which no other task runs. */
static long connect_try(int descriptor, const struct sockaddr *address, socklen_t length, int flags)
{
    if (flags >= 0 && !(flags & O_NONBLOCK))
        SYSTEM(SYS_fcntl, descriptor, F_SETFL, flags | O_NONBLOCK);
    long result = SYSTEM(SYS_connect, descriptor, address, length);
    if (flags >= 0 && !(flags & O_NONBLOCK))
        SYSTEM(SYS_fcntl, descriptor, F_SETFL, flags);
    return result;
}

/* The queue of a UNIX listener is full (EAGAIN). No poll(2) of this socket tells when it is not: only trying does, so
 * the probe's try counts, as the kernel itself lets a waiting connect through when a place is free. */
struct connect_wait {
    int descriptor, flags;
    const struct sockaddr *address;
    socklen_t length;
    long result;
};

static bool connect_has_place(struct step *step)
{
    struct connect_wait *wait = (struct connect_wait *)step->context;
    if (wait->result == -EAGAIN)
        wait->result = connect_try(wait->descriptor, wait->address, wait->length, wait->flags);
    return wait->result != -EAGAIN;
}

/* A connection under way ends as SO_ERROR says (connect(2), EINPROGRESS). */
static long connect_wait(struct step *step, struct connect_wait *wait, enum grant_action grant)
{
    wait->result = connect_try(wait->descriptor, wait->address, wait->length, wait->flags);
    if (wait->flags & O_NONBLOCK)
        return wait->result;
    while (wait->result == -EAGAIN) {
        if (step_must_end(step))
            return -EINTR;
        if (grant == GRANT_EXPIRED)
            return -EAGAIN;
        step->context = wait;
        step->ready = connect_has_place;
        grant = step_block(step, &step->record.object);
        step->ready = NULL;
        step_cancellation(step);
        step->context = wait;
        connect_has_place(step);
    }
    if (wait->result != -EINPROGRESS && wait->result != -EALREADY)
        return wait->result;
    int error = descriptor_await(step, wait->descriptor, POLLOUT, &grant);
    if (error)
        return error == ETIMEDOUT ? -EINPROGRESS : -error;
    socklen_t size = sizeof error;
    SYSTEM(SYS_getsockopt, wait->descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
    return -error;
}

SHIM_EXPORT int connect(int descriptor, __CONST_SOCKADDR_ARG address, socklen_t length)
{
    LIVE((int)LIVE_IO(OPERATION_socket_connect, descriptor, REAL(connect)(descriptor, address.__sockaddr__, length)));
    struct step step;
    if (!step_begin(&step, OPERATION_socket_connect))
        return REAL(connect)(descriptor, address.__sockaddr__, length);
    static const struct descriptor_operations connects = {OPERATION_socket_connect, OPERATION_socket_connect,
                                                          OPERATION_socket_connect};
    int flags = descriptor_is_ours(descriptor) ? -1 : step_descriptor(&step, descriptor, &connects);
    socket_deadline(&step, descriptor, SO_SNDTIMEO);
    struct sockaddr_in host;
    const struct sockaddr *peer = address_at_loopback(address.__sockaddr__, length, &host);
    address_text(peer, length);
    step.record.argument[1] = address_kind(peer, length);
    enum grant_action grant = step_ask(&step);
    step_cancellation(&step);
    struct connect_wait wait = {descriptor, flags, peer, length, 0};
    if (flags >= 0)
        port_choose(descriptor);
    long result = flags < 0 ? -EBADF : connect_wait(&step, &wait, grant);
    return (int)step_end_with(&step, 0, result < 0 ? (int)-result : 0);
}

static int accept_step(struct step *step, int descriptor, struct sockaddr *address, socklen_t *length, int made_flags)
{
    static const struct descriptor_operations accepts = {OPERATION_socket_accept, OPERATION_socket_accept,
                                                         OPERATION_socket_accept};
    int flags = descriptor_is_ours(descriptor) ? -1 : step_descriptor(step, descriptor, &accepts);
    int listening = 0;
    socklen_t size = sizeof listening;
    if (flags >= 0)
        SYSTEM(SYS_getsockopt, descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size);
    socket_deadline(step, descriptor, SO_RCVTIMEO);
    enum grant_action grant = step_ask(step);
    step_cancellation(step);
    int error = 0;
    if (listening && !(flags & O_NONBLOCK))
        error = descriptor_await(step, descriptor, POLLIN, &grant);
    if (error == ETIMEDOUT)
        error = EAGAIN;
    long made = error ? -error : flags < 0 ? -EBADF : SYSTEM(SYS_accept4, descriptor, address, length, made_flags);
    if (made >= 0)
        step->record.second = key_of_descriptor((int)made);
    return (int)step_end_with(step, made, made < 0 ? (int)-made : 0);
}

SHIM_EXPORT int accept(int descriptor, __SOCKADDR_ARG address, socklen_t *length)
{
    LIVE((int)LIVE_IO(OPERATION_socket_accept, descriptor, REAL(accept)(descriptor, address.__sockaddr__, length)));
    struct step step;
    if (!step_begin(&step, OPERATION_socket_accept))
        return REAL(accept)(descriptor, address.__sockaddr__, length);
    return accept_step(&step, descriptor, address.__sockaddr__, length, 0);
}

SHIM_EXPORT int accept4(int descriptor, __SOCKADDR_ARG address, socklen_t *length, int flags)
{
    LIVE((int)LIVE_IO(OPERATION_socket_accept, descriptor,
                      REAL(accept4)(descriptor, address.__sockaddr__, length, flags)));
    struct step step;
    if (!step_begin(&step, OPERATION_socket_accept))
        return REAL(accept4)(descriptor, address.__sockaddr__, length, flags);
    return accept_step(&step, descriptor, address.__sockaddr__, length, flags);
}
