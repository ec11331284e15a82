/* The lists that lie over the stage: what is in them, and what taking a row does. */
#include <stdio.h>
#include <string.h>

#include "app/player_internal.h"
#include "base/text.h"
#include "stage/view.h"

static const uint32_t cpu_counts[] = {1, 2, 3, 4, 6, 8, 16, 32, 64};
enum { CPU_COUNTS = sizeof cpu_counts / sizeof *cpu_counts, NOTE_COLUMNS = 66, NOTE_LINES = 200 };

const char *player_policy_word(unsigned kind)
{
    static const char *const words[POLICY_COUNT] = {
        [POLICY_you] = N_("you choose"), [POLICY_rr] = N_("round robin"),       [POLICY_fifo] = N_("first come"),
        [POLICY_batch] = N_("batch"),    [POLICY_sjf] = N_("shortest first"),   [POLICY_priority] = N_("priority"),
        [POLICY_random] = N_("random"),  [POLICY_pct] = N_("random priorities")};
    return kind < POLICY_COUNT ? gettext(words[kind]) : "";
}

static const char *copy(struct player *player, const char *text)
{
    const char *kept = arena_copy_text(player->arena, text, strlen(text));
    return kept ? kept : "";
}

static struct stage_list_row *rows_new(struct player *player, struct stage_list *list, size_t count)
{
    struct stage_list_row *rows = arena_obtain_array(player->arena, count + 1, sizeof *rows);
    list->rows = rows;
    list->count = rows ? count : 0;
    return rows;
}

/* ---- who chooses, how many CPUs, which views ---- */

static void fill_scheduler(struct player *player, struct stage_list *list)
{
    struct stage_list_row *rows = rows_new(player, list, POLICY_COUNT);
    list->title = _("who chooses?");
    for (unsigned kind = 0; rows && kind < POLICY_COUNT; kind++) {
        char key[4];
        snprintf(key, sizeof key, "%u", kind + 1);
        rows[kind] = (struct stage_list_row){.key = copy(player, key),
                                             .text = player_policy_word(kind),
                                             .hint = policy_text(kind, player->options.chinese),
                                             .marked = player_run(player)->policy.kind == kind};
    }
}

static void fill_cpus(struct player *player, struct stage_list *list)
{
    struct stage_list_row *rows = rows_new(player, list, CPU_COUNTS);
    list->title = _("how many CPUs?");
    for (size_t i = 0; rows && i < CPU_COUNTS; i++) {
        char key[24], text[48];
        snprintf(key, sizeof key, "%zu", i + 1);
        snprintf(text, sizeof text, ngettext("%u CPU", "%u CPUs", cpu_counts[i]), cpu_counts[i]);
        rows[i] = (struct stage_list_row){
            .key = copy(player, key), .text = copy(player, text), .marked = player_run(player)->cpus == cpu_counts[i]};
    }
}

static void fill_views(struct player *player, struct stage_list *list)
{
    struct stage_list_row *rows = rows_new(player, list, STAGE_VIEW_COUNT);
    list->title = _("which views?");
    list->hint = _("Enter: show or hide; Esc: done");
    for (unsigned id = 0; rows && id < STAGE_VIEW_COUNT; id++) {
        char key[4];
        snprintf(key, sizeof key, "%u", id + 1);
        rows[id] = (struct stage_list_row){.key = copy(player, key),
                                           .text = gettext(stage_view((enum stage_view_id)id)->title),
                                           .marked = player->views[id].shown};
    }
}

/* ---- what can go wrong ---- */

enum { INJECTIONS_MAX = 64 };

static void fill_inject(struct player *player, struct stage_list *list)
{
    uint32_t choices[INJECTIONS_MAX];
    size_t count = player_injections(player, choices, INJECTIONS_MAX);
    struct stage_list_row *rows = rows_new(player, list, count);
    list->title = _("what shall go wrong?");
    for (size_t i = 0; rows && i < count; i++) {
        char key[24], text[96];
        bool packet = !(choices[i] & CONDUCTOR_INJECT);
        bool lost = packet && (choices[i] & CONDUCTOR_DUPLICATE) == CONDUCTOR_DROP;
        enum injection kind =
            packet ? lost ? INJECTION_drop : INJECTION_duplicate : (enum injection)(choices[i] >> 24 & 31);
        snprintf(key, sizeof key, "%zu", i + 1);
        if (packet)
            snprintf(text, sizeof text, _("packet %u"), choices[i] & (CONDUCTOR_DELIVER - 1));
        else
            snprintf(text, sizeof text, "%s", player_short_name(player, choices[i] & 0xFFFFFF));
        rows[i] = (struct stage_list_row){.key = copy(player, key),
                                          .text = copy(player, text),
                                          .hint = injection_text(kind, player->options.chinese)};
    }
}

static void take_inject(struct player *player, int row)
{
    uint32_t choices[INJECTIONS_MAX];
    size_t count = player_injections(player, choices, INJECTIONS_MAX);
    if ((size_t)row < count)
        player_choose(player, choices[row]);
}

/* ---- what-ifs ---- */

static unsigned depth_of(const struct player *player, size_t index)
{
    unsigned depth = 0;
    for (int parent = player->runs[index]->parent; parent >= 0 && depth < 16; parent = player->runs[parent]->parent)
        depth++;
    return depth;
}

static const char *how_it_ends(const struct play_run *run)
{
    static const char *const words[VERDICT_COUNT] = {[VERDICT_none] = N_("goes on"),
                                                     [VERDICT_finished] = N_("finished"),
                                                     [VERDICT_failed] = N_("failed"),
                                                     [VERDICT_deadlock] = N_("deadlock"),
                                                     [VERDICT_bound] = N_("bound reached")};
    const struct world *world = history_world(run->history);
    enum verdict verdict = world ? world_verdict(world) : VERDICT_none;
    return gettext(words[verdict < VERDICT_COUNT ? verdict : VERDICT_none]);
}

static void fill_whatifs(struct player *player, struct stage_list *list)
{
    struct stage_list_row *rows = rows_new(player, list, player->run_count);
    list->title = _("what if? the runs so far");
    list->hint = _("Enter: go there; another choice in the past makes a new one");
    for (size_t i = 0; rows && i < player->run_count; i++) {
        const struct play_run *run = player->runs[i];
        char key[24], text[128], hint[96];
        snprintf(key, sizeof key, "%zu", i + 1);
        if (run->parent < 0)
            snprintf(text, sizeof text, "%s", _("the run as it was"));
        else
            snprintf(text, sizeof text, _("step %u: %s instead"), run->branch_step, run->branch_task);
        snprintf(hint, sizeof hint, ngettext("%u step, %s", "%u steps, %s", chronicle_steps(run->chronicle)),
                 chronicle_steps(run->chronicle), how_it_ends(run));
        rows[i] = (struct stage_list_row){.key = copy(player, key),
                                          .text = copy(player, text),
                                          .hint = copy(player, hint),
                                          .indent = 2 * depth_of(player, i),
                                          .marked = player->current == (int)i};
    }
}

/* ---- help, notes ---- */

static void fill_help(struct player *player, struct stage_list *list)
{
    static const struct {
        const char *heading;
        enum request request;
    } lines[] = {
#define REQUEST_GROUP(title) {title, REQUEST_none},
#define REQUEST(id, name, help) {NULL, REQUEST_##id},
#include "terminal/requests.def"
#undef REQUEST
#undef REQUEST_GROUP
    };
    size_t count = sizeof lines / sizeof *lines;
    struct stage_list_row *rows = rows_new(player, list, count);
    list->title = _("keys");
    list->hint = _("arrows scroll; Esc closes");
    for (size_t i = 0; rows && i < count; i++) {
        if (lines[i].heading) {
            rows[i] = (struct stage_list_row){.text = gettext(lines[i].heading), .heading = true};
            continue;
        }
        const char *keys = player->keys ? player->keys(player->keys_context, lines[i].request, false) : "";
        rows[i] = (struct stage_list_row){.key = copy(player, keys), .text = gettext(request_help(lines[i].request))};
    }
}

/* A text as rows, wrapped. */
void player_list_text(struct player *player, struct stage_list *list, const char *text)
{
    struct stage_list_row *rows = rows_new(player, list, NOTE_LINES);
    struct canvas *canvas = canvas_new(NOTE_COLUMNS, NOTE_LINES, false);
    if (!rows || !canvas) {
        canvas_free(canvas);
        list->count = 0;
        return;
    }
    struct pane pane = pane_whole(canvas);
    int lines = pane_text_wrap(&pane, 0, 0, NOTE_COLUMNS, NOTE_LINES, EMPHASIS_none, ROLE_text, text);
    list->count = lines < NOTE_LINES ? (size_t)lines : NOTE_LINES;
    for (size_t i = 0; i < list->count; i++) {
        char line[NOTE_COLUMNS * 16];
        canvas_row_text(canvas, (unsigned)i, line, sizeof line);
        rows[i] = (struct stage_list_row){.text = copy(player, line)};
    }
    canvas_free(canvas);
}

static void fill_notes(struct player *player, struct stage_list *list)
{
    const struct scene *scene = player->options.plan->scene;
    const char *text = scene ? scene->notes.in[player->options.chinese ? SCENE_CHINESE : SCENE_ENGLISH] : NULL;
    list->title = _("notes for the lecturer");
    list->hint = _("Esc closes");
    player_list_text(player, list, text ? text : _("There are no notes to this."));
}

/* ---- all ---- */

const struct stage_list *player_list(struct player *player)
{
    static void (*const fill[])(struct player *, struct stage_list *) = {
        [OVERLAY_help] = fill_help,     [OVERLAY_scheduler] = fill_scheduler,   [OVERLAY_cpus] = fill_cpus,
        [OVERLAY_views] = fill_views,   [OVERLAY_whatifs] = fill_whatifs,       [OVERLAY_notes] = fill_notes,
        [OVERLAY_inject] = fill_inject, [OVERLAY_summary] = player_fill_summary};
    if (player->overlay == OVERLAY_none)
        return NULL;
    struct stage_list *list = arena_obtain(player->arena, sizeof *list);
    if (!list)
        return NULL;
    list->hint = _("Enter or a digit takes one; Esc closes");
    list->selected = player->overlay_row;
    list->top = player->overlay_top;
    fill[player->overlay](player, list);
    return list;
}

int player_list_count(struct player *player)
{
    switch (player->overlay) {
    case OVERLAY_scheduler:
        return POLICY_COUNT;
    case OVERLAY_cpus:
        return CPU_COUNTS;
    case OVERLAY_views:
        return STAGE_VIEW_COUNT;
    case OVERLAY_whatifs:
        return (int)player->run_count;
    case OVERLAY_none:
        return 0;
    default: {
        const struct stage_list *list = player_list(player);
        return list ? (int)list->count : 0;
    }
    }
}

static void take_scheduler(struct player *player, unsigned kind)
{
    struct policy_options policy = player_run(player)->policy;
    struct message message = {{0}};
    policy.kind = (enum policy_kind)kind;
    if (player_run(player)->conductor)
        conductor_drop_schedule(player_run(player)->conductor);
    if (play_run_set_policy(player_run(player), &policy, &message))
        player_message(player, true, "%s", message.text);
    else if (player->at.step < player_known(player))
        player_message(player, false, _("from step %u on, where this run has come to: %s"), player_known(player),
                       player_policy_word(kind));
}

static void take_view(struct player *player, unsigned id)
{
    struct stage_view_state *state = &player->views[id];
    state->shown = !state->shown;
    size_t count = 0;
    for (size_t i = 0; i < player->order_count; i++) {
        if (player->order[i] != id)
            player->order[count++] = player->order[i];
    }
    if (state->shown)
        player->order[count++] = (enum stage_view_id)id;
    player->order_count = count;
    if (!state->shown && player->focus == (int)id)
        player->focus = -1;
    if (!state->shown && player->enlarged == (int)id)
        player->enlarged = -1;
}

static void take_whatif(struct player *player, int row)
{
    if (row == player->current)
        return;
    player->current = row;
    struct place to = {.step = player->runs[row]->shown, .revealed = true};
    player_forget_frame(player);
    player_go(player, to);
}

enum player_outcome player_list_take(struct player *player, int row)
{
    if (row < 0 || row >= player_list_count(player))
        return PLAYER_stay;
    enum overlay overlay = player->overlay;
    player->overlay_row = row;
    if (overlay != OVERLAY_views)
        player->overlay = OVERLAY_none;
    if (player_run(player)->recorded && (overlay == OVERLAY_scheduler || overlay == OVERLAY_cpus)) {
        player_message(player, false, _("a recording only shows what was"));
        return PLAYER_stay;
    }
    switch (overlay) {
    case OVERLAY_scheduler:
        take_scheduler(player, (unsigned)row);
        break;
    case OVERLAY_cpus:
        play_run_set_cpus(player_run(player), cpu_counts[row]);
        player_forget_frame(player);
        break;
    case OVERLAY_views:
        take_view(player, (unsigned)row);
        break;
    case OVERLAY_whatifs:
        take_whatif(player, row);
        break;
    case OVERLAY_inject:
        take_inject(player, row);
        break;
    default:
        break;
    }
    return PLAYER_stay;
}
