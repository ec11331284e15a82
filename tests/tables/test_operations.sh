#!/bin/sh
# Every row of the table of operations: its name is family.verb, once; its identifier says the same; it is explained in
# English and in Chinese; its kind of object exists; the world has a reducer for it and words for it.
set -eu
export LC_ALL=C
: "${LOCKSTEP_BUILD:?set by ctest}"
source=${LOCKSTEP_SOURCE:-$(dirname "$(readlink -f "$0")")/../..}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/rows.c" <<'C'
#include <stdio.h>
#include <string.h>

#include "operations/operations.h"

static const struct {
    const char *id, *name, *family, *object, *en, *zh;
} rows[] = {
#define OPERATION(id, name, family, object, flags, en, zh) {#id, name, #family, #object, en, zh},
#include "operations/operations.def"
#undef OPERATION
};

static int wrong;

static void say(const char *name, const char *what)
{
    printf("%s: %s\n", name, what);
    wrong++;
}

static int latin(const char *text)
{
    for (; *text; text++)
        if (*text & 0x80)
            return 0;
    return 1;
}

int main(void)
{
    size_t count = sizeof rows / sizeof *rows;
    if (count + 1 != OPERATION_COUNT)
        say("operations", "the table and the enumeration differ in length");
    for (size_t i = 0; i < count; i++) {
        const char *dot = strchr(rows[i].name, '.');
    
        char id[64];
        snprintf(id, sizeof id, "%s", rows[i].name);
        for (char *at = id; *at; at++)
            if (*at == '.' || *at == '-')
                *at = '_';
        if (!dot || !dot[1] || strspn(rows[i].name, "abcdefghijklmnopqrstuvwxyz.-") != strlen(rows[i].name) || strchr(dot + 1, '.'))
            say(rows[i].name, "is not family.verb");
        else if (strcmp(id, rows[i].id) != 0)
            say(rows[i].name, "has another identifier");
        for (size_t j = 0; j < i; j++)
            if (strcmp(rows[i].name, rows[j].name) == 0)
                say(rows[i].name, "is in the table twice");
        if (strlen(rows[i].en) < 4 || !latin(rows[i].en))
            say(rows[i].name, "has no English explanation");
        if (strlen(rows[i].zh) < 6 || latin(rows[i].zh))
            say(rows[i].name, "has no Chinese explanation");
        if (strlen(rows[i].en) > 90)
            say(rows[i].name, "its English explanation is longer than a line");
        /* the functions that everybody looks it up with */
        unsigned number = (unsigned)operation_by_name(rows[i].name);
        if (number != i + 1)
            say(rows[i].name, "is not found by its name");
        else if (strcmp(operation_row(number)->name, rows[i].name) != 0 || operation_row(number)->family == FAMILY_none)
            say(rows[i].name, "has another row or no family");
        else if (operation_row(number)->object >= OBJECT_COUNT)
            say(rows[i].name, "acts on a kind of object that there is not");
    }
    printf("%zu operations\n", count);
    return wrong != 0;
}
C
cc -std=gnu11 -I"$source/src" -o "$work/rows" "$work/rows.c" "$source/src/operations/operations.c" -I"$source/src"
"$work/rows" || status=1

# Reducers are functions of the world named after the operation.
printf '#define OPERATION(id, name, family, object, flags, en, zh) @ id\n#include "operations/operations.def"\n' >"$work/ids.c"
cc -E -P -I"$source/src" "$work/ids.c" | tr '@' '\n' | awk 'NF { print "world_reduce_" $1 }' | sort >"$work/wanted"
nm "$LOCKSTEP_BUILD/liblockstep_world.a" 2>/dev/null | awk '$2 == "T" || $2 == "t" { print $3 }' | sort -u >"$work/have"
comm -23 "$work/wanted" "$work/have" >"$work/missing"
while read -r name; do
    echo "$name: there is no such reducer"
    status=1
done <"$work/missing"
exit "${status:-0}"
