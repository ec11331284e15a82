/* Becomes a static program, or has a child that does. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    char path[4096];
    snprintf(path, sizeof path, "%.*s/prints_static", (int)(strrchr(arguments[0], '/') - arguments[0]), arguments[0]);
    int status = 0;
    if (strcmp(arguments[1], "child") == 0 && fork() != 0) {
        wait(&status);
        return WEXITSTATUS(status);
    }
    execl(path, path, arguments[2], (char *)NULL);
    return 97;
}
