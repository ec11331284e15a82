/* One of two programs on two hosts, as anybody would write it; which, say the arguments: what, address, port. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in at(const char *address, const char *port)
{
    struct sockaddr_in made = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    made.sin_addr.s_addr = inet_addr(address);
    return made;
}

static int listen_at(const char *address, const char *port)
{
    struct sockaddr_in own = at(address, port);
    int made = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(made, (struct sockaddr *)&own, sizeof own) != 0 || listen(made, 5) != 0) {
        printf("bind: %s\n", strerrorname_np(errno));
        exit(9);
    }
    return made;
}

/* Reads until the end; prints what came. */
static void hear(const char *who, int from)
{
    char text[64];
    size_t length = 0;
    ssize_t got;
    while ((got = recv(from, text + length, sizeof text - 1 - length, 0)) > 0)
        length += (size_t)got;
    text[length] = 0;
    printf("%s: %s\n", who, got < 0 ? strerrorname_np(errno) : text);
}

static int server(const char *address, const char *port)
{
    int listener = listen_at(address, port), call = accept(listener, NULL, NULL);
    hear("server", call);
    send(call, "world", 5, 0);
    close(call);
    close(listener);
    return 0;
}

static int client(const char *address, const char *port)
{
    struct sockaddr_in peer = at(address, port);
    int call = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(call, (struct sockaddr *)&peer, sizeof peer) != 0) {
        printf("connect: %s\n", strerrorname_np(errno));
        return 8;
    }
    send(call, "hello", 5, 0);
    shutdown(call, SHUT_WR);
    hear("client", call);
    close(call);
    return 0;
}

/* Listens at the port that the other has, too, and calls the other, who waits; or waits itself. */
static int peer(const char *address, const char *port, int calls)
{
    int listener = listen_at("0.0.0.0", port);
    if (calls)
        return client(address, port);
    int call = accept(listener, NULL, NULL);
    hear("waited", call);
    send(call, "here", 4, 0);
    return 0;
}

/* Both send one datagram from the same port and get the other's; one begins. */
static int datagrams(const char *address, const char *port, int asks)
{
    struct sockaddr_in own = at("0.0.0.0", port), other = at(address, port), from;
    socklen_t size = sizeof from;
    char text[16] = "";
    int made = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(made, (struct sockaddr *)&own, sizeof own) != 0)
        return 9;
    if (asks)
        sendto(made, "ping", 4, 0, (struct sockaddr *)&other, sizeof other);
    recvfrom(made, text, sizeof text - 1, 0, (struct sockaddr *)&from, &size);
    printf("from %s: %s\n", inet_ntoa(from.sin_addr), text);
    if (!asks)
        sendto(made, "pong", 4, 0, (struct sockaddr *)&other, sizeof other);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (strcmp(argv[1], "server") == 0)
        return server(argv[2], argv[3]);
    if (strcmp(argv[1], "client") == 0)
        return client(argv[2], argv[3]);
    if (strcmp(argv[1], "wait") == 0)
        return peer(argv[2], argv[3], 0);
    if (strcmp(argv[1], "call") == 0)
        return peer(argv[2], argv[3], 1);
    if (strcmp(argv[1], "asks") == 0)
        return datagrams(argv[2], argv[3], 1);
    return strcmp(argv[1], "answers") == 0 ? datagrams(argv[2], argv[3], 0) : 2;
}
