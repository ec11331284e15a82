/* Memory steps; see memory.c. */
#ifndef LOCKSTEP_SHIM_MEMORY_H
#define LOCKSTEP_SHIM_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* Once per image: fills the table of the guest's stubs, if it has them. */
void shim_memory_start(void);
/* Once per thread, in the thread, before it is held for the first time. */
void shim_memory_thread(bool main_thread);
/* What memory holds there now: sign-extended; of more than eight bytes the first eight. */
int64_t shim_memory_value(const volatile void *address, uint64_t size);
/* The last record appended is a store's: its value is to be read when the task has its next word. */
void shim_patch_later(const volatile void *address, uint64_t size);

#endif
