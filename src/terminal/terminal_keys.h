/* Keys and what they ask for: numbers of keys, their names, key files. No terminal, no state but the bindings. */
#ifndef LOCKSTEP_TERMINAL_KEYS_H
#define LOCKSTEP_TERMINAL_KEYS_H

#include "terminal/terminal.h"

/* A key: the character it types; or ctrl-a to ctrl-z and their like as the control characters that they are; or one of
 * these, beyond Unicode. Plus any of the bits. */
enum press {
    PRESS_first = 0x110000,
#define PRESS(id, name, shown) PRESS_##id,
#include "terminal/terminal_press.def"
#undef PRESS
    PRESS_last,
    PRESS_SHIFT = 1 << 24,
    PRESS_ALT = 1 << 25,
    PRESS_CTRL = 1 << 26 /* of keys that are no letters */
};

enum { KEYS_MAX = 256, KEYS_NAME = 32 };

struct keys {
    size_t count; /* in the order of the files: the first is the one that hints show */
    struct {
        uint32_t key;
        enum request request;
    } bound[KEYS_MAX];
};

/* Reads a file of bindings on top of what is there; all of it or none. A file that is not there is STATUS_NOT_FOUND with
 * a message; a wrong line STATUS_USAGE, "file:line: what is wrong: the line". */
enum status keys_read_file(struct keys *, const char *path, struct message *);
/* The same from memory; `path` for messages. */
enum status keys_read_text(struct keys *, const char *path, const char *text, size_t length, struct message *);
/* REQUEST_none: not bound. The full-width twin of a key asks for the same. */
enum request keys_request(const struct keys *, uint32_t key);

/* What a Chinese input method puts in the place of a plain key: ？ is ?, 。 is ., the wide space is a space. */
uint32_t press_plain(uint32_t key);
/* As in key files; KEYS_NAME bytes. */
void press_name(uint32_t key, char *out);
/* As a person reads it; KEYS_NAME bytes. */
void press_shown(uint32_t key, char *out);
/* 0: no such key; `why` then says why, borrowed. */
uint32_t press_by_name(const char *name, const char **why);
/* "Space, Right, PgDn", or the first alone. */
void keys_of(const struct keys *, enum request, bool first, char *out, size_t size);

/* UTF-8 of a character, not terminated; at most 4. */
size_t press_utf8(uint32_t code, char *out);
/* One character; its length, 0 if it is cut, 1 with *code 0xFFFD if it is none. */
size_t press_from_utf8(const char *bytes, size_t count, uint32_t *code);

#endif
