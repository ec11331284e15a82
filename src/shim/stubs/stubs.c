/* The entry points that the compiler's thread sanitizer and coverage hooks call (gcc and clang: -fsanitize=thread,
 * -fsanitize-coverage=trace-pc), in place of the sanitizer's runtime. Linked into a guest by `lockstep cc`. Each jumps
 * through the table; with an empty table each does nothing, an atomic operation does itself. */
#include "protocol/hooks.h"

#include <stdbool.h>
#include <stddef.h>

__attribute__((visibility("default"))) struct hooks lockstep_hooks = {.version = HOOKS_VERSION};

#define STUB __attribute__((visibility("default"), used))
#define HERE __builtin_return_address(0), __builtin_frame_address(0)

/* ---- plain accesses ---- */
#define LOAD(name, size)                                                                                               \
    STUB void name(void *address);                                                                                     \
    STUB void name(void *address)                                                                                      \
    {                                                                                                                  \
        if (lockstep_hooks.load)                                                                                       \
            lockstep_hooks.load(address, size, HERE);                                                                  \
    }
#define STORE(name, size)                                                                                              \
    STUB void name(void *address);                                                                                     \
    STUB void name(void *address)                                                                                      \
    {                                                                                                                  \
        if (lockstep_hooks.store)                                                                                      \
            lockstep_hooks.store(address, size, HERE);                                                                 \
    }
/* A read-modify-write that the compiler tells as one (clang without tsan-instrument-read-before-write). */
#define BOTH(name, size)                                                                                               \
    STUB void name(void *address);                                                                                     \
    STUB void name(void *address)                                                                                      \
    {                                                                                                                  \
        if (lockstep_hooks.load)                                                                                       \
            lockstep_hooks.load(address, size, HERE);                                                                  \
        if (lockstep_hooks.store)                                                                                      \
            lockstep_hooks.store(address, size, HERE);                                                                 \
    }
#define SIZES(make, prefix) make(prefix##1, 1) make(prefix##2, 2) make(prefix##4, 4) make(prefix##8, 8) make(prefix##16, 16)

SIZES(LOAD, __tsan_read)
SIZES(STORE, __tsan_write)
SIZES(LOAD, __tsan_unaligned_read)
SIZES(STORE, __tsan_unaligned_write)
SIZES(LOAD, __tsan_volatile_read)
SIZES(STORE, __tsan_volatile_write)
SIZES(LOAD, __tsan_unaligned_volatile_read)
SIZES(STORE, __tsan_unaligned_volatile_write)
SIZES(BOTH, __tsan_read_write)
SIZES(BOTH, __tsan_unaligned_read_write)
LOAD(__tsan_vptr_read, 8)

STUB void __tsan_vptr_update(void **address, void *value);
STUB void __tsan_vptr_update(void **address, void *value)
{
    if (*address != value && lockstep_hooks.store)
        lockstep_hooks.store(address, 8, HERE);
}

STUB void __tsan_read_range(void *address, unsigned long size);
STUB void __tsan_read_range(void *address, unsigned long size)
{
    if (lockstep_hooks.load)
        lockstep_hooks.load(address, size, HERE);
}

STUB void __tsan_write_range(void *address, unsigned long size);
STUB void __tsan_write_range(void *address, unsigned long size)
{
    if (lockstep_hooks.store)
        lockstep_hooks.store(address, size, HERE);
}

/* Bulk copies that clang 14 leaves to the sanitizer's interceptors are plain calls; some compilers name them so. */
#define NOTHING(name, parameters)                                                                                      \
    STUB void name parameters;                                                                                         \
    STUB void name parameters                                                                                          \
    {                                                                                                                  \
    }
NOTHING(__tsan_init, (void))
NOTHING(__tsan_func_entry, (void *pc __attribute__((unused))))
NOTHING(__tsan_func_exit, (void))
NOTHING(__tsan_ignore_thread_begin, (void))
NOTHING(__tsan_ignore_thread_end, (void))
NOTHING(__tsan_atomic_signal_fence, (int order __attribute__((unused))))

STUB void __tsan_atomic_thread_fence(int order);
STUB void __tsan_atomic_thread_fence(int order)
{
    (void)order;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* ---- atomic operations: done here, between two words with the shim; always sequentially consistent ---- */
#define BEGIN(bits)                                                                                                    \
    struct hooks_step step;                                                                                            \
    int told = lockstep_hooks.atomic_begin && lockstep_hooks.atomic_begin(&step, address, bits / 8, HERE)
#define END(kind, before, after)                                                                                       \
    if (told)                                                                                                          \
    lockstep_hooks.atomic_end(&step, kind, (int64_t)(before), (int64_t)(after))

#define FETCH(bits, type, word, kind, call)                                                                            \
    STUB type __tsan_atomic##bits##_##word(volatile type *address, type value, int order);                             \
    STUB type __tsan_atomic##bits##_##word(volatile type *address, type value, int order)                              \
    {                                                                                                                  \
        (void)order;                                                                                                   \
        BEGIN(bits);                                                                                                   \
        type before = call(address, value, __ATOMIC_SEQ_CST);                                                          \
        END(kind, before, *address);                                                                                   \
        return before;                                                                                                 \
    }

#define COMPARE(bits, type, word)                                                                                      \
    STUB int __tsan_atomic##bits##_compare_exchange_##word(volatile type *address, type *expected, type value,         \
                                                           int order, int failure);                                    \
    STUB int __tsan_atomic##bits##_compare_exchange_##word(volatile type *address, type *expected, type value,         \
                                                           int order, int failure)                                     \
    {                                                                                                                  \
        (void)order;                                                                                                   \
        (void)failure;                                                                                                 \
        BEGIN(bits);                                                                                                   \
        type before = *expected;                                                                                       \
        bool done =                                                                                                    \
            __atomic_compare_exchange_n(address, expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);          \
        END(done ? HOOKS_COMPARE_DONE : HOOKS_COMPARE_FAILED, done ? before : *expected, done ? value : *expected);    \
        return done;                                                                                                   \
    }

#define ATOMIC(bits, type)                                                                                             \
    STUB type __tsan_atomic##bits##_load(const volatile type *address, int order);                                     \
    STUB type __tsan_atomic##bits##_load(const volatile type *address, int order)                                      \
    {                                                                                                                  \
        (void)order;                                                                                                   \
        BEGIN(bits);                                                                                                   \
        type value = __atomic_load_n(address, __ATOMIC_SEQ_CST);                                                       \
        END(HOOKS_LOAD, value, value);                                                                                 \
        return value;                                                                                                  \
    }                                                                                                                  \
    STUB void __tsan_atomic##bits##_store(volatile type *address, type value, int order);                              \
    STUB void __tsan_atomic##bits##_store(volatile type *address, type value, int order)                               \
    {                                                                                                                  \
        (void)order;                                                                                                   \
        BEGIN(bits);                                                                                                   \
        type before = __atomic_load_n(address, __ATOMIC_SEQ_CST);                                                      \
        __atomic_store_n(address, value, __ATOMIC_SEQ_CST);                                                            \
        END(HOOKS_STORE, before, value);                                                                               \
    }                                                                                                                  \
    FETCH(bits, type, exchange, HOOKS_EXCHANGE, __atomic_exchange_n)                                                   \
    FETCH(bits, type, fetch_add, HOOKS_ADD, __atomic_fetch_add)                                                        \
    FETCH(bits, type, fetch_sub, HOOKS_SUB, __atomic_fetch_sub)                                                        \
    FETCH(bits, type, fetch_and, HOOKS_AND, __atomic_fetch_and)                                                        \
    FETCH(bits, type, fetch_or, HOOKS_OR, __atomic_fetch_or)                                                           \
    FETCH(bits, type, fetch_xor, HOOKS_XOR, __atomic_fetch_xor)                                                        \
    FETCH(bits, type, fetch_nand, HOOKS_NAND, __atomic_fetch_nand)                                                     \
    COMPARE(bits, type, strong)                                                                                        \
    COMPARE(bits, type, weak)                                                                                          \
    STUB type __tsan_atomic##bits##_compare_exchange_val(volatile type *address, type expected, type value, int order, \
                                                         int failure);                                                 \
    STUB type __tsan_atomic##bits##_compare_exchange_val(volatile type *address, type expected, type value, int order, \
                                                         int failure)                                                  \
    {                                                                                                                  \
        (void)order;                                                                                                   \
        (void)failure;                                                                                                 \
        BEGIN(bits);                                                                                                   \
        type before = expected;                                                                                        \
        bool done = __atomic_compare_exchange_n(address, &before, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);   \
        END(done ? HOOKS_COMPARE_DONE : HOOKS_COMPARE_FAILED, before, done ? value : before);                          \
        return before;                                                                                                 \
    }

ATOMIC(8, int8_t)
ATOMIC(16, int16_t)
ATOMIC(32, int32_t)
ATOMIC(64, int64_t)

/* ---- basic blocks, so that a task which computes without end is stopped at a place that can be repeated ---- */
static __thread uint32_t blocks;

STUB void __sanitizer_cov_trace_pc(void);
STUB void __sanitizer_cov_trace_pc(void)
{
    if (lockstep_hooks.budget == 0 || ++blocks < lockstep_hooks.budget)
        return;
    blocks = 0;
    if (lockstep_hooks.block)
        lockstep_hooks.block(HERE);
}
