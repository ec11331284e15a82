#!/bin/sh
# Every text marked for translation is in every catalogue, translated, and in the same form.
set -eu
cd "${LOCKSTEP_SOURCE:-$(dirname "$(readlink -f "$0")")/../..}"
template=$(mktemp)
trap 'rm -f "$template"' EXIT
scripts/pot "$template"
status=0
for catalogue in po/*/lockstep.po; do
    msgfmt --check -o /dev/null "$catalogue" || status=1
    msgcmp "$catalogue" "$template" || { echo "$catalogue lacks what is named above; see README.md, 'to add'"; status=1; }
done
exit $status
