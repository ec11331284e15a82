#!/bin/sh
# Draws the #include lines of src/ and fails on an arrow that tests/tables/arrows.txt does not have, on a way round it
# (".." in an include), and on a list that is not the one that CMakeLists.txt enforces.
# LOCKSTEP_ARROWS_ROOT: another folder with src/ in it, for the test of the test below.
set -eu
here=$(dirname "$(readlink -f "$0")")
root=${LOCKSTEP_ARROWS_ROOT:-${LOCKSTEP_SOURCE:-$here/../..}}
cd "$root"

wrong() {
    grep -rEn --include='*.[chS]' --include='*.def' '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' src |
        awk -v arrows="$here/arrows.txt" '
        BEGIN {
            while ((getline line < arrows) > 0) {
                if (line ~ /^#/ || line !~ /:/) continue
                room = line; sub(/:.*/, "", room); sub(/^[^:]*:/, "", line)
                known[room] = may[room, room] = 1
                count = split(line, names, " ")
                for (i = 1; i <= count; i++) may[room, names[i]] = 1
            }
        }
        {
            # src/<room>/...:<line>:#include "<room>/<file>"
            place = $0; sub(/:[[:space:]]*#.*/, "", place)
            split(place, parts, "/"); from = parts[2]
            target = $0; sub(/^[^"]*"/, "", target); sub(/".*/, "", target)
            to = target; sub(/\/.*/, "", to)
            if (!(from in known)) print place ": room \"" from "\" is not in tests/tables/arrows.txt"
            else if (target ~ /(^|\/)\.\.(\/|$)/) print place ": includes " target " by a way round its room"
            else if (target !~ /\//) print place ": includes \"" target "\"; write \"" from "/" target "\""
            else if (!((from, to) in may)) print place ": " from " may not include " to " (" target ")"
        }'
}

if [ -n "${LOCKSTEP_ARROWS_ROOT-}" ]; then
    wrong
    exit 0
fi

# The drawing must be able to fail: three wrong includes and a right one, of which it must name three.
try=$(mktemp -d)
trap 'rm -rf "$try"' EXIT
mkdir -p "$try/src/world" "$try/src/nowhere"
printf '#include "base/status.h"\n#include "conductor/x.h"\n  # include "../scene/y.h"\n' >"$try/src/world/a.c"
printf '#include "base/status.h"\n' >"$try/src/nowhere/b.h"
found=$(LOCKSTEP_ARROWS_ROOT=$try "$0" | wc -l)
if [ "$found" -ne 3 ]; then
    echo "the test itself is wrong: it names $found of 3 wrong includes"
    exit 1
fi

status=0
arrows=$(wrong)
if [ -n "$arrows" ]; then
    echo "$arrows"
    status=1
fi

# CMakeLists.txt: lockstep_room(NAME room DEPENDS a b ...) and lockstep_shim(DEPENDS ...), one list with arrows.txt.
listed=$(sed -n '/:/{/^#/d;s/:/ /;s/ *$//;p;}' "$here/arrows.txt" | sed 's/  */ /g' | sort)
built=$(tr '\n' ' ' <CMakeLists.txt | grep -oE 'lockstep_(room|shim)\([^)]*\)' |
    sed -E 's/lockstep_shim\(/NAME shim /;s/lockstep_room\(//;s/\)//;s/LIBRARIES.*//;s/NAME //;s/DEPENDS //;s/ +/ /g;s/ $//' |
    sort)
if [ "$listed" != "$built" ]; then
    echo "tests/tables/arrows.txt and CMakeLists.txt differ:"
    echo "--- arrows.txt"; echo "$listed"; echo "--- CMakeLists.txt"; echo "$built"
    status=1
fi
exit $status
