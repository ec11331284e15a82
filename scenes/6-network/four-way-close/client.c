/* The client: closes its direction first, and still hears the other. */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    char text[16];
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
    shutdown(call, SHUT_WR); /* I have said all I had to say */
    ssize_t length = recv(call, text, sizeof text, 0);
    printf("client: got %.*s\n", (int)length, text);
    length = recv(call, text, sizeof text, 0);
    printf("client: got %zd bytes, the end\n", length);
    close(call);
    return 0;
}
