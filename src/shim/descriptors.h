/* What a descriptor is, and whether an operation on it would have to wait. Raw system calls only: nothing here is a
 * cancellation point or touches errno, unless said. */
#ifndef LOCKSTEP_SHIM_DESCRIPTORS_H
#define LOCKSTEP_SHIM_DESCRIPTORS_H

#include <poll.h>

#include "shim/shim.h"

/* Is this our own descriptor, of which the guest shall not know? */
static inline bool descriptor_is_ours(int descriptor)
{
    return descriptor >= 0 && descriptor == shim_process.channel;
}
/* The guest wants this very number (dup2): ours moves away. */
void descriptor_make_way(int descriptor);

/* Pipe, terminal, socket or file, by what fstat(2) says; kind OBJECT_none for a descriptor that is not open. */
struct record_key key_of_descriptor(int descriptor);
/* The same for a path, as openat(2) would find it; kind OBJECT_none where it leads nowhere. */
struct record_key key_of_path(int folder, const char *path);

/* What F_GETFL says, or -1. */
int descriptor_flags(int descriptor);
/* What poll(2) says at once. */
short descriptor_poll(int descriptor, short events);
/* Bytes that wait to be read in a pipe (FIONREAD), 0 if unknown. */
int descriptor_filled(int descriptor);

/* The operations of a family that differ by what the descriptor is. */
struct descriptor_operations {
    enum operation pipe, socket, file;
};
extern const struct descriptor_operations descriptor_reads, descriptor_writes, descriptor_closes;

/* After step_begin and before step_ask: the object, the operation that fits it, its name, whether it is the writing end
 * of a pipe, whether the call would not wait. Returns what F_GETFL says, or -1. */
int step_descriptor(struct step *step, int descriptor, const struct descriptor_operations *operations);
/* How full the pipe is now, for the GOT record; nothing for others. */
void step_pipe_level(struct step *step, int descriptor);
/* step_result(), then errno. Returns `result`, or -1 where there is an error. */
long step_end_with(struct step *step, long result, int error);

/* For step.ready with step.context = struct descriptor_wait. */
struct descriptor_wait {
    int descriptor;
    short events;
};
bool descriptor_wait_ready(struct step *step);
/* Waits at the gate until poll(2) says one of the events, an end or an error. 0, EINTR, or ETIMEDOUT where the step has a
 * deadline. `grant` is the last grant, kept up to date. */
int descriptor_await(struct step *step, int descriptor, short events, enum grant_action *grant);

/* Parts that hold about half of what would be transferred, if that is to be and two bytes or more would be: for a read as
 * many as are there, for a write more than `whole` (what is never cut). Their number into `left`, which has room for
 * STEP_PARTS; 0: transfer all. */
enum { STEP_PARTS = 64 };
int step_shortened(struct step *step, int descriptor, const struct iovec *parts, int count, struct iovec *left);
int step_shortened_write(struct step *step, const struct iovec *parts, int count, size_t whole, struct iovec *left);

/* Writes into a pipe what fits, without sleeping: bytes written, or a negative errno number (-EAGAIN: nothing fits). */
long pipe_write_some(int descriptor, const struct iovec *parts, int count, size_t done);
/* Within a granted step: writes everything, waiting at the gate while there is no room. Bytes, or a negative errno number. */
long pipe_write_all(struct step *step, int descriptor, const struct iovec *parts, int count, enum grant_action grant);

/* write(2) as a step. */
ssize_t descriptor_write_step(int descriptor, const void *bytes, size_t size, void *pc, void *frame);

/* How the socket calls do what read, write and their vector forms do on a socket. Bytes or a negative errno number. */
long socket_receive(struct step *step, int descriptor, struct msghdr *message, int flags, enum grant_action grant);
long socket_send(struct step *step, int descriptor, const struct msghdr *message, int flags, enum grant_action grant);
/* A time-out that the guest set on the socket becomes the step's deadline; before step_ask. */
void socket_deadline(struct step *step, int descriptor, int option);

#endif
