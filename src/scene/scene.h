/* A scene as plain data: what `scene.yaml` says, checked. Reading runs nothing and trusts nothing of the file.
 *
 * Every string is UTF-8, free of control characters (texts may hold '\n'), owned by the scene and lives until
 * scene_free. Nothing here is written after scene_read. */
#ifndef LOCKSTEP_SCENE_SCENE_H
#define LOCKSTEP_SCENE_SCENE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scene_language { SCENE_ENGLISH, SCENE_CHINESE, SCENE_LANGUAGES };

/* A text in both languages. Where a scene leaves out an optional text both are NULL; never only one. */
struct scene_text {
    const char *in[SCENE_LANGUAGES];
};

struct scene_strings {
    const char *const *items;
    size_t count;
};

/* C sources relative to the scene's folder, and the program's arguments (without argv[0]). */
struct scene_program {
    struct scene_strings sources;
    struct scene_strings arguments;
};

/* For `sjf`: how many steps the scene says a task needs. */
struct scene_length {
    const char *task;
    unsigned steps;
};

enum scene_mode { SCENE_MODE_HELD, SCENE_MODE_LIVE };

struct scene_scheduler {
    const char *policy;   /* a name of INTERFACE.md's --policy; "rr" where the scene is silent */
    unsigned quantum;     /* steps in a slice, 1 to 1000; 1 */
    unsigned cpus;        /* virtual CPUs, 1 to 64; 1 */
    unsigned seed;        /* 1 */
    const char *schedule; /* followed first, then the policy; NULL: none */
    enum scene_mode mode;
    const struct scene_length *lengths;
    size_t length_count;
};

enum scene_stdout { SCENE_STDOUT_PTY, SCENE_STDOUT_PIPE };

/* One way to play the scene. A scene has at least one; a scene without `variants` has exactly one, whose id is "". */
struct scene_variant {
    const char *id;
    struct scene_text title; /* may be absent */
    struct scene_program program;
    bool own_sources; /* false: it plays the scene's own program */
    struct scene_scheduler scheduler;
    const char *expect; /* the verdict that the default schedule must end with: finished, failed, deadlock, bound */
    enum scene_stdout out;
    struct scene_strings watch; /* the scene's, and the variables of the queues that belong to it, each once */
};

/* A number that may be asked for. */
struct scene_number {
    bool given;
    uint32_t is;
};

/* What must be true of one step (or fault, or packet) for a beat to fire. NULL, not given: does not matter. */
struct scene_when {
    const char *task;
    const char *operation;
    const char *object;
    const char *outcome;
    const char *value;  /* as text: "1", "P2" */
    const char *error;  /* "EPIPE" */
    const char *fault;  /* a kind of fault; then the step does not matter, save for its task */
    const char *packet; /* a packet of the wire: "SYN", "PSH+ACK", "TCP", "UDP", "ICMP"; then no step is meant */
    const char *event;  /* what becomes of it: sent, delivered, dropped, duplicated, absorbed */
    const char *from;   /* who sends it, and to whom: "client", "server", "10.0.0.1:40000" */
    const char *to;
    struct scene_number seq, ack, length, window; /* as its line of JSON has them */
    unsigned occurrence;                          /* the nth fact that matches the rest; 1 */
};

enum { SCENE_CHOICES_MAX = 9 };

struct scene_question {
    struct scene_text question;
    struct scene_text choices[SCENE_CHOICES_MAX];
    size_t choice_count; /* 2 to 9; 0: the beat asks nothing */
    unsigned answer;     /* 1 to choice_count */
    struct scene_text because;
};

struct scene_beat {
    struct scene_when when;
    struct scene_text say;
    struct scene_question ask;
    struct scene_strings variants; /* it belongs to these; none named: to all */
    unsigned line;                 /* where it stands in the file, from 1 */
    const char *file;              /* that file, where it is not the scene's own but a lecture's; NULL */
};

/* A queue that the program keeps in variables of its own: drawn as a tank. Variables are named as in `watch`, and are
 * watched for it. NULL: not given. */
struct scene_queue {
    struct scene_text name;
    const char *count;             /* how many are in it; with `less`: how many were ever put in */
    const char *less;              /* how many were taken out; the scene wrote "count - less" */
    const char *capacity;          /* a number or a variable; NULL: it has no bound */
    const char *items;             /* an array */
    const char *head;              /* the index of the oldest, counted round the array; NULL: it is 0 */
    const char *put_waits;         /* the object where those wait who find it full: "not_full" */
    const char *get_waits;         /* ... empty */
    struct scene_strings variants; /* it belongs to these; none named: to all */
};

enum { SCENE_HOSTS = 2 };

/* Without programs: a name for an address of the network that all share. With programs they are two, in the order of the
 * file, each in a network of its own, and their programs are the scene's: the first host's is P1. */
struct scene_host {
    const char *name;
    const char *address; /* NULL: not said */
    struct scene_program program;
    const char *after; /* its program is started when a step with this operation is done; NULL: at the beginning */
    unsigned number;   /* with a program: 1 or 2, the last part of its address; else 0 */
};

struct scene_network {
    const struct scene_host *hosts;
    size_t host_count; /* 0: the scene has no network */
    const char *profile;
};

struct scene {
    const char *id;
    const char *folder; /* where scene.yaml lies; as given, without a trailing slash */
    const char *file;   /* path of the yaml file, as shown in errors */
    struct scene_text title;
    struct scene_text teaches;
    unsigned minutes;
    struct scene_program program; /* no sources where every variant has its own, or the hosts have */
    struct scene_scheduler scheduler;
    const char *expect;
    enum scene_stdout out;
    struct scene_strings views;
    struct scene_strings watch;
    struct scene_strings compare; /* ids of variants whose runs are compared; none: nothing is */
    const char *arrival;          /* the operation with which a job arrives; NULL: all are there from the beginning */
    const struct scene_queue *queues;
    size_t queue_count;
    struct scene_network network;
    const struct scene_variant *variants;
    size_t variant_count;
    const struct scene_beat *beats;
    size_t beat_count;
    struct scene_text notes; /* may be absent */
    struct arena *arena;
};

/* One finding in a file: where, what, and the line it is about. */
struct scene_error {
    unsigned line;   /* from 1; 0: about the file as a whole */
    unsigned column; /* from 1, in characters */
    unsigned width;  /* characters to underline, at least 1 */
    char text[320];
    char source[240]; /* the line, control characters replaced, cut at the end if long */
};

enum { SCENE_ERRORS_MAX = 32 };

/* Findings in the order of the file. Plain data: initialise with {0}; no clean-up needed. */
struct scene_errors {
    char file[512];
    size_t count;
    size_t dropped; /* findings beyond the array */
    struct scene_error items[SCENE_ERRORS_MAX];
};

/* Reads a scene. `path`: a folder with scene.yaml, or a yaml file itself. On success *out owns the scene (free it with
 * scene_free) and `errors->count` is 0. On failure *out is NULL and `errors` holds at least one finding.
 * STATUS_INVALID: the file is wrong. STATUS_NOT_FOUND, STATUS_IO: it could not be read. STATUS_LIMIT: it is larger,
 * deeper or longer than any scene needs (256 KiB, depth 16, 10,000 events). STATUS_MEMORY. */
enum status scene_read(const char *path, struct scene **out, struct scene_errors *errors);

/* NULL is allowed. */
void scene_free(struct scene *scene);

/* Takes the questions out of all beats. STATUS_OK or STATUS_MEMORY. */
enum status scene_drop_questions(struct scene *scene);

/* A finding as a compiler prints it: `file:line:column: error: text`, the line, a caret; ends with '\n'. Returns the
 * length without the terminator, cut to size - 1. */
size_t scene_error_format(const struct scene_errors *errors, size_t index, char *buffer, size_t size);

/* Index of the variant with this id; NULL or "": 0, the first. Returns variant_count when there is none. */
size_t scene_variant_find(const struct scene *scene, const char *id);

/* Whether the scene's programs are those of its hosts. */
bool scene_hosts_play(const struct scene *scene);

/* Whether the beat belongs to the variant. */
bool scene_beat_in_variant(const struct scene_beat *beat, const struct scene_variant *variant);

/* Whether the queue belongs to the variant. */
bool scene_queue_in_variant(const struct scene_queue *queue, const struct scene_variant *variant);

/* Columns that the text takes in a terminal, by our own table (never the locale). Stops at '\n'. */
unsigned scene_text_columns(const char *text);

/* Lines that the text takes when wrapped at `width` columns (between words, and between Chinese characters);
 * 0 when some word is wider than a line. */
unsigned scene_text_lines(const char *text, unsigned width);

#endif
