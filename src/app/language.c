/* Chooses the language. glibc's gettext speaks Chinese only in a locale that is not "C", and most machines have no
 * zh_CN; with C.UTF-8, which every Debian has, and LANGUAGE it does all the same. */
#include "app/language.h"

#include <langinfo.h>
#include <libintl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

extern int _nl_msg_cat_cntr; /* glibc: gettext looks at LANGUAGE again when it changes */

static bool chinese;
static bool had_language;
static char *old_language; /* until the process ends */

static bool is_set(const char *value)
{
    return value && *value;
}

static bool is_c(const char *locale)
{
    return strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0;
}

bool language_wants_chinese(const char *language, const char *all, const char *messages, const char *lang)
{
    const char *locale = is_set(all) ? all : is_set(messages) ? messages : is_set(lang) ? lang : "C";
    if (is_c(locale))
        return false;
    const char *first = is_set(language) ? language : locale;
    /* LANGUAGE is a list; the first that we have counts. */
    while (*first) {
        if (strncmp(first, "zh", 2) == 0)
            return true;
        if (strncmp(first, "en", 2) == 0 || first == locale)
            return false;
        const char *colon = strchr(first, ':');
        first = colon ? colon + 1 : "";
    }
    return strncmp(locale, "zh", 2) == 0;
}

void language_start(const char *wanted, const char *folder)
{
    const char *language = getenv("LANGUAGE");
    if (wanted)
        chinese = strcmp(wanted, "zh") == 0;
    else
        chinese = language_wants_chinese(language, getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG"));
    /* Numbers stay as they are in C: output must not depend on where it was made. */
    if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
    setlocale(LC_MESSAGES, "C.UTF-8");
    had_language = language != NULL;
    free(old_language);
    old_language = language ? strdup(language) : NULL;
    if (*folder)
        bindtextdomain("lockstep", folder);
    bind_textdomain_codeset("lockstep", "UTF-8");
    textdomain("lockstep");
    language_show();
}

bool language_is_chinese(void)
{
    return chinese;
}

void language_set(bool wanted)
{
    chinese = wanted;
    language_show();
}

void language_hide(void)
{
    if (had_language && old_language)
        setenv("LANGUAGE", old_language, 1);
    else
        unsetenv("LANGUAGE");
}

void language_show(void)
{
    setenv("LANGUAGE", chinese ? "zh_CN" : "en", 1);
    _nl_msg_cat_cntr++;
}
