/* Lists of scenes: our acts in their order, then the user's scenes; and from what a person writes to a scene. */
#include "scene/scene_list.h"

#include <glob.h>
#include <limits.h>
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

static char place[64];
static struct scene_errors errors;

static void write_file(const char *path, const char *text)
{
    char full[PATH_MAX], part[PATH_MAX];
    snprintf(full, sizeof full, "%s/%s", place, path);
    for (char *slash = full + strlen(place) + 1; (slash = strchr(slash, '/')); slash++) {
        snprintf(part, (size_t)(slash - full) + 1, "%s", full);
        mkdir(part, 0755);
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int make_place(void **state)
{
    (void)state;
    strcpy(place, "/tmp/lockstep-test-XXXXXX");
    if (!mkdtemp(place))
        return -1;
    write_file("bin/lockstep", "");
    write_file("share/lockstep/scenes/acts.yaml", "acts:\n"
                                                  "  - {id: 1-a, title: {en: First, zh: 一}, scenes: [zebra, ape]}\n"
                                                  "  - {id: 2-b, title: {en: Second, zh: 二}, scenes: [cat, gone]}\n");
    write_file("share/lockstep/scenes/1-a/ape/scene.yaml", "");
    write_file("share/lockstep/scenes/1-a/zebra/scene.yaml", "");
    write_file("share/lockstep/scenes/2-b/cat/scene.yaml", "");
    write_file("share/lockstep/scenes/2-b/unlisted/scene.yaml", "");
    write_file("data/lockstep/scenes/mine/scene.yaml", "");
    write_file("data/lockstep/scenes/course/deep/scene.yaml", "");
    write_file("data/lockstep/scenes/ape/scene.yaml", "");
    write_file("data/lockstep/scenes/empty/other.txt", "");
    char data[128];
    snprintf(data, sizeof data, "%s/data", place);
    return setenv("XDG_DATA_HOME", data, 1);
}

static int remove_place(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", place);
    return system(command);
}

static void roots_find(struct scene_roots *roots)
{
    char executable[128];
    snprintf(executable, sizeof executable, "%s/bin/lockstep", place);
    scene_roots_find(roots, executable);
}

static void ours_come_in_the_order_of_the_acts_then_the_users(void **state)
{
    (void)state;
    struct scene_roots roots;
    struct scene_list list;
    roots_find(&roots);
    assert_int_equal(roots.count, 2);
    assert_true(roots.items[0].shipped);
    assert_false(roots.items[1].shipped);
    assert_int_equal(scene_list_read(&roots, &list, &errors), STATUS_OK);
    static const char *const expected[] = {"zebra", "ape", "cat", "deep", "mine"};
    assert_int_equal(list.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(list.entries[i].id, expected[i]);
    assert_string_equal(list.entries[2].act, "2-b");
    assert_string_equal(list.entries[2].act_title.in[SCENE_CHINESE], "二");
    assert_true(list.entries[1].shipped);
    assert_false(list.entries[4].shipped);
    assert_string_equal(scene_list_nearest(&list, "zebar"), "zebra");
    assert_null(scene_list_nearest(&list, "something-else"));
    scene_list_free(&list);
}

static void a_build_folder_has_its_scenes_beside_the_program(void **state)
{
    (void)state;
    write_file("build/lockstep", "");
    write_file("build/share/lockstep/scenes/acts.yaml", "acts: []\n");
    char executable[128];
    snprintf(executable, sizeof executable, "%s/build/lockstep", place);
    struct scene_roots roots;
    scene_roots_find(&roots, executable);
    assert_non_null(strstr(roots.items[0].path, "/build/share/lockstep/scenes"));
}

static void a_scene_is_found_by_id_folder_or_file(void **state)
{
    (void)state;
    struct scene_roots roots;
    struct message message = {""};
    char path[PATH_MAX], given_path[PATH_MAX];
    bool given;
    roots_find(&roots);
    assert_int_equal(scene_find(&roots, "cat", path, sizeof path, &given, &message), STATUS_OK);
    assert_non_null(strstr(path, "/2-b/cat"));
    assert_false(given);
    snprintf(given_path, sizeof given_path, "%s/data/lockstep/scenes/mine", place);
    assert_int_equal(scene_find(&roots, given_path, path, sizeof path, &given, &message), STATUS_OK);
    assert_string_equal(path, given_path);
    assert_true(given);
    strcat(given_path, "/scene.yaml");
    assert_int_equal(scene_find(&roots, given_path, path, sizeof path, &given, &message), STATUS_OK);
    assert_int_equal(scene_find(&roots, "catt", path, sizeof path, &given, &message), STATUS_NOT_FOUND);
    assert_non_null(strstr(message.text, "Did you mean 'cat'"));
    assert_int_equal(scene_find(&roots, "no\033[31m", path, sizeof path, &given, &message), STATUS_NOT_FOUND);
    assert_null(strchr(message.text, '\033'));
    assert_int_equal(scene_find(&roots, place, path, sizeof path, &given, &message), STATUS_NOT_FOUND);
}

static void a_wrong_list_of_acts_is_told_with_its_line(void **state)
{
    (void)state;
    struct scene_roots roots;
    struct scene_list list;
    write_file("bad/lockstep", "");
    write_file("bad/share/lockstep/scenes/acts.yaml", "acts:\n  - {id: 1-a, scenes: [zebra]}\n");
    char executable[128];
    snprintf(executable, sizeof executable, "%s/bad/lockstep", place);
    scene_roots_find(&roots, executable);
    assert_int_equal(scene_list_read(&roots, &list, &errors), STATUS_INVALID);
    assert_int_equal(errors.count, 1);
    assert_int_equal(errors.items[0].line, 2);
    assert_non_null(scene_list_find(&list, "mine"));
    scene_list_free(&list);
}

/* Every scene that we ship can be read, is in the list, and the list names none that is not there. */
static void our_own_scenes_are_good(void **state)
{
    (void)state;
    struct scene_roots roots = {.count = 1};
    struct scene_list list;
    strcpy(roots.items[0].path, "scenes");
    assert_int_equal(scene_list_read(&roots, &list, &errors), STATUS_OK);
    assert_true(list.count >= 12);
    size_t wrong = 0;
    for (size_t i = 0; i < list.count; i++) {
        struct scene *scene = NULL;
        if (scene_read(list.entries[i].folder, &scene, &errors) != STATUS_OK) {
            wrong++;
            for (size_t j = 0; j < errors.count; j++) {
                char text[2000];
                scene_error_format(&errors, j, text, sizeof text);
                print_error("%s", text);
            }
            continue;
        }
        size_t questions = 0;
        for (size_t j = 0; j < scene->beat_count; j++)
            questions += scene->beats[j].ask.choice_count > 0;
        if (scene->beat_count < 3 || questions < 1 || !scene->notes.in[SCENE_ENGLISH]) {
            print_error("%s: fewer than 3 beats, no question, or no notes\n", scene->file);
            wrong++;
        }
        scene_free(scene);
    }
    assert_int_equal(wrong, 0);
    glob_t folders;
    assert_int_equal(glob("scenes/*/*/scene.yaml", 0, NULL, &folders), 0);
    assert_int_equal(folders.gl_pathc, list.count);
    globfree(&folders);
    scene_list_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ours_come_in_the_order_of_the_acts_then_the_users),
        cmocka_unit_test(a_build_folder_has_its_scenes_beside_the_program),
        cmocka_unit_test(a_scene_is_found_by_id_folder_or_file),
        cmocka_unit_test(a_wrong_list_of_acts_is_told_with_its_line),
        cmocka_unit_test(our_own_scenes_are_good),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
