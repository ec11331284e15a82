/* A chat: two programs, each with a thread that sends and one that receives. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANN = 8014, BOB = 8015, LINES = 3 };

static const char *name;
static int other, box;

static struct sockaddr_in at(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void *speak(void *unused)
{
    (void)unused;
    struct sockaddr_in to = at(other);
    for (int i = 1; i <= LINES; i++) {
        char text[32];
        int length = snprintf(text, sizeof text, "%s %d", name, i);
        sendto(box, text, (size_t)length, 0, (struct sockaddr *)&to, sizeof to);
    }
    return NULL;
}

static void *listen_to(void *unused)
{
    (void)unused;
    for (int i = 0; i < LINES; i++) {
        char text[32];
        ssize_t length = recvfrom(box, text, sizeof text, 0, NULL, NULL);
        printf("%s hears: %.*s\n", name, (int)length, text);
    }
    return NULL;
}

static void chat(void)
{
    pthread_t mouth, ear;
    pthread_create(&ear, NULL, listen_to, NULL);
    pthread_create(&mouth, NULL, speak, NULL);
    pthread_join(mouth, NULL);
    pthread_join(ear, NULL);
}

static int open_box(int port)
{
    int made = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in address = at(port);
    if (bind(made, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("bind");
        _exit(1);
    }
    return made;
}

int main(void)
{
    int ann = open_box(ANN), bob = open_box(BOB); /* both are there at first */
    pid_t child = fork();
    name = child == 0 ? "Bob" : "Ann";
    other = child == 0 ? ANN : BOB;
    box = child == 0 ? bob : ann;
    chat();
    if (child != 0)
        wait(NULL);
    return 0;
}
