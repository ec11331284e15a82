/* Two coroutines on one thread only compute. They switch as well, although
 * nobody ever waits: that wins nothing and costs every switch. */
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

enum { ROUNDS = 3, STACK = 64 * 1024 };

int sum[2];
ucontext_t caller, A, B;
static ucontext_t *const coroutine[2] = {&A, &B};
static char stacks[2][STACK];
static int taking_turns;

static void add(int me)
{
    for (int i = 1; i <= ROUNDS; i++) {
        sum[me] += i;
        if (taking_turns)
            swapcontext(coroutine[me], me == 0 ? &B : &A);
    }
}

static void make(int me, ucontext_t *next)
{
    getcontext(coroutine[me]);
    coroutine[me]->uc_stack.ss_sp = stacks[me];
    coroutine[me]->uc_stack.ss_size = STACK;
    coroutine[me]->uc_link = next; /* goes on when add returns */
    makecontext(coroutine[me], (void (*)(void))add, 1, me);
}

int main(int count, char **arguments)
{
    taking_turns = count < 2 || strcmp(arguments[1], "serial") != 0;
    if (taking_turns) {
        make(0, &B);
        make(1, &caller);
        swapcontext(&caller, &A);
    } else {
        add(0);
        add(1);
    }
    printf("%d and %d\n", sum[0], sum[1]);
    return 0;
}
