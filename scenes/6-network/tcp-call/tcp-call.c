/* A connection is a telephone call: one waits for calls, one calls, both speak
 * and listen, both hang up. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 8002 };

static struct sockaddr_in number(void)
{
    struct sockaddr_in number = {.sin_family = AF_INET,
                                 .sin_port = htons(PORT)};
    number.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return number;
}

static int caller(void)
{
    char text[32];
    struct sockaddr_in called = number();
    int phone = socket(AF_INET, SOCK_STREAM, 0); /* a telephone */
    /* it dials; its own number does not matter */
    if (connect(phone, (struct sockaddr *)&called, sizeof called) != 0)
        return 1;
    send(phone, "hello?", 6, 0);
    ssize_t length = recv(phone, text, sizeof text, 0);
    printf("caller hears: %.*s\n", (int)length, text);
    close(phone); /* hangs up */
    return 0;
}

static int called(void)
{
    char text[32];
    int yes = 1;
    struct sockaddr_in own = number();
    int bell = socket(AF_INET, SOCK_STREAM, 0); /* a telephone */
    setsockopt(bell, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(bell, (struct sockaddr *)&own, sizeof own) != 0) /* its number */
        return 1;
    listen(bell, 5); /* it can only ring now */
    if (fork() == 0)
        return caller();
    int line = accept(bell, NULL, NULL); /* picks up: a line for this call */
    ssize_t length = recv(line, text, sizeof text, 0);
    printf("called hears: %.*s\n", (int)length, text);
    send(line, "yes!", 4, 0);
    if (recv(line, text, sizeof text, 0) == 0)
        printf("called hears: the other has hung up\n");
    close(line);
    close(bell);
    wait(NULL);
    return 0;
}

int main(void)
{
    return called();
}
