/* A sensor answers after 30 ms. The five models of I/O: five ways to get the
 * answer, and in each another call in which the program waits, or none. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int from_sensor, to_program;
static char answer[8];
static volatile sig_atomic_t arrived;
static sem_t complete;

static void *sensor(void *unused)
{
    usleep(30000);
    if (write(to_program, "21 C", 5) < 0)
        perror("write");
    return unused;
}

static int fetch(void) /* copies the answer from the kernel to us */
{
    return read(from_sensor, answer, sizeof answer) > 0;
}

static void blocking(void)
{
    fetch();
}

static void non_blocking(void)
{
    fcntl(from_sensor, F_SETFL, O_NONBLOCK);
    while (!fetch())
        usleep(9000); /* something else */
}

static void multiplexed(void)
{
    struct pollfd list[1] = {{.fd = from_sensor, .events = POLLIN}};
    poll(list, 1, -1); /* there could be many in the list */
    fetch();
}

static void on_arrival(int number)
{
    (void)number;
    arrived = fetch();
}

static void ask_for_signals(void)
{
    signal(SIGIO, on_arrival);
    fcntl(from_sensor, F_SETOWN, getpid());
    fcntl(from_sensor, F_SETFL, O_ASYNC);
}

static void signal_driven(void)
{
    while (!arrived)
        usleep(100000); /* something else, until the signal interrupts it */
}

static void *helper(void *unused)
{
    fetch();
    sem_post(&complete);
    return unused;
}

static void asynchronous(void) /* aio_read of the C library works like this */
{
    pthread_t thread;
    sem_init(&complete, 0, 0);
    pthread_create(&thread, NULL, helper, NULL);
    while (sem_trywait(&complete) != 0)
        usleep(20000); /* something else */
    pthread_join(thread, NULL);
}

int main(int count, char **arguments)
{
    const char *model = count > 1 ? arguments[1] : "blocking";
    int ends[2];
    pthread_t thread;
    sigset_t sigio;
    if (pipe(ends) != 0)
        return 1;
    from_sensor = ends[0];
    to_program = ends[1];
    sigemptyset(&sigio);
    sigaddset(&sigio, SIGIO);
    sigprocmask(SIG_BLOCK, &sigio, NULL); /* no business of the sensor's */
    if (strcmp(model, "signal-driven") == 0)
        ask_for_signals();
    pthread_create(&thread, NULL, sensor, NULL);
    sigprocmask(SIG_UNBLOCK, &sigio, NULL);
    if (strcmp(model, "blocking") == 0)
        blocking();
    else if (strcmp(model, "non-blocking") == 0)
        non_blocking();
    else if (strcmp(model, "multiplexed") == 0)
        multiplexed();
    else if (strcmp(model, "signal-driven") == 0)
        signal_driven();
    else
        asynchronous();
    pthread_join(thread, NULL);
    printf("%s\n", answer);
    return 0;
}
