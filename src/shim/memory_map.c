/* Mapping and unmapping: no steps; only learns which memory several processes may share, and what of it is gone. */
#include "shim/shared.h"
#include "shim/shim.h"

#include <sys/mman.h>
#include <sys/shm.h>

static void mapped(void *address, size_t length, int flags)
{
    if (address == MAP_FAILED || !shim_process.gate)
        return;
    shim_shared_forget(address, length);
    /* MAP_SHARED_VALIDATE has the bit of MAP_SHARED, and MAP_PRIVATE has not */
    if (flags & MAP_SHARED)
        shim_shared_discover(address);
}

#define MMAP(name)                                                                                                     \
    SHIM_EXPORT void *name(void *address, size_t length, int protection, int flags, int descriptor, off_t offset)      \
    {                                                                                                                  \
        void *made = REAL(name)(address, length, protection, flags, descriptor, offset);                               \
        int error = errno;                                                                                             \
        mapped(made, length, flags);                                                                                   \
        errno = error;                                                                                                 \
        return made;                                                                                                   \
    }

MMAP(mmap)
MMAP(mmap64)

SHIM_EXPORT int munmap(void *address, size_t length)
{
    int result = REAL(munmap)(address, length);
    if (result == 0 && shim_process.gate)
        shim_shared_forget(address, length);
    return result;
}

SHIM_EXPORT void *mremap(void *address, size_t length, size_t wanted, int flags, ...)
{
    void *place = NULL;
    if (flags & MREMAP_FIXED) {
        va_list arguments;
        va_start(arguments, flags);
        place = va_arg(arguments, void *);
        va_end(arguments);
    }
    void *made = REAL(mremap)(address, length, wanted, flags, place);
    if (made == MAP_FAILED || !shim_process.gate)
        return made;
    struct record_key key = {.a = (uint64_t)(uintptr_t)address};
    shim_shared_key(&key);
    shim_shared_forget(address, length);
    shim_shared_forget(made, wanted);
    if (key.space == KEY_SHARED)
        shim_shared_discover(made);
    return made;
}

SHIM_EXPORT void *shmat(int id, const void *address, int flags)
{
    void *made = REAL(shmat)(id, address, flags);
    if (made != (void *)-1 && shim_process.gate)
        shim_shared_discover(made);
    return made;
}

SHIM_EXPORT int shmdt(const void *address)
{
    int result = REAL(shmdt)(address);
    if (result == 0 && shim_process.gate)
        shim_shared_forget_at(address);
    return result;
}
