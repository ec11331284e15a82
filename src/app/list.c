/* `lockstep list`, and what stands in for the menu. A scene that cannot be read does not keep the others from the list. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/language.h"
#include "app/lectures.h"
#include "app/say.h"
#include "app/scenes.h"
#include "app/theatre.h"
#include "base/escape.h"
#include "base/text.h"
#include "scene/scene_list.h"

static const char *in_language(const struct scene_text *text)
{
    const char *chosen = text->in[language_is_chinese() ? SCENE_CHINESE : SCENE_ENGLISH];
    return chosen ? chosen : "";
}

static json_t *both(const struct scene_text *text)
{
    return json_pack("{s:s?, s:s?}", "en", text->in[SCENE_ENGLISH], "zh", text->in[SCENE_CHINESE]);
}

static json_t *variants_of(const struct scene *scene)
{
    json_t *list = json_array();
    for (size_t i = 0; i < scene->variant_count && scene->variants[i].id[0]; i++)
        json_array_append_new(list, json_string(scene->variants[i].id));
    return list;
}

/* One object a line, so that a list can be read as it comes. */
static bool print_json(const struct scene_entry *entry, const struct scene *scene)
{
    json_t *line =
        json_pack("{s:i, s:s, s:s, s:o, s:o, s:I, s:s, s:b, s:o}", "v", 1, "id", entry->id, "act", entry->act, "title",
                  both(&scene->title), "teaches", both(&scene->teaches), "minutes", (json_int_t)scene->minutes,
                  "folder", entry->folder, "shipped", (int)entry->shipped, "variants", variants_of(scene));
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    json_decref(line);
    if (text)
        printf("%s\n", text);
    free(text);
    return text != NULL;
}

static void pad(const char *text, size_t columns)
{
    size_t taken = escape_columns(text, strlen(text));
    printf("%s%*s", text, taken < columns ? (int)(columns - taken) : 1, "");
}

static void print_plain(const struct scene_entry *entry, const struct scene *scene, const char **act, bool first)
{
    if (strcmp(*act, entry->act) != 0 || first) {
        const char *title = entry->act[0] ? in_language(&entry->act_title) : _("Your own scenes");
        printf("%s%s\n", first ? "" : "\n", *title ? title : entry->act);
        *act = entry->act;
    }
    fputs("  ", stdout);
    pad(entry->id, 18);
    pad(in_language(&scene->title), 34);
    printf(_("%u min"), scene->minutes);
    for (size_t i = 0; i < scene->variant_count && scene->variants[i].id[0]; i++)
        printf("%s%s", i ? ", " : "  ", scene->variants[i].id);
    putchar('\n');
}

static int print_entry(const struct options *options, const struct scene_entry *entry, const char **act, bool *first)
{
    if (options->names) {
        printf("%s\n", entry->id);
        return EXIT_FINE;
    }
    struct scene *scene = NULL;
    struct scene_errors *errors = calloc(1, sizeof *errors);
    if (!errors || scene_read(entry->folder, &scene, errors)) {
        if (errors && errors->count)
            say(_("scene %s cannot be read: %s, line %u: %s; `lockstep check %s` tells all"), entry->id, errors->file,
                errors->items[0].line, errors->items[0].text, entry->folder);
        free(errors);
        return EXIT_USAGE;
    }
    if (options->output == OUTPUT_json || options->output == OUTPUT_json_changes)
        print_json(entry, scene);
    else
        print_plain(entry, scene, act, *first);
    *first = false;
    scene_free(scene);
    free(errors);
    return EXIT_FINE;
}

/* ---- lectures ---- */

static void print_lecture(const struct options *options, const struct lecture_entry *entry,
                          const struct lecture *lecture)
{
    if (options->output != OUTPUT_json && options->output != OUTPUT_json_changes) {
        fputs("  ", stdout);
        pad(entry->id, 23);
        pad(in_language(&lecture->title), 40);
        printf(_("%u min"), lecture->minutes);
        putchar('\n');
        return;
    }
    json_t *scenes = json_array();
    for (size_t i = 0; i < lecture->count; i++)
        json_array_append_new(
            scenes, json_pack("{s:s, s:s?}", "scene", lecture->items[i].scene, "variant", lecture->items[i].variant));
    json_t *line =
        json_pack("{s:i, s:s, s:o, s:o, s:I, s:s, s:b, s:o}", "v", 1, "lecture", entry->id, "title",
                  both(&lecture->title), "teaches", both(&lecture->teaches), "minutes", (json_int_t)lecture->minutes,
                  "folder", entry->path, "shipped", (int)entry->shipped, "scenes", scenes);
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    json_decref(line);
    if (text)
        printf("%s\n", text);
    free(text);
}

/* One that cannot be read does not keep the others from the list. */
static int list_lectures(const struct options *options)
{
    struct scene_roots roots, lecture_roots;
    struct lecture_list list;
    int result = EXIT_FINE;
    struct scene_errors *errors = calloc(1, sizeof *errors);
    scene_roots_find(&roots, NULL);
    scene_roots_lectures(&lecture_roots, NULL);
    enum status status = lecture_list_read(&lecture_roots, &list);
    for (size_t i = 0; i < list.count && errors && !status; i++) {
        const struct lecture_entry *entry = &list.entries[i];
        struct lecture *lecture = NULL;
        if (options->names) {
            printf("%s\n", entry->id);
            continue;
        }
        if (lecture_read(entry->path, &roots, &lecture, errors)) {
            say(_("lecture %s cannot be read: %s, line %u: %s; `lockstep check %s` tells all"), entry->id, errors->file,
                errors->items[0].line, errors->items[0].text, entry->path);
            result = EXIT_USAGE;
            continue;
        }
        print_lecture(options, entry, lecture);
        lecture_free(lecture);
    }
    lecture_list_free(&list);
    free(errors);
    return status || !errors ? EXIT_ENVIRONMENT : result;
}

/* ---- all ---- */

int list_command(const struct options *options)
{
    if (options->operand_count > 0) {
        say(_("list: \"%s\" is too much; a scene is played with `lockstep play %s`"), options->operands[0],
            options->operands[0]);
        return EXIT_USAGE;
    }
    if (options->lectures)
        return list_lectures(options);
    struct scene_roots roots;
    struct scene_list list = {0};
    struct scene_errors *errors = calloc(1, sizeof *errors);
    if (!errors)
        return EXIT_ENVIRONMENT;
    int result = EXIT_FINE;
    scene_roots_find(&roots, NULL);
    if (scene_list_read(&roots, &list, errors)) {
        scenes_say_errors(errors);
        result = EXIT_ENVIRONMENT;
    }
    const char *act = "";
    bool first = true;
    for (size_t i = 0; i < list.count; i++) {
        int one = print_entry(options, &list.entries[i], &act, &first);
        result = result ? result : one;
    }
    if (list.count == 0 && !result) {
        say(_("no scenes were found; they belong in share/lockstep/scenes beside the program, and yours in "
              "~/.local/share/lockstep/scenes"));
        result = EXIT_ENVIRONMENT;
    }
    scene_list_free(&list);
    free(errors);
    /* In JSON a line is a scene, and a name is a scene's, as ever: lectures are asked for with --lectures. */
    if (!options->names && options->output != OUTPUT_json && options->output != OUTPUT_json_changes && !result) {
        printf("\n%s\n", _("Lectures"));
        result = list_lectures(options);
    }
    return result;
}

int menu_command(const struct options *options)
{
    if (screen_is_wanted(options)) {
        struct paths paths;
        paths_find(&paths);
        return theatre_menu(options, &paths);
    }
    return list_command(options);
}
