/* Lectures: every key arrives; a scene as the lecture wants it; where scenes are looked for; what is no lecture. */
#include "scene/lecture.h"

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
static struct scene_roots roots;

static void write_file(const char *path, const char *text)
{
    char full[4096], part[4096];
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

static const char *at(const char *path)
{
    static char full[4096];
    snprintf(full, sizeof full, "%s/%s", place, path);
    return full;
}

#define TEXTS "title: {en: Title, zh: 标题}\nteaches: {en: It teaches., zh: 它教。}\nminutes: 4\n"
#define ASK                                                                                                              \
    "{question: {en: Own, zh: 自带}, choices: [{en: A, zh: 甲}, {en: B, zh: 乙}], answer: 1, because: {en: So, zh: " \
    "因}}"
#define SCENE(id)                                                                                                      \
    "id: " id "\n" TEXTS "variants: [{id: faulty, sources: [one.c]}, {id: cured, sources: [one.c]}]\n"                 \
    "views: [stage]\nnotes: {en: Its notes., zh: 它的备注。}\nbeats:\n"                                           \
    "  - {when: {operation: mutex.lock}, say: {en: First, zh: 一}, ask: " ASK "}\n"                                    \
    "  - {when: {operation: mutex.unlock}, say: {en: Second, zh: 二}, variants: [faulty], ask: " ASK "}\n"
#define QUESTION                                                                                                         \
    "question: {en: Mine, zh: 我的}, choices: [{en: A, zh: 甲}, {en: B, zh: 乙}], answer: 2, because: {en: So, zh: " \
    "因}"

static void make_scene(const char *folder, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/scene.yaml", folder);
    write_file(path, text);
    snprintf(path, sizeof path, "%s/one.c", folder);
    write_file(path, "int main(void) { return 0; }\n");
}

static int make_place(void **state)
{
    (void)state;
    strcpy(place, "/tmp/lockstep-test-XXXXXX");
    if (!mkdtemp(place))
        return -1;
    make_scene("listed/one", SCENE("one"));
    make_scene("listed/two", SCENE("two"));
    make_scene("course/two", SCENE("two"));
    write_file("course/lecture.yaml", "title: {en: Course, zh: 课}\n"
                                      "teaches: {en: Much., zh: 很多。}\n"
                                      "minutes: 45\n"
                                      "questions: false\n"
                                      "scenes:\n"
                                      "  - one\n"
                                      "  - scene: two\n"
                                      "    variant: cured\n"
                                      "    teaches: {en: Other., zh: 别的。}\n"
                                      "    notes: {en: My notes., zh: 我的备注。}\n"
                                      "    questions: true\n"
                                      "    ask:\n"
                                      "      - {after: 1, " QUESTION "}\n"
                                      "      - {when: {fault: deadlock}, " QUESTION "}\n");
    write_file("plain/any-name.yaml", "title: {en: Course, zh: 课}\nminutes: 1\nscenes: [one]\n");
    roots = (struct scene_roots){.count = 1};
    snprintf(roots.items[0].path, sizeof roots.items[0].path, "%s/listed", place);
    return 0;
}

static int remove_place(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", place);
    return system(command);
}

static struct lecture *read_course(void)
{
    struct lecture *lecture = NULL;
    enum status status = lecture_read(at("course"), &roots, &lecture, &errors);
    for (size_t i = 0; i < errors.count; i++)
        print_error("%u: %s\n", errors.items[i].line, errors.items[i].text);
    assert_int_equal(status, STATUS_OK);
    return lecture;
}

static void every_key_arrives(void **state)
{
    (void)state;
    struct lecture *lecture = read_course();
    assert_string_equal(lecture->title.in[SCENE_CHINESE], "课");
    assert_string_equal(lecture->teaches.in[SCENE_ENGLISH], "Much.");
    assert_int_equal(lecture->minutes, 45);
    assert_int_equal(lecture->questions, LECTURE_QUESTIONS_off);
    assert_int_equal(lecture->count, 2);
    assert_string_equal(lecture->items[0].scene, "one");
    assert_string_equal(strrchr(lecture->items[0].path, '/'), "/one");
    assert_null(lecture->items[0].variant);
    assert_int_equal(lecture->items[0].questions, LECTURE_QUESTIONS_as_lecture);
    const struct lecture_item *item = &lecture->items[1];
    assert_string_equal(item->path, at("course/two")); /* the one beside the lecture, and not the one of the list */
    assert_string_equal(item->variant, "cured");
    assert_int_equal(item->questions, LECTURE_QUESTIONS_on);
    assert_int_equal(item->ask_count, 2);
    assert_int_equal(item->asks[0].after, 1);
    assert_int_equal(item->asks[0].question.answer, 2);
    assert_string_equal(item->asks[1].when.fault, "deadlock");
    assert_int_equal(item->asks[1].line, 14);
    lecture_free(lecture);
}

static void a_scene_is_as_the_lecture_wants_it(void **state)
{
    (void)state;
    struct lecture *lecture = read_course();
    struct scene *scene = NULL;
    size_t variant = 9;
    assert_int_equal(lecture_scene(lecture, 0, &scene, &variant, &errors), STATUS_OK);
    assert_int_equal(variant, 0);
    assert_int_equal(scene->beat_count, 2);
    assert_int_equal(scene->beats[0].ask.choice_count, 0); /* the lecture asks nothing */
    assert_string_equal(scene->beats[0].say.in[SCENE_ENGLISH], "First");
    assert_string_equal(scene->notes.in[SCENE_ENGLISH], "Its notes.");
    scene_free(scene);
    assert_int_equal(lecture_scene(lecture, 1, &scene, &variant, &errors), STATUS_OK);
    assert_int_equal(variant, 1);
    assert_int_equal(scene->beat_count, 3);
    assert_string_equal(scene->beats[0].ask.question.in[SCENE_ENGLISH], "Mine");
    assert_string_equal(scene->beats[1].ask.question.in[SCENE_ENGLISH], "Own");
    assert_string_equal(scene->beats[2].ask.question.in[SCENE_CHINESE], "我的");
    assert_null(scene->beats[2].say.in[SCENE_ENGLISH]);
    assert_string_equal(scene->beats[2].file, at("course/lecture.yaml"));
    assert_null(scene->beats[0].file);
    assert_string_equal(scene->notes.in[SCENE_CHINESE], "我的备注。");
    assert_string_equal(scene->teaches.in[SCENE_ENGLISH], "Other.");
    assert_int_equal(scene_drop_questions(scene), STATUS_OK);
    for (size_t i = 0; i < scene->beat_count; i++)
        assert_int_equal(scene->beats[i].ask.choice_count, 0);
    scene_free(scene);
    lecture_free(lecture);
}

static void a_lecture_is_told_from_a_scene(void **state)
{
    (void)state;
    assert_true(lecture_is(at("course")));
    assert_true(lecture_is(at("course/lecture.yaml")));
    assert_true(lecture_is(at("plain/any-name.yaml")));
    assert_false(lecture_is(at("plain")));
    assert_false(lecture_is(at("listed/one")));
    assert_false(lecture_is(at("listed/one/scene.yaml")));
    assert_false(lecture_is(at("nothing")));
    assert_false(lecture_is(at("nothing.yaml")));
    assert_false(lecture_is(""));
}

/* What is wrong, at which line. */
static void faults_are_named_with_their_lines(void **state)
{
    (void)state;
    static const struct {
        const char *text, *finding;
        unsigned line;
    } bad[] = {
        {"", "empty", 1},
        {"title: [", "", 2},
        {"scenes: [one]\nminutes: 4\n", "has no `title`", 1},
        {"title: {en: A, zh: 甲}\nminutes: 4\nscenes: []\n", "1 to 100", 3},
        {"title: {en: A, zh: 甲}\nminutes: 4\nscenes: one\n", "must be a list", 3},
        {"title: {en: A, zh: 甲}\nminutes: 4\nscenes:\n  - {}\n", "has no `scene`", 4},
        {"title: {en: A, zh: 甲}\nminutes: 4\nscenes:\n  - [one]\n", "must be a mapping", 4},
        {"title: {en: A, zh: 甲}\nminutes: 4\nscenes:\n  - ony\n", "did you mean `one`", 4},
        {"title: {en: A, zh: 甲}\nminutes: 4\nscenes:\n  - {scene: one, ask: {}}\n", "`ask` must be a list", 4},
        {"title: {en: A, zh: 甲}\nminutes: 4\nscenes:\n  - {scene: one, variant: blue}\n", "no variant `blue`", 4},
        {"title: {en: A, zh: 甲}\nminutes: 4\nscenes:\n  - {scene: one, ask: [{after: 3, " QUESTION "}]}\n",
         "only 2 beats", 4},
        {"title: {en: A, zh: 甲}\nminutes: 4\nscenes:\n  - {scene: one, variant: cured, ask: [{after: 2, " QUESTION
         "}]}\n",
         "does not belong to the variant", 4},
        {"title: {en: A, zh: 甲}\nminutes: 4\nscenes:\n  - {scene: one, ask: [x]}\n", "must be a mapping", 4},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct lecture *lecture = NULL;
        write_file("bad/lecture.yaml", bad[i].text);
        assert_int_equal(lecture_read(at("bad"), &roots, &lecture, &errors), STATUS_INVALID);
        assert_null(lecture);
        bool found = false;
        for (size_t k = 0; k < errors.count; k++)
            found = found || (errors.items[k].line == bad[i].line && strstr(errors.items[k].text, bad[i].finding));
        if (!found)
            fail_msg("%zu: line %u, \"%s\" is not told; the first is line %u: %s", i, bad[i].line, bad[i].finding,
                     errors.items[0].line, errors.items[0].text);
    }
    struct lecture *lecture = NULL;
    assert_int_equal(lecture_read(at("none"), &roots, &lecture, &errors), STATUS_NOT_FOUND);
    assert_int_equal(errors.count, 1);
}

static void lectures_are_listed_by_name(void **state)
{
    (void)state;
    struct lecture_list list;
    struct scene_roots here = {.count = 1};
    snprintf(here.items[0].path, sizeof here.items[0].path, "%s", place);
    assert_int_equal(lecture_list_read(&here, &list), STATUS_OK);
    assert_non_null(lecture_list_find(&list, "course"));
    assert_null(lecture_list_find(&list, "plain"));
    assert_null(lecture_list_find(&list, "listed"));
    lecture_list_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_arrives),
        cmocka_unit_test(a_scene_is_as_the_lecture_wants_it),
        cmocka_unit_test(a_lecture_is_told_from_a_scene),
        cmocka_unit_test(faults_are_named_with_their_lines),
        cmocka_unit_test(lectures_are_listed_by_name),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
