/* Looks for the parts relative to the program first, so that a build folder and a moved installation use their own, then
 * where the installation was configured to be. */
#include "app/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define PRELOAD "liblockstep_preload.so"

/* The first of these that is there; "" if none is. `folder` is the program's. */
struct candidate {
    const char *below; /* relative to the program's folder; NULL: `absolute` */
    const char *absolute;
};

static void find_first(const char *folder, const struct candidate *candidates, size_t count, char out[PATH_MAX])
{
    for (size_t i = 0; i < count; i++) {
        char path[2 * PATH_MAX];
        if (candidates[i].below && !*folder)
            continue;
        if (candidates[i].below)
            snprintf(path, sizeof path, "%s/%s", folder, candidates[i].below);
        else
            snprintf(path, sizeof path, "%s", candidates[i].absolute);
        if (realpath(path, out))
            return;
    }
    out[0] = '\0';
}

void paths_find(struct paths *paths)
{
    memset(paths, 0, sizeof *paths);
    char folder[PATH_MAX] = "";
    ssize_t length = readlink("/proc/self/exe", paths->executable, sizeof paths->executable - 1);
    paths->executable[length > 0 ? length : 0] = '\0';
    const char *slash = strrchr(paths->executable, '/');
    if (slash)
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - paths->executable), paths->executable);

    const char *given = getenv("LOCKSTEP_PRELOAD");
    if (given && *given)
        snprintf(paths->preload, sizeof paths->preload, "%s", given);
    else
        find_first(folder,
                   (struct candidate[]){{.below = "lib/lockstep/" PRELOAD},
                                        {.below = "../" LOCKSTEP_LIBDIR "/" PRELOAD},
                                        {.below = "../lib/lockstep/" PRELOAD},
                                        {.absolute = LOCKSTEP_PREFIX "/" LOCKSTEP_LIBDIR "/" PRELOAD}},
                   4, paths->preload);
    given = getenv("LOCKSTEP_LOCALEDIR");
    if (given && *given)
        snprintf(paths->locale, sizeof paths->locale, "%s", given);
    else
        find_first(folder,
                   (struct candidate[]){{.below = "share/locale"},
                                        {.below = "../share/locale"},
                                        {.absolute = LOCKSTEP_PREFIX "/share/locale"}},
                   3, paths->locale);
    find_first(folder,
               (struct candidate[]){{.below = "share/lockstep/keys"},
                                    {.below = "../share/lockstep/keys"},
                                    {.absolute = LOCKSTEP_PREFIX "/share/lockstep/keys"}},
               3, paths->keys);
    find_first(folder,
               (struct candidate[]){{.below = "scenes"},
                                    {.below = "../" LOCKSTEP_LIBDIR "/scenes"},
                                    {.absolute = LOCKSTEP_PREFIX "/" LOCKSTEP_LIBDIR "/scenes"}},
               3, paths->prebuilt);
}

enum status paths_need_preload(const struct paths *paths, struct message *message)
{
    if (paths->preload[0] == '/' && access(paths->preload, R_OK) == 0)
        return STATUS_OK;
    if (paths->preload[0])
        return message_set(message, STATUS_ENVIRONMENT,
                           _("the shim %s cannot be read; LOCKSTEP_PRELOAD must be the absolute path of %s"),
                           paths->preload, PRELOAD);
    return message_set(message, STATUS_ENVIRONMENT,
                       _("the shim %s is neither beside %s nor in %s; build or install lockstep again, or set "
                         "LOCKSTEP_PRELOAD to its path"),
                       PRELOAD, paths->executable, LOCKSTEP_PREFIX "/" LOCKSTEP_LIBDIR);
}
