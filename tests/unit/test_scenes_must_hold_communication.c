/* What CURRICULUM promises of the scenes of act 4: processes that talk to each other; each promise seen to fail of a
 * changed copy of its scene. The scenes pipe and bounded-queue are looked at in test_scenes_must_hold_queues.c. */
#include "scenes_act.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- shared-memory ---- */

/* Both told an address, and not the same; and to lockstep it is one variable. */
static bool has_two_addresses(const struct scenes_run *run)
{
    unsigned long parent = 0, child = 0;
    char *printed = scenes_printed(run);
    const char *of_parent = strstr(printed, "parent: total is at "),
               *of_child = strstr(printed, "child : total is at ");
    if (of_parent && of_child) {
        parent = strtoul(of_parent + strlen("parent: total is at "), NULL, 16);
        child = strtoul(of_child + strlen("child : total is at "), NULL, 16);
    }
    free(printed);
    return parent && child && parent != child && SCENES_IS_THERE("P1.main", "memory.store", "variable box->total") &&
           SCENES_IS_THERE("P2.main", "memory.store", "variable box->total");
}

static const char *an_addition_between_processes_is_lost(const struct scenes_run *run)
{
    SCENES_HOLDS(has_two_addresses(run));
    SCENES_HOLDS(scenes_fault_count(run) > 0);
    const json_t *fault = scenes_fault(run, 0);
    SCENES_HOLDS(scenes_is(json_string_value(json_object_get(fault, "kind")), "data-race"));
    SCENES_HOLDS(scenes_fault_names(fault, "tasks", "P1.main") && scenes_fault_names(fault, "tasks", "P2.main"));
    SCENES_HOLDS(scenes_fault_names(fault, "objects", "variable box->total"));
    SCENES_HOLDS(scenes_count(scenes_all_printed(run), "total: 3\n") == 1);
    return NULL;
}

static const char *the_shared_total_is_exact(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(has_two_addresses(run));
    SCENES_HOLDS(scenes_count(scenes_all_printed(run), "total: 4\n") == 1);
    return NULL;
}

static void shared_memory_is_one_and_needs_a_lock(void **state)
{
    (void)state;
    scenes_holds("shared-memory", "faulty", an_addition_between_processes_is_lost);
    scenes_holds("shared-memory", "cured", the_shared_total_is_exact);
    scenes_holds_always("shared-memory", "cured", 200, the_shared_total_is_exact);
    scenes_breaks("4-communication/shared-memory", "cured",
                  (struct scenes_change){"locked.c", "MAP_SHARED,", "MAP_PRIVATE,"}, the_shared_total_is_exact);
    scenes_breaks(
        "4-communication/shared-memory", "cured",
        (struct scenes_change){"locked.c", "mmap(NULL, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);", ""},
        the_shared_total_is_exact);
    scenes_breaks("4-communication/shared-memory", "faulty",
                  (struct scenes_change){"shared-memory.c", "box->total += 1;",
                                         "__atomic_add_fetch(&box->total, 1, __ATOMIC_SEQ_CST);"},
                  an_addition_between_processes_is_lost);
}

/* ---- file-ipc, ticket-rush ---- */

/* The most tasks that were inside the lock of a file at once. */
static unsigned most_inside(const struct scenes_run *run)
{
    unsigned inside = 0, most = 0;
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        inside += scenes_is(step->operation, "file.lock") && scenes_is(step->outcome, "done");
        inside -= scenes_is(step->operation, "file.unlock") && scenes_is(step->outcome, "done") && inside > 0;
        most = inside > most ? inside : most;
    }
    return most;
}

static const char *the_letter_arrives_whole(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(most_inside(run) == 1);
    SCENES_HOLDS(SCENES_IS_THERE("P2.main", "file.open") && SCENES_IS_THERE("P3.main", "file.open"));
    SCENES_HOLDS(scenes_count(scenes_all_printed(run), "reader: Dear reader, goodbye.\n") == 1);
    return NULL;
}

static const char *the_reader_waits_for_the_lock(const struct scenes_run *run)
{
    size_t waits = SCENES_FIND("P3.main", "file.lock", .outcome = "blocked");
    size_t freed = SCENES_FIND_AFTER(waits, "P2.main", "file.unlock");
    SCENES_HOLDS(freed < SCENES_FIND_AFTER(waits, "P3.main", "file.lock", .outcome = "done"));
    SCENES_HOLDS(SCENES_FIND_AFTER(freed, "P3.main", "file.read") < run->step_count);
    return the_letter_arrives_whole(run);
}

static const char *two_are_inside_one_lock(const struct scenes_run *run)
{
    SCENES_HOLDS(most_inside(run) == 2);
    SCENES_HOLDS(!SCENES_IS_THERE("P2.main", "file.open") && !SCENES_IS_THERE("P3.main", "file.open"));
    SCENES_HOLDS(scenes_count(scenes_all_printed(run), "reader: Dear reader, \n") == 1);
    return NULL;
}

static void a_file_lock_belongs_to_the_open_file(void **state)
{
    (void)state;
    scenes_holds("file-ipc", "opened", the_reader_waits_for_the_lock);
    scenes_holds("file-ipc", "inherited", two_are_inside_one_lock);
    scenes_holds_always("file-ipc", "opened", 200, the_letter_arrives_whole);
    scenes_breaks("4-communication/file-ipc", "opened",
                  (struct scenes_change){"file-ipc.c", "write(file, \"goodbye.\\n\", 9);",
                                         "flock(file, LOCK_UN); flock(file, LOCK_EX); "
                                         "write(file, \"goodbye.\\n\", 9);"},
                  the_letter_arrives_whole);
    scenes_breaks("4-communication/file-ipc", "inherited",
                  (struct scenes_change){"inherited.c", "reader(file);", "reader(open(name, O_RDWR));"},
                  two_are_inside_one_lock);
}

static const char *more_is_sold_than_there_is(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_said(run, NULL, "clerk 1: sold a ticket\n") == 1);
    SCENES_HOLDS(scenes_said(run, NULL, "clerk 2: sold a ticket\n") == 1);
    SCENES_HOLDS(scenes_said(run, NULL, "clerk 3: sold a ticket\n") == 1);
    SCENES_HOLDS(scenes_count(scenes_all_printed(run), "sold 3 of 2, left 1\n") == 1);
    SCENES_HOLDS(scenes_exit_of(run, "P1") == 1);
    return NULL;
}

static const char *as_much_is_sold_as_there_is(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(most_inside(run) == 1);
    SCENES_HOLDS(scenes_count(scenes_all_printed(run), "sold 2 of 2, left 0\n") == 1);
    char *printed = scenes_printed(run);
    unsigned sold = scenes_count(printed, ": sold a ticket\n"), out = scenes_count(printed, ": sold out\n");
    free(printed);
    SCENES_HOLDS(sold == 2 && out == 1);
    return NULL;
}

/* They greet at the same time, and sell one after another. */
static const char *only_the_sale_is_serial(const struct scenes_run *run)
{
    size_t all = SCENES_FIND("P3.main", "time.sleep", .outcome = "blocked");
    SCENES_HOLDS(all < SCENES_FIND(NULL, "file.lock"));
    for (const char *const *task = (const char *const[]){"P1.main", "P2.main", "P3.main", NULL}; *task; task++)
        SCENES_HOLDS(scenes_is(scenes_state_at(run, all, *task), "blocked"));
    return as_much_is_sold_as_there_is(run);
}

static void tickets_are_oversold_without_a_lock(void **state)
{
    (void)state;
    scenes_holds("ticket-rush", "faulty", more_is_sold_than_there_is);
    scenes_holds("ticket-rush", "cured", only_the_sale_is_serial);
    scenes_holds_always("ticket-rush", "cured", 200, as_much_is_sold_as_there_is);
    scenes_breaks("4-communication/ticket-rush", "cured", (struct scenes_change){"locked.c", "LOCK_EX", "LOCK_SH"},
                  as_much_is_sold_as_there_is);
    scenes_breaks("4-communication/ticket-rush", "cured",
                  (struct scenes_change){"locked.c", "usleep(5000);", "flock(file, LOCK_EX); usleep(5000);"},
                  only_the_sale_is_serial);
    scenes_breaks("4-communication/ticket-rush", "faulty",
                  (struct scenes_change){"ticket-rush.c", "CLERKS = 3", "CLERKS = 2"}, more_is_sold_than_there_is);
}

/* ---- producer-consumer ---- */

static const char *each_item_is_consumed_once_in_order(const struct scenes_run *run)
{
    long in_queue = 0, last[2] = {0, 10};
    SCENES_HOLDS(scenes_finished(run));
    for (size_t i = 0; i < run->step_count; i++) {
        const struct scenes_step *step = &run->steps[i];
        bool store = scenes_is(step->operation, "memory.store"), load = scenes_is(step->operation, "memory.load");
        in_queue += store && scenes_is(step->object, "variable added");
        in_queue -= store && scenes_is(step->object, "variable taken");
        SCENES_HOLDS(in_queue >= 0 && in_queue <= 3);
        if (!load || !step->object || strncmp(step->object, "variable items[", 15) != 0)
            continue;
        SCENES_HOLDS(scenes_is(step->task, "P1.T3"));
        long item = scenes_number_at(run, i);
        bool of_slow = item > 10;
        SCENES_HOLDS(item == last[of_slow] + 1); /* the next of its producer: none twice, none left out */
        last[of_slow] = item;
    }
    SCENES_HOLDS(in_queue == 0 && last[0] == 4 && last[1] == 12);
    return NULL;
}

static const char *both_sides_wait(const struct scenes_run *run)
{
    SCENES_HOLDS(SCENES_IS_THERE("P1.T1", "semaphore.wait", "semaphore room", "blocked"));
    SCENES_HOLDS(SCENES_IS_THERE("P1.T2", "semaphore.wait", "semaphore room", "blocked"));
    SCENES_HOLDS(SCENES_IS_THERE("P1.T3", "semaphore.wait", "semaphore filled", "blocked"));
    return each_item_is_consumed_once_in_order(run);
}

static void producers_and_a_consumer_wait_for_each_other(void **state)
{
    (void)state;
    scenes_holds("producer-consumer", NULL, both_sides_wait);
    scenes_holds_always("producer-consumer", NULL, 200, each_item_is_consumed_once_in_order);
    scenes_breaks("4-communication/producer-consumer", NULL,
                  (struct scenes_change){"producer-consumer.c", "sem_init(&room, 0, ROOM);", "sem_init(&room, 0, 4);"},
                  each_item_is_consumed_once_in_order);
    scenes_breaks("4-communication/producer-consumer", NULL,
                  (struct scenes_change){"producer-consumer.c", "sem_wait(&filled);", ""},
                  each_item_is_consumed_once_in_order);
    scenes_breaks("4-communication/producer-consumer", NULL,
                  (struct scenes_change){"producer-consumer.c", "usleep(60000);", ""}, both_sides_wait);
}

/* ---- queue-between-processes ---- */

static const char *letters_cross_in_order(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    char *printed = scenes_printed(run);
    char letters[4] = "";
    int reader = 0, writer = 0, count = 0;
    bool same = true;
    for (const char *at = printed; at && *at && count < 3; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL) {
        int now_reader = 0, now_writer = 0;
        if (sscanf(at, "reader %d: %c from %d", &now_reader, &letters[count], &now_writer) != 3)
            break;
        same = same && (count == 0 || (now_reader == reader && now_writer == writer));
        reader = now_reader;
        writer = now_writer;
        count++;
    }
    free(printed);
    SCENES_HOLDS(count == 3 && strcmp(letters, "ABC") == 0);
    SCENES_HOLDS(same && reader != writer && reader > 0 && writer > 0);
    SCENES_HOLDS(scenes_count_steps(run, (struct scenes_wanted){"P2.main", "pipe.write", "pipe 1", "done", 0}) == 3);
    SCENES_HOLDS(scenes_count_steps(run, (struct scenes_wanted){"P3.main", "pipe.read", "pipe 1", "done", 0}) == 3);
    return NULL;
}

/* While it waits for a message, the reader has the lock of its end. */
static const char *the_reader_waits_with_the_lock(const struct scenes_run *run)
{
    size_t waits = SCENES_FIND("P3.main", "pipe.read", "pipe 1", "blocked");
    SCENES_HOLDS(waits < run->step_count);
    SCENES_HOLDS(SCENES_FIND("P3.main", "mutex.lock", "mutex locks->get", "done") < waits);
    SCENES_HOLDS(SCENES_FIND("P3.main", "mutex.unlock", "mutex locks->get") > waits);
    return letters_cross_in_order(run);
}

static void a_pipe_and_two_locks_make_a_queue(void **state)
{
    (void)state;
    scenes_holds("queue-between-processes", NULL, the_reader_waits_with_the_lock);
    scenes_holds_always("queue-between-processes", NULL, 200, letters_cross_in_order);
    scenes_breaks("4-communication/queue-between-processes", NULL,
                  (struct scenes_change){"queue-between-processes.c", "letter = 'A'; letter <= 'C'; letter++",
                                         "letter = 'C'; letter >= 'A'; letter--"},
                  letters_cross_in_order);
    scenes_breaks("4-communication/queue-between-processes", NULL,
                  (struct scenes_change){"queue-between-processes.c", "pthread_mutex_lock(&locks->get);",
                                         "pthread_mutex_lock(&locks->get); pthread_mutex_unlock(&locks->get);"},
                  the_reader_waits_with_the_lock);
}

/* ---- manager ---- */

static bool has_no_lock_in_the_server(const struct scenes_run *run)
{
    for (size_t i = 0; i < run->step_count; i++)
        if (scenes_is(run->steps[i].task, "P2.main") && strncmp(run->steps[i].operation, "mutex.", 6) == 0)
            return false;
    return SCENES_IS_THERE("P2.main", "pipe.read", "pipe 1");
}

static const char *two_changes_collide_in_a_manager(const struct scenes_run *run)
{
    SCENES_HOLDS(has_no_lock_in_the_server(run));
    /* Both are answered before either changes anything. */
    size_t first = SCENES_FIND("P2.main", "pipe.write", "pipe 2"),
           second = SCENES_FIND("P2.main", "pipe.write", "pipe 3");
    size_t change = SCENES_FIND("P2.main", "pipe.read", "pipe 1", "done", 3);
    SCENES_HOLDS(first < change && second < change && change < run->step_count);
    SCENES_HOLDS(scenes_count(scenes_all_printed(run), "apples: 1\n") == 1);
    SCENES_HOLDS(scenes_exit_of(run, "P1") == 1);
    return NULL;
}

static const char *the_manager_counts_right(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(has_no_lock_in_the_server(run));
    SCENES_HOLDS(scenes_count(scenes_all_printed(run), "apples: 2\n") == 1);
    return NULL;
}

static void a_manager_does_not_guard_its_clients(void **state)
{
    (void)state;
    scenes_holds("manager", "faulty", two_changes_collide_in_a_manager);
    scenes_holds("manager", "cured", the_manager_counts_right);
    scenes_holds_always("manager", "cured", 200, the_manager_counts_right);
    scenes_breaks("4-communication/manager", "cured",
                  (struct scenes_change){"locked.c", "int n = ask(client, GET, APPLES, 0);",
                                         "pthread_mutex_unlock(lock); int n = ask(client, GET, APPLES, 0); "
                                         "pthread_mutex_lock(lock);"},
                  the_manager_counts_right);
    scenes_breaks("4-communication/manager", "faulty",
                  (struct scenes_change){"manager.c", "add_one(0);\n    waitpid(other, NULL, 0);",
                                         "waitpid(other, NULL, 0);\n    add_one(0);"},
                  two_changes_collide_in_a_manager);
}

/* ---- socket-ipc ---- */

static const char *bytes_go_both_ways(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(SCENES_IS_THERE("P1.main", "socket.send") && SCENES_IS_THERE("P2.main", "socket.send"));
    SCENES_HOLDS(scenes_count(scenes_all_printed(run), "child hears: pong\n") == 1);
    SCENES_HOLDS(scenes_count(scenes_all_printed(run), "parent hears: ping") == 1);
    SCENES_HOLDS(scenes_count(scenes_all_printed(run), "parent hears: nothing more\n") == 1);
    return NULL;
}

/* There is a moment at which both have sent and nobody has received. */
static const char *both_ways_are_used_at_once(const struct scenes_run *run)
{
    size_t ping = SCENES_FIND("P2.main", "socket.send"), pong = SCENES_FIND("P1.main", "socket.send");
    size_t heard = SCENES_FIND(NULL, "socket.recv", .outcome = "done");
    SCENES_HOLDS(ping < heard && pong < heard && heard < run->step_count);
    SCENES_HOLDS(scenes_number_at(run, SCENES_FIND("P2.main", "socket.recv", .outcome = "done")) == 4);
    SCENES_HOLDS(scenes_number_at(run, SCENES_FIND("P1.main", "socket.recv", .outcome = "done")) == 4);
    return bytes_go_both_ways(run);
}

static void a_socket_pair_goes_both_ways(void **state)
{
    (void)state;
    scenes_holds("socket-ipc", NULL, both_ways_are_used_at_once);
    scenes_holds_always("socket-ipc", NULL, 200, bytes_go_both_ways);
    scenes_breaks("4-communication/socket-ipc", NULL,
                  (struct scenes_change){"socket-ipc.c", "say(ends[1], \"ping\");",
                                         "hear(\"child\", ends[1]); say(ends[1], \"ping\");"},
                  both_ways_are_used_at_once);
    scenes_breaks("4-communication/socket-ipc", NULL,
                  (struct scenes_change){"socket-ipc.c", "say(ends[0], \"pong\");", "say(ends[0], \"pang\");"},
                  bytes_go_both_ways);
}

/* ---- all of them ---- */

static const struct scenes_listed scenes[] = {
    {"shared-memory", "faulty", "shared-memory/shared-memory.c", NULL, NULL, 0, false},
    {"shared-memory", "cured", "shared-memory/locked.c", NULL, "total: 4\n", 0, false},
    {"file-ipc", "opened", "file-ipc/file-ipc.c", NULL, "reader: Dear reader, goodbye.\n", 0, false},
    {"file-ipc", "inherited", "file-ipc/inherited.c", NULL, "reader: Dear reader, ", 0, false},
    {"ticket-rush", "faulty", "ticket-rush/ticket-rush.c", NULL, NULL, 0, false},
    {"ticket-rush", "cured", "ticket-rush/locked.c", NULL, "sold 2 of 2, left 0\n", 0, false},
    {"producer-consumer", NULL, "producer-consumer/producer-consumer.c", NULL, "consumer: 12\n", 0, false},
    {"queue-between-processes", NULL, "queue-between-processes/queue-between-processes.c", NULL, ": C from ", 0, false},
    {"manager", "faulty", "manager/manager.c", NULL, NULL, 0, false},
    {"manager", "cured", "manager/locked.c", NULL, "apples: 2\n", 0, false},
    {"socket-ipc", NULL, "socket-ipc/socket-ipc.c", NULL, "child hears: pong\n", 0, false},
};
static struct scenes_act act = {
    .folder = "4-communication", .scenes = scenes, .scene_count = sizeof scenes / sizeof *scenes};

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_memory_is_one_and_needs_a_lock),
        cmocka_unit_test(a_file_lock_belongs_to_the_open_file),
        cmocka_unit_test(tickets_are_oversold_without_a_lock),
        cmocka_unit_test(producers_and_a_consumer_wait_for_each_other),
        cmocka_unit_test(a_pipe_and_two_locks_make_a_queue),
        cmocka_unit_test(a_manager_does_not_guard_its_clients),
        cmocka_unit_test(a_socket_pair_goes_both_ways),
        cmocka_unit_test_prestate(scenes_every_program_runs_without_lockstep, &act),
        cmocka_unit_test_prestate(scenes_every_run_is_the_same_twice, &act),
    };
    return cmocka_run_group_tests_name("scenes: must hold, act 4", tests, NULL, NULL);
}
