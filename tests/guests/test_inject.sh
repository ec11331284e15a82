#!/bin/sh
# What is injected is found by programs that do not reckon with it and borne by those that do; it is told, it can be had
# again by seed and by schedule, and a wrong value is explained.
set -eu
lockstep=$LOCKSTEP_BUILD/lockstep
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/guest.c" <<'C'
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
enum { SIZE = 10000 };
static int careless;
static char bytes[SIZE];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static sem_t given;
static int items;

static size_t all(ssize_t (*transfer)(int, void *, size_t), int file, size_t size)
{
    size_t done = 0;
    for (;;) {
        ssize_t now = transfer(file, bytes + done, size - done);
        if (now > 0)
            done += (size_t)now;
        if (careless || done == size || now == 0 || (now < 0 && errno != EINTR))
            return done;
    }
}
static ssize_t put(int file, void *from, size_t size) { return write(file, from, size); }
static ssize_t get(int file, void *to, size_t size) { return read(file, to, size); }
static ssize_t hear(int file, void *to, size_t size) { return recv(file, to, size, 0); }
static ssize_t tell(int file, void *from, size_t size) { return send(file, from, size, 0); }

static void *fill(void *unused)
{
    struct timespec pause = {0, 20000000};
    while (nanosleep(&pause, &pause) < 0 && errno == EINTR && !careless)
        ;
    pthread_mutex_lock(&lock);
    items = 5;
    pthread_cond_signal(&filled);
    pthread_mutex_unlock(&lock);
    sem_post(&given);
    return unused;
}

int main(int count, char **arguments)
{
    int ends[2], pair[2], status = -1, seen;
    pthread_t filler;
    careless = count > 1 && strcmp(arguments[1], "careless") == 0;
    sem_init(&given, 0, 0);
    if (pipe(ends) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 9;
    pid_t child = fork();
    if (child == 0) {
        struct timespec pause = {0, 5000000};
        nanosleep(&pause, NULL);
        return all(put, ends[1], SIZE) == SIZE && all(tell, pair[1], 100) == 100 ? 0 : 7;
    }
    close(ends[1]);
    close(pair[1]);
    size_t piped = all(get, ends[0], careless ? 100 : SIZE), heard = all(hear, pair[0], 100);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR && !careless)
        ;
    pthread_create(&filler, NULL, fill, NULL);
    pthread_mutex_lock(&lock);
    while (items == 0) {
        pthread_cond_wait(&filled, &lock);
        if (careless)
            break;
    }
    seen = items;
    pthread_mutex_unlock(&lock);
    while (sem_wait(&given) < 0 && errno == EINTR && !careless)
        ;
    pthread_join(filler, NULL);
    if (careless)
        return piped == 100 && heard == 100 && status == 0 && seen == 5 ? 0 : 1;
    printf("%zu %zu %d %d\n", piped, heard, status, seen);
    return 0;
}
C
cc -g -pthread -o "$folder/guest" "$folder/guest.c"
wanted='10000 100 0 5'
[ "$("$folder/guest")" = "$wanted" ]
"$folder/guest" careless || { echo "natively the careless one gets through"; exit 1; }

fail() {
    echo "$*"
    exit 1
}

for kind in spurious-wakeup eintr short-io; do
    met=0
    for seed in 1 2 3 4 5 6; do
        "$lockstep" run --plain --policy random --seed $seed --inject $kind:0.3 -- "$folder/guest" >"$folder/out" ||
            fail "$kind, seed $seed: the careful one fails"
        grep -q "P1.main | $wanted\$" "$folder/out" || fail "$kind, seed $seed: it says something else"
        ! grep -qi 'diverge' "$folder/out" || fail "$kind, seed $seed: diverged"
        met=$((met + $(grep -c "injected $kind" "$folder/out" || true)))
    done
    echo "$kind: met $met times"
    [ $met -ge 3 ] || fail "$kind is hardly ever injected"
    # Each time: it still ends, and who is careless is found.
    "$lockstep" run --plain --inject $kind -- "$folder/guest" >"$folder/out" || fail "$kind each time: not borne"
    "$lockstep" run --plain --inject $kind -- "$folder/guest" careless >"$folder/out" && fail "$kind: not found"
    # Once, from a step on.
    "$lockstep" run --plain --inject $kind@8 -- "$folder/guest" >"$folder/out"
    [ "$(grep -c "injected $kind" "$folder/out")" = 1 ] || fail "$kind@8: not once"
    # Again: by seed, by schedule.
    "$lockstep" run --json --seed 3 --inject $kind:0.4 -- "$folder/guest" >"$folder/one"
    "$lockstep" run --json --seed 3 --inject $kind:0.4 -- "$folder/guest" >"$folder/two"
    cmp "$folder/one" "$folder/two"
    grep -q "\"injected\":\"$kind\"" "$folder/one" || fail "$kind: JSON does not say it"
    schedule=$(tail -n 1 "$folder/one" | sed 's/.*"schedule":"\([^"]*\)".*/\1/')
    "$lockstep" run --json --seed 3 --schedule "$schedule" -- "$folder/guest" >"$folder/two"
    cmp "$folder/one" "$folder/two"
    # A recording holds it; a branch repeats it.
    "$lockstep" run --json --seed 3 --inject $kind:0.4 --record "$folder/r.lks" -- "$folder/guest" >"$folder/one"
    "$lockstep" replay --json "$folder/r.lks" >"$folder/two"
    cmp "$folder/one" "$folder/two"
    at=$(grep "\"injected\":\"$kind\"" "$folder/one" | tail -n 1 | sed 's/.*"step":\([0-9]*\),.*/\1/')
    who=$(sed -n "s/.*\"step\":$((at + 1)),\"task\":\"\([^\"]*\)\".*/\1/p" "$folder/one")
    "$lockstep" replay --json --branch $((at + 1)):$who "$folder/r.lks" >"$folder/two" 2>"$folder/said" ||
        grep -q . "$folder/two" || fail "$kind: $(cat "$folder/said")"
    head -n "$(grep -n "\"step\":$at," "$folder/one" | head -n 1 | cut -d: -f1)" "$folder/one" >"$folder/start"
    head -n "$(wc -l <"$folder/start")" "$folder/two" | cmp - "$folder/start" || fail "$kind: the branch differs"
done

# What is told was so: a call that was over anyway was not interrupted; a write that had begun says how far it came.
# Programs of the system are spared.
cat >"$folder/told.c" <<'C'
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(void)
{
    static char bytes[100000];
    int ends[2], shell = system("sleep 0.01; exit 3");
    usleep(1000);
    if (pipe(ends) < 0)
        return 9;
    if (fork() == 0) {
        sleep(60);
        _exit(0);
    }
    ssize_t put = write(ends[1], bytes, sizeof bytes); /* nobody reads: it waits, or is interrupted */
    printf("%d %d\n", shell >> 8, put > 0 && put < (ssize_t)sizeof bytes);
    return 0;
}
C
cc -g -o "$folder/told" "$folder/told.c"
"$lockstep" run --plain --helpers --inject eintr -- "$folder/told" >"$folder/out" ||
    fail "an interrupted write does not come back"
grep -q 'P1.main | 3 1$' "$folder/out" || fail "told: $(grep '|' "$folder/out")"
! grep 'time.sleep.*-> done, injected' "$folder/out" || fail "a sleep that was over is told as interrupted"
! grep 'P[23].main.*injected' "$folder/out" || fail "a program of the system was met"
grep -q 'pipe.write.*-> done.*injected eintr' "$folder/out" || fail "the cut write is not told"

"$lockstep" play while-not-if --plain --inject spurious-wakeup >"$folder/out" && fail "while-not-if: not found"
grep -q 'fault (assertion)' "$folder/out"
"$lockstep" play while-not-if --variant cured --plain --inject spurious-wakeup >"$folder/out"

# Packets.
talk="$LOCKSTEP_BUILD/tests/guests/wire_talk talk"
if "$lockstep" run --plain --wire on -- $talk >"$folder/whole" 2>/dev/null; then
    grep '|' "$folder/whole" >"$folder/wanted" || true
    for kind in drop duplicate delay; do
        "$lockstep" run --plain --wire on --inject $kind:0.3 -- $talk >"$folder/out" || fail "$kind: TCP does not bear it"
        grep '|' "$folder/out" | cmp - "$folder/wanted" || fail "$kind: it says something else"
        ! grep -qi 'diverge' "$folder/out" || fail "$kind: diverged"
        [ $kind = delay ] || grep -q -- "-> $kind" "$folder/out" || fail "$kind: not told"
        ! cmp -s "$folder/out" "$folder/whole" || fail "$kind: nothing is different"
    done
    "$lockstep" run --plain --wire on --inject drop@1 -- $talk >"$folder/out"
    [ "$(grep -c -- '-> dropped' "$folder/out")" = 1 ] || fail "drop@1: not once"
fi

# wrong VALUE WORDS: the value is refused, and the message has the words.
wrong() {
    # shellcheck disable=SC2086
    if "$lockstep" run ${3-} --inject "$1" -- true 2>"$folder/said"; then
        fail "--inject $1 is taken"
    fi
    grep -q "$2" "$folder/said" || fail "--inject $1: $(cat "$folder/said")"
}
wrong gremlins 'there are spurious-wakeup eintr'
wrong eintrr 'did you mean eintr?'
wrong eintr: 'probability from 0 to 1'
wrong eintr:1.5 'probability from 0 to 1'
wrong eintr:-1 'probability from 0 to 1'
wrong eintr:0.1x 'probability from 0 to 1'
wrong drop@0 'a step after the @'
wrong drop@x 'a step after the @'
wrong eintr 'as nothing is held' --live
