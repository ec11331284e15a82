/* Variables and their values, as they were read from the guest or told by its loads and stores; what this step changed,
 * with the old value behind; and the values that tasks have loaded and not yet stored: in hand. The same variable of
 * several processes stands side by side. Arrays are rows of boxes, arrays of arrays are tables. */
#include "stage/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/text.h"
#include "stage/stage_edges.h"
#include "stage/stage_value.h"

enum {
    MARGIN = 1,
    COMPARED = 400,   /* variables up to which their names are compared with one another */
    COLUMNS_MAX = 8,  /* processes side by side */
    COLUMN_LEAST = 9, /* "100 < 99 " */
    COLUMN_MOST = 14,
    HAND_OFFSET = 12, /* from the value to what is in hand, if the value is no longer */
    VALUE_SIZE = 1024
};

/* ---- values ---- */

static bool is_variable(const struct world_object *object)
{
    return object && object->kind == OBJECT_variable;
}

/* The name without "P2:" in front, which tells the process where two have a variable of one name. */
static const char *name_of(const struct world *world, const struct world_object *object)
{
    const struct world_process *process = world_process(world, object->process);
    size_t length = process ? strlen(process->name) : 0;
    bool prefixed = length && strncmp(object->name, process->name, length) == 0 && object->name[length] == ':';
    return object->name + (prefixed ? length + 1 : 0);
}

/* Until a variable was read once nobody knows what is in it; the world's number is 0 then. */
static bool is_known(const struct world *world, const struct world_object *object)
{
    if (object->watched || object->value != 0)
        return true;
    for (uint32_t id = 1; id <= world_task_count(world); id++) {
        const struct world_task *task = world_task(world, id);
        if (task && task->held && task->object == object->id)
            return false;
    }
    return true;
}

static const char *value_of(const struct world *world, const struct world_object *object, char out[VALUE_SIZE])
{
    if (object->watched && object->value_text)
        return world_text(world, object->value_text);
    if (is_known(world, object))
        snprintf(out, VALUE_SIZE, "%lld", (long long)object->value);
    else
        snprintf(out, VALUE_SIZE, "?");
    return out;
}

/* ---- arrays of which single elements are known ---- */

/* "items[2]": the length of "items" and the index. False: no such name. */
static bool is_element(const char *name, size_t *base, unsigned *index)
{
    const char *open = strrchr(name, '[');
    if (!open || open == name || open[1] < '0' || open[1] > '9')
        return false;
    char *end;
    unsigned long number = strtoul(open + 1, &end, 10);
    if (end[0] != ']' || end[1] || number >= STAGE_VALUE_ELEMENTS)
        return false;
    *base = (size_t)(open - name);
    *index = (unsigned)number;
    return true;
}

/* What a line is about: one variable, or all known elements of an array. */
struct item {
    const struct world_object *object; /* the first of them */
    const char *name;
    size_t base; /* bytes of the array's name; 0: the one variable */
};

static bool item_has(const struct world *world, const struct item *item, const struct world_object *object,
                     unsigned *index)
{
    size_t base;
    *index = 0;
    if (!item->base)
        return object && object->id == item->object->id;
    if (!is_variable(object) || object->process != item->object->process)
        return false;
    const char *name = name_of(world, object);
    return is_element(name, &base, index) && base == item->base && strncmp(name, item->name, base) == 0;
}

static struct item item_make(const struct world *world, const struct world_object *object, bool gather)
{
    struct item item = {.object = object, .name = name_of(world, object)};
    unsigned index;
    if (!gather || object->value_text || !is_element(item.name, &item.base, &index))
        item.base = 0;
    return item;
}

/* Whether it is a part of a variable whose whole value is there (it is watched): "items[2]", "customers[1].need". Then it
 * has no line beside that. */
static bool has_whole(const struct world *world, const struct world_object *part)
{
    const char *name = name_of(world, part);
    if (!strpbrk(name, "[."))
        return false;
    for (uint32_t id = 1; id <= world_object_count(world); id++) {
        const struct world_object *object = world_object(world, id);
        if (!is_variable(object) || object->process != part->process || !object->value_text)
            continue;
        const char *whole = name_of(world, object);
        size_t length = strlen(whole);
        if (strncmp(name, whole, length) == 0 && (name[length] == '[' || name[length] == '.'))
            return true;
    }
    return false;
}

/* Is it the first line of its array? The other elements have none of their own. */
static bool item_leads(const struct world *world, const struct item *item)
{
    unsigned index;
    if (has_whole(world, item->object))
        return false;
    for (uint32_t id = 1; item->base && id < item->object->id; id++)
        if (item_has(world, item, world_object(world, id), &index))
            return false;
    return true;
}

/* "{1, ?, 3}": what is known of the elements. NULL: nothing. */
static const char *item_value(const struct world *world, const struct item *item, char out[VALUE_SIZE])
{
    if (!item->base) {
        const struct world_object *object = world_object(world, item->object->id);
        return is_variable(object) ? value_of(world, object, out) : NULL;
    }
    const struct world_object *elements[STAGE_VALUE_ELEMENTS] = {NULL};
    unsigned count = 0, index;
    for (uint32_t id = item->object->id; id <= world_object_count(world); id++) {
        const struct world_object *object = world_object(world, id);
        if (!item_has(world, item, object, &index))
            continue;
        elements[index] = object;
        count = index >= count ? index + 1 : count;
    }
    size_t length = (size_t)snprintf(out, VALUE_SIZE, "{");
    for (unsigned i = 0; i < count && length < VALUE_SIZE; i++) {
        char room[VALUE_SIZE];
        length += (size_t)snprintf(out + length, VALUE_SIZE - length, "%s%s", i ? ", " : "",
                                   elements[i] ? value_of(world, elements[i], room) : "?");
    }
    if (length < VALUE_SIZE)
        snprintf(out + length, VALUE_SIZE - length, "}");
    return count ? out : NULL;
}

/* A value, and the one before it where that was another. Returns the columns of what stands on the first line. */
static int value_draw(const struct stage_frame *frame, const struct pane *pane, const struct item *item,
                      const struct stage_value *layout, bool faint)
{
    char now_room[VALUE_SIZE], old_room[VALUE_SIZE];
    const char *now = item_value(frame->after, item, now_room), *old = item_value(frame->before, item, old_room);
    bool changed = frame->step.number && (!old || strcmp(old, now) != 0);
    /* To learn a value by loading it does not change it. */
    bool learnt = frame->step.operation == OPERATION_memory_load && (!old || strchr(old, '?'));
    if (old && strcmp(old, "?") == 0)
        old = NULL;
    changed = changed && !learnt;
    return stage_value_draw(pane, layout, now, old, changed, faint ? ROLE_faint : ROLE_text);
}

/* ---- what is in hand ---- */

/* "T1 has 0", or "T1:0" where that is too long. Returns the columns of all that belongs to the item. */
static int hands_draw(const struct stage_frame *frame, const struct pane *pane, const struct item *item, int column,
                      bool brief)
{
    int start = column;
    for (size_t i = 0; i < frame->hand_count; i++) {
        const struct stage_hand *hand = &frame->hands[i];
        char name[STAGE_NAME_SIZE], text[STAGE_NAME_SIZE + VALUE_SIZE];
        unsigned index;
        if (!item_has(frame->after, item, world_object(frame->after, hand->object), &index))
            continue;
        stage_task_name(frame, hand->task, name);
        snprintf(text, sizeof text, brief ? "%s:%s" : _("%s has %s"), name, hand->value);
        column += column > start ? 2 : 0;
        if (pane) {
            struct pane part = *pane;
            bool now = frame->step.number && hand->step == frame->step.number;
            part.tag = (struct tag){.kind = TAG_task, .number = hand->task};
            pane_text_fit(&part, column, 0, pane->columns - column, now ? EMPHASIS_bold : EMPHASIS_none,
                          now ? ROLE_changed : ROLE_strong, text);
        }
        column += text_columns(text);
    }
    return column - start;
}

/* From `column` on, or from `least` on where that is too far to the right. */
static void hands_put(const struct stage_frame *frame, const struct pane *pane, const struct item *item, int least,
                      int column)
{
    bool brief = hands_draw(frame, NULL, item, 0, false) > pane->columns - column;
    int columns = hands_draw(frame, NULL, item, 0, brief);
    if (columns > pane->columns - column)
        column = pane->columns - columns > least ? pane->columns - columns : least;
    hands_draw(frame, pane, item, column, brief);
}

/* ---- which variables, and where ---- */

enum arrangement { ARRANGE_one, ARRANGE_side_by_side, ARRANGE_groups };

struct plan {
    enum arrangement arrangement;
    uint32_t owners[COLUMNS_MAX]; /* processes that have variables, in order; 0: shared by several */
    size_t owner_count;           /* of all, more than fit */
    int names;                    /* columns of the names */
    int column;                   /* columns of a process */
    int room;                     /* columns of a value in a list */
    bool gather;                  /* elements of one array stand in one line */
};

static void owner_add(struct plan *plan, uint32_t process)
{
    size_t known = plan->owner_count < COLUMNS_MAX ? plan->owner_count : COLUMNS_MAX;
    size_t at = 0;
    while (at < known && plan->owners[at] < process)
        at++;
    if (at < known && plan->owners[at] == process)
        return;
    if (plan->owner_count < COLUMNS_MAX) {
        memmove(plan->owners + at + 1, plan->owners + at, (known - at) * sizeof *plan->owners);
        plan->owners[at] = process;
    }
    plan->owner_count++;
}

static struct plan plan_make(const struct stage_frame *frame, int columns)
{
    struct plan plan = {.arrangement = ARRANGE_one, .names = 2};
    size_t variables = 0;
    bool composed = false;
    for (uint32_t id = 1; id <= world_object_count(frame->after); id++)
        variables += is_variable(world_object(frame->after, id));
    plan.gather = variables <= COMPARED;
    for (uint32_t id = 1; id <= world_object_count(frame->after); id++) {
        const struct world_object *object = world_object(frame->after, id);
        if (!is_variable(object))
            continue;
        owner_add(&plan, object->process);
        if (has_whole(frame->after, object))
            continue;
        struct item item = item_make(frame->after, object, plan.gather);
        int wide = item.base ? (int)escape_columns(item.name, item.base) : text_columns(item.name);
        plan.names = wide > plan.names ? wide : plan.names;
        composed =
            composed || item.base || (object->value_text && world_text(frame->after, object->value_text)[0] == '{');
    }
    int most = columns / 3 < 24 ? columns / 3 : 24;
    plan.names = plan.names > most ? most : plan.names;
    plan.room = columns - MARGIN - plan.names - 2;
    if (plan.owner_count < 2)
        return plan;
    plan.column = plan.owner_count <= COLUMNS_MAX ? plan.room / (int)plan.owner_count : 0;
    plan.column = plan.column > COLUMN_MOST ? COLUMN_MOST : plan.column;
    bool beside = plan.column >= COLUMN_LEAST && !composed && variables <= COMPARED;
    plan.arrangement = beside ? ARRANGE_side_by_side : ARRANGE_groups;
    return plan;
}

static const char *owner_name(const struct stage_frame *frame, uint32_t process)
{
    const struct world_process *owner = world_process(frame->after, process);
    return owner ? owner->name : _("shared");
}

static bool is_over(const struct stage_frame *frame, uint32_t process)
{
    const struct world_process *owner = world_process(frame->after, process);
    return owner && (owner->state == STATE_zombie || owner->state == STATE_terminated);
}

/* ---- drawing, line by line ---- */

/* The view is walked twice: without a pane to measure it, with one to draw what is in sight. */
struct walk {
    const struct stage_frame *frame;
    const struct plan *plan;
    const struct pane *pane; /* NULL: only measure */
    int first;               /* line at the pane's top */
    int line;
    int wanted, snapped; /* line of the step's variable; the first beginning of an item from `first` on */
};

/* The part of the pane where an item of so many lines goes; false: it is out of sight. */
static bool walk_item(struct walk *walk, int lines, bool wanted, struct pane *part)
{
    int at = walk->line;
    walk->line += lines;
    if (wanted && walk->wanted < 0)
        walk->wanted = at;
    if (at >= walk->first && walk->snapped < 0)
        walk->snapped = at;
    if (!walk->pane || at < walk->first || at >= walk->first + walk->pane->rows)
        return false;
    *part = pane_part(walk->pane, 0, at - walk->first, walk->pane->columns, lines);
    return true;
}

static void walk_variable(struct walk *walk, const struct item *item)
{
    const struct stage_frame *frame = walk->frame;
    const struct plan *plan = walk->plan;
    char room[VALUE_SIZE], name[sizeof item->object->name + 1];
    unsigned index;
    struct pane part;
    struct stage_value layout = stage_value_lay(item_value(frame->after, item, room), plan->room);
    const struct world_object *object = world_object(frame->after, frame->step.object);
    bool acted = frame->step.number && item_has(frame->after, item, object, &index);
    if (!walk_item(walk, layout.lines, acted, &part))
        return;
    bool faint = is_over(frame, item->object->process) || item->object->destroyed;
    snprintf(name, sizeof name, "%.*s", (int)(item->base ? item->base : sizeof name - 1), item->name);
    pane_text_fit(&part, MARGIN, 0, plan->names, acted ? EMPHASIS_bold : EMPHASIS_none,
                  faint ? ROLE_faint : ROLE_object, name);
    struct pane value = pane_part(&part, MARGIN + plan->names + 2, 0, plan->room, part.rows);
    int used = value_draw(frame, &value, item, &layout, faint);
    int column = used + 2 > HAND_OFFSET ? used + 2 : HAND_OFFSET;
    hands_put(frame, &value, item, used + 2, column);
}

static void walk_list(struct walk *walk, uint32_t owner, bool all)
{
    for (uint32_t id = 1; id <= world_object_count(walk->frame->after); id++) {
        const struct world_object *object = world_object(walk->frame->after, id);
        if (!is_variable(object) || (!all && object->process != owner))
            continue;
        struct item item = item_make(walk->frame->after, object, walk->plan->gather);
        if (item_leads(walk->frame->after, &item))
            walk_variable(walk, &item);
    }
}

static void walk_groups(struct walk *walk)
{
    /* More owners than the plan holds: by process, in order. */
    uint32_t count = world_process_count(walk->frame->after);
    for (uint32_t owner = 0; owner <= count; owner++) {
        bool any = false;
        for (uint32_t id = 1; id <= world_object_count(walk->frame->after) && !any; id++) {
            const struct world_object *object = world_object(walk->frame->after, id);
            any = is_variable(object) && object->process == owner;
        }
        struct pane part;
        if (any && walk_item(walk, 1, false, &part))
            pane_text_fit(&part, 0, 0, part.columns, EMPHASIS_bold,
                          is_over(walk->frame, owner) ? ROLE_faint : ROLE_strong, owner_name(walk->frame, owner));
        if (any)
            walk_list(walk, owner, false);
    }
}

static const struct world_object *variable_of(const struct world *world, uint32_t process, const char *name,
                                              uint32_t before)
{
    for (uint32_t id = 1; id <= world_object_count(world) && (!before || id < before); id++) {
        const struct world_object *object = world_object(world, id);
        if (is_variable(object) && (before || object->process == process) && strcmp(name_of(world, object), name) == 0)
            return object;
    }
    return NULL;
}

/* One variable of all processes that have it. */
static void walk_row(struct walk *walk, const char *name)
{
    const struct stage_frame *frame = walk->frame;
    const struct plan *plan = walk->plan;
    const struct world_object *acted = world_object(frame->after, frame->step.object);
    bool wanted = frame->step.number && is_variable(acted) && strcmp(name_of(frame->after, acted), name) == 0;
    struct pane part;
    if (!walk_item(walk, 1, wanted, &part))
        return;
    pane_text_fit(&part, MARGIN, 0, plan->names, wanted ? EMPHASIS_bold : EMPHASIS_none, ROLE_object, name);
    int column = MARGIN + plan->names + 2, in_hand = 0;
    int after = column + (int)plan->owner_count * plan->column;
    struct item items[COLUMNS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < plan->owner_count; i++, column += plan->column) {
        const struct world_object *object = variable_of(frame->after, plan->owners[i], name, 0);
        if (!object)
            continue;
        struct item item = item_make(frame->after, object, false);
        struct stage_value layout = {.shape = STAGE_VALUE_scalar, .lines = 1};
        struct pane cell = pane_part(&part, column, 0, plan->column - 1, 1);
        value_draw(frame, &cell, &item, &layout, is_over(frame, plan->owners[i]));
        int columns = hands_draw(frame, NULL, &item, 0, false);
        in_hand += columns ? columns + 2 : 0;
        items[count++] = item;
    }
    bool brief = in_hand - 2 > part.columns - after;
    for (size_t i = 0; i < count; i++) {
        int columns = hands_draw(frame, &part, &items[i], after, brief);
        after += columns ? columns + 2 : 0;
    }
}

static void walk_side_by_side(struct walk *walk)
{
    const struct stage_frame *frame = walk->frame;
    const struct plan *plan = walk->plan;
    struct pane part;
    if (walk_item(walk, 1, false, &part))
        for (size_t i = 0; i < plan->owner_count; i++)
            pane_text_fit(&part, MARGIN + plan->names + 2 + (int)i * plan->column, 0, plan->column - 1, EMPHASIS_none,
                          is_over(frame, plan->owners[i]) ? ROLE_faint : ROLE_strong,
                          owner_name(frame, plan->owners[i]));
    for (uint32_t id = 1; id <= world_object_count(frame->after); id++) {
        const struct world_object *object = world_object(frame->after, id);
        if (!is_variable(object))
            continue;
        const char *name = name_of(frame->after, object);
        if (id == 1 || !variable_of(frame->after, 0, name, id))
            walk_row(walk, name);
    }
}

static void walk_all(struct walk *walk)
{
    walk->line = 0;
    walk->wanted = walk->snapped = -1;
    switch (walk->plan->arrangement) {
    case ARRANGE_one:
        walk_list(walk, 0, true);
        break;
    case ARRANGE_groups:
        walk_groups(walk);
        break;
    case ARRANGE_side_by_side:
        walk_side_by_side(walk);
        break;
    }
}

static int memory_rows(const struct stage_frame *frame, int columns)
{
    struct plan plan = plan_make(frame, columns - STAGE_EDGE_COLUMNS);
    struct walk walk = {.frame = frame, .plan = &plan};
    walk_all(&walk);
    return walk.line;
}

static void memory_draw(const struct stage_frame *frame, const struct pane *pane)
{
    struct plan plan = plan_make(frame, pane->columns - STAGE_EDGE_COLUMNS);
    struct walk walk = {.frame = frame, .plan = &plan};
    walk_all(&walk);
    if (walk.line == 0) {
        pane_text_fit(pane, MARGIN, 0, pane->columns - MARGIN, EMPHASIS_none, ROLE_faint, _("no variable yet"));
        return;
    }
    walk.first = stage_scroll(frame, STAGE_VIEW_memory, walk.line, pane->rows, walk.wanted < 0 ? 0 : walk.wanted);
    walk_all(&walk);
    walk.first = walk.snapped < 0 ? walk.first : walk.snapped;
    struct pane inner = pane_part(pane, 0, 0, pane->columns - STAGE_EDGE_COLUMNS, pane->rows);
    inner.tag = pane->tag;
    walk.pane = &inner;
    walk_all(&walk);
    stage_edges_draw(pane, walk.first > 0, walk.first + pane->rows < walk.line);
}

const struct stage_view stage_view_memory = {
    .id = "memory",
    .title = N_("memory"),
    .place = STAGE_PLACE_half,
    .least = 1,
    .elastic = false,
    .usual = 4,
    .rows = memory_rows,
    .draw = memory_draw,
};
