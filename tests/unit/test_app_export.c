/* `lockstep export`: a file of each kind from a scene and from a recording, by the ending of its name; whole or not there. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "scenes_run.h"

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/lockstep-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    struct scenes_output output;
    scenes_command((const char *const[]){"rm", "-rf", folder, NULL}, NULL, 60, &output);
    scenes_output_free(&output);
    return 0;
}

/* Exports `what` to a file of this name in the folder; the exit status. */
static int export_to(const char *what, const char *name, const char *option, const char *value)
{
    struct scenes_output output;
    scenes_command((const char *const[]){scenes_lockstep(), "export", what, "-o", name, option ? option : "--no-color",
                                         value, NULL},
                   folder, 120, &output);
    int status = output.status;
    assert_int_equal(output.length, 0); /* all that is said is said on standard error */
    scenes_output_free(&output);
    return status;
}

/* The file's text; NULL where there is none. Owned by the caller. */
static char *text_of(const char *name)
{
    char path[128], *text = NULL;
    size_t length = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (!file)
        return NULL;
    FILE *memory = open_memstream(&text, &length);
    for (int c = getc(file); c != EOF; c = getc(file))
        putc(c, memory);
    fclose(memory);
    fclose(file);
    return text;
}

static char *printed_by(const char *const *arguments)
{
    struct scenes_output output;
    scenes_command(arguments, folder, 120, &output);
    char *text = strdup(output.out);
    scenes_output_free(&output);
    return text;
}

static void same_text(char *one, char *other)
{
    assert_non_null(one);
    assert_non_null(other);
    assert_string_equal(one, other);
    free(one);
    free(other);
}

static void lines_and_objects_are_those_of_play(void **state)
{
    (void)state;
    assert_int_equal(export_to("deadlock", "d.txt", NULL, NULL), 0); /* the fault is in the file, and no failure */
    same_text(text_of("d.txt"), printed_by((const char *const[]){scenes_lockstep(), "play", "deadlock", NULL}));
    assert_int_equal(export_to("deadlock", "zh.txt", "--lang", "zh"), 0);
    same_text(text_of("zh.txt"),
              printed_by((const char *const[]){scenes_lockstep(), "play", "deadlock", "--lang", "zh", NULL}));
    assert_int_equal(export_to("deadlock", "d.ndjson", "--seed", "3"), 0);
    same_text(text_of("d.ndjson"),
              printed_by((const char *const[]){scenes_lockstep(), "play", "deadlock", "--json", "--seed", "3", NULL}));
}

static void a_recording_gives_the_same_file(void **state)
{
    (void)state;
    free(printed_by((const char *const[]){scenes_lockstep(), "play", "tcp-call", "--record", "r.lks", NULL}));
    static const char *const endings[] = {"txt", "ndjson", "json", "mmd"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char one[32], other[32];
        snprintf(one, sizeof one, "one.%s", endings[i]);
        snprintf(other, sizeof other, "other.%s", endings[i]);
        assert_int_equal(export_to("tcp-call", one, NULL, NULL), 0);
        assert_int_equal(export_to("r.lks", other, NULL, NULL), 0);
        same_text(text_of(one), text_of(other));
    }
}

/* Slices of a task follow one another, and every step is there. */
static void a_trace_has_a_slice_for_each_state(void **state)
{
    (void)state;
    assert_int_equal(export_to("deadlock", "d.json", NULL, NULL), 0);
    char *text = text_of("d.json");
    json_t *trace = json_loads(text, 0, NULL), *event;
    json_int_t ends[8] = {0}, steps = 0, faults = 0, slices = 0;
    size_t index;
    assert_non_null(trace);
    json_array_foreach(json_object_get(trace, "traceEvents"), index, event)
    {
        const char *kind = json_string_value(json_object_get(event, "ph"));
        const char *category = json_string_value(json_object_get(event, "cat"));
        json_int_t task = json_integer_value(json_object_get(event, "tid"));
        json_int_t begin = json_integer_value(json_object_get(event, "ts"));
        assert_in_range(task, 0, 7);
        steps += scenes_is(category, "step");
        faults += scenes_is(category, "fault");
        if (strcmp(kind, "X") != 0)
            continue;
        slices++;
        assert_true(begin >= ends[task]);
        ends[task] = begin + json_integer_value(json_object_get(event, "dur"));
    }
    assert_int_equal(steps, 12);
    assert_int_equal(faults, 1);
    assert_true(slices > 8);
    json_decref(trace);
    free(text);
}

/* Every participant that an arrow names is declared before, and nothing in a text ends a statement. */
static void a_diagram_names_its_participants_first(void **state)
{
    (void)state;
    assert_int_equal(export_to("deadlock", "d.mmd", NULL, NULL), 0);
    char *text = text_of("d.mmd"), *rest = text, *line;
    unsigned declared = 0, arrows = 0;
    assert_non_null(strstr(text, "title: \"Deadlock\"\n"));
    assert_non_null(strstr(text, "\nsequenceDiagram\n"));
    assert_non_null(strstr(text, "as mutex A\n"));
    assert_non_null(strstr(text, "mutex.lock (blocked)\n"));
    assert_non_null(strstr(text, "Note over p1,"));
    while ((line = strsep(&rest, "\n"))) {
        unsigned from, to;
        char arrow[8];
        declared += strncmp(line, "    participant p", 17) == 0;
        if (sscanf(line, "    p%u%7[->x]p%u:", &from, arrow, &to) != 3)
            continue;
        arrows++;
        assert_true(from >= 1 && from <= declared && to >= 1 && to <= declared);
        assert_null(strchr(line, ';'));
    }
    assert_int_equal(arrows, 12);
    free(text);
}

/* Wireshark reads the narration beside each packet, and knows what was sent again. */
static void packets_carry_the_narration(void **state)
{
    (void)state;
    assert_int_equal(export_to("retransmission", "r.pcapng", NULL, NULL), 0);
    if (system("command -v tshark >/dev/null 2>&1") != 0)
        skip();
    char *told =
        printed_by((const char *const[]){"env", "HOME=/nonexistent", "tshark", "-n", "-r", "r.pcapng", "-T", "fields",
                                         "-e", "frame.number", "-e", "_ws.col.Info", "-e", "frame.comment", NULL});
    assert_non_null(strstr(told, "4\t40000 "));
    assert_non_null(strstr(told, "send has succeeded: the kernel has the 7 bytes."));
    assert_non_null(strstr(told, "Packet 4 (PSH+ACK with 7 bytes) is lost"));
    const char *again = strstr(told, "5\t[TCP Retransmission]");
    assert_non_null(again);
    free(told);
}

static void what_cannot_be_is_said(void **state)
{
    (void)state;
    char *text;
    assert_int_equal(export_to("deadlock", "d.pcapng", NULL, NULL), 1); /* it has no packets */
    assert_int_equal(export_to("deadlock", "d.doc", NULL, NULL), 2);
    assert_int_equal(export_to("deadlock", "doc", NULL, NULL), 2);
    assert_int_equal(export_to("nowhere", "n.txt", NULL, NULL), 2);
    assert_int_equal(export_to("deadlock", "none/d.txt", NULL, NULL), 3);
    assert_int_equal(export_to("/etc/passwd", "p.txt", NULL, NULL), 2);
    assert_int_equal(export_to("deadlock", "v.txt", "--variant", "nosuch"), 2);
    static const char *const absent[] = {"d.pcapng", "d.doc", "doc", "n.txt", "p.txt", "v.txt"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        text = text_of(absent[i]);
        assert_null(text);
    }
    struct scenes_output output;
    scenes_command((const char *const[]){scenes_lockstep(), "export", "deadlock", NULL}, folder, 60, &output);
    assert_int_equal(output.status, 2);
    scenes_output_free(&output);
    scenes_command((const char *const[]){scenes_lockstep(), "export", "-o", "x.txt", NULL}, folder, 60, &output);
    assert_int_equal(output.status, 2);
    scenes_output_free(&output);
}

/* Nothing but the files that were asked for, and those with the rights that files get. */
static void nothing_is_left_over(void **state)
{
    (void)state;
    DIR *list = opendir(folder);
    assert_non_null(list);
    for (struct dirent *entry; (entry = readdir(list));) {
        const char *dot = strrchr(entry->d_name, '.');
        if (entry->d_name[0] != '.' && (!dot || strlen(dot) > 7))
            fail_msg("%s was left", entry->d_name);
    }
    closedir(list);
    char path[128];
    struct stat about;
    mode_t mask = umask(0);
    umask(mask);
    snprintf(path, sizeof path, "%s/d.txt", folder);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0666 & ~mask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_and_objects_are_those_of_play),
        cmocka_unit_test(a_recording_gives_the_same_file),
        cmocka_unit_test(a_trace_has_a_slice_for_each_state),
        cmocka_unit_test(a_diagram_names_its_participants_first),
        cmocka_unit_test(packets_carry_the_narration),
        cmocka_unit_test(what_cannot_be_is_said),
        cmocka_unit_test(nothing_is_left_over),
    };
    return cmocka_run_group_tests_name("export", tests, make_folder, remove_folder);
}
