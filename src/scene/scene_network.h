/* The scene's key `network`. */
#ifndef LOCKSTEP_SCENE_SCENE_NETWORK_H
#define LOCKSTEP_SCENE_SCENE_NETWORK_H

#include "scene/scene_fields.h"

/* For the table of the scene's keys; `place` is the scene's network; the scene's `program` has been read. */
scene_field_read scene_network_read;

#endif
