/* lecture.yaml to struct lecture: its keys, and what must be true of the scenes that it names. And the other way round: a
 * scene as a lecture wants it. It must not run anything, nor know how a lecture is shown. */
#include "scene/lecture.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "scene/scene_read.h"

#define FIELD_COUNT(fields) (sizeof(fields) / sizeof *(fields))

enum { LECTURE_SCENES_MAX = 100, LECTURE_ASKS_MAX = 20, LECTURES_MAX = 200 };

/* A reading, and where scenes are looked for. */
struct lecture_reading {
    struct scene_reading reading; /* first: readers of fields are handed this */
    struct lecture *lecture;
    const struct scene_list *list;
};

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

/* ---- the keys ---- */

static const char *const switches[] = {[LECTURE_QUESTIONS_off] = "false", [LECTURE_QUESTIONS_on] = "true", NULL};

static void read_asks(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                      void *place)
{
#define AT(member) .offset = offsetof(struct lecture_ask, member)
    static const struct scene_field fields[] = {
        {.name = "after", .read = scene_field_number, AT(after), .least = 1, .most = 200},
        {.name = "when", .read = scene_read_when, AT(when)},
        {.name = "question", .read = scene_field_text, AT(question.question), .required = true, .room = ROOM_SAY},
        {.name = "choices", .read = scene_read_choices, AT(question), .required = true, .room = ROOM_CHOICE},
        {.name = "answer",
         .read = scene_field_number,
         AT(question.answer),
         .required = true,
         .least = 1,
         .most = SCENE_CHOICES_MAX},
        {.name = "because", .read = scene_field_text, AT(question.because), .required = true, .room = ROOM_BECAUSE},
    };
#undef AT
    struct lecture_item *item = place;
    (void)field;
    if (node->kind != SCENE_NODE_SEQUENCE || node->count > LECTURE_ASKS_MAX) {
        scene_reading_refuse(reading, node, "`ask` must be a list of at most %d questions", LECTURE_ASKS_MAX);
        return;
    }
    struct lecture_ask *asks = scene_reading_obtain(reading, node->count * sizeof *asks);
    if (!asks)
        return;
    item->asks = asks;
    for (const struct scene_node *child = node->first; child; child = child->next) {
        struct lecture_ask *ask = &asks[item->ask_count++];
        ask->line = child->line;
        scene_fields_read(reading, child, fields, FIELD_COUNT(fields), ask, N_("a question"));
        bool by_step = scene_node_child(child, "when") != NULL, by_beat = scene_node_child(child, "after") != NULL;
        if (child->kind == SCENE_NODE_MAPPING && by_step == by_beat)
            scene_reading_refuse(reading, child, "a question must have either `after` (a beat's number) or `when`");
        if (ask->question.choice_count && ask->question.answer > ask->question.choice_count)
            scene_reading_refuse(reading, scene_node_child(child, "answer"),
                                 "`answer` is %u, but there are only %zu choices", ask->question.answer,
                                 ask->question.choice_count);
    }
}

/* The folder of the scene, in the arena; NULL if there is none. */
static const char *scene_folder(const struct lecture_reading *from, const char *name)
{
    char folder[PATH_MAX], file[PATH_MAX + 16];
    const char *beside = from->lecture->folder;
    int length = name[0] == '/' ? snprintf(folder, sizeof folder, "%s", name)
                                : snprintf(folder, sizeof folder, "%s/%s", beside, name);
    if (length > 0 && length < (int)sizeof folder) {
        snprintf(file, sizeof file, "%s/scene.yaml", folder);
        if (is_file(file))
            return arena_copy_text(from->reading.arena, folder, (size_t)length);
    }
    const struct scene_entry *entry = scene_list_find(from->list, name);
    return entry ? arena_copy_text(from->reading.arena, entry->folder, strlen(entry->folder)) : NULL;
}

/* What the item says against what the scene has. */
static void compare_with_scene(struct scene_reading *reading, const struct scene_node *node,
                               const struct lecture_item *item, const struct scene *scene)
{
    size_t variant = scene_variant_find(scene, item->variant);
    if (variant == scene->variant_count) {
        scene_reading_refuse(reading, scene_node_child(node, "variant"), "the scene %.40s has no variant `%.40s`",
                             scene->id, item->variant);
        return;
    }
    const struct scene_node *asks = scene_node_child(node, "ask");
    const struct scene_node *child = asks ? asks->first : NULL;
    for (size_t i = 0; i < item->ask_count && child; i++, child = child->next) {
        unsigned after = item->asks[i].after;
        const struct scene_node *where = scene_node_child(child, "after");
        if (after > scene->beat_count)
            scene_reading_refuse(reading, where, "`after` is %u, but the scene %.40s has only %zu beats", after,
                                 scene->id, scene->beat_count);
        else if (after && !scene_beat_in_variant(&scene->beats[after - 1], &scene->variants[variant]))
            scene_reading_refuse(reading, where, "beat %u of the scene %.40s does not belong to the variant played",
                                 after, scene->id);
    }
}

static void find_scene(const struct lecture_reading *from, struct scene_reading *reading, const struct scene_node *node,
                       struct lecture_item *item)
{
    const struct scene_node *name = scene_node_child(node, "scene");
    if (!name) /* `- deadlock`: the item is the name */
        name = node;
    item->path = scene_folder(from, item->scene);
    if (!item->path) {
        const char *near = scene_list_nearest(from->list, item->scene);
        if (near)
            scene_reading_refuse(reading, name, "there is no scene `%.60s`; did you mean `%.60s`?", item->scene, near);
        else
            scene_reading_refuse(reading, name, "there is no scene `%.60s`, neither beside this file nor in the list",
                                 item->scene);
        return;
    }
    struct scene *scene = NULL;
    struct scene_errors *errors = calloc(1, sizeof *errors);
    if (!errors)
        reading->out_of_memory = true;
    else if (scene_read(item->path, &scene, errors) == STATUS_OK)
        compare_with_scene(reading, node, item, scene);
    else
        scene_reading_refuse(reading, name, "the scene %.60s has a fault at line %u; `lockstep check %.100s` tells it",
                             item->scene, errors->count ? errors->items[0].line : 0, item->path);
    scene_free(scene);
    free(errors);
}

static void read_items(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                       void *place)
{
#define AT(member) .offset = offsetof(struct lecture_item, member)
    static const struct scene_field fields[] = {
        {.name = "scene", .read = scene_field_string, AT(scene), .required = true, .most = 200},
        {.name = "variant", .read = scene_field_string, AT(variant)},
        {.name = "teaches", .read = scene_field_text, AT(teaches), .room = ROOM_SAY},
        {.name = "notes", .read = scene_field_text, AT(notes), .room = ROOM_NOTES},
        {.name = "questions", .read = scene_field_choice, AT(questions), .words = switches, .what = N_("switch")},
        {.name = "ask", .read = read_asks},
    };
#undef AT
    struct lecture *lecture = place;
    (void)field;
    if (node->kind != SCENE_NODE_SEQUENCE || node->count == 0 || node->count > LECTURE_SCENES_MAX) {
        scene_reading_refuse(reading, node, "`scenes` must be a list of 1 to %d", LECTURE_SCENES_MAX);
        return;
    }
    struct lecture_item *items = scene_reading_obtain(reading, node->count * sizeof *items);
    if (!items)
        return;
    lecture->items = items;
    for (const struct scene_node *child = node->first; child; child = child->next) {
        struct lecture_item *item = &items[lecture->count++];
        *item = (struct lecture_item){.line = child->line, .questions = LECTURE_QUESTIONS_as_lecture};
        if (child->kind == SCENE_NODE_SCALAR && !scene_node_is_null(child)) {
            struct scene_field name = {.name = "scene", .most = 200};
            scene_field_string(reading, child, &name, &item->scene); /* no more than its name: `- deadlock` */
        } else {
            scene_fields_read(reading, child, fields, FIELD_COUNT(fields), item, N_("a scene of the lecture"));
        }
        if (item->scene)
            find_scene((struct lecture_reading *)reading, reading, child, item);
    }
}

static void read_lecture(struct scene_reading *reading, const struct scene_node *root, struct lecture *lecture)
{
#define AT(member) .offset = offsetof(struct lecture, member)
    static const struct scene_field fields[] = {
        {.name = "title", .read = scene_field_text, AT(title), .required = true, .room = ROOM_TITLE},
        {.name = "teaches", .read = scene_field_text, AT(teaches), .room = ROOM_SAY},
        {.name = "minutes", .read = scene_field_number, AT(minutes), .required = true, .least = 1, .most = 600},
        {.name = "questions", .read = scene_field_choice, AT(questions), .words = switches, .what = N_("switch")},
        {.name = "scenes", .read = read_items, .required = true},
    };
#undef AT
    lecture->questions = LECTURE_QUESTIONS_on;
    scene_fields_read(reading, root, fields, FIELD_COUNT(fields), lecture, N_("the lecture"));
}

/* ---- files ---- */

/* `path` is a lecture's folder or file: the two of them, in the arena. */
static bool paths_find(struct lecture *lecture, struct arena *arena, const char *path)
{
    char file[PATH_MAX];
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (is_folder(path)) {
        lecture->folder = arena_copy_text(arena, path, length);
        snprintf(file, sizeof file, "%.*s/lecture.yaml", (int)length, path);
        lecture->file = arena_copy_text(arena, file, strlen(file));
    } else {
        const char *slash = strrchr(path, '/');
        lecture->file = arena_copy_text(arena, path, strlen(path));
        lecture->folder = slash == path ? "/" : slash ? arena_copy_text(arena, path, (size_t)(slash - path)) : ".";
    }
    return lecture->file && lecture->folder;
}

bool lecture_is(const char *path)
{
    char file[PATH_MAX];
    if (is_folder(path)) {
        if (snprintf(file, sizeof file, "%s/scene.yaml", path) < (int)sizeof file && is_file(file))
            return false;
        return snprintf(file, sizeof file, "%s/lecture.yaml", path) < (int)sizeof file && is_file(file);
    }
    size_t length = strlen(path);
    if (length < 6 || strcmp(path + length - 5, ".yaml") != 0 || !is_file(path))
        return false;
    const char *slash = strrchr(path, '/');
    if (strcmp(slash ? slash + 1 : path, "lecture.yaml") == 0)
        return true;
    struct scene_errors *errors = calloc(1, sizeof *errors);
    struct arena *arena = arena_new();
    struct scene_source source;
    const struct scene_node *root = NULL;
    bool is = errors && arena && scene_tree_read(path, arena, &source, &root, errors) == STATUS_OK &&
              scene_node_child(root, "scenes") != NULL;
    arena_free(arena);
    free(errors);
    return is;
}

static enum status read_file(struct lecture_reading *from, struct scene_errors *errors)
{
    const struct scene_node *root = NULL;
    snprintf(errors->file, sizeof errors->file, "%s", from->lecture->file);
    enum status status =
        scene_tree_read(from->lecture->file, from->reading.arena, &from->reading.source, &root, errors);
    if (status)
        return status;
    read_lecture(&from->reading, root, from->lecture);
    if (from->reading.out_of_memory) {
        scene_error_add(errors, NULL, 0, 0, 1, "out of memory");
        return STATUS_MEMORY;
    }
    return errors->count ? STATUS_INVALID : STATUS_OK;
}

enum status lecture_read(const char *path, const struct scene_roots *roots, struct lecture **out,
                         struct scene_errors *errors)
{
    struct scene_list list;
    *out = NULL;
    /* An acts.yaml with faults is told by `lockstep list`; what was good of it is in the list. */
    enum status status = scene_list_read(roots, &list, errors);
    *errors = (struct scene_errors){0};
    struct arena *arena = status == STATUS_MEMORY ? NULL : arena_new();
    struct lecture *lecture = arena ? arena_obtain(arena, sizeof *lecture) : NULL;
    snprintf(errors->file, sizeof errors->file, "%s", path);
    if (lecture && paths_find(lecture, arena, path)) {
        struct lecture_reading from = {.reading = {.arena = arena, .errors = errors, .folder = lecture->folder},
                                       .lecture = lecture,
                                       .list = &list};
        lecture->arena = arena;
        status = read_file(&from, errors);
    } else {
        scene_error_add(errors, NULL, 0, 0, 1, "out of memory");
        status = STATUS_MEMORY;
    }
    scene_list_free(&list);
    if (status == STATUS_OK)
        *out = lecture;
    else
        arena_free(arena);
    return status;
}

void lecture_free(struct lecture *lecture)
{
    if (lecture)
        arena_free(lecture->arena);
}

/* ---- a scene as the lecture wants it ---- */

/* The scene's beats, its questions left out where they are not wanted, and the lecture's put in. */
static enum status take_beats(const struct lecture *lecture, const struct lecture_item *item, struct scene *scene)
{
    size_t count = scene->beat_count;
    struct scene_beat *beats = arena_obtain_array(scene->arena, count + item->ask_count + 1, sizeof *beats);
    if (!beats)
        return STATUS_MEMORY;
    if (count)
        memcpy(beats, scene->beats, count * sizeof *beats);
    enum lecture_questions questions =
        item->questions == LECTURE_QUESTIONS_as_lecture ? lecture->questions : item->questions;
    for (size_t i = 0; i < count && questions == LECTURE_QUESTIONS_off; i++)
        beats[i].ask = (struct scene_question){0};
    for (size_t i = 0; i < item->ask_count; i++) {
        const struct lecture_ask *ask = &item->asks[i];
        if (ask->after)
            beats[ask->after - 1].ask = ask->question;
        else
            beats[count++] =
                (struct scene_beat){.when = ask->when, .ask = ask->question, .line = ask->line, .file = lecture->file};
    }
    scene->beats = beats;
    scene->beat_count = count;
    return STATUS_OK;
}

enum status lecture_scene(const struct lecture *lecture, size_t index, struct scene **out, size_t *variant,
                          struct scene_errors *errors)
{
    const struct lecture_item *item = &lecture->items[index];
    enum status status = scene_read(item->path, out, errors);
    if (status)
        return status;
    struct scene *scene = *out;
    *variant = scene_variant_find(scene, item->variant);
    if (*variant == scene->variant_count) { /* it was there when the lecture was read */
        scene_error_add(errors, NULL, 0, 0, 1, "the scene %.40s has no variant `%.40s`", scene->id, item->variant);
        status = STATUS_INVALID;
    }
    if (!status)
        status = take_beats(lecture, item, scene);
    if (item->teaches.in[SCENE_ENGLISH])
        scene->teaches = item->teaches;
    if (item->notes.in[SCENE_ENGLISH])
        scene->notes = item->notes;
    if (!status)
        return STATUS_OK;
    if (!errors->count)
        scene_error_add(errors, NULL, 0, 0, 1, "out of memory");
    scene_free(scene);
    *out = NULL;
    return status;
}

/* ---- the list ---- */

static enum status entry_add(struct lecture_list *list, const char *root, const char *id, bool shipped)
{
    char path[PATH_MAX];
    if (list->count == LECTURES_MAX || id[0] == '.' || lecture_list_find(list, id) ||
        snprintf(path, sizeof path, "%s/%s", root, id) >= (int)sizeof path || !is_folder(path) || !lecture_is(path))
        return STATUS_OK;
    struct lecture_entry *entry = &list->entries[list->count];
    *entry = (struct lecture_entry){.id = arena_copy_text(list->arena, id, strlen(id)),
                                    .path = arena_copy_text(list->arena, path, strlen(path)),
                                    .shipped = shipped};
    if (!entry->id || !entry->path)
        return STATUS_MEMORY;
    list->count++;
    return STATUS_OK;
}

enum status lecture_list_read(const struct scene_roots *roots, struct lecture_list *list)
{
    *list = (struct lecture_list){.arena = arena_new()};
    if (list->arena)
        list->entries = arena_obtain_array(list->arena, LECTURES_MAX, sizeof *list->entries);
    enum status status = list->entries ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; i < roots->count && !status; i++) {
        struct dirent **names = NULL;
        int count = scandir(roots->items[i].path, &names, NULL, alphasort);
        for (int j = 0; j < count; j++) {
            if (!status)
                status = entry_add(list, roots->items[i].path, names[j]->d_name, roots->items[i].shipped);
            free(names[j]);
        }
        free(names);
    }
    return status;
}

void lecture_list_free(struct lecture_list *list)
{
    arena_free(list->arena);
    *list = (struct lecture_list){0};
}

const struct lecture_entry *lecture_list_find(const struct lecture_list *list, const char *id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->entries[i].id, id) == 0)
            return &list->entries[i];
    }
    return NULL;
}
