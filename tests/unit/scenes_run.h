/* For tests of scenes: `lockstep play` in a child of its own, its JSON as data. */
#ifndef TESTS_SCENES_RUN_H
#define TESTS_SCENES_RUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* What a command wrote and how it ended. Free with scenes_output_free. */
struct scenes_output {
    char *out; /* standard output, NUL-terminated */
    size_t length;
    int status; /* exit status; 128 + n for a signal; 124 when it was ended after `seconds` */
};

/* Runs an argument vector without a shell, standard error passed on, in `folder` (NULL: here), for at most `seconds`. */
void scenes_command(const char *const *arguments, const char *folder, unsigned seconds, struct scenes_output *output);
void scenes_output_free(struct scenes_output *output);

/* <build>/lockstep; $LOCKSTEP_BUILD and $LOCKSTEP_SOURCE (else: the folder that tests run in). Static. */
const char *scenes_lockstep(void);
const char *scenes_build_folder(void);
const char *scenes_source_folder(void);

/* Every scene and variant of the shipped twelve, in lecture order. */
struct scenes_variant {
    const char *id, *variant; /* variant NULL: the scene has none */
    const char *source;       /* relative to scenes/ */
    const char *program;      /* relative to <build>/scenes/ */
    bool ends;                /* run natively, without lockstep, it always ends, and with 0 */
};
extern const struct scenes_variant scenes_variants[];
extern const size_t scenes_variant_count;

/* One step, borrowed from the run. Strings are NULL where the JSON has null. */
struct scenes_step {
    long step;
    const char *task, *operation, *object, *outcome, *error, *source;
    const json_t *value, *states, *enabled;
    double time;
};

struct scenes_run {
    struct scenes_output output;
    json_t *lines; /* of all lines, in order */
    struct scenes_step *steps;
    size_t step_count;
    size_t packet_count; /* packets that moved: steps, too, but no task's */
    const json_t *end; /* the last line */
};

/* Plays a variant with more options (NULL-ended, NULL for none) and --json; fails the test when a line is no JSON or
 * the last is no end. Free with scenes_run_free. */
void scenes_play(const char *id, const char *variant, const char *const *options, struct scenes_run *run);
void scenes_run_free(struct scenes_run *run);

/* Index of the nth step (from 1), from index `from` on, that matches; NULL matches all. run->step_count if none does. */
struct scenes_wanted {
    const char *task, *operation, *object, *outcome;
    unsigned occurrence; /* 0: the first */
};
size_t scenes_find(const struct scenes_run *run, size_t from, struct scenes_wanted wanted);

bool scenes_is(const char *text, const char *wanted); /* equal; NULL only with NULL */
long scenes_number(const struct scenes_step *step);   /* its value; fails the test when that is no integer */
const char *scenes_state(const struct scenes_step *step, const char *task); /* "" for a task not born yet */

/* Everything printed on the stream, joined. Owned by the caller. */
char *scenes_printed(const struct scenes_run *run);
unsigned scenes_count(const char *text, const char *part);

const char *scenes_verdict(const struct scenes_run *run);
size_t scenes_fault_count(const struct scenes_run *run);
const json_t *scenes_fault(const struct scenes_run *run, size_t index);

/* A text array of a fault ("tasks", "objects", "source") holds this. */
bool scenes_fault_names(const json_t *fault, const char *key, const char *name);

/* True when the source line `file.c:n` of a scene's source holds `text`. */
bool scenes_line_holds(const char *folder, const char *place, const char *text);

#endif
