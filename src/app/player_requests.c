/* What keys ask for, and what is clicked on: each request goes to whom it concerns. */
#include <string.h>

#include "app/player_internal.h"
#include "base/text.h"
#include "stage/view.h"

enum { LIST_ROWS = 20 /* fit on any screen */ };

/* ---- views ---- */

static void next_pane(struct player *player)
{
    size_t at = player->order_count;
    for (size_t i = 0; i < player->order_count; i++) {
        if ((int)player->order[i] == player->focus)
            at = i;
    }
    if (player->order_count == 0)
        return;
    if (at + 1 == player->order_count)
        player->focus = -1;
    else
        player->focus = (int)player->order[at == player->order_count ? 0 : at + 1];
    if (player->enlarged >= 0 && player->focus >= 0)
        player->enlarged = player->focus;
}

static void scroll(struct player *player, int by)
{
    int view = player->enlarged >= 0 ? player->enlarged : player->focus;
    if (view < 0)
        player_message(player, false, _("no view has the focus: the tab key gives it to the next"));
    else
        player->views[view].scroll += by;
}

static void scale(struct player *player, bool more)
{
    static const unsigned scales[] = {1, 2, 5, 10, 20, 50, 100, 1000, 10000, 0};
    size_t at = 0, count = sizeof scales / sizeof *scales;
    while (at + 1 < count && scales[at] != player->scale)
        at++;
    if (more && at + 1 < count)
        at++;
    else if (!more && at > 0)
        at--;
    player->scale = scales[at];
}

/* ---- beats ---- */

static void beat_next(struct player *player)
{
    const uint32_t *steps;
    size_t count = chronicle_beat_steps(player_run(player)->chronicle, &steps);
    if (!player->options.plan->scene) {
        player_message(player, false, _("only scenes have beats"));
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (steps[i] > player_place_step(player->at)) {
            player_go(player, (struct place){.step = steps[i]});
            return;
        }
    }
    player_run_to(player, WORK_to_beat, 0);
}

static void beat_previous(struct player *player)
{
    const uint32_t *steps;
    size_t count = chronicle_beat_steps(player_run(player)->chronicle, &steps);
    uint32_t to = 0;
    for (size_t i = 0; i < count; i++) {
        if (steps[i] < player_place_step(player->at))
            to = steps[i];
    }
    player_go(player, (struct place){.step = to, .revealed = true});
}

/* ---- requests ---- */

static void move_in_list(struct player *player, int by)
{
    int count = player_list_count(player);
    if (player->overlay_row < 0) {
        int top = (int)player->overlay_top + by;
        if (top < 0 || count <= LIST_ROWS)
            top = 0;
        player->overlay_top = (size_t)(top >= count ? count - 1 : top);
    } else if (count > 0) {
        int row = player->overlay_row + by;
        player->overlay_row = row < 0 ? 0 : row >= count ? count - 1 : row;
    }
}

/* While a list is open, keys move in it. */
static enum player_outcome list_request(struct player *player, enum request request, int number)
{
    switch (request) {
    case REQUEST_up:
    case REQUEST_scroll_up:
        move_in_list(player, -1);
        break;
    case REQUEST_down:
    case REQUEST_scroll_down:
        move_in_list(player, 1);
        break;
    case REQUEST_back:
        if (player->overlay_row <= 0 && player->overlay_top == 0)
            player->overlay = OVERLAY_none; /* so that a clicker comes out of it */
        else
            move_in_list(player, -10);
        break;
    case REQUEST_forward:
        if (player->overlay_row < 0 && (int)player->overlay_top + LIST_ROWS >= player_list_count(player))
            player->overlay = OVERLAY_none; /* read to the end: so, too */
        else if (player->overlay_row < 0)
            move_in_list(player, 10);
        else
            return player_list_take(player, player->overlay_row);
        break;
    case REQUEST_first:
        move_in_list(player, -1000000);
        break;
    case REQUEST_last:
        move_in_list(player, 1000000);
        break;
    case REQUEST_choose:
        if (player->overlay_row >= 0)
            return player_list_take(player, number - 1);
        break;
    case REQUEST_enter:
        if (player->overlay_row >= 0)
            return player_list_take(player, player->overlay_row);
        player->overlay = OVERLAY_none;
        break;
    default:
        player->overlay = OVERLAY_none;
        break;
    }
    return PLAYER_stay;
}

/* Opens another list from within one. */
static bool opens_list(struct player *player, enum request request)
{
    switch (request) {
    case REQUEST_scheduler:
        player_open_list(player, OVERLAY_scheduler);
        return true;
    case REQUEST_cpus:
        player_open_list(player, OVERLAY_cpus);
        return true;
    case REQUEST_inject:
        if (player->overlay == OVERLAY_inject || player_injections(player, (uint32_t[2]){0}, 2) > 0)
            player_open_list(player, OVERLAY_inject);
        else
            player_message(player, false,
                           _("nothing can go wrong here: nobody waits who could be woken or interrupted, and no packet "
                             "is on the wire"));
        return true;
    case REQUEST_views:
        player_open_list(player, OVERLAY_views);
        return true;
    case REQUEST_whatifs:
        player_open_list(player, OVERLAY_whatifs);
        player->overlay_row = player->current;
        return true;
    case REQUEST_help:
        player_open_list(player, OVERLAY_help);
        return true;
    case REQUEST_notes:
        player_open_list(player, OVERLAY_notes);
        return true;
    default:
        return false;
    }
}

static void stepping(struct player *player, enum request request, int number)
{
    switch (request) {
    case REQUEST_forward:
        player_forward(player);
        break;
    case REQUEST_back:
        player_back(player);
        break;
    case REQUEST_choose:
        player_digit(player, number);
        break;
    case REQUEST_up:
        player_select_choice(player, -1);
        break;
    case REQUEST_down:
        player_select_choice(player, 1);
        break;
    case REQUEST_enter:
        if (player->selected >= 0)
            player_choose_index(player, (size_t)player->selected);
        else if (player->at.end)
            player_enter_at_end(player);
        else
            player_forward(player);
        break;
    case REQUEST_drop:
        player_treat_packet(player, CONDUCTOR_DROP);
        break;
    case REQUEST_duplicate:
        player_treat_packet(player, CONDUCTOR_DUPLICATE);
        break;
    case REQUEST_beat_next:
        beat_next(player);
        break;
    case REQUEST_beat_previous:
        beat_previous(player);
        break;
    case REQUEST_first:
        player_go(player, (struct place){.step = 0});
        break;
    case REQUEST_last:
        player_run_to(player, WORK_to_end, 0);
        break;
    default:
        break;
    }
}

static void looking(struct player *player, enum request request)
{
    switch (request) {
    case REQUEST_enlarge:
        player->enlarged = player->enlarged >= 0 ? -1 : player->focus >= 0 ? player->focus : (int)STAGE_VIEW_stage;
        break;
    case REQUEST_pane:
        next_pane(player);
        break;
    case REQUEST_scroll_up:
        scroll(player, -1);
        break;
    case REQUEST_scroll_down:
        scroll(player, 1);
        break;
    case REQUEST_zoom_in:
        scale(player, false);
        break;
    case REQUEST_zoom_out:
        scale(player, true);
        break;
    case REQUEST_future:
        player->future = !player->future;
        break;
    case REQUEST_search:
        player_start_typing(player, TYPING_search);
        break;
    case REQUEST_match_next:
        player_search(player, 1);
        break;
    case REQUEST_match_previous:
        player_search(player, -1);
        break;
    case REQUEST_command:
        player_start_typing(player, TYPING_command);
        break;
    default:
        break;
    }
}

static enum player_outcome variant(struct player *player)
{
    const struct scene *scene = player->options.plan->scene;
    if (scene && scene->variant_count > 1)
        return PLAYER_variant;
    player_message(player, false, _("there is only one variant of this"));
    return PLAYER_stay;
}

static enum player_outcome close_or_leave(struct player *player, bool leave)
{
    if (player->enlarged >= 0)
        player->enlarged = -1;
    else if (player->focus >= 0)
        player->focus = -1;
    else if (leave)
        return PLAYER_leave;
    return PLAYER_stay;
}

enum player_outcome player_request(struct player *player, enum request request, int number)
{
    if (player->work.kind != WORK_none && player->work.single && request == REQUEST_forward)
        return PLAYER_stay; /* it is on its way */
    player->said[0] = '\0';
    player->beyond = PLAYER_stay;
    if (player->work.kind != WORK_none) {
        player_stop_work(player);
        if (request == REQUEST_close || request == REQUEST_forward)
            return PLAYER_stay;
    }
    if (player->playing && request != REQUEST_faster && request != REQUEST_slower) {
        player_set_playing(player, false);
        if (request == REQUEST_play)
            return PLAYER_stay;
    }
    if (opens_list(player, request))
        return PLAYER_stay;
    if (player->overlay != OVERLAY_none)
        return list_request(player, request, number);
    switch (request) {
    case REQUEST_play:
        player_set_playing(player, true);
        break;
    case REQUEST_faster:
        player_change_speed(player, 1);
        break;
    case REQUEST_slower:
        player_change_speed(player, -1);
        break;
    case REQUEST_variant:
        return variant(player);
    case REQUEST_restart:
        return PLAYER_restart;
    case REQUEST_input:
        if (player_run(player)->recorded)
            player_message(player, false, _("nobody listens: this is a recording"));
        else
            player_start_typing(player, TYPING_input);
        break;
    case REQUEST_close:
        return close_or_leave(player, false);
    case REQUEST_quit:
        return close_or_leave(player, true);
    default:
        stepping(player, request, number);
        looking(player, request);
        break;
    }
    return player->beyond;
}

enum player_outcome player_point(struct player *player, struct tag tag)
{
    player->said[0] = '\0';
    switch (tag.kind) {
    case TAG_task:
        player_find_choices(player);
        for (size_t i = 0; i < player->choice_count; i++) {
            if (player->choices[i] == tag.number) {
                player_choose(player, tag.number);
                return PLAYER_stay;
            }
        }
        player_message(player, false, _("%s cannot run now"), player_short_name(player, tag.number));
        return PLAYER_stay;
    case TAG_step:
        player_go(player, (struct place){.step = tag.number});
        return PLAYER_stay;
    case TAG_view:
        player->focus = (int)tag.number;
        return PLAYER_stay;
    case TAG_request:
        return player_request(player, (enum request)tag.number, 1);
    case TAG_choice:
        return player_request(player, REQUEST_choose, (int)tag.number);
    case TAG_row:
        return player->overlay != OVERLAY_none && player->overlay_row >= 0 ? player_list_take(player, (int)tag.number)
                                                                           : PLAYER_stay;
    default:
        return PLAYER_stay;
    }
}
