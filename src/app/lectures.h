/* Lectures for the commands: found, read, and played without a screen. */
#ifndef LOCKSTEP_APP_LECTURES_H
#define LOCKSTEP_APP_LECTURES_H

#include <stdbool.h>
#include <stddef.h>

#include "app/options.h"
#include "app/paths.h"
#include "scene/lecture.h"

/* Whether a person who wrote `what` means a lecture: an id of the list that no scene has, a folder with a lecture.yaml, a
 * YAML file that lists scenes. Writes its path. */
bool lectures_find(const char *what, char *path, size_t size);

/* Reads it; NULL when it cannot be had: then why was said, and `*result` is the exit status. */
struct lecture *lectures_open(const char *path, int *result);

/* Its `index`th scene and variant, questions left out if the command line says so. NULL as above. */
struct scene *lectures_scene(const struct lecture *, size_t index, const struct options *, size_t *variant,
                             int *result);

/* One scene after another as lines of text or JSON. Returns the exit status: EXIT_FINE if every scene ended as its file
 * expects. */
int lectures_play_lines(const struct lecture *, const struct options *, const struct paths *);

/* False: an option was given that makes no sense for a lecture; that was said. */
bool lectures_options_fit(const struct options *);

#endif
