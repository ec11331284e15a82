/* Money goes both ways: each transfer locks where it comes from, then where
 * it goes. */
#include <pthread.h>
#include <stdio.h>

struct account {
    pthread_mutex_t lock;
    int number;
    int balance;
};

struct account accounts[2] = {
    {PTHREAD_MUTEX_INITIALIZER, 1, 100},
    {PTHREAD_MUTEX_INITIALIZER, 2, 100},
};

static void transfer(struct account *from, struct account *to, int amount)
{
    pthread_mutex_lock(&from->lock);
    pthread_mutex_lock(&to->lock);
    from->balance -= amount;
    to->balance += amount;
    pthread_mutex_unlock(&to->lock);
    pthread_mutex_unlock(&from->lock);
}

static void *there(void *unused)
{
    (void)unused;
    transfer(&accounts[0], &accounts[1], 10);
    return NULL;
}

static void *back(void *unused)
{
    (void)unused;
    transfer(&accounts[1], &accounts[0], 30);
    return NULL;
}

int main(void)
{
    pthread_t first, second;
    pthread_create(&first, NULL, there, NULL);
    pthread_create(&second, NULL, back, NULL);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    printf("%d and %d\n", accounts[0].balance, accounts[1].balance);
    return 0;
}
