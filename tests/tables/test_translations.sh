#!/bin/sh
# Every text that is translated - marked ones, the formats of message_set(), and what goes into them - is in every
# catalogue, translated, and in the same form, and nothing else is; and what message_set() makes is really spoken in the
# language asked for.
set -eu
cd "${LOCKSTEP_SOURCE:-$(dirname "$(readlink -f "$0")")/../..}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
template=$work/lockstep.pot
scripts/pot "$template"
status=0
for catalogue in po/*/lockstep.po; do
    msgfmt --check -o /dev/null "$catalogue" || status=1
    msgcmp "$catalogue" "$template" || { echo "$catalogue lacks what is named above; see README.md, 'to add'"; status=1; }
    msgmerge --quiet --no-fuzzy-matching -o "$work/merged.po" "$catalogue" "$template"
    if grep '^#~ msgid' "$work/merged.po"; then
        echo "$catalogue has what is named above, which nothing says any more"
        status=1
    fi
done

# xgettext sees literals only: a macro amid a format, or a choice of formats, would be cut or missed without a word. Each
# string becomes "", each call one line, and its third argument must be strings alone, plain or in _().
for source in $(grep -rl 'message_set(' src --include='*.c'); do
    [ "$source" = src/base/status.c ] && continue
    tr '\n' ' ' <"$source" | sed -E 's/"([^"\\]|\\.)*"/""/g; s/message_set\(/\n&/g' | grep '^message_set(' |
        grep -vE '^message_set\([^,]*,[^,]*, *("" *)+[,)]|^message_set\([^,]*,[^,]*, *_\( *("" *)+\)' |
        cut -c1-120 | sed "s|^|$source: not a format of literals alone: |"
done >"$work/hidden"
if [ -s "$work/hidden" ]; then
    cat "$work/hidden"
    status=1
fi

# says LANGUAGE TEXT COMMAND ARGUMENT...: lockstep, asked in this language, says this on standard error.
lockstep=${LOCKSTEP_BUILD:-build}/lockstep
says() {
    language=$1 text=$2 command=$3
    shift 3
    "$lockstep" "$command" --lang "$language" "$@" >/dev/null 2>"$work/said" </dev/null || true
    grep -qF -- "$text" "$work/said" || {
        echo "lockstep $command --lang $language $*: expected \"$text\", got:"
        cat "$work/said"
        status=1
    }
}
says en 'There is no scene' play no-such-scene-at-all
says zh '没有场景“no-such-scene-at-all”' play no-such-scene-at-all
says zh '无法打开' replay "$work/none.lks"
printf 'not a recording\n' >"$work/bad.lks"
says zh '这不是记录：开头不是' replay "$work/bad.lks"
says zh '最后一个点后面应当是一个数' play mutex --schedule 0.
says zh '没有这个程序' run -- no-such-program-at-all
says zh '它是文件夹' run -- /tmp

# Our language is not the guest's.
given=$(LANGUAGE=fr "$lockstep" run --json --lang zh -- /usr/bin/env | grep -c 'LANGUAGE=fr') || true
if [ "$given" -ne 1 ]; then
    echo "a guest must see the LANGUAGE that it would have had without lockstep"
    status=1
fi
exit $status
