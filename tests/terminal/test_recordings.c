/* A recording on the screen: the same steps as the run that it was made of, forward, back and searched; nothing is run. */
#include "scenes_run.h"
#include "sitting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { KEYS_MAX = 120 };

static char recorded[256];

static bool holds_step(struct screen *screen, const void *number)
{
    return sitting_step(screen) == *(const long *)number;
}

static int record(void **state)
{
    (void)state;
    struct scenes_output output;
    snprintf(recorded, sizeof recorded, "%s/deadlock.lks", sitting_folder());
    const char *const arguments[] = {sitting_built("lockstep"), "play", "deadlock", "--record", recorded, NULL};
    scenes_command(arguments, NULL, 60, &output);
    int status = output.status;
    scenes_output_free(&output);
    return status == 1 ? 0 : 1; /* it deadlocks */
}

static struct screen *replay(void)
{
    const char *const arguments[] = {"replay", recorded, NULL};
    struct screen *screen = sitting_start(&(struct sitting_options){.arguments = arguments});
    assert_true(screen_until_text(screen, " step 0 "));
    return screen;
}

static void a_recording_is_stepped_forward_and_back(void **state)
{
    (void)state;
    static char *pictures[KEYS_MAX];
    size_t count = 0;
    struct screen *screen = replay();
    sitting_settle(screen);
    pictures[count++] = sitting_picture(screen);
    for (;;) {
        sitting_keys(screen, " ");
        pictures[count] = sitting_picture(screen);
        if (strcmp(pictures[count], pictures[count - 1]) == 0)
            break;
        count++;
        assert_true(count < KEYS_MAX);
    }
    free(pictures[count]);
    assert_true(screen_find(screen, "| deadlock |", NULL, NULL) || screen_find(screen, "your answers", NULL, NULL));
    for (size_t i = count - 1; i-- > 0;) {
        sitting_keys(screen, "\033OD");
        sitting_must_equal(screen, pictures[i], "on the way back");
    }
    assert_int_equal(sitting_starts(screen), 0);
    assert_int_equal(sitting_leave(screen), 1); /* as the run would have */
    sitting_end(screen);
    for (size_t i = 0; i < count; i++)
        free(pictures[i]);
    sitting_must_leave_nobody();
}

static void a_recording_shows_what_its_run_showed(void **state)
{
    (void)state;
    struct screen *screen = replay(), *live = sitting_play("deadlock", 100, 30);
    static const long steps[] = {0, 1, 5, 8, 10, 12};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        char command[32];
        snprintf(command, sizeof command, ":%ld\r", steps[i]);
        sitting_keys(screen, command);
        sitting_keys(live, command);
        /* The views; the first row says that it is a recording. */
        for (unsigned row = 1; row < 22; row++) {
            char line[4096];
            snprintf(line, sizeof line, "%s", screen_row(live, row));
            assert_string_equal(line, screen_row(screen, row));
        }
    }
    assert_true(screen_find(screen, "recording", NULL, NULL));
    sitting_end(screen);
    sitting_end(live);
}

static void steps_of_a_recording_are_searched_by_task_object_operation_and_place(void **state)
{
    (void)state;
    struct screen *screen = replay();
    screen_type(screen, "/mutex.lock\r");
    assert_true(screen_until(screen, holds_step, &(long){7}));
    screen_type(screen, "]");
    assert_true(screen_until(screen, holds_step, &(long){8}));
    screen_type(screen, "[");
    assert_true(screen_until(screen, holds_step, &(long){7}));
    screen_type(screen, "[");
    assert_true(screen_until_text(screen, "no earlier step has"));
    assert_int_equal(sitting_step(screen), 7);
    screen_type(screen, "g/T2\r");
    sitting_settle(screen);
    assert_true(sitting_step(screen) > 0);
    screen_type(screen, "g/deadlock.c:37\r"); /* main waits */
    sitting_settle(screen);
    assert_true(screen_find(screen, "join", NULL, NULL));
    screen_type(screen, "g/死\r");
    assert_true(screen_until_text(screen, "no later step has"));
    assert_int_equal(sitting_step(screen), 0);
    sitting_end(screen);
}

static void what_a_recording_cannot_is_said(void **state)
{
    (void)state;
    struct screen *screen = replay();
    sitting_keys(screen, ":5\r");
    screen_type(screen, "1"); /* T1 was not chosen here */
    assert_true(screen_until_text(screen, "a recording only shows what was"));
    screen_type(screen, "2"); /* T2 was */
    assert_true(screen_until(screen, holds_step, &(long){6}));
    screen_type(screen, "s\r");
    assert_true(screen_until_text(screen, "a recording only shows what was"));
    screen_type(screen, "i");
    assert_true(screen_until_text(screen, "this is a recording"));
    screen_type(screen, "r");
    assert_true(screen_until(screen, holds_step, &(long){0}));
    screen_type(screen, "n"); /* a recording of a scene may know its beats, or says that there are none */
    sitting_settle(screen);
    screen_type(screen, "G");
    assert_true(screen_until_text(screen, "| deadlock |"));
    sitting_end(screen);
}

static void a_file_that_is_no_recording_is_refused_before_the_screen_is_taken(void **state)
{
    (void)state;
    char path[256];
    sitting_write("no.lks", "this is no recording");
    snprintf(path, sizeof path, "%s/no.lks", sitting_folder());
    const char *const arguments[] = {"replay", path, NULL};
    struct screen *screen = sitting_start(&(struct sitting_options){.arguments = arguments});
    int status = screen_until_ended(screen);
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), 0);
    assert_true(screen_find(screen, "no.lks", NULL, NULL));
    size_t length;
    assert_null(strstr(screen_output(screen, &length), "\033[?1049h"));
    sitting_end(screen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sitting_test(a_recording_is_stepped_forward_and_back),
        sitting_test(a_recording_shows_what_its_run_showed),
        sitting_test(steps_of_a_recording_are_searched_by_task_object_operation_and_place),
        sitting_test(what_a_recording_cannot_is_said),
        sitting_test(a_file_that_is_no_recording_is_refused_before_the_screen_is_taken),
    };
    return cmocka_run_group_tests(tests, record, NULL);
}
