/* Builds the programs of one shipped scene, at build time: `scene_programs FOLDER ROOT COMPILER...` writes each variant's
 * program to ROOT/<id>/<name>, where play finds it without a compiler. It must not run what it built. No part of the
 * scene library, which cmake/rooms.cmake makes of the other files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "scene/scene_build.h"

enum { PATH_SIZE = 4096 };

static struct scene *open_scene(const char *folder)
{
    struct scene *scene = NULL;
    struct scene_errors *errors = calloc(1, sizeof *errors);
    if (!errors || scene_read(folder, &scene, errors) != STATUS_OK) {
        char text[1200];
        for (size_t i = 0; errors && i < errors->count; i++) {
            scene_error_format(errors, i, text, sizeof text);
            fputs(text, stderr);
        }
        scene = NULL;
    }
    free(errors);
    return scene;
}

/* The compiler's words are passed on as they are: they go to whoever builds lockstep, from our own sources. */
static bool build_one(const struct scene_build *build, const char *root)
{
    const struct scene *scene = build->scene;
    char name[128], path[PATH_SIZE];
    struct message message = {{0}};
    struct scene_build_output output = {0};
    enum status status = scene_program_name(build, name, sizeof name);
    if (status == STATUS_OK && snprintf(path, sizeof path, "%s/%s", root, scene->id) >= (int)sizeof path)
        status = STATUS_LIMIT;
    if (status == STATUS_OK) {
        mkdir(path, 0755); /* that it is there already is fine; that it cannot be made, the build says */
        if (snprintf(path, sizeof path, "%s/%s/%s", root, scene->id, name) >= (int)sizeof path)
            status = STATUS_LIMIT;
    }
    if (status == STATUS_OK)
        status = scene_build_to(build, path, &output, &message);
    if (output.text)
        fputs(output.text, stderr);
    if (status != STATUS_OK)
        fprintf(stderr, "scene_programs: %s: %s\n", scene->id, message.text[0] ? message.text : status_text(status));
    free(output.text);
    return status == STATUS_OK;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fputs("usage: scene_programs SCENE-FOLDER ROOT COMPILER...\n", stderr);
        return 2;
    }
    struct scene *scene = open_scene(argv[1]);
    if (!scene)
        return 1;
    struct scene_build build = {.scene = scene, .compiler = (const char *const *)(argv + 3)};
    bool good = true;
    for (; build.host < SCENE_HOSTS && scene_hosts_play(scene) && good; build.host++)
        good = build_one(&build, argv[2]);
    for (; build.variant < scene->variant_count && !scene_hosts_play(scene) && good; build.variant++) {
        /* Variants that play the scene's own program share one. */
        bool shared = false;
        for (size_t j = 0; j < build.variant && !scene->variants[build.variant].own_sources; j++)
            shared |= !scene->variants[j].own_sources;
        good = shared || build_one(&build, argv[2]);
    }
    scene_free(scene);
    return good ? 0 : 1;
}
