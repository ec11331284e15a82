/* The table-driven field reader. Every complaint about a file's content is made here or in scene_read.c, at the node that
 * is wrong, in words that say what was expected. It must not know the keys of a scene. */
#include "scene/scene_fields.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void scene_reading_refuse(struct scene_reading *reading, const struct scene_node *node, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, gettext(format), arguments);
    va_end(arguments);
    scene_error_add(reading->errors, &reading->source, node->line, node->column, node->width, "%s", text);
}

void *scene_reading_obtain(struct scene_reading *reading, size_t size)
{
    void *piece = arena_obtain(reading->arena, size);
    if (!piece)
        reading->out_of_memory = true;
    return piece;
}

bool scene_node_is_null(const struct scene_node *node)
{
    return node->kind == SCENE_NODE_SCALAR && node->plain &&
           (node->text[0] == 0 || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0);
}

const struct scene_node *scene_node_child(const struct scene_node *node, const char *name)
{
    if (node->kind != SCENE_NODE_MAPPING)
        return NULL;
    const struct scene_node *value = node->first;
    while (value && strcmp(value->key->text, name) != 0)
        value = value->next;
    return value;
}

static const char *kind_name(const struct scene_node *node)
{
    if (node->kind == SCENE_NODE_MAPPING)
        return _("a mapping");
    if (node->kind == SCENE_NODE_SEQUENCE)
        return _("a list");
    return scene_node_is_null(node) ? _("nothing") : _("a single value");
}

unsigned scene_word_distance(const char *a, const char *b)
{
    enum { LONGEST = 31 };
    size_t width = strlen(b);
    if (strlen(a) > LONGEST || width > LONGEST)
        return LONGEST;
    unsigned row[LONGEST + 1];
    for (unsigned j = 0; j <= width; j++)
        row[j] = j;
    for (unsigned i = 1; a[i - 1]; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= width; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[width];
}

static const struct scene_field *field_find(const struct scene_field *fields, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    }
    return NULL;
}

static void key_refuse(struct scene_reading *reading, const struct scene_node *key, const struct scene_field *fields,
                       size_t count, const char *what)
{
    const char *nearest = NULL;
    unsigned distance = 3;
    char known[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned d = scene_word_distance(key->text, fields[i].name);
        if (d < distance) {
            distance = d;
            nearest = fields[i].name;
        }
        int added = snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", fields[i].name);
        if (added > 0 && used + (size_t)added < sizeof known)
            used += (size_t)added;
    }
    if (nearest)
        scene_reading_refuse(reading, key, "unknown key `%.60s` in %s; did you mean `%s`?", key->text, gettext(what),
                             nearest);
    else
        scene_reading_refuse(reading, key, "unknown key `%.60s` in %s; known are: %s", key->text, gettext(what), known);
}

void scene_fields_read(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *fields,
                       size_t count, void *target, const char *what)
{
    if (node->kind != SCENE_NODE_MAPPING) {
        scene_reading_refuse(reading, node, "%s must be a mapping (key: value), not %s", gettext(what),
                             kind_name(node));
        return;
    }
    for (const struct scene_node *value = node->first; value; value = value->next) {
        if (!field_find(fields, count, value->key->text))
            key_refuse(reading, value->key, fields, count, what);
        for (const struct scene_node *earlier = node->first; earlier != value; earlier = earlier->next) {
            if (strcmp(earlier->key->text, value->key->text) == 0) {
                scene_reading_refuse(reading, value->key, "the key `%.60s` stands twice in %s; first in line %u",
                                     value->key->text, gettext(what), earlier->key->line);
                break;
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        const struct scene_node *value = scene_node_child(node, fields[i].name);
        if (value && scene_node_is_null(value) && fields[i].nullable)
            continue;
        if (value)
            fields[i].read(reading, value, &fields[i], (char *)target + fields[i].offset);
        else if (fields[i].required)
            scene_reading_refuse(reading, node, "%s has no `%s`", gettext(what), fields[i].name);
    }
}

/* One scalar of harmless characters on one line; NULL with a finding otherwise. */
static const char *string_take(struct scene_reading *reading, const struct scene_node *node, const char *name,
                               size_t longest)
{
    if (node->kind != SCENE_NODE_SCALAR || scene_node_is_null(node)) {
        scene_reading_refuse(reading, node, "`%s` must be a word, not %s", name, kind_name(node));
        return NULL;
    }
    if (node->text[0] == 0 || strlen(node->text) > longest) {
        scene_reading_refuse(reading, node, "`%s` must have 1 to %zu bytes", name, longest);
        return NULL;
    }
    for (const char *at = node->text; *at;) {
        const char *why = scene_character_refused(scene_character_next(&at));
        if (why) {
            scene_reading_refuse(reading, node, "`%s` holds %s", name, gettext(why));
            return NULL;
        }
    }
    return node->text;
}

void scene_field_string(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                        void *place)
{
    const char *text = string_take(reading, node, field->name, field->most ? field->most : 64);
    if (text)
        *(const char **)place = text;
}

void scene_field_value(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                       void *place)
{
    scene_field_string(reading, node, field, place);
}

void scene_field_number(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                        void *place)
{
    char *end = NULL;
    unsigned long number = 0;
    bool good = node->kind == SCENE_NODE_SCALAR && node->plain && node->text[0] >= '0' && node->text[0] <= '9' &&
                strlen(node->text) < 10;
    if (good) {
        number = strtoul(node->text, &end, 10);
        good = *end == 0 && number >= field->least && number <= field->most;
    }
    if (good)
        *(unsigned *)place = (unsigned)number;
    else
        scene_reading_refuse(reading, node, "`%s` must be a number from %u to %u", field->name, field->least,
                             field->most);
}

/* Index of the text in the field's words; a finding and -1 when it is none of them. */
static int word_take(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field)
{
    const char *text = string_take(reading, node, field->name, 64);
    if (!text)
        return -1;
    char known[300] = "";
    size_t used = 0;
    for (int i = 0; field->words[i]; i++) {
        if (strcmp(field->words[i], text) == 0)
            return i;
        int added = snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", field->words[i]);
        if (added > 0 && used + (size_t)added < sizeof known)
            used += (size_t)added;
    }
    scene_reading_refuse(reading, node, "unknown %s `%.60s`; one of: %s", gettext(field->what), text, known);
    return -1;
}

void scene_field_word(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                      void *place)
{
    int index = word_take(reading, node, field);
    if (index >= 0)
        *(const char **)place = field->words[index];
}

void scene_field_choice(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                        void *place)
{
    int index = word_take(reading, node, field);
    if (index >= 0)
        memcpy(place, &index, sizeof index); /* an enum of ours, which is an int to the compiler */
}

/* One language of a text: harmless, and within its room. */
static void translation_take(struct scene_reading *reading, const struct scene_node *node,
                             const struct scene_field *field, const char *language, const char **place)
{
    if (node->kind != SCENE_NODE_SCALAR || scene_node_is_null(node) || node->text[0] == 0) {
        scene_reading_refuse(reading, node, "`%s.%s` must be a text, not %s", field->name, language,
                             node->kind == SCENE_NODE_SCALAR ? _("nothing") : kind_name(node));
        return;
    }
    for (const char *at = node->text; *at;) {
        unsigned character = scene_character_next(&at);
        const char *why = character == '\n' ? NULL : scene_character_refused(character);
        if (why) {
            scene_reading_refuse(reading, node, "`%s.%s` holds U+%04X: %s", field->name, language, character,
                                 gettext(why));
            return;
        }
    }
    unsigned lines = scene_text_lines(node->text, field->room.columns);
    if (lines == 0)
        scene_reading_refuse(reading, node, "`%s.%s` has a word wider than %u columns", field->name, language,
                             field->room.columns);
    else if (lines > field->room.lines && field->room.lines == 1)
        scene_reading_refuse(reading, node, "`%s.%s` is %u columns wide; %u fit on a screen of 80", field->name,
                             language, scene_text_columns(node->text), field->room.columns);
    else if (lines > field->room.lines)
        scene_reading_refuse(reading, node, "`%s.%s` takes %u lines of %u columns; there is room for %u", field->name,
                             language, lines, field->room.columns, field->room.lines);
    *place = node->text;
}

void scene_field_text(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                      void *place)
{
    static const char *const languages[SCENE_LANGUAGES] = {[SCENE_ENGLISH] = "en", [SCENE_CHINESE] = "zh"};
    struct scene_text *text = place;
    if (node->kind != SCENE_NODE_MAPPING) {
        scene_reading_refuse(reading, node, "`%s` must be given in both languages: {en: ..., zh: ...}", field->name);
        return;
    }
    for (const struct scene_node *value = node->first; value; value = value->next) {
        int language = -1;
        for (int i = 0; i < SCENE_LANGUAGES; i++) {
            if (strcmp(value->key->text, languages[i]) == 0)
                language = i;
        }
        if (language < 0)
            scene_reading_refuse(reading, value->key, "unknown language `%.60s` in `%s`; en and zh are known",
                                 value->key->text, field->name);
        else if (text->in[language])
            scene_reading_refuse(reading, value->key, "`%s.%s` stands twice", field->name, languages[language]);
        else
            translation_take(reading, value, field, languages[language], &text->in[language]);
    }
    for (int i = 0; i < SCENE_LANGUAGES; i++) {
        if (!scene_node_child(node, languages[i]))
            scene_reading_refuse(reading, node, "`%s` lacks its translation `%s`", field->name, languages[i]);
    }
}

void scene_field_strings(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                         void *place)
{
    if (node->kind != SCENE_NODE_SEQUENCE) {
        scene_reading_refuse(reading, node, "`%s` must be a list: [first, second]", field->name);
        return;
    }
    if (node->count < field->least || (field->most && node->count > field->most)) {
        scene_reading_refuse(reading, node, "`%s` must have %u to %u items", field->name, field->least, field->most);
        return;
    }
    const char **items = scene_reading_obtain(reading, node->count * sizeof *items);
    if (!items)
        return;
    size_t count = 0;
    for (const struct scene_node *item = node->first; item; item = item->next) {
        const char *text = NULL;
        if (field->words) {
            int index = word_take(reading, item, field);
            text = index >= 0 ? field->words[index] : NULL;
        } else {
            text = string_take(reading, item, field->name, 256);
        }
        if (text)
            items[count++] = text;
    }
    *(struct scene_strings *)place = (struct scene_strings){.items = items, .count = count};
}
