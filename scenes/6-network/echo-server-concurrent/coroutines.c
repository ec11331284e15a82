/* An echo server in one thread, with a coroutine for each client. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum { PORT = 8019, CLIENTS = 3 };

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

static void client(int number)
{
    char text[8], answer[8];
    int end = connect_to(PORT);
    for (int i = 1; i <= 2; i++) {
        int length = snprintf(text, sizeof text, "%d.%d", number, i);
        send(end, text, (size_t)length, 0);
        recv(end, answer, sizeof answer, 0);
    }
    close(end);
}

static void start_clients(int listening)
{
    for (int i = 1; i <= CLIENTS; i++)
        if (fork() == 0) {
            close(listening);
            client(i);
            _exit(0);
        }
}

static ucontext_t loop, contexts[CLIENTS];
static char stacks[CLIENTS][65536];
static struct pollfd waits[1 + CLIENTS]; /* what each waits for */

/* Looks like a call that waits; what really waits is the loop. */
static ssize_t receive(int self, char *text, size_t size)
{
    swapcontext(&contexts[self], &loop);
    return recv(waits[1 + self].fd, text, size, 0);
}

static void serve(int self)
{
    char text[8];
    ssize_t length;
    while ((length = receive(self, text, sizeof text)) > 0)
        send(waits[1 + self].fd, text, (size_t)length, 0);
    close(waits[1 + self].fd);
    waits[1 + self].fd = -1;
}

static void begin(int self, int end)
{
    waits[1 + self] = (struct pollfd){.fd = end, .events = POLLIN};
    getcontext(&contexts[self]);
    contexts[self].uc_stack.ss_sp = stacks[self];
    contexts[self].uc_stack.ss_size = sizeof stacks[self];
    contexts[self].uc_link = &loop;
    makecontext(&contexts[self], (void (*)(void))serve, 1, self);
    swapcontext(&loop, &contexts[self]);
}

int main(void)
{
    int begun = 0, left = CLIENTS, listening = listen_at(PORT);
    waits[0] = (struct pollfd){.fd = listening, .events = POLLIN};
    start_clients(listening);
    while (left > 0) {
        poll(waits, (nfds_t)(1 + begun), -1);
        for (int i = 0; i < begun; i++)
            if (waits[1 + i].revents && waits[1 + i].fd >= 0) {
                swapcontext(&loop, &contexts[i]);
                left -= waits[1 + i].fd < 0;
            }
        if (waits[0].revents)
            begin(begun++, accept(listening, NULL, NULL));
    }
    while (wait(NULL) > 0)
        ;
    return 0;
}
