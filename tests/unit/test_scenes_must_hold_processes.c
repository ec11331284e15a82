/* What CURRICULUM promises of the scenes of act 1, asserted of their real runs: from the events, never from the
 * narration; and each promise seen to fail of a changed copy of the scene. (The first five scenes of the act:
 * test_scenes_must_hold.c; those about the CPU: test_scenes_must_hold_scheduling.c.) */
#include "scenes_changed.h"
#include "scenes_promise.h"

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

/* ---- signal ---- */

static const char *interrupts_a_computation(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t sent = SCENES_FIND("P1.main", "signal.send");
    SCENES_HOLDS(scenes_is(run->steps[sent].object, "P2"));
    SCENES_HOLDS(scenes_is(scenes_state_at(run, sent, "P2.main"), "ready") || scenes_is_running(run, sent, "P2.main"));
    SCENES_HOLDS(scenes_count_steps(run, (struct scenes_wanted){.task = "P2.main", "signal.deliver"}) == 1);
    size_t delivered = SCENES_FIND_AFTER(sent, "P2.main", "signal.deliver");
    SCENES_HOLDS(delivered < run->step_count);
    /* What the handler did in its midst is not what its step is about. */
    SCENES_HOLDS(!run->steps[delivered].object && scenes_line_of(&run->steps[delivered]) > 0);
    size_t again = SCENES_FIND_AFTER(delivered, "P2.main", "memory.load");
    SCENES_HOLDS(scenes_number_at(run, again) == 1 && scenes_exit_of(run, "P2") == 0);
    return NULL;
}

static size_t sent_to_the_blocked(const struct scenes_run *run)
{
    size_t blocked = SCENES_FIND("P2.main", "pipe.read", "pipe 1", "blocked"),
           sent = SCENES_FIND_AFTER(blocked, "P1.main", "signal.send");
    return scenes_is(scenes_state_at(run, sent - 1, "P2.main"), "blocked") ? sent : run->step_count;
}

static const char *read_gives_up(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t sent = sent_to_the_blocked(run), delivered = SCENES_FIND_AFTER(sent, "P2.main", "signal.deliver");
    size_t read = SCENES_FIND_AFTER(delivered, "P2.main", "pipe.read");
    SCENES_HOLDS(sent < run->step_count && read < run->step_count);
    SCENES_HOLDS(scenes_is(run->steps[read].outcome, "interrupted") && scenes_is(run->steps[read].error, "EINTR"));
    SCENES_HOLDS(scenes_said(run, "P2.main", "interrupted (EINTR)\n") == 1);
    return NULL;
}

static const char *read_waits_on(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t sent = sent_to_the_blocked(run), delivered = SCENES_FIND_AFTER(sent, "P2.main", "signal.deliver");
    size_t read = SCENES_FIND_AFTER(delivered, "P2.main", "pipe.read");
    SCENES_HOLDS(sent < run->step_count && read < run->step_count && scenes_is(run->steps[read].outcome, "blocked"));
    SCENES_HOLDS(scenes_number_at(run, SCENES_FIND_AFTER(read, "P2.main", "pipe.read", "pipe 1", "done")) == 1);
    SCENES_HOLDS(!SCENES_IS_THERE("P2.main", "pipe.read", .outcome = "interrupted"));
    return NULL;
}

static const char *keeps_it_pending(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t stop = SCENES_FIND("P1.main", "signal.send"), signal = SCENES_FIND_AFTER(stop, "P1.main", "signal.send"),
           go = SCENES_FIND_AFTER(signal, "P1.main", "signal.send");
    SCENES_HOLDS(go < run->step_count && scenes_time_at(run, go) - scenes_time_at(run, signal) >= 100);
    for (size_t i = stop; i < go; i++) {
        SCENES_HOLDS(scenes_is(scenes_state_at(run, i, "P2.main"), "stopped"));
        SCENES_HOLDS(!scenes_is(run->steps[i].task, "P2.main"));
    }
    SCENES_HOLDS(SCENES_FIND("P2.main", "signal.deliver") > go && SCENES_IS_THERE("P2.main", "signal.deliver"));
    return NULL;
}

static void a_signal_acts_by_the_state_of_its_receiver(void **state)
{
    (void)state;
    scenes_holds("signal", "running", interrupts_a_computation);
    scenes_holds("signal", "interrupted", read_gives_up);
    scenes_holds("signal", "restarted", read_waits_on);
    scenes_holds("signal", "stopped", keeps_it_pending);
    scenes_breaks("1-processes/signal", "interrupted",
                  (struct scenes_change){"blocked.c", "SA_RESTART : 0", "SA_RESTART : SA_RESTART"}, read_gives_up);
    scenes_breaks("1-processes/signal", "restarted", (struct scenes_change){"blocked.c", "SA_RESTART : 0", "0 : 0"},
                  read_waits_on);
    scenes_breaks("1-processes/signal", "stopped",
                  (struct scenes_change){"stopped.c", "kill(child, SIGUSR1);",
                                         "kill(child, SIGCONT);\n    kill(child, SIGUSR1);"},
                  keeps_it_pending);
}

/* ---- signals-coalesce ---- */

/* Both had ended when the one signal came, and the parent had not collected either. */
static bool two_ends_one_signal(const struct scenes_run *run)
{
    size_t first = SCENES_FIND("P2.main", "process.exit"), second = SCENES_FIND("P3.main", "process.exit"),
           delivered = SCENES_FIND("P1.main", "signal.deliver"),
           unblocked = SCENES_FIND("P1.main", "signal.mask", .occurrence = 2);
    return first < unblocked && second < unblocked && unblocked < delivered && delivered < run->step_count &&
           scenes_is(scenes_state_at(run, unblocked, "P2.main"), "zombie") &&
           scenes_is(scenes_state_at(run, unblocked, "P3.main"), "zombie") &&
           scenes_count_steps(run, (struct scenes_wanted){.task = "P1.main", "signal.deliver"}) == 1;
}

static const char *leaves_a_zombie(const struct scenes_run *run)
{
    SCENES_HOLDS(two_ends_one_signal(run));
    SCENES_HOLDS(scenes_is(scenes_verdict(run), "failed") && run->output.status == 1 && scenes_fault_count(run) == 1);
    SCENES_HOLDS(scenes_is(json_string_value(json_object_get(scenes_fault(run, 0), "kind")), "zombie-left"));
    SCENES_HOLDS(scenes_is(scenes_state_at(run, SCENES_FIND("P1.main", "process.exit") - 1, "P2.main"), "terminated"));
    SCENES_HOLDS(scenes_is(scenes_state_at(run, SCENES_FIND("P1.main", "process.exit") - 1, "P3.main"), "zombie"));
    return NULL;
}

static const char *leaves_none(const struct scenes_run *run)
{
    SCENES_HOLDS(two_ends_one_signal(run) && scenes_finished(run));
    SCENES_HOLDS(scenes_is(scenes_state_at(run, SCENES_FIND("P1.main", "process.exit") - 1, "P2.main"), "terminated"));
    SCENES_HOLDS(scenes_is(scenes_state_at(run, SCENES_FIND("P1.main", "process.exit") - 1, "P3.main"), "terminated"));
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
        SCENES_HOLDS(say && (strstr(say, "does not collect it") == NULL) == collected);
    }
    return NULL;
}

static void two_ends_give_one_signal(void **state)
{
    (void)state;
    scenes_holds("signals-coalesce", "once", leaves_a_zombie);
    scenes_holds("signals-coalesce", "loop", leaves_none);
    scenes_holds("signals-coalesce", "loop", looking_is_not_collecting);
    scenes_breaks("1-processes/signals-coalesce", "loop",
                  (struct scenes_change){"loop.c", "    while (waitpid", "    if (waitpid"}, leaves_none);
    scenes_play_seeds("signals-coalesce", "loop", 200);
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
    return cmocka_run_group_tests_name("scenes: must hold, processes", tests, NULL, NULL);
}
