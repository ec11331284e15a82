/* Asks the terminal two things before the screen is taken: how wide it draws characters of ambiguous width (a setting of
 * many terminals for Chinese and Japanese that no locale tells), and how bright its background is. The question for the
 * cursor's place comes last and every terminal that answers at all answers that, in order: so a terminal that does not
 * know the other question costs no time. What is typed meanwhile is kept. An answer that comes too late is swallowed by
 * terminal_decode.c. */
#include "terminal/terminal_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PROBE_MILLISECONDS = 150 };

/* The cursor is put back, and the character is wiped away. */
#define PROBE_BACKGROUND "\033]11;?\033\\"
#define PROBE_WIDTH "\0337\r\342\224\200\033[6n\r\033[K\0338"

static long long probe_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void probe_cut(struct probe *probe, size_t begin, size_t end)
{
    memmove(probe->typed + begin, probe->typed + end, probe->typed_count - end);
    probe->typed_count -= end - begin;
}

/* `ESC [ row ; column R` at `begin`: its end, 0 if it is something else or not complete. */
static size_t probe_cursor(const struct probe *probe, size_t begin, int *column)
{
    char text[24];
    int row, used = 0;
    size_t left = probe->typed_count - begin;
    snprintf(text, sizeof text, "%.*s", (int)(left < sizeof text ? left : sizeof text - 1), probe->typed + begin);
    if (sscanf(text, "\033[%5d;%5dR%n", &row, column, &used) != 2 || used == 0)
        return 0;
    return begin + (size_t)used;
}

/* sRGB to linear, by a polynomial that is right to a thousandth. */
static double channel(double value)
{
    return value * (value * (value * 0.305306011 + 0.682171111) + 0.012522878);
}

/* One to four hexadecimal digits, as a part of the most that they can be. */
static const char *hexadecimal(const char *text, double *value)
{
    char *end;
    size_t digits = strspn(text, "0123456789abcdefABCDEF");
    if (digits < 1 || digits > 4)
        return NULL;
    *value = (double)strtoul(text, &end, 16) / (double)((1u << 4 * digits) - 1);
    return end;
}

static double luminance(const char *text)
{
    double part[3];
    if (strncmp(text, "rgb:", 4) == 0)
        text += 4;
    else if (strncmp(text, "rgba:", 5) == 0)
        text += 5;
    else
        return -1;
    for (int i = 0; i < 3; i++) {
        text = hexadecimal(text, &part[i]);
        if (!text || (i < 2 && *text++ != '/'))
            return -1;
    }
    return 0.2126 * channel(part[0]) + 0.7152 * channel(part[1]) + 0.0722 * channel(part[2]);
}

/* `ESC ] 11 ; ... BEL` or `... ESC \` at `begin`: its end, 0 if it is something else or not complete. */
static size_t probe_colour(struct probe *probe, size_t begin)
{
    char text[64];
    size_t length = 0, i = begin + 5;
    if (probe->typed_count - begin < 5 || memcmp(probe->typed + begin, "\033]11;", 5) != 0)
        return 0;
    for (; i < probe->typed_count && probe->typed[i] != '\a' && probe->typed[i] != '\033'; i++)
        if (length < sizeof text - 1)
            text[length++] = probe->typed[i];
    size_t end = i < probe->typed_count && probe->typed[i] == '\a' ? i + 1 : i + 2;
    if (end > probe->typed_count)
        return 0;
    text[length] = '\0';
    probe->background = luminance(text);
    return end;
}

bool probe_take(struct probe *probe)
{
    for (size_t i = 0; i < probe->typed_count; i++) {
        if (probe->typed[i] != '\033')
            continue;
        int column = 0;
        size_t end = probe_colour(probe, i);
        if (!end && (end = probe_cursor(probe, i, &column)) != 0)
            probe->ambiguous = column > 1 ? column - 1 : 0;
        if (!end)
            continue;
        probe_cut(probe, i, end);
        i--;
        if (column)
            return true;
    }
    return false;
}

void probe_terminal(int descriptor, struct probe *probe)
{
    probe->ambiguous = 0;
    probe->background = -1;
    probe->typed_count = 0;
    if (probe->ask_background)
        terminal_write(PROBE_BACKGROUND);
    terminal_write(PROBE_WIDTH);
    long long end = probe_now() + PROBE_MILLISECONDS;
    while (probe->typed_count < sizeof probe->typed) {
        struct pollfd ready = {.fd = descriptor, .events = POLLIN};
        long long left = end - probe_now();
        if (left <= 0 || poll(&ready, 1, (int)left) <= 0)
            return; /* EINTR, too: a signal that is about us ends the waiting */
        ssize_t got = read(descriptor, probe->typed + probe->typed_count, sizeof probe->typed - probe->typed_count);
        if (got <= 0)
            return;
        probe->typed_count += (size_t)got;
        if (probe_take(probe))
            return;
    }
}
