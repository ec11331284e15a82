/* The language of what people read: chosen from what was asked for, whether or not the system has such a locale. */
#ifndef LOCKSTEP_APP_LANGUAGE_H
#define LOCKSTEP_APP_LANGUAGE_H

#include <stdbool.h>

/* Sets locale and translations. `wanted`: "en", "zh" (of --lang), else NULL: by LANGUAGE, LC_ALL, LC_MESSAGES, LANG as
 * gettext reads them. `folder`: of the translations, "" if there are none. */
void language_start(const char *wanted, const char *folder);
bool language_is_chinese(void);
/* From now on. */
void language_set(bool chinese);

/* Whether the environment (by the rules above) asks for Chinese. */
bool language_wants_chinese(const char *language, const char *all, const char *messages, const char *lang);

/* gettext is told by our environment variable LANGUAGE. A guest must see the one that it would have had without us:
 * between these two calls the variable is as it was. */
void language_hide(void);
void language_show(void);

#endif
