/* Bytes in and out of descriptors: read, write and their vector, positioned and checked forms; pipe. What a descriptor
 * is decides which operation it is. A call that would have to wait asks the kernel nothing but poll(2) and waits at the
 * gate; a write to a pipe is done as far as it fits. */
#include "shim/checked.h"
#include "shim/descriptors.h"
#include "shim/live.h"

#include <string.h>
#include <unistd.h>

/* What a transfer on a described descriptor needs to know. */
struct transfer {
    int descriptor;
    int flags; /* F_GETFL; -1: not open */
    const struct iovec *parts;
    int count;
    size_t size;
};

static struct transfer transfer_of(struct step *step, int descriptor, const struct iovec *parts, int count,
                                   const struct descriptor_operations *operations)
{
    struct transfer transfer = {.descriptor = descriptor, .parts = parts, .count = count};
    transfer.flags = descriptor_is_ours(descriptor) ? -1 : step_descriptor(step, descriptor, operations);
    if (transfer.flags < 0)
        step->record.object = (struct record_key){.descriptor = -1};
    if (count < 0 || count > IOV_MAX)
        transfer.count = 0; /* the kernel will refuse it */
    for (int i = 0; i < transfer.count; i++)
        transfer.size += parts[i].iov_len;
    step->record.argument[2] = (int64_t)transfer.size;
    return transfer;
}

/* ---- reading ---- */
static long transfer_read(struct step *step, const struct transfer *transfer)
{
    bool socket = step->record.object.kind == OBJECT_socket;
    if (socket)
        socket_deadline(step, transfer->descriptor, SO_RCVTIMEO);
    enum grant_action grant = step_ask(step);
    step_cancellation(step);
    if (transfer->flags < 0)
        return -EBADF;
    if (socket && transfer->count > 0) {
        struct msghdr message = {.msg_iov = (struct iovec *)transfer->parts, .msg_iovlen = (size_t)transfer->count};
        long got = transfer->size == 0 ? 0 : socket_receive(step, transfer->descriptor, &message, 0, grant);
        if (got != -ENOTCONN && got != -EOPNOTSUPP)
            return got;
    }
    bool waits = !(transfer->flags & O_NONBLOCK) && (transfer->flags & O_ACCMODE) != O_WRONLY && transfer->size > 0;
    int error = waits ? descriptor_await(step, transfer->descriptor, POLLIN, &grant) : 0;
    if (error)
        return -error;
    struct iovec left[STEP_PARTS];
    int fewer = step->record.object.kind == OBJECT_pipe
                    ? step_shortened(step, transfer->descriptor, transfer->parts, transfer->count, left)
                    : 0;
    return SYSTEM(SYS_readv, transfer->descriptor, fewer ? left : transfer->parts, fewer ? fewer : transfer->count);
}

static ssize_t read_step(struct step *step, int descriptor, const struct iovec *parts, int count, int asked_count)
{
    struct transfer transfer = transfer_of(step, descriptor, parts, count, &descriptor_reads);
    if (asked_count < 0 || asked_count > IOV_MAX)
        transfer.count = asked_count;
    long got = transfer_read(step, &transfer);
    step_pipe_level(step, descriptor);
    return step_end_with(step, got, got < 0 ? (int)-got : 0);
}

SHIM_EXPORT ssize_t read(int descriptor, void *buffer, size_t size)
{
    LIVE(descriptor_is_ours(descriptor)
             ? (errno = EBADF, -1)
             : LIVE_IO(OPERATION_file_read, descriptor, REAL(read)(descriptor, buffer, size)));
    struct step step;
    if (!step_begin(&step, OPERATION_file_read))
        return descriptor_is_ours(descriptor) ? (errno = EBADF, -1) : REAL(read)(descriptor, buffer, size);
    struct iovec part = {buffer, size};
    return read_step(&step, descriptor, &part, 1, 1);
}

SHIM_EXPORT ssize_t readv(int descriptor, const struct iovec *parts, int count)
{
    LIVE(LIVE_IO(OPERATION_file_read, descriptor, REAL(readv)(descriptor, parts, count)));
    struct step step;
    if (!step_begin(&step, OPERATION_file_read))
        return REAL(readv)(descriptor, parts, count);
    return read_step(&step, descriptor, parts, count, count);
}

/* Compiled with _FORTIFY_SOURCE (glibc, debug/read_chk.c): more than the buffer holds ends the program. */
SHIM_EXPORT ssize_t __read_chk(int descriptor, void *buffer, size_t size, size_t room)
{
    struct step step;
    if (size > room || !step_begin(&step, OPERATION_file_read))
        return REAL(__read_chk)(descriptor, buffer, size, room);
    struct iovec part = {buffer, size};
    return read_step(&step, descriptor, &part, 1, 1);
}

/* ---- writing ---- */
static long transfer_write(struct step *step, const struct transfer *transfer)
{
    bool socket = step->record.object.kind == OBJECT_socket;
    if (socket)
        socket_deadline(step, transfer->descriptor, SO_SNDTIMEO);
    enum grant_action grant = step_ask(step);
    step_cancellation(step);
    if (transfer->flags < 0)
        return -EBADF;
    if (socket && transfer->count > 0) {
        struct msghdr message = {.msg_iov = (struct iovec *)transfer->parts, .msg_iovlen = (size_t)transfer->count};
        return socket_send(step, transfer->descriptor, &message, 0, grant);
    }
    bool waits = !(transfer->flags & O_NONBLOCK) && (transfer->flags & O_ACCMODE) != O_RDONLY && transfer->size > 0;
    if (waits && step->record.object.kind == OBJECT_pipe) {
        /* What a pipe takes whole it always takes whole (pipe(7), PIPE_BUF). */
        struct iovec left[STEP_PARTS];
        int fewer = step_shortened_write(step, transfer->parts, transfer->count, PIPE_BUF, left);
        return pipe_write_all(step, transfer->descriptor, fewer ? left : transfer->parts,
                              fewer ? fewer : transfer->count, grant);
    }
    /* A terminal takes all at once: lockstep drains it. Files do not wait. Others say when they would. */
    if (waits && step->record.object.kind == OBJECT_file) {
        int error = descriptor_await(step, transfer->descriptor, POLLOUT, &grant);
        if (error)
            return -error;
    }
    return SYSTEM(SYS_writev, transfer->descriptor, transfer->parts, transfer->count);
}

static ssize_t write_step(struct step *step, int descriptor, const struct iovec *parts, int count, int asked_count)
{
    struct transfer transfer = transfer_of(step, descriptor, parts, count, &descriptor_writes);
    if (asked_count < 0 || asked_count > IOV_MAX)
        transfer.count = asked_count;
    long written = transfer_write(step, &transfer);
    step_pipe_level(step, descriptor);
    return step_end_with(step, written, written < 0 ? (int)-written : 0);
}

SHIM_EXPORT ssize_t write(int descriptor, const void *buffer, size_t size)
{
    LIVE(descriptor_is_ours(descriptor)
             ? (errno = EBADF, -1)
             : LIVE_IO(OPERATION_file_write, descriptor, REAL(write)(descriptor, buffer, size)));
    struct step step;
    if (!step_begin(&step, OPERATION_file_write))
        return descriptor_is_ours(descriptor) ? (errno = EBADF, -1) : REAL(write)(descriptor, buffer, size);
    struct iovec part = {(void *)buffer, size};
    return write_step(&step, descriptor, &part, 1, 1);
}

ssize_t descriptor_write_step(int descriptor, const void *bytes, size_t size, void *pc, void *frame)
{
    struct step step;
    if (!step_begin_at(&step, OPERATION_file_write, pc, frame))
        return REAL(write)(descriptor, bytes, size);
    struct iovec part = {(void *)bytes, size};
    return write_step(&step, descriptor, &part, 1, 1);
}

SHIM_EXPORT ssize_t writev(int descriptor, const struct iovec *parts, int count)
{
    LIVE(LIVE_IO(OPERATION_file_write, descriptor, REAL(writev)(descriptor, parts, count)));
    struct step step;
    if (!step_begin(&step, OPERATION_file_write))
        return descriptor_is_ours(descriptor) ? (errno = EBADF, -1) : REAL(writev)(descriptor, parts, count);
    return write_step(&step, descriptor, parts, count, count);
}

/* ---- at a place of the file: pipes and terminals have none (ESPIPE), files do not wait ---- */
#define AT_PLACE(name, type, result, operation, table, number)                                                         \
    SHIM_EXPORT ssize_t name(int descriptor, type buffer, size_t size, off_t offset)                                   \
    {                                                                                                                  \
        struct step step;                                                                                              \
        if (!step_begin(&step, operation))                                                                             \
            return REAL(name)(descriptor, buffer, size, offset);                                                       \
        step_descriptor(&step, descriptor, &table);                                                                    \
        step.record.argument[2] = (int64_t)size;                                                                       \
        step_ask(&step);                                                                                               \
        step_cancellation(&step);                                                                                      \
        long done = descriptor_is_ours(descriptor) ? -EBADF : SYSTEM(number, descriptor, buffer, size, offset);        \
        return step_end_with(&step, done, done < 0 ? (int)-done : 0);                                                  \
    }

AT_PLACE(pread, void *, ssize_t, OPERATION_file_read, descriptor_reads, SYS_pread64)
AT_PLACE(pread64, void *, ssize_t, OPERATION_file_read, descriptor_reads, SYS_pread64)
AT_PLACE(pwrite, const void *, ssize_t, OPERATION_file_write, descriptor_writes, SYS_pwrite64)
AT_PLACE(pwrite64, const void *, ssize_t, OPERATION_file_write, descriptor_writes, SYS_pwrite64)

#define AT_PLACE_CHECKED(name, plain)                                                                                  \
    SHIM_EXPORT ssize_t name(int descriptor, void *buffer, size_t size, off_t offset, size_t room)                     \
    {                                                                                                                  \
        struct step step;                                                                                              \
        if (size > room || !step_begin(&step, OPERATION_file_read))                                                    \
            return REAL(name)(descriptor, buffer, size, offset, room);                                                 \
        step_descriptor(&step, descriptor, &descriptor_reads);                                                         \
        step.record.argument[2] = (int64_t)size;                                                                       \
        step_ask(&step);                                                                                               \
        step_cancellation(&step);                                                                                      \
        long done = descriptor_is_ours(descriptor) ? -EBADF : SYSTEM(SYS_pread64, descriptor, buffer, size, offset);   \
        return step_end_with(&step, done, done < 0 ? (int)-done : 0);                                                  \
    }

AT_PLACE_CHECKED(__pread_chk, pread)
AT_PLACE_CHECKED(__pread64_chk, pread64)

/* ---- making a pipe ---- */
static int pipe_step(struct step *step, int ends[2], int flags)
{
    step_ask(step);
    long result = SYSTEM(SYS_pipe2, ends, flags);
    if (result == 0) {
        step->record.object = key_of_descriptor(ends[0]);
        long capacity = SYSTEM(SYS_fcntl, ends[0], F_GETPIPE_SZ);
        step->record.argument[0] = capacity > 0 ? capacity : 0;
    }
    return (int)step_end_with(step, 0, result < 0 ? (int)-result : 0);
}

SHIM_EXPORT int pipe(int ends[2])
{
    struct step step;
    return step_begin(&step, OPERATION_pipe_create) ? pipe_step(&step, ends, 0) : REAL(pipe)(ends);
}

SHIM_EXPORT int pipe2(int ends[2], int flags)
{
    struct step step;
    return step_begin(&step, OPERATION_pipe_create) ? pipe_step(&step, ends, flags) : REAL(pipe2)(ends, flags);
}
