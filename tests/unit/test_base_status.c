/* Messages never overrun their array and never end inside a character. */
#include "base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_status_has_a_text_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < STATUS_COUNT; i++) {
        assert_true(status_text((enum status)i)[0] != 0);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(status_text((enum status)i), status_text((enum status)j));
    }
    assert_string_equal(status_text(STATUS_COUNT), "unknown status");
}

static void a_message_is_set_and_its_status_handed_back(void **state)
{
    (void)state;
    struct message message = {.text = ""};
    assert_int_equal(message_set(&message, STATUS_IO, "cannot read %s: line %d", "a.c", 3), STATUS_IO);
    assert_string_equal(message.text, "cannot read a.c: line 3");
    assert_int_equal(message_set(NULL, STATUS_LIMIT, "nobody reads"), STATUS_LIMIT);
}

static void a_long_message_is_cut_between_characters(void **state)
{
    (void)state;
    char text[2048];
    size_t room = sizeof(((struct message *)0)->text);
    for (size_t shift = 0; shift < 3; shift++) {
        memset(text, 'x', shift);
        for (size_t i = shift; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "中", 4);
        struct message message;
        message_set(&message, STATUS_IO, "%s", text);
        size_t length = strlen(message.text);
        assert_true(length < room && length + 3 >= room);
        assert_int_equal((length - shift) % 3, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_a_text_of_its_own),
        cmocka_unit_test(a_message_is_set_and_its_status_handed_back),
        cmocka_unit_test(a_long_message_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
