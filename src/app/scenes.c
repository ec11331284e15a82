/* From what a person typed to a scene, and from a scene to a plan. The scene's program is compiled by `lockstep cc`
 * unless it was built with lockstep. */
#include "app/scenes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/nearest.h"
#include "app/say.h"
#include "base/escape.h"
#include "base/text.h"
#include "network/build.h"
#include "scene/scene_build.h"
#include "scene/scene_list.h"

void scenes_say_errors(const struct scene_errors *errors)
{
    char text[1200];
    fflush(stdout);
    for (size_t i = 0; i < errors->count; i++) {
        scene_error_format(errors, i, text, sizeof text);
        fputs(text, stderr);
    }
    if (errors->dropped)
        fprintf(stderr, ngettext("and %zu more\n", "and %zu more\n", errors->dropped), errors->dropped);
}

struct scene *scenes_open(const char *what, int *result)
{
    char path[4096];
    bool given;
    struct scene_roots roots;
    struct message message = {{0}};
    scene_roots_find(&roots, NULL);
    enum status status = scene_find(&roots, what, path, sizeof path, &given, &message);
    if (status) {
        *result = say_failure(status, &message);
        return NULL;
    }
    struct scene *scene = NULL;
    struct scene_errors *errors = calloc(1, sizeof *errors);
    status = errors ? scene_read(path, &scene, errors) : STATUS_MEMORY;
    if (status) {
        if (errors)
            scenes_say_errors(errors);
        say(_("the scene %s cannot be played: %s"), path, status_text(status));
        *result = status == STATUS_MEMORY || status == STATUS_IO ? EXIT_ENVIRONMENT : EXIT_USAGE;
        scene = NULL;
    }
    free(errors);
    return scene;
}

void scenes_act(const struct scene *scene, char titles[SCENE_LANGUAGES][256])
{
    struct scene_roots roots;
    struct scene_list list = {0};
    struct scene_errors *errors = calloc(1, sizeof *errors);
    scene_roots_find(&roots, NULL);
    if (errors)
        (void)scene_list_read(&roots, &list, errors);
    const struct scene_entry *entry = scene_list_find(&list, scene->id);
    for (size_t language = 0; language < SCENE_LANGUAGES; language++) {
        const char *title = entry ? entry->act_title.in[language] : NULL;
        snprintf(titles[language], sizeof titles[language], "%s", title ? title : "");
    }
    scene_list_free(&list);
    free(errors);
}

bool scenes_variant(const struct scene *scene, const char *id, size_t *variant)
{
    *variant = scene_variant_find(scene, id);
    if (*variant < scene->variant_count)
        return true;
    char names[256] = "";
    size_t length = 0;
    for (size_t i = 0; i < scene->variant_count && length < sizeof names; i++)
        length += (size_t)snprintf(names + length, sizeof names - length, " %s", scene->variants[i].id);
    if (scene->variants[0].id[0])
        say(_("the scene %s has no variant %s; it has:%s"), scene->id, id, names);
    else
        say(_("the scene %s has no variants; leave --variant out"), scene->id);
    return false;
}

/* A recording's scene is looked for by its id among our own; one that is not there any more is no failure. */
struct scene *scenes_of_recording(const struct recording_about *about, size_t *variant)
{
    const char *id = recording_option(about, "scene"), *wanted = recording_option(about, "variant");
    if (!id)
        return NULL;
    struct scene_roots roots;
    struct scene_list list = {0};
    struct scene *scene = NULL;
    struct scene_errors *errors = calloc(1, sizeof *errors);
    scene_roots_find(&roots, NULL);
    if (errors && scene_list_read(&roots, &list, errors) == STATUS_OK) {
        const struct scene_entry *entry = scene_list_find(&list, id);
        if (entry && scene_read(entry->folder, &scene, errors) != STATUS_OK)
            scene = NULL;
    }
    scene_list_free(&list);
    free(errors);
    if (!scene)
        return NULL;
    *variant = scene_variant_find(scene, wanted);
    if (*variant < scene->variant_count)
        return scene;
    scene_free(scene);
    return NULL;
}

/* ---- a plan ---- */

/* Whether the scene lies below a folder of ours. A copy of a shipped scene keeps its id and is the person's own. */
static bool is_shipped(const struct scene *scene)
{
    struct scene_roots roots;
    scene_roots_find(&roots, NULL);
    char *folder = realpath(scene->folder, NULL);
    bool shipped = false;
    for (size_t i = 0; i < roots.count && folder && !shipped; i++) {
        char *root = roots.items[i].shipped ? realpath(roots.items[i].path, NULL) : NULL;
        size_t length = root ? strlen(root) : 0;
        shipped = root && strncmp(folder, root, length) == 0 && folder[length] == '/';
        free(root);
    }
    free(folder);
    return shipped;
}

static bool build(const struct scene *scene, size_t variant, size_t host, const struct paths *paths,
                  struct scenes_program *program, int *result)
{
    const char *const compiler[] = {paths->executable, "cc", NULL};
    struct scene_build wanted = {.scene = scene,
                                 .variant = variant,
                                 .host = host,
                                 .compiler = compiler,
                                 .prebuilt = paths->prebuilt[0] && is_shipped(scene) ? paths->prebuilt : NULL};
    struct scene_build_output output = {0};
    struct message message = {{0}};
    enum status status =
        scene_build_program(&wanted, program->parts[host].path, sizeof program->parts[host].path, &output, &message);
    if (status && output.text && output.length) {
        char *clean = malloc(ESCAPE_BOUND(output.length));
        if (clean) {
            escape_text(ESCAPE_LINES, output.text, output.length, clean, ESCAPE_BOUND(output.length));
            fputs(clean, stderr);
        }
        free(clean);
    }
    free(output.text);
    if (status)
        *result = say_failure(status, &message);
    return status == STATUS_OK;
}

static bool take_arguments(const struct scene_strings *given, size_t part, struct scenes_program *program)
{
    const char **arguments = calloc(given->count + 2, sizeof *arguments);
    if (!arguments)
        return false;
    program->parts[part].arguments = arguments;
    arguments[0] = program->parts[part].path;
    for (size_t i = 0; i < given->count; i++)
        arguments[i + 1] = given->items[i];
    return true;
}

/* The scene's programs: those of its hosts, or its one. False: there is no memory. */
static bool take_programs(const struct scene *scene, const struct scene_variant *variant,
                          struct scenes_program *program, struct session_plan *plan)
{
    if (!scene_hosts_play(scene)) {
        if (!take_arguments(&variant->program.arguments, 0, program))
            return false;
    } else {
        for (size_t i = 0; i < SCENE_HOSTS; i++) {
            const struct scene_host *host = &scene->network.hosts[i];
            if (!take_arguments(&host->program.arguments, i, program))
                return false;
            program->hosts[i] =
                (struct conductor_host){.program = program->parts[i].path,
                                        .arguments = program->parts[i].arguments,
                                        .number = host->number,
                                        .after = host->after ? operation_by_name(host->after) : OPERATION_none};
        }
        plan->hosts = program->hosts;
        plan->host_count = SCENE_HOSTS;
    }
    plan->program = program->parts[0].path;
    plan->arguments = program->parts[0].arguments;
    return true;
}

/* How the kernel's own times are set in the guest's network. */
static void take_network(const struct scene *scene, struct session_plan *plan)
{
    const char *profile = scene->network.profile;
    if (scene->network.host_count > 0 && plan->wire == CONDUCTOR_WIRE_auto)
        plan->wire = CONDUCTOR_WIRE_on;
    plan->wire_profile = !profile || strcmp(profile, "lecture") == 0 ? NETWORK_lecture
                         : strcmp(profile, "loss") == 0              ? NETWORK_loss
                                                                     : NETWORK_timestamps;
}

static bool take_scheduler(const struct scene_variant *variant, const struct options *options,
                           struct scenes_program *program, struct session_plan *plan)
{
    const struct scene_scheduler *from = &variant->scheduler;
    if (!options || !options->policy)
        plan->policy.kind = policy_by_name(from->policy);
    if (!options || !options->quantum)
        plan->policy.quantum = from->quantum;
    if (!options || !options->cpus)
        plan->cpus = from->cpus;
    if (!options || !options->seed_given)
        plan->policy.seed = from->seed;
    /* A schedule of the scene's goes with the scene's own policy only, and nothing is injected into one. */
    if (!plan->schedule && (!options || (!options->policy && !options->injection_count)))
        plan->schedule = from->schedule;
    plan->live = plan->live || from->mode == SCENE_MODE_LIVE;
    program->lengths = calloc(from->length_count + 1, sizeof *program->lengths);
    if (!program->lengths)
        return false;
    for (size_t i = 0; i < from->length_count; i++)
        program->lengths[i] = (struct policy_length){.task = from->lengths[i].task, .steps = from->lengths[i].steps};
    plan->policy.lengths = program->lengths;
    plan->policy.length_count = from->length_count;
    return true;
}

bool scenes_load(const struct scene *scene, size_t index, const struct options *options, const struct paths *paths,
                 struct scenes_program *program, struct session_plan *plan, int *result)
{
    const struct scene_variant *variant = &scene->variants[index];
    memset(program, 0, sizeof *program);
    static const struct options none;
    session_plan_options(options ? options : &none, plan);
    for (size_t i = 0; i < (scene_hosts_play(scene) ? SCENE_HOSTS : 1); i++)
        if (!build(scene, index, i, paths, program, result))
            return false;
    if (!take_programs(scene, variant, program, plan) || !take_scheduler(variant, options, program, plan)) {
        say(_("out of memory"));
        *result = EXIT_ENVIRONMENT;
        return false;
    }
    if (plan->watch_count == 0) {
        plan->watches = variant->watch.items;
        plan->watch_count = variant->watch.count;
    }
    plan->fresh_working_folder = true;
    plan->stdout_pipe = variant->out == SCENE_STDOUT_PIPE;
    plan->scene = scene;
    plan->variant = index;
    take_network(scene, plan);
    return true;
}

void scenes_unload(struct scenes_program *program)
{
    for (size_t i = 0; i < SCENE_HOSTS; i++)
        free(program->parts[i].arguments);
    free(program->lengths);
}
