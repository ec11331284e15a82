/* Locks of files, as the wrappers of fcntl share them. */
#ifndef LOCKSTEP_SHIM_FILES_H
#define LOCKSTEP_SHIM_FILES_H

#include "shim/shim.h"

/* F_SETLK, F_SETLKW and their F_OFD_ forms as one step, begun by the caller as file.lock; 0, or -1 and errno. */
int file_lock_fcntl(struct step *step, int descriptor, int command, struct flock *lock);

#endif
