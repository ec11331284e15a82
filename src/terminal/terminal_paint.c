/* A canvas becomes a screen: what differs from what ncurses was given last is given to it, and ncurses finds the fewest
 * bytes. Nothing else in lockstep gives ncurses text. */
#include "terminal/terminal_internal.h"

#include "base/escape.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#define NCURSES_NOMACROS
#include <curses.h>

#define PAINT_BEGIN "\033[?2026h" /* the terminal shows nothing ... */
#define PAINT_END "\033[?2026l"   /* ... until here: no half of a frame is seen */

/* By a terminal that is not ready (a stopped one, a slow line) we wait, as ncurses does. */
void terminal_send(const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, length);
        if (written < 0 && errno == EAGAIN) {
            struct pollfd ready = {.fd = STDOUT_FILENO, .events = POLLOUT};
            poll(&ready, 1, 1000);
        } else if (written < 0 && errno != EINTR) {
            return;
        } else if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
}

void terminal_write(const char *text)
{
    terminal_send(text, strlen(text));
}

/* ---- what this terminal can show ---- */

static bool is_ambiguous(uint32_t code)
{
    static const struct {
        uint16_t first, last;
    } ranges[] = {
#define AMBIGUOUS(first, last) {first, last},
#include "terminal/terminal_ambiguous.def"
#undef AMBIGUOUS
    };
    size_t low = 0, high = sizeof ranges / sizeof *ranges;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code > ranges[middle].last)
            low = middle + 1;
        else if (code < ranges[middle].first)
            high = middle;
        else
            return true;
    }
    return false;
}

/* A sign that says nearly the same in ASCII: that of the glyph table, if it is one of its. */
static uint32_t ascii_twin(uint32_t code)
{
    for (int glyph = 0; glyph < GLYPH_COUNT; glyph++)
        if (glyph_code((enum glyph)glyph, false) == code)
            return glyph_code((enum glyph)glyph, true);
    if (code >= 0xFF01 && code <= 0xFF5E)
        return code - 0xFEE0;
    if (code >= 0x2500 && code <= 0x257F) {
        static const char horizontal[] =
            "\u2500\u2501\u2504\u2505\u2508\u2509\u254C\u254D\u2550\u2574\u2576\u2578\u257A";
        static const char vertical[] = "\u2502\u2503\u2506\u2507\u250A\u250B\u254E\u254F\u2551\u2575\u2577\u2579\u257B";
        char text[5] = {0};
        press_utf8(code, text);
        return strstr(horizontal, text) ? '-' : strstr(vertical, text) ? '|' : '+';
    }
    static const struct {
        uint16_t code;
        char twin;
    } twins[] = {{0x00A0, ' '}, {0x00B0, 'o'},  {0x00B1, '~'},  {0x00B7, '.'}, {0x00D7, 'x'}, {0x00F7, '/'},
                 {0x2010, '-'}, {0x2011, '-'},  {0x2012, '-'},  {0x2013, '-'}, {0x2014, '-'}, {0x2015, '-'},
                 {0x2016, '|'}, {0x2018, '\''}, {0x2019, '\''}, {0x201C, '"'}, {0x201D, '"'}, {0x2022, '*'},
                 {0x2026, '.'}, {0x2032, '\''}, {0x2033, '"'},  {0x2190, '<'}, {0x2191, '^'}, {0x2192, '>'},
                 {0x2193, 'v'}, {0x2212, '-'},  {0x2215, '/'},  {0x2217, '*'}, {0x2223, '|'}, {0x2236, ':'},
                 {0x223C, '~'}, {0x2264, '<'},  {0x2265, '>'},  {0x25A0, '#'}, {0x25CF, '*'}, {0x3000, ' '},
                 {0x3001, ','}, {0x3002, '.'}};
    for (size_t i = 0; i < sizeof twins / sizeof *twins; i++)
        if (twins[i].code == code)
            return (unsigned char)twins[i].twin;
    return '?';
}

uint32_t paint_character(const struct terminal *terminal, uint32_t code, unsigned width)
{
    if (code < 0x20 || code == 0x7F)
        return code ? '?' : ' ';
    if (code < 0x7F)
        return code;
    if (!terminal->utf8 || terminal->description.is_console)
        return ascii_twin(code);
    if (terminal->wide_ambiguous && is_ambiguous(code))
        return ascii_twin(code);
    /* The C library's table decides what ncurses thinks: where it differs from ours the row would be torn. */
    return wcwidth((wchar_t)code) == (int)width ? code : '?';
}

/* ---- giving cells to ncurses ---- */

static struct shown cell_shown(const struct terminal *terminal, const struct cell *cell)
{
    bool is_ascii = cell->code >= 0x20 && cell->code < 0x7F;
    struct shown shown = {.code = is_ascii ? cell->code : paint_character(terminal, cell->code, cell->width),
                          .role = cell->role < ROLE_COUNT ? cell->role : ROLE_text,
                          .emphasis = cell->emphasis,
                          .width = cell->width};
    for (int i = 0; i < CANVAS_MARKS && shown.code == cell->code; i++)
        if (cell->marks[i] && terminal->utf8 && !terminal->description.is_console &&
            wcwidth((wchar_t)cell->marks[i]) == 0)
            shown.marks[i] = cell->marks[i];
    return shown;
}

/* The cell at a place of the row, as it is to be shown; `wide` becomes true if it is the left half of a wide character. */
static void row_cell(const struct terminal *terminal, const struct canvas *canvas, unsigned column, unsigned row,
                     struct shown *out)
{
    const struct cell *cell = canvas_cell(canvas, column, row);
    bool is_right_half = cell->code == 0 && cell->width == 0;
    *out = cell_shown(terminal, cell);
    if (!is_right_half && cell->width == 2 && out->code < 0x80) {
        out->width = 1; /* its right half gets the same */
    } else if (is_right_half && column > 0) {
        struct shown left = cell_shown(terminal, canvas_cell(canvas, column - 1, row));
        *out = left;
        if (left.code < 0x80)
            out->width = 1;
        else
            out->code = 0, out->width = 0, out->marks[0] = out->marks[1] = 0;
    } else if (!is_right_half && cell->width == 2 && column + 1 >= terminal->columns) {
        out->code = ' '; /* half of it would be outside */
        out->width = 1;
        out->marks[0] = out->marks[1] = 0;
    }
    if (out->code && out->width == 0)
        out->width = 1;
}

static attr_t attributes_of(unsigned emphasis)
{
    return (emphasis & EMPHASIS_bold ? A_BOLD : A_NORMAL) | (emphasis & EMPHASIS_reverse ? A_REVERSE : A_NORMAL) |
           (emphasis & EMPHASIS_underline ? A_UNDERLINE : A_NORMAL);
}

static void give(const struct terminal *terminal, const struct shown *shown, cchar_t *out)
{
    wchar_t text[CANVAS_MARKS + 2] = {(wchar_t)shown->code};
    int length = 1;
    for (int i = 0; i < CANVAS_MARKS; i++)
        if (shown->marks[i])
            text[length++] = (wchar_t)shown->marks[i];
    struct look look = theme_look(terminal->theme, terminal->colours, (enum role)shown->role);
    /* Reversed within reversed is plain: so it stands out there, too. */
    unsigned emphasis =
        (look.attributes | (shown->emphasis & ~(unsigned)EMPHASIS_reverse)) ^ (shown->emphasis & EMPHASIS_reverse);
    bool coloured = terminal->colours != COLOURS_none && terminal->theme != THEME_mono;
    setcchar(out, text, attributes_of(emphasis), coloured ? (short)(shown->role + 1) : 0, NULL);
}

/* Gives the columns from `first` to `last`, which are whole characters, both of what was and of what will be. */
static void give_run(struct terminal *terminal, const struct shown *cells, unsigned row, unsigned first, unsigned last)
{
    cchar_t run[CANVAS_SIDE_MAX];
    int count = 0;
    for (unsigned column = first; column <= last; column++)
        if (cells[column].code)
            give(terminal, &cells[column], &run[count++]);
    mvadd_wchnstr((int)row, (int)first, run, count);
}

/* Brings the row that would be shown up to date where its cells have changed. False: nowhere, as in most rows of most
 * frames. */
static bool row_update(struct terminal *terminal, const struct canvas *canvas, unsigned row)
{
    struct cell *before = terminal->drawn + (size_t)row * terminal->columns;
    struct shown *made = terminal->made + (size_t)row * terminal->columns;
    bool changed = false, left_changed = false;
    if (canvas_columns(canvas) >= terminal->columns && row < canvas_rows(canvas) &&
        memcmp(before, canvas_cell(canvas, 0, row), terminal->columns * sizeof *before) == 0)
        return false;
    for (unsigned column = 0; column < terminal->columns; column++) {
        const struct cell *now = canvas_cell(canvas, column, row);
        bool differs = memcmp(&before[column], now, sizeof *now) != 0;
        if (differs || left_changed) /* what is in the right half of a wide character depends on the left */
            row_cell(terminal, canvas, column, row, &made[column]);
        if (differs)
            before[column] = *now;
        left_changed = differs;
        changed = changed || differs;
    }
    return changed;
}

/* Whether an empty cell of this look is nothing but ground. */
static bool is_ground(const struct terminal *terminal, const struct shown *shown)
{
    return terminal->plain[shown->role] && !(shown->emphasis & (EMPHASIS_reverse | EMPHASIS_underline));
}

enum { SPARED = 3 /* spaces in a row */ };

/* A space shows no colour but the ground's: a few of them take the look of what is before them, which spares the bytes
 * that would change the colour and change it back; many are plain, so that they stay as they are when that changes. */
static void spare_spaces(const struct terminal *terminal, struct shown *cells, unsigned columns)
{
    for (unsigned column = 0; column < columns;) {
        unsigned end = column;
        while (end < columns && cells[end].code == ' ' && is_ground(terminal, &cells[end]))
            end++;
        bool few = column > 0 && end < columns && end - column <= SPARED && is_ground(terminal, &cells[column - 1]);
        for (unsigned i = column; i < end; i++) {
            cells[i].role = few ? cells[column - 1].role : ROLE_text;
            cells[i].emphasis = few ? cells[column - 1].emphasis : EMPHASIS_none;
        }
        column = end + 1;
    }
}

/* True if something was different. */
static bool paint_row(struct terminal *terminal, const struct canvas *canvas, unsigned row)
{
    struct shown cells[CANVAS_SIDE_MAX];
    struct shown *was = terminal->shown + (size_t)row * terminal->columns;
    unsigned columns = terminal->columns;
    bool changed = false;
    if (!row_update(terminal, canvas, row))
        return false;
    memcpy(cells, terminal->made + (size_t)row * columns, columns * sizeof *cells);
    spare_spaces(terminal, cells, columns);
    for (unsigned column = 0; column < columns; column++) {
        if (memcmp(&cells[column], &was[column], sizeof *was) == 0)
            continue;
        unsigned first = column, last = column;
        while (first > 0 && (cells[first].code == 0 || was[first].code == 0))
            first--;
        while (last + 1 < columns && (cells[last + 1].code == 0 || was[last + 1].code == 0 ||
                                      memcmp(&cells[last + 1], &was[last + 1], sizeof *was) != 0))
            last++;
        give_run(terminal, cells, row, first, last);
        column = last;
        changed = true;
    }
    if (changed)
        memcpy(was, cells, columns * sizeof *was);
    return changed;
}

/* ---- frames ---- */

bool paint_resize(struct terminal *terminal, unsigned columns, unsigned rows)
{
    columns = columns < 1 ? 1 : columns > CANVAS_SIDE_MAX ? CANVAS_SIDE_MAX : columns;
    rows = rows < 1 ? 1 : rows > CANVAS_SIDE_MAX ? CANVAS_SIDE_MAX : rows;
    struct shown *shown = calloc((size_t)columns * rows, sizeof *shown);
    struct shown *made = calloc((size_t)columns * rows, sizeof *made);
    struct cell *drawn = calloc((size_t)columns * rows, sizeof *drawn);
    if (!shown || !made || !drawn) {
        free(shown);
        free(made);
        free(drawn);
        return false;
    }
    free(terminal->shown);
    free(terminal->made);
    free(terminal->drawn);
    terminal->shown = shown;
    terminal->made = made;
    terminal->drawn = drawn;
    terminal->columns = columns;
    terminal->rows = rows;
    terminal->repaint = true;
    return true;
}

void terminal_forget(struct terminal *terminal)
{
    terminal->repaint = true;
}

static void paint_ground(struct terminal *terminal)
{
    struct look ground = theme_look(terminal->theme, terminal->colours, ROLE_text);
    for (unsigned role = 0; role < ROLE_COUNT; role++) {
        struct look look = theme_look(terminal->theme, terminal->colours, (enum role)role);
        terminal->plain[role] = look.background == ground.background &&
                                !(look.attributes & (unsigned)(EMPHASIS_reverse | EMPHASIS_underline));
    }
    cchar_t blank;
    struct shown text = {.code = ' ', .role = ROLE_text};
    give(terminal, &text, &blank);
    bkgrndset(&blank);
    werase(stdscr);
    clearok(curscr, TRUE);
    memset(terminal->shown, 0xFF, (size_t)terminal->columns * terminal->rows * sizeof *terminal->shown);
    memset(terminal->drawn, 0xFF, (size_t)terminal->columns * terminal->rows * sizeof *terminal->drawn);
    terminal->repaint = false;
}

static void paint_flush(struct terminal *terminal)
{
    bool plain = terminal->description.is_plain;
    size_t length;
    if (!sheet_begin(&terminal->sheet)) {
        refresh();
        return;
    }
    refresh();
    char *frame = sheet_end(&terminal->sheet, plain ? "" : PAINT_BEGIN, plain ? "" : PAINT_END, &length);
    if (frame)
        terminal_send(frame, terminal->colours == COLOURS_256 && !plain ? thrift_frame(frame, length) : length);
    else
        terminal->repaint = true; /* the next frame makes it good */
}

void terminal_show(struct terminal *terminal, const struct canvas *canvas, struct terminal_cursor cursor)
{
    bool changed = terminal->repaint;
    if (!terminal->taken)
        return;
    if (terminal->repaint)
        paint_ground(terminal);
    for (unsigned row = 0; row < terminal->rows; row++)
        changed = paint_row(terminal, canvas, row) || changed;
    cursor.column = cursor.column < terminal->columns ? cursor.column : terminal->columns - 1;
    cursor.row = cursor.row < terminal->rows ? cursor.row : terminal->rows - 1;
    bool moved = cursor.column != terminal->cursor.column || cursor.row != terminal->cursor.row;
    bool shows = cursor.typing != terminal->cursor.typing;
    terminal->cursor = cursor;
    move((int)cursor.row, (int)cursor.column);
    if (shows)
        curs_set(cursor.typing ? 1 : 0);
    if (changed)
        paint_flush(terminal);
    else if (moved || shows)
        refresh();
}
