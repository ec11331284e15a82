/* What the bench runs, bare and under lockstep: one kind of operation, timed by itself in blocks. Prints one number a
 * block on standard output: nanoseconds an operation. Between two blocks of a burst it rests, so that a reader with a
 * finite buffer has read. The clock is read by the raw system call: in stepped mode the C library's is virtual. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec at;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

static void rest(void)
{
    struct timespec pause = {.tv_nsec = 25000000};
    syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &pause, NULL);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static sem_t empty, full;
static int turn, ends[2][2];

static void locks(int count)
{
    for (int i = 0; i < count; i++) {
        pthread_mutex_lock(&mutex);
        pthread_mutex_unlock(&mutex);
    }
}

static void *nothing(void *argument)
{
    return argument;
}

static void create_join(int count)
{
    for (int i = 0; i < count; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, nothing, NULL);
        pthread_join(thread, NULL);
    }
}

static void fork_wait(int count)
{
    for (int i = 0; i < count; i++) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(0);
        waitpid(pid, NULL, 0);
    }
}

/* A single task passes items through a semaphore: post and wait, nobody blocks. */
static void semaphore(int count)
{
    for (int i = 0; i < count; i++) {
        sem_post(&full);
        sem_wait(&full);
    }
}

static void *consumer(void *argument)
{
    for (int i = 0, count = *(int *)argument; i < count; i++) {
        sem_wait(&full);
        sem_post(&empty);
    }
    return NULL;
}

static void queue(int count)
{
    pthread_t thread;
    pthread_create(&thread, NULL, consumer, &count);
    for (int i = 0; i < count; i++) {
        sem_wait(&empty);
        sem_post(&full);
    }
    pthread_join(thread, NULL);
}

static void take_turns(int me, int count)
{
    for (int i = 0; i < count; i++) {
        pthread_mutex_lock(&mutex);
        while (turn != me)
            pthread_cond_wait(&condition, &mutex);
        turn = !me;
        pthread_cond_signal(&condition);
        pthread_mutex_unlock(&mutex);
    }
}

static void *other_turn(void *argument)
{
    take_turns(1, *(int *)argument);
    return NULL;
}

static void condition_round(int count)
{
    pthread_t thread;
    pthread_create(&thread, NULL, other_turn, &count);
    take_turns(0, count);
    pthread_join(thread, NULL);
}

static void *echo(void *argument)
{
    char byte;
    for (int i = 0, count = *(int *)argument; i < count; i++)
        if (read(ends[0][0], &byte, 1) != 1 || write(ends[1][1], &byte, 1) != 1)
            exit(3);
    return NULL;
}

static void round_trip(int count)
{
    pthread_t thread;
    char byte = 1;
    pthread_create(&thread, NULL, echo, &count);
    for (int i = 0; i < count; i++)
        if (write(ends[0][1], &byte, 1) != 1 || read(ends[1][0], &byte, 1) != 1)
            exit(3);
    pthread_join(thread, NULL);
}

static void tcp_ends(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0 ||
        connect(client, (struct sockaddr *)&address, length) != 0) {
        perror("guest: tcp");
        exit(3);
    }
    int server = accept(listener, NULL, NULL);
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ends[0][1] = ends[1][0] = client;
    ends[0][0] = ends[1][1] = server;
}

static const struct {
    const char *name;
    void (*run)(int);
    int count, blocks;
} kinds[] = {
    {"lock", locks, 300, 7},
    {"lock-on", locks, 100000, 3},
    {"semaphore", semaphore, 300, 7},
    {"queue", queue, 5000, 5},
    {"create", create_join, 200, 5},
    {"fork", fork_wait, 60, 5},
    {"condition", condition_round, 1000, 5},
    {"pipe", round_trip, 1000, 5},
    {"tcp", round_trip, 1000, 5},
    {"nothing", locks, 0, 1},
};

static void *step_task(void *argument)
{
    locks(*(int *)argument);
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "steps") == 0) { /* for stepped mode: two tasks that lock and unlock */
        pthread_t threads[2];
        int count = atoi(argv[2]);
        for (int i = 0; i < 2; i++)
            pthread_create(&threads[i], NULL, step_task, &count);
        for (int i = 0; i < 2; i++)
            pthread_join(threads[i], NULL);
        return 0;
    }
    pthread_t other; /* glibc's locks are cheaper while there has only ever been one thread */
    pthread_create(&other, NULL, nothing, NULL);
    pthread_join(other, NULL);
    sem_init(&empty, 0, 64);
    sem_init(&full, 0, 0);
    for (size_t i = 0; argc == 2 && i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(argv[1], kinds[i].name) != 0)
            continue;
        if (kinds[i].run == round_trip && strcmp(argv[1], "tcp") == 0)
            tcp_ends();
        else if (kinds[i].run == round_trip && (pipe(ends[0]) != 0 || pipe(ends[1]) != 0))
            return 3;
        for (int block = 0; block <= kinds[i].blocks && kinds[i].count; block++) {
            rest();
            double start = now();
            kinds[i].run(kinds[i].count);
            double passed = now() - start;
            if (block > 0) /* the first touches memory for the first time */
                printf("%.1f\n", passed / kinds[i].count);
        }
        return 0;
    }
    fprintf(stderr, "usage: guest KIND | guest steps COUNT\n");
    return 2;
}
