/* A guest for the tests of src/source: objects of every kind that has a name, then a halt. It prints one line per object,
 * "KEY ADDRESS SIZE" (and "pc"/"fp" lines for its tasks), then "ready", and waits until its input ends. */
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct queue {
    int count;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int items[4];
};
struct slot {
    char tag;
    pthread_mutex_t m;
};
struct pool {
    int used;
    struct slot slot[5];
    union {
        int whole;
        char bytes[4];
    };
};
struct account {
    pthread_mutex_t lock;
};
struct job {
    int number;
    struct queue *arg;
};
enum colour { RED, GREEN = 5, BLUE = -1 };
struct flags {
    unsigned low : 3;
    signed high : 5;
    bool on;
};

pthread_mutex_t A = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t forks[5];
pthread_mutex_t single[1];
struct queue q = {.count = 3, .items = {1, 2, 3, -4}};
struct pool pool;
struct account account;
int g_num = 42;
long matrix[2][3] = {{1, 2, 3}, {4, 5, 6}};
enum colour colour = GREEN;
enum colour cold = BLUE;
struct flags flags = {.low = 5, .high = -3, .on = true};
const char *greeting = "hi \"you\"\n";
char letter = 'x';
char word[8] = "ab\tc";
uint8_t small = 200;
unsigned long large = 18446744073709551615UL;
double ratio = 0.1;
float half = 0.5F;
int *pointer = &g_num;
void *nothing;
int (*function)(const char *) = puts;
bool yes = true;
struct queue *heap_queue;
struct job jobs[4];
pthread_mutex_t *heap_forks;
int *heap_int;
struct queue *mapped;
struct queue **indirect;
sem_t semaphore;
static int hidden = 7;
static pthread_mutex_t lock; /* the second file of the test's own builds has one of this name too */

__attribute__((weak)) pthread_mutex_t *source_other_lock(void);
__attribute__((weak)) pthread_mutex_t *source_other_inner(void);

static pthread_barrier_t barrier;

static void tell(const char *key, const void *address, size_t size)
{
    printf("%s %lx %zu\n", key, (unsigned long)(uintptr_t)address, size);
}

static __attribute__((noinline)) void halt(const char *task)
{
    /* What the shim's wrappers see: the return address, and the frame pointer of the function that called. */
    void **frame = __builtin_frame_address(0);
    flockfile(stdout);
    printf("task:%s %lx %lx\n", task, (unsigned long)(uintptr_t)frame[1], (unsigned long)(uintptr_t)frame[0]);
    funlockfile(stdout);
}

static void *worker(void *argument)
{
    pthread_mutex_t mine = PTHREAD_MUTEX_INITIALIZER;
    struct job *job = argument;
    int number = job->number;
    char key[32];
    snprintf(key, sizeof key, "worker%d:mine", number);
    flockfile(stdout);
    tell(key, &mine, sizeof mine);
    funlockfile(stdout);
    snprintf(key, sizeof key, "T%d", number);
    halt(key);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return NULL;
}

static int counter_of_calls(void)
{
    static int calls;
    tell("calls", &calls, sizeof calls);
    return ++calls;
}

static void recurse(int depth, int length)
{
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    int row[length];
    char key[32];
    for (int i = 0; i < length; i++)
        row[i] = i * 10;
    snprintf(key, sizeof key, "recurse%d:m", depth);
    tell(key, &m, sizeof m);
    if (depth > 1) {
        recurse(depth - 1, length);
    } else {
        int inner = 99;
        tell("row[2]", &row[2], sizeof row[2]);
        tell("inner", &inner, sizeof inner);
        halt("main");
        pthread_barrier_wait(&barrier); /* the workers have told theirs */
        printf("ready\n");
        fflush(stdout);
        char byte;
        while (read(STDIN_FILENO, &byte, 1) > 0)
            ;
    }
}

int main(void)
{
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    struct queue *local_queue = malloc(sizeof *local_queue);
    struct slot slots[2];
    pthread_t threads[2];
    heap_queue = malloc(sizeof *heap_queue);
    heap_forks = calloc(3, sizeof *heap_forks);
    heap_int = malloc(sizeof *heap_int);
    indirect = malloc(sizeof *indirect);
    *indirect = malloc(sizeof **indirect);
    mapped = mmap(NULL, sizeof *mapped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 4; i++)
        jobs[i].number = i;
    jobs[3].arg = malloc(sizeof *jobs[3].arg);
    *heap_int = -5;
    tell("A", &A, sizeof A);
    tell("forks[2]", &forks[2], sizeof forks[2]);
    tell("forks[0]", &forks[0], sizeof forks[0]);
    tell("single[0]", &single[0], sizeof single[0]);
    tell("q.lock", &q.lock, sizeof q.lock);
    tell("q.count", &q.count, sizeof q.count);
    tell("q.items[3]", &q.items[3], sizeof q.items[3]);
    tell("pool.slot[3].m", &pool.slot[3].m, sizeof pool.slot[3].m);
    tell("account.lock", &account.lock, sizeof account.lock);
    tell("matrix[1][2]", &matrix[1][2], sizeof matrix[1][2]);
    tell("semaphore", &semaphore, sizeof semaphore);
    tell("hidden", &hidden, sizeof hidden);
    if (source_other_lock) {
        tell("source_objects.c:lock", &lock, sizeof lock);
        tell("other.c:lock", source_other_lock(), sizeof lock);
        tell("source_other_inner:lock", source_other_inner(), sizeof lock);
    } else {
        tell("lock", &lock, sizeof lock);
    }
    tell("heap_queue->lock", &heap_queue->lock, sizeof heap_queue->lock);
    tell("heap_forks[2]", &heap_forks[2], sizeof heap_forks[2]);
    tell("heap_forks[0]", &heap_forks[0], sizeof heap_forks[0]);
    tell("*heap_int", heap_int, sizeof *heap_int);
    tell("jobs[3].arg->changed", &jobs[3].arg->changed, sizeof jobs[3].arg->changed);
    tell("mapped->lock", &mapped->lock, sizeof mapped->lock);
    tell("(*indirect)->lock", &(*indirect)->lock, sizeof(*indirect)->lock);
    tell("main:m", &m, sizeof m);
    tell("main:slots[1].m", &slots[1].m, sizeof slots[1].m);
    tell("main:local_queue->lock", &local_queue->lock, sizeof local_queue->lock);
    tell("stdout", stdout, 0);
    tell("main", (void *)(uintptr_t)main, 0);
    counter_of_calls();
    pthread_barrier_init(&barrier, NULL, 3);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, worker, &jobs[i + 1]);
    recurse(2, 4);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
