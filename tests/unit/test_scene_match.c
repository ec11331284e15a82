/* Beats fire on the facts that they name: in any order, each once, at the nth match. */
#include "scene/scene_match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct scene_fact lock_a = {
    .task = "P1.T1", .operation = "mutex.lock", .object = "mutex A", .outcome = "done"};
static const struct scene_fact blocked_a = {
    .task = "P1.T2", .operation = "mutex.lock", .object = "mutex A", .outcome = "blocked"};
static const struct scene_fact load_0 = {
    .task = "P1.T1", .operation = "memory.load", .object = "variable g", .outcome = "done", .value = "0"};
static const struct scene_fact deadlock = {.task = "P1.T1", .fault = "deadlock"};

/* The packet that closes the window, as the matcher gets it. */
static const struct scene_fact closes = {.packet = "ACK",
                                         .event = "delivered",
                                         .protocol = "TCP",
                                         .from = "127.0.0.1:8022",
                                         .to = "127.0.0.1:40000",
                                         .seq = 1,
                                         .ack = 3001};
static const struct scene_fact synack = {.packet = "SYN+ACK", .event = "sent", .protocol = "TCP", .window = 3000};
static const struct scene_fact letter = {.packet = "UDP", .event = "sent", .protocol = "UDP", .length = 5};

static bool matches(struct scene_when when, const struct scene_fact *fact)
{
    if (!when.occurrence)
        when.occurrence = 1;
    struct scene_beat beat = {.when = when};
    return scene_beat_matches(&beat, fact);
}

static void every_named_part_must_agree(void **state)
{
    (void)state;
    assert_true(matches((struct scene_when){.operation = "mutex.lock"}, &lock_a));
    assert_true(matches((struct scene_when){.task = "P1.T1", .operation = "mutex.lock", .object = "mutex A"}, &lock_a));
    assert_false(matches((struct scene_when){.task = "P1.T2", .operation = "mutex.lock"}, &lock_a));
    assert_false(matches((struct scene_when){.operation = "mutex.unlock"}, &lock_a));
    assert_false(matches((struct scene_when){.operation = "mutex.lock", .object = "mutex B"}, &lock_a));
    assert_false(matches((struct scene_when){.operation = "mutex.lock", .outcome = "blocked"}, &lock_a));
    assert_true(matches((struct scene_when){.operation = "mutex.lock", .outcome = "blocked"}, &blocked_a));
    assert_false(matches((struct scene_when){.operation = "mutex.lock", .error = "EPIPE"}, &lock_a));
}

static void a_value_is_compared_as_a_number_or_as_text(void **state)
{
    (void)state;
    assert_true(matches((struct scene_when){.operation = "memory.load", .value = "0"}, &load_0));
    assert_true(matches((struct scene_when){.operation = "memory.load", .value = "00"}, &load_0));
    assert_false(matches((struct scene_when){.operation = "memory.load", .value = "1"}, &load_0));
    assert_false(matches((struct scene_when){.operation = "memory.load", .value = "P2"}, &load_0));
    assert_false(matches((struct scene_when){.operation = "mutex.lock", .value = "0"}, &lock_a));
}

static void a_fault_is_no_step_and_a_step_no_fault(void **state)
{
    (void)state;
    assert_true(matches((struct scene_when){.fault = "deadlock"}, &deadlock));
    assert_false(matches((struct scene_when){.fault = "data-race"}, &deadlock));
    assert_false(matches((struct scene_when){.fault = "deadlock"}, &lock_a));
    assert_false(matches((struct scene_when){.task = "P1.T1"}, &deadlock));
    assert_false(matches((struct scene_when){.task = "P1.T2", .fault = "deadlock"}, &deadlock));
}

static void a_packet_is_known_by_its_flags_or_its_protocol(void **state)
{
    (void)state;
    assert_true(matches((struct scene_when){.packet = "ACK"}, &closes));
    assert_true(matches((struct scene_when){.packet = "TCP", .event = "delivered"}, &closes));
    assert_true(matches((struct scene_when){.packet = "ACK+SYN", .event = "sent"}, &synack)); /* in any order */
    assert_true(matches((struct scene_when){.packet = "UDP"}, &letter));
    assert_false(matches((struct scene_when){.packet = "ACK"}, &synack)); /* all of its flags */
    assert_false(matches((struct scene_when){.packet = "SYN"}, &synack));
    assert_false(matches((struct scene_when){.packet = "ACK", .event = "sent"}, &closes));
    assert_false(matches((struct scene_when){.packet = "TCP"}, &letter));
    assert_false(matches((struct scene_when){.packet = "TCP"}, &lock_a));
    assert_false(matches((struct scene_when){.operation = "mutex.lock"}, &closes));
    assert_int_equal(scene_packet_flags("SYN"), 2);
    assert_int_equal(scene_packet_flags("FIN+PSH+ACK"), 25);
    for (const char *const *none =
             (const char *const[]){"", "TCP", "SYN+", "+SYN", "SYN ACK", "syn", "SYNN", "SYN+SYN", "S", NULL};
         *none; none++)
        assert_int_equal(scene_packet_flags(*none), 0);
}

#define NUMBER(n)                                                                                                      \
    {                                                                                                                  \
        .given = true, .is = (n)                                                                                       \
    }

static void what_a_packet_says_must_agree_too(void **state)
{
    (void)state;
    assert_true(matches((struct scene_when){.packet = "ACK", .window = NUMBER(0), .length = NUMBER(0)}, &closes));
    assert_true(matches((struct scene_when){.packet = "ACK", .seq = NUMBER(1), .ack = NUMBER(3001)}, &closes));
    assert_true(matches((struct scene_when){.packet = "ACK", .from = "server", .to = "client"}, &closes));
    assert_true(
        matches((struct scene_when){.packet = "ACK", .from = "127.0.0.1:8022", .to = "127.0.0.1:40000"}, &closes));
    assert_false(matches((struct scene_when){.packet = "ACK", .window = NUMBER(1)}, &closes));
    assert_false(matches((struct scene_when){.packet = "ACK", .length = NUMBER(1)}, &closes));
    assert_false(matches((struct scene_when){.packet = "ACK", .seq = NUMBER(0)}, &closes));
    assert_false(matches((struct scene_when){.packet = "ACK", .ack = NUMBER(3000)}, &closes));
    assert_false(matches((struct scene_when){.packet = "ACK", .from = "client"}, &closes));
    assert_false(matches((struct scene_when){.packet = "ACK", .to = "server"}, &closes));
    assert_false(matches((struct scene_when){.packet = "ACK", .from = "127.0.0.1:40000"}, &closes));
    assert_false(matches((struct scene_when){.packet = "SYN+ACK", .window = NUMBER(0)}, &synack));
}

static void each_beat_fires_once_at_its_occurrence(void **state)
{
    (void)state;
    struct scene_beat beats[] = {
        {.when = {.operation = "memory.load", .occurrence = 2}},
        {.when = {.operation = "mutex.lock", .occurrence = 1}},
        {.when = {.task = "P1.T1", .occurrence = 1}},
        {.when = {.operation = "mutex.unlock", .occurrence = 1}},
    };
    struct scene_variant variant = {.id = ""};
    struct scene scene = {.beats = beats, .beat_count = 4, .variants = &variant, .variant_count = 1};
    struct scene_matcher *matcher = scene_matcher_new(&scene, 0);
    size_t fired[4];
    for (int round = 0; round < 2; round++) {
        assert_int_equal(scene_matcher_feed(matcher, &blocked_a, fired, 4), 1);
        assert_int_equal(fired[0], 1);
        assert_int_equal(scene_matcher_feed(matcher, &load_0, fired, 4), 1);
        assert_int_equal(fired[0], 2);
        assert_int_equal(scene_matcher_feed(matcher, &lock_a, fired, 4), 0);
        assert_int_equal(scene_matcher_unfired(matcher, fired, 4), 2);
        assert_int_equal(fired[0], 0);
        assert_int_equal(fired[1], 3);
        assert_int_equal(scene_matcher_feed(matcher, &load_0, fired, 4), 1);
        assert_int_equal(fired[0], 0);
        assert_int_equal(scene_matcher_feed(matcher, &load_0, fired, 4), 0);
        scene_matcher_reset(matcher);
    }
    assert_int_equal(scene_matcher_feed(matcher, &lock_a, fired, 1), 2);
    scene_matcher_free(matcher);
}

static void a_beat_of_another_variant_is_silent(void **state)
{
    (void)state;
    const char *const only[] = {"cured"};
    struct scene_beat beats[] = {{.when = {.operation = "mutex.lock", .occurrence = 1}, .variants = {only, 1}}};
    struct scene_variant variants[] = {{.id = "faulty"}, {.id = "cured"}};
    struct scene scene = {.beats = beats, .beat_count = 1, .variants = variants, .variant_count = 2};
    size_t fired[1];
    struct scene_matcher *matcher = scene_matcher_new(&scene, 0);
    assert_int_equal(scene_matcher_feed(matcher, &lock_a, fired, 1), 0);
    assert_int_equal(scene_matcher_unfired(matcher, fired, 1), 0);
    scene_matcher_free(matcher);
    matcher = scene_matcher_new(&scene, 1);
    assert_int_equal(scene_matcher_unfired(matcher, fired, 1), 1);
    assert_int_equal(scene_matcher_feed(matcher, &lock_a, fired, 1), 1);
    scene_matcher_free(matcher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_named_part_must_agree),
        cmocka_unit_test(a_value_is_compared_as_a_number_or_as_text),
        cmocka_unit_test(a_fault_is_no_step_and_a_step_no_fault),
        cmocka_unit_test(a_packet_is_known_by_its_flags_or_its_protocol),
        cmocka_unit_test(what_a_packet_says_must_agree_too),
        cmocka_unit_test(each_beat_fires_once_at_its_occurrence),
        cmocka_unit_test(a_beat_of_another_variant_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
