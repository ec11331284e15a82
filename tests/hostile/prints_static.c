/* A static program: no preload library ever sees it. */
#include <stdio.h>

int main(void)
{
    printf("static\n");
    return 8;
}
