/* `lockstep cc`: puts the compiler's thread-sanitizer and coverage hooks into a program without the sanitizer's runtime,
 * and our stubs in its place. gcc: a specs file gives -fsanitize=thread to the compiler proper only, so that the driver
 * does not link libtsan. clang: the same by -Xclang. Compiles and links in one call, or in several. */
#include "app/cc.h"

#include <errno.h>
#include <libintl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define _(text) gettext(text)

/* Where the stubs are: beside the program in a build folder, below the prefix when installed. */
static bool find_library(char *path, size_t size, const char *name)
{
    char self[3072];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0)
        return false;
    self[length] = 0;
    char *slash = strrchr(self, '/');
    if (!slash)
        return false;
    *slash = 0;
    static const char *const folders[] = {"lib/lockstep", "../" LOCKSTEP_LIBDIR};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, size, "%s/%s/%s", self, folders[i], name);
        if (access(path, R_OK) == 0)
            return true;
    }
    return false;
}

static bool is_clang(const char *compiler)
{
    const char *base = strrchr(compiler, '/');
    return strstr(base ? base : compiler, "clang") != NULL;
}

/* A call that only compiles, preprocesses or asks something links nothing. */
static bool links(int argc, char **argv)
{
    bool input = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-c") == 0 || strcmp(argv[i], "-S") == 0 || strcmp(argv[i], "-E") == 0 ||
            strcmp(argv[i], "-M") == 0 || strcmp(argv[i], "-MM") == 0 || strcmp(argv[i], "-fsyntax-only") == 0)
            return false;
        if (strcmp(argv[i], "-o") == 0)
            i++;
        else
            input |= argv[i][0] != '-';
    }
    return input;
}

static void append(char **command, int *count, const char *const *options)
{
    for (; *options; options++)
        command[(*count)++] = (char *)(size_t)*options;
}

int cc_run(int argc, char **argv)
{
    const char *compiler = getenv("CC");
    if (!compiler || !*compiler || strchr(compiler, ' '))
        compiler = "cc";
    if (argc < 2) {
        fprintf(stderr,
                _("lockstep cc: nothing to compile; use it like a compiler: lockstep cc -o program program.c\n"));
        return 2;
    }
    static char stubs[4096], specs[4096 + 8];
    memcpy(specs, "-specs=", 8);
    if (!find_library(stubs, sizeof stubs, "liblockstep_stubs.a") ||
        !find_library(specs + 7, sizeof specs - 7, "lockstep.specs")) {
        fprintf(stderr, _("lockstep cc: liblockstep_stubs.a and lockstep.specs are not where lockstep is installed; "
                          "build or install lockstep again\n"));
        return 3;
    }
    char **command = calloc((size_t)argc + 24, sizeof *command);
    if (!command) {
        fprintf(stderr, _("lockstep cc: out of memory\n"));
        return 3;
    }
    int count = 0;
    command[count++] = (char *)(size_t)compiler;
    static const char *const common[] = {"-g", "-fno-omit-frame-pointer", NULL};
    append(command, &count, common);
    if (is_clang(compiler)) {
        static const char *const clang[] = {"-Xclang",
                                            "-fsanitize=thread",
                                            "-mllvm",
                                            "-tsan-instrument-read-before-write=1",
                                            "-Xclang",
                                            "-fsanitize-coverage-type=3",
                                            "-Xclang",
                                            "-fsanitize-coverage-trace-pc",
                                            "-Qunused-arguments",
                                            NULL};
        append(command, &count, clang);
    } else {
        const char *const gcc[] = {specs, "-fsanitize-coverage=trace-pc", NULL};
        append(command, &count, gcc);
    }
    for (int i = 1; i < argc; i++)
        command[count++] = argv[i];
    if (links(argc, argv)) {
        const char *const linker[] = {"-Wl,--export-dynamic-symbol=lockstep_hooks", "-x", "none", stubs, NULL};
        append(command, &count, linker);
    }
    execvp(compiler, command);
    fprintf(
        stderr,
        _("lockstep cc: cannot start the compiler %s: %s; install one (Debian: apt install gcc) or name it in CC\n"),
        compiler, strerror(errno));
    free(command);
    return 3;
}
