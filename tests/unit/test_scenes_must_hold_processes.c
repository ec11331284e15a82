/* What CURRICULUM promises of the scenes of act 1, asserted of their real runs: from the events, never from the
 * narration. Each promise is a function that says what does not hold of a run, so that a changed copy of the scene shows
 * that the promise can fail. (The first five scenes of the act: test_scenes_must_hold.c.) */
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

static unsigned count_steps(const struct scenes_run *run, struct scenes_wanted wanted)
{
    unsigned count = 0;
    for (size_t at = scenes_find(run, 0, wanted); at < run->step_count; at = scenes_find(run, at + 1, wanted))
        count++;
    return count;
}

/* The value of a step as text; "" where it has none or the step is not there. */
static const char *text_at(const struct scenes_run *run, size_t at)
{
    const char *text = at < run->step_count ? json_string_value(run->steps[at].value) : NULL;
    return text ? text : "";
}

static long number_at(const struct scenes_run *run, size_t at)
{
    return at < run->step_count && json_is_integer(run->steps[at].value) ? scenes_number(&run->steps[at]) : -1;
}

static const char *state_at(const struct scenes_run *run, size_t at, const char *task)
{
    return at < run->step_count ? scenes_state(&run->steps[at], task) : "";
}

/* Virtual milliseconds at the end of a step; 0 when it is not there. */
static long time_at(const struct scenes_run *run, size_t at)
{
    return at < run->step_count ? (long)(run->steps[at].time * 1000 + 0.5) : 0;
}

static long exit_of(const struct scenes_run *run, const char *process)
{
    const json_t *exit = json_object_get(json_object_get(run->end, "exit"), process);
    return json_is_integer(exit) ? (long)json_integer_value(exit) : -1;
}

static bool ended_by(const struct scenes_run *run, const char *process, const char *signal)
{
    return scenes_is(json_string_value(json_object_get(json_object_get(run->end, "exit"), process)), signal);
}

static size_t process_count(const struct scenes_run *run)
{
    return json_object_size(json_object_get(run->end, "exit"));
}

/* How often a task (NULL: any) printed this. */
static unsigned printed(const struct scenes_run *run, const char *task, const char *text)
{
    unsigned count = 0;
    for (size_t i = 0; i < json_array_size(run->lines); i++) {
        const json_t *line = json_array_get(run->lines, i);
        const char *part = json_string_value(json_object_get(line, "text"));
        if (part && (!task || scenes_is(json_string_value(json_object_get(line, "task")), task)))
            count += scenes_count(part, text);
    }
    return count;
}

static bool is_running(const struct scenes_run *run, size_t at, const char *task)
{
    return scenes_is(state_at(run, at, task), "running");
}

/* ---- program-vs-process ---- */

static const char *one_file_two_processes(const struct scenes_run *run)
{
    HOLDS(finished(run) && process_count(run) == 3);
    size_t first = FIND("P1.main", "process.spawn"), second = FIND_AFTER(first, "P1.main", "process.spawn");
    HOLDS(scenes_is(text_at(run, first), "P2") && scenes_is(text_at(run, second), "P3"));
    HOLDS(printed(run, "P1.main", "two processes, two pids\n") == 1);
    /* The same executable, and in each process a memory as the file says. */
    HOLDS(printed(run, "P2.main", "first: runs is 1, my program is program-vs-process\n") == 1);
    HOLDS(printed(run, "P3.main", "second: runs is 1, my program is program-vs-process\n") == 1);
    HOLDS(number_at(run, FIND("P2.main", "memory.load", "variable P2:runs")) == 0);
    HOLDS(number_at(run, FIND("P3.main", "memory.load", "variable P3:runs")) == 0);
    HOLDS(exit_of(run, "P2") == 0 && exit_of(run, "P3") == 0);
    size_t still_there = FIND_AFTER(second, "P1.main", "file.write", .occurrence = 2);
    HOLDS(scenes_is(state_at(run, still_there, "P2.main"), "terminated"));
    HOLDS(scenes_is(state_at(run, still_there, "P3.main"), "terminated"));
    HOLDS(printed(run, "P1.main", "the file is still there\n") == 1);
    return NULL;
}

static void a_program_started_twice_is_two_processes(void **state)
{
    (void)state;
    holds("program-vs-process", NULL, one_file_two_processes);
    breaks("1-processes/program-vs-process", NULL,
           (struct scenes_change){"program-vs-process.c", "start(argv[0], \"second\")",
                                  "start(\"/bin/true\", \"second\")"},
           one_file_two_processes);
}

/* ---- address-space ---- */

/* Where something lies, as the program printed it. */
struct lies {
    unsigned long address;
    char rights[8], mapping[64];
};

static bool find_lies(const char *text, const char *what, struct lies *lies)
{
    const char *line = strstr(text, what);
    return line && (line == text || line[-1] == '\n') &&
           sscanf(line + strlen(what), " %lx is in %7s %63s", &lies->address, lies->rights, lies->mapping) == 3;
}

static const char *mappings_in(const char *text, const char *program)
{
    struct lies function, global, block, local;
    HOLDS(scenes_count(text, "\n") == 4);
    HOLDS(find_lies(text, "function", &function) && find_lies(text, "global", &global));
    HOLDS(find_lies(text, "block", &block) && find_lies(text, "local", &local));
    HOLDS(scenes_is(function.rights, "r-xp") && scenes_is(function.mapping, program));
    HOLDS(scenes_is(global.rights, "rw-p") && scenes_is(global.mapping, program));
    HOLDS(scenes_is(block.rights, "rw-p") && scenes_is(block.mapping, "[heap]"));
    HOLDS(scenes_is(local.rights, "rw-p") && scenes_is(local.mapping, "[stack]"));
    HOLDS(function.address < global.address && global.address < block.address && block.address < local.address);
    return NULL;
}

static const char *four_mappings(const struct scenes_run *run)
{
    HOLDS(finished(run));
    char *text = scenes_printed(run);
    const char *broken = mappings_in(text, "address-space");
    free(text);
    return broken;
}

static void each_address_lies_in_a_mapping_of_its_own(void **state)
{
    (void)state;
    holds("address-space", NULL, four_mappings);
    breaks("1-processes/address-space", NULL,
           (struct scenes_change){"address-space.c", "show(\"block\", block)", "show(\"block\", &block)"},
           four_mappings);
    char *text = scenes_run_natively("1-processes/address-space/address-space.c", NULL);
    assert_null(mappings_in(text, "program"));
    free(text);
}

/* ---- os-history ---- */

struct history {
    long makespan, letter,
        mean_end; /* virtual milliseconds: all are done; the shortest job has answered; of the jobs */
    unsigned switches;
};

static struct history history_of(const struct scenes_run *run)
{
    struct history history = {.makespan = time_at(run, run->step_count - 1)};
    const char *before = "P2.main";
    for (size_t i = 0; i < run->step_count; i++) {
        const char *task = run->steps[i].task;
        if (scenes_is(task, "P1.main"))
            continue;
        history.switches += !scenes_is(task, before);
        before = task;
    }
    history.letter = time_at(run, FIND("P4.main", "file.write"));
    for (const char *const *task = (const char *const[]){"P2.main", "P3.main", "P4.main", NULL}; *task; task++)
        history.mean_end += time_at(run, FIND(*task, "process.exit")) / 3;
    return history;
}

static struct history history_play(const char *variant)
{
    struct scenes_run run;
    scenes_play("os-history", variant, NULL, &run);
    assert_true(finished(&run));
    struct history history = history_of(&run);
    scenes_run_free(&run);
    return history;
}

/* With the tape. */
static long batch_makespan;
static const char *is_sooner_done_than_the_batch(const struct scenes_run *run)
{
    HOLDS(finished(run));
    HOLDS(history_of(run).makespan < batch_makespan);
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
    holds("os-history", "multiprogramming", is_sooner_done_than_the_batch);
    breaks("1-processes/os-history", "multiprogramming",
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
        size_t first = FIND(jobs[job], "time.sleep", .outcome = "done"), last = FIND(jobs[job], "process.exit");
        if (first == run->step_count || last == run->step_count)
            return false;
        long steps = 0;
        for (size_t i = first; i <= last; i++)
            steps += scenes_is(run->steps[i].task, jobs[job]);
        if (steps != lengths[job])
            return false;
        times->response[job] = time_at(run, first) - 1; /* a step takes a millisecond, and is told at its end */
        times->turnaround[job] = time_at(run, last);
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
    return finished(run) && times_of(run, &times) && memcmp(&times, wanted, sizeof times) == 0;
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
    HOLDS(same_times(run, &times));
    return NULL;
}

static const char *shortest_first(const struct scenes_run *run)
{
    struct times times = one_by_one((const int[JOBS]){2, 1, 0});
    HOLDS(same_times(run, &times));
    return NULL;
}

static const char *round_robin(const struct scenes_run *run)
{
    struct times times = in_turn();
    HOLDS(same_times(run, &times));
    return NULL;
}

static void the_policies_have_the_times_of_the_formulae(void **state)
{
    (void)state;
    holds("scheduling-policies", "fcfs", first_come);
    holds("scheduling-policies", "sjf", shortest_first);
    holds("scheduling-policies", "rr", round_robin);
    breaks("1-processes/scheduling-policies", "sjf",
           (struct scenes_change){"scene.yaml", "policy: sjf", "policy: fifo"}, shortest_first);
    breaks("1-processes/scheduling-policies", "rr", (struct scenes_change){"scene.yaml", "quantum: 3", "quantum: 2"},
           round_robin);
    breaks("1-processes/scheduling-policies", "fcfs",
           (struct scenes_change){"scheduling-policies.c", "{10, 4, 1}", "{4, 10, 1}"}, first_come);
}

/* ---- concurrency-vs-parallelism ---- */

/* The most tasks that run at once, and whether the two children ever do. */
static unsigned most_running(const struct scenes_run *run, bool *both)
{
    unsigned most = 0;
    *both = false;
    for (size_t i = 0; i < run->step_count; i++) {
        unsigned now = (unsigned)is_running(run, i, "P1.main") + (unsigned)is_running(run, i, "P2.main") +
                       (unsigned)is_running(run, i, "P3.main");
        most = now > most ? now : most;
        *both |= is_running(run, i, "P2.main") && is_running(run, i, "P3.main");
    }
    return most;
}

static const char *one_at_a_time(const struct scenes_run *run)
{
    bool both;
    HOLDS(finished(run));
    HOLDS(most_running(run, &both) == 1 && !both);
    /* Concurrent all the same: neither has ended before the other begins. */
    HOLDS(FIND("P3.main", "memory.store") < FIND("P2.main", "process.exit"));
    return NULL;
}

static const char *two_at_once(const struct scenes_run *run)
{
    bool both;
    HOLDS(finished(run));
    HOLDS(most_running(run, &both) == 2 && both);
    return NULL;
}

static void one_cpu_runs_one_and_two_run_two_at_once(void **state)
{
    (void)state;
    holds("concurrency-vs-parallelism", "one-cpu", one_at_a_time);
    holds("concurrency-vs-parallelism", "two-cpus", two_at_once);
    struct scenes_run one, two;
    scenes_play("concurrency-vs-parallelism", "one-cpu", NULL, &one);
    scenes_play("concurrency-vs-parallelism", "two-cpus", NULL, &two);
    assert_true(time_at(&two, two.step_count - 1) < time_at(&one, one.step_count - 1));
    scenes_run_free(&one);
    scenes_run_free(&two);
    breaks("1-processes/concurrency-vs-parallelism", "one-cpu",
           (struct scenes_change){"scene.yaml", "cpus: 1}", "cpus: 2}"}, one_at_a_time);
    breaks("1-processes/concurrency-vs-parallelism", "two-cpus",
           (struct scenes_change){"concurrency-vs-parallelism.c",
                                  "        compute(\"first\");\n        return 0;\n    }",
                                  "        compute(\"first\");\n        return 0;\n    }\n    wait(NULL);"},
           two_at_once);
}

/* ---- space-and-time-sharing ---- */

static long line_of(const struct scenes_step *step)
{
    const char *colon = step->source ? strrchr(step->source, ':') : NULL;
    return colon ? strtol(colon + 1, NULL, 10) : 0;
}

/* Every load has what the process itself stored last; each goes on behind the place where it was. */
static const char *behind_walls(const struct scenes_run *run)
{
    long note[5] = {0}, line[5] = {0};
    HOLDS(finished(run));
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        bool store = scenes_is(step->operation, "memory.store");
        if (!store && !scenes_is(step->operation, "memory.load"))
            continue;
        int process = step->task[1] - '0';
        HOLDS(process >= 1 && process <= 4);
        if (store) {
            HOLDS(scenes_number(step) / 10 == process - 1);
            note[process] = scenes_number(step);
        }
        HOLDS(scenes_number(step) == note[process]);
        HOLDS(process == 1 || line_of(step) > line[process]);
        line[process] = line_of(step);
    }
    HOLDS(note[2] == 13 && note[3] == 23 && note[4] == 33 && note[1] == 0);
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
    holds("space-and-time-sharing", NULL, behind_walls);
    holds("space-and-time-sharing", NULL, three_in_the_midst);
    for (unsigned seed = 1; seed <= 10; seed++) {
        struct scenes_run run;
        char text[16];
        snprintf(text, sizeof text, "%u", seed);
        scenes_play("space-and-time-sharing", NULL, (const char *const[]){"--policy", "random", "--seed", text, NULL},
                    &run);
        assert_null(behind_walls(&run));
        scenes_run_free(&run);
    }
    breaks("1-processes/space-and-time-sharing", NULL,
           (struct scenes_change){"scene.yaml", "policy: rr, quantum: 2", "policy: fifo"}, three_in_the_midst);
}

/* ---- fork ---- */

static const char *returns_twice(const struct scenes_run *run)
{
    HOLDS(finished(run) && process_count(run) == 2);
    size_t forked = FIND("P1.main", "process.fork");
    HOLDS(scenes_is(text_at(run, forked), "P2"));
    size_t started = FIND("P2.main", "process.start");
    HOLDS(started > forked && number_at(run, started) == 0);
    HOLDS(printed(run, "P2.main", "my parent is the process that called fork\n") == 1);
    HOLDS(printed(run, "P1.main", "fork returned my child's pid\n") == 1);
    size_t waited = FIND_AFTER(started, "P1.main", "process.wait", .outcome = "done");
    HOLDS(scenes_is(text_at(run, waited), "P2") && exit_of(run, "P2") == 7);
    HOLDS(printed(run, "P1.main", "that child has ended with status 7\n") == 1);
    return NULL;
}

static void fork_returns_twice(void **state)
{
    (void)state;
    holds("fork", NULL, returns_twice);
    breaks("1-processes/fork", NULL,
           (struct scenes_change){"fork.c", "        printf(\"child:  fork returned 0\\n\");",
                                  "        if (fork() != 0)\n            return 7;\n        usleep(50000);"},
           returns_twice);
}

/* ---- fork-and-buffers ---- */

static const char *six_lines(const struct scenes_run *run)
{
    HOLDS(finished(run) && process_count(run) == 4);
    HOLDS(printed(run, NULL, "\n") == 6);
    HOLDS(printed(run, NULL, "hello from round 1\n") == 2 && printed(run, NULL, "hello from round 2\n") == 4);
    return NULL;
}

static const char *eight_lines(const struct scenes_run *run)
{
    HOLDS(finished(run) && process_count(run) == 4);
    HOLDS(printed(run, NULL, "\n") == 8);
    HOLDS(printed(run, "P4.main", "hello from round 1\n") == 1); /* it was not born in round 1 */
    return NULL;
}

static void a_buffer_is_copied_by_fork(void **state)
{
    (void)state;
    holds("fork-and-buffers", "terminal", six_lines);
    holds("fork-and-buffers", "pipe", eight_lines);
    breaks("1-processes/fork-and-buffers", "pipe",
           (struct scenes_change){"fork-and-buffers.c", "        pid_t result",
                                  "        fflush(stdout);\n        pid_t result"},
           eight_lines);
    char *text = scenes_run_natively("1-processes/fork-and-buffers/fork-and-buffers.c", NULL);
    assert_int_equal(scenes_count(text, "\n"), 8); /* to a pipe */
    free(text);
}

/* ---- signal ---- */

static const char *interrupts_a_computation(const struct scenes_run *run)
{
    HOLDS(finished(run));
    size_t sent = FIND("P1.main", "signal.send");
    HOLDS(scenes_is(run->steps[sent].object, "P2"));
    HOLDS(scenes_is(state_at(run, sent, "P2.main"), "ready") || is_running(run, sent, "P2.main"));
    HOLDS(count_steps(run, (struct scenes_wanted){.task = "P2.main", "signal.deliver"}) == 1);
    size_t delivered = FIND_AFTER(sent, "P2.main", "signal.deliver");
    HOLDS(delivered < run->step_count);
    /* What the handler did in its midst is not what its step is about. */
    HOLDS(!run->steps[delivered].object && line_of(&run->steps[delivered]) > 0);
    size_t again = FIND_AFTER(delivered, "P2.main", "memory.load");
    HOLDS(number_at(run, again) == 1 && exit_of(run, "P2") == 0);
    return NULL;
}

static size_t sent_to_the_blocked(const struct scenes_run *run)
{
    size_t blocked = FIND("P2.main", "pipe.read", "pipe 1", "blocked"),
           sent = FIND_AFTER(blocked, "P1.main", "signal.send");
    return scenes_is(state_at(run, sent - 1, "P2.main"), "blocked") ? sent : run->step_count;
}

static const char *read_gives_up(const struct scenes_run *run)
{
    HOLDS(finished(run));
    size_t sent = sent_to_the_blocked(run), delivered = FIND_AFTER(sent, "P2.main", "signal.deliver");
    size_t read = FIND_AFTER(delivered, "P2.main", "pipe.read");
    HOLDS(sent < run->step_count && read < run->step_count);
    HOLDS(scenes_is(run->steps[read].outcome, "interrupted") && scenes_is(run->steps[read].error, "EINTR"));
    HOLDS(printed(run, "P2.main", "interrupted (EINTR)\n") == 1);
    return NULL;
}

static const char *read_waits_on(const struct scenes_run *run)
{
    HOLDS(finished(run));
    size_t sent = sent_to_the_blocked(run), delivered = FIND_AFTER(sent, "P2.main", "signal.deliver");
    size_t read = FIND_AFTER(delivered, "P2.main", "pipe.read");
    HOLDS(sent < run->step_count && read < run->step_count && scenes_is(run->steps[read].outcome, "blocked"));
    HOLDS(number_at(run, FIND_AFTER(read, "P2.main", "pipe.read", "pipe 1", "done")) == 1);
    HOLDS(!IS_THERE("P2.main", "pipe.read", .outcome = "interrupted"));
    return NULL;
}

static const char *keeps_it_pending(const struct scenes_run *run)
{
    HOLDS(finished(run));
    size_t stop = FIND("P1.main", "signal.send"), signal = FIND_AFTER(stop, "P1.main", "signal.send"),
           go = FIND_AFTER(signal, "P1.main", "signal.send");
    HOLDS(go < run->step_count && time_at(run, go) - time_at(run, signal) >= 100);
    for (size_t i = stop; i < go; i++) {
        HOLDS(scenes_is(state_at(run, i, "P2.main"), "stopped"));
        HOLDS(!scenes_is(run->steps[i].task, "P2.main"));
    }
    HOLDS(FIND("P2.main", "signal.deliver") > go && IS_THERE("P2.main", "signal.deliver"));
    return NULL;
}

static void a_signal_acts_by_the_state_of_its_receiver(void **state)
{
    (void)state;
    holds("signal", "running", interrupts_a_computation);
    holds("signal", "interrupted", read_gives_up);
    holds("signal", "restarted", read_waits_on);
    holds("signal", "stopped", keeps_it_pending);
    breaks("1-processes/signal", "interrupted",
           (struct scenes_change){"blocked.c", "SA_RESTART : 0", "SA_RESTART : SA_RESTART"}, read_gives_up);
    breaks("1-processes/signal", "restarted", (struct scenes_change){"blocked.c", "SA_RESTART : 0", "0 : 0"},
           read_waits_on);
    breaks("1-processes/signal", "stopped",
           (struct scenes_change){"stopped.c", "kill(child, SIGUSR1);",
                                  "kill(child, SIGCONT);\n    kill(child, SIGUSR1);"},
           keeps_it_pending);
}

/* ---- signals-coalesce ---- */

/* Both had ended when the one signal came, and the parent had not collected either. */
static bool two_ends_one_signal(const struct scenes_run *run)
{
    size_t first = FIND("P2.main", "process.exit"), second = FIND("P3.main", "process.exit"),
           delivered = FIND("P1.main", "signal.deliver"), unblocked = FIND("P1.main", "signal.mask", .occurrence = 2);
    return first < unblocked && second < unblocked && unblocked < delivered && delivered < run->step_count &&
           scenes_is(state_at(run, unblocked, "P2.main"), "zombie") &&
           scenes_is(state_at(run, unblocked, "P3.main"), "zombie") &&
           count_steps(run, (struct scenes_wanted){.task = "P1.main", "signal.deliver"}) == 1;
}

static const char *leaves_a_zombie(const struct scenes_run *run)
{
    HOLDS(two_ends_one_signal(run));
    HOLDS(scenes_is(scenes_verdict(run), "failed") && run->output.status == 1 && scenes_fault_count(run) == 1);
    HOLDS(scenes_is(json_string_value(json_object_get(scenes_fault(run, 0), "kind")), "zombie-left"));
    HOLDS(scenes_is(state_at(run, FIND("P1.main", "process.exit") - 1, "P2.main"), "terminated"));
    HOLDS(scenes_is(state_at(run, FIND("P1.main", "process.exit") - 1, "P3.main"), "zombie"));
    return NULL;
}

static const char *leaves_none(const struct scenes_run *run)
{
    HOLDS(two_ends_one_signal(run) && finished(run));
    HOLDS(scenes_is(state_at(run, FIND("P1.main", "process.exit") - 1, "P2.main"), "terminated"));
    HOLDS(scenes_is(state_at(run, FIND("P1.main", "process.exit") - 1, "P3.main"), "terminated"));
    return NULL;
}

/* To look at a child and leave it is not told as collecting it. */
static const char *looking_is_not_collecting(const struct scenes_run *run)
{
    for (size_t i = 0; i < json_array_size(run->lines); i++) {
        const json_t *line = json_array_get(run->lines, i);
        const char *say = json_string_value(json_object_get(line, "say"));
        if (!scenes_is(json_string_value(json_object_get(line, "operation")), "process.wait") ||
            !json_is_string(json_object_get(line, "value")))
            continue;
        bool collected =
            scenes_is(json_string_value(json_object_get(
                          json_object_get(line, "states"),
                          scenes_is(json_string_value(json_object_get(line, "value")), "P2") ? "P2.main" : "P3.main")),
                      "terminated");
        HOLDS(say && (strstr(say, "does not collect it") == NULL) == collected);
    }
    return NULL;
}

static void two_ends_give_one_signal(void **state)
{
    (void)state;
    holds("signals-coalesce", "once", leaves_a_zombie);
    holds("signals-coalesce", "loop", leaves_none);
    holds("signals-coalesce", "loop", looking_is_not_collecting);
    breaks("1-processes/signals-coalesce", "loop",
           (struct scenes_change){"loop.c", "    while (waitpid", "    if (waitpid"}, leaves_none);
    scenes_play_seeds("signals-coalesce", "loop", 200);
}

/* ---- join-and-terminate ---- */

static const char *start_is_no_call(const struct scenes_run *run)
{
    HOLDS(finished(run) && process_count(run) == 2);
    size_t forked = FIND("P1.main", "process.fork"), started = FIND("P2.main", "process.start"),
           caller = FIND_AFTER(forked, "P1.main", "file.write");
    HOLDS(forked < caller && caller < started); /* it takes effect a moment later */
    HOLDS(printed(run, "P2.main", "started: I run in a process of my own\n") == 1);
    HOLDS(printed(run, "P1.main", "called: I run in the caller itself\n") == 1);
    return NULL;
}

static const char *joins_in_order(const struct scenes_run *run)
{
    HOLDS(finished(run));
    size_t alive = FIND("P1.main", "process.wait", "P2", "done");
    HOLDS(scenes_is(text_at(run, alive), "") && !scenes_is(state_at(run, alive, "P2.main"), "zombie"));
    size_t quick = FIND("P3.main", "process.exit"), slow = FIND("P2.main", "process.exit");
    size_t gave_up = FIND("P1.main", "file.write", .occurrence = 2);
    HOLDS(printed(run, "P1.main", "slow has not ended in time, I go on\n") == 1);
    HOLDS(quick < gave_up && gave_up < slow);
    size_t first = FIND_AFTER(slow, "P1.main", "process.wait", "P2", "done"),
           second = FIND_AFTER(first, "P1.main", "process.wait", "P3", "done");
    HOLDS(scenes_is(text_at(run, first), "P2") && scenes_is(text_at(run, second), "P3"));
    HOLDS(scenes_is(state_at(run, first, "P3.main"), "zombie")); /* ended first, joined last */
    HOLDS(exit_of(run, "P2") == 1 && exit_of(run, "P3") == 2);
    HOLDS(printed(run, "P1.main", "joined slow: exit code 1\n") +
              printed(run, "P1.main", "joined quick: exit code 2\n") ==
          2);
    return NULL;
}

static const char *alive_right_after_terminate(const struct scenes_run *run)
{
    HOLDS(finished(run));
    size_t sent = FIND("P1.main", "signal.send"), asked = FIND_AFTER(sent, "P1.main", "process.wait");
    HOLDS(asked < run->step_count && scenes_is(run->steps[asked].outcome, "done"));
    HOLDS(scenes_is(text_at(run, asked), "") && scenes_is(state_at(run, asked, "P2.main"), "ready"));
    HOLDS(printed(run, "P1.main", "it is still alive\n") == 1);
    size_t joined = FIND_AFTER(asked, "P1.main", "process.wait", .outcome = "done");
    HOLDS(scenes_is(text_at(run, joined), "P2") && ended_by(run, "P2", "SIGTERM"));
    HOLDS(printed(run, "P1.main", "it was ended by signal 15\n") == 1);
    return NULL;
}

static void start_join_and_terminate_do_what_they_say(void **state)
{
    (void)state;
    holds("join-and-terminate", "start", start_is_no_call);
    holds("join-and-terminate", "join", joins_in_order);
    holds("join-and-terminate", "terminate", alive_right_after_terminate);
    breaks("1-processes/join-and-terminate", "start",
           (struct scenes_change){"start.c", "    work(\"called\");", "    waitpid(start(), NULL, 0);"},
           start_is_no_call);
    breaks("1-processes/join-and-terminate", "join",
           (struct scenes_change){"join.c", "join_within(slow, 100)", "join_within(slow, 900)"}, joins_in_order);
    breaks("1-processes/join-and-terminate", "terminate",
           (struct scenes_change){"terminate.c", "    kill(child, SIGTERM);", "    kill(child, SIGKILL);"},
           alive_right_after_terminate);
}

/* ---- daemon-process ---- */

static const char *ends_with_its_master(const struct scenes_run *run)
{
    HOLDS(finished(run));
    size_t sent = FIND("P2.main", "signal.send", "P3"), ended = FIND("P2.main", "process.exit");
    HOLDS(sent < ended && ended < run->step_count);
    HOLDS(ended_by(run, "P3", "SIGTERM") && exit_of(run, "P2") == 0);
    HOLDS(scenes_is(state_at(run, ended, "P3.main"), "terminated"));
    return NULL;
}

static const char *is_left_behind(const struct scenes_run *run)
{
    HOLDS(finished(run));
    size_t killed = FIND("P1.main", "signal.send", "P2"), goes_on = FIND_AFTER(killed, "P3.main");
    HOLDS(goes_on < run->step_count && ended_by(run, "P2", "SIGKILL"));
    HOLDS(printed(run, "P3.main", "my master is gone, and nobody told me\n") == 1 && exit_of(run, "P3") == 0);
    return NULL;
}

static const char *outlives_its_master(const struct scenes_run *run)
{
    HOLDS(finished(run));
    size_t ended = FIND("P2.main", "process.exit"), goes_on = FIND_AFTER(ended, "P3.main");
    HOLDS(goes_on < run->step_count && exit_of(run, "P2") == 0);
    HOLDS(printed(run, "P3.main", "my master has ended, and I go on\n") == 1);
    HOLDS(exit_of(run, "P3") == 0); /* setsid has worked, else it is 1 */
    return NULL;
}

static void followers_end_and_daemons_live_on(void **state)
{
    (void)state;
    holds("daemon-process", "follower", ends_with_its_master);
    holds("daemon-process", "killed", is_left_behind);
    holds("daemon-process", "daemon", outlives_its_master);
    breaks("1-processes/daemon-process", "follower",
           (struct scenes_change){"follower.c", "atexit(end_follower);", "usleep(1);"}, ends_with_its_master);
    breaks("1-processes/daemon-process", "killed", (struct scenes_change){"follower.c", "SIGKILL", "SIGWINCH"},
           is_left_behind);
    breaks("1-processes/daemon-process", "daemon",
           (struct scenes_change){"daemon.c", "if (setsid() < 0)", "if (setsid() > 0)"}, outlives_its_master);
}

/* ---- spawn-vs-fork ---- */

static const char *goes_on_behind_the_fork(const struct scenes_run *run)
{
    HOLDS(finished(run) && process_count(run) == 2);
    HOLDS(printed(run, NULL, "the top of main runs\n") == 1);
    HOLDS(number_at(run, FIND("P2.main", "memory.load", "variable P2:prepared")) == 42);
    return NULL;
}

static const char *four_generations(const struct scenes_run *run)
{
    HOLDS(finished(run) && process_count(run) == 5);
    HOLDS(count_steps(run, (struct scenes_wanted){.operation = "process.spawn"}) == 4);
    HOLDS(printed(run, "P5.main", "generation 4: the top of main runs\n") == 1);
    HOLDS(printed(run, NULL, "the top of main runs\n") == 5);
    return NULL;
}

static const char *one_generation(const struct scenes_run *run)
{
    HOLDS(finished(run) && process_count(run) == 2);
    HOLDS(count_steps(run, (struct scenes_wanted){.operation = "process.spawn"}) == 1);
    HOLDS(number_at(run, FIND("P2.main", "memory.load", "variable P2:prepared")) == 0);
    HOLDS(printed(run, "P2.main", "I do my work and start nobody\n") == 1);
    return NULL;
}

static void spawn_runs_the_top_again_and_fork_does_not(void **state)
{
    (void)state;
    holds("spawn-vs-fork", "fork", goes_on_behind_the_fork);
    holds("spawn-vs-fork", "unguarded", four_generations);
    holds("spawn-vs-fork", "guarded", one_generation);
    breaks("1-processes/spawn-vs-fork", "guarded", (struct scenes_change){"guarded.c", "if (argc > 1)", "if (argv[2])"},
           one_generation);
    scenes_play_seeds("spawn-vs-fork", "guarded", 200);
}

/* ---- tiny-shell ---- */

/* What of the pipe a process still holds after a step: what it made or inherited, and what it copied, less what it
 * closed. (exec closes nothing here.) */
static int held_ends(const struct scenes_run *run, const char *task, size_t last, int inherited)
{
    int held = inherited;
    for (size_t i = 0; i <= last; i++) {
        const struct scenes_step *step = &run->steps[i];
        if (!scenes_is(step->task, task) || !scenes_is(step->object, "pipe 1"))
            continue;
        held += scenes_is(step->operation, "pipe.create") ? 2 : 0;
        held += scenes_is(step->operation, "file.dup") ? 1 : 0;
        held -= scenes_is(step->operation, "pipe.close") ? 1 : 0;
    }
    return held;
}

static const char *right_count_and_nothing_left(const struct scenes_run *run)
{
    HOLDS(finished(run) && process_count(run) == 3);
    HOLDS(printed(run, "P3.main", "3\n") == 1);
    HOLDS(held_ends(run, "P1.main", run->step_count - 1, 0) == 0);
    size_t left = FIND("P2.main", "process.exec"), right = FIND("P3.main", "process.exec");
    HOLDS(left < run->step_count && right < run->step_count);
    HOLDS(held_ends(run, "P2.main", left, 2) == 1 && held_ends(run, "P3.main", right, 2) == 1);
    HOLDS(exit_of(run, "P2") == 0 && exit_of(run, "P3") == 0);
    HOLDS(IS_THERE("P1.main", "process.wait", "P2", "done") && IS_THERE("P1.main", "process.wait", "P3", "done"));
    size_t last = FIND("P1.main", "process.exit") - 1;
    HOLDS(scenes_is(state_at(run, last, "P2.main"), "terminated") &&
          scenes_is(state_at(run, last, "P3.main"), "terminated"));
    return NULL;
}

static void a_shell_pipes_and_leaves_nothing_open(void **state)
{
    (void)state;
    holds("tiny-shell", NULL, right_count_and_nothing_left);
    breaks("1-processes/tiny-shell", NULL,
           (struct scenes_change){"tiny-shell.c", "    close(ends[1]); /* else wc", "    /* else wc"},
           right_count_and_nothing_left);
}

/* ---- of all of them ---- */

static const struct {
    const char *id, *variant, *source, *argument;
    const char *prints; /* natively, whoever is quicker */
} scenes[] = {
    {"program-vs-process", NULL, "program-vs-process/program-vs-process.c", NULL,
     "first: runs is 1, my program is program\n"},
    {"address-space", NULL, "address-space/address-space.c", NULL, "[heap]\n"},
    {"os-history", "cards", "os-history/os-history.c", "20", "wages: all are paid\n"},
    {"os-history", "tape", NULL, NULL, NULL},
    {"os-history", "multiprogramming", NULL, NULL, NULL},
    {"os-history", "time-sharing", "os-history/os-history.c", "5", "letter: written\n"},
    {"os-history", "computing", "os-history/computing.c", NULL, "job 3 is done\n"},
    {"os-history", "computing-sliced", NULL, NULL, NULL},
    {"scheduling-policies", "fcfs", "scheduling-policies/scheduling-policies.c", NULL, "all three jobs are done\n"},
    {"scheduling-policies", "sjf", NULL, NULL, NULL},
    {"scheduling-policies", "rr", NULL, NULL, NULL},
    {"concurrency-vs-parallelism", "one-cpu", "concurrency-vs-parallelism/concurrency-vs-parallelism.c", NULL,
     "second: all 6 units are done\n"},
    {"concurrency-vs-parallelism", "two-cpus", NULL, NULL, NULL},
    {"space-and-time-sharing", NULL, "space-and-time-sharing/space-and-time-sharing.c", NULL, "main:  my note is 0\n"},
    {"fork", NULL, "fork/fork.c", NULL, "child:  my parent is the process that called fork\n"},
    {"fork-and-buffers", "terminal", NULL, NULL, NULL},
    {"fork-and-buffers", "pipe", "fork-and-buffers/fork-and-buffers.c", NULL, "hello from round 2\n"},
    {"signal", "running", "signal/running.c", NULL, "child:  the handler has run; I went on and saw it\n"},
    {"signal", "interrupted", "signal/blocked.c", NULL, "child:  read was interrupted (EINTR)\n"},
    {"signal", "restarted", "signal/blocked.c", "restart", "child:  read waited on and got x\n"},
    {"signal", "stopped", "signal/stopped.c", NULL, "child:  now the handler has run\n"},
    {"signals-coalesce", "once", "signals-coalesce/once.c", NULL, "2 ended, 1 signal, 1 collected\n"},
    {"signals-coalesce", "loop", "signals-coalesce/loop.c", NULL, "2 ended, 1 signal, 2 collected\n"},
    {"join-and-terminate", "start", "join-and-terminate/start.c", NULL, "called: I run in the caller itself\n"},
    {"join-and-terminate", "join", "join-and-terminate/join.c", NULL, "joined quick: exit code 2\n"},
    {"join-and-terminate", "terminate", "join-and-terminate/terminate.c", NULL, "parent: it was ended by signal 15\n"},
    {"daemon-process", "follower", "daemon-process/follower.c", NULL, "master: I have finished\n"},
    {"daemon-process", "killed", "daemon-process/follower.c", "kill",
     "follower: my master is gone, and nobody told me\n"},
    {"daemon-process", "daemon", "daemon-process/daemon.c", NULL, "daemon: my master has ended, and I go on\n"},
    {"spawn-vs-fork", "fork", "spawn-vs-fork/fork.c", NULL, "child: prepared is 42\n"},
    {"spawn-vs-fork", "unguarded", "spawn-vs-fork/spawn.c", NULL, "generation 4: the top of main runs\n"},
    {"spawn-vs-fork", "guarded", "spawn-vs-fork/guarded.c", NULL, "child: I do my work and start nobody\n"},
    {"tiny-shell", NULL, "tiny-shell/tiny-shell.c", NULL, "3\n"},
};

static void every_program_runs_without_lockstep(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        if (!scenes[i].source)
            continue;
        char path[256];
        snprintf(path, sizeof path, "1-processes/%s", scenes[i].source);
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
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        for (size_t k = 0; k < sizeof ways / sizeof *ways; k++)
            scenes_play_twice(scenes[i].id, scenes[i].variant, ways[k][0], ways[k][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_started_twice_is_two_processes),
        cmocka_unit_test(each_address_lies_in_a_mapping_of_its_own),
        cmocka_unit_test(each_age_waits_less),
        cmocka_unit_test(an_idle_cpu_is_told_as_idle),
        cmocka_unit_test(computing_gains_nothing_from_slices),
        cmocka_unit_test(the_policies_have_the_times_of_the_formulae),
        cmocka_unit_test(one_cpu_runs_one_and_two_run_two_at_once),
        cmocka_unit_test(memory_is_walled_off_and_a_process_goes_on_where_it_was),
        cmocka_unit_test(fork_returns_twice),
        cmocka_unit_test(a_buffer_is_copied_by_fork),
        cmocka_unit_test(a_signal_acts_by_the_state_of_its_receiver),
        cmocka_unit_test(two_ends_give_one_signal),
        cmocka_unit_test(start_join_and_terminate_do_what_they_say),
        cmocka_unit_test(followers_end_and_daemons_live_on),
        cmocka_unit_test(spawn_runs_the_top_again_and_fork_does_not),
        cmocka_unit_test(a_shell_pipes_and_leaves_nothing_open),
        cmocka_unit_test(every_program_runs_without_lockstep),
        cmocka_unit_test(every_run_is_the_same_twice),
    };
    return cmocka_run_group_tests_name("scenes: must hold, act 1", tests, NULL, NULL);
}
