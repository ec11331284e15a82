/* A connection ends: each direction is closed by itself. */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct sockaddr_in address = {
    .sin_family = AF_INET,
    .sin_port = __builtin_bswap16(8080),
    .sin_addr = {__builtin_bswap32(0x0A000002)}, /* 10.0.0.2 */
};

static int client(void)
{
    char text[16];
    int call = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(call, (const struct sockaddr *)&address, sizeof address) != 0)
        return 1;
    shutdown(call, SHUT_WR); /* I have said all I had to say */
    ssize_t length = recv(call, text, sizeof text, 0);
    printf("client: got %.*s\n", (int)length, text);
    length = recv(call, text, sizeof text, 0);
    printf("client: got %zd bytes, the end\n", length);
    close(call);
    return 0;
}

int main(void)
{
    char text[16];
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    bind(listener, (const struct sockaddr *)&address, sizeof address);
    listen(listener, 5);
    if (fork() == 0)
        return client();
    int call = accept(listener, NULL, NULL);
    while (recv(call, text, sizeof text, 0) > 0)
        ;
    send(call, "bye", 3, 0); /* this direction is still open */
    close(call);
    wait(NULL);
    return 0;
}
