/* C told apart for the eye: each kind of piece, what a line leaves open, and bytes that no compiler would take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "stage/stage_lexer.h"

/* A letter for each byte of the line: its role. */
static const char *roles(struct stage_lexer *lexer, const char *line)
{
    static char out[512];
    static const struct {
        enum role role;
        char letter;
    } letters[] = {{ROLE_code, '.'},        {ROLE_code_keyword, 'k'}, {ROLE_code_type, 't'}, {ROLE_code_string, 's'},
                   {ROLE_code_number, 'n'}, {ROLE_code_comment, 'c'}, {ROLE_code_call, 'o'}};
    struct stage_lexer_piece piece;
    size_t length = 0;
    stage_lexer_line(lexer, line);
    while (stage_lexer_next(lexer, &piece)) {
        assert_true(piece.length > 0);
        assert_ptr_equal(piece.text, line + length);
        for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
            if (letters[i].role == piece.role)
                memset(out + length, letters[i].letter, piece.length);
        length += piece.length;
        assert_true(length < sizeof out);
    }
    assert_int_equal(length, strlen(line));
    out[length] = 0;
    return out;
}

static void one(const char *line, const char *expected)
{
    struct stage_lexer lexer = {0};
    assert_string_equal(roles(&lexer, line), expected);
}

static void words_numbers_and_calls(void **state)
{
    (void)state;
    one("static int n = 0x1F; // count", "kkkkkk.ttt.....nnnn..cccccccc");
    one("    return x1e5 + 1.5e-3f;", "....kkkkkk........nnnnnnn.");
    one("size_t a = b / 2;", "tttttt.........n.");
    one("a[.5]", "..nn.");
}

static void calls_that_are_operations_come_from_the_table(void **state)
{
    (void)state;
    one("pthread_mutex_lock(&A);", "oooooooooooooooooo.....");
    one("if (fork () == 0)", "kk..oooo.......n.");
    one("sem_post(s); sem_posted(s);", "oooooooo...................");
    one("int fork = 1;", "ttt........n.");                   /* no call */
    one("pthread_attr_init(&a);", "......................"); /* not a step */
}

static void strings_and_characters(void **state)
{
    (void)state;
    one("puts(\"a // b\");", "oooo.ssssssss..");
    one("c = '\\''; d = \"\\\"\";", "....ssss......ssss.");
    one("x = \"open", "....sssss");
    one("R\"(a\"b)\" + 1", "ssssssss...n");
}

static void comments_over_lines(void **state)
{
    (void)state;
    struct stage_lexer lexer = {0};
    assert_string_equal(roles(&lexer, "int a; /* one"), "ttt....cccccc");
    assert_string_equal(roles(&lexer, ""), "");
    assert_string_equal(roles(&lexer, "\"two\" //"), "cccccccc");
    assert_string_equal(roles(&lexer, "end */ int b;"), "cccccc.ttt...");
    assert_string_equal(roles(&lexer, "// goes on \\"), "cccccccccccc");
    assert_string_equal(roles(&lexer, "int"), "ccc");
    assert_string_equal(roles(&lexer, "int"), "ttt");
}

static void strings_over_lines(void **state)
{
    (void)state;
    struct stage_lexer lexer = {0};
    assert_string_equal(roles(&lexer, "s = \"one\\"), "....sssss");
    assert_string_equal(roles(&lexer, "two\" + 1"), "ssss...n");
    assert_string_equal(roles(&lexer, "s = \"one\\"), "....sssss");
    assert_string_equal(roles(&lexer, ""), "");
    assert_string_equal(roles(&lexer, "int"), "ttt");
    assert_string_equal(roles(&lexer, "R\"x(one"), "sssssss");
    assert_string_equal(roles(&lexer, "two)\" )x\" int"), "sssssssss.ttt");
}

static void directives(void **state)
{
    (void)state;
    one("#include <stdio.h> /* a */", "kkkkkkkk.sssssssss.ccccccc");
    one("  # define N 3", "..kkkkkkkk...n");
    one("a < b > c # d", ".............");
    one("#", "k");
}

/* Every beginning of a line of all bytes, in every state: it ends, and nothing is lost. */
static void any_bytes(void **state)
{
    (void)state;
    uint32_t random = 1;
    struct stage_lexer lexer = {0};
    for (int round = 0; round < 20000; round++) {
        static const char bytes[] = "/*\"'\\R()<>#.eE+0x_a \t\xff\xc3\xa9u;";
        char line[40];
        size_t length = 0;
        random = random * 1664525u + 1013904223u;
        size_t wanted = (random >> 24) % sizeof line;
        while (length < wanted && length + 1 < sizeof line) {
            random = random * 1664525u + 1013904223u;
            line[length++] = bytes[(random >> 16) % (sizeof bytes - 1)];
        }
        line[length] = 0;
        roles(&lexer, line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_numbers_and_calls),
        cmocka_unit_test(calls_that_are_operations_come_from_the_table),
        cmocka_unit_test(strings_and_characters),
        cmocka_unit_test(comments_over_lines),
        cmocka_unit_test(strings_over_lines),
        cmocka_unit_test(directives),
        cmocka_unit_test(any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
