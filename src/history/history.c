/* The world after event n: the log, snapshots of the world at regular distances, and two worlds that walk between them.
 * Snapshots are taken while the newest world passes them and whenever a walk does; when they take too much memory,
 * every other one goes and the distance doubles. Nothing here knows what a world holds. */
#include "history/history.h"

#include <malloc.h>
#include <stdlib.h>

#include "base/escape.h"
#include "history/codec.h"
#include "history/schedule.h"
#include "protocol/gate.h"

#define HISTORY_INTERVAL 256u /* events between snapshots at first */
#define HISTORY_BUDGET ((size_t)96 << 20)
#define HISTORY_WEIGH 64u                      /* one snapshot of so many is weighed */
#define HISTORY_WORLD_GUESS ((size_t)32 << 10) /* bytes of a world where the allocator does not tell */

struct history_look {
    struct world *world; /* NULL: not made yet */
    uint32_t number;
    uint64_t used; /* for choosing the older of two */
};

struct history {
    struct event_log *log;
    struct world *newest;     /* NULL: not made yet (loaded) */
    struct world **snapshots; /* [i]: after event (i + 1) * interval; NULL where none was taken */
    size_t snapshot_count;    /* length of the array */
    size_t snapshot_weight;   /* bytes of one, when last weighed */
    uint32_t weighed;         /* snapshots since the beginning */
    size_t snapshot_bytes;    /* of all that were taken, as far as known */
    size_t budget;
    uint32_t interval;
    struct history_look looks[2];
    uint64_t clock;
};

struct history *history_new_from(struct event_log *log)
{
    struct history *history = log ? calloc(1, sizeof *history) : NULL;
    if (!history) {
        event_log_free(log);
        return NULL;
    }
    history->log = log;
    history->interval = HISTORY_INTERVAL;
    history->budget = HISTORY_BUDGET;
    return history;
}

struct history *history_new(void)
{
    struct history *history = history_new_from(event_log_new());
    if (history && !(history->newest = world_new())) {
        history_free(history);
        return NULL;
    }
    return history;
}

void history_free(struct history *history)
{
    if (!history)
        return;
    for (size_t i = 0; i < history->snapshot_count; i++)
        world_free(history->snapshots[i]);
    free(history->snapshots);
    for (int i = 0; i < 2; i++)
        world_free(history->looks[i].world);
    world_free(history->newest);
    event_log_free(history->log);
    free(history);
}

uint32_t history_count(const struct history *history)
{
    return event_log_count(history->log);
}

uint32_t history_steps(const struct history *history)
{
    return event_log_steps(history->log);
}

bool history_event(struct history *history, uint32_t number, struct event *out)
{
    return event_log_get(history->log, number, out);
}

struct event_log *history_log(struct history *history)
{
    return history->log;
}

void history_snapshot_budget(struct history *history, size_t bytes)
{
    history->budget = bytes;
}

/* ---- snapshots ---- */

/* Every other snapshot goes. */
static void history_thin(struct history *history)
{
    size_t kept = 0;
    for (size_t i = 0; i < history->snapshot_count; i++) {
        if (i % 2 == 1)
            history->snapshots[kept++] = history->snapshots[i];
        else
            world_free(history->snapshots[i]);
    }
    history->snapshot_count = kept;
    history->snapshot_bytes /= 2;
    history->interval *= 2;
}

static size_t history_in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* Keeps a copy of the world after event `number` if one is due there. A snapshot only makes things faster, so one that
 * cannot be had for lack of memory is no failure. */
static void history_snapshot(struct history *history, const struct world *world, uint32_t number)
{
    if (number == 0 || number % history->interval != 0)
        return;
    size_t index = number / history->interval - 1;
    if (index < history->snapshot_count && history->snapshots[index])
        return;
    if (index >= history->snapshot_count) {
        size_t count = index + 1;
        struct world **snapshots = realloc(history->snapshots, (count + 64) / 64 * 64 * sizeof(struct world *));
        if (!snapshots)
            return;
        for (size_t i = history->snapshot_count; i < count; i++)
            snapshots[i] = NULL;
        history->snapshots = snapshots;
        history->snapshot_count = count;
    }
    /* Asking the allocator how much is in use takes long when much is free: a copy is weighed now and then. */
    bool weigh = history->weighed++ % HISTORY_WEIGH == 0;
    size_t before = weigh ? history_in_use() : 0;
    history->snapshots[index] = world_copy(world);
    if (!history->snapshots[index])
        return;
    size_t after = weigh ? history_in_use() : 0;
    if (weigh)
        history->snapshot_weight = after > before ? after - before : HISTORY_WORLD_GUESS;
    history->snapshot_bytes += history->snapshot_weight;
    if (history->snapshot_bytes > history->budget && history->interval < EVENT_LOG_MAX)
        history_thin(history);
}

/* The nearest snapshot at or before event `number`, which it replaces by the snapshot's own; NULL: none. */
static const struct world *history_nearest(const struct history *history, uint32_t *number)
{
    size_t index = *number / history->interval;
    if (index > history->snapshot_count)
        index = history->snapshot_count;
    while (index > 0 && !history->snapshots[index - 1])
        index--;
    *number = (uint32_t)index * history->interval;
    return index > 0 ? history->snapshots[index - 1] : NULL;
}

/* ---- worlds ---- */

/* Walks a world from event `from` to event `to`. False: out of memory; the world is then of no use. */
static bool history_walk(struct history *history, struct world *world, uint32_t from, uint32_t to)
{
    while (from < to) {
        struct event event;
        if (!event_log_get(history->log, ++from, &event) || world_step(world, &event) == STATUS_MEMORY)
            return false;
        history_snapshot(history, world, from);
    }
    return true;
}

/* Puts the world after event `from` into the look, from another world or, without one, from nothing. */
static bool history_look_start(struct history_look *look, const struct world *world)
{
    if (world && look->world)
        return world_assign(look->world, world) == STATUS_OK;
    world_free(look->world);
    look->world = world ? world_copy(world) : world_new();
    return look->world != NULL;
}

const struct world *history_world(struct history *history)
{
    uint32_t count = history_count(history);
    if (!history->newest) {
        const struct world *last = history_world_at(history, count);
        if (last)
            history->newest = world_copy(last);
    }
    return history->newest;
}

const struct world *history_world_at(struct history *history, uint32_t number)
{
    uint32_t count = history_count(history);
    if (number > count)
        return NULL;
    if (number == count && history->newest)
        return history->newest;
    struct history_look *look = &history->looks[0], *other = &history->looks[1];
    for (int i = 0; i < 2; i++) {
        struct history_look *have = &history->looks[i];
        if (have->world && have->number == number) {
            have->used = ++history->clock;
            return have->world;
        }
    }
    if (look->used > other->used) {
        struct history_look *swap = look;
        look = other;
        other = swap;
    }
    uint32_t from = number;
    const struct world *start = history_nearest(history, &from);
    if (other->world && other->number <= number && other->number > from) {
        start = other->world;
        from = other->number;
    }
    bool stays = look->world && look->number <= number && look->number >= from;
    if (stays)
        from = look->number;
    else if (!history_look_start(look, start))
        goto failed;
    if (!history_walk(history, look->world, from, number))
        goto failed;
    look->number = number;
    look->used = ++history->clock;
    return look->world;
failed:
    world_free(look->world);
    *look = (struct history_look){0};
    return NULL;
}

enum status history_append(struct history *history, const struct event *event)
{
    if (!history_world(history))
        return STATUS_MEMORY;
    uint32_t before = history_count(history);
    char text[CODEC_TEXT_MAX + 1];
    struct event clean;
    if (event->kind == EVENT_STRING && !codec_event_valid(event)) {
        clean = *event;
        clean.length = (uint32_t)escape_text(ESCAPE_LABEL, event->payload, event->length, text, sizeof text);
        clean.payload = text;
        event = &clean;
    }
    /* The log must know whether the event completes a step, which the world says after it: so the world goes first, but
     * only with an event that the log will take. */
    enum status storable = event_log_ready(history->log, event);
    if (storable)
        return storable;
    uint32_t steps = world_step_number(history->newest);
    enum status status = world_step(history->newest, event);
    if (status == STATUS_MEMORY)
        return status;
    enum status stored = event_log_append(history->log, event, world_step_number(history->newest) > steps);
    if (stored)
        return stored;
    history_snapshot(history, history->newest, before + 1);
    return status;
}

/* ---- steps ---- */

uint32_t history_step_event(struct history *history, uint32_t step)
{
    return event_log_of_step(history->log, step);
}

uint32_t history_step_at(struct history *history, uint32_t number)
{
    return event_log_steps_at(history->log, number);
}

/* A task that was chosen and found a signal asks for its handler's run only then: that belongs to the choice, though it
 * is told just before it (`number`). */
static uint32_t before_handler(struct history *history, uint32_t number)
{
    struct event event;
    return event_log_get(history->log, number, &event) && event.kind == EVENT_ASKED ? number - 1 : number;
}

uint32_t history_step_last(struct history *history, uint32_t step)
{
    uint32_t number = history_step_event(history, step);
    if (step > 0 && number == 0)
        return history_count(history);
    struct event event;
    while (event_log_get(history->log, number + 1, &event)) {
        if (event.kind == EVENT_GRANTED && event.value == GRANT_INTERRUPT)
            return before_handler(history, number);
        if (event_is_choice(&event) || event.kind == EVENT_TIME || event.kind == EVENT_END)
            break;
        number++;
    }
    return number;
}

const struct world *history_world_step(struct history *history, uint32_t step)
{
    return history_world_at(history, history_step_last(history, step));
}

char *history_schedule(struct history *history, uint32_t number)
{
    struct schedule schedule = {0};
    struct event event;
    for (uint32_t n = 1; n <= number && event_log_get(history->log, n, &event); n++) {
        if (schedule_event(&schedule, &event, history_world(history))) {
            schedule_clear(&schedule);
            return NULL;
        }
    }
    char *text = schedule_text(&schedule);
    schedule_clear(&schedule);
    return text;
}
