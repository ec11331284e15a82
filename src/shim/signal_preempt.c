/* Preemption by the clock: lockstep's own signal takes the CPU from a task that computes without end, where the program
 * counter is in the guest's own code. Inside the C library the task may hold a lock of malloc or stdio: it goes on. */
#include "shim/signal.h"

#include <link.h>
#include <ucontext.h>

#define LIBRARIES_MAX 32u

/* Code of the C library and its like, learned once: the handler may take no lock. */
static struct {
    uint64_t start, end;
} libraries[LIBRARIES_MAX];
static uint32_t library_count;

uint64_t signal_context_frame(const void *context)
{
    const ucontext_t *interrupted = context;
#if defined(__x86_64__)
    return (uint64_t)interrupted->uc_mcontext.gregs[REG_RBP];
#else
    return interrupted->uc_mcontext.regs[29];
#endif
}

static uint64_t context_pc(const void *context)
{
    const ucontext_t *interrupted = context;
#if defined(__x86_64__)
    return (uint64_t)interrupted->uc_mcontext.gregs[REG_RIP];
#else
    return interrupted->uc_mcontext.pc;
#endif
}

void signal_context_block(void *context, uint64_t bits)
{
    ucontext_t *interrupted = context;
    uint64_t mask = signal_bits(&interrupted->uc_sigmask) | bits;
    memcpy(&interrupted->uc_sigmask, &mask, sizeof mask);
}

static bool is_system(const char *path)
{
    static const char *const names[] = {"libc.so",    "libc-2",   "ld-linux",  "libpthread",  "librt",   "libdl",
                                        "linux-vdso", "libgcc_s", "libstdc++", "liblockstep", "libtsan", "libasan"};
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(name, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static int library_learn(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size, (void)unused;
    if (!info->dlpi_name || !is_system(info->dlpi_name))
        return 0;
    for (unsigned i = 0; i < info->dlpi_phnum && library_count < LIBRARIES_MAX; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
            continue;
        libraries[library_count].start = info->dlpi_addr + part->p_vaddr;
        libraries[library_count++].end = info->dlpi_addr + part->p_vaddr + part->p_memsz;
    }
    return 0;
}

static bool in_library(uint64_t pc)
{
    for (uint32_t i = 0; i < library_count; i++)
        if (pc >= libraries[i].start && pc < libraries[i].end)
            return true;
    return false;
}

static void preempt(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info;
    struct shim_thread *self = &shim_self;
    if (!self->slot || self->ended)
        return;
    uint64_t pc = context_pc(context);
    struct step step;
    uint64_t frame[2] = {signal_context_frame(context), 0};
    if (self->busy || atomic_load(&self->slot->held) || in_library(pc) ||
        !step_begin_at(&step, OPERATION_thread_compute, (void *)(uintptr_t)pc, frame)) {
        atomic_store(&self->slot->preempted, 1);
        return;
    }
    step_ask(&step);
    step_got(&step, OUTCOME_preempted, 0, 0);
}

void signal_preempt_start(void)
{
    int number = shim_process.gate->preempt_signal;
    if (number < 1 || number > 64 || number == 32 || number == 33)
        return;
    dl_iterate_phdr(library_learn, NULL);
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_RESTART};
    action.sa_sigaction = preempt;
    sigemptyset(&action.sa_mask);
    REAL(sigaction)(number, &action, NULL);
    uint64_t bit = signal_bit(number);
    system_mask(SIG_UNBLOCK, &bit, NULL);
}
