/* The one way in which text of others (a guest's output, names, arguments, paths, scene and recording text) becomes text
 * that may be shown. It is an allow-list: what is not known to be a plain visible character is spelled out.
 *
 *   bad UTF-8 byte                                  \xHH, byte by byte
 *   C0 controls and DEL                             their pictures, U+2400 to U+2421
 *   C1 controls, direction, zero width, fillers,
 *   variation selectors, tags, private, unassigned  <U+XXXX>
 *   third and further combining marks on a base     <+N>, N of them
 *   combining mark without a base                   on a dotted circle, U+25CC
 *
 * What comes out is valid UTF-8 without a control (but see ESCAPE_LINES), does not depend on how the input was cut, and
 * comes out the same when put in again. Nothing here allocates, locks or asks the locale. */
#ifndef LOCKSTEP_BASE_ESCAPE_H
#define LOCKSTEP_BASE_ESCAPE_H

#include <stddef.h>
#include <stdint.h>

enum escape_kind {
    ESCAPE_LABEL, /* a name inside other text: one line, right-to-left letters spelled out, too */
    ESCAPE_LINES, /* running text: newline and tab stay, right-to-left letters stay */
};

/* Where a stream stands. Initialise with escape_start; plain data, may be copied. */
struct escape {
    enum escape_kind kind;
    unsigned char pending[4]; /* the bytes of a character that is not complete yet */
    unsigned pending_count;
    int has_base;         /* something stands on this line that a combining mark may sit on */
    unsigned marks;       /* combining marks that this base has already */
    uint64_t marks_extra; /* and those that were left out */
};

/* One byte of input, and the end of input, never give more bytes than this. */
#define ESCAPE_ROOM 64

/* A whole text of `count` bytes never needs more bytes than this, the terminating zero included. */
#define ESCAPE_BOUND(count) (4 * (size_t)(count) + 1)

void escape_start(struct escape *escape, enum escape_kind kind);

/* Takes bytes in, puts text out (not terminated), stores its length in `*written`. Returns how many bytes were taken:
 * all, or fewer when less than ESCAPE_ROOM is left of `capacity`; call again with the rest then. */
size_t escape_feed(struct escape *escape, const char *bytes, size_t count, char *out, size_t capacity, size_t *written);

/* The input is over: puts out what is pending (`out` has ESCAPE_ROOM bytes or more; not terminated), returns its length.
 * The state is as after escape_start. */
size_t escape_finish(struct escape *escape, char *out);

/* A whole text at once, always terminated (`capacity` at least 1). Returns the length of what was written. What does not
 * fit is cut between characters and ends in "..."; with ESCAPE_BOUND(count) all fits. */
size_t escape_text(enum escape_kind kind, const char *bytes, size_t count, char *out, size_t capacity);

/* Columns of one code point: 0 combining, 1, 2 wide, -1 if it is never shown as itself. Ambiguous ones are 1. */
int escape_width(uint32_t code_point);

/* Columns of a text that came out of here: newline and tab count nothing, and so does a byte that is not UTF-8. */
size_t escape_columns(const char *text, size_t count);

#endif
