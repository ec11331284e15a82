/* Themes: every role has a look in every theme, and can be read. Contrast as WCAG 2 defines it, on xterm's 256 colours. */
#include "terminal/terminal_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

/* (sRGB value) -> linear; x^2.4 without libm: x^2 times the fifth root of x^2 by Newton. */
static double linear(int value)
{
    double x = value / 255.0;
    if (x <= 0.03928)
        return x / 12.92;
    x = (x + 0.055) / 1.055;
    double root = 1, square = x * x;
    for (int i = 0; i < 60; i++)
        root -= (root * root * root * root * root - square) / (5 * root * root * root * root);
    return square * root;
}

static double luminance(int index)
{
    static const int steps[] = {0, 95, 135, 175, 215, 255};
    int rgb[3];
    assert_in_range(index, 16, 255); /* those below are whatever the person's palette makes of them */
    if (index < 232) {
        rgb[0] = steps[(index - 16) / 36];
        rgb[1] = steps[(index - 16) / 6 % 6];
        rgb[2] = steps[(index - 16) % 6];
    } else {
        rgb[0] = rgb[1] = rgb[2] = 8 + 10 * (index - 232);
    }
    return 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
}

static const char *const roles[] = {
#define ROLE(id) #id,
#include "stage/roles.def"
#undef ROLE
};
static const char *const given =
#define LOOKS(role, ...) " " #role " "
#include "terminal/themes.def"
#undef LOOKS
    ;

static void every_role_has_a_row(void **state)
{
    (void)state;
    for (int role = 0; role < ROLE_COUNT; role++) {
        char name[64];
        snprintf(name, sizeof name, " %s ", roles[role]);
        if (!strstr(given, name))
            fail_msg("themes.def has no row for %s", roles[role]);
    }
}

static void text_can_be_read(void **state)
{
    (void)state;
    for (int theme = THEME_dark; theme <= THEME_contrast; theme++)
        for (int role = 0; role < ROLE_COUNT; role++) {
            struct look look = theme_look((enum theme)theme, COLOURS_256, (enum role)role);
            double one = luminance(look.foreground), other = luminance(look.background);
            double contrast = ((one > other ? one : other) + 0.05) / ((one > other ? other : one) + 0.05);
            double least = theme == THEME_contrast ? 7 : role == ROLE_rule ? 3 : 4.5;
            if (contrast < least)
                fail_msg("%s in %s: %.2f instead of %.1f", roles[role], theme_name((enum theme)theme), contrast, least);
        }
}

static void eight_colours_are_not_a_colour_on_itself(void **state)
{
    (void)state;
    for (int theme = THEME_dark; theme <= THEME_contrast; theme++)
        for (int role = 0; role < ROLE_COUNT; role++) {
            struct look look = theme_look((enum theme)theme, COLOURS_8, (enum role)role);
            assert_in_range(look.foreground, 0, 7);
            assert_in_range(look.background, 0, 7);
            assert_int_not_equal(look.foreground, look.background);
        }
}

static void states_differ_without_colour_too(void **state)
{
    (void)state;
    /* Letter and shape tell them apart; what must strike the eye strikes it by weight as well. */
    static const enum role striking[] = {ROLE_running, ROLE_blocked, ROLE_changed, ROLE_fault, ROLE_cursor, ROLE_focus};
    for (size_t i = 0; i < sizeof striking / sizeof *striking; i++) {
        struct look look = theme_look(THEME_mono, COLOURS_256, striking[i]);
        assert_int_not_equal(look.attributes, theme_look(THEME_mono, COLOURS_256, ROLE_text).attributes);
        assert_int_equal(look.foreground, -1);
        assert_int_equal(look.background, -1);
    }
}

static void themes_have_names(void **state)
{
    (void)state;
    for (int theme = 0; theme < THEME_COUNT; theme++)
        assert_int_equal(theme_by_name(theme_name((enum theme)theme)), theme);
    assert_int_equal(theme_by_name("purple"), THEME_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_role_has_a_row),
        cmocka_unit_test(text_can_be_read),
        cmocka_unit_test(eight_colours_are_not_a_colour_on_itself),
        cmocka_unit_test(states_differ_without_colour_too),
        cmocka_unit_test(themes_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
