/* Compiling a scene's program, once per content. The compiler is run with an argument vector, never through a shell, in
 * the scene's folder, so that debug information has the sources' own names. It must not start what it built. */
#include "scene/scene_build.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_MAX = 64 * 1024, ARGUMENTS_MAX = 64 };

extern char **environ;

static const char *const compile_flags[] = {"-g", "-O0", "-fno-omit-frame-pointer", "-pthread", NULL};

enum status scene_program_name(const struct scene_build *build, char *name, size_t size)
{
    const struct scene *scene = build->scene;
    const struct scene_variant *chosen = &scene->variants[build->variant];
    const char *part = scene_hosts_play(scene) ? scene->network.hosts[build->host].name
                       : chosen->own_sources   ? chosen->id
                                               : NULL;
    int length = snprintf(name, size, "%s%s%s", scene->id, part ? "-" : "", part ? part : "");
    return length > 0 && (size_t)length < size ? STATUS_OK : STATUS_LIMIT;
}

static const struct scene_strings *build_sources(const struct scene_build *build)
{
    const struct scene *scene = build->scene;
    return scene_hosts_play(scene) ? &scene->network.hosts[build->host].program.sources
                                   : &scene->variants[build->variant].program.sources;
}

/* FNV-1a over 128 bits: names a content, keeps no secret. */
struct hash {
    uint64_t high, low;
};

static void hash_add(struct hash *hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++) {
        /* times 2^88 + 0x13B */
        hash->low ^= at[i];
        uint64_t low = hash->low, high = hash->high;
        uint64_t product_low = (low & 0xFFFFFFFFu) * 0x13B, product_high = (low >> 32) * 0x13B + (product_low >> 32);
        hash->low = (product_low & 0xFFFFFFFFu) | product_high << 32;
        hash->high = high * 0x13B + (product_high >> 32) + (low << 24);
    }
}

static void hash_add_text(struct hash *hash, const char *text)
{
    hash_add(hash, text, strlen(text) + 1);
}

static bool hash_add_file(struct hash *hash, const char *folder, const char *name)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return false;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    char bytes[8192];
    ssize_t got;
    while ((got = read(file, bytes, sizeof bytes)) > 0 || (got < 0 && errno == EINTR)) {
        if (got > 0)
            hash_add(hash, bytes, (size_t)got);
    }
    close(file);
    hash_add(hash, "", 1);
    return got == 0;
}

static void output_take(struct scene_build_output *output, const char *bytes, size_t count)
{
    size_t room = OUTPUT_MAX - output->length;
    if (count > room)
        count = room;
    char *text = realloc(output->text, output->length + count + 1);
    if (!text)
        return;
    memcpy(text + output->length, bytes, count);
    output->text = text;
    output->length += count;
    text[output->length] = 0;
}

/* Runs a command in `folder`, its words into `output`, and waits for it. *exit_status as waitpid gives it.
 * Returns 0, or an errno value when it could not be started. */
static int command_run(const char *const *arguments, const char *folder, struct scene_build_output *output,
                       int *exit_status)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGCHLD);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    posix_spawn_file_actions_addchdir_np(&actions, folder);
    pid_t child;
    int failure =
        posix_spawnp(&child, arguments[0], &actions, &attributes, (char *const *)(uintptr_t)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    if (!failure) {
        char bytes[4096];
        ssize_t got;
        while ((got = read(ends[0], bytes, sizeof bytes)) > 0 || (got < 0 && errno == EINTR)) {
            if (got > 0)
                output_take(output, bytes, (size_t)got);
        }
        while (waitpid(child, exit_status, 0) < 0) {
            if (errno != EINTR) {
                failure = errno;
                break;
            }
        }
    }
    close(ends[0]);
    return failure;
}

static size_t vector_begin(const struct scene_build *build, const char **arguments)
{
    size_t count = 0;
    while (build->compiler[count] && count < ARGUMENTS_MAX / 4) {
        arguments[count] = build->compiler[count];
        count++;
    }
    return count;
}

static enum status compiler_missing(const struct scene_build *build, int failure, struct message *message)
{
    return message_set(
        message, STATUS_ENVIRONMENT,
        "Building the scene '%s' failed: the compiler '%s' could not be started (%s). Install gcc, or set CC.",
        build->scene->id, build->compiler[0], strerror(failure));
}

/* With the command, for who wants to give it by hand. */
static enum status compiler_refused(const struct scene_build *build, const struct scene_strings *sources,
                                    struct message *message)
{
    char command[512];
    size_t length = 0;
    for (size_t i = 0; build->compiler[i] && length < sizeof command; i++)
        length += (size_t)snprintf(command + length, sizeof command - length, "%s ", build->compiler[i]);
    for (size_t i = 0; compile_flags[i] && length < sizeof command; i++)
        length += (size_t)snprintf(command + length, sizeof command - length, "%s ", compile_flags[i]);
    for (size_t i = 0; i < sources->count && length < sizeof command; i++)
        length += (size_t)snprintf(command + length, sizeof command - length, "%s%s", i ? " " : "", sources->items[i]);
    return message_set(message, STATUS_INVALID,
                       "The compiler refused the sources of the scene '%s'. The command was, in %s: %s",
                       build->scene->id, build->scene->folder, command);
}

/* What names the compiler: what it answers to --version. */
static enum status compiler_ask(const struct scene_build *build, struct scene_build_output *version,
                                struct message *message)
{
    const char *arguments[ARGUMENTS_MAX];
    size_t count = vector_begin(build, arguments);
    arguments[count++] = "--version";
    arguments[count] = NULL;
    int exit_status = 0;
    int failure = command_run(arguments, "/", version, &exit_status);
    if (failure)
        return compiler_missing(build, failure, message);
    return STATUS_OK;
}

enum status scene_build_to(const struct scene_build *build, const char *path, struct scene_build_output *output,
                           struct message *message)
{
    *output = (struct scene_build_output){0};
    const struct scene *scene = build->scene;
    const struct scene_strings *sources = build_sources(build);
    char absolute[PATH_MAX], temporary[PATH_MAX + 32];
    if (path[0] == '/')
        snprintf(absolute, sizeof absolute, "%s", path);
    else if (!getcwd(absolute, sizeof absolute) || strlen(absolute) + strlen(path) + 2 > sizeof absolute)
        return message_set(message, STATUS_LIMIT, "The path '%s' is too long.", path);
    else
        strcat(strcat(absolute, "/"), path);
    /* A name of our own beside the goal: what has the goal's name is always complete. */
    snprintf(temporary, sizeof temporary, "%s.XXXXXX", absolute);
    int reserved = mkostemp(temporary, O_CLOEXEC);
    if (reserved < 0)
        return message_set(message, STATUS_ENVIRONMENT, "Cannot write '%s': %s.", absolute, strerror(errno));
    close(reserved);

    const char *arguments[ARGUMENTS_MAX];
    size_t count = vector_begin(build, arguments);
    for (size_t i = 0; compile_flags[i]; i++)
        arguments[count++] = compile_flags[i];
    arguments[count++] = "-o";
    arguments[count++] = temporary;
    for (size_t i = 0; i < sources->count; i++)
        arguments[count++] = sources->items[i];
    arguments[count] = NULL;

    int exit_status = 0;
    int failure = command_run(arguments, scene->folder, output, &exit_status);
    enum status status = STATUS_OK;
    if (failure)
        status = compiler_missing(build, failure, message);
    else if (!WIFEXITED(exit_status) || WEXITSTATUS(exit_status) != 0)
        status = compiler_refused(build, sources, message);
    else if (chmod(temporary, 0755) != 0 || rename(temporary, absolute) != 0)
        status = message_set(message, STATUS_ENVIRONMENT, "Cannot write '%s': %s.", absolute, strerror(errno));
    if (status != STATUS_OK)
        unlink(temporary);
    return status;
}

/* mkdir -p, private to the user. */
static bool folder_make(const char *path)
{
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof part)
        return false;
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != 0)
            continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return false;
    }
    return true;
}

/* What we start from the cache must be what we put there. */
static bool folder_is_ours(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0 && S_ISDIR(about.st_mode) && about.st_uid == geteuid() && !(about.st_mode & 022);
}

static enum status cache_find(const struct scene_build *build, char *cache, size_t size)
{
    const char *given = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int length;
    if (build->cache)
        length = snprintf(cache, size, "%s", build->cache);
    else if (given && given[0] == '/')
        length = snprintf(cache, size, "%s/lockstep", given);
    else if (home && home[0] == '/')
        length = snprintf(cache, size, "%s/.cache/lockstep", home);
    else
        length = snprintf(cache, size, "/tmp/lockstep-%u", (unsigned)getuid());
    return length > 0 && (size_t)length < size ? STATUS_OK : STATUS_LIMIT;
}

/* The folder of the content, made if need be. */
static enum status content_folder(const struct scene_build *build, char *folder, size_t size, struct message *message)
{
    const struct scene *scene = build->scene;
    const struct scene_strings *sources = build_sources(build);
    struct scene_build_output version = {0};
    enum status status = compiler_ask(build, &version, message);
    struct hash hash = {.high = 0x6C62272E07BB0142u, .low = 0x62B821756295C58Du};
    hash_add_text(&hash, version.text ? version.text : "");
    free(version.text);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; build->compiler[i]; i++)
        hash_add_text(&hash, build->compiler[i]);
    for (size_t i = 0; compile_flags[i]; i++)
        hash_add_text(&hash, compile_flags[i]);
    /* Debug information names the folder: the same source elsewhere is another program. */
    char *real = realpath(scene->folder, NULL);
    hash_add_text(&hash, real ? real : scene->folder);
    free(real);
    for (size_t i = 0; i < sources->count; i++) {
        hash_add_text(&hash, sources->items[i]);
        if (!hash_add_file(&hash, scene->folder, sources->items[i]))
            return message_set(message, STATUS_IO, "Cannot read the source '%s/%s': %s.", scene->folder,
                               sources->items[i], strerror(errno));
    }
    char cache[PATH_MAX - 64];
    int length = -1;
    if (cache_find(build, cache, sizeof cache) == STATUS_OK)
        length = snprintf(folder, size, "%s/%016llx%016llx", cache, (unsigned long long)hash.high,
                          (unsigned long long)hash.low);
    if (length < 0 || (size_t)length >= size)
        return message_set(message, STATUS_ENVIRONMENT, "The path of the cache is too long.");
    if (folder_make(cache) && !folder_is_ours(cache))
        return message_set(
            message, STATUS_ENVIRONMENT,
            "The cache '%s' belongs to another user or may be written by others; programs are not taken from "
            "there. Set XDG_CACHE_HOME to a folder of your own.",
            cache);
    if (!folder_make(folder))
        return message_set(message, STATUS_ENVIRONMENT,
                           "Cannot make the folder '%s': %s. Set XDG_CACHE_HOME to a folder that can be written.",
                           folder, strerror(errno));
    return STATUS_OK;
}

enum status scene_build_program(const struct scene_build *build, char *path, size_t size,
                                struct scene_build_output *output, struct message *message)
{
    *output = (struct scene_build_output){0};
    char name[128], folder[PATH_MAX];
    enum status status = scene_program_name(build, name, sizeof name);
    if (status != STATUS_OK)
        return message_set(message, status, "The name of the scene's program is too long.");
    if (build->prebuilt) {
        int length = snprintf(path, size, "%s/%s/%s", build->prebuilt, build->scene->id, name);
        if (length > 0 && (size_t)length < size && access(path, X_OK) == 0)
            return STATUS_OK;
    }
    status = content_folder(build, folder, sizeof folder, message);
    if (status != STATUS_OK)
        return status;
    int length = snprintf(path, size, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= size)
        return message_set(message, STATUS_LIMIT, "The path '%s/%s' is too long.", folder, name);
    if (access(path, X_OK) == 0)
        return STATUS_OK;
    return scene_build_to(build, path, output, message);
}
