/* Gives up all system calls but read, write and exit. */
#include <linux/seccomp.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
        return 7;
    pthread_mutex_lock(&lock);
    if (write(1, "strict\n", 7) != 7)
        syscall(SYS_exit, 6);
    pthread_mutex_unlock(&lock);
    syscall(SYS_exit, 5);
}
