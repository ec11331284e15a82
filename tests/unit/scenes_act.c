/* Goes through lists of scenes; what is done with one is the business of scenes_changed.h and scenes_promise.h. */
#include "scenes_act.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { OTHER_ORDERS = 10 };

static void compile(const char *source)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/scenes/%s", scenes_source_folder(), source);
    struct scenes_output output;
    scenes_command((const char *const[]){"cc", "-Wall", "-Wextra", "-Werror", "-pthread", "-fsyntax-only", path, NULL},
                   NULL, 60, &output);
    assert_int_equal(output.status, 0);
    scenes_output_free(&output);
}

void scenes_every_program_runs_without_lockstep(void **state)
{
    const struct scenes_act *act = *state;
    for (size_t i = 0; i < act->scene_count; i++) {
        const struct scenes_listed *scene = &act->scenes[i];
        char path[256];
        if (!scene->source)
            continue;
        snprintf(path, sizeof path, "%s/%s", act->folder, scene->source);
        if (!scene->prints) {
            compile(path);
            continue;
        }
        char *text = scenes_run_natively(path, scene->argument);
        if (!strstr(text, scene->prints))
            fail_msg("%s: \"%s\" is missing in:\n%s", path, scene->prints, text);
        free(text);
    }
}

void scenes_every_run_is_the_same_twice(void **state)
{
    const struct scenes_act *act = *state;
    static const char *const ways[][2] = {{"rr", "1"}, {"rr", "2"}, {"random", "1"}, {"random", "2"}};
    for (size_t i = 0; i < act->scene_count; i++)
        for (size_t k = 0; k < sizeof ways / sizeof *ways && !act->scenes[i].live; k++)
            scenes_play_twice(act->scenes[i].id, act->scenes[i].variant, ways[k][0], ways[k][1]);
}

void scenes_what_is_right_is_right_in_every_order(void **state)
{
    const struct scenes_act *act = *state;
    for (size_t i = 0; i < act->scene_count; i++)
        scenes_play_seeds(act->scenes[i].id, act->scenes[i].variant, act->scenes[i].seeds);
}

void scenes_what_is_promised_holds(void **state)
{
    const struct scenes_act *act = *state;
    for (size_t i = 0; i < act->promise_count; i++)
        scenes_holds(act->promises[i].id, act->promises[i].variant, act->promises[i].promised);
}

void scenes_what_is_promised_can_fail(void **state)
{
    const struct scenes_act *act = *state;
    for (size_t i = 0; i < act->promise_count; i++) {
        const struct scenes_promised *promise = &act->promises[i];
        char folder[96];
        snprintf(folder, sizeof folder, "%s/%s", act->folder, promise->id);
        scenes_breaks(folder, promise->variant, promise->change, promise->promised);
    }
}

void scenes_what_has_a_promise_is_the_same_twice(void **state)
{
    const struct scenes_act *act = *state;
    static const char *const ways[][2] = {{"rr", "1"}, {"random", "2"}};
    for (size_t i = 0; i < act->promise_count; i++)
        for (size_t k = 0; k < sizeof ways / sizeof *ways; k++)
            scenes_play_twice(act->promises[i].id, act->promises[i].variant, ways[k][0], ways[k][1]);
}

void scenes_promises_hold_in_other_orders(void **state)
{
    const struct scenes_act *act = *state;
    for (size_t i = 0; i < act->promise_count; i++)
        for (unsigned seed = 1; seed <= OTHER_ORDERS; seed++) {
            const struct scenes_promised *promise = &act->promises[i];
            struct scenes_run run;
            char text[16];
            snprintf(text, sizeof text, "%u", seed);
            scenes_play(promise->id, promise->variant,
                        (const char *const[]){"--policy", "random", "--seed", text, NULL}, &run);
            if (!scenes_finished(&run))
                fail_msg("%s, seed %u: it did not end well", promise->id, seed);
            const char *broken = promise->always ? promise->promised(&run) : NULL;
            if (broken)
                fail_msg("%s, seed %u: this does not hold: %s", promise->id, seed, broken);
            scenes_run_free(&run);
        }
}
