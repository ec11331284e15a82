/* Who is called: picks up, listens, answers, and hears the other hang up. */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    char text[32];
    int yes = 1;
    struct sockaddr_in own = {
        .sin_family = AF_INET,
        .sin_port = htons(8002),
        .sin_addr.s_addr = htonl(INADDR_ANY),
    };
    int bell = socket(AF_INET, SOCK_STREAM, 0); /* a telephone */
    setsockopt(bell, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(bell, (struct sockaddr *)&own, sizeof own) != 0) { /* its number */
        perror("bind");
        return 1;
    }
    listen(bell, 5);                     /* it can only ring now */
    int line = accept(bell, NULL, NULL); /* picks up: a line for this call */
    ssize_t length = recv(line, text, sizeof text, 0);
    printf("called hears: %.*s\n", (int)length, text);
    send(line, "yes!", 4, 0);
    if (recv(line, text, sizeof text, 0) == 0)
        printf("called hears: the other has hung up\n");
    close(line);
    close(bell);
    return 0;
}
