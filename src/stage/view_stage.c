/* The stage: ready left, running in the middle, blocked right under what is waited for, ended in the last row. Places are
 * stage_plan's; this file draws them, and lets the cards whose place has changed slide from one to the other. */
#include "stage/view.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "stage/stage.h"
#include "stage/stage_names.h"
#include "stage/stage_plan.h"

enum {
    KEY_AT = 0,
    SIGN_AT = 2,
    NAME_AT = 4,
    PLACE_FROM = 12,
    MORE_AT = 22,
    ROWS_LEAST = 3,
    HOLDERS_NAMED = 4,
    LABEL_LEAST = 8
};

/* ---- how much room ---- */

static int rows_most(int columns)
{
    return columns < 100 ? 9 : columns < 160 ? 14 : 24;
}

static int stage_rows(const struct stage_frame *frame, int columns)
{
    /* As if all tasks were blocked, each on something else: what comes to be makes it grow, not what moves. */
    uint32_t tasks = world_task_count(frame->after), objects = 0;
    for (uint32_t id = 1; id <= world_object_count(frame->after) && objects + 1 < tasks; id++) {
        const struct world_object *object = world_object(frame->after, id);
        objects += object && object->kind >= OBJECT_mutex && object->kind <= OBJECT_pipe;
    }
    int most = rows_most(columns);
    uint32_t lines = tasks < 100 ? tasks + objects : 100;
    uint32_t wanted = 2 + (lines > frame->cpus * 2 ? lines : frame->cpus * 2);
    return wanted > (uint32_t)most ? most : (int)wanted;
}

/* ---- a card ---- */

static const struct stage_choice *choice_of(const struct stage_frame *frame, uint32_t task)
{
    for (size_t i = 0; i < frame->choice_count; i++) {
        if (frame->choices[i].task == task)
            return &frame->choices[i];
    }
    return NULL;
}

/* What else is known of a task, where there is room: until when it sleeps, where it is in the source. */
static void card_more(const struct pane *pane, const struct world *world, const struct world_task *task, int column,
                      int columns, int line_up)
{
    char text[256] = "";
    struct world_place place = world_place(world, task->place);
    if (task->state == STATE_blocked && task->deadline != INT64_MAX)
        snprintf(text, sizeof text, _("until %lld.%03lld s"), (long long)(task->deadline / 1000000000),
                 (long long)(task->deadline / 1000000 % 1000));
    else if (columns >= PLACE_FROM && place.line)
        snprintf(text, sizeof text, "%s:%u", world_text(world, place.text), place.line);
    int wide = text_columns(text), more = line_up - column;
    if (wide == 0 || wide > columns)
        return;
    more = more < 0 ? 0 : more > columns - wide ? columns - wide : more;
    pane_text(pane, column + more, 0, EMPHASIS_none, ROLE_faint, text);
}

static void card_draw(const struct stage_frame *frame, const struct pane *pane, const struct plan *plan, uint32_t id,
                      struct plan_spot spot)
{
    char name[STAGE_NAME_SIZE], operation[STAGE_NAME_SIZE];
    const struct world_task *task = world_task(plan->world, id);
    if (!task || spot.columns <= 0)
        return;
    const struct stage_choice *choice = choice_of(frame, id);
    bool mover = frame->step.number > 0 && frame->step.task == id;
    enum role state = stage_state_role(task->state);
    unsigned bold = mover ? EMPHASIS_bold : EMPHASIS_none;
    struct pane card = pane_part(pane, spot.column, spot.row, spot.columns, 1);
    card.tag = (struct tag){.kind = TAG_task, .number = id};
    if (choice && choice->key)
        pane_format(&card, KEY_AT, 0, EMPHASIS_bold, ROLE_key, "%c", choice->key);
    else if (choice && choice->selected)
        pane_glyph(&card, KEY_AT, 0, EMPHASIS_bold, ROLE_cursor, GLYPH_here);
    pane_glyph(&card, SIGN_AT, 0, bold, state, stage_state_glyph(task->state));
    pane_text_fit(&card, NAME_AT, 0, plan->size.name, EMPHASIS_bold, mover ? ROLE_changed : ROLE_strong,
                  stage_task_name(frame, id, name));
    int at = NAME_AT + plan->size.name + 1;
    if (at < card.columns)
        pane_format(&card, at, 0, bold, state, "%c", stage_state_letter(task->state));
    at += 2;
    at += pane_text_fit(&card, at, 0, card.columns - at, bold, mover ? ROLE_changed : ROLE_text,
                        stage_operation_name(frame, plan->world, id, operation)) +
          1;
    card_more(&card, plan->world, task, at, card.columns - at, NAME_AT + plan->size.name + MORE_AT);
    if (choice && choice->selected)
        pane_emphasise(&card, 0, 0, card.columns, 1, EMPHASIS_reverse);
}

/* ---- headings of groups ---- */

/* "T1 T2 +1": the first `most` of those who have it. */
static void holder_names(const struct stage_frame *frame, const uint32_t *holders, size_t count, size_t most, char *out,
                         size_t size)
{
    char name[STAGE_NAME_SIZE];
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count && i < most; i++)
        length += (size_t)snprintf(out + length, size - length, "%s%s", i ? " " : "",
                                   stage_task_name(frame, holders[i], name));
    if (count > most)
        snprintf(out + length, size - length, "%s+%zu", most ? " " : "", count - most);
}

/* Who keeps the others waiting, or what is missing. */
static void holder_text(const struct stage_frame *frame, const struct world *world, const struct world_object *object,
                        size_t most, char *out, size_t size)
{
    uint32_t holders[HOLDERS_NAMED];
    char names[HOLDERS_NAMED * STAGE_NAME_SIZE + 32];
    size_t count = stage_holders(world, object->id, holders, HOLDERS_NAMED);
    out[0] = '\0';
    holder_names(frame, holders, count, most, names, sizeof names);
    if (count && stage_task_ended(world, holders[0]))
        snprintf(out, size, _("owner %s ended"), names);
    else if (count && !object->owner)
        snprintf(out, size, _("read by %s"), names);
    else if (count)
        snprintf(out, size, _("held by %s"), names);
    else if (object->kind == OBJECT_semaphore)
        snprintf(out, size, _("count %d"), object->count);
    else if (object->kind == OBJECT_barrier)
        snprintf(out, size, _("%d of %d here"), object->count, object->capacity);
    else if (object->kind == OBJECT_pipe && object->count == 0)
        snprintf(out, size, "%s", _("is empty"));
    else if (object->kind == OBJECT_pipe && object->capacity > 0 && object->count >= object->capacity)
        snprintf(out, size, "%s", _("is full"));
}

/* What is waited for and who has it; where there is little room fewer holders are named, then the kind goes. */
static void group_draw(const struct stage_frame *frame, const struct pane *pane, const struct world *world, uint32_t id,
                       struct plan_spot spot)
{
    char label[STAGE_NAME_SIZE], holder[512];
    const struct world_object *object = world_object(world, id);
    if (!object)
        return;
    struct pane line = pane_part(pane, spot.column, spot.row, spot.columns, 1);
    stage_object_label(frame, world, id, label);
    holder_text(frame, world, object, HOLDERS_NAMED, holder, sizeof holder);
    if (text_columns(label) + 2 + text_columns(holder) > line.columns)
        stage_object_name(frame, world, id, label);
    for (size_t most = HOLDERS_NAMED; most-- > 1 && text_columns(label) + 2 + text_columns(holder) > line.columns;)
        holder_text(frame, world, object, most, holder, sizeof holder);
    int wide = text_columns(holder);
    int room = line.columns - (wide ? wide + 2 : 0);
    if (room < LABEL_LEAST)
        room = line.columns < LABEL_LEAST ? line.columns : LABEL_LEAST;
    int used = pane_text_fit(&line, 0, 0, room, EMPHASIS_none, ROLE_object, label);
    pane_text_fit(&line, used + 2, 0, line.columns - used - 2, EMPHASIS_none, object->owner ? ROLE_held : ROLE_text,
                  holder);
}

/* ---- the parts ---- */

static void line_draw(const struct stage_frame *frame, const struct pane *pane, const struct plan *plan,
                      const struct plan_line *line, struct plan_spot spot)
{
    char cpu[32];
    if (line->label >= 0 || line->kind == PLAN_CPU) {
        snprintf(cpu, sizeof cpu, _("CPU %d"), line->label >= 0 ? line->label : (int32_t)line->id);
        int wide = pane_text_fit(pane, spot.column, spot.row, spot.columns, EMPHASIS_none, ROLE_faint, cpu);
        if (line->kind == PLAN_CPU)
            return;
        spot.column += wide + 1;
        spot.columns -= wide + 1;
    }
    if (line->kind == PLAN_CARD)
        card_draw(frame, pane, plan, line->id, spot);
    else if (line->kind == PLAN_IDLE)
        pane_text_fit(pane, spot.column + SIGN_AT, spot.row, spot.columns - SIGN_AT, EMPHASIS_none, ROLE_faint,
                      _("idle"));
    else if (line->kind == PLAN_STOPPED)
        pane_text_fit(pane, spot.column, spot.row, spot.columns, EMPHASIS_none, ROLE_text, _("stopped"));
    else
        group_draw(frame, pane, plan->world, line->id, spot);
}

static void more_draw(const struct pane *pane, const struct plan *plan, const struct plan_part *part)
{
    unsigned hidden = part->beyond;
    bool above = false, below = part->beyond > 0;
    struct plan_spot spot;
    for (int i = 0; i < part->count; i++) {
        if (plan_line_spot(plan, part, &part->lines[i], &spot))
            continue;
        bool up = part->lines[i].slot < part->top;
        above = above || up;
        below = below || !up;
        hidden += part->lines[i].kind == PLAN_CARD;
    }
    if (!above && !below)
        return;
    char text[64];
    spot = plan_more_spot(plan, part);
    struct pane line = pane_part(pane, spot.column, spot.row, spot.columns, 1);
    if (above)
        pane_glyph(&line, KEY_AT, 0, EMPHASIS_none, ROLE_faint, GLYPH_arrow_up);
    if (below)
        pane_glyph(&line, SIGN_AT, 0, EMPHASIS_none, ROLE_faint, GLYPH_arrow_down);
    snprintf(text, sizeof text, _("+%u more"), hidden);
    pane_text_fit(&line, NAME_AT, 0, line.columns - NAME_AT, EMPHASIS_none, ROLE_faint, text);
}

static void ended_card(const struct stage_frame *frame, const struct pane *pane, const struct plan *plan, uint32_t id,
                       struct plan_spot spot)
{
    char name[STAGE_NAME_SIZE];
    const struct world_task *task = world_task(plan->world, id);
    bool mover = frame->step.number > 0 && frame->step.task == id;
    struct pane line = pane_part(pane, spot.column, spot.row, spot.columns, 1);
    line.tag = (struct tag){.kind = TAG_task, .number = id};
    enum role state = stage_state_role(task->state);
    pane_glyph(&line, 0, 0, EMPHASIS_none, state, stage_state_glyph(task->state));
    int used = 2 + pane_text(&line, 2, 0, mover ? EMPHASIS_bold : EMPHASIS_none, mover ? ROLE_changed : state,
                             stage_task_name(frame, id, name));
    if (task->state == STATE_zombie)
        pane_format(&line, used + 1, 0, EMPHASIS_none, state, "%c", stage_state_letter(task->state));
}

/* Is the task on its way between its places before and after? */
static bool under_way(const struct stage_frame *frame, const struct plan *before, const struct plan *after, uint32_t id,
                      struct plan_spot *from, struct plan_spot *to)
{
    if (!before)
        return false;
    const struct world_task *task = world_task(before->world, id);
    /* A newcomer comes out of the one who made it. */
    *from = plan_task_spot(frame, before, task ? id : world_task(after->world, id)->creator);
    *to = plan_task_spot(frame, after, id);
    return from->columns > 0 && (from->column != to->column || from->row != to->row);
}

static void ended_draw(const struct stage_frame *frame, const struct pane *pane, const struct plan *plan,
                       const struct plan *before)
{
    struct plan_spot from, to;
    unsigned shown = plan_ended_shown(frame, plan);
    if (!plan->ended_count)
        return;
    pane_text_fit(pane, 0, plan->size.rows - 1, plan->size.columns, EMPHASIS_none, ROLE_faint, _("ended"));
    for (unsigned i = 0; i < shown; i++) {
        if (!under_way(frame, before, plan, plan->ended[i], &from, &to))
            ended_card(frame, pane, plan, plan->ended[i], plan_ended_spot(frame, plan, i));
    }
    struct plan_spot rest = plan_ended_spot(frame, plan, shown);
    char left[16];
    snprintf(left, sizeof left, "+%u", plan->ended_count - shown);
    if (plan->ended_count > shown)
        pane_text_fit(pane, rest.column, rest.row, plan->size.columns - rest.column, EMPHASIS_none, ROLE_faint, left);
}

/* Everything that stands still. `before`: what is on its way from there is left out; NULL: all stand. */
static void standing_draw(const struct stage_frame *frame, const struct pane *pane, const struct plan *plan,
                          const struct plan *before)
{
    static const char *const titles[PLAN_COLUMNS] = {N_("ready"), N_("running"), N_("blocked")};
    struct plan_spot spot, from, to;
    for (int i = 0; i < PLAN_COLUMNS; i++) {
        const struct plan_part *part = &plan->part[i];
        struct pane head = pane_part(pane, part->column, 0, part->columns, 1);
        stage_heading(&head, gettext(titles[i]), frame->focus == STAGE_VIEW_stage);
        for (int k = 0; k < part->count; k++) {
            const struct plan_line *line = &part->lines[k];
            if (!plan_line_spot(plan, part, line, &spot))
                continue;
            if (line->kind != PLAN_CARD || !under_way(frame, before, plan, line->id, &from, &to))
                line_draw(frame, pane, plan, line, spot);
        }
        more_draw(pane, plan, part);
    }
    ended_draw(frame, pane, plan, before);
}

static int between(int from, int to, double motion)
{
    double at = from + (to - from) * motion;
    return (int)(at + 0.5);
}

/* A card on its way covers no more than it says. */
static int card_columns(const struct stage_frame *frame, const struct plan *plan, uint32_t id)
{
    char operation[STAGE_NAME_SIZE];
    return NAME_AT + plan->size.name + 4 + text_columns(stage_operation_name(frame, plan->world, id, operation));
}

static void moving_draw(const struct stage_frame *frame, const struct pane *pane, const struct plan *before,
                        const struct plan *after)
{
    struct plan_spot from, to;
    canvas_over(pane->canvas, true);
    /* The one whose step it was last, so that it lies on top. */
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t id = 1; id <= world_task_count(after->world); id++) {
            if ((pass == 1) != (id == frame->step.task) || !under_way(frame, before, after, id, &from, &to) ||
                to.columns <= 0)
                continue;
            struct plan_spot spot = {.column = between(from.column, to.column, frame->motion),
                                     .row = between(from.row, to.row, frame->motion),
                                     .columns = to.columns};
            if (!stage_task_ended(after->world, id) && card_columns(frame, after, id) < spot.columns)
                spot.columns = card_columns(frame, after, id);
            struct pane ground = pane_part(pane, spot.column, spot.row, spot.columns, 1);
            pane_blank(&ground, ROLE_text);
            if (stage_task_ended(after->world, id))
                ended_card(frame, pane, after, id, spot);
            else
                card_draw(frame, pane, after, id, spot);
        }
    }
    canvas_over(pane->canvas, false);
}

static void stage_view_draw(const struct stage_frame *frame, const struct pane *pane)
{
    struct plan plan, before;
    struct plan_size size = plan_size_of(frame, pane->columns, pane->rows);
    bool moves = frame->before != frame->after && frame->motion < 1;
    plan_make(frame, moves && frame->motion <= 0 ? frame->before : frame->after, size, &plan);
    if (!moves || frame->motion <= 0) {
        standing_draw(frame, pane, &plan, NULL);
        return;
    }
    plan_make(frame, frame->before, size, &before);
    standing_draw(frame, pane, &plan, &before);
    moving_draw(frame, pane, &before, &plan);
}

const struct stage_view stage_view_stage = {
    .id = "stage",
    .title = N_("stage"),
    .place = STAGE_PLACE_top,
    .least = ROWS_LEAST,
    .bare = true,
    .rows = stage_rows,
    .draw = stage_view_draw,
};
