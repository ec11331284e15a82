/* Commands on a screen: what to show, and what follows when it is left. */
#ifndef LOCKSTEP_APP_THEATRE_H
#define LOCKSTEP_APP_THEATRE_H

#include "app/options.h"
#include "app/screen.h"
#include "scene/scene.h"

struct recording;
struct lecture;

/* Each returns the exit status. `screen` NULL: it is opened and closed here. */
int theatre_scene(struct screen *, struct scene *, const char *act, const char *act_zh, size_t variant,
                  const struct options *, const struct paths *);
int theatre_lecture(struct screen *, const struct lecture *, const struct options *, const struct paths *);
int theatre_program(const struct session_plan *, const struct options *, const struct paths *);
int theatre_recording(struct recording *, const struct session_plan *, const struct options *, const struct paths *);
int theatre_menu(const struct options *, const struct paths *);

#endif
