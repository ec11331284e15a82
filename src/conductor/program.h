/* What a program file is before it is started. */
#ifndef LOCKSTEP_CONDUCTOR_PROGRAM_H
#define LOCKSTEP_CONDUCTOR_PROGRAM_H

#include <stdbool.h>

/* Whether the program, or a library that it is linked to (the C library excepted), imports one of these functions: names
 * up to NULL, "sem_*" for all that begin so. Libraries are looked for where the dynamic loader finds them without being told. Of a script
 * its interpreter is asked. A file that cannot be read imports nothing. */
bool program_uses(const char *path, const char *const *names);
/* The same of what one talks through a network with: connect, accept, sendto or recvfrom. */
bool program_talks(const char *path);

#endif
