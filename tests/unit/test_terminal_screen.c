/* The judge itself: tests/unit/screen.h shows what a program wrote, passes keys on, and sees how it ended. */
#include "screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void programs_are_seen_and_typed_to(void **state)
{
    (void)state;
    const char *const arguments[] = {
        "-c", "printf '\\033[1;31mred\\033[m 中文x'; read line; echo \"got $line\"; exit 7", NULL};
    struct screen *screen = screen_start(&(struct screen_options){.program = "/bin/sh", .arguments = arguments});
    assert_true(screen_until_text(screen, "red 中文x"));
    assert_int_equal(screen_cell(screen, 0, 0).foreground, 1);
    assert_true(screen_cell(screen, 0, 0).bold);
    assert_int_equal(screen_cell(screen, 4, 0).code, 0x4E2D);
    assert_int_equal(screen_cell(screen, 4, 0).width, 2);
    assert_int_equal(screen_cell(screen, 5, 0).code, 0);
    unsigned column, row;
    assert_true(screen_find(screen, "x", &column, &row));
    assert_int_equal(column, 8);
    assert_true(screen_find(screen, "文", &column, &row));
    assert_int_equal(column, 6);
    screen_type(screen, "hello\n");
    assert_true(screen_until_text(screen, "got hello"));
    int status = screen_until_ended(screen);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    screen_end(screen);
}

static int stopping(void *context)
{
    (void)context;
    printf("before\n");
    fflush(stdout);
    raise(SIGTSTP);
    printf("after %d\n", tcgetpgrp(0) == getpgrp());
    return 3;
}

static void jobs_are_stopped_and_continued(void **state)
{
    (void)state;
    struct screen *screen = screen_start(&(struct screen_options){.child = stopping});
    assert_int_equal(screen_until_stopped(screen), SIGTSTP);
    assert_true(screen_until_text(screen, "before"));
    screen_continue(screen);
    assert_true(screen_until_text(screen, "after 1"));
    assert_int_equal(WEXITSTATUS(screen_until_ended(screen)), 3);
    screen_end(screen);
}

static int sizes(void *context)
{
    (void)context;
    struct winsize size;
    char key;
    while (read(0, &key, 1) == 1 && ioctl(0, TIOCGWINSZ, &size) == 0) {
        printf("size %dx%d\n", size.ws_col, size.ws_row);
        fflush(stdout);
    }
    return 0;
}

static void sizes_reach_the_program_and_hang_ups_end_it(void **state)
{
    (void)state;
    struct screen *screen = screen_start(&(struct screen_options){.child = sizes, .columns = 100, .rows = 30});
    screen_type(screen, "\n");
    assert_true(screen_until_text(screen, "size 100x30"));
    screen_resize(screen, 40, 10);
    screen_type(screen, "\n");
    assert_true(screen_until_text(screen, "size 40x10"));
    screen_hang_up(screen);
    assert_true(screen_until_ended(screen) >= 0);
    screen_end(screen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_are_seen_and_typed_to),
        cmocka_unit_test(jobs_are_stopped_and_continued),
        cmocka_unit_test(sizes_reach_the_program_and_hang_ups_end_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
