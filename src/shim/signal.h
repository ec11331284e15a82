/* Signals as the shim's files share them: the guest's handlers behind one trampoline, masks, and what wrappers of other
 * families need of them. */
#ifndef LOCKSTEP_SHIM_SIGNAL_H
#define LOCKSTEP_SHIM_SIGNAL_H

#include "shim/shim.h"

#include <string.h>

static inline uint64_t signal_bit(int number)
{
    return number >= 1 && number <= 64 ? UINT64_C(1) << (number - 1) : 0;
}

/* The kernel's 64 bits of a sigset_t, and back. */
static inline uint64_t signal_bits(const sigset_t *set)
{
    uint64_t bits;
    memcpy(&bits, set, sizeof bits);
    return bits;
}

static inline void signal_set(sigset_t *set, uint64_t bits)
{
    memset(set, 0, sizeof *set);
    memcpy(set, &bits, sizeof bits);
}

/* Signals that the guest may neither block nor wait for: ours for preemption, and the C library's 32 and 33. */
uint64_t signal_reserved(void);

/* In a process that is observed: its calls on signals go through our table, steps or not. */
static inline bool signal_kept(void)
{
    return shim_process.gate && !shim_process.live;
}

/* What sigaction(2) says and does, through the table; 0 or an errno number. No step. */
int signal_action_set(int number, const struct sigaction *action, struct sigaction *old);

/* The step signal.action around it; 0, or -1 and errno. */
int signal_action_step(int number, const struct sigaction *action, struct sigaction *old, void *pc, void *frame);

/* The step signal.mask; 0 or an errno number. */
int signal_mask_step(int how, const sigset_t *set, sigset_t *old, void *pc, void *frame);

/* Makes sure that step->old_mask holds the guest's mask and is put back at the step's end. */
void signal_mask_take(struct step *step);

/* Lets what is pending and allowed by the guest's own mask be handled now, inside the granted step, and leaves the
 * guest's mask in place: before what copies the mask into a new program. */
void signal_doors_open(struct step *step);
/* Back inside the step, if that program could not be started. */
void signal_doors_close(struct step *step);

/* A signal came to a task in the shim that had not blocked it (its handler is younger than the step): it was put back,
 * blocked. At the end of a step that had not masked: lets it come. */
void signal_deferred_open(void);
extern __thread uint64_t signal_deferred;

/* Of an interrupted context (signal_preempt.c): its frame pointer; blocking signals in the mask that it goes on with. */
uint64_t signal_context_frame(const void *context);
void signal_context_block(void *context, uint64_t bits);
void signal_preempt_start(void);

/* Once per image: the preemption handler, and handlers that were there before us. */
void signal_start(void);

#endif
