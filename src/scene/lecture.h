/* A lecture as plain data: what `lecture.yaml` says, checked. It names scenes, in an order of its own, and may bring its
 * own notes and questions to them. Reading runs nothing. The rules of scene.h for strings hold here, too. */
#ifndef LOCKSTEP_SCENE_LECTURE_H
#define LOCKSTEP_SCENE_LECTURE_H

#include "scene/scene.h"
#include "scene/scene_list.h"

/* A question that the lecture brings to a scene. */
struct lecture_ask {
    unsigned after;         /* it comes with the scene's beat of this number, from 1, in place of that beat's own; 0: */
    struct scene_when when; /* it comes with this step */
    struct scene_question question;
    unsigned line;
};

enum lecture_questions { LECTURE_QUESTIONS_off, LECTURE_QUESTIONS_on, LECTURE_QUESTIONS_as_lecture };

struct lecture_item {
    const char *scene;         /* as the file names it */
    const char *path;          /* of the scene's folder */
    const char *variant;       /* id; NULL: the scene's first */
    struct scene_text teaches; /* in place of the scene's; may be absent */
    struct scene_text notes;   /* in place of the scene's; may be absent */
    enum lecture_questions questions;
    const struct lecture_ask *asks;
    size_t ask_count;
    unsigned line;
};

struct lecture {
    const char *file;
    const char *folder;
    struct scene_text title;
    struct scene_text teaches; /* may be absent */
    unsigned minutes;
    enum lecture_questions questions;
    const struct lecture_item *items;
    size_t count; /* 1 to 100 */
    struct arena *arena;
};

/* Whether it is a lecture rather than a scene that lies there: a folder with a lecture.yaml (and no scene.yaml), or a YAML
 * file that lists `scenes`. False where nothing can be read. */
bool lecture_is(const char *path);

/* Reads a lecture: `path` is a folder with a lecture.yaml, or a YAML file. A scene is looked for beside the lecture first,
 * then among the scenes of `roots`; each must be there and be readable, its variant and the beats that are named must
 * exist. Results as for scene_read. */
enum status lecture_read(const char *path, const struct scene_roots *roots, struct lecture **out,
                         struct scene_errors *errors);
/* NULL is allowed. */
void lecture_free(struct lecture *);

/* Reads the scene of an item as the lecture wants it: with its notes and questions, without those that are not wanted.
 * The scene borrows of the lecture. `*variant`: the index of the one to play. Results as for scene_read. */
enum status lecture_scene(const struct lecture *, size_t index, struct scene **out, size_t *variant,
                          struct scene_errors *errors);

struct lecture_entry {
    const char *id;   /* its folder's name */
    const char *path; /* of its folder */
    bool shipped;
};

struct lecture_list {
    struct lecture_entry *entries;
    size_t count;
    struct arena *arena;
};

/* All lectures of all roots (scene_roots_lectures), by name within a root; the files are not read. An id that an earlier
 * root has is left out. STATUS_OK or STATUS_MEMORY. Free with lecture_list_free in every case. */
enum status lecture_list_read(const struct scene_roots *roots, struct lecture_list *list);
void lecture_list_free(struct lecture_list *);

/* The entry with this id, NULL if there is none. Lives as long as the list. */
const struct lecture_entry *lecture_list_find(const struct lecture_list *, const char *id);

#endif
