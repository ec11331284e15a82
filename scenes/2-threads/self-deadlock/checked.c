/* The error-checking kind of lock refuses to be taken twice: EDEADLK. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

pthread_mutex_t account;
int balance = 0;

static void deposit(int amount)
{
    int error = pthread_mutex_lock(&account);
    if (error == EDEADLK)
        printf("deposit: I have this lock already\n");
    balance += amount;
    if (error == 0)
        pthread_mutex_unlock(&account);
}

static void *customer(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&account);
    deposit(5);
    pthread_mutex_unlock(&account);
    return NULL;
}

int main(void)
{
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&account, &kind);

    pthread_t only;
    pthread_create(&only, NULL, customer, NULL);
    pthread_join(only, NULL);
    printf("the balance is %d\n", balance);
    return 0;
}
