/* What CURRICULUM promises of the scenes of act 3, asserted of their real runs: from the events, never from the
 * narration. (semaphore and turn-taking: test_scenes_must_hold_queues.c; garbage and gil:
 * test_scenes_must_hold_interpreters.c.) */
#include "scenes_act.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOLDS SCENES_HOLDS
#define FIND SCENES_FIND
#define FIND_AFTER SCENES_FIND_AFTER

static bool is_there(const struct scenes_run *run, size_t at)
{
    return at < run->step_count;
}

/* ---- while-not-if ---- */

/* Up to where Ann, T1, goes on: Bob, T3, was quicker, and the bread she was woken for is gone. */
static const char *another_was_quicker(const struct scenes_run *run)
{
    size_t waits = FIND("P1.T1", "cond.wait", .outcome = "blocked");
    size_t signal = FIND_AFTER(waits, "P1.T2", "cond.signal");
    size_t thief = FIND_AFTER(signal, "P1.T3", "mutex.lock", .outcome = "done");
    size_t awake = FIND_AFTER(thief, "P1.T1", "cond.wait", .outcome = "done");
    size_t looks = FIND_AFTER(awake, "P1.T1", "memory.load", "variable bread");
    HOLDS(is_there(run, looks) && scenes_number_at(run, looks) == 0);
    return NULL;
}

static const char *looks_once(const struct scenes_run *run)
{
    HOLDS(!another_was_quicker(run));
    HOLDS(scenes_failed(run, "failed") && scenes_fault_of(run, "assertion"));
    return NULL;
}

static const char *looks_again(const struct scenes_run *run)
{
    HOLDS(!another_was_quicker(run));
    HOLDS(scenes_finished(run));
    HOLDS(scenes_count_steps(run, (struct scenes_wanted){"P1.T1", "cond.wait", .outcome = "blocked"}) == 2);
    HOLDS(scenes_said(run, "P1.T1", "Ann has eaten\n") == 1 && scenes_said(run, "P1.T3", "Bob has eaten\n") == 1);
    return NULL;
}

static void who_is_woken_must_look_again(void **state)
{
    (void)state;
    scenes_holds("while-not-if", "faulty", looks_once);
    scenes_holds("while-not-if", "cured", looks_again);
    scenes_play_seeds("while-not-if", "cured", 200);
    scenes_breaks("3-synchronisation/while-not-if", "cured",
                  (struct scenes_change){"while.c", "while (bread == 0)", "if (bread == 0)"}, looks_again);
}

/* ---- lost-wakeup ---- */

static const char *signal_falls_between(const struct scenes_run *run)
{
    size_t looks = FIND("P1.T1", "memory.atomic", "variable letters");
    size_t signal = FIND_AFTER(looks, "P1.T2", "cond.signal", "cond arrived");
    size_t waits = FIND_AFTER(signal, "P1.T1", "cond.wait", "cond arrived", "blocked");
    HOLDS(is_there(run, waits) && scenes_number_at(run, looks) == 0);
    HOLDS(scenes_failed(run, "deadlock"));
    const json_t *fault = scenes_fault_of(run, "lost-wakeup");
    HOLDS(fault && scenes_fault_names(fault, "tasks", "P1.T1") && scenes_fault_names(fault, "objects", "cond arrived"));
    return NULL;
}

static const char *signal_finds_the_waiter(const struct scenes_run *run)
{
    HOLDS(scenes_finished(run));
    HOLDS(scenes_said(run, "P1.T1", "reader: a letter for me\n") == 1);
    size_t looks = FIND("P1.T1", "memory.load", "variable letters");
    size_t signal = FIND("P1.T2", "cond.signal");
    size_t waits = FIND("P1.T1", "cond.wait", .outcome = "blocked");
    HOLDS(is_there(run, looks) && is_there(run, signal));
    /* Whoever looked and found nothing was waiting when the signal came. */
    HOLDS(scenes_number_at(run, looks) == 0 ? waits < signal : !is_there(run, waits));
    return NULL;
}

static void looking_and_sleeping_must_be_inside_the_lock(void **state)
{
    (void)state;
    scenes_holds("lost-wakeup", "faulty", signal_falls_between);
    scenes_holds("lost-wakeup", "cured", signal_finds_the_waiter);
    scenes_holds_always("lost-wakeup", "cured", 200, signal_finds_the_waiter);
    scenes_breaks("3-synchronisation/lost-wakeup", "cured",
                  (struct scenes_change){"kept.c", "pthread_cond_signal(&arrived);", ""}, signal_finds_the_waiter);
}

/* ---- event ---- */

static const char *goes_only_when_set(const struct scenes_run *run)
{
    HOLDS(scenes_finished(run));
    size_t set = FIND("P1.main", "memory.store", "variable safe.flag");
    HOLDS(is_there(run, set) && scenes_number_at(run, set) == 1);
    for (const char *const *task = (const char *const[]){"P1.T1", "P1.T2", "P1.T3", NULL}; *task; task++) {
        size_t swims = FIND(*task, "file.write");
        HOLDS(is_there(run, swims) && swims > set);
    }
    HOLDS(is_there(run, FIND("P1.T4", "file.write")) && !is_there(run, FIND("P1.T4", "cond.wait")));
    return NULL;
}

static const char *all_wait_and_one_does_not(const struct scenes_run *run)
{
    size_t set = FIND("P1.main", "memory.store", "variable safe.flag");
    for (const char *const *task = (const char *const[]){"P1.T1", "P1.T2", "P1.T3", NULL}; *task; task++) {
        HOLDS(FIND(*task, "cond.wait", .outcome = "blocked") < set);
        HOLDS(scenes_is(scenes_state_at(run, set, *task), "blocked"));
    }
    for (size_t i = 0; i < run->step_count; i++)
        HOLDS(!scenes_is(run->steps[i].task, "P1.T4") || !scenes_is(run->steps[i].outcome, "blocked"));
    return goes_only_when_set(run);
}

static void an_event_lets_all_go_and_stays_set(void **state)
{
    (void)state;
    scenes_holds("event", NULL, all_wait_and_one_does_not);
    scenes_holds_always("event", NULL, 50, goes_only_when_set);
    scenes_breaks("3-synchronisation/event", NULL,
                  (struct scenes_change){"event.c", "pthread_cond_broadcast(", "pthread_cond_signal("},
                  all_wait_and_one_does_not);
    scenes_breaks("3-synchronisation/event", NULL, (struct scenes_change){"event.c", "while (!event->flag)", "if (0)"},
                  goes_only_when_set);
}

/* ---- barrier ---- */

enum { HIKERS = 3, LEGS = 2 };

static const char *none_leaves_before_the_last_arrival(const struct scenes_run *run)
{
    static const char *const hikers[HIKERS] = {"P1.T1", "P1.T2", "P1.T3"};
    unsigned arrived[HIKERS] = {0}, left[HIKERS] = {0};
    HOLDS(scenes_finished(run));
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        for (int h = 0; scenes_is(step->operation, "barrier.wait") && h < HIKERS; h++) {
            if (!scenes_is(step->task, hikers[h]))
                continue;
            if (arrived[h] == left[h])
                arrived[h]++;
            if (!scenes_is(step->outcome, "done"))
                continue;
            left[h]++;
            for (int other = 0; other < HIKERS; other++)
                HOLDS(arrived[other] >= left[h]);
        }
    }
    for (int h = 0; h < HIKERS; h++)
        HOLDS(left[h] == LEGS);
    return NULL;
}

static void a_barrier_waits_for_the_last(void **state)
{
    (void)state;
    scenes_holds("barrier", NULL, none_leaves_before_the_last_arrival);
    scenes_holds_always("barrier", NULL, 50, none_leaves_before_the_last_arrival);
    scenes_breaks("3-synchronisation/barrier", NULL,
                  (struct scenes_change){"barrier.c", "(&hut, NULL, HIKERS)", "(&hut, NULL, HIKERS - 1)"},
                  none_leaves_before_the_last_arrival);
}

/* ---- readers-writers ---- */

/* The most readers inside at once; -1 if the writer was ever inside with somebody. */
static int most_readers(const struct scenes_run *run)
{
    int readers = 0, writers = 0, most = 0;
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        bool writer = scenes_is(step->task, "P1.T1"), done = scenes_is(step->outcome, "done");
        if (done && scenes_is(step->object, "rwlock board")) {
            int change = scenes_is(step->operation, "rwlock.unlock") ? -1 : 1;
            *(writer ? &writers : &readers) += change;
        }
        if (writers > 1 || (writers == 1 && readers > 0))
            return -1;
        most = readers > most ? readers : most;
    }
    return most;
}

static const char *a_writer_is_alone(const struct scenes_run *run)
{
    HOLDS(scenes_finished(run) && most_readers(run) >= 1);
    return NULL;
}

static const char *readers_pass_the_writer(const struct scenes_run *run)
{
    HOLDS(scenes_finished(run) && most_readers(run) >= 2);
    size_t waits = FIND("P1.T1", "rwlock.wrlock", .outcome = "blocked");
    size_t passes = FIND_AFTER(waits, "P1.T3", "rwlock.rdlock", .outcome = "done");
    size_t passes_too = FIND_AFTER(passes, "P1.T4", "rwlock.rdlock", .outcome = "done");
    size_t writes = FIND_AFTER(passes_too, "P1.T1", "rwlock.wrlock", .outcome = "done");
    HOLDS(is_there(run, writes));
    for (size_t i = waits; i <= passes_too; i++)
        HOLDS(scenes_is(scenes_state_at(run, i, "P1.T1"), "blocked"));
    return NULL;
}

static void readers_together_and_the_writer_alone(void **state)
{
    (void)state;
    scenes_holds("readers-writers", NULL, readers_pass_the_writer);
    scenes_holds_always("readers-writers", NULL, 50, a_writer_is_alone);
    scenes_breaks("3-synchronisation/readers-writers", NULL,
                  (struct scenes_change){"readers-writers.c", "pthread_rwlock_wrlock", "pthread_rwlock_rdlock"},
                  a_writer_is_alone);
    scenes_breaks("3-synchronisation/readers-writers", NULL,
                  (struct scenes_change){"readers-writers.c", "pthread_rwlock_rdlock", "pthread_rwlock_wrlock"},
                  readers_pass_the_writer);
}

/* ---- priority-inversion ---- */

/* Virtual milliseconds that the highest waits for the lock; -1 if it does not. */
static long delay_of(const struct scenes_run *run)
{
    size_t asks = FIND("P1.T1", "mutex.lock", .outcome = "blocked");
    size_t gets = FIND_AFTER(asks, "P1.T1", "mutex.lock", .outcome = "done");
    return scenes_finished(run) && is_there(run, gets) ? scenes_time_at(run, gets) - scenes_time_at(run, asks) : -1;
}

static long inverted_delay; /* with 3 pieces of work in the middle */
static const char *waits_for_the_middle(const struct scenes_run *run)
{
    size_t asks = FIND("P1.T1", "mutex.lock", .outcome = "blocked");
    size_t middle_ends = FIND("P1.T2", "thread.exit");
    HOLDS(asks < middle_ends && middle_ends < FIND("P1.T1", "mutex.lock", .outcome = "done"));
    inverted_delay = delay_of(run);
    HOLDS(inverted_delay > 0);
    return NULL;
}

static const char *waits_longer(const struct scenes_run *run)
{
    enum { PIECES_MORE = 5, STEPS = 4 }; /* done < work: two loads; done = done + 1: load, store */
    HOLDS(delay_of(run) == inverted_delay + (long)PIECES_MORE * STEPS);
    return NULL;
}

static const char *waits_for_the_owner_only(const struct scenes_run *run)
{
    size_t asks = FIND("P1.T1", "mutex.lock", .outcome = "blocked");
    size_t gets = FIND("P1.T1", "mutex.lock", .outcome = "done");
    HOLDS(is_there(run, gets) && asks < gets && scenes_finished(run));
    for (size_t i = asks + 1; i < gets; i++)
        HOLDS(scenes_is(run->steps[i].task, "P1.T3"));
    HOLDS(delay_of(run) < inverted_delay);
    HOLDS(FIND("P1.T2", "semaphore.wait", .outcome = "done") > gets);
    return NULL;
}

static void inheritance_bounds_the_delay(void **state)
{
    (void)state;
    scenes_holds("priority-inversion", "inversion", waits_for_the_middle);
    scenes_holds("priority-inversion", "longer", waits_longer);
    scenes_holds("priority-inversion", "cured", waits_for_the_owner_only);
    struct scenes_run run, more;
    scenes_play("priority-inversion", "cured", NULL, &run);
    scenes_play_changed("3-synchronisation/priority-inversion", "cured",
                        (struct scenes_change){"scene.yaml", "[8, inherit]", "[40, inherit]"}, &more);
    assert_null(waits_for_the_owner_only(&more));
    assert_int_equal(delay_of(&run), delay_of(&more));
    scenes_run_free(&run);
    scenes_run_free(&more);
    scenes_breaks(
        "3-synchronisation/priority-inversion", "cured",
        (struct scenes_change){"priority-inversion.c", "&kind, PTHREAD_PRIO_INHERIT", "&kind, PTHREAD_PRIO_NONE"},
        waits_for_the_owner_only);
    scenes_play_seeds("priority-inversion", "cured", 200);
}

/* ---- fifo-and-lifo ---- */

static const char *order_of_removal(const struct scenes_run *run)
{
    HOLDS(scenes_finished(run));
    size_t queue = (size_t)-1, stack = (size_t)-1;
    for (int i = 0; i < 3; i++) {
        char queued[40], stacked[40];
        snprintf(queued, sizeof queued, "variable queue[%d]", i);
        snprintf(stacked, sizeof stacked, "variable stack[%d]", 2 - i);
        queue = FIND_AFTER(queue, "P1.main", "memory.load", queued);
        stack = FIND_AFTER(stack, "P1.main", "memory.load", stacked);
        HOLDS(scenes_number_at(run, queue) == i + 1 && scenes_number_at(run, stack) == 3 - i);
    }
    char *text = scenes_printed(run);
    bool as_wanted =
        strcmp(text,
               "out of the queue: 1\nout of the queue: 2\nout of the queue: 3\n"
               "out of the stack: 3\nout of the stack: 2\nout of the stack: 1\n"
               "call 1 begins\ncall 2 begins\ncall 3 begins\ncall 3 returns\ncall 2 returns\ncall 1 returns\n") == 0;
    free(text);
    HOLDS(as_wanted);
    return NULL;
}

static void a_queue_gives_the_first_and_a_stack_the_last(void **state)
{
    (void)state;
    scenes_holds("fifo-and-lifo", NULL, order_of_removal);
    scenes_breaks("3-synchronisation/fifo-and-lifo", NULL,
                  (struct scenes_change){"fifo-and-lifo.c", "int item = queue[head];", "int item = queue[tail - 1];"},
                  order_of_removal);
}

/* ---- check-then-act ---- */

static const char *a_put_is_refused(const struct scenes_run *run)
{
    HOLDS(scenes_failed(run, "failed") && scenes_exit_of(run, "P1") == 1 && !scenes_fault_of(run, "data-race"));
    size_t one = FIND("P1.T1", "memory.load", "variable hatch.count");
    size_t two = FIND("P1.T2", "memory.load", "variable hatch.count");
    size_t put = FIND("P1.T1", "memory.store", "variable hatch.count");
    HOLDS(scenes_number_at(run, one) == 1 && scenes_number_at(run, two) == 1 && one < put && two < put);
    HOLDS(scenes_number_at(run, put) == 2);
    HOLDS(scenes_number_at(run, FIND_AFTER(two, "P1.T2", "memory.load", "variable hatch.count")) == 2);
    HOLDS(!is_there(run, FIND("P1.T2", "memory.store", "variable hatch.count")));
    return NULL;
}

static const char *plates_are_left_behind(const struct scenes_run *run)
{
    HOLDS(scenes_failed(run, "failed") && scenes_exit_of(run, "P1") == 1 && !scenes_fault_of(run, "data-race"));
    HOLDS(FIND("P1.T1", "thread.exit") < FIND("P1.T2", "thread.exit"));
    size_t joined = FIND("P1.main", "thread.join", "P1.T2", "done");
    HOLDS(scenes_number_at(run, FIND_AFTER(joined, "P1.main", "memory.load", "variable hatch.count")) == 3);
    return NULL;
}

/* Each plate once and in order, then the marker; nothing is left. */
static const char *nothing_is_lost(const struct scenes_run *run)
{
    HOLDS(scenes_finished(run));
    char *text = scenes_printed(run);
    bool as_wanted = strcmp(text, "waiter: plate 1\nwaiter: plate 2\nwaiter: plate 3\n"
                                  "waiter: the marker, so I go home\nmain: 0 left behind\n") == 0;
    free(text);
    HOLDS(as_wanted);
    return NULL;
}

static const char *both_wait_and_nothing_is_lost(const struct scenes_run *run)
{
    HOLDS(is_there(run, FIND("P1.T1", "cond.wait", .outcome = "blocked")));
    HOLDS(is_there(run, FIND("P1.T2", "cond.wait", .outcome = "blocked")));
    return nothing_is_lost(run);
}

static void what_was_looked_at_is_old_when_acted_on(void **state)
{
    (void)state;
    scenes_holds("check-then-act", "full", a_put_is_refused);
    scenes_holds("check-then-act", "empty", plates_are_left_behind);
    scenes_holds("check-then-act", "cured", both_wait_and_nothing_is_lost);
    scenes_holds_always("check-then-act", "cured", 200, nothing_is_lost);
    scenes_breaks("3-synchronisation/check-then-act", "cured",
                  (struct scenes_change){"marker.c", "put(&hatch, MARKER);", ""}, nothing_is_lost);
    scenes_breaks("3-synchronisation/check-then-act", "full",
                  (struct scenes_change){"full.c", "enum { ROOM = 2 };", "enum { ROOM = 3 };"}, a_put_is_refused);
}

/* ---- all of them ---- */

static const struct scenes_listed scenes[] = {
    {"while-not-if", "faulty", "while-not-if/if.c", NULL, NULL, 0, false},
    {"while-not-if", "cured", "while-not-if/while.c", NULL, "Ann has eaten\n", 0, false},
    {"lost-wakeup", "faulty", "lost-wakeup/lost.c", NULL, NULL, 0, false},
    {"lost-wakeup", "cured", "lost-wakeup/kept.c", NULL, "reader: a letter for me\n", 0, false},
    {"event", NULL, "event/event.c", NULL, "swimmer 4 swims\n", 0, false},
    {"barrier", NULL, "barrier/barrier.c", NULL, "hiker 1 leaves hut 2\n", 0, false},
    {"readers-writers", NULL, "readers-writers/readers-writers.c", NULL, "writer: notice 2 is up\n", 0, false},
    {"priority-inversion", "inversion", "priority-inversion/priority-inversion.c", "3", "high: at last\n", 0, false},
    {"priority-inversion", "longer", NULL, NULL, NULL, 0, false},
    {"priority-inversion", "cured", NULL, NULL, NULL, 0, false},
    {"fifo-and-lifo", NULL, "fifo-and-lifo/fifo-and-lifo.c", NULL, "out of the stack: 3\n", 0, false},
    {"check-then-act", "full", "check-then-act/full.c", NULL, NULL, 0, false},
    {"check-then-act", "empty", "check-then-act/empty.c", NULL, NULL, 0, false},
    {"check-then-act", "cured", "check-then-act/marker.c", NULL, "main: 0 left behind\n", 0, false},
    {"garbage", NULL, "garbage/garbage.c", NULL, "sweeping frees B\n", 0, false},
    {"gil", "one-cpu", "gil/interpreter.c", "cc", "references: 5, should be 5\n", 0, false},
    {"gil", "two-cpus", NULL, NULL, NULL, 0, false},
    {"gil", "waiting", "gil/interpreter.c", "ww", "references: 5, should be 5\n", 0, false},
    {"gil", "no-lock", "gil/free.c", NULL, NULL, 0, false},
    {"gil", "update", NULL, NULL, NULL, 0, false},
};
static struct scenes_act act = {
    .folder = "3-synchronisation", .scenes = scenes, .scene_count = sizeof scenes / sizeof *scenes};

static void by_priority_every_run_is_the_same_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < act.scene_count; i++)
        scenes_play_twice(scenes[i].id, scenes[i].variant, "priority", "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_woken_must_look_again),
        cmocka_unit_test(looking_and_sleeping_must_be_inside_the_lock),
        cmocka_unit_test(an_event_lets_all_go_and_stays_set),
        cmocka_unit_test(a_barrier_waits_for_the_last),
        cmocka_unit_test(readers_together_and_the_writer_alone),
        cmocka_unit_test(inheritance_bounds_the_delay),
        cmocka_unit_test(a_queue_gives_the_first_and_a_stack_the_last),
        cmocka_unit_test(what_was_looked_at_is_old_when_acted_on),
        cmocka_unit_test_prestate(scenes_every_program_runs_without_lockstep, &act),
        cmocka_unit_test_prestate(scenes_every_run_is_the_same_twice, &act),
        cmocka_unit_test(by_priority_every_run_is_the_same_twice),
    };
    return cmocka_run_group_tests_name("scenes: must hold, act 3", tests, NULL, NULL);
}
