/* One loaf at a time, and two who are hungry. Who has been woken takes the
 * loaf without a second look. */
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t baked = PTHREAD_COND_INITIALIZER;
int bread = 0;

static void *eat(void *name)
{
    pthread_mutex_lock(&lock);
    if (bread == 0) /* looks once */
        pthread_cond_wait(&baked, &lock);
    assert(bread > 0);
    bread = bread - 1;
    printf("%s has eaten\n", (const char *)name);
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void *bake(void *unused)
{
    (void)unused;
    for (int i = 0; i < 2; i++) {
        pthread_mutex_lock(&lock);
        bread = bread + 1;
        pthread_cond_signal(&baked);
        pthread_mutex_unlock(&lock);
        usleep(10000); /* the next one is in the oven */
    }
    return NULL;
}

int main(void)
{
    pthread_t ann, baker, bob;
    pthread_create(&ann, NULL, eat, "Ann");
    pthread_create(&baker, NULL, bake, NULL);
    pthread_create(&bob, NULL, eat, "Bob");
    pthread_join(ann, NULL);
    pthread_join(baker, NULL);
    pthread_join(bob, NULL);
    return 0;
}
