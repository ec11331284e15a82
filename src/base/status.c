/* Results and messages: the names of the statuses, and the making of a message that is never longer than its array. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *status_text(enum status status)
{
    static const char *const texts[] = {
#define STATUS(code, text) [STATUS_##code] = text,
#include "base/status.def"
#undef STATUS
    };
    if ((unsigned)status >= STATUS_COUNT)
        return "unknown status";
    return texts[status];
}

enum status message_set(struct message *message, enum status status, const char *format, ...)
{
    if (!message)
        return status;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message->text, sizeof message->text, format, arguments);
    va_end(arguments);
    if (length < 0) {
        message->text[0] = 0;
    } else if ((size_t)length >= sizeof message->text) {
        size_t end = sizeof message->text - 1;
        while (end > 0 && ((unsigned char)message->text[end] & 0xC0) == 0x80)
            end--;
        message->text[end] = 0;
    }
    return status;
}
