/* Variables and their values, as they were read from the guest or told by its loads and stores; what this step changed,
 * with the old value behind; and the values that tasks have loaded and not yet stored: in hand. The same variable of
 * several processes stands side by side. Arrays are rows of boxes, arrays of arrays are tables. */
#include "stage/view.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum {
    MARGIN = 1,
    ELEMENTS = 64,
    ROWS_OF_TABLE = 16,
    TEXT_LINES = 4,     /* of a value that is no array */
    NAMES_PAIRED = 400, /* variables up to which names are compared across processes */
    COLUMNS_MAX = 8,    /* processes side by side */
    COLUMN_LEAST = 9,   /* "100 < 99 " */
    COLUMN_MOST = 14,
    HAND_OFFSET = 12, /* from the value to what is in hand, if the value is no longer */
    VALUE_SIZE = 512
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

/* An element of "{1, 2, 3}". */
struct element {
    const char *text;
    size_t length;
};

/* The end of the value that begins at `text`: before a comma or a closing brace of its own level. */
static const char *element_end(const char *text)
{
    int depth = 0;
    for (; *text; text++) {
        if (*text == '"' || *text == '\'') {
            char quote = *text;
            for (text++; *text && *text != quote; text++)
                if (*text == '\\' && text[1])
                    text++;
            if (!*text)
                break;
        } else if (*text == '{') {
            depth++;
        } else if (*text == '}' && depth-- == 0) {
            break;
        } else if (*text == ',' && depth == 0) {
            break;
        }
    }
    return text;
}

/* Takes "{a, b}" to pieces. 0: it is no array (also a structure, "{x = 1}"), or one with too many. */
static size_t elements_of(const char *text, size_t length, struct element *elements, size_t max)
{
    size_t count = 0;
    const char *end = text + length;
    if (length < 3 || text[0] != '{' || end[-1] != '}')
        return 0;
    for (const char *at = text + 1; at < end; at++) {
        while (*at == ' ')
            at++;
        const char *stop = element_end(at);
        if (stop >= end || stop == at || count == max)
            return 0;
        if (*at != '{' && *at != '"' && *at != '\'' && memmem(at, (size_t)(stop - at), " = ", 3))
            return 0;
        elements[count++] = (struct element){.text = at, .length = (size_t)(stop - at)};
        at = stop;
        if (*at == '}')
            return at + 1 == end ? count : 0;
    }
    return 0;
}

static int element_columns(const struct element *element)
{
    char text[VALUE_SIZE];
    snprintf(text, sizeof text, "%.*s", (int)element->length, element->text);
    return text_columns(text);
}

static bool element_same(const struct element *a, const struct element *b)
{
    return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

/* ---- how a value is drawn ---- */

enum shape { SHAPE_scalar, SHAPE_text, SHAPE_boxes };

struct layout {
    enum shape shape;
    int lines;
    int cell;     /* columns of an element */
    bool compact; /* no blanks beside it */
    int per_line; /* elements a line */
};

static int boxes_columns(int count, int cell, bool compact)
{
    return count * (cell + (compact ? 1 : 3)) + 1;
}

/* Boxes of `count` elements a row, in `rows` rows; false: they do not fit into so many columns. */
static bool fit_boxes(struct layout *layout, int count, int columns, bool may_wrap)
{
    layout->shape = SHAPE_boxes;
    layout->compact = boxes_columns(count, layout->cell, false) > columns;
    layout->per_line = count;
    if (boxes_columns(count, layout->cell, layout->compact) <= columns)
        return true;
    layout->per_line = (columns - 1) / (layout->cell + 1);
    return may_wrap && layout->per_line >= 4;
}

static struct layout layout_of(const char *value, int columns)
{
    struct layout layout = {.shape = SHAPE_scalar, .lines = 1};
    struct element rows[ELEMENTS], cells[ELEMENTS];
    size_t count = elements_of(value, strlen(value), rows, ELEMENTS);
    size_t inner = count && count <= ROWS_OF_TABLE ? elements_of(rows[0].text, rows[0].length, cells, ELEMENTS) : 0;
    if (inner) {
        bool table = true;
        for (size_t i = 0; i < count && table; i++) {
            table = elements_of(rows[i].text, rows[i].length, cells, ELEMENTS) == inner;
            for (size_t k = 0; k < inner && table; k++)
                layout.cell = element_columns(&cells[k]) > layout.cell ? element_columns(&cells[k]) : layout.cell;
        }
        layout.lines = (int)count;
        if (table && fit_boxes(&layout, (int)inner, columns, false))
            return layout;
    } else if (count) {
        for (size_t i = 0; i < count; i++)
            layout.cell = element_columns(&rows[i]) > layout.cell ? element_columns(&rows[i]) : layout.cell;
        if (fit_boxes(&layout, (int)count, columns, true)) {
            layout.lines = ((int)count + layout.per_line - 1) / layout.per_line;
            return layout;
        }
    }
    layout.shape = value[0] == '{' ? SHAPE_text : SHAPE_scalar;
    int lines = text_lines(value, columns);
    layout.lines = lines < 1 ? 1 : lines > TEXT_LINES ? TEXT_LINES : lines;
    return layout;
}

/* One line of boxes; `old` are the same elements before, NULL if there were others. */
static void boxes_line(const struct pane *pane, int row, const struct layout *layout, const struct element *elements,
                       const struct element *old, int count)
{
    int column = 0;
    for (int i = 0; i < count; i++) {
        char text[VALUE_SIZE];
        bool changed = old && !element_same(&elements[i], &old[i]);
        snprintf(text, sizeof text, "%.*s", (int)elements[i].length, elements[i].text);
        pane_glyph(pane, column, row, EMPHASIS_none, ROLE_rule, GLYPH_column);
        column += layout->compact ? 1 : 2;
        int pad = layout->cell - text_columns(text);
        pane_text_fit(pane, column + pad, row, pane->columns - column - pad, changed ? EMPHASIS_bold : EMPHASIS_none,
                      changed ? ROLE_changed : ROLE_text, text);
        column += layout->cell + (layout->compact ? 0 : 1);
    }
    pane_glyph(pane, column, row, EMPHASIS_none, ROLE_rule, GLYPH_column);
}

static void boxes_draw(const struct pane *pane, const struct layout *layout, const char *value, const char *before)
{
    struct element rows[ELEMENTS], old_rows[ELEMENTS], cells[ELEMENTS], old_cells[ELEMENTS];
    size_t count = elements_of(value, strlen(value), rows, ELEMENTS);
    size_t old_count = before ? elements_of(before, strlen(before), old_rows, ELEMENTS) : 0;
    bool table = elements_of(rows[0].text, rows[0].length, cells, ELEMENTS) > 0;
    if (!table) {
        for (int i = 0, row = 0; i < (int)count; i += layout->per_line, row++) {
            int left = (int)count - i;
            boxes_line(pane, row, layout, rows + i, old_count == count ? old_rows + i : NULL,
                       left < layout->per_line ? left : layout->per_line);
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        size_t inner = elements_of(rows[i].text, rows[i].length, cells, ELEMENTS);
        size_t old = old_count == count ? elements_of(old_rows[i].text, old_rows[i].length, old_cells, ELEMENTS) : 0;
        boxes_line(pane, (int)i, layout, cells, old == inner ? old_cells : NULL, (int)inner);
    }
}

/* A value, and the one before it where that was another. Returns the columns of what stands on the first line. */
static int value_draw(const struct stage_frame *frame, const struct pane *pane, const struct world_object *object,
                      const struct layout *layout, bool faint)
{
    char now_room[VALUE_SIZE], old_room[VALUE_SIZE];
    const char *now = value_of(frame->after, object, now_room);
    const struct world_object *before = world_object(frame->before, object->id);
    const char *old = is_variable(before) ? value_of(frame->before, before, old_room) : NULL;
    bool changed = frame->step.number && (!old || strcmp(old, now) != 0);
    enum role role = changed ? ROLE_changed : faint ? ROLE_faint : ROLE_text;
    unsigned emphasis = changed ? EMPHASIS_bold : EMPHASIS_none;
    if (layout->shape == SHAPE_boxes) {
        boxes_draw(pane, layout, now, old);
        return boxes_columns(layout->per_line, layout->cell, layout->compact);
    }
    if (layout->shape == SHAPE_text || layout->lines > 1) {
        pane_text_wrap(pane, 0, 0, pane->columns, pane->rows, emphasis, role, now);
        return text_columns(now);
    }
    int column = pane_text_fit(pane, 0, 0, pane->columns, emphasis, role, now);
    if (changed && old && column + 3 < pane->columns) {
        pane_glyph(pane, column + 1, 0, EMPHASIS_none, ROLE_changed, GLYPH_arrow_left);
        column += 3 + pane_text_fit(pane, column + 3, 0, pane->columns - column - 3, EMPHASIS_none, ROLE_faint, old);
    }
    return column;
}

/* ---- what is in hand ---- */

/* "T1 has 0", or "T1:0" where that is too long. Returns the columns of all that belongs to the object. */
static int hands_draw(const struct stage_frame *frame, const struct pane *pane, uint32_t object, int column, bool brief)
{
    int start = column;
    for (size_t i = 0; i < frame->hand_count; i++) {
        const struct stage_hand *hand = &frame->hands[i];
        char name[STAGE_NAME_SIZE], text[STAGE_NAME_SIZE + VALUE_SIZE];
        if (hand->object != object)
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
static void hands_put(const struct stage_frame *frame, const struct pane *pane, uint32_t object, int least, int column)
{
    bool brief = hands_draw(frame, NULL, object, 0, false) > pane->columns - column;
    int columns = hands_draw(frame, NULL, object, 0, brief);
    if (columns > pane->columns - column)
        column = pane->columns - columns > least ? pane->columns - columns : least;
    hands_draw(frame, pane, object, column, brief);
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
    for (uint32_t id = 1; id <= world_object_count(frame->after); id++) {
        const struct world_object *object = world_object(frame->after, id);
        if (!is_variable(object))
            continue;
        variables++;
        owner_add(&plan, object->process);
        int wide = text_columns(name_of(frame->after, object));
        plan.names = wide > plan.names ? wide : plan.names;
        composed = composed || (object->value_text && world_text(frame->after, object->value_text)[0] == '{');
    }
    int most = columns / 3 < 24 ? columns / 3 : 24;
    plan.names = plan.names > most ? most : plan.names;
    plan.room = columns - MARGIN - plan.names - 2;
    if (plan.owner_count < 2)
        return plan;
    plan.column = plan.owner_count <= COLUMNS_MAX ? plan.room / (int)plan.owner_count : 0;
    plan.column = plan.column > COLUMN_MOST ? COLUMN_MOST : plan.column;
    bool beside = plan.column >= COLUMN_LEAST && !composed && variables <= NAMES_PAIRED;
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

static void walk_variable(struct walk *walk, const struct world_object *object)
{
    const struct stage_frame *frame = walk->frame;
    const struct plan *plan = walk->plan;
    char room[VALUE_SIZE];
    struct pane part;
    struct layout layout = layout_of(value_of(frame->after, object, room), plan->room);
    bool acted = frame->step.number && frame->step.object == object->id;
    if (!walk_item(walk, layout.lines, acted, &part))
        return;
    bool faint = is_over(frame, object->process) || object->destroyed;
    pane_text_fit(&part, MARGIN, 0, plan->names, acted ? EMPHASIS_bold : EMPHASIS_none,
                  faint ? ROLE_faint : ROLE_object, name_of(frame->after, object));
    struct pane value = pane_part(&part, MARGIN + plan->names + 2, 0, plan->room, part.rows);
    int used = value_draw(frame, &value, object, &layout, faint);
    int column = used + 2 > HAND_OFFSET ? used + 2 : HAND_OFFSET;
    hands_put(frame, &value, object->id, used + 2, column);
}

static void walk_list(struct walk *walk, uint32_t owner, bool all)
{
    for (uint32_t id = 1; id <= world_object_count(walk->frame->after); id++) {
        const struct world_object *object = world_object(walk->frame->after, id);
        if (is_variable(object) && (all || object->process == owner))
            walk_variable(walk, object);
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
    int column = MARGIN + plan->names + 2;
    int after = column + (int)plan->owner_count * plan->column;
    for (size_t i = 0; i < plan->owner_count; i++, column += plan->column) {
        const struct world_object *object = variable_of(frame->after, plan->owners[i], name, 0);
        if (!object)
            continue;
        struct layout layout = {.shape = SHAPE_scalar, .lines = 1};
        struct pane cell = pane_part(&part, column, 0, plan->column - 1, 1);
        value_draw(frame, &cell, object, &layout, is_over(frame, plan->owners[i]));
        if (hands_draw(frame, NULL, object->id, 0, true) > 0) {
            hands_put(frame, &part, object->id, after, after);
            after += hands_draw(frame, NULL, object->id, 0, true) + 2;
        }
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
    struct plan plan = plan_make(frame, columns);
    struct walk walk = {.frame = frame, .plan = &plan};
    walk_all(&walk);
    return walk.line;
}

static void memory_draw(const struct stage_frame *frame, const struct pane *pane)
{
    struct plan plan = plan_make(frame, pane->columns);
    struct walk walk = {.frame = frame, .plan = &plan};
    walk_all(&walk);
    if (walk.line == 0) {
        pane_text_fit(pane, MARGIN, 0, pane->columns - MARGIN, EMPHASIS_none, ROLE_faint, _("no variable yet"));
        return;
    }
    walk.first = stage_scroll(frame, STAGE_VIEW_memory, walk.line, pane->rows, walk.wanted < 0 ? 0 : walk.wanted);
    walk_all(&walk);
    walk.first = walk.snapped < 0 ? walk.first : walk.snapped;
    walk.pane = pane;
    walk_all(&walk);
}

const struct stage_view stage_view_memory = {
    .id = "memory",
    .title = N_("memory"),
    .place = STAGE_PLACE_half,
    .least = 1,
    .elastic = false,
    .rows = memory_rows,
    .draw = memory_draw,
};
