/* Programs that talk over TCP and UDP on 127.0.0.1, as anybody would write them; which, says the argument. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_in at(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int listen_at(uint16_t port, int backlog)
{
    struct sockaddr_in own = at(port);
    int made = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(made, (struct sockaddr *)&own, sizeof own) != 0 || listen(made, backlog) != 0)
        exit(9);
    return made;
}

static int call(uint16_t port)
{
    struct sockaddr_in peer = at(port);
    int made = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(made, (struct sockaddr *)&peer, sizeof peer) != 0) {
        printf("connect: %s\n", strerrorname_np(errno));
        exit(8);
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
    printf("%s: %s%s\n", who, text, got < 0 ? strerrorname_np(errno) : "");
}

/* A question, an answer, both close. */
static int talk(void)
{
    int listener = listen_at(8080, 5);
    if (fork() == 0) {
        int to = call(8080);
        send(to, "hello", 5, 0);
        shutdown(to, SHUT_WR);
        hear("client", to);
        close(to);
        return 0;
    }
    int from = accept(listener, NULL, NULL);
    hear("server", from);
    send(from, "world", 5, 0);
    close(from);
    wait(NULL);
    return 0;
}

/* Two small segments, one behind the other. */
static int two(void)
{
    int listener = listen_at(8080, 5), one = 1;
    if (fork() == 0) {
        int to = call(8080);
        setsockopt(to, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        send(to, "AAA", 3, 0);
        send(to, "BBB", 3, 0);
        close(to);
        return 0;
    }
    int from = accept(listener, NULL, NULL);
    hear("server", from);
    wait(NULL);
    return 0;
}

static int udp(void)
{
    struct sockaddr_in own = at(9090), nobody = at(9091);
    char text[16] = "";
    int server = socket(AF_INET, SOCK_DGRAM, 0), client = socket(AF_INET, SOCK_DGRAM, 0);
    bind(server, (struct sockaddr *)&own, sizeof own);
    sendto(client, "ping", 4, 0, (struct sockaddr *)&own, sizeof own);
    sendto(client, "", 0, 0, (struct sockaddr *)&own, sizeof own);
    printf("%zd\n", recv(server, text, sizeof text, 0));
    printf("%zd\n", recv(server, text, sizeof text, 0));
    int lonely = socket(AF_INET, SOCK_DGRAM, 0);
    connect(lonely, (struct sockaddr *)&nobody, sizeof nobody);
    send(lonely, "anybody?", 8, 0);
    if (recv(lonely, text, sizeof text, 0) < 0)
        printf("%s\n", strerrorname_np(errno));
    return 0;
}

static int flood(void)
{
    struct sockaddr_in nobody = at(9091);
    int client = socket(AF_INET, SOCK_DGRAM, 0);
    for (int i = 0; i < 300; i++)
        sendto(client, "x", 1, 0, (struct sockaddr *)&nobody, sizeof nobody);
    return 0;
}

static int alone(void)
{
    int listener = listen_at(8080, 5);
    accept(listener, NULL, NULL);
    return 0;
}

static int taken(void)
{
    struct sockaddr_in own = at(8080);
    listen_at(8080, 5);
    int second = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(second, (struct sockaddr *)&own, sizeof own) != 0)
        printf("%s\n", strerrorname_np(errno));
    return 0;
}

static int six(void)
{
    struct sockaddr_in6 own = {.sin6_family = AF_INET6, .sin6_port = htons(8080), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int made = socket(AF_INET6, SOCK_STREAM, 0);
    if (made < 0 || bind(made, (struct sockaddr *)&own, sizeof own) != 0)
        printf("%s\n", strerrorname_np(errno));
    return 0;
}

/* Nobody listens. */
static int refused(void)
{
    struct sockaddr_in peer = at(8081);
    int made = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(made, (struct sockaddr *)&peer, sizeof peer) != 0)
        printf("%s\n", strerrorname_np(errno));
    return 0;
}

static void *caller(void *number)
{
    char text[2] = {(char)('a' + (long)number), 0};
    int to = call(8080);
    send(to, text, 1, 0);
    hear("client", to);
    close(to);
    return NULL;
}

/* One thread serves two clients and waits for both at once: by poll, select or epoll, and with sockets that never wait. */
static int event_loop(const char *by)
{
    int listener = listen_at(8080, 5), served = 0, open[8], count = 0, poller = epoll_create1(0);
    fcntl(listener, F_SETFL, O_NONBLOCK);
    pthread_t threads[2];
    for (long i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, caller, (void *)i);
    struct epoll_event wanted = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &wanted);
    open[count++] = listener;
    while (served < 2) {
        struct pollfd list[8];
        fd_set set;
        FD_ZERO(&set);
        for (int i = 0; i < count; i++) {
            list[i] = (struct pollfd){.fd = open[i], .events = POLLIN};
            FD_SET(open[i], &set);
        }
        struct epoll_event ready[8];
        if (strcmp(by, "poll") == 0)
            poll(list, (nfds_t)count, -1);
        else if (strcmp(by, "select") == 0)
            select(64, &set, NULL, NULL, NULL);
        else
            epoll_wait(poller, ready, 8, -1);
        int from = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (from >= 0) {
            wanted.data.fd = from;
            epoll_ctl(poller, EPOLL_CTL_ADD, from, &wanted);
            open[count++] = from;
        }
        for (int i = 1; i < count; i++) {
            char letter;
            if (recv(open[i], &letter, 1, MSG_DONTWAIT) != 1)
                continue;
            send(open[i], &letter, 1, 0);
            close(open[i]);
            open[i--] = open[--count];
            served++;
        }
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return 0;
}

/* More than the two that listen(1) lets wait. */
static int crowd(void)
{
    int listener = listen_at(8080, 1);
    for (int i = 0; i < 3; i++)
        if (fork() == 0) {
            call(8080);
            return 0;
        }
    usleep(100000); /* long before the kernel tries again, after a second */
    for (int i = 0; i < 3; i++)
        accept(listener, NULL, NULL);
    while (wait(NULL) > 0)
        ;
    printf("all three\n");
    return 0;
}

/* The receiver does not read for long: the window closes, the buffers fill, and only then does send wait. */
static int slow(void)
{
    int listener = listen_at(8080, 5), size = 4096;
    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (fork() == 0) {
        int to = call(8080);
        char block[1024] = {0};
        setsockopt(to, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
        for (int i = 0; i < 24; i++)
            send(to, block, sizeof block, 0);
        close(to);
        return 0;
    }
    int from = accept(listener, NULL, NULL);
    sleep(5);
    char text[4096];
    size_t all = 0;
    for (ssize_t got; (got = recv(from, text, sizeof text, 0)) > 0;)
        all += (size_t)got;
    printf("%zu\n", all);
    wait(NULL);
    return 0;
}

/* What is left fills the window to the brim, and the FIN has no room beside it: only the kernel's timer lets it go on. */
static int brim(void)
{
    int listener = listen_at(8080, 5), size = 2304;
    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (fork() == 0) {
        int to = call(8080);
        char block[730] = {0};
        for (int i = 0; i < 8; i++)
            send(to, block, sizeof block, 0);
        close(to);
        return 0;
    }
    int from = accept(listener, NULL, NULL);
    sleep(5);
    char text[1460];
    size_t all = 0;
    for (ssize_t got; (got = recv(from, text, sizeof text, 0)) > 0;)
        all += (size_t)got;
    printf("%zu\n", all);
    wait(NULL);
    return 0;
}

int main(int count, char **arguments)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } runs[] = {{"talk", talk},   {"two", two},     {"udp", udp},  {"flood", flood},
                {"alone", alone}, {"taken", taken}, {"six", six},  {"refused", refused},
                {"crowd", crowd}, {"slow", slow},   {"brim", brim}};
    const char *name = count > 1 ? arguments[1] : "nothing"; /* alone it opens no port of the machine's */
    if (strcmp(name, "nothing") == 0)
        return 0;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
        if (strcmp(name, runs[i].name) == 0)
            return runs[i].run();
    return event_loop(name);
}
