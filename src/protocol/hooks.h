/* The table through which code built by `lockstep cc` tells its loads, stores, atomic operations and basic blocks. The
 * stubs linked into the guest define it, empty; the preloaded shim fills it. Empty entries do nothing, so the program
 * also runs alone. */
#ifndef LOCKSTEP_PROTOCOL_HOOKS_H
#define LOCKSTEP_PROTOCOL_HOOKS_H

#include <stdint.h>

#define HOOKS_VERSION 1u
#define HOOKS_SYMBOL "lockstep_hooks"

/* Room for a step of the shim's on the stub's stack; its contents are the shim's business. */
struct hooks_step {
    _Alignas(16) unsigned char room[512];
};

enum hooks_atomic {
    HOOKS_LOAD,
    HOOKS_STORE,
    HOOKS_EXCHANGE,
    HOOKS_ADD,
    HOOKS_SUB,
    HOOKS_AND,
    HOOKS_OR,
    HOOKS_XOR,
    HOOKS_NAND,
    HOOKS_COMPARE_DONE,
    HOOKS_COMPARE_FAILED
};

/* `pc`: return address into the guest's code. `frame`: frame address of the stub, whose first word is the caller's frame
 * pointer. */
struct hooks {
    uint32_t version; /* HOOKS_VERSION of the stubs */
    uint32_t budget;  /* basic blocks after which `block` is called; 0: never */
    void (*load)(const volatile void *address, uint64_t size, void *pc, void *frame);
    void (*store)(const volatile void *address, uint64_t size, void *pc, void *frame);
    /* Before an atomic operation: 0 = not a step, atomic_end must not be called. */
    int (*atomic_begin)(struct hooks_step *, const volatile void *address, uint64_t size, void *pc, void *frame);
    void (*atomic_end)(struct hooks_step *, enum hooks_atomic kind, int64_t before, int64_t after);
    void (*block)(void *pc, void *frame);
};

#endif
