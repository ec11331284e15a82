/* Every scene and variant, every step, without a terminal: a player is led through it and its frames are drawn on canvases.
 * Nothing may be cut or drawn over, what is said at a beat must be there in full, and a step must look the same however
 * one came to it. LOCKSTEP_SCENE=<id> takes one scene alone; LOCKSTEP_SHOW prints the beats. */
#include "app/comparison.h"
#include "app/language.h"
#include "app/player.h"
#include "app/scenes.h"
#include "scene/scene_list.h"
#include "terminal/terminal_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES_MAX = 1500, FINDINGS_MAX = 60, LINE = 1024 * 16 };

static const struct {
    unsigned columns, rows;
    bool ascii;
} sizes[] = {{80, 24, false}, {100, 30, false}, {80, 24, true}};
enum { SIZES = sizeof sizes / sizeof *sizes };

static struct paths paths;
static struct keys keys;
static struct scene_list list;
static unsigned findings;

/* One scene being played. */
struct play {
    const char *id;
    const char *variant;
    struct scene *scene;
    struct player *player;
    struct canvas *canvas, *scratch;
    bool chinese;
    unsigned size; /* index; SIZES: neither */
};

static void find(const struct play *play, const char *what, const char *text)
{
    findings++;
    if (findings <= FINDINGS_MAX)
        fprintf(stderr, "%s%s%s, step %u, %s, %ux%u%s: %s: %s\n", play->id, play->variant[0] ? ":" : "", play->variant,
                player_step(play->player), play->chinese ? "zh" : "en", canvas_columns(play->canvas),
                canvas_rows(play->canvas), canvas_ascii(play->canvas) ? " ascii" : "", what, text);
}

static void show(const struct play *play)
{
    char line[LINE];
    for (unsigned row = 0; row < canvas_rows(play->canvas); row++) {
        canvas_row_text(play->canvas, row, line, sizeof line);
        printf("%s\n", line);
    }
}

/* ---- what must be on it ---- */

/* The text, wrapped as the lower part wraps, is on the canvas line by line. */
static void must_be_there(struct play *play, const char *what, const char *text, int indent)
{
    char wanted[LINE], found[LINE];
    int width = (int)canvas_columns(play->canvas) - 2;
    width = (width > 110 ? 110 : width) - indent;
    canvas_resize(play->scratch, (unsigned)width, 60, canvas_ascii(play->canvas));
    struct pane pane = pane_whole(play->scratch);
    int lines = pane_text_wrap(&pane, 0, 0, width, 60, EMPHASIS_none, ROLE_text, text);
    unsigned row = 0;
    for (int line = 0; line < lines; line++) {
        canvas_row_text(play->scratch, (unsigned)line, wanted, sizeof wanted);
        bool there = false;
        while (row < canvas_rows(play->canvas) && !there) {
            canvas_row_text(play->canvas, row++, found, sizeof found);
            there = strstr(found, wanted) != NULL;
        }
        if (!there) {
            find(play, what, wanted);
            return;
        }
    }
}

static void look(struct play *play, const struct stage_frame *frame)
{
    const struct canvas_faults *faults = canvas_faults(play->canvas);
    char choice[1024];
    if (faults->cuts)
        find(play, "cut", faults->first_cut);
    if (faults->overlaps)
        find(play, "drawn twice", faults->first_overlap);
    if (frame->narration)
        must_be_there(play, "narration not in full", frame->narration, 0);
    else if (frame->step.say && frame->step.say[0])
        must_be_there(play, "sentence not in full", frame->step.say, 0);
    const struct stage_question *question = &frame->question;
    if (!question->text)
        return;
    must_be_there(play, "question not in full", question->text, 0);
    for (size_t i = 0; i < question->choice_count; i++) {
        snprintf(choice, sizeof choice, "%zu %s", i + 1, question->choices[i]);
        must_be_there(play, "choice not in full", choice, 4);
    }
    if (question->revealed)
        must_be_there(play, "reason not in full", question->because, 0);
}

static void draw(struct play *play, struct stage_frame *frame)
{
    assert_true(player_frame(play->player, frame));
    stage_draw(frame, play->canvas);
}

static void set_language(struct play *play, bool chinese)
{
    play->chinese = chinese;
    language_set(chinese);
    player_set_chinese(play->player, chinese);
}

/* The moment at all sizes in both languages. */
static void look_at_all(struct play *play)
{
    struct stage_frame frame;
    for (int chinese = 1; chinese >= 0; chinese--) {
        set_language(play, chinese);
        for (play->size = 0; play->size < SIZES; play->size++) {
            canvas_resize(play->canvas, sizes[play->size].columns, sizes[play->size].rows, sizes[play->size].ascii);
            draw(play, &frame);
            look(play, &frame);
            if (getenv("LOCKSTEP_SHOW") && frame.narration)
                show(play);
        }
    }
    canvas_resize(play->canvas, 100, 30, false);
}

/* Each view, alone on the screen. */
static void look_at_views(struct play *play)
{
    struct stage_frame frame;
    canvas_resize(play->canvas, 80, 24, false);
    for (int view = 0; view < STAGE_VIEW_COUNT; view++) {
        for (int chinese = 1; chinese >= 0; chinese--) {
            set_language(play, chinese);
            assert_true(player_frame(play->player, &frame));
            frame.focus = frame.enlarged = view;
            stage_draw(&frame, play->canvas);
            look(play, &frame);
        }
    }
    canvas_resize(play->canvas, 100, 30, false);
}

/* ---- the way there and the way back ---- */

static char *picture(struct play *play)
{
    struct stage_frame frame;
    char *text = NULL, line[LINE];
    size_t length;
    draw(play, &frame);
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    for (unsigned row = 0; row < canvas_rows(play->canvas); row++) {
        uint64_t hash = 14695981039346656037u;
        for (unsigned column = 0; column < canvas_columns(play->canvas); column++) {
            const struct cell *cell = canvas_cell(play->canvas, column, row);
            const uint32_t looks[] = {cell->code, cell->role, cell->emphasis, cell->tag.kind, cell->tag.number};
            for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
                hash = (hash ^ looks[i]) * 1099511628211u;
        }
        canvas_row_text(play->canvas, row, line, sizeof line);
        fprintf(out, "%s\t%08x\n", line, (unsigned)hash);
    }
    fclose(out);
    return text;
}

/* The kernel has sent again by itself, in real time, after the step was over: that came to the picture later. */
static bool kernel_came_later(struct play *play)
{
    struct stage_frame frame;
    assert_true(player_frame(play->player, &frame));
    for (uint32_t number = 1; number <= world_packet_count(frame.after); number++) {
        const struct world_packet *packet = world_packet(frame.after, number);
        if (packet && packet->task == 0 && packet->sent_step == player_step(play->player))
            return true;
    }
    return false;
}

static void must_equal(struct play *play, const char *before, const char *how)
{
    char *now = picture(play);
    if (strcmp(before, now) != 0 && !kernel_came_later(play)) {
        find(play, "another picture", how);
        if (findings <= 12)
            fprintf(stderr, "before:\n%s\nnow:\n%s\n", before, now);
    }
    free(now);
}

static void finish_work(struct play *play)
{
    while (player_is_working(play->player))
        player_work(play->player);
}

static void forward_one(struct play *play)
{
    player_request(play->player, REQUEST_forward, 0);
    finish_work(play); /* the kernel sends again in its own time */
}

/* Requests of one kind until nothing changes any more; the pictures, the first before any. */
static size_t go_to_end(struct play *play, char **pictures)
{
    size_t count = 0;
    bool moved = true;
    pictures[count++] = picture(play);
    look_at_all(play);
    look_at_views(play);
    while (moved && count < PLACES_MAX) {
        bool forward;
        struct stage_frame frame;
        uint32_t before = player_moment(play->player, &forward);
        forward_one(play);
        moved = player_moment(play->player, &forward) != before;
        if (!moved) {
            assert_true(player_frame(play->player, &frame));
            if (!frame.ended)
                find(play, "it does not go on", frame.message);
            break;
        }
        pictures[count++] = picture(play);
        look_at_all(play);
        set_language(play, false);
        assert_true(player_frame(play->player, &frame));
        if (frame.narration)
            look_at_views(play);
        set_language(play, false);
    }
    return count;
}

/* Once more, with an answer to every question, one after the other as they come. */
static void answer_all(struct play *play)
{
    struct stage_frame frame;
    unsigned asked = 0;
    player_request(play->player, REQUEST_first, 0);
    for (bool over = false; !over;) {
        assert_true(player_frame(play->player, &frame));
        bool open = frame.question.text && !frame.question.revealed;
        over = frame.ended && !open;
        if (!open) {
            player_request(play->player, REQUEST_forward, 0);
            continue;
        }
        unsigned answer = asked++ % (unsigned)frame.question.choice_count + 1;
        player_request(play->player, REQUEST_choose, (int)answer);
        assert_true(player_frame(play->player, &frame));
        if (!frame.question.revealed || frame.question.chosen != answer)
            find(play, "the answer is not shown", frame.question.text);
        look_at_all(play);
        set_language(play, false);
    }
}

static void play_through(struct play *play)
{
    static char *pictures[PLACES_MAX];
    set_language(play, false);
    size_t count = go_to_end(play, pictures);
    set_language(play, false);
    if (count == PLACES_MAX)
        find(play, "it does not end", "");
    /* The last request was answered with "the run is over". */
    for (size_t i = count - 1; i-- > 0;) {
        player_request(play->player, REQUEST_back, 0);
        must_equal(play, pictures[i], "on the way back");
    }
    for (size_t i = 1; i < count; i++) {
        forward_one(play);
        must_equal(play, pictures[i], "on the way there again");
    }
    player_request(play->player, REQUEST_first, 0);
    must_equal(play, pictures[0], "by going to the beginning");
    player_request(play->player, REQUEST_last, 0);
    finish_work(play);
    player_request(play->player, REQUEST_close, 0);
    must_equal(play, pictures[count - 1], "by going to the end");
    answer_all(play);
    assert_int_equal(player_starts(play->player), 1);
    for (size_t i = 0; i < count; i++)
        free(pictures[i]);
}

static const char *keys_shown(void *context, enum request request, bool first)
{
    static char text[1024];
    (void)context;
    keys_of(&keys, request, first, text, sizeof text);
    return text;
}

static void play_variant(struct scene *scene, size_t variant, const char *act, const char *act_zh)
{
    struct scenes_program program;
    struct session_plan plan;
    struct message message = {{0}};
    int result = 0;
    struct play play = {.id = scene->id, .variant = scene->variants[variant].id, .scene = scene, .size = SIZES};
    if (scene->variants[variant].scheduler.mode == SCENE_MODE_LIVE)
        return;
    assert_true(scenes_load(scene, variant, NULL, &paths, &program, &plan, &result));
    struct comparison *comparison = comparison_new(scene, &paths);
    assert_true((comparison != NULL) == (scene->compare.count > 0));
    const struct player_options options = {
        .plan = &plan, .paths = &paths, .act = act, .act_zh = act_zh, .comparison = comparison, .questions = true};
    if (player_new(&options, &play.player, &message))
        fail_msg("%s: %s", scene->id, message.text);
    player_set_keys(play.player, keys_shown, NULL);
    play.canvas = canvas_new(100, 30, false);
    play.scratch = canvas_new(100, 30, false);
    assert_true(play.canvas && play.scratch);
    play_through(&play);
    canvas_free(play.canvas);
    canvas_free(play.scratch);
    player_free(play.player);
    comparison_free(comparison);
    scenes_unload(&program);
}

/* ---- tests ---- */

static void every_step_of_every_scene_is_drawn_in_full_and_looks_the_same_on_every_way_there(void **state)
{
    (void)state;
    const char *only = getenv("LOCKSTEP_SCENE");
    findings = 0;
    unsigned played = 0;
    for (size_t i = 0; i < list.count; i++) {
        const struct scene_entry *entry = &list.entries[i];
        struct scene *scene = NULL;
        struct scene_errors *errors = calloc(1, sizeof *errors);
        if (!entry->shipped || (only && strcmp(only, entry->id) != 0)) {
            free(errors);
            continue;
        }
        assert_int_equal(scene_read(entry->folder, &scene, errors), STATUS_OK);
        for (size_t variant = 0; variant < scene->variant_count; variant++, played++)
            play_variant(scene, variant, entry->act_title.in[SCENE_ENGLISH], entry->act_title.in[SCENE_CHINESE]);
        scene_free(scene);
        free(errors);
    }
    assert_true(played > 0);
    assert_int_equal(findings, 0);
}

static int find_scenes(void **state)
{
    (void)state;
    struct scene_roots roots;
    static struct scene_errors errors;
    struct message message;
    paths_find(&paths);
    /* Who compiles a scene that was not built with lockstep is lockstep, and not this test. */
    snprintf(paths.executable, sizeof paths.executable, "%s/lockstep",
             getenv("LOCKSTEP_BUILD") ? getenv("LOCKSTEP_BUILD") : LOCKSTEP_BUILD_DIR);
    setenv("XDG_DATA_HOME", "/nonexistent", 1); /* only the scenes that come with lockstep */
    language_start("en", paths.locale);
    assert_int_equal(keys_read_file(&keys, paths.keys, &message), STATUS_OK);
    scene_roots_find(&roots, NULL);
    assert_true(roots.count > 0);
    return scene_list_read(&roots, &list, &errors) == STATUS_OK ? 0 : 1;
}

static int forget_scenes(void **state)
{
    (void)state;
    scene_list_free(&list);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_of_every_scene_is_drawn_in_full_and_looks_the_same_on_every_way_there),
    };
    return cmocka_run_group_tests(tests, find_scenes, forget_scenes);
}
