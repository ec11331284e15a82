/* For tests of what must hold of scenes: a promise is a function that looks at a run and says what does not hold of it, so
 * that a changed copy of the scene can show that the promise is able to fail. */
#ifndef TESTS_SCENES_PROMISE_H
#define TESTS_SCENES_PROMISE_H

#include "scenes_changed.h"
#include "scenes_run.h"

/* NULL, or what does not hold. Must bear any run, also one in which nothing is as expected. */
typedef const char *scenes_promise(const struct scenes_run *run);

#define SCENES_HOLDS(condition)                                                                                        \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            return #condition;                                                                                         \
    } while (0)

/* In a promise (`run` is its parameter): the index of the first step that matches, as scenes_find; after step `from`. The
 * arguments are those of struct scenes_wanted, the task first. */
#define SCENES_FIND(...) scenes_find(run, 0, (struct scenes_wanted){.task = __VA_ARGS__})
#define SCENES_FIND_AFTER(from, ...) scenes_find(run, (from) + 1, (struct scenes_wanted){.task = __VA_ARGS__})
#define SCENES_IS_THERE(...) (SCENES_FIND(__VA_ARGS__) < run->step_count)

/* Plays the variant in its default schedule (the steps of helper programs are told, too); fails the test if the promise
 * does not hold. */
void scenes_holds(const char *id, const char *variant, scenes_promise *promised);

/* The same under the random policy with seeds 1 to `seeds`. */
void scenes_holds_always(const char *id, const char *variant, unsigned seeds, scenes_promise *promised);

/* Plays a changed copy; fails the test if the promise still holds. */
void scenes_breaks(const char *folder, const char *variant, struct scenes_change change, scenes_promise *promised);

/* It ended by itself with 0, without a fault. */
bool scenes_finished(const struct scenes_run *run);

/* It ended with 1 and this verdict. */
bool scenes_failed(const struct scenes_run *run, const char *verdict);

/* The first fault of this kind ("data-race"); NULL if there is none. */
const json_t *scenes_fault_of(const struct scenes_run *run, const char *kind);

bool scenes_is_step(const struct scenes_step *step, const char *operation, const char *outcome); /* outcome NULL: any */
unsigned scenes_count_steps(const struct scenes_run *run, struct scenes_wanted wanted);

/* Of the step at an index, step_count included: its value as text, "" where it has none; as a number, -1 where it is none;
 * the state of a task after it, "" where unknown; virtual milliseconds at its end, 0 where it is not there. */
const char *scenes_text_at(const struct scenes_run *run, size_t at);
long scenes_number_at(const struct scenes_run *run, size_t at);
const char *scenes_state_at(const struct scenes_run *run, size_t at, const char *task);
long scenes_time_at(const struct scenes_run *run, size_t at);
bool scenes_is_running(const struct scenes_run *run, size_t at, const char *task);

/* The line number in the step's source; 0 where it has none. */
long scenes_line_of(const struct scenes_step *step);

/* A process's exit status, -1 where it has none; whether this signal ended it ("SIGTERM"); how many there were. */
long scenes_exit_of(const struct scenes_run *run, const char *process);
bool scenes_ended_by(const struct scenes_run *run, const char *process, const char *signal);
size_t scenes_process_count(const struct scenes_run *run);

/* How often a task (NULL: any) printed this text. */
unsigned scenes_said(const struct scenes_run *run, const char *task, const char *text);

/* All that was printed, in one piece; borrowed until the next call. And whether this text is in it. */
const char *scenes_all_printed(const struct scenes_run *run);
bool scenes_prints(const struct scenes_run *run, const char *text);

/* The number that the task's last load of this variable got; -1 if there is none. */
long scenes_last_load(const struct scenes_run *run, const char *task, const char *object);

/* Updates (a load and the store that follows it in the same task) of the variable into which another task's use falls. */
unsigned scenes_broken_updates(const struct scenes_run *run, const char *object);

/* Who holds a mutex after step `at`, by what was locked and unlocked; NULL: nobody. */
const char *scenes_mutex_holder(const struct scenes_run *run, size_t at, const char *mutex);

/* How often a task was blocked in an operation (NULL: in any), and for how many virtual milliseconds in all. */
unsigned scenes_blocked_times(const struct scenes_run *run, const char *task, const char *operation);
long scenes_blocked_time(const struct scenes_run *run, const char *task, const char *operation);

/* Packets that were sent, those with this word in their "flags" only (NULL: all), and not the copies of the kernel. */
unsigned scenes_packets_sent(const struct scenes_run *run, const char *flag);

/* Bytes that a task (NULL: all) moved by an operation, all of its steps together. */
long scenes_bytes_of(const struct scenes_run *run, const char *task, const char *operation);

#endif
