/* Grown event by event. Beats come from a teller of its own: what a beat waits for is what is told of a step. Lines are
 * kept in pieces as they were printed, because at an earlier step a line may have been only begun. */
#include "app/chronicle.h"

#include <stdlib.h>
#include <string.h>

#include "app/beats.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/escape.h"
#include "conductor/conductor.h"
#include "export/tell.h"

enum { BEATS_AT_ONCE = 64, PIECE_MAX = 4096, LINE_MAX = 4096 };
#define PRINTED_MAX (16u << 20) /* bytes of output kept; what comes after is not shown, and that is said */

struct lane {
    uint32_t process, number, last_step;
    uint8_t state;
    struct stage_change *changes;
    size_t count, capacity;
};

struct fired {
    uint32_t step;
    uint32_t beat;
};

struct piece {
    uint32_t step, task;
    uint32_t at, length; /* in `printed`, escaped */
    uint8_t stream;
    bool ends; /* with a newline */
};

struct chronicle {
    const struct scene *scene;
    struct teller *teller;
    struct scene_matcher *matcher;
    uint32_t *movers, *asked; /* by step - 1 */
    size_t step_capacity, asked_capacity;
    uint32_t steps, settled;
    bool ending; /* what is told now was found only at the end of the run */
    uint32_t granted;
    bool open; /* a step was granted and is not over: what comes now belongs to it, or to the end if it never ends */
    uint32_t *last_asked; /* by task */
    size_t last_capacity;
    struct lane *lanes; /* by task id - 1 */
    size_t lane_count, lane_capacity;
    struct stage_lane *sorted;
    size_t sorted_capacity;
    struct fired *fired;
    size_t fired_count, fired_capacity;
    uint32_t *beat_steps;
    size_t beat_step_count, beat_step_capacity;
    struct piece *pieces;
    size_t piece_count, piece_capacity;
    char *printed;
    size_t printed_length, printed_capacity;
    struct escape escapes[3]; /* by stream */
};

/* ---- beats ---- */

static enum status fire(struct chronicle *chronicle, uint32_t step, size_t beat)
{
    if (!array_grow(&chronicle->fired, &chronicle->fired_capacity, chronicle->fired_count + 1,
                    sizeof *chronicle->fired))
        return STATUS_MEMORY;
    chronicle->fired[chronicle->fired_count++] = (struct fired){.step = step, .beat = (uint32_t)beat};
    size_t count = chronicle->beat_step_count;
    if (count > 0 && chronicle->beat_steps[count - 1] == step)
        return STATUS_OK;
    if (!array_grow(&chronicle->beat_steps, &chronicle->beat_step_capacity, count + 1, sizeof *chronicle->beat_steps))
        return STATUS_MEMORY;
    chronicle->beat_steps[chronicle->beat_step_count++] = step;
    return STATUS_OK;
}

static enum status tell_fact(void *context, const struct tell *tell, struct message *message)
{
    struct chronicle *chronicle = context;
    struct beats_text text;
    struct scene_fact fact;
    (void)message;
    if (!beats_fact(tell, &text, &fact))
        return STATUS_OK;
    size_t fired[BEATS_AT_ONCE];
    size_t count = scene_matcher_feed(chronicle->matcher, &fact, fired, BEATS_AT_ONCE);
    enum status status = STATUS_OK;
    uint32_t step = tell->step > 0 ? tell->step : 1;
    if (chronicle->ending)
        step = chronicle->steps + 1;
    else if (tell->later)
        step = tell->step + 1;
    else if (step > chronicle->steps + chronicle->open)
        step = chronicle->steps + chronicle->open;
    for (size_t i = 0; i < count && i < BEATS_AT_ONCE && !status; i++)
        status = fire(chronicle, step, fired[i]);
    return status;
}

/* ---- life ---- */

struct chronicle *chronicle_new(const struct scene *scene, size_t variant)
{
    struct chronicle *chronicle = calloc(1, sizeof *chronicle);
    if (!chronicle)
        return NULL;
    chronicle->scene = scene;
    for (size_t i = 0; i < 3; i++)
        escape_start(&chronicle->escapes[i], ESCAPE_LINES);
    if (scene) {
        chronicle->teller = teller_new(TELL_ENGLISH, tell_fact, chronicle);
        chronicle->matcher = scene_matcher_new(scene, variant);
    }
    if (!scene || (chronicle->teller && chronicle->matcher))
        return chronicle;
    chronicle_free(chronicle);
    return NULL;
}

void chronicle_free(struct chronicle *chronicle)
{
    if (!chronicle)
        return;
    for (size_t i = 0; i < chronicle->lane_count; i++)
        free(chronicle->lanes[i].changes);
    teller_free(chronicle->teller);
    scene_matcher_free(chronicle->matcher);
    free(chronicle->movers);
    free(chronicle->asked);
    free(chronicle->last_asked);
    free(chronicle->lanes);
    free(chronicle->sorted);
    free(chronicle->fired);
    free(chronicle->beat_steps);
    free(chronicle->pieces);
    free(chronicle->printed);
    free(chronicle);
}

/* ---- output ---- */

static bool add_piece(struct chronicle *chronicle, uint32_t step, uint32_t task, int stream, const char *text,
                      size_t length, bool ends)
{
    if (chronicle->printed_length + length > PRINTED_MAX)
        return true;
    if (!array_grow(&chronicle->printed, &chronicle->printed_capacity, chronicle->printed_length + length + 1, 1) ||
        !array_grow(&chronicle->pieces, &chronicle->piece_capacity, chronicle->piece_count + 1,
                    sizeof *chronicle->pieces))
        return false;
    memcpy(chronicle->printed + chronicle->printed_length, text, length);
    chronicle->pieces[chronicle->piece_count++] = (struct piece){.step = step,
                                                                 .task = task,
                                                                 .at = (uint32_t)chronicle->printed_length,
                                                                 .length = (uint32_t)length,
                                                                 .stream = (uint8_t)stream,
                                                                 .ends = ends};
    chronicle->printed_length += length;
    return true;
}

static bool take_output(struct chronicle *chronicle, const struct event *event, uint32_t step)
{
    int stream = event->value == 2 ? 2 : 1;
    const char *bytes = event->payload;
    size_t left = event->length;
    while (left > 0) {
        char text[PIECE_MAX];
        size_t written = 0;
        size_t taken = escape_feed(&chronicle->escapes[stream], bytes, left, text, sizeof text, &written);
        bytes += taken;
        left -= taken;
        for (size_t at = 0; at < written;) {
            const char *newline = memchr(text + at, '\n', written - at);
            size_t length = newline ? (size_t)(newline - (text + at)) : written - at;
            if (!add_piece(chronicle, step, event->task, stream, text + at, length, newline != NULL))
                return false;
            at += length + (newline != NULL);
        }
        if (taken == 0)
            break;
    }
    return true;
}

size_t chronicle_lines(const struct chronicle *chronicle, uint32_t step, struct stage_line *lines, size_t max,
                       struct arena *arena)
{
    size_t low = 0, high = chronicle->piece_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (chronicle->pieces[middle].step <= step)
            low = middle + 1;
        else
            high = middle;
    }
    size_t count = 0, end = low;
    while (end > 0 && count < max) {
        size_t start = end - 1;
        const struct piece *last = &chronicle->pieces[start];
        size_t length = last->length;
        while (start > 0 && length < LINE_MAX) {
            const struct piece *piece = &chronicle->pieces[start - 1];
            if (piece->ends || piece->task != last->task || piece->stream != last->stream)
                break;
            length += piece->length;
            start--;
        }
        char *text = arena_obtain(arena, length + 1);
        if (!text)
            break;
        size_t at = 0;
        for (size_t i = start; i < end; i++) {
            memcpy(text + at, chronicle->printed + chronicle->pieces[i].at, chronicle->pieces[i].length);
            at += chronicle->pieces[i].length;
        }
        for (size_t i = 0; i < length; i++)
            text[i] = text[i] == '\t' ? ' ' : text[i];
        lines[max - ++count] = (struct stage_line){
            .step = last->step, .task = last->task, .stream = last->stream, .open = !last->ends, .text = text};
        end = start;
    }
    memmove(lines, lines + (max - count), count * sizeof *lines);
    return count;
}

/* ---- steps ---- */

/* Whose step it is that this event ends. */
static uint32_t mover_of(const struct chronicle *chronicle, const struct event *event)
{
    static const uint32_t choices[PACKET_ACT_COUNT] = {[PACKET_delivered] = CONDUCTOR_DELIVER,
                                                       [PACKET_dropped] = CONDUCTOR_DROP,
                                                       [PACKET_duplicated] = CONDUCTOR_DUPLICATE};
    if (event->kind == EVENT_PACKET)
        return event->value > 0 && event->value < PACKET_ACT_COUNT ? choices[event->value] | event->other : 0;
    return event->task ? event->task : chronicle->granted;
}

static bool take_step(struct chronicle *chronicle, uint32_t task)
{
    size_t count = (size_t)chronicle->steps + 1;
    if (!array_grow(&chronicle->movers, &chronicle->step_capacity, count, sizeof *chronicle->movers) ||
        !array_grow(&chronicle->asked, &chronicle->asked_capacity, count, sizeof *chronicle->asked))
        return false;
    chronicle->movers[chronicle->steps] = task;
    chronicle->asked[chronicle->steps] = task < chronicle->last_capacity ? chronicle->last_asked[task] : 0;
    chronicle->steps++;
    return true;
}

enum status chronicle_event(struct chronicle *chronicle, uint32_t number, const struct event *event,
                            const struct world *after)
{
    bool fine = true;
    uint32_t steps = world_step_number(after);
    if (event->kind == EVENT_GRANTED) {
        chronicle->granted = event->task;
        chronicle->open = true;
    }
    if (steps > chronicle->steps) {
        chronicle->open = false;
        fine = take_step(chronicle, mover_of(chronicle, event));
    }
    if (fine && event->kind == EVENT_ASKED && event->task && event->task <= world_task_count(after)) {
        fine = array_grow(&chronicle->last_asked, &chronicle->last_capacity, (size_t)event->task + 1,
                          sizeof *chronicle->last_asked);
        if (fine)
            chronicle->last_asked[event->task] = number;
    }
    if (fine && event->kind == EVENT_OUTPUT)
        fine = take_output(chronicle, event, chronicle->steps + chronicle->open);
    if (!fine)
        return STATUS_MEMORY;
    if (!chronicle->teller)
        return STATUS_OK;
    struct message ignored;
    if (event->kind == EVENT_END && teller_flush(chronicle->teller, &ignored))
        return STATUS_MEMORY;
    chronicle->ending = event->kind == EVENT_END;
    return event->kind == EVENT_END ? teller_before_end(chronicle->teller, after, event, &ignored)
                                    : teller_event(chronicle->teller, after, event, &ignored);
}

/* ---- lanes ---- */

static bool take_state(struct lane *lane, uint32_t step, uint8_t state)
{
    if (lane->count > 0 && lane->state == state)
        return true;
    if (!array_grow(&lane->changes, &lane->capacity, lane->count + 1, sizeof *lane->changes))
        return false;
    lane->changes[lane->count++] = (struct stage_change){.step = step, .state = state};
    lane->state = state;
    return true;
}

static int compare_lanes(const void *a, const void *b, void *context)
{
    const struct chronicle *chronicle = context;
    const struct stage_lane *one = a, *two = b;
    const struct lane *left = &chronicle->lanes[one->task - 1], *right = &chronicle->lanes[two->task - 1];
    if (left->process != right->process)
        return left->process < right->process ? -1 : 1;
    return left->number < right->number ? -1 : left->number > right->number;
}

enum status chronicle_settle(struct chronicle *chronicle, const struct world *world)
{
    struct message ignored;
    if (chronicle->teller && teller_flush(chronicle->teller, &ignored))
        return STATUS_MEMORY;
    uint32_t count = world_task_count(world);
    bool more = count > chronicle->lane_count;
    if (chronicle->settled == chronicle->steps && !more)
        return STATUS_OK;
    if (!array_grow(&chronicle->lanes, &chronicle->lane_capacity, count, sizeof *chronicle->lanes) ||
        !array_grow(&chronicle->sorted, &chronicle->sorted_capacity, count, sizeof *chronicle->sorted))
        return STATUS_MEMORY;
    for (uint32_t id = (uint32_t)chronicle->lane_count + 1; id <= count; id++) {
        const struct world_task *task = world_task(world, id);
        chronicle->lanes[id - 1] =
            (struct lane){.process = task ? task->process : 0, .number = task ? task->number : 0};
        chronicle->sorted[id - 1].task = id;
    }
    chronicle->lane_count = count;
    for (uint32_t id = 1; id <= count; id++) {
        const struct world_task *task = world_task(world, id);
        if (task && !take_state(&chronicle->lanes[id - 1], chronicle->steps, task->state))
            return STATUS_MEMORY;
    }
    if (more)
        qsort_r(chronicle->sorted, count, sizeof *chronicle->sorted, compare_lanes, chronicle);
    chronicle->settled = chronicle->steps;
    return STATUS_OK;
}

/* ---- questions ---- */

uint32_t chronicle_steps(const struct chronicle *chronicle)
{
    return chronicle->steps;
}

uint32_t chronicle_mover(const struct chronicle *chronicle, uint32_t step)
{
    return step >= 1 && step <= chronicle->steps ? chronicle->movers[step - 1] : 0;
}

uint32_t chronicle_asked(const struct chronicle *chronicle, uint32_t step)
{
    return step >= 1 && step <= chronicle->steps ? chronicle->asked[step - 1] : 0;
}

const uint32_t *chronicle_movers(const struct chronicle *chronicle)
{
    return chronicle->movers;
}

size_t chronicle_lanes(const struct chronicle *chronicle, const struct stage_lane **lanes)
{
    for (size_t i = 0; i < chronicle->lane_count; i++) {
        const struct lane *lane = &chronicle->lanes[chronicle->sorted[i].task - 1];
        chronicle->sorted[i].changes = lane->changes;
        chronicle->sorted[i].count = lane->count;
    }
    *lanes = chronicle->sorted;
    return chronicle->lane_count;
}

size_t chronicle_beats(const struct chronicle *chronicle, uint32_t step, size_t *beats, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < chronicle->fired_count; i++) {
        if (chronicle->fired[i].step == step && count < max)
            beats[count++] = chronicle->fired[i].beat;
    }
    return count;
}

size_t chronicle_beat_steps(const struct chronicle *chronicle, const uint32_t **steps)
{
    *steps = chronicle->beat_steps;
    return chronicle->beat_step_count;
}
