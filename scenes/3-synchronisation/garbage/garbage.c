/* Who throws away what nobody needs any more? First by counting references,
 * then by marking what can be reached and sweeping away the rest. */
#include <stdio.h>

enum { A, B, C, D, OBJECTS };
enum { NOBODY = -1 };

int used[OBJECTS];   /* it takes up memory */
int count[OBJECTS];  /* so many references lead to it */
int marked[OBJECTS]; /* it can be reached from a name of the program */
int old[OBJECTS];    /* it has survived a collection */
int named[OBJECTS];  /* the program has a name for it */
int to[OBJECTS];     /* the object that it refers to */

static void make(int object)
{
    used[object] = 1;
    count[object] = 1;
    named[object] = 1;
    to[object] = NOBODY;
}

static void refer(int from, int object)
{
    to[from] = object;
    count[object] = count[object] + 1;
}

static void delete_name(int object) /* one reference less */
{
    named[object] = 0;
    count[object] = count[object] - 1;
    if (count[object] == 0) {
        used[object] = 0;
        printf("counting frees %c\n", 'A' + object);
    }
}

static void mark(void)
{
    for (int i = 0; i < OBJECTS; i++)
        for (int o = named[i] ? i : NOBODY; o != NOBODY && !marked[o];
             o = to[o])
            marked[o] = 1;
}

static void sweep(int young_only)
{
    for (int i = 0; i < OBJECTS; i++) {
        if ((young_only && old[i]) || !used[i])
            continue;
        if (marked[i]) {
            old[i] = 1;
        } else {
            used[i] = 0;
            printf("sweeping frees %c\n", 'A' + i);
        }
    }
    for (int i = 0; i < OBJECTS; i++)
        if (marked[i])
            marked[i] = 0;
}

int main(void)
{
    for (int object = A; object <= D; object++)
        make(object);
    delete_name(C); /* nothing else refers to C */

    refer(A, B); /* a ring ... */
    refer(B, A);
    delete_name(A); /* ... and no name for it any more */
    delete_name(B);
    printf("the program has D left\n");
    mark();
    sweep(0); /* all generations */

    make(C); /* a ring of one, and young */
    refer(C, C);
    delete_name(C);
    mark();
    sweep(1); /* the young only; D is old */
    return 0;
}
