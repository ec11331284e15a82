/* An echo server that serves one client after the other. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 8007 };

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

static void serve(int end)
{
    char text[32];
    ssize_t length;
    while ((length = recv(end, text, sizeof text, 0)) > 0)
        send(end, text, (size_t)length, 0);
    close(end);
}

static void client(const char *name)
{
    char text[32];
    int end = connect_to(PORT);
    printf("%s is connected\n", name);
    for (int i = 0; i < 2; i++) {
        send(end, name, strlen(name), 0);
        ssize_t length = recv(end, text, sizeof text, 0);
        printf("%s hears: %.*s\n", name, (int)length, text);
    }
    close(end);
}

int main(void)
{
    static const char *const names[] = {"Ann", "Bob"};
    int listening = listen_at(PORT);
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            close(listening);
            client(names[i]);
            return 0;
        }
    for (int i = 0; i < 2; i++)
        serve(accept(listening, NULL, NULL));
    close(listening);
    while (wait(NULL) > 0)
        ;
    return 0;
}
