/* A pool of two workers; then a queue that both shall use. It lives in a
 * process of its own, the manager, and has a name: a name can be sent. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LETTERS = 3 };

struct job {
    char what; /* 'p': put, 'g': get */
    char queue[16];
};

static int jobs[2];
char letters[LETTERS]; /* what is in the queue: in the manager alone */

/* ---- the queue ---- */
static int manage(int listener)
{
    char request;
    int put = 0, got = 0, waiting = -1;
    while (got < LETTERS) {
        int client = accept(listener, NULL, NULL);
        recv(client, &request, 1, 0);
        if (request != '?') {
            letters[put++] = request;
            close(client);
        } else {
            waiting = client; /* answered as soon as there is a letter */
        }
        if (waiting >= 0 && got < put) {
            send(waiting, &letters[got++], 1, 0);
            close(waiting);
            waiting = -1;
        }
    }
    return 0;
}

static char call_manager(const char *name, char request)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char answer = 0;
    int manager = socket(AF_UNIX, SOCK_STREAM, 0);
    strncpy(address.sun_path, name, sizeof address.sun_path - 1);
    connect(manager, (struct sockaddr *)&address, sizeof address);
    send(manager, &request, 1, 0);
    recv(manager, &answer, 1, 0);
    close(manager);
    return answer;
}

/* ---- the pool ---- */
static int work(void)
{
    struct job job;
    close(jobs[1]);
    while (read(jobs[0], &job, sizeof job) == sizeof job)
        for (char letter = 'A'; letter < 'A' + LETTERS; letter++)
            if (job.what == 'p')
                call_manager(job.queue, letter);
            else
                printf("got %c\n", call_manager(job.queue, '?'));
    return 0;
}

static void submit(char what, const char *queue)
{
    struct job job = {.what = what};
    strncpy(job.queue, queue, sizeof job.queue - 1);
    if (write(jobs[1], &job, sizeof job) < 0)
        perror("submit");
}

int main(void)
{
    struct sockaddr_un address = {AF_UNIX, "letters"};
    if (pipe(jobs) != 0)
        return 1;
    for (int worker = 0; worker < 2; worker++)
        if (fork() == 0)
            return work();
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    unlink(address.sun_path);
    bind(listener, (struct sockaddr *)&address, sizeof address);
    listen(listener, 2);
    if (fork() == 0)
        return manage(listener);
    submit('p', "letters");
    submit('g', "letters");
    close(jobs[1]);
    while (wait(NULL) > 0)
        continue;
    unlink(address.sun_path);
    return 0;
}
