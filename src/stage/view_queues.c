/* Pipes, and the queues of the program's own that the scene names, as tanks: how full, who is about to put on the left,
 * who is about to take on the right; a task that waits there carries the sign of its state. What is in a pipe and who
 * waits is the world's; which ends are still open it does not know, so nothing is said of that. What is in a queue of
 * the program's own is what its variables say at this step, also where they are halfway through a change. Two rows a
 * tank. */
#include "stage/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "stage/stage_edges.h"
#include "stage/stage_value.h"

enum { ROWS_EACH = 2, MARGIN = 1, NAMES_MAX = 16, SIDE_LEAST = 7, SIDE_MOST = 24, ITEM_SIZE = 64 };

struct names {
    uint32_t tasks[NAMES_MAX];
    size_t count; /* of all, more than fit */
};

static bool is_pipe(const struct world_object *object)
{
    return object && object->kind == OBJECT_pipe;
}

/* ---- who stands at an end ---- */

static void names_add(struct names *names, uint32_t task)
{
    if (names->count < NAMES_MAX)
        names->tasks[names->count] = task;
    names->count++;
}

/* Those who wait, in their order, then those who are about to. */
static void names_find(const struct world *world, uint32_t object, unsigned operation, struct names *names)
{
    uint32_t waiters[NAMES_MAX];
    size_t waiting = world_waiters(world, object, waiters, NAMES_MAX);
    for (size_t i = 0; i < waiting && i < NAMES_MAX; i++)
        if (world_task(world, waiters[i])->operation == operation)
            names_add(names, waiters[i]);
    for (uint32_t id = 1; id <= world_task_count(world); id++) {
        const struct world_task *task = world_task(world, id);
        if (task && task->held && task->object == object && task->operation == operation &&
            task->state != STATE_blocked && task->state != STATE_zombie && task->state != STATE_terminated)
            names_add(names, id);
    }
}

static int name_columns(const struct stage_frame *frame, uint32_t task)
{
    char name[STAGE_NAME_SIZE];
    return text_columns(stage_task_name(frame, task, name)) + 2;
}

/* How many of them fit into so many columns, with room for "+n" if not all do; `*columns`: what they take. */
static size_t names_fit(const struct stage_frame *frame, const struct names *names, int room, int *columns)
{
    enum { REST = 4 }; /* " +12" */
    size_t fit = 0;
    *columns = 0;
    while (fit < names->count && fit < NAMES_MAX) {
        int wide = name_columns(frame, names->tasks[fit]) + (fit > 0);
        bool last = fit + 1 == names->count;
        if (*columns + wide + (last ? 0 : REST) > room && fit > 0)
            break;
        *columns += wide;
        fit++;
    }
    if (fit < names->count)
        *columns += REST;
    return fit;
}

static void names_draw(const struct stage_frame *frame, const struct pane *pane, const struct names *names, bool right)
{
    int columns;
    size_t fit = names_fit(frame, names, pane->columns, &columns);
    int column = right || columns >= pane->columns ? 0 : pane->columns - columns;
    for (size_t i = 0; i < fit; i++) {
        char name[STAGE_NAME_SIZE];
        const struct world_task *task = world_task(frame->after, names->tasks[i]);
        struct pane part = *pane;
        part.tag = (struct tag){.kind = TAG_task, .number = task->id};
        enum role role = stage_state_role(task->state);
        pane_glyph(&part, column, 0, EMPHASIS_none, role, stage_state_glyph(task->state));
        stage_task_name(frame, task->id, name);
        column += 3 + pane_text_fit(&part, column + 2, 0, pane->columns - column - 2, EMPHASIS_none,
                                    task->state == STATE_blocked ? role : ROLE_strong, name);
    }
    if (fit < names->count) {
        char rest[24];
        snprintf(rest, sizeof rest, "+%zu", names->count - fit);
        pane_text_fit(pane, column, 0, pane->columns - column, EMPHASIS_none, ROLE_faint, rest);
    }
}

/* ---- how full ---- */

/* Cells of the tank: something is never nothing, and only full is full. */
static int cells_of(double bytes, double capacity, int width)
{
    if (bytes <= 0 || capacity <= 0 || width <= 0)
        return 0;
    if (bytes >= capacity)
        return width;
    int cells = (int)(bytes / capacity * width + 0.5);
    return cells < 1 ? 1 : cells == width && width > 1 ? width - 1 : cells;
}

static void tank_draw(const struct pane *pane, double was, double is, double now, double capacity)
{
    int level = cells_of(now, capacity, pane->columns);
    int from = cells_of(was, capacity, pane->columns), to = cells_of(is, capacity, pane->columns);
    int low = from < to ? from : to, high = from < to ? to : from;
    for (int i = 0; i < pane->columns; i++) {
        bool moved = i >= low && i < high;
        bool filled = i < level;
        pane_glyph(pane, i, 0, EMPHASIS_none,
                   moved    ? ROLE_changed
                   : filled ? ROLE_fill
                            : ROLE_faint,
                   filled ? GLYPH_fill : GLYPH_empty);
    }
}

/* "0 > 6 of 65536 bytes", right-aligned, so that the unit holds still. Returns its columns. */
static int level_draw(const struct pane *pane, long was, long is, const char *unit)
{
    char now[32], old[32] = "";
    bool changed = was != is;
    snprintf(now, sizeof now, "%ld", is);
    if (changed)
        snprintf(old, sizeof old, "%ld", was);
    int column = pane->columns - text_columns(unit) - 1 - MARGIN;
    pane_text_fit(pane, column + 1, 0, pane->columns - column - 1, EMPHASIS_none, ROLE_faint, unit);
    column -= text_columns(now);
    pane_text(pane, column, 0, changed ? EMPHASIS_bold : EMPHASIS_none, changed ? ROLE_changed : ROLE_text, now);
    if (changed) {
        pane_glyph(pane, column - 2, 0, EMPHASIS_none, ROLE_changed, GLYPH_arrow_right);
        column -= 3 + text_columns(old);
        pane_text(pane, column, 0, EMPHASIS_none, ROLE_faint, old);
    }
    return pane->columns - column;
}

/* Who stands at the ends of the second row. Returns the part between them. */
static struct pane ends_draw(const struct stage_frame *frame, const struct pane *pane, int side,
                             const struct names *left, const struct names *right)
{
    int tank = pane->columns - 2 * MARGIN - 2 * side - 4;
    struct pane part = pane_part(pane, MARGIN, 1, side, 1);
    names_draw(frame, &part, left, false);
    part = pane_part(pane, MARGIN + side, 1, 2, 1);
    pane_glyph(&part, 1, 0, EMPHASIS_none, left->count ? ROLE_text : ROLE_faint, GLYPH_arrow_right);
    part = pane_part(pane, MARGIN + side + 2 + tank, 1, 2, 1);
    pane_glyph(&part, 0, 0, EMPHASIS_none, right->count ? ROLE_text : ROLE_faint, GLYPH_arrow_right);
    part = pane_part(pane, MARGIN + side + 4 + tank, 1, side, 1);
    names_draw(frame, &part, right, true);
    return pane_part(pane, MARGIN + side + 2, 1, tank, 1);
}

static int side_usual(const struct pane *pane)
{
    int side = pane->columns / 4;
    return side < SIDE_LEAST ? SIDE_LEAST : side > SIDE_MOST ? SIDE_MOST : side;
}

static void pipe_draw(const struct stage_frame *frame, const struct pane *pane, const struct world_object *pipe)
{
    char name[STAGE_NAME_SIZE], unit[64];
    const struct world_object *before = world_object(frame->before, pipe->id);
    int was = before ? before->count : 0;
    struct pane line = pane_part(pane, 0, 0, pane->columns, 1);
    if (pipe->capacity > 0)
        snprintf(unit, sizeof unit, _("of %d bytes"), pipe->capacity);
    else
        snprintf(unit, sizeof unit, "%s", _("bytes"));
    int taken = level_draw(&line, was, pipe->count, unit);
    bool acted = frame->step.object == pipe->id;
    pane_text_fit(&line, MARGIN, 0, pane->columns - MARGIN - taken - 1, acted ? EMPHASIS_bold : EMPHASIS_none,
                  pipe->destroyed ? ROLE_faint : ROLE_object, stage_object_name(frame, frame->after, pipe->id, name));

    struct names writers = {.count = 0}, readers = {.count = 0};
    names_find(frame->after, pipe->id, OPERATION_pipe_write, &writers);
    names_find(frame->after, pipe->id, OPERATION_pipe_read, &readers);
    struct pane tank = ends_draw(frame, pane, side_usual(pane), &writers, &readers);
    tank_draw(&tank, was, pipe->count, was + (pipe->count - was) * frame->motion, pipe->capacity);
}

/* ---- queues of the program's own ---- */

/* "P2:count" is the variable `count` of P2. */
static bool is_called(const struct world *world, const struct world_object *object, const char *name)
{
    const struct world_process *process = world_process(world, object->process);
    size_t length = process ? strlen(process->name) : 0;
    bool prefixed = length && strncmp(object->name, process->name, length) == 0 && object->name[length] == ':';
    return strcmp(object->name + (prefixed ? length + 1 : 0), name) == 0;
}

/* A watched variable of the process, once its value is known. */
static const struct world_object *variable_of(const struct world *world, uint32_t process, const char *name)
{
    for (uint32_t id = 1; name && id <= world_object_count(world); id++) {
        const struct world_object *object = world_object(world, id);
        if (object->kind == OBJECT_variable && object->watched && object->process == process &&
            is_called(world, object, name))
            return object;
    }
    return NULL;
}

/* False: nobody knows (yet). */
static bool number_of(const struct world *world, uint32_t process, const char *name, long *out)
{
    if (name && name[0] >= '0' && name[0] <= '9') {
        *out = atol(name);
        return true;
    }
    const struct world_object *object = variable_of(world, process, name);
    *out = object ? (long)object->value : 0;
    return object != NULL;
}

/* What the variables say of a queue. */
struct contents {
    bool known;
    long count, capacity; /* capacity 0: none, or not known */
    const char *items;    /* NULL: not known */
    int length;           /* of the array */
    long head;
};

static struct contents contents_of(const struct world *world, const struct stage_queue *queue, uint32_t process)
{
    struct contents contents = {.known = false};
    long less = 0;
    contents.known = number_of(world, process, queue->count, &contents.count) &&
                     (!queue->less || number_of(world, process, queue->less, &less));
    contents.count -= less;
    number_of(world, process, queue->capacity, &contents.capacity);
    const struct world_object *items = variable_of(world, process, queue->items);
    contents.items = items && items->value_text ? world_text(world, items->value_text) : NULL;
    contents.length = contents.items ? stage_value_count(contents.items) : 0;
    if (contents.length == 0 || (queue->head && !number_of(world, process, queue->head, &contents.head)) ||
        contents.head < 0)
        contents.items = NULL;
    return contents;
}

/* The nth in the queue, 0 the oldest; "" where it is not known. */
static const char *item_of(const struct contents *contents, long nth, char out[ITEM_SIZE])
{
    out[0] = 0;
    if (!contents->items)
        return out;
    stage_value_element(contents->items, (int)((contents->head + nth) % contents->length), out, ITEM_SIZE);
    size_t length = strlen(out);
    if (length > 2 && out[0] == '\'' && out[length - 1] == '\'') { /* a character, without its marks */
        memmove(out, out + 1, length - 2);
        out[length - 2] = 0;
    }
    return out;
}

static int cell_columns(const struct contents *contents)
{
    int cell = 1;
    for (int i = 0; contents->items && i < contents->length; i++) {
        char text[ITEM_SIZE];
        int columns = text_columns(item_of(contents, i, text));
        cell = columns > cell ? columns : cell;
    }
    return cell;
}

static int boxes_columns(long count, int cell, bool compact)
{
    return count > CANVAS_SIDE_MAX ? CANVAS_SIDE_MAX : (int)count * (cell + (compact ? 1 : 3)) + 1;
}

/* The box of the nth in the queue, its left wall at `column`. What differs from before is marked. */
static void box_draw(const struct pane *pane, int column, int cell, bool compact, const struct contents *now,
                     const struct contents *before, long nth)
{
    char text[ITEM_SIZE], old[ITEM_SIZE];
    bool filled = nth < now->count, was = before->known && nth < before->count;
    item_of(now, nth, text);
    bool changed = before->known && (filled != was || (filled && strcmp(text, item_of(before, nth, old)) != 0));
    pane_glyph(pane, column, 0, EMPHASIS_none, ROLE_rule, GLYPH_column);
    column += compact ? 1 : 2;
    enum role role = changed ? ROLE_changed : filled ? ROLE_fill : ROLE_faint;
    if (filled && text[0])
        pane_text_fit(pane, column + cell - text_columns(text), 0, cell, changed ? EMPHASIS_bold : EMPHASIS_none, role,
                      text);
    else
        pane_glyphs(pane, column, 0, cell, EMPHASIS_none, role, filled ? GLYPH_fill : GLYPH_empty);
}

/* Boxes, the oldest at the right, where it will be taken. More than fit: a bounded queue becomes a level, of one
 * without a bound the youngest are counted. */
static void boxes_draw(const struct pane *pane, const struct contents *now, const struct contents *before, int cell)
{
    enum { REST = 5 }; /* "+123 " */
    long count = now->capacity > 0 ? now->capacity : now->count > 0 ? now->count : 0, rest = 0;
    bool compact = boxes_columns(count, cell, false) > pane->columns;
    if (boxes_columns(count, cell, compact) > pane->columns && now->capacity > 0) {
        tank_draw(pane, (double)(before->known ? before->count : now->count), (double)now->count, (double)now->count,
                  (double)now->capacity);
        return;
    }
    if (boxes_columns(count, cell, compact) > pane->columns) {
        rest = count - (pane->columns - REST - 1) / (cell + 1);
        count -= rest;
    }
    int each = cell + (compact ? 1 : 3);
    int column = pane->columns - boxes_columns(count, cell, compact);
    column = now->capacity > 0 ? column / 2 : column;
    if (rest > 0) {
        char text[24];
        snprintf(text, sizeof text, "+%ld", rest);
        pane_text_fit(pane, 0, 0, column, EMPHASIS_none, ROLE_faint, text);
    }
    for (long i = 0; i < count; i++, column += each)
        box_draw(pane, column, cell, compact, now, before, count - 1 - i);
    if (count > 0)
        pane_glyph(pane, column, 0, EMPHASIS_none, ROLE_rule, GLYPH_column);
}

static void waiting_find(const struct world *world, uint32_t process, const char *name, struct names *names)
{
    for (uint32_t id = 1; name && id <= world_object_count(world); id++) {
        const struct world_object *object = world_object(world, id);
        uint32_t waiters[NAMES_MAX];
        if (object->kind == OBJECT_variable || (object->process && object->process != process) ||
            !is_called(world, object, name))
            continue;
        size_t count = world_waiters(world, id, waiters, NAMES_MAX);
        for (size_t i = 0; i < count && i < NAMES_MAX; i++)
            names_add(names, waiters[i]);
    }
}

/* A queue as one process has it; 0: shared. `prefixed`: others have one of this name. */
struct own {
    const struct stage_queue *queue;
    uint32_t process;
    bool prefixed;
};

static bool own_acted(const struct stage_frame *frame, const struct own *own)
{
    const char *const names[] = {own->queue->count, own->queue->less, own->queue->items, own->queue->head};
    const struct world_object *object = world_object(frame->after, frame->step.object);
    if (!frame->step.number || !object || object->kind != OBJECT_variable || object->process != own->process)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = names[i] ? strlen(names[i]) : 0;
        if (length && (is_called(frame->after, object, names[i]) ||
                       (strncmp(object->name, names[i], length) == 0 && object->name[length] == '[')))
            return true;
    }
    return false;
}

static void own_draw(const struct stage_frame *frame, const struct pane *pane, const struct own *own)
{
    char unit[64], name[STAGE_NAME_SIZE];
    const struct stage_queue *queue = own->queue;
    struct contents before = contents_of(frame->before, queue, own->process),
                    after = contents_of(frame->after, queue, own->process);
    struct pane line = pane_part(pane, 0, 0, pane->columns, 1);
    int taken;
    if (!after.known)
        snprintf(unit, sizeof unit, "%s", _("not known yet"));
    else if (after.capacity > 0)
        snprintf(unit, sizeof unit, _("of %ld"), after.capacity);
    else
        snprintf(unit, sizeof unit, "%s", queue->capacity ? _("of ?") : _("without a bound"));
    if (after.known) {
        taken = level_draw(&line, before.known ? before.count : after.count, after.count, unit);
    } else {
        taken = text_columns(unit) + MARGIN;
        pane_text(&line, line.columns - taken, 0, EMPHASIS_none, ROLE_faint, unit);
    }
    const struct world_process *process = own->prefixed ? world_process(frame->after, own->process) : NULL;
    snprintf(name, sizeof name, "%s%s%s", process ? process->name : "", process ? " " : "", queue->name);
    pane_text_fit(&line, MARGIN, 0, pane->columns - MARGIN - taken - 1,
                  own_acted(frame, own) ? EMPHASIS_bold : EMPHASIS_none, ROLE_object, name);

    struct names putters = {.count = 0}, takers = {.count = 0};
    waiting_find(frame->after, own->process, queue->put_waits, &putters);
    waiting_find(frame->after, own->process, queue->get_waits, &takers);
    int cell = cell_columns(&after), side = side_usual(pane);
    int room = (pane->columns - 2 * MARGIN - 6 - boxes_columns(after.capacity, cell, false)) / 2;
    side = after.capacity == 0 ? side : room < SIDE_LEAST ? SIDE_LEAST : room > SIDE_MOST ? SIDE_MOST : room;
    struct pane tank = ends_draw(frame, pane, side, &putters, &takers);
    const struct contents *shown = frame->motion < 0.5 && before.known ? &before : &after;
    if (after.known)
        boxes_draw(&tank, shown, &before, cell);
}

/* ---- all of them, one under another ---- */

struct walk {
    const struct stage_frame *frame;
    const struct pane *pane; /* NULL: only measure */
    int first, line, wanted;
};

/* Where the next tank goes; false: it is out of sight. */
static bool walk_tank(struct walk *walk, bool wanted, struct pane *part)
{
    int at = walk->line;
    walk->line += ROWS_EACH;
    if (wanted)
        walk->wanted = at + 1;
    if (!walk->pane || at < walk->first || at + ROWS_EACH > walk->first + walk->pane->rows)
        return false;
    *part = pane_part(walk->pane, 0, at - walk->first, walk->pane->columns, ROWS_EACH);
    return true;
}

/* One for every process that has such a variable; one that says so while nobody is known to. */
static void walk_own(struct walk *walk, const struct stage_queue *queue)
{
    const struct world *world = walk->frame->after;
    struct own own = {.queue = queue};
    struct pane part;
    int found = 0;
    for (uint32_t process = 0; process <= world_process_count(world); process++)
        found += variable_of(world, process, queue->count) != NULL;
    own.prefixed = found > 1;
    for (uint32_t process = 0; process <= world_process_count(world); process++) {
        if (!variable_of(world, process, queue->count) && !(found == 0 && process == 0))
            continue;
        own.process = process;
        if (walk_tank(walk, own_acted(walk->frame, &own), &part))
            own_draw(walk->frame, &part, &own);
    }
}

static void walk_all(struct walk *walk)
{
    walk->line = walk->wanted = 0;
    for (size_t i = 0; i < walk->frame->queue_count; i++)
        walk_own(walk, &walk->frame->queues[i]);
    for (uint32_t id = 1; id <= world_object_count(walk->frame->after); id++) {
        const struct world_object *object = world_object(walk->frame->after, id);
        struct pane part;
        if (is_pipe(object) && walk_tank(walk, id == walk->frame->step.object, &part))
            pipe_draw(walk->frame, &part, object);
    }
}

static int queues_rows(const struct stage_frame *frame, int columns)
{
    struct walk walk = {.frame = frame};
    (void)columns;
    walk_all(&walk);
    return walk.line;
}

static void queues_draw(const struct stage_frame *frame, const struct pane *pane)
{
    struct walk walk = {.frame = frame};
    walk_all(&walk);
    int lines = walk.line;
    if (lines == 0) {
        pane_text_fit(pane, MARGIN, 0, pane->columns - MARGIN, EMPHASIS_none, ROLE_faint, _("no pipe yet"));
        return;
    }
    int rows = pane->rows / ROWS_EACH * ROWS_EACH; /* half a tank is none */
    walk.first = stage_scroll(frame, STAGE_VIEW_queues, lines, rows, walk.wanted);
    walk.first -= walk.first % ROWS_EACH;
    walk.pane = pane;
    walk_all(&walk);
    stage_edges_draw(pane, walk.first > 0, walk.first + rows < lines);
}

const struct stage_view stage_view_queues = {
    .id = "queues",
    .title = N_("queues and pipes"),
    .place = STAGE_PLACE_half,
    .least = ROWS_EACH,
    .elastic = false,
    .usual = 5,
    .rows = queues_rows,
    .draw = queues_draw,
};
