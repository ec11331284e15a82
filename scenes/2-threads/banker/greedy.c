/* This banker lends whatever there is, and never thinks of the next one. */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

enum { CUSTOMERS = 3 };

struct customer {
    int request;    /* what it asks for now */
    int allocation; /* what it has */
    int need;       /* what it may still ask for */
} customers[CUSTOMERS] = {{.need = 8}, {.need = 5}, {.need = 7}};
int available = 10;
pthread_mutex_t bank = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t returned = PTHREAD_COND_INITIALIZER;

static bool lend(int me)
{
    int amount = customers[me].request, money = available;
    if (amount > money)
        return false;
    available = money - amount;
    customers[me].allocation += amount;
    customers[me].need -= amount;
    customers[me].request = 0;
    return true;
}

static void borrow(int me, int amount)
{
    pthread_mutex_lock(&bank);
    customers[me].request = amount;
    while (!lend(me))
        pthread_cond_wait(&returned, &bank);
    pthread_mutex_unlock(&bank);
}

static void *customer(void *argument)
{
    static const int first[CUSTOMERS] = {4, 3, 2}, rest[CUSTOMERS] = {4, 2, 5};
    int me = (int)(intptr_t)argument;
    borrow(me, first[me]);
    usleep(10000); /* half of its work */
    borrow(me, rest[me]);
    pthread_mutex_lock(&bank);
    available += customers[me].allocation;
    customers[me].allocation = 0;
    pthread_cond_broadcast(&returned);
    pthread_mutex_unlock(&bank);
    return NULL;
}

int main(void)
{
    pthread_t threads[CUSTOMERS];
    for (intptr_t i = 0; i < CUSTOMERS; i++)
        pthread_create(&threads[i], NULL, customer, (void *)i);
    for (int i = 0; i < CUSTOMERS; i++)
        pthread_join(threads[i], NULL);
    printf("all served, %d in the bank\n", available);
    return 0;
}
