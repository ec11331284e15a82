/* The bench: prints a table of ratios, each against the bare program or a peer that was measured in the same run, with
 * both interleaved and medians taken. Absolute times say little on a shared machine. README.md explains the rows. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double bench_now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    const double *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

double bench_quantile(double *values, size_t count, double part)
{
    if (count == 0)
        return 0;
    qsort(values, count, sizeof *values, by_value);
    size_t at = (size_t)(part * (double)count);
    return values[at < count ? at : count - 1];
}

double bench_median(double *values, size_t count)
{
    return bench_quantile(values, count, 0.5);
}

void bench_row(const char *what, const char *lockstep, const char *peer, const char *ratio, const char *target)
{
    printf("| %-44s | %-22s | %-26s | %-9s | %-22s |\n", what, lockstep, peer, ratio, target);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s GUEST PRELOAD [live|stepped|history|screen]\n", argv[0]);
        return 2;
    }
    struct bench bench = {.guest = argv[1], .preload = argv[2], .keys = BENCH_KEYS, .lockstep = BENCH_LOCKSTEP, .rounds = 5};
    const char *only = argc > 3 ? argv[3] : "";
    bench_row("what", "lockstep", "peer in the same run", "ratio", "target");
    bench_row("---", "---", "---", "---", "---");
    if (!*only || strcmp(only, "stepped") == 0)
        bench_stepped(&bench);
    if (!*only || strcmp(only, "live") == 0)
        bench_live(&bench);
    if (!*only || strcmp(only, "history") == 0)
        bench_history(&bench);
    if (!*only || strcmp(only, "screen") == 0)
        bench_screen(&bench);
    if (!*only || strcmp(only, "wire") == 0)
        bench_wire();
    return 0;
}
