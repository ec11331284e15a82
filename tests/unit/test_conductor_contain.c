/* The containment of a guest: it is alone in its namespaces or folders, its streams and its end are told as they are, and a
 * run leaves nothing. Guests that fight it are in test_conductor_contain_fights.c. The kernel says that nothing is left: this
 * test is a subreaper above all of them, so waitpid() says ECHILD exactly when none is. */
#include "contained.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/lockstep-contain-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    return mkdtemp(folder) && chmod(folder, 0755) == 0 ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    rmdir(folder);
    return 0;
}

static void the_first_process_is_number_two_each_time(void **state)
{
    (void)state;
    if (!contained_namespaces_work())
        skip();
    for (int i = 0; i < 3; i++) {
        struct contained_result result = contained_run("echo $$ $PPID", (struct contain_options){.network = true}, 0);
        assert_int_equal(result.first, 2);
        assert_string_equal(result.output, "2 1\n");
    }
}

static void output_is_raw_and_streams_are_apart(void **state)
{
    (void)state;
    struct contained_result result =
        contained_run("printf 'a\\nb\\tc\\r\\n'; printf 'x\\n' >&2; exit 7", (struct contain_options){0}, 0);
    assert_string_equal(result.output, "a\nb\tc\r\n");
    assert_string_equal(result.error, "x\n");
    assert_true(WIFEXITED(result.status));
    assert_int_equal(WEXITSTATUS(result.status), 7);
    result = contained_run("kill -SEGV $$", (struct contain_options){0}, 0);
    assert_true(WIFSIGNALED(result.status) && WTERMSIG(result.status) == SIGSEGV);
}

static void all_of_a_long_output_arrives(void **state)
{
    (void)state;
    const char *const argv[] = {"/bin/sh", "-c", "head -c 1000000 /dev/zero | tr '\\000' x", NULL};
    for (int pipe = 0; pipe < 2; pipe++) {
        struct contain *contain = contained_start(argv, (struct contain_options){.stdout_pipe = pipe == 1});
        size_t total = 0;
        for (bool ended = false; !ended || total < 1000000;) {
            struct pollfd watched[] = {{.fd = contain_output(contain), .events = POLLIN},
                                       {.fd = ended ? -1 : contain_reports(contain), .events = POLLIN}};
            assert_true(poll(watched, 2, CONTAINED_PATIENCE_MILLISECONDS) > 0);
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
        struct contain *contain = contained_start(argv, (struct contain_options){.stdout_pipe = pipe == 1});
        struct contain_stream streams[3];
        for (int i = 0; i < 3; i++)
            streams[i] = contain_get_stream(contain, i);
        struct contained_result result = {.output = ""};
        contained_follow(contain, 0, &result);
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
    struct contain *contain = contained_start(argv, (struct contain_options){0});
    assert_int_equal(write(contain_input(contain), "one\ntwo\n\004", 9), 9);
    struct contained_result result = {.output = ""};
    contained_follow(contain, 0, &result);
    contain_free(contain);
    assert_string_equal(result.output, "one\ntwo\n"); /* once: no echo */
    assert_int_equal(result.status, 0);
}

static void an_orphan_lives_on_and_is_reported(void **state)
{
    (void)state;
    /* The orphan speaks only when its parent is gone. A SIGHUP at its parent's end would silence it. */
    const char *script = "(while kill -0 $$ 2>/dev/null; do :; done; echo orphan) & exit 0";
    struct contained_result result = contained_run(script, (struct contain_options){0}, 1);
    assert_string_equal(result.output, "orphan\n");
    assert_int_equal(result.orphans, 1);
}

static void signals_and_pidfds_reach_the_process_meant(void **state)
{
    (void)state;
    const char *const argv[] = {"/bin/sleep", "1000", NULL};
    struct contain *contain = contained_start(argv, (struct contain_options){0});
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
    assert_int_equal(poll(&watched, 1, CONTAINED_PATIENCE_MILLISECONDS), 1);
    close(pidfd);
    struct contained_result result = {.output = ""};
    contained_follow(contain, 0, &result);
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
        struct contained_result result =
            contained_run("ls -A; mkdir -p a/b; echo x >a/b/c; ls -A; ls /dev/shm", options, 0);
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
    struct contained_result result = contained_run(script, (struct contain_options){.runtime_directory = runtime}, 0);
    assert_int_equal(result.status, 0);
    snprintf(script, sizeof script, "%s/note", runtime);
    assert_int_equal(unlink(script), 0);
    assert_int_equal(rmdir(runtime), 0);
}

static void the_guest_has_no_privilege_and_clean_signals(void **state)
{
    (void)state;
    signal(SIGUSR1, SIG_IGN);
    struct contained_result result =
        contained_run("grep -E '^(CapPrm|CapEff|NoNewPrivs|SigBlk|SigIgn)' /proc/self/status; ls /proc/self/fd | wc -l",
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
    struct contained_result one = contained_run("cat /proc/self/maps", (struct contain_options){0}, 0);
    struct contained_result two = contained_run("cat /proc/self/maps", (struct contain_options){0}, 0);
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
                                          .envp = contained_environment,
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
    contained_run("exit 0", (struct contain_options){0}, 0);
    int before = count_descriptors();
    for (int i = 0; i < 5; i++)
        contained_run("echo x", (struct contain_options){.stdout_pipe = true}, 0);
    assert_int_equal(count_descriptors(), before);
}

static void two_guests_at_once_do_not_hold_each_other(void **state)
{
    (void)state;
    const char *const argv[] = {"/bin/sleep", "1000", NULL};
    struct contain *one = contained_start(argv, (struct contain_options){0});
    struct contain *two = contained_start(argv, (struct contain_options){0});
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
    struct contain *contain = contained_start(argv, (struct contain_options){.network = true});
    assert_int_equal(probe.level, contain_level(contain));
    if (probe.level == CONTAIN_FULL) {
        assert_true(probe.kill_proven);
        assert_string_equal(probe.text, "full");
        assert_string_equal(contain_level_text(contain), "full");
    }
    contain_free(contain);
}

static void root_is_refused_without_namespaces(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    setenv("LOCKSTEP_NO_NAMESPACES", "1", 1);
    const char *const argv[] = {"/bin/true", NULL};
    struct contain_options options = {.program_path = argv[0], .argv = argv, .envp = contained_environment};
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
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
