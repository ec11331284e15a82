/* The sheet on which ncurses writes a frame before the terminal gets it whole. ncurses writes at every move of the cursor;
 * each write to a terminal wakes who reads it, and a frame in thirty pieces costs more than its drawing. So ncurses has a
 * descriptor of its own for the terminal, in whose place a file in memory lies while a frame is written. Must not know
 * what a frame is. */
#include "terminal/terminal_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { OWN_FROM = 10 /* not among the first, which are the shell's to hand over */, SHEET_FIRST = 16384 };

/* dup3(2): EBUSY is a race with an open of another thread, and passes. */
static bool put_in_place(int descriptor, FILE *stream)
{
    int put;
    do
        put = dup3(descriptor, fileno(stream), O_CLOEXEC);
    while (put < 0 && (errno == EINTR || errno == EBUSY));
    return put >= 0;
}

bool sheet_open(struct sheet *sheet)
{
    int own = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, OWN_FROM);
    *sheet = (struct sheet){.memory = -1};
    if (own < 0)
        return false;
    sheet->stream = fdopen(own, "w");
    if (!sheet->stream) {
        close(own);
        return false;
    }
    sheet->memory = memfd_create("lockstep-frame", MFD_CLOEXEC);
    sheet->text = malloc(SHEET_FIRST);
    sheet->room = sheet->text ? SHEET_FIRST : 0;
    return true;
}

void sheet_close(struct sheet *sheet)
{
    if (sheet->stream)
        fclose(sheet->stream);
    if (sheet->stream && sheet->memory >= 0)
        close(sheet->memory);
    free(sheet->text);
    *sheet = (struct sheet){.memory = -1};
}

bool sheet_begin(struct sheet *sheet)
{
    return sheet->text && sheet->memory >= 0 && lseek(sheet->memory, 0, SEEK_SET) == 0 &&
           put_in_place(sheet->memory, sheet->stream);
}

char *sheet_end(struct sheet *sheet, const char *before, const char *after, size_t *length)
{
    size_t head = strlen(before), tail = strlen(after), at = head;
    off_t written = lseek(sheet->memory, 0, SEEK_CUR); /* the place in the file is shared by both descriptors */
    put_in_place(STDOUT_FILENO, sheet->stream);
    size_t needed = head + tail + (written > 0 ? (size_t)written : 0);
    if (needed > sheet->room) {
        char *more = realloc(sheet->text, needed);
        if (!more)
            return NULL;
        sheet->text = more;
        sheet->room = needed;
    }
    memcpy(sheet->text, before, head);
    while (at < needed - tail) {
        ssize_t got = pread(sheet->memory, sheet->text + at, needed - tail - at, (off_t)(at - head));
        if (got <= 0)
            return NULL;
        at += (size_t)got;
    }
    memcpy(sheet->text + at, after, tail);
    *length = needed;
    return sheet->text;
}
