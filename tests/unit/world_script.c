/* Reads a line of an event script, word by word; what the words mean is for those who ask for them. */
#include "world_script.h"

#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const char *const script_states[] = {"new", "ready", "running", "blocked", "stopped", "zombie", "terminated"};

void script_wrong(const struct script *s, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fail_msg("%s:%u (%s): %s", s->file, s->line, s->name, text);
    abort();
}

void script_split(struct script *s, char *line)
{
    s->words = s->next = 0;
    while (*line) {
        while (isspace((unsigned char)*line))
            line++;
        if (!*line || *line == '#')
            break;
        if (s->words == SCRIPT_WORDS)
            script_wrong(s, "too many words");
        bool quoted = *line == '"';
        s->word[s->words++] = quoted ? ++line : line;
        while (*line && (quoted ? *line != '"' : !isspace((unsigned char)*line)))
            line++;
        if (*line)
            *line++ = 0;
    }
}

const char *script_word(struct script *s)
{
    if (s->next == s->words)
        script_wrong(s, "a word is missing");
    return s->word[s->next++];
}

bool script_eat(struct script *s, const char *expected)
{
    if (s->next == s->words || strcmp(s->word[s->next], expected) != 0)
        return false;
    s->next++;
    return true;
}

bool script_more(const struct script *s)
{
    return s->next < s->words;
}

bool script_number_next(const struct script *s)
{
    if (s->next == s->words)
        return false;
    const char *text = s->word[s->next];
    return isdigit((unsigned char)text[text[0] == '-']) || text[0] == 'E';
}

int64_t script_number(struct script *s)
{
    static const struct {
        const char *name;
        int number;
    } names[] = {{"EBUSY", EBUSY}, {"EPERM", EPERM},   {"EDEADLK", EDEADLK},       {"ETIMEDOUT", ETIMEDOUT},
                 {"EINTR", EINTR}, {"EAGAIN", EAGAIN}, {"EOWNERDEAD", EOWNERDEAD}, {"ECHILD", ECHILD},
                 {"EPIPE", EPIPE}, {"EINVAL", EINVAL}};
    const char *text = script_word(s);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i].name) == 0)
            return names[i].number;
    char *end;
    int64_t value = strtoll(text, &end, 0);
    if (*end || end == text)
        script_wrong(s, "'%s' is no number", text);
    return value;
}

uint32_t script_task_named(const struct script *s, const char *name)
{
    char full[32];
    snprintf(full, sizeof full, "%s%s", strchr(name, '.') ? "" : "P1.", name);
    for (uint32_t i = 1; i <= world_task_count(s->world); i++)
        if (strcmp(world_task(s->world, i)->name, full) == 0)
            return i;
    return 0;
}

uint32_t script_task(struct script *s)
{
    const char *name = script_word(s);
    uint32_t id = script_task_named(s, name);
    if (!id)
        script_wrong(s, "there is no task '%s'", name);
    return id;
}

uint32_t script_process(struct script *s)
{
    const char *name = script_word(s);
    if (name[0] != 'P' || !atoi(name + 1))
        script_wrong(s, "'%s' is no process", name);
    return (uint32_t)atoi(name + 1);
}

/* A, or P2:A for the one of another process. */
uint32_t script_object_named(const struct script *s, const char *name)
{
    const char *colon = strchr(name, ':');
    uint32_t in = colon && name[0] == 'P' ? (uint32_t)atoi(name + 1) : 0;
    const char *plain = in ? colon + 1 : name;
    for (uint32_t i = 1; i <= world_object_count(s->world); i++) {
        const struct world_object *object = world_object(s->world, i);
        if (strcmp(object->name, plain) == 0 && (!in || object->process == in))
            return i;
    }
    return 0;
}

uint32_t script_object(struct script *s)
{
    const char *name = script_word(s);
    uint32_t id = script_object_named(s, name);
    if (!id)
        script_wrong(s, "there is no object '%s'", name);
    return id;
}

unsigned script_one_of(struct script *s, const char *const *names, unsigned count)
{
    const char *name = script_word(s);
    for (unsigned i = 0; i < count; i++)
        if (names[i] && strcmp(names[i], name) == 0)
            return i;
    script_wrong(s, "'%s' is not known here", name);
}
