/* Findings: kept in the order of the file, printed as a compiler prints them. Also the measures of text that findings
 * need: columns, lines, characters that no terminal shows well. It must not read files. */
#include "scene/scene_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct range {
    unsigned first, last;
};

static bool range_holds(const struct range *ranges, size_t count, unsigned character)
{
    for (size_t i = 0; i < count; i++) {
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    }
    return false;
}

unsigned scene_character_next(const char **text)
{
    const unsigned char *bytes = (const unsigned char *)*text;
    unsigned char lead = bytes[0];
    unsigned length = lead < 0x80 ? 1 : lead >= 0xF0 && lead < 0xF5 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
    unsigned character = length == 1 ? lead : length == 2 ? lead & 0x1Fu : length == 3 ? lead & 0x0Fu : lead & 0x07u;
    if (length == 0 || lead >= 0xF5) {
        *text += 1;
        return 0xFFFD;
    }
    for (unsigned i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            *text += 1;
            return 0xFFFD;
        }
        character = character << 6 | (bytes[i] & 0x3Fu);
    }
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (character < least[length] || character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF)) {
        *text += 1;
        return 0xFFFD;
    }
    *text += length;
    return character;
}

/* Unicode's wide and full-width blocks, and the ambiguous signs that Chinese terminals may draw wide (EastAsianWidth:
 * W, F, A). Two columns is the safe answer for a budget: a line that fits so fits everywhere. */
unsigned scene_character_columns(unsigned character)
{
    static const struct range wide[] = {
        {0x1100, 0x115F}, {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xA960, 0xA97F}, {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},
        {0xFE30, 0xFE6F}, {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x20000, 0x3FFFD}, {0x2010, 0x2027}, {0x2030, 0x203E},
        {0x2150, 0x219F}, {0x2200, 0x22FF},   {0x2460, 0x254B},   {0x2550, 0x2573}, {0x2580, 0x258F}, {0x25A0, 0x25FF},
        {0x2600, 0x26FF},
    };
    return range_holds(wide, sizeof wide / sizeof *wide, character) ? 2 : 1;
}

const char *scene_character_refused(unsigned character)
{
    static const struct range combining[] = {
        {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F}, {0x0E31, 0x0E3A},
        {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0x3099, 0x309A}, {0xFE20, 0xFE2F},
    };
    static const struct range invisible[] = {
        {0x00AD, 0x00AD},     {0x061C, 0x061C}, {0x115F, 0x1160}, {0x200B, 0x200F}, {0x2028, 0x202E},
        {0x2060, 0x206F},     {0x3164, 0x3164}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0},
        {0xE0000, 0xE0FFF},
    };
    static const struct range right_to_left[] = {{0x0590, 0x08FF}, {0xFB1D, 0xFDFF}, {0xFE70, 0xFEFC}};
    static const struct range pictures[] = {{0x1F000, 0x1FAFF}};
    static const struct range private_use[] = {{0xE000, 0xF8FF}, {0xF0000, 0x10FFFF}, {0xFFF0, 0xFFFF}};
    if (character < 0x20 || (character >= 0x7F && character < 0xA0))
        return "a control character";
#define REFUSED_BY(table) range_holds(table, sizeof(table) / sizeof *(table), character)
    if (REFUSED_BY(combining))
        return "a combining mark, which terminals draw in different places";
    if (REFUSED_BY(invisible))
        return "an invisible or direction-changing character";
    if (REFUSED_BY(right_to_left))
        return "a right-to-left character, which terminals draw in different places";
    if (REFUSED_BY(pictures))
        return "a picture character, whose width terminals disagree about";
    if (REFUSED_BY(private_use))
        return "a character without a meaning of its own";
#undef REFUSED_BY
    return NULL;
}

unsigned scene_text_columns(const char *text)
{
    unsigned columns = 0;
    while (*text && *text != '\n')
        columns += scene_character_columns(scene_character_next(&text));
    return columns;
}

unsigned scene_text_lines(const char *text, unsigned width)
{
    unsigned lines = 1, column = 0;
    while (*text) {
        if (*text == '\n') {
            text++;
            if (*text) {
                lines++;
                column = 0;
            }
            continue;
        }
        if (*text == ' ') {
            text++;
            column++;
            continue;
        }
        /* A word: up to a space, or one Chinese character with whatever narrow characters follow it unspaced. */
        unsigned word = 0;
        bool first = true;
        while (*text && *text != ' ' && *text != '\n') {
            const char *after = text;
            unsigned columns = scene_character_columns(scene_character_next(&after));
            if (!first && columns == 2)
                break;
            word += columns;
            text = after;
            first = false;
        }
        if (word > width)
            return 0;
        if (column + word > width) {
            lines++;
            column = 0;
        }
        column += word;
    }
    return lines;
}

static void source_line_copy(const struct scene_source *source, unsigned line, char *out, size_t size)
{
    out[0] = 0;
    if (!source || !source->bytes || line == 0)
        return;
    const char *at = source->bytes, *end = source->bytes + source->size;
    for (unsigned i = 1; i < line && at < end; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline ? newline + 1 : end;
    }
    size_t used = 0;
    while (at < end && *at != '\n' && used + 5 < size) {
        const char *start = at;
        unsigned character = scene_character_next(&at); /* the source ends with a NUL, which stops any sequence */
        if (character == 0xFFFD || scene_character_refused(character)) {
            out[used++] = character == '\t' ? ' ' : '?';
        } else {
            memcpy(out + used, start, (size_t)(at - start));
            used += (size_t)(at - start);
        }
    }
    out[used] = 0;
}

void scene_error_add(struct scene_errors *errors, const struct scene_source *source, unsigned line, unsigned column,
                     unsigned width, const char *format, ...)
{
    if (errors->count == SCENE_ERRORS_MAX) {
        errors->dropped++;
        return;
    }
    size_t at = errors->count;
    while (at > 0 && (errors->items[at - 1].line > line ||
                      (errors->items[at - 1].line == line && errors->items[at - 1].column > column)))
        at--;
    memmove(&errors->items[at + 1], &errors->items[at], (errors->count - at) * sizeof *errors->items);
    errors->count++;
    struct scene_error *error = &errors->items[at];
    *error = (struct scene_error){.line = line, .column = column, .width = width ? width : 1};
    struct message message;
    va_list arguments;
    va_start(arguments, format);
    char text[sizeof message.text];
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    /* A message may quote the file: what it quotes is made harmless in the same way as a source line. */
    struct scene_source whole = {.bytes = text, .size = strlen(text)};
    for (char *newline = text; (newline = strchr(newline, '\n'));)
        *newline = ' ';
    source_line_copy(&whole, 1, error->text, sizeof error->text);
    source_line_copy(source, line, error->source, sizeof error->source);
}

size_t scene_error_format(const struct scene_errors *errors, size_t index, char *buffer, size_t size)
{
    const struct scene_error *error = &errors->items[index];
    char caret[sizeof error->source * 2 + 4] = "";
    size_t used = 0;
    const char *text = error->source;
    for (unsigned column = 1; column < error->column + error->width && *text && used + 3 < sizeof caret; column++) {
        unsigned columns = scene_character_columns(scene_character_next(&text));
        for (unsigned i = 0; i < columns; i++)
            caret[used++] = column < error->column ? ' ' : column == error->column && i == 0 ? '^' : '~';
    }
    if (error->line && error->source[0] && !strchr(caret, '^')) {
        if (used + 1 < sizeof caret)
            caret[used++] = '^';
    }
    caret[used < sizeof caret ? used : sizeof caret - 1] = 0;
    int length;
    if (error->line == 0)
        length = snprintf(buffer, size, "%s: error: %s\n", errors->file, error->text);
    else if (error->source[0] == 0)
        length = snprintf(buffer, size, "%s:%u:%u: error: %s\n", errors->file, error->line, error->column, error->text);
    else
        length = snprintf(buffer, size, "%s:%u:%u: error: %s\n  %s\n  %s\n", errors->file, error->line, error->column,
                          error->text, error->source, caret);
    if (length < 0 || size == 0)
        return 0;
    return (size_t)length < size ? (size_t)length : size - 1;
}
