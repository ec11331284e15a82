/* `lockstep export`: a scene is run, or a recording read, and what happened is written as a file whose kind the ending of
 * its name chooses. A run is recorded first and exported from its recording, so that there is one way only. The file
 * appears whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/export_write.h"
#include "app/language.h"
#include "app/say.h"
#include "app/scenes.h"
#include "base/escape.h"
#include "base/text.h"
#include "export/tell.h"

struct exporter {
    const char *ending;
    export_write_function *write; /* NULL: not there yet */
    const char *help;
};

static const struct exporter exporters[] = {
#define EXPORTER(name, function, text) {.ending = #name, .write = function, .help = text},
#include "app/exporters.def"
#undef EXPORTER
};

enum { EXPORTERS = sizeof exporters / sizeof *exporters };

static const struct exporter *exporter_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    for (size_t i = 0; dot && i < EXPORTERS; i++)
        if (strcmp(dot + 1, exporters[i].ending) == 0)
            return &exporters[i];
    return NULL;
}

/* ".txt (the lines of --plain)" of each that is there. */
static void say_endings(const char *path)
{
    say(_("export: the ending of %s says no kind of file; there are:"), path);
    for (size_t i = 0; i < EXPORTERS; i++)
        if (exporters[i].write)
            say("  .%-7s %s", exporters[i].ending, _(exporters[i].help));
}

/* ---- the file ---- */

static int cannot_write(const char *path)
{
    say(_("export: cannot write %s: %s"), path, strerror(errno));
    return EXIT_ENVIRONMENT;
}

/* Into the file itself: what is no ordinary file cannot be replaced. */
static int write_into(const struct export_run *run, const struct exporter *exporter, FILE *file, const char *path)
{
    struct message message = {{0}};
    enum status status = exporter->write(run, file, &message);
    errno = 0;
    if (fclose(file) != 0 && !status)
        return cannot_write(path);
    if (status == STATUS_NOT_FOUND) {
        say("%s", message.text);
        return EXIT_FAULT;
    }
    return status ? say_failure(status, &message) : EXIT_FINE;
}

/* Beside it, under another name until it is whole. */
static int write_file(const struct export_run *run, const struct exporter *exporter, const char *path)
{
    struct stat state;
    if (stat(path, &state) == 0 && !S_ISREG(state.st_mode)) {
        FILE *file = fopen(path, "we");
        return file ? write_into(run, exporter, file, path) : cannot_write(path);
    }
    char beside[4096];
    if ((size_t)snprintf(beside, sizeof beside, "%s.XXXXXX", path) >= sizeof beside) {
        errno = ENAMETOOLONG;
        return cannot_write(path);
    }
    mode_t mask = umask(0);
    umask(mask);
    int descriptor = mkostemp(beside, O_CLOEXEC);
    FILE *file = descriptor >= 0 && fchmod(descriptor, 0666 & ~mask) == 0 ? fdopen(descriptor, "w") : NULL;
    if (!file) {
        int result = cannot_write(path);
        if (descriptor >= 0) {
            close(descriptor);
            unlink(beside);
        }
        return result;
    }
    int result = write_into(run, exporter, file, path);
    if (result == EXIT_FINE && rename(beside, path) != 0)
        result = cannot_write(path);
    if (result != EXIT_FINE)
        unlink(beside);
    return result;
}

/* ---- what is exported ---- */

static int export_recording(const char *file, const struct scene *scene, size_t variant, const char *title,
                            const struct exporter *exporter, const struct options *options)
{
    struct recording *recording = NULL;
    struct message message = {{0}};
    enum status status = recording_open(file, &recording, &message);
    if (status)
        return say_failure(status, &message);
    if (recording_note(recording))
        say("%s", recording_note(recording));
    struct scene *found = scene ? NULL : scenes_of_recording(recording_about(recording), &variant);
    scene = scene ? scene : found;
    char shown[512];
    if (scene)
        title = scene->title.in[language_is_chinese() ? SCENE_CHINESE : SCENE_ENGLISH];
    escape_text(ESCAPE_LABEL, title, strlen(title), shown, sizeof shown);
    struct export_run run = {.history = recording_history(recording),
                             .scene = scene,
                             .variant = variant,
                             .title = shown,
                             .chinese = language_is_chinese(),
                             .helpers = options->helpers};
    int result = write_file(&run, exporter, options->file);
    scene_free(found);
    recording_free(recording);
    return result;
}

/* The run itself: faults in it are part of what is exported, and no failure of the export. */
static int run_scene(const struct scene *scene, size_t variant, const char *record, const struct options *options)
{
    struct paths paths;
    struct scenes_program program;
    struct session_plan plan;
    int result = EXIT_FINE;
    paths_find(&paths);
    if (scenes_load(scene, variant, options, &paths, &program, &plan, &result)) {
        struct session_result run;
        struct message message = {{0}};
        plan.out = NULL;
        plan.record = record;
        plan.no_input = true;
        session_run(&plan, &paths, &run, &message);
        result = session_exit(&run, &message, tell_verdict_name(run.verdict));
    }
    scenes_unload(&program);
    return result;
}

static int export_scene(const char *what, const struct exporter *exporter, const struct options *options)
{
    int result = EXIT_FINE;
    size_t variant;
    struct scene *scene = scenes_open(what, &result);
    if (!scene)
        return result;
    if (!scenes_variant(scene, options->variant, &variant)) {
        scene_free(scene);
        return EXIT_USAGE;
    }
    const char *folder = getenv("TMPDIR");
    char record[4096];
    snprintf(record, sizeof record, "%s/lockstep-export-XXXXXX", folder && *folder == '/' ? folder : "/tmp");
    int descriptor = mkostemp(record, O_CLOEXEC);
    if (descriptor < 0) {
        scene_free(scene);
        return cannot_write(record);
    }
    close(descriptor);
    result = run_scene(scene, variant, record, options);
    if (result == EXIT_FINE)
        result = export_recording(record, scene, variant, scene->id, exporter, options);
    unlink(record);
    scene_free(scene);
    return result;
}

int export_command(const struct options *options)
{
    if (options->operand_count != 1) {
        say(options->operand_count ? _("export: one scene or recording at a time")
                                   : _("export: no scene or recording is named"));
        return EXIT_USAGE;
    }
    if (!options->file) {
        say(_("export: no file is named; -o OUT says where to, and its ending what kind"));
        return EXIT_USAGE;
    }
    const struct exporter *exporter = exporter_of(options->file);
    if (!exporter) {
        say_endings(options->file);
        return EXIT_USAGE;
    }
    if (!exporter->write) {
        say(_("export: .%s (%s) is not there yet"), exporter->ending, _(exporter->help));
        return EXIT_USAGE;
    }
    const char *what = options->operands[0];
    struct stat state;
    /* A scene is a folder, its scene.yaml, or an id; any other file is taken for a recording, which it says if it is not. */
    const char *dot = strrchr(what, '.');
    bool is_scene_file = dot && strcmp(dot, ".yaml") == 0;
    if (stat(what, &state) == 0 && !S_ISDIR(state.st_mode) && !is_scene_file)
        return export_recording(what, NULL, 0, what, exporter, options);
    return export_scene(what, exporter, options);
}
