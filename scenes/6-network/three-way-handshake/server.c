/* The server: waits for one call. */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in own = {
        .sin_family = AF_INET,
        .sin_port = htons(8080),
    };
    inet_pton(AF_INET, "10.0.0.2", &own.sin_addr);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&own, sizeof own) != 0) {
        perror("bind");
        return 1;
    }
    listen(listener, 5);
    int call = accept(listener, NULL, NULL);
    printf("server: accepted\n");
    close(call);
    return 0;
}
