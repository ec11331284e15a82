/* Keys at random, escape sequences cut in pieces, characters and bytes that are none, and sizes at random, over scenes at
 * random: nothing crashes, nothing hangs, and it can always be left. LOCKSTEP_RANDOM_KEYS is how many (300), LOCKSTEP_SEED
 * where to begin (1). */
#include "scene/scene_list.h"
#include "sitting.h"
#include "terminal/terminal_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { KEYS_A_SITTING = 100, BURST = 8, LEAVES = 40 };

static unsigned seed;
static struct keys keys;
static struct scene_list list;
static char typed[KEYS_A_SITTING * 16 * 4 + 1]; /* since the beginning, as it can be written in C, for the report */

static unsigned number_of(const char *name, unsigned otherwise)
{
    const char *value = getenv(name);
    return value && *value ? (unsigned)strtoul(value, NULL, 10) : otherwise;
}

static unsigned any(unsigned count)
{
    return (unsigned)rand_r(&seed) % count;
}

/* ---- what a cat on the keyboard may type ---- */

static size_t one_key(char out[16])
{
    static const char *const others[] = {"\033[",
                                         "\033",
                                         "\033O",
                                         "\033[1;5C",
                                         "\033[<0;10;5M",
                                         "\033[<0;10;5m",
                                         "\033[<64;3;3M",
                                         "\033[M !!",
                                         "[C",
                                         "5~",
                                         "\033]11;",
                                         "\033[?1;2c",
                                         "\033[200~",
                                         "\033[12;80R",
                                         "死",
                                         "锁",
                                         "é",
                                         "e\u0301",
                                         "？",
                                         "。",
                                         "\u3000",
                                         "\xe6",
                                         "\xad",
                                         "\xff",
                                         "\xfe",
                                         "\xc0\x80",
                                         "\xf0\x9f",
                                         "😀",
                                         "\x80",
                                         "\x01",
                                         "\x0b",
                                         "\x1c",
                                         "\x1d",
                                         "\t",
                                         "\r",
                                         "\r",
                                         "\033[Z",
                                         "  "};
    switch (any(8)) {
    case 0:
        out[0] = (char)('1' + any(9));
        return 1;
    case 1:
        snprintf(out, 16, "%s", others[any(sizeof others / sizeof *others)]);
        return strlen(out);
    case 2:
        out[0] = (char)(' ' + any(95));
        return 1;
    case 3:
        out[0] = (char)any(256);
        return out[0] == 0x1A ? 0 : 1; /* stopping has its own test */
    case 4:
        out[0] = ' ';
        return 1;
    default: {
        size_t at = any((unsigned)keys.count);
        if (keys.bound[at].request == REQUEST_suspend || (keys.bound[at].request == REQUEST_quit && any(4) > 0))
            return 0;
        sitting_key_bytes(keys.bound[at].key, out);
        return strlen(out);
    }
    }
}

static void note(const char *bytes, size_t length)
{
    size_t used = strlen(typed);
    for (size_t i = 0; i < length && used + 5 < sizeof typed; i++)
        used += (size_t)(bytes[i] >= ' ' && bytes[i] < 0x7F && bytes[i] != '"' && bytes[i] != '\\'
                             ? snprintf(typed + used, 2, "%c", bytes[i])
                             : snprintf(typed + used, 5, "\\%03o", (unsigned)(unsigned char)bytes[i]));
}

/* ---- proof of life ---- */

struct since {
    size_t at;
};

/* The screen was cleared to be drawn anew, which follows from every change of size; or it is over. */
static bool holds_drawn(struct screen *screen, const void *context)
{
    const struct since *since = context;
    size_t length;
    const char *output = screen_output(screen, &length);
    return screen_has_ended(screen) || screen_has_stopped(screen) ||
           memmem(output + since->at, length - since->at, "\033[2J", 4) ||
           memmem(output + since->at, length - since->at, "\033[J", 3);
}

/* Sizes of this sitting. None comes twice: two changes of size may be seen as one, and back to the same is none. */
static bool had[201][61];

static void must_live(struct screen *screen)
{
    static const unsigned columns[] = {1, 2, 20, 79, 80, 81, 100, 132, 200},
                          rows[] = {1, 2, 10, 23, 24, 25, 30, 50, 60};
    struct since since;
    unsigned wide, high;
    do {
        wide = any(3) ? columns[any(9)] : 1 + any(200);
        high = any(3) ? rows[any(9)] : 1 + any(60);
    } while (had[wide][high]);
    had[wide][high] = true;
    screen_output(screen, &since.at);
    screen_resize(screen, wide, high);
    if (screen_until(screen, holds_drawn, &since))
        return;
    size_t length;
    const char *output = screen_output(screen, &length);
    typed[sizeof typed - 1] = '\0';
    print_message("what it wrote since then, %zu bytes:\n", length - since.at);
    for (size_t i = since.at > 600 ? since.at - 600 : 0; i < length; i++) {
        if (i == since.at)
            print_message("\n-- the size changes --\n");
        print_message(output[i] >= ' ' && output[i] < 0x7F ? "%c" : "\\%03o", (unsigned)(unsigned char)output[i]);
    }
    fail_msg("\nit hangs at %ux%u, after \"%s\"", wide, high, typed);
}

/* Ctrl-C that comes when the terminal was already given back is the signal. */
enum { interrupted = 128 + SIGINT };

static void must_have_ended_well(struct screen *screen)
{
    size_t length;
    screen_resize(screen, 201, 61);
    int status = screen_until_ended(screen);
    const char *output = screen_output(screen, &length);
    if (memmem(output, length, "Sanitizer", 9) || memmem(output, length, "runtime error", 13))
        fail_msg("a sanitizer found something, after \"%s\":\n%.*s", typed, (int)(length > 6000 ? 6000 : length),
                 output + (length > 6000 ? length - 6000 : 0));
    if (!WIFEXITED(status) || (WEXITSTATUS(status) >= 128 && WEXITSTATUS(status) != interrupted))
        fail_msg("wait status %#x, after \"%s\"", (unsigned)status, typed);
    sitting_must_be_restored(screen);
    sitting_end(screen);
    sitting_must_leave_nobody();
}

static bool holds_taken(struct screen *screen, const void *context)
{
    (void)context;
    return screen_is_alternate(screen) || screen_has_ended(screen);
}

/* Out of whatever is open, and away. */
static void leave(struct screen *screen)
{
    screen_type(screen, "\033\\"); /* ends an answer of the terminal that was begun, or is Alt-\, which is nothing */
    for (int i = 0; i < LEAVES && !screen_has_ended(screen); i++) {
        must_live(screen);
        if (!screen_has_ended(screen))
            screen_type(screen, i < 3 ? "\003" : "q"); /* what is typed is given up first */
    }
    must_have_ended_well(screen);
}

static struct screen *begin(void)
{
    const char *const menu[] = {NULL};
    const struct scene_entry *entry = &list.entries[any((unsigned)list.count)];
    const char *play[] = {"play", entry->id, any(2) ? "--ascii" : "--lang=en", any(2) ? "--lang=zh" : NULL, NULL};
    bool at_menu = any(8) == 0;
    typed[0] = '\0';
    memset(had, 0, sizeof had);
    print_message("seed %u: %s\n", seed, at_menu ? "menu" : entry->id);
    return sitting_start(&(struct sitting_options){
        .arguments = at_menu ? menu : play, .columns = 201, .rows = 61, .animated = any(4) == 0});
}

static void keys_and_sizes_at_random_neither_crash_nor_hang_it(void **state)
{
    (void)state;
    unsigned left = number_of("LOCKSTEP_RANDOM_KEYS", 300);
    while (left > 0) {
        struct screen *screen = begin();
        assert_true(screen_until(screen, holds_taken, NULL)); /* before that, Ctrl-\ is not ours to read */
        for (unsigned key = 0; key < KEYS_A_SITTING && left > 0 && !screen_has_ended(screen);) {
            for (unsigned burst = 1 + any(BURST); burst > 0 && left > 0; burst--, key++, left--) {
                char bytes[16];
                size_t length = one_key(bytes);
                size_t first = any(3) == 0 && length > 1 ? 1 + any((unsigned)length - 1) : length;
                note(bytes, length);
                screen_send(screen, bytes, first);
                if (first < length && any(2))
                    must_live(screen); /* the pieces come apart */
                screen_send(screen, bytes + first, length - first);
            }
            must_live(screen);
        }
        if (screen_has_ended(screen))
            must_have_ended_well(screen);
        else
            leave(screen);
    }
}

static int begin_all(void **state)
{
    struct scene_roots roots;
    static struct scene_errors errors;
    struct message message;
    char path[4096];
    (void)state;
    const char *source = getenv("LOCKSTEP_SOURCE");
    snprintf(path, sizeof path, "%s/assets/keys", source ? source : ".");
    if (keys_read_file(&keys, path, &message))
        return 1;
    setenv("XDG_DATA_HOME", sitting_folder(), 1);
    scene_roots_find(&roots, NULL);
    seed = number_of("LOCKSTEP_SEED", 1);
    return scene_list_read(&roots, &list, &errors) || list.count == 0 ? 1 : 0;
}

static int forget_all(void **state)
{
    (void)state;
    scene_list_free(&list);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sitting_test(keys_and_sizes_at_random_neither_crash_nor_hang_it),
    };
    return cmocka_run_group_tests(tests, begin_all, forget_all);
}
