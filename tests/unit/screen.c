/* A terminal with a program in it (screen.h). Knows nothing of lockstep; any program may be looked at. */
#include "screen.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

enum { EMULATED_LEAST = 4 /* libvterm 0.3 crashes on wide characters where they have no room */ };
enum { SCREEN_PATIENCE = 30000 /* ms */, SCREEN_ROW_BYTES = 1000 * 4 * VTERM_MAX_CHARS_PER_CELL + 1 };

struct screen {
    int master, news, orders; /* of the pseudo-terminal; from the shell; to it */
    pid_t shell, pid;
    bool has_ended, closed; /* the program; all of its output was read */
    int status, stopped;
    unsigned columns, rows;
    struct screen_options options;
    VTerm *vterm;
    VTermScreen *cells;
    bool alternate, cursor_visible, mouse;
    char *output, *text;
    size_t length, shown, room; /* of the output: read; given to the terminal */
    char row[SCREEN_ROW_BYTES];
};

static void screen_fail(const char *what)
{
    fprintf(stderr, "screen: %s: %s\n", what, strerror(errno));
    abort();
}

/* ---- the shell ---- */

/* From the shell: the program's pid first, then a wait status whenever it stops, and when it ends. To it: a byte for
 * "continue". */
static void shell_run(const struct screen_options *options, int news, int orders, void (*job)(const void *))
    __attribute__((noreturn));
static void shell_run(const struct screen_options *options, int news, int orders, void (*job)(const void *))
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGTTOU, SIG_IGN);
    signal(SIGTTIN, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    pid_t pid = fork();
    if (pid < 0)
        _exit(99);
    if (pid == 0) {
        close(news);
        close(orders);
        setpgid(0, 0);
        tcsetpgrp(0, getpid());
        job(options);
        _exit(98);
    }
    setpgid(pid, pid);
    tcsetpgrp(0, pid);
    int status = pid;
    do {
        if (write(news, &status, sizeof status) != (ssize_t)sizeof status)
            break;
        char order;
        if (status != pid && WIFSTOPPED(status)) {
            tcsetpgrp(0, getpgrp());
            if (read(orders, &order, 1) != 1)
                break;
            tcsetpgrp(0, pid);
            kill(-pid, SIGCONT);
        }
        while (waitpid(pid, &status, WUNTRACED) < 0 && errno == EINTR)
            continue;
    } while (WIFSTOPPED(status));
    if (write(news, &status, sizeof status) < 0)
        _exit(97);
    kill(-pid, SIGKILL);
    _exit(0);
}

static void job_environment(const char *const *changes)
{
    static const char *const unset[] = {"LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LANGUAGE",  "COLUMNS",       "LINES",
                                        "TMUX",   "STY",      "NO_COLOR",    "COLORFGBG", "REDUCED_MOTION"};
    for (size_t i = 0; i < sizeof unset / sizeof *unset; i++)
        unsetenv(unset[i]);
    setenv("TERM", "xterm-256color", 1);
    setenv("LANG", "C.UTF-8", 1);
    for (; changes && *changes; changes++) {
        char name[128];
        const char *equals = strchr(*changes, '=');
        if (!equals) {
            unsetenv(*changes);
            continue;
        }
        snprintf(name, sizeof name, "%.*s", (int)(equals - *changes), *changes);
        setenv(name, equals + 1, 1);
    }
}

static void job_run(const void *given)
{
    const struct screen_options *options = given;
    for (int number = 1; number < NSIG; number++)
        if (number != SIGKILL && number != SIGSTOP)
            signal(number, SIG_DFL);
    job_environment(options->environment);
    if (!options->program) {
        int status = options->child(options->context);
        fflush(NULL);
        _exit(status);
    }
    char *arguments[64] = {strdup(options->program)};
    for (int i = 0; options->arguments && options->arguments[i] && i < 62; i++)
        arguments[i + 1] = strdup(options->arguments[i]);
    execv(options->program, arguments);
    perror(options->program);
}

/* ---- the emulator ---- */

static void screen_write(struct screen *screen, const void *bytes, size_t length)
{
    const char *next = bytes;
    while (length > 0 && screen->master >= 0) {
        ssize_t written = write(screen->master, next, length);
        if (written < 0 && errno == EAGAIN) {
            struct pollfd ready = {.fd = screen->master, .events = POLLOUT};
            if (poll(&ready, 1, SCREEN_PATIENCE) <= 0)
                return;
            continue;
        }
        if (written < 0)
            return; /* the program is gone, which will be seen by reading */
        next += written;
        length -= (size_t)written;
    }
}

/* What libvterm answers, as this terminal would have said it. */
static void on_answer(const char *bytes, size_t length, void *user)
{
    struct screen *screen = user;
    char text[32];
    int row, column;
    if (screen->options.answers == SCREEN_SILENT)
        return;
    snprintf(text, sizeof text, "%.*s", (int)(length < sizeof text ? length : sizeof text - 1), bytes);
    if (screen->options.answers == SCREEN_WIDE && sscanf(text, "\033[%d;%dR", &row, &column) == 2 && column == 2) {
        screen_write(screen, text, (size_t)snprintf(text, sizeof text, "\033[%d;3R", row));
        return;
    }
    screen_write(screen, bytes, length);
}

static int on_property(VTermProp property, VTermValue *value, void *user)
{
    struct screen *screen = user;
    if (property == VTERM_PROP_ALTSCREEN)
        screen->alternate = value->boolean;
    else if (property == VTERM_PROP_CURSORVISIBLE)
        screen->cursor_visible = value->boolean;
    else if (property == VTERM_PROP_MOUSE)
        screen->mouse = value->number != VTERM_PROP_MOUSE_NONE;
    return 1;
}

static int on_osc(const char *command, size_t length, void *user)
{
    struct screen *screen = user;
    if (length >= 4 && strncmp(command, "11;?", 4) == 0 && screen->options.background &&
        screen->options.answers != SCREEN_SILENT) {
        screen_write(screen, "\033]11;", 5);
        screen_write(screen, screen->options.background, strlen(screen->options.background));
        screen_write(screen, "\033\\", 2);
    }
    return 1;
}

static void screen_emulate(struct screen *screen)
{
    static const VTermScreenCallbacks callbacks = {.settermprop = on_property};
    static const VTermParserCallbacks unknown = {.osc = on_osc};
    screen->vterm = vterm_new((int)screen->rows, (int)screen->columns);
    vterm_set_utf8(screen->vterm, 1);
    vterm_output_set_callback(screen->vterm, on_answer, screen);
    screen->cells = vterm_obtain_screen(screen->vterm);
    vterm_screen_set_callbacks(screen->cells, &callbacks, screen);
    vterm_screen_set_unrecognised_fallbacks(screen->cells, &unknown, screen);
    vterm_screen_enable_altscreen(screen->cells, 1);
    screen->cursor_visible = true;
    vterm_screen_reset(screen->cells, 1);
}

/* ---- start and end ---- */

struct screen *screen_start(const struct screen_options *options)
{
    struct screen *screen = calloc(1, sizeof *screen);
    int slave, news[2], orders[2];
    if (!screen || pipe2(news, O_CLOEXEC) < 0 || pipe2(orders, O_CLOEXEC) < 0)
        screen_fail("cannot start");
    screen->options = *options;
    screen->columns = options->columns ? options->columns : 80;
    screen->rows = options->rows ? options->rows : 24;
    struct winsize size = {.ws_col = (unsigned short)screen->columns, .ws_row = (unsigned short)screen->rows};
    if (openpty(&screen->master, &slave, NULL, NULL, &size) < 0)
        screen_fail("no pseudo-terminal");
    /* A Ctrl-C in the cooked modes after the end makes the kernel throw away output that is not read yet (termios(3),
     * NOFLSH): a terminal that is slower than its person. Here what was written is always read. */
    struct termios modes;
    tcgetattr(slave, &modes);
    modes.c_lflag |= NOFLSH;
    tcsetattr(slave, TCSANOW, &modes);
    fcntl(screen->master, F_SETFD, FD_CLOEXEC);
    fcntl(screen->master, F_SETFL, O_NONBLOCK);
    screen_emulate(screen);
    if (options->typed)
        screen_type(screen, options->typed);
    fflush(NULL);
    screen->shell = fork();
    if (screen->shell < 0)
        screen_fail("cannot fork");
    if (screen->shell == 0) {
        setsid();
        ioctl(slave, TIOCSCTTY, 0);
        for (int descriptor = 0; descriptor < 3; descriptor++)
            dup2(slave, descriptor);
        if (slave > 2)
            close(slave);
        close(screen->master);
        close(news[0]);
        close(orders[1]);
        shell_run(options, news[1], orders[0], job_run);
    }
    close(slave);
    close(news[1]);
    close(orders[0]);
    screen->news = news[0];
    screen->orders = orders[1];
    if (read(screen->news, &screen->pid, sizeof screen->pid) != (ssize_t)sizeof screen->pid)
        screen_fail("the program was not started");
    return screen;
}

void screen_end(struct screen *screen)
{
    if (!screen)
        return;
    if (!screen->has_ended) /* else its number may be another's by now */
        kill(-screen->pid, SIGKILL);
    kill(screen->shell, SIGKILL);
    while (waitpid(screen->shell, NULL, 0) < 0 && errno == EINTR)
        continue;
    if (screen->master >= 0)
        close(screen->master);
    close(screen->news);
    close(screen->orders);
    vterm_free(screen->vterm);
    free(screen->output);
    free(screen->text);
    free(screen);
}

/* ---- the person ---- */

void screen_send(struct screen *screen, const void *bytes, size_t length)
{
    screen_write(screen, bytes, length);
}

void screen_type(struct screen *screen, const char *keys)
{
    screen_write(screen, keys, strlen(keys));
}

void screen_resize(struct screen *screen, unsigned columns, unsigned rows)
{
    struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
    screen->columns = columns;
    screen->rows = rows;
    vterm_set_size(screen->vterm, rows < EMULATED_LEAST ? EMULATED_LEAST : (int)rows,
                   columns < EMULATED_LEAST ? EMULATED_LEAST : (int)columns);
    ioctl(screen->master, TIOCSWINSZ, &size);
}

void screen_hang_up(struct screen *screen)
{
    close(screen->master);
    screen->master = -1;
    screen->closed = true;
}

void screen_signal(struct screen *screen, int number)
{
    if (!screen->has_ended)
        kill(screen->pid, number);
}

int screen_pid(const struct screen *screen)
{
    return screen->pid;
}

/* ---- waiting ---- */

static long long screen_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void screen_take(struct screen *screen)
{
    char bytes[4096];
    ssize_t length = read(screen->master, bytes, sizeof bytes);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (length <= 0) {
        screen->closed = true; /* EIO: nobody holds the other end any more */
        return;
    }
    if (screen->length + (size_t)length + 1 > screen->room) {
        screen->room = 2 * (screen->length + sizeof bytes);
        screen->output = realloc(screen->output, screen->room);
        if (!screen->output)
            screen_fail("no memory");
    }
    memcpy(screen->output + screen->length, bytes, (size_t)length);
    screen->length += (size_t)length;
    screen->output[screen->length] = '\0';
}

static const char frame_begins[] = "\033[?2026h", frame_ends[] = "\033[?2026l";
enum { FRAME_MARK = sizeof frame_begins - 1 };

/* The terminal gets what was read up to the end of the next frame: so that every frame is looked at. */
static void screen_feed(struct screen *screen)
{
    size_t from = screen->shown > FRAME_MARK ? screen->shown - FRAME_MARK + 1 : 0, until = screen->length;
    for (const char *at = screen->output + from; (at = memmem(at, (size_t)(screen->output + screen->length - at),
                                                              frame_ends, FRAME_MARK)); at++) {
        size_t end = (size_t)(at - screen->output) + FRAME_MARK;
        if (end > screen->shown) {
            until = end;
            break;
        }
    }
    vterm_input_write(screen->vterm, screen->output + screen->shown, until - screen->shown);
    vterm_screen_flush_damage(screen->cells);
    screen->shown = until;
}

static void screen_hear(struct screen *screen)
{
    int status;
    if (read(screen->news, &status, sizeof status) != (ssize_t)sizeof status) {
        screen->has_ended = true;
        return;
    }
    if (WIFSTOPPED(status)) {
        screen->stopped = WSTOPSIG(status);
    } else {
        screen->has_ended = true;
        screen->status = status;
    }
}

/* One thing that happens; false: nothing more will, or not within the time. */
static bool screen_next(struct screen *screen, long long end)
{
    struct pollfd watched[] = {{.fd = screen->closed ? -1 : screen->master, .events = POLLIN},
                               {.fd = screen->has_ended ? -1 : screen->news, .events = POLLIN}};
    long long left = end - screen_now();
    if (screen->shown < screen->length) {
        screen_feed(screen);
        return true;
    }
    if ((screen->closed && screen->has_ended) || left <= 0)
        return false;
    if (poll(watched, 2, (int)left) <= 0)
        return errno == EINTR;
    if (watched[0].revents)
        screen_take(screen);
    else if (watched[1].revents) /* after the output that came before it */
        screen_hear(screen);
    return true;
}

/* A frame has begun (synchronised output, DEC mode 2026) and has not come in whole: no terminal would show it yet. */
static bool within_frame(const struct screen *screen)
{
    for (size_t at = screen->shown; at >= FRAME_MARK && !screen->closed; at--) {
        const char *here = screen->output + at - FRAME_MARK;
        if (memcmp(here, frame_ends, FRAME_MARK) == 0)
            return false;
        if (memcmp(here, frame_begins, FRAME_MARK) == 0)
            return true;
    }
    return false;
}

bool screen_until(struct screen *screen, bool (*holds)(struct screen *, const void *), const void *context)
{
    long long end = screen_now() + SCREEN_PATIENCE;
    while (within_frame(screen) || !holds(screen, context))
        if (!screen_next(screen, end)) {
            bool late = holds(screen, context);
            if (!late)
                fprintf(stderr, "screen: what was awaited did not come (%s, status %#x); the screen is:\n%s",
                        screen->has_ended ? "the program has ended" : "the program still runs",
                        (unsigned)screen->status, screen_text(screen));
            return late;
        }
    return true;
}

static bool holds_text(struct screen *screen, const void *text)
{
    return screen_find(screen, text, NULL, NULL);
}

static bool holds_no_text(struct screen *screen, const void *text)
{
    return !screen_find(screen, text, NULL, NULL);
}

static bool holds_ended(struct screen *screen, const void *context)
{
    (void)context;
    return screen->has_ended && screen->closed && screen->shown == screen->length;
}

static bool holds_stopped(struct screen *screen, const void *context)
{
    (void)context;
    return screen->stopped != 0;
}

bool screen_until_text(struct screen *screen, const char *text)
{
    return screen_until(screen, holds_text, text);
}

bool screen_until_no_text(struct screen *screen, const char *text)
{
    return screen_until(screen, holds_no_text, text);
}

int screen_until_ended(struct screen *screen)
{
    return screen_until(screen, holds_ended, NULL) ? screen->status : -1;
}

int screen_until_stopped(struct screen *screen)
{
    return screen_until(screen, holds_stopped, NULL) ? screen->stopped : 0;
}

bool screen_has_ended(const struct screen *screen)
{
    return screen->has_ended;
}

bool screen_has_stopped(const struct screen *screen)
{
    return screen->stopped != 0;
}

void screen_continue(struct screen *screen)
{
    screen->stopped = 0;
    if (write(screen->orders, "c", 1) != 1)
        screen_fail("the shell is gone");
}

/* ---- looking ---- */

unsigned screen_columns(const struct screen *screen)
{
    return screen->columns;
}

unsigned screen_rows(const struct screen *screen)
{
    return screen->rows;
}

static size_t put_utf8(uint32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)(first[length] | code);
    return length;
}

const char *screen_row(struct screen *screen, unsigned row)
{
    size_t length = 0, end = 0;
    for (unsigned column = 0; column < screen->columns; column++) {
        VTermScreenCell cell;
        VTermPos place = {.row = (int)row, .col = (int)column};
        if (!vterm_screen_get_cell(screen->cells, place, &cell) || cell.chars[0] == (uint32_t)-1)
            continue;
        if (cell.chars[0] == 0)
            screen->row[length++] = ' ';
        for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++)
            length += put_utf8(cell.chars[i], screen->row + length);
        if (cell.chars[0] != 0 && cell.chars[0] != ' ')
            end = length;
    }
    screen->row[end] = '\0';
    return screen->row;
}

const char *screen_text(struct screen *screen)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        screen_fail("no memory");
    for (unsigned row = 0; row < screen->rows; row++)
        fprintf(out, "%s\n", screen_row(screen, row));
    fclose(out);
    free(screen->text);
    screen->text = text;
    return text;
}

/* Columns that the first `bytes` bytes of a row take. */
static unsigned columns_before(struct screen *screen, unsigned row, size_t bytes)
{
    unsigned column = 0;
    for (size_t length = 0; column < screen->columns && length < bytes; column++) {
        VTermScreenCell cell;
        char scratch[4];
        VTermPos place = {.row = (int)row, .col = (int)column};
        if (!vterm_screen_get_cell(screen->cells, place, &cell) || cell.chars[0] == (uint32_t)-1)
            continue;
        length += cell.chars[0] == 0;
        for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++)
            length += put_utf8(cell.chars[i], scratch);
    }
    VTermScreenCell half;
    VTermPos place = {.row = (int)row, .col = (int)column};
    while (column > 0 && column < screen->columns && vterm_screen_get_cell(screen->cells, place, &half) &&
           half.chars[0] == (uint32_t)-1)
        place.col = (int)++column;
    return column;
}

bool screen_find(struct screen *screen, const char *text, unsigned *column, unsigned *row)
{
    for (unsigned i = 0; i < screen->rows; i++) {
        const char *line = screen_row(screen, i);
        const char *found = strstr(line, text);
        if (!found)
            continue;
        if (row)
            *row = i;
        if (column)
            *column = columns_before(screen, i, (size_t)(found - line));
        return true;
    }
    return false;
}

static int colour(const VTermColor *given)
{
    if (VTERM_COLOR_IS_DEFAULT_FG(given) || VTERM_COLOR_IS_DEFAULT_BG(given))
        return -1;
    return VTERM_COLOR_IS_INDEXED(given) ? given->indexed.idx : -2;
}

struct screen_cell screen_cell(struct screen *screen, unsigned column, unsigned row)
{
    VTermScreenCell cell = {0};
    VTermPos place = {.row = (int)row, .col = (int)column};
    if (!vterm_screen_get_cell(screen->cells, place, &cell))
        return (struct screen_cell){.foreground = -1, .background = -1};
    bool right_half = cell.chars[0] == (uint32_t)-1;
    return (struct screen_cell){
        .code = right_half ? 0 : cell.chars[0],
        .width = right_half ? 0 : cell.width,
        .bold = cell.attrs.bold,
        .reverse = cell.attrs.reverse,
        .underline = cell.attrs.underline != 0,
        .blink = cell.attrs.blink,
        .foreground = colour(&cell.fg),
        .background = colour(&cell.bg),
    };
}

bool screen_is_alternate(const struct screen *screen)
{
    return screen->alternate;
}

bool screen_cursor(const struct screen *screen, unsigned *column, unsigned *row)
{
    VTermPos place;
    vterm_state_get_cursorpos(vterm_obtain_state(screen->vterm), &place);
    if (column)
        *column = (unsigned)place.col;
    if (row)
        *row = (unsigned)place.row;
    return screen->cursor_visible;
}

bool screen_wants_mouse(const struct screen *screen)
{
    return screen->mouse;
}

struct termios screen_modes(const struct screen *screen)
{
    struct termios modes = {0};
    if (screen->master >= 0)
        tcgetattr(screen->master, &modes);
    return modes;
}

const char *screen_output(const struct screen *screen, size_t *length)
{
    *length = screen->length;
    return screen->output ? screen->output : "";
}
