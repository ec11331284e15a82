/* Guests that do what no guest should: each run ends honestly, with a verdict and the guest's true end, all that lockstep
 * prints is JSON without a control character in it, and soon after no process of the guest is there. The guests are
 * tests/hostile/<name>.c. LOCKSTEP_SLOW=1: a hundred million bytes instead of five. HOSTILE=name: only that guest.
 * No run has a time limit: it is given up when nothing at all happens in it; the rest is for ctest's time limit. */
#include "guest_run.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include <cmocka.h>

/* In so many looks, a second apart, lockstep has said nothing and no process of the guest has used a clock tick: it hangs.
 * And in so many, 10 ms apart, a process that was killed has gone, unless it was not killed. */
enum { ANY = -1, IDLE_LOOKS = 120, LEFT_LOOKS = 1000 };

struct hostile {
    const char *name, *argument;
    const char *steps;    /* --max-steps; NULL: none */
    const char *verdicts; /* the honest ones, with spaces round each */
    int status;           /* how P1 exits; ANY: not looked at */
    int signal;           /* of which P1 dies; 0: of none, ANY: not looked at */
    bool unobserved;      /* lockstep must say that something escaped it */
};

#define ENDED " failed finished "

static const struct hostile guests[] = {
    {"spins", "alone", "20", " bound ", ANY, ANY, false},
    {"spins", "beside", "300", " failed ", 3, 0, false},
    {"forks_until_refused", "", NULL, ENDED " deadlock ", 0, 0, false},
    {"closes_all", "loop", NULL, " failed ", 7, 0, false},
    {"closes_all", "far", NULL, " failed ", 7, 0, false},
    {"closes_all", "closefrom", NULL, " failed ", 7, 0, false},
    {"closes_all", "close_range", NULL, " failed ", 7, 0, false},
    {"closes_all", "raw", NULL, " failed ", 7, 0, false},
    {"closes_all", "dup2", NULL, " failed ", 7, 0, false},
    {"few_descriptors", "none", NULL, " failed ", 8, 0, false},
    {"few_descriptors", "exec", NULL, " failed ", ANY, 0, false},
    {"clears_environment", "clearenv", NULL, " failed ", 6, 0, false},
    {"clears_environment", "execve", NULL, " failed ", 6, 0, false},
    {"clears_environment", "raw", NULL, " failed ", 6, 0, true},
    {"clears_environment", "preload", NULL, " failed ", 6, 0, false},
    {"clears_environment", "environ", NULL, " failed ", 6, 0, false},
    {"clears_environment", "system", NULL, " failed ", 6, 0, false},
    {"clears_environment", "popen", NULL, " failed ", 6, 0, false},
    {"clears_environment", "spawn", NULL, " failed ", 6, 0, false},
    {"execs_unseen", "self", NULL, " failed ", 8, 0, true},
    {"execs_unseen", "child", NULL, " failed ", 8, 0, true},
    {"prints_escapes", "", NULL, " finished ", 0, 0, false},
    {"unmaps", "", NULL, " failed ", ANY, SIGSEGV, false},
    {"escapes", "sleeps", "600", " failed finished deadlock ", 0, 0, false},
    {"escapes", "stops", "600", " failed finished deadlock ", 0, 0, false},
    {"escapes", "spins", "120", " failed finished bound ", 0, 0, false},
    {"escapes", "walks", "2000", " failed finished deadlock bound ", 0, 0, false},
    {"escapes", "closed", "600", " failed finished deadlock ", 0, 0, false},
    {"seccomp_strict", "", NULL, ENDED, 5, 0, false},
    {"raw_clone", "thread", NULL, " failed ", 5, 0, false},
    {"raw_clone", "process", NULL, " failed ", 6, 0, true},
    {"vfork_lingers", "", NULL, " deadlock ", ANY, ANY, false},
    {"stop_signals", "child", NULL, " deadlock ", ANY, ANY, false},
    {"stop_signals", "stops", NULL, " deadlock ", ANY, ANY, false},
};

struct hostile_run {
    int exit; /* of lockstep: status, 128+n by a signal, -1: it was given up */
    json_t *end;
    unsigned lines, bad_lines;
    size_t printed; /* bytes of the guest on its stdout */
    bool unobserved;
    char message[512]; /* on stderr */
};

static char marker[64];

/* CPU time in clock ticks, user's and system's, of a process. */
static unsigned long long ticks_of(const char *pid)
{
    char path[300], text[1024];
    unsigned long long user = 0, kernel = 0;
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? 0 : read(file, text, sizeof text - 1);
    if (file >= 0)
        close(file);
    text[length > 0 ? length : 0] = 0;
    const char *name_end = strrchr(text, ')');
    if (name_end)
        sscanf(name_end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &kernel);
    return user + kernel;
}

struct left {
    unsigned processes;       /* whose arguments have the marker */
    unsigned long long ticks; /* CPU time of those that are not lockstep */
};

static struct left processes_left(bool tell)
{
    struct left left = {0};
    char lockstep[4096];
    snprintf(lockstep, sizeof lockstep, "%s/lockstep", guest_build());
    DIR *folder = opendir("/proc");
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[300], arguments[4097];
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t length = file < 0 ? 0 : read(file, arguments, sizeof arguments - 1);
        if (file >= 0)
            close(file);
        if (length <= 0 || !memmem(arguments, (size_t)length, marker, strlen(marker)))
            continue;
        arguments[length] = 0;
        left.processes++;
        if (strcmp(arguments, lockstep) != 0)
            left.ticks += ticks_of(entry->d_name);
        if (tell)
            fprintf(stderr, "process %s is left: %s\n", entry->d_name, arguments);
    }
    closedir(folder);
    return left;
}

/* Soon after the end nothing of the guest is there. */
static unsigned check_nothing_left(const char *what)
{
    for (int look = 0; look < LEFT_LOOKS && processes_left(false).processes > 0; look++)
        poll(NULL, 0, 10);
    unsigned left = processes_left(true).processes;
    if (left)
        fprintf(stderr, "%s: %u processes after the end\n", what, left);
    return left;
}

/* What comes next from lockstep: as read(2), -1 also when nothing happens any more. */
static ssize_t read_while_it_lives(int out, char *bytes, size_t size)
{
    unsigned long long ticks = 0;
    for (int idle = 0; idle < IDLE_LOOKS; idle++) {
        struct pollfd entry = {.fd = out, .events = POLLIN};
        if (poll(&entry, 1, 1000) > 0)
            return read(out, bytes, size);
        unsigned long long now = processes_left(false).ticks;
        if (now != ticks)
            idle = 0;
        ticks = now;
    }
    return -1;
}

static void line_read(struct hostile_run *outcome, char *line, size_t length)
{
    bool control = false;
    for (size_t i = 0; i < length; i++)
        control |= (unsigned char)line[i] < 0x20 || line[i] == 0x7f;
    json_t *object = json_loadb(line, length, JSON_ALLOW_NUL, NULL);
    outcome->lines++;
    if (!json_is_object(object) || control) {
        if (outcome->bad_lines++ == 0)
            fprintf(stderr, "not JSON, or with a control character: %.*s\n", (int)(length < 300 ? length : 300), line);
        json_decref(object);
        return;
    }
    const char *stream = json_string_value(json_object_get(object, "stream"));
    if (stream && strcmp(stream, "stdout") == 0) {
        json_t *text = json_object_get(object, "text");
        const char *base64 = json_string_value(json_object_get(object, "bytes"));
        size_t padding = base64 ? strlen(strchrnul(base64, '=')) : 0;
        outcome->printed += text ? json_string_length(text) : base64 ? strlen(base64) / 4 * 3 - padding : 0;
    }
    line[length] = 0;
    outcome->unobserved |= strstr(line, "unobserved") != NULL;
    if (json_is_true(json_object_get(object, "end"))) {
        json_decref(outcome->end);
        outcome->end = json_incref(object);
    }
    json_decref(object);
}

/* Starts lockstep; its standard output, of this form, comes through *out, what it says to people goes to `errors`. */
static pid_t start(const struct hostile *hostile, const char *form, const char *language, int *out, int errors)
{
    char lockstep[4096], program[4096];
    const char *arguments[12] = {lockstep, "run", form, "--lang", language};
    size_t count = 5;
    snprintf(lockstep, sizeof lockstep, "%s/lockstep", guest_build());
    snprintf(program, sizeof program, "%s/tests/hostile/%s", guest_build(), hostile->name);
    if (hostile->steps) {
        arguments[count++] = "--max-steps";
        arguments[count++] = hostile->steps;
    }
    arguments[count++] = "--";
    arguments[count++] = program;
    arguments[count++] = hostile->argument;
    arguments[count++] = marker;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* ctest's time limit ends us only */
        int null = open("/dev/null", O_RDONLY);
        dup2(null, 0);
        dup2(ends[1], 1);
        dup2(errors, 2);
        execv(lockstep, (char *const *)(uintptr_t)arguments);
        _exit(126);
    }
    close(ends[1]);
    *out = ends[0];
    return child;
}

static int ended(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void run(const struct hostile *hostile, struct hostile_run *outcome)
{
    static unsigned number;
    snprintf(marker, sizeof marker, "lockstep-hostile-%d-%u", (int)getpid(), ++number);
    *outcome = (struct hostile_run){.exit = -1};
    FILE *errors = tmpfile();
    int out;
    pid_t child = start(hostile, "--json", "en", &out, fileno(errors));
    size_t size = 1 << 16, length = 0;
    char *buffer = malloc(size + 1);
    ssize_t got;
    while ((got = read_while_it_lives(out, buffer + length, size - length)) > 0) {
        length += (size_t)got;
        char *line = buffer, *end;
        while ((end = memchr(line, '\n', length - (size_t)(line - buffer)))) {
            line_read(outcome, line, (size_t)(end - line));
            line = end + 1;
        }
        length -= (size_t)(line - buffer);
        memmove(buffer, line, length);
        if (length == size)
            buffer = realloc(buffer, (size *= 2) + 1);
    }
    if (got < 0)
        kill(child, SIGKILL);
    int exit = ended(child);
    outcome->exit = got < 0 ? -1 : exit;
    if (length > 0)
        outcome->bad_lines++;
    close(out);
    free(buffer);
    rewind(errors);
    outcome->message[fread(outcome->message, 1, sizeof outcome->message - 1, errors)] = 0;
    fclose(errors);
}

static unsigned check(const struct hostile *hostile, struct hostile_run *outcome)
{
    char what[256], verdict[64];
    unsigned bad = 0;
    snprintf(what, sizeof what, "%s %s", hostile->name, hostile->argument);
    fprintf(stderr, "  %s\n", what); /* when ctest's limit ends this: which it was */
    run(hostile, outcome);
    const char *word = json_string_value(json_object_get(outcome->end, "verdict"));
    snprintf(verdict, sizeof verdict, " %s ", word ? word : "?");
    json_t *exit = json_object_get(json_object_get(outcome->end, "exit"), "P1");
    if (outcome->exit < 0) {
        fprintf(stderr, "%s: nothing happens any more after %u lines\n", what, outcome->lines);
        bad++;
    } else if (!outcome->end || !strstr(hostile->verdicts, verdict)) {
        fprintf(stderr, "%s: verdict%s, exit status %d, message: %s\n", what, verdict, outcome->exit, outcome->message);
        bad++;
    } else if (outcome->exit != (strcmp(word, "finished") == 0 ? 0 : strcmp(word, "bound") == 0 ? 4 : 1)) {
        fprintf(stderr, "%s: exit status %d with verdict%s\n", what, outcome->exit, verdict);
        bad++;
    }
    if (outcome->end && hostile->signal > 0) {
        char name[32];
        snprintf(name, sizeof name, "SIG%s", sigabbrev_np(hostile->signal));
        if (!json_is_string(exit) || strcmp(json_string_value(exit), name) != 0) {
            fprintf(stderr, "%s: P1 did not die of %s\n", what, name);
            bad++;
        }
    } else if (outcome->end && hostile->signal == 0 && hostile->status != ANY &&
               (!json_is_integer(exit) || json_integer_value(exit) != hostile->status)) {
        char *text = json_dumps(exit, JSON_ENCODE_ANY);
        fprintf(stderr, "%s: P1 ended with %s, not %d\n", what, text ? text : "nothing", hostile->status);
        free(text);
        bad++;
    }
    if (hostile->unobserved && !outcome->unobserved) {
        fprintf(stderr, "%s: it is not said that something runs unobserved\n", what);
        bad++;
    }
    bad += outcome->bad_lines + check_nothing_left(what);
    json_decref(outcome->end);
    outcome->end = NULL;
    return bad;
}

static bool wanted(const char *name)
{
    const char *only = getenv("HOSTILE");
    return !only || strcmp(only, name) == 0;
}

static void every_run_of_a_hostile_guest_ends_honestly(void **state)
{
    (void)state;
    unsigned bad = 0;
    for (size_t i = 0; i < sizeof guests / sizeof *guests; i++) {
        struct hostile_run outcome;
        if (wanted(guests[i].name))
            bad += check(&guests[i], &outcome);
    }
    assert_int_equal(bad, 0);
}

/* Sentences are cut at 80 columns: words are looked for without blanks. */
static void without_blanks(char *text)
{
    char *to = text;
    for (const char *at = text; *at; at++)
        if (*at != ' ' && *at != '\n')
            *to++ = *at;
    *to = 0;
}

/* What --plain says in this language has all these words, in this order. */
static unsigned check_plain(const struct hostile *hostile, const char *language, const char *const *words)
{
    FILE *errors = tmpfile();
    int out;
    char text[16384];
    size_t length = 0;
    ssize_t got;
    snprintf(marker, sizeof marker, "lockstep-plain-%d-%s", (int)getpid(), language);
    pid_t child = start(hostile, "--plain", language, &out, fileno(errors));
    while ((got = read_while_it_lives(out, text + length, sizeof text - 1 - length)) > 0)
        length += (size_t)got;
    if (got < 0)
        kill(child, SIGKILL);
    ended(child);
    close(out);
    fclose(errors);
    text[length] = 0;
    without_blanks(text);
    for (const char *at = text; *words; words++) {
        char wanted[256];
        snprintf(wanted, sizeof wanted, "%s", *words);
        without_blanks(wanted);
        at = strstr(at, wanted);
        if (!at) {
            fprintf(stderr, "%s %s: \"%s\" is missing in %s\n", hostile->name, hostile->argument, wanted, text);
            return 1;
        }
    }
    return check_nothing_left(hostile->name);
}

static int native_status(const struct hostile *hostile)
{
    char program[4096];
    struct guest_result native;
    snprintf(program, sizeof program, "%s/tests/hostile/%s", guest_build(), hostile->name);
    guest_run_native(program, hostile->argument, &native);
    guest_result_free(&native);
    return native.status;
}

static bool stops_by_default(int number)
{
    return number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

/* That it is stopped, by what, and that nobody will continue it. */
static unsigned check_says_stopped(const struct hostile *hostile, int number)
{
    char english[128], chinese[128];
    snprintf(english, sizeof english, "P1 has not ended: it is stopped by SIG%s, and nobody is left to continue it\n",
             sigabbrev_np(number));
    snprintf(chinese, sizeof chinese, "P1：尚未结束，它被 SIG%s 暂停了，没有人会让它继续\n", sigabbrev_np(number));
    return check_plain(hostile, "en", (const char *const[]){english, "verdict: deadlock", NULL}) +
           check_plain(hostile, "zh", (const char *const[]){chinese, "结论：死锁", NULL});
}

/* What signal(7) says: some are ignored by default, four stop it, of the others it dies; natively and held alike. */
static void a_guest_dies_or_stops_by_any_signal_as_it_does_natively(void **state)
{
    (void)state;
    unsigned bad = 0;
    for (int number = 1; number < 32 && wanted("dies_by"); number++) {
        char argument[12];
        struct hostile_run outcome;
        snprintf(argument, sizeof argument, "%d", number);
        bool survives = number == SIGCHLD || number == SIGCONT || number == SIGURG || number == SIGWINCH;
        bool stops = stops_by_default(number);
        struct hostile hostile = {"dies_by",
                                  argument,
                                  NULL,
                                  stops ? " deadlock " : " failed ",
                                  survives ? 9 : ANY,
                                  stops ? ANY : survives ? 0 : number,
                                  false};
        int native = native_status(&hostile);
        if (stops      ? !WIFSTOPPED(native) || WSTOPSIG(native) != number
            : survives ? !WIFEXITED(native) || WEXITSTATUS(native) != 9
                       : !WIFSIGNALED(native) || WTERMSIG(native) != number) {
            fprintf(stderr, "dies_by %d: natively the wait status is %#x\n", number, (unsigned)native);
            bad++;
        }
        bad += check(&hostile, &outcome);
        if (stops)
            bad += check_says_stopped(&hostile, number);
    }
    assert_int_equal(bad, 0);
}

static void who_ignores_or_handles_the_terminals_stop_signals_goes_on(void **state)
{
    (void)state;
    static const char *const ways[] = {"ignores", "handles"};
    unsigned bad = 0;
    for (size_t i = 0; i < 2 && wanted("stop_signals"); i++) {
        struct hostile_run outcome;
        struct hostile hostile = {"stop_signals", ways[i], NULL, " failed ", 9, 0, false};
        int native = native_status(&hostile);
        if (!WIFEXITED(native) || WEXITSTATUS(native) != 9) {
            fprintf(stderr, "stop_signals %s: natively the wait status is %#x\n", ways[i], (unsigned)native);
            bad++;
        }
        bad += check(&hostile, &outcome);
    }
    assert_int_equal(bad, 0);
}

static void who_waits_for_a_stopped_child_is_told_so(void **state)
{
    (void)state;
    static const struct {
        const char *way, *language;
        const char *words[6];
    } told[] = {
        {"child",
         "en",
         {"P1 has not ended", "P2 has not ended: it is stopped by SIGTSTP, and nobody", "verdict: deadlock"}},
        {"child", "zh", {"P1：尚未结束", "P2：尚未结束，它被 SIGTSTP 暂停了，没有人", "结论：死锁"}},
        {"stops",
         "en",
         {"Deadlock: P1.main waits for ever", "P2 is stopped, and", "P2 has not ended: it is stopped, and"}},
        {"stops", "zh", {"死锁：P1.main 永远等下去", "P2 被暂停，没有人会让它继续", "P2：尚未结束，它被暂停了"}},
    };
    unsigned bad = 0;
    for (size_t i = 0; i < sizeof told / sizeof *told && wanted("stop_signals"); i++) {
        struct hostile hostile = {"stop_signals", told[i].way, NULL, "", ANY, ANY, false};
        bad += check_plain(&hostile, told[i].language, told[i].words);
    }
    assert_int_equal(bad, 0);
}

static void nothing_is_lost_of_much_output(void **state)
{
    (void)state;
    const char *megabytes = getenv("LOCKSTEP_SLOW") ? "100" : "5";
    struct hostile hostile = {"prints_much", megabytes, NULL, " finished ", 0, 0, false};
    struct hostile_run outcome;
    if (!wanted("prints_much"))
        return;
    assert_int_equal(check(&hostile, &outcome), 0);
    assert_int_equal(outcome.printed, strtoul(megabytes, NULL, 10) * 1000000);
}

/* lockstep itself is ended in the middle. */
static void nothing_outlives_lockstep(void **state)
{
    (void)state;
    static const int signals[] = {SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGSEGV};
    static const char *const ways[] = {"sleeps", "stops", "spins", "walks", "closed"};
    unsigned bad = 0;
    for (size_t i = 0; i < sizeof signals / sizeof *signals && wanted("escapes"); i++) {
        struct hostile hostile = {"escapes", ways[i], NULL, "", ANY, ANY, false};
        snprintf(marker, sizeof marker, "lockstep-killed-%d-%zu", (int)getpid(), i);
        FILE *errors = tmpfile();
        int out;
        char bytes[4096];
        pid_t child = start(&hostile, "--json", "en", &out, fileno(errors));
        size_t seen = 0;
        while (seen < 15000) { /* the second child is there by then */
            ssize_t got = read_while_it_lives(out, bytes, sizeof bytes);
            if (got <= 0)
                break;
            seen += (size_t)got;
        }
        assert_true(processes_left(false).processes > 0);
        kill(child, signals[i]);
        char what[64];
        snprintf(what, sizeof what, "escapes %s, lockstep ended by %s", ways[i], sigabbrev_np(signals[i]));
        bad += check_nothing_left(what);
        ended(child);
        close(out);
        fclose(errors);
    }
    assert_int_equal(bad, 0);
}

int main(void)
{
    setvbuf(stderr, NULL, _IOLBF, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_run_of_a_hostile_guest_ends_honestly),
        cmocka_unit_test(a_guest_dies_or_stops_by_any_signal_as_it_does_natively),
        cmocka_unit_test(who_ignores_or_handles_the_terminals_stop_signals_goes_on),
        cmocka_unit_test(who_waits_for_a_stopped_child_is_told_so),
        cmocka_unit_test(nothing_is_lost_of_much_output),
        cmocka_unit_test(nothing_outlives_lockstep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
