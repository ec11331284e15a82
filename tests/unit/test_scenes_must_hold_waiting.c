/* What CURRICULUM promises of the scenes of act 5, waiting well, asserted of their real runs: from the events, never from
 * the narration; and each promise seen to fail of a changed copy of the scene. */
#include "scenes_changed.h"
#include "scenes_promise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- what the promises are made of ---- */

static long end_of(const struct scenes_run *run)
{
    return run->step_count ? scenes_time_at(run, run->step_count - 1) : 0;
}

/* Virtual milliseconds that a task was blocked in an operation (NULL: in any), and how often it was. */
static long blocked_in(const struct scenes_run *run, const char *task, const char *operation, unsigned *times)
{
    long sum = 0, since = -1;
    *times = 0;
    for (size_t i = 0; i < run->step_count; i++) {
        bool blocked = scenes_is(scenes_state_at(run, i, task), "blocked");
        if (since < 0 && blocked && scenes_is(run->steps[i].task, task) &&
            (!operation || scenes_is(run->steps[i].operation, operation))) {
            since = scenes_time_at(run, i);
            ++*times;
        } else if (since >= 0 && !blocked) {
            sum += scenes_time_at(run, i) - since;
            since = -1;
        }
    }
    return sum;
}

static unsigned blocked_times(const struct scenes_run *run, const char *task, const char *operation)
{
    unsigned times;
    blocked_in(run, task, operation, &times);
    return times;
}

static long blocked_time(const struct scenes_run *run, const char *task, const char *operation)
{
    unsigned times;
    return blocked_in(run, task, operation, &times);
}

static bool about(long time, long wanted) /* the steps around it take a millisecond each */
{
    return time >= wanted && time <= wanted + 8;
}

static bool prints(const struct scenes_run *run, const char *text)
{
    char *printed = scenes_printed(run);
    bool same = strcmp(printed, text) == 0;
    free(printed);
    return same;
}

/* ---- sync-vs-async ---- */

/* How many workers slept (were at their jobs) at once, at most. */
static unsigned workers_at_once(const struct scenes_run *run)
{
    unsigned most = 0;
    for (size_t i = 0; i < run->step_count; i++) {
        unsigned busy = 0;
        for (const char *const *task = (const char *const[]){"P1.T1", "P1.T2", "P1.T3", NULL}; *task; task++)
            busy += scenes_is(scenes_state_at(run, i, *task), "blocked");
        most = busy > most ? busy : most;
    }
    return most;
}

static const char *the_submitter_is_blocked_for_each(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(blocked_times(run, "P1.main", "semaphore.wait") == 3);
    for (unsigned job = 1; job <= 3; job++) {
        size_t blocked = SCENES_FIND("P1.main", "semaphore.wait", .outcome = "blocked", .occurrence = job);
        size_t done = SCENES_FIND("P1.main", "semaphore.wait", .outcome = "done", .occurrence = job);
        SCENES_HOLDS(about(scenes_time_at(run, done) - scenes_time_at(run, blocked), 10 * (long)job));
    }
    SCENES_HOLDS(blocked_time(run, "P1.main", NULL) >= 60);
    SCENES_HOLDS(workers_at_once(run) == 1);
    return NULL;
}

static const char *the_submitter_polls(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    unsigned asked = scenes_count_steps(
        run, (struct scenes_wanted){.task = "P1.main", .operation = "semaphore.trywait", .outcome = "failed"});
    char text[64];
    snprintf(text, sizeof text, "asked in vain %u times\nmain is free\n", asked);
    SCENES_HOLDS(asked == 7); /* as the narration says: every 9 ms in 10, 20 and 30 ms, and a few steps */
    SCENES_HOLDS(prints(run, text));
    SCENES_HOLDS(!SCENES_IS_THERE("P1.main", "semaphore.wait"));
    SCENES_HOLDS(workers_at_once(run) == 1);
    return NULL;
}

static const char *the_submitter_waits_as_long_as_the_longest(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t first = SCENES_FIND("P1.main", "semaphore.wait", .outcome = "blocked");
    size_t last = SCENES_FIND("P1.main", "semaphore.wait", .outcome = "done", .occurrence = 3);
    size_t sleeps = SCENES_FIND("P1.T3", "time.sleep", .outcome = "blocked");
    SCENES_HOLDS(first < last && last < run->step_count && sleeps < run->step_count);
    SCENES_HOLDS(about(scenes_time_at(run, last) - scenes_time_at(run, sleeps), 30));
    SCENES_HOLDS(about(scenes_time_at(run, last) - scenes_time_at(run, first), 30));
    SCENES_HOLDS(blocked_time(run, "P1.main", NULL) <= 38);
    SCENES_HOLDS(workers_at_once(run) == 3);
    return NULL;
}

static const char *the_submitter_does_not_wait(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(blocked_times(run, "P1.main", NULL) == 0);
    SCENES_HOLDS(SCENES_FIND("P1.main", "thread.exit") < SCENES_FIND("P1.T1", "file.write"));
    SCENES_HOLDS(!SCENES_IS_THERE(NULL, "once.run")); /* the unwinder's, which is none of the program's */
    for (int job = 1; job <= 3; job++) {
        char task[16], text[32];
        snprintf(task, sizeof task, "P1.T%d", job);
        snprintf(text, sizeof text, "job %d is done", job);
        SCENES_HOLDS(scenes_said(run, task, text) == 1 && scenes_said(run, NULL, text) == 1);
    }
    return NULL;
}

static void whoever_submits_waits_as_predicted(void **state)
{
    (void)state;
    scenes_holds("sync-vs-async", "sync-blocking", the_submitter_is_blocked_for_each);
    scenes_holds("sync-vs-async", "sync-asking", the_submitter_polls);
    scenes_holds("sync-vs-async", "async-waiting", the_submitter_waits_as_long_as_the_longest);
    scenes_holds("sync-vs-async", "async-callback", the_submitter_does_not_wait);
    const char *folder = "5-waiting/sync-vs-async";
    scenes_breaks(folder, "sync-blocking",
                  (struct scenes_change){"sync-vs-async.c", "        call();", "        submit_all_then_wait();"},
                  the_submitter_is_blocked_for_each);
    scenes_breaks(folder, "sync-asking", (struct scenes_change){"sync-vs-async.c", "usleep(9000);", "usleep(40000);"},
                  the_submitter_polls);
    scenes_breaks(folder, "async-waiting",
                  (struct scenes_change){"sync-vs-async.c", "        submit_all_then_wait();", "        call();"},
                  the_submitter_waits_as_long_as_the_longest);
    scenes_breaks(folder, "async-callback",
                  (struct scenes_change){"sync-vs-async.c", "submit(job, work_and_call_back);",
                                         "submit(job, work_and_call_back), usleep(1000);"},
                  the_submitter_does_not_wait);
}

/* ---- io-models ---- */

/* main waits for the sensor in this call (NULL: in none), about 30 ms; and all end with its answer. */
static const char *waits_in(const struct scenes_run *run, const char *operation)
{
    static const char *const calls[] = {"pipe.read", "io.poll", "signal.suspend", "semaphore.wait"};
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(prints(run, "21 C\n"));
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (operation && strcmp(calls[i], operation) == 0)
            SCENES_HOLDS(about(blocked_time(run, "P1.main", operation), 28) && "blocked in the call");
        else
            SCENES_HOLDS(blocked_times(run, "P1.main", calls[i]) == 0 && "not blocked in other calls");
    return NULL;
}

static const char *waits_in_read(const struct scenes_run *run)
{
    return waits_in(run, "pipe.read");
}

static const char *asks_in_vain(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_count_steps(run, (struct scenes_wanted){
                                             .task = "P1.main", .operation = "pipe.read", .outcome = "failed"}) == 3);
    SCENES_HOLDS(scenes_is(run->steps[SCENES_FIND("P1.main", "pipe.read", .outcome = "failed")].error, "EAGAIN"));
    size_t came = SCENES_FIND("P1.T1", "pipe.write");
    SCENES_HOLDS(scenes_time_at(run, SCENES_FIND("P1.main", "pipe.read", .outcome = "done")) >
                 scenes_time_at(run, came) + 2); /* it learns of it late */
    return waits_in(run, NULL);
}

static const char *waits_in_poll(const struct scenes_run *run)
{
    SCENES_HOLDS(SCENES_FIND("P1.main", "io.poll", .outcome = "done") < SCENES_FIND("P1.main", "pipe.read"));
    return waits_in(run, "io.poll");
}

static const char *is_interrupted(const struct scenes_run *run)
{
    size_t came = SCENES_FIND("P1.T1", "pipe.write"), read = SCENES_FIND("P1.main", "pipe.read");
    size_t handled = SCENES_FIND("P1.main", "signal.deliver");
    SCENES_HOLDS(came < read && read < handled && handled < run->step_count);
    SCENES_HOLDS(SCENES_FIND_AFTER(handled, "P1.main", "time.sleep", .outcome = "interrupted") < run->step_count);
    return waits_in(run, NULL);
}

static const char *another_waits_and_copies(const struct scenes_run *run)
{
    SCENES_HOLDS(!SCENES_IS_THERE("P1.main", "pipe.read"));
    SCENES_HOLDS(blocked_times(run, "P1.T2", "pipe.read") == 1);
    SCENES_HOLDS(SCENES_FIND("P1.T2", "pipe.read", .outcome = "done") <
                 SCENES_FIND("P1.main", "semaphore.trywait", .outcome = "done"));
    return waits_in(run, NULL);
}

static void each_model_waits_in_its_own_call(void **state)
{
    (void)state;
    scenes_holds("io-models", "blocking", waits_in_read);
    scenes_holds("io-models", "non-blocking", asks_in_vain);
    scenes_holds("io-models", "multiplexed", waits_in_poll);
    scenes_holds("io-models", "signal-driven", is_interrupted);
    scenes_holds("io-models", "asynchronous", another_waits_and_copies);
    const char *folder = "5-waiting/io-models";
    scenes_breaks(folder, "blocking",
                  (struct scenes_change){"io-models.c", "        blocking();", "        multiplexed();"},
                  waits_in_read);
    scenes_breaks(folder, "non-blocking",
                  (struct scenes_change){"io-models.c", "    fcntl(from_sensor, F_SETFL, O_NONBLOCK);\n", ""},
                  asks_in_vain);
    scenes_breaks(folder, "multiplexed",
                  (struct scenes_change){"io-models.c", "poll(list, 1, -1);", "poll(list, 1, 0);"}, waits_in_poll);
    scenes_breaks(
        folder, "signal-driven",
        (struct scenes_change){"io-models.c", "    fcntl(from_sensor, F_SETFL, O_ASYNC);", "    arrived = fetch();"},
        is_interrupted);
    scenes_breaks(folder, "asynchronous",
                  (struct scenes_change){"io-models.c", "while (sem_trywait(&complete) != 0)",
                                         "while (sem_wait(&complete) != 0)"},
                  another_waits_and_copies);
}

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
    SCENES_HOLDS(blocked_times(run, "P1.main", "pipe.read") == 10);
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
    SCENES_HOLDS(prints(run, "got A\ngot B\ngot C\n"));
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

/* ---- coroutine ---- */

/* One thread, which nobody ever had to choose, and which runs on at each switch. */
static const char *one_thread_for_the_system(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(scenes_is(json_string_value(json_object_get(run->end, "schedule")), ""));
    unsigned switches = 0;
    for (size_t i = 0; i < run->step_count; i++) {
        SCENES_HOLDS(scenes_is(run->steps[i].task, "P1.main"));
        SCENES_HOLDS(!scenes_is(run->steps[i].operation, "thread.create"));
        bool is_switch = scenes_is(run->steps[i].operation, "coroutine.switch") ||
                         scenes_is(run->steps[i].operation, "coroutine.end");
        SCENES_HOLDS(!is_switch || scenes_is_running(run, i, "P1.main"));
        switches += is_switch;
    }
    SCENES_HOLDS(switches >= 8);
    return NULL;
}

static const char *the_thread_blocks_for_both(const struct scenes_run *run)
{
    SCENES_HOLDS(blocked_times(run, "P1.main", "io.poll") == 2);
    SCENES_HOLDS(blocked_times(run, "P1.main", NULL) == 2);
    return one_thread_for_the_system(run);
}

/* A coroutine's own stack is nobody else's business, wherever it lies; what lies beyond it is, as in any thread. */
static void its_stack_does_not_step_and_globals_do(void **state)
{
    (void)state;
    struct scenes_run run;
    scenes_play_changed("5-waiting/coroutine", "computing",
                        (struct scenes_change){"computing.c", "int main(int count, char **arguments)\n{\n",
                                               "#include <pthread.h>\n"
                                               "static void *nothing(void *unused)\n{\n    return unused;\n}\n"
                                               "int main(int count, char **arguments)\n{\n    pthread_t thread;\n"
                                               "    pthread_create(&thread, NULL, nothing, NULL);\n"
                                               "    pthread_join(thread, NULL);\n"},
                        &run);
    unsigned sums = 0, flags = 0;
    for (size_t i = 0; i < run.step_count; i++) {
        if (strncmp(run.steps[i].operation, "memory.", 7) != 0)
            continue;
        if (scenes_count(run.steps[i].object, "stacks") || scenes_count(run.steps[i].object, "#"))
            fail_msg("%s %s", run.steps[i].operation, run.steps[i].object);
        sums += scenes_count(run.steps[i].object, "variable sum[") > 0;
        flags += scenes_is(run.steps[i].object, "variable taking_turns");
    }
    assert_int_equal(sums, 14);
    assert_int_equal(flags, 8);
    assert_true(scenes_finished(&run));
    scenes_run_free(&run);
}

static long time_of(const char *variant)
{
    struct scenes_run run;
    scenes_play("coroutine", variant, NULL, &run);
    assert_true(scenes_finished(&run));
    long time = end_of(&run);
    scenes_run_free(&run);
    return time;
}

static long one_by_one; /* the time of the serial variant */
static const char *is_quicker(const struct scenes_run *run)
{
    SCENES_HOLDS(end_of(run) < one_by_one);
    return NULL;
}
static const char *is_not_quicker(const struct scenes_run *run)
{
    SCENES_HOLDS(end_of(run) >= one_by_one);
    return NULL;
}

static void the_switch_is_the_programs_own(void **state)
{
    (void)state;
    scenes_holds("coroutine", "io", the_thread_blocks_for_both);
    scenes_holds("coroutine", "computing", one_thread_for_the_system);
    const char *folder = "5-waiting/coroutine";
    scenes_breaks(folder, "io", (struct scenes_change){"io.c", "        if (taking_turns)\n", "        if (0)\n"},
                  the_thread_blocks_for_both);
    scenes_breaks(folder, "computing",
                  (struct scenes_change){"computing.c", "        sum[me] += i;",
                                         "        sum[me] += i, sleep(0);"
                                         "\n        if (fork() == 0) _exit(0);"},
                  one_thread_for_the_system);
    /* good where they wait, a loss where they compute; the figures are those of the narration */
    one_by_one = time_of("io-serial");
    assert_int_equal(one_by_one, 132);
    assert_int_equal(time_of("io"), 79);
    scenes_holds("coroutine", "io", is_quicker);
    scenes_breaks(folder, "io", (struct scenes_change){"io.c", "\"serial\") != 0", "\"serial\") == 0"}, is_quicker);
    one_by_one = time_of("computing-serial");
    assert_int_equal(one_by_one, 17);
    assert_int_equal(time_of("computing"), 28);
    scenes_holds("coroutine", "computing", is_not_quicker);
    scenes_breaks(folder, "computing", (struct scenes_change){"computing.c", "ROUNDS = 3", "ROUNDS = 1"},
                  is_not_quicker);
}

/* Where nothing is held the switches are told just so: from which to which, and who goes on when one has returned. */
static void in_real_time_the_same_switches_are_told(void **state)
{
    (void)state;
    struct scenes_run held, live;
    scenes_play("coroutine", "computing", NULL, &held);
    scenes_play("coroutine", "computing", (const char *const[]){"--live", NULL}, &live);
    unsigned told = 0;
    size_t at = 0;
    for (size_t i = 0; i < json_array_size(live.lines); i++) {
        const json_t *line = json_array_get(live.lines, i);
        const char *operation = json_string_value(json_object_get(line, "operation"));
        if (!operation || strncmp(operation, "coroutine.", 10) != 0)
            continue;
        const json_t *wanted = NULL;
        for (; at < json_array_size(held.lines) && !wanted; at++) {
            const json_t *other = json_array_get(held.lines, at);
            const char *its = json_string_value(json_object_get(other, "operation"));
            wanted = its && strncmp(its, "coroutine.", 10) == 0 ? other : NULL;
        }
        assert_non_null(wanted);
        assert_string_equal(json_string_value(json_object_get(line, "say")),
                            json_string_value(json_object_get(wanted, "say")));
        told++;
    }
    assert_int_equal(told, 11);
    scenes_run_free(&held);
    scenes_run_free(&live);
}

/* ---- all of them ---- */

/* seeds: 0 where the scene is meant to fail, or has one task, or is in real time; source NULL: it never ends natively. */
static const struct {
    const char *id, *variant, *source, *argument, *prints;
    unsigned seeds;
    bool live;
} scenes[] = {
    {"sync-vs-async", "sync-blocking", "sync-vs-async.c", "call", "main is free\n", 25, false},
    {"sync-vs-async", "sync-asking", "sync-vs-async.c", "ask", "main is free\n", 25, false},
    {"sync-vs-async", "async-waiting", "sync-vs-async.c", "wait", "main is free\n", 25, false},
    {"sync-vs-async", "async-callback", "sync-vs-async.c", "callback", "job 3 is done\n", 25, false},
    {"io-models", "blocking", "io-models.c", "blocking", "21 C\n", 25, false},
    {"io-models", "non-blocking", "io-models.c", "non-blocking", "21 C\n", 25, false},
    {"io-models", "multiplexed", "io-models.c", "multiplexed", "21 C\n", 25, false},
    {"io-models", "signal-driven", "io-models.c", "signal-driven", "21 C\n", 25, false},
    {"io-models", "asynchronous", "io-models.c", "asynchronous", "21 C\n", 25, false},
    {"process-pool", "asynchronous", "process-pool.c", "asynchronous", "10 of 10 tasks done\n", 200, false},
    {"process-pool", "synchronous", "process-pool.c", "synchronous", "10 of 10 tasks done\n", 25, false},
    {"process-pool", "join-first", NULL, NULL, NULL, 0, false},
    {"process-pool", "terminate", "process-pool.c", "terminate", " of 10 tasks done\n", 25, false},
    {"pool-queue", "sent", "descriptor.c", "sent", "", 0, false},
    {"pool-queue", "inherited", "descriptor.c", "inherited", "got A\ngot B\ngot C\n", 200, false},
    {"pool-queue", "managed", "managed.c", NULL, "got A\ngot B\ngot C\n", 200, false},
    {"thread-pool", NULL, "thread-pool.c", NULL, "4 squared: 16\n", 200, false},
    {"too-many-threads", NULL, "too-many-threads.c", NULL, "    100 ", 0, true},
    {"coroutine", "io", "io.c", "turns", "has its answers\n", 0, false},
    {"coroutine", "io-serial", "io.c", "serial", "A has its answers\nB has its answers\n", 0, false},
    {"coroutine", "computing", "computing.c", "turns", "6 and 6\n", 0, false},
    {"coroutine", "computing-serial", "computing.c", "serial", "6 and 6\n", 0, false},
};
enum { SCENES = sizeof scenes / sizeof *scenes };

static void every_program_runs_without_lockstep(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENES; i++) {
        if (!scenes[i].source)
            continue;
        char path[256];
        snprintf(path, sizeof path, "5-waiting/%s/%s", scenes[i].id, scenes[i].source);
        char *text = scenes_run_natively(path, scenes[i].argument);
        if (!strstr(text, scenes[i].prints))
            fail_msg("%s: \"%s\" is missing in:\n%s", path, scenes[i].prints, text);
        free(text);
    }
}

static void every_run_is_the_same_twice(void **state)
{
    (void)state;
    static const char *const ways[][2] = {{"rr", "1"}, {"rr", "2"}, {"random", "1"}, {"random", "2"}};
    for (size_t i = 0; i < SCENES; i++)
        for (size_t k = 0; k < sizeof ways / sizeof *ways && !scenes[i].live; k++)
            scenes_play_twice(scenes[i].id, scenes[i].variant, ways[k][0], ways[k][1]);
}

static void what_is_right_is_right_in_every_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENES; i++)
        scenes_play_seeds(scenes[i].id, scenes[i].variant, scenes[i].seeds);
}

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
        for (unsigned seed = 1; seed <= 10; seed++) {
            struct scenes_run run;
            char text[16];
            snprintf(text, sizeof text, "%u", seed);
            scenes_play(held[i].id, held[i].variant, (const char *const[]){"--policy", "random", "--seed", text, NULL},
                        &run);
            const char *broken = held[i].promised(&run);
            if (broken)
                fail_msg("%s, seed %u: this does not hold: %s", held[i].id, seed, broken);
            scenes_run_free(&run);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_submits_waits_as_predicted),
        cmocka_unit_test(each_model_waits_in_its_own_call),
        cmocka_unit_test(a_pool_has_as_many_at_work_as_it_has_workers),
        cmocka_unit_test(a_queue_is_inherited_or_has_a_name),
        cmocka_unit_test(a_pool_reuses_its_threads),
        cmocka_unit_test(memory_and_switches_grow),
        cmocka_unit_test(the_switch_is_the_programs_own),
        cmocka_unit_test(its_stack_does_not_step_and_globals_do),
        cmocka_unit_test(in_real_time_the_same_switches_are_told),
        cmocka_unit_test(every_program_runs_without_lockstep),
        cmocka_unit_test(every_run_is_the_same_twice),
        cmocka_unit_test(what_is_right_is_right_in_every_order),
        cmocka_unit_test(promises_hold_in_other_orders),
    };
    return cmocka_run_group_tests_name("scenes: must hold, waiting", tests, NULL, NULL);
}
