/* The terminal's stop signals, sent by the process itself: "ignores" and "handles" go on and end with 9; "child": the
 * child stops, and its parent waits for its end only; "stops": it is the parent who stops it. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t handled;

static void count(int number)
{
    handled += number > 0;
}

int main(int arguments, char **argument)
{
    static const int signals[] = {SIGTSTP, SIGTTIN, SIGTTOU};
    int stops = strcmp(argument[1], "stops") == 0;
    if (stops || strcmp(argument[1], "child") == 0) {
        pid_t child = fork();
        if (child == 0) {
            kill(getpid(), stops ? 0 : SIGTSTP);
            pause();
        }
        if (stops)
            kill(child, SIGSTOP);
        wait(NULL);
        return 2;
    }
    int handles = strcmp(argument[1], "handles") == 0;
    for (int i = 0; i < 3; i++) {
        signal(signals[i], handles ? count : SIG_IGN);
        kill(getpid(), signals[i]);
    }
    return handled == (handles ? 3 : 0) ? 9 : 8;
}
