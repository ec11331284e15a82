/* The run's folder: a private directory with the event pipe and the gate file, gone when the run is over. */
#include "conductor/internal.h"

#include "protocol/live.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libintl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIPE_SIZE (1 << 20)
#define SHIM_LINK "shim.so"

static enum status failed(struct message *message, const char *what, const char *where)
{
    return message_set(message, STATUS_ENVIRONMENT,
                       "cannot %s %s: %s; is the file system full or read-only? Set TMPDIR to another folder",
                       gettext(what), where, strerror(errno));
}

static void files_remove(const char *folder)
{
    static const char *const names[] = {GATE_PIPE, GATE_FILE, LIVE_FILE, SHIM_LINK};
    char path[512];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/work", folder); /* a guest's working folder, if it is empty */
    rmdir(path);
    rmdir(folder);
}

/* Folders of runs whose lockstep was killed: their name says whose they were. Only ours, and only files that we make. */
static void sweep(const char *parent)
{
    DIR *all = opendir(parent);
    const struct dirent *entry;
    while (all && (entry = readdir(all))) {
        char path[512], extra;
        int pid = 0;
        struct stat about;
        if (sscanf(entry->d_name, "lockstep-%d-%c", &pid, &extra) != 2 || pid <= 0 || kill(pid, 0) == 0 ||
            errno != ESRCH)
            continue;
        snprintf(path, sizeof path, "%s/%s", parent, entry->d_name);
        if (lstat(path, &about) == 0 && S_ISDIR(about.st_mode) && about.st_uid == geteuid())
            files_remove(path);
    }
    if (all)
        closedir(all);
}

static bool place_in(struct conductor *c, const char *parent)
{
    if (!parent || parent[0] != '/' || strpbrk(parent, " :"))
        return false;
    /* Of one length whatever our process id: guests see the path in their environment and in /proc/self/maps. */
    int length = snprintf(c->folder, sizeof c->folder, "%s/lockstep-%07d-XXXXXX", parent, (int)getpid());
    if (length < 0 || (size_t)length >= sizeof c->folder || !mkdtemp(c->folder)) {
        c->folder[0] = 0;
        return false;
    }
    sweep(parent);
    return true;
}

/* LD_PRELOAD is a list with spaces and colons between (ld.so(8)): a shim whose path has one is reached by a link. */
static bool shim_place(struct conductor *c)
{
    snprintf(c->preload, sizeof c->preload, "%s", c->options.preload);
    if (!strpbrk(c->options.preload, " :"))
        return true;
    snprintf(c->preload, sizeof c->preload, "%s/" SHIM_LINK, c->folder);
    return symlink(c->options.preload, c->preload) == 0;
}

/* The first of these that takes it; the user's runtime folder is in memory, and a page of a file there is had at once. */
enum status run_folder_make(struct conductor *c, struct message *message)
{
    if (!place_in(c, getenv("XDG_RUNTIME_DIR")) && !place_in(c, getenv("TMPDIR")) && !place_in(c, "/tmp"))
        return failed(message, "make a folder for the run in", "/tmp");
    if (!shim_place(c))
        return failed(message, "link the shim into", c->folder);
    char path[sizeof c->folder + 16];
    snprintf(path, sizeof path, "%s/" GATE_PIPE, c->folder);
    if (mkfifo(path, 0600) != 0)
        return failed(message, "make the event pipe", path);
    /* Read and write: so that the pipe never ends while no guest has it open. */
    c->channel = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (c->channel < 0)
        return failed(message, "open the event pipe", path);
    (void)fcntl(c->channel, F_SETPIPE_SZ, PIPE_SIZE); /* a smaller one only makes the guest wait for us */
    snprintf(path, sizeof path, "%s/" GATE_FILE, c->folder);
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, (off_t)GATE_SIZE) != 0) {
        enum status status = failed(message, "make the gate file", path);
        if (file >= 0)
            close(file);
        return status;
    }
    void *memory = mmap(NULL, GATE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (memory == MAP_FAILED)
        return failed(message, "map the gate file", path);
    c->gate = memory;
    c->gate->version = GATE_VERSION;
    c->gate->slots = GATE_SLOTS;
    c->gate->operations = operation_table_number();
    c->gate->magic = RECORD_MAGIC;
    return STATUS_OK;
}

void run_folder_remove(struct conductor *c)
{
    if (c->gate)
        munmap(c->gate, GATE_SIZE);
    c->gate = NULL;
    if (c->channel >= 0)
        close(c->channel);
    c->channel = -1;
    if (!c->folder[0])
        return;
    files_remove(c->folder);
    c->folder[0] = 0;
}
