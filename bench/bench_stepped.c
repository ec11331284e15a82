/* Stepped mode: steps through the whole of conductor, world and history, next to the barest hand-over that a pipe and a
 * futex allow between processes pinned to one core. */
#include "bench.h"

#include "conductor/conductor.h"

#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEPS 20000
#define RECORD 288 /* bytes: about what a step tells */

static void wake(_Atomic uint32_t *word)
{
    atomic_fetch_add(word, 1);
    syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void child(_Atomic uint32_t *own, const _Atomic uint32_t *over, int channel)
{
    char record[RECORD] = {0};
    for (uint32_t seen = 0; !*over; seen = *own) {
        if (write(channel, record, sizeof record) != (ssize_t)sizeof record)
            _exit(1);
        while (*own == seen && !*over)
            syscall(SYS_futex, own, FUTEX_WAIT, seen, NULL, NULL, 0);
    }
    _exit(0);
}

/* Two processes wait for a futex, one at a time is woken and writes to a pipe. Fills the time of each hand-over. */
static void raw(double *times, size_t count)
{
    cpu_set_t before, one;
    sched_getaffinity(0, sizeof before, &before);
    CPU_ZERO(&one);
    CPU_SET((unsigned)sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
    _Atomic uint32_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int channel[2];
    char record[2 * RECORD];
    if (shared == MAP_FAILED || pipe(channel) != 0)
        exit(1);
    for (int i = 0; i < 2; i++)
        if (fork() == 0)
            child(shared + 64 * i, shared + 1000, channel[1]);
    for (size_t got = 0; got < sizeof record;)
        got += (size_t)read(channel[0], record, sizeof record - got);
    double last = bench_now();
    for (size_t i = 0; i < count; i++) {
        wake(shared + 64 * (i % 2));
        if (read(channel[0], record, RECORD) != RECORD)
            exit(1);
        double now = bench_now();
        times[i] = now - last;
        last = now;
    }
    atomic_store(shared + 1000, 1);
    wake(shared);
    wake(shared + 64);
    while (wait(NULL) > 0)
        ;
    close(channel[0]);
    close(channel[1]);
    munmap(shared, 4096);
    sched_setaffinity(0, sizeof before, &before);
}

static size_t stepped(const struct bench *bench, double *times, size_t max)
{
    char count[16];
    snprintf(count, sizeof count, "%d", STEPS / 4);
    const char *arguments[] = {bench->guest, "steps", count, NULL};
    struct message message = {0};
    struct history *history = history_new();
    struct conductor *conductor = NULL;
    struct conductor_options options = {.program = bench->guest,
                                        .arguments = arguments,
                                        .preload = bench->preload,
                                        .policy = {.kind = POLICY_rr, .quantum = 1},
                                        .cpus = 1,
                                        .input = -1};
    cpu_set_t before;
    sched_getaffinity(0, sizeof before, &before);
    size_t taken = 0;
    if (conductor_start(&options, history, &conductor, &message) != STATUS_OK) {
        fprintf(stderr, "bench: %s\n", message.text);
    } else {
        double last = bench_now();
        while (taken < max && conductor_step(conductor, 0, &message) == STATUS_OK) {
            double now = bench_now();
            times[taken++] = now - last;
            last = now;
        }
    }
    conductor_free(conductor);
    history_free(history);
    sched_setaffinity(0, sizeof before, &before);
    return taken;
}

static double mean(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return count ? sum / (double)count : 0;
}

void bench_stepped(const struct bench *bench)
{
    double *own = malloc(STEPS * sizeof *own), *peer = malloc(STEPS * sizeof *peer);
    double own_p50[16], peer_p50[16], own_rate[16], peer_rate[16];
    int rounds = bench->rounds;
    for (int round = 0; own && peer && round < rounds; round++) {
        raw(peer, STEPS);
        peer_rate[round] = 1e9 / mean(peer, STEPS);
        peer_p50[round] = bench_median(peer, STEPS);
        size_t count = stepped(bench, own, STEPS);
        own_rate[round] = count ? 1e9 / mean(own, count) : 0;
        own_p50[round] = bench_median(own, count);
    }
    double p50 = bench_median(own_p50, (size_t)rounds), raw_p50 = bench_median(peer_p50, (size_t)rounds);
    double rate = bench_median(own_rate, (size_t)rounds), raw_rate = bench_median(peer_rate, (size_t)rounds);
    char first[32], second[32], ratio[32];
    snprintf(first, sizeof first, "%.2f us", p50 / 1e3);
    snprintf(second, sizeof second, "pipe+futex %.2f us", raw_p50 / 1e3);
    snprintf(ratio, sizeof ratio, "%.2fx", raw_p50 > 0 ? p50 / raw_p50 : 0);
    bench_row("stepped: p50 of a step, one core", first, second, ratio, "3.5 us (1.21x of 2.9)");
    snprintf(first, sizeof first, "%.0f /s", rate);
    snprintf(second, sizeof second, "pipe+futex %.0f /s", raw_rate);
    snprintf(ratio, sizeof ratio, "%.2fx", rate > 0 ? raw_rate / rate : 0);
    bench_row("stepped: steps a second, one core", first, second, ratio, "300,000 (of 340,000)");
    free(own);
    free(peer);
}
