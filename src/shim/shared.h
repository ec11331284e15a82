/* The table of shared mappings, for the wrappers that map and unmap. */
#ifndef LOCKSTEP_SHIM_SHARED_H
#define LOCKSTEP_SHIM_SHARED_H

#include <stddef.h>

/* Nothing shared is mapped in these bytes any more. */
void shim_shared_forget(const volatile void *address, size_t length);
/* The mapping that begins here is gone, however long it was. */
void shim_shared_forget_at(const volatile void *address);

#endif
