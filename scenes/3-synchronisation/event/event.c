/* An event: three swimmers wait for the flag, the lifeguard raises it, and all
 * of them go. Who comes later finds it raised. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

struct event {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int flag;
} safe = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};

static void event_wait(struct event *event)
{
    pthread_mutex_lock(&event->lock);
    while (!event->flag)
        pthread_cond_wait(&event->changed, &event->lock);
    pthread_mutex_unlock(&event->lock);
}

static void event_set(struct event *event)
{
    pthread_mutex_lock(&event->lock);
    event->flag = 1;
    pthread_cond_broadcast(&event->changed); /* all, not one */
    pthread_mutex_unlock(&event->lock);
}

static void *swimmer(void *argument)
{
    event_wait(&safe);
    printf("swimmer %d swims\n", (int)(intptr_t)argument);
    return NULL;
}

int main(void)
{
    pthread_t swimmers[4];
    for (intptr_t i = 0; i < 3; i++)
        pthread_create(&swimmers[i], NULL, swimmer, (void *)(i + 1));
    usleep(20000); /* the lifeguard looks at the sea */
    printf("lifeguard: it is safe\n");
    event_set(&safe);
    for (int i = 0; i < 3; i++)
        pthread_join(swimmers[i], NULL);
    pthread_create(&swimmers[3], NULL, swimmer, (void *)4);
    pthread_join(swimmers[3], NULL);
    return 0;
}
