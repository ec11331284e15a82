/* The canvas: widths, clipping, shortening, wrapping in both languages, and what it counts as wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stage/canvas.h"

static char row_buffer[4096];

static const char *row(struct canvas *canvas, unsigned number)
{
    canvas_row_text(canvas, number, row_buffer, sizeof row_buffer);
    return row_buffer;
}

static void wide_characters_take_two_cells_and_are_never_halved(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(5, 1, false);
    struct pane pane = pane_whole(canvas);
    pane_text(&pane, 0, 0, 0, ROLE_text, "中文字");
    assert_string_equal(row(canvas, 0), "中文");
    assert_int_equal(canvas_cell(canvas, 0, 0)->width, 2);
    assert_int_equal(canvas_cell(canvas, 1, 0)->code, 0);
    assert_int_equal(canvas_cell(canvas, 4, 0)->code, ' ');
    assert_int_equal(canvas_faults(canvas)->cuts, 1);
    assert_string_equal(canvas_faults(canvas)->first_cut, "中文字");
    canvas_over(canvas, true);
    pane_text(&pane, 1, 0, 0, ROLE_text, "x");
    assert_string_equal(row(canvas, 0), " x文");
    canvas_free(canvas);
}

static void nothing_leaves_its_pane(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(10, 3, false);
    struct pane whole = pane_whole(canvas), part = pane_part(&whole, 2, 1, 4, 1);
    pane_text(&part, -2, 0, 0, ROLE_text, "abcdefgh");
    pane_text(&part, 0, 1, 0, ROLE_text, "below");
    assert_string_equal(row(canvas, 0), "");
    assert_string_equal(row(canvas, 1), "  cdef");
    assert_string_equal(row(canvas, 2), "");
    struct pane none = pane_part(&part, 3, 0, 9, 9);
    assert_int_equal(none.columns, 1);
    assert_int_equal(none.rows, 1);
    canvas_free(canvas);
}

static void what_is_shortened_says_so(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(12, 2, true);
    struct pane pane = pane_whole(canvas);
    assert_int_equal(pane_text_fit(&pane, 0, 0, 8, 0, ROLE_text, "deadlock.c"), 8);
    assert_string_equal(row(canvas, 0), "deadloc>");
    assert_int_equal(pane_text_fit(&pane, 0, 1, 6, 0, ROLE_text, "死锁检测"), 5);
    assert_string_equal(row(canvas, 1), "死锁>");
    assert_int_equal(canvas_faults(canvas)->cuts, 0);
    canvas_free(canvas);
}

static void english_breaks_between_words_and_chinese_between_characters(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(20, 8, false);
    struct pane pane = pane_whole(canvas);
    assert_int_equal(pane_text_wrap(&pane, 0, 0, 12, 3, 0, ROLE_text, "T2 asks for A; T1 holds it"), 3);
    assert_string_equal(row(canvas, 0), "T2 asks for");
    assert_string_equal(row(canvas, 1), "A; T1 holds");
    assert_string_equal(row(canvas, 2), "it");
    assert_int_equal(pane_text_wrap(&pane, 0, 3, 12, 3, 0, ROLE_text, "线程二要锁，可锁在线程一手里。"), 3);
    assert_string_equal(row(canvas, 3), "线程二要锁，");
    assert_string_equal(row(canvas, 4), "可锁在线程一");
    assert_string_equal(row(canvas, 5), "手里。");
    assert_int_equal(text_lines("线程二要了锁，好", 12), 2);
    pane_text_wrap(&pane, 0, 6, 12, 2, 0, ROLE_text, "线程二要了锁，好");
    assert_string_equal(row(canvas, 6), "线程二要了");
    assert_string_equal(row(canvas, 7), "锁，好");
    assert_int_equal(canvas_faults(canvas)->cuts, 0);
    canvas_free(canvas);
}

static void the_last_line_of_too_much_text_says_that_it_goes_on(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(10, 2, true);
    struct pane pane = pane_whole(canvas);
    assert_int_equal(pane_text_wrap(&pane, 0, 0, 10, 2, 0, ROLE_text, "one two three four five"), 3);
    assert_string_equal(row(canvas, 0), "one two");
    assert_string_equal(row(canvas, 1), "three fou>");
    canvas_free(canvas);
}

static void drawing_over_is_counted_unless_it_is_meant(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(10, 1, false);
    struct pane pane = pane_whole(canvas);
    pane_text(&pane, 0, 0, 0, ROLE_text, "abc");
    pane_text(&pane, 0, 0, 0, ROLE_text, "abc");
    assert_int_equal(canvas_faults(canvas)->overlaps, 0);
    pane_text(&pane, 2, 0, 0, ROLE_text, "xyz");
    assert_int_equal(canvas_faults(canvas)->overlaps, 1);
    canvas_over(canvas, true);
    pane_text(&pane, 0, 0, 0, ROLE_text, "123");
    assert_int_equal(canvas_faults(canvas)->overlaps, 1);
    canvas_clear(canvas);
    assert_int_equal(canvas_faults(canvas)->overlaps, 0);
    assert_string_equal(row(canvas, 0), "");
    canvas_free(canvas);
}

static void bytes_that_are_no_text_do_no_harm(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(20, 1, false);
    struct pane pane = pane_whole(canvas);
    pane_text(&pane, 0, 0, 0, ROLE_text, "a\x1b[31m\xff\xe4\xb8" "b");
    assert_string_equal(row(canvas, 0), "a?[31m???b");
    canvas_free(canvas);
}

static void every_sign_takes_one_column_and_has_an_ascii_twin(void **state)
{
    (void)state;
    for (unsigned i = 0; i < GLYPH_COUNT; i++) {
        uint32_t plain = glyph_code((enum glyph)i, true);
        assert_true(plain > ' ' && plain < 0x7F);
        /* U+2500.. that are ambiguous (EastAsianWidth.txt): 2500-254B, 2550-2573, 2580-258F, 2592-2595, 25A0-25A1 ... */
        uint32_t code = glyph_code((enum glyph)i, false);
        assert_false(code >= 0x2500 && code <= 0x254B);
        assert_false(code >= 0x2550 && code <= 0x2573);
        assert_false(code >= 0x2580 && code <= 0x258F);
        assert_false(code >= 0x2592 && code <= 0x2595);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide_characters_take_two_cells_and_are_never_halved),
        cmocka_unit_test(nothing_leaves_its_pane),
        cmocka_unit_test(what_is_shortened_says_so),
        cmocka_unit_test(english_breaks_between_words_and_chinese_between_characters),
        cmocka_unit_test(the_last_line_of_too_much_text_says_that_it_goes_on),
        cmocka_unit_test(drawing_over_is_counted_unless_it_is_meant),
        cmocka_unit_test(bytes_that_are_no_text_do_no_harm),
        cmocka_unit_test(every_sign_takes_one_column_and_has_an_ascii_twin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
