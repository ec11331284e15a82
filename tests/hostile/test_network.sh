#!/bin/sh
# Programs that ask for what is not to be had on the wire, that flood it, that close everything: each time an end that is
# said clearly, in either language, no hang, no crash, nothing left behind.
set -u
build=${LOCKSTEP_BUILD:?}
lockstep=$build/lockstep ends=$build/tests/guests/wire_ends talk=$build/tests/guests/wire_talk
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work/tmp" LC_ALL=C.UTF-8 LANGUAGE=
mkdir "$TMPDIR"
status=0

bad() {
    echo "FAILED: $*"
    status=1
}

# run STATUS OPTION... -- PROGRAM...: its text goes to $work/out, without the breaks of lines.
run() {
    wanted=$1
    shift
    timeout 300 "$lockstep" run --plain "$@" >"$work/lines" 2>"$work/err" </dev/null
    got=$?
    [ $got -eq "$wanted" ] || bad "run $*: exit status $got, not $wanted: $(cat "$work/err")"
    sed 's/^ *//' "$work/lines" | tr '\n' ' ' >"$work/out"
    [ -z "$(ls -A "$TMPDIR")" ] || bad "run $*: left behind: $(ls -A "$TMPDIR")"
}

says() {
    grep -qF -e "$1" "$work/out" || bad "does not say '$1' but: $(cut -c1-2000 "$work/out")"
}

silent() {
    ! grep -qF -e "$1" "$work/out" || bad "says '$1': $(cut -c1-2000 "$work/out")"
}

wire=no
"$lockstep" doctor | grep -q '^ok *wire' && wire=yes

if [ $wire = yes ]; then
    # IPv6: at the step that fails, why and what to do; and what is advised helps.
    for what in bind connect send; do
        run 0 -- "$ends" six_$what
        says "$what: EADDRNOTAVAIL"
        if [ -e /proc/net/if_inet6 ]; then
            says 'The wire carries no IPv6: use 127.0.0.1, or run it with --wire off.'
        fi
        says 'there is no IPv6' # at the beginning
    done
    if [ -e /proc/net/if_inet6 ]; then
        run 0 --lang zh -- "$ends" six_bind
        says '线路上没有 IPv6'
        says '--wire off'
        run 0 --wire off -- "$ends" six_bind
        says 'bind: done'
        silent 'carries no IPv6'
    fi
    # A port that is taken: by whom.
    run 0 -- "$talk" taken
    says 'cannot bind socket #2 to 127.0.0.1:8080: EADDRINUSE (the address is in use).'
    says 'main has bound socket 127.0.0.1:8080 to it.'
    run 0 --lang zh -- "$talk" taken
    says '绑定到这个地址'
    # Everything closed in the midst of a talk: the kernel says goodbye, and the end is told.
    run 0 -- "$ends" closes_all
    says 'client: EBADF'
    says 'verdict: finished'
    grep -q 'FIN+ACK.*delivered' "$work/lines" || bad "closes_all: no FIN"
    # Raw packets are not a guest's to send, whoever started it.
    run 0 -- "$ends" raw
    says 'raw: EPERM'
    # Floods: a bound ends them, whoever chooses; and so does the person.
    for policy in rr random pct; do
        run 4 --policy $policy --max-steps 2000 -- "$ends" datagrams
        says 'verdict: bound after 2000 steps'
        run 4 --policy $policy --max-steps 2000 -- "$ends" stream
        says 'verdict: bound after 2000 steps'
    done
    mkfifo "$work/fifo"
    "$lockstep" run --plain -- "$ends" datagrams >"$work/fifo" 2>"$work/err" </dev/null &
    flood=$!
    exec 3<"$work/fifo"
    head -n 1000 <&3 >"$work/out"
    kill -TERM $flood # SIGINT is ignored by what a shell starts in the background
    cat <&3 >/dev/null
    exec 3<&-
    wait $flood
    [ $? -eq 143 ] || bad "a flood does not end by SIGTERM"
    grep -q SIGTERM "$work/err" || bad "what ended the flood is not said: $(cat "$work/err")"
    # 50 MB through a wire of single steps arrive whole.
    run 0 -- "$ends" stream
    says '| 52428800'
    says 'verdict: finished'
else
    echo 'left out: packets cannot be held on this machine'
fi

# Where namespaces are refused the machine's own network is the guest's: here one that was made for this test, without
# IPv6, in which somebody else has the port.
cat >"$work/own" <<'S'
set -u
ip link set lo up 2>/dev/null || ifconfig lo up 2>/dev/null || exit 77
echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6 2>/dev/null
grep -q ' lo$' /proc/net/if_inet6 2>/dev/null && exit 77
export LOCKSTEP_NO_NAMESPACES=1 LOCKSTEP_ALLOW_ROOT_UNCONTAINED=1
"$1" run --plain -- "$2" six_bind </dev/null >six.txt 2>&1 || exit 1
"$3" alone &
other=$!
until grep -q '^ *[0-9]*: 0100007F:1F90 .* 0A ' /proc/net/tcp; do
    kill -0 $other || exit 1
done
"$1" run --plain -- "$3" taken </dev/null >taken.txt 2>&1
kill $other
exit 0
S
(cd "$work" && unshare -Urn sh "$work/own" "$lockstep" "$ends" "$talk") 2>"$work/err"
case $? in
0)
    tr -s ' \n' '  ' <"$work/six.txt" >"$work/out"
    says 'This machine has no IPv6: use 127.0.0.1.'
    silent '--wire off.'
    tr -s ' \n' '  ' <"$work/taken.txt" >"$work/out"
    says 'EADDRINUSE (the address is in use).'
    silent ' has bound '
    ;;
*) echo "left out: a network without namespaces: $(cat "$work/err")" ;;
esac
exit $status
