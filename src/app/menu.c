/* The menu: lectures, then acts and scenes, in the chosen language. Letters search, Enter plays; leaving one comes back
 * here, to where one was. What cannot be read is shown with the reason, and the others work. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/capture.h"
#include "app/language.h"
#include "app/lectures.h"
#include "app/progress.h"
#include "app/say.h"
#include "app/scenes.h"
#include "app/theatre.h"
#include "base/arena.h"
#include "base/escape.h"
#include "base/text.h"
#include "scene/scene_list.h"

enum { SEARCH_MAX = 128, PAGE = 10, HEARTBEAT = 500 };

/* A lecture or a scene. */
struct item {
    const struct lecture_entry *lecture_entry; /* NULL: a scene */
    struct lecture *lecture;                   /* NULL: it cannot be read; `why` says it */
    const struct scene_entry *entry;           /* NULL: a lecture */
    struct scene *scene;                       /* NULL: as of a lecture */
    char why[400];
};

struct menu {
    struct screen *screen;
    const struct options *options;
    const struct paths *paths;
    struct progress *progress;
    struct lecture_list lectures;
    struct scene_list list;
    struct item *items; /* lectures first */
    size_t item_count;
    struct stage_menu_row *rows; /* those that are shown */
    size_t *row_items;           /* item of a row; SIZE_MAX for an act */
    size_t row_count;
    int selected; /* row */
    char search[SEARCH_MAX];
    char said[1024];
    bool help, blank;
    struct arena *arena;
};

/* ---- what there is ---- */

static void keep_why(struct item *item, const struct scene_errors *errors)
{
    const struct scene_error *first = &errors->items[0];
    if (errors->count)
        snprintf(item->why, sizeof item->why, "%.180s:%u:%u: %.180s", errors->file, first->line, first->column,
                 first->text);
}

static void read_scene(const struct menu *menu, struct item *item, const struct scene_entry *entry)
{
    struct scene_errors *errors = calloc(1, sizeof *errors);
    item->entry = entry;
    if (errors && scene_read(entry->folder, &item->scene, errors)) {
        item->scene = NULL;
        keep_why(item, errors);
    }
    if (item->scene && menu->options->no_questions)
        (void)scene_drop_questions(item->scene); /* without memory it asks, which is no harm */
    free(errors);
}

static void read_lecture(struct item *item, const struct lecture_entry *entry, const struct scene_roots *roots)
{
    struct scene_errors *errors = calloc(1, sizeof *errors);
    item->lecture_entry = entry;
    if (errors && lecture_read(entry->path, roots, &item->lecture, errors)) {
        item->lecture = NULL;
        keep_why(item, errors);
    }
    free(errors);
}

static bool read_all(struct menu *menu)
{
    struct scene_roots roots, lecture_roots;
    struct scene_errors *errors = calloc(1, sizeof *errors);
    if (!errors)
        return false;
    scene_roots_find(&roots, NULL);
    scene_roots_lectures(&lecture_roots, NULL);
    if (scene_list_read(&roots, &menu->list, errors) && errors->count)
        snprintf(menu->said, sizeof menu->said, "%.400s:%u: %.300s", errors->file, errors->items[0].line,
                 errors->items[0].text);
    free(errors);
    if (lecture_list_read(&lecture_roots, &menu->lectures))
        return false;
    size_t lectures = menu->lectures.count, count = lectures + menu->list.count;
    menu->items = calloc(count + 1, sizeof *menu->items);
    menu->rows = calloc(2 * count + 1, sizeof *menu->rows);
    menu->row_items = calloc(2 * count + 1, sizeof *menu->row_items);
    menu->arena = arena_new();
    if (!menu->items || !menu->rows || !menu->row_items || !menu->arena)
        return false;
    menu->item_count = count;
    for (size_t i = 0; i < lectures; i++)
        read_lecture(&menu->items[i], &menu->lectures.entries[i], &roots);
    for (size_t i = lectures; i < count; i++)
        read_scene(menu, &menu->items[i], &menu->list.entries[i - lectures]);
    return true;
}

static void free_all(struct menu *menu)
{
    for (size_t i = 0; menu->items && i < menu->item_count; i++) {
        scene_free(menu->items[i].scene);
        lecture_free(menu->items[i].lecture);
    }
    free(menu->items);
    free(menu->rows);
    free(menu->row_items);
    lecture_list_free(&menu->lectures);
    scene_list_free(&menu->list);
    progress_free(menu->progress);
    arena_free(menu->arena);
}

/* ---- what is shown ---- */

static const char *in_language(const struct scene_text *text)
{
    const char *chosen = text->in[language_is_chinese() ? SCENE_CHINESE : SCENE_ENGLISH];
    return chosen ? chosen : "";
}

static bool has(const char *text, const char *sought)
{
    return text && strcasestr(text, sought) != NULL;
}

static const char *item_id(const struct item *item)
{
    return item->entry ? item->entry->id : item->lecture_entry->id;
}

static bool is_broken(const struct item *item)
{
    return !item->scene && !item->lecture;
}

/* NULL: it cannot be read. */
static const struct scene_text *item_title(const struct item *item)
{
    return item->scene ? &item->scene->title : item->lecture ? &item->lecture->title : NULL;
}

static const struct scene_text *item_teaches(const struct item *item)
{
    return item->scene ? &item->scene->teaches : item->lecture ? &item->lecture->teaches : NULL;
}

static bool matches(const struct menu *menu, const struct item *item)
{
    const char *sought = menu->search;
    if (!sought[0] || has(item_id(item), sought))
        return true;
    for (size_t language = 0; !is_broken(item) && language < SCENE_LANGUAGES; language++) {
        if (has(item_title(item)->in[language], sought) || has(item_teaches(item)->in[language], sought))
            return true;
    }
    return false;
}

/* What it stands under. */
static const char *item_act(const struct item *item)
{
    return item->entry ? item->entry->act : "lectures/"; /* no act's folder is called so */
}

static const char *act_title(const struct item *item)
{
    if (!item->entry)
        return _("Lectures");
    const char *title = in_language(&item->entry->act_title);
    return title[0] ? title : item->entry->act[0] ? item->entry->act : _("Your own scenes");
}

static unsigned item_minutes(const struct item *item)
{
    return item->scene ? item->scene->minutes : item->lecture ? item->lecture->minutes : 0;
}

static void fill_rows(struct menu *menu)
{
    const char *act = NULL;
    menu->row_count = 0;
    for (size_t i = 0; i < menu->item_count; i++) {
        const struct item *item = &menu->items[i];
        if (!matches(menu, item))
            continue;
        if (!act || strcmp(act, item_act(item)) != 0) {
            act = item_act(item);
            menu->row_items[menu->row_count] = SIZE_MAX;
            menu->rows[menu->row_count++] = (struct stage_menu_row){.act = true, .title = act_title(item)};
        }
        menu->row_items[menu->row_count] = i;
        menu->rows[menu->row_count++] =
            (struct stage_menu_row){.title = is_broken(item) ? item_id(item) : in_language(item_title(item)),
                                    .id = item_id(item),
                                    .teaches = is_broken(item) ? item->why : in_language(item_teaches(item)),
                                    .minutes = item_minutes(item),
                                    .seen = menu->progress && progress_seen(menu->progress, item_id(item)),
                                    .broken = is_broken(item)};
    }
}

static bool is_scene(const struct menu *menu, int row)
{
    return row >= 0 && (size_t)row < menu->row_count && menu->row_items[row] != SIZE_MAX;
}

/* The nearest scene from `row` on in the direction, else the other way. */
static void select_from(struct menu *menu, int row, int by)
{
    int count = (int)menu->row_count;
    row = row < 0 ? 0 : row >= count ? count - 1 : row;
    int at = row;
    while (at >= 0 && at < count && !is_scene(menu, at))
        at += by;
    if (!is_scene(menu, at))
        for (at = row; at >= 0 && at < count && !is_scene(menu, at);)
            at -= by;
    menu->selected = is_scene(menu, at) ? at : -1;
}

static void select_id(struct menu *menu, const char *id)
{
    select_from(menu, 0, 1);
    for (size_t row = 0; row < menu->row_count; row++) {
        if (!menu->rows[row].act && strcmp(menu->rows[row].id, id) == 0)
            menu->selected = (int)row;
    }
}

static const struct stage_list *help_list(struct menu *menu)
{
    static const char *const lines[][2] = {
        {"Enter", N_("play the selected scene")},
        {N_("letters"), N_("search: id, title, what it teaches")},
        {"Esc", N_("end the search")},
        {N_("arrows"), N_("select a scene")},
        {"Ctrl-L", N_("draw everything anew")},
        {"?", N_("this help; in a scene: all keys")},
        {"L", N_("English or Chinese")},
        {"T", N_("next theme")},
        {"U", N_("Unicode or ASCII signs")},
        {"q", N_("leave")},
    };
    static struct stage_list_row rows[sizeof lines / sizeof *lines];
    static struct stage_list list;
    if (!menu->help)
        return NULL;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        rows[i] = (struct stage_list_row){.key = gettext(lines[i][0]), .text = gettext(lines[i][1])};
    list = (struct stage_list){.title = _("keys of the menu"),
                               .hint = _("any key closes"),
                               .rows = rows,
                               .count = sizeof lines / sizeof *lines,
                               .selected = -1};
    return &list;
}

static void draw(struct menu *menu)
{
    const struct stage_hint hints[] = {
        {.key = _("Enter"), .text = _("play"), .request = REQUEST_enter},
        {.key = _("letters"), .text = _("search")},
        {.key = "?", .text = _("help"), .request = REQUEST_help},
        {.key = "L", .text = language_is_chinese() ? "English" : "中文", .request = REQUEST_language},
        {.key = "q", .text = _("leave"), .request = REQUEST_quit}};
    const char *said = menu->said[0] ? menu->said : screen_said(menu->screen);
    struct stage_menu shown = {.rows = menu->rows,
                               .count = menu->row_count,
                               .selected = menu->selected,
                               .search = menu->search,
                               .message = said[0] ? said : NULL,
                               .hints = hints,
                               .hint_count = sizeof hints / sizeof *hints,
                               .list = help_list(menu)};
    stage_draw_menu(&shown, screen_canvas(menu->screen));
    if (menu->blank)
        canvas_clear(screen_canvas(menu->screen));
    screen_show(menu->screen, (struct terminal_cursor){.row = 0});
}

/* ---- playing ---- */

static void play_scene(struct menu *menu, struct item *item)
{
    const struct scene_text *title = &item->entry->act_title;
    theatre_scene(menu->screen, item->scene, title->in[SCENE_ENGLISH] ? title->in[SCENE_ENGLISH] : "",
                  title->in[SCENE_CHINESE] ? title->in[SCENE_CHINESE] : "", 0, menu->options, menu->paths);
}

static void play(struct menu *menu)
{
    if (!is_scene(menu, menu->selected))
        return;
    struct item *item = &menu->items[menu->row_items[menu->selected]];
    if (is_broken(item)) {
        snprintf(menu->said, sizeof menu->said, "%s", item->why);
        return;
    }
    if (menu->progress)
        progress_mark(menu->progress, item_id(item));
    struct capture capture = capture_begin();
    if (item->lecture)
        theatre_lecture(menu->screen, item->lecture, menu->options, menu->paths);
    else
        play_scene(menu, item);
    capture_end(&capture, menu->said, sizeof menu->said);
    fill_rows(menu);
    select_id(menu, item_id(item));
}

/* ---- keys ---- */

static void searched(struct menu *menu)
{
    fill_rows(menu);
    select_from(menu, 0, 1);
}

static void erase(struct menu *menu)
{
    size_t length = strlen(menu->search);
    while (length > 0 && ((unsigned char)menu->search[length - 1] & 0xC0) == 0x80)
        length--;
    if (length > 0)
        length--;
    menu->search[length] = '\0';
    searched(menu);
}

/* Letters that are requests while nothing is searched for. REQUEST_none: it is to be searched for. */
static enum request letter_request(const char *text)
{
    static const struct {
        const char *text;
        enum request request;
    } letters[] = {{"q", REQUEST_quit},  {"?", REQUEST_help},   {"？", REQUEST_help},  {"L", REQUEST_language},
                   {"T", REQUEST_theme}, {"U", REQUEST_glyphs}, {" ", REQUEST_enter},  {"　", REQUEST_enter},
                   {".", REQUEST_blank}, {"。", REQUEST_blank}, {"/", REQUEST_search}, {"M", REQUEST_motion}};
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        if (strcmp(letters[i].text, text) == 0)
            return letters[i].request;
    }
    return REQUEST_none;
}

/* False: the menu is left. */
static bool request(struct menu *menu, enum request wanted)
{
    switch (wanted) {
    case REQUEST_quit:
        return false;
    case REQUEST_help:
        menu->help = true;
        break;
    case REQUEST_enter:
    case REQUEST_forward:
    case REQUEST_play:
        play(menu);
        break;
    case REQUEST_back:
        select_from(menu, menu->selected - PAGE, -1);
        break;
    case REQUEST_blank:
        menu->blank = true;
        break;
    case REQUEST_language:
        screen_request(menu->screen, wanted);
        fill_rows(menu);
        break;
    default:
        screen_request(menu->screen, wanted);
        break;
    }
    return true;
}

static bool typed(struct menu *menu, const char *text)
{
    enum request wanted = menu->search[0] ? REQUEST_none : letter_request(text);
    if (wanted)
        return request(menu, wanted);
    if (strlen(menu->search) + strlen(text) < sizeof menu->search) {
        strcat(menu->search, text);
        searched(menu);
    }
    return true;
}

static bool edited(struct menu *menu, enum terminal_edit edit)
{
    switch (edit) {
    case EDIT_enter:
        play(menu);
        break;
    case EDIT_cancel:
    case EDIT_erase_all:
        menu->search[0] = '\0';
        searched(menu);
        break;
    case EDIT_erase:
        erase(menu);
        break;
    case EDIT_up:
        select_from(menu, menu->selected - 1, -1);
        break;
    case EDIT_down:
        select_from(menu, menu->selected + 1, 1);
        break;
    case EDIT_page_up:
        select_from(menu, menu->selected - PAGE, -1);
        break;
    case EDIT_page_down:
        select_from(menu, menu->selected + PAGE, 1);
        break;
    case EDIT_home:
        select_from(menu, 0, 1);
        break;
    case EDIT_end:
        select_from(menu, (int)menu->row_count - 1, -1);
        break;
    case EDIT_end_of_file:
        return false;
    default:
        break;
    }
    return true;
}

static bool pointed(struct menu *menu, const struct terminal_event *event)
{
    const struct cell *cell = canvas_cell(screen_canvas(menu->screen), event->column, event->row);
    if (event->button == 4 || event->button == 5)
        select_from(menu, menu->selected + (event->button == 4 ? -1 : 1), event->button == 4 ? -1 : 1);
    else if (cell->tag.kind == TAG_request)
        return request(menu, (enum request)cell->tag.number);
    else if (cell->tag.kind == TAG_row && (int)cell->tag.number == menu->selected)
        play(menu);
    else if (cell->tag.kind == TAG_row)
        menu->selected = (int)cell->tag.number;
    return true;
}

static bool apply(struct menu *menu, const struct terminal_event *event)
{
    menu->said[0] = '\0';
    if (event->kind != TERMINAL_resize && event->kind != TERMINAL_resumed && (menu->help || menu->blank)) {
        menu->help = menu->blank = false;
        return event->kind != TERMINAL_gone;
    }
    switch (event->kind) {
    case TERMINAL_text:
        return typed(menu, event->text);
    case TERMINAL_edit:
        return edited(menu, event->edit);
    case TERMINAL_request:
        return request(menu, event->request);
    case TERMINAL_mouse:
        return pointed(menu, event);
    case TERMINAL_resize:
    case TERMINAL_resumed:
        screen_resized(menu->screen);
        return true;
    default:
        return true;
    }
}

static int loop(struct menu *menu)
{
    for (;;) {
        draw(menu);
        terminal_set_mode(screen_terminal(menu->screen), TERMINAL_typing);
        struct terminal_event event = terminal_read(screen_terminal(menu->screen), HEARTBEAT, -1);
        if (event.kind == TERMINAL_nothing)
            continue;
        if (event.kind == TERMINAL_gone)
            return event.signal ? EXIT_SIGNAL + event.signal : EXIT_FINE;
        if (event.kind == TERMINAL_edit && event.edit == EDIT_cancel && event.text[0] == 3)
            return EXIT_FINE; /* Ctrl-C */
        if (!apply(menu, &event))
            return EXIT_FINE;
    }
}

int theatre_menu(const struct options *options, const struct paths *paths)
{
    struct menu menu = {.options = options, .paths = paths, .selected = -1};
    struct message message = {{0}};
    int result = EXIT_ENVIRONMENT;
    enum status status = STATUS_OK;
    if (!read_all(&menu))
        status = message_set(&message, STATUS_MEMORY, _("out of memory"));
    if (!status)
        status = screen_open(options, paths, &menu.screen, &message);
    if (!status) {
        menu.progress = progress_load();
        fill_rows(&menu);
        select_id(&menu, menu.progress ? progress_last(menu.progress) : "");
        result = loop(&menu);
    }
    screen_close(menu.screen);
    free_all(&menu);
    return status ? say_failure(status, &message) : result;
}
