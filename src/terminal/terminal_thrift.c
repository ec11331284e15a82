/* Spares bytes in what ncurses has written. ncurses names both colours at each change of either, and goes back to plain
 * before each change of an attribute; this says only what differs, and only where something is drawn with it. Select
 * Graphic Rendition as in ECMA-48 8.3.117, with xterm's 256 colours. What it does not know it leaves as it is. */
#include "terminal/terminal_internal.h"

#include <stdio.h>
#include <string.h>

enum { INHERITED = -2 /* what the terminal had at the beginning */, PLAIN = -1, PARAMETERS = 16 };

/* How the next character would look. The colours are 0 to 255. */
struct rendition {
    int foreground, background, bold, underline, reverse; /* the last three: INHERITED, 0 or 1 */
    bool is_known;                                        /* as a whole: there was a way over plain (0) */
};

struct thrift {
    struct rendition is, wanted; /* of the terminal, of ncurses */
    char *out;
    size_t length;
};

static const struct rendition plain = {PLAIN, PLAIN, 0, 0, 0, true},
                              inherited = {INHERITED, INHERITED, INHERITED, INHERITED, INHERITED, false};

static bool is_same(const struct rendition *a, const struct rendition *b)
{
    return a->foreground == b->foreground && a->background == b->background && a->bold == b->bold &&
           a->underline == b->underline && a->reverse == b->reverse && a->is_known == b->is_known;
}

static size_t say_colour(char *text, int from, int to, int base)
{
    if (from == to || to == INHERITED)
        return 0;
    if (to == PLAIN)
        return (size_t)sprintf(text, ";%d", base + 9);
    if (to < 16)
        return (size_t)sprintf(text, ";%d", to < 8 ? base + to : base + 60 + to - 8);
    return (size_t)sprintf(text, ";%d;5;%d", base + 8, to);
}

static size_t say_attribute(char *text, int from, int to, int on, int off)
{
    return from == to || to == INHERITED ? 0 : (size_t)sprintf(text, ";%d", to ? on : off);
}

/* The parameters that lead from one to the other, each with a semicolon before it. */
static size_t say_difference(char *text, const struct rendition *from, const struct rendition *to)
{
    size_t length = say_attribute(text, from->bold, to->bold, 1, 22);
    length += say_attribute(text + length, from->underline, to->underline, 4, 24);
    length += say_attribute(text + length, from->reverse, to->reverse, 7, 27);
    length += say_colour(text + length, from->foreground, to->foreground, 30);
    length += say_colour(text + length, from->background, to->background, 40);
    text[length] = '\0';
    return length;
}

/* Never longer than what ncurses wrote for it: each parameter was one of its own since the last time, and where the way
 * leads over plain because it must, ncurses went that way, too. */
static void settle(struct thrift *thrift)
{
    char direct[64], over[64] = "";
    const struct rendition *wanted = &thrift->wanted;
    if (is_same(&thrift->is, wanted))
        return;
    size_t length = say_difference(direct, &thrift->is, wanted);
    bool goes_over =
        wanted->is_known && (say_difference(over, &plain, wanted) + 1 < length - 1 || !thrift->is.is_known);
    char text[80];
    int size =
        snprintf(text, sizeof text, "\033[%s%sm", goes_over && over[0] ? "0" : "", goes_over ? over : direct + 1);
    memcpy(thrift->out + thrift->length, text, (size_t)size);
    thrift->length += (size_t)size;
    thrift->is = *wanted;
}

/* Takes in one parameter, or the three of a colour. How many; 0: unknown. */
static int take(struct rendition *wanted, const int *parameters, int count)
{
    int one = parameters[0];
    bool is_indexed = (one == 38 || one == 48) && count >= 3 && parameters[1] == 5 && parameters[2] < 256;
    if (is_indexed)
        *(one == 38 ? &wanted->foreground : &wanted->background) = parameters[2];
    else if (one == 0)
        *wanted = plain;
    else if (one == 1)
        wanted->bold = 1;
    else if (one == 4)
        wanted->underline = 1;
    else if (one == 7)
        wanted->reverse = 1;
    else if (one == 24)
        wanted->underline = 0;
    else if (one == 27)
        wanted->reverse = 0;
    else if (one >= 30 && one <= 39 && one != 38)
        wanted->foreground = one == 39 ? PLAIN : one - 30;
    else if (one >= 40 && one <= 49 && one != 48)
        wanted->background = one == 49 ? PLAIN : one - 40;
    else if (one >= 90 && one <= 97)
        wanted->foreground = one - 90 + 8;
    else if (one >= 100 && one <= 107)
        wanted->background = one - 100 + 8;
    else
        return 0;
    return is_indexed ? 3 : 1;
}

/* "ESC [ n ; n m" up to its end; 0: it is not that, or says what is not known. */
static size_t take_rendition(struct rendition *wanted, const char *text, size_t size)
{
    struct rendition result = *wanted;
    int parameters[PARAMETERS] = {0}, count = 1;
    size_t at = 2;
    if (size < 3 || text[0] != '\033' || text[1] != '[')
        return 0;
    for (; at < size && text[at] != 'm'; at++) {
        bool is_empty = text[at - 1] == '[' || text[at - 1] == ';'; /* among others: nothing that ncurses writes */
        if (text[at] == ';' && count < PARAMETERS && !is_empty)
            count++;
        else if (text[at] >= '0' && text[at] <= '9' && parameters[count - 1] < 1000)
            parameters[count - 1] = parameters[count - 1] * 10 + text[at] - '0';
        else
            return 0;
    }
    if (at == size)
        return 0;
    for (int i = 0, took; i < count; i += took)
        if ((took = take(&result, parameters + i, count - i)) == 0)
            return 0;
    *wanted = result;
    return at + 1;
}

/* A move of the cursor, whose rendition does not matter; its length, else 0. */
static size_t cursor_move(const char *text, size_t size)
{
    if (text[0] == '\b' || text[0] == '\r')
        return 1;
    if (size < 3 || text[0] != '\033' || text[1] != '[')
        return 0;
    size_t at = 2;
    while (at < size && ((text[at] >= '0' && text[at] <= '9') || text[at] == ';'))
        at++;
    return at < size && strchr("ABCDGHd", text[at]) ? at + 1 : 0;
}

/* What is neither of these: a character, or a sequence whose end is looked for, as an unknown rendition may be among them. */
static size_t other(struct thrift *thrift, const char *text, size_t size)
{
    size_t count = 1;
    settle(thrift);
    if (size < 3 || text[0] != '\033' || text[1] != '[')
        return 1;
    for (count = 2; count < size && (unsigned char)text[count] < '@';)
        count++;
    if (count < size && text[count] == 'm')
        thrift->is = thrift->wanted = inherited;
    return count < size ? count + 1 : count;
}

size_t thrift_frame(char *bytes, size_t length)
{
    static const char charset[] = "\033(B"; /* of sgr0: back from line drawing, which is never turned on */
    struct thrift thrift = {.is = inherited, .wanted = inherited, .out = bytes};
    for (size_t at = 0, count; at < length; at += count) {
        const char *text = bytes + at;
        size_t left = length - at;
        if ((count = take_rendition(&thrift.wanted, text, left)) > 0)
            continue;
        if (left >= 3 && memcmp(text, charset, 3) == 0) {
            count = 3;
            continue;
        }
        if ((count = cursor_move(text, left)) == 0)
            count = other(&thrift, text, left);
        memmove(thrift.out + thrift.length, text, count);
        thrift.length += count;
    }
    settle(&thrift);
    return thrift.length;
}
