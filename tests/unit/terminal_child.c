/* The program that terminal_child.h tells of. */
#include "terminal_child.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct child {
    struct terminal *terminal;
    struct canvas *canvas;
    struct terminal_child *wanted;
    unsigned row;
    bool over;
    int status;
};

static void child_say(struct child *child, const char *text)
{
    struct pane pane = pane_whole(child->canvas);
    canvas_over(child->canvas, true);
    child->row = child->row + 1 < canvas_rows(child->canvas) ? child->row + 1 : 1;
    pane_format(&pane, 0, (int)child->row, EMPHASIS_none, ROLE_text, "%-60s", text);
}

static void child_begin(struct child *child)
{
    struct terminal *terminal = child->terminal;
    unsigned columns = terminal_columns(terminal), rows = terminal_rows(terminal);
    if (!canvas_resize(child->canvas, columns, rows, terminal_wants_ascii(terminal)))
        abort();
    struct pane pane = pane_whole(child->canvas);
    child->row = 0;
    pane_format(&pane, 0, 0, EMPHASIS_none, ROLE_text, "%s %s %s %ux%u", theme_name(terminal_theme(terminal)),
                terminal_wants_ascii(terminal) ? "ascii" : "unicode",
                terminal_shows_chinese(terminal) ? "chinese" : "english", columns, rows);
    if (child->wanted->draw)
        child->wanted->draw(child->canvas);
}

static void child_request(struct child *child, const struct terminal_event *event)
{
    struct terminal *terminal = child->terminal;
    switch (event->request) {
    case REQUEST_quit:
        child->over = true;
        break;
    case REQUEST_theme:
        terminal_set_theme(terminal, (enum theme)((terminal_theme(terminal) + 1) % THEME_COUNT));
        child_begin(child);
        break;
    case REQUEST_command:
        terminal_set_mode(terminal, TERMINAL_typing);
        break;
    case REQUEST_input:
        terminal_set_mode(terminal, TERMINAL_raw);
        break;
    case REQUEST_suspend:
        terminal_suspend(terminal);
        break;
    case REQUEST_redraw:
        terminal_forget(terminal);
        break;
    default:
        break;
    }
}

static void child_event(struct child *child, const struct terminal_event *event)
{
    static const char *const edits[] = {"enter", "cancel",  "erase",     "erase word", "erase all",
                                        "left",  "right",   "home",      "end",        "up",
                                        "down",  "page up", "page down", "complete",   "end of file"};
    char text[512] = "";
    switch (event->kind) {
    case TERMINAL_nothing:
        return;
    case TERMINAL_request:
        snprintf(text, sizeof text, "request %s %d", request_name(event->request), event->digit);
        break;
    case TERMINAL_text:
        for (size_t i = 0; i < event->length; i++) {
            unsigned char byte = (unsigned char)event->text[i];
            snprintf(text + strlen(text), sizeof text - strlen(text), byte < 0x20 || byte == 0x7F ? "<%02X>" : "%c",
                     byte);
        }
        char shown[600];
        snprintf(shown, sizeof shown, "text %s", text);
        snprintf(text, sizeof text, "%.500s", shown);
        break;
    case TERMINAL_edit:
        snprintf(text, sizeof text, "edit %s", edits[event->edit]);
        if (event->edit == EDIT_cancel || event->edit == EDIT_enter)
            terminal_set_mode(child->terminal, TERMINAL_keys);
        break;
    case TERMINAL_resize:
        child_begin(child);
        snprintf(text, sizeof text, "resize %ux%u", terminal_columns(child->terminal), terminal_rows(child->terminal));
        break;
    case TERMINAL_mouse:
        snprintf(text, sizeof text, "mouse %d at %u,%u", event->button, event->column, event->row);
        break;
    case TERMINAL_resumed:
        snprintf(text, sizeof text, "resumed");
        break;
    case TERMINAL_unknown:
        snprintf(text, sizeof text, "unknown %s", event->text);
        break;
    case TERMINAL_gone:
        child->over = true;
        child->status = 50 + event->signal;
        return;
    }
    if (!child->wanted->draw)
        child_say(child, text);
    if (event->kind == TERMINAL_request)
        child_request(child, event);
}

int terminal_child_run(void *terminal_child)
{
    struct child child = {.wanted = terminal_child};
    struct message message = {""};
    char keys[512];
    setlocale(LC_CTYPE, "C.UTF-8");
    snprintf(keys, sizeof keys, "%s/assets/keys", getenv("LOCKSTEP_SOURCE") ? getenv("LOCKSTEP_SOURCE") : ".");
    if (!child.wanted->options.keys)
        child.wanted->options.keys = keys;
    if (terminal_open(&child.wanted->options, &child.terminal, &message) != STATUS_OK) {
        printf("refused: %s\n", message.text);
        return 2;
    }
    child.canvas = canvas_new(80, 24, false);
    if (!child.canvas)
        abort();
    child_begin(&child);
    while (!child.over) {
        terminal_show(child.terminal, child.canvas, (struct terminal_cursor){.column = 3, .row = 2});
        struct terminal_event event = terminal_read(child.terminal, -1, -1);
        child_event(&child, &event);
        if (child.wanted->draw && event.kind != TERMINAL_nothing)
            child_begin(&child);
    }
    canvas_free(child.canvas);
    terminal_close(child.terminal);
    if (child.wanted->after)
        printf("%s\n", child.wanted->after);
    return child.status;
}
