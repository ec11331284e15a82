/* What CURRICULUM promises of the scenes of act 5 about pools of processes and of threads; asserted and seen to fail as in
 * test_scenes_must_hold_waiting.c. */
#include "scenes_act.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- process-pool ---- */

enum { WORKERS = 3 };
static const char *const workers[WORKERS] = {"P2.main", "P3.main", "P4.main"};

static bool takes(const struct scenes_step *step)
{
    return scenes_is(step->operation, "pipe.read") && scenes_is(step->object, "pipe 1") &&
           scenes_is(step->outcome, "done") && scenes_number(step) == 1;
}

static bool gives(const struct scenes_step *step)
{
    return scenes_is(step->operation, "pipe.write") && scenes_is(step->object, "pipe 2") &&
           scenes_is(step->outcome, "done");
}

/* Tasks in work at once, at most; of all, how many were done. */
static unsigned tasks_at_once(const struct scenes_run *run, unsigned *done)
{
    unsigned busy = 0, most = 0;
    *done = 0;
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        if (scenes_is(step->task, "P1.main"))
            continue;
        busy += takes(step);
        busy -= gives(step);
        *done += gives(step);
        most = busy > most ? busy : most;
    }
    return most;
}

static const char *the_same_three_workers(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_count_steps(run, (struct scenes_wanted){.operation = "process.fork"}) == WORKERS);
    SCENES_HOLDS(scenes_process_count(run) == 1 + WORKERS);
    SCENES_HOLDS(!SCENES_IS_THERE(NULL, "process.exec"));
    return NULL;
}

static const char *three_at_once_do_all_ten(const struct scenes_run *run)
{
    unsigned done, most = tasks_at_once(run, &done);
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(most == WORKERS && done == 10);
    SCENES_HOLDS(scenes_said(run, "P1.main", "10 of 10 tasks done") == 1);
    /* submitted without waiting; close before join */
    size_t submitted = SCENES_FIND("P1.main", "pipe.write", "pipe 1", .occurrence = 10);
    size_t closed = SCENES_FIND("P1.main", "pipe.close", "pipe 1"), joins = SCENES_FIND("P1.main", "process.wait");
    SCENES_HOLDS(submitted < closed && closed < joins && joins < run->step_count);
    SCENES_HOLDS(SCENES_FIND("P1.main", "pipe.read", "pipe 2") > joins);
    return the_same_three_workers(run);
}

static const char *never_two_at_once(const struct scenes_run *run)
{
    unsigned done, most = tasks_at_once(run, &done);
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(most == 1 && done == 10);
    return the_same_three_workers(run);
}

static const char *each_is_waited_for(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_blocked_times(run, "P1.main", "pipe.read") == 10);
    return never_two_at_once(run);
}

static const char *the_rest_is_dropped(const struct scenes_run *run)
{
    unsigned done;
    tasks_at_once(run, &done);
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(done >= 4 && done < 10);
    char text[64];
    snprintf(text, sizeof text, "%u of 10 tasks done", done);
    SCENES_HOLDS(scenes_said(run, "P1.main", text) == 1);
    for (int i = 0; i < WORKERS; i++) {
        char process[] = {'P', (char)('2' + i), '\0'};
        SCENES_HOLDS(scenes_ended_by(run, process, "SIGTERM"));
        SCENES_HOLDS(SCENES_FIND_AFTER(SCENES_FIND("P1.main", "signal.send", .occurrence = 3), workers[i]) ==
                     run->step_count);
    }
    return the_same_three_workers(run);
}

static const char *all_wait_for_one_another(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_is(scenes_verdict(run), "deadlock"));
    SCENES_HOLDS(scenes_fault_count(run) == 1);
    SCENES_HOLDS(scenes_fault_names(scenes_fault(run, 0), "tasks", "P1.main"));
    for (int i = 0; i < WORKERS; i++)
        SCENES_HOLDS(scenes_fault_names(scenes_fault(run, 0), "tasks", workers[i]));
    return NULL;
}

static void a_pool_has_as_many_at_work_as_it_has_workers(void **state)
{
    (void)state;
    scenes_holds("process-pool", "asynchronous", three_at_once_do_all_ten);
    scenes_holds("process-pool", "synchronous", each_is_waited_for);
    scenes_holds("process-pool", "terminate", the_rest_is_dropped);
    scenes_holds("process-pool", "join-first", all_wait_for_one_another);
    const char *folder = "5-waiting/process-pool";
    scenes_breaks(folder, "asynchronous", (struct scenes_change){"process-pool.c", "WORKERS = 3", "WORKERS = 4"},
                  three_at_once_do_all_ten);
    scenes_breaks(
        folder, "synchronous",
        (struct scenes_change){"process-pool.c", "if (strcmp(way, \"synchronous\") == 0)", "if (task == TASKS)"},
        never_two_at_once);
    scenes_breaks(folder, "terminate", (struct scenes_change){"process-pool.c", "while (got < 4)", "while (got < 10)"},
                  the_rest_is_dropped);
    scenes_breaks(folder, "join-first", (struct scenes_change){"process-pool.c", "\"join-first\") != 0", "\"\") != 0"},
                  all_wait_for_one_another);
}

/* ---- pool-queue ---- */

static const char *each_letter_once_in_order(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(scenes_is(scenes_all_printed(run), "got A\ngot B\ngot C\n"));
    return NULL;
}

static const char *the_number_is_refused(const struct scenes_run *run)
{
    size_t put = SCENES_FIND("P2.main", "file.write", .outcome = "failed");
    size_t get = SCENES_FIND("P3.main", "file.read", .outcome = "failed");
    SCENES_HOLDS(put < run->step_count && scenes_is(run->steps[put].error, "EBADF"));
    SCENES_HOLDS(get < run->step_count && scenes_is(run->steps[get].error, "EBADF"));
    SCENES_HOLDS(scenes_said(run, "P2.main", "put: Bad file descriptor") == 1);
    SCENES_HOLDS(scenes_said(run, NULL, "got ") == 0);
    SCENES_HOLDS(SCENES_FIND("P1.main", "process.fork", .occurrence = 2) < SCENES_FIND(NULL, "pipe.create", "pipe 2"));
    return NULL;
}

/* The letters are in one process only, which is neither the submitter nor a worker. */
static const char *the_manager_has_the_queue(const struct scenes_run *run)
{
    unsigned stores = 0;
    for (size_t i = 0; i < run->step_count; i++)
        if (scenes_is(run->steps[i].operation, "memory.store")) {
            SCENES_HOLDS(scenes_is(run->steps[i].task, "P4.main"));
            stores++;
        }
    SCENES_HOLDS(stores == 3);
    return each_letter_once_in_order(run);
}

static void a_queue_is_inherited_or_has_a_name(void **state)
{
    (void)state;
    scenes_holds("pool-queue", "sent", the_number_is_refused);
    scenes_holds("pool-queue", "inherited", each_letter_once_in_order);
    scenes_holds("pool-queue", "managed", the_manager_has_the_queue);
    const char *folder = "5-waiting/pool-queue";
    scenes_breaks(folder, "sent", (struct scenes_change){"scene.yaml", "arguments: [sent]", "arguments: [inherited]"},
                  the_number_is_refused);
    scenes_breaks(folder, "inherited",
                  (struct scenes_change){"scene.yaml", "arguments: [inherited]", "arguments: [sent]"},
                  each_letter_once_in_order);
    scenes_breaks(folder, "managed", (struct scenes_change){"managed.c", "&letters[got++]", "&letters[got++ / 2]"},
                  the_manager_has_the_queue);
}

/* ---- thread-pool ---- */

static const char *two_threads_do_three_tasks(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(scenes_count_steps(run, (struct scenes_wanted){.operation = "thread.create"}) == 2);
    unsigned taken[2] = {0};
    for (size_t i = 0; i < run->step_count; i++)
        if (scenes_is(run->steps[i].operation, "memory.store") && scenes_is(run->steps[i].object, "variable taken")) {
            SCENES_HOLDS(!scenes_is(run->steps[i].task, "P1.main"));
            taken[scenes_is(run->steps[i].task, "P1.T2")]++;
        }
    SCENES_HOLDS(taken[0] + taken[1] == 3);
    return NULL;
}

static size_t done_at(const struct scenes_run *run, int number)
{
    char object[48];
    snprintf(object, sizeof object, "variable future[%d].done", number);
    return SCENES_FIND(NULL, "memory.store", object);
}

static const char *the_callback_comes_once_and_after(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_said(run, NULL, "callback: 9") == 1);
    size_t done = done_at(run, 1);
    SCENES_HOLDS(done < run->step_count);
    SCENES_HOLDS(SCENES_FIND_AFTER(done, run->steps[done].task, "file.write") < run->step_count);
    SCENES_HOLDS(SCENES_FIND(run->steps[done].task, "file.write") > done);
    return two_threads_do_three_tasks(run);
}

static const char *shutdown_waits_for_all(const struct scenes_run *run)
{
    size_t last = SCENES_FIND("P1.main", "thread.join", .outcome = "done", .occurrence = 2);
    SCENES_HOLDS(last < run->step_count);
    for (int number = 0; number < 3; number++)
        SCENES_HOLDS(done_at(run, number) < last);
    SCENES_HOLDS(scenes_said(run, "P1.main", "result: 4\n") == 1 &&
                 scenes_said(run, "P1.main", "4 squared: 16\n") == 1);
    return two_threads_do_three_tasks(run);
}

static void a_pool_reuses_its_threads(void **state)
{
    (void)state;
    scenes_holds("thread-pool", NULL, two_threads_do_three_tasks);
    scenes_holds("thread-pool", NULL, the_callback_comes_once_and_after);
    scenes_holds("thread-pool", NULL, shutdown_waits_for_all);
    const char *folder = "5-waiting/thread-pool";
    scenes_breaks(folder, NULL, (struct scenes_change){"thread-pool.c", "THREADS = 2", "THREADS = 3"},
                  two_threads_do_three_tasks);
    scenes_breaks(folder, NULL,
                  (struct scenes_change){"thread-pool.c", "            task->callback(task);",
                                         "            task->callback(task), task->callback(task);"},
                  the_callback_comes_once_and_after);
    scenes_breaks(folder, NULL,
                  (struct scenes_change){"thread-pool.c", "    if (taken < submitted)",
                                         "    if (taken < submitted && !closed && taken < 2)"},
                  shutdown_waits_for_all);
}

/* ---- too-many-threads: real time, no golden figures ---- */

static const char *all_grows_with_the_threads(const struct scenes_run *run)
{
    SCENES_HOLDS(run->output.status == 0);
    char *text = scenes_printed(run);
    const char *line = strchr(text, '\n');
    long before[3] = {0}, threads, now[3];
    unsigned lines = 0;
    bool grows = true;
    while (line && sscanf(line, " %ld %ld kB %ld kB %ld", &threads, &now[0], &now[1], &now[2]) == 4) {
        for (int i = 0; i < 3; i++) {
            grows &= now[i] > before[i];
            before[i] = now[i];
        }
        lines++;
        line = strchr(line + 1, '\n');
    }
    free(text);
    SCENES_HOLDS(lines == 3);
    SCENES_HOLDS(grows);
    return NULL;
}

static void memory_and_switches_grow(void **state)
{
    (void)state;
    scenes_holds("too-many-threads", NULL, all_grows_with_the_threads);
    scenes_breaks("5-waiting/too-many-threads", NULL,
                  (struct scenes_change){"too-many-threads.c", "        measure(count);", "        measure(2);"},
                  all_grows_with_the_threads);
}

/* ---- all of them ---- */

/* No seeds where the scene is meant to fail, or is in real time. */
static const struct scenes_listed scenes[] = {
    {"process-pool", "asynchronous", "process-pool/process-pool.c", "asynchronous", "10 of 10 tasks done\n", 200,
     false},
    {"process-pool", "synchronous", "process-pool/process-pool.c", "synchronous", "10 of 10 tasks done\n", 25, false},
    {"process-pool", "join-first", NULL, NULL, NULL, 0, false},
    {"process-pool", "terminate", "process-pool/process-pool.c", "terminate", " of 10 tasks done\n", 25, false},
    {"pool-queue", "sent", "pool-queue/descriptor.c", "sent", "", 0, false},
    {"pool-queue", "inherited", "pool-queue/descriptor.c", "inherited", "got A\ngot B\ngot C\n", 200, false},
    {"pool-queue", "managed", "pool-queue/managed.c", NULL, "got A\ngot B\ngot C\n", 200, false},
    {"thread-pool", NULL, "thread-pool/thread-pool.c", NULL, "4 squared: 16\n", 200, false},
    {"too-many-threads", NULL, "too-many-threads/too-many-threads.c", NULL, "    100 ", 0, true},
};
static struct scenes_act act = {.folder = "5-waiting", .scenes = scenes, .scene_count = sizeof scenes / sizeof *scenes};

/* What must hold of a pool must hold under every schedule. */
static void promises_hold_in_other_orders(void **state)
{
    (void)state;
    static const struct {
        const char *id, *variant;
        scenes_promise *promised;
    } held[] = {{"thread-pool", NULL, the_callback_comes_once_and_after},
                {"thread-pool", NULL, shutdown_waits_for_all},
                {"pool-queue", "inherited", each_letter_once_in_order},
                {"pool-queue", "managed", the_manager_has_the_queue},
                {"process-pool", "synchronous", never_two_at_once},
                {"process-pool", "join-first", all_wait_for_one_another}};
    for (size_t i = 0; i < sizeof held / sizeof *held; i++)
        scenes_holds_always(held[i].id, held[i].variant, 10, held[i].promised);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_has_as_many_at_work_as_it_has_workers),
        cmocka_unit_test(a_queue_is_inherited_or_has_a_name),
        cmocka_unit_test(a_pool_reuses_its_threads),
        cmocka_unit_test(memory_and_switches_grow),
        cmocka_unit_test_prestate(scenes_every_program_runs_without_lockstep, &act),
        cmocka_unit_test_prestate(scenes_every_run_is_the_same_twice, &act),
        cmocka_unit_test_prestate(scenes_what_is_right_is_right_in_every_order, &act),
        cmocka_unit_test(promises_hold_in_other_orders),
    };
    return cmocka_run_group_tests_name("scenes: must hold, pools", tests, NULL, NULL);
}
