/* Programs whose connections begin and end in unusual ways, and such that mean no good; which, says the argument. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_in at(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int listen_at(uint16_t port)
{
    struct sockaddr_in own = at(port);
    int made = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(made, (struct sockaddr *)&own, sizeof own) != 0 || listen(made, 5) != 0)
        exit(9);
    return made;
}

/* own: 0 whatever the system gives. */
static int call(uint16_t own, uint16_t port)
{
    struct sockaddr_in address = at(own), peer = at(port);
    int made = socket(AF_INET, SOCK_STREAM, 0);
    if (own && bind(made, (struct sockaddr *)&address, sizeof address) != 0)
        exit(9);
    if (connect(made, (struct sockaddr *)&peer, sizeof peer) != 0) {
        printf("connect: %s\n", strerrorname_np(errno));
        exit(8);
    }
    return made;
}

static void hear(const char *who, int from)
{
    char text[64] = "";
    ssize_t got = recv(from, text, sizeof text - 1, 0);
    printf("%s: %s\n", who, got < 0 ? strerrorname_np(errno) : text);
}

/* Neither listens: each calls the other. */
static int both_open(void)
{
    int child = fork() == 0;
    int one = child ? call(7002, 7001) : call(7001, 7002);
    send(one, child ? "from the child" : "from the parent", child ? 14 : 15, 0);
    hear(child ? "child" : "parent", one);
    if (!child)
        wait(NULL);
    return 0;
}

static int both_close(void)
{
    int listener = listen_at(8080);
    if (fork() == 0) {
        close(call(0, 8080));
        return 0;
    }
    close(accept(listener, NULL, NULL));
    wait(NULL);
    return 0;
}

/* The answer is long in coming. */
static int late_answer(void)
{
    int listener = listen_at(8080);
    if (fork() == 0) {
        int to = call(0, 8080);
        send(to, "hello", 5, 0);
        hear("client", to);
        close(to);
        return 0;
    }
    int from = accept(listener, NULL, NULL);
    hear("server", from);
    sleep(1);
    send(from, "world", 5, 0);
    close(from);
    wait(NULL);
    return 0;
}

/* The server closes with bytes unread. */
static int unread(void)
{
    int listener = listen_at(8080);
    if (fork() == 0) {
        int to = call(0, 8080);
        send(to, "unread", 6, 0);
        hear("client", to);
        if (send(to, "more", 4, MSG_NOSIGNAL) < 0)
            printf("client: %s\n", strerrorname_np(errno));
        close(to);
        return 0;
    }
    int from = accept(listener, NULL, NULL);
    struct pollfd arrived = {.fd = from, .events = POLLIN};
    poll(&arrived, 1, -1);
    close(from);
    wait(NULL);
    return 0;
}

/* A datagram to a port that nobody has; the socket is none the worse for it. */
static int nobody(void)
{
    struct sockaddr_in peer = at(9091);
    int lonely = socket(AF_INET, SOCK_DGRAM, 0);
    connect(lonely, (struct sockaddr *)&peer, sizeof peer);
    send(lonely, "anybody?", 8, 0);
    hear("lonely", lonely);
    int found = socket(AF_INET, SOCK_DGRAM, 0);
    bind(found, (struct sockaddr *)&peer, sizeof peer);
    send(lonely, "again", 5, 0);
    hear("found", found);
    return 0;
}

/* ---- such as mean no good ---- */

/* In the midst of a talk everything is closed, as daemons do. */
static int closes_all(void)
{
    int listener = listen_at(8080);
    if (fork() == 0) {
        int to = call(0, 8080);
        send(to, "hello", 5, 0);
        for (int i = 3; i < 1024; i++)
            close(i);
        printf("client: %s\n", send(to, "more", 4, MSG_NOSIGNAL) < 0 ? strerrorname_np(errno) : "sent");
        return 0;
    }
    int from = accept(listener, NULL, NULL);
    hear("server", from);
    hear("server", from);
    for (int i = 3; i < 1024; i++)
        close(i);
    wait(NULL);
    return 0;
}

/* Without end. */
static int datagrams(void)
{
    struct sockaddr_in peer = at(9090);
    int to = socket(AF_INET, SOCK_DGRAM, 0), from = socket(AF_INET, SOCK_DGRAM, 0);
    bind(from, (struct sockaddr *)&peer, sizeof peer);
    for (;;)
        sendto(to, "x", 1, 0, (struct sockaddr *)&peer, sizeof peer);
}

/* 50 MB in one connection. */
static int stream(void)
{
    enum { BLOCK = 1 << 20, BLOCKS = 50 };
    static char block[BLOCK];
    int listener = listen_at(8080);
    if (fork() == 0) {
        int to = call(0, 8080);
        for (int i = 0; i < BLOCKS; i++)
            send(to, block, sizeof block, 0);
        return 0;
    }
    int from = accept(listener, NULL, NULL);
    size_t all = 0;
    for (ssize_t got; (got = recv(from, block, sizeof block, 0)) > 0;)
        all += (size_t)got;
    printf("%zu\n", all);
    wait(NULL);
    return 0;
}

static int six(const char *what)
{
    struct sockaddr_in6 peer = {.sin6_family = AF_INET6, .sin6_port = htons(8080), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int one = 1, made = socket(AF_INET6, strcmp(what, "send") == 0 ? SOCK_DGRAM : SOCK_STREAM, 0);
    if (made < 0)
        return 7;
    setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    int result = strcmp(what, "bind") == 0      ? bind(made, (struct sockaddr *)&peer, sizeof peer)
                 : strcmp(what, "connect") == 0 ? connect(made, (struct sockaddr *)&peer, sizeof peer)
                                                : sendto(made, "x", 1, 0, (struct sockaddr *)&peer, sizeof peer);
    printf("%s: %s\n", what, result < 0 ? strerrorname_np(errno) : "done");
    return 0;
}

static int six_bind(void)
{
    return six("bind");
}

static int six_connect(void)
{
    return six("connect");
}

static int six_send(void)
{
    return six("send");
}

/* What the raw bytes of a packet can be made to say: a header shorter than it says, and of another protocol. Refused to
 * who is not root, which is fine. */
static int raw(void)
{
    int made = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
    printf("raw: %s\n", made < 0 ? strerrorname_np(errno) : "made");
    return 0;
}

int main(int count, char **arguments)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } runs[] = {{"both_open", both_open},     {"both_close", both_close}, {"late_answer", late_answer},
                {"unread", unread},           {"nobody", nobody},         {"closes_all", closes_all},
                {"datagrams", datagrams},     {"stream", stream},         {"six_bind", six_bind},
                {"six_connect", six_connect}, {"six_send", six_send},     {"raw", raw}};
    for (size_t i = 0; count > 1 && i < sizeof runs / sizeof *runs; i++)
        if (strcmp(arguments[1], runs[i].name) == 0)
            return runs[i].run();
    return count > 1 ? 9 : 0; /* alone it opens no port of the machine's */
}
