#!/bin/sh
# A scene with two hosts, all the ways that a run can be had again or otherwise: recorded, replayed, branched, without a
# wire, where there can be none, and what is refused. Uses no port of the machine's.
set -eu
lockstep=${LOCKSTEP_BUILD:?}/lockstep
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

# fails WHAT: says so, and goes on.
fails() {
    echo "$1"
    status=1
}
# ended FILE: both programs did what they should.
ended() {
    tail -n 1 "$1" | grep -q '"verdict":"finished".*"exit":{"P1":0,"P2":0},"faults":\[\]' ||
        fails "$1: not both programs ended with 0: $(tail -n 1 "$1")"
}

for scene in three-way-handshake tcp-call; do
    "$lockstep" play "$scene" --json --record "$work/r.lks" >"$work/played"
    "$lockstep" replay "$work/r.lks" --json >"$work/replayed"
    cmp "$work/played" "$work/replayed" || fails "$scene: the recording tells something else"
    ended "$work/played"

    # Both are started again for a branch: where either can be chosen, the other is chosen once.
    step=$(sed -n 's/.*"step":\([0-9]*\),"task":"P1.main","operation":"socket.accept".*"outcome":"done".*/\1/p' "$work/played")
    "$lockstep" replay "$work/r.lks" --json --branch "$step:P2.main" >"$work/branched"
    ended "$work/branched"
    cmp -s "$work/played" "$work/branched" && fails "$scene: the branch went the same way"
    head -n 5 "$work/played" >"$work/one"
    head -n 5 "$work/branched" >"$work/other"
    cmp "$work/one" "$work/other" || fails "$scene: the branch began otherwise"

    "$lockstep" play "$scene" --json --wire off >"$work/off" 2>"$work/err"
    ended "$work/off"
    grep -q '"packet"' "$work/off" && fails "$scene, --wire off: there are packets"

    # A user who may have one network namespace, not two: a private loopback, and no wire.
    if unshare -U -r true 2>/dev/null; then
        unshare -U -r sh -c 'echo 1 >/proc/sys/user/max_net_namespaces; exec "$@"' sh \
            "$lockstep" play "$scene" --json >"$work/poor" 2>"$work/err"
        ended "$work/poor"
        grep -q '"notice":"wire"' "$work/poor" || fails "$scene, one namespace: it is not said that packets are not seen"
    fi

    code=0
    "$lockstep" play "$scene" --live >"$work/live" 2>"$work/err" || code=$?
    if [ "$code" -ne 2 ] || ! grep -q 'leave out --live' "$work/err"; then
        fails "$scene, --live: exit status $code, $(cat "$work/err")"
    fi
done
exit $status
