/* What takes long is done in slices of some milliseconds, so that keys are answered and the screen shows how far it is:
 * running on to a place, repeating a run, looking for a step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/player_internal.h"
#include "base/text.h"
#include "operations/operations.h"

enum { SLICE_MS = 30, CLOCK_EVERY = 64 };

void player_run_to(struct player *player, enum work_kind kind, uint32_t target)
{
    struct play_run *run = player_run(player);
    if (!run->conductor && !run->over) {
        player_repeat(player, player->current, player_known(player), "");
        return;
    }
    player->work = (struct work){.kind = kind, .target = target, .from = player_place_step(player->at)};
    player_work(player);
}

void player_stop_work(struct player *player)
{
    play_run_free(player->work.run);
    player->work = (struct work){.kind = WORK_none};
}

bool player_is_working(const struct player *player)
{
    return player->work.kind != WORK_none;
}

/* ---- on to a place ---- */

static bool beat_fired_after(const struct player *player, uint32_t step, uint32_t *at)
{
    const uint32_t *steps;
    size_t count = chronicle_beat_steps(player_run(player)->chronicle, &steps);
    for (size_t i = count; i > 0 && steps[i - 1] > step; i--)
        *at = steps[i - 1];
    return count > 0 && steps[count - 1] > step;
}

static bool arrived(struct player *player)
{
    const struct work *work = &player->work;
    uint32_t beat;
    if (work->kind == WORK_to_step)
        return player_known(player) >= work->target;
    return work->kind == WORK_to_beat && beat_fired_after(player, work->from, &beat);
}

static void finish_running(struct player *player)
{
    struct work work = player->work;
    uint32_t step = player_known(player), beat;
    player->work.kind = WORK_none;
    player->said[0] = '\0'; /* how far it was */
    if (work.kind == WORK_to_step && step < work.target)
        player_message(player, false, _("the run has only %u steps"), step);
    if (work.kind == WORK_to_step && step > work.target)
        step = work.target;
    if (work.kind == WORK_to_beat && beat_fired_after(player, work.from, &beat))
        step = beat;
    else if (work.kind == WORK_to_beat)
        player_message(player, false, _("no more beats: this is the end"));
    player_go(player, (struct place){.step = step, .end = work.kind != WORK_to_step && step == player_known(player)});
}

static void run_on(struct player *player)
{
    struct play_run *run = player_run(player);
    struct message message = {{0}};
    int64_t until = player_now() + SLICE_MS;
    for (unsigned count = 0; !arrived(player); count++) {
        bool stepped = false;
        if (run->over) {
            finish_running(player);
            return;
        }
        player->paused_until = until;
        enum status status = play_run_step(run, 0, &stepped, &message);
        if (status && status != STATUS_ENDED) {
            player->work.kind = WORK_none;
            player_go(player, (struct place){.step = player_known(player)});
            player_message(player, true, "%s", message.text);
            return;
        }
        if (stepped)
            player->work.idle = 0;
        else if (player->work.idle == 0)
            player->work.idle = player_now();
        if ((!stepped || count % CLOCK_EVERY == 0) && player_now() >= until) {
            player_go(player, (struct place){.step = player_known(player)});
            return;
        }
    }
    finish_running(player);
}

/* ---- again ---- */

void player_repeat(struct player *player, int origin, uint32_t step, const char *task)
{
    struct play_run *from = player->runs[origin];
    struct branch *branch = NULL;
    struct message message = {{0}};
    if (from->recorded)
        return;
    player_stop_work(player);
    for (size_t i = 0; i < player->run_count; i++)
        play_run_stop(player->runs[i]); /* one guest at a time */
    enum status status = branch_new(from->history, step + 1, task, &branch, &message);
    struct play_run *run = NULL;
    player->paused_until = player_now() + 10000;
    if (!status)
        status = play_run_start(&player->setting, (unsigned)(task[0] ? player->run_count : (size_t)origin) + 1, branch,
                                &run, &message);
    if (status) {
        player_message(player, true, "%s", message.text);
        return;
    }
    run->parent = task[0] ? origin : from->parent;
    run->branch_step = task[0] ? step + 1 : from->branch_step;
    snprintf(run->branch_task, sizeof run->branch_task, "%s", task[0] ? task : from->branch_task);
    player->work = (struct work){.kind = WORK_repeat,
                                 .target = step,
                                 .from = player->at.step,
                                 .run = run,
                                 .origin = origin,
                                 .replaces = !task[0]};
    snprintf(player->work.task, sizeof player->work.task, "%s", task);
    player_work(player);
}

/* The new run takes its place in the list. */
static void adopt(struct player *player)
{
    struct work *work = &player->work;
    struct play_run *run = work->run;
    uint32_t step = player_known(player);
    if (work->replaces) {
        struct play_run *old = player->runs[work->origin];
        player->runs[work->origin] = run;
        play_run_free(old);
        player->current = work->origin;
    } else {
        struct play_run **grown = realloc(player->runs, (player->run_count + 1) * sizeof(struct play_run *));
        if (!grown)
            return;
        player->runs = grown;
        player->runs[player->run_count] = run;
        player->current = (int)player->run_count++;
    }
    step = work->replaces ? work->from : chronicle_steps(run->chronicle);
    work->run = NULL;
    work->kind = WORK_none;
    player->said[0] = '\0';
    player_forget_frame(player);
    player_go(player, (struct place){.step = step});
}

static void give_up(struct player *player, const struct message *message)
{
    player_stop_work(player);
    player_message(player, true, "%s", message->text[0] ? message->text : _("the run could not be repeated"));
}

static void repeat(struct player *player)
{
    struct work *work = &player->work;
    struct play_run *run = work->run, *origin = player->runs[work->origin];
    struct message message = {{0}};
    int64_t until = player_now() + SLICE_MS;
    for (unsigned count = 0;; count++) {
        uint32_t step = chronicle_steps(run->chronicle);
        if (step >= work->target + !work->replaces)
            break;
        if (run->repeated != step + 1) {
            if (play_run_repeat(run, origin, step, &message)) {
                give_up(player, &message);
                return;
            }
            run->repeated = step + 1;
        }
        bool stepped;
        player->paused_until = until;
        enum status status = play_run_step(run, 0, &stepped, &message);
        if (status) {
            if (status == STATUS_ENDED)
                message_set(&message, STATUS_DIVERGED, _("the repeated run was over after step %u"),
                            chronicle_steps(run->chronicle));
            give_up(player, &message);
            return;
        }
        if ((!stepped || count % CLOCK_EVERY == 0) && player_now() >= until)
            return;
    }
    if (work->replaces && play_run_repeat(run, origin, work->target, &message)) {
        give_up(player, &message);
        return;
    }
    if (work->replaces) {
        branch_free(run->branch);
        run->branch = NULL;
    }
    adopt(player);
}

/* ---- searching ---- */

static bool matches(struct player *player, const struct world *world, uint32_t step)
{
    struct play_run *run = player_run(player);
    const struct world_task *task = world_task(world, chronicle_mover(run->chronicle, step));
    struct event event;
    char text[512], object[128] = "";
    uint32_t asked = chronicle_asked(run->chronicle, step);
    if (!task || !asked || !history_event(run->history, asked, &event))
        return false;
    if (event.object)
        world_object_label(world, event.object, object, sizeof object);
    struct world_place place = world_place(world, event.place);
    snprintf(text, sizeof text, "%s %s %s %s:%u", task->name, operation_row(event.operation)->name, object,
             place.text ? world_text(world, place.text) : "", place.line);
    return strcasestr(text, player->sought) != NULL;
}

static void search(struct player *player)
{
    struct work *work = &player->work;
    const struct world *world = history_world(player_run(player)->history);
    int64_t until = player_now() + SLICE_MS;
    for (unsigned count = 0;; count++) {
        int64_t next = (int64_t)work->target + work->direction;
        if (next < 1 || next > player_known(player)) {
            work->kind = WORK_none;
            player_message(player, false,
                           work->direction > 0 ? _("no later step has “%s” in it")
                                               : _("no earlier step has “%s” in it"),
                           player->sought);
            return;
        }
        work->target = (uint32_t)next;
        if (world && matches(player, world, work->target)) {
            uint32_t step = work->target;
            work->kind = WORK_none;
            player->said[0] = '\0';
            player_go(player, (struct place){.step = step});
            return;
        }
        if (count % 1024 == 0 && player_now() >= until)
            return;
    }
}

void player_search(struct player *player, int direction)
{
    if (!player->sought[0]) {
        player_message(player, false, _("nothing was searched for yet (/)"));
        return;
    }
    player->work = (struct work){.kind = WORK_search, .target = player->at.step, .direction = direction};
    player_work(player);
}

/* ---- all ---- */

static void note_running(struct player *player)
{
    int64_t due = player_kernel_due(player);
    if (!player->work.idle || player_now() - player->work.idle <= PLAYER_WAIT_MS)
        player_message(player, false, _("running on: step %u (Esc: stop here)"), player_known(player));
    else if (due < 0)
        player_message(player, false,
                       _("step %u: the program waits for something outside (i: type to it; Esc: stop here)"),
                       player_known(player));
    else
        player_message(player, false, _("step %u: the kernel sends again in about %lld s (Esc: stop here)"),
                       player_known(player), (long long)due);
}

void player_work(struct player *player)
{
    switch (player->work.kind) {
    case WORK_to_step:
    case WORK_to_end:
    case WORK_to_beat:
        run_on(player);
        break;
    case WORK_repeat:
        repeat(player);
        break;
    case WORK_search:
        search(player);
        break;
    default:
        break;
    }
    if (player->work.kind == WORK_repeat)
        player_message(player, false, _("running again: step %u of %u (Esc: leave it)"),
                       chronicle_steps(player->work.run->chronicle), player->work.target);
    else if (player->work.kind == WORK_search)
        player_message(player, false, _("searching: step %u"), player->work.target);
    else if (player->work.kind != WORK_none)
        note_running(player);
}
