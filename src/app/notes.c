/* Both sides of the notes: the file, and the command that shows it: on a terminal again and again with a clock, else once
 * as text. It reads only what it has written itself, and still trusts none of it: texts go through the sanitiser. */
#include "app/notes.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/language.h"
#include "app/say.h"
#include "app/screen.h"
#include "base/arena.h"
#include "base/escape.h"
#include "base/text.h"

enum { LOOK_MS = 300, MARGIN = 2, TEXT_MAX = 60000 };

/* ---- the file ---- */

bool notes_path(char *out, size_t size)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR"), *temporary = getenv("TMPDIR");
    char folder[3000];
    struct stat about;
    if (runtime && runtime[0] == '/')
        snprintf(folder, sizeof folder, "%s/lockstep", runtime);
    else
        snprintf(folder, sizeof folder, "%s/lockstep-notes-%u", temporary && temporary[0] == '/' ? temporary : "/tmp",
                 (unsigned)geteuid());
    mkdir(folder, 0700);
    if (lstat(folder, &about) != 0 || !S_ISDIR(about.st_mode) || about.st_uid != geteuid())
        return false;
    snprintf(out, size, "%s/notes.json", folder);
    return true;
}

static json_t *both(const char *const text[2])
{
    return json_pack("{s:s, s:s}", "en", text[0] ? text[0] : "", "zh", text[1] ? text[1] : "");
}

void notes_publish(const struct notes *notes, int64_t started)
{
    char path[4096], fresh[4200];
    if (!notes_path(path, sizeof path))
        return;
    json_t *data = json_pack("{s:i, s:i, s:I, s:I, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "v", 1, "pid", (int)getpid(),
                             "started", (json_int_t)started, "step", (json_int_t)notes->step, "end", (int)notes->end,
                             "title", both(notes->title), "variant", both(notes->variant), "say", both(notes->say),
                             "next", both(notes->next), "notes", both(notes->notes), "answer", both(notes->answer));
    snprintf(fresh, sizeof fresh, "%s.%d", path, (int)getpid());
    if (!data || json_dump_file(data, fresh, JSON_COMPACT) != 0 || rename(fresh, path) != 0)
        unlink(fresh);
    json_decref(data);
}

static json_t *load(void)
{
    char path[4096];
    json_t *data = notes_path(path, sizeof path) ? json_load_file(path, 0, NULL) : NULL;
    if (json_is_object(data) && json_integer_value(json_object_get(data, "v")) == 1)
        return data;
    json_decref(data);
    return NULL;
}

void notes_withdraw(void)
{
    char path[4096];
    json_t *data = load();
    if (data && json_integer_value(json_object_get(data, "pid")) == getpid() && notes_path(path, sizeof path)) {
        unlink(path);
        *strrchr(path, '/') = '\0';
        rmdir(path); /* if nothing else is in it */
    }
    json_decref(data);
}

/* ---- showing it ---- */

static const char *text_of(struct arena *arena, const json_t *data, const char *key)
{
    const json_t *texts = json_object_get(data, key);
    const char *text = json_string_value(json_object_get(texts, language_is_chinese() ? "zh" : "en"));
    size_t length = text ? strnlen(text, TEXT_MAX) : 0;
    char *clean = arena_obtain(arena, ESCAPE_BOUND(length));
    if (!clean)
        return "";
    escape_text(ESCAPE_LINES, text ? text : "", length, clean, ESCAPE_BOUND(length));
    return clean;
}

static void clock_text(const json_t *data, char *out, size_t size)
{
    time_t now = time(NULL);
    struct tm local;
    char hour[16] = "";
    long long passed = (long long)now - (data ? json_integer_value(json_object_get(data, "started")) : (long long)now);
    if (localtime_r(&now, &local))
        strftime(hour, sizeof hour, "%H:%M", &local);
    snprintf(out, size, _("%s   running for %lld:%02lld"), hour, passed / 60, passed % 60);
}

static int paragraph(const struct pane *pane, int row, const char *heading, enum role role, const char *text)
{
    if (!text[0] || row >= pane->rows)
        return row;
    row++;
    pane_text_fit(pane, MARGIN, row++, pane->columns - 2 * MARGIN, EMPHASIS_bold, ROLE_heading, heading);
    return row +
           pane_text_wrap(pane, MARGIN, row, pane->columns - 2 * MARGIN, pane->rows - row, EMPHASIS_none, role, text);
}

static void draw(struct canvas *canvas, const json_t *data, struct arena *arena)
{
    char clock[96], title[1200];
    canvas_clear(canvas);
    struct pane whole = pane_whole(canvas), bar = pane_part(&whole, 0, 0, whole.columns, 1);
    pane_blank(&bar, ROLE_bar);
    clock_text(data, clock, sizeof clock);
    int wide = text_columns(clock);
    pane_text_fit(&bar, bar.columns - wide - 1, 0, wide, EMPHASIS_none, ROLE_bar, clock);
    if (!data) {
        pane_text_fit(&bar, 1, 0, bar.columns - wide - 4, EMPHASIS_bold, ROLE_bar, "lockstep notes");
        pane_text_wrap(
            &whole, MARGIN, 2, whole.columns - 2 * MARGIN, whole.rows - 2, EMPHASIS_none, ROLE_faint,
            _("Nobody plays a scene just now. What `lockstep` shows in another terminal of yours is followed "
              "here. q leaves."));
        return;
    }
    const char *variant = text_of(arena, data, "variant");
    snprintf(title, sizeof title, "%.500s%s%.500s", text_of(arena, data, "title"), variant[0] ? ": " : "", variant);
    pane_text_fit(&bar, 1, 0, bar.columns - wide - 4, EMPHASIS_bold, ROLE_bar, title);
    char step[64];
    snprintf(step, sizeof step, _("step %lld"), (long long)json_integer_value(json_object_get(data, "step")));
    int row = paragraph(&whole, 0, step, ROLE_text, text_of(arena, data, "say"));
    row = paragraph(&whole, row, _("the answer"), ROLE_answer, text_of(arena, data, "answer"));
    row = paragraph(&whole, row, _("the next beat"), ROLE_faint, text_of(arena, data, "next"));
    paragraph(&whole, row, _("notes for the lecturer"), ROLE_say, text_of(arena, data, "notes"));
}

static int show(const struct options *options, const struct paths *paths)
{
    struct screen *screen = NULL;
    struct message message = {{0}};
    enum status status = screen_open(options, paths, &screen, &message);
    struct arena *arena = arena_new();
    int result = EXIT_FINE;
    if (status || !arena) {
        arena_free(arena);
        screen_close(screen);
        return say_failure(status ? status : STATUS_MEMORY, &message);
    }
    for (bool on = true; on;) {
        json_t *data = load();
        arena_clear(arena);
        draw(screen_canvas(screen), data, arena);
        json_decref(data);
        screen_show(screen, (struct terminal_cursor){.row = 0});
        terminal_set_mode(screen_terminal(screen), TERMINAL_keys);
        struct terminal_event event = terminal_read(screen_terminal(screen), LOOK_MS, -1);
        if (event.kind == TERMINAL_request && !screen_request(screen, event.request))
            on = event.request != REQUEST_quit;
        else if (event.kind == TERMINAL_resize || event.kind == TERMINAL_resumed)
            screen_resized(screen);
        else if (event.kind == TERMINAL_gone)
            on = false, result = event.signal ? EXIT_SIGNAL + event.signal : EXIT_FINE;
    }
    screen_close(screen);
    arena_free(arena);
    return result;
}

static int print(void)
{
    static const char *const keys[] = {"title", "say", "answer", "next", "notes"};
    json_t *data = load();
    struct arena *arena = arena_new();
    if (!data || !arena) {
        json_decref(data);
        arena_free(arena);
        say(_("nobody plays a scene just now"));
        return EXIT_ENVIRONMENT;
    }
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *text = text_of(arena, data, keys[i]);
        if (text[0])
            printf("%s\n", text);
    }
    json_decref(data);
    arena_free(arena);
    return say_close_output();
}

int notes_command(const struct options *options)
{
    struct paths paths;
    if (options->operand_count > 0) {
        say(_("notes: \"%s\" is too much; it follows what is played in another terminal"), options->operands[0]);
        return EXIT_USAGE;
    }
    paths_find(&paths);
    return screen_is_wanted(options) ? show(options, &paths) : print();
}
