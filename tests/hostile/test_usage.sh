#!/bin/sh
# What people get wrong: each time one message on standard error, nothing on standard output, the exit status of the
# interface, no process and no folder left.
set -u
lockstep=${LOCKSTEP_BUILD:?}/lockstep
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work/tmp" LC_ALL=C.UTF-8 LANGUAGE=
mkdir "$TMPDIR"
status=0

bad() {
    echo "FAILED: $*"
    status=1
}

# refused STATUS PART ARG...: the command fails with STATUS and says PART.
refused() {
    wanted=$1 part=$2
    shift 2
    timeout 60 "$lockstep" "$@" >"$work/out" 2>"$work/err" </dev/null
    got=$?
    [ $got -eq "$wanted" ] || bad "lockstep $*: exit status $got, not $wanted"
    grep -qF -e "$part" "$work/err" || bad "lockstep $*: does not say '$part' but: $(cat "$work/err")"
    [ -s "$work/out" ] && bad "lockstep $*: standard output is not empty"
    [ "$(grep -c '^lockstep: ' "$work/err")" -eq 1 ] || bad "lockstep $*: not one message: $(cat "$work/err")"
    [ -z "$(ls -A "$TMPDIR")" ] || bad "lockstep $*: left behind: $(ls -A "$TMPDIR")"
}

cat >"$work/ok.c" <<'C'
#include <pthread.h>
static pthread_mutex_t A = PTHREAD_MUTEX_INITIALIZER;
static void *work(void *p) { pthread_mutex_lock(&A); pthread_mutex_unlock(&A); return p; }
int main(void)
{
    pthread_t t;
    pthread_create(&t, 0, work, 0);
    pthread_mutex_lock(&A);
    pthread_mutex_unlock(&A);
    return pthread_join(t, 0);
}
C
cc -g -pthread -o "$work/ok" "$work/ok.c" || exit 1
cc -g -pthread -static -o "$work/static" "$work/ok.c" || exit 1
cp "$work/ok" "$work/plain" && chmod -x "$work/plain"
cp "$work/ok" "$work/setuid" && chmod u+s "$work/setuid"
echo 'not a program' >"$work/words" && chmod +x "$work/words"

# Programs
refused 2 'no program is named' run
refused 2 'No such file' run -- "$work/nope"
refused 2 'no such program in PATH' run -- lockstep-no-such-program
refused 2 'statically linked' run -- "$work/static"
refused 2 'not executable' run -- "$work/plain"
refused 2 'setuid' run -- "$work/setuid"
refused 2 'folder' run -- "$work"
refused 2 'neither ELF nor a script' run -- "$work/words"

# Options
refused 2 'did you mean --schedule' run --shedule 1 -- "$work/ok"
refused 2 'does not apply' list --seed 3
refused 2 'from 1 to 64' run --cpus 65 -- "$work/ok"
refused 2 'no such policy' run --policy fair -- "$work/ok"
refused 2 'column' run --schedule 0x -- "$work/ok"
refused 2 'needs a value' run --seed
refused 2 'did you mean list' lits
refused 2 'not there yet' explore deadlock

# A recording that cannot be written is told before anything runs, and no other file is touched.
echo 'dear diary' >"$work/diary"
refused 3 'not a recording' run --record "$work/diary" -- "$work/ok"
[ "$(cat "$work/diary")" = 'dear diary' ] || bad 'a file that is no recording was overwritten'
refused 3 'cannot be written' run --record "$work/no/such/folder/r.lks" -- "$work/ok"
refused 2 'No such file' run --record "$work/none.lks" -- "$work/nope"
[ -e "$work/none.lks" ] && bad 'a recording of nothing was left'

# Scenes
refused 2 "Did you mean 'deadlock'" play deadlok
refused 2 'no variant' play deadlock --variant blue
mkdir "$work/scene"
printf 'id: broken\ntitle: {en: Broken}\ncolour: red\n' >"$work/scene/scene.yaml"
refused 2 'scene.yaml:3:1: error:' play "$work/scene"
timeout 60 "$lockstep" check "$work/scene" >"$work/out" 2>"$work/err"
[ $? -eq 1 ] || bad 'check of a broken scene does not exit with 1'
grep -q '\^' "$work/err" || bad 'check shows no caret'
refused 2 'no scene.yaml' check "$TMPDIR"

# A schedule that does not fit the program stops at the choice and says which.
timeout 60 "$lockstep" run --schedule 60000 -- "$work/ok" >"$work/out" 2>"$work/err" </dev/null
[ $? -eq 2 ] || bad 'a schedule that does not fit does not exit with 2'
grep -q 'choice 1 of' "$work/err" || bad "a schedule that does not fit: $(cat "$work/err")"
[ -z "$(ls -A "$TMPDIR")" ] || bad 'a schedule that does not fit leaves a folder'

# The parts are missing.
LOCKSTEP_PRELOAD=/no/such.so timeout 60 "$lockstep" run -- "$work/ok" >"$work/out" 2>"$work/err"
[ $? -eq 3 ] || bad 'a missing shim does not exit with 3'
grep -q LOCKSTEP_PRELOAD "$work/err" || bad 'a missing shim is not explained'

# In the language asked for, even where the system has no such locale.
LC_ALL=zh_CN.UTF-8 "$lockstep" lits 2>&1 | grep -q '没有命令' || bad 'no Chinese message'

# Nobody reads: quiet.
timeout 60 sh -c '"$1" run -- "$2"; echo $? >"$3"' sh "$lockstep" "$work/ok" "$work/code" 2>"$work/err" | :
[ -s "$work/err" ] && bad "a closed output is complained about: $(cat "$work/err")"
case $(cat "$work/code") in 0 | 141) ;; *) bad "a closed output: exit status $(cat "$work/code")" ;; esac
if [ -e /dev/full ]; then
    timeout 60 "$lockstep" run -- "$work/ok" >/dev/full 2>"$work/err"
    [ $? -eq 3 ] || bad 'a full disk does not exit with 3'
    grep -q 'No space left' "$work/err" || bad "a full disk: $(cat "$work/err")"
fi
exit $status
