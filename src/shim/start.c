/* The shim's beginning in a process image: finds the run by its environment, maps the gate, binds the real functions,
 * hides its traces from the guest (environment, descriptors) and says hello. Without a run in the environment the shim
 * does nothing but pass every call through. */
#include "shim/live.h"
#include "shim/shim.h"

#include "shim/memory.h"
#include "shim/process.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

struct shim_process shim_process = {.channel = -1};
struct shim_calls shim_real;

static volatile uint32_t never_wiped = 1;
volatile uint32_t *shim_alive = &never_wiped;

#define CALL_DEFAULT NULL
#if defined(__x86_64__)
#define CALL_COND                                                                                                      \
    "GLIBC_2.3.2" /* before it, condition variables had another layout (glibc, nptl/old_pthread_cond_*.c) */
#else
#define CALL_COND NULL
#endif

static const struct {
    const char *name, *version;
    size_t offset;
} bindings[] = {
#define CALL(call, operation, wanted, result, parameters)                                                              \
    {.name = #call, .version = (wanted), .offset = offsetof(struct shim_calls, call)},
#include "operations/calls.def"
#undef CALL
};

void shim_bind(void)
{
    for (size_t i = 0; i < sizeof bindings / sizeof *bindings; i++) {
        void **pointer = (void **)((char *)&shim_real + bindings[i].offset);
        if (*pointer)
            continue;
        if (bindings[i].version)
            *pointer = dlvsym(RTLD_NEXT, bindings[i].name, bindings[i].version);
        if (!*pointer)
            *pointer = dlsym(RTLD_NEXT, bindings[i].name);
    }
}

/* Moves a descriptor of ours above what the guest may use, as loops over its table expect it not to be there. */
static int hide(int descriptor)
{
    struct rlimit limit, high;
    if (descriptor < 0 || SYSTEM(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) != 0)
        return descriptor;
    high = limit;
    rlim_t wanted = limit.rlim_cur + 8;
    if (high.rlim_max < wanted)
        wanted = high.rlim_max; /* as high as we may; then it is below the soft limit and the wrappers protect it */
    high.rlim_cur = wanted;
    SYSTEM(SYS_prlimit64, 0, RLIMIT_NOFILE, &high, NULL);
    long from = limit.rlim_cur < limit.rlim_max ? (long)limit.rlim_cur : (long)limit.rlim_cur - 8;
    long hidden = SYSTEM(SYS_fcntl, descriptor, F_DUPFD_CLOEXEC, from);
    SYSTEM(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
    if (hidden < 0)
        return descriptor;
    SYSTEM(SYS_close, descriptor);
    return (int)hidden;
}

static void path_join(char *out, size_t size, const char *folder, const char *name)
{
    size_t length = strlen(folder);
    if (length + strlen(name) + 2 > size) {
        out[0] = 0;
        return;
    }
    memcpy(out, folder, length);
    out[length] = '/';
    strcpy(out + length + 1, name);
}

void shim_limit_raise(struct rlimit *before, rlim_t room)
{
    if (SYSTEM(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, before) != 0)
        before->rlim_cur = before->rlim_max = 0;
    struct rlimit high = *before;
    high.rlim_cur = high.rlim_max - before->rlim_cur < room ? high.rlim_max : before->rlim_cur + room;
    if (before->rlim_max)
        SYSTEM(SYS_prlimit64, 0, RLIMIT_NOFILE, &high, NULL);
}

void shim_limit_restore(const struct rlimit *before)
{
    if (before->rlim_max)
        SYSTEM(SYS_prlimit64, 0, RLIMIT_NOFILE, before, NULL);
}

bool shim_channel_open(void)
{
    char path[300];
    struct rlimit before;
    path_join(path, sizeof path, shim_process.run, GATE_PIPE);
    shim_limit_raise(&before, 16); /* the guest may have used up all that it has */
    long descriptor = SYSTEM(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    shim_limit_restore(&before);
    shim_process.channel = descriptor < 0 ? -1 : hide((int)descriptor);
    return shim_process.channel >= 0;
}

static bool gate_map(void)
{
    char path[300];
    path_join(path, sizeof path, shim_process.run, GATE_FILE);
    long descriptor = SYSTEM(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
    if (descriptor < 0)
        return false;
    long at = SYSTEM(SYS_mmap, 0, GATE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    SYSTEM(SYS_close, descriptor);
    if (at < 0 && at > -4096)
        return false;
    struct gate *gate = (struct gate *)at;
    if (gate->magic != RECORD_MAGIC || gate->version != GATE_VERSION || gate->slots != GATE_SLOTS ||
        gate->operations != operation_table_number()) {
        SYSTEM(SYS_munmap, at, GATE_SIZE);
        return false;
    }
    shim_process.gate = gate;
    return true;
}

static const char *environment_get(char **environment, const char *name)
{
    size_t length = strlen(name);
    for (char **at = environment; at && *at; at++)
        if (strncmp(*at, name, length) == 0 && (*at)[length] == '=')
            return *at + length + 1;
    return NULL;
}

/* The guest sees its environment as it would be without us; exec wrappers put ours back. */
static void environment_hide(char **environment)
{
    char **to = environment;
    const char *preload = environment_get(environment, "LD_PRELOAD");
    const char *others = preload ? strchr(preload, ':') : NULL; /* ours is the first entry */
    for (char **at = environment; *at; at++) {
        if (strncmp(*at, "LOCKSTEP_RUN=", 13) == 0 || strncmp(*at, "LOCKSTEP_SLOT=", 14) == 0)
            continue;
        if (preload && *at + 11 == preload) {
            if (!others || !others[1])
                continue;
            memmove(*at + 11, others + 1, strlen(others + 1) + 1);
        }
        *to++ = *at;
    }
    *to = NULL;
}

static void alive_page(void)
{
    long at = SYSTEM(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at < 0 && at > -4096)
        return;
    *(volatile uint32_t *)at = 1;
    if (SYSTEM(SYS_madvise, at, 4096, MADV_WIPEONFORK) == 0)
        shim_alive = (volatile uint32_t *)at;
}

void shim_hello(int32_t parent, bool image)
{
    struct record hello;
    shim_record_init(&hello, RECORD_HELLO, OPERATION_process_start);
    hello.argument[0] = parent;
    hello.argument[1] = image;
    shim_append(&hello, NULL, 0);
}

__attribute__((constructor(101))) static void shim_start(int count, char **arguments, char **environment)
{
    (void)count;
    (void)arguments;
    shim_bind();
    const char *run = environment_get(environment, GATE_ENVIRONMENT_RUN);
    const char *slot = environment_get(environment, GATE_ENVIRONMENT_SLOT);
    const char *preload = environment_get(environment, "LD_PRELOAD");
    if (!run || !slot || strlen(run) >= sizeof shim_process.run)
        return;
    strcpy(shim_process.run, run);
    uint32_t index = (uint32_t)strtoul(slot, NULL, 10);
    if (preload && strlen(preload) < sizeof shim_process.preload) {
        strcpy(shim_process.preload, preload);
        char *end = strchr(shim_process.preload, ':');
        if (end)
            *end = 0;
    }
    if (index >= GATE_SLOTS || !gate_map())
        return;
    shim_process.pid = (int32_t)SYSTEM(SYS_getpid, 0);
    shim_process.live = shim_process.gate->mode == GATE_LIVE;
    shim_process.tasks_ever = 1;
    alive_page();
    environment_hide(environment);
    shim_channel_open();
    shim_self.slot = &shim_process.gate->slot[index];
    shim_self.index = index;
    shim_self.tid = shim_process.pid;
    if (shim_process.live) {
        live_start();
        shim_thread_key_create();
        shim_process_start();
        return;
    }
    shim_process.helper = shim_is_helper(index);
    shim_hello((int32_t)SYSTEM(SYS_getppid, 0), true);
    shim_thread_key_create();
    shim_thread_register(pthread_self(), index);
    shim_process_start();
    shim_memory_start();
    shim_memory_thread(true);
    shim_task_start(index, OPERATION_process_start);
}
