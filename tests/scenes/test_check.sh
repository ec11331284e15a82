#!/bin/sh
# lockstep check: what is wrong with a scene or a lecture is named with its file, line and column, in both languages; what
# is right is not. And the rest of the list works when one of its scenes is wrong.
set -u
lockstep=${LOCKSTEP_BUILD:?}/lockstep
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8 LANGUAGE='' XDG_CACHE_HOME="$work/cache" XDG_DATA_HOME="$work/data"
status=0

bad() {
    echo "FAILED: $*"
    status=1
}

# found STATUS PATH ENGLISH CHINESE: check of PATH ends with STATUS and says both, in either language.
found() {
    for language in en zh; do
        timeout 120 "$lockstep" check --lang $language "$2" >"$work/out" 2>"$work/err"
        got=$?
        [ $got -eq "$1" ] || bad "check $2: exit status $got, not $1: $(cat "$work/err")"
        text=$3
        [ $language = zh ] && text=$4
        grep -qF -e "$text" "$work/err" || bad "check --lang $language $2: does not say '$text' but: $(cat "$work/err")"
    done
}

# scene ID [SED]: a scene that is right, in $work/ID, changed by the expression.
scene() {
    mkdir -p "$work/$1"
    cat >"$work/$1/one.c" <<'C'
#include <pthread.h>
static pthread_mutex_t A = PTHREAD_MUTEX_INITIALIZER;
static void *work(void *p)
{
    pthread_mutex_lock(&A);
    pthread_mutex_unlock(&A);
    return p;
}
int main(void)
{
    pthread_t t;
    pthread_create(&t, 0, work, 0);
    return pthread_join(t, 0);
}
C
    sed -e "s/ID/$1/" -e "${2:-}" >"$work/$1/scene.yaml" <<'Y'
id: ID
title: {en: One lock, zh: 一把锁}
teaches: {en: A lock is taken., zh: 拿到一把锁。}
minutes: 1
program: {sources: [one.c]}
views: [stage, locks]
beats:
  - when: {task: P1.T1, operation: mutex.lock, object: mutex A, outcome: done}
    say: {en: T1 has A., zh: T1 拿到了 A。}
    ask:
      question: {en: "Who else?", zh: 还有谁？}
      choices: [{en: Nobody, zh: 没有}, {en: main, zh: main 线程}]
      answer: 1
      because: {en: There is one lock., zh: 只有一把锁。}
Y
}

scene right
timeout 120 "$lockstep" check "$work/right" >"$work/out" 2>"$work/err" || bad "a scene that is right: $(cat "$work/err")"
grep -qx '1 scene, no faults' "$work/out" || bad "a scene that is right: $(cat "$work/out")"

scene unknown 's/^minutes:/minuts:/'
found 1 "$work/unknown" "unknown/scene.yaml:4:1: error: unknown key \`minuts\`" "unknown/scene.yaml:4:1: 错误：键 \`minuts\` 不认识"
scene half 's/^    say: .*/    say: {en: T1 has A.}/'
found 1 "$work/half" "half/scene.yaml:9:10: error: \`say\` lacks its translation \`zh\`" "错误：\`say\` 缺少译文 \`zh\`"
scene wide 's/^title: .*/title: {en: A title that is far too long for the first line of a screen, zh: 一把锁}/'
found 1 "$work/wide" "wide/scene.yaml:2:13: error: \`title.en\` is" "错误：\`title.en\` 宽"
scene noanswer '/^      answer:/d'
found 1 "$work/noanswer" "noanswer/scene.yaml:11:7: error: \`ask\` has no \`answer\`" "错误：\`ask\`缺少 \`answer\`"
scene nobecause '/^      because:/d'
found 1 "$work/nobecause" "has no \`because\`" "缺少 \`because\`"
scene never 's/object: mutex A/object: mutex B/'
found 1 "$work/never" 'never/scene.yaml:8:3: error: this beat never fires' '错误：这个讲解点在默认调度中从未触发'
scene verdict 's/^minutes: 1/minutes: 1\nexpect: deadlock/'
found 1 "$work/verdict" 'the file expects deadlock' 'deadlock'
scene broken
echo 'int main(void) { retrun 0; }' >"$work/broken/one.c"
found 1 "$work/broken" "the scene's program cannot be built" "错误：无法构建场景的程序"
grep -q "one.c:1:18: error.*retrun" "$work/err" || bad "a program that does not build: no place: $(cat "$work/err")"
grep -q ' cc .*-o \| cc .*one\.c' "$work/err" || bad "a program that does not build: no command: $(cat "$work/err")"
scene nosource 's/one\.c/two.c/'
found 1 "$work/nosource" "nosource/scene.yaml:5:21: error: there is no file \`two.c\`" "错误：场景的文件夹里没有文件 \`two.c\`"
scene twice
mkdir -p "$work/pair/a" "$work/pair/b"
cp -r "$work/twice" "$work/pair/a/twice"
cp -r "$work/twice" "$work/pair/b/twice"
found 1 "$work/pair" "b/twice/scene.yaml:1:1: error: the id twice is also that of $work/pair/a/twice/scene.yaml" '错误：标识 twice 与'
found 2 "$work/not-there" 'not-there: error: cannot read' 'not-there: 错误：无法读取'
mkdir "$work/fifo"
mkfifo "$work/fifo/scene.yaml"
found 1 "$work/fifo" 'it is not a regular file' '它不是普通文件'
mkdir "$work/dangling"
ln -s nowhere "$work/dangling/scene.yaml"
found 2 "$work/dangling/scene.yaml" 'cannot read' '无法读取'

# Lectures.
mkdir "$work/lecture"
cat >"$work/lecture/lecture.yaml" <<'Y'
title: {en: Lesson, zh: 一课}
minutes: 10
scenes:
  - ../right
  - scene: ../right
    questions: false
    notes: {en: Mine., zh: 我的备注。}
    ask:
      - after: 1
        question: {en: "Why?", zh: 为什么？}
        choices: [{en: A, zh: 甲}, {en: B, zh: 乙}]
        answer: 2
        because: {en: So., zh: 就是。}
Y
timeout 120 "$lockstep" check "$work/lecture" >"$work/out" 2>"$work/err" || bad "a lecture that is right: $(cat "$work/err")"
grep -qx '1 lecture, no faults' "$work/out" || bad "a lecture that is right: $(cat "$work/out")"
timeout 120 "$lockstep" play --plain "$work/lecture" >"$work/out" 2>"$work/err" || bad "play: $(cat "$work/err")"
[ "$(grep -c '^  *?? Who else?' "$work/out")" -eq 1 ] || bad 'the scene asks once: in the second, the lecture asks instead'
[ "$(grep -c '^  *?? Why?' "$work/out")" -eq 1 ] || bad "the lecture's own question is asked once"
grep -q '^=== 2/2 One lock (right) ===' "$work/out" || bad "which scene it is: $(cat "$work/out")"
timeout 120 "$lockstep" play --plain --no-questions "$work/right" | grep -q '^  *??' && bad '--no-questions asks'
timeout 120 "$lockstep" play --json "$work/lecture/lecture.yaml" >"$work/json" 2>&1 || bad "play --json: $(cat "$work/json")"
[ "$(grep -c '"lecture":{"en":"Lesson"' "$work/json")" -eq 2 ] || bad 'a line of JSON before each scene'

# lesson NAME SED: the lecture, changed.
lesson() {
    mkdir -p "$work/$1"
    sed -e "$2" "$work/lecture/lecture.yaml" >"$work/$1/lecture.yaml"
}
lesson noscene 's/- scene: .*/- scene: deadlok/'
found 1 "$work/noscene" "noscene/lecture.yaml:5:12: error: there is no scene \`deadlok\`; did you mean \`deadlock\`?" "错误：没有场景 \`deadlok\`"
lesson novariant 's/^    questions: false/    variant: blue/'
found 1 "$work/novariant" "error: the scene right has no variant \`blue\`" "没有变体 \`blue\`"
lesson nobeat 's/- after: 1/- after: 7/'
found 1 "$work/nobeat" "nobeat/lecture.yaml:9:16: error: \`after\` is 7, but the scene right has only 1 beats" "只有 1 个讲解点"
lesson nowhere '/^      - after/s/after: 1/answer: 1/;/^        answer/d'
found 1 "$work/nowhere" "either \`after\`" "二者取一"
lesson nevercomes 's/- after: 1/- when: {operation: barrier.wait}/'
found 1 "$work/nevercomes" 'nevercomes/lecture.yaml:9:7: error: this question never comes' '这个问题永远不会出现'
lesson plainly 's/^  - ..\/right/  - right-or-wrong/'
found 1 "$work/plainly" "plainly/lecture.yaml:4:5: error: there is no scene \`right-or-wrong\`" "错误：没有场景 \`right-or-wrong\`"
lesson badscene 's/right/half/'
found 1 "$work/badscene" 'the scene ../half has a fault at line 9' '第 9 行有错'

# One wrong scene, and the rest of the list.
mkdir -p "$XDG_DATA_HOME/lockstep/scenes" "$XDG_DATA_HOME/lockstep/lectures"
cp -r "$work/half" "$work/right" "$XDG_DATA_HOME/lockstep/scenes/"
cp -r "$work/noscene" "$XDG_DATA_HOME/lockstep/lectures/"
"$lockstep" list --json >"$work/out" 2>"$work/err"
[ $? -eq 2 ] || bad 'a list with a broken scene does not exit with 2'
grep -q '"id":"right"' "$work/out" || bad "the person's other scene is not in the list"
grep -q '"id":"deadlock"' "$work/out" || bad 'the shipped scenes are not in the list'
grep -q 'half' "$work/err" || bad 'the broken scene is not named'
"$lockstep" list --lectures >"$work/out" 2>"$work/err"
[ $? -eq 2 ] || bad 'a list with a broken lecture does not exit with 2'
grep -q 'synchronisation' "$work/out" || bad 'the other lectures are not in the list'
grep -q 'noscene' "$work/err" || bad 'the broken lecture is not named'
"$lockstep" list --lectures --names | grep -qx 'processes-and-threads' || bad 'no name of a lecture'

# The shipped ones are right.
timeout 900 "$lockstep" check scenes lectures >"$work/out" 2>"$work/err" || bad "what is shipped: $(cat "$work/err")"
exit $status
