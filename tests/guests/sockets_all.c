/* Sockets as plain blocking operations: streams, datagrams, pairs, ends, time-outs, refusals. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, long result)
{
    char line[120];
    int length = snprintf(line, sizeof line, "%s %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
    write(1, line, length);
}

static struct sockaddr_in address = {.sin_family = AF_INET};

static void *client(void *argument)
{
    char text[16] = "";
    int out = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(out, (struct sockaddr *)&address, sizeof address) != 0)
        say("connect", -1);
    if (fcntl(out, F_GETFL) & O_NONBLOCK)
        say("connect left O_NONBLOCK", 1);
    send(out, "hello", 5, 0);
    if (recv(out, text, 5, MSG_WAITALL) != 5 || strcmp(text, "HELLO") != 0)
        say(text, -1);
    close(out);
    return NULL;
}

static void stream(void)
{
    socklen_t size = sizeof address;
    int one = 1, server = socket(AF_INET, SOCK_STREAM, 0);
    pthread_t threads[3];
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    say("bind", bind(server, (struct sockaddr *)&address, sizeof address));
    getsockname(server, (struct sockaddr *)&address, &size);
    say("accept too early", accept(server, NULL, NULL));
    say("listen", listen(server, 8));
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, client, NULL);
    for (int i = 0; i < 3; i++) {
        struct sockaddr_in peer;
        socklen_t length = sizeof peer;
        int in = accept(server, (struct sockaddr *)&peer, &length);
        char text[16] = "";
        int got = 0, part;
        say("family", peer.sin_family);
        while (got < 5 && (part = read(in, text + got, sizeof text - got)) > 0)
            got += part;
        for (int j = 0; j < got; j++)
            text[j] -= 32;
        write(in, text, got);
        say("end", read(in, text, 1));
        close(in);
    }
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    int extra = accept4(server, NULL, NULL, SOCK_CLOEXEC | (fcntl(server, F_SETFL, O_NONBLOCK), 0));
    say("nobody", extra);
    close(server);
    int out = socket(AF_INET, SOCK_STREAM, 0);
    say("refused", connect(out, (struct sockaddr *)&address, sizeof address));
    close(out);
}

static int ends[2];

static void *flood(void *argument)
{
    static char block[400000];
    long sent = send(ends[1], block, sizeof block, 0);
    struct iovec parts[2] = {{block, 150000}, {block, 150000}};
    sent += writev(ends[1], parts, 2);
    shutdown(ends[1], SHUT_WR);
    if (sent != 700000)
        say("flood", sent);
    return NULL;
}

static void pair(void)
{
    pthread_t thread;
    static char buffer[7000];
    long sum = 0, got;
    say("pair", socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    int quiet = dup(1);
    pthread_create(&thread, NULL, flood, NULL);
    while ((got = recv(ends[0], buffer, sizeof buffer, 0)) > 0)
        sum += got;
    pthread_join(thread, NULL);
    say("sum", sum);
    close(quiet);
    close(ends[1]);
    say("closed", send(ends[0], "x", 1, MSG_NOSIGNAL));
    close(ends[0]);
    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
    struct iovec part = {buffer, 3};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    say("packet", send(ends[0], "abcdef", 6, 0));
    say("cut", recvmsg(ends[1], &message, 0));
    say("truncated", (message.msg_flags & MSG_TRUNC) != 0);
    say("none", recv(ends[1], buffer, 5, MSG_DONTWAIT));
    struct timeval limit = {.tv_usec = 20000};
    setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    say("time-out", recv(ends[1], buffer, 5, 0));
    say("file", recv(1, buffer, 1, 0));
    say("bad", recv(777, buffer, 1, 0));
    close(ends[0]);
    close(ends[1]);
}

static void datagrams(void)
{
    int in = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in place = {.sin_family = AF_INET}, from;
    socklen_t size = sizeof place;
    char text[8] = "";
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(in, (struct sockaddr *)&place, sizeof place);
    getsockname(in, (struct sockaddr *)&place, &size);
    pid_t child = fork();
    if (child == 0) {
        say("sendto", sendto(out, "dgram", 5, 0, (struct sockaddr *)&place, sizeof place));
        _exit(0);
    }
    waitpid(child, NULL, 0);
    size = sizeof from;
    say("recvfrom", recvfrom(in, text, sizeof text, 0, (struct sockaddr *)&from, &size));
    say(text, size == sizeof from && from.sin_addr.s_addr == place.sin_addr.s_addr);
    say("no peer", send(out, "x", 1, 0));
    close(in);
    close(out);
}

static void *unix_client(void *argument)
{
    int out = socket(AF_UNIX, SOCK_STREAM, 0);
    int result = connect(out, argument, sizeof(struct sockaddr_un));
    char byte = 'q';
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (result != 0 || sendmsg(out, &message, 0) != 1)
        say("unix client", -1);
    close(out);
    return NULL;
}

/* More clients than the queue holds: they wait in connect. */
static void local(void)
{
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    pthread_t threads[4];
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(place.sun_path, sizeof place.sun_path, "sockets_all.%d", (int)getpid()); /* a folder of this run alone */
    unlink(place.sun_path);
    say("bind", bind(server, (struct sockaddr *)&place, sizeof place));
    say("listen", listen(server, 0));
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, unix_client, &place);
    for (int i = 0; i < 4; i++) {
        char byte = 0;
        int in = accept(server, NULL, NULL);
        say("byte", read(in, &byte, 1) * byte);
        close(in);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    close(server);
    unlink(place.sun_path);
}

int main(void)
{
    stream();
    pair();
    datagrams();
    local();
    return 0;
}
