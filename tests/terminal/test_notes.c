/* `lockstep notes` in a second terminal follows what is played in the first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sitting.h"

static void the_second_terminal_tells_the_lecturer_what_comes(void **state)
{
    (void)state;
    setenv("XDG_RUNTIME_DIR", sitting_folder(), 1);
    struct screen *notes =
        sitting_start(&(struct sitting_options){.arguments = (const char *const[]){"notes", NULL}, .columns = 80, .rows = 24});
    assert_true(screen_until_text(notes, "Nobody plays a scene just now"));
    struct screen *screen = sitting_play("deadlock", 80, 24);
    assert_true(screen_until_text(notes, "Deadlock: Opposite orders"));
    screen_type(screen, ":11\r");
    assert_true(screen_until_text(notes, "step 11"));
    assert_true(screen_until_text(notes, "T1 waits for T2, T2 waits for T1")); /* the answer, before the room has it */
    assert_true(screen_until_text(notes, "T2 asks for A, and the ring is closed")); /* what comes next */
    assert_true(screen_until_text(notes, "Four conditions"));
    assert_int_equal(screen_find(screen, "Four conditions", NULL, NULL), false);
    sitting_leave(screen);
    screen_end(screen);
    assert_true(screen_until_text(notes, "Nobody plays a scene just now"));
    sitting_leave(notes);
    screen_end(notes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_second_terminal_tells_the_lecturer_what_comes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
