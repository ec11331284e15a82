/* `lockstep check`: scene and lecture files, with errors as a compiler gives them; and whether each variant, played in its default
 * schedule, fires all its beats and ends as the file says. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/commands.h"
#include "app/lectures.h"
#include "app/say.h"
#include "app/scenes.h"
#include "base/arena.h"
#include "base/text.h"
#include "export/tell.h"

enum {
    CHECK_STEPS = 100000, /* of a scene's run: none needs that many */
    CHECK_DEPTH = 3       /* of folders: scenes/act/scene */
};

/* An id that was met, and the file that has it. */
struct known {
    const char *id, *file;
    struct known *next;
};

struct check {
    const struct options *options;
    struct paths paths;
    struct scene_errors *errors; /* used again and again */
    unsigned scenes, lectures;
    struct arena *arena;
    struct known *known; /* ids, the newest first */
    int result;
};

static void worse(struct check *check, int result)
{
    /* A signal or what the machine lacks is the answer rather than a scene's fault. */
    if (result > check->result)
        check->result = result;
}

/* ---- findings of a run ---- */

/* Fills the finding's line from the file. */
static void quote_line(const char *file, struct scene_error *error)
{
    FILE *in = fopen(file, "re");
    char *line = NULL;
    size_t size = 0;
    ssize_t length = -1;
    for (unsigned i = 0; in && i < error->line; i++)
        length = getline(&line, &size, in);
    if (length > 0) {
        line[strcspn(line, "\n")] = '\0';
        error->column = (unsigned)strspn(line, " ") + 1;
        snprintf(error->source, sizeof error->source, "%.200s", line);
        size_t shown = strlen(error->source);
        error->width = shown > error->column ? (unsigned)(shown - error->column) + 1 : 1;
        if (error->width > 8)
            error->width = 8;
    }
    free(line);
    if (in)
        fclose(in);
}

static void find_fault(struct check *check, const char *file, unsigned line, const char *text)
{
    struct scene_errors *errors = check->errors;
    memset(errors, 0, sizeof *errors);
    snprintf(errors->file, sizeof errors->file, "%s", file);
    errors->count = 1;
    errors->items[0].line = line;
    errors->items[0].column = errors->items[0].width = 1;
    snprintf(errors->items[0].text, sizeof errors->items[0].text, "%s", text);
    if (line)
        quote_line(file, &errors->items[0]);
    scenes_say_errors(errors);
    worse(check, EXIT_FAULT);
}

static void judge(struct check *check, const struct scene *scene, size_t index, const struct session_result *run)
{
    const struct scene_variant *variant = &scene->variants[index];
    const char *verdict = tell_verdict_name(run->verdict);
    char text[320], which[80] = "";
    if (variant->id[0])
        snprintf(which, sizeof which, _(" of the variant %.40s"), variant->id);
    if (strcmp(verdict, variant->expect) != 0) {
        snprintf(text, sizeof text, _("the default schedule%s ends with the verdict %s, the file expects %s"), which,
                 verdict, variant->expect);
        find_fault(check, scene->file, 0, text);
    }
    for (size_t i = 0; i < run->unfired_count && i < SESSION_BEATS_MAX; i++) {
        const struct scene_beat *beat = &scene->beats[run->unfired[i]];
        if (beat->file)
            snprintf(text, sizeof text, _("this question never comes in the default schedule%s"), which);
        else
            snprintf(text, sizeof text, _("this beat never fires in the default schedule%s"), which);
        find_fault(check, beat->file ? beat->file : scene->file, beat->line, text);
    }
}

/* The first line that begins with `key`, 0 if there is none. */
static unsigned key_line(const char *file, const char *key)
{
    FILE *in = fopen(file, "re");
    char *line = NULL;
    size_t size = 0;
    unsigned number = 0, found = 0;
    while (in && !found && getline(&line, &size, in) > 0) {
        number++;
        if (strncmp(line, key, strlen(key)) == 0)
            found = number;
    }
    free(line);
    if (in)
        fclose(in);
    return found;
}

static bool is_same_file(const char *one, const char *other)
{
    struct stat a, b;
    return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* A list shows only the first scene of an id. */
static void check_id(struct check *check, const struct scene *scene)
{
    char text[320];
    for (const struct known *known = check->known; known; known = known->next) {
        if (strcmp(known->id, scene->id) != 0 || is_same_file(known->file, scene->file))
            continue;
        snprintf(text, sizeof text, _("the id %.40s is also that of %.200s"), scene->id, known->file);
        find_fault(check, scene->file, key_line(scene->file, "id:"), text);
        return;
    }
    struct known *known = arena_obtain(check->arena, sizeof *known);
    if (!known)
        return;
    known->id = arena_copy_text(check->arena, scene->id, strlen(scene->id));
    known->file = arena_copy_text(check->arena, scene->file, strlen(scene->file));
    known->next = check->known;
    if (known->id && known->file)
        check->known = known;
}

static void not_built(struct check *check, const struct scene *scene)
{
    unsigned line = key_line(scene->file, "program:");
    find_fault(check, scene->file, line ? line : key_line(scene->file, "variants:"),
               _("the scene's program cannot be built; what the compiler says stands above"));
}

/* False when there is no sense in going on. */
static bool play_variant(struct check *check, const struct scene *scene, size_t index)
{
    struct scenes_program program;
    struct session_plan plan;
    struct session_result run = {0};
    struct message message = {{0}};
    int result = EXIT_FINE;
    bool loaded = scenes_load(scene, index, NULL, &check->paths, &program, &plan, &result);
    if (loaded) {
        plan.out = NULL;
        plan.no_input = true;
        plan.max_steps = CHECK_STEPS;
        session_run(&plan, &check->paths, &run, &message);
        if (run.signal)
            result = EXIT_SIGNAL + run.signal;
        else if (run.status)
            result = say_failure(run.status, &message);
        else
            judge(check, scene, index, &run);
    }
    scenes_unload(&program);
    if (!loaded && result == EXIT_USAGE) /* the compiler has spoken: that is the scene's fault */
        not_built(check, scene);
    else
        worse(check, result);
    return run.signal == 0;
}

/* ---- files and folders ---- */

static bool check_scene(struct check *check, const char *path)
{
    struct scene *scene = NULL;
    check->scenes++;
    enum status status = scene_read(path, &scene, check->errors);
    if (status) {
        scenes_say_errors(check->errors);
        worse(check, status == STATUS_INVALID || status == STATUS_LIMIT ? EXIT_FAULT : EXIT_USAGE);
        return true;
    }
    bool goes_on = true;
    check_id(check, scene);
    for (size_t i = 0; i < scene->variant_count && goes_on && !check->options->no_run; i++)
        goes_on = play_variant(check, scene, i);
    scene_free(scene);
    return goes_on;
}

/* The file, and each of its scenes as the lecture wants it: so that its questions are known to come. */
static bool check_lecture(struct check *check, const char *path)
{
    struct scene_roots roots;
    struct lecture *lecture = NULL;
    check->lectures++;
    scene_roots_find(&roots, NULL);
    enum status status = lecture_read(path, &roots, &lecture, check->errors);
    if (status) {
        scenes_say_errors(check->errors);
        worse(check, status == STATUS_INVALID || status == STATUS_LIMIT ? EXIT_FAULT : EXIT_USAGE);
        return true;
    }
    bool goes_on = true;
    for (size_t i = 0; i < lecture->count && goes_on && !check->options->no_run; i++) {
        size_t variant;
        int result = EXIT_FINE;
        struct scene *scene = lectures_scene(lecture, i, check->options, &variant, &result);
        worse(check, result);
        if (scene)
            goes_on = play_variant(check, scene, variant);
        scene_free(scene);
    }
    lecture_free(lecture);
    return goes_on;
}

static int no_dots(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* A scene, a lecture, or a folder with such below. */
static bool check_path(struct check *check, const char *path, int depth)
{
    struct stat about;
    char inside[4096];
    snprintf(inside, sizeof inside, "%s/scene.yaml", path);
    bool folder = stat(path, &about) == 0 && S_ISDIR(about.st_mode);
    if (lecture_is(path) && !check_lecture(check, path))
        return false;
    if (!folder && lecture_is(path))
        return true;
    if (!folder || stat(inside, &about) == 0)
        return check_scene(check, path);
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, no_dots, alphasort);
    bool goes_on = true;
    for (int i = 0; i < count; i++) {
        snprintf(inside, sizeof inside, "%s/%s", path, entries[i]->d_name);
        /* Links are not followed: a folder may hold itself. */
        if (goes_on && depth < CHECK_DEPTH && lstat(inside, &about) == 0 && S_ISDIR(about.st_mode))
            goes_on = check_path(check, inside, depth + 1);
        free(entries[i]);
    }
    free(entries);
    return goes_on;
}

int check_command(const struct options *options)
{
    struct check check = {.options = options};
    if (options->operand_count == 0) {
        say(_("check: no file is named; `lockstep check PATH...` takes scene.yaml and lecture.yaml files and folders "
              "with such"));
        return EXIT_USAGE;
    }
    check.errors = calloc(1, sizeof *check.errors);
    check.arena = arena_new();
    if (!check.errors || !check.arena) {
        free(check.errors);
        arena_free(check.arena);
        say(_("out of memory"));
        return EXIT_ENVIRONMENT;
    }
    paths_find(&check.paths);
    bool goes_on = true;
    for (int i = 0; i < options->operand_count && goes_on; i++) {
        unsigned before = check.scenes + check.lectures;
        goes_on = check_path(&check, options->operands[i], 0);
        if (goes_on && check.scenes + check.lectures == before) {
            say(_("check: there is no scene.yaml or lecture.yaml in %s or its folders"), options->operands[i]);
            worse(&check, EXIT_USAGE);
        }
    }
    if (check.result == EXIT_FINE && check.scenes)
        printf(ngettext("%u scene, no faults\n", "%u scenes, no faults\n", check.scenes), check.scenes);
    if (check.result == EXIT_FINE && check.lectures)
        printf(ngettext("%u lecture, no faults\n", "%u lectures, no faults\n", check.lectures), check.lectures);
    arena_free(check.arena);
    free(check.errors);
    return check.result;
}
