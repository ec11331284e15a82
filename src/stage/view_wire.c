/* The wire as a sequence diagram: time runs down, the two ends stand left and right with the states that the kernel reports
 * of their sockets, a packet is an arrow between them. One that is held ends in mid-air, one that is lost in a cross.
 * Packets of other conversations are there, too, but faint. */
#include "stage/view.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "network/decode.h"
#include "stage/stage_edges.h"
#include "stage/stage_wire.h"

enum {
    MARGIN = 1,
    HEAD_ROWS = 2,
    LEFT_LINE = 5, /* column of the left life line; before it stands the packet's number */
    NARROW = 60,   /* columns between the lines below which what is said of a held packet has a line of its own */
    LABEL_SIZE = 192,
    ROWS_USUAL = 14,
    TCP = 6,
    UDP = 17,
    ICMP = 1
};

/* ---- what is said ---- */

/* "PSH,ACK seq=1 ack=1 len=5 win=64240", as much of it as fits; the flags at least. `port` in front, if not 0. */
static void packet_label(const struct world_packet *packet, unsigned port, int columns, char out[LABEL_SIZE])
{
    char flags[DECODE_FLAGS_SIZE], before[16] = "", length[24] = "";
    if (port)
        snprintf(before, sizeof before, ":%u ", port);
    if (packet->length > 0)
        snprintf(length, sizeof length, " len=%u", packet->length);
    if (packet->protocol == ICMP) {
        bool port_unreachable = packet->type == 3 && packet->code == 3;
        snprintf(out, LABEL_SIZE, port_unreachable ? _("ICMP port unreachable") : "ICMP %u/%u", packet->type,
                 packet->code);
        return;
    }
    if (packet->protocol != TCP) {
        snprintf(out, LABEL_SIZE, "%s%s len=%u", before, packet->protocol == UDP ? "UDP" : "IP", packet->length);
        return;
    }
    decode_flags(packet->flags, flags);
    bool acknowledges = packet->flags & DECODE_ACK;
    for (unsigned left_out = 0; left_out <= 4; left_out++) {
        char seq[24] = "", ack[24] = "", window[24] = "";
        if (left_out < 1)
            snprintf(window, sizeof window, " win=%u", packet->window);
        if (left_out < 2 && acknowledges)
            snprintf(ack, sizeof ack, " ack=%u", packet->acknowledgement);
        if (left_out < 3)
            snprintf(seq, sizeof seq, " seq=%u", packet->sequence);
        snprintf(out, LABEL_SIZE, "%s%s%s%s%s%s", before, flags, seq, ack, left_out < 4 ? length : "", window);
        if (text_columns(out) <= columns)
            return;
    }
}

/* "here, held by you (copies absorbed: 2)", in the longest form that fits. */
static void held_words(const struct world_packet *packet, int columns, char *out, size_t size)
{
    if (packet->absorbed)
        snprintf(out, size, _("here, held by you (copies absorbed: %u)"), packet->absorbed);
    else
        snprintf(out, size, "%s", _("here, held by you"));
    if (text_columns(out) <= columns)
        return;
    if (packet->absorbed)
        snprintf(out, size, _("held, copies absorbed: %u"), packet->absorbed);
    else
        snprintf(out, size, "%s", _("held"));
}

/* A later one of the same direction arrived before it. */
static bool was_overtaken(const struct world *world, const struct world_packet *packet)
{
    if (packet->fate != FATE_delivered)
        return false;
    for (uint32_t number = packet->number + 1; number <= world_packet_count(world); number++) {
        const struct world_packet *later = world_packet(world, number);
        if (later->fate == FATE_delivered && later->end_step < packet->end_step &&
            later->protocol == packet->protocol && later->from.port == packet->from.port &&
            later->to.port == packet->to.port && later->from.host == packet->from.host)
            return true;
    }
    return false;
}

/* ---- the ends ---- */

static void state_text(const struct wire_flow *flow, const struct world_socket *socket, char *out, size_t size)
{
    out[0] = 0;
    if (flow->protocol != TCP)
        snprintf(out, size, "%s", flow->protocol == UDP ? "UDP" : "");
    else if (!socket || socket->state == SOCKET_gone)
        snprintf(out, size, "%s", socket ? _("CLOSED (gone)") : "CLOSED");
    else if (socket->state == SOCKET_time_wait && socket->due)
        snprintf(out, size, "%s %u s", socket_state_name(socket->state), (socket->due + 500) / 1000);
    else
        snprintf(out, size, "%s", socket_state_name(socket->state));
}

/* Bytes that wait in the kernel: to be read, to be acknowledged; to be sent, if nothing of them has been sent. */
static void bytes_text(const struct world_socket *socket, char *out, size_t size)
{
    int used = 0;
    out[0] = 0;
    if (!socket || socket->state == SOCKET_gone || socket->state == SOCKET_listen)
        return;
    if (socket->receive_queue)
        used = snprintf(out, size, _("to read: %u"), socket->receive_queue);
    bool unsent = socket->window.segment && socket->window.in_flight == 0;
    if (socket->send_queue && used >= 0 && (size_t)used < size)
        snprintf(out + used, size - (size_t)used,
                 unsent ? (used ? _(", to send: %u") : _("to send: %u"))
                        : (used ? _(", unacked: %u") : _("unacked: %u")),
                 socket->send_queue);
}

/* Of who listens at that end: connections that are made and not accepted, and those that are half made. */
static void listener_text(const struct stage_frame *frame, const struct stage_wire *wire, unsigned end, bool brief,
                          char *out, size_t size)
{
    uint32_t listener = stage_wire_listener(frame->after, wire->flow.end[end]);
    const struct world_socket *socket = world_socket(frame->after, listener);
    unsigned half = 0;
    out[0] = 0;
    for (uint32_t id = 1; socket && id <= world_socket_count(frame->after); id++) {
        const struct world_socket *other = world_socket(frame->after, id);
        half +=
            other->state == SOCKET_syn_recv && other->local.port == socket->local.port && other->host == socket->host;
    }
    if (!socket || wire->flow.protocol != TCP)
        return;
    if (brief)
        snprintf(out, size, "%u/%u", socket->receive_queue, socket->send_queue);
    else if (half)
        snprintf(out, size, _("half-open %u, queue %u/%u"), half, socket->receive_queue, socket->send_queue);
    else
        snprintf(out, size, _("accept queue %u/%u"), socket->receive_queue, socket->send_queue);
}

/* Texts side by side from the outer edge inwards: the left end's from the left, the right end's from the right. False: no
 * room for all of it; then it is left out, or cut if it must be there. */
static bool put_outer(const struct pane *half, bool right, int *used, bool must, unsigned emphasis, enum role role,
                      const char *text)
{
    int columns = text_columns(text), room = half->columns - *used;
    if (columns == 0 || (columns > room && (!must || room < 4)))
        return columns == 0;
    int wide = columns < room ? columns : room;
    int column = right ? half->columns - *used - wide : *used;
    pane_text_fit(half, column, 0, wide, emphasis, role, text);
    *used += wide + 2;
    return wide == columns;
}

static void end_draw(const struct stage_frame *frame, const struct stage_wire *wire, unsigned end,
                     const struct pane *half)
{
    char name[STAGE_NAME_SIZE], address[22], text[64];
    bool right = end == WIRE_RIGHT;
    struct pane line = pane_part(half, 0, 0, half->columns, 1);
    int used = 0;
    put_outer(&line, right, &used, true, EMPHASIS_bold, ROLE_strong, stage_wire_who(frame, wire, end, name));
    if (wire->flow.end[end].port)
        put_outer(&line, right, &used, true, EMPHASIS_none, ROLE_object,
                  world_address_text(wire->flow.end[end], address));
    const struct world_socket *socket = world_socket(frame->after, wire->socket[end]);
    const struct world_socket *before = world_socket(frame->before, wire->socket[end]);
    bool changed = frame->before != frame->after && (!before != !socket || (socket && before->state != socket->state));
    state_text(&wire->flow, socket, text, sizeof text);
    line = pane_part(half, 0, 1, half->columns, 1);
    used = 0;
    put_outer(&line, right, &used, true, changed ? EMPHASIS_bold : EMPHASIS_none, changed ? ROLE_changed : ROLE_text,
              text);
    bytes_text(socket, text, sizeof text);
    put_outer(&line, right, &used, false, EMPHASIS_none, ROLE_text, text);
    listener_text(frame, wire, end, false, text, sizeof text);
    if (!put_outer(&line, right, &used, false, EMPHASIS_none, ROLE_text, text)) {
        listener_text(frame, wire, end, true, text, sizeof text);
        put_outer(&line, right, &used, false, EMPHASIS_none, ROLE_text, text);
    }
}

static void head_draw(const struct stage_frame *frame, const struct stage_wire *wire, const struct pane *pane)
{
    int half = (pane->columns - 2 * MARGIN - 1) / 2;
    struct pane part = pane_part(pane, MARGIN, 0, half, HEAD_ROWS);
    end_draw(frame, wire, WIRE_LEFT, &part);
    part = pane_part(pane, pane->columns - MARGIN - half, 0, half, HEAD_ROWS);
    end_draw(frame, wire, WIRE_RIGHT, &part);
}

/* ---- one packet ---- */

/* How far from its sender to the other end it is, in columns of `inner`: half way it waits, and not before its label. */
static int reach(const struct stage_frame *frame, const struct world_packet *packet, int inner, int label_columns)
{
    const struct world_packet *before = world_packet(frame->before, packet->number);
    int waits = inner >= NARROW ? inner * 2 / 5 : inner / 2;
    waits = waits < label_columns + 5 ? label_columns + 5 : waits;
    int to = packet->fate == FATE_delivered ? inner : waits;
    int from = !before ? 0 : before->fate == FATE_delivered ? inner : waits;
    return from + (int)((to - from) * frame->motion + 0.5);
}

static enum role packet_role(const struct stage_frame *frame, const struct stage_wire *wire,
                             const struct world_packet *packet, bool other)
{
    if (stage_wire_moved(frame, packet->number) || packet->number == wire->packet)
        return packet->fate == FATE_dropped ? ROLE_fault : ROLE_changed;
    return packet->fate == FATE_held      ? ROLE_held
           : packet->fate == FATE_dropped ? ROLE_fault
           : other                        ? ROLE_faint
                                          : ROLE_text;
}

/* The arrow between the lines, from its sender on. Returns how far it reaches: one that has stopped reaches beyond its
 * own label. */
static int arrow_draw(const struct stage_frame *frame, const struct pane *inner, const struct world_packet *packet,
                      bool leftwards, const char *label, enum role role, unsigned emphasis)
{
    int label_columns = text_columns(label), tip = reach(frame, packet, inner->columns, label_columns);
    int lead = leftwards ? inner->columns - 1 : 0, step = leftwards ? -1 : 1;
    bool stopped = packet->fate != FATE_delivered && frame->motion >= 1;
    for (int i = 0; i + 1 < tip && i < inner->columns; i++)
        if (i < 1 || i >= label_columns + 3)
            pane_glyph(inner, lead + step * i, 0, EMPHASIS_none, role, GLYPH_line);
    int text = leftwards ? inner->columns - 2 - label_columns : 2;
    pane_text_fit(inner, text, 0, label_columns, emphasis, role, label);
    if (tip < label_columns + 4 || tip > inner->columns)
        return tip;
    enum glyph head = stopped     ? packet->fate == FATE_dropped ? GLYPH_wrong : GLYPH_stopped
                      : leftwards ? GLYPH_arrow_left
                                  : GLYPH_arrow_right;
    pane_glyph(inner, lead + step * (tip - 1), 0, emphasis, role, head);
    return tip;
}

/* What stands behind the tip of one that does not arrive, or below it where there is no room. */
static void fate_draw(const struct pane *pane, const struct world_packet *packet, bool leftwards, int tip, bool below,
                      enum role role)
{
    char text[96];
    int room = below ? pane->columns - 2 : pane->columns - tip - 2;
    if (packet->fate == FATE_dropped)
        snprintf(text, sizeof text, "%s", _("lost"));
    else
        held_words(packet, room, text, sizeof text);
    int columns = text_columns(text) < room ? text_columns(text) : room;
    int behind = below ? (pane->columns - columns) / 2 : tip + 1;
    int column = leftwards && !below ? pane->columns - behind - columns : behind;
    pane_text_fit(pane, column, below, columns, EMPHASIS_none, role, text);
}

/* Lines that a packet takes. */
static int packet_lines(const struct world_packet *packet, int inner)
{
    return packet->fate == FATE_held && inner < NARROW ? 2 : 1;
}

/* Columns that the label of a packet may take. */
static int label_room(const struct world_packet *packet, int inner)
{
    if (packet->fate == FATE_delivered || packet_lines(packet, inner) > 1)
        return inner - 6;
    if (packet->fate == FATE_dropped)
        return inner - text_columns(_("lost")) - 8;
    char words[96];
    held_words(packet, packet->absorbed ? 0 : inner, words, sizeof words);
    return inner - text_columns(words) - 8;
}

static void packet_draw(const struct stage_frame *frame, const struct stage_wire *wire, const struct pane *pane,
                        const struct world_packet *packet)
{
    unsigned sender;
    char label[LABEL_SIZE], number[16];
    struct wire_flow flow = stage_wire_flow(frame->after, packet, &sender);
    bool other = !stage_wire_same(&flow, &wire->flow), leftwards = sender == WIRE_RIGHT;
    bool chosen = frame->packet.number == packet->number;
    enum role role = packet_role(frame, wire, packet, other);
    int inner = pane->columns - LEFT_LINE - 2 - STAGE_EDGE_COLUMNS, room = label_room(packet, inner);
    struct pane between = pane_part(pane, LEFT_LINE + 1, 0, inner, pane->rows);
    const char *what = packet->copy_of ? _("copy") : was_overtaken(frame->after, packet) ? _("overtaken") : NULL;
    /* Conversations are told apart by the port of who spoke first, whatever the direction. */
    packet_label(packet, wire->several ? flow.end[WIRE_LEFT].port : 0, what ? room - text_columns(what) - 2 : room,
                 label);
    size_t length = strlen(label);
    if (what)
        snprintf(label + length, sizeof label - length, ", %s", what);
    snprintf(number, sizeof number, "#%u", packet->number);
    pane_text_fit(pane, MARGIN, 0, LEFT_LINE - MARGIN, chosen ? EMPHASIS_reverse : EMPHASIS_none,
                  chosen ? ROLE_cursor : ROLE_faint, number);
    unsigned emphasis = stage_wire_moved(frame, packet->number) ? EMPHASIS_bold : EMPHASIS_none;
    int tip = arrow_draw(frame, &between, packet, leftwards, label, role, emphasis);
    if (packet->fate != FATE_delivered && frame->motion >= 1)
        fate_draw(&between, packet, leftwards, tip, packet_lines(packet, inner) > 1, role);
}

/* ---- the view ---- */

static int wire_rows(const struct stage_frame *frame, int columns)
{
    (void)columns;
    return world_packet_count(frame->after) || world_socket_count(frame->after) ? ROWS_USUAL : 0;
}

static void lines_draw(const struct stage_frame *frame, const struct stage_wire *wire, const struct pane *pane)
{
    int inner = pane->columns - LEFT_LINE - 2 - STAGE_EDGE_COLUMNS, lines = 0, line = 0;
    uint32_t first = stage_wire_first(frame->after), count = world_packet_count(frame->after);
    int wanted = 0;
    for (uint32_t number = first; number <= count; number++) {
        lines += packet_lines(world_packet(frame->after, number), inner);
        if (number == wire->packet && frame->packet.number)
            wanted = lines;
    }
    int top = stage_scroll(frame, STAGE_VIEW_wire, lines, pane->rows, wanted ? wanted : lines);
    pane_glyphs_down(pane, LEFT_LINE, 0, pane->rows, EMPHASIS_none, ROLE_rule, GLYPH_line_down);
    pane_glyphs_down(pane, LEFT_LINE + 1 + inner, 0, pane->rows, EMPHASIS_none, ROLE_rule, GLYPH_line_down);
    for (uint32_t number = first; number <= count; number++) {
        const struct world_packet *packet = world_packet(frame->after, number);
        int rows = packet_lines(packet, inner);
        struct pane part = pane_part(pane, 0, line - top, pane->columns, rows);
        part.tag = (struct tag){.kind = TAG_step, .number = packet->end_step ? packet->end_step : packet->sent_step};
        if (line >= top && line + rows - top <= pane->rows)
            packet_draw(frame, wire, &part, packet);
        line += rows;
    }
    stage_edges_draw(pane, top > 0, top + pane->rows < lines);
}

static void wire_draw(const struct stage_frame *frame, const struct pane *pane)
{
    struct stage_wire wire;
    if (!stage_wire_find(frame, &wire)) {
        pane_text_fit(pane, MARGIN, 0, pane->columns - MARGIN, EMPHASIS_none, ROLE_faint, _("no packet yet"));
        return;
    }
    head_draw(frame, &wire, pane);
    struct pane body = pane_part(pane, 0, HEAD_ROWS, pane->columns, pane->rows - HEAD_ROWS);
    lines_draw(frame, &wire, &body);
}

const struct stage_view stage_view_wire = {
    .id = "wire",
    .title = N_("the wire"),
    .place = STAGE_PLACE_top,
    .least = 5,
    .elastic = true,
    .rows = wire_rows,
    .draw = wire_draw,
};
