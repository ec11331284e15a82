/* Reading scenes: every key arrives; every bad file of tests/scenes/bad is refused at the line that its first line
 * tells (`# expect LINE: part of the message`). */
#include "scene/scene.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Tests run in the source folder. */
#define SCENES "tests/scenes"

static struct scene *read_good(const char *path)
{
    struct scene *scene = NULL;
    static struct scene_errors errors;
    enum status status = scene_read(path, &scene, &errors);
    for (size_t i = 0; i < errors.count; i++) {
        char text[2000];
        scene_error_format(&errors, i, text, sizeof text);
        print_error("%s", text);
    }
    assert_int_equal(status, STATUS_OK);
    assert_non_null(scene);
    return scene;
}

static void every_key_arrives(void **state)
{
    (void)state;
    struct scene *scene = read_good(SCENES "/good/full.yaml");
    assert_string_equal(scene->id, "full");
    assert_string_equal(scene->title.in[SCENE_ENGLISH], "Everything");
    assert_string_equal(scene->title.in[SCENE_CHINESE], "全部");
    assert_string_equal(scene->teaches.in[SCENE_ENGLISH], "That every key is read.");
    assert_int_equal(scene->minutes, 4);
    assert_int_equal(scene->program.sources.count, 1);
    assert_string_equal(scene->program.sources.items[0], "one.c");
    assert_int_equal(scene->program.arguments.count, 2);
    assert_string_equal(scene->program.arguments.items[1], "3");
    assert_string_equal(scene->scheduler.policy, "sjf");
    assert_int_equal(scene->scheduler.quantum, 2);
    assert_int_equal(scene->scheduler.cpus, 4);
    assert_int_equal(scene->scheduler.seed, 7);
    assert_string_equal(scene->scheduler.schedule, "0x3.1");
    assert_int_equal(scene->scheduler.mode, SCENE_MODE_HELD);
    assert_int_equal(scene->scheduler.length_count, 2);
    assert_string_equal(scene->scheduler.lengths[1].task, "P1.T2");
    assert_int_equal(scene->scheduler.lengths[1].steps, 3);
    assert_int_equal(scene->out, SCENE_STDOUT_PIPE);
    assert_string_equal(scene->expect, "failed");
    assert_int_equal(scene->views.count, 11);
    assert_int_equal(scene->watch.count, 2);
    assert_string_equal(scene->watch.items[1], "forks[2]");
    assert_int_equal(scene->queue_count, 2);
    assert_string_equal(scene->queues[0].name.in[SCENE_CHINESE], "信");
    assert_string_equal(scene->queues[0].count, "box->added");
    assert_string_equal(scene->queues[0].less, "box->taken");
    assert_string_equal(scene->queues[0].capacity, "3");
    assert_string_equal(scene->queues[0].get_waits, "not_empty");
    assert_null(scene->queues[1].capacity);
    /* What the queues need is watched, once, in the variants that they belong to. */
    static const char *const watched[] = {"g_num", "forks[2]", "letters", "box->added", "box->taken"};
    assert_int_equal(scene->variants[0].watch.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(scene->variants[0].watch.items[i], watched[i]);
    assert_int_equal(scene->variants[1].watch.count, 2);
    assert_int_equal(scene->network.host_count, 2);
    assert_string_equal(scene->network.hosts[0].name, "client");
    assert_string_equal(scene->network.hosts[0].address, "10.0.0.1");
    assert_string_equal(scene->network.profile, "lecture");
    assert_int_equal(scene->beat_count, 4);
    assert_string_equal(scene->beats[0].when.object, "mutex A");
    assert_int_equal(scene->beats[0].when.occurrence, 1);
    assert_int_equal(scene->beats[1].when.occurrence, 2);
    assert_string_equal(scene->beats[1].when.value, "0");
    assert_int_equal(scene->beats[1].ask.choice_count, 2);
    assert_int_equal(scene->beats[1].ask.answer, 2);
    assert_string_equal(scene->beats[1].ask.because.in[SCENE_CHINESE], "是二。");
    assert_int_equal(scene->beats[0].ask.choice_count, 0);
    assert_string_equal(scene->beats[2].when.fault, "deadlock");
    assert_int_equal(scene->beats[2].line, 35);
    const struct scene_when *packet = &scene->beats[3].when;
    assert_string_equal(packet->packet, "TCP");
    assert_string_equal(packet->event, "delivered");
    assert_string_equal(packet->from, "server");
    assert_string_equal(packet->to, "10.0.0.1:40000");
    assert_true(packet->seq.given && packet->ack.given && packet->length.given && packet->window.given);
    assert_true(packet->seq.is == 0 && packet->ack.is == 1001 && packet->length.is == 7 && packet->window.is == 0);
    assert_false(scene->beats[0].when.window.given);
    assert_string_equal(scene->notes.in[SCENE_ENGLISH], "First line.\nSecond line.");
    scene_free(scene);
}

static void a_variant_starts_from_the_scene(void **state)
{
    (void)state;
    struct scene *scene = read_good(SCENES "/good/full.yaml");
    assert_int_equal(scene->variant_count, 2);
    const struct scene_variant *faulty = &scene->variants[0], *cured = &scene->variants[1];
    assert_string_equal(faulty->program.sources.items[0], "one.c");
    assert_false(faulty->own_sources);
    assert_string_equal(faulty->expect, "failed");
    assert_string_equal(faulty->title.in[SCENE_CHINESE], "有错");
    assert_int_equal(faulty->scheduler.cpus, 4);
    assert_int_equal(faulty->out, SCENE_STDOUT_PIPE);
    assert_string_equal(cured->program.sources.items[0], "two.c");
    assert_true(cured->own_sources);
    assert_int_equal(cured->program.arguments.count, 0);
    assert_string_equal(cured->expect, "finished");
    assert_string_equal(cured->scheduler.policy, "rr");
    assert_int_equal(cured->scheduler.cpus, 1);
    assert_int_equal(cured->scheduler.quantum, 2);
    assert_int_equal(cured->out, SCENE_STDOUT_PTY);
    assert_int_equal(scene_variant_find(scene, "cured"), 1);
    assert_int_equal(scene_variant_find(scene, NULL), 0);
    assert_int_equal(scene_variant_find(scene, "other"), 2);
    assert_true(scene_beat_in_variant(&scene->beats[2], faulty));
    assert_false(scene_beat_in_variant(&scene->beats[2], cured));
    assert_true(scene_beat_in_variant(&scene->beats[0], cured));
    scene_free(scene);
}

static void what_is_left_out_has_a_default(void **state)
{
    (void)state;
    struct scene *scene = read_good(SCENES "/good/least.yaml");
    assert_string_equal(scene->scheduler.policy, "rr");
    assert_int_equal(scene->scheduler.quantum, 1);
    assert_int_equal(scene->scheduler.cpus, 1);
    assert_int_equal(scene->out, SCENE_STDOUT_PTY);
    assert_int_equal(scene->variant_count, 1);
    assert_string_equal(scene->variants[0].id, "");
    assert_string_equal(scene->variants[0].expect, "finished");
    assert_int_equal(scene->network.host_count, 0);
    assert_null(scene->notes.in[SCENE_ENGLISH]);
    scene_free(scene);
}

static void hosts_with_programs_are_the_scenes(void **state)
{
    (void)state;
    struct scene *scene = read_good(SCENES "/good/hosts.yaml");
    assert_true(scene_hosts_play(scene));
    assert_int_equal(scene->network.host_count, 2);
    const struct scene_host *server = &scene->network.hosts[0], *client = &scene->network.hosts[1];
    assert_string_equal(server->name, "server");
    assert_int_equal(server->number, 2);
    assert_null(server->after);
    assert_string_equal(server->program.sources.items[0], "one.c");
    assert_int_equal(client->number, 1);
    assert_string_equal(client->after, "socket.listen");
    assert_string_equal(client->program.sources.items[0], "two.c");
    assert_int_equal(client->program.arguments.count, 2);
    assert_string_equal(client->program.arguments.items[1], "8080");
    assert_int_equal(scene->variant_count, 2);
    assert_int_equal(scene->variants[1].scheduler.cpus, 2);
    scene_free(scene);
    scene = read_good(SCENES "/good/full.yaml");
    assert_false(scene_hosts_play(scene));
    assert_int_equal(scene->network.hosts[0].number, 0);
    scene_free(scene);
}

static void every_bad_file_is_refused_at_its_line(void **state)
{
    (void)state;
    DIR *folder = opendir(SCENES "/bad");
    assert_non_null(folder);
    unsigned files = 0, wrong = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        size_t length = strlen(entry->d_name);
        if (length < 6 || strcmp(entry->d_name + length - 5, ".yaml") != 0)
            continue;
        char path[600], first[300] = "", text[2000];
        snprintf(path, sizeof path, SCENES "/bad/%s", entry->d_name);
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        assert_non_null(fgets(first, sizeof first, file));
        fclose(file);
        unsigned line = 0;
        int at = 0;
        assert_int_equal(sscanf(first, "# expect %u: %n", &line, &at), 1);
        first[strcspn(first, "\n")] = 0;
        const char *part = at ? first + at : "";

        static struct scene_errors errors;
        struct scene *scene = NULL;
        enum status status = scene_read(path, &scene, &errors);
        files++;
        bool good = status != STATUS_OK && !scene && errors.count > 0;
        /* Others may follow from it: a mistyped key is missing as well. */
        bool found = false;
        for (size_t i = 0; i < errors.count && !found; i++)
            found = errors.items[i].line == line && strstr(errors.items[i].text, part);
        if (!good || !found) {
            wrong++;
            print_error("%s: expected line %u, `%s`, got status %d\n", path, line, part, (int)status);
            for (size_t i = 0; i < errors.count; i++) {
                scene_error_format(&errors, i, text, sizeof text);
                print_error("%s", text);
            }
        }
        scene_free(scene);
    }
    closedir(folder);
    assert_int_equal(wrong, 0);
    assert_true(files >= 40);
}

static void an_error_shows_the_line_and_a_caret(void **state)
{
    (void)state;
    static struct scene_errors errors;
    struct scene *scene = NULL;
    assert_int_equal(scene_read(SCENES "/bad/operation-unknown.yaml", &scene, &errors), STATUS_INVALID);
    assert_int_equal(errors.count, 1);
    char text[2000];
    size_t length = scene_error_format(&errors, 0, text, sizeof text);
    assert_int_equal(length, strlen(text));
    assert_string_equal(text, SCENES
                        "/bad/operation-unknown.yaml:13:36: error: unknown operation `mutex.take`; they are named like "
                        "mutex.lock, process.fork\n"
                        "    - when: {task: P1.T1, operation: mutex.take, object: mutex A, outcome: done}\n"
                        "                                     ^~~~~~~~~~\n");
    char small[20];
    assert_int_equal(scene_error_format(&errors, 0, small, sizeof small), 19);
}

static void the_caret_minds_wide_characters(void **state)
{
    (void)state;
    static struct scene_errors errors;
    struct scene *scene = NULL;
    assert_int_equal(scene_read(SCENES "/bad/unknown-language.yaml", &scene, &errors), STATUS_INVALID);
    char text[2000];
    scene_error_format(&errors, 0, text, sizeof text);
    const char *line = strchr(text, '\n') + 1, *caret = strchr(line, '\n') + 1;
    assert_int_equal(strspn(caret, " "), 2 + strlen("notes: {en: Notes., zh: ") + 6 + strlen(", "));
}

static void a_file_that_cannot_be_read_is_told(void **state)
{
    (void)state;
    static struct scene_errors errors;
    struct scene *scene = NULL;
    assert_int_equal(scene_read(SCENES "/nowhere", &scene, &errors), STATUS_NOT_FOUND);
    assert_null(scene);
    assert_int_equal(errors.count, 1);
    assert_int_equal(errors.items[0].line, 0);
    assert_int_equal(scene_read("/dev/null", &scene, &errors), STATUS_INVALID);
    assert_int_equal(scene_read(SCENES, &scene, &errors), STATUS_NOT_FOUND);

    char folder[] = "/tmp/lockstep-test-XXXXXX", fifo[64], large[64];
    assert_non_null(mkdtemp(folder));
    snprintf(fifo, sizeof fifo, "%s/scene.yaml", folder);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(scene_read(folder, &scene, &errors), STATUS_INVALID);
    unlink(fifo);
    snprintf(large, sizeof large, "%s/large.yaml", folder);
    FILE *file = fopen(large, "w");
    for (int i = 0; i < 300 * 1024; i++)
        fputc('#', file);
    fclose(file);
    assert_int_equal(scene_read(large, &scene, &errors), STATUS_LIMIT);
    unlink(large);
    rmdir(folder);
}

static void a_folder_must_be_called_like_its_scene(void **state)
{
    (void)state;
    char folder[] = "/tmp/lockstep-test-XXXXXX", path[64], source[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/scene.yaml", folder);
    snprintf(source, sizeof source, "%s/one.c", folder);
    FILE *from = fopen(SCENES "/good/least.yaml", "r"), *to = fopen(path, "w");
    for (int c; (c = fgetc(from)) != EOF;)
        fputc(c, to);
    fclose(from);
    fclose(to);
    fclose(fopen(source, "w"));
    static struct scene_errors errors;
    struct scene *scene = NULL;
    assert_int_equal(scene_read(folder, &scene, &errors), STATUS_INVALID);
    assert_non_null(strstr(errors.items[0].text, "its folder is called"));
    unlink(path);
    unlink(source);
    rmdir(folder);
}

static void text_is_measured_in_columns(void **state)
{
    (void)state;
    assert_int_equal(scene_text_columns("abc"), 3);
    assert_int_equal(scene_text_columns("死锁 A"), 6);
    assert_int_equal(scene_text_columns("one\ntwo three"), 3);
    assert_int_equal(scene_text_lines("one two three", 80), 1);
    assert_int_equal(scene_text_lines("one two three", 7), 2);
    assert_int_equal(scene_text_lines("one two three", 5), 3);
    assert_int_equal(scene_text_lines("one two three", 4), 0);
    assert_int_equal(scene_text_lines("汉字汉字", 4), 2);
    assert_int_equal(scene_text_lines("汉字汉字", 5), 2);
    assert_int_equal(scene_text_lines("a\nb", 5), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_arrives),
        cmocka_unit_test(a_variant_starts_from_the_scene),
        cmocka_unit_test(what_is_left_out_has_a_default),
        cmocka_unit_test(hosts_with_programs_are_the_scenes),
        cmocka_unit_test(every_bad_file_is_refused_at_its_line),
        cmocka_unit_test(an_error_shows_the_line_and_a_caret),
        cmocka_unit_test(the_caret_minds_wide_characters),
        cmocka_unit_test(a_file_that_cannot_be_read_is_told),
        cmocka_unit_test(a_folder_must_be_called_like_its_scene),
        cmocka_unit_test(text_is_measured_in_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
