/* What is said on standard error while the screen is ours, kept for the person to read on it. */
#ifndef LOCKSTEP_APP_CAPTURE_H
#define LOCKSTEP_APP_CAPTURE_H

#include <stddef.h>

/* Plain data; ended by capture_end. */
struct capture {
    int kept, file;
};

struct capture capture_begin(void);
/* Writes what was said, on one line and fit to be shown; "" if nothing was. */
void capture_end(struct capture *, char *out, size_t size);

#endif
