/* `lockstep play`: a scene with its narration, or a lecture, which is several. */
#include "app/commands.h"
#include "app/language.h"
#include "app/lectures.h"
#include "app/say.h"
#include "app/scenes.h"
#include "app/theatre.h"
#include "base/text.h"

/* A command line that changes the order of things may well leave beats out; then nothing is wrong with the scene. */
static bool is_default(const struct options *options)
{
    return !options->policy && !options->quantum && !options->cpus && !options->seed_given && !options->schedule &&
           !options->injection_count && !options->branch_step && !options->max_steps && !options->max_time &&
           !options->live;
}

static void warn_unfired(const struct scene *scene, const struct session_result *result)
{
    for (size_t i = 0; i < result->unfired_count && i < SESSION_BEATS_MAX; i++)
        say(_("%s:%u: warning: this beat has not fired"), scene->file, scene->beats[result->unfired[i]].line);
}

static int play_lecture(const char *path, const struct options *options)
{
    int result = EXIT_FINE;
    struct paths paths;
    if (!lectures_options_fit(options))
        return EXIT_USAGE;
    struct lecture *lecture = lectures_open(path, &result);
    if (!lecture)
        return result;
    paths_find(&paths);
    result = screen_is_wanted(options) ? theatre_lecture(NULL, lecture, options, &paths)
                                       : lectures_play_lines(lecture, options, &paths);
    lecture_free(lecture);
    return result;
}

int play_command(const struct options *options)
{
    char path[PATH_MAX];
    if (options->operand_count != 1) {
        say(options->operand_count ? _("play: one scene at a time; `lockstep list` lists them")
                                   : _("play: no scene is named; `lockstep list` lists them"));
        return EXIT_USAGE;
    }
    if (lectures_find(options->operands[0], path, sizeof path))
        return play_lecture(path, options);
    int result = EXIT_FINE;
    size_t variant;
    struct scene *scene = scenes_open(options->operands[0], &result);
    if (!scene)
        return result;
    if (options->no_questions && scene_drop_questions(scene)) {
        say(_("out of memory"));
        scene_free(scene);
        return EXIT_ENVIRONMENT;
    }
    if (!scenes_variant(scene, options->variant, &variant)) {
        scene_free(scene);
        return EXIT_USAGE;
    }
    struct paths paths;
    struct scenes_program program;
    struct session_plan plan;
    paths_find(&paths);
    if (screen_is_wanted(options) && !options->branch_step) {
        char text[SCENE_LANGUAGES][256];
        scenes_act(scene, text);
        result = theatre_scene(NULL, scene, text[SCENE_ENGLISH], text[SCENE_CHINESE], variant, options, &paths);
        scene_free(scene);
        return result;
    }
    if (scenes_load(scene, variant, options, &paths, &program, &plan, &result)) {
        struct session_result run;
        struct message message = {{0}};
        session_run(&plan, &paths, &run, &message);
        result = session_exit(&run, &message, options->expect);
        if (run.verdict && !run.signal && !run.output_failed && is_default(options))
            warn_unfired(scene, &run);
    }
    scenes_unload(&program);
    scene_free(scene);
    return result;
}
