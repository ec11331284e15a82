/* The terminal: a canvas becomes a screen, keys become requests. The only room that knows ncurses. One terminal at a time.
 *
 * Way of a frame: the caller draws on a canvas of terminal_size() and gives it to terminal_show(), which sends only what
 * has changed. Way of a key: terminal_read() waits for one thing that the person did. */
#ifndef LOCKSTEP_TERMINAL_TERMINAL_H
#define LOCKSTEP_TERMINAL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "stage/canvas.h"

enum request {
    REQUEST_none,
#define REQUEST_GROUP(title)
#define REQUEST(id, name, help) REQUEST_##id,
#include "terminal/requests.def"
#undef REQUEST
#undef REQUEST_GROUP
    REQUEST_COUNT
};

enum theme { THEME_dark, THEME_light, THEME_contrast, THEME_mono, THEME_COUNT };
const char *theme_name(enum theme);                 /* "dark", "light", "high-contrast", "mono" */
enum theme theme_by_name(const char *name);         /* THEME_COUNT: no such */

struct terminal_options {
    int theme;           /* enum theme, -1: find out (NO_COLOR, COLORFGBG, OSC 11 outside tmux and screen, else dark) */
    bool ascii;          /* never ask the terminal: ASCII signs */
    bool no_color;
    bool mouse;
    const char *keys;    /* the file of default bindings (required) */
    const char *own_keys; /* the person's, NULL none; a missing file is none */
    /* Told just before the screen is taken and just after it was given back (supervisor). May be NULL. */
    void (*entered)(void);
    void (*left)(void);
};

struct terminal;

/* Takes the screen of descriptors 0 and 1. STATUS_ENVIRONMENT-like failures say what is missing (no terminal, TERM dumb or
 * unknown, no cursor movement) and what to do (--plain). A wrong line in a key file: STATUS_USAGE, with file:line. */
enum status terminal_open(const struct terminal_options *, struct terminal **, struct message *);
/* Gives the screen back as it was. May be NULL. */
void terminal_close(struct terminal *);

unsigned terminal_columns(const struct terminal *);
unsigned terminal_rows(const struct terminal *);
/* What was found out: whether signs must be ASCII, whether Chinese can be shown (not on a Linux console, nor without
 * UTF-8), whether there is colour. */
bool terminal_wants_ascii(const struct terminal *);
bool terminal_shows_chinese(const struct terminal *);
enum theme terminal_theme(const struct terminal *);
/* False: this terminal has no colours; only mono. */
bool terminal_set_theme(struct terminal *, enum theme);

/* Shows the canvas; what is outside the terminal's size is left out. `cursor`: where the cursor is parked (a screen
 * reader follows it) or, `typing`, shown. */
struct terminal_cursor { unsigned column, row; bool typing; };
void terminal_show(struct terminal *, const struct canvas *, struct terminal_cursor);
/* The next terminal_show sends everything. */
void terminal_forget(struct terminal *);

enum terminal_event_kind {
    TERMINAL_nothing, /* the time is over */
    TERMINAL_request, /* of the bindings in force; `digit` 1 to 9 for REQUEST_choose */
    TERMINAL_text,    /* while typing (terminal_type): UTF-8 in `text`, full-width characters as they came */
    TERMINAL_edit,    /* while typing: `edit`; in `text` the control character that asked for it, if it was one */
    TERMINAL_resize,
    TERMINAL_mouse,   /* column, row; button 1, or 4 / 5 for the wheel */
    TERMINAL_resumed, /* after a stop: draw everything */
    TERMINAL_unknown, /* a key without a binding; its name in `text` */
    TERMINAL_gone     /* hang-up, end of input, SIGTERM: leave now; `signal` if it was one */
};
enum terminal_edit { EDIT_enter, EDIT_cancel, EDIT_erase, EDIT_erase_word, EDIT_erase_all, EDIT_left, EDIT_right, EDIT_home, EDIT_end, EDIT_up, EDIT_down, EDIT_page_up, EDIT_page_down, EDIT_complete, EDIT_end_of_file };
struct terminal_event {
    enum terminal_event_kind kind;
    enum request request;
    int digit;
    enum terminal_edit edit;
    char text[64];
    size_t length;       /* of text; raw bytes may hold zeros */
    unsigned column, row;
    int button;
    int signal;
};
/* What bytes mean: keys (bindings, full-width twins accepted), typing (a line of text), or raw (every byte is for the
 * guest, Ctrl-] gives EDIT_cancel). */
enum terminal_mode { TERMINAL_keys, TERMINAL_typing, TERMINAL_raw };
void terminal_set_mode(struct terminal *, enum terminal_mode);

/* Waits at most `timeout_ms` (-1: for ever) for one event, or until `also` (a descriptor, -1 none) is readable
 * (TERMINAL_nothing then). */
struct terminal_event terminal_read(struct terminal *, int timeout_ms, int also);
/* Whether terminal_read would return something at once. Cheap: asked many times a second while a guest computes. */
bool terminal_pending(struct terminal *);
/* Stops us (Ctrl-Z): the screen is given back, and taken again when we are continued. */
void terminal_suspend(struct terminal *);

/* ---- bindings ---- */
const char *request_name(enum request);
const char *request_help(enum request);              /* English, to be translated */
enum request request_by_name(const char *name);      /* REQUEST_none */
/* The keys of a request as a person reads them, "space, ->, PgDn"; the first alone with `first`. Borrowed until the next
 * call. "" if it has none. */
const char *terminal_keys_of(const struct terminal *, enum request, bool first);

#endif
