/* The lower part: what has just happened and why, the scene's narration, its question, and the keys. It keeps its height
 * from step to step, so that nothing above it moves, and grows only for a question or a long narration. */
#include <stdio.h>

#include "base/text.h"
#include "stage/stage.h"

enum { MARGIN = 1, GAP = 3 };

static int say_rows(int rows)
{
    return rows >= 45 ? 5 : rows >= 28 ? 4 : 3;
}

static int text_width(int columns)
{
    int width = columns - 2 * MARGIN;
    return width > 110 ? 110 : width; /* longer lines are hard to read */
}

/* ---- the question ---- */

static void choice_text(const struct stage_question *question, size_t index, char *out, size_t size)
{
    snprintf(out, size, "%zu %s", index + 1, question->choices[index]);
}

static bool choices_in_line(const struct stage_question *question, int width)
{
    int sum = 2;
    char text[512];
    for (size_t i = 0; i < question->choice_count; i++) {
        choice_text(question, i, text, sizeof text);
        sum += text_columns(text) + GAP + 2;
    }
    return sum <= width;
}

static int choices_rows(const struct stage_question *question, int width)
{
    if (choices_in_line(question, width))
        return 1;
    int rows = 0;
    char text[512];
    for (size_t i = 0; i < question->choice_count; i++) {
        choice_text(question, i, text, sizeof text);
        rows += text_lines(text, width - 4);
    }
    return rows;
}

static int question_rows(const struct stage_question *question, int width)
{
    if (!question->text)
        return 0;
    int rows = text_lines(question->text, width) + choices_rows(question, width);
    return rows + (question->revealed ? text_lines(question->because, width) : 1);
}

static void draw_choice(const struct pane *pane, const struct stage_question *question, size_t index, int *column,
                        int *row, bool in_line, int width)
{
    char text[512];
    bool right = index + 1 == question->answer, chosen = index + 1 == question->chosen;
    enum role role = ROLE_text;
    struct pane tagged = *pane;
    tagged.tag = (struct tag){.kind = TAG_choice, .number = (uint32_t)index + 1};
    if (question->revealed && right)
        role = ROLE_answer;
    else if (question->revealed && chosen)
        role = ROLE_wrong;
    unsigned emphasis = question->revealed && right ? EMPHASIS_bold : EMPHASIS_none;
    if (question->revealed && (right || chosen))
        pane_glyph(&tagged, *column, *row, emphasis, role, right ? GLYPH_right : GLYPH_wrong);
    choice_text(question, index, text, sizeof text);
    if (in_line) {
        *column += 2 + pane_text(&tagged, *column + 2, *row, emphasis, role, text) + GAP;
    } else {
        *row += pane_text_wrap(&tagged, *column + 2, *row, width - 4, pane->rows - *row, emphasis, role, text);
    }
}

static int draw_question(const struct stage_frame *frame, const struct pane *pane, int row, int width)
{
    const struct stage_question *question = &frame->question;
    row += pane_text_wrap(pane, MARGIN, row, width, pane->rows - row, EMPHASIS_bold, ROLE_question, question->text);
    bool in_line = choices_in_line(question, width);
    int column = MARGIN;
    for (size_t i = 0; i < question->choice_count; i++)
        draw_choice(pane, question, i, &column, &row, in_line, width);
    row += in_line;
    if (!question->revealed)
        return row + (pane_text_fit(pane, MARGIN, row, width, EMPHASIS_none, ROLE_faint,
                                    _("what do you think? a digit, or go on to see")) > 0);
    return row + pane_text_wrap(pane, MARGIN, row, width, pane->rows - row, EMPHASIS_none, ROLE_say, question->because);
}

/* ---- the sentences ---- */

enum { PARTS_MAX = 16 };

struct part {
    const char *text;
    enum role role;
};

/* What is said, most important first: the scene's words, then the step's own sentence and what followed from it. */
static size_t parts_of(const struct stage_frame *frame, struct part parts[PARTS_MAX])
{
    const struct stage_step *step = &frame->step;
    enum role role = frame->narration ? ROLE_faint : ROLE_say;
    size_t count = 0;
    if (frame->narration)
        parts[count++] = (struct part){frame->narration, ROLE_say};
    if (step->say && step->say[0])
        parts[count++] = (struct part){step->say, role};
    for (size_t i = 0; i < step->fact_count && count < PARTS_MAX; i++)
        parts[count++] = (struct part){step->facts[i], role};
    return count;
}

static void sentences(const struct stage_frame *frame, const struct pane *pane, int row, int rows, int width)
{
    struct part parts[PARTS_MAX];
    size_t count = parts_of(frame, parts);
    int used = 0;
    for (size_t i = 0; i < count; i++) {
        if (used < rows)
            pane_text_wrap(pane, MARGIN, row + used, width, rows - used, EMPHASIS_none, parts[i].role, parts[i].text);
        used += text_lines(parts[i].text, width);
    }
}

/* Rows of sentences that must be seen: all of the step's own and the faults; under a narration only what begins in the
 * `usual` rows, but that to its end. */
static int needed_rows(const struct stage_frame *frame, int width, int usual)
{
    struct part parts[PARTS_MAX];
    size_t count = parts_of(frame, parts);
    int used = 0;
    for (size_t i = 0; i < count && !(frame->narration && i > 0 && used >= usual); i++)
        used += text_lines(parts[i].text, width);
    return used;
}

/* ---- the last line ---- */

static int hint_columns(const struct stage_hint *hint)
{
    return text_columns(hint->key) + 1 + text_columns(hint->text) + 2;
}

/* Where not all have room, the last give way, but not those that are always there. */
static void draw_hints(const struct stage_frame *frame, const struct pane *pane, int row)
{
    int column = MARGIN, kept = 0;
    for (size_t i = 0; i < frame->hint_count; i++)
        kept += frame->hints[i].always ? hint_columns(&frame->hints[i]) : 0;
    bool full = false;
    for (size_t i = 0; i < frame->hint_count; i++) {
        const struct stage_hint *hint = &frame->hints[i];
        kept -= hint->always ? hint_columns(hint) : 0;
        full = full || column + hint_columns(hint) + kept > pane->columns - MARGIN + 2;
        if (full && !hint->always)
            continue;
        struct pane tagged = *pane;
        tagged.tag = (struct tag){.kind = TAG_request, .number = hint->request};
        column += pane_text(&tagged, column, row, EMPHASIS_bold, ROLE_key, hint->key) + 1;
        column += pane_text(&tagged, column, row, EMPHASIS_none, ROLE_faint, hint->text) + 2;
    }
}

static void draw_prompt(const struct stage_prompt *prompt, const struct pane *pane, int row)
{
    int column = pane_text(pane, 0, row, EMPHASIS_bold, ROLE_key, prompt->before);
    pane_text_fit(pane, column, row, pane->columns - column, EMPHASIS_none, ROLE_text, prompt->text);
}

static void draw_last(const struct stage_frame *frame, const struct pane *pane)
{
    int row = pane->rows - 1;
    if (frame->prompt)
        draw_prompt(frame->prompt, pane, row);
    else if (frame->message)
        pane_text_fit(pane, MARGIN, row, pane->columns - 2 * MARGIN, EMPHASIS_bold,
                      frame->message_is_error ? ROLE_fault : ROLE_notice, frame->message);
    else
        draw_hints(frame, pane, row);
}

/* ---- all ---- */

int stage_foot_rows(const struct stage_frame *frame, int columns, int rows)
{
    int width = text_width(columns);
    int said = say_rows(rows), asked = question_rows(&frame->question, width);
    int needed = needed_rows(frame, width, asked > 0 ? 0 : said); /* a question takes the place of what is not needed */
    int most = rows / 2;
    if (needed > said || asked > 0)
        said = needed > 0 ? needed : 1;
    int all = 2 + said + asked; /* the rule and the last line */
    return all > most ? most : all;
}

int stage_foot_usual(int rows)
{
    return 2 + say_rows(rows);
}

void stage_foot_draw(const struct stage_frame *frame, const struct pane *pane)
{
    int width = text_width(pane->columns);
    int asked = question_rows(&frame->question, width);
    int room = pane->rows - 2 - asked;
    pane_glyphs(pane, 0, 0, pane->columns, EMPHASIS_none, ROLE_rule, GLYPH_rule);
    if (room > 0)
        sentences(frame, pane, 1, room, width);
    if (frame->question.text)
        draw_question(frame, pane, room > 0 ? 1 + room : 1, width);
    draw_last(frame, pane);
}
