/* A pseudo-terminal for a guest. The program reads and writes the slave; lockstep has the master. */
#ifndef LOCKSTEP_CONDUCTOR_PTY_H
#define LOCKSTEP_CONDUCTOR_PTY_H

struct pty {
    int master, slave; /* close-on-exec; -1 where none */
};

/* Opens a new pair from the /dev/pts of the calling process and makes it raw for output (no ONLCR: the bytes arrive as
 * they were written), without echo; input stays in lines, so that VEOF (^D, 4) at the start of a line is an end of
 * file, and VINTR (^C) a SIGINT. Size in character cells. Neither becomes a controlling terminal.
 * Uses no heap and no stdio: fit for a process just cloned from a threaded one.
 * 0, or an errno with both -1. */
int pty_open(struct pty *pty, int columns, int rows);

/* Closes what is open, and marks it so. */
void pty_close(struct pty *pty);

#endif
