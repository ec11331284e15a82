/* The server: hears the other out, says good-bye, and closes its direction. */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    char text[16];
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
    while (recv(call, text, sizeof text, 0) > 0)
        ;
    send(call, "bye", 3, 0); /* this direction is still open */
    close(call);
    return 0;
}
