/* Where the views lie. Top views over the whole width first, wide ones over the whole width last, the others in columns
 * between them: each goes, in the scene's order, to the column that is emptiest. A column gives every view what it wants;
 * if that is too much all shrink towards their least and the last are left out; what is left over goes to the elastic.
 * Depends on what the views want only, which changes with what exists and not with what moves. */
#include "stage/stage.h"

#include "stage/view.h"

enum { COLUMNS_MAX = 3, WIDE_SCREEN = 150, COLUMN_GAP = 1 };

struct slot {
    const struct stage_view *view;
    int id;
    int wanted, least, given; /* rows, heading included */
};

struct stack {
    struct slot slots[STAGE_VIEW_COUNT];
    size_t count;
};

static struct slot slot_of(const struct stage_frame *frame, enum stage_view_id id, int columns)
{
    const struct stage_view *view = stage_view(id);
    int rows = view->rows(frame, columns);
    int least = rows == 0 && !view->bare ? 1 : view->least; /* nothing yet: a line that says so */
    int heading = !view->bare, wanted = (rows < least ? least : rows) + heading;
    return (struct slot){.view = view, .id = (int)id, .wanted = wanted, .least = least + heading};
}

static int wanted_of(const struct stack *stack)
{
    int sum = 0;
    for (size_t i = 0; i < stack->count; i++)
        sum += stack->slots[i].wanted;
    return sum;
}

static int least_of(const struct stack *stack)
{
    int sum = 0;
    for (size_t i = 0; i < stack->count; i++)
        sum += stack->slots[i].least;
    return sum;
}

/* Divides `rows` among the slots; leaves out the last ones until the rest fits. */
static void divide(struct stack *stack, int rows)
{
    while (stack->count > 0 && least_of(stack) > rows)
        stack->count--;
    int left = rows;
    for (size_t i = 0; i < stack->count; i++) {
        stack->slots[i].given = stack->slots[i].least;
        left -= stack->slots[i].least;
    }
    /* One row each in turn, so that nobody is starved by an eager one before it. */
    for (bool any = true; any && left > 0;) {
        any = false;
        for (size_t i = 0; i < stack->count && left > 0; i++) {
            struct slot *slot = &stack->slots[i];
            if (slot->given < slot->wanted) {
                slot->given++;
                left--;
                any = true;
            }
        }
    }
    for (bool any = true; any && left > 0;) {
        any = false;
        for (size_t i = 0; i < stack->count && left > 0; i++) {
            if (stack->slots[i].view->elastic) {
                stack->slots[i].given++;
                left--;
                any = true;
            }
        }
    }
    if (left > 0 && stack->count > 0)
        stack->slots[stack->count - 1].given += left;
}

static size_t place_stack(const struct stack *stack, int column, int row, int columns, struct stage_area *areas,
                          size_t count, size_t max)
{
    for (size_t i = 0; i < stack->count && count < max; i++) {
        areas[count++] = (struct stage_area){.view = stack->slots[i].id,
                                             .column = column,
                                             .row = row,
                                             .columns = columns,
                                             .rows = stack->slots[i].given};
        row += stack->slots[i].given;
    }
    return count;
}

/* The column that wants least so far; the leftmost of equals. */
static size_t emptiest(const struct stack *stacks, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++) {
        if (wanted_of(&stacks[i]) < wanted_of(&stacks[best]))
            best = i;
    }
    return best;
}

/* Rows for the views over the whole width: what they want, but not so much that the columns between get too little. */
static int give_whole(struct stack *stack, int rows, int share)
{
    int limit = rows * share / 100;
    if (wanted_of(stack) <= limit) {
        for (size_t i = 0; i < stack->count; i++)
            stack->slots[i].given = stack->slots[i].wanted;
        return wanted_of(stack);
    }
    divide(stack, limit > least_of(stack) ? limit : least_of(stack) <= rows ? least_of(stack) : rows);
    int sum = 0;
    for (size_t i = 0; i < stack->count; i++)
        sum += stack->slots[i].given;
    return sum;
}

size_t stage_layout(const struct stage_frame *frame, int columns, int rows, struct stage_area *areas, size_t max)
{
    if (frame->enlarged >= 0 && frame->enlarged < STAGE_VIEW_COUNT && max > 0) {
        areas[0] = (struct stage_area){.view = frame->enlarged, .columns = columns, .rows = rows};
        return 1;
    }
    struct stack top = {.count = 0}, bottom = {.count = 0}, halves[COLUMNS_MAX] = {{.count = 0}};
    size_t used = 0;
    size_t column_count = columns >= WIDE_SCREEN ? 3 : 2;
    int gaps = (int)(column_count - 1) * COLUMN_GAP;
    int width = (columns - gaps) / (int)column_count;
    struct slot middle[STAGE_VIEW_COUNT];
    size_t middle_count = 0;
    for (size_t i = 0; i < frame->order_count && i < STAGE_VIEW_COUNT; i++) {
        enum stage_place place = stage_view(frame->order[i])->place;
        if (place == STAGE_PLACE_top && top.count < STAGE_VIEW_COUNT)
            top.slots[top.count++] = slot_of(frame, frame->order[i], columns);
        else if (place == STAGE_PLACE_wide && bottom.count < STAGE_VIEW_COUNT)
            bottom.slots[bottom.count++] = slot_of(frame, frame->order[i], columns);
        else
            middle[middle_count++] = slot_of(frame, frame->order[i], width);
    }
    if (middle_count < column_count)
        column_count = middle_count ? middle_count : 1;
    width = (columns - (int)(column_count - 1) * COLUMN_GAP) / (int)column_count;
    int top_rows = give_whole(&top, rows, middle_count ? 45 : 100);
    int bottom_rows = give_whole(&bottom, rows - top_rows, middle_count ? 50 : 100);
    int body = rows - top_rows - bottom_rows;
    for (size_t i = 0; i < middle_count; i++) {
        /* Where it cannot have its least any more, in no column, it is left out. */
        size_t to = emptiest(halves, column_count);
        for (size_t k = 0; k < column_count && least_of(&halves[to]) + middle[i].least > body; k++)
            to = k;
        if (least_of(&halves[to]) + middle[i].least <= body)
            halves[to].slots[halves[to].count++] = middle[i];
    }
    used = place_stack(&top, 0, 0, columns, areas, used, max);
    for (size_t i = 0; i < column_count; i++) {
        divide(&halves[i], body);
        int column = (int)i * (width + COLUMN_GAP);
        int wide = i + 1 == column_count ? columns - column : width;
        used = place_stack(&halves[i], column, top_rows, wide, areas, used, max);
    }
    return place_stack(&bottom, 0, rows - bottom_rows, columns, areas, used, max);
}
