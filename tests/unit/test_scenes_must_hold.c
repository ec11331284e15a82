/* What CURRICULUM promises of each scene, asserted of its real run: from the events, never from the narration. */
#include "scenes_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- what must hold of every run ---- */

/* The order in which a task may go from one state to another. */
static bool is_arrow(const char *from, const char *to)
{
    static const char *const arrows[][2] = {
        {"", "new"},
        {"", "ready"},
        {"", "terminated"},
        {"new", "ready"},
        {"ready", "running"},
        {"running", "ready"},
        {"running", "blocked"},
        {"running", "zombie"},
        {"blocked", "ready"},
        {"ready", "zombie"},
        {"zombie", "terminated"},
        {"running", "terminated"},
        {"ready", "terminated"},
        {"blocked", "terminated"},
        {"blocked", "zombie"},
    };
    for (size_t i = 0; i < sizeof arrows / sizeof *arrows; i++) {
        if (scenes_is(from, arrows[i][0]) && scenes_is(to, arrows[i][1]))
            return true;
    }
    return scenes_is(from, to);
}

/* Virtual time went on by more than this step's tick: nobody could run, or the policy chose a sleeper (random may). Then
 * the sleeper was woken and let go between the two lines. */
static bool time_jumped(const struct scenes_run *run, size_t index)
{
    return index > 0 && run->steps[index].time - run->steps[index - 1].time > 0.0015;
}

static void check_states(const struct scenes_run *run, unsigned cpus)
{
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        const char *task;
        json_t *value;
        unsigned running = 0;
        json_object_foreach((json_t *)(uintptr_t)step->states, task, value)
        {
            const char *now = json_string_value(value);
            const char *before = i ? scenes_state(&run->steps[i - 1], task) : "new";
            running += scenes_is(now, "running");
            /* A step is one line: who ran it was chosen, ran, and may have been stopped again. */
            if (scenes_is(task, step->task)) {
                bool chosen = scenes_is(before, "ready") || scenes_is(before, "running") || scenes_is(before, "new") ||
                              time_jumped(run, i);
                if (!chosen)
                    fail_msg("step %ld: %s ran, but was %s before", step->step, task, before);
            } else if (!is_arrow(before, now)) {
                fail_msg("step %ld: %s went from %s to %s", step->step, task, before, now);
            }
        }
        if (running > cpus)
            fail_msg("step %ld: %u tasks run on %u CPUs", step->step, running, cpus);
        size_t index;
        json_array_foreach((json_t *)(uintptr_t)step->enabled, index, value)
        {
            const char *state = scenes_state(step, json_string_value(value));
            if (!scenes_is(state, "ready") && !scenes_is(state, "running") && !scenes_is(state, "new"))
                fail_msg("step %ld: %s is enabled and %s", step->step, json_string_value(value), state);
        }
    }
}

/* Who holds a mutex is the only one; a condition wait lets go and takes again. For scenes in which the mutex of a
 * condition wait is the only one that its task holds. */
enum { MUTEXES = 8 };
struct holders {
    const char *mutex[MUTEXES], *task[MUTEXES];
    const char *lent[MUTEXES]; /* who will take it again after a condition wait */
    size_t count;
};

static size_t holder_of(struct holders *holders, const char *mutex)
{
    for (size_t i = 0; i < holders->count; i++) {
        if (scenes_is(holders->mutex[i], mutex))
            return i;
    }
    assert_true(holders->count < MUTEXES);
    holders->mutex[holders->count] = mutex;
    return holders->count++;
}

static void wait_lets_go(struct holders *holders, const struct scenes_step *step)
{
    bool ends = !scenes_is(step->outcome, "blocked");
    for (size_t i = 0; i < holders->count; i++) {
        if (!ends && scenes_is(holders->task[i], step->task))
            holders->task[i] = NULL;
        else if (ends && holders->task[i])
            fail_msg("step %ld: %s is back from its wait while %s holds %s", step->step, step->task, holders->task[i],
                     holders->mutex[i]);
        else if (ends)
            holders->task[i] = step->task;
    }
}

static void check_mutexes(const struct scenes_run *run, void (*inside)(const struct scenes_step *, const char *))
{
    struct holders holders = {.count = 0};
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        if (strncmp(step->operation, "cond.", 5) == 0 && strstr(step->operation, "wait")) {
            wait_lets_go(&holders, step);
        } else if (scenes_is(step->operation, "mutex.lock")) {
            size_t at = holder_of(&holders, step->object);
            if (scenes_is(step->outcome, "done")) {
                assert_null(holders.task[at]);
                holders.task[at] = step->task;
            } else {
                assert_string_equal(step->outcome, "blocked");
                assert_non_null(holders.task[at]); /* it was refused for a reason */
            }
        } else if (scenes_is(step->operation, "mutex.unlock")) {
            size_t at = holder_of(&holders, step->object);
            assert_string_equal(holders.task[at], step->task);
            holders.task[at] = NULL;
        } else if (inside && holders.count) {
            inside(step, holders.task[0]);
        }
    }
}

static void check_run(const struct scenes_run *run, const char *verdict, int status)
{
    assert_string_equal(scenes_verdict(run), verdict);
    assert_int_equal(run->output.status, status);
    check_states(run, 1);
}

static long exit_of(const struct scenes_run *run, const char *process)
{
    const json_t *exit = json_object_get(json_object_get(run->end, "exit"), process);
    return json_is_integer(exit) ? (long)json_integer_value(exit) : -1;
}

static void check_printed(const struct scenes_run *run, const char *wanted)
{
    char *printed = scenes_printed(run);
    assert_string_equal(printed, wanted);
    free(printed);
}

/* The step is there, at or after `from`. */
static size_t must_find(const struct scenes_run *run, size_t from, struct scenes_wanted wanted)
{
    size_t at = scenes_find(run, from, wanted);
    if (at == run->step_count)
        fail_msg("no step: %s %s %s %s", wanted.task ? wanted.task : "*", wanted.operation ? wanted.operation : "*",
                 wanted.object ? wanted.object : "*", wanted.outcome ? wanted.outcome : "*");
    return at;
}

static bool is_there(const struct scenes_run *run, struct scenes_wanted wanted)
{
    return scenes_find(run, 0, wanted) < run->step_count;
}

/* ---- act 1 ---- */

static bool arrow_taken(const struct scenes_run *run, const char *from, const char *to)
{
    for (size_t i = 1; i < run->step_count; i++) {
        const char *task;
        json_t *value;
        json_object_foreach((json_t *)(uintptr_t)run->steps[i].states, task, value)
        {
            if (scenes_is(scenes_state(&run->steps[i - 1], task), from) && scenes_is(json_string_value(value), to))
                return true;
        }
    }
    return false;
}

static void process_states_takes_each_of_the_six_arrows(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("process-states", NULL, NULL, &run);
    check_run(&run, "finished", 0);
    assert_true(arrow_taken(&run, "new", "ready"));
    assert_true(arrow_taken(&run, "ready", "running"));
    assert_true(arrow_taken(&run, "running", "ready"));
    assert_true(arrow_taken(&run, "blocked", "ready"));
    assert_true(arrow_taken(&run, "running", "blocked") || arrow_taken(&run, "ready", "blocked"));
    assert_true(arrow_taken(&run, "running", "zombie") || arrow_taken(&run, "ready", "zombie"));
    assert_false(arrow_taken(&run, "blocked", "running"));
    /* The waiter is blocked on the pipe, uses no CPU until the byte is there, and is ready before it runs. */
    size_t blocked = must_find(&run, 0, (struct scenes_wanted){"P3.main", "pipe.read", "pipe 1", "blocked", 0});
    size_t written = must_find(&run, blocked, (struct scenes_wanted){"P1.main", "pipe.write", "pipe 1", "done", 0});
    size_t again = must_find(&run, blocked + 1, (struct scenes_wanted){.task = "P3.main"});
    assert_true(again > written);
    assert_string_equal(scenes_state(&run.steps[written - 1], "P3.main"), "blocked");
    assert_string_equal(scenes_state(&run.steps[written], "P3.main"), "ready");
    assert_int_equal(exit_of(&run, "P1") + exit_of(&run, "P2") + exit_of(&run, "P3"), 0);
    char *printed = scenes_printed(&run);
    assert_int_equal(scenes_count(printed, "the sum is 15"), 1);
    assert_int_equal(scenes_count(printed, "the letter is x"), 1);
    free(printed);
    scenes_run_free(&run);
}

static void fork_tree_has_four_processes_in_the_right_tree(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("fork-tree", NULL, NULL, &run);
    check_run(&run, "finished", 0);
    unsigned made = 0;
    char by_first[64] = "", by_others[64] = "";
    for (size_t i = 0; i < run.step_count; i++) {
        if (!scenes_is(run.steps[i].operation, "process.fork"))
            continue;
        const char *child = json_string_value(run.steps[i].value); /* what fork gives the parent */
        assert_non_null(child);
        made++;
        bool first = scenes_is(run.steps[i].task, "P1.main");
        strcat(first ? by_first : by_others, child);
        if (!first)
            assert_string_equal(run.steps[i].task, "P2.main");
    }
    assert_int_equal(made, 3);
    assert_string_equal(by_first, "P2P3");
    assert_string_equal(by_others, "P4");
    for (const char *const *task = (const char *const[]){"P2.main", "P3.main", "P4.main", NULL}; *task; task++) {
        size_t born = must_find(&run, 0, (struct scenes_wanted){.task = *task, .operation = "process.start"});
        assert_int_equal(scenes_number(&run.steps[born]), 0); /* what fork gives the child */
    }
    assert_true(json_is_null(run.steps[0].value)); /* the first of all is nobody's fork */
    for (const char *const *process = (const char *const[]){"P1", "P2", "P3", "P4", NULL}; *process; process++)
        assert_int_equal(exit_of(&run, *process), 0);
    assert_int_equal(json_object_size(json_object_get(run.end, "exit")), 4);
    char *printed = scenes_printed(&run);
    assert_int_equal(scenes_count(printed, "I have two children\n"), 1);
    assert_int_equal(scenes_count(printed, "I have a parent and a child\n"), 1);
    assert_int_equal(scenes_count(printed, "I have a parent and no child\n"), 2);
    free(printed);
    scenes_run_free(&run);
}

static void isolation_leaves_the_parents_variable_alone(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("isolation", NULL, NULL, &run);
    check_run(&run, "finished", 0);
    size_t stored =
        must_find(&run, 0, (struct scenes_wanted){"P2.main", "memory.store", "variable P2:g_num", "done", 0});
    assert_int_equal(scenes_number(&run.steps[stored]), 101);
    size_t loaded =
        must_find(&run, stored, (struct scenes_wanted){"P1.main", "memory.load", "variable g_num", "done", 0});
    assert_int_equal(scenes_number(&run.steps[loaded]), 100);
    char *printed = scenes_printed(&run);
    unsigned long child = 0, parent = 1;
    const char *at = strstr(printed, "child:  g_num is 101 at ");
    assert_true(at && sscanf(at, "child:  g_num is 101 at %lx", &child) == 1);
    at = strstr(printed, "parent: g_num is 100 at ");
    assert_true(at && sscanf(at, "parent: g_num is 100 at %lx", &parent) == 1);
    assert_int_equal(child, parent);
    free(printed);
    scenes_run_free(&run);
}

static void zombie_is_one_until_it_is_waited_for(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("zombie", "waited", NULL, &run);
    check_run(&run, "finished", 0);
    size_t ended = must_find(&run, 0, (struct scenes_wanted){.task = "P2.main", .operation = "process.exit"});
    size_t waited = must_find(&run, ended, (struct scenes_wanted){"P1.main", "process.wait", NULL, "done", 0});
    assert_true(waited > ended + 1);
    for (size_t i = ended; i < waited; i++)
        assert_string_equal(scenes_state(&run.steps[i], "P2.main"), "zombie");
    assert_string_equal(scenes_state(&run.steps[waited], "P2.main"), "terminated");
    assert_int_equal(exit_of(&run, "P2"), 7);
    check_printed(&run, "child: I end with status 7\nparent: the child's status was 7\n");
    scenes_run_free(&run);
}

static void zombie_that_nobody_waits_for_goes_with_its_parent(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("zombie", "unwaited", NULL, &run);
    check_run(&run, "failed", 1);
    size_t ended = must_find(&run, 0, (struct scenes_wanted){.task = "P3.main", .operation = "process.exit"});
    size_t parent = must_find(&run, ended, (struct scenes_wanted){.task = "P2.main", .operation = "process.exit"});
    assert_true(parent > ended);
    for (size_t i = ended; i < parent; i++)
        assert_string_equal(scenes_state(&run.steps[i], "P3.main"), "zombie");
    size_t waited = must_find(&run, parent, (struct scenes_wanted){"P1.main", "process.wait", NULL, "done", 0});
    assert_string_equal(scenes_state(&run.steps[waited], "P3.main"), "terminated"); /* reaped by init */
    assert_int_equal(scenes_fault_count(&run), 1);
    assert_string_equal(json_string_value(json_object_get(scenes_fault(&run, 0), "kind")), "zombie-left");
    assert_int_equal(exit_of(&run, "P3"), 7);
    scenes_run_free(&run);
}

static void orphan_lives_on_with_another_parent(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("orphan", NULL, NULL, &run);
    check_run(&run, "finished", 0);
    size_t ended = must_find(&run, 0, (struct scenes_wanted){.task = "P2.main", .operation = "process.exit"});
    assert_string_equal(scenes_state(&run.steps[ended], "P3.main"), "blocked");
    size_t woken = must_find(&run, ended, (struct scenes_wanted){"P3.main", "time.sleep", NULL, "done", 0});
    must_find(&run, woken, (struct scenes_wanted){.task = "P3.main", .operation = "process.exit"});
    assert_int_equal(scenes_fault_count(&run), 0);
    assert_int_equal(exit_of(&run, "P3"), 0);
    /* The program asks the kernel: its parent's number has changed. */
    check_printed(&run, "child: my parent is the one who made me\nparent: I end first\nchild: I have been adopted\n");
    scenes_run_free(&run);
}

/* ---- act 2 ---- */

static void race_loses_updates_and_is_found(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("race", NULL, NULL, &run);
    check_run(&run, "failed", 1);
    struct scenes_wanted load = {.operation = "memory.load", .object = "variable g_num", .outcome = "done"};
    size_t one = must_find(&run, 0, load);
    size_t two = must_find(&run, one + 1, load);
    size_t store = must_find(&run, 0, (struct scenes_wanted){.operation = "memory.store", .object = "variable g_num"});
    assert_true(two < store);
    assert_string_not_equal(run.steps[one].task, run.steps[two].task);
    assert_int_equal(scenes_number(&run.steps[one]), scenes_number(&run.steps[two]));
    size_t last = must_find(&run, 0, (struct scenes_wanted){"P1.main", "memory.load", "variable g_num", "done", 0});
    assert_true(scenes_number(&run.steps[last]) < 6);
    bool found = false;
    for (size_t i = 0; i < scenes_fault_count(&run); i++) {
        const json_t *fault = scenes_fault(&run, i);
        const json_t *places = json_object_get(fault, "source");
        assert_string_equal(json_string_value(json_object_get(fault, "kind")), "data-race");
        assert_true(scenes_fault_names(fault, "objects", "variable g_num"));
        assert_true(scenes_fault_names(fault, "tasks", "P1.T1") && scenes_fault_names(fault, "tasks", "P1.T2"));
        assert_int_equal(json_array_size(places), 2);
        for (size_t k = 0; k < 2; k++)
            assert_true(
                scenes_line_holds("2-threads/race", json_string_value(json_array_get(places, k)), "g_num += 1"));
        found = true;
    }
    assert_true(found);
    scenes_run_free(&run);
}

static void only_the_holder_touches_g_num(const struct scenes_step *step, const char *holder)
{
    if (scenes_is(step->object, "variable g_num") && !scenes_is(step->task, "P1.main") &&
        !scenes_is(step->task, holder))
        fail_msg("step %ld: %s uses g_num without the lock", step->step, step->task);
}

static void mutex_is_exact_under_many_schedules(void **state)
{
    (void)state;
    static const char *const options[][5] = {
        {NULL},
        {"--policy", "fifo", NULL},
        {"--policy", "random", "--seed", "1", NULL},
        {"--policy", "random", "--seed", "2", NULL},
        {"--policy", "random", "--seed", "3", NULL},
        {"--policy", "pct", "--seed", "7", NULL},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct scenes_run run;
        scenes_play("mutex", NULL, options[i], &run);
        check_run(&run, "finished", 0);
        check_mutexes(&run, only_the_holder_touches_g_num);
        assert_int_equal(scenes_fault_count(&run), 0);
        size_t last = must_find(&run, 0, (struct scenes_wanted){"P1.main", "memory.load", "variable g_num", "done", 0});
        assert_int_equal(scenes_number(&run.steps[last]), 6);
        check_printed(&run, "g_num is 6, and should be 6\n");
        /* The array is watched as a whole; its first place is still called by its own name. */
        must_find(&run, 0, (struct scenes_wanted){"P1.T1", "memory.store", "variable prepared[0]", "done", 3});
        must_find(&run, 0, (struct scenes_wanted){"P1.T2", "memory.store", "variable prepared[1]", "done", 3});
        scenes_run_free(&run);
    }
}

static void mutex_serialises_nothing_but_the_critical_section(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("mutex", NULL, NULL, &run);
    must_find(&run, 0, (struct scenes_wanted){"P1.T2", "mutex.lock", "mutex A", "blocked", 0});
    size_t has = must_find(&run, 0, (struct scenes_wanted){"P1.T2", "mutex.lock", "mutex A", "done", 0});
    size_t gone = must_find(&run, has, (struct scenes_wanted){"P1.T2", "mutex.unlock", "mutex A", "done", 0});
    bool overlaps = false;
    for (size_t i = has; i < gone; i++)
        overlaps |= scenes_is(run.steps[i].task, "P1.T1") && strncmp(run.steps[i].operation, "memory.", 7) == 0;
    assert_true(overlaps);
    scenes_run_free(&run);
}

static void deadlock_is_told_when_the_ring_closes(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("deadlock", "faulty", NULL, &run);
    check_run(&run, "deadlock", 1);
    check_mutexes(&run, NULL);
    size_t one = must_find(&run, 0, (struct scenes_wanted){"P1.T1", "mutex.lock", "mutex B", "blocked", 0});
    size_t two = must_find(&run, 0, (struct scenes_wanted){"P1.T2", "mutex.lock", "mutex A", "blocked", 0});
    assert_true(scenes_line_holds("2-threads/deadlock", run.steps[one].source, "pthread_mutex_lock(&B)"));
    assert_true(scenes_line_holds("2-threads/deadlock", run.steps[two].source, "pthread_mutex_lock(&A)"));
    assert_int_equal(scenes_fault_count(&run), 1);
    const json_t *fault = scenes_fault(&run, 0);
    assert_string_equal(json_string_value(json_object_get(fault, "kind")), "deadlock");
    assert_int_equal(json_array_size(json_object_get(fault, "tasks")), 2);
    assert_true(scenes_fault_names(fault, "tasks", "P1.T1") && scenes_fault_names(fault, "tasks", "P1.T2"));
    assert_int_equal(json_array_size(json_object_get(fault, "objects")), 2);
    assert_true(scenes_fault_names(fault, "objects", "mutex A") && scenes_fault_names(fault, "objects", "mutex B"));
    long closes = run.steps[one > two ? one : two].step;
    assert_int_equal(json_integer_value(json_object_get(fault, "step")), closes);
    assert_int_equal(run.steps[run.step_count - 1].step, closes);
    scenes_run_free(&run);
}

static void one_order_for_all_never_deadlocks(void **state)
{
    (void)state;
    static const char *const options[][5] = {
        {NULL},
        {"--policy", "rr", NULL},
        {"--policy", "random", "--seed", "1", NULL},
        {"--policy", "random", "--seed", "2", NULL},
        {"--policy", "random", "--seed", "3", NULL},
        {"--policy", "pct", "--seed", "7", NULL},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct scenes_run run;
        scenes_play("deadlock", "cured", options[i], &run);
        check_run(&run, "finished", 0);
        check_mutexes(&run, NULL);
        assert_int_equal(scenes_fault_count(&run), 0);
        scenes_run_free(&run);
    }
}

/* ---- act 3 ---- */

static void semaphore_lets_three_in_and_never_falls_below_zero(void **state)
{
    (void)state;
    static const char *const options[][5] = {{NULL}, {"--policy", "random", "--seed", "7", NULL}};
    for (size_t k = 0; k < 2; k++) {
        struct scenes_run run;
        scenes_play("semaphore", NULL, options[k], &run);
        check_run(&run, "finished", 0);
        int inside = 0, most = 0, entered = 0, refused = 0;
        for (size_t i = 0; i < run.step_count; i++) {
            const struct scenes_step *step = &run.steps[i];
            bool wait = scenes_is(step->operation, "semaphore.wait"),
                 post = scenes_is(step->operation, "semaphore.post");
            if (!wait && !post)
                continue;
            if (wait && scenes_is(step->outcome, "blocked")) {
                assert_int_equal(inside, 3);
                refused++;
                continue;
            }
            inside += wait ? 1 : -1;
            entered += wait;
            most = inside > most ? inside : most;
            assert_int_equal(scenes_number(step), 3 - inside); /* the kernel's own count */
            assert_true(scenes_number(step) >= 0);
        }
        assert_int_equal(most, 3);
        assert_int_equal(entered, 6);
        assert_int_equal(inside, 0);
        assert_true(k > 0 || refused >= 3);
        scenes_run_free(&run);
    }
}

static void turn_taking_alternates_strictly(void **state)
{
    (void)state;
    static const char *const options[][5] = {
        {NULL}, {"--policy", "fifo", NULL}, {"--policy", "random", "--seed", "7", NULL}};
    for (size_t i = 0; i < 3; i++) {
        struct scenes_run run;
        scenes_play("turn-taking", NULL, options[i], &run);
        check_run(&run, "finished", 0);
        check_mutexes(&run, NULL);
        check_printed(&run, "caller: Knock, knock.\ndoor:   Who is there?\ncaller: Lock.\ndoor:   Lock who?\n"
                            "caller: Lock me in, please.\ndoor:   Come in, then.\n");
        scenes_run_free(&run);
    }
}

static void a_condition_wait_lets_go_of_the_lock_and_takes_it_again(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("turn-taking", NULL, NULL, &run);
    size_t waits = must_find(&run, 0, (struct scenes_wanted){"P1.T1", "cond.wait", "cond changed", "blocked", 0});
    size_t taken = must_find(&run, waits, (struct scenes_wanted){"P1.T2", "mutex.lock", NULL, "done", 0});
    size_t back = must_find(&run, taken, (struct scenes_wanted){"P1.T1", "cond.wait", "cond changed", "done", 0});
    size_t unlocked = must_find(&run, taken, (struct scenes_wanted){"P1.T2", "mutex.unlock", NULL, "done", 0});
    assert_true(unlocked < back);
    assert_int_equal(
        scenes_find(&run, waits, (struct scenes_wanted){.task = "P1.T1", .operation = "mutex.unlock"}) > back, true);
    scenes_run_free(&run);
}

/* ---- act 4 ---- */

/* The values of a task's loads or stores whose object begins so, as text "1 2 3 ". */
static char *values_of(const struct scenes_run *run, const char *task, const char *operation, const char *object)
{
    char *all = calloc(run->step_count + 1, 24), *at = all;
    assert_non_null(all);
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        if (scenes_is(step->task, task) && scenes_is(step->operation, operation) && step->object &&
            strncmp(step->object, object, strlen(object)) == 0)
            at += sprintf(at, "%ld ", scenes_number(step));
    }
    return all;
}

static void check_values(const struct scenes_run *run, const char *task, const char *operation, const char *object,
                         const char *wanted)
{
    char *values = values_of(run, task, operation, object);
    assert_string_equal(values, wanted);
    free(values);
}

static void bounded_queue_gives_the_promised_results(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("bounded-queue", "bounded", NULL, &run);
    check_run(&run, "finished", 0);
    check_mutexes(&run, NULL);
    check_values(&run, "P1.T1", "memory.store", "variable items[", "1 2 3 6 7 ");
    check_values(&run, "P1.T2", "memory.load", "variable items[", "1 2 3 6 7 ");
    long added = 0, taken = 0, most = 0;
    for (size_t i = 0; i < run.step_count; i++) {
        if (!scenes_is(run.steps[i].operation, "memory.store"))
            continue;
        if (scenes_is(run.steps[i].object, "variable added"))
            assert_int_equal(scenes_number(&run.steps[i]), ++added);
        else if (scenes_is(run.steps[i].object, "variable taken"))
            assert_int_equal(scenes_number(&run.steps[i]), ++taken);
        assert_in_range(added - taken, 0, 3);
        most = added - taken > most ? added - taken : most;
    }
    assert_true(added == 5 && taken == 5 && most == 3);
    /* The producer: gives up after a while, then waits and is let in; so the consumer, later. */
    size_t full =
        must_find(&run, 0, (struct scenes_wanted){"P1.T1", "cond.timedwait", "cond not_full", "timed-out", 0});
    assert_string_equal(run.steps[full].error, "ETIMEDOUT");
    size_t waits = must_find(&run, full, (struct scenes_wanted){"P1.T1", "cond.wait", "cond not_full", "blocked", 0});
    size_t goes = must_find(&run, waits, (struct scenes_wanted){"P1.T1", "cond.wait", "cond not_full", "done", 0});
    size_t empty =
        must_find(&run, goes, (struct scenes_wanted){"P1.T2", "cond.timedwait", "cond not_empty", "timed-out", 0});
    waits = must_find(&run, empty, (struct scenes_wanted){"P1.T2", "cond.wait", "cond not_empty", "blocked", 0});
    must_find(&run, waits, (struct scenes_wanted){"P1.T2", "cond.wait", "cond not_empty", "done", 0});
    static const char *const results[] = {"put 1: in the queue\n",
                                          "put 2: in the queue\n",
                                          "put 3: in the queue\n",
                                          "put 4: full, gave up at once\n",
                                          "put 6: in the queue\n",
                                          "put 5: full, gave up after a while\n",
                                          "put 7: in the queue\n",
                                          "get: 1\n",
                                          "get: 2\n",
                                          "get: 3\n",
                                          "get: 6\n",
                                          "get: 7\n",
                                          "get: empty, gave up at once\n",
                                          "get: empty, gave up after a while\n"};
    char *printed = scenes_printed(&run);
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        assert_int_equal(scenes_count(printed, results[i]), 1);
    assert_int_equal(scenes_count(printed, "\n"), sizeof results / sizeof *results);
    free(printed);
    scenes_run_free(&run);
}

static void unbounded_queue_is_never_full(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("bounded-queue", "unbounded", NULL, &run);
    check_run(&run, "finished", 0);
    check_mutexes(&run, NULL);
    assert_false(is_there(&run, (struct scenes_wanted){.task = "P1.main", .operation = "cond.wait"}));
    check_values(&run, "P1.main", "memory.store", "variable count", "1 2 3 4 5 ");
    check_values(&run, "P1.T1", "memory.store", "variable count", "4 3 2 1 0 ");
    char *printed = scenes_printed(&run);
    const char *at = printed;
    for (int i = 1; i <= 5; i++) {
        char line[32];
        snprintf(line, sizeof line, "get: %d\n", i);
        at = strstr(at, line); /* in the order of arrival */
        assert_non_null(at);
    }
    free(printed);
    scenes_run_free(&run);
}

/* The fields of a node are called after the node, and an address is never shown as a number. */
static void unbounded_queue_names_its_nodes_and_hides_addresses(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("bounded-queue", "unbounded", NULL, &run);
    struct scenes_wanted wanted = {.task = "P1.main", .operation = "memory.store", .object = "variable put:node->item"};
    size_t item = must_find(&run, 0, wanted);
    assert_int_equal(scenes_number(&run.steps[item]), 1);
    wanted.object = "variable put:node->next";
    size_t next = must_find(&run, item, wanted);
    assert_string_equal(json_string_value(run.steps[next].value), "NULL");
    wanted.object = "variable first";
    assert_string_equal(json_string_value(run.steps[must_find(&run, next, wanted)].value), "pointer");
    wanted.object = "variable put:node->item#2";
    item = must_find(&run, next, wanted);
    assert_int_equal(scenes_number(&run.steps[item]), 2);
    wanted.object = "variable put:node->next#2";
    assert_string_equal(json_string_value(run.steps[must_find(&run, item, wanted)].value), "NULL");
    for (size_t i = 0; i < run.step_count; i++) {
        if (scenes_is(run.steps[i].operation, "memory.load") || scenes_is(run.steps[i].operation, "memory.store"))
            assert_true(!json_is_integer(run.steps[i].value) || scenes_number(&run.steps[i]) < 4096);
    }
    scenes_run_free(&run);
}

/* Bytes in the pipe after step `last`, by what was written and read. */
static long fill(const struct scenes_run *run, size_t last)
{
    long bytes = 0;
    for (size_t i = 0; i <= last; i++) {
        const struct scenes_step *step = &run->steps[i];
        if (!scenes_is(step->object, "pipe 1") || !scenes_is(step->outcome, "done"))
            continue;
        if (scenes_is(step->operation, "pipe.write"))
            bytes += scenes_number(step);
        else if (scenes_is(step->operation, "pipe.read"))
            bytes -= scenes_number(step);
    }
    return bytes;
}

static void pipe_blocks_a_writer_at_its_capacity_and_ends(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("pipe", "full", NULL, &run);
    check_run(&run, "finished", 0);
    size_t full = must_find(&run, 0, (struct scenes_wanted){"P1.main", "pipe.write", "pipe 1", "blocked", 0});
    assert_int_equal(fill(&run, full), 4 * 4096);
    for (size_t i = 0; i < run.step_count; i++)
        assert_in_range(fill(&run, i), 0, 4 * 4096);
    size_t closed = must_find(&run, full, (struct scenes_wanted){"P1.main", "pipe.close", "pipe 1", "done", 0});
    size_t end = closed;
    do
        end = must_find(&run, end + 1, (struct scenes_wanted){"P2.main", "pipe.read", "pipe 1", "done", 0});
    while (scenes_number(&run.steps[end]) != 0);
    assert_int_equal(fill(&run, end), 0);
    check_printed(&run, "reader: end of file after 6 blocks\nwriter: the reader has ended\n");
    scenes_run_free(&run);
}

static void pipe_with_a_forgotten_write_end_never_ends(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("pipe", "forgotten", NULL, &run);
    check_run(&run, "deadlock", 1);
    for (size_t i = 0; i < run.step_count; i++) {
        if (scenes_is(run.steps[i].operation, "pipe.read") && scenes_is(run.steps[i].outcome, "done"))
            assert_int_not_equal(scenes_number(&run.steps[i]), 0);
    }
    const json_t *fault = scenes_fault(&run, 0);
    assert_string_equal(json_string_value(json_object_get(fault, "kind")), "deadlock");
    assert_true(scenes_fault_names(fault, "tasks", "P1.main") && scenes_fault_names(fault, "tasks", "P2.main"));
    assert_string_equal(scenes_state(&run.steps[run.step_count - 1], "P1.main"), "blocked");
    assert_string_equal(scenes_state(&run.steps[run.step_count - 1], "P2.main"), "blocked");
    scenes_run_free(&run);
}

static void pipe_without_a_reader_gives_sigpipe_and_epipe(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play("pipe", "no-reader", NULL, &run);
    check_run(&run, "finished", 0);
    size_t failed = must_find(&run, 0, (struct scenes_wanted){"P1.main", "pipe.write", "pipe 1", "failed", 0});
    assert_string_equal(run.steps[failed].error, "EPIPE");
    must_find(&run, failed, (struct scenes_wanted){.task = "P1.main", .operation = "signal.deliver"});
    check_printed(&run, "writer: nobody reads (EPIPE), and SIGPIPE told me so\n");
    scenes_run_free(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(process_states_takes_each_of_the_six_arrows),
        cmocka_unit_test(fork_tree_has_four_processes_in_the_right_tree),
        cmocka_unit_test(isolation_leaves_the_parents_variable_alone),
        cmocka_unit_test(zombie_is_one_until_it_is_waited_for),
        cmocka_unit_test(zombie_that_nobody_waits_for_goes_with_its_parent),
        cmocka_unit_test(orphan_lives_on_with_another_parent),
        cmocka_unit_test(race_loses_updates_and_is_found),
        cmocka_unit_test(mutex_is_exact_under_many_schedules),
        cmocka_unit_test(mutex_serialises_nothing_but_the_critical_section),
        cmocka_unit_test(deadlock_is_told_when_the_ring_closes),
        cmocka_unit_test(one_order_for_all_never_deadlocks),
        cmocka_unit_test(semaphore_lets_three_in_and_never_falls_below_zero),
        cmocka_unit_test(turn_taking_alternates_strictly),
        cmocka_unit_test(a_condition_wait_lets_go_of_the_lock_and_takes_it_again),
        cmocka_unit_test(bounded_queue_gives_the_promised_results),
        cmocka_unit_test(unbounded_queue_is_never_full),
        cmocka_unit_test(unbounded_queue_names_its_nodes_and_hides_addresses),
        cmocka_unit_test(pipe_blocks_a_writer_at_its_capacity_and_ends),
        cmocka_unit_test(pipe_with_a_forgotten_write_end_never_ends),
        cmocka_unit_test(pipe_without_a_reader_gives_sigpipe_and_epipe),
    };
    return cmocka_run_group_tests_name("scenes: must hold", tests, NULL, NULL);
}
