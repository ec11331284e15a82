/* The containment of guests that fight it: whatever ends the front end, its supervisor or the guests' init, nothing of the
 * guest is left one second later. The proof is the kernel's: this test is a subreaper above all of them, so waitpid() says
 * ECHILD exactly when none is left.
 * As root each is tried as root and as an ordinary user; as an ordinary user, as that one. */
#include "app/supervisor.h"
#include "contained.h"

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
#include <unistd.h>

enum { ORDINARY = 54321, ALLOWED_MILLISECONDS = 1000 };

static char folder[] = "/tmp/lockstep-contain-XXXXXX";
static char nasty[128], marker[64];

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
    long long end = contained_now() + CONTAINED_PATIENCE_MILLISECONDS;
    while (!strstr(text, "ready\n")) {
        struct pollfd watched = {.fd = contain_output(contain), .events = POLLIN};
        if (contained_now() > end || poll(&watched, 1, 1000) < 0)
            return false;
        contained_take(watched.fd, text, sizeof text);
    }
    return true;
}

static int fight_front(void *context)
{
    struct fight *fight = context;
    close(fight->told[0]);
    close(fight->command[1]);
    const char *const argv[] = {nasty, fight->mode, marker, NULL};
    struct contain_options options = {
        .program_path = nasty, .argv = argv, .envp = contained_environment, .network = true};
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
    long long begin = contained_now();
    while (contained_now() - begin <= ALLOWED_MILLISECONDS) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG | __WALL);
        if (pid < 0 && errno == ECHILD)
            return contained_now() - begin;
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
    if (!contained_namespaces_work())
        skip();
    fight_all(true, false);
}

static void in_namespaces_nothing_survives_as_an_ordinary_user(void **state)
{
    (void)state;
    if (geteuid() != 0 || !contained_namespaces_work())
        skip();
    fight_all(true, true);
}

static void in_the_fallback_nothing_survives(void **state)
{
    (void)state;
    fight_all(false, geteuid() == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_namespaces_nothing_survives),
        cmocka_unit_test(in_namespaces_nothing_survives_as_an_ordinary_user),
        cmocka_unit_test(in_the_fallback_nothing_survives),
    };
    return cmocka_run_group_tests(tests, compile_nasty, remove_nasty);
}
