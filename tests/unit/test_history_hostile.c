/* The recordings of tests/hostile/recordings: each opens, opens with a note, or is refused, as the table says; and what
 * is told of them holds no control character. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "export/text.h"
#include "history/recording.h"

static const struct {
    const char *name;
    enum status status;
    const char *said; /* in the message, or in the note; NULL: there is no note */
    uint32_t events;
} cases[] = {
    {"whole.lks", STATUS_OK, NULL, 300},
    {"cut.lks", STATUS_OK, "it was cut short at byte", 180},
    {"flipped-bit.lks", STATUS_OK, "a checksum is wrong; make it again, or take another copy; it is shown up to event",
     120},
    {"more-after-end.lks", STATUS_OK, "bytes after its end", 300},
    {"absurd-numbers.lks", STATUS_OK, "cut short", 11},
    {"text-with-escapes.lks", STATUS_OK, "an event in it is malformed", 0},
    {"empty.lks", STATUS_INVALID, "this is not a recording", 0},
    {"text.lks", STATUS_INVALID, "this is not a recording", 0},
    {"cut-header.lks", STATUS_INVALID, "damaged at byte 30: it ends within its header", 0},
    {"other-version.lks", STATUS_INVALID, "format version is 2 (byte 4), this lockstep reads version 1", 0},
    {"huge-length.lks", STATUS_INVALID, "damaged at byte 8: a part of it claims to be longer than any may be", 0},
};

static void assert_clean(const char *text)
{
    for (; *text; text++)
        assert_false(((unsigned char)*text < 0x20 && *text != '\n') || *text == 0x7F);
}

/* Tells all of it, as replay would. */
static void tell(struct history *history)
{
    char *written = NULL;
    size_t size;
    FILE *file = open_memstream(&written, &size);
    struct export_text *text = export_text_new(file, TELL_ENGLISH);
    struct message message = {{0}};
    for (uint32_t n = 1; n <= history_count(history); n++) {
        struct event event;
        const struct world *world = history_world_at(history, n);
        assert_non_null(world);
        assert_true(history_event(history, n, &event));
        assert_int_equal(export_text_event(text, world, &event, &message), STATUS_OK);
    }
    assert_int_equal(export_text_flush(text, &message), STATUS_OK);
    export_text_free(text);
    fclose(file);
    assert_clean(written);
    free(written);
}

static void each_is_what_the_table_says(void **state)
{
    (void)state;
    const char *source = getenv("LOCKSTEP_SOURCE");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/tests/hostile/recordings/%s", source ? source : ".", cases[i].name);
        struct recording *recording;
        struct message message = {{0}};
        enum status status = recording_open(path, &recording, &message);
        const char *said = status ? message.text : recording_note(recording);
        if (status != cases[i].status || (said == NULL) != (cases[i].said == NULL) ||
            (said && !strstr(said, cases[i].said)))
            fail_msg("%s: %s: %s", cases[i].name, status_text(status), said ? said : "(no note)");
        if (said)
            assert_clean(said);
        if (status)
            continue;
        assert_int_equal(history_count(recording_history(recording)), cases[i].events);
        tell(recording_history(recording));
        recording_free(recording);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_what_the_table_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
