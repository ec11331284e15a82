/* Priorities and processors: what is set is what is answered; what is malformed is refused. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* What a call returned, and errno where it failed. */
#define REPORT(what, call)                                                                                             \
    do {                                                                                                               \
        errno = 0;                                                                                                     \
        int result_ = (int)(call);                                                                                     \
        printf("%s: %d %s\n", what, result_, strerror(errno));                                                         \
    } while (0)

static void *run(void *argument)
{
    return argument;
}

int main(void)
{
    int policy = -1;
    struct sched_param parameters = {.sched_priority = 0};
    printf("policy %d, other %d\n", sched_getscheduler(0) == SCHED_OTHER, sched_setscheduler(0, SCHED_OTHER, &parameters));
    printf("batch %d", sched_setscheduler(0, SCHED_BATCH, &parameters));
    printf(" %d\n", sched_getscheduler(0) == SCHED_BATCH);
    printf("pthread %d", pthread_setschedparam(pthread_self(), SCHED_OTHER, &parameters));
    printf(" %d", pthread_getschedparam(pthread_self(), &policy, &parameters));
    printf(" %d %d\n", policy == SCHED_OTHER, parameters.sched_priority);
    parameters.sched_priority = 5;
    REPORT("priority of SCHED_OTHER", sched_setparam(0, &parameters));
    printf("bad policy: %s\n", strerror(pthread_setschedparam(pthread_self(), 77, &parameters)));
    parameters.sched_priority = 0;
    printf("param: %d %d\n", sched_setparam(0, &parameters), sched_getparam(0, &parameters));
    int before = getpriority(PRIO_PROCESS, 0);
    errno = 0;
    int after = nice(3);
    printf("nice: %d\n", after - before);
    printf("setpriority: %d", setpriority(PRIO_PROCESS, 0, before + 5));
    printf(" %d\n", getpriority(PRIO_PROCESS, 0) - before);
    REPORT("nobody", setpriority(PRIO_PROCESS, 0x3FFFFFFF, 1));
    REPORT("malformed", setpriority(99, 0, 1));
    cpu_set_t all, one, got;
    printf("affinity: %d\n", sched_getaffinity(0, sizeof all, &all));
    CPU_ZERO(&one);
    REPORT("no processor", sched_setaffinity(0, sizeof one, &one));
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &all)) {
            CPU_SET(cpu, &one);
            break;
        }
    printf("one: %d", sched_setaffinity(0, sizeof one, &one));
    printf(" %d", pthread_getaffinity_np(pthread_self(), sizeof got, &got));
    printf(" %d\n", CPU_EQUAL(&one, &got));
    pthread_t thread;
    void *result = NULL;
    pthread_create(&thread, NULL, run, &thread);
    pthread_getschedparam(thread, &policy, &parameters);
    pthread_join(thread, &result);
    printf("thread: %d %d\n", policy == SCHED_OTHER, result == &thread);
    return 0;
}
