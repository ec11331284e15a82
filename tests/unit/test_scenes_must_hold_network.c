/* What CURRICULUM promises of the scenes of act 6, asserted of their real runs: packets and the states of both ends, from
 * the lines that tell of packets; and each promise seen to fail of a changed copy of the scene. */
#include "scenes_changed.h"
#include "scenes_promise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* "SYN+ACK" */
static const char *flags_of(const json_t *line, char out[64])
{
    size_t index, length = 0;
    json_t *flag;
    out[0] = 0;
    json_array_foreach(json_object_get(line, "flags"), index, flag) length +=
        (size_t)snprintf(out + length, 64 - length, "%s%s", length ? "+" : "", json_string_value(flag));
    return out;
}

/* What a run should tell of its packets, from the first on. NULL: whatever it is. */
struct wanted {
    const char *event, *flags, *client, *server;
};

/* Whether lines on packets come in this order, perhaps with others between. */
static bool comes(const struct scenes_run *run, const struct wanted *wanted, size_t count)
{
    size_t index, met = 0;
    json_t *line;
    json_array_foreach(run->lines, index, line)
    {
        char flags[64];
        const json_t *sockets = json_object_get(line, "sockets");
        if (met == count || !json_object_get(line, "packet"))
            continue;
        const struct wanted *next = &wanted[met];
        met += scenes_is(json_string_value(json_object_get(line, "event")), next->event) &&
               strcmp(flags_of(line, flags), next->flags) == 0 &&
               scenes_is(json_string_value(json_object_get(sockets, "client")), next->client) &&
               scenes_is(json_string_value(json_object_get(sockets, "server")), next->server);
    }
    return met == count;
}

#define COMES(...)                                                                                                     \
    comes(run, (const struct wanted[]){__VA_ARGS__},                                                                   \
          sizeof((const struct wanted[]){__VA_ARGS__}) / sizeof(struct wanted))

static const json_t *packet_line(const struct scenes_run *run, size_t number, const char *event)
{
    size_t index;
    json_t *line;
    json_array_foreach(run->lines, index,
                       line) if (json_integer_value(json_object_get(line, "packet")) == (json_int_t)number &&
                                 scenes_is(json_string_value(json_object_get(line, "event")), event)) return line;
    return NULL;
}

static const char *three_packets_make_a_connection(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(COMES({"sent", "SYN", "SYN_SENT", "LISTEN"}, {"delivered", "SYN", "SYN_SENT", "SYN_RECV"},
                       {"sent", "SYN+ACK", "SYN_SENT", "SYN_RECV"}, {"delivered", "SYN+ACK", "ESTABLISHED", "SYN_RECV"},
                       {"sent", "ACK", "ESTABLISHED", "SYN_RECV"}, {"delivered", "ACK", "ESTABLISHED", "ESTABLISHED"}));
    /* They are the first three, and their numbers count. */
    char flags[64];
    static const char *const first[] = {"SYN", "SYN+ACK", "ACK"};
    static const json_int_t sequence[] = {0, 0, 1}, acknowledgement[] = {0, 1, 1};
    for (size_t i = 0; i < 3; i++) {
        const json_t *line = packet_line(run, i + 1, "sent");
        SCENES_HOLDS(line && strcmp(flags_of(line, flags), first[i]) == 0);
        SCENES_HOLDS(json_integer_value(json_object_get(line, "seq")) == sequence[i]);
        SCENES_HOLDS(json_integer_value(json_object_get(line, "ack")) == acknowledgement[i]);
    }
    /* connect is over when the second has arrived, accept when the third has. */
    SCENES_HOLDS(SCENES_IS_THERE("P2.main", "socket.connect", .outcome = "blocked"));
    size_t connected = SCENES_FIND("P2.main", "socket.connect", .outcome = "done");
    size_t accepted = SCENES_FIND("P1.main", "socket.accept", .outcome = "done");
    SCENES_HOLDS(connected < run->step_count && accepted < run->step_count);
    SCENES_HOLDS(run->steps[connected].step >
                 json_integer_value(json_object_get(packet_line(run, 2, "delivered"), "step")));
    SCENES_HOLDS(run->steps[accepted].step >
                 json_integer_value(json_object_get(packet_line(run, 3, "delivered"), "step")));
    return NULL;
}

static void a_handshake_is_syn_syn_ack_ack(void **state)
{
    (void)state;
    scenes_holds("three-way-handshake", NULL, three_packets_make_a_connection);
    scenes_breaks("6-network/three-way-handshake", NULL,
                  (struct scenes_change){"server.c", "    listen(listener, 5);\n", ""},
                  three_packets_make_a_connection);
}

static const char *each_direction_closes_by_itself(const struct scenes_run *run)
{
    SCENES_HOLDS(scenes_finished(run));
    SCENES_HOLDS(
        COMES({"sent", "FIN+ACK", "FIN_WAIT_1", "ESTABLISHED"}, {"delivered", "FIN+ACK", "FIN_WAIT_1", "CLOSE_WAIT"},
              {"delivered", "ACK", "FIN_WAIT_2", "CLOSE_WAIT"}, {"delivered", "PSH+ACK", "FIN_WAIT_2", "CLOSE_WAIT"},
              {"sent", "FIN+ACK", "FIN_WAIT_2", "LAST_ACK"}, {"delivered", "FIN+ACK", "TIME_WAIT", "LAST_ACK"},
              {"delivered", "ACK", "TIME_WAIT", "CLOSED"}));
    /* What the server said after the first FIN has arrived. */
    SCENES_HOLDS(scenes_said(run, "P2.main", "client: got bye") == 1);
    return NULL;
}

static void a_close_is_four_packets_and_a_wait(void **state)
{
    (void)state;
    scenes_holds("four-way-close", NULL, each_direction_closes_by_itself);
    scenes_breaks("6-network/four-way-close", NULL,
                  (struct scenes_change){"client.c", "shutdown(call, SHUT_WR);", "shutdown(call, SHUT_RDWR);"},
                  each_direction_closes_by_itself);
}

static void the_bytes_are_the_same_twice(void **state)
{
    (void)state;
    static const char *const ids[] = {"three-way-handshake", "four-way-close"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        scenes_play_twice(ids[i], NULL, "rr", "1");
        scenes_play_twice(ids[i], NULL, "random", "1");
        scenes_play_seeds(ids[i], NULL, 3);
    }
}

static void the_sources_are_a_textbooks(void **state)
{
    (void)state;
    /* Run natively they would open a port of the machine's own: only their form is looked at. */
    static const char *const sources[] = {"6-network/three-way-handshake/server.c",
                                          "6-network/three-way-handshake/client.c", "6-network/four-way-close/server.c",
                                          "6-network/four-way-close/client.c"};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        char path[4096], line[256];
        snprintf(path, sizeof path, "%s/scenes/%s", scenes_source_folder(), sources[i]);
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        unsigned lines = 0;
        while (fgets(line, sizeof line, file)) {
            assert_true(strlen(line) <= 81);
            lines++;
        }
        fclose(file);
        assert_in_range(lines, 20, 120);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handshake_is_syn_syn_ack_ack),
        cmocka_unit_test(a_close_is_four_packets_and_a_wait),
        cmocka_unit_test(the_bytes_are_the_same_twice),
        cmocka_unit_test(the_sources_are_a_textbooks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
