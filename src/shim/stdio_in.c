/* stdio's input functions: what is in the buffer is taken without a step; a fill is awaited at the gate. */
#include "shim/stdio.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define HERE __builtin_return_address(0), __builtin_frame_address(0)

#undef getc
#undef getchar
int _IO_getc(FILE *stream);
int __isoc99_scanf(const char *format, ...);
int __isoc99_vscanf(const char *format, va_list arguments);
int __isoc99_fscanf(FILE *stream, const char *format, ...);
int __isoc99_vfscanf(FILE *stream, const char *format, va_list arguments);
ssize_t __getdelim(char **line, size_t *capacity, int delimiter, FILE *stream);

/* ---- one character ---- */
static int get(FILE *stream, void *pc, void *frame)
{
    struct stdio_call call;
    stdio_in_begin(&call, stream, stdio_available(stream) > 0, pc, frame);
    int character = EOF;
    if (!call.is_step || stdio_available(stream) > 0 || stdio_fill(&call))
        character = REAL(fgetc)(stream);
    stdio_in_end(&call, character == EOF ? -1 : 1);
    return character;
}

SHIM_EXPORT int fgetc(FILE *stream)
{
    return get(stream, HERE);
}

SHIM_EXPORT int getc(FILE *stream)
{
    return get(stream, HERE);
}

SHIM_EXPORT int _IO_getc(FILE *stream)
{
    return get(stream, HERE);
}

SHIM_EXPORT int getchar(void)
{
    return get(stdin, HERE);
}

SHIM_EXPORT int __uflow(FILE *stream)
{
    struct stdio_call call;
    stdio_in_begin(&call, stream, stdio_available(stream) > 0, HERE);
    int character = EOF;
    if (!call.is_step || stdio_available(stream) > 0 || stdio_fill(&call))
        character = REAL(__uflow)(stream);
    stdio_in_end(&call, character == EOF ? -1 : 1);
    return character;
}

SHIM_EXPORT int ungetc(int character, FILE *stream)
{
    return REAL(ungetc)(character, stream);
}

/* ---- many ---- */

/* Takes up to `wanted` bytes, through `last` if it is not -1, filling as needed. Returns how many; fewer at an end. */
static size_t take(struct stdio_call *call, char *to, size_t wanted, int last, bool *found)
{
    size_t taken = 0;
    *found = false;
    while (taken < wanted && !*found) {
        if (stdio_available(call->stream) == 0 && !stdio_fill(call))
            break;
        size_t part = stdio_available(call->stream);
        if (part > wanted - taken)
            part = wanted - taken;
        const char *end = last >= 0 ? memchr(call->stream->_IO_read_ptr, last, part) : NULL;
        if (end) {
            part = (size_t)(end - call->stream->_IO_read_ptr) + 1;
            *found = true;
        }
        taken += REAL(fread)(to + taken, 1, part, call->stream);
    }
    return taken;
}

SHIM_EXPORT char *fgets(char *text, int size, FILE *stream)
{
    struct stdio_call call;
    size_t available = stdio_available(stream), room = size > 0 ? (size_t)size - 1 : 0;
    bool enough = room <= available || memchr(stream->_IO_read_ptr, '\n', available) != NULL;
    stdio_in_begin(&call, stream, enough, HERE);
    if (!call.is_step)
        return REAL(fgets)(text, size, stream);
    bool found;
    int flags = stream->_flags;
    size_t taken = take(&call, text, room, '\n', &found);
    bool failed = taken == 0 || (!(flags & 0x20) && (stream->_flags & 0x20)); /* nothing, or an error (fgets(3p)) */
    if (!failed)
        text[taken] = 0;
    stdio_in_end(&call, failed ? -1 : (int64_t)taken);
    return failed ? NULL : text;
}

SHIM_EXPORT size_t fread(void *bytes, size_t size, size_t count, FILE *stream)
{
    struct stdio_call call;
    size_t wanted = size * count;
    stdio_in_begin(&call, stream, wanted <= stdio_available(stream), HERE);
    if (!call.is_step)
        return REAL(fread)(bytes, size, count, stream);
    bool found;
    size_t taken = take(&call, bytes, wanted, -1, &found);
    stdio_in_end(&call, (int64_t)taken);
    return size ? taken / size : 0;
}

/* getdelim(3) over the same: the line's memory is the caller's, so it is got as the caller's own. */
static ssize_t line_get(char **line, size_t *capacity, int delimiter, FILE *stream, void *pc, void *frame)
{
    struct stdio_call call;
    bool enough = memchr(stream->_IO_read_ptr, delimiter, stdio_available(stream)) != NULL;
    stdio_in_begin(&call, stream, enough || !line || !capacity, pc, frame);
    if (!call.is_step)
        return REAL(getdelim)(line, capacity, delimiter, stream);
    size_t length = 0;
    bool found = false, failed = false;
    while (!found && !failed) {
        if (stdio_available(stream) == 0 && !stdio_fill(&call))
            break;
        size_t wanted = length + stdio_available(stream) + 1;
        if (!*line || *capacity < wanted) {
            size_t larger = wanted < 120 ? 120 : wanted * 2;
            char *memory = realloc(*line, larger);
            if (!memory) {
                failed = true;
                break;
            }
            *line = memory;
            *capacity = larger;
        }
        size_t part = take(&call, *line + length, stdio_available(stream), delimiter, &found);
        length += part;
    }
    if (length > 0)
        (*line)[length] = 0;
    failed |= length == 0;
    stdio_in_end(&call, failed ? -1 : (int64_t)length);
    return failed ? -1 : (ssize_t)length;
}

SHIM_EXPORT ssize_t getdelim(char **line, size_t *capacity, int delimiter, FILE *stream)
{
    return line_get(line, capacity, delimiter, stream, HERE);
}

SHIM_EXPORT ssize_t __getdelim(char **line, size_t *capacity, int delimiter, FILE *stream)
{
    return line_get(line, capacity, delimiter, stream, HERE);
}

SHIM_EXPORT ssize_t getline(char **line, size_t *capacity, FILE *stream)
{
    return line_get(line, capacity, '\n', stream, HERE);
}

/* ---- scanf: a line is awaited if none is there; what more it needs it gets from the C library ---- */
static int scan(FILE *stream, const char *format, va_list arguments, void *pc, void *frame)
{
    struct stdio_call call;
    size_t available = stdio_available(stream);
    stdio_in_begin(&call, stream, available > 0 && memchr(stream->_IO_read_ptr, '\n', available) != NULL, pc, frame);
    if (call.is_step) {
        /* Blank lines are skipped by most conversions: wait for a line with something on it. */
        bool more = true;
        while (more && (available = stdio_available(stream)) == 0)
            more = stdio_fill(&call);
    }
    int result = REAL(__isoc99_vfscanf)(stream, format, arguments);
    stdio_in_end(&call, result == EOF ? -1 : result);
    return result;
}

#define SCAN_LIST(name, parameters, stream)                                                                            \
    SHIM_EXPORT int name parameters                                                                                    \
    {                                                                                                                  \
        return scan(stream, format, arguments, HERE);                                                                  \
    }
#define SCAN(name, parameters, stream)                                                                                 \
    SHIM_EXPORT int name parameters                                                                                    \
    {                                                                                                                  \
        va_list arguments;                                                                                             \
        va_start(arguments, format);                                                                                   \
        int result = scan(stream, format, arguments, HERE);                                                            \
        va_end(arguments);                                                                                             \
        return result;                                                                                                 \
    }

/* In the assembler's names: <stdio.h> maps scanf to __isoc99_scanf for programs of today, which we are, too. */
#undef scanf
#undef fscanf
#undef vscanf
#undef vfscanf
SCAN(__isoc99_scanf, (const char *format, ...), stdin)
SCAN(__isoc99_fscanf, (FILE * stream, const char *format, ...), stream)
SCAN_LIST(__isoc99_vscanf, (const char *format, va_list arguments), stdin)
SCAN_LIST(__isoc99_vfscanf, (FILE * stream, const char *format, va_list arguments), stream)
