/* An echo server in one thread, with an event loop. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 8020 };

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

enum { CLIENTS = 3 };

static void client(int number)
{
    char text[8], answer[8];
    int end = connect_to(PORT);
    for (int i = 1; i <= 2; i++) {
        int length = snprintf(text, sizeof text, "%d.%d", number, i);
        send(end, text, (size_t)length, 0);
        length = (int)recv(end, answer, sizeof answer, 0);
        printf("client %d hears: %.*s\n", number, length, answer);
    }
    close(end);
}

/* Returns 0 when the client has gone. */
static int serve(int end)
{
    char text[8];
    ssize_t length = recv(end, text, sizeof text, 0);
    if (length > 0)
        send(end, text, (size_t)length, 0);
    else
        close(end);
    return length > 0;
}

int main(void)
{
    struct pollfd watched[1 + CLIENTS] = {
        {.fd = listen_at(PORT), .events = POLLIN}};
    int count = 1, gone = 0;
    for (int i = 1; i <= CLIENTS; i++)
        if (fork() == 0) {
            client(i);
            return 0;
        }
    while (gone < CLIENTS) {
        poll(watched, (nfds_t)count, -1);
        int ready = count; /* who joins in this round was not asked about yet */
        for (int i = 1; i < ready; i++)
            if (watched[i].revents && !serve(watched[i].fd)) {
                watched[i].fd = -1; /* no longer watched */
                gone++;
            }
        if (watched[0].revents) {
            int end = accept(watched[0].fd, NULL, NULL);
            watched[count++] = (struct pollfd){.fd = end, .events = POLLIN};
        }
    }
    while (wait(NULL) > 0)
        ;
    return 0;
}
