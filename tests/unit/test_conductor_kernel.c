/* The picture against the kernel's own view, at every stop: each held task waits in a futex on its own slot, ended tasks
 * are gone, zombies are Z, and with one CPU no two tasks are ever running. */
#include "conductor/internal.h"
#include "guest_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

static bool proc_text(struct conductor *c, int pid, const char *name, char *text, size_t size)
{
    int file = conductor_open_proc(c, pid, name);
    if (file < 0)
        return false;
    size_t length = 0;
    ssize_t got;
    while (length < size - 1 && (got = read(file, text + length, size - 1 - length)) > 0)
        length += (size_t)got;
    close(file);
    text[length] = 0;
    return length > 0;
}

/* Where the guest has the gate file in its memory. */
static uint64_t gate_base(struct conductor *c, int pid)
{
    static char maps[1 << 18];
    if (!proc_text(c, pid, "maps", maps, sizeof maps))
        return 0;
    const char *found = strstr(maps, "/" GATE_FILE "\n");
    if (!found)
        return 0;
    while (found > maps && found[-1] != '\n')
        found--;
    return strtoull(found, NULL, 16);
}

static void check_task(struct conductor *c, uint32_t id)
{
    const struct guest_task *task = &c->tasks[id];
    int pid = c->processes[task->process]->pid;
    char name[64], text[512];
    snprintf(name, sizeof name, "task/%d/syscall", task->tid);
    if (task->phase == PHASE_ended) {
        snprintf(name, sizeof name, "task/%d/stat", task->tid);
        if (proc_text(c, pid, name, text, sizeof text) && c->processes[task->process]->pid == pid &&
            (c->processes[task->process]->alive || c->processes[task->process]->zombie))
            assert_non_null(strstr(text, ") Z ")); /* a main thread, or a process that nobody has waited for */
        return;
    }
    assert_int_equal(task->phase, PHASE_held);
    /* Between its last record and its futex a task still runs some instructions of the shim; nothing of the guest's. */
    for (int round = 0; round < 1000000; round++) {
        assert_true(proc_text(c, pid, name, text, sizeof text));
        if (strncmp(text, "running", 7) != 0)
            break;
    }
    unsigned long number = 0, address = 0;
    assert_int_equal(sscanf(text, "%lu 0x%lx", &number, &address), 2);
    assert_int_equal(number, SYS_futex);
    uint64_t base = gate_base(c, pid);
    assert_true(base != 0);
    assert_int_equal(address - base, offsetof(struct gate, slot) + task->slot * sizeof(struct gate_slot) +
                                         offsetof(struct gate_slot, turn));
}

static void check_stop(struct conductor *c, unsigned cpus)
{
    const struct world *world = conductor_world(c);
    unsigned running = 0;
    for (uint32_t id = 1; id <= world_task_count(world); id++)
        running += world_task(world, id)->state == STATE_running;
    assert_true(running <= cpus);
    for (uint32_t id = 1; id <= c->task_count; id++)
        check_task(c, id);
    for (uint32_t id = 1; id <= c->process_count; id++) {
        char text[512];
        if (c->processes[id]->zombie) {
            assert_true(proc_text(c, c->processes[id]->pid, "stat", text, sizeof text));
            assert_non_null(strstr(text, ") Z "));
            assert_int_equal(world_process(world, id)->state, STATE_zombie);
        }
    }
}

static void check_program(const char *name, unsigned cpus, enum policy_kind policy)
{
    char program[4096];
    snprintf(program, sizeof program, "%s/tests/guests/%s", guest_build(), name);
    const char *arguments[] = {program, NULL};
    struct conductor_options options = {.program = program,
                                        .arguments = arguments,
                                        .preload = guest_shim(),
                                        .policy = {.kind = policy, .quantum = 1, .seed = 7},
                                        .cpus = cpus,
                                        .input = -1};
    struct history *history = history_new();
    struct conductor *conductor;
    struct message message = {{0}};
    if (conductor_start(&options, history, &conductor, &message) != STATUS_OK)
        fail_msg("%s", message.text);
    check_stop(conductor, cpus);
    unsigned steps = 0;
    while (conductor_step(conductor, 0, &message) == STATUS_OK) {
        check_stop(conductor, cpus);
        steps++;
    }
    assert_true(steps > 10);
    conductor_free(conductor);
    history_free(history);
}

static void the_picture_is_the_kernels_with_threads(void **state)
{
    (void)state;
    check_program("sync_all", 1, POLICY_rr);
    check_program("sync_all", 1, POLICY_random);
    check_program("sync_all", 2, POLICY_rr);
}

static void the_picture_is_the_kernels_with_processes(void **state)
{
    (void)state;
    check_program("process_family", 1, POLICY_rr);
    check_program("process_family", 1, POLICY_random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_picture_is_the_kernels_with_threads),
                                       cmocka_unit_test(the_picture_is_the_kernels_with_processes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
