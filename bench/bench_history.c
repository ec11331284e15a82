/* World and history: ten million made-up events (tests/unit/history_events.h: three tasks and four mutexes), a recording
 * of them, opening it, and looking at the world after any of them. */
#include "bench.h"

#include "history/history.h"
#include "history/recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history_events.h"

#define EVENTS 10000000u
#define SEEKS 2000u

static void seeks(struct history *history)
{
    static double times[SEEKS];
    uint64_t random = 7;
    double sum = 0;
    for (size_t i = 0; i < SEEKS; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint32_t number = (uint32_t)((random >> 33) % EVENTS);
        double start = bench_now();
        if (!history_world_at(history, number))
            fprintf(stderr, "bench: no world after event %u\n", number);
        times[i] = bench_now() - start;
        sum += times[i];
    }
    char first[32], second[32];
    snprintf(first, sizeof first, "%.0f us", sum / SEEKS / 1e3);
    snprintf(second, sizeof second, "p99 %.0f us", bench_quantile(times, SEEKS, 0.99) / 1e3);
    bench_row("history: the world after any event, mean", first, second, "-", "50 us, p99 1 ms");
}

void bench_history(const struct bench *bench)
{
    (void)bench;
    char path[] = "/tmp/lockstep-bench-XXXXXX", first[32], second[32];
    struct history *history = history_new();
    struct made_run run;
    struct message message = {0};
    made_start(&run, 1);
    double start = bench_now();
    for (uint32_t i = 0; i < EVENTS; i++) {
        struct event event;
        made_next(&run, &event);
        history_append(history, &event);
    }
    double passed = bench_now() - start;
    snprintf(first, sizeof first, "%.2f s", passed / 1e9);
    snprintf(second, sizeof second, "%.1f M events/s", EVENTS / passed * 1e3);
    bench_row("history: 10 M events appended", first, second, "-", "-");
    int file = mkstemp(path);
    struct recording_writer *writer = NULL;
    struct recording_about about = {.lockstep = "bench", .program = "made-up"};
    if (file < 0 || recording_create(path, RECORDING_REPLACE_ANY, &about, &writer, &message) != STATUS_OK ||
        recording_write(writer, history, RECORDING_NOW, &message) != STATUS_OK ||
        recording_finish(writer, history, &message) != STATUS_OK)
        fprintf(stderr, "bench: %s\n", message.text);
    close(file);
    struct stat status = {0};
    stat(path, &status);
    snprintf(first, sizeof first, "%.2f bytes", (double)status.st_size / EVENTS);
    bench_row("recording: an event on disk", first, "-", "-", "16 bytes");
    history_free(history);
    struct recording *recording = NULL;
    start = bench_now();
    if (recording_open(path, &recording, &message) != STATUS_OK) {
        fprintf(stderr, "bench: %s\n", message.text);
        unlink(path);
        return;
    }
    snprintf(first, sizeof first, "%.2f s", (bench_now() - start) / 1e9);
    bench_row("recording of 10 M events: opened (cached)", first, "-", "-", "0.2 s");
    start = bench_now();
    (void)history_world_at(recording_history(recording), EVENTS);
    snprintf(first, sizeof first, "%.2f s", (bench_now() - start) / 1e9);
    bench_row("recording of 10 M events: the last world, once", first, "-", "-", "-");
    seeks(recording_history(recording));
    recording_free(recording);
    unlink(path);
}
