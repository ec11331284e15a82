/* The loop: a moment is drawn, one thing is waited for, it is applied. Movement is a few frames between two moments, and
 * never waited for: the next key ends it. */
#include "app/screen.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/language.h"
#include "app/notes.h"
#include "app/player_internal.h"
#include "app/supervisor.h"
#include "base/text.h"

enum { MOTION_MS = 220, FRAME_MS = 33, HEARTBEAT_MS = 500 };

struct screen {
    struct terminal *terminal;
    struct canvas *canvas;
    bool ascii, motion, blank, gone;
    unsigned most_columns, most_rows; /* --size; 0: the terminal's */
    char said[256];
    int64_t started; /* seconds of the wall clock */
    uint32_t published;
    const struct player *published_player;
};

bool screen_is_wanted(const struct options *options)
{
    return options->output == OUTPUT_default && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* ---- life ---- */

static void own_keys(char *out, size_t size)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    out[0] = '\0';
    if (config && config[0] == '/')
        snprintf(out, size, "%s/lockstep/keys", config);
    else if (home && home[0] == '/')
        snprintf(out, size, "%s/.config/lockstep/keys", home);
}

static bool resize_canvas(struct screen *screen)
{
    unsigned columns = terminal_columns(screen->terminal), rows = terminal_rows(screen->terminal);
    if (screen->most_columns && columns > screen->most_columns)
        columns = screen->most_columns;
    if (screen->most_rows && rows > screen->most_rows)
        rows = screen->most_rows;
    columns = columns < 1 ? 1 : columns > CANVAS_SIDE_MAX ? CANVAS_SIDE_MAX : columns;
    rows = rows < 1 ? 1 : rows > CANVAS_SIDE_MAX ? CANVAS_SIDE_MAX : rows;
    if (screen->canvas)
        return canvas_resize(screen->canvas, columns, rows, screen->ascii);
    screen->canvas = canvas_new(columns, rows, screen->ascii);
    return screen->canvas != NULL;
}

static bool motion_is_wanted(const struct options *options)
{
    const char *reduced = getenv("REDUCED_MOTION");
    return !options->no_animation && !(reduced && reduced[0] && strcmp(reduced, "0") != 0);
}

enum status screen_open(const struct options *options, const struct paths *paths, struct screen **out,
                        struct message *message)
{
    char own[4096];
    *out = NULL;
    struct screen *screen = calloc(1, sizeof *screen);
    if (!screen)
        return message_set(message, STATUS_MEMORY, _("out of memory"));
    own_keys(own, sizeof own);
    const char *ascii = getenv("LOCKSTEP_ASCII");
    enum theme theme = options->theme ? theme_by_name(options->theme) : THEME_COUNT;
    struct terminal_options wanted = {.theme = theme == THEME_COUNT ? -1 : (int)theme,
                                      .ascii = options->ascii || (ascii && ascii[0] && strcmp(ascii, "0") != 0),
                                      .no_color = options->no_color,
                                      .mouse = true,
                                      .keys = paths->keys,
                                      .own_keys = own[0] ? own : NULL,
                                      .entered = supervisor_screen_entered,
                                      .left = supervisor_screen_left};
    enum status status = terminal_open(&wanted, &screen->terminal, message);
    if (status) {
        free(screen);
        return status;
    }
    screen->ascii = terminal_wants_ascii(screen->terminal);
    screen->motion = motion_is_wanted(options);
    screen->started = time(NULL);
    screen->most_columns = options->columns;
    screen->most_rows = options->rows;
    if (!terminal_shows_chinese(screen->terminal) && language_is_chinese())
        language_set(false);
    if (!resize_canvas(screen)) {
        screen_close(screen);
        return message_set(message, STATUS_MEMORY, _("out of memory"));
    }
    *out = screen;
    return STATUS_OK;
}

void screen_close(struct screen *screen)
{
    if (!screen)
        return;
    if (screen->published_player)
        notes_withdraw();
    terminal_close(screen->terminal);
    canvas_free(screen->canvas);
    free(screen);
}

bool screen_pending(void *context)
{
    struct screen *screen = context;
    supervisor_heartbeat();
    return terminal_pending(screen->terminal);
}

bool screen_chinese(const struct screen *screen)
{
    (void)screen;
    return language_is_chinese();
}

struct terminal *screen_terminal(struct screen *screen)
{
    return screen->terminal;
}

struct canvas *screen_canvas(struct screen *screen)
{
    return screen->canvas;
}

const char *screen_said(const struct screen *screen)
{
    return screen->said;
}

void screen_resized(struct screen *screen)
{
    resize_canvas(screen);
    terminal_forget(screen->terminal);
}

void screen_show(struct screen *screen, struct terminal_cursor cursor)
{
    supervisor_heartbeat();
    terminal_show(screen->terminal, screen->canvas, cursor);
}

/* ---- requests about the screen ---- */

static void next_theme(struct screen *screen)
{
    enum theme theme = (enum theme)((terminal_theme(screen->terminal) + 1) % THEME_COUNT);
    if (terminal_set_theme(screen->terminal, theme))
        snprintf(screen->said, sizeof screen->said, _("theme: %s"), theme_name(terminal_theme(screen->terminal)));
    else
        snprintf(screen->said, sizeof screen->said, "%s", _("this terminal has no colours"));
}

static void other_language(struct screen *screen)
{
    if (!language_is_chinese() && !terminal_shows_chinese(screen->terminal)) {
        snprintf(screen->said, sizeof screen->said, "%s", _("this terminal cannot show Chinese"));
        return;
    }
    language_set(!language_is_chinese());
}

bool screen_request(struct screen *screen, enum request request)
{
    screen->said[0] = '\0';
    switch (request) {
    case REQUEST_theme:
        next_theme(screen);
        return true;
    case REQUEST_language:
        other_language(screen);
        return true;
    case REQUEST_glyphs:
        screen->ascii = !screen->ascii;
        resize_canvas(screen);
        return true;
    case REQUEST_motion:
        screen->motion = !screen->motion;
        snprintf(screen->said, sizeof screen->said, "%s", screen->motion ? _("movement on") : _("movement off"));
        return true;
    case REQUEST_blank:
        screen->blank = true;
        return true;
    case REQUEST_redraw:
        terminal_forget(screen->terminal);
        return true;
    case REQUEST_suspend:
        terminal_suspend(screen->terminal);
        screen_resized(screen);
        return true;
    default:
        return false;
    }
}

/* ---- the player ---- */

static const char *keys_of(void *context, enum request request, bool first)
{
    return terminal_keys_of(context, request, first);
}

/* The supervisor has ended: there is nobody left who would put the terminal in order after us. */
static bool watcher_is_gone(void)
{
    struct pollfd life = {.fd = supervisor_watch(), .events = POLLIN};
    return life.fd >= 0 && poll(&life, 1, 0) > 0;
}

/* What changes from one moment to the next. */
struct motion {
    uint32_t moment;
    int64_t began; /* -1: nothing moves */
};

static double motion_now(struct motion *motion)
{
    if (motion->began < 0)
        return 1;
    double t = (double)(player_now() - motion->began) / MOTION_MS;
    if (t < 1)
        return t < 0 ? 0 : t;
    motion->began = -1;
    return 1;
}

static void begin_motion(struct screen *screen, struct player *player, struct motion *motion)
{
    bool forward;
    uint32_t moment = player_moment(player, &forward);
    if (moment == motion->moment)
        return;
    motion->began = screen->motion && forward && motion->moment && !player_is_working(player) ? player_now() : -1;
    motion->moment = moment;
}

/* The cursor rests where the eye is to go: at the sentence; or it is in what is typed. */
static struct terminal_cursor cursor_of(struct screen *screen, struct player *player, const struct stage_frame *frame)
{
    unsigned rows = canvas_rows(screen->canvas);
    if (frame->prompt)
        return (struct terminal_cursor){.column = (unsigned)text_columns(frame->prompt->before) + player_cursor(player),
                                        .row = rows - 1,
                                        .typing = true};
    int foot = stage_foot_rows(frame, (int)canvas_columns(screen->canvas), (int)rows);
    return (struct terminal_cursor){.row = foot < (int)rows ? rows - (unsigned)foot + 1 : 0};
}

static void draw(struct screen *screen, struct player *player, struct motion *motion)
{
    struct stage_frame frame;
    if (!player_frame(player, &frame))
        return;
    begin_motion(screen, player, motion);
    frame.motion = motion_now(motion);
    frame.blank = screen->blank;
    if (screen->said[0] && !frame.message)
        frame.message = screen->said;
    stage_draw(&frame, screen->canvas);
    screen_show(screen, cursor_of(screen, player, &frame));
}

static int wait_for(struct player *player, const struct motion *motion)
{
    int wait = HEARTBEAT_MS, tick = player_wait(player);
    if (player_is_working(player))
        return 0;
    if (motion->began >= 0)
        wait = FRAME_MS;
    return tick >= 0 && tick < wait ? tick : wait;
}

static enum player_outcome apply_request(struct screen *screen, struct player *player, enum request request, int digit)
{
    if (screen->blank) { /* any key brings it back, and does nothing else */
        screen->blank = false;
        return PLAYER_stay;
    }
    if (screen_request(screen, request)) {
        player_say(player, false, "");
        player_set_chinese(player, language_is_chinese());
        return PLAYER_stay;
    }
    return player_request(player, request, digit);
}

static enum player_outcome apply(struct screen *screen, struct player *player, const struct terminal_event *event)
{
    switch (event->kind) {
    case TERMINAL_request:
        return apply_request(screen, player, event->request, event->digit);
    case TERMINAL_text:
        player_type(player, event->text);
        return PLAYER_stay;
    case TERMINAL_edit:
        return player_edit(player, event->edit);
    case TERMINAL_resize:
    case TERMINAL_resumed:
        screen_resized(screen);
        return PLAYER_stay;
    case TERMINAL_mouse:
        if (event->button == 4 || event->button == 5)
            return player_request(player, event->button == 4 ? REQUEST_back : REQUEST_forward, 0);
        return player_point(player, canvas_cell(screen->canvas, event->column, event->row)->tag);
    case TERMINAL_unknown: {
        char said[160];
        screen->blank = false;
        snprintf(said, sizeof said, _("the key %s does nothing here; ? lists the keys"), event->text);
        player_say(player, false, said);
        return PLAYER_stay;
    }
    case TERMINAL_gone:
        screen->gone = true;
        return PLAYER_leave;
    default:
        return PLAYER_stay;
    }
}

/* For the lecturer's second terminal, when another moment is shown. */
static void publish(struct screen *screen, struct player *player, const struct motion *motion)
{
    struct notes notes;
    if (motion->moment == screen->published && screen->published_player == player)
        return;
    screen->published = motion->moment;
    screen->published_player = player;
    player_notes(player, &notes);
    notes_publish(&notes, screen->started);
}

enum player_outcome screen_play(struct screen *screen, struct player *player, int *signal)
{
    struct motion motion = {.began = -1};
    *signal = 0;
    player_set_keys(player, keys_of, screen->terminal);
    for (;;) {
        player_look(player);
        draw(screen, player, &motion);
        player_save(player);
        publish(screen, player, &motion);
        terminal_set_mode(screen->terminal, player_is_typing(player) ? TERMINAL_typing : TERMINAL_keys);
        struct terminal_event event = terminal_read(screen->terminal, wait_for(player, &motion), supervisor_watch());
        if (event.kind == TERMINAL_nothing) {
            if (watcher_is_gone()) {
                screen->gone = true;
                return PLAYER_leave;
            }
            if (player_is_working(player))
                player_work(player);
            else
                player_tick(player);
            continue;
        }
        motion.began = -1;
        screen->said[0] = '\0';
        enum player_outcome outcome = apply(screen, player, &event);
        if (outcome != PLAYER_stay) {
            *signal = screen->gone ? event.signal ? event.signal : 1 /* SIGHUP */ : 0;
            return outcome;
        }
    }
}
