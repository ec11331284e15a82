/* Bytes from a terminal become keys and clicks. Pure: no terminal, no clock. */
#ifndef LOCKSTEP_TERMINAL_DECODE_H
#define LOCKSTEP_TERMINAL_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DECODE_KEYS = 64, DECODE_SEQUENCE = 16 };

/* What this terminal's description says that its keys send; only what begins with ESC. */
struct decode_keys {
    size_t count;
    struct {
        char bytes[DECODE_SEQUENCE];
        uint32_t key;
    } key[DECODE_KEYS];
};

enum decoded_kind {
    DECODED_nothing, /* an answer of the terminal, or what is no key */
    DECODED_key,
    DECODED_click /* button 1, 4, 5; column and row from 0 */
};
struct decoded {
    enum decoded_kind kind;
    uint32_t key;
    int button;
    unsigned column, row;
};

/* The first thing in `bytes` (count at least 1). Returns how many bytes it took; 0: it is not complete. `over`: nothing
 * more is coming, so what is not complete is what it is (ESC is the key, a sequence cut short is nothing), never 0. */
size_t decode_next(const struct decode_keys *, const char *bytes, size_t count, bool over, struct decoded *out);

#endif
