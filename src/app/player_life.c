/* How a player comes to be and ends: its first run, its views, its sources. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/player_internal.h"
#include "base/text.h"
#include "conductor/program.h"
#include "history/recording.h"
#include "stage/view.h"

static bool is_paused(void *context)
{
    struct player *player = context;
    const struct player_options *options = &player->options;
    return player_now() >= player->paused_until || (options->pending && options->pending(options->context));
}

static const char *const usual_views[] = {"stage",   "locks", "memory", "source", "timeline",
                                          "console", "graph", "queues", "tree",   NULL};
static const char *const wire_views[] = {"stage",    "wire",   "source", "console", "tcp",
                                         "timeline", "packet", "window", NULL};

/* Whether packets are carried in this run, or were. `*why`: they are not, though they are wanted. */
static bool has_wire(const struct player *player, const char **why)
{
    const struct play_run *run = player_run(player);
    const struct world *world = history_world(run->history);
    *why = "";
    return run->conductor ? conductor_wire(run->conductor, why) : world && world_packet_count(world) > 0;
}

/* What a program must call so that a view has something to show. */
static const struct {
    const char *view;
    const char *const *calls;
} needs[] = {
    {"locks",
     (const char *const[]){"pthread_mutex_*", "pthread_cond_*", "pthread_rwlock_*", "pthread_barrier_*",
                           "pthread_spin_*", "pthread_once", "sem_*", "mtx_*", "cnd_*", "call_once", "flock", NULL}},
    {"graph",
     (const char *const[]){"pthread_mutex_*", "pthread_rwlock_*", "pthread_spin_*", "sem_*", "mtx_*", "flock", NULL}},
    {"queues", (const char *const[]){"pipe", "pipe2", "popen", "mkfifo", "mkfifoat", "mq_*", NULL}},
    {"tree",
     (const char *const[]){"fork", "vfork", "_Fork", "posix_spawn*", "popen", "system", "clone", "daemon", NULL}},
};

/* Whether a program without a scene can fill the view. One whose file is not known (found in PATH, or of a recording) may. */
static bool can_fill(const struct player *player, const char *view)
{
    const struct session_plan *plan = player->options.plan;
    if (strcmp(view, "memory") == 0)
        return plan->watch_count > 0;
    if (player->options.recording || !plan->program || !strchr(plan->program, '/'))
        return true;
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        if (strcmp(needs[i].view, view) == 0)
            return program_uses(plan->program, needs[i].calls);
    }
    return true;
}

static void take_views(struct player *player)
{
    const struct scene *scene = player->options.plan->scene;
    const char *why;
    bool wire = has_wire(player, &why);
    const char *const *names = wire ? wire_views : usual_views;
    size_t count = 0;
    if (why[0])
        player_message(player, false, _("packets are not visible on this machine: %s; see `lockstep doctor`"), why);
    else if (wire && !scene && !player->options.recording)
        player_say(player, false, _("packets are carried here: there is no outside network, and no IPv6"));
    while (names[count])
        count++;
    if (scene && scene->views.count) {
        names = scene->views.items;
        count = scene->views.count;
    }
    for (size_t i = 0; i < count; i++) {
        enum stage_view_id id = stage_view_by_name(names[i]);
        bool chosen = names != usual_views || can_fill(player, names[i]);
        if (id < STAGE_VIEW_COUNT && !player->views[id].shown && chosen) {
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
    const struct stage_file *files;
    player->given_files = listing_files(player->setting.listing, &files);
}

/* What is played is there to be read before its first step. */
static void take_scene_sources(struct player *player)
{
    const struct scene *scene = player->options.plan->scene;
    if (!scene)
        return;
    const struct scene_variant *variant = &scene->variants[player->options.plan->variant];
    const struct scene_strings *sources = variant->own_sources ? &variant->program.sources : &scene->program.sources;
    for (size_t i = 0; i < sources->count; i++) {
        char path[PATH_MAX];
        char *text = NULL;
        size_t size = 0;
        snprintf(path, sizeof path, "%s/%s", scene->folder, sources->items[i]);
        FILE *file = fopen(path, "re");
        FILE *kept = file ? open_memstream(&text, &size) : NULL;
        for (int byte = file ? getc(file) : EOF; kept && byte != EOF; byte = getc(file))
            putc(byte, kept);
        if (file)
            fclose(file);
        if (kept && fclose(kept) == 0)
            listing_add(player->setting.listing, path, text, size);
        free(text);
    }
    const struct stage_file *files;
    player->given_files = listing_files(player->setting.listing, &files);
}

static enum status first_run(struct player *player, struct message *message)
{
    struct play_run *run = NULL;
    enum status status;
    player->paused_until = player_now() + PLAYER_WAIT_MS;
    if (player->options.recording) {
        take_sources(player, recording_about(player->options.recording));
        status = play_run_recorded(&player->setting, recording_history(player->options.recording), &run, message);
    } else {
        take_scene_sources(player);
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
    player->speed = PLAYER_SPEED_NORMAL;
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
