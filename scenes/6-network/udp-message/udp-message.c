/* Datagrams: each is a letter of its own, sent without any call before. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 8003, NOBODY = 8004 };

static struct sockaddr_in at(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void post(int box, const char *text, int port)
{
    struct sockaddr_in to = at(port);
    ssize_t sent =
        sendto(box, text, strlen(text), 0, (struct sockaddr *)&to, sizeof to);
    printf("posted %zd bytes to %s\n", sent,
           port == PORT ? "the server" : "nobody");
}

static void clients(void)
{
    char text[8];
    struct sockaddr_in nobody = at(NOBODY);
    int first = socket(AF_INET, SOCK_DGRAM, 0),
        second = socket(AF_INET, SOCK_DGRAM, 0);
    post(first, "one", PORT);
    post(second, "two two", PORT);
    post(first, "", PORT); /* empty, and a message all the same */
    post(first, "anybody?", NOBODY);
    connect(second, (struct sockaddr *)&nobody,
            sizeof nobody); /* only remembers */
    send(second, "anybody?", 8, 0);
    if (recv(second, text, sizeof text, 0) < 0)
        printf("connected: %s\n", strerror(errno));
}

int main(void)
{
    char text[64];
    struct sockaddr_in own = at(PORT);
    int box = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(box, (struct sockaddr *)&own, sizeof own) != 0)
        return 1;
    if (fork() == 0) {
        clients();
        return 0;
    }
    for (int i = 0; i < 3; i++) {
        ssize_t length = recvfrom(box, text, sizeof text, 0, NULL, NULL);
        printf("server has a letter of %zd bytes\n", length);
    }
    wait(NULL);
    return 0;
}
