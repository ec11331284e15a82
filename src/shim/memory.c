/* Loads, stores and atomic operations of code built by `lockstep cc` as steps, and the count of basic blocks.
 *
 * What steps (DESIGN.md 9): watched variables always; everything that another task could notice otherwise, which is
 * nothing while the process has only ever had one task, then all but the task's own stack and thread-local data. The
 * hooks return before the access itself: a load's value is what memory holds at the grant, as nobody else runs until the
 * task's next gate; a store's value is read at that gate (shim_patch). */
#include "shim/memory.h"

#include "protocol/hooks.h"
#include "shim/shim.h"

#include <dlfcn.h>
#include <string.h>

_Static_assert(sizeof(struct step) <= sizeof(struct hooks_step), "a step fits into the stub's room");

#define MAIN_STACK_MOST ((uintptr_t)64 << 20) /* further down than that is not the main thread's stack */
#define WORDS_MAX 64u                         /* bytes of a range that is told word by word; a longer one is one step */

extern void *__libc_stack_end; /* the dynamic linker's: the top of the main thread's stack */

/* The stack that the thread is on, which a switch of coroutines changes, and the one that it was born with. */
static __thread uintptr_t stack_low __attribute__((tls_model("initial-exec")));
static __thread uintptr_t stack_top __attribute__((tls_model("initial-exec")));
static __thread uintptr_t birth_low __attribute__((tls_model("initial-exec")));
static __thread uintptr_t birth_top __attribute__((tls_model("initial-exec")));

void shim_memory_thread(bool main_thread)
{
    if (main_thread) {
        birth_top = stack_top = ((uintptr_t)__libc_stack_end | 0xFFFFF) + 1; /* arguments and environment lie above */
        birth_low = birth_top - MAIN_STACK_MOST;
        return;
    }
    pthread_attr_t attributes;
    void *low;
    size_t size;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return;
    if (pthread_attr_getstack(&attributes, &low, &size) == 0) {
        birth_low = (uintptr_t)low;
        birth_top = stack_top = (uintptr_t)low + size; /* the thread's static thread-local data included */
    }
    pthread_attr_destroy(&attributes);
}

void shim_memory_stack(uintptr_t low, uintptr_t top, uintptr_t pointer)
{
    if (pointer > low && pointer <= top) {
        stack_low = low;
        stack_top = top;
    } else if (pointer > birth_low && pointer <= birth_top) {
        stack_low = 0;
        stack_top = birth_top;
    } else {
        stack_low = stack_top = 0; /* nobody knows how far it reaches: all of it steps */
    }
}

static bool watched(uintptr_t address)
{
    const struct gate *gate = shim_process.gate;
    for (uint32_t i = 0; i < gate->watch_count && i < GATE_WATCHES; i++)
        if (address - gate->watch[i].address < gate->watch[i].size)
            return true;
    return false;
}

static bool steps(const volatile void *pointer)
{
    const struct shim_thread *self = &shim_self;
    if (!self->slot || self->busy || self->ended || shim_process.live)
        return false;
    uintptr_t address = (uintptr_t)pointer;
    if (shim_process.tasks_ever <= 1) {
        if (shim_process.gate->watch_count > 0 && watched(address))
            return true;
        struct record_key key = {.a = address};
        shim_shared_key(&key);
        return key.space == KEY_SHARED;
    }
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (here >= stack_low && here < stack_top && address >= here - 256 && address < stack_top)
        return false;
    uintptr_t local = (uintptr_t)__builtin_thread_pointer();
    return address - (local - 0x10000) >= 0x11000 || watched(address);
}

static int64_t value_at(const volatile void *address, uint64_t size)
{
    switch (size) {
    case 1:
        return *(const volatile int8_t *)address;
    case 2: {
        int16_t value;
        memcpy(&value, (const void *)(uintptr_t)address, sizeof value);
        return value;
    }
    case 4: {
        int32_t value;
        memcpy(&value, (const void *)(uintptr_t)address, sizeof value);
        return value;
    }
    default: {
        int64_t value;
        memcpy(&value, (const void *)(uintptr_t)address, sizeof value);
        return value;
    }
    }
}

static bool begin(struct step *step, enum operation operation, const volatile void *address, uint64_t size, void *pc,
                  void *frame)
{
    if (!step_begin_at(step, operation, pc, frame))
        return false;
    step->record.object = key_of_address(OBJECT_variable, address, size < 0xFFFF ? size : 0xFFFF);
    step->record.argument[0] = (int64_t)size;
    step->record.argument[1] = (int64_t)(uintptr_t)address;
    step_ask(step);
    return true;
}

static void one(enum operation operation, const volatile void *address, uint64_t size, void *pc, void *frame)
{
    struct step step;
    if (!begin(&step, operation, address, size, pc, frame))
        return;
    step_got(&step, OUTCOME_done, value_at(address, size), 0);
    if (operation == OPERATION_memory_store)
        shim_patch_later(address, size);
}

/* A struct copy: the hook tells all of it before any of it is done, so the pieces have no value that could be told. */
static void piece(enum operation operation, const volatile void *address, uint64_t size, void *pc, void *frame)
{
    struct step step;
    if (!begin(&step, operation, address, size, pc, frame))
        return;
    step.record.flags |= RECORD_PIECE;
    step_got(&step, OUTCOME_done, 0, 0);
}

static void range(enum operation operation, const volatile void *address, uint64_t size, void *pc, void *frame)
{
    if (size <= 8)
        one(operation, address, size, pc, frame);
    else if (size > WORDS_MAX)
        piece(operation, address, size, pc, frame);
    else
        for (uint64_t at = 0; at < size; at += 8)
            piece(operation, (const volatile char *)address + at, size - at < 8 ? size - at : 8, pc, frame);
}

static void hook_load(const volatile void *address, uint64_t size, void *pc, void *frame)
{
    if (steps(address))
        range(OPERATION_memory_load, address, size, pc, frame);
}

static void hook_store(const volatile void *address, uint64_t size, void *pc, void *frame)
{
    if (steps(address))
        range(OPERATION_memory_store, address, size, pc, frame);
}

static int hook_atomic_begin(struct hooks_step *room, const volatile void *address, uint64_t size, void *pc,
                             void *frame)
{
    return steps(address) && begin((struct step *)(void *)room, OPERATION_memory_atomic, address, size, pc, frame);
}

static void hook_atomic_end(struct hooks_step *room, enum hooks_atomic kind, int64_t before, int64_t after)
{
    struct step *step = (struct step *)(void *)room;
    step->record.argument[2] = after;
    step->record.argument[3] = kind;
    step_got(step, OUTCOME_done, before, 0);
}

static void hook_block(void *pc, void *frame)
{
    struct step step;
    if (!step_begin_at(&step, OPERATION_thread_compute, pc, frame))
        return;
    step_ask(&step);
    step_got(&step, OUTCOME_preempted, 0, 0);
}

void shim_memory_start(void)
{
    struct hooks *hooks = dlsym(RTLD_DEFAULT, HOOKS_SYMBOL);
    if (!hooks || hooks->version != HOOKS_VERSION)
        return;
    hooks->load = hook_load;
    hooks->store = hook_store;
    hooks->atomic_begin = hook_atomic_begin;
    hooks->atomic_end = hook_atomic_end;
    hooks->block = hook_block;
    hooks->budget = shim_process.live ? 0 : shim_process.gate->compute_budget;
}

int64_t shim_memory_value(const volatile void *address, uint64_t size)
{
    return value_at(address, size);
}
