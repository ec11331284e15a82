/* Messages with their lengths in front: a 4-byte length, a header that says
 * what follows, the data. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 8006 };

/* A socket at which the server waits for connections. */
static int listen_at(int port)
{
    int listening = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listening, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("bind");
        exit(1);
    }
    listen(listening, 5);
    return listening;
}

static int connect_to(int port)
{
    int end = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(end, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("connect");
        exit(1);
    }
    return end;
}

/* All of it, or nothing: recv may give less than was asked for. */
static int receive_all(int end, void *to, size_t count, size_t piece)
{
    for (size_t have = 0; have < count;) {
        size_t ask = count - have < piece ? count - have : piece;
        ssize_t got = recv(end, (char *)to + have, ask, 0);
        if (got <= 0)
            return 0;
        have += (size_t)got;
    }
    return 1;
}

static void send_message(int end, const char *name, const char *data)
{
    char frame[128], header[64];
    int header_length =
        snprintf(header, sizeof header, "%s %zu", name, strlen(data));
    uint32_t length = htonl((uint32_t)header_length);
    memcpy(frame, &length, 4);
    memcpy(frame + 4, header, (size_t)header_length);
    memcpy(frame + 4 + header_length, data, strlen(data));
    send(end, frame, 4 + (size_t)header_length + strlen(data), 0);
}

static int receive_message(int end, size_t piece)
{
    uint32_t length;
    size_t count;
    char header[64], name[32], data[64];
    if (!receive_all(end, &length, 4, piece))
        return 0;
    length = ntohl(length);
    if (length >= sizeof header || !receive_all(end, header, length, piece))
        return 0;
    header[length] = 0;
    if (sscanf(header, "%31s %zu", name, &count) != 2 || count >= sizeof data)
        return 0;
    if (!receive_all(end, data, count, piece))
        return 0;
    printf("%s: \"%.*s\"\n", name, (int)count, data);
    return 1;
}

int main(int argc, char **argv)
{
    size_t piece = argc > 1 ? (size_t)atoi(argv[1]) : 64; /* at most, at once */
    int listening = listen_at(PORT);
    if (fork() == 0) {
        int end = connect_to(PORT);
        send_message(end, "first", "one");
        send_message(end, "empty", "");
        send_message(end, "third", "three three three");
        close(end);
        return 0;
    }
    int end = accept(listening, NULL, NULL);
    while (receive_message(end, piece))
        ;
    close(end);
    wait(NULL);
    return 0;
}
