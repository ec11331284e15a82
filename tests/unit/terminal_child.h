/* For tests of the terminal: a program that opens it, shows what it found out (row 0) and each event (a row each, from
 * row 1 on, beginning anew when the rows are over), and does what `quit`, `theme`, `command` (typing), `input` (raw),
 * `suspend` and `redraw` ask for. */
#ifndef TESTS_TERMINAL_CHILD_H
#define TESTS_TERMINAL_CHILD_H

#include "terminal/terminal.h"

struct terminal_child {
    struct terminal_options options; /* `keys` NULL: assets/keys of the source folder */
    void (*draw)(struct canvas *);   /* instead of the events, anew after each; NULL none */
    const char *after;               /* written to standard output after the terminal was given back */
};

/* For struct screen_options.child. Exit status: 0 quit; 2 refused ("refused: " and the message were printed); 50 gone,
 * or 50 and the signal's number. */
int terminal_child_run(void *terminal_child);

#endif
