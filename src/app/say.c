/* One way to speak to a person who types commands. Data never goes through here. */
#include "app/say.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/text.h"

void say(const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    /* The sanitiser leaves what is clean as it is; so a name that somebody forgot cannot do harm either. */
    char clean[ESCAPE_BOUND(sizeof text)];
    escape_text(ESCAPE_LINES, text, strlen(text), clean, sizeof clean);
    fflush(stdout);
    fprintf(stderr, "lockstep: %s\n", clean);
}

int say_failure(enum status status, const struct message *message)
{
    if (message->text[0])
        say("%s", message->text);
    else
        say(_("failed: %s"), status_text(status));
    switch (status) {
    case STATUS_USAGE:
    case STATUS_NOT_FOUND:
    case STATUS_INVALID:
        return EXIT_USAGE;
    case STATUS_DIVERGED:
        return EXIT_FAULT;
    default:
        return EXIT_ENVIRONMENT;
    }
}

bool say_reader_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};
    return poll(&out, 1, 0) > 0 && out.revents & POLLERR;
}

int say_close_output(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_FINE;
    int error = errno;
    if (error == EPIPE || say_reader_gone())
        return EXIT_SIGNAL + SIGPIPE;
    say(_("writing to standard output failed: %s; is the disk full?"),
        error ? strerror(error) : _("some of it is lost"));
    return EXIT_ENVIRONMENT;
}
