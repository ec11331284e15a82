/* Lectures without a screen: from what was typed to a lecture, and its scenes one after another, each a run of its own as
 * `play` makes it, each under a line that says which it is. */
#include "app/lectures.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/language.h"
#include "app/say.h"
#include "app/scenes.h"
#include "base/text.h"

bool lectures_find(const char *what, char *path, size_t size)
{
    struct scene_roots roots;
    struct lecture_list lectures;
    struct scene_list scenes;
    struct scene_errors *errors = calloc(1, sizeof *errors);
    bool found = false;
    if (!errors)
        return false;
    scene_roots_find(&roots, NULL);
    (void)scene_list_read(&roots, &scenes, errors);
    bool is_scene = scenes.entries && scene_list_find(&scenes, what);
    scene_roots_lectures(&roots, NULL);
    (void)lecture_list_read(&roots, &lectures);
    const struct lecture_entry *entry = lectures.entries && !is_scene ? lecture_list_find(&lectures, what) : NULL;
    if (entry || (!is_scene && lecture_is(what)))
        found = snprintf(path, size, "%s", entry ? entry->path : what) < (int)size;
    lecture_list_free(&lectures);
    scene_list_free(&scenes);
    free(errors);
    return found;
}

static int status_exit(enum status status)
{
    return status == STATUS_MEMORY || status == STATUS_IO ? EXIT_ENVIRONMENT : EXIT_USAGE;
}

struct lecture *lectures_open(const char *path, int *result)
{
    struct scene_roots roots;
    struct lecture *lecture = NULL;
    struct scene_errors *errors = calloc(1, sizeof *errors);
    scene_roots_find(&roots, NULL);
    enum status status = errors ? lecture_read(path, &roots, &lecture, errors) : STATUS_MEMORY;
    if (status) {
        if (errors)
            scenes_say_errors(errors);
        say(_("the lecture %s cannot be played: %s"), path, status_text(status));
        *result = status_exit(status);
        lecture = NULL;
    }
    free(errors);
    return lecture;
}

struct scene *lectures_scene(const struct lecture *lecture, size_t index, const struct options *options,
                             size_t *variant, int *result)
{
    struct scene *scene = NULL;
    struct scene_errors *errors = calloc(1, sizeof *errors);
    enum status status = errors ? lecture_scene(lecture, index, &scene, variant, errors) : STATUS_MEMORY;
    if (!status && options->no_questions && (status = scene_drop_questions(scene)) != STATUS_OK) {
        scene_free(scene);
        scene = NULL;
    }
    if (status) {
        if (errors)
            scenes_say_errors(errors);
        say(_("the scene %s cannot be played: %s"), lecture->items[index].scene, status_text(status));
        *result = status_exit(status);
        scene = NULL;
    }
    free(errors);
    return scene;
}

bool lectures_options_fit(const struct options *options)
{
    const struct {
        bool given;
        enum app_option option;
    } refused[] = {{options->record, OPTION_record},
                   {options->schedule, OPTION_schedule},
                   {options->variant, OPTION_variant},
                   {options->expect, OPTION_expect},
                   {options->branch_step > 0, OPTION_branch}};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (!refused[i].given)
            continue;
        say(_("play: --%s is for one scene, and this is a lecture of several"),
            options_option_row(refused[i].option)->name);
        return false;
    }
    return true;
}

/* ---- lines ---- */

static json_t *both(const struct scene_text *text)
{
    return json_pack("{s:s?, s:s?}", "en", text->in[SCENE_ENGLISH], "zh", text->in[SCENE_CHINESE]);
}

/* {"v":1,"lecture":{"en":...},"number":2,"of":9,"scene":"deadlock","variant":"faulty","title":{"en":...}} */
static void head_as_json(const struct lecture *lecture, size_t index, const struct scene *scene, size_t variant)
{
    json_t *line = json_pack("{s:i, s:o, s:I, s:I, s:s, s:s, s:o}", "v", 1, "lecture", both(&lecture->title), "number",
                             (json_int_t)index + 1, "of", (json_int_t)lecture->count, "scene", scene->id, "variant",
                             scene->variants[variant].id, "title", both(&scene->title));
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    json_decref(line);
    if (text)
        printf("%s\n", text);
    free(text);
}

static const char *in_language(const struct scene_text *text)
{
    const char *chosen = text->in[language_is_chinese() ? SCENE_CHINESE : SCENE_ENGLISH];
    return chosen ? chosen : "";
}

static void head_as_text(const struct lecture *lecture, size_t index, const struct scene *scene, size_t variant)
{
    const char *title = in_language(&scene->variants[variant].title);
    printf("%s=== %zu/%zu %s%s%s (%s) ===\n%s\n", index ? "\n" : "", index + 1, lecture->count,
           in_language(&scene->title), title[0] ? ": " : "", title, scene->id, in_language(&scene->teaches));
}

/* Its exit status: EXIT_FINE if it ended as the file expects. */
static int play_one(const struct lecture *lecture, size_t index, const struct options *options,
                    const struct paths *paths, bool *goes_on)
{
    int result = EXIT_FINE;
    size_t variant;
    struct scenes_program program;
    struct session_plan plan;
    struct scene *scene = lectures_scene(lecture, index, options, &variant, &result);
    *goes_on = true;
    if (!scene)
        return result;
    if (options->output == OUTPUT_json || options->output == OUTPUT_json_changes)
        head_as_json(lecture, index, scene, variant);
    else
        head_as_text(lecture, index, scene, variant);
    if (scenes_load(scene, variant, options, paths, &program, &plan, &result)) {
        struct session_result run;
        struct message message = {{0}};
        session_run(&plan, paths, &run, &message);
        result = session_exit(&run, &message, scene->variants[variant].expect);
        *goes_on = !run.signal && !run.output_failed && result < EXIT_SIGNAL;
    }
    scenes_unload(&program);
    scene_free(scene);
    return result;
}

int lectures_play_lines(const struct lecture *lecture, const struct options *options, const struct paths *paths)
{
    int worst = EXIT_FINE;
    bool goes_on = true;
    for (size_t i = 0; i < lecture->count && goes_on; i++) {
        int result = play_one(lecture, i, options, paths, &goes_on);
        worst = result > worst ? result : worst;
    }
    return worst;
}
