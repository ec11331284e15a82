/* What CURRICULUM promises of the scenes signal and signals-coalesce of act 1; asserted and seen to fail as in
 * test_scenes_must_hold_processes.c. */
#include "scenes_act.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

/* ---- all of them ---- */

static const struct scenes_listed scenes[] = {
    {"signal", "running", "signal/running.c", NULL, "child:  the handler has run; I went on and saw it\n", 0, false},
    {"signal", "interrupted", "signal/blocked.c", NULL, "child:  read was interrupted (EINTR)\n", 0, false},
    {"signal", "restarted", "signal/blocked.c", "restart", "child:  read waited on and got x\n", 0, false},
    {"signal", "stopped", "signal/stopped.c", NULL, "child:  now the handler has run\n", 0, false},
    {"signals-coalesce", "once", "signals-coalesce/once.c", NULL, "2 ended, 1 signal, 1 collected\n", 0, false},
    {"signals-coalesce", "loop", "signals-coalesce/loop.c", NULL, "2 ended, 1 signal, 2 collected\n", 0, false},
};
static struct scenes_act act = {
    .folder = "1-processes", .scenes = scenes, .scene_count = sizeof scenes / sizeof *scenes};

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_acts_by_the_state_of_its_receiver),
        cmocka_unit_test(two_ends_give_one_signal),
        cmocka_unit_test_prestate(scenes_every_program_runs_without_lockstep, &act),
        cmocka_unit_test_prestate(scenes_every_run_is_the_same_twice, &act),
    };
    return cmocka_run_group_tests_name("scenes: must hold, signals", tests, NULL, NULL);
}
