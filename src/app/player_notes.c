/* What the lecturer is told of the moment: narration, the answer before the room knows it, the beat that comes next, the
 * scene's notes; in both languages, as the second terminal may be in another one. */
#include <stdio.h>
#include <string.h>

#include "app/notes.h"
#include "app/player_internal.h"

static void take(const struct scene_text *text, const char *out[2])
{
    out[0] = text->in[SCENE_ENGLISH];
    out[1] = text->in[SCENE_CHINESE];
}

static bool has_fired(const struct player *player, size_t beat)
{
    const struct chronicle *chronicle = player_run(player)->chronicle;
    const uint32_t *steps;
    size_t count = chronicle_beat_steps(chronicle, &steps);
    for (size_t i = 0; i < count && steps[i] <= player->at.step; i++) {
        size_t beats[PLAYER_BEATS_MAX];
        size_t fired = chronicle_beats(chronicle, steps[i], beats, PLAYER_BEATS_MAX);
        for (size_t k = 0; k < fired; k++) {
            if (beats[k] == beat)
                return true;
        }
    }
    return false;
}

/* The first of the scene's beats that has not come yet. */
static void take_next(const struct player *player, const struct scene *scene, const char *out[2])
{
    const struct scene_variant *variant = &scene->variants[player->options.plan->variant];
    for (size_t i = 0; i < scene->beat_count; i++) {
        if (scene_beat_in_variant(&scene->beats[i], variant) && !has_fired(player, i)) {
            take(&scene->beats[i].say, out);
            return;
        }
    }
}

void player_notes(struct player *player, struct notes *out)
{
    const struct scene *scene = player->options.plan->scene;
    size_t beats[PLAYER_BEATS_MAX];
    memset(out, 0, sizeof *out);
    out->step = player->at.step;
    out->end = player->at.end;
    if (!scene) {
        out->title[0] = out->title[1] = player->options.plan->program;
        return;
    }
    take(&scene->title, out->title);
    take(&scene->variants[player->options.plan->variant].title, out->variant);
    take(&scene->notes, out->notes);
    take_next(player, scene, out->next);
    size_t count = player->at.step == 0
                       ? 0
                       : chronicle_beats(player_run(player)->chronicle, player->at.step, beats, PLAYER_BEATS_MAX);
    if (count > 0)
        take(&scene->beats[beats[count - 1]].say, out->say);
    int question = player_question(player, player->at);
    if (question >= 0)
        take(&scene->beats[question].ask.because, out->answer);
}
