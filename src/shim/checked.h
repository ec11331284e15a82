/* The forms that glibc's headers put in the place of others under _FORTIFY_SOURCE, and that no public header declares
 * (glibc, debug/ and io/). */
#ifndef LOCKSTEP_SHIM_CHECKED_H
#define LOCKSTEP_SHIM_CHECKED_H

#include "shim/shim.h"

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int folder, const char *path, int flags);
int __openat64_2(int folder, const char *path, int flags);
ssize_t __read_chk(int descriptor, void *buffer, size_t size, size_t room);
ssize_t __pread_chk(int descriptor, void *buffer, size_t size, off_t offset, size_t room);
ssize_t __pread64_chk(int descriptor, void *buffer, size_t size, off_t offset, size_t room);
ssize_t __recv_chk(int descriptor, void *buffer, size_t size, size_t room, int flags);
ssize_t __recvfrom_chk(int descriptor, void *buffer, size_t size, size_t room, int flags, __SOCKADDR_ARG address,
                       socklen_t *length);
int __poll_chk(struct pollfd *list, nfds_t count, int timeout, size_t room);
int __ppoll_chk(struct pollfd *list, nfds_t count, const struct timespec *timeout, const sigset_t *mask, size_t room);

#endif
