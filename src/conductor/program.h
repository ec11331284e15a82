/* What a program file is before it is started. */
#ifndef LOCKSTEP_CONDUCTOR_PROGRAM_H
#define LOCKSTEP_CONDUCTOR_PROGRAM_H

#include <stdbool.h>

/* Whether the program, or a library that it is linked to (the C library excepted), imports what one talks through a
 * network with: connect, accept, sendto or recvfrom. Libraries are looked for where the dynamic loader finds them without being told. A
 * script is taken to talk if its interpreter does. */
bool program_talks(const char *path);

#endif
