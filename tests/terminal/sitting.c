/* A person in front of lockstep (sitting.h). Nothing here waits for a time to pass. */
#include "sitting.h"
#include "terminal/terminal_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <ftw.h>
#include <pty.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 32, PATIENCE_MS = 30000, SITTINGS_MAX = 8 };

static char folder[64];
static struct screen *sittings[SITTINGS_MAX];

/* ---- where its things are ---- */

static int forget(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void forget_folder(void)
{
    nftw(folder, forget, 16, FTW_DEPTH | FTW_PHYS);
}

static pid_t owner;

static void forget_at_exit(void)
{
    if (getpid() == owner)
        forget_folder();
}

const char *sitting_folder(void)
{
    if (!folder[0]) {
        snprintf(folder, sizeof folder, "/tmp/lockstep-sitting-XXXXXX");
        assert_non_null(mkdtemp(folder));
        owner = getpid();
        atexit(forget_at_exit);
    }
    return folder;
}

void sitting_write(const char *path, const char *text)
{
    char whole[512];
    snprintf(whole, sizeof whole, "%s/%s", sitting_folder(), path);
    for (char *slash = strchr(whole + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(whole, 0700);
        *slash = '/';
    }
    FILE *file = fopen(whole, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

const char *sitting_built(const char *path)
{
    static char whole[2][4096];
    static unsigned next;
    const char *build = getenv("LOCKSTEP_BUILD");
    char *out = whole[next++ % 2];
    snprintf(out, sizeof whole[0], "%s/%s", build ? build : "build", path);
    return out;
}

/* ---- beginning ---- */

/* Until it is lockstep itself, and no more the test that started it, which takes signals in its own way. */
static void await_program(int pid)
{
    char path[64], program[4096];
    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    for (;;) {
        ssize_t length = readlink(path, program, sizeof program - 1);
        program[length > 0 ? length : 0] = '\0';
        const char *slash = strrchr(program, '/');
        if (!slash || strcmp(slash, "/lockstep") == 0)
            return;
        sched_yield();
    }
}

struct screen *sitting_start(const struct sitting_options *options)
{
    static const char *const homes[] = {"config", "state", "data", "cache"};
    static const char *const names[] = {"CONFIG", "STATE", "DATA", "CACHE"};
    const char *arguments[ARGUMENTS_MAX], *environment[ARGUMENTS_MAX];
    char texts[4][128];
    size_t count = 0, set = 0;
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* so that whoever is left behind is seen here */
    for (size_t i = 0; options->arguments && options->arguments[i] && count < ARGUMENTS_MAX - 2; i++) {
        arguments[count++] = options->arguments[i];
        if (i == 0 && !options->animated)
            arguments[count++] = "--no-animation"; /* behind the command's name */
    }
    if (count == 0 && !options->animated)
        arguments[count++] = "--no-animation";
    arguments[count] = NULL;
    for (size_t i = 0; i < 4; i++) {
        snprintf(texts[i], sizeof texts[i], "XDG_%s_HOME=%s/%s", names[i], sitting_folder(), homes[i]);
        environment[set++] = texts[i];
    }
    for (size_t i = 0; options->environment && options->environment[i] && set < ARGUMENTS_MAX - 1; i++)
        environment[set++] = options->environment[i];
    environment[set] = NULL;
    size_t place = 0;
    while (place < SITTINGS_MAX && sittings[place])
        place++;
    assert_true(place < SITTINGS_MAX);
    sittings[place] = screen_start(&(struct screen_options){.columns = options->columns ? options->columns : 100,
                                                            .rows = options->rows ? options->rows : 30,
                                                            .program = sitting_built("lockstep"),
                                                            .arguments = arguments,
                                                            .environment = environment});
    await_program(screen_pid(sittings[place]));
    return sittings[place];
}

void sitting_end(struct screen *screen)
{
    for (size_t i = 0; i < SITTINGS_MAX; i++) {
        if (sittings[i] == screen)
            sittings[i] = NULL;
    }
    screen_end(screen);
}

int sitting_end_rest(void **state)
{
    (void)state;
    for (size_t i = 0; i < SITTINGS_MAX; i++)
        sitting_end(sittings[i]);
    return 0;
}

struct screen *sitting_play(const char *scene, unsigned columns, unsigned rows)
{
    const char *const arguments[] = {"play", scene, NULL};
    struct screen *screen =
        sitting_start(&(struct sitting_options){.arguments = arguments, .columns = columns, .rows = rows});
    assert_true(screen_until_text(screen, "step 0"));
    return screen;
}

/* ---- typing ---- */

static bool holds_said(struct screen *screen, const void *key)
{
    char english[64], chinese[64];
    snprintf(english, sizeof english, "key %s does nothing", (const char *)key);
    snprintf(chinese, sizeof chinese, "%s 键在这里", (const char *)key);
    const char *row = screen_row(screen, screen_rows(screen) - 1);
    return strstr(row, english) || strstr(row, chinese);
}

void sitting_settle(struct screen *screen)
{
    /* Not bound, and never the same one twice, so that an old answer is not taken for the new one. */
    static const struct {
        const char *name, *bytes;
    } unbound[] = {{"f6", "\033[17~"},  {"f7", "\033[18~"},  {"f8", "\033[19~"}, {"f9", "\033[20~"},
                   {"f10", "\033[21~"}, {"f11", "\033[23~"}, {"f12", "\033[24~"}};
    static unsigned next;
    const char *key = unbound[++next % (sizeof unbound / sizeof *unbound)].name;
    screen_type(screen, unbound[next % (sizeof unbound / sizeof *unbound)].bytes);
    assert_true(screen_until(screen, holds_said, key));
}

void sitting_key_bytes(unsigned key, char out[16])
{
    static const struct {
        uint32_t key;
        const char *bytes;
    } sent[] = {
        {PRESS_up, "\033OA"},      {PRESS_down, "\033OB"},      {PRESS_right, "\033OC"},   {PRESS_left, "\033OD"},
        {PRESS_pageup, "\033[5~"}, {PRESS_pagedown, "\033[6~"}, {PRESS_home, "\033OH"},    {PRESS_end, "\033OF"},
        {PRESS_f1, "\033OP"},      {PRESS_f5, "\033[15~"},      {PRESS_delete, "\033[3~"}, {PRESS_tab, "\t"},
        {PRESS_enter, "\r"},       {PRESS_escape, "\033"},      {PRESS_backspace, "\177"},
    };
    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) {
        if (sent[i].key == key) {
            snprintf(out, 16, "%s", sent[i].bytes);
            return;
        }
    }
    out[press_utf8(key, out)] = '\0';
    if (key >= PRESS_first)
        fail_msg("no bytes are known of key %x", key);
}

void sitting_keys(struct screen *screen, const char *keys)
{
    screen_type(screen, keys);
    sitting_settle(screen);
}

long sitting_step(struct screen *screen)
{
    const char *row = screen_row(screen, 0), *step = strstr(row, " step "); /* not that of "lockstep" */
    if (step)
        return strtol(step + 6, NULL, 10);
    step = strstr(row, "第 ");
    return step ? strtol(step + strlen("第 "), NULL, 10) : -1;
}

long sitting_starts(struct screen *screen)
{
    screen_type(screen, ":status\r");
    assert_true(screen_until_text(screen, "the program was started "));
    unsigned row, column;
    assert_true(screen_find(screen, "the program was started ", &column, &row));
    return strtol(strstr(screen_row(screen, row), "was started ") + strlen("was started "), NULL, 10);
}

int sitting_front(struct screen *screen)
{
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", screen_pid(screen), screen_pid(screen));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    return (int)strtol(text, NULL, 10);
}

/* ---- looking ---- */

static char *copy_rows(struct screen *screen, bool looks)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    for (unsigned row = 0; row + 1 < screen_rows(screen); row++) {
        fprintf(out, "%s", screen_row(screen, row));
        uint64_t hash = 14695981039346656037u;
        for (unsigned column = 0; looks && column < screen_columns(screen); column++) {
            struct screen_cell cell = screen_cell(screen, column, row);
            const int seen[] = {cell.code == ' ' ? 0 : (int)cell.code,
                                cell.width,
                                cell.bold,
                                cell.reverse,
                                cell.underline,
                                cell.code == ' ' || cell.code == 0 ? 0 : cell.foreground,
                                cell.background};
            for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
                hash = (hash ^ (uint32_t)seen[i]) * 1099511628211u;
        }
        if (looks)
            fprintf(out, "\t%08x", (unsigned)(hash >> 16));
        fputc('\n', out);
    }
    fclose(out);
    return text;
}

char *sitting_picture(struct screen *screen)
{
    return copy_rows(screen, true);
}

char *sitting_text(struct screen *screen)
{
    return copy_rows(screen, false);
}

void sitting_must_equal(struct screen *screen, const char *picture, const char *where)
{
    char *now = sitting_picture(screen);
    const char *one = picture, *two = now;
    if (strcmp(picture, now) == 0) {
        free(now);
        return;
    }
    for (unsigned row = 0; *one && *two; row++) {
        size_t left = strcspn(one, "\n"), right = strcspn(two, "\n");
        if (left != right || memcmp(one, two, left) != 0)
            print_message("row %u was %.*s\nrow %u  is %.*s\n", row, (int)left, one, row, (int)right, two);
        one += left + (one[left] == '\n');
        two += right + (two[right] == '\n');
    }
    free(now);
    fail_msg("another screen: %s", where);
}

/* ---- the end ---- */

void sitting_must_be_restored(struct screen *screen)
{
    int master, slave;
    struct termios fresh, modes = screen_modes(screen);
    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    assert_int_equal(tcgetattr(master, &fresh), 0);
    close(master);
    close(slave);
    assert_int_equal(modes.c_lflag, fresh.c_lflag | NOFLSH); /* as screen_start has it */
    assert_int_equal(modes.c_iflag, fresh.c_iflag);
    assert_int_equal(modes.c_oflag, fresh.c_oflag);
    assert_false(screen_is_alternate(screen));
    assert_true(screen_cursor(screen, NULL, NULL));
    assert_false(screen_wants_mouse(screen));
}

int sitting_leave(struct screen *screen)
{
    screen_type(screen, "q");
    int status = screen_until_ended(screen);
    assert_true(WIFEXITED(status));
    sitting_must_be_restored(screen);
    return WEXITSTATUS(status);
}

void sitting_must_leave_nobody(void)
{
    struct timespec start, now, pause = {.tv_nsec = 1000000};
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
        pid_t ended = waitpid(-1, NULL, WNOHANG);
        if (ended < 0 && errno == ECHILD)
            return;
        if (ended > 0)
            continue;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if ((now.tv_sec - start.tv_sec) * 1000 > PATIENCE_MS)
            fail_msg("a process was left behind");
        nanosleep(&pause, NULL);
    }
}
