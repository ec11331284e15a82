/* Texts of the program itself: gettext's marks. Every room may include this. */
#ifndef LOCKSTEP_BASE_TEXT_H
#define LOCKSTEP_BASE_TEXT_H

#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) text

#endif
