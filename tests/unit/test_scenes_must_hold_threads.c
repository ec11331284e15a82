/* What CURRICULUM promises of the scenes of act 2 about threads: what they share and what not, joining and forking. Asserted
 * of their real runs: from the events, never from the narration; and each promise seen to fail of a changed copy of the
 * scene. */
#include "scenes_act.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(alive(&run->steps[0]) == 1);
    unsigned most = 0;
    bool falls = false;
    for (size_t i = 0; i + 1 < run->step_count; i++) {
        unsigned now = alive(&run->steps[i]);
        falls |= now < most;
        SCENES_HOLDS(now <= most || !falls || now <= 4);
        most = now > most ? now : most;
    }
    SCENES_HOLDS(most == 4);
    size_t last = run->step_count - 1;
    SCENES_HOLDS(alive(&run->steps[last - 1]) == 1);
    SCENES_HOLDS(scenes_is(run->steps[last].task, "P1.main") &&
                 scenes_is_step(&run->steps[last], "process.exit", NULL));
    SCENES_HOLDS(scenes_count(scenes_all_printed(run), ": done\n") == 3);
    return NULL;
}

static const char *the_threads_die_with_main(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t last = run->step_count - 1;
    SCENES_HOLDS(scenes_is(run->steps[last].task, "P1.main") &&
                 scenes_is_step(&run->steps[last], "process.exit", NULL));
    SCENES_HOLDS(alive(&run->steps[last - 1]) == 4 && alive(&run->steps[last]) == 0);
    SCENES_HOLDS(!SCENES_IS_THERE(NULL, "thread.exit"));
    SCENES_HOLDS(scenes_count(scenes_all_printed(run), ": done\n") == 0);
    return NULL;
}

static void threads_end_before_main_or_with_it(void **state)
{
    (void)state;
    scenes_holds("threads", "joined", one_then_four_then_one);
    scenes_play_seeds("threads", "joined", 200);
    scenes_holds("threads", "returns", the_threads_die_with_main);
    scenes_breaks("2-threads/threads", "joined",
                  (struct scenes_change){"threads.c", "pthread_join(lines[i], NULL);", ";"}, one_then_four_then_one);
    scenes_breaks("2-threads/threads", "returns",
                  (struct scenes_change){"returns.c", "return 0;", "pthread_exit(NULL);"}, the_threads_die_with_main);
}

/* ---- thread-vs-process-cost: real time, no golden figures ---- */

static const char *both_are_measured_and_the_process_is_dearer(const struct scenes_run *run)
{
    SCENES_HOLDS(run->output.status == 0);
    unsigned threads = 0, processes = 0;
    for (size_t i = 0; i < run->step_count; i++) {
        threads += scenes_is_step(&run->steps[i], "thread.create", "done");
        processes += scenes_is_step(&run->steps[i], "process.fork", "done");
    }
    SCENES_HOLDS(threads >= 50 && processes >= 50);
    const char *text = scenes_all_printed(run), *thread = strstr(text, "\nthread"),
               *process = strstr(text, "\nprocess");
    SCENES_HOLDS(thread && process);
    thread += strcspn(thread, "0123456789");
    process += strcspn(process, "0123456789");
    SCENES_HOLDS(strtol(thread, NULL, 10) < strtol(process, NULL, 10));
    SCENES_HOLDS(scenes_count(thread, "us\n") == 2);
    return NULL;
}

static void a_process_costs_more_than_a_thread(void **state)
{
    (void)state;
    scenes_holds("thread-vs-process-cost", NULL, both_are_measured_and_the_process_is_dearer);
}

/* ---- shared-globals ---- */

static const char *globals_are_shared_and_locals_are_not(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t stored = SCENES_FIND("P1.T1", "memory.store", "variable g_num");
    size_t put = SCENES_FIND("P1.T1", "memory.store", "variable g_list[3]");
    SCENES_HOLDS(scenes_number_at(run, stored) == 101 && scenes_number_at(run, put) == 44);
    SCENES_HOLDS(scenes_number_at(run, SCENES_FIND_AFTER(stored, "P1.T2", "memory.load", "variable g_num")) == 101);
    SCENES_HOLDS(scenes_number_at(run, SCENES_FIND_AFTER(put, "P1.T2", "memory.load", "variable g_list[3]")) == 44);
    unsigned long writers = 0, readers = 0;
    const char *text = scenes_all_printed(run), *writer = strstr(text, "writer: my local is 1 at "),
               *reader = strstr(text, "reader: my local is 2 at ");
    SCENES_HOLDS(writer && sscanf(writer, "writer: my local is 1 at %lx", &writers) == 1);
    SCENES_HOLDS(reader && sscanf(reader, "reader: my local is 2 at %lx", &readers) == 1);
    SCENES_HOLDS(writers != readers);
    return NULL;
}

static void threads_share_globals_and_no_locals(void **state)
{
    (void)state;
    scenes_holds("shared-globals", NULL, globals_are_shared_and_locals_are_not);
    scenes_holds_always("shared-globals", NULL, 20, globals_are_shared_and_locals_are_not);
    scenes_breaks("2-threads/shared-globals", NULL,
                  (struct scenes_change){"shared-globals.c", "int g_num = 100;", "__thread int g_num = 100;"},
                  globals_are_shared_and_locals_are_not);
}

/* ---- thread-argument ---- */

static bool ids_differ(const struct scenes_run *run)
{
    static const char *const tasks[] = {"P1.T1", "P1.T2", "P1.T3"};
    long ids[3];
    for (size_t i = 0; i < 3; i++) {
        size_t at = SCENES_FIND(tasks[i], "memory.load");
        ids[i] = scenes_number_at(run, at);
    }
    return ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2];
}

static const char *an_id_is_there_twice(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_failed(run, "failed") && scenes_fault_of(run, "exit-status"));
    SCENES_HOLDS(!ids_differ(run));
    return NULL;
}

static const char *every_id_is_there_once(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run) && ids_differ(run));
    SCENES_HOLDS(strstr(scenes_all_printed(run), "0 + 1 + 2 is 3 here\n") != NULL);
    return NULL;
}

static void an_address_is_no_copy(void **state)
{
    (void)state;
    scenes_holds("thread-argument", "faulty", an_id_is_there_twice);
    scenes_holds("thread-argument", "cured", every_id_is_there_once);
    scenes_holds_always("thread-argument", "cured", 200, every_id_is_there_once);
    scenes_breaks("2-threads/thread-argument", "cured", (struct scenes_change){"copies.c", "&ids[i]", "&ids[0]"},
                  every_id_is_there_once);
}

/* ---- lock-vs-join ---- */

/* The order of the introductions by their first letters, "AGE"; "" when one is not whole. */
static const char *order_of(const struct scenes_run *run)
{
    static char order[8];
    const char *at = scenes_all_printed(run);
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
    SCENES_HOLDS(scenes_finished(run) && scenes_is(order_of(run), ""));
    SCENES_HOLDS(scenes_count(scenes_all_printed(run), "\n") == 9);
    return NULL;
}

static unsigned orders_seen; /* one bit for each first speaker */

static const char *each_is_whole(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run) && strlen(order_of(run)) == 3);
    orders_seen |= 1u << (order_of(run)[0] - 'A');
    return NULL;
}

static const char *in_one_order(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run) && scenes_is(order_of(run), "AGE"));
    return NULL;
}

static void a_lock_keeps_whole_and_join_keeps_order(void **state)
{
    (void)state;
    scenes_holds("lock-vs-join", "interleaved", nobody_is_let_finish);
    orders_seen = 0;
    scenes_holds_always("lock-vs-join", "lock", 200, each_is_whole);
    assert_true((orders_seen & (orders_seen - 1)) != 0); /* more than one */
    scenes_holds("lock-vs-join", "join", in_one_order);
    scenes_holds_always("lock-vs-join", "join", 200, in_one_order);
    scenes_breaks(
        "2-threads/lock-vs-join", "lock",
        (struct scenes_change){"lock.c", "pthread_mutex_lock(&microphone);", "pthread_mutex_trylock(&microphone);"},
        each_is_whole);
}

/* ---- fork-with-threads ---- */

static const char *the_child_hangs(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_failed(run, "deadlock"));
    size_t forked = SCENES_FIND("P1.main", "process.fork");
    SCENES_HOLDS(scenes_is(scenes_mutex_holder(run, forked, "mutex diary_lock"), "P1.T1"));
    SCENES_HOLDS(SCENES_IS_THERE("P2.main", "mutex.lock", "mutex P2:diary_lock", "blocked"));
    SCENES_HOLDS(scenes_is(scenes_state(&run->steps[run->step_count - 1], "P2.main"), "blocked"));
    SCENES_HOLDS(scenes_fault_names(scenes_fault_of(run, "deadlock"), "tasks", "P2.main"));
    return NULL;
}

static const char *the_child_execs_and_ends(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(SCENES_IS_THERE("P2.main", "process.exec", NULL, "done") && !SCENES_IS_THERE("P2.main", "mutex.lock"));
    SCENES_HOLDS(strstr(scenes_all_printed(run), "child: a new program\n") != NULL);
    SCENES_HOLDS(strstr(scenes_all_printed(run), "parent: the child is done\n") != NULL);
    return NULL;
}

static void a_forked_child_inherits_locks_without_owners(void **state)
{
    (void)state;
    scenes_holds("fork-with-threads", "faulty", the_child_hangs);
    scenes_holds("fork-with-threads", "cured", the_child_execs_and_ends);
    scenes_holds_always("fork-with-threads", "cured", 200, the_child_execs_and_ends);
    scenes_breaks("2-threads/fork-with-threads", "cured",
                  (struct scenes_change){"execs.c",
                                         "execlp(\"echo\", \"echo\", \"child: a new program\", (char *)NULL);",
                                         "write_page();"},
                  the_child_execs_and_ends);
}

/* ---- all of them ---- */

static const struct scenes_listed scenes[] = {
    {"threads", "joined", "threads/threads.c", NULL, "main: all three are done, the workshop closes\n", 0, false},
    {"threads", "returns", "threads/returns.c", NULL, "main: I go home, the workshop closes\n", 0, false},
    {"thread-vs-process-cost", NULL, "thread-vs-process-cost/thread-vs-process-cost.c", NULL, "\nprocess ", 0, true},
    {"shared-globals", NULL, "shared-globals/shared-globals.c", NULL, "reader: g_num is 101, list[3] is 44\n", 0,
     false},
    {"thread-argument", "faulty", NULL, NULL, NULL, 0, false},
    {"thread-argument", "cured", "thread-argument/copies.c", NULL, "0 + 1 + 2 is 3 here\n", 0, false},
    {"lock-vs-join", "interleaved", "lock-vs-join/interleaved.c", NULL, "Edsger: thank you\n", 0, false},
    {"lock-vs-join", "lock", "lock-vs-join/lock.c", NULL, "Grace: good morning\nGrace: my name is Grace\n", 0, false},
    {"lock-vs-join", "join", "lock-vs-join/join.c", NULL, "Ada: thank you\nGrace: good morning\n", 0, false},
    {"fork-with-threads", "faulty", NULL, NULL, NULL, 0, false},
    {"fork-with-threads", "cured", "fork-with-threads/execs.c", NULL, "parent: the child is done\n", 0, false},
};
static struct scenes_act act = {.folder = "2-threads", .scenes = scenes, .scene_count = sizeof scenes / sizeof *scenes};

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_end_before_main_or_with_it),
        cmocka_unit_test(a_process_costs_more_than_a_thread),
        cmocka_unit_test(threads_share_globals_and_no_locals),
        cmocka_unit_test(an_address_is_no_copy),
        cmocka_unit_test(a_lock_keeps_whole_and_join_keeps_order),
        cmocka_unit_test(a_forked_child_inherits_locks_without_owners),
        cmocka_unit_test_prestate(scenes_every_program_runs_without_lockstep, &act),
        cmocka_unit_test_prestate(scenes_every_run_is_the_same_twice, &act),
    };
    return cmocka_run_group_tests_name("scenes: must hold, act 2, threads", tests, NULL, NULL);
}
