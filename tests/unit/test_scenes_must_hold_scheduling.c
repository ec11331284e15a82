/* What CURRICULUM promises of the scenes of act 1 in which processes share CPUs: times by the formulae of the textbook,
 * from the virtual time of the events; and each promise seen to fail of a changed copy of the scene. */
#include "scenes_changed.h"
#include "scenes_promise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- os-history ---- */

struct history {
    long makespan, letter,
        mean_end; /* virtual milliseconds: all are done; the shortest job has answered; of the jobs */
    unsigned switches;
};

static struct history history_of(const struct scenes_run *run)
{
    struct history history = {.makespan = scenes_time_at(run, run->step_count - 1)};
    const char *before = "P2.main";
    for (size_t i = 0; i < run->step_count; i++) {
        const char *task = run->steps[i].task;
        if (scenes_is(task, "P1.main"))
            continue;
        history.switches += !scenes_is(task, before);
        before = task;
    }
    history.letter = scenes_time_at(run, SCENES_FIND("P4.main", "file.write"));
    for (const char *const *task = (const char *const[]){"P2.main", "P3.main", "P4.main", NULL}; *task; task++)
        history.mean_end += scenes_time_at(run, SCENES_FIND(*task, "process.exit")) / 3;
    return history;
}

static struct history history_play(const char *variant)
{
    struct scenes_run run;
    scenes_play("os-history", variant, NULL, &run);
    assert_true(scenes_finished(&run));
    struct history history = history_of(&run);
    scenes_run_free(&run);
    return history;
}

/* With the tape. */
static long batch_makespan;
static const char *is_sooner_done_than_the_batch(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(history_of(run).makespan < batch_makespan);
    return NULL;
}

static void each_age_waits_less(void **state)
{
    (void)state;
    struct history cards = history_play("cards"), tape = history_play("tape"),
                   multiprogramming = history_play("multiprogramming"), sharing = history_play("time-sharing");
    assert_true(multiprogramming.makespan < tape.makespan && tape.makespan < cards.makespan);
    assert_true(sharing.letter < multiprogramming.letter && sharing.letter < tape.letter &&
                sharing.letter < cards.letter);
    /* What the beats and the notes say aloud. */
    assert_int_equal(cards.makespan, 133);
    assert_int_equal(tape.makespan, 73);
    assert_int_equal(multiprogramming.makespan, 61);
    assert_int_equal(sharing.makespan, 54);
    assert_int_equal(cards.letter, 127);
    assert_int_equal(tape.letter, 67);
    assert_int_equal(multiprogramming.letter, 41);
    assert_int_equal(sharing.letter, 21);
    batch_makespan = tape.makespan;
    scenes_holds("os-history", "multiprogramming", is_sooner_done_than_the_batch);
    scenes_breaks("1-processes/os-history", "multiprogramming",
                  (struct scenes_change){"scene.yaml", "policy: fifo, cpus: 1}\n  - id: time-sharing",
                                         "policy: batch, cpus: 1}\n  - id: time-sharing"},
                  is_sooner_done_than_the_batch);
}

/* A batch leaves the CPU idle while others could run: that is not told as if nobody could. */
static void an_idle_cpu_is_told_as_idle(void **state)
{
    (void)state;
    struct scenes_output output;
    scenes_command((const char *const[]){scenes_lockstep(), "play", "os-history", "--variant", "cards", "--plain",
                                         "--lang", "en", NULL},
                   NULL, 60, &output);
    assert_int_equal(scenes_count(output.out, "The CPU stays idle; time goes on to "), 4); /* for each card */
    assert_int_equal(scenes_count(output.out, "Nobody can run; "), 0);
    scenes_output_free(&output);
}

static void computing_gains_nothing_from_slices(void **state)
{
    (void)state;
    struct history whole = history_play("computing"), sliced = history_play("computing-sliced");
    assert_int_equal(whole.makespan, sliced.makespan);
    assert_int_equal(whole.makespan, 43);
    assert_int_equal(whole.switches, 2);
    assert_true(sliced.switches > 3 * whole.switches);
    assert_true(sliced.mean_end > whole.mean_end);
}

/* ---- scheduling-policies ---- */

enum { JOBS = 3, SLICE = 3 };
static const char *const jobs[JOBS] = {"P2.main", "P3.main", "P4.main"};
static const long lengths[JOBS] = {12, 6, 3};

/* Per job: from the arrival to its end, and to its first step. */
struct times {
    long turnaround[JOBS], response[JOBS];
};

static bool times_of(const struct scenes_run *run, struct times *times)
{
    long arrival = 0;
    for (int job = 0; job < JOBS; job++) {
        size_t first = SCENES_FIND(jobs[job], "time.sleep", .outcome = "done"),
               last = SCENES_FIND(jobs[job], "process.exit");
        if (first == run->step_count || last == run->step_count)
            return false;
        long steps = 0;
        for (size_t i = first; i <= last; i++)
            steps += scenes_is(run->steps[i].task, jobs[job]);
        if (steps != lengths[job])
            return false;
        times->response[job] = scenes_time_at(run, first) - 1; /* a step takes a millisecond, and is told at its end */
        times->turnaround[job] = scenes_time_at(run, last);
        if (arrival == 0 || times->response[job] < arrival)
            arrival = times->response[job];
    }
    for (int job = 0; job < JOBS; job++) {
        times->response[job] -= arrival;
        times->turnaround[job] -= arrival;
    }
    return arrival == 1002; /* as the narration says */
}

static bool same_times(const struct scenes_run *run, const struct times *wanted)
{
    struct times times;
    return scenes_finished(run) && times_of(run, &times) && memcmp(&times, wanted, sizeof times) == 0;
}

/* One after another in this order: the turnaround is the sum of the lengths so far, the response that of those before. */
static struct times one_by_one(const int order[JOBS])
{
    struct times times;
    long sum = 0;
    for (int i = 0; i < JOBS; i++) {
        times.response[order[i]] = sum;
        times.turnaround[order[i]] = sum += lengths[order[i]];
    }
    return times;
}

/* In turn, a slice each, until nothing is left. */
static struct times in_turn(void)
{
    struct times times = {.response = {-1, -1, -1}};
    long left[JOBS] = {lengths[0], lengths[1], lengths[2]}, now = 0;
    for (bool any = true; any;) {
        any = false;
        for (int job = 0; job < JOBS; job++) {
            if (left[job] == 0)
                continue;
            if (times.response[job] < 0)
                times.response[job] = now;
            long slice = left[job] < SLICE ? left[job] : SLICE;
            now += slice;
            left[job] -= slice;
            times.turnaround[job] = now;
            any = true;
        }
    }
    return times;
}

static const char *first_come(const struct scenes_run *run)
{
    struct times times = one_by_one((const int[JOBS]){0, 1, 2});
    SCENES_HOLDS(same_times(run, &times));
    return NULL;
}

static const char *shortest_first(const struct scenes_run *run)
{
    struct times times = one_by_one((const int[JOBS]){2, 1, 0});
    SCENES_HOLDS(same_times(run, &times));
    return NULL;
}

static const char *round_robin(const struct scenes_run *run)
{
    struct times times = in_turn();
    SCENES_HOLDS(same_times(run, &times));
    return NULL;
}

static void the_policies_have_the_times_of_the_formulae(void **state)
{
    (void)state;
    scenes_holds("scheduling-policies", "fcfs", first_come);
    scenes_holds("scheduling-policies", "sjf", shortest_first);
    scenes_holds("scheduling-policies", "rr", round_robin);
    scenes_breaks("1-processes/scheduling-policies", "sjf",
                  (struct scenes_change){"scene.yaml", "policy: sjf", "policy: fifo"}, shortest_first);
    scenes_breaks("1-processes/scheduling-policies", "rr",
                  (struct scenes_change){"scene.yaml", "quantum: 3", "quantum: 2"}, round_robin);
    scenes_breaks("1-processes/scheduling-policies", "fcfs",
                  (struct scenes_change){"scheduling-policies.c", "{10, 4, 1}", "{4, 10, 1}"}, first_come);
}

/* ---- concurrency-vs-parallelism ---- */

/* The most tasks that run at once, and whether the two children ever do. */
static unsigned most_running(const struct scenes_run *run, bool *both)
{
    unsigned most = 0;
    *both = false;
    for (size_t i = 0; i < run->step_count; i++) {
        unsigned now = (unsigned)scenes_is_running(run, i, "P1.main") + (unsigned)scenes_is_running(run, i, "P2.main") +
                       (unsigned)scenes_is_running(run, i, "P3.main");
        most = now > most ? now : most;
        *both |= scenes_is_running(run, i, "P2.main") && scenes_is_running(run, i, "P3.main");
    }
    return most;
}

static const char *one_at_a_time(const struct scenes_run *run)
{
    bool both;
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(most_running(run, &both) == 1 && !both);
    /* Concurrent all the same: neither has ended before the other begins. */
    SCENES_HOLDS(SCENES_FIND("P3.main", "memory.store") < SCENES_FIND("P2.main", "process.exit"));
    return NULL;
}

static const char *two_at_once(const struct scenes_run *run)
{
    bool both;
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(most_running(run, &both) == 2 && both);
    return NULL;
}

static void one_cpu_runs_one_and_two_run_two_at_once(void **state)
{
    (void)state;
    scenes_holds("concurrency-vs-parallelism", "one-cpu", one_at_a_time);
    scenes_holds("concurrency-vs-parallelism", "two-cpus", two_at_once);
    struct scenes_run one, two;
    scenes_play("concurrency-vs-parallelism", "one-cpu", NULL, &one);
    scenes_play("concurrency-vs-parallelism", "two-cpus", NULL, &two);
    assert_true(scenes_time_at(&two, two.step_count - 1) < scenes_time_at(&one, one.step_count - 1));
    scenes_run_free(&one);
    scenes_run_free(&two);
    scenes_breaks("1-processes/concurrency-vs-parallelism", "one-cpu",
                  (struct scenes_change){"scene.yaml", "cpus: 1}", "cpus: 2}"}, one_at_a_time);
    scenes_breaks("1-processes/concurrency-vs-parallelism", "two-cpus",
                  (struct scenes_change){"concurrency-vs-parallelism.c",
                                         "        compute(\"first\");\n        return 0;\n    }",
                                         "        compute(\"first\");\n        return 0;\n    }\n    wait(NULL);"},
                  two_at_once);
}

/* ---- space-and-time-sharing ---- */

/* Every load has what the process itself stored last; each goes on behind the place where it was. */
static const char *behind_walls(const struct scenes_run *run)
{
    long note[5] = {0}, line[5] = {0};
    SCENES_HOLDS(scenes_finished(run));
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        bool store = scenes_is(step->operation, "memory.store");
        if (!store && !scenes_is(step->operation, "memory.load"))
            continue;
        int process = step->task[1] - '0';
        SCENES_HOLDS(process >= 1 && process <= 4);
        if (store) {
            SCENES_HOLDS(scenes_number(step) / 10 == process - 1);
            note[process] = scenes_number(step);
        }
        SCENES_HOLDS(scenes_number(step) == note[process]);
        SCENES_HOLDS(process == 1 || scenes_line_of(step) > line[process]);
        line[process] = scenes_line_of(step);
    }
    SCENES_HOLDS(note[2] == 13 && note[3] == 23 && note[4] == 33 && note[1] == 0);
    return NULL;
}

/* At some moment all three are in the midst of their functions. */
static const char *three_in_the_midst(const struct scenes_run *run)
{
    unsigned stores[5] = {0};
    for (size_t i = 0; i < run->step_count; i++) {
        if (scenes_is(run->steps[i].operation, "memory.store"))
            stores[run->steps[i].task[1] - '0']++;
        bool all = true;
        for (int process = 2; process <= 4; process++)
            all &= stores[process] == 1 || stores[process] == 2;
        if (all)
            return NULL;
    }
    return "all three are in the midst of their functions";
}

static void memory_is_walled_off_and_a_process_goes_on_where_it_was(void **state)
{
    (void)state;
    scenes_holds("space-and-time-sharing", NULL, behind_walls);
    scenes_holds("space-and-time-sharing", NULL, three_in_the_midst);
    for (unsigned seed = 1; seed <= 10; seed++) {
        struct scenes_run run;
        char text[16];
        snprintf(text, sizeof text, "%u", seed);
        scenes_play("space-and-time-sharing", NULL, (const char *const[]){"--policy", "random", "--seed", text, NULL},
                    &run);
        assert_null(behind_walls(&run));
        scenes_run_free(&run);
    }
    scenes_breaks("1-processes/space-and-time-sharing", NULL,
                  (struct scenes_change){"scene.yaml", "policy: rr, quantum: 2", "policy: fifo"}, three_in_the_midst);
    /* A wall with a hole: one note for all. */
    scenes_breaks("1-processes/space-and-time-sharing", NULL,
                  (struct scenes_change){
                      "space-and-time-sharing.c", "int note = 0;",
                      "#include <sys/mman.h>\nint *box;\n#define note (*box)\n"
                      "__attribute__((constructor)) static void share(void)\n{\n"
                      "    box = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);\n}\n"},
                  behind_walls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_age_waits_less),
        cmocka_unit_test(an_idle_cpu_is_told_as_idle),
        cmocka_unit_test(computing_gains_nothing_from_slices),
        cmocka_unit_test(the_policies_have_the_times_of_the_formulae),
        cmocka_unit_test(one_cpu_runs_one_and_two_run_two_at_once),
        cmocka_unit_test(memory_is_walled_off_and_a_process_goes_on_where_it_was),
    };
    return cmocka_run_group_tests_name("scenes: must hold, scheduling", tests, NULL, NULL);
}
