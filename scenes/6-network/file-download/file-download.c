/* A file server: asked for a name, it answers with a length and the bytes. */
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

enum { PORT = 8013, PIECE = 8 };

static int listen_at(int port)
{
    int listening = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listening, (struct sockaddr *)&address, sizeof address) != 0)
        exit(1);
    listen(listening, 5);
    return listening;
}

static int connect_to(int port)
{
    int end = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(end, (struct sockaddr *)&address, sizeof address) != 0)
        exit(1);
    return end;
}

/* Sends the length of the file and its bytes; of one that is not there, -1. */
static void answer(int end, const char *name)
{
    char piece[PIECE];
    size_t count;
    FILE *file = fopen(name, "r");
    int32_t length = -1;
    if (file) {
        fseek(file, 0, SEEK_END);
        length = (int32_t)ftell(file);
        rewind(file);
    }
    int32_t sent = (int32_t)htonl((uint32_t)length);
    send(end, &sent, sizeof sent, 0);
    while (file && (count = fread(piece, 1, sizeof piece, file)) > 0)
        send(end, piece, count, 0);
    if (file)
        fclose(file);
}

static void download(const char *name)
{
    char piece[PIECE];
    int32_t length;
    int end = connect_to(PORT);
    send(end, name, strlen(name) + 1, 0);
    recv(end, &length, sizeof length, MSG_WAITALL);
    length = (int32_t)ntohl((uint32_t)length);
    if (length < 0) {
        printf("%s: there is no such file\n", name);
    } else {
        FILE *copy = fopen("copy.txt", "w");
        for (int32_t have = 0; have < length;) {
            ssize_t got = recv(end, piece, sizeof piece, 0);
            if (got <= 0)
                exit(1);
            fwrite(piece, 1, (size_t)got, copy);
            have += (int32_t)got;
        }
        fclose(copy);
        printf("%s: %d bytes\n", name, (int)length);
    }
    close(end);
}

/* Byte for byte. */
static int same(FILE *one, FILE *other)
{
    int a = 0, b = 0;
    while (a == b && a != EOF)
        a = getc(one), b = getc(other);
    return a == b;
}

int main(void)
{
    char name[64] = "";
    FILE *file = fopen("poem.txt", "w");
    fputs("the rain in Spain\n", file);
    fclose(file);
    int listening = listen_at(PORT);
    if (fork() == 0) {
        download("poem.txt");
        download("prose.txt");
        return 0;
    }
    for (int i = 0; i < 2; i++) {
        int end = accept(listening, NULL, NULL);
        recv(end, name, sizeof name - 1, 0);
        answer(end, name);
        recv(end, name, 1, 0); /* until the client closes */
        close(end);
    }
    wait(NULL);
    printf("the copy is %s\n",
           same(fopen("poem.txt", "r"), fopen("copy.txt", "r")) ? "right"
                                                                : "wrong");
    remove("poem.txt");
    remove("copy.txt");
    return 0;
}
