/* Schedules as text and as runs of choices. Nothing here knows what is chosen among. */
#include "history/schedule.h"

#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operations/operations.h"

void schedule_clear(struct schedule *schedule)
{
    free(schedule->runs);
    free(schedule->injections);
    *schedule = (struct schedule){0};
}

void schedule_rewind(struct schedule *schedule)
{
    schedule->at = 0;
    schedule->used = 0;
    schedule->taken = 0;
    schedule->injection_at = 0;
}

static enum status schedule_add_run(struct schedule *schedule, uint32_t index, uint32_t times)
{
    if (index > SCHEDULE_INDEX_MAX || times > SCHEDULE_LENGTH_MAX - schedule->length)
        return STATUS_LIMIT;
    if (schedule->run_count > 0 && schedule->runs[schedule->run_count - 1].index == index) {
        schedule->runs[schedule->run_count - 1].times += times;
    } else {
        if (schedule->run_count == schedule->capacity) {
            size_t capacity = schedule->capacity ? 2 * schedule->capacity : 16;
            struct schedule_run *runs = realloc(schedule->runs, capacity * sizeof *runs);
            if (!runs)
                return STATUS_MEMORY;
            schedule->runs = runs;
            schedule->capacity = capacity;
        }
        schedule->runs[schedule->run_count++] = (struct schedule_run){.index = index, .times = times};
    }
    schedule->length += times;
    return STATUS_OK;
}

enum status schedule_add(struct schedule *schedule, uint32_t index)
{
    return schedule_add_run(schedule, index, 1);
}

static enum status schedule_add_injection(struct schedule *schedule, uint32_t at, uint32_t kind, const char *task,
                                          size_t length)
{
    size_t count = schedule->injection_count;
    if ((count & (count + 1)) == 0) { /* full at 0, 1, 3, 7 ... */
        struct schedule_injection *more = realloc(schedule->injections, (2 * count + 1) * sizeof *more);
        if (!more)
            return STATUS_MEMORY;
        schedule->injections = more;
    }
    struct schedule_injection *one = &schedule->injections[schedule->injection_count++];
    *one = (struct schedule_injection){.at = at, .kind = kind};
    memcpy(one->task, task, length < sizeof one->task ? length : sizeof one->task - 1);
    return STATUS_OK;
}

enum status schedule_event(struct schedule *schedule, const struct event *event, const struct world *world)
{
    if (!event_is_choice(event))
        return STATUS_OK;
    schedule->events++;
    int64_t index = event->argument[2];
    const struct world_task *task = event->kind == EVENT_GRANTED ? world_task(world, event->task) : NULL;
    if (task && event->argument[3] > INJECTION_none && event->argument[3] < INJECTION_COUNT &&
        schedule_add_injection(schedule, schedule->events, (uint32_t)event->argument[3], task->name,
                               strlen(task->name)) == STATUS_MEMORY)
        return STATUS_MEMORY;
    if (event->argument[1] < 2)
        return STATUS_OK;
    enum status status =
        schedule_add(schedule, index < 0 || index > SCHEDULE_INDEX_MAX ? SCHEDULE_INDEX_MAX : (uint32_t)index);
    return status == STATUS_MEMORY ? status : STATUS_OK;
}

const struct schedule_injection *schedule_injection(const struct schedule *schedule, uint32_t at)
{
    bool due =
        schedule->injection_at < schedule->injection_count && schedule->injections[schedule->injection_at].at <= at;
    return due ? &schedule->injections[schedule->injection_at] : NULL;
}

void schedule_injected(struct schedule *schedule)
{
    schedule->injection_at++;
}

bool schedule_is_over(const struct schedule *schedule)
{
    return schedule->at == schedule->run_count && schedule->injection_at == schedule->injection_count;
}

/* A decimal number without sign, at most `most`; NULL if there is none here or it is larger. */
static const char *schedule_number(const char *p, uint32_t most, uint32_t *number)
{
    if (*p < '0' || *p > '9')
        return NULL;
    uint64_t value = 0;
    for (; *p >= '0' && *p <= '9'; p++) {
        value = value * 10 + (uint64_t)(*p - '0');
        if (value > most)
            return NULL;
    }
    *number = (uint32_t)value;
    return p;
}

static enum status schedule_wrong(struct schedule *schedule, struct message *message, const char *text, const char *at,
                                  const char *what)
{
    schedule_clear(schedule);
    return message_set(message, STATUS_INVALID,
                       "schedule: column %zu: %s; a schedule is a list of choices such as 0x40.2.1 (index 0 forty "
                       "times, then 2, then 1)",
                       (size_t)(at - text) + 1, gettext(what));
}

/* "+17:spurious-wakeup:P1.T2", as often as it comes. */
static enum status schedule_parse_injections(struct schedule *schedule, struct message *message, const char *text,
                                             const char *p)
{
    while (*p == '+') {
        uint32_t at = 0, last = schedule->injection_count ? schedule->injections[schedule->injection_count - 1].at : 0;
        const char *after = schedule_number(p + 1, UINT32_MAX, &at);
        if (!after || at <= last || *after != ':')
            return schedule_wrong(schedule, message, text, p + 1,
                                  "the number of a choice was expected, larger than the one before, and a colon");
        p = after + 1;
        size_t length = strcspn(p, ":+");
        enum injection kind = injection_by_name(p, length);
        if (kind == INJECTION_none || kind >= INJECTION_drop || p[length] != ':')
            return schedule_wrong(schedule, message, text, p,
                                  "spurious-wakeup, eintr or short-io was expected, and a colon");
        p += length + 1;
        length = strcspn(p, "+");
        if (length == 0 || length >= sizeof schedule->injections->task ||
            strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.") < length)
            return schedule_wrong(schedule, message, text, p, "the name of a task was expected, such as P1.T2");
        if (schedule_add_injection(schedule, at, kind, p, length)) {
            schedule_clear(schedule);
            return message_set(message, STATUS_MEMORY, "schedule: out of memory");
        }
        p += length;
    }
    return STATUS_OK;
}

enum status schedule_parse(const char *text, struct schedule *schedule, struct message *message)
{
    schedule_clear(schedule);
    const char *p = text;
    while (*p && *p != '+') {
        uint32_t index = 0, times = 1;
        const char *start = p;
        const char *after = schedule_number(p, SCHEDULE_INDEX_MAX, &index);
        if (!after)
            return schedule_wrong(schedule, message, text, p,
                                  *p >= '0' && *p <= '9' ? "this index is too large (65535 at most)"
                                                         : gettext("a number was expected here"));
        p = after;
        if (*p == 'x') {
            p++;
            after = schedule_number(p, SCHEDULE_LENGTH_MAX, &times);
            if (!after || times == 0)
                return schedule_wrong(schedule, message, text, p,
                                      *p >= '0' && *p <= '9' ? "\"times\" must be from 1 to 1000000000"
                                                             : gettext("how many times was expected after x"));
            p = after;
        }
        enum status status = schedule_add_run(schedule, index, times);
        if (status == STATUS_LIMIT)
            return schedule_wrong(schedule, message, text, start, "more than 1000000000 choices in all");
        if (status) {
            schedule_clear(schedule);
            return message_set(message, status, "schedule: out of memory");
        }
        if (*p == 0 || *p == '+')
            break;
        if (*p != '.')
            return schedule_wrong(schedule, message, text, p, "a point was expected between two choices");
        p++;
        if (*p == 0)
            return schedule_wrong(schedule, message, text, p, "a number was expected after the last point");
    }
    return schedule_parse_injections(schedule, message, text, p);
}

char *schedule_text(const struct schedule *schedule)
{
    char *text = malloc(24 * schedule->run_count + 64 * schedule->injection_count + 1);
    if (!text)
        return NULL;
    char *p = text;
    for (size_t i = 0; i < schedule->run_count; i++) {
        const struct schedule_run *run = &schedule->runs[i];
        p += sprintf(p, "%s%u", i ? "." : "", run->index);
        if (run->times > 1)
            p += sprintf(p, "x%u", run->times);
    }
    for (size_t i = 0; i < schedule->injection_count; i++) {
        const struct schedule_injection *one = &schedule->injections[i];
        p += sprintf(p, "+%u:%s:%s", one->at, injection_name(one->kind), one->task);
    }
    *p = 0;
    return text;
}

enum status schedule_next(struct schedule *schedule, uint32_t enabled, uint32_t *index, struct message *message)
{
    if (schedule->at == schedule->run_count)
        return message_set(message, STATUS_ENDED, "the schedule's %u choices have been made", schedule->length);
    const struct schedule_run *run = &schedule->runs[schedule->at];
    if (run->index >= enabled)
        return message_set(message, STATUS_INVALID,
                           "choice %u of the schedule's %u is index %u, but only %u tasks can run there (indices 0 to "
                           "%u); the schedule is of another program, or of other options",
                           schedule->taken + 1, schedule->length, run->index, enabled, enabled - 1);
    *index = run->index;
    schedule->taken++;
    if (++schedule->used == run->times) {
        schedule->at++;
        schedule->used = 0;
    }
    return STATUS_OK;
}
