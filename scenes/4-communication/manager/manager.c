/* A server process owns a dictionary. Others ask it by message. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum what { GET, SET };
enum key { APPLES, PEARS, KEYS };

struct message {
    enum what what;
    enum key key;
    int client, value;
};

int requests[2], replies[2][2]; /* pipes: to the server, to each client */

static void serve(void)
{
    int dict[KEYS] = {0}; /* here and nowhere else */
    struct message message;
    close(requests[1]); /* so that the end can come */
    while (read(requests[0], &message, sizeof message) > 0) {
        int *value = &dict[message.key];
        if (message.what == SET)
            *value = message.value;
        write(replies[message.client][1], value, sizeof *value);
    }
}

static int ask(int client, enum what what, enum key key, int value)
{
    struct message message = {what, key, client, value};
    int answer = 0;
    write(requests[1], &message, sizeof message);
    read(replies[client][0], &answer, sizeof answer);
    return answer;
}

static void add_one(int client)
{
    int n = ask(client, GET, APPLES, 0);
    ask(client, SET, APPLES, n + 1);
}

int main(void)
{
    if (pipe(requests) != 0 || pipe(replies[0]) != 0 || pipe(replies[1]) != 0)
        return 1;
    if (fork() == 0) {
        serve();
        return 0;
    }
    pid_t other = fork();
    if (other == 0) {
        add_one(1);
        return 0;
    }
    add_one(0);
    waitpid(other, NULL, 0);
    int apples = ask(0, GET, APPLES, 0);
    printf("apples: %d\n", apples);
    close(requests[1]); /* nobody will ask any more */
    wait(NULL);
    return apples != 2;
}
