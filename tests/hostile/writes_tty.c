/* Speaks to the terminal behind everybody's back: through /dev/tty, and by what it may say of the one it has. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

int main(void)
{
    static const char text[] = "\033]0;owned\007\033[2J\033[?1049l\033cbehind your back\n";
    int terminal = open("/dev/tty", O_RDWR);
    struct termios modes;
    if (terminal >= 0 && tcgetattr(terminal, &modes) == 0) {
        modes.c_lflag = ~modes.c_lflag;
        tcsetattr(terminal, TCSANOW, &modes);
    }
    for (int i = 0; terminal >= 0 && text[i]; i++)
        ioctl(terminal, TIOCSTI, &text[i]);
    if (terminal >= 0 && write(terminal, text, strlen(text)) < 0)
        perror("/dev/tty");
    printf("the terminal is %s\n", terminal >= 0 ? "there" : "not there");
    return 0;
}
