/* Three processes share one CPU: one computes, one waits, one does both. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int sum;

static void compute(int rounds)
{
    for (int i = 0; i < rounds; i++)
        sum += i;
}

/* Needs the CPU all the time. */
static void computer(void)
{
    compute(6);
    printf("computer: done, the sum is %d\n", sum);
}

/* Needs a message first: blocked until there is one. */
static void waiter(int from)
{
    char letter;
    if (read(from, &letter, 1) == 1)
        printf("waiter: the letter is %c\n", letter);
}

int main(void)
{
    int ends[2];
    if (pipe(ends) != 0)
        return 1;
    if (fork() == 0) {
        computer();
        return 0;
    }
    if (fork() == 0) {
        waiter(ends[0]);
        return 0;
    }
    compute(3);
    write(ends[1], "x", 1); /* what the waiter waits for */
    while (wait(NULL) > 0)
        ;
    printf("main: both have ended\n");
    return 0;
}
