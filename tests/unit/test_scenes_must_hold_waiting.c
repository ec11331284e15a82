/* What CURRICULUM promises of the scenes of act 5 about who waits for what, and in which call; asserted of their real runs:
 * from the events, never from the narration; and each promise seen to fail of a changed copy of the scene. */
#include "scenes_act.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool about(long time, long wanted) /* the steps around it take a millisecond each */
{
    return time >= wanted && time <= wanted + 8;
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
    SCENES_HOLDS(scenes_blocked_times(run, "P1.main", "semaphore.wait") == 3);
    for (unsigned job = 1; job <= 3; job++) {
        size_t blocked = SCENES_FIND("P1.main", "semaphore.wait", .outcome = "blocked", .occurrence = job);
        size_t done = SCENES_FIND("P1.main", "semaphore.wait", .outcome = "done", .occurrence = job);
        SCENES_HOLDS(about(scenes_time_at(run, done) - scenes_time_at(run, blocked), 10 * (long)job));
    }
    SCENES_HOLDS(scenes_blocked_time(run, "P1.main", NULL) >= 60);
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
    SCENES_HOLDS(scenes_is(scenes_all_printed(run), text));
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
    SCENES_HOLDS(scenes_blocked_time(run, "P1.main", NULL) <= 38);
    SCENES_HOLDS(workers_at_once(run) == 3);
    return NULL;
}

static const char *the_submitter_does_not_wait(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(scenes_blocked_times(run, "P1.main", NULL) == 0);
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
    SCENES_HOLDS(scenes_is(scenes_all_printed(run), "21 C\n"));
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (operation && strcmp(calls[i], operation) == 0)
            SCENES_HOLDS(about(scenes_blocked_time(run, "P1.main", operation), 28) && "blocked in the call");
        else
            SCENES_HOLDS(scenes_blocked_times(run, "P1.main", calls[i]) == 0 && "not blocked in other calls");
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
    SCENES_HOLDS(scenes_blocked_times(run, "P1.T2", "pipe.read") == 1);
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

/* ---- all of them ---- */

static const struct scenes_listed scenes[] = {
    {"sync-vs-async", "sync-blocking", "sync-vs-async/sync-vs-async.c", "call", "main is free\n", 25, false},
    {"sync-vs-async", "sync-asking", "sync-vs-async/sync-vs-async.c", "ask", "main is free\n", 25, false},
    {"sync-vs-async", "async-waiting", "sync-vs-async/sync-vs-async.c", "wait", "main is free\n", 25, false},
    {"sync-vs-async", "async-callback", "sync-vs-async/sync-vs-async.c", "callback", "job 3 is done\n", 25, false},
    {"io-models", "blocking", "io-models/io-models.c", "blocking", "21 C\n", 25, false},
    {"io-models", "non-blocking", "io-models/io-models.c", "non-blocking", "21 C\n", 25, false},
    {"io-models", "multiplexed", "io-models/io-models.c", "multiplexed", "21 C\n", 25, false},
    {"io-models", "signal-driven", "io-models/io-models.c", "signal-driven", "21 C\n", 25, false},
    {"io-models", "asynchronous", "io-models/io-models.c", "asynchronous", "21 C\n", 25, false},
};
static struct scenes_act act = {.folder = "5-waiting", .scenes = scenes, .scene_count = sizeof scenes / sizeof *scenes};

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_submits_waits_as_predicted),
        cmocka_unit_test(each_model_waits_in_its_own_call),
        cmocka_unit_test_prestate(scenes_every_program_runs_without_lockstep, &act),
        cmocka_unit_test_prestate(scenes_every_run_is_the_same_twice, &act),
        cmocka_unit_test_prestate(scenes_what_is_right_is_right_in_every_order, &act),
    };
    return cmocka_run_group_tests_name("scenes: must hold, waiting", tests, NULL, NULL);
}
