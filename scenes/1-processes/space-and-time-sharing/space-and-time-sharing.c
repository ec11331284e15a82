/* Three processes in memory at once, each behind its own wall. The CPU passes
 * from one to the next; each goes on exactly where it was. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int note = 0; /* the same name and address in all three */

static void red(void)
{
    note = 11;
    note = 12;
    note = 13;
    printf("red:   my note is %d\n", note);
}

static void green(void)
{
    note = 21;
    note = 22;
    note = 23;
    printf("green: my note is %d\n", note);
}

static void blue(void)
{
    note = 31;
    note = 32;
    note = 33;
    printf("blue:  my note is %d\n", note);
}

int main(void)
{
    void (*programs[])(void) = {red, green, blue};
    for (int i = 0; i < 3; i++) {
        if (fork() == 0) {
            programs[i]();
            return 0;
        }
    }
    while (wait(NULL) > 0)
        ;
    printf("main:  my note is %d\n", note);
    return 0;
}
