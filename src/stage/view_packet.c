/* One packet's bytes, opened into the fields of IP, TCP, UDP and ICMP: a line each, as they follow one another in the packet;
 * of the one under the cursor its bytes, what it is for, and where that is written. Scrolling moves the cursor. Where
 * there is room, all bytes stand beside it with those of the field marked. */
#include "stage/view.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "network/decode.h"
#include "stage/stage_edges.h"
#include "stage/stage_wire.h"

enum {
    MARGIN = 1,
    NAME_COLUMN = 3,
    NAME_GAP = 2,
    EXPLAINED_LEAST = 2, /* at the foot: bytes and place, then what it is for */
    HEX_LEAST = 8,       /* bytes a line, or twice as many */
    LIST_LEAST = 44,
    VALUE_LEAST = 16, /* with what is before it */
    LINES_MAX = DECODE_FIELDS_MAX + DECODE_LAYERS
};

/* A line: a field, or the heading of a layer. */
struct packet_line {
    int field; /* index; -1: heading */
    uint8_t layer;
    unsigned bytes; /* of the layer */
};

struct opened {
    struct decode decode;
    struct packet_line lines[LINES_MAX];
    int count;
    int cursor; /* line */
    enum decode_language language;
};

static enum decode_language language(void)
{
    return strcmp(_("en"), "zh") == 0 ? DECODE_CHINESE : DECODE_ENGLISH;
}

/* Given with the frame, else as much as the world keeps of the one that the screen is about. */
static struct stage_packet packet_of(const struct stage_frame *frame)
{
    struct stage_wire wire;
    if (frame->packet.bytes || !stage_wire_find(frame, &wire) || !wire.packet)
        return frame->packet;
    const struct world_packet *packet = world_packet(frame->after, wire.packet);
    return (struct stage_packet){.number = packet->number,
                                 .bytes = packet->bytes,
                                 .length = packet->kept,
                                 .size = packet->size,
                                 .seq = packet->sequence,
                                 .ack = packet->acknowledgement,
                                 .relative = packet->protocol == 6};
}

static void open_bytes(const struct stage_packet *packet, struct decode *out)
{
    struct decode_origin origin = {.known = false};
    decode_packet(packet->bytes, packet->length, NULL, out);
    if (out->transport != DECODE_tcp || !packet->relative)
        return;
    origin =
        (struct decode_origin){.seq = out->tcp.seq - packet->seq, .ack = out->tcp.ack - packet->ack, .known = true};
    decode_packet(packet->bytes, packet->length, &origin, out);
}

/* What one looks at first: what the packet is for. */
static bool is_first_sight(unsigned id)
{
    return id == DECODE_FIELD_tcp_flags || id == DECODE_FIELD_udp_length || id == DECODE_FIELD_icmp_type;
}

static void make_lines(const struct stage_frame *frame, struct opened *opened)
{
    const struct decode *decode = &opened->decode;
    int last = -1, wanted = 0;
    opened->count = 0;
    for (size_t i = 0; i < decode->field_count && opened->count + 1 < LINES_MAX; i++) {
        const struct decode_field *field = &decode->fields[i];
        uint8_t layer = decode_row(field->id)->layer;
        if (layer != last && layer != DECODE_data) {
            unsigned bytes = 0;
            for (size_t k = i; k < decode->field_count && decode_row(decode->fields[k].id)->layer == layer; k++)
                bytes = decode->fields[k].offset + decode->fields[k].length - (unsigned)field->offset;
            opened->lines[opened->count++] = (struct packet_line){.field = -1, .layer = layer, .bytes = bytes};
        }
        last = layer;
        if (is_first_sight(field->id))
            wanted = opened->count;
        opened->lines[opened->count++] = (struct packet_line){.field = (int)i, .layer = layer};
    }
    opened->cursor = wanted + frame->views[STAGE_VIEW_packet].scroll;
    if (opened->cursor < 0)
        opened->cursor = 0;
    if (opened->cursor >= opened->count)
        opened->cursor = opened->count - 1;
    /* A heading is no field: its first one is meant. */
    if (opened->count > 0 && opened->lines[opened->cursor].field < 0)
        opened->cursor++;
}

/* ---- the list ---- */

static int name_columns(const struct opened *opened, int most)
{
    int columns = 0;
    for (size_t i = 0; i < opened->decode.field_count; i++) {
        int wide = text_columns(decode_row(opened->decode.fields[i].id)->name[opened->language]);
        columns = wide > columns ? wide : columns;
    }
    return columns > most ? most : columns;
}

static void heading_draw(const struct pane *line, const struct packet_line *what)
{
    char text[64];
    snprintf(text, sizeof text, ngettext("%s, %u byte", "%s, %u bytes", what->bytes), decode_layer_name(what->layer),
             what->bytes);
    pane_text_fit(line, MARGIN, 0, line->columns - MARGIN, EMPHASIS_none, ROLE_heading, text);
}

static void field_draw(const struct opened *opened, const struct pane *line, const struct decode_field *field, int name,
                       bool cursor)
{
    const struct decode_row *row = decode_row(field->id);
    unsigned emphasis = cursor ? EMPHASIS_bold : EMPHASIS_none;
    bool wrong = field->note == DECODE_NOTE_wrong;
    if (cursor)
        pane_glyph(line, MARGIN, 0, EMPHASIS_none, ROLE_cursor, GLYPH_here);
    pane_text_fit(line, NAME_COLUMN, 0, name, emphasis, cursor ? ROLE_cursor : ROLE_text, row->name[opened->language]);
    int column = NAME_COLUMN + name + NAME_GAP;
    const char *note = decode_note_text(field->note, opened->language);
    int note_columns = text_columns(note), value = text_columns(field->value);
    if (line->columns - column < value + 1 + note_columns)
        note_columns = 0; /* it is said at the foot */
    pane_text_fit(line, column, 0, line->columns - column, emphasis, wrong ? ROLE_fault : ROLE_strong, field->value);
    if (note_columns)
        pane_text_fit(line, column + value + 1, 0, note_columns, EMPHASIS_none, wrong ? ROLE_fault : ROLE_faint, note);
}

static void list_draw(const struct opened *opened, const struct pane *pane)
{
    int name = name_columns(opened, pane->columns - VALUE_LEAST);
    int first = opened->cursor >= pane->rows ? opened->cursor - pane->rows / 2 : 0;
    if (first > opened->count - pane->rows)
        first = opened->count > pane->rows ? opened->count - pane->rows : 0;
    for (int row = 0; row < pane->rows && first + row < opened->count; row++) {
        const struct packet_line *what = &opened->lines[first + row];
        struct pane line = pane_part(pane, 0, row, pane->columns - STAGE_EDGE_COLUMNS, 1);
        line.tag = (struct tag){.kind = TAG_row, .number = (uint32_t)(first + row)};
        if (what->field < 0)
            heading_draw(&line, what);
        else
            field_draw(opened, &line, &opened->decode.fields[what->field], name, first + row == opened->cursor);
    }
    stage_edges_draw(pane, first > 0, first + pane->rows < opened->count);
}

/* ---- the field under the cursor ---- */

/* "bytes 12-13, bits 4-15", counted from 0 as in the RFCs. */
static void place_say(const struct decode_field *field, char *out, size_t size)
{
    int used;
    if (field->length == 1)
        used = snprintf(out, size, _("byte %u"), field->offset);
    else
        used = snprintf(out, size, _("bytes %u-%u"), field->offset, field->offset + field->length - 1u);
    if (used < 0 || (size_t)used >= size || !field->bits)
        return;
    if (field->bits == 1)
        snprintf(out + used, size - (size_t)used, _(", bit %u"), field->bit);
    else
        snprintf(out + used, size - (size_t)used, _(", bits %u-%u"), field->bit, field->bit + field->bits - 1u);
}

static void bytes_say(const struct stage_packet *packet, const struct decode_field *field, int columns, char *out,
                      size_t size)
{
    size_t used = 0;
    for (unsigned i = 0; i < field->length && used + 8 < size; i++) {
        bool rest = i + 1 < field->length;
        if ((int)used + 2 + (rest ? 4 : 0) > columns) {
            snprintf(out + used, size - used, "...");
            return;
        }
        used += (size_t)snprintf(out + used, size - used, rest ? "%02x " : "%02x", packet->bytes[field->offset + i]);
    }
}

static void explanation_draw(const struct stage_packet *packet, const struct opened *opened, const struct pane *pane)
{
    if (opened->count == 0 || pane->rows < EXPLAINED_LEAST)
        return;
    const struct decode_field *field = &opened->decode.fields[opened->lines[opened->cursor].field];
    const struct decode_row *row = decode_row(field->id);
    char place[96], bytes[256] = "";
    int wide = pane->columns - 2 * MARGIN;
    place_say(field, place, sizeof place);
    size_t length = strlen(place);
    if (row->rfc[0])
        snprintf(place + length, sizeof place - length, _(", %s"), row->rfc);
    length = strlen(place);
    if (field->note)
        snprintf(place + length, sizeof place - length, _(", %s"), decode_note_text(field->note, opened->language));
    int left = wide - text_columns(place) - 2;
    if (left >= 11) {
        bytes_say(packet, field, left, bytes, sizeof bytes);
        pane_text_fit(pane, MARGIN, 0, left, EMPHASIS_none, ROLE_code_number, bytes);
    }
    int at = bytes[0] ? MARGIN + text_columns(bytes) + 2 : MARGIN;
    pane_text_fit(pane, at, 0, pane->columns - at - MARGIN, EMPHASIS_none, ROLE_faint, place);
    pane_text_wrap(pane, MARGIN, 1, wide, pane->rows - 1, EMPHASIS_none, ROLE_say, row->explain[opened->language]);
}

/* ---- all bytes ---- */

/* "0010 45 00 ..." */
static int hex_columns(int each)
{
    return 4 + each * 3 + STAGE_EDGE_COLUMNS + 1;
}

/* How many bytes stand in a line beside the list; 0: there is no room for that. */
static int hex_each(int columns)
{
    for (int each = 2 * HEX_LEAST; each >= HEX_LEAST; each /= 2)
        if (columns >= LIST_LEAST + hex_columns(each))
            return each;
    return 0;
}

static void hex_draw(const struct stage_packet *packet, const struct opened *opened, const struct pane *pane, int each)
{
    const struct decode_field *field =
        opened->count > 0 ? &opened->decode.fields[opened->lines[opened->cursor].field] : NULL;
    int rows = (int)((packet->length + (size_t)each - 1) / (size_t)each), wanted = field ? field->offset / each : 0;
    int first = wanted >= pane->rows ? wanted - pane->rows / 2 : 0;
    if (first > rows - pane->rows)
        first = rows > pane->rows ? rows - pane->rows : 0;
    for (int row = 0; row < pane->rows && first + row < rows; row++) {
        unsigned offset = (unsigned)((first + row) * each);
        pane_format(pane, 0, row, EMPHASIS_none, ROLE_faint, "%04x", offset);
        for (unsigned i = 0; i < (unsigned)each && offset + i < packet->length; i++) {
            unsigned at = offset + i;
            bool in = field && at >= field->offset && at < (unsigned)field->offset + field->length;
            pane_format(pane, 5 + (int)i * 3, row, in ? EMPHASIS_reverse : EMPHASIS_none,
                        in ? ROLE_cursor : ROLE_code_number, "%02x", packet->bytes[at]);
        }
    }
    stage_edges_draw(pane, first > 0, first + pane->rows < rows);
}

/* ---- the view ---- */

static int packet_rows(const struct stage_frame *frame, int columns)
{
    enum { USUAL = 14 };
    (void)columns;
    return packet_of(frame).bytes ? USUAL : 0;
}

/* Which packet, and what is wrong with it. Returns the rows that it took. */
static int title_draw(const struct stage_packet *packet, const struct opened *opened, const struct pane *pane)
{
    char text[64];
    bool part = packet->length < packet->size;
    if (part)
        snprintf(text, sizeof text, _("packet %u, %zu of its %zu bytes"), packet->number, packet->length, packet->size);
    else
        snprintf(text, sizeof text, _("packet %u, %zu bytes"), packet->number, packet->length);
    int column = MARGIN + pane_text_fit(pane, MARGIN, 0, pane->columns - MARGIN, EMPHASIS_bold, ROLE_object, text);
    if (!opened->decode.fault || (part && opened->decode.fault == DECODE_FAULT_cut))
        return 1;
    const char *fault = decode_fault_text(opened->decode.fault, opened->language);
    if (column + 2 + text_columns(fault) <= pane->columns) {
        pane_text_fit(pane, column + 2, 0, pane->columns - column - 2, EMPHASIS_none, ROLE_fault, fault);
        return 1;
    }
    int rows = text_lines(fault, pane->columns - 2 * MARGIN);
    pane_text_wrap(pane, MARGIN, 1, pane->columns - 2 * MARGIN, rows, EMPHASIS_none, ROLE_fault, fault);
    return 1 + rows;
}

/* As many as the explanation needs, but not more than half of what there is. */
static int foot_rows(const struct opened *opened, int columns, int rows)
{
    if (opened->count == 0 || rows < 2 * EXPLAINED_LEAST)
        return 0;
    const struct decode_field *field = &opened->decode.fields[opened->lines[opened->cursor].field];
    int wanted = 1 + text_lines(decode_row(field->id)->explain[opened->language], columns);
    return wanted > rows / 2 ? rows / 2 : wanted;
}

static void packet_draw(const struct stage_frame *frame, const struct pane *pane)
{
    struct opened opened = {.language = language()};
    struct stage_packet packet = packet_of(frame);
    if (!packet.bytes || !packet.length) {
        pane_text_fit(pane, MARGIN, 0, pane->columns - MARGIN, EMPHASIS_none, ROLE_faint, _("no packet yet"));
        return;
    }
    open_bytes(&packet, &opened.decode);
    make_lines(frame, &opened);
    int top = title_draw(&packet, &opened, pane);
    int left = pane->rows - top;
    int foot = foot_rows(&opened, pane->columns - 2 * MARGIN, left);
    int each = hex_each(pane->columns);
    int list = each ? pane->columns - hex_columns(each) : pane->columns;
    struct pane part = pane_part(pane, 0, top, list, left - foot);
    list_draw(&opened, &part);
    if (each) {
        part = pane_part(pane, list + 1, top, pane->columns - list - 1, left - foot);
        hex_draw(&packet, &opened, &part, each);
    }
    part = pane_part(pane, 0, pane->rows - foot, pane->columns, foot);
    explanation_draw(&packet, &opened, &part);
}

const struct stage_view stage_view_packet = {
    .id = "packet",
    .title = N_("packet, field by field"),
    .place = STAGE_PLACE_half,
    .least = 5,
    .elastic = true,
    .rows = packet_rows,
    .draw = packet_draw,
};
