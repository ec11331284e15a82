/* The client: calls the server. */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in server = {
        .sin_family = AF_INET,
        .sin_port = htons(8080),
    };
    inet_pton(AF_INET, "10.0.0.2", &server.sin_addr);
    int call = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(call, (struct sockaddr *)&server, sizeof server) != 0) {
        perror("connect");
        return 1;
    }
    printf("client: connected\n");
    close(call);
    return 0;
}
