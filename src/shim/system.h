/* Raw system calls: no errno, no cancellation point, no wrapper of ours or of the guest's. Results as the kernel gives
 * them: a negative errno number on failure. x86-64 and arm64. */
#ifndef LOCKSTEP_SHIM_SYSTEM_H
#define LOCKSTEP_SHIM_SYSTEM_H

#include <stdint.h>
#include <sys/syscall.h>

static inline long system_call6(long number, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
#else
#error "lockstep runs on x86-64 and arm64"
#endif
}

/* SYSTEM(number, up to six arguments of any scalar type). */
#define SYSTEM(...) SYSTEM_CALL(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define SYSTEM_CALL(n, a, b, c, d, e, f, ...)                                                                          \
    system_call6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* rt_sigprocmask with the kernel's 64-bit set. `set` and `old` may be NULL. */
static inline void system_mask(int how, const uint64_t *set, uint64_t *old)
{
    system_call6(SYS_rt_sigprocmask, how, (long)set, (long)old, 8, 0, 0);
}

#endif
