#!/bin/sh
# Two hosts and the wire between them for an ordinary user, who has no /dev/net/tun where only root may open it, and for
# whom every network namespace lies in a user namespace. As an ordinary user the tests have been run already.
set -eu
if [ "$(id -u)" -ne 0 ]; then
    echo "not root: unit/conductor_hosts has been run as an ordinary user itself"
    exit 0
fi
folder=$(mktemp -d /tmp/lockstep-hosts-user-XXXXXX)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
# Copies: the source and build folders may lie where others may not look, in /root for one.
mkdir -p "$folder/tests/guests" "$folder/tests/unit"
cp -rL "$LOCKSTEP_BUILD/lib" "$LOCKSTEP_BUILD/share" "$LOCKSTEP_BUILD/lockstep" "$LOCKSTEP_SOURCE/scenes" "$folder"
cp "$LOCKSTEP_BUILD/tests/guests/host_talk" "$folder/tests/guests"
cp "$LOCKSTEP_BUILD/tests/unit/test_conductor_hosts" "$folder/tests/unit"
mkdir "$folder/home"
chmod -R go+rX "$folder"
chown 65534:65534 "$folder/home"
cd /
as_user() {
    setpriv --reuid 65534 --regid 65534 --clear-groups env -u XDG_RUNTIME_DIR HOME="$folder/home" TMPDIR=/tmp \
        LOCKSTEP_BUILD="$folder" LOCKSTEP_SOURCE="$folder" "$@"
}
as_user "$folder/tests/unit/test_conductor_hosts"

# The shipped scene, too. Where user namespaces are refused there are no packets to look at.
said=$folder/home/said
as_user "$folder/lockstep" play "$folder/scenes/6-network/three-way-handshake" --json >"$said"
grep -q '"verdict":"finished".*"exit":{"P1":0,"P2":0}' "$said"
if grep -q '"notice":"wire"' "$said"; then
    echo "left out: no wire here"
    exit 0
fi
wanted='sent "SYN" SYN_SENT LISTEN
delivered "SYN" SYN_SENT SYN_RECV
sent "SYN","ACK" SYN_SENT SYN_RECV
delivered "SYN","ACK" ESTABLISHED SYN_RECV
sent "ACK" ESTABLISHED SYN_RECV
delivered "ACK" ESTABLISHED ESTABLISHED'
got=$(sed -n 's/.*"packet":[0-9]*,"event":"\([a-z]*\)".*"flags":\[\([^]]*\)\].*"sockets":{"client":"\([A-Z_]*\)","server":"\([A-Z_]*\)".*/\1 \2 \3 \4/p' \
    "$said" | head -n 6)
if [ "$got" != "$wanted" ]; then
    printf 'expected:\n%s\ngot:\n%s\n' "$wanted" "$got"
    exit 1
fi
