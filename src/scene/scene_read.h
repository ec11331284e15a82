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

scene_field_read scene_read_when;    /* struct scene_when */
scene_field_read scene_read_ask;     /* struct scene_question, a mapping of its own */
scene_field_read scene_read_choices; /* struct scene_question: its choices only */

#endif
