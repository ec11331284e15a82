/* Three clerks sell from one counter in a file: look, sell, write down. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLERKS = 3, TICKETS = 2 };

static const char name[] = "tickets.txt";
int left; /* as this clerk has seen it */

static int look(int file)
{
    char text[16] = "";
    pread(file, text, sizeof text - 1, 0);
    return atoi(text);
}

static void note(int file, int tickets)
{
    char text[16];
    int length = snprintf(text, sizeof text, "%d\n", tickets);
    pwrite(file, text, (size_t)length, 0);
}

/* Whether there was one to sell. */
static int sell(int file)
{
    left = look(file);
    if (left == 0)
        return 0;
    usleep(10000); /* print the ticket, take the money */
    note(file, left - 1);
    return 1;
}

static int clerk(int number)
{
    int file = open(name, O_RDWR); /* each its own */
    usleep(5000);                  /* good morning: all at once */
    int sold = sell(file);
    printf("clerk %d: %s\n", number, sold ? "sold a ticket" : "sold out");
    return sold;
}

int main(void)
{
    int status, file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    note(file, TICKETS);
    for (int i = 2; i <= CLERKS; i++)
        if (fork() == 0)
            return clerk(i);
    int sold = clerk(1); /* the parent sells, too */
    for (int i = 2; i <= CLERKS; i++) {
        wait(&status);
        sold += WEXITSTATUS(status);
    }
    printf("sold %d of %d, left %d\n", sold, TICKETS, look(file));
    unlink(name);
    return sold > TICKETS;
}
