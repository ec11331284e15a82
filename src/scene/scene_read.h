/* What the readers of scene files and of lecture files share: how much room texts have, and the readers of what stands in
 * both. Private to the room. */
#ifndef LOCKSTEP_SCENE_READ_H
#define LOCKSTEP_SCENE_READ_H

#include "scene/scene_fields.h"

/* What fits under the stage at 80x24: two lines of narration, a question, its choices one a line. */
#define ROOM_TITLE                                                                                                     \
    {                                                                                                                  \
        .columns = 44, .lines = 1                                                                                      \
    }
#define ROOM_SAY                                                                                                       \
    {                                                                                                                  \
        .columns = 76, .lines = 2                                                                                      \
    }
#define ROOM_CHOICE                                                                                                    \
    {                                                                                                                  \
        .columns = 70, .lines = 1                                                                                      \
    }
#define ROOM_BECAUSE                                                                                                   \
    {                                                                                                                  \
        .columns = 76, .lines = 3                                                                                      \
    }
#define ROOM_NOTES                                                                                                     \
    {                                                                                                                  \
        .columns = 76, .lines = 30                                                                                     \
    }

/* Where programs are named: their sources, and what they are told. */
#define SCENE_PROGRAM_FIELDS(base, needed)                                                                             \
    {.name = "sources",                                                                                                \
     .read = scene_read_sources,                                                                                       \
     .offset = (base) + offsetof(struct scene_program, sources),                                                       \
     .required = needed,                                                                                               \
     .least = 1,                                                                                                       \
     .most = 8},                                                                                                       \
    {                                                                                                                  \
        .name = "arguments", .read = scene_field_strings,                                                              \
        .offset = (base) + offsetof(struct scene_program, arguments), .most = 16                                       \
    }

scene_field_read scene_read_sources;   /* struct scene_strings */
scene_field_read scene_read_operation; /* const char *: the name of an operation */
/* Small letters, digits, hyphens; at most 40. */
bool scene_id_is_good(const char *id);

scene_field_read scene_read_when;    /* struct scene_when */
scene_field_read scene_read_ask;     /* struct scene_question, a mapping of its own */
scene_field_read scene_read_choices; /* struct scene_question: its choices only */

#endif
