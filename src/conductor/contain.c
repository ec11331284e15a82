/* Starts a guest in the strongest containment that the system allows, and is F's door to it afterwards. Decides which
 * namespaces to ask for, and turns each failure into a sentence. The guests' side is init*.c; what runs there is not
 * called from here. Must leave nothing behind on any failure. */
#include "conductor/contain_internal.h"
#include "conductor/contain_sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libintl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { CONTAIN_TASKS = 1024, CONTAIN_KILL_MILLISECONDS = 2000 };

/* ---- what to ask the system for ---- */

static bool contain_environment_says(const char *name)
{
    const char *value = getenv(name);
    return value && *value && strcmp(value, "0") != 0;
}

/* Since Linux 6.14 the limit belongs to the process namespace. Before, a write by the real root would change that of
 * the whole machine, and no harmless trial tells the two apart: hence a look at the version, here only. */
static bool contain_pid_max_is_private(void)
{
    struct utsname system;
    int major = 0, minor = 0;
    if (uname(&system) < 0 || sscanf(system.release, "%d.%d", &major, &minor) != 2)
        return false;
    return major > 6 || (major == 6 && minor >= 14);
}

struct contain_attempt {
    unsigned long flags;
    bool root_only;
};

/* From the most to the least; all with what makes the kill certain, which is the process namespace. */
static const struct contain_attempt contain_attempts[] = {
    {CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET, false},
    {CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC, false},
    {CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET, true},
    {CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC, true},
};

static void contain_level_add(struct contain *contain, const char *format, const char *what, const char *why)
{
    size_t length = strlen(contain->level_text);
    if (contain->level == CONTAIN_FULL)
        length = 0;
    contain->level = CONTAIN_PARTIAL;
    size_t room = sizeof contain->level_text - length;
    int written = snprintf(contain->level_text + length, room, "%s", length ? ", " : gettext("partial: "));
    length += written > 0 ? (size_t)written : 0;
    if (length < sizeof contain->level_text)
        snprintf(contain->level_text + length, sizeof contain->level_text - length, gettext(format), gettext(what),
                 why);
}

/* ---- the fresh folder ---- */

static int contain_remove_entry(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    remove(path);
    return 0;
}

/* Removes a folder with all in it; follows no link and leaves no file system. */
static void contain_remove_folder(const char *path)
{
    nftw(path, contain_remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static bool contain_lies_below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return path && strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static bool contain_is_empty_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        return false;
    bool empty = true;
    for (const struct dirent *entry = readdir(folder); entry && empty; entry = readdir(folder))
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(folder);
    return empty;
}

/* A folder of the host over which an empty file system can be mounted without hiding anything, with the same name in
 * each run: getcwd() is part of what a program may print. */
static const char *contain_choose_place(const struct contain_options *options)
{
    static const char *const places[] = {"/srv", "/mnt", "/media", "/opt"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (contain_is_empty_folder(places[i]) && !contain_lies_below(options->runtime_directory, places[i]))
            return places[i];
    }
    return NULL;
}

static enum status contain_prepare_folder(struct contain *contain, const struct contain_options *options,
                                          struct init_options *init, struct message *message)
{
    if (!options->fresh_working_folder) {
        if (options->working_directory)
            snprintf(contain->directory, sizeof contain->directory, "%s", options->working_directory);
        init->working_directory = options->working_directory;
        return STATUS_OK;
    }
    snprintf(contain->spare, sizeof contain->spare, "%s/work", options->runtime_directory);
    contain_remove_folder(contain->spare);
    if (mkdir(contain->spare, 0755) < 0) {
        int error = errno;
        enum status status = message_set(message, STATUS_IO, "cannot make the fresh working folder %s: %s",
                                         contain->spare, strerror(error));
        contain->spare[0] = 0;
        return status;
    }
    const char *place = contain_choose_place(options);
    init->fresh_mount = place != NULL;
    init->working_directory = place ? place : contain->spare;
    init->spare_directory = contain->spare;
    snprintf(contain->directory, sizeof contain->directory, "%s", init->working_directory);
    return STATUS_OK;
}

/* ---- starting ---- */

static void contain_note_missing(struct contain *contain, uint32_t missing)
{
    static const char *const texts[] = {
#define X(name, text) [INIT_LACK_NUMBER_##name] = text,
        INIT_LACKS(X)
#undef X
    };
    for (int i = 0; i < INIT_LACK_COUNT; i++)
        if (missing & (1u << i))
            contain_level_add(contain, "no %s%s", texts[i], "");
}

/* The namespaces, from most to least. 0 when started; else an errno, and *refused if all of them were refused, with
 * *first_refusal (the refusal of most is the one to tell). */
static int contain_try_namespaces(struct contain *contain, struct init_options *init, bool network, bool *refused,
                                  int *first_refusal)
{
    int error = EPERM;
    *first_refusal = 0;
    for (size_t i = 0; i < sizeof contain_attempts / sizeof *contain_attempts; i++) {
        unsigned long flags = contain_attempts[i].flags;
        if ((contain_attempts[i].root_only && geteuid() != 0) || (!network && (flags & CLONE_NEWNET)))
            continue;
        init->own_processes = init->own_mounts = true;
        init->own_network = (flags & CLONE_NEWNET) != 0;
        init->set_pid_max = geteuid() == 0 && contain_pid_max_is_private();
        error = contain_launch(&contain->launch, init, flags, refused);
        if (!error) {
            contain->own_processes = true;
            contain->own_network = init->own_network;
            if (!(flags & CLONE_NEWUSER))
                contain_level_add(contain, "no user namespace (%s)%s", strerror(*first_refusal), "");
            if (network && !contain->own_network)
                contain_level_add(contain, "no network of its own (%s)%s", strerror(*first_refusal), "");
            return 0;
        }
        if (!*refused)
            return error; /* not refused, but failed: less would fail as well, and hide why */
        if (!*first_refusal)
            *first_refusal = error;
    }
    return error;
}

static int contain_try_fallback(struct contain *contain, struct init_options *init, const char *why)
{
    init->own_processes = init->own_mounts = init->own_network = init->fresh_mount = init->set_pid_max = false;
    if (init->spare_directory) {
        init->working_directory = contain->spare;
        snprintf(contain->directory, sizeof contain->directory, "%s", contain->spare);
    }
    /* Here the limit counts all that the user has running, everywhere. */
    init->tasks = contain_sweep_count_tasks(contain->host_proc) + CONTAIN_TASKS;
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* if I is killed, the guests must not get past F */
    bool refused = false;
    int error = contain_launch(&contain->launch, init, 0, &refused);
    if (!error)
        contain_level_add(contain, "no namespaces (%s): its processes are found and killed one by one%s", why, "");
    return error;
}

static enum status contain_explain_start(int stage, const char *program, int error, struct message *message)
{
    static const char *const stages[] = {
#define X(name, text) [INIT_STAGE_##name] = text,
        INIT_STAGES(X)
#undef X
    };
    const char *what = stage >= 0 && stage < (int)(sizeof stages / sizeof *stages) ? stages[stage] : stages[0];
    const char *advice = "";
    if (error == EAGAIN)
        advice = gettext("; too many processes run already: end some, or raise the limit (ulimit -u)");
    else if (error == EMFILE || error == ENFILE)
        advice = gettext("; too many files are open: close some, or raise the limit (ulimit -n)");
    else if (error == ENOMEM)
        advice = gettext("; close some programs and try again");
    return message_set(message,
                       error == EAGAIN || error == EMFILE || error == ENFILE ? STATUS_LIMIT : STATUS_ENVIRONMENT,
                       "%s: could not %s: %s%s", program, gettext(what), strerror(error), advice);
}

/* Why an exec failed, in words about the program instead of the errno's own, which mean many things. */
static enum status contain_explain_exec(const char *path, int error, struct message *message)
{
    struct stat status;
    if ((error == ENOENT || error == ENOTDIR) && stat(path, &status) < 0)
        return message_set(message, STATUS_NOT_FOUND, "%s: there is no such program; check the path", path);
    if (error == ENOENT)
        return message_set(
            message, STATUS_INVALID,
            "%s: the program is there, but not what it needs to be started: the interpreter in its first "
            "line (#!), or its dynamic loader; see `file %s`",
            path, path);
    if (error == ENOEXEC)
        return message_set(message, STATUS_INVALID,
                           "%s: not a program that this machine can execute (another format or architecture, or a "
                           "script without a first line #!); see `file %s`",
                           path, path);
    if (error == EACCES && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return message_set(message, STATUS_INVALID, "%s: this is a folder, not a program", path);
    if (error == EACCES)
        return message_set(message, STATUS_INVALID,
                           "%s: may not be executed: make it executable (chmod +x), and see that its folder and file "
                           "system allow it",
                           path);
    if (error == E2BIG)
        return message_set(message, STATUS_LIMIT, "%s: the arguments and the environment are too long", path);
    if (error == ETXTBSY)
        return message_set(message, STATUS_INVALID,
                           "%s: is being written by another program; wait until it is finished", path);
    return message_set(message, STATUS_INVALID, "%s: cannot be executed: %s", path, strerror(error));
}

/* Has the program started, and says why if it cannot be. */
static enum status contain_begin(struct contain *contain, int number, const char *path, pid_t *pid,
                                 struct message *message)
{
    enum init_stage stage = INIT_STAGE_NONE;
    int error = contain_exec(contain, number, pid, &stage);
    if (!error)
        return STATUS_OK;
    if (error == ETIMEDOUT)
        return message_set(message, STATUS_ENVIRONMENT, "%s: has not been started: its file system does not answer",
                           path);
    if (stage == INIT_STAGE_EXEC)
        return contain_explain_exec(path, error, message);
    if (stage == INIT_STAGE_DIRECTORY)
        return message_set(message, STATUS_NOT_FOUND, "%s: cannot enter its working directory %s: %s", path,
                           contain->directory, strerror(error));
    return contain_explain_start((int)stage, path, error, message);
}

static enum status contain_check(const struct contain_options *options, struct message *message)
{
    if (!options->program_path || options->program_path[0] != '/' || !options->argv || !options->argv[0])
        return message_set(message, STATUS_USAGE, "a guest needs the absolute path of its program, and arguments");
    if (options->other_count > CONTAIN_OTHERS)
        return message_set(message, STATUS_USAGE, "more programs than hosts");
    const char *paths[3 + CONTAIN_OTHERS] = {options->program_path, options->working_directory,
                                             options->runtime_directory};
    for (size_t i = 0; i < options->other_count; i++)
        paths[3 + i] = options->others[i].path;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (paths[i] && (paths[i][0] != '/' || strlen(paths[i]) >= CONTAIN_PATH - 8))
            return message_set(message, STATUS_USAGE, "%.200s: must be an absolute path of less than %d bytes",
                               paths[i], CONTAIN_PATH - 8);
    if (options->fresh_working_folder && !options->runtime_directory)
        return message_set(message, STATUS_USAGE, "a fresh working folder needs a runtime directory");
    return STATUS_OK;
}

static void contain_take_ready(struct contain *contain)
{
    const struct init_ready *ready = &contain->launch.ready;
    for (int i = 0; i < 3; i++)
        contain->streams[i] = (struct contain_stream){.device = (dev_t)ready->streams[i].device,
                                                      .inode = (ino_t)ready->streams[i].inode,
                                                      .special = (dev_t)ready->streams[i].special};
    /* The order in which I gives them, spread to fixed places: terminal, error, pipe, proc, three of each end of the wire. */
    int given[INIT_DESCRIPTORS], next = 0;
    memcpy(given, contain->launch.given, sizeof given);
    for (int i = 0; i < INIT_DESCRIPTORS; i++)
        contain->launch.given[i] = ready->gives & (1u << i) ? given[next++] : -1;
    for (int i = 0; i < 3; i++)
        if (contain->launch.given[i] >= 0)
            fcntl(contain->launch.given[i], F_SETFL, fcntl(contain->launch.given[i], F_GETFL) | O_NONBLOCK);
    if (contain->spare[0] && !ready->fresh)
        snprintf(contain->directory, sizeof contain->directory, "%s", contain->spare);
    contain_note_missing(contain, ready->missing);
}

static enum status contain_launch_best(struct contain *contain, const struct contain_options *options,
                                       struct init_options *init, struct message *message)
{
    bool forced = contain_environment_says("LOCKSTEP_NO_NAMESPACES");
    int refusal = 0, error = 0;
    if (!forced) {
        bool refused = false;
        error = contain_try_namespaces(contain, init, options->network, &refused, &refusal);
        if (error && !refused)
            return contain_explain_start(contain->launch.ready.stage, options->program_path, error, message);
        if (!error)
            return STATUS_OK;
    }
    const char *why = forced ? gettext("LOCKSTEP_NO_NAMESPACES is set") : strerror(refusal);
    if (geteuid() == 0 && !contain_environment_says("LOCKSTEP_ALLOW_ROOT_UNCONTAINED"))
        return message_set(message, STATUS_REFUSED,
                           "%s: will not be run as root without namespaces (%s): it could reach every process of root. "
                           "Run lockstep as an ordinary user; or, if nothing else runs on this machine, set "
                           "LOCKSTEP_ALLOW_ROOT_UNCONTAINED=1",
                           options->program_path, why);
    error = contain_try_fallback(contain, init, why);
    return error ? contain_explain_start(contain->launch.ready.stage, options->program_path, error, message)
                 : STATUS_OK;
}

enum status contain_start(const struct contain_options *options, struct contain **out, struct message *message)
{
    *out = NULL;
    enum status status = contain_check(options, message);
    if (status != STATUS_OK)
        return status;
    struct contain *contain = calloc(1, sizeof *contain);
    if (!contain)
        return message_set(message, STATUS_MEMORY, "no memory to start %s", options->program_path);
    contain_launch_clear(&contain->launch);
    snprintf(contain->level_text, sizeof contain->level_text, "%s", gettext("full"));
    /* Opened now: in a sweep there may be no descriptor left. */
    contain->host_proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct init_options init = {
        .programs = {{.path = options->program_path,
                      .argv = (char *const *)(uintptr_t)options->argv,
                      .envp = options->envp,
                      .host = options->host}},
        .program_count = 1 + (int)options->other_count,
        .runtime_directory = options->runtime_directory,
        .stdout_pipe = options->stdout_pipe,
        .root = geteuid() == 0,
        .columns = options->columns > 0 ? options->columns : 80,
        .rows = options->rows > 0 ? options->rows : 24,
        .tasks = CONTAIN_TASKS,
        .wire = options->network ? options->wire : NULL,
    };
    for (size_t i = 0; i < options->other_count; i++)
        init.programs[1 + i] = (struct init_program){.path = options->others[i].path,
                                                     .argv = (char *const *)(uintptr_t)options->others[i].argv,
                                                     .envp = options->others[i].envp,
                                                     .host = options->others[i].host};
    status = contain_prepare_folder(contain, options, &init, message);
    if (status == STATUS_OK)
        status = contain_launch_best(contain, options, &init, message);
    if (status == STATUS_OK) {
        contain_take_ready(contain);
        status = contain_begin(contain, 0, options->program_path, &contain->first, message);
    }
    if (status != STATUS_OK) {
        contain_free(contain);
        return status;
    }
    *out = contain;
    return STATUS_OK;
}

enum status contain_start_other(struct contain *contain, const struct contain_program *program, size_t index,
                                pid_t *pid, struct message *message)
{
    return contain_begin(contain, 1 + (int)index, program->path, pid, message);
}

/* ---- ending ---- */

static enum status contain_kill_fallback(struct contain *contain)
{
    /* I sweeps when its leash goes; killed first, it could not. */
    bool gone = contain_launch_end(&contain->launch, false, CONTAIN_KILL_MILLISECONDS);
    if (!gone)
        gone = contain_launch_end(&contain->launch, true, CONTAIN_KILL_MILLISECONDS);
    /* If I was killed, by a guest or just now, its guests are our children now. */
    int left = contain_sweep(contain->host_proc, CONTAIN_SWEEP_MARKED, CONTAIN_KILL_MILLISECONDS);
    return gone && left == 0 ? STATUS_OK : STATUS_LIMIT;
}

enum status contain_kill(struct contain *contain, struct message *message)
{
    if (!contain || contain->killed)
        return STATUS_OK;
    enum status status;
    if (contain->own_processes)
        status = contain_launch_end(&contain->launch, true, CONTAIN_KILL_MILLISECONDS) ? STATUS_OK : STATUS_LIMIT;
    else
        status = contain_kill_fallback(contain);
    if (status == STATUS_OK) {
        contain->killed = true;
        return STATUS_OK;
    }
    char who[256] = "";
    int proc = contain->launch.given[3] >= 0 ? contain->launch.given[3] : contain->host_proc;
    if (!contain_sweep_find_unkillable(proc, !contain->own_processes, who, sizeof who))
        snprintf(who, sizeof who, "%s", gettext("a process"));
    return message_set(
        message, STATUS_LIMIT,
        "after %d s the guest has not ended: %s, in an uninterruptible sleep (state D), cannot be killed "
        "by anybody until the device or file server that it waits for answers",
        CONTAIN_KILL_MILLISECONDS / 1000, who);
}

void contain_free(struct contain *contain)
{
    if (!contain)
        return;
    contain_kill(contain, NULL);
    contain_launch_close(&contain->launch);
    if (contain->host_proc >= 0)
        close(contain->host_proc);
    if (contain->spare[0])
        contain_remove_folder(contain->spare);
    free(contain);
}

/* ---- what is known ---- */

enum contain_level contain_level(const struct contain *contain)
{
    return contain->level;
}

const char *contain_level_text(const struct contain *contain)
{
    return contain->level_text;
}

bool contain_has_own_processes(const struct contain *contain)
{
    return contain->own_processes;
}

bool contain_has_own_network(const struct contain *contain)
{
    return contain->own_network;
}

bool contain_take_wire(struct contain *contain, struct network_made *made)
{
    *made = contain->launch.ready.wire;
    for (int i = 0; i < NETWORK_HOSTS; i++) {
        int32_t *const places[INIT_WIRE_DESCRIPTORS] = {&made->ends[i].device, &made->ends[i].barrier,
                                                        &made->ends[i].diag};
        for (int k = 0; k < INIT_WIRE_DESCRIPTORS; k++) {
            int *given = &contain->launch.given[4 + i * INIT_WIRE_DESCRIPTORS + k];
            *places[k] = *given;
            *given = -1;
        }
        made->ends[i].entry = -1; /* stays with I */
    }
    return made->kind != NETWORK_none && made->ends[0].device >= 0;
}

int contain_input(const struct contain *contain)
{
    return contain->launch.given[0];
}

int contain_output(const struct contain *contain)
{
    return contain->launch.given[2] >= 0 ? contain->launch.given[2] : contain->launch.given[0];
}

int contain_error(const struct contain *contain)
{
    return contain->launch.given[1];
}

struct contain_stream contain_get_stream(const struct contain *contain, int descriptor)
{
    return descriptor >= 0 && descriptor < 3 ? contain->streams[descriptor] : (struct contain_stream){0};
}

pid_t contain_get_first(const struct contain *contain)
{
    return contain->first;
}

const char *contain_get_directory(const struct contain *contain)
{
    return contain->directory[0] ? contain->directory : NULL;
}

int contain_get_proc(const struct contain *contain)
{
    return contain->launch.given[3];
}

int contain_reports(const struct contain *contain)
{
    return contain->launch.reports;
}

int contain_next_report(struct contain *contain, struct contain_report *report)
{
    struct init_report record;
    long length;
    do
        length = read(contain->launch.reports, &record, sizeof record);
    while (length < 0 && errno == EINTR);
    if (length == (long)sizeof record) {
        *report = (struct contain_report){.pid = record.pid, .status = record.status, .first = record.first != 0};
        return 1;
    }
    return length < 0 && errno == EAGAIN ? 0 : -1;
}
