/* Programs: the exec family. The environment of a new program is rebuilt on the caller's stack, with ours added whatever
 * the guest has done to it; the file is looked at first, and what the shim cannot enter is said. */
#include "shim/live.h"
#include "shim/process.h"
#include "shim/signal.h"

#include <alloca.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* ---- the environment ---- */
static bool ours(const char *entry)
{
    return strncmp(entry, GATE_ENVIRONMENT_RUN "=", sizeof GATE_ENVIRONMENT_RUN) == 0 ||
           strncmp(entry, GATE_ENVIRONMENT_SLOT "=", sizeof GATE_ENVIRONMENT_SLOT) == 0;
}

static const char *foreign_preload(char *const environment[])
{
    for (size_t i = 0; environment && environment[i]; i++)
        if (strncmp(environment[i], "LD_PRELOAD=", 11) == 0)
            return environment[i] + 11;
    return "";
}

#define SLOT_TEXT 32u

size_t exec_environment_size(char *const environment[])
{
    size_t entries = 4;
    for (size_t i = 0; environment && environment[i]; i++)
        entries++;
    return entries * sizeof(char *) + sizeof shim_process.run + sizeof GATE_ENVIRONMENT_RUN + SLOT_TEXT +
           sizeof shim_process.preload + strlen(foreign_preload(environment)) + 16;
}

static char *text_add(char *at, const char *text)
{
    size_t length = strlen(text);
    memcpy(at, text, length + 1);
    return at + length;
}

static char *number_add(char *at, uint32_t value)
{
    char digits[12];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    while (count > 0)
        *at++ = digits[--count];
    *at = 0;
    return at;
}

char **exec_environment(void *room, char *const environment[], uint32_t slot)
{
    size_t given = 0, count = 0;
    while (environment && environment[given])
        given++;
    char **list = room;
    char *at = (char *)room + (given + 4) * sizeof *list;
    for (size_t i = 0; i < given; i++)
        if (!ours(environment[i]) && strncmp(environment[i], "LD_PRELOAD=", 11) != 0)
            list[count++] = environment[i];
    list[count++] = at;
    at = text_add(text_add(at, GATE_ENVIRONMENT_RUN "="), shim_process.run) + 1;
    list[count++] = at;
    at = number_add(text_add(at, GATE_ENVIRONMENT_SLOT "="), slot) + 1;
    if (shim_process.preload[0]) {
        const char *others = foreign_preload(environment);
        size_t length = strlen(shim_process.preload);
        if (strncmp(others, shim_process.preload, length) == 0 && (others[length] == 0 || others[length] == ':'))
            others += length + (others[length] == ':');
        list[count++] = at;
        at = text_add(text_add(at, "LD_PRELOAD="), shim_process.preload);
        if (others[0])
            text_add(text_add(at, ":"), others);
    }
    list[count] = NULL;
    return list;
}

/* ---- what kind of program ---- */
#define PATH_ROOM 4096u

static bool readable_exactly(int descriptor, void *buffer, size_t size, uint64_t offset)
{
    return SYSTEM(SYS_pread64, descriptor, buffer, size, offset) == (long)size;
}

static const char *elf_unobserved(int descriptor)
{
    Elf64_Ehdr head;
    if (!readable_exactly(descriptor, &head, sizeof head, 0))
        return NULL;
    if (head.e_ident[EI_CLASS] != ELFCLASS64)
        return "32-bit program";
#if defined(__x86_64__)
    if (head.e_machine != EM_X86_64)
        return "program for another machine";
#else
    if (head.e_machine != EM_AARCH64)
        return "program for another machine";
#endif
    for (unsigned i = 0; i < head.e_phnum && i < 128; i++) {
        Elf64_Phdr part;
        char loader[256] = "";
        if (!readable_exactly(descriptor, &part, sizeof part, head.e_phoff + (uint64_t)i * head.e_phentsize))
            return NULL;
        if (part.p_type != PT_INTERP)
            continue;
        size_t size = part.p_filesz < sizeof loader - 1 ? part.p_filesz : sizeof loader - 1;
        if (!readable_exactly(descriptor, loader, size, part.p_offset))
            return NULL;
        const char *name = strrchr(loader, '/');
        return strncmp(name ? name + 1 : loader, "ld-linux", 8) == 0 ? NULL : "another C library";
    }
    return "static binary";
}

static const char *file_unobserved(int folder, const char *path, int depth)
{
    long descriptor = SYSTEM(SYS_openat, folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    if (descriptor < 0)
        return NULL;
    struct stat status;
    char head[256] = "";
    const char *why = NULL;
    bool regular = fstat((int)descriptor, &status) == 0 && S_ISREG(status.st_mode);
    long length = regular ? SYSTEM(SYS_pread64, descriptor, head, sizeof head - 1, 0) : 0;
    bool other_user = regular && (status.st_mode & S_ISUID) && status.st_uid != geteuid();
    bool other_group =
        regular && (status.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && status.st_gid != getegid();
    if (length > 4 && memcmp(head, ELFMAG, SELFMAG) == 0) {
        if ((other_user || other_group) && SYSTEM(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
            why = "setuid program";
        else
            why = elf_unobserved((int)descriptor);
    } else if (length > 2 && head[0] == '#' && head[1] == '!' && depth > 0) {
        char *name = head + 2 + strspn(head + 2, " \t");
        name[strcspn(name, " \t\r\n")] = 0;
        why = file_unobserved(AT_FDCWD, name, depth - 1);
    }
    SYSTEM(SYS_close, descriptor);
    return why;
}

const char *exec_unobserved(int folder, const char *path, bool search)
{
    if (!path || !path[0])
        return NULL;
    if (!search || strchr(path, '/'))
        return file_unobserved(folder, path, 4);
    const char *at = getenv("PATH");
    if (!at)
        at = "/bin:/usr/bin"; /* execvp(3) */
    for (;; at++) {
        char whole[PATH_ROOM];
        size_t length = strcspn(at, ":"), named = strlen(path);
        if (length + named + 2 <= sizeof whole) {
            memcpy(whole, at, length);
            if (length > 0)
                whole[length++] = '/';
            memcpy(whole + length, path, named + 1);
            if (SYSTEM(SYS_faccessat, AT_FDCWD, whole, X_OK) == 0)
                return file_unobserved(AT_FDCWD, whole, 4);
        }
        at += strcspn(at, ":");
        if (!*at)
            return NULL;
    }
}

bool shim_is_helper(uint32_t slot)
{
    static const char *const folders[] = {"/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/lib/", "/lib/"};
    char path[PATH_ROOM];
    if (slot == 0)
        return false;
    long length = SYSTEM(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", path, sizeof path - 1);
    if (length <= 0)
        return false;
    path[length] = 0;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (strncmp(path, folders[i], strlen(folders[i])) == 0)
            return true;
    return false;
}

/* ---- exec ---- */
enum exec_form { EXEC_path, EXEC_search, EXEC_descriptor, EXEC_at };

struct exec_request {
    enum exec_form form;
    int descriptor, flags;
    const char *path;
    char *const *arguments;
};

static void exec_real(const struct exec_request *request, char *const environment[])
{
    switch (request->form) {
    case EXEC_path:
        REAL(execve)(request->path, request->arguments, environment);
        break;
    case EXEC_search:
        REAL(execvpe)(request->path, request->arguments, environment);
        break;
    case EXEC_descriptor:
        REAL(fexecve)(request->descriptor, request->arguments, environment);
        break;
    case EXEC_at:
        REAL(execveat)(request->descriptor, request->path, request->arguments, environment, request->flags);
        break;
    }
}

/* /proc/self/fd/N */
static const char *descriptor_path(char *room, int descriptor)
{
    number_add(text_add(room, "/proc/self/fd/"), (uint32_t)descriptor);
    return room;
}

static int exec_step(const struct exec_request *request, char *const environment[], void *pc, void *frame)
{
    struct step step;
    bool observed = step_begin_at(&step, OPERATION_process_exec, pc, frame);
    if (!observed) {
        /* A process of the run all the same (a nested call, live mode): the new image comes back to its slot. */
        if (shim_process.gate && shim_self.slot && *shim_alive)
            environment = exec_environment(alloca(exec_environment_size(environment)), environment, shim_self.index);
        if (live_on()) /* over when the new image says hello, or failed when this one speaks again */
            live_begin(OPERATION_process_exec, NULL, 0, LIVE_AT(pc, frame));
        exec_real(request, environment);
        return -1;
    }
    char room[40];
    const char *path = request->path;
    if (request->form == EXEC_descriptor || (request->form == EXEC_at && path && !path[0]))
        path = descriptor_path(room, request->descriptor);
    step.record.object = key_of_process(shim_process.pid);
    step_text(path ? path : "");
    step_ask(&step);
    const char *why =
        exec_unobserved(request->form == EXEC_at && path == request->path ? request->descriptor : AT_FDCWD, path,
                        request->form == EXEC_search);
    if (why)
        shim_note(OPERATION_process_exec, 1, why);
    size_t size = exec_environment_size(environment);
    char **whole = exec_environment(alloca(size), environment, shim_self.index);
    process_bye();
    signal_doors_open(&step); /* the new program has the guest's mask, not ours */
    shim_flush();
    exec_real(request, whole);
    int error = errno;
    signal_doors_close(&step);
    step_result(&step, -1, error);
    errno = error;
    return -1;
}

#define HERE __builtin_return_address(0), __builtin_frame_address(0)

SHIM_EXPORT int execve(const char *path, char *const arguments[], char *const environment[])
{
    return exec_step(&(struct exec_request){.form = EXEC_path, .path = path, .arguments = arguments}, environment,
                     HERE);
}

SHIM_EXPORT int execv(const char *path, char *const arguments[])
{
    return exec_step(&(struct exec_request){.form = EXEC_path, .path = path, .arguments = arguments}, environ, HERE);
}

SHIM_EXPORT int execvp(const char *file, char *const arguments[])
{
    return exec_step(&(struct exec_request){.form = EXEC_search, .path = file, .arguments = arguments}, environ, HERE);
}

SHIM_EXPORT int execvpe(const char *file, char *const arguments[], char *const environment[])
{
    return exec_step(&(struct exec_request){.form = EXEC_search, .path = file, .arguments = arguments}, environment,
                     HERE);
}

SHIM_EXPORT int fexecve(int descriptor, char *const arguments[], char *const environment[])
{
    if (descriptor < 0) /* EINVAL at once */
        return REAL(fexecve)(descriptor, arguments, environment);
    return exec_step(&(struct exec_request){.form = EXEC_descriptor, .descriptor = descriptor, .arguments = arguments},
                     environment, HERE);
}

SHIM_EXPORT int execveat(int folder, const char *path, char *const arguments[], char *const environment[], int flags)
{
    return exec_step(
        &(struct exec_request){
            .form = EXEC_at, .descriptor = folder, .path = path, .arguments = arguments, .flags = flags},
        environment, HERE);
}

/* The list forms: the arguments up to NULL, copied to the stack. `last` is the variadic list after it. */
#define LIST(arguments, first, last)                                                                                   \
    va_list last, counted;                                                                                             \
    va_start(last, first);                                                                                             \
    va_copy(counted, last);                                                                                            \
    size_t count = 1;                                                                                                  \
    while (va_arg(counted, char *))                                                                                    \
        count++;                                                                                                       \
    va_end(counted);                                                                                                   \
    char **arguments = alloca((count + 1) * sizeof *arguments);                                                        \
    arguments[0] = (char *)(uintptr_t)first;                                                                           \
    for (size_t i = 1; i <= count; i++)                                                                                \
    arguments[i] = va_arg(last, char *)

SHIM_EXPORT int execl(const char *path, const char *first, ...)
{
    LIST(arguments, first, last);
    va_end(last);
    return exec_step(&(struct exec_request){.form = EXEC_path, .path = path, .arguments = arguments}, environ, HERE);
}

SHIM_EXPORT int execlp(const char *file, const char *first, ...)
{
    LIST(arguments, first, last);
    va_end(last);
    return exec_step(&(struct exec_request){.form = EXEC_search, .path = file, .arguments = arguments}, environ, HERE);
}

SHIM_EXPORT int execle(const char *path, const char *first, ...)
{
    LIST(arguments, first, last);
    char *const *environment = va_arg(last, char *const *);
    va_end(last);
    return exec_step(&(struct exec_request){.form = EXEC_path, .path = path, .arguments = arguments}, environment,
                     HERE);
}
