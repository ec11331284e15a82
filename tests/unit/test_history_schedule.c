/* Schedules: their text and their choices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "history/schedule.h"

static void the_text_is_read_and_printed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *same;
        uint32_t length;
    } cases[] = {
        {"", "", 0},           {"0", "0", 1},           {"0x40.2.1", "0x40.2.1", 42},
        {"0x1.0x2", "0x3", 3}, {"0.0.0.1", "0x3.1", 4}, {"12.007x03", "12.7x3", 4},
        {"65535", "65535", 1},
        {"0.0+3:eintr:P1.main", "0x2+3:eintr:P1.main", 2},
        {"+9:spurious-wakeup:P1.T2+12:short-io:P1.T2", "+9:spurious-wakeup:P1.T2+12:short-io:P1.T2", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct schedule schedule = {0};
        struct message message = {{0}};
        assert_int_equal(schedule_parse(cases[i].text, &schedule, &message), STATUS_OK);
        assert_int_equal(schedule.length, cases[i].length);
        char *text = schedule_text(&schedule);
        assert_string_equal(text, cases[i].same);
        free(text);
        schedule_clear(&schedule);
    }
}

static void a_wrong_text_is_explained_by_column(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } cases[] = {
        {".", "column 1: a number"},
        {"0x", "column 3: how many"},
        {"0x0", "column 3: \"times\""},
        {"0..1", "column 3: a number"},
        {"0.", "column 3: a number"},
        {"0 1", "column 2: a point"},
        {"-1", "column 1: a number"},
        {"65536", "column 1: this index"},
        {"0x1000000001", "column 3: \"times\""},
        {"0x1000000000.1", "column 14: more than"},
        {"1,2", "column 2: a point"},
        {"0x4x2", "column 4: a point"},
        {"99999999999999999999", "column 1: this index"},
        {"\033[2J", "column 1: a number"},
        {"0+", "column 3: the number of a choice"},
        {"0+0:eintr:P1.T1", "column 3: the number of a choice"},
        {"0+5:eintr:P1.T1+5:eintr:P1.T1", "column 17: the number of a choice"},
        {"0+3:gone:P1.T1", "column 5: spurious-wakeup"},
        {"0+3:eintr", "column 5: spurious-wakeup"},
        {"0+3:drop:P1.T1", "column 5: spurious-wakeup"},
        {"0+3:eintr:", "column 11: the name"},
        {"0+3:eintr:\033[2J", "column 11: the name"},
        {"0+3:eintr:P1.T1.T1.T1.T1.T1.T1.T1.T1", "column 11: the name"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct schedule schedule = {0};
        struct message message = {{0}};
        assert_int_equal(schedule_parse(cases[i].text, &schedule, &message), STATUS_INVALID);
        if (!strstr(message.text, cases[i].said))
            fail_msg("%s: %s", cases[i].text, message.text);
        assert_null(strchr(message.text, '\033'));
        assert_int_equal(schedule.length, 0);
        schedule_clear(&schedule);
    }
}

static void choices_come_one_by_one_and_end(void **state)
{
    (void)state;
    struct schedule schedule = {0};
    struct message message = {{0}};
    static const uint32_t expected[] = {0, 0, 2, 1};
    for (int round = 0; round < 2; round++) {
        assert_int_equal(schedule_parse("0x2.2.1", &schedule, &message), STATUS_OK);
        for (int i = 0; i < 4; i++) {
            uint32_t index = 99;
            assert_int_equal(schedule_next(&schedule, 3, &index, &message), STATUS_OK);
            assert_int_equal(index, expected[i]);
        }
        uint32_t index;
        assert_int_equal(schedule_next(&schedule, 3, &index, &message), STATUS_ENDED);
        schedule_rewind(&schedule);
    }
    uint32_t index;
    assert_int_equal(schedule_next(&schedule, 2, &index, &message), STATUS_OK);
    assert_int_equal(schedule_next(&schedule, 2, &index, &message), STATUS_OK);
    assert_int_equal(schedule_next(&schedule, 2, &index, &message), STATUS_INVALID);
    assert_non_null(strstr(message.text, "choice 3 of the schedule's 4 is index 2, but only 2 tasks"));
    schedule_clear(&schedule);
}

static void what_is_added_is_printed_in_runs(void **state)
{
    (void)state;
    struct schedule schedule = {0};
    for (int i = 0; i < 1000; i++)
        assert_int_equal(schedule_add(&schedule, i < 998 ? 0 : 5), STATUS_OK);
    assert_int_equal(schedule_add(&schedule, SCHEDULE_INDEX_MAX + 1), STATUS_LIMIT);
    char *text = schedule_text(&schedule);
    assert_string_equal(text, "0x998.5x2");
    free(text);
    schedule_clear(&schedule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_is_read_and_printed),
        cmocka_unit_test(a_wrong_text_is_explained_by_column),
        cmocka_unit_test(choices_come_one_by_one_and_end),
        cmocka_unit_test(what_is_added_is_printed_in_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
