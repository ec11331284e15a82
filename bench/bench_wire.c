/* The wire when nobody holds anything: a round trip and a stream of TCP between two processes, through the wire and over a
 * plain loopback, each in a network namespace of its own. */
#include "bench.h"
#include "network_place.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 3000, BYTES = 100 << 20, PIECE = 1 << 16 };

struct bench_talk {
    double trip;   /* median, ns */
    double stream; /* MB/s */
    volatile bool over;
};

static struct sockaddr_in bench_address(void)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void bench_serve(int listener)
{
    static char piece[PIECE];
    int from = accept(listener, NULL, NULL), one = 1;
    setsockopt(from, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    for (int i = 0; i < ROUNDS && recv(from, piece, 1, 0) == 1; i++)
        (void)!send(from, piece, 1, 0);
    for (size_t all = 0; all < BYTES;) {
        ssize_t got = recv(from, piece, sizeof piece, 0);
        if (got <= 0)
            break;
        all += (size_t)got;
    }
    (void)!send(from, piece, 1, 0);
    close(from);
}

static void bench_call(struct bench_talk *talk)
{
    static char piece[PIECE];
    static double trips[ROUNDS];
    struct sockaddr_in peer = bench_address();
    int to = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (connect(to, (struct sockaddr *)&peer, sizeof peer) != 0)
        return;
    setsockopt(to, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    for (int i = 0; i < ROUNDS; i++) {
        double start = bench_now();
        if (send(to, piece, 1, 0) != 1 || recv(to, piece, 1, 0) != 1)
            return;
        trips[i] = bench_now() - start;
    }
    talk->trip = bench_median(trips, ROUNDS);
    double start = bench_now();
    for (size_t all = 0; all < BYTES; all += PIECE)
        if (send(to, piece, PIECE, 0) != PIECE)
            return;
    if (recv(to, piece, 1, 0) == 1)
        talk->stream = BYTES / 1e6 / ((bench_now() - start) / 1e9);
    close(to);
}

/* Both ends as children; we carry, if there is a wire. */
static void bench_talk_run(struct wire *wire, struct bench_talk *talk)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in own = bench_address();
    if (bind(listener, (struct sockaddr *)&own, sizeof own) != 0 || listen(listener, 5) != 0)
        return;
    pid_t server = fork();
    if (server == 0) {
        bench_serve(listener);
        _exit(0);
    }
    pid_t client = fork();
    if (client == 0) {
        bench_call(talk);
        talk->over = true;
        _exit(0);
    }
    while (wire && !talk->over)
        wire_pass(wire, 10);
    for (int i = 0; i < 100 && wire && wire_pass(wire, 10) > 0; i++)
        ;
    waitpid(client, NULL, 0);
    waitpid(server, NULL, 0);
    close(listener);
}

static bool bench_plain(void)
{
    if (unshare(CLONE_NEWNET) != 0)
        return false;
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int any = socket(AF_INET, SOCK_DGRAM, 0);
    bool up = any >= 0 && ioctl(any, SIOCSIFFLAGS, &request) == 0;
    close(any);
    return up;
}

static void bench_wire_of(enum network_kind kind, const char *name)
{
    struct bench_talk *talks = mmap(NULL, 2 * sizeof *talks, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const char *why = NULL;
    struct wire *wire = network_place(kind, NETWORK_lecture, &why);
    char what[64], ours[64] = "", peer[64] = "", ratio[32] = "";
    snprintf(what, sizeof what, "wire not held (%s): round trip", name);
    if (!wire || talks == MAP_FAILED) {
        bench_row(what, why ? why : "no memory", "", "", "4 x loopback at most");
        return;
    }
    bench_talk_run(wire, &talks[0]);
    struct wire_counts counts = wire_counts(wire);
    wire_free(wire);
    if (bench_plain())
        bench_talk_run(NULL, &talks[1]);
    snprintf(ours, sizeof ours, "%.1f us", talks[0].trip / 1e3);
    snprintf(peer, sizeof peer, "loopback %.1f us", talks[1].trip / 1e3);
    snprintf(ratio, sizeof ratio, "%.1f x", talks[1].trip > 0 ? talks[0].trip / talks[1].trip : 0.0);
    bench_row(what, ours, peer, ratio, "4 x loopback at most");
    snprintf(what, sizeof what, "wire not held (%s): stream", name);
    snprintf(ours, sizeof ours, "%.0f MB/s, lost %llu", talks[0].stream, (unsigned long long)counts.refused);
    snprintf(peer, sizeof peer, "device lost %llu", (unsigned long long)counts.device_dropped);
    bench_row(what, ours, peer, "", "100 MB/s, lost 0");
    munmap(talks, 2 * sizeof *talks);
}

void bench_wire(void)
{
    bench_wire_of(NETWORK_tun, "TUN");
    bench_wire_of(NETWORK_veth, "veth");
}
