/* What CURRICULUM promises of the scenes of act 2, asserted of their real runs: from the events, never from the
 * narration. Each promise is a function that says what does not hold of a run, so that a changed copy of the scene shows
 * that the promise can fail. (race, mutex and deadlock: test_scenes_must_hold.c.) */
#include "scenes_changed.h"
#include "scenes_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* NULL, or what does not hold. */
typedef const char *promise(const struct scenes_run *run);

#define HOLDS(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            return #condition;                                                                                         \
    } while (0)

static void holds(const char *id, const char *variant, promise *promised)
{
    struct scenes_run run;
    scenes_play(id, variant, (const char *const[]){"--helpers", NULL}, &run);
    const char *broken = promised(&run);
    if (broken)
        fail_msg("%s %s: this does not hold: %s", id, variant ? variant : "", broken);
    scenes_run_free(&run);
}

/* Under the random policy with seeds 1 to `seeds`. */
static void holds_always(const char *id, const char *variant, unsigned seeds, promise *promised)
{
    for (unsigned seed = 1; seed <= seeds; seed++) {
        struct scenes_run run;
        char text[16];
        snprintf(text, sizeof text, "%u", seed);
        scenes_play(id, variant, (const char *const[]){"--helpers", "--policy", "random", "--seed", text, NULL}, &run);
        const char *broken = promised(&run);
        if (broken)
            fail_msg("%s %s, seed %u: this does not hold: %s", id, variant ? variant : "", seed, broken);
        scenes_run_free(&run);
    }
}

/* Changed so, the scene breaks the promise. */
static void breaks(const char *folder, const char *variant, struct scenes_change change, promise *promised)
{
    struct scenes_run run;
    scenes_play_changed(folder, variant, change, &run);
    if (!promised(&run))
        fail_msg("%s: with \"%s\" the promise still holds", folder, change.to);
    scenes_run_free(&run);
}

/* ---- what the promises are made of ---- */

#define FIND(...) scenes_find(run, 0, (struct scenes_wanted){.task = __VA_ARGS__})
#define FIND_AFTER(from, ...) scenes_find(run, (from) + 1, (struct scenes_wanted){.task = __VA_ARGS__})
#define IS_THERE(...) (FIND(__VA_ARGS__) < run->step_count)

static bool finished(const struct scenes_run *run)
{
    return run->output.status == 0 && scenes_is(scenes_verdict(run), "finished") && scenes_fault_count(run) == 0;
}

static bool failed(const struct scenes_run *run, const char *verdict)
{
    return run->output.status == 1 && scenes_is(scenes_verdict(run), verdict);
}

/* The first fault of this kind, NULL if there is none. */
static const json_t *fault_of(const struct scenes_run *run, const char *kind)
{
    for (size_t i = 0; i < scenes_fault_count(run); i++) {
        if (scenes_is(json_string_value(json_object_get(scenes_fault(run, i), "kind")), kind))
            return scenes_fault(run, i);
    }
    return NULL;
}

static size_t names_in(const json_t *fault, const char *key)
{
    return json_array_size(json_object_get(fault, key));
}

static bool is_step(const struct scenes_step *step, const char *operation, const char *outcome)
{
    return scenes_is(step->operation, operation) && (!outcome || scenes_is(step->outcome, outcome));
}

static long number_at(const struct scenes_run *run, size_t at)
{
    return at < run->step_count && json_is_integer(run->steps[at].value) ? scenes_number(&run->steps[at]) : -1;
}

/* The value that the task's last load of this variable got; -1 if there is none. */
static long last_load(const struct scenes_run *run, const char *task, const char *object)
{
    long value = -1;
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        if (is_step(step, "memory.load", "done") && scenes_is(step->task, task) && scenes_is(step->object, object))
            value = number_at(run, i);
    }
    return value;
}

/* Updates (a load and the store that follows it in the same task) of the variable into which another task's use falls. */
static unsigned broken_updates(const struct scenes_run *run, const char *object)
{
    unsigned broken = 0;
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *load = &run->steps[i];
        if (!is_step(load, "memory.load", "done") || !scenes_is(load->object, object))
            continue;
        bool used = false;
        for (size_t k = i + 1; k < run->step_count; k++) {
            const struct scenes_step *step = &run->steps[k];
            if (!scenes_is(step->object, object))
                continue;
            if (!scenes_is(step->task, load->task))
                used = true;
            else {
                broken += used && is_step(step, "memory.store", NULL);
                break;
            }
        }
    }
    return broken;
}

/* Who holds a mutex after step `at`, by what was locked and unlocked; NULL: nobody. */
static const char *holder_of(const struct scenes_run *run, size_t at, const char *mutex)
{
    const char *holder = NULL;
    for (size_t i = 0; i <= at && i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        if (!scenes_is(step->object, mutex) || !scenes_is(step->outcome, "done"))
            continue;
        if (is_step(step, "mutex.lock", NULL) || is_step(step, "mutex.timedlock", NULL))
            holder = step->task;
        else if (is_step(step, "mutex.unlock", NULL))
            holder = NULL;
    }
    return holder;
}

/* Everything printed, in a buffer of the test's; cut when it does not fit (no promise holds of that). */
static const char *printed(const struct scenes_run *run)
{
    static char text[4096];
    char *all = scenes_printed(run);
    snprintf(text, sizeof text, "%s", all);
    free(all);
    return text;
}

/* ---- threads ---- */

static unsigned alive(const struct scenes_step *step)
{
    unsigned count = 0;
    const char *task;
    json_t *state;
    json_object_foreach((json_t *)(uintptr_t)step->states, task, state)
    {
        const char *word = json_string_value(state);
        count += !scenes_is(word, "terminated") && !scenes_is(word, "zombie");
    }
    return count;
}

static const char *one_then_four_then_one(const struct scenes_run *run)
{
    HOLDS(finished(run));
    HOLDS(alive(&run->steps[0]) == 1);
    unsigned most = 0;
    bool falls = false;
    for (size_t i = 0; i + 1 < run->step_count; i++) {
        unsigned now = alive(&run->steps[i]);
        falls |= now < most;
        HOLDS(now <= most || !falls || now <= 4);
        most = now > most ? now : most;
    }
    HOLDS(most == 4);
    size_t last = run->step_count - 1;
    HOLDS(alive(&run->steps[last - 1]) == 1);
    HOLDS(scenes_is(run->steps[last].task, "P1.main") && is_step(&run->steps[last], "process.exit", NULL));
    HOLDS(scenes_count(printed(run), ": done\n") == 3);
    return NULL;
}

static const char *the_threads_die_with_main(const struct scenes_run *run)
{
    HOLDS(finished(run));
    size_t last = run->step_count - 1;
    HOLDS(scenes_is(run->steps[last].task, "P1.main") && is_step(&run->steps[last], "process.exit", NULL));
    HOLDS(alive(&run->steps[last - 1]) == 4 && alive(&run->steps[last]) == 0);
    HOLDS(!IS_THERE(NULL, "thread.exit"));
    HOLDS(scenes_count(printed(run), ": done\n") == 0);
    return NULL;
}

static void threads_end_before_main_or_with_it(void **state)
{
    (void)state;
    holds("threads", "joined", one_then_four_then_one);
    scenes_play_seeds("threads", "joined", 200);
    holds("threads", "returns", the_threads_die_with_main);
    breaks("2-threads/threads", "joined", (struct scenes_change){"threads.c", "pthread_join(lines[i], NULL);", ";"},
           one_then_four_then_one);
    breaks("2-threads/threads", "returns", (struct scenes_change){"returns.c", "return 0;", "pthread_exit(NULL);"},
           the_threads_die_with_main);
}

/* ---- thread-vs-process-cost: real time, no golden figures ---- */

static const char *both_are_measured_and_the_process_is_dearer(const struct scenes_run *run)
{
    HOLDS(run->output.status == 0);
    unsigned threads = 0, processes = 0;
    for (size_t i = 0; i < run->step_count; i++) {
        threads += is_step(&run->steps[i], "thread.create", "done");
        processes += is_step(&run->steps[i], "process.fork", "done");
    }
    HOLDS(threads >= 50 && processes >= 50);
    const char *text = printed(run), *thread = strstr(text, "\nthread"), *process = strstr(text, "\nprocess");
    HOLDS(thread && process);
    thread += strcspn(thread, "0123456789");
    process += strcspn(process, "0123456789");
    HOLDS(strtol(thread, NULL, 10) < strtol(process, NULL, 10));
    HOLDS(scenes_count(thread, "us\n") == 2);
    return NULL;
}

static void a_process_costs_more_than_a_thread(void **state)
{
    (void)state;
    holds("thread-vs-process-cost", NULL, both_are_measured_and_the_process_is_dearer);
}

/* ---- shared-globals ---- */

static const char *globals_are_shared_and_locals_are_not(const struct scenes_run *run)
{
    HOLDS(finished(run));
    size_t stored = FIND("P1.T1", "memory.store", "variable g_num");
    size_t put = FIND("P1.T1", "memory.store", "variable g_list[3]");
    HOLDS(number_at(run, stored) == 101 && number_at(run, put) == 44);
    HOLDS(number_at(run, FIND_AFTER(stored, "P1.T2", "memory.load", "variable g_num")) == 101);
    HOLDS(number_at(run, FIND_AFTER(put, "P1.T2", "memory.load", "variable g_list[3]")) == 44);
    unsigned long writers = 0, readers = 0;
    const char *text = printed(run), *writer = strstr(text, "writer: my local is 1 at "),
               *reader = strstr(text, "reader: my local is 2 at ");
    HOLDS(writer && sscanf(writer, "writer: my local is 1 at %lx", &writers) == 1);
    HOLDS(reader && sscanf(reader, "reader: my local is 2 at %lx", &readers) == 1);
    HOLDS(writers != readers);
    return NULL;
}

static void threads_share_globals_and_no_locals(void **state)
{
    (void)state;
    holds("shared-globals", NULL, globals_are_shared_and_locals_are_not);
    holds_always("shared-globals", NULL, 20, globals_are_shared_and_locals_are_not);
    breaks("2-threads/shared-globals", NULL,
           (struct scenes_change){"shared-globals.c", "int g_num = 100;", "__thread int g_num = 100;"},
           globals_are_shared_and_locals_are_not);
}

/* ---- thread-argument ---- */

static bool ids_differ(const struct scenes_run *run)
{
    static const char *const tasks[] = {"P1.T1", "P1.T2", "P1.T3"};
    long ids[3];
    for (size_t i = 0; i < 3; i++) {
        size_t at = FIND(tasks[i], "memory.load");
        ids[i] = number_at(run, at);
    }
    return ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2];
}

static const char *an_id_is_there_twice(const struct scenes_run *run)
{
    HOLDS(failed(run, "failed") && fault_of(run, "exit-status"));
    HOLDS(!ids_differ(run));
    return NULL;
}

static const char *every_id_is_there_once(const struct scenes_run *run)
{
    HOLDS(finished(run) && ids_differ(run));
    HOLDS(strstr(printed(run), "0 + 1 + 2 is 3 here\n") != NULL);
    return NULL;
}

static void an_address_is_no_copy(void **state)
{
    (void)state;
    holds("thread-argument", "faulty", an_id_is_there_twice);
    holds("thread-argument", "cured", every_id_is_there_once);
    holds_always("thread-argument", "cured", 200, every_id_is_there_once);
    breaks("2-threads/thread-argument", "cured", (struct scenes_change){"copies.c", "&ids[i]", "&ids[0]"},
           every_id_is_there_once);
}

/* ---- broken-lock ---- */

static const char *both_are_inside(const struct scenes_run *run)
{
    HOLDS(failed(run, "failed") && fault_of(run, "data-race"));
    size_t store = FIND(NULL, "memory.store", "variable locked");
    size_t one = FIND("P1.T1", "memory.load", "variable locked"), two = FIND("P1.T2", "memory.load", "variable locked");
    HOLDS(one < store && two < store && number_at(run, one) == 0 && number_at(run, two) == 0);
    HOLDS(broken_updates(run, "variable g_num") > 0);
    HOLDS(last_load(run, "P1.main", "variable g_num") < 4);
    return NULL;
}

static const char *never_both_inside(const struct scenes_run *run)
{
    HOLDS(finished(run));
    HOLDS(broken_updates(run, "variable g_num") == 0);
    HOLDS(last_load(run, "P1.main", "variable g_num") == 4);
    return NULL;
}

static void testing_and_setting_must_be_one_step(void **state)
{
    (void)state;
    holds("broken-lock", "faulty", both_are_inside);
    holds("broken-lock", "cured", never_both_inside);
    holds_always("broken-lock", "cured", 200, never_both_inside);
    breaks("2-threads/broken-lock", "cured",
           (struct scenes_change){"exchange.c", "atomic_exchange(&locked, 1) == 1", "atomic_load(&locked) == 1"},
           never_both_inside);
}

/* ---- wrong-lock ---- */

static const char *corrupted(const struct scenes_run *run, const char *object)
{
    HOLDS(failed(run, "failed") && fault_of(run, "data-race"));
    HOLDS(broken_updates(run, object) > 0);
    HOLDS(last_load(run, "P1.main", object) < 4);
    return NULL;
}

static const char *corrupted_with_two_locks(const struct scenes_run *run)
{
    HOLDS(IS_THERE("P1.T1", "mutex.lock", "mutex A", "done") && IS_THERE("P1.T2", "mutex.lock", "mutex B", "done"));
    return corrupted(run, "variable g_num");
}

static const char *corrupted_by_one_without(const struct scenes_run *run)
{
    HOLDS(IS_THERE("P1.T1", "mutex.lock", "mutex A", "done") && !IS_THERE("P1.T2", "mutex.lock"));
    return corrupted(run, "variable g_num");
}

static const char *corrupted_with_a_copied_lock(const struct scenes_run *run)
{
    HOLDS(IS_THERE("P1.main", "mutex.lock", "mutex A", "done"));
    HOLDS(IS_THERE("P2.main", "mutex.lock", "mutex P2:A", "done"));
    return corrupted(run, "variable *shared");
}

static const char *exact(const struct scenes_run *run, const char *object)
{
    HOLDS(finished(run));
    HOLDS(broken_updates(run, object) == 0);
    HOLDS(last_load(run, "P1.main", object) == 4);
    return NULL;
}

static const char *exact_with_one_lock(const struct scenes_run *run)
{
    return exact(run, "variable g_num");
}

static const char *exact_between_processes(const struct scenes_run *run)
{
    return exact(run, "variable shared->number");
}

static void a_lock_protects_those_who_use_the_same(void **state)
{
    (void)state;
    holds("wrong-lock", "two-locks", corrupted_with_two_locks);
    holds("wrong-lock", "no-lock", corrupted_by_one_without);
    holds("wrong-lock", "copied", corrupted_with_a_copied_lock);
    holds("wrong-lock", "cured", exact_with_one_lock);
    holds_always("wrong-lock", "cured", 200, exact_with_one_lock);
    holds("wrong-lock", "shared", exact_between_processes);
    holds_always("wrong-lock", "shared", 200, exact_between_processes);
    breaks("2-threads/wrong-lock", "cured",
           (struct scenes_change){"one-lock.c", "pthread_mutex_lock(lock);", "pthread_mutex_trylock(lock);"},
           exact_with_one_lock);
    breaks("2-threads/wrong-lock", "shared",
           (struct scenes_change){"shared.c", "MAP_SHARED | MAP_ANONYMOUS", "MAP_PRIVATE | MAP_ANONYMOUS"},
           exact_between_processes);
}

/* Whose copy is met second is called after its process, the parent's too. */
static void copies_of_a_lock_are_called_after_their_processes(void **state)
{
    (void)state;
    struct scenes_run made, *run = &made;
    scenes_play("wrong-lock", "copied", (const char *const[]){"--schedule", "1x2", NULL}, run);
    assert_true(FIND("P2.main", "mutex.lock", "mutex A") < FIND("P1.main", "mutex.lock"));
    assert_true(IS_THERE("P1.main", "mutex.lock", "mutex P1:A", "done"));
    scenes_run_free(run);
}

/* ---- lock-granularity ---- */

/* Steps of memory that a thread makes while another one holds the mutex. */
static unsigned work_outside(const struct scenes_run *run, const char *mutex)
{
    unsigned count = 0;
    for (size_t i = 0; i < run->step_count; i++) {
        const char *holder = holder_of(run, i, mutex);
        count += holder && !scenes_is(run->steps[i].task, holder) && !scenes_is(run->steps[i].task, "P1.main") &&
                 strncmp(run->steps[i].operation, "memory.", 7) == 0;
    }
    return count;
}

static const char *nothing_overlaps(const struct scenes_run *run)
{
    HOLDS(finished(run) && last_load(run, "P1.main", "variable salt") == 6);
    HOLDS(work_outside(run, "mutex salt_lock") == 0);
    return NULL;
}

static const char *work_overlaps_and_the_salt_is_right(const struct scenes_run *run)
{
    HOLDS(finished(run) && last_load(run, "P1.main", "variable salt") == 6);
    HOLDS(work_outside(run, "mutex salt_lock") > 0);
    HOLDS(broken_updates(run, "variable salt") == 0);
    return NULL;
}

static const char *both_locks_are_held_at_once(const struct scenes_run *run)
{
    HOLDS(finished(run));
    bool overlap = false;
    for (size_t i = 0; i < run->step_count && !overlap; i++) {
        const char *salt = holder_of(run, i, "mutex salt_lock"), *oil = holder_of(run, i, "mutex oil_lock");
        overlap = salt && oil && !scenes_is(salt, oil);
    }
    HOLDS(overlap);
    HOLDS(last_load(run, "P1.main", "variable salt") == 8 && last_load(run, "P1.main", "variable oil") == 8);
    return NULL;
}

static void only_what_is_locked_is_serial(void **state)
{
    (void)state;
    holds("lock-granularity", "all", nothing_overlaps);
    holds_always("lock-granularity", "all", 200, nothing_overlaps);
    holds("lock-granularity", "one-line", work_overlaps_and_the_salt_is_right);
    holds("lock-granularity", "two", both_locks_are_held_at_once);
    scenes_play_seeds("lock-granularity", "one-line", 200);
    scenes_play_seeds("lock-granularity", "two", 200);
    breaks("2-threads/lock-granularity", "two",
           (struct scenes_change){"two.c", "pthread_mutex_t oil_lock = PTHREAD_MUTEX_INITIALIZER;",
                                  "#define oil_lock salt_lock"},
           both_locks_are_held_at_once);
}

/* ---- lock-vs-join ---- */

/* The order of the introductions by their first letters, "AGE"; "" when one is not whole. */
static const char *order_of(const struct scenes_run *run)
{
    static char order[8];
    const char *at = printed(run);
    size_t count = 0;
    for (; *at && count < 3; count++) {
        char name[16], whole[200];
        if (sscanf(at, "%15[^:]", name) != 1)
            return "";
        snprintf(whole, sizeof whole, "%s: good morning\n%s: my name is %s\n%s: thank you\n", name, name, name, name);
        if (strncmp(at, whole, strlen(whole)) != 0)
            return "";
        at += strlen(whole);
        order[count] = name[0];
    }
    order[count] = 0;
    return *at ? "" : order;
}

static const char *nobody_is_let_finish(const struct scenes_run *run)
{
    HOLDS(finished(run) && scenes_is(order_of(run), ""));
    HOLDS(scenes_count(printed(run), "\n") == 9);
    return NULL;
}

static unsigned orders_seen; /* one bit for each first speaker */

static const char *each_is_whole(const struct scenes_run *run)
{
    HOLDS(finished(run) && strlen(order_of(run)) == 3);
    orders_seen |= 1u << (order_of(run)[0] - 'A');
    return NULL;
}

static const char *in_one_order(const struct scenes_run *run)
{
    HOLDS(finished(run) && scenes_is(order_of(run), "AGE"));
    return NULL;
}

static void a_lock_keeps_whole_and_join_keeps_order(void **state)
{
    (void)state;
    holds("lock-vs-join", "interleaved", nobody_is_let_finish);
    orders_seen = 0;
    holds_always("lock-vs-join", "lock", 200, each_is_whole);
    assert_true((orders_seen & (orders_seen - 1)) != 0); /* more than one */
    holds("lock-vs-join", "join", in_one_order);
    holds_always("lock-vs-join", "join", 200, in_one_order);
    breaks("2-threads/lock-vs-join", "lock",
           (struct scenes_change){"lock.c", "pthread_mutex_lock(&microphone);", "pthread_mutex_trylock(&microphone);"},
           each_is_whole);
}

/* ---- recursive-lock ---- */

static const char *counted_and_others_enter_at_0(const struct scenes_run *run)
{
    HOLDS(finished(run));
    const char *owner = NULL, *first = NULL;
    char counts[64] = "";
    int count = 0;
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        if (!scenes_is(step->object, "mutex account"))
            continue;
        if (is_step(step, "mutex.lock", "blocked")) {
            HOLDS(count > 0 && !scenes_is(step->task, owner));
            continue;
        }
        if (is_step(step, "mutex.lock", "done")) {
            HOLDS(count == 0 || scenes_is(step->task, owner));
            owner = step->task;
            count++;
        } else if (is_step(step, "mutex.unlock", NULL)) {
            HOLDS(scenes_is(step->task, owner));
            count--;
        } else {
            continue;
        }
        first = first ? first : owner;
        if (scenes_is(owner, first))
            snprintf(counts + strlen(counts), sizeof counts - strlen(counts), "%d ", count);
    }
    HOLDS(scenes_is(counts, "1 2 1 0 "));
    HOLDS(last_load(run, "P1.main", "variable balance") == 8);
    return NULL;
}

static const char *the_other_waits_meanwhile(const struct scenes_run *run)
{
    size_t second = FIND("P1.T1", "mutex.lock", NULL, "done", .occurrence = 2);
    size_t once = FIND("P1.T1", "mutex.unlock"), twice = FIND_AFTER(once, "P1.T1", "mutex.unlock");
    HOLDS(second < once && twice < run->step_count);
    HOLDS(FIND("P1.T2", "mutex.lock", NULL, "blocked") < second);
    HOLDS(scenes_is(scenes_state(&run->steps[once], "P1.T2"), "blocked"));
    HOLDS(scenes_is(scenes_state(&run->steps[twice], "P1.T2"), "ready"));
    return NULL;
}

static void a_recursive_lock_counts(void **state)
{
    (void)state;
    holds("recursive-lock", NULL, counted_and_others_enter_at_0);
    holds("recursive-lock", NULL, the_other_waits_meanwhile);
    holds_always("recursive-lock", NULL, 200, counted_and_others_enter_at_0);
    breaks("2-threads/recursive-lock", NULL,
           (struct scenes_change){"recursive-lock.c", "PTHREAD_MUTEX_RECURSIVE", "PTHREAD_MUTEX_NORMAL"},
           counted_and_others_enter_at_0);
}

/* ---- self-deadlock ---- */

static const char *a_ring_of_one(const struct scenes_run *run)
{
    HOLDS(failed(run, "deadlock"));
    const json_t *fault = fault_of(run, "self-deadlock");
    HOLDS(fault && names_in(fault, "tasks") == 1 && scenes_fault_names(fault, "tasks", "P1.T1"));
    HOLDS(names_in(fault, "objects") == 1 && scenes_fault_names(fault, "objects", "mutex account"));
    size_t again = FIND("P1.T1", "mutex.lock", "mutex account", "blocked");
    HOLDS(again < run->step_count && json_integer_value(json_object_get(fault, "step")) == run->steps[again].step);
    return NULL;
}

static const char *refused_with_edeadlk(const struct scenes_run *run)
{
    HOLDS(finished(run));
    size_t again = FIND("P1.T1", "mutex.lock", "mutex account", "failed");
    HOLDS(again < run->step_count && scenes_is(run->steps[again].error, "EDEADLK"));
    return NULL;
}

static void a_normal_lock_taken_twice_is_a_ring_of_one(void **state)
{
    (void)state;
    holds("self-deadlock", "normal", a_ring_of_one);
    holds("self-deadlock", "checked", refused_with_edeadlk);
    holds_always("self-deadlock", "checked", 200, refused_with_edeadlk);
    breaks("2-threads/self-deadlock", "checked",
           (struct scenes_change){"checked.c", "PTHREAD_MUTEX_ERRORCHECK", "PTHREAD_MUTEX_NORMAL"},
           refused_with_edeadlk);
}

/* ---- deadlock-timeout ---- */

static const char *busy_for_ever(const struct scenes_run *run)
{
    HOLDS(failed(run, "failed"));
    HOLDS(!fault_of(run, "deadlock"));
    const json_t *fault = fault_of(run, "livelock");
    HOLDS(fault && names_in(fault, "tasks") == 2);
    HOLDS(scenes_fault_names(fault, "tasks", "P1.T1") && scenes_fault_names(fault, "tasks", "P1.T2"));
    unsigned given_up = 0;
    for (size_t i = 0; i < run->step_count; i++)
        given_up += is_step(&run->steps[i], "mutex.timedlock", "timed-out");
    HOLDS(given_up >= 20 && !IS_THERE(NULL, "mutex.timedlock", NULL, "done"));
    return NULL;
}

static const char *both_get_both(const struct scenes_run *run)
{
    HOLDS(finished(run));
    HOLDS(IS_THERE("P1.T1", "mutex.timedlock", NULL, "done") && IS_THERE("P1.T2", "mutex.timedlock", NULL, "done"));
    return NULL;
}

static const char *after_a_collision(const struct scenes_run *run)
{
    HOLDS(IS_THERE("P1.T1", "mutex.timedlock", NULL, "timed-out"));
    return both_get_both(run);
}

static void equal_patience_can_collide_for_ever(void **state)
{
    (void)state;
    holds("deadlock-timeout", "faulty", busy_for_ever);
    holds("deadlock-timeout", "cured", after_a_collision);
    holds_always("deadlock-timeout", "cured", 200, both_get_both);
    breaks("2-threads/deadlock-timeout", "cured",
           (struct scenes_change){"unequal.c", "lock_within(&A, 50)", "lock_within(&A, 20)"}, both_get_both);
}

/* ---- deadlock-ordering ---- */

static const char *a_ring_of_two(const struct scenes_run *run)
{
    HOLDS(failed(run, "deadlock"));
    const json_t *fault = fault_of(run, "deadlock");
    HOLDS(fault && names_in(fault, "tasks") == 2 && names_in(fault, "objects") == 2);
    HOLDS(scenes_fault_names(fault, "objects", "mutex accounts[0].lock"));
    HOLDS(scenes_fault_names(fault, "objects", "mutex accounts[1].lock"));
    return NULL;
}

static const char *locks_are_taken_in_order(const struct scenes_run *run)
{
    HOLDS(finished(run));
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        if (is_step(step, "mutex.lock", NULL) && scenes_is(step->object, "mutex accounts[0].lock"))
            HOLDS(!scenes_is(holder_of(run, i, "mutex accounts[1].lock"), step->task));
    }
    HOLDS(strstr(printed(run), "120 and 80\n") != NULL);
    return NULL;
}

static void one_order_closes_no_ring(void **state)
{
    (void)state;
    holds("deadlock-ordering", "faulty", a_ring_of_two);
    holds("deadlock-ordering", "cured", locks_are_taken_in_order);
    holds_always("deadlock-ordering", "cured", 200, locks_are_taken_in_order);
    breaks("2-threads/deadlock-ordering", "cured",
           (struct scenes_change){"ordered.c", "from->number < to->number", "from->number != to->number"},
           locks_are_taken_in_order);
}

/* ---- banker ---- */

enum { CUSTOMERS = 3 };
struct tables {
    long available, request[CUSTOMERS], allocation[CUSTOMERS], need[CUSTOMERS];
};

static void enter(struct tables *tables, const struct scenes_step *step)
{
    char column[16];
    int row;
    if (!is_step(step, "memory.store", "done") || !step->object)
        return;
    if (scenes_is(step->object, "variable available"))
        tables->available = scenes_number(step);
    else if (sscanf(step->object, "variable customers[%d].%15s", &row, column) == 2 && row >= 0 && row < CUSTOMERS) {
        long *table = scenes_is(column, "request")      ? tables->request
                      : scenes_is(column, "allocation") ? tables->allocation
                                                        : tables->need;
        table[row] = scenes_number(step);
    }
}

/* The test's own look: is there an order of all six in which each one's need can be met? */
static bool is_safe(const struct tables *tables)
{
    static const int orders[6][CUSTOMERS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t i = 0; i < 6; i++) {
        long money = tables->available;
        int served = 0;
        while (served < CUSTOMERS && tables->need[orders[i][served]] <= money)
            money += tables->allocation[orders[i][served++]];
        if (served == CUSTOMERS)
            return true;
    }
    return false;
}

/* What was seen at the moments at which nobody is in the bank. */
struct banking {
    unsigned unsafe, put_off; /* states; requests within what was there that had to wait */
    struct tables last;
};

static struct banking bank_of(const struct scenes_run *run)
{
    struct banking seen = {.last = {.available = 10, .need = {8, 5, 7}}};
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        enter(&seen.last, step);
        bool waits = is_step(step, "cond.wait", "blocked");
        if (waits || is_step(step, "mutex.unlock", NULL))
            seen.unsafe += !is_safe(&seen.last);
        int number = 0;
        if (waits && sscanf(step->task, "P1.T%d", &number) == 1 && number <= CUSTOMERS)
            seen.put_off += seen.last.request[number - 1] <= seen.last.available;
    }
    return seen;
}

static const char *every_state_is_safe_and_all_finish(const struct scenes_run *run)
{
    HOLDS(finished(run));
    struct banking seen = bank_of(run);
    HOLDS(seen.unsafe == 0);
    HOLDS(seen.last.available == 10);
    for (int i = 0; i < CUSTOMERS; i++)
        HOLDS(seen.last.need[i] == 0 && seen.last.allocation[i] == 0);
    return NULL;
}

static const char *a_request_within_reach_is_put_off(const struct scenes_run *run)
{
    HOLDS(bank_of(run).put_off > 0);
    return every_state_is_safe_and_all_finish(run);
}

static const char *greed_ends_in_a_deadlock(const struct scenes_run *run)
{
    HOLDS(failed(run, "deadlock") && fault_of(run, "deadlock"));
    struct banking seen = bank_of(run);
    HOLDS(seen.unsafe > 0);
    return NULL;
}

static void the_banker_grants_only_what_is_safe(void **state)
{
    (void)state;
    holds("banker", "banker", a_request_within_reach_is_put_off);
    holds_always("banker", "banker", 200, every_state_is_safe_and_all_finish);
    holds("banker", "greedy", greed_ends_in_a_deadlock);
    breaks("2-threads/banker", "banker",
           (struct scenes_change){"banker.c", "if (!is_safe(money - amount, trial))",
                                  "if (!is_safe(money - amount, trial) && amount > money)"},
           a_request_within_reach_is_put_off);
}

/* ---- philosophers ---- */

static const char *a_ring_of_five(const struct scenes_run *run)
{
    HOLDS(failed(run, "deadlock"));
    const json_t *fault = fault_of(run, "deadlock");
    HOLDS(fault && names_in(fault, "tasks") == 5 && names_in(fault, "objects") == 5);
    HOLDS(scenes_count(printed(run), "eats") == 0);
    return NULL;
}

static const char *everybody_eats(const struct scenes_run *run)
{
    HOLDS(finished(run) && scenes_count(printed(run), "eats\n") == 5);
    return NULL;
}

static void five_forks_can_close_a_ring(void **state)
{
    (void)state;
    holds("philosophers", "faulty", a_ring_of_five);
    holds("philosophers", "cured", everybody_eats);
    holds_always("philosophers", "cured", 200, everybody_eats);
    breaks("2-threads/philosophers", "cured",
           (struct scenes_change){"ordered.c", "if (second < first)", "if (second < 0)"}, everybody_eats);
}

/* ---- killed-holding-lock ---- */

static const char *the_survivor_waits_for_ever(const struct scenes_run *run)
{
    HOLDS(failed(run, "deadlock"));
    size_t killed = FIND("P1.main", "signal.send");
    HOLDS(scenes_is(holder_of(run, killed, "mutex shared->lock"), "P2.main"));
    size_t asks = FIND_AFTER(killed, "P1.main", "mutex.lock", "mutex shared->lock", "blocked");
    HOLDS(asks == run->step_count - 1);
    HOLDS(scenes_is(scenes_state(&run->steps[asks], "P1.main"), "blocked"));
    HOLDS(scenes_is(scenes_state(&run->steps[asks], "P2.main"), "terminated"));
    HOLDS(scenes_fault_names(fault_of(run, "deadlock"), "tasks", "P1.main"));
    return NULL;
}

static const char *the_next_owner_is_told(const struct scenes_run *run)
{
    HOLDS(finished(run));
    size_t killed = FIND("P1.main", "signal.send");
    HOLDS(scenes_is(holder_of(run, killed, "mutex shared->lock"), "P2.main"));
    size_t taken = FIND_AFTER(killed, "P1.main", "mutex.lock", "mutex shared->lock", "done");
    HOLDS(taken < run->step_count && scenes_is(run->steps[taken].error, "EOWNERDEAD"));
    size_t whole = FIND_AFTER(taken, "P1.main", "mutex.consistent");
    HOLDS(FIND_AFTER(whole, "P1.main", "mutex.unlock", NULL, "done") < run->step_count);
    return NULL;
}

static void a_killed_owner_unlocks_nothing(void **state)
{
    (void)state;
    holds("killed-holding-lock", "faulty", the_survivor_waits_for_ever);
    holds("killed-holding-lock", "cured", the_next_owner_is_told);
    holds_always("killed-holding-lock", "cured", 200, the_next_owner_is_told);
    breaks("2-threads/killed-holding-lock", "cured",
           (struct scenes_change){"robust.c", "PTHREAD_MUTEX_ROBUST", "PTHREAD_MUTEX_STALLED"}, the_next_owner_is_told);
}

/* ---- fork-with-threads ---- */

static const char *the_child_hangs(const struct scenes_run *run)
{
    HOLDS(failed(run, "deadlock"));
    size_t forked = FIND("P1.main", "process.fork");
    HOLDS(scenes_is(holder_of(run, forked, "mutex diary_lock"), "P1.T1"));
    HOLDS(IS_THERE("P2.main", "mutex.lock", "mutex P2:diary_lock", "blocked"));
    HOLDS(scenes_is(scenes_state(&run->steps[run->step_count - 1], "P2.main"), "blocked"));
    HOLDS(scenes_fault_names(fault_of(run, "deadlock"), "tasks", "P2.main"));
    return NULL;
}

static const char *the_child_execs_and_ends(const struct scenes_run *run)
{
    HOLDS(finished(run));
    HOLDS(IS_THERE("P2.main", "process.exec", NULL, "done") && !IS_THERE("P2.main", "mutex.lock"));
    HOLDS(strstr(printed(run), "child: a new program\n") != NULL);
    HOLDS(strstr(printed(run), "parent: the child is done\n") != NULL);
    return NULL;
}

static void a_forked_child_inherits_locks_without_owners(void **state)
{
    (void)state;
    holds("fork-with-threads", "faulty", the_child_hangs);
    holds("fork-with-threads", "cured", the_child_execs_and_ends);
    holds_always("fork-with-threads", "cured", 200, the_child_execs_and_ends);
    breaks("2-threads/fork-with-threads", "cured",
           (struct scenes_change){"execs.c", "execlp(\"echo\", \"echo\", \"child: a new program\", (char *)NULL);",
                                  "write_page();"},
           the_child_execs_and_ends);
}

/* ---- all of them ---- */

/* source: NULL where a run without lockstep may hang; variants in real time are not played twice. */
static const struct {
    const char *id, *variant, *source, *prints;
    bool live;
} scenes[] = {
    {"threads", "joined", "threads/threads.c", "main: all three are done, the workshop closes\n", false},
    {"threads", "returns", "threads/returns.c", "main: I go home, the workshop closes\n", false},
    {"thread-vs-process-cost", NULL, "thread-vs-process-cost/thread-vs-process-cost.c", "\nprocess ", true},
    {"shared-globals", NULL, "shared-globals/shared-globals.c", "reader: g_num is 101, list[3] is 44\n", false},
    {"thread-argument", "faulty", NULL, NULL, false},
    {"thread-argument", "cured", "thread-argument/copies.c", "0 + 1 + 2 is 3 here\n", false},
    {"broken-lock", "faulty", "broken-lock/broken-lock.c", "and should be 4\n", false},
    {"broken-lock", "cured", "broken-lock/exchange.c", "g_num is 4, and should be 4\n", false},
    {"wrong-lock", "two-locks", "wrong-lock/two-locks.c", "and should be 4\n", false},
    {"wrong-lock", "no-lock", "wrong-lock/no-lock.c", "and should be 4\n", false},
    {"wrong-lock", "copied", "wrong-lock/copied.c", "and should be 4\n", false},
    {"wrong-lock", "cured", "wrong-lock/one-lock.c", "g_num is 4, and should be 4\n", false},
    {"wrong-lock", "shared", "wrong-lock/shared.c", "the number is 4, and should be 4\n", false},
    {"lock-granularity", "all", "lock-granularity/all.c", "salt 6, chopped 4 and 4\n", false},
    {"lock-granularity", "one-line", "lock-granularity/one-line.c", "salt 6, chopped 4 and 4\n", false},
    {"lock-granularity", "two", "lock-granularity/two.c", "salt 8, oil 8\n", false},
    {"lock-vs-join", "interleaved", "lock-vs-join/interleaved.c", "Edsger: thank you\n", false},
    {"lock-vs-join", "lock", "lock-vs-join/lock.c", "Grace: good morning\nGrace: my name is Grace\n", false},
    {"lock-vs-join", "join", "lock-vs-join/join.c", "Ada: thank you\nGrace: good morning\n", false},
    {"recursive-lock", NULL, "recursive-lock/recursive-lock.c", "the balance is 8\n", false},
    {"self-deadlock", "normal", NULL, NULL, false},
    {"self-deadlock", "checked", "self-deadlock/checked.c", "deposit: I have this lock already\n", false},
    {"deadlock-timeout", "faulty", NULL, NULL, false},
    {"deadlock-timeout", "cured", "deadlock-timeout/unequal.c", "main: both are done\n", false},
    {"deadlock-ordering", "faulty", NULL, NULL, false},
    {"deadlock-ordering", "cured", "deadlock-ordering/ordered.c", "120 and 80\n", false},
    {"banker", "banker", "banker/banker.c", "all served, 10 in the bank\n", false},
    {"banker", "greedy", NULL, NULL, false},
    {"philosophers", "faulty", NULL, NULL, false},
    {"philosophers", "cured", "philosophers/ordered.c", "everybody has eaten\n", false},
    {"killed-holding-lock", "faulty", NULL, NULL, false},
    {"killed-holding-lock", "cured", "killed-holding-lock/robust.c", "parent: its owner died, number was 1\n", false},
    {"fork-with-threads", "faulty", NULL, NULL, false},
    {"fork-with-threads", "cured", "fork-with-threads/execs.c", "parent: the child is done\n", false},
};

static void every_program_runs_without_lockstep(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        if (!scenes[i].source)
            continue;
        char path[256];
        snprintf(path, sizeof path, "2-threads/%s", scenes[i].source);
        char *text = scenes_run_natively(path, NULL);
        if (!strstr(text, scenes[i].prints))
            fail_msg("%s: \"%s\" is missing in:\n%s", path, scenes[i].prints, text);
        free(text);
    }
}

static void every_run_is_the_same_twice(void **state)
{
    (void)state;
    static const char *const ways[][2] = {{"rr", "1"}, {"rr", "2"}, {"random", "1"}, {"random", "2"}};
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        for (size_t k = 0; k < sizeof ways / sizeof *ways && !scenes[i].live; k++)
            scenes_play_twice(scenes[i].id, scenes[i].variant, ways[k][0], ways[k][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_end_before_main_or_with_it),
        cmocka_unit_test(a_process_costs_more_than_a_thread),
        cmocka_unit_test(threads_share_globals_and_no_locals),
        cmocka_unit_test(an_address_is_no_copy),
        cmocka_unit_test(testing_and_setting_must_be_one_step),
        cmocka_unit_test(a_lock_protects_those_who_use_the_same),
        cmocka_unit_test(copies_of_a_lock_are_called_after_their_processes),
        cmocka_unit_test(only_what_is_locked_is_serial),
        cmocka_unit_test(a_lock_keeps_whole_and_join_keeps_order),
        cmocka_unit_test(a_recursive_lock_counts),
        cmocka_unit_test(a_normal_lock_taken_twice_is_a_ring_of_one),
        cmocka_unit_test(equal_patience_can_collide_for_ever),
        cmocka_unit_test(one_order_closes_no_ring),
        cmocka_unit_test(the_banker_grants_only_what_is_safe),
        cmocka_unit_test(five_forks_can_close_a_ring),
        cmocka_unit_test(a_killed_owner_unlocks_nothing),
        cmocka_unit_test(a_forked_child_inherits_locks_without_owners),
        cmocka_unit_test(every_program_runs_without_lockstep),
        cmocka_unit_test(every_run_is_the_same_twice),
    };
    return cmocka_run_group_tests_name("scenes: must hold, act 2", tests, NULL, NULL);
}
