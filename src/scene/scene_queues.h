/* The scene's key `queues`, and what it adds to what is watched. */
#ifndef LOCKSTEP_SCENE_SCENE_QUEUES_H
#define LOCKSTEP_SCENE_SCENE_QUEUES_H

#include "scene/scene_fields.h"

enum { SCENE_QUEUES_MAX = 4 };

/* For the table of the scene's keys; `place` is the scene. */
scene_field_read scene_queues_read;

/* Fills every variant's `watch`, once variants and queues are read. */
void scene_queues_watch(struct scene_reading *reading, struct scene *scene);

#endif
