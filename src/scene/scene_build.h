/* From a scene's sources to a program that can be started. */
#ifndef LOCKSTEP_SCENE_BUILD_H
#define LOCKSTEP_SCENE_BUILD_H

#include "scene/scene.h"

struct scene_build {
    const struct scene *scene;
    size_t variant;
    size_t host; /* of a scene whose hosts have programs: whose, from 0; the variant then does not matter */
    const char *const
        *compiler;        /* argument vector's beginning, NULL-ended: {"/usr/bin/lockstep", "cc", NULL}; no shell */
    const char *cache;    /* NULL: $XDG_CACHE_HOME/lockstep, ~/.cache/lockstep, /tmp/lockstep-UID */
    const char *prebuilt; /* NULL, or a root: its <id>/<name> is taken if it is there and may be run */
};

/* The file name of the program: `race` where the variant plays the scene's own program, `deadlock-cured` where it has its
 * own sources, `tcp-call-server` of a host. STATUS_LIMIT if it does not fit. */
enum status scene_program_name(const struct scene_build *build, char *name, size_t size);

/* What a compiler said, as it said it (at most 64 KiB, then cut); NUL-terminated. It is others' text: escape before
 * showing. Free `text` with free(). */
struct scene_build_output {
    char *text;
    size_t length;
};

/* Finds or makes the program of a variant and writes its absolute path. It is compiled once per content: sources, flags
 * and the compiler's own version are hashed into the folder's name; what is there is complete, for it comes by rename, so
 * two builds at once do no harm. STATUS_INVALID: the compiler refused the sources; `output` holds its words.
 * STATUS_ENVIRONMENT: no compiler, or no place to write. */
enum status scene_build_program(const struct scene_build *build, char *path, size_t size,
                                struct scene_build_output *output, struct message *message);

/* Compiles a variant to exactly `path` (its folder must exist), for building the shipped scenes. Failures as above. */
enum status scene_build_to(const struct scene_build *build, const char *path, struct scene_build_output *output,
                           struct message *message);

#endif
