/* What CURRICULUM promises of the scenes of act 2 about locks: what makes one, what it protects and what it costs; asserted
 * and seen to fail as in test_scenes_must_hold_threads.c. (race, mutex: test_scenes_must_hold_races.c.) */
#include "scenes_act.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- broken-lock ---- */

static const char *both_are_inside(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_failed(run, "failed") && scenes_fault_of(run, "data-race"));
    size_t store = SCENES_FIND(NULL, "memory.store", "variable locked");
    size_t one = SCENES_FIND("P1.T1", "memory.load", "variable locked"),
           two = SCENES_FIND("P1.T2", "memory.load", "variable locked");
    SCENES_HOLDS(one < store && two < store && scenes_number_at(run, one) == 0 && scenes_number_at(run, two) == 0);
    SCENES_HOLDS(scenes_broken_updates(run, "variable g_num") > 0);
    SCENES_HOLDS(scenes_last_load(run, "P1.main", "variable g_num") < 4);
    return NULL;
}

static const char *never_both_inside(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(scenes_broken_updates(run, "variable g_num") == 0);
    SCENES_HOLDS(scenes_last_load(run, "P1.main", "variable g_num") == 4);
    return NULL;
}

static void testing_and_setting_must_be_one_step(void **state)
{
    (void)state;
    scenes_holds("broken-lock", "faulty", both_are_inside);
    scenes_holds("broken-lock", "cured", never_both_inside);
    scenes_holds_always("broken-lock", "cured", 200, never_both_inside);
    scenes_breaks("2-threads/broken-lock", "cured",
                  (struct scenes_change){"exchange.c", "atomic_exchange(&locked, 1) == 1", "atomic_load(&locked) == 1"},
                  never_both_inside);
}

/* ---- wrong-lock ---- */

static const char *corrupted(const struct scenes_run *run, const char *object)
{
    SCENES_HOLDS(scenes_failed(run, "failed") && scenes_fault_of(run, "data-race"));
    SCENES_HOLDS(scenes_broken_updates(run, object) > 0);
    SCENES_HOLDS(scenes_last_load(run, "P1.main", object) < 4);
    return NULL;
}

static const char *corrupted_with_two_locks(const struct scenes_run *run)
{
    SCENES_HOLDS(SCENES_IS_THERE("P1.T1", "mutex.lock", "mutex A", "done") &&
                 SCENES_IS_THERE("P1.T2", "mutex.lock", "mutex B", "done"));
    return corrupted(run, "variable g_num");
}

static const char *corrupted_by_one_without(const struct scenes_run *run)
{
    SCENES_HOLDS(SCENES_IS_THERE("P1.T1", "mutex.lock", "mutex A", "done") && !SCENES_IS_THERE("P1.T2", "mutex.lock"));
    return corrupted(run, "variable g_num");
}

static const char *corrupted_with_a_copied_lock(const struct scenes_run *run)
{
    SCENES_HOLDS(SCENES_IS_THERE("P1.main", "mutex.lock", "mutex A", "done"));
    SCENES_HOLDS(SCENES_IS_THERE("P2.main", "mutex.lock", "mutex P2:A", "done"));
    return corrupted(run, "variable *shared");
}

static const char *exact(const struct scenes_run *run, const char *object)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(scenes_broken_updates(run, object) == 0);
    SCENES_HOLDS(scenes_last_load(run, "P1.main", object) == 4);
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
    scenes_holds("wrong-lock", "two-locks", corrupted_with_two_locks);
    scenes_holds("wrong-lock", "no-lock", corrupted_by_one_without);
    scenes_holds("wrong-lock", "copied", corrupted_with_a_copied_lock);
    scenes_holds("wrong-lock", "cured", exact_with_one_lock);
    scenes_holds_always("wrong-lock", "cured", 200, exact_with_one_lock);
    scenes_holds("wrong-lock", "shared", exact_between_processes);
    scenes_holds_always("wrong-lock", "shared", 200, exact_between_processes);
    scenes_breaks("2-threads/wrong-lock", "cured",
                  (struct scenes_change){"one-lock.c", "pthread_mutex_lock(lock);", "pthread_mutex_trylock(lock);"},
                  exact_with_one_lock);
    scenes_breaks("2-threads/wrong-lock", "shared",
                  (struct scenes_change){"shared.c", "MAP_SHARED | MAP_ANONYMOUS", "MAP_PRIVATE | MAP_ANONYMOUS"},
                  exact_between_processes);
}

/* Whose copy is met second is called after its process, the parent's too. */
static void copies_of_a_lock_are_called_after_their_processes(void **state)
{
    (void)state;
    struct scenes_run made, *run = &made;
    scenes_play("wrong-lock", "copied", (const char *const[]){"--schedule", "1x2", NULL}, run);
    assert_true(SCENES_FIND("P2.main", "mutex.lock", "mutex A") < SCENES_FIND("P1.main", "mutex.lock"));
    assert_true(SCENES_IS_THERE("P1.main", "mutex.lock", "mutex P1:A", "done"));
    scenes_run_free(run);
}

/* ---- lock-granularity ---- */

/* Steps of memory that a thread makes while another one holds the mutex. */
static unsigned work_outside(const struct scenes_run *run, const char *mutex)
{
    unsigned count = 0;
    for (size_t i = 0; i < run->step_count; i++) {
        const char *holder = scenes_mutex_holder(run, i, mutex);
        count += holder && !scenes_is(run->steps[i].task, holder) && !scenes_is(run->steps[i].task, "P1.main") &&
                 strncmp(run->steps[i].operation, "memory.", 7) == 0;
    }
    return count;
}

static const char *nothing_overlaps(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run) && scenes_last_load(run, "P1.main", "variable salt") == 6);
    SCENES_HOLDS(work_outside(run, "mutex salt_lock") == 0);
    return NULL;
}

static const char *work_overlaps_and_the_salt_is_right(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run) && scenes_last_load(run, "P1.main", "variable salt") == 6);
    SCENES_HOLDS(work_outside(run, "mutex salt_lock") > 0);
    SCENES_HOLDS(scenes_broken_updates(run, "variable salt") == 0);
    return NULL;
}

static const char *both_locks_are_held_at_once(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    bool overlap = false;
    for (size_t i = 0; i < run->step_count && !overlap; i++) {
        const char *salt = scenes_mutex_holder(run, i, "mutex salt_lock"),
                   *oil = scenes_mutex_holder(run, i, "mutex oil_lock");
        overlap = salt && oil && !scenes_is(salt, oil);
    }
    SCENES_HOLDS(overlap);
    SCENES_HOLDS(scenes_last_load(run, "P1.main", "variable salt") == 8 &&
                 scenes_last_load(run, "P1.main", "variable oil") == 8);
    return NULL;
}

static void only_what_is_locked_is_serial(void **state)
{
    (void)state;
    scenes_holds("lock-granularity", "all", nothing_overlaps);
    scenes_holds_always("lock-granularity", "all", 200, nothing_overlaps);
    scenes_holds("lock-granularity", "one-line", work_overlaps_and_the_salt_is_right);
    scenes_holds("lock-granularity", "two", both_locks_are_held_at_once);
    scenes_play_seeds("lock-granularity", "one-line", 200);
    scenes_play_seeds("lock-granularity", "two", 200);
    scenes_breaks("2-threads/lock-granularity", "two",
                  (struct scenes_change){"two.c", "pthread_mutex_t oil_lock = PTHREAD_MUTEX_INITIALIZER;",
                                         "#define oil_lock salt_lock"},
                  both_locks_are_held_at_once);
}

/* ---- recursive-lock ---- */

static const char *counted_and_others_enter_at_0(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    const char *owner = NULL, *first = NULL;
    char counts[64] = "";
    int count = 0;
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        if (!scenes_is(step->object, "mutex account"))
            continue;
        if (scenes_is_step(step, "mutex.lock", "blocked")) {
            SCENES_HOLDS(count > 0 && !scenes_is(step->task, owner));
            continue;
        }
        if (scenes_is_step(step, "mutex.lock", "done")) {
            SCENES_HOLDS(count == 0 || scenes_is(step->task, owner));
            owner = step->task;
            count++;
        } else if (scenes_is_step(step, "mutex.unlock", NULL)) {
            SCENES_HOLDS(scenes_is(step->task, owner));
            count--;
        } else {
            continue;
        }
        first = first ? first : owner;
        if (scenes_is(owner, first))
            snprintf(counts + strlen(counts), sizeof counts - strlen(counts), "%d ", count);
    }
    SCENES_HOLDS(scenes_is(counts, "1 2 1 0 "));
    SCENES_HOLDS(scenes_last_load(run, "P1.main", "variable balance") == 8);
    return NULL;
}

static const char *the_other_waits_meanwhile(const struct scenes_run *run)
{
    size_t second = SCENES_FIND("P1.T1", "mutex.lock", NULL, "done", .occurrence = 2);
    size_t once = SCENES_FIND("P1.T1", "mutex.unlock"), twice = SCENES_FIND_AFTER(once, "P1.T1", "mutex.unlock");
    SCENES_HOLDS(second < once && twice < run->step_count);
    SCENES_HOLDS(SCENES_FIND("P1.T2", "mutex.lock", NULL, "blocked") < second);
    SCENES_HOLDS(scenes_is(scenes_state(&run->steps[once], "P1.T2"), "blocked"));
    SCENES_HOLDS(scenes_is(scenes_state(&run->steps[twice], "P1.T2"), "ready"));
    return NULL;
}

static void a_recursive_lock_counts(void **state)
{
    (void)state;
    scenes_holds("recursive-lock", NULL, counted_and_others_enter_at_0);
    scenes_holds("recursive-lock", NULL, the_other_waits_meanwhile);
    scenes_holds_always("recursive-lock", NULL, 200, counted_and_others_enter_at_0);
    scenes_breaks("2-threads/recursive-lock", NULL,
                  (struct scenes_change){"recursive-lock.c", "PTHREAD_MUTEX_RECURSIVE", "PTHREAD_MUTEX_NORMAL"},
                  counted_and_others_enter_at_0);
}

/* ---- all of them ---- */

static const struct scenes_listed scenes[] = {
    {"broken-lock", "faulty", "broken-lock/broken-lock.c", NULL, "and should be 4\n", 0, false},
    {"broken-lock", "cured", "broken-lock/exchange.c", NULL, "g_num is 4, and should be 4\n", 0, false},
    {"wrong-lock", "two-locks", "wrong-lock/two-locks.c", NULL, "and should be 4\n", 0, false},
    {"wrong-lock", "no-lock", "wrong-lock/no-lock.c", NULL, "and should be 4\n", 0, false},
    {"wrong-lock", "copied", "wrong-lock/copied.c", NULL, "and should be 4\n", 0, false},
    {"wrong-lock", "cured", "wrong-lock/one-lock.c", NULL, "g_num is 4, and should be 4\n", 0, false},
    {"wrong-lock", "shared", "wrong-lock/shared.c", NULL, "the number is 4, and should be 4\n", 0, false},
    {"lock-granularity", "all", "lock-granularity/all.c", NULL, "salt 6, chopped 4 and 4\n", 0, false},
    {"lock-granularity", "one-line", "lock-granularity/one-line.c", NULL, "salt 6, chopped 4 and 4\n", 0, false},
    {"lock-granularity", "two", "lock-granularity/two.c", NULL, "salt 8, oil 8\n", 0, false},
    {"recursive-lock", NULL, "recursive-lock/recursive-lock.c", NULL, "the balance is 8\n", 0, false},
};
static struct scenes_act act = {.folder = "2-threads", .scenes = scenes, .scene_count = sizeof scenes / sizeof *scenes};

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(testing_and_setting_must_be_one_step),
        cmocka_unit_test(a_lock_protects_those_who_use_the_same),
        cmocka_unit_test(copies_of_a_lock_are_called_after_their_processes),
        cmocka_unit_test(only_what_is_locked_is_serial),
        cmocka_unit_test(a_recursive_lock_counts),
        cmocka_unit_test_prestate(scenes_every_program_runs_without_lockstep, &act),
        cmocka_unit_test_prestate(scenes_every_run_is_the_same_twice, &act),
    };
    return cmocka_run_group_tests_name("scenes: must hold, act 2, locks", tests, NULL, NULL);
}
