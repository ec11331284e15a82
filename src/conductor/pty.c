/* Makes the guest's terminals. Raw output because a view must show what the program wrote and not what a terminal
 * driver made of it; no echo because what the person typed is shown by lockstep, once.
 * Runs in the guests' init: raw calls only, no heap. */
#include "conductor/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static int pty_fail(struct pty *pty)
{
    int error = errno ? errno : EIO;
    pty_close(pty);
    return error;
}

/* The line discipline of a fresh pair, whatever the defaults of the machine. */
static int pty_configure(int slave, int columns, int rows)
{
    struct termios mode;
    if (tcgetattr(slave, &mode) < 0)
        return -1;
    mode.c_iflag = ICRNL | IUTF8;
    mode.c_oflag = 0;
    mode.c_lflag = ICANON | ISIG | IEXTEN;
    mode.c_cc[VEOF] = 4;
    mode.c_cc[VINTR] = 3;
    if (tcsetattr(slave, TCSANOW, &mode) < 0)
        return -1;
    struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
    return ioctl(slave, TIOCSWINSZ, &size);
}

int pty_open(struct pty *pty, int columns, int rows)
{
    pty->master = pty->slave = -1;
    /* The instance mounted at /dev/pts; /dev/ptmx may be a node that belongs to another one, but older set-ups have
     * ptmxmode=000 on the former. */
    pty->master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (pty->master < 0)
        pty->master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (pty->master < 0)
        return pty_fail(pty);
    int unlock = 0;
    if (ioctl(pty->master, TIOCSPTLCK, &unlock) < 0)
        return pty_fail(pty);
    pty->slave = ioctl(pty->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (pty->slave < 0 || pty_configure(pty->slave, columns, rows) < 0)
        return pty_fail(pty);
    return 0;
}

void pty_close(struct pty *pty)
{
    if (pty->master >= 0)
        close(pty->master);
    if (pty->slave >= 0)
        close(pty->slave);
    pty->master = pty->slave = -1;
}
