/* stdio's output functions: each says how much it will put out and whether a newline is among it; shim/stdio.c makes the
 * step where that flushes. */
#include "shim/descriptors.h"
#include "shim/stdio.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#define HERE __builtin_return_address(0), __builtin_frame_address(0)
#define FORMATTED_MAX 2048 /* bytes of a formatted text that are looked at; a longer one counts as having a newline */

/* Where the C library has no public declaration: the checked forms. */
int __printf_chk(int flag, const char *format, ...);
int __vprintf_chk(int flag, const char *format, va_list arguments);
int __fprintf_chk(FILE *stream, int flag, const char *format, ...);
int __vfprintf_chk(FILE *stream, int flag, const char *format, va_list arguments);
#undef putc
#undef putc_unlocked
#undef fputc_unlocked
#undef putchar_unlocked
#undef fwrite_unlocked
int _IO_putc(int character, FILE *stream);

/* Length of a formatted text, and whether it has a newline. */
static size_t measure(const char *format, va_list arguments, bool *newline)
{
    char text[FORMATTED_MAX];
    va_list copy;
    int kept = errno;
    va_copy(copy, arguments);
    int length = vsnprintf(text, sizeof text, format, copy);
    va_end(copy);
    errno = kept;
    if (length < 0) {
        *newline = true;
        return 0;
    }
    *newline = (size_t)length >= sizeof text || memchr(text, '\n', (size_t)length) != NULL;
    return (size_t)length;
}

static bool observed(void)
{
    return shim_self.slot && !shim_self.busy && !shim_self.ended && !shim_process.live;
}

#define FORMATTED(stream, format, arguments, call)                                                                     \
    do {                                                                                                               \
        struct stdio_call step;                                                                                        \
        bool newline = false;                                                                                          \
        size_t length = observed() ? measure(format, arguments, &newline) : 0;                                         \
        stdio_out_begin(&step, stream, length, newline, HERE);                                                         \
        int result = call;                                                                                             \
        stdio_out_end(&step, result < 0);                                                                              \
        return result;                                                                                                 \
    } while (0)

SHIM_EXPORT int vfprintf(FILE *stream, const char *format, va_list arguments)
{
    FORMATTED(stream, format, arguments, REAL(vfprintf)(stream, format, arguments));
}

SHIM_EXPORT int vprintf(const char *format, va_list arguments)
{
    FORMATTED(stdout, format, arguments, REAL(vfprintf)(stdout, format, arguments));
}

SHIM_EXPORT int __vfprintf_chk(FILE *stream, int flag, const char *format, va_list arguments)
{
    FORMATTED(stream, format, arguments, REAL(__vfprintf_chk)(stream, flag, format, arguments));
}

SHIM_EXPORT int __vprintf_chk(int flag, const char *format, va_list arguments)
{
    FORMATTED(stdout, format, arguments, REAL(__vfprintf_chk)(stdout, flag, format, arguments));
}

/* The variadic forms, each on its va_list form; written out so that the place is the caller's. */
#define VARIADIC(name, parameters, stream, last, call)                                                                 \
    SHIM_EXPORT int name parameters                                                                                    \
    {                                                                                                                  \
        struct stdio_call step;                                                                                        \
        bool newline = false;                                                                                          \
        va_list arguments;                                                                                             \
        va_start(arguments, last);                                                                                     \
        size_t length = observed() ? measure(format, arguments, &newline) : 0;                                         \
        stdio_out_begin(&step, stream, length, newline, HERE);                                                         \
        int result = call;                                                                                             \
        va_end(arguments);                                                                                             \
        stdio_out_end(&step, result < 0);                                                                              \
        return result;                                                                                                 \
    }

VARIADIC(printf, (const char *format, ...), stdout, format, REAL(vfprintf)(stdout, format, arguments))
VARIADIC(fprintf, (FILE * stream, const char *format, ...), stream, format, REAL(vfprintf)(stream, format, arguments))
VARIADIC(__printf_chk, (int flag, const char *format, ...), stdout, format,
         REAL(__vfprintf_chk)(stdout, flag, format, arguments))
VARIADIC(__fprintf_chk, (FILE * stream, int flag, const char *format, ...), stream, format,
         REAL(__vfprintf_chk)(stream, flag, format, arguments))

/* To a descriptor: nothing is buffered. */
static int descriptor_printf(int descriptor, const char *format, va_list arguments, void *pc, void *frame)
{
    struct step step;
    if (!step_begin_at(&step, OPERATION_file_write, pc, frame))
        return REAL(vdprintf)(descriptor, format, arguments);
    step_descriptor(&step, descriptor, &descriptor_writes);
    step_ask(&step);
    errno = step.saved_errno;
    int result = REAL(vdprintf)(descriptor, format, arguments);
    int error = errno;
    step_result(&step, result, result < 0 ? error : 0);
    errno = error;
    return result;
}

SHIM_EXPORT int vdprintf(int descriptor, const char *format, va_list arguments)
{
    return descriptor_printf(descriptor, format, arguments, HERE);
}

SHIM_EXPORT int dprintf(int descriptor, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int result = descriptor_printf(descriptor, format, arguments, HERE);
    va_end(arguments);
    return result;
}

/* ---- text and bytes ---- */
#define PUT(name, result_type, parameters, stream, length, newline, call, failed)                                      \
    SHIM_EXPORT result_type name parameters                                                                            \
    {                                                                                                                  \
        struct stdio_call step;                                                                                        \
        stdio_out_begin(&step, stream, length, newline, HERE);                                                         \
        result_type result = call;                                                                                     \
        stdio_out_end(&step, failed);                                                                                  \
        return result;                                                                                                 \
    }

PUT(puts, int, (const char *text), stdout, strlen(text) + 1, true, REAL(puts)(text), result == EOF)
PUT(fputs, int, (const char *text, FILE *stream), stream, strlen(text), strchr(text, '\n') != NULL,
    REAL(fputs)(text, stream), result == EOF)
PUT(fputs_unlocked, int, (const char *text, FILE *stream), stream, strlen(text), strchr(text, '\n') != NULL,
    REAL(fputs_unlocked)(text, stream), result == EOF)
PUT(putc, int, (int character, FILE *stream), stream, 1, (char)character == '\n', REAL(fputc)(character, stream),
    result == EOF)
PUT(_IO_putc, int, (int character, FILE *stream), stream, 1, (char)character == '\n', REAL(fputc)(character, stream),
    result == EOF)
PUT(fputc, int, (int character, FILE *stream), stream, 1, (char)character == '\n', REAL(fputc)(character, stream),
    result == EOF)
PUT(putchar, int, (int character), stdout, 1, (char)character == '\n', REAL(fputc)(character, stdout), result == EOF)
PUT(putc_unlocked, int, (int character, FILE *stream), stream, 1, (char)character == '\n',
    REAL(fputc_unlocked)(character, stream), result == EOF)
PUT(fputc_unlocked, int, (int character, FILE *stream), stream, 1, (char)character == '\n',
    REAL(fputc_unlocked)(character, stream), result == EOF)
PUT(putchar_unlocked, int, (int character), stdout, 1, (char)character == '\n', REAL(fputc_unlocked)(character, stdout),
    result == EOF)
PUT(__overflow, int, (FILE * stream, int character), stream, 1, (char)character == '\n',
    REAL(__overflow)(stream, character), result == EOF)

/* More than a pipe holds goes in pieces, each when there is room for it: the C library would sleep. */
static size_t put_pieces(struct stdio_call *call, const char *bytes, size_t size, size_t count, FILE *stream,
                         size_t (*put)(const void *, size_t, size_t, FILE *))
{
    if (!stdio_is_pipe(call) || size * count <= STDIO_PIECE)
        return put(bytes, size, count, stream);
    size_t length = size * count, done = 0;
    while (done < length) {
        size_t piece = length - done < STDIO_PIECE ? length - done : STDIO_PIECE;
        stdio_await_room(call, piece);
        size_t part = put(bytes + done, 1, piece, stream);
        done += part;
        if (part < piece)
            break;
    }
    return done / size;
}

#define WRITE(name)                                                                                                    \
    SHIM_EXPORT size_t name(const void *bytes, size_t size, size_t count, FILE *stream)                                \
    {                                                                                                                  \
        struct stdio_call step;                                                                                        \
        size_t length = size * count;                                                                                  \
        stdio_out_begin(&step, stream, length, length > 0 && memchr(bytes, '\n', length) != NULL, HERE);               \
        size_t result = put_pieces(&step, bytes, size, count, stream, REAL(name));                                     \
        stdio_out_end(&step, result<count && size> 0);                                                                 \
        return result;                                                                                                 \
    }
WRITE(fwrite)
WRITE(fwrite_unlocked)

SHIM_EXPORT void perror(const char *text)
{
    struct stdio_call step;
    int kept = errno;
    stdio_out_begin(&step, stderr, 1, true, HERE);
    errno = kept;
    REAL(perror)(text);
    stdio_out_end(&step, false);
}

SHIM_EXPORT _Noreturn void __assert_fail(const char *assertion, const char *file, unsigned int line,
                                         const char *function)
{
    struct stdio_call step;
    stdio_out_begin(&step, stderr, 1, true, HERE);
    if (step.is_step) { /* the message and the end are one: the step has no end of its own */
        if (step.locked)
            REAL(funlockfile)(stderr);
        shim_flush();
    }
    REAL(__assert_fail)(assertion, file, line, function);
    __builtin_unreachable();
}

/* ---- flushing and closing ---- */
int stdio_flush(FILE *stream, void *pc, void *frame)
{
    struct stdio_call step = {.is_step = false};
    FILE *first = stream ? stream : stdout; /* of all streams, the one that mostly has something */
    if (first && first->_IO_write_ptr > first->_IO_write_base)
        stdio_out_begin(&step, first, STDIO_FLUSH, true, pc, frame);
    int result = REAL(fflush)(stream);
    stdio_out_end(&step, result == EOF);
    return result;
}

SHIM_EXPORT int fflush(FILE *stream)
{
    return stdio_flush(stream, HERE);
}

SHIM_EXPORT int fflush_unlocked(FILE *stream)
{
    return stdio_flush(stream, HERE);
}

SHIM_EXPORT int fclose(FILE *stream)
{
    int descriptor = stream ? fileno_unlocked(stream) : -1;
    if (descriptor < 0 || !observed())
        return REAL(fclose)(stream);
    if (stream->_IO_write_ptr > stream->_IO_write_base)
        stdio_flush(stream, HERE);
    struct step step;
    if (!step_begin(&step, OPERATION_file_close))
        return REAL(fclose)(stream);
    step_descriptor(&step, descriptor, &descriptor_closes);
    step.record.argument[0] = descriptor;
    step_ask(&step);
    int result = REAL(fclose)(stream);
    int error = result == EOF ? errno : 0;
    step_result(&step, result, error);
    if (error)
        errno = error;
    return result;
}
