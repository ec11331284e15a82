/* Every operation has a sentence for every outcome, in both languages, with nothing left unfilled. */
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

static void step(struct world *world, struct event event)
{
    assert_int_not_equal(world_step(world, &event), STATUS_MEMORY);
}

/* main holds everything that can be held; T1 is another task; P2 a child. Objects by kind: id = kind. */
static struct world *stage(void)
{
    struct world *world = world_new();
    assert_non_null(world);
    for (uint32_t kind = 1; kind < OBJECT_COUNT; kind++) {
        char name[16];
        int length = snprintf(name, sizeof name, "o%u", kind);
        step(world, (struct event){.kind = EVENT_STRING, .text = kind, .payload = name, .length = (uint32_t)length});
        step(world, (struct event){.kind = EVENT_OBJECT, .object = kind, .value = kind, .text = kind});
    }
    step(world, (struct event){.kind = EVENT_PROCESS, .other = 1});
    step(world, (struct event){.kind = EVENT_TASK, .task = 1, .other = 1});
    step(world, (struct event){.kind = EVENT_TASK, .task = 2, .other = 1, .value = 1, .argument = {1}});
    step(world, (struct event){.kind = EVENT_PROCESS, .other = 2, .value = 1});
    step(world, (struct event){.kind = EVENT_TASK, .task = 3, .other = 2, .argument = {1}});
    return world;
}

static void check(const struct world *world, const struct event *event, const char *what)
{
    for (int chinese = 0; chinese < 2; chinese++) {
        char out[512];
        int length = world_say(world, event, chinese, out, sizeof out);
        if (length <= 0 || (size_t)length >= sizeof out || strlen(out) != (size_t)length || strpbrk(out, "{}") ||
            strstr(out, "(null)") || strstr(out, "  "))
            fail_msg("%s of %s: \"%s\"", what, operation_row(event->operation)->name, out);
        const char *end = chinese ? "。" : ".";
        size_t size = strlen(end);
        if ((size_t)length < size || strcmp(out + length - size, end) != 0)
            fail_msg("%s of %s does not end as a sentence: \"%s\"", what, operation_row(event->operation)->name, out);
        if (chinese && !strpbrk(out, "\xe4\xe5\xe6\xe7\xe8\xe9"))
            fail_msg("%s of %s is not Chinese: \"%s\"", what, operation_row(event->operation)->name, out);
        if (!chinese)
            for (const char *at = out; *at; at++)
                if ((unsigned char)*at >= 0x80)
                    fail_msg("%s of %s is not English: \"%s\"", what, operation_row(event->operation)->name, out);
        /* Cut short it is still whole characters. */
        for (size_t n = 1; n < (size_t)length; n += 3) {
            char cut[512];
            assert_int_equal(world_say(world, event, chinese, cut, n), length);
            assert_true(strlen(cut) < n && strncmp(cut, out, strlen(cut)) == 0);
            assert_true(((unsigned char)out[strlen(cut)] & 0xC0) != 0x80);
        }
    }
}

static void every_operation_has_a_sentence_for_every_outcome(void **state)
{
    (void)state;
    for (unsigned operation = 1; operation < OPERATION_COUNT; operation++) {
        const struct operation_row *row = operation_row(operation);
        for (unsigned outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
            if (outcome == OUTCOME_blocked && !(row->flags & OPERATION_BLOCKS))
                continue;
            struct world *world = stage();
            struct event event = {.kind = EVENT_ASKED,
                                  .task = 1,
                                  .operation = (uint16_t)operation,
                                  .object = row->object,
                                  .second = row->family == FAMILY_cond ? OBJECT_mutex : 0,
                                  .argument = {10, 1}};
            /* A thread is named by the task, not by an object. */
            if (row->object == OBJECT_thread || row->object == OBJECT_process)
                event.object = 0;
            if (row->family == FAMILY_thread || operation == OPERATION_signal_send)
                event.other = 2;
            step(world, event);
            step(world, (struct event){.kind = EVENT_GRANTED, .task = 1, .value = GRANT_PERFORM});
            event.kind = outcome == OUTCOME_blocked ? EVENT_BLOCKED : EVENT_GOT;
            event.outcome = (uint8_t)outcome;
            event.error = outcome == OUTCOME_failed ? 16 : 0;
            event.value = outcome == OUTCOME_failed ? 16 : operation == OPERATION_process_wait ? 2 : 0;
            step(world, event);
            check(world, &event, outcome_name(outcome));
            event.flags = RECORD_CANCELLED;
            if (outcome == OUTCOME_done)
                check(world, &event, "cancellation");
            world_free(world);
        }
    }
}

/* A file that its opening makes has no name yet when it is asked for. */
static void a_new_file_is_no_it(void **state)
{
    (void)state;
    struct world *world = stage();
    struct event event = {.kind = EVENT_ASKED, .task = 1, .operation = OPERATION_file_open};
    char out[128];
    step(world, event);
    step(world, (struct event){.kind = EVENT_GRANTED, .task = 1, .value = GRANT_PERFORM});
    event.kind = EVENT_GOT;
    event.value = 3;
    step(world, event);
    world_say(world, &event, 0, out, sizeof out);
    assert_string_equal(out, "P1.main makes a new file and opens it.");
    world_say(world, &event, 1, out, sizeof out);
    assert_string_equal(out, "P1.main 新建并打开了一个文件。");
    world_free(world);
}

static void every_fault_has_a_sentence(void **state)
{
    (void)state;
    struct world *world = stage();
    for (unsigned kind = 0; kind < FAULT_COUNT; kind++) {
        struct world_fault fault = {.kind = (uint8_t)kind,
                                    .task_count = 2,
                                    .object_count = 1,
                                    .tasks = {1, 2},
                                    .objects = {OBJECT_mutex},
                                    .process = 1,
                                    .value = 3};
        for (int chinese = 0; chinese < 2; chinese++) {
            char out[512];
            assert_true(world_fault_say(world, &fault, chinese, out, sizeof out) > 0);
            assert_null(strstr(out, "(null)"));
        }
        assert_string_not_equal(fault_name(kind), "unknown");
    }
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_has_a_sentence_for_every_outcome),
        cmocka_unit_test(a_new_file_is_no_it),
        cmocka_unit_test(every_fault_has_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
