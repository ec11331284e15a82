/* Two coroutines on one thread ask slow devices. The one that would have to
 * wait gives the thread to the other: the switch is the program's own. */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <ucontext.h>
#include <unistd.h>

enum { ROUNDS = 2, STACK = 64 * 1024 };

ucontext_t loop, A, B;
static ucontext_t *const coroutine[2] = {&A, &B};
static char stacks[2][STACK];
static int device[2], unfinished = 2, taking_turns;

static void ask(int me) /* the answer can be read in 30 ms */
{
    struct itimerspec answer = {.it_value = {.tv_nsec = 30000000}};
    timerfd_settime(device[me], 0, &answer, NULL);
}

static void read_answer(int me)
{
    uint64_t answer;
    if (read(device[me], &answer, sizeof answer) < 0)
        perror("read");
}

static void fetch(int me)
{
    for (int i = 0; i < ROUNDS; i++) {
        ask(me);
        if (taking_turns)
            swapcontext(coroutine[me], &loop); /* others may run now */
        read_answer(me);
    }
    printf("%c has its answers\n", 'A' + me);
    unfinished--;
}

static void start(int me)
{
    getcontext(coroutine[me]);
    coroutine[me]->uc_stack.ss_sp = stacks[me];
    coroutine[me]->uc_stack.ss_size = STACK;
    coroutine[me]->uc_link = &loop; /* goes on when fetch returns */
    makecontext(coroutine[me], (void (*)(void))fetch, 1, me);
    swapcontext(&loop, coroutine[me]);
}

static void event_loop(void)
{
    start(0);
    start(1);
    while (unfinished > 0) {
        struct pollfd list[2] = {{.fd = device[0], .events = POLLIN},
                                 {.fd = device[1], .events = POLLIN}};
        poll(list, 2, -1); /* the only place where the thread waits */
        for (int i = 0; i < 2; i++)
            if (list[i].revents)
                swapcontext(&loop, coroutine[i]);
    }
}

int main(int count, char **arguments)
{
    taking_turns = count < 2 || strcmp(arguments[1], "serial") != 0;
    for (int i = 0; i < 2; i++)
        device[i] = timerfd_create(CLOCK_MONOTONIC, 0);
    if (taking_turns) {
        event_loop();
    } else {
        fetch(0);
        fetch(1);
    }
    return 0;
}
