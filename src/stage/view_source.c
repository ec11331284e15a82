/* Where in the source everyone is: the file of the task that moved (or of the one that is selected), around its line, with
 * a mark at the line of every task. Where there is room, lines far away get a window of their own; tasks that are
 * elsewhere are named in the last line. Nothing is read here: the text comes with the frame. */
#include "stage/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "stage/stage_lexer.h"
#include "stage/stage_names.h"

enum {
    MARKS_MAX = 64,
    WINDOWS_MAX = 8,
    SPLIT_ROWS = 16, /* from so many rows on there are several windows */
    MAIN_LEAST = 7,  /* rows of the window of the one who moved */
    AROUND = 1,      /* lines on each side in the other windows */
    NAMES_LEAST = 4,
    NAMES_NARROW = 7,
    NAMES_WIDE = 14,
    NAMES_MANY = 4,
    NAMES_SHARED = 2,
    NAMES_SHARED_WIDE = 4,
    WIDE = 60, /* columns from which on all is shown as it was written */
    ROWS_WANTED = 9,
    PIECE_SIZE = 512
};

/* A task and its place. */
struct mark {
    uint32_t task, text, line;
};

struct marks {
    struct mark mark[MARKS_MAX];
    size_t count;      /* that are kept */
    struct mark chief; /* of whom the file is shown; also in the list */
    bool any;
};

struct window {
    uint32_t first, last; /* lines */
};

/* All that a line needs to be drawn. */
struct sheet {
    const struct stage_frame *frame;
    const struct marks *marks;
    const struct stage_file *file;
    int names, numbers; /* columns */
    struct stage_lexer lexer;
    uint32_t passed; /* lines that the lexer has seen */
};

/* ---- who is where ---- */

static struct mark mark_of(const struct stage_frame *frame, uint32_t id)
{
    const struct world_task *task = world_task(frame->after, id);
    uint32_t place = id == frame->step.task && frame->step.place ? frame->step.place : task ? task->place : 0;
    struct world_place at = world_place(frame->after, place);
    return (struct mark){.task = id, .text = at.text, .line = place ? at.line : 0};
}

static bool is_shown(const struct stage_frame *frame, const struct world_task *task)
{
    if (task->id == frame->step.task)
        return true;
    return !task->helper && task->state != STATE_zombie && task->state != STATE_terminated;
}

/* The selected task, else the mover, else whoever has a place. */
static struct mark chief_of(const struct stage_frame *frame, const struct marks *marks)
{
    for (size_t i = 0; i < frame->choice_count; i++)
        if (frame->choices[i].selected) {
            struct mark mark = mark_of(frame, frame->choices[i].task);
            if (mark.line)
                return mark;
        }
    struct mark mark = frame->step.number ? mark_of(frame, frame->step.task) : (struct mark){.line = 0};
    if (!mark.line && marks->count)
        mark = marks->mark[0];
    return mark;
}

static void marks_find(const struct stage_frame *frame, struct marks *marks)
{
    marks->count = 0;
    for (uint32_t id = 1; id <= world_task_count(frame->after); id++) {
        const struct world_task *task = world_task(frame->after, id);
        struct mark mark = task && is_shown(frame, task) ? mark_of(frame, id) : (struct mark){.line = 0};
        if (mark.line && marks->count < MARKS_MAX)
            marks->mark[marks->count++] = mark;
    }
    marks->chief = chief_of(frame, marks);
    marks->any = marks->chief.line != 0;
    bool kept = false;
    for (size_t i = 0; i < marks->count; i++)
        kept = kept || marks->mark[i].task == marks->chief.task;
    if (marks->any && !kept)
        marks->mark[marks->count < MARKS_MAX ? marks->count++ : MARKS_MAX - 1] = marks->chief;
}

static const struct stage_file *file_find(const struct stage_frame *frame, uint32_t text)
{
    const char *name = world_text(frame->after, text);
    for (size_t i = 0; i < frame->file_count; i++)
        if (strcmp(frame->files[i].name, name) == 0)
            return &frame->files[i];
    return NULL;
}

/* ---- windows ---- */

/* Around a line, moving by half its rows only, so that most steps move the mark and not the text. */
static struct window window_around(uint32_t line, uint32_t rows, uint32_t lines)
{
    if (rows >= lines)
        return (struct window){.first = 1, .last = lines};
    uint32_t half = rows / 2 ? rows / 2 : 1, above = (rows - half) / 2;
    uint32_t first = line - 1 > above ? (line - 1 - above) / half * half + 1 : 1;
    if (first + rows - 1 > lines)
        first = lines - rows + 1;
    return (struct window){.first = first, .last = first + rows - 1};
}

static bool window_has(const struct window *windows, size_t count, uint32_t line)
{
    for (size_t i = 0; i < count; i++)
        if (line >= windows[i].first && line <= windows[i].last)
            return true;
    return false;
}

/* Rows of all, with a rule between two that do not touch. */
static uint32_t windows_rows(const struct window *windows, size_t count)
{
    uint32_t rows = 0;
    for (size_t i = 0; i < count; i++)
        rows += windows[i].last - windows[i].first + 1 + (i > 0);
    return rows;
}

/* Puts a window among the others, in order; those that touch or nearly touch become one. */
static void window_add(struct window *windows, size_t *count, struct window window)
{
    size_t at = 0;
    while (at < *count && windows[at].first < window.first)
        at++;
    memmove(windows + at + 1, windows + at, (*count - at) * sizeof *windows);
    windows[at] = window;
    ++*count;
    for (size_t i = 0; i + 1 < *count;) {
        if (windows[i].last + 2 < windows[i + 1].first) {
            i++;
            continue;
        }
        if (windows[i + 1].last > windows[i].last)
            windows[i].last = windows[i + 1].last;
        memmove(windows + i + 1, windows + i + 2, (*count - i - 2) * sizeof *windows);
        --*count;
    }
}

/* A window of `wide` rows around the chief's line, and small ones for the tasks that are elsewhere in the file; those
 * that would need more than `rows` together are left out, and `*all` says so. */
static size_t windows_try(const struct marks *marks, uint32_t lines, uint32_t wide, uint32_t rows,
                          struct window windows[WINDOWS_MAX + 1], bool *all)
{
    windows[0] = window_around(marks->chief.line, wide, lines);
    size_t count = 1;
    *all = true;
    for (size_t i = 0; i < marks->count; i++) {
        const struct mark *mark = &marks->mark[i];
        if (mark->text != marks->chief.text || mark->line > lines || window_has(windows, count, mark->line))
            continue;
        struct window trial[WINDOWS_MAX + 1];
        size_t trial_count = count;
        memcpy(trial, windows, sizeof trial);
        if (count < WINDOWS_MAX)
            window_add(trial, &trial_count,
                       (struct window){.first = mark->line > AROUND ? mark->line - AROUND : 1,
                                       .last = mark->line + AROUND < lines ? mark->line + AROUND : lines});
        if (count == WINDOWS_MAX || windows_rows(trial, trial_count) > rows) {
            *all = false;
            continue;
        }
        memcpy(windows, trial, sizeof trial);
        count = trial_count;
    }
    return count;
}

/* One window, or, with room and tasks far away, one for each of them as well: that of the chief as large as it can be
 * while all others find room. */
static size_t windows_make(const struct marks *marks, const struct stage_file *file, uint32_t rows,
                           struct window windows[WINDOWS_MAX + 1])
{
    bool all = false;
    size_t count = 0;
    uint32_t lines = (uint32_t)file->line_count;
    if (rows < SPLIT_ROWS) {
        windows[0] = window_around(marks->chief.line, rows, lines);
        return 1;
    }
    for (uint32_t wide = rows; wide >= MAIN_LEAST && !all; wide--)
        count = windows_try(marks, lines, wide, rows, windows, &all);
    return count;
}

/* ---- a line ---- */

/* Draws code in colours, at most `columns` wide; what is longer ends in the sign for it. */
static void code_draw(struct sheet *sheet, const struct pane *pane, const char *line, unsigned emphasis)
{
    struct stage_lexer_piece piece;
    size_t indent = strspn(line, " ");
    /* Halved where it is narrow: the nesting stays visible, and more of the line does, too. */
    size_t skipped = pane->columns < WIDE - 10 ? indent / 2 : 0;
    int column = 0, whole = text_columns(line + skipped);
    stage_lexer_line(&sheet->lexer, line);
    while (stage_lexer_next(&sheet->lexer, &piece)) {
        size_t skip = skipped < piece.length ? skipped : piece.length;
        skipped -= skip;
        const char *text = piece.text + skip, *end = piece.text + piece.length;
        while (text < end && column < pane->columns) {
            char room[PIECE_SIZE];
            size_t length = (size_t)(end - text) < sizeof room - 2 ? (size_t)(end - text) : sizeof room - 2;
            while (length > 1 && text + length < end && (text[length] & 0xC0) == 0x80)
                length--;
            memcpy(room, text, length);
            room[length] = 0;
            int wide = text_columns(room);
            /* Exactly at the edge, and more follows: one more makes it too long, so that the sign is put. */
            if (column + wide == pane->columns && column + wide < whole)
                memcpy(room + length, "x", 2);
            column += pane_text_fit(pane, column, 0, pane->columns - column, emphasis, piece.role, room);
            text += length;
        }
    }
}

/* "T1", "T1 T2", "T1+2": who is at this line; the chief first. Returns the task whose sign stands there, 0 none. */
static uint32_t names_at(const struct sheet *sheet, uint32_t line, int columns, char *out, size_t size)
{
    char text[STAGE_NAME_SIZE * 4] = "", name[STAGE_NAME_SIZE];
    const struct marks *marks = sheet->marks;
    uint32_t first = 0;
    size_t count = 0, shown = 0;
    out[0] = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < marks->count; i++) {
            const struct mark *mark = &marks->mark[i];
            bool chief = mark->task == marks->chief.task;
            if (mark->line != line || mark->text != marks->chief.text || chief != (pass == 0))
                continue;
            first = first ? first : mark->task;
            count++;
            snprintf(text, sizeof text, "%s%s%s", out, shown ? " " : "",
                     stage_task_name(sheet->frame, mark->task, name));
            if (shown && text_columns(text) + (shown + 1 < count ? 2 : 0) > columns)
                continue;
            snprintf(out, size, "%.250s", text);
            shown++;
        }
    }
    if (shown < count) {
        /* Room for the number is made by taking names back. */
        snprintf(text, sizeof text, "+%zu", count - shown);
        while (shown > 1 && text_columns(out) + text_columns(text) > columns && strrchr(out, ' ')) {
            *strrchr(out, ' ') = 0;
            snprintf(text, sizeof text, "+%zu", count - --shown);
        }
        size_t length = strlen(out);
        snprintf(out + length, size - length, "%.30s", text);
    }
    return first;
}

static void line_draw(struct sheet *sheet, const struct pane *pane, uint32_t line)
{
    const struct stage_frame *frame = sheet->frame;
    char names[STAGE_NAME_SIZE * 3], number[16];
    uint32_t id = names_at(sheet, line, sheet->names, names, sizeof names);
    const struct world_task *task = id ? world_task(frame->after, id) : NULL;
    bool chief = id && id == sheet->marks->chief.task && line == sheet->marks->chief.line;
    unsigned emphasis = chief ? EMPHASIS_bold : EMPHASIS_none;
    int column = 0;
    if (task) {
        struct pane part = *pane;
        part.tag = (struct tag){.kind = TAG_task, .number = id};
        enum role role = stage_state_role(task->state);
        int wide = text_columns(names);
        wide = wide > sheet->names ? sheet->names : wide;
        pane_text_fit(&part, sheet->names - wide, 0, wide, emphasis, role, names);
        pane_glyph(&part, sheet->names + 1, 0, emphasis, role, stage_state_glyph(task->state));
    }
    column = sheet->names + 3;
    snprintf(number, sizeof number, "%*u", sheet->numbers, line);
    pane_text(pane, column, 0, emphasis, chief ? ROLE_strong : ROLE_faint, number);
    column += sheet->numbers + 1;
    while (sheet->passed + 1 < line)
        stage_lexer_pass(&sheet->lexer, sheet->file->lines[sheet->passed++]);
    struct pane code = pane_part(pane, column, 0, pane->columns - column, 1);
    code.tag = pane->tag;
    code_draw(sheet, &code, sheet->file->lines[line - 1], emphasis);
    sheet->passed = line;
}

/* ---- the last line ---- */

/* "deadlock.c   T2 x 37   main x thread.c:12": the file, and those who are not in sight. */
static void elsewhere_draw(const struct stage_frame *frame, const struct pane *pane, const struct marks *marks,
                           const struct window *windows, size_t window_count)
{
    int column = 1;
    column += pane_text_fit(pane, column, 0, pane->columns / 2, EMPHASIS_none, ROLE_faint,
                            world_text(frame->after, marks->chief.text));
    size_t left = 0;
    for (size_t i = 0; i < marks->count; i++)
        left += marks->mark[i].text != marks->chief.text || !window_has(windows, window_count, marks->mark[i].line);
    for (size_t i = 0; i < marks->count && left > 0; i++) {
        const struct mark *mark = &marks->mark[i];
        bool here = mark->text == marks->chief.text;
        if (here && window_has(windows, window_count, mark->line))
            continue;
        char name[STAGE_NAME_SIZE], where[STAGE_NAME_SIZE], rest[24];
        stage_task_name(frame, mark->task, name);
        snprintf(where, sizeof where, "%s%s%u", here ? "" : world_text(frame->after, mark->text), here ? "" : ":",
                 mark->line);
        int wide = 2 + text_columns(name) + 3 + text_columns(where);
        snprintf(rest, sizeof rest, "  +%zu", left);
        if (column + wide + (left > 1 ? text_columns(rest) : 0) > pane->columns) {
            pane_text_fit(pane, column, 0, pane->columns - column, EMPHASIS_none, ROLE_faint, rest);
            return;
        }
        const struct world_task *task = world_task(frame->after, mark->task);
        struct pane part = *pane;
        part.tag = (struct tag){.kind = TAG_task, .number = mark->task};
        enum role role = stage_state_role(task->state);
        column += 2;
        column += pane_text(&part, column, 0, EMPHASIS_none, role, name) + 1;
        pane_glyph(&part, column, 0, EMPHASIS_none, role, stage_state_glyph(task->state));
        column += 2;
        column += pane_text(&part, column, 0, EMPHASIS_none, ROLE_faint, where);
        left--;
    }
}

/* ---- the view ---- */

static int names_columns(const struct stage_frame *frame, const struct marks *marks, int columns)
{
    int widest = NAMES_LEAST, most = columns >= WIDE ? NAMES_WIDE : NAMES_NARROW;
    for (size_t i = 0; i < marks->count; i++) {
        char name[STAGE_NAME_SIZE];
        int wide = text_columns(stage_task_name(frame, marks->mark[i].task, name));
        widest = wide > widest ? wide : widest;
    }
    /* Where there are many, some will share a line: "T1+2". */
    widest += columns >= WIDE ? NAMES_SHARED_WIDE : marks->count >= NAMES_MANY ? NAMES_SHARED : 0;
    return widest > most ? most : widest;
}

/* Rows do not depend on where everyone is, only on whether there is a text at all. */
static int source_rows(const struct stage_frame *frame, int columns)
{
    (void)columns;
    size_t longest = 0;
    for (size_t i = 0; i < frame->file_count; i++)
        longest = frame->files[i].line_count > longest ? frame->files[i].line_count : longest;
    if (longest == 0)
        return 3;
    return longest + 1 < ROWS_WANTED ? (int)longest + 1 : ROWS_WANTED;
}

/* Who is where, a line each, the chief first. */
static void no_text_draw(const struct stage_frame *frame, const struct pane *pane, const struct marks *marks)
{
    char text[256];
    snprintf(text, sizeof text, _("no source text for %s"), world_text(frame->after, marks->chief.text));
    pane_text_fit(pane, 1, 0, pane->columns - 1, EMPHASIS_none, ROLE_faint, text);
    int names = names_columns(frame, marks, pane->columns), row = 1;
    size_t left = marks->count;
    for (size_t i = 0; i <= marks->count && row < pane->rows; i++) {
        const struct mark *mark = i ? &marks->mark[i - 1] : &marks->chief;
        bool chief = mark->task == marks->chief.task;
        if (i && chief)
            continue;
        struct pane line = pane_part(pane, 0, row, pane->columns, 1);
        if (row + 1 == pane->rows && left > 1) {
            pane_format(&line, 1, 0, EMPHASIS_none, ROLE_faint, "+%zu", left);
            return;
        }
        const struct world_task *task = world_task(frame->after, mark->task);
        char name[STAGE_NAME_SIZE];
        enum role role = stage_state_role(task->state);
        unsigned emphasis = chief ? EMPHASIS_bold : EMPHASIS_none;
        line.tag = (struct tag){.kind = TAG_task, .number = mark->task};
        pane_text_fit(&line, 1, 0, names, emphasis, role, stage_task_name(frame, mark->task, name));
        pane_glyph(&line, names + 2, 0, emphasis, role, stage_state_glyph(task->state));
        snprintf(text, sizeof text, "%s:%u", world_text(frame->after, mark->text), mark->line);
        pane_text_fit(&line, names + 4, 0, pane->columns - names - 4, emphasis, ROLE_text, text);
        row++;
        left--;
    }
}

/* The line at which main begins, 0 if it is not in this file. */
static uint32_t main_line(const struct stage_file *file)
{
    for (size_t i = 0; i < file->line_count; i++) {
        const char *at = strstr(file->lines[i], "main(");
        if (at && at > file->lines[i] && (at[-1] == ' ' || at[-1] == '*') && file->lines[i][0] != ' ')
            return (uint32_t)i + 1;
    }
    return 0;
}

/* Nobody is anywhere: all have ended. The text stays, from main on, without a mark. */
static void nobody_draw(const struct stage_frame *frame, const struct pane *pane, const struct marks *marks)
{
    const struct stage_file *file = frame->file_count ? &frame->files[0] : NULL;
    uint32_t first = 0;
    for (size_t i = 0; i < frame->file_count && first == 0; i++) {
        file = &frame->files[i];
        first = main_line(file);
    }
    if (!first || pane->rows < 2) {
        pane_text_fit(pane, 1, 0, pane->columns - 1, EMPHASIS_none, ROLE_faint,
                      stage_all_ended(frame->after) ? _("all have ended") : _("no place in the source yet"));
        return;
    }
    char number[16];
    struct sheet sheet = {.frame = frame, .marks = marks, .file = file};
    sheet.names = names_columns(frame, marks, pane->columns);
    sheet.numbers = snprintf(number, sizeof number, "%zu", file->line_count);
    uint32_t rows = (uint32_t)pane->rows - 1, lines = (uint32_t)file->line_count;
    if (first + rows > lines + 1)
        first = lines > rows ? lines - rows + 1 : 1;
    int row = 0;
    for (uint32_t line = first; line <= lines && row < pane->rows - 1; line++, row++) {
        struct pane part = pane_part(pane, 0, row, pane->columns, 1);
        part.tag = pane->tag;
        line_draw(&sheet, &part, line);
    }
    pane_text_fit(pane, 1, row, pane->columns - 1, EMPHASIS_none, ROLE_faint, file->name);
}

static void source_draw(const struct stage_frame *frame, const struct pane *pane)
{
    struct marks marks;
    marks_find(frame, &marks);
    if (!marks.any) {
        nobody_draw(frame, pane, &marks);
        return;
    }
    const struct stage_file *file = file_find(frame, marks.chief.text);
    if (!file || file->line_count == 0 || marks.chief.line > file->line_count || pane->rows < 2) {
        no_text_draw(frame, pane, &marks);
        return;
    }
    char number[16];
    struct sheet sheet = {.frame = frame, .marks = &marks, .file = file};
    sheet.names = names_columns(frame, &marks, pane->columns);
    sheet.numbers = snprintf(number, sizeof number, "%zu", file->line_count);
    struct window windows[WINDOWS_MAX + 1];
    int scroll = frame->views[STAGE_VIEW_source].scroll;
    size_t count = windows_make(&marks, file, (uint32_t)pane->rows - 1, windows);
    if (scroll) { /* who looks around sees one piece of the file */
        count = 1;
        windows[0] = window_around(marks.chief.line, (uint32_t)pane->rows - 1, (uint32_t)file->line_count);
        int64_t rows = windows[0].last - windows[0].first + 1;
        int64_t first = (int64_t)windows[0].first + scroll, last = (int64_t)file->line_count - rows + 1;
        first = first > last ? last : first < 1 ? 1 : first;
        windows[0] = (struct window){.first = (uint32_t)first, .last = (uint32_t)(first + rows - 1)};
    }
    int row = 0;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            pane_glyphs(pane, sheet.names + 3, row++, sheet.numbers, EMPHASIS_none, ROLE_rule, GLYPH_rule);
        for (uint32_t line = windows[i].first; line <= windows[i].last && row < pane->rows - 1; line++, row++) {
            struct pane part = pane_part(pane, 0, row, pane->columns, 1);
            part.tag = pane->tag;
            line_draw(&sheet, &part, line);
        }
    }
    struct pane part = pane_part(pane, 0, row, pane->columns, 1);
    elsewhere_draw(frame, &part, &marks, windows, count);
}

const struct stage_view stage_view_source = {
    .id = "source",
    .title = N_("source"),
    .place = STAGE_PLACE_half,
    .least = 4,
    .elastic = true,
    .rows = source_rows,
    .draw = source_draw,
};
