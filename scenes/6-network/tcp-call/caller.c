/* Who calls: dials the number that it is given, speaks, listens, and hangs up. */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char text[32];
    struct sockaddr_in called = {
        .sin_family = AF_INET,
        .sin_port = htons(8002),
    };
    if (argc != 2 || inet_pton(AF_INET, argv[1], &called.sin_addr) != 1)
        return 2;
    int phone = socket(AF_INET, SOCK_STREAM, 0); /* a telephone */
    /* it dials; its own number does not matter */
    if (connect(phone, (struct sockaddr *)&called, sizeof called) != 0) {
        perror("connect");
        return 1;
    }
    send(phone, "hello?", 6, 0);
    ssize_t length = recv(phone, text, sizeof text, 0);
    printf("caller hears: %.*s\n", (int)length, text);
    close(phone); /* hangs up */
    return 0;
}
