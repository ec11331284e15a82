/* Three requests, each over a connection of its own. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 8008 };

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

enum { REQUESTS = 3 };

/* Answers each request of a connection until the client closes it. */
static void serve(int end)
{
    char text[32];
    while (recv(end, text, sizeof text, 0) > 0)
        send(end, "ok", 2, 0);
    close(end);
}

static void request(int end)
{
    char text[32];
    send(end, "get", 3, 0);
    recv(end, text, sizeof text, 0);
}

static void client(void)
{
    for (int i = 0; i < REQUESTS; i++) {
        int end = connect_to(PORT);
        request(end);
        close(end);
    }
}

int main(void)
{
    int listening = listen_at(PORT);
    if (fork() == 0) {
        close(listening);
        client();
        return 0;
    }
    for (int i = 0; i < REQUESTS; i++)
        serve(accept(listening, NULL, NULL));
    close(listening);
    wait(NULL);
    return 0;
}
