/* Bytes become keys. Why not ncurses' own reading: an answer of the terminal that comes late (over a slow line the probe
 * has given up by then) would be taken for the keys 1 ; 2 R, and 1 chooses a task; and what is typed to a guest must stay
 * the bytes that it was. First comes the terminal's own description, then what all terminals of today send. */
#include "terminal/terminal_decode.h"

#include "terminal/terminal_keys.h"

#include <string.h>

enum { ESC = 0x1B, DECODE_PARAMETERS = 8 };

static size_t decode_key(struct decoded *out, uint32_t key, size_t used)
{
    out->kind = key ? DECODED_key : DECODED_nothing;
    out->key = key;
    return used;
}

/* A character, ESC excepted. */
static size_t decode_character(const char *bytes, size_t count, bool over, struct decoded *out)
{
    unsigned char first = (unsigned char)bytes[0];
    uint32_t code;
    switch (first) {
    case 0x08:
    case 0x7F:
        return decode_key(out, PRESS_backspace, 1);
    case '\t':
        return decode_key(out, PRESS_tab, 1);
    case '\r':
    case '\n':
        return decode_key(out, PRESS_enter, 1);
    case 0: /* Ctrl-space */
        return decode_key(out, PRESS_CTRL | ' ', 1);
    default:
        break;
    }
    size_t used = press_from_utf8(bytes, count, &code);
    if (used == 0)
        return over ? count : 0;
    /* C1 controls and bytes that are no UTF-8 are nothing. */
    return decode_key(out, code == 0xFFFD || (code >= 0x80 && code < 0xA0) ? 0 : code, used);
}

/* `ESC O x`, and `ESC [ x` without numbers. */
static uint32_t letter_key(char letter)
{
    switch (letter) {
    case 'A':
        return PRESS_up;
    case 'B':
        return PRESS_down;
    case 'C':
        return PRESS_right;
    case 'D':
        return PRESS_left;
    case 'H':
        return PRESS_home;
    case 'F':
        return PRESS_end;
    case 'P':
        return PRESS_f1;
    case 'Q':
        return PRESS_f2;
    case 'S':
        return PRESS_f4;
    default:
        return 0;
    }
}

/* The keypad in application mode. */
static uint32_t keypad_key(char letter)
{
    static const char from[] = " IMXjklmnopqrstuvwxy";
    static const char to[] = " \t\r=*+,-./0123456789";
    if (letter == 'R')
        return PRESS_f3;
    const char *found = strchr(from, letter);
    if (!found || !letter)
        return letter_key(letter);
    char key = to[found - from];
    return key == '\t' ? (uint32_t)PRESS_tab : key == '\r' ? (uint32_t)PRESS_enter : (uint32_t)key;
}

/* `ESC [ number ~` */
static uint32_t number_key(unsigned number)
{
    static const uint32_t keys[] = {
        [1] = PRESS_home,     [2] = PRESS_insert, [3] = PRESS_delete, [4] = PRESS_end,  [5] = PRESS_pageup,
        [6] = PRESS_pagedown, [7] = PRESS_home,   [8] = PRESS_end,    [11] = PRESS_f1,  [12] = PRESS_f2,
        [13] = PRESS_f3,      [14] = PRESS_f4,    [15] = PRESS_f5,    [17] = PRESS_f6,  [18] = PRESS_f7,
        [19] = PRESS_f8,      [20] = PRESS_f9,    [21] = PRESS_f10,   [23] = PRESS_f11, [24] = PRESS_f12};
    return number < sizeof keys / sizeof *keys ? keys[number] : 0;
}

/* Buttons as xterm numbers them; 1 and the wheel are of interest, pressed, not moved. */
static void decode_click(struct decoded *out, unsigned button, unsigned column, unsigned row, bool pressed)
{
    enum { MODIFIERS = 4 + 8 + 16, MOTION = 32, WHEEL = 64 };
    unsigned plain = button & ~(unsigned)MODIFIERS;
    if (!pressed || (button & MOTION) || column == 0 || row == 0)
        return;
    if (plain != 0 && plain != WHEEL && plain != WHEEL + 1)
        return;
    out->kind = DECODED_click;
    out->button = plain == 0 ? 1 : plain == WHEEL ? 4 : 5;
    out->column = column - 1;
    out->row = row - 1;
}

static uint32_t with_modifiers(uint32_t key, unsigned modifiers)
{
    unsigned bits = modifiers ? modifiers - 1 : 0;
    return key | (bits & 1 ? PRESS_SHIFT : 0) | (bits & (2 | 8) ? PRESS_ALT : 0) | (bits & 4 ? PRESS_CTRL : 0);
}

/* `ESC [ ...`: parameters, then a final byte. 0: not complete. */
static size_t decode_csi(const char *bytes, size_t count, struct decoded *out)
{
    unsigned parameters[DECODE_PARAMETERS] = {0}, last = 0;
    bool has_parameters = false;
    size_t i = 2;
    if (count == 2)
        return 0;
    if (bytes[2] == '[') /* the Linux console's F1 to F5 */
        return count < 4
                   ? 0
                   : decode_key(out, bytes[3] >= 'A' && bytes[3] <= 'E' ? PRESS_f1 + (uint32_t)(bytes[3] - 'A') : 0, 4);
    if (bytes[2] == 'M') { /* a click as terminals sent it before SGR */
        if (count < 6)
            return 0;
        unsigned button = (unsigned char)bytes[3] - 32u;
        decode_click(out, button, (unsigned char)bytes[4] - 32u, (unsigned char)bytes[5] - 32u, (button & 3) != 3);
        return 6;
    }
    char mark = bytes[2] >= '<' && bytes[2] <= '?' ? bytes[i++] : '\0';
    for (; i < count && bytes[i] >= 0x20 && bytes[i] <= 0x3F; i++) {
        has_parameters = true;
        if (bytes[i] == ';' && last + 1 < DECODE_PARAMETERS)
            last++;
        else if (bytes[i] >= '0' && bytes[i] <= '9' && parameters[last] < 100000)
            parameters[last] = parameters[last] * 10 + (unsigned)(bytes[i] - '0');
    }
    if (i == count)
        return 0;
    char final = bytes[i];
    if ((unsigned char) final < 0x40 || (unsigned char) final > 0x7E)
        return i; /* cut short by something else, which is read next */
    i++;
    if (mark == '<' && (final == 'M' || final == 'm'))
        decode_click(out, parameters[0], parameters[1], parameters[2], final == 'M');
    if (mark)
        return i;
    if (final == 'Z')
        return decode_key(out, PRESS_tab | PRESS_SHIFT, i);
    uint32_t key = final == '~' ? number_key(parameters[0]) : letter_key(final);
    /* An F3 with modifiers looks like the answer to "where is the cursor": letter_key() has no R. */
    if (key && final != '~' && has_parameters && parameters[0] > 1)
        key = 0;
    return decode_key(out, key ? with_modifiers(key, parameters[1]) : 0, i);
}

/* OSC, DCS, APC, PM, SOS: an answer, up to BEL or ST. 0: not complete. */
static size_t decode_string(const char *bytes, size_t count)
{
    for (size_t i = 2; i < count; i++) {
        if (bytes[i] == '\a')
            return i + 1;
        if (bytes[i] == ESC && i + 1 < count && bytes[i + 1] == '\\')
            return i + 2;
        if (bytes[i] == ESC && i + 1 < count)
            return i; /* cut short by something else */
    }
    return 0;
}

/* The longest sequence of the terminal's description that `bytes` begins with; 0 none. `begun`: it may become one. */
static size_t decode_described(const struct decode_keys *keys, const char *bytes, size_t count, uint32_t *key,
                               bool *begun)
{
    size_t best = 0;
    *begun = false;
    for (size_t i = 0; i < keys->count; i++) {
        size_t length = strlen(keys->key[i].bytes);
        if (length <= count && length > best && memcmp(keys->key[i].bytes, bytes, length) == 0) {
            best = length;
            *key = keys->key[i].key;
        }
        if (length > count && memcmp(keys->key[i].bytes, bytes, count) == 0)
            *begun = true;
    }
    return best;
}

static size_t decode_escape(const struct decode_keys *keys, const char *bytes, size_t count, bool over,
                            struct decoded *out)
{
    uint32_t key = 0;
    bool begun;
    size_t used = decode_described(keys, bytes, count, &key, &begun);
    if (used && !(begun && !over))
        return decode_key(out, key, used);
    if (count == 1)
        return over ? decode_key(out, PRESS_escape, 1) : 0;
    if (begun && !over)
        return 0;
    switch (bytes[1]) {
    case '[':
        used = decode_csi(bytes, count, out);
        break;
    case 'O':
        used = count < 3 ? 0 : decode_key(out, keypad_key(bytes[2]), 3);
        break;
    case ']':
    case 'P':
    case '_':
    case '^':
    case 'X':
        used = decode_string(bytes, count);
        break;
    case ESC:
        return decode_key(out, PRESS_escape, 1);
    default:
        used = decode_character(bytes + 1, count - 1, over, out);
        if (out->kind == DECODED_key)
            out->key |= PRESS_ALT;
        return used ? used + 1 : 0;
    }
    if (used || !over)
        return used;
    if (count == 2) /* Alt with [, O, ], P, ... */
        return decode_key(out, PRESS_ALT | (uint32_t)bytes[1], 2);
    return count;
}

size_t decode_next(const struct decode_keys *keys, const char *bytes, size_t count, bool over, struct decoded *out)
{
    *out = (struct decoded){.kind = DECODED_nothing};
    if (bytes[0] == ESC)
        return decode_escape(keys, bytes, count, over, out);
    return decode_character(bytes, count, over, out);
}
