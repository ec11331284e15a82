/* The ways in which a process ends, what runs on the way, and what its parent is told. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void at_end(void)
{
    printf("handler of exit\n");
}

static void at_quick_end(void)
{
    printf("handler of quick_exit\n");
    fflush(stdout);
}

static void on_abort(int number)
{
    printf("caught %d\n", number == SIGABRT);
    fflush(stdout);
}

static void end(int way)
{
    atexit(at_end);
    at_quick_exit(at_quick_end);
    switch (way) {
    case 0:
        exit(10);
    case 1:
        _exit(11);
    case 2:
        _Exit(12);
    case 3:
        quick_exit(13);
    case 4:
        abort();
    case 5:
        signal(SIGABRT, on_abort);
        abort();
    case 6:
        signal(SIGABRT, SIG_IGN);
        abort();
    case 7:
        raise(SIGTERM);
        break;
    case 8:
        kill(getpid(), SIGKILL);
        break;
    case 9:
        *(volatile int *)0 = 1;
        break;
    case 10:
        exit(256 + 7);
    default:
        break;
    }
}

int main(void)
{
    for (int way = 0; way <= 10; way++) {
        int status = 0;
        fflush(stdout);
        pid_t pid = way % 2 ? _Fork() : fork();
        if (pid == 0) {
            end(way);
            _exit(99);
        }
        waitpid(pid, &status, 0);
        if (WIFEXITED(status))
            printf("way %d: exit status %d\n", way, WEXITSTATUS(status));
        else
            printf("way %d: signal %d\n", way, WTERMSIG(status));
    }
    return 21;
}
