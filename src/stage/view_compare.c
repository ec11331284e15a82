/* The same program under several policies, one under the other on one time axis: who had the CPU in each tick, when all was
 * done, and how long the jobs took. All of it is from runs that were really made. With little room the jobs' own times are
 * left out first. */
#include "stage/view.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { MARGIN = 1, LABEL_EVERY = 10, LEAST = 9 /* four runs on one CPU */, DIGITS = 10, ROWS_MAX = 4 };

static int wanted_rows(const struct stage_comparison *comparison, bool jobs)
{
    int rows = 1; /* the axis */
    for (size_t i = 0; i < comparison->count; i++)
        rows += 1 + (int)comparison->runs[i].rows + jobs;
    return rows;
}

/* Ticks a cell, so that the longest run fits. */
static int64_t scale_of(const struct stage_comparison *comparison, int cells)
{
    int64_t longest = 1;
    for (size_t i = 0; i < comparison->count; i++) {
        int64_t ticks = comparison->runs[i].end - comparison->runs[i].begin;
        longest = ticks > longest ? ticks : longest;
    }
    return cells > 0 ? (longest - 1) / cells + 1 : 1;
}

/* A number every ten cells, at the cell whose first tick it is. */
static void axis_draw(const struct pane *pane, int cells, int64_t scale)
{
    for (int c = 0; c < cells; c += LABEL_EVERY) {
        char label[24];
        snprintf(label, sizeof label, "%lld", (long long)(c * scale));
        if (c + text_columns(label) <= cells)
            pane_text(pane, MARGIN + c, 0, EMPHASIS_none, ROLE_faint, label);
    }
}

/* Sums as tenths: "17.0". */
static void mean_text(int64_t sum, size_t count, char *out, size_t size)
{
    int64_t tenths = count ? (sum * 10 + (int64_t)count / 2) / (int64_t)count : 0;
    snprintf(out, size, "%lld.%lld", (long long)(tenths / 10), (long long)(tenths % 10));
}

static void heading_draw(const struct stage_compared *run, const struct pane *pane, int row)
{
    int64_t turnaround = 0, response = 0;
    char turn[24], answer[24], numbers[160];
    for (size_t i = 0; i < run->job_count; i++) {
        turnaround += run->jobs[i].turnaround;
        response += run->jobs[i].response;
    }
    mean_text(turnaround, run->job_count, turn, sizeof turn);
    mean_text(response, run->job_count, answer, sizeof answer);
    snprintf(numbers, sizeof numbers, _("all done %lld ms; mean turnaround %s, response %s"),
             (long long)(run->end - run->begin), turn, answer);
    int wide = text_columns(numbers), room = pane->columns - wide - 2 * MARGIN - 2;
    if (room < 8)
        room = pane->columns - 2 * MARGIN;
    int used = pane_text_fit(pane, MARGIN, row, room, run->shown ? EMPHASIS_bold : EMPHASIS_none,
                             run->shown ? ROLE_cursor : ROLE_strong, run->title);
    if (MARGIN + used + 2 + wide <= pane->columns)
        pane_text(pane, pane->columns - MARGIN - wide, row, EMPHASIS_none, ROLE_text, numbers);
}

/* Who had most of the cell's ticks. */
static int busiest(const unsigned counts[DIGITS])
{
    int best = 0;
    for (int digit = 1; digit < DIGITS; digit++) {
        if (counts[digit] > counts[best])
            best = digit;
    }
    return best;
}

static void chart_draw(const struct stage_compared *run, const struct pane *pane, int row, int cells, int64_t scale)
{
    int used = (int)((run->end - run->begin - 1) / scale) + 1;
    size_t at = 0;
    while (at < run->burst_count && run->bursts[at].tick < run->begin)
        at++;
    for (int c = 0; c < used && c < cells; c++) {
        unsigned counts[ROWS_MAX][DIGITS] = {{0}};
        bool job[ROWS_MAX] = {false}, any[ROWS_MAX] = {false};
        int64_t after = run->begin + (c + 1) * scale;
        for (; at < run->burst_count && run->bursts[at].tick < after; at++) {
            const struct stage_burst *burst = &run->bursts[at];
            if (burst->row >= ROWS_MAX)
                continue;
            counts[burst->row][burst->label - '0']++;
            any[burst->row] = true;
            job[burst->row] = job[burst->row] || burst->job;
        }
        for (unsigned r = 0; r < run->rows && r < ROWS_MAX; r++) {
            char text[2] = {(char)('0' + busiest(counts[r])), '\0'};
            if (any[r])
                pane_text(pane, MARGIN + c, row + (int)r, job[r] ? EMPHASIS_bold : EMPHASIS_none,
                          job[r] ? ROLE_running : ROLE_faint, text);
            else
                pane_glyph(pane, MARGIN + c, row + (int)r, EMPHASIS_none, ROLE_rule, GLYPH_line);
        }
    }
}

static void jobs_draw(const struct stage_compared *run, const struct pane *pane, int row)
{
    char text[512] = "";
    size_t length = 0;
    for (size_t i = 0; i < run->job_count && length < sizeof text; i++)
        length +=
            (size_t)snprintf(text + length, sizeof text - length, _("%s%s after %lld ms (waited %lld)"), i ? "  " : "",
                             run->jobs[i].name, (long long)run->jobs[i].turnaround, (long long)run->jobs[i].response);
    pane_text_fit(pane, MARGIN + 2, row, pane->columns - 2 * MARGIN - 2, EMPHASIS_none, ROLE_faint, text);
}

/* At the right of the axis, whose last number gives way. */
static void more_draw(const struct pane *pane, size_t count)
{
    char text[32];
    snprintf(text, sizeof text, "+%zu", count);
    int wide = text_columns(text);
    struct pane end = pane_part(pane, pane->columns - MARGIN - 8, 0, 8 + MARGIN, 1);
    pane_blank(&end, ROLE_text);
    pane_text(&end, 8 - wide, 0, EMPHASIS_none, ROLE_notice, text);
}

static int compare_rows(const struct stage_frame *frame, int columns)
{
    (void)columns;
    return frame->comparison ? wanted_rows(frame->comparison, true) : 0;
}

static void compare_draw(const struct stage_frame *frame, const struct pane *pane)
{
    const struct stage_comparison *comparison = frame->comparison;
    if (!comparison) {
        pane_text_fit(pane, MARGIN, 0, pane->columns - MARGIN, EMPHASIS_none, ROLE_faint, _("nothing to compare here"));
        return;
    }
    int cells = pane->columns - 2 * MARGIN;
    int64_t scale = scale_of(comparison, cells);
    bool jobs = wanted_rows(comparison, true) <= pane->rows;
    axis_draw(pane, cells, scale);
    /* The shown one is seen, whatever the room. */
    size_t first = 0;
    int row = 1, scroll = frame->views[STAGE_VIEW_compare].scroll;
    int each = 2 + jobs, fit = (pane->rows - 1) / each;
    for (size_t i = 0; i < comparison->count; i++) {
        if (comparison->runs[i].shown && (int)i >= fit)
            first = i + 1 - (size_t)(fit > 0 ? fit : 1);
    }
    if (scroll < 0)
        first -= first < (size_t)-scroll ? first : (size_t)-scroll;
    else
        first = first + (size_t)scroll < comparison->count ? first + (size_t)scroll : comparison->count - 1;
    for (size_t i = first; i < comparison->count; i++) {
        const struct stage_compared *run = &comparison->runs[i];
        if (row + 1 + (int)run->rows + jobs > pane->rows) {
            more_draw(pane, comparison->count - i);
            break;
        }
        heading_draw(run, pane, row);
        chart_draw(run, pane, row + 1, cells, scale);
        row += 1 + (int)run->rows;
        if (jobs)
            jobs_draw(run, pane, row++);
    }
}

const struct stage_view stage_view_compare = {
    .id = "compare",
    .title = N_("policies compared: who had the CPU when (ms)"),
    .place = STAGE_PLACE_wide,
    .least = LEAST,
    .rows = compare_rows,
    .draw = compare_draw,
};
