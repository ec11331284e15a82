/* The supervisor: what the shell sees of lockstep's end (status, stop), and that the terminal is put right whenever the
 * screen was taken, and never touched when it was not. The judge of the terminal is what arrives at its other side. */
#include "app/supervisor.h"
#include "conductor/pty.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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

enum { PATIENCE_MILLISECONDS = 20000 };

struct scene {
    int (*front)(struct scene *scene);
    struct pty terminal;
    int told[2]; /* F to the test: its pid */
    pid_t supervisor, front_pid;
};

static int front_begins(void *context)
{
    struct scene *scene = context;
    pid_t self = getpid();
    if (write(scene->told[1], &self, sizeof self) != (long)sizeof self)
        return 99;
    return scene->front(scene);
}

/* S in a session of its own on a terminal of its own, as under a shell. */
static void begin(struct scene *scene, int (*front)(struct scene *scene))
{
    *scene = (struct scene){.front = front};
    assert_int_equal(pty_open(&scene->terminal, 80, 24), 0);
    assert_int_equal(pipe2(scene->told, O_CLOEXEC), 0);
    assert_int_equal(fcntl(scene->terminal.master, F_SETFL, O_NONBLOCK), 0);
    fflush(NULL);
    scene->supervisor = fork();
    if (scene->supervisor == 0) {
        for (int number = 1; number < NSIG; number++)
            signal(number, SIG_DFL);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        setsid();
        ioctl(scene->terminal.slave, TIOCSCTTY, 0);
        for (int descriptor = 0; descriptor < 3; descriptor++)
            dup2(scene->terminal.slave, descriptor);
        close(scene->terminal.master);
        close(scene->told[0]);
        _exit(supervisor_run(front_begins, scene));
    }
    close(scene->told[1]);
    assert_int_equal(read(scene->told[0], &scene->front_pid, sizeof scene->front_pid), sizeof scene->front_pid);
}

/* Reads what S and F wrote, until `until` is in it (or, if NULL, whatever is there). */
static void read_screen(struct scene *scene, char *text, size_t size, const char *until)
{
    size_t length = strlen(text);
    while (!until || !memmem(text, length, until, strlen(until))) {
        struct pollfd ready = {.fd = scene->terminal.master, .events = POLLIN};
        int got = poll(&ready, 1, until ? PATIENCE_MILLISECONDS : 0);
        if (got == 0 && !until)
            return;
        assert_int_equal(got, 1);
        long more = read(scene->terminal.master, text + length, size - 1 - length);
        assert_true(more > 0);
        length += (size_t)more;
        text[length] = 0;
    }
}

static int await_end(const struct scene *scene)
{
    int status = 0;
    assert_int_equal(waitpid(scene->supervisor, &status, 0), scene->supervisor);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void end(struct scene *scene)
{
    pty_close(&scene->terminal);
    close(scene->told[0]);
    /* Nobody is left; this test is the subreaper above. */
    while (waitpid(-1, NULL, 0) > 0)
        continue;
    assert_int_equal(errno, ECHILD);
}

/* ---- front ends ---- */

static int front_returns_five(struct scene *scene)
{
    (void)scene;
    return 5;
}

static int front_waits(struct scene *scene)
{
    while (scene)
        pause();
    return 97;
}

static int front_speaks_plainly(struct scene *scene)
{
    (void)scene;
    fputs("plain", stdout); /* without a newline: exit must flush it */
    return 0;
}

static void take_screen(struct scene *scene)
{
    struct termios raw;
    tcgetattr(scene->terminal.slave, &raw);
    cfmakeraw(&raw);
    tcsetattr(scene->terminal.slave, TCSANOW, &raw);
    supervisor_screen_entered();
    static const char taking[] = "\033[?1049h\033[?25l\033[?1002h\033]0;half a ti";
    if (write(1, taking, sizeof taking - 1) < 0)
        _exit(98);
}

static int front_takes_the_screen(struct scene *scene)
{
    take_screen(scene);
    return front_waits(scene);
}

static int front_takes_the_screen_and_hangs(struct scene *scene)
{
    take_screen(scene);
    supervisor_heartbeat();
    signal(SIGTERM, SIG_IGN);
    return front_waits(scene);
}

static int front_gives_the_screen_back(struct scene *scene)
{
    take_screen(scene);
    if (write(1, "\033\\\033[?1049l\033[?25h", 16) < 0)
        return 98;
    supervisor_screen_left();
    return 3;
}

static int front_ends_when_the_supervisor_does(struct scene *scene)
{
    pid_t self = getpid();
    signal(SIGHUP, SIG_IGN); /* which the end of the session's leader brings, too; only then S may be killed */
    if (write(scene->told[1], &self, sizeof self) != (long)sizeof self)
        return 1;
    struct pollfd watched = {.fd = supervisor_watch()};
    if (poll(&watched, 1, PATIENCE_MILLISECONDS) == 1 && write(2, "seen", 4) == 4)
        return 0;
    return 1;
}

static int front_leaves_a_child(struct scene *scene)
{
    (void)scene;
    if (fork() == 0) {
        signal(SIGTERM, SIG_IGN);
        setsid();
        for (;;)
            pause();
    }
    return 0;
}

/* ---- what must be true ---- */

static void the_status_is_that_of_the_front_end(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, front_returns_five);
    assert_int_equal(await_end(&scene), 5);
    end(&scene);
}

static void a_signal_is_passed_on_and_becomes_128_and_its_number(void **state)
{
    (void)state;
    const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct scene scene;
        begin(&scene, front_waits);
        kill(scene.supervisor, signals[i]);
        assert_int_equal(await_end(&scene), 128 + signals[i]);
        end(&scene);
    }
}

static void a_plain_run_prints_only_what_the_front_end_prints(void **state)
{
    (void)state;
    struct scene scene;
    char text[4096] = "";
    begin(&scene, front_speaks_plainly);
    assert_int_equal(await_end(&scene), 0);
    read_screen(&scene, text, sizeof text, "plain");
    read_screen(&scene, text, sizeof text, NULL);
    assert_string_equal(text, "plain");
    end(&scene);
    begin(&scene, front_waits);
    kill(scene.front_pid, SIGKILL);
    assert_int_equal(await_end(&scene), 128 + SIGKILL);
    text[0] = 0;
    read_screen(&scene, text, sizeof text, NULL);
    assert_string_equal(text, "");
    end(&scene);
}

static bool same_modes(const struct termios *one, const struct termios *two)
{
    return one->c_iflag == two->c_iflag && one->c_oflag == two->c_oflag && one->c_lflag == two->c_lflag &&
           one->c_cflag == two->c_cflag;
}

static void the_terminal_is_put_right_however_the_front_end_dies(void **state)
{
    (void)state;
    const int signals[] = {SIGKILL, SIGSEGV, SIGABRT, SIGQUIT, SIGTERM};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct scene scene;
        char text[4096] = "";
        struct termios before, after;
        begin(&scene, front_takes_the_screen);
        read_screen(&scene, text, sizeof text, "half a ti");
        /* The modes before were those of a fresh pair, as pty_open() makes them. */
        struct pty fresh;
        assert_int_equal(pty_open(&fresh, 80, 24), 0);
        assert_int_equal(tcgetattr(fresh.slave, &before), 0);
        pty_close(&fresh);
        assert_int_equal(tcgetattr(scene.terminal.slave, &after), 0);
        assert_false(same_modes(&before, &after)); /* the comparison can fail */
        kill(scene.front_pid, signals[i]);
        read_screen(&scene, text, sizeof text, "\033[?1049l\033[?25h");
        assert_int_equal(await_end(&scene), 128 + signals[i]);
        const char *reset = strstr(text, "half a ti") + strlen("half a ti");
        assert_memory_equal(reset, "\030\033\\", 3); /* first the end of what was cut short */
        assert_non_null(strstr(reset, "\033[?1002l"));
        assert_int_equal(tcgetattr(scene.terminal.slave, &after), 0);
        assert_true(same_modes(&before, &after));
        end(&scene);
    }
}

static void after_a_clean_end_the_cursor_is_not_moved(void **state)
{
    (void)state;
    struct scene scene;
    char text[4096] = "";
    begin(&scene, front_gives_the_screen_back);
    read_screen(&scene, text, sizeof text, "\033[?47l\033[?25h");
    assert_int_equal(await_end(&scene), 3);
    const char *after = strstr(text, "\033[?1049l");
    assert_null(strstr(after + 1, "\033[?1049l"));
    assert_null(strstr(after, "\033[r"));
    assert_null(strstr(after, "\033[?6l"));
    end(&scene);
}

static void a_hung_front_end_is_ended_and_the_terminal_put_right(void **state)
{
    (void)state;
    struct scene scene;
    char text[4096] = "";
    begin(&scene, front_takes_the_screen_and_hangs);
    read_screen(&scene, text, sizeof text, "\033[?1049l\033[?25h"); /* comes after three seconds of silence */
    assert_int_equal(await_end(&scene), 128 + SIGABRT);
    end(&scene);
}

static void a_stopped_front_end_stops_the_supervisor_and_frees_the_terminal(void **state)
{
    (void)state;
    struct scene scene;
    char text[4096] = "";
    int status;
    begin(&scene, front_takes_the_screen);
    read_screen(&scene, text, sizeof text, "half a ti");
    kill(scene.front_pid, SIGSTOP);
    read_screen(&scene, text, sizeof text, "\033[?1049l\033[?25h");
    assert_int_equal(waitpid(scene.supervisor, &status, WUNTRACED), scene.supervisor);
    assert_true(WIFSTOPPED(status));
    kill(scene.supervisor, SIGCONT);
    kill(scene.supervisor, SIGTERM); /* reaches F only if it goes on as well */
    assert_int_equal(await_end(&scene), 128 + SIGTERM);
    end(&scene);
}

static void the_front_end_learns_that_the_supervisor_was_killed(void **state)
{
    (void)state;
    struct scene scene;
    char text[256] = "";
    begin(&scene, front_ends_when_the_supervisor_does);
    assert_int_equal(read(scene.told[0], &scene.front_pid, sizeof scene.front_pid), sizeof scene.front_pid);
    kill(scene.supervisor, SIGKILL);
    read_screen(&scene, text, sizeof text, "seen");
    end(&scene);
    begin(&scene, front_waits); /* one that does not look: SIGHUP ends it, or end() would wait for ever */
    kill(scene.supervisor, SIGKILL);
    end(&scene);
}

static void a_child_left_behind_is_ended(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, front_leaves_a_child);
    assert_int_equal(await_end(&scene), 0);
    assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD); /* S collected it, or it would be ours now */
    end(&scene);
}

static int become_subreaper(void **state)
{
    (void)state;
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_status_is_that_of_the_front_end),
        cmocka_unit_test(a_signal_is_passed_on_and_becomes_128_and_its_number),
        cmocka_unit_test(a_plain_run_prints_only_what_the_front_end_prints),
        cmocka_unit_test(the_terminal_is_put_right_however_the_front_end_dies),
        cmocka_unit_test(after_a_clean_end_the_cursor_is_not_moved),
        cmocka_unit_test(a_hung_front_end_is_ended_and_the_terminal_put_right),
        cmocka_unit_test(a_stopped_front_end_stops_the_supervisor_and_frees_the_terminal),
        cmocka_unit_test(the_front_end_learns_that_the_supervisor_was_killed),
        cmocka_unit_test(a_child_left_behind_is_ended),
    };
    return cmocka_run_group_tests(tests, become_subreaper, NULL);
}
