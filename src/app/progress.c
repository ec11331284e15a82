/* {"v":1,"last":"deadlock","seen":["deadlock","race"]}; written beside the old file and then put in its place. */
#include "app/progress.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct progress {
    json_t *data;
    char folder[4096];
};

static void find_folder(char *out, size_t size)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    out[0] = '\0';
    if (state && state[0] == '/')
        snprintf(out, size, "%s/lockstep", state);
    else if (home && home[0] == '/')
        snprintf(out, size, "%s/.local/state/lockstep", home);
}

struct progress *progress_load(void)
{
    char path[4200];
    struct progress *progress = calloc(1, sizeof *progress);
    if (!progress)
        return NULL;
    find_folder(progress->folder, sizeof progress->folder);
    snprintf(path, sizeof path, "%s/progress.json", progress->folder);
    progress->data = json_load_file(path, 0, NULL);
    if (!json_is_object(progress->data) || json_integer_value(json_object_get(progress->data, "v")) != 1) {
        json_decref(progress->data);
        progress->data = json_pack("{s:i, s:s, s:[]}", "v", 1, "last", "", "seen");
    }
    return progress;
}

void progress_free(struct progress *progress)
{
    if (!progress)
        return;
    json_decref(progress->data);
    free(progress);
}

bool progress_seen(const struct progress *progress, const char *id)
{
    size_t index;
    json_t *value;
    json_array_foreach(json_object_get(progress->data, "seen"), index, value)
    {
        const char *text = json_string_value(value);
        if (text && strcmp(text, id) == 0)
            return true;
    }
    return false;
}

const char *progress_last(const struct progress *progress)
{
    const char *last = json_string_value(json_object_get(progress->data, "last"));
    return last ? last : "";
}

/* mkdir -p */
static void make_folder(const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s", folder);
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    mkdir(path, 0700);
}

void progress_mark(struct progress *progress, const char *id)
{
    char path[4200], fresh[4220];
    json_object_set_new(progress->data, "last", json_string(id));
    if (!progress_seen(progress, id)) {
        if (!json_is_array(json_object_get(progress->data, "seen")))
            json_object_set_new(progress->data, "seen", json_array());
        json_array_append_new(json_object_get(progress->data, "seen"), json_string(id));
    }
    if (!progress->folder[0])
        return;
    make_folder(progress->folder);
    snprintf(path, sizeof path, "%s/progress.json", progress->folder);
    snprintf(fresh, sizeof fresh, "%s.%d", path, (int)getpid());
    if (json_dump_file(progress->data, fresh, JSON_COMPACT) != 0 || rename(fresh, path) != 0)
        unlink(fresh);
}
