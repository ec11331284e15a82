/* A person holds a packet. The kernel knows nothing of that and sends it again, in real time; the picture counts the
 * copies while nobody presses a key, and they are no part of what a what-if must repeat. */
#include "sitting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The number behind this text; 0: it is not on the screen. */
static unsigned number_behind(struct screen *screen, const char *text)
{
    unsigned column, row;
    if (!screen_find(screen, text, &column, &row))
        return 0;
    return (unsigned)strtoul(strstr(screen_row(screen, row), text) + strlen(text), NULL, 10);
}

static bool counts_two(struct screen *screen, const void *text)
{
    return number_behind(screen, text) >= 2;
}

/* Forward until the SYN is held, whatever the scene says before. */
static long forward_to_the_syn(struct screen *screen)
{
    unsigned column, row;
    for (int i = 0; i < 40 && !screen_find(screen, "here, held by you", &column, &row); i++)
        sitting_keys(screen, " ");
    assert_true(screen_find(screen, "here, held by you", &column, &row));
    return sitting_step(screen);
}

static void copies_of_a_held_packet_are_counted_while_nobody_presses_a_key(void **state)
{
    (void)state;
    struct screen *screen = sitting_play("three-way-handshake", 100, 30);
    long step = forward_to_the_syn(screen);
    assert_true(screen_until(screen, counts_two, "copies absorbed: "));
    assert_int_equal(sitting_step(screen), step);
    sitting_keys(screen, "L");
    assert_true(screen_until(screen, counts_two, "吸收副本："));
    sitting_keys(screen, "L");
    /* The past has them, too, and the run goes on as if nothing had been. */
    sitting_keys(screen, "  "); /* the scene's question, then the packet */
    assert_true(sitting_step(screen) > step);
    assert_true(screen_until_no_text(screen, "copies absorbed"));
    sitting_keys(screen, "\033OD\033OD");
    assert_int_equal(sitting_step(screen), step);
    assert_true(number_behind(screen, "copies absorbed: ") >= 2);
    sitting_leave(screen);
}

static void of_anybodys_program_it_is_told_too(void **state)
{
    (void)state;
    char program[4096];
    snprintf(program, sizeof program, "%s", sitting_built("tests/guests/wire_talk"));
    const char *arguments[] = {"run", "--", program, "talk", NULL};
    struct screen *screen = sitting_start(&(struct sitting_options){.arguments = arguments, .columns = 80, .rows = 24});
    assert_true(screen_until_text(screen, "step 0"));
    long step = forward_to_the_syn(screen);
    assert_true(screen_until(screen, counts_two, "copies absorbed: "));
    assert_true(screen_until_text(screen, "is still held, so the kernel has sent it again"));
    assert_int_equal(sitting_step(screen), step);
    char *picture = sitting_text(screen);
    assert_null(strstr(strstr(picture, "sent it again") + 1, "sent it again")); /* said once, however often it was */
    free(picture);
    sitting_keys(screen, "G");
    assert_true(screen_until_text(screen, "client: world"));
    sitting_leave(screen);
}

static void a_program_that_wants_ipv6_is_told_why_there_is_none(void **state)
{
    (void)state;
    if (access("/proc/net/if_inet6", F_OK) != 0) {
        print_message("left out: this machine has no IPv6\n");
        skip();
    }
    char program[4096];
    snprintf(program, sizeof program, "%s", sitting_built("tests/guests/wire_ends"));
    const char *arguments[] = {"run", "--", program, "six_bind", NULL};
    struct screen *screen = sitting_start(&(struct sitting_options){.arguments = arguments, .columns = 80, .rows = 24});
    assert_true(screen_until_text(screen, "there is no outside network, and no IPv6"));
    screen_type(screen, "   ");
    assert_true(screen_until_text(screen, "The wire carries no IPv6"));
    assert_true(screen_until_text(screen, "or run it with --wire"));
    screen_type(screen, "L");
    assert_true(screen_until_text(screen, "路上没有 IPv6：请改用 127.0.0.1"));
    sitting_leave(screen);
}

static void a_what_if_after_a_long_hold_repeats_the_run(void **state)
{
    (void)state;
    struct screen *screen = sitting_play("three-way-handshake", 100, 30);
    long step = forward_to_the_syn(screen);
    assert_true(screen_until(screen, counts_two, "copies absorbed: "));
    sitting_keys(screen, "   "); /* the scene's question, the SYN, the SYN+ACK */
    sitting_keys(screen, "\033OD");
    assert_int_equal(sitting_step(screen), ++step);
    screen_type(screen, "d");
    assert_true(screen_until_text(screen, "once more, and the program runs anew"));
    screen_type(screen, "d");
    assert_true(screen_until_text(screen, "lost"));
    sitting_settle(screen);
    assert_int_equal(sitting_step(screen), step + 1);
    assert_int_equal(sitting_starts(screen), 2);
    sitting_leave(screen);
}

/* With the times of a lecture the kernel sends lost data again after two minutes: nobody can go on before. */
static void keys_are_answered_while_the_kernels_timer_runs(void **state)
{
    (void)state;
    char program[4096];
    snprintf(program, sizeof program, "%s", sitting_built("tests/guests/wire_talk"));
    const char *arguments[] = {"run", "--", program, "talk", NULL};
    struct screen *screen =
        sitting_start(&(struct sitting_options){.arguments = arguments, .columns = 100, .rows = 30});
    assert_true(screen_until_text(screen, "step 0"));
    for (int i = 0; i < 60 && !screen_find(screen, "PSH", NULL, NULL); i++)
        sitting_keys(screen, " ");
    assert_true(screen_find(screen, "PSH", NULL, NULL));
    screen_type(screen, "d");
    assert_true(screen_until_text(screen, "lost"));
    sitting_settle(screen);
    for (int i = 0; i < 10; i++) /* as far as it goes, and then it waits */
        screen_type(screen, " ");
    assert_true(screen_until_text(screen, "the kernel sends again in about 1"));
    sitting_settle(screen);
    long step = sitting_step(screen);
    screen_type(screen, "?");
    assert_true(screen_until_text(screen, "one step forward"));
    screen_type(screen, "?");
    assert_true(screen_until_no_text(screen, "one step forward"));
    screen_type(screen, "G");
    assert_true(screen_until_text(screen, "the kernel sends again in about 1"));
    sitting_keys(screen, "\033OD\033OC"); /* looking back leaves it */
    assert_int_equal(sitting_step(screen), step);
    sitting_leave(screen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sitting_test(copies_of_a_held_packet_are_counted_while_nobody_presses_a_key),
        sitting_test(of_anybodys_program_it_is_told_too),
        sitting_test(a_program_that_wants_ipv6_is_told_why_there_is_none),
        sitting_test(a_what_if_after_a_long_hold_repeats_the_run),
        sitting_test(keys_are_answered_while_the_kernels_timer_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
