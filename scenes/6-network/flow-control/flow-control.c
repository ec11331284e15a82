/* Dictation over the telephone: one who speaks faster than the other writes. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 8022, PAGE = 1000, PAGES = 8 };

/* A socket at which the server waits, with room for three unread pages. */
static int listen_at(int port)
{
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    int yes = 1, room = 3 * PAGE, segment = PAGE;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(listening, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    setsockopt(listening, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    if (bind(listening, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("bind");
        exit(1);
    }
    listen(listening, 5);
    return listening;
}

/* A connection with the smallest send buffer that there is. */
static int connect_to(int port)
{
    int end = socket(AF_INET, SOCK_STREAM, 0), room = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(end, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    if (connect(end, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("connect");
        exit(1);
    }
    return end;
}

static void dictate(void)
{
    char page[PAGE] = "once upon a time ...";
    int end = connect_to(PORT);
    for (int i = 0; i < PAGES; i++)
        send(end, page, sizeof page, 0);
    recv(end, page, sizeof page, 0); /* "thanks" */
    close(end);
}

int main(void)
{
    char pages[3 * PAGE];
    ssize_t length, written = 0;
    int listening = listen_at(PORT);
    if (fork() == 0) {
        dictate();
        return 0;
    }
    int end = accept(listening, NULL, NULL);
    usleep(750 * 1000); /* busy: it does not read */
    while (written < PAGES * PAGE &&
           (length = recv(end, pages, sizeof pages, 0)) > 0)
        written += length;
    printf("%zd bytes are written down\n", written);
    send(end, "thanks", 6, 0);
    recv(end, pages, sizeof pages, 0); /* until the other end closes */
    close(end);
    wait(NULL);
    return 0;
}
