/* Every request that a person can make is reached by each of its default keys, and does what its help says. A request
 * without a row here fails. The keys are those of assets/keys, as a terminal sends them. */
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

/* What must be seen after the key. */
enum effect {
    SHOWS,     /* the text is on the screen, and was not before */
    HIDES,     /* it is not any more, and was */
    STEP,      /* the first row tells step `number` */
    CHANGES,   /* the views look different */
    PROMPT,    /* the last row begins with the text, and the cursor is in it */
    DIGIT,     /* 1: step 1; other digits: nobody has that number */
    ASCII,     /* nothing is on the screen that is not ASCII */
    BLANK,     /* nothing is on the screen */
    REDRAWN,   /* all is sent again, and looks the same */
    SUSPENDED, /* stopped; continued, it looks the same */
    LEFT       /* ended with status 0, the terminal as it was */
};

static const struct {
    enum request request;
    const char *before; /* typed first */
    enum effect effect;
    const char *text;
    long number;
} rows[] = {
    {REQUEST_forward, "", STEP, NULL, 1},
    {REQUEST_back, "   ", STEP, NULL, 2},
    {REQUEST_choose, "", DIGIT, NULL, 0},
    {REQUEST_up, "    ", CHANGES, NULL, 0},
    {REQUEST_down, "    ", CHANGES, NULL, 0},
    {REQUEST_enter, "", STEP, NULL, 1},
    {REQUEST_beat_next, "", SHOWS, "T1 has A, and will want B as well.", 0},
    {REQUEST_beat_previous, "nn", SHOWS, "T1 has A, and will want B as well.", 0},
    {REQUEST_first, "   ", STEP, NULL, 0},
    {REQUEST_last, "", SHOWS, "| deadlock |", 0},
    {REQUEST_play, "", SHOWS, "| x1", 0},
    {REQUEST_faster, "a", SHOWS, "| x2", 0},
    {REQUEST_slower, "a", SHOWS, "| x1/2", 0},
    {REQUEST_scheduler, "", SHOWS, "who chooses?", 0},
    {REQUEST_cpus, "", SHOWS, "how many CPUs?", 0},
    {REQUEST_whatifs, "", SHOWS, "the run as it was", 0},
    {REQUEST_variant, " ", SHOWS, "Deadlock: One order for all", 0},
    {REQUEST_input, "", PROMPT, "to the program> ", 0},
    {REQUEST_restart, "   ", STEP, NULL, 0},
    {REQUEST_drop, "", SHOWS, "no packet waits on the wire", 0},
    {REQUEST_duplicate, "", SHOWS, "no packet waits on the wire", 0},
    {REQUEST_inject, "", SHOWS, "nothing can go wrong here", 0},
    {REQUEST_views, "", SHOWS, "which views?", 0},
    {REQUEST_enlarge, "", HIDES, " timeline ", 0},
    {REQUEST_pane, "", CHANGES, NULL, 0},
    {REQUEST_scroll_up, "n\t\t\t\tj", CHANGES, NULL, 0},
    {REQUEST_scroll_down, "n\t\t\t\t", CHANGES, NULL, 0},
    {REQUEST_zoom_in, "        <", CHANGES, NULL, 0},
    {REQUEST_zoom_out, "        ", CHANGES, NULL, 0},
    {REQUEST_future, "        pp", CHANGES, NULL, 0},
    {REQUEST_search, "", PROMPT, "/", 0},
    {REQUEST_match_next, "        g/create\r", STEP, NULL, 3},
    {REQUEST_match_previous, "        /create\r[", STEP, NULL, 2},
    {REQUEST_command, "", PROMPT, ":", 0},
    {REQUEST_notes, "", SHOWS, "notes for the lecturer", 0},
    {REQUEST_blank, "", BLANK, NULL, 0},
    {REQUEST_theme, "", SHOWS, "theme: light", 0},
    {REQUEST_language, "", SHOWS, "死锁", 0},
    {REQUEST_glyphs, " ", ASCII, NULL, 0},
    {REQUEST_motion, "", SHOWS, "movement on", 0},
    {REQUEST_redraw, "  ", REDRAWN, NULL, 0},
    {REQUEST_suspend, "  ", SUSPENDED, NULL, 0},
    {REQUEST_help, "", SHOWS, "one step forward", 0},
    {REQUEST_close, "?", HIDES, "one step forward", 0},
    {REQUEST_quit, " ", LEFT, NULL, 0},
};

/* ---- effects ---- */

static bool holds_step(struct screen *screen, const void *number)
{
    return sitting_step(screen) == *(const long *)number;
}

static bool holds_change(struct screen *screen, const void *picture)
{
    char *now = sitting_picture(screen);
    bool changed = strcmp(now, picture) != 0;
    free(now);
    return changed;
}

static bool holds_prompt(struct screen *screen, const void *text)
{
    unsigned column, row, last = screen_rows(screen) - 1;
    return strncmp(screen_row(screen, last), text, strcspn(text, " ")) == 0 && screen_cursor(screen, &column, &row) &&
           row == last && column == strlen(text);
}

static bool holds_ascii(struct screen *screen, const void *context)
{
    (void)context;
    for (const char *at = screen_text(screen); *at; at++) {
        if ((unsigned char)*at >= 0x80)
            return false;
    }
    return true;
}

static bool holds_blank(struct screen *screen, const void *context)
{
    (void)context;
    return strspn(screen_text(screen), " \n") == strlen(screen_text(screen));
}

/* From byte `from` of the output on, every row was written: a screen is cleared first. */
struct after {
    size_t from;
    const char *picture;
};

static bool holds_redrawn(struct screen *screen, const void *context)
{
    const struct after *after = context;
    size_t length;
    const char *output = screen_output(screen, &length);
    return strstr(output + after->from, "\033[2J") && strstr(output + after->from, "\033[?2026l") &&
           !holds_change(screen, after->picture);
}

static void must_take_effect(size_t row, struct screen *screen, const char *key)
{
    const char *text = rows[row].text;
    char *picture = sitting_picture(screen);
    struct after after = {.picture = picture};
    screen_output(screen, &after.from);
    if (rows[row].effect == SHOWS || rows[row].effect == HIDES)
        assert_int_equal(screen_find(screen, text, NULL, NULL), rows[row].effect == HIDES);
    screen_type(screen, key);
    switch (rows[row].effect) {
    case SHOWS:
        assert_true(screen_until_text(screen, text));
        break;
    case HIDES:
        assert_true(screen_until_no_text(screen, text));
        break;
    case STEP:
        assert_true(screen_until(screen, holds_step, &rows[row].number));
        break;
    case CHANGES:
        assert_true(screen_until(screen, holds_change, picture));
        break;
    case PROMPT:
        assert_true(screen_until(screen, holds_prompt, text));
        break;
    case DIGIT:
        if (key[0] == '1')
            assert_true(screen_until(screen, holds_step, &(long){1}));
        else
            assert_true(screen_until_text(screen, "nobody has that number"));
        break;
    case ASCII:
        assert_true(screen_until(screen, holds_ascii, NULL));
        break;
    case BLANK:
        assert_true(screen_until(screen, holds_blank, NULL));
        screen_type(screen, key);
        assert_true(screen_until_text(screen, "step 0"));
        break;
    case REDRAWN:
        assert_true(screen_until(screen, holds_redrawn, &after));
        break;
    case SUSPENDED:
        assert_int_not_equal(screen_until_stopped(screen), 0);
        sitting_must_be_restored(screen);
        screen_continue(screen);
        assert_true(screen_until_text(screen, "step 2"));
        sitting_settle(screen);
        sitting_must_equal(screen, picture, "after fg");
        break;
    case LEFT: {
        int status = screen_until_ended(screen);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        sitting_must_be_restored(screen);
        break;
    }
    }
    free(picture);
}

/* ---- tests ---- */

static struct keys keys;

static void every_request_is_reached_by_each_of_its_keys_and_takes_effect(void **state)
{
    (void)state;
    for (enum request request = REQUEST_none + 1; request < REQUEST_COUNT; request++) {
        size_t row = 0, bound = 0;
        while (row < sizeof rows / sizeof *rows && rows[row].request != request)
            row++;
        if (row == sizeof rows / sizeof *rows)
            fail_msg("the request %s has no row in this test", request_name(request));
        for (size_t i = 0; i < keys.count; i++) {
            if (keys.bound[i].request != request)
                continue;
            char name[KEYS_NAME], bytes[16];
            press_name(keys.bound[i].key, name);
            print_message("%s: %s\n", request_name(request), name);
            sitting_key_bytes(keys.bound[i].key, bytes);
            struct screen *screen = sitting_play("deadlock", 100, 30);
            if (rows[row].before[0] != '?')
                sitting_keys(screen, rows[row].before);
            else
                screen_type(screen, rows[row].before), assert_true(screen_until_text(screen, "one step forward"));
            must_take_effect(row, screen, bytes);
            sitting_end(screen);
            bound++;
        }
        if (bound == 0)
            fail_msg("no key is bound to %s", request_name(request));
    }
    sitting_must_leave_nobody();
}

static void full_width_keys_do_what_their_plain_twins_do(void **state)
{
    (void)state;
    struct screen *screen = sitting_play("deadlock", 80, 24);
    screen_type(screen, "\u3000"); /* the wide space */
    assert_true(screen_until(screen, holds_step, &(long){1}));
    screen_type(screen, "？");
    assert_true(screen_until_text(screen, "one step forward"));
    screen_type(screen, "？");
    assert_true(screen_until_no_text(screen, "one step forward"));
    screen_type(screen, "。");
    assert_true(screen_until(screen, holds_blank, NULL));
    screen_type(screen, "。");
    assert_true(screen_until_text(screen, "step 1"));
    screen_type(screen, "：");
    assert_true(screen_until(screen, holds_prompt, ":"));
    screen_type(screen, "3\r");
    assert_true(screen_until(screen, holds_step, &(long){3}));
    screen_type(screen, "、");
    assert_true(screen_until(screen, holds_prompt, "/"));
    screen_type(screen, "start\r");
    assert_true(screen_until_text(screen, "no later step has"));
    screen_type(screen, "ｑ");
    int status = screen_until_ended(screen);
    assert_true(WIFEXITED(status));
    sitting_must_be_restored(screen);
    sitting_end(screen);
}

static void arrows_and_enter_choose_the_task(void **state)
{
    (void)state;
    struct screen *screen = sitting_play("deadlock", 100, 30);
    sitting_keys(screen, "    "); /* main waits, T1 and T2 can run */
    screen_type(screen, "\033OB\033OB\r");
    assert_true(screen_until(screen, holds_step, &(long){5}));
    sitting_settle(screen);
    assert_true(screen_find(screen, "T2 begins to run.", NULL, NULL));
    screen_type(screen, "\033OD\033OA\033OA\r"); /* back, and the other one */
    assert_true(screen_until_text(screen, "not chosen here; once more"));
    sitting_end(screen);
}

/* Everything that is shown at each press, until nothing changes any more. */
static size_t press_until_the_end(struct screen *screen, const char *key, char **pictures, size_t max)
{
    size_t count = 0;
    pictures[count++] = sitting_picture(screen);
    while (count < max) {
        sitting_keys(screen, key);
        pictures[count] = sitting_picture(screen);
        if (strcmp(pictures[count], pictures[count - 1]) == 0) {
            free(pictures[count]);
            return count;
        }
        count++;
    }
    fail_msg("it does not end");
    return 0;
}

static void a_lecture_is_driven_with_the_keys_of_a_clicker_alone(void **state)
{
    (void)state;
    enum { MAX = 200 };
    static char *pictures[MAX];
    struct screen *screen = sitting_play("deadlock", 80, 24);
    sitting_settle(screen);
    size_t count = press_until_the_end(screen, "\033[6~", pictures, MAX);
    assert_true(count > 10);
    assert_true(screen_find(screen, "| deadlock |", NULL, NULL));
    screen_type(screen, ".");
    assert_true(screen_until(screen, holds_blank, NULL));
    screen_type(screen, "\033[6~");
    assert_true(screen_until_text(screen, "| deadlock |"));
    sitting_settle(screen);
    sitting_must_equal(screen, pictures[count - 1], "after blank");
    for (size_t i = count - 1; i-- > 0;) {
        sitting_keys(screen, "\033[5~");
        sitting_must_equal(screen, pictures[i], "on the way back");
    }
    assert_int_equal(sitting_step(screen), 0);
    assert_int_equal(sitting_starts(screen), 1);
    for (size_t i = 0; i < count; i++)
        free(pictures[i]);
    sitting_end(screen);
}

static void a_student_plays_with_digits_alone_to_an_end(void **state)
{
    (void)state;
    enum { MAX = 400 };
    static char *pictures[MAX];
    struct screen *screen = sitting_play("deadlock", 80, 24);
    sitting_settle(screen);
    size_t count = press_until_the_end(screen, "1", pictures, MAX); /* the answer 1, too */
    assert_true(screen_find(screen, "| finished |", NULL, NULL));
    for (size_t i = 0; i < count; i++)
        free(pictures[i]);
    sitting_end(screen);
}

static int read_keys(void **state)
{
    struct message message;
    char path[4096];
    (void)state;
    const char *source = getenv("LOCKSTEP_SOURCE");
    snprintf(path, sizeof path, "%s/assets/keys", source ? source : ".");
    return keys_read_file(&keys, path, &message) ? 1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sitting_test(every_request_is_reached_by_each_of_its_keys_and_takes_effect),
        sitting_test(full_width_keys_do_what_their_plain_twins_do),
        sitting_test(arrows_and_enter_choose_the_task),
        sitting_test(a_lecture_is_driven_with_the_keys_of_a_clicker_alone),
        sitting_test(a_student_plays_with_digits_alone_to_an_end),
    };
    return cmocka_run_group_tests(tests, read_keys, NULL);
}
