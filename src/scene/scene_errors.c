/* Findings: kept in the order of the file, printed as a compiler prints them. Also the measures of text that findings
 * need: columns, lines, characters that no terminal shows well. It must not read files. */
#include "base/escape.h"
#include "base/text.h"
#include "scene/scene_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

unsigned scene_character_columns(unsigned character)
{
    int columns = escape_width(character);
    return columns > 0 ? (unsigned)columns : 1;
}

/* Stricter than base/escape, which must show whatever a guest prints: a scene's author can choose other words. */
const char *scene_character_refused(unsigned character)
{
    if (character < 0x20 || (character >= 0x7F && character < 0xA0))
        return N_("a control character");
    if (escape_width(character) < 0)
        return N_("a character that is invisible or has no form of its own");
    if (escape_width(character) == 0)
        return N_("a combining mark, which terminals draw in different places");
    if ((character >= 0x0590 && character <= 0x08FF) || (character >= 0xFB1D && character <= 0xFDFF))
        return N_("a right-to-left letter, which terminals draw in different places");
    if (character >= 0x1F000 && character <= 0x1FAFF)
        return N_("a picture character, whose width terminals disagree about");
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
    va_list arguments;
    va_start(arguments, format);
    char text[1024];
    vsnprintf(text, sizeof text, gettext(format), arguments);
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
        length = snprintf(buffer, size, _("%s: error: %s\n"), errors->file, error->text);
    else if (error->source[0] == 0)
        length =
            snprintf(buffer, size, _("%s:%u:%u: error: %s\n"), errors->file, error->line, error->column, error->text);
    else
        length = snprintf(buffer, size, _("%s:%u:%u: error: %s\n  %s\n  %s\n"), errors->file, error->line,
                          error->column, error->text, error->source, caret);
    if (length < 0 || size == 0)
        return 0;
    return (size_t)length < size ? (size_t)length : size - 1;
}
