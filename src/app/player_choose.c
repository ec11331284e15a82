/* Choosing: who runs next, what becomes of a packet, the answer to a question; and branching, when the past went
 * otherwise. */
#include <stdio.h>
#include <string.h>

#include "app/player_internal.h"
#include "base/text.h"

static const char *task_name(const struct player *player, uint32_t choice)
{
    static char name[24];
    return branch_choice_name(history_world(player_run(player)->history), choice, name);
}

/* As the screen calls it: "T2" while there is one process. */
const char *player_short_name(const struct player *player, uint32_t task)
{
    const char *name = task_name(player, task);
    const char *dot = strchr(name, '.');
    const struct world *world = history_world_step(player_run(player)->history, player->at.step);
    return dot && world && world_process_count(world) == 1 && !strchr(name, ' ') ? dot + 1 : name;
}

void player_choose(struct player *player, uint32_t task)
{
    struct place at = player->at;
    if (at.step == player_known(player) && !player_run(player)->over) {
        player_step_new(player, task);
        return;
    }
    if (at.step < player_known(player) && chronicle_mover(player_run(player)->chronicle, at.step + 1) == task) {
        player_go(player, (struct place){.step = at.step + 1});
        return;
    }
    if (player_run(player)->recorded) {
        player_message(player, false,
                       _("a recording only shows what was; `lockstep replay --branch` runs the program again"));
        return;
    }
    const char *name = task_name(player, task);
    if (strcmp(player->branch_wish, name) == 0 && player->branch_wish_step == at.step) {
        player_repeat(player, player->current, at.step, name);
        return;
    }
    snprintf(player->branch_wish, sizeof player->branch_wish, "%s", name);
    player->branch_wish_step = at.step;
    name = player_short_name(player, task);
    player_message(player, false, _("not chosen here; once more, and the program runs anew to here with %s next"),
                   name);
}

void player_choose_index(struct player *player, size_t index)
{
    player_find_choices(player);
    if (index < player->choice_count)
        player_choose(player, player->choices[index]);
    else if (player->choice_count == 0) /* so that digits alone come to the end */
        player_forward(player);
    else
        player_message(player, false, _("nobody has that number; only who can run now has one"));
}

static void answer(struct player *player, int beat, unsigned choice)
{
    const struct scene_question *question = &player->options.plan->scene->beats[beat].ask;
    if (choice > question->choice_count) {
        player_message(player, false, _("the answers are 1 to %zu"), question->choice_count);
        return;
    }
    if (player->first[beat] == 0)
        player->first[beat] = (int)choice;
    player->chosen[beat] = (int)choice;
    player->at.revealed = true;
    player->moment++;
}

void player_digit(struct player *player, int number)
{
    int beat = player->at.revealed ? -1 : player_question(player, player->at);
    if (beat >= 0)
        answer(player, beat, (unsigned)number);
    else
        player_choose_index(player, (size_t)number - 1);
}

/* The packet that is selected, or the first that waits, is lost or doubled. */
void player_treat_packet(struct player *player, uint32_t how)
{
    player_find_choices(player);
    size_t at = player->selected >= 0 && (size_t)player->selected < player->choice_count ? (size_t)player->selected : 0;
    if (at < player->choice_count && player->choices[at] >= CONDUCTOR_DELIVER)
        player_choose(player, how | (player->choices[at] & (CONDUCTOR_DELIVER - 1)));
    else
        player_message(player, false, _("no packet waits on the wire"));
}

size_t player_injections(struct player *player, uint32_t *choices, size_t max)
{
    static const enum injection kinds[] = {INJECTION_spurious_wakeup, INJECTION_eintr};
    const struct world *world = history_world_step(player_run(player)->history, player->at.step);
    uint32_t packets[PLAYER_PACKETS_MAX];
    size_t count = 0;
    if (!world || player->at.end || player->options.plan->live)
        return 0;
    for (uint32_t id = 1; id <= world_task_count(world); id++) {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            if (conductor_injectable(world, id, kinds[i]) && count < max)
                choices[count++] = conductor_injection(kinds[i], id);
        }
    }
    size_t held = world_packets_held(world, packets, PLAYER_PACKETS_MAX);
    for (size_t i = 0; i < held && i < PLAYER_PACKETS_MAX && count + 1 < max; i++) {
        choices[count++] = CONDUCTOR_DROP | packets[i];
        choices[count++] = CONDUCTOR_DUPLICATE | packets[i];
    }
    return count;
}

void player_select_choice(struct player *player, int by)
{
    player_find_choices(player);
    int count = (int)player->choice_count;
    if (count > 0)
        player->selected = player->selected < 0 ? (by > 0 ? 0 : count - 1) : (player->selected + by + count) % count;
}
