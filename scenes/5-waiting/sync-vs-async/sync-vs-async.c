/* Three jobs, a worker for each: 10, 20 and 30 ms. Four ways to have them
 * done: who waits for the result, and do the calls of the submitter block? */
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { JOBS = 3 };

sem_t done[JOBS];

static void *work(void *job)
{
    usleep(10000 * ((useconds_t)(intptr_t)job + 1));
    sem_post(&done[(intptr_t)job]);
    return NULL;
}

static void *work_and_call_back(void *job)
{
    usleep(10000 * ((useconds_t)(intptr_t)job + 1));
    printf("job %d is done\n", (int)(intptr_t)job + 1); /* the callback */
    return NULL;
}

static void submit(int job, void *(*how)(void *))
{
    pthread_t worker;
    pthread_create(&worker, NULL, how, (void *)(intptr_t)job);
    pthread_detach(worker);
}

static void call(void) /* submit, wait for it, submit, wait for it ... */
{
    for (int job = 0; job < JOBS; job++) {
        submit(job, work);
        sem_wait(&done[job]);
    }
}

static void keep_asking(void) /* the same, but the call does not block */
{
    int asked = 0;
    for (int job = 0; job < JOBS; job++) {
        submit(job, work);
        while (sem_trywait(&done[job]) != 0) {
            asked++;
            usleep(9000); /* something else */
        }
    }
    printf("asked in vain %d times\n", asked);
}

static void submit_all_then_wait(void)
{
    for (int job = 0; job < JOBS; job++)
        submit(job, work);
    for (int job = 0; job < JOBS; job++)
        sem_wait(&done[job]);
}

static void submit_with_callback(void) /* nobody waits for anything */
{
    for (int job = 0; job < JOBS; job++)
        submit(job, work_and_call_back);
}

int main(int count, char **arguments)
{
    const char *way = count > 1 ? arguments[1] : "call";
    for (int job = 0; job < JOBS; job++)
        sem_init(&done[job], 0, 0);
    if (strcmp(way, "call") == 0)
        call();
    else if (strcmp(way, "ask") == 0)
        keep_asking();
    else if (strcmp(way, "wait") == 0)
        submit_all_then_wait();
    else
        submit_with_callback();
    printf("main is free\n");
    pthread_exit(NULL); /* the process ends with its last thread */
}
