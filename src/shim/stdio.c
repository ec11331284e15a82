/* stdio, the common part: when a buffer will be flushed or must be filled, the step around it, and the locks of streams.
 * A stream's lock may be held by a task at its gate (flockfile): then it is waited for at the gate, never in the C
 * library. The layout of FILE is glibc's public one (bits/types/struct_FILE.h). */
#include "shim/stdio.h"

#include "shim/descriptors.h"

#include <stdio_ext.h>
#include <string.h>
#include <sys/ioctl.h>

#define FLAG_UNBUFFERED 0x0002 /* glibc, libio/libio.h */
#define FLAG_ERROR 0x0020
#define FLAG_LINES 0x0200

static _Atomic uint32_t held_streams; /* by flockfile */

/* ---- what a stream is ---- */
static bool is_terminal(int descriptor)
{
    char settings[64];
    return SYSTEM(SYS_ioctl, descriptor, TCGETS, settings) == 0;
}

static bool flushes(FILE *stream, int descriptor, size_t length, bool newline)
{
    if (stream->_flags & FLAG_UNBUFFERED)
        return length > 0;
    size_t size = (size_t)(stream->_IO_buf_end - stream->_IO_buf_base);
    bool fresh = stream->_IO_buf_base == NULL; /* the first use decides (setvbuf(3)) */
    bool lines = (stream->_flags & FLAG_LINES) || (fresh && is_terminal(descriptor));
    if (lines && newline)
        return true;
    return __fpending(stream) + length > (fresh ? 1024 : size);
}

/* ---- room in a pipe ---- */
struct room {
    int descriptor;
    size_t wanted;
};

static bool has_room(int descriptor, size_t wanted)
{
    long capacity = SYSTEM(SYS_fcntl, descriptor, F_GETPIPE_SZ, 0);
    int filled = descriptor_filled(descriptor);
    if (capacity <= 0 || filled <= 0)
        return true; /* no pipe, or empty: as good as it gets */
    if (descriptor_poll(descriptor, POLLOUT) & POLLERR)
        return true; /* nobody reads: EPIPE */
    /* A pipe's buffers are pages: a byte may take one. What is surely free is counted in whole pages. */
    size_t taken = ((size_t)filled + 4095) / 4096 + 1;
    return (size_t)capacity >= taken * 4096 + wanted;
}

static bool room_ready(struct step *step)
{
    const struct room *room = step->context;
    return has_room(room->descriptor, room->wanted);
}

static void await_room(struct step *step, int descriptor, size_t wanted)
{
    if (step->record.object.kind != OBJECT_pipe || (descriptor_flags(descriptor) & O_NONBLOCK))
        return;
    struct room room = {.descriptor = descriptor, .wanted = wanted};
    while (!has_room(descriptor, wanted)) {
        step->context = &room;
        step->ready = room_ready;
        step_block(step, &step->record.object);
    }
}

bool stdio_is_pipe(const struct stdio_call *call)
{
    return call->is_step && call->step.record.object.kind == OBJECT_pipe;
}

void stdio_await_room(struct stdio_call *call, size_t bytes)
{
    await_room(&call->step, fileno_unlocked(call->stream), __fpending(call->stream) + bytes);
}

/* ---- locks of streams ---- */
static void lock_stream(struct stdio_call *call)
{
    if (atomic_load(&held_streams) == 0 || (call->stream->_flags & 0x8000 /* _IO_USER_LOCK */))
        return;
    struct record_key key = key_of_address(OBJECT_mutex, call->stream, sizeof *call->stream);
    while (REAL(ftrylockfile)(call->stream) != 0) {
        call->step.ready = NULL;
        step_block(&call->step, &key);
    }
    call->locked = true;
}

static bool lock_is_taken(FILE *stream)
{
    if (atomic_load(&held_streams) == 0)
        return false;
    if (REAL(ftrylockfile)(stream) != 0)
        return true;
    REAL(funlockfile)(stream);
    return false;
}

/* ---- output ---- */
void stdio_out_begin(struct stdio_call *call, FILE *stream, size_t length, bool newline, void *pc, void *frame)
{
    call->stream = stream;
    call->is_step = call->locked = false;
    if (!shim_self.slot || shim_self.busy || shim_self.ended || shim_process.live || !stream)
        return;
    int descriptor = fileno_unlocked(stream);
    bool taken = lock_is_taken(stream), flush = length == STDIO_FLUSH;
    if (flush)
        length = 0;
    if (descriptor < 0 || (!taken && !flush && !flushes(stream, descriptor, length, newline)))
        return;
    if (!step_begin_at(&call->step, OPERATION_file_write, pc, frame))
        return;
    call->is_step = true;
    step_descriptor(&call->step, descriptor, &descriptor_writes);
    step_ask(&call->step);
    lock_stream(call);
    call->before = __fpending(stream);
    stdio_await_room(call, length < STDIO_PIECE ? length : STDIO_PIECE);
    call->step.record.argument[2] = (int64_t)(call->before + length);
    call->before += length;
    errno = call->step.saved_errno;
}

void stdio_out_end(struct stdio_call *call, bool failed)
{
    if (!call->is_step)
        return;
    int error = errno;
    if (call->locked)
        REAL(funlockfile)(call->stream);
    size_t left = __fpending(call->stream);
    int64_t written = left < call->before ? (int64_t)(call->before - left) : 0;
    step_pipe_level(&call->step, fileno_unlocked(call->stream));
    step_result(&call->step, failed ? -1 : written, failed ? error : 0);
    errno = error;
}

/* ---- input ---- */
void stdio_in_begin(struct stdio_call *call, FILE *stream, bool enough, void *pc, void *frame)
{
    call->stream = stream;
    call->is_step = call->locked = false;
    if (!shim_self.slot || shim_self.busy || shim_self.ended || shim_process.live || !stream)
        return;
    int descriptor = fileno_unlocked(stream);
    if (descriptor < 0 || (enough && !lock_is_taken(stream)))
        return;
    /* Filling a buffer flushes a line-buffered stdout (glibc, libio/fileops.c, _IO_new_file_underflow): as its own step. */
    if (!enough && (stream->_flags & (FLAG_LINES | FLAG_UNBUFFERED) || is_terminal(descriptor)) &&
        (stdout->_flags & FLAG_LINES) && __fpending(stdout) > 0)
        stdio_flush(stdout, pc, frame);
    if (!step_begin_at(&call->step, OPERATION_file_read, pc, frame))
        return;
    call->is_step = true;
    step_descriptor(&call->step, descriptor, &descriptor_reads);
    step_ask(&call->step);
    step_cancellation(&call->step);
    lock_stream(call);
}

bool stdio_fill(struct stdio_call *call)
{
    int descriptor = fileno_unlocked(call->stream);
    enum grant_action grant = GRANT_PERFORM;
    bool waits = call->step.record.object.kind != OBJECT_file && !(descriptor_flags(descriptor) & O_NONBLOCK);
    int error = waits ? descriptor_await(&call->step, descriptor, POLLIN, &grant) : 0;
    if (error) {
        call->stream->_flags |= FLAG_ERROR;
        errno = error;
        return false;
    }
    int character = REAL(fgetc)(call->stream); /* one read(2) */
    if (character == EOF)
        return false;
    REAL(ungetc)(character, call->stream);
    return true;
}

void stdio_in_end(struct stdio_call *call, int64_t bytes)
{
    if (!call->is_step)
        return;
    int error = bytes < 0 && (call->stream->_flags & FLAG_ERROR) ? errno : 0;
    int kept = errno;
    if (call->locked)
        REAL(funlockfile)(call->stream);
    step_pipe_level(&call->step, fileno_unlocked(call->stream));
    step_result(&call->step, bytes < 0 && !error ? 0 : bytes, error);
    errno = kept;
}

/* ---- the locks themselves: a mutex named by the stream's address ---- */
SHIM_EXPORT void flockfile(FILE *stream)
{
    struct step step;
    if (!step_begin(&step, OPERATION_mutex_lock)) {
        REAL(flockfile)(stream);
        return;
    }
    step.record.object = key_of_address(OBJECT_mutex, stream, sizeof *stream);
    step.record.argument[0] = 1; /* recursive */
    step_ask(&step);
    while (REAL(ftrylockfile)(stream) != 0)
        step_block(&step, &step.record.object);
    atomic_fetch_add(&held_streams, 1);
    step_result(&step, 0, 0);
}

SHIM_EXPORT int ftrylockfile(FILE *stream)
{
    struct step step;
    if (!step_begin(&step, OPERATION_mutex_trylock))
        return REAL(ftrylockfile)(stream);
    step.record.object = key_of_address(OBJECT_mutex, stream, sizeof *stream);
    step.record.argument[0] = 1;
    step_ask(&step);
    int result = REAL(ftrylockfile)(stream);
    if (result == 0)
        atomic_fetch_add(&held_streams, 1);
    step_result(&step, result == 0 ? 0 : EBUSY, result == 0 ? 0 : EBUSY);
    return result;
}

SHIM_EXPORT void funlockfile(FILE *stream)
{
    struct step step;
    if (!step_begin(&step, OPERATION_mutex_unlock)) {
        REAL(funlockfile)(stream);
        return;
    }
    step.record.object = key_of_address(OBJECT_mutex, stream, sizeof *stream);
    step_ask(&step);
    REAL(funlockfile)(stream);
    if (atomic_load(&held_streams) > 0)
        atomic_fetch_sub(&held_streams, 1);
    step_result(&step, 0, 0);
}
