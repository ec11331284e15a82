/* Key files and the decoding of bytes, without a terminal. */
#include "terminal/terminal_decode.h"
#include "terminal/terminal_internal.h"
#include "terminal/terminal_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct keys defaults(void)
{
    static struct keys keys;
    struct message message = {""};
    char path[512];
    keys.count = 0;
    snprintf(path, sizeof path, "%s/assets/keys", LOCKSTEP_SOURCE_DIR);
    if (keys_read_file(&keys, path, &message) != STATUS_OK)
        fail_msg("%s", message.text);
    return keys;
}

static void every_request_has_a_key(void **state)
{
    (void)state;
    struct keys keys = defaults();
    for (int request = REQUEST_none + 1; request < REQUEST_COUNT; request++) {
        char text[256];
        keys_of(&keys, (enum request)request, false, text, sizeof text);
        if (!text[0])
            fail_msg("%s has no key", request_name((enum request)request));
        assert_true(request_help((enum request)request)[0]);
        assert_int_equal(request_by_name(request_name((enum request)request)), request);
    }
}

static void keys_are_shown_as_people_read_them(void **state)
{
    (void)state;
    struct keys keys = defaults();
    char text[256];
    keys_of(&keys, REQUEST_choose, false, text, sizeof text);
    assert_string_equal(text, "1-9");
    keys_of(&keys, REQUEST_forward, true, text, sizeof text);
    assert_string_equal(text, "Space");
    keys_of(&keys, REQUEST_forward, false, text, sizeof text);
    assert_string_equal(text, "Space, Right, PgDn");
    keys_of(&keys, REQUEST_forward, false, text, 14);
    assert_string_equal(text, "Space, Right");
    keys_of(&keys, REQUEST_redraw, false, text, sizeof text);
    assert_string_equal(text, "Ctrl-L");
}

static void wrong_lines_are_told_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"bind\n", "mine:1: the key is missing"},
        {"bind # forward\n", "mine:1: the key is missing"},
        {"\n\nbind x\n", "mine:3: the request is missing"},
        {"bind x forward back\n", "mine:1: there is a word too many: bind x forward back"},
        {"unbind x forward\n", "mine:1: there is a word too many"},
        {"map x forward\n", "mine:1: a line is"},
        {"bind x frward\n", "mine:1: there is no such request"},
        {"bind xx forward\n", "mine:1: there is no such key: bind xx forward"},
        {"bind f13 forward\n", "mine:1: there is no such key"},
        {"bind ctrl-1 forward\n", "mine:1: ctrl- goes with"},
        {"bind shift-a forward\n", "mine:1: shift- goes with"},
        {"bind x choose\n", "mine:1: `choose` goes with"},
        {"bind \xff forward\n", "mine:1: there is no such key: bind \\xFF forward"},
        {"bind \u0301 forward\n", "mine:1: there is no such key"},
        {"bind \033 forward", "mine:1: there is no such key: bind \u241B forward"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct keys keys = defaults(), before = keys;
        struct message message = {""};
        assert_int_equal(keys_read_text(&keys, "mine", rows[i].text, strlen(rows[i].text), &message), STATUS_USAGE);
        if (strncmp(message.text, rows[i].said, strlen(rows[i].said)) != 0)
            fail_msg("\"%s\" instead of \"%s\"", message.text, rows[i].said);
        assert_memory_equal(&keys, &before, sizeof keys);
    }
    struct keys keys = {0};
    struct message message = {""};
    char many[400 * 16] = "", line[300];
    memset(line, 'x', sizeof line);
    assert_int_equal(keys_read_text(&keys, "mine", line, sizeof line, &message), STATUS_USAGE);
    assert_non_null(strstr(message.text, "mine:1: the line is too long"));
    assert_int_equal(keys_read_text(&keys, "mine", "bind\0x", 6, &message), STATUS_USAGE);
    assert_non_null(strstr(message.text, "mine:1: this is not text"));
    for (unsigned i = 0; i < 400; i++) {
        char key[8] = {0};
        press_utf8(0x4E00 + i, key);
        sprintf(many + strlen(many), "bind %s back\n", key);
    }
    assert_int_equal(keys_read_text(&keys, "mine", many, strlen(many), &message), STATUS_USAGE);
    assert_non_null(strstr(message.text, "mine:257: there are too many bindings"));
    assert_int_equal(keys_read_file(&keys, "/no/such/file", &message), STATUS_NOT_FOUND);
    assert_int_equal(keys_read_file(&keys, "/tmp", &message), STATUS_IO);
}

static void ones_own_file_comes_on_top(void **state)
{
    (void)state;
    static const char own[] = "unbind space   # not for me\nbind ？ quit\nbind ctrl-right forward\nbind hash back\n"
                              "bind ctrl-i theme\r\nbind alt-x motion\nbind ctrl-ALT quit";
    struct keys keys = defaults();
    struct message message = {""};
    assert_int_equal(keys_read_text(&keys, "mine", own, sizeof own - sizeof "\nbind ctrl-ALT quit", &message),
                     STATUS_OK);
    assert_int_equal(keys_request(&keys, ' '), REQUEST_none);
    assert_int_equal(keys_request(&keys, 0x3000), REQUEST_none);
    assert_int_equal(keys_request(&keys, '?'), REQUEST_quit);
    assert_int_equal(keys_request(&keys, PRESS_right | PRESS_CTRL), REQUEST_forward);
    assert_int_equal(keys_request(&keys, '#'), REQUEST_back);
    assert_int_equal(keys_request(&keys, PRESS_tab), REQUEST_theme);
    assert_int_equal(keys_request(&keys, 'x' | PRESS_ALT), REQUEST_motion);
    assert_int_equal(keys_read_text(&keys, "mine", own, sizeof own - 1, &message), STATUS_USAGE);
}

static void names_lead_back_to_their_keys(void **state)
{
    (void)state;
    static const uint32_t keys[] = {' ',
                                    '#',
                                    'a',
                                    'Z',
                                    0x4E2D,
                                    1,
                                    26,
                                    PRESS_tab | PRESS_SHIFT,
                                    PRESS_up | PRESS_CTRL,
                                    'x' | PRESS_ALT,
                                    PRESS_f12,
                                    PRESS_backspace};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char name[KEYS_NAME];
        const char *why;
        press_name(keys[i], name);
        assert_int_equal(press_by_name(name, &why), keys[i]);
    }
}

static void bytes_become_keys(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t used;  /* 0: waits for more */
        uint32_t key; /* 0: nothing */
    } rows[] = {
        {"a", 1, 'a'},
        {"中b", 3, 0x4E2D},
        {"\xe4\xb8", 0, 0},
        {"\xff", 1, 0},
        {"\033", 0, 0},
        {"\033[", 0, 0},
        {"\033[A", 3, PRESS_up},
        {"\033OB", 3, PRESS_down},
        {"\033[5~", 4, PRESS_pageup},
        {"\033[6", 0, 0},
        {"\033[1;2A", 6, PRESS_up | PRESS_SHIFT},
        {"\033[3;5~", 6, PRESS_delete | PRESS_CTRL},
        {"\033[[E", 4, PRESS_f5},
        {"\033[24~", 5, PRESS_f12},
        {"\033[12;40R", 8, 0},
        {"\033[1;2R", 6, 0},
        {"\033[?1;2c", 7, 0},
        {"\033[I", 3, 0},
        {"\033[200~", 6, 0},
        {"\033]11;rgb:0/0/0", 0, 0},
        {"\033]11;rgb:0/0/0\a", 15, 0},
        {"\033Pxyz\033\\", 7, 0},
        {"\033\033", 1, PRESS_escape},
        {"\033q", 2, 'q' | PRESS_ALT},
        {"\033中", 4, 0x4E2D | PRESS_ALT},
        {"\033Op", 3, '0'},
        {"\033OM", 3, PRESS_enter},
        {"\r", 1, PRESS_enter},
        {"\n", 1, PRESS_enter},
        {"\b", 1, PRESS_backspace},
        {"\177", 1, PRESS_backspace},
        {"\t", 1, PRESS_tab},
        {"\003", 1, 3},
        {"\xc2\x85", 2, 0},
        {"\033[99999999999999999999A", 23, 0},
        {"\033[1;1;1;1;1;1;1;1;1;1;1A", 24, PRESS_up},
        {"\033[5\033[A", 3, 0},
    };
    const struct decode_keys none = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct decoded decoded;
        size_t used = decode_next(&none, rows[i].bytes, strlen(rows[i].bytes), false, &decoded);
        if (used != rows[i].used || (used && decoded.key != rows[i].key))
            fail_msg("row %zu: used %zu, key %#x", i, used, decoded.key);
        /* When nothing more comes, something is always taken, and whatever the bytes are, none is read twice. */
        used = decode_next(&none, rows[i].bytes, strlen(rows[i].bytes), true, &decoded);
        assert_in_range(used, 1, strlen(rows[i].bytes));
    }
    struct decoded decoded;
    assert_int_equal(decode_next(&none, "\033", 1, true, &decoded), 1);
    assert_int_equal(decoded.key, PRESS_escape);
}

static void a_terminals_own_sequences_come_first(void **state)
{
    (void)state;
    struct decode_keys keys = {.count = 2, .key = {{"\033[25~", PRESS_f11}, {"\033v", PRESS_pageup}}};
    struct decoded decoded;
    assert_int_equal(decode_next(&keys, "\033[25~", 5, false, &decoded), 5);
    assert_int_equal(decoded.key, PRESS_f11);
    assert_int_equal(decode_next(&keys, "\033v", 2, false, &decoded), 2);
    assert_int_equal(decoded.key, PRESS_pageup);
}

static void any_bytes_come_to_an_end(void **state)
{
    (void)state;
    static const char pool[] = "\033\033\033[[]O<;?0123456789~MmAZR\a\\P\xe4\xb8\xad\xff\x01 q";
    const struct decode_keys none = {0};
    uint64_t random = 1;
    for (int round = 0; round < 20000; round++) {
        char bytes[24];
        struct decoded decoded;
        for (size_t i = 0; i < sizeof bytes; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            bytes[i] = pool[(random >> 33) % (sizeof pool - 1)];
        }
        for (size_t at = 0; at < sizeof bytes;) {
            size_t used = decode_next(&none, bytes + at, sizeof bytes - at, true, &decoded);
            assert_in_range(used, 1, sizeof bytes - at);
            at += used;
        }
    }
}

static void answers_are_taken_from_between_keys(void **state)
{
    (void)state;
    struct probe probe = {.background = -1};
    static const char came[] = "ab\033[A\033]11;rgb:ffff/ffff/ffff\033\\c\033[7;3Rd";
    /* Whatever the pieces are in which it comes. */
    for (size_t i = 0; i < sizeof came - 1; i++) {
        probe.typed[probe.typed_count++] = came[i];
        assert_int_equal(probe_take(&probe), came[i] == 'R');
        if (came[i] == 'R')
            assert_int_equal(probe.ambiguous, 2);
    }
    assert_int_equal(probe.typed_count, 7);
    assert_memory_equal(probe.typed, "ab\033[Acd", 7);
    assert_true(probe.background > 0.99 && probe.background < 1.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_has_a_key),
        cmocka_unit_test(keys_are_shown_as_people_read_them),
        cmocka_unit_test(wrong_lines_are_told_with_their_place),
        cmocka_unit_test(ones_own_file_comes_on_top),
        cmocka_unit_test(names_lead_back_to_their_keys),
        cmocka_unit_test(bytes_become_keys),
        cmocka_unit_test(a_terminals_own_sequences_come_first),
        cmocka_unit_test(any_bytes_come_to_an_end),
        cmocka_unit_test(answers_are_taken_from_between_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
