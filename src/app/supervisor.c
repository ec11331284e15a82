/* The supervisor: starts F, waits, passes signals on, restores the terminal, ends what F left behind. So small that it
 * has no way to fail but being killed: static buffers, no heap after the start, signals taken by signalfd.
 * Must not print for plain runs, and must not know what F does.
 * The rules and their measurements: RELIABILITY.md section 2.2 (order of the reset, escalation, SIGTTOU, TCSAFLUSH). */
#include "app/supervisor.h"
#include "conductor/contain_sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum {
    SUPERVISOR_SILENCE_MILLISECONDS = 3000,
    SUPERVISOR_ESCALATE_MILLISECONDS = 1000,
    SUPERVISOR_SWEEP_MILLISECONDS = 2000,
    SUPERVISOR_TERMINAL_MILLISECONDS = 500
};

/* What F says over its pipe, a byte each. */
enum { SUPERVISOR_ENTERED = 's', SUPERVISOR_LEFT = 'l', SUPERVISOR_ALIVE = 'h' };

enum supervisor_screen { SCREEN_NEVER, SCREEN_TAKEN, SCREEN_GIVEN_BACK };

struct supervisor {
    pid_t front;
    int news, signals, proc;
    int terminal; /* which of 0 to 2 is the terminal; -1 none */
    bool has_modes;
    struct termios modes;
    enum supervisor_screen screen;
    bool heartbeats;        /* one has come since the screen was taken */
    long long silent_since; /* milliseconds */
    int escalation[3];      /* the signals still to be sent to a front end that does not go, 0 at the end */
    int escalated;
    long long escalate_at; /* 0: not under way */
};

/* F's side. */
static int supervisor_news = -1, supervisor_life = -1;

static long long supervisor_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* ---- F's side ---- */

static void supervisor_tell(char what)
{
    int error = errno;
    if (supervisor_news >= 0)
        while (write(supervisor_news, &what, 1) < 0 && errno == EINTR)
            continue; /* EAGAIN: S is stopped and has enough to read; EPIPE: it is gone, and SIGHUP says so */
    errno = error;
}

void supervisor_screen_entered(void)
{
    supervisor_tell(SUPERVISOR_ENTERED);
}

void supervisor_screen_left(void)
{
    supervisor_tell(SUPERVISOR_LEFT);
}

void supervisor_heartbeat(void)
{
    supervisor_tell(SUPERVISOR_ALIVE);
}

int supervisor_watch(void)
{
    return supervisor_life;
}

/* ---- the terminal ---- */

/* What a full-screen program may have left, undone. First CAN and ST end a sequence that was cut short. */
static const char supervisor_hard_reset[] = "\030\033\\"
                                            "\033(B\017\033[0m"
                                            "\033[?6l\033[r\033[4l\033[?7h\033[?1l\033>"
                                            "\033[?1000l\033[?1002l\033[?1003l\033[?1005l\033[?1006l\033[?1015l"
                                            "\033[?1004l\033[?2004l\033[?2026l"
                                            "\033[?1049l\033[?25h";
/* The same without what moves the cursor: F has already put it where the shell's prompt goes. */
static const char supervisor_soft_reset[] = "\033(B\017\033[0m"
                                            "\033[4l\033[?7h\033[?1l\033>"
                                            "\033[?1000l\033[?1002l\033[?1003l\033[?1005l\033[?1006l\033[?1015l"
                                            "\033[?1004l\033[?2004l\033[?2026l"
                                            "\033[?47l\033[?25h";

/* Bounded: a terminal that takes nothing (a dead link) must not keep the shell waiting. */
static void supervisor_write(int terminal, const char *text, size_t length)
{
    long long end = supervisor_now() + SUPERVISOR_TERMINAL_MILLISECONDS;
    while (length > 0) {
        struct pollfd ready = {.fd = terminal, .events = POLLOUT};
        long long left = end - supervisor_now();
        if (left <= 0 || poll(&ready, 1, (int)left) == 0 || (ready.revents & (POLLERR | POLLHUP)))
            return;
        long written = write(terminal, text, length);
        if (written < 0 && errno != EINTR && errno != EAGAIN)
            return;
        if (written > 0) {
            text += written;
            length -= (size_t)written;
        }
    }
}

static void supervisor_restore_terminal(struct supervisor *supervisor)
{
    if (supervisor->screen == SCREEN_NEVER || supervisor->terminal < 0)
        return;
    bool hard = supervisor->screen == SCREEN_TAKEN;
    tcsetpgrp(supervisor->terminal, getpgrp()); /* SIGTTOU is ignored in S */
    tcflow(supervisor->terminal, TCOON);
    /* A description of its own: O_NONBLOCK on the inherited one is the shell's as well. */
    int own = open("/dev/tty", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    supervisor_write(own >= 0 ? own : supervisor->terminal, hard ? supervisor_hard_reset : supervisor_soft_reset,
                     (hard ? sizeof supervisor_hard_reset : sizeof supervisor_soft_reset) - 1);
    if (own >= 0)
        close(own);
    if (supervisor->has_modes)
        tcsetattr(supervisor->terminal, hard ? TCSAFLUSH : TCSADRAIN, &supervisor->modes);
    int flags = fcntl(supervisor->terminal, F_GETFL);
    if (flags >= 0 && (flags & O_NONBLOCK))
        fcntl(supervisor->terminal, F_SETFL, flags & ~O_NONBLOCK);
}

/* ---- watching F ---- */

static void supervisor_read_news(struct supervisor *supervisor)
{
    char news[256];
    long length = read(supervisor->news, news, sizeof news);
    if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR)) {
        close(supervisor->news); /* F has closed it, or ended: waitpid() tells */
        supervisor->news = -1;
    }
    for (long i = 0; i < length; i++) {
        if (news[i] == SUPERVISOR_ENTERED) {
            supervisor->screen = SCREEN_TAKEN;
            supervisor->heartbeats = false;
        } else if (news[i] == SUPERVISOR_LEFT) {
            supervisor->screen = SCREEN_GIVEN_BACK;
        } else if (news[i] == SUPERVISOR_ALIVE) {
            supervisor->heartbeats = true;
        }
        supervisor->silent_since = supervisor_now();
    }
}

/* F was stopped, by ^Z or from outside: the shell gets its terminal back and sees S stopped, too. */
static void supervisor_stop_with_front(struct supervisor *supervisor)
{
    supervisor_restore_terminal(supervisor);
    kill(0, SIGTSTP); /* ^Z stops the whole job: a script that called us, too. We read our own, and take no notice */
    raise(SIGSTOP);
    /* The shell continues the group; who continues S alone means both. F may have gone on by itself since it stopped, and
     * may even have been stopped again: a SIGCONT that comes late must not undo that. */
    siginfo_t news = {0};
    bool moved = waitid(P_PID, (id_t)supervisor->front, &news,
                        WEXITED | WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT) == 0 &&
                 news.si_pid != 0;
    if (!moved)
        kill(supervisor->front, SIGCONT);
    supervisor->silent_since = supervisor_now();
}

/* Collects. True with F's wait status if F has ended. */
static bool supervisor_collect(struct supervisor *supervisor, int *status)
{
    for (;;) {
        int news;
        pid_t pid = waitpid(-1, &news, WNOHANG | WUNTRACED | __WALL);
        if (pid <= 0)
            return false;
        if (pid != supervisor->front)
            continue; /* an orphan of F's that ended */
        if (!WIFSTOPPED(news)) {
            *status = news;
            return true;
        }
        supervisor_read_news(supervisor);
        supervisor_stop_with_front(supervisor);
    }
}

static void supervisor_escalate_begin(struct supervisor *supervisor, int first, int second, int third)
{
    if (supervisor->escalate_at)
        return;
    const int signals[] = {first, second, third};
    memcpy(supervisor->escalation, signals, sizeof signals);
    supervisor->escalated = 0;
    supervisor->escalate_at = supervisor_now();
}

static void supervisor_escalate(struct supervisor *supervisor)
{
    if (!supervisor->escalate_at || supervisor_now() < supervisor->escalate_at)
        return;
    int signal = supervisor->escalated < 3 ? supervisor->escalation[supervisor->escalated++] : 0;
    if (signal)
        kill(supervisor->front, signal);
    supervisor->escalate_at = supervisor_now() + SUPERVISOR_ESCALATE_MILLISECONDS;
}

static void supervisor_pass_signals(struct supervisor *supervisor)
{
    struct signalfd_siginfo one;
    while (read(supervisor->signals, &one, sizeof one) == (long)sizeof one) {
        int signal = (int)one.ssi_signo;
        /* What the terminal's driver sends goes to the whole group: F has it already. */
        if (signal == SIGCHLD || signal == SIGCONT || one.ssi_code == SI_KERNEL)
            continue;
        if (signal == SIGTSTP && one.ssi_pid == (uint32_t)getpid())
            continue;
        if (signal == SIGTSTP) { /* kill -TSTP: F stops first, and S with it */
            kill(supervisor->front, SIGTSTP);
            continue;
        }
        kill(supervisor->front, signal);
    }
}

/* How long until something must be done though nothing happens; -1 for ever. */
static int supervisor_patience(const struct supervisor *supervisor)
{
    long long when = 0;
    if (supervisor->escalate_at)
        when = supervisor->escalate_at;
    else if (supervisor->screen == SCREEN_TAKEN && supervisor->heartbeats)
        when = supervisor->silent_since + SUPERVISOR_SILENCE_MILLISECONDS;
    if (!when)
        return -1;
    long long left = when - supervisor_now();
    return left > 0 ? (int)left + 1 : 0;
}

static int supervisor_wait(struct supervisor *supervisor)
{
    bool terminal_hung_up = false;
    for (;;) {
        int status;
        if (supervisor_collect(supervisor, &status))
            return status;
        struct pollfd watched[] = {
            {.fd = supervisor->signals, .events = POLLIN},
            {.fd = supervisor->news, .events = POLLIN},
            {.fd = terminal_hung_up ? -1 : supervisor->terminal}, /* events 0: hang-up only */
        };
        int ready = poll(watched, 3, supervisor_patience(supervisor));
        if (ready > 0 && watched[1].revents)
            supervisor_read_news(supervisor);
        if (ready > 0 && watched[0].revents)
            supervisor_pass_signals(supervisor);
        if (ready > 0 && watched[2].revents) {
            terminal_hung_up = true;
            if (supervisor->screen == SCREEN_TAKEN)
                supervisor_escalate_begin(supervisor, SIGTERM, SIGABRT, SIGKILL);
        }
        if (supervisor->screen == SCREEN_TAKEN && supervisor->heartbeats &&
            supervisor_now() - supervisor->silent_since >= SUPERVISOR_SILENCE_MILLISECONDS)
            supervisor_escalate_begin(supervisor, SIGABRT, SIGKILL, 0);
        supervisor_escalate(supervisor);
    }
}

/* ---- the start ---- */

static void supervisor_open_standard(void)
{
    for (int descriptor = 0; descriptor < 3; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) < 0)
            return;
}

static void supervisor_save_terminal(struct supervisor *supervisor)
{
    static const int order[] = {1, 0, 2};
    supervisor->terminal = -1;
    for (int i = 0; i < 3 && supervisor->terminal < 0; i++)
        if (isatty(order[i]))
            supervisor->terminal = order[i];
    if (supervisor->terminal >= 0)
        supervisor->has_modes = tcgetattr(supervisor->terminal, &supervisor->modes) == 0;
}

/* F, from fork to exit. */
static void supervisor_become_front(pid_t parent, const sigset_t *mask, int (*front)(void *), void *context)
    __attribute__((noreturn));
static void supervisor_become_front(pid_t parent, const sigset_t *mask, int (*front)(void *), void *context)
{
    prctl(PR_SET_PDEATHSIG, SIGHUP, 0, 0, 0);
    signal(SIGTTOU, SIG_DFL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    if (getppid() != parent)
        _exit(128 + SIGHUP); /* S was killed before the line above */
    exit(front(context));
}

static int supervisor_exit_status(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Whatever F left: init processes of guests (going already, as their leash is gone), and guests of the fallback. */
static void supervisor_end_rest(const struct supervisor *supervisor)
{
    char who[256];
    if (contain_sweep(supervisor->proc, CONTAIN_SWEEP_ALL, SUPERVISOR_SWEEP_MILLISECONDS) == 0)
        return;
    static const char complaint[] = "lockstep: a process of the guest cannot be killed: ";
    if (!contain_sweep_find_unkillable(supervisor->proc, true, who, sizeof who - 1))
        memcpy(who, "see ps", sizeof "see ps");
    size_t length = strlen(who);
    who[length++] = '\n';
    if (write(2, complaint, sizeof complaint - 1) > 0 && write(2, who, length) < 0)
        return; /* nowhere to say it */
}

int supervisor_run(int (*front)(void *context), void *context)
{
    supervisor_open_standard();
    signal(SIGCHLD, SIG_DFL); /* an inherited SIG_IGN would lose every exit status */
    struct supervisor supervisor = {.news = -1, .proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    supervisor_save_terminal(&supervisor);
    int news[2] = {-1, -1}, life[2] = {-1, -1};
    sigset_t watched, before;
    sigemptyset(&watched);
    static const int signals[] = {SIGCHLD, SIGTERM, SIGINT,  SIGHUP,  SIGQUIT,
                                  SIGTSTP, SIGCONT, SIGUSR1, SIGUSR2, SIGWINCH};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&watched, signals[i]);
    if (pipe2(news, O_CLOEXEC | O_NONBLOCK) < 0 || pipe2(life, O_CLOEXEC) < 0 ||
        (supervisor.signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
        return front(context);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    sigprocmask(SIG_BLOCK, &watched, &before);
    pid_t self = getpid();
    supervisor.front = fork();
    if (supervisor.front < 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        return front(context);
    }
    if (supervisor.front == 0) {
        close(news[0]);
        close(life[1]);
        close(supervisor.signals);
        close(supervisor.proc);
        supervisor_news = news[1];
        supervisor_life = life[0];
        supervisor_become_front(self, &before, front, context);
    }
    close(news[1]);
    close(life[0]);
    signal(SIGTTOU, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    supervisor.news = news[0];
    int status = supervisor_wait(&supervisor);
    if (supervisor.news >= 0)
        supervisor_read_news(&supervisor);
    supervisor_restore_terminal(&supervisor);
    supervisor_end_rest(&supervisor);
    return supervisor_exit_status(status);
}
