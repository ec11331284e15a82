/* What the guests see as the file system and the network: the host's, but with a /proc, /dev/pts, /dev/shm and loopback
 * of their own, so that runs neither meet each other nor leave anything. Everything here may be refused by the system;
 * the guest then runs with what there is, and what is missing is reported.
 * Runs in the guests' init: raw calls only, no heap. Must not change anything outside the new namespaces. */
#include "conductor/init.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/mount.h clashes with sys/mount.h in glibc 2.36; the numbers are the kernel's interface. */
enum { MOUNT_TREE_CLONE = 1, MOUNT_TREE_RECURSIVE = 0x8000, MOUNT_MOVE_FROM_DESCRIPTOR = 4 };

enum { MOUNT_PATH = 4096 };

static bool mount_lies_below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return path && strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0);
}

/* A folder of the host that the new /dev/shm would hide, held by a descriptor. -1 if it cannot, -2 if it does not lie
 * there. */
static int mount_hold(const char *path)
{
    if (!mount_lies_below(path, "/dev/shm"))
        return -2;
    if (strcmp(path, "/dev/shm") == 0)
        return -1;
    return (int)syscall(SYS_open_tree, AT_FDCWD, path, MOUNT_TREE_CLONE | MOUNT_TREE_RECURSIVE | O_CLOEXEC);
}

/* Puts a held folder to the same path in the new file system. */
static bool mount_put_back(int held, const char *path)
{
    char part[MOUNT_PATH];
    size_t length = strlen(path);
    if (length >= sizeof part)
        return false;
    memcpy(part, path, length + 1);
    for (size_t at = strlen("/dev/shm/"); at <= length; at++) {
        if (part[at] != '/' && part[at] != 0)
            continue;
        part[at] = 0;
        mkdir(part, 0700);
        part[at] = path[at];
    }
    long moved = syscall(SYS_move_mount, held, "", AT_FDCWD, path, MOUNT_MOVE_FROM_DESCRIPTOR);
    close(held);
    return moved == 0;
}

/* The folder that a path lies in. */
static const char *mount_parent(const char *path, char *parent)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    if (!slash || slash == path || (size_t)(slash - path) >= MOUNT_PATH)
        return NULL;
    memcpy(parent, path, (size_t)(slash - path));
    parent[slash - path] = 0;
    return parent;
}

/* An empty /dev/shm, in which only what the run itself needs of the host's is visible. */
static bool mount_shared_memory(const struct init_options *options)
{
    enum { NEEDED = 2 + INIT_PROGRAMS };
    char parents[INIT_PROGRAMS][MOUNT_PATH];
    const char *needed[NEEDED] = {options->runtime_directory, options->fresh_mount ? NULL : options->working_directory};
    for (int i = 0; i < options->program_count; i++)
        needed[2 + i] = mount_parent(options->programs[i].path, parents[i]);
    int held[NEEDED];
    bool done = true;
    for (int i = 0; i < NEEDED; i++) {
        held[i] = mount_hold(needed[i]);
        done = done && held[i] != -1;
    }
    done = done && mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,size=512m") == 0;
    for (int i = 0; i < NEEDED; i++) {
        if (held[i] < 0)
            continue;
        if (!done)
            close(held[i]);
        else if (!mount_put_back(held[i], needed[i]))
            done = false;
    }
    return done;
}

/* The real root without capabilities still owns /proc/sys: a guest must not turn the machine's knobs. */
static void mount_protect_settings(const struct init_options *options)
{
    if (options->set_pid_max) {
        int file = open("/proc/sys/kernel/pid_max", O_WRONLY | O_CLOEXEC);
        if (file >= 0) {
            if (write(file, "2048", 4) != 4) {
                /* An extra bound for fork bombs of root, whom RLIMIT_NPROC does not bind. The run goes on without. */
            }
            close(file);
        }
    }
    if (mount("/proc/sys", "/proc/sys", NULL, MS_BIND, NULL) == 0)
        mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

uint32_t init_mount_all(const struct init_options *options, bool *fresh)
{
    uint32_t missing = 0;
    *fresh = false;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return INIT_LACK_MOUNTS | (options->fresh_mount ? INIT_LACK_FOLDER : 0u);
    if (options->own_processes && mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        missing |= INIT_LACK_PROC;
    else if (options->root)
        mount_protect_settings(options);
    if (mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620") < 0)
        missing |= INIT_LACK_PTS;
    if (!mount_shared_memory(options))
        missing |= INIT_LACK_SHM;
    /* The old queues would be seen through an old mount. Most machines have none, and mq_open() needs none. */
    mount("mqueue", "/dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    if (options->fresh_mount) {
        *fresh = mount("tmpfs", options->working_directory, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1g") == 0;
        if (!*fresh)
            missing |= INIT_LACK_FOLDER;
    }
    return missing;
}

uint32_t init_mount_loopback(void)
{
    int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (any < 0)
        return INIT_LACK_LOOPBACK;
    struct ifreq request = {.ifr_name = "lo"};
    bool up = ioctl(any, SIOCGIFFLAGS, &request) == 0;
    if (up) {
        request.ifr_flags = (short)(request.ifr_flags | IFF_UP | IFF_RUNNING);
        up = ioctl(any, SIOCSIFFLAGS, &request) == 0;
    }
    close(any);
    return up ? 0 : INIT_LACK_LOOPBACK;
}
