/* Building: once per content, complete or not at all, the compiler's words as they are. */
#include "scene/scene_build.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const gcc[] = {"gcc", NULL};
static char place[64];

static int make_place(void **state)
{
    (void)state;
    strcpy(place, "/tmp/lockstep-test-XXXXXX");
    return mkdtemp(place) ? 0 : -1;
}

static int remove_place(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", place);
    return system(command);
}

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

static const char least[] = "id: %s\ntitle: {en: A, zh: 甲}\nteaches: {en: A, zh: 甲}\nminutes: 1\n"
                            "program: {sources: [one.c]}\nvariants: [{id: first}, {id: other, sources: [two.c]}]\n"
                            "views: [stage]\nbeats: [{when: {operation: process.exit}, say: {en: A, zh: 甲}}]\n";

static struct scene *make_scene(const char *id, const char *one)
{
    char path[PATH_MAX], yaml[1000];
    snprintf(path, sizeof path, "%s/one.c", id);
    write_file(path, one);
    snprintf(path, sizeof path, "%s/two.c", id);
    write_file(path, "int main(void) { return 2; }\n");
    snprintf(yaml, sizeof yaml, least, id);
    snprintf(path, sizeof path, "%s/scene.yaml", id);
    write_file(path, yaml);
    snprintf(path, sizeof path, "%s/%s", place, id);
    struct scene *scene = NULL;
    static struct scene_errors errors;
    assert_int_equal(scene_read(path, &scene, &errors), STATUS_OK);
    return scene;
}

static enum status build(const struct scene *scene, size_t variant, char *path, struct scene_build_output *output)
{
    char cache[128];
    snprintf(cache, sizeof cache, "%s/cache", place);
    struct scene_build order = {.scene = scene, .variant = variant, .compiler = gcc, .cache = cache};
    struct message message = {""};
    enum status status = scene_build_program(&order, path, PATH_MAX, output, &message);
    if (status != STATUS_OK)
        assert_true(message.text[0]);
    return status;
}

static void a_program_is_built_once_per_content(void **state)
{
    (void)state;
    struct scene *scene = make_scene("once", "int main(void) { return 1; }\n");
    struct scene_build_output output;
    char first[PATH_MAX], again[PATH_MAX], other[PATH_MAX], changed[PATH_MAX];
    struct stat before, after;
    assert_int_equal(build(scene, 0, first, &output), STATUS_OK);
    free(output.text);
    assert_string_equal(strrchr(first, '/'), "/once");
    assert_int_equal(WEXITSTATUS(system(first)), 1);
    assert_int_equal(stat(first, &before), 0);
    assert_int_equal(build(scene, 0, again, &output), STATUS_OK);
    free(output.text);
    assert_string_equal(first, again);
    assert_int_equal(stat(first, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);

    assert_int_equal(build(scene, 1, other, &output), STATUS_OK);
    free(output.text);
    assert_string_equal(strrchr(other, '/'), "/once-other");
    assert_int_equal(WEXITSTATUS(system(other)), 2);

    write_file("once/one.c", "int main(void) { return 3; }\n");
    assert_int_equal(build(scene, 0, changed, &output), STATUS_OK);
    free(output.text);
    assert_string_not_equal(first, changed);
    assert_int_equal(WEXITSTATUS(system(changed)), 3);
    scene_free(scene);
}

static void each_host_has_a_program(void **state)
{
    (void)state;
    scene_free(make_scene("pair", "int main(void) { return 4; }\n")); /* for its sources */
    write_file("pair/scene.yaml", "id: pair\ntitle: {en: Pair, zh: 一对}\nteaches: {en: x, zh: 对}\nminutes: 1\n"
                                  "views: [wire]\nnetwork: {hosts: {one: {sources: [one.c]}, two: {sources: "
                                  "[two.c]}}}\nbeats: []\n");
    char folder[PATH_MAX], cache[128], path[PATH_MAX];
    snprintf(folder, sizeof folder, "%s/pair", place);
    snprintf(cache, sizeof cache, "%s/cache", place);
    struct scene *scene = NULL;
    static struct scene_errors errors;
    assert_int_equal(scene_read(folder, &scene, &errors), STATUS_OK);
    static const char *const names[] = {"/pair-one", "/pair-two"};
    static const int wanted[] = {4, 2};
    for (size_t host = 0; host < 2; host++) {
        struct scene_build order = {.scene = scene, .host = host, .compiler = gcc, .cache = cache};
        struct scene_build_output output;
        assert_int_equal(scene_build_program(&order, path, sizeof path, &output, NULL), STATUS_OK);
        free(output.text);
        assert_string_equal(strrchr(path, '/'), names[host]);
        assert_int_equal(WEXITSTATUS(system(path)), wanted[host]);
    }
    scene_free(scene);
}

static void what_the_compiler_says_is_handed_on_and_nothing_is_left(void **state)
{
    (void)state;
    struct scene *scene = make_scene("broken", "int main(void) { return nothing; }\n");
    struct scene_build_output output;
    char path[PATH_MAX], command[PATH_MAX + 64];
    assert_int_equal(build(scene, 0, path, &output), STATUS_INVALID);
    assert_non_null(output.text);
    assert_non_null(strstr(output.text, "one.c:1:"));
    assert_non_null(strstr(output.text, "nothing"));
    assert_int_equal(output.length, strlen(output.text));
    free(output.text);
    *strrchr(path, '/') = 0;
    snprintf(command, sizeof command, "test -z \"$(ls -A '%s')\"", path);
    assert_int_equal(system(command), 0);
    scene_free(scene);
}

static void a_missing_compiler_is_told(void **state)
{
    (void)state;
    struct scene *scene = make_scene("nocc", "int main(void) { return 0; }\n");
    const char *const none[] = {"/nowhere/cc", NULL};
    struct scene_build order = {.scene = scene, .compiler = none, .cache = place};
    struct scene_build_output output;
    struct message message = {""};
    char path[PATH_MAX];
    assert_int_equal(scene_build_program(&order, path, sizeof path, &output, &message), STATUS_ENVIRONMENT);
    assert_non_null(strstr(message.text, "/nowhere/cc"));
    free(output.text);
    scene_free(scene);
}

static void a_cache_that_others_may_write_is_not_used(void **state)
{
    (void)state;
    struct scene *scene = make_scene("foreign", "int main(void) { return 0; }\n");
    char cache[128], path[PATH_MAX];
    snprintf(cache, sizeof cache, "%s/open", place);
    assert_int_equal(mkdir(cache, 0777), 0);
    assert_int_equal(chmod(cache, 0777), 0);
    struct scene_build order = {.scene = scene, .compiler = gcc, .cache = cache};
    struct scene_build_output output;
    struct message message = {""};
    assert_int_equal(scene_build_program(&order, path, sizeof path, &output, &message), STATUS_ENVIRONMENT);
    scene_free(scene);
}

static void a_prebuilt_program_is_taken(void **state)
{
    (void)state;
    struct scene *scene = make_scene("ready", "this is not C\n");
    char prebuilt[128], goal[256], path[PATH_MAX];
    snprintf(prebuilt, sizeof prebuilt, "%s/prebuilt", place);
    snprintf(goal, sizeof goal, "%s/ready/ready", prebuilt);
    write_file("prebuilt/ready/ready", "");
    assert_int_equal(chmod(goal, 0755), 0);
    const char *const none[] = {"/nowhere/cc", NULL};
    struct scene_build order = {.scene = scene, .compiler = none, .cache = place, .prebuilt = prebuilt};
    struct scene_build_output output;
    struct message message = {""};
    assert_int_equal(scene_build_program(&order, path, sizeof path, &output, &message), STATUS_OK);
    assert_string_equal(path, goal);
    scene_free(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_is_built_once_per_content),
        cmocka_unit_test(each_host_has_a_program),
        cmocka_unit_test(what_the_compiler_says_is_handed_on_and_nothing_is_left),
        cmocka_unit_test(a_missing_compiler_is_told),
        cmocka_unit_test(a_cache_that_others_may_write_is_not_used),
        cmocka_unit_test(a_prebuilt_program_is_taken),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
