/* What CURRICULUM promises of the scenes of act 1, asserted of their real runs: from the events, never from the
 * narration; and each promise seen to fail of a changed copy of the scene. (Those about parents and children:
 * test_scenes_must_hold_families.c; about signals: test_scenes_must_hold_signals.c; about the CPU:
 * test_scenes_must_hold_scheduling.c.) */
#include "scenes_act.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- program-vs-process ---- */

static const char *one_file_two_processes(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run) && scenes_process_count(run) == 3);
    size_t first = SCENES_FIND("P1.main", "process.spawn"),
           second = SCENES_FIND_AFTER(first, "P1.main", "process.spawn");
    SCENES_HOLDS(scenes_is(scenes_text_at(run, first), "P2") && scenes_is(scenes_text_at(run, second), "P3"));
    SCENES_HOLDS(scenes_said(run, "P1.main", "two processes, two pids\n") == 1);
    /* The same executable, and in each process a memory as the file says. */
    SCENES_HOLDS(scenes_said(run, "P2.main", "first: runs is 1, my program is program-vs-process\n") == 1);
    SCENES_HOLDS(scenes_said(run, "P3.main", "second: runs is 1, my program is program-vs-process\n") == 1);
    SCENES_HOLDS(scenes_number_at(run, SCENES_FIND("P2.main", "memory.load", "variable P2:runs")) == 0);
    SCENES_HOLDS(scenes_number_at(run, SCENES_FIND("P3.main", "memory.load", "variable P3:runs")) == 0);
    SCENES_HOLDS(scenes_exit_of(run, "P2") == 0 && scenes_exit_of(run, "P3") == 0);
    size_t still_there = SCENES_FIND_AFTER(second, "P1.main", "file.write", .occurrence = 2);
    SCENES_HOLDS(scenes_is(scenes_state_at(run, still_there, "P2.main"), "terminated"));
    SCENES_HOLDS(scenes_is(scenes_state_at(run, still_there, "P3.main"), "terminated"));
    SCENES_HOLDS(scenes_said(run, "P1.main", "the file is still there\n") == 1);
    return NULL;
}

static void a_program_started_twice_is_two_processes(void **state)
{
    (void)state;
    scenes_holds("program-vs-process", NULL, one_file_two_processes);
    scenes_breaks("1-processes/program-vs-process", NULL,
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
    SCENES_HOLDS(scenes_count(text, "\n") == 4);
    SCENES_HOLDS(find_lies(text, "function", &function) && find_lies(text, "global", &global));
    SCENES_HOLDS(find_lies(text, "block", &block) && find_lies(text, "local", &local));
    SCENES_HOLDS(scenes_is(function.rights, "r-xp") && scenes_is(function.mapping, program));
    SCENES_HOLDS(scenes_is(global.rights, "rw-p") && scenes_is(global.mapping, program));
    SCENES_HOLDS(scenes_is(block.rights, "rw-p") && scenes_is(block.mapping, "[heap]"));
    SCENES_HOLDS(scenes_is(local.rights, "rw-p") && scenes_is(local.mapping, "[stack]"));
    SCENES_HOLDS(function.address < global.address && global.address < block.address && block.address < local.address);
    return NULL;
}

static const char *four_mappings(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    char *text = scenes_printed(run);
    const char *broken = mappings_in(text, "address-space");
    free(text);
    return broken;
}

static void each_address_lies_in_a_mapping_of_its_own(void **state)
{
    (void)state;
    scenes_holds("address-space", NULL, four_mappings);
    scenes_breaks("1-processes/address-space", NULL,
                  (struct scenes_change){"address-space.c", "show(\"block\", block)", "show(\"block\", &block)"},
                  four_mappings);
    char *text = scenes_run_natively("1-processes/address-space/address-space.c", NULL);
    assert_null(mappings_in(text, "program"));
    free(text);
}

/* ---- fork ---- */

static const char *returns_twice(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run) && scenes_process_count(run) == 2);
    size_t forked = SCENES_FIND("P1.main", "process.fork");
    SCENES_HOLDS(scenes_is(scenes_text_at(run, forked), "P2"));
    size_t started = SCENES_FIND("P2.main", "process.start");
    SCENES_HOLDS(started > forked && scenes_number_at(run, started) == 0);
    SCENES_HOLDS(scenes_said(run, "P2.main", "my parent is the process that called fork\n") == 1);
    SCENES_HOLDS(scenes_said(run, "P1.main", "fork returned my child's pid\n") == 1);
    size_t waited = SCENES_FIND_AFTER(started, "P1.main", "process.wait", .outcome = "done");
    SCENES_HOLDS(scenes_is(scenes_text_at(run, waited), "P2") && scenes_exit_of(run, "P2") == 7);
    SCENES_HOLDS(scenes_said(run, "P1.main", "that child has ended with status 7\n") == 1);
    return NULL;
}

static void fork_returns_twice(void **state)
{
    (void)state;
    scenes_holds("fork", NULL, returns_twice);
    scenes_breaks("1-processes/fork", NULL,
                  (struct scenes_change){"fork.c", "        printf(\"child:  fork returned 0\\n\");",
                                         "        if (fork() != 0)\n            return 7;\n        usleep(50000);"},
                  returns_twice);
}

/* ---- fork-and-buffers ---- */

static const char *six_lines(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run) && scenes_process_count(run) == 4);
    SCENES_HOLDS(scenes_said(run, NULL, "\n") == 6);
    SCENES_HOLDS(scenes_said(run, NULL, "hello from round 1\n") == 2 &&
                 scenes_said(run, NULL, "hello from round 2\n") == 4);
    return NULL;
}

static const char *eight_lines(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run) && scenes_process_count(run) == 4);
    SCENES_HOLDS(scenes_said(run, NULL, "\n") == 8);
    SCENES_HOLDS(scenes_said(run, "P4.main", "hello from round 1\n") == 1); /* it was not born in round 1 */
    return NULL;
}

static void a_buffer_is_copied_by_fork(void **state)
{
    (void)state;
    scenes_holds("fork-and-buffers", "terminal", six_lines);
    scenes_holds("fork-and-buffers", "pipe", eight_lines);
    scenes_breaks("1-processes/fork-and-buffers", "pipe",
                  (struct scenes_change){"fork-and-buffers.c", "        pid_t result",
                                         "        fflush(stdout);\n        pid_t result"},
                  eight_lines);
    char *text = scenes_run_natively("1-processes/fork-and-buffers/fork-and-buffers.c", NULL);
    assert_int_equal(scenes_count(text, "\n"), 8); /* to a pipe */
    free(text);
}

/* ---- join-and-terminate ---- */

static const char *start_is_no_call(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run) && scenes_process_count(run) == 2);
    size_t forked = SCENES_FIND("P1.main", "process.fork"), started = SCENES_FIND("P2.main", "process.start"),
           caller = SCENES_FIND_AFTER(forked, "P1.main", "file.write");
    SCENES_HOLDS(forked < caller && caller < started); /* it takes effect a moment later */
    SCENES_HOLDS(scenes_said(run, "P2.main", "started: I run in a process of my own\n") == 1);
    SCENES_HOLDS(scenes_said(run, "P1.main", "called: I run in the caller itself\n") == 1);
    return NULL;
}

static const char *joins_in_order(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t alive = SCENES_FIND("P1.main", "process.wait", "P2", "done");
    SCENES_HOLDS(scenes_is(scenes_text_at(run, alive), "") &&
                 !scenes_is(scenes_state_at(run, alive, "P2.main"), "zombie"));
    size_t quick = SCENES_FIND("P3.main", "process.exit"), slow = SCENES_FIND("P2.main", "process.exit");
    size_t gave_up = SCENES_FIND("P1.main", "file.write", .occurrence = 2);
    SCENES_HOLDS(scenes_said(run, "P1.main", "slow has not ended in time, I go on\n") == 1);
    SCENES_HOLDS(quick < gave_up && gave_up < slow);
    size_t first = SCENES_FIND_AFTER(slow, "P1.main", "process.wait", "P2", "done"),
           second = SCENES_FIND_AFTER(first, "P1.main", "process.wait", "P3", "done");
    SCENES_HOLDS(scenes_is(scenes_text_at(run, first), "P2") && scenes_is(scenes_text_at(run, second), "P3"));
    SCENES_HOLDS(scenes_is(scenes_state_at(run, first, "P3.main"), "zombie")); /* ended first, joined last */
    SCENES_HOLDS(scenes_exit_of(run, "P2") == 1 && scenes_exit_of(run, "P3") == 2);
    SCENES_HOLDS(scenes_said(run, "P1.main", "joined slow: exit code 1\n") +
                     scenes_said(run, "P1.main", "joined quick: exit code 2\n") ==
                 2);
    return NULL;
}

static const char *alive_right_after_terminate(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t sent = SCENES_FIND("P1.main", "signal.send"), asked = SCENES_FIND_AFTER(sent, "P1.main", "process.wait");
    SCENES_HOLDS(asked < run->step_count && scenes_is(run->steps[asked].outcome, "done"));
    SCENES_HOLDS(scenes_is(scenes_text_at(run, asked), "") &&
                 scenes_is(scenes_state_at(run, asked, "P2.main"), "ready"));
    SCENES_HOLDS(scenes_said(run, "P1.main", "it is still alive\n") == 1);
    size_t joined = SCENES_FIND_AFTER(asked, "P1.main", "process.wait", .outcome = "done");
    SCENES_HOLDS(scenes_is(scenes_text_at(run, joined), "P2") && scenes_ended_by(run, "P2", "SIGTERM"));
    SCENES_HOLDS(scenes_said(run, "P1.main", "it was ended by signal 15\n") == 1);
    return NULL;
}

static void start_join_and_terminate_do_what_they_say(void **state)
{
    (void)state;
    scenes_holds("join-and-terminate", "start", start_is_no_call);
    scenes_holds("join-and-terminate", "join", joins_in_order);
    scenes_holds("join-and-terminate", "terminate", alive_right_after_terminate);
    scenes_breaks("1-processes/join-and-terminate", "start",
                  (struct scenes_change){"start.c", "    work(\"called\");", "    waitpid(start(), NULL, 0);"},
                  start_is_no_call);
    scenes_breaks("1-processes/join-and-terminate", "join",
                  (struct scenes_change){"join.c", "join_within(slow, 100)", "join_within(slow, 900)"}, joins_in_order);
    scenes_breaks("1-processes/join-and-terminate", "terminate",
                  (struct scenes_change){"terminate.c", "    kill(child, SIGTERM);", "    kill(child, SIGKILL);"},
                  alive_right_after_terminate);
}

/* ---- daemon-process ---- */

static const char *ends_with_its_master(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t sent = SCENES_FIND("P2.main", "signal.send", "P3"), ended = SCENES_FIND("P2.main", "process.exit");
    SCENES_HOLDS(sent < ended && ended < run->step_count);
    SCENES_HOLDS(scenes_ended_by(run, "P3", "SIGTERM") && scenes_exit_of(run, "P2") == 0);
    SCENES_HOLDS(scenes_is(scenes_state_at(run, ended, "P3.main"), "terminated"));
    return NULL;
}

static const char *is_left_behind(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t killed = SCENES_FIND("P1.main", "signal.send", "P2"), goes_on = SCENES_FIND_AFTER(killed, "P3.main");
    SCENES_HOLDS(goes_on < run->step_count && scenes_ended_by(run, "P2", "SIGKILL"));
    SCENES_HOLDS(scenes_said(run, "P3.main", "my master is gone, and nobody told me\n") == 1 &&
                 scenes_exit_of(run, "P3") == 0);
    return NULL;
}

static const char *outlives_its_master(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t ended = SCENES_FIND("P2.main", "process.exit"), goes_on = SCENES_FIND_AFTER(ended, "P3.main");
    SCENES_HOLDS(goes_on < run->step_count && scenes_exit_of(run, "P2") == 0);
    SCENES_HOLDS(scenes_said(run, "P3.main", "my master has ended, and I go on\n") == 1);
    SCENES_HOLDS(scenes_exit_of(run, "P3") == 0); /* setsid has worked, else it is 1 */
    return NULL;
}

static void followers_end_and_daemons_live_on(void **state)
{
    (void)state;
    scenes_holds("daemon-process", "follower", ends_with_its_master);
    scenes_holds("daemon-process", "killed", is_left_behind);
    scenes_holds("daemon-process", "daemon", outlives_its_master);
    scenes_breaks("1-processes/daemon-process", "follower",
                  (struct scenes_change){"follower.c", "atexit(end_follower);", "usleep(1);"}, ends_with_its_master);
    scenes_breaks("1-processes/daemon-process", "killed", (struct scenes_change){"follower.c", "SIGKILL", "SIGWINCH"},
                  is_left_behind);
    scenes_breaks("1-processes/daemon-process", "daemon",
                  (struct scenes_change){"daemon.c", "if (setsid() < 0)", "if (setsid() > 0)"}, outlives_its_master);
}

/* ---- spawn-vs-fork ---- */

static const char *goes_on_behind_the_fork(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run) && scenes_process_count(run) == 2);
    SCENES_HOLDS(scenes_said(run, NULL, "the top of main runs\n") == 1);
    SCENES_HOLDS(scenes_number_at(run, SCENES_FIND("P2.main", "memory.load", "variable P2:prepared")) == 42);
    return NULL;
}

static const char *four_generations(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run) && scenes_process_count(run) == 5);
    SCENES_HOLDS(scenes_count_steps(run, (struct scenes_wanted){.operation = "process.spawn"}) == 4);
    SCENES_HOLDS(scenes_said(run, "P5.main", "generation 4: the top of main runs\n") == 1);
    SCENES_HOLDS(scenes_said(run, NULL, "the top of main runs\n") == 5);
    return NULL;
}

static const char *one_generation(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run) && scenes_process_count(run) == 2);
    SCENES_HOLDS(scenes_count_steps(run, (struct scenes_wanted){.operation = "process.spawn"}) == 1);
    SCENES_HOLDS(scenes_number_at(run, SCENES_FIND("P2.main", "memory.load", "variable P2:prepared")) == 0);
    SCENES_HOLDS(scenes_said(run, "P2.main", "I do my work and start nobody\n") == 1);
    return NULL;
}

static void spawn_runs_the_top_again_and_fork_does_not(void **state)
{
    (void)state;
    scenes_holds("spawn-vs-fork", "fork", goes_on_behind_the_fork);
    scenes_holds("spawn-vs-fork", "unguarded", four_generations);
    scenes_holds("spawn-vs-fork", "guarded", one_generation);
    scenes_breaks("1-processes/spawn-vs-fork", "guarded",
                  (struct scenes_change){"guarded.c", "if (argc > 1)", "if (argv[2])"}, one_generation);
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
    SCENES_HOLDS(scenes_finished(run) && scenes_process_count(run) == 3);
    SCENES_HOLDS(scenes_said(run, "P3.main", "3\n") == 1);
    SCENES_HOLDS(held_ends(run, "P1.main", run->step_count - 1, 0) == 0);
    size_t left = SCENES_FIND("P2.main", "process.exec"), right = SCENES_FIND("P3.main", "process.exec");
    SCENES_HOLDS(left < run->step_count && right < run->step_count);
    SCENES_HOLDS(held_ends(run, "P2.main", left, 2) == 1 && held_ends(run, "P3.main", right, 2) == 1);
    SCENES_HOLDS(scenes_exit_of(run, "P2") == 0 && scenes_exit_of(run, "P3") == 0);
    SCENES_HOLDS(SCENES_IS_THERE("P1.main", "process.wait", "P2", "done") &&
                 SCENES_IS_THERE("P1.main", "process.wait", "P3", "done"));
    size_t last = SCENES_FIND("P1.main", "process.exit") - 1;
    SCENES_HOLDS(scenes_is(scenes_state_at(run, last, "P2.main"), "terminated") &&
                 scenes_is(scenes_state_at(run, last, "P3.main"), "terminated"));
    return NULL;
}

static void a_shell_pipes_and_leaves_nothing_open(void **state)
{
    (void)state;
    scenes_holds("tiny-shell", NULL, right_count_and_nothing_left);
    scenes_breaks("1-processes/tiny-shell", NULL,
                  (struct scenes_change){"tiny-shell.c", "    close(ends[1]); /* else wc", "    /* else wc"},
                  right_count_and_nothing_left);
}

/* ---- all of them ---- */

static const struct scenes_listed scenes[] = {
    {"program-vs-process", NULL, "program-vs-process/program-vs-process.c", NULL,
     "first: runs is 1, my program is program\n", 0, false},
    {"address-space", NULL, "address-space/address-space.c", NULL, "[heap]\n", 0, false},
    {"os-history", "cards", "os-history/os-history.c", "20", "wages: all are paid\n", 0, false},
    {"os-history", "tape", NULL, NULL, NULL, 0, false},
    {"os-history", "multiprogramming", NULL, NULL, NULL, 0, false},
    {"os-history", "time-sharing", "os-history/os-history.c", "5", "letter: written\n", 0, false},
    {"os-history", "computing", "os-history/computing.c", NULL, "job 3 is done\n", 0, false},
    {"os-history", "computing-sliced", NULL, NULL, NULL, 0, false},
    {"scheduling-policies", "fcfs", "scheduling-policies/scheduling-policies.c", NULL, "all three jobs are done\n", 0,
     false},
    {"scheduling-policies", "sjf", NULL, NULL, NULL, 0, false},
    {"scheduling-policies", "rr", NULL, NULL, NULL, 0, false},
    {"concurrency-vs-parallelism", "one-cpu", "concurrency-vs-parallelism/concurrency-vs-parallelism.c", NULL,
     "second: all 6 units are done\n", 0, false},
    {"concurrency-vs-parallelism", "two-cpus", NULL, NULL, NULL, 0, false},
    {"space-and-time-sharing", NULL, "space-and-time-sharing/space-and-time-sharing.c", NULL, "main:  my note is 0\n",
     0, false},
    {"fork", NULL, "fork/fork.c", NULL, "child:  my parent is the process that called fork\n", 0, false},
    {"fork-and-buffers", "terminal", NULL, NULL, NULL, 0, false},
    {"fork-and-buffers", "pipe", "fork-and-buffers/fork-and-buffers.c", NULL, "hello from round 2\n", 0, false},
    {"join-and-terminate", "start", "join-and-terminate/start.c", NULL, "called: I run in the caller itself\n", 0,
     false},
    {"join-and-terminate", "join", "join-and-terminate/join.c", NULL, "joined quick: exit code 2\n", 0, false},
    {"join-and-terminate", "terminate", "join-and-terminate/terminate.c", NULL, "parent: it was ended by signal 15\n",
     0, false},
    {"daemon-process", "follower", "daemon-process/follower.c", NULL, "master: I have finished\n", 0, false},
    {"daemon-process", "killed", "daemon-process/follower.c", "kill",
     "follower: my master is gone, and nobody told me\n", 0, false},
    {"daemon-process", "daemon", "daemon-process/daemon.c", NULL, "daemon: my master has ended, and I go on\n", 0,
     false},
    {"spawn-vs-fork", "fork", "spawn-vs-fork/fork.c", NULL, "child: prepared is 42\n", 0, false},
    {"spawn-vs-fork", "unguarded", "spawn-vs-fork/spawn.c", NULL, "generation 4: the top of main runs\n", 0, false},
    {"spawn-vs-fork", "guarded", "spawn-vs-fork/guarded.c", NULL, "child: I do my work and start nobody\n", 0, false},
    {"tiny-shell", NULL, "tiny-shell/tiny-shell.c", NULL, "3\n", 0, false},
};
static struct scenes_act act = {
    .folder = "1-processes", .scenes = scenes, .scene_count = sizeof scenes / sizeof *scenes};

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_started_twice_is_two_processes),
        cmocka_unit_test(each_address_lies_in_a_mapping_of_its_own),
        cmocka_unit_test(fork_returns_twice),
        cmocka_unit_test(a_buffer_is_copied_by_fork),
        cmocka_unit_test(start_join_and_terminate_do_what_they_say),
        cmocka_unit_test(followers_end_and_daemons_live_on),
        cmocka_unit_test(spawn_runs_the_top_again_and_fork_does_not),
        cmocka_unit_test(a_shell_pipes_and_leaves_nothing_open),
        cmocka_unit_test_prestate(scenes_every_program_runs_without_lockstep, &act),
        cmocka_unit_test_prestate(scenes_every_run_is_the_same_twice, &act),
    };
    return cmocka_run_group_tests_name("scenes: must hold, processes", tests, NULL, NULL);
}
