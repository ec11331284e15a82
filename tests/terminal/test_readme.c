/* The picture in README.md is what a person sees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sitting.h"

static char *read_readme(void)
{
    FILE *file = fopen(LOCKSTEP_SOURCE_DIR "/README.md", "r");
    assert_non_null(file);
    char *text = calloc(1, 200000);
    assert_non_null(text);
    assert_true(fread(text, 1, 199999, file) > 0);
    fclose(file);
    return text;
}

/* The row of the picture that is not the screen's; ROWS: all are. */
enum { ROWS = 30, INDENT = 4 };
static unsigned first_difference(struct screen *screen, char *const rows[ROWS])
{
    unsigned row = 0;
    while (row < ROWS && strcmp(rows[row], screen_row(screen, row)) == 0)
        row++;
    return row;
}

static bool all_are_equal(struct screen *screen, const void *rows)
{
    return first_difference(screen, (char *const *)rows) == ROWS;
}

static void the_picture_of_the_readme_is_the_real_screen(void **state)
{
    (void)state;
    char *readme = read_readme(), *rows[ROWS];
    char *at = strstr(readme, "\n     lockstep  Threads");
    assert_non_null(at);
    for (unsigned row = 0; row < ROWS; row++) {
        char *end = strchr(++at, '\n');
        assert_non_null(end);
        *end = '\0';
        rows[row] = strlen(at) > INDENT ? at + INDENT : end;
        at = end;
    }
    struct screen *screen = sitting_play("deadlock", 100, ROWS);
    screen_type(screen, ":12\r");
    if (!screen_until(screen, all_are_equal, rows)) {
        unsigned row = first_difference(screen, rows);
        fail_msg("row %u: README.md has \"%s\", the screen \"%s\" (scripts/screen makes the picture)", row, rows[row],
                 screen_row(screen, row));
    }
    sitting_leave(screen);
    free(readme);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_picture_of_the_readme_is_the_real_screen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
