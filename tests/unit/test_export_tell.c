/* Export: what is written down of a run, as JSON and as text, is what the interface promises. */
#include "export_told.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_step_is_told_as_the_interface_has_it(void **state)
{
    (void)state;
    struct told told;
    told_start(&told, EXPORT_JSON_ALL, TELL_ENGLISH);
    told_lock_and_block(&told);
    told_flush(&told);
    told_assert_step_line(&told, 1,
                          "\"task\":\"P1.T1\",\"operation\":\"mutex.lock\",\"object\":\"mutex B\",\"outcome\":\"done\","
                          "\"value\":null,\"error\":null,\"source\":\"mill.c:12\",\"time\":0.001");
    told_assert_step_line(
        &told, 3,
        "\"task\":\"P1.main\",\"operation\":\"mutex.lock\",\"object\":\"mutex B\",\"outcome\":\"blocked\","
        "\"value\":null,\"error\":null,\"source\":\"mill.c:11\",\"time\":0.003");
    assert_null(told_line_text(&told, 3));
    json_t *step = told_line(&told, 2);
    assert_string_equal(told_string_of(json_object_get(step, "states"), "P1.main"), "blocked");
    assert_int_equal(json_array_size(json_object_get(step, "enabled")), 2);
    json_decref(step);
    assert_non_null(strstr(told.text, "    3  P1.main  mutex.lock mutex B -> blocked"));
    assert_non_null(strstr(told.text, "mill.c:11\n"));
    told_end(&told);
}

static void with_changes_only_states_that_changed_are_told(void **state)
{
    (void)state;
    struct told all, changes;
    told_start(&all, EXPORT_JSON_ALL, TELL_ENGLISH);
    told_start(&changes, EXPORT_JSON_CHANGES, TELL_ENGLISH);
    told_lock_and_block(&all);
    told_lock_and_block(&changes);
    told_flush(&all);
    told_flush(&changes);
    /* Put together, the changes give the whole; and there are fewer of them. */
    json_t *known = json_object();
    size_t told_of = 0;
    for (int i = 0; i < 3; i++) {
        json_t *whole = told_line(&all, i), *part = told_line(&changes, i);
        const char *name;
        json_t *value;
        json_object_foreach(json_object_get(part, "states"), name, value)
        {
            assert_false(json_equal(value, json_object_get(known, name)));
            told_of++;
        }
        json_object_update(known, json_object_get(part, "states"));
        assert_true(json_equal(known, json_object_get(whole, "states")));
        json_decref(whole);
        json_decref(part);
    }
    assert_true(told_of >= 4 && told_of < 9);
    json_decref(known);
    told_end(&all);
    told_end(&changes);
}

static void a_step_waits_for_what_belongs_to_it(void **state)
{
    (void)state;
    struct told told;
    told_start(&told, EXPORT_JSON_ALL, TELL_ENGLISH);
    told_beginning(&told);
    told_give(&told, made_string(&told.run, 7, "g_num"));
    told_give(&told,
              (struct event){.kind = EVENT_OBJECT, .object = 5, .value = OBJECT_variable, .text = 7, .other = 1});
    told_give(&told, made_string(&told.run, 8, "2"));
    told_granted(&told, 2, 3, 1);
    told_output(&told, 2, 1, "got", 3); /* printed before the step is over: still of this step */
    told_give(&told, told_event(&told, EVENT_GOT, 2, OPERATION_mutex_lock, 2, 3));
    told_output(&told, 2, 1, " A\n", 3);
    told_output(&told, 2, 2, "oops\n", 5);
    told_give(&told,
              (struct event){
                  .kind = EVENT_WATCH, .object = 5, .text = 8, .value = 2, .argument = {1}, .time = told.run.time});
    fflush(told.json_file);
    assert_int_equal(told.json_size, 0);
    told_give(&told, told_event(&told, EVENT_ASKED, 2, OPERATION_mutex_unlock, 2, 4));
    told_granted(&told, 2, 3, 1);
    fflush(told.json_file);
    json_t *step = told_line(&told, 0);
    assert_int_equal(json_integer_value(json_object_get(step, "step")), 1);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(step, "watch"), "g_num")), 2);
    json_decref(step);
    char *text = told_line_text(&told, 1);
    assert_string_equal(text, "{\"v\":1,\"step\":1,\"task\":\"P1.T1\",\"stream\":\"stdout\",\"text\":\"got A\\n\"}");
    free(text);
    text = told_line_text(&told, 2);
    assert_string_equal(text, "{\"v\":1,\"step\":1,\"task\":\"P1.T1\",\"stream\":\"stderr\",\"text\":\"oops\\n\"}");
    free(text);
    assert_null(told_line_text(&told, 3));
    told_flush(&told);
    assert_non_null(strstr(told.text, "       P1.T1 | got A\n"));
    assert_non_null(strstr(told.text, "       P1.T1 (stderr) | oops\n"));
    assert_non_null(strstr(told.text, "       g_num = 2\n"));
    told_end(&told);
}

static void nothing_that_the_guest_prints_reaches_a_terminal_raw(void **state)
{
    (void)state;
    struct told told;
    told_start(&told, EXPORT_JSON_ALL, TELL_ENGLISH);
    told_beginning(&told);
    told_granted(&told, 2, 3, 1);
    told_give(&told, told_event(&told, EVENT_GOT, 2, OPERATION_mutex_lock, 2, 3));
    told_output(&told, 2, 1,
                "\033]0;x\a\0z\xC2\x9B"
                "1m",
                12);
    told_output(&told, 2, 2, "\xFF\xFE\n", 3);
    told_output(&told, 1, 1, "互斥\x7F\n", 8);
    told_flush(&told);
    for (size_t i = 0; i < told.json_size; i++)
        assert_false(((unsigned char)told.json[i] < 0x20 && told.json[i] != '\n') || told.json[i] == 0x7F);
    for (size_t i = 0; i < told.text_size; i++)
        assert_false(((unsigned char)told.text[i] < 0x20 && told.text[i] != '\n') || told.text[i] == 0x7F);
    assert_null(strstr(told.json, "\xC2\x9B"));
    assert_null(strstr(told.text, "\xC2\x9B"));
    char *text = told_line_text(&told, 1);
    assert_string_equal(text, "{\"v\":1,\"step\":1,\"task\":\"P1.T1\",\"stream\":\"stdout\",\"text\":"
                              "\"\\u001B]0;x\\u0007\\u0000z\\u009B1m\"}");
    free(text);
    text = told_line_text(&told, 2);
    assert_string_equal(text, "{\"v\":1,\"step\":1,\"task\":\"P1.T1\",\"stream\":\"stderr\",\"bytes\":\"//4K\"}");
    free(text);
    assert_non_null(strstr(told.json, "互斥\\u007F\\n"));
    assert_non_null(strstr(told.text, "互斥"));
    told_end(&told);
}

static void much_output_is_told_in_pieces_and_no_character_is_torn(void **state)
{
    (void)state;
    struct told told;
    told_start(&told, EXPORT_JSON_ALL, TELL_ENGLISH);
    told_beginning(&told);
    told_granted(&told, 2, 3, 1);
    told_give(&told, told_event(&told, EVENT_GOT, 2, OPERATION_mutex_lock, 2, 3));
    enum { COUNT = 50000 };
    char *bytes = malloc(3 * COUNT);
    for (int i = 0; i < COUNT; i++)
        memcpy(bytes + 3 * i, "锁", 3);
    for (size_t at = 0; at < 3 * COUNT; at += 10000) /* cut anywhere */
        told_output(&told, 2, 1, bytes + at, 10000);
    free(bytes);
    told_flush(&told);
    size_t length = 0;
    int n = 1;
    for (char *text; (text = told_line_text(&told, n)) != NULL; n++) {
        free(text);
        json_t *piece = told_line(&told, n);
        assert_non_null(json_object_get(piece, "text"));
        length += json_string_length(json_object_get(piece, "text"));
        json_decref(piece);
    }
    assert_int_equal(length, 3 * COUNT);
    assert_true(n > 2);
    told_end(&told);
}

static void errors_are_told_by_name(void **state)
{
    (void)state;
    struct told told;
    told_start(&told, EXPORT_JSON_ALL, TELL_ENGLISH);
    told_beginning(&told);
    told_granted(&told, 2, 3, 1);
    told_give(&told, told_event(&told, EVENT_GOT, 2, OPERATION_mutex_lock, 2, 3));
    struct event event = told_event(&told, EVENT_ASKED, 2, OPERATION_mutex_trylock, 2, 4);
    told_give(&told, event);
    told_granted(&told, 2, 3, 1);
    event.kind = EVENT_GOT;
    event.outcome = OUTCOME_failed;
    event.error = EBUSY;
    event.value = EBUSY;
    event.time = told.run.time;
    told_give(&told, event);
    told_flush(&told);
    json_t *step = told_line(&told, 1);
    assert_string_equal(told_string_of(step, "outcome"), "failed");
    assert_string_equal(told_string_of(step, "error"), "EBUSY");
    assert_true(json_is_null(json_object_get(step, "value")));
    json_decref(step);
    assert_non_null(strstr(told.text, "mutex.trylock mutex B -> failed (EBUSY)"));
    told_end(&told);
}

static void values_are_those_of_the_operation(void **state)
{
    (void)state;
    struct told told;
    told_start(&told, EXPORT_JSON_ALL, TELL_ENGLISH);
    struct event event;
    told.run.started = 0;
    /* Texts, places, the process and its tasks, but no questions: they are asked here. */
    for (int i = 0; i < 6 + 2 * (int)MADE_MUTEXES + 1 + (int)MADE_TASKS; i++) {
        assert_true(made_beginning(&told.run, &event));
        told_give(&told, event);
    }
    told_give(&told, made_string(&told.run, 7, "g_num"));
    told_give(&told, made_string(&told.run, 8, "rooms"));
    told_give(&told,
              (struct event){.kind = EVENT_OBJECT, .object = 1, .value = OBJECT_variable, .text = 7, .other = 1});
    told_give(&told,
              (struct event){.kind = EVENT_OBJECT, .object = 2, .value = OBJECT_semaphore, .text = 8, .other = 1});
    static const struct {
        unsigned operation;
        uint32_t object;
        int64_t asked0, value, argument0;
        const char *wanted;
        uint32_t flags;
        const char *say;
    } cases[] = {
        {OPERATION_memory_store, 1, 0, 41, 4, "41", 0, NULL},
        {OPERATION_memory_load, 1, 0, 41, 4, "41", 0, NULL},
        {OPERATION_semaphore_init, 2, 3, 0, 0, "3", 0, NULL},
        {OPERATION_semaphore_wait, 2, 0, 0, 2, "2", 0, NULL},
        {OPERATION_semaphore_post, 2, 0, 0, 3, "3", 0, NULL},
        {OPERATION_thread_yield, 0, 0, 0, 0, "null", 0, NULL},
        {OPERATION_memory_load, 1, 0, 1, 8, "\"pointer\"", RECORD_OPAQUE, "main loads a pointer from g_num."},
        {OPERATION_memory_store, 1, 0, 0, 8, "\"NULL\"", RECORD_OPAQUE, "main stores NULL to g_num."},
        {OPERATION_memory_load, 1, 0, 0x3FB999999999999A, 8, "\"0.1\"", RECORD_FLOAT, "main loads 0.1 from g_num."},
        {OPERATION_memory_store, 1, 0, (int32_t)0xBF000000u, 4, "\"-0.5\"", RECORD_FLOAT, "main stores -0.5 to g_num."},
        {OPERATION_process_start, 0, 0, 0, 1, "0", 0, "main begins to run: fork returned 0 in P1."},
        {OPERATION_process_start, 0, 0, 0, 0, "null", 0, "main begins to run."},
    };
    int count = sizeof cases / sizeof *cases;
    for (int i = 0; i < count; i++) {
        event = told_event(&told, EVENT_ASKED, 1, cases[i].operation, cases[i].object, 1);
        event.argument[0] = cases[i].asked0;
        told_give(&told, event);
        told_granted(&told, 1, 1, 0);
        event = told_event(&told, EVENT_GOT, 1, cases[i].operation, cases[i].object, 1);
        event.value = cases[i].value;
        event.argument[0] = cases[i].argument0;
        event.flags = cases[i].flags;
        told_give(&told, event);
    }
    told_flush(&told);
    for (int i = 0; i < count; i++) {
        json_t *step = told_line(&told, i);
        char *value = json_dumps(json_object_get(step, "value"), JSON_ENCODE_ANY);
        assert_string_equal(told_string_of(step, "operation"), operation_row(cases[i].operation)->name);
        assert_string_equal(value, cases[i].wanted);
        if (cases[i].say)
            assert_string_equal(told_string_of(step, "say"), cases[i].say);
        free(value);
        json_decref(step);
    }
    told_end(&told);
}

static void a_fork_has_its_child_as_value(void **state)
{
    (void)state;
    struct told told;
    told_start(&told, EXPORT_JSON_ALL, TELL_ENGLISH);
    told_beginning(&told);
    /* Task 3 lets its lock be and forks instead, as its next operation. */
    told_granted(&told, 3, 3, 2);
    told_give(&told, told_event(&told, EVENT_GOT, 3, OPERATION_mutex_lock, 3, 5));
    told_give(&told, told_event(&told, EVENT_ASKED, 3, OPERATION_process_fork, 0, 6));
    told_granted(&told, 3, 3, 2);
    told_give(&told,
              (struct event){.kind = EVENT_PROCESS, .other = 2, .value = 1, .argument = {4243}, .time = told.run.time});
    told_give(&told, (struct event){.kind = EVENT_TASK, .task = 4, .other = 2, .argument = {3}, .time = told.run.time});
    struct event event = told_event(&told, EVENT_GOT, 3, OPERATION_process_fork, 0, 6);
    event.value = 2;
    event.other = 4;
    told_give(&told, event);
    told_flush(&told);
    json_t *step = told_line(&told, 1);
    assert_string_equal(told_string_of(step, "operation"), "process.fork");
    assert_string_equal(told_string_of(step, "value"), "P2");
    assert_non_null(json_object_get(json_object_get(step, "states"), "P2.main"));
    json_decref(step);
    told_end(&told);
}

static void the_last_line_has_verdict_schedule_and_exits(void **state)
{
    (void)state;
    struct told told;
    told_start(&told, EXPORT_JSON_ALL, TELL_ENGLISH);
    told_lock_and_block(&told);
    told_give(&told, (struct event){.kind = EVENT_END, .value = VERDICT_bound, .time = told.run.time});
    fflush(told.json_file);
    fflush(told.text_file);
    char *text = told_line_text(&told, 3);
    assert_non_null(text);
    const char *wanted = "{\"v\":1,\"end\":true,\"verdict\":\"bound\",\"steps\":3,\"schedule\":\"1.0x2\","
                         "\"exit\":{\"P1\":null},\"faults\":[";
    if (strncmp(text, wanted, strlen(wanted)) != 0)
        fail_msg("%s", text);
    free(text);
    assert_null(told_line_text(&told, 4));
    assert_non_null(strstr(told.text, "verdict: bound after 3 steps, schedule 1.0x2\n"));
    told_end(&told);
    told_start(&told, EXPORT_JSON_ALL, TELL_CHINESE);
    told_lock_and_block(&told);
    told_give(&told, (struct event){.kind = EVENT_END, .value = VERDICT_bound, .time = told.run.time});
    fflush(told.text_file);
    assert_non_null(strstr(told.text, "结论：达到界限，共 3 步，调度 1.0x2\n"));
    told_end(&told);
}

static void a_ring_of_two_is_told_with_tasks_and_objects(void **state)
{
    (void)state;
    struct told told;
    told_start(&told, EXPORT_JSON_ALL, TELL_ENGLISH);
    told_lock_and_block(&told);
    told_granted(&told, 2, 2, 0);
    told_give(&told, told_event(&told, EVENT_GOT, 2, OPERATION_mutex_unlock, 2, 4));
    told_give(&told, told_event(&told, EVENT_ASKED, 2, OPERATION_mutex_lock, 2, 3));
    told_granted(&told, 2, 3, 1);
    told_give(&told, told_event(&told, EVENT_GOT, 2, OPERATION_mutex_lock, 2, 3));
    told_give(&told, told_event(&told, EVENT_ASKED, 2, OPERATION_mutex_lock, 1, 1));
    told_granted(&told, 1, 3, 0);
    told_give(&told, told_event(&told, EVENT_BLOCKED, 1, OPERATION_mutex_lock, 2, 2));
    told_granted(&told, 2, 2, 0);
    told_give(&told, told_event(&told, EVENT_BLOCKED, 2, OPERATION_mutex_lock, 1, 1));
    told_give(&told, (struct event){.kind = EVENT_END, .value = VERDICT_deadlock, .time = told.run.time});
    fflush(told.json_file);
    fflush(told.text_file);
    json_t *last = told_line(&told, 7), *faults = json_object_get(last, "faults"), *fault = json_array_get(faults, 0);
    assert_string_equal(told_string_of(last, "verdict"), "deadlock");
    assert_string_equal(told_string_of(fault, "kind"), "deadlock");
    assert_int_equal(json_array_size(json_object_get(fault, "tasks")), 2);
    assert_int_equal(json_array_size(json_object_get(fault, "objects")), 2);
    assert_int_equal(json_integer_value(json_object_get(fault, "step")), 7);
    json_decref(last);
    assert_non_null(strstr(told.text, "fault (deadlock): "));
    told_end(&told);
}

static void what_limits_belief_is_a_line_of_its_own(void **state)
{
    (void)state;
    struct told told;
    told_start(&told, EXPORT_JSON_ALL, TELL_ENGLISH);
    told_lock_and_block(&told);
    told_give(&told, made_string(&told.run, 7, "static program"));
    told_give(&told, (struct event){.kind = EVENT_UNOBSERVED, .other = 1, .text = 7, .time = told.run.time});
    told_give(&told, (struct event){.kind = EVENT_LOST, .other = 1, .value = 3, .time = told.run.time});
    struct message message = {{0}};
    assert_int_equal(export_json_notice(told.as_json, "cut", "it was cut short", &message), STATUS_OK);
    told_flush(&told);
    char *text = told_line_text(&told, 3);
    assert_string_equal(
        text, "{\"v\":1,\"step\":3,\"notice\":\"unobserved\",\"process\":\"P1\",\"text\":\"static program\"}");
    free(text);
    text = told_line_text(&told, 4);
    assert_string_equal(text,
                        "{\"v\":1,\"step\":3,\"notice\":\"lost\",\"process\":\"P1\",\"text\":\"3 records were lost\"}");
    free(text);
    text = told_line_text(&told, 5);
    assert_string_equal(text, "{\"v\":1,\"step\":3,\"notice\":\"cut\",\"text\":\"it was cut short\"}");
    free(text);
    assert_non_null(strstr(told.text, "[unobserved] P1: static program\n"));
    told_end(&told);
}

static void the_same_run_gives_the_same_bytes(void **state)
{
    (void)state;
    struct told told[2];
    for (int i = 0; i < 2; i++) {
        told_start(&told[i], EXPORT_JSON_ALL, TELL_ENGLISH);
        for (int n = 0; n < 2000; n++) {
            struct event event;
            made_next(&told[i].run, &event);
            told_give(&told[i], event);
        }
        told_flush(&told[i]);
    }
    assert_int_equal(told[0].json_size, told[1].json_size);
    assert_memory_equal(told[0].json, told[1].json, told[0].json_size);
    assert_string_equal(told[0].text, told[1].text);
    /* Every line is JSON, and steps count up by one. */
    int64_t step = 0;
    for (char *p = told[0].json, *end; (end = strchr(p, '\n')) != NULL; p = end + 1) {
        json_t *one = json_loadb(p, (size_t)(end - p), 0, NULL);
        assert_non_null(one);
        int64_t number = json_integer_value(json_object_get(one, "step"));
        if (json_object_get(one, "states"))
            assert_int_equal(number, ++step);
        else
            assert_int_equal(number, step);
        json_decref(one);
    }
    assert_int_equal(step, history_steps(told[0].history));
    told_end(&told[0]);
    told_end(&told[1]);
}

static void a_full_disk_is_reported(void **state)
{
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    if (!full)
        skip();
    struct export_json *json = export_json_new(full, (struct export_json_options){.states = EXPORT_JSON_ALL});
    struct message message = {{0}};
    enum status status = export_json_notice(json, "cut", "x", &message);
    if (status == STATUS_OK)
        status = export_json_flush(json, &message);
    assert_int_equal(status, STATUS_IO);
    assert_non_null(strstr(message.text, "No space left"));
    export_json_free(json);
    fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_told_as_the_interface_has_it),
        cmocka_unit_test(with_changes_only_states_that_changed_are_told),
        cmocka_unit_test(a_step_waits_for_what_belongs_to_it),
        cmocka_unit_test(nothing_that_the_guest_prints_reaches_a_terminal_raw),
        cmocka_unit_test(much_output_is_told_in_pieces_and_no_character_is_torn),
        cmocka_unit_test(errors_are_told_by_name),
        cmocka_unit_test(values_are_those_of_the_operation),
        cmocka_unit_test(a_fork_has_its_child_as_value),
        cmocka_unit_test(the_last_line_has_verdict_schedule_and_exits),
        cmocka_unit_test(a_ring_of_two_is_told_with_tasks_and_objects),
        cmocka_unit_test(what_limits_belief_is_a_line_of_its_own),
        cmocka_unit_test(the_same_run_gives_the_same_bytes),
        cmocka_unit_test(a_full_disk_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
