/* Opens the screen, makes players and shows them, again and again where a person asks for that: the same once more,
 * another variant. What fails before there is anything to see is said after the screen was given back. */
#include "app/theatre.h"

#include <stdio.h>
#include <string.h>

#include "app/comparison.h"
#include "app/language.h"
#include "app/say.h"
#include "app/scenes.h"
#include "base/text.h"
#include "history/recording.h"

/* As for a run without a screen: a fault is a fault, unless it was expected; what was left early is fine. */
static int exit_of(enum verdict verdict, const char *expect)
{
    struct session_result result = {.verdict = verdict};
    struct message none = {{0}};
    if (verdict == VERDICT_none)
        return expect ? EXIT_FAULT : EXIT_FINE;
    return session_exit(&result, &none, expect);
}

static enum player_outcome show(struct screen *screen, const struct player_options *wanted,
                                const struct options *options, int *result, struct message *message)
{
    struct player_options with = *wanted;
    struct player *player = NULL;
    with.chinese = screen_chinese(screen);
    with.questions = true;
    with.pending = screen_pending;
    with.context = screen;
    enum status status = player_new(&with, &player, message);
    if (status) {
        *result = -(int)status;
        return PLAYER_leave;
    }
    if (with.plan->live)
        player_request(player, REQUEST_last, 0);
    int signal = 0;
    enum player_outcome outcome = screen_play(screen, player, &signal);
    *result = signal ? EXIT_SIGNAL + signal : exit_of(player_verdict(player), options->expect);
    player_free(player);
    return outcome;
}

/* `result` of show(): a status that failed is negative; its message is said when the screen is ours no more. */
static int finish(int result, const struct message *message)
{
    return result < 0 ? say_failure((enum status) - result, message) : result;
}

int theatre_scene(struct screen *given, struct scene *scene, const char *act, const char *act_zh, size_t variant,
                  const struct options *options, const struct paths *paths)
{
    struct screen *screen = given;
    struct message message = {{0}};
    int result = EXIT_FINE;
    struct comparison *comparison = NULL;
    bool compared = false;
    for (enum player_outcome outcome = PLAYER_restart; outcome != PLAYER_leave;) {
        struct scenes_program program;
        struct session_plan plan;
        if (!scenes_load(scene, variant, options, paths, &program, &plan, &result)) {
            scenes_unload(&program);
            break;
        }
        plan.no_input = false;
        enum status status = screen ? STATUS_OK : screen_open(options, paths, &screen, &message);
        if (status) {
            scenes_unload(&program);
            return say_failure(status, &message);
        }
        if (!compared)
            comparison = comparison_new(scene, paths);
        compared = true;
        outcome = show(screen,
                       &(struct player_options){
                           .plan = &plan, .paths = paths, .act = act, .act_zh = act_zh, .comparison = comparison},
                       options, &result, &message);
        if (outcome == PLAYER_variant)
            variant = (variant + 1) % scene->variant_count;
        scenes_unload(&program);
    }
    comparison_free(comparison);
    if (!given)
        screen_close(screen);
    return finish(result, &message);
}

int theatre_program(const struct session_plan *plan, const struct options *options, const struct paths *paths)
{
    struct screen *screen = NULL;
    struct message message = {{0}};
    int result = EXIT_FINE;
    enum status status = screen_open(options, paths, &screen, &message);
    if (status)
        return say_failure(status, &message);
    const struct player_options wanted = {.plan = plan, .paths = paths, .act = "", .act_zh = ""};
    while (show(screen, &wanted, options, &result, &message) != PLAYER_leave)
        ;
    screen_close(screen);
    return finish(result, &message);
}

int theatre_recording(struct recording *recording, const struct session_plan *plan, const struct options *options,
                      const struct paths *paths)
{
    struct screen *screen = NULL;
    struct message message = {{0}};
    int result = EXIT_FINE;
    enum status status = screen_open(options, paths, &screen, &message);
    if (status)
        return say_failure(status, &message);
    const struct player_options wanted = {.plan = plan,
                                          .paths = paths,
                                          .act = "",
                                          .act_zh = "",
                                          .recording = recording,
                                          .notice = recording_note(recording)};
    while (show(screen, &wanted, options, &result, &message) != PLAYER_leave)
        ;
    screen_close(screen);
    return finish(result, &message);
}
