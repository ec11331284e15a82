/* How a server learns that the other end is gone. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 8011 };

/* A socket at which the server waits for connections. */
static int listen_at(int port)
{
    int listening = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listening, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("bind");
        exit(1);
    }
    listen(listening, 5);
    return listening;
}

static int connect_to(int port)
{
    int end = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(end, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("connect");
        exit(1);
    }
    return end;
}

static ssize_t hear(int end)
{
    char text[8];
    ssize_t length = recv(end, text, sizeof text, 0);
    printf("recv: %zd%s%s\n", length, length < 0 ? ", " : "",
           length < 0 ? strerror(errno) : "");
    return length;
}

static void say(int end)
{
    ssize_t sent = send(end, "hello", 5, 0);
    printf("send: %zd%s%s\n", sent, sent < 0 ? ", " : "",
           sent < 0 ? strerror(errno) : "");
}

static void client(int number)
{
    char text[8];
    int end = connect_to(PORT);
    if (number == 2)
        raise(SIGKILL); /* the kernel closes for it */
    if (number == 3)
        recv(end, text, 1, 0); /* and leaves the rest unread */
    close(end);
}

int main(void)
{
    int listening = listen_at(PORT);
    signal(SIGPIPE, SIG_IGN); /* else it would end the server */
    for (int number = 1; number <= 3; number++) {
        printf("client %d\n", number);
        if (fork() == 0) {
            close(listening);
            client(number);
            _exit(0);
        }
        int end = accept(listening, NULL, NULL);
        if (number == 3)
            say(end); /* more than it will read */
        wait(NULL);
        usleep(100 * 1000);
        hear(end);
        if (number == 1) {
            say(end);
            usleep(100 * 1000);
            say(end);
        }
        close(end);
    }
    close(listening);
    return 0;
}
