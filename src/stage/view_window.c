/* The two windows that hold a sender of TCP back, over time, newest right: the congestion window, which its own kernel keeps
 * (in segments), above; the receive window, which the other end promises (in bytes), below. A bar is a limit, its solid
 * part what is in flight of it: where the bar is solid to its top, the sender must wait. A column is a step in which the
 * kernel or a packet said something; nothing is drawn that was not said. */
#include "stage/view.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "stage/stage_window.h"

enum {
    MARGIN = 1,
    TCP = 6,
    QUARTERS = 4, /* heights that a cell can show */
    ROWS_LEAST = 5,
    ROWS_NARROW = 9,
    ROWS_WIDE = 14,
    WIDE = 60,       /* columns from which words stand apart and more rows are wanted */
    CELL_MOST = 3,   /* cells of a moment */
    BESIDE = 96,     /* from which both directions stand side by side */
    EACH_LEAST = 9,  /* rows for a direction, when one stands below the other */
    LABEL_EVERY = 5, /* moments */
    TEXT_SIZE = 128,
    PIECES = 6
};

/* [limit][used], quarters of a cell. */
static const enum glyph bars[QUARTERS + 1][QUARTERS + 1] = {
    {GLYPH_more, GLYPH_more, GLYPH_more, GLYPH_more, GLYPH_more}, /* nothing is drawn */
    {GLYPH_limit_1, GLYPH_used_1},
    {GLYPH_limit_2, GLYPH_used_1_of_2, GLYPH_used_2},
    {GLYPH_limit_3, GLYPH_used_1_of_3, GLYPH_used_2_of_3, GLYPH_used_3},
    {GLYPH_limit_4, GLYPH_used_1_of_4, GLYPH_used_2_of_4, GLYPH_used_3_of_4, GLYPH_used_4}};

/* What is drawn of one direction, and how. */
struct chart {
    const struct stage_frame *frame;
    const struct stage_wire *wire;
    const struct window_series *series;
    size_t first, count;       /* moments that are seen */
    int gutter, cell;          /* columns before the bars, of a moment */
    uint32_t segments;         /* height of the congestion windows, of both directions, so that they compare */
    uint32_t bytes[WIRE_ENDS]; /* of the receive window of each end */
};

/* Where the kernel tells no numbers of an end. */
static const char *state_words(const struct window_side *side)
{
    if (!side->told)
        return _("not known yet");
    return side->state == SOCKET_gone ? _("CLOSED (gone)") : socket_state_name(side->state);
}

static const struct window_moment *newest(const struct chart *chart)
{
    return &chart->series->moments[chart->series->count - 1];
}

/* ---- words ---- */

/* A number with its name, behind the sign that it has in the picture. */
struct piece {
    bool sign, changed;
    enum glyph glyph;
    enum role role;
    char text[TEXT_SIZE];
    char brief[TEXT_SIZE]; /* where room is short; "": the same */
};

/* "P2 sends", or "P2 >" where room is short, then as many pieces as fit, the first ones first; `must` of them are
 * worth the shorter form. */
static void pieces_draw(const struct chart *chart, unsigned end, bool sends, const struct pane *pane, int row,
                        const struct piece *pieces, size_t must, size_t count)
{
    char name[STAGE_NAME_SIZE], who[STAGE_NAME_SIZE + 16];
    int gap = pane->columns < WIDE ? 1 : 2, wanted = 0;
    if (!stage_wire_who(chart->frame, chart->wire, end, name)[0])
        snprintf(name, sizeof name, "%s", end == WIRE_LEFT ? _("client") : _("server"));
    snprintf(who, sizeof who, sends ? _("%s sends") : _("%s takes"), name);
    for (size_t i = 0; i < must; i++)
        wanted += pieces[i].text[0] ? gap + pieces[i].sign + text_columns(pieces[i].text) : 0;
    /* A state alone is no number of what it sends or takes. */
    bool brief = !pieces[0].sign || MARGIN + text_columns(who) + wanted > pane->columns;
    int column = MARGIN;
    column += pane_text_fit(pane, column, row, pane->columns - column, EMPHASIS_bold, ROLE_strong, brief ? name : who);
    for (size_t i = 0; i < count; i++) {
        const struct piece *piece = &pieces[i];
        const char *text = brief && piece->brief[0] ? piece->brief : piece->text;
        int sign = piece->sign, wide = text_columns(text);
        if (!text[0] || column + gap + sign + wide > pane->columns)
            continue;
        column += gap;
        if (piece->sign)
            pane_glyph(pane, column, row, EMPHASIS_none, piece->role, piece->glyph);
        pane_text(pane, column + sign, row, piece->changed ? EMPHASIS_bold : EMPHASIS_none,
                  piece->changed ? ROLE_changed : ROLE_text, text);
        column += sign + wide;
    }
}

/* What the sender does with its congestion window now (RFC 5681, 3.1 and 3.2). */
static const char *phase_words(const struct event_window *kernel)
{
    enum { RECOVERY = 3, LOSS = 4 };
    if (kernel->congestion_state == RECOVERY)
        return _("fast recovery");
    if (kernel->congestion_state == LOSS && kernel->lost > 0)
        return _("after a time-out");
    return kernel->congestion < kernel->threshold ? _("slow start") : _("congestion avoidance");
}

/* The side a moment earlier, if the newest moment is the shown step: what differs has changed in it. */
static const struct window_side *side_before(const struct chart *chart, unsigned end)
{
    size_t count = chart->series->count;
    bool now = count > 1 && newest(chart)->step == chart->frame->step.number;
    return now ? &chart->series->moments[count - 2].side[end] : &newest(chart)->side[end];
}

/* `labelled`: the threshold is named in the picture. */
static void sender_words(const struct chart *chart, unsigned end, const struct pane *pane, int row, bool labelled)
{
    const struct window_side *side = &newest(chart)->side[end], *before = side_before(chart, end);
    const struct event_window *kernel = &side->kernel, *was = &before->kernel;
    struct piece pieces[PIECES] = {{.sign = false}};
    if (!side->known) {
        snprintf(pieces[0].text, TEXT_SIZE, "%s", state_words(side));
        pieces_draw(chart, end, true, pane, row, pieces, 1, 1);
        return;
    }
    pieces[0] = (struct piece){.sign = true, .glyph = GLYPH_limit_4, .role = ROLE_free};
    pieces[0].changed = before->known && kernel->congestion != was->congestion;
    snprintf(pieces[0].text, TEXT_SIZE, "cwnd %ux%u B", kernel->congestion, kernel->segment);
    snprintf(pieces[0].brief, TEXT_SIZE, "cwnd %ux%u", kernel->congestion, kernel->segment);
    /* That nothing is in flight says less than what waits. */
    struct piece *flight = &pieces[side->flying || !kernel->unsent ? 1 : 2],
                 *queue = &pieces[flight == &pieces[1] ? 2 : 1];
    *flight = (struct piece){.sign = true, .glyph = GLYPH_used_4, .role = ROLE_fill};
    flight->changed = side->flying != before->flying || (before->known && kernel->in_flight != was->in_flight);
    snprintf(flight->text, TEXT_SIZE, _("in flight %u B"), side->flying);
    queue->changed = kernel->unsent != was->unsent;
    if (kernel->unsent)
        snprintf(queue->text, TEXT_SIZE, _("queued %u B"), kernel->unsent);
    pieces[3] = (struct piece){.sign = true, .glyph = GLYPH_line, .role = ROLE_object};
    pieces[3].changed = before->known && kernel->threshold != was->threshold;
    if (kernel->threshold != UINT32_MAX && !labelled)
        snprintf(pieces[3].text, TEXT_SIZE, "ssthresh %u", kernel->threshold);
    snprintf(pieces[4].text, TEXT_SIZE, "%s", phase_words(kernel));
    pieces_draw(chart, end, true, pane, row, pieces, 4, 5);
}

static void receiver_words(const struct chart *chart, unsigned end, const struct pane *pane, int row)
{
    char name[STAGE_NAME_SIZE];
    const struct window_side *side = &newest(chart)->side[end], *before = side_before(chart, end);
    const struct window_side *sender = &newest(chart)->side[!end];
    struct piece pieces[PIECES] = {{.sign = true, .glyph = GLYPH_limit_4, .role = ROLE_free}};
    pieces[0].changed = before->advertised && side->window != before->window;
    if (side->advertised) {
        snprintf(pieces[0].text, TEXT_SIZE, _("window %u B"), side->window);
    } else {
        pieces[0] = (struct piece){.sign = false};
        snprintf(pieces[0].text, TEXT_SIZE, "%s", state_words(side));
    }
    pieces[1].changed = side->unread != before->unread;
    if (side->unread)
        snprintf(pieces[1].text, TEXT_SIZE, _("to read: %u"), side->unread);
    /* The packet that tells of it is still on its way, or lost. */
    bool behind = side->advertised && sender->known && sender->tells && sender->kernel.send != side->window;
    if (behind)
        snprintf(pieces[2].text, TEXT_SIZE, _("%s still thinks %u B"),
                 stage_wire_who(chart->frame, chart->wire, !end, name), sender->kernel.send);
    pieces_draw(chart, end, false, pane, row, pieces, 2, 3);
}

/* ---- bars ---- */

/* Quarters that a value takes of a chart with so many rows; whatever is not nothing is seen. */
static int height_of(uint32_t value, uint32_t scale, int rows)
{
    uint64_t all = (uint64_t)rows * QUARTERS;
    uint64_t height = scale ? ((uint64_t)value * all + scale - 1) / scale : 0;
    return (int)(height < all ? height : all);
}

static int in_row(int height, int row_from_below)
{
    int left = height - row_from_below * QUARTERS;
    return left < 0 ? 0 : left > QUARTERS ? QUARTERS : left;
}

struct bar {
    int limit, used;
    int line;    /* a height at which a line stands, 0 none */
    bool closed; /* the limit is known, and it is nothing */
    bool timed_out;
};

/* Cells of the top row that a text has, instead of the line. */
struct label {
    int from, to; /* columns of the pane */
};

static void bar_draw(const struct pane *pane, int column, int columns, const struct bar *bar, struct label label)
{
    for (int row = 0; row < pane->rows; row++) {
        int limit = in_row(bar->limit, row), used = in_row(bar->used, row), at = pane->rows - 1 - row;
        bool taken = at == 0 && column < label.to && column + columns > label.from;
        limit = limit > used ? limit : used;
        if (limit > 0)
            pane_glyphs(pane, column, at, columns, EMPHASIS_none, used ? ROLE_fill : ROLE_free, bars[limit][used]);
        else if (bar->timed_out && at == 0)
            pane_glyph(pane, column, at, EMPHASIS_bold, ROLE_fault, GLYPH_wrong);
        else if (bar->closed && row == 0)
            pane_text(pane, column, at, EMPHASIS_bold, ROLE_fault, "0");
        else if (bar->line && row == (bar->line - 1) / QUARTERS && !taken)
            pane_glyphs(pane, column, at, columns, EMPHASIS_none, ROLE_object, GLYPH_line);
    }
}

static struct bar sender_bar(const struct chart *chart, const struct window_side *side, int rows)
{
    struct bar bar = {.limit = 0};
    if (!side->known)
        return bar;
    bar.limit = height_of(side->kernel.congestion, chart->segments, rows);
    bar.used = height_of(side->kernel.in_flight, chart->segments, rows);
    bar.timed_out = side->timed_out;
    if (side->kernel.threshold <= chart->segments)
        bar.line = height_of(side->kernel.threshold, chart->segments, rows);
    return bar;
}

static struct bar receiver_bar(const struct chart *chart, unsigned end, const struct window_moment *moment, int rows)
{
    const struct window_side *side = &moment->side[end], *sender = &moment->side[!end];
    struct bar bar = {.limit = 0};
    if (!side->advertised)
        return bar;
    bar.limit = height_of(side->window, chart->bytes[end], rows);
    bar.used = sender->known ? height_of(sender->flying, chart->bytes[end], rows) : 0;
    bar.closed = side->window == 0;
    return bar;
}

/* Beside the sign of the last time-out, if the bars after it leave room above them. */
static struct label timeout_label(const struct chart *chart, unsigned end, const struct pane *pane)
{
    struct label label = {0, 0};
    int wide = text_columns(_("time-out"));
    for (size_t i = 0; i < chart->count && pane->rows > 1; i++) {
        struct bar bar = sender_bar(chart, &chart->series->moments[chart->first + i].side[end], pane->rows);
        int column = chart->gutter + (int)i * chart->cell;
        bool high = (bar.limit > bar.used ? bar.limit : bar.used) > (pane->rows - 1) * QUARTERS;
        if ((high || bar.timed_out) && column < label.to)
            label = (struct label){0, 0};
        if (bar.timed_out && !high && column + 2 + wide < pane->columns)
            label = (struct label){column + 1, column + 2 + wide};
    }
    return label;
}

/* Where the threshold's line ends, its name: the row, and the column; -1: no line, or no room. */
static int threshold_label(const struct chart *chart, unsigned end, const struct pane *pane, struct label timeout,
                           int *column, char text[TEXT_SIZE])
{
    const struct window_side *side = &newest(chart)->side[end];
    struct bar bar = sender_bar(chart, side, pane->rows);
    if (!bar.line || chart->first + chart->count < chart->series->count)
        return -1;
    int row = pane->rows - 1 - (bar.line - 1) / QUARTERS;
    snprintf(text, TEXT_SIZE, "ssthresh %u", side->kernel.threshold);
    *column = chart->gutter + (int)chart->count * chart->cell;
    if (row == 0 && *column < timeout.to)
        return -1;
    return *column + 3 + text_columns(text) <= pane->columns ? row : -1;
}

static void scale_draw(const struct chart *chart, const struct pane *pane, uint32_t most)
{
    char label[16];
    snprintf(label, sizeof label, "%u", most);
    pane_text_fit(pane, chart->gutter - 1 - text_columns(label), 0, text_columns(label), EMPHASIS_none, ROLE_faint,
                  label);
    if (pane->rows > 1)
        pane_text(pane, chart->gutter - 2, pane->rows - 1, EMPHASIS_none, ROLE_faint, "0");
}

static void bars_draw(const struct chart *chart, unsigned end, bool sends, const struct pane *pane, struct label label)
{
    for (size_t i = 0; i < chart->count; i++) {
        const struct window_moment *moment = &chart->series->moments[chart->first + i];
        struct bar bar =
            sends ? sender_bar(chart, &moment->side[end], pane->rows) : receiver_bar(chart, end, moment, pane->rows);
        struct pane part = *pane;
        part.tag = (struct tag){.kind = TAG_step, .number = moment->step};
        bar_draw(&part, chart->gutter + (int)i * chart->cell, chart->cell, &bar, label);
    }
}

/* The congestion window with its words above. */
static void sender_draw(const struct chart *chart, unsigned end, const struct pane *pane)
{
    char text[TEXT_SIZE];
    int column = 0;
    struct pane part = pane_part(pane, 0, 1, pane->columns, pane->rows - 1);
    struct label timeout = timeout_label(chart, end, &part);
    int row = threshold_label(chart, end, &part, timeout, &column, text);
    sender_words(chart, end, pane, 0, row >= 0);
    scale_draw(chart, &part, chart->segments);
    bars_draw(chart, end, true, &part, timeout);
    if (timeout.to)
        pane_text(&part, timeout.from + 1, 0, EMPHASIS_none, ROLE_text, _("time-out"));
    if (row >= 0) {
        pane_glyph(&part, column, row, EMPHASIS_none, ROLE_object, GLYPH_line);
        pane_text(&part, column + 2, row, EMPHASIS_none, ROLE_object, text);
    }
}

static void receiver_draw(const struct chart *chart, unsigned end, const struct pane *pane)
{
    struct pane part = pane_part(pane, 0, 1, pane->columns, pane->rows - 1);
    receiver_words(chart, end, pane, 0);
    scale_draw(chart, &part, chart->bytes[end]);
    bars_draw(chart, end, false, &part, (struct label){0, 0});
}

/* ---- around them ---- */

/* The newest step, and before it every fifth that does not touch another. */
static void steps_draw(const struct chart *chart, const struct pane *pane)
{
    char label[16];
    bool earlier = chart->first > 0, now = chart->first + chart->count == chart->series->count;
    int room = pane->columns - chart->gutter;
    pane_text_fit(pane, MARGIN, 0, chart->gutter - 1 - MARGIN - earlier, EMPHASIS_none, ROLE_faint, _("step"));
    if (earlier)
        pane_glyph(pane, chart->gutter - 1, 0, EMPHASIS_none, ROLE_notice, GLYPH_arrow_left);
    snprintf(label, sizeof label, "%u", newest(chart)->step);
    int last = ((int)chart->count - 1) * chart->cell, wide = text_columns(label);
    last = last + wide > room ? room - wide : last;
    if (now && last >= 0)
        pane_text(pane, chart->gutter + last, 0, EMPHASIS_bold,
                  newest(chart)->step == chart->frame->step.number ? ROLE_changed : ROLE_text, label);
    int from = 0, to = now ? last - 1 : room;
    for (size_t i = 0; i < chart->count; i++) {
        int column = (int)i * chart->cell;
        snprintf(label, sizeof label, "%u", chart->series->moments[chart->first + i].step);
        wide = text_columns(label);
        if ((chart->first + i) % LABEL_EVERY || column < from || column + wide > to)
            continue;
        pane_text(pane, chart->gutter + column, 0, EMPHASIS_none, ROLE_faint, label);
        from = column + wide + 1;
    }
}

/* One direction: its sender's congestion window over its receiver's window. */
static void direction_draw(const struct chart *chart, unsigned sender, const struct pane *pane)
{
    int rows = pane->rows - 3, above = (rows * 3 + 2) / 5;
    if (rows < 2 || pane->columns <= chart->gutter) {
        sender_words(chart, sender, pane, 0, false);
        struct pane below = pane_part(pane, 0, 1, pane->columns, pane->rows - 1);
        if (below.rows > 0)
            receiver_words(chart, !sender, &below, 0);
        return;
    }
    struct pane part = pane_part(pane, 0, 0, pane->columns, 1 + above);
    sender_draw(chart, sender, &part);
    part = pane_part(pane, 0, 1 + above, pane->columns, 1 + rows - above);
    receiver_draw(chart, !sender, &part);
    part = pane_part(pane, 0, pane->rows - 1, pane->columns, 1);
    steps_draw(chart, &part);
}

/* 1, 2, 5, 10, 20 ...: so that the picture seldom changes its scale. */
static uint32_t round_up(uint32_t value)
{
    uint32_t step = 1;
    for (unsigned i = 0; step < value && step < 1000000000; i++)
        step = i % 3 == 1 ? step / 2 * 5 : step * 2;
    return step;
}

static void scales_make(struct chart *chart)
{
    uint32_t segments = 10;
    for (size_t i = 0; i < chart->series->count; i++) {
        for (unsigned end = 0; end < WIRE_ENDS; end++) {
            const struct window_side *side = &chart->series->moments[i].side[end];
            segments = side->kernel.congestion > segments ? side->kernel.congestion : segments;
            segments = side->kernel.in_flight > segments ? side->kernel.in_flight : segments;
            chart->bytes[end] = side->window > chart->bytes[end] ? side->window : chart->bytes[end];
        }
    }
    chart->segments = round_up(segments);
    int wide = text_columns(_("step")) + 1;
    for (unsigned end = 0; end < WIRE_ENDS; end++) {
        char label[16];
        int digits = snprintf(label, sizeof label, "%u", chart->bytes[end]);
        wide = digits > wide ? digits : wide;
    }
    chart->gutter = MARGIN + wide + 1;
}

/* Which moments are seen, and how wide: at first broad ones; when there are too many for the width it is moved on by half
 * of it, so that the picture holds still between. */
static void page_make(struct chart *chart, int columns)
{
    int left = columns > chart->gutter ? columns - chart->gutter : 0;
    chart->cell = CELL_MOST;
    while (chart->cell > 1 && chart->series->count > (size_t)(left / chart->cell))
        chart->cell--;
    size_t room = (size_t)(left / chart->cell);
    size_t all = chart->series->count, half = room / 2 ? room / 2 : 1;
    chart->first = all > room && room ? ((all - room - 1) / half + 1) * half : 0;
    int scroll = chart->frame->views[STAGE_VIEW_window].scroll;
    if (scroll < 0)
        chart->first -= chart->first < (size_t)-scroll ? chart->first : (size_t)-scroll;
    chart->count = all - chart->first < room ? all - chart->first : room;
}

static void none_draw(const struct pane *pane, const char *text)
{
    pane_text_wrap(pane, MARGIN, 0, pane->columns - 2 * MARGIN, pane->rows, EMPHASIS_none, ROLE_faint, text);
}

static int window_rows(const struct stage_frame *frame, int columns)
{
    struct stage_wire wire;
    bool connection = stage_wire_find(frame, &wire) && wire.flow.protocol == TCP;
    return !connection ? 0 : columns < WIDE ? ROWS_NARROW : ROWS_WIDE;
}

static void window_draw(const struct stage_frame *frame, const struct pane *pane)
{
    struct stage_wire wire;
    struct window_series series;
    if (!stage_wire_find(frame, &wire)) {
        none_draw(pane, _("no connection yet"));
        return;
    }
    if (wire.flow.protocol != TCP) {
        none_draw(pane, _("UDP has no window: nobody holds the sender back"));
        return;
    }
    stage_window_find(frame, &wire, &series);
    if (series.count == 0) {
        none_draw(pane, _("no connection yet"));
        return;
    }
    struct chart chart = {.frame = frame, .wire = &wire, .series = &series};
    scales_make(&chart);
    if (pane->columns >= BESIDE) {
        int half = (pane->columns - 1) / 2;
        page_make(&chart, half);
        struct pane left = pane_part(pane, 0, 0, half, pane->rows);
        struct pane right = pane_part(pane, pane->columns - half, 0, half, pane->rows);
        direction_draw(&chart, WIRE_LEFT, &left);
        direction_draw(&chart, WIRE_RIGHT, &right);
        return;
    }
    page_make(&chart, pane->columns);
    bool both = pane->rows >= 2 * EACH_LEAST;
    int rows = both ? (pane->rows + 1) / 2 : pane->rows;
    struct pane part = pane_part(pane, 0, 0, pane->columns, rows);
    direction_draw(&chart, series.sender, &part);
    part = pane_part(pane, 0, rows, pane->columns, pane->rows - rows);
    if (both)
        direction_draw(&chart, !series.sender, &part);
}

const struct stage_view stage_view_window = {
    .id = "window",
    .title = N_("windows of TCP"),
    .place = STAGE_PLACE_half,
    .least = ROWS_LEAST,
    .elastic = true,
    .rows = window_rows,
    .draw = window_draw,
};
