/* Opens and closes the screen, gives it back for a while, follows its size. Must leave no way out on which the terminal is
 * not given back, except a crash, which is the supervisor's to clean up: there are no handlers for those here. */
#include "terminal/terminal_internal.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NCURSES_NOMACROS
#include <curses.h>

#define FALLBACK "xterm-256color"

static const char mouse_on[] = "\033[?1000h\033[?1006h", mouse_off[] = "\033[?1006l\033[?1000l";

/* ---- the screen's modes ---- */

/* Shift and the mouse are the terminal's own selection, in all that we know. */
void terminal_mouse(struct terminal *terminal)
{
    bool wanted = terminal->taken && terminal->options.mouse && terminal->description.has_mouse &&
                  terminal->mode != TERMINAL_raw; /* clicks would be bytes for the guest */
    if (wanted != terminal->mouse_on)
        terminal_write(wanted ? mouse_on : mouse_off);
    terminal->mouse_on = wanted;
}

void terminal_take(struct terminal *terminal)
{
    if (terminal->options.entered)
        terminal->options.entered();
    terminal->taken = true;
    clearok(curscr, TRUE);
    refresh(); /* after endwin() this sets the modes again, and shows what was there */
    terminal_mouse(terminal);
    terminal->resumed = true;
    if (terminal_resize_to_fit(terminal))
        terminal->resized = true;
}

void terminal_give(struct terminal *terminal)
{
    if (!terminal->taken)
        return;
    terminal->taken = false;
    terminal_mouse(terminal);
    endwin();
    tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal->modes);
    if (terminal->options.left)
        terminal->options.left();
}

void terminal_suspend(struct terminal *terminal)
{
    terminal_give(terminal);
    signals_stop();
    terminal_take(terminal);
}

void terminal_continued(struct terminal *terminal)
{
    if (!terminal->taken)
        return;
    /* Continued in the background (bg): what a program does there that wants the terminal is to stop. */
    if (tcgetpgrp(STDIN_FILENO) != getpgrp())
        raise(SIGTTOU);
    endwin(); /* else ncurses would not enter the alternate screen, as it believes that it is there */
    terminal_take(terminal);
}

bool terminal_resize_to_fit(struct terminal *terminal)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
        return false;
    if (size.ws_col == terminal->columns && size.ws_row == terminal->rows)
        return false;
    if (!paint_resize(terminal, size.ws_col, size.ws_row))
        return false; /* no memory: the old size is left as it is */
    resize_term((int)terminal->rows, (int)terminal->columns);
    return true;
}

/* ---- opening ---- */

static enum status open_description(struct terminal *terminal, struct message *message)
{
    const char *name = getenv("TERM");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return message_set(message, STATUS_ENVIRONMENT,
                           _("There is no terminal to draw on (input and output must both be one). `--plain` tells the "
                             "run line by line, without one."));
    if (!name || !*name)
        return message_set(
            message, STATUS_ENVIRONMENT,
            _("TERM is not set, so it is not known how to draw on this terminal. Set it (TERM=%s suits most), "
              "or use `--plain`."),
            FALLBACK);
    if (!description_load(&terminal->description, name) && !description_load(&terminal->description, FALLBACK))
        return message_set(
            message, STATUS_ENVIRONMENT,
            _("This machine knows no terminal \"%.40s\" (TERM), nor %s. Install ncurses-base or ncurses-term, or "
              "use `--plain`."),
            name, FALLBACK);
    if (!terminal->description.moves_cursor)
        return message_set(message, STATUS_ENVIRONMENT,
                           _("A terminal \"%.40s\" (TERM) cannot move its cursor. If yours can, set TERM=%s; else use "
                             "`--plain`."),
                           name, FALLBACK);
    return STATUS_OK;
}

static enum status open_keys(struct terminal *terminal, struct message *message)
{
    enum status status = keys_read_file(&terminal->keys, terminal->options.keys, message);
    if (status == STATUS_OK && terminal->options.own_keys) {
        status = keys_read_file(&terminal->keys, terminal->options.own_keys, message);
        if (status == STATUS_NOT_FOUND) {
            if (message)
                message->text[0] = '\0';
            status = STATUS_OK;
        }
    }
    return status;
}

static void open_probe(struct terminal *terminal)
{
    struct probe probe = {.ask_background = terminal->options.theme < 0 && !terminal->description.is_nested};
    terminal->background = -1;
    if (terminal->options.ascii || !terminal->utf8 || terminal->description.is_plain)
        return;
    struct termios raw = terminal->modes;
    cfmakeraw(&raw);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
    probe_terminal(STDIN_FILENO, &probe);
    terminal->wide_ambiguous = probe.ambiguous == 2;
    if (probe.ambiguous > 2)
        terminal->utf8 = false; /* it showed the three bytes one by one */
    terminal->background = probe.background;
    memcpy(terminal->input, probe.typed, probe.typed_count);
    terminal->input_count = probe.typed_count;
}

static void open_colours(struct terminal *terminal)
{
    terminal->colours = COLOURS_none;
    if (has_colors() && start_color() == OK && COLOR_PAIRS > ROLE_COUNT) {
        /* Where there are more than 256, the numbers beyond the first eight are colours themselves. */
        terminal->colours = COLORS == 256 ? COLOURS_256 : COLORS >= 8 ? COLOURS_8 : COLOURS_none;
        terminal->default_colours = use_default_colors() == OK;
    }
    enum theme theme = terminal->options.no_color     ? THEME_mono
                       : terminal->options.theme >= 0 ? (enum theme)terminal->options.theme
                                                      : theme_default(terminal->background);
    if (!terminal_set_theme(terminal, theme))
        terminal_set_theme(terminal, THEME_mono);
}

static enum status open_screen(struct terminal *terminal, struct message *message)
{
    use_env(FALSE); /* COLUMNS and LINES of a shell are those of its start */
    use_tioctl(TRUE);
    if (sheet_open(&terminal->sheet))
        terminal->screen = newterm(terminal->description.name, terminal->sheet.stream, stdin);
    if (!terminal->screen)
        return message_set(message, STATUS_ENVIRONMENT,
                           _("The terminal \"%.40s\" cannot be used. `--plain` does without."),
                           terminal->description.name);
    raw(); /* Ctrl-C and Ctrl-Z are keys */
    noecho();
    nonl();        /* Enter is the byte that it is */
    typeahead(-1); /* a frame that was begun is finished */
    keypad(stdscr, TRUE);
    curs_set(0);
    open_colours(terminal);
    if (!paint_resize(terminal, (unsigned)COLS, (unsigned)LINES))
        return message_set(message, STATUS_MEMORY, _("There is no memory for a screen."));
    terminal_resize_to_fit(terminal);
    return STATUS_OK;
}

enum status terminal_open(const struct terminal_options *options, struct terminal **out, struct message *message)
{
    struct terminal *terminal = calloc(1, sizeof *terminal);
    *out = NULL;
    if (!terminal)
        return message_set(message, STATUS_MEMORY, _("There is no memory for a screen."));
    terminal->options = *options;
    enum status status = open_description(terminal, message);
    if (status == STATUS_OK)
        status = open_keys(terminal, message);
    if (status == STATUS_OK && (tcgetattr(STDIN_FILENO, &terminal->modes) != 0 || !signals_open()))
        status = message_set(message, STATUS_ENVIRONMENT, _("The terminal's modes cannot be had. Use `--plain`."));
    if (status != STATUS_OK) {
        free(terminal);
        return status;
    }
    if (options->entered)
        options->entered();
    terminal->taken = true;
    terminal->utf8 = description_is_utf8();
    fflush(stdout);
    open_probe(terminal);
    status = open_screen(terminal, message);
    if (status != STATUS_OK) {
        terminal_close(terminal);
        return status;
    }
    terminal_mouse(terminal);
    *out = terminal;
    return STATUS_OK;
}

void terminal_close(struct terminal *terminal)
{
    if (!terminal)
        return;
    if (terminal->screen) {
        terminal_give(terminal);
        delscreen(terminal->screen);
    } else if (terminal->taken) {
        tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal->modes);
        if (terminal->options.left)
            terminal->options.left();
    }
    signals_close();
    sheet_close(&terminal->sheet);
    free(terminal->shown);
    free(terminal->made);
    free(terminal->drawn);
    free(terminal);
}

/* ---- what was found out ---- */

unsigned terminal_columns(const struct terminal *terminal)
{
    return terminal->columns;
}

unsigned terminal_rows(const struct terminal *terminal)
{
    return terminal->rows;
}

bool terminal_wants_ascii(const struct terminal *terminal)
{
    return terminal->options.ascii || !terminal->utf8 || terminal->wide_ambiguous || terminal->description.is_plain;
}

bool terminal_shows_chinese(const struct terminal *terminal)
{
    return terminal->utf8 && !terminal->description.is_console;
}

enum theme terminal_theme(const struct terminal *terminal)
{
    return terminal->theme;
}

bool terminal_set_theme(struct terminal *terminal, enum theme theme)
{
    if (theme >= THEME_COUNT || (theme != THEME_mono && terminal->colours == COLOURS_none))
        return false;
    terminal->theme = theme;
    /* The terminal's own ground only where it is known to be (nearly) that of the theme. */
    bool own_ground = terminal->default_colours && terminal->background >= 0 &&
                      (theme_is_on_light(theme) ? terminal->background > 0.9 : terminal->background < 0.01);
    if (theme != THEME_mono)
        theme_apply(theme, terminal->colours, own_ground);
    terminal->repaint = true;
    return true;
}

const char *terminal_keys_of(const struct terminal *terminal, enum request request, bool first)
{
    /* A cache of the answer, not a part of what the terminal is. */
    char *text = ((struct terminal *)(uintptr_t)terminal)->keys_text;
    keys_of(&terminal->keys, request, first, text, sizeof terminal->keys_text);
    return text;
}
