/* What is known of the terminal before it is asked anything: terminfo, its name, the environment. The one file that
 * includes <term.h>, whose macros take ordinary words away (columns, lines). */
#include "terminal/terminal_internal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define NCURSES_NOMACROS
#include <curses.h>
#include <term.h>

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static char *capability(const char *name)
{
    char writable[16]; /* tigetstr() asks for one */
    strncpy(writable, name, sizeof writable - 1);
    writable[sizeof writable - 1] = '\0';
    char *value = tigetstr(writable);
    return value == (char *)-1 ? NULL : value;
}

static void load_keys(struct decode_keys *keys)
{
    static const struct {
        const char *capability;
        uint32_t key;
    } wanted[] = {
        {"kcuu1", PRESS_up},     {"kcud1", PRESS_down},   {"kcub1", PRESS_left}, {"kcuf1", PRESS_right},
        {"kpp", PRESS_pageup},   {"knp", PRESS_pagedown}, {"khome", PRESS_home}, {"kend", PRESS_end},
        {"kdch1", PRESS_delete}, {"kich1", PRESS_insert}, {"kent", PRESS_enter}, {"kcbt", PRESS_tab | PRESS_SHIFT},
        {"kf1", PRESS_f1},       {"kf2", PRESS_f2},       {"kf3", PRESS_f3},     {"kf4", PRESS_f4},
        {"kf5", PRESS_f5},       {"kf6", PRESS_f6},       {"kf7", PRESS_f7},     {"kf8", PRESS_f8},
        {"kf9", PRESS_f9},       {"kf10", PRESS_f10},     {"kf11", PRESS_f11},   {"kf12", PRESS_f12},
    };
    keys->count = 0;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted && keys->count < DECODE_KEYS; i++) {
        const char *bytes = capability(wanted[i].capability);
        if (!bytes || bytes[0] != 0x1B || strlen(bytes) < 2 || strlen(bytes) >= DECODE_SEQUENCE)
            continue;
        strcpy(keys->key[keys->count].bytes, bytes);
        keys->key[keys->count++].key = wanted[i].key;
    }
}

bool description_load(struct description *description, const char *name)
{
    int found = 0;
    if (!*name || strlen(name) >= sizeof description->name || setupterm(name, 1, &found) != OK)
        return false;
    *description = (struct description){.moves_cursor = capability("cup") != NULL};
    strcpy(description->name, name);
    load_keys(&description->keys);
    description->is_console = begins(name, "linux");
    description->is_plain = description->is_console || begins(name, "vt") || begins(name, "dumb");
    description->has_mouse = capability("kmous") != NULL && !description->is_plain;
    const char *tmux = getenv("TMUX"), *sty = getenv("STY");
    description->is_nested = begins(name, "screen") || begins(name, "tmux") || (tmux && *tmux) || (sty && *sty);
    del_curterm(cur_term);
    return true;
}

bool description_is_utf8(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    if (locale) {
        bool is_utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
        freelocale(locale);
        return is_utf8;
    }
    /* A locale that this machine has not, as after ssh: its name says it. */
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);
        if (value && *value)
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
}
