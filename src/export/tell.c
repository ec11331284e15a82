/* The teller. It keeps only what it must remember between events: what each task asked for, the step that is over but
 * not told yet with the picture after its last event, and the output that came meanwhile. It writes nothing itself. */
#include "export/tell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "export/tell_step.h"
#include "history/schedule.h"

#define TELL_PIECE (64u << 10)    /* bytes of output told at once */
#define TELL_QUEUE_MAX (4u << 20) /* bytes of output kept back */

/* Something to be told after the step that it belongs to. */
struct item {
    enum tell_kind kind;
    uint32_t task, process;
    int stream;
    size_t fault;
    const char *notice;
    struct tell_packet packet;
    char *bytes;
    size_t length, capacity;
};

struct teller {
    int chinese;
    tell_function *function;
    void *context;
    struct tell_asked *asked; /* by task id */
    size_t asked_count;
    struct tell_state *states; /* in the order of names */
    size_t state_count, state_capacity;
    uint32_t *enabled;
    size_t enabled_count, enabled_capacity;
    const char **enabled_names;
    bool helpers;        /* tell the inner steps of helper programs, too */
    struct tell pending; /* the step that is over; pending.step 0: none */
    struct tell_watch *watches;
    size_t watch_count, watch_capacity;
    struct item *items;
    size_t item_count, item_capacity;
    size_t item_bytes;
    uint32_t steps;   /* completed, as the world counts */
    uint32_t granted; /* task whose step has begun and is not over; 0 none */
    bool later;       /* time has gone on since the last step was over */
    size_t faults;
    unsigned divergences;
    struct schedule schedule;
    bool ended;
};

static const char *const state_names[STATE_COUNT] = {[STATE_new] = "new",
                                                     [STATE_ready] = "ready",
                                                     [STATE_running] = "running",
                                                     [STATE_blocked] = "blocked",
                                                     [STATE_stopped] = "stopped",
                                                     [STATE_zombie] = "zombie",
                                                     [STATE_terminated] = "terminated"};

const char *tell_state_name(unsigned state)
{
    return state < STATE_COUNT ? state_names[state] : "unknown";
}

const char *tell_verdict_name(unsigned verdict)
{
    static const char *const names[VERDICT_COUNT] = {[VERDICT_none] = "none",
                                                     [VERDICT_finished] = "finished",
                                                     [VERDICT_failed] = "failed",
                                                     [VERDICT_deadlock] = "deadlock",
                                                     [VERDICT_bound] = "bound"};
    return verdict < VERDICT_COUNT ? names[verdict] : "none";
}

struct teller *teller_new(enum tell_language language, tell_function *function, void *context)
{
    struct teller *teller = calloc(1, sizeof *teller);
    if (!teller)
        return NULL;
    teller->chinese = language == TELL_CHINESE;
    teller->function = function;
    teller->context = context;
    return teller;
}

void teller_free(struct teller *teller)
{
    if (!teller)
        return;
    for (size_t i = 0; i < teller->item_capacity; i++)
        free(teller->items[i].bytes);
    free(teller->items);
    free(teller->asked);
    free(teller->states);
    free(teller->enabled);
    free(teller->enabled_names);
    free(teller->watches);
    schedule_clear(&teller->schedule);
    free(teller);
}

static enum status no_memory(struct message *message)
{
    return message_set(message, STATUS_MEMORY, "out of memory while writing down the run");
}

/* ---- the picture ---- */

static int compare_states(const void *a, const void *b)
{
    const struct tell_state *one = a, *two = b;
    if (one->process != two->process)
        return one->process < two->process ? -1 : 1;
    if (one->number != two->number)
        return one->number < two->number ? -1 : 1;
    return one->task < two->task ? -1 : one->task > two->task;
}

/* Takes down the states and who is enabled, as they are now. */
static bool look(struct teller *teller, const struct world *world)
{
    uint32_t count = world_task_count(world);
    if (count > teller->state_count) {
        if (!array_grow(&teller->states, &teller->state_capacity, count, sizeof *teller->states))
            return false;
        for (uint32_t id = (uint32_t)teller->state_count + 1; id <= count; id++) {
            const struct world_task *task = world_task(world, id);
            struct tell_state *state = &teller->states[id - 1];
            *state =
                (struct tell_state){.task = id, .process = task->process, .number = task->number, .told = STATE_COUNT};
            snprintf(state->name, sizeof state->name, "%s", task->name);
        }
        teller->state_count = count;
        qsort(teller->states, count, sizeof *teller->states, compare_states);
        size_t capacity = teller->enabled_capacity;
        if (!array_grow(&teller->enabled, &capacity, count, sizeof *teller->enabled) ||
            !array_grow(&teller->enabled_names, &teller->enabled_capacity, count, sizeof *teller->enabled_names))
            return false;
    }
    for (size_t i = 0; i < teller->state_count; i++)
        teller->states[i].state = world_task(world, teller->states[i].task)->state;
    teller->enabled_count = world_enabled(world, teller->enabled, teller->state_count);
    if (teller->enabled_count > teller->state_count)
        teller->enabled_count = teller->state_count;
    return true;
}

static void name_enabled(struct teller *teller)
{
    for (size_t i = 0; i < teller->enabled_count; i++) {
        teller->enabled_names[i] = "";
        for (size_t k = 0; k < teller->state_count; k++) {
            if (teller->states[k].task == teller->enabled[i])
                teller->enabled_names[i] = teller->states[k].name;
        }
    }
}

/* ---- telling ---- */

static enum status tell_output(struct teller *teller, struct tell *tell, const struct item *item,
                               struct message *message)
{
    enum status status = STATUS_OK;
    for (size_t at = 0; at < item->length && !status;) {
        size_t piece = item->length - at;
        if (piece > TELL_PIECE) {
            piece = TELL_PIECE;
            /* A character is not torn. */
            for (int back = 0; back < 3 && ((unsigned char)item->bytes[at + piece] & 0xC0) == 0x80; back++)
                piece--;
        }
        tell->bytes = item->bytes + at;
        tell->length = piece;
        status = teller->function(teller->context, tell, message);
        at += piece;
    }
    return status;
}

/* What the pending step and what belongs to it tell of connections is how they are now. */
static void look_packets(struct teller *teller, const struct world *world)
{
    if (teller->pending.step && teller->pending.kind == TELL_PACKET)
        tell_packet_states(world, &teller->pending.packet);
    for (size_t i = 0; i < teller->item_count; i++)
        if (teller->items[i].kind == TELL_PACKET)
            tell_packet_states(world, &teller->items[i].packet);
}

static enum status tell_items(struct teller *teller, const struct world *world, struct message *message)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < teller->item_count && !status; i++) {
        const struct item *item = &teller->items[i];
        struct tell tell = {.kind = item->kind,
                            .step = teller->steps + (teller->granted != 0),
                            .later = teller->later,
                            .stream = item->stream,
                            .fault = item->fault,
                            .notice = item->notice,
                            .packet = item->packet,
                            .world = world};
        if (item->task)
            tell_name_task(teller->states, teller->state_count, item->task, tell.task);
        if (item->process)
            snprintf(tell.process, sizeof tell.process, "P%u", item->process);
        if (item->kind == TELL_OUTPUT) {
            status = tell_output(teller, &tell, item, message);
        } else {
            snprintf(tell.say, sizeof tell.say, "%.*s", (int)item->length, item->length ? item->bytes : "");
            status = teller->function(teller->context, &tell, message);
        }
    }
    teller->item_count = 0;
    teller->item_bytes = 0;
    return status;
}

void teller_show_helpers(struct teller *teller, bool show)
{
    teller->helpers = show;
}

enum status teller_flush(struct teller *teller, struct message *message)
{
    if (teller->pending.step) {
        struct tell *tell = &teller->pending;
        name_enabled(teller);
        tell->states = teller->states;
        tell->state_count = teller->state_count;
        tell->enabled = teller->enabled_names;
        tell->enabled_count = teller->enabled_count;
        tell->watches = teller->watches;
        tell->watch_count = teller->watch_count;
        enum status status =
            tell->helper && !teller->helpers ? STATUS_OK : teller->function(teller->context, tell, message);
        teller->pending.step = 0;
        teller->watch_count = 0;
        for (size_t i = 0; i < teller->state_count; i++)
            teller->states[i].told = teller->states[i].state;
        if (status)
            return status;
    }
    return tell_items(teller, NULL, message);
}

/* ---- keeping back ---- */

static struct item *item_new(struct teller *teller, enum tell_kind kind)
{
    if (!array_grow(&teller->items, &teller->item_capacity, teller->item_count + 1, sizeof *teller->items))
        return NULL;
    struct item *item = &teller->items[teller->item_count++];
    char *bytes = item->bytes; /* used again */
    size_t capacity = item->capacity;
    *item = (struct item){.kind = kind, .bytes = bytes, .capacity = capacity};
    return item;
}

static bool item_add(struct teller *teller, struct item *item, const char *bytes, size_t length)
{
    if (length == 0)
        return true;
    if (!array_grow(&item->bytes, &item->capacity, item->length + length, 1))
        return false;
    memcpy(item->bytes + item->length, bytes, length);
    item->length += length;
    teller->item_bytes += length;
    return true;
}

static bool keep_text(struct teller *teller, enum tell_kind kind, const char *notice, const struct event *event,
                      const char *text)
{
    struct item *item = item_new(teller, kind);
    if (!item)
        return false;
    item->notice = notice;
    if (event) {
        item->task = event->task;
        item->process = event->other;
    }
    return item_add(teller, item, text, strlen(text));
}

/* Pieces of one task's output that follow one another are one: how the terminal cut them must not show. */
static enum status keep_output(struct teller *teller, const struct event *event, struct message *message)
{
    struct item *item = teller->item_count ? &teller->items[teller->item_count - 1] : NULL;
    if (!item || item->kind != TELL_OUTPUT || item->task != event->task || item->stream != (int)event->value) {
        item = item_new(teller, TELL_OUTPUT);
        if (!item)
            return no_memory(message);
        item->task = event->task;
        item->stream = event->value == 2 ? 2 : 1;
    }
    if (!item_add(teller, item, event->payload, event->length))
        return no_memory(message);
    return teller->item_bytes > TELL_QUEUE_MAX ? teller_flush(teller, message) : STATUS_OK;
}

static bool keep_watch(struct teller *teller, const struct world *world, const struct event *event)
{
    struct tell_watch watch = {.number = event->value, .is_number = event->argument[0] == 1};
    char label[96];
    world_object_label(world, event->object, label, sizeof label);
    const char *name = strchr(label, ' '); /* without the kind word */
    snprintf(watch.name, sizeof watch.name, "%.70s", name ? name + 1 : label);
    snprintf(watch.text, sizeof watch.text, "%.120s", world_text(world, event->text));
    for (size_t i = 0; i < teller->watch_count; i++) {
        if (strcmp(teller->watches[i].name, watch.name) == 0) {
            teller->watches[i] = watch;
            return true;
        }
    }
    if (!array_grow(&teller->watches, &teller->watch_capacity, teller->watch_count + 1, sizeof watch))
        return false;
    teller->watches[teller->watch_count++] = watch;
    return true;
}

static bool keep_notice(struct teller *teller, const struct world *world, const struct event *event)
{
    char text[128];
    switch (event->kind) {
    case EVENT_UNOBSERVED:
        return keep_text(teller, TELL_NOTICE, "unobserved", event, world_text(world, event->text));
    case EVENT_DIVERGED:
        return keep_text(teller, TELL_NOTICE, "diverged", event, world_text(world, event->text));
    case EVENT_OUTSIDE:
        return event->value == 0 || keep_text(teller, TELL_NOTICE, "outside", event, world_text(world, event->text));
    case EVENT_LOST:
        snprintf(text, sizeof text, teller->chinese ? "丢失了 %lld 条记录" : "%lld records were lost",
                 (long long)event->value);
        return keep_text(teller, TELL_NOTICE, "lost", event, text);
    case EVENT_PREEMPTED:
        return event->value == 1 || keep_text(teller, TELL_NOTICE, "preempted", event,
                                              teller->chinese ? "由时钟抢占：此次运行不可重复"
                                                              : "preempted by the clock: this run cannot be repeated");
    default:
        return true;
    }
}

/* A packet that is no step: sent, or a copy swallowed. */
static bool keep_packet(struct teller *teller, const struct world *world, const struct event *event)
{
    char say[1024] = "";
    world_say(world, event, teller->chinese, say, sizeof say);
    if (!keep_text(teller, TELL_PACKET, NULL, NULL, say))
        return false;
    struct item *item = &teller->items[teller->item_count - 1];
    tell_packet_make(world, event, &item->packet);
    return true;
}

/* What an event says beside being or not being the end of a step. */
static bool keep_rest(struct teller *teller, const struct world *world, const struct event *event, bool stepped)
{
    if (!keep_notice(teller, world, event))
        return false;
    unsigned divergences = world_divergence_count(world);
    bool diverged = divergences > teller->divergences && event->kind != EVENT_DIVERGED;
    teller->divergences = divergences;
    if (diverged && !keep_text(teller, TELL_NOTICE, "diverged", event, world_divergence(world)))
        return false;
    bool fact = event->kind == EVENT_TIME || event->kind == EVENT_REAPED || event->kind == EVENT_ADOPTED ||
                event->kind == EVENT_STOPPED || event->kind == EVENT_TASK_ENDED || event->kind == EVENT_PROCESS_ENDED;
    char say[1024] = "";
    if (fact && !stepped && world_say(world, event, teller->chinese, say, sizeof say) > 0 &&
        !keep_text(teller, TELL_FACT, NULL, event, say))
        return false;
    for (size_t count = world_fault_count(world); teller->faults < count; teller->faults++) {
        world_fault_say(world, world_fault(world, teller->faults), teller->chinese, say, sizeof say);
        if (!keep_text(teller, TELL_FAULT, fault_name(world_fault(world, teller->faults)->kind), NULL, say))
            return false;
        teller->items[teller->item_count - 1].fault = teller->faults;
    }
    return true;
}

/* ---- events ---- */

bool teller_begin_at(struct teller *teller, const struct world *world)
{
    teller->steps = world_step_number(world);
    teller->faults = world_fault_count(world);
    teller->divergences = world_divergence_count(world);
    return look(teller, world);
}

static bool keep_asked(struct teller *teller, const struct world *world, const struct event *event)
{
    if (event->task == 0 || event->task > world_task_count(world))
        return true;
    if (!array_grow(&teller->asked, &teller->asked_count, (size_t)event->task + 1, sizeof *teller->asked))
        return false;
    struct tell_asked *asked = &teller->asked[event->task], before = *asked;
    bool nests = before.operation == OPERATION_signal_deliver || before.operation == OPERATION_once_run;
    *asked = (struct tell_asked){.operation = event->operation,
                                 .object = event->object,
                                 .place = event->place,
                                 .other = event->other,
                                 .argument = {event->argument[0], event->argument[1]},
                                 .outer_operation = nests ? before.operation : before.outer_operation,
                                 .outer_object = nests ? before.object : before.outer_object,
                                 .outer_place = nests ? before.place : before.outer_place};
    return true;
}

enum status teller_before_end(struct teller *teller, const struct world *after, const struct event *event,
                              struct message *message)
{
    enum status status = teller_flush(teller, message);
    if (status)
        return status;
    return keep_rest(teller, after, event, false) ? teller_flush(teller, message) : no_memory(message);
}

static enum status tell_end(struct teller *teller, const struct world *world, struct message *message)
{
    char *schedule = schedule_text(&teller->schedule);
    if (!schedule)
        return no_memory(message);
    teller->ended = true;
    struct tell tell = {.kind = TELL_END, .step = teller->steps, .world = world, .schedule = schedule};
    enum status status = teller->function(teller->context, &tell, message);
    free(schedule);
    return status;
}

enum status teller_event(struct teller *teller, const struct world *after, const struct event *event,
                         struct message *message)
{
    if (event_is_choice(event) || event->kind == EVENT_TIME || event->kind == EVENT_END) {
        enum status status = teller_flush(teller, message);
        if (status)
            return status;
        teller->later = event->kind == EVENT_TIME && teller->granted == 0;
    }
    if (event_is_choice(event)) {
        teller->granted = event->kind == EVENT_GRANTED ? event->task : 0;
        if (schedule_event(&teller->schedule, event, after))
            return no_memory(message);
    }
    bool stepped = world_step_number(after) > teller->steps;
    if (stepped && teller->pending.step) {
        enum status status = teller_flush(teller, message);
        if (status)
            return status;
    }
    if (stepped) {
        uint32_t task = event->task ? event->task : teller->granted;
        struct tell_asked none = {0};
        tell_step_make(after, event, task, task < teller->asked_count ? &teller->asked[task] : &none, teller->chinese,
                       &teller->pending);
        const struct world_task *who = world_task(after, task);
        teller->pending.helper =
            who && who->helper && operation_row(teller->pending.operation)->family != FAMILY_process;
        teller->steps = world_step_number(after);
        teller->granted = 0;
    }
    bool kept = event->kind != EVENT_ASKED || keep_asked(teller, after, event);
    if (kept && event->kind == EVENT_WATCH)
        kept = keep_watch(teller, after, event);
    if (kept && event->kind == EVENT_TASK)
        kept = look(teller, after);
    if (kept)
        kept = keep_rest(teller, after, event, stepped);
    if (kept && event->kind == EVENT_PACKET && !stepped)
        kept = keep_packet(teller, after, event);
    if (kept && (event->kind == EVENT_PACKET || event->kind == EVENT_SOCKET))
        look_packets(teller, after);
    if (kept && teller->pending.step && event->kind != EVENT_END)
        kept = look(teller, after);
    if (!kept)
        return no_memory(message);
    if (event->kind == EVENT_OUTPUT)
        return keep_output(teller, event, message);
    if (event->kind == EVENT_END && !teller->ended) {
        enum status status = teller_flush(teller, message);
        return status ? status : tell_end(teller, after, message);
    }
    return STATUS_OK;
}
