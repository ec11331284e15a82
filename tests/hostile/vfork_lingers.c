/* A vfork child that neither execs nor ends: its parent sleeps in the kernel where no signal but one reaches it. */
#include <unistd.h>

int main(void)
{
    if (vfork() == 0)
        for (;;)
            pause();
    return 0;
}
