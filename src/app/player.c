/* Where the person is: places, and the ways forward and back between them. What keys do is in player_requests.c, choosing
 * in player_choose.c, what takes long in player_work.c, lists in player_lists.c, the picture in player_frame.c. */
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "app/player_internal.h"
#include "base/text.h"

int64_t player_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void player_message(struct player *player, bool error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(player->said, sizeof player->said, format, arguments);
    va_end(arguments);
    player->said_error = error;
}

void player_say(struct player *player, bool error, const char *text)
{
    player_message(player, error, "%s", text);
}

struct play_run *player_run(const struct player *player)
{
    return player->runs[player->current];
}

uint32_t player_known(const struct player *player)
{
    return chronicle_steps(player_run(player)->chronicle);
}

void player_forget_frame(struct player *player)
{
    player->told_known = false;
    player->moment++;
}

/* ---- places ---- */

uint32_t player_place_step(struct place place)
{
    return place.step + place.end;
}

int player_question(const struct player *player, struct place place)
{
    const struct scene *scene = player->options.plan->scene;
    size_t beats[PLAYER_BEATS_MAX];
    if (!scene || !player->options.questions || place.step == 0)
        return -1;
    size_t count = chronicle_beats(player_run(player)->chronicle, player_place_step(place), beats, PLAYER_BEATS_MAX);
    int found = -1;
    for (size_t i = 0; i < count; i++) {
        if (scene->beats[beats[i]].ask.choice_count > 0)
            found = (int)beats[i];
    }
    return found;
}

void player_go(struct player *player, struct place to)
{
    uint32_t known = player_known(player);
    if (to.step > known)
        to = (struct place){.step = known, .end = true, .revealed = to.revealed};
    if (to.end && (!player_run(player)->over || to.step < known))
        to.end = false;
    if (player_question(player, to) < 0)
        to.revealed = to.end;
    struct place from = player->at;
    player->moved_forward = !to.end && !from.end && to.step == from.step + 1;
    player->at = to;
    player_run(player)->shown = to.step;
    player->selected = -1;
    player->branch_wish[0] = '\0';
    if (from.step != to.step || from.end != to.end)
        player_forget_frame(player);
}

/* After something went wrong with the guest, or the run is over. */
static void note_status(struct player *player, enum status status, const struct message *message)
{
    if (status != STATUS_OK && status != STATUS_ENDED)
        player_message(player, true, "%s", message->text[0] ? message->text : status_text(status));
}

int64_t player_kernel_due(struct player *player)
{
    const struct play_run *run = player_run(player);
    int64_t due = run->conductor ? conductor_kernel_due(run->conductor) : -1;
    return due < 0 ? -1 : due / 1000 + 1;
}

/* The step that was asked for cannot be made now. Once the kernel has sent again somebody can go on: that is waited for,
 * while keys are answered. */
static void wait_for_somebody(struct player *player)
{
    if (player_kernel_due(player) < 0) {
        player_message(player, false, _("nobody can go on: the program waits for something outside (i: type to it)"));
        return;
    }
    player->work = (struct work){.kind = WORK_to_step,
                                 .target = player_known(player) + 1,
                                 .from = player->at.step,
                                 .single = true,
                                 .idle = player_now() - PLAYER_WAIT_MS - 1};
    player_work(player);
}

/* At the newest step: one more, of `task` or of whoever is chosen. */
void player_step_new(struct player *player, uint32_t task)
{
    struct play_run *run = player_run(player);
    struct message message = {{0}};
    uint32_t known = player_known(player);
    bool stepped;
    if (!run->conductor && !run->over) {
        player_repeat(player, player->current, player_known(player), "");
        return;
    }
    player->paused_until = player_now() + PLAYER_WAIT_MS;
    enum status status = play_run_step(run, task, &stepped, &message);
    note_status(player, status, &message);
    if (stepped) /* one, even where a handler's return came with it */
        player_go(player, (struct place){.step = known + 1});
    else if (status == STATUS_ENDED)
        player_go(player, (struct place){.step = player_known(player), .end = true});
    else if (status == STATUS_OK)
        wait_for_somebody(player);
}

void player_open_list(struct player *player, enum overlay overlay)
{
    bool text = overlay == OVERLAY_help || overlay == OVERLAY_notes || overlay == OVERLAY_summary;
    player->overlay = player->overlay == overlay ? OVERLAY_none : overlay;
    player->overlay_row = text ? -1 : 0;
    player->overlay_top = 0;
}

/* Forward at the end: the lecture goes on, or nothing more. No list is opened by it, so that the way back is the way out. */
static void beyond_end(struct player *player)
{
    unsigned right;
    if (player->options.has_after)
        player->beyond = PLAYER_after;
    else if (player_questions(player, true, &right) > 0)
        player_message(player, false, _("the run is over; Enter: your answers"));
    else
        player_message(player, false, _("the run is over"));
}

void player_enter_at_end(struct player *player)
{
    unsigned right;
    if (!player->options.has_after && player_questions(player, true, &right) > 0)
        player_open_list(player, OVERLAY_summary);
    else
        beyond_end(player);
}

void player_forward(struct player *player)
{
    struct place at = player->at;
    int question = at.revealed ? -1 : player_question(player, at);
    if (question >= 0) {
        if (player->first[question] == 0)
            player->first[question] = -1;
        player->at.revealed = true;
        player->moment++;
        return;
    }
    if (at.step < player_known(player))
        player_go(player, (struct place){.step = at.step + 1});
    else if (at.end)
        beyond_end(player);
    else if (player_run(player)->over)
        player_go(player, (struct place){.step = at.step, .end = true});
    else
        player_step_new(player, 0);
}

void player_back(struct player *player)
{
    struct place at = player->at;
    if (at.revealed && player_question(player, at) >= 0) {
        player->at.revealed = false;
        player->moment++;
    } else if (at.end)
        player_go(player, (struct place){.step = at.step, .revealed = true});
    else if (at.step > 0)
        player_go(player, (struct place){.step = at.step - 1, .revealed = true});
    else if (player->options.has_before)
        player->beyond = PLAYER_before;
}

void player_look(struct player *player)
{
    if (player->work.kind != WORK_none)
        return;
    for (size_t i = 0; i < player->run_count; i++)
        if (play_run_look(player->runs[i]))
            player->told_known = false; /* the same moment, so nothing moves */
}

/* ---- what others ask ---- */

void player_save(struct player *player)
{
    if (player->work.kind == WORK_none)
        play_run_save(player_run(player));
}

void player_set_chinese(struct player *player, bool chinese)
{
    player->options.chinese = chinese;
    player->told_known = false;
}

void player_set_keys(struct player *player, const char *(*keys)(void *context, enum request, bool first), void *context)
{
    player->keys = keys;
    player->keys_context = context;
}

enum verdict player_verdict(const struct player *player)
{
    const struct world *world = history_world(player->runs[0]->history);
    return world ? world_verdict(world) : VERDICT_none;
}

unsigned player_starts(const struct player *player)
{
    return player->setting.starts;
}

uint32_t player_step(const struct player *player)
{
    return player->at.step;
}

uint32_t player_moment(const struct player *player, bool *forward_by_one)
{
    *forward_by_one = player->moved_forward;
    return player->moment;
}
