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

static void the_picture_of_the_readme_is_the_real_screen(void **state)
{
    (void)state;
    char *readme = read_readme();
    char *row = strstr(readme, "\n     lockstep  Threads");
    assert_non_null(row);
    struct screen *screen = sitting_play("deadlock", 100, 30);
    screen_type(screen, ":12\r");
    assert_true(screen_until_text(screen, "step 12 "));
    row++;
    for (unsigned i = 0; i < 30; i++) {
        char *end = strchr(row, '\n');
        assert_non_null(end);
        *end = '\0';
        const char *shown = screen_row(screen, i);
        if (strcmp(strlen(row) > 4 ? row + 4 : "", shown) != 0)
            fail_msg("row %u: README.md has \"%s\", the screen \"%s\" (scripts/screen makes the picture)", i, row, shown);
        row = end + 1;
    }
    sitting_leave(screen);
    free(readme);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_picture_of_the_readme_is_the_real_screen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
