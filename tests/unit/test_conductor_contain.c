/* The containment of a guest, tried on guests that fight it: whatever ends the front end, its supervisor or the guests'
 * init, nothing of the guest is left one second later. The proof is the kernel's: this test is a subreaper above all of
 * them, so waitpid() says ECHILD exactly when none is left.
 * As root each is tried as root and as an ordinary user; as an ordinary user, as that one. */
#include "app/supervisor.h"
#include "conductor/contain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ORDINARY = 54321, ALLOWED_MILLISECONDS = 1000, PATIENCE_MILLISECONDS = 20000 };

static char folder[] = "/tmp/lockstep-contain-XXXXXX";
static char nasty[128], marker[64];
static char *const plain_environment[] = {(char[]){"PATH=/usr/bin:/bin"}, (char[]){"LC_ALL=C"}, NULL};

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

/* The build's own copy lies where an ordinary user may not look, perhaps: so it is compiled afresh to /tmp. */
static int compile_nasty(void **state)
{
    (void)state;
    char source[512], command[1024];
    const char *sources = getenv("LOCKSTEP_SOURCE");
    if (!sources || !mkdtemp(folder) || chmod(folder, 0755) != 0)
        return -1;
    snprintf(source, sizeof source, "%s/tests/hostile/nasty.c", sources);
    snprintf(nasty, sizeof nasty, "%s/nasty", folder);
    snprintf(marker, sizeof marker, "mark-of-%d", (int)getpid());
    snprintf(command, sizeof command, "cc -D_GNU_SOURCE -O0 -pthread '%s' -o %s && chmod 755 %s", source, nasty, nasty);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    return system(command);
}

static int remove_nasty(void **state)
{
    (void)state;
    unlink(nasty);
    rmdir(folder);
    return 0;
}

/* ---- what a contained program says ---- */

struct result {
    char output[8192], error[2048];
    int status;  /* of the first process */
    int orphans; /* reports of others */
    pid_t first;
};

static void take(int descriptor, char *text, size_t size)
{
    size_t length = strlen(text);
    for (;;) {
        char more[1024];
        long got = read(descriptor, more, sizeof more);
        if (got <= 0)
            return;
        for (long i = 0; i < got && length + 1 < size; i++)
            text[length++] = more[i];
        text[length] = 0;
    }
}

static struct contain *start(const char *const *argv, struct contain_options options)
{
    struct message message = {{0}};
    struct contain *contain = NULL;
    options.argv = argv;
    options.program_path = argv[0];
    if (!options.envp)
        options.envp = plain_environment;
    if (contain_start(&options, &contain, &message) != STATUS_OK)
        fail_msg("%s", message.text);
    return contain;
}

/* Reads until the first process was reported and `orphans` others. */
static void follow(struct contain *contain, int orphans, struct result *result)
{
    bool ended = false;
    long long end = now() + PATIENCE_MILLISECONDS;
    while (!ended || result->orphans < orphans) {
        struct pollfd watched[] = {{.fd = contain_output(contain), .events = POLLIN},
                                   {.fd = contain_error(contain), .events = POLLIN},
                                   {.fd = contain_reports(contain), .events = POLLIN}};
        assert_true(now() < end);
        poll(watched, 3, 1000);
        take(watched[0].fd, result->output, sizeof result->output);
        take(watched[1].fd, result->error, sizeof result->error);
        struct contain_report report;
        int more;
        while ((more = contain_next_report(contain, &report)) == 1) {
            if (report.first) {
                assert_int_equal(report.pid, contain_get_first(contain));
                result->status = report.status;
                ended = true;
            } else {
                result->orphans++;
            }
        }
        assert_int_equal(more, 0);
    }
    result->first = contain_get_first(contain);
    assert_int_equal(contain_kill(contain, NULL), STATUS_OK);
    take(contain_output(contain), result->output, sizeof result->output);
    take(contain_error(contain), result->error, sizeof result->error);
}

static struct result run(const char *script, struct contain_options options, int orphans)
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    struct contain *contain = start(argv, options);
    struct result result = {.output = "", .orphans = 0};
    follow(contain, orphans, &result);
    contain_free(contain);
    return result;
}

/* Some of these want namespaces; a machine without them shows it in a skipped test, not in a passed one. */
static bool namespaces_work(void)
{
    struct contain_probe probe;
    contain_probe(&probe);
    return !probe.user && !probe.process && !probe.mount && !probe.ipc;
}

static void the_first_process_is_number_two_each_time(void **state)
{
    (void)state;
    if (!namespaces_work())
        skip();
    for (int i = 0; i < 3; i++) {
        struct result result = run("echo $$ $PPID", (struct contain_options){.network = true}, 0);
        assert_int_equal(result.first, 2);
        assert_string_equal(result.output, "2 1\n");
    }
}

static void output_is_raw_and_streams_are_apart(void **state)
{
    (void)state;
    struct result result = run("printf 'a\\nb\\tc\\r\\n'; printf 'x\\n' >&2; exit 7", (struct contain_options){0}, 0);
    assert_string_equal(result.output, "a\nb\tc\r\n");
    assert_string_equal(result.error, "x\n");
    assert_true(WIFEXITED(result.status));
    assert_int_equal(WEXITSTATUS(result.status), 7);
    result = run("kill -SEGV $$", (struct contain_options){0}, 0);
    assert_true(WIFSIGNALED(result.status) && WTERMSIG(result.status) == SIGSEGV);
}

static void all_of_a_long_output_arrives(void **state)
{
    (void)state;
    const char *const argv[] = {"/bin/sh", "-c", "head -c 1000000 /dev/zero | tr '\\000' x", NULL};
    for (int pipe = 0; pipe < 2; pipe++) {
        struct contain *contain = start(argv, (struct contain_options){.stdout_pipe = pipe == 1});
        size_t total = 0;
        for (bool ended = false; !ended || total < 1000000;) {
            struct pollfd watched[] = {{.fd = contain_output(contain), .events = POLLIN},
                                       {.fd = ended ? -1 : contain_reports(contain), .events = POLLIN}};
            assert_true(poll(watched, 2, PATIENCE_MILLISECONDS) > 0);
            char block[65536];
            long got = read(contain_output(contain), block, sizeof block);
            total += got > 0 ? (size_t)got : 0;
            struct contain_report report;
            ended = ended || contain_next_report(contain, &report) == 1;
        }
        assert_int_equal(total, 1000000);
        contain_free(contain);
    }
}

static void fstat_of_the_guest_agrees_with_the_streams_told(void **state)
{
    (void)state;
    const char *const argv[] = {"/bin/sh", "-c",
                                "for i in 0 1 2; do stat -L -c '%d %i %t %T' /dev/fd/$i <&0; done; tty", NULL};
    for (int pipe = 0; pipe < 2; pipe++) {
        struct contain *contain = start(argv, (struct contain_options){.stdout_pipe = pipe == 1});
        struct contain_stream streams[3];
        for (int i = 0; i < 3; i++)
            streams[i] = contain_get_stream(contain, i);
        struct result result = {.output = ""};
        follow(contain, 0, &result);
        contain_free(contain);
        const char *at = result.output;
        for (int i = 0; i < 3; i++) {
            unsigned long device, inode;
            unsigned major_number, minor_number;
            int length;
            assert_int_equal(sscanf(at, "%lu %lu %x %x\n%n", &device, &inode, &major_number, &minor_number, &length),
                             4);
            at += length;
            assert_int_equal(device, streams[i].device);
            assert_int_equal(inode, streams[i].inode);
            assert_int_equal(streams[i].special, ((dev_t)major_number << 8) | minor_number);
            assert_int_equal(streams[i].special == 0, i == 1 && pipe == 1);
        }
        assert_memory_equal(at, "/dev/pts/", 9);
    }
}

static void bytes_written_are_its_input_and_four_is_its_end(void **state)
{
    (void)state;
    const char *const argv[] = {"/bin/cat", NULL};
    struct contain *contain = start(argv, (struct contain_options){0});
    assert_int_equal(write(contain_input(contain), "one\ntwo\n\004", 9), 9);
    struct result result = {.output = ""};
    follow(contain, 0, &result);
    contain_free(contain);
    assert_string_equal(result.output, "one\ntwo\n"); /* once: no echo */
    assert_int_equal(result.status, 0);
}

static void an_orphan_lives_on_and_is_reported(void **state)
{
    (void)state;
    /* The orphan speaks only when its parent is gone. A SIGHUP at its parent's end would silence it. */
    const char *script = "(while kill -0 $$ 2>/dev/null; do :; done; echo orphan) & exit 0";
    struct result result = run(script, (struct contain_options){0}, 1);
    assert_string_equal(result.output, "orphan\n");
    assert_int_equal(result.orphans, 1);
}

static void signals_and_pidfds_reach_the_process_meant(void **state)
{
    (void)state;
    const char *const argv[] = {"/bin/sleep", "1000", NULL};
    struct contain *contain = start(argv, (struct contain_options){0});
    pid_t first = contain_get_first(contain);
    int pidfd = -1;
    struct message message = {{0}};
    assert_int_equal(contain_request_pidfd(contain, first, &pidfd, &message), STATUS_OK);
    struct pollfd watched = {.fd = pidfd, .events = POLLIN};
    assert_int_equal(poll(&watched, 1, 0), 0);
    int file = contain_open_proc(contain, first, "comm");
    char name[32] = "";
    assert_true(file >= 0 && read(file, name, sizeof name - 1) > 0);
    close(file);
    assert_string_equal(name, "sleep\n");
    assert_int_equal(contain_signal(contain, 1, 0, SIGTERM, &message), STATUS_REFUSED);
    assert_int_equal(contain_signal(contain, first, first, SIGTERM, &message), STATUS_OK);
    assert_int_equal(poll(&watched, 1, PATIENCE_MILLISECONDS), 1);
    close(pidfd);
    struct result result = {.output = ""};
    follow(contain, 0, &result);
    assert_true(WIFSIGNALED(result.status) && WTERMSIG(result.status) == SIGTERM);
    assert_int_equal(contain_signal(contain, first, 0, SIGTERM, &message), STATUS_ENDED);
    contain_free(contain);
}

static void a_fresh_folder_is_empty_each_time_and_leaves_nothing(void **state)
{
    (void)state;
    char runtime[256], work[300];
    snprintf(runtime, sizeof runtime, "%s/run", folder);
    assert_int_equal(mkdir(runtime, 0700), 0);
    struct contain_options options = {.fresh_working_folder = true, .runtime_directory = runtime};
    for (int i = 0; i < 2; i++) {
        struct result result = run("ls -A; mkdir -p a/b; echo x >a/b/c; ls -A; ls /dev/shm", options, 0);
        assert_string_equal(result.output, "a\n");
        assert_string_equal(result.error, "");
    }
    snprintf(work, sizeof work, "%s/work", runtime);
    assert_int_not_equal(access(work, F_OK), 0);
    assert_int_equal(rmdir(runtime), 0);
}

static void a_runtime_directory_below_shared_memory_stays_visible(void **state)
{
    (void)state;
    char runtime[] = "/dev/shm/lockstep-contain-XXXXXX", script[256];
    assert_non_null(mkdtemp(runtime));
    snprintf(script, sizeof script, "echo seen > %s/note", runtime);
    struct result result = run(script, (struct contain_options){.runtime_directory = runtime}, 0);
    assert_int_equal(result.status, 0);
    snprintf(script, sizeof script, "%s/note", runtime);
    assert_int_equal(unlink(script), 0);
    assert_int_equal(rmdir(runtime), 0);
}

static void the_guest_has_no_privilege_and_clean_signals(void **state)
{
    (void)state;
    signal(SIGUSR1, SIG_IGN);
    struct result result =
        run("grep -E '^(CapPrm|CapEff|NoNewPrivs|SigBlk|SigIgn)' /proc/self/status; ls /proc/self/fd | wc -l",
            (struct contain_options){0}, 0);
    signal(SIGUSR1, SIG_DFL);
    assert_non_null(strstr(result.output, "CapPrm:\t0000000000000000\n"));
    assert_non_null(strstr(result.output, "CapEff:\t0000000000000000\n"));
    assert_non_null(strstr(result.output, "NoNewPrivs:\t1\n"));
    assert_non_null(strstr(result.output, "SigBlk:\t0000000000000000\n"));
    assert_non_null(strstr(result.output, "SigIgn:\t0000000000000000\n"));
    assert_non_null(strstr(result.output, "\n4\n")); /* 0, 1, 2 and that of ls itself */
}

static void addresses_are_the_same_each_time(void **state)
{
    (void)state;
    struct result one = run("cat /proc/self/maps", (struct contain_options){0}, 0);
    struct result two = run("cat /proc/self/maps", (struct contain_options){0}, 0);
    assert_non_null(strstr(one.output, "[stack]"));
    assert_string_equal(one.output, two.output);
}

static void what_cannot_be_started_is_told_precisely(void **state)
{
    (void)state;
    char script[160], text[160], directory[160];
    snprintf(script, sizeof script, "%s/script", folder);
    snprintf(text, sizeof text, "%s/text", folder);
    snprintf(directory, sizeof directory, "%s/none", folder);
    int file = open(script, O_WRONLY | O_CREAT, 0755);
    assert_int_equal(write(file, "#!/no/such/interpreter\n", 23), 23);
    close(file);
    file = open(text, O_WRONLY | O_CREAT, 0755);
    assert_int_equal(write(file, "\001\002\003", 3), 3);
    close(file);
    const struct {
        const char *path, *directory;
        enum status status;
        const char *says;
    } rows[] = {
        {"/no/such/program", NULL, STATUS_NOT_FOUND, "no such program"},
        {"relative", NULL, STATUS_USAGE, "absolute"},
        {"/tmp", NULL, STATUS_INVALID, "folder"},
        {"/etc/passwd", NULL, STATUS_INVALID, "chmod +x"},
        {script, NULL, STATUS_INVALID, "interpreter"},
        {text, NULL, STATUS_INVALID, "format"},
        {"/bin/true", directory, STATUS_NOT_FOUND, "working directory"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const argv[] = {"x", NULL};
        struct contain_options options = {.program_path = rows[i].path,
                                          .argv = argv,
                                          .envp = plain_environment,
                                          .working_directory = rows[i].directory};
        struct contain *contain;
        struct message message = {{0}};
        assert_int_equal(contain_start(&options, &contain, &message), rows[i].status);
        assert_null(contain);
        assert_non_null(strstr(message.text, rows[i].says));
        assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
    }
    unlink(script);
    unlink(text);
}

static int count_descriptors(void)
{
    int count = 0;
    for (int descriptor = 0; descriptor < 256; descriptor++)
        count += fcntl(descriptor, F_GETFD) >= 0;
    return count;
}

static void nothing_of_ours_is_left_open_by_a_run(void **state)
{
    (void)state;
    run("exit 0", (struct contain_options){0}, 0);
    int before = count_descriptors();
    for (int i = 0; i < 5; i++)
        run("echo x", (struct contain_options){.stdout_pipe = true}, 0);
    assert_int_equal(count_descriptors(), before);
}

static void two_guests_at_once_do_not_hold_each_other(void **state)
{
    (void)state;
    const char *const argv[] = {"/bin/sleep", "1000", NULL};
    struct contain *one = start(argv, (struct contain_options){0});
    struct contain *two = start(argv, (struct contain_options){0});
    assert_int_equal(contain_kill(one, NULL), STATUS_OK);
    struct contain_report report;
    assert_int_equal(contain_next_report(two, &report), 0);
    contain_free(one);
    int pidfd;
    assert_int_equal(contain_request_pidfd(two, contain_get_first(two), &pidfd, NULL), STATUS_OK);
    close(pidfd);
    contain_free(two);
}

static void the_probe_agrees_with_a_start(void **state)
{
    (void)state;
    struct contain_probe probe;
    contain_probe(&probe);
    const char *const argv[] = {"/bin/true", NULL};
    struct contain *contain = start(argv, (struct contain_options){.network = true});
    assert_int_equal(probe.level, contain_level(contain));
    if (probe.level == CONTAIN_FULL) {
        assert_true(probe.kill_proven);
        assert_string_equal(probe.text, "full");
        assert_string_equal(contain_level_text(contain), "full");
    }
    contain_free(contain);
}

/* ---- the fights ---- */

enum event { QUIT, KILL_FRONT, CRASH_FRONT, KILL_SUPERVISOR, KILL_BOTH, KILL_INIT };
static const char *const event_names[] = {"quit", "kill F", "crash of F", "kill S", "kill S and F", "kill I"};

struct fight {
    const char *mode;
    enum event event;
    bool namespaces, ordinary;
    int told[2];    /* F to the test: its pid, when the guest is in place */
    int command[2]; /* the test to F: a byte means quit */
};

static bool read_until_ready(struct contain *contain)
{
    char text[64] = "";
    long long end = now() + PATIENCE_MILLISECONDS;
    while (!strstr(text, "ready\n")) {
        struct pollfd watched = {.fd = contain_output(contain), .events = POLLIN};
        if (now() > end || poll(&watched, 1, 1000) < 0)
            return false;
        take(watched.fd, text, sizeof text);
    }
    return true;
}

static int fight_front(void *context)
{
    struct fight *fight = context;
    close(fight->told[0]);
    close(fight->command[1]);
    const char *const argv[] = {nasty, fight->mode, marker, NULL};
    struct contain_options options = {.program_path = nasty, .argv = argv, .envp = plain_environment, .network = true};
    struct contain *contain;
    struct message message = {{0}};
    if (contain_start(&options, &contain, &message) != STATUS_OK) {
        fprintf(stderr, "%s\n", message.text);
        return 1;
    }
    pid_t self = getpid();
    if (contain_has_own_processes(contain) != fight->namespaces || !read_until_ready(contain) ||
        write(fight->told[1], &self, sizeof self) != (long)sizeof self)
        return 2;
    struct pollfd watched[] = {{.fd = fight->command[0], .events = POLLIN}, {.fd = supervisor_watch()}};
    poll(watched, 2, -1);
    enum status status = contain_kill(contain, &message);
    if (status != STATUS_OK)
        fprintf(stderr, "%s\n", message.text);
    contain_free(contain);
    return status == STATUS_OK ? 0 : 3;
}

/* The guests' init below F, by its name. */
static pid_t find_init(pid_t front)
{
    DIR *proc = opendir("/proc");
    pid_t found = -1;
    for (const struct dirent *entry = readdir(proc); entry && found < 0; entry = readdir(proc)) {
        char path[300], text[512] = "";
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        int file = open(path, O_RDONLY);
        if (file < 0)
            continue;
        int parent = 0;
        if (read(file, text, sizeof text - 1) > 0 && strstr(text, "(lockstep-init)") &&
            sscanf(strrchr(text, ')') + 1, " %*c %d", &parent) == 1 && parent == front)
            found = (pid_t)strtol(entry->d_name, NULL, 10);
        close(file);
    }
    closedir(proc);
    return found;
}

/* Threads, also of a process whose first one is gone, of the user that only this test uses; or processes by the mark in
 * their arguments. */
static int count_survivors(bool by_user)
{
    int count = 0;
    DIR *proc = opendir("/proc");
    for (const struct dirent *entry = readdir(proc); entry; entry = readdir(proc)) {
        char path[300], text[512];
        struct stat status;
        snprintf(path, sizeof path, "/proc/%s/task", entry->d_name);
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || stat(path, &status) < 0)
            continue;
        if (by_user && status.st_uid == ORDINARY)
            count++;
        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        int file = open(path, O_RDONLY);
        long length = file < 0 ? -1 : read(file, text, sizeof text);
        if (length > 0 && memmem(text, (size_t)length, marker, strlen(marker)))
            count++;
        if (file >= 0)
            close(file);
    }
    closedir(proc);
    return count;
}

static void fight_supervised(struct fight *fight) __attribute__((noreturn));
static void fight_supervised(struct fight *fight)
{
    signal(SIGSEGV, SIG_DFL); /* cmocka catches it */
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    int null = open("/dev/null", O_RDWR); /* no terminal of the person who runs the tests */
    dup2(null, 0);
    if (fight->namespaces)
        unsetenv("LOCKSTEP_NO_NAMESPACES");
    else
        setenv("LOCKSTEP_NO_NAMESPACES", "1", 1);
    if (fight->ordinary &&
        (setresgid(ORDINARY, ORDINARY, ORDINARY) != 0 || setresuid(ORDINARY, ORDINARY, ORDINARY) != 0))
        _exit(90);
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* as if executed by that user: the change of user took it */
    _exit(supervisor_run(fight_front, fight));
}

static void fight_strike(const struct fight *fight, pid_t supervisor, pid_t front)
{
    switch (fight->event) {
    case QUIT:
        assert_int_equal(write(fight->command[1], "q", 1), 1);
        break;
    case KILL_FRONT:
        kill(front, SIGKILL);
        break;
    case CRASH_FRONT:
        kill(front, SIGSEGV);
        break;
    case KILL_SUPERVISOR:
        kill(supervisor, SIGKILL);
        break;
    case KILL_BOTH:
        kill(supervisor, SIGKILL);
        kill(front, SIGKILL);
        break;
    case KILL_INIT: {
        pid_t init = find_init(front);
        assert_true(init > 0);
        kill(init, SIGKILL);
        assert_int_equal(write(fight->command[1], "q", 1), 1);
        break;
    }
    }
}

/* Collects until the kernel says that there is no child, then S's status. Gives the milliseconds; -1 if it took more
 * than allowed. */
static long long await_nobody(pid_t supervisor, int *supervisor_status)
{
    long long begin = now();
    while (now() - begin <= ALLOWED_MILLISECONDS) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG | __WALL);
        if (pid < 0 && errno == ECHILD)
            return now() - begin;
        if (pid == supervisor)
            *supervisor_status = status;
        if (pid == 0)
            poll(NULL, 0, 1);
    }
    return -1;
}

static void fight(const char *mode, enum event event, bool namespaces, bool ordinary)
{
    struct fight fight = {.mode = mode, .event = event, .namespaces = namespaces, .ordinary = ordinary};
    assert_int_equal(pipe(fight.told), 0);
    assert_int_equal(pipe(fight.command), 0);
    fflush(NULL);
    pid_t supervisor = fork();
    if (supervisor == 0)
        fight_supervised(&fight);
    close(fight.told[1]);
    close(fight.command[0]);
    pid_t front = -1;
    assert_int_equal(read(fight.told[0], &front, sizeof front), sizeof front);
    assert_true(count_survivors(ordinary) > 0); /* the counting works */
    fight_strike(&fight, supervisor, front);
    int status = -1;
    long long took = await_nobody(supervisor, &status);
    const char *level = namespaces ? "namespaces" : "fallback";
    if (took < 0)
        fail_msg("%s, %s, %s: %d are left after %d ms", mode, event_names[event], level, count_survivors(ordinary),
                 ALLOWED_MILLISECONDS);
    assert_int_equal(count_survivors(ordinary), 0);
    if (event == QUIT || event == KILL_INIT)
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    if (event == KILL_FRONT)
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGKILL);
    if (event == CRASH_FRONT)
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGSEGV);
    close(fight.told[0]);
    close(fight.command[1]);
    print_message("    %-8s %-14s %-10s %-8s %lld ms\n", mode, event_names[event], level,
                  ordinary ? "ordinary" : "self", took);
}

static const char *const modes[] = {"plain", "bomb", "walk", "killall"};

static void fight_all(bool namespaces, bool ordinary)
{
    for (size_t mode = 0; mode < sizeof modes / sizeof *modes; mode++)
        for (enum event event = QUIT; event <= KILL_INIT; event++)
            fight(modes[mode], event, namespaces, ordinary);
}

static void in_namespaces_nothing_survives(void **state)
{
    (void)state;
    if (!namespaces_work())
        skip();
    fight_all(true, false);
}

static void in_namespaces_nothing_survives_as_an_ordinary_user(void **state)
{
    (void)state;
    if (geteuid() != 0 || !namespaces_work())
        skip();
    fight_all(true, true);
}

static void in_the_fallback_nothing_survives(void **state)
{
    (void)state;
    fight_all(false, geteuid() == 0);
}

static void root_is_refused_without_namespaces(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    setenv("LOCKSTEP_NO_NAMESPACES", "1", 1);
    const char *const argv[] = {"/bin/true", NULL};
    struct contain_options options = {.program_path = argv[0], .argv = argv, .envp = plain_environment};
    struct contain *contain;
    struct message message = {{0}};
    assert_int_equal(contain_start(&options, &contain, &message), STATUS_REFUSED);
    assert_non_null(strstr(message.text, "LOCKSTEP_ALLOW_ROOT_UNCONTAINED"));
    unsetenv("LOCKSTEP_NO_NAMESPACES");
}

/* The fallback, for the tests that do not fight; root must say that it wants it. */
static int take_the_fallback(void **state)
{
    (void)state;
    setenv("LOCKSTEP_NO_NAMESPACES", "1", 1);
    setenv("LOCKSTEP_ALLOW_ROOT_UNCONTAINED", "1", 1);
    return 0;
}

static int leave_the_fallback(void **state)
{
    (void)state;
    unsetenv("LOCKSTEP_NO_NAMESPACES");
    unsetenv("LOCKSTEP_ALLOW_ROOT_UNCONTAINED");
    return 0;
}

#define IN_FALLBACK(test)                                                                                              \
    {                                                                                                                  \
#test "_in_the_fallback", test, take_the_fallback, leave_the_fallback, NULL                                    \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_process_is_number_two_each_time),
        cmocka_unit_test(output_is_raw_and_streams_are_apart),
        cmocka_unit_test(all_of_a_long_output_arrives),
        cmocka_unit_test(fstat_of_the_guest_agrees_with_the_streams_told),
        cmocka_unit_test(bytes_written_are_its_input_and_four_is_its_end),
        cmocka_unit_test(an_orphan_lives_on_and_is_reported),
        cmocka_unit_test(signals_and_pidfds_reach_the_process_meant),
        cmocka_unit_test(a_fresh_folder_is_empty_each_time_and_leaves_nothing),
        cmocka_unit_test(a_runtime_directory_below_shared_memory_stays_visible),
        cmocka_unit_test(the_guest_has_no_privilege_and_clean_signals),
        cmocka_unit_test(addresses_are_the_same_each_time),
        cmocka_unit_test(what_cannot_be_started_is_told_precisely),
        cmocka_unit_test(nothing_of_ours_is_left_open_by_a_run),
        cmocka_unit_test(two_guests_at_once_do_not_hold_each_other),
        cmocka_unit_test(the_probe_agrees_with_a_start),
        cmocka_unit_test(root_is_refused_without_namespaces),
        IN_FALLBACK(output_is_raw_and_streams_are_apart),
        IN_FALLBACK(bytes_written_are_its_input_and_four_is_its_end),
        IN_FALLBACK(an_orphan_lives_on_and_is_reported),
        IN_FALLBACK(signals_and_pidfds_reach_the_process_meant),
        IN_FALLBACK(the_guest_has_no_privilege_and_clean_signals),
        IN_FALLBACK(what_cannot_be_started_is_told_precisely),
        IN_FALLBACK(nothing_of_ours_is_left_open_by_a_run),
        IN_FALLBACK(two_guests_at_once_do_not_hold_each_other),
        cmocka_unit_test(in_namespaces_nothing_survives),
        cmocka_unit_test(in_namespaces_nothing_survives_as_an_ordinary_user),
        cmocka_unit_test(in_the_fallback_nothing_survives),
    };
    return cmocka_run_group_tests(tests, compile_nasty, remove_nasty);
}
