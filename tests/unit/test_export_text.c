/* Export as text: sentences are cut into lines as a reader of either language would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "export/text.h"

/* What export_text_say makes of a sentence. Owned by the caller. */
static char *said(const char *before, const char *say)
{
    struct message message = {{0}};
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    struct export_text *text = export_text_new(out, TELL_ENGLISH);
    assert_int_equal(export_text_say(text, before, say, &message), STATUS_OK);
    export_text_free(text);
    fclose(out);
    return bytes;
}

static void assert_said(const char *before, const char *say, const char *wanted)
{
    char *text = said(before, say);
    assert_string_equal(text, wanted);
    free(text);
}

static void sentences_are_cut_at_80_columns(void **state)
{
    (void)state;
    assert_said("", "T1 takes A.", "       T1 takes A.\n");
    /* 70 columns fit behind seven blanks and "** ", not one more. */
    assert_said("** ", "123456789 123456789 123456789 123456789 123456789 123456789 123456789.",
                "       ** 123456789 123456789 123456789 123456789 123456789 123456789 123456789.\n");
    assert_said("** ", "123456789 123456789 123456789 123456789 123456789 123456789 123456789. And on.",
                "       ** 123456789 123456789 123456789 123456789 123456789 123456789 123456789.\n"
                "          And on.\n");
    assert_said("** ", "123456789 123456789 123456789 123456789 123456789 123456789 1234567890.",
                "       ** 123456789 123456789 123456789 123456789 123456789 123456789\n"
                "          1234567890.\n");
    /* Lines of its own stay lines. */
    assert_said("?? ", "Who?\nAnd why?", "       ?? Who?\n          And why?\n");
    /* A word is never cut, however long. */
    assert_said("", "see /123456789/123456789/123456789/123456789/123456789/123456789/123456789/123456789 there",
                "       see\n       /123456789/123456789/123456789/123456789/123456789/123456789/123456789/123456789\n"
                "       there\n");
}

static void chinese_sentences_are_cut_between_characters(void **state)
{
    (void)state;
#define TEN "一二三四五六七八九十"
    /* 73 columns: 36 characters; punctuation neither begins a line nor is it left behind. */
    assert_said("", TEN TEN TEN "一二三四五六七八。", "       " TEN TEN TEN "一二三四五六\n       七八。\n");
    assert_said("", TEN TEN TEN "一二三四五六。", "       " TEN TEN TEN "一二三四五\n       六。\n");
    assert_said("", TEN TEN TEN "一二三四五（由甲）", "       " TEN TEN TEN "一二三四五\n       （由甲）\n");
    assert_said("", TEN TEN TEN "一二三四五 g_num。", "       " TEN TEN TEN "一二三四五\n       g_num。\n");
    assert_said("答案 1：", TEN TEN TEN TEN, "       答案 1：" TEN TEN TEN "一二\n               三四五六七八九十\n");
#undef TEN
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences_are_cut_at_80_columns),
        cmocka_unit_test(chinese_sentences_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
