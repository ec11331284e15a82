/* Fewer bytes, the same screen: random frames of the kind that ncurses writes, and of kinds that it does not, drawn by a
 * terminal emulator as they were and after thrift_frame(). The seed is LOCKSTEP_SEED, else 1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "terminal/terminal_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vterm.h>

enum { COLUMNS = 20, ROWS = 4, FRAMES = 4000, PIECES = 24, ROOM = 4096 };

static VTerm *emulator(void)
{
    VTerm *vterm = vterm_new(ROWS, COLUMNS);
    vterm_set_utf8(vterm, 1);
    vterm_screen_reset(vterm_obtain_screen(vterm), 1);
    vterm_input_write(vterm, "\033(B", 3); /* libvterm takes ASCII and the rest of UTF-8 apart from then on */
    return vterm;
}

static unsigned below(unsigned bound)
{
    return (unsigned)random() % bound;
}

/* One piece of a frame. The last kinds ncurses never writes here; they must come through unharmed all the same. */
static int piece(char *out, size_t size)
{
    static const char *const attributes[] = {"\033[1m", "\033[4m", "\033[7m", "\033[27m", "\033[24m"};
    /* The mark away from the last column, where libvterm looks at how text is cut into pieces. */
    static const char *const texts[] = {"a", "bc", "中", " ", "\u250C", "\033[2;3He\u0301"};
    static const char *const others[] = {"\033[5m",        "\033[38;2;1;2;3m", "\033[22m",  "\033[?25h", "\033[2J",
                                         "\033[9;38;5;2m", "\033[1;;4m",       "\033[105m", "\033[;34m", "\n"};
    switch (below(10)) {
    case 0:
        return snprintf(out, size, "\033[38;5;%um", below(256));
    case 1:
        return snprintf(out, size, "\033[48;5;%um", 16 + below(3));
    case 2:
        return snprintf(out, size, "\033[3%um", below(8));
    case 3:
        return snprintf(out, size, "\033(B\033[m");
    case 4:
        return snprintf(out, size, "\033(B\033[0;1m");
    case 5:
        return snprintf(out, size, "%s", attributes[below(sizeof attributes / sizeof *attributes)]);
    case 6:
        return snprintf(out, size, "\033[%u;%uH", 1 + below(ROWS), 1 + below(COLUMNS));
    case 7:
        return snprintf(out, size, below(2) ? "\033[K" : "\033[39;49m");
    case 8:
        return snprintf(out, size, "%s", others[below(sizeof others / sizeof *others)]);
    default:
        return snprintf(out, size, "%s", texts[below(sizeof texts / sizeof *texts)]);
    }
}

static void must_show_the_same(VTerm *one, VTerm *other, const char *frame)
{
    for (int row = 0; row < ROWS; row++)
        for (int column = 0; column < COLUMNS; column++) {
            VTermScreenCell a, b;
            memset(&a, 0, sizeof a); /* of the characters only those that there are get filled in */
            memset(&b, 0, sizeof b);
            VTermPos place = {.row = row, .col = column};
            vterm_screen_get_cell(vterm_obtain_screen(one), place, &a);
            vterm_screen_get_cell(vterm_obtain_screen(other), place, &b);
            if (memcmp(a.chars, b.chars, sizeof a.chars) || a.width != b.width || a.attrs.bold != b.attrs.bold ||
                a.attrs.underline != b.attrs.underline || a.attrs.reverse != b.attrs.reverse ||
                a.attrs.blink != b.attrs.blink || !vterm_color_is_equal(&a.fg, &b.fg) ||
                !vterm_color_is_equal(&a.bg, &b.bg))
                fail_msg("row %d, column %d after \"%s\"", row, column, frame);
        }
}

static void what_is_shown_is_the_same_and_shorter(void **state)
{
    (void)state;
    const char *seed = getenv("LOCKSTEP_SEED");
    VTerm *plain = emulator(), *thrifty = emulator();
    size_t before = 0, after = 0;
    srandom(seed ? (unsigned)strtoul(seed, NULL, 10) : 1);
    for (int i = 0; i < FRAMES; i++) {
        char frame[ROOM], spared[ROOM];
        size_t length = 0;
        for (unsigned count = below(PIECES); count > 0; count--)
            length += (size_t)piece(frame + length, sizeof frame - length);
        memcpy(spared, frame, length + 1);
        size_t left = thrift_frame(spared, length);
        assert_true(left <= length);
        before += length;
        after += left;
        vterm_input_write(plain, frame, length);
        vterm_input_write(thrifty, spared, left);
        vterm_input_write(plain, "x", 1); /* the rendition that a frame leaves behind counts, too */
        vterm_input_write(thrifty, "x", 1);
        must_show_the_same(plain, thrifty, frame);
    }
    assert_true(after < before * 9 / 10);
    vterm_free(plain);
    vterm_free(thrifty);
}

static void a_change_of_one_colour_names_that_one(void **state)
{
    (void)state;
    char frame[] = "\033(B\033[0;1m\033[38;5;35m\033[48;5;16mA\033[3;4H\033(B\033[m\033[38;5;74m\033[48;5;16mB\033[39;"
                   "49m\033(B\033[m";
    size_t length = thrift_frame(frame, sizeof frame - 1);
    frame[length] = '\0';
    assert_string_equal(frame, "\033[0;1;38;5;35;48;5;16mA\033[3;4H\033[22;38;5;74mB\033[m");
}

static void what_is_cut_short_stays(void **state)
{
    (void)state;
    static const char *const frames[] = {"", "\033", "\033[", "\033[1", "a\033[38;5", "\033(", "\033[;"};
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        char frame[16];
        snprintf(frame, sizeof frame, "%s", frames[i]);
        assert_int_equal(thrift_frame(frame, strlen(frame)), strlen(frames[i]));
        assert_string_equal(frame, frames[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_shown_is_the_same_and_shorter),
        cmocka_unit_test(a_change_of_one_colour_names_that_one),
        cmocka_unit_test(what_is_cut_short_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
