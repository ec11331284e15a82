/* Notes for the lecturer in a second terminal: what the screen shows is written into a small file that `lockstep notes`
 * reads. One file a user: who played last is shown. */
#ifndef LOCKSTEP_APP_NOTES_H
#define LOCKSTEP_APP_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Both languages: English, Chinese; "" where there is nothing. */
struct notes {
    const char *title[2], *variant[2], *say[2], *next[2], *notes[2], *answer[2];
    uint32_t step;
    bool end;
};

/* Where the file is: $XDG_RUNTIME_DIR/lockstep/notes.json, else a private folder below $TMPDIR or /tmp. False: nowhere. */
bool notes_path(char *out, size_t size);

/* Writes it anew (beside the old one, then in its place). What fails is no matter. `started`: of this process, seconds of
 * the wall clock. */
void notes_publish(const struct notes *, int64_t started);
/* Nobody plays any more: the file goes, if it is ours. */
void notes_withdraw(void);

#endif
