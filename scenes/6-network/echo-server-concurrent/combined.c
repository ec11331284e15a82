/* An echo server of two processes with two threads each. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 8018, CLIENTS = 4 };

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

static void client(int number)
{
    char text[8], answer[8];
    int end = connect_to(PORT);
    for (int i = 1; i <= 2; i++) {
        int length = snprintf(text, sizeof text, "%d.%d", number, i);
        send(end, text, (size_t)length, 0);
        recv(end, answer, sizeof answer, 0);
    }
    close(end);
}

static void start_clients(int listening)
{
    for (int i = 1; i <= CLIENTS; i++)
        if (fork() == 0) {
            close(listening);
            client(i);
            _exit(0);
        }
}

static void serve(int end)
{
    char text[8];
    ssize_t length;
    while ((length = recv(end, text, sizeof text, 0)) > 0)
        send(end, text, (size_t)length, 0);
    close(end);
}

static int listening;

/* Each takes the next caller, whoever of the four is free. */
static void *server(void *clients)
{
    for (long i = 0; i < (long)clients; i++)
        serve(accept(listening, NULL, NULL));
    return NULL;
}

static void two_threads(long first, long second)
{
    pthread_t thread;
    pthread_create(&thread, NULL, server, (void *)first);
    server((void *)second);
    pthread_join(thread, NULL);
}

int main(void)
{
    listening = listen_at(PORT);
    start_clients(listening);
    if (fork() == 0) {
        two_threads(1, 1);
        _exit(0);
    }
    two_threads(1, 1);
    while (wait(NULL) > 0)
        ;
    return 0;
}
