/* What CURRICULUM promises of the scenes of act 6 about servers: who is served, by whom, and who waits in which queue; asserted
 * and seen to fail as in test_scenes_must_hold_sockets.c. */
#include "scenes_act.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "history/recording.h"
#include "world/world.h"

/* ---- servers ---- */

static const char *the_second_is_connected_and_not_served(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t connected = SCENES_FIND("P3.main", "socket.connect", .outcome = "done");
    size_t waits = SCENES_FIND("P3.main", "socket.recv", .outcome = "blocked");
    size_t ends = SCENES_FIND("P2.main", "socket.close", .occurrence = 2);
    size_t second = SCENES_FIND("P1.main", "socket.accept", .outcome = "done", .occurrence = 2);
    size_t served = SCENES_FIND("P3.main", "socket.recv", .outcome = "done");
    SCENES_HOLDS(connected < waits && waits < ends && ends < second && second < served && served < run->step_count);
    for (size_t i = connected; i < ends; i++) /* the server has touched no socket but the first client's */
        SCENES_HOLDS(!scenes_is(run->steps[i].object, "socket 127.0.0.1:8007<127.0.0.1:40001"));
    return NULL;
}

static const char *one_thread_serves_all(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    unsigned served = 0;
    bool seen[3] = {false};
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        bool server = scenes_is(step->task, "P1.main");
        if (server && scenes_is(step->outcome, "blocked"))
            SCENES_HOLDS(scenes_is(step->operation, "io.poll") || scenes_is(step->operation, "process.wait"));
        if (!server || !scenes_is(step->operation, "socket.recv") || scenes_number_at(run, i) <= 0)
            continue;
        served++;
        for (unsigned k = 0; k < 3; k++)
            seen[k] = seen[k] || (step->object && step->object[strlen(step->object) - 1] == (char)('0' + k));
    }
    SCENES_HOLDS(served == 6 && seen[0] && seen[1] && seen[2]);
    SCENES_HOLDS(SCENES_IS_THERE("P1.main", "io.poll", .outcome = "blocked"));
    /* All three at once: the last is accepted before the first goes. */
    size_t last = SCENES_FIND("P1.main", "socket.accept", .occurrence = 3);
    SCENES_HOLDS(last < SCENES_FIND("P1.main", "socket.close"));
    SCENES_HOLDS(scenes_process_count(run) == 4);
    return NULL;
}

/* ---- echo-server-concurrent ---- */

/* Of each of the first `clients` connections the server has read before it has seen the end of any. */
static bool served_at_once(const struct scenes_run *run, unsigned clients)
{
    size_t first_end = run->step_count;
    unsigned served = 0;
    for (size_t i = 0; i < run->step_count && first_end == run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        char end[16];
        snprintf(end, sizeof end, "<127.0.0.1:%u", 40000 + served);
        bool reads = scenes_is(step->operation, "socket.recv") && scenes_is(step->outcome, "done") && step->object &&
                     strchr(step->object, '<');
        if (reads && scenes_number_at(run, i) == 0)
            first_end = i;
        else if (reads && served < clients && strstr(step->object, end))
            served++;
    }
    return served == clients;
}

static bool all_echoed(const struct scenes_run *run, unsigned clients)
{
    long sent = 0, echoed = 0;
    for (unsigned i = 2; i < 2 + clients; i++) {
        char client[24];
        snprintf(client, sizeof client, "P%u.main", i);
        sent += scenes_bytes_of(run, client, "socket.send");
        echoed += scenes_bytes_of(run, client, "socket.recv");
    }
    return scenes_finished(run) && sent == 6 * (long)clients && echoed == sent;
}

static const char *a_process_for_each(const struct scenes_run *run)
{
    SCENES_HOLDS(all_echoed(run, 3) && served_at_once(run, 3));
    SCENES_HOLDS(scenes_process_count(run) == 7 && !SCENES_IS_THERE(NULL, "thread.create"));
    return NULL;
}

static const char *a_thread_for_each(const struct scenes_run *run)
{
    SCENES_HOLDS(all_echoed(run, 3) && served_at_once(run, 3));
    SCENES_HOLDS(scenes_process_count(run) == 4 &&
                 scenes_count_steps(run, (struct scenes_wanted){.operation = "thread.create"}) == 3);
    return NULL;
}

static const char *a_loop_for_all(const struct scenes_run *run)
{
    SCENES_HOLDS(all_echoed(run, 3) && served_at_once(run, 3));
    SCENES_HOLDS(scenes_process_count(run) == 4 && !SCENES_IS_THERE(NULL, "thread.create"));
    SCENES_HOLDS(!SCENES_IS_THERE("P1.main", "socket.recv", .outcome = "blocked"));
    return NULL;
}

static const char *a_coroutine_for_each(const struct scenes_run *run)
{
    const char *broken = a_loop_for_all(run);
    SCENES_HOLDS(scenes_count_steps(run, (struct scenes_wanted){.operation = "coroutine.create"}) == 3);
    return broken;
}

static const char *four_threads_of_two_processes(const struct scenes_run *run)
{
    SCENES_HOLDS(all_echoed(run, 4) && served_at_once(run, 4));
    for (const char *const *task = (const char *const[]){"P1.main", "P1.T1", "P6.main", "P6.T1", NULL}; *task; task++)
        SCENES_HOLDS(scenes_count_steps(run, (struct scenes_wanted){
                                                 .task = *task, .operation = "socket.accept", .outcome = "done"}) == 1);
    return NULL;
}

/* ---- syn-queue-and-accept-queue ---- */

static const char *a_full_queue_answers_nothing(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    size_t sleeps = SCENES_FIND("P1.main", "time.sleep", .outcome = "done");
    size_t accepts = SCENES_FIND("P1.main", "socket.accept", .outcome = "done");
    size_t second = SCENES_FIND("P3.main", "socket.connect", .outcome = "done");
    size_t third = SCENES_FIND("P4.main", "socket.connect", .outcome = "done");
    SCENES_HOLDS(SCENES_FIND("P2.main", "socket.connect", .outcome = "done") < sleeps && second < sleeps);
    SCENES_HOLDS(accepts < third && third < run->step_count);
    /* Its SYN came twice, and the first was not answered: the server went on listening. */
    unsigned delivered = 0;
    size_t index;
    json_t *line;
    json_array_foreach(run->lines, index, line)
    {
        const json_t *sockets = json_object_get(line, "sockets");
        if (!scenes_is(json_string_value(json_object_get(line, "from")), "127.0.0.1:40002") ||
            !scenes_is(json_string_value(json_object_get(line, "event")), "delivered") ||
            json_integer_value(json_object_get(line, "seq")) != 0)
            continue;
        delivered++;
        SCENES_HOLDS(
            scenes_is(json_string_value(json_object_get(sockets, "server")), delivered == 1 ? "LISTEN" : "SYN_RECV"));
    }
    SCENES_HOLDS(delivered == 2);
    return NULL;
}

/* As the kernel has told: one that is half-open, two in the accept queue at most, where listen had asked for one. */
static void the_queues_are_as_long_as_the_kernel_says(void **state)
{
    (void)state;
    char path[] = "/tmp/lockstep-test-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    struct scenes_output output;
    scenes_command(
        (const char *const[]){scenes_lockstep(), "play", "syn-queue-and-accept-queue", "--record", path, NULL}, NULL,
        60, &output);
    assert_int_equal(output.status, 0);
    scenes_output_free(&output);
    struct recording *recording = NULL;
    assert_int_equal(recording_open(path, &recording, NULL), STATUS_OK);
    unlink(path);
    struct world *world = world_new();
    struct event event;
    uint32_t most = 0, bound = 0;
    unsigned half_open = 0;
    for (uint32_t number = 1; history_event(recording_history(recording), number, &event); number++) {
        unsigned half = 0;
        world_step(world, &event);
        for (uint32_t id = 1; id <= world_socket_count(world); id++) {
            const struct world_socket *socket = world_socket(world, id);
            half += socket->state == SOCKET_syn_recv;
            if (socket->state == SOCKET_listen && socket->receive_queue >= most) {
                most = socket->receive_queue;
                bound = socket->send_queue;
            }
        }
        half_open = half > half_open ? half : half_open;
    }
    assert_int_equal(most, 2);
    assert_int_equal(bound, 1);
    assert_int_equal(half_open, 1);
    world_free(world);
    recording_free(recording);
}

/* ---- all of them ---- */

static const struct scenes_promised promises[] = {
    {"echo-server-serial",
     NULL,
     the_second_is_connected_and_not_served,
     {"echo-server-serial.c", "        serve(accept(listening, NULL, NULL));",
      "        if (fork() == 0) { serve(accept(listening, NULL, NULL)); return 0; }"},
     false},
    {"event-loop",
     NULL,
     one_thread_serves_all,
     {"event-loop.c", "poll(watched, (nfds_t)count, -1);", "poll(watched, 1, -1);"},
     false},
    {"echo-server-concurrent",
     "processes",
     a_process_for_each,
     {"processes.c", "if (fork() == 0) {\n            close(listening);\n            serve(end);",
      "if (1) {\n            serve(end); continue;"},
     false},
    {"echo-server-concurrent",
     "threads",
     a_thread_for_each,
     {"threads.c", "pthread_create(&threads[i], NULL, server, (void *)(long)end);",
      "pthread_create(&threads[i], NULL, server, (void *)(long)end); pthread_join(threads[i], NULL);"},
     false},
    {"echo-server-concurrent",
     "event-loop",
     a_loop_for_all,
     {"events.c", "poll(watched, (nfds_t)count, -1);", "poll(watched, 1, -1);"},
     false},
    {"echo-server-concurrent",
     "coroutines",
     a_coroutine_for_each,
     {"coroutines.c", "swapcontext(&contexts[self], &loop);\n    return", "return"},
     false},
    {"echo-server-concurrent",
     "combined",
     four_threads_of_two_processes,
     {"combined.c", "i < (long)clients;", "i < 2 * (long)clients;"},
     false},
    {"syn-queue-and-accept-queue",
     NULL,
     a_full_queue_answers_nothing,
     {"queues.c", "listen(listening, 1);", "listen(listening, 2);"},
     false},
};

/* Only to be run alone: whichever variant it is of. */
static const struct scenes_listed programs[] = {
    {"echo-server-serial", NULL, "echo-server-serial/echo-server-serial.c", NULL, "", 0, false},
    {"event-loop", NULL, "event-loop/event-loop.c", NULL, "", 0, false},
    {"syn-queue-and-accept-queue", NULL, "syn-queue-and-accept-queue/queues.c", NULL, "", 0, false},
    {"echo-server-concurrent", NULL, "echo-server-concurrent/processes.c", NULL, "", 0, false},
    {"echo-server-concurrent", NULL, "echo-server-concurrent/threads.c", NULL, "", 0, false},
    {"echo-server-concurrent", NULL, "echo-server-concurrent/events.c", NULL, "", 0, false},
    {"echo-server-concurrent", NULL, "echo-server-concurrent/coroutines.c", NULL, "", 0, false},
    {"echo-server-concurrent", NULL, "echo-server-concurrent/combined.c", NULL, "", 0, false},
};
static struct scenes_act act = {.folder = "6-network",
                                .scenes = programs,
                                .scene_count = sizeof programs / sizeof *programs,
                                .promises = promises,
                                .promise_count = sizeof promises / sizeof *promises};

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_queues_are_as_long_as_the_kernel_says),
        cmocka_unit_test_prestate(scenes_what_is_promised_holds, &act),
        cmocka_unit_test_prestate(scenes_what_is_promised_can_fail, &act),
        cmocka_unit_test_prestate(scenes_every_program_runs_without_lockstep, &act),
        cmocka_unit_test_prestate(scenes_what_has_a_promise_is_the_same_twice, &act),
        cmocka_unit_test_prestate(scenes_promises_hold_in_other_orders, &act),
    };
    return cmocka_run_group_tests_name("scenes: must hold, servers", tests, NULL, NULL);
}
