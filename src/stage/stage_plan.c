/* Places on the stage: ready left, running in the middle with a slot per CPU, blocked right under what is waited for,
 * ended in the last row. Draws nothing. */
#include "stage/stage_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "stage/stage_names.h"

enum { GAP = 1, ACROSS_LEAST = 27, RUNNING_MOST = 44, CPU_ENTRY = 2 };

struct item {
    uint32_t task, process, number;
    uint32_t rank, group, order; /* in the blocked column */
};

/* What is waited for with a heading of its own comes below what says it on the card: a join, a sleep. */
enum { RANK_alone, RANK_object, RANK_stopped };

static int compare(const void *a, const void *b)
{
    const struct item *one = a, *two = b;
    const uint32_t keys[][2] = {{one->rank, two->rank},
                                {one->group, two->group},
                                {one->order, two->order},
                                {one->process, two->process},
                                {one->number, two->number}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (keys[i][0] != keys[i][1])
            return keys[i][0] < keys[i][1] ? -1 : 1;
    }
    return 0;
}

static struct item item_of(const struct world *world, const struct world_task *task)
{
    struct item item = {.task = task->id, .process = task->process, .number = task->number};
    struct stage_waiting waiting = stage_waiting_of(world, task->id);
    if (task->state == STATE_stopped)
        item.rank = RANK_stopped;
    else if (task->state == STATE_blocked && waiting.kind == STAGE_WAIT_object) {
        item.rank = RANK_object;
        item.group = waiting.object;
        item.order = task->blocked_at;
    }
    return item;
}

static enum plan_column column_of(const struct world_task *task)
{
    return task->state == STATE_running                                   ? PLAN_running
           : task->state == STATE_blocked || task->state == STATE_stopped ? PLAN_blocked
                                                                          : PLAN_ready;
}

static void add(struct plan_part *part, enum plan_kind kind, uint32_t id, int32_t label)
{
    if (part->count < PLAN_LINES_MAX)
        part->lines[part->count++] = (struct plan_line){.kind = (uint8_t)kind, .id = id, .label = label};
    else if (kind == PLAN_CARD)
        part->beyond++;
}

static void fill_waiting(struct plan *plan, enum plan_column column)
{
    struct item items[PLAN_LINES_MAX];
    size_t count = 0;
    struct plan_part *part = &plan->part[column];
    for (uint32_t id = 1; id <= world_task_count(plan->world); id++) {
        const struct world_task *task = world_task(plan->world, id);
        if (!task || stage_task_ended(plan->world, id) || column_of(task) != column)
            continue;
        if (count < PLAN_LINES_MAX)
            items[count++] = item_of(plan->world, task);
        else
            part->beyond++;
    }
    qsort(items, count, sizeof *items, compare);
    for (size_t i = 0; i < count; i++) {
        bool first = i == 0 || items[i].rank != items[i - 1].rank || items[i].group != items[i - 1].group;
        if (first && items[i].rank == RANK_object)
            add(part, PLAN_OBJECT, items[i].group, -1);
        else if (first && items[i].rank == RANK_stopped)
            add(part, PLAN_STOPPED, 0, -1);
        add(part, PLAN_CARD, items[i].task, -1);
    }
}

static void fill_running(struct plan *plan)
{
    struct plan_part *part = &plan->part[PLAN_running];
    bool apart = (int)plan->size.cpus * CPU_ENTRY <= plan->body;
    for (unsigned cpu = 0; cpu < plan->size.cpus; cpu++) {
        uint32_t task = world_running(plan->world, cpu);
        if (apart)
            add(part, PLAN_CPU, cpu, -1);
        add(part, task ? PLAN_CARD : PLAN_IDLE, task, apart ? -1 : (int32_t)cpu);
    }
}

static void fill_ended(struct plan *plan)
{
    for (int pass = 0; pass < 2; pass++) {
        unsigned state = pass == 0 ? STATE_zombie : STATE_terminated;
        for (uint32_t id = 1; id <= world_task_count(plan->world); id++) {
            const struct world_task *task = world_task(plan->world, id);
            if (!task || task->state != state)
                continue;
            if (plan->ended_kept < PLAN_ENDED_MAX)
                plan->ended[plan->ended_kept++] = id;
            plan->ended_count++;
        }
    }
}

/* ---- room ---- */

/* A heading does not stand alone at the foot of a column. */
static int give_slots(struct plan_part *part, int rows)
{
    int slot = 0;
    for (int i = 0; i < part->count; i++) {
        bool heads = part->lines[i].kind == PLAN_OBJECT || part->lines[i].kind == PLAN_STOPPED ||
                     part->lines[i].kind == PLAN_CPU;
        if (heads && rows > 1 && slot % rows == rows - 1)
            slot++;
        part->lines[i].slot = slot++;
    }
    return slot;
}

/* The heading of the group whose cards are seen first, when it is further up. */
static int heading_above(const struct plan_part *part)
{
    int i = 0;
    while (i < part->count && part->lines[i].slot < part->top)
        i++;
    if (i == 0 || i == part->count || part->lines[i].kind != PLAN_CARD)
        return -1;
    while (i > 0 && part->lines[i].kind == PLAN_CARD)
        i--;
    return part->lines[i].kind == PLAN_OBJECT || part->lines[i].kind == PLAN_STOPPED ? i : -1;
}

static void give_room(const struct stage_frame *frame, struct plan *plan, struct plan_part *part)
{
    int rows = plan->body, wanted = 0;
    part->across = 1;
    part->heading = -1;
    part->slots = part->count;
    for (int i = 0; i < part->count; i++)
        part->lines[i].slot = i;
    if (part->count > rows && part->columns / ACROSS_LEAST > 1) {
        part->across = part->columns / ACROSS_LEAST;
        part->slots = give_slots(part, rows);
    }
    int room = rows * part->across;
    part->seen = part->slots;
    if (part->slots <= room && !part->beyond)
        return;
    part->seen = room > 0 ? room - 1 : 0;
    for (int i = 0; i < part->count; i++) {
        if (part->lines[i].kind == PLAN_CARD && part->lines[i].id == frame->step.task)
            wanted = part->lines[i].slot;
    }
    part->top = stage_scroll(frame, STAGE_VIEW_stage, part->slots, part->seen, wanted);
    part->heading = heading_above(part);
    if (part->heading < 0 || part->seen < 2)
        return;
    int without = part->top;
    part->top = stage_scroll(frame, STAGE_VIEW_stage, part->slots, part->seen - 1, wanted);
    part->heading = heading_above(part);
    if (part->heading < 0)
        part->top = without;
}

static bool any_ended(const struct world *world)
{
    for (uint32_t id = 1; id <= world_task_count(world); id++) {
        if (stage_task_ended(world, id))
            return true;
    }
    return false;
}

struct plan_size plan_size_of(const struct stage_frame *frame, int columns, int rows)
{
    struct plan_size size = {.columns = columns, .rows = rows, .name = 2, .cpus = frame->cpus};
    const struct world *worlds[2] = {frame->before, frame->after};
    char name[STAGE_NAME_SIZE];
    for (size_t i = 0; i < 2; i++) {
        size.ended_row = size.ended_row || any_ended(worlds[i]);
        for (unsigned cpu = size.cpus; cpu < 64; cpu++) {
            if (world_running(worlds[i], cpu))
                size.cpus = cpu + 1;
        }
    }
    for (uint32_t id = 1; id <= world_task_count(frame->after); id++) {
        int wide = text_columns(stage_task_name(frame, id, name));
        if (wide > size.name)
            size.name = wide;
    }
    if (size.cpus == 0)
        size.cpus = 1;
    return size;
}

void plan_make(const struct stage_frame *frame, const struct world *world, struct plan_size size, struct plan *plan)
{
    plan->world = world;
    plan->size = size;
    plan->body = size.rows - 1 - (size.ended_row ? 1 : 0);
    if (plan->body < 0)
        plan->body = 0;
    plan->ended_kept = plan->ended_count = 0;
    int third = (size.columns - (PLAN_COLUMNS - 1) * GAP) / PLAN_COLUMNS;
    int running = third > RUNNING_MOST ? RUNNING_MOST : third;
    int ready = (size.columns - running - (PLAN_COLUMNS - 1) * GAP) / 2;
    const int starts[PLAN_COLUMNS + 1] = {0, ready + GAP, ready + running + 2 * GAP, size.columns + GAP};
    for (int i = 0; i < PLAN_COLUMNS; i++) {
        struct plan_part *part = &plan->part[i];
        part->count = part->slots = part->seen = part->top = 0;
        part->beyond = 0;
        part->column = starts[i];
        part->columns = starts[i + 1] - starts[i] - GAP;
    }
    fill_waiting(plan, PLAN_ready);
    fill_running(plan);
    fill_waiting(plan, PLAN_blocked);
    fill_ended(plan);
    for (int i = 0; i < PLAN_COLUMNS; i++)
        give_room(frame, plan, &plan->part[i]);
}

/* ---- places ---- */

static struct plan_spot spot_at(const struct plan *plan, const struct plan_part *part, int position)
{
    int rows = plan->body > 0 ? plan->body : 1;
    int wide = (part->columns - (part->across - 1) * GAP) / part->across;
    int across = position / rows;
    return (struct plan_spot){.column = part->column + across * (wide + GAP),
                              .row = 1 + position % rows,
                              .columns = across + 1 == part->across ? part->columns - across * (wide + GAP) : wide};
}

struct plan_spot plan_more_spot(const struct plan *plan, const struct plan_part *part)
{
    return spot_at(plan, part, part->seen);
}

bool plan_line_spot(const struct plan *plan, const struct plan_part *part, const struct plan_line *line,
                    struct plan_spot *spot)
{
    bool heads = part->heading >= 0 && line == &part->lines[part->heading];
    int position = heads ? 0 : line->slot - part->top + (part->heading >= 0 ? 1 : 0);
    if (position < (part->heading >= 0 && !heads ? 1 : 0) || position >= part->seen)
        return false;
    *spot = spot_at(plan, part, position);
    return true;
}

/* Columns of "z P3" and of the gap behind it. */
static int ended_columns(const struct stage_frame *frame, const struct plan *plan, unsigned index)
{
    char name[STAGE_NAME_SIZE];
    const struct world_task *task = world_task(plan->world, plan->ended[index]);
    return 2 + text_columns(stage_task_name(frame, task->id, name)) + (task->state == STATE_zombie ? 2 : 0) + 2;
}

static int ended_start(void)
{
    return text_columns(_("ended")) + 2;
}

unsigned plan_ended_shown(const struct stage_frame *frame, const struct plan *plan)
{
    int used = ended_start();
    unsigned shown = 0;
    char left[16];
    while (shown < plan->ended_kept) {
        snprintf(left, sizeof left, "+%u", plan->ended_count - shown - 1);
        int wide = ended_columns(frame, plan, shown);
        int after = plan->ended_count > shown + 1 ? text_columns(left) : -2;
        if (used + wide + after > plan->size.columns)
            break;
        used += wide;
        shown++;
    }
    return shown;
}

struct plan_spot plan_ended_spot(const struct stage_frame *frame, const struct plan *plan, unsigned index)
{
    unsigned shown = plan_ended_shown(frame, plan);
    struct plan_spot spot = {.column = ended_start(), .row = plan->size.rows - 1};
    for (unsigned i = 0; i < index && i < shown; i++)
        spot.column += ended_columns(frame, plan, i);
    spot.columns = index < shown ? ended_columns(frame, plan, index) - 2 : 0;
    return spot;
}

struct plan_spot plan_task_spot(const struct stage_frame *frame, const struct plan *plan, uint32_t id)
{
    const struct world_task *task = world_task(plan->world, id);
    struct plan_spot spot = {.columns = 0};
    if (!task)
        return spot;
    if (stage_task_ended(plan->world, id)) {
        unsigned index = 0;
        while (index < plan->ended_kept && plan->ended[index] != id)
            index++;
        return index < plan->ended_kept ? plan_ended_spot(frame, plan, index) : spot;
    }
    const struct plan_part *part = &plan->part[column_of(task)];
    for (int i = 0; i < part->count; i++) {
        const struct plan_line *line = &part->lines[i];
        if (line->kind == PLAN_CARD && line->id == id && plan_line_spot(plan, part, line, &spot))
            return spot;
    }
    return plan_more_spot(plan, part);
}
