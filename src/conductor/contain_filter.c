/* The seccomp filter of the fallback, as BPF instructions. Only the few calls that would reach out of the guest's
 * own tree; everything else is let through in the first comparisons, because the guest pays for each.
 * The filter is also a mark that no guest can take off: contain_sweep.c knows guests by it. */
#include "conductor/contain_filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define FILTER_NATIVE AUDIT_ARCH_X86_64
#define FILTER_OTHER AUDIT_ARCH_I386
#define FILTER_X32_BIT 0x40000000u
#elif defined(__aarch64__)
#define FILTER_NATIVE AUDIT_ARCH_AARCH64
#define FILTER_OTHER AUDIT_ARCH_ARM
#define FILTER_X32_BIT 0u
#else
#error "lockstep runs on x86-64 and arm64"
#endif
/* The number of kill is 37 in both of the 32-bit tables (arch/x86/entry/syscalls/syscall_32.tbl, arch/arm/tools). */
#define FILTER_OTHER_KILL 37

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOAD_ARGUMENT(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * (n))
#define WHEN(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(value), yes, no)
#define GIVE(what) BPF_STMT(BPF_RET | BPF_K, what)

int contain_filter_install(pid_t init)
{
    /* The number before each row is what the jumps count from: they skip that many rows after their own. */
    struct sock_filter program[] = {
        /*  0 */ LOAD(arch),
        /*  1 */ WHEN(FILTER_NATIVE, 3, 0),
        /*  2 */ WHEN(FILTER_OTHER, 0, 14),
        /*  3 */ LOAD(nr),
        /*  4 */ WHEN(FILTER_OTHER_KILL, 6, 12),
        /*  5 */ LOAD(nr),
        /*  6 */ BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~FILTER_X32_BIT),
        /*  7 */ WHEN(SYS_kill, 3, 0),
        /*  8 */ WHEN(SYS_tgkill, 2, 0),
        /*  9 */ WHEN(SYS_tkill, 1, 0),
        /* 10 */ WHEN(SYS_ioctl, 4, 6),
        /* 11: whom does the signal go to? */ LOAD_ARGUMENT(0),
        /* 12 */ WHEN(-1, 5, 0),
        /* 13 */ WHEN(init, 5, 0),
        /* 14 */ WHEN(-init, 4, 2),
        /* 15: which ioctl? */ LOAD_ARGUMENT(1),
        /* 16 */ WHEN(TIOCSTI, 1, 0),
        /* 17 */ GIVE(SECCOMP_RET_ALLOW),
        /* 18 */ GIVE(SECCOMP_RET_ERRNO | EPERM),
        /* 19 */ GIVE(SECCOMP_RET_ERRNO | 0),
    };
    struct sock_fprog filter = {.len = sizeof program / sizeof *program, .filter = program};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) < 0)
        return errno;
    return 0;
}
