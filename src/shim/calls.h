/* The table of intercepted calls, expanded into typed pointers to the real functions. */
#ifndef LOCKSTEP_SHIM_CALLS_H
#define LOCKSTEP_SHIM_CALLS_H

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <ucontext.h>

struct shim_calls {
#define CALL(name, operation, version, result, parameters) result(*name) parameters;
#include "operations/calls.def"
#undef CALL
};
extern struct shim_calls shim_real;

void shim_bind(void);

/* The real function, bound on first use if the constructor has not run yet. */
#define REAL(name) (*(__builtin_expect(shim_real.name != NULL, 1) ? shim_real.name : (shim_bind(), shim_real.name)))

#endif
