/* The moment as a frame: everything that a view may look at, gathered from the history and the chronicle. Only what was
 * known at the shown step goes in, so that a step looks the same on the way back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/comparison.h"
#include "app/player_internal.h"
#include "base/text.h"
#include "conductor/policy.h"
#include "operations/operations.h"
#include "protocol/record.h"
#include "stage/view.h"

enum { HANDS_EVENTS = 4000, HINTS_MAX = 12 };

static const char *const speed_words[] = {"x1/4", "x1/3", "x1/2", "x1", "x2", "x4", "x10"};

static const char *copy(struct player *player, const char *text)
{
    const char *kept = arena_copy_text(player->arena, text, strlen(text));
    return kept ? kept : "";
}

static const char *in_language(const struct player *player, const struct scene_text *text)
{
    const char *chosen = text->in[player->options.chinese ? SCENE_CHINESE : SCENE_ENGLISH];
    return chosen ? chosen : "";
}

/* ---- who may be chosen ---- */

static bool sleeps(const struct world *world, uint32_t id)
{
    const struct world_task *task = world_task(world, id);
    return task && task->state == STATE_blocked && task->operation == OPERATION_time_sleep &&
           task->deadline != INT64_MAX && !world_task_enabled(world, id);
}

static bool wakes_sleepers(unsigned kind)
{
    return kind == POLICY_you || kind == POLICY_random || kind == POLICY_pct;
}

static int compare_tasks(const void *a, const void *b, void *context)
{
    const struct world_task *one = world_task(context, *(const uint32_t *)a),
                            *two = world_task(context, *(const uint32_t *)b);
    if (one->process != two->process)
        return one->process < two->process ? -1 : 1;
    return one->number < two->number ? -1 : one->number > two->number;
}

void player_find_choices(struct player *player)
{
    struct play_run *run = player_run(player);
    player->choice_count = 0;
    const struct world *world = history_world_step(run->history, player->at.step);
    if (!world || player->at.end)
        return;
    size_t packets = world_packets_held(world, player->choices, PLAYER_PACKETS_MAX);
    packets = packets < PLAYER_PACKETS_MAX ? packets : PLAYER_PACKETS_MAX;
    for (size_t i = 0; i < packets; i++)
        player->choices[i] |= CONDUCTOR_DELIVER;
    size_t count = world_enabled(world, player->choices + packets, PLAYER_CHOICES_MAX - packets) + packets;
    count = count < PLAYER_CHOICES_MAX ? count : PLAYER_CHOICES_MAX;
    for (uint32_t id = 1; wakes_sleepers(run->policy.kind) && id <= world_task_count(world); id++) {
        if (sleeps(world, id) && count < PLAYER_CHOICES_MAX)
            player->choices[count++] = id;
    }
    qsort_r(player->choices + packets, count - packets, sizeof *player->choices, compare_tasks,
            (void *)(uintptr_t)world);
    player->choice_count = count;
}

static void take_choices(struct player *player, struct stage_frame *frame)
{
    player_find_choices(player);
    struct stage_choice *choices = arena_obtain_array(player->arena, player->choice_count + 1, sizeof *choices);
    for (size_t i = 0; choices && i < player->choice_count; i++)
        choices[i] = (struct stage_choice){
            .task = player->choices[i] < CONDUCTOR_DELIVER ? player->choices[i] : 0,
            .packet = player->choices[i] < CONDUCTOR_DELIVER ? 0 : player->choices[i] & (CONDUCTOR_DELIVER - 1),
            .key = i < 9 ? (char)('1' + i) : 0,
            .selected = player->selected == (int)i};
    frame->choices = choices;
    frame->choice_count = choices ? player->choice_count : 0;
}

/* ---- values in hands ---- */

static const char *value_text(struct player *player, const struct event *event)
{
    char text[48];
    if (!world_value_text(event, event->value, text, 24))
        snprintf(text, sizeof text, "%lld", (long long)event->value);
    /* The world's word for an address that means nothing to a reader. */
    if (strcmp(text, "pointer") == 0)
        return _("pointer");
    return copy(player, text);
}

/* A load puts a value into the task's hand; whatever it does next puts it down, or uses it. */
static void take_hands(struct player *player, struct stage_frame *frame, uint32_t last)
{
    struct play_run *run = player_run(player);
    uint32_t tasks = world_task_count(frame->after);
    struct stage_hand *hands = arena_obtain_array(player->arena, tasks + 1, sizeof *hands);
    uint32_t first = last > HANDS_EVENTS ? last - HANDS_EVENTS : 1;
    for (uint32_t number = first; hands && number <= last; number++) {
        struct event event;
        if (!history_event(run->history, number, &event))
            break;
        if (event.kind != EVENT_GOT || event.task == 0 || event.task > tasks)
            continue;
        hands[event.task] = (struct stage_hand){0};
        if (event.operation == OPERATION_memory_load && event.object && !(event.flags & RECORD_PIECE))
            hands[event.task] = (struct stage_hand){.task = event.task,
                                                    .object = event.object,
                                                    .value = value_text(player, &event),
                                                    .step = history_step_at(run->history, number)};
    }
    size_t count = 0;
    for (uint32_t id = 1; hands && id <= tasks; id++) {
        if (hands[id].task && world_task(frame->after, id)->state < STATE_zombie)
            hands[count++] = hands[id];
    }
    frame->hands = hands;
    frame->hand_count = hands ? count : 0;
}

/* ---- the program's own queues ---- */

static void take_queues(struct player *player, struct stage_frame *frame)
{
    const struct session_plan *plan = player->options.plan;
    size_t count = plan->scene ? plan->scene->queue_count : 0;
    struct stage_queue *queues = arena_obtain_array(player->arena, count + 1, sizeof *queues);
    for (size_t i = 0; queues && i < count; i++) {
        const struct scene_queue *queue = &plan->scene->queues[i];
        if (scene_queue_in_variant(queue, &plan->scene->variants[plan->variant]))
            queues[frame->queue_count++] = (struct stage_queue){.name = in_language(player, &queue->name),
                                                                .count = queue->count,
                                                                .less = queue->less,
                                                                .capacity = queue->capacity,
                                                                .items = queue->items,
                                                                .head = queue->head,
                                                                .put_waits = queue->put_waits,
                                                                .get_waits = queue->get_waits};
    }
    frame->queues = queues;
}

/* ---- the packet that is looked at ---- */

/* The one that is selected; else the one whose step it was; else the newest that has moved up to here. */
static uint32_t chosen_packet(const struct player *player, const struct world *world)
{
    if (player->selected >= 0 && (size_t)player->selected < player->choice_count &&
        player->choices[player->selected] >= CONDUCTOR_DELIVER)
        return player->choices[player->selected] & (CONDUCTOR_DELIVER - 1);
    if (player->told.packet)
        return player->told.packet;
    uint32_t newest = 0, moved = 0;
    for (uint32_t number = world_packet_count(world); number > 0 && world_packet(world, number); number--) {
        const struct world_packet *packet = world_packet(world, number);
        uint32_t step = packet->end_step ? packet->end_step : packet->sent_step + 1;
        if (step > moved)
            moved = step, newest = number;
    }
    return newest;
}

static void take_packet(struct player *player, struct stage_frame *frame)
{
    uint32_t number = chosen_packet(player, frame->after);
    const struct world_packet *packet = number ? world_packet(frame->after, number) : NULL;
    if (packet)
        frame->packet = (struct stage_packet){.number = number,
                                              .bytes = packet->bytes,
                                              .length = packet->kept,
                                              .seq = packet->sequence,
                                              .ack = packet->acknowledgement,
                                              .relative = packet->protocol == 6};
}

/* ---- what is said ---- */

static void take_told(struct player *player, struct stage_frame *frame)
{
    struct place at = player->at;
    if (!player->told_known || player->told_step != at.step || player->told_run != player->current ||
        player->told_end != at.end || player->told_chinese != player->options.chinese) {
        told_make(player_run(player)->history, player_run(player)->chronicle, at.step, at.end, player->options.chinese,
                  &player->told);
        player->told_step = at.step;
        player->told_run = player->current;
        player->told_end = at.end;
        player->told_chinese = player->options.chinese;
        player->told_known = true;
    }
    const struct told *told = &player->told;
    const char **facts = arena_obtain_array(player->arena, TOLD_FACTS_MAX, sizeof *facts);
    for (size_t i = 0; facts && i < told->fact_count; i++)
        facts[i] = told->facts[i];
    frame->step = (struct stage_step){.number = at.step,
                                      .task = told->task,
                                      .object = told->object,
                                      .operation = told->operation,
                                      .outcome = told->outcome,
                                      .place = told->place,
                                      .say = at.step ? told->say : _("The program is held before its first step."),
                                      .facts = facts,
                                      .fact_count = facts ? told->fact_count : 0};
}

static void take_question(struct player *player, struct stage_frame *frame)
{
    int index = player_question(player, player->at);
    if (index < 0)
        return;
    const struct scene_question *ask = &player->options.plan->scene->beats[index].ask;
    const char **choices = arena_obtain_array(player->arena, SCENE_CHOICES_MAX, sizeof *choices);
    if (!choices)
        return;
    for (size_t i = 0; i < ask->choice_count; i++)
        choices[i] = in_language(player, &ask->choices[i]);
    frame->question = (struct stage_question){.text = in_language(player, &ask->question),
                                              .choices = choices,
                                              .choice_count = ask->choice_count,
                                              .answer = ask->answer,
                                              .chosen = player->at.revealed ? (unsigned)player->chosen[index] : 0,
                                              .revealed = player->at.revealed,
                                              .because = in_language(player, &ask->because)};
}

static void take_narration(struct player *player, struct stage_frame *frame)
{
    const struct scene *scene = player->options.plan->scene;
    size_t beats[PLAYER_BEATS_MAX];
    char text[2048] = "";
    size_t length = 0;
    if (!scene || player->at.step == 0) {
        frame->narration = scene ? in_language(player, &scene->teaches) : NULL;
        return;
    }
    size_t count =
        chronicle_beats(player_run(player)->chronicle, player_place_step(player->at), beats, PLAYER_BEATS_MAX);
    for (size_t i = 0; i < count && length < sizeof text; i++) {
        const char *say = in_language(player, &scene->beats[beats[i]].say);
        if (say[0]) /* a lecture's question may come without words */
            length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", length ? "\n" : "", say);
    }
    unsigned right = 0, asked = player->at.end ? player_questions(player, false, &right) : 0;
    if (asked && length < sizeof text)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s", length ? "\n" : "");
    if (asked && length < sizeof text)
        length += (size_t)snprintf(text + length, sizeof text - length,
                                   _("The run is over. You answered %u of %u questions right."), right, asked);
    frame->narration = length ? copy(player, text) : NULL;
}

/* ---- the first line and the last ---- */

static void take_bar(struct player *player, struct stage_frame *frame)
{
    const struct session_plan *plan = player->options.plan;
    const struct play_run *run = player_run(player);
    const char *act = player->options.chinese ? player->options.act_zh : player->options.act;
    const char *slash = plan->program ? strrchr(plan->program, '/') : NULL;
    frame->act = act ? act : "";
    frame->title = plan->scene ? in_language(player, &plan->scene->title) : slash ? slash + 1 : plan->program;
    frame->title = frame->title ? frame->title : "";
    if (player->options.place) {
        char title[256];
        snprintf(title, sizeof title, "%s %s", player->options.place, frame->title);
        frame->title = copy(player, title);
    }
    frame->variant = plan->scene ? in_language(player, &plan->scene->variants[plan->variant].title) : "";
    frame->policy = plan->live ? _("live: nothing is held") : player_policy_word(run->policy.kind);
    frame->cpus = plan->live ? 0 : run->cpus;
    frame->playing = player->playing ? speed_words[player->speed] : "";
    const char **notices = arena_obtain_array(player->arena, 4, sizeof *notices);
    if (notices && run->recorded)
        notices[frame->notice_count++] = _("recording");
    if (notices && run->unrepeatable && player->at.step >= run->unrepeatable_from)
        notices[frame->notice_count++] = _("cannot be repeated");
    frame->notices = notices;
}

static void add_hint(struct player *player, struct stage_frame *frame, struct stage_hint *hints, enum request request,
                     const char *key, const char *text)
{
    if (frame->hint_count == HINTS_MAX)
        return;
    if (!key)
        key = player->keys ? copy(player, player->keys(player->keys_context, request, true)) : "";
    if (key[0])
        hints[frame->hint_count++] =
            (struct stage_hint){.key = key, .text = text, .request = request, .always = request == REQUEST_help};
}

static void take_hints(struct player *player, struct stage_frame *frame)
{
    struct stage_hint *hints = arena_obtain_array(player->arena, HINTS_MAX, sizeof *hints);
    if (!hints)
        return;
    frame->hints = hints;
    bool asks = frame->question.text && !frame->question.revealed;
    if (asks)
        add_hint(player, frame, hints, REQUEST_choose, "1-9", _("answer"));
    add_hint(player, frame, hints, REQUEST_forward, NULL, asks ? _("see the answer") : _("next"));
    add_hint(player, frame, hints, REQUEST_back, NULL, _("back"));
    if (!asks && frame->choice_count > 0)
        add_hint(player, frame, hints, REQUEST_choose, "1-9",
                 frame->choices[0].packet ? _("deliver, or choose who runs") : _("choose who runs"));
    if (!asks && frame->choice_count > 0 && frame->choices[0].packet)
        add_hint(player, frame, hints, REQUEST_drop, NULL, _("lose it"));
    if (player->options.plan->scene)
        add_hint(player, frame, hints, REQUEST_beat_next, NULL, _("next beat"));
    add_hint(player, frame, hints, REQUEST_play, NULL, player->playing ? _("stop") : _("play"));
    if (player->options.plan->scene && player->options.plan->scene->variant_count > 1)
        add_hint(player, frame, hints, REQUEST_variant, NULL, _("other variant"));
    add_hint(player, frame, hints, REQUEST_help, NULL, _("help"));
    add_hint(player, frame, hints, REQUEST_quit, NULL, _("leave"));
}

static void take_prompt(struct player *player, struct stage_frame *frame)
{
    static const char *const before[] = {
        [TYPING_command] = ":", [TYPING_search] = "/", [TYPING_input] = N_("to the program> ")};
    if (player->typing == TYPING_none)
        return;
    struct stage_prompt *prompt = arena_obtain(player->arena, sizeof *prompt);
    if (!prompt)
        return;
    *prompt = (struct stage_prompt){
        .before = gettext(before[player->typing]), .text = player->typed, .cursor = player->typed_cursor};
    frame->prompt = prompt;
}

/* ---- all ---- */

/* Policies are compared when the run is over, in place of the timeline, or when the person looks for it: before, it would
 * give the answer away and take the room. */
static void take_order(struct player *player, struct stage_frame *frame)
{
    const struct session_plan *plan = player->options.plan;
    enum stage_view_id *order = arena_obtain_array(player->arena, STAGE_VIEW_COUNT, sizeof *order);
    frame->comparison =
        comparison_frame(player->options.comparison, player->options.chinese, plan->variant, player->arena);
    bool wanted = player->at.end || player->focus == STAGE_VIEW_compare;
    bool compared = wanted && player->views[STAGE_VIEW_compare].shown && frame->comparison;
    size_t count = 0;
    for (size_t i = 0; order && i < player->order_count; i++) {
        enum stage_view_id id = player->order[i];
        if (id == STAGE_VIEW_compare ? compared : !(compared && id == STAGE_VIEW_timeline))
            order[count++] = id;
    }
    frame->order = order ? order : player->order;
    frame->order_count = order ? count : player->order_count;
}

static void take_timeline(struct player *player, struct stage_frame *frame)
{
    const struct chronicle *chronicle = player_run(player)->chronicle;
    struct stage_timeline *timeline = &frame->timeline;
    timeline->movers = chronicle_movers(chronicle);
    timeline->steps = player->future ? chronicle_steps(chronicle) : player->at.step;
    timeline->lane_count = chronicle_lanes(chronicle, &timeline->lanes);
    timeline->beat_count = chronicle_beat_steps(chronicle, &timeline->beats);
    while (timeline->beat_count > 0 && timeline->beats[timeline->beat_count - 1] > timeline->steps)
        timeline->beat_count--;
    if (!player->future) {
        /* Tasks that are not born yet have no lane yet. */
        struct stage_lane *lanes = arena_obtain_array(player->arena, timeline->lane_count + 1, sizeof *lanes);
        size_t count = 0;
        for (size_t i = 0; lanes && i < timeline->lane_count; i++) {
            if (timeline->lanes[i].count && timeline->lanes[i].changes[0].step <= player->at.step)
                lanes[count++] = timeline->lanes[i];
        }
        timeline->lanes = lanes;
        timeline->lane_count = lanes ? count : 0;
    }
    timeline->scale = player->scale;
    timeline->cursor = player->at.step;
}

/* The texts of the scene and of the places that are known by now: others may have been read for later steps. */
static void take_files(struct player *player, struct stage_frame *frame)
{
    const struct stage_file *all;
    size_t count = listing_files(player->setting.listing, &all);
    struct stage_file *files = arena_obtain_array(player->arena, count + 1, sizeof *files);
    bool *named = arena_obtain_array(player->arena, count + 1, sizeof *named);
    if (!files || !named)
        return;
    struct world_place place = world_place(frame->after, 1);
    for (uint32_t id = 1; place.text; place = world_place(frame->after, ++id)) {
        const char *path = world_text(frame->after, place.text), *slash = strrchr(path, '/');
        for (size_t i = 0; i < count; i++)
            named[i] = named[i] || strcmp(all[i].name, slash ? slash + 1 : path) == 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (named[i] || i < player->given_files)
            files[frame->file_count++] = all[i];
    }
    frame->files = files;
}

static bool several_processes(const struct world *world)
{
    return world_process_count(world) > 1;
}

bool player_frame(struct player *player, struct stage_frame *frame)
{
    struct play_run *run = player_run(player);
    struct place at = player->at;
    arena_clear(player->arena);
    memset(frame, 0, sizeof *frame);
    take_told(player, frame); /* looks at other worlds: before ours are borrowed */
    take_choices(player, frame);
    frame->before = history_world_step(run->history, at.step > 0 ? at.step - 1 : 0);
    frame->after = history_world_step(run->history, at.step);
    if (!frame->before || !frame->after)
        return false;
    uint32_t last = at.end ? history_count(run->history) : history_step_last(run->history, at.step);
    frame->motion = 1;
    frame->ended = at.end;
    frame->verdict = at.end ? (uint8_t)world_verdict(history_world(run->history)) : VERDICT_none;
    take_hands(player, frame, last);
    take_packet(player, frame);
    take_queues(player, frame);
    take_timeline(player, frame);
    struct stage_line *lines = arena_obtain_array(player->arena, PLAYER_LINES_MAX, sizeof *lines);
    frame->console = lines;
    uint32_t shown = player_place_step(at);
    frame->console_count = lines ? chronicle_lines(run->chronicle, shown, lines, PLAYER_LINES_MAX, player->arena) : 0;
    take_files(player, frame);
    frame->several_processes = several_processes(frame->after);
    take_bar(player, frame);
    take_question(player, frame);
    take_narration(player, frame);
    take_hints(player, frame);
    take_prompt(player, frame);
    frame->message = player->said[0] ? player->said : NULL;
    frame->message_is_error = player->said_error;
    take_order(player, frame);
    memcpy(frame->views, player->views, sizeof frame->views);
    frame->focus = player->focus;
    frame->enlarged = player->enlarged;
    frame->list = player_list(player);
    return true;
}
