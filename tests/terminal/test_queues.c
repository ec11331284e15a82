/* The tanks of queues that a program keeps itself, in lockstep as a person sees it: filled from the program's own
 * variables, those who wait at their ends, of the variant that is played. */
#include "sitting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void must_show(struct screen *screen, const char *part, bool shown)
{
    char *text = sitting_text(screen);
    if ((strstr(text, part) != NULL) != shown)
        fail_msg("\"%s\" is %s:\n%s", part, shown ? "missing" : "there", text);
    free(text);
}

static void a_full_queue_shows_its_items_and_who_waits(void **state)
{
    (void)state;
    struct screen *screen = sitting_play("producer-consumer", 80, 24);
    sitting_settle(screen);
    must_show(screen, "0 of 3", true); /* what is in a variable is known before the first step */
    must_show(screen, "╎ ░ ╎ ░ ╎ ░ ╎", true);
    sitting_keys(screen, "nn");
    must_show(screen, "✗ T1 ▸ ╎ 3 ╎ 2 ╎ 1 ╎ ▸", true);
    sitting_keys(screen, "n");
    must_show(screen, "✗ T1 ✗ T2 ▸ ╎ 3 ╎ 2 ╎ 1 ╎ ▸", true);
    must_show(screen, "3 of 3", true);
    sitting_keys(screen, " n"); /* the answer, and on to where one is taken */
    must_show(screen, "▸ ╎ ░ ╎ 3 ╎ 2 ╎ ▸", true);
    sitting_keys(screen, "\033OD\033OD\033OD\033OD\033OD\033OD\033OD\033OD\033OD"); /* back to where it was full */
    must_show(screen, "✗ T1 ✗ T2 ▸ ╎ 3 ╎ 2 ╎ 1 ╎ ▸", true);
    assert_int_equal(sitting_leave(screen), 0);
    sitting_end(screen);
}

static void each_variant_has_its_queue(void **state)
{
    (void)state;
    struct screen *screen = sitting_play("bounded-queue", 100, 30);
    sitting_settle(screen);
    must_show(screen, "0 of 3", true);
    must_show(screen, "without a bound", false);
    sitting_keys(screen, "V");
    must_show(screen, "0 without a bound", true);
    must_show(screen, "0 of 3", false);
    assert_int_equal(sitting_leave(screen), 0);
    sitting_end(screen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sitting_test(a_full_queue_shows_its_items_and_who_waits),
        sitting_test(each_variant_has_its_queue),
    };
    return cmocka_run_group_tests_name("terminal: queues", tests, NULL, NULL);
}
