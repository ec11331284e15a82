/* Lists of words, once. Operations are asked of their own table. It must not know where in a scene a word may stand. */
#include "scene/scene_words.h"

#include "operations/operations.h"

#include <stddef.h>

const char *const scene_words_policies[] = {"you", "rr", "fifo", "batch", "sjf", "priority", "random", "pct", NULL};
const char *const scene_words_modes[] = {"held", "live", NULL};
const char *const scene_words_stdout[] = {"pty", "pipe", NULL};
const char *const scene_words_outcomes[] = {"done", "blocked", "failed", "timed-out", "interrupted", "preempted", NULL};
const char *const scene_words_verdicts[] = {"finished", "failed", "deadlock", "bound", NULL};
const char *const scene_words_faults[] = {"deadlock",    "self-deadlock", "data-race",        "assertion",
                                          "crash",       "exit-status",   "unlock-not-owner", "lost-wakeup",
                                          "lock-leaked", "zombie-left",   "livelock",         "leftover-process",
                                          NULL};
const char *const scene_words_views[] = {"stage",  "locks",    "graph",  "queues",     "tree",    "memory",
                                         "source", "timeline", "wire",   "coroutines", "console", "compare",
                                         "tcp",    "packet",   "window", NULL};
const char *const scene_words_packets[] = {"sent", "delivered", "dropped", "duplicated", "absorbed", NULL};
const char *const scene_words_profiles[] = {"lecture", "loss", "timestamps", NULL};

bool scene_words_operation(const char *name)
{
    return operation_by_name(name) != OPERATION_none;
}
