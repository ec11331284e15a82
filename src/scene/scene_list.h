/* Where scenes are, and in which order a lecture goes through them. */
#ifndef LOCKSTEP_SCENE_LIST_H
#define LOCKSTEP_SCENE_LIST_H

#include "scene/scene.h"

enum { SCENE_ROOTS_MAX = 4 };

/* Folders with scenes, first come first listed. Plain data. `shipped`: ours, so its scenes run without being asked for
 * consent. A root with an `acts.yaml` is ours in form: its acts and ids are listed in that file's order. */
struct scene_roots {
    size_t count;
    struct {
        char path[512];
        bool shipped;
    } items[SCENE_ROOTS_MAX];
};

/* Finds the roots that exist: share/lockstep/scenes beside the executable (a build folder) or beside the bin/ that it is
 * in (installed), which are ours; and $XDG_DATA_HOME/lockstep/scenes (~/.local/share where unset), which is the user's.
 * `executable`: path of the running program, NULL for /proc/self/exe. */
void scene_roots_find(struct scene_roots *roots, const char *executable);
/* The same of `lectures` in place of `scenes`. */
void scene_roots_lectures(struct scene_roots *roots, const char *executable);

struct scene_entry {
    const char *id;
    const char *folder;
    const char *act;             /* name of the act's folder; "" for a user's scene */
    struct scene_text act_title; /* absent for a user's scene */
    bool shipped;
};

struct scene_list {
    struct scene_entry *entries;
    size_t count;
    struct arena *arena;
};

/* All scenes of all roots, in lecture order: the acts as acts.yaml has them, then the user's by name. A folder counts if
 * it holds a scene.yaml; the file is not read. An id that an earlier root has is left out. STATUS_INVALID with `errors`
 * filled when an acts.yaml is wrong (the list then holds what was good). Free with scene_list_free in every case. */
enum status scene_list_read(const struct scene_roots *roots, struct scene_list *list, struct scene_errors *errors);
void scene_list_free(struct scene_list *list);

/* The entry with this id, NULL if there is none. Lives as long as the list. */
const struct scene_entry *scene_list_find(const struct scene_list *list, const char *id);

/* The id nearest to a mistyped one, NULL if none is near. */
const char *scene_list_nearest(const struct scene_list *list, const char *id);

/* What a person wrote on the command line to a folder: an id from the list; else a path that holds a '/' or is a folder
 * with a scene.yaml, or a yaml file. Writes the path. STATUS_NOT_FOUND with a message otherwise. `*given`: the path was
 * written by the person, who so consents to it. */
enum status scene_find(const struct scene_roots *roots, const char *what, char *path, size_t size, bool *given,
                       struct message *message);

#endif
