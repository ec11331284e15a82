/* Source texts, as the screen shows them: lines, escaped, tabs as spaces. */
#ifndef LOCKSTEP_APP_LISTING_H
#define LOCKSTEP_APP_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "stage/frame.h"

struct listing;

struct listing *listing_new(void); /* owns; NULL: out of memory */
void listing_free(struct listing *);
/* Whether the file of this base name is there already. */
bool listing_has(const struct listing *, const char *path);
/* Takes a copy. What does not fit into memory is left out. */
void listing_add(struct listing *, const char *path, const char *text, size_t size);
/* Borrowed until the next listing_add. */
size_t listing_files(const struct listing *, const struct stage_file **files);

#endif
