/* Reading: a buffer that must be filled is a step. Calls that may need several fills (a line, a block, a scan) are done
 * here piece by piece, so that none of them sleeps in the kernel between two. */
#include "shim/checked.h"
#include "shim/stdio.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum fill { FILL_done, FILL_interrupted };

static size_t buffered(const FILE *stream)
{
    return stream->_IO_read_end > stream->_IO_read_ptr ? (size_t)(stream->_IO_read_end - stream->_IO_read_ptr) : 0;
}

/* Bytes that were there before something was pushed back (ungetc) are no reason to read. */
static bool has_backup(const FILE *stream)
{
    return (stream->_flags & STREAM_BACKUP) && stream->_IO_save_end > stream->_IO_save_base;
}

/* Reading from a terminal flushes what is on its way to one, before it waits (glibc, libio/fileops.c). */
static void flush_prompt(const FILE *stream)
{
    bool lines = (stream->_flags & (STREAM_LINES | STREAM_UNBUFFERED)) != 0 || !stream->_IO_buf_base;
    if (lines && (stdout->_flags & STREAM_LINES) && stdout->_IO_write_ptr > stdout->_IO_write_base)
        REAL(fflush)(stdout);
}

/* Sees to it that the next byte is in the buffer, or the stream at its end or in error. FILL_interrupted: by a handler;
 * the stream's error flag and errno are set, and the call must not try itself. */
static enum fill input_fill(FILE *stream, void *pc, void *frame)
{
    struct step step;
    if (buffered(stream) > 0 || (stream->_flags & STREAM_EOF))
        return FILL_done;
    if (has_backup(stream)) {
        REAL(__underflow)(stream);
        return FILL_done;
    }
    if (!step_begin_at(&step, OPERATION_file_read, pc, frame))
        return FILL_done;
    int flags = step_descriptor(&step, stream->_fileno, &descriptor_reads);
    enum grant_action grant = step_ask(&step);
    step_cancellation(&step);
    bool locked = stream_lock(&step, stream);
    int error = 0;
    if (buffered(stream) == 0 && step.record.object.kind == OBJECT_terminal)
        flush_prompt(stream);
    if (buffered(stream) == 0 && flags >= 0 && !(flags & O_NONBLOCK) && (flags & O_ACCMODE) != O_WRONLY)
        error = descriptor_await(&step, stream->_fileno, POLLIN, &grant);
    if (error == 0 && buffered(stream) == 0) {
        errno = 0;
        if (REAL(__underflow)(stream) == EOF && (stream->_flags & STREAM_ERROR))
            error = errno;
    } else if (error) {
        stream->_flags |= STREAM_ERROR;
    }
    if (locked)
        REAL(funlockfile)(stream);
    step_pipe_level(&step, stream->_fileno);
    step_result(&step, error ? -1 : (int64_t)buffered(stream), error);
    if (error)
        errno = error;
    return error == EINTR ? FILL_interrupted : FILL_done;
}

/* ---- a character ---- */
#define GET_CHARACTER(name)                                                                                            \
    SHIM_EXPORT int name(FILE *stream)                                                                                 \
    {                                                                                                                  \
        if (stream_observed(stream) && input_fill(stream, HERE) == FILL_interrupted)                                   \
            return EOF;                                                                                                \
        return REAL(name)(stream);                                                                                     \
    }

#undef getc
#undef getc_unlocked
#undef fgetc_unlocked
GET_CHARACTER(fgetc)
GET_CHARACTER(getc)
GET_CHARACTER(_IO_getc)
GET_CHARACTER(fgetc_unlocked)
GET_CHARACTER(getc_unlocked)
/* what the inlined form of getc_unlocked calls at the end of the buffer */
GET_CHARACTER(__uflow)

#undef getchar
#undef getchar_unlocked
SHIM_EXPORT int getchar(void)
{
    if (stream_observed(stdin) && input_fill(stdin, HERE) == FILL_interrupted)
        return EOF;
    return REAL(getchar)();
}

SHIM_EXPORT int getchar_unlocked(void)
{
    if (stream_observed(stdin) && input_fill(stdin, HERE) == FILL_interrupted)
        return EOF;
    return REAL(getchar_unlocked)();
}

SHIM_EXPORT int getw(FILE *stream)
{
    if (stream_observed(stream) && input_fill(stream, HERE) == FILL_interrupted)
        return EOF;
    return REAL(getw)(stream);
}

/* ---- lines and blocks ---- */

/* Takes up to `most` bytes that are in the buffer, up to and with `last` if that is a character. */
static size_t take(FILE *stream, char *to, size_t most, int last)
{
    size_t size = buffered(stream);
    if (size > most)
        size = most;
    if (last >= 0) {
        const char *end = memchr(stream->_IO_read_ptr, last, size);
        if (end)
            size = (size_t)(end - stream->_IO_read_ptr) + 1;
    }
    memcpy(to, stream->_IO_read_ptr, size);
    stream->_IO_read_ptr += size;
    return size;
}

static char *line_any(char *line, int size, FILE *stream, void *pc, void *frame)
{
    size_t have = 0, most = (size_t)size - 1;
    int error_before = stream->_flags & STREAM_ERROR;
    stream->_flags &= ~STREAM_ERROR;
    while (have < most && (have == 0 || line[have - 1] != '\n')) {
        if (input_fill(stream, pc, frame) == FILL_interrupted || buffered(stream) == 0)
            break;
        have += take(stream, line + have, most - have, '\n');
    }
    bool failed = have == 0 || ((stream->_flags & STREAM_ERROR) && errno != EAGAIN);
    stream->_flags |= error_before;
    if (failed)
        return NULL;
    line[have] = 0;
    return line;
}

#undef fgets_unlocked
#define GET_LINE(name)                                                                                                 \
    SHIM_EXPORT char *name(char *line, int size, FILE *stream)                                                         \
    {                                                                                                                  \
        if (size <= 1 || !stream_observed(stream) || stream->_mode > 0)                                                \
            return REAL(name)(line, size, stream);                                                                     \
        return line_any(line, size, stream, HERE);                                                                     \
    }

GET_LINE(fgets)
GET_LINE(fgets_unlocked)

#define GET_LINE_CHECKED(name)                                                                                         \
    SHIM_EXPORT char *name(char *line, size_t room, int size, FILE *stream)                                            \
    {                                                                                                                  \
        if (size <= 1 || (size_t)size > room || !stream_observed(stream) || stream->_mode > 0)                         \
            return REAL(name)(line, room, size, stream);                                                               \
        return line_any(line, size, stream, HERE);                                                                     \
    }

GET_LINE_CHECKED(__fgets_chk)
GET_LINE_CHECKED(__fgets_unlocked_chk)

static ssize_t delimited(char **line, size_t *room, int last, FILE *stream, void *pc, void *frame)
{
    size_t have = 0;
    for (;;) {
        if (input_fill(stream, pc, frame) == FILL_interrupted)
            return -1;
        size_t more = buffered(stream);
        if (more == 0)
            break;
        if (!*line || *room < have + more + 1) {
            size_t wanted = (have + more + 1) * 2 < 120 ? 120 : (have + more + 1) * 2;
            char *larger = realloc(*line, wanted); /* as getline(3) itself does */
            if (!larger)
                return -1;
            *line = larger;
            *room = wanted;
        }
        have += take(stream, *line + have, more, (unsigned char)last);
        if ((unsigned char)(*line)[have - 1] == (unsigned char)last)
            break;
    }
    if (have == 0)
        return -1;
    (*line)[have] = 0;
    return (ssize_t)have;
}

#define GET_DELIMITED(name)                                                                                            \
    SHIM_EXPORT ssize_t name(char **line, size_t *room, int last, FILE *stream)                                        \
    {                                                                                                                  \
        if (!line || !room || !stream_observed(stream) || stream->_mode > 0)                                           \
            return REAL(name)(line, room, last, stream);                                                               \
        return delimited(line, room, last, stream, HERE);                                                              \
    }

GET_DELIMITED(getdelim)
GET_DELIMITED(__getdelim)

#undef getline
SHIM_EXPORT ssize_t getline(char **line, size_t *room, FILE *stream)
{
    if (!line || !room || !stream_observed(stream) || stream->_mode > 0)
        return REAL(getline)(line, room, stream);
    return delimited(line, room, '\n', stream, HERE);
}

/* A file gives all at once: one step. From others it comes as it comes. */
static size_t block_of_file(void *items, size_t size, size_t count, FILE *stream,
                            size_t (*real)(void *, size_t, size_t, FILE *), void *pc, void *frame)
{
    struct step step;
    if (!step_begin_at(&step, OPERATION_file_read, pc, frame))
        return real(items, size, count, stream);
    step_descriptor(&step, stream->_fileno, &descriptor_reads);
    step.record.argument[2] = (int64_t)(size * count);
    step_ask(&step);
    step_cancellation(&step);
    size_t got = real(items, size, count, stream);
    step_result(&step, (int64_t)(got * size), 0);
    return got;
}

static size_t block_any(void *items, size_t size, size_t count, FILE *stream,
                        size_t (*real)(void *, size_t, size_t, FILE *), void *pc, void *frame)
{
    size_t bytes = size * count, have = 0;
    if (bytes <= buffered(stream) && !has_backup(stream))
        return real(items, size, count, stream);
    if (descriptor_poll(stream->_fileno, POLLIN) && key_of_descriptor(stream->_fileno).kind == OBJECT_file)
        return block_of_file(items, size, count, stream, real, pc, frame);
    while (have < bytes) {
        if (input_fill(stream, pc, frame) == FILL_interrupted || buffered(stream) == 0)
            break;
        have += take(stream, (char *)items + have, bytes - have, -1);
    }
    return have / size;
}

#undef fread_unlocked
#define READ_BLOCK(name)                                                                                               \
    SHIM_EXPORT size_t name(void *items, size_t size, size_t count, FILE *stream)                                      \
    {                                                                                                                  \
        size_t bytes;                                                                                                  \
        if (!stream_observed(stream) || stream->_mode > 0 || __builtin_mul_overflow(size, count, &bytes) ||            \
            bytes == 0)                                                                                                \
            return REAL(name)(items, size, count, stream);                                                             \
        return block_any(items, size, count, stream, REAL(name), HERE);                                                \
    }

READ_BLOCK(fread)
READ_BLOCK(fread_unlocked)

#define READ_BLOCK_CHECKED(name, plain)                                                                                \
    SHIM_EXPORT size_t name(void *items, size_t room, size_t size, size_t count, FILE *stream)                         \
    {                                                                                                                  \
        size_t bytes;                                                                                                  \
        if (!stream_observed(stream) || stream->_mode > 0 || __builtin_mul_overflow(size, count, &bytes) ||            \
            bytes == 0 || bytes > room)                                                                                \
            return REAL(name)(items, room, size, count, stream);                                                       \
        return block_any(items, size, count, stream, REAL(plain), HERE);                                               \
    }

READ_BLOCK_CHECKED(__fread_chk, fread)
READ_BLOCK_CHECKED(__fread_unlocked_chk, fread_unlocked)

/* ---- scanf: one conversion after the other, each when there is something to convert ---- */
typedef int scanner(FILE *stream, const char *format, va_list arguments);

static int scan_one(scanner *real, FILE *stream, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int result = real(stream, format, arguments);
    va_end(arguments);
    return result;
}

/* A piece of a format up to and with its next conversion. */
struct piece {
    char text[256];
    size_t length;
    bool skips;   /* begins by skipping white space */
    bool assigns; /* has a conversion that takes an argument; else the format is at its end */
};

static bool piece_add(struct piece *piece, char character)
{
    if (piece->length + 1 >= sizeof piece->text)
        return false;
    piece->text[piece->length++] = character;
    piece->text[piece->length] = 0;
    return true;
}

/* One conversion from its `%`. False for what cannot be taken apart: `%n` counts from the start of the call, `%1$d` are
 * arguments in another order. */
static bool piece_conversion(const char **at, struct piece *piece)
{
    bool first = piece->length == 0, assigns = true;
    if (!piece_add(piece, *(*at)++))
        return false;
    while (**at && strchr("*'0123456789mhlLqjzt", **at)) {
        if (**at == '*')
            assigns = false;
        if (!piece_add(piece, *(*at)++))
            return false;
    }
    char kind = **at;
    if (kind == 0 || kind == 'n' || kind == '$' || !piece_add(piece, kind))
        return false;
    ++*at;
    if (kind == '[') {
        if (**at == '^' && !piece_add(piece, *(*at)++))
            return false;
        do {
            if (**at == 0 || !piece_add(piece, **at))
                return false;
        } while (*(*at)++ != ']' || piece->text[piece->length - 2] == '[' ||
                 (piece->text[piece->length - 2] == '^' && piece->text[piece->length - 3] == '['));
    }
    if (first && kind != '[' && kind != 'c' && kind != 'C')
        piece->skips = true;
    piece->assigns = assigns && kind != '%';
    return true;
}

/* Reads the format's next piece. False: it cannot be taken apart. */
static bool piece_next(const char **format, struct piece *piece)
{
    *piece = (struct piece){.length = 0};
    while (**format && !piece->assigns) {
        if (**format == '%') {
            if (!piece_conversion(format, piece))
                return false;
            continue;
        }
        if (piece->length == 0 && isspace((unsigned char)**format))
            piece->skips = true;
        if (!piece_add(piece, *(*format)++))
            return false;
    }
    return true;
}

static bool can_be_taken_apart(const char *format)
{
    struct piece piece;
    while (*format)
        if (!piece_next(&format, &piece))
            return false;
    return true;
}

static enum fill skip_space(FILE *stream, void *pc, void *frame)
{
    for (;;) {
        if (input_fill(stream, pc, frame) == FILL_interrupted)
            return FILL_interrupted;
        if (buffered(stream) == 0)
            return FILL_done;
        while (buffered(stream) > 0 && isspace((unsigned char)*stream->_IO_read_ptr))
            stream->_IO_read_ptr++;
        if (buffered(stream) > 0)
            return FILL_done;
    }
}

static int scan_any(FILE *stream, const char *format, va_list arguments, scanner *real, void *pc, void *frame)
{
    if (!stream_observed(stream) || stream->_mode > 0)
        return real(stream, format, arguments);
    if (!can_be_taken_apart(format))
        return input_fill(stream, pc, frame) == FILL_interrupted ? EOF : real(stream, format, arguments);
    int done = 0;
    va_list rest;
    va_copy(rest, arguments);
    while (*format) {
        struct piece piece;
        piece_next(&format, &piece);
        enum fill fill = piece.skips ? skip_space(stream, pc, frame) : input_fill(stream, pc, frame);
        int result = fill == FILL_interrupted ? EOF
                     : piece.assigns          ? scan_one(real, stream, piece.text, va_arg(rest, void *))
                                              : real(stream, piece.text, rest); /* takes none */
        if (result != 1) {
            if (done == 0 && result == EOF)
                done = EOF;
            break;
        }
        done++;
    }
    va_end(rest);
    return done;
}

#define SCAN_ARGUMENTS(stream, real_name)                                                                              \
    va_list arguments;                                                                                                 \
    va_start(arguments, format);                                                                                       \
    int result = scan_any(stream, format, arguments, REAL(real_name), HERE);                                           \
    va_end(arguments);                                                                                                 \
    return result

/* The headers of C99 and later call the __isoc99_ forms by these names; the older ones are still in the library. */
int shim_scanf(const char *format, ...) __asm__("scanf");
int shim_fscanf(FILE *stream, const char *format, ...) __asm__("fscanf");
int shim_vscanf(const char *format, va_list arguments) __asm__("vscanf");
int shim_vfscanf(FILE *stream, const char *format, va_list arguments) __asm__("vfscanf");

SHIM_EXPORT int shim_scanf(const char *format, ...)
{
    SCAN_ARGUMENTS(stdin, vfscanf);
}

SHIM_EXPORT int shim_fscanf(FILE *stream, const char *format, ...)
{
    SCAN_ARGUMENTS(stream, vfscanf);
}

SHIM_EXPORT int shim_vscanf(const char *format, va_list arguments)
{
    return scan_any(stdin, format, arguments, REAL(vfscanf), HERE);
}

SHIM_EXPORT int shim_vfscanf(FILE *stream, const char *format, va_list arguments)
{
    return scan_any(stream, format, arguments, REAL(vfscanf), HERE);
}

SHIM_EXPORT int __isoc99_scanf(const char *format, ...)
{
    SCAN_ARGUMENTS(stdin, __isoc99_vfscanf);
}

SHIM_EXPORT int __isoc99_fscanf(FILE *stream, const char *format, ...)
{
    SCAN_ARGUMENTS(stream, __isoc99_vfscanf);
}

SHIM_EXPORT int __isoc99_vscanf(const char *format, va_list arguments)
{
    return scan_any(stdin, format, arguments, REAL(__isoc99_vfscanf), HERE);
}

SHIM_EXPORT int __isoc99_vfscanf(FILE *stream, const char *format, va_list arguments)
{
    return scan_any(stream, format, arguments, REAL(__isoc99_vfscanf), HERE);
}

/* ---- wide characters: the bytes are there before they are decoded ---- */
static enum fill wide_fill(FILE *stream, void *pc, void *frame)
{
    /* The wide buffer is libc's own matter; with bytes left, or wide characters, it will not read. */
    bool needs = stream_observed(stream) && buffered(stream) == 0 && !(stream->_flags & STREAM_EOF);
    if (!needs || stream->_mode < 0)
        return FILL_done;
    struct step step;
    if (!step_begin_at(&step, OPERATION_file_read, pc, frame))
        return FILL_done;
    int flags = step_descriptor(&step, stream->_fileno, &descriptor_reads);
    enum grant_action grant = step_ask(&step);
    step_cancellation(&step);
    int error = flags >= 0 && !(flags & O_NONBLOCK) ? descriptor_await(&step, stream->_fileno, POLLIN, &grant) : 0;
    step_result(&step, error ? -1 : 0, error);
    if (error) {
        stream->_flags |= STREAM_ERROR;
        errno = error;
    }
    return error ? FILL_interrupted : FILL_done;
}

#undef getwc
#undef getwchar
#define GET_WIDE(name)                                                                                                 \
    SHIM_EXPORT wint_t name(FILE *stream)                                                                              \
    {                                                                                                                  \
        return wide_fill(stream, HERE) == FILL_interrupted ? WEOF : REAL(name)(stream);                                \
    }

GET_WIDE(fgetwc)
GET_WIDE(getwc)

SHIM_EXPORT wint_t getwchar(void)
{
    return wide_fill(stdin, HERE) == FILL_interrupted ? WEOF : REAL(getwchar)();
}

SHIM_EXPORT wchar_t *fgetws(wchar_t *line, int size, FILE *stream)
{
    return wide_fill(stream, HERE) == FILL_interrupted ? NULL : REAL(fgetws)(line, size, stream);
}
