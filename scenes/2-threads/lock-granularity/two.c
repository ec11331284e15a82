/* Two cooks, salt and oil: different data, different locks. */
#include <pthread.h>
#include <stdio.h>

pthread_mutex_t salt_lock = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t oil_lock = PTHREAD_MUTEX_INITIALIZER;
int salt = 10;
int oil = 10;

static void take_salt(void)
{
    pthread_mutex_lock(&salt_lock);
    salt -= 1;
    pthread_mutex_unlock(&salt_lock);
}

static void take_oil(void)
{
    pthread_mutex_lock(&oil_lock);
    oil -= 1;
    pthread_mutex_unlock(&oil_lock);
}

static void *salt_first(void *unused)
{
    (void)unused;
    take_salt();
    take_oil();
    return NULL;
}

static void *oil_first(void *unused)
{
    (void)unused;
    take_oil();
    take_salt();
    return NULL;
}

int main(void)
{
    pthread_t first, second;
    pthread_create(&first, NULL, salt_first, NULL);
    pthread_create(&second, NULL, oil_first, NULL);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    printf("salt %d, oil %d\n", salt, oil);
    return 0;
}
