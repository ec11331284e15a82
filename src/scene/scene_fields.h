/* The table-driven field reader: one row says what a key of a mapping holds, where it goes, and what is allowed.
 * Private to the room. */
#ifndef LOCKSTEP_SCENE_FIELDS_H
#define LOCKSTEP_SCENE_FIELDS_H

#include "scene/scene_tree.h"

/* What a reading needs everywhere. `failed` counts findings, so that reading can go on and find more. */
struct scene_reading {
    struct scene *scene;
    struct arena *arena;
    struct scene_source source;
    struct scene_errors *errors;
    const char *folder;
    bool out_of_memory;
};

struct scene_field;
typedef void scene_field_read(struct scene_reading *reading, const struct scene_node *node,
                              const struct scene_field *field, void *place);

/* How wide a text may be: `lines` lines of `columns`. */
struct scene_room {
    unsigned columns, lines;
};

struct scene_field {
    const char *name;
    scene_field_read *read;
    size_t offset; /* of the place in the struct that is filled */
    bool required;
    bool nullable;            /* `null` is allowed and leaves the place as it is */
    unsigned least, most;     /* of a number; of the count of a list */
    const char *const *words; /* NULL-ended: the only words allowed */
    const char *what;         /* what the words are, for the message: "policy" */
    struct scene_room room;   /* of a text */
};

/* Fills `target` from a mapping. Unknown, doubled and missing keys are findings; fields are read in the order of the
 * table, so a later row may rely on what an earlier one filled. `what` names the mapping in messages. */
void scene_fields_read(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *fields,
                       size_t count, void *target, const char *what);

/* Readers of single values, for rows. */
scene_field_read scene_field_string;  /* const char *: one line of text, not empty */
scene_field_read scene_field_value;   /* const char *: any scalar as text */
scene_field_read scene_field_number;  /* unsigned, least to most */
scene_field_read scene_field_word;    /* const char *: one of words */
scene_field_read scene_field_choice;  /* an enum: index in words */
scene_field_read scene_field_text;    /* struct scene_text: both languages, in its room */
scene_field_read scene_field_strings; /* struct scene_strings; each of words, if there are */

/* Adds a finding at the node. printf form. */
void scene_reading_refuse(struct scene_reading *reading, const struct scene_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Levenshtein's distance of two words, for "did you mean"; 31 for words too long to be mistyped so. */
unsigned scene_word_distance(const char *a, const char *b);

/* Memory of the scene; notes the failure in `reading` and returns NULL when there is none. */
void *scene_reading_obtain(struct scene_reading *reading, size_t size);

/* The value of a key in a mapping, NULL if there is none. */
const struct scene_node *scene_node_child(const struct scene_node *node, const char *name);

/* Whether the node is the plain word null, ~ or nothing. */
bool scene_node_is_null(const struct scene_node *node);

#endif
