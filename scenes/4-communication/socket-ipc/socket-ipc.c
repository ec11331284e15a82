/* A socket pair: two processes talk in both directions, each on one end. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(int end, const char *text)
{
    send(end, text, strlen(text), 0);
}

static int hear(const char *who, int end)
{
    char text[32];
    ssize_t length = recv(end, text, sizeof text, 0);
    if (length > 0)
        printf("%s hears: %.*s\n", who, (int)length, text);
    else
        printf("%s hears: nothing more\n", who);
    return length > 0;
}

int main(void)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return 1;
    if (fork() == 0) {
        close(ends[0]);
        say(ends[1], "ping"); /* both speak first */
        hear("child", ends[1]);
        say(ends[1], "bye");
        return 0; /* closes its end */
    }
    close(ends[1]);
    say(ends[0], "pong");
    while (hear("parent", ends[0]))
        ;
    wait(NULL);
    return 0;
}
