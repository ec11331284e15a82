/* A server that closes first and is started again at once. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 8009 };

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

static int socket_at(int port, int reuse)
{
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
    if (bind(listening, (struct sockaddr *)&address, sizeof address) == 0) {
        printf("bind: fine\n");
        listen(listening, 5);
        return listening;
    }
    printf("bind: %s\n", strerror(errno));
    close(listening);
    return -1;
}

static void client(void)
{
    char text[8];
    int end = connect_to(PORT);
    recv(end, text, sizeof text, 0); /* until the server closes */
    close(end);
}

int main(void)
{
    int listening = socket_at(PORT, 1);
    if (listening < 0)
        return 1;
    if (fork() == 0) {
        close(listening);
        client();
        return 0;
    }
    int end = accept(listening, NULL, NULL);
    close(end); /* the server closes first: TIME_WAIT is on its side */
    close(listening);
    wait(NULL);
    usleep(100 * 1000);
    printf("started again\n");
    socket_at(PORT, 0);
    printf("and with SO_REUSEADDR\n");
    listening = socket_at(PORT, 1);
    close(listening);
    return 0;
}
