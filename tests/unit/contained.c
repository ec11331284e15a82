/* Starts guests contained, and follows them until they have ended. */
#include "contained.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

char *const contained_environment[] = {(char[]){"PATH=/usr/bin:/bin"}, (char[]){"LC_ALL=C"}, NULL};

long long contained_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

void contained_take(int descriptor, char *text, size_t size)
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

struct contain *contained_start(const char *const *argv, struct contain_options options)
{
    struct message message = {{0}};
    struct contain *contain = NULL;
    options.argv = argv;
    options.program_path = argv[0];
    if (!options.envp)
        options.envp = contained_environment;
    if (contain_start(&options, &contain, &message) != STATUS_OK)
        fail_msg("%s", message.text);
    return contain;
}

void contained_follow(struct contain *contain, int orphans, struct contained_result *result)
{
    bool ended = false;
    long long end = contained_now() + CONTAINED_PATIENCE_MILLISECONDS;
    while (!ended || result->orphans < orphans) {
        struct pollfd watched[] = {{.fd = contain_output(contain), .events = POLLIN},
                                   {.fd = contain_error(contain), .events = POLLIN},
                                   {.fd = contain_reports(contain), .events = POLLIN}};
        assert_true(contained_now() < end);
        poll(watched, 3, 1000);
        contained_take(watched[0].fd, result->output, sizeof result->output);
        contained_take(watched[1].fd, result->error, sizeof result->error);
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
    contained_take(contain_output(contain), result->output, sizeof result->output);
    contained_take(contain_error(contain), result->error, sizeof result->error);
}

struct contained_result contained_run(const char *script, struct contain_options options, int orphans)
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    struct contain *contain = contained_start(argv, options);
    struct contained_result result = {.output = "", .orphans = 0};
    contained_follow(contain, orphans, &result);
    contain_free(contain);
    return result;
}

bool contained_namespaces_work(void)
{
    struct contain_probe probe;
    contain_probe(&probe);
    return !probe.user && !probe.process && !probe.mount && !probe.ipc;
}
