/* Memory steps; see memory.c. */
#ifndef LOCKSTEP_SHIM_MEMORY_H
#define LOCKSTEP_SHIM_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* Once per image: fills the table of the guest's stubs, if it has them. */
void shim_memory_start(void);
/* Once per thread, in the thread, before it is held for the first time. */
void shim_memory_thread(bool main_thread);
/* The thread is about to go on with this stack pointer; [low, top) is what its context says that its stack is (0, 0: not
 * known). Its own stack does not step. */
void shim_memory_stack(uintptr_t low, uintptr_t top, uintptr_t pointer);
/* What memory holds there now: sign-extended; of more than eight bytes the first eight. */
int64_t shim_memory_value(const volatile void *address, uint64_t size);
/* The last record appended is a store's: its value is to be read when the task has its next word. */
void shim_patch_later(const volatile void *address, uint64_t size);

#endif
