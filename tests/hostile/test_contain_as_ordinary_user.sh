#!/bin/sh
# The containment must hold for an ordinary user, whose namespaces and limits differ from root's. As root, the tests of
# the containment and of the supervisor are run again as "nobody"; as an ordinary user they have been run already.
set -eu
if [ "$(id -u)" -ne 0 ]; then
    echo "not root: unit/conductor_contain has been run as an ordinary user itself"
    exit 0
fi
folder=$(mktemp -d /tmp/lockstep-contain-user-XXXXXX)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
for name in test_conductor_contain test_app_supervisor; do
    # A copy: the build folder may lie where others may not look.
    cp "$LOCKSTEP_BUILD/tests/unit/$name" "$folder/$name"
    chmod 755 "$folder/$name"
    # The source of the nasty guest is compiled by the test; it finds it beside its own.
    (cd /tmp && setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/tmp "$folder/$name")
done
