/* Priority inheritance: who holds a mutex that inherits has the priority of who waits for it, through a chain, not around
 * a ring for ever, and only for as long. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/gate.h"
#include "protocol/record.h"
#include "world/world.h"

enum { LOW = 1, MIDDLE, HIGH, A = 1, B };

static void must(struct world *world, struct event event)
{
    assert_int_equal(world_step(world, &event), STATUS_OK);
}

static void step(struct world *world, struct event asked, enum event_kind outcome)
{
    asked.kind = EVENT_ASKED;
    must(world, asked);
    must(world, (struct event){.kind = EVENT_GRANTED, .task = asked.task, .value = GRANT_PERFORM});
    must(world,
         (struct event){.kind = outcome, .task = asked.task, .operation = asked.operation, .object = asked.object});
}

static void does(struct world *world, uint32_t task, unsigned operation, uint32_t object)
{
    step(world, (struct event){.task = task, .operation = (uint16_t)operation, .object = object}, EVENT_GOT);
}

static void is_blocked(struct world *world, uint32_t task, uint32_t object)
{
    step(world, (struct event){.task = task, .operation = OPERATION_mutex_lock, .object = object}, EVENT_BLOCKED);
}

/* Three tasks whose priorities are their numbers, and the mutexes A and B of this protocol. */
static struct world *begun(int protocol)
{
    struct world *world = world_new();
    assert_non_null(world);
    must(world, (struct event){.kind = EVENT_PROCESS, .other = 1});
    must(world, (struct event){.kind = EVENT_STRING, .text = 1, .payload = "A", .length = 1});
    for (uint32_t id = LOW; id <= HIGH; id++)
        must(world, (struct event){.kind = EVENT_TASK, .task = id, .other = 1, .value = id - 1});
    for (uint32_t id = LOW; id <= HIGH; id++)
        step(world,
             (struct event){.task = id, .operation = OPERATION_thread_priority, .other = id, .argument = {(int64_t)id}},
             EVENT_GOT);
    for (uint32_t id = A; id <= B; id++) {
        must(world, (struct event){.kind = EVENT_OBJECT, .object = id, .value = OBJECT_mutex, .text = 1, .other = 1});
        step(world,
             (struct event){
                 .task = LOW, .operation = OPERATION_mutex_init, .object = id, .argument = {0, 0, 0, protocol}},
             EVENT_GOT);
    }
    return world;
}

static void an_owner_has_the_priority_of_who_waits(void **state)
{
    (void)state;
    struct world *world = begun(PTHREAD_PRIO_INHERIT);
    does(world, LOW, OPERATION_mutex_lock, A);
    assert_int_equal(world_task_priority(world, LOW), LOW);
    is_blocked(world, HIGH, A);
    assert_int_equal(world_task_priority(world, LOW), HIGH);
    assert_int_equal(world_task_priority(world, MIDDLE), MIDDLE);
    does(world, LOW, OPERATION_mutex_unlock, A);
    assert_int_equal(world_task_priority(world, LOW), LOW);
    world_free(world);
}

static void a_normal_mutex_inherits_nothing(void **state)
{
    (void)state;
    struct world *world = begun(PTHREAD_PRIO_NONE);
    does(world, LOW, OPERATION_mutex_lock, A);
    is_blocked(world, HIGH, A);
    assert_int_equal(world_task_priority(world, LOW), LOW);
    world_free(world);
}

static void it_goes_through_a_chain_and_not_around_a_ring(void **state)
{
    (void)state;
    struct world *world = begun(PTHREAD_PRIO_INHERIT);
    does(world, LOW, OPERATION_mutex_lock, A);
    does(world, MIDDLE, OPERATION_mutex_lock, B);
    is_blocked(world, MIDDLE, A);
    is_blocked(world, HIGH, B);
    assert_int_equal(world_task_priority(world, MIDDLE), HIGH);
    assert_int_equal(world_task_priority(world, LOW), HIGH);
    is_blocked(world, LOW, B);
    assert_int_equal(world_task_priority(world, LOW), HIGH);
    assert_int_equal(world_task_priority(world, HIGH), HIGH);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_owner_has_the_priority_of_who_waits),
        cmocka_unit_test(a_normal_mutex_inherits_nothing),
        cmocka_unit_test(it_goes_through_a_chain_and_not_around_a_ring),
    };
    return cmocka_run_group_tests_name("world: priority inheritance", tests, NULL, NULL);
}
