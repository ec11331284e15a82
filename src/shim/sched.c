/* Priorities and processors: the model's own. The calls that set them succeed, as they would for a user who may, and
 * tell the model (thread.priority); the kernel's are left alone, as lockstep schedules. */
#include "shim/sched.h"

#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define HERE __builtin_return_address(0), __builtin_frame_address(0)
#define CPUS_MAX 1024u

/* By slot; valid while `tid` is that slot's task. */
struct kept {
    int32_t tid;
    int policy, priority;
    cpu_set_t cpus;
    bool cpus_set;
};
static struct kept kept[GATE_SLOTS];
static int nice_value;
static bool nice_known;

static bool is_kept(void)
{
    return shim_process.gate && !shim_process.live && shim_self.slot && *shim_alive;
}

static struct kept *of_slot(uint32_t slot)
{
    int32_t tid = shim_process.gate->slot[slot].tid;
    if (kept[slot].tid != tid)
        kept[slot] = (struct kept){.tid = tid};
    return &kept[slot];
}

void sched_after_fork(uint32_t parent, uint32_t child)
{
    struct kept mine = *of_slot(parent);
    mine.tid = (int32_t)SYSTEM(SYS_getpid, 0);
    kept[child] = mine;
}

const pthread_attr_t *sched_attributes(const pthread_attr_t *given, pthread_attr_t *copy)
{
    int inherits = PTHREAD_INHERIT_SCHED;
    if (!given || pthread_attr_getinheritsched(given, &inherits) != 0 || inherits == PTHREAD_INHERIT_SCHED)
        return given;
    memcpy(copy, given, sizeof *copy);
    pthread_attr_setinheritsched(copy, PTHREAD_INHERIT_SCHED);
    return copy;
}

void sched_thread_created(const pthread_attr_t *given, uint32_t slot)
{
    int inherits = PTHREAD_INHERIT_SCHED;
    struct sched_param parameters = {0};
    struct kept *fresh = of_slot(slot), *mine = of_slot(shim_self.index);
    fresh->policy = mine->policy;
    fresh->priority = mine->priority;
    if (!given || pthread_attr_getinheritsched(given, &inherits) != 0 || inherits == PTHREAD_INHERIT_SCHED)
        return;
    pthread_attr_getschedpolicy(given, &fresh->policy);
    pthread_attr_getschedparam(given, &parameters);
    fresh->priority = parameters.sched_priority;
}

/* ---- telling ---- */
static void priority_step(struct record_key object, int64_t priority, int64_t tid, void *pc, void *frame)
{
    struct step step;
    if (!step_begin_at(&step, OPERATION_thread_priority, pc, frame))
        return;
    step.record.object = object;
    step.record.argument[0] = priority;
    step.record.argument[1] = tid;
    step_ask(&step);
    step_result(&step, 0, 0);
}

static int bad_policy(int policy, const struct sched_param *parameters)
{
    int base = policy & ~SCHED_RESET_ON_FORK;
    if (base != SCHED_OTHER && base != SCHED_FIFO && base != SCHED_RR && base != SCHED_BATCH && base != SCHED_IDLE)
        return EINVAL;
    int least = sched_get_priority_min(base), most = sched_get_priority_max(base);
    return !parameters || parameters->sched_priority < least || parameters->sched_priority > most ? EINVAL : 0;
}

/* ---- threads ---- */
SHIM_EXPORT int pthread_setschedparam(pthread_t thread, int policy, const struct sched_param *parameters)
{
    uint32_t slot = is_kept() ? shim_thread_slot(thread) : GATE_SLOTS;
    if (slot >= GATE_SLOTS)
        return REAL(pthread_setschedparam)(thread, policy, parameters);
    if (bad_policy(policy, parameters))
        return EINVAL;
    of_slot(slot)->policy = policy;
    of_slot(slot)->priority = parameters->sched_priority;
    priority_step(key_of_slot(slot), parameters->sched_priority, 0, HERE);
    return 0;
}

SHIM_EXPORT int pthread_getschedparam(pthread_t thread, int *policy, struct sched_param *parameters)
{
    uint32_t slot = is_kept() ? shim_thread_slot(thread) : GATE_SLOTS;
    if (slot >= GATE_SLOTS)
        return REAL(pthread_getschedparam)(thread, policy, parameters);
    *policy = of_slot(slot)->policy;
    parameters->sched_priority = of_slot(slot)->priority;
    return 0;
}

SHIM_EXPORT int pthread_setschedprio(pthread_t thread, int priority)
{
    uint32_t slot = is_kept() ? shim_thread_slot(thread) : GATE_SLOTS;
    if (slot >= GATE_SLOTS)
        return REAL(pthread_setschedprio)(thread, priority);
    struct sched_param parameters = {.sched_priority = priority};
    if (bad_policy(of_slot(slot)->policy, &parameters))
        return EINVAL;
    of_slot(slot)->priority = priority;
    priority_step(key_of_slot(slot), priority, 0, HERE);
    return 0;
}

/* ---- by number: 0 and our own are this task; another's is asked for and told, and not kept ---- */
static bool is_self(pid_t id)
{
    return id == 0 || id == shim_self.tid;
}

static int fail(int error)
{
    errno = error;
    return -1;
}

static int set_by_number(pid_t id, int policy, const struct sched_param *parameters, void *pc, void *frame)
{
    if (id < 0 || bad_policy(policy, parameters))
        return fail(EINVAL);
    if (!is_self(id) && REAL(sched_getscheduler)(id) < 0)
        return -1;
    if (is_self(id)) {
        of_slot(shim_self.index)->policy = policy;
        of_slot(shim_self.index)->priority = parameters->sched_priority;
    }
    priority_step(is_self(id) ? key_of_slot(shim_self.index) : key_of_process(id), parameters->sched_priority,
                  is_self(id) ? 0 : id, pc, frame);
    return 0;
}

SHIM_EXPORT int sched_setscheduler(pid_t id, int policy, const struct sched_param *parameters)
{
    return is_kept() ? set_by_number(id, policy, parameters, HERE) : REAL(sched_setscheduler)(id, policy, parameters);
}

SHIM_EXPORT int sched_setparam(pid_t id, const struct sched_param *parameters)
{
    if (!is_kept())
        return REAL(sched_setparam)(id, parameters);
    return set_by_number(id, is_self(id) ? of_slot(shim_self.index)->policy : SCHED_OTHER, parameters, HERE);
}

SHIM_EXPORT int sched_getparam(pid_t id, struct sched_param *parameters)
{
    if (!is_kept() || !is_self(id) || !parameters)
        return REAL(sched_getparam)(id, parameters);
    parameters->sched_priority = of_slot(shim_self.index)->priority;
    return 0;
}

SHIM_EXPORT int sched_getscheduler(pid_t id)
{
    return is_kept() && is_self(id) ? of_slot(shim_self.index)->policy : REAL(sched_getscheduler)(id);
}

/* ---- nice values: the smaller, the more important ---- */
static int nice_now(void)
{
    if (!nice_known) {
        /* The contained guest is started with a nice value of lockstep's own: it begins with 0. */
        nice_known = true;
        nice_value = 0;
    }
    return nice_value;
}

static void nice_set(int64_t value, void *pc, void *frame)
{
    nice_now();
    nice_value = value < -20 ? -20 : value > 19 ? 19 : (int)value;
    priority_step(key_of_slot(shim_self.index), -nice_value, 0, pc, frame);
}

SHIM_EXPORT int nice(int increment)
{
    if (!is_kept())
        return REAL(nice)(increment);
    nice_set((int64_t)nice_now() + increment, HERE);
    return nice_value;
}

static bool of_this_process(__priority_which_t which, id_t who)
{
    return which == PRIO_PROCESS && (who == 0 || who == (id_t)shim_process.pid || who == (id_t)shim_self.tid);
}

SHIM_EXPORT int setpriority(__priority_which_t which, id_t who, int value)
{
    if (!is_kept())
        return REAL(setpriority)((int)which, who, value);
    if (of_this_process(which, who)) {
        nice_set(value, HERE);
        return 0;
    }
    errno = 0;
    if (REAL(getpriority)((int)which, who) == -1 && errno)
        return -1; /* no such process, or a malformed question */
    if (which == PRIO_PROCESS)
        priority_step(key_of_process((int64_t)who), -value, (int64_t)who, HERE);
    return 0;
}

SHIM_EXPORT int getpriority(__priority_which_t which, id_t who)
{
    if (!is_kept() || !of_this_process(which, who))
        return REAL(getpriority)((int)which, who);
    return nice_now();
}

/* ---- processors: the machine's own set, whatever lockstep has pinned the guest to ---- */
static cpu_set_t machine;
static size_t machine_size; /* bytes in use, a multiple of 8; 0: not yet read */

static unsigned digits(const char **at)
{
    unsigned value = 0;
    while (**at >= '0' && **at <= '9')
        value = value * 10 + (unsigned)(*(*at)++ - '0');
    return value;
}

/* /sys/devices/system/cpu/online: "0-3,6" */
static void machine_read(void)
{
    char text[512] = "";
    if (machine_size)
        return;
    machine_size = 8;
    CPU_SET(0, &machine);
    long descriptor = SYSTEM(SYS_openat, AT_FDCWD, "/sys/devices/system/cpu/online", O_RDONLY | O_CLOEXEC, 0);
    if (descriptor < 0)
        return;
    SYSTEM(SYS_read, descriptor, text, sizeof text - 1);
    SYSTEM(SYS_close, descriptor);
    CPU_ZERO(&machine);
    for (const char *at = text; *at >= '0' && *at <= '9';) {
        unsigned first = digits(&at), last = first;
        if (*at == '-')
            at++, last = digits(&at);
        for (unsigned cpu = first; cpu <= last && cpu < CPUS_MAX; cpu++) {
            CPU_SET(cpu, &machine);
            machine_size = (cpu / 64 + 1) * 8 > machine_size ? (cpu / 64 + 1) * 8 : machine_size;
        }
        if (*at == ',')
            at++;
    }
    if (CPU_COUNT(&machine) == 0)
        CPU_SET(0, &machine);
}

static int affinity_get(struct kept *task, size_t size, cpu_set_t *set)
{
    machine_read();
    if (size < machine_size || size % sizeof(long) != 0)
        return EINVAL;
    const cpu_set_t *known = task->cpus_set ? &task->cpus : &machine;
    memset(set, 0, size);
    memcpy(set, known, size < sizeof *known ? size : sizeof *known);
    return 0;
}

static int affinity_set(struct kept *task, size_t size, const cpu_set_t *set)
{
    cpu_set_t given;
    machine_read();
    CPU_ZERO(&given);
    memcpy(&given, set, size < sizeof given ? size : sizeof given);
    CPU_AND(&given, &given, &machine);
    if (CPU_COUNT(&given) == 0)
        return EINVAL;
    task->cpus = given;
    task->cpus_set = true;
    return 0;
}

SHIM_EXPORT int sched_getaffinity(pid_t id, size_t size, cpu_set_t *set)
{
    if (!is_kept() || id < 0)
        return REAL(sched_getaffinity)(id, size, set);
    struct kept nobody = {0};
    int error = affinity_get(is_self(id) ? of_slot(shim_self.index) : &nobody, size, set);
    return error ? fail(error) : 0;
}

SHIM_EXPORT int sched_setaffinity(pid_t id, size_t size, const cpu_set_t *set)
{
    if (!is_kept() || id < 0)
        return REAL(sched_setaffinity)(id, size, set);
    struct kept nobody = {0};
    int error = affinity_set(is_self(id) ? of_slot(shim_self.index) : &nobody, size, set);
    return error ? fail(error) : 0;
}

SHIM_EXPORT int pthread_getaffinity_np(pthread_t thread, size_t size, cpu_set_t *set)
{
    uint32_t slot = is_kept() ? shim_thread_slot(thread) : GATE_SLOTS;
    return slot < GATE_SLOTS ? affinity_get(of_slot(slot), size, set) : REAL(pthread_getaffinity_np)(thread, size, set);
}

SHIM_EXPORT int pthread_setaffinity_np(pthread_t thread, size_t size, const cpu_set_t *set)
{
    uint32_t slot = is_kept() ? shim_thread_slot(thread) : GATE_SLOTS;
    return slot < GATE_SLOTS ? affinity_set(of_slot(slot), size, set) : REAL(pthread_setaffinity_np)(thread, size, set);
}
