/* The screen: what a frame takes in time and in bytes, and how soon a key is answered. A child draws on a pseudo-terminal,
 * this process plays the terminal and counts. The peer of a key is a child that answers with 128 bytes and does nothing
 * else. */
#include "bench.h"

#include "terminal/terminal.h"

#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { FRAMES = 300, KEYS = 500, QUIET = 20 /* ms without a byte: all has come */, ANSWER = 128, PACE = 100, SCENE_STEPS = 20 };

enum kind { CELL, STEP, REDRAW, REPAINT, KINDS };

static const struct {
    const char *what;
    const char *target[3];
} kinds[KINDS] = {
    [CELL] = {"one cell changes", {"50 us, 128 B", "50 us, 128 B", "50 us, 128 B"}},
    [STEP] = {"a typical step, all drawn anew", {"60 us, 256 B", "", ""}},
    [REDRAW] = {"all drawn anew, one cell differs", {"0.2 ms", "0.6 ms", "1.5 ms"}},
    [REPAINT] = {"forced repaint (Ctrl-L)", {"", "", ""}},
};

/* Between the two processes: how long each frame took, as the child saw it. */
struct shared {
    double times[KINDS][FRAMES];
};

/* Something like a screen with four panes. */
static void draw(struct canvas *canvas, unsigned frame, enum kind kind)
{
    struct pane pane = pane_whole(canvas);
    int columns = (int)canvas_columns(canvas), rows = (int)canvas_rows(canvas);
    unsigned step = kind == STEP ? frame : 0;
    canvas_clear(canvas);
    canvas_over(canvas, true);
    for (int row = 1; row < rows - 10; row++)
        for (int column = 0; column + 20 <= columns; column += 20)
            pane_format(&pane, column, row, EMPHASIS_none, (enum role)(ROLE_code + (row + column / 20) % 6),
                        "%2d] = b + c; 中文 ", row);
    pane_format(&pane, 0, 0, EMPHASIS_none, ROLE_bar, " lockstep  step %-6u", step);
    for (int task = 0; task < 4; task++) { /* one becomes ready, one runs */
        bool runs = (unsigned)task == step % 4;
        pane_glyph(&pane, 2, 2 + task, EMPHASIS_none, runs ? ROLE_running : ROLE_ready,
                   runs ? GLYPH_running : GLYPH_ready);
    }
    for (unsigned column = 0; kind == STEP && column <= frame % (unsigned)columns; column++) /* a timeline grows */
        for (unsigned lane = 0; lane < 4; lane++)
            pane_glyph(&pane, (int)column, rows - 8 + (int)lane, EMPHASIS_none, ROLE_running,
                       lane == column % 4 ? GLYPH_running_lane : GLYPH_line);
    pane_format(&pane, 0, rows - 2, EMPHASIS_none, ROLE_say, "Thread %u locks the mutex m%u and goes on. ", step % 4,
                step % 7);
    pane_glyph(&pane, columns / 2, rows / 2, EMPHASIS_none, ROLE_changed, frame % 2 ? GLYPH_right : GLYPH_wrong);
}

static struct terminal *open_terminal(const char *keys, struct canvas **canvas)
{
    struct terminal_options options = {.theme = THEME_dark, .keys = keys};
    struct terminal *terminal = NULL;
    struct message message;
    setlocale(LC_CTYPE, "C.UTF-8");
    if (terminal_open(&options, &terminal, &message) != STATUS_OK) {
        fprintf(stderr, "%s\n", message.text);
        _exit(1);
    }
    *canvas = canvas_new(terminal_columns(terminal), terminal_rows(terminal), false);
    if (!*canvas)
        _exit(1);
    return terminal;
}

/* For each kind: a frame to begin with, a byte to the counter, its frames, a byte again; each byte is answered. */
static void child_frames(const char *keys, struct shared *shared, int tell, int hear)
{
    struct canvas *canvas;
    struct terminal *terminal = open_terminal(keys, &canvas);
    char byte = 0;
    for (enum kind kind = 0; kind < KINDS; kind++) {
        draw(canvas, 0, kind);
        terminal_show(terminal, canvas, (struct terminal_cursor){0});
        if (write(tell, "", 1) != 1 || read(hear, &byte, 1) != 1)
            _exit(1);
        for (unsigned frame = 1; frame <= FRAMES; frame++) {
            double begin = bench_now();
            if (kind == REPAINT)
                terminal_forget(terminal);
            if (kind == CELL) {
                struct pane pane = pane_whole(canvas);
                pane_glyph(&pane, (int)canvas_columns(canvas) / 2, (int)canvas_rows(canvas) / 2, EMPHASIS_none,
                           ROLE_changed, frame % 2 ? GLYPH_right : GLYPH_wrong);
            } else {
                draw(canvas, frame, kind);
            }
            terminal_show(terminal, canvas, (struct terminal_cursor){0});
            shared->times[kind][frame - 1] = bench_now() - begin;
        }
        if (write(tell, "", 1) != 1 || read(hear, &byte, 1) != 1)
            _exit(1);
    }
    terminal_close(terminal);
    _exit(0);
}

static void child_keys(const char *keys)
{
    struct canvas *canvas;
    struct terminal *terminal = open_terminal(keys, &canvas);
    for (unsigned frame = 0;; frame++) {
        draw(canvas, frame, STEP);
        terminal_show(terminal, canvas, (struct terminal_cursor){0});
        if (terminal_read(terminal, -1, -1).kind == TERMINAL_gone)
            _exit(0);
    }
}

static void child_bare(void)
{
    char answer[ANSWER], key;
    struct termios modes;
    memset(answer, 'x', sizeof answer);
    tcgetattr(0, &modes);
    cfmakeraw(&modes);
    tcsetattr(0, TCSANOW, &modes);
    do
        if (write(1, answer, sizeof answer) < 0)
            break;
    while (read(0, &key, 1) == 1);
    _exit(0);
}

/* Reads until there has been nothing for a while. */
static size_t drain(int master)
{
    char bytes[65536];
    size_t all = 0;
    struct pollfd ready = {.fd = master, .events = POLLIN};
    while (poll(&ready, 1, QUIET) > 0) {
        ssize_t got = read(master, bytes, sizeof bytes);
        if (got <= 0)
            break;
        if (memmem(bytes, (size_t)got, "\033[6n", 4) && write(master, "\033[1;2R", 6) != 6)
            break;
        all += (size_t)got;
    }
    return all;
}

static pid_t start(unsigned columns, unsigned rows, int *master)
{
    struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
    fflush(NULL);
    pid_t pid = forkpty(master, NULL, NULL, &size);
    if (pid < 0) {
        perror("bench");
        exit(1);
    }
    if (pid == 0) {
        setenv("TERM", "xterm-256color", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        unsetenv("TMUX");
    }
    return pid;
}

static void finish(pid_t pid, int master)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(master);
}

/* Counts all bytes until the child has said that it is done. */
static size_t count_until(int master, int told)
{
    struct pollfd ready[] = {{.fd = master, .events = POLLIN}, {.fd = told, .events = POLLIN}};
    char byte;
    size_t all = 0;
    while (poll(ready, 2, -1) > 0 && !ready[1].revents)
        all += drain(master);
    if (read(told, &byte, 1) != 1)
        return 0;
    return all + drain(master);
}

static void frames(const char *keys, struct shared *shared, int size)
{
    static const unsigned sizes[][2] = {{80, 24}, {120, 40}, {200, 60}};
    int master, tell[2], hear[2];
    if (pipe(tell) < 0 || pipe(hear) < 0)
        return;
    pid_t pid = start(sizes[size][0], sizes[size][1], &master);
    if (pid == 0)
        child_frames(keys, shared, tell[1], hear[0]);
    close(tell[1]);
    close(hear[0]);
    for (enum kind kind = 0; kind < KINDS; kind++) {
        char what[64], took[64];
        count_until(master, tell[0]);
        if (write(hear[1], "", 1) != 1)
            break;
        size_t bytes = count_until(master, tell[0]);
        snprintf(what, sizeof what, "%s, %ux%u", kinds[kind].what, sizes[size][0], sizes[size][1]);
        double middle = bench_median(shared->times[kind], FRAMES);
        snprintf(took, sizeof took, "%.0f us, %zu B", middle / 1e3, bytes / FRAMES);
        bench_row(what, took, "", "", kinds[kind].target[size]);
        if (write(hear[1], "", 1) != 1)
            break;
    }
    finish(pid, master);
    close(tell[0]);
    close(hear[1]);
}

/* ---- a scene ---- */

/* Kilobytes of memory that only this process has, or its share of (proc_pid_smaps_rollup(5), Pss); 0: gone. */
static long memory_of(pid_t pid)
{
    char path[64], line[256];
    long kilobytes = 0;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Pss: %ld kB", &kilobytes) == 1)
            break;
    if (file)
        fclose(file);
    return kilobytes;
}

/* The supervisor and its child; the guests are not counted. */
static long memory_of_lockstep(pid_t supervisor)
{
    char path[64];
    int child = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", supervisor, supervisor);
    FILE *file = fopen(path, "r");
    if (file && fscanf(file, "%d", &child) != 1)
        child = 0;
    if (file)
        fclose(file);
    return memory_of(supervisor) + (child > 0 ? memory_of(child) : 0);
}

/* Reads until a whole frame has come. */
static bool until_frame(int master)
{
    static const char end[] = "\033[?2026l";
    char bytes[65536];
    size_t have = 0;
    struct pollfd ready = {.fd = master, .events = POLLIN};
    while (have < sizeof bytes && poll(&ready, 1, 5000) > 0) {
        ssize_t got = read(master, bytes + have, sizeof bytes - have);
        if (got <= 0)
            return false;
        if (memmem(bytes + have, (size_t)got, "\033[6n", 4) && write(master, "\033[1;2R", 6) != 6)
            return false;
        have += (size_t)got;
        if (memmem(bytes, have, end, sizeof end - 1))
            return true;
    }
    return false;
}

static void a_scene(const struct bench *bench, const char *scene)
{
    static double steps[SCENE_STEPS];
    char what[64], took[64];
    int master, count = 0;
    double begin = bench_now();
    pid_t pid = start(80, 24, &master);
    if (pid == 0) {
        execl(bench->lockstep, "lockstep", "play", scene, "--no-animation", NULL);
        _exit(1);
    }
    if (!until_frame(master))
        fprintf(stderr, "bench: no frame of scene %s\n", scene);
    snprintf(took, sizeof took, "%.0f ms", (bench_now() - begin) / 1e6);
    snprintf(what, sizeof what, "scene %s, start to first frame", scene);
    bench_row(what, took, "", "", "50 ms");
    drain(master);
    struct pollfd answer = {.fd = master, .events = POLLIN};
    while (count < SCENE_STEPS && write(master, " ", 1) == 1 && poll(&answer, 1, 2000) > 0)
        steps[count++] = (double)drain(master);
    snprintf(took, sizeof took, "%.0f B (%.0f to %.0f)", bench_median(steps, (size_t)count),
             bench_quantile(steps, (size_t)count, 0), bench_quantile(steps, (size_t)count, 1));
    snprintf(what, sizeof what, "scene %s, a step, 80x24", scene);
    bench_row(what, took, "", "", "");
    snprintf(took, sizeof took, "%.1f MB", (double)memory_of_lockstep(pid) / 1024);
    snprintf(what, sizeof what, "scene %s, memory", scene);
    bench_row(what, took, "", "", "20 MB");
    finish(pid, master);
}

/* From a key to the first byte that answers it. */
static void keys_to_bytes(int master, const char *key, int count, double *times)
{
    char bytes[65536];
    drain(master);
    for (int i = 0; i < count; i++) {
        double begin = bench_now();
        struct pollfd ready = {.fd = master, .events = POLLIN};
        if (write(master, key, strlen(key)) < 0 || poll(&ready, 1, 2000) <= 0)
            return;
        times[i] = bench_now() - begin;
        do /* the rest of the answer, so that it is not taken for the next */
            if (read(master, bytes, sizeof bytes) <= 0)
                return;
        while (poll(&ready, 1, 2) > 0);
    }
}

static void keys_answered(const char *keys)
{
    static double ours[KEYS], bare[KEYS];
    int master, peer;
    char took[64], other[64], ratio[16];
    pid_t pid = start(80, 24, &master);
    if (pid == 0)
        child_keys(keys);
    pid_t peer_pid = start(80, 24, &peer);
    if (peer_pid == 0)
        child_bare();
    keys_to_bytes(master, " ", KEYS, ours);
    keys_to_bytes(peer, " ", KEYS, bare);
    double half = bench_quantile(ours, KEYS, 0.5), most = bench_quantile(ours, KEYS, 0.99);
    snprintf(took, sizeof took, "%.2f ms, p99 %.2f ms", half / 1e6, most / 1e6);
    snprintf(other, sizeof other, "%.2f ms, p99 %.2f ms", bench_quantile(bare, KEYS, 0.5) / 1e6,
             bench_quantile(bare, KEYS, 0.99) / 1e6);
    snprintf(ratio, sizeof ratio, "%.1fx", half / bench_quantile(bare, KEYS, 0.5));
    bench_row("key to first byte, 80x24", took, other, ratio, "0.2 ms, p99 1 ms");
    keys_to_bytes(master, "\033", PACE, ours);
    snprintf(took, sizeof took, "%.1f ms, p99 %.1f ms", bench_quantile(ours, PACE, 0.5) / 1e6,
             bench_quantile(ours, PACE, 0.99) / 1e6);
    bench_row("Esc to first byte", took, "", "", "30 ms");
    finish(pid, master);
    finish(peer_pid, peer);
}

void bench_screen(const struct bench *bench)
{
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return;
    for (int size = 0; size < 3; size++)
        frames(bench->keys, shared, size);
    keys_answered(bench->keys);
    a_scene(bench, "race");
    a_scene(bench, "deadlock");
    munmap(shared, sizeof *shared);
}
