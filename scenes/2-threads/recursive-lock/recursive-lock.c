/* A lock that its owner may take again: it counts, and is free only at 0. */
#include <pthread.h>
#include <stdio.h>

pthread_mutex_t account;
int balance = 0;

static void deposit(int amount)
{
    pthread_mutex_lock(&account); /* a second time, when called from below */
    balance += amount;
    pthread_mutex_unlock(&account);
}

static void *customer(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&account); /* nobody may come between these two */
    deposit(5);
    balance -= 1; /* the fee */
    pthread_mutex_unlock(&account);
    return NULL;
}

int main(void)
{
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&account, &kind);

    pthread_t first, second;
    pthread_create(&first, NULL, customer, NULL);
    pthread_create(&second, NULL, customer, NULL);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    printf("the balance is %d\n", balance);
    return 0;
}
