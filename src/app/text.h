/* Texts of the program itself: gettext's marks. */
#ifndef LOCKSTEP_APP_TEXT_H
#define LOCKSTEP_APP_TEXT_H

#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) text

#endif
