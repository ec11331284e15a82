/* Live mode: the same program bare and under lockstep, in turns. Also counts what was lost. */
#include "bench.h"

#include "conductor/conductor.h"
#include "conductor/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS 64

struct text {
    char bytes[4096];
    size_t length;
};

static size_t numbers(const char *text, double *values, size_t max)
{
    size_t count = 0;
    for (char *end; count < max && *text; text = end) {
        values[count] = strtod(text, &end);
        if (end == text)
            break;
        count++;
    }
    return count;
}

static double run_bare(const struct bench *bench, const char *kind)
{
    char command[1024];
    struct text text = {.length = 0};
    snprintf(command, sizeof command, "'%s' %s", bench->guest, kind);
    FILE *pipe = popen(command, "r");
    if (!pipe)
        return 0;
    text.length = fread(text.bytes, 1, sizeof text.bytes - 1, pipe);
    pclose(pipe);
    text.bytes[text.length] = 0;
    double values[BLOCKS];
    return bench_median(values, numbers(text.bytes, values, BLOCKS));
}

static void listen(void *context, const struct event *event, const struct world *world)
{
    (void)world;
    struct text *text = context;
    if (event->kind != EVENT_OUTPUT || event->value != 1 || text->length + event->length >= sizeof text->bytes)
        return;
    memcpy(text->bytes + text->length, event->payload, event->length);
    text->length += event->length;
}

static double run_live(const struct bench *bench, const char *kind, unsigned long *records, unsigned long *lost)
{
    struct text text = {.length = 0};
    const char *arguments[] = {bench->guest, kind, NULL};
    struct message message = {0};
    struct history *history = history_new();
    struct conductor *conductor = NULL;
    struct conductor_options options = {.program = bench->guest,
                                        .arguments = arguments,
                                        .preload = bench->preload,
                                        .policy = {.kind = POLICY_rr, .quantum = 1},
                                        .cpus = 64,
                                        .input = -1,
                                        .live = true,
                                        .max_time = INT64_C(60000000000),
                                        .listener = listen,
                                        .context = &text};
    double result = 0;
    if (conductor_start(&options, history, &conductor, &message) == STATUS_OK) {
        conductor_run(conductor, &message);
        *records += live_records(conductor);
        *lost += live_lost(conductor) + (world_verdict(history_world(history)) != VERDICT_finished);
        if (world_divergence_count(history_world(history)) > 0)
            fprintf(stderr, "bench: %s: model and guest differ: %s\n", kind, world_divergence(history_world(history)));
        conductor_free(conductor);
        text.bytes[text.length] = 0;
        double values[BLOCKS];
        result = bench_median(values, numbers(text.bytes, values, BLOCKS));
    } else {
        fprintf(stderr, "bench: %s\n", message.text);
    }
    history_free(history);
    return result;
}

void bench_live(const struct bench *bench)
{
    static const struct {
        const char *kind, *what, *target;
    } rows[] = {
        {"lock", "live: lock+unlock, 300 at a time", "4x and +80 ns"},
        {"lock-on", "live: lock+unlock, 100,000 without a pause", "(bound by the reader)"},
        {"semaphore", "live: semaphore post+wait, one task", "-"},
        {"queue", "live: item through two semaphores", "1.5x"},
        {"create", "live: create+join", "1.15x"},
        {"fork", "live: fork+wait", "1.2x"},
        {"condition", "live: condition variable, round trip", "1.1x"},
        {"pipe", "live: pipe round trip", "1.1x"},
        {"tcp", "live: TCP round trip", "1.1x"},
    };
    unsigned long records = 0, lost = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double bare[16], live[16];
        for (int round = 0; round < bench->rounds; round++) {
            bare[round] = run_bare(bench, rows[i].kind);
            live[round] = run_live(bench, rows[i].kind, &records, &lost);
        }
        double peer = bench_median(bare, (size_t)bench->rounds), own = bench_median(live, (size_t)bench->rounds);
        char first[32], second[32], ratio[32];
        snprintf(first, sizeof first, "%.0f ns (+%.0f)", own, own - peer);
        snprintf(second, sizeof second, "bare %.0f ns", peer);
        snprintf(ratio, sizeof ratio, "%.2fx", peer > 0 ? own / peer : 0);
        bench_row(rows[i].what, first, second, ratio, rows[i].target);
    }
    char first[32], second[32];
    snprintf(first, sizeof first, "%lu", lost);
    snprintf(second, sizeof second, "%lu records read", records);
    bench_row("live: lost, or runs that did not finish", first, second, "-", "0");
    double starts[16];
    for (int round = 0; round < bench->rounds; round++) {
        double start = bench_now();
        struct message message = {0};
        struct history *history = history_new();
        struct conductor *conductor = NULL;
        const char *arguments[] = {bench->guest, "nothing", NULL};
        struct conductor_options options = {.program = bench->guest,
                                            .arguments = arguments,
                                            .preload = bench->preload,
                                            .policy = {.kind = POLICY_rr, .quantum = 1},
                                            .cpus = 1,
                                            .input = -1};
        if (conductor_start(&options, history, &conductor, &message) == STATUS_OK)
            starts[round] = bench_now() - start;
        conductor_free(conductor);
        history_free(history);
    }
    snprintf(first, sizeof first, "%.1f ms", bench_median(starts, (size_t)bench->rounds) / 1e6);
    bench_row("start to the first task held", first, "-", "-", "50 ms (first frame)");
}
