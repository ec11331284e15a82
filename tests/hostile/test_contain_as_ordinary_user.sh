#!/bin/sh
# The containment must hold for an ordinary user, whose namespaces and limits differ from root's. As root, the tests of
# the containment and of the supervisor are run again as "nobody"; as an ordinary user they have been run already.
set -eu
if [ "$(id -u)" -ne 0 ]; then
    echo "not root: unit/conductor_contain and its fights have been run as an ordinary user themselves"
    exit 0
fi
folder=$(mktemp -d /tmp/lockstep-contain-user-XXXXXX)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
# Copies: the source and build folders may lie where others may not look, in /root for one.
mkdir -p -m 755 "$folder/tests" "$folder/tests/hostile"
install -m 644 "$LOCKSTEP_SOURCE/tests/hostile/nasty.c" "$folder/tests/hostile/"
for name in test_conductor_contain test_conductor_contain_fights test_app_supervisor; do
    install -m 755 "$LOCKSTEP_BUILD/tests/unit/$name" "$folder/$name"
    (cd /tmp && setpriv --reuid 65534 --regid 65534 --clear-groups \
        env HOME=/tmp LOCKSTEP_SOURCE="$folder" "$folder/$name")
done
