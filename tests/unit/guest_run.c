/* Runs guests for tests; see guest_run.h. */
#include "guest_run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

const char *guest_build(void)
{
    const char *build = getenv("LOCKSTEP_BUILD");
    return build ? build : "build";
}

const char *guest_shim(void)
{
    static char path[4096];
    char relative[4096];
    snprintf(relative, sizeof relative, "%s/lib/lockstep/liblockstep_preload.so", guest_build());
    if (!realpath(relative, path))
        abort();
    return path;
}

static void collect(struct guest_result *result, const void *bytes, size_t count)
{
    char *larger = realloc(result->output, result->length + count + 1);
    if (!larger)
        abort();
    result->output = larger;
    memcpy(larger + result->length, bytes, count);
    result->length += count;
    larger[result->length] = 0;
}

/* ---- natively ---- */

/* The guest's side of the fork: a group of its own, in the foreground, with nothing inherited but the terminal. */
static void native_exec(const char *program, const char *argument, const char *name, int slave)
{
    setpgid(0, 0);
    tcsetpgrp(slave, getpid());
    dup2(slave, 0);
    dup2(slave, 1);
    dup2(slave, 2);
    closefrom(3);
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++)
        sigaction(number, &standard, NULL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0});
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execl(program, name, argument, (char *)NULL);
    _exit(127);
}

/* The session's leader does what a shell does for a job: it puts the guest into the foreground, waits until it ends or
 * stops, and tells that on `report`. The guest's orphans come to it, so that all has been printed when it exits. */
static void native_lead(const char *program, const char *argument, const char *name, int slave, int report)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sigset_t all;
    sigfillset(&all); /* SIGTTOU above all: tcsetpgrp() from the background */
    sigprocmask(SIG_SETMASK, &all, NULL);
    /* An ignored SIGCHLD, which may be inherited, would take away what we wait for. */
    signal(SIGCHLD, SIG_DFL);
    if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) != 0)
        _exit(126);
    pid_t guest = fork();
    if (guest == 0)
        native_exec(program, argument, name, slave);
    setpgid(guest, guest); /* both do it, whoever is first */
    tcsetpgrp(slave, guest);
    int status;
    for (pid_t who; (who = waitpid(-1, &status, WUNTRACED)) > 0;) {
        if (WIFSTOPPED(status))
            kill(who, SIGKILL);
        if (who == guest && write(report, &status, sizeof status) != (ssize_t)sizeof status)
            _exit(126);
        if (who == guest)
            guest = 0;
    }
    _exit(0);
}

/* All that is printed until the leader has exited. What has been written to a slave is there for the master's next read,
 * and our own descriptor of the slave stays open until then: a hang-up could overtake the last bytes. */
static void native_collect(struct guest_result *result, int master, int report)
{
    char bytes[4096];
    struct pollfd entries[] = {{.fd = master, .events = POLLIN}, {.fd = report, .events = POLLIN}};
    bool known = false;
    for (bool ended = false;;) {
        ssize_t got = read(master, bytes, sizeof bytes);
        if (got > 0) {
            collect(result, bytes, (size_t)got);
            continue;
        }
        if (ended)
            break;
        poll(entries, 2, -1);
        if (!entries[1].revents)
            continue;
        got = read(report, &result->status, sizeof result->status);
        known |= got == (ssize_t)sizeof result->status;
        ended = got == 0;
    }
    if (!known)
        abort();
}

void guest_run_native(const char *program, const char *argument, struct guest_result *result)
{
    *result = (struct guest_result){0};
    collect(result, "", 0);
    struct termios raw;
    int master, slave, report[2];
    if (openpty(&master, &slave, NULL, NULL, NULL) != 0 || pipe2(report, O_CLOEXEC) != 0)
        abort();
    tcgetattr(slave, &raw);
    raw.c_oflag &= ~(tcflag_t)OPOST;
    raw.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(slave, TCSANOW, &raw);
    /* In a folder of its own: two runs on one machine have nothing in common. */
    char folder[] = "/tmp/lockstep-guest-XXXXXX", whole[PATH_MAX];
    if (!mkdtemp(folder) || !realpath(program, whole))
        abort();
    fflush(NULL);
    pid_t leader = fork();
    if (leader == 0) {
        close(master);
        close(report[0]);
        if (chdir(folder) != 0)
            _exit(126);
        native_lead(whole, argument, program, slave, report[1]);
    }
    close(report[1]);
    if (leader < 0 || write(master, "\004", 1) != 1)
        abort();
    fcntl(master, F_SETFL, O_NONBLOCK);
    native_collect(result, master, report[0]);
    waitpid(leader, NULL, 0);
    close(report[0]);
    close(slave);
    close(master);
    rmdir(folder);
}

/* ---- under the conductor ---- */

static void mix(uint64_t *hash, const void *bytes, size_t count)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < count; i++)
        *hash = (*hash ^ at[i]) * UINT64_C(1099511628211);
}

static void listen_to(void *context, const struct event *event, const struct world *world)
{
    struct guest_result *result = context;
    (void)world;
    struct event plain = *event;
    plain.payload = NULL;
    if (plain.kind == EVENT_SOCKET)
        plain.argument[3] &= 0xFFFFFF; /* when a timer of the kernel's is due differs */
    mix(&result->hash, &plain, sizeof plain);
    if (event->length && event->kind != EVENT_PACKET) /* bytes of packets differ: numbers that TCP draws by lot */
        mix(&result->hash, event->payload, event->length);
    if (event->kind == EVENT_OUTPUT)
        collect(result, event->payload, event->length);
    else if (event->kind == EVENT_PROCESS_ENDED && event->other == 1)
        result->status = (int)event->value;
    else if (event->kind == EVENT_DIVERGED)
        result->diverged++;
    else if (event->kind == EVENT_LOST)
        result->lost++;
    else if (event->kind == EVENT_END)
        result->verdict = (enum verdict)event->value;
}

void guest_run_held(const char *program, struct conductor_options options, struct guest_result *result)
{
    *result = (struct guest_result){.hash = UINT64_C(14695981039346656037)};
    collect(result, "", 0);
    const char *arguments[] = {program, NULL};
    options.program = program;
    options.arguments = arguments;
    options.preload = guest_shim();
    options.input = -1;
    options.fresh_working_folder = true;
    options.listener = listen_to;
    options.context = result;
    if (options.cpus == 0)
        options.cpus = 1;
    struct history *history = history_new();
    struct conductor *conductor = NULL;
    struct message message = {{0}};
    result->end = conductor_start(&options, history, &conductor, &message);
    if (result->end == STATUS_OK)
        result->end = conductor_run(conductor, &message);
    if (result->end != STATUS_ENDED && result->end != STATUS_LIMIT)
        fprintf(stderr, "%s: %s: %s\n", program, status_text(result->end), message.text);
    result->steps = world_step_number(history_world(history));
    result->diverged += world_divergence_count(history_world(history));
    if (result->diverged)
        fprintf(stderr, "%s: diverged: %s\n", program, world_divergence(history_world(history)));
    conductor_free(conductor);
    history_free(history);
}

void guest_result_free(struct guest_result *result)
{
    free(result->output);
    result->output = NULL;
}
