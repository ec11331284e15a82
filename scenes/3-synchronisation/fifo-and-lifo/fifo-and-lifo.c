/* A queue, a stack, and function calls, which are a stack as well. */
#include <stdio.h>

enum { PLACES = 3 };

int queue[PLACES]; /* in at the tail, out at the head */
int head = 0, tail = 0;

int stack[PLACES]; /* in and out at the top */
int top = 0;

static void enqueue(int item)
{
    queue[tail] = item;
    tail = tail + 1;
}

static int dequeue(void)
{
    int item = queue[head];
    queue[head] = 0;
    head = head + 1;
    return item;
}

static void push(int item)
{
    stack[top] = item;
    top = top + 1;
}

static int pop(void)
{
    top = top - 1;
    int item = stack[top];
    stack[top] = 0;
    return item;
}

static void call(int depth)
{
    printf("call %d begins\n", depth);
    if (depth < PLACES)
        call(depth + 1);
    printf("call %d returns\n", depth);
}

int main(void)
{
    for (int item = 1; item <= PLACES; item++)
        enqueue(item);
    for (int i = 0; i < PLACES; i++)
        printf("out of the queue: %d\n", dequeue());
    for (int item = 1; item <= PLACES; item++)
        push(item);
    for (int i = 0; i < PLACES; i++)
        printf("out of the stack: %d\n", pop());
    call(1);
    return 0;
}
