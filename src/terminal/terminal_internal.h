/* What the files of this room share. */
#ifndef LOCKSTEP_TERMINAL_INTERNAL_H
#define LOCKSTEP_TERMINAL_INTERNAL_H

#include "terminal/terminal.h"
#include "terminal/terminal_decode.h"
#include "terminal/terminal_keys.h"

#include <signal.h>
#include <stdio.h>
#include <termios.h>

/* ---- what the terminal is (terminal_description.c) ---- */
struct description {
    char name[64];
    bool moves_cursor, has_mouse; /* the latter: it reports clicks in a way that we understand */
    bool is_console;              /* of Linux: no Chinese, 512 signs */
    bool is_plain;                /* as is_console, vt100, dumb: takes nothing that is not in its description */
    bool is_nested;               /* tmux, screen: what answers is not the terminal that paints */
    struct decode_keys keys;
};
/* False: there is no description of that name. */
bool description_load(struct description *, const char *name);
/* Whether the person's locale says that the terminal shows UTF-8, whatever the program's own locale is. */
bool description_is_utf8(void);

/* ---- asking the terminal (terminal_probe.c) ---- */
enum { PROBE_TYPED = 1024 };
struct probe {
    bool ask_background;
    int ambiguous;     /* columns of an ambiguous character: 1, 2; 3 and more: it knows no UTF-8; 0: no answer */
    double background; /* relative luminance 0 to 1 as WCAG has it; -1: no answer */
    char typed[PROBE_TYPED];
    size_t typed_count; /* what came besides the answers */
};
/* `descriptor` is the terminal, in raw mode. Takes at most 150 ms. */
void probe_terminal(int descriptor, struct probe *);
/* Takes the answers out of what has come so far; true when nothing more needs to be waited for. */
bool probe_take(struct probe *);

/* ---- themes (terminal_theme.c) ---- */
struct look {
    short foreground, background; /* -1: the ground's */
    unsigned attributes;          /* sum of enum emphasis */
};
enum theme_colours { COLOURS_none, COLOURS_8, COLOURS_256 };
/* A look with its ground put in. */
struct look theme_look(enum theme, enum theme_colours, enum role);
/* Makes ncurses' pairs (role + 1) of it. `own_ground`: the terminal's own background is what the theme wants. */
void theme_apply(enum theme, enum theme_colours, bool own_ground);
/* What to begin with where nobody has said: of the environment and of the probe's luminance. */
enum theme theme_default(double background);
bool theme_is_on_light(enum theme);

/* ---- signals (terminal_signals.c) ---- */
bool signals_open(void);
void signals_close(void);
/* Readable when one has come. */
int signals_descriptor(void);
/* True if it has come since the last time; SIGWINCH, SIGTSTP, SIGCONT, SIGTERM, SIGHUP, SIGINT. */
bool signals_take(int number);
bool signals_waiting(void);
/* Stops this process as a person's Ctrl-Z would. Returns when it is continued, or at once where nobody could. */
void signals_stop(void);

/* ---- where ncurses writes a frame (terminal_sheet.c) ---- */
struct sheet {
    FILE *
        stream; /* for newterm(): the terminal, by a descriptor of its own; a file in memory while a frame is written */
    int memory; /* -1: there is none, ncurses writes to the terminal */
    char *text;
    size_t room;
};
/* False: not even the descriptor could be had (errno). */
bool sheet_open(struct sheet *);
void sheet_close(struct sheet *);
/* What ncurses writes from here on is kept. False: it goes to the terminal as it comes. */
bool sheet_begin(struct sheet *);
/* Ends that: what was kept, between `before` and `after`; valid until the next. NULL: no memory, it is lost. */
char *sheet_end(struct sheet *, const char *before, const char *after, size_t *length);

/* ---- fewer bytes for the same screen (terminal_thrift.c) ---- */
/* A frame that ncurses has written for a terminal which knows ECMA-48's renditions (bold can be turned off by itself: so do
 * all of 256 colours), in place: what is shown is the same, and so is the rendition at its end. Returns its length, which
 * is not greater. */
size_t thrift_frame(char *bytes, size_t length);

/* ---- the screen ---- */
struct shown {
    uint32_t code, marks[CANVAS_MARKS];
    uint8_t width, role, emphasis;
};

enum { INPUT_MAX = 1024 };

struct terminal {
    struct terminal_options options;
    struct description description;
    struct keys keys;
    bool utf8, wide_ambiguous, mouse_on, taken;
    double background;
    enum theme theme;
    enum theme_colours colours;
    bool default_colours; /* the terminal's own can be had */
    struct termios modes; /* before us */
    void *screen;         /* ncurses' SCREEN */
    struct sheet sheet;

    unsigned columns, rows;
    struct shown *shown; /* what ncurses was given last, row by row */
    struct shown *made;  /* what the cells come to, before spaces are given the look of what is before them */
    struct cell *drawn;  /* and the cells that it was made of, to see at once what is the same */
    bool repaint;
    bool plain[ROLE_COUNT]; /* an empty cell of this role is nothing but ground, in the theme that is shown */
    struct terminal_cursor cursor;

    enum terminal_mode mode;
    char input[INPUT_MAX];
    size_t input_count;
    long long input_at; /* when the last of it came, ms */
    bool gone, resumed, resized;
    int gone_signal;
    char keys_text[256];
};

void terminal_take(struct terminal *);  /* the screen, at the start and again after terminal_give */
void terminal_give(struct terminal *);  /* the screen back */
void terminal_mouse(struct terminal *); /* on or off as options and mode want it */
/* Looks at the size; true if it is another. */
bool terminal_resize_to_fit(struct terminal *);
/* Continued by somebody after a stop that was not ours: the screen may be the shell's by now. */
void terminal_continued(struct terminal *);
bool paint_resize(struct terminal *, unsigned columns, unsigned rows);
/* All of it; waits for a terminal that is not ready. */
void terminal_send(const char *bytes, size_t length);
void terminal_write(const char *text);

/* The character that this terminal can show in the place of `code` of `width` columns; it has as many. */
uint32_t paint_character(const struct terminal *, uint32_t code, unsigned width);

#endif
