/* stdio as its wrappers share it: when a call is a step, and the step around the real call. */
#ifndef LOCKSTEP_SHIM_STDIO_H
#define LOCKSTEP_SHIM_STDIO_H

#include <stdio.h>

#include "shim/shim.h"

/* A call on a stream, from before to after the real one. */
struct stdio_call {
    struct step step;
    FILE *stream;
    size_t before; /* bytes that were waiting in the buffer */
    bool is_step;
    bool locked;   /* we hold the stream's lock around the real call */
};

/* Output of `length` bytes, with a newline among them or not: begins a step if the buffer will be flushed, waits at the
 * gate, and in a pipe for room. Then the real call, then stdio_out_end. `pc`, `frame`: the wrapper's. */
#define STDIO_FLUSH SIZE_MAX /* a `length`: nothing is added, and what is in the buffer is flushed */
void stdio_out_begin(struct stdio_call *call, FILE *stream, size_t length, bool newline, void *pc, void *frame);
void stdio_out_end(struct stdio_call *call, bool failed);
#define STDIO_PIECE 4096u
/* Is it a step on a pipe that may be waited for? */
bool stdio_is_pipe(const struct stdio_call *call);
/* Within the step: waits at the gate until the pipe has room for what is in the buffer and so many bytes more. */
void stdio_await_room(struct stdio_call *call, size_t bytes);
/* fflush(3), as the step that it is, on behalf of the caller at `pc`. */
int stdio_flush(FILE *stream, void *pc, void *frame);

/* Input: begins a step if less than what is needed is in the buffer; then stdio_fill() before each fill. */
void stdio_in_begin(struct stdio_call *call, FILE *stream, bool enough, void *pc, void *frame);
/* Waits until there is something to read and reads it into the buffer. False: end of file or error (errno). */
bool stdio_fill(struct stdio_call *call);
void stdio_in_end(struct stdio_call *call, int64_t bytes);

static inline size_t stdio_available(const FILE *stream)
{
    return (size_t)(stream->_IO_read_end - stream->_IO_read_ptr);
}

#endif
