/* Going forward, back and forward again shows the same screens, cell by cell; so do other sizes and back, other themes,
 * languages and signs and back; and only a branch starts the program again. */
#include "sitting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS = 30 };

static bool holds_step(struct screen *screen, const void *number)
{
    return sitting_step(screen) == *(const long *)number;
}

static void walk(struct screen *screen, char *pictures[KEYS + 1])
{
    sitting_settle(screen);
    pictures[0] = sitting_picture(screen);
    for (int i = 1; i <= KEYS; i++) {
        sitting_keys(screen, " ");
        pictures[i] = sitting_picture(screen);
    }
}

static void must_be_equal_both_ways(struct screen *screen, char *const pictures[KEYS + 1])
{
    int last = KEYS;
    while (last > 0 && strcmp(pictures[last], pictures[last - 1]) == 0)
        last--; /* keys after the end */
    for (int i = last - 1; i >= 0; i--) {
        sitting_keys(screen, "\033OD");
        sitting_must_equal(screen, pictures[i], "on the way back");
    }
    for (int i = 1; i <= last; i++) {
        sitting_keys(screen, " ");
        sitting_must_equal(screen, pictures[i], "forward again");
    }
}

static void thirty_forward_thirty_back_and_thirty_forward_show_the_same_screens(void **state)
{
    (void)state;
    static const char *const scenes[] = {"deadlock", "race", "fork-tree", "pipe", "semaphore", "signal"};
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        char *pictures[KEYS + 1];
        struct screen *screen = sitting_play(scenes[i], 100, 30);
        walk(screen, pictures);
        must_be_equal_both_ways(screen, pictures);
        assert_int_equal(sitting_starts(screen), 1);
        for (int k = 0; k <= KEYS; k++)
            free(pictures[k]);
        sitting_end(screen);
    }
    sitting_must_leave_nobody();
}

static void sizes_themes_languages_signs_and_views_come_back_to_the_same_and_start_nothing(void **state)
{
    (void)state;
    struct screen *screen = sitting_play("deadlock", 100, 30);
    sitting_keys(screen, "          ");
    char *picture = sitting_picture(screen);
    screen_resize(screen, 80, 24);
    sitting_settle(screen);
    char *small = sitting_picture(screen);
    screen_resize(screen, 200, 60);
    sitting_settle(screen);
    screen_resize(screen, 80, 24);
    sitting_settle(screen);
    sitting_must_equal(screen, small, "80x24 again");
    screen_resize(screen, 100, 30);
    sitting_settle(screen);
    sitting_must_equal(screen, picture, "after other sizes");
    static const char *const rounds[] = {"TTTT", "LL", "UU", "MM", "zz", "<>", "FF", "vv", "ww", "??", "\014"};
    for (size_t i = 0; i < sizeof rounds / sizeof *rounds; i++) {
        for (const char *key = rounds[i]; *key; key++)
            sitting_keys(screen, (char[]){*key, '\0'});
        sitting_must_equal(screen, picture, rounds[i]);
    }
    for (int i = 0; i < 3; i++) { /* each theme is another look of the same text */
        char *text = sitting_text(screen);
        sitting_keys(screen, "T");
        char *now = sitting_text(screen), *look = sitting_picture(screen);
        assert_string_equal(text, now);
        assert_string_not_equal(look, picture);
        free(text);
        free(now);
        free(look);
    }
    sitting_keys(screen, "T");
    sitting_must_equal(screen, picture, "after all themes");
    assert_int_equal(sitting_starts(screen), 1);
    free(picture);
    free(small);
    sitting_end(screen);
}

static void another_choice_in_the_past_branches_and_only_that_starts_the_program_again(void **state)
{
    (void)state;
    char *pictures[KEYS + 1];
    struct screen *screen = sitting_play("deadlock", 100, 30);
    sitting_keys(screen, " "); /* questions are for other tests: by steps, not by keys */
    sitting_keys(screen, ":16\r");
    sitting_keys(screen, ":10\r");
    assert_int_equal(sitting_step(screen), 10);
    char *before = sitting_picture(screen);
    /* Whoever the next step is not of. */
    sitting_keys(screen, " ");
    bool first_ran = screen_find(screen, "▸ T1 ", NULL, NULL);
    sitting_keys(screen, "\033OD");
    sitting_must_equal(screen, before, "back at step 10");
    const char *other = first_ran ? "2" : "1";
    screen_type(screen, other);
    assert_true(screen_until_text(screen, "not chosen here"));
    assert_int_equal(sitting_step(screen), 10);
    assert_int_equal(sitting_starts(screen), 1);
    sitting_keys(screen, "\033OD\033OC"); /* a wish is forgotten when one goes elsewhere */
    screen_type(screen, other);
    assert_true(screen_until_text(screen, "not chosen here"));
    screen_type(screen, other);
    assert_true(screen_until(screen, holds_step, &(long){11}));
    sitting_settle(screen);
    assert_int_equal(sitting_starts(screen), 2);
    screen_type(screen, "w");
    assert_true(screen_until_text(screen, "step 11: "));
    assert_true(screen_find(screen, "the run as it was", NULL, NULL));
    screen_type(screen, "1"); /* to the run as it was, where it was left */
    assert_true(screen_until_no_text(screen, "the run as it was"));
    sitting_settle(screen);
    assert_int_equal(sitting_step(screen), 10);
    sitting_must_equal(screen, before, "the run as it was");
    screen_type(screen, "w");
    assert_true(screen_until_text(screen, "step 11: "));
    screen_type(screen, "2");
    assert_true(screen_until(screen, holds_step, &(long){11}));
    sitting_settle(screen);
    /* What came before the branch looks as it did. */
    sitting_keys(screen, "\033OD");
    sitting_must_equal(screen, before, "step 10 of the branch");
    assert_int_equal(sitting_starts(screen), 2);
    sitting_keys(screen, "g");
    walk(screen, pictures);
    must_be_equal_both_ways(screen, pictures);
    assert_int_equal(sitting_starts(screen), 2);
    for (int k = 0; k <= KEYS; k++)
        free(pictures[k]);
    free(before);
    sitting_end(screen);
    sitting_must_leave_nobody();
}

static void keys_that_come_faster_than_steps_are_all_done(void **state)
{
    (void)state;
    static const char *const scenes[] = {"pipe", "signal", "process-states"}; /* they sleep */
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        struct screen *slow = sitting_play(scenes[i], 80, 24), *fast = sitting_play(scenes[i], 80, 24);
        for (int key = 0; key < KEYS; key++) {
            screen_type(slow, " ");
            sitting_settle(slow);
        }
        sitting_keys(fast, "                              ");
        char *picture = sitting_picture(slow);
        sitting_must_equal(fast, picture, scenes[i]);
        free(picture);
        sitting_end(slow);
        sitting_end(fast);
    }
}

static void every_run_of_a_scene_shows_the_same(void **state)
{
    (void)state;
    char *pictures[2][KEYS + 1];
    for (int run = 0; run < 2; run++) {
        struct screen *screen = sitting_play("deadlock", 100, 30);
        walk(screen, pictures[run]);
        sitting_end(screen);
    }
    for (int i = 0; i <= KEYS; i++) {
        assert_string_equal(pictures[0][i], pictures[1][i]);
        free(pictures[0][i]);
        free(pictures[1][i]);
    }
}

static void with_movement_the_screen_comes_to_rest_where_it_is_without(void **state)
{
    (void)state;
    const char *const arguments[] = {"play", "deadlock", NULL};
    struct screen *still = sitting_play("deadlock", 100, 30);
    struct screen *moving = sitting_start(&(struct sitting_options){.arguments = arguments, .animated = true});
    assert_true(screen_until_text(moving, " step 0 "));
    for (int i = 0; i < 15; i++) {
        sitting_keys(still, " ");
        sitting_keys(moving, " "); /* the key that does nothing ends the movement, as any does */
        char *picture = sitting_picture(still);
        sitting_must_equal(moving, picture, "with movement");
        free(picture);
    }
    sitting_end(still);
    sitting_end(moving);
}

static void without_colours_and_beyond_ascii_all_is_there(void **state)
{
    (void)state;
    const char *const plain[] = {"play", "deadlock", NULL};
    const char *const bare[] = {"play", "--ascii", "--no-color", "deadlock", NULL};
    struct screen *colours = sitting_start(&(struct sitting_options){.arguments = plain});
    struct screen *mono = sitting_start(&(struct sitting_options){.arguments = bare});
    assert_true(screen_until_text(colours, " step 0 "));
    assert_true(screen_until_text(mono, " step 0 "));
    for (int i = 0; i < 20; i++) {
        sitting_keys(colours, " ");
        sitting_keys(mono, " ");
        assert_int_equal(sitting_step(colours), sitting_step(mono));
        unsigned rows = screen_rows(mono), columns = screen_columns(mono);
        for (unsigned row = 0; row + 1 < rows; row++) { /* the last has the key that does nothing */
            for (unsigned column = 0; column < columns; column++) {
                struct screen_cell cell = screen_cell(mono, column, row);
                assert_true(cell.code < 0x80);
                assert_int_equal(cell.foreground, -1);
                assert_int_equal(cell.background, -1);
                /* What is there in colours is there without. */
                struct screen_cell other = screen_cell(colours, column, row);
                assert_int_equal(cell.code > ' ', other.code > ' ');
                if (other.code > ' ' && other.code < 0x80)
                    assert_int_equal(cell.code, other.code);
            }
        }
    }
    sitting_end(colours);
    sitting_end(mono);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sitting_test(thirty_forward_thirty_back_and_thirty_forward_show_the_same_screens),
        sitting_test(sizes_themes_languages_signs_and_views_come_back_to_the_same_and_start_nothing),
        sitting_test(another_choice_in_the_past_branches_and_only_that_starts_the_program_again),
        sitting_test(keys_that_come_faster_than_steps_are_all_done),
        sitting_test(every_run_of_a_scene_shows_the_same),
        sitting_test(with_movement_the_screen_comes_to_rest_where_it_is_without),
        sitting_test(without_colours_and_beyond_ascii_all_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
