/* What must be true of every text that passed the sanitiser, tried on all short inputs and on many long ones, and its
 * single decisions, each with the text that it must give. The checker below decodes on its own. */
#include "base/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const enum escape_kind kinds[] = {ESCAPE_LABEL, ESCAPE_LINES};

/* A repeatable source of choices; xorshift64. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Decodes one character of valid UTF-8 the plain way; fails the test if there is none. */
static uint32_t decode_strictly(const unsigned char *text, size_t left, size_t *length)
{
    uint32_t code;
    if (text[0] < 0x80) {
        *length = 1;
        return text[0];
    }
    if (text[0] < 0xE0) {
        *length = 2;
        code = text[0] & 0x1Fu;
    } else if (text[0] < 0xF0) {
        *length = 3;
        code = text[0] & 0x0Fu;
    } else {
        *length = 4;
        code = text[0] & 0x07u;
    }
    assert_true(text[0] >= 0xC2 && text[0] <= 0xF4 && *length <= left);
    for (size_t i = 1; i < *length; i++) {
        assert_int_equal(text[i] & 0xC0, 0x80);
        code = code << 6 | (text[i] & 0x3Fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    assert_true(code >= least[*length] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF));
    return code;
}

/* Independent of the table: what RELIABILITY bans by name. */
static int banned(uint32_t code)
{
    static const uint32_t ranges[][2] = {
        {0x7F, 0x9F},     {0xAD, 0xAD},     {0x034F, 0x034F}, {0x061C, 0x061C},   {0x115F, 0x1160},    {0x200B, 0x200F},
        {0x2028, 0x202E}, {0x2060, 0x206F}, {0x3164, 0x3164}, {0xE000, 0xF8FF},   {0xFDD0, 0xFDEF},    {0xFE00, 0xFE0F},
        {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0x1F3FB, 0x1F3FF}, {0xE0000, 0x10FFFF},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (code >= ranges[i][0] && code <= ranges[i][1])
            return 1;
    return (code & 0xFFFE) == 0xFFFE;
}

static void check_harmless(enum escape_kind kind, const char *text, size_t count)
{
    int marks = 0, base = 0;
    for (size_t i = 0, length; i < count; i += length) {
        uint32_t code = decode_strictly((const unsigned char *)text + i, count - i, &length);
        int line = kind == ESCAPE_LINES && (code == '\n' || code == '\t');
        assert_true(code >= 0x20 || line);
        assert_false(banned(code));
        if (!line && escape_width(code) == 0) {
            assert_true(base);
            assert_true(++marks <= 2);
        } else {
            assert_true(line || escape_width(code) > 0);
            marks = 0;
            base = !line;
        }
    }
}

/* Escapes in pieces of the given sizes (0 ends the list: the rest at once), through a small buffer. */
static size_t escape_pieces(enum escape_kind kind, const char *bytes, size_t count, uint64_t *choices, char *out)
{
    struct escape escape;
    escape_start(&escape, kind);
    size_t length = 0, done = 0;
    while (done < count) {
        size_t piece = 1 + next_random(choices) % (count - done), taken, written;
        size_t capacity = ESCAPE_ROOM + next_random(choices) % 8;
        char buffer[ESCAPE_ROOM + 8];
        taken = escape_feed(&escape, bytes + done, piece, buffer, capacity, &written);
        assert_true(taken >= 1 && taken <= piece && written <= capacity);
        memcpy(out + length, buffer, written);
        length += written;
        done += taken;
    }
    char end[ESCAPE_ROOM];
    size_t written = escape_finish(&escape, end);
    memcpy(out + length, end, written);
    return length + written;
}

/* All properties of one input. */
static void check_input(const char *bytes, size_t count, uint64_t *choices)
{
    static char once[ESCAPE_BOUND(4096)], again[sizeof once], pieces[sizeof once + ESCAPE_ROOM];
    assert_true(count <= 4096);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t length = escape_text(kinds[i], bytes, count, once, ESCAPE_BOUND(count));
        assert_int_equal(strlen(once), length);
        check_harmless(kinds[i], once, length);
        assert_int_equal(escape_text(kinds[i], once, length, again, sizeof again), length);
        assert_memory_equal(again, once, length);
        assert_int_equal(escape_pieces(kinds[i], bytes, count, choices, pieces), length);
        assert_memory_equal(pieces, once, length);
    }
}

static void all_texts_of_one_and_two_bytes_come_out_harmless_and_stable(void **state)
{
    (void)state;
    uint64_t choices = 1;
    for (unsigned first = 0; first < 256; first++) {
        char bytes[2] = {(char)first, 0};
        check_input(bytes, 1, &choices);
        for (unsigned second = 0; second < 256; second++) {
            bytes[1] = (char)second;
            check_input(bytes, 2, &choices);
        }
    }
}

static size_t encode(uint32_t code, char *out)
{
    unsigned char bytes[4];
    size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
    for (size_t i = length; i-- > 1; code >>= 6)
        bytes[i] = (unsigned char)(0x80 | (code & 0x3F));
    bytes[0] = (unsigned char)(lead[length] | code);
    memcpy(out, bytes, length);
    return length;
}

static void every_code_point_comes_out_harmless(void **state)
{
    (void)state;
    char bytes[5] = "a", out[ESCAPE_BOUND(5)];
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        size_t count = 1 + encode(code, bytes + 1);
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            size_t length = escape_text(kinds[i], bytes, count, out, sizeof out);
            check_harmless(kinds[i], out, length);
            /* It is shown as itself exactly if it has a width and neither kind of text spells it out. */
            if (escape_width(code) > 0 && kinds[i] == ESCAPE_LINES)
                assert_memory_equal(out, bytes, count);
        }
    }
}

static void random_texts_come_out_harmless_and_the_same_for_every_split(void **state)
{
    (void)state;
    static const uint32_t odd[] = {0x301, 0x302, 0x20E3, 0x1B,   0x0A,   0x09,    0x9B,   0x202E, 0x200D,
                                   0x5D0, 0x5B0, 0x4E2D, 0xFE0F, 0xFFFF, 0x1F600, 0x1161, 0x0D,   0x25CC};
    uint64_t choices = 7;
    static char bytes[600];
    for (int round = 0; round < 2000; round++) {
        size_t count = 0, wanted = 1 + next_random(&choices) % (sizeof bytes - 8);
        int flavour = round % 3;
        while (count < wanted) {
            uint64_t choice = next_random(&choices);
            if (flavour == 0 || (flavour == 1 && choice % 8 == 0))
                bytes[count++] = (char)(choice >> 32);
            else if (choice % 4 == 0)
                bytes[count++] = (char)(0x20 + (choice >> 32) % 0x5F);
            else
                count += encode(odd[(choice >> 32) % (sizeof odd / sizeof odd[0])], bytes + count);
        }
        check_input(bytes, count, &choices);
    }
}

static void expect(enum escape_kind kind, const char *bytes, size_t count, const char *expected)
{
    char out[512];
    assert_true(ESCAPE_BOUND(count) <= sizeof out);
    escape_text(kind, bytes, count, out, sizeof out);
    assert_string_equal(out, expected);
}
#define EXPECT(kind, bytes, expected) expect(kind, bytes, sizeof bytes - 1, expected)

static void each_kind_of_danger_is_spelled_out(void **state)
{
    (void)state;
    EXPECT(ESCAPE_LABEL, "plain 中文 é", "plain 中文 é");
    EXPECT(ESCAPE_LABEL, "\x1b[31m\x07\x7f\0.", "␛[31m␇␡␀.");
    EXPECT(ESCAPE_LABEL, "a\nb\tc\r", "a␊b␉c␍");
    EXPECT(ESCAPE_LINES, "a\nb\tc\r", "a\nb\tc␍");
    EXPECT(ESCAPE_LABEL, "\x9b", "\\x9B");
    EXPECT(ESCAPE_LABEL, "\xc2\x85\xc2\x9b", "<U+0085><U+009B>");
    EXPECT(ESCAPE_LABEL, "\xe2\x80\xae", "<U+202E>");
    EXPECT(ESCAPE_LABEL, "\xf3\xa0\x81\x81", "<U+E0041>");
    EXPECT(ESCAPE_LABEL, "\xf4\x8f\xbf\xbf", "<U+10FFFF>");
    EXPECT(ESCAPE_LABEL, "\u05d0", "<U+05D0>");
    EXPECT(ESCAPE_LINES, "\u05d0", "\u05d0");
}

static void bytes_that_are_not_utf8_are_shown_one_by_one(void **state)
{
    (void)state;
    EXPECT(ESCAPE_LABEL, "\xff", "\\xFF");
    EXPECT(ESCAPE_LABEL, "\xc0\xaf", "\\xC0\\xAF");
    EXPECT(ESCAPE_LABEL, "\xed\xa0\x80", "\\xED\\xA0\\x80");
    EXPECT(ESCAPE_LABEL, "\xf4\x90\x80\x80", "\\xF4\\x90\\x80\\x80");
    EXPECT(ESCAPE_LABEL, "\xe4\xb8Z", "\\xE4\\xB8Z");
    EXPECT(ESCAPE_LABEL, "\xe4\xb8\xe4\xb8\xad", "\\xE4\\xB8中");
    EXPECT(ESCAPE_LABEL, "\xe4\xb8", "\\xE4\\xB8");
}

static void a_base_carries_two_marks_and_the_rest_is_counted(void **state)
{
    (void)state;
    EXPECT(ESCAPE_LABEL, "e\u0301\u0302", "e\u0301\u0302");
    EXPECT(ESCAPE_LABEL, "e\u0301\u0302\u0303\u0304x", "e\u0301\u0302<+2>x");
    EXPECT(ESCAPE_LABEL, "e\u0301\u0302\u0303", "e\u0301\u0302<+1>");
    EXPECT(ESCAPE_LABEL, "\u0301", "\u25cc\u0301");
    EXPECT(ESCAPE_LINES, "a\n\u0301", "a\n\u25cc\u0301");
}

static void a_text_that_does_not_fit_is_cut_between_characters(void **state)
{
    (void)state;
    char out[16];
    assert_int_equal(escape_text(ESCAPE_LABEL, "abcdef", 6, out, 7), 6);
    assert_string_equal(out, "abcdef");
    assert_int_equal(escape_text(ESCAPE_LABEL, "abcdef", 6, out, 6), 5);
    assert_string_equal(out, "ab...");
    escape_text(ESCAPE_LABEL, "中中", 6, out, 6);
    assert_string_equal(out, "...");
    escape_text(ESCAPE_LABEL, "中中", 6, out, 7);
    assert_string_equal(out, "中中");
    escape_text(ESCAPE_LABEL, "a\x85\x85", 3, out, 9);
    assert_string_equal(out, "a\\x85...");
    escape_text(ESCAPE_LABEL, "abc", 3, out, 2);
    assert_string_equal(out, ".");
    assert_int_equal(escape_text(ESCAPE_LABEL, "abc", 3, out, 1), 0);
    assert_string_equal(out, "");
    assert_int_equal(escape_text(ESCAPE_LABEL, "", 0, out, 1), 0);
}

static void columns_are_our_own_and_not_the_locales(void **state)
{
    (void)state;
    assert_int_equal(escape_width('a'), 1);
    assert_int_equal(escape_width(0x4E2D), 2);
    assert_int_equal(escape_width(0x2500), 1);
    assert_int_equal(escape_width(0x0301), 0);
    assert_int_equal(escape_width(0x1F600), 2);
    assert_int_equal(escape_width(0x1B), -1);
    assert_int_equal(escape_width(0x200B), -1);
    assert_int_equal(escape_width(0x110000), -1);
    static const char text[] = "a中e\u0301\n\xff";
    assert_int_equal(escape_columns(text, sizeof text - 1), 4);
    assert_int_equal(escape_columns(text, 2), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_texts_of_one_and_two_bytes_come_out_harmless_and_stable),
        cmocka_unit_test(every_code_point_comes_out_harmless),
        cmocka_unit_test(random_texts_come_out_harmless_and_the_same_for_every_split),
        cmocka_unit_test(each_kind_of_danger_is_spelled_out),
        cmocka_unit_test(bytes_that_are_not_utf8_are_shown_one_by_one),
        cmocka_unit_test(a_base_carries_two_marks_and_the_rest_is_counted),
        cmocka_unit_test(a_text_that_does_not_fit_is_cut_between_characters),
        cmocka_unit_test(columns_are_our_own_and_not_the_locales),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
