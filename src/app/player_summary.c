/* What became of the questions: how many were met, how many answered right at first, which to look at again. It asks
 * nothing and decides nothing. */
#include <stdio.h>
#include <stdlib.h>

#include "app/player_internal.h"
#include "base/text.h"

static const char *in_language(const struct player *player, const struct scene_text *text)
{
    const char *chosen = text->in[player->options.chinese ? SCENE_CHINESE : SCENE_ENGLISH];
    return chosen ? chosen : "";
}

/* Where the beat fired in the run that is shown; 0: not in this one. */
static uint32_t step_of(const struct player *player, size_t beat)
{
    const struct chronicle *chronicle = player_run(player)->chronicle;
    const uint32_t *steps;
    size_t count = chronicle_beat_steps(chronicle, &steps);
    for (size_t i = 0; i < count; i++) {
        size_t beats[PLAYER_BEATS_MAX];
        size_t fired = chronicle_beats(chronicle, steps[i], beats, PLAYER_BEATS_MAX);
        for (size_t j = 0; j < fired; j++) {
            if (beats[j] == beat)
                return steps[i];
        }
    }
    return 0;
}

size_t player_answers(const struct player *player, struct player_answer *out, size_t max)
{
    const struct scene *scene = player->options.plan->scene;
    size_t count = 0;
    for (size_t i = 0; scene && i < scene->beat_count && count < max; i++) {
        if (player->first[i])
            out[count++] = (struct player_answer){.title = &scene->title,
                                                  .question = &scene->beats[i].ask,
                                                  .step = step_of(player, i),
                                                  .chosen = player->first[i] > 0 ? (unsigned)player->first[i] : 0};
    }
    return count;
}

/* NULL: out of memory. */
static struct player_answer *all_answers(const struct player *player, bool all, size_t *count)
{
    const struct player_options *options = &player->options;
    struct player_answer *answers = calloc(PLAYER_ANSWERS_MAX, sizeof *answers);
    *count = 0;
    if (!answers)
        return NULL;
    if (all && options->other_answers)
        *count = options->other_answers(options->answers_context, answers, PLAYER_ANSWERS_MAX);
    *count += player_answers(player, answers + *count, PLAYER_ANSWERS_MAX - *count);
    return answers;
}

unsigned player_questions(const struct player *player, bool all, unsigned *right)
{
    size_t count;
    struct player_answer *answers = all_answers(player, all, &count);
    *right = 0;
    for (size_t i = 0; i < count; i++)
        *right += answers[i].chosen == answers[i].question->answer;
    free(answers);
    return (unsigned)count;
}

enum { SUMMARY_SIZE = 16 * 1024 };

static size_t counts(char *text, size_t size, const struct player_answer *answers, size_t count)
{
    unsigned right = 0, passed = 0;
    for (size_t i = 0; i < count; i++) {
        right += answers[i].chosen == answers[i].question->answer;
        passed += answers[i].chosen == 0;
    }
    size_t length = (size_t)snprintf(text, size, _("Questions: %zu. Right at first: %u. Wrong: %zu. Passed: %u."),
                                     count, right, count - right - passed, passed);
    const char *more = right == count ? _("Nothing to look at again.") : _("To look at again:");
    return length + (size_t)snprintf(text + length, size - length, "\n\n%s\n", more);
}

void player_fill_summary(struct player *player, struct stage_list *list)
{
    size_t count;
    struct player_answer *answers = all_answers(player, true, &count);
    char *text = arena_obtain(player->arena, SUMMARY_SIZE);
    list->title = _("your answers");
    list->hint = _("arrows scroll; Esc closes");
    size_t length = answers && text ? counts(text, SUMMARY_SIZE, answers, count) : 0;
    const struct scene_text *title = NULL;
    for (size_t i = 0; length && i < count && length < SUMMARY_SIZE; i++) {
        const struct player_answer *answer = &answers[i];
        if (answer->chosen == answer->question->answer)
            continue;
        if (answer->title != title)
            length +=
                (size_t)snprintf(text + length, SUMMARY_SIZE - length, "\n%s\n", in_language(player, answer->title));
        title = answer->title;
        if (length < SUMMARY_SIZE)
            length += (size_t)snprintf(text + length, SUMMARY_SIZE - length, _("  step %u: %s\n"), answer->step,
                                       in_language(player, &answer->question->question));
    }
    player_list_text(player, list, length ? text : "");
    free(answers);
}
