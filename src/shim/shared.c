/* Objects in memory that several processes map: which mapped object, and where in it. The table is learned from the
 * kernel's own list of mappings whenever the guest maps something shared. */
#include "shim/shared.h"

#include "shim/shim.h"

#include <string.h>
#include <sys/mman.h>

#define SHARED_MAX 64u

static struct {
    uint64_t start, end, offset, inode; /* inode: with the device in the upper bits */
} shared[SHARED_MAX];
static uint32_t shared_count;

void shim_shared_key(struct record_key *key)
{
    for (uint32_t i = 0; i < shared_count; i++)
        if (key->a >= shared[i].start && key->a < shared[i].end) {
            key->a = key->a - shared[i].start + shared[i].offset;
            key->b = shared[i].inode;
            key->space = KEY_SHARED;
            return;
        }
}

static uint64_t number(const char **at, unsigned base)
{
    uint64_t value = 0;
    for (;; (*at)++) {
        unsigned digit = **at >= '0' && **at <= '9'   ? (unsigned)(**at - '0')
                         : **at >= 'a' && **at <= 'f' ? (unsigned)(**at - 'a') + 10
                                                      : 99;
        if (digit >= base)
            return value;
        value = value * base + digit;
    }
}

/* What was mapped there is gone, or something else takes its place. */
void shim_shared_forget(const volatile void *address, size_t length)
{
    uint64_t start = (uint64_t)(uintptr_t)address, end = start + length;
    for (uint32_t i = 0; i < shared_count; i++) {
        if (shared[i].end <= start || shared[i].start >= end)
            continue;
        if (shared[i].start < start && shared[i].end > end && shared_count < SHARED_MAX) {
            shared[shared_count] = shared[i]; /* a hole in the middle: the upper part is an entry of its own */
            shared[shared_count].offset += end - shared[i].start;
            shared[shared_count++].start = end;
            shared[i].end = start;
        } else if (shared[i].start < start) {
            shared[i].end = start;
        } else if (shared[i].end > end) {
            shared[i].offset += end - shared[i].start;
            shared[i].start = end;
        } else {
            shared[i--] = shared[--shared_count];
        }
    }
}

void shim_shared_forget_at(const volatile void *address)
{
    for (uint32_t i = 0; i < shared_count; i++)
        if (shared[i].start == (uint64_t)(uintptr_t)address)
            shared[i--] = shared[--shared_count];
}

/* One line of /proc/self/maps (proc(5)): start-end perms offset major:minor inode path. */
static void line_learn(const char *line, uint64_t address)
{
    const char *at = line;
    uint64_t start = number(&at, 16);
    at++;
    uint64_t end = number(&at, 16);
    if (address < start || address >= end || strlen(at) < 6 || at[4] != 's')
        return;
    at += 6;
    uint64_t offset = number(&at, 16);
    at++;
    uint64_t major = number(&at, 16);
    at++;
    uint64_t minor = number(&at, 16);
    at++;
    uint64_t inode = number(&at, 10);
    for (uint32_t i = 0; i < shared_count; i++)
        if (shared[i].start == start && shared[i].end == end)
            shared_count--, shared[i] = shared[shared_count], i--;
    if (shared_count < SHARED_MAX) {
        shared[shared_count].start = start;
        shared[shared_count].end = end;
        shared[shared_count].offset = offset;
        shared[shared_count++].inode = major << 52 | minor << 40 | (inode & 0xFFFFFFFFFF);
    }
}

void shim_shared_discover(const volatile void *address)
{
    char buffer[4096];
    size_t kept = 0;
    long descriptor = SYSTEM(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
    if (descriptor < 0)
        return;
    for (;;) {
        long got = SYSTEM(SYS_read, descriptor, buffer + kept, sizeof buffer - 1 - kept);
        if (got <= 0)
            break;
        kept += (size_t)got;
        buffer[kept] = 0;
        char *line = buffer, *end;
        while ((end = strchr(line, '\n'))) {
            *end = 0;
            line_learn(line, (uint64_t)(uintptr_t)address);
            line = end + 1;
        }
        kept = strlen(line);
        memmove(buffer, line, kept);
        if (kept >= sizeof buffer - 1)
            kept = 0;
    }
    SYSTEM(SYS_close, descriptor);
}
