/* Runs guests for tests; see guest_run.h. */
#include "guest_run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

void guest_run_native(const char *program, struct guest_result *result)
{
    *result = (struct guest_result){0};
    collect(result, "", 0);
    struct termios raw;
    int master, slave;
    if (openpty(&master, &slave, NULL, NULL, NULL) != 0)
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
    pid_t child = fork();
    if (child == 0) {
        if (chdir(folder) != 0)
            _exit(126);
        setsid();
        dup2(slave, 0);
        dup2(slave, 1);
        dup2(slave, 2);
        closefrom(3);
        execl(whole, program, (char *)NULL);
        _exit(127);
    }
    if (write(master, "\004", 1) != 1)
        abort();
    /* Our own descriptor of the slave stays open until all is read: a hang-up could overtake the last bytes. */
    fcntl(master, F_SETFL, O_NONBLOCK);
    char bytes[4096];
    for (bool ended = false;;) {
        ssize_t got = read(master, bytes, sizeof bytes);
        if (got > 0) {
            collect(result, bytes, (size_t)got);
            continue;
        }
        if (ended)
            break;
        struct pollfd more = {.fd = master, .events = POLLIN};
        poll(&more, 1, 5);
        ended = waitpid(child, &result->status, WNOHANG) == child;
    }
    close(slave);
    close(master);
    rmdir(folder);
}

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
    mix(&result->hash, &plain, sizeof plain);
    if (event->length)
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
