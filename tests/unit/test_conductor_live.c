/* Live mode: real programs, not held. What is told is complete (every operation that the program did), in an order that
 * the model accepts (no divergence), and ends with the program; also when it is killed in the midst of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conductor/conductor.h"
#include "conductor/live.h"

#define PRELOAD LOCKSTEP_BUILD_DIR "/lib/lockstep/liblockstep_preload.so"

struct run {
    struct history *history;
    struct conductor *conductor;
    enum status status;
    unsigned got[OPERATION_COUNT], blocked[OPERATION_COUNT];
    unsigned tasks, processes, lost;
    char output[4096];
    size_t length;
    char folder[64], program[96];
};

static void listen(void *context, const struct event *event, const struct world *world)
{
    (void)world;
    struct run *run = context;
    if (event->kind == EVENT_GOT)
        run->got[event->operation]++;
    else if (event->kind == EVENT_BLOCKED)
        run->blocked[event->operation]++;
    else if (event->kind == EVENT_TASK)
        run->tasks++;
    else if (event->kind == EVENT_PROCESS)
        run->processes++;
    else if (event->kind == EVENT_LOST)
        run->lost++;
    else if (event->kind == EVENT_OUTPUT && run->length + event->length < sizeof run->output) {
        memcpy(run->output + run->length, event->payload, event->length);
        run->length += event->length;
    }
}

static void live(struct run *run, const char *source, int64_t max_time)
{
    *run = (struct run){0};
    strcpy(run->folder, "/tmp/lockstep-test-XXXXXX");
    assert_non_null(mkdtemp(run->folder));
    char command[512], path[96];
    snprintf(path, sizeof path, "%s/g.c", run->folder);
    snprintf(run->program, sizeof run->program, "%s/g", run->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(
        file,
        "#define _GNU_SOURCE\n#include <pthread.h>\n#include <semaphore.h>\n#include <signal.h>\n#include <stdio.h>\n"
        "#include <stdlib.h>\n#include <unistd.h>\n#include <sys/wait.h>\n%s\n",
        source);
    fclose(file);
    snprintf(command, sizeof command, "cc -g -O0 -pthread -w -o %s %s", run->program, path);
    assert_int_equal(system(command), 0);
    const char *arguments[] = {run->program, NULL};
    struct message message = {0};
    run->history = history_new();
    struct conductor_options options = {.program = run->program,
                                        .arguments = arguments,
                                        .preload = PRELOAD,
                                        .policy = {.kind = POLICY_rr, .quantum = 1},
                                        .input = -1,
                                        .live = true,
                                        .max_time = max_time,
                                        .listener = listen,
                                        .context = run};
    run->status = conductor_start(&options, run->history, &run->conductor, &message);
    if (run->status != STATUS_OK)
        fail_msg("%s", message.text);
    run->status = conductor_run(run->conductor, &message);
}

static void done(struct run *run)
{
    const char *why = NULL;
    assert_false(conductor_repeatable(run->conductor, &why));
    assert_non_null(why);
    assert_string_equal(world_divergence(history_world(run->history)), "");
    conductor_free(run->conductor);
    history_free(run->history);
    unlink(run->program);
    strcat(run->program, ".c");
    unlink(run->program);
    rmdir(run->folder);
}

static void every_lock_of_every_thread_is_told(void **state)
{
    (void)state;
    struct run run;
    live(&run,
         "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;\n"
         "void *f(void *a) { for (int i = 0; i < 20000; i++) { pthread_mutex_lock(&m); pthread_mutex_unlock(&m); }"
         " return a; }\n"
         "int main(void) { pthread_t t[3]; for (int i = 0; i < 3; i++) pthread_create(t + i, 0, f, 0);"
         " for (int i = 0; i < 3; i++) pthread_join(t[i], 0); puts(\"done\"); return 0; }",
         0);
    assert_int_equal(run.status, STATUS_ENDED);
    assert_int_equal(world_verdict(history_world(run.history)), VERDICT_finished);
    assert_int_equal(run.got[OPERATION_mutex_lock], 60000);
    assert_int_equal(run.got[OPERATION_mutex_unlock], 60000);
    assert_int_equal(run.got[OPERATION_thread_join], 3);
    assert_int_equal(run.tasks, 4);
    assert_int_equal(run.lost, 0);
    assert_int_equal(live_lost(run.conductor), 0);
    done(&run);
}

static void more_threads_than_rings_one_after_the_other(void **state)
{
    (void)state;
    struct run run;
    live(&run,
         "void *f(void *a) { return a; }\n"
         "int main(void) { for (int i = 0; i < 5000; i++) { pthread_t t; if (pthread_create(&t, 0, f, 0)) return 1;"
         " pthread_join(t, 0); } return 0; }",
         0);
    assert_int_equal(world_verdict(history_world(run.history)), VERDICT_finished);
    assert_int_equal(run.got[OPERATION_thread_create], 5000);
    assert_int_equal(run.got[OPERATION_thread_join], 5000);
    assert_int_equal(run.tasks, 5001);
    assert_int_equal(run.lost, 0);
    done(&run);
}

static void conditions_semaphores_and_barriers_agree_with_the_model(void **state)
{
    (void)state;
    struct run run;
    live(&run,
         "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; pthread_cond_t c = PTHREAD_COND_INITIALIZER;\n"
         "pthread_barrier_t b; sem_t s; int turn;\n"
         "void *f(void *a) { long me = (long)a; for (int i = 0; i < 200; i++) { pthread_barrier_wait(&b);"
         " pthread_mutex_lock(&m); while (turn != me) pthread_cond_wait(&c, &m); turn = (turn + 1) % 3;"
         " pthread_cond_broadcast(&c); pthread_mutex_unlock(&m); sem_post(&s); } return 0; }\n"
         "int main(void) { pthread_t t[3]; pthread_barrier_init(&b, 0, 3); sem_init(&s, 0, 0);"
         " for (long i = 0; i < 3; i++) pthread_create(t + i, 0, f, (void *)i);"
         " for (int i = 0; i < 600; i++) sem_wait(&s);"
         " for (int i = 0; i < 3; i++) pthread_join(t[i], 0); return 0; }",
         0);
    assert_int_equal(world_verdict(history_world(run.history)), VERDICT_finished);
    assert_int_equal(run.got[OPERATION_barrier_wait], 600);
    assert_int_equal(run.got[OPERATION_semaphore_post], 600);
    assert_int_equal(run.got[OPERATION_semaphore_wait], 600);
    assert_int_equal(run.got[OPERATION_cond_broadcast], 600);
    assert_int_equal(run.lost, 0);
    done(&run);
}

static void processes_are_born_end_and_are_reaped(void **state)
{
    (void)state;
    struct run run;
    live(&run,
         "int main(void) { for (int i = 0; i < 5; i++) { pid_t p = fork(); if (p == 0) _exit(i);"
         " int st; if (waitpid(p, &st, 0) != p || WEXITSTATUS(st) != i) return 9; } return 4; }",
         0);
    const struct world *world = history_world(run.history);
    assert_int_equal(run.processes, 6);
    assert_int_equal(run.got[OPERATION_process_fork], 5);
    assert_int_equal(run.got[OPERATION_process_wait], 5);
    for (uint32_t id = 1; id <= 6; id++) {
        assert_int_equal(world_process(world, id)->state, STATE_terminated);
        assert_int_equal(WEXITSTATUS(world_process(world, id)->status), id == 1 ? 4 : id - 2);
    }
    assert_int_equal(world_verdict(world), VERDICT_failed); /* its own exit status */
    done(&run);
}

static void a_deadlock_is_seen_and_ends_the_run(void **state)
{
    (void)state;
    struct run run;
    live(&run,
         "pthread_mutex_t A = PTHREAD_MUTEX_INITIALIZER, B = PTHREAD_MUTEX_INITIALIZER; pthread_barrier_t b;\n"
         "void *f(void *a) { pthread_mutex_lock(&B); pthread_barrier_wait(&b); pthread_mutex_lock(&A); return a; }\n"
         "int main(void) { pthread_t t; pthread_barrier_init(&b, 0, 2); pthread_create(&t, 0, f, 0);"
         " pthread_mutex_lock(&A); pthread_barrier_wait(&b); pthread_mutex_lock(&B); return 0; }",
         INT64_C(20000000000));
    const struct world *world = history_world(run.history);
    assert_int_equal(world_verdict(world), VERDICT_deadlock);
    bool found = false;
    for (size_t i = 0; i < world_fault_count(world); i++)
        found |= world_fault(world, i)->kind == FAULT_deadlock && world_fault(world, i)->task_count == 2;
    assert_true(found);
    done(&run);
}

static void of_a_killed_process_at_most_one_record_a_task_is_missing(void **state)
{
    (void)state;
    struct run run;
    live(&run,
         "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; volatile long n;\n"
         "int main(void) { int p[2]; pipe(p); int child = fork(); if (child == 0) { for (;;) { pthread_mutex_lock(&m);"
         " n++; pthread_mutex_unlock(&m); if (n == 30000) write(p[1], \"x\", 1); } }"
         " char c; read(p[0], &c, 1); kill(child, SIGKILL); wait(0); return 0; }",
         INT64_C(20000000000));
    assert_true(run.got[OPERATION_mutex_lock] >= 30000);
    int behind = (int)run.got[OPERATION_mutex_lock] - (int)run.got[OPERATION_mutex_unlock];
    assert_true(behind == 0 || behind == 1);
    done(&run);
}

static void signal_handlers_may_report_within_a_report(void **state)
{
    (void)state;
    struct run run;
    live(&run,
         "sem_t s; pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; volatile int n;\n"
         "void h(int x) { sem_post(&s); n++; }\n"
         "int main(void) { signal(SIGALRM, h); sem_init(&s, 0, 0); struct itimerval { long a, b, c, d; } t = {0, 300, "
         "0, 300};"
         " setitimer(0, &t, 0); while (n < 200) { pthread_mutex_lock(&m); pthread_mutex_unlock(&m); }"
         " t.a = t.b = t.c = t.d = 0; setitimer(0, &t, 0); printf(\"%d\\n\", n); return 0; }",
         INT64_C(20000000000));
    assert_int_equal(world_verdict(history_world(run.history)), VERDICT_finished);
    assert_int_equal(run.lost, 0);
    assert_int_equal(run.got[OPERATION_semaphore_post], (unsigned)atoi(run.output));
    done(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_lock_of_every_thread_is_told),
        cmocka_unit_test(more_threads_than_rings_one_after_the_other),
        cmocka_unit_test(conditions_semaphores_and_barriers_agree_with_the_model),
        cmocka_unit_test(processes_are_born_end_and_are_reaped),
        cmocka_unit_test(a_deadlock_is_seen_and_ends_the_run),
        cmocka_unit_test(of_a_killed_process_at_most_one_record_a_task_is_missing),
        cmocka_unit_test(signal_handlers_may_report_within_a_report),
    };
    return cmocka_run_group_tests_name("conductor live", tests, NULL, NULL);
}
