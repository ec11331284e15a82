/* Themes: what each role looks like (themes.def), and which theme to begin with. Colours are indices: the person's palette
 * is never changed (init_color lasts beyond us in some terminals). */
#include "terminal/terminal_internal.h"

#include <stdlib.h>
#include <string.h>

#define NCURSES_NOMACROS
#include <curses.h>

static const char *const names[THEME_COUNT] = {
    [THEME_dark] = "dark", [THEME_light] = "light", [THEME_contrast] = "high-contrast", [THEME_mono] = "mono"};

enum { B = EMPHASIS_bold, R = EMPHASIS_reverse, U = EMPHASIS_underline, __ = -1 };
enum { LOOKS_dark, LOOKS_light, LOOKS_contrast, LOOKS_eight_dark, LOOKS_eight_light, LOOKS_mono, LOOKS_KINDS };

static const struct {
    struct look kind[LOOKS_KINDS];
    bool given;
} looks[ROLE_COUNT] = {
#define L(foreground, background, attributes)                                                                          \
    {                                                                                                                  \
        foreground, background, attributes                                                                             \
    }
#define LOOKS(role, dark, light, contrast, eight_dark, eight_light, mono)                                              \
    [ROLE_##role] = {{dark, light, contrast, eight_dark, eight_light, mono}, true},
#include "terminal/themes.def"
#undef LOOKS
#undef L
};

static const struct look grounds[LOOKS_KINDS] = {
    [LOOKS_dark] = {252, 16, 0},    [LOOKS_light] = {16, 231, 0},    [LOOKS_contrast] = {231, 16, 0},
    [LOOKS_eight_dark] = {7, 0, 0}, [LOOKS_eight_light] = {0, 7, 0}, [LOOKS_mono] = {-1, -1, 0},
};

const char *theme_name(enum theme theme)
{
    return theme < THEME_COUNT ? names[theme] : "";
}

enum theme theme_by_name(const char *name)
{
    int theme = 0;
    while (theme < THEME_COUNT && strcmp(names[theme], name) != 0)
        theme++;
    return (enum theme)theme;
}

bool theme_is_on_light(enum theme theme)
{
    return theme == THEME_light;
}

static int looks_kind(enum theme theme, enum theme_colours colours)
{
    if (theme == THEME_mono || colours == COLOURS_none)
        return LOOKS_mono;
    if (colours == COLOURS_8)
        return theme == THEME_light ? LOOKS_eight_light : LOOKS_eight_dark;
    return theme == THEME_light ? LOOKS_light : theme == THEME_contrast ? LOOKS_contrast : LOOKS_dark;
}

struct look theme_look(enum theme theme, enum theme_colours colours, enum role role)
{
    int kind = looks_kind(theme, colours);
    /* A role without a row looks like text until it gets one; a test sees that it does. */
    struct look look = looks[role].given ? looks[role].kind[kind] : looks[ROLE_text].kind[kind];
    if (look.foreground < 0)
        look.foreground = grounds[kind].foreground;
    if (look.background < 0)
        look.background = grounds[kind].background;
    if (kind == LOOKS_eight_dark && theme == THEME_contrast)
        look.attributes |= EMPHASIS_bold;
    return look;
}

void theme_apply(enum theme theme, enum theme_colours colours, bool own_ground)
{
    if (colours == COLOURS_none)
        return;
    short ground = grounds[looks_kind(theme, colours)].background;
    for (int role = 0; role < ROLE_COUNT; role++) {
        struct look look = theme_look(theme, colours, (enum role)role);
        init_pair((short)(role + 1), look.foreground, own_ground && look.background == ground ? -1 : look.background);
    }
}

/* COLORFGBG is "15;0" or "15;default;0": the last is the background, 7 and 9 to 15 are bright. */
static bool environment_is_light(void)
{
    const char *value = getenv("COLORFGBG");
    const char *last = value ? strrchr(value, ';') : NULL;
    if (!last || last[1] < '0' || last[1] > '9')
        return false;
    long colour = strtol(last + 1, NULL, 10);
    return colour == 7 || (colour >= 9 && colour <= 15);
}

enum theme theme_default(double background)
{
    const char *no_color = getenv("NO_COLOR");
    if (no_color && *no_color)
        return THEME_mono;
    if (background >= 0)
        return background > 0.4 ? THEME_light : THEME_dark;
    return environment_is_light() ? THEME_light : THEME_dark;
}
