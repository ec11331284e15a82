/* The tables of operations, objects and outcomes as constant data. Compiled into lockstep and, without libc needs,
 * into the shim. */
#include "operations/operations.h"

#include <string.h>

#define BLOCKS OPERATION_BLOCKS
#define CANCELS OPERATION_CANCELS
#define ACQUIRES OPERATION_ACQUIRES
#define RELEASES OPERATION_RELEASES
#define READINESS OPERATION_READINESS
#define PRINTS OPERATION_PRINTS
#define EMULATED OPERATION_EMULATED
#define INTERRUPTS OPERATION_INTERRUPTS

static const struct operation_row rows[OPERATION_COUNT] = {
    [OPERATION_none] = {.name = "none", .en = "", .zh = ""},
#define OPERATION(id, operation_name, operation_family, object_kind, operation_flags, text_en, text_zh)                \
    [OPERATION_##id] = {.name = (operation_name),                                                                      \
                        .en = (text_en),                                                                               \
                        .zh = (text_zh),                                                                               \
                        .flags = (uint16_t)(operation_flags),                                                          \
                        .family = FAMILY_##operation_family,                                                           \
                        .object = OBJECT_##object_kind},
#include "operations/operations.def"
#undef OPERATION
};

const struct operation_row *operation_row(unsigned operation)
{
    return &rows[operation < OPERATION_COUNT ? operation : OPERATION_none];
}

uint32_t operation_table_number(void)
{
    uint32_t number = 2166136261u;
    for (unsigned i = 0; i < OPERATION_COUNT; i++)
        for (const char *at = rows[i].name; *at; at++)
            number = (number ^ (unsigned char)*at) * 16777619u;
    return number;
}

enum operation operation_by_name(const char *name)
{
    for (unsigned i = 1; i < OPERATION_COUNT; i++)
        if (strcmp(rows[i].name, name) == 0)
            return (enum operation)i;
    return OPERATION_none;
}

static const struct {
    const char *name, *en, *zh;
} injections[INJECTION_COUNT] = {
    [INJECTION_none] = {.name = "none", .en = "", .zh = ""},
#define INJECTION(id, injection, text_en, text_zh)                                                                     \
    [INJECTION_##id] = {.name = (injection), .en = (text_en), .zh = (text_zh)},
#include "operations/injections.def"
#undef INJECTION
};

const char *injection_name(unsigned injection)
{
    return injections[injection < INJECTION_COUNT ? injection : INJECTION_none].name;
}

const char *injection_text(unsigned injection, int chinese)
{
    injection = injection < INJECTION_COUNT ? injection : INJECTION_none;
    return chinese ? injections[injection].zh : injections[injection].en;
}

enum injection injection_by_name(const char *name, size_t length)
{
    for (unsigned i = 1; i < INJECTION_COUNT; i++)
        if (strlen(injections[i].name) == length && memcmp(injections[i].name, name, length) == 0)
            return (enum injection)i;
    return INJECTION_none;
}

const char *outcome_name(unsigned outcome)
{
    static const char *const names[OUTCOME_COUNT] = {"done",      "blocked",     "failed",
                                                     "timed-out", "interrupted", "preempted"};
    return outcome < OUTCOME_COUNT ? names[outcome] : "unknown";
}

const char *object_word(unsigned kind, int chinese)
{
    static const struct {
        const char *en, *zh;
    } words[OBJECT_COUNT] = {
#define OBJECT(id, text_en, text_zh) [OBJECT_##id] = {.en = (text_en), .zh = (text_zh)},
#include "operations/objects.def"
#undef OBJECT
    };
    if (kind >= OBJECT_COUNT)
        return "";
    return chinese ? words[kind].zh : words[kind].en;
}
