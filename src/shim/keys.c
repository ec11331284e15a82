/* What makes two uses of an object the same object: its address in the process, or its place in what is mapped, where
 * several processes map it. */
#include "shim/shim.h"

struct record_key key_of_address(enum object_kind kind, const volatile void *address, size_t size)
{
    struct record_key key = {.a = (uint64_t)(uintptr_t)address,
                             .address = (uint64_t)(uintptr_t)address,
                             .kind = (uint8_t)kind,
                             .space = KEY_PRIVATE,
                             .size = (uint16_t)size,
                             .descriptor = -1};
    shim_shared_key(&key);
    return key;
}

struct record_key key_of_slot(uint32_t slot)
{
    return (struct record_key){.a = slot, .kind = OBJECT_thread, .space = KEY_TASK, .descriptor = -1};
}

struct record_key key_of_process(int64_t pid)
{
    return (struct record_key){.a = (uint64_t)pid, .kind = OBJECT_process, .space = KEY_PROCESS, .descriptor = -1};
}
