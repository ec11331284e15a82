/* Messages of the program: on standard error, in one form, and what they mean for the exit status. */
#ifndef LOCKSTEP_APP_SAY_H
#define LOCKSTEP_APP_SAY_H

#include <stdbool.h>

#include "base/status.h"

/* Exit statuses, as the interface has them; 128 + n for signal n. */
enum exit_status {
    EXIT_FINE = 0,
    EXIT_FAULT = 1,
    EXIT_USAGE = 2,
    EXIT_ENVIRONMENT = 3,
    EXIT_BOUND = 4,
    EXIT_SIGNAL = 128
};

/* "lockstep: " and the sentence, a line on standard error. What comes from others in it must be escaped already. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says the message (nothing if it is empty) and returns the exit status of a command that failed with `status`. */
int say_failure(enum status status, const struct message *message);

/* After writing to standard output failed or at the end: flushes it. EXIT_FINE; EXIT_SIGNAL + SIGPIPE without a word where
 * the reader has gone; EXIT_ENVIRONMENT with a message otherwise. */
int say_close_output(void);
/* Whether who read our standard output has gone: then there is nobody to complain to. */
bool say_reader_gone(void);

#endif
