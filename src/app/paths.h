/* Where the parts of lockstep are: beside the program (a build folder), or in the places of an installation. */
#ifndef LOCKSTEP_APP_PATHS_H
#define LOCKSTEP_APP_PATHS_H

#include <limits.h>

#include "base/status.h"

struct paths {
    char executable[PATH_MAX]; /* of the running program */
    char preload[PATH_MAX];    /* the shim */
    char locale[PATH_MAX];     /* translations; "" if there are none */
    char keys[PATH_MAX];       /* the default bindings of keys */
    char prebuilt[PATH_MAX];   /* programs of the shipped scenes: <id>/<name>; "" if there are none */
};

/* Plain data. What is not found is "". */
void paths_find(struct paths *);

/* STATUS_OK if the shim is there, else STATUS_ENVIRONMENT and a message of where it was looked for. */
enum status paths_need_preload(const struct paths *, struct message *);

#endif
