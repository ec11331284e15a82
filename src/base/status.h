/* Results and messages. Every room may include this; it includes no room. */
#ifndef LOCKSTEP_BASE_STATUS_H
#define LOCKSTEP_BASE_STATUS_H

enum status {
#define STATUS(code, text) STATUS_##code,
#include "base/status.def"
#undef STATUS
    STATUS_COUNT
};

/* The class of a status in English; a static string, never NULL. */
const char *status_text(enum status status);

/* One message for a person: what was tried, on what, why it failed, what to do. UTF-8, never longer than the array,
 * always terminated. `text[0] == 0` means none was set. */
struct message {
    char text[1024];
};

/* printf into the message; cuts at the array's end on a character boundary. Returns `status`, so that a failing
 * function can end with `return message_set(message, STATUS_IO, ...)`. `message` may be NULL. */
enum status message_set(struct message *message, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
