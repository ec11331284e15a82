#!/bin/sh
# lockstep in a folder whose name has a space and a colon (LD_PRELOAD takes both for separators) still holds its guest,
# and what that executes, too.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/a b:c"
cp -r "$LOCKSTEP_BUILD/lockstep" "$LOCKSTEP_BUILD/lib" "$folder/a b:c/"
"$folder/a b:c/lockstep" run --json -- sh -c 'ls / | cat' >"$folder/out"
tail -n 1 "$folder/out" | grep -q '"verdict":"finished"'
if grep -q unobserved "$folder/out"; then
    echo "a process was not observed:"
    grep unobserved "$folder/out"
    exit 1
fi
