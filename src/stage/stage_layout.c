/* Where the views lie. Top views over the whole width first, wide ones over the whole width last, the others in columns
 * between them: each goes, in the scene's order, to the column that is emptiest, by what it wants in most scenes and as if
 * nothing were asked, so that it stays in its column while things come and go. A column gives every view what it wants; if
 * that is too much all shrink towards their least and the last are left out; what is left over goes to the elastic.
 * Depends on what the views want only, which changes with what exists and not with what moves. */
#include "stage/stage.h"

#include "stage/view.h"

enum { COLUMNS_MAX = 3, WIDE_SCREEN = 150, COLUMN_GAP = 1 };

struct slot {
    const struct stage_view *view;
    int id;
    int wanted, least, given; /* rows, heading included */
    int weight;               /* what counts when columns are compared */
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
    return (struct slot){.view = view,
                         .id = (int)id,
                         .wanted = wanted,
                         .least = least + heading,
                         .weight = wanted > view->usual + heading ? wanted : view->usual + heading};
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

static int weight_of(const struct stack *stack)
{
    int sum = 0;
    for (size_t i = 0; i < stack->count; i++)
        sum += stack->slots[i].weight;
    return sum;
}

/* The column that wants least so far; the leftmost of equals. */
static size_t emptiest(const struct stack *stacks, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++) {
        if (weight_of(&stacks[i]) < weight_of(&stacks[best]))
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

/* What lies over the whole width, and what lies between. */
struct sheet {
    struct stack top, bottom;
    struct slot middle[STAGE_VIEW_COUNT];
    size_t middle_count;
};

static void gather(const struct stage_frame *frame, int columns, int width, struct sheet *sheet)
{
    sheet->top.count = sheet->bottom.count = sheet->middle_count = 0;
    for (size_t i = 0; i < frame->order_count && i < STAGE_VIEW_COUNT; i++) {
        enum stage_place place = stage_view(frame->order[i])->place;
        struct stack *whole = place == STAGE_PLACE_top    ? &sheet->top
                              : place == STAGE_PLACE_wide ? &sheet->bottom
                                                          : NULL;
        if (whole)
            whole->slots[whole->count++] = slot_of(frame, frame->order[i], columns);
        else
            sheet->middle[sheet->middle_count++] = slot_of(frame, frame->order[i], width);
    }
}

/* Rows are given to what lies over the whole width; returns those that are left between. */
static int give_top_and_bottom(struct sheet *sheet, int rows, int *top_rows, int *bottom_rows)
{
    *top_rows = give_whole(&sheet->top, rows, sheet->middle_count ? 45 : 100);
    *bottom_rows = give_whole(&sheet->bottom, rows - *top_rows, sheet->middle_count ? 50 : 100);
    return rows - *top_rows - *bottom_rows;
}

/* The column of each view between; `count` where it cannot have its least in any. One without room weighs as well: others
 * do not change their column for it. */
static void choose_columns(const struct sheet *sheet, int body, size_t count, size_t *chosen)
{
    struct stack weighed[COLUMNS_MAX] = {{.count = 0}};
    int least[COLUMNS_MAX] = {0};
    for (size_t i = 0; i < sheet->middle_count; i++) {
        const struct slot *slot = &sheet->middle[i];
        size_t best = emptiest(weighed, count), to = best;
        for (size_t k = 0; k < count && least[to] + slot->least > body; k++)
            to = k;
        bool fits = least[to] + slot->least <= body;
        chosen[i] = fits ? to : count;
        least[to] += fits ? slot->least : 0;
        struct stack *weighs = &weighed[fits ? to : best];
        weighs->slots[weighs->count++] = *slot;
    }
}

static bool is_placed(const struct stack *halves, size_t count, int id)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < halves[i].count; k++)
            if (halves[i].slots[k].id == id)
                return true;
    }
    return false;
}

/* A column that would be empty takes the first view that has no room in its own. */
static void fill_empty(const struct sheet *sheet, struct stack *halves, size_t count, int body)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < sheet->middle_count && halves[i].count == 0; k++) {
            const struct slot *slot = &sheet->middle[k];
            if (slot->least <= body && !is_placed(halves, count, slot->id))
                halves[i].slots[halves[i].count++] = *slot;
        }
    }
}

size_t stage_layout(const struct stage_frame *frame, int columns, int rows, int usual, struct stage_area *areas,
                    size_t max)
{
    if (frame->enlarged >= 0 && frame->enlarged < STAGE_VIEW_COUNT && max > 0) {
        areas[0] = (struct stage_area){.view = frame->enlarged, .columns = columns, .rows = rows};
        return 1;
    }
    struct sheet sheet;
    struct stack halves[COLUMNS_MAX] = {{.count = 0}};
    size_t used = 0, chosen[STAGE_VIEW_COUNT];
    size_t column_count = columns >= WIDE_SCREEN ? 3 : 2;
    int gaps = (int)(column_count - 1) * COLUMN_GAP, top_rows, bottom_rows;
    gather(frame, columns, (columns - gaps) / (int)column_count, &sheet);
    if (sheet.middle_count < column_count)
        column_count = sheet.middle_count ? sheet.middle_count : 1;
    int width = (columns - (int)(column_count - 1) * COLUMN_GAP) / (int)column_count;
    int roomy = give_top_and_bottom(&sheet, usual > rows ? usual : rows, &top_rows, &bottom_rows);
    choose_columns(&sheet, roomy, column_count, chosen);
    int body = give_top_and_bottom(&sheet, rows, &top_rows, &bottom_rows);
    for (size_t i = 0; i < sheet.middle_count && body < roomy; i++) {
        const struct stage_view *view = sheet.middle[i].view;
        sheet.middle[i].least = view->tight ? view->tight + !view->bare : sheet.middle[i].least;
    }
    for (size_t i = 0; i < sheet.middle_count; i++) {
        struct stack *half = chosen[i] < column_count ? &halves[chosen[i]] : NULL;
        if (half && least_of(half) + sheet.middle[i].least <= body)
            half->slots[half->count++] = sheet.middle[i];
    }
    fill_empty(&sheet, halves, column_count, body);
    used = place_stack(&sheet.top, 0, 0, columns, areas, used, max);
    for (size_t i = 0; i < column_count; i++) {
        divide(&halves[i], body);
        int column = (int)i * (width + COLUMN_GAP);
        int wide = i + 1 == column_count ? columns - column : width;
        used = place_stack(&halves[i], column, top_rows, wide, areas, used, max);
    }
    return place_stack(&sheet.bottom, 0, rows - bottom_rows, columns, areas, used, max);
}
