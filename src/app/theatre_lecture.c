/* A lecture on the screen: its scenes one after another. Scenes that were left for their neighbours stay as they were, so
 * that going back is a look and no new run, and so that all answers are there at the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/capture.h"
#include "app/comparison.h"
#include "app/lectures.h"
#include "app/say.h"
#include "app/scenes.h"
#include "app/theatre.h"
#include "base/text.h"

/* A scene that was opened. All of it is empty before, and after part_close. */
struct part {
    struct scene *scene;
    size_t variant;
    struct scenes_program program;
    struct session_plan plan;
    struct player *player;
    struct comparison *comparison; /* made once; NULL: there is none */
    bool loaded, compared;
    char place[32]; /* "2/9" */
};

struct hall {
    struct screen *screen;
    const struct lecture *lecture;
    const struct options *options;
    const struct paths *paths;
    struct part *parts;
    size_t at;
    int result;
    struct message message; /* what cannot be said while the screen is ours */
    enum status failed;
};

/* ---- one scene ---- */

static size_t other_answers(void *context, struct player_answer *out, size_t max)
{
    const struct hall *hall = context;
    size_t count = 0;
    for (size_t i = 0; i < hall->lecture->count; i++) {
        if (i != hall->at && hall->parts[i].player)
            count += player_answers(hall->parts[i].player, out + count, max - count);
    }
    return count;
}

static void part_stop(struct part *part)
{
    player_free(part->player);
    part->player = NULL;
    if (part->loaded)
        scenes_unload(&part->program);
    part->loaded = false;
}

static void part_close(struct part *part)
{
    part_stop(part);
    comparison_free(part->comparison);
    scene_free(part->scene);
    *part = (struct part){0};
}

/* False: it cannot be shown; why was said, or is in hall->message. */
static bool part_open(struct hall *hall, size_t index)
{
    struct part *part = &hall->parts[index];
    if (!part->scene)
        part->scene = lectures_scene(hall->lecture, index, hall->options, &part->variant, &hall->result);
    if (!part->scene)
        return false;
    part->loaded = true;
    if (!scenes_load(part->scene, part->variant, hall->options, hall->paths, &part->program, &part->plan,
                     &hall->result))
        return false;
    part->plan.no_input = false;
    if (!hall->screen)
        hall->failed = screen_open(hall->options, hall->paths, &hall->screen, &hall->message);
    if (hall->failed)
        return false;
    if (!part->compared)
        part->comparison = comparison_new(part->scene, hall->paths);
    part->compared = true;
    snprintf(part->place, sizeof part->place, "%zu/%zu", index + 1, hall->lecture->count);
    const struct player_options wanted = {.plan = &part->plan,
                                          .paths = hall->paths,
                                          .act = hall->lecture->title.in[SCENE_ENGLISH],
                                          .act_zh = hall->lecture->title.in[SCENE_CHINESE],
                                          .chinese = screen_chinese(hall->screen),
                                          .questions = true,
                                          .place = part->place,
                                          .comparison = part->comparison,
                                          .has_before = index > 0,
                                          .has_after = index + 1 < hall->lecture->count,
                                          .other_answers = other_answers,
                                          .answers_context = hall,
                                          .pending = screen_pending,
                                          .context = hall->screen};
    hall->failed = player_new(&wanted, &part->player, &hall->message);
    if (hall->failed)
        return false;
    if (part->plan.live)
        player_request(part->player, REQUEST_last, 0);
    return true;
}

/* ---- all ---- */

/* A scene that cannot be shown does not end the lecture: one stays at the scene before, and is told why. */
static bool open_here(struct hall *hall, size_t from)
{
    char said[1024];
    struct part *former = &hall->parts[from];
    struct capture capture = capture_begin();
    bool opened = part_open(hall, hall->at);
    capture_end(&capture, said, sizeof said);
    if (opened)
        return true;
    part_stop(&hall->parts[hall->at]);
    if (!former->player) /* the same scene again: there is nothing to go back to */
        hall->failed = message_set(&hall->message, STATUS_INVALID, "%s", said[0] ? said : hall->message.text);
    else
        player_say(former->player, true, said[0] ? said : hall->message.text);
    if (former->player)
        hall->failed = STATUS_OK;
    hall->at = from;
    return former->player != NULL;
}

/* False: the lecture is left. */
static bool turn(struct hall *hall, enum player_outcome outcome)
{
    struct part *part = &hall->parts[hall->at];
    size_t from = hall->at;
    bool opened = true, fresh = false;
    switch (outcome) {
    case PLAYER_after:
        hall->at++;
        break;
    case PLAYER_before:
        hall->at--;
        fresh = !hall->parts[hall->at].player;
        break;
    case PLAYER_variant:
        part->variant = (part->variant + 1) % part->scene->variant_count;
        part_stop(part);
        break;
    case PLAYER_restart:
        part_stop(part);
        break;
    default:
        return false;
    }
    if (!hall->parts[hall->at].player)
        opened = open_here(hall, from);
    /* Back is to where the scene before ends. */
    if (opened && fresh && hall->at != from)
        player_request(hall->parts[hall->at].player, REQUEST_last, 0);
    return opened;
}

static void show(struct hall *hall)
{
    enum player_outcome outcome = PLAYER_stay;
    do {
        int signal = 0;
        struct player *player = hall->parts[hall->at].player;
        player_set_chinese(player, screen_chinese(hall->screen));
        outcome = screen_play(hall->screen, player, &signal);
        if (signal)
            hall->result = EXIT_SIGNAL + signal;
    } while (turn(hall, outcome));
}

int theatre_lecture(struct screen *given, const struct lecture *lecture, const struct options *options,
                    const struct paths *paths)
{
    struct hall hall = {.screen = given, .lecture = lecture, .options = options, .paths = paths};
    hall.parts = calloc(lecture->count, sizeof *hall.parts);
    if (!hall.parts)
        hall.failed = message_set(&hall.message, STATUS_MEMORY, _("out of memory"));
    else if (part_open(&hall, 0))
        show(&hall);
    for (size_t i = 0; hall.parts && i < lecture->count; i++)
        part_close(&hall.parts[i]);
    free(hall.parts);
    if (!given)
        screen_close(hall.screen);
    return hall.failed ? say_failure(hall.failed, &hall.message) : hall.result;
}
