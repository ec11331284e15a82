/* Results and messages: the names of the statuses, and the making of a message that is never longer than its array.
 * Formats are looked up in the catalogue that the program has chosen (textdomain(3)); without one they stay English. */
#include "base/status.h"

#include <libintl.h>
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
    int length = vsnprintf(message->text, sizeof message->text, *format ? gettext(format) : "", arguments);
    va_end(arguments);
    if (length < 0) {
        message->text[0] = 0;
    } else if ((size_t)length >= sizeof message->text) {
        /* Back to the lead byte of the last character, and out with it if bytes of it are missing. */
        size_t end = sizeof message->text - 1, lead = end;
        while (lead > 0 && ((unsigned char)message->text[lead - 1] & 0xC0) == 0x80)
            lead--;
        unsigned char first = lead > 0 ? (unsigned char)message->text[lead - 1] : 0;
        size_t wanted = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
        if (lead > 0 && end - (lead - 1) < wanted)
            end = lead - 1;
        message->text[end] = 0;
    }
    return status;
}
