/* Prints as many millions of bytes as it is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    char block[1000];
    memset(block, 'x', sizeof block);
    block[999] = '\n';
    long left = atol(arguments[1]) * 1000000;
    while (left > 0) {
        ssize_t written = write(1, block, sizeof block);
        if (written <= 0)
            return 1;
        left -= written;
    }
    return 0;
}
