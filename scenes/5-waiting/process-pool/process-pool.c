/* A pool: three worker processes, made once, take ten tasks from a pipe and
 * put the results into another. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 3, TASKS = 10 };

struct result {
    char worker, task;
};

static pid_t workers[WORKERS];
static int tasks[2], results[2], done_by[WORKERS];

static void work(char worker)
{
    struct result result = {.worker = worker};
    close(tasks[1]); /* else the end of the tasks would never come */
    while (read(tasks[0], &result.task, 1) == 1) {
        usleep(20000); /* the task itself */
        if (write(results[1], &result, sizeof result) < 0)
            _exit(1);
    }
    _exit(0);
}

static void submit(char task)
{
    if (write(tasks[1], &task, 1) < 0)
        perror("submit");
}

static int get(void)
{
    struct result result;
    if (read(results[0], &result, sizeof result) <= 0)
        return 0;
    done_by[(int)result.worker]++;
    return 1;
}

static void join(void)
{
    for (int i = 0; i < WORKERS; i++)
        waitpid(workers[i], NULL, 0);
}

int main(int count, char **arguments)
{
    const char *way = count > 1 ? arguments[1] : "asynchronous";
    int got = 0;
    if (pipe(tasks) != 0 || pipe(results) != 0)
        return 1;
    for (char i = 0; i < WORKERS; i++)
        if ((workers[(int)i] = fork()) == 0)
            work(i);
    for (char task = 1; task <= TASKS; task++) {
        submit(task);
        if (strcmp(way, "synchronous") == 0)
            got += get(); /* waits for this one before the next */
    }
    if (strcmp(way, "terminate") == 0) {
        while (got < 4)
            got += get();
        for (int i = 0; i < WORKERS; i++)
            kill(workers[i], SIGTERM);
    } else if (strcmp(way, "join-first") != 0) {
        close(tasks[1]); /* no more tasks will come */
    }
    join();
    close(results[1]);
    while (get())
        got++;
    for (int i = 0; i < WORKERS; i++)
        printf("worker %d did %d tasks\n", i + 1, done_by[i]);
    printf("%d of %d tasks done\n", got, TASKS);
    return 0;
}
