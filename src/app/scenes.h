/* Scenes for the commands: found, read, built, turned into a plan of a run. */
#ifndef LOCKSTEP_APP_SCENES_H
#define LOCKSTEP_APP_SCENES_H

#include "app/options.h"
#include "app/paths.h"
#include "app/session.h"
#include "history/recording.h"
#include "scene/scene.h"

/* Findings as a compiler gives them, on standard error. */
void scenes_say_errors(const struct scene_errors *);

/* Reads the scene that a person named by id or path. NULL when it cannot be had: then why was said, and `*result` is the
 * exit status. */
struct scene *scenes_open(const char *what, int *result);

/* What it takes to run a variant; plain data apart from what scenes_unload frees. The plan points into it. */
struct scenes_program {
    struct {
        char path[4096];
        const char **arguments; /* argv */
    } parts[SCENE_HOSTS];       /* of a scene whose hosts have programs: one each; else only the first */
    struct conductor_host hosts[SCENE_HOSTS];
    struct policy_length *lengths;
};

/* Builds the variant's program and fills `plan` with what the scene says; what the command line says (`options`, may be
 * NULL) comes before it. False: why was said, `*result` is the exit status. Free with scenes_unload in every case. */
bool scenes_load(const struct scene *scene, size_t variant, const struct options *options, const struct paths *,
                 struct scenes_program *, struct session_plan *plan, int *result);
void scenes_unload(struct scenes_program *);

/* The variant named on the command line; false: there is none such, it was said. */
bool scenes_variant(const struct scene *scene, const char *id, size_t *variant);

/* The scene that was played for a recording, for its narration, and which variant of it; NULL: none, or it is not there
 * any more. Free with scene_free. */
struct scene *scenes_of_recording(const struct recording_about *, size_t *variant);

/* The titles of the act that the scene belongs to, "" for a scene of one's own. */
void scenes_act(const struct scene *scene, char titles[SCENE_LANGUAGES][256]);

#endif
