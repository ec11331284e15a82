/* Waiting for several descriptors, ready, late and never. Prints the same under every schedule. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

static int one[2], two[2];

static void say(const char *what, long result)
{
    char line[120];
    int length = snprintf(line, sizeof line, "%s %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
    write(1, line, length);
}

static void *late(void *argument)
{
    struct timespec moment = {.tv_nsec = 30000000};
    nanosleep(&moment, NULL);
    write(*(int *)argument, "x", 1);
    return NULL;
}

static void with_poll(void)
{
    struct pollfd list[2] = {{one[0], POLLIN, 0}, {two[0], POLLIN, 0}};
    pthread_t thread;
    char byte;
    say("none", poll(list, 2, 0));
    say("time-out", poll(list, 2, 20));
    pthread_create(&thread, NULL, late, &two[1]);
    say("late", poll(list, 2, -1));
    say("which", list[1].revents);
    read(two[0], &byte, 1);
    pthread_join(thread, NULL);
    struct timespec wait = {.tv_nsec = 5000000};
    say("ppoll", ppoll(list, 2, &wait, NULL));
    wait.tv_nsec = -1;
    say("ppoll", ppoll(list, 2, &wait, NULL));
    list[0].fd = 999;
    say("bad", poll(list, 2, -1));
    say("how", list[0].revents);
    list[0].fd = -1;
    say("nothing", poll(NULL, 0, 10));
    list[1].fd = two[1];
    list[1].events = POLLOUT;
    say("room", poll(list, 2, -1));
}

static void with_select(void)
{
    fd_set in, out;
    pthread_t thread;
    char byte;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(one[0], &in);
    FD_SET(two[0], &in);
    struct timeval wait = {.tv_usec = 10000};
    say("select", select(two[1] + 1, &in, NULL, NULL, &wait));
    say("left", FD_ISSET(one[0], &in) + FD_ISSET(two[0], &in) + wait.tv_usec + wait.tv_sec);
    FD_SET(one[0], &in);
    FD_SET(two[0], &in);
    pthread_create(&thread, NULL, late, &one[1]);
    say("late", select(two[1] + 1, &in, NULL, NULL, NULL));
    say("which", FD_ISSET(one[0], &in) * 2 + FD_ISSET(two[0], &in));
    read(one[0], &byte, 1);
    pthread_join(thread, NULL);
    FD_SET(two[1], &out);
    say("out", pselect(two[1] + 1, NULL, &out, NULL, NULL, NULL));
    say("count", select(-1, NULL, NULL, NULL, NULL));
    FD_ZERO(&in);
    FD_SET(20, &in);
    say("bad", select(21, &in, NULL, NULL, NULL));
    wait.tv_usec = -1;
    say("bad", select(1, NULL, NULL, NULL, &wait));
}

static void with_epoll(void)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = 11}, got[4];
    pthread_t thread;
    char byte;
    int set = epoll_create1(0);
    epoll_ctl(set, EPOLL_CTL_ADD, one[0], &event);
    event.data.u32 = 22;
    event.events = EPOLLIN | EPOLLET;
    epoll_ctl(set, EPOLL_CTL_ADD, two[0], &event);
    say("epoll", epoll_wait(set, got, 4, 0));
    say("time-out", epoll_wait(set, got, 4, 15));
    pthread_create(&thread, NULL, late, &two[1]);
    say("late", epoll_wait(set, got, 4, -1));
    say("which", got[0].data.u32);
    say("edge", epoll_pwait(set, got, 4, 10, NULL));
    pthread_join(thread, NULL);
    read(two[0], &byte, 1);
    struct timespec moment = {.tv_nsec = 3000000};
    say("pwait2", epoll_pwait2(set, got, 4, &moment, NULL));
    say("bad", epoll_wait(one[0], got, 4, -1));
    say("bad", epoll_wait(set, got, 0, -1));
    close(set);
}

static volatile int handled;

static void handler(int number)
{
    handled++;
}

static void interrupted(void)
{
    struct pollfd list = {one[0], POLLIN, 0};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigset_t mask, empty;
    sigaction(SIGALRM, &action, NULL);
    alarm(1);
    say("poll", poll(&list, 1, -1));
    alarm(1);
    say("select", select(0, NULL, NULL, NULL, NULL));
    sigemptyset(&mask);
    sigemptyset(&empty);
    sigaddset(&mask, SIGALRM);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    raise(SIGALRM);
    say("ppoll", ppoll(&list, 1, NULL, &empty));
    say("handled", handled);
}

int main(void)
{
    pipe(one);
    pipe(two);
    with_poll();
    with_select();
    with_epoll();
    interrupted();
    return 0;
}
