/* Where the person is and what the keys do. What takes long is in player_work.c, lists in player_lists.c, the picture in
 * player_frame.c, what is typed in player_typing.c. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/player_internal.h"
#include "base/text.h"
#include "history/recording.h"
#include "stage/view.h"

enum { WAIT_MS = 300 /* for something outside, before the person is told */, LIST_ROWS = 20 /* fit on any screen */, SPEEDS = 7, SPEED_NORMAL = 3 };

static const int dwell_ms[SPEEDS] = {6000, 3500, 2200, 1300, 650, 300, 100};

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

/* ---- life ---- */

static bool is_paused(void *context)
{
    struct player *player = context;
    const struct player_options *options = &player->options;
    return player_now() >= player->paused_until || (options->pending && options->pending(options->context));
}

static const char *const usual_views[] = {"stage", "locks", "source", "timeline", "console", "queues", "tree", NULL};
static const char *const wire_views[] = {"stage", "wire", "source", "console", "tcp", "timeline", "packet", NULL};

/* Whether packets are carried in this run, or were. `*why`: they are not, though they are wanted. */
static bool has_wire(const struct player *player, const char **why)
{
    const struct play_run *run = player_run(player);
    const struct world *world = history_world(run->history);
    *why = "";
    return run->conductor ? conductor_wire(run->conductor, why) : world && world_packet_count(world) > 0;
}

static void take_views(struct player *player)
{
    const struct scene *scene = player->options.plan->scene;
    const char *why, *const *names = has_wire(player, &why) ? wire_views : usual_views;
    size_t count = 0;
    if (why[0])
        player_message(player, false, _("packets are not visible on this machine: %s; see `lockstep doctor`"), why);
    while (names[count])
        count++;
    if (scene && scene->views.count) {
        names = scene->views.items;
        count = scene->views.count;
    }
    for (size_t i = 0; i < count; i++) {
        enum stage_view_id id = stage_view_by_name(names[i]);
        if (id < STAGE_VIEW_COUNT && !player->views[id].shown) {
            player->views[id].shown = true;
            player->order[player->order_count++] = id;
        }
    }
}

static void add_run(struct player *player, struct play_run *run)
{
    struct play_run **grown = realloc(player->runs, (player->run_count + 1) * sizeof(struct play_run *));
    if (!grown) {
        play_run_free(run);
        return;
    }
    player->runs = grown;
    player->runs[player->run_count++] = run;
}

static void take_sources(struct player *player, const struct recording_about *about)
{
    for (size_t i = 0; i < about->source_count; i++)
        listing_add(player->setting.listing, about->sources[i].name, about->sources[i].bytes, about->sources[i].length);
}

static enum status first_run(struct player *player, struct message *message)
{
    struct play_run *run = NULL;
    enum status status;
    player->paused_until = player_now() + WAIT_MS;
    if (player->options.recording) {
        take_sources(player, recording_about(player->options.recording));
        status = play_run_recorded(&player->setting, recording_history(player->options.recording), &run, message);
    } else {
        status = play_run_start(&player->setting, 1, NULL, &run, message);
    }
    if (status)
        return status;
    add_run(player, run);
    return player->run_count ? STATUS_OK : message_set(message, STATUS_MEMORY, _("out of memory"));
}

enum status player_new(const struct player_options *options, struct player **out, struct message *message)
{
    *out = NULL;
    struct player *player = calloc(1, sizeof *player);
    if (!player)
        return message_set(message, STATUS_MEMORY, _("out of memory"));
    const struct scene *scene = options->plan->scene;
    player->options = *options;
    player->focus = player->enlarged = player->selected = -1;
    player->speed = SPEED_NORMAL;
    player->scale = 1;
    player->arena = arena_new();
    player->chosen = calloc(scene ? scene->beat_count + 1 : 1, sizeof *player->chosen);
    player->first = calloc(scene ? scene->beat_count + 1 : 1, sizeof *player->first);
    player->setting = (struct play_setting){.plan = options->plan,
                                            .paths = options->paths,
                                            .listing = listing_new(),
                                            .record = options->plan->record,
                                            .paused = is_paused,
                                            .context = player};
    enum status status = STATUS_OK;
    if (!player->arena || !player->chosen || !player->first || !player->setting.listing)
        status = message_set(message, STATUS_MEMORY, _("out of memory"));
    if (!status)
        status = first_run(player, message);
    if (status) {
        player_free(player);
        return status;
    }
    take_views(player);
    if (options->notice)
        player_say(player, false, options->notice);
    *out = player;
    return STATUS_OK;
}

void player_free(struct player *player)
{
    if (!player)
        return;
    play_run_free(player->work.run);
    for (size_t i = 0; i < player->run_count; i++)
        play_run_free(player->runs[i]);
    free(player->runs);
    listing_free(player->setting.listing);
    free(player->chosen);
    free(player->first);
    arena_free(player->arena);
    free(player);
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
    size_t count =
        chronicle_beats(player_run(player)->chronicle, player_place_step(place), beats, PLAYER_BEATS_MAX);
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

/* At the newest step: one more, of `task` or of whoever is chosen. */
static void step_new(struct player *player, uint32_t task)
{
    struct play_run *run = player_run(player);
    struct message message = {{0}};
    uint32_t known = player_known(player);
    bool stepped;
    if (!run->conductor && !run->over) {
        player_repeat(player, player->current, player_known(player), "");
        return;
    }
    player->paused_until = player_now() + WAIT_MS;
    enum status status = play_run_step(run, task, &stepped, &message);
    note_status(player, status, &message);
    if (stepped) /* one, even where a handler's return came with it */
        player_go(player, (struct place){.step = known + 1});
    else if (status == STATUS_ENDED)
        player_go(player, (struct place){.step = player_known(player), .end = true});
    else if (status == STATUS_OK)
        player_message(player, false, _("nobody can go on: the program waits for something outside (i: type to it)"));
}

static void open_list(struct player *player, enum overlay overlay)
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

static void enter_at_end(struct player *player)
{
    unsigned right;
    if (!player->options.has_after && player_questions(player, true, &right) > 0)
        open_list(player, OVERLAY_summary);
    else
        beyond_end(player);
}

static void forward(struct player *player)
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
        step_new(player, 0);
}

static void back(struct player *player)
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

/* ---- choosing ---- */

static const char *task_name(const struct player *player, uint32_t choice)
{
    static char name[24];
    return branch_choice_name(history_world(player_run(player)->history), choice, name);
}

/* As the screen calls it: "T2" while there is one process. */
static const char *short_name(const struct player *player, uint32_t task)
{
    const char *name = task_name(player, task);
    const char *dot = strchr(name, '.');
    const struct world *world = history_world_step(player_run(player)->history, player->at.step);
    return dot && world && world_process_count(world) == 1 ? dot + 1 : name;
}

void player_choose(struct player *player, uint32_t task)
{
    struct place at = player->at;
    if (at.step == player_known(player) && !player_run(player)->over) {
        step_new(player, task);
        return;
    }
    if (at.step < player_known(player) && chronicle_mover(player_run(player)->chronicle, at.step + 1) == task) {
        player_go(player, (struct place){.step = at.step + 1});
        return;
    }
    if (player_run(player)->recorded) {
        player_message(player, false, _("a recording only shows what was; `lockstep replay --branch` runs the program again"));
        return;
    }
    const char *name = task_name(player, task);
    if (strcmp(player->branch_wish, name) == 0 && player->branch_wish_step == at.step) {
        player_repeat(player, player->current, at.step, name);
        return;
    }
    snprintf(player->branch_wish, sizeof player->branch_wish, "%s", name);
    player->branch_wish_step = at.step;
    name = short_name(player, task);
    player_message(player, false, _("not chosen here; once more, and the program runs anew to here with %s next"), name);
}

static void choose_index(struct player *player, size_t index)
{
    player_find_choices(player);
    if (index < player->choice_count)
        player_choose(player, player->choices[index]);
    else if (player->choice_count == 0) /* so that digits alone come to the end */
        forward(player);
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

static void digit(struct player *player, int number)
{
    int beat = player->at.revealed ? -1 : player_question(player, player->at);
    if (beat >= 0)
        answer(player, beat, (unsigned)number);
    else
        choose_index(player, (size_t)number - 1);
}

/* The packet that is selected, or the first that waits, is lost or doubled. */
static void treat_packet(struct player *player, uint32_t how)
{
    player_find_choices(player);
    size_t at = player->selected >= 0 && (size_t)player->selected < player->choice_count ? (size_t)player->selected : 0;
    if (at < player->choice_count && player->choices[at] >= CONDUCTOR_DELIVER)
        player_choose(player, how | (player->choices[at] & (CONDUCTOR_DELIVER - 1)));
    else
        player_message(player, false, _("no packet waits on the wire"));
}

static void select_choice(struct player *player, int by)
{
    player_find_choices(player);
    int count = (int)player->choice_count;
    if (count > 0)
        player->selected = player->selected < 0 ? (by > 0 ? 0 : count - 1) : (player->selected + by + count) % count;
}

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

/* ---- playing by itself ---- */

static int dwell(struct player *player)
{
    int wait = dwell_ms[player->speed];
    size_t beats[PLAYER_BEATS_MAX];
    uint32_t step = player_place_step(player->at);
    if (step && chronicle_beats(player_run(player)->chronicle, step, beats, PLAYER_BEATS_MAX) > 0)
        wait *= 3; /* there is something to read */
    return wait;
}

static void set_playing(struct player *player, bool on)
{
    player->playing = on;
    player->next_tick = player_now() + dwell(player);
}

int player_wait(const struct player *player)
{
    if (!player->playing || player->work.kind != WORK_none)
        return -1;
    int64_t left = player->next_tick - player_now();
    return left < 0 ? 0 : (int)left;
}

void player_tick(struct player *player)
{
    if (!player->playing || player_now() < player->next_tick)
        return;
    forward(player);
    if (player->at.end || player->work.kind != WORK_none)
        player->playing = player->work.kind != WORK_none;
    player->next_tick = player_now() + dwell(player);
}

static void change_speed(struct player *player, int by)
{
    if (by > 0 && player->speed + 1 < SPEEDS)
        player->speed++;
    if (by < 0 && player->speed > 0)
        player->speed--;
    set_playing(player, player->playing);
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
        if (player->overlay_row < 0)
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
        open_list(player, OVERLAY_scheduler);
        return true;
    case REQUEST_cpus:
        open_list(player, OVERLAY_cpus);
        return true;
    case REQUEST_views:
        open_list(player, OVERLAY_views);
        return true;
    case REQUEST_whatifs:
        open_list(player, OVERLAY_whatifs);
        player->overlay_row = player->current;
        return true;
    case REQUEST_help:
        open_list(player, OVERLAY_help);
        return true;
    case REQUEST_notes:
        open_list(player, OVERLAY_notes);
        return true;
    default:
        return false;
    }
}

static void stepping(struct player *player, enum request request, int number)
{
    switch (request) {
    case REQUEST_forward:
        forward(player);
        break;
    case REQUEST_back:
        back(player);
        break;
    case REQUEST_choose:
        digit(player, number);
        break;
    case REQUEST_up:
        select_choice(player, -1);
        break;
    case REQUEST_down:
        select_choice(player, 1);
        break;
    case REQUEST_enter:
        if (player->selected >= 0)
            choose_index(player, (size_t)player->selected);
        else if (player->at.end)
            enter_at_end(player);
        else
            forward(player);
        break;
    case REQUEST_drop:
        treat_packet(player, CONDUCTOR_DROP);
        break;
    case REQUEST_duplicate:
        treat_packet(player, CONDUCTOR_DUPLICATE);
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
    player->said[0] = '\0';
    player->beyond = PLAYER_stay;
    if (player->work.kind != WORK_none) {
        player_stop_work(player);
        if (request == REQUEST_close || request == REQUEST_forward)
            return PLAYER_stay;
    }
    if (player->playing && request != REQUEST_faster && request != REQUEST_slower) {
        set_playing(player, false);
        if (request == REQUEST_play)
            return PLAYER_stay;
    }
    if (opens_list(player, request))
        return PLAYER_stay;
    if (player->overlay != OVERLAY_none)
        return list_request(player, request, number);
    switch (request) {
    case REQUEST_play:
        set_playing(player, true);
        break;
    case REQUEST_faster:
        change_speed(player, 1);
        break;
    case REQUEST_slower:
        change_speed(player, -1);
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
        player_message(player, false, _("%s cannot run now"), short_name(player, tag.number));
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
