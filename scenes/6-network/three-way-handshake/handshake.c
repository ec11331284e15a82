/* A connection begins: who asks, who answers, and what crosses the wire. */
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
    int call = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(call, (const struct sockaddr *)&address, sizeof address) != 0)
        return 1;
    printf("client: connected\n");
    return 0;
}

int main(void)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    bind(listener, (const struct sockaddr *)&address, sizeof address);
    listen(listener, 5);
    if (fork() == 0)
        return client();
    int call = accept(listener, NULL, NULL);
    printf("server: accepted\n");
    wait(NULL);
    close(call);
    return 0;
}
