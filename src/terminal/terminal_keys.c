/* Key files, names of keys, and which key asks for what. One parser for assets/keys and for the person's own file, so that
 * the defaults are an example that works. Must not touch a terminal: tests read it without one. */
#include "terminal/terminal_keys.h"

#include "base/escape.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_FILE_MAX = 64 * 1024 };

static const struct {
    const char *name, *help;
} requests[REQUEST_COUNT] = {
#define REQUEST_GROUP(title)
#define REQUEST(id, name, help) [REQUEST_##id] = {name, help},
#include "terminal/requests.def"
#undef REQUEST
#undef REQUEST_GROUP
};

static const struct {
    const char *name, *shown;
} presses[] = {
#define PRESS(id, name, shown) [PRESS_##id - PRESS_first] = {name, shown},
#include "terminal/terminal_press.def"
#undef PRESS
};

const char *request_name(enum request request)
{
    return request > REQUEST_none && request < REQUEST_COUNT ? requests[request].name : "";
}

const char *request_help(enum request request)
{
    return request > REQUEST_none && request < REQUEST_COUNT ? requests[request].help : "";
}

enum request request_by_name(const char *name)
{
    for (int i = REQUEST_none + 1; i < REQUEST_COUNT; i++)
        if (strcmp(requests[i].name, name) == 0)
            return (enum request)i;
    return REQUEST_none;
}

/* ---- characters ---- */

size_t press_utf8(uint32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)(first[length] | code);
    return length;
}

size_t press_from_utf8(const char *bytes, size_t count, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)bytes[0];
    size_t length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    *code = 0xFFFD;
    if (first < 0x80) {
        *code = first;
        return 1;
    }
    if (first < 0xC2 || first > 0xF4)
        return 1;
    uint32_t value = first & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (i == count)
            return 0;
        if (((unsigned char)bytes[i] & 0xC0) != 0x80)
            return 1;
        value = value << 6 | ((unsigned char)bytes[i] & 0x3F);
    }
    if (value < least[length] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return 1;
    *code = value;
    return length;
}

uint32_t press_plain(uint32_t key)
{
    uint32_t bits = key & ~0xFFFFFFu, code = key & 0xFFFFFFu;
    if (code >= 0xFF01 && code <= 0xFF5E)
        return bits | (code - 0xFEE0);
    switch (code) {
    case 0x3000:
        return bits | ' ';
    case 0x3002: /* 。 */
        return bits | '.';
    case 0x3001: /* 、 */
        return bits | '/';
    case 0x300A: /* 《 》 */
        return bits | '<';
    case 0x300B:
        return bits | '>';
    case 0x3010: /* 【 】 */
        return bits | '[';
    case 0x3011:
        return bits | ']';
    default:
        return key;
    }
}

/* ---- names of keys ---- */

static size_t key_prefix(uint32_t key, char *out, const char *ctrl, const char *alt, const char *shift)
{
    return (size_t)snprintf(out, KEYS_NAME, "%s%s%s", key & PRESS_CTRL ? ctrl : "", key & PRESS_ALT ? alt : "",
                            key & PRESS_SHIFT ? shift : "");
}

void press_name(uint32_t key, char *out)
{
    size_t length = key_prefix(key, out, "ctrl-", "alt-", "shift-");
    uint32_t code = key & 0xFFFFFFu;
    char *rest = out + length;
    if (code > PRESS_first && code < PRESS_last)
        snprintf(rest, KEYS_NAME - length, "%s", presses[code - PRESS_first].name);
    else if (code == ' ')
        snprintf(rest, KEYS_NAME - length, "space");
    else if (code == '#')
        snprintf(rest, KEYS_NAME - length, "hash");
    else if (code == 0)
        snprintf(rest, KEYS_NAME - length, "ctrl-space");
    else if (code < 32)
        snprintf(rest, KEYS_NAME - length, "ctrl-%c", (int)(code <= 26 ? code + 'a' - 1 : code + '@'));
    else
        rest[press_utf8(code, rest)] = '\0';
}

void press_shown(uint32_t key, char *out)
{
    size_t length = key_prefix(key, out, "Ctrl-", "Alt-", "Shift-");
    uint32_t code = key & 0xFFFFFFu;
    char *rest = out + length;
    if (code > PRESS_first && code < PRESS_last)
        snprintf(rest, KEYS_NAME - length, "%s", _(presses[code - PRESS_first].shown));
    else if (code == ' ')
        snprintf(rest, KEYS_NAME - length, "%s", _("Space"));
    else if (code < 32)
        snprintf(rest, KEYS_NAME - length, "Ctrl-%c", (int)(code + '@'));
    else
        rest[press_utf8(code, rest)] = '\0';
}

static uint32_t key_with_ctrl(uint32_t key, const char **why)
{
    if (key >= 'A' && key <= 'Z')
        key += 'a' - 'A';
    if (key >= 'a' && key <= 'z') {
        uint32_t code = key - 'a' + 1;
        return code == 8                  ? (uint32_t)PRESS_backspace /* terminals send the same for both */
               : code == 9                ? (uint32_t)PRESS_tab
               : code == 10 || code == 13 ? (uint32_t)PRESS_enter
                                          : code;
    }
    if (key > PRESS_first)
        return key | PRESS_CTRL;
    *why = _("ctrl- goes with a letter or a named key");
    return 0;
}

uint32_t press_by_name(const char *name, const char **why)
{
    uint32_t bits = 0, key = 0;
    bool ctrl = false;
    *why = _("there is no such key");
    for (;;) {
        if (strncmp(name, "ctrl-", 5) == 0 && name[5]) {
            ctrl = true;
            name += 5;
        } else if (strncmp(name, "alt-", 4) == 0 && name[4]) {
            bits |= PRESS_ALT;
            name += 4;
        } else if (strncmp(name, "shift-", 6) == 0 && name[6]) {
            bits |= PRESS_SHIFT;
            name += 6;
        } else {
            break;
        }
    }
    if (strcmp(name, "space") == 0)
        key = ' ';
    else if (strcmp(name, "hash") == 0)
        key = '#';
    for (uint32_t i = 1; i < sizeof presses / sizeof *presses && !key; i++)
        if (strcmp(presses[i].name, name) == 0)
            key = PRESS_first + i;
    if (!key) {
        size_t length = strlen(name), used = length ? press_from_utf8(name, length, &key) : 0;
        if (used == 0 || used != length || key == 0xFFFD || key <= ' ' || key == 0x7F || escape_width(key) < 1)
            return 0;
    }
    key = press_plain(key);
    if (bits & PRESS_SHIFT && key < PRESS_first) {
        *why = _("shift- goes with a named key; of a letter, write the capital");
        return 0;
    }
    if (ctrl)
        key = key_with_ctrl(key, why);
    return key ? key | bits : 0;
}

/* ---- bindings ---- */

static void keys_remove(struct keys *keys, uint32_t key)
{
    size_t kept = 0;
    for (size_t i = 0; i < keys->count; i++)
        if (keys->bound[i].key != key)
            keys->bound[kept++] = keys->bound[i];
    keys->count = kept;
}

enum request keys_request(const struct keys *keys, uint32_t key)
{
    key = press_plain(key);
    for (size_t i = 0; i < keys->count; i++)
        if (keys->bound[i].key == key)
            return keys->bound[i].request;
    return REQUEST_none;
}

static bool keys_has_digit(const struct keys *keys, enum request request, uint32_t digit)
{
    return digit >= '0' && digit <= '9' && keys_request(keys, digit) == request;
}

void keys_of(const struct keys *keys, enum request request, bool first, char *out, size_t size)
{
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < keys->count; i++) {
        uint32_t key = keys->bound[i].key, last = key;
        char shown[KEYS_NAME], range[2 * KEYS_NAME];
        if (keys->bound[i].request != request)
            continue;
        /* Three digits in a row and more are a range, told at the first of them. */
        while (keys_has_digit(keys, request, last + 1))
            last++;
        bool in_range = keys_has_digit(keys, request, key - 1) && keys_has_digit(keys, request, key);
        if (in_range && (last > key || keys_has_digit(keys, request, key - 2)))
            continue;
        press_shown(key, shown);
        if (last > key + 1)
            snprintf(range, sizeof range, "%s-%c", shown, (int)last);
        else
            snprintf(range, sizeof range, "%s", shown);
        int wrote = snprintf(out + length, size - length, "%s%s", length ? ", " : "", range);
        if (wrote < 0 || (size_t)wrote >= size - length) {
            out[length] = '\0'; /* whole keys only */
            return;
        }
        length += (size_t)wrote;
        if (first)
            return;
    }
}

/* ---- key files ---- */

/* The next word of a line, which is cut up; NULL: no more. A word that begins with # begins a remark. */
static char *next_word(char **line)
{
    char *word = *line + strspn(*line, " \t\r");
    if (*word == '\0' || *word == '#')
        return NULL;
    char *end = word + strcspn(word, " \t\r");
    *line = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

/* NULL: the line was fine. */
static const char *keys_read_line(struct keys *keys, char *line)
{
    const char *why;
    char *verb = next_word(&line), *name = NULL, *request_word = NULL;
    if (!verb)
        return NULL;
    bool bind = strcmp(verb, "bind") == 0;
    if (!bind && strcmp(verb, "unbind") != 0)
        return _("a line is `bind <key> <request>` or `unbind <key>`");
    name = next_word(&line);
    if (!name)
        return _("the key is missing (# begins a remark; the key # is written hash)");
    uint32_t key = press_by_name(name, &why);
    if (!key)
        return why;
    request_word = bind ? next_word(&line) : NULL;
    if (bind && !request_word)
        return _("the request is missing");
    if (next_word(&line))
        return _("there is a word too many");
    enum request request = bind ? request_by_name(request_word) : REQUEST_none;
    if (bind && request == REQUEST_none)
        return _("there is no such request (press ? in lockstep to see them)");
    if (request == REQUEST_choose && (key < '1' || key > '9'))
        return _("`choose` goes with the digits 1 to 9 only");
    keys_remove(keys, key);
    if (bind && keys->count == KEYS_MAX)
        return _("there are too many bindings");
    if (bind) {
        keys->bound[keys->count].key = key;
        keys->bound[keys->count++].request = request;
    }
    return NULL;
}

enum status keys_read_text(struct keys *keys, const char *path, const char *text, size_t length,
                           struct message *message)
{
    struct keys next = *keys;
    unsigned number = 0;
    for (size_t begin = 0; begin < length;) {
        char line[256], shown[ESCAPE_BOUND(80)];
        const char *newline = memchr(text + begin, '\n', length - begin);
        size_t count = newline ? (size_t)(newline - text) - begin : length - begin;
        const char *why = NULL;
        number++;
        if (count >= sizeof line)
            why = _("the line is too long");
        else if (memchr(text + begin, '\0', count))
            why = _("this is not text");
        if (!why) {
            memcpy(line, text + begin, count);
            line[count] = '\0';
            why = keys_read_line(&next, line);
        }
        if (why) {
            char name[ESCAPE_BOUND(128)];
            escape_text(ESCAPE_LABEL, text + begin, count < 80 ? count : 80, shown, sizeof shown);
            escape_text(ESCAPE_LABEL, path, strlen(path), name, sizeof name);
            return message_set(message, STATUS_USAGE, "%s:%u: %s: %s", name, number, why, shown);
        }
        begin += count + 1;
    }
    *keys = next;
    return STATUS_OK;
}

enum status keys_read_file(struct keys *keys, const char *path, struct message *message)
{
    char name[ESCAPE_BOUND(128)];
    escape_text(ESCAPE_LABEL, path, strlen(path), name, sizeof name);
    FILE *file = fopen(path, "re");
    if (!file)
        return message_set(message, errno == ENOENT || errno == ENOTDIR ? STATUS_NOT_FOUND : STATUS_IO,
                           _("The key file %s cannot be opened: %s."), name, strerror(errno));
    char *text = malloc(KEYS_FILE_MAX + 1);
    size_t length = text ? fread(text, 1, KEYS_FILE_MAX + 1, file) : 0;
    enum status status;
    if (!text)
        status = message_set(message, STATUS_MEMORY, _("There is no memory for the key file %s."), name);
    else if (ferror(file))
        status = message_set(message, STATUS_IO, _("The key file %s cannot be read: %s."), name, strerror(errno));
    else if (length > KEYS_FILE_MAX)
        status = message_set(message, STATUS_USAGE, _("The key file %s is longer than %d bytes."), name, KEYS_FILE_MAX);
    else
        status = keys_read_text(keys, path, text, length, message);
    free(text);
    fclose(file);
    return status;
}
