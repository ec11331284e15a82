/* Printing: every call that may flush a stream's buffer, a step where it will. */
#include "shim/checked.h"
#include "shim/stdio.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* ---- characters, lines, blocks ---- */
#define PUT_CHARACTER(name)                                                                                            \
    SHIM_EXPORT int name(int character, FILE *stream)                                                                  \
    {                                                                                                                  \
        struct output output;                                                                                          \
        output_begin(&output, stream, 1, (char)character == '\n', HERE);                                               \
        int result = REAL(name)(character, stream);                                                                    \
        output_end(&output, result == EOF);                                                                            \
        return result;                                                                                                 \
    }

#undef putc
#undef putc_unlocked
#undef fputc_unlocked
PUT_CHARACTER(fputc)
PUT_CHARACTER(putc)
PUT_CHARACTER(_IO_putc)
PUT_CHARACTER(fputc_unlocked)
PUT_CHARACTER(putc_unlocked)

#define PUT_TO_STDOUT(name)                                                                                            \
    SHIM_EXPORT int name(int character)                                                                                \
    {                                                                                                                  \
        struct output output;                                                                                          \
        output_begin(&output, stdout, 1, (char)character == '\n', HERE);                                               \
        int result = REAL(name)(character);                                                                            \
        output_end(&output, result == EOF);                                                                            \
        return result;                                                                                                 \
    }

#undef putchar
#undef putchar_unlocked
PUT_TO_STDOUT(putchar)
PUT_TO_STDOUT(putchar_unlocked)

/* What the inlined forms of putc_unlocked and putchar_unlocked call when there is no room, or at each character of a
 * stream of lines (bits/stdio.h). */
SHIM_EXPORT int __overflow(FILE *stream, int character)
{
    struct output output;
    output_begin(&output, stream, 1, (char)character == '\n', HERE);
    int result = REAL(__overflow)(stream, character);
    output_end(&output, result == EOF);
    return result;
}

#define PUT_TEXT(name)                                                                                                 \
    SHIM_EXPORT int name(const char *text, FILE *stream)                                                               \
    {                                                                                                                  \
        struct output output;                                                                                          \
        size_t length = stream_observed(stream) ? strlen(text) : 0;                                                    \
        output_begin(&output, stream, length, length > 0 && strchr(text, '\n') != NULL, HERE);                         \
        int result = REAL(name)(text, stream);                                                                         \
        output_end(&output, result == EOF);                                                                            \
        return result;                                                                                                 \
    }

PUT_TEXT(fputs)
PUT_TEXT(fputs_unlocked)

SHIM_EXPORT int puts(const char *text)
{
    struct output output;
    output_begin(&output, stdout, stream_observed(stdout) ? strlen(text) + 1 : 0, true, HERE);
    int result = REAL(puts)(text);
    output_end(&output, result == EOF);
    return result;
}

/* More than a pipe can be known to have room for goes in pieces, each of which is told when it has gone. */
static size_t write_pieces(const void *items, size_t size, size_t count, FILE *stream,
                           size_t (*real)(const void *, size_t, size_t, FILE *), void *pc, void *frame)
{
    size_t bytes = size * count, done = 0;
    bool pieces = bytes > PIPE_BUF && stream_observed(stream) && key_of_descriptor(stream->_fileno).kind == OBJECT_pipe;
    while (done < bytes) {
        size_t part = pieces && bytes - done > PIPE_BUF ? PIPE_BUF : bytes - done;
        const char *from = (const char *)items + done;
        struct output output;
        bool newline = stream_observed(stream) && memchr(from, '\n', part) != NULL;
        output_begin(&output, stream, part, newline, pc, frame);
        size_t written = real(from, 1, part, stream);
        output_end(&output, written < part);
        done += written;
        if (written < part)
            break;
    }
    return size == 0 ? 0 : done / size;
}

#undef fwrite_unlocked
#define WRITE_BLOCK(name)                                                                                              \
    SHIM_EXPORT size_t name(const void *items, size_t size, size_t count, FILE *stream)                                \
    {                                                                                                                  \
        size_t bytes;                                                                                                  \
        if (!stream_observed(stream) || __builtin_mul_overflow(size, count, &bytes))                                   \
            return REAL(name)(items, size, count, stream);                                                             \
        return write_pieces(items, size, count, stream, REAL(name), HERE);                                             \
    }

WRITE_BLOCK(fwrite)
WRITE_BLOCK(fwrite_unlocked)

SHIM_EXPORT int putw(int word, FILE *stream)
{
    struct output output;
    output_begin(&output, stream, sizeof word, memchr(&word, '\n', sizeof word) != NULL, HERE);
    int result = REAL(putw)(word, stream);
    output_end(&output, result == EOF);
    return result;
}

/* ---- formatted ---- */

/* What would be printed, without printing it: its length, and whether it has a newline; a text longer than the sample is
 * taken to have one. */
static size_t formatted(FILE *stream, const char *format, va_list arguments, bool *newline)
{
    char sample[1024];
    va_list copy;
    *newline = false;
    if (!stream_observed(stream))
        return 0;
    int error = errno;
    va_copy(copy, arguments);
    int length = vsnprintf(sample, sizeof sample, format, copy);
    va_end(copy);
    errno = error;
    if (length < 0)
        return 1;
    *newline = (size_t)length >= sizeof sample || memchr(sample, '\n', (size_t)length) != NULL;
    return (size_t)length;
}

static int print_any(FILE *stream, int flag, const char *format, va_list arguments, void *pc, void *frame)
{
    struct output output;
    bool newline;
    size_t length = formatted(stream, format, arguments, &newline);
    output_begin(&output, stream, length, newline, pc, frame);
    int result = flag < 0 ? REAL(vfprintf)(stream, format, arguments)
                          : REAL(__vfprintf_chk)(stream, flag, format, arguments);
    output_end(&output, result < 0);
    return result;
}

#define PRINT_ARGUMENTS(stream, flag, last)                                                                            \
    va_list arguments;                                                                                                 \
    va_start(arguments, last);                                                                                         \
    int result = print_any(stream, flag, format, arguments, HERE);                                                     \
    va_end(arguments);                                                                                                 \
    return result

SHIM_EXPORT int printf(const char *format, ...)
{
    PRINT_ARGUMENTS(stdout, -1, format);
}

SHIM_EXPORT int fprintf(FILE *stream, const char *format, ...)
{
    PRINT_ARGUMENTS(stream, -1, format);
}

SHIM_EXPORT int vprintf(const char *format, va_list arguments)
{
    return print_any(stdout, -1, format, arguments, HERE);
}

SHIM_EXPORT int vfprintf(FILE *stream, const char *format, va_list arguments)
{
    return print_any(stream, -1, format, arguments, HERE);
}

SHIM_EXPORT int __printf_chk(int flag, const char *format, ...)
{
    PRINT_ARGUMENTS(stdout, flag & INT_MAX, format);
}

SHIM_EXPORT int __fprintf_chk(FILE *stream, int flag, const char *format, ...)
{
    PRINT_ARGUMENTS(stream, flag & INT_MAX, format);
}

SHIM_EXPORT int __vprintf_chk(int flag, const char *format, va_list arguments)
{
    return print_any(stdout, flag & INT_MAX, format, arguments, HERE);
}

SHIM_EXPORT int __vfprintf_chk(FILE *stream, int flag, const char *format, va_list arguments)
{
    return print_any(stream, flag & INT_MAX, format, arguments, HERE);
}

/* dprintf has no buffer that outlives the call: what it prints is written at once. */
static int print_descriptor(int descriptor, int flag, const char *format, va_list arguments, void *pc, void *frame)
{
    char sample[2048];
    va_list copy;
    va_copy(copy, arguments);
    bool observed = shim_self.slot && !shim_self.busy && !shim_process.live;
    int length = observed ? vsnprintf(sample, sizeof sample, format, copy) : -1;
    va_end(copy);
    if (length < 0 || (size_t)length >= sizeof sample)
        return flag < 0 ? REAL(vdprintf)(descriptor, format, arguments)
                        : REAL(__vdprintf_chk)(descriptor, flag, format, arguments);
    size_t done = 0;
    while (done < (size_t)length) {
        ssize_t written = descriptor_write_step(descriptor, sample + done, (size_t)length - done, pc, frame);
        if (written < 0)
            return -1;
        done += (size_t)written;
    }
    return length;
}

#define DPRINT_ARGUMENTS(flag)                                                                                         \
    va_list arguments;                                                                                                 \
    va_start(arguments, format);                                                                                       \
    int result = print_descriptor(descriptor, flag, format, arguments, HERE);                                          \
    va_end(arguments);                                                                                                 \
    return result

SHIM_EXPORT int dprintf(int descriptor, const char *format, ...)
{
    DPRINT_ARGUMENTS(-1);
}

SHIM_EXPORT int __dprintf_chk(int descriptor, int flag, const char *format, ...)
{
    DPRINT_ARGUMENTS(flag & INT_MAX);
}

SHIM_EXPORT int vdprintf(int descriptor, const char *format, va_list arguments)
{
    return print_descriptor(descriptor, -1, format, arguments, HERE);
}

SHIM_EXPORT int __vdprintf_chk(int descriptor, int flag, const char *format, va_list arguments)
{
    return print_descriptor(descriptor, flag & INT_MAX, format, arguments, HERE);
}

/* ---- messages ---- */
SHIM_EXPORT void perror(const char *text)
{
    struct output output;
    int number = errno;
    output_begin(&output, stderr, 2 + (text ? strlen(text) : 0), true, HERE);
    errno = number;
    REAL(perror)(text);
    output_end(&output, false);
}

/* What assert(3) prints and does (glibc, assert/assert.c), the printing as a step: the real one does not come back. */
SHIM_EXPORT _Noreturn void __assert_fail(const char *assertion, const char *file, unsigned line, const char *function)
{
    struct output output;
    output_begin(&output, stderr, 64 + strlen(assertion), true, HERE);
    if (!output.gated)
        REAL(__assert_fail)(assertion, file, line, function);
    else {
        int printed = REAL(fprintf)(stderr, "%s%s%s:%u: %s%sAssertion `%s' failed.\n", program_invocation_short_name,
                                    program_invocation_short_name[0] ? ": " : "", file, line, function ? function : "",
                                    function ? ": " : "", assertion);
        output.bytes = printed > 0 ? (size_t)printed : 0;
        REAL(fflush)(stderr);
        output_end(&output, printed < 0);
    }
    abort();
}

/* ---- flush and close ---- */
static int flush_any(FILE *stream, int (*real)(FILE *), void *pc, void *frame)
{
    struct output output = {.gated = false};
    FILE *shown = stream ? stream : stdout; /* all streams: one step, shown as that of the one that people look at */
    bool some = stream_observed(shown) && shown->_IO_write_ptr > shown->_IO_write_base;
    if (some)
        output_begin_flush(&output, shown, pc, frame);
    int result = real(stream);
    output_end(&output, result == EOF);
    return result;
}

#undef fflush_unlocked
SHIM_EXPORT int fflush(FILE *stream)
{
    return flush_any(stream, REAL(fflush), HERE);
}

SHIM_EXPORT int fflush_unlocked(FILE *stream)
{
    return flush_any(stream, REAL(fflush_unlocked), HERE);
}

/* What is still in the buffer is written first, as a step of its own. */
SHIM_EXPORT int fclose(FILE *stream)
{
    struct step step;
    if (!stream_observed(stream))
        return REAL(fclose)(stream);
    if (stream->_IO_write_ptr > stream->_IO_write_base)
        flush_any(stream, REAL(fflush), HERE);
    int descriptor = stream->_fileno;
    if (!step_begin(&step, OPERATION_file_close))
        return REAL(fclose)(stream);
    step_descriptor(&step, descriptor, &descriptor_closes);
    step.record.flags &= ~(uint32_t)RECORD_NONBLOCKING;
    step.record.argument[0] = descriptor;
    step_ask(&step);
    int result = REAL(fclose)(stream);
    return (int)step_end_with(&step, result, result == EOF ? errno : 0);
}

/* ---- wide characters: a step wherever the stream is not one that is filled first ---- */
static void wide_begin(struct output *output, FILE *stream, void *pc, void *frame)
{
    output->gated = false;
    if (stream_observed(stream) && output_line_or_none(stream))
        output_begin(output, stream, 1, true, pc, frame);
}

#undef putwc
#define PUT_WIDE(name)                                                                                                 \
    SHIM_EXPORT wint_t name(wchar_t character, FILE *stream)                                                           \
    {                                                                                                                  \
        struct output output;                                                                                          \
        wide_begin(&output, stream, HERE);                                                                             \
        wint_t result = REAL(name)(character, stream);                                                                 \
        output_end(&output, result == WEOF);                                                                           \
        return result;                                                                                                 \
    }

PUT_WIDE(fputwc)
PUT_WIDE(putwc)

SHIM_EXPORT wint_t putwchar(wchar_t character)
{
    struct output output;
    wide_begin(&output, stdout, HERE);
    wint_t result = REAL(putwchar)(character);
    output_end(&output, result == WEOF);
    return result;
}

SHIM_EXPORT int fputws(const wchar_t *text, FILE *stream)
{
    struct output output;
    wide_begin(&output, stream, HERE);
    int result = REAL(fputws)(text, stream);
    output_end(&output, result < 0);
    return result;
}

static int print_wide(FILE *stream, const wchar_t *format, va_list arguments, void *pc, void *frame)
{
    struct output output;
    wide_begin(&output, stream, pc, frame);
    int result = REAL(vfwprintf)(stream, format, arguments);
    output_end(&output, result < 0);
    return result;
}

SHIM_EXPORT int wprintf(const wchar_t *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int result = print_wide(stdout, format, arguments, HERE);
    va_end(arguments);
    return result;
}

SHIM_EXPORT int fwprintf(FILE *stream, const wchar_t *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int result = print_wide(stream, format, arguments, HERE);
    va_end(arguments);
    return result;
}

SHIM_EXPORT int vwprintf(const wchar_t *format, va_list arguments)
{
    return print_wide(stdout, format, arguments, HERE);
}

SHIM_EXPORT int vfwprintf(FILE *stream, const wchar_t *format, va_list arguments)
{
    return print_wide(stream, format, arguments, HERE);
}
