/* Made-up runs for the tests of history and export: a stream of events as the conductor would give them, repeatable by
 * seed. Three tasks take and release a few mutexes; now and then one prints or a variable changes. */
#ifndef LOCKSTEP_TESTS_HISTORY_EVENTS_H
#define LOCKSTEP_TESTS_HISTORY_EVENTS_H

#include <stdint.h>
#include <string.h>

#include "operations/operations.h"
#include "protocol/gate.h"
#include "world/event.h"

#define MADE_MUTEXES 4u
#define MADE_TASKS 3u

struct made_run {
    uint64_t random;
    uint32_t started; /* events of the beginning given */
    uint32_t phase;   /* 0 choose and grant, 1 got, 2 asked next, 3 perhaps output */
    uint32_t task;    /* 1..MADE_TASKS, the granted one */
    uint32_t owner[MADE_MUTEXES];
    uint32_t wants[MADE_TASKS + 1]; /* mutex index */
    int holds[MADE_TASKS + 1];
    int64_t time;
    char text[64];
};

static inline uint32_t made_random(struct made_run *run, uint32_t below)
{
    run->random = run->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(run->random >> 33) % below;
}

static inline void made_start(struct made_run *run, uint64_t seed)
{
    *run = (struct made_run){.random = seed};
}

static inline struct event made_string(struct made_run *run, uint32_t id, const char *text)
{
    snprintf(run->text, sizeof run->text, "%s", text);
    return (struct event){.kind = EVENT_STRING, .text = id, .payload = run->text, .length = (uint32_t)strlen(text)};
}

static inline struct event made_asked(struct made_run *run, uint32_t task)
{
    uint32_t mutex = run->wants[task];
    return (struct event){.kind = EVENT_ASKED,
                          .task = task,
                          .operation = (uint16_t)(run->holds[task] ? OPERATION_mutex_unlock : OPERATION_mutex_lock),
                          .object = mutex + 1,
                          .place = 1 + 2 * mutex + (uint32_t)run->holds[task],
                          .time = run->time};
}

/* The world's beginning: texts, places, process, tasks, objects, the first questions. False when that is over. */
static inline int made_beginning(struct made_run *run, struct event *out)
{
    uint32_t n = run->started++;
    static const char *const texts[] = {"mill.c", "worker", "A", "B", "C", "D"};
    if (n < 6) {
        *out = made_string(run, n + 1, texts[n]);
        return 1;
    }
    n -= 6;
    if (n < 2 * MADE_MUTEXES) {
        *out = (struct event){.kind = EVENT_PLACE, .place = n + 1, .text = 1, .value = 10 + n, .second = 2};
        return 1;
    }
    n -= 2 * MADE_MUTEXES;
    if (n == 0) {
        *out = (struct event){.kind = EVENT_PROCESS, .other = 1, .argument = {4242}};
        return 1;
    }
    n--;
    if (n < MADE_TASKS) {
        *out = (struct event){.kind = EVENT_TASK, .task = n + 1, .other = 1, .value = n, .argument = {n ? 1 : 0}};
        return 1;
    }
    n -= MADE_TASKS;
    if (n < MADE_MUTEXES) {
        *out = (struct event){.kind = EVENT_OBJECT, .object = n + 1, .value = OBJECT_mutex, .text = 3 + n, .other = 1};
        return 1;
    }
    n -= MADE_MUTEXES;
    if (n < MADE_TASKS) {
        /* Each task uses a mutex of its own at first: no step ever blocks in this run. */
        run->wants[n + 1] = n;
        *out = made_asked(run, n + 1);
        return 1;
    }
    return 0;
}

/* The next event; there is always one. Its payload is valid until the next call. */
static inline void made_next(struct made_run *run, struct event *out)
{
    if (made_beginning(run, out))
        return;
    uint32_t task = run->task;
    switch (run->phase) {
    case 0:
        run->task = task = 1 + made_random(run, MADE_TASKS);
        run->time += 1000000;
        run->phase = 1;
        *out = (struct event){.kind = EVENT_GRANTED,
                              .task = task,
                              .value = GRANT_PERFORM,
                              .argument = {0, MADE_TASKS, task - 1},
                              .time = run->time};
        return;
    case 1:
        *out = made_asked(run, task);
        out->kind = EVENT_GOT;
        run->owner[run->wants[task]] = run->holds[task] ? 0 : task;
        run->holds[task] = !run->holds[task];
        run->phase = made_random(run, 16) == 0 ? 3 : 2;
        return;
    case 3:
        run->phase = 2;
        snprintf(run->text, sizeof run->text, "round %u\n", made_random(run, 100));
        *out = (struct event){.kind = EVENT_OUTPUT,
                              .task = task,
                              .value = 1,
                              .text = (uint32_t)strlen(run->text),
                              .payload = run->text,
                              .length = (uint32_t)strlen(run->text),
                              .time = run->time};
        return;
    default:
        if (!run->holds[task] && made_random(run, 4) == 0 && run->owner[MADE_MUTEXES - 1] == 0) {
            /* Another mutex, if nobody has or wants it. */
            uint32_t mutex = made_random(run, MADE_MUTEXES);
            int free_now = run->owner[mutex] == 0;
            for (uint32_t other = 1; other <= MADE_TASKS; other++)
                free_now &= other == task || run->wants[other] != mutex;
            if (free_now)
                run->wants[task] = mutex;
        }
        run->phase = 0;
        *out = made_asked(run, task);
        return;
    }
}

#endif
