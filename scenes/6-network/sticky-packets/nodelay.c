/* Three messages are sent, each at once (TCP_NODELAY): how many come? */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 8005 };

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

static void client(void)
{
    int end = connect_to(PORT), yes = 1;
    setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    send(end, "one ", 4, 0);
    send(end, "two ", 4, 0);
    send(end, "three ", 6, 0);
    sleep(1);
    send(end, "a longer message", 16, 0);
    close(end);
}

int main(void)
{
    char text[10];
    ssize_t length;
    int listening = listen_at(PORT), received = 0;
    if (fork() == 0) {
        client();
        return 0;
    }
    int end = accept(listening, NULL, NULL);
    usleep(300 * 1000); /* busy with something else */
    char large[64];
    length = recv(end, large, sizeof large, 0);
    printf("%d: \"%.*s\"\n", ++received, (int)length, large);
    while ((length = recv(end, text, sizeof text, 0)) > 0)
        printf("%d: \"%.*s\"\n", ++received, (int)length, text);
    close(end);
    wait(NULL);
    return 0;
}
