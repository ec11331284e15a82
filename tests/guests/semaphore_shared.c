/* Semaphores in shared memory: parent and children take turns. */
#include <semaphore.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLAYERS 3
#define ROUNDS 3

struct table {
    sem_t turn[PLAYERS], over;
    char said[PLAYERS * ROUNDS + 1];
    int length;
};

static void play(struct table *table, int me)
{
    for (int round = 0; round < ROUNDS; round++) {
        sem_wait(&table->turn[me]);
        table->said[table->length++] = (char)('a' + me);
        sem_post(&table->turn[(me + 1) % PLAYERS]);
    }
    sem_post(&table->over);
}

int main(void)
{
    struct table *table = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < PLAYERS; i++)
        sem_init(&table->turn[i], 1, i == 0);
    sem_init(&table->over, 1, 0);
    for (int i = 0; i < PLAYERS; i++)
        if (fork() == 0) {
            play(table, i);
            _exit(i);
        }
    for (int i = 0; i < PLAYERS; i++)
        sem_wait(&table->over);
    int sum = 0, status;
    while (wait(&status) > 0)
        sum += WEXITSTATUS(status);
    printf("%s, statuses %d\n", table->said, sum);
    for (int i = 0; i < PLAYERS; i++)
        sem_destroy(&table->turn[i]);
    return 0;
}
