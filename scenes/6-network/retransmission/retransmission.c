/* One message over a connection: what if its packet is lost on the way? */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 8012 };

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

int main(void)
{
    char text[16];
    int listening = listen_at(PORT);
    if (fork() == 0) {
        int end = connect_to(PORT);
        send(end, "message", 7, 0);
        recv(end, text, sizeof text, 0); /* the answer */
        close(end);
        return 0;
    }
    int end = accept(listening, NULL, NULL);
    ssize_t length = recv(end, text, sizeof text, 0);
    printf("received: %.*s\n", (int)length, text);
    send(end, "thanks", 6, 0);
    recv(end, text, sizeof text, 0); /* until the other end closes */
    close(end);
    wait(NULL);
    return 0;
}
