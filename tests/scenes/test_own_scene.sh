#!/bin/sh
# docs/own-scene.md, followed literally, once as its English and once as its Chinese half tells it: the files are saved under
# the names that stand before them, the commands are given one after another, and each line that is shown must be among what
# they say. Both halves have the same files and commands.
set -eu
page=${LOCKSTEP_SOURCE:?}/docs/own-scene.md
PATH=${LOCKSTEP_BUILD:?}:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH LC_ALL=C.UTF-8 LANGUAGE=''
unset XDG_DATA_HOME XDG_CACHE_HOME XDG_CONFIG_HOME XDG_STATE_HOME

# Blocks of a half, in order, as $work/<half>/<number>.<kind>; what a file is called stands in backquotes before the last
# colon above its block.
split() {
    mkdir -p "$work/$1"
    awk -v out="$work/$1" -v half="$1" '
        /^# 十分钟/ { chinese = 1 }
        (half == "zh") != chinese { next }
        /^```[a-z]+$/ && !open { open = 1; kind = substr($0, 4); file = sprintf("%s/%02d.%s", out, ++number, kind)
            print name > (file ".name"); printf "" > file; next }
        /^```$/ && open { open = 0; name = ""; next }
        open { print > file; next }
        /`[^`]+`(:|：)$/ { name = $0; sub(/`(:|：)$/, "", name); sub(/.*`/, "", name) }' "$page"
}

follow() {
    half=$work/$1
    export HOME="$half/home" TMPDIR="$half/tmp"
    mkdir -p "$HOME" "$TMPDIR"
    said=$half/said
    script=$half/script
    echo 'set -e' >"$script"
    for block in "$half"/[0-9][0-9].*; do
        case $block in
        *.name) continue ;;
        *.c | *.yaml)
            name=$(cat "$block.name")
            [ -n "$name" ] || { echo "a file without a name: $block"; exit 1; }
            printf 'cp "%s" "%s"\n' "$block" "$name" >>"$script"
            ;;
        *.sh) printf '{\n%s\n} >"%s" 2>&1 || { cat "%s"; exit 1; }\n' "$(cat "$block")" "$said" "$said" >>"$script" ;;
        *.text)
            # shellcheck disable=SC2016 # it is the script that expands it
            printf 'while IFS= read -r line; do grep -qxF -e "$line" "%s" || { echo "not said: $line"; cat "%s"; exit 1; }; done <"%s"\n' \
                "$said" "$said" "$block" >>"$script"
            ;;
        *) echo "a block of an unknown kind: $block"; exit 1 ;;
        esac
    done
    # The page writes to /tmp; the test may not.
    sed -i "s|/tmp/two-cooks|$TMPDIR/two-cooks|g" "$half"/*.sh "$script"
    (cd "$HOME" && sh "$script") || { echo "FAILED: the half $1"; exit 1; }
}

for half in en zh; do
    split $half
done
for block in "$work"/en/*; do
    cmp "$block" "$work/zh/$(basename "$block")" || { echo "FAILED: the halves differ: $block"; exit 1; }
done
[ "$(find "$work/en" -name '*.c' -o -name '*.yaml' -o -name '*.sh' -o -name '*.text' | wc -l)" -ge 11 ] ||
    { echo 'FAILED: the page was not understood'; exit 1; }
follow en
follow zh
