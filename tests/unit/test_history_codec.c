/* The codec of events and the log: what goes in comes out, in few bytes, and bytes that are no event are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "history/codec.h"
#include "history/crc.h"
#include "history/event_log.h"
#include "history_events.h"

static void assert_same_event(const struct event *a, const struct event *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->outcome, b->outcome);
    assert_int_equal(a->operation, b->operation);
    assert_int_equal(a->task, b->task);
    assert_int_equal(a->object, b->object);
    assert_int_equal(a->second, b->second);
    assert_int_equal(a->place, b->place);
    assert_int_equal(a->text, b->text);
    assert_int_equal(a->other, b->other);
    assert_int_equal(a->error, b->error);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->value, b->value);
    for (int i = 0; i < 4; i++)
        assert_int_equal(a->argument[i], b->argument[i]);
    assert_int_equal(a->time, b->time);
    assert_int_equal(a->length, b->length);
    if (a->length > 0)
        assert_memory_equal(a->payload, b->payload, a->length);
}

static void crc_is_castagnoli(void **state)
{
    (void)state;
    /* RFC 3720, B.4 */
    unsigned char bytes[32];
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(crc32c(0, bytes, 32), 0x8A9136AA);
    memset(bytes, 0xFF, sizeof bytes);
    assert_int_equal(crc32c(0, bytes, 32), 0x62A8AB43);
    for (int i = 0; i < 32; i++)
        bytes[i] = (unsigned char)i;
    assert_int_equal(crc32c(0, bytes, 32), 0x46DD794E);
    assert_int_equal(crc32c(crc32c(0, bytes, 13), bytes + 13, 19), 0x46DD794E);
}

static uint64_t random_bits(struct made_run *run)
{
    uint64_t bits = (uint64_t)made_random(run, 1u << 31) << 33 ^ (uint64_t)made_random(run, 1u << 31) << 11 ^
                    made_random(run, 1u << 11);
    return bits >> made_random(run, 64);
}

static void random_event(struct made_run *run, struct event *event, unsigned char payload[300])
{
    *event = (struct event){.kind = (uint8_t)(1 + made_random(run, EVENT_KIND_COUNT - 1)),
                            .outcome = (uint8_t)made_random(run, OUTCOME_COUNT),
                            .operation = (uint16_t)made_random(run, OPERATION_COUNT),
                            .task = (uint32_t)random_bits(run),
                            .object = (uint32_t)random_bits(run),
                            .second = (uint32_t)random_bits(run),
                            .place = (uint32_t)random_bits(run),
                            .text = (uint32_t)random_bits(run),
                            .other = (uint32_t)random_bits(run),
                            .error = (int32_t)random_bits(run),
                            .flags = (uint32_t)random_bits(run),
                            .value = (int64_t)random_bits(run),
                            .time = (int64_t)random_bits(run)};
    for (int i = 0; i < 4; i++)
        event->argument[i] = (int64_t)random_bits(run);
    if (made_random(run, 3) == 0) {
        event->length = made_random(run, 300);
        for (uint32_t i = 0; i < event->length; i++)
            payload[i] = (unsigned char)(event->kind == EVENT_STRING ? 'a' : made_random(run, 256));
        event->payload = event->length ? payload : NULL;
    }
}

static void any_event_comes_back_as_it_was(void **state)
{
    (void)state;
    struct made_run run;
    made_start(&run, 7);
    struct codec writer, reader;
    codec_reset(&writer);
    codec_reset(&reader);
    for (int i = 0; i < 20000; i++) {
        unsigned char payload[300], bytes[CODEC_EVENT_MAX + 300];
        struct event event, back;
        bool step = made_random(&run, 2), step_back = !step;
        random_event(&run, &event, payload);
        assert_true(codec_event_valid(&event));
        size_t length = codec_encode(&writer, &event, step, bytes);
        assert_true(length <= CODEC_EVENT_MAX + event.length);
        assert_int_equal(codec_decode(&reader, NULL, bytes, length, &back, &step_back), length);
        assert_same_event(&event, &back);
        assert_int_equal(step, step_back);
    }
}

static void a_cut_event_is_refused(void **state)
{
    (void)state;
    struct made_run run;
    made_start(&run, 8);
    for (int i = 0; i < 200; i++) {
        unsigned char payload[300], bytes[CODEC_EVENT_MAX + 300];
        struct event event, back;
        struct codec codec;
        bool step;
        random_event(&run, &event, payload);
        codec_reset(&codec);
        size_t length = codec_encode(&codec, &event, false, bytes);
        for (size_t cut = 0; cut < length; cut++) {
            unsigned char *exact = malloc(cut ? cut : 1); /* so that the sanitizer sees a read beyond */
            memcpy(exact, bytes, cut);
            codec_reset(&codec);
            assert_int_equal(codec_decode(&codec, NULL, exact, cut, &back, &step), 0);
            free(exact);
        }
    }
}

static void random_bytes_are_an_event_or_refused(void **state)
{
    (void)state;
    struct made_run run;
    made_start(&run, 9);
    struct codec codec;
    codec_reset(&codec);
    unsigned taken_some = 0;
    for (int i = 0; i < 100000; i++) {
        unsigned char bytes[40];
        size_t size = made_random(&run, sizeof bytes);
        for (size_t k = 0; k < size; k++)
            bytes[k] = (unsigned char)made_random(&run, 256);
        struct event event;
        bool step;
        size_t taken = codec_decode(&codec, NULL, bytes, size, &event, &step);
        assert_true(taken <= size);
        if (taken > 0) {
            taken_some++;
            assert_true(codec_event_valid(&event));
        }
    }
    assert_true(taken_some > 0);
}

static void text_that_could_reach_a_terminal_raw_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"a\033[2J",
                                      "\x7F",
                                      "a\nb",
                                      "\xC2\x9B"
                                      "2J",
                                      "\xFF",
                                      "\xE2\x80\xAE"
                                      "cba",
                                      "\xED\xA0\x80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct event event = {.kind = EVENT_STRING, .text = 1, .payload = bad[i], .length = (uint32_t)strlen(bad[i])};
        assert_false(codec_event_valid(&event));
    }
    struct event event = {.kind = EVENT_STRING, .text = 1, .payload = "互斥锁 A", .length = 11};
    assert_true(codec_event_valid(&event));
}

static void a_mutex_run_takes_few_bytes(void **state)
{
    (void)state;
    struct made_run run;
    made_start(&run, 1);
    struct event_log *log = event_log_new();
    for (int i = 0; i < 200000; i++) {
        struct event event;
        made_next(&run, &event);
        assert_int_equal(event_log_append(log, &event, event.kind == EVENT_GOT), STATUS_OK);
    }
    size_t bytes = 0;
    for (size_t i = 0; i < event_log_block_count(log); i++)
        bytes += event_log_block(log, i).length;
    print_message("%.2f bytes an event\n", (double)bytes / event_log_count(log));
    assert_true(bytes <= 16u * event_log_count(log));
    event_log_free(log);
}

static void the_log_gives_any_event_again(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    struct made_run run, again;
    made_start(&run, 3);
    struct event_log *log = event_log_new();
    uint32_t steps = 0, step_at[COUNT + 1], event_of[COUNT + 1];
    step_at[0] = 0;
    struct event event, back;
    for (uint32_t n = 1; n <= COUNT; n++) {
        made_next(&run, &event);
        bool step = event.kind == EVENT_GOT;
        assert_int_equal(event_log_append(log, &event, step), STATUS_OK);
        if (step)
            event_of[++steps] = n;
        step_at[n] = steps;
        /* Reading while it grows: the newest, and one of long ago. */
        assert_true(event_log_get(log, n, &back));
        assert_same_event(&event, &back);
        if (n % 97 == 0)
            assert_true(event_log_get(log, n / 3, &back));
    }
    assert_int_equal(event_log_count(log), COUNT);
    assert_int_equal(event_log_steps(log), steps);
    made_start(&again, 3);
    for (uint32_t n = 1; n <= COUNT; n++) {
        made_next(&again, &event);
        assert_true(event_log_get(log, n, &back));
        assert_same_event(&event, &back);
        assert_int_equal(event_log_steps_at(log, n), step_at[n]);
    }
    made_start(&again, 99);
    for (int i = 0; i < 2000; i++) {
        uint32_t n = made_random(&again, COUNT + 1);
        assert_int_equal(event_log_steps_at(log, n), step_at[n]);
        uint32_t step = 1 + made_random(&again, steps);
        assert_int_equal(event_log_of_step(log, step), event_of[step]);
    }
    assert_int_equal(event_log_of_step(log, 0), 0);
    assert_int_equal(event_log_of_step(log, steps + 1), 0);
    assert_false(event_log_get(log, 0, &back));
    assert_false(event_log_get(log, COUNT + 1, &back));
    event_log_free(log);
}

static void what_is_no_event_is_not_logged(void **state)
{
    (void)state;
    struct event_log *log = event_log_new();
    struct event event = {.kind = EVENT_NONE};
    assert_int_equal(event_log_append(log, &event, false), STATUS_INVALID);
    event.kind = EVENT_KIND_COUNT;
    assert_int_equal(event_log_append(log, &event, false), STATUS_INVALID);
    event = (struct event){.kind = EVENT_OUTPUT, .length = CODEC_PAYLOAD_MAX + 1, .payload = ""};
    assert_int_equal(event_log_append(log, &event, false), STATUS_INVALID);
    assert_int_equal(event_log_count(log), 0);
    event_log_free(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_is_castagnoli),
        cmocka_unit_test(any_event_comes_back_as_it_was),
        cmocka_unit_test(a_cut_event_is_refused),
        cmocka_unit_test(random_bytes_are_an_event_or_refused),
        cmocka_unit_test(text_that_could_reach_a_terminal_raw_is_refused),
        cmocka_unit_test(a_mutex_run_takes_few_bytes),
        cmocka_unit_test(the_log_gives_any_event_again),
        cmocka_unit_test(what_is_no_event_is_not_logged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
