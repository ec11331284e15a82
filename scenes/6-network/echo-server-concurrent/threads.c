/* An echo server with a thread for each client. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 8017, CLIENTS = 3 };

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

static void *server(void *end)
{
    serve((int)(long)end);
    return NULL;
}

int main(void)
{
    pthread_t threads[CLIENTS];
    int listening = listen_at(PORT);
    start_clients(listening);
    for (int i = 0; i < CLIENTS; i++) {
        int end = accept(listening, NULL, NULL);
        pthread_create(&threads[i], NULL, server, (void *)(long)end);
    }
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(threads[i], NULL);
    while (wait(NULL) > 0)
        ;
    return 0;
}
