/* A YAML file as a tree of marked nodes, within limits that are checked before anything is built. Private to the room. */
#ifndef LOCKSTEP_SCENE_TREE_H
#define LOCKSTEP_SCENE_TREE_H

#include "base/arena.h"
#include "scene/scene.h"

enum { SCENE_TREE_BYTES_MAX = 256 * 1024, SCENE_TREE_DEPTH_MAX = 16, SCENE_TREE_EVENTS_MAX = 10000 };

enum scene_node_kind { SCENE_NODE_SCALAR, SCENE_NODE_SEQUENCE, SCENE_NODE_MAPPING };

struct scene_node {
    enum scene_node_kind kind;
    unsigned line, column, width; /* as in struct scene_error */
    const char *text;             /* of a scalar */
    bool plain;                   /* a scalar without quotes: may be a number, null, a word */
    const struct scene_node *key; /* in a mapping: the scalar before the colon */
    struct scene_node *first;     /* items of a sequence, values of a mapping, in the file's order */
    struct scene_node *next;
    size_t count;
};

/* The text of a file, kept while errors about it may still be made. */
struct scene_source {
    const char *bytes;
    size_t size;
};

/* Reads the file and builds its tree in `arena`. A finding is added to `errors` for each failure. */
enum status scene_tree_read(const char *path, struct arena *arena, struct scene_source *source,
                            const struct scene_node **root, struct scene_errors *errors);

/* Adds a finding, in the order of the file. printf form. */
void scene_error_add(struct scene_errors *errors, const struct scene_source *source, unsigned line, unsigned column,
                     unsigned width, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* What is wrong with the character, for texts that a person reads: "a control character", "a combining mark" ...;
 * NULL: nothing. */
const char *scene_character_refused(unsigned character);

/* Decodes one UTF-8 character at *text and moves past it; 0xFFFD (moving one byte) where it is not UTF-8. */
unsigned scene_character_next(const char **text);

/* 1 or 2. */
unsigned scene_character_columns(unsigned character);

#endif
