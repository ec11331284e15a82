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

int __printf_chk(int flag, const char *format, ...);
int __fprintf_chk(FILE *stream, int flag, const char *format, ...);
int __vprintf_chk(int flag, const char *format, va_list arguments);
int __vfprintf_chk(FILE *stream, int flag, const char *format, va_list arguments);
int __dprintf_chk(int descriptor, int flag, const char *format, ...);
int __vdprintf_chk(int descriptor, int flag, const char *format, va_list arguments);
char *__fgets_chk(char *line, size_t room, int size, FILE *stream);
char *__fgets_unlocked_chk(char *line, size_t room, int size, FILE *stream);
size_t __fread_chk(void *items, size_t room, size_t size, size_t count, FILE *stream);
size_t __fread_unlocked_chk(void *items, size_t room, size_t size, size_t count, FILE *stream);
int __isoc99_scanf(const char *format, ...);
int __isoc99_fscanf(FILE *stream, const char *format, ...);
int __isoc99_vscanf(const char *format, va_list arguments);
int __isoc99_vfscanf(FILE *stream, const char *format, va_list arguments);
int _IO_putc(int character, FILE *stream);
int _IO_getc(FILE *stream);
int __underflow(FILE *stream);

#endif
