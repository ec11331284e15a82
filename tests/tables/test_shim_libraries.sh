#!/bin/sh
# The preload library lives in a stranger's process: it needs libc (and the loader) and nothing else, it carries nothing
# of a sanitizer's runtime, and the stubs archive neither.
set -eu
: "${LOCKSTEP_BUILD:?set by ctest}"
shim=$LOCKSTEP_BUILD/lib/lockstep/liblockstep_preload.so
stubs=$LOCKSTEP_BUILD/lib/lockstep/liblockstep_stubs.a
status=0
for file in "$shim" "$stubs"; do
    if [ ! -f "$file" ]; then
        echo "$file was not built"
        status=1
    elif nm "$file" | grep -E '(U|w) __(asan|ubsan|lsan|sanitizer)_'; then
        echo "$file was built with a sanitizer (above)"
        status=1
    fi
done
[ -f "$shim" ] || exit 1

needed=$(readelf -dW "$shim" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
for library in $needed; do
    case $library in
    libc.so.6 | ld-linux*.so.*) ;;
    *) echo "$shim needs $library"; status=1 ;;
    esac
done
case " $(echo $needed) " in
*" libc.so.6 "*) ;;
*) echo "$shim does not name libc.so.6 (found: $needed)"; status=1 ;;
esac
exit $status
