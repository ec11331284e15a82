#!/bin/sh
# Every row of the table of intercepted calls: the shim exports it, the C library has it (in the version that the row
# names), its operation exists or is `none`, it is listed once, and a guest of the tests calls it.
set -eu
export LC_ALL=C
: "${LOCKSTEP_BUILD:?set by ctest}"
source=${LOCKSTEP_SOURCE:-$(dirname "$(readlink -f "$0")")/../..}
shim=$LOCKSTEP_BUILD/lib/lockstep/liblockstep_preload.so
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

# name operation version, a row a line
cat >"$work/rows.c" <<'C'
#define CALL_DEFAULT default
#if defined(__x86_64__)
#define CALL_COND GLIBC_2.3.2
#else
#define CALL_COND default
#endif
#define CALL(name, operation, version, result, parameters) @ name operation version
#include "operations/calls.def"
C
cc -E -P -I"$source/src" "$work/rows.c" | tr '@' '\n' | awk 'NF { print $1, $2, $3 }' >"$work/rows"
cut -d' ' -f1 "$work/rows" | sort >"$work/names"
[ "$(wc -l <"$work/names")" -gt 70 ] || { echo "the table has only $(wc -l <"$work/names") rows: is it read rightly?"; exit 1; }

# complain TEXT: for each name on standard input
complain() {
    while read -r name; do
        echo "$name: $1"
        touch "$work/failed"
    done
}

uniq -d "$work/names" | complain "is in the table more than once"

nm -D --defined-only "$shim" | awk '{ sub(/@.*/, "", $3); print $3 }' | sort -u >"$work/exported"
sort -u "$work/names" >"$work/wanted"
comm -23 "$work/wanted" "$work/exported" | complain "is not exported by liblockstep_preload.so"

printf '#define OPERATION(id, name, family, object, flags, en, zh) @ id\n#include "operations/operations.def"\n' >"$work/operations.c"
cc -E -P -I"$source/src" "$work/operations.c" | tr '@' '\n' | awk 'NF { print $1 } END { print "none" }' | sort >"$work/operations"
cut -d' ' -f2 "$work/rows" | sort -u | comm -23 - "$work/operations" | complain "is the operation of a call, but not in operations.def"

cat >"$work/bind.c" <<'C'
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
int main(void)
{
    char name[128], operation[128], version[128];
    while (scanf("%127s %127s %127s", name, operation, version) == 3) {
        void *found = strcmp(version, "default") == 0 ? dlsym(RTLD_DEFAULT, name) : dlvsym(RTLD_DEFAULT, name, version);
        /* a bare look-up must give the same: else somebody else's version would be called */
        if (!found || found != dlsym(RTLD_DEFAULT, name))
            puts(name);
    }
    return 0;
}
C
cc -D_GNU_SOURCE -o "$work/bind" "$work/bind.c" -ldl
"$work/bind" <"$work/rows" | complain "is not in the C library in the version that its row names"

# What the guests call is what their object files leave undefined: also what a macro or the compiler made of the source.
for program in "$LOCKSTEP_BUILD"/tests/guests/* "$LOCKSTEP_BUILD"/tests/hostile/*; do
    [ -f "$program" ] && nm -D --undefined-only "$program" 2>/dev/null
done | awk '{ sub(/@.*/, "", $2); print $2 }' | sort -u >"$work/called"
comm -23 "$work/wanted" "$work/called" | complain "is called by no guest of tests/guests and tests/hostile"

[ ! -e "$work/failed" ] || status=1
[ $status -eq 0 ] && echo "$(wc -l <"$work/wanted") calls"
exit $status
