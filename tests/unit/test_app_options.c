/* The command line: what is taken, what is refused and with which words; the nearest name; the language asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/language.h"
#include "app/nearest.h"
#include "app/options.h"

enum { ARGUMENTS_MAX = 24 };

struct parsed {
    char *copies[ARGUMENTS_MAX];
    char *argv[ARGUMENTS_MAX];
    struct options options;
    struct message message;
    enum status status;
};

/* Parses "lockstep" and the arguments; NULL ends them. */
static struct parsed *parse(const char *first, ...)
{
    struct parsed *parsed = calloc(1, sizeof *parsed);
    assert_non_null(parsed);
    int count = 0;
    parsed->copies[count++] = strdup("lockstep");
    va_list arguments;
    va_start(arguments, first);
    for (const char *text = first; text; text = va_arg(arguments, const char *))
        parsed->copies[count++] = strdup(text);
    va_end(arguments);
    memcpy(parsed->argv, parsed->copies, sizeof parsed->argv);
    parsed->status = options_parse(count, parsed->argv, &parsed->options, &parsed->message);
    return parsed;
}

static void done(struct parsed *parsed)
{
    options_clear(&parsed->options);
    for (int i = 0; i < ARGUMENTS_MAX; i++)
        free(parsed->copies[i]);
    free(parsed);
}

#define REFUSED(part, ...)                                                                                             \
    do {                                                                                                               \
        struct parsed *refused_ = parse(__VA_ARGS__, NULL);                                                            \
        assert_int_equal(refused_->status, STATUS_USAGE);                                                              \
        if (!strstr(refused_->message.text, part))                                                                     \
            fail_msg("\"%s\" does not hold \"%s\"", refused_->message.text, part);                                     \
        done(refused_);                                                                                                \
    } while (0)

static void the_guests_own_options_are_left_alone(void **state)
{
    (void)state;
    struct parsed *p = parse("run", "--json", "--", "./a.out", "--json", "-x", "--", "y", NULL);
    assert_int_equal(p->status, STATUS_OK);
    assert_int_equal(p->options.command, COMMAND_run);
    assert_int_equal(p->options.output, OUTPUT_json);
    assert_int_equal(p->options.operand_count, 5);
    assert_string_equal(p->options.operands[0], "./a.out");
    assert_string_equal(p->options.operands[1], "--json");
    assert_string_equal(p->options.operands[3], "--");
    assert_string_equal(p->options.operands[4], "y");
    assert_null(p->options.operands[5]);
    done(p);
    p = parse("run", "--plain", "./a.out", "--cpus", "2", NULL);
    assert_int_equal(p->status, STATUS_OK);
    assert_int_equal(p->options.operand_count, 3);
    assert_int_equal(p->options.cpus, 0);
    done(p);
    p = parse("cc", "--version", "-O2", "--no-such", NULL);
    assert_int_equal(p->status, STATUS_OK);
    assert_int_equal(p->options.operand_count, 3);
    assert_false(p->options.version);
    done(p);
}

static void options_may_stand_anywhere_else(void **state)
{
    (void)state;
    struct parsed *p =
        parse("--lang", "zh", "play", "race", "--seed", "7", "--watch=a", "--json=changes", "--watch", "b", NULL);
    assert_int_equal(p->status, STATUS_OK);
    assert_int_equal(p->options.command, COMMAND_play);
    assert_int_equal(p->options.operand_count, 1);
    assert_string_equal(p->options.operands[0], "race");
    assert_true(p->options.seed_given);
    assert_int_equal(p->options.seed, 7);
    assert_int_equal(p->options.output, OUTPUT_json_changes);
    assert_int_equal(p->options.watch_count, 2);
    assert_string_equal(p->options.watches[0], "a");
    assert_string_equal(p->options.watches[1], "b");
    assert_string_equal(p->options.lang, "zh");
    done(p);
    p = parse("check", "a", "--no-run", "b", "--", "--c", NULL);
    assert_int_equal(p->status, STATUS_OK);
    assert_int_equal(p->options.operand_count, 3);
    assert_string_equal(p->options.operands[1], "b");
    assert_string_equal(p->options.operands[2], "--c");
    assert_true(p->options.no_run);
    done(p);
    p = parse(NULL, NULL);
    assert_int_equal(p->status, STATUS_OK);
    assert_int_equal(p->options.command, COMMAND_menu);
    done(p);
}

static void times_have_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t nanoseconds; /* 0: refused */
    } rows[] = {
        {"10s", 10000000000},
        {"500ms", 500000000},
        {"2", 2000000000},
        {"2.5", 2500000000},
        {"1.5ms", 1500000},
        {"3min", 180000000000},
        {"0.1min", 6000000000},
        {"7ns", 7},
        {"0.0000000001", 0},
        {"0", 0},
        {"-1", 0},
        {"5h", 0},
        {"", 0},
        {"s", 0},
        {"1.s", 0},
        {"1 s", 0},
        {"999999999999", 0},
        {"1e3", 0},
        {"0.999999999999s", 999999999},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct parsed *p = parse("run", "--max-time", rows[i].text, "x", NULL);
        if ((p->status == STATUS_OK) != (rows[i].nanoseconds > 0) || p->options.max_time != rows[i].nanoseconds)
            if (p->status == STATUS_OK || rows[i].nanoseconds)
                fail_msg("--max-time %s gave %lld", rows[i].text, (long long)p->options.max_time);
        done(p);
    }
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    REFUSED("did you mean play?", "paly", "race");
    REFUSED("did you mean --policy?", "run", "--polcy", "rr", "--", "x");
    REFUSED("does not apply to `lockstep list`; it is an option of: play", "list", "--cpus", "2");
    REFUSED("whole number from 1 to 64", "run", "--cpus", "65", "x");
    REFUSED("whole number from 1 to 64", "run", "--cpus", "0", "x");
    REFUSED("whole number", "run", "--seed", "-1", "x");
    REFUSED("whole number", "run", "--seed", "1x", "x");
    REFUSED("whole number", "run", "--quantum", "99999999999999999999999", "x");
    REFUSED("did you mean rr?", "run", "--policy", "rrr", "x");
    REFUSED("column 3", "run", "--schedule", "1.x", "x");
    REFUSED("needs a value", "run", "--seed");
    REFUSED("takes no value", "run", "--plain=2", "x");
    REFUSED("--json=changes", "run", "--json=all", "x");
    REFUSED("a verdict", "run", "--expect", "fine", "x");
    REFUSED("14:P1.T2", "run", "--branch", "14", "x");
    REFUSED("14:P1.T2", "run", "--branch", "0:P1.T1", "x");
    REFUSED("14:P1.T2", "run", "--branch", "3:", "x");
    REFUSED("en or zh", "list", "--lang", "fr");
    REFUSED("no option -x", "run", "-x", "y");
    /* What was typed does not reach the terminal as it is. */
    struct parsed *p = parse("\033[31mevil", NULL);
    assert_int_equal(p->status, STATUS_USAGE);
    assert_null(strchr(p->message.text, '\033'));
    done(p);
}

static void every_option_has_its_help_and_a_command(void **state)
{
    (void)state;
    for (enum app_option i = 0; i < OPTION_COUNT; i++) {
        const struct app_option_row *row = options_option_row(i);
        assert_true(row->help[0] && row->commands);
        assert_true((row->argument == ARGUMENT_no) == (row->value[0] == '\0'));
        for (enum app_option k = 0; k < i; k++)
            assert_string_not_equal(row->name, options_option_row(k)->name);
    }
    for (enum app_command i = 0; i < COMMAND_COUNT; i++) {
        assert_int_equal(options_command_by_name(options_command_row(i)->name), i);
        assert_true(options_command_row(i)->help[0]);
    }
}

static void a_slip_of_the_fingers_finds_the_name(void **state)
{
    (void)state;
    static const char *const names[] = {"list", "play", "run", "replay", "doctor"};
    assert_string_equal(nearest_name("lsit", names, 5), "list");
    assert_string_equal(nearest_name("relpay", names, 5), "replay");
    assert_string_equal(nearest_name("docter", names, 5), "doctor");
    assert_string_equal(nearest_name("ru", names, 5), "run");
    assert_string_equal(nearest_name("xyzzy", names, 5), "");
    assert_string_equal(nearest_name("", names, 5), "");
    char large[500];
    memset(large, 'a', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    assert_string_equal(nearest_name(large, names, 5), "");
}

static void the_language_is_the_one_asked_for(void **state)
{
    (void)state;
    /* LANGUAGE, LC_ALL, LC_MESSAGES, LANG */
    assert_true(language_wants_chinese(NULL, NULL, NULL, "zh_CN.UTF-8"));
    assert_true(language_wants_chinese("", "", "zh_TW.UTF-8", "en_US.UTF-8"));
    assert_true(language_wants_chinese("zh_CN", NULL, NULL, "C.UTF-8"));
    assert_true(language_wants_chinese("fr:zh_CN:en", NULL, NULL, "en_US.UTF-8"));
    assert_false(language_wants_chinese("en:zh_CN", NULL, NULL, "zh_CN.UTF-8"));
    assert_false(language_wants_chinese("zh_CN", "C", NULL, NULL));
    assert_false(language_wants_chinese("zh_CN", NULL, NULL, NULL));
    assert_false(language_wants_chinese(NULL, "en_GB.UTF-8", NULL, "zh_CN.UTF-8"));
    assert_false(language_wants_chinese(NULL, NULL, NULL, NULL));
}

static void the_guest_sees_the_language_that_was_there(void **state)
{
    (void)state;
    setenv("LANGUAGE", "de:fr", 1);
    language_start("zh", "");
    assert_string_equal(getenv("LANGUAGE"), "zh_CN");
    language_hide();
    assert_string_equal(getenv("LANGUAGE"), "de:fr");
    language_show();
    assert_string_equal(getenv("LANGUAGE"), "zh_CN");
    unsetenv("LANGUAGE");
    language_start("en", "");
    language_hide();
    assert_null(getenv("LANGUAGE"));
    language_show();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_guests_own_options_are_left_alone),
        cmocka_unit_test(options_may_stand_anywhere_else),
        cmocka_unit_test(times_have_units),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(every_option_has_its_help_and_a_command),
        cmocka_unit_test(a_slip_of_the_fingers_finds_the_name),
        cmocka_unit_test(the_language_is_the_one_asked_for),
        cmocka_unit_test(the_guest_sees_the_language_that_was_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
