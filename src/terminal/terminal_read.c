/* Waits for what the person does: bytes, signals, the end of the terminal. ncurses is not asked (terminal_decode.c says
 * why). A lone ESC is the key when 25 ms later nothing has followed it; the rest of a sequence is waited for longer. */
#include "terminal/terminal_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { READ_ESCAPE = 25, READ_SEQUENCE = 250 /* ms */, READ_END_RAW = 0x1D /* Ctrl-] */ };

static long long read_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void terminal_set_mode(struct terminal *terminal, enum terminal_mode mode)
{
    terminal->mode = mode;
    terminal_mouse(terminal);
}

/* ---- the bytes that have come ---- */

static void drop(struct terminal *terminal, size_t count)
{
    terminal->input_count -= count;
    memmove(terminal->input, terminal->input + count, terminal->input_count);
}

static long long patience(const struct terminal *terminal)
{
    return terminal->input_at + (terminal->input_count == 1 ? READ_ESCAPE : READ_SEQUENCE);
}

/* Reads what is there; notices the end. */
static void fill(struct terminal *terminal)
{
    if (terminal->input_count == sizeof terminal->input)
        return;
    ssize_t got =
        read(STDIN_FILENO, terminal->input + terminal->input_count, sizeof terminal->input - terminal->input_count);
    if (got > 0) {
        terminal->input_count += (size_t)got;
        terminal->input_at = read_now();
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
        terminal->gone = true;
    }
}

static bool take_raw(struct terminal *terminal, struct terminal_event *event)
{
    size_t count = 0;
    if (terminal->input_count == 0)
        return false;
    if (terminal->input[0] == READ_END_RAW) {
        *event = (struct terminal_event){.kind = TERMINAL_edit, .edit = EDIT_cancel};
        drop(terminal, 1);
        return true;
    }
    while (count < terminal->input_count && count < sizeof event->text - 1 && terminal->input[count] != READ_END_RAW)
        count++;
    *event = (struct terminal_event){.kind = TERMINAL_text, .length = count};
    memcpy(event->text, terminal->input, count);
    drop(terminal, count);
    return true;
}

static bool edit_of(uint32_t key, enum terminal_edit *edit)
{
    static const struct {
        uint32_t key;
        enum terminal_edit edit;
    } edits[] = {
        {PRESS_enter, EDIT_enter},     {PRESS_escape, EDIT_cancel},       {'c' - 'a' + 1, EDIT_cancel},
        {PRESS_backspace, EDIT_erase}, {'w' - 'a' + 1, EDIT_erase_word},  {'u' - 'a' + 1, EDIT_erase_all},
        {PRESS_left, EDIT_left},       {PRESS_right, EDIT_right},         {'b' - 'a' + 1, EDIT_left},
        {'f' - 'a' + 1, EDIT_right},   {PRESS_home, EDIT_home},           {PRESS_end, EDIT_end},
        {'a' - 'a' + 1, EDIT_home},    {'e' - 'a' + 1, EDIT_end},         {PRESS_up, EDIT_up},
        {PRESS_down, EDIT_down},       {'d' - 'a' + 1, EDIT_end_of_file}, {READ_END_RAW, EDIT_cancel},
        {PRESS_pageup, EDIT_page_up},  {PRESS_pagedown, EDIT_page_down},  {PRESS_tab, EDIT_complete},
    };
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++)
        if (edits[i].key == key) {
            *edit = edits[i].edit;
            return true;
        }
    return false;
}

static void typed(struct terminal *terminal, uint32_t key, struct terminal_event *event)
{
    if (edit_of(key, &event->edit)) {
        event->kind = TERMINAL_edit;
        event->length = key < ' ';
        event->text[0] = (char)(key < ' ' ? key : 0);
    } else if (key >= ' ' && key < PRESS_first) {
        event->kind = TERMINAL_text;
        event->length = press_utf8(key, event->text);
    } else if (key < ' ') { /* Ctrl-L and Ctrl-Z are wanted while typing, too */
        event->request = keys_request(&terminal->keys, key);
        event->kind = event->request ? TERMINAL_request : TERMINAL_unknown;
    }
}

static void pressed(struct terminal *terminal, uint32_t key, struct terminal_event *event)
{
    event->kind = TERMINAL_unknown;
    if (terminal->mode == TERMINAL_typing)
        typed(terminal, key, event);
    else
        event->request = keys_request(&terminal->keys, key);
    if (event->request)
        event->kind = TERMINAL_request;
    if (event->request == REQUEST_choose)
        event->digit = (int)(press_plain(key) - '0');
    if (event->kind == TERMINAL_unknown) {
        press_name(key, event->text);
        event->length = strlen(event->text);
    }
}

/* The next event out of the bytes that are there. */
static bool take(struct terminal *terminal, struct terminal_event *event)
{
    if (terminal->mode == TERMINAL_raw)
        return take_raw(terminal, event);
    while (terminal->input_count > 0) {
        struct decoded decoded;
        bool over =
            terminal->gone || terminal->input_count == sizeof terminal->input || read_now() >= patience(terminal);
        size_t used = decode_next(&terminal->description.keys, terminal->input, terminal->input_count, over, &decoded);
        if (used == 0)
            return false;
        drop(terminal, used);
        *event = (struct terminal_event){.kind = TERMINAL_nothing};
        if (decoded.kind == DECODED_key) {
            pressed(terminal, decoded.key, event);
            return true;
        }
        if (decoded.kind == DECODED_click) {
            *event = (struct terminal_event){
                .kind = TERMINAL_mouse, .button = decoded.button, .column = decoded.column, .row = decoded.row};
            return true;
        }
    }
    return false;
}

/* ---- signals ---- */

static bool take_signal(struct terminal *terminal, struct terminal_event *event)
{
    static const int ends[] = {SIGTERM, SIGHUP, SIGINT};
    if (signals_waiting()) {
        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
            if (signals_take(ends[i])) {
                terminal->gone = true;
                terminal->gone_signal = ends[i];
            }
        if (!terminal->gone && signals_take(SIGTSTP))
            terminal_suspend(terminal);
        if (!terminal->gone && signals_take(SIGCONT))
            terminal_continued(terminal);
        if (signals_take(SIGWINCH) && terminal_resize_to_fit(terminal))
            terminal->resized = true;
    }
    *event = (struct terminal_event){.kind = TERMINAL_nothing};
    if (terminal->gone_signal) {
        *event = (struct terminal_event){.kind = TERMINAL_gone, .signal = terminal->gone_signal};
    } else if (terminal->resized) {
        event->kind = TERMINAL_resize;
        terminal->resized = false;
    } else if (terminal->resumed) {
        event->kind = TERMINAL_resumed;
        terminal->resumed = false;
    }
    return event->kind != TERMINAL_nothing;
}

/* ---- waiting ---- */

/* How long to wait at most: until the person's patience or that with a sequence ends. */
static int wait_at_most(const struct terminal *terminal, long long end)
{
    long long now = read_now(), until = end;
    if (terminal->input_count > 0 && terminal->mode != TERMINAL_raw && (until < 0 || patience(terminal) < until))
        until = patience(terminal);
    if (until < 0)
        return -1;
    return until > now ? (int)(until - now) : 0;
}

struct terminal_event terminal_read(struct terminal *terminal, int timeout_ms, int also)
{
    struct terminal_event event = {.kind = TERMINAL_nothing};
    long long end = timeout_ms < 0 ? -1 : read_now() + timeout_ms;
    for (;;) {
        if (take_signal(terminal, &event) || take(terminal, &event))
            return event;
        if (terminal->gone)
            return (struct terminal_event){.kind = TERMINAL_gone};
        struct pollfd watched[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                   {.fd = signals_descriptor(), .events = POLLIN},
                                   {.fd = also, .events = POLLIN}};
        int ready = poll(watched, 3, wait_at_most(terminal, end));
        if (ready < 0 && errno != EINTR)
            terminal->gone = true; /* no descriptors to poll: nothing will ever come */
        if (ready > 0 && watched[0].revents)
            fill(terminal);
        else if (ready > 0 && watched[2].revents && !watched[1].revents)
            return (struct terminal_event){.kind = TERMINAL_nothing};
        else if (ready == 0 && end >= 0 && read_now() >= end) {
            if (take(terminal, &event))
                return event;
            return (struct terminal_event){.kind = TERMINAL_nothing};
        }
    }
}

bool terminal_pending(struct terminal *terminal)
{
    if (terminal->gone || terminal->resumed || terminal->resized || signals_waiting())
        return true;
    if (terminal->input_count > 0) {
        struct decoded decoded;
        if (terminal->mode == TERMINAL_raw ||
            decode_next(&terminal->description.keys, terminal->input, terminal->input_count,
                        read_now() >= patience(terminal), &decoded) > 0)
            return true;
    }
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 0) > 0;
}
