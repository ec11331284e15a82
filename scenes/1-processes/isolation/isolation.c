/* A global variable after fork: one name, one address, two memories. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int g_num = 100;

int main(void)
{
    pid_t child = fork();
    if (child < 0)
        return 1;
    if (child == 0) {
        g_num += 1;
        printf("child:  g_num is %d at %p\n", g_num, (void *)&g_num);
        return 0;
    }
    wait(NULL); /* the child has certainly added by now */
    printf("parent: g_num is %d at %p\n", g_num, (void *)&g_num);
    return 0;
}
