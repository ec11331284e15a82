/* Roots, acts and the lecture's order. It looks at names of folders only; scene files are read by scene_read. */
#include "scene/scene_list.h"

#include "base/escape.h"
#include "base/text.h"
#include "scene/scene_fields.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENTRIES_MAX = 1000 };

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static bool is_file(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

static bool root_add(struct scene_roots *roots, bool shipped, const char *head, const char *tail)
{
    char path[PATH_MAX];
    if (roots->count == SCENE_ROOTS_MAX || snprintf(path, sizeof path, "%s%s", head, tail) >= (int)sizeof path)
        return false;
    char *real = is_folder(path) ? realpath(path, NULL) : NULL;
    bool good = real && strlen(real) < sizeof roots->items[0].path;
    for (size_t i = 0; good && i < roots->count; i++)
        good = strcmp(roots->items[i].path, real) != 0;
    if (good) {
        strcpy(roots->items[roots->count].path, real);
        roots->items[roots->count++].shipped = shipped;
    }
    free(real);
    return good;
}

/* `what`: the folder's name in <share>/lockstep. */
static void roots_find(struct scene_roots *roots, const char *executable, const char *what)
{
    char beside[64], above[64], own[64], home_own[64];
    *roots = (struct scene_roots){0};
    snprintf(beside, sizeof beside, "/share/lockstep/%s", what);
    snprintf(above, sizeof above, "/../share/lockstep/%s", what);
    snprintf(own, sizeof own, "/lockstep/%s", what);
    snprintf(home_own, sizeof home_own, "/.local/share/lockstep/%s", what);
    char *real = realpath(executable ? executable : "/proc/self/exe", NULL);
    if (real) {
        *strrchr(real, '/') = 0;
        if (!root_add(roots, true, real, beside))
            root_add(roots, true, real, above);
        free(real);
    }
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (data && data[0] == '/')
        root_add(roots, false, data, own);
    else if (home && home[0] == '/')
        root_add(roots, false, home, home_own);
}

void scene_roots_find(struct scene_roots *roots, const char *executable)
{
    roots_find(roots, executable, "scenes");
}

void scene_roots_lectures(struct scene_roots *roots, const char *executable)
{
    roots_find(roots, executable, "lectures");
}

struct act {
    const char *id;
    struct scene_text title;
    struct scene_strings scenes;
};

struct acts {
    struct act *items;
    size_t count;
};

static void read_acts(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                      void *place)
{
    static const struct scene_field fields[] = {
        {.name = "id", .read = scene_field_string, .offset = offsetof(struct act, id), .required = true},
        {.name = "title",
         .read = scene_field_text,
         .offset = offsetof(struct act, title),
         .required = true,
         .room = {44, 1}},
        {.name = "scenes",
         .read = scene_field_strings,
         .offset = offsetof(struct act, scenes),
         .required = true,
         .most = 100},
    };
    struct acts *acts = place;
    (void)field;
    if (node->kind != SCENE_NODE_SEQUENCE) {
        scene_reading_refuse(reading, node, "`acts` must be a list");
        return;
    }
    acts->items = scene_reading_obtain(reading, node->count * sizeof *acts->items);
    if (!acts->items)
        return;
    for (const struct scene_node *item = node->first; item; item = item->next)
        scene_fields_read(reading, item, fields, sizeof fields / sizeof *fields, &acts->items[acts->count++],
                          N_("an act"));
}

/* Appends the folder if it holds a scene of a new id. */
static bool entry_add(struct scene_list *list, const char *parent, const char *id, const struct act *act, bool shipped)
{
    char folder[PATH_MAX], file[PATH_MAX + 16];
    if (list->count == ENTRIES_MAX || id[0] == '.' || strchr(id, '/') || scene_list_find(list, id))
        return false;
    if (snprintf(folder, sizeof folder, "%s/%s", parent, id) >= (int)sizeof folder)
        return false;
    snprintf(file, sizeof file, "%s/scene.yaml", folder);
    if (!is_file(file))
        return false;
    struct scene_entry *entry = &list->entries[list->count];
    entry->id = arena_copy_text(list->arena, id, strlen(id));
    entry->folder = arena_copy_text(list->arena, folder, strlen(folder));
    entry->act = act ? act->id : "";
    if (act)
        entry->act_title = act->title;
    entry->shipped = shipped;
    if (!entry->id || !entry->folder)
        return false;
    list->count++;
    return true;
}

/* A user's root: its folders by name, each a scene or a folder of scenes. */
static void folder_list(struct scene_list *list, const char *path, unsigned levels, bool shipped)
{
    struct dirent **names = NULL;
    int count = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *name = names[i]->d_name;
        char inner[PATH_MAX];
        if (name[0] != '.' && !entry_add(list, path, name, NULL, shipped) && levels > 1 &&
            snprintf(inner, sizeof inner, "%s/%s", path, name) < (int)sizeof inner && is_folder(inner))
            folder_list(list, inner, levels - 1, shipped);
        free(names[i]);
    }
    free(names);
}

/* `file` is shorter than scene_errors.file. */
static enum status acts_list(struct scene_list *list, const char *root, const char *file, bool shipped,
                             struct scene_errors *errors)
{
    static const struct scene_field fields[] = {{.name = "acts", .read = read_acts, .required = true}};
    struct acts acts = {0};
    const struct scene_node *tree = NULL;
    struct scene_reading reading = {.arena = list->arena, .errors = errors, .folder = root};
    size_t before = errors->count;
    memcpy(errors->file, file, strlen(file) + 1);
    enum status status = scene_tree_read(file, list->arena, &reading.source, &tree, errors);
    if (status != STATUS_OK)
        return status;
    scene_fields_read(&reading, tree, fields, 1, &acts, "acts.yaml");
    if (errors->count > before)
        return STATUS_INVALID;
    for (size_t i = 0; i < acts.count; i++) {
        char folder[PATH_MAX];
        if (snprintf(folder, sizeof folder, "%s/%s", root, acts.items[i].id) >= (int)sizeof folder)
            continue;
        for (size_t j = 0; j < acts.items[i].scenes.count; j++)
            entry_add(list, folder, acts.items[i].scenes.items[j], &acts.items[i], shipped);
    }
    return STATUS_OK;
}

enum status scene_list_read(const struct scene_roots *roots, struct scene_list *list, struct scene_errors *errors)
{
    *errors = (struct scene_errors){0};
    *list = (struct scene_list){.arena = arena_new()};
    if (list->arena)
        list->entries = arena_obtain_array(list->arena, ENTRIES_MAX, sizeof *list->entries);
    if (!list->entries)
        return STATUS_MEMORY;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < roots->count; i++) {
        char file[sizeof errors->file];
        bool fits = snprintf(file, sizeof file, "%s/acts.yaml", roots->items[i].path) < (int)sizeof file;
        if (!fits || !is_file(file)) {
            folder_list(list, roots->items[i].path, 2, roots->items[i].shipped);
            continue;
        }
        enum status one = acts_list(list, roots->items[i].path, file, roots->items[i].shipped, errors);
        if (status == STATUS_OK)
            status = one;
    }
    return status;
}

void scene_list_free(struct scene_list *list)
{
    arena_free(list->arena);
    *list = (struct scene_list){0};
}

const struct scene_entry *scene_list_find(const struct scene_list *list, const char *id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->entries[i].id, id) == 0)
            return &list->entries[i];
    }
    return NULL;
}

const char *scene_list_nearest(const struct scene_list *list, const char *id)
{
    const char *nearest = NULL;
    unsigned distance = 4;
    for (size_t i = 0; i < list->count; i++) {
        unsigned d = scene_word_distance(id, list->entries[i].id);
        if (d < distance) {
            distance = d;
            nearest = list->entries[i].id;
        }
    }
    return nearest;
}

enum status scene_find(const struct scene_roots *roots, const char *what, char *path, size_t size, bool *given,
                       struct message *message)
{
    struct scene_list list;
    struct scene_errors errors;
    enum status status = STATUS_NOT_FOUND;
    *given = false;
    scene_list_read(roots, &list, &errors);
    const struct scene_entry *entry = list.entries && !strchr(what, '/') ? scene_list_find(&list, what) : NULL;
    char file[PATH_MAX];
    if (entry) {
        status = snprintf(path, size, "%s", entry->folder) < (int)size ? STATUS_OK : STATUS_LIMIT;
    } else {
        size_t length = strlen(what);
        bool there = snprintf(file, sizeof file, "%s/scene.yaml", what) < (int)sizeof file && is_file(file);
        if (!there && length > 5 && strcmp(what + length - 5, ".yaml") == 0)
            there = is_file(what);
        if (there && snprintf(path, size, "%s", what) < (int)size) {
            *given = true;
            status = STATUS_OK;
        }
    }
    if (status != STATUS_OK) {
        const char *near = list.entries ? scene_list_nearest(&list, what) : NULL;
        char shown[200];
        escape_text(ESCAPE_LABEL, what, strlen(what), shown, sizeof shown);
        if (near)
            message_set(message, status, "There is no scene '%s'. Did you mean '%s'? `lockstep list` shows all.", shown,
                        near);
        else
            message_set(
                message, status,
                "There is no scene '%s', and no folder of that name with a scene.yaml. `lockstep list` shows all.",
                shown);
    }
    scene_list_free(&list);
    return status;
}
