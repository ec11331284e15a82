#!/bin/sh
# Recordings: told as the run was; cut, damaged and foreign files; branches; a run that is ended by a signal.
set -u
lockstep=${LOCKSTEP_BUILD:?}/lockstep
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work/tmp" LC_ALL=C.UTF-8 LANGUAGE=
mkdir "$TMPDIR"
cd "$work" || exit 1
status=0

bad() {
    echo "FAILED: $*"
    status=1
}

cat >ring.c <<'C'
#include <pthread.h>
static pthread_mutex_t A = PTHREAD_MUTEX_INITIALIZER, B = PTHREAD_MUTEX_INITIALIZER;
static void *one(void *p) { pthread_mutex_lock(&A); pthread_mutex_lock(&B); pthread_mutex_unlock(&B); pthread_mutex_unlock(&A); return p; }
static void *two(void *p) { pthread_mutex_lock(&B); pthread_mutex_lock(&A); pthread_mutex_unlock(&A); pthread_mutex_unlock(&B); return p; }
int main(void)
{
    pthread_t t, u;
    pthread_create(&t, 0, one, 0);
    pthread_create(&u, 0, two, 0);
    pthread_join(t, 0);
    return pthread_join(u, 0);
}
C
cc -g -pthread -o ring ring.c || exit 1

# One task after the other: no deadlock. Its recording is told as the run was, and runs nothing.
"$lockstep" run --policy fifo --json --record r.lks -- ./ring >run.json 2>err </dev/null || bad "run: $? $(cat err)"
mv ring elsewhere
"$lockstep" replay r.lks --json >replay.json 2>err || bad "replay: $? $(cat err)"
cmp run.json replay.json || bad 'the replay differs from the run'
"$lockstep" replay r.lks --branch 5:P1.T1 >out 2>err
[ $? -eq 2 ] || bad 'a branch whose program has gone does not exit with 2'
mv elsewhere ring

# In the place where both can go on, the other one: a deadlock can be had.
step=$(sed -n 's/.*"step":\([0-9]*\),"task":"P1.T1","operation":"mutex.lock","object":"mutex B".*/\1/p' run.json | head -1)
"$lockstep" replay r.lks --branch "$step:P1.T2" --policy rr --json >branch.json 2>err </dev/null
case $? in 2) grep -q 'does not apply' err || bad "branch: $(cat err)" ;; *) bad 'replay takes --policy' ;; esac
"$lockstep" replay r.lks --branch "$step:P1.T2" --record b.lks --json >branch.json 2>err </dev/null
[ $? -le 1 ] || bad "branch at step $step: $(cat err)"
head -n $((step - 1)) run.json >before
head -n $((step - 1)) branch.json | cmp - before || bad 'the branch differs before its step'
sed -n "${step}p" branch.json | grep -q '"task":"P1.T2"' || bad 'the branch does not choose T2'
"$lockstep" replay b.lks --json 2>err | cmp - branch.json || bad 'the recording of the branch is not the branch'
"$lockstep" replay r.lks --branch "$step:P1.T9" >out 2>err </dev/null
[ $? -eq 2 ] && grep -q 'no task of that name' err || bad "a task that is not there: $(cat err)"
"$lockstep" replay r.lks --branch 9999:P1.T2 >out 2>err </dev/null
[ $? -eq 2 ] && grep -q 'only' err || bad "a step that is not there: $(cat err)"

# Another program in its place: stops at the first difference.
sed 's/pthread_create(&u, 0, two, 0)/pthread_create(\&u, 0, one, 0)/' ring.c >other.c && cp ring first
cc -g -pthread -o ring other.c || exit 1
"$lockstep" replay r.lks --branch "$step:P1.T2" >out 2>err </dev/null
code=$?
[ $code -eq 1 ] || [ $code -eq 0 ] || bad "another program: exit status $code: $(cat err)"
cp /bin/true ring
"$lockstep" replay r.lks --branch "$step:P1.T2" >out 2>err </dev/null
[ $? -eq 1 ] && grep -q 'did not repeat' err || bad "another program is not noticed: $(cat err)"
mv first ring

# Cut at every hundredth byte, one byte wrong here and there: never more than a message, never another status.
size=$(wc -c <r.lks)
at=0
while [ $at -lt "$size" ]; do
    head -c $at r.lks >cut.lks
    timeout 60 "$lockstep" replay cut.lks >out 2>err </dev/null
    code=$?
    [ $code -le 2 ] || bad "cut at $at: exit status $code"
    grep -q '^lockstep: ' err || bad "cut at $at: nothing is said"
    { head -c $at r.lks && printf '\377' && tail -c +$((at + 2)) r.lks; } >wrong.lks
    timeout 60 "$lockstep" replay wrong.lks >out 2>err </dev/null
    code=$?
    [ $code -le 2 ] || bad "wrong at $at: exit status $code"
    at=$((at + 197))
done
: >empty.lks
for file in empty.lks ring.c /dev/null nothing.lks .; do
    timeout 60 "$lockstep" replay "$file" >out 2>err </dev/null
    code=$?
    [ $code -eq 2 ] || [ $code -eq 3 ] || bad "replay $file: exit status $code"
    [ "$(grep -c '^lockstep: ' err)" -eq 1 ] || bad "replay $file: $(cat err)"
done

# Ended by a signal: the guest goes, the recording is whole, nothing is left.
cat >spin.c <<'C'
#include <stdio.h>
int main(void) { puts("spinning"); fflush(stdout); for (volatile long i = 0;; i++) ; }
C
cc -o spin spin.c || exit 1
"$lockstep" run --record spin.lks -- ./spin >out 2>err </dev/null &
pid=$!
while ! grep -q spinning out 2>/dev/null && kill -0 $pid 2>/dev/null; do sleep 0.05; done
kill -TERM $pid
wait $pid
code=$?
[ $code -eq 143 ] || bad "SIGTERM: exit status $code"
[ -z "$(ls -A "$TMPDIR")" ] || bad "SIGTERM leaves $(ls -A "$TMPDIR")"
"$lockstep" replay spin.lks >out 2>err || bad "the recording of the ended run: $(cat err)"
grep -q spinning out || bad 'the recording of the ended run is empty'
[ -s err ] && bad "the recording of the ended run was not closed: $(cat err)"
exit $status
