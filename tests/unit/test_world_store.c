/* The store: copies are equal and independent, ten thousand short threads cost little, and no event, however wrong,
 * breaks a world. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/gate.h"
#include "protocol/record.h"
#include "world/world.h"

static enum status step(struct world *world, struct event event)
{
    return world_step(world, &event);
}

static void must(struct world *world, struct event event)
{
    assert_int_equal(world_step(world, &event), STATUS_OK);
}

static struct world *begun(void)
{
    struct world *world = world_new();
    assert_non_null(world);
    must(world, (struct event){.kind = EVENT_PROCESS, .other = 1});
    must(world, (struct event){.kind = EVENT_TASK, .task = 1, .other = 1});
    must(world, (struct event){.kind = EVENT_STRING, .text = 1, .payload = "A", .length = 1});
    must(world, (struct event){.kind = EVENT_OBJECT, .object = 1, .value = OBJECT_mutex, .text = 1, .other = 1});
    must(world, (struct event){.kind = EVENT_OBJECT, .object = 2, .value = OBJECT_variable, .text = 1, .other = 1});
    return world;
}

static void does(struct world *world, uint32_t task, unsigned operation, uint32_t object, struct event got)
{
    must(
        world,
        (struct event){
            .kind = EVENT_ASKED, .task = task, .operation = (uint16_t)operation, .object = object, .other = got.other});
    must(world, (struct event){.kind = EVENT_GRANTED, .task = task, .value = GRANT_PERFORM});
    got.kind = EVENT_GOT;
    got.task = task;
    got.operation = (uint16_t)operation;
    got.object = object;
    must(world, got);
}

static void a_copy_is_equal_and_goes_its_own_way(void **state)
{
    (void)state;
    struct world *world = begun();
    does(world, 1, OPERATION_mutex_lock, 1, (struct event){0});
    struct world *copy = world_copy(world);
    assert_non_null(copy);
    assert_true(world_hash(copy) == world_hash(world));
    does(copy, 1, OPERATION_mutex_unlock, 1, (struct event){0});
    assert_int_equal(world_object(world, 1)->owner, 1);
    assert_int_equal(world_object(copy, 1)->owner, 0);
    assert_true(world_hash(copy) != world_hash(world));
    assert_int_equal(world_assign(copy, world), STATUS_OK);
    assert_true(world_hash(copy) == world_hash(world));
    does(copy, 1, OPERATION_mutex_unlock, 1, (struct event){0});
    assert_int_equal(world_object(copy, 1)->owner, 0);
    world_free(copy);
    world_free(world);
}

/* All threads are created, each takes the lock, adds, leaves it and ends; only then are they joined. With a vector of
 * 10,000 clocks for each this would need 400 MB and as many copies. */
static void ten_thousand_short_threads(void **state)
{
    (void)state;
    enum { THREADS = 10000 };
    struct world *world = begun();
    for (uint32_t i = 1; i <= THREADS; i++) {
        uint32_t task = i + 1;
        must(world, (struct event){.kind = EVENT_TASK, .task = task, .other = 1, .value = i, .argument = {1}});
        does(world, task, OPERATION_thread_start, 0, (struct event){0});
        does(world, task, OPERATION_mutex_lock, 1, (struct event){0});
        does(world, task, OPERATION_memory_store, 2, (struct event){.value = i, .argument = {4, 4096}});
        does(world, task, OPERATION_mutex_unlock, 1, (struct event){0});
        must(world, (struct event){.kind = EVENT_ASKED, .task = task, .operation = OPERATION_thread_exit});
        must(world, (struct event){.kind = EVENT_GRANTED, .task = task, .value = GRANT_PERFORM});
        must(world, (struct event){.kind = EVENT_TASK_ENDED, .task = task});
    }
    for (uint32_t i = 1; i <= THREADS; i++)
        does(world, 1, OPERATION_thread_join, 0, (struct event){.other = i + 1});
    does(world, 1, OPERATION_memory_load, 2, (struct event){.value = THREADS, .argument = {4, 4096}});
    assert_int_equal(world_fault_count(world), 0);
    assert_int_equal(world_divergence_count(world), 0);
    uint32_t enabled[4];
    assert_int_equal(world_enabled(world, enabled, 4), 0);
    struct world *copy = world_copy(world);
    assert_non_null(copy);
    assert_true(world_hash(copy) == world_hash(world));
    world_free(copy);
    world_free(world);
}

static void unknown_ids_are_said_and_change_nothing(void **state)
{
    (void)state;
    struct world *world = begun();
    uint64_t before = world_hash(world);
    assert_int_equal(step(world, (struct event){.kind = EVENT_GRANTED, .task = 77}), STATUS_INVALID);
    assert_string_not_equal(world_divergence(world), "");
    assert_int_equal(step(world, (struct event){.kind = EVENT_ASKED, .task = 1, .object = 99}), STATUS_INVALID);
    assert_int_equal(step(world, (struct event){.kind = EVENT_TASK, .task = 9, .other = 1}), STATUS_INVALID);
    assert_int_equal(step(world, (struct event){.kind = EVENT_OBJECT, .object = 1u << 30}), STATUS_INVALID);
    assert_int_equal(step(world, (struct event){.kind = EVENT_STRING, .text = 500}), STATUS_INVALID);
    assert_int_equal(step(world, (struct event){.kind = 250}), STATUS_INVALID);
    assert_int_equal(world_divergence_count(world), 6);
    assert_true(world_hash(world) == before);
    assert_null(world_task(world, 0));
    assert_null(world_task(world, 99));
    assert_null(world_object(world, 99));
    assert_null(world_process(world, 99));
    assert_string_equal(world_text(world, 4000000000u), "");
    world_free(world);
}

static uint64_t random_state;

static uint32_t below(uint32_t limit)
{
    random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
    return limit ? (uint32_t)(random_state >> 33) % limit : 0;
}

/* Nonsense in every field: mostly of the right range, so that it gets far. */
static struct event nonsense(const struct world *world)
{
    static const char bytes[8] = "abcdefg";
    static const uint8_t usual[] = {EVENT_ASKED, EVENT_GRANTED, EVENT_GOT, EVENT_BLOCKED};
    bool ordinary = below(4) != 0;
    struct event event = {
        .kind = ordinary ? usual[below(4)] : (uint8_t)below(EVENT_KIND_COUNT + 2),
        .outcome = (uint8_t)below(OUTCOME_COUNT + 1),
        .operation = (uint16_t)below(OPERATION_COUNT + 2),
        .task = below(world_task_count(world) + 3),
        .object = below(world_object_count(world) + 3),
        .second = below(world_object_count(world) + 3),
        .place = below(6),
        .text = below(8),
        .other = below(world_task_count(world) + 3),
        .error = (int32_t)below(140) - 2,
        .flags = below(256),
        .length = below(8),
        .value = (int64_t)below(20) - 2,
        .argument = {(int64_t)below(70) - 3, (int64_t)below(5000), (int64_t)below(5), (int64_t)below(100000) - 5},
        .time = world_time(world) + (int64_t)below(1000) - 3,
        .payload = bytes,
    };
    const struct world_task *task = world_task(world, event.task);
    if (task && below(3)) { /* an answer that fits the question */
        event.operation = task->operation;
        event.object = task->object;
        event.second = task->second;
    }
    if (event.kind == EVENT_GRANTED)
        event.value = world_rule(world, event.task).action;
    return event;
}

static void no_event_breaks_a_world(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        random_state = seed * 0x9E3779B97F4A7C15ull;
        struct world *world = begun();
        for (unsigned i = 0; i < 2000; i++) {
            struct event event = nonsense(world);
            assert_int_not_equal(world_step(world, &event), STATUS_MEMORY);
            char out[300];
            world_say(world, &event, (int)(i & 1), out, sizeof out);
            uint32_t list[8];
            size_t count = world_enabled(world, list, 8);
            for (size_t k = 0; k < count && k < 8; k++)
                assert_true(world_task_enabled(world, list[k]));
            world_stuck(world);
            world_next_deadline(world);
            world_waiters(world, event.object, list, 8);
            world_readers(world, event.object, list, 8);
            world_object_label(world, event.object, out, sizeof out);
        }
        for (size_t i = 0; i < world_fault_count(world); i++) {
            char out[300];
            world_fault_say(world, world_fault(world, i), (int)(i & 1), out, sizeof out);
        }
        struct world *copy = world_copy(world);
        assert_non_null(copy);
        assert_true(world_hash(copy) == world_hash(world));
        world_free(copy);
        world_free(world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_is_equal_and_goes_its_own_way),
        cmocka_unit_test(ten_thousand_short_threads),
        cmocka_unit_test(unknown_ids_are_said_and_change_nothing),
        cmocka_unit_test(no_event_breaks_a_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
