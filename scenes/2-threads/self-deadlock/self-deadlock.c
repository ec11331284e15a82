/* A thread takes a normal lock that it has already. */
#include <pthread.h>
#include <stdio.h>

pthread_mutex_t account = PTHREAD_MUTEX_INITIALIZER;
int balance = 0;

static void deposit(int amount)
{
    pthread_mutex_lock(&account); /* the caller has it already */
    balance += amount;
    pthread_mutex_unlock(&account);
}

static void *customer(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&account);
    deposit(5);
    deposit(5);
    pthread_mutex_unlock(&account);
    return NULL;
}

int main(void)
{
    pthread_t only;
    pthread_create(&only, NULL, customer, NULL);
    pthread_join(only, NULL);
    printf("the balance is %d\n", balance);
    return 0;
}
