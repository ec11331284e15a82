/* Coroutines (makecontext(3)). A switch is announced and told like any step; the real switch comes after the step is over,
 * because the frames of a wrapper stay behind on the stack that is left: nothing of ours may be pending there, no door may
 * be closed to signals (a context saves the mask), and what comes after the real call may run in another thread, so there
 * is nothing after it. Contexts are never looked at but for the mask and the stack that they bring along.
 *
 * A coroutine whose function returns goes on in its successor (uc_link) without any call: its function is started by one
 * of ours, which tells that. getcontext must give its caller's context, not that of a wrapper, so it is a jump. */
#include "shim/live_write.h"
#include "shim/memory.h"
#include "shim/shim.h"
#include "shim/signal.h"

#include <stdarg.h>
#include <ucontext.h>

#define CONTEXT_ARGUMENTS 32 /* of a coroutine's function; as long as it has no more, they reach it */

static struct record_key key_of_context(const ucontext_t *context)
{
    return key_of_address(OBJECT_coroutine, context, sizeof *context);
}

static void live_told(enum operation operation, const ucontext_t *object, const ucontext_t *second,
                      struct live_place place)
{
    struct live_event event = {
        .kind = LIVE_DONE, .operation = operation, .object = key_of_context(object), .place = place};
    if (second)
        event.second = key_of_context(second);
    live_tell(&event);
}

static uintptr_t stack_pointer(const ucontext_t *context)
{
#if defined(__x86_64__)
    return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
    return (uintptr_t)context->uc_mcontext.sp;
#endif
}

/* Says where the thread is going: its stack, and in `step` the signals that will be blocked there. */
static void going_to(struct step *step, const ucontext_t *there)
{
    uintptr_t low = (uintptr_t)there->uc_stack.ss_sp;
    shim_memory_stack(low, low + there->uc_stack.ss_size, stack_pointer(there));
    uint64_t mask = signal_bits(&there->uc_sigmask);
    shim_self.slot->guest_mask = mask;
    step->record.argument[0] = (int64_t)mask;
}

static void switch_told(const ucontext_t *here, const ucontext_t *there, void *pc, void *frame)
{
    struct step step;
    if (live_on())
        live_told(OPERATION_coroutine_switch, there, here, LIVE_AT(pc, frame));
    if (!step_begin_at(&step, OPERATION_coroutine_switch, pc, frame))
        return;
    step.record.object = key_of_context(there);
    if (here)
        step.record.second = key_of_context(here);
    step_ask(&step);
    going_to(&step, there);
    step_got(&step, OUTCOME_done, 0, 0);
}

SHIM_EXPORT int swapcontext(ucontext_t *here, const ucontext_t *there)
{
    switch_told(here, there, __builtin_return_address(0), __builtin_frame_address(0));
    return REAL(swapcontext)(here, there);
}

SHIM_EXPORT int setcontext(const ucontext_t *there)
{
    switch_told(NULL, there, __builtin_return_address(0), __builtin_frame_address(0));
    return REAL(setcontext)(there);
}

static void end_told(const ucontext_t *context, const ucontext_t *successor, void *frame)
{
    struct step step;
    if (live_on())
        live_told(OPERATION_coroutine_end, context, successor, (struct live_place){.pc = 0});
    if (!step_begin_at(&step, OPERATION_coroutine_end, NULL, frame))
        return;
    step.record.object = key_of_context(context);
    if (successor)
        step.record.second = key_of_context(successor);
    step_ask(&step);
    if (successor)
        going_to(&step, successor);
    step_got(&step, OUTCOME_done, 0, 0);
}

/* What a coroutine starts with. Arguments that its function does not have do no harm in the calling conventions of our
 * machines; the C library passes each as a long. `even`: with an odd number of them on the stack, glibc's way from a
 * coroutine without a successor to exit leaves the stack misaligned (x86-64), and handlers of atexit crash. */
static void coroutine_run(long routine, long context, long successor, long even, long a0, long a1, long a2, long a3,
                          long a4, long a5, long a6, long a7, long a8, long a9, long a10, long a11, long a12, long a13,
                          long a14, long a15, long a16, long a17, long a18, long a19, long a20, long a21, long a22,
                          long a23, long a24, long a25, long a26, long a27, long a28, long a29, long a30, long a31)
{
    typedef void started(long, long, long, long, long, long, long, long, long, long, long, long, long, long, long, long,
                         long, long, long, long, long, long, long, long, long, long, long, long, long, long, long,
                         long);
    ((started *)routine)(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20,
                         a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31);
    (void)even;
    end_told((const ucontext_t *)context, (const ucontext_t *)successor, __builtin_frame_address(0));
}

SHIM_EXPORT void makecontext(ucontext_t *context, void (*routine)(void), int count, ...)
{
    long a[CONTEXT_ARGUMENTS] = {0};
    va_list arguments;
    va_start(arguments, count);
    for (int i = 0; i < count && i < CONTEXT_ARGUMENTS; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    struct step step;
    bool told = step_begin(&step, OPERATION_coroutine_create);
    if (told) {
        step.record.object = key_of_context(context);
        step_ask(&step);
    }
    REAL(makecontext)
    (context, (void (*)(void))coroutine_run, 4 + CONTEXT_ARGUMENTS, (long)routine, (long)context,
     (long)context->uc_link, 0L, a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11], a[12], a[13],
     a[14], a[15], a[16], a[17], a[18], a[19], a[20], a[21], a[22], a[23], a[24], a[25], a[26], a[27], a[28], a[29],
     a[30], a[31]);
    if (told)
        step_got(&step, OUTCOME_done, 0, 0);
    else if (live_on())
        live_told(OPERATION_coroutine_create, context, NULL, LIVE_HERE);
}

/* ---- getcontext ---- */

typedef int getcontext_call(ucontext_t *context);
getcontext_call *shim_getcontext(void);
__attribute__((used, visibility("hidden"))) getcontext_call *shim_getcontext(void)
{
    return REAL(getcontext);
}

#if defined(__x86_64__)
__asm__(".text\n"
        ".globl getcontext\n"
        ".type getcontext, @function\n"
        "getcontext:\n"
        "    .cfi_startproc\n"
        "    endbr64\n"
        "    pushq %rdi\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    call shim_getcontext\n"
        "    popq %rdi\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    jmp *%rax\n"
        "    .cfi_endproc\n"
        ".size getcontext, .-getcontext\n");
#elif defined(__aarch64__)
__asm__(".text\n"
        ".globl getcontext\n"
        ".type getcontext, @function\n"
        "getcontext:\n"
        "    .cfi_startproc\n"
        "    hint 34\n"
        "    stp x0, x30, [sp, -16]!\n"
        "    .cfi_adjust_cfa_offset 16\n"
        "    bl shim_getcontext\n"
        "    mov x16, x0\n"
        "    ldp x0, x30, [sp], 16\n"
        "    .cfi_adjust_cfa_offset -16\n"
        "    br x16\n"
        "    .cfi_endproc\n"
        ".size getcontext, .-getcontext\n");
#endif
