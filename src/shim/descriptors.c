/* Descriptors: what they are, whether they are ready, and keeping our own out of the guest's sight. No wrappers here. */
#include "shim/descriptors.h"

#include "shim/timer.h"

#include <asm/termbits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

const struct descriptor_operations descriptor_reads = {OPERATION_pipe_read, OPERATION_socket_recv, OPERATION_file_read};
const struct descriptor_operations descriptor_writes = {OPERATION_pipe_write, OPERATION_socket_send,
                                                        OPERATION_file_write};
const struct descriptor_operations descriptor_closes = {OPERATION_pipe_close, OPERATION_socket_close,
                                                        OPERATION_file_close};

void descriptor_make_way(int descriptor)
{
    if (!descriptor_is_ours(descriptor))
        return;
    struct rlimit before;
    shim_limit_raise(&before, 64);
    if (before.rlim_max && (rlim_t)descriptor >= before.rlim_cur) {
        shim_limit_restore(&before); /* above what the guest may use: the kernel will refuse it the number */
        return;
    }
    long moved = SYSTEM(SYS_fcntl, descriptor, F_DUPFD_CLOEXEC, descriptor + 1);
    if (moved < 0)
        moved = SYSTEM(SYS_fcntl, descriptor, F_DUPFD_CLOEXEC, 512);
    shim_limit_restore(&before);
    SYSTEM(SYS_close, descriptor);
    shim_process.channel = moved < 0 ? -1 : (int)moved; /* -1: found again by its path when it is needed */
}

/* /proc/self/fd/N */
static void descriptor_path(int descriptor, char path[32])
{
    char digits[12];
    int count = 0;
    unsigned value = (unsigned)descriptor;
    do
        digits[count++] = (char)('0' + value % 10);
    while (value /= 10);
    memcpy(path, "/proc/self/fd/", 14);
    for (int i = 0; i < count; i++)
        path[14 + i] = digits[count - 1 - i];
    path[14 + count] = 0;
}

/* A file that never had a name (O_TMPFILE): the kernel calls it by its inode number, which a later one may get again. */
static bool is_nameless(int descriptor)
{
    char path[32], target[256];
    descriptor_path(descriptor, path);
    long length = SYSTEM(SYS_readlinkat, AT_FDCWD, path, target, sizeof target - 1);
    if (length <= 0)
        return false;
    target[length] = 0;
    const char *base = strrchr(target, '/');
    return base && base[1] == '#';
}

static struct record_key key_of_status(const struct stat *status, int descriptor)
{
    struct record_key key = {
        .a = status->st_ino, .b = status->st_dev, .space = KEY_INODE, .kind = OBJECT_file, .descriptor = descriptor};
    uint64_t device = S_ISCHR(status->st_mode) ? status->st_rdev : status->st_ino;
    struct termios settings;
    if (!S_ISREG(status->st_mode) && !S_ISDIR(status->st_mode) && shim_process.gate &&
        (device == shim_process.gate->terminal_out || device == shim_process.gate->terminal_error))
        key.kind = OBJECT_terminal;
    else if (S_ISFIFO(status->st_mode))
        key.kind = OBJECT_pipe;
    else if (S_ISSOCK(status->st_mode))
        key.kind = OBJECT_socket;
    else if (S_ISCHR(status->st_mode) && descriptor >= 0 && SYSTEM(SYS_ioctl, descriptor, TCGETS, &settings) == 0)
        key.kind = OBJECT_terminal;
    bool nameless = S_ISREG(status->st_mode) && status->st_nlink == 0 && descriptor >= 0 && is_nameless(descriptor);
    if ((status->st_mode & S_IFMT) == 0 || nameless) {
        /* eventfd, timerfd and their like share one inode: told apart by process and number */
        key.a = (nameless ? 0 : (uint64_t)status->st_ino << 32) | (uint32_t)descriptor;
        key.b = (uint64_t)(uint32_t)shim_process.pid << 32 | (uint32_t)status->st_dev;
    }
    return key;
}

static const struct record_key nothing = {.descriptor = -1};

struct record_key key_of_descriptor(int descriptor)
{
    struct stat status;
    if (descriptor < 0 || SYSTEM(SYS_fstat, descriptor, &status) != 0)
        return nothing;
    return key_of_status(&status, descriptor);
}

struct record_key key_of_path(int folder, const char *path)
{
    struct stat status;
    if (!path || SYSTEM(SYS_newfstatat, folder, path, &status, 0) != 0)
        return nothing;
    return key_of_status(&status, -1);
}

int descriptor_flags(int descriptor)
{
    long flags = SYSTEM(SYS_fcntl, descriptor, F_GETFL);
    return flags < 0 ? -1 : (int)flags;
}

short descriptor_poll(int descriptor, short events)
{
    struct pollfd look = {.fd = descriptor, .events = events};
    static const struct timespec none = {0, 0};
    return SYSTEM(SYS_ppoll, &look, 1, &none, NULL, 8) > 0 ? look.revents : 0;
}

int descriptor_filled(int descriptor)
{
    int bytes = 0;
    return SYSTEM(SYS_ioctl, descriptor, FIONREAD, &bytes) == 0 ? bytes : 0;
}

/* The path of a file, the word within "anon_inode:[eventfd]". */
static void name_of_descriptor(int descriptor)
{
    char path[32], target[256];
    descriptor_path(descriptor, path);
    long length = SYSTEM(SYS_readlinkat, AT_FDCWD, path, target, sizeof target - 1);
    if (length <= 0)
        return;
    target[length] = 0;
    char *name = target;
    static const char gone[] = " (deleted)";
    size_t size = (size_t)length, suffix = sizeof gone - 1;
    if (size > suffix && memcmp(target + size - suffix, gone, suffix) == 0) {
        target[size - suffix] = 0;
        const char *base = strrchr(target, '/');
        if (base && base[1] == '#')
            return; /* never had a name (O_TMPFILE): its number differs from run to run */
        length -= (long)suffix;
    }
    if (memcmp(target, "anon_inode:", 11) == 0) {
        name += target[11] == '[' ? 12 : 11;
        if (target[length - 1] == ']')
            target[length - 1] = 0;
        if (strcmp(name, "eventfd") == 0 && timer_descriptor_is(descriptor))
            name = memcpy(target, "timerfd", 8);
    }
    step_text(name);
}

int step_descriptor(struct step *step, int descriptor, const struct descriptor_operations *operations)
{
    int flags = descriptor_flags(descriptor);
    struct record *record = &step->record;
    record->object = key_of_descriptor(descriptor);
    if (record->object.kind == OBJECT_pipe)
        record->operation = (uint16_t)operations->pipe;
    else if (record->object.kind == OBJECT_socket)
        record->operation = (uint16_t)operations->socket;
    else
        record->operation = (uint16_t)operations->file;
    if (record->object.kind == OBJECT_file)
        name_of_descriptor(descriptor);
    if (flags < 0)
        return flags;
    if (record->object.kind == OBJECT_pipe && (flags & O_ACCMODE) == O_WRONLY)
        record->flags |= RECORD_WRITE_SIDE;
    if (flags & O_NONBLOCK)
        record->flags |= RECORD_NONBLOCKING;
    return flags;
}

void step_pipe_level(struct step *step, int descriptor)
{
    if (step->record.object.kind != OBJECT_pipe)
        return;
    long capacity = SYSTEM(SYS_fcntl, descriptor, F_GETPIPE_SZ);
    step->record.argument[0] = descriptor_filled(descriptor);
    step->record.argument[1] = capacity > 0 ? capacity : 0;
}

long step_end_with(struct step *step, long result, int error)
{
    step_result(step, error ? -1 : result, error);
    if (error) {
        errno = error;
        return -1;
    }
    return result;
}

bool descriptor_wait_ready(struct step *step)
{
    const struct descriptor_wait *wait = step->context;
    return descriptor_poll(wait->descriptor, wait->events) != 0;
}

int descriptor_await(struct step *step, int descriptor, short events, enum grant_action *grant)
{
    struct descriptor_wait wait = {descriptor, events};
    step->context = &wait;
    step->ready = descriptor_wait_ready;
    int error = 0;
    while (descriptor_poll(descriptor, events) == 0) {
        if (step_must_end(step)) {
            error = EINTR;
            break;
        }
        if (*grant == GRANT_EXPIRED) {
            error = ETIMEDOUT;
            break;
        }
        *grant = step_block(step, &step->record.object);
        step_cancellation(step);
    }
    step->ready = NULL;
    return error;
}

/* The parts that are left after `done` bytes, at most `most` of them and `limit` bytes. */
static int parts_after(const struct iovec *parts, int count, size_t done, size_t limit, struct iovec *left, int most)
{
    int made = 0;
    for (int i = 0; i < count && made < most && limit > 0; i++) {
        if (done >= parts[i].iov_len) {
            done -= parts[i].iov_len;
            continue;
        }
        left[made].iov_base = (char *)parts[i].iov_base + done;
        left[made].iov_len = parts[i].iov_len - done;
        if (left[made].iov_len > limit)
            left[made].iov_len = limit;
        limit -= left[made++].iov_len;
        done = 0;
    }
    return made;
}

static int shortened(struct step *step, const struct iovec *parts, int count, size_t most, size_t whole,
                     struct iovec *left)
{
    size_t size = 0;
    for (int i = 0; i < count; i++)
        size += parts[i].iov_len;
    size = size < most ? size : most;
    if (!step->shortens || size < 2 || size <= whole)
        return 0;
    step->record.flags |= RECORD_SHORTENED;
    return parts_after(parts, count, 0, (size + 1) / 2, left, STEP_PARTS);
}

int step_shortened(struct step *step, int descriptor, const struct iovec *parts, int count, struct iovec *left)
{
    return step->shortens ? shortened(step, parts, count, (size_t)descriptor_filled(descriptor), 0, left) : 0;
}

int step_shortened_write(struct step *step, const struct iovec *parts, int count, size_t whole, struct iovec *left)
{
    return shortened(step, parts, count, SIZE_MAX, whole, left);
}

/* A description of our own of the same pipe, which may be non-blocking without anybody noticing: only the kernel knows
 * how much fits (a write joins the last page or starts a new one, pipe(7)). */
static long pipe_open_again(int descriptor)
{
    char path[32];
    descriptor_path(descriptor, path);
    int packets = descriptor_flags(descriptor) & O_DIRECT;
    return SYSTEM(SYS_openat, AT_FDCWD, path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | packets, 0);
}

long pipe_write_some(int descriptor, const struct iovec *parts, int count, size_t done)
{
    enum { MOST = 64 };
    struct iovec left[MOST];
    int made = parts_after(parts, count, done, SIZE_MAX, left, MOST);
    size_t size = 0;
    for (int i = 0; i < made; i++)
        size += left[i].iov_len;
    bool room = descriptor_poll(descriptor, POLLOUT) != 0;
    if (room && size <= PIPE_BUF)
        return SYSTEM(SYS_writev, descriptor, left, made); /* a free page takes it whole; or it fails at once */
    long again = pipe_open_again(descriptor);
    if (again >= 0) {
        long written = SYSTEM(SYS_writev, again, left, made);
        SYSTEM(SYS_close, again);
        return written;
    }
    if (!room)
        return -EAGAIN;
    made = parts_after(parts, count, done, PIPE_BUF, left, MOST);
    return SYSTEM(SYS_writev, descriptor, left, made);
}

/* Room is asked for with the write itself, as poll(2) does not count the rest of a page that is begun. */
struct pipe_wait {
    int descriptor;
    int filled; /* when it did not fit */
};

static bool pipe_wait_ready(struct step *step)
{
    const struct pipe_wait *wait = step->context;
    return descriptor_poll(wait->descriptor, POLLOUT) != 0 || descriptor_filled(wait->descriptor) < wait->filled;
}

long pipe_write_all(struct step *step, int descriptor, const struct iovec *parts, int count, enum grant_action grant)
{
    size_t size = 0, done = 0;
    for (int i = 0; i < count; i++)
        size += parts[i].iov_len;
    while (done < size) {
        step_cancellation(step);
        long written = pipe_write_some(descriptor, parts, count, done);
        if (written >= 0) {
            done += (size_t)written;
            continue;
        }
        if (written != -EAGAIN)
            return done > 0 ? (long)done : written;
        if (step_must_end(step) || grant == GRANT_EXPIRED)
            return done > 0 ? (long)done : -EINTR;
        struct pipe_wait wait = {descriptor, descriptor_filled(descriptor)};
        step->context = &wait;
        step->ready = pipe_wait_ready;
        step_pipe_level(step, descriptor);
        grant = step_block(step, &step->record.object);
        step->ready = NULL;
    }
    return (long)done;
}
