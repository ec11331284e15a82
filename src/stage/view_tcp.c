/* The states of TCP as in figure 5 of RFC 9293, with both ends of the conversation in them: where each is now, as the kernel
 * reports it, and through which it has come. What moved an end in this step is said below. */
#include "stage/view.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "stage/stage_wire.h"

enum {
    MARGIN = 1,
    TCP = 6,
    MARKS = 3,      /* "CS " in front of a name */
    STATE_ROWS = 7, /* of the figure */
    HEAD_ROWS = 1,
    SAY_ROWS = 4,
    COLUMN_LEAST = 12, /* from one column of the figure to the next */
    ROWS_USUAL = HEAD_ROWS + STATE_ROWS + SAY_ROWS
};

/* Where each state stands: CLOSED twice, at the beginning and at the end. */
struct spot {
    uint8_t state;
    uint8_t row;
    uint8_t column; /* 0 left, 1 middle, 2 right */
};

static const struct spot spots[] = {
    {SOCKET_closed, 0, 1},      {SOCKET_listen, 1, 0},     {SOCKET_syn_sent, 1, 2},   {SOCKET_syn_recv, 2, 0},
    {SOCKET_established, 3, 1}, {SOCKET_fin_wait_1, 4, 0}, {SOCKET_close_wait, 4, 2}, {SOCKET_fin_wait_2, 5, 0},
    {SOCKET_closing, 5, 1},     {SOCKET_last_ack, 5, 2},   {SOCKET_time_wait, 6, 1},  {SOCKET_gone, 6, 2},
};

enum { SPOTS = sizeof spots / sizeof *spots };

struct transition {
    uint8_t from, to;
    const char *text; /* to be translated */
};

static const struct transition transitions[] = {
#define TRANSITION(before, after, words) {.from = SOCKET_##before, .to = SOCKET_##after, .text = words},
#include "stage/tcp_transitions.def"
#undef TRANSITION
};

/* An end: its state, the one before the step, and those that it has been in. */
struct end {
    bool known;
    uint8_t now, was;
    uint32_t path; /* a bit for each */
};

static struct end end_of(const struct stage_frame *frame, const struct stage_wire *wire, unsigned which)
{
    struct end end = {.known = wire->flow.end[which].port != 0, .now = SOCKET_closed, .was = SOCKET_closed};
    const struct world_socket *socket = world_socket(frame->after, wire->socket[which]);
    const struct world_socket *before = world_socket(frame->before, wire->socket[which]);
    end.path = 1u << SOCKET_closed;
    if (!socket)
        return end;
    end.now = socket->state;
    end.path |= socket->path;
    /* A connection that was called begins in its listener. */
    bool called = !socket->initiator && socket->state != SOCKET_listen && socket->path & ~(1u << SOCKET_closed);
    if (called)
        end.path |= 1u << SOCKET_listen;
    if (socket->state == SOCKET_gone)
        end.path |= 1u << SOCKET_gone;
    end.was = before ? before->state : called ? SOCKET_listen : SOCKET_closed;
    if (frame->before == frame->after)
        end.was = end.now;
    return end;
}

static const struct transition *transition_of(unsigned from, unsigned to)
{
    for (size_t i = 0; i < sizeof transitions / sizeof *transitions; i++)
        if (transitions[i].from == from && transitions[i].to == to)
            return &transitions[i];
    return NULL;
}

/* ---- the figure ---- */

/* Of each end its letter: large where it is, small where it was. */
static void mark_draw(const struct pane *pane, int column, int row, const struct end *end, unsigned state, char letter)
{
    bool here = end->known && end->now == state, been = end->known && (end->path & 1u << state);
    if (!here && !been)
        return;
    char text[2] = {here ? letter : (char)(letter + 'a' - 'A'), 0};
    enum role role = here ? end->was != end->now ? ROLE_changed : ROLE_running : ROLE_faint;
    pane_text(pane, column, row, here ? EMPHASIS_bold : EMPHASIS_none, role, text);
}

static void state_draw(const struct pane *pane, int column, int row, const struct end ends[WIRE_ENDS], unsigned state)
{
    bool here = false, been = false, changed = false;
    for (unsigned i = 0; i < WIRE_ENDS; i++) {
        here = here || (ends[i].known && ends[i].now == state);
        been = been || (ends[i].known && ends[i].path & 1u << state);
        changed = changed || (ends[i].known && ends[i].now == state && ends[i].was != state);
        mark_draw(pane, column + (int)i, row, &ends[i], state, i == WIRE_LEFT ? 'C' : 'S');
    }
    pane_text(pane, column + MARKS, row, here ? EMPHASIS_bold | EMPHASIS_reverse : EMPHASIS_none,
              changed ? ROLE_changed
              : here  ? ROLE_running
              : been  ? ROLE_strong
                      : ROLE_faint,
              socket_state_name(state));
}

/* Between the rows, where there is room: which of the arrows into a state were taken, and why. */
static void arrows_draw(const struct pane *pane, int column, int row, int room, const struct end ends[WIRE_ENDS],
                        unsigned state)
{
    const struct transition *shown = NULL;
    bool taken = false;
    for (size_t i = 0; i < sizeof transitions / sizeof *transitions; i++) {
        const struct transition *transition = &transitions[i];
        if (transition->to != state)
            continue;
        bool goes = false;
        for (unsigned end = 0; end < WIRE_ENDS; end++)
            goes = goes || (ends[end].known && (ends[end].path & 1u << transition->from) &&
                            (ends[end].path & 1u << transition->to));
        /* The last one in the table's order is the last that was taken on the way here. */
        if (!shown || goes)
            shown = transition;
        taken = taken || goes;
    }
    if (!shown)
        return;
    enum role role = taken ? ROLE_strong : ROLE_faint;
    pane_glyph(pane, column + MARKS, row, EMPHASIS_none, role, GLYPH_arrow_down);
    if (taken && text_columns(_(shown->text)) + 2 <= room - MARKS)
        pane_text(pane, column + MARKS + 2, row, EMPHASIS_none, ROLE_faint, _(shown->text));
}

static void figure_draw(const struct pane *pane, const struct end ends[WIRE_ENDS])
{
    int pitch = pane->rows >= 2 * STATE_ROWS - 1 ? 2 : 1;
    int each = (pane->columns - MARGIN - 1) / 3;
    bool narrow = each < COLUMN_LEAST + 2;
    for (size_t i = 0; i < SPOTS; i++) {
        /* Where it is narrow each name has just its room. */
        static const int columns[] = {0, COLUMN_LEAST + 2, 2 * COLUMN_LEAST + 2};
        int column = narrow ? columns[spots[i].column] : MARGIN + spots[i].column * each, row = spots[i].row * pitch;
        if (narrow && spots[i].state == SOCKET_gone)
            column++; /* beside TIME_WAIT */
        state_draw(pane, column, row, ends, spots[i].state);
        if (pitch > 1 && row > 0)
            arrows_draw(pane, column, row - 1, each, ends, spots[i].state);
    }
}

/* ---- around it ---- */

static void head_draw(const struct stage_frame *frame, const struct stage_wire *wire, const struct pane *pane)
{
    int column = MARGIN;
    for (unsigned i = 0; i < WIRE_ENDS; i++) {
        char name[STAGE_NAME_SIZE], text[STAGE_NAME_SIZE + 32];
        stage_wire_who(frame, wire, i, name);
        snprintf(text, sizeof text, "%c %s%s", i == WIRE_LEFT ? 'C' : 'S', i == WIRE_LEFT ? _("client") : _("server"),
                 name[0] ? " " : "");
        column += pane_text_fit(pane, column, 0, pane->columns - column, EMPHASIS_none, ROLE_text, text);
        if (pane->columns - column > 2)
            column += pane_text_fit(pane, column, 0, pane->columns - column, EMPHASIS_bold, ROLE_strong, name);
        column += 3;
    }
}

/* Out of any state: a reset has arrived in this step. */
static bool was_reset(const struct stage_frame *frame, const struct stage_wire *wire)
{
    enum { RST = 4 };
    const struct world_packet *packet = world_packet(frame->after, wire->packet);
    return packet && packet->protocol == TCP && (packet->flags & RST) && packet->fate == FATE_delivered &&
           stage_wire_moved(frame, wire->packet);
}

static void moves_draw(const struct stage_frame *frame, const struct stage_wire *wire, const struct pane *pane,
                       const struct end ends[WIRE_ENDS])
{
    int row = 0;
    for (unsigned i = 0; i < WIRE_ENDS; i++) {
        const struct transition *transition = transition_of(ends[i].was, ends[i].now);
        char text[256];
        if (!ends[i].known || ends[i].was == ends[i].now || row >= pane->rows)
            continue;
        const char *why = transition                                             ? _(transition->text)
                          : ends[i].now == SOCKET_gone && was_reset(frame, wire) ? _("RST came: it is gone at once")
                                                                                 : "";
        snprintf(text, sizeof text, why[0] ? "%c %s: %s" : "%c %s", i == WIRE_LEFT ? 'C' : 'S',
                 socket_state_name(ends[i].now), why);
        row += pane_text_wrap(pane, MARGIN, row, pane->columns - 2 * MARGIN, pane->rows - row, EMPHASIS_none, ROLE_say,
                              text);
    }
}

static int tcp_rows(const struct stage_frame *frame, int columns)
{
    struct stage_wire wire;
    (void)columns;
    return stage_wire_find(frame, &wire) && wire.flow.protocol == TCP ? ROWS_USUAL : 0;
}

static void tcp_draw(const struct stage_frame *frame, const struct pane *pane)
{
    struct stage_wire wire;
    if (!stage_wire_find(frame, &wire) || wire.flow.protocol != TCP) {
        pane_text_fit(pane, MARGIN, 0, pane->columns - MARGIN, EMPHASIS_none, ROLE_faint,
                      wire.flow.protocol ? _("UDP knows no connections, so it has no states") : _("no connection yet"));
        return;
    }
    struct end ends[WIRE_ENDS] = {end_of(frame, &wire, WIRE_LEFT), end_of(frame, &wire, WIRE_RIGHT)};
    struct pane part = pane_part(pane, 0, 0, pane->columns, HEAD_ROWS);
    head_draw(frame, &wire, &part);
    int left = pane->rows - HEAD_ROWS;
    int figure = left - SAY_ROWS >= 2 * STATE_ROWS - 1 ? 2 * STATE_ROWS - 1 : STATE_ROWS;
    part = pane_part(pane, 0, HEAD_ROWS, pane->columns, figure);
    figure_draw(&part, ends);
    part = pane_part(pane, 0, HEAD_ROWS + figure, pane->columns, left - figure);
    moves_draw(frame, &wire, &part, ends);
}

const struct stage_view stage_view_tcp = {
    .id = "tcp",
    .title = N_("states of TCP"),
    .place = STAGE_PLACE_half,
    .least = HEAD_ROWS + STATE_ROWS,
    .elastic = false,
    .rows = tcp_rows,
    .draw = tcp_draw,
};
